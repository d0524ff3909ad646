//! The receipts of an act as documents for people (row D06): drawn from the signed records, which they bear, and nothing else.
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::AtomicU32;

use serde_json::Value;

use super::mta::Mta;
use super::service::{At, consent, deposit, prepare, tuesday};
use super::support::{Bench, codes, text, world};

fn run(folder: &Path, program: &str, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(program).args(arguments).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// The text of a document, spaces and breaks made one space.
fn read(pdf: &Path) -> String {
    let raw = run(Path::new("."), "pdftotext", &["-raw", "-enc", "UTF-8", text(pdf), "-"]);
    String::from_utf8(raw).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let list = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    list.map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap())).collect()
}

/// The folders of the receipts by event, as the command line wrote them.
fn folders(listed: &Value) -> BTreeMap<String, PathBuf> {
    let all = listed["recepisses"].as_array().unwrap();
    let folder = |one: &Value| PathBuf::from(one["dossier"].as_str().unwrap());
    all.iter()
        .map(|one| {
            assert_eq!(one["avis"].as_str().map(PathBuf::from), Some(folder(one).join("avis.pdf")), "{one}");
            (folder(one).file_name().unwrap().to_str().unwrap().split_once('-').unwrap().1.to_owned(), folder(one))
        })
        .collect()
}

/// What the document bears is what stands beside it, octet for octet, and its signature holds for whoever has the root alone.
fn attached(bench: &Bench, folder: &Path) {
    let out = bench.path("sorti").join(folder.file_name().unwrap());
    fs::create_dir_all(&out).unwrap();
    run(folder, "pdfdetach", &["-saveall", "-o", text(&out), "avis.pdf"]);
    let mut beside = files(folder);
    beside.remove("avis.pdf");
    assert_eq!(files(&out), beside);
    let roots = out.join("racine.pem");
    fs::copy(world().pki.root_pem(), &roots).unwrap();
    let check = "cms -verify -cades -binary -inform DER -in preuve.json.p7s -content preuve.json -CAfile racine.pem -purpose any \
                 -out /dev/null -attime";
    // The certificates of the bench began today; the act is served on a day to come.
    let at = (jiff::Timestamp::now() + jiff::SignedDuration::from_mins(5)).as_second().to_string();
    run(&out, "openssl", &check.split(' ').filter(|word| !word.is_empty()).chain([at.as_str()]).collect::<Vec<_>>());
}

/// The verdict is the same with and without the document; with it, it is told not to be judged.
fn judged(bench: &Bench, folder: &Path) {
    let with = bench.verify(folder);
    let bare = bench.path("nu").join(folder.file_name().unwrap());
    fs::create_dir_all(&bare).unwrap();
    for (name, octets) in files(folder).iter().filter(|(name, _)| *name != "avis.pdf") {
        fs::write(bare.join(name), octets).unwrap();
    }
    let without = bench.verify(&bare);
    assert_eq!(with.code, without.code, "{}{}", with.stdout, with.stderr);
    let (with, without) = (with.json(), without.json());
    let mut told = codes(&with);
    told.retain(|code| code != "receipt.view");
    assert_eq!((with["verdict"].clone(), told), (without["verdict"].clone(), codes(&without)));
    assert!(codes(&with).contains(&"receipt.view".to_owned()) && !codes(&with).contains(&"receipt.stray".to_owned()));
}

