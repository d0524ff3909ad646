//! The recipient's side: open at any hour, proven by his key, every opening and handing over attested.
use std::fs;
use std::path::Path;

use super::{Consulted, Downloaded, Handover, Platform};
use crate::comptes::{Operation, mandat};
use crate::consent::Actor;
use crate::event::Event;
use crate::greffe::Link;
use crate::journal::owner_only;
use crate::projection::Views;
use crate::state::ActeView;
use crate::store::PieceKind;
use crate::vault::{self, Kind, SecretKey, rename};
use crate::{Id, SignificationError};

/// How the recipient proves who he is here: his private key opens the act.
pub(super) const AUTH_METHOD: &str = "cle-age-x25519";
/// Bytes handed over at a time.
const CHUNK: usize = 64 * 1024;

/// Who opens an act, proven: the key, and what the journal says of him.
pub(super) struct Lecteur {
    pub(super) key: SecretKey,
    pub(super) actor: Actor,
    pub(super) auth_method: String,
    /// By an account; under which mandate.
    pub(super) par_compte: Option<Option<Id>>,
}

impl Platform<'_> {
    /// The recipient opens the act: it is decrypted with his key and its fingerprint checked. The first opening counts as
    /// taking cognisance (à personne when it is on the day of sending).
    pub fn consulter(&self, act: Id, cle: &Path) -> Result<Consulted, SignificationError> {
        self.consulter_par(act, |view| self.by_key_file(view, cle))
    }

    pub(super) fn consulter_par(
        &self,
        act: Id,
        lecteur: impl FnOnce(&ActeView) -> Result<Lecteur, SignificationError>,
    ) -> Result<Consulted, SignificationError> {
        {
            let _hold = self.holds.take(act);
            self.open_act(act, lecteur)?;
        }
        self.attest_all()?;
        let view = self.views().act(act)?;
        Ok(Consulted {
            acte: act,
            state: view.state,
            premiere_consultation: view.consulted_at,
            qualification: view.qualification,
            etude: self.config.etude.clone(),
            nature: view.nature.to_string(),
            requerant: self.requerant(act).ok(),
            bytes: view.content.bytes,
            sha256: view.content.sha256,
        })
    }

    fn by_key_file(&self, view: &ActeView, cle: &Path) -> Result<Lecteur, SignificationError> {
        let key = self.recipient_key(view.consent, cle, view.id)?;
        let (actor, auth_method) = (Actor::recipient(view.consent), AUTH_METHOD.to_owned());
        Ok(Lecteur { key, actor, auth_method, par_compte: None })
    }

    fn open_act(
        &self,
        act: Id,
        lecteur: impl FnOnce(&ActeView) -> Result<Lecteur, SignificationError>,
    ) -> Result<(Vec<u8>, Lecteur), SignificationError> {
        let view = self.views().act(act)?;
        self.refuse_erased(view.consent, act)?;
        if !view.state.is_available() {
            let (state, requested) = (view.state.name(), "consult");
            return Err(SignificationError::Transition { machine: "acte", state, requested });
        }
        let lecteur = lecteur(&view)?;
        self.conditions_vues(view.consent)?;
        let bytes = match vault::get(&self.path("coffre", act), Kind::Acte, act, &view.content, &lecteur.key) {
            Ok(bytes) => bytes,
            // An act of before his account, or before his mandate: nothing is wrong with the vault.
            Err(SignificationError::KeyRefused { .. }) if lecteur.par_compte.is_some() => {
                return Err(SignificationError::Coffret { why: "cet acte n'a pas été chiffré pour votre clé" });
            }
            Err(error) => {
                let code = error.code().to_owned();
                self.greffe.record(&Actor::platform(), &Event::VaultAlarm { object: act, code })?;
                return Err(error);
            }
        };
        let opened = Event::ActConsulted { act, auth_method: lecteur.auth_method.clone() };
        self.note_reading(&lecteur, Operation::Consulter, act, opened)?;
        self.qualify_act(act)?;
        Ok((bytes, lecteur))
    }

    /// Hands the act over to `sink`. The hour of receipt is that of the last byte, once `sink` says it is complete; an
    /// interruption before is attested as such and receipts nothing.
    pub fn remettre(&self, act: Id, cle: &Path, sink: &mut dyn Handover) -> Result<Downloaded, SignificationError> {
        self.remettre_par(act, |view| self.by_key_file(view, cle), sink)
    }

    pub(super) fn remettre_par(
        &self,
        act: Id,
        lecteur: impl FnOnce(&ActeView) -> Result<Lecteur, SignificationError>,
        sink: &mut dyn Handover,
    ) -> Result<Downloaded, SignificationError> {
        let (bytes, lecteur) = {
            let _hold = self.holds.take(act);
            self.open_act(act, lecteur)?
        };
        let content = self.views().act(act)?.content;
        let mut written = 0_u64;
        let mut sent = Ok(());
        for chunk in bytes.chunks(CHUNK) {
            sent = sink.write_all(chunk);
            if sent.is_err() {
                break;
            }
            written += chunk.len() as u64;
        }
        if sent.and_then(|()| sink.flush()).and_then(|()| sink.complete()).is_err() {
            self.greffe.record(&lecteur.actor, &Event::HandoverInterrupted { act, bytes: written })?;
            self.attest_all()?;
            return Err(SignificationError::HandoverInterrupted { written, total: content.bytes });
        }
        let (auth_method, sha256) = (lecteur.auth_method.clone(), content.sha256);
        let event = Event::ActDownloaded { act, auth_method, bytes: written, sha256 };
        let link = self.greffe.record(&lecteur.actor, &event)?;
        let recepisse = self.attest_line(link.seq)?;
        let state = self.views().act(act)?.state;
        Ok(Downloaded { acte: act, state, recu_le: link.at, bytes: written, sha256, recepisse, fichiers: vec![] })
    }

    /// Writes what was done with an act, with the exercise of the mandate it was done under.
    fn note_reading(
        &self,
        lecteur: &Lecteur,
        operation: Operation,
        act: Id,
        event: Event,
    ) -> Result<Link, SignificationError> {
        let under = lecteur.par_compte.flatten();
        self.greffe.record_at(&lecteur.actor, |_, _| {
            let exercised = under.map(|mandate| mandat::Event::Exercised { mandate, operation, about: act }.into());
            Ok(exercised.into_iter().chain([event.into()]).collect())
        })
    }

    /// Hands the act over into the folder `vers` (made if need be): `acte-ID.pdf`, the office's signature, and the same
    /// receipt as the office's, byte for byte.
    pub fn telecharger(&self, act: Id, cle: &Path, vers: &Path) -> Result<Downloaded, SignificationError> {
        fs::create_dir_all(vers).map_err(|e| SignificationError::io("create", vers, e))?;
        let (part, target) = (vers.join(format!("acte-{act}.pdf.part")), vers.join(format!("acte-{act}.pdf")));
        let mut file = owner_only()
            .write(true)
            .create(true)
            .truncate(true)
            .open(&part)
            .map_err(|e| SignificationError::io("create", &part, e))?;
        let mut done = self.remettre(act, cle, &mut file)?;
        rename(&part, &target)?;
        done.fichiers.push(target);
        if let Some((digests, ..)) = self.views().act(act)?.signature
            && let Some(cipher) = self.greffe.store().piece(PieceKind::SignatureActe, act)?
        {
            let key = vault::SecretKey::read(cle, "destinataire")?;
            let signature = vault::decrypt(&cipher, Kind::Signature, act, &digests, &key)?;
            let target = vers.join(format!("acte-{act}.pdf.p7s"));
            vault::write_private(&target, &signature)?;
            done.fichiers.push(target);
        }
        done.fichiers.extend(self.sortir_recepisse(done.recepisse, vers)?);
        Ok(done)
    }
}
