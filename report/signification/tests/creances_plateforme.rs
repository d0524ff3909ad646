//! Small claims carried on by the platform, from the request to the title or the statement of the end (H01 to H09, A20). On
//! both storages.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

#[path = "support/world.rs"]
mod world;

use std::fs;

use jiff::civil::{Date, date};
use signification::consent::Actor;
use signification::petites_creances::documents::TextesJoints;
use signification::petites_creances::{
    AuthMethod, Canal, Cause, Echeance, Etat, Fin, Modalites, ModeAccord, ModeRefus, Montant, MotifDesaccord,
};
use signification::platform::{Acces, Auteur, CreanceInput, CreanceOuverte, InvitationInput, Invitee, PartieInput};
use signification::state::State;
use signification::{EvidenceSealer, Id, Platform, SealerError, SignedEvidence, SignificationError};
use world::{DigestSealer, Storage, World, contains, files, officer};

const START: &str = "2026-11-25T09:00:00Z";

on_both_storages!(
    h01_h08_a20_h09_a_claim_goes_from_the_request_to_the_title,
    h02_the_six_guarantees_are_printed_and_a_touched_document_breaks_them,
    h03_what_is_the_officer_s_is_refused_to_everybody_else,
    h05_a_title_needs_a_qualified_signature,
    h07_messages_have_their_notices_with_their_dates,
    h09_silence_is_a_refusal_at_the_end_of_the_month_by_the_agenda,
    h09_taking_part_without_agreeing_ends_by_itself_too,
    h09_the_cap_the_court_and_the_refusals_leave_their_lines,
    h09_an_express_refusal_on_paper_is_entered_by_the_officer,
);

/// Signs at a level that it states.
struct Niveau(&'static str);

impl EvidenceSealer for Niveau {
    fn sign(&self, bytes: &[u8]) -> Result<SignedEvidence, SealerError> {
        let signed = DigestSealer { deferred: false }.sign(bytes)?;
        Ok(SignedEvidence { level: self.0.into(), ..signed })
    }

    fn timestamp(&self, bytes: &[u8]) -> Result<Vec<u8>, SealerError> {
        DigestSealer { deferred: false }.timestamp(bytes)
    }
}

fn world(storage: Storage, level: &'static str) -> World<Niveau> {
    let mut world = World::on(storage, Niveau(level), START);
    world.config.bureau = Some(toml::from_str("office = \"732829320\"\nsiege = \"69123\"\n").unwrap());
    world
}

fn party(nom: &str, commune: &str) -> PartieInput {
    PartieInput {
        nom: nom.into(),
        adresse: "12 rue des Martelots".into(),
        commune: commune.parse().unwrap(),
        courriel: Some("debiteur@essai.test".into()),
    }
}

fn input(principal: &str, commune: &str) -> CreanceInput {
    CreanceInput {
        dossier: "2026-0142".into(),
        cause: Cause::Contractuelle,
        fondement: "facture n° 17 du 3 mars 2026".into(),
        principal: principal.parse().unwrap(),
        interets: "0".parse().unwrap(),
        arrete_au: date(2026, 11, 24),
        taux: None,
        creancier: party("Menuiserie Exemple", "69123"),
        debiteur: party("Isaline Quatremere", commune),
        adresse_etude: "1 place d'Essai, 69002 Lyon".into(),
    }
}

fn invitation(canal: Canal, envoi: Option<Date>) -> InvitationInput {
    let text = || Some("(texte de l'article, joint par l'étude)".to_owned());
    let textes = TextesJoints { l_111_2: text(), l_111_3: text(), l_125_1: text(), c_civ_2238: text() };
    InvitationInput { canal, envoi, plateforme: "https://creances.essai.test".into(), textes }
}

/// Asked for, checked, invited by electronic message.
fn invited(platform: &Platform<'_>) -> CreanceOuverte {
    let made = platform.ouvrir_creance(&officer(), &input("1234,56", "69123")).unwrap();
    assert_eq!(platform.controler_creance(&officer(), made.creance, false).unwrap().vue.etat, Etat::Controle);
    let done: Invitee =
        platform.inviter_debiteur(&officer(), made.creance, &invitation(Canal::MessageElectronique, None)).unwrap();
    assert_eq!((done.etat, done.lettre, done.delai.annonce()), (Etat::Invite, None, date(2026, 12, 25)));
    made
}

/// The provisional credentials: a P and 22 base64url characters, in the message.
fn provisional(raw: &[u8]) -> String {
    let text = String::from_utf8_lossy(raw).replace("=\r\n", "");
    let word = |w: &&str| {
        w.len() == 23 && w.starts_with('P') && w.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    text.split(|c: char| c.is_whitespace()).find(word).expect("credentials in the letter").to_owned()
}

fn enter(platform: &Platform<'_>, creance: Id, personne: Id, typed: &str) -> Auteur {
    let got: Acces = platform.acceder_creance(creance, personne, typed, AuthMethod::IdentifiantsProvisoires).unwrap();
    Auteur::Partie { personne, authentifiant: got.authentifiant }
}

fn codes<T>(result: Result<T, SignificationError>) -> Vec<&'static str> {
    match result.err().unwrap() {
        SignificationError::PetiteCreance { codes } => codes,
        other => panic!("{other}"),
    }
}

fn err<T>(result: Result<T, SignificationError>) -> &'static str {
    result.err().unwrap().code()
}

