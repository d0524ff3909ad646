//! `plateforme.toml`: what the operator decides. Keys are French; a mistake names what was expected.
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::SignificationError;
use crate::bureau::BureauConfig;
use crate::calendar::Zone;
use crate::delais::DelaiConfig;
use crate::exploitation::Exploitation;
use crate::notice::sms::SmsConfig;
use crate::person::email;
use crate::scan::ScanConfig;
use crate::signature_acte::ActesConfig;

mod bornes;
mod comptes;
mod preuves;
#[cfg(test)]
mod tests;
mod voies;

pub use bornes::Entre;
pub use comptes::ComptesConfig;
pub use preuves::{AncreConfig, PreuvesConfig};
pub use voies::{PapierConfig, VoiesConfig};

/// How the mail server is reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SmtpSecurity {
    /// No encryption: only for a server on this machine.
    Aucune,
    /// STARTTLS, required: a server without it is refused (RFC 3207).
    #[default]
    Starttls,
}

/// The mail server (`[smtp]`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmtpConfig {
    /// Host name or address.
    pub hote: String,
    /// Port.
    pub port: u16,
    /// Encryption.
    #[serde(default)]
    pub securite: SmtpSecurity,
    /// Root certificate (PEM) that signs the server's, beside the public ones; only used with STARTTLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub autorite: Option<PathBuf>,
    /// Sender address of the notices.
    pub expediteur: String,
    /// Seconds before giving up on the server.
    #[serde(default = "thirty")]
    pub delai_secondes: u16,
}

fn thirty() -> u16 {
    30
}

/// How temporary refusals of the mail server are tried again (`[avis.reprises]`): each wait is the one before times
/// `facteur`, never more than `plafond_secondes`. A permanent refusal (5xx) is never tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Reprises {
    /// Seconds before the second try, 1 to 86 400.
    pub premiere_secondes: u32,
    /// Growth of the wait, 1 to 10.
    pub facteur: u32,
    /// The longest wait, in seconds, from `premiere_secondes` to 86 400.
    pub plafond_secondes: u32,
    /// Tries in all, 1 to 40.
    pub essais: u32,
}

impl Default for Reprises {
    /// One minute, then twice as long each time up to an hour: twelve tries spread over six hours.
    fn default() -> Self {
        Self { premiere_secondes: 60, facteur: 2, plafond_secondes: 3600, essais: 12 }
    }
}

impl Reprises {
    /// Seconds to wait after `tries` refused tries; `None` when they are used up.
    pub fn wait(&self, tries: u32) -> Option<u32> {
        if tries == 0 || tries >= self.essais {
            return None;
        }
        let growth = self.facteur.max(1).saturating_pow(tries - 1);
        Some(self.premiere_secondes.saturating_mul(growth).min(self.plafond_secondes).max(1))
    }
}

/// What becomes of the notices (`[avis]`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AvisConfig {
    /// Address that returns come back to: a notice leaves with the envelope sender `avis+IDENTIFIANT@…` when it says
    /// `avis@…`. Without it they come back to `smtp.expediteur`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retour: Option<String>,
    /// Maildir folder where the mail server leaves the returns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retours: Option<PathBuf>,
    /// Hours without news after which the office is told, 1 to 720.
    pub sans_nouvelle_heures: u16,
    /// Further tries.
    pub reprises: Reprises,
}

impl Default for AvisConfig {
    fn default() -> Self {
        Self { retour: None, retours: None, sans_nouvelle_heures: 72, reprises: Reprises::default() }
    }
}

impl AvisConfig {
    fn check(&self) -> Result<(), SignificationError> {
        if let Some(address) = &self.retour {
            email(address).map_err(|e| refuse(format!("avis.retour : {e}")))?;
            // The identifier adds 37 characters to a local part of 64 at most (RFC 5321, 4.5.3.1.1).
            let local = address.rsplit_once('@').map_or("", |(local, _)| local);
            let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
            if local.len() > 27 || !local.bytes().all(plain) {
                return Err(refuse("avis.retour : avant « @ », 27 caractères au plus parmi a-z 0-9 . - _".into()));
            }
        }
        if !(1..=720).contains(&self.sans_nouvelle_heures) {
            return Err(refuse("avis.sans_nouvelle_heures : entre 1 et 720".into()));
        }
        let r = &self.reprises;
        let ok = (1..=86_400).contains(&r.premiere_secondes)
            && (1..=10).contains(&r.facteur)
            && (r.premiere_secondes..=86_400).contains(&r.plafond_secondes)
            && (1..=40).contains(&r.essais);
        if ok {
            Ok(())
        } else {
            Err(refuse("avis.reprises : durées d'un jour au plus, facteur 1 à 10, 1 à 40 essais".into()))
        }
    }
}

/// Who else than the recipient can open an act.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Escrow {
    /// The office's key too (it keeps its originals).
    #[default]
    Etude,
    /// Nobody.
    Aucun,
}

