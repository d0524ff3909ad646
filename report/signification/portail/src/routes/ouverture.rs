//! From the invitation to the consent.
use std::path::PathBuf;
use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use dossier::Sha256Digest;
use signification::comptes::totp;
use signification::platform::comptes::{Objet, OuvertureCompte};
use signification::platform::{AcceptInput, Platform};
use signification::projection::Views as _;
use signification::{Id, SignificationError as E, comptes::Operation};
use zeroize::Zeroizing;

use super::{Partage, Recue, Reponse, html, vers};
use crate::demande::Demande;
use crate::etat::Etat;
use crate::pages::ouverture::{self, Telephone};
use crate::pages::{Faute, Menu};
use crate::refus::Refus;

pub(crate) async fn invitation(State(etat): Partage, Extension(demande): Recue) -> Reponse {
    let jeton = demande.jeton("/invitation");
    etat.page(&demande, move |_, cadre| Ok(ouverture::invitation(cadre, &jeton, "", &[]))).await
}

/// Reference and secret, as typed.
fn secret(demande: &Demande, fautes: &mut Vec<Faute>) -> (Option<Id>, Zeroizing<String>) {
    let reference = demande.requis("reference", "la référence de l'invitation", fautes);
    let code = Zeroizing::new(demande.requis("code", "le code de première connexion", fautes));
    let id = reference.to_ascii_lowercase().parse().ok();
    if id.is_none() && !reference.is_empty() {
        fautes.push(Faute::de(
            "reference",
            "Cette référence n'a pas la bonne forme : recopiez-la du message de l'étude.",
        ));
    }
    (id, code)
}

/// The invitation again, with what was wrong.
async fn invitation_fautive(etat: &Arc<Etat>, demande: &Arc<Demande>, fautes: Vec<Faute>) -> Reponse {
    let (jeton, reference) = (demande.jeton("/invitation"), demande.champ("reference").to_owned());
    let page = etat.page(demande, move |_, cadre| Ok(ouverture::invitation(cadre, &jeton, &reference, &fautes)));
    let mut response = page.await?;
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(response)
}

const INVITATION_REFUSEE: &str = "Cette référence et ce code ne vont pas ensemble, ont déjà servi ou ont expiré. Recopiez ceux du dernier message de l'étude.";

/// Checks the invitation that a form carries; else, the page that asks for it.
async fn invite(etat: &Arc<Etat>, demande: &Arc<Demande>) -> Result<(Id, Zeroizing<String>), Reponse> {
    let mut fautes = Vec::new();
    let (reference, code) = secret(demande, &mut fautes);
    let Some(reference) = reference.filter(|_| fautes.is_empty()) else {
        return Err(invitation_fautive(etat, demande, fautes).await);
    };
    let (source, given) = (demande.source, code.clone());
    let good = etat.appeler(move |platform| match platform.invitation_vaut(reference, &given, source) {
        Ok(()) => Ok(true),
        Err(E::Invitation { .. }) => Ok(false),
        Err(other) => Err(other),
    });
    match good.await {
        Ok(true) => Ok((reference, code)),
        Ok(false) => Err(invitation_fautive(etat, demande, vec![Faute::de("code", INVITATION_REFUSEE)]).await),
        Err(refus) => Err(Err(refus)),
    }
}

/// The choice (row A19).
pub(crate) async fn choisir(State(etat): Partage, Extension(demande): Recue) -> Reponse {
    let (reference, code) = match invite(&etat, &demande).await {
        Ok(invited) => invited,
        Err(answer) => return answer,
    };
    let jetons = (demande.jeton("/ouverture"), demande.jeton("/invitation/refus"));
    etat.page(&demande, move |platform, cadre| {
        let (version, texte) = platform.cgu_en_vigueur()?;
        let cgu = (version.version.as_str(), version.sha256.to_hex(), texte.as_str());
        let jetons = (jetons.0.as_str(), jetons.1.as_str());
        Ok(ouverture::choix(cadre, jetons, &reference.to_string(), &code, (cgu.0, &cgu.1, cgu.2)))
    })
    .await
}

/// Refused before any account (row A12).
pub(crate) async fn refuser(State(etat): Partage, Extension(demande): Recue) -> Reponse {
    let (reference, code) = match invite(&etat, &demande).await {
        Ok(invited) => invited,
        Err(answer) => return answer,
    };
    etat.page(&demande, move |platform, cadre| {
        let cgu_sha256 = platform.cgu_en_vigueur()?.0.sha256.to_hex();
        let jeton = code.to_string();
        platform.refuser(&AcceptInput { consent: reference, jeton, cgu_sha256, cle: PathBuf::new() })?;
        Ok(ouverture::refusee(cadre))
    })
    .await
}

