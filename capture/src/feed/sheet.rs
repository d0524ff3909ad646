//! Sheets (« fiches »): how one kind of site shows its items, as data. A sheet that no longer fits the page says so itself.
//!
//! Each is a TOML file of `capture/fiches/`, annexed by its digest to the journal: the selectors it looks for, the counter, the
//! traffic, and on what it was really tried.
use std::collections::BTreeMap;
use std::sync::LazyLock;

use dossier::Sha256Digest;
use serde::Deserialize;
use serde_json::{Value, json};

/// The sheets that come with the product, the most particular first, the general one last.
const SHEETS: &[(&str, &str)] = &[
    ("facebook", include_str!("../../fiches/facebook.toml")),
    ("instagram", include_str!("../../fiches/instagram.toml")),
    ("x", include_str!("../../fiches/x.toml")),
    ("linkedin", include_str!("../../fiches/linkedin.toml")),
    ("youtube", include_str!("../../fiches/youtube.toml")),
    ("tiktok", include_str!("../../fiches/tiktok.toml")),
    ("google-avis", include_str!("../../fiches/google-avis.toml")),
    ("telegram", include_str!("../../fiches/telegram.toml")),
    ("mastodon", include_str!("../../fiches/mastodon.toml")),
    ("discourse", include_str!("../../fiches/discourse.toml")),
    ("phpbb", include_str!("../../fiches/phpbb.toml")),
    ("spirit", include_str!("../../fiches/spirit.toml")),
    ("isso", include_str!("../../fiches/isso.toml")),
    ("wordpress", include_str!("../../fiches/wordpress.toml")),
    ("mediawiki", include_str!("../../fiches/mediawiki.toml")),
    ("generale", include_str!("../../fiches/generale.toml")),
];

/// What a sheet was tried on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Essai {
    /// The real application, installed on a machine of ours.
    Application,
    /// A replica that behaves as the site does.
    Replique,
    /// Nothing: written from what is public of the site.
    Aucun,
}

/// A sheet, parsed. Keys are French, as those of a scenario.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fiche {
    /// How a scenario names it.
    #[serde(default)]
    pub(crate) nom: String,
    /// How a reader is told of it.
    pub(crate) titre: String,
    /// What it was tried on.
    pub(crate) essai: Essai,
    /// The same in words: what, which version, when.
    pub(crate) essai_sur: String,
    /// Hosts it is for, themselves and their subdomains; none: any.
    #[serde(default)]
    pub(crate) hotes: Vec<String>,
    /// What the page must show, and must not, for the sheet to fit.
    #[serde(default)]
    pub(crate) page: PageRules,
    /// The items.
    pub(crate) publication: ItemRules,
    /// The site's own counter.
    #[serde(default)]
    pub(crate) compteur: CounterRules,
    /// The answers of the network that bring items.
    #[serde(default)]
    pub(crate) trafic: Vec<TrafficRule>,
    /// What shows more of the page.
    #[serde(default)]
    pub(crate) deplier: UnfoldRules,
    /// The link to the next page.
    #[serde(default)]
    pub(crate) suite: Vec<String>,
    /// SHA-256 of the file.
    #[serde(skip, default = "nothing")]
    pub(crate) sha256: Sha256Digest,
}

/// `[page]`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PageRules {
    /// Selectors of which one at least is shown.
    #[serde(default)]
    pub(crate) presents: Vec<String>,
    /// Selectors of which none is: a panel that asks to log in, a page of errors.
    #[serde(default)]
    pub(crate) absents: Vec<String>,
}

/// `[publication]`: each rule is `selector`, `selector@attribute`, `@attribute` or `.` (the item's own text); the first that gives
/// something is taken.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ItemRules {
    /// What an item is.
    pub(crate) selecteur: String,
    /// What is none all the same.
    #[serde(default)]
    pub(crate) hors: Option<String>,
    /// What tells it from every other.
    #[serde(default)]
    pub(crate) cle: Vec<String>,
    /// Who wrote it.
    #[serde(default)]
    pub(crate) auteur: Vec<String>,
    /// When, as displayed or as the page's code says.
    #[serde(default)]
    pub(crate) date: Vec<String>,
    /// What it says.
    #[serde(default)]
    pub(crate) texte: Vec<String>,
    /// Its own address.
    #[serde(default)]
    pub(crate) lien: Vec<String>,
    /// Who may read it, where the site says so (public, friends, a group and its number of members).
    #[serde(default)]
    pub(crate) audience: Vec<String>,
    /// The fields that an item of such a site has: nine items in ten at least, or the sheet no longer fits.
    #[serde(default)]
    pub(crate) attendus: Vec<String>,
    /// The box that scrolls, when it is not the window.
    #[serde(default)]
    pub(crate) zone: Option<String>,
}

/// `[compteur]`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CounterRules {
    /// Where it stands; anywhere outside the items when empty.
    #[serde(default)]
    pub(crate) selecteurs: Vec<String>,
    /// What follows the number.
    #[serde(default)]
    pub(crate) mots: Vec<String>,
}

/// `[[trafic]]`: where in which answers the identifiers of items are.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TrafficRule {
    /// A part of the address.
    pub(crate) adresse: String,
    /// A JSON pointer, `*` for any place of a list.
    pub(crate) identifiants: String,
}

