//! The recipient's own matters: who looked him up, sessions, consent, data.
use maud::{Markup, html};

use super::{Cadre, Onglet, jeton_cache, page};

/// Who asked the registry (row A18): when, who, for which dossier.
pub fn consultations(cadre: &Cadre, lignes: &[(String, String, String)]) -> Markup {
    let corps = html! {
        p { "Une étude qui veut savoir si vous recevez des actes par voie électronique doit vous nommer exactement et dire pour quel dossier. Chaque question est notée ici." }
        @if lignes.is_empty() { p .chapeau { "Personne ne vous a cherché." } }
        @else {
            .tableau role="region" aria-label="Consultations du registre" tabindex="0" {
                table role="table" {
                    caption { "Consultations du registre" }
                    thead role="rowgroup" { tr role="row" { th role="columnheader" scope="col" { "Date (heure de Paris)" } th role="columnheader" scope="col" { "Par" } th role="columnheader" scope="col" { "Dossier" } } }
                    tbody role="rowgroup" { @for (quand, qui, dossier) in lignes { tr role="row" { td role="cell" { (quand) } td role="cell" { (qui) } td role="cell" { (dossier) } } } }
                }
            }
        }
    };
    page(cadre, Onglet::Consultations, "Qui m'a cherché", &corps)
}

/// A session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LigneSession {
    /// Identifier.
    pub id: String,
    /// Beginning, in words.
    pub ouverte: String,
    /// Last use, in words.
    pub derniere: String,
    /// Whether it is this one.
    pub ici: bool,
    /// Whether it is another device.
    pub autre: bool,
    /// Token of the form that closes it.
    pub jeton: String,
}

/// A means of proving who one is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LigneMoyen {
    /// What it is.
    pub nom: String,
    /// Since when, in words.
    pub cree: String,
    /// Last use, in words.
    pub dernier: Option<String>,
}

