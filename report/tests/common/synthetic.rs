//! A dossier made up for tests: a chained journal, its manifest and its files, fixed to the byte.
#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test takes what it needs of this module")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]
#[path = "picture.rs"]
mod picture;
#[path = "surroundings.rs"]
mod surroundings;

use std::collections::BTreeMap;

use dossier::{
    Artefact, ArtefactKind, ArtefactMeta, ArtefactPath, Digests, Finding, Instant, Journal, JournalEntry,
    JournalSummary, Level, Manifest, Operation, Origin, Outcome, SealTime, Session, SessionState, Sha256Digest,
    Software, WaczSummary, op,
};
use norms::Conformity;
use report::{BundleFacts, DraftInput, Langue, ReportInput};
use serde_json::{Value, json};

pub use picture::page;
use surroundings::{bundle, case, conformity, incompleteness, machine_measures};

/// What a test changes.
pub struct Plan {
    pub attended: bool,
    pub essai: bool,
    pub state: SessionState,
    pub title: String,
    pub url: String,
    pub redirects: Vec<String>,
    pub pictures: Vec<Vec<u8>>,
    pub missing: usize,
    pub timestamped: bool,
    pub start: &'static str,
    pub parties: bool,
    /// Whether a telephone is simulated, and declared.
    pub telephone: bool,
    /// Lines of the journal after the steps.
    pub more: Vec<(Operation, Outcome, Value)>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            attended: true,
            essai: false,
            state: SessionState::Complete,
            title: "Atelier Lumière — Lampes d'architecte".into(),
            url: "https://www.atelier-lumiere.example/lampes/modele-arc?ref=accueil".into(),
            redirects: vec!["http://www.atelier-lumiere.example/lampes/modele-arc".into()],
            pictures: vec![page(1280, 800), page(1280, 4200)],
            missing: 3,
            timestamped: true,
            start: "2026-11-21T09:12:03.045Z",
            parties: true,
            telephone: false,
            more: Vec::new(),
        }
    }
}

/// The dossier, and what `ReportInput` borrows.
pub struct Synthetic {
    pub manifest: Manifest,
    pub journal: Journal,
    pub files: BTreeMap<ArtefactPath, Vec<u8>>,
    pub conformity: Conformity,
    pub bundle: BundleFacts,
}

impl Synthetic {
    /// Draws up the document from this dossier.
    pub fn draw_up(&self, draft: Option<&DraftInput>) -> Result<Drawn, report::ReportError> {
        let mut pdf = Vec::new();
        let act = self.with_input(draft, |input| report::draw_up(input, &mut pdf))?;
        assert_eq!((act.sha256, act.bytes), (Sha256Digest::of(&pdf), pdf.len() as u64));
        Ok(Drawn { pdf, act })
    }

    /// The same in English: a courtesy translation.
    pub fn translated(&self, draft: Option<&DraftInput>) -> Result<Drawn, report::ReportError> {
        let mut pdf = Vec::new();
        let act = self.in_language(draft, Langue::En, |input| report::draw_up(input, &mut pdf))?;
        Ok(Drawn { pdf, act })
    }

