//! What an officer confirms before he serves an act: to whom, what, when, in whose name.
use maud::{Markup, html};

use super::{Cadre, Faute, Onglet, jeton_cache, page_avec};
use crate::explication;

/// What is about to be served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envoi {
    /// The act.
    pub id: String,
    /// Its addressee.
    pub destinataire: String,
    /// Its nature, a slug.
    pub nature: String,
    /// The office's reference.
    pub dossier: String,
    /// On whose request.
    pub requerant: String,
    /// Fingerprint.
    pub sha256: String,
    /// The date and hour it would have now, in words.
    pub date: String,
    /// The window, in words.
    pub fenetre: String,
    /// Who serves it.
    pub officier: String,
    /// What is against it, in words.
    pub refus: Vec<String>,
    /// Whether only the hour is.
    pub programmable: bool,
}

/// The confirmation.
pub fn confirmer(cadre: &Cadre, jeton: &str, envoi: &Envoi, fautes: &[Faute]) -> Markup {
    let libre = envoi.refus.is_empty();
    let corps = html! {
        p { "Vérifiez chaque ligne : la date et l'heure de la signification sont fixées à l'envoi, et ne changent plus." }
        dl .fiche {
            dt { "Destinataire" } dd { strong { (envoi.destinataire) } }
            dt { "Nature de l'acte" } dd { (explication::nom(&envoi.nature)) }
            dt { "Dossier" } dd { (envoi.dossier) }
            dt { "À la demande de" } dd { (envoi.requerant) }
            dt { "Date et heure, maintenant" } dd { (envoi.date) }
            dt { "Heures légales" } dd { (envoi.fenetre) }
            dt { "Officier" } dd { strong { (envoi.officier) } }
            dt { "Empreinte SHA-256" } dd { code { (envoi.sha256) } }
        }
        @if !libre {
            .avis.attention {
                h2 { "Cet acte ne peut pas être signifié maintenant" }
                ul { @for motif in &envoi.refus { li { (motif) } } }
            }
        }
        @if libre || envoi.programmable {
            form method="post" action={ "/etude/actes/" (envoi.id) "/envoyer" } {
                (jeton_cache(jeton))
                @if !libre { input type="hidden" name="programmer" value="oui"; }
                .option { input #confirme type="checkbox" name="confirme" value="oui" required; label for="confirme" {
                    "Je signifie cet acte à " (envoi.destinataire) ", en mon nom"
                    @if !libre { ", à la prochaine ouverture des heures légales" }
                } }
                button .bouton type="submit" { @if libre { "Signifier maintenant" } @else { "Programmer la signification" } }
            }
        }
        p { a href={ "/etude/actes/" (envoi.id) } { "Revenir à l'acte sans le signifier" } }
    };
    page_avec(cadre, Onglet::Suivi, "Signifier un acte", fautes, &corps)
}
