//! The office's pages, by the officer's certificate: follow-up, deposit, reports. To deposit signs: it asks for the officer's own key
//! beside his certificate (row B04), as sending does (`envoi`).
use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::multipart::{Field, Multipart, MultipartError};
use axum::extract::{FromRequest as _, Path, Request, State};
use axum::http::StatusCode;
use signification::acte::ActeState;
use signification::comptes::Operation;
use signification::comptes::incident::{self, EtatIncident, Nature};
use signification::consent::Actor;
use signification::letter::Qualification;
use signification::platform::comptes::Objet;
use signification::platform::{DepositInput, Platform};
use signification::projection::Views as _;
use signification::signature_acte::{SignaturePdf, phrase};
use signification::state::ActeView;
use signification::store::Table;
use signification::{Id, SignificationError as E};
use tokio::io::AsyncWriteExt as _;

use super::officier::{self, Signataire};
use super::{Partage, Recue, Reponse, html, vers};
use crate::dates::{jour, longue};
use crate::demande::Demande;
use crate::etat::Etat;
use crate::lecture;
use crate::pages::Faute;
use crate::pages::etude::{self, LigneEtude, LigneIncident, Saisie, Suivi};
use crate::refus::Refus;

/// Acts on one page.
const PAR_PAGE: usize = 100;

pub(super) fn officier(demande: &Demande) -> Result<Actor, Refus> {
    demande.officier.clone().map(Actor::office).ok_or_else(Refus::sans_officier)
}

/// What the office should look at.
fn alerte(view: &ActeView) -> Option<String> {
    let letter = view.letter.map(|due| format!("Lettre simple à envoyer au plus tard le {}.", jour(due.earliest())));
    match view.state {
        ActeState::EchecDepot => Some("L'acte n'a pas pu être mis à disposition.".to_owned()),
        ActeState::EchecAvis => Some("L'avis n'a pas été remis : prévenez le destinataire autrement.".to_owned()),
        ActeState::Scelle => Some("Déposé, pas encore signifié.".to_owned()),
        _ if view.qualification == Some(Qualification::ADomicile) && view.downloaded_at.is_none() => letter,
        _ => None,
    }
}

fn ligne(view: &ActeView) -> LigneEtude {
    LigneEtude {
        id: view.id.to_string(),
        nature: view.nature.to_string(),
        dossier: view.dossier.clone(),
        etat: lecture::etat_pour_l_etude(view.state).to_owned(),
        envoye: view.sent_at.map(longue),
        alerte: alerte(view),
    }
}

pub(crate) async fn liste(State(etat): Partage, Extension(demande): Recue) -> Reponse {
    let actor = officier(&demande)?;
    let after = demande.requete.get("apres").map(|text| Demande::id(text)).transpose()?;
    etat.page(&demande, move |platform, cadre| {
        platform.autoriser_sur(&actor, Operation::Suivi, Objet::Tous)?;
        let after = after.as_ref().map(|id| &id.as_bytes()[..]);
        let found = platform.views().scan(Table::Acte, &[], after, PAR_PAGE)?;
        let mut lines = Vec::with_capacity(found.len());
        for (key, _) in &found {
            let view: Option<ActeView> = platform.views().view(Table::Acte, key)?;
            lines.extend(view.as_ref().map(ligne));
        }
        let next = lines.last().filter(|_| lines.len() == PAR_PAGE).map(|line| line.id.clone());
        // What waits comes first; the rest in order of deposit.
        lines.sort_by_key(|line| line.alerte.is_none());
        Ok(etude::liste(cadre, &lines, next.as_deref()))
    })
    .await
}

