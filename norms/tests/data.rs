//! The data of the norm: complete, well formed, and reading only what the format of the journal promises.
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the failure")]
use std::collections::{BTreeMap, BTreeSet};

use dossier::op;
use norms::{Duty, Exigence, Niveau, Norm, Origin};

const FORMAT: &str = include_str!("../../sealer/dossier/FORMAT.md");

fn norm() -> Norm {
    Norm::nf_z67_147().unwrap()
}

#[test]
fn there_are_71_requirements_as_the_phases_announce() {
    let norm = norm();
    let mut counts = BTreeMap::new();
    for exigence in norm.exigences() {
        *counts.entry(exigence.phase.as_str()).or_insert(0) += 1;
    }
    let expected = [("org", 6), ("pre", 16), ("ops", 20), ("nav", 9), ("cap", 10), ("fin", 4), ("post", 5), ("mob", 1)];
    assert_eq!(counts, BTreeMap::from(expected));
    assert_eq!(norm.exigences().len(), 71);
    assert_eq!(norm.phases().len(), 8);
}

#[test]
fn ids_are_unique_and_numbered_without_gap() {
    let norm = norm();
    let ids: Vec<&str> = norm.exigences().iter().map(|e| e.id.as_str()).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 71);
    let mut expected = Vec::new();
    for (code, count) in
        [("ORG", 6), ("PRE", 16), ("OPS", 20), ("NAV", 9), ("CAP", 10), ("FIN", 4), ("POST", 5), ("MOB", 1)]
    {
        expected.extend((1..=count).map(|n| format!("Z67-{code}-{n:02}")));
    }
    assert_eq!(ids, expected);
}

#[test]
fn every_requirement_has_its_french_texts_and_a_source() {
    for exigence in norm().exigences() {
        let id = &exigence.id;
        for text in [&exigence.titre, &exigence.resume, &exigence.preuve_attendue] {
            assert!(text.trim().chars().count() > 5, "{id}: a text is missing");
        }
        assert!(exigence.titre.chars().count() <= 90, "{id}: the title is long");
        assert!(!exigence.source.is_empty(), "{id}: no source");
        assert_eq!(
            exigence.source.iter().collect::<BTreeSet<_>>().len(),
            exigence.source.len(),
            "{id}: a source twice"
        );
        assert!(exigence.decisions.is_empty() || !exigence.citation.is_empty(), "{id}: decisions without citation");
    }
}

/// Research counted 12 requirements inferred by us alone or mainly, and 5 attributed to the norm itself.
#[test]
fn few_requirements_are_attributed_to_the_norm_itself() {
    let norm = norm();
    let of = |source| -> Vec<&str> {
        norm.exigences().iter().filter(|e| e.source.contains(&source)).map(|e| e.id.as_str()).collect()
    };
    let attributed = of(norms::NormSource::S);
    assert_eq!(attributed, ["Z67-ORG-01", "Z67-PRE-11", "Z67-OPS-18", "Z67-FIN-01", "Z67-FIN-02"]);
    let inferred: Vec<&str> = norm
        .exigences()
        .iter()
        .filter(|e| e.source.first() == Some(&norms::NormSource::I))
        .map(|e| e.id.as_str())
        .collect();
    let expected = [
        "Z67-PRE-14",
        "Z67-PRE-15",
        "Z67-OPS-05",
        "Z67-OPS-06",
        "Z67-OPS-07",
        "Z67-NAV-04",
        "Z67-NAV-05",
        "Z67-NAV-09",
        "Z67-CAP-09",
        "Z67-FIN-03",
        "Z67-POST-01",
        "Z67-POST-05",
    ];
    assert_eq!(inferred, expected);
}

#[test]
fn the_weight_of_a_requirement_follows_its_checks() {
    let norm = norm();
    for exigence in norm.exigences() {
        let levels: Vec<Niveau> =
            norm.controles().iter().filter(|c| exigence.controles.contains(&c.id)).map(|c| c.niveau).collect();
        let expected = match levels.iter().max() {
            Some(Niveau::Bloquant) => Duty::Bloquant,
            Some(_) => Duty::Justifier,
            None => Duty::Recommande,
        };
        assert_eq!(exigence.duty, expected, "{}", exigence.id);
    }
}

/// The rows of section 3 of the format: operation to the names its data may have, read from the document itself.
fn format_fields() -> BTreeMap<String, String> {
    let rows = FORMAT.lines().filter(|l| l.starts_with("| `"));
    rows.filter_map(|line| {
        let name = line.split('`').nth(1)?;
        Some((name.to_owned(), line.to_owned()))
    })
    .collect()
}

