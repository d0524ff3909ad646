//! The words exchanged with the officer: questions, the answers that are understood, and the review of his own finding.
use capture::scenario::Scenario;
use capture::{Answer, Opinion, Statement, Wish};

use crate::output::printable;

/// Shows a prompt and gives a line, `None` at the end of the input.
pub(super) type Read<'a> = &'a mut dyn FnMut(&str) -> Option<String>;

const SEEN: &str = "Constatez-vous personnellement ce qui précède ? [o = oui, n = non, pause, passer, étape, arrêter]";
const OWN: &str = "Votre constatation (facultatif, ligne vide : aucune) :";
const NEXT: &str = "[Entrée = continuer, pause, passer, étape, arrêter]";
const STEP: &str = "Étape, comme au scénario, sur une ligne (ligne vide : aucune) :";
const BACK: &str = "« reprendre » pour continuer, « arrêter » pour finir :";

/// Asks until an answer is one of those offered.
pub(super) fn acknowledge(name: &str, plan: &Scenario, read: Read<'_>) -> Answer {
    loop {
        let Some(line) = read(SEEN) else { return Answer::Stop };
        match line.trim().to_lowercase().as_str() {
            "o" | "oui" => {
                // The end of the input takes nothing back: the answer was given.
                let statement = statement(read);
                return Answer::Acknowledged { by: name.to_owned(), statement };
            }
            "n" | "non" => {
                let Some(why) = read("Motif (il sera porté au journal) :") else { return Answer::Stop };
                let why = if why.trim().is_empty() { "sans motif" } else { why.trim() };
                return Answer::Refused { why: why.to_owned() };
            }
            "arrêter" | "arreter" => return Answer::Stop,
            // Nothing is taken for an answer that is not one, an empty line least of all.
            other => {
                if let Some(wish) = wish(other, plan, read) {
                    return Answer::First(wish);
                }
            }
        }
    }
}

/// Between two steps: an empty line goes on.
pub(super) fn between(plan: &Scenario, read: Read<'_>) -> Wish {
    loop {
        let Some(line) = read(NEXT) else { return Wish::Stop };
        match line.trim().to_lowercase().as_str() {
            "" | "continuer" => return Wish::GoOn,
            "arrêter" | "arreter" => return Wish::Stop,
            other => {
                if let Some(wish) = wish(other, plan, read) {
                    return wish;
                }
            }
        }
    }
}

/// Waits for the word that goes on; false is the end of the session.
pub(super) fn come_back(read: Read<'_>) -> bool {
    loop {
        let Some(line) = read(BACK) else { return false };
        match line.trim().to_lowercase().as_str() {
            "reprendre" => return true,
            "arrêter" | "arreter" => return false,
            _ => {}
        }
    }
}

fn wish(word: &str, plan: &Scenario, read: Read<'_>) -> Option<Wish> {
    match word {
        "pause" => Some(Wish::Pause),
        "passer" => Some(Wish::LeaveOut),
        "étape" | "etape" => step(plan, read).map(Wish::Step),
        _ => None,
    }
}

/// A step that the scenario's own parser takes; what is wrong with a line is shown, and it is asked again.
fn step(plan: &Scenario, read: Read<'_>) -> Option<String> {
    let mut prompt = STEP.to_owned();
    loop {
        let line = read(&prompt)?;
        let line = line.trim();
        if line.is_empty() {
            return None;
        }
        match plan.unscripted(line) {
            Ok(_) => return Some(line.to_owned()),
            Err(error) => prompt = format!("Incorrect : {}\n{STEP}", printable(&error.to_string())),
        }
    }
}

/// The officer's own finding. Words of opinion are shown with their reason, to be written again or kept.
fn statement(read: Read<'_>) -> Option<Statement> {
    let mut prompt = OWN.to_owned();
    let mut last: Option<Statement> = None;
    loop {
        let line = read(&prompt)?;
        let words = line.trim();
        match last.take() {
            Some(kept) if words.eq_ignore_ascii_case("conserver") => return Some(kept),
            _ if words.is_empty() => return None,
            _ => {}
        }
        // The list is data of the product, and read by its tests.
        let found = report::opinions(words).unwrap_or_default();
        let opinions: Vec<Opinion> =
            found.into_iter().map(|found| Opinion { word: found.word, why: found.why }).collect();
        let statement = Statement { words: words.to_owned(), opinions };
        if statement.opinions.is_empty() {
            return Some(statement);
        }
        prompt = told(&statement.opinions);
        last = Some(statement);
    }
}

