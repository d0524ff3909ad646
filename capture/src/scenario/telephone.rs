//! `[navigateur.telephone]`: a telephone that the browser simulates because it was declared, and what cannot be one.
//!
//! Only telephones whose own browser has the engine of ours: another engine would be claimed, not shown. Densities are whole,
//! so that every point of the page is a whole number of pixels of its pictures.
use dossier::JournalEntry;
use serde_json::{Value, json};

use super::ScenarioError;
use super::read::{Item, Section};

/// A telephone as declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Telephone {
    /// `designation`, or that of the table: what the act calls it.
    pub designation: String,
    /// Width of the screen as it is held, in CSS pixels.
    pub largeur: u32,
    /// Height of the screen as it is held, in CSS pixels.
    pub hauteur: u32,
    /// `densite`: pixels of the screen for one CSS pixel, in each direction.
    pub densite: u32,
    /// `orientation = "paysage"`.
    pub paysage: bool,
    /// `tactile`: whether the screen is touched.
    pub tactile: bool,
    /// `modele`, as the browser's hints say it; may be empty.
    pub modele: String,
    /// `systeme`: version of Android, three numbers.
    pub systeme: String,
    /// `agent`: `{version}` stands for the version of the browser that is measured.
    pub agent: String,
    /// `motif`: why, in the officer's words.
    pub motif: String,
    /// Who declares it.
    pub declarant: Declarant,
}

/// Who declares a telephone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Declarant {
    /// The officer, in the scenario.
    Officier,
    /// A recorded flow, which was made on a simulated telephone.
    Enregistrement,
}

/// What stands for the version in an agent.
pub(crate) const VERSION: &str = "{version}";
/// What Chrome says on every Android telephone: it names neither the version of the system nor the model.
pub(super) const AGENT: &str =
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version} Mobile Safari/537.36";
/// The most a screen is: what is wider is a tablet's or a workstation's.
const SHORT: (u64, u64) = (320, 600);
const LONG: (u64, u64) = (480, 1400);
const DENSITY: (u64, u64) = (1, 4);
const KEYS: &[&str] = &[
    "nom",
    "designation",
    "largeur",
    "hauteur",
    "densite",
    "orientation",
    "tactile",
    "modele",
    "systeme",
    "agent",
    "motif",
];
/// What only a telephone without a name of the table says of itself.
const OWN: &[&str] = &["designation", "largeur", "hauteur", "densite", "modele", "systeme"];
/// Other browsers and engines, by what they write in an agent.
const OTHERS: &[&str] = &[
    "iPhone",
    "iPad",
    "Firefox",
    "FxiOS",
    "CriOS",
    "Gecko/",
    "Edg",
    "OPR/",
    "SamsungBrowser",
    "UCBrowser",
    "Version/",
    "Headless",
    "Windows",
    "Macintosh",
    "X11",
    "CrOS",
];

/// A telephone of the table.
struct Shipped {
    nom: &'static str,
    designation: &'static str,
    /// Width, height and density of its screen, upright, as its maker sets it.
    screen: [u32; 3],
    modele: &'static str,
    systeme: &'static str,
}

const TABLE: [Shipped; 4] = [
    Shipped {
        nom: "galaxy-s24",
        designation: "Samsung Galaxy S24",
        screen: [360, 780, 3],
        modele: "SM-S921B",
        systeme: "14.0.0",
    },
    Shipped {
        nom: "galaxy-s21",
        designation: "Samsung Galaxy S21",
        screen: [360, 800, 3],
        modele: "SM-G991B",
        systeme: "13.0.0",
    },
    Shipped {
        nom: "pixel-8-pro",
        designation: "Google Pixel 8 Pro",
        screen: [448, 998, 3],
        modele: "Pixel 8 Pro",
        systeme: "14.0.0",
    },
    Shipped {
        nom: "android",
        designation: "téléphone Android sans marque",
        screen: [360, 800, 2],
        modele: "",
        systeme: "14.0.0",
    },
];

impl Telephone {
    /// What a flow was recorded on; `None` when no telephone has such a screen.
    pub(super) fn recorded(width: u32, height: u32, densite: u32, tactile: bool) -> Option<Self> {
        let (short, long) = (width.min(height), width.max(height));
        let within = |n: u32, (low, high): (u64, u64)| (low..=high).contains(&u64::from(n));
        (within(short, SHORT) && within(long, LONG) && within(densite, DENSITY)).then(|| Self {
            designation: "téléphone Android sans marque, aux dimensions de l'enregistrement".into(),
            largeur: width,
            hauteur: height,
            densite,
            paysage: width > height,
            tactile,
            modele: String::new(),
            systeme: "14.0.0".into(),
            agent: AGENT.into(),
            motif: "Le parcours annexé a été enregistré sur un téléphone simulé (setViewport, isMobile).".into(),
            declarant: Declarant::Enregistrement,
        })
    }

