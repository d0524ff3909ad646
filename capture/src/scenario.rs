//! The scenario: what the officer asks the browser to do, parsed once into types that cannot be wrong.
//!
//! It is annexed to the procès-verbal and read by the court: its keys are French, and nothing in it is silently ignored.
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::time::Duration;

use dossier::{Case, Officier, Personne, Reference, Requerant};
use url::Url;

mod access;
mod error;
mod flow;
mod presence;
mod read;
mod sections;
mod sentence;
mod steps;

pub use access::Acces;
pub use error::ScenarioError;
pub use flow::{Bouton, Enregistre, Geste};
pub use presence::Presence;

/// A scenario, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// `[dossier] reference`; the caller makes one when there is none.
    pub reference: Option<Reference>,
    /// `[dossier] objet`.
    pub objet: Option<String>,
    /// `[dossier] lieu`.
    pub lieu: Option<String>,
    /// `[requerant]`.
    pub requerant: Option<Requerant>,
    /// `[officier]`; the étude may give it instead.
    pub officier: Option<Officier>,
    /// `[[presents]]`.
    pub presents: Vec<Personne>,
    /// `[acces]`: by what right the pages are reached; `None` when nothing is declared.
    pub acces: Option<Acces>,
    /// `[navigateur]`.
    pub navigateur: Navigateur,
    /// `[limites]`.
    pub limites: Limites,
    /// `[rejeu]`.
    pub rejeu: Rejeu,
    /// `[presence]`.
    pub presence: Presence,
    /// `[justifications]`: the officer's words for a requirement that may stand apart before the first page, by its id.
    pub justifications: BTreeMap<String, String>,
    /// `[[etape]]`, at least one.
    pub etapes: Vec<Etape>,
}

/// The settings of the browser that change what is displayed (`[navigateur]`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Navigateur {
    /// Width of the viewport in CSS pixels, 320 to 3840.
    pub largeur: u32,
    /// Height of the viewport in CSS pixels, 240 to 2160.
    pub hauteur: u32,
    /// `echelle`: pixels of the picture for one CSS pixel, in each direction, 1 to 3.
    pub echelle: u32,
    /// Language asked of the sites (BCP 47).
    pub langue: String,
    /// Time zone (IANA name).
    pub fuseau: String,
    /// `reseau`: from what the exchanges are recorded.
    pub reseau: Reseau,
}

/// From what the exchanges are recorded (`reseau`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reseau {
    /// « navigateur »: the browser's own account.
    #[default]
    Navigateur,
    /// « paquets »: that, and the packets of its connections, with the TLS secrets that decrypt them.
    Paquets,
}

impl Default for Navigateur {
    fn default() -> Self {
        let reseau = Reseau::default();
        Self { largeur: 1280, hauteur: 800, echelle: 1, langue: "fr-FR".into(), fuseau: "Europe/Paris".into(), reseau }
    }
}

/// Bounds of a capture (`[limites]`); reaching one is journalled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limites {
    /// `page_secondes`: the longest wait for a page to be complete.
    pub page: Duration,
    /// `observation_ms`: how long a page that is captured is observed from its load on, at least: what it asks for late is
    /// recorded.
    pub observation: Duration,
    /// `duree_secondes`: the longest whole capture; the time the officer takes to answer is not counted.
    pub duree: Duration,
    /// `corps_mio`: bodies larger than this, in MiB, are spooled to a file instead of held in memory.
    pub corps: u64,
    /// `hauteur_pixels`: the tallest page of which a picture is made.
    pub hauteur: u32,
    /// `requetes`: how many requests a page may make, from one `aller` to the next, before it is stopped.
    pub requetes: u64,
    /// `volume_mio`: how many octets a page may receive, from one `aller` to the next, before it is stopped.
    pub volume: u64,
    /// `telechargement_mio`: the largest download, which is interrupted when it is larger.
    pub telechargement: u64,
    /// `memoire_mio`: how many octets the browser may hold before it is ended; half of the machine's memory, at most 8 GiB,
    /// when absent.
    pub memoire: Option<u64>,
    /// `captures`: how many captures a session may make; a sealed bundle holds at most a thousand files.
    pub captures: u32,
    /// `paquets_mio`: how many octets of packets are taken, those of other programs included, for each browser.
    pub paquets: u64,
    /// `attente_reseau_secondes`: how long a network that the machine lost is awaited before the session is left for later.
    pub reseau: Duration,
}

impl Limites {
    pub(crate) fn budget(&self) -> crate::recorder::Budget {
        let Self { requetes: requests, volume: octets, telechargement: download, .. } = *self;
        crate::recorder::Budget { requests, octets, download }
    }
}

/// Octets of a mebioctet.
pub(crate) const MIO: u64 = 1024 * 1024;

impl Default for Limites {
    fn default() -> Self {
        Self {
            page: Duration::from_secs(30),
            observation: Duration::from_millis(2500),
            duree: Duration::from_secs(3600),
            corps: 64 * MIO,
            hauteur: 2_000_000,
            requetes: 20_000,
            volume: 4096 * MIO,
            telechargement: 4096 * MIO,
            memoire: None,
            captures: 100,
            paquets: 1024 * MIO,
            reseau: Duration::from_secs(120),
        }
    }
}

/// What is done with the archive before it is sealed (`[rejeu]`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rejeu {
    /// `comparer`: render every captured page again from the archive alone, and keep what differs.
    pub comparer: bool,
}

/// One step.
#[derive(Clone, Debug, PartialEq)]
pub struct Etape {
    /// What to do.
    pub action: Action,
    /// `note`: the officer's own words, kept in the journal.
    pub note: Option<String>,
}

