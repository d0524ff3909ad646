//! Keys in files: P-256 and P-384, in clear and encrypted; OpenSSL reads what we write, and we read what it writes.
use std::fs;

use fixtures::SealKind;
use sealer::{Encryption, NoSecrets, Secret, SoftwareSigner, SystemRandom, protect_key, try_key};

use super::bench::{Bench, Says, pki};
use super::sample::run;

const PASSPHRASE: &str = "phrase d'essai, avec des accents : éàü";

/// The key of a seal, and its chain.
fn seal_of(kind: SealKind) -> (String, Vec<u8>) {
    let credential = pki().seal(kind).unwrap();
    (fs::read_to_string(credential.key).unwrap(), fs::read(credential.chain).unwrap())
}

#[test]
fn a_p384_key_seals_with_sha384_and_openssl_agrees() {
    let bench = Bench::new();
    let (key, chain) = seal_of(SealKind::P384);
    bench.seals_and_is_judged(&SoftwareSigner::from_pem(&key, &chain).unwrap());
    let seal = ["cms", "-cmsout", "-print", "-noout", "-inform", "DER", "-in", "META-INF/signature001.p7s"];
    let text = run("openssl", &seal, &bench.work.path().join("deplie"));
    assert!(text.contains("ecdsa-with-SHA384") && text.contains("algorithm: sha384"), "{text}");
}

#[test]
fn an_encrypted_key_seals_once_it_is_opened() {
    let bench = Bench::new();
    let (key, chain) = seal_of(SealKind::P256);
    let file = protect_key(&key, "sceau", &NoSecrets, &Secret::from(PASSPHRASE), &SystemRandom).unwrap();
    let signer = SoftwareSigner::open(&file, &chain, "sceau", &Says(PASSPHRASE)).unwrap();
    assert!(format!("{signer:?}{}", sealer::Signer::place(&signer)).contains("scrypt N=16384 r=8 p=5, AES-256-CBC"));
    bench.seals_and_is_judged(&signer);
}

#[test]
fn openssl_reads_what_we_encrypt() {
    let work = tempfile::tempdir().unwrap();
    fs::write(work.path().join("phrase"), PASSPHRASE).unwrap();
    for kind in [SealKind::P256, SealKind::P384] {
        let (key, _) = seal_of(kind);
        let ours = protect_key(&key, "sceau", &NoSecrets, &Secret::from(PASSPHRASE), &SystemRandom).unwrap();
        assert!(ours.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"), "{ours}");
        fs::write(work.path().join("cle.pem"), &ours).unwrap();
        fs::write(work.path().join("claire.pem"), &key).unwrap();
        let public = |file: &str| {
            let arguments = ["pkey", "-in", file, "-passin", "file:phrase", "-pubout"];
            run("openssl", &arguments, work.path())
        };
        assert_eq!(public("cle.pem"), public("claire.pem"));
        let again = protect_key(&ours, "sceau", &Says(PASSPHRASE), &Secret::from(PASSPHRASE), &SystemRandom).unwrap();
        assert_ne!(ours, again, "salt and vector are drawn anew");
    }
}

#[test]
fn we_read_what_openssl_encrypts() {
    let work = tempfile::tempdir().unwrap();
    fs::write(work.path().join("phrase"), PASSPHRASE).unwrap();
    let ways: [(&[&str], &str); 3] = [
        (&["-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA256", "-iter", "100000"], "PBKDF2-HMAC-SHA-256, 100000"),
        (&["-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA512"], "PBKDF2-HMAC-SHA-512, 2048"),
        (&["-v2", "aes-256-cbc", "-scrypt"], "scrypt N=16384 r=8 p=1"),
    ];
    for kind in [SealKind::P256, SealKind::P384] {
        let (key, chain) = seal_of(kind);
        fs::write(work.path().join("claire.pem"), &key).unwrap();
        for (options, how) in ways {
            let mut arguments =
                vec!["pkcs8", "-topk8", "-in", "claire.pem", "-out", "cle.pem", "-passout", "file:phrase"];
            arguments.extend(options);
            run("openssl", &arguments, work.path());
            let theirs = fs::read_to_string(work.path().join("cle.pem")).unwrap();
            let Encryption::Pbes2(said) = Encryption::of(&theirs, "cle.pem").unwrap() else { panic!("in clear") };
            assert!(said.starts_with(how), "{said}");
            let signer = SoftwareSigner::open(&theirs, &chain, "cle.pem", &Says(PASSPHRASE)).unwrap();
            try_key(&signer).unwrap();
        }
    }
}

#[test]
fn a_wrong_passphrase_or_a_weak_encryption_is_told_and_nothing_opens() {
    let work = tempfile::tempdir().unwrap();
    fs::write(work.path().join("phrase"), PASSPHRASE).unwrap();
    let (key, chain) = seal_of(SealKind::P256);
    fs::write(work.path().join("claire.pem"), &key).unwrap();
    let ours = protect_key(&key, "sceau", &NoSecrets, &Secret::from(PASSPHRASE), &SystemRandom).unwrap();
    let open = |pem: &str, says| SoftwareSigner::open(pem, &chain, "sceau", &Says(says)).unwrap_err();
    for wrong in ["", "phrase", "phrase d'essai, avec des accents : eau"] {
        let error = open(&ours, wrong);
        assert_eq!(error.code(), "key.passphrase");
        assert!(wrong.is_empty() || !format!("{error}{error:?}").contains("accents"), "{error:?}");
    }
    assert_eq!(SoftwareSigner::from_pem(&ours, &chain).unwrap_err().code(), "key.secret");
    let weak: [&[&str]; 2] = [&["-v2", "des3"], &["-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA1"]];
    for options in weak {
        let mut arguments = vec!["pkcs8", "-topk8", "-in", "claire.pem", "-out", "cle.pem", "-passout", "file:phrase"];
        arguments.extend(options);
        run("openssl", &arguments, work.path());
        let error = open(&fs::read_to_string(work.path().join("cle.pem")).unwrap(), PASSPHRASE);
        assert!(["key.encryption", "seal.key"].contains(&error.code()), "{error}");
    }
    let short = protect_key(&key, "sceau", &NoSecrets, &Secret::from("courte"), &SystemRandom);
    assert_eq!(short.unwrap_err().code(), "key.encryption");
    assert_eq!(open("bruit", PASSPHRASE).code(), "seal.key");
    let cut = &ours[..ours.len() / 2];
    assert_eq!(open(cut, PASSPHRASE).code(), "seal.key");
}

#[test]
fn a_key_of_another_certificate_is_refused() {
    let (_, chain) = seal_of(SealKind::P384);
    let (key, _) = seal_of(SealKind::P256);
    assert_eq!(SoftwareSigner::from_pem(&key, &chain).unwrap_err().code(), "seal.key_mismatch");
    let (rsa, chain) = seal_of(SealKind::Rsa3072);
    assert_eq!(SoftwareSigner::from_pem(&rsa, &chain).unwrap_err().code(), "seal.key");
}
