//! Whole dossiers of an act (row D08), good and false: each attack with its verdict and its code, by somebody without the office's key,
//! then by somebody who holds it; and crooked zips.
mod odd;

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dossier::merkle::{inclusion, leaf_hash, root};
use dossier::{Digests, Instant, JournalEntry, Operation, Outcome, Sha256Digest};
use serde_json::{Value, json};

use super::ca::{certify, later, seal};
use super::forge::{Entry, entry, pack};
use super::receipts::{ACT, ACTE, Bench, Files, ID, PREUVE, Pen, bytes, plan, receipt};
use crate::{Verdict, WholeVerification, pack_receipt, whole_lines};

const RECEIPT: &str = "recepisses/01-ContentHandover";
const EXTRACT: &str = "journal/extrait.json";
const CHECK: &[u8] = b"{\"format\":\"constat-signature-acte/1\"}";

/// Lines of a journal, before they are chained: operation and data.
type Lines = Vec<(&'static str, Value)>;

/// What is changed, and when.
#[derive(Default)]
struct Change {
    /// Of the journal's lines, before they are chained: operation and data.
    lines: Option<fn(&mut Lines)>,
    /// Of the excerpt, once signed.
    extract: Option<fn(&mut Value)>,
    /// Of the files that the manifest lists.
    listed: Option<fn(&Bench, &mut Files)>,
    /// Of the manifest, before it is signed.
    manifest: Option<fn(&mut Value)>,
    /// Of the files, once the manifest is signed.
    after: Option<fn(&Bench, &mut Files)>,
    /// Of the entries of the zip.
    entries: Option<fn(&mut Vec<Entry>)>,
    /// Of the octets of the zip.
    zip: Option<fn(&mut Vec<u8>)>,
}

fn acte() -> String {
    format!("acte/acte-{ACTE}.pdf")
}

fn kind(name: &str) -> &'static str {
    match name {
        _ if name == acte() => "acte",
        "acte/signature-pdf.json" => "controle_signature",
        "LISEZMOI.txt" => "lisezmoi",
        _ if name.starts_with("acte/") => "signature_acte",
        _ if name.starts_with("journal/") => "journal",
        _ if name.starts_with("reponses/") => "accuse",
        _ if name.ends_with(".zip") => "recepisse_zip",
        _ => "recepisse",
    }
}

/// The lines about the act, of which the fourth announces the receipt.
fn lines(bench: &Bench, proof: &[u8]) -> Lines {
    let content = Digests::of(ACT);
    vec![
        ("signification.act.drafted", json!({"act": ACTE, "content": content})),
        ("signification.preuve.signature", json!({"acte": ACTE, "constat": Sha256Digest::of(CHECK)})),
        ("signification.act.sent", json!({"act": ACTE, "at": bench.at})),
        ("signification.receipt.made", json!({"receipt": ID, "digests": Digests::of(proof)})),
        ("signification.act.downloaded", json!({"act": ACTE})),
    ]
}

fn excerpt(bench: &Bench, lines: Lines, bend: Option<fn(&mut Value)>) -> Vec<u8> {
    let mut prev = Sha256Digest::ZERO;
    let mut octets = Vec::new();
    for (seq, (op, data)) in (0..).zip(lines) {
        let Value::Object(data) = data else { unreachable!() };
        let (op, at) = (Operation::parse(op).unwrap(), bench.at);
        let line = JournalEntry { seq, at, mono_us: seq, op, outcome: Outcome::Ok, data, prev }.to_line().unwrap();
        prev = Sha256Digest::of(&line);
        octets.push(line);
    }
    let leaves: Vec<_> = octets.iter().map(|line| leaf_hash(line)).collect();
    let text = format!("constat/signification/essai\n{}\n{}\n", leaves.len(), STANDARD.encode(root(&leaves)));
    let shown = |(rank, line): (usize, &Vec<u8>)| {
        let way: Vec<String> = inclusion(&leaves, rank).iter().map(hex::encode).collect();
        json!({"ligne": String::from_utf8(line.clone()).unwrap(), "rang": rank, "chemin": way})
    };
    let mut value = json!({
        "format": "constat-extrait/1",
        "lignes": octets.iter().enumerate().map(shown).collect::<Vec<_>>(),
        "point": {
            "texte": text, "signature": STANDARD.encode(bench.pen().sign(text.as_bytes(), bench.at)),
            "jeton": STANDARD.encode(bench.token(text.as_bytes(), bench.at)),
        },
    });
    if let Some(bend) = bend {
        bend(&mut value);
    }
    bytes(&value)
}

