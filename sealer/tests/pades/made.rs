//! What is made: levels, several signatures, visible ones, refusals; and what public tools say of it.
use std::path::Path;

use sealer::pades::{CertificateState, RevisionKind};
use sealer::{SealLevel, Verdict};

use crate::bench::{Bench, How, shared, software};
use crate::pdfs::{appended, classic, last_table, objects, streamed};
use crate::sample::{codes, run};

#[test]
fn every_level_on_both_forms_of_files() {
    let bench = shared();
    for (form, input) in [("table", classic(&objects())), ("flux", streamed(&objects()))] {
        for level in [SealLevel::BasicSignature, SealLevel::Timestamped, SealLevel::LongTerm, SealLevel::Archived] {
            let signed = bench.sign(&input, &How { level, ..How::default() }).unwrap_or_else(|e| panic!("{form}: {e}"));
            assert!(signed.octets.starts_with(&input), "{form}: the original octets are a prefix");
            let checked = bench.verify(&signed.octets);
            let facts = &checked.signatures[0];
            assert_eq!(facts.level, level, "{form}: {:#?}", checked.findings);
            assert_eq!(signed.level, level);
            assert!(facts.holds && facts.certification == Some(2), "{form}");
            assert_eq!(checked.signed_prefix_len, Some(input.len() as u64), "{form}");
            assert_eq!(checked.revisions[0].len, input.len() as u64);
            let complete = level >= SealLevel::LongTerm;
            assert_eq!(
                checked.verdict,
                if complete { Verdict::Pass } else { Verdict::Indeterminate },
                "{form} {level:?}: {:#?}",
                checked.findings
            );
            if complete {
                assert_eq!(facts.certificate, CertificateState::Good);
                assert_eq!(checked.revisions.len(), if level == SealLevel::Archived { 4 } else { 3 }, "{form}");
                assert_eq!(checked.stamps.len(), usize::from(level == SealLevel::Archived));
            }
            judged(&signed.octets, form);
        }
    }
}

/// qpdf and poppler read it, and poppler finds the signature whole.
fn judged(octets: &[u8], form: &str) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("pv.pdf"), octets).unwrap();
    let said = run("qpdf", &["--check", "pv.pdf"], folder.path());
    assert!(said.contains("No syntax or stream encoding errors"), "{form}: {said}");
    let said = run("pdfsig", &["-nocert", "pv.pdf"], folder.path());
    assert!(said.contains("Signature is Valid") && said.contains("ETSI.CAdES.detached"), "{form}: {said}");
}

#[test]
fn two_officers_sign_and_the_first_certifies() {
    let bench = shared();
    let place = |top| Some([100.0, top, 80.0, 25.0]);
    let how = How { visible: place(200.0), level: SealLevel::Archived, ..How::default() };
    let first = bench.sign(&classic(&objects()), &how).unwrap();
    let how = How { role: "commissaire", visible: place(240.0), level: SealLevel::Archived, ..How::default() };
    let both = bench.sign(&first.octets, &how).unwrap();
    let checked = bench.verify(&both.octets);
    assert_eq!(checked.verdict, Verdict::Pass, "{:#?}", checked.findings);
    let names: Vec<_> = checked.signatures.iter().map(|s| (s.field.as_str(), s.certification, s.level)).collect();
    assert_eq!(names, [("clerc", Some(2), SealLevel::Archived), ("commissaire", None, SealLevel::Archived)]);
    assert!(codes(&checked.findings).contains(&"pv.sig.overlay"), "a visible countersignature is told");
    assert_eq!(checked.signatures[0].location.as_deref(), Some("Évreux"));
    let error = bench.sign(&both.octets, &how).unwrap_err();
    assert_eq!(error.code(), "pades.taken");
    judged(&both.octets, "deux");
}

