//! Offices for tests: each with its own certificate and age key, in one directory signed by a chamber.
#![allow(dead_code, missing_docs, unreachable_pub, reason = "each test takes what it needs")]
use std::fs;

use dossier::{Finding, Instant, Sha256Digest};
use signification::territoire::annuaire::ANNUAIRE_FORMAT;
use signification::territoire::{Annuaire, Bornes, CodeInsee, Office, OfficeId, Releve, ressort};
use signification::vault::SecretKey;
use signification::{EvidenceSealer, EvidenceVerifier, SignificationError};

use crate::pki::OpensslSealer;

pub fn code(text: &str) -> CodeInsee {
    text.parse().unwrap()
}

/// The nine digits that begin with these eight.
pub fn office_id(eight: u32) -> OfficeId {
    (0..10).find_map(|key| OfficeId::parse(&format!("{eight:08}{key}")).ok()).unwrap()
}

pub fn signer(pki: &OpensslSealer) -> Sha256Digest {
    pki.seal(b"qui").unwrap().signer
}

/// One root store for all, and no timestamp authority: signatures are the matter here.
pub fn trust_each_other(all: &[&OpensslSealer]) {
    let roots: Vec<u8> = all.iter().flat_map(|pki| pki.read("root.pem")).collect();
    for pki in all {
        fs::write(pki.path("root.pem"), &roots).unwrap();
        pki.authority.store(false, std::sync::atomic::Ordering::Relaxed);
    }
}

pub fn office(eight: u32, siege: &str, annexes: &[&str], certificat: Sha256Digest) -> Office {
    let siege = code(siege);
    Office {
        id: office_id(eight),
        nom: format!("Étude ESSAI {eight}"),
        siege,
        annexes: annexes.iter().map(|c| code(c)).collect(),
        cour: ressort(siege).cour.unwrap(),
        cle: SecretKey::generate().public().to_string(),
        certificat,
        courriel: format!("etude{eight}@essai.test"),
    }
}

pub fn releve(numero: u64, etabli_le: &str, mut offices: Vec<Office>) -> Releve {
    offices.sort_by_key(|o| o.id);
    Releve { format: ANNUAIRE_FORMAT.into(), numero, etabli_le: etabli_le.parse().unwrap(), offices }
}

pub fn bornes(maintenant: Instant) -> Bornes {
    Bornes { maintenant, jours_max: 30, dernier_numero: None }
}

pub fn publish(
    releve: &Releve,
    chamber: &OpensslSealer,
    verifier: &dyn EvidenceVerifier,
    bornes: &Bornes,
) -> Result<(Annuaire, Vec<Finding>), SignificationError> {
    let octets = releve.octets()?;
    let signature = chamber.seal(&octets).unwrap().signature;
    Annuaire::ouvrir(&octets, &signature, &signer(chamber), verifier, bornes)
}
