//! An error as the user meets it: a stable code, what happened, what to do, and an exit code.
use std::fmt::Display;
use std::path::Path;

use crate::exit::Exit;
use crate::message;

/// A command that could not be done. Printed in two lines, or as one JSON object with `--json`.
#[derive(Debug)]
pub(crate) struct Failure {
    code: String,
    exit: Exit,
    detail: Option<String>,
}

impl Failure {
    /// A failure whose two lines are those of `code` in the message table, completed by `detail`.
    pub(crate) fn new(code: impl Into<String>, exit: Exit, detail: impl Display) -> Self {
        Self { code: code.into(), exit, detail: Some(detail.to_string()) }
    }

    /// A file system failure of the command itself.
    pub(crate) fn io(action: &str, path: &Path, error: &std::io::Error) -> Self {
        Self::new("cli.io", Exit::Environment, format!("{action} {} : {error}", path.display()))
    }

    /// A failure of the index.
    pub(crate) fn index(detail: impl Display) -> Self {
        Self::new("cli.index", Exit::Environment, detail)
    }

    /// The stable code.
    pub(crate) fn code(&self) -> &str {
        &self.code
    }

    /// How the command ends.
    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    /// First line: what happened, with the values at hand.
    pub(crate) fn what(&self) -> String {
        let what = message::of(&self.code).what;
        match &self.detail {
            Some(detail) => format!("{what} ({detail})"),
            None => what.to_owned(),
        }
    }

    /// Second line: what to do.
    pub(crate) fn remedy(&self) -> &'static str {
        message::of(&self.code).remedy
    }

    /// Prints the two lines on stderr, or one JSON object on stdout.
    pub(crate) fn print(&self, json: bool) {
        if json {
            crate::output::json(&serde_json::json!({
                "error": {"code": self.code, "what": self.what(), "remedy": self.remedy(), "exit": self.exit.number()}
            }));
        }
        eprintln!("erreur [{}] : {}\nque faire : {}", self.code, self.what(), self.remedy());
    }
}

/// The whole chain of causes, each said once, joined by « : ».
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(" : ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

impl From<dossier::DossierError> for Failure {
    fn from(error: dossier::DossierError) -> Self {
        use dossier::DossierError as E;
        let exit = match &error {
            E::DiskFull { .. } | E::Io { .. } | E::InUse { .. } => Exit::Environment,
            _ => Exit::Usage,
        };
        Self::new(error.code(), exit, chain(&error))
    }
}
