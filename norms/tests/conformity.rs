//! The loop over journals made by hand: what is met, what is not, and why; nothing is met without a measured line.
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the failure")]
#[path = "support/journal.rs"]
mod support;

use dossier::{Outcome, op};
use norms::{Conformity, Norm, StatusKind, check};
use proptest::prelude::*;
use serde_json::{Value, json};
use support::{Line, full, journal, telephone};

fn run(lines: &[Line]) -> Conformity {
    check(&Norm::nf_z67_147().unwrap(), &journal(lines), None)
}

fn kind(result: &Conformity, id: &str) -> StatusKind {
    result.row(id).unwrap().status.kind()
}

fn reason(result: &Conformity, id: &str) -> String {
    result.row(id).unwrap().status.reason().unwrap_or("").to_owned()
}

/// The full session with the lines of one operation changed.
fn with(change: impl Fn(&mut Line)) -> Vec<Line> {
    let mut lines = full();
    lines.iter_mut().for_each(change);
    lines
}

fn ids(result: &Conformity, wanted: StatusKind) -> Vec<&str> {
    result.rows.iter().filter(|r| r.status.kind() == wanted).map(|r| &r.id.as_str()["Z67-".len()..]).collect()
}

#[test]
fn an_empty_journal_meets_nothing_and_excuses_nothing() {
    let result = run(&[]);
    assert_eq!(result.counts.not_met, 71);
    assert_eq!(result.counts.total, 71);
    assert!(result.rows.iter().all(|r| r.status.reason().is_some_and(|why| !why.is_empty())));
}

#[test]
fn a_full_session_stands_as_expected_row_by_row() {
    let result = run(&full());
    let met = [
        "ORG-02", "ORG-06", "PRE-01", "PRE-02", "PRE-03", "PRE-04", "PRE-05", "PRE-06", "PRE-07", "PRE-08", "PRE-09",
        "PRE-10", "PRE-11", "PRE-12", "PRE-13", "PRE-14", "PRE-15", "OPS-01", "OPS-02", "OPS-03", "OPS-04", "OPS-05",
        "OPS-06", "OPS-07", "OPS-08", "OPS-09", "OPS-10", "OPS-11", "OPS-12", "OPS-13", "OPS-14", "OPS-15", "OPS-16",
        "OPS-17", "OPS-19", "OPS-20", "NAV-01", "NAV-02", "NAV-03", "NAV-04", "NAV-07", "NAV-08", "NAV-09", "CAP-01",
        "CAP-02", "CAP-03", "CAP-04", "CAP-07", "CAP-08", "CAP-10", "FIN-01", "FIN-03", "FIN-04",
    ];
    assert_eq!(ids(&result, StatusKind::Met), met);
    assert_eq!(ids(&result, StatusKind::Declared), ["ORG-01", "ORG-03", "ORG-04", "PRE-16"]);
    assert_eq!(ids(&result, StatusKind::Deviation), [""; 0]);
    let without = ["OPS-18", "NAV-05", "NAV-06", "CAP-06", "FIN-02", "MOB-01"];
    assert_eq!(ids(&result, StatusKind::NotApplicable), without);
    assert_eq!(result.counts.not_met, 71 - met.len() - 4 - 6);
    assert!(result.aix.iter().all(|a| a.status == StatusKind::Met));
}

#[test]
fn each_met_row_names_existing_lines_one_of_which_was_measured() {
    let lines = full();
    let result = run(&lines);
    for row in result.rows.iter().filter(|r| r.status.kind() == StatusKind::Met) {
        let named: Vec<u64> = row.status.proofs().iter().flat_map(|p| p.lines.clone()).collect();
        assert!(named.iter().any(|n| lines[*n as usize].1 == Outcome::Ok), "{}", row.id);
        assert!(row.status.proofs().iter().all(|p| p.sentence.contains("ligne")), "{}", row.id);
    }
}

#[test]
fn the_sentence_of_a_proof_holds_measured_values() {
    let result = run(&full());
    let proxy = &result.row("Z67-OPS-03").unwrap().status.proofs()[0];
    assert_eq!(proxy.sentence, "aucun proxy, à chaque niveau : environnement, système ; connexion directe (ligne 34)");
    let machine = &result.row("Z67-PRE-01").unwrap().status.proofs()[0];
    assert_eq!(machine.evidence.as_deref(), Some("net/machine.json"));
    assert!(machine.sentence.contains("S-77") && machine.sentence.contains("8192 Mio"), "{}", machine.sentence);
    let captures = &result.row("Z67-CAP-01").unwrap().status.proofs()[0];
    assert!(captures.sentence.contains("2 sur 2"), "{}", captures.sentence);
}

