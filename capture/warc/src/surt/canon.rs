//! The lenient parsing and the escaping beneath a sort key.
use std::net::Ipv4Addr;

/// An address cut into parts (RFC 2396, annex B), nothing decoded yet.
pub(super) struct Parts {
    pub(super) scheme: Vec<u8>,
    pub(super) host: Option<Vec<u8>>,
    pub(super) port: Option<u16>,
    pub(super) path: Vec<u8>,
    pub(super) query: Vec<u8>,
}

pub(super) fn lower(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.make_ascii_lowercase();
    bytes
}

fn before<'a>(bytes: &'a [u8], stops: &[u8]) -> (&'a [u8], &'a [u8]) {
    let at = bytes.iter().position(|b| stops.contains(b)).unwrap_or(bytes.len());
    bytes.split_at(at)
}

fn scheme_length(url: &[u8]) -> Option<usize> {
    let (scheme, rest) = before(url, b":");
    let sound = scheme.first().is_some_and(u8::is_ascii_alphabetic)
        && scheme.iter().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(b));
    (sound && !rest.is_empty()).then_some(scheme.len())
}

pub(super) fn split(url: &[u8]) -> Option<Parts> {
    let is_space = |b: &u8| matches!(b, b' ' | b'\t'..=b'\r');
    let start = url.iter().position(|b| !is_space(b)).unwrap_or(url.len());
    let end = url.iter().rposition(|b| !is_space(b)).map_or(start, |at| at + 1);
    let kept = url.get(start..end)?.iter().filter(|b| !matches!(b, b'\n' | b'\r' | b'\t')).copied();
    let mut url: Vec<u8> = kept.collect();
    if scheme_length(&url).is_none() {
        url.splice(0..0, *b"http://");
    }
    let mut url = url.as_slice();
    // `http://https://host` is `https://host`.
    while let Some(rest) = url.strip_prefix(b"http://").or_else(|| url.strip_prefix(b"https://")) {
        match rest.starts_with(b"http://") || rest.starts_with(b"https://") {
            true => url = rest,
            false => break,
        }
    }
    let (scheme, rest) = url.split_at(scheme_length(url)?);
    let (rest, _fragment) = before(rest.get(1..)?, b"#");
    let (authority, rest) = match rest.strip_prefix(b"//") {
        Some(rest) => before(rest, b"/?"),
        None => (&b""[..], rest),
    };
    let (path, query) = before(rest, b"?");
    let (mut host, port) = split_authority(authority)?;
    let mut path = path.to_vec();
    // `http:////host/path`
    if host.is_empty() && scheme.starts_with(b"http") && !path.is_empty() {
        let slashes = path.iter().take_while(|b| **b == b'/').count();
        let (first, tail) = before(path.get(slashes..)?, b"/");
        let tail = [b"/", tail.get(1..).unwrap_or_default()].concat();
        host = first.to_vec();
        path = tail;
    }
    Some(Parts {
        scheme: scheme.to_vec(),
        host: (!host.is_empty()).then_some(host),
        port,
        path,
        query: query.get(1..).unwrap_or_default().to_vec(),
    })
}

/// Host in lower case and port, the user dropped; `None` when the port is not one.
fn split_authority(authority: &[u8]) -> Option<(Vec<u8>, Option<u16>)> {
    let end = authority.iter().rposition(|b| *b != b':').map_or(0, |at| at + 1);
    let authority = authority.get(..end)?;
    let at = authority.iter().rposition(|b| *b == b'@').map_or(0, |at| at + 1);
    let info = authority.get(at..)?;
    let (host, port) = match info.iter().position(|b| *b == b'[') {
        Some(open) => {
            let (host, rest) = before(info.get(open + 1..)?, b"]");
            let (_, port) = before(rest, b":");
            (host, port)
        }
        None => before(info, b":"),
    };
    let port = match port.get(1..).unwrap_or_default() {
        b"" => None,
        digits if digits.iter().all(u8::is_ascii_digit) => {
            Some(std::str::from_utf8(digits).ok()?.parse::<u16>().ok()?).filter(|port| *port != 0)
        }
        _ => return None,
    };
    let (name, zone) = before(host, b"%");
    Some(([name.to_ascii_lowercase().as_slice(), zone].concat(), port))
}

