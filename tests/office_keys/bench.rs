//! A closed dossier made without a browser, an étude whose `[sceau]` a test chooses, the binary, and OpenSSL as judge.
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use dossier::*;
use fixtures::{Authority, Manners, Published};
use serde_json::{Value, json};
use tempfile::TempDir;
use warc::{Body, Budget, Page, RecordId, RecordType, WarcRecord, WarcWriter};

/// The PKI and one authority, made once.
pub(crate) struct World {
    _folder: TempDir,
    pub(crate) pki: Published,
    authority: Authority,
}

pub(crate) fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let pki = Published::start(folder.path()).unwrap();
        let authority = Authority::start(&pki, Manners::Good).unwrap();
        World { pki, authority, _folder: folder }
    })
}

/// What the binary answered.
pub(crate) struct Answer {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Answer {
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }

    pub(crate) fn expect_error(self, exit: i32, code: &str) -> Self {
        let answer = self.expect(exit);
        let lines: Vec<&str> = answer.stderr.lines().collect();
        let at = lines.iter().position(|line| line.starts_with(&format!("erreur [{code}] : ")));
        let at = at.unwrap_or_else(|| panic!("no error [{code}] in {}", answer.stderr));
        assert!(lines.get(at + 1).is_some_and(|line| line.starts_with("que faire : ")), "{}", answer.stderr);
        answer
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(self.stdout.trim()).unwrap_or_else(|e| panic!("{e}: {}\n{}", self.stdout, self.stderr))
    }
}

/// A folder with `dossiers/2026-0142`, closed, and the étude of a test.
pub(crate) struct Bench {
    folder: TempDir,
    variables: Vec<(String, PathBuf)>,
}

