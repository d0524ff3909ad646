//! `data:` and `blob:` contents that a page really used: never on the network, yet part of what was shown. Each is kept
//! once by page as a resource, with who asked for it.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use dossier::{Instant, MissingReason, Sha256Digest};
use serde_json::{Value, json};
use url::Url;

use super::body::{BODY, decode};
use super::sockets::missing;
use super::{MissingAt, Recorder};
use crate::archive::{ExchangeBody, Resource};
use crate::cdp::text;

/// The most contents kept in a session, and their octets.
const COUNT: usize = 5_000;
const BYTES: u64 = 256 * 1024 * 1024;
/// The largest one.
const ONE: usize = 64 * 1024 * 1024;
/// Base64 as browsers read it: padding may lack (WHATWG Infra, forgiving-base64).
const FORGIVING: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);
/// How much of an address is named.
const NAMED: usize = 200;

/// One content under way.
#[derive(Debug)]
pub(crate) struct Inline {
    url: String,
    page: String,
    kind: String,
    initiator: String,
    media_type: String,
    date: Instant,
}

/// What was kept so far.
#[derive(Debug, Default)]
pub(crate) struct Inlines {
    pub(super) open: BTreeMap<String, Inline>,
    /// Page and digest of the address.
    seen: BTreeSet<(String, Sha256Digest)>,
    bytes: u64,
    /// How many were not kept.
    refused: u64,
}

impl Recorder {
    /// Notes a request that is not of the network; true when it is one of these.
    pub(super) fn inline_asked(&self, params: &Value, url: &str) {
        let Some(id) = text(params, "/requestId").filter(|_| is_inline(url)) else { return };
        let page = text(params, "/documentURL").unwrap_or("").chars().take(2_000).collect::<String>();
        let date = self.clock.now();
        let mut state = self.state();
        let known = (page.clone(), Sha256Digest::of(url.as_bytes()));
        let inlines = &mut state.inlines;
        if inlines.seen.contains(&known) {
            return;
        }
        if inlines.seen.len() >= COUNT || inlines.bytes >= BYTES || url.len() > ONE {
            inlines.refused += 1;
            return;
        }
        inlines.seen.insert(known);
        let inline = Inline {
            url: url.to_owned(),
            page,
            kind: text(params, "/type").unwrap_or("Other").to_owned(),
            initiator: initiator(params),
            media_type: String::new(),
            date,
        };
        inlines.open.insert(id.to_owned(), inline);
    }

    /// The content of a `data:` address is the address; that of a `blob:` one is asked of the browser at its end.
    pub(super) fn inline_ended(self: &Arc<Self>, session: Option<&str>, id: &str) {
        let Some(inline) = self.state().inlines.open.remove(id) else { return };
        if let Some(rest) = inline.url.strip_prefix("data:") {
            match data_content(rest) {
                Some((media_type, bytes)) => {
                    let inline = Inline { media_type, ..inline };
                    self.keep_inline(inline, &bytes, "as in the address");
                }
                None => self.lose_inline(&inline, "adresse « data: » illisible"),
            }
            return;
        }
        let (recorder, id, session) = (Arc::clone(self), id.to_owned(), session.map(str::to_owned));
        self.work(async move {
            let _permit = recorder.bodies.acquire().await;
            let asked = json!({"requestId": id});
            let answer = recorder.cdp.call_within(session.as_deref(), "Network.getResponseBody", asked, BODY).await;
            match answer.map(|value| decode(&value)) {
                Ok(Some((bytes, true))) => recorder.keep_inline(inline, &bytes, "as read by the browser"),
                Ok(Some((bytes, false))) => {
                    recorder.keep_inline(inline, &bytes, "text converted to UTF-8 by the browser")
                }
                Ok(None) => recorder.lose_inline(&inline, "réponse illisible du navigateur"),
                Err(error) => recorder.lose_inline(&inline, &error.to_string()),
            }
        });
    }

    /// The browser's account of the type of a content.
    pub(super) fn inline_answered(&self, id: &str, params: &Value) {
        if let Some(inline) = self.state().inlines.open.get_mut(id) {
            text(params, "/response/mimeType").unwrap_or("").clone_into(&mut inline.media_type);
        }
    }

    pub(super) fn inline_failed(&self, id: &str, why: &str) {
        let Some(inline) = self.state().inlines.open.remove(id) else { return };
        // A document that becomes a download, or a page that was left: the browser gives it up without an error.
        self.lose_inline(&inline, why);
    }

    fn keep_inline(&self, inline: Inline, bytes: &[u8], form: &str) {
        let digest = Sha256Digest::of(bytes);
        let mut state = self.state();
        state.inlines.bytes += bytes.len() as u64;
        let mut facts = vec![
            ("resourceType", inline.kind),
            ("initiator", inline.initiator),
            ("sourceAddress", named(&inline.url)),
            ("form", form.to_owned()),
        ];
        if inline.url.len() > NAMED {
            facts.push(("sourceAddressLength", inline.url.len().to_string()));
        }
        let media_type = Some(inline.media_type).filter(|t| is_media_type(t));
        let resource = Resource {
            // A name by digest: the same content of two pages keeps one name.
            url: match inline.url.starts_with("blob:") {
                true => named(&inline.url),
                false => format!("urn:data:sha256:{digest}"),
            },
            media_type: media_type.unwrap_or_else(|| "application/octet-stream".into()),
            date: inline.date,
            body: ExchangeBody::Bytes(Arc::new(bytes.to_vec())),
            truncated: None,
            of: None,
            facts,
            page: inline.page,
        };
        self.archive.keep(resource);
    }

