//! From an attended session to the act: a project as long as a check refuses it, a draft to fill in, the act, and the
//! verifier that draws it up again.
use std::fs;

use super::attended::{OWN, QUESTION, attend};
use super::support::{Bench, text, world};

/// A session attended to its end.
fn attended(bench: &Bench, reference: &str) -> std::path::PathBuf {
    let mut desk = attend(bench, reference, None);
    for _ in 0..2 {
        desk.until(QUESTION);
        desk.type_line("o\n");
        desk.until(OWN);
        desk.type_line("\n");
    }
    let (code, rest) = desk.end();
    assert_eq!(code, 0, "{rest}");
    bench.bundle(reference)
}

/// Every value that waits gets one, and the parts that stand as comments are written.
fn filled(draft: &str) -> String {
    let more = "[requerant]\ntype = \"morale\"\ndenomination = \"Atelier Essai\"\nforme = \"société par actions simplifiée\"\n\
                siege = \"1 rue de l'Essai, Paris\"\nrepresentant = \"son président, M. Jean Essai\"\nsiren = \"732829320\"\n\
                [cout]\nhonoraires_ht_centimes = 35000\nfrais_ht_centimes = 0\n";
    format!(
        "{}\n{more}",
        draft.replace(" = \"\"\n", " = \"Indication d'essai.\"\n").replace("lieu = \"\"", "lieu = \"Paris\"")
    )
}

#[test]
fn from_a_project_to_the_act_that_the_verifier_draws_up_again() {
    let bench = Bench::measuring();
    let officer = world().pki.officer("commissaire");
    bench.configure(&format!(
        "[signature.essai]\nnom = \"Camille Essai\"\nrole = \"commissaire\"\ncle = {:?}\ncertificats = {:?}\n",
        officer.key, officer.chain
    ));
    let bundle = attended(&bench, "ACTE");
    let (pv, draft) = (bench.path("acte.pdf"), bench.path("acte.toml"));
    let anchors = world().pki.anchors_dir();
    let draw = |more: &[&str]| {
        let all = [&["--json", "rediger", text(&bundle), "--ancres", text(&anchors)][..], more].concat();
        bench.run(&all)
    };
    // The checks alone, then a project: marked, and never final.
    assert_eq!(draw(&[]).expect(1).json()["etat"], "refuse");
    let project = draw(&["--sortie", text(&pv)]).expect(0).json();
    assert_eq!(project["etat"], "projet");
    assert!(printed(&pv).contains("PROJET — non définitif".to_uppercase().as_str()), "{}", printed(&pv));
    bench.run(&["signer", text(&pv)]).expect_error(1, "signer.project");
    fs::remove_file(&pv).unwrap();
    draw(&["--sortie", text(&pv), "--definitif"]).expect_error(1, "rediger.refused");
    assert!(!pv.exists(), "nothing is written when the act is refused");

    draw(&["--brouillon", text(&draft)]).expect(0);
    draw(&["--brouillon", text(&draft)]).expect_error(2, "rediger.draft_exists");
    let empty = fs::read_to_string(&draft).unwrap();
    draw(&["--complements", text(&draft), "--sortie", text(&pv)]).expect(0);
    fs::write(&draft, filled(&empty)).unwrap();
    let act = draw(&["--complements", text(&draft), "--sortie", text(&pv), "--definitif"]).expect(0).json();
    assert_eq!(act["etat"], "definitif", "{act}");
    assert!(!printed(&pv).contains("PROJET"), "{}", printed(&pv));
    let refusing = act["checks"].as_array().unwrap().iter().filter(|check| check["etat"] == "ecart");
    assert_eq!(refusing.map(|check| check["id"].as_str().unwrap()).collect::<Vec<_>>(), ["CHK-35"], "{act}");
    // Each draft used is kept, and the same one is kept once.
    draw(&["--complements", text(&draft), "--sortie", text(&pv), "--definitif"]).expect(0);
    let versions = |n: &str| fs::read_to_string(bench.path("acte.toml.versions").join(n));
    assert_eq!((versions("0001.toml").unwrap(), versions("0002.toml").unwrap()), (empty.clone(), filled(&empty)));
    assert!(versions("0003.toml").is_err());

    // A courtesy translation is neither final nor signed.
    let english = bench.path("act-en.pdf");
    draw(&["--complements", text(&draft), "--sortie", text(&english), "--langue", "en", "--definitif"])
        .expect_error(2, "rediger.translation");
    let told = draw(&["--complements", text(&draft), "--sortie", text(&english), "--langue", "en"]).expect(0).json();
    assert_eq!((&told["etat"], &told["langue"]), (&"traduction".into(), &"en".into()), "{told}");
    assert!(printed(&english).contains("COURTESY TRANSLATION"), "{}", printed(&english));
    bench.run(&["signer", text(&english)]).expect_error(1, "signer.translation");

    let verified =
        |pv: &std::path::Path| bench.run(&["--json", "verifier", text(&bundle), text(pv), "--ancres", text(&anchors)]);
    let told = verified(&pv).expect(0).json();
    let agrees = told["findings"].as_array().unwrap().iter().find(|f| f["code"] == "pv.agrees").unwrap();
    assert!(agrees["what"].as_str().unwrap().contains("octet pour octet"), "{agrees}");
    assert!(told["findings"].as_array().unwrap().iter().any(|f| f["code"] == "pv.unsigned"), "{told}");
    a_signature_stands_after_the_act(&bench, (&bundle, &pv));
    // One octet of it, anywhere.
    let octets = fs::read(&pv).unwrap();
    for at in [40, octets.len() / 3, octets.len() / 2, octets.len() - 60] {
        let mut other = octets.clone();
        other[at] ^= 4;
        let changed = bench.path("autre.pdf");
        fs::write(&changed, &other).unwrap();
        let told = verified(&changed);
        assert!([1, 4].contains(&told.code), "octet {at}: {}", told.stdout);
    }
}

