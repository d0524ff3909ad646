//! Anchors of a sealed bundle: real calendars over HTTP, a log and its witnesses; asked, completed, covered, judged.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up is a failed test")]

#[path = "support/sample.rs"]
mod sample;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fixtures::{Calendar, CalendarManners, Manners, Published};
use sample::*;
use sealer::anchor::{AnchorState, AnchorTrust, BlockNetwork, Calendars, Exchange, HeaderChain, HttpExchange, Reply};
use sealer::tlog::{KeyKind, LogPolicy, OfficeLog, SigningKey, Witness};
use sealer::{
    Anchored, Anchoring, FetchError, HttpNetwork, Offline, SealRequest, SealedBundle, SystemRandom, TimestampAuthority,
    TrustAnchors, Verdict, Verification, add_time, anchor_bundle, renew, seal, verify,
};

/// HTTP for calendars; witnesses are asked in this process.
struct Net {
    http: HttpExchange,
    witnesses: BTreeMap<String, Witness>,
    silent: Mutex<Vec<String>>,
    clock: Arc<dyn dossier::Clock>,
}

impl Exchange for Net {
    fn get(&self, url: &str, accept: &str, limit: u64) -> Result<Reply, FetchError> {
        self.http.get(url, accept, limit)
    }

    fn post(&self, url: &str, accept: &str, body: &[u8], limit: u64) -> Result<Reply, FetchError> {
        let name = url.strip_prefix("temoin://").and_then(|u| u.strip_suffix("/add-checkpoint"));
        let Some(name) = name else { return self.http.post(url, accept, body, limit) };
        if self.silent.lock().unwrap().iter().any(|n| n == name) {
            return Ok(Reply { status: 404, body: Vec::new() });
        }
        let answer = self.witnesses[name].add_checkpoint(body, self.clock.now());
        Ok(Reply { status: answer.status, body: answer.body.into_bytes() })
    }
}

struct Place {
    work: tempfile::TempDir,
    _dir: tempfile::TempDir,
    _pki: Published,
    one: Tsa,
    two: Tsa,
    etude: Etude,
    calendars: [Calendar; 2],
    asked: Calendars,
    net: Net,
    log: OfficeLog,
    policy: LogPolicy,
}

const ORIGIN: &str = "etude.example/journal";

fn place() -> Place {
    let (dir, pki) = pki();
    let (one, two) = (tsa(&pki, Manners::Good, "une"), tsa(&pki, Manners::Second, "deux"));
    let etude = etude_of(&pki, &pki.signer());
    let work = tempfile::tempdir().unwrap();
    let calendars = [CalendarManners::Good, CalendarManners::Good].map(|m| Calendar::start(m).unwrap());
    let asked = Calendars { addresses: calendars.iter().map(Calendar::url).collect(), allowed: Vec::new() };
    let made = OfficeLog::create(&work.path().join("journal"), ORIGIN, &SystemRandom).unwrap();
    let mut text = format!("log {}\n", made.verifier());
    let mut witnesses = BTreeMap::new();
    for name in ["a", "b", "c"] {
        let folder = work.path().join(name);
        let full = format!("{name}.example");
        let witness = Witness::open(&folder, &full, vec![made.verifier().clone()], &SystemRandom).unwrap();
        text += &format!("witness {name} {} temoin://{name}\n", witness.verifier());
        witnesses.insert(name.to_owned(), witness);
    }
    text += "group deux 2 a b c\nquorum deux\n";
    let policy = LogPolicy::parse(&text).unwrap();
    let log = OfficeLog::open(&work.path().join("journal"), Some(policy.clone())).unwrap();
    let http = HttpExchange::with_deadline(Duration::from_secs(3));
    let net = Net { http, witnesses, silent: Mutex::default(), clock: Arc::clone(&etude.clock) };
    Place { work, _dir: dir, _pki: pki, one, two, etude, calendars, asked, net, log, policy }
}

impl Place {
    fn target(&self) -> PathBuf {
        self.work.path().join("2026-0142.asice")
    }