/// The zip of a dossier, changed so.
fn made(bench: &Bench, change: &Change) -> Vec<u8> {
    let proof = bench.files(PREUVE, &receipt(bench.at));
    let mut about = lines(bench, &proof[PREUVE]);
    change.lines.into_iter().for_each(|bend| bend(&mut about));
    let mut files = Files::from([
        (acte(), ACT.to_vec()),
        (format!("{}.p7s", acte()), bench.pen().sign(ACT, bench.at)),
        ("acte/signature-pdf.json".into(), CHECK.to_vec()),
        (EXTRACT.into(), excerpt(bench, about, change.extract)),
        (format!("{RECEIPT}.zip"), pack_receipt(&proof).unwrap()),
        ("LISEZMOI.txt".into(), b"A lire d'abord.\n".to_vec()),
    ]);
    files.extend(proof.into_iter().map(|(name, octets)| (format!("{RECEIPT}/{name}"), octets)));
    let answer = bench.files("accuse.json", &json!({"format": "constat-accuse-reponse/1"}));
    let answer = answer.into_iter().filter(|(name, _)| !name.ends_with(".etats"));
    files.extend(answer.map(|(name, octets)| (format!("reponses/01/{name}"), octets)));
    change.listed.into_iter().for_each(|bend| bend(bench, &mut files));
    let act = Digests::of(ACT);
    let row = |(name, octets): (&String, &Vec<u8>)| json!({"nom": name, "genre": kind(name), "octets": octets.len(), "sha256": Sha256Digest::of(octets)});
    let mut manifest = json!({
        "format": "constat-dossier-complet/1", "essai": false, "pour": "destinataire", "etabli_le": bench.at,
        "issuer": {"etude": "Étude Untel", "residence": "Paris"},
        "acte": {
            "id": ACTE, "dossier": "2026-0142", "nature": "assignation", "envoye_le": bench.at, "octets": act.bytes,
            "sha256": act.sha256, "sha512": act.sha512,
        },
        "coffre_jusqu_au": null, "etude_jusqu_au": "2051-11-21",
        "fichiers": files.iter().map(row).collect::<Vec<_>>(),
        "absents": [],
    });
    change.manifest.into_iter().for_each(|bend| bend(&mut manifest));
    files.extend(bench.files("manifeste.json", &manifest));
    change.after.into_iter().for_each(|bend| bend(bench, &mut files));
    let mut entries: Vec<Entry> = files.iter().map(|(name, octets)| entry(name, octets)).collect();
    change.entries.into_iter().for_each(|bend| bend(&mut entries));
    let mut zip = pack(&entries);
    change.zip.into_iter().for_each(|bend| bend(&mut zip));
    zip
}

/// What is judged as such, whatever else is wrong with it, but for a zip that is none.
fn judged(bench: &Bench, zip: &[u8], a_zip: bool) -> WholeVerification {
    odd::judged_at(zip, a_zip, vec![bench.world.root.certificate.clone()], later(bench.at, 1))
}

/// A good one, the root it is judged with and when.
pub(super) fn good() -> (Vec<u8>, Vec<u8>, Instant) {
    let bench = Bench::new();
    (made(&bench, &Change::default()), bench.world.root.certificate.der().to_vec(), later(bench.at, 1))
}

/// Every code, with the receipt's and the parts'.
fn codes(told: &WholeVerification) -> Vec<String> {
    let receipts = told.receipts.iter().flat_map(|one| &one.receipt.findings);
    let parts = told.parts.iter().flat_map(|one| &one.findings);
    told.findings.iter().chain(receipts).chain(parts).map(|finding| finding.code.clone()).collect()
}

