//! Serving a deposited act from the office's pages: read first, then confirmed, by the officer's certificate and key (row B04).
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use maud::Markup;
use signification::comptes::Operation;
use signification::platform::comptes::Objet;
use signification::platform::{EnvoiPrepare, Platform};
use signification::window::Window;
use signification::{Id, SignificationError as E};

use super::officier::{self, Signataire};
use super::{Partage, Recue, Reponse, html, vers};
use crate::dates::longue;
use crate::demande::Demande;
use crate::pages::envoi::{self, Envoi};
use crate::pages::{Cadre, Faute};
use crate::refus::Refus;

/// A code against a sending, in words.
fn en_mots(code: &str) -> String {
    let words = match code {
        "SANS_CONSENTEMENT" => {
            "Le destinataire n'a pas, ou n'a plus, accepté de recevoir des actes ici : servez sur papier"
        }
        "COMPTE_SUSPENDU" => "Le compte du destinataire est suspendu : servez sur papier",
        "CONSENTEMENT_EXPIRE" => "L'accord du destinataire est arrivé à son terme : servez sur papier",
        "HORS_PERIMETRE" => "L'accord du destinataire ne couvre pas cette nature d'acte : servez sur papier",
        "FENETRE_FERMEE" => "Les heures légales sont fermées",
        "GARDE_HORAIRE" => "Les heures légales ferment trop tôt pour un envoi entier",
        "CALENDRIER_INCOMPLET" => "Les jours fériés d'une des zones ne sont pas tous connus",
        "COFFRE_ALTERE" => "L'acte conservé n'est plus celui qui a été déposé : déposez-le de nouveau",
        "REGISTRE_ILLISIBLE" => "L'identité du destinataire ne peut pas être lue dans le registre",
        "AUTRE_VOIE" => "Une autre voie tient déjà cet acte",
        _ => "L'envoi est refusé",
    };
    format!("{words} ({code}).")
}

fn fenetre(platform: &Platform<'_>, prepare: &EnvoiPrepare) -> String {
    let last = &platform.config().dernier_envoi;
    match &prepare.fenetre {
        None => "inconnues : le calendrier d'une zone est incomplet".to_owned(),
        Some(Window::Open) => {
            format!("ouvertes : du lundi au samedi, de 6 h à 21 h, heure de Paris ; dernier envoi à {last}")
        }
        Some(Window::Closed { reason, next_open }) => {
            format!("fermées : {} ; prochaine ouverture le {}", reason.phrase(), longue(*next_open))
        }
    }
}

fn dessiner(
    (platform, cadre): (&Platform<'_>, &Cadre),
    demande: &Demande,
    (signataire, act): (&Signataire, Id),
    fautes: &[Faute],
) -> Result<Markup, Refus> {
    let prepare = platform.preparer_envoi(signataire.demandeur(), act)?;
    let fenetre = fenetre(platform, &prepare);
    let envoi = Envoi {
        id: act.to_string(),
        destinataire: prepare.destinataire,
        nature: prepare.nature,
        dossier: prepare.dossier,
        requerant: prepare.requerant,
        sha256: prepare.sha256,
        date: longue(prepare.maintenant),
        fenetre,
        officier: officier::nom(demande)?,
        refus: prepare.refus.iter().map(|code| en_mots(code)).collect(),
        programmable: prepare.seulement_l_heure,
    };
    let jeton = demande.jeton(&format!("/etude/actes/{act}/envoyer"));
    Ok(envoi::confirmer(cadre, &jeton, &envoi, fautes))
}

pub(crate) async fn confirmer(State(etat): Partage, Extension(demande): Recue, Path(id): Path<String>) -> Reponse {
    let (act, asked) = (Demande::id(&id)?, demande.clone());
    let signataire = officier::signataire_ou_cle(&etat, &demande)?;
    etat.page(&demande, move |platform, cadre| dessiner((platform, cadre), &asked, (&signataire, act), &[])).await
}

/// Serves it, or schedules it when the officer confirmed that and only the hour is against it.
pub(crate) async fn envoyer(State(etat): Partage, Extension(demande): Recue, Path(id): Path<String>) -> Reponse {
    let act = Demande::id(&id)?;
    let signataire = officier::signataire(&etat, &demande)?;
    let (shared, asked) = (etat.clone(), demande.clone());
    etat.appeler_ou(move |platform| {
        let faute = if asked.champ("confirme") == "oui" {
            let auteur = platform.autoriser_sur(signataire.demandeur(), Operation::Envoyer, Objet::Acte(act))?;
            match platform.envoyer(auteur.acteur(), act, asked.champ("programmer") == "oui") {
                Ok(_) => return Ok(vers(&format!("/etude/actes/{act}?signifie=oui"))),
                Err(E::WindowClosed { .. } | E::ActRefused { .. }) => Faute::de("", "Rien n'a été envoyé."),
                Err(other) => return Err(other.into()),
            }
        } else {
            Faute::de("confirme", "Confirmez que vous signifiez cet acte.")
        };
        let cadre = shared.cadre(asked.menu());
        let page = dessiner((platform, &cadre), &asked, (&signataire, act), &[faute])?;
        Ok(html(StatusCode::UNPROCESSABLE_ENTITY, page))
    })
    .await
}
