//! The étude's configuration: who the officer is, which keys seal, which authorities give the time, which roots are trusted.
pub(crate) mod anchors;
mod keys;
mod measures;
pub(crate) mod secrets;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use capture::Sources;
use dossier::{Clock, Officier, Qualite};
use sealer::{HttpAuthority, Signer, TrustAnchors, WaczKey};
use serde::Deserialize;

use crate::exit::Exit;
use crate::failure::{Failure, chain};
use crate::progress::Terminal;

pub(crate) use keys::{Looked, OfficerKey, SealKey};
use keys::{OfficerKeys, SealKeys};

/// Environment variable that names the configuration file when `--etude` is not given.
const VARIABLE: &str = "CONSTAT_ETUDE";
/// Name of the configuration file of the trial étude.
const CONFIGURATION: &str = "etude.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    etude: Office,
    #[serde(default)]
    officier: Option<Person>,
    sceau: SealKeys,
    #[serde(default)]
    signature: BTreeMap<String, OfficerKeys>,
    #[serde(default)]
    horodatage: Vec<AuthoritySettings>,
    confiance: Trust,
    #[serde(default)]
    rejeu: Replay,
    #[serde(default)]
    temps: Bracket,
    #[serde(default)]
    ancrage: anchors::AnchorSettings,
    #[serde(default)]
    mesures: measures::MeasureSettings,
    #[serde(default)]
    coffre: Vault,
}

/// `[coffre]`: the encrypted store of confidential values, and where its passphrase comes from.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Vault {
    #[serde(default)]
    fichier: Option<PathBuf>,
    #[serde(default)]
    secret: Option<secrets::Source>,
}

/// `[temps]`: how often the authorities are asked during a session, and the servers the clock is held against.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Bracket {
    #[serde(default = "fifteen")]
    intervalle_minutes: std::num::NonZeroU16,
    #[serde(default)]
    serveurs: Vec<String>,
    #[serde(default)]
    blocs: Option<String>,
}

impl Default for Bracket {
    fn default() -> Self {
        Self { intervalle_minutes: fifteen(), serveurs: Vec::new(), blocs: None }
    }
}