/// The verdict, and a code among those given.
fn gives(what: &str, verdict: Verdict, code: &str, change: &Change) -> WholeVerification {
    let bench = Bench::new();
    let told = judged(&bench, &made(&bench, change), change.zip.is_none());
    assert!(codes(&told).iter().any(|found| found == code), "{what}: {code} expected: {told:#?}");
    assert_eq!(told.verdict, verdict, "{what}: {told:#?}");
    assert_eq!(told.attests.is_empty(), verdict == Verdict::Fail, "{what}: what is false attests nothing");
    let printed = whole_lines(&told, bench.at, "ancres").join("\n");
    assert!(printed.contains(code) && printed.contains(verdict.as_str()), "{what}: {printed}");
    told
}

fn fails(what: &str, code: &str, change: Change) {
    gives(what, Verdict::Fail, code, &change);
}

#[test]
fn d08_a_good_dossier_passes_whole() {
    let told = gives("good", Verdict::Pass, "whole.act", &Change::default());
    assert_eq!((told.files, told.receipts.len(), told.parts.len()), (13, 1, 3), "{told:#?}");
    assert!(told.receipts.iter().all(|one| one.receipt.verdict == Verdict::Pass));
    assert!(told.parts.iter().all(|part| part.verdict == Verdict::Pass), "{:#?}", told.parts);
    assert_eq!(told.parts[0].lines, Some(5));
    assert_eq!(told.facts.level.map(|level| level.as_str()), Some("B-LT"));
    let json = serde_json::to_value(&told).unwrap();
    assert_eq!((&json["verdict"], &json["object"]), (&json!("PASS"), &json!("dossier_complet")));
    assert_eq!(json["receipts"][0]["name"], RECEIPT);
}

#[test]
fn d08_without_the_key_nothing_can_be_changed_added_or_taken_away() {
    let after = |bend| Change { after: Some(bend), ..Change::default() };
    fails("an octet of the act", "whole.digest", after(|_, f| f.get_mut(&acte()).unwrap()[9] ^= 1));
    fails(
        "the act of another",
        "whole.act_other",
        after(|_, f| drop(f.insert(acte(), b"%PDF-1.7 autre %%EOF".to_vec()))),
    );
    fails("an octet of a text", "whole.digest", after(|_, f| f.get_mut("LISEZMOI.txt").unwrap()[0] ^= 1));
    fails("a file taken away", "whole.missing", after(|_, f| drop(f.remove("LISEZMOI.txt"))));
    fails("the act taken away", "whole.missing", after(|_, f| drop(f.remove(&acte()))));
    fails("a receipt taken away", "whole.missing", after(|_, f| f.retain(|name, _| !name.starts_with("recepisses"))));
    fails("a file added", "whole.unlisted", after(|_, f| drop(f.insert("avis/02.eml".into(), b"faux".to_vec()))));
    fails(
        "a file beside the manifest",
        "whole.unlisted",
        after(|_, f| drop(f.insert("manifeste.json.bak".into(), vec![]))),
    );
    fails(
        "the manifest",
        "cms.message_digest",
        after(|_, f| {
            let text = String::from_utf8(f["manifeste.json"].clone()).unwrap().replace("2026-0142", "2026-0143");
            f.insert("manifeste.json".into(), text.into_bytes());
        }),
    );
    fails("no signature", "receipt.unsigned", after(|_, f| drop(f.remove("manifeste.json.p7s"))));
    fails(
        "the signature of something else",
        "cms.message_digest",
        after(|b, f| {
            f.insert("manifeste.json.p7s".into(), b.pen().sign(b"autre", b.at));
        }),
    );
    fails(
        "the token of something else",
        "time.imprint",
        after(|b, f| {
            f.insert("manifeste.json.tst".into(), b.token(b"autre", b.at));
        }),
    );
    fails("no manifest to read", "whole.json", after(|_, f| drop(f.insert("manifeste.json".into(), b"{".to_vec()))));
    fails("another form of it", "whole.canonical", after(|_, f| f.get_mut("manifeste.json").unwrap().push(b'\n')));
    let stranger = gives(
        "by a stranger",
        Verdict::Indeterminate,
        "trust.no_chain",
        &after(|b, f| {
            let stranger = certify(&plan("ESSAI inconnu", 9, seal()), None);
            let pen = Pen { signer: &stranger, chain: vec![stranger.certificate.clone()] };
            let signed = pen.sign(&f["manifeste.json"], b.at);
            f.insert("manifeste.json.p7s".into(), signed);
        }),
    );
    assert_eq!(stranger.facts.level, None);
    let undated = after(|_, f| drop(f.remove("manifeste.json.tst")));
    gives("no token", Verdict::Indeterminate, "receipt.timestamp_deferred", &undated);
}

