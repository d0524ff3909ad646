//! While sealing: the certificates of a chain by caIssuers, and the state of each by CRL and OCSP. Each piece is fully
//! checked before it is kept; what cannot be had is told. The network comes in as an argument, within a budget.
use std::collections::BTreeMap;

use dossier::{Clock, Instant};

use super::{Crl, FetchError, Network, OcspAnswer, Pool, Status, crl_choice, ocsp, ocsp_choice};
use crate::Random;
use crate::x509::{Certificate, pem_certificates};

/// The longest certificate, OCSP answer and CRL fetched, in octets.
const MAX_CERTIFICATE: u64 = 32 * 1024;
const MAX_ANSWER: u64 = 64 * 1024;
const MAX_CRL: u64 = 1 << 20;
/// All that is fetched for one bundle: octets, exchanges, and milliseconds.
const MAX_TOTAL: u64 = 6 << 20;
const MAX_EXCHANGES: usize = 32;
const MAX_MS: i64 = 60_000;
/// Certificates in a chain at most.
const MAX_DEPTH: usize = 8;
/// Addresses of one kind tried for one certificate.
const MAX_ADDRESSES: usize = 3;

/// What is kept beside the OCSP answers: `openssl ts` reads CRLs in a token and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// CRL and OCSP answer, whichever are announced.
    Both,
    /// OCSP only where no CRL is to be had.
    CrlFirst,
}

/// What was had for one or more chains.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gathered {
    /// The chains, roots included when at hand.
    pub(crate) certificates: Vec<Certificate>,
    /// Elements of the `crls` field.
    pub(crate) revocation: Vec<Vec<u8>>,
}

impl Gathered {
    fn keep(&mut self, certificate: &Certificate) {
        if !self.certificates.contains(certificate) {
            self.certificates.push(certificate.clone());
        }
    }

    fn embed(&mut self, choice: Vec<u8>) {
        if !self.revocation.contains(&choice) {
            self.revocation.push(choice);
        }
    }
}

/// Fetches for one bundle.
pub(crate) struct Gatherer<'a> {
    network: &'a dyn Network,
    clock: &'a dyn Clock,
    random: &'a dyn Random,
    began: Instant,
    octets: u64,
    exchanges: usize,
    fetched: BTreeMap<String, Result<Vec<u8>, FetchError>>,
    /// What could not be had, and why, in French.
    pub(crate) failures: Vec<String>,
}

impl<'a> Gatherer<'a> {
    /// Nothing is fetched yet.
    pub(crate) fn new(network: &'a dyn Network, clock: &'a dyn Clock, random: &'a dyn Random) -> Self {
        let began = clock.now();
        Self { network, clock, random, began, octets: 0, exchanges: 0, fetched: BTreeMap::new(), failures: Vec::new() }
    }

    /// Adds to `to` the chain of `leaf` (issuers are looked for in `pool` first) and the state of each certificate.
    pub(crate) fn chain(&mut self, leaf: &Certificate, pool: &[Certificate], wanted: Wanted, to: &mut Gathered) {
        let mut certificate = leaf.clone();
        to.keep(&certificate);
        for _ in 0..MAX_DEPTH {
            if certificate.is_self_issued() && certificate.is_signed_by(&certificate) {
                return;
            }
            let Some(issuer) = self.issuer(&certificate, pool) else {
                self.failures.push(format!("émetteur de {} : introuvable", certificate.subject_text()));
                return;
            };
            to.keep(&issuer);
            self.state(&certificate, &issuer, wanted, to);
            certificate = issuer;
        }
    }

    fn issuer(&mut self, certificate: &Certificate, pool: &[Certificate]) -> Option<Certificate> {
        let signs = |issuer: &&Certificate| issuer.extensions.constraints.ca && certificate.is_signed_by(issuer);
        if let Some(issuer) = pool.iter().find(signs) {
            return Some(issuer.clone());
        }
        for url in certificate.extensions.sources.issuers.iter().take(MAX_ADDRESSES) {
            let Some(octets) = self.get(url, MAX_CERTIFICATE) else { continue };
            let read = Certificate::parse(&octets).map(|c| vec![c]).or_else(|_| pem_certificates(&octets));
            match read.unwrap_or_default().iter().find(signs) {
                Some(issuer) => return Some(issuer.clone()),
                None => self.failures.push(format!("{url} : ce n'est pas le certificat de l'émetteur")),
            }
        }
        None
    }

