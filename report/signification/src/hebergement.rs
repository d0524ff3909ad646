//! Where data are (CGU, art. 11.2; row F13): each endpoint outside this machine is declared with its country; outside the
//! allowed countries nothing starts, unless a signed authorisation says so. The operator writes `hebergement.toml`.
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::Path;

use dossier::{Finding, Level, parse_strict};
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::evidence::EvidenceVerifier;
use crate::procedure::HORLOGE;
use crate::{Id, SignificationError};

/// The declaration, in the platform's folder.
pub const HEBERGEMENT_FILE: &str = "hebergement.toml";
/// The authorisation, beside it: canonical JSON, and its detached CMS signature.
pub const AUTORISATION_FILE: &str = "autorisation-transfert.json";
/// Version of the authorisation.
pub const AUTORISATION_FORMAT: &str = "constat-autorisation-transfert/1";

/// The countries of the European Union, and those of the European Economic Area that apply the same regulation (ISO 3166-1).
pub const PAYS: [&str; 30] = [
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IS", "IT", "LI", "LT",
    "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
];

/// One declared endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// Host name or address, as configured.
    pub hote: String,
    /// Country where the data are, ISO 3166-1, two capitals.
    pub pays: String,
}

/// A subcontractor (CGU, art. 13).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SousTraitant {
    /// Its name.
    pub nom: String,
    /// What it does.
    pub mission: String,
    /// Country where it does it.
    pub pays: String,
}

/// `hebergement.toml`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Hebergement {
    /// Countries allowed; absent: the European Union and the European Economic Area.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pays_admis: Option<Vec<String>>,
    /// Source of the machine's clock, as the procedure sheet tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub horloge: Option<String>,
    /// Endpoints.
    #[serde(rename = "site")]
    pub sites: Vec<Site>,
    /// Subcontractors.
    #[serde(rename = "sous_traitant")]
    pub sous_traitants: Vec<SousTraitant>,
}

/// An endpoint that the configuration uses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Endpoint {
    /// What for: `smtp`, `sms`, `horodatage`, `base`, `ancrage`, `temps`, `operateur`.
    pub service: String,
    /// Host name or address.
    pub hote: String,
}

/// The authorisation of a transfer: which hosts, in which country, decided by whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Autorisation {
    /// Format.
    pub format: String,
    /// Identifier.
    pub id: Id,
    /// Hosts it covers, with their country.
    pub sites: Vec<Site>,
    /// Reference of the written decision.
    pub reference: String,
}

/// What the check of the start found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Controle {
    /// Each endpoint outside this machine, with its country.
    pub sites: Vec<Site>,
    /// What must be printed at the start: a sentence for each transfer that is authorised.
    pub transferts: Vec<String>,
}

fn refuse(why: impl Into<String>) -> SignificationError {
    SignificationError::Hosting { why: why.into() }
}

impl Hebergement {
    /// Reads the declaration of a platform; without a file, nothing is declared.
    pub fn of(root: &Path) -> Result<Self, SignificationError> {
        let path = root.join(HEBERGEMENT_FILE);
        match std::fs::read_to_string(&path) {
            Ok(text) => Self::parse(&text),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(e) => Err(SignificationError::io("read", path, e)),
        }
    }

    /// Parses and checks the text of a declaration.
    pub fn parse(text: &str) -> Result<Self, SignificationError> {
        let read: Self = toml::from_str(text).map_err(|e| SignificationError::Config { why: e.to_string() })?;
        let countries = read.pays_admis.iter().flatten();
        let countries =
            countries.chain(read.sites.iter().map(|s| &s.pays)).chain(read.sous_traitants.iter().map(|s| &s.pays));
        for country in countries {
            if country.len() != 2 || !country.bytes().all(|b| b.is_ascii_uppercase()) {
                return Err(refuse(format!("pays {country:?} : deux capitales attendues (ISO 3166-1)")));
            }
        }
        let told = read.horloge.iter().chain(read.sous_traitants.iter().flat_map(|s| [&s.nom, &s.mission]));
        for text in told {
            if text.trim().is_empty() || text.chars().any(char::is_control) {
                return Err(refuse("horloge, nom et mission : non vides, d'une ligne"));
            }
        }
        Ok(read)
    }

    fn allowed(&self) -> BTreeSet<&str> {
        match &self.pays_admis {
            Some(list) => list.iter().map(String::as_str).collect(),
            None => PAYS.into_iter().collect(),
        }
    }
}

/// The clock that the operator declares for this platform.
pub(crate) fn clock_of(root: &Path) -> Result<String, SignificationError> {
    Ok(Hebergement::of(root)?.horloge.unwrap_or_else(|| HORLOGE.to_owned()))
}