#[test]
fn a_place_is_kept_for_the_second_officer() {
    let bench = shared();
    let place = |top| sealer::pades::Place { page: 2, rect_mm: [100.0, top, 80.0, 25.0] };
    let how = How {
        visible: Some([20.0, 240.0, 75.0, 25.0]),
        reserve: vec![("commissaire".into(), place(240.0))],
        level: SealLevel::LongTerm,
        ..How::default()
    };
    let first = bench.sign(&streamed(&objects()), &how).unwrap();
    assert_eq!(first.report.signatures.len(), 1);
    let how = How { role: "commissaire", level: SealLevel::LongTerm, ..How::default() };
    let both = bench.sign(&first.octets, &how).unwrap();
    let checked = bench.verify(&both.octets);
    assert_eq!(checked.verdict, Verdict::Pass, "{:#?}", checked.findings);
    assert!(!codes(&checked.findings).contains(&"pv.sig.overlay"), "what the first officer kept needs no word");
    judged(&both.octets, "place gardée");
    // A place is not kept twice, nor by a later signature, nor under a final one.
    let keep =
        |role: &str, last| How { role: "tiers", reserve: vec![(role.into(), place(10.0))], last, ..How::default() };
    assert_eq!(bench.sign(&first.octets, &keep("commissaire", false)).unwrap_err().code(), "pades.taken");
    assert_eq!(bench.sign(&first.octets, &keep("autre", false)).unwrap_err().code(), "pades.rectangle");
    assert_eq!(bench.sign(&classic(&objects()), &keep("autre", true)).unwrap_err().code(), "pades.rectangle");
}

#[test]
fn a_final_signature_admits_no_other() {
    let bench = shared();
    let last = bench.sign(&classic(&objects()), &How { last: true, ..How::default() }).unwrap();
    assert_eq!(last.report.signatures[0].certification, Some(1));
    let error = bench.sign(&last.octets, &How { role: "commissaire", ..How::default() }).unwrap_err();
    assert_eq!(error.code(), "pades.final");
    // Completing it is admitted: nothing of the document changes.
    let more = bench.extend(&last.octets, SealLevel::Archived).unwrap();
    assert_eq!(more.level, SealLevel::Archived);
    assert_eq!(bench.verify(&more.octets).verdict, Verdict::Pass);
}

#[test]
fn a_signature_is_completed_again_and_again() {
    let bench = shared();
    let mut octets = bench.sign(&streamed(&objects()), &How { online: false, ..How::default() }).unwrap().octets;
    for round in 1..=3 {
        let more = bench.extend(&octets, SealLevel::Archived).unwrap_or_else(|e| panic!("{round}: {e}"));
        assert!(more.octets.starts_with(&octets));
        octets = more.octets;
        let checked = bench.verify(&octets);
        assert_eq!((checked.verdict, checked.stamps.len()), (Verdict::Pass, round), "{:#?}", checked.findings);
        assert_eq!(checked.signatures[0].level, SealLevel::Archived);
    }
    judged(&octets, "prolongé");
    let kinds: Vec<_> = bench.verify(&octets).revisions.iter().map(|r| r.kind).collect();
    assert_eq!(
        kinds[..4],
        [RevisionKind::Document, RevisionKind::Signature, RevisionKind::Store, RevisionKind::Timestamp]
    );
}

#[test]
fn without_an_authority_the_level_is_lower_and_it_is_said() {
    let bench = shared();
    let means = bench.means(&[], &sealer::Offline);
    let signer = bench.signer();
    let request = sealer::pades::PadesRequest {
        role: "clerc",
        signer: &signer,
        level: SealLevel::Archived,
        place: None,
        look: None,
        reserve: &[],
        name: None,
        reason: None,
        location: None,
        last: false,
        means,
    };
    let signed = sealer::pades::sign(&classic(&objects()), &request).unwrap();
    assert_eq!(signed.level, SealLevel::BasicSignature);
    assert!(signed.missing.iter().any(|why| why.contains("aucune autorité")), "{:?}", signed.missing);
    assert!(codes(&signed.report.findings).contains(&"pv.sig.time_absent"));
    // A document timestamp proves it later.
    let more = bench.extend(&signed.octets, SealLevel::Archived).unwrap();
    assert_eq!(more.level, SealLevel::Archived, "{:#?}", more.report.findings);
}

