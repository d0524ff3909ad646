//! The whole dossier of an act, judged at once (`constat-dossier-complet/1`, row D08): the zip, the manifest's signature and time, every
//! file under its digest and no other, every receipt, the acknowledgements, and the excerpt of the journal against its checkpoint.
mod extract;
mod form;
mod lines;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use dossier::{Digests, Finding, Instant, JournalEntry, Level, Sha256Digest};
use rawzip::ZipArchive;
use serde::Serialize;
use serde_json::Value;

use self::form::{Kind, Manifest};
use super::pieces::{self, Pieces};
use super::signed::{self, States, Subject};
use super::{ReceiptFacts, ReceiptKind, ReceiptVerification, judge};
use crate::source::Source;
use crate::verify::Report;
use crate::verify::stamps::Stamp;
use crate::zip_audit::Policy;
use crate::{TrustAnchors, Verdict, evidence};

pub use lines::whole_lines;

/// The manifest, and what proves it: what the manifest does not list of itself.
const OWN: [&str; 4] = ["manifeste.json", "manifeste.json.p7s", "manifeste.json.tst", "manifeste.json.etats"];
/// Where the excerpt about the act is.
const EXTRACT: &str = "journal/extrait.json";
/// The longest manifest or excerpt read, and the longest act whose own signature is checked, in octets.
const MAX_TEXT: u64 = 64 << 20;
const MAX_ACT: u64 = 256 << 20;

/// A receipt of the dossier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReceiptInside {
    /// Its folder in the zip.
    pub name: String,
    /// What it is worth.
    #[serde(flatten)]
    pub receipt: ReceiptVerification,
}

/// Another signed part: an excerpt of the journal, the office's signature of the act, an acknowledgement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PartVerification {
    /// Its file in the zip.
    pub name: String,
    /// The answer.
    pub verdict: Verdict,
    /// Everything found.
    pub findings: Vec<Finding>,
    /// Lines of an excerpt that are in the journal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines: Option<usize>,
    /// What its signature and its time say.
    pub facts: ReceiptFacts,
}

/// The result of the verification of a whole dossier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WholeVerification {
    /// What is judged: `dossier_complet`.
    pub object: &'static str,
    /// The answer: the worst of everything below.
    pub verdict: Verdict,
    /// What was found of the zip, the manifest and its files.
    pub findings: Vec<Finding>,
    /// SHA-256 of the manifest.
    pub sha256: Option<Sha256Digest>,
    /// The manifest, when its form is right.
    pub manifest: Option<Value>,
    /// What the manifest's signature and time say.
    pub facts: ReceiptFacts,
    /// Files that the manifest lists and that are, octet for octet, those it lists.
    pub files: usize,
    /// Every receipt.
    pub receipts: Vec<ReceiptInside>,
    /// Every other signed part.
    pub parts: Vec<PartVerification>,
    /// What it attests, in French; empty when the verdict is FAIL.
    pub attests: Vec<String>,
    /// What it does not attest, in French.
    pub limits: Vec<String>,
}

/// What binds the files of the dossier: the token of its manifest, and the states of certificates beside it.
struct Bound {
    stamp: Option<Stamp>,
    states: States,
}

/// Whether a file is the zip of a whole dossier: one of its entries is a manifest of that name. Anything else about it is judged later.
pub fn is_whole_dossier(path: &Path) -> bool {
    let Ok(source) = Source::file(path) else { return false };
    let (mut buffer, len) = (vec![0; rawzip::RECOMMENDED_BUFFER_SIZE], source.len());
    let located = ZipArchive::with_max_search_space(65_557).locate_in_reader(source, &mut buffer, len);
    let Ok(archive) = located else { return false };
    let mut records = archive.entries(&mut buffer);
    for _ in 0..=Policy::WHOLE.max_entries {
        match records.next_entry() {
            Ok(Some(record)) if record.file_path().as_bytes() == OWN[0].as_bytes() => return true,
            Ok(Some(_)) => {}
            _ => return false,
        }
    }
    false
}

/// Verifies the whole dossier in the zip at `path`, trusting `anchors` only, as at instant `at`. Offline.
pub fn verify_whole_dossier(path: &Path, anchors: &TrustAnchors, at: Instant) -> WholeVerification {
    let mut told = WholeVerification {
        object: "dossier_complet",
        verdict: Verdict::Fail,
        findings: Vec::new(),
        sha256: None,
        manifest: None,
        facts: ReceiptFacts::default(),
        files: 0,
        receipts: Vec::new(),
        parts: Vec::new(),
        attests: Vec::new(),
        limits: Vec::new(),
    };
    let mut report = Report::default();
    let unreadable = |e| Finding::new("file.unreadable", Level::Fail, "Le fichier ne peut pas être lu.").found(e);
    let opened = Source::file(path).map_err(unreadable).and_then(|source| pieces::entries(&source, &Policy::WHOLE));
    let manifest = match opened {
        Ok(entries) => inside(&Files(entries), (anchors, at), &mut report, &mut told),
        Err(finding) => {
            report.add(finding);
            None
        }
    };
    told.findings = report.into_found().findings;
    let parts =
        told.parts.iter().map(|part| &part.findings).chain(told.receipts.iter().map(|one| &one.receipt.findings));
    let all: Vec<Finding> = std::iter::once(&told.findings).chain(parts).flatten().cloned().collect();
    told.verdict = Verdict::of(&all);
    if let Some(manifest) = manifest.filter(|_| told.verdict != Verdict::Fail) {
        told.attests = lines::attests(&manifest, &told);
        told.limits = lines::limits(&manifest);
    }
    told
}