    fn state(&mut self, certificate: &Certificate, issuer: &Certificate, wanted: Wanted, to: &mut Gathered) {
        let sources = certificate.extensions.sources.clone();
        let (mut pool, mut had) = (Pool::default(), false);
        for url in sources.crls.iter().take(MAX_ADDRESSES) {
            let Some(octets) = self.get(url, MAX_CRL) else { continue };
            let read = Crl::parse(&octets).map_err(|e| e.to_string());
            match read.and_then(|crl| self.checked(Pool { crls: vec![crl], ..Pool::default() }, certificate, issuer)) {
                Ok(checked) => {
                    checked.crls.iter().for_each(|crl| to.embed(crl_choice(crl)));
                    pool.crls = checked.crls;
                    had = true;
                    break;
                }
                Err(why) => self.failures.push(format!("{url} : {why}")),
            }
        }
        if wanted == Wanted::CrlFirst && had {
            return;
        }
        for url in sources.ocsp.iter().take(MAX_ADDRESSES) {
            match self.answer(url, certificate, issuer, &pool) {
                Ok(answer) => {
                    to.embed(ocsp_choice(&answer));
                    break;
                }
                Err(why) => self.failures.push(format!("{url} : {why}")),
            }
        }
    }

    fn answer(
        &mut self,
        url: &str,
        certificate: &Certificate,
        issuer: &Certificate,
        pool: &Pool,
    ) -> Result<OcspAnswer, String> {
        let mut nonce = [0; 16];
        self.random.fill(&mut nonce)?;
        let request = ocsp::request(certificate, issuer, &nonce);
        self.room()?;
        let octets = self.network.ask(url, &request, MAX_ANSWER).map_err(|e| e.to_string())?;
        self.octets += octets.len() as u64;
        let answer = OcspAnswer::parse(&octets).map_err(|e| e.to_string())?;
        // RFC 6960 4.4.1: a responder may leave the nonce out; another one is an answer to somebody else.
        if answer.nonce.as_ref().is_some_and(|found| *found != nonce) {
            return Err("la réponse porte le nonce d'une autre demande".into());
        }
        pool.check_answer(&answer, certificate, issuer, self.clock.now())?;
        Ok(answer)
    }

    /// The pool, when it gives a usable word on the certificate now.
    fn checked(&self, pool: Pool, certificate: &Certificate, issuer: &Certificate) -> Result<Pool, String> {
        match pool.status(certificate, issuer, self.clock.now()) {
            Status::Good { .. } | Status::Revoked(_) => Ok(pool),
            Status::Missing(why) if !why.is_empty() => Err(why.join(", ")),
            _ => Err("ne dit rien de ce certificat".into()),
        }
    }

    fn room(&mut self) -> Result<(), String> {
        self.exchanges += 1;
        let spent = self.clock.now().as_millisecond() - self.began.as_millisecond();
        if self.exchanges > MAX_EXCHANGES || self.octets > MAX_TOTAL || spent > MAX_MS {
            return Err("trop d'échanges, d'octets ou de temps pour un scellé".into());
        }
        Ok(())
    }

    /// The body at `url`, fetched once.
    fn get(&mut self, url: &str, limit: u64) -> Option<Vec<u8>> {
        if let Some(known) = self.fetched.get(url) {
            return known.clone().ok();
        }
        if let Err(why) = self.room() {
            self.failures.push(format!("{url} : {why}"));
            return None;
        }
        let result = self.network.get(url, limit);
        match &result {
            Ok(octets) => self.octets += octets.len() as u64,
            Err(error) => self.failures.push(format!("{url} : {error}")),
        }
        self.fetched.insert(url.to_owned(), result.clone());
        result.ok()
    }
}
