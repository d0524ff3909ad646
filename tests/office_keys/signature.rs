//! `constat signer`: the officer's own key, in a file, on a token, behind a service; what is refused, and what is said.
use std::fs;

use fixtures::{CscManners, SealKind, SignatureService, SoftToken};

use super::bench::{Bench, text, tool, world};
use super::pdfs::{classic, objects, streamed};

/// An étude whose seal is in a file, with these officers; and a PDF to sign.
fn bench(officers: &str) -> Bench {
    let bench = Bench::new("");
    let seal = world().pki.signer();
    bench.etude(&format!("cle = {:?}\ncertificats = {:?}\n{officers}", seal.key, seal.chain));
    fs::write(bench.path("pv.pdf"), classic(&objects())).unwrap();
    bench
}

fn in_file(role: &str, name: &str) -> String {
    let officer = world().pki.officer(role);
    format!(
        "[signature.{role}]\nnom = {name:?}\nqualite = \"{role} d'ESSAI\"\nrole = \"{role}\"\ncle = {:?}\ncertificats = {:?}\n",
        officer.key, officer.chain
    )
}

#[test]
fn two_officers_sign_then_the_pdf_is_completed() {
    let bench = bench(&(in_file("clerc", "Camille Essai") + &in_file("commissaire", "Dominique Essai")));
    let pv = bench.path("pv.pdf");
    let visible = ["--visible", "fin,20,230,80,25", "--reserver", "commissaire=2,110,230,80,25"];
    let said = ["--motif", "Constat", "--lieu", "Évreux"];
    let arguments = [&["--json", "signer", text(&pv), "--cle", "clerc"][..], &visible, &said].concat();
    let signed = bench.run(&arguments).expect(0).json();
    assert_eq!((&signed["level"], &signed["essai"]), (&"B-LT".into(), &true.into()), "{signed}");
    let first = &signed["report"]["signatures"][0];
    assert_eq!(
        (&first["field"], &first["certification"], &first["location"]),
        (&"clerc".into(), &2.into(), &"Évreux".into())
    );
    assert_eq!(fs::read(&pv).unwrap(), classic(&objects()), "the input is as it was");
    let (clerc, both) = (bench.path("pv-clerc.pdf"), bench.path("signe.pdf"));
    let second = bench.run(&["sign", text(&clerc), "--cle", "commissaire", "--sortie", text(&both)]).expect(0);
    assert!(second.stdout.contains("qualification : non établie"), "{}", second.stdout);
    let done = bench.run(&["--json", "signer", "--completer", text(&both), "--niveau", "b-lta"]).expect(0).json();
    assert_eq!(done["level"], "B-LTA");
    assert_eq!(done["report"]["verdict"], "PASS", "{done}");
    let completed = bench.path("signe-complete.pdf");
    tool("qpdf", &["--check", text(&completed)], &bench.path("."));
    let said = tool("pdfsig", &["-nocert", text(&completed)], &bench.path("."));
    assert_eq!(said.matches("Signature is Valid").count(), 2, "{said}");
}

