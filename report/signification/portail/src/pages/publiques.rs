//! Pages that anybody reads: what this is and is not, help, terms of use, accessibility, and what is said of a refusal.
use maud::{Markup, html};

use super::{Cadre, Onglet, page};

/// Home: what this is, what it is not (CPC art. 748-6).
pub fn accueil(cadre: &Cadre) -> Markup {
    let corps = html! {
        p .chapeau {
            "Une étude de commissaire de justice vous a proposé de recevoir ses actes ici plutôt que sur papier. "
            "Vous êtes libre d'accepter ou de refuser."
        }
        .choix {
            section aria-labelledby="premiere" {
                h2 #premiere { "Vous avez reçu une invitation" }
                p { "Munissez-vous du message de l'étude : il porte une référence et un code de première connexion." }
                a .bouton href="/invitation" { "Répondre à l'invitation" }
            }
            section aria-labelledby="espace" {
                h2 #espace { "Vous avez déjà un espace" }
                p { "Vos actes s'y ouvrent à toute heure, tous les jours, dimanches et jours fériés compris." }
                a .bouton href="/connexion" { "Se connecter" }
            }
        }
        h2 { "Ce que fait ce service" }
        ul {
            li { "Il garde, chiffrés, les actes que l'étude vous adresse, jusqu'à ce que vous les ouvriez." }
            li { "Il note l'heure de chaque étape et vous en remet la preuve : les mêmes récépissés que ceux de l'étude." }
            li { "Il vous dit qui, dans la profession, a demandé si vous receviez des actes par cette voie." }
        }
        h2 { "Ce qu'il n'est pas" }
        p {
            "Ce n'est ni une messagerie, ni un archivage : gardez vous-même vos actes et vos récépissés. "
            "Il ne vous demandera jamais de paiement, ni votre mot de passe par courriel ou par téléphone."
        }
        p {
            "Une signification par voie électronique n'a d'effet que par un dispositif inscrit sur la liste du ministère de la "
            "justice (code de procédure civile, art. 748-6). Ce logiciel n'y est pas, à lui seul. En cas de doute sur un acte, "
            "appelez l'étude au numéro de l'annuaire de la profession."
        }
    };
    page(cadre, Onglet::Aucun, "Recevoir un acte par voie électronique", &corps)
}

/// Help, equipment and its cost (row I03).
pub fn aide(cadre: &Cadre) -> Markup {
    let corps = html! {
        h2 { "Ce qu'il vous faut" }
        ul {
            li { "Un ordinateur, une tablette ou un téléphone, avec un navigateur à jour. Aucun programme n'est à installer." }
            li { "Un lecteur de documents PDF : presque tous les appareils en ont un." }
            li { "Une application de codes à usage unique sur un téléphone, pour prouver que c'est bien vous." }
        }
        p {
            "Le matériel, l'abonnement et leur coût sont à votre charge. Internet a ses limites : un réseau peut être lent ou "
            "coupé, et ces délais ne dépendent pas du service."
        }
        h2 { "Vous ne pouvez pas, ou ne souhaitez pas" }
        p { "Demandez à l'étude de vous remettre l'acte sur papier. Ce choix ne vous sera pas reproché." }
        h2 { "Si vous perdez vos accès" }
        p {
            "Un de vos codes de secours remplace votre téléphone. Si vous n'en avez plus, adressez-vous à l'étude : elle vérifiera "
            "votre identité et vous enverra une nouvelle invitation. L'assistance ne demande jamais votre mot de passe."
        }
        h2 { "Horaires" }
        dl .fiche {
            dt { "Ouverture de vos actes" } dd { "À toute heure, tous les jours." }
            dt { "Envoi des actes" } dd { "Du lundi au samedi, de 6 h à 21 h, heure de Paris, hors jours fériés ou chômés." }
            dt { "Assistance" } dd { "Du lundi au vendredi, de 9 h à 12 h et de 13 h 30 à 18 h." }
        }
        p { (cadre.assistance) }
    };
    page(cadre, Onglet::Aucun, "Aide et matériel nécessaire", &corps)
}

/// Accessibility: what was done, whom to tell.
pub fn accessibilite(cadre: &Cadre) -> Markup {
    let corps = html! {
        p {
            "Ces pages sont faites pour être lues avec un lecteur d'écran, au clavier seul, agrandies à 200 %, sur un écran de "
            "320 points de large, et sans programme dans le navigateur. Elles visent le niveau AA des règles WCAG 2.2 et le RGAA ; "
            "aucun organisme ne l'a encore constaté."
        }
        p {
            "Les actes eux-mêmes sont des documents PDF remis tels que l'étude les a déposés : le service n'a pas le droit de les "
            "modifier. Si l'un d'eux vous est illisible, demandez à l'étude de vous l'expliquer ou de vous le remettre autrement."
        }
        p { "Une difficulté ? Écrivez à " (cadre.contact) ". Sans réponse, vous pouvez saisir le Défenseur des droits." }
    };
    page(cadre, Onglet::Aucun, "Accessibilité", &corps)
}

/// The terms of use in full, and their fingerprint.
pub fn texte_cgu(version: &str, sha256: &str, texte: &str) -> Markup {
    html! {
        dl .fiche {
            dt { "Version" } dd { (version) }
            dt { "Empreinte SHA-256 du texte" } dd { code { (sha256) } }
            dt { "Texte exact" } dd { a href="/cgu.txt" { "Fichier à conserver" } }
        }
        .cadre.defile role="region" aria-label="Texte des conditions générales d'utilisation" tabindex="0" {
            // The file's lines are as long as a terminal is wide: here paragraphs flow; the exact octets are one link away.
            @for paragraphe in texte.split("\n\n").filter(|p| !p.trim().is_empty()) {
                p { (paragraphe.split_whitespace().collect::<Vec<_>>().join(" ")) }
            }
        }
    }
}

/// The page of the terms of use.
pub fn cgu(cadre: &Cadre, version: &str, sha256: &str, texte: &str) -> Markup {
    page(cadre, Onglet::Aucun, "Conditions générales d'utilisation", &texte_cgu(version, sha256, texte))
}

/// What is said when a request is not done: what happened, what to do, where to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refus<'a> {
    /// Title.
    pub titre: &'a str,
    /// What happened.
    pub quoi: &'a str,
    /// What to do.
    pub faire: &'a str,
    /// Where to go, and what the link says.
    pub suite: (&'a str, &'a str),
}

/// An error page, without technical words.
pub fn erreur(cadre: &Cadre, refus: &Refus<'_>) -> Markup {
    let corps = html! {
        p .chapeau { (refus.quoi) }
        p { (refus.faire) }
        p { a .bouton.second href=(refus.suite.0) { (refus.suite.1) } }
    };
    page(cadre, Onglet::Aucun, refus.titre, &corps)
}