#[test]
fn a_measure_after_the_first_navigation_does_not_count() {
    let mut lines = full();
    let cookies = lines.iter().position(|l| l.0 == op::CLEAN_COOKIES).unwrap();
    let line = lines.remove(cookies);
    let page = lines.iter().position(|l| l.0 == op::PAGE_REACHED).unwrap();
    lines.insert(page + 1, line);
    let result = run(&lines);
    assert_eq!(kind(&result, "Z67-OPS-10"), StatusKind::NotMet);
    assert!(reason(&result, "Z67-OPS-10").contains("ne compte pas"), "{}", reason(&result, "Z67-OPS-10"));
    // What rests on it falls with it: first pages visited, account, public page.
    for id in ["Z67-OPS-20", "Z67-NAV-06", "Z67-NAV-08"] {
        assert_eq!(kind(&result, id), StatusKind::NotMet, "{id}");
    }
}

#[test]
fn not_done_gives_its_reason() {
    let result = run(&with(|l| {
        if l.0 == op::MEASURE_FIREWALL {
            *l = (op::MEASURE_FIREWALL, Outcome::NotDone, json!({"why": "nft refuse la lecture sans privilège."}));
        }
    }));
    let why = reason(&result, "Z67-PRE-08");
    assert!(why.starts_with("non fait : nft refuse la lecture sans privilège (ligne "), "{why}");
    assert!(reason(&result, "Z67-ORG-05").starts_with("non mesuré par cette version : "));
}

#[test]
fn a_wrong_value_is_a_deviation_and_no_sentence_denies_it() {
    let result = run(&with(|l| {
        if l.0 == op::MEASURE_PROXY {
            l.1 = Outcome::Deviation;
            l.2 = json!({"environment": {"http_proxy": "http://10.0.0.1:3128"}, "effective": "proxy", "how": "h"});
        }
    }));
    let row = result.row("Z67-OPS-03").unwrap();
    assert_eq!(row.status.kind(), StatusKind::Deviation);
    assert!(row.status.reason().unwrap().contains("http://10.0.0.1:3128"));
    assert!(row.status.proofs().iter().all(|p| !p.sentence.contains("aucun proxy")));
    assert_eq!(result.aix[2].status, StatusKind::Deviation);
}

/// The outcome alone is not believed: the value is looked at too.
#[test]
fn an_ok_line_whose_value_is_wrong_is_not_met() {
    let result = run(&with(|l| {
        if l.0 == op::CLEAN_COOKIES {
            l.2["cookies"] = json!(3);
        }
    }));
    assert_eq!(kind(&result, "Z67-OPS-10"), StatusKind::Deviation);
    let result = run(&with(|l| {
        if l.0 == op::CLEAN_COOKIES {
            l.2 = json!({});
        }
    }));
    assert_ne!(kind(&result, "Z67-OPS-10"), StatusKind::Met);
}

#[test]
fn one_capture_without_its_picture_is_a_deviation_that_says_which() {
    let mut lines = full();
    lines.retain(|l| l.2["path"] != json!("captures/0002-ecran.png"));
    let result = run(&lines);
    assert_eq!(kind(&result, "Z67-CAP-01"), StatusKind::Deviation);
    assert!(reason(&result, "Z67-CAP-01").contains("1 sur 2"), "{}", reason(&result, "Z67-CAP-01"));
    lines.retain(|l| l.2["kind"] != json!("screenshot-viewport"));
    assert_eq!(kind(&run(&lines), "Z67-CAP-01"), StatusKind::NotMet);
}

/// What is acknowledged before its capture begins acknowledges nothing.
#[test]
fn a_linked_line_before_its_step_does_not_count() {
    let mut lines = full();
    let seen = lines.iter().position(|l| l.0 == op::STEP_ACKNOWLEDGED).unwrap();
    let line = lines.remove(seen);
    let first = lines.iter().position(|l| l.0 == op::STEP_BEGIN).unwrap();
    lines.insert(first, line);
    let result = run(&lines);
    assert_eq!(kind(&result, "Z67-ORG-01"), StatusKind::Deviation);
    assert!(reason(&result, "Z67-ORG-01").contains("1 sur 2"));
}