#[test]
fn d08_a_manifest_is_of_one_form() {
    let bent = |bend| Change { manifest: Some(bend), ..Change::default() };
    fails("another version", "whole.format", bent(|m| m["format"] = json!("constat-dossier-complet/2")));
    fails("a field more", "whole.field", bent(|m| m["note"] = json!("x")));
    fails("a field less", "whole.field", bent(|m| drop(m.as_object_mut().unwrap().remove("absents"))));
    fails("a kind unknown", "whole.field", bent(|m| m["fichiers"][0]["genre"] = json!("autre")));
    fails("a digest cut", "whole.field", bent(|m| m["fichiers"][0]["sha256"] = json!("00")));
    fails("a length below zero", "whole.field", bent(|m| m["fichiers"][0]["octets"] = json!(-1)));
    fails(
        "twice the same",
        "whole.names",
        bent(|m| {
            let row = m["fichiers"][0].clone();
            m["fichiers"].as_array_mut().unwrap().push(row);
        }),
    );
    fails(
        "twice but for capitals",
        "whole.names",
        bent(|m| {
            let mut row = m["fichiers"][0].clone();
            row["nom"] = json!(row["nom"].as_str().unwrap().to_lowercase());
            m["fichiers"].as_array_mut().unwrap().push(row);
        }),
    );
    for name in ["../x", "/etc/passwd", "a/../b", "a\\b", "manifeste.json", "manifeste.json.p7s", ""] {
        static NAME: std::sync::Mutex<&str> = std::sync::Mutex::new("");
        *NAME.lock().unwrap() = name;
        fails(name, "whole.names", bent(|m| m["fichiers"][0]["nom"] = json!(*NAME.lock().unwrap())));
    }
    fails("another length of the act", "whole.act_other", bent(|m| m["acte"]["octets"] = json!(3)));
    fails("an act of another name", "whole.act_other", bent(|m| m["acte"]["id"] = json!(ID)));
    let late: fn(&mut Value) = |m| m["etabli_le"] = json!("2026-11-22T09:12:03.045Z".parse::<Instant>().unwrap());
    fails("made after it was signed", "clock.order", bent(late));
}

#[test]
fn d08_who_holds_the_key_is_held_to_each_receipt() {
    let listed = |bend| Change { listed: Some(bend), ..Change::default() };
    let lines = |bend| Change { lines: Some(bend), ..Change::default() };
    fails(
        "a receipt changed",
        "cms.message_digest",
        listed(|_, f| {
            let name = format!("{RECEIPT}/{PREUVE}");
            let text = String::from_utf8(f[&name].clone()).unwrap().replace("2026-0142", "2026-0143");
            f.insert(name, text.into_bytes());
        }),
    );
    fails(
        "a receipt of another act",
        "whole.receipt_other",
        listed(|b, f| {
            let mut other = receipt(b.at);
            other["act_id"] = json!(ID);
            f.extend(b.files(PREUVE, &other).into_iter().map(|(name, octets)| (format!("{RECEIPT}/{name}"), octets)));
        }),
    );
    fails("a receipt that no line announces", "whole.receipt_unannounced", lines(|l| l[3].1["receipt"] = json!(ACTE)));
    fails(
        "a receipt announced with other octets",
        "whole.receipt_unannounced",
        lines(|l| {
            l[3].1["digests"] = json!(Digests::of(b"autre"));
        }),
    );
    fails(
        "a zip that holds another receipt",
        "whole.receipt_zip",
        listed(|b, f| {
            let mut other = receipt(b.at);
            other["dossier_ref"] = json!("x");
            f.insert(format!("{RECEIPT}.zip"), pack_receipt(&b.files(PREUVE, &other)).unwrap());
        }),
    );
    fails(
        "a zip that is crooked",
        "whole.receipt_zip",
        listed(|_, f| f.get_mut(&format!("{RECEIPT}.zip")).unwrap().push(0)),
    );
    fails(
        "a zip without its folder",
        "whole.receipt_zip",
        listed(|_, f| {
            f.retain(|name, _| !name.starts_with(&format!("{RECEIPT}/")));
        }),
    );
}