fn terms() -> Modalites {
    let of = |le, montant: &str| Echeance { le, montant: montant.parse().unwrap() };
    Modalites::try_from(vec![of(date(2027, 1, 5), "400"), of(date(2027, 2, 5), "600")]).unwrap()
}

fn amount(day: Date) -> Montant {
    Montant::new("1000".parse().unwrap(), "0".parse().unwrap(), day).unwrap()
}

/// Both sides agree on 1 December.
fn agreed(world: &World<Niveau>, platform: &Platform<'_>) -> (CreanceOuverte, Auteur) {
    let made = invited(platform);
    let secret = provisional(&world.outbox.last());
    world.clock.set("2026-12-01T09:00:00Z");
    let debtor = enter(platform, made.creance, made.debiteur, &secret);
    platform.participer_creance(made.creance, &debtor, ModeAccord::FormulaireElectronique).unwrap();
    platform.constater_participation(&officer(), made.creance).unwrap();
    let office = officer();
    let day = date(2026, 12, 1);
    let proposal = platform.proposer_paiement(made.creance, Err(&office), amount(day), terms()).unwrap();
    let given = platform.donner_identifiants(&officer(), made.creance, made.creancier).unwrap();
    let creditor = enter(platform, made.creance, made.creancier, &given);
    let mode = ModeAccord::FormulaireElectronique;
    assert_eq!(platform.accepter_paiement(made.creance, proposal, &creditor, mode).unwrap().vue.etat, Etat::Participe);
    assert_eq!(platform.accepter_paiement(made.creance, proposal, &debtor, mode).unwrap().vue.etat, Etat::Accord);
    (made, debtor)
}

fn sound(world: &World<Niveau>, platform: &Platform<'_>) {
    assert!(world.verify().intact);
    assert_eq!(State::replay(world.lines().iter().map(Vec::as_slice)).unwrap(), platform.state().unwrap());
    for line in world.lines() {
        for word in ["Quatremere", "Menuiserie", "Martelots", "debiteur@", "facture"] {
            assert!(!contains(&line, word), "{word}");
        }
    }
    for (path, bytes) in files(&world.store()) {
        assert!(!contains(&bytes, "Quatremere") && !contains(&bytes, "Menuiserie"), "{}", path.display());
    }
}