/// The measures of the end, made before the last step, are not measures of the end.
#[test]
fn a_measure_of_the_end_made_too_early_does_not_count() {
    let mut lines = full();
    let last = lines.iter().rposition(|l| l.0 == op::STEP_BEGIN).unwrap();
    for operation in [op::MEASURE_CLOCK, op::MEASURE_PROXY, op::BROWSER_STOP] {
        let at = lines.iter().rposition(|l| l.0 == operation).unwrap();
        let line = lines.remove(at);
        lines.insert(last, line);
    }
    let result = run(&lines);
    for id in ["Z67-OPS-02", "Z67-FIN-03", "Z67-FIN-04"] {
        assert_eq!(kind(&result, id), StatusKind::NotMet, "{id}");
    }
}

#[test]
fn a_page_cut_at_the_longest_wait_is_a_deviation() {
    let result = run(&with(|l| {
        if l.0 == op::PAGE_REACHED && l.2["step"] == json!(3) {
            l.2["load"] = json!({"reason": "maximum", "waited_ms": 30_000, "pending": ["https://exemple.test/lent"]});
        }
    }));
    assert_eq!(kind(&result, "Z67-NAV-04"), StatusKind::Deviation);
    assert!(reason(&result, "Z67-NAV-04").contains("maximum"));
}

#[test]
fn an_unattended_session_is_never_a_personal_finding() {
    let result = run(&with(|l| {
        if l.0 == op::SESSION_OPEN {
            l.2["attended"] = json!(false);
        }
    }));
    assert_eq!(kind(&result, "Z67-ORG-01"), StatusKind::NotMet);
    assert!(reason(&result, "Z67-ORG-01").contains("relevé technique"));
}

#[test]
fn evidence_that_no_line_announces_spoils_the_proof() {
    let mut lines = full();
    lines.retain(|l| l.2["path"] != json!("net/machine.json"));
    let result = run(&lines);
    assert_eq!(kind(&result, "Z67-PRE-01"), StatusKind::Deviation);
    assert!(reason(&result, "Z67-PRE-01").contains("net/machine.json"));
}

#[test]
fn without_object_needs_its_own_proof() {
    let mut lines = full();
    lines.retain(|l| l.0 != op::SESSION_CLOSE);
    // Not closed: something may still be typed or downloaded.
    for id in ["Z67-NAV-06", "Z67-CAP-06"] {
        assert_eq!(kind(&run(&lines), id), StatusKind::NotMet, "{id}");
    }
    let mut lines = full();
    let close = lines.len() - 1;
    let data = json!({"path": "downloads/0001-a.pdf", "kind": "download", "origin": "observed", "step": 3});
    lines.insert(close, (op::ARTEFACT, Outcome::Ok, data));
    assert_eq!(kind(&run(&lines), "Z67-CAP-06"), StatusKind::NotMet);
    let phone = with(|l| {
        if l.0 == op::MEASURE_SETTINGS {
            l.2["user_agent"] = json!("Mozilla/5.0 (Linux; Android 14) Mobile");
        }
    });
    assert_eq!(kind(&run(&phone), "Z67-MOB-01"), StatusKind::NotMet);
    assert!(reason(&run(&phone), "Z67-MOB-01").contains("aucun n’est déclaré"));
}

/// A telephone is said, with its reason, before the first page; what a page reads otherwise is a deviation.
#[test]
fn a_simulated_telephone_stands_as_declared_or_departs() {
    let state = |line: Line, before: &dossier::Operation| {
        let mut lines = full();
        let place = lines.iter().position(|l| l.0 == *before).unwrap();
        lines.insert(place, line);
        let result = run(&lines);
        (kind(&result, "Z67-MOB-01"), result)
    };
    let (declared, result) = state(telephone(), &op::MEASURE_DISPLAY);
    assert_eq!(declared, StatusKind::Declared);
    let said = &result.row("Z67-MOB-01").unwrap().status.proofs()[0].sentence;
    assert!(said.contains("Samsung Galaxy S24") && said.contains("motif : Le prix diffère."), "{said}");
    let mut other = telephone();
    other.1 = Outcome::Deviation;
    other.2["differences"] = json!([{"field": "density", "expected": "3", "found": "1"}]);
    let (departs, result) = state(other, &op::MEASURE_DISPLAY);
    assert_eq!(departs, StatusKind::Deviation);
    assert!(reason(&result, "Z67-MOB-01").contains("ne lit pas"), "{}", reason(&result, "Z67-MOB-01"));
    let mut unsaid = telephone();
    unsaid.2["reason"] = json!("");
    assert_eq!(state(unsaid, &op::MEASURE_DISPLAY).0, StatusKind::Deviation);
    assert_eq!(state(telephone(), &op::SESSION_CLOSE).0, StatusKind::NotMet, "after the first page");
    // The table for mobile content says the same, and is without object on a workstation.
    let mobile = Norm::embedded("constat-mobile").unwrap();
    let row = |lines: &[Line]| check(&mobile, &journal(lines), None).row("MOB-PRE-02").unwrap().status.kind();
    assert_eq!(row(&full()), StatusKind::NotApplicable);
    let mut lines = full();
    let place = lines.iter().position(|l| l.0 == op::MEASURE_DISPLAY).unwrap();
    lines.insert(place, telephone());
    assert_eq!(row(&lines), StatusKind::Declared);
}

