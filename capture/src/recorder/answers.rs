//! What became of each picture the pages asked for, by its address: a picture that is not shown may never have come.
use std::collections::BTreeMap;

use dossier::Sha256Digest;

use super::Recorder;
use crate::archive::Exchange;

/// The most addresses kept.
const MOST: usize = 50_000;

/// How the last request for a picture ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answered {
    /// With this status, and the type its server gave.
    Status(u16, String),
    /// Without an answer: the browser's words.
    Failed(String),
}

/// Address to end.
#[derive(Debug, Default)]
pub(crate) struct Answers(BTreeMap<Sha256Digest, Answered>);

impl Answers {
    /// Notes how a picture ended, under every address that led to it.
    pub(super) fn note(&mut self, exchange: &Exchange, redirects: &[(String, u16)]) {
        if exchange.kind != "Image" {
            return;
        }
        let ended = match (&exchange.response, &exchange.failure) {
            // An answer that the browser kept from the page was no answer to it.
            (_, Some(why)) => Answered::Failed(why.clone()),
            (Some(response), None) => {
                Answered::Status(response.status, response.media_type.chars().take(100).collect())
            }
            (None, None) => return,
        };
        let before = redirects.iter().map(|(url, _)| url.as_str());
        for url in before.chain([exchange.url.as_str()]) {
            let name = named(url);
            if self.0.len() < MOST || self.0.contains_key(&name) {
                self.0.insert(name, ended.clone());
            }
        }
    }
}

impl Recorder {
    /// How the last request for the picture at an address ended, when it is known.
    pub(crate) fn picture_at(&self, url: &str) -> Option<Answered> {
        self.state().answers.0.get(&named(url)).cloned()
    }
}

fn named(url: &str) -> Sha256Digest {
    Sha256Digest::of(url.split('#').next().unwrap_or(url).as_bytes())
}