    fn anchoring(&self) -> Anchoring<'_> {
        Anchoring { calendars: &self.asked, log: Some(&self.log), exchange: &self.net }
    }

    fn seal(&self, authorities: &[&dyn TimestampAuthority]) -> SealedBundle {
        let folder = tempfile::tempdir().unwrap();
        let request = SealRequest {
            dossier: &closed(folder.path()),
            signer: &self.etude.signer,
            wacz_key: &self.etude.wacz,
            authorities,
            network: &HttpNetwork::with_deadline(Duration::from_secs(3)),
            anchoring: Some(self.anchoring()),
            clock: self.etude.clock.as_ref(),
            random: &SystemRandom,
            essai: true,
            target: &self.target(),
            progress: &|_| {},
        };
        seal(&request).unwrap_or_else(|e| panic!("{e}: {e:#?}"))
    }

    fn authorities(&self) -> [&dyn TimestampAuthority; 2] {
        [&self.one.client, &self.two.client]
    }

    fn anchor(&self) -> Anchored {
        let trusted = self.etude.anchors.clone();
        anchor_bundle(&self.target(), &self.anchoring(), &trusted, self.etude.clock.as_ref(), &SystemRandom)
            .unwrap_or_else(|e| panic!("{e}: {e:#?}"))
    }

    /// Headers of the first calendar's chain, and the policy.
    fn trust(&self) -> TrustAnchors {
        let headers =
            HeaderChain::read(self.calendars[0].headers(), fixtures::calendar::FIRST_HEIGHT, BlockNetwork::TRIAL);
        let trust =
            AnchorTrust { headers: Some(Arc::new(headers.unwrap())), policy: Some(Arc::new(self.policy.clone())) };
        self.etude.anchors.clone().checking_anchors_with(trust)
    }

    fn verify(&self, trust: &TrustAnchors) -> Verification {
        verify(&self.target(), trust, self.etude.clock.now())
    }

    fn names(&self) -> Vec<String> {
        let listed = run("zipinfo", &["-1", self.target().to_str().unwrap()], self.work.path());
        listed.lines().filter(|name| name.contains("anchor-")).map(str::to_owned).collect()
    }
}

fn states(checked: &Verification) -> Vec<AnchorState> {
    checked.facts.anchors.iter().map(|anchor| anchor.state).collect()
}

use AnchorState::{Insufficient, Pending, Proven, Unchecked};

#[test]
fn a_seal_is_anchored_then_completed_then_covered() {
    let place = place();
    let sealed = place.seal(&place.authorities());
    assert_eq!(place.names(), ["META-INF/anchor-ots-001.ots", "META-INF/anchor-journal-002.tlog-proof"]);
    assert!(!codes(&sealed.findings).contains(&"anchor.not_had"), "{:#?}", sealed.findings);
    // Without anything brought, the verdict of the seal stands, and each anchor says what it claims.
    let bare = place.verify(&place.etude.anchors);
    assert_eq!((bare.verdict, states(&bare)), (Verdict::Pass, vec![Pending, Unchecked]), "{:#?}", bare.findings);
    assert_eq!(bare.facts.anchors[0].calendars.len(), 2);
    let checked = place.verify(&place.trust());
    assert_eq!(states(&checked), [Pending, Proven], "{:#?}", checked.findings);
    let log = checked.facts.anchors[1].log.as_ref().unwrap();
    assert_eq!((log.origin.as_str(), log.size, log.witnesses.len()), (ORIGIN, 1, 3));
    // Nothing is confirmed yet: nothing changes.
    let again = place.anchor();
    assert!(again.bundle.is_none() && codes(&again.findings) == ["anchor.waiting"; 2], "{again:#?}");
    place.calendars[0].confirm(6);
    // Over a file that a record beside it covers, nothing is written.
    let record = sealer::ers::record_path(&place.target());
    std::fs::write(&record, b"x").unwrap();
    let (trusted, clock) = (place.etude.anchors.clone(), place.etude.clock.as_ref());
    let error = anchor_bundle(&place.target(), &place.anchoring(), &trusted, clock, &SystemRandom).unwrap_err();
    assert_eq!(error.code(), "seal.recorded");
    std::fs::remove_file(record).unwrap();
    let completed = place.anchor();
    assert!(completed.bundle.is_some());
    assert_eq!(place.names().len(), 2, "the promise is completed where it stands");
    let bare = place.verify(&place.etude.anchors);
    assert_eq!((bare.verdict, states(&bare)), (Verdict::Pass, vec![Unchecked, Unchecked]));
    let checked = place.verify(&place.trust());
    assert_eq!((checked.verdict, states(&checked)), (Verdict::Pass, vec![Proven, Proven]), "{:#?}", checked.findings);
    let block = &checked.facts.anchors[0].blocks[0];
    assert_eq!((block.height, block.followed_by), (fixtures::calendar::FIRST_HEIGHT + 1, Some(6)));
    assert_eq!(checked.facts.anchors[0].existed_before, block.time);
    // An archive token covers the anchors too.
    let network = HttpNetwork::with_deadline(Duration::from_secs(3));
    renew(&place.target(), &place.authorities(), &network, place.etude.clock.as_ref(), &SystemRandom).unwrap();
    let checked = place.verify(&place.trust());
    assert_eq!((checked.verdict, states(&checked)), (Verdict::Pass, vec![Proven, Proven]), "{:#?}", checked.findings);
    assert!(place.anchor().bundle.is_none());
}