/// The whole configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Name of the office, as shown in notices: a recipient is told who writes.
    pub etude: String,
    /// Town of the office.
    pub residence: String,
    /// Contact of the data protection officer, shown in every notice. Empty is refused.
    pub contact_dpo: String,
    /// Zone whose public holidays count for the office.
    #[serde(default = "metropole")]
    pub zone: Zone,
    /// Who else can open an act.
    #[serde(default)]
    pub sequestre: Escrow,
    /// Last minute of the day at which a sending may start, Paris time, `HH:MM`, between 06:00 and 21:00.
    #[serde(default = "guard")]
    pub dernier_envoi: String,
    /// Days an invitation stays valid.
    #[serde(default = "thirty")]
    pub invitation_jours: u16,
    /// Evidence issued at once that gets a time token each; more at once are dated together, by a checkpoint of the journal.
    #[serde(default = "four")]
    pub jetons_propres: u16,
    /// Whether the keys are test keys: every output then says ESSAI.
    #[serde(default)]
    pub essai: bool,
    /// The file that says where the PostgreSQL database is that keeps the journal, by its whole path; without it the journal
    /// is a file of the platform's folder. The address has a password: it never stands in the configuration itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<PathBuf>,
    /// The mail server.
    pub smtp: SmtpConfig,
    /// What becomes of the notices.
    #[serde(default)]
    pub avis: AvisConfig,
    /// The SMS gateway; without it no SMS is ever sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sms: Option<SmsConfig>,
    /// The search for malware in what comes in.
    #[serde(default)]
    pub analyse: ScanConfig,
    /// What is asked of the acts deposited, when it is not the usual.
    #[serde(default, skip_serializing_if = "ActesConfig::is_usual")]
    pub actes: ActesConfig,
    /// The internal target for the notification of constats, when it is not the usual one.
    #[serde(default, skip_serializing_if = "usual")]
    pub delai_interne: DelaiConfig,
    /// Where the office is, and what it relies on: without it no competence is judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bureau: Option<BureauConfig>,
    /// How long acts and evidence are kept, and where checkpoints are anchored.
    #[serde(default)]
    pub preuves: PreuvesConfig,
    /// How the service is run.
    #[serde(default)]
    pub exploitation: Exploitation,
    /// Accounts.
    #[serde(default)]
    pub comptes: ComptesConfig,
    /// Ways of service.
    #[serde(default)]
    pub voies: VoiesConfig,
}

fn usual(delai: &DelaiConfig) -> bool {
    *delai == DelaiConfig::default()
}

fn metropole() -> Zone {
    Zone::Metropole
}

fn four() -> u16 {
    4
}

fn guard() -> String {
    "20:55".into()
}

impl Config {
    /// Reads and checks a configuration file.
    pub fn read(path: &Path) -> Result<Self, SignificationError> {
        let text = std::fs::read_to_string(path).map_err(|e| SignificationError::io("read", path, e))?;
        Self::parse(&text)
    }

    /// Parses and checks a configuration text.
    pub fn parse(text: &str) -> Result<Self, SignificationError> {
        let config: Self = toml::from_str(text).map_err(|e| refuse(e.to_string()))?;
        config.check()?;
        Ok(config)
    }

    /// The text form, which [`Config::parse`] reads back.
    pub fn to_text(&self) -> Result<String, SignificationError> {
        toml::to_string_pretty(self).map_err(|e| refuse(e.to_string()))
    }

    /// Checks what the types cannot say.
    pub fn check(&self) -> Result<(), SignificationError> {
        for (name, value) in
            [("etude", &self.etude), ("residence", &self.residence), ("contact_dpo", &self.contact_dpo)]
        {
            if value.trim().is_empty() || value.chars().any(char::is_control) {
                return Err(refuse(format!("{name} : vide ou caractère de contrôle")));
            }
        }
        if !self.zone.complete() {
            return Err(crate::calendar::CalendarGap::Zone(self.zone).into());
        }
        email(&self.smtp.expediteur).map_err(|e| refuse(format!("smtp.expediteur : {e}")))?;
        if self.smtp.securite == SmtpSecurity::Aucune && !loopback(&self.smtp.hote) {
            return Err(refuse(
                "smtp.securite = \"aucune\" n'est admis que vers cette machine (127.0.0.1, ::1)".into(),
            ));
        }
        if !(1..=366).contains(&self.invitation_jours) {
            return Err(refuse("invitation_jours : entre 1 et 366".into()));
        }
        self.avis.check()?;
        if let Some(sms) = &self.sms {
            sms.check()?;
        }
        self.analyse.check()?;
        self.actes.check()?;
        if self.base.as_ref().is_some_and(|base| !base.is_absolute()) {
            return Err(refuse("base : le chemin entier du fichier d'adresse est attendu (« /… »)".into()));
        }
        self.delai_interne.check()?;
        self.preuves.check()?;
        if let Some(bureau) = &self.bureau {
            bureau.check()?;
        }
        self.exploitation.check(self)?;
        self.comptes.check()?;
        self.voies.check(self)?;
        self.last_start().map(|_| ())
    }

    /// [`Config::dernier_envoi`] as a time.
    pub fn last_start(&self) -> Result<jiff::civil::Time, SignificationError> {
        let bad =
            || refuse(format!("dernier_envoi : attendu HH:MM entre 06:00 et 21:00, trouvé {:?}", self.dernier_envoi));
        let time = jiff::civil::Time::strptime("%H:%M", &self.dernier_envoi).map_err(|_| bad())?;
        if time < jiff::civil::time(6, 0, 0, 0) || time > jiff::civil::time(21, 0, 0, 0) {
            return Err(bad());
        }
        Ok(time)
    }
}

pub(crate) fn refuse(why: String) -> SignificationError {
    SignificationError::Config { why }
}

/// Whether a host name or address is this machine.
pub(crate) fn loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
