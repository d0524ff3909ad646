//! The officer's key beside his certificate (row B04): enrolled, shown, taken away; and what asks for it before it serves.
use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use dossier::Sha256Digest;
use signification::comptes::facteurs::Niveau;
use signification::comptes::passkey::Inscription;
use signification::consent::Actor;
use signification::platform::Platform;
use signification::platform::comptes::{Acces, CleVue, Demandeur};
use signification::{Id, SignificationError as E};

use super::{Partage, Recue, Reponse, cles, html, vers};
use crate::defis::Usage;
use crate::demande::Demande;
use crate::etat::Etat;
use crate::garde;
use crate::pages::cles::{Etape, PageOfficier};
use crate::pages::{Cadre, Faute, cles as pages};
use crate::refus::Refus;

/// Who signs and sends.
#[derive(Clone, Debug)]
pub(super) enum Signataire {
    /// The officer's session, by certificate and key.
    Session(Arc<Acces>),
    /// His certificate alone: the policy of this platform does not ask for more.
    Certificat(Actor),
}

impl Signataire {
    pub(super) fn demandeur(&self) -> Demandeur<'_> {
        match self {
            Self::Session(acces) => Demandeur::Session(acces),
            Self::Certificat(actor) => Demandeur::Local(actor),
        }
    }
}

pub(super) fn nom(demande: &Demande) -> Result<String, Refus> {
    demande.officier.clone().ok_or_else(Refus::sans_officier)
}

fn certifie(demande: &Demande) -> Result<(String, Sha256Digest), Refus> {
    Ok((nom(demande)?, demande.certificat.ok_or_else(Refus::sans_officier)?))
}

/// Whether this session showed a key.
fn presentee(demande: &Demande) -> Option<Arc<Acces>> {
    demande.acces.clone().filter(|acces| acces.session().niveau == Niveau::Fort)
}

/// Who signs, or a refusal: a certificate alone does not (row B04).
pub(super) fn signataire(etat: &Etat, demande: &Demande) -> Result<Signataire, Refus> {
    let officier = nom(demande)?;
    match presentee(demande) {
        Some(acces) => Ok(Signataire::Session(acces)),
        None if etat.platform.politique().officier_certificat_et_cle => Err(Refus::sans_cle()),
        None => Ok(Signataire::Certificat(Actor::office(officier))),
    }
}

/// The same before a page: there he is led to his key, and back.
pub(super) fn signataire_ou_cle(etat: &Etat, demande: &Demande) -> Result<Signataire, Refus> {
    signataire(etat, demande).map_err(|refus| {
        let lost = refus.statut != StatusCode::FORBIDDEN || demande.officier.is_none();
        if lost { refus } else { Refus::aller(format!("/etude/cle?suite={}", demande.chemin)) }
    })
}

/// Where he was going: one of our own pages, or the list.
fn suite(texte: &str) -> &str {
    let plain = texte.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-'));
    if texte.starts_with("/etude/") && plain && !texte.contains("//") { texte } else { "/etude" }
}