fn fifteen() -> std::num::NonZeroU16 {
    std::num::NonZeroU16::MIN.saturating_add(14)
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Replay {
    #[serde(default)]
    moteur: Option<PathBuf>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Office {
    nom: String,
    #[serde(default)]
    essai: bool,
    residence: String,
    adresse: String,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Person {
    nom: String,
    prenoms: String,
    qualite: Qualite,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct AuthoritySettings {
    nom: String,
    url: String,
    ancres: PathBuf,
    #[serde(default)]
    politique: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Trust {
    ancres: PathBuf,
    #[serde(default)]
    listes: Option<PathBuf>,
}

/// A configuration that was read; keys and roots are loaded when asked for.
pub(crate) struct Etude {
    file: PathBuf,
    office: Office,
    person: Option<Person>,
    seal_key: SealKey,
    officers: BTreeMap<String, OfficerKey>,
    wacz_key: PathBuf,
    authorities: Vec<AuthoritySettings>,
    anchors: PathBuf,
    lists: Option<PathBuf>,
    replay_engine: Option<PathBuf>,
    bracket: Bracket,
    anchoring: anchors::AnchorSettings,
    sources: Sources,
    vault: PathBuf,
    vault_secret: Option<secrets::Source>,
}

/// What is wrong with a TOML file, on one line: the file, the line and what was expected.
pub(crate) fn toml_fault(path: &Path, text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    format!("{}, ligne {} : {}", path.display(), before.matches('\n').count() + 1, error.message())
}

impl Etude {
    /// The étude named by `--etude`, else by the environment, else the trial étude, made on first use.
    pub(crate) fn find(asked: Option<&Path>, clock: &dyn Clock) -> Result<Self, Failure> {
        if let Some(etude) = Self::named(asked)? {
            return Ok(etude);
        }
        let folder = trial_folder();
        let file = folder.join(CONFIGURATION);
        if !file.is_file() {
            make_trial(&folder, clock)?;
            eprintln!(
                "Aucune étude configurée : une étude d'ESSAI a été créée dans {}. Ses scellés ne valent rien en justice.",
                folder.display()
            );
        }
        Self::read(&file)
    }

    /// The étude named by `--etude` or by the environment, if any.
    fn named(asked: Option<&Path>) -> Result<Option<Self>, Failure> {
        let named = asked.map(Path::to_path_buf).or_else(|| std::env::var_os(VARIABLE).map(PathBuf::from));
        named.map(|path| Self::read(&path)).transpose()
    }

    /// The étude that [`Etude::find`] would take, when there is one already: nothing is made.
    pub(crate) fn existing(asked: Option<&Path>) -> Result<Option<Self>, Failure> {
        if let Some(etude) = Self::named(asked)? {
            return Ok(Some(etude));
        }
        let trial = trial_folder().join(CONFIGURATION);
        trial.is_file().then(|| Self::read(&trial)).transpose()
    }

    /// Reads one file; a mistake names the file, the line and what was expected.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let text = fs::read_to_string(path)
            .map_err(|e| Failure::new("etude.unreadable", Exit::Usage, format!("{} : {e}", path.display())))?;
        let file: File = toml::from_str(&text)
            .map_err(|e| Failure::new("etude.invalid", Exit::Usage, toml_fault(path, &text, &e)))?;
        if let Some(fault) = file.ancrage.fault(file.etude.essai) {
            return Err(Failure::new("etude.invalid", Exit::Usage, format!("{} : {fault}", path.display())));
        }
        let invalid =
            |fault: String| Failure::new("etude.invalid", Exit::Usage, format!("{} : {fault}", path.display()));
        let base = path.parent().unwrap_or(Path::new("."));
        let sources = file.mesures.sources(base, file.temps.serveurs.clone(), file.etude.essai).map_err(invalid)?;
        let wacz_key = base.join(&file.sceau.cle_wacz);
        let seal_key = SealKey::new(file.sceau, path)?;
        let mut officers = BTreeMap::new();
        for (name, keys) in file.signature {
            let officer = OfficerKey::new(&name, keys, path)?;
            officers.insert(name, officer);
        }
        let authorities =
            file.horodatage.into_iter().map(|a| AuthoritySettings { ancres: base.join(&a.ancres), ..a }).collect();
        Ok(Self {
            file: path.to_path_buf(),
            office: file.etude,
            person: file.officier,
            seal_key,
            officers,
            wacz_key,
            authorities,
            anchors: base.join(&file.confiance.ancres),
            lists: file.confiance.listes.map(|folder| base.join(folder)),
            bracket: file.temps,
            sources,
            anchoring: file.ancrage,
            vault: base.join(file.coffre.fichier.unwrap_or_else(|| crate::coffre::NAME.into())),
            vault_secret: file.coffre.secret.map(|source| source.under(base)),
            replay_engine: file.rejeu.moteur.map(|folder| base.join(folder)),
        })
    }

    /// The file it was read from.
    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    /// Whether its keys are test keys.
    pub(crate) fn essai(&self) -> bool {
        self.office.essai
    }

    /// The officer, when the file names one.
    pub(crate) fn officier(&self) -> Option<Officier> {
        let person = self.person.as_ref()?;
        Some(Officier {
            nom: person.nom.clone(),
            prenoms: person.prenoms.clone(),
            qualite: person.qualite,
            etude: self.office.nom.clone(),
            residence: self.office.residence.clone(),
            adresse: self.office.adresse.clone(),
        })
    }

    /// The place of the operations by default: the office's address.
    pub(crate) fn place(&self) -> String {
        self.office.adresse.clone()
    }

    /// Whether at least one authority is configured.
    pub(crate) fn has_authorities(&self) -> bool {
        !self.authorities.is_empty()
    }

    /// Where the authorities are asked, in order.
    pub(crate) fn authority_urls(&self) -> impl Iterator<Item = &str> {
        self.authorities.iter().map(|authority| authority.url.as_str())
    }

    /// How many authorities are configured.
    pub(crate) fn authorities_named(&self) -> usize {
        self.authorities.len()
    }

    /// `[temps] intervalle_minutes`: how long a session may last without a token of an authority.
    pub(crate) fn interval(&self) -> std::time::Duration {
        std::time::Duration::from_secs(u64::from(self.bracket.intervalle_minutes.get()) * 60)
    }

    /// `[temps] blocs`: the service that gives the newest block, for an unpredictable public value.
    pub(crate) fn blocks(&self) -> Option<&str> {
        self.bracket.blocs.as_deref()
    }

    /// `[temps] serveurs` and `[mesures]`: whom the measures may ask outside this machine.
    pub(crate) fn sources(&self) -> &Sources {
        &self.sources
    }

    /// The folder of trusted roots.
    pub(crate) fn anchors_folder(&self) -> &Path {
        &self.anchors
    }

    /// `[confiance] listes`: the snapshot of trusted lists.
    pub(crate) fn lists_folder(&self) -> Option<&Path> {
        self.lists.as_deref()
    }

    /// `[rejeu] moteur`: the folder of the replay engine.
    pub(crate) fn replay_engine(&self) -> Option<&Path> {
        self.replay_engine.as_deref()
    }

    /// `[coffre] fichier`: the store of confidential values; it may not exist.
    pub(crate) fn vault(&self) -> PathBuf {
        self.vault.clone()
    }

    /// `[coffre] secret`: where its passphrase comes from; the terminal when absent.
    pub(crate) fn vault_secret(&self) -> Option<&secrets::Source> {
        self.vault_secret.as_ref()
    }

    /// The trusted roots, and what other anchors are checked with.
    pub(crate) fn anchors(&self) -> Result<TrustAnchors, Failure> {
        Ok(anchors_of(&self.anchors)?.checking_anchors_with(self.anchor_trust()?))
    }

    /// The key that seals, opened; its secret is asked when it is needed.
    pub(crate) fn signer(&self, terminal: &Arc<Terminal>) -> Result<Box<dyn Signer>, Failure> {
        self.seal_key.open(Some(terminal))
    }

    /// The key that seals, not opened.
    pub(crate) fn seal_key(&self) -> &SealKey {
        &self.seal_key
    }

    /// The officer of that name in `[signature.NOM]`; without a name, the only one there is.
    pub(crate) fn signing_officer(&self, asked: Option<&str>) -> Result<&OfficerKey, Failure> {
        let names = || self.officers.keys().cloned().collect::<Vec<_>>().join(", ");
        let bad = |code: &str, detail: String| Failure::new(code, Exit::Usage, detail);
        match asked {
            Some(name) => {
                self.officers.get(name).ok_or_else(|| bad("signer.officer", format!("{name} ; déclarés : {}", names())))
            }
            None if self.officers.len() > 1 => Err(bad("signer.officer", format!("déclarés : {}", names()))),
            None => {
                let only = self.officers.values().next();
                only.ok_or_else(|| bad("signer.no_officer", self.file.display().to_string()))
            }
        }
    }

    /// The key of the replay tick.
    pub(crate) fn wacz_key(&self) -> Result<WaczKey, Failure> {
        WaczKey::from_pem(&self.read_key(&self.wacz_key)?).map_err(Failure::from)
    }

    /// The timestamp authorities, in order.
    pub(crate) fn authorities(&self) -> Result<Vec<HttpAuthority>, Failure> {
        let mut authorities = Vec::new();
        for settings in &self.authorities {
            let pem = self.read_key(&settings.ancres)?;
            let policy = settings.politique.as_deref();
            authorities.push(HttpAuthority::new(&settings.nom, &settings.url, pem.as_bytes(), policy)?);
        }
        Ok(authorities)
    }

    fn read_key(&self, path: &Path) -> Result<String, Failure> {
        keys::read(path, &self.file)
    }
}

/// The trusted roots of a folder of PEM files.
pub(crate) fn anchors_of(folder: &Path) -> Result<TrustAnchors, Failure> {
    TrustAnchors::from_folder(folder)
        .map_err(|e| Failure::new(e.code(), Exit::Usage, format!("{} : {}", folder.display(), chain(&e))))
}

/// Where the appliance keeps what is its own: `$XDG_DATA_HOME/constat`, else `~/.local/share/constat`.
fn data_folder() -> PathBuf {
    let base = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from).filter(|p| p.is_absolute());
    let home = || std::env::var_os("HOME").map_or_else(std::env::temp_dir, PathBuf::from).join(".local/share");
    base.unwrap_or_else(home).join("constat")
}

fn trial_folder() -> PathBuf {
    data_folder().join("etude-essai")
}

fn make_trial(folder: &Path, clock: &dyn Clock) -> Result<(), Failure> {
    sealer::trial::make_trial_etude(folder, clock, &sealer::SystemRandom)?;
    let text = "# Étude d'ESSAI, créée par constat : ses clés ne prouvent rien. Une vraie étude se déclare avec --etude.\n\
        [etude]\nnom = \"Étude d'ESSAI\"\nessai = true\nresidence = \"ESSAI\"\nadresse = \"adresse d'ESSAI, non renseignée\"\n\n\
        # La clé d'ESSAI est en clair ; celle d'une étude se protège : « constat etude proteger-cle --help ».\n\
        [sceau]\ncle = \"sceau.key.pem\"\ncertificats = \"sceau.chain.pem\"\ncle_wacz = \"wacz.key.pem\"\n\n\
        # L'officier d'ESSAI, qui signe les procès-verbaux : « constat signer --help ».\n\
        [signature.officier]\nnom = \"Officier d'ESSAI\"\nqualite = \"ESSAI, sans valeur\"\nrole = \"clerc\"\n\
        cle = \"officier.key.pem\"\ncertificats = \"officier.chain.pem\"\n\n\
        # Aucune autorité d'horodatage : les scellés ne portent pas de date opposable.\n\
        # [[horodatage]]\n# nom = \"…\"\n# url = \"https://…\"\n# ancres = \"autorite.pem\"\n\n\
        [confiance]\nancres = \"ancres\"\n";
    let file = folder.join(CONFIGURATION);
    fs::write(&file, text).map_err(|e| Failure::io("écrire", &file, &e))
}
