//! `plateforme.toml`: what the operator decides. Keys are French; a mistake names what was expected.
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::SignificationError;
use crate::calendar::Zone;
use crate::person::email;

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
    /// The mail server.
    pub smtp: SmtpConfig,
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

fn refuse(why: String) -> SignificationError {
    SignificationError::Config { why }
}

fn loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "etude = \"Étude Essai\"\nresidence = \"Lyon\"\ncontact_dpo = \"dpo@essai.test\"\n\
        [smtp]\nhote = \"127.0.0.1\"\nport = 25\nsecurite = \"aucune\"\nexpediteur = \"avis@essai.test\"\n";

    #[test]
    fn a_configuration_round_trips_and_its_faults_are_told() {
        let config = Config::parse(GOOD).unwrap();
        assert_eq!(Config::parse(&config.to_text().unwrap()).unwrap(), config);
        for (from, to) in [
            ("dpo@essai.test", " "),
            ("127.0.0.1", "smtp.example"),
            ("avis@essai.test", "avis"),
            ("[smtp]", "inconnu = 1\n[smtp]"),
            ("[smtp]", "zone = \"polynesie\"\n[smtp]"),
            ("[smtp]", "dernier_envoi = \"21:30\"\n[smtp]"),
            ("[smtp]", "invitation_jours = 0\n[smtp]"),
        ] {
            assert!(Config::parse(&GOOD.replace(from, to)).is_err(), "{to}");
        }
    }
}
