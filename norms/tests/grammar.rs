//! The grammar of rules refuses data that could never be proven, or that would prove without a line.
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the failure")]
use norms::{Rule, Template};

fn rule(text: &str) -> Rule {
    toml::from_str(text).unwrap()
}

#[test]
fn unknown_keys_and_operations_are_refused() {
    for bad in [
        "[[conditions]]\nligne = \"measure.proxy\"\npreuve = \"p\"\nchamp = []",
        "[[conditions]]\nligne = \"Measure\"\npreuve = \"p\"",
        "[[conditions]]\nligne = \"measure.proxy\"\nissue = [\"bien\"]\npreuve = \"p\"",
        "[[conditions]]\nligne = \"measure.proxy\"",
        "[[conditions]]\nligne = \"measure.proxy\"\npreuve = \"{\"",
        "toujours = true",
    ] {
        assert!(toml::from_str::<Rule>(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_rule_that_no_measured_line_could_satisfy_is_a_fault() {
    let cases = [
        ("", "exactly one"),
        ("jamais = \"w\"\n[[conditions]]\nligne = \"measure.proxy\"\npreuve = \"p\"", "exactly one"),
        ("jamais = \"w\"\nreserve = \"r\"", "`reserve`"),
        ("[[conditions]]\nligne = \"session.open\"\nissue = [\"note\"]\npreuve = \"p\"", "never be proven"),
        ("[[conditions]]\nligne = \"page.reached\"\nabsence = true\npreuve = \"p\"", "never be proven"),
        ("[[conditions]]\ndans = \"manifeste\"\nligne = \"page.reached\"\npreuve = \"p\"", "either the lines"),
        ("[[conditions]]\nligne = \"measure.proxy\"\nissue = []\npreuve = \"p\"", "`issue` is empty"),
        (
            "jamais = \"w\"\n[[sans_objet]]\nmotif = \"m\"\nsi = [{ ligne = \"artefact\", absence = true, preuve = \"\" }]",
            "`sans_objet`",
        ),
    ];
    for (text, words) in cases {
        let why = rule(text).fault().unwrap_or_else(|| panic!("accepted: {text}"));
        assert!(why.contains(words), "{text}: {why}");
    }
}

#[test]
fn a_template_lists_the_fields_it_reads() {
    let template = Template::parse("a {servers|nombre} b {certificate.subject} le {@heure}").unwrap();
    assert_eq!(template.fields().map(|f| f.as_text()).collect::<Vec<_>>(), ["servers", "certificate.subject"]);
}
