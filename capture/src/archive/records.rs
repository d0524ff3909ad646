//! An exchange as WARC records: the answer, then what was asked, next to each other.
use url::Url;
use warc::http::{for_decoded_body, request_head, response_head};
use warc::{Body, RecordId, RecordType, WarcError, WarcRecord};

use super::{Exchange, ExchangeBody, Thread};
use crate::recorder::{Headers, Response};

/// A record name that depends on its parts only, so that the same exchange keeps the same name.
pub(super) fn name(parts: &[&str]) -> RecordId {
    RecordId::v5(parts)
}

impl Thread {
    pub(super) fn store(&mut self, exchange: &Exchange) -> Result<(), WarcError> {
        let Ok(mut url) = Url::parse(&exchange.url) else { return Ok(()) };
        url.set_fragment(None);
        let number = self.records.to_string();
        let date = exchange.date.to_string();
        let id = |kind: &str| name(&[kind, self.warcinfo.as_str(), &number, &date, url.as_str()]);
        let (asked, answered, about) = (id("request"), id("response"), id("metadata"));
        let placed = match &exchange.response {
            Some(response) => {
                self.response(exchange, response, &url, &asked, &answered)?;
                true
            }
            None => false,
        };
        self.request(exchange, &url, &asked, placed.then_some(&answered))?;
        self.about(exchange, &url, about, if placed { &answered } else { &asked })
    }

    fn response(
        &mut self,
        exchange: &Exchange,
        response: &Response,
        url: &Url,
        asked: &RecordId,
        answered: &RecordId,
    ) -> Result<(), WarcError> {
        let length = exchange.body.len();
        let bodiless = exchange.method == "HEAD" || matches!(response.status, 100..=199 | 204 | 205 | 304);
        let clean = storable(&response.headers);
        // The browser gives bodies after content and transfer decoding: the headers that say otherwise are renamed.
        let headers = if bodiless { clean } else { for_decoded_body(&clean, length) };
        let head = response_head("HTTP/1.1", response.status, &one_line(&response.reason), &headers)?;
        let body = match &exchange.body {
            ExchangeBody::None => Body::Bytes(&[]),
            ExchangeBody::Bytes(bytes) => Body::Bytes(bytes),
            ExchangeBody::File(path, digests) => Body::File { path, digests: *digests },
        };
        let id = answered.clone();
        let mut record = WarcRecord::http(RecordType::Response, id, exchange.date, url.as_str(), &head, body)
            .with("WARC-Warcinfo-ID", self.warcinfo.as_str())
            .with("WARC-Concurrent-To", asked.as_str());
        for (field, value) in connection(response) {
            record = record.with(field, value);
        }
        if let Some(word) = exchange.truncated {
            record = record.with("WARC-Truncated", word);
        }
        self.writer.write(&record)?;
        self.records += 1;
        Ok(())
    }

    fn request(
        &mut self,
        exchange: &Exchange,
        url: &Url,
        asked: &RecordId,
        answered: Option<&RecordId>,
    ) -> Result<(), WarcError> {
        let target = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        let mut headers = storable(&exchange.request_headers);
        if !headers.iter().any(|(n, _)| n.eq_ignore_ascii_case("host"))
            && let Some(host) = url.host_str()
        {
            let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
            headers.insert(0, ("Host".into(), host));
        }
        let head = request_head(&exchange.method, &target, "HTTP/1.1", &headers)?;
        let body = Body::Bytes(&exchange.request_body);
        let id = asked.clone();
        let mut record = WarcRecord::http(RecordType::Request, id, exchange.date, url.as_str(), &head, body)
            .with("WARC-Warcinfo-ID", self.warcinfo.as_str());
        if let Some(answered) = answered {
            record = record.with("WARC-Concurrent-To", answered.as_str());
        }
        if let Some(response) = &exchange.response {
            for (field, value) in connection(response) {
                record = record.with(field, value);
            }
        }
        self.writer.write(&record)?;
        self.records += 1;
        Ok(())
    }

    /// What the exchange was, beside its bytes: why it failed, what the browser changed, octets on the wire.
    fn about(&mut self, exchange: &Exchange, url: &Url, id: RecordId, of: &RecordId) -> Result<(), WarcError> {
        let length = exchange.encoded_length.map(|n| n.to_string());
        let failure = exchange.failure.as_deref().map(one_line);
        let page = one_line(&exchange.page);
        let mut fields = vec![("resourceType", exchange.kind.as_str())];
        if !page.is_empty() {
            fields.push(("via", page.as_str()));
        }
        if let Some(length) = &length {
            fields.push(("encodedDataLength", length));
        }
        if exchange.body.len() > 0 {
            fields.push(("bodyForm", if exchange.reencoded { "text-converted-to-utf-8" } else { "content-decoded" }));
        }
        if exchange.redacted {
            fields.push(("requestRedacted", "confidential value typed by the operator, masked with asterisks"));
        }
        if let Some(failure) = &failure {
            fields.push(("failure", failure));
        }
        let block = warc::warc_fields(&fields)?;
        let record = WarcRecord {
            record_type: RecordType::Metadata,
            id,
            date: exchange.date,
            target_uri: Some(url.as_str().to_owned()),
            content_type: Some("application/warc-fields".into()),
            fields: vec![
                ("WARC-Warcinfo-ID".into(), self.warcinfo.as_str().into()),
                ("WARC-Concurrent-To".into(), of.as_str().into()),
            ],
            http_head: &[],
            body: Body::Bytes(&block),
        };
        self.writer.write(&record)?;
        self.records += 1;
        Ok(())
    }
}

/// The fields that tell of the connection; none is invented when the answer did not come from the network.
fn connection(response: &Response) -> Vec<(&'static str, String)> {
    let mut fields = Vec::new();
    if response.source.is_some() {
        return fields;
    }
    if let Some(address) = &response.address
        && let Ok(address) = address.parse::<std::net::IpAddr>()
    {
        fields.push(("WARC-IP-Address", address.to_string()));
    }
    if let Some(protocol) = response.protocol.as_deref().filter(|p| !p.is_empty()) {
        fields.push(("WARC-Protocol", protocol.to_ascii_lowercase()));
    }
    let tls = response.security.as_ref().and_then(|s| s.get("protocol")).and_then(serde_json::Value::as_str);
    if let Some(version) = tls.and_then(|t| t.strip_prefix("TLS ")) {
        fields.push(("WARC-Protocol", format!("tls/{version}")));
    }
    fields
}

/// Headers a WARC block can hold: on one line each, without the pseudo-headers of HTTP/2.
fn storable(headers: &Headers) -> Headers {
    let token = |name: &str| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
    };
    headers.iter().filter(|(name, _)| token(name)).map(|(name, value)| (name.clone(), one_line(value))).collect()
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().trim().to_owned()
}