    fn lose_inline(&self, inline: &Inline, why: &str) {
        let missing = missing(&named(&inline.url), MissingReason::Evicted, Some(why.to_owned()), 0);
        self.state().missing.push(MissingAt { page: inline.page.clone(), missing });
    }

    /// At the end: those under way, and those beyond the budget, are told.
    pub(super) fn end_inlines(&self) {
        let (open, refused) = {
            let inlines = &mut self.state().inlines;
            (std::mem::take(&mut inlines.open), std::mem::take(&mut inlines.refused))
        };
        for inline in open.values() {
            self.lose_inline(inline, "encore en cours à la clôture");
        }
        if refused > 0 {
            let detail = format!("{refused} contenus « data: » ou « blob: » au-delà de la limite");
            let missing = missing("data:", MissingReason::Truncated, Some(detail), 0);
            self.state().missing.push(MissingAt { page: String::new(), missing });
        }
    }
}

/// Whether an address holds its content, or names one of the browser's memory.
pub(super) fn is_inline(url: &str) -> bool {
    url.starts_with("data:") || url.starts_with("blob:")
}

/// An address cut to what a reader can use.
fn named(url: &str) -> String {
    url.chars().filter(|c| c.is_ascii_graphic() && !matches!(c, '<' | '>')).take(NAMED).collect()
}

/// Who asked: kind of cause, script or document, line.
pub(super) fn initiator(params: &Value) -> String {
    let kind = text(params, "/initiator/type").unwrap_or("other");
    let frame = params.pointer("/initiator/stack/callFrames/0");
    let url = text(params, "/initiator/url").or_else(|| frame.and_then(|f| text(f, "/url")));
    let line = params.pointer("/initiator/lineNumber").or_else(|| frame.and_then(|f| f.get("lineNumber")));
    match (url.filter(|u| !is_inline(u)), line.and_then(Value::as_f64)) {
        // The browser counts from 0.
        (Some(url), Some(line)) => format!("{kind}, {}, line {}", named(url), line + 1.0),
        (Some(url), None) => format!("{kind}, {}", named(url)),
        _ => kind.to_owned(),
    }
}

/// Media type and content of a `data:` address (RFC 2397, read as WHATWG Fetch 5.1 does).
fn data_content(rest: &str) -> Option<(String, Vec<u8>)> {
    let (head, data) = rest.split_once(',')?;
    let data = percent_decoded(data.as_bytes());
    let coded = head.trim_end().to_ascii_lowercase().ends_with(";base64");
    let bytes = if coded {
        let clean: Vec<u8> = data.into_iter().filter(|b| !b.is_ascii_whitespace()).collect();
        FORGIVING.decode(clean).ok()?
    } else {
        data
    };
    let mut kind = head.trim();
    if coded {
        kind = kind.get(..kind.len().saturating_sub(7)).unwrap_or("").trim_end().trim_end_matches(';');
    }
    let kind = if is_media_type(kind) { kind } else { "text/plain;charset=US-ASCII" };
    Some((kind.to_owned(), bytes))
}

fn percent_decoded(octets: &[u8]) -> Vec<u8> {
    let hex = |b: Option<&u8>| b.and_then(|b| char::from(*b).to_digit(16)).and_then(|d| u8::try_from(d).ok());
    let mut out = Vec::with_capacity(octets.len());
    let mut at = 0;
    while let Some(&octet) = octets.get(at) {
        match (octet, hex(octets.get(at + 1)), hex(octets.get(at + 2))) {
            (b'%', Some(high), Some(low)) => {
                out.push(high * 16 + low);
                at += 3;
            }
            _ => {
                out.push(octet);
                at += 1;
            }
        }
    }
    out
}

/// Whether a text may stand as a `Content-Type`.
fn is_media_type(text: &str) -> bool {
    let essence = text.split(';').next().unwrap_or("");
    let token =
        |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&b));
    let named = essence.trim().split_once('/').is_some_and(|(kind, sub)| token(kind) && token(sub));
    named && text.len() < 200 && text.bytes().all(|b| b == b' ' || b.is_ascii_graphic()) && Url::parse(text).is_err()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn data_addresses_are_read_as_a_browser_reads_them() {
        let read = |rest| data_content(rest).map(|(kind, bytes)| (kind, String::from_utf8_lossy(&bytes).into_owned()));
        let pair = |kind: &str, text: &str| Some((kind.to_owned(), text.to_owned()));
        assert_eq!(read("text/plain,bon%20jour"), pair("text/plain", "bon jour"));
        assert_eq!(read("text/html;charset=utf-8;base64,YWJj"), pair("text/html;charset=utf-8", "abc"));
        assert_eq!(read("text/html;BASE64,YW %4Aj"), pair("text/html", "abc"));
        assert_eq!(read(",x"), pair("text/plain;charset=US-ASCII", "x"));
        assert_eq!(read("image/png;base64,Y"), None);
        assert_eq!(read("text/plain"), None);
    }

    proptest! {
        #[test]
        fn no_address_makes_it_fail(rest in ".{0,200}") {
            let _ = data_content(&rest);
            prop_assert!(named(&rest).len() <= NAMED);
        }
    }
}
