//! Who asks, who acts, by what right: CHK-01 to 05, 24 and 25.
use dossier::{Finding, Officier, Outcome, Qualite, Requerant, op};
use serde_json::Value;

use super::{Answer, Looked, found};
use crate::{Fondement, Nature};

fn requerant<'a>(looked: &Looked<'a>) -> Option<&'a Requerant> {
    let draft = looked.input.draft;
    looked.input.manifest.case.requerant.as_ref().or(draft.and_then(|d| d.requerant.as_ref()))
}

fn officier<'a>(looked: &Looked<'a>) -> Option<&'a Officier> {
    let draft = looked.input.draft;
    looked.input.manifest.case.officier.as_ref().or(draft.and_then(|d| d.officier.as_ref()))
}

fn fondement<'a>(looked: &Looked<'a>) -> Option<&'a Fondement> {
    looked.input.draft.and_then(|draft| draft.fondement.as_ref())
}

/// CHK-01: the fields of art. 648 CPC, none empty nor standing for something to come.
pub(super) fn mentions(looked: &Looked<'_>) -> Answer {
    let mut all = Vec::new();
    match requerant(looked) {
        None => all.push(found("pv.requerant", "L'identité du requérant (art. 648 CPC) manque.")),
        Some(requerant) => {
            let empty = fields(requerant).into_iter().filter(|(_, value)| is_blank(value));
            all.extend(empty.map(|(name, value)| {
                found("pv.requerant", format!("Requérant : le champ « {name} » n'est pas rempli.")).found(value)
            }));
        }
    }
    match officier(looked) {
        None => all.push(found("pv.officier", "L'identité de l'officier instrumentaire manque.")),
        Some(o) => {
            let fields = [
                ("nom", &o.nom),
                ("prenoms", &o.prenoms),
                ("etude", &o.etude),
                ("residence", &o.residence),
                ("adresse", &o.adresse),
            ];
            let empty = fields.into_iter().filter(|(_, value)| is_blank(value));
            all.extend(empty.map(|(name, value)| {
                found("pv.officier", format!("Officier : le champ « {name} » n'est pas rempli.")).found(value)
            }));
        }
    }
    if looked.input.manifest.case.lieu.is_none() && looked.input.draft.is_none_or(|d| d.lieu.is_none()) {
        all.push(found("pv.lieu", "Le lieu des opérations manque."));
    }
    Answer::of(all)
}

/// Nothing, or words that stand for something to come.
fn is_blank(value: &str) -> bool {
    let letters: String = value.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    let waiting = [
        "",
        "x",
        "xx",
        "xxx",
        "xxxx",
        "todo",
        "na",
        "nc",
        "acompleter",
        "àcompléter",
        "aremplir",
        "àremplir",
        "àpréciser",
        "inconnu",
    ];
    waiting.contains(&letters.as_str())
}

fn fields(requerant: &Requerant) -> Vec<(&'static str, &str)> {
    match requerant {
        Requerant::Physique { nom, prenoms, profession, domicile, nationalite, date_naissance, lieu_naissance } => {
            vec![
                ("nom", nom),
                ("prenoms", prenoms),
                ("profession", profession),
                ("domicile", domicile),
                ("nationalite", nationalite),
                ("date_naissance", date_naissance),
                ("lieu_naissance", lieu_naissance),
            ]
        }
        Requerant::Morale { denomination, forme, siege, representant, .. } => {
            vec![("denomination", denomination), ("forme", forme), ("siege", siege), ("representant", representant)]
        }
    }
}

/// CHK-02: the body that represents a company, and its SIREN.
pub(super) fn company(looked: &Looked<'_>) -> Answer {
    let Some(Requerant::Morale { representant, siren, .. }) = requerant(looked) else {
        return Answer::Without("le requérant n'est pas une personne morale");
    };
    let mut all = Vec::new();
    if is_blank(representant) {
        all.push(found("pv.representant", "L'organe qui représente légalement la personne morale manque."));
    }
    match siren {
        None => all.push(found("pv.siren", "Le numéro SIREN de la personne morale n'est pas donné.")),
        Some(siren) if !siren_holds(siren) => {
            let what = "Le numéro SIREN du requérant n'a pas neuf chiffres ou sa clé est fausse.";
            all.push(found("pv.siren", what).found(siren));
        }
        Some(_) => {}
    }
    Answer::of(all)
}

