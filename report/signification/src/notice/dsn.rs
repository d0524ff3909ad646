//! What a mail server says became of a notice: delivery status notifications (RFC 3464, RFC 3463) and the bounces of
//! servers that write their own. Foreign bytes: nothing here panics, and no address is kept or believed.
use std::fmt;
use std::str::FromStr;

use dossier::Instant;
use jiff::fmt::rfc2822::DateTimeParser;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::mime::{self, Headers, Parsed};
use crate::config::Config;
use crate::{Id, SignificationError};

mod libre;

/// The longest return that is read, in octets.
pub const MAX_RETOUR: usize = 4 * 1024 * 1024;
/// Groups of fields read of one report: one for each recipient, and a notice has one.
const MAX_GROUPS: usize = 50;

/// What the server says it did (RFC 3464, 2.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Given up.
    Failed,
    /// Not yet: it goes on trying.
    Delayed,
    /// Passed on to a server that gives no news.
    Relayed,
    /// Delivered to a list that sent it on.
    Expanded,
    /// Delivered in the mailbox.
    Delivered,
}

impl Action {
    fn parse(text: &str) -> Option<Self> {
        let word = text.split([' ', '\t', '(', ';']).next().unwrap_or("");
        Some(match word.to_ascii_lowercase().as_str() {
            "failed" => Self::Failed,
            "delayed" => Self::Delayed,
            "relayed" => Self::Relayed,
            "expanded" => Self::Expanded,
            "delivered" => Self::Delivered,
            _ => return None,
        })
    }

    /// Whether this class of status may go with it. A failure may keep the status of the last temporary refusal.
    fn admits(self, status: Statut) -> bool {
        match self {
            Self::Failed | Self::Delayed => status.class != 2,
            Self::Relayed | Self::Expanded | Self::Delivered => status.class == 2,
        }
    }
}

/// A status code of RFC 3463, such as `5.1.1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Statut {
    class: u8,
    subject: u16,
    detail: u16,
}

impl Statut {
    /// 2 success, 4 persistent transient failure, 5 permanent failure.
    pub fn class(self) -> u8 {
        self.class
    }
}

impl FromStr for Statut {
    type Err = SignificationError;

    fn from_str(text: &str) -> Result<Self, SignificationError> {
        let parts: Vec<Option<u16>> = text
            .split('.')
            .take(4)
            .map(|p| p.parse().ok().filter(|_| p.len() <= 3 && p.bytes().all(|b| b.is_ascii_digit())))
            .collect();
        match parts.as_slice() {
            [Some(class @ (2 | 4 | 5)), Some(subject), Some(detail)] => {
                Ok(Self { class: u8::try_from(*class).unwrap_or(5), subject: *subject, detail: *detail })
            }
            _ => Err(SignificationError::Message { why: "pas un état RFC 3463".into() }),
        }
    }
}

impl fmt::Display for Statut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

impl Serialize for Statut {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Statut {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// How the notice was found in the return, the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Lien {
    /// `Original-Envelope-Id` of the report is our `ENVID`.
    Enveloppe,
    /// It came to the return address of that one notice.
    AdresseDeRetour,
    /// Our `Message-ID` is in the headers sent back.
    MessageId,
    /// Our `Message-ID` is somewhere in a bounce of no standard form.
    Texte,
}

/// In what form the return is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Forme {
    /// RFC 3464.
    Rfc3464,
    /// A server's own words.
    Libre,
}

/// What one return says. It comes from whoever wrote it: it is a statement, not a measure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retour {
    /// The notice it is about.
    pub notice: Id,
    /// How that was found.
    pub lien: Lien,
    /// Its form.
    pub forme: Forme,
    /// What was done; `None` when the words of a bounce do not say.
    pub action: Option<Action>,
    /// Status code.
    pub statut: Option<Statut>,
    /// SMTP reply code of the server that was asked last, in three digits.
    pub smtp: Option<u16>,
    /// When the writing server says the notice reached it.
    pub arrivee: Option<Instant>,
    /// When it says it tried last.
    pub tentative: Option<Instant>,
    /// Until when it says it will go on trying.
    pub jusqu_a: Option<Instant>,
    /// When it says it wrote the return.
    pub emis: Option<Instant>,
}

