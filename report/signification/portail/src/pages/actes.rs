//! The recipient's acts: the list, one act and what it means, its receipts, a problem told.
use maud::{Markup, html};

use super::{Cadre, Faute, Onglet, jeton_cache, page, page_avec, zone};
use crate::explication;

/// An act in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LigneActe {
    /// Identifier.
    pub id: String,
    /// Nature, a slug.
    pub nature: String,
    /// Service, Paris, in words.
    pub envoye: String,
    /// First opening, in words.
    pub ouvert: Option<String>,
    /// Receipt, in words.
    pub recu: Option<String>,
}

/// An act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acte {
    /// As in the list.
    pub ligne: LigneActe,
    /// The office's reference.
    pub dossier: String,
    /// Fingerprint.
    pub sha256: String,
    /// Length in octets.
    pub octets: u64,
    /// À personne, à domicile, in words.
    pub qualification: Option<String>,
    /// Steps: when, what.
    pub etapes: Vec<(String, String)>,
    /// How long it is kept, in words.
    pub conservation: String,
}

/// A receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LigneRecepisse {
    /// Identifier.
    pub id: String,
    /// What it attests.
    pub objet: String,
    /// When it happened, Paris.
    pub date: String,
    /// Whether it can be had as a document for people.
    pub avis: bool,
}

fn etat(ligne: &LigneActe) -> Markup {
    match (&ligne.ouvert, &ligne.recu) {
        (_, Some(_)) => html! { span .etat.fait { "Téléchargé" } },
        (Some(_), None) => html! { span .etat.fait { "Ouvert" } },
        (None, None) => html! { span .etat.neuf { "À ouvrir" } },
    }
}

/// The list.
pub fn liste(cadre: &Cadre, actes: &[LigneActe], message: Option<&str>) -> Markup {
    let corps = html! {
        @if let Some(message) = message { .avis.reussite role="status" { p { (message) } } }
        @if actes.is_empty() {
            p .chapeau { "Vous n'avez aucun acte." }
            p { "L'étude vous préviendra par courriel dès qu'un acte vous sera adressé. Ce message ne contiendra ni l'acte ni son objet." }
        } @else {
            ul .actes {
                @for acte in actes {
                    li {
                        div {
                            h2 { a href={ "/actes/" (acte.id) } { (explication::nom(&acte.nature)) } }
                            p { "Signifié le " (acte.envoye) }
                        }
                        (etat(acte))
                    }
                }
            }
        }
        p .discret {
            "Ce service n'est pas un archivage : téléchargez vos actes et leurs récépissés, et gardez-les. Un acte produit ses "
            "effets depuis sa date de signification, que vous l'ouvriez ou non."
        }
    };
    page(cadre, Onglet::Actes, "Mes actes", &corps)
}

/// One act: what it is in plain words, what to do, then the act itself.
pub fn acte(cadre: &Cadre, acte: &Acte, jetons: (&str, &str), message: Option<&str>) -> Markup {
    let id = &acte.ligne.id;
    let texte = explication::de(&acte.ligne.nature);
    let corps = html! {
        @if let Some(message) = message { .avis.reussite role="status" { p { (message) } } }
        p { (etat(&acte.ligne)) " Signifié le " (acte.ligne.envoye) " par " (cadre.etude) "." }
        .cadre {
            @if acte.ligne.ouvert.is_none() {
                h2 { "Ouvrir cet acte" }
                p {
                    "L'heure à laquelle vous l'ouvrez pour la première fois est enregistrée et portée à la connaissance de l'étude : c'est "
                    "votre prise de connaissance. La date de signification, elle, ne change pas."
                }
                form method="post" action={ "/actes/" (id) "/ouvrir" } {
                    (jeton_cache(jetons.0))
                    button .bouton type="submit" { "Ouvrir l'acte" }
                }
            } @else {
                h2 { "Lire et conserver cet acte" }
                p {
                    "L'acte est un document PDF. Quand vous l'avez reçu en entier, un récépissé de téléchargement est établi, le même pour "
                    "vous et pour l'étude. Si la remise est coupée, recommencez : rien n'est perdu."
                }
                form method="post" action={ "/actes/" (id) "/telecharger" } {
                    (jeton_cache(jetons.1))
                    button .bouton type="submit" { "Télécharger l'acte (PDF, " (taille(acte.octets)) ")" }
                }
            }
        }
        .avis { p { (acte.conservation) } }
        (expliquer(texte))
        h2 { "Ce que dit le journal" }
        dl .fiche {
            dt { "Référence de l'étude" } dd { (acte.dossier) }
            @if let Some(qualification) = &acte.qualification { dt { "Remise" } dd { (qualification) } }
            @if let Some(ouvert) = &acte.ligne.ouvert { dt { "Prise de connaissance" } dd { (ouvert) } }
            @if let Some(recu) = &acte.ligne.recu { dt { "Téléchargé" } dd { (recu) } }
            dt { "Empreinte SHA-256 de l'acte" } dd { code { (acte.sha256) } }
        }
        @if !acte.etapes.is_empty() {
            .tableau role="region" aria-label="Étapes de l'acte" tabindex="0" {
                table role="table" {
                    caption { "Étapes" }
                    thead role="rowgroup" { tr role="row" { th role="columnheader" scope="col" { "Date (heure de Paris)" } th role="columnheader" scope="col" { "Étape" } } }
                    tbody role="rowgroup" { @for (quand, quoi) in &acte.etapes { tr role="row" { td role="cell" { (quand) } td role="cell" { (quoi) } } } }
                }
            }
        }
        ul {
            li { a href={ "/actes/" (id) "/recepisses" } { "Récépissés de cet acte" } }
            @if acte.ligne.recu.is_some() {
                li { a href={ "/actes/" (id) "/dossier" } { "Dossier complet : acte, avis, récépissés et preuves (ZIP)" } }
            }
            li { a href={ "/actes/" (id) "/probleme" } { "Signaler un problème sur cet acte" } }
            li { a href="/actes" { "Revenir à la liste de mes actes" } }
        }
    };
    page(cadre, Onglet::Actes, &explication::nom(&acte.ligne.nature), &corps)
}

