//! The state of one certificate at one instant, from the CRLs and OCSP answers at hand (RFC 5280 6.3, RFC 6960 3.2).
use dossier::Instant;

use super::ocsp::State;
use super::{Carried, Crl, OcspAnswer, Reason, Revocation};
use crate::oid;
use crate::x509::Certificate;

/// How far clocks may disagree.
const SKEW_MS: i64 = 5 * 60_000;

/// The state of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// Not revoked, as of that date.
    Good { as_of: Instant },
    /// Revoked; `held_only` when it may have been lifted since.
    Revoked(Revocation),
    /// The certificate announces no source, and nothing speaks of it.
    NoSource,
    /// A source is announced, nothing usable is at hand: why, for each piece that speaks of it.
    Missing(Vec<String>),
}

/// Everything at hand.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pool {
    pub(crate) certificates: Vec<Certificate>,
    pub(crate) crls: Vec<Crl>,
    pub(crate) answers: Vec<OcspAnswer>,
}

/// What one piece of evidence says.
struct Word {
    this_update: Instant,
    revocation: Option<Revocation>,
}

impl Pool {
    /// Adds what a SignedData carries.
    pub(crate) fn add(&mut self, carried: &Carried, certificates: &[Certificate]) {
        self.crls.extend(carried.crls.iter().cloned());
        self.answers.extend(carried.answers.iter().cloned());
        self.certificates.extend(certificates.iter().cloned());
    }

    /// The state of `certificate`, issued by `issuer`, judged for instant `at`.
    pub(crate) fn status(&self, certificate: &Certificate, issuer: &Certificate, at: Instant) -> Status {
        let (mut words, mut refused) = (Vec::new(), Vec::new());
        for crl in self.crls.iter().filter(|crl| crl.issuer == certificate.issuer) {
            match word_of_crl(crl, certificate, issuer, at) {
                Ok(word) => words.push(word),
                Err(why) => refused.push(format!("{} : {why}", crl.label())),
            }
        }
        for answer in &self.answers {
            match self.word_of_answer(answer, certificate, issuer, at) {
                None => {}
                Some(Ok(word)) => words.push(word),
                Some(Err(why)) => refused.push(format!("{} : {why}", answer.label())),
            }
        }
        // A final revocation stands whoever tells it; a hold may have been lifted since.
        let is_final = |word: &&Word| word.revocation.as_ref().is_some_and(|r| r.reason != Reason::Hold);
        if let Some(word) = words.iter().filter(is_final).min_by_key(|w| w.revocation.as_ref().map(|r| r.at)) {
            return word.revocation.clone().map_or(Status::Missing(Vec::new()), Status::Revoked);
        }
        match words.into_iter().max_by_key(|word| word.this_update) {
            Some(Word { revocation: Some(revocation), .. }) => Status::Revoked(revocation),
            Some(Word { this_update, .. }) => Status::Good { as_of: this_update },
            None if certificate.extensions.sources.announced || !refused.is_empty() => Status::Missing(refused),
            None => Status::NoSource,
        }
    }

    fn word_of_answer(
        &self,
        answer: &OcspAnswer,
        certificate: &Certificate,
        issuer: &Certificate,
        at: Instant,
    ) -> Option<Result<Word, String>> {
        let said = answer.about(certificate, issuer)?;
        let judge = || {
            let signer =
                answer.signer(std::iter::once(issuer)).ok_or("its signature is wrong, or its signer unknown")?;
            self.check_responder(signer, issuer, answer.produced_at)?;
            let revocation = match said.state {
                State::Good => None,
                State::Revoked(revocation) => Some(revocation),
                State::Unknown => return Err("the responder does not know the certificate".to_owned()),
            };
            if revocation.is_none() && certificate.not_after < said.this_update {
                return Err("made after the certificate expired".to_owned());
            }
            fresh(said.this_update, said.next_update, at)?;
            Ok(Word { this_update: said.this_update, revocation })
        };
        Some(judge())
    }