/// Fields a rule may read although the table of the format does not name them: « case.ordonnance » is asked to be
/// absent, and `session.case` refers to the type `Case`; every measure has `how`.
fn named(operation: &str, field: &str, row: &str) -> bool {
    let case = operation == "session.case" && ["officier", "presents", "objet", "ordonnance"].contains(&field);
    let how = field == "how" && (operation.starts_with("measure.") || operation.starts_with("clean."));
    case || how || row.contains(&format!("`{field}`"))
}

fn fields_read(exigence: &Exigence) -> Vec<(String, String)> {
    let mut read = Vec::new();
    for condition in exigence.regle.all_conditions().filter(|c| c.origin == Origin::Journal) {
        let operation = condition.ligne.as_ref().unwrap().to_string();
        let tests = condition.filtre.iter().chain(&condition.champs).map(|t| &t.field);
        let heads = tests.chain(condition.preuve.fields()).map(|f| f.head().to_owned());
        read.extend(heads.chain(condition.suite.clone()).map(|f| (operation.clone(), f)));
        if let Some(each) = &condition.pour_chaque {
            let master = each.ligne.to_string();
            read.extend(each.filtre.iter().map(|t| (master.clone(), t.field.head().to_owned())));
            for link in &each.lien {
                read.push((operation.clone(), link.clone()));
                read.push((master.clone(), link.clone()));
            }
        }
    }
    read
}

#[test]
fn every_rule_reads_operations_and_fields_that_the_format_names() {
    let known: BTreeSet<&str> = op::ALL.iter().map(|o| o.as_str()).collect();
    let format = format_fields();
    let mut rules = 0;
    for exigence in norm().exigences() {
        for condition in exigence.regle.all_conditions() {
            rules += 1;
            let each = condition.pour_chaque.as_ref().map(|e| &e.ligne);
            for operation in condition.ligne.iter().chain(each).chain(&condition.avant).chain(&condition.apres) {
                assert!(known.contains(operation.as_str()), "{}: unknown operation {operation}", exigence.id);
            }
        }
        for (operation, field) in fields_read(exigence) {
            let row = &format[&operation];
            assert!(named(&operation, &field, row), "{}: {operation} has no field {field} in the format", exigence.id);
        }
    }
    assert!(rules > 80, "only {rules} conditions");
}

/// What the format calls an outcome of an operation is the only outcome a rule may count.
#[test]
fn every_rule_counts_outcomes_that_the_operation_can_have() {
    let format = format_fields();
    for exigence in norm().exigences() {
        for condition in exigence.regle.all_conditions().filter(|c| !c.absence) {
            let Some(operation) = &condition.ligne else { continue };
            let outcomes = format[operation.as_str()].split('|').nth(2).unwrap().to_owned();
            for outcome in &condition.issue {
                let known = outcomes.split(',').any(|o| o.trim() == outcome.as_str());
                assert!(known, "{}: {operation} never has outcome {}", exigence.id, outcome.as_str());
            }
        }
    }
}

#[test]
fn there_are_36_checks_and_seven_cannot_be_overridden() {
    let norm = norm();
    let ids: Vec<String> = norm.controles().iter().map(|c| c.id.to_string()).collect();
    assert_eq!(ids, (1..=36).map(|n| format!("CHK-{n:02}")).collect::<Vec<_>>());
    let firm: Vec<&str> = norm.controles().iter().filter(|c| !c.derogation).map(|c| c.id.as_str()).collect();
    assert_eq!(firm, ["CHK-01", "CHK-03", "CHK-07", "CHK-08", "CHK-14", "CHK-28", "CHK-30"]);
    let of = |niveau| -> Vec<u8> {
        let numbers = norm.controles().iter().filter(|c| c.niveau == niveau);
        numbers.map(|c| c.id.as_str()["CHK-".len()..].parse().unwrap()).collect()
    };
    let blocking = [1, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 18, 21, 24, 25, 28, 30, 32, 34, 36];
    assert_eq!(of(Niveau::Bloquant), blocking);
    assert_eq!(of(Niveau::SelonLeCas), [2, 9, 29]);
    assert_eq!(of(Niveau::Justifier).len(), 13);
    assert!(norm.controles().iter().all(|c| c.texte.ends_with('.')));
}

