//! An exchange as WARC records: the answer, then what was asked, next to each other.
use url::Url;
use warc::http::{request_head, response_head};
use warc::{Body, RecordId, RecordType, WarcError, WarcRecord};

use super::{Exchange, Thread, about, tls};
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
        let warcinfo = self.warcinfo.clone();
        let id = |kind: &str| name(&[kind, warcinfo.as_str(), &number, &date, url.as_str()]);
        let (asked, answered, about) = (id("request"), id("response"), id("metadata"));
        let facts = about::fields(exchange);
        if !exchange.on_wire {
            let kept = id("resource");
            let placed = self.synthetic(exchange, &url, kept.clone())?;
            return self.describe(&facts, about.clone(), exchange.date, url.as_str(), placed.then_some(&kept));
        }
        let placed = match &exchange.response {
            Some(response) => {
                self.response(exchange, response, &url, &asked, &answered)?;
                true
            }
            None => false,
        };
        self.request(exchange, &url, &asked, placed.then_some(&answered))?;
        let main = if placed { &answered } else { &asked };
        if let Some(key) = &exchange.key {
            self.placed.insert(key.clone(), main.clone());
        }
        self.early_hints(exchange, &url, id("early-hints"), main)?;
        self.describe(&facts, about, exchange.date, url.as_str(), Some(main))
    }

    fn response(
        &mut self,
        exchange: &Exchange,
        response: &Response,
        url: &Url,
        asked: &RecordId,
        answered: &RecordId,
    ) -> Result<(), WarcError> {
        // The browser gives bodies after content and transfer decoding: the headers that say otherwise are renamed.
        let headers = about::stored_headers(exchange, response, storable(&response.headers));
        let head = response_head("HTTP/1.1", response.status, &one_line(&response.reason), &headers)?;
        let body = exchange.body.as_block();
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

    /// The heads of answers 103: known by name and value only, so a list in JSON beside the answer.
    fn early_hints(&mut self, exchange: &Exchange, url: &Url, id: RecordId, of: &RecordId) -> Result<(), WarcError> {
        if exchange.hints.is_empty() {
            return Ok(());
        }
        let heads: Vec<serde_json::Value> = exchange
            .hints
            .iter()
            .map(|head| serde_json::json!({"status": 103, "headers": head.iter().map(|(n, v)| [n, v]).collect::<Vec<_>>()}))
            .collect();
        let block = serde_json::Value::from(heads).to_string();
        let target = format!("urn:early-hints:{url}");
        let body = Body::Bytes(block.as_bytes());
        let record = WarcRecord::resource(id, exchange.date, target, "application/json", body)
            .with("WARC-Warcinfo-ID", self.warcinfo.as_str())
            .with("WARC-Concurrent-To", of.as_str());
        self.writer.write(&record)?;
        self.records += 1;
        Ok(())
    }

    /// An answer that no server gave for this request: its content is kept as what the page was given.
    fn synthetic(&mut self, exchange: &Exchange, url: &Url, id: RecordId) -> Result<bool, WarcError> {
        let Some(response) = &exchange.response else { return Ok(false) };
        let essence = response.media_type.split(';').next().unwrap_or("").trim();
        let media_type = match essence.contains('/') && essence.bytes().all(|b| b.is_ascii_graphic()) {
            true => essence,
            false => "application/octet-stream",
        };
        let record = WarcRecord::resource(id, exchange.date, url.as_str(), media_type, exchange.body.as_block())
            .with("WARC-Warcinfo-ID", self.warcinfo.as_str());
        self.writer.write(&record)?;
        self.records += 1;
        Ok(true)
    }
}

/// The fields that tell of the connection; none is invented when the answer did not come from the network.
fn connection(response: &Response) -> Vec<(&'static str, String)> {
    let mut fields = Vec::new();
    if !response.is_from_network() {
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
    if let Some(security) = &response.security {
        fields.extend(tls::version(security).map(|version| ("WARC-Protocol", version)));
        fields.extend(tls::cipher_suite(security).map(|suite| ("WARC-Cipher-Suite", suite)));
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

pub(super) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().trim().to_owned()
}
