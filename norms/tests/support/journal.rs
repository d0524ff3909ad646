//! Journals made by hand, in the format of the dossier: what a session writes, line by line.
use dossier::{Instant, Journal, JournalEntry, Operation, Outcome, Sha256Digest, op};
use serde_json::{Value, json};

/// A line before it has a place: operation, outcome, data.
pub(crate) type Line = (Operation, Outcome, Value);

/// Reads `lines` as a journal would be read from the disk: 500 ms apart, chained.
pub(crate) fn journal(lines: &[Line]) -> Journal {
    let mut bytes = Vec::new();
    let mut prev = Sha256Digest::ZERO;
    for (seq, (op, outcome, data)) in (0_u64..).zip(lines) {
        let Value::Object(data) = data.clone() else { panic!("data is an object") };
        let at = Instant::from_millisecond(1_795_252_323_045 + 500 * seq as i64).unwrap();
        let entry = JournalEntry { seq, at, mono_us: seq * 500_000, op: op.clone(), outcome: *outcome, data, prev };
        let line = entry.to_line().unwrap();
        prev = Sha256Digest::of(&line);
        bytes.extend(line);
        bytes.push(b'\n');
    }
    let (journal, torn) = Journal::read(&bytes[..]).unwrap();
    assert!(torn.is_none());
    journal
}

/// A digest that is told from others by its first digits.
pub(crate) fn digest(name: &str) -> String {
    Sha256Digest::of(name.as_bytes()).to_hex()
}

pub(crate) fn artefact(path: &str, kind: &str, origin: &str, step: Option<u32>, capture: Option<u32>) -> Line {
    let mut data = json!({
        "bytes": 1234, "kind": kind, "media_type": "application/octet-stream", "origin": origin, "path": path,
        "sha256": digest(path), "sha512": "0",
    });
    let fields = [("step", step), ("capture", capture)];
    for (key, number) in fields.into_iter().filter_map(|(k, v)| v.map(|v| (k, v))) {
        data[key] = json!(number);
    }
    (op::ARTEFACT, Outcome::Ok, data)
}

