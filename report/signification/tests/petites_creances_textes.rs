//! The documents of a small claim, word for word: one file of `golden/petites_creances/` for each. Written anew with
//! `CONSTAT_BLESS=1`, to be read before they are kept.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

#[path = "support/creance.rs"]
mod creance;

use std::path::Path;

use creance::{Claim, affaire, at, codes, digests, euros, id, two_payments};
use jiff::civil::date;
use signification::calendar::Zone;
use signification::delais::JoursChomes;
use signification::petites_creances::documents::{
    A_JOINDRE, AccordPaiement, Avis, FinAccord, FinDesaccord, FinRefusExpres, FinRefusImplicite, FormulaireAcceptation,
    FormulaireRefus, LettreInvitation, TEXTES, TextesJoints, TitreExecutoire,
};
use signification::petites_creances::{Canal, DelaiMois, Message, ModeRefus, Montant, MotifDesaccord};

/// A random identifier would change the text at each run.
const COMMUNICATION: &str = "01970000-0000-7000-8000-000000000001";

fn golden(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/petites_creances").join(name);
    if std::env::var_os("CONSTAT_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
    }
    let wanted = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    assert_eq!(text, wanted, "{name}");
    assert!(text.starts_with("ESSAI : "), "{name} does not say that it comes from a trial installation");
    assert!(!text.contains('{') && !text.contains('}'), "{name}");
    assert!(text.lines().all(|line| line.chars().count() <= 140), "{name}: a line too long to print");
}

fn delai() -> DelaiMois {
    DelaiMois::new(date(2026, 11, 25), Zone::Metropole, &JoursChomes::default()).unwrap().0
}

fn montant() -> Montant {
    Montant::new(euros("1234,56"), euros("12"), date(2026, 11, 25)).unwrap()
}

fn letter(canal: Canal) -> LettreInvitation {
    LettreInvitation {
        affaire: affaire(),
        canal,
        delai: delai(),
        montant: montant(),
        plateforme: "https://creances.essai.test".into(),
        identifiants: "PAAAAAAAAAAAAAAAAAAAAAA".into(),
        textes: TextesJoints::default(),
    }
}

fn accord() -> AccordPaiement {
    AccordPaiement {
        affaire: affaire(),
        envoi: date(2026, 11, 25),
        montant: Montant::new(euros("1000"), euros("0"), date(2026, 12, 2)).unwrap(),
        modalites: two_payments(),
        accord_creancier: date(2026, 12, 2),
        accord_debiteur: date(2026, 12, 3),
    }
}

/// What R. 125-2 asks of the letter, one mention at a time.
fn mentions(text: &str) {
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for mention in [
        "Maître Essai, commissaire de justice",
        "1 place d'Essai, 69002 Lyon",
        "Menuiserie Exemple SARL",
        "4 rue du Bois, 69003 Lyon",
        "facture n° 17 du 3 mars 2026",
        "cause contractuelle",
        "1\u{a0}234,56\u{a0}€",
        "12,00\u{a0}€",
        "1\u{a0}246,56\u{a0}€",
        "accepter ou refuser",
        "un mois à compter de l'envoi",
        "vendredi 25 décembre 2026 à vingt-quatre heures",
        "spécialement mandatée",
        "tout autre moyen",
        "silence vaut refus implicite",
        "le créancier pourra saisir le juge afin d'obtenir un titre exécutoire",
        "tous ses frais sont à la charge du créancier",
        "art. L. 111-2",
        "art. L. 111-3",
        "art. L. 125-1",
        "Code civil, art. 2238",
    ] {
        // No-break spaces are spaces for split_whitespace too.
        let mention = mention.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(&mention), "missing: {mention}");
    }
    assert!(!flat.contains("28 décembre 2026"), "the debtor is told the earlier day, and that one only");
}

#[test]
fn h09_text_invitation_on_paper() {
    let text = letter(Canal::LettreRecommandee).texte().unwrap();
    golden("invitation_papier.txt", &text);
    mentions(&text);
    assert_eq!(text.matches(A_JOINDRE).count(), 4);
}

#[test]
fn h09_text_invitation_by_electronic_message() {
    let text = letter(Canal::MessageElectronique).texte().unwrap();
    golden("invitation_electronique.txt", &text);
    mentions(&text);
    assert!(!format!("{:?}", letter(Canal::MessageElectronique)).contains("PAAAA"), "credentials are never printed");
}

#[test]
fn h09_text_acceptance_form() {
    let form = FormulaireAcceptation { affaire: affaire(), delai: delai(), montant: montant() };
    golden("acceptation.txt", &form.texte().unwrap());
}