pub(crate) async fn suivi(State(etat): Partage, Extension(demande): Recue, Path(id): Path<String>) -> Reponse {
    let (actor, id) = (officier(&demande)?, Demande::id(&id)?);
    let deposited = demande.requete.contains_key("depose");
    let served = demande.requete.contains_key("signifie");
    etat.page(&demande, move |platform, cadre| {
        platform.autoriser_sur(&actor, Operation::Suivi, Objet::Acte(id))?;
        let view = platform.views().act(id)?;
        let lines = platform.suivi(id)?.lignes.into_iter();
        let etapes = lines.map(|l| (longue(l.at), l.libelle.to_owned(), l.etat.map(lecture::etat_pour_l_etude)));
        let etapes = etapes.collect();
        let sha256 = view.content.sha256.to_hex();
        let comptes = platform.comptes_de_l_acte(&actor, id)?;
        let suivi = Suivi {
            ligne: ligne(&view),
            octets: view.content.bytes,
            sha256,
            signature: signature(platform, &actor, id)?,
            etapes,
            depose: deposited,
            signifie: served && view.state.is_sent(),
            envoyable: matches!(view.state, ActeState::Scelle | ActeState::Programme),
            programme: view.not_before.filter(|_| view.state == ActeState::Programme).map(longue),
            comptes: comptes.iter().map(super::comptes::ligne).collect(),
        };
        Ok(etude::suivi(cadre, &suivi))
    })
    .await
}

/// What was found of the signature inside the PDF, for the office.
fn signature(platform: &Platform<'_>, actor: &Actor, id: Id) -> Result<Vec<(&'static str, String)>, E> {
    platform.autoriser_sur(actor, Operation::SignaturePdf, Objet::Acte(id))?;
    let Some(judged) = platform.signature_pdf(id)? else {
        return Ok(vec![("Signature du PDF", "Non contrôlée au dépôt.".to_owned())]);
    };
    let (found, asked) = (judged.constat, if judged.exigee { "exigée" } else { "constatée, non exigée" });
    let mut rows = vec![("Signature du PDF", format!("{} ({asked}).", found.phrase()))];
    let level = found.niveau.map(|level| format!(", niveau PAdES {level}")).unwrap_or_default();
    rows.extend(found.signataire.map(|name| ("Signataire", format!("{name}{level}"))));
    rows.extend(match (found.prouvee_le, found.declaree_le) {
        (Some(le), _) => Some(("Signé", format!("avant le {} (horodatage)", longue(le)))),
        (None, Some(le)) => Some(("Signé", format!("le {} (déclaré par le signataire)", longue(le)))),
        (None, None) => None,
    });
    rows.extend(found.pdf_a.map(|form| ("Forme déclarée", format!("{form}, selon le fichier"))));
    Ok(rows)
}

/// The whole dossier of an act, for the office.
pub(crate) async fn dossier(State(etat): Partage, Extension(demande): Recue, Path(id): Path<String>) -> Reponse {
    let (actor, id) = (officier(&demande)?, Demande::id(&id)?);
    let asked = actor.clone();
    let allowed = etat.appeler(move |platform| {
        platform.autoriser_sur(&asked, Operation::DossierComplet, Objet::Acte(id))?;
        platform.views().act(id).map(|_| ())
    });
    allowed.await?;
    super::actes::dossier_en_flux(&etat, id, move |platform, canal| {
        platform.dossier_complet(&actor, id, platform.verificateur(), canal)
    })
    .await
}

pub(crate) async fn depot(State(etat): Partage, Extension(demande): Recue) -> Reponse {
    officier::signataire_ou_cle(&etat, &demande)?;
    let jeton = demande.jeton("/etude/depot");
    etat.page(&demande, move |platform, cadre| {
        Ok(etude::depot(cadre, &jeton, &Saisie::default(), &[], exigee(platform)))
    })
    .await
}

fn exigee(platform: &Platform<'_>) -> bool {
    platform.config().actes.signature_pdf == SignaturePdf::Exigee
}

/// What a deposit form brought; the act is in a file of the folder.
struct Recu {
    saisie: Saisie,
    folder: tempfile::TempDir,
    nom: Option<String>,
}

pub(crate) async fn deposer(State(etat): Partage, Extension(demande): Recue, request: Request<Body>) -> Reponse {
    let signataire = officier::signataire(&etat, &demande)?;
    let form = Multipart::from_request(request, &()).await.map_err(|_| Refus::genre())?;
    let time = etat.config.limites.remise;
    let recu = tokio::time::timeout(time, lire(&etat, &demande, form)).await.map_err(|_| Refus::trop_lent())??;
    let (shared, asked) = (etat.clone(), demande.clone());
    etat.appeler_ou(move |platform| {
        let Recu { saisie, folder, nom } = recu;
        let fautes = match inscrire(platform, &signataire, &saisie, folder.path(), nom) {
            Ok(act) => return Ok(vers(&format!("/etude/actes/{act}?depose=oui"))),
            Err(fautes) => fautes?,
        };
        let (cadre, jeton) = (shared.cadre(asked.menu()), asked.jeton("/etude/depot"));
        Ok(html(StatusCode::UNPROCESSABLE_ENTITY, etude::depot(&cadre, &jeton, &saisie, &fautes, exigee(platform))))
    })
    .await
}