/// The lines of the opening: session, case, plan, and every measure, all as asked.
fn preparation() -> Vec<Line> {
    use Outcome::{Begin, Declared, Note, Ok};
    let software = json!({"name": "constat", "version": "0.1.0", "binary_sha256": digest("constat")});
    vec![
        (
            op::SESSION_OPEN,
            Note,
            json!({"attended": true, "boot_id": "b", "essai": true, "format": "constat/1", "pid": 4242,
            "reference": "2026-0142", "software": software}),
        ),
        (
            op::SESSION_CASE,
            Declared,
            json!({"reference": "2026-0142", "objet": "Page de vente", "lieu": "Lyon",
            "officier": {"nom": "Roux", "prenoms": "Anne", "qualite": "commissaire de justice"}, "requerant": null,
            "presents": [{"nom": "Paul Meunier", "qualite": "clerc"}]}),
        ),
        (
            op::SESSION_SCENARIO,
            Note,
            json!({"path": "scenario.toml", "sha256": digest("scenario"), "bytes": 812, "steps": 4,
            "source": "toml"}),
        ),
        (
            op::MEASURE_SOFTWARE,
            Ok,
            json!({"name": "constat", "version": "0.1.0", "binary_sha256": digest("constat"),
            "publisher": "éditeur", "purpose": "capture de pages"}),
        ),
        (
            op::MEASURE_MACHINE,
            Ok,
            json!({"maker": "Maison", "model": "M1", "serial": "S-77", "processor": "x86_64",
            "memory_bytes": 8_589_934_592_i64, "how": "/sys/class/dmi/id", "evidence": "net/machine.json"}),
        ),
        artefact("net/machine.json", "measure", "produced", None, None),
        (
            op::MEASURE_SYSTEM,
            Ok,
            json!({"name": "Debian", "version": "12.9", "kernel": "6.1", "last_update": "2026-11-20",
            "how": "/etc/os-release"}),
        ),
        (
            op::MEASURE_NETWORK,
            Ok,
            json!({"interfaces": [{"name": "eth0", "mac": "m", "addresses": ["192.168.1.20"],
            "kind": "ethernet"}], "routes": ["default via 192.168.1.1"], "neighbours": [], "how": "/proc/net"}),
        ),
        (
            op::MEASURE_PUBLIC_ADDRESS,
            Ok,
            json!({"answers": [{"source": "A", "address": "203.0.113.7"},
            {"source": "B", "address": "203.0.113.7"}], "how": "https"}),
        ),
        (op::MEASURE_RESOLVERS, Ok, json!({"servers": ["192.168.1.1"], "search": [], "how": "/etc/resolv.conf"})),
        (op::MEASURE_TUNNEL, Ok, json!({"interfaces": [], "how": "/sys/class/net"})),
        (op::MEASURE_HOSTS, Ok, json!({"entries": 2, "sha256": digest("hosts"), "targets": [], "how": "/etc/hosts"})),
        (op::MEASURE_FIREWALL, Outcome::NotDone, json!({"why": "nft refuse la lecture sans privilège."})),
        (op::MEASURE_CLOCK, Ok, clock("start")),
        (op::MEASURE_ANTIVIRUS, Outcome::NotDone, json!({"why": "aucun antivirus installé."})),
        (op::MEASURE_VIRTUALISATION, Ok, json!({"kind": "none", "how": "systemd-detect-virt"})),
        (op::MEASURE_PLACE, Declared, json!({"place": "Lyon"})),
        (op::CLEAN_PROFILE, Ok, json!({"path": "/tmp/p", "entries": 0, "how": "lecture du dossier"})),
        (op::CLEAN_TEMP, Ok, json!({"path": "/tmp/t", "entries": 0, "how": "lecture du dossier"})),
        (
            op::BROWSER_START,
            Begin,
            json!({"binary": "/usr/bin/chromium", "arguments": [], "sandbox": true, "profile": "/tmp/p"}),
        ),
        (
            op::BROWSER_START,
            Ok,
            json!({"binary": "/usr/bin/chromium", "arguments": [], "sandbox": true, "profile": "/tmp/p"}),
        ),
        (
            op::MEASURE_BROWSER,
            Ok,
            json!({"name": "Chromium", "version": "156.0", "binary": "/usr/bin/chromium",
            "binary_sha256": digest("chromium"), "protocol": "1.3"}),
        ),
        (op::MEASURE_EXTENSIONS, Ok, json!({"extensions": [], "policies": [], "how": "Target.getTargets"})),
        (
            op::MEASURE_DISPLAY,
            Ok,
            json!({"viewport_width": 1280, "viewport_height": 800, "scale_percent": 100,
            "colour_depth": 24, "headless": false, "how": "window.screen"}),
        ),
        (
            op::MEASURE_SETTINGS,
            Ok,
            json!({"user_agent": "Mozilla/5.0 (X11; Linux x86_64) Chrome/156", "languages": ["fr-FR"],
            "time_zone": "Europe/Paris", "javascript": true, "how": "navigator"}),
        ),
        (
            op::MEASURE_PROXY,
            Ok,
            json!({"environment": {}, "browser_flag": "--no-proxy-server", "policy": null, "pac": null,
            "effective": "direct", "how": "environnement et navigateur"}),
        ),
        (op::CLEAN_COOKIES, Ok, json!({"cookies": 0, "how": "Storage.getCookies"})),
        (op::CLEAN_CACHE, Ok, json!({"disabled": true, "entries": 0, "how": "Network.setCacheDisabled"})),
        (op::CLEAN_HISTORY, Ok, json!({"entries": 0, "how": "Page.getNavigationHistory"})),
        (op::CLEAN_PASSWORDS, Ok, json!({"password_manager": false, "autofill": false, "how": "préférences"})),
        (op::CLEAN_STORAGE, Ok, json!({"usage_bytes": 0, "service_workers": 0, "how": "Storage.getUsageAndQuota"})),
    ]
}