#[test]
fn h09_text_refusal_form() {
    golden("refus.txt", &FormulaireRefus { affaire: affaire(), montant: montant() }.texte().unwrap());
}

#[test]
fn h09_text_agreement() {
    golden("accord.txt", &accord().texte().unwrap());
}

#[test]
fn h05_text_title() {
    let mut title =
        TitreExecutoire { accord: accord(), constat: date(2026, 12, 4), delivre: date(2026, 12, 4), formule: None };
    golden("titre.txt", &title.texte().unwrap());
    assert!(!title.complet());
    title.formule = Some("Formule jointe\nsur deux lignes".into());
    assert!(title.complet() && title.texte().unwrap().contains("Formule jointe\nsur deux lignes\n"));
    title.formule = Some("  ".into());
    assert!(title.texte().is_err());
}

#[test]
fn h09_text_end_by_express_refusal() {
    let end = FinRefusExpres {
        affaire: affaire(),
        montant: montant(),
        envoi: date(2026, 11, 25),
        mode: ModeRefus::AutreMoyen,
        date_refus: date(2026, 12, 3),
        constat: at("2026-12-03 11:00"),
    };
    golden("fin_refus_expres.txt", &end.texte().unwrap());
}

#[test]
fn h09_text_end_by_silence() {
    let constat = at("2026-12-29 09:00");
    let mut end = FinRefusImplicite { affaire: affaire(), montant: montant(), delai: delai(), constat };
    golden("fin_refus_implicite.txt", &end.texte().unwrap());
    end.constat = at("2026-12-28 23:59:59");
    assert_eq!(codes(&end.texte().unwrap_err()), ["DELAI_EN_COURS"]);
}

#[test]
fn h09_text_end_without_agreement() {
    let mut end = FinDesaccord {
        affaire: affaire(),
        montant: montant(),
        envoi: date(2026, 11, 25),
        motif: MotifDesaccord::Montant,
        le: date(2026, 12, 10),
        suspendue: Some(at("2026-12-02 09:00")),
        constat: at("2026-12-11 09:00"),
    };
    golden("fin_desaccord.txt", &end.texte().unwrap());
    (end.motif, end.suspendue) = (MotifDesaccord::DelaiExpire, None);
    golden("fin_delai_expire.txt", &end.texte().unwrap());
}

#[test]
fn h09_text_end_by_agreement() {
    let end = FinAccord { accord: accord(), suspendue: Some(at("2026-12-02 09:00")), constat: at("2026-12-04 09:00") };
    golden("fin_accord.txt", &end.texte().unwrap());
}

#[test]
fn h07_text_notices_of_a_communication() {
    let message = Message {
        de: None,
        pour: Some(id()),
        contenu: digests("proposition"),
        mis_a_disposition: at("2026-12-02 09:00"),
        consulte: None,
    };
    let mut notice = Avis { affaire: affaire(), id: COMMUNICATION.parse().unwrap(), message };
    golden("avis_mise_a_disposition.txt", &notice.mise_a_disposition().unwrap());
    assert_eq!(notice.consultation().unwrap(), None);
    notice.message.consulte = Some(at("2027-07-03 20:30"));
    golden("avis_consultation.txt", &notice.consultation().unwrap().unwrap());
}

#[test]
fn texts_are_neutral_and_promise_nothing() {
    for text in TEXTES {
        let low = text.to_lowercase();
        for word in [
            "il est certain",
            "incontestable",
            "infalsifiable",
            "gmt",
            "garantit",
            "huissier",
            "sous peine",
            "poursuites",
        ] {
            assert!(!low.contains(word), "{word}: {text}");
        }
        assert!(text.ends_with('\n') && !text.contains('\t') && !text.contains(" \n"));
    }
}

#[test]
fn a_name_cannot_write_another_line_of_a_document() {
    for bad in ["Dupont\nTotal : 1,00 €", "\u{2028}", "", "a\tb"] {
        let mut form = FormulaireRefus { affaire: affaire(), montant: montant() };
        form.affaire.debiteur.nom = bad.into();
        assert_eq!(form.texte().unwrap_err().code(), "signification.message", "{bad:?}");
    }
    // A name with the mark of a blank stays as it is typed.
    let mut form = FormulaireRefus { affaire: affaire(), montant: montant() };
    form.affaire.debiteur.nom = "{total}".into();
    assert!(form.texte().unwrap().contains("Débiteur : {total}"));
}

/// The letter that went is the one whose digests the journal holds.
#[test]
fn the_invitation_in_the_journal_is_the_letter_s_text() {
    let claim = Claim::invited();
    let text = claim.letter(date(2026, 11, 25), Canal::MessageElectronique).texte().unwrap();
    assert_eq!(claim.view().invitation.as_ref().unwrap().lettre, digests(&text));
}