/// The telephone's secret shown to this browser.
fn telephone_de(
    etat: &Etat,
    platform: &Platform<'_>,
    demande: &Demande,
) -> Result<(Zeroizing<[u8; 20]>, Telephone), E> {
    let visitor = Sha256Digest::of(demande.cookie.as_bytes());
    let seed = etat.telephone(visitor, || platform.nouveau_telephone())?;
    // What the telephone's screen says: the service and the office, never the holder.
    let address = Zeroizing::new(totp::adresse(&*seed, &etat.platform.config().etude, "Réception d'actes"));
    let qr = crate::qr::svg(&address, "Image à viser avec l'application de codes").unwrap_or_default();
    let secret = totp::base32(&*seed);
    Ok((seed, Telephone { secret, qr }))
}

/// Opens the account: first the form, then what it was filled with.
pub(crate) async fn ouvrir(State(etat): Partage, Extension(demande): Recue) -> Reponse {
    let (reference, code) = match invite(&etat, &demande).await {
        Ok(invited) => invited,
        Err(answer) => return answer,
    };
    let (shared, asked) = (etat.clone(), demande.clone());
    let opened = etat.entrer(move |platform| {
        let (seed, telephone) = telephone_de(&shared, platform, &asked)?;
        let fautes = match asked.champ("etape") {
            "compte" => prendre(platform, &asked, (reference, &code), &seed)?,
            _ => Some(Vec::new()),
        };
        let Some(fautes) = fautes else {
            shared.oublier_telephone(&Sha256Digest::of(asked.cookie.as_bytes()));
            return Ok(None);
        };
        let cadre = shared.cadre(asked.menu());
        let (jeton, typed) = (asked.jeton("/ouverture"), asked.champ("nom"));
        let secret = (reference.to_string(), code);
        let page = ouverture::ouverture(&cadre, &jeton, (&secret.0, &secret.1), typed, &telephone, &fautes);
        Ok(Some((fautes.is_empty(), page)))
    });
    match opened.await? {
        None => Ok(vers("/connexion?ok=ouvert")),
        Some((true, page)) => Ok(html(StatusCode::OK, page)),
        Some((false, page)) => Ok(html(StatusCode::UNPROCESSABLE_ENTITY, page)),
    }
}

/// Takes the account; gives what is wrong with the form, or nothing.
fn prendre(
    platform: &Platform<'_>,
    demande: &Demande,
    (reference, secret): (Id, &str),
    seed: &[u8; 20],
) -> Result<Option<Vec<Faute>>, Refus> {
    let mut fautes = Vec::new();
    let nom = demande.requis("nom", "le nom avec lequel vous vous connecterez", &mut fautes);
    let (mot, bis) = (demande.secret("mot"), demande.secret("mot_bis"));
    let shown = demande.requis("code_telephone", "le code affiché par l'application", &mut fautes);
    deux_fois(&mot, &bis, &mut fautes);
    if !fautes.is_empty() {
        return Ok(Some(fautes));
    }
    let origine = Etat::origine_de(demande);
    let telephone = Some((seed, shown.as_str()));
    let opening = OuvertureCompte { reference, secret, nom: &nom, mot: &mot, telephone, origine };
    let faute = match platform.ouvrir_compte(&opening) {
        Ok(_) => return Ok(None),
        Err(E::NameTaken) => Faute::de("nom", "Ce nom de connexion n'est pas disponible. Choisissez-en un autre."),
        Err(E::PasswordRefused { why }) => Faute::de("mot", format!("Ce mot de passe ne convient pas : {why}.")),
        Err(E::LoginRefused) => Faute::de(
            "code_telephone",
            "Ce code n'est pas le bon. Saisissez celui que l'application affiche maintenant.",
        ),
        Err(E::Field { why, .. }) => Faute::de("nom", format!("Ce nom de connexion ne convient pas : {why}.")),
        Err(other) => return Err(other.into()),
    };
    Ok(Some(vec![faute]))
}

/// A new password, typed twice.
pub(crate) fn deux_fois(mot: &str, bis: &str, fautes: &mut Vec<Faute>) {
    if mot.is_empty() {
        fautes.push(Faute::de("mot", "Indiquez un mot de passe."));
    } else if mot != bis {
        fautes.push(Faute::de("mot_bis", "Les deux mots de passe ne sont pas les mêmes."));
    }
}

