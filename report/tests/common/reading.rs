//! Reading a finished document with independent tools: a missing tool is a failed test.
#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test takes what it needs of this module")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]
use std::io::Write;
use std::process::{Command, Stdio};

/// The text of a PDF, laid out, as `pdftotext -layout` sees it.
pub fn text(pdf: &[u8]) -> String {
    run(Command::new("pdftotext").args(["-layout", "-enc", "UTF-8", "-", "-"]), pdf)
}

/// The text in the order of reading, with spaces and line breaks made one space: for looking a sentence up.
pub fn flat(pdf: &[u8]) -> String {
    let raw = run(Command::new("pdftotext").args(["-raw", "-enc", "UTF-8", "-", "-"]), pdf);
    raw.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The digest of each page as poppler shows it, small and in grey: the version of poppler is part of what is accepted.
pub fn pictures(pdf: &[u8]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("act.pdf");
    std::fs::write(&path, pdf).unwrap();
    run(Command::new("pdftoppm").args(["-r", "30", "-gray"]).arg(&path).arg(folder.path().join("p")), &[]);
    let mut files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|kind| kind == "pgm"));
    files.sort();
    files.iter().map(|file| dossier::Sha256Digest::of(&std::fs::read(file).unwrap()).to_string()).collect()
}

/// What `qpdf --check` says; panics when it finds a fault.
pub fn qpdf_check(pdf: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("act.pdf");
    std::fs::write(&path, pdf).unwrap();
    run(Command::new("qpdf").arg("--check").arg(&path), &[])
}

/// One attachment of a PDF, by name.
pub fn attachment(pdf: &[u8], name: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("act.pdf");
    std::fs::write(&path, pdf).unwrap();
    let output = Command::new("qpdf").arg(&path).arg(format!("--show-attachment={name}")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn run(command: &mut Command, input: &[u8]) -> String {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("tool installed");
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || {
        let _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
