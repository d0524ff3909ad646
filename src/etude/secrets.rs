//! Where the secrets of the key come from: the terminal, a file, a descriptor, a systemd credential. Never the command
//! line, never the environment, never a log.
use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use sealer::{ExposeSecret as _, KeyError, Secret, SecretRequest, Secrets, Zeroizing};
use serde::Deserialize;

use crate::output::printable;
use crate::progress::Terminal;

/// The longest source read, in octets.
const LONGEST: u64 = 8 * 1024;
/// The folder systemd gives to a service (systemd.exec, LoadCredential): a path, no secret.
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";

/// `secret = { … }` of the configuration: exactly one of the three.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub(crate) enum Source {
    /// A file that only its owner reads.
    #[serde(rename = "fichier")]
    File(PathBuf),
    /// A descriptor inherited from the program that starts this one.
    #[serde(rename = "descripteur")]
    Descriptor(u32),
    /// The name of a systemd credential.
    #[serde(rename = "systemd")]
    Systemd(String),
}

impl Source {
    /// The same, with a file's path taken from `base`.
    pub(crate) fn under(self, base: &Path) -> Self {
        match self {
            Self::File(path) => Self::File(base.join(path)),
            other => other,
        }
    }

    /// Its lines, each a secret.
    pub(crate) fn read(&self) -> Result<Vec<Secret>, KeyError> {
        let path = match self {
            Self::File(path) => path.clone(),
            // The same open file, reached by its name: no descriptor is made from a number here.
            Self::Descriptor(number) => PathBuf::from(format!("/proc/self/fd/{number}")),
            Self::Systemd(name) => credential(name)?,
        };
        let bad = |why: String| KeyError::Secret { why: format!("{} : {why}", path.display()) };
        let mut file = File::open(&path).map_err(|e| bad(e.to_string()))?;
        if matches!(self, Self::File(_)) {
            let mode = file.metadata().map_err(|e| bad(e.to_string()))?.permissions().mode();
            if mode & 0o077 != 0 {
                return Err(bad(format!("lisible par d'autres que son propriétaire (mode {:03o})", mode & 0o777)));
            }
        }
        // Room for all of it at once: growing would leave copies behind.
        let mut text = Zeroizing::new(Vec::with_capacity(LONGEST as usize + 1));
        file.by_ref().take(LONGEST + 1).read_to_end(&mut text).map_err(|e| bad(e.kind().to_string()))?;
        if text.len() as u64 > LONGEST {
            return Err(bad(format!("plus de {LONGEST} octets")));
        }
        let lines = std::str::from_utf8(&text).map_err(|_| bad("pas de l'UTF-8".into()))?.lines();
        Ok(lines.map(Secret::from).collect())
    }
}

fn credential(name: &str) -> Result<PathBuf, KeyError> {
    let bad = |why: &str| KeyError::Secret { why: format!("systemd « {} » : {why}", printable(name)) };
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)) && !name.starts_with('.');
    if name.is_empty() || !plain {
        return Err(bad("nom inattendu"));
    }
    let folder = std::env::var_os(CREDENTIALS).ok_or_else(|| bad("CREDENTIALS_DIRECTORY n'est pas défini"))?;
    Ok(Path::new(&folder).join(name))
}

/// Answers from the configured sources, else asks at the terminal.
pub(crate) struct Office {
    secret: Option<Source>,
    bearer: Option<Source>,
    /// What is left of the source, read at the first question.
    lines: Mutex<Option<Vec<Secret>>>,
    terminal: Option<Arc<Terminal>>,
}

impl Office {
    /// `secret` opens or authorises the key; `bearer` lets in at a signature service.
    pub(crate) fn new(secret: Option<Source>, bearer: Option<Source>, terminal: Option<Arc<Terminal>>) -> Self {
        Self { secret, bearer, lines: Mutex::new(None), terminal }
    }

