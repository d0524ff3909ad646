//! Sessions interrupted at random: browser killed, process killed, network taken away, until they end. Nothing done is lost,
//! nothing is done twice in silence, every interruption is told, and what is sealed is true.
//!
//! The whole test runs in a network namespace of its own, whose second interface can lose its address; the site of the
//! scenario is behind it. `CONSTAT_INTERRUPTIONS=200` for the long run; `CONSTAT_GRAINE` for the run of a seed.
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant, SystemTime};

use dossier::{JournalEntry, Outcome, Standing, op, standing};
use rustix::process::{Pid, Signal, kill_process};

use super::resumption::lines;
use super::support::{Bench, codes, text, world};

/// Set inside the namespace.
const INSIDE: &str = "CONSTAT_RESEAU_A_PART";
/// The address of the site there.
const SITE: &str = "198.51.100.1";
/// Pages of a scenario.
const PAGES: u32 = 3;
/// The most interruptions of one dossier.
const EACH: u32 = 6;

fn wanted() -> u32 {
    std::env::var("CONSTAT_INTERRUPTIONS").ok().and_then(|n| n.parse().ok()).unwrap_or(4)
}

/// A generator whose seed is told (splitmix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % limit
    }
}

#[test]
fn interrupted_at_random_nothing_is_lost_nor_done_twice_in_silence() {
    if std::env::var_os(INSIDE).is_none() {
        return in_a_network_of_its_own("interrupted_at_random_nothing_is_lost_nor_done_twice_in_silence");
    }
    let seed = std::env::var("CONSTAT_GRAINE").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        u64::try_from(now.as_nanos() % 1_000_000_007).unwrap()
    });
    eprintln!("CONSTAT_GRAINE={seed}");
    let (mut chance, mut left, mut number) = (Chance(seed), wanted(), 0);
    let mut kinds = BTreeMap::new();
    let bench = Bench::new();
    let site = relay();
    while left > 0 {
        number += 1;
        let reference = format!("HASARD-{number}");
        let mut played = Played::new(&bench, &reference, &site);
        let most = left.min(EACH);
        while !played.ended() && played.done() < most {
            played.interrupt(&mut chance);
        }
        played.finish();
        played.judge();
        left -= played.done().min(left);
        for (kind, count) in &played.kinds {
            *kinds.entry(*kind).or_insert(0) += count;
        }
        let told = |wanted: &dossier::Operation| lines(&played.root).iter().filter(|e| e.op == *wanted).count();
        let (again, waits) = (told(&op::SESSION_RESUMED), told(&op::NETWORK_LOST));
        eprintln!("{reference}: {:?}, gone on with {again} times, {waits} waits; {left} to go", played.kinds);
    }
    eprintln!("{} interruptions in {number} dossiers: {kinds:?}", wanted());
}

