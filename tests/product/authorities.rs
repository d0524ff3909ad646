//! Timestamp authorities that lie or keep silent: the seal is made, says it bears no time, and takes it later.
use fixtures::{Authority, Manners};

use super::support::{Bench, codes, text, world};

fn page() -> String {
    format!("{}/redirige/1", world().sites.base())
}

#[test]
fn an_authority_that_lies_gives_no_time_and_the_seal_says_so() {
    let pki = &world().pki;
    let manners = [
        (Manners::Garbage, "BRUIT"),
        (Manners::OtherNonce, "NONCE"),
        (Manners::OtherImprint, "EMPREINTE"),
        (Manners::Refuses, "REFUSE"),
        (Manners::HttpError(500), "ERREUR"),
        (Manners::Empty, "VIDE"),
    ];
    for (manners, reference) in manners {
        let authority = Authority::start(pki, manners).unwrap();
        let bench = Bench::with_authorities(&[(&authority.url(), authority.root_pem())]);
        let captured = bench.capture(&page(), reference).expect(3);
        assert!(captured.stderr.contains("AUCUNE DATE"), "{reference}: {}", captured.stderr);
        let verdict = bench.verify(&bench.bundle(reference)).expect(4).json();
        assert_eq!(verdict["verdict"], "INDETERMINATE", "{reference}");
        assert!(codes(&verdict).contains(&"time.absent".to_owned()), "{reference}: {verdict}");
    }
}

#[test]
fn the_time_is_added_later() {
    let world = world();
    let authority = Authority::start(&world.pki, Manners::HttpError(503)).unwrap();
    let bench = Bench::with_authorities(&[(&authority.url(), authority.root_pem())]);
    bench.capture(&page(), "TARDIF").expect(3);
    let bundle = bench.bundle("TARDIF");
    bench.run(&["--json", "sceller", "--horodater", text(&bundle)]).expect_error(3, "seal.no_timestamp");
    authority.set_manners(Manners::Good);
    let added = bench.run(&["--json", "sceller", "--horodater", text(&bundle)]).expect(0).json();
    assert_eq!(added["timestamped"], true);
    let verdict = bench.verify(&bundle).expect(0).json();
    assert_eq!(verdict["verdict"], "PASS");
    assert!(!codes(&verdict).contains(&"time.absent".to_owned()), "{verdict}");
    bench.run(&["sceller", "--horodater", text(&bundle)]).expect_error(2, "seal.already_stamped");
}

#[test]
fn without_any_authority_the_capture_is_done_and_the_absence_told() {
    let bench = Bench::with_authorities(&[]);
    let captured = bench.capture(&page(), "SANS").expect(0);
    assert!(captured.stderr.contains("AUCUNE DATE"), "{}", captured.stderr);
    bench.verify(&bench.bundle("SANS")).expect(4);
    bench.run(&["sceller", "--horodater", text(&bench.bundle("SANS"))]).expect_error(2, "etude.no_authority");
}

#[test]
fn the_trial_etude_is_made_on_first_use_and_marked() {
    let bench = Bench::new();
    let dossiers = bench.dossiers();
    let mut command =
        bench.command(&["--json", "capturer", &page(), "--dossiers", text(&dossiers), "--reference", "ESSAI-1"]);
    let captured = super::support::Answer::from(command.env_remove("CONSTAT_ETUDE").output().unwrap()).expect(0);
    assert!(captured.stderr.contains("ESSAI"), "{}", captured.stderr);
    let bundle = bench.bundle("ESSAI-1");
    let mut command = bench.command(&["--json", "verifier", text(&bundle)]);
    let verdict = super::support::Answer::from(command.env_remove("CONSTAT_ETUDE").output().unwrap()).expect(4).json();
    assert!(codes(&verdict).contains(&"trust.essai".to_owned()), "{verdict}");
}
