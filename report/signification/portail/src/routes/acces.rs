//! Logging in and out. The session's cookie is new at each login; whatever is wrong, the answer is the same.
use std::str::FromStr as _;

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use dossier::Sha256Digest;
use signification::SignificationError as E;
use signification::comptes::connexion::{Origine, Second, Tentative};
use signification::comptes::gestion::Appoint;
use signification::comptes::mot_de_passe::MotDePasse;
use signification::comptes::secours::CodeSecours;
use signification::exploitation::connexions::GenreConnexion;
use zeroize::Zeroizing;

use super::ouverture::deux_fois;
use super::{Partage, Recue, Reponse, cles, html, vers};
use crate::defis::Usage;
use crate::demande::{Demande, marque};
use crate::etat::Etat;
use crate::garde;
use crate::pages::{Cadre, Faute, acces};
use crate::refus::Refus;

const REFUSEE: &str = "Le nom de connexion, le mot de passe ou le code n'est pas le bon.";

/// The same for every passkey that does not log in, whatever is wrong with it.
const CLE_REFUSEE: &str = "Cette clé d'accès n'a pas été reconnue, ou la page a attendu trop longtemps. Recommencez, ou utilisez votre mot de \
    passe.";

fn message(demande: &Demande) -> Option<&'static str> {
    Some(match demande.requete.get("ok").map(|v| v.as_str()) {
        Some("ouvert") => {
            "Votre espace est ouvert. Connectez-vous pour lire les conditions ; attendez que votre téléphone affiche un nouveau code."
        }
        Some("telephone") => "Votre téléphone est ajouté. Connectez-vous ; attendez qu'il affiche un nouveau code.",
        Some("sorti") => "Vous êtes déconnecté.",
        Some("cle") => "Cette clé d'accès est retirée. Connectez-vous avec un autre moyen.",
        Some("mot") => "Votre mot de passe est changé. Connectez-vous avec le nouveau.",
        _ => return None,
    })
}

fn dessiner(etat: &Etat, cadre: &Cadre, demande: &Demande, secours: bool, fautes: &[Faute]) -> maud::Markup {
    let (jeton, nom) = (demande.jeton("/connexion"), demande.champ("nom"));
    // The same challenge for everybody: it names no account (row B02).
    let geste = cles::defier(etat, demande, Usage::Connexion, &[]).ok().flatten();
    let message = message(demande).filter(|_| fautes.is_empty());
    acces::connexion(cadre, &jeton, nom, secours, geste.as_ref(), message, fautes)
}

pub(crate) async fn page(State(etat): Partage, Extension(demande): Recue) -> Reponse {
    if demande.acces.is_some() {
        return Ok(vers("/actes"));
    }
    let asked = demande.clone();
    let secours = demande.requete.get("secours").is_some_and(|v| v.as_str() == "oui");
    let shared = etat.clone();
    etat.page(&demande, move |_, cadre| Ok(dessiner(&shared, cadre, &asked, secours, &[]))).await
}

/// A login that did not succeed: the same page whatever was wrong, and the wait when there is one.
fn refuser(etat: &Etat, demande: &Demande, secours: bool, error: E) -> Result<Response, Refus> {
    let cadre = etat.cadre(demande.menu());
    match error {
        E::LoginRefused => {
            let words = if demande.champ("cle").is_empty() { REFUSEE } else { CLE_REFUSEE };
            let page = dessiner(etat, &cadre, demande, secours, &[Faute::de("nom", words)]);
            Ok(html(StatusCode::FORBIDDEN, page))
        }
        E::Throttled { until } => {
            let now = etat.maintenant().as_millisecond();
            let seconds = u64::try_from((until.as_millisecond() - now).max(1000) / 1000).unwrap_or(1);
            let words =
                format!("Trop d'essais ont été faits. Prochain essai possible le {}.", crate::dates::longue(until));
            let page = dessiner(etat, &cadre, demande, secours, &[Faute::de("", words)]);
            let mut response = html(StatusCode::TOO_MANY_REQUESTS, page);
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            Ok(response)
        }
        other => Err(other.into()),
    }
}