/// Whether a SIREN has nine digits and a right check digit (Luhn).
fn siren_holds(siren: &str) -> bool {
    let digits: Option<Vec<u32>> = siren.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_digit(10)).collect();
    let Some(digits) = digits.filter(|digits| digits.len() == 9) else { return false };
    let sum: u32 =
        digits.iter().rev().enumerate().map(|(i, d)| if i % 2 == 0 { *d } else { (d * 2) / 10 + (d * 2) % 10 }).sum();
    sum.is_multiple_of(10)
}

/// CHK-03: the officer was named when the session opened, and every acknowledgement is his.
pub(super) fn officer(looked: &Looked<'_>) -> Answer {
    let Some(sealed) = looked.input.manifest.case.officier.as_ref() else {
        return Answer::Apart(vec![found(
            "pv.officier.session",
            "La session n'a pas été ouverte au nom d'un officier.",
        )]);
    };
    let mut all = Vec::new();
    if let Some(drafted) = looked.input.draft.and_then(|d| d.officier.as_ref()).filter(|drafted| *drafted != sealed) {
        let what = "L'officier du brouillon n'est pas celui qui a ouvert la session.";
        all.push(found("pv.officier.session", what).values(name(sealed), name(drafted)));
    }
    let given = looked.facts.steps.values().flat_map(|step| &step.acknowledged).filter(|e| e.outcome == Outcome::Ok);
    for entry in given {
        let by = entry.text("by").unwrap_or("");
        if by != name(sealed) {
            let what = format!("Une capture a été reconnue sous un autre nom (ligne {} du journal).", entry.seq);
            all.push(found("pv.officier.reconnaissance", what).values(name(sealed), by));
        }
    }
    Answer::of(all)
}

fn name(officier: &Officier) -> String {
    format!("{} {}", officier.prenoms, officier.nom)
}

/// CHK-04: a clerc habilité acts at the request of persons only, and his act is countersigned.
pub(super) fn clerk(looked: &Looked<'_>) -> Answer {
    if officier(looked).is_none_or(|o| o.qualite != Qualite::ClercHabilite) {
        return Answer::Without("l'officier n'est pas un clerc habilité");
    }
    let mut all = Vec::new();
    if matches!(fondement(looked), Some(Fondement::Ordonnance { .. })) {
        let what = "Un clerc habilité ne procède pas aux constats commis par une juridiction (ordonnance n° 2016-728).";
        all.push(found("pv.clerc", what));
    }
    let signatures = looked
        .document
        .blocks
        .iter()
        .flat_map(|b| &b.nodes)
        .filter(|n| matches!(n, crate::block::Node::Signature { .. }));
    if signatures.count() < 2 {
        all.push(found("pv.contreseing", "La place du contreseing du commissaire de justice manque."));
    }
    Answer::of(all)
}

/// CHK-05: the references of the order, its scope and its time.
pub(super) fn order(looked: &Looked<'_>) -> Answer {
    let Some(Fondement::Ordonnance { juridiction, date, numero, termes, echeance, perimetre }) = fondement(looked)
    else {
        return match fondement(looked) {
            Some(_) => Answer::Without("la mission n'est pas ordonnée par une juridiction"),
            None => Answer::Apart(vec![found("pv.fondement", "Le fondement de la mission manque.")]),
        };
    };
    let fields = [("juridiction", juridiction), ("date", date), ("numero", numero), ("termes", termes)];
    let mut all: Vec<Finding> = fields
        .into_iter()
        .filter(|(_, value)| is_blank(value))
        .map(|(name, _)| found("pv.ordonnance", format!("Décision de justice : le champ « {name} » n'est pas rempli.")))
        .collect();
    all.extend(late(looked, echeance.as_deref()));
    if !perimetre.is_empty() {
        let outside = reached_hosts(looked).into_iter().filter(|(host, _)| !perimetre.contains(host));
        all.extend(outside.map(|(host, seq)| {
            let what = format!("Une page hors du périmètre de la décision a été consultée (ligne {seq} du journal).");
            found("pv.ordonnance.perimetre", what).values(perimetre.join(", "), host)
        }));
    }
    Answer::of(all)
}