/// `[deplier]`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UnfoldRules {
    /// Whether buttons that show more are pressed.
    pub(crate) actif: bool,
    /// What is written on them, beside the words known.
    #[serde(default)]
    pub(crate) textes: Vec<String>,
}

impl Default for UnfoldRules {
    fn default() -> Self {
        Self { actif: true, textes: Vec::new() }
    }
}

/// Words that follow a number of items, in the languages known; part of a regular expression.
const COUNTED: &[&str] = &[
    "publications?",
    "commentaires?",
    "réponses?",
    "messages?",
    "avis",
    "articles?",
    "billets?",
    "contributions?",
    "révisions?",
    "sujets?",
    "posts?",
    "comments?",
    "replies",
    "reply",
    "reviews?",
    "results?",
    "résultats?",
    "tweets?",
    "vidéos?",
    "videos?",
    "beiträge",
    "kommentare",
    "comentarios?",
    "commenti",
    "publicaciones",
    "toots?",
    "pouets?",
];

const fn nothing() -> Sha256Digest {
    Sha256Digest::from_bytes([0; 32])
}

static PARSED: LazyLock<BTreeMap<&'static str, Fiche>> = LazyLock::new(|| {
    let parse = |(name, text): &(&'static str, &'static str)| {
        let mut fiche: Fiche = toml::from_str(text).ok()?;
        fiche.nom = (*name).to_owned();
        fiche.sha256 = Sha256Digest::of(text.as_bytes());
        Some((*name, fiche))
    };
    SHEETS.iter().filter_map(parse).collect()
});

/// The names a scenario may give, in order.
pub fn names() -> impl Iterator<Item = &'static str> {
    SHEETS.iter().map(|(name, _)| *name)
}

/// The sheets that may fit a page of `host`, the likeliest first: those of that host, then those of any, the general one last. With
/// a `name`, that one only.
pub(crate) fn choose(name: Option<&str>, host: &str) -> Vec<&'static Fiche> {
    let all = || names().filter_map(|name| PARSED.get(name));
    if let Some(name) = name {
        return all().filter(|fiche| fiche.nom == name).collect();
    }
    let ours = all().filter(|fiche| fiche.is_for(host));
    let any = all().filter(|fiche| fiche.hotes.is_empty());
    ours.chain(any).collect()
}

impl Fiche {
    fn is_for(&self, host: &str) -> bool {
        self.hotes.iter().any(|of| host == of || host.strip_suffix(of.as_str()).is_some_and(|rest| rest.ends_with('.')))
    }

    /// The same sheet with what the scenario gives itself.
    pub(crate) fn with(&self, selecteur: Option<&str>, zone: Option<&str>) -> Self {
        let mut fiche = self.clone();
        if let Some(selecteur) = selecteur {
            selecteur.clone_into(&mut fiche.publication.selecteur);
            fiche.publication.hors = None;
        }
        fiche.publication.zone = zone.map(str::to_owned).or(fiche.publication.zone);
        fiche
    }

    /// What [`super::LOOK`] needs of it.
    pub(crate) fn rules(&self) -> Value {
        let ItemRules { selecteur, hors, cle, auteur, date, texte, lien, audience, .. } = &self.publication;
        let mots: Vec<&str> = match self.compteur.mots.as_slice() {
            [] => COUNTED.to_vec(),
            own => own.iter().map(String::as_str).collect(),
        };
        json!({
            "selecteur": selecteur, "hors": hors, "cle": cle, "auteur": auteur, "date": date, "texte": texte, "lien": lien, "audience": audience,
            "mots": mots, "compteurs": self.compteur.selecteurs, "presents": self.page.presents, "absents": self.page.absents,
        })
    }

    /// What the journal says of it.
    pub(crate) fn json(&self) -> Value {
        let tried = match self.essai {
            Essai::Application => "application",
            Essai::Replique => "replica",
            Essai::Aucun => "none",
        };
        json!({"name": self.nom, "title": self.titre, "sha256": self.sha256, "tried": tried, "tried_on": self.essai_sur})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sheet_is_read() {
        for (name, text) in SHEETS {
            let fiche: Result<Fiche, _> = toml::from_str(text);
            let fiche = fiche.unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(!fiche.essai_sur.is_empty() && !fiche.publication.selecteur.is_empty(), "{name}");
            let known = ["auteur", "date", "texte", "lien"];
            assert!(fiche.publication.attendus.iter().all(|field| known.contains(&field.as_str())), "{name}");
        }
        assert_eq!(PARSED.len(), SHEETS.len());
    }

    #[test]
    fn a_host_has_its_own_sheet_first_and_the_general_one_last() {
        let of = |host| choose(None, host).iter().map(|f| f.nom.as_str()).collect::<Vec<_>>();
        assert_eq!(of("www.facebook.com").first(), Some(&"facebook"));
        assert_ne!(of("notfacebook.com").first(), Some(&"facebook"));
        assert!(of("127.0.0.1").iter().all(|name| *name != "facebook"));
        assert_eq!(of("127.0.0.1").last(), Some(&"generale"));
        assert_eq!(choose(Some("x"), "127.0.0.1").len(), 1);
        assert!(choose(Some("inconnue"), "x.com").is_empty());
    }
}
