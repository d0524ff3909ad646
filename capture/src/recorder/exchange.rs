//! What is known of one exchange of the network while it is under way, hop by hop.
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;

use dossier::{Digests, Instant};
use serde_json::Value;

use crate::cdp::{text, whole};

/// Names and values, in the order they came.
pub(crate) type Headers = Vec<(String, String)>;

/// An answer the browser asked for because an answer 103 named it: it came from the network, a little before.
pub(crate) const EARLY: &str = "early hints";

/// The document that the browser's own viewer of PDF makes under the address of the file it shows.
pub(crate) const VIEWER: &str = "PDF viewer";

/// All hops of one request of the browser: a redirect keeps the request's identifier.
#[derive(Debug, Default)]
pub(crate) struct Chain {
    pub(crate) hops: VecDeque<Hop>,
    /// `requestWillBeSentExtraInfo`, in order; those of hops already committed are gone.
    pub(crate) request_extras: VecDeque<Value>,
    /// `responseReceivedExtraInfo`, in order.
    pub(crate) response_extras: VecDeque<Value>,
    /// Redirects committed so far: address and status.
    pub(crate) redirects: Vec<(String, u16)>,
}

/// One request and its answer.
#[derive(Debug)]
pub(crate) struct Hop {
    pub(crate) url: String,
    pub(crate) method: String,
    pub(crate) headers: Headers,
    pub(crate) post: Post,
    /// Address of the page that asked.
    pub(crate) page: String,
    pub(crate) kind: String,
    pub(crate) date: Instant,
    pub(crate) response: Option<Response>,
    pub(crate) finish: Finish,
    pub(crate) body: Body,
    /// Octets of the body seen so far, after content decoding.
    pub(crate) received: u64,
    /// The same as they travelled, when the browser counts them.
    pub(crate) received_coded: u64,
    /// Whether the browser told the headers it sent: then the request did leave.
    pub(crate) wire: bool,
    /// Heads of the answers 103 that came before the answer.
    pub(crate) hints: Vec<Headers>,
    /// Who asked: parser, script, and where.
    pub(crate) initiator: String,
}

/// The body of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Post {
    None,
    Bytes(Vec<u8>),
    /// There is one, being asked for.
    Asked,
    /// There is one, and the browser did not give it.
    Missing(String),
}

/// An answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) reason: String,
    pub(crate) headers: Headers,
    pub(crate) media_type: String,
    pub(crate) protocol: Option<String>,
    pub(crate) address: Option<String>,
    /// Port of the server, number of the connection, whether it served before.
    pub(crate) connection: Vec<(&'static str, String)>,
    /// Where it came from when not from the network.
    pub(crate) source: Option<&'static str>,
    pub(crate) security: Option<Value>,
    /// Whether a `responseReceivedExtraInfo` belongs to it.
    pub(crate) has_extra: bool,
    /// `secure`, `insecure`, `neutral`…, as the browser judged it.
    pub(crate) security_state: String,
    /// Length of its head on the wire, when the browser gives the head as it came.
    pub(crate) head_length: Option<u64>,
}

/// How an exchange ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Finish {
    /// Not yet.
    Open,
    /// Redirected, or loaded to its end; octets on the wire when told.
    Done(Option<u64>),
    /// Given up, with the browser's words.
    Failed { why: String, blocked: bool },
    /// Still under way when we left.
    Left,
}

/// The body of an answer.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    /// Nothing is known yet.
    Unknown,
    /// Asked of the browser; the answer is awaited.
    Asked,
    /// Followed chunk by chunk into a file.
    Streamed(Spool),
    /// The browser saves it into a file instead of showing it: the file is awaited.
    Saved,
    /// There is none by the rules of HTTP.
    Empty,
    Bytes(Arc<Vec<u8>>),
    /// The same in a private file, with its digests; the flag is true for text converted to UTF-8.
    File(PathBuf, Digests, bool),
    /// Text that the browser had converted to UTF-8: its bytes may not be those received.
    Text(Arc<Vec<u8>>),
    Missing(String),
}

/// A body written to a file while it is received.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spool {
    pub(crate) path: PathBuf,
    /// Chunks that came before what the browser had buffered was known.
    pub(crate) waiting: Vec<Vec<u8>>,
    /// Whether the buffered part is written.
    pub(crate) started: bool,
    /// Why it is not whole.
    pub(crate) broken: Option<String>,
}

impl Body {
    /// Whether nothing more is to be awaited.
    pub(crate) fn settled(&self) -> bool {
        !matches!(self, Self::Unknown | Self::Asked | Self::Saved)
    }
}

