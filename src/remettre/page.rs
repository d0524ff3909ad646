//! `index.html`: what the bundle holds, for a reader who has nothing but a browser. No script, nothing loaded from elsewhere.
mod annexes;
mod captures;
mod head;

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dossier::{Artefact, Digests, Instant, Manifest, Sha256Digest};
use sealer::{Verification, WithholdingList};

use super::extract::{Extracted, Out};
use super::gather::Gathered;
use super::text::{self, html};
use super::words;

const STYLE: &str = include_str!("page.css");

/// A root certificate that goes with the folder.
pub(super) struct Root {
    pub(super) name: String,
    pub(super) subject: String,
    pub(super) sha256: Sha256Digest,
}

/// The files beside the page, under the names they have there.
pub(super) struct Beside {
    pub(super) bundle: (String, Digests),
    /// The document, and what it is called.
    pub(super) pv: (String, Digests),
    pub(super) pv_title: &'static str,
    /// What its signatures are, a line each; none: it is not signed, or it is beside a copy.
    pub(super) signatures: Vec<String>,
    /// The evidence record, when there is one.
    pub(super) record: Option<String>,
    pub(super) roots: Vec<Root>,
}

/// Everything the page and the guide are made from.
pub(super) struct Shown<'a> {
    pub(super) manifest: &'a Manifest,
    pub(super) gathered: &'a Gathered<'a>,
    pub(super) verification: &'a Verification,
    /// When the verdict was given.
    pub(super) at: Instant,
    /// What a copy withholds.
    pub(super) withheld: Option<&'a WithholdingList>,
    /// Why what does not pass is handed over all the same.
    pub(super) motive: Option<&'a str>,
    pub(super) beside: Beside,
    /// The first lines of each list of items, read from the bundle.
    pub(super) items: Vec<(String, super::items::Items)>,
}

impl Shown<'_> {
    pub(super) fn reference(&self) -> &str {
        self.manifest.case.reference.as_str()
    }
}

/// The whole page.
pub(super) fn page(shown: &Shown<'_>, extracted: &Extracted) -> String {
    let digest = STANDARD.encode(octets_of(Sha256Digest::of(STYLE.as_bytes())));
    let mut out = String::with_capacity(256 * 1024);
    let title = text::attribute(shown.reference(), text::SENTENCE);
    let _ = write!(
        out,
        "<!doctype html>\n<html lang=\"fr\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src 'self'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>Dossier {title} — pièces remises</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <a class=\"evitement\" href=\"#contenu\">Aller au contenu</a>\n"
    );
    head::write(shown, &mut out);
    captures::write(shown, extracted, &mut out);
    annexes::write(shown, extracted, &mut out);
    out.push_str("</body>\n</html>\n");
    out
}

fn octets_of(digest: Sha256Digest) -> Vec<u8> {
    let hex = digest.to_hex();
    (0..hex.len()).step_by(2).filter_map(|i| u8::from_str_radix(hex.get(i..i + 2)?, 16).ok()).collect()
}

/// An address as text: never a link, a click must not tell anybody that somebody reads.
fn address(url: &str) -> String {
    format!("<span class=\"adresse\">{}</span>", html(url, text::ADDRESS))
}

/// Legal time, then UTC below it.
fn moment(at: Instant) -> String {
    let (legal, utc) = words::moment(at);
    format!("<time datetime=\"{utc}\">{legal}</time><span class=\"utc\">UTC : {utc}</span>")
}

/// A digest: its beginning, the whole of it in a detail.
fn digest(digests: &Digests) -> String {
    let whole = digests.sha256.to_hex();
    let short = whole.get(..16).unwrap_or(&whole);
    format!(
        "<details><summary>SHA-256 <span class=\"fixe\">{short}…</span></summary><p class=\"petit\">SHA-256<br><span class=\"fixe\">{}</span></p>\
         <p class=\"petit\">SHA-512<br><span class=\"fixe\">{}</span></p></details>",
        folded(&whole),
        folded(&digests.sha512.to_hex())
    )
}

/// Digits that may be cut after every thirty-second, and nowhere else.
fn folded(digits: &str) -> String {
    let parts: Vec<&str> = digits.as_bytes().chunks(32).filter_map(|part| std::str::from_utf8(part).ok()).collect();
    parts.join("<wbr>")
}

/// One row of a list of facts.
fn fact(out: &mut String, name: &str, value: &str) {
    let _ = writeln!(out, "<dt>{name}</dt><dd>{value}</dd>");
}

/// A link to a file that was taken out; what a copy withholds is said instead.
fn link(extracted: &Extracted, artefact: &Artefact, label: &str) -> Option<String> {
    Some(match extracted.of(artefact)? {
        Out::File(name) => format!("<a href=\"{name}\">{label}</a>"),
        Out::Withheld(why) => format!("{label} : retiré de cette copie ({})", html(why, text::SENTENCE)),
    })
}

/// The small picture of an artefact, which leads to the whole.
fn figure(extracted: &Extracted, artefact: &Artefact, alt: &str, caption: &str) -> String {
    let whole = match extracted.of(artefact) {
        Some(Out::File(name)) => name,
        Some(Out::Withheld(why)) => {
            return format!(
                "<figure><figcaption>Image retirée de cette copie : {}</figcaption></figure>",
                html(why, text::SENTENCE)
            );
        }
        None => return String::new(),
    };
    match extracted.thumbnail(artefact) {
        Some((name, Ok(small))) => {
            let (class, more) = if small.cut {
                (" class=\"coupee\"", "<span class=\"suite\">suite dans l'image</span>")
            } else {
                ("", "")
            };
            let (width, height) = small.size;
            let (w, h) = small.of;
            format!(
                "<figure{class}><a href=\"{whole}\"><img src=\"{name}\" width=\"{width}\" height=\"{height}\" alt=\"{alt}\"></a>\
                 <figcaption>{more}{caption} {w}&nbsp;×&nbsp;{h} pixels</figcaption></figure>"
            )
        }
        _ => format!(
            "<figure><figcaption>{caption} <a href=\"{whole}\">Ouvrir l'image</a> (aucune vignette n'a pu en être faite)</figcaption></figure>"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_style_is_named_by_its_own_digest() {
        // What `printf abc | openssl dgst -sha256 -binary | base64` gives.
        let known = STANDARD.encode(octets_of(Sha256Digest::of(b"abc")));
        assert_eq!(known, "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
        assert!(!STYLE.contains("url(") && !STYLE.contains("@import") && !STYLE.contains('<'), "nothing is loaded");
    }
}
