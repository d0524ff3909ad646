//! A courtesy translation: drawn from the same facts, marked on every page, never signed, and never taken for the act.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]
#[path = "common/reading.rs"]
mod reading;
#[path = "common/synthetic.rs"]
mod synthetic;

use dossier::{Finding, Level, SessionState};
use lopdf::Document;
use report::{Langue, Presentation, check_pv, checks, confront};
use serde_json::Value;
use synthetic::{Drawn, Plan, Synthetic, draft, synthetic};

const MARK: &str = "Courtesy translation — the French text alone is the act";
const MARK_OF_A_RELEVE: &str = "Courtesy translation — the French text alone is the original, and neither is an act";

fn releve() -> Plan {
    Plan {
        attended: false,
        essai: true,
        timestamped: false,
        parties: false,
        state: SessionState::Interrupted,
        ..Plan::default()
    }
}

fn is_marked(act: &Drawn, mark: &str) {
    let text = reading::text(&act.pdf);
    let pages: Vec<&str> = text.split_terminator('\u{c}').collect();
    assert_eq!(pages.len(), act.pages as usize);
    for (n, page) in (1..).zip(pages) {
        let page = page.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(page.contains(mark), "page {n}: {page}");
        assert!(page.contains("TRANSLATION — NO ACT"), "page {n}: {page}");
        assert!(page.contains(&format!("page {n} of {}", act.pages)), "page {n}: {page}");
    }
}

