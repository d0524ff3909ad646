//! A `multipart/form-data` body (RFC 7578) as arguments.

/// The arguments that `body` becomes, or `None` when it is not multipart.
pub(super) fn query(mime: &str, body: &[u8]) -> Option<String> {
    let boundary = mime.split_once("boundary=")?.1;
    let boundary = match boundary.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next()?,
        None => boundary.split(';').next()?.trim(),
    };
    if boundary.is_empty() {
        return None;
    }
    let delimiter = format!("--{boundary}");
    let mut rest = after(body, delimiter.as_bytes())?;
    let delimiter = format!("\r\n--{boundary}");
    let mut parts: Vec<(Vec<u8>, &[u8])> = Vec::new();
    loop {
        if rest.starts_with(b"--") {
            break;
        }
        let part = rest.strip_prefix(b"\r\n")?;
        let end = find(part, delimiter.as_bytes())?;
        let (content, tail) = part.split_at(end);
        let head_end = find(content, b"\r\n\r\n")?;
        let (head, value) = content.split_at(head_end);
        parts.push((name_of(head)?, value.get(4..)?));
        rest = tail.get(delimiter.len()..)?;
    }
    Some(super::urlencode(parts.iter().map(|(name, value)| (name.as_slice(), *value))))
}

/// The `name` of a part, from its `Content-Disposition`.
fn name_of(head: &[u8]) -> Option<Vec<u8>> {
    let head = String::from_utf8_lossy(head).into_owned();
    let line = head.split("\r\n").find(|line| {
        line.split_once(':').is_some_and(|(name, _)| name.trim().eq_ignore_ascii_case("Content-Disposition"))
    })?;
    let value = line.split(';').map(str::trim).find_map(|part| part.strip_prefix("name="))?;
    let name = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value);
    Some(name.as_bytes().to_vec())
}

fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes.windows(needle.len()).position(|window| window == needle)
}

fn after<'a>(bytes: &'a [u8], needle: &[u8]) -> Option<&'a [u8]> {
    bytes.get(find(bytes, needle)? + needle.len()..)
}
