//! Trusted lists through the binary: brought in, shown, and what they say beside the verdict.
use std::fs;
use std::path::{Path, PathBuf};

use fixtures::lists::{ListKey, ListSigner, MadeList, MadeService, usage};

use super::support::{Bench, codes, small_bundle, text, world};

/// A list of lists and a national list that names the issuing authority and the first unit; who signed the first.
fn published(folder: &Path) -> (ListSigner, PathBuf, PathBuf) {
    let make = |name: &str| ListSigner::create(folder, name, ListKey::P256).unwrap();
    let (europe, nation) = (make("europe"), make("nation"));
    let root = world().pki.signer().root;
    let (issuing, unit) = (root.with_file_name("emettrice.pem"), world().pki.tsa(1).certificate);
    let services = vec![
        MadeService::new("CA/QC", &issuing, "granted", &usage("ForeSeals")),
        MadeService::new("TSA/QTST", &unit, "granted", ""),
    ];
    let list = MadeList { services, ..MadeList::new("XA", 56) };
    let pointers = vec![("XA".to_owned(), vec![nation.certificate.clone()])];
    let lists = MadeList { of_lists: true, pointers, ..MadeList::new("XZ", 7) };
    let (of_lists, national) = (folder.join("xz.xml"), folder.join("xa.xml"));
    fs::write(&of_lists, lists.signed(&europe).unwrap()).unwrap();
    fs::write(&national, list.signed(&nation).unwrap()).unwrap();
    (europe, of_lists, national)
}

#[test]
fn lists_are_brought_in_shown_and_told_beside_the_verdict() {
    let bench = Bench::new();
    let folder = tempfile::tempdir().unwrap();
    let (europe, of_lists, national) = published(folder.path());
    let target = folder.path().join("confiance");
    let import = |files: &[&str], signer: &str| {
        let mut arguments = vec!["--json", "confiance", "importer"];
        arguments.extend(files);
        arguments.extend(["--signataire", signer, "--vers", text(&target)]);
        bench.run(&arguments)
    };
    import(&[text(&national)], text(&europe.certificate)).expect_error(1, "list.signer");
    let made = import(&[text(&of_lists), text(&national)], text(&europe.certificate)).expect(0).json();
    assert_eq!(made["lists"][1]["pinned_by"], "XZ-7");
    import(&[text(&of_lists), text(&national)], text(&europe.certificate)).expect_error(2, "list.order");

    let shown = bench.run(&["--json", "confiance", "montrer", text(&target)]).expect(0).json();
    assert_eq!(shown["sha256"], made["sha256"]);
    assert_eq!(shown["lists"][0]["late"], false);
    assert_eq!(shown["services"].as_array().unwrap().len(), 2);
    assert_eq!(shown["services"][0]["now"]["status"], "granted");
    let late = ["--json", "confiance", "montrer", text(&target), "--a-la-date", "2040-01-01T00:00:00Z"];
    assert_eq!(bench.run(&late).expect(0).json()["lists"][0]["late"], true);

    let anchors = world().pki.anchors_dir();
    let verify = ["--json", "verifier", text(small_bundle()), "--ancres", text(&anchors), "--confiance", text(&target)];
    let answer = bench.run(&verify).expect(0).json();
    assert_eq!(answer["verdict"], "PASS");
    let told = &answer["seal"]["qualification"];
    assert_eq!(told["snapshot_sha256"], made["sha256"]);
    // The certificate of the seal says nothing of its qualification, and the list does not say it for it.
    assert_eq!(told["signer"]["outcome"], "not_qualified");
    assert_eq!(told["signer"]["service"]["sequence"], 56);
    assert!(told["authorities"].as_array().unwrap().iter().any(|one| one["outcome"] == "qualified"), "{told}");
    assert!(codes(&answer).contains(&"trust.qualified".to_owned()));
    let report = folder.path().join("verdict.pdf");
    let arguments = [&verify[1..], &["--rapport", text(&report)]].concat();
    let printed = bench.run(&arguments).expect(0);
    assert!(printed.stdout.contains("Qualification : signataire, non qualifié"), "{}", printed.stdout);
    let paper = std::process::Command::new("pdftotext").args([text(&report), "-"]).output().unwrap();
    let paper = String::from_utf8_lossy(&paper.stdout).into_owned();
    assert!(paper.contains("Qualification") && !paper.contains("n'est pas jugée"), "{paper}");

    // What was changed in the snapshot is found before anything is judged with it.
    let inside = target.join("listes/XA-56.xml");
    fs::write(&inside, fs::read_to_string(&inside).unwrap().replace("granted", "grantee")).unwrap();
    bench.run(&verify).expect_error(1, "list.snapshot");
    bench.run(&["verifier", text(small_bundle()), "--ancres", text(&anchors), "--ancres-des-listes"]).expect(2);
}