/// The terms, from the account (row A10).
pub(crate) async fn conditions(State(etat): Partage, Extension(demande): Recue) -> Reponse {
    let acces = demande.acces()?;
    let jeton = demande.jeton("/conditions");
    etat.page(&demande, move |platform, cadre| {
        let consent = acces.compte().titulaire.consent().ok_or_else(Refus::introuvable)?;
        if platform.views().consent(consent)?.cgu.is_some() {
            return Err(Refus::aller("/actes"));
        }
        let (version, texte) = platform.cgu_en_vigueur()?;
        let sha256 = version.sha256.to_hex();
        Ok(ouverture::conditions(cadre, &jeton, (&version.version, &sha256, &texte)))
    })
    .await
}

/// Accepted, or refused: only a word that is one of the two counts.
pub(crate) async fn repondre(State(etat): Partage, Extension(demande): Recue) -> Reponse {
    let acces = demande.acces()?;
    let (choice, sha256) = (demande.champ("choix").to_owned(), demande.champ("sha256").to_owned());
    let shared = etat.clone();
    etat.appeler_ou(move |platform| match choice.as_str() {
        "accepter" => {
            platform.accepter_cgu(&acces, &sha256)?;
            Ok(vers("/secours"))
        }
        "refuser" => {
            platform.refuser_cgu(&acces, &sha256)?;
            Ok(html(StatusCode::OK, ouverture::refusee(&shared.cadre(Menu::Visiteur))))
        }
        _ => Err(Refus::illisible()),
    })
    .await
}

pub(crate) async fn avant_secours(State(etat): Partage, Extension(demande): Recue) -> Reponse {
    let acces = demande.acces()?;
    let jeton = demande.jeton("/secours");
    etat.page(&demande, move |platform, cadre| {
        platform.autoriser_sur(&*acces, Operation::AjouterIdentifiant, Objet::Compte(acces.compte().id))?;
        Ok(ouverture::avant_secours(cadre, &jeton))
    })
    .await
}

/// The codes, shown once.
pub(crate) async fn secours(State(etat): Partage, Extension(demande): Recue) -> Reponse {
    let acces = demande.acces()?;
    etat.page(&demande, move |platform, cadre| {
        let codes = platform.tirer_codes(&acces)?;
        let shown: Vec<String> = codes.iter().map(|code| code.montrer().to_string()).collect();
        Ok(ouverture::secours(cadre, &shown))
    })
    .await
}

pub(crate) async fn telephone(State(etat): Partage, Extension(demande): Recue) -> Reponse {
    let acces = demande.acces()?;
    let (shared, asked) = (etat.clone(), demande.clone());
    etat.page(&demande, move |platform, cadre| {
        platform.autoriser_sur(&*acces, Operation::AjouterIdentifiant, Objet::Compte(acces.compte().id))?;
        let (_, shown) = telephone_de(&shared, platform, &asked)?;
        Ok(ouverture::telephone(cadre, &asked.jeton("/telephone"), &shown, &[]))
    })
    .await
}

/// The telephone showed the right code: it serves from the next login on.
pub(crate) async fn confirmer(State(etat): Partage, Extension(demande): Recue) -> Reponse {
    let acces = demande.acces()?;
    let (shared, asked) = (etat.clone(), demande.clone());
    etat.appeler_ou(move |platform| {
        let (seed, shown) = telephone_de(&shared, platform, &asked)?;
        match platform.confirmer_telephone(&acces, &seed, asked.champ("code_telephone")) {
            Ok(()) => {
                shared.oublier_telephone(&Sha256Digest::of(asked.cookie.as_bytes()));
                platform.fermer_session(&acces, acces.session().id)?;
                Ok(vers("/connexion?ok=telephone"))
            }
            Err(E::LoginRefused) => {
                let faute = Faute::de(
                    "code_telephone",
                    "Ce code n'est pas le bon. Saisissez celui que l'application affiche maintenant.",
                );
                let (cadre, jeton) = (shared.cadre(asked.menu()), asked.jeton("/telephone"));
                Ok(html(StatusCode::UNPROCESSABLE_ENTITY, ouverture::telephone(&cadre, &jeton, &shown, &[faute])))
            }
            Err(other) => Err(other.into()),
        }
    })
    .await
}