fn dessiner(
    etat: &Etat,
    (platform, cadre): (&Platform<'_>, &Cadre),
    demande: &Demande,
    fautes: &[Faute],
) -> Result<maud::Markup, Refus> {
    let (officier, sha256) = certifie(demande)?;
    let known = platform.cles_d_officier(&officier, sha256)?;
    let strong = presentee(demande);
    let (etape, usage) = match (known.cles.is_empty(), &strong) {
        (_, Some(_)) => (Etape::Presentee, Usage::OfficierInscription),
        (true, None) => (Etape::Inscrire, Usage::OfficierInscription),
        (false, None) => (Etape::Presenter, Usage::OfficierPresence),
    };
    let geste = if etape == Etape::Presenter {
        cles::defier(etat, demande, usage, &known.cles)?
    } else {
        let pour = Inscription { compte: known.compte, nom: &officier, attestee: true };
        cles::proposer(etat, demande, usage, (pour, &known.cles))?
    };
    let detail = |one: &CleVue| match &one.modele {
        Some(model) => format!("Modèle : {model}."),
        None => "Modèle non attesté.".to_owned(),
    };
    let shown = strong.map(|acces| platform.ses_cles(&acces)).transpose()?.unwrap_or_default();
    let several = shown.len() > 1;
    let lines = cles::lignes(demande, "/etude/cle", shown, (several, detail));
    let jeton = demande.jeton(if etape == Etape::Presenter { "/etude/cle" } else { "/etude/cle/inscrire" });
    let message = match demande.requete.get("ok").map(|v| v.as_str()) {
        Some("inscrite") if fautes.is_empty() => Some("Votre clé est inscrite. Présentez-la pour signer et signifier."),
        Some("ajoutee") if fautes.is_empty() => Some("Cette autre clé est inscrite."),
        Some("retiree") if fautes.is_empty() => Some("La clé est retirée."),
        Some("renommee") if fautes.is_empty() => Some("Votre clé a son nouveau nom."),
        _ => None,
    };
    let typed = demande.champs.get("suite").or_else(|| demande.requete.get("suite"));
    let vue = PageOfficier {
        officier: &officier,
        etape,
        cles: &lines,
        geste: geste.as_ref(),
        jeton: &jeton,
        suite: suite(typed.map_or("", |v| v.as_str())),
        message,
        nom: demande.champ("nom_cle"),
    };
    Ok(pages::officier(cadre, &vue, fautes))
}

pub(crate) async fn page(State(etat): Partage, Extension(demande): Recue) -> Reponse {
    let (shared, asked) = (etat.clone(), demande.clone());
    etat.page(&demande, move |platform, cadre| dessiner(&shared, (platform, cadre), &asked, &[])).await
}

/// Enrols a key: the first one by the certificate, another one by a session that showed one.
pub(crate) async fn inscrire(State(etat): Partage, Extension(demande): Recue) -> Reponse {
    let (officier, sha256) = certifie(&demande)?;
    let (shared, asked) = (etat.clone(), demande.clone());
    etat.appeler_ou(move |platform| {
        let strong = presentee(&asked);
        let faute = match cles::nouvelle(&shared, platform, &asked, Usage::OfficierInscription)? {
            Err(faute) => faute,
            Ok(key) => match platform.inscrire_cle_officier((&officier, sha256), strong.as_deref(), key) {
                Ok(()) => {
                    let place = if strong.is_some() { "/etude/cle?ok=ajoutee" } else { "/etude/cle?ok=inscrite" };
                    return Ok(vers(place));
                }
                Err(E::Forbidden { .. }) => return Err(Refus::sans_cle()),
                Err(other) => return Err(other.into()),
            },
        };
        let cadre = shared.cadre(asked.menu());
        let page = dessiner(&shared, (platform, &cadre), &asked, &[faute])?;
        Ok(html(StatusCode::UNPROCESSABLE_ENTITY, page))
    })
    .await
}

const REFUSEE: &str = "Votre clé n'a pas été reconnue, ou la page a attendu trop longtemps. Recommencez.";

/// Shows the key: from here on, and for this session, he signs and sends.
pub(crate) async fn presenter(State(etat): Partage, Extension(demande): Recue) -> Reponse {
    let (officier, sha256) = certifie(&demande)?;
    let (shared, asked) = (etat.clone(), demande.clone());
    let entered = etat.appeler_ou(move |platform| {
        let (origine, before) = (Etat::origine_de(&asked), asked.temoin()?);
        let known = platform.cles_d_officier(&officier, sha256)?;
        let about = (Usage::OfficierPresence, known.compte, &known.cles[..]);
        let proven = cles::presentee_par(&shared, platform, &asked, about);
        let entered =
            proven.and_then(|proof| platform.connecter_officier((&officier, sha256), &proof, origine, Some(&before)));
        match entered {
            Ok(entree) => Ok(Ok(entree.temoin.valeur())),
            Err(E::LoginRefused) => {
                let cadre = shared.cadre(asked.menu());
                let page = dessiner(&shared, (platform, &cadre), &asked, &[Faute::de("", REFUSEE)])?;
                Ok(Err(html(StatusCode::FORBIDDEN, page)))
            }
            Err(other) => Err(other.into()),
        }
    });
    let session = match entered.await? {
        Ok(session) => session,
        Err(page) => return Ok(page),
    };
    let mut response = vers(suite(demande.champ("suite")));
    for cookie in garde::cookies_de_connexion(&etat, &session, None) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Gives one of his keys another name.
pub(crate) async fn renommer(State(etat): Partage, Extension(demande): Recue, Path(id): Path<String>) -> Reponse {
    let id: Id = Demande::id(&id)?;
    let acces = presentee(&demande).ok_or_else(Refus::sans_cle)?;
    let (shared, asked) = (etat.clone(), demande.clone());
    etat.appeler_ou(move |platform| match platform.renommer_cle(&acces, id, asked.champ("nom_cle")) {
        Ok(()) => Ok(vers("/etude/cle?ok=renommee")),
        Err(E::Field { why, .. }) => {
            let cadre = shared.cadre(asked.menu());
            let page = dessiner(&shared, (platform, &cadre), &asked, &[Faute::de("", format!("Nom refusé : {why}."))])?;
            Ok(html(StatusCode::UNPROCESSABLE_ENTITY, page))
        }
        Err(E::Unknown { .. }) => Err(Refus::introuvable()),
        Err(other) => Err(other.into()),
    })
    .await
}

pub(crate) async fn retirer(State(etat): Partage, Extension(demande): Recue, Path(id): Path<String>) -> Reponse {
    let id: Id = Demande::id(&id)?;
    let acces = presentee(&demande).ok_or_else(Refus::sans_cle)?;
    let (shared, asked) = (etat.clone(), demande.clone());
    etat.appeler_ou(move |platform| match platform.revoquer_cle_officier(&acces, id) {
        Ok(()) => Ok(vers("/etude/cle?ok=retiree")),
        Err(E::Field { why, .. }) => {
            let cadre = shared.cadre(asked.menu());
            let page = dessiner(&shared, (platform, &cadre), &asked, &[Faute::de("", format!("{why}."))])?;
            Ok(html(StatusCode::CONFLICT, page))
        }
        Err(other) => Err(other.into()),
    })
    .await
}