/// Reads the form part by part. Its token is its first part: before it, nothing is kept.
async fn lire(etat: &Arc<Etat>, demande: &Demande, mut form: Multipart) -> Result<Recu, Refus> {
    let folder = tempfile::tempdir().map_err(|_| Refus::panne())?;
    let mut recu = Recu { saisie: Saisie::default(), folder, nom: None };
    let first = form.next_field().await.map_err(coupe)?.ok_or_else(Refus::illisible)?;
    if first.name() != Some("jeton") {
        return Err(Refus { sonde: true, ..Refus::formulaire() });
    }
    let jeton = texte(first).await?;
    let known = demande.temoin()?.verifier_jeton(&demande.chemin, &jeton);
    known.map_err(|_| Refus { sonde: true, ..Refus::formulaire() })?;
    while let Some(mut field) = form.next_field().await.map_err(coupe)? {
        let name = field.name().unwrap_or_default().to_owned();
        let slot = match name.as_str() {
            "consentement" => &mut recu.saisie.consentement,
            "dossier" => &mut recu.saisie.dossier,
            "nature" => &mut recu.saisie.nature,
            "requerant" => &mut recu.saisie.requerant,
            "fichier" if recu.nom.is_none() => {
                // A name for people: it opens nothing, the file has its own.
                recu.nom = Some("acte.pdf".to_owned()).filter(|_| field.file_name().is_some_and(|n| !n.is_empty()));
                ecrire(&mut field, &recu.folder.path().join("acte.pdf"), etat.config.limites.depot).await?;
                continue;
            }
            _ => return Err(Refus::illisible()),
        };
        *slot = texte(field).await?;
    }
    Ok(recu)
}

fn coupe(error: MultipartError) -> Refus {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE { Refus::trop_gros() } else { Refus::illisible() }
}

/// A short text part.
async fn texte(mut field: Field<'_>) -> Result<String, Refus> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(coupe)? {
        if bytes.len() + chunk.len() > 1024 {
            return Err(Refus::trop_gros());
        }
        bytes.extend_from_slice(&chunk);
    }
    let text = String::from_utf8(bytes).map_err(|_| Refus::illisible())?;
    if text.chars().any(char::is_control) { Err(Refus::illisible()) } else { Ok(text.trim().to_owned()) }
}

/// The act, as it comes, to a file: never whole in memory.
async fn ecrire(field: &mut Field<'_>, path: &std::path::Path, most: u64) -> Result<(), Refus> {
    let mut file = tokio::fs::File::create(path).await.map_err(|_| Refus::panne())?;
    let mut written = 0;
    while let Some(chunk) = field.chunk().await.map_err(coupe)? {
        written += chunk.len() as u64;
        if written > most {
            return Err(Refus::trop_gros());
        }
        file.write_all(&chunk).await.map_err(|_| Refus::panne())?;
    }
    file.flush().await.map_err(|_| Refus::panne())
}

