//! Interruptions of the service: announced, begun, ended, and attested with a signature and a time (row B09; CPC art. 748-7).
use std::path::{Path, PathBuf};

use dossier::{Instant, to_canonical};
use serde::Serialize;

use super::{Demandeur, Objet, Platform};
use crate::comptes::droits::Operation;
use crate::comptes::interruption::{self, Attestation, Cause, attestation};
use crate::evidence::TimeProof;
use crate::exploitation::{A, Motif};
use crate::fact::Fact;
use crate::projection::Views;
use crate::store::Table;
use crate::vault::write_signed;
use crate::{Id, SignificationError};

/// A signed attestation of unavailability.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AttestationSignee {
    /// What it says.
    pub contenu: Attestation,
    /// Its lines, in French.
    pub phrases: Vec<String>,
    /// Its canonical octets: what is signed.
    #[serde(skip)]
    pub octets: Vec<u8>,
    /// Detached CMS over them.
    #[serde(skip)]
    pub signature: Vec<u8>,
    /// RFC 3161 token over them; without, « horodatage différé ».
    #[serde(skip)]
    pub jeton: Option<Vec<u8>>,
}

impl AttestationSignee {
    /// Writes it into a folder (made if need be): `attestation.json`, its signature, its token.
    pub fn ecrire(&self, vers: &Path) -> Result<Vec<PathBuf>, SignificationError> {
        write_signed(vers, "attestation.json", (&self.octets, &self.signature, self.jeton.as_deref()))
    }
}

impl Platform<'_> {
    /// Announces an interruption to come.
    pub fn annoncer_interruption<'d>(
        &self,
        qui: impl Into<Demandeur<'d>>,
        cause: Cause,
        (from, to): (Instant, Instant),
    ) -> Result<Id, SignificationError> {
        let outage = self.new_id()?;
        let told = Motif::Interruption { interruption: outage }.prevu(A::Etude, self.ctx.clock.now())?;
        let announced = interruption::Event::Announced { outage, cause, from, to };
        self.noter_interruption(qui.into(), vec![announced.into(), told.into()])?;
        Ok(outage)
    }

    /// Notes that an interruption began, announced before (`outage`) or not.
    pub fn commencer_interruption<'d>(
        &self,
        qui: impl Into<Demandeur<'d>>,
        outage: Option<Id>,
        cause: Cause,
        from: Instant,
    ) -> Result<Id, SignificationError> {
        let outage = outage.map_or_else(|| self.new_id(), Ok)?;
        self.noter_interruption(qui.into(), vec![interruption::Event::Started { outage, cause, from }.into()])?;
        Ok(outage)
    }

    /// Notes that it ended.
    pub fn finir_interruption<'d>(
        &self,
        qui: impl Into<Demandeur<'d>>,
        outage: Id,
        to: Instant,
    ) -> Result<(), SignificationError> {
        self.noter_interruption(qui.into(), vec![interruption::Event::Ended { outage, to }.into()])
    }

    fn noter_interruption(&self, qui: Demandeur<'_>, facts: Vec<Fact>) -> Result<(), SignificationError> {
        let auteur = self.autoriser_sur(qui, Operation::Interrompre, Objet::Tous)?;
        self.greffe.record_at(auteur.acteur(), |_, _| Ok(facts)).map(|_| ())
    }

    /// Every interruption, oldest first: for the banner of a portal too.
    pub fn interruptions(&self) -> Result<Vec<interruption::View>, SignificationError> {
        let mut all = Vec::new();
        for (key, _) in self.views().scan(Table::Interruption, &[], None, usize::MAX)? {
            all.extend(self.views().view::<interruption::View>(Table::Interruption, &key)?);
        }
        Ok(all)
    }

    /// Attests what the journal tells of the interruptions between two instants. Anybody may ask.
    pub fn attester_indisponibilite(&self, du: Instant, au: Instant) -> Result<AttestationSignee, SignificationError> {
        let contenu = attestation((du, au), self.ctx.clock.now(), &self.interruptions()?)?;
        let octets = to_canonical(&contenu)?;
        let sealed = self.ctx.sealer.seal(&octets).map_err(|e| SignificationError::Seal { why: e.code })?;
        let jeton = match sealed.time {
            TimeProof::Token(token) => Some(token),
            TimeProof::Deferred { .. } => None,
        };
        let phrases = contenu.phrases();
        Ok(AttestationSignee { contenu, phrases, octets, signature: sealed.signature, jeton })
    }
}
