//! A flow recorded with the Recorder panel of Chrome's developer tools (JSON, as `@puppeteer/replay` reads it), taken as it is.
//!
//! Each recorded step becomes one of ours; what this program does not do to a page or to the network is told as not taken up.
//! A flow has no step for a capture: the page is captured before it is left, where a recorded navigation leads, and at the end.
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::{Action, Combien, Etape, Scenario, ScenarioError, Telephone, steps};

/// What a recorder did, step by step.
#[derive(Clone, Debug, PartialEq)]
pub enum Geste {
    /// `click`, `doubleClick`.
    Cliquer {
        /// Where.
        cible: Enregistre,
        /// Which button.
        bouton: Bouton,
        /// One or two.
        fois: u8,
    },
    /// `hover`.
    Survoler(Enregistre),
    /// `change`.
    Changer {
        /// The field.
        cible: Enregistre,
        /// What it becomes.
        valeur: String,
    },
    /// `keyDown`, `keyUp`.
    Touche {
        /// Its name, as the DOM says (`KeyboardEvent.key`).
        touche: String,
        /// Pressed, or let go.
        enfoncer: bool,
    },
    /// `scroll`.
    Defiler {
        /// The part of the page; the whole of it when absent.
        cible: Option<Enregistre>,
        /// CSS pixels from the left.
        x: i64,
        /// CSS pixels from the top.
        y: i64,
    },
    /// `waitForElement`.
    AttendreElement {
        /// What.
        cible: Enregistre,
        /// How many.
        combien: Combien,
        /// Whether they must be shown, or hidden; `None` counts all.
        visible: Option<bool>,
        /// Attributes they must have.
        attributs: Vec<(String, String)>,
    },
    /// `waitForExpression`.
    AttendreExpression {
        /// JavaScript, asked of the page from a world of our own.
        expression: String,
        /// How long at most.
        delai: Duration,
    },
    /// A step that is not taken up: its type, and why.
    NonRepris {
        /// The recorded type.
        quoi: String,
        /// Why, in French.
        pourquoi: &'static str,
    },
    /// `close`.
    Clore,
}

/// The buttons of a pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Bouton {
    /// The left one.
    #[default]
    Primary,
    /// The middle one.
    Auxiliary,
    /// The right one.
    Secondary,
    /// Back.
    Back,
    /// Forward.
    Forward,
}

/// An element as it was recorded: several ways to it, each through the trees it lies in.
#[derive(Clone, Debug, PartialEq)]
pub struct Enregistre {
    /// The ways, in their order: `aria/…`, `text/…`, `xpath/…`, `pierce/…`, else CSS; each a selector a tree.
    pub chemins: Vec<Vec<String>>,
    /// The frame it is in, by index from the page's own document.
    pub cadre: Vec<u32>,
    /// Where in the element, in CSS pixels from its corner; its middle when absent.
    pub decalage: Option<(i64, i64)>,
    /// How long it may take to appear.
    pub delai: Duration,
}

impl Enregistre {
    /// What a person would call it.
    pub(super) fn name(&self) -> String {
        let all = || self.chemins.iter().flatten();
        let said = |prefix: &str| {
            let found = all()
                .filter_map(|one| one.strip_prefix(prefix))
                .map(|text| text.split("[role").next().unwrap_or(text).trim());
            found.filter(|text| !text.is_empty()).map(str::to_owned).next()
        };
        said("aria/").or_else(|| said("text/")).or_else(|| all().next().cloned()).unwrap_or_default()
    }
}