    /// As a journal says it; `None` when it does not say it, or says what cannot be one.
    pub(crate) fn of_entry(entry: &JournalEntry) -> Option<Self> {
        let text = |key: &str| entry.text(key).filter(|text| !text.chars().any(char::is_control)).map(str::to_owned);
        let number = |key: &str| entry.integer(key).and_then(|n| u32::try_from(n).ok());
        let (width, height) = (number("width")?, number("height")?);
        let is = |key: &str| entry.data.get(key).and_then(Value::as_bool).unwrap_or(true);
        let known = Self::recorded(width, height, number("density")?, is("touch"))?;
        Some(Self {
            designation: text("designation")?,
            modele: text("model")?,
            systeme: text("platform_version")?,
            agent: text("agent_pattern").filter(|agent| fault_of_agent(agent).is_none())?,
            motif: text("reason")?,
            declarant: match entry.text("declared_by") {
                Some("recording") => Declarant::Enregistrement,
                _ => Declarant::Officier,
            },
            ..known
        })
    }

    /// As the journal says it.
    pub(crate) fn json(&self) -> Value {
        json!({
            "designation": self.designation, "width": self.largeur, "height": self.hauteur, "density": self.densite,
            "orientation": if self.paysage { "landscape" } else { "portrait" }, "touch": self.tactile,
            "model": self.modele, "platform": "Android", "platform_version": self.systeme,
            "agent_pattern": self.agent, "reason": self.motif,
            "declared_by": match self.declarant {
                Declarant::Officier => "officer",
                Declarant::Enregistrement => "recording",
            },
        })
    }

    /// One sentence, for who reads the scenario.
    pub fn words(&self) -> String {
        format!(
            "{}, {} × {} points, densité {}, tenu en {}, écran {} ; motif : {}",
            self.designation,
            self.largeur,
            self.hauteur,
            self.densite,
            if self.paysage { "paysage" } else { "portrait" },
            if self.tactile { "tactile" } else { "non tactile" },
            self.motif
        )
    }
}

/// Reads the section.
pub(super) fn telephone(item: &Item<'_, '_>) -> Result<Telephone, ScenarioError> {
    let section = item.table(KEYS)?;
    let Some(motif) = section.get("motif") else {
        let expected = "la clé « motif » : un téléphone ne se simule que déclaré, et l'acte dit pourquoi";
        return Err(section.error(expected, "rien"));
    };
    let motif = plain(motif, 1000)?;
    let mut made = match section.get("nom") {
        Some(nom) => {
            if let Some(key) = section.present(OWN).first() {
                let fault = section.get(key).unwrap_or(nom);
                return Err(fault.wrong("rien : le téléphone nommé par « nom » a ses propres valeurs"));
            }
            shipped(nom)?
        }
        None => own(&section)?,
    };
    made.motif = motif;
    if let Some(agent) = section.get("agent") {
        agent.text()?.clone_into(&mut made.agent);
        if let Some(expected) = fault_of_agent(&made.agent) {
            return Err(agent.wrong(expected));
        }
    }
    made.tactile = section.get("tactile").map_or(Ok(true), Item::boolean)?;
    if let Some(orientation) = section.get("orientation") {
        made.paysage = match orientation.text()? {
            "portrait" => false,
            "paysage" => true,
            _ => return Err(orientation.wrong("« portrait » ou « paysage »")),
        };
    }
    if made.paysage {
        (made.largeur, made.hauteur) = (made.hauteur, made.largeur);
    }
    Ok(made)
}

fn shipped(nom: &Item<'_, '_>) -> Result<Telephone, ScenarioError> {
    let text = nom.text()?;
    let Some(one) = TABLE.iter().find(|one| one.nom == text) else {
        let names = TABLE.each_ref().map(|one| format!("« {} »", one.nom)).join(", ");
        let apple = match text.to_lowercase().contains("iphone") {
            true => " ; un iPhone a un autre moteur (WebKit) que le navigateur mesuré, qui ne peut pas en tenir lieu",
            false => ", ou les valeurs d'un autre (designation, largeur, hauteur, densite)",
        };
        return Err(nom.wrong(format!("un téléphone de la table : {names}{apple}")));
    };
    let [largeur, hauteur, densite] = one.screen;
    Ok(Telephone {
        designation: one.designation.into(),
        largeur,
        hauteur,
        densite,
        modele: one.modele.into(),
        systeme: one.systeme.into(),
        ..blank()
    })
}