#[test]
fn there_are_31_decisions_each_with_its_texts() {
    let norm = norm();
    let ids: Vec<String> = norm.decisions().iter().map(|d| d.id.to_string()).collect();
    assert_eq!(ids, (1..=31).map(|n| format!("C{n:02}")).collect::<Vec<_>>());
    for decision in norm.decisions() {
        assert!(!decision.reference.is_empty() && decision.resume.ends_with('.') && decision.regle.ends_with('.'));
    }
}

#[test]
fn the_aix_six_are_blocking() {
    let norm = norm();
    let labels: Vec<&str> = norm.aix.iter().map(|a| a.libelle.as_str()).collect();
    assert_eq!(labels, ["adresse IP", "cache", "proxy", "liens hypertextes", "cookies", "heure de début"]);
    for item in &norm.aix {
        let exigence = norm.exigence(item.exigence.as_str()).unwrap();
        assert_eq!(exigence.duty, Duty::Bloquant);
        assert!(exigence.decisions.iter().any(|d| d.as_str() == "C13"), "{}", exigence.id);
    }
}

#[test]
fn no_text_claims_that_anything_conforms() {
    let norm = norm();
    let text = norm.render_text(100);
    assert!(!text.contains("conforme"), "the table says that something conforms");
    assert!(!text.contains("article 4.2"), "the table cites clauses of the norm");
}

/// Another norm is another folder: each loads, says what was not read, and reads operations that exist.
#[test]
fn every_embedded_norm_is_whole_and_a_folder_gives_the_same() {
    let names: Vec<&str> = Norm::names().collect();
    assert_eq!(names, ["nf-z67-147", "arrete-2016-06-03", "constat-mobile", "iso-27037"]);
    let known: BTreeSet<&str> = op::ALL.iter().map(|o| o.as_str()).collect();
    for name in names {
        let norm = Norm::embedded(name).unwrap();
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        assert_eq!(Norm::from_folder(&folder).unwrap().data_sha256(), norm.data_sha256(), "{name}");
        assert!(!norm.reservations.is_empty() && !norm.statut.is_empty(), "{name}: what it is worth is not said");
        assert!(!norm.formule.contains("conforme"), "{name}");
        let fields = format_fields();
        for exigence in norm.exigences() {
            for condition in exigence.regle.all_conditions() {
                let read = condition.ligne.as_ref().map(|o| o.as_str());
                assert!(read.is_none_or(|operation| known.contains(operation)), "{}: {read:?}", exigence.id);
            }
            for (operation, field) in fields_read(exigence) {
                let row = fields.get(&operation).map(String::as_str).unwrap_or_default();
                assert!(named(&operation, &field, row), "{}: {operation} has no field {field}", exigence.id);
            }
        }
    }
}

/// A wording, a level or a rule changed in a folder is what is applied: no code knows a requirement.
#[test]
fn a_folder_with_another_wording_is_another_norm() {
    let folder = tempfile::tempdir().unwrap();
    let ours = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("constat-mobile");
    std::fs::create_dir(folder.path().join("exigences")).unwrap();
    for file in ["norme.toml", "controles.toml", "jurisprudence.toml", "exigences/mobile.toml"] {
        let text = std::fs::read_to_string(ours.join(file)).unwrap();
        std::fs::write(folder.path().join(file), text.replace("Aucune émulation", "Nulle émulation")).unwrap();
    }
    let norm = Norm::from_folder(folder.path()).unwrap();
    assert!(norm.exigence("MOB-PRE-02").unwrap().titre.starts_with("Nulle"));
    assert_ne!(norm.data_sha256(), Norm::embedded("constat-mobile").unwrap().data_sha256());
    std::fs::remove_file(folder.path().join("controles.toml")).unwrap();
    assert_eq!(Norm::from_folder(folder.path()).unwrap_err().code(), "norms.unreadable");
    assert_eq!(Norm::embedded("absente").unwrap_err().code(), "norms.unknown");
}

/// Whoever prepares the machine is told what to do about everything that is judged before the first page.
#[test]
fn what_is_judged_before_the_first_page_says_what_to_do() {
    for name in Norm::names() {
        let norm = Norm::embedded(name).unwrap();
        let early: Vec<_> = norm.phases().iter().filter(|p| p.avant).map(|p| &p.id).collect();
        for exigence in norm.exigences().iter().filter(|e| early.contains(&&e.phase)) {
            assert!(exigence.que_faire.ends_with('.') && exigence.que_faire.len() > 20, "{}", exigence.id);
        }
    }
}
