//! A key behind a signature service, through the binary.
use fixtures::{CscManners, SealKind, SignatureService};

use super::bench::{Bench, world};

/// A bench on that service, its codes and its access token in private files.
fn bench(service: &SignatureService) -> Bench {
    let bench = Bench::new("");
    codes(&bench);
    bench.private("acces", SignatureService::BEARER);
    std::fs::write(bench.path("tls.pem"), service.tls_root_pem()).unwrap();
    bench.etude(&format!(
        "secret = {{ fichier = \"codes\" }}\n[sceau.distant]\nadresse = {:?}\nracine_tls = \"tls.pem\"\n\
         acces = {{ fichier = \"acces\" }}\ndelai_secondes = 20\n",
        service.url()
    ));
    bench
}

fn codes(bench: &Bench) {
    bench.private("codes", &format!("{}\n{}\n", SignatureService::PIN, SignatureService::OTP));
}

fn service(kind: SealKind, manners: CscManners) -> SignatureService {
    SignatureService::start(world().pki.seal(kind).unwrap(), kind == SealKind::Rsa3072, manners).unwrap()
}

#[test]
fn a_remote_key_seals_and_keeps_its_codes() {
    for kind in [SealKind::P256, SealKind::Rsa3072] {
        let service = service(kind, CscManners::Good);
        let bench = bench(&service);
        let looked = bench.run(&["--json", "etude", "verifier-cle"]).expect(0).json();
        assert_eq!((&looked["key"]["kind"], &looked["usable"]), (&"distant".into(), &true.into()), "{looked}");
        assert!(!service.calls().contains(&"credentials/authorize".to_owned()), "looking authorises nothing");
        let sealed = bench.seals_and_is_judged();
        let secrets = [SignatureService::PIN, SignatureService::OTP, SignatureService::BEARER, "SAD-1"];
        let (codes, access) = (bench.path("codes"), bench.path("acces"));
        secrets.iter().for_each(|secret| bench.keeps(secret, &sealed, &[&codes, &access]));
    }
}

#[test]
fn a_failing_service_leaves_no_seal_and_the_dossier_is_sealed_later() {
    let service = service(SealKind::P384, CscManners::OtherHash);
    let bench = bench(&service);
    bench.fails(1, "key.signature");
    for (manners, exit, code) in [
        (CscManners::ExpiredSad, 1, "key.refused"),
        (CscManners::OtherKey(world().pki.signer().key), 1, "key.signature"),
        (CscManners::Oversized, 3, "key.answer"),
        (CscManners::Status(503), 3, "key.answer"),
    ] {
        service.set_manners(manners);
        bench.fails(exit, code);
    }
    service.set_manners(CscManners::Good);
    bench.private("codes", "000000\n111111\n");
    bench.fails(1, "key.refused");
    // One code for two questions: the second is not answered with the first.
    bench.private("codes", SignatureService::PIN);
    bench.fails(3, "key.secret");
    bench.private("acces", "un autre jeton");
    bench.fails(1, "key.refused");
    bench.private("acces", SignatureService::BEARER);
    codes(&bench);
    bench.seals_and_is_judged();
}

#[test]
fn an_unreachable_service_is_told() {
    let service = service(SealKind::P256, CscManners::Good);
    let bench = bench(&service);
    drop(service);
    bench.fails(3, "key.unreachable");
    bench.run(&["etude", "verifier-cle"]).expect_error(3, "key.unreachable");
}
