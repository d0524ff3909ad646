//! Whole dossiers of rare shapes: what is told and fails nothing, what only somebody who holds the key can write, other roots, other
//! instants, and bits changed in what proves.
use super::super::forge::unpack;
use super::super::vectors::keep_whole;
use super::*;
use crate::x509::Certificate;
use crate::{TrustAnchors, is_whole_dossier, verify_whole_dossier};

/// Judges with these roots at this instant, and writes down; what is not taken for a dossier is written without its object.
pub(super) fn judged_at(zip: &[u8], a_zip: bool, roots: Vec<Certificate>, at: Instant) -> WholeVerification {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dossier.zip");
    std::fs::write(&path, zip).unwrap();
    let is_whole = is_whole_dossier(&path);
    assert!(is_whole || !a_zip);
    let ders: Vec<Vec<u8>> = roots.iter().map(|root| root.der().to_vec()).collect();
    let told = verify_whole_dossier(&path, &TrustAnchors::of(roots), at);
    let mut value = serde_json::to_value(&told).unwrap();
    if !is_whole {
        value["object"] = Value::Null;
    }
    keep_whole(zip, &ders, at, value);
    told
}

/// The row of a file in the manifest.
fn row<'a>(manifest: &'a mut Value, name: &str) -> &'a mut Value {
    manifest["fichiers"].as_array_mut().unwrap().iter_mut().find(|row| row["nom"] == name).unwrap()
}

/// A receipt of consent, about no act.
fn consent(bench: &Bench) -> Files {
    let mut told = receipt(bench.at);
    told["event"] = json!({
        "uri": "http://uri.etsi.org/19522/Event/ConsignmentAcceptance", "nom": "CONSENTEMENT_DONNE", "libelle": "Accord",
    });
    (told["act_id"], told["content"], told["evidence_id"]) = (Value::Null, json!([]), json!(ACTE));
    bench.files(PREUVE, &told)
}

fn put(files: &mut Files, folder: &str, more: Files) {
    files.extend(more.into_iter().map(|(name, octets)| (format!("{folder}/{name}"), octets)));
}

#[test]
fn d08_what_is_told_and_judged_no_further_fails_nothing() {
    let anchors = Change {
        listed: Some(|_, f| drop(f.insert("journal/ancres.json".into(), b"{}".to_vec()))),
        manifest: Some(|m| row(m, "journal/ancres.json")["genre"] = json!("ancres")),
        ..Change::default()
    };
    gives("other anchors", Verdict::Pass, "whole.anchors", &anchors);
    let none = Change { listed: Some(|_, f| f.retain(|name, _| !name.starts_with("recepisses"))), ..Change::default() };
    gives("receipts announced, and none there", Verdict::Pass, "whole.receipt_missing", &none);
    let no_act = Change { listed: Some(|_, f| drop(f.remove(&acte()))), ..Change::default() };
    gives("a signature without its act", Verdict::Indeterminate, "whole.act_signature", &no_act);
    let trial = Change { manifest: Some(|m| m["essai"] = json!(true)), ..Change::default() };
    assert_eq!(gives("of trial", Verdict::Pass, "trust.essai", &trial).limits.len(), 4);
    let unsent = Change {
        lines: Some(|lines| drop(lines.remove(2))),
        manifest: Some(|m| {
            m["acte"]["envoye_le"] = Value::Null;
            m["pour"] = json!("etude");
        }),
        ..Change::default()
    };
    assert!(gives("never sent", Verdict::Pass, "whole.act", &unsent).attests[2].ends_with("n'avait pas été envoyé."));
    let view = Change {
        listed: Some(|_, f| {
            f.insert(format!("{RECEIPT}/avis.pdf"), b"%PDF-1.7 %%EOF".to_vec());
            f.remove(&format!("{RECEIPT}.zip"));
        }),
        manifest: Some(|m| row(m, &format!("{RECEIPT}/avis.pdf"))["genre"] = json!("recepisse_avis")),
        ..Change::default()
    };
    let told = gives("a receipt drawn for people", Verdict::Pass, "whole.act", &view);
    assert!(codes(&told).iter().any(|code| code == "receipt.view"), "{told:#?}");
}