fn late(looked: &Looked<'_>, echeance: Option<&str>) -> Option<Finding> {
    let last = echeance?;
    let Ok(last) = last.parse::<jiff::civil::Date>() else {
        let what = "La date d'échéance de la décision ne se lit pas ; AAAA-MM-JJ est attendu.";
        return Some(found("pv.ordonnance.echeance", what).found(last));
    };
    let done = looked.input.manifest.session.closed_at.legal_time().date();
    let what = "Les opérations dépassent l'échéance de la décision.";
    (done > last).then(|| found("pv.ordonnance.echeance", what).values(last, done))
}

/// The hosts of the pages reached, each with the line that says it.
fn reached_hosts(looked: &Looked<'_>) -> Vec<(String, u64)> {
    let pages = looked.facts.steps.values().flat_map(|step| &step.pages).filter(|page| page.outcome != Outcome::Failed);
    pages.filter_map(|page| Some((super::captures::host(page.text("url")?)?, page.seq))).collect()
}

/// CHK-24: the mode declared allows what was done.
pub(super) fn access(looked: &Looked<'_>) -> Answer {
    let Some(line) = looked.facts.first(&op::SESSION_ACCESS).filter(|line| line.outcome == Outcome::Declared) else {
        let what = "Le scénario ne dit pas à quel titre les pages sont accessibles (section « acces »).";
        return Answer::Apart(vec![found("pv.acces", what)]);
    };
    let mode = line.text("mode").unwrap_or("");
    let secrets =
        looked.facts.first(&op::SESSION_SCENARIO).and_then(|plan| plan.integer("secrets_removed")).unwrap_or(0);
    let mut all = Vec::new();
    if mode == "public" && secrets > 0 {
        let what = "L'accès est déclaré public, et le scénario saisit des valeurs confidentielles.";
        all.push(found("pv.acces.public", what).values(0, secrets));
    }
    let says = |key: &str| {
        line.data.get(key).is_some_and(|v| !v.is_null() && v.as_str() != Some("") && *v != Value::Bool(false))
    };
    let asked: &[&str] = match mode {
        "officer_account" => &["quality_shown"],
        "client_account" => &["holder", "holder_present", "right"],
        "court_order" => &["decision"],
        _ => &[],
    };
    for key in asked.iter().filter(|key| !says(key)) {
        let what = format!("Le mode d'accès « {mode} » demande la mention « {key} ».");
        all.push(found("pv.acces.mention", what));
    }
    Answer::of(all)
}

/// CHK-25: the officer signs up to nothing and buys nothing; a third party's purchase is an achat-test, and told as one.
pub(super) fn purchase(looked: &Looked<'_>) -> Answer {
    let draft = looked.input.draft;
    let test = draft.is_some_and(|d| d.nature == Nature::AchatTest);
    let of_forms =
        |e: &&dossier::JournalEntry| matches!(e.text("code"), Some("capture.signup_form" | "capture.checkout_form"));
    let mut all: Vec<Finding> = Vec::new();
    for line in looked.facts.all(op::STEP_END).chain(looked.facts.all(op::FINDING)).filter(of_forms) {
        let code = line.text("code").unwrap_or("");
        if !(test && code == "capture.checkout_form") {
            let what = format!(
                "La session a rencontré un formulaire d'inscription ou de commande (ligne {} du journal).",
                line.seq
            );
            all.push(found("pv.formulaire", what).found(code));
        }
    }
    match (test, draft.and_then(|d| d.achat.as_ref())) {
        (true, None) => {
            all.push(found("pv.achat", "Un achat-test demande la section « achat » : l'acheteur, sa qualité, l'objet."))
        }
        (true, Some(achat)) if is_blank(&achat.acheteur) || is_blank(&achat.qualite) || is_blank(&achat.objet) => {
            all.push(found("pv.achat", "La section « achat » n'est pas remplie."));
        }
        (false, Some(_)) => all.push(found("pv.achat", "Un achat est décrit, et l'acte n'est pas un achat-test.")),
        _ => {}
    }
    Answer::of(all)
}

#[cfg(test)]
mod tests {
    use super::siren_holds;

    #[test]
    fn the_key_of_a_siren() {
        assert!(siren_holds("732 829 320"));
        assert!(!siren_holds("732 829 321"));
        assert!(!siren_holds("73282932"));
        assert!(!siren_holds("73282932x"));
    }
}
