//! Reads a manifest strictly: known elements in known places, no DTD, no entity, no comment; and its octets must be
//! exactly those [`mod@super::write`] gives for what was read, so that no second reading of it exists.
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dossier::{ArtefactPath, Sha256Digest};
use quick_xml::NsReader;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;

use super::{AsicManifest, AsicReference, NS_ASIC, NS_DSIG, SHA256};

/// The longest manifest read, in octets: a thousand references stay under half of it.
const MAX_LEN: usize = 1 << 20;

/// Reads one manifest, or says why it is refused.
pub(crate) fn parse(octets: &[u8]) -> Result<AsicManifest, String> {
    if octets.len() > MAX_LEN {
        return Err(format!("longer than {MAX_LEN} octets"));
    }
    let text = std::str::from_utf8(octets).map_err(|_| "not UTF-8".to_owned())?;
    let mut state = State::default();
    let mut reader = NsReader::from_str(text);
    reader.config_mut().check_comments = true;
    loop {
        let (namespace, event) = reader.read_resolved_event().map_err(|e| e.to_string())?;
        let namespace = match namespace {
            ResolveResult::Bound(namespace) => namespace.into_inner().to_owned(),
            _ => String::new(),
        };
        match event {
            Event::Start(tag) => state.open(&namespace, &tag, false)?,
            Event::Empty(tag) => state.open(&namespace, &tag, true)?,
            Event::End(_) => state.close()?,
            Event::Text(text) => state.text(text.into_inner().as_ref())?,
            Event::Decl(_) if state.is_new() => {}
            Event::Eof => break,
            _ => return Err("something other than elements and text".into()),
        }
    }
    let manifest = state.finish()?;
    // What the checks above did not look at (spaces, prefixes, quotes, the declaration) has one form only.
    if super::write(&manifest) != octets {
        return Err("not the canonical form of what it says".into());
    }
    Ok(manifest)
}

#[derive(Default)]
struct State {
    stack: Vec<&'static str>,
    protector: Option<(String, String)>,
    files: Vec<AsicReference>,
    name: Option<(String, Option<String>, bool)>,
    method: bool,
    digest: Option<String>,
    done: bool,
}

impl State {
    fn is_new(&self) -> bool {
        self.stack.is_empty() && !self.done
    }

    fn open(&mut self, namespace: &str, tag: &BytesStart<'_>, empty: bool) -> Result<(), String> {
        let local = tag.local_name();
        let local = local.as_ref();
        let parent = self.stack.last().copied().unwrap_or("");
        let asic = namespace == NS_ASIC;
        let dsig = namespace == NS_DSIG;
        let attributes = attributes(tag)?;
        let element = match (parent, local) {
            ("", "ASiCManifest") if asic && !self.done => "ASiCManifest",
            ("ASiCManifest", "SigReference") if asic && self.protector.is_none() && self.files.is_empty() => {
                let name = checked_name(attributes.first().map(|(_, v)| v.as_str()))?;
                match attributes.as_slice() {
                    [(a, _), (b, kind)] if a == "URI" && b == "MimeType" => {
                        self.protector = Some((name, kind.clone()));
                    }
                    _ => return Err("attributes of SigReference".into()),
                }
                "SigReference"
            }
            ("ASiCManifest", "DataObjectReference") if asic && self.protector.is_some() => {
                let name = checked_name(attributes.first().map(|(_, v)| v.as_str()))?;
                let (media_type, root_file) = reference_attributes(&attributes)?;
                self.name = Some((name, media_type, root_file));
                "DataObjectReference"
            }
            ("DataObjectReference", "DigestMethod") if dsig && !self.method => match attributes.as_slice() {
                [(a, v)] if a == "Algorithm" && v == SHA256 => {
                    self.method = true;
                    "DigestMethod"
                }
                _ => return Err("digest algorithm other than SHA-256".into()),
            },
            ("DataObjectReference", "DigestValue") if dsig && self.method && self.digest.is_none() => {
                self.digest = Some(String::new());
                "DigestValue"
            }
            (parent, other) => return Err(format!("element {other:?} in {parent:?}")),
        };
        self.stack.push(element);
        if empty { self.close() } else { Ok(()) }
    }

    fn close(&mut self) -> Result<(), String> {
        match self.stack.pop() {
            Some("DataObjectReference") => {
                let (name, media_type, root_file) = self.name.take().ok_or("reference without name")?;
                let digest = self.digest.take().ok_or("reference without digest")?;
                self.method = false;
                if self.files.iter().any(|f| f.name == name) {
                    return Err(format!("two references to {name}"));
                }
                let octets = STANDARD.decode(digest).map_err(|e| format!("digest of {name}: {e}"))?;
                let octets = octets.try_into().map_err(|_| format!("digest of {name}: length"))?;
                let sha256 = Sha256Digest::from_bytes(octets);
                self.files.push(AsicReference { name, media_type, sha256, root_file });
            }
            Some("ASiCManifest") => self.done = true,
            Some(_) => {}
            None => return Err("an end without a start".into()),
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), String> {
        match (self.stack.last(), &mut self.digest) {
            (Some(&"DigestValue"), Some(digest)) => digest.push_str(text),
            _ if text.chars().all(|c| c == '\n') => {}
            _ => return Err("text out of place".into()),
        }
        Ok(())
    }

    fn finish(self) -> Result<AsicManifest, String> {
        match self.protector {
            Some((protector, protector_type)) if self.done && !self.files.is_empty() => {
                Ok(AsicManifest { protector, protector_type, files: self.files })
            }
            _ => Err("the manifest is not whole".into()),
        }
    }
}

/// `URI`, then `MimeType` and `Rootfile` when they are there, in this order; a Rootfile that is false is left out.
fn reference_attributes(attributes: &[(String, String)]) -> Result<(Option<String>, bool), String> {
    let named: Vec<(&str, &str)> = attributes.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    match named.as_slice() {
        [("URI", _)] => Ok((None, false)),
        [("URI", _), ("MimeType", kind)] => Ok((Some((*kind).to_owned()), false)),
        [("URI", _), ("Rootfile", "true")] => Ok((None, true)),
        [("URI", _), ("MimeType", kind), ("Rootfile", "true")] => Ok((Some((*kind).to_owned()), true)),
        _ => Err("attributes of DataObjectReference".into()),
    }
}

/// The attributes in order, namespace declarations left out.
fn attributes(tag: &BytesStart<'_>) -> Result<Vec<(String, String)>, String> {
    let mut found = Vec::new();
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(|e| e.to_string())?;
        let key = attribute.key.as_ref().to_owned();
        if key != "xmlns" && !key.starts_with("xmlns:") {
            found.push((key, attribute.value.as_ref().to_owned()));
        }
    }
    Ok(found)
}

/// A reference must be a name of our grammar: no percent-encoding, no fragment, no way out of the container.
fn checked_name(uri: Option<&str>) -> Result<String, String> {
    let uri = uri.ok_or("no URI")?;
    ArtefactPath::new(uri).map(|path| path.as_str().to_owned()).map_err(|e| e.to_string())
}
