//! Why: signs as an office does, with a P-256 key held in memory: detached CMS, CAdES attributes, the certificate inside. Made here
//! and not by the sealer, whose package this one does not know; OpenSSL judges it. Tokens are those of OpenSSL's own authority.
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use dossier::Sha256Digest;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use signification::{EvidenceSealer, SealerError, SignedEvidence};

use crate::mesure::Mesures;

/// Object identifiers, encoded.
const SIGNED_DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
const DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
const CONTENT_TYPE: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03";
const MESSAGE_DIGEST: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04";
const SIGNING_CERTIFICATE: &[u8] = b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x2f";
const SHA256: &[u8] = b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01";
const ECDSA_SHA256: &[u8] = b"\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02";

/// A folder with `signer.p8`, `signer.der`, `signer.ski`, `tsa.key`, `tsa.pem` and `tsa.cnf`.
pub(crate) struct Sceau {
    folder: PathBuf,
    key: EcdsaKeyPair,
    certificate: Vec<u8>,
    key_id: Vec<u8>,
    random: SystemRandom,
    mesures: Arc<Mesures>,
    tokens: AtomicU64,
}

fn refused(code: &str, text: impl ToString) -> SealerError {
    SealerError { code: code.to_owned(), text: text.to_string() }
}

/// A DER value.
fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    let length = u32::try_from(body.len()).unwrap();
    let octets = length.to_be_bytes();
    let head = match length {
        0..=0x7f => vec![tag, octets[3]],
        0x80..=0xff => vec![tag, 0x81, octets[3]],
        _ => vec![tag, 0x82, octets[2], octets[3]],
    };
    [head, body].concat()
}

fn attribute(name: &[u8], value: &[u8]) -> Vec<u8> {
    der(0x30, &[name, &der(0x31, &[value])])
}

impl Sceau {
    pub(crate) fn new(folder: PathBuf, mesures: Arc<Mesures>) -> Self {
        let random = SystemRandom::new();
        let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &read("signer.p8"), &random).unwrap();
        let key_id = hex::decode(String::from_utf8(read("signer.ski")).unwrap().trim()).unwrap();
        let certificate = read("signer.der");
        Self { folder, key, certificate, key_id, random, mesures, tokens: AtomicU64::new(0) }
    }

    /// RFC 5652, 5.3: the attributes are signed as a SET, and carried under a tag of their own.
    fn cms(&self, bytes: &[u8]) -> Vec<u8> {
        let digest = |octets: &[u8]| der(0x04, &[Sha256Digest::of(octets).as_bytes()]);
        let certificate = der(0x30, &[&der(0x30, &[&der(0x30, &[&digest(&self.certificate)])])]);
        let mut attributes = [
            attribute(CONTENT_TYPE, DATA),
            attribute(MESSAGE_DIGEST, &digest(bytes)),
            attribute(SIGNING_CERTIFICATE, &certificate),
        ];
        attributes.sort();
        let attributes = attributes.concat();
        let signature = self.key.sign(&self.random, &der(0x31, &[&attributes])).unwrap();
        let sha256 = der(0x30, &[SHA256]);
        let signer = der(
            0x30,
            &[
                b"\x02\x01\x03",
                &der(0x80, &[&self.key_id]),
                &sha256,
                &der(0xa0, &[&attributes]),
                &der(0x30, &[ECDSA_SHA256]),
                &der(0x04, &[signature.as_ref()]),
            ],
        );
        let signed = der(
            0x30,
            &[
                b"\x02\x01\x03",
                &der(0x31, &[&sha256]),
                &der(0x30, &[DATA]),
                &der(0xa0, &[&self.certificate]),
                &der(0x31, &[&signer]),
            ],
        );
        der(0x30, &[SIGNED_DATA, &der(0xa0, &[&signed])])
    }

    fn openssl(&self, arguments: &[&str]) -> Result<(), SealerError> {
        let done = Command::new("openssl").args(arguments).current_dir(&self.folder).output();
        let done = done.map_err(|e| refused("tsp.openssl", e))?;
        if done.status.success() { Ok(()) } else { Err(refused("tsp.openssl", String::from_utf8_lossy(&done.stderr))) }
    }
}

impl EvidenceSealer for Sceau {
    fn sign(&self, bytes: &[u8]) -> Result<SignedEvidence, SealerError> {
        let signature = self.mesures.prendre("signature", || self.cms(bytes));
        Ok(SignedEvidence { signature, signer: Sha256Digest::of(&self.certificate), level: "essai".into() })
    }

    fn timestamp(&self, bytes: &[u8]) -> Result<Vec<u8>, SealerError> {
        self.mesures.prendre("jeton", || {
            let number = self.tokens.fetch_add(1, Ordering::Relaxed);
            let name = |ext: &str| format!("{number}.{ext}");
            let (data, query, token) = (name("data"), name("tsq"), name("tst"));
            let io = |e| refused("tsp.file", e);
            std::fs::write(self.folder.join(&data), bytes).map_err(io)?;
            self.openssl(&["ts", "-query", "-data", &data, "-sha256", "-cert", "-out", &query])?;
            let reply =
                ["ts", "-reply", "-config", "tsa.cnf", "-section", "t", "-queryfile", &query, "-signer", "tsa.pem"];
            self.openssl(&[&reply[..], &["-inkey", "tsa.key", "-token_out", "-out", &token]].concat())?;
            let read = std::fs::read(self.folder.join(&token)).map_err(io);
            for used in [data, query, token] {
                std::fs::remove_file(self.folder.join(used)).map_err(io)?;
            }
            read
        })
    }
}
