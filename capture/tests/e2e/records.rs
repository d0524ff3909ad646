//! Reads the records of an archive whole, so that a test compares octets.
use std::io::Read;
use std::path::PathBuf;
use std::process::Command;

use crate::harness::Run;

/// One record.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) kind: String,
    pub(crate) url: String,
    pub(crate) id: String,
    pub(crate) fields: Vec<(String, String)>,
    /// Start line and headers of an HTTP message; empty for other records.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Record {
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    /// The value of a header of the HTTP message.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|l| l.split_once(": "));
        lines.find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The objects of a list in JSON lines.
    pub(crate) fn lines(&self) -> Vec<serde_json::Value> {
        self.text().lines().map(|l| serde_json::from_str(l).unwrap()).collect()
    }
}

/// Every record of the archive, in order; warcio, which knows nothing of us, must have read the same.
pub(crate) fn records(run: &Run) -> Vec<Record> {
    let bytes = run.file("archive/data.warc.gz");
    let mut reader = warc::WarcReader::new(&bytes[..]);
    let mut all = Vec::new();
    while let Some(mut record) = reader.next_record().unwrap() {
        let header = record.header().clone();
        let mut block = Vec::new();
        record.read_to_end(&mut block).unwrap();
        record.finish().unwrap();
        let split = block.windows(4).position(|w| w == b"\r\n\r\n").filter(|_| header.is_http()).map_or(0, |at| at + 4);
        let body = block.split_off(split);
        all.push(Record {
            kind: header.record_type.to_string(),
            url: header.target_uri().to_owned(),
            id: header.id().to_owned(),
            fields: header.fields.clone(),
            head: String::from_utf8_lossy(&block).into_owned(),
            body,
        });
    }
    agrees_with_warcio(run, &all);
    all
}

/// The Python that has warcio, where `.ci/install` puts it.
fn python() -> PathBuf {
    let var = |name| std::env::var_os(name).map(PathBuf::from);
    let cache = var("XDG_CACHE_HOME").or_else(|| Some(var("HOME")?.join(".cache"))).expect("a home folder");
    cache.join("constat/warcio/bin/python")
}

fn agrees_with_warcio(run: &Run, all: &[Record]) {
    let python = python();
    let mut command = Command::new(&python);
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/warcio_dump.py"));
    let archive = run.captured.dossier.root().join("archive/data.warc.gz");
    let output = command.arg(archive).output();
    let output = output.unwrap_or_else(|e| panic!("{}: {e}; « make install » puts it there", python.display()));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout).unwrap();
    let theirs: Vec<serde_json::Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(theirs.len(), all.len());
    for (theirs, ours) in theirs.iter().zip(all) {
        let digest = dossier::Sha256Digest::of(&ours.body).to_string();
        let ours = [&ours.kind, &ours.url, &ours.id, &digest].map(String::as_str);
        let theirs = ["kind", "uri", "id", "sha256"].map(|name| theirs[name].as_str().unwrap_or(""));
        assert_eq!(theirs, ours);
    }
}

/// The only record of a kind whose address ends so.
pub(crate) fn one<'a>(records: &'a [Record], kind: &str, end: &str) -> &'a Record {
    let found: Vec<&Record> = records.iter().filter(|r| r.kind == kind && r.url.ends_with(end)).collect();
    let names: Vec<(&str, &str)> = records.iter().map(|r| (r.kind.as_str(), r.url.as_str())).collect();
    assert_eq!(found.len(), 1, "{kind} {end}: {names:#?}");
    found[0]
}

/// The metadata record that stands beside another.
pub(crate) fn about(records: &[Record], of: &Record) -> String {
    let beside = |r: &&Record| r.kind == "metadata" && r.field("WARC-Concurrent-To") == Some(of.id.as_str());
    records.iter().find(beside).unwrap_or_else(|| panic!("nothing is told of {} {}", of.kind, of.url)).text()
}