#[test]
fn what_is_not_signed() {
    let bench = shared();
    let refused = |input: &[u8]| bench.sign(input, &How::default()).unwrap_err().code();
    let plain = classic(&objects());
    assert_eq!(refused(b"ceci n'est pas un PDF"), "pades.not_pdf");
    assert_eq!(refused(&plain[..plain.len() - 40]), "pades.broken");
    let with = |number: u32, body: &str| {
        let mut all = objects();
        all[number as usize - 1].1 = body.to_owned();
        classic(&all)
    };
    let catalog = |more: &str| with(1, &objects()[0].1.replace(">> /Lang", &format!(">> {more} /Lang")));
    assert_eq!(refused(&catalog("/OpenAction <</S /JavaScript /JS (app.alert\\(1\\))>>")), "pades.active");
    assert_eq!(refused(&catalog("/OpenAction <</S /Launch /F (x)>>")), "pades.active");
    assert_eq!(refused(&catalog("/AcroForm <</Fields [] /XFA (x)>>")), "pades.active");
    let text = String::from_utf8_lossy(&plain).into_owned();
    let encrypted: Vec<u8> = [
        &b"%PDF-1.7\n%\x80\x80\x80\x80\n"[..],
        text.split_once("1 0 obj")
            .map(|(_, rest)| format!("1 0 obj{rest}"))
            .unwrap()
            .replace("/Root 1 0 R", "/Encrypt 14 0 R /Root 1 0 R")
            .as_bytes(),
    ]
    .concat();
    assert_eq!(refused(&encrypted), "pades.encrypted");
    let page = |page| How { visible: Some(page), ..How::default() };
    for wrong in [[0.0, 0.0, 1.0, 1.0], [200.0, 10.0, 50.0, 20.0], [f64::NAN, 0.0, 50.0, 20.0], [-1.0, 0.0, 50.0, 20.0]]
    {
        assert_eq!(bench.sign(&plain, &page(wrong)).unwrap_err().code(), "pades.rectangle", "{wrong:?}");
    }
    assert_eq!(bench.sign(&plain, &How { role: "le clerc", ..How::default() }).unwrap_err().code(), "pades.role");
    assert_eq!(bench.extend(&plain, SealLevel::LongTerm).unwrap_err().code(), "pades.not_signed");
    let expired = software(&bench.pki.expired_signer());
    assert_eq!(bench.sign_by(&plain, &How::default(), &expired).unwrap_err().code(), "seal.certificate_out_of_date");
    // A document whose signature was spoilt is not signed again.
    let signed = bench.sign(&plain, &How::default()).unwrap().octets;
    let spoilt = appended(&signed, &[(5, "<</Length 1>>\nstream\nx\nendstream".into())]);
    assert_eq!(
        bench.sign(&spoilt, &How { role: "commissaire", ..How::default() }).unwrap_err().code(),
        "pades.refused"
    );
}

#[test]
fn a_certificate_revoked_before_its_token_fails() {
    let bench = Bench::new();
    let revoked = software(&bench.pki.revoked_signer());
    let plain = classic(&objects());
    let error = bench.sign_by(&plain, &How { level: SealLevel::LongTerm, ..How::default() }, &revoked).unwrap_err();
    assert_eq!(error.code(), "pades.self_check", "{error}");
    assert!(error.to_string().contains("pv.sig.revoked"), "{error}");
    // Without its state nothing is known of it, and the verdict says so.
    let signed = bench.sign_by(&plain, &How { online: false, ..How::default() }, &revoked).unwrap();
    assert_eq!(bench.verify(&signed.octets).verdict, Verdict::Indeterminate);
}

#[test]
fn a_certificate_revoked_later_stays_good() {
    let bench = Bench::new();
    let signed = bench.sign(&classic(&objects()), &How::default()).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(1500));
    bench.pki.revoke("sceau", "cessationOfOperation").unwrap();
    let more = bench.extend(&signed.octets, SealLevel::LongTerm).unwrap();
    let checked = bench.verify(&more.octets);
    assert_eq!(checked.verdict, Verdict::Pass, "{:#?}", checked.findings);
    assert!(codes(&checked.findings).contains(&"pv.sig.revoked_later"));
}