#[test]
fn a_lost_network_is_awaited_and_the_step_tried_once_more_or_left_for_later() {
    if std::env::var_os(INSIDE).is_none() {
        return in_a_network_of_its_own("a_lost_network_is_awaited_and_the_step_tried_once_more_or_left_for_later");
    }
    let bench = Bench::new();
    let site = relay();
    let scenario = |reference: &str, seconds: u32| {
        let toml = format!(
            "[dossier]\n[limites]\nattente_reseau_secondes = {seconds}\n[[etape]]\naller = \"{site}/types/latin1?{reference}=1\"\n\
             [[etape]]\nattendre = {{ secondes = 3 }}\n[[etape]]\naller = \"{site}/types/latin1?{reference}=2\"\n\
             [[etape]]\ncapturer = \"La page\"\n"
        );
        bench.scenario(&format!("{reference}.toml"), &toml)
    };
    let until = |reference: &str, wanted: &dyn Fn(&JournalEntry) -> bool| {
        let deadline = Instant::now() + Duration::from_secs(120);
        while !lines(&bench.dossiers().join(reference)).iter().any(wanted) {
            assert!(Instant::now() < deadline, "{reference}: the line awaited never came");
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    let waiting = |e: &JournalEntry| e.op == op::STEP_BEGIN && e.integer("step") == Some(2);
    let outcomes = |reference: &str, wanted: &dossier::Operation| {
        let of = lines(&bench.dossiers().join(reference)).into_iter().filter(|e| e.op == *wanted);
        of.map(|e| e.outcome).collect::<Vec<_>>()
    };

    let child = start(&bench, &scenario("ATTENDU", 100), "ATTENDU");
    until("ATTENDU", &waiting);
    link(false);
    until("ATTENDU", &|e| e.op == op::NETWORK_LOST);
    link(true);
    let answer = super::support::Answer::from(child.wait_with_output().unwrap()).expect(0);
    assert_eq!(answer.json()["state"], "complete");
    assert!(answer.stderr.contains("Réseau perdu : attente, 100 s au plus"), "{}", answer.stderr);
    assert_eq!(outcomes("ATTENDU", &op::NETWORK_BACK), [Outcome::Ok]);
    let third = lines(&bench.dossiers().join("ATTENDU")).into_iter().filter(|e| e.integer("step") == Some(3));
    let ends: Vec<_> = third.filter(|e| e.op == op::STEP_END).map(|e| (e.outcome, e.integer("repeats"))).collect();
    assert_eq!(ends, [(Outcome::Failed, None), (Outcome::Ok, Some(1))], "the second attempt says that it is one");
    assert_eq!(bench.verify(&bench.bundle("ATTENDU")).expect(0).json()["verdict"], "PASS");

    let child = start(&bench, &scenario("LAISSE", 1), "LAISSE");
    until("LAISSE", &waiting);
    link(false);
    let answer = super::support::Answer::from(child.wait_with_output().unwrap()).expect_error(1, "capture.suspended");
    link(true);
    assert!(answer.stderr.contains("constat capturer --reprendre"), "{}", answer.stderr);
    assert_eq!(outcomes("LAISSE", &op::NETWORK_BACK), [Outcome::Failed]);
    let root = bench.dossiers().join("LAISSE");
    assert!(lines(&root).iter().any(|e| e.op == op::SESSION_STOP && e.text("why") == Some("network")));
    let again = bench.run(&["--json", "capturer", "--reprendre", text(&root)]).expect(0);
    assert_eq!(again.json()["state"], "complete");
    assert_eq!(bench.verify(&bench.bundle("LAISSE")).expect(0).json()["verdict"], "PASS");
}

/// Runs this test again where the network is ours to take away.
fn in_a_network_of_its_own(name: &str) {
    let script = format!(
        "ip link set lo up && ip link add v0 type veth peer name v1 && ip addr add {SITE}/24 dev v0 && ip link set v0 up \
         && ip link set v1 up && exec \"$0\" --exact \"$1\" --nocapture --test-threads=1"
    );
    let root = fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    let user: &[&str] = if root { &[] } else { &["--user", "--map-root-user"] };
    let status = Command::new("unshare")
        .args(user)
        .args(["--net", "sh", "-c", &script])
        .arg(std::env::current_exe().unwrap())
        .arg(format!("interruptions::{name}"))
        .env(INSIDE, "1")
        .status()
        .expect("unshare, of util-linux");
    assert!(status.success(), "in the namespace: {status}");
}

/// Takes the only address that leads to the site away, or gives it back: a route of this machine outlives its interface.
fn link(up: bool) {
    let verb = if up { "add" } else { "del" };
    let status = Command::new("ip").args(["addr", verb, &format!("{SITE}/24"), "dev", "v0"]).status();
    assert!(status.expect("ip, of iproute2").success());
}

/// The site, reached by the interface that can be taken down. Its address.
fn relay() -> String {
    let listener = TcpListener::bind((SITE, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let port: u16 = world().sites.base().rsplit(':').next().unwrap().parse().unwrap();
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let Ok(server) = TcpStream::connect(("127.0.0.1", port)) else { continue };
            let (Ok(client_too), Ok(server_too)) = (client.try_clone(), server.try_clone()) else { continue };
            pass(client, server);
            pass(server_too, client_too);
        }
    });
    format!("http://{address}")
}

fn pass(mut from: TcpStream, mut to: TcpStream) {
    std::thread::spawn(move || {
        let _ended = std::io::copy(&mut from, &mut to);
        let _shut = to.flush().and_then(|()| to.shutdown(std::net::Shutdown::Both));
    });
}

/// One dossier, interrupted and gone on with.
struct Played<'a> {
    bench: &'a Bench,
    reference: String,
    scenario: PathBuf,
    root: PathBuf,
    child: Child,
    kinds: BTreeMap<&'static str, u32>,
    /// For each end of a process that left the dossier open: its whole lines then.
    cuts: Vec<Vec<JournalEntry>>,
    /// The lines there were when the browser was killed.
    browsers: Vec<usize>,
    runs: u32,
}

impl<'a> Played<'a> {
    fn new(bench: &'a Bench, reference: &str, site: &str) -> Self {
        let mut toml = "[dossier]\n[limites]\nattente_reseau_secondes = 60\n".to_owned();
        for page in 1..=PAGES {
            toml += &format!(
                "[[etape]]\naller = \"{site}/types/latin1?{reference}={page}\"\n[[etape]]\nattendre = {{ secondes = 1 }}\n\
                 [[etape]]\ncapturer = \"Page {page}\"\n"
            );
        }
        let scenario = bench.scenario(&format!("{reference}.toml"), &toml);
        let child = start(bench, &scenario, reference);
        Self {
            root: bench.dossiers().join(reference),
            reference: reference.to_owned(),
            bench,
            scenario,
            child,
            kinds: BTreeMap::new(),
            cuts: Vec::new(),
            browsers: Vec::new(),
            runs: 1,
        }
    }