#[test]
fn what_is_covered_stays_and_is_completed_beside() {
    let place = place();
    place.net.silent.lock().unwrap().extend(["b".to_owned(), "c".to_owned()]);
    let sealed = place.seal(&place.authorities());
    assert!(codes(&sealed.findings).contains(&"anchor.not_had"), "{:#?}", sealed.findings);
    let checked = place.verify(&place.trust());
    assert_eq!((checked.verdict, states(&checked)), (Verdict::Pass, vec![Pending, Insufficient]));
    let network = HttpNetwork::with_deadline(Duration::from_secs(3));
    let clock = place.etude.clock.as_ref();
    renew(&place.target(), &place.authorities(), &network, clock, &SystemRandom).unwrap();
    place.calendars[0].confirm(1);
    place.net.silent.lock().unwrap().clear();
    assert!(place.anchor().bundle.is_some());
    let expected = [
        "META-INF/anchor-ots-001.ots",
        "META-INF/anchor-journal-002.tlog-proof",
        "META-INF/anchor-ots-003.ots",
        "META-INF/anchor-journal-004.tlog-proof",
    ];
    assert_eq!(place.names(), expected);
    let checked = place.verify(&place.trust());
    assert_eq!(checked.verdict, Verdict::Pass, "{:#?}", checked.findings);
    assert_eq!(states(&checked), [Pending, Insufficient, Proven, Proven]);
    // Prolonged once more, the new ones are covered as well.
    renew(&place.target(), &place.authorities(), &network, clock, &SystemRandom).unwrap();
    let checked = place.verify(&place.trust());
    assert_eq!((checked.verdict, checked.facts.level), (Verdict::Pass, Some(sealer::SealLevel::Archived)));
    // A token in the seal would make its anchors false: it is refused.
    let error = add_time(&place.target(), &place.authorities(), &network, clock, &SystemRandom).unwrap_err();
    assert_eq!(error.code(), "seal.already_stamped");
}

