//! The recipient's acts. Opening is a form, because it stamps the prise de connaissance; a download too, because its end does.
use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use signification::comptes::Operation;
use signification::comptes::incident::Nature;
use signification::platform::comptes::Objet;
use signification::{Id, SignificationError as E};

use super::{Partage, Recue, Reponse, fichier, html, vers};
use crate::demande::Demande;
use crate::lecture::{self, Forme};
use crate::pages::{Faute, actes};
use crate::refus::Refus;
use crate::remise::{self, Flux};
use crate::serveur::Pair;

fn message(demande: &Demande) -> Option<&'static str> {
    Some(match demande.requete.get("ok").map(|v| v.as_str()) {
        Some("autre") => {
            "Un autre appareil est connecté à votre espace. Si ce n'est pas vous, signalez-le depuis la page Sécurité."
        }
        Some("fermee") => {
            "Votre clé d'accès vous a reconnu, mais elle n'ouvre pas vos actes. Pour les lire, reconnectez-vous avec votre mot de passe."
        }
        Some("ouvert") => "L'acte est ouvert, et l'heure enregistrée. Téléchargez-le pour le lire et le garder.",
        Some("probleme") => "Votre signalement est transmis à l'étude, qui doit en accuser réception.",
        _ => return None,
    })
}

pub(crate) async fn liste(State(etat): Partage, Extension(demande): Recue) -> Reponse {
    let acces = demande.acces()?;
    let message = message(&demande);
    etat.page(&demande, move |platform, cadre| {
        let mut acts = platform.actes_visibles(&acces)?;
        acts.reverse();
        let lines: Vec<_> = acts.iter().map(lecture::ligne).collect();
        Ok(actes::liste(cadre, &lines, message))
    })
    .await
}

pub(crate) async fn acte(State(etat): Partage, Extension(demande): Recue, Path(id): Path<String>) -> Reponse {
    let (acces, id) = (demande.acces()?, Demande::id(&id)?);
    let message = message(&demande);
    let jetons = [demande.jeton(&format!("/actes/{id}/ouvrir")), demande.jeton(&format!("/actes/{id}/telecharger"))];
    etat.page(&demande, move |platform, cadre| {
        let [open, take] = &jetons;
        let shown = lecture::acte(platform, &acces, id)?;
        // The page bears the explanation: which text was shown in which session is a fact (row D10).
        platform.expliquer_en_session(&acces, id)?;
        Ok(actes::acte(cadre, &shown, (open, take), message))
    })
    .await
}

pub(crate) async fn ouvrir(State(etat): Partage, Extension(demande): Recue, Path(id): Path<String>) -> Reponse {
    let (acces, id) = (demande.acces()?, Demande::id(&id)?);
    etat.appeler(move |platform| platform.consulter_en_session(&acces, id).map(|_| ())).await?;
    Ok(vers(&format!("/actes/{id}?ok=ouvert")))
}

/// The act, as a stream whose end is the receipt: see [`crate::remise`].
pub(crate) async fn telecharger(
    State(etat): Partage,
    Extension(demande): Recue,
    Extension(pair): Extension<Pair>,
    Path(id): Path<String>,
) -> Reponse {
    let (acces, id) = (demande.acces()?, Demande::id(&id)?);
    let asked = acces.clone();
    let octets = etat.appeler(move |platform| {
        platform.autoriser_sur(&*asked, Operation::Remettre, Objet::Acte(id))?;
        Ok(lecture::disponible(platform, id)?.content.bytes)
    });
    let octets = octets.await?;
    let (mut canal, mut recu, fin) = remise::ouvrir();
    let writing = etat.remettre(move |platform| platform.remettre_en_session(&acces, id, &mut canal)).await?;
    // Nothing is answered before the vault gave its first octets: until then it is still a page that can say why not.
    let Some(first) = recu.recv().await else {
        return Err(match writing.await {
            Ok(Err(error)) => error.into(),
            _ => Refus::panne(),
        });
    };
    pair.accuse.attendre(fin);
    let mut response = fichier("application/pdf", &format!("acte-{id}.pdf"), Body::new(Flux::new(first, recu, octets)));
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    Ok(response)
}

pub(crate) async fn recepisses(State(etat): Partage, Extension(demande): Recue, Path(id): Path<String>) -> Reponse {
    let (acces, id) = (demande.acces()?, Demande::id(&id)?);
    etat.page(&demande, move |platform, cadre| {
        platform.autoriser_sur(&*acces, Operation::Recepisses, Objet::Acte(id))?;
        lecture::disponible(platform, id)?;
        Ok(actes::recepisses(cadre, &id.to_string(), &lecture::recepisses(platform, id)?))
    })
    .await
}

