//! What every product test needs: an étude with real keys, the sites, the binary, and what it answered.
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;

use fixtures::{Authority, Manners, Outside, Published, Sites, TimeServer};
use serde_json::Value;
use tempfile::TempDir;

/// The PKI and the sites, made once for the whole run.
pub(crate) struct World {
    _folder: TempDir,
    pub(crate) pki: Published,
    pub(crate) sites: Sites,
    pub(crate) first: Authority,
    pub(crate) second: Authority,
}

/// The shared world.
pub(crate) fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let pki = Published::start(folder.path()).unwrap();
        let first = Authority::start(&pki, Manners::Good).unwrap();
        let second = Authority::start(&pki, Manners::Second).unwrap();
        World { pki, sites: Sites::start().unwrap(), first, second, _folder: folder }
    })
}

/// What the measures ask outside.
struct Around {
    clocks: Vec<TimeServer>,
    outside: [Outside; 2],
}

/// Its programs end with the bench: what is made once for a whole run is never dropped.
fn around() -> Around {
    Around {
        clocks: (0..4).map(|_| TimeServer::start().unwrap()).collect(),
        outside: [Outside::start().unwrap(), Outside::start().unwrap()],
    }
}

/// A place to work in: a folder of dossiers and an étude of its own.
pub(crate) struct Bench {
    folder: TempDir,
    _around: Option<Around>,
}

/// What the binary answered.
pub(crate) struct Answer {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Answer {
    /// The one JSON object on stdout.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(self.stdout.trim())
            .unwrap_or_else(|e| panic!("not one JSON object ({e}): {:?}\nstderr: {}", self.stdout, self.stderr))
    }

    /// Panics unless the exit code is `code`.
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }

    /// Panics unless the error is told in two lines with `code`, and stderr holds no panic.
    pub(crate) fn expect_error(self, exit: i32, code: &str) -> Self {
        let answer = self.expect(exit);
        let lines: Vec<&str> = answer.stderr.lines().collect();
        let at = lines.iter().position(|l| l.starts_with(&format!("erreur [{code}] : ")));
        let at = at.unwrap_or_else(|| panic!("no error [{code}] in {}", answer.stderr));
        assert!(lines.get(at + 1).is_some_and(|l| l.starts_with("que faire : ")), "{}", answer.stderr);
        assert!(!answer.stderr.contains("panicked"), "{}", answer.stderr);
        answer
    }
}

impl From<Output> for Answer {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Bench {
    /// A bench whose étude asks the two good authorities.
    pub(crate) fn new() -> Self {
        let world = world();
        Self::with_authorities(&[
            (&world.first.url(), world.first.root_pem()),
            (&world.second.url(), world.second.root_pem()),
        ])
    }

    /// A bench whose étude asks these authorities, in order.
    pub(crate) fn with_authorities(authorities: &[(&str, &Path)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let pki = &world().pki;
        let mut text = format!(
            "[etude]\nnom = \"Étude d'ESSAI\"\nessai = true\nresidence = \"Paris\"\nadresse = \"1 rue d'Essai, 75001 Paris\"\n\
             [officier]\nnom = \"Essai\"\nprenoms = \"Camille\"\nqualite = \"commissaire de justice\"\n\
             [sceau]\ncle = {:?}\ncertificats = {:?}\ncle_wacz = {:?}\n[confiance]\nancres = {:?}\n",
            pki.signer_key_pem(),
            pki.signer_chain_pem(),
            pki.wacz_key_pem(),
            pki.anchors_dir(),
        );
        for (i, (url, root)) in authorities.iter().enumerate() {
            text += &format!("[[horodatage]]\nnom = \"autorité {}\"\nurl = {url:?}\nancres = {root:?}\n", i + 1);
        }
        fs::write(folder.path().join("etude.toml"), text).unwrap();
        fs::create_dir(folder.path().join("dossiers")).unwrap();
        Self { folder, _around: None }
    }

    /// A bench whose étude also names what the measures ask outside: four clocks, two services of the public address.
    pub(crate) fn measuring() -> Self {
        let mut bench = Self::new();
        let around = around();
        let clocks: Vec<String> = around.clocks.iter().map(TimeServer::address).collect();
        let services = [around.outside[0].stun(), around.outside[1].echo()];
        bench.configure(&format!(
            "[temps]\nserveurs = {clocks:?}\n[mesures]\nadresse_publique = {services:?}\n\
             [mesures.declarations]\nfournisseur = \"ESSAI\"\nacces = \"boucle locale\"\nrouteur = \"aucun\"\nexploitant = \"ESSAI\"\n"
        ));
        bench._around = Some(around);
        bench
    }

    /// Adds sections to the étude's configuration.
    pub(crate) fn configure(&self, sections: &str) {
        let path = self.path("etude.toml");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(path, format!("{text}{sections}")).unwrap();
    }

    /// A path inside the bench.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Where dossiers go.
    pub(crate) fn dossiers(&self) -> PathBuf {
        self.path("dossiers")
    }

    /// Writes a scenario; `{base}` and `{other}` become the sites' addresses.
    pub(crate) fn scenario(&self, name: &str, text: &str) -> PathBuf {
        let sites = &world().sites;
        let path = self.path(name);
        fs::write(&path, text.replace("{base}", &sites.base()).replace("{other}", &sites.other())).unwrap();
        path
    }

    /// The binary, with this bench's étude and a home of its own.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = constat();
        command.args(arguments).env("CONSTAT_ETUDE", self.path("etude.toml"));
        command.env("XDG_DATA_HOME", self.path("data"));
        command
    }

    /// Runs the binary to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Answer {
        self.command(arguments).output().unwrap().into()
    }

    /// Starts the binary.
    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    /// `capturer --json SOURCE --reference REF`.
    pub(crate) fn capture(&self, source: &str, reference: &str) -> Answer {
        let dossiers = self.dossiers();
        self.run(&["--json", "capturer", source, "--dossiers", text(&dossiers), "--reference", reference])
    }

    /// `verifier --json`, with the PKI's roots.
    pub(crate) fn verify(&self, bundle: &Path) -> Answer {
        let anchors = world().pki.anchors_dir();
        self.run(&["--json", "verifier", text(bundle), "--ancres", text(&anchors)])
    }

    /// The bundle of a reference.
    pub(crate) fn bundle(&self, reference: &str) -> PathBuf {
        self.dossiers().join(format!("{reference}.asice"))
    }
}

/// The binary under test.
fn constat() -> Command {
    Command::new(env!("CARGO_BIN_EXE_constat"))
}

/// A path as text.
pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The codes of a list of findings.
pub(crate) fn codes(answer: &Value) -> Vec<String> {
    let findings = answer["findings"].as_array().cloned().unwrap_or_default();
    findings.iter().map(|f| f["code"].as_str().unwrap_or_default().to_owned()).collect()
}

/// A small sealed bundle, made once: a simple page, captured and sealed with time.
pub(crate) fn small_bundle() -> &'static Path {
    static BUNDLE: OnceLock<(Bench, PathBuf)> = OnceLock::new();
    let (_, path) = BUNDLE.get_or_init(|| {
        let bench = Bench::new();
        let url = format!("{}/redirige/1", world().sites.base());
        bench.capture(&url, "PETIT").expect(0);
        let path = bench.bundle("PETIT");
        (bench, path)
    });
    path
}