    fn done(&self) -> u32 {
        self.kinds.values().sum()
    }

    fn ended(&self) -> bool {
        matches!(standing(&self.root), Standing::Closed)
    }

    /// One interruption, at a random moment; a process that ended meanwhile is followed by another.
    fn interrupt(&mut self, chance: &mut Chance) {
        let moment = Instant::now() + Duration::from_millis(200 + chance.below(8_000));
        while Instant::now() < moment {
            if self.child.try_wait().unwrap().is_some() {
                return self.after_its_end();
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        match chance.below(3) {
            0 => {
                self.kill(self.child.id());
                self.child.wait().unwrap();
                *self.kinds.entry("process").or_insert(0) += 1;
                self.go_on();
            }
            1 => {
                let lines = lines(&self.root);
                if let Some(browser) = browser(&lines) {
                    self.kill(browser);
                    self.browsers.push(lines.len());
                    *self.kinds.entry("browser").or_insert(0) += 1;
                }
            }
            _ => {
                link(false);
                std::thread::sleep(Duration::from_millis(500 + chance.below(5_000)));
                link(true);
                *self.kinds.entry("network").or_insert(0) += 1;
            }
        }
    }

    fn kill(&self, pid: u32) {
        let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
        // It may have ended by itself since it was found.
        let _ = kill_process(pid, Signal::KILL);
    }

    /// A process ended by itself: another goes on, or closes when only the closing is left.
    fn after_its_end(&mut self) {
        let ended = std::mem::replace(&mut self.child, Command::new("true").spawn().unwrap());
        let said = ended.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&said.stderr).into_owned();
        assert!(!said.contains("panicked"), "{said}");
        if said.contains("capture.nothing_left") {
            self.bench.run(&["sceller", text(&self.root)]).expect(0);
        } else {
            self.go_on();
        }
    }

    /// After a process ended: starts another that goes on, when the dossier is open.
    fn go_on(&mut self) {
        if self.ended() {
            return;
        }
        self.runs += 1;
        assert!(self.runs < 60, "the session never ends");
        let now = lines(&self.root);
        if !now.iter().any(|e| e.op == op::SESSION_SCENARIO) {
            // Nothing was planned yet: there is nothing to go on with.
            let refused = self.bench.run(&["capturer", "--reprendre", text(&self.root)]);
            let known = ["dossier.missing", "dossier.nothing_recorded", "capture.no_plan"];
            assert!(known.iter().any(|code| refused.stderr.contains(code)), "{}", refused.stderr);
            let _ = fs::remove_dir_all(&self.root);
            self.child = start(self.bench, &self.scenario, &self.reference);
            return;
        }
        self.cuts.push(now);
        self.child = self.bench.start(&["--json", "capturer", "--reprendre", text(&self.root)]);
    }

    /// Lets the session end, going on as often as it takes; what only a closing is left for is closed.
    fn finish(&mut self) {
        loop {
            let deadline = Instant::now() + Duration::from_secs(400);
            while self.child.try_wait().unwrap().is_none() {
                assert!(Instant::now() < deadline, "{}: a process that does not end", self.reference);
                std::thread::sleep(Duration::from_millis(20));
            }
            if self.ended() {
                break;
            }
            self.after_its_end();
        }
        if !self.bench.bundle(&self.reference).exists() {
            // Killed between the closing and the seal.
            self.bench.run(&["sceller", text(&self.root)]).expect(0);
        }
    }

    /// What must hold whatever happened.
    fn judge(&self) {
        let after = lines(&self.root);
        let of = |wanted: &dossier::Operation| after.iter().filter(|e| e.op == *wanted).collect::<Vec<_>>();
        // Nothing that was journalled is lost, and every interruption is told with its last line.
        let mut ends = BTreeSet::new();
        for cut in &self.cuts {
            assert_eq!(&after[..cut.len()], &cut[..], "{}: a journalled line changed", self.reference);
            ends.insert(cut.last().map(|e| e.seq));
        }
        let told: BTreeSet<Option<u64>> = of(&op::SESSION_INTERRUPTED)
            .iter()
            .map(|e| e.integer("last_seq").and_then(|n| u64::try_from(n).ok()))
            .collect();
        assert_eq!(told, ends, "{}: an interruption is not told, or told for nothing", self.reference);
        for seen in &self.browsers {
            let tells = |e: &&JournalEntry| match &e.op {
                o if *o == op::BROWSER_STOP => {
                    e.outcome == Outcome::Deviation || e.text("exit") != Some("exit status: 0")
                }
                o if *o == op::FINDING => e.text("code") == Some("capture.browser_lost"),
                o => *o == op::SESSION_INTERRUPTED,
            };
            assert!(after.iter().skip(*seen).any(|e| tells(&e)), "{}: a killed browser is not told", self.reference);
        }
        assert_eq!(of(&op::NETWORK_LOST).len() - unanswered(&after), of(&op::NETWORK_BACK).len(), "{}", self.reference);
        self.judge_steps(&after);
        let verdict = self.bench.verify(&self.bench.bundle(&self.reference)).expect(0).json();
        assert_eq!(verdict["verdict"], "PASS", "{}", self.reference);
        let findings = codes(&verdict).iter().filter(|code| *code == "session.interrupted").count();
        assert_eq!(findings, ends.len(), "{}", self.reference);
    }

    /// Every step is told; one begun again says so; the site was asked what the journal says it was.
    fn judge_steps(&self, after: &[JournalEntry]) {
        let begins = |step: u32| {
            let of = move |e: &&JournalEntry| e.op == op::STEP_BEGIN && e.integer("step") == Some(i64::from(step));
            after.iter().filter(of).collect::<Vec<_>>()
        };
        let interrupted = after.last().unwrap().text("state") == Some("interrupted");
        for step in 1..=PAGES * 3 {
            let begun = begins(step);
            assert!(!begun.is_empty() || interrupted, "{}: step {step} is lost", self.reference);
            for (n, begin) in (0_i64..).zip(&begun) {
                assert_eq!(begin.integer("repeats"), Some(n).filter(|n| *n > 0), "{}: {begin:?}", self.reference);
            }
        }
        for (step, done) in self.cuts.iter().flat_map(|cut| captured(cut).into_iter().map(move |s| (s, cut.len()))) {
            let again =
                after.iter().skip(done).filter(|e| e.op == op::STEP_BEGIN && e.integer("step") == Some(step)).count();
            assert_eq!(again, 0, "{}: the capture of step {step} was done, and is made again", self.reference);
        }
        for page in 1..=PAGES {
            let step = (page - 1) * 3 + 1;
            let query = format!("{}={page}", self.reference);
            let asked = world().sites.requests().iter().filter(|r| r.query == query).count();
            let reached = |e: &&JournalEntry| {
                e.op == op::PAGE_REACHED && e.outcome == Outcome::Ok && e.integer("step") == Some(i64::from(step))
            };
            let reached = after.iter().filter(reached).count();
            let begun = begins(step).len();
            assert!(
                (reached..=begun).contains(&asked),
                "{}: page {page} was asked {asked} times, reached {reached}, begun {begun}",
                self.reference
            );
        }
    }
}

/// A wait for the network that its process did not outlive.
fn unanswered(lines: &[JournalEntry]) -> usize {
    let mut waiting = false;
    let mut count = 0;
    for entry in lines {
        if entry.op == op::NETWORK_LOST {
            waiting = true;
        } else if entry.op == op::NETWORK_BACK {
            waiting = false;
        } else if entry.op == op::SESSION_INTERRUPTED {
            count += usize::from(std::mem::take(&mut waiting));
        }
    }
    count
}

/// The steps that captured and were bound by a checkpoint.
fn captured(lines: &[JournalEntry]) -> Vec<i64> {
    let mut done = Vec::new();
    let mut ended = None;
    for entry in lines {
        if entry.op == op::STEP_END && entry.text("kind") == Some("capturer") && entry.outcome == Outcome::Ok {
            ended = entry.integer("step");
        } else if entry.op == op::ARCHIVE_CHECKPOINT {
            done.extend(ended.take());
        }
    }
    done
}

fn start(bench: &Bench, scenario: &Path, reference: &str) -> Child {
    let dossiers = bench.dossiers();
    bench.start(&["--json", "capturer", text(scenario), "--dossiers", text(&dossiers), "--reference", reference])
}

/// The main process of the browser that the journal named last, while it runs.
fn browser(lines: &[JournalEntry]) -> Option<u32> {
    let start = lines.iter().rfind(|e| e.op == op::BROWSER_START && e.outcome == Outcome::Ok)?;
    let folder = format!("--user-data-dir={}", start.text("profile")?);
    let numbers = fs::read_dir("/proc").ok()?.flatten().filter_map(|e| e.file_name().to_str()?.parse::<u32>().ok());
    let main = |pid: &u32| {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        line.contains(&folder) && !line.contains("--type=") && !line.contains("lancer.sh")
    };
    let mut found = numbers.filter(main);
    found.next()
}
