//! What a step of a scenario does: one type for each of its keys.
use std::ops::Range;
use std::time::Duration;

use url::Url;

use super::Geste;

/// What a step does: one variant a key of the scenario.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// `aller = "https://…"`.
    Aller(Url),
    /// `attendre = {…}`.
    Attendre(Attente),
    /// `cliquer = {selecteur = "…"}`, `{texte = "…"}` or `{mentions_legales = true}`.
    Cliquer(Cible),
    /// `saisir = {selecteur = "…", texte = "…", secret = true}`, or `{selecteur, demander = "…"}`, or `{selecteur, coffre = "…"}`.
    Saisir {
        /// CSS selector of the field.
        selecteur: String,
        /// What is typed.
        texte: String,
        /// Never journalled when true.
        secret: bool,
        /// Where the text stands in the scenario's bytes, quotes included; empty when it comes from elsewhere.
        place: Range<usize>,
        /// Where a text that the scenario does not hold comes from.
        venue: Option<Venue>,
    },
    /// `defiler = "bas"` or `{jusqu_a = "…", maximum = 50}`.
    Defiler(Defilement),
    /// `capturer = "titre"`.
    Capturer(String),
    /// `capturer = {titre = "…", selecteur|texte|role}`: one element, whole.
    Detail(Detail),
    /// `lire = "titre"` or `{titre, selecteur, maximum}`: a film or a sound, played at its own speed.
    Lire(Lecture),
    /// `archive = {adresse, date, service}`: what a web archive shows of an address, after the address itself.
    Archive(Consultation),
    /// `telecharger = {selecteur|texte|url}`.
    Telecharger(Telechargement),
    /// `exiger = {…}`.
    Exiger(Exigence),
    /// `deplier = "tout"` or `{texte = "…", maximum = 50}`.
    Deplier(Depliage),
    /// `revenir = true`: back to the page before.
    Revenir,
    /// `recueillir = "tout"` or `{titre = "…", fiche = "…", maximum = 500}`: every item of a feed.
    Recueillir(Box<Recueil>),
    /// `feuilleter = "titre"` or `{titre, suivant, maximum}`: a gallery or a story, view after view.
    Feuilleter(Feuilletage),
    /// `repondre = "Tout refuser"`: the choice made at a wall, by what its button says.
    Repondre(String),
    /// A step of a recorded flow.
    Geste(Box<Geste>),
}

impl Action {
    /// The address it asks for by itself.
    pub(crate) fn address(&self) -> Option<&Url> {
        match self {
            Self::Aller(url) | Self::Telecharger(Telechargement::Adresse(url)) => Some(url),
            Self::Archive(consultation) => Some(&consultation.adresse),
            _ => None,
        }
    }

    /// Whether the step keeps something of the page: it is not played again for the sake of another.
    pub(crate) fn keeps(&self) -> bool {
        let pictures = matches!(self, Self::Capturer(_) | Self::Detail(_) | Self::Lire(_));
        pictures || matches!(self, Self::Telecharger(_) | Self::Recueillir(_) | Self::Feuilleter(_))
    }

    /// The scenario's key.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Aller(_) => "aller",
            Self::Attendre(_) => "attendre",
            Self::Cliquer(_) => "cliquer",
            Self::Saisir { .. } => "saisir",
            Self::Defiler(_) => "defiler",
            Self::Capturer(_) | Self::Detail(_) => "capturer",
            Self::Lire(_) => "lire",
            Self::Archive(_) => "archive",
            Self::Telecharger(_) => "telecharger",
            Self::Exiger(_) => "exiger",
            Self::Deplier(_) => "deplier",
            Self::Revenir => "revenir",
            Self::Recueillir(_) => "recueillir",
            Self::Feuilleter(_) => "feuilleter",
            Self::Repondre(_) => "repondre",
            Self::Geste(geste) => geste.kind(),
        }
    }
}

/// An element of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cible {
    /// The first visible element a CSS selector matches.
    Selecteur(String),
    /// The smallest visible element whose text, trimmed, is this one; failing that, contains it.
    Texte(String),
    /// The first visible element that the browser's own accessibility tree gives this role and name (`role`, `nom`); failing that,
    /// whose name contains it.
    Role {
        /// Role, as WAI-ARIA 1.2 names it.
        role: String,
        /// Accessible name.
        nom: String,
    },
    /// The visible link that names itself the legal notice of the site, in one of the languages known; failing that, whose
    /// address does (`mentions_legales = true`).
    MentionsLegales,
}

