//! `redaction.json`, attached to every procès-verbal: what it was drawn up from beside the bundle, so that anybody can draw it
//! up again from the bundle and compare.
use std::collections::BTreeMap;

use dossier::Instant;
use serde::{Deserialize, Serialize};

use crate::{BundleFacts, DraftInput, Langue, Presentation, ReportInput};

/// Name of the attachment.
pub(crate) const NAME: &str = "redaction.json";
/// The form of the record.
const FORMAT: &str = "constat-redaction/1";

/// What a procès-verbal was drawn up from, the sealed facts aside.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Record {
    /// `constat-redaction/1`.
    pub(crate) format: String,
    /// The program that drew it up.
    pub(crate) program: Program,
    /// When.
    pub(crate) drawn_up_at: Instant,
    /// The bundle as a file, and what its verification said then.
    pub(crate) bundle: BundleFacts,
    /// Whether it is a project.
    pub(crate) projet: bool,
    /// The language of the document; not written in an act, which is French.
    #[serde(default, skip_serializing_if = "Langue::is_act")]
    pub(crate) langue: Langue,
    /// What the officer added.
    pub(crate) draft: Option<DraftInput>,
    /// The office's own templates and sentences: the files that were put in the place of those shipped, by name.
    pub(crate) presentation: BTreeMap<String, String>,
}

/// The program that drew a procès-verbal up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Program {
    pub(crate) name: String,
    pub(crate) version: String,
}

impl Program {
    /// This one.
    pub(crate) fn this() -> Self {
        Self { name: "constat".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }
    }
}

impl Record {
    /// What is used now.
    pub(crate) fn of(input: &ReportInput<'_>, presentation: &Presentation) -> Self {
        Self {
            format: FORMAT.to_owned(),
            program: Program::this(),
            drawn_up_at: input.drawn_up_at,
            bundle: input.bundle.clone(),
            projet: input.projet,
            langue: input.langue,
            draft: input.draft.cloned(),
            presentation: presentation.followed(input.langue),
        }
    }

    /// Reads a record; the error is the parser's.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, String> {
        let record: Self = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
        if record.format == FORMAT { Ok(record) } else { Err(format!("format {:?}", record.format)) }
    }
}

/// What a file drawn up here says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DrawnAs {
    /// A procès-verbal whose checks all let it pass: the only one an officer signs.
    Act,
    /// A project of an act, or of a relevé.
    Project,
    /// A courtesy translation.
    Translation,
    /// A relevé technique: nobody attended, and its own text says that no officer signs it.
    Releve,
}

/// What the file says it is. `None`: it says nothing of it, or cannot be read.
pub fn drawn_as(pdf: &[u8]) -> Option<DrawnAs> {
    let document = lopdf::Document::load_mem(pdf).ok()?;
    let attached = |name| crate::confront::attached(&document, name);
    let record = Record::read(&attached(NAME)?).ok()?;
    let manifest: dossier::Manifest = serde_json::from_slice(&attached("constat.json")?).ok()?;
    Some(match (record.projet, record.langue.is_act(), manifest.session.attended) {
        (_, false, _) => DrawnAs::Translation,
        (true, ..) => DrawnAs::Project,
        (_, _, false) => DrawnAs::Releve,
        _ => DrawnAs::Act,
    })
}