#[test]
fn a_gap_in_the_numbers_of_steps_is_seen() {
    let result = run(&with(|l| {
        if (l.0 == op::STEP_BEGIN || l.0 == op::STEP_END) && l.2["step"] == json!(3) {
            l.2["step"] = json!(7);
        }
    }));
    assert_eq!(kind(&result, "Z67-NAV-09"), StatusKind::Deviation);
    assert!(reason(&result, "Z67-NAV-09").contains("attendu 3, trouvé 7"));
}

#[test]
fn an_interrupted_session_shows_it() {
    let mut lines = full();
    let cut = lines.iter().rposition(|l| l.0 == op::STEP_BEGIN).unwrap();
    lines.truncate(cut + 1);
    lines.push((op::SESSION_RESUME, Outcome::Note, json!({"reason": "reprise"})));
    lines.push((op::SESSION_CLOSE, Outcome::Note, json!({"state": "interrupted", "artefacts": 1, "findings": 1})));
    let result = run(&lines);
    assert_eq!(kind(&result, "Z67-NAV-03"), StatusKind::Deviation);
    assert_eq!(kind(&result, "Z67-FIN-04"), StatusKind::NotMet);
    assert_eq!(kind(&result, "Z67-OPS-02"), StatusKind::NotMet);
    assert_eq!(kind(&result, "Z67-OPS-10"), StatusKind::Met);
}

#[test]
fn a_single_page_typed_directly_shows_no_hyperlink() {
    let mut lines = full();
    lines.retain(|l| !(l.0 == op::PAGE_REACHED && l.2["step"] == json!(3)));
    let result = run(&lines);
    assert_eq!(kind(&result, "Z67-NAV-01"), StatusKind::NotMet);
    assert!(result.headline().contains("liens hypertextes : non satisfaite"));
}

#[test]
fn what_is_said_is_shown_as_said() {
    let result = run(&with(|l| {
        if l.0 == op::MEASURE_FIREWALL {
            *l = (op::MEASURE_FIREWALL, Outcome::Declared, json!({"rules": 12, "how": "dit par l’officier"}));
        }
    }));
    assert_eq!(kind(&result, "Z67-PRE-08"), StatusKind::Declared);
}

#[test]
fn nothing_says_that_anything_conforms() {
    let result = run(&full());
    let sentence = result.protocol_sentence();
    assert_eq!(sentence, "selon les recommandations de la norme NF Z67-147, avec les écarts listés ci-après");
    for text in [result.headline(), result.render_text(100), sentence] {
        assert!(!text.to_lowercase().contains("conforme"), "{text}");
    }
}

#[test]
fn the_result_has_a_json_form_for_scripts() {
    let value = serde_json::to_value(run(&full())).unwrap();
    assert_eq!(value["counts"]["total"], json!(71));
    assert_eq!(value["manifest"], json!({"kind": "absent"}));
    let row = &value["rows"][0];
    assert_eq!((row["id"].as_str(), row["status"]["kind"].as_str()), (Some("Z67-ORG-01"), Some("declared")));
    assert!(value["rows"][0]["status"]["proofs"][0]["lines"].is_array());
    assert_eq!(value["aix"][1]["libelle"], json!("cache"));
}

fn outcome_but_ok() -> impl Strategy<Value = Outcome> {
    prop::sample::select(vec![
        Outcome::Begin,
        Outcome::Deviation,
        Outcome::Failed,
        Outcome::NotDone,
        Outcome::Declared,
        Outcome::Note,
    ])
}