pub(crate) async fn connecter(State(etat): Partage, Extension(demande): Recue) -> Reponse {
    let (shared, asked) = (etat.clone(), demande.clone());
    // A device without a mark gets one with its first login, so that its next tries are known as its own.
    let mark = if demande.appareil.is_none() { marque(etat.config.hasard) } else { None };
    let entered = etat.entrer(move |platform| {
        let fresh = mark.as_ref().map(|mark| Sha256Digest::of(mark.as_bytes()));
        let mot = MotDePasse::saisi(&asked.secret("mot"));
        let (typed, code) = (asked.champ("secours"), asked.champ("code"));
        let secours = asked.champs.contains_key("secours");
        // A recovery code that is none still costs what a login costs: a code that nobody has is tried.
        let recovery = match secours {
            true => Some(CodeSecours::from_str(typed).or_else(|_| CodeSecours::tirer(shared.config.hasard))?),
            false => None,
        };
        let before = asked.temoin()?;
        let refused = |error| {
            platform.consigner_connexion(GenreConnexion::Echec, None, asked.adresse)?;
            refuser(&shared, &asked, secours, error).map(Err)
        };
        let origine = Origine { source: asked.source, appareil: asked.appareil.or(fresh) };
        let proof = match cles::presentee(&shared, platform, &asked, Usage::Connexion) {
            Ok(proof) => proof,
            Err(error) => return refused(error),
        };
        let second = match (&proof, &recovery, code) {
            (Some((_, proof)), ..) => Second::Cle(proof),
            (_, Some(code), _) => Second::Secours(code),
            (_, None, "") => Second::Aucune,
            (_, None, code) => Second::Totp(code),
        };
        let entered = match &proof {
            Some((compte, proof)) if asked.secret("mot").is_empty() => {
                platform.connecter_par_cle_de((*compte, proof), origine, Some(&before))
            }
            _ => {
                let tentative = Tentative { nom: asked.champ("nom"), mot: &mot, second, certificat: None, origine };
                platform.connecter(&tentative, Some(&before))
            }
        };
        match entered {
            Ok(entree) => {
                platform.consigner_connexion(GenreConnexion::Entree, Some(entree.compte.id), asked.adresse)?;
                let told = match (entree.cle_ouverte, entree.autre_appareil) {
                    (false, _) if proof.is_some() => "/actes?ok=fermee",
                    (_, true) => "/actes?ok=autre",
                    _ => "/actes",
                };
                Ok(Ok((entree.temoin.valeur(), mark, told)))
            }
            Err(error) => refused(error),
        }
    });
    let (session, mark, place) = match entered.await? {
        Ok(entered) => entered,
        Err(page) => return Ok(page),
    };
    let mut response = vers(place);
    for cookie in garde::cookies_de_connexion(&etat, &session, mark.as_ref()) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

pub(crate) async fn sortir(State(etat): Partage, Extension(demande): Recue) -> Reponse {
    let (acces, adresse) = (demande.acces()?, demande.adresse);
    etat.appeler(move |platform| {
        platform.consigner_connexion(GenreConnexion::Sortie, Some(acces.compte().id), adresse)?;
        platform.fermer_session(&acces, acces.session().id)
    })
    .await?;
    let mut response = vers("/connexion?ok=sorti");
    // The browser forgets it too; on the server it is worth nothing any more.
    if let Some(cookie) = garde::poser(&etat, garde::nom_session(&etat), "", Some(0)) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response.into_response())
}

pub(crate) async fn oubli(State(etat): Partage, Extension(demande): Recue) -> Reponse {
    let jeton = demande.jeton("/oubli");
    etat.page(&demande, move |_, cadre| Ok(acces::oubli(cadre, &jeton, "", &[]))).await
}

/// A new password by a recovery code and one more proof.
pub(crate) async fn recuperer(State(etat): Partage, Extension(demande): Recue) -> Reponse {
    let (shared, asked) = (etat.clone(), demande.clone());
    etat.entrer(move |platform| {
        let mut fautes = Vec::new();
        let nom = asked.requis("nom", "votre nom de connexion", &mut fautes);
        asked.requis("secours", "un code de secours", &mut fautes);
        asked.requis("code", "le code du téléphone, ou un second code de secours", &mut fautes);
        let (mot, bis): (Zeroizing<String>, Zeroizing<String>) = (asked.secret("mot"), asked.secret("mot_bis"));
        deux_fois(&mot, &bis, &mut fautes);
        if fautes.is_empty() {
            let none = || CodeSecours::tirer(shared.config.hasard);
            let code = CodeSecours::from_str(asked.champ("secours")).or_else(|_| none())?;
            let second = CodeSecours::from_str(asked.champ("code")).ok();
            let appoint = second.as_ref().map_or(Appoint::Totp(asked.champ("code")), Appoint::Secours);
            match platform.recuperer(&nom, (&code, appoint), &mot, Etat::origine_de(&asked)) {
                Ok(compte) => {
                    platform.consigner_connexion(GenreConnexion::Reprise, Some(compte), asked.adresse)?;
                    return Ok(vers("/connexion?ok=mot"));
                }
                Err(E::LoginRefused) => {
                    platform.consigner_connexion(GenreConnexion::Echec, None, asked.adresse)?;
                    fautes.push(Faute::de("nom", "Le nom de connexion ou l'un des codes n'est pas le bon."))
                }
                Err(E::PasswordRefused { why }) => {
                    fautes.push(Faute::de("mot", format!("Ce mot de passe ne convient pas : {why}.")));
                }
                Err(other) => return Err(other.into()),
            }
        }
        let (cadre, jeton) = (shared.cadre(asked.menu()), asked.jeton("/oubli"));
        Ok(html(StatusCode::UNPROCESSABLE_ENTITY, acces::oubli(&cadre, &jeton, &nom, &fautes)))
    })
    .await
}