#[test]
fn an_anchored_seal_is_never_changed() {
    let place = place();
    let folder = tempfile::tempdir().unwrap();
    let dossier = closed(folder.path());
    // The states of the certificates could not be had: the seal is B-T, then anchored.
    place.etude.seal_from(&dossier, &[&place.one.client], &Offline, &place.target(), &|_| {}).unwrap();
    assert!(place.anchor().bundle.is_some());
    let network = HttpNetwork::with_deadline(Duration::from_secs(3));
    let clock = place.etude.clock.as_ref();
    // The second token is over the files: it comes, and the seal stays.
    add_time(&place.target(), &place.authorities(), &network, clock, &SystemRandom).unwrap();
    let checked = place.verify(&place.trust());
    assert_eq!(
        (states(&checked), checked.facts.timestamps.len()),
        (vec![Pending, Proven], 2),
        "{:#?}",
        checked.findings
    );
    assert_eq!(checked.facts.level, Some(sealer::SealLevel::Timestamped));
    renew(&place.target(), &place.authorities(), &network, clock, &SystemRandom).unwrap();
    let checked = place.verify(&place.trust());
    assert_eq!((checked.verdict, states(&checked)), (Verdict::Pass, vec![Pending, Proven]), "{:#?}", checked.findings);
    assert_eq!(checked.facts.level, Some(sealer::SealLevel::Archived), "the states came with the archive token");
}

#[test]
fn no_anchor_is_worth_a_seal() {
    let place = place();
    place.net.silent.lock().unwrap().extend(["a", "b", "c"].map(str::to_owned));
    for manners in [CalendarManners::Status(503), CalendarManners::Garbage, CalendarManners::Huge] {
        place.calendars.iter().for_each(|calendar| calendar.set_manners(manners));
        let sealed = place.seal(&place.authorities());
        assert!(codes(&sealed.findings).contains(&"anchor.not_had"), "{manners:?}: {:#?}", sealed.findings);
        assert_eq!(place.names(), ["META-INF/anchor-journal-001.tlog-proof"], "{manners:?}");
        assert_eq!(place.verify(&place.etude.anchors).verdict, Verdict::Pass);
        std::fs::remove_file(place.target()).unwrap();
    }
    assert!(place.calendars[0].requests() <= 3 + 1 + 1, "{}", place.calendars[0].requests());
    // Without a time, a seal is not anchored: the token to come would change it.
    let sealed = place.seal(&[]);
    assert!(place.names().is_empty() && sealed.anchors.is_empty());
    let trusted = place.etude.anchors.clone();
    let clock = place.etude.clock.as_ref();
    let error = anchor_bundle(&place.target(), &place.anchoring(), &trusted, clock, &SystemRandom).unwrap_err();
    assert_eq!(error.code(), "seal.not_stamped");
}

#[test]
fn a_calendar_that_lies_is_found_out_by_the_headers() {
    let place = place();
    place.calendars[1].promise_at("https://ailleurs.example");
    place.seal(&place.authorities());
    place.calendars[0].confirm(2);
    place.calendars[0].set_manners(CalendarManners::WrongRoot);
    let anchored = place.anchor();
    let told: Vec<&str> = anchored.findings.iter().filter_map(|f| f.found.as_deref()).collect();
    assert!(told.iter().any(|t| t.contains("n'est pas de ceux de l'étude")), "{told:?}");
    // Nobody can know without headers; with them, it is false, and the bundle with it.
    assert_eq!(place.verify(&place.etude.anchors).verdict, Verdict::Pass);
    let checked = place.verify(&place.trust());
    assert_eq!((checked.verdict, states(&checked)[0]), (Verdict::Fail, AnchorState::False));
    assert!(codes(&checked.findings).contains(&"anchor.false"), "{:#?}", checked.findings);
}