    /// Hands over the input.
    pub fn with_input<T>(&self, draft: Option<&DraftInput>, run: impl FnOnce(&ReportInput<'_>) -> T) -> T {
        self.in_language(draft, Langue::Fr, run)
    }

    /// Hands over the input of a document in that language.
    pub fn in_language<T>(
        &self,
        draft: Option<&DraftInput>,
        langue: Langue,
        run: impl FnOnce(&ReportInput<'_>) -> T,
    ) -> T {
        let read = |path: &ArtefactPath| {
            self.files.get(path).cloned().ok_or_else(|| std::io::Error::from(std::io::ErrorKind::NotFound))
        };
        run(&ReportInput {
            manifest: &self.manifest,
            journal: &self.journal,
            bundle: self.bundle.clone(),
            conformity: &self.conformity,
            read: &read,
            draft,
            projet: false,
            langue,
            drawn_up_at: at("2026-11-21T15:04:05Z"),
        })
    }
}

/// A document and what was said of it.
#[derive(Debug)]
pub struct Drawn {
    pub pdf: Vec<u8>,
    act: report::ProcesVerbal,
}

impl std::ops::Deref for Drawn {
    type Target = report::ProcesVerbal;

    fn deref(&self) -> &Self::Target {
        &self.act
    }
}

pub fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

/// What an officer adds in the golden document.
pub fn draft() -> DraftInput {
    DraftInput::from_toml(include_str!("draft.toml")).unwrap()
}

/// Writes journal lines one after the other, 1.5 s apart.
struct Scribe {
    lines: Vec<u8>,
    entries: Vec<JournalEntry>,
    head: Sha256Digest,
    now: Instant,
    start: Instant,
    files: BTreeMap<ArtefactPath, Vec<u8>>,
    artefacts: Vec<Artefact>,
}

impl Scribe {
    fn new(start: Instant) -> Self {
        let (lines, entries, files, artefacts) = (Vec::new(), Vec::new(), BTreeMap::new(), Vec::new());
        Self { lines, entries, head: Sha256Digest::ZERO, now: start, start, files, artefacts }
    }

    fn write(&mut self, op: Operation, outcome: Outcome, data: Value) -> u64 {
        let Value::Object(data) = data else { panic!("data is an object") };
        let seq = self.entries.len() as u64;
        let mono_us = ((self.now.as_millisecond() - self.start.as_millisecond()) * 1000) as u64;
        let entry = JournalEntry { seq, at: self.now, mono_us, op, outcome, data, prev: self.head };
        let line = entry.to_line().unwrap();
        self.head = Sha256Digest::of(&line);
        self.lines.extend_from_slice(&line);
        self.lines.push(b'\n');
        self.entries.push(entry);
        self.now = Instant::from_millisecond(self.now.as_millisecond() + 1500).unwrap();
        seq
    }

    fn keep(&mut self, path: &str, meta: ArtefactMeta, bytes: Vec<u8>) {
        let path = ArtefactPath::new(path).unwrap();
        let artefact = Artefact { path: path.clone(), meta, digests: Digests::of(&bytes), image: None };
        self.write(op::ARTEFACT, Outcome::Ok, serde_json::to_value(&artefact).unwrap());
        self.artefacts.push(artefact);
        self.files.insert(path, bytes);
    }
}

/// Makes the dossier of a plan.
pub fn synthetic(plan: &Plan) -> Synthetic {
    let mut scribe = Scribe::new(at(plan.start));
    let case = case(plan.parties);
    let software = Software {
        name: "constat".into(),
        version: "0.1.0".into(),
        binary_sha256: Some(Sha256Digest::of(b"the binary")),
    };
    scribe.write(
        op::SESSION_OPEN,
        Outcome::Note,
        json!({"format": "constat/1", "reference": case.reference, "software": software, "attended": plan.attended,
            "essai": plan.essai, "pid": 4242, "boot_id": "b"}),
    );
    scribe.write(op::SESSION_CASE, Outcome::Declared, serde_json::to_value(&case).unwrap());
    prepare(&mut scribe, plan);
    let (begun, done) = steps(&mut scribe, plan);
    finish(&mut scribe, plan);
    let (journal, torn) = Journal::read(scribe.lines.as_slice()).unwrap();
    assert!(torn.is_none());
    let opened_at = journal.entries().first().unwrap().at;
    let closed_at = journal.entries().last().unwrap().at;
    scribe.artefacts.sort_by(|a, b| a.path.cmp(&b.path));
    let manifest = Manifest {
        format: dossier::FORMAT_VERSION.into(),
        essai: plan.essai,
        case,
        software,
        session: Session {
            state: plan.state,
            attended: plan.attended,
            opened_at,
            closed_at,
            steps_begun: begun,
            steps_done: done,
            captures: plan.pictures.len() as u32,
        },
        environment: BTreeMap::new(),
        artefacts: scribe.artefacts,
        wacz: WaczSummary { path: ArtefactPath::new("capture.wacz").unwrap(), members: BTreeMap::new() },
        journal: JournalSummary {
            path: ArtefactPath::new("journal.jsonl").unwrap(),
            entries: journal.entries().len() as u64,
            head: journal.head(),
        },
        traffic_pictures: dossier::TrafficPictures::default(),
        disclosure: None,
        incompleteness: incompleteness(plan),
        findings: vec![finding()],
        seal_time: SealTime {
            timestamped: plan.timestamped,
            authorities: vec!["Autorité d'essai".into()],
            reason: (!plan.timestamped).then(|| "l'autorité n'a pas répondu".to_owned()),
        },
    };
    let bundle = bundle(plan);
    Synthetic { manifest, journal, files: scribe.files, conformity: conformity(), bundle }
}

fn finding() -> Finding {
    let what = "Une requête était encore en cours à la fin du chargement.";
    Finding::new("capture.page.lente", Level::Warn, what).values(0, 1)
}

fn prepare(s: &mut Scribe, plan: &Plan) {
    let scenario = b"[dossier]\nreference = \"2026-0142\"\n".to_vec();
    s.write(
        op::SESSION_SCENARIO,
        Outcome::Note,
        json!({"path": "scenario.toml", "sha256": Sha256Digest::of(&scenario), "bytes": scenario.len(), "steps": 4, "source": "toml"}),
    );
    s.keep("scenario.toml", ArtefactMeta::new(ArtefactKind::Scenario, Origin::Produced, "application/toml"), scenario);
    for (operation, outcome, data) in machine_measures(plan.telephone).into_iter().chain(network_measures()) {
        s.write(operation, outcome, data);
    }
    s.keep(
        "net/reseau.json",
        ArtefactMeta::new(ArtefactKind::Measure, Origin::Produced, "application/json"),
        b"{\"interfaces\":[]}".to_vec(),
    );
    s.write(
        op::BROWSER_START,
        Outcome::Ok,
        json!({"binary": "/usr/bin/chromium", "arguments": ["--no-proxy-server", "--disable-extensions"],
            "sandbox": true, "profile": "/run/constat/profil"}),
    );
    for (operation, data) in [
        (op::CLEAN_COOKIES, json!({"cookies": 0, "how": "Storage.getCookies"})),
        (op::CLEAN_CACHE, json!({"disabled": true, "entries": 0, "how": "Network.setCacheDisabled"})),
        (op::CLEAN_HISTORY, json!({"entries": 1, "how": "Page.getNavigationHistory"})),
        (op::CLEAN_PASSWORDS, json!({"password_manager": false, "autofill": false, "how": "options de lancement"})),
        (op::CLEAN_STORAGE, json!({"usage_bytes": 0, "service_workers": 0, "how": "Storage.getUsageAndQuota"})),
    ] {
        s.write(operation, Outcome::Ok, data);
    }
}

fn network_measures() -> Vec<(Operation, Outcome, Value)> {
    let sha = Sha256Digest::of(b"x");
    vec![
        (
            op::MEASURE_NETWORK,
            Outcome::Ok,
            json!({"interfaces": [{"name": "enp0s31f6", "mac": "00:11:22:33:44:55",
            "addresses": ["192.168.1.20/24"], "kind": "ethernet"}], "routes": ["default via 192.168.1.1 dev enp0s31f6"],
            "neighbours": [], "evidence": "net/reseau.json", "how": "/proc/net, ip"}),
        ),
        (
            op::MEASURE_PUBLIC_ADDRESS,
            Outcome::NotDone,
            json!({"why": "Aucune source d'adresse publique n'est configurée."}),
        ),
        (
            op::MEASURE_RESOLVERS,
            Outcome::Ok,
            json!({"servers": ["192.168.1.1"], "search": [], "how": "/etc/resolv.conf"}),
        ),
        (
            op::MEASURE_PROXY,
            Outcome::Ok,
            json!({"environment": {}, "browser_flag": "--no-proxy-server", "policy": null, "pac": null,
            "effective": "direct", "how": "environnement, options du navigateur"}),
        ),
        (op::MEASURE_TUNNEL, Outcome::Deviation, json!({"interfaces": ["tun0"], "how": "/sys/class/net"})),
        (op::MEASURE_HOSTS, Outcome::Ok, json!({"entries": 3, "sha256": sha, "targets": []})),
        (
            op::MEASURE_FIREWALL,
            Outcome::NotDone,
            json!({"why": "La lecture des règles demande des droits que le programme n'a pas."}),
        ),
        (op::MEASURE_ANTIVIRUS, Outcome::NotDone, json!({"why": "Aucun moteur n'est installé."})),
        (
            op::MEASURE_SOFTWARE,
            Outcome::Ok,
            json!({"name": "constat", "version": "0.1.0", "binary_sha256": sha,
            "publisher": "constat", "purpose": "capture probatoire de pages internet"}),
        ),
        (op::MEASURE_PLACE, Outcome::Declared, json!({"place": "en l'étude, 12 rue de la République, 69002 Lyon"})),
        (
            op::CLEAN_PROFILE,
            Outcome::Ok,
            json!({"path": "/run/constat/profil", "entries": 0, "how": "lecture du dossier"}),
        ),
        (op::CLEAN_TEMP, Outcome::Ok, json!({"path": "/run/constat/tmp", "entries": 0, "how": "lecture du dossier"})),
    ]
}

fn steps(s: &mut Scribe, plan: &Plan) -> (u32, u32) {
    let begin = |s: &mut Scribe, step: u32, kind: &str, parameters: Value, what: &str| {
        s.write(
            op::STEP_BEGIN,
            Outcome::Begin,
            json!({"step": step, "kind": kind, "parameters": parameters, "what": what}),
        );
    };
    let what = "Je saisis l'adresse dans la barre d'adresse du navigateur et je valide.";
    begin(s, 1, "aller", json!({"adresse": plan.redirects.first().unwrap_or(&plan.url)}), what);
    let redirects: Vec<Value> = plan.redirects.iter().map(|url| json!({"url": url, "status": 301})).collect();
    s.write(
        op::PAGE_REACHED,
        Outcome::Ok,
        json!({"step": 1, "asked": plan.redirects.first().unwrap_or(&plan.url),
        "redirects": redirects, "url": plan.url, "status": 200, "title": plan.title, "media_type": "text/html",
        "remote_address": "192.0.2.44:443", "protocol": "h2", "from": null,
        "load": {"reason": "réseau calme", "waited_ms": 1840, "pending": 0}}),
    );
    s.write(op::TARGET_FACTS, Outcome::Ok, json!({"step": 1, "host": "www.atelier-lumiere.example", "addresses": ["192.0.2.44"],
        "certificate": {"subject": "CN=www.atelier-lumiere.example", "issuer": "CN=Autorité d'essai",
            "valid_from": "2026-10-01T00:00:00Z", "valid_to": "2026-12-30T00:00:00Z", "sha256": Sha256Digest::of(b"cert")},
        "tls": "TLS 1.3", "resolved": ["192.0.2.44"], "evidence": null}));
    s.write(op::STEP_END, Outcome::Ok, json!({"step": 1, "kind": "aller", "what": "Adresse atteinte."}));
    for (n, picture) in (1_u32..).zip(&plan.pictures) {
        capture(s, plan, n, picture);
    }
    let failed = plan.pictures.len() as u32 + 2;
    begin(s, failed, "cliquer", json!({"texte": "Acheter"}), "Je clique sur « Acheter ».");
    s.write(
        op::STEP_END,
        Outcome::Failed,
        json!({"step": failed, "kind": "cliquer", "what": "Clic.",
        "code": "etape.cible_absente", "why": "Aucun élément visible ne porte ce texte."}),
    );
    (failed, failed - 1)
}

fn capture(s: &mut Scribe, plan: &Plan, n: u32, picture: &[u8]) {
    let step = n + 1;
    s.write(
        op::STEP_BEGIN,
        Outcome::Begin,
        json!({"step": step, "kind": "capturer", "parameters": {},
        "what": "Je prends une capture de la page affichée."}),
    );
    let taken = s.now;
    let meta = |kind, media: &str| {
        ArtefactMeta::new(kind, Origin::Produced, media).of_step(step, Some(n)).from_page(&plan.url, taken)
    };
    let stem = format!("{n:04}");
    s.keep(&format!("screens/{stem}-page.png"), meta(ArtefactKind::ScreenshotPage, "image/png"), picture.to_vec());
    s.keep(&format!("captures/{stem}-dom.html"), meta(ArtefactKind::Dom, "text/html"), b"<html></html>".to_vec());
    s.keep(&format!("captures/{stem}-texte.txt"), meta(ArtefactKind::Text, "text/plain"), b"Lampes".to_vec());
    if plan.attended && n == 1 {
        s.write(
            op::STEP_ACKNOWLEDGED,
            Outcome::Ok,
            json!({"step": step, "capture": n, "by": "Hélène Martin-Delorme",
            "sha256": Sha256Digest::of(picture)}),
        );
    }
    if n == 1 && plan.missing > 0 {
        s.write(
            op::INCOMPLETE,
            Outcome::Deviation,
            json!({"step": step, "page": plan.url, "url": "https://cdn.example/video.mp4",
            "reason": "truncated", "detail": null, "bytes_received": 100, "bytes_stored": 50}),
        );
    }
    s.write(
        op::STEP_END,
        Outcome::Ok,
        json!({"step": step, "kind": "capturer", "what": "Capture prise.", "tiles": 3, "page_height": 4200}),
    );
}

fn finish(s: &mut Scribe, plan: &Plan) {
    for (operation, outcome, data) in plan.more.clone() {
        s.write(operation, outcome, data);
    }
    if plan.state == SessionState::Interrupted {
        let last = s.entries.last().unwrap().clone();
        s.write(
            op::SESSION_RESUME,
            Outcome::Note,
            json!({"software": {}, "pid": 1, "reason": "clôture après interruption"}),
        );
        s.write(
            op::SESSION_INTERRUPTED,
            Outcome::Deviation,
            json!({"last_seq": last.seq, "last_op": last.op, "last_at": last.at, "torn_bytes": 12}),
        );
    } else {
        s.write(
            op::MEASURE_CLOCK,
            Outcome::Ok,
            json!({"phase": "end", "offset_us": -3_500, "synchronised": true, "how": "NTP",
            "sources": [{"name": "ntp.example", "offset_us": -3_500, "delay_us": 8_100}]}),
        );
        s.write(op::BROWSER_STOP, Outcome::Ok, json!({"exit": "code 0", "profile_removed": true}));
    }
    s.keep(
        "archive/data.warc.gz",
        ArtefactMeta::new(ArtefactKind::Archive, Origin::Observed, "application/warc"),
        vec![31; 90_000],
    );
    s.write(
        op::SESSION_CLOSE,
        Outcome::Note,
        json!({"state": plan.state, "artefacts": s.artefacts.len(), "findings": 1}),
    );
}
