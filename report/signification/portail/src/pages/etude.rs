//! The office's side: follow-up and alerts, deposit, reports to acknowledge, accounts to suspend.
use maud::{Markup, html};

use super::actes::taille;
use super::comptes::LigneCompte;
use super::{Cadre, Champ, Faute, Onglet, jeton_cache, page, page_avec};
use crate::explication;

/// An act as the office sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LigneEtude {
    /// Identifier.
    pub id: String,
    /// Nature, a slug.
    pub nature: String,
    /// The office's reference.
    pub dossier: String,
    /// State, as the journal names it.
    pub etat: String,
    /// Service, in words.
    pub envoye: Option<String>,
    /// What is to be looked at, in words.
    pub alerte: Option<String>,
}

/// The list, alerts first.
pub fn liste(cadre: &Cadre, actes: &[LigneEtude], suite: Option<&str>) -> Markup {
    let corps = html! {
        @let alertes = actes.iter().filter(|a| a.alerte.is_some()).count();
        @if alertes > 0 {
            .avis.attention role="status" { p { strong { (alertes) @if alertes == 1 { " acte demande" } @else { " actes demandent" } " votre attention." } } }
        }
        @if actes.is_empty() { p .chapeau { "Aucun acte n'a été déposé." } }
        @else {
            ul .actes {
                @for acte in actes {
                    li {
                        div {
                            h2 { a href={ "/etude/actes/" (acte.id) } { (explication::nom(&acte.nature)) " – " (acte.dossier) } }
                            p { @match &acte.envoye { Some(le) => { "Envoyé le " (le) } None => { "Pas encore envoyé" } } }
                            @if let Some(alerte) = &acte.alerte { p { strong { (alerte) } } }
                        }
                        span .etat.alerte[acte.alerte.is_some()] { (acte.etat) }
                    }
                }
            }
        }
        @if let Some(suite) = suite { p { a href={ "/etude?apres=" (suite) } { "Actes suivants" } } }
    };
    page(cadre, Onglet::Suivi, "Actes et alertes", &corps)
}

/// An act and its steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suivi {
    /// As in the list.
    pub ligne: LigneEtude,
    /// Length.
    pub octets: u64,
    /// Fingerprint.
    pub sha256: String,
    /// What was found of the signature inside the PDF at its deposit: terms and what is told of each.
    pub signature: Vec<(&'static str, String)>,
    /// Steps: when, what, and the state that it led to.
    pub etapes: Vec<(String, String, Option<&'static str>)>,
    /// Whether it was deposited just now.
    pub depose: bool,
    /// Whether it was served just now.
    pub signifie: bool,
    /// Whether it may still be served.
    pub envoyable: bool,
    /// When it is to be served, in words.
    pub programme: Option<String>,
    /// The accounts of its addressee.
    pub comptes: Vec<LigneCompte>,
}

/// The steps of an act.
pub fn suivi(cadre: &Cadre, suivi: &Suivi) -> Markup {
    let acte = &suivi.ligne;
    let corps = html! {
        @if suivi.depose { .avis.reussite role="status" { p { "L'acte est déposé et signé par l'étude. Il n'est pas encore envoyé : l'officier le signifie de cette page." } } }
        @if suivi.signifie { .avis.reussite role="status" { p { "L'acte est signifié. Sa date est fixée ; les récépissés sont émis." } } }
        @if let Some(alerte) = &acte.alerte { .avis.attention { p { (alerte) } } }
        dl .fiche {
            dt { "Dossier" } dd { (acte.dossier) }
            dt { "État" } dd { (acte.etat) }
            @if let Some(le) = &acte.envoye { dt { "Date et heure de signification" } dd { (le) } }
            dt { "Acte" } dd { (taille(suivi.octets)) }
            dt { "Empreinte SHA-256" } dd { code { (suivi.sha256) } }
            dt { "Identifiant" } dd { code { (acte.id) } }
            @for (quoi, dit) in &suivi.signature { dt { (quoi) } dd { (dit) } }
            @if let Some(le) = &suivi.programme { dt { "Envoi programmé" } dd { (le) } }
            @for compte in &suivi.comptes { dt { "Compte du destinataire" } dd { a href={ "/etude/comptes/" (compte.id) } { (compte.titulaire) } ", " (compte.etat) } }
        }
        @if suivi.envoyable { p { a .bouton href={ "/etude/actes/" (acte.id) "/envoyer" } { "Signifier cet acte" } } }
        .tableau role="region" aria-label="Étapes de l'acte" tabindex="0" {
            table role="table" {
                caption { "Étapes, selon le journal" }
                thead role="rowgroup" { tr role="row" { th role="columnheader" scope="col" { "Date (heure de Paris)" } th role="columnheader" scope="col" { "Étape" } th role="columnheader" scope="col" { "État de l'acte" } } }
                tbody role="rowgroup" { @for (quand, quoi, etat) in &suivi.etapes { tr role="row" { td role="cell" { (quand) } td role="cell" { (quoi) } td role="cell" { (etat.unwrap_or("–")) } } } }
            }
        }
        p { a href={ "/etude/actes/" (acte.id) "/dossier" } { "Dossier complet : acte, avis, récépissés et preuves (ZIP)" } }
        p { a href="/etude" { "Revenir à la liste" } }
    };
    page(cadre, Onglet::Suivi, &explication::nom(&acte.nature), &corps)
}

/// What was typed in the deposit form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Saisie {
    /// Consent.
    pub consentement: String,
    /// Dossier.
    pub dossier: String,
    /// Nature.
    pub nature: String,
    /// On whose request.
    pub requerant: String,
}

