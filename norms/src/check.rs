//! The loop: every rule of a norm over one journal, and one row for each requirement. No requirement is named here.
use std::collections::BTreeSet;

use dossier::{Journal, Manifest, Outcome, op};
use serde_json::{Map, Value};

use crate::condition::{Ground, Held, lines_text};
use crate::conformity::{AixState, Conformity, Counts, ManifestLink, NormRef, Proof, Row, Status, StatusKind};
use crate::{Condition, Exigence, Norm, Rule, SansObjet};

/// Compares a dossier with a norm.
///
/// The journal must have been read by [`Journal::read`], which checks its chain. A manifest that names another journal
/// is told in the result and nothing of it is used; whether its seal holds is not looked at here.
pub fn check(norm: &Norm, journal: &Journal, manifest: Option<&Manifest>) -> Conformity {
    check_with_custody(norm, journal, manifest, None)
}

/// The same, with the lines of the journal of copies that accompanies the bundle (`FORMAT.md`, section 12), its chain checked by
/// whoever read it.
pub fn check_with_custody(
    norm: &Norm,
    journal: &Journal,
    manifest: Option<&Manifest>,
    custody: Option<&[Map<String, Value>]>,
) -> Conformity {
    let link = link(journal, manifest);
    let used = manifest.filter(|_| link == ManifestLink::Agrees);
    let ground = Ground {
        journal,
        manifest: used,
        manifest_json: used.map(as_map).unwrap_or_default(),
        custody,
        link: &link,
        vocabulary: norm.vocabulary(),
        announced: announced(journal, used),
    };
    let all = norm.exigences().iter();
    let rows: Vec<Row> = all.map(|exigence| row(exigence, judge(&ground, &exigence.regle, Moment::End))).collect();
    let aix = norm.aix.iter().map(|item| {
        let row = rows.iter().find(|row| row.id == item.exigence);
        let status = row.map_or(StatusKind::NotMet, |row| row.status.kind());
        AixState { libelle: item.libelle.clone(), exigence: item.exigence.clone(), status }
    });
    Conformity {
        norm: NormRef {
            id: norm.id.clone(),
            titre: norm.titre.clone(),
            formule: norm.formule.clone(),
            edition: norm.edition.clone(),
            data_sha256: norm.data_sha256().to_hex(),
        },
        aix: aix.collect(),
        phases: norm.phases().iter().map(|p| (p.id.clone(), p.titre.clone())).collect(),
        counts: Counts::of(&rows),
        rows,
        manifest: link,
    }
}

/// What stands before the first page: the requirements of the phases that come before it, without what can only hold later.
///
/// The journal is the one of a session that has not asked for a page yet.
pub fn before_first_page(norm: &Norm, journal: &Journal) -> Vec<Row> {
    let link = ManifestLink::Absent;
    let ground = Ground {
        journal,
        manifest: None,
        manifest_json: Map::new(),
        custody: None,
        link: &link,
        vocabulary: norm.vocabulary(),
        announced: announced(journal, None),
    };
    let early = |exigence: &&Exigence| {
        let phase = norm.phases().iter().find(|phase| phase.id == exigence.phase);
        let judged = exigence.regle.conditions.iter().any(|c| !c.plus_tard) || exigence.regle.never.is_some();
        phase.is_some_and(|phase| phase.avant) && judged
    };
    let rows = norm.exigences().iter().filter(early);
    rows.map(|exigence| row(exigence, judge(&ground, &exigence.regle, Moment::BeforeFirstPage))).collect()
}

fn row(exigence: &Exigence, status: Status) -> Row {
    Row {
        id: exigence.id.clone(),
        phase: exigence.phase.clone(),
        duty: exigence.duty,
        titre: exigence.titre.clone(),
        status,
    }
}

/// When the journal is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Moment {
    BeforeFirstPage,
    End,
}