#[test]
fn what_is_refused_is_said() {
    let bench = bench(&(in_file("clerc", "Camille Essai") + &in_file("commissaire", "Dominique Essai")));
    let pv = bench.path("pv.pdf");
    let fails = |more: &[&str], exit: i32, code: &str| {
        let arguments = [&["signer", text(&pv)], more].concat();
        bench.run(&arguments).expect_error(exit, code)
    };
    fails(&[], 2, "signer.officer");
    fails(&["--cle", "personne"], 2, "signer.officer");
    fails(&["--cle", "clerc", "--visible", "2,20"], 2, "signer.visible");
    fails(&["--cle", "clerc", "--visible", "9,20,20,50,20"], 2, "pades.page");
    fails(&["--cle", "clerc", "--visible", "2,200,20,50,20"], 2, "pades.rectangle");
    fails(&["--cle", "clerc", "--role", "le clerc"], 2, "pades.role");
    fails(&["--completer"], 1, "pades.not_signed");
    fails(&["--cle", "clerc", "--niveau", "B-X"], 2, "cli.usage_value");
    fs::write(bench.path("texte.pdf"), "rien").unwrap();
    bench.run(&["signer", text(&bench.path("texte.pdf")), "--cle", "clerc"]).expect_error(2, "pades.not_pdf");
    bench.run(&["signer", text(&bench.path("absent.pdf")), "--cle", "clerc"]).expect_error(2, "cli.no_file");
    let last = ["signer", text(&pv), "--cle", "clerc", "--definitif", "--sortie", text(&bench.path("fin.pdf"))]
        .map(str::to_owned);
    bench.run(&last.each_ref().map(String::as_str)).expect(0);
    bench.run(&["signer", text(&bench.path("fin.pdf")), "--cle", "commissaire"]).expect_error(1, "pades.final");
    bench.run(&last.each_ref().map(String::as_str)).expect_error(2, "signer.exists");
    let names: Vec<_> = fs::read_dir(bench.path(".")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(!names.iter().any(|name| name.to_string_lossy().ends_with(".part")), "{names:?}");
}

#[test]
fn a_card_signs_and_its_code_is_kept() {
    let token = SoftToken::create().unwrap();
    token.put(&world().pki.officer("clerc"), "signature", "0a", false).unwrap();
    token.put_certificate(&world().pki.issuing_pem(), "emettrice", "0b").unwrap();
    let mut bench = Bench::new("");
    let pin = bench.private("pin", &format!("{}\n", SoftToken::PIN));
    let seal = world().pki.signer();
    bench.etude(&format!(
        "cle = {:?}\ncertificats = {:?}\n[signature.martin]\nsecret = {{ fichier = {pin:?} }}\n\
         [signature.martin.jeton]\nmodule = {:?}\nnom = {:?}\n",
        seal.key,
        seal.chain,
        token.module(),
        SoftToken::LABEL
    ));
    bench.variable("SOFTHSM2_CONF", &token.configuration());
    fs::write(bench.path("pv.pdf"), streamed(&objects())).unwrap();
    let signed = bench.run(&["--json", "signer", text(&bench.path("pv.pdf")), "--role", "clerc"]).expect(0);
    assert_eq!(signed.json()["level"], "B-LT");
    bench.keeps(SoftToken::PIN, &signed, &[&pin]);
    bench.private("pin", "0000\n");
    bench.run(&["signer", text(&bench.path("pv.pdf")), "--role", "autre"]).expect_error(1, "key.pin");
    assert!(!bench.path("pv-autre.pdf").exists());
}

#[test]
fn a_service_signs_and_its_codes_are_kept() {
    let service =
        SignatureService::start(world().pki.seal(SealKind::Rsa3072).unwrap(), true, CscManners::Good).unwrap();
    let bench = Bench::new("");
    let codes = bench.private("codes", &format!("{}\n{}\n", SignatureService::PIN, SignatureService::OTP));
    let access = bench.private("acces", SignatureService::BEARER);
    fs::write(bench.path("tls.pem"), service.tls_root_pem()).unwrap();
    let seal = world().pki.signer();
    bench.etude(&format!(
        "cle = {:?}\ncertificats = {:?}\n[signature.durand]\nsecret = {{ fichier = \"codes\" }}\n[signature.durand.distant]\n\
         adresse = {:?}\nracine_tls = \"tls.pem\"\nacces = {{ fichier = \"acces\" }}\n",
        seal.key,
        seal.chain,
        service.url()
    ));
    fs::write(bench.path("pv.pdf"), classic(&objects())).unwrap();
    let signed = bench.run(&["--json", "signer", text(&bench.path("pv.pdf")), "--niveau", "B-LTA"]).expect(0);
    assert_eq!(
        (&signed.json()["level"], &signed.json()["report"]["signatures"][0]["field"]),
        (&"B-LTA".into(), &"commissaire".into())
    );
    for secret in [SignatureService::PIN, SignatureService::OTP, SignatureService::BEARER] {
        bench.keeps(secret, &signed, &[&codes, &access]);
    }
}

#[test]
fn an_etude_without_officers_says_so_and_the_trial_one_has_its_own() {
    let bench = bench("");
    bench.run(&["signer", text(&bench.path("pv.pdf"))]).expect_error(2, "signer.no_officer");
    // No étude at all: the trial one is made, with a trial officer; without an authority the level is lower, loudly.
    let mut none = self::bench("");
    none.variable("CONSTAT_ETUDE", &none.path("donnees/constat/etude-essai/etude.toml"));
    let made = std::process::Command::new(env!("CARGO_BIN_EXE_constat"))
        .args(["signer", text(&none.path("pv.pdf"))])
        .env_remove("CONSTAT_ETUDE")
        .env("XDG_DATA_HOME", none.path("donnees"))
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&made.stderr).into_owned();
    assert_eq!(made.status.code(), Some(0), "{told}");
    assert!(told.contains("AUCUNE DATE opposable") && told.contains("ESSAI"), "{told}");
    assert!(none.path("pv-clerc.pdf").is_file());
    none.run(&["signer", text(&none.path("pv.pdf")), "--role", "commissaire"]).expect(0);
}