impl Bench {
    /// `sceau`: the lines of `[sceau]` but `cle_wacz`, then its sub-tables.
    pub(crate) fn new(sceau: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("dossiers")).unwrap();
        closed(&folder.path().join("dossiers"));
        let bench = Self { folder, variables: Vec::new() };
        bench.etude(sceau);
        bench
    }

    /// Writes the étude anew.
    pub(crate) fn etude(&self, sceau: &str) {
        let (pki, authority) = (&world().pki, &world().authority);
        let text = format!(
            "[etude]\nnom = \"Étude d'ESSAI\"\nessai = true\nresidence = \"Paris\"\nadresse = \"1 rue d'Essai\"\n\
             [confiance]\nancres = {:?}\n[[horodatage]]\nnom = \"une\"\nurl = {:?}\nancres = {:?}\n\
             [sceau]\ncle_wacz = {:?}\n{sceau}\n",
            pki.anchors_dir(),
            authority.url(),
            authority.root_pem(),
            pki.wacz_key_pem(),
        );
        fs::write(self.path("etude.toml"), text).unwrap();
    }

    /// A variable of the environment of every command.
    pub(crate) fn variable(&mut self, name: &str, value: &Path) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A file that only its owner reads.
    pub(crate) fn private(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Answer {
        self.run_with(arguments, "")
    }

    /// Runs the binary with this text on its standard input, without any terminal.
    pub(crate) fn run_with(&self, arguments: &[&str], input: &str) -> Answer {
        // setsid: no controlling terminal, so that a question can never reach the person who runs the tests.
        let mut command = Command::new("setsid");
        command.arg("--wait").arg(env!("CARGO_BIN_EXE_constat")).args(arguments);
        command.env("CONSTAT_ETUDE", self.path("etude.toml")).env("XDG_DATA_HOME", self.path("donnees"));
        // Everything that can be logged is: no secret may be in it.
        let logs = "trace,ureq_proto=trace,ureq_proto::util=trace,ureq_proto::util::Row=trace";
        command.env("CONSTAT_LOG", logs).env_remove("CREDENTIALS_DIRECTORY");
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let _closed_early = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        Answer {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    pub(crate) fn seal(&self) -> Answer {
        self.run(&["--json", "sceller", text(&self.path("dossiers/2026-0142"))])
    }

    pub(crate) fn bundle(&self) -> PathBuf {
        self.path("dossiers/2026-0142.asice")
    }

    /// Seals with exit code 0; our verifier passes it, and OpenSSL with the root of the seal.
    pub(crate) fn seals_and_is_judged(&self) -> Answer {
        let sealed = self.seal().expect(0);
        let verdict = self.run(&["--json", "verifier", text(&self.bundle())]).expect(0).json();
        assert_eq!(verdict["verdict"], "PASS", "{verdict}");
        let out = self.path("deplie");
        tool("unzip", &["-q", text(&self.bundle()), "-d", text(&out)], self.folder.path());
        let root = world().pki.root_pem();
        let mut arguments = vec!["cms", "-verify", "-cades", "-binary", "-inform", "DER", "-out", "/dev/null"];
        arguments.extend(["-in", "META-INF/signature001.p7s", "-content", "META-INF/ASiCManifest001.xml"]);
        arguments.extend(["-CAfile", text(&root), "-purpose", "any"]);
        tool("openssl", &arguments, &out);
        sealed
    }

    /// Sealing fails so, and only the dossier is there.
    pub(crate) fn fails(&self, exit: i32, code: &str) -> Answer {
        let answer = self.seal().expect_error(exit, code);
        let names: Vec<_> = fs::read_dir(self.path("dossiers"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != ".index")
            .collect();
        assert_eq!(names, ["2026-0142"], "something is left beside the dossier");
        answer
    }

    /// Panics when a secret is in what was said, or in any file but those named.
    pub(crate) fn keeps(&self, secret: &str, said: &Answer, but: &[&Path]) {
        assert!(!said.stdout.contains(secret) && !said.stderr.contains(secret), "{secret} was said");
        // The octets of an exchange are printed sixteen a line: a secret cut in two would not be found above.
        assert!(!said.stderr.contains("ureq_proto"), "the octets of an exchange were logged");
        let mut folders = vec![self.folder.path().to_path_buf()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if !but.contains(&path.as_path()) {
                    let bytes = fs::read(&path).unwrap();
                    let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
                    assert!(!found, "{secret} is in {}", path.display());
                }
            }
        }
    }
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A program that must be there and must succeed; gives what it said.
pub(crate) fn tool(program: &str, arguments: &[&str], folder: &Path) -> String {
    let output = Command::new(program).args(arguments).current_dir(folder).stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {said}");
    said
}

/// A closed dossier with a small archive.
fn closed(parent: &Path) {
    #[expect(clippy::disallowed_methods, reason = "the authority answers with the real time")]
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let now = Instant::from_millisecond(now.as_millis() as i64).unwrap();
    let clock: Arc<dyn Clock> = Arc::new(FixedClock::new(now, Duration::from_millis(1)));
    let case = Case {
        reference: Reference::new("2026-0142").unwrap(),
        objet: Some("Essai des clés".into()),
        requerant: None,
        officier: None,
        lieu: None,
        presents: Vec::new(),
    };
    let software = Software { name: "constat".into(), version: "0.1.0".into(), binary_sha256: None };
    let opening = Opening { case, software, attended: false, essai: true };
    let mut dossier = OpenDossier::create(parent, &opening, clock).unwrap();
    let url = "http://example.org/";
    let step = json!({"step": 1, "kind": "aller", "parameters": {}, "what": "J'ouvre la page."});
    dossier.record(op::STEP_BEGIN, Outcome::Begin, step).unwrap();
    let headers = [("Content-Type".into(), "text/html".into()), ("Content-Length".into(), "3".into())];
    let head = warc::http::response_head("HTTP/1.1", 200, "OK", &headers).unwrap();
    let mut writer = WarcWriter::new(Vec::new());
    let info = WarcRecord::warcinfo(RecordId::v5(&["info"]), now, "data.warc.gz", b"software: x\r\n");
    writer.write(&info).unwrap();
    let id = RecordId::v5(&["response"]);
    writer.write(&WarcRecord::http(RecordType::Response, id, now, url, &head, Body::Bytes(b"<p>"))).unwrap();
    let archive = writer.into_inner();
    let index = warc::write_cdxj(&warc::index_reader(&archive[..], "data.warc.gz", Budget::default()).unwrap());
    let page = Page { id: "1".into(), url: url.into(), ts: now, title: None, text: None };
    let pages = warc::write_pages("Pages", &[page]);
    dossier.record(op::STEP_END, Outcome::Ok, json!({"step": 1, "kind": "aller", "what": "J'ouvre la page."})).unwrap();
    let mut keep = |name: &str, kind, media_type: &str, bytes: &[u8]| {
        let meta = ArtefactMeta::new(kind, Origin::Produced, media_type);
        dossier.keep_bytes(ArtefactPath::new(name).unwrap(), meta, bytes).unwrap();
    };
    keep("archive/data.warc.gz", ArtefactKind::Archive, "application/warc", &archive);
    keep("indexes/index.cdxj", ArtefactKind::ArchiveIndex, "application/cdxj", index.as_bytes());
    keep("pages/pages.jsonl", ArtefactKind::ArchivePages, "application/jsonl", pages.as_bytes());
    dossier.close(SessionState::Complete).unwrap();
}
