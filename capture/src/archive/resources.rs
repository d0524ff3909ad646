//! What is no exchange: messages of an open link, contents that never were on the network, certificates. Each is a
//! `resource` record with a `metadata` record that says what it is.
use dossier::Instant;
use warc::{Body, RecordId, RecordType, WarcError, WarcRecord};

use super::records::{name, one_line};
use super::{ExchangeBody, Thread};

/// One thing to keep.
#[derive(Debug)]
pub(crate) struct Resource {
    /// Its address, or a name (`urn:`) when it has none of its own.
    pub(crate) url: String,
    pub(crate) media_type: String,
    pub(crate) date: Instant,
    pub(crate) body: ExchangeBody,
    /// The word of `WARC-Truncated`.
    pub(crate) truncated: Option<&'static str>,
    /// The key of the exchange it belongs to.
    pub(crate) of: Option<String>,
    /// What is told of it.
    pub(crate) facts: Vec<(&'static str, String)>,
    pub(crate) page: String,
}

impl Thread {
    pub(super) fn store_resource(&mut self, resource: &Resource) -> Result<(), WarcError> {
        let number = self.records.to_string();
        let date = resource.date.to_string();
        let id = |kind: &str| name(&[kind, self.warcinfo.as_str(), &number, &date, &resource.url]);
        let (kept, about) = (id("resource"), id("metadata"));
        let url = encoded(&resource.url);
        let body = resource.body.as_block();
        let of = resource.of.as_ref().and_then(|key| self.placed.remove(key));
        let mut record = WarcRecord::resource(kept.clone(), resource.date, url.clone(), &resource.media_type, body)
            .with("WARC-Warcinfo-ID", self.warcinfo.as_str());
        if let Some(of) = &of {
            record = record.with("WARC-Concurrent-To", of.as_str());
        }
        if let Some(word) = resource.truncated {
            record = record.with("WARC-Truncated", word);
        }
        self.writer.write(&record)?;
        self.records += 1;
        let mut facts = resource.facts.clone();
        facts.push(("via", resource.page.clone()));
        self.describe(&facts, about, resource.date, &url, Some(&kept))
    }

    /// A metadata record of `application/warc-fields`; fields without value are left out.
    pub(super) fn describe(
        &mut self,
        facts: &[(&'static str, String)],
        id: RecordId,
        date: Instant,
        url: &str,
        of: Option<&RecordId>,
    ) -> Result<(), WarcError> {
        let clean: Vec<(&str, String)> = facts.iter().map(|(name, value)| (*name, one_line(value))).collect();
        let fields: Vec<(&str, &str)> =
            clean.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (*name, value.as_str())).collect();
        let block = warc::warc_fields(&fields)?;
        let mut record = WarcRecord {
            record_type: RecordType::Metadata,
            id,
            date,
            target_uri: Some(url.to_owned()),
            content_type: Some("application/warc-fields".into()),
            fields: vec![("WARC-Warcinfo-ID".into(), self.warcinfo.as_str().into())],
            http_head: &[],
            body: Body::Bytes(&block),
        };
        if let Some(of) = of {
            record = record.with("WARC-Concurrent-To", of.as_str());
        }
        self.writer.write(&record)?;
        self.records += 1;
        Ok(())
    }
}

/// An address without the octets a header line may not hold.
fn encoded(url: &str) -> String {
    let mut out = String::with_capacity(url.len());
    for octet in url.bytes() {
        match octet {
            b'<' | b'>' | b'"' | b' ' | 0..=31 | 127.. => out.push_str(&format!("%{octet:02X}")),
            _ => out.push(char::from(octet)),
        }
    }
    out
}