/// The entries of the zip.
struct Files(BTreeMap<String, Source>);

impl Files {
    fn text(&self, name: &str) -> Option<Vec<u8>> {
        self.octets(name, MAX_TEXT)
    }

    fn octets(&self, name: &str, most: u64) -> Option<Vec<u8>> {
        let source = self.0.get(name).filter(|source| source.len() <= most)?;
        source.exact(0, usize::try_from(source.len()).ok()?).ok()
    }

    fn digests(&self, name: &str) -> Option<Digests> {
        dossier::digest_reader(self.0.get(name)?.reader()).ok()
    }

    /// The files right below a folder, by their own names.
    fn below(&self, folder: &str) -> BTreeMap<String, Source> {
        let own = |name: &str| {
            Some(name.strip_prefix(folder)?.strip_prefix('/')?.to_owned()).filter(|own| !own.contains('/'))
        };
        self.0.iter().filter_map(|(name, source)| Some((own(name)?, source.clone()))).collect()
    }
}

/// Judges what is in the zip; gives the manifest when its form is right.
fn inside(
    files: &Files,
    trust: (&TrustAnchors, Instant),
    report: &mut Report,
    told: &mut WholeVerification,
) -> Option<Manifest> {
    let Some(bytes) = files.text(OWN[0]) else {
        report.fail_found("whole.absent", "Il n'y a pas de manifeste lisible (manifeste.json).", files.0.len());
        return None;
    };
    told.sha256 = Some(Sha256Digest::of(&bytes));
    let read = form::read(&bytes);
    let subject = Subject { file: OWN[0], the: "Le manifeste", of_the: "du manifeste" };
    let own =
        Pieces::of(OWN.iter().filter_map(|name| Some(((*name).to_owned(), files.0.get(*name)?.clone()))).collect());
    let stamp = signed::check(&subject, (&own, &bytes), None, trust, report, &mut told.facts);
    let (manifest, value) = match read {
        Ok(read) => read,
        Err(finding) => {
            report.add(finding);
            return None;
        }
    };
    told.manifest = Some(value);
    signed::in_order(manifest.etabli_le, &told.facts, report);
    trial(&manifest, &told.facts, report);
    told.files = listed(files, &manifest, report);
    act(files, &manifest, report);
    let states = evidence::read_states(own.small(OWN[3]).as_deref()).unwrap_or_default();
    // A token that does not count dates nothing else either.
    let bound = Bound { stamp: stamp.filter(|_| told.facts.timestamp.is_some()), states };
    let lines = excerpts(files, &manifest, &bound, trust, (report, &mut told.parts));
    receipts(files, &manifest, &lines, trust, (report, &mut told.receipts));
    signatures(files, &manifest, &bound, trust, &mut told.parts);
    unjudged(&manifest, report);
    Some(manifest)
}

fn trial(manifest: &Manifest, facts: &ReceiptFacts, report: &mut Report) {
    let named = |name: Option<&str>| name.is_some_and(|name| name.contains("ESSAI"));
    let authority = facts.timestamp.as_ref().map(|token| token.authority.as_str());
    if manifest.essai || named(facts.signer.as_deref()) || named(authority) {
        let what = "ESSAI : ce dossier est fait avec des clés d'essai. Il ne prouve rien.";
        report.add(Finding::new("trust.essai", Level::Warn, what).found(facts.signer.clone().unwrap_or_default()));
    }
}