/// A requirement's state: its cases without object first, then all its conditions together.
fn judge(ground: &Ground<'_>, rule: &Rule, moment: Moment) -> Status {
    if let Some(because) = rule.sans_objet.iter().find_map(|case| without_object(ground, case)) {
        return Status::NotApplicable { because };
    }
    if let Some(why) = &rule.never {
        return Status::NotMet { why: format!("non mesuré par cette version : {why}") };
    }
    let mut proofs: Vec<Proof> = Vec::new();
    let (mut departures, mut lacks) = (Vec::new(), Vec::new());
    let (mut any_declared, mut any_measured) = (false, false);
    let now = |condition: &&Condition| moment == Moment::End || !condition.plus_tard;
    for condition in rule.conditions.iter().filter(now) {
        match ground.hold(condition) {
            Held::Yes { proofs: some, declared, measured } => {
                proofs.extend(some);
                any_declared |= declared;
                any_measured |= measured;
            }
            Held::Departs { proofs: some, why } => {
                proofs.extend(some);
                departures.push(why);
            }
            Held::No { why } => lacks.push(why),
        }
    }
    if !lacks.is_empty() {
        lacks.extend(departures);
        return Status::NotMet { why: join(lacks) };
    }
    if !departures.is_empty() {
        departures.extend(rule.reservation.clone());
        return Status::Deviation { proofs, why: join(departures) };
    }
    if !any_measured && !any_declared {
        // Whatever a rule says, facts and manifests alone prove nothing: some line must have been measured.
        return Status::NotMet { why: "aucune ligne mesurée du journal ne le prouve".to_owned() };
    }
    match (&rule.reservation, any_declared) {
        (Some(why), _) => Status::Deviation { proofs, why: why.clone() },
        (None, true) => Status::Declared { proofs },
        (None, false) => Status::Met { proofs },
    }
}

fn without_object(ground: &Ground<'_>, case: &SansObjet) -> Option<String> {
    let mut lines = BTreeSet::new();
    for condition in &case.si {
        match ground.hold(condition) {
            Held::Yes { proofs, .. } => lines.extend(proofs.into_iter().flat_map(|p| p.lines)),
            Held::Departs { .. } | Held::No { .. } => return None,
        }
    }
    let lines: Vec<u64> = lines.into_iter().collect();
    Some(format!("{} {}", case.motif, lines_text(&lines)))
}

/// The same reason given by two conditions is told once.
fn join(mut reasons: Vec<String>) -> String {
    let mut seen = BTreeSet::new();
    reasons.retain(|reason| seen.insert(reason.clone()));
    reasons.join(" ; ")
}

fn link(journal: &Journal, manifest: Option<&Manifest>) -> ManifestLink {
    let Some(manifest) = manifest else { return ManifestLink::Absent };
    let (named, head) = (manifest.journal.head, journal.head());
    let (counted, entries) = (manifest.journal.entries, journal.entries().len() as u64);
    if named == head && counted == entries {
        return ManifestLink::Agrees;
    }
    let why = format!(
        "le manifeste désigne un autre journal : {counted} lignes, tête {named} ; celui-ci a {entries} lignes, tête {head}"
    );
    ManifestLink::Disagrees { why }
}

fn announced<'a>(journal: &'a Journal, manifest: Option<&'a Manifest>) -> BTreeSet<&'a str> {
    let listed: Option<BTreeSet<&str>> = manifest.map(|m| {
        let inner = m.wacz.members.keys().map(String::as_str);
        m.artefacts.iter().map(|a| a.path.as_str()).chain(inner).collect()
    });
    let kept = |path: &&str| listed.as_ref().is_none_or(|l| l.contains(path));
    let lines = journal.entries().iter().filter(|e| e.op == op::ARTEFACT && e.outcome == Outcome::Ok);
    lines.filter_map(|e| e.text("path")).filter(kept).collect()
}

fn as_map(manifest: &Manifest) -> Map<String, Value> {
    match serde_json::to_value(manifest) {
        Ok(Value::Object(map)) => map,
        // A manifest is made of texts, integers and maps with text keys: it always has a JSON form.
        _ => Map::new(),
    }
}