fn told(opinions: &[Opinion]) -> String {
    let mut text = String::from(
        "Une constatation est purement matérielle, exclusive de tout avis (ordonnance n° 2016-728, art. 1er, II, 2°) :\n",
    );
    for Opinion { word, why } in opinions {
        text += &format!("  « {} » : {why}\n", printable(word));
    }
    text + "Reformulez, ou « conserver » pour la garder telle quelle (ce sera constaté ; ligne vide : aucune) :"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Scenario {
        Scenario::for_url("http://127.0.0.1/", None).unwrap()
    }

    /// What is given for these lines, and the prompts that were shown.
    fn played<T>(lines: &[&str], dialogue: impl FnOnce(Read<'_>) -> T) -> (T, Vec<String>) {
        let (mut lines, mut prompts) = (lines.iter(), Vec::new());
        let given = dialogue(&mut |prompt| {
            prompts.push(prompt.to_owned());
            lines.next().map(|line| format!("{line}\n"))
        });
        assert!(lines.next().is_none(), "a line was not read: {prompts:?}");
        (given, prompts)
    }

    fn asked(lines: &[&str]) -> Answer {
        played(lines, |read| acknowledge("Camille Essai", &plan(), read)).0
    }

    fn yes(statement: Option<Statement>) -> Answer {
        Answer::Acknowledged { by: "Camille Essai".into(), statement }
    }

    #[test]
    fn only_a_plain_yes_acknowledges() {
        assert_eq!(asked(&["o"]), yes(None), "the end of the input takes nothing back");
        assert_eq!(asked(&["", "ok", "y", " OUI ", ""]), yes(None));
        assert_eq!(asked(&["n", "image floue"]), Answer::Refused { why: "image floue".into() });
        assert_eq!(asked(&["non", ""]), Answer::Refused { why: "sans motif".into() });
        assert_eq!(asked(&["arrêter"]), Answer::Stop);
        assert_eq!(asked(&[""]), Answer::Stop, "the end of the input ends the session");
    }

    #[test]
    fn a_finding_is_kept_as_typed() {
        let words = "La page affiche « Promotion » en rouge.";
        assert_eq!(asked(&["o", words]), yes(Some(Statement { words: words.into(), opinions: Vec::new() })));
    }

    #[test]
    fn an_opinion_is_shown_with_its_reason_and_written_again_or_kept() {
        let biased = "Un commentaire manifestement injurieux.";
        let (answer, prompts) =
            played(&["o", biased, "La page affiche un commentaire."], |read| acknowledge("C. E.", &plan(), read));
        let Answer::Acknowledged { statement: Some(statement), .. } = answer else { panic!("{answer:?}") };
        assert_eq!((statement.words.as_str(), statement.opinions.len()), ("La page affiche un commentaire.", 0));
        for part in ["« manifestement »", "« injurieux » : qualification juridique", "2016-728", "conserver"] {
            assert!(prompts[2].contains(part), "« {part} » : {}", prompts[2]);
        }
        let Answer::Acknowledged { statement: Some(kept), .. } = asked(&["o", biased, "Conserver"]) else { panic!() };
        let words: Vec<_> = kept.opinions.iter().map(|o| o.word.as_str()).collect();
        assert_eq!((kept.words.as_str(), words), (biased, vec!["manifestement", "injurieux"]));
        assert_eq!(asked(&["o", biased, ""]), yes(None));
        // « conserver » is a finding like another when there is nothing to keep.
        assert_eq!(
            asked(&["o", "conserver"]),
            yes(Some(Statement { words: "conserver".into(), opinions: Vec::new() }))
        );
    }

    #[test]
    fn what_is_asked_first_is_understood_and_a_step_is_judged_by_the_scenario() {
        assert_eq!(asked(&["Pause"]), Answer::First(Wish::Pause));
        assert_eq!(asked(&["passer"]), Answer::First(Wish::LeaveOut));
        let line = "cliquer = { texte = \"Suite\" }";
        let (answer, prompts) =
            played(&["étape", "clique sur Suite", line], |read| acknowledge("C. E.", &plan(), read));
        assert_eq!(answer, Answer::First(Wish::Step(line.into())));
        assert!(prompts[2].starts_with("Incorrect : "), "{prompts:?}");
        assert_eq!(asked(&["etape", "", "o", ""]), yes(None));
    }

    #[test]
    fn between_steps_an_empty_line_goes_on() {
        let between = |lines: &[&str]| played(lines, |read| between(&plan(), read)).0;
        assert_eq!(between(&[""]), Wish::GoOn);
        assert_eq!(between(&["quoi ?", "passer"]), Wish::LeaveOut);
        assert_eq!(between(&["arrêter"]), Wish::Stop);
        assert!(played(&["oui", "reprendre"], come_back).0);
        assert!(!played(&["arreter"], come_back).0 && !played(&[""], come_back).0);
    }
}
