//! RSASSA-PSS made by OpenSSL: accepted from 3072 bits with one digest and its salt, refused otherwise.
use std::fs;

use fixtures::SealKind;
use sealer::TrustAnchors;

use super::bench::pki;
use super::sample::{clock, codes, run};

/// OpenSSL's CAdES signature over `acte`, and what we find about it.
fn judged(kind: SealKind, options: &[&str]) -> Vec<String> {
    let credential = pki().seal(kind).unwrap();
    let work = tempfile::tempdir().unwrap();
    fs::write(work.path().join("acte"), "acte").unwrap();
    let (key, certificate) = (credential.key.to_str().unwrap(), credential.certificate.to_str().unwrap());
    let issuing = pki().issuing_pem();
    let mut arguments = vec!["cms", "-sign", "-cades", "-binary", "-nosmimecap", "-md", "sha256", "-outform", "DER"];
    arguments.extend(["-in", "acte", "-out", "acte.p7s", "-signer", certificate, "-inkey", key]);
    arguments.extend(["-certfile", issuing.to_str().unwrap()]);
    arguments.extend(options);
    run("openssl", &arguments, work.path());
    let signature = fs::read(work.path().join("acte.p7s")).unwrap();
    let anchors = TrustAnchors::from_folder(&pki().anchors_dir()).unwrap();
    let findings = sealer::evidence::check_signature(b"acte", &signature, &anchors, clock().now());
    codes(&findings).into_iter().map(str::to_owned).collect()
}

const PSS: [&str; 4] = ["-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:digest"];

#[test]
fn pss_is_accepted_from_3072_bits_and_with_one_digest() {
    assert!(judged(SealKind::Rsa3072, &PSS).is_empty());
    assert!(judged(SealKind::Rsa3072, &[]).is_empty(), "PKCS#1 v1.5 stays readable");
    assert_eq!(judged(SealKind::Rsa2048, &PSS), ["cms.signature"]);
    let salt = ["-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:20"];
    assert_eq!(judged(SealKind::Rsa3072, &salt), ["cms.malformed"]);
    let mask = [&PSS[..], &["-keyopt", "rsa_mgf1_md:sha1"]].concat();
    assert_eq!(judged(SealKind::Rsa3072, &mask), ["cms.malformed"]);
    let mixed = [&PSS[..], &["-keyopt", "rsa_mgf1_md:sha512"]].concat();
    assert_eq!(judged(SealKind::Rsa3072, &mixed), ["cms.malformed"]);
}