#[test]
fn d08_receipts_of_consent_and_second_excerpts_are_judged_too() {
    let listed = |bend| Change { listed: Some(bend), ..Change::default() };
    let told = gives(
        "a receipt of consent",
        Verdict::Pass,
        "whole.act",
        &listed(|b, f| put(f, "recepisses/consentement/01-Accord", consent(b))),
    );
    assert_eq!(told.receipts.len(), 2);
    let elsewhere = listed(|b, f| put(f, "recepisses/02-Accord", consent(b)));
    fails("one among those of the act", "whole.receipt_unannounced", elsewhere);
    let second = listed(|_, f| drop(f.insert("journal/extrait-consentement.json".into(), f[EXTRACT].clone())));
    assert_eq!(gives("a second excerpt", Verdict::Pass, "whole.act", &second).parts.len(), 4);
    let none = listed(|_, f| drop(f.insert("journal/extrait-consentement.json".into(), b"{}".to_vec())));
    fails("a second excerpt that is none", "extract.format", none);
    let undated = Change {
        extract: Some(|e| e["point"]["jeton"] = Value::Null),
        after: Some(|_, f| drop(f.remove("manifeste.json.tst"))),
        ..Change::default()
    };
    gives("nothing dates the checkpoint", Verdict::Indeterminate, "extract.timestamp_deferred", &undated);
    let unreadable: fn(&Bench, &mut Files) = |_, f| drop(f.insert("manifeste.json.etats".into(), b"x".to_vec()));
    let states = Change { after: Some(unreadable), ..Change::default() };
    fails("states that cannot be read", "receipt.states", states);
}

#[test]
fn d08_the_zip_of_a_receipt_is_read_as_strictly_as_the_dossier() {
    let listed = |bend| Change { listed: Some(bend), ..Change::default() };
    let folders = listed(|_, f| {
        let deep = Files::from([(format!("x/{PREUVE}"), b"{}".to_vec())]);
        f.insert(format!("{RECEIPT}.zip"), pack_receipt(&deep).unwrap());
    });
    fails("folders in it", "whole.receipt_zip", folders);
    let checksum = listed(|_, f| f.get_mut(&format!("{RECEIPT}.zip")).unwrap()[60] ^= 1);
    fails("a checksum that lies", "whole.receipt_zip", checksum);
    fails("no zip", "whole.receipt_zip", listed(|_, f| drop(f.insert(format!("{RECEIPT}.zip"), b"x".to_vec()))));
}

/// Without the root, with another, and long after: what is not established does not pass.
#[test]
fn d08_other_roots_and_other_instants_pass_nothing_that_is_not_established() {
    let bench = Bench::new();
    let (zip, root) = (made(&bench, &Change::default()), bench.world.root.certificate.clone());
    let answer = |roots: Vec<Certificate>, days| judged_at(&zip, true, roots, later(bench.at, days)).verdict;
    assert_eq!(answer(Vec::new(), 1), Verdict::Indeterminate);
    for days in [1_000, 9_000] {
        assert_ne!(answer(vec![root.clone()], days), Verdict::Pass, "{days} days later");
    }
    assert_ne!(answer(vec![bench.world.signer.certificate.clone()], 1), Verdict::Pass);
    assert_eq!(answer(vec![root], 30), Verdict::Pass);
}

/// One bit changed anywhere in what proves, the zip's own checksums made right again: never a PASS.
#[test]
fn d08_no_changed_bit_of_what_proves_passes() {
    let bench = Bench::new();
    let good = unpack(&made(&bench, &Change::default()));
    let (receipt, act) = (format!("{RECEIPT}/{PREUVE}.p7s"), format!("{}.p7s", acte()));
    let own = ["manifeste.json", "manifeste.json.p7s", "manifeste.json.tst"];
    for name in own.into_iter().chain([EXTRACT, &receipt, &act, "reponses/01/accuse.json.tst"]) {
        let length = good.iter().find(|e| e.name == name).unwrap().bytes.len();
        for place in (0..length).step_by((length / 15).max(1)) {
            let mut entries = good.clone();
            entries.iter_mut().find(|e| e.name == name).unwrap().bytes[place] ^= 1 << (place % 8);
            assert_ne!(judged(&bench, &pack(&entries), true).verdict, Verdict::Pass, "{name}, octet {place}");
        }
    }
}
