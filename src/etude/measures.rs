//! `[mesures]` of the étude: whom the measures may ask outside this machine, and what the officer declares of it.
use std::path::{Path, PathBuf};

use capture::Sources;
use probes::{AddressSource, Antivirus, Declared, Owner, ResolverAddress};
use serde::Deserialize;
use url::Url;

/// The section as it is written.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MeasureSettings {
    /// Services that tell the public address: `stun:hôte[:port]`, `https://…`.
    #[serde(default)]
    adresse_publique: Vec<String>,
    /// Resolvers that are not the system's.
    #[serde(default)]
    resolveurs: Vec<String>,
    /// DNSSEC trust anchors of the root, in a file, instead of IANA's.
    #[serde(default)]
    ancres_dns: Option<PathBuf>,
    #[serde(default)]
    rdap: Option<String>,
    #[serde(default)]
    whois: Option<String>,
    /// Root certificates (PEM) that count as public instead of Mozilla's: for sites of an essai.
    #[serde(default)]
    racines: Option<PathBuf>,
    #[serde(default)]
    temoin: Option<String>,
    #[serde(default)]
    antivirus: Option<Engine>,
    #[serde(default)]
    declarations: Declarations,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "lowercase")]
enum Engine {
    Clamd(PathBuf),
    Clamscan(PathBuf),
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Declarations {
    #[serde(default)]
    fournisseur: Option<String>,
    #[serde(default)]
    acces: Option<String>,
    #[serde(default)]
    routeur: Option<String>,
    #[serde(default)]
    exploitant: Option<String>,
    #[serde(default)]
    materiel: Option<String>,
}

/// `étude` and `requérant` are words of the rule; any other text names a third party.
fn owner(text: &str) -> Option<Owner> {
    match text.trim() {
        "" => None,
        "étude" | "etude" => Some(Owner::Office),
        "requérant" | "requerant" => Some(Owner::Client),
        whose => Some(Owner::ThirdParty(whose.to_owned())),
    }
}

impl MeasureSettings {
    /// The sources, files taken from `base`; a mistake is told in one French line. Roots instead of the public ones are for
    /// trials: a real office that counts on them would not see who stands between.
    pub(super) fn sources(self, base: &Path, time_servers: Vec<String>, essai: bool) -> Result<Sources, String> {
        if (self.racines.is_some() || self.ancres_dns.is_some()) && !essai {
            return Err("[mesures] racines et ancres_dns ne sont admises que dans une étude d'ESSAI".to_owned());
        }
        let fault = |key: &str, why: &dyn std::fmt::Display| format!("[mesures] {key} : {why}");
        let url = |key: &str, text: Option<String>| -> Result<Option<Url>, String> {
            let Some(text) = text else { return Ok(None) };
            match Url::parse(&text) {
                Ok(url) if matches!(url.scheme(), "http" | "https") && url.host().is_some() => Ok(Some(url)),
                _ => Err(fault(key, &format!("« {text} » n'est pas une adresse http(s)"))),
            }
        };
        let parsed = |list: &[String]| list.iter().map(|text| text.parse()).collect::<Result<Vec<AddressSource>, _>>();
        let address = parsed(&self.adresse_publique).map_err(|e| fault("adresse_publique", &e))?;
        let resolvers = self.resolveurs.iter().map(|text| text.parse()).collect::<Result<Vec<ResolverAddress>, _>>();
        let anchors = self.ancres_dns.map(|file| {
            let path = base.join(file);
            std::fs::read_to_string(&path).map_err(|e| fault("ancres_dns", &format!("{} : {e}", path.display())))
        });
        let roots = self.racines.map(|file| {
            let path = base.join(file);
            let text =
                std::fs::read_to_string(&path).map_err(|e| fault("racines", &format!("{} : {e}", path.display())))?;
            let roots = probes::pem_certificates(&text);
            if roots.is_empty() {
                Err(fault("racines", &format!("{} : aucun certificat", path.display())))
            } else {
                Ok(roots)
            }
        });
        let Declarations { fournisseur, acces, routeur, exploitant, materiel } = self.declarations;
        let owner = materiel.as_deref().and_then(owner);
        Ok(Sources {
            time_servers,
            clock_every: None,
            address,
            resolvers: resolvers.map_err(|e| fault("resolveurs", &e))?,
            dns_anchors: anchors.transpose()?,
            rdap: url("rdap", self.rdap)?,
            whois: self.whois,
            roots: roots.transpose()?,
            witness: url("temoin", self.temoin)?,
            antivirus: match self.antivirus {
                None => Antivirus::Usual,
                Some(Engine::Clamd(socket)) => Antivirus::Clamd(base.join(socket)),
                Some(Engine::Clamscan(folder)) => Antivirus::Clamscan(Some(base.join(folder))),
            },
            declared: Declared { provider: fournisseur, access: acces, router: routeur, operator: exploitant, owner },
        })
    }
}
