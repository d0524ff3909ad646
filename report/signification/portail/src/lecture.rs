//! From the platform's views to the plain data of the pages. Called in the platform's threads.
use std::io::Write as _;

use dossier::Instant;
use signification::acte::ActeState;
use signification::comptes::facteurs::{Identifiant, Moyen};
use signification::consent::ConsentState;
use signification::letter::Qualification;
use signification::platform::Platform;
use signification::platform::comptes::{Acces, Objet};
use signification::projection::Views as _;
use signification::receipt::EvidenceKind;
use signification::state::{ActeView, ConsentView};
use signification::{Id, SignificationError, comptes::Operation};
use zip::write::SimpleFileOptions;

use crate::dates::{jour, longue};
use crate::pages::actes::{Acte, LigneActe, LigneRecepisse};
use crate::pages::compte::{Accord, LigneMoyen};

/// Interruptions to come or under way (row I01).
pub(crate) fn interruptions(platform: &Platform<'_>, now: Instant) -> Result<Vec<String>, SignificationError> {
    let mut said = Vec::new();
    for one in platform.interruptions()? {
        match (one.debut, one.fin, one.prevue) {
            (Some(since), None, _) => said.push(format!("Elle a commencé le {}.", longue(since))),
            (None, None, Some((from, to))) if one.a_venir(now) => {
                said.push(format!("Prévue du {} au {}.", longue(from), longue(to)));
            }
            _ => {}
        }
    }
    Ok(said)
}

pub(crate) fn ligne(act: &ActeView) -> LigneActe {
    LigneActe {
        id: act.id.to_string(),
        nature: act.nature.to_string(),
        envoye: act.sent_at.map(longue).unwrap_or_default(),
        ouvert: act.consulted_at.map(longue),
        recu: act.downloaded_at.map(longue),
    }
}

/// One act, which this session may follow.
pub(crate) fn acte(platform: &Platform<'_>, acces: &Acces, id: Id) -> Result<Acte, SignificationError> {
    platform.autoriser_sur(acces, Operation::Suivi, Objet::Acte(id))?;
    let view = disponible(platform, id)?;
    let etapes = platform.suivi(id)?.lignes.into_iter().filter(|l| visible(&l.op));
    Ok(Acte {
        ligne: ligne(&view),
        dossier: view.dossier.clone(),
        sha256: view.content.sha256.to_hex(),
        octets: view.content.bytes,
        qualification: view.qualification.map(qualification),
        etapes: etapes.map(|l| (longue(l.at), l.libelle.to_owned())).collect(),
        conservation: platform.conservation(id)?.phrase,
    })
}

/// An act that is in its recipient's space; one that is not there yet does not exist for him.
pub(crate) fn disponible(platform: &Platform<'_>, id: Id) -> Result<ActeView, SignificationError> {
    let view = platform.views().act(id)?;
    if view.state.is_available() {
        return Ok(view);
    }
    Err(SignificationError::Unknown { kind: "acte", id: id.to_string() })
}

/// What the recipient is shown of the office's work: from the sending on.
fn visible(op: &str) -> bool {
    let from = ["sent", "deposited", "notice_accepted", "consulted", "downloaded", "handover_interrupted", "qualified"];
    op.rsplit('.').next().is_some_and(|last| from.contains(&last))
}

fn qualification(decided: Qualification) -> String {
    match decided {
        Qualification::APersonne => "À personne : ouvert le jour de l'envoi.",
        Qualification::ADomicile => "À domicile : non ouvert le jour de l'envoi ; une lettre simple vous est adressée.",
        Qualification::EnAttente => "Pas encore qualifiée.",
    }
    .to_owned()
}

/// A state in words, for the office.
pub(crate) fn etat_pour_l_etude(state: ActeState) -> &'static str {
    match state {
        ActeState::Brouillon => "Brouillon",
        ActeState::Signe => "Signé",
        ActeState::Scelle => "Scellé, au coffre",
        ActeState::Programme => "Programmé",
        ActeState::Envoye => "Envoyé",
        ActeState::Depose => "Mis à disposition",
        ActeState::Avise => "Destinataire avisé",
        ActeState::Consulte => "Ouvert",
        ActeState::Telecharge => "Téléchargé",
        ActeState::Rejete => "Rejeté",
        ActeState::EchecDepot => "Échec du dépôt",
        ActeState::EchecAvis => "Échec de l'avis",
    }
}

/// Receipts of an object.
pub(crate) fn recepisses(platform: &Platform<'_>, objet: Id) -> Result<Vec<LigneRecepisse>, SignificationError> {
    let mut lines = Vec::new();
    for id in platform.recepisses(objet)? {
        let view = platform.views().receipt(id)?;
        let kind = EvidenceKind::ALL.into_iter().find(|kind| kind.etsi() == view.event);
        let objet = kind.map_or_else(|| view.event.clone(), |kind| kind.event_name().libelle);
        lines.push(LigneRecepisse { id: id.to_string(), objet, date: evenement(platform, id)? });
    }
    Ok(lines)
}