/// Why a message is no return that can be used. It is set aside and told, never dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Rebut {
    /// Longer than [`MAX_RETOUR`].
    TropLong,
    /// Not a return of a mail server.
    PasUnRetour,
    /// A return that names no notice of ours.
    SansReference,
    /// A return that names several.
    ReferencesContraires,
    /// A report without any action, or whose action and status contradict each other.
    Incoherent,
    /// A return about a notice that the journal does not know.
    AvisInconnu,
    /// A return about a notice that never left.
    AvisJamaisParti,
    /// More returns about one notice than are kept.
    TropDeRetours,
    /// Not an ordinary file.
    PasUnFichier,
    /// A file that may not be read.
    Illisible,
}

impl Rebut {
    /// In French, for the office.
    pub fn phrase(self) -> &'static str {
        match self {
            Self::TropLong => "message trop long pour un retour",
            Self::PasUnRetour => "ce message n'est pas le retour d'un serveur de messagerie",
            Self::SansReference => "retour qui ne cite aucun avis de l'étude",
            Self::ReferencesContraires => "retour qui cite plusieurs avis différents",
            Self::Incoherent => "rapport sans action, ou dont l'action et l'état se contredisent",
            Self::AvisInconnu => "retour d'un avis que le journal ne connaît pas",
            Self::AvisJamaisParti => "retour d'un avis qui n'est jamais parti",
            Self::TropDeRetours => "trop de retours du même avis",
            Self::PasUnFichier => "ce n'est pas un fichier ordinaire",
            Self::Illisible => "fichier dont la lecture est interdite",
        }
    }
}

/// What makes a message ours: the domain of our `Message-ID`s and the return address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nous {
    domaine: String,
    retour: Option<(String, String)>,
}

impl Nous {
    /// From the configuration.
    pub fn new(config: &Config) -> Self {
        let retour = config.avis.retour.as_deref().and_then(|a| a.rsplit_once('@'));
        Self {
            domaine: super::message_domain(config).to_ascii_lowercase(),
            retour: retour.map(|(local, domain)| (local.to_ascii_lowercase(), domain.to_ascii_lowercase())),
        }
    }

    /// The identifiers in `text` that stand in one of our `Message-ID`s, `<…@domain>`.
    fn message_ids(&self, text: &str) -> Vec<Id> {
        between(text, "<", &format!("@{}>", self.domaine))
    }

    /// The identifiers in `text` that stand in our return address.
    fn return_ids(&self, text: &str) -> Vec<Id> {
        let Some((local, domain)) = &self.retour else { return Vec::new() };
        between(text, &format!("{local}+"), &format!("@{domain}"))
    }
}

/// Identifiers between two texts, compared without case.
fn between(text: &str, before: &str, after: &str) -> Vec<Id> {
    let text = text.to_ascii_lowercase();
    let mut found = Vec::new();
    for (at, _) in text.match_indices(after) {
        let Some(start) = at.checked_sub(36) else { continue };
        let id = text.get(start..at).and_then(|t| t.parse::<Id>().ok());
        if let (Some(id), true) = (id, text.get(..start).is_some_and(|t| t.ends_with(before))) {
            found.push(id);
        }
    }
    found
}

/// Reads a return.
pub fn lire(brut: &[u8], nous: &Nous) -> Result<Retour, Rebut> {
    if brut.len() > MAX_RETOUR {
        return Err(Rebut::TropLong);
    }
    let message = mime::parse(brut);
    let status = message
        .leaves
        .iter()
        .find(|l| matches!(l.kind.as_str(), "message/delivery-status" | "message/global-delivery-status"));
    // A disposition notification (RFC 8098) says what a reader did; it is no matter of a mail server.
    let report = message.kind != "multipart/report"
        || message.parameters.get("report-type").is_none_or(|t| t.eq_ignore_ascii_case("delivery-status"));
    match status {
        Some(leaf) if report => standard(&message, &leaf.body, nous),
        Some(_) => Err(Rebut::PasUnRetour),
        None => libre::lire(&message, nous),
    }
}