/// The deposit form; `exigee` tells whether a qualified signature is asked for.
pub fn depot(cadre: &Cadre, jeton: &str, saisie: &Saisie, fautes: &[Faute], exigee: bool) -> Markup {
    let aide = match exigee {
        true => "Document PDF signé par l'officier, 256 Mo au plus.",
        false => "Document PDF, 256 Mo au plus.",
    };
    let corps = html! {
        p { "Le dépôt vérifie la forme de l'acte et la signature de l'officier dans le PDF, jamais son contenu."
            @if exigee { " Une signature électronique qualifiée, valable et qui couvre tout le document, est exigée." }
            @else { " Ce qui est trouvé de la signature est noté ; rien n'est refusé pour elle." } }
        p { "Rien n'est envoyé : l'officier le signifie ensuite, de la page de l'acte." }
        form method="post" action="/etude/depot" enctype="multipart/form-data" {
            (jeton_cache(jeton))
            (Champ { valeur: &saisie.consentement, aide: "Identifiant donné par le registre.", ..Champ::texte("consentement", "Consentement du destinataire") }.montrer(fautes))
            (Champ { valeur: &saisie.dossier, ..Champ::texte("dossier", "Référence du dossier") }.montrer(fautes))
            (Champ { valeur: &saisie.nature, aide: "Par exemple assignation, saisie-attribution, commandement-de-payer.", ..Champ::texte("nature", "Nature de l'acte") }.montrer(fautes))
            (Champ { valeur: &saisie.requerant, ..Champ::texte("requerant", "À la demande de") }.montrer(fautes))
            (Champ { genre: "file", aide, ..Champ::texte("fichier", "Acte") }.montrer(fautes))
            button .bouton type="submit" { "Déposer l'acte" }
        }
    };
    page_avec(cadre, Onglet::Depot, "Déposer un acte", fautes, &corps)
}

/// A report from a recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LigneIncident {
    /// Identifier.
    pub id: String,
    /// What, in words.
    pub nature: String,
    /// When, in words.
    pub ouvert: String,
    /// What was told.
    pub texte: String,
    /// Time waited, in words.
    pub attente: String,
    /// Token of the form that acknowledges it; none once done.
    pub jeton: Option<String>,
}

/// Reports, the ones that wait first.
pub fn incidents(cadre: &Cadre, liste: &[LigneIncident]) -> Markup {
    let corps = html! {
        @if liste.is_empty() { p .chapeau { "Aucun signalement." } }
        @else {
            ul .actes {
                @for incident in liste {
                    li {
                        div {
                            h2 { (incident.nature) }
                            p { "Ouvert le " (incident.ouvert) ", " (incident.attente) }
                            p .texte { (incident.texte) }
                        }
                        @match &incident.jeton {
                            Some(jeton) => form method="post" action={ "/etude/incidents/" (incident.id) "/accuser" } {
                                (jeton_cache(jeton))
                                button .bouton.second type="submit" { "Accuser réception" span .invisible { " du signalement du " (incident.ouvert) } }
                            },
                            None => span .etat.fait { "Accusé" },
                        }
                    }
                }
            }
        }
    };
    page(cadre, Onglet::Incidents, "Signalements", &corps)
}
