//! Where what is withheld can still be read: its address, its content, the packets that carried it. For the officer to decide.
use std::collections::BTreeSet;
use std::io::{self, Read};

use aho_corasick::AhoCorasick;
use dossier::{ArtefactKind, Finding, Level, Manifest};
use flate2::read::MultiGzDecoder;
use warc::RecordType;

use super::records::Chosen;
use super::{WithholdingList, packets};
use crate::layout;
use crate::seal::container::{Content, NewEntry};

/// Addresses looked for at most.
const ADDRESSES: usize = 2_000;
/// Octets of a file looked at, once expanded: what an artefact may expand to is not ours to choose.
const EXPANDED: u64 = 4 << 30;
/// Files named in a finding.
const NAMED: usize = 50;

/// Every place, as reserves.
pub(super) fn find(
    manifest: &Manifest,
    entries: &[NewEntry],
    list: &WithholdingList,
    chosen: Option<&Chosen>,
) -> Vec<Finding> {
    let Some(chosen) = chosen else { return Vec::new() };
    let mut findings = Vec::new();
    let packets = packets(manifest, list);
    if !packets.is_empty() {
        let what = "Les paquets du réseau restent dans la copie, avec les secrets qui les déchiffrent : tout ce qui est retiré s'y lit.";
        findings.push(Finding::new("disclosure.packets_left", Level::Warn, what).found(named(&packets)));
    }
    let same = same_content(manifest, list, chosen);
    if !same.is_empty() {
        let what =
            "Le contenu d'un enregistrement retiré est aussi, octet pour octet, celui de pièces restées dans la copie.";
        findings.push(Finding::new("disclosure.same_content", Level::Warn, what).found(named(&same)));
    }
    let told = told(manifest, entries, list, chosen);
    if !told.is_empty() {
        let what = "L'adresse d'un échange retiré, ou une adresse qui commence comme elle, se lit encore dans ces fichiers de la \
                    copie (constat.json ne peut pas être retiré).";
        findings.push(Finding::new("disclosure.still_told", Level::Warn, what).found(named(&told)));
    }
    findings
}

fn named(files: &[impl AsRef<str>]) -> String {
    let names: Vec<&str> = files.iter().map(AsRef::as_ref).take(NAMED).collect();
    let more = files.len().saturating_sub(NAMED);
    if more == 0 { names.join(", ") } else { format!("{}, et {more} autres", names.join(", ")) }
}

/// Artefacts and records that are there and have the payload of one that is not.
fn same_content(manifest: &Manifest, list: &WithholdingList, chosen: &Chosen) -> Vec<String> {
    let content = |kind| matches!(kind, RecordType::Response | RecordType::Resource);
    let records = || chosen.records.iter().zip(&chosen.why).filter(|(record, _)| content(record.kind));
    let empty = dossier::Sha256Digest::of(b"").labelled();
    let withheld: BTreeSet<&str> = records()
        .filter(|(_, why)| why.is_some())
        .filter_map(|(record, _)| record.payload.as_deref())
        .filter(|payload| *payload != empty)
        .collect();
    let shown = |path: &str| !list.files.iter().any(|file| file.path == path);
    let artefacts = manifest.artefacts.iter().filter(|a| shown(a.path.as_str()));
    let artefacts = artefacts.filter(|a| withheld.contains(a.digests.sha256.labelled().as_str()));
    let twins = records().filter(|(_, why)| why.is_none());
    let twins = twins.filter(|(record, _)| record.payload.as_deref().is_some_and(|p| withheld.contains(p)));
    artefacts.map(|a| a.path.to_string()).chain(twins.map(|(record, _)| record.id.clone())).collect()
}

