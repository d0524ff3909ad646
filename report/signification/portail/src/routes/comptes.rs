//! Recipients' accounts from the office's pages (row B08): read by the certificate, suspended and opened again by the key too.
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use maud::Markup;
use signification::comptes::EtatCompte;
use signification::comptes::compte::CauseSuspension;
use signification::consent::{Actor, Role};
use signification::platform::Platform;
use signification::platform::comptes::CompteVu;
use signification::{Id, SignificationError as E};

use super::etude::officier;
use super::officier::signataire;
use super::{Partage, Recue, Reponse, html, vers};
use crate::dates::{jour, longue};
use crate::demande::Demande;
use crate::pages::comptes::{self, LigneCompte, Saisie, Suspendu};
use crate::pages::{Cadre, Faute};
use crate::refus::Refus;

/// Accounts on one page.
const PAR_PAGE: usize = 100;

/// A state in words.
fn etat(state: EtatCompte) -> &'static str {
    match state {
        EtatCompte::Invite => "Invité",
        EtatCompte::Actif => "En service",
        EtatCompte::Suspendu => "Suspendu",
        EtatCompte::Resilie => "Résilié",
        EtatCompte::LectureSeule => "En lecture seule",
        EtatCompte::Efface => "Effacé",
    }
}

pub(super) fn ligne(compte: &CompteVu) -> LigneCompte {
    let suspendu = compte.suspension.is_some();
    LigneCompte {
        id: compte.compte.to_string(),
        titulaire: compte.titulaire.clone(),
        etat: if suspendu { "Suspendu" } else { etat(compte.etat) }.to_owned(),
        suspendu,
        dernier: compte.derniere_connexion.map(longue),
    }
}

fn cause(cause: CauseSuspension) -> &'static str {
    match cause {
        CauseSuspension::Signalement => "signalement du titulaire",
        CauseSuspension::CompromissionAveree => "compromission avérée",
        CauseSuspension::CompromissionSoupconnee => "compromission soupçonnée",
        CauseSuspension::TentativeAttaque => "tentative d'attaque",
    }
}

pub(crate) async fn liste(State(etat): Partage, Extension(demande): Recue) -> Reponse {
    let actor = officier(&demande)?;
    let after = demande.requete.get("apres").map(|text| Demande::id(text)).transpose()?;
    etat.page(&demande, move |platform, cadre| {
        let (found, next) = platform.comptes_suivis(&actor, after, PAR_PAGE)?;
        let mut lines: Vec<_> = found.iter().map(ligne).collect();
        lines.sort_by_key(|line| !line.suspendu);
        Ok(comptes::liste(cadre, &lines, next.map(|id| id.to_string()).as_deref()))
    })
    .await
}

fn dessiner(
    (platform, cadre): (&Platform<'_>, &Cadre),
    demande: &Demande,
    (actor, id): (&Actor, Id),
    fautes: &[Faute],
) -> Result<Markup, Refus> {
    let found = platform.compte_suivi(actor, id)?;
    let suspension = found.suspension.as_ref().map(|s| Suspendu {
        cause: cause(s.cause).to_owned(),
        depuis: longue(s.depuis),
        revue: jour(s.revue.legal_time().date()),
        par: match s.par.role {
            Role::Etude => "l'étude",
            Role::Destinataire => "le titulaire",
            Role::Registre => "le registre",
            Role::Plateforme => "la plateforme",
        }
        .to_owned(),
        levable: s.par.role == Role::Etude,
    });
    let message = match demande.requete.get("ok").map(|v| v.as_str()) {
        Some("suspendu") => Some("Le compte est suspendu, et ses sessions sont fermées."),
        Some("repris") => Some("La suspension est levée."),
        _ => None,
    };
    let saisie = Saisie { cause: demande.champ("cause").to_owned(), revue: demande.champ("revue").to_owned() };
    let action = if suspension.is_some() { "reprendre" } else { "suspendre" };
    let jeton = demande.jeton(&format!("/etude/comptes/{id}/{action}"));
    Ok(comptes::fiche(cadre, (&ligne(&found), suspension.as_ref()), (message, &jeton), &saisie, fautes))
}

pub(crate) async fn page(State(etat): Partage, Extension(demande): Recue, Path(id): Path<String>) -> Reponse {
    let (actor, id, asked) = (officier(&demande)?, Demande::id(&id)?, demande.clone());
    etat.page(&demande, move |platform, cadre| dessiner((platform, cadre), &asked, (&actor, id), &[])).await
}

pub(crate) async fn suspendre(State(etat): Partage, Extension(demande): Recue, Path(id): Path<String>) -> Reponse {
    let (actor, id) = (officier(&demande)?, Demande::id(&id)?);
    let signataire = signataire(&etat, &demande)?;
    let (shared, asked) = (etat.clone(), demande.clone());
    etat.appeler_ou(move |platform| {
        let mut fautes = Vec::new();
        let cause = match asked.champ("cause") {
            "averee" => Some(CauseSuspension::CompromissionAveree),
            "soupconnee" => Some(CauseSuspension::CompromissionSoupconnee),
            "attaque" => Some(CauseSuspension::TentativeAttaque),
            _ => None,
        };
        if cause.is_none() {
            fautes.push(Faute::de("c0", "Indiquez la cause."));
        }
        let revue = asked.champ("revue").parse::<jiff::civil::Date>().ok();
        if revue.is_none() {
            fautes.push(Faute::de("revue", "Indiquez le jour où cette décision sera revue."));
        }
        if let (Some(cause), Some(revue)) = (cause, revue) {
            platform.compte_suivi(&actor, id)?;
            match platform.suspendre_compte_jusqu_a(signataire.demandeur(), id, cause, revue) {
                Ok(_) => return Ok(vers(&format!("/etude/comptes/{id}?ok=suspendu"))),
                Err(E::Field { why, .. }) => fautes.push(Faute::de("revue", format!("Choisissez {why}."))),
                Err(other) => return Err(other.into()),
            }
        }
        let cadre = shared.cadre(asked.menu());
        let page = dessiner((platform, &cadre), &asked, (&actor, id), &fautes)?;
        Ok(html(StatusCode::UNPROCESSABLE_ENTITY, page))
    })
    .await
}

pub(crate) async fn reprendre(State(etat): Partage, Extension(demande): Recue, Path(id): Path<String>) -> Reponse {
    let id = Demande::id(&id)?;
    let signataire = signataire(&etat, &demande)?;
    if demande.champ("confirme") != "oui" {
        return Err(Refus::illisible());
    }
    etat.appeler(move |platform| platform.reprendre_compte(signataire.demandeur(), id)).await?;
    Ok(vers(&format!("/etude/comptes/{id}?ok=repris")))
}