fn h01_h08_a20_h09_a_claim_goes_from_the_request_to_the_title(storage: Storage) {
    let world = world(storage, "qualifiee");
    let platform = world.make();
    let made = invited(&platform);
    let letter = world.outbox.last();
    let secret = provisional(&letter);
    assert!(contains(&letter, "debiteur@essai.test"));
    // A first access is a consent for this procedure, and opens nothing else.
    assert_eq!(
        codes(platform.acceder_creance(made.creance, made.debiteur, "P0", AuthMethod::FranceConnect)),
        ["IDENTIFIANTS_REFUSES"]
    );
    let got =
        platform.acceder_creance(made.creance, made.debiteur, &secret, AuthMethod::IdentifiantsProvisoires).unwrap();
    assert!(got.consentement.couvre(made.creance) && !got.consentement.couvre(made.creancier));
    assert!(!got.consentement.couvre_acte(&signification::acte::Nature::new("assignation").unwrap()));
    assert!(!format!("{got:?}").contains(&got.authentifiant));
    let again = platform.acceder_creance(made.creance, made.debiteur, &secret, AuthMethod::IdentifiantsProvisoires);
    assert_eq!(codes(again), ["IDENTIFIANTS_REFUSES"], "used once");
    let wrong = Auteur::Partie { personne: made.debiteur, authentifiant: secret };
    assert_eq!(
        codes(platform.participer_creance(made.creance, &wrong, ModeAccord::FormulaireElectronique)),
        ["IDENTIFIANTS_REFUSES"]
    );
    let deposit = platform.deposer(&officer(), &world.deposit(made.debiteur, "assignation"));
    assert_eq!(err(deposit), "signification.unknown", "no act is served on that basis");
    // The road to the title, on another claim.
    let (made, _) = agreed(&world, &platform);
    assert_eq!(codes(platform.delivrer_titre_creance(&officer(), made.creance, "Formule")), ["ACCORD_NON_CONSTATE"]);
    let end = platform.constater_fin(&officer(), made.creance).unwrap();
    assert_eq!((end.vue.constat.as_ref().unwrap().fin, end.frais_a_la_charge_de), (Fin::Accord, made.creancier));
    assert!(end.document.unwrap().contains("Isaline Quatremere"));
    let title =
        platform.delivrer_titre_creance(&officer(), made.creance, "En conséquence, la République française…").unwrap();
    assert_eq!((title.vue.etat, title.vue.titre.unwrap().montant), (Etat::Titre, amount(date(2026, 12, 1))));
    assert!(title.document.unwrap().contains("En conséquence"));
    let own = platform.confier_execution_creance(&officer(), made.creance, "732829320".parse_office());
    assert_eq!(codes(own), ["CONFLIT_INTERETS"], "never the office that delivered it");
    assert!(platform.confier_execution_creance(&officer(), made.creance, "200000008".parse_office()).is_ok());
    sound(&world, &platform);
}

/// The nine digits of an office, whatever their last.
trait ParseOffice {
    fn parse_office(&self) -> signification::territoire::OfficeId;
}

impl ParseOffice for str {
    fn parse_office(&self) -> signification::territoire::OfficeId {
        let eight = &self[..8];
        (0..10).find_map(|key| signification::territoire::OfficeId::parse(&format!("{eight}{key}")).ok()).unwrap()
    }
}

fn h02_the_six_guarantees_are_printed_and_a_touched_document_breaks_them(storage: Storage) {
    let world = world(storage, "qualifiee");
    let platform = world.make();
    let (made, _) = agreed(&world, &platform);
    platform.constater_fin(&officer(), made.creance).unwrap();
    let report = platform.bilan_creance(made.creance).unwrap();
    assert_eq!(report.tenues, 6, "{}", report.texte);
    assert!(report.texte.starts_with("Garanties tenues : 6/6\n - identification : tenue\n"));
    // Each document of the claim, cut, changed or gone, is told.
    for (path, good) in files(&world.store().join("creances")) {
        let mut bad = good.clone();
        let at = bad.len() - 20;
        bad[at] ^= 1;
        fs::write(&path, &bad).unwrap();
        let report = platform.bilan_creance(made.creance).unwrap();
        assert!(report.tenues < 6 && report.texte.contains("intégrité : non tenue"), "{}", path.display());
        fs::remove_file(&path).unwrap();
        assert!(platform.bilan_creance(made.creance).unwrap().texte.contains("conservation : non tenue"));
        fs::write(&path, &good).unwrap();
    }
    assert_eq!(platform.bilan_creance(made.creance).unwrap().tenues, 6);
}

fn h03_what_is_the_officer_s_is_refused_to_everybody_else(storage: Storage) {
    let world = world(storage, "qualifiee");
    let platform = world.make();
    let made = invited(&platform);
    let id = made.creance;
    for actor in
        [Actor::recipient(made.debiteur), Actor::recipient(made.creancier), Actor::registry("r"), Actor::platform()]
    {
        let before = world.lines().len();
        assert_eq!(err(platform.ouvrir_creance(&actor, &input("10", "69123"))), "signification.actor");
        assert_eq!(err(platform.controler_creance(&actor, id, false)), "signification.actor");
        let letter = invitation(Canal::LettreRecommandee, None);
        assert_eq!(err(platform.inviter_debiteur(&actor, id, &letter)), "signification.actor");
        assert_eq!(err(platform.constater_participation(&actor, id)), "signification.actor");
        assert_eq!(err(platform.constater_fin(&actor, id)), "signification.actor");
        assert_eq!(err(platform.delivrer_titre_creance(&actor, id, "x")), "signification.actor");
        assert_eq!(err(platform.donner_identifiants(&actor, id, made.creancier)), "signification.actor");
        let paper = Auteur::Etude {
            actor: actor.clone(),
            personne: made.debiteur,
            donne_le: date(2026, 11, 25),
            piece: b"x".to_vec(),
        };
        assert_eq!(err(platform.participer_creance(id, &paper, ModeAccord::FormulairePostal)), "signification.actor");
        assert_eq!(world.lines().len(), before, "nothing changed");
    }
}