    /// Asks at the terminal, without echo.
    pub(crate) fn ask(&self, question: &str) -> Result<Secret, KeyError> {
        let ask = || rpassword::prompt_password(question);
        let typed = match &self.terminal {
            Some(terminal) => terminal.asking(ask),
            None => ask(),
        };
        let typed = typed.map(Zeroizing::new);
        let typed = typed.map_err(|e| KeyError::Secret { why: format!("aucun terminal : {e}") })?;
        // Nothing typed is a wish to stop, and never a try: cards count them.
        if typed.is_empty() {
            return Err(KeyError::Secret { why: "rien n'a été saisi".into() });
        }
        Ok(Secret::from(typed.as_str()))
    }

    /// The next line of the source for a question of a service, the first one for everything else.
    fn line(&self, source: &Source, next: bool) -> Result<Secret, KeyError> {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = match lines.as_mut() {
            Some(lines) => lines,
            None => lines.insert(source.read()?),
        };
        let given = if next { (!lines.is_empty()).then(|| lines.remove(0)) } else { lines.first().cloned() };
        given
            .filter(|given| !given.expose_secret().is_empty())
            .ok_or_else(|| KeyError::Secret { why: "la source n'a plus de ligne à donner".into() })
    }
}

impl Secrets for Office {
    fn secret(&self, request: &SecretRequest) -> Result<Secret, KeyError> {
        match (request, &self.secret, &self.bearer) {
            (SecretRequest::Bearer { .. }, _, Some(source)) => {
                let first = source.read()?.into_iter().next();
                first.ok_or_else(|| KeyError::Secret { why: "la source du jeton d'accès est vide".into() })
            }
            (SecretRequest::Bearer { .. }, _, None) => self.ask(&question(request)),
            (SecretRequest::Remote { .. }, Some(source), _) => self.line(source, true),
            (_, Some(source), _) => self.line(source, false),
            (_, None, _) => self.ask(&question(request)),
        }
    }
}

/// The question as the officer reads it. Names given by a token or a service are shown harmless.
fn question(request: &SecretRequest) -> String {
    match request {
        SecretRequest::Passphrase { file } => format!("Phrase secrète de la clé {} : ", printable(file)),
        SecretRequest::Pin { token, last_try } => {
            let warning = if *last_try { "ATTENTION : dernier essai, un code faux bloque le jeton.\n" } else { "" };
            format!("{warning}Code PIN du jeton « {} » : ", printable(token))
        }
        SecretRequest::Remote { id, label } => format!("{} ({}) : ", printable(label), printable(id)),
        SecretRequest::Bearer { service } => {
            format!("Jeton d'accès au service de signature {} : ", printable(service))
        }
        _ => "Secret de la clé : ".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pin() -> SecretRequest {
        SecretRequest::Pin { token: "ESSAI\u{1b}[2J".into(), last_try: true }
    }

    #[test]
    fn a_question_says_what_is_asked_and_nothing_controls_the_terminal() {
        let text = question(&pin());
        assert!(text.contains("dernier essai") && text.contains("ESSAI\\u{1b}[2J"), "{text}");
    }

    #[test]
    fn a_file_that_others_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("phrase");
        std::fs::write(&file, "phrase d'essai\n").unwrap();
        let source = Source::File(file.clone());
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
        let refused = source.read().unwrap_err().to_string();
        assert!(refused.contains("640") && !refused.contains("phrase d'essai"), "{refused}");
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        let office = Office::new(Some(source), None, None);
        for _ in 0..2 {
            assert_eq!(office.secret(&pin()).unwrap().expose_secret(), "phrase d'essai");
        }
        assert!(matches!(credential("../etc/passwd"), Err(KeyError::Secret { .. })));
    }

    #[test]
    fn a_service_gets_one_line_a_question_and_no_line_twice() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("codes");
        std::fs::write(&file, "1111\n2222\n").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        let office = Office::new(Some(Source::File(file)), None, None);
        let request = SecretRequest::Remote { id: "PIN".into(), label: "Code".into() };
        let ask = || office.secret(&request).map(|s| s.expose_secret().to_owned());
        assert_eq!((ask().unwrap(), ask().unwrap()), ("1111".into(), "2222".into()));
        assert_eq!(ask().unwrap_err().code(), "key.secret");
    }
}
