//! What each common nature of act means, in plain French (row D10): read beside the act, never part of it, and never advice.
use dossier::Sha256Digest;

/// Version of these texts; told beside them, and journalled with their digest when they are shown. A text that changes changes it.
pub const VERSION: &str = "1";
/// Said before every explanation.
pub const HORS_ACTE: &str = "Cette explication est générale. Elle ne fait pas partie de l'acte, n'en remplace pas la lecture et ne vaut \
                            pas conseil.";
/// The page, in the dossier.
pub const EXPLICATION_FILE: &str = "explication.txt";

/// An explanation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explication {
    /// Slugs of natures it is for; the first is its own.
    pub natures: &'static [&'static str],
    /// Its name, with a capital.
    pub nom: &'static str,
    /// What it is.
    pub quoi: &'static str,
    /// What to do, one line each.
    pub faire: &'static [&'static str],
    /// Terms.
    pub delais: &'static str,
    /// Whom to ask.
    pub qui: &'static str,
}

const AVOCAT: &str = "Un avocat, les permanences gratuites d'un point-justice (numéro 30 39), et l'étude pour le sens de l'acte. \
    L'aide juridictionnelle peut payer l'avocat si vos ressources sont faibles.";

/// Every explanation; the last is for any other nature.
pub const TOUTES: &[Explication] = &[
    Explication {
        natures: &["assignation"],
        nom: "Assignation",
        quoi: "Quelqu'un vous demande quelque chose devant un tribunal. L'acte dit qui, quoi, pourquoi, devant quel tribunal \
            et à quelle date.",
        faire: &[
            "Lisez tout de suite la date de l'audience, ou le délai pour faire connaître votre avocat.",
            "Réunissez ce qui concerne l'affaire : contrats, lettres, preuves de paiement.",
            "Consultez un avocat : devant certains tribunaux, il est obligatoire.",
        ],
        delais: "Ils sont écrits dans l'acte. Sans réponse ni présence de votre part, le tribunal peut vous juger sur les seules \
            explications de l'autre personne.",
        qui: AVOCAT,
    },
    Explication {
        natures: &["saisie-attribution", "proces-verbal-saisie-attribution"],
        nom: "Saisie-attribution",
        quoi: "Un créancier, qui a un titre exécutoire contre son débiteur, saisit l'argent qu'un tiers doit à celui-ci : le plus \
            souvent, le solde d'un compte bancaire.",
        faire: &[
            "Si vous êtes la banque ou la personne qui doit l'argent : dites aussitôt au commissaire de justice ce que vous devez, \
             et ne le versez plus à votre créancier.",
            "Si l'argent saisi est à vous : une somme reste insaisissable à la banque ; vérifiez les montants et parlez à l'étude.",
        ],
        delais: "Le débiteur peut contester devant le juge de l'exécution, en principe dans le mois qui suit la dénonciation ; l'acte \
            indique la date exacte. Le tiers saisi répond sur-le-champ.",
        qui: AVOCAT,
    },
    Explication {
        natures: &["commandement-de-payer", "commandement", "commandement-aux-fins-de-saisie-vente"],
        nom: "Commandement de payer",
        quoi: "On vous ordonne de payer une somme que l'acte détaille. C'est souvent la dernière étape avant une saisie ou, pour un \
            logement, avant une demande d'expulsion.",
        faire: &[
            "Vérifiez la somme, ligne par ligne, et à qui elle est due.",
            "Si vous pouvez payer, faites-le auprès de l'étude et demandez un reçu.",
            "Si vous ne pouvez pas, dites-le à l'étude : un échéancier peut être proposé. Un juge peut aussi en accorder un.",
            "Pour un logement, prévenez aussi un conseiller logement (ADIL) : des aides existent.",
        ],
        delais: "Le délai pour payer est écrit dans l'acte. Il court à partir de la date de signification.",
        qui: AVOCAT,
    },
    Explication {
        natures: &["signification-de-jugement", "signification-jugement", "signification-d-arret"],
        nom: "Signification de jugement",
        quoi: "Un jugement a été rendu et vous est officiellement remis. Il peut maintenant être exécuté, et les délais pour le \
            contester commencent.",
        faire: &[
            "Lisez la fin du jugement, après « PAR CES MOTIFS » : c'est la décision.",
            "Lisez dans l'acte quel recours est ouvert, jusqu'à quand et devant qui.",
            "Si vous voulez contester, voyez un avocat sans attendre.",
        ],
        delais: "Ils figurent dans l'acte et courent depuis la date de signification : souvent un mois pour l'appel, parfois quinze \
            jours. Passé ce délai, la décision devient définitive.",
        qui: AVOCAT,
    },
    Explication {
        natures: &[
            "injonction-de-payer",
            "signification-d-injonction-de-payer",
            "ordonnance-portant-injonction-de-payer",
        ],
        nom: "Injonction de payer",
        quoi: "Un juge, saisi par un créancier et sans vous avoir entendu, vous ordonne de payer une somme. Vous avez le droit de vous \
            y opposer.",
        faire: &[
            "Vérifiez si vous devez cette somme.",
            "Si vous la devez : payez, ou demandez des délais à l'étude.",
            "Sinon : formez opposition au greffe indiqué dans l'acte. Elle est gratuite devant le tribunal judiciaire, et l'affaire \
             est alors jugée en votre présence.",
        ],
        delais: "Un mois, en principe, pour former opposition ; l'acte dit à partir de quand. Sans opposition, l'ordonnance vaut \
            jugement.",
        qui: AVOCAT,
    },
    Explication {
        natures: &["denonciation", "denonciation-de-saisie", "denonciation-de-saisie-attribution"],
        nom: "Dénonciation",
        quoi: "On vous informe d'un acte déjà accompli qui vous touche, par exemple la saisie de votre compte bancaire. La copie de cet \
            acte y est jointe.",
        faire: &[
            "Lisez l'acte joint : c'est lui qui produit les effets.",
            "Vérifiez les sommes et ce qui reste à votre disposition.",
            "Si vous n'êtes pas d'accord, contestez devant le juge indiqué.",
        ],
        delais: "Le délai de contestation et sa date de fin sont écrits dans l'acte : un mois, en principe, pour une \
            saisie-attribution.",
        qui: AVOCAT,
    },
    Explication {
        natures: &["conge", "conge-pour-vente", "conge-pour-reprise"],
        nom: "Congé",
        quoi: "Le propriétaire ou le locataire met fin à un bail. L'acte dit pour quel motif et à quelle date.",
        faire: &[
            "Notez la date de fin du bail et le motif.",
            "S'il s'agit d'une vente, regardez si un prix vous est offert : vous pouvez avoir priorité pour acheter.",
            "Vérifiez que le motif et le délai sont permis : une association de locataires ou l'ADIL peut vous aider.",
        ],
        delais: "Le préavis dépend du bail et du motif : six mois, souvent, quand le propriétaire d'un logement vide donne congé. La \
            date est écrite dans l'acte.",
        qui: AVOCAT,
    },
    Explication {
        natures: &[],
        nom: "Acte de commissaire de justice",
        quoi: "Un commissaire de justice vous remet officiellement un document. Il dit lui-même ce qu'il est, à la demande de qui il \
            vous est remis et ce qu'il vous demande.",
        faire: &[
            "Lisez-le en entier, et repérez les dates.",
            "Si quelque chose n'est pas clair, demandez à l'étude de vous l'expliquer : c'est son rôle.",
        ],
        delais: "S'il y en a, ils sont écrits dans l'acte et courent, en général, depuis la date de signification.",
        qui: AVOCAT,
    },
];

