//! The recipient's side: open at any hour, proven by his key, every opening and handing over attested.
use std::fs;
use std::path::Path;

use super::{Consulted, Downloaded, Handover, Platform};
use crate::consent::Actor;
use crate::event::Event;
use crate::journal::owner_only;
use crate::projection::Views;
use crate::store::PieceKind;
use crate::vault::{self, Kind, rename};
use crate::{Id, SignificationError};

/// How the recipient proves who he is here: his private key opens the act.
pub(super) const AUTH_METHOD: &str = "cle-age-x25519";
/// Bytes handed over at a time.
const CHUNK: usize = 64 * 1024;

impl Platform<'_> {
    /// The recipient opens the act: it is decrypted with his key and its fingerprint checked. The first opening counts as
    /// taking cognisance (à personne when it is on the day of sending).
    pub fn consulter(&self, act: Id, cle: &Path) -> Result<Consulted, SignificationError> {
        {
            let _hold = self.holds.take(act);
            self.open_act(act, cle)?;
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

    fn open_act(&self, act: Id, cle: &Path) -> Result<Vec<u8>, SignificationError> {
        let view = self.views().act(act)?;
        self.refuse_erased(view.consent, act)?;
        if !view.state.is_available() {
            let (state, requested) = (view.state.name(), "consult");
            return Err(SignificationError::Transition { machine: "acte", state, requested });
        }
        let key = self.recipient_key(view.consent, cle, act)?;
        let bytes = match vault::get(&self.path("coffre", act), Kind::Acte, act, &view.content, &key) {
            Ok(bytes) => bytes,
            Err(error) => {
                let code = error.code().to_owned();
                self.greffe.record(&Actor::platform(), &Event::VaultAlarm { object: act, code })?;
                return Err(error);
            }
        };
        let auth_method = AUTH_METHOD.to_owned();
        self.greffe.record(&Actor::recipient(view.consent), &Event::ActConsulted { act, auth_method })?;
        self.qualify_act(act)?;
        Ok(bytes)
    }

    /// Hands the act over to `sink`. The hour of receipt is that of the last byte, once `sink` says it is complete; an
    /// interruption before is attested as such and receipts nothing.
    pub fn remettre(&self, act: Id, cle: &Path, sink: &mut dyn Handover) -> Result<Downloaded, SignificationError> {
        let bytes = {
            let _hold = self.holds.take(act);
            self.open_act(act, cle)?
        };
        let view = self.views().act(act)?;
        let (content, consent) = (view.content, view.consent);
        let actor = Actor::recipient(consent);
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
            self.greffe.record(&actor, &Event::HandoverInterrupted { act, bytes: written })?;
            self.attest_all()?;
            return Err(SignificationError::HandoverInterrupted { written, total: content.bytes });
        }
        let (auth_method, sha256) = (AUTH_METHOD.to_owned(), content.sha256);
        let event = Event::ActDownloaded { act, auth_method, bytes: written, sha256 };
        let link = self.greffe.record(&actor, &event)?;
        let recepisse = self.attest_line(link.seq)?;
        let state = self.views().act(act)?.state;
        Ok(Downloaded { acte: act, state, recu_le: link.at, bytes: written, sha256, recepisse, fichiers: vec![] })
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