/// When the fact that a receipt attests happened, as the receipt itself says.
fn evenement(platform: &Platform<'_>, receipt: Id) -> Result<String, SignificationError> {
    let value: serde_json::Value = serde_json::from_slice(&platform.evidence_bytes(receipt)?).unwrap_or_default();
    let at = value.get("event_time_utc").and_then(|v| v.as_str()).and_then(|text| text.parse().ok());
    Ok(at.map(longue).unwrap_or_default())
}

/// A receipt with its signature and its time token, in one file.
pub(crate) fn recepisse_zip(
    platform: &Platform<'_>,
    acces: &Acces,
    receipt: Id,
) -> Result<Vec<u8>, SignificationError> {
    let view = platform.views().receipt(receipt)?;
    let act = platform.views().act(view.object).is_ok();
    let objet = if act { Objet::Acte(view.object) } else { Objet::Consentement(view.object) };
    platform.autoriser_sur(acces, Operation::SortirRecepisse, objet)?;
    let io = |e| SignificationError::io("write", "récépissé", e);
    let folder = tempfile::tempdir().map_err(io)?;
    let mut files = platform.sortir_recepisse(receipt, folder.path())?;
    files.sort();
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let zipped = |e: zip::result::ZipError| SignificationError::io("write", "récépissé", std::io::Error::other(e));
    for path in files {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let bytes = std::fs::read(&path).map_err(|e| SignificationError::io("read", &path, e))?;
        zip.start_file(name, SimpleFileOptions::default()).map_err(zipped)?;
        zip.write_all(&bytes).map_err(io)?;
    }
    Ok(zip.finish().map_err(zipped)?.into_inner())
}

/// The consent in words.
pub(crate) fn accord(view: &ConsentView, now: Instant) -> Accord {
    let natures = match &view.scope.natures {
        None => "tous".to_owned(),
        Some(list) => list.iter().map(|n| crate::explication::nom(&n.to_string())).collect::<Vec<_>>().join(", "),
    };
    let etat = match view.state {
        ConsentState::Actif if view.is_active(now) => "Vous avez accepté de recevoir des actes ici.",
        ConsentState::Actif | ConsentState::Expire => "Votre accord est arrivé à son terme.",
        ConsentState::Suspendu => "Votre accord est suspendu.",
        ConsentState::Revoque | ConsentState::Detruit => "Vous avez retiré votre accord.",
        ConsentState::Refuse => "Vous avez refusé : les actes vous sont remis sur papier.",
        _ => "Vous n'avez pas encore accepté les conditions.",
    };
    Accord {
        etat: etat.to_owned(),
        depuis: view.ended_at.or(view.given_at).map(longue),
        natures,
        jusqu: view.scope.until.map(jour),
        cgu: view.cgu.as_ref().map(|(version, _)| version.clone()),
        actif: matches!(view.state, ConsentState::Actif | ConsentState::Suspendu),
    }
}

/// The means of an account that still serve.
pub(crate) fn moyens(list: &[Identifiant]) -> Vec<LigneMoyen> {
    let live = list.iter().filter(|one| one.est_actif());
    live.map(|one| LigneMoyen {
        nom: match one.moyen {
            Moyen::MotDePasse => "Mot de passe",
            Moyen::Totp => "Codes du téléphone",
            Moyen::CleAcces => "Clé d'accès",
            Moyen::Certificat => "Certificat",
            Moyen::CodesSecours => "Codes de secours",
        }
        .to_owned(),
        cree: longue(one.cree),
        dernier: one.dernier.map(longue),
    })
    .collect()
}

/// What the service knows of somebody (row F07), as data he can take elsewhere: no act, no secret.
pub(crate) fn export(platform: &Platform<'_>, acces: &Acces) -> Result<serde_json::Value, SignificationError> {
    let acts = platform.actes_visibles(acces)?;
    let mut receipts = Vec::new();
    let own = acces.compte().titulaire.consent();
    for object in acts.iter().map(|act| act.id).chain(own) {
        for id in platform.recepisses(object)? {
            let evidence: serde_json::Value = serde_json::from_slice(&platform.evidence_bytes(id)?).unwrap_or_default();
            receipts.push(evidence);
        }
    }
    if let Some(consent) = own {
        platform.autoriser_sur(acces, Operation::Consultations, Objet::Consentement(consent))?;
    }
    let looked_up = own.map(|consent| platform.consultations(consent)).transpose()?.unwrap_or_default();
    let consent = own.map(|consent| platform.views().consent(consent)).transpose()?;
    Ok(serde_json::json!({
        "format": "constat-export-destinataire/1",
        "compte": acces.compte(),
        "consentement": consent,
        "sessions": platform.lister_sessions(acces)?,
        "actes": acts,
        "recepisses": receipts,
        "consultations_du_registre": looked_up,
    }))
}