impl Response {
    /// Reads a `Network.Response`.
    pub(crate) fn read(response: &Value) -> Self {
        let flag = |key: &str| response.get(key).and_then(Value::as_bool).unwrap_or(false);
        let source = [
            ("fromServiceWorker", "service worker"),
            ("fromDiskCache", "disk cache"),
            ("fromPrefetchCache", "prefetch cache"),
            ("fromEarlyHints", EARLY),
        ]
        .into_iter()
        .find_map(|(key, name)| flag(key).then_some(name));
        let mut connection = Vec::new();
        for (name, key) in [("remotePort", "/remotePort"), ("connectionId", "/connectionId")] {
            if let Some(number) = whole(response, key).filter(|n| *n > 0) {
                connection.push((name, number.to_string()));
            }
        }
        if flag("connectionReused") {
            connection.push(("connectionReused", "true".to_owned()));
        }
        Self {
            connection,
            head_length: None,
            security_state: text(response, "/securityState").unwrap_or("").to_owned(),
            status: whole(response, "/status").and_then(|s| u16::try_from(s).ok()).unwrap_or(0),
            reason: text(response, "/statusText").unwrap_or("").to_owned(),
            headers: headers(response.get("headers")),
            media_type: text(response, "/mimeType").unwrap_or("").to_owned(),
            protocol: text(response, "/protocol").map(str::to_owned),
            address: text(response, "/remoteIPAddress")
                .map(|a| a.trim_matches(['[', ']']).to_owned())
                .filter(|a| a.parse::<std::net::IpAddr>().is_ok()),
            source,
            security: response.get("securityDetails").cloned(),
            has_extra: false,
        }
    }

    /// The value of a header, its name compared without case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    /// The length its head announces for the body as stored: only when nothing was decoded.
    pub(crate) fn announced(&self) -> Option<u64> {
        if self.header("content-encoding").is_some() || matches!(self.status, 300..=399) {
            return None;
        }
        self.header("content-length")?.parse().ok()
    }

    /// Whether a server sent it for this request: not a service worker, not a cache.
    pub(crate) fn is_from_network(&self) -> bool {
        matches!(self.source, None | Some(EARLY))
    }

    /// Whether it came over no connection: no address of a server, and no head on the wire.
    pub(crate) fn is_made_up(&self) -> bool {
        self.address.is_none() && !self.has_extra
    }

    /// A redirect the browser made by itself (HSTS): nothing was sent.
    pub(crate) fn is_internal(&self) -> bool {
        self.status == 307 && self.header("Non-Authoritative-Reason").is_some()
    }

    /// Replaces what the renderer was shown by what came on the wire.
    pub(crate) fn complete(&mut self, extra: &Value) {
        if let Some(status) = whole(extra, "/statusCode").and_then(|s| u16::try_from(s).ok()).filter(|s| *s >= 100) {
            self.status = status;
        }
        self.head_length = text(extra, "/headersText").map(|head| head.len() as u64).filter(|n| *n > 0);
        match text(extra, "/headersText").map(raw_head) {
            Some((reason, headers)) if !headers.is_empty() => {
                self.reason = reason;
                self.headers = headers;
            }
            _ => self.headers = headers(extra.get("headers")),
        }
    }
}

/// The headers of a JSON object; values the browser joined with line feeds are split again, pseudo-headers left out.
pub(crate) fn headers(object: Option<&Value>) -> Headers {
    let Some(Value::Object(map)) = object else { return Vec::new() };
    let one = |(name, value): (&String, &Value)| (name.clone(), value.as_str().unwrap_or("").to_owned());
    let joined: Headers = map.iter().filter(|(name, _)| !name.starts_with(':')).map(one).collect();
    warc::http::split_joined(&joined)
}

/// The reason phrase and the headers of a raw head, in their order.
pub(super) fn raw_head(head: &str) -> (String, Headers) {
    let mut lines = head.split("\r\n").flat_map(|line| line.split('\n'));
    let reason = lines.next().and_then(|line| line.splitn(3, ' ').nth(2)).unwrap_or("").to_owned();
    let headers = lines
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
        .collect();
    (reason, headers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn wire_headers_replace_those_of_the_page_in_their_order() {
        let mut response = Response::read(&json!({
            "status": 200.0, "statusText": "OK", "headers": {"a": "1"}, "mimeType": "text/html",
            "remoteIPAddress": "[::1]", "fromServiceWorker": false,
        }));
        assert_eq!(response.address.as_deref(), Some("::1"));
        let text = "HTTP/1.1 200 Fine\r\nB: 2\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\n";
        response.complete(&json!({"statusCode": 200, "headers": {"B": "2"}, "headersText": text}));
        assert_eq!(response.reason, "Fine");
        let names: Vec<&str> = response.headers.iter().map(|(n, _)| n.as_str()).collect();
        assert_eq!(names, ["B", "Set-Cookie", "Set-Cookie"]);
    }

    #[test]
    fn joined_cookies_are_split_and_pseudo_headers_left_out() {
        let headers = headers(Some(&json!({":status": "200", "set-cookie": "a=1\nb=2"})));
        assert_eq!(headers.len(), 2);
    }
}
