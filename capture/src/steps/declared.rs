//! What a downloaded file says of itself, kept beside it: told as declared by the file, never as true.
use std::fs::File;

use dossier::{ArtefactKind, ArtefactMeta, ArtefactPath, Origin};
use metadata::Value as Said;
use serde_json::{Value, json};

use super::Failure;
use crate::session::Session;

/// Facts, texts of a list and characters of a text that stand in the journal; the file beside has all of them.
const FACTS: usize = 40;
const ITEMS: usize = 10;
const CHARACTERS: usize = 300;

impl Session<'_> {
    /// Reads the file that was just kept, and keeps what it declares; the facts of the step.
    pub(super) fn keep_declared(&mut self, number: u32, kept: &ArtefactPath, url: &str) -> Result<Value, Failure> {
        let read = File::open(kept.under(self.dossier.root())).and_then(|file| Ok((file.metadata()?.len(), file)));
        let (length, mut file) = match read {
            Ok(found) => found,
            Err(error) => return Ok(json!({"why": error.to_string()})),
        };
        // A large file takes a second or two: other tasks go on meanwhile.
        let declared = tokio::task::block_in_place(|| metadata::read(&mut file, length));
        let path = ArtefactPath::new(format!("downloads/{number:04}.declare.json"))?;
        let meta = ArtefactMeta::new(ArtefactKind::Measure, Origin::Produced, "application/json")
            .of_step(self.step, None)
            .from_page(url, self.clock.now());
        let whole =
            json!({"of": kept, "how": "lu dans le fichier téléchargé, tel que déclaré par lui", "declared": declared});
        let whole = self.masked(path.as_str(), whole.to_string().into_bytes())?;
        let beside = self.dossier.keep_bytes(path, meta, &whole)?;
        let facts: Vec<Value> = declared.facts.iter().take(FACTS).map(fact).collect();
        Ok(json!({
            "path": beside.path, "format": declared.format, "facts": facts,
            "more": declared.facts.len().saturating_sub(FACTS), "cut": declared.cut.iter().take(ITEMS).collect::<Vec<_>>(),
        }))
    }
}

fn fact(fact: &metadata::Fact) -> Value {
    let short = |text: &String| text.chars().take(CHARACTERS).collect::<String>();
    let value = match &fact.value {
        Said::Text(text) | Said::Date(text) => json!(short(text)),
        Said::Number(number) => json!(number),
        Said::List(texts) => {
            let mut first: Vec<String> = texts.iter().take(ITEMS).map(short).collect();
            if texts.len() > ITEMS {
                first.push(format!("… ({} en tout)", texts.len()));
            }
            json!(first)
        }
    };
    json!({"key": fact.key, "label": fact.label, "value": value})
}
