//! Requests for rights on one's data (row F07): a form for each right, the term of each request, a page to print.
use maud::{Markup, html};

use super::{Cadre, Onglet, jeton_cache, page};

/// A right that can be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Formulaire {
    /// Its code.
    pub code: String,
    /// Its name, in French, with its article.
    pub nom: &'static str,
    /// What it does, in a sentence.
    pub effet: &'static str,
}

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LigneDroit {
    /// The right.
    pub nom: &'static str,
    /// When it was received, in words.
    pub recue: String,
    /// By when it is to be answered, in words.
    pub terme: String,
    /// Where it stands, in words.
    pub etat: &'static str,
    /// What the answer will say when it cannot be whole.
    pub reserve: Option<&'static str>,
}

/// Rights: requests made, then a form each.
pub fn droits(cadre: &Cadre, demandes: &[LigneDroit], formulaires: &[Formulaire], jeton: &str) -> Markup {
    let corps = html! {
        p .chapeau { "Chaque demande reçoit une réponse dans le mois, que deux mois peuvent suivre si elle est complexe. La date est affichée ci-dessous." }
        h2 { "Mes demandes" }
        @if demandes.is_empty() { p { "Aucune demande." } }
        @else {
            .tableau role="region" aria-label="Mes demandes" tabindex="0" {
                table role="table" {
                    caption { "Demandes et réponses attendues" }
                    thead role="rowgroup" { tr role="row" {
                        th role="columnheader" scope="col" { "Droit" } th role="columnheader" scope="col" { "Reçue le" }
                        th role="columnheader" scope="col" { "Réponse avant le" } th role="columnheader" scope="col" { "État" }
                    } }
                    tbody role="rowgroup" { @for d in demandes { tr role="row" {
                        td role="cell" { (d.nom) } td role="cell" { (d.recue) } td role="cell" { (d.terme) } td role="cell" { (d.etat) }
                    } } }
                }
            }
            @for reserve in demandes.iter().filter_map(|d| d.reserve).collect::<std::collections::BTreeSet<_>>() { p { (reserve) } }
            ul {
                li { a href="/droits/export.json" { "Télécharger mes demandes (JSON)" } }
                li { a href="/droits/export.txt" { "Télécharger mes demandes (texte à imprimer)" } }
            }
        }
        h2 { "Faire une demande" }
        @for one in formulaires {
            .cadre {
                h3 { "Droit : " (one.nom) }
                p { (one.effet) }
                form method="post" action="/droits" {
                    (jeton_cache(jeton))
                    input type="hidden" name="droit" value=(one.code);
                    button .bouton.second type="submit" { "Demander" span .invisible { " : " (one.nom) } }
                }
            }
        }
        h2 { "Retirer mon accord" }
        p { "Sans délai et sans motif : page " a href="/consentement" { "Mon consentement" } "." }
        h2 { "Vous n'êtes pas satisfait" }
        p {
            "Vous pouvez adresser une réclamation à la Commission nationale de l'informatique et des libertés (CNIL) : "
            "3 place de Fontenoy, TSA 80715, 75334 Paris cedex 07, ou www.cnil.fr. Contact de l'étude : " (cadre.contact) "."
        }
    };
    page(cadre, Onglet::Donnees, "Mes droits", &corps)
}