/// The explanation of a nature.
pub fn de(nature: &str) -> &'static Explication {
    let [.., autre] = TOUTES else { unreachable!("the list has an entry for any nature") };
    TOUTES.iter().find(|e| e.natures.contains(&nature)).unwrap_or(autre)
}

/// The name of a nature as shown: that of its explanation, or its own words.
pub fn nom(nature: &str) -> String {
    let found = de(nature);
    if !found.natures.is_empty() {
        return found.nom.to_owned();
    }
    let mut words = nature.replace(['-', '_'], " ");
    if let Some(first) = words.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    words
}

/// The page of a nature as plain text: what is digested, and what the dossier has.
pub fn page(nature: &str) -> String {
    let texte = de(nature);
    let faire: String = texte.faire.iter().map(|line| format!("- {line}\n")).collect();
    format!(
        "{}\n\n{HORS_ACTE}\n\nComprendre cet acte\n{}\n\nQue faire\n{faire}\nDélais\n{}\n\nÀ qui demander\n{}\n\nExplication, \
         version {VERSION}.\n",
        nom(nature),
        texte.quoi,
        texte.delais,
        texte.qui
    )
}

/// SHA-256 of [`page`].
pub fn empreinte(nature: &str) -> Sha256Digest {
    Sha256Digest::of(page(nature).as_bytes())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::acte::Nature;

    /// Digest of every page of version 1, one after the other.
    const EMPREINTE_1: &str = "ad7bfa46344b6289ab3652a9b64b5b4e015465b2c0260a96e580f2b119790fcf";

    #[test]
    fn d10_every_nature_has_its_page_and_a_changed_text_changes_the_version() {
        let mut all = String::new();
        for text in TOUTES {
            for nature in text.natures.iter().copied().chain(text.natures.is_empty().then_some("autre-acte")) {
                Nature::new(nature).unwrap();
                let page = page(nature);
                for part in [text.quoi, text.delais, text.qui, HORS_ACTE, "version 1"] {
                    assert!(page.contains(part), "{nature}: {part}");
                }
                all.push_str(&page);
            }
        }
        assert_eq!((VERSION, Sha256Digest::of(all.as_bytes()).to_hex().as_str()), ("1", EMPREINTE_1));
    }

    proptest! {
        #[test]
        fn d10_whatever_the_nature_there_is_a_page_with_its_name(slug in "[a-z][a-z0-9-]{0,59}") {
            let nature = Nature::new(&slug).unwrap();
            let page = page(nature.as_str());
            prop_assert!(page.starts_with(&nom(&slug)) && page.contains(HORS_ACTE));
            prop_assert_eq!(empreinte(&slug), Sha256Digest::of(page.as_bytes()));
        }
    }

    #[test]
    fn d10_each_common_nature_has_its_own_words() {
        let natures = [
            "assignation",
            "saisie-attribution",
            "commandement-de-payer",
            "signification-de-jugement",
            "injonction-de-payer",
            "denonciation",
            "conge",
        ];
        for nature in natures {
            assert!(de(nature).natures.contains(&nature), "{nature}");
        }
        assert!(de("autre-chose").natures.is_empty());
        assert_eq!(nom("proces-verbal-de-constat"), "Proces verbal de constat");
    }

    #[test]
    fn e10_no_explanation_asserts_or_advises_too_much() {
        for text in TOUTES {
            let all = [text.quoi, text.delais, text.qui, &text.faire.join(" ")].join(" ");
            for word in ["il est certain", "vous perdrez", "vous devez payer", "incontestable"] {
                assert!(!all.contains(word), "{} : {word}", text.nom);
            }
        }
    }
}