/// What to wait for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attente {
    /// The thing awaited.
    pub quoi: Attendu,
    /// `maximum`, in seconds; the page limit when absent.
    pub maximum: Option<Duration>,
}

/// The thing awaited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attendu {
    /// An element is there and visible.
    Element(Cible),
    /// A fixed time.
    Duree(Duration),
    /// The page is complete: loaded, network quiet, fonts and images ready (`page = true`).
    Page,
}

/// How far to scroll.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Defilement {
    /// `jusqu_a`: until this element is visible; `None` is the bottom of the page.
    pub jusqu_a: Option<Cible>,
    /// `maximum`: how many screens at most.
    pub maximum: u32,
}

/// What the page must show for the script to go on: a step that follows a page that is not the one expected is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exigence {
    /// The element.
    pub cible: Cible,
    /// How many of them must be shown.
    pub combien: Combien,
    /// `maximum`: how long to wait for it.
    pub maximum: Duration,
}

/// A number of elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Combien {
    /// At least this many; one when nothing is said.
    AuMoins(u64),
    /// Exactly this many (`nombre`).
    Exactement(u64),
    /// At most this many.
    AuPlus(u64),
}

impl Combien {
    /// Whether `found` is such a number.
    pub(crate) fn holds(self, found: u64) -> bool {
        match self {
            Self::AuMoins(least) => found >= least,
            Self::Exactement(number) => found == number,
            Self::AuPlus(most) => found <= most,
        }
    }
}

/// What is unfolded: every button that shows more of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Depliage {
    /// `texte`: what is written on the buttons; the words known in several languages when absent.
    pub texte: Option<String>,
    /// `maximum`: how many clicks at most.
    pub maximum: u32,
}

/// How a gallery or a story is gone through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feuilletage {
    /// `titre`: what the capture is called.
    pub titre: String,
    /// `suivant`: what the button of the next view says; the words known in several languages when absent.
    pub suivant: Option<String>,
    /// `maximum`: how many views at most.
    pub maximum: u32,
}

/// What is gathered of a feed, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recueil {
    /// `titre`: what the capture is called.
    pub titre: String,
    /// `fiche`: the sheet that says what an item is; the one that fits the page when absent.
    pub fiche: Option<String>,
    /// `selecteur`: what an item is, in place of what the sheet says.
    pub selecteur: Option<String>,
    /// `zone`: the box that scrolls.
    pub zone: Option<String>,
    /// `maximum`: how many items at most.
    pub maximum: u32,
    /// `deplier`: whether buttons that show more are pressed on the way.
    pub deplier: bool,
}

/// What to download.
#[derive(Clone, Debug, PartialEq)]
pub enum Telechargement {
    /// By clicking an element.
    Clic(Cible),
    /// By going to an address.
    Adresse(Url),
}

/// Where a confidential text comes from when the scenario does not hold it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Venue {
    /// `demander`: asked for at the terminal before the session begins; what the question says.
    Demandee(String),
    /// `coffre`: the name of an entry of the étude's encrypted store.
    Coffre(String),
}

/// An element that is captured by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detail {
    /// `titre`: what the capture is called.
    pub titre: String,
    /// The element.
    pub cible: Cible,
}

/// A film or a sound that is played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lecture {
    /// `titre`: what the capture is called.
    pub titre: String,
    /// `selecteur`: the player; the first one shown when absent.
    pub selecteur: Option<String>,
    /// `maximum`: how long it is played at most.
    pub maximum: Duration,
}

/// What is asked of a web archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consultation {
    /// `adresse`: the page itself.
    pub adresse: Url,
    /// `date`: the day of the snapshot that is wanted.
    pub date: jiff::civil::Date,
    /// `service`: the archive's address of a snapshot, with `{date}` and `{adresse}` for its day and the page.
    pub service: String,
}

impl Consultation {
    /// The service that is asked when the scenario names none.
    pub const SERVICE: &str = "https://web.archive.org/web/{date}/{adresse}";

    /// The address of the snapshot. Noon of the day is asked for: the nearest snapshot is then of that day when there is one.
    pub fn snapshot(&self) -> Result<Url, url::ParseError> {
        let date = format!("{}120000", self.date.strftime("%Y%m%d"));
        Url::parse(&self.service.replace("{date}", &date).replace("{adresse}", self.adresse.as_str()))
    }
}