/// The files of the copy in which one of the addresses withheld can be read.
fn told(manifest: &Manifest, entries: &[NewEntry], list: &WithholdingList, chosen: &Chosen) -> Vec<String> {
    let records = chosen.records.iter().zip(&chosen.why).filter(|(_, why)| why.is_some());
    let addresses: BTreeSet<&str> =
        records.map(|(record, _)| record.url.as_str()).filter(|url| url.contains("://")).take(ADDRESSES).collect();
    let needles: BTreeSet<String> = addresses
        .iter()
        .flat_map(|url| [(*url).to_owned(), url.replace('&', "&amp;"), url.replace('/', "\\/")])
        .collect();
    let Ok(search) = AhoCorasick::new(&needles) else { return Vec::new() };
    if needles.is_empty() {
        return Vec::new();
    }
    let withheld = |name: &str| list.files.iter().any(|file| file.path == name);
    let searched = entries.iter().filter(|entry| !withheld(&entry.name) && !layout::is_meta(&entry.name));
    let searched = searched.filter(|entry| entry.name != layout::COPY_ARCHIVE && entry.name != layout::WACZ);
    let mut told: Vec<String> =
        searched.filter(|entry| holds(&search, manifest, entry)).map(|entry| entry.name.clone()).collect();
    let shown = chosen.shown().into_iter();
    let mut archive = MultiGzDecoder::new(Pieces { rest: shown.map(|piece| piece.reader()).collect() }).take(EXPANDED);
    if is_in(&search, &mut archive) {
        told.push(layout::COPY_ARCHIVE.to_owned());
    }
    told
}

fn holds(search: &AhoCorasick, manifest: &Manifest, entry: &NewEntry) -> bool {
    let artefact = manifest.artefacts.iter().find(|artefact| artefact.path.as_str() == entry.name);
    if artefact.is_some_and(|artefact| artefact.meta.media_type.starts_with("image/")) {
        return false;
    }
    match &entry.content {
        Content::Bytes(octets) => is_in(search, &mut octets.as_slice()),
        Content::Source(source) if entry.name.ends_with(".gz") => {
            is_in(search, &mut MultiGzDecoder::new(source.reader()).take(EXPANDED))
        }
        Content::Source(source) if artefact.is_some_and(|a| a.meta.kind == ArtefactKind::Mhtml) => {
            is_in(search, &mut QuotedPrintable { inner: io::BufReader::new(source.reader()).bytes() })
        }
        Content::Source(source) => is_in(search, &mut source.reader()),
        Content::File { .. } | Content::Pieces(_) => false,
    }
}

/// Whether one of the addresses stands in what is read; what cannot be read to its end is searched as far as it goes.
fn is_in(search: &AhoCorasick, from: &mut dyn Read) -> bool {
    matches!(search.stream_find_iter(from).next(), Some(Ok(_)))
}

/// Sources one after the other.
struct Pieces {
    rest: std::collections::VecDeque<crate::SourceReader>,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(first) = self.rest.front_mut() {
            let read = first.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            self.rest.pop_front();
        }
        Ok(0)
    }
}

/// Quoted-printable undone (RFC 2045, 6.7), as browsers write the pages of an MHTML file; what is not such stays as it is.
struct QuotedPrintable<I> {
    inner: I,
}

impl<I: Iterator<Item = io::Result<u8>>> QuotedPrintable<I> {
    fn octet(&mut self) -> io::Result<Option<u8>> {
        loop {
            let Some(octet) = self.inner.next().transpose()? else { return Ok(None) };
            if octet != b'=' {
                return Ok(Some(octet));
            }
            let Some(first) = self.inner.next().transpose()? else { return Ok(Some(b'=')) };
            if first == b'\n' {
                continue;
            }
            let Some(second) = self.inner.next().transpose()? else { return Ok(Some(first)) };
            if (first, second) == (b'\r', b'\n') {
                continue;
            }
            let digit = |octet: u8| char::from(octet).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            return Ok(Some(digit(first).zip(digit(second)).map_or(second, |(high, low)| high * 16 + low)));
        }
    }
}

impl<I: Iterator<Item = io::Result<u8>>> Read for QuotedPrintable<I> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut read = 0;
        for place in buffer.iter_mut() {
            let Some(octet) = self.octet()? else { break };
            *place = octet;
            read += 1;
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_across_the_lines_of_an_mhtml_file() {
        let text = b"<a href=3D\"https://a.test/p=\r\nage?x=3D1&amp;y=3D2\">=C3=A9=".as_slice();
        let mut plain = Vec::new();
        QuotedPrintable { inner: text.bytes() }.read_to_end(&mut plain).unwrap();
        assert_eq!(String::from_utf8(plain).unwrap(), "<a href=\"https://a.test/page?x=1&amp;y=2\">é=");
    }
}