#[test]
fn d08_who_holds_the_key_is_held_to_the_journal() {
    let extract = |bend| Change { extract: Some(bend), ..Change::default() };
    fails(
        "a line changed",
        "extract.inclusion",
        extract(|e| {
            let line = e["lignes"][2]["ligne"].as_str().unwrap().replace("act.sent", "act.seen");
            e["lignes"][2]["ligne"] = json!(line);
        }),
    );
    fails("another rank", "extract.inclusion", extract(|e| e["lignes"][2]["rang"] = json!(3)));
    fails("lines out of order", "extract.order", extract(|e| e["lignes"].as_array_mut().unwrap().swap(0, 1)));
    fails(
        "a line twice",
        "extract.order",
        extract(|e| {
            let line = e["lignes"][0].clone();
            e["lignes"].as_array_mut().unwrap().insert(0, line);
        }),
    );
    fails(
        "another head",
        "cms.message_digest",
        extract(|e| {
            e["point"]["texte"] = json!(e["point"]["texte"].as_str().unwrap().replace("essai\n", "autre\n"));
        }),
    );
    fails("no text of a checkpoint", "extract.format", extract(|e| e["point"]["texte"] = json!("x")));
    fails("a field more", "extract.format", extract(|e| e["note"] = json!("x")));
}

#[test]
fn d08_who_holds_the_key_is_held_to_what_he_told_before() {
    let listed = |bend| Change { listed: Some(bend), ..Change::default() };
    let lines = |bend| Change { lines: Some(bend), ..Change::default() };
    fails("the journal of another act", "extract.act", lines(|l| l[0].1["act"] = json!(ID)));
    fails("another act in the journal", "extract.act", lines(|l| l[0].1["content"] = json!(Digests::of(b"autre"))));
    fails(
        "another hour of sending",
        "extract.sent",
        Change { manifest: Some(|m| m["acte"]["envoye_le"] = json!("2026-11-20T09:12:03.045Z")), ..Change::default() },
    );
    fails("a sending that never was", "extract.sent", lines(|l| drop(l.remove(2))));
    fails("another check of the signature", "extract.signature", lines(|l| l[1].1["constat"] = json!("0".repeat(64))));
    fails(
        "the signature of another act",
        "cms.message_digest",
        listed(|b, f| {
            f.insert(format!("{}.p7s", acte()), b.pen().sign(b"autre", b.at));
        }),
    );
    fails(
        "an acknowledgement changed",
        "cms.message_digest",
        listed(|_, f| {
            f.insert("reponses/01/accuse.json".into(), b"{}".to_vec());
        }),
    );
}

