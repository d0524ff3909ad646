//! The commands that redo a check with coreutils, unzip, openssl 3 and, for the web archive, its own public tools.
//!
//! A conformance run executes them as they are printed. They name entries and offsets only, never a text of the bundle
//! that a shell could obey.
use dossier::Instant;

use super::super::container::Container;
use super::super::signature::{MAX_CMS, Seal};
use super::super::{SealFacts, SessionTokenFacts};
use super::Claim;
use crate::anchor::AnchorFacts;
use crate::layout;

/// What comes before every other command: the bundle, whatever its name, unpacked beside the roots of the reader.
pub const PREPARE: &str =
    "mkdir dossier && unzip -qq SCELLE.asice -d dossier && cat RACINES/*.pem > racines.pem && cd dossier";

/// Where the values that a token is over lie inside other files.
#[derive(Clone, Debug, Default)]
pub(in crate::verify) struct Places {
    /// Offset and length, in `signature001.p7s`, of the signature value and of the token over it.
    token: Option<[(usize, usize); 2]>,
    second: bool,
    /// Whether this is a copy with files withheld, and whether the records it shows stand apart.
    copy: bool,
    records: bool,
    /// The archive manifests and their tokens.
    archives: Vec<(String, String)>,
}

impl Places {
    /// Finds them, in a bundle whose signature was read.
    pub(in crate::verify) fn of(container: &Container, seal: &Seal) -> Self {
        let octets = container.small(layout::SIGNATURE_1, MAX_CMS).unwrap_or_default();
        let place = |part: &[u8]| {
            let found = octets.windows(part.len().max(1)).position(|window| window == part);
            found.map(|at| (at, part.len()))
        };
        let token = seal.token.as_deref().and_then(|token| Some([place(&seal.signature)?, place(token)?]));
        let count = container.archives();
        let archives = (0..count).map(|index| layout::archive_names(index, count)).collect();
        let there = |name| container.contents.contains_key(name);
        let (second, copy, records) = (there(layout::MANIFEST_2), container.is_copy(), there(layout::COPY_ARCHIVE));
        Self { token, second, copy, records, archives }
    }
}

/// The commands for a claim.
pub(super) fn commands(claim: Claim, facts: &SealFacts, places: &Places) -> Vec<String> {
    let some = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
    match claim {
        Claim::Container => {
            some(&["unzip -tqq ../SCELLE.asice", "[ -z \"$(unzip -Z1 ../SCELLE.asice | sort | uniq -d)\" ]"])
        }
        // What is withheld is not there to be compared; everything else is.
        Claim::Contents if places.copy => some(&[
            "sha256sum --quiet --strict --ignore-missing -c SHA256SUMS",
            "for f in SHA256SUMS $(cut -c 67- SHA256SUMS); do [ -e \"$f\" ] || continue; grep -qF \"$(openssl dgst -sha256 \
             -binary \"$f\" | base64)\" META-INF/ASiCManifest001.xml || [ \"$f\" = mimetype ] || { echo \"hors du sceau : \
             $f\"; exit 1; }; done",
        ]),
        Claim::Contents => some(&[
            "sha256sum --quiet --strict -c SHA256SUMS",
            "for f in SHA256SUMS $(cut -c 67- SHA256SUMS); do grep -qF \"$(openssl dgst -sha256 -binary \"$f\" | \
             base64)\" META-INF/ASiCManifest001.xml || [ \"$f\" = mimetype ] || { echo \"hors du sceau : $f\"; exit 1; }; done",
        ]),
        Claim::Signature => vec![cms("-noverify")],
        Claim::Certificates => {
            let at = attime(facts.timestamps.first().map(|token| token.gen_time));
            vec![cms(&format!("-cades -CAfile ../racines.pem -purpose any{at}"))]
        }
        Claim::Time => time(facts, places),
        Claim::LongTerm => {
            let at = |entry: &str| attime(facts.timestamps.iter().find(|t| t.entry == entry).map(|t| t.gen_time));
            let line = |(manifest, token): &(String, String)| ts(token, manifest, &at(token));
            places.archives.iter().map(line).collect()
        }
        Claim::Anchors => facts.anchors.iter().filter_map(anchor).collect(),
        Claim::Journal => some(&[
            "avant=; while IFS= read -r ligne; do case $avant$ligne in *\"\\\"prev\\\":\\\"$avant\\\"\"*) ;; *) \
             [ -z \"$avant\" ] || { echo \"chaîne rompue\"; exit 1; } ;; esac; \
             avant=$(printf %s \"$ligne\" | sha256sum | cut -c 1-64); done < journal.jsonl; \
             grep -qF \"\\\"head\\\":\\\"$avant\\\"\" constat.json",
        ]),
        Claim::Session => facts.session.iter().flat_map(session).collect(),
        Claim::WebArchive if places.records => some(&["warcio check caviardage/archive.warc.gz"]),
        Claim::WebArchive => some(&["wacz validate -f capture.wacz"]),
        Claim::Gaps => {
            some(&["python3 -c 'import json; print(json.dumps(json.load(open(\"constat.json\"))[\"incompleteness\"], \
                               indent=1, ensure_ascii=False))'"])
        }
    }
}

/// Extracts the first token and what it is over, then asks openssl; the second token stands in a file of its own.
fn time(facts: &SealFacts, places: &Places) -> Vec<String> {
    let at = |entry: &str| attime(facts.timestamps.iter().find(|t| t.entry == entry).map(|t| t.gen_time));
    let mut lines = Vec::new();
    if let Some([value, token]) = places.token {
        let cut = |(start, length): (usize, usize), name: &str| {
            format!("tail -c +{} {} | head -c {length} > ../{name}", start + 1, layout::SIGNATURE_1)
        };
        lines.extend([cut(value, "signature.bin"), cut(token, "jeton.tst")]);
        lines.push(ts("../jeton.tst", "../signature.bin", &at(layout::SIGNATURE_1)));
    }
    if places.second {
        lines.push(ts(layout::TOKEN_2, layout::MANIFEST_2, &at(layout::TOKEN_2)));
    }
    lines
}

/// That an OpenTimestamps proof is about this seal: its digest stands at the octets 33 to 64. The rest asks for its own tools.
fn anchor(anchor: &AnchorFacts) -> Option<String> {
    let (entry, seal) = (&anchor.entry, layout::SIGNATURE_1);
    (anchor.kind == "opentimestamps").then(|| {
        format!(
            "[ \"$(head -c 65 {entry} | tail -c 32 | base64)\" = \"$(openssl dgst -sha256 -binary {seal} | base64)\" ]"
        )
    })
}

/// A token of the session is over a line of the journal without its line feed.
fn session(token: &SessionTokenFacts) -> [String; 2] {
    let line = format!("sed -n {}p journal.jsonl | tr -d '\\n' > ../ligne", token.line + 1);
    [line, ts(&token.entry, "../ligne", &attime(Some(token.gen_time)))]
}

fn cms(how: &str) -> String {
    format!(
        "openssl cms -verify -binary -inform DER -in {} -content {} {how} -out /dev/null",
        layout::SIGNATURE_1,
        layout::MANIFEST_1
    )
}

fn ts(token: &str, data: &str, at: &str) -> String {
    format!("openssl ts -verify -token_in -in {token} -data {data} -CAfile ../racines.pem{at}")
}

/// The option that makes openssl judge certificates as at that time: they may have expired since.
fn attime(at: Option<Instant>) -> String {
    at.map_or_else(String::new, |at| format!(" -attime {}", at.as_millisecond() / 1000))
}