fn h05_a_title_needs_a_qualified_signature(storage: Storage) {
    for level in ["essai", "avancee"] {
        let world = world(storage, level);
        let platform = world.make();
        let (made, _) = agreed(&world, &platform);
        platform.constater_fin(&officer(), made.creance).unwrap();
        assert_eq!(
            codes(platform.delivrer_titre_creance(&officer(), made.creance, "Formule")),
            ["CERTIFICAT_NON_QUALIFIE"]
        );
        assert_eq!(platform.suivi_creance(made.creance).unwrap().vue.etat, Etat::Accord);
        assert!(
            world
                .lines()
                .iter()
                .any(|l| contains(l, "petite_creance.refused") && contains(l, "CERTIFICAT_NON_QUALIFIE"))
        );
    }
}

fn h07_messages_have_their_notices_with_their_dates(storage: Storage) {
    let world = world(storage, "qualifiee");
    let platform = world.make();
    let (made, debtor) = agreed(&world, &platform);
    let (message, notice) = platform.deposer_message(made.creance, Ok(&debtor), b"Je propose un autre jour.").unwrap();
    let left = signification::civil::paris_text("2026-12-01T09:00:00Z".parse().unwrap());
    assert!(notice.contains(&message.to_string()) && notice.contains(&left), "{notice}");
    world.clock.set("2026-12-02T10:00:00Z");
    let his = platform.ouvrir_message(made.creance, message, Ok(&debtor));
    assert_eq!(err(his), "signification.actor", "it is for the office");
    let (octets, opened) = platform.ouvrir_message(made.creance, message, Err(&officer())).unwrap();
    assert_eq!(octets, b"Je propose un autre jour.");
    world.clock.set("2026-12-03T10:00:00Z");
    assert_eq!(
        platform.ouvrir_message(made.creance, message, Err(&officer())).unwrap().1,
        opened,
        "the first date stands"
    );
    let office = officer();
    let (reply, _) = platform.deposer_message(made.creance, Err((&office, made.debiteur)), b"Entendu.").unwrap();
    assert_eq!(platform.ouvrir_message(made.creance, reply, Ok(&debtor)).unwrap().0, b"Entendu.");
    assert_eq!(platform.bilan_creance(made.creance).unwrap().tenues, 6);
    sound(&world, &platform);
}

fn h09_silence_is_a_refusal_at_the_end_of_the_month_by_the_agenda(storage: Storage) {
    let world = world(storage, "qualifiee");
    let platform = world.make();
    let made = invited(&platform);
    // 25 December 2026 is a holiday, a Friday: the later reading ends on Monday the 28th at 24 h.
    world.clock.set("2026-12-28T22:59:59Z");
    assert!(platform.traiter().unwrap().echeances.is_empty());
    assert_eq!(platform.suivi_creance(made.creance).unwrap().vue.etat, Etat::Invite);
    world.clock.set("2026-12-28T23:00:00Z");
    let done = platform.traiter().unwrap().echeances;
    assert_eq!((done.len(), done[0].objet), (1, made.creance));
    assert_eq!(platform.suivi_creance(made.creance).unwrap().vue.etat, Etat::RefusImplicite);
    assert!(platform.traiter().unwrap().echeances.is_empty(), "once");
    let end = platform.constater_fin(&officer(), made.creance).unwrap();
    assert_eq!((end.vue.etat, end.vue.constat.unwrap().fin), (Etat::ConstatFin, Fin::RefusImplicite));
    assert_eq!(codes(platform.constater_fin(&officer(), made.creance)), ["FIN_DIFFERENTE"]);
    assert_eq!(platform.bilan_creance(made.creance).unwrap().tenues, 6);
    sound(&world, &platform);
}