/// What a step does: one variant a key of the scenario.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// `aller = "https://…"`.
    Aller(Url),
    /// `attendre = {…}`.
    Attendre(Attente),
    /// `cliquer = {selecteur = "…"}`, `{texte = "…"}` or `{mentions_legales = true}`.
    Cliquer(Cible),
    /// `saisir = {selecteur = "…", texte = "…", secret = true}`.
    Saisir {
        /// CSS selector of the field.
        selecteur: String,
        /// What is typed.
        texte: String,
        /// Never journalled when true.
        secret: bool,
        /// Where the text stands in the scenario's bytes, quotes included.
        place: Range<usize>,
    },
    /// `defiler = "bas"` or `{jusqu_a = "…", maximum = 50}`.
    Defiler(Defilement),
    /// `capturer = "titre"`.
    Capturer(String),
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
            _ => None,
        }
    }

    /// Whether the step keeps something of the page: it is not played again for the sake of another.
    pub(crate) fn keeps(&self) -> bool {
        matches!(self, Self::Capturer(_) | Self::Telecharger(_) | Self::Recueillir(_) | Self::Feuilleter(_))
    }

    /// The scenario's key.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Aller(_) => "aller",
            Self::Attendre(_) => "attendre",
            Self::Cliquer(_) => "cliquer",
            Self::Saisir { .. } => "saisir",
            Self::Defiler(_) => "defiler",
            Self::Capturer(_) => "capturer",
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

impl Scenario {
    /// Parses a TOML scenario. `name` is the file's name, for the error.
    pub fn parse(name: &str, text: &str) -> Result<Self, ScenarioError> {
        sections::scenario(name, text)
    }

    /// The scenario of a bare address: go there, capture.
    pub fn for_url(url: &str, reference: Option<Reference>) -> Result<Self, ScenarioError> {
        let url =
            steps::address(url).map_err(|expected| ScenarioError::new("URL", (1, 1), "aller").values(expected, url))?;
        let title = url.to_string();
        let step = |action| Etape { action, note: None };
        let etapes = vec![step(Action::Aller(url)), step(Action::Capturer(title))];
        Ok(Self { reference, etapes, ..Self::empty() })
    }

    /// A flow recorded with Chrome's developer tools (JSON). `name` is the file's name, for the error.
    pub fn from_recording(name: &str, text: &str) -> Result<Self, ScenarioError> {
        flow::scenario(name, text)
    }

    /// Nothing declared, the usual browser, no step.
    fn empty() -> Self {
        Self {
            reference: None,
            objet: None,
            lieu: None,
            requerant: None,
            officier: None,
            presents: Vec::new(),
            acces: None,
            navigateur: Navigateur::default(),
            limites: Limites::default(),
            rejeu: Rejeu::default(),
            presence: Presence::default(),
            justifications: BTreeMap::new(),
            etapes: Vec::new(),
        }
    }

    /// Whether a step gathers the items of a feed.
    pub(crate) fn gathers(&self) -> bool {
        self.etapes.iter().any(|etape| matches!(etape.action, Action::Recueillir(_)))
    }

    /// The addresses the plan names, in order.
    fn addresses(&self) -> impl Iterator<Item = &Url> {
        self.etapes.iter().filter_map(|etape| etape.action.address())
    }

    /// The origins the plan names.
    pub(crate) fn origins(&self) -> BTreeSet<String> {
        self.addresses().map(|url| url.origin().ascii_serialization()).collect()
    }

    /// Those that a probe may meet before the first page: a TLS handshake asks a site for nothing, a plain exchange would
    /// visit it before it is observed.
    pub(crate) fn tls_origins(&self) -> Vec<Url> {
        self.origins().iter().filter(|o| o.starts_with("https:")).filter_map(|o| Url::parse(o).ok()).collect()
    }

    /// The hosts the plan names, lower case, each once.
    pub(crate) fn hosts(&self) -> Vec<String> {
        let hosts: BTreeSet<&str> = self.addresses().filter_map(Url::host_str).collect();
        hosts.into_iter().map(str::to_owned).collect()
    }

    /// The bytes of the scenario with every secret text replaced: what is annexed to the dossier. The second value tells
    /// how many were replaced.
    pub fn without_secrets(&self, bytes: &[u8]) -> (Vec<u8>, usize) {
        let mut out = bytes.to_vec();
        let mut count = 0;
        let mut places: Vec<&Range<usize>> = Vec::new();
        for etape in &self.etapes {
            if let Action::Saisir { secret: true, place, .. } = &etape.action {
                places.push(place);
            }
        }
        // From the end, so that earlier places stay right.
        places.sort_by_key(|place| std::cmp::Reverse(place.start));
        for place in places {
            if place.start < place.end && place.end <= out.len() {
                out.splice(place.clone(), "\"(valeur confidentielle retirée)\"".bytes());
                count += 1;
            }
        }
        (out, count)
    }

    /// The confidential texts of the scenario.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let secret = |etape: &Etape| match &etape.action {
            Action::Saisir { secret: true, texte, .. } => Some(texte.clone()),
            _ => None,
        };
        self.etapes.iter().filter_map(secret).collect()
    }

    /// The case as declared by the scenario, under the reference given.
    pub fn case(&self, reference: Reference) -> Case {
        Case {
            reference,
            objet: self.objet.clone(),
            requerant: self.requerant.clone(),
            officier: self.officier.clone(),
            lieu: self.lieu.clone(),
            presents: self.presents.clone(),
        }
    }
}

#[cfg(test)]
mod tests;
