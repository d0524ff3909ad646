//! A key on a token: SoftHSM2 in the place of a card.
use std::path::Path;

use fixtures::{SealKind, SoftToken};

use super::bench::{Bench, tool, world};

/// `[sceau]` for a token whose PIN is in this file.
fn section(token: &SoftToken, pin: &Path, more: &str) -> String {
    let (module, label) = (token.module(), SoftToken::LABEL);
    format!("secret = {{ fichier = {pin:?} }}\n[sceau.jeton]\nmodule = {module:?}\nnom = {label:?}\n{more}")
}

/// A bench on that token, its PIN file in place.
fn bench(token: &SoftToken, more: &str) -> Bench {
    let mut bench = Bench::new("");
    let pin = bench.private("pin", &format!("{}\n", SoftToken::PIN));
    bench.etude(&section(token, &pin, more));
    bench.variable("SOFTHSM2_CONF", &token.configuration());
    bench
}

fn token_of(kind: SealKind, again: bool) -> SoftToken {
    let token = SoftToken::create().unwrap();
    token.put(&world().pki.seal(kind).unwrap(), "sceau", "0a", again).unwrap();
    // The issuer travels on the card too, as cards hold it.
    token.put_certificate(&world().pki.issuing_pem(), "emettrice", "0b").unwrap();
    token
}

#[test]
fn every_kind_of_key_on_a_token_seals() {
    for (kind, again) in
        [(SealKind::P256, false), (SealKind::P384, false), (SealKind::Rsa3072, false), (SealKind::Rsa3072, true)]
    {
        let token = token_of(kind, again);
        let bench = bench(&token, "");
        let sealed = bench.seals_and_is_judged();
        bench.keeps(SoftToken::PIN, &sealed, &[&bench.path("pin")]);
        if kind == SealKind::Rsa3072 {
            let seal = ["cms", "-cmsout", "-print", "-noout", "-inform", "DER", "-in", "META-INF/signature001.p7s"];
            let said = tool("openssl", &seal, &bench.path("deplie"));
            assert!(said.contains("rsassaPss"), "{said}");
        }
    }
}

#[test]
fn the_key_is_chosen_by_label_or_identifier() {
    let token = token_of(SealKind::P256, false);
    token.put(&world().pki.seal(SealKind::P384).unwrap(), "autre", "0c", false).unwrap();
    let bench = bench(&token, "");
    bench.fails(3, "key.object");
    for (more, algorithm) in
        [("etiquette = \"autre\"", "P-384"), ("identifiant = \"0a\"", "P-256"), ("identifiant = \"0C\"", "P-384")]
    {
        bench.etude(&section(&token, &bench.path("pin"), more));
        let looked = bench.run(&["--json", "etude", "verifier-cle", "--essayer"]).expect(0).json();
        assert!(looked["key"]["algorithm"].as_str().unwrap().contains(algorithm), "{more}: {looked}");
        assert_eq!((&looked["key"]["kind"], &looked["tried"]), (&"jeton".into(), &true.into()));
    }
    bench.etude(&section(&token, &bench.path("pin"), "identifiant = \"zz\""));
    bench.fails(2, "etude.invalid");
    bench.etude(&section(&token, &bench.path("pin"), "etiquette = \"absente\""));
    bench.fails(3, "key.object");
}

#[test]
fn a_wrong_pin_is_told_not_tried_again_and_leaves_no_seal() {
    for again in [false, true] {
        let token = token_of(SealKind::Rsa3072, again);
        let bench = bench(&token, "");
        bench.private("pin", "faux-000111\n");
        let said = bench.fails(1, "key.pin");
        bench.keeps("faux-000111", &said, &[&bench.path("pin")]);
        bench.private("pin", "");
        bench.fails(3, "key.secret");
        bench.private("pin", &format!("{}\n", SoftToken::PIN));
        bench.seals_and_is_judged();
    }
}

#[test]
fn without_terminal_nor_source_nothing_is_asked_and_nothing_sealed() {
    let token = token_of(SealKind::P256, false);
    let bench = bench(&token, "");
    let whole = section(&token, &bench.path("pin"), "");
    bench.etude(whole.split_once('\n').unwrap().1);
    bench.fails(3, "key.secret");
    // Looking at the key needs no PIN.
    let looked = bench.run(&["etude", "verifier-cle"]).expect(0);
    assert!(
        looked.stdout.contains("jeton « ESSAI »") && looked.stdout.contains("mène à une racine"),
        "{}",
        looked.stdout
    );
}

#[test]
fn an_absent_token_or_module_is_told_and_the_dossier_can_be_sealed_later() {
    let token = token_of(SealKind::P256, false);
    let bench = bench(&token, "");
    let good = section(&token, &bench.path("pin"), "");
    bench.etude(&good.replace(SoftToken::LABEL, "AUTRE"));
    bench.fails(3, "key.token");
    bench.etude(&good.replace("libsofthsm2.so", "libabsente.so"));
    bench.fails(3, "key.module");
    let no_module = bench.path("etude.toml");
    bench.etude(&good.replace(token.module().to_str().unwrap(), no_module.to_str().unwrap()));
    bench.fails(3, "key.module");
    bench.etude(&good);
    let other = token_of(SealKind::P384, false);
    token.unplug().unwrap();
    bench.fails(3, "key.token");
    let mut later = bench;
    later.etude(&section(&other, &later.path("pin"), ""));
    later.variable("SOFTHSM2_CONF", &other.configuration());
    later.seals_and_is_judged();
}

#[test]
fn a_certificate_of_another_key_is_refused_before_anything_is_signed() {
    let pki = &world().pki;
    let token = SoftToken::create().unwrap();
    token.put_key(&pki.seal(SealKind::P256).unwrap().key, "sceau", "0a", false).unwrap();
    token.put_certificate(&pki.signer().certificate, "sceau", "0a").unwrap();
    bench(&token, "").fails(3, "key.object");
    // The same with a certificate given beside the token, under an identifier whose key is another one.
    let alone = SoftToken::create().unwrap();
    alone.put_key(&pki.seal(SealKind::P256).unwrap().key, "sceau", "0a", false).unwrap();
    let bench = bench(&alone, "identifiant = \"0a\"");
    let given = format!("certificats = {:?}\n", pki.signer().chain);
    bench.etude(&(given + &section(&alone, &bench.path("pin"), "identifiant = \"0a\"")));
    bench.fails(3, "key.object");
    let right = format!("certificats = {:?}\n", pki.seal(SealKind::P256).unwrap().chain);
    bench.etude(&(right + &section(&alone, &bench.path("pin"), "identifiant = \"0a\"")));
    bench.seals_and_is_judged();
}

#[test]
fn a_module_that_cannot_reauthenticate_is_told() {
    // SoftHSM2 signs ECDSA in one part only, and a key that wants its PIN at each signature is used in several.
    let token = token_of(SealKind::P256, true);
    let bench = bench(&token, "");
    bench.fails(3, "key.token_sign");
}