#[test]
fn the_log_survives_a_cut_and_refuses_to_fork() {
    let place = place();
    let leaves = place.work.path().join("journal/feuilles.jsonl");
    let enter = |text: &str| place.log.enter(text.as_bytes(), &place.net);
    for n in 0..5 {
        let entered = enter(&format!("feuille {n}")).unwrap();
        assert!(entered.is_met && entered.failures.is_empty(), "{entered:?}");
        assert_eq!((entered.proof.index, entered.proof.checkpoint.size), (n, n + 1));
    }
    // The same leaf again is where it was, and nobody is asked.
    assert_eq!(enter("feuille 2").unwrap().proof.index, 2);
    // A witness that was away for a while catches up.
    place.net.silent.lock().unwrap().push("a".into());
    assert_eq!(enter("feuille 5").unwrap().failures.len(), 1);
    assert!(enter("feuille 6").unwrap().is_met);
    place.net.silent.lock().unwrap().clear();
    assert!(enter("feuille 7").unwrap().failures.is_empty());
    // Cut in the middle of a line.
    let mut octets = std::fs::read(&leaves).unwrap();
    octets.extend(b"feuille d\xc3");
    std::fs::write(&leaves, &octets).unwrap();
    assert_eq!(enter("feuille 8").unwrap().proof.index, 8);
    assert_eq!(std::fs::read(place.work.path().join("journal/feuilles-dechirees.bin")).unwrap(), b"feuille d\xc3");
    assert_eq!(place.log.consistency(3).unwrap().len(), 5);
    // A leaf rewritten, or taken away: the head that was signed does not hold any more.
    for forged in [
        String::from_utf8(std::fs::read(&leaves).unwrap()).unwrap().replace("feuille 3", "feuille X"),
        "feuille 0\n".to_owned(),
    ] {
        let kept = std::fs::read(&leaves).unwrap();
        std::fs::write(&leaves, forged).unwrap();
        assert_eq!(enter("feuille 9").unwrap_err().code(), "log.altered");
        std::fs::write(&leaves, kept).unwrap();
    }
    // And who holds the key and signs on all the same is refused by the witnesses.
    std::fs::write(&leaves, "autre\nhistoire\n").unwrap();
    std::fs::remove_file(place.work.path().join("journal/tete.note")).unwrap();
    let forked = enter("troisième").unwrap();
    assert!(!forked.is_met && forked.failures.len() == 3, "{forked:?}");
    let many: String = (0..20).map(|n| format!("autre {n}\n")).collect();
    std::fs::write(&leaves, many).unwrap();
    std::fs::remove_file(place.work.path().join("journal/tete.note")).unwrap();
    let forked = enter("dernière").unwrap();
    assert!(!forked.is_met && forked.failures.iter().all(|f| f.contains("422")), "{forked:?}");
}

#[test]
fn a_witness_answers_as_its_protocol_says() {
    let place = place();
    let witness = &place.net.witnesses["a"];
    let now = place.etude.clock.now();
    let key = SigningKey::generate(ORIGIN, KeyKind::Log, &SystemRandom).unwrap();
    let empty = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    let head = |origin: &str, size: u64| format!("{origin}\n{size}\n{empty}\n");
    let ask =
        |old: &str, text: &str| witness.add_checkpoint(format!("{old}\n\n{text}\n{}", key.sign(text)).as_bytes(), now);
    assert_eq!(ask("old 0", &head(ORIGIN, 0)).status, 403, "not this log's key");
    assert_eq!(ask("old 0", &head("inconnu.example", 0)).status, 404);
    for body in [
        "",
        "old 0",
        "old 00\n\nx",
        "old x\n\nx\n1\nAAAA\n\n",
        "old 0\nnot base64\n\nx\n0\nAAAA\n\n\u{2014} x AAAAAAAA\n",
    ] {
        assert_eq!(witness.add_checkpoint(body.as_bytes(), now).status, 400, "{body:?}");
    }
    let again = Witness::open(&place.work.path().join("a"), "a.example", Vec::new(), &SystemRandom);
    assert_eq!(again.unwrap_err().code(), "log.file");
    // Its state is its own: another process cannot take it, and a state it did not sign stops it.
    place.log.enter(b"une", &place.net).unwrap();
    let kept = std::fs::read_dir(place.work.path().join("a")).unwrap();
    let kept = kept.map(|e| e.unwrap().path()).find(|p| p.extension().is_some_and(|e| e == "note")).unwrap();
    let text = std::fs::read_to_string(&kept).unwrap();
    std::fs::write(&kept, text.replacen("\n1\n", "\n0\n", 1)).unwrap();
    let entered = place.log.enter(b"deux", &place.net).unwrap();
    assert!(entered.failures.iter().any(|f| f.contains("HTTP 500")), "{entered:?}");
}