/// The host in canonical form: A-labels (RFC 5890), IPv4 in dotted quads, no empty label at either end.
pub(super) fn host_of(host: &[u8]) -> Option<Vec<u8>> {
    let mut host = unescape_repeatedly(host);
    if !host.is_ascii() {
        let text = String::from_utf8_lossy(&host).replace('\u{fffd}', "");
        if let Ok(url::Host::Domain(domain)) = url::Host::parse(&text) {
            host = domain.into_bytes();
        }
    }
    let text = replace_double_dots(&host);
    let start = text.iter().position(|b| *b != b'.').unwrap_or(text.len());
    let end = text.iter().rposition(|b| *b != b'.').map_or(start, |at| at + 1);
    let text = text.get(start..end)?.to_vec();
    let text = match ipv4(&text) {
        Some(ip) => ip.to_string().into_bytes(),
        None => lower(escape_once(&text)),
    };
    (!text.is_empty()).then_some(text)
}

/// Two dots become one, left to right, once.
fn replace_double_dots(host: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(host.len());
    let mut rest = host;
    while let Some((first, tail)) = rest.split_first() {
        out.push(*first);
        rest = if *first == b'.' { tail.strip_prefix(b".").unwrap_or(tail) } else { tail };
    }
    out
}

/// The address that `inet_aton` reads: one to four numbers, octal with a leading zero; a single number is cut to
/// its lower four octets.
fn ipv4(host: &[u8]) -> Option<Ipv4Addr> {
    let host = std::str::from_utf8(host).ok()?;
    if !host.is_empty() && host.bytes().all(|b| b.is_ascii_digit()) {
        let digit = |value: u32, b: u8| value.wrapping_mul(10).wrapping_add(u32::from(b - b'0'));
        return Some(Ipv4Addr::from(host.bytes().fold(0_u32, digit)));
    }
    let mut numbers = Vec::new();
    for part in host.split('.') {
        let octal = part.len() > 1 && part.starts_with('0');
        // The reference takes what starts with a zero for an address only when every part could be octal.
        let last = if host.starts_with('0') { b'7' } else { b'9' };
        if part.is_empty() || !part.bytes().all(|b| (b'0'..=last).contains(&b)) || numbers.len() == 4 {
            return None;
        }
        numbers.push(u32::from_str_radix(part, if octal { 8 } else { 10 }).ok()?);
    }
    let last = numbers.pop()?;
    let mut value = 0_u32;
    for (number, shift) in numbers.iter().zip([24, 16, 8]) {
        value |= u32::from(u8::try_from(*number).ok()?) << shift;
    }
    let room = 8 * (4 - u32::try_from(numbers.len()).ok()?);
    (u64::from(last) < 1_u64 << room).then(|| Ipv4Addr::from(value | last))
}

/// Dots and empty parts removed, as a browser would; `..` above the root stays.
pub(super) fn normal_path(path: &[u8]) -> Vec<u8> {
    let mut kept: Vec<&[u8]> = Vec::new();
    for part in path.split(|b| *b == b'/').skip(1) {
        match part {
            b"." => {}
            b".." if !kept.is_empty() => {
                kept.pop();
            }
            part => kept.push(part),
        }
    }
    let mut out = vec![b'/'];
    let Some((last, folders)) = kept.split_last() else { return out };
    for folder in folders.iter().filter(|folder| !folder.is_empty()) {
        out.extend(*folder);
        out.push(b'/');
    }
    out.extend(*last);
    out
}

/// Percent-decodes until nothing changes.
pub(super) fn unescape_repeatedly(bytes: &[u8]) -> Vec<u8> {
    let mut current = bytes.to_vec();
    loop {
        let next = unescape(&current);
        // Each pass that changes something shortens the text, so this ends.
        if next.len() == current.len() {
            return next;
        }
        current = next;
    }
}

pub(super) fn unescape(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, tail)) = rest.split_first() {
        let hex = |b: u8| char::from(b).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        if let (b'%', [high, low, after @ ..]) = (*first, tail)
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
        {
            out.push(high * 16 + low);
            rest = after;
            continue;
        }
        out.push(*first);
        rest = tail;
    }
    out
}

/// Percent-encodes what is not visible ASCII, and `#` and `%`.
pub(super) fn escape_once(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for &byte in bytes {
        match byte.is_ascii_graphic() && byte != b'#' && byte != b'%' {
            true => out.push(byte),
            false => out.extend(format!("%{byte:02X}").into_bytes()),
        }
    }
    out
}
