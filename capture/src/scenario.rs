//! The scenario: what the officer asks the browser to do, parsed once into types that cannot be wrong.
//!
//! It is annexed to the procès-verbal and read by the court: its keys are French, and nothing in it is silently ignored.
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::time::Duration;

use dossier::{Case, Officier, Personne, Reference, Requerant};
use url::Url;

mod access;
mod actions;
mod error;
mod flow;
mod presence;
mod read;
mod sections;
mod sentence;
mod steps;
mod telephone;
mod variables;

pub use access::Acces;
pub use actions::{
    Action, Attendu, Attente, Cible, Combien, Consultation, Defilement, Depliage, Detail, Exigence, Feuilletage,
    Lecture, Recueil, Telechargement, Venue,
};
pub use error::ScenarioError;
pub use flow::{Bouton, Enregistre, Geste};
pub use presence::Presence;
pub(crate) use telephone::VERSION;
pub use telephone::{Declarant, Telephone};
pub use variables::{Filled, fill};

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
    /// `[variables]`: names and values, already put where the text has `${name}`.
    pub variables: BTreeMap<String, String>,
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
    /// `[navigateur.telephone]`: the telephone that is simulated; its screen is the window.
    pub telephone: Option<Telephone>,
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
        Self {
            largeur: 1280,
            hauteur: 800,
            echelle: 1,
            langue: "fr-FR".into(),
            fuseau: "Europe/Paris".into(),
            reseau,
            telephone: None,
        }
    }
}

impl Navigateur {
    /// The window becomes the screen of a telephone.
    pub(crate) fn simulate(&mut self, telephone: Telephone) {
        (self.largeur, self.hauteur, self.echelle) = (telephone.largeur, telephone.hauteur, telephone.densite);
        self.telephone = Some(telephone);
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
            variables: BTreeMap::new(),
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
            if let Action::Saisir { secret: true, place, venue: None, .. } = &etape.action {
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

    /// Where the confidential texts that the scenario does not hold come from, each once, in the order of their first use.
    pub fn wanted(&self) -> Vec<Venue> {
        let mut all: Vec<Venue> = Vec::new();
        for etape in &self.etapes {
            if let Action::Saisir { venue: Some(venue), .. } = &etape.action
                && !all.contains(venue)
            {
                all.push(venue.clone());
            }
        }
        all
    }

    /// Gives the text that was wanted from there, to every step that wants it.
    pub fn supply(&mut self, from: &Venue, given: &str) {
        for etape in &mut self.etapes {
            if let Action::Saisir { venue: Some(venue), texte, .. } = &mut etape.action
                && venue == from
            {
                given.clone_into(texte);
            }
        }
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
