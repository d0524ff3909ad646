//! Every rule of an archive, checked record by record in constant memory: framing, fields, digests, references.
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::Path;

use dossier::{Finding, Level, Sha256Digest};

use crate::block::BlockFacts;
use crate::cdxj::Indexer;
use crate::digest::Labelled;
use crate::findings::Findings;
use crate::header::breaches;
use crate::{Budget, CdxjEntry, RecordHeader, RecordType, WarcError, WarcReader};

/// What the check of an archive gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WarcCheck {
    /// Findings; an archive without fault gives none. Past 20 of one code, the rest are counted in one line.
    pub findings: Vec<Finding>,
    /// Number of whole records read.
    pub records: u64,
    /// Length of the archive up to its last whole record, in octets.
    pub bytes: u64,
    /// The index rebuilt, in the order of the records.
    pub entries: Vec<CdxjEntry>,
}

/// Checks the archive at `path`; a file that cannot be read is a finding too (`warc.io`, indeterminate).
pub fn check_file(path: &Path, budget: Budget) -> WarcCheck {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    match File::open(path) {
        Ok(file) => check_reader(file, &name, budget),
        Err(error) => {
            let error = WarcError::io(format!("open {}", path.display()), error);
            WarcCheck { findings: vec![failure(&name, &error)], ..WarcCheck::default() }
        }
    }
}

/// Checks an archive read from anywhere; `name` stands in the findings and in the index.
pub fn check_reader(inner: impl Read, name: &str, budget: Budget) -> WarcCheck {
    let mut check = Check { name, findings: Findings::default(), ids: BTreeSet::new(), references: BTreeMap::new() };
    let mut indexer = Indexer::new(name);
    let mut reader = WarcReader::with_budget(inner, budget);
    let mut result = WarcCheck::default();
    loop {
        let step = check.next(&mut reader, &mut indexer, &mut result);
        match step {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                check.findings.push(failure(name, &error));
                break;
            }
        }
    }
    if result.records == 0 {
        check.findings.push(Finding::new(
            "warc.empty",
            Level::Fail,
            format!("L'archive {name} ne contient aucun enregistrement lisible."),
        ));
    }
    check.references();
    result.findings = check.findings.finish();
    result.entries = indexer.finish();
    result
}

/// The finding that says why reading stopped.
fn failure(name: &str, error: &WarcError) -> Finding {
    match error {
        WarcError::Malformed { offset, expected, found } => Finding::new(
            "warc.malformed",
            Level::Fail,
            format!("L'archive {name} n'est plus lisible à partir de l'octet {offset}."),
        )
        .values(expected, found),
        WarcError::Limit { offset, what, limit } => Finding::new(
            "warc.limit",
            Level::Fail,
            format!("L'archive {name} dépasse une limite de lecture à l'octet {offset}."),
        )
        .values(format!("{what}: {limit}"), "dépassé"),
        other => Finding::new(
            other.code(),
            Level::Indeterminate,
            format!("L'archive {name} n'a pas pu être lue jusqu'au bout."),
        )
        .found(other),
    }
}

struct Check<'a> {
    name: &'a str,
    findings: Findings,
    ids: BTreeSet<String>,
    /// Names that records refer to, with the name of the first that does.
    references: BTreeMap<String, String>,
}