/// Deposits; else what is wrong with the form, or why it is refused.
fn inscrire(
    platform: &Platform<'_>,
    signataire: &Signataire,
    saisie: &Saisie,
    folder: &std::path::Path,
    nom: Option<String>,
) -> Result<Id, Result<Vec<Faute>, Refus>> {
    let mut fautes = Vec::new();
    let texts = [
        ("consentement", &saisie.consentement, "le consentement du destinataire"),
        ("dossier", &saisie.dossier, "la référence du dossier"),
        ("nature", &saisie.nature, "la nature de l'acte"),
        ("requerant", &saisie.requerant, "à la demande de qui l'acte est signifié"),
    ];
    for (champ, texte, quoi) in texts {
        if texte.is_empty() {
            fautes.push(Faute::de(champ, format!("Indiquez {quoi}.")));
        }
    }
    let Some(nom) = nom else {
        fautes.push(Faute::de("fichier", "Choisissez le fichier PDF de l'acte."));
        return Err(Ok(fautes));
    };
    let Ok(consent) = saisie.consentement.parse::<Id>() else {
        fautes.push(Faute::de("consentement", "Cet identifiant n'a pas la bonne forme."));
        return Err(Ok(fautes));
    };
    if !fautes.is_empty() {
        return Err(Ok(fautes));
    }
    let (dossier, nature) = (saisie.dossier.clone(), saisie.nature.clone());
    let requerant = saisie.requerant.clone();
    let input = DepositInput { consent, dossier, nature, requerant, fichier: folder.join(nom) };
    let allowed = platform.autoriser_sur(signataire.demandeur(), Operation::Deposer, Objet::Consentement(consent));
    match allowed.and_then(|auteur| platform.deposer(auteur.acteur(), &input)) {
        Ok(deposited) => Ok(deposited.acte),
        Err(E::ActRefused { codes }) => {
            let words = format!("Le dépôt est refusé : {}. Servez l'acte sur papier.", codes.join(", "));
            Err(Ok(vec![Faute::de("", words)]))
        }
        Err(E::ActSignature { motif, codes, .. }) => {
            let words = format!("{}. Rien n'est déposé ({}).", phrase(&[motif]), codes.join(", "));
            Err(Ok(vec![Faute::de("fichier", words)]))
        }
        Err(E::ActFile { why }) => {
            Err(Ok(vec![Faute::de("fichier", format!("Ce fichier n'est pas un acte recevable : {why}."))]))
        }
        Err(E::Unknown { .. }) => Err(Ok(vec![Faute::de("consentement", "Ce consentement n'existe pas.")])),
        Err(E::Field { field: "dossier", why, .. }) => {
            Err(Ok(vec![Faute::de("dossier", format!("Référence refusée : {why}."))]))
        }
        Err(E::Field { field: "requerant", why, .. }) => {
            Err(Ok(vec![Faute::de("requerant", format!("Nom refusé : {why}."))]))
        }
        Err(E::Field { why, .. }) => Err(Ok(vec![Faute::de("nature", format!("Nature refusée : {why}."))])),
        Err(other) => Err(Err(other.into())),
    }
}

pub(crate) async fn incidents(State(etat): Partage, Extension(demande): Recue) -> Reponse {
    let actor = officier(&demande)?;
    let asked = demande.clone();
    etat.page(&demande, move |platform, cadre| {
        let mut lines = Vec::new();
        for (key, _) in platform.views().scan(Table::Incident, &[], None, usize::MAX)? {
            let found: Option<incident::View> = platform.views().view(Table::Incident, &key)?;
            let Some(found) = found.filter(|one| one.etat != EtatIncident::Clos) else { continue };
            let told = platform.incidents(&actor, found.sujet)?.into_iter().find(|one| one.vue.id == found.id);
            let Some(told) = told else { continue };
            let waits = found.etat == EtatIncident::Ouvert;
            let hours = told.attente.secondes / 3600;
            lines.push(LigneIncident {
                id: found.id.to_string(),
                nature: nature(found.nature).to_owned(),
                texte: told.texte.unwrap_or_default(),
                ouvert: longue(found.ouvert.1),
                attente: match (waits, told.attente.en_retard) {
                    (true, true) => format!("sans accusé depuis {hours} h, au-delà de la cible interne de 24 h"),
                    (true, false) => format!("sans accusé depuis {hours} h (cible interne : 24 h)"),
                    (false, _) => format!("accusé après {hours} h"),
                },
                jeton: waits.then(|| asked.jeton(&format!("/etude/incidents/{}/accuser", found.id))),
            });
        }
        lines.sort_by_key(|line| line.jeton.is_none());
        Ok(etude::incidents(cadre, &lines))
    })
    .await
}

fn nature(nature: Nature) -> &'static str {
    match nature {
        Nature::ActeIllisible => "Acte illisible ou incomplet",
        Nature::MauvaisDestinataire => "Acte destiné à quelqu'un d'autre",
        Nature::Irregularite => "Irrégularité",
        Nature::AccesSuspect => "Accès suspect",
        Nature::Panne => "Panne",
    }
}

pub(crate) async fn accuser(State(etat): Partage, Extension(demande): Recue, Path(id): Path<String>) -> Reponse {
    let (actor, id) = (officier(&demande)?, Demande::id(&id)?);
    etat.appeler(move |platform| platform.accuser_incident(&actor, id)).await?;
    Ok(vers("/etude/incidents"))
}
