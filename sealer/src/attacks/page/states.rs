//! Real authorities: CRLs and OCSP answers embedded at sealing, archive timestamps, and the keys that a seal may have.
use std::path::{Path, PathBuf};
use std::time::Duration;

use dossier::Instant;
use fixtures::{Credential, Manner, Manners, Pki, SealKind};

use super::super::forge::{bytes_of, pack, unpack, with};
use super::{Vectors, compare, judge, later};
use crate::attacks::sample::{self, Tsa};
use crate::{HttpNetwork, SystemRandom, TimestampAuthority, layout, renew};

fn http() -> HttpNetwork {
    HttpNetwork::with_deadline(Duration::from_secs(3))
}

/// The roots of a PKI, its authorities of time and where to write.
struct Bench {
    vectors: Vectors,
    roots: Vec<PathBuf>,
    tsas: [Tsa; 2],
    work: tempfile::TempDir,
}

impl Bench {
    fn new(pki: &Pki, out: &Path) -> Self {
        let tsas = [sample::tsa(pki, Manners::Good, "une"), sample::tsa(pki, Manners::Second, "deux")];
        let mut roots = vec![pki.root_pem()];
        roots.extend(tsas.each_ref().map(|tsa| tsa.server.root_pem().to_path_buf()));
        Self { vectors: Vectors::new(out), roots, tsas, work: tempfile::tempdir().unwrap() }
    }

    fn judge(&self, name: &str, bytes: &[u8], at: Instant) {
        let roots: Vec<&Path> = self.roots.iter().map(PathBuf::as_path).collect();
        judge(&self.vectors, name, bytes, &roots, at);
    }

    fn seal(&self, name: &str, pki: &Pki, credential: &Credential) -> PathBuf {
        let parent = self.work.path().join(name);
        std::fs::create_dir(&parent).unwrap();
        let target = parent.join("x.asice");
        let authorities: [&dyn TimestampAuthority; 2] = [&self.tsas[0].client, &self.tsas[1].client];
        let etude = sample::etude_of(pki, credential);
        let closed = sample::closed(&parent);
        etude.seal_from(&closed, &authorities, &http(), &target, &|_| {}).unwrap_or_else(|e| panic!("{name}: {e:#?}"));
        target
    }
}

#[test]
fn the_page_judges_states_and_renewals_as_we_do() {
    let out = tempfile::tempdir().unwrap();
    let (_dir, pki) = sample::pki();
    let bench = Bench::new(&pki, out.path());
    let clock = sample::clock();
    let target = bench.seal("etats", &pki, &pki.signer());
    for days in [0, 30, 3700, 11_000] {
        bench.judge(&format!("etats-{days}"), &std::fs::read(&target).unwrap(), later(clock.now(), days));
    }
    // A reader who trusts an intermediate authority: what stands above it may be absent, or be there.
    let mut below = bench.roots.clone();
    below[0] = pki.issuing_pem();
    let below: Vec<&Path> = below.iter().map(PathBuf::as_path).collect();
    judge(&bench.vectors, "etats-sous-la-racine", &std::fs::read(&target).unwrap(), &below, clock.now());
    let authorities: [&dyn TimestampAuthority; 2] = [&bench.tsas[1].client, &bench.tsas[0].client];
    for round in 1..=2 {
        renew(&target, &authorities, &http(), clock.as_ref(), &SystemRandom).unwrap_or_else(|e| panic!("{e:#?}"));
        let bytes = std::fs::read(&target).unwrap();
        bench.judge(&format!("prolonge-{round}"), &bytes, clock.now());
        bench.judge(&format!("prolonge-{round}-tard"), &bytes, later(clock.now(), 11_000));
    }
    flips(&bench, &std::fs::read(&target).unwrap(), clock.now());
    for (name, manner) in
        [("liste-seule", Manner::CrlOnly), ("reponse-seule", Manner::OcspOnly), ("rien", Manner::Absent)]
    {
        pki.set_manner(manner);
        let target = bench.seal(name, &pki, &pki.signer());
        bench.judge(name, &std::fs::read(target).unwrap(), clock.now());
    }
    assert!(compare(out.path()) > 60);
}

/// One bit changed, spread over the seals and the archive manifests: half of them in what the certificates' states take.
fn flips(bench: &Bench, bytes: &[u8], at: Instant) {
    let start = bytes.windows(9).position(|w| w == b"META-INF/").unwrap();
    for place in (start..bytes.len()).step_by((bytes.len() - start) / 60) {
        let mut flipped = bytes.to_vec();
        flipped[place] ^= 1 << (place % 8);
        bench.judge(&format!("bit-{place:06}"), &flipped, at);
    }
}

/// OpenSSL's CAdES signature of `manifest`.
fn openssl(pki: &Pki, kind: SealKind, options: &[&str], manifest: &[u8]) -> Vec<u8> {
    let credential = pki.seal(kind).unwrap();
    let work = tempfile::tempdir().unwrap();
    std::fs::write(work.path().join("acte"), manifest).unwrap();
    let issuing = pki.issuing_pem();
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let (key, certificate, issuing) = (text(&credential.key), text(&credential.certificate), text(&issuing));
    let mut arguments = vec!["cms", "-sign", "-cades", "-binary", "-nosmimecap", "-md", "sha256", "-outform", "DER"];
    arguments.extend([
        "-in",
        "acte",
        "-out",
        "acte.p7s",
        "-signer",
        &certificate,
        "-inkey",
        &key,
        "-certfile",
        &issuing,
    ]);
    arguments.extend(options);
    sample::run("openssl", &arguments, work.path());
    std::fs::read(work.path().join("acte.p7s")).unwrap()
}

#[test]
fn the_page_judges_every_key_as_we_do() {
    let out = tempfile::tempdir().unwrap();
    let (_dir, pki) = sample::pki();
    let bench = Bench::new(&pki, out.path());
    let clock = sample::clock();
    let target = bench.seal("p384", &pki, &pki.seal(SealKind::P384).unwrap());
    let bytes = std::fs::read(target).unwrap();
    bench.judge("p384", &bytes, clock.now());
    let qualified = bench.seal("qualifie", &pki, &pki.seal(SealKind::Qualified).unwrap());
    bench.judge("qualifie", &std::fs::read(qualified).unwrap(), clock.now());
    let entries = unpack(&bytes);
    let manifest = bytes_of(&entries, layout::MANIFEST_1);
    let pss = ["-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:digest"];
    let salt = ["-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:20"];
    let mask = [&pss[..], &["-keyopt", "rsa_mgf1_md:sha512"]].concat();
    for (name, kind, options) in [
        ("pss-3072", SealKind::Rsa3072, &pss[..]),
        ("pss-2048", SealKind::Rsa2048, &pss),
        ("pss-sel", SealKind::Rsa3072, &salt),
        ("pss-masque", SealKind::Rsa3072, &mask),
        ("pkcs1-3072", SealKind::Rsa3072, &[]),
        ("pkcs1-2048", SealKind::Rsa2048, &[]),
    ] {
        let forged = pack(&with(&entries, layout::SIGNATURE_1, &openssl(&pki, kind, options, &manifest)));
        bench.judge(name, &forged, clock.now());
        bench.judge(&format!("{name}-2030"), &forged, "2030-01-01T00:00:00Z".parse().unwrap());
    }
    assert_eq!(compare(out.path()), 14);
}