#[test]
fn d08_what_is_missing_and_told_is_no_fault() {
    let told = gives(
        "no act",
        Verdict::Pass,
        "whole.act_absent",
        &Change {
            listed: Some(|_, f| f.retain(|name, _| !name.starts_with(&acte()))),
            manifest: Some(|m| m["absents"] = json!([{"quoi": acte(), "pourquoi": "effacé du coffre"}])),
            ..Change::default()
        },
    );
    assert!(codes(&told).iter().any(|code| code == "whole.declared_missing"));
    gives(
        "no excerpt",
        Verdict::Indeterminate,
        "extract.absent",
        &Change { listed: Some(|_, f| drop(f.remove(EXTRACT))), ..Change::default() },
    );
    let undated: fn(&Bench, &mut Files) = |_, f| drop(f.remove(&format!("{RECEIPT}/preuve.json.tst")));
    let change = Change { listed: Some(undated), ..Change::default() };
    fails("a zip more than its folder", "whole.receipt_zip", change);
    gives(
        "a receipt not dated yet",
        Verdict::Indeterminate,
        "receipt.timestamp_deferred",
        &Change {
            listed: Some(|b, f| {
                let mut proof: BTreeMap<_, _> = b.files(PREUVE, &receipt(b.at));
                proof.remove("preuve.json.tst");
                f.remove(&format!("{RECEIPT}/preuve.json.tst"));
                f.insert(format!("{RECEIPT}.zip"), pack_receipt(&proof).unwrap());
            }),
            ..Change::default()
        },
    );
    gives(
        "a checkpoint not dated yet",
        Verdict::Pass,
        "extract.timestamp_deferred",
        &Change { extract: Some(|e| e["point"]["jeton"] = Value::Null), ..Change::default() },
    );
}

#[test]
fn d08_a_crooked_zip_is_not_read() {
    let entries = |bend| Change { entries: Some(bend), ..Change::default() };
    fails("twice an entry", "zip.duplicate", entries(|e| e.push(entry("manifeste.json", b"{}"))));
    fails("twice but for capitals", "zip.duplicate", entries(|e| e.push(entry("MANIFESTE.json", b"{}"))));
    for name in ["../x", "/abs", "c:\\x", "a\\b", "a/./b", "a//b", "é", "a b"] {
        static NAME: std::sync::Mutex<&str> = std::sync::Mutex::new("");
        *NAME.lock().unwrap() = name;
        fails(name, "zip.name", entries(|e| e.push(entry(*NAME.lock().unwrap(), b"x"))));
    }
    fails("a link", "zip.attributes", entries(|e| e[3].central = |h| h[41] = 0xa1));
    fails("a date", "zip.attributes", entries(|e| e[3].central = |h| h[12] = 1));
    fails("described afterwards", "zip.flags", entries(|e| e[3].central = |h| h[8] = 8));
    fails("encrypted", "zip.flags", entries(|e| e[3].central = |h| h[8] = 1));
    fails(
        "a bomb",
        "zip.method",
        entries(|e| {
            e[3].central = |h| {
                h[10] = 8;
                h[24..28].copy_from_slice(&0xf000_0000_u32.to_le_bytes());
            };
        }),
    );
    fails("a length that lies", "zip.limits", entries(|e| e[3].central = |h| h[27] = 0x7f));
    fails("too many", "zip.limits", entries(|e| e.extend((0..20_001).map(|n| entry(&format!("f{n}"), b"")))));
    fails("headers that disagree", "zip.header_mismatch", entries(|e| e[3].local_name = Some("LISEZMOI.txx".into())));
    fails(
        "a checksum that lies",
        "bundle.unreadable",
        entries(|e| {
            e[3].local = |h| h[14] ^= 1;
            e[3].central = |h| h[16] ^= 1;
        }),
    );
    fails("octets between entries", "zip.layout", entries(|e| e[3].gap = b"cache".to_vec()));
    fails(
        "an entry that the directory hides",
        "zip.layout",
        entries(|e| {
            let mut hidden = entry("cache.txt", b"x");
            hidden.hidden = true;
            e.insert(3, hidden);
        }),
    );
    let octets = |bend| Change { zip: Some(bend), ..Change::default() };
    fails("octets after the end", "zip.layout", octets(|z| z.push(0)));
    fails("octets before", "zip.not_a_zip", octets(|z| drop(z.splice(0..0, *b"%PDF-1.7\n"))));
    fails("cut", "zip.truncated", octets(|z| z.truncate(z.len() / 2)));
}
