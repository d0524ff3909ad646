//! The sort key of an address (SURT): the canonical form that the Internet Archive's tools compute, octet for octet,
//! so that replay software finds in our index what it looks for.
//!
//! Order of the steps: parse leniently, unescape repeatedly and escape once, drop what never changes the page (user,
//! default port, `www.`, session numbers, last slash), lower case, sort the query, reverse the host.
mod canon;
mod session;

use canon::{escape_once, host_of, lower, normal_path, split, unescape_repeatedly};

/// The sort key of `url`; `url` itself when it cannot be parsed. Always ASCII unless it is `url` itself.
pub fn surt(url: &str) -> String {
    if url.is_empty() {
        return "-".into();
    }
    if url.starts_with("filedesc") {
        return url.into();
    }
    key(url.as_bytes()).and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_else(|| url.into())
}

fn key(url: &[u8]) -> Option<Vec<u8>> {
    let parts = split(url)?;
    let host = parts.host.as_deref().and_then(host_of);
    let mut path = unescape_repeatedly(&parts.path);
    if host.is_some() {
        path = normal_path(&path);
    }
    let mut path = session::strip_path(lower(escape_once(&path)));
    if path.len() > 1 && path.last() == Some(&b'/') {
        path.pop();
    }
    let query = canonical_query(&parts.query);
    let mut out = Vec::new();
    match host {
        Some(mut host) => {
            if parts.scheme != b"dns" {
                host = without_www(host);
            }
            let labels: Vec<&[u8]> = host.split(|b| *b == b'.').rev().collect();
            out.extend(labels.join(&b','));
            let default = match parts.scheme.to_ascii_lowercase().as_slice() {
                b"http" => 80,
                b"https" => 443,
                _ => 0,
            };
            if let Some(port) = parts.port.filter(|port| *port != default) {
                out.extend(format!(":{port}").into_bytes());
            }
            out.push(b')');
        }
        None => {
            out.extend(&parts.scheme);
            out.push(b':');
        }
    }
    if path.is_empty() && !query.is_empty() {
        out.push(b'/');
    }
    out.extend(path);
    if !query.is_empty() {
        out.push(b'?');
        out.extend(query);
    }
    Some(out)
}

/// Removes a leading `www.`, `www2.`…
fn without_www(host: Vec<u8>) -> Vec<u8> {
    let Some(rest) = host.strip_prefix(b"www") else { return host };
    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    match rest.get(digits..) {
        Some([b'.', tail @ ..]) => tail.to_vec(),
        _ => host,
    }
}

/// The query in lower case, its arguments sorted, session numbers removed.
fn canonical_query(query: &[u8]) -> Vec<u8> {
    let query = lower(session::strip_query(escape_once(&unescape_repeatedly(query))));
    if query.len() <= 1 {
        return query;
    }
    let mut arguments: Vec<(&[u8], Option<&[u8]>)> = query
        .split(|b| *b == b'&')
        .map(|argument| match argument.iter().position(|b| *b == b'=') {
            Some(at) => (argument.get(..at).unwrap_or_default(), argument.get(at + 1..)),
            None => (argument, None),
        })
        .collect();
    arguments.sort_unstable();
    let mut out = Vec::with_capacity(query.len());
    for (number, (name, value)) in arguments.into_iter().enumerate() {
        if number > 0 {
            out.push(b'&');
        }
        out.extend(name);
        if let Some(value) = value {
            out.push(b'=');
            out.extend(value);
        }
    }
    out
}

#[cfg(test)]
mod tests;