/// The whole dossier, as a stream: the act is decrypted with the session's key as it is written (row D08).
pub(crate) async fn dossier(State(etat): Partage, Extension(demande): Recue, Path(id): Path<String>) -> Reponse {
    let (acces, id) = (demande.acces()?, Demande::id(&id)?);
    let (asked, shared) = (acces.clone(), etat.clone());
    let allowed = etat.appeler(move |platform| {
        platform.autoriser_sur(&*asked, Operation::DossierComplet, Objet::Acte(id))?;
        lecture::disponible(platform, id).map(|_| ())
    });
    allowed.await?;
    dossier_en_flux(&shared, id, move |platform, canal| {
        platform.dossier_complet_en_session(&acces, id, platform.verificateur(), canal)
    })
    .await
}

/// Streams a dossier; what is refused before its first octets is still a page.
pub(super) async fn dossier_en_flux(
    etat: &std::sync::Arc<crate::etat::Etat>,
    id: signification::Id,
    make: impl FnOnce(
        &signification::platform::Platform<'static>,
        &mut remise::CanalLibre,
    ) -> Result<signification::platform::DossierComplet, E>
    + Send
    + 'static,
) -> Reponse {
    let (mut canal, mut flux) = remise::ouvrir_libre();
    let writing = etat.remettre(move |platform| make(platform, &mut canal).map(|_| ())).await?;
    if !flux.commence().await {
        return Err(match writing.await {
            Ok(Err(error)) => error.into(),
            _ => Refus::panne(),
        });
    }
    Ok(fichier("application/zip", &format!("dossier-{id}.zip"), Body::new(flux)))
}

/// One receipt: `ID.zip`, its files; `ID.pdf`, the document for people.
pub(crate) async fn recepisse(State(etat): Partage, Extension(demande): Recue, Path(name): Path<String>) -> Reponse {
    let acces = demande.acces()?;
    let (id, forme) = recepisse_demande(&name)?;
    let octets = etat.appeler(move |platform| lecture::recepisse(platform, &*acces, id, forme)).await?;
    Ok(recepisse_en_fichier(id, forme, octets))
}

/// Which receipt a file name asks for, and how.
pub(super) fn recepisse_demande(name: &str) -> Result<(Id, Forme), Refus> {
    let (id, forme) = Forme::de(name).ok_or_else(Refus::introuvable)?;
    Ok((Demande::id(id)?, forme))
}

/// A receipt as a file to keep.
pub(super) fn recepisse_en_fichier(id: Id, forme: Forme, octets: Vec<u8>) -> axum::response::Response {
    match forme {
        Forme::Zip => fichier("application/zip", &format!("recepisse-{id}.zip"), Body::from(octets)),
        Forme::Avis => fichier("application/pdf", &format!("avis-{id}.pdf"), Body::from(octets)),
    }
}

pub(crate) async fn probleme(State(etat): Partage, Extension(demande): Recue, Path(id): Path<String>) -> Reponse {
    let (acces, id) = (demande.acces()?, Demande::id(&id)?);
    let jeton = demande.jeton(&format!("/actes/{id}/probleme"));
    etat.page(&demande, move |platform, cadre| {
        platform.autoriser_sur(&*acces, Operation::OuvrirIncident, Objet::Acte(id))?;
        Ok(actes::probleme(cadre, &id.to_string(), &jeton, "", &[]))
    })
    .await
}

/// Tells the office that something is wrong with an act (row B10).
pub(crate) async fn signaler(State(etat): Partage, Extension(demande): Recue, Path(id): Path<String>) -> Reponse {
    let (acces, id) = (demande.acces()?, Demande::id(&id)?);
    let (shared, asked) = (etat.clone(), demande.clone());
    etat.appeler_ou(move |platform| {
        let nature = match asked.champ("nature") {
            "illisible" => Some(Nature::ActeIllisible),
            "destinataire" => Some(Nature::MauvaisDestinataire),
            "autre" => Some(Nature::Irregularite),
            _ => None,
        };
        let mut fautes = Vec::new();
        if nature.is_none() {
            fautes.push(Faute::de("nature", "Choisissez ce qui correspond le mieux."));
        }
        let texte = asked.requis("texte", "ce qui s'est passé", &mut fautes);
        if let Some(nature) = nature.filter(|_| fautes.is_empty()) {
            match platform.ouvrir_incident(&*acces, id, nature, &texte) {
                Ok(_) => return Ok(vers(&format!("/actes/{id}?ok=probleme"))),
                Err(E::Field { .. }) => fautes.push(Faute::de("texte", "Écrivez 4 000 caractères au plus.")),
                Err(other) => return Err(other.into()),
            }
        } else {
            // Who may not tell is not asked to tell better.
            platform.autoriser_sur(&*acces, Operation::OuvrirIncident, Objet::Acte(id))?;
        }
        let (cadre, jeton) = (shared.cadre(asked.menu()), asked.jeton(&format!("/actes/{id}/probleme")));
        let page = actes::probleme(&cadre, &id.to_string(), &jeton, &texte, &fautes);
        Ok(html(StatusCode::UNPROCESSABLE_ENTITY, page))
    })
    .await
}
