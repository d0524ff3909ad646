//! Acts to deposit: the folder is what its schema says, the register counts the time and cannot be changed unseen.
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::support::{Answer, Bench, small_bundle, text, world};

/// The small bundle and its document, on a bench of their own.
fn drawn_up() -> &'static (Bench, PathBuf) {
    static DRAWN_UP: OnceLock<(Bench, PathBuf)> = OnceLock::new();
    DRAWN_UP.get_or_init(|| {
        let bench = Bench::new();
        let (pv, anchors) = (bench.path("pv.pdf"), world().pki.anchors_dir());
        bench.run(&["rediger", text(small_bundle()), "--sortie", text(&pv), "--ancres", text(&anchors)]).expect(0);
        (bench, pv)
    })
}

fn minutier(bench: &Bench, register: &Path, arguments: &[&str]) -> Answer {
    bench.run(&[&["--json", "minutier"], arguments, &["--registre", text(register)]].concat())
}

fn export(bench: &Bench, register: &Path, to: &Path) -> Answer {
    let anchors = world().pki.anchors_dir();
    let (_, pv) = drawn_up();
    minutier(
        bench,
        register,
        &["exporter", text(small_bundle()), text(pv), "--sortie", text(to), "--ancres", text(&anchors)],
    )
}

fn bash(folder: &Path, command: &str) -> String {
    let output = Command::new("bash").args(["-c", command]).current_dir(folder).output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{command}: {said}");
    said
}

#[test]
fn a_deposit_folder_is_what_its_schema_says() {
    let bench = Bench::new();
    let (register, to) = (bench.path("registre"), bench.path("depot"));
    let told = export(&bench, &register, &to).expect(0).json();
    assert_eq!(told["nature"], "releve-technique", "{told}");
    bash(&to, "sha256sum --strict -c SHA256SUMS");
    bash(&to, "xmllint --noout --nonet --schema depot.xsd depot.xml");
    let depot = fs::read_to_string(to.join("depot.xml")).unwrap();
    let pages = bash(&to, "pdfinfo acte.pdf 2>/dev/null | sed -n 's/^Pages: *//p'");
    let (bundle, pv) = (fs::read(small_bundle()).unwrap(), fs::read(&drawn_up().1).unwrap());
    for part in [
        &format!("<pages>{}</pages>", pages.trim()),
        &format!("<dateLimite>{}</dateLimite>", told["deadline"].as_str().unwrap()),
        &dossier::Sha256Digest::of(&bundle).to_hex(),
        &dossier::Sha256Digest::of(&pv).to_hex(),
        &dossier::Sha512Digest::of(&bundle).to_hex(),
        "PDF/A-3b (ISO 19005-3)",
        "PDF/UA-1 (ISO 14289-1)",
        "ETSI EN 319 162-2",
        "<reference>PETIT</reference>",
        "fait=\"horodatage\"",
        "ni un système agréé",
    ] {
        assert!(depot.contains(part), "{part} is not in {depot}");
    }
    assert!(
        fs::read(to.join("annexes/PETIT.asice")).unwrap() == bundle && fs::read(to.join("acte.pdf")).unwrap() == pv
    );
    // A schema that admits anything would prove nothing.
    for (was, is) in [
        ("<pages>", "<pages>-"),
        ("role=\"annexe\"", "role=\"autre\""),
        ("<dateLimite>2", "<dateLimite>x"),
        ("  <tracabilite>", "  <intrus/><tracabilite>"),
    ] {
        assert!(depot.contains(was), "{was}");
        fs::write(to.join("faux.xml"), depot.replace(was, is)).unwrap();
        let refused = Command::new("xmllint")
            .args(["--noout", "--nonet", "--schema", "depot.xsd", "faux.xml"])
            .current_dir(&to)
            .output();
        assert!(!refused.unwrap().status.success(), "{is} is admitted");
    }
    export(&bench, &register, &to).expect_error(2, "remettre.exists");
}

#[test]
fn the_register_counts_four_months_and_keeps_the_receipt() {
    let bench = Bench::new();
    let register = bench.path("registre");
    minutier(&bench, &register, &["etat"]).expect_error(2, "minutier.no_register");
    let told = export(&bench, &register, &bench.path("depot")).expect(0).json();
    let deadline = told["deadline"].as_str().unwrap().to_owned();
    let at = |day: &str| minutier(&bench, &register, &["etat", "--a-la-date", &format!("{day}T12:00:00Z")]);
    let now = minutier(&bench, &register, &["etat"]).expect(0).json();
    assert_eq!(now["acts"][0]["state"], "due", "{now}");
    assert!(now["acts"][0]["days_left"].as_i64().unwrap() > 110 && now["findings"] == serde_json::json!([]), "{now}");
    let last = at(&deadline).expect(0).json();
    assert_eq!((&last["acts"][0]["days_left"], &last["findings"][0]["code"]), (&0.into(), &"minutier.soon".into()));
    let late = at("2099-01-01").expect(1).json();
    assert_eq!((&late["acts"][0]["state"], &late["findings"][0]["code"]), (&"late".into(), &"minutier.late".into()));
    let shown = bench
        .run(&["minutier", "etat", "--registre", text(&register), "--a-la-date", "2099-01-01T00:00:00Z"])
        .expect(1);
    assert!(shown.stdout.contains("EN RETARD") && shown.stdout.contains(&deadline), "{}", shown.stdout);

    let receipt = bench.path("récépissé du dépôt.PDF");
    fs::write(&receipt, "reçu").unwrap();
    let depose = |reference: &str, more: &[&str]| {
        minutier(&bench, &register, &[&["depose", reference, "--recepisse", text(&receipt)], more].concat())
    };
    depose("INCONNU", &[]).expect_error(2, "minutier.unknown");
    depose("PETIT", &["--le", "2099-01-01"]).expect_error(2, "minutier.date");
    depose("PETIT", &["--le", "2001-01-01"]).expect_error(2, "minutier.date");
    let done = depose("PETIT", &[]).expect(0).json();
    let kept = register.join(done["receipt"].as_str().unwrap());
    assert_eq!(fs::read(&kept).unwrap(), "reçu".as_bytes());
    assert!(kept.extension().is_some_and(|end| end == "pdf"));
    depose("PETIT", &[]).expect_error(2, "minutier.deposited");
    assert_eq!(at("2099-01-01").expect(0).json()["acts"][0]["state"], "deposited");

    let newer = bench.path("pv-2.pdf");
    fs::write(&newer, "un autre format").unwrap();
    let arguments = ["migrer", "PETIT", "--de", text(&drawn_up().1), "--vers", text(&newer), "--motif", "PDF/A-4"];
    minutier(&bench, &register, &arguments).expect(0);
    let lines = fs::read_to_string(register.join("minutier.jsonl")).unwrap();
    let acts: Vec<String> = lines
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["act"].as_str().unwrap().to_owned())
        .collect();
    let known = at("2099-01-01").expect(0).json()["acts"][0]["document_sha256"].clone();
    assert_eq!(known, dossier::Sha256Digest::of(b"un autre format").to_hex());
    assert_eq!(acts, ["created", "exported", "deposited", "migrated"]);
    assert!(lines.contains(&dossier::Sha256Digest::of(b"un autre format").to_hex()), "both digests are told: {lines}");
}