/// Sessions, means, and the report of a compromise.
pub fn securite(cadre: &Cadre, sessions: &[LigneSession], moyens: &[LigneMoyen], jetons: (&str, &str)) -> Markup {
    let corps = html! {
        h2 { "Appareils connectés" }
        ul .actes {
            @for session in sessions {
                li {
                    div {
                        h3 { @if session.ici { "Cet appareil" } @else if session.autre { "Un autre appareil" } @else { "Cet appareil, autre session" } }
                        p { "Connecté le " (session.ouverte) ", dernier usage le " (session.derniere) }
                    }
                    @if !session.ici {
                        form method="post" action={ "/securite/fermer/" (session.id) } {
                            (jeton_cache(&session.jeton))
                            button .bouton.second type="submit" { "Déconnecter" span .invisible { " la session du " (session.ouverte) } }
                        }
                    }
                }
            }
        }
        form method="post" action="/securite/fermer" {
            (jeton_cache(jetons.0))
            button .bouton.second type="submit" { "Déconnecter tous les appareils" }
        }
        h2 { "De quoi vous reconnaître" }
        .tableau role="region" aria-label="Moyens d'accès" tabindex="0" {
            table role="table" {
                caption { "Moyens d'accès en service" }
                thead role="rowgroup" { tr role="row" { th role="columnheader" scope="col" { "Moyen" } th role="columnheader" scope="col" { "Depuis le" } th role="columnheader" scope="col" { "Dernier usage" } } }
                tbody role="rowgroup" {
                    @for moyen in moyens {
                        tr role="row" { td role="cell" { (moyen.nom) } td role="cell" { (moyen.cree) } td role="cell" { (moyen.dernier.as_deref().unwrap_or("jamais")) } }
                    }
                }
            }
        }
        p { a href="/cles" { "Clés d'accès : en ajouter, en renommer, en retirer" } }
        h2 { "Quelqu'un d'autre a eu accès ?" }
        .cadre {
            p {
                "Signalez-le sans attendre. Tous vos appareils sont déconnectés, votre espace est suspendu et l'étude est prévenue. Ce qui "
                "serait fait ensuite avec vos accès ne vous sera pas attribué. Vos actes déjà reçus gardent leurs dates."
            }
            form method="post" action="/securite/signaler" {
                (jeton_cache(jetons.1))
                fieldset {
                    legend { "Que s'est-il passé ?" }
                    .option { input #g1 type="radio" name="genre" value="compromission" required; label for="g1" { "Quelqu'un connaît mon mot de passe ou a ouvert mon espace" } }
                    .option { input #g2 type="radio" name="genre" value="perte"; label for="g2" { "J'ai perdu mon téléphone, ou on me l'a volé" } }
                    .option { input #g3 type="radio" name="genre" value="anomalie"; label for="g3" { "Je vois quelque chose d'anormal" } }
                }
                button .bouton.grave type="submit" { "Signaler et suspendre mon espace" }
            }
        }
    };
    page(cadre, Onglet::Securite, "Sécurité", &corps)
}

/// The report was taken (row B06).
pub fn signale(cadre: &Cadre) -> Markup {
    let corps = html! {
        .avis.reussite { p { "Votre signalement est enregistré. Votre espace est suspendu et tous vos appareils sont déconnectés." } }
        p { "L'étude vous recontactera pour vérifier votre identité et rouvrir votre espace. D'ici là, ses actes vous seront remis sur papier." }
    };
    page(cadre, Onglet::Aucun, "Espace suspendu", &corps)
}

/// What is known of the consent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accord {
    /// Where it stands, in words.
    pub etat: String,
    /// Since when.
    pub depuis: Option<String>,
    /// Natures, in words.
    pub natures: String,
    /// Last day, in words.
    pub jusqu: Option<String>,
    /// Version of the terms accepted.
    pub cgu: Option<String>,
    /// Whether it may be withdrawn now.
    pub actif: bool,
}

/// The consent: withdraw it, or leave.
pub fn consentement(cadre: &Cadre, accord: &Accord, message: Option<&str>, jetons: (&str, &str)) -> Markup {
    let corps = html! {
        @if let Some(message) = message { .avis.reussite role="status" { p { (message) } } }
        dl .fiche {
            dt { "État" } dd { (accord.etat) }
            @if let Some(depuis) = &accord.depuis { dt { "Depuis le" } dd { (depuis) } }
            dt { "Actes concernés" } dd { (accord.natures) }
            dt { "Durée" } dd { @match &accord.jusqu { Some(jour) => { "jusqu'au " (jour) " inclus" } None => "sans limite" } }
            @if let Some(cgu) = &accord.cgu { dt { "Conditions acceptées" } dd { "version " (cgu) ", " a href="/cgu" { "lire les conditions" } } }
        }
        @if accord.actif {
            h2 { "Retirer mon accord" }
            .cadre {
                p { "Plus aucun acte ne vous sera envoyé ici : ils vous seront remis sur papier. Les actes déjà signifiés gardent leurs effets et restent lisibles. Vos données du registre sont détruites cinq ans après le retrait." }
                form method="post" action="/consentement/retirer" {
                    (jeton_cache(jetons.0))
                    .option { input #sur type="checkbox" name="confirme" value="oui" required; label for="sur" { "Je retire mon accord à recevoir des actes par voie électronique" } }
                    button .bouton.grave type="submit" { "Retirer mon accord" }
                }
            }
        }
        h2 { "Quitter le service" }
        .cadre {
            p { "Votre demande prend effet quand elle est traitée. Vous pouvez ensuite lire et télécharger vos actes pendant deux mois, puis ils sont effacés et un certificat vous est adressé. Gardez-en des copies." }
            form method="post" action="/consentement/quitter" {
                (jeton_cache(jetons.1))
                .option { input #part type="checkbox" name="confirme" value="oui" required; label for="part" { "Je demande la résiliation de mon espace" } }
                button .bouton.grave type="submit" { "Demander la résiliation" }
            }
        }
    };
    page(cadre, Onglet::Consentement, "Mon consentement", &corps)
}

/// Personal data: rights, and the export (row F07).
pub fn donnees(cadre: &Cadre) -> Markup {
    let corps = html! {
        p { "Ce fichier contient ce que le service sait de vous et de vos actes : compte, accord, sessions, récépissés, consultations du registre. Il ne contient ni vos actes, ni vos mots de passe." }
        p { a .bouton href="/donnees/export.json" { "Télécharger mes données (JSON)" } }
        h2 { "Vos droits" }
        ul {
            li { "Accès, rectification, effacement, limitation, opposition, portabilité, instructions après le décès : page " a href="/droits" { "Mes droits" } ", ou écrivez à " (cadre.contact) "." }
            li { "Retrait de l'accord : page " a href="/consentement" { "Mon consentement" } "." }
            li { "Réclamation : Commission nationale de l'informatique et des libertés (CNIL), www.cnil.fr." }
        }
        h2 { "Qui traite quoi" }
        p { "Le registre des consentements et les actes sont deux traitements séparés. L'étude répond des actes qu'elle vous adresse. Les données restent en France ou dans l'Union européenne." }
    };
    page(cadre, Onglet::Donnees, "Mes données", &corps)
}
