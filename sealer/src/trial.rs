//! The trial étude: test keys of its own, marked ESSAI in every output, so that the product can be tried whole before
//! anybody has a qualified certificate. What it seals proves nothing, and says so.
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dossier::{Clock, Instant};
use p256::pkcs8::{EncodePrivateKey as _, EncodePublicKey as _, LineEnding};
use p384::ecdsa::signature::hazmat::PrehashSigner as _;
use sha2::{Digest as _, Sha384};

use crate::asn1::{
    Tag, bit_string, boolean, context, generalized_time, integer, integer_u64, octet_string, oid, printable_string,
    sequence, set_of, tlv, utc_time, utf8_string,
};
use crate::oid as names;
use crate::{Random, SealError, WaczKey};

/// Private key of the seal: P-256, PKCS#8 PEM, readable by its owner only.
pub const SEAL_KEY: &str = "sceau.key.pem";
/// Certificates of the seal: signer, then root.
pub const SEAL_CHAIN: &str = "sceau.chain.pem";
/// Private key of the trial officer: P-256, PKCS#8 PEM, readable by its owner only.
pub const OFFICER_KEY: &str = "officier.key.pem";
/// Certificates of the trial officer: signer, then root.
pub const OFFICER_CHAIN: &str = "officier.chain.pem";
/// Key of the inner WACZ: P-384, PKCS#8 PEM, readable by its owner only.
pub const WACZ_KEY: &str = "wacz.key.pem";
/// Folder of the anchors.
pub const ANCHORS: &str = "ancres";
/// The root of the trial étude.
pub const TRIAL_ROOT: &str = "ancres/racine-essai.pem";

/// How long the trial certificates last: ten years, in milliseconds.
const LIFE_MS: i64 = 10 * 365 * 24 * 3_600_000;
/// They start a day early, so that a clock set back a little does not make them useless.
const EARLY_MS: i64 = 24 * 3_600_000;

/// Makes the trial étude in `folder` (created when it is not there): a P-384 root, P-256 certificates for the seal and for
/// an officer, whose only key usage is `nonRepudiation`, the key of the inner WACZ. The root's private key is not kept: nothing else can ever
/// be issued under it. Fails when a file is there already.
pub fn make_trial_etude(folder: &Path, clock: &dyn Clock, random: &dyn Random) -> Result<(), SealError> {
    let now = clock.now();
    let root_key = p384_key(random)?;
    let (seal_key, officer_key) = (p256_key(random)?, p256_key(random)?);
    let root_name = name("ESSAI - racine de constat, sans valeur");
    let root_spki = spki(root_key.public_key().to_public_key_der())?;
    let root_id = key_id(&root_spki);
    let root = Template {
        issuer: &root_name,
        subject: &root_name,
        spki: &root_spki,
        extensions: vec![
            extension(names::CE_BASIC_CONSTRAINTS, true, &sequence(&[&boolean(true), &integer_u64(0)])),
            // keyCertSign and cRLSign: bits 5 and 6.
            extension(names::CE_KEY_USAGE, true, &bit_string(1, &[0x06])),
            extension(names::CE_SUBJECT_KEY_IDENTIFIER, false, &octet_string(&root_id)),
        ],
    };
    let issued = |key: &p256::SecretKey, common: &str| -> Result<String, SealError> {
        let spki = spki(key.public_key().to_public_key_der())?;
        let certificate = signing(&root_name, &root_id, &name(common), &spki).sign(&root_key, now, random)?;
        Ok(pem("CERTIFICATE", &certificate))
    };
    let seal = issued(&seal_key, "ESSAI - sceau de constat, sans valeur")?;
    let officer = issued(&officer_key, "ESSAI - officier de constat, sans valeur")?;
    let root = pem("CERTIFICATE", &root.sign(&root_key, now, random)?);
    let clear = |key: &p256::SecretKey| key.to_pkcs8_pem(LineEnding::LF).map_err(|e| bad(e.to_string()));
    let (seal_pem, officer_pem) = (clear(&seal_key)?, clear(&officer_key)?);
    let wacz_pem = WaczKey::generate(random)?.to_pem()?;
    make_folder(folder)?;
    make_folder(&folder.join(ANCHORS))?;
    write(folder, SEAL_KEY, &seal_pem, 0o600)?;
    write(folder, WACZ_KEY, &wacz_pem, 0o600)?;
    write(folder, SEAL_CHAIN, &format!("{seal}{root}"), 0o600)?;
    write(folder, OFFICER_KEY, &officer_pem, 0o600)?;
    write(folder, OFFICER_CHAIN, &format!("{officer}{root}"), 0o600)?;
    write(folder, TRIAL_ROOT, &root, 0o600)
}

/// A certificate that signs and does nothing else.
fn signing<'a>(issuer: &'a [u8], issuer_id: &[u8], subject: &'a [u8], spki: &'a [u8]) -> Template<'a> {
    let extensions = vec![
        // nonRepudiation alone: bit 1.
        extension(names::CE_KEY_USAGE, true, &bit_string(6, &[0x40])),
        extension(names::CE_SUBJECT_KEY_IDENTIFIER, false, &octet_string(&key_id(spki))),
        extension(names::CE_AUTHORITY_KEY_IDENTIFIER, false, &sequence(&[&tlv(Tag::context_primitive(0), issuer_id)])),
    ];
    Template { issuer, subject, spki, extensions }
}

fn bad(why: String) -> SealError {
    SealError::Key { what: "trial étude".into(), why }
}

fn p384_key(random: &dyn Random) -> Result<p384::SecretKey, SealError> {
    let mut octets = [0; 48];
    random.fill(&mut octets).map_err(bad)?;
    p384::SecretKey::from_slice(&octets).map_err(|e| bad(e.to_string()))
}