#[test]
fn a_timestamp_certificate_does_not_sign_documents() {
    // The rules of the seal: a certificate of an authority is no signer's, nor the other way round.
    let bench = shared();
    let issuing = bench.pki.dir();
    let key = std::fs::read_to_string(issuing.join("emettrice.key.pem")).unwrap();
    let chain = std::fs::read(issuing.join("emettrice.pem")).unwrap();
    let authority = sealer::SoftwareSigner::from_pem(&key, &chain).unwrap();
    let error = bench.sign_by(&classic(&objects()), &How::default(), &authority).unwrap_err();
    assert!(error.to_string().contains("pv.sig.chain"), "{error}");
}

#[test]
fn from_file_to_file() {
    let bench = shared();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("pv.pdf"), classic(&objects())).unwrap();
    let signer = bench.signer();
    let authorities: [&dyn sealer::TimestampAuthority; 1] = [&bench.one.client];
    let request = |role| sealer::pades::PadesRequest {
        role,
        signer: &signer,
        level: SealLevel::Timestamped,
        place: None,
        look: None,
        reserve: &[],
        name: None,
        reason: None,
        location: None,
        last: false,
        means: bench.means(&authorities, &sealer::Offline),
    };
    let signed = sealer::pades::sign_file(&path("pv.pdf"), &path("signe.pdf"), &request("clerc")).unwrap();
    assert_eq!(std::fs::read(path("pv.pdf")).unwrap(), classic(&objects()), "the input is as it was");
    assert_eq!(std::fs::read(path("signe.pdf")).unwrap(), signed.octets);
    let before = std::fs::read(path("signe.pdf")).unwrap();
    assert!(sealer::pades::sign_file(&path("signe.pdf"), &path("signe.pdf"), &request("clerc")).is_err());
    assert_eq!(std::fs::read(path("signe.pdf")).unwrap(), before);
    let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "nothing unfinished is left: {names:?}");
    assert!(Path::new(&path("signe.pdf")).is_file());
}

#[test]
fn a_mixed_chain_and_a_hybrid_table_are_followed() {
    let bench = shared();
    let title = (13, "<</Title (Essai, relu) /CreationDate (D:20261121100000Z)>>".to_owned());
    let mixed = appended(&streamed(&objects()), std::slice::from_ref(&title));
    // An object that only the stream beside the table shows.
    let base = classic(&objects());
    let mut hybrid = base.clone();
    let object = hybrid.len();
    hybrid.extend_from_slice(format!("13 0 obj\n{}\nendobj\n", title.1).as_bytes());
    let stream = hybrid.len();
    let row = [&[1_u8][..], &(object as u32).to_be_bytes(), &[0]].concat();
    hybrid.extend_from_slice(
        b"40 0 obj\n<</Type /XRef /Size 41 /W [1 4 1] /Index [13 1] /Root 1 0 R /Info 13 0 R /Length 6>>\nstream\n",
    );
    hybrid.extend_from_slice(&row);
    hybrid.extend_from_slice(b"\nendstream\nendobj\n");
    let (at, prev) = (hybrid.len(), last_table(&base));
    let id = "/ID [<00112233445566778899aabbccddeeff> <00112233445566778899aabbccddeeff>]";
    let end = format!(
        "xref\n0 1\n0000000000 65535 f \ntrailer\n<</Size 41 /Root 1 0 R /Info 13 0 R {id} /Prev {prev} /XRefStm \
         {stream}>>\nstartxref\n{at}\n%%EOF\n"
    );
    hybrid.extend_from_slice(end.as_bytes());
    for (form, input, code) in [("mixte", mixed, "pv.sig.before"), ("hybride", hybrid, "pv.sig.hybrid")] {
        let how = How { level: SealLevel::Archived, ..How::default() };
        let signed = bench.sign(&input, &how).unwrap_or_else(|e| panic!("{form}: {e}"));
        let checked = bench.verify(&signed.octets);
        assert_eq!((checked.verdict, signed.level), (Verdict::Pass, SealLevel::Archived), "{form}");
        assert!(codes(&checked.findings).contains(&code), "{form}: {:#?}", checked.findings);
        judged(&signed.octets, form);
    }
}
