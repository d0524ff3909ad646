//! `constat scenario verifier`: a script read and explained before it runs, in the sentences that the act will print.
use std::path::PathBuf;

use capture::scenario::{Reseau, Scenario, Venue};
use clap::{Args, Subcommand};
use serde_json::json;

use crate::capturer;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{self, printable};

/// Examples, and what the explanation is.
pub(crate) const SCENARIO_HELP: &str = "Exemples :\n  \
  constat scenario verifier scenario.toml\n  \
  constat scenario verifier scenario.toml --variable mot=lampe\n  \
  constat scenario verifier parcours.json\n  \
  constat --json scenario verifier scenario.toml\n\n\
Rien n'est demandé à aucun site. Chaque phrase est celle que le journal et le procès-verbal porteront ; une valeur confidentielle\n\
n'est jamais montrée. Une erreur nomme la ligne, la clé et ce qui était attendu (code de sortie 2).";

/// `scenario`
#[derive(Args)]
pub(crate) struct ScenarioArguments {
    /// Ce qu'il faut faire
    #[command(subcommand)]
    verb: ScenarioVerb,
}

#[derive(Subcommand)]
enum ScenarioVerb {
    /// Contrôle un scénario et l'explique en phrases, étape par étape, sans rien lancer
    #[command(visible_alias = "check")]
    Verifier {
        /// Le scénario
        #[arg(value_name = "SCENARIO.toml|PARCOURS.json")]
        file: PathBuf,
        /// Valeur d'une variable du scénario (section « variables ») ; à répéter
        #[arg(long, value_name = "NOM=VALEUR", value_parser = crate::cli::variable)]
        variable: Vec<(String, String)>,
    },
}

/// Explains a script.
pub(crate) fn run(arguments: &ScenarioArguments, json: bool) -> Result<Exit, Failure> {
    let ScenarioVerb::Verifier { file, variable } = &arguments.verb;
    let (scenario, _) = capturer::read_scenario(file, variable)?;
    if json {
        let steps: Vec<_> = scenario
            .etapes
            .iter()
            .map(|etape| {
                json!({
                    "kind": etape.action.kind(), "what": etape.sentence(), "parameters": etape.parameters(), "note": etape.note,
                })
            })
            .collect();
        output::json(&json!({
            "reference": scenario.reference, "objet": scenario.objet, "access": scenario.acces.as_ref().map(|a| a.words()),
            "variables": scenario.variables, "steps": steps, "missing": missing(&scenario),
        }));
        return Ok(Exit::Done);
    }
    output::line(&explained(&scenario));
    Ok(Exit::Done)
}

/// What a constat needs and the script does not say; the étude may say some of it.
fn missing(scenario: &Scenario) -> Vec<&'static str> {
    let mut missing = Vec::new();
    let mut lacks = |absent: bool, what: &'static str| {
        if absent {
            missing.push(what);
        }
    };
    lacks(scenario.objet.is_none(), "l'objet de la mission : [dossier] objet");
    lacks(scenario.lieu.is_none(), "le lieu des opérations : [dossier] lieu");
    lacks(scenario.requerant.is_none(), "le requérant : [requerant]");
    lacks(scenario.presents.is_empty(), "les personnes présentes : [[presents]]");
    lacks(scenario.acces.is_none(), "le mode d'accès aux pages : [acces] mode");
    let pictured = scenario.etapes.iter().any(|etape| etape.action.kind() == "capturer");
    lacks(!pictured, "une capture : aucune étape « capturer »");
    missing
}

fn explained(scenario: &Scenario) -> String {
    let mut lines = Vec::new();
    if let Some(objet) = &scenario.objet {
        lines.push(format!("Objet : {}", printable(objet)));
    }
    let access = scenario.acces.as_ref().map_or_else(|| "non déclaré".to_owned(), |acces| printable(&acces.words()));
    lines.push(format!("Accès : {access}"));
    let browser = &scenario.navigateur;
    let packets = if browser.reseau == Reseau::Paquets { ", paquets du réseau conservés" } else { "" };
    lines.push(format!(
        "Navigateur : fenêtre de {} × {} pixels, langue {}, fuseau {}{packets}",
        browser.largeur, browser.hauteur, browser.langue, browser.fuseau
    ));
    if let Some(telephone) = &browser.telephone {
        lines.push(format!("Téléphone simulé, déclaré : {}", printable(&telephone.words())));
    }
    for (name, value) in &scenario.variables {
        lines.push(format!("Variable {name} : {}", printable(value)));
    }
    for venue in scenario.wanted() {
        lines.push(match venue {
            Venue::Demandee(question) => format!("À demander avant la session : {}", printable(&question)),
            Venue::Coffre(nom) => format!("À prendre au coffre de l'étude : {}", printable(&nom)),
        });
    }
    lines.push(String::new());
    for (number, etape) in (1_usize..).zip(&scenario.etapes) {
        lines.push(format!("{number:>3}. {}", printable(&etape.sentence())));
        if let Some(note) = &etape.note {
            lines.push(format!("     Note de l'officier : {}", printable(note)));
        }
    }
    let missing = missing(scenario);
    if !missing.is_empty() {
        lines.push(String::new());
        lines.push("Ce scénario ne dit pas :".to_owned());
        lines.extend(missing.iter().map(|what| format!("  – {what}")));
    }
    lines.join("\n")
}