/// Signed, it is the same act; what follows it without being a signature is found.
fn a_signature_stands_after_the_act(bench: &Bench, (bundle, pv): (&std::path::Path, &std::path::Path)) {
    let anchors = world().pki.anchors_dir();
    let verified =
        |pv: &std::path::Path| bench.run(&["--json", "verifier", text(bundle), text(pv), "--ancres", text(&anchors)]);
    let signed = bench.path("signe.pdf");
    bench.run(&["signer", text(pv), "--sortie", text(&signed), "--visible", "fin,20,200,80,25"]).expect(0);
    let told = verified(&signed).expect(0).json();
    let of = |code: &str| told["findings"].as_array().unwrap().iter().find(|f| f["code"] == code).cloned();
    assert!(of("pv.agrees").unwrap()["what"].as_str().unwrap().contains("octets de signature"), "{told}");
    assert!(of("pv.unsigned").is_none(), "{told}");
    let signature = &told["pv"]["signatures"][0];
    assert_eq!((&signature["field"], &signature["holds"]), (&"commissaire".into(), &true.into()), "{signature}");
    // Anything after it that is no signature, and any octet of it.
    let mut more = fs::read(&signed).unwrap();
    more.extend(b"\n% rien\n");
    fs::write(&signed, &more).unwrap();
    verified(&signed).expect(1);
    let mut more = fs::read(pv).unwrap();
    more.extend(b"\n% rien\n");
    fs::write(&signed, &more).unwrap();
    let told = verified(&signed).expect(1).json();
    assert!(told["findings"].as_array().unwrap().iter().any(|f| f["code"] == "pv.appended"), "{told}");
}

/// What a reader reads, blanks as one space.
fn printed(pv: &std::path::Path) -> String {
    let output = std::process::Command::new("pdftotext").arg(pv).arg("-").output().unwrap();
    String::from_utf8_lossy(&output.stdout).split_whitespace().collect::<Vec<_>>().join(" ")
}