fn expliquer(texte: &explication::Explication) -> Markup {
    html! {
        section aria-labelledby="sens" {
            h2 #sens { "Comprendre cet acte" }
            p { (texte.quoi) }
            h3 { "Que faire" }
            ul { @for ligne in texte.faire { li { (ligne) } } }
            h3 { "Délais" }
            p { (texte.delais) }
            h3 { "À qui demander" }
            p { (texte.qui) }
            p .discret {
                (explication::HORS_ACTE) " Explication, version " (explication::VERSION) "."
            }
        }
    }
}

/// Length for people.
pub(crate) fn taille(octets: u64) -> String {
    match octets {
        0..=1023 => format!("{octets} octets"),
        1024..=1_048_575 => format!("{} Ko", octets.div_ceil(1024)),
        _ => format!("{} Mo", octets.div_ceil(1_048_576)),
    }
}

/// Receipts, each with its files; they are under `place`.
pub(super) fn tableau_recepisses(place: &str, liste: &[LigneRecepisse]) -> Markup {
    html! {
        .tableau role="region" aria-label="Récépissés" tabindex="0" {
            table role="table" {
                caption { "Récépissés" }
                thead role="rowgroup" { tr role="row" {
                    th role="columnheader" scope="col" { "Fait attesté" } th role="columnheader" scope="col" { "Date (heure de Paris)" } th role="columnheader" scope="col" { "Fichiers" }
                } }
                tbody role="rowgroup" {
                    @for ligne in liste {
                        tr role="row" {
                            td role="cell" { (ligne.objet) }
                            td role="cell" { (ligne.date) }
                            td role="cell" {
                                @if ligne.avis {
                                    a href={ (place) (ligne.id) ".pdf" } {
                                        "Télécharger l'avis (PDF)" span .invisible { " : " (ligne.objet) ", " (ligne.date) }
                                    }
                                    br;
                                }
                                a href={ (place) (ligne.id) ".zip" } {
                                    "Télécharger la preuve signée (ZIP)" span .invisible { " : " (ligne.objet) ", " (ligne.date) }
                                }
                            }
                        }
                    }
                }
            }
        }
        @if liste.iter().any(|ligne| ligne.avis) {
            p .discret {
                "L'avis (PDF) se lit et s'imprime. Ce qui fait foi est la preuve signée, qu'il porte en pièce jointe."
            }
        }
    }
}

/// Receipts of an act.
pub fn recepisses(cadre: &Cadre, acte: &str, liste: &[LigneRecepisse]) -> Markup {
    let corps = html! {
        p { "Chaque récépissé atteste un fait, sa date et son heure. Ce sont les mêmes que ceux de l'étude, octet pour octet." }
        @if liste.is_empty() { p { "Il n'y en a pas encore." } }
        @else { (tableau_recepisses("/recepisses/", liste)) }
        p { a href={ "/actes/" (acte) } { "Revenir à l'acte" } }
    };
    page(cadre, Onglet::Actes, "Récépissés", &corps)
}

/// The form to report a problem (row B10).
pub fn probleme(cadre: &Cadre, acte: &str, jeton: &str, texte: &str, fautes: &[Faute]) -> Markup {
    let corps = html! {
        p { "L'étude en est prévenue et doit en accuser réception. La date de signification de l'acte n'en est pas changée." }
        form method="post" action={ "/actes/" (acte) "/probleme" } {
            (jeton_cache(jeton))
            @let faute = fautes.iter().find(|f| f.champ == "nature");
            fieldset #nature tabindex="-1" aria-describedby=[faute.map(|_| "nature-faute")] {
                legend { "Le problème" }
                @if let Some(faute) = faute { p .faute #nature-faute { (faute.texte) } }
                .option { input #n1 type="radio" name="nature" value="illisible" required; label for="n1" { "L'acte ne s'ouvre pas, ou n'est pas entier" } }
                .option { input #n2 type="radio" name="nature" value="destinataire"; label for="n2" { "L'acte n'est pas pour moi" } }
                .option { input #n3 type="radio" name="nature" value="autre"; label for="n3" { "Autre chose" } }
            }
            (zone("texte", "Que s'est-il passé ?", "Dites ce que vous avez vu. N'écrivez ni mot de passe ni code.", texte, fautes))
            button .bouton type="submit" { "Envoyer" }
        }
        p { a href={ "/actes/" (acte) } { "Revenir à l'acte" } }
    };
    page_avec(cadre, Onglet::Actes, "Signaler un problème", fautes, &corps)
}