fn p256_key(random: &dyn Random) -> Result<p256::SecretKey, SealError> {
    let mut octets = [0; 32];
    random.fill(&mut octets).map_err(bad)?;
    p256::SecretKey::from_slice(&octets).map_err(|e| bad(e.to_string()))
}

fn spki(document: Result<spki::Document, spki::Error>) -> Result<Vec<u8>, SealError> {
    document.map(|d| d.into_vec()).map_err(|e| bad(e.to_string()))
}

/// RFC 7093, method 1: the leftmost 160 bits of SHA-256 of the key.
fn key_id(spki: &[u8]) -> Vec<u8> {
    sha2::Sha256::digest(spki).iter().take(20).copied().collect()
}

fn name(common: &str) -> Vec<u8> {
    let part = |id, value: Vec<u8>| set_of(&[sequence(&[&oid(id), &value])]);
    sequence(&[
        &part(names::AT_COUNTRY, printable_string("FR")),
        &part(names::AT_ORGANIZATION, utf8_string("ESSAI")),
        &part(names::AT_COMMON_NAME, utf8_string(common)),
    ])
}

fn extension(id: const_oid::ObjectIdentifier, critical: bool, value: &[u8]) -> Vec<u8> {
    let flag = if critical { boolean(true) } else { Vec::new() };
    sequence(&[&oid(id), &flag, &octet_string(value)])
}

struct Template<'a> {
    issuer: &'a [u8],
    subject: &'a [u8],
    spki: &'a [u8],
    extensions: Vec<Vec<u8>>,
}

impl Template<'_> {
    /// A v3 certificate signed with ECDSA P-384 and SHA-384.
    fn sign(&self, key: &p384::SecretKey, now: Instant, random: &dyn Random) -> Result<Vec<u8>, SealError> {
        let mut serial = [0; 16];
        random.fill(&mut serial).map_err(bad)?;
        serial[0] = serial[0] & 0x3f | 0x40;
        let algorithm = sequence(&[&oid(names::ECDSA_SHA384)]);
        let extensions: Vec<&[u8]> = self.extensions.iter().map(Vec::as_slice).collect();
        let tbs = sequence(&[
            &context(0, &integer_u64(2)),
            &integer(&serial),
            &algorithm,
            self.issuer,
            &sequence(&[&time(now, -EARLY_MS), &time(now, LIFE_MS)]),
            self.subject,
            self.spki,
            &context(3, &sequence(&extensions)),
        ]);
        let signer = p384::ecdsa::SigningKey::from(key);
        let signature: p384::ecdsa::Signature =
            signer.sign_prehash(&Sha384::digest(&tbs)).map_err(|e| bad(e.to_string()))?;
        Ok(sequence(&[&tbs, &algorithm, &bit_string(0, signature.to_der().as_bytes())]))
    }
}

/// UTCTime until 2049, GeneralizedTime after (RFC 5280 4.1.2.5).
fn time(now: Instant, by_ms: i64) -> Vec<u8> {
    const YEAR_2050_MS: i64 = 2_524_608_000_000;
    let at = Instant::from_millisecond(now.as_millisecond() + by_ms).unwrap_or(now);
    if at.as_millisecond() < YEAR_2050_MS { utc_time(at) } else { generalized_time(at) }
}

fn pem(label: &str, octets: &[u8]) -> String {
    let base64 = STANDARD.encode(octets);
    let lines: Vec<&str> = base64.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

fn make_folder(path: &Path) -> Result<(), SealError> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|e| SealError::io("create", path, e))
}

/// Writes a file that must not exist yet, with these permissions from its first instant on.
fn write(folder: &Path, name: &str, text: &str, mode: u32) -> Result<(), SealError> {
    let path = folder.join(name);
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(&path)
        .map_err(|e| SealError::io("create", &path, e))?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(|e| SealError::io("write", &path, e))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SoftwareSigner, SystemRandom, TrustAnchors};
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn the_trial_etude_can_be_read_back_and_is_private() {
        let folder = tempfile::tempdir().unwrap();
        let clock = dossier::FixedClock::new("2026-11-21T09:00:00Z".parse().unwrap(), std::time::Duration::ZERO);
        let etude = folder.path().join("etude");
        make_trial_etude(&etude, &clock, &SystemRandom).unwrap();
        let read = |name: &str| fs::read_to_string(etude.join(name)).unwrap();
        let signer = SoftwareSigner::from_pem(&read(SEAL_KEY), read(SEAL_CHAIN).as_bytes()).unwrap();
        assert!(signer.subject().contains("ESSAI"), "{}", signer.subject());
        WaczKey::from_pem(&read(WACZ_KEY)).unwrap();
        assert_eq!(TrustAnchors::from_folder(&etude.join(ANCHORS)).unwrap().len(), 1);
        let officer = SoftwareSigner::from_pem(&read(OFFICER_KEY), read(OFFICER_CHAIN).as_bytes()).unwrap();
        assert!(officer.subject().contains("ESSAI - officier"), "{}", officer.subject());
        for name in [SEAL_KEY, OFFICER_KEY, WACZ_KEY] {
            assert_eq!(fs::metadata(etude.join(name)).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(make_trial_etude(&etude, &clock, &SystemRandom).unwrap_err().code(), "seal.io");
        let other = SoftwareSigner::from_pem(
            &p256_key(&SystemRandom).unwrap().to_pkcs8_pem(LineEnding::LF).unwrap(),
            read(SEAL_CHAIN).as_bytes(),
        );
        assert_eq!(other.unwrap_err().code(), "seal.key_mismatch");
    }
}