fn any_data() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![Just(json!(0)), Just(json!(true)), Just(json!("direct")), Just(json!([])), Just(json!({}))];
    let keys = ["step", "kind", "cookies", "entries", "effective", "environment", "disabled", "attended", "state"];
    prop::collection::btree_map(prop::sample::select(keys.to_vec()), leaf, 0..6)
        .prop_map(|map| Value::Object(map.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn without_an_ok_line_nothing_is_met(
        order in prop::collection::vec((any::<prop::sample::Index>(), outcome_but_ok(), prop::option::of(any_data())), 0..80),
    ) {
        let pool = full();
        let lines: Vec<Line> = order
            .into_iter()
            .map(|(index, outcome, data)| {
                let (operation, _, good) = &pool[index.index(pool.len())];
                (operation.clone(), outcome, data.unwrap_or_else(|| good.clone()))
            })
            .collect();
        prop_assert_eq!(run(&lines).counts.met, 0);
    }

    /// Real operations with foreign data never panic, and a met row always names a measured line.
    #[test]
    fn foreign_data_never_meets_without_a_line(
        order in prop::collection::vec((any::<prop::sample::Index>(), any_data()), 0..60),
    ) {
        let lines: Vec<Line> = order
            .into_iter()
            .map(|(index, data)| (op::ALL[index.index(op::ALL.len())].clone(), Outcome::Ok, data))
            .collect();
        let result = run(&lines);
        for row in result.rows.iter().filter(|r| r.status.kind() == StatusKind::Met) {
            prop_assert!(row.status.proofs().iter().any(|p| !p.lines.is_empty()), "{}", row.id);
        }
        let _ = result.render_text(70);
    }
}

/// What was done with a bundle after its seal is in the journal that accompanies it, and proves nothing but that.
#[test]
fn copies_and_accesses_are_proven_by_the_journal_of_copies() {
    let copy = |result: &str, read_only: bool| {
        let line = json!({
            "seq": 1, "at": "2026-11-22T10:00:00.000Z", "act": "copied", "result": result, "read_back": "direct",
            "read_only": read_only, "by": {"user": "greffe"}, "bundle": {"sha256": "ab".repeat(32)},
            "to": {"path": "/media/cle/x.asice", "medium": {"model": "Clé", "write_once": false}},
        });
        line.as_object().unwrap().clone()
    };
    let norm = Norm::nf_z67_147().unwrap();
    let run = |lines: &[serde_json::Map<String, Value>]| {
        let result = norms::check_with_custody(&norm, &journal(&full()), None, Some(lines));
        [kind(&result, "Z67-POST-01"), kind(&result, "Z67-POST-03")]
    };
    assert_eq!(run(&[copy("ok", true)]), [StatusKind::Met; 2]);
    assert_eq!(run(&[copy("failed", true), copy("ok", true)]), [StatusKind::Met; 2]);
    for bad in [copy("failed", true), copy("ok", false)] {
        assert_eq!(run(&[bad]), [StatusKind::NotMet, StatusKind::Met]);
    }
    assert_eq!(run(&[]), [StatusKind::NotMet; 2]);
}

#[test]
fn a_panel_over_a_page_asks_for_a_choice() {
    let wall = |kind: &str, blocking: bool| {
        (op::PAGE_WALL, Outcome::Note, json!({"step": 1, "kind": kind, "blocking": blocking, "text": "x"}))
    };
    let choice = |outcome: Outcome, after: Value| {
        let data = json!({"step": 2, "kind": "cookies", "button": "Refuser", "by": "scenario", "before": "screens/a.png", "after": after});
        (op::PAGE_WALL_CHOICE, outcome, data)
    };
    let state = |more: Vec<Line>| {
        let mut lines = full();
        let close = lines.len() - 1;
        for line in more.into_iter().rev() {
            lines.insert(close, line);
        }
        kind(&run(&lines), "Z67-NAV-05")
    };
    let stays = |outcome: Outcome| choice(outcome, json!("screens/b.png"));
    assert_eq!(state(vec![wall("cookies", true), stays(Outcome::Ok)]), StatusKind::Met);
    assert_eq!(state(vec![wall("cookies", false)]), StatusKind::NotApplicable);
    assert_eq!(state(vec![wall("robot", true)]), StatusKind::NotApplicable);
    for short in [
        vec![wall("cookies", true)],
        vec![wall("cookies", true), stays(Outcome::Deviation)],
        vec![wall("cookies", true), choice(Outcome::Ok, json!(null))],
        vec![wall("cookies", true), wall("age", true), stays(Outcome::Ok)],
    ] {
        assert!(!matches!(state(short.clone()), StatusKind::Met | StatusKind::NotApplicable), "{short:?}");
    }
}
