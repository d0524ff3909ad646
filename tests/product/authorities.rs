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

/// The octets of an entry of a bundle.
fn entry(bundle: &std::path::Path, name: &str) -> Vec<u8> {
    let mut zip = zip::ZipArchive::new(std::fs::File::open(bundle).unwrap()).unwrap();
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut zip.by_name(name).unwrap(), &mut bytes).unwrap();
    bytes
}

#[test]
fn a_session_is_bracketed_by_tokens_that_openssl_accepts() {
    let world = world();
    let (one, two) =
        (Authority::start(&world.pki, Manners::Good).unwrap(), Authority::start(&world.pki, Manners::Second).unwrap());
    let bench = Bench::with_authorities(&[(&one.url(), one.root_pem()), (&two.url(), two.root_pem())]);
    bench.capture(&page(), "ENCADRE").expect(0);
    let bundle = bench.bundle("ENCADRE");
    let verdict = bench.verify(&bundle).expect(0).json();
    assert!(codes(&verdict).contains(&"time.session".to_owned()), "{verdict}");
    let tokens = verdict["seal"]["session"].as_array().unwrap();
    let phases: Vec<&str> = tokens.iter().map(|t| t["phase"].as_str().unwrap()).collect();
    assert_eq!(phases, ["opening", "opening", "closing", "closing"], "{verdict}");
    let journal = String::from_utf8(entry(&bundle, "journal.jsonl")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for (token, authority) in tokens.iter().zip([&one, &two, &one, &two]) {
        let line = journal.lines().nth(usize::try_from(token["line"].as_u64().unwrap()).unwrap()).unwrap();
        std::fs::write(folder.path().join("ligne"), line).unwrap();
        std::fs::write(folder.path().join("jeton"), entry(&bundle, token["entry"].as_str().unwrap())).unwrap();
        let arguments = ["ts", "-verify", "-token_in", "-data", "ligne", "-in", "jeton", "-CAfile"];
        let mut openssl = std::process::Command::new("openssl");
        let said = openssl.args(arguments).arg(authority.root_pem()).current_dir(folder.path()).output().unwrap();
        assert!(said.status.success(), "{token}: {}", String::from_utf8_lossy(&said.stderr));
    }
}

#[test]
fn a_public_block_is_written_into_the_journal_before_the_first_token() {
    let world = world();
    let authority = Authority::start(&world.pki, Manners::Good).unwrap();
    for (service, code) in [("blocs", "time.not_before"), ("blocs-faux", "")] {
        let bench = Bench::with_authorities(&[(&authority.url(), authority.root_pem())]);
        let etude = bench.path("etude.toml");
        let text = std::fs::read_to_string(&etude).unwrap();
        std::fs::write(&etude, format!("{text}[temps]\nblocs = \"{}/{service}\"\n", world.sites.base())).unwrap();
        let captured = bench.capture(&page(), "BLOC").expect(0);
        let verdict = bench.verify(&bench.bundle("BLOC")).expect(0).json();
        assert_eq!(codes(&verdict).contains(&"time.not_before".to_owned()), !code.is_empty(), "{verdict}");
        assert_eq!(captured.stderr.contains("capture.no_public_value"), code.is_empty(), "{}", captured.stderr);
        let journal = String::from_utf8(entry(&bench.bundle("BLOC"), "journal.jsonl")).unwrap();
        let place = |op: &str| journal.lines().position(|line| line.contains(&format!("\"op\":\"{op}\""))).unwrap();
        assert!(place("time.not_before") < place("time.token"));
    }
}

#[test]
fn what_waits_for_a_time_is_shown_and_dated() {
    let world = world();
    let authority = Authority::start(&world.pki, Manners::HttpError(503)).unwrap();
    let bench = Bench::with_authorities(&[(&authority.url(), authority.root_pem())]);
    let captured = bench.capture(&page(), "ATTENTE").expect(3);
    assert!(captured.stderr.contains("capture.no_token"), "{}", captured.stderr);
    let dossiers = bench.dossiers();
    let queue = |more: &[&str]| {
        let mut words = vec!["--json", "horodatage", "--dossiers", text(&dossiers)];
        words.extend(more);
        bench.run(&words)
    };
    let shown = queue(&[]).expect(0).json();
    assert_eq!((shown["waiting"].as_array().unwrap().len(), &shown["waiting"][0]["lacks"]), (1, &"signature".into()));
    queue(&["--envoyer"]).expect(3);
    let tried = queue(&["--envoyer"]).expect(3).json();
    assert_eq!(tried["waiting"][0]["tried"]["attempts"], 2, "what was tried is kept: {tried}");
    assert!(tried["waiting"][0]["tried"]["why"].as_str().unwrap().contains("503"), "{tried}");
    // Without the index, the bundle still says what it lacks.
    std::fs::remove_dir_all(dossiers.join(".index")).unwrap();
    assert_eq!(queue(&[]).expect(0).json()["waiting"].as_array().unwrap().len(), 1);
    authority.set_manners(Manners::Good);
    let drained = queue(&["--envoyer"]).expect(0).json();
    assert_eq!((drained["waiting"].as_array().unwrap().len(), drained["stamped"].as_array().unwrap().len()), (0, 1));
    let verdict = bench.verify(&bench.bundle("ATTENTE")).expect(0).json();
    assert!(codes(&verdict).contains(&"time.added_later".to_owned()), "{verdict}");
    assert!(codes(&verdict).contains(&"time.session_open".to_owned()), "{verdict}");
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