/// The endpoints of a configuration: mail server, SMS gateway, anchors, operator, time servers.
pub fn endpoints(config: &Config) -> Vec<Endpoint> {
    let mut list = vec![Endpoint { service: "smtp".into(), hote: config.smtp.hote.clone() }];
    if let Some(sms) = &config.sms {
        list.push(Endpoint { service: "sms".into(), hote: host_of(&sms.url) });
    }
    for ancre in &config.preuves.ancres {
        list.push(Endpoint { service: "ancrage".into(), hote: host_of(&ancre.adresse) });
    }
    if let Some(operator) = &config.voies.securact {
        list.push(Endpoint { service: "operateur".into(), hote: host_of(&operator.url) });
    }
    for server in &config.exploitation.serveurs_temps {
        list.push(Endpoint { service: "temps".into(), hote: host_of(server) });
    }
    list
}

/// The host of an address, with or without scheme, port and path.
pub fn host_of(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default().to_owned(),
        None => authority.split(':').next().unwrap_or_default().to_owned(),
    }
}

/// Whether the host is this machine: data sent there go nowhere.
fn is_here(host: &str) -> bool {
    host == "localhost" || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// The check before any start: each endpoint is of this machine, or declared in an allowed country, or covered by an
/// authorisation whose signature `verifier` accepts. `others` are the endpoints the platform does not configure itself (time
/// authorities, database).
pub fn controler(
    root: &Path,
    config: &Config,
    others: &[Endpoint],
    verifier: &dyn EvidenceVerifier,
) -> Result<Controle, SignificationError> {
    let declared = Hebergement::of(root)?;
    let allowed = declared.allowed();
    let mut done = Controle { sites: Vec::new(), transferts: Vec::new() };
    let mut authorised: Option<Autorisation> = None;
    for Endpoint { service, hote } in endpoints(config).iter().chain(others) {
        if is_here(hote) {
            continue;
        }
        let site = declared.sites.iter().find(|site| site.hote.eq_ignore_ascii_case(hote)).ok_or_else(|| {
            refuse(format!("{service} : le pays de {hote} n'est pas déclaré dans {HEBERGEMENT_FILE} ([[site]])"))
        })?;
        if !allowed.contains(site.pays.as_str()) {
            let known = match authorised.take() {
                Some(known) => known,
                None => authorisation(root, verifier)?.ok_or_else(|| {
                    let countries = "hors des pays admis, sans autorisation signée";
                    refuse(format!("{service} : {hote} est en {} ({countries}, {AUTORISATION_FILE})", site.pays))
                })?,
            };
            if !known.sites.iter().any(|one| one.hote.eq_ignore_ascii_case(hote) && one.pays == site.pays) {
                return Err(refuse(format!(
                    "{service} : l'autorisation {} ne couvre pas {hote} en {}",
                    known.id, site.pays
                )));
            }
            let (id, reference) = (known.id, &known.reference);
            done.transferts.push(format!(
                "Transfert autorisé : {service}, {hote}, pays {} (autorisation {id}, {reference}).",
                site.pays
            ));
            authorised = Some(known);
        }
        done.sites.push(site.clone());
    }
    Ok(done)
}

/// The authorisation beside the declaration, when its form and its signature are right.
fn authorisation(root: &Path, verifier: &dyn EvidenceVerifier) -> Result<Option<Autorisation>, SignificationError> {
    let path = root.join(AUTORISATION_FILE);
    let read = |path: &Path| match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(SignificationError::io("read", path, e)),
    };
    let Some(bytes) = read(&path)? else { return Ok(None) };
    let signature = read(&root.join(format!("{AUTORISATION_FILE}.p7s")))?;
    let signature = signature.ok_or_else(|| refuse(format!("{AUTORISATION_FILE} n'est pas signé (.p7s)")))?;
    let value = parse_strict(&bytes).map_err(|e| refuse(e.to_string()))?;
    if dossier::canonical_bytes(&value)? != bytes {
        return Err(refuse(format!("{AUTORISATION_FILE} n'est pas en forme canonique")));
    }
    let known: Autorisation = serde_json::from_value(value).map_err(|e| refuse(e.to_string()))?;
    if known.format != AUTORISATION_FORMAT {
        return Err(refuse(format!("format : attendu {AUTORISATION_FORMAT}, trouvé {}", known.format)));
    }
    // An author who cannot be led to a root is no author here.
    let wrong: Vec<Finding> =
        verifier.check_signature(&bytes, &signature).into_iter().filter(|f| f.level >= Level::Indeterminate).collect();
    match wrong.first() {
        Some(finding) => Err(refuse(format!("{AUTORISATION_FILE} : {} ({})", finding.what, finding.code))),
        None => Ok(Some(known)),
    }
}