#[derive(Deserialize)]
struct Flow {
    title: String,
    #[serde(default)]
    timeout: Option<u64>,
    steps: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Step {
    #[serde(rename = "type")]
    kind: String,
    timeout: Option<u64>,
    url: Option<String>,
    selectors: Option<Vec<Selector>>,
    #[serde(default)]
    frame: Vec<u32>,
    target: Option<String>,
    offset_x: Option<f64>,
    offset_y: Option<f64>,
    #[serde(default)]
    button: Bouton,
    value: Option<String>,
    key: Option<String>,
    x: Option<f64>,
    y: Option<f64>,
    width: Option<u32>,
    height: Option<u32>,
    device_scale_factor: Option<f64>,
    is_mobile: Option<bool>,
    has_touch: Option<bool>,
    operator: Option<String>,
    count: Option<u64>,
    visible: Option<bool>,
    attributes: Option<std::collections::BTreeMap<String, String>>,
    properties: Option<Value>,
    expression: Option<String>,
    #[serde(default)]
    asserted_events: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Selector {
    One(String),
    Path(Vec<String>),
}

const MOST: usize = 10_000;
const FRAME: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(600);

/// Reads a flow; `name` is the file's name, for the error.
pub(super) fn scenario(name: &str, text: &str) -> Result<Scenario, ScenarioError> {
    let flow: Flow = serde_json::from_str(text).map_err(|e| {
        let expected = "un parcours JSON de l'enregistreur de Chrome : title et steps";
        ScenarioError::new(name, (e.line(), e.column()), "").values(expected, e.to_string())
    })?;
    if flow.steps.is_empty() || flow.steps.len() > MOST {
        return Err(wrong(name, 0, format!("de 1 à {MOST} étapes"), flow.steps.len().to_string()));
    }
    let scenario = Scenario::empty();
    let usual = flow.timeout.map_or(FRAME, Duration::from_millis).min(LONGEST);
    let mut reader = Reader { name, title: flow.title, usual, scenario, moved: false, pages: 0 };
    for (index, value) in flow.steps.into_iter().enumerate() {
        let step: Step = serde_json::from_value(value)
            .map_err(|e| wrong(name, index + 1, "une étape enregistrée", e.to_string()))?;
        reader.step(index + 1, step)?;
    }
    reader.capture();
    Ok(reader.scenario)
}

fn wrong(name: &str, step: usize, expected: impl Into<String>, found: impl Into<String>) -> ScenarioError {
    ScenarioError::new(name, (1, 1), format!("steps[{step}]")).values(expected, found)
}

struct Reader<'a> {
    name: &'a str,
    title: String,
    usual: Duration,
    scenario: Scenario,
    /// Something was done since the last capture.
    moved: bool,
    pages: u32,
}

impl Reader<'_> {
    fn step(&mut self, index: usize, step: Step) -> Result<(), ScenarioError> {
        let navigates =
            step.asserted_events.iter().any(|event| event.get("type").and_then(Value::as_str) == Some("navigation"));
        if step.target.as_deref().is_some_and(|target| target != "main") {
            self.push(not_taken(&step.kind, "elle s'adresse à une autre fenêtre que celle de la capture."));
            return Ok(());
        }
        let kind = step.kind.clone();
        let geste = match kind.as_str() {
            "setViewport" => return self.viewport(index, &step),
            "navigate" => {
                self.capture();
                let text = step.url.unwrap_or_default();
                let url = steps::address(&text).map_err(|expected| wrong(self.name, index, expected, text))?;
                self.scenario.etapes.push(Etape { action: Action::Aller(url), note: None });
                self.moved = true;
                return Ok(());
            }
            "click" | "doubleClick" => {
                let fois = if kind == "click" { 1 } else { 2 };
                Geste::Cliquer { bouton: step.button, fois, cible: self.target(index, &step)? }
            }
            "hover" => Geste::Survoler(self.target(index, &step)?),
            "change" => self.change(index, &step)?,
            "keyDown" | "keyUp" => Geste::Touche {
                touche: step.key.ok_or_else(|| wrong(self.name, index, "« key »", "rien"))?,
                enfoncer: kind == "keyDown",
            },
            "scroll" => Geste::Defiler {
                x: whole(step.x),
                y: whole(step.y),
                cible: if step.selectors.is_some() { Some(self.target(index, &step)?) } else { None },
            },
            "waitForElement" => self.wait(index, &step)?,
            "waitForExpression" => Geste::AttendreExpression {
                delai: step.timeout.map_or(self.usual, Duration::from_millis).min(LONGEST),
                expression: step.expression.ok_or_else(|| wrong(self.name, index, "« expression »", "rien"))?,
            },
            "emulateNetworkConditions" => not_taken(&kind, "la capture ne change pas le réseau."),
            "customStep" => not_taken(&kind, "elle appelle une extension que la capture n'a pas."),
            "close" => {
                self.capture();
                self.push(Geste::Clore);
                return Ok(());
            }
            other => return Err(wrong(self.name, index, "un type d'étape de l'enregistreur", format!("« {other} »"))),
        };
        if navigates {
            // The page that is about to be left, then the one that is come to.
            self.capture();
        }
        self.moved |= !matches!(geste, Geste::NonRepris { .. });
        self.push(geste);
        if navigates {
            self.capture();
        }
        Ok(())
    }

    fn push(&mut self, geste: Geste) {
        self.scenario.etapes.push(Etape { action: Action::Geste(Box::new(geste)), note: None });
    }

    /// A capture of what the steps since the last one led to.
    fn capture(&mut self) {
        if std::mem::take(&mut self.moved) {
            self.pages += 1;
            let title = format!("{}, vue {}", self.title.trim(), self.pages);
            self.scenario.etapes.push(Etape { action: Action::Capturer(title), note: None });
        }
    }

