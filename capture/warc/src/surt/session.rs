//! Session numbers that some servers put into addresses, which a sort key leaves out.

/// Removes `/(24 letters or digits)/` and `/(a(24 letters or digits)…)/` before an `.aspx` page.
pub(super) fn strip_path(path: Vec<u8>) -> Vec<u8> {
    let path = strip_segment(path, |inner| {
        let mut rest = inner;
        let mut groups = 0;
        while let Some((group, after)) = rest.split_at_checked(27) {
            let sound = matches!(group, [letter, b'(', number @ .., b')']
                if letter.is_ascii_alphabetic() && number.iter().all(u8::is_ascii_alphanumeric));
            if !sound {
                return false;
            }
            groups += 1;
            rest = after;
        }
        groups > 0 && rest.is_empty()
    });
    strip_segment(path, |inner| inner.len() == 24 && inner.iter().all(u8::is_ascii_alphanumeric))
}

/// Removes the last segment `(inner)/` that `matches` and that stands before an `.aspx` page.
fn strip_segment(path: Vec<u8>, matches: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    let slashes: Vec<usize> = path.iter().enumerate().filter(|(_, b)| **b == b'/').map(|(at, _)| at).collect();
    for pair in slashes.windows(2).rev() {
        let [open, close] = pair else { continue };
        let (Some(segment), Some(page)) = (path.get(open + 1..*close), path.get(close + 1..)) else { continue };
        let inner = segment.strip_prefix(b"(").and_then(|rest| rest.strip_suffix(b")"));
        if inner.is_some_and(&matches) && is_aspx(page) {
            return [path.get(..=*open).unwrap_or_default(), page].concat();
        }
    }
    path
}

fn is_aspx(page: &[u8]) -> bool {
    let page = page.split(|b| *b == b'?').next().unwrap_or_default();
    page.get(1..).unwrap_or_default().windows(5).any(|window| window.eq_ignore_ascii_case(b".aspx"))
}

/// Removes the last argument of each known kind of session number.
pub(super) fn strip_query(query: Vec<u8>) -> Vec<u8> {
    let plain = |name: &'static [u8]| {
        move |rest: &[u8]| {
            let number = strip_name(rest, name)?.get(..32)?;
            number.iter().all(u8::is_ascii_alphanumeric).then_some(name.len() + 32)
        }
    };
    let asp = |rest: &[u8]| {
        let rest = strip_name(rest, b"aspsessionid")?;
        let (name, rest) = rest.split_at_checked(8)?;
        let value = rest.strip_prefix(b"=")?.get(..24)?;
        let letters = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_alphabetic);
        (letters(name) && letters(value)).then_some(12 + 8 + 1 + 24)
    };
    let cold_fusion = |rest: &[u8]| {
        let id = argument_length(strip_name(rest, b"cfid=")?)?;
        let token = strip_name(rest.get(5 + id..)?, b"&cftoken=")?;
        Some(5 + id + 9 + argument_length(token)?)
    };
    let query = strip_argument(query, plain(b"jsessionid="));
    let query = strip_argument(query, plain(b"phpsessid="));
    let query = strip_argument(query, plain(b"sid="));
    let query = strip_argument(query, asp);
    strip_argument(query, cold_fusion)
}

fn strip_name<'a>(rest: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let (start, after) = rest.split_at_checked(name.len())?;
    start.eq_ignore_ascii_case(name).then_some(after)
}

fn argument_length(rest: &[u8]) -> Option<usize> {
    let length = rest.iter().position(|b| *b == b'&').unwrap_or(rest.len());
    (length > 0).then_some(length)
}

/// Removes the last place where `matches` gives a length and the argument ends there.
fn strip_argument(query: Vec<u8>, matches: impl Fn(&[u8]) -> Option<usize>) -> Vec<u8> {
    for start in (0..query.len()).rev() {
        let (before, rest) = query.split_at(start);
        let after = matches(rest).and_then(|length| rest.get(length..));
        match after {
            Some([]) => return before.to_vec(),
            Some([b'&', tail @ ..]) => return [before, tail].concat(),
            _ => {}
        }
    }
    query
}
