//! A key in a file: protected by the product, opened from a file, a descriptor or a systemd credential.
use std::fs;
use std::path::PathBuf;

use fixtures::SealKind;

use super::bench::{Bench, text, tool, world};

const PASSPHRASE: &str = "phrase d'essai des clés : éàü";

/// A bench whose key was protected by `constat etude proteger-cle`, and the lines that name it.
fn protected(kind: SealKind) -> (Bench, String) {
    let bench = Bench::new("");
    let credential = world().pki.seal(kind).unwrap();
    let section = format!("cle = \"cle.pem\"\ncertificats = {:?}\n", credential.chain);
    bench.etude(&section);
    let to = bench.path("cle.pem");
    let arguments = ["etude", "proteger-cle", text(&credential.key), "--sortie", text(&to), "--descripteur", "0"];
    let said = bench.run_with(&arguments, &format!("{PASSPHRASE}\n")).expect(0);
    assert!(said.stdout.contains("détruisez-la"), "{}", said.stdout);
    (bench, section)
}

fn openssl_opens(bench: &Bench, key: &str, passphrase: &str) -> String {
    bench.private("phrase.openssl", passphrase);
    tool("openssl", &["pkey", "-in", key, "-passin", "file:phrase.openssl", "-pubout"], &bench.path(""))
}

#[test]
fn a_protected_key_seals_with_its_passphrase_from_every_source() {
    let (mut bench, section) = protected(SealKind::P384);
    let secret = bench.private("phrase", &format!("{PASSPHRASE}\n"));
    let sources = ["{ fichier = \"phrase\" }", "{ descripteur = 0 }", "{ systemd = \"phrase\" }"];
    let folder = bench.path("");
    bench.variable("CREDENTIALS_DIRECTORY", &folder);
    for source in sources {
        bench.etude(&format!("{section}secret = {source}\n"));
        let looked = bench.run_with(&["--json", "etude", "verifier-cle", "--essayer"], &format!("{PASSPHRASE}\n"));
        let looked = looked.expect(0).json();
        assert!(looked["key"]["place"].as_str().unwrap().contains("scrypt N=16384 r=8 p=5, AES-256-CBC"), "{looked}");
    }
    let sealed = bench.seals_and_is_judged();
    bench.keeps("phrase d'essai des", &sealed, &[&secret]);
}

#[test]
fn a_wrong_or_absent_passphrase_leaves_no_seal() {
    let (bench, section) = protected(SealKind::P256);
    bench.etude(&format!("{section}secret = {{ fichier = \"phrase\" }}\n"));
    bench.fails(3, "key.secret");
    bench.private("phrase", "une autre phrase\n");
    let said = bench.fails(1, "key.passphrase");
    bench.keeps("une autre phrase", &said, &[&bench.path("phrase")]);
    fs::set_permissions(bench.path("phrase"), std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    bench.fails(3, "key.secret");
    bench.etude(&section);
    bench.fails(3, "key.secret");
    // What can be told without the secret is told.
    let looked = bench.run(&["--json", "etude", "verifier-cle"]).expect(0).json();
    assert_eq!((&looked["usable"], &looked["tried"]), (&true.into(), &false.into()));
    bench.run(&["etude", "verifier-cle", "--essayer"]).expect_error(3, "key.secret");
    bench.private("phrase", &format!("{PASSPHRASE}\n"));
    bench.etude(&format!("{section}secret = {{ fichier = \"phrase\" }}\n"));
    bench.seals_and_is_judged();
}

#[test]
fn a_key_is_protected_once_and_its_passphrase_changed() {
    let (bench, _) = protected(SealKind::P256);
    let clear = world().pki.seal(SealKind::P256).unwrap().key;
    let public = tool("openssl", &["pkey", "-in", text(&clear), "-pubout"], &bench.path(""));
    assert_eq!(openssl_opens(&bench, "cle.pem", PASSPHRASE), public);
    let mode = fs::metadata(bench.path("cle.pem")).unwrap().permissions();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode) & 0o777, 0o600);
    let protect = |from: &str, to: &str, lines: &str| {
        let (from, to): (PathBuf, PathBuf) = (bench.path(from), bench.path(to));
        let arguments = ["--json", "etude", "proteger-cle", text(&from), "--sortie", text(&to), "--descripteur", "0"];
        bench.run_with(&arguments, lines)
    };
    let new = "une phrase plus longue encore";
    protect("cle.pem", "cle2.pem", &format!("{PASSPHRASE}\n{new}\n")).expect(0);
    assert_eq!(openssl_opens(&bench, "cle2.pem", new), public);
    protect("cle.pem", "cle2.pem", &format!("{PASSPHRASE}\n{new}\n")).expect_error(3, "cli.io");
    protect("cle.pem", "cle3.pem", &format!("fausse phrase ici\n{new}\n")).expect_error(1, "key.passphrase");
    protect("cle.pem", "cle3.pem", &format!("{PASSPHRASE}\ncourte\n")).expect_error(2, "key.encryption");
    protect("cle.pem", "cle3.pem", &format!("{PASSPHRASE}\n")).expect_error(3, "key.secret");
    protect("etude.toml", "cle3.pem", &format!("{PASSPHRASE}\n")).expect_error(2, "seal.key");
    assert!(!bench.path("cle3.pem").exists());
    let help = bench.run(&["etude", "--help"]).expect(0).stdout;
    assert!(help.contains("[sceau.jeton]") && help.contains("[sceau.distant]") && help.contains("Exemples"), "{help}");
}

#[test]
fn an_expired_or_unknown_key_is_told() {
    let pki = &world().pki;
    let section = |credential: &fixtures::Credential| {
        format!("cle = {:?}\ncertificats = {:?}\n", credential.key, credential.chain)
    };
    let bench = Bench::new(&section(&pki.expired_signer()));
    let looked = bench.run(&["etude", "verifier-cle"]).expect(1);
    assert!(looked.stdout.contains("ÉCHU"), "{}", looked.stdout);
    bench.fails(2, "seal.certificate_out_of_date");
    let with = |sceau: &str| {
        bench.etude(sceau);
        bench.fails(2, "etude.invalid");
    };
    with("certificats = \"x.pem\"\n");
    with("cle = \"x.pem\"\n");
    with("cle = \"x.pem\"\ncertificats = \"x.pem\"\n[sceau.jeton]\nmodule = \"/x.so\"\n");
    with("cle = \"x.pem\"\ncertificats = \"x.pem\"\nsecret = { phrase = \"en clair\" }\n");
    let other = section(&pki.signer()).replace(text(&pki.signer().key), text(&pki.expired_signer().key));
    bench.etude(&other);
    bench.fails(2, "seal.key_mismatch");
}

#[test]
fn the_doctor_looks_at_the_key_without_signing() {
    let (bench, section) = protected(SealKind::P256);
    let controlled = |bench: &Bench| bench.run(&["--json", "controler"]).json()["key"].clone();
    let key = controlled(&bench);
    assert_eq!((&key["reached"], &key["usable"], &key["kind"]), (&true.into(), &true.into(), &"fichier".into()));
    bench.etude(&section.replace("cle.pem", "absente.pem"));
    let key = controlled(&bench);
    assert_eq!((&key["reached"], &key["code"]), (&false.into(), &"etude.file_missing".into()), "{key}");
    let said = bench.run(&["controler"]).expect(1).stdout;
    assert!(said.lines().any(|line| line.starts_with("échec") && line.contains("clé du sceau")), "{said}");
}
