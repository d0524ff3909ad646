//! Calendars of OpenTimestamps: a commitment is sent, a promise comes back; later, the way to a block.
//!
//! Protocol of python-opentimestamps (`calendar.py`): `POST /digest`, `GET /timestamp/COMMITMENT`. What a calendar learns
//! is a hash over a random nonce: nothing of the bundle.
use dossier::Sha256Digest;

use super::exchange::{Exchange, persistent};
use super::ots::{Attestation, Detached, Op, Timestamp};
use crate::{FetchError, Random};

/// The media type of proofs.
const ACCEPT: &str = "application/vnd.opentimestamps.v1";
/// The longest answer read (python-opentimestamps: 10 000).
const LONGEST: u64 = 10_000;
/// Octets of nonce put after the digest.
const NONCE: usize = 16;
/// Promises followed at most in one proof.
const MOST_PROMISES: usize = 16;
/// Where the public pools keep their promises (the white list of python-opentimestamps): `https`, any name under these.
const KNOWN: [&str; 3] = [".calendar.opentimestamps.org", ".calendar.eternitywall.com", ".calendar.catallaxy.com"];

/// What is said of a calendar that has nothing more yet.
const NOT_YET: &str = "pas encore inscrit dans un bloc";

/// The calendars an office uses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendars {
    /// Where commitments are sent.
    pub addresses: Vec<String>,
    /// Other addresses where a promise may be followed, beside these and the public ones.
    pub allowed: Vec<String>,
}

/// What became of a proof, and what could not be had.
#[derive(Debug)]
pub(crate) struct Asked {
    /// The proof, when it says more than before.
    pub(crate) proof: Option<Detached>,
    /// Calendar by calendar, why nothing came.
    pub(crate) failures: Vec<String>,
    /// Calendars that have nothing more yet.
    pub(crate) waiting: Vec<String>,
}

impl Calendars {
    /// A new proof over `digest`: a nonce, its hash, and what each calendar promises. None when no calendar answered.
    pub(crate) fn submit(&self, digest: &Sha256Digest, exchange: &dyn Exchange, random: &dyn Random) -> Asked {
        let mut nonce = vec![0; NONCE];
        if let Err(why) = random.fill(&mut nonce) {
            return Asked { proof: None, failures: vec![why], waiting: Vec::new() };
        }
        let (mut promised, mut failures) = (Timestamp::default(), Vec::new());
        let commitment = Sha256Digest::of(&[digest.as_bytes().as_slice(), &nonce].concat());
        for address in &self.addresses {
            let url = format!("{}/digest", address.trim_end_matches('/'));
            let post = || exchange.post(&url, ACCEPT, commitment.as_bytes(), LONGEST);
            match answer(persistent(post), commitment.as_bytes()) {
                Ok(timestamp) => promised.merge(timestamp),
                Err(why) => failures.push(format!("{address} : {why}")),
            }
        }
        let operations = [Op::Append(nonce), Op::Sha256];
        let proof = (!promised.is_empty()).then(|| Detached {
            file_hash: Op::Sha256,
            digest: digest.as_bytes().to_vec(),
            timestamp: Timestamp::after(operations, promised),
        });
        Asked { proof, failures, waiting: Vec::new() }
    }

    /// Follows every promise of `proof` whose calendar may be asked; gives the proof completed when one gave more.
    pub(crate) fn upgrade(&self, proof: &Detached, exchange: &dyn Exchange) -> Asked {
        let (mut completed, mut failures, mut waiting) = (proof.clone(), Vec::new(), Vec::new());
        let promises = proof.timestamp.attested(&proof.digest).unwrap_or_default();
        let promises = promises.into_iter().filter_map(|(message, attestation)| match attestation {
            Attestation::Pending(uri) => Some((message, uri)),
            _ => None,
        });
        for (number, (message, uri)) in promises.enumerate() {
            if number >= MOST_PROMISES {
                failures.push(format!("{uri} : au-delà de {MOST_PROMISES} promesses, celle-ci n'est pas suivie"));
                continue;
            }
            if !self.may_ask(&uri) {
                failures.push(format!("{uri} : ce calendrier n'est pas de ceux de l'étude"));
                continue;
            }
            let url = format!("{}/timestamp/{}", uri.trim_end_matches('/'), hex::encode(&message));
            match answer(persistent(|| exchange.get(&url, ACCEPT, LONGEST)), &message) {
                Err(why) if why == NOT_YET => waiting.push(format!("{uri} : {why}")),
                Err(why) => failures.push(format!("{uri} : {why}")),
                Ok(timestamp) => {
                    if let Some(place) = completed.timestamp.at_mut(&proof.digest, &message) {
                        place.merge(timestamp);
                        place.fulfil(&uri);
                    }
                }
            }
        }
        let length = completed.to_bytes().map_or(usize::MAX, |octets| octets.len());
        if completed != *proof && length > super::ots::MAX_PROOF {
            failures.push(format!("la preuve complétée dépasserait {} octets", super::ots::MAX_PROOF));
        }
        let changed = completed != *proof && length <= super::ots::MAX_PROOF;
        Asked { proof: changed.then_some(completed), failures, waiting }
    }

    /// The calendars of the office, those it allows, and the public ones.
    fn may_ask(&self, uri: &str) -> bool {
        let same = |one: &String| one.trim_end_matches('/') == uri.trim_end_matches('/');
        let host = uri.strip_prefix("https://").map(|rest| rest.trim_end_matches('/'));
        let public = host.is_some_and(|host| !host.contains([':', '/']) && KNOWN.iter().any(|end| host.ends_with(end)));
        public || self.addresses.iter().chain(&self.allowed).any(same)
    }
}

/// A timestamp that leads from `message`, or why there is none.
fn answer(reply: Result<super::exchange::Reply, FetchError>, message: &[u8]) -> Result<Timestamp, String> {
    let reply = reply.map_err(|e| e.to_string())?;
    match reply.status {
        200 => {}
        404 => return Err(NOT_YET.into()),
        status => return Err(format!("HTTP {status}")),
    }
    let timestamp = Timestamp::parse(&reply.body).map_err(|e| e.to_string())?;
    timestamp.attested(message).map_err(|e| e.to_string())?;
    Ok(timestamp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_is_followed_to_known_calendars_only() {
        let calendars = Calendars {
            addresses: vec!["http://127.0.0.1:9/".into()],
            allowed: vec!["https://calendrier.exemple.fr".into()],
        };
        for uri in
            ["http://127.0.0.1:9", "https://calendrier.exemple.fr", "https://alice.btc.calendar.opentimestamps.org"]
        {
            assert!(calendars.may_ask(uri), "{uri}");
        }
        for uri in [
            "http://alice.btc.calendar.opentimestamps.org",
            "https://evil.example/.calendar.opentimestamps.org",
            "https://evil.example:1.calendar.opentimestamps.org",
            "https://calendar.opentimestamps.org.evil.example",
            "http://127.0.0.1:10",
        ] {
            assert!(!calendars.may_ask(uri), "{uri}");
        }
    }
}