impl Check<'_> {
    fn next<R: Read>(
        &mut self,
        reader: &mut WarcReader<R>,
        indexer: &mut Indexer,
        result: &mut WarcCheck,
    ) -> Result<bool, WarcError> {
        let Some(mut record) = reader.next_record()? else { return Ok(false) };
        let extras = record.has_gzip_extras();
        let facts = BlockFacts::read(&mut record)?;
        let header = record.header().clone();
        let end = record.finish()?;
        if extras {
            self.warn("warc.gzip_header", &header, "porte dans son enveloppe gzip un nom, un commentaire ou un ajout");
        }
        if result.records == 0 && header.record_type != RecordType::Warcinfo {
            self.warn("warc.warcinfo", &header, "ouvre l'archive sans être de type warcinfo");
        }
        self.check_header(&header);
        self.check_digests(&header, &facts);
        self.check_http(&header, &facts);
        indexer.push(header, &facts, &end);
        result.records += 1;
        result.bytes = end.offset + end.length;
        Ok(true)
    }

    fn finding(&self, code: &str, level: Level, header: &RecordHeader, what: &str) -> Finding {
        let id = crate::error::excerpt(header.id());
        Finding::new(code, level, format!("{} : l'enregistrement {} {id} {what}.", self.name, header.record_type))
    }

    fn warn(&mut self, code: &str, header: &RecordHeader, what: &str) {
        self.findings.push(self.finding(code, Level::Warn, header, what));
    }

    fn check_header(&mut self, header: &RecordHeader) {
        for breach in breaches(header.record_type, &header.fields) {
            let level = if breach.shall { Level::Fail } else { Level::Warn };
            let what = format!("enfreint la règle du champ {}", breach.field);
            self.findings.push(self.finding("warc.rule", level, header, &what).values(&breach.expected, &breach.found));
        }
        if !self.ids.insert(header.id().to_owned()) {
            self.findings.push(self.finding(
                "warc.record_id",
                Level::Fail,
                header,
                "porte un identifiant déjà employé",
            ));
        }
        for field in ["WARC-Concurrent-To", "WARC-Warcinfo-ID"] {
            for target in header.all(field) {
                self.references.entry(target.to_owned()).or_insert_with(|| header.id().to_owned());
            }
        }
    }

    fn check_digests(&mut self, header: &RecordHeader, facts: &BlockFacts) {
        self.check_digest("WARC-Block-Digest", "warc.block_digest", header, facts.block, true);
        let kind = header.record_type;
        // A segment's payload digest covers the whole record; a revisit's names bytes kept elsewhere.
        let segmented = header.get("WARC-Segment-Number").is_some();
        let Some(payload) = facts.payload.filter(|_| !segmented && kind != RecordType::Revisit) else { return };
        let coding = facts.head.as_ref().and_then(|head| head.get("Transfer-Encoding"));
        let matches = header.get("WARC-Payload-Digest").is_some_and(|text| text == payload.labelled());
        match coding {
            Some(coding) if !matches => self.findings.push(
                self.finding(
                    "warc.transfer_coding",
                    Level::Indeterminate,
                    header,
                    "garde un codage de transfert : l'empreinte de son contenu n'est pas vérifiée",
                )
                .found(crate::error::excerpt(coding)),
            ),
            _ => {
                let due = matches!(kind, RecordType::Response | RecordType::Resource);
                self.check_digest("WARC-Payload-Digest", "warc.payload_digest", header, payload, due);
            }
        }
    }

    fn check_digest(&mut self, field: &str, code: &str, header: &RecordHeader, actual: Sha256Digest, due: bool) {
        let finding = match header.get(field).map(|text| (text, Labelled::parse(text))) {
            None if due => {
                self.finding("warc.digest_missing", Level::Warn, header, &format!("n'a pas de champ {field}"))
            }
            Some((_, Labelled::Sha256(stated))) if stated != actual => self
                .finding(code, Level::Fail, header, &format!("ne correspond pas à son empreinte ({field})"))
                .values(stated.labelled(), actual.labelled()),
            Some((text, Labelled::Other)) => self
                .finding(
                    "warc.digest_algorithm",
                    Level::Indeterminate,
                    header,
                    &format!("porte une empreinte d'une forme qui n'est pas recalculée ({field})"),
                )
                .values("sha256:HEX", crate::error::excerpt(text)),
            // A value that is no digest breaks the rule of its field: said there.
            _ => return,
        };
        self.findings.push(finding);
    }

    fn check_http(&mut self, header: &RecordHeader, facts: &BlockFacts) {
        let empty_revisit = header.record_type == RecordType::Revisit && header.content_length == 0;
        if !header.is_http() || empty_revisit {
            return;
        }
        let Some(head) = &facts.head else {
            return self.warn("warc.http_head", header, "n'a pas d'en-tête HTTP lisible");
        };
        let whole = header.get("WARC-Truncated").is_none() && header.record_type != RecordType::Revisit;
        let length = head.get("Content-Length").filter(|_| whole && head.get("Transfer-Encoding").is_none());
        let Some(length) = length.filter(|length| length.trim() != facts.payload_bytes.to_string()) else { return };
        // An answer to HEAD, or "304 Not Modified", states the length of what it does not carry (RFC 9110, 8.6).
        let level = if facts.payload_bytes == 0 { Level::Info } else { Level::Warn };
        let finding = self
            .finding("warc.http_length", level, header, "annonce dans HTTP une autre longueur que celle qu'il contient")
            .values(crate::error::excerpt(length), facts.payload_bytes);
        self.findings.push(finding);
    }

    /// Every record named by another of the same archive must be there.
    fn references(&mut self) {
        for (target, from) in std::mem::take(&mut self.references) {
            if !self.ids.contains(&target) {
                let what = format!("{} : un enregistrement cité n'est pas dans l'archive.", self.name);
                let finding = Finding::new("warc.reference", Level::Warn, what);
                self.findings.push(finding.values(crate::error::excerpt(&target), crate::error::excerpt(&from)));
            }
        }
    }
}

#[cfg(test)]
mod tests;
