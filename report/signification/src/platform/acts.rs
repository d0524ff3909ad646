//! Deposit of an act: form checked, signed by the office, encrypted for its recipient; nothing is sent.
use std::fs::{self, File};
use std::io::Read;

use dossier::{Digests, Instant, parse_strict, to_canonical};
use serde::{Deserialize, Serialize};

use super::registry::label;
use super::{DepositInput, Deposited, Platform};
use crate::acte::{Nature, Refusal};
use crate::config::Escrow;
use crate::consent::{Actor, ConsentState, Role};
use crate::event::Event;
use crate::state::ConsentView;
use crate::vault::{self, Kind, MAX_OBJECT, PublicKey};
use crate::{Id, SignificationError};

/// The office's record of an act: what its letter and its evidence need, apart from the act.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fiche {
    requerant: String,
    fichier: String,
    sel: String,
}

impl Platform<'_> {
    /// Takes an act in, has the office sign it, and seals it in the vault. The content is not judged (CGU: form only).
    pub fn deposer(&mut self, actor: &Actor, input: &DepositInput) -> Result<Deposited, SignificationError> {
        if actor.role != Role::Etude {
            return Err(SignificationError::Actor { role: actor.role.name(), requested: "deposit" });
        }
        let nature = Nature::new(&input.nature)?;
        let (dossier, requerant) = (label("dossier", &input.dossier)?, label("requerant", &input.requerant)?);
        let now = self.ctx.clock.now();
        let consent = self.state.consent(input.consent)?.clone();
        let codes = consent_refusals(&consent, &nature, now);
        let keys = self.keys_for(&consent)?;
        if !codes.is_empty() {
            let list = codes.iter().map(|c| c.code()).collect();
            self.record(actor, &Event::DepositRefused { consent: consent.id, codes })?;
            return Err(SignificationError::ActRefused { codes: list });
        }
        let bytes = read_act(&input.fichier)?;
        let content = Digests::of(&bytes);
        // Signed before anything is kept: sign or fail.
        let sealed = self.ctx.sealer.seal(&bytes).map_err(|e| SignificationError::Seal { why: e.code })?;
        let act = self.new_id()?;
        let fichier = input.fichier.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let record = to_canonical(&Fiche { requerant, fichier, sel: self.new_id()?.to_string() })?;
        vault::put(&self.path("coffre/fiches", act, "age"), Kind::Fiche, act, &record, &[self.office.public()])?;
        let media_type = "application/pdf".to_owned();
        let record = Digests::of(&record);
        let consent = consent.id;
        let drafted = Event::ActDrafted { act, consent, dossier, nature, content, media_type, record };
        self.record(actor, &drafted)?;
        let path = self.path("coffre/signatures", act, "p7s.age");
        vault::put(&path, Kind::Signature, act, &sealed.signature, &keys)?;
        let signature = Digests::of(&sealed.signature);
        let (signer, level) = (sealed.signer, sealed.level.clone());
        self.record(actor, &Event::ActSigned { act, signature, signer, level: level.clone() })?;
        let cipher = vault::put(&self.path("coffre/attente", act, "age"), Kind::Acte, act, &bytes, &keys)?;
        let recipients = keys.iter().map(ToString::to_string).collect();
        self.record(actor, &Event::ActSealed { act, cipher, recipients })?;
        Ok(Deposited {
            acte: act,
            state: self.state.act(act)?.state,
            bytes: content.bytes,
            sha256: content.sha256,
            sha512: content.sha512,
            signature: level,
            contenu_verifie: false,
        })
    }

    fn keys_for(&self, consent: &ConsentView) -> Result<Vec<PublicKey>, SignificationError> {
        let mut keys = match &consent.recipient_key {
            Some(text) => vec![PublicKey::parse(text)?],
            None => Vec::new(),
        };
        if self.config.sequestre == Escrow::Etude {
            keys.push(self.office.public());
        }
        Ok(keys)
    }

    /// On whose request the act is served, from the office's record.
    pub(super) fn requerant(&self, act: Id) -> Result<String, SignificationError> {
        let digests = self.state.act(act)?.record;
        let bytes = vault::get(&self.path("coffre/fiches", act, "age"), Kind::Fiche, act, &digests, &self.office)?;
        let fiche: Fiche = serde_json::from_value(parse_strict(&bytes)?)
            .map_err(|_| SignificationError::Unknown { kind: "fiche", id: act.to_string() })?;
        Ok(fiche.requerant)
    }

    /// Gives an act up before it is sent.
    pub fn rejeter(&mut self, actor: &Actor, act: Id) -> Result<std::path::PathBuf, SignificationError> {
        if actor.role != Role::Etude {
            return Err(SignificationError::Actor { role: actor.role.name(), requested: "reject" });
        }
        let now = self.ctx.clock.now();
        let view = self.state.act(act)?;
        let codes = consent_refusals(self.state.consent(view.consent)?, &view.nature, now);
        let link = self.record_at(now, actor, &Event::ActRejected { act, codes })?;
        self.attest_line(link.seq)
    }
}

/// What a consent says against an act of this nature at `now`.
pub(super) fn consent_refusals(consent: &ConsentView, nature: &Nature, now: Instant) -> Vec<Refusal> {
    let mut codes = Vec::new();
    match consent.state {
        ConsentState::Actif if consent.scope.is_over(now) => codes.push(Refusal::ConsentementExpire),
        ConsentState::Actif => {}
        ConsentState::Expire => codes.push(Refusal::ConsentementExpire),
        ConsentState::Suspendu => codes.push(Refusal::CompteSuspendu),
        _ => codes.push(Refusal::SansConsentement),
    }
    if !consent.scope.covers(nature) {
        codes.push(Refusal::HorsPerimetre);
    }
    codes
}

/// Reads a PDF act; only its form is checked: signature of the format at both ends, and size.
fn read_act(path: &std::path::Path) -> Result<Vec<u8>, SignificationError> {
    let file = File::open(path).map_err(|e| SignificationError::io("open", path, e))?;
    let meta = fs::metadata(path).map_err(|e| SignificationError::io("read", path, e))?;
    if !meta.is_file() {
        return Err(SignificationError::ActFile { why: "ce n'est pas un fichier" });
    }
    let mut bytes = Vec::new();
    file.take(MAX_OBJECT + 1).read_to_end(&mut bytes).map_err(|e| SignificationError::io("read", path, e))?;
    if bytes.len() as u64 > MAX_OBJECT {
        return Err(SignificationError::ActFile { why: "plus de 256 Mio" });
    }
    if !bytes.starts_with(b"%PDF-") {
        return Err(SignificationError::ActFile { why: "ne commence pas par %PDF-" });
    }
    let tail = bytes.get(bytes.len().saturating_sub(1024)..).unwrap_or(&bytes);
    if !tail.windows(5).any(|w| w == b"%%EOF") {
        return Err(SignificationError::ActFile { why: "tronqué : pas de %%EOF à la fin" });
    }
    Ok(bytes)
}
