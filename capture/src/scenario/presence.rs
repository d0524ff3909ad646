//! `[presence]`: how the officer's presence is shown: the film, its sound, how long he may give no sign.
use std::time::Duration;

use super::read::Item;
use super::{Etape, MIO, Scenario, ScenarioError};

/// How the officer's presence is shown (`[presence]`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Presence {
    /// `film`: whether the session is filmed; when absent, one that is attended on a display is.
    pub film: Option<bool>,
    /// `son`: whether the film has the browser's sound.
    pub son: bool,
    /// `film_mio`: how many octets the film may have.
    pub film_octets: u64,
    /// `absence_secondes`: how long the officer may give no sign before the session waits for him.
    pub absence: Duration,
}

impl Default for Presence {
    fn default() -> Self {
        Self { film: None, son: true, film_octets: 1024 * MIO, absence: Duration::from_secs(300) }
    }
}

pub(super) fn presence(item: &Item<'_, '_>) -> Result<Presence, ScenarioError> {
    let section = item.table(&["film", "son", "film_mio", "absence_secondes"])?;
    let default = Presence::default();
    Ok(Presence {
        film: section.get("film").map(Item::boolean).transpose()?,
        son: section.get("son").map_or(Ok(default.son), Item::boolean)?,
        film_octets: section.number("film_mio", 1, 65_536)?.map_or(default.film_octets, |mio| mio * MIO),
        absence: section.number("absence_secondes", 1, 86_400)?.map_or(default.absence, Duration::from_secs),
    })
}

impl Scenario {
    /// One step typed during the session, on one line, as in a scenario (`cliquer = { texte = "Suite" }`).
    ///
    /// What only a scenario can announce is refused: a confidential value (it would not be masked in what is recorded), and
    /// any typing when no access was declared.
    pub fn unscripted(&self, line: &str) -> Result<Etape, ScenarioError> {
        const NAME: &str = "étape";
        let refused = |expected: &str, found: &str| ScenarioError::new(NAME, (1, 1), "saisir").values(expected, found);
        if line.contains('\n') || line.contains("[[") {
            return Err(ScenarioError::new(NAME, (1, 1), "etape").values("une seule étape, sur une ligne", "plusieurs"));
        }
        // The parser of scenarios, on a scenario of this step alone: the line keeps its number.
        let mut etapes = Self::parse(NAME, &format!("etape = [{{ {} }}]\ndossier = {{}}\n", line.trim()))?.etapes;
        let Some(etape) = etapes.pop().filter(|_| etapes.is_empty()) else {
            return Err(ScenarioError::new(NAME, (1, 1), "etape").values("une seule étape", "plusieurs"));
        };
        if let super::Action::Saisir { secret, .. } = etape.action {
            if secret {
                return Err(refused("une valeur confidentielle écrite au scénario", "secret = true"));
            }
            if self.acces.is_none() {
                return Err(refused("une section [acces] au scénario, car une valeur est saisie", "rien"));
            }
        }
        Ok(etape)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Action;

    fn scenario(more: &str) -> Result<Scenario, ScenarioError> {
        Scenario::parse("essai.toml", &format!("[dossier]\n{more}\n[[etape]]\ncapturer = \"La page\"\n"))
    }

    #[test]
    fn the_section_has_defaults_and_bounds() {
        assert_eq!(scenario("").unwrap().presence, Presence::default());
        let read = scenario("[presence]\nfilm = false\nson = false\nfilm_mio = 2\nabsence_secondes = 5\n").unwrap();
        let expected =
            Presence { film: Some(false), son: false, film_octets: 2 * MIO, absence: Duration::from_secs(5) };
        assert_eq!(read.presence, expected);
        for wrong in ["film = \"oui\"", "film_mio = 0", "absence_secondes = 0", "camera = true"] {
            assert!(scenario(&format!("[presence]\n{wrong}\n")).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_step_is_typed_as_in_a_scenario_and_alone() {
        let plan = scenario("").unwrap();
        let clicked = plan.unscripted("cliquer = { texte = \"Suite\" }").unwrap();
        assert_eq!(clicked.action.kind(), "cliquer");
        let noted = plan.unscripted("capturer = \"Le bas\", note = \"vu à l'écran\"").unwrap();
        assert_eq!((noted.action, noted.note.as_deref()), (Action::Capturer("Le bas".into()), Some("vu à l'écran")));
        for wrong in [
            "cliquer",
            "cliquer = { texte = \"a\" } }, { revenir = true",
            "aller = \"ftp://x\"",
            "capturer = \"a\"\n[[etape]]\ncapturer = \"b\"",
            "saisir = { selecteur = \"#a\", texte = \"b\" }",
        ] {
            assert!(plan.unscripted(wrong).is_err(), "{wrong}");
        }
        let declared = scenario("[acces]\nmode = \"public\"\n").unwrap();
        assert!(declared.unscripted("saisir = { selecteur = \"#a\", texte = \"b\" }").is_ok());
        assert!(declared.unscripted("saisir = { selecteur = \"#a\", texte = \"b\", secret = true }").is_err());
    }
}