fn h09_taking_part_without_agreeing_ends_by_itself_too(storage: Storage) {
    let world = world(storage, "qualifiee");
    let platform = world.make();
    let made = invited(&platform);
    let debtor = enter(&platform, made.creance, made.debiteur, &provisional(&world.outbox.last()));
    platform.participer_creance(made.creance, &debtor, ModeAccord::FormulaireElectronique).unwrap();
    world.clock.set("2026-12-28T23:00:00Z");
    platform.traiter().unwrap();
    let view = platform.suivi_creance(made.creance).unwrap().vue;
    assert_eq!((view.etat, view.desaccord), (Etat::Desaccord, Some(MotifDesaccord::DelaiExpire)));
    let end = platform.constater_fin(&officer(), made.creance).unwrap();
    assert_eq!(end.vue.constat.unwrap().fin, Fin::Desaccord);
    // Or the debtor says no to the terms, in the month.
    world.clock.set("2026-12-29T09:00:00Z");
    sound(&world, &platform);
}

fn h09_the_cap_the_court_and_the_refusals_leave_their_lines(storage: Storage) {
    let world = world(storage, "qualifiee");
    let platform = world.make();
    assert!(platform.ouvrir_creance(&officer(), &input("5000,00", "69123")).is_ok());
    assert_eq!(codes(platform.ouvrir_creance(&officer(), &input("5000,01", "69123"))), ["HORS_PLAFOND"]);
    let far = platform.ouvrir_creance(&officer(), &input("100", "75056")).unwrap();
    assert_eq!(codes(platform.controler_creance(&officer(), far.creance, true)), ["INCOMPETENT", "CONFLIT_INTERETS"]);
    assert_eq!(platform.suivi_creance(far.creance).unwrap().vue.etat, Etat::Irrecevable);
    let made = platform.ouvrir_creance(&officer(), &input("100", "69123")).unwrap();
    platform.controler_creance(&officer(), made.creance, false).unwrap();
    let mut letter = invitation(Canal::MessageElectronique, None);
    letter.textes.c_civ_2238 = None;
    let sent = world.outbox.sent.lock().unwrap().len();
    assert_eq!(codes(platform.inviter_debiteur(&officer(), made.creance, &letter)), ["TEXTES_A_JOINDRE"]);
    *world.outbox.refuse.lock().unwrap() = Some(("550", true));
    let whole = invitation(Canal::MessageElectronique, None);
    assert_eq!(err(platform.inviter_debiteur(&officer(), made.creance, &whole)), "signification.smtp");
    assert_eq!(platform.suivi_creance(made.creance).unwrap().vue.etat, Etat::Controle, "not invited");
    assert_eq!(world.outbox.sent.lock().unwrap().len(), sent);
    sound(&world, &platform);
}

fn h09_an_express_refusal_on_paper_is_entered_by_the_officer(storage: Storage) {
    let world = world(storage, "qualifiee");
    let platform = world.make();
    let made = platform.ouvrir_creance(&officer(), &input("100", "69123")).unwrap();
    platform.controler_creance(&officer(), made.creance, false).unwrap();
    let letter = invitation(Canal::LettreRecommandee, Some(date(2026, 11, 24)));
    let posted = platform.inviter_debiteur(&officer(), made.creance, &letter).unwrap();
    assert!(posted.lettre.unwrap().contains("Isaline Quatremere"));
    assert!(world.outbox.sent.lock().unwrap().is_empty());
    world.clock.set("2026-12-05T09:00:00Z");
    let paper = |piece: &[u8]| Auteur::Etude {
        actor: officer(),
        personne: made.debiteur,
        donne_le: date(2026, 12, 3),
        piece: piece.to_vec(),
    };
    let none = platform.refuser_creance(made.creance, &paper(b""), ModeRefus::FormulairePapier);
    assert_eq!(err(none), "signification.field");
    let said = platform.refuser_creance(made.creance, &paper(b"scan"), ModeRefus::FormulairePapier).unwrap();
    assert_eq!(said.vue.etat, Etat::RefusExpres);
    let end = platform.constater_fin(&officer(), made.creance).unwrap();
    assert!(end.document.unwrap().contains("par le formulaire sur papier"));
    assert_eq!(platform.bilan_creance(made.creance).unwrap().tenues, 6);
    sound(&world, &platform);
}