#[test]
fn d06_one_act_has_two_notices_with_the_dates_of_its_journal() {
    let bench = Bench::with_authorities(&[]);
    let mta = Mta::start(None);
    prepare(&bench, &mta, "chloe@essai.test");
    let at = At { bench: &bench, when: tuesday("10:00:00"), later: AtomicU32::new(0) };
    let consent = consent(&at, &mta);
    let act = deposit(&at, &consent);
    at.ok(&["envoyer", &act]);
    let key = bench.path("destinataire.cle");
    at.ok(&["consulter", &act, "--cle", text(&key)]);
    let own = bench.path("recu");
    at.ok(&["telecharger", &act, "--cle", text(&key), "--vers", text(&own)]);
    let of_act = folders(&at.ok(&["recepisses", &act, "--vers", text(&bench.path("recepisses"))]));
    let of_consent = folders(&at.ok(&["recepisses", &consent, "--vers", text(&bench.path("accord"))]));

    let journal = fs::read_to_string(bench.path("plateforme/journal.jsonl")).unwrap();
    let lines: Vec<Value> = journal.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut notices = Vec::new();
    for (event, title) in [
        ("ContentConsignment", "AVIS DE MISE À DISPOSITION"),
        ("ContentAccessTracking", "AVIS DE CONSULTATION"),
        ("SubmissionAcceptance", "PREUVE D'ENVOI (DATE DE SIGNIFICATION)"),
        ("ContentHandover", "AVIS DE RÉCEPTION"),
    ] {
        let folder = &of_act[event];
        let signed: Value = serde_json::from_slice(&fs::read(folder.join("preuve.json")).unwrap()).unwrap();
        let seq = signed["journal"]["seq"].as_u64().unwrap();
        let line = &lines[usize::try_from(seq).unwrap()];
        assert_eq!(line["at"], signed["event_time_utc"], "{event}: the date is the journal's");
        let told = read(&folder.join("avis.pdf"));
        for said in [&line["at"], &signed["event_time_paris"], &signed["act_id"], &signed["evidence_id"]] {
            assert!(told.replace(' ', "").contains(said.as_str().unwrap()), "{event}: {said} in {told}");
        }
        assert!(told.contains(title) && told.contains(&format!("n° {seq}")), "{told}");
        notices.push((fs::read(folder.join("avis.pdf")).unwrap(), fs::read(folder.join("preuve.json.p7s")).unwrap()));
        attached(&bench, folder);
        judged(&bench, folder);
    }
    let distinct = |n: usize| notices.iter().enumerate().all(|(m, one)| m == n || one != &notices[n]);
    assert!((0..notices.len()).all(distinct), "distinct documents, distinct signed records");
    attached(&bench, &of_consent["ConsignmentAcceptance"]);
    assert!(read(&of_consent["ConsignmentAcceptance"].join("avis.pdf")).contains("Aucun acte"));
    // The recipient's own, from what he downloads, is the office's.
    assert_eq!(fs::read(own.join("avis.pdf")).unwrap(), notices[3].0);
    whole(&at, &act, &of_act);
}

/// The whole dossier has the same documents, which its manifest lists.
fn whole(at: &At<'_>, act: &str, receipts: &BTreeMap<String, PathBuf>) {
    let (zip, out) = (at.bench.path("dossier.zip"), at.bench.path("dossier"));
    let key = at.bench.path("destinataire.cle");
    at.ok(&["preuve", "dossier", act, "--vers", text(&zip), "--cle", text(&key)]);
    fs::create_dir(&out).unwrap();
    run(&out, "unzip", &["-q", text(&zip)]);
    run(&out, "sha256sum", &["--quiet", "-c", "SHA256SUMS"]);
    let manifest: Value = serde_json::from_slice(&fs::read(out.join("manifeste.json")).unwrap()).unwrap();
    let mut seen = 0;
    for file in manifest["fichiers"].as_array().unwrap().iter().filter(|file| file["genre"] == "recepisse_avis") {
        let name = file["nom"].as_str().unwrap();
        let kept = fs::read(out.join(name)).unwrap();
        let event = name.rsplit('/').nth(1).unwrap().split_once('-').unwrap().1;
        if let Some(folder) = receipts.get(event).filter(|_| !name.contains("consentement")) {
            assert_eq!(kept, fs::read(folder.join("avis.pdf")).unwrap(), "{name}");
            seen += 1;
        }
        assert!(kept.starts_with(b"%PDF-"), "{name}");
    }
    assert_eq!(seen, receipts.len());
    assert!(fs::read_to_string(out.join("LISEZMOI.txt")).unwrap().contains("avis.pdf"));
}