    /// The first window is the capture's; it does not change afterwards.
    fn viewport(&mut self, index: usize, step: &Step) -> Result<(), ScenarioError> {
        let first = self.scenario.etapes.is_empty();
        let (width, height) = (step.width.unwrap_or(0), step.height.unwrap_or(0));
        if !(320..=3840).contains(&width) || !(240..=2160).contains(&height) {
            let expected = "une fenêtre de 320 à 3840 pixels sur 240 à 2160";
            return Err(wrong(self.name, index, expected, format!("{width} × {height}")));
        }
        let browser = &mut self.scenario.navigateur;
        let same = (browser.largeur, browser.hauteur) == (width, height);
        if first {
            (browser.largeur, browser.hauteur) = (width, height);
        }
        if first && step.is_mobile == Some(true) {
            self.telephone(&step.kind, (width, height), step);
        } else if step.is_mobile == Some(true) || step.has_touch == Some(true) {
            self.push(not_taken(
                &step.kind,
                "un téléphone ne se déclare qu'avant la première page, et un écran tactile seul n'est pas imité.",
            ));
        } else if step.device_scale_factor.is_some_and(|scale| (scale - 1.0).abs() > 0.01) {
            self.push(not_taken(&step.kind, "l'échelle de l'écran enregistré n'est pas imitée."));
        } else if !first && !same {
            self.push(not_taken(&step.kind, "la fenêtre garde ses dimensions pendant toute la capture."));
        }
        Ok(())
    }

    /// A flow that was recorded on a simulated telephone declares it, when there is one with such a screen.
    fn telephone(&mut self, kind: &str, (width, height): (u32, u32), step: &Step) {
        let scale = step.device_scale_factor.unwrap_or(1.0);
        let densite = u32::try_from(whole(Some(scale))).unwrap_or(0);
        let Some(telephone) = Telephone::recorded(width, height, densite, step.has_touch == Some(true)) else {
            self.push(not_taken(
                kind,
                "cet écran n'est pas celui d'un téléphone : la fenêtre garde ses dimensions, sur un poste.",
            ));
            return;
        };
        self.scenario.navigateur.simulate(telephone);
        if (scale - f64::from(densite)).abs() > 0.01 {
            self.push(not_taken(
                kind,
                "la densité enregistrée n'est pas entière : le téléphone simulé a l'entière la plus proche.",
            ));
        }
    }

    fn target(&self, index: usize, step: &Step) -> Result<Enregistre, ScenarioError> {
        let chemins: Vec<Vec<String>> = step
            .selectors
            .iter()
            .flatten()
            .map(|selector| match selector {
                Selector::One(one) => vec![one.clone()],
                Selector::Path(path) => path.clone(),
            })
            .filter(|path| !path.is_empty())
            .collect();
        if chemins.is_empty() {
            return Err(wrong(self.name, index, "« selectors », au moins un", "rien"));
        }
        let decalage = step.offset_x.zip(step.offset_y).map(|(x, y)| (whole(Some(x)), whole(Some(y))));
        let delai = step.timeout.map_or(self.usual, Duration::from_millis).min(LONGEST);
        Ok(Enregistre { chemins, cadre: step.frame.clone(), decalage, delai })
    }

    /// A recorder writes what is typed as it is: a password has no place in a file that is annexed.
    fn change(&self, index: usize, step: &Step) -> Result<Geste, ScenarioError> {
        let cible = self.target(index, step)?;
        let secret = ["password", "passwd", "mot de passe", "motdepasse", "mot-de-passe", "passwort", "contraseña"];
        if cible.chemins.iter().flatten().any(|one| secret.iter().any(|word| one.to_lowercase().contains(word))) {
            let expected =
                "un parcours sans mot de passe : ôtez cette étape de l'enregistrement, qui est annexé à l'acte";
            return Err(wrong(self.name, index, expected, "un champ de mot de passe").of_access());
        }
        let valeur = step.value.clone().ok_or_else(|| wrong(self.name, index, "« value »", "rien"))?;
        Ok(Geste::Changer { cible, valeur })
    }

    fn wait(&self, index: usize, step: &Step) -> Result<Geste, ScenarioError> {
        let count = step.count.unwrap_or(1);
        let combien = match step.operator.as_deref().unwrap_or(">=") {
            ">=" => Combien::AuMoins(count),
            "==" => Combien::Exactement(count),
            "<=" => Combien::AuPlus(count),
            other => return Err(wrong(self.name, index, "« operator » >=, == ou <=", format!("« {other} »"))),
        };
        if step.properties.as_ref().is_some_and(|value| value.as_object().is_none_or(|map| !map.is_empty())) {
            return Ok(not_taken(
                &step.kind,
                "les propriétés d'un objet de la page ne sont pas lues ; ses attributs le sont.",
            ));
        }
        let attributs = step.attributes.clone().unwrap_or_default().into_iter().collect();
        Ok(Geste::AttendreElement { cible: self.target(index, step)?, combien, visible: step.visible, attributs })
    }
}

fn not_taken(quoi: &str, pourquoi: &'static str) -> Geste {
    Geste::NonRepris { quoi: quoi.to_owned(), pourquoi }
}

/// The whole part of a coordinate; what is beyond any page is its end.
fn whole(value: Option<f64>) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "clamped to what an i64 holds")]
    let whole = value.unwrap_or(0.0).clamp(-1e9, 1e9).round() as i64;
    whole
}