/// Every file of the manifest is there, octet for octet, and no other; how many are.
fn listed(files: &Files, manifest: &Manifest, report: &mut Report) -> usize {
    let mut same = 0;
    for row in &manifest.fichiers {
        let Some(found) = files.digests(&row.nom) else {
            report.fail_found(
                "whole.missing",
                "Un fichier que le manifeste liste n'est pas dans le dossier.",
                &row.nom,
            );
            continue;
        };
        if (found.bytes, found.sha256) == (row.octets, row.sha256) {
            same += 1;
            continue;
        }
        let what = "Un fichier n'est pas, octet pour octet, celui que le manifeste liste.";
        let shown = |octets: u64, sha256: Sha256Digest| format!("{} : {octets} octets, {sha256}", row.nom);
        report.fail("whole.digest", what, shown(row.octets, row.sha256), shown(found.bytes, found.sha256));
    }
    let known: BTreeSet<&str> = manifest.fichiers.iter().map(|row| row.nom.as_str()).chain(OWN).collect();
    for name in files.0.keys().filter(|name| !known.contains(name.as_str())) {
        report.fail_found(
            "whole.unlisted",
            "Un fichier du dossier n'est pas au manifeste : rien ne le lie aux autres.",
            name,
        );
    }
    same
}

/// The act is the one that the manifest names, or the manifest says that it is not there.
fn act(files: &Files, manifest: &Manifest, report: &mut Report) {
    let (act, mut rows) = (&manifest.acte, manifest.of(Kind::Acte));
    let name = format!("acte/acte-{}.pdf", act.id.0);
    match (rows.next(), rows.next()) {
        (None, _) => {
            let why = manifest.absents.iter().find(|missing| missing.quoi == name).map(|missing| &missing.pourquoi);
            let what = "L'acte n'est pas dans le dossier : le manifeste n'en porte que les empreintes.";
            let level = if why.is_some() { Level::Info } else { Level::Warn };
            report.add(
                Finding::new("whole.act_absent", level, what).found(why.map_or("sans raison donnée", String::as_str)),
            );
        }
        (Some(row), None) if row.nom == name => {
            let expected = Digests { bytes: act.octets, sha256: act.sha256, sha512: act.sha512 };
            match files.digests(&name) {
                Some(found) if found == expected => {
                    let what = "L'acte est, octet pour octet, celui dont le manifeste porte les empreintes.";
                    report.add(Finding::new("whole.act", Level::Info, what).found(name));
                }
                found => {
                    let what = "Le fichier de l'acte n'est pas celui dont le manifeste porte les empreintes.";
                    let found = found.map_or_else(String::new, |found| found.sha512.to_hex());
                    report.fail("whole.act_other", what, act.sha512.to_hex(), found);
                }
            }
        }
        (Some(row), _) => {
            report.fail(
                "whole.act_other",
                "Le manifeste ne désigne pas un acte et un seul, sous son nom.",
                name,
                &row.nom,
            );
        }
    }
}

/// Judges each excerpt; gives the lines of the one about the act.
fn excerpts(
    files: &Files,
    manifest: &Manifest,
    bound: &Bound,
    trust: (&TrustAnchors, Instant),
    (report, parts): (&mut Report, &mut Vec<PartVerification>),
) -> Vec<JournalEntry> {
    let mut about = None;
    for row in manifest.of(Kind::Journal) {
        let Some(octets) = files.text(&row.nom) else { continue };
        let (part, lines) = extract::check(&row.nom, &octets, bound, trust);
        if row.nom == EXTRACT {
            about = Some(lines);
        }
        parts.push(part);
    }
    let Some(lines) = about else {
        let what = "L'extrait du journal qui concerne l'acte manque : rien n'y confronte le manifeste.";
        report.add(Finding::new("extract.absent", Level::Indeterminate, what).found(EXTRACT));
        return Vec::new();
    };
    extract::agrees(&lines, manifest, report);
    lines
}

/// Judges each receipt, holds it against the act and the journal, and its zip against its folder.
fn receipts(
    files: &Files,
    manifest: &Manifest,
    lines: &[JournalEntry],
    trust: (&TrustAnchors, Instant),
    (report, receipts): (&mut Report, &mut Vec<ReceiptInside>),
) {
    let parent = |name: &str| name.rsplit_once('/').map(|(folder, _)| folder.to_owned());
    let folders: BTreeSet<String> = manifest.of(Kind::Recepisse).filter_map(|row| parent(&row.nom)).collect();
    for name in &folders {
        let own = files.below(name);
        let (pieces, mut nested) = (Pieces::of(own), Report::default());
        if let Some((kind, bytes)) = pieces.signed() {
            held(name, (kind, &bytes), manifest, lines, &mut nested);
        }
        receipts.push(ReceiptInside { name: name.clone(), receipt: judge(&pieces, trust.0, trust.1, nested) });
    }
    for row in manifest.of(Kind::RecepisseZip) {
        let folder = row.nom.strip_suffix(".zip").unwrap_or_default();
        let told = files.0.get(&row.nom).map(Pieces::zip);
        let same = |zipped: &Pieces| {
            let own = Pieces::of(files.below(folder));
            own.names() == zipped.names() && own.names().iter().all(|name| own.digests(name) == zipped.digests(name))
        };
        let what = "Le zip d'un récépissé ne tient pas les mêmes fichiers que son dossier.";
        match told {
            Some(Ok(zipped)) if folders.contains(folder) && same(&zipped) => {}
            Some(Err(finding)) => report.fail("whole.receipt_zip", what, &row.nom, finding.code),
            _ => report.fail_found("whole.receipt_zip", what, &row.nom),
        }
    }
    if lines.iter().any(|line| line.op.as_str() == "signification.receipt.made") && folders.is_empty() {
        let what = "Le journal annonce des récépissés, et le dossier n'en porte aucun.";
        report.add(Finding::new("whole.receipt_missing", Level::Warn, what));
    }
}