#[test]
fn a_register_that_was_changed_is_a_finding() {
    let bench = Bench::new();
    let register = bench.path("registre");
    export(&bench, &register, &bench.path("depot")).expect(0);
    let path = register.join("minutier.jsonl");
    let lines = fs::read_to_string(&path).unwrap();
    let day = lines.split("\"act_date\":\"").nth(1).unwrap().get(..10).unwrap();
    fs::write(&path, lines.replace(day, "2090-01-01")).unwrap();
    let told = minutier(&bench, &register, &["etat"]).expect(1).json();
    assert_eq!(told["findings"][0]["code"], "minutier.chain", "{told}");
    let to = bench.path("encore");
    export(&bench, &register, &to).expect_error(1, "minutier.chain");
    assert!(!to.exists(), "nothing is exported that cannot be told");
    // Cut off in the middle of a line: told, and gone on with.
    fs::write(&path, format!("{lines}{{\"act\":\"depos")).unwrap();
    let told = minutier(&bench, &register, &["etat"]).expect(0).json();
    assert_eq!(told["findings"][0]["code"], "minutier.torn", "{told}");
    export(&bench, &register, &to).expect(0);
    let told = minutier(&bench, &register, &["etat"]).expect(0).json();
    assert_eq!(
        (&told["acts"][0]["exports"], &told["findings"][0]["code"]),
        (&2.into(), &"minutier.torn".into()),
        "{told}"
    );
}

#[test]
fn two_at_once_keep_one_order() {
    let bench = Bench::new();
    let register = bench.path("registre");
    let (anchors, pv) = (world().pki.anchors_dir(), &drawn_up().1);
    let folders: Vec<PathBuf> = (0..6).map(|n| bench.path(&format!("depot-{n}"))).collect();
    let started: Vec<_> = folders
        .iter()
        .map(|to| {
            bench.start(&[
                "--json",
                "minutier",
                "exporter",
                text(small_bundle()),
                text(pv),
                "--sortie",
                text(to),
                "--ancres",
                text(&anchors),
                "--registre",
                text(&register),
            ])
        })
        .collect();
    for child in started {
        Answer::from(child.wait_with_output().unwrap()).expect(0);
    }
    let told = minutier(&bench, &register, &["etat"]).expect(0).json();
    assert_eq!((told["acts"].as_array().unwrap().len(), &told["acts"][0]["exports"]), (1, &6.into()), "{told}");
    assert_eq!(told["findings"], serde_json::json!([]), "{told}");
    assert!(folders.iter().all(|to| to.join("depot.xml").is_file()));
}

#[test]
fn what_does_not_agree_is_not_entered() {
    let bench = Bench::new();
    let (register, anchors) = (bench.path("registre"), world().pki.anchors_dir());
    let (empty, other) = (bench.path("sans-racines"), bench.path("autre.pdf"));
    fs::create_dir(&empty).unwrap();
    fs::write(&other, "pas un PDF").unwrap();
    let (bundle, pv) = (text(small_bundle()), text(&drawn_up().1));
    let enter =
        |pv: &str, anchors: &Path| minutier(&bench, &register, &["inscrire", bundle, pv, "--ancres", text(anchors)]);
    enter(text(&other), &anchors).expect_error(1, "minutier.pv");
    enter(pv, &empty).expect_error(4, "minutier.not_valid");
    assert!(!register.exists(), "nothing was begun");
    enter(pv, &anchors).expect(0);
    enter(pv, &anchors).expect_error(2, "minutier.known");
    // Octets that follow it and are no signature.
    let more = bench.path("pv-suivi.pdf");
    let mut octets = fs::read(pv).unwrap();
    octets.extend_from_slice(b"\n% de plus\n");
    fs::write(&more, octets).unwrap();
    enter(text(&more), &anchors).expect_error(1, "minutier.pv");
    // The same reference for another document: drawn up again, at another time.
    let again = bench.path("pv-autre.pdf");
    bench.run(&["rediger", bundle, "--sortie", text(&again), "--ancres", text(&anchors)]).expect(0);
    enter(text(&again), &anchors).expect_error(2, "minutier.other_act");
}