#[test]
fn every_page_and_the_title_say_that_it_is_no_act() {
    let act = synthetic(&Plan::default()).translated(Some(&draft())).unwrap();
    is_marked(&act, MARK);
    assert!(act.title.starts_with("COURTESY TRANSLATION OF A PROCÈS-VERBAL DE CONSTAT"), "{}", act.title);
    let text = reading::flat(&act.pdf);
    for said in [
        "courtesy translation: the French text alone is the act",
        "It is no act and is not signed; should the two differ, the French text prevails.",
        "Words of the journal are reproduced in French",
        "Not signed: this is a courtesy translation.",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert!(!text.contains("Qualified electronic signature"), "there is no place to sign");
    let mut free = draft();
    free.profil = report::Profil::Libre;
    is_marked(&synthetic(&Plan::default()).translated(Some(&free)).unwrap(), MARK);
}

#[test]
fn a_releve_technique_is_marked_likewise() {
    let act = synthetic(&releve()).translated(None).unwrap();
    is_marked(&act, MARK_OF_A_RELEVE);
    assert_eq!(act.title, "COURTESY TRANSLATION OF A RELEVÉ TECHNIQUE");
    assert!(reading::flat(&act.pdf).contains("THIS DOCUMENT IS NOT A PROCÈS-VERBAL DE CONSTAT"));
}

#[test]
fn the_file_is_declared_english_and_its_record_says_the_language() {
    let made = synthetic(&Plan::default());
    let (french, english) = (made.draw_up(Some(&draft())).unwrap(), made.translated(Some(&draft())).unwrap());
    let language = |pdf: &[u8]| {
        let document = Document::load_mem(pdf).unwrap();
        let told = document.catalog().unwrap().get(b"Lang").unwrap().as_str().unwrap().to_vec();
        String::from_utf8(told).unwrap()
    };
    assert_eq!([language(&french.pdf), language(&english.pdf)], ["fr-FR", "en-GB"]);
    let record = |pdf: &[u8]| -> Value { serde_json::from_slice(&reading::attachment(pdf, "redaction.json")).unwrap() };
    assert_eq!(record(&english.pdf)["langue"], "en");
    // The record of an act stays what it was before there were translations.
    assert!(record(&french.pdf).get("langue").is_none());
}

#[test]
fn numbers_quotations_and_hours_are_english_and_evidence_stays_french() {
    let text = reading::flat(&synthetic(&Plan::default()).translated(Some(&draft())).unwrap().pdf);
    for said in [
        "ON THE TWENTY-FIRST OF NOVEMBER TWO THOUSAND AND TWENTY-SIX, AT TEN HOURS TWELVE MINUTES, French legal time (UTC+1)",
        "21 November 2026 at 10:12:03 (UTC+1)",
        "33,554,432,000 bytes",
        "+0.012 s",
        "€350.00",
        "1,280 × 4,200 pixels",
        "“Atelier Lumière — Lampes d'architecte”",
        "fr-FR; fr",
        "two (2) captures and nine (9) annexes",
        "in accordance with the recommendations of standard NF Z67-147, with the deviations listed below",
        "IP address: not met, proxy server: met",
        "Clock compared at the beginning and at the end",
        "No VPN, tunnel or relay",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    for evidence in
        ["Je prends une capture de la page affichée.", "Une requête était encore en cours à la fin du chargement."]
    {
        assert!(text.contains(evidence), "{evidence}");
    }
    assert!(
        !text.contains('«') || text.matches('«').count() == 3,
        "only the words of the journal, of a check and of the draft: {text}"
    );
}

#[test]
fn a_translation_tells_the_same_claims_from_the_same_lines() {
    let made = synthetic(&Plan::default());
    let claims = |pdf: &[u8]| -> Vec<Value> {
        let list: Value = serde_json::from_slice(&reading::attachment(pdf, "affirmations.json")).unwrap();
        list["affirmations"].as_array().unwrap().clone()
    };
    let french = claims(&made.draw_up(Some(&draft())).unwrap().pdf);
    let english = claims(&made.translated(Some(&draft())).unwrap().pdf);
    let from = |claims: &[Value]| -> Vec<Value> {
        let lines = claims.iter().filter(|claim| claim.get("journal").is_some());
        lines.map(|claim| serde_json::json!([claim["journal"], claim["pieces"], claim["citations"]])).collect()
    };
    assert!(from(&french).len() > 40);
    assert_eq!(from(&french), from(&english));
}

#[test]
fn the_checks_are_those_of_the_act() {
    let made = synthetic(&Plan::default());
    let shipped = Presentation::shipped().unwrap();
    let of = |langue| made.in_language(Some(&draft()), langue, |input| checks(input, &shipped).unwrap());
    assert_eq!(of(Langue::Fr), of(Langue::En));
    let (french, english) = (made.draw_up(Some(&draft())).unwrap(), made.translated(Some(&draft())).unwrap());
    assert_eq!((&french.checks, french.gaps, french.captures), (&english.checks, english.gaps, english.captures));
}

fn confronted(made: &Synthetic, pdf: &[u8]) -> Vec<Finding> {
    let known = Presentation::shipped().unwrap();
    made.with_input(None, |input| confront(pdf, input, &known).findings)
}

#[test]
fn the_verifier_draws_it_up_again_and_never_takes_it_for_the_act() {
    for (plan, draft) in [(Plan::default(), Some(draft())), (releve(), None)] {
        let made = synthetic(&plan);
        let pdf = made.translated(draft.as_ref()).unwrap().pdf;
        let findings = confronted(&made, &pdf);
        assert!(findings.iter().all(|f| f.level < Level::Indeterminate), "{findings:#?}");
        let told = findings.iter().find(|f| f.code == "pv.translation").unwrap();
        assert!(told.what.contains("octet pour octet") && told.what.contains("pas l'acte"), "{told:?}");
        assert!(!findings.iter().any(|f| f.code == "pv.agrees"), "{findings:#?}");
    }
}

#[test]
fn a_translation_whose_words_were_changed_is_found_out() {
    let made = synthetic(&Plan::default());
    let pdf = made.translated(Some(&draft())).unwrap().pdf;
    // Another dossier, and another line of the record: the language it was drawn up in.
    let other = synthetic(&Plan { start: "2026-11-22T09:12:03.045Z", ..Plan::default() });
    assert!(confronted(&other, &pdf).iter().any(|f| f.level == Level::Fail));
    let mut document = Document::load_mem(&pdf).unwrap();
    let mut changed = 0;
    for object in document.objects.values_mut() {
        let Ok(stream) = object.as_stream_mut() else { continue };
        let Ok(plain) = stream.get_plain_content() else { continue };
        let Ok(text) = String::from_utf8(plain) else { continue };
        if text.contains("\"langue\": \"en\"") {
            stream.set_plain_content(text.replace("\"langue\": \"en\"", "\"langue\": \"fr\"").into_bytes());
            changed += 1;
        }
    }
    assert_eq!(changed, 1);
    let mut out = Vec::new();
    document.save_to(&mut out).unwrap();
    let findings = confronted(&made, &out);
    assert!(findings.iter().any(|f| f.code == "pv.page_text" && f.level == Level::Fail), "{findings:#?}");
}

#[test]
fn a_copy_is_told_of_a_translation_too() {
    let made = synthetic(&Plan::default());
    let manifest = dossier::Sha256Digest::of(&dossier::to_canonical(&made.manifest).unwrap());
    let codes = |pdf: &[u8]| -> Vec<String> {
        check_pv(pdf, manifest, made.bundle.sha256).into_iter().map(|finding| finding.code).collect()
    };
    assert_eq!(codes(&made.draw_up(Some(&draft())).unwrap().pdf), ["pv.agrees"]);
    assert_eq!(codes(&made.translated(Some(&draft())).unwrap().pdf), ["pv.translation"]);
}

#[test]
fn an_office_translates_its_own_sentences_or_none_is_drawn_up() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("acte.toml"), "[officier]\ntitre = \"OBÉISSANT\"\n").unwrap();
    let own = Presentation::with_folder(folder.path()).unwrap();
    let made = synthetic(&Plan::default());
    let draw = |own: &Presentation| {
        let mut pdf = Vec::new();
        made.in_language(Some(&draft()), Langue::En, |input| report::draw_up_with(input, own, &mut pdf)).map(|_| pdf)
    };
    assert_eq!(draw(&own).unwrap_err().code(), "report.presentation");
    std::fs::create_dir(folder.path().join("en")).unwrap();
    std::fs::write(folder.path().join("en/acte.toml"), "[officier]\ntitre = \"OBEYING\"\n").unwrap();
    let pdf = draw(&Presentation::with_folder(folder.path()).unwrap()).unwrap();
    assert!(reading::flat(&pdf).contains("OBEYING"));
    // Sentences are data: a reader without the folder draws it up again.
    let findings = confronted(&made, &pdf);
    assert!(findings.iter().any(|f| f.code == "pv.translation"), "{findings:#?}");
}