fn standard(message: &Parsed<'_>, fields: &[u8], nous: &Nous) -> Result<Retour, Rebut> {
    let mut groups = groups(fields);
    if groups.is_empty() {
        return Err(Rebut::Incoherent);
    }
    let about = groups.remove(0);
    let (notice, lien) = reference(message, &about, nous)?;
    let mut worst: Option<(Action, &Headers)> = None;
    // Some servers forget the empty line after the first group: it is then a recipient's too.
    for group in std::iter::once(&about).chain(&groups) {
        let Some(action) = group.get("action").and_then(Action::parse) else { continue };
        if worst.is_none_or(|(known, _)| action < known) {
            worst = Some((action, group));
        }
    }
    let (action, group) = worst.ok_or(Rebut::Incoherent)?;
    let word = |text: &str| text.split([' ', '\t', '(', ';']).next().unwrap_or("").parse::<Statut>().ok();
    let statut = group.get("status").and_then(word);
    if statut.is_some_and(|s| !action.admits(s)) {
        return Err(Rebut::Incoherent);
    }
    Ok(Retour {
        notice,
        lien,
        forme: Forme::Rfc3464,
        action: Some(action),
        statut,
        smtp: group.get("diagnostic-code").and_then(smtp_code),
        arrivee: about.get("arrival-date").and_then(date),
        tentative: group.get("last-attempt-date").and_then(date),
        jusqu_a: group.get("will-retry-until").and_then(date),
        emis: message.headers.get("date").and_then(date),
    })
}

fn groups(fields: &[u8]) -> Vec<Headers> {
    let mut groups = Vec::new();
    let mut rest = fields;
    while !rest.is_empty() && groups.len() < MAX_GROUPS {
        let (headers, after) = Headers::read(rest);
        rest = after;
        if !headers.is_empty() {
            groups.push(headers);
        }
    }
    groups
}

/// The notice a report names. Every place that names one must name the same.
fn reference(message: &Parsed<'_>, about: &Headers, nous: &Nous) -> Result<(Id, Lien), Rebut> {
    let mut found: Vec<(Id, Lien)> = Vec::new();
    let envid = about.get("original-envelope-id").and_then(|t| t.trim().parse::<Id>().ok());
    found.extend(envid.map(|id| (id, Lien::Enveloppe)));
    found.extend(arrived_at(&message.headers, nous).map(|id| (id, Lien::AdresseDeRetour)));
    for leaf in &message.leaves {
        if matches!(
            leaf.kind.as_str(),
            "message/rfc822" | "text/rfc822-headers" | "message/global" | "message/global-headers"
        ) {
            let (headers, _) = Headers::read(&leaf.body);
            let ids = headers.get("message-id").map(|t| nous.message_ids(t)).unwrap_or_default();
            found.extend(ids.into_iter().map(|id| (id, Lien::MessageId)));
        }
    }
    one(&found)
}

/// The identifiers in the addresses that the return came to.
fn arrived_at<'a>(headers: &'a Headers, nous: &'a Nous) -> impl Iterator<Item = Id> + 'a {
    ["to", "delivered-to", "envelope-to", "x-original-to"]
        .into_iter()
        .flat_map(|name| headers.all(name))
        .flat_map(|value| nous.return_ids(value))
}

/// The one notice that all of them name, by the surest way.
fn one(found: &[(Id, Lien)]) -> Result<(Id, Lien), Rebut> {
    let first = found.iter().min_by_key(|(_, lien)| *lien).ok_or(Rebut::SansReference)?;
    if found.iter().any(|(id, _)| *id != first.0) {
        return Err(Rebut::ReferencesContraires);
    }
    Ok(*first)
}

/// The reply code in `smtp; 550 5.1.1 …`: the words after it are left out, they repeat the address.
fn smtp_code(value: &str) -> Option<u16> {
    let (kind, text) = value.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("smtp") {
        return None;
    }
    let digits: String = text.trim_start().chars().take_while(char::is_ascii_digit).take(4).collect();
    digits.parse().ok().filter(|code| (200..600).contains(code))
}

fn date(value: &str) -> Option<Instant> {
    DateTimeParser::new().relaxed_weekday(true).parse_timestamp(value.trim()).ok().map(Instant::new)
}

#[cfg(test)]
pub(crate) mod tests;