fn own(section: &Section<'_, '_>) -> Result<Telephone, ScenarioError> {
    let wide = "un nombre entier de 320 à 600 points : plus large, l'écran n'est plus celui d'un téléphone tenu droit \
        (orientation = \"paysage\" le tourne)";
    let high = "un nombre entier de 480 à 1400 points, la hauteur de l'écran tenu droit";
    let dense =
        "un nombre entier de 1 à 4 : à une autre densité, un point de la page ne ferait pas un nombre entier de pixels";
    let largeur = number(section, "largeur", SHORT, wide)?;
    let hauteur = number(section, "hauteur", LONG, high)?;
    if hauteur < largeur {
        let fault =
            format!("une hauteur d'au moins {largeur} points : les dimensions sont celles du téléphone tenu droit");
        return Err(section.get("hauteur").map_or_else(|| section.error(&fault, "rien"), |item| item.wrong(&fault)));
    }
    let Some(designation) = section.get("designation") else {
        return Err(section.error("la clé « nom » (un téléphone de la table) ou « designation » (le vôtre)", "rien"));
    };
    let mut made = Telephone {
        designation: plain(designation, 120)?,
        largeur,
        hauteur,
        densite: number(section, "densite", DENSITY, dense)?,
        ..blank()
    };
    if let Some(modele) = section.get("modele") {
        made.modele = plain(modele, 60)?;
        if !made.modele.is_ascii() || made.modele.contains(['"', '\\']) {
            return Err(modele.wrong("des lettres sans accent, des chiffres, des espaces et des tirets"));
        }
    }
    if let Some(systeme) = section.get("systeme") {
        made.systeme = system(systeme)?;
    }
    Ok(made)
}

fn blank() -> Telephone {
    Telephone {
        designation: String::new(),
        largeur: 0,
        hauteur: 0,
        densite: 1,
        paysage: false,
        tactile: true,
        modele: String::new(),
        systeme: "14.0.0".into(),
        agent: AGENT.into(),
        motif: String::new(),
        declarant: Declarant::Officier,
    }
}

fn number(section: &Section<'_, '_>, key: &str, (low, high): (u64, u64), expected: &str) -> Result<u32, ScenarioError> {
    let Some(item) = section.get(key) else { return Err(section.error(format!("la clé « {key} »"), "rien")) };
    let number = item.integer(low, high).map_err(|_| item.wrong(expected))?;
    u32::try_from(number).map_err(|_| item.wrong(expected))
}

/// A text of one line.
fn plain(item: &Item<'_, '_>, most: usize) -> Result<String, ScenarioError> {
    let text = item.text()?.trim();
    if text.chars().count() > most || text.chars().any(char::is_control) {
        return Err(item.wrong(format!("un texte d'une ligne, de {most} caractères au plus")));
    }
    Ok(text.to_owned())
}

/// « 14 » or « 14.0.0 ».
fn system(item: &Item<'_, '_>) -> Result<String, ScenarioError> {
    let expected = "une version d'Android, de 8 à 30 : « 14 » ou « 14.0.0 »";
    let parts: Option<Vec<u32>> = item.text()?.split('.').map(|part| part.parse().ok()).collect();
    let Some(parts) = parts.filter(|p| p.len() <= 3 && (8..=30).contains(&p[0]) && p.iter().all(|n| *n < 100)) else {
        return Err(item.wrong(expected));
    };
    let part = |n: usize| parts.get(n).copied().unwrap_or(0);
    Ok(format!("{}.{}.{}", part(0), part(1), part(2)))
}

/// What an agent lacks, in French; `None` when it may be said.
fn fault_of_agent(agent: &str) -> Option<String> {
    if agent.len() > 300 || !agent.bytes().all(|b| (b' '..=b'~').contains(&b)) {
        return Some("un agent d'une ligne, de 300 signes au plus, sans accent ni caractère de commande".into());
    }
    if let Some(other) = OTHERS.iter().find(|other| agent.contains(**other)) {
        return Some(format!(
            "un agent sans « {other} » : il nommerait un autre navigateur, ou un autre appareil, que celui qui est simulé"
        ));
    }
    let engine = format!("Chrome/{VERSION}");
    if agent.matches("Chrome/").count() != 1 || !agent.contains(&engine) || agent.matches(['{', '}']).count() != 2 {
        return Some(format!(
            "un agent où « {engine} » tient la place de la version : celle du navigateur mesuré y est mise"
        ));
    }
    (!agent.contains("Mobile") || !agent.contains("Android"))
        .then(|| "un agent qui dit « Android » et « Mobile », comme celui d'un téléphone".into())
}
