//! What comes in is searched for malware before it is kept (row C11): replies, identity documents. What is infected is kept
//! apart, what could not be searched follows the policy, and who sent it is told.
use std::path::Path;

use dossier::{Digests, Instant};

use super::Platform;
use crate::consent::{Actor, PieceKind};
use crate::greffe::With;
use crate::notice::rappel::fichier_refuse;
use crate::scan::{self, Analyseur, Clamd, Decision, Motif, Refus, Verdict, decider};
use crate::vault::{self, Kind, private_folder};
use crate::{Id, SignificationError};

/// A file that may be kept.
pub(super) struct Entrant {
    pub fichier: Id,
    /// A salt, a line feed, its octets: what is kept, and what the journal digests. A known document is not recognised there.
    pub octets: Vec<u8>,
    pub contenu: Digests,
    pub analyse: bool,
}

impl Platform<'_> {
    /// Searches a file that `sender` gave and tells the journal. The inner error is the refusal.
    pub(super) fn analyser(
        &self,
        sender: Id,
        bytes: &[u8],
    ) -> Result<Result<Entrant, (Id, Refus)>, SignificationError> {
        let fichier = self.new_id()?;
        let io = |e| SignificationError::io("read", Path::new("fichier reçu"), e);
        let (found, searched) = match self.outils.analyseur {
            Some(engine) => engine.analyser(&mut &*bytes).map_err(io)?,
            None => Clamd::new(&self.config.analyse)?.analyser(&mut &*bytes).map_err(io)?,
        };
        // A verdict about other octets is none.
        let verdict = match found {
            Verdict::Sain if searched != Digests::of(bytes) => Verdict::NonAnalyse { motif: Motif::ReponseInconnue },
            other => other,
        };
        let mut octets = self.secret()?.into_bytes();
        octets.push(b'\n');
        octets.extend_from_slice(bytes);
        let contenu = Digests::of(&octets);
        let decision = decider(&verdict, self.config.analyse.politique);
        if matches!(decision, Decision::Quarantaine(_)) {
            let path = self.dans("quarantaine", fichier)?;
            vault::put(&path, Kind::Jointe, fichier, &octets, &[self.registry.public()])?;
        }
        let fact = scan::Event::of(fichier, sender, (&verdict, contenu), self.config.analyse.politique);
        self.greffe.record_at(&Actor::platform(), |_, _| Ok(vec![fact.into()]))?;
        Ok(match decision {
            Decision::Admis { analyse } => Ok(Entrant { fichier, octets, contenu, analyse }),
            Decision::Quarantaine(refus) | Decision::Refuse(refus) => Err((fichier, refus)),
        })
    }

    /// Searches the supporting documents of a declaration; the first refusal is told to who brought them.
    pub(super) fn analyser_pieces(
        &self,
        consent: Id,
        given: &[(PieceKind, Vec<u8>)],
    ) -> Result<(), SignificationError> {
        for (_, bytes) in given {
            if let Err((_, refus)) = self.analyser(consent, bytes)? {
                return Err(file_refused(&refus));
            }
        }
        Ok(())
    }

    /// Tells a recipient that a file of his was not taken. A mail server that refuses does not hide the refusal.
    pub(super) fn avertir_refus(
        &self,
        consent: Id,
        fichier: Id,
        (refus, depose): (&Refus, Instant),
    ) -> Result<(), SignificationError> {
        let (person, notice, now) = (self.person(consent)?, self.new_id()?, self.ctx.clock.now());
        let (name, to) = (person.display_name(), person.courriel());
        let message = fichier_refuse(&self.config, notice, (&name, to), (refus, depose), now)?;
        let with = With { pieces: vec![self.kept_message(consent, &message)?], ..With::default() };
        let (code, accepted) = match self.ctx.mailer.send(&message) {
            Ok(taken) => (taken.code.to_string(), true),
            Err(refused) => (refused.code, false),
        };
        let told = scan::Event::SenderTold { file: fichier, sender: consent, notice, code, accepted };
        let ticket = self.greffe.stage(&Actor::platform(), with, |_, _| Ok(vec![told.into()]))?;
        self.greffe.wait(ticket).map(|_| ())
    }

    /// Like `path_made`, in a folder that stores made by earlier versions do not have.
    pub(super) fn dans(&self, folder: &str, id: Id) -> Result<std::path::PathBuf, SignificationError> {
        let root = self.root.join(folder);
        if !root.is_dir() {
            match private_folder(&root) {
                Err(SignificationError::Io { source, .. }) if source.kind() == std::io::ErrorKind::AlreadyExists => {}
                other => other?,
            }
        }
        self.path_made(folder, id)
    }
}

pub(super) fn file_refused(refus: &Refus) -> SignificationError {
    SignificationError::FileRefused { code: refus.code(), why: refus.phrase() }
}
