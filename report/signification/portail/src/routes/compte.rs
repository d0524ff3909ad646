//! The recipient's own matters.
use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use signification::comptes::Operation;
use signification::comptes::compte::GenreSignalement;
use signification::comptes::facteurs::Moyen;
use signification::platform::comptes::Objet;
use signification::projection::Views as _;

use super::{Partage, Recue, Reponse, fichier, html, vers};
use crate::dates::longue;
use crate::demande::Demande;
use crate::lecture;
use crate::pages::Menu;
use crate::pages::compte::{self, LigneSession};
use crate::refus::Refus;

/// Who asked the registry (row A18).
pub(crate) async fn consultations(State(etat): Partage, Extension(demande): Recue) -> Reponse {
    let acces = demande.acces()?;
    etat.page(&demande, move |platform, cadre| {
        let consent = acces.compte().titulaire.consent().ok_or_else(Refus::introuvable)?;
        platform.autoriser_sur(&*acces, Operation::Consultations, Objet::Consentement(consent))?;
        let list = platform.consultations(consent)?;
        let lines: Vec<_> = list.into_iter().rev().map(|one| (longue(one.at), one.actor, one.dossier)).collect();
        Ok(compte::consultations(cadre, &lines))
    })
    .await
}

pub(crate) async fn securite(State(etat): Partage, Extension(demande): Recue) -> Reponse {
    let acces = demande.acces()?;
    let asked = demande.clone();
    etat.page(&demande, move |platform, cadre| {
        let sessions: Vec<_> = platform
            .lister_sessions(&acces)?
            .into_iter()
            .map(|one| LigneSession {
                id: one.id.to_string(),
                ouverte: longue(one.ouverte),
                derniere: longue(one.derniere),
                ici: one.celle_ci,
                autre: one.autre_appareil,
                jeton: asked.jeton(&format!("/securite/fermer/{}", one.id)),
            })
            .collect();
        let moyens = lecture::moyens(&acces.compte().identifiants);
        let jetons = (asked.jeton("/securite/fermer"), asked.jeton("/securite/signaler"));
        Ok(compte::securite(cadre, &sessions, &moyens, (&jetons.0, &jetons.1)))
    })
    .await
}

pub(crate) async fn fermer(State(etat): Partage, Extension(demande): Recue, Path(id): Path<String>) -> Reponse {
    let (acces, id) = (demande.acces()?, Demande::id(&id)?);
    let closed = etat.appeler(move |platform| platform.fermer_session(&acces, id)).await?;
    if closed { Ok(vers("/securite")) } else { Err(Refus::introuvable()) }
}

pub(crate) async fn fermer_toutes(State(etat): Partage, Extension(demande): Recue) -> Reponse {
    let acces = demande.acces()?;
    etat.appeler(move |platform| platform.fermer_sessions(&acces)).await?;
    Ok(vers("/connexion?ok=sorti"))
}

/// One click: suspended, every session over (row B06).
pub(crate) async fn signaler(State(etat): Partage, Extension(demande): Recue) -> Reponse {
    let acces = demande.acces()?;
    let genre = match demande.champ("genre") {
        "compromission" => GenreSignalement::Compromission,
        "perte" => GenreSignalement::Perte,
        "anomalie" => GenreSignalement::Anomalie,
        _ => return Err(Refus::illisible()),
    };
    let shared = etat.clone();
    etat.appeler_ou(move |platform| {
        // Lost is the telephone; the password is known by heart.
        let live = acces.compte().identifiants.iter().filter(|one| one.est_actif() && one.moyen == Moyen::Totp);
        let lost: Vec<_> = live.map(|one| one.id).collect();
        let lost = if genre == GenreSignalement::Perte { lost } else { Vec::new() };
        platform.signaler(&acces, genre, &lost)?;
        Ok(html(StatusCode::OK, compte::signale(&shared.cadre(Menu::Visiteur))))
    })
    .await
}

fn message(demande: &Demande) -> Option<&'static str> {
    Some(match demande.requete.get("ok").map(|v| v.as_str()) {
        Some("retire") => "Votre accord est retiré. Les prochains actes vous seront remis sur papier.",
        Some("quitte") => "Votre demande de résiliation est enregistrée. Elle prendra effet quand elle sera traitée.",
        _ => return None,
    })
}

pub(crate) async fn consentement(State(etat): Partage, Extension(demande): Recue) -> Reponse {
    let acces = demande.acces()?;
    let jetons = (demande.jeton("/consentement/retirer"), demande.jeton("/consentement/quitter"));
    let (now, message) = (etat.maintenant(), message(&demande));
    etat.page(&demande, move |platform, cadre| {
        let consent = acces.compte().titulaire.consent().ok_or_else(Refus::introuvable)?;
        platform.autoriser_sur(&*acces, Operation::Suivi, Objet::Consentement(consent))?;
        let accord = lecture::accord(&platform.views().consent(consent)?, now);
        Ok(compte::consentement(cadre, &accord, message, (&jetons.0, &jetons.1)))
    })
    .await
}

/// Whether the box that says what it does was ticked.
fn confirme(demande: &Demande) -> Result<(), Refus> {
    if demande.champ("confirme") == "oui" { Ok(()) } else { Err(Refus::illisible()) }
}

pub(crate) async fn retirer(State(etat): Partage, Extension(demande): Recue) -> Reponse {
    let acces = demande.acces()?;
    confirme(&demande)?;
    etat.appeler(move |platform| platform.revoquer_consentement(&acces)).await?;
    Ok(vers("/consentement?ok=retire"))
}

pub(crate) async fn quitter(State(etat): Partage, Extension(demande): Recue) -> Reponse {
    let acces = demande.acces()?;
    confirme(&demande)?;
    etat.appeler(move |platform| platform.demander_resiliation(&acces)).await?;
    Ok(vers("/consentement?ok=quitte"))
}

pub(crate) async fn donnees(State(etat): Partage, Extension(demande): Recue) -> Reponse {
    let acces = demande.acces()?;
    etat.page(&demande, move |platform, cadre| {
        platform.lister_sessions(&acces)?;
        Ok(compte::donnees(cadre))
    })
    .await
}

pub(crate) async fn export(State(etat): Partage, Extension(demande): Recue) -> Reponse {
    let acces = demande.acces()?;
    let value = etat.appeler(move |platform| lecture::export(platform, &acces)).await?;
    let text = serde_json::to_vec_pretty(&value).map_err(|_| Refus::panne())?;
    Ok(fichier("application/json", "mes-donnees.json", Body::from(text)))
}
