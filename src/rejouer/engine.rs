//! Finds the replay engine (ReplayWeb.page, AGPL): installed beside the product, never inside it.
use std::fs;
use std::path::{Path, PathBuf};

use capture::replay::EngineFacts;
use dossier::Sha256Digest;

use crate::exit::Exit;
use crate::failure::Failure;

/// Environment variable that names the engine's folder.
const VARIABLE: &str = "CONSTAT_MOTEUR_REJEU";
/// Where a package of the system would put it.
const SYSTEM: &str = "/usr/share/constat/replaywebpage";
/// The longest script read, in octets.
const LONGEST: u64 = 32 * 1024 * 1024;

/// The engine, in memory: what was hashed is what is served.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) sw: Vec<u8>,
    pub(crate) ui: Vec<u8>,
    pub(crate) facts: EngineFacts,
}

impl Engine {
    /// The engine of `--moteur`, else of the environment, else of the étude's configuration, else of the usual folders. A
    /// folder that was named is the only one looked at.
    pub(crate) fn find(asked: Option<&Path>, configured: Option<&Path>) -> Result<Self, Failure> {
        let named = asked
            .map(Path::to_path_buf)
            .or_else(|| std::env::var_os(VARIABLE).filter(|v| !v.is_empty()).map(PathBuf::from))
            .or_else(|| configured.map(Path::to_path_buf));
        match named {
            Some(folder) => Self::first_of(&[folder]),
            None => Self::first_of(&usual(|name| std::env::var_os(name).map(PathBuf::from))),
        }
    }

    fn first_of(folders: &[PathBuf]) -> Result<Self, Failure> {
        let mut tried = Vec::new();
        for folder in folders {
            match Self::read(folder) {
                Ok(engine) => return Ok(engine),
                Err(why) => tried.push(format!("{} : {why}", folder.display())),
            }
        }
        Err(Failure::new("rejouer.no_engine", Exit::Environment, tried.join(" ; ")))
    }

    /// Reads `sw.js`, `ui.js` and the version of `package.json`.
    fn read(folder: &Path) -> Result<Self, String> {
        let script = |name: &str| {
            let path = folder.join(name);
            let facts = fs::metadata(&path).map_err(|e| format!("{name} : {e}"))?;
            if !facts.is_file() || facts.len() > LONGEST {
                return Err(format!("{name} : ce n'est pas un script"));
            }
            fs::read(&path).map_err(|e| format!("{name} : {e}"))
        };
        let (sw, ui) = (script("sw.js")?, script("ui.js")?);
        let package: Option<serde_json::Value> =
            script("package.json").ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let text = |key: &str| package.as_ref().and_then(|p| p.get(key)?.as_str()).map(str::to_owned);
        let facts = EngineFacts {
            name: text("name").unwrap_or_else(|| "replaywebpage".into()),
            version: text("version"),
            sw_sha256: Sha256Digest::of(&sw),
            ui_sha256: Sha256Digest::of(&ui),
        };
        Ok(Self { sw, ui, facts })
    }
}

/// The folders looked at when none is named: the system's, then the one `make install` fills.
fn usual(variable: impl Fn(&str) -> Option<PathBuf>) -> Vec<PathBuf> {
    let cache = variable("XDG_CACHE_HOME").filter(|path| path.is_absolute());
    let cache = cache.or_else(|| variable("HOME").map(|home| home.join(".cache")));
    let installed = cache.map(|cache| cache.join("constat/npm/node_modules/replaywebpage"));
    [PathBuf::from(SYSTEM)].into_iter().chain(installed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_folder_is_the_only_one_and_its_lack_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let failure = Engine::find(Some(folder.path()), None).unwrap_err();
        assert_eq!((failure.code(), failure.exit()), ("rejouer.no_engine", Exit::Environment));
        assert!(failure.what().contains("sw.js") && failure.what().contains(&folder.path().display().to_string()));
    }

    #[test]
    fn an_engine_is_named_by_its_bytes_and_says_its_version() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [("sw.js", "a"), ("ui.js", "b"), ("package.json", r#"{"name":"n","version":"1.2.3"}"#)] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let engine = Engine::find(Some(folder.path()), Some(Path::new("/n/existe/pas"))).unwrap();
        assert_eq!((engine.facts.name.as_str(), engine.facts.version.as_deref()), ("n", Some("1.2.3")));
        assert_eq!(engine.facts.sw_sha256, Sha256Digest::of(b"a"));
        fs::remove_file(folder.path().join("package.json")).unwrap();
        assert_eq!(Engine::find(Some(folder.path()), None).unwrap().facts.version, None);
    }

    #[test]
    fn the_usual_folders_follow_the_environment() {
        let home = |name: &str| (name == "HOME").then(|| PathBuf::from("/h"));
        let both = |name: &str| match name {
            "XDG_CACHE_HOME" => Some(PathBuf::from("/c")),
            _ => home(name),
        };
        let end = "constat/npm/node_modules/replaywebpage";
        assert_eq!(usual(home), [PathBuf::from(SYSTEM), Path::new("/h/.cache").join(end)]);
        assert_eq!(usual(both), [PathBuf::from(SYSTEM), Path::new("/c").join(end)]);
        assert_eq!(usual(|_| None), [PathBuf::from(SYSTEM)]);
    }
}