/// A receipt is about the act of the dossier; one about the act is announced by the journal with these very octets.
fn held(
    name: &str,
    (kind, bytes): (ReceiptKind, &[u8]),
    manifest: &Manifest,
    lines: &[JournalEntry],
    report: &mut Report,
) {
    let Ok(value) = dossier::parse_strict(bytes) else { return };
    let text = |field: &str| value.get(field).and_then(Value::as_str);
    let act = &manifest.acte;
    let other = |document: &Value| document.get("sha256").and_then(Value::as_str) != Some(act.sha256.to_hex().as_str());
    let documents = value.get("content").and_then(Value::as_array);
    if text("act_id").is_some_and(|id| id != act.id.0) || documents.is_some_and(|all| all.iter().any(other)) {
        let what = "Ce récépissé est d'un autre acte que celui du dossier.";
        report.fail("whole.receipt_other", what, &act.id.0, text("act_id").unwrap_or_default());
    }
    let field = if kind == ReceiptKind::Preuve { "evidence_id" } else { "certificate_id" };
    let digests = serde_json::to_value(Digests::of(bytes)).unwrap_or_default();
    let ours = !name.starts_with("recepisses/consentement/");
    if ours && !lines.is_empty() && !extract::announces(lines, text(field).unwrap_or_default(), &digests) {
        let what = "Aucune ligne de l'extrait n'annonce ce récépissé avec ces octets.";
        report.fail_found("whole.receipt_unannounced", what, name);
    }
}

/// The office's signature of the act, and the acknowledgements of answers.
fn signatures(
    files: &Files,
    manifest: &Manifest,
    bound: &Bound,
    trust: (&TrustAnchors, Instant),
    parts: &mut Vec<PartVerification>,
) {
    let mut part = |name: &str, report: Report, facts: ReceiptFacts| {
        let findings = report.into_found().findings;
        let verdict = Verdict::of(&findings);
        parts.push(PartVerification { name: name.to_owned(), verdict, findings, lines: None, facts });
    };
    for row in manifest.of(Kind::SignatureActe) {
        let mut report = Report::default();
        let subject = Subject { file: "acte.pdf.p7s", the: "L'acte", of_the: "de l'acte par l'étude" };
        let of = row.nom.strip_suffix(".p7s").and_then(|name| files.octets(name, MAX_ACT));
        let facts = match (of, files.text(&row.nom)) {
            (Some(act), Some(signed)) => {
                let binding = (bound.stamp.as_ref(), &bound.states);
                signed::check_bound(&subject, (&act, &signed, None), binding, trust, &mut report)
            }
            _ => {
                let what = "La signature de l'acte n'a pas d'acte à contrôler.";
                report.add(Finding::new("whole.act_signature", Level::Indeterminate, what).found(&row.nom));
                ReceiptFacts::default()
            }
        };
        part(&row.nom, report, facts);
    }
    for row in manifest.of(Kind::Accuse).filter(|row| row.nom.ends_with("/accuse.json")) {
        let (mut report, mut facts) = (Report::default(), ReceiptFacts::default());
        let mut own = files.below(row.nom.trim_end_matches("/accuse.json"));
        if let Some(states) = files.0.get(OWN[3]) {
            own.insert("accuse.json.etats".to_owned(), states.clone());
        }
        let subject = Subject { file: "accuse.json", the: "L'accusé de réponse", of_the: "de l'accusé de réponse" };
        if let Some(bytes) = files.text(&row.nom) {
            signed::check(&subject, (&Pieces::of(own), &bytes), None, trust, &mut report, &mut facts);
        }
        part(&row.nom, report, facts);
    }
}

/// What is under its digest and judged no further.
fn unjudged(manifest: &Manifest, report: &mut Report) {
    if let Some(row) = manifest.of(Kind::Ancres).next() {
        let what = "Les autres ancres du point de contrôle sont jointes ; elles ne sont pas jugées ici.";
        report.add(Finding::new("whole.anchors", Level::Info, what).found(&row.nom));
    }
    if !manifest.absents.is_empty() {
        let what = "Le manifeste dit ce qui n'est pas dans le dossier.";
        let names: Vec<&str> = manifest.absents.iter().map(|missing| missing.quoi.as_str()).collect();
        report.add(Finding::new("whole.declared_missing", Level::Info, what).found(names.join(", ")));
    }
}