    /// Whether `answer` gives a usable word on the certificate at `at`; the CRLs of the pool may tell of its delegate.
    pub(crate) fn check_answer(
        &self,
        answer: &OcspAnswer,
        certificate: &Certificate,
        issuer: &Certificate,
        at: Instant,
    ) -> Result<(), String> {
        match self.word_of_answer(answer, certificate, issuer, at) {
            Some(word) => word.map(drop),
            None => Err("ne dit rien de ce certificat".into()),
        }
    }

    /// Who may sign an answer: the issuer itself, or a delegate it issued for that alone (RFC 6960 4.2.2.2), whose own
    /// state is either not to be asked or told by a CRL.
    fn check_responder(&self, signer: &Certificate, issuer: &Certificate, made: Instant) -> Result<(), String> {
        if signer.subject == issuer.subject && signer.key == issuer.key {
            return Ok(());
        }
        let extensions = &signer.extensions;
        let delegated = extensions.purposes.as_ref().is_some_and(|(list, _)| list.contains(&oid::KP_OCSP_SIGNING));
        if !signer.is_signed_by(issuer) || !delegated || !extensions.unknown_critical.is_empty() {
            return Err(format!("{} holds no delegation of the authority (OCSPSigning)", signer.subject_text()));
        }
        let usage = extensions.key_use.unwrap_or_default();
        if extensions.key_use.is_some() && !(usage.digital_signature || usage.non_repudiation) {
            return Err("the delegate's key usage does not allow signatures".into());
        }
        if made < signer.not_before || made > signer.not_after {
            return Err("made outside the validity of its signer".into());
        }
        let told = || {
            let mut lists = self.crls.iter().filter_map(|crl| word_of_crl(crl, signer, issuer, made).ok());
            lists.any(|word| word.revocation.is_none())
        };
        if extensions.no_check || told() { Ok(()) } else { Err("the state of the delegate is not known".into()) }
    }

    /// The first piece that nobody at hand signed: octets that could be changed unseen.
    pub(crate) fn unexplained(&self) -> Option<String> {
        let crl = self.crls.iter().find(|crl| !self.certificates.iter().any(|c| crl.is_signed_by(c)));
        if let Some(crl) = crl {
            return Some(crl.label());
        }
        let known = |c: &Certificate| {
            self.certificates.contains(c) || self.certificates.iter().any(|issuer| c.is_signed_by(issuer))
        };
        let explained = |answer: &&OcspAnswer| {
            answer.signer(self.certificates.iter()).is_some_and(known) && answer.certificates.iter().all(known)
        };
        self.answers.iter().find(|answer| !explained(answer)).map(OcspAnswer::label)
    }
}

fn word_of_crl(crl: &Crl, certificate: &Certificate, issuer: &Certificate, at: Instant) -> Result<Word, String> {
    crl.covers(certificate, issuer)?;
    let revocation = crl.entry(certificate).cloned();
    // An entry stays true once it was made; its absence is a word for a while only.
    if revocation.as_ref().is_none_or(|r| r.reason == Reason::Hold) {
        fresh(crl.this_update, crl.next_update, at)?;
    }
    Ok(Word { this_update: crl.this_update, revocation })
}

/// Whether what was said at `this` still counts at `at`: said later, or not yet replaced by then.
fn fresh(this: Instant, next: Option<Instant>, at: Instant) -> Result<(), String> {
    let (this_ms, at_ms) = (this.as_millisecond(), at.as_millisecond());
    let until = next.map_or(this_ms, |next| next.as_millisecond());
    if next.is_some_and(|next| next < this) {
        return Err("nextUpdate before thisUpdate".into());
    }
    if this_ms >= at_ms || until + SKEW_MS >= at_ms {
        return Ok(());
    }
    let next = next.map_or_else(|| "sans date suivante".to_owned(), |next| next.to_string());
    Err(format!("trop ancienne pour le {at} (du {this}, suivante : {next})"))
}
