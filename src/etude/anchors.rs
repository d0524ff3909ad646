//! `[ancrage]`: the calendars, the office's log of seals, and what is trusted to check anchors.
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sealer::Anchoring;
use sealer::anchor::{AnchorTrust, BlockNetwork, Calendars, HeaderChain, HttpExchange};
use sealer::tlog::{LogError, LogPolicy, OfficeLog};
use serde::Deserialize;

use super::Etude;
use crate::exit::Exit;
use crate::failure::Failure;

/// The longest policy file read, in octets.
const MAX_POLICY: u64 = 256 * 1024;

/// The section.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AnchorSettings {
    #[serde(default)]
    calendriers: Vec<String>,
    #[serde(default)]
    calendriers_admis: Vec<String>,
    #[serde(default)]
    journal: Option<PathBuf>,
    #[serde(default)]
    politique: Option<PathBuf>,
    #[serde(default)]
    entetes: Option<String>,
    #[serde(default)]
    chaine_essai: bool,
}

impl AnchorSettings {
    /// What is wrong with it, in French.
    pub(super) fn fault(&self, essai: bool) -> Option<&'static str> {
        if self.calendriers.len() == 1 {
            return Some("[ancrage] calendriers : deux au moins, d'opérateurs différents");
        }
        let web = |url: &String| url.starts_with("http://") || url.starts_with("https://");
        if !self.calendriers.iter().chain(&self.calendriers_admis).all(web) {
            return Some("[ancrage] calendriers : une adresse commence par http:// ou https://");
        }
        (self.chaine_essai && !essai).then_some("[ancrage] chaine_essai n'est admis que dans une étude d'ESSAI")
    }

    fn asks(&self) -> bool {
        !self.calendriers.is_empty() || self.journal.is_some()
    }
}

/// What seals are anchored with, opened.
pub(crate) struct AnchorTools {
    calendars: Calendars,
    log: Option<OfficeLog>,
    exchange: HttpExchange,
}

impl AnchorTools {
    /// As the seal takes it.
    pub(crate) fn anchoring(&self) -> Anchoring<'_> {
        Anchoring { calendars: &self.calendars, log: self.log.as_ref(), exchange: &self.exchange }
    }
}

impl Etude {
    /// What seals are anchored with; `None` when the étude asks for no anchor.
    pub(crate) fn anchor_tools(&self) -> Result<Option<AnchorTools>, Failure> {
        let settings = &self.anchoring;
        if !settings.asks() {
            return Ok(None);
        }
        let policy = self.policy()?.map(|policy| (*policy).clone());
        let log = match &settings.journal {
            Some(folder) => Some(OfficeLog::open(&self.beside(folder), policy)?),
            None => None,
        };
        let calendars =
            Calendars { addresses: settings.calendriers.clone(), allowed: settings.calendriers_admis.clone() };
        Ok(Some(AnchorTools { calendars, log, exchange: HttpExchange::new() }))
    }

    /// What anchors are checked with.
    pub(crate) fn anchor_trust(&self) -> Result<AnchorTrust, Failure> {
        let network = if self.anchoring.chaine_essai { BlockNetwork::TRIAL } else { BlockNetwork::MAIN };
        let headers = match &self.anchoring.entetes {
            Some(text) => {
                let (file, start) = file_and_height(text);
                Some(read_headers(&self.beside(&file), start, network)?)
            }
            None => None,
        };
        Ok(AnchorTrust { headers, policy: self.policy()? })
    }

    /// The folder of the office's log.
    pub(crate) fn log_folder(&self) -> Option<PathBuf> {
        self.anchoring.journal.as_ref().map(|folder| self.beside(folder))
    }

    fn policy(&self) -> Result<Option<Arc<LogPolicy>>, Failure> {
        self.anchoring.politique.as_ref().map(|file| read_policy(&self.beside(file))).transpose()
    }

    fn beside(&self, path: &Path) -> PathBuf {
        self.file.parent().unwrap_or(Path::new(".")).join(path)
    }
}

/// `FICHIER@HAUTEUR`, or `FICHIER` whose first header is that of block 0.
fn file_and_height(text: &str) -> (PathBuf, u64) {
    let told = text.rsplit_once('@').and_then(|(file, height)| Some((PathBuf::from(file), height.parse().ok()?)));
    told.unwrap_or_else(|| (PathBuf::from(text), 0))
}

/// What `--entetes` and `--politique` bring, on the main network.
pub(crate) fn brought(headers: Option<&str>, policy: Option<&Path>) -> Result<AnchorTrust, Failure> {
    let headers = headers.map(file_and_height);
    let headers = headers.map(|(file, start)| read_headers(&file, start, BlockNetwork::MAIN)).transpose()?;
    Ok(AnchorTrust { headers, policy: policy.map(read_policy).transpose()? })
}

fn read_headers(file: &Path, start: u64, network: BlockNetwork) -> Result<Arc<HeaderChain>, Failure> {
    let refused = |why: String| Failure::new("anchor.headers", Exit::Usage, format!("{} : {why}", file.display()));
    let length = fs::metadata(file).map_err(|e| refused(e.to_string()))?.len();
    if length > HeaderChain::MAX_LENGTH {
        return Err(refused(format!("{length} octets, au plus {}", HeaderChain::MAX_LENGTH)));
    }
    let octets = fs::read(file).map_err(|e| refused(e.to_string()))?;
    HeaderChain::read(octets, start, network).map(Arc::new).map_err(refused)
}

fn read_policy(file: &Path) -> Result<Arc<LogPolicy>, Failure> {
    let unread = |why: String| LogError::File { path: file.display().to_string(), why };
    let length = fs::metadata(file).map_err(|e| unread(e.to_string()))?.len();
    if length > MAX_POLICY {
        return Err(unread(format!("{length} octets, au plus {MAX_POLICY}")).into());
    }
    let text = fs::read_to_string(file).map_err(|e| unread(e.to_string()))?;
    Ok(Arc::new(LogPolicy::parse(&text)?))
}

impl From<LogError> for Failure {
    fn from(error: LogError) -> Self {
        let exit = match &error {
            LogError::Altered { .. } | LogError::Signature { .. } => Exit::Negative,
            LogError::File { .. } => Exit::Environment,
            _ => Exit::Usage,
        };
        Self::new(error.code(), exit, error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_height_may_follow_the_file() {
        assert_eq!(file_and_height("entetes.bin@900000"), ("entetes.bin".into(), 900_000));
        assert_eq!(file_and_height("a@b/entetes.bin"), ("a@b/entetes.bin".into(), 0));
    }
}