fn clock(phase: &str) -> Value {
    let source = |name: &str| json!({"name": name, "offset_us": 1200, "delay_us": 9000});
    json!({"phase": phase, "sources": [source("ntp1"), source("ntp2"), source("ntp3")], "offset_us": 1200,
        "synchronised": true, "how": "NTP"})
}

fn page(step: u32, url: &str, from: Value) -> Line {
    (
        op::PAGE_REACHED,
        Outcome::Ok,
        json!({"step": step, "asked": url, "redirects": [], "url": url, "status": 200,
        "title": "t", "media_type": "text/html", "remote_address": "198.51.100.4:443", "protocol": "h2", "from": from,
        "load": {"reason": "load", "waited_ms": 640, "pending": 0}}),
    )
}

fn step(number: u32, kind: &str, what: &str, inside: Vec<Line>) -> Vec<Line> {
    let begin = json!({"step": number, "kind": kind, "parameters": {}, "what": what});
    let end = json!({"step": number, "kind": kind, "what": what});
    let mut lines = vec![(op::STEP_BEGIN, Outcome::Begin, begin)];
    lines.extend(inside);
    lines.push((op::STEP_END, Outcome::Ok, end));
    lines
}

fn capture(number: u32, step: u32) -> Vec<Line> {
    let kinds = [
        ("ecran.png", "screenshot-viewport", "produced"),
        ("page.png", "screenshot-page", "produced"),
        ("tuiles.json", "tile-map", "produced"),
        ("dom.html", "dom", "produced"),
        ("texte.txt", "text", "produced"),
        ("impression.pdf", "print", "produced"),
        ("reponse.bin", "main-response", "observed"),
    ];
    let mut lines: Vec<Line> = kinds
        .iter()
        .map(|(end, kind, origin)| {
            artefact(&format!("captures/{number:04}-{end}"), kind, origin, Some(step), Some(number))
        })
        .collect();
    lines.push((
        op::STEP_ACKNOWLEDGED,
        Outcome::Ok,
        json!({"step": step, "capture": number, "by": "Anne Roux",
        "sha256": digest("vu")}),
    ));
    lines
}

/// A whole session in which everything this version measures came out as asked, but firewall and antivirus.
pub(crate) fn full() -> Vec<Line> {
    let mut lines = preparation();
    let home = "https://exemple.test/";
    let link = json!({"page": home, "text": "Boutique", "href": "https://exemple.test/boutique"});
    let target = (
        op::TARGET_FACTS,
        Outcome::Ok,
        json!({"step": 1, "host": "exemple.test", "addresses": ["198.51.100.4"],
        "certificate": {"subject": "exemple.test", "issuer": "AC", "valid_from": "a", "valid_to": "b",
        "sha256": digest("certificat")}, "tls": "TLS 1.3", "resolved": ["198.51.100.4"]}),
    );
    lines.extend(step(1, "aller", "Je saisis l’adresse du site.", vec![page(1, home, Value::Null), target]));
    lines.extend(step(2, "capturer", "Je capture la page d’accueil.", capture(1, 2)));
    lines.extend(step(
        3,
        "cliquer",
        "Je clique sur « Boutique ».",
        vec![page(3, "https://exemple.test/boutique", link)],
    ));
    lines.extend(step(4, "capturer", "Je capture la boutique.", capture(2, 4)));
    lines.push((op::MEASURE_CLOCK, Outcome::Ok, clock("end")));
    let again = |operation: &Operation| lines.iter().find(|l| l.0 == *operation).cloned().unwrap();
    let (address, proxy) = (again(&op::MEASURE_PUBLIC_ADDRESS), again(&op::MEASURE_PROXY));
    lines.extend([address, proxy]);
    lines.push(artefact("archive/data.warc.gz", "archive", "observed", None, None));
    lines.push((op::BROWSER_STOP, Outcome::Ok, json!({"exit": 0, "profile_removed": true})));
    lines.push((op::SESSION_CLOSE, Outcome::Note, json!({"state": "complete", "artefacts": 16, "findings": 0})));
    lines
}
