//! `constat coffre`: the confidential values of scenarios (account names, passwords), encrypted under a passphrase in the format of
//! age (scrypt, ChaCha20-Poly1305): `age --decrypt coffre.age` opens it too. No value is ever shown by this program.
use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use age::secrecy::SecretString;
use clap::{Args, Subcommand};
use dossier::Clock;
use sealer::{ExposeSecret as _, KeyError, Secret, Zeroizing};
use serde_json::json;

use crate::etude::Etude;
use crate::etude::secrets::{Office, Source};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{self, printable};

/// Name of the store beside the configuration of the étude.
pub(crate) const NAME: &str = "coffre.age";
/// The largest store read, and the longest name of an entry.
const LARGEST: u64 = 1024 * 1024;
const LONGEST: usize = 100;
/// The shortest passphrase, in characters; an age file may be tried offline by whoever takes it.
const SHORTEST: usize = 12;

/// Help shown after the verb `coffre`.
pub(crate) const COFFRE_HELP: &str = "Exemples :\n  \
  constat coffre ajouter compte-essai --etude etude.toml\n  \
  constat coffre lister --etude etude.toml\n  \
  constat coffre retirer compte-essai --etude etude.toml\n\n\
Dans un scénario : saisir = { selecteur = \"#motdepasse\", coffre = \"compte-essai\" }, ou { selecteur = …, demander = \"Mot de passe\" } pour\n\
une valeur demandée au terminal. Ni le scénario, ni le journal, ni le scellé ne contiennent la valeur ; elle est masquée dans ce qui est\n\
enregistré. Le coffre est « coffre.age » à côté de la configuration de l'étude, ou [coffre] fichier ; [coffre] secret dit d'où vient sa\n\
phrase secrète sans terminal. Le format est celui d'age : « age --decrypt coffre.age » l'ouvre aussi.";

/// `coffre`
#[derive(Args)]
pub(crate) struct CoffreArguments {
    /// Ce qu'il faut faire
    #[command(subcommand)]
    verb: CoffreVerb,
    /// Configuration de l'étude
    #[arg(long, value_name = "FICHIER", global = true)]
    etude: Option<PathBuf>,
    /// Lit sur ce descripteur, une par ligne, la phrase secrète puis la valeur, au lieu du terminal
    #[arg(long, value_name = "N", global = true)]
    descripteur: Option<u32>,
}

#[derive(Subcommand)]
enum CoffreVerb {
    /// Range une valeur confidentielle sous un nom ; le coffre est créé s'il n'existe pas
    #[command(visible_alias = "add")]
    Ajouter {
        /// Le nom que le scénario donnera : coffre = "NOM"
        nom: String,
        /// Remplace la valeur déjà rangée sous ce nom
        #[arg(long)]
        remplacer: bool,
    },
    /// Montre les noms, jamais les valeurs
    #[command(visible_alias = "list")]
    Lister,
    /// Retire une valeur
    #[command(visible_alias = "remove")]
    Retirer {
        /// Le nom
        nom: String,
    },
}

/// The opened store.
pub(crate) struct Coffre {
    file: PathBuf,
    values: BTreeMap<String, Zeroizing<String>>,
}

/// Adds, lists or removes.
pub(crate) fn run(arguments: &CoffreArguments, json: bool, clock: &dyn Clock) -> Result<Exit, Failure> {
    let etude = Etude::find(arguments.etude.as_deref(), clock)?;
    let file = etude.vault();
    let mut given = arguments.descripteur.map(|n| Source::Descriptor(n).read()).transpose().map_err(failed)?;
    let scripted = given.is_some();
    let mut next = |question: &str| match given.as_mut() {
        Some(lines) if lines.is_empty() => {
            Err(failed(KeyError::Secret { why: "il manque une ligne au descripteur".into() }))
        }
        Some(lines) => Ok(lines.remove(0)),
        None => Office::new(None, None, None).ask(question).map_err(failed),
    };
    let new = !file.is_file();
    let said = match &arguments.verb {
        CoffreVerb::Ajouter { nom, remplacer } => {
            named(nom)?;
            let phrase = next(&question(&file, new))?;
            if new {
                let again = if scripted { phrase.clone() } else { next("La même, une seconde fois : ")? };
                strong(&phrase, &again, &file)?;
            }
            let mut coffre = if new { Coffre::empty(&file) } else { Coffre::open(&file, &phrase)? };
            if coffre.values.contains_key(nom) && !remplacer {
                return Err(Failure::new("coffre.present", Exit::Usage, printable(nom)));
            }
            let value = next(&format!("Valeur à ranger sous « {} » : ", printable(nom)))?;
            coffre.values.insert(nom.clone(), Zeroizing::new(value.expose_secret().to_owned()));
            coffre.save(&phrase)?;
            format!("« {} » est au coffre {}.", printable(nom), file.display())
        }
        CoffreVerb::Retirer { nom } => {
            let phrase = next(&question(&file, false))?;
            let mut coffre = Coffre::open(&file, &phrase)?;
            if coffre.values.remove(nom).is_none() {
                return Err(Failure::new("coffre.unknown", Exit::Usage, printable(nom)));
            }
            coffre.save(&phrase)?;
            format!("« {} » n'est plus au coffre {}.", printable(nom), file.display())
        }
        CoffreVerb::Lister => {
            let coffre = Coffre::open(&file, &next(&question(&file, false))?)?;
            let names: Vec<&String> = coffre.values.keys().collect();
            if json {
                output::json(&json!({"file": file, "names": names}));
                return Ok(Exit::Done);
            }
            names.iter().map(|name| printable(name)).collect::<Vec<_>>().join("\n")
        }
    };
    if json {
        output::json(&json!({"file": file}));
    } else {
        output::line(&said);
    }
    Ok(Exit::Done)
}

fn question(file: &Path, new: bool) -> String {
    match new {
        true => format!("Phrase secrète du nouveau coffre {} ({SHORTEST} caractères au moins) : ", file.display()),
        false => format!("Phrase secrète du coffre {} : ", file.display()),
    }
}

fn named(nom: &str) -> Result<(), Failure> {
    let plain = nom.chars().all(|c| c.is_alphanumeric() || "-_.@ ".contains(c)) && nom.trim() == nom;
    match plain && !nom.is_empty() && nom.len() <= LONGEST {
        true => Ok(()),
        false => Err(Failure::new("coffre.name", Exit::Usage, printable(nom))),
    }
}

fn strong(phrase: &Secret, again: &Secret, file: &Path) -> Result<(), Failure> {
    if phrase.expose_secret() != again.expose_secret() {
        return Err(Failure::new("cle.mismatch", Exit::Usage, file.display()));
    }
    if phrase.expose_secret().chars().count() < SHORTEST {
        return Err(Failure::new("coffre.phrase", Exit::Usage, format!("moins de {SHORTEST} caractères")));
    }
    Ok(())
}

fn failed(error: KeyError) -> Failure {
    sealer::SealError::from(error).into()
}

impl Coffre {
    fn empty(file: &Path) -> Self {
        Self { file: file.to_path_buf(), values: BTreeMap::new() }
    }

    /// Opens the store; a wrong passphrase and an altered file are told alike.
    pub(crate) fn open(file: &Path, phrase: &Secret) -> Result<Self, Failure> {
        let bad = |why: String| Failure::new("coffre.unreadable", Exit::Usage, format!("{} : {why}", file.display()));
        let metadata = fs::metadata(file)
            .map_err(|e| Failure::new("coffre.absent", Exit::Usage, format!("{} : {e}", file.display())))?;
        if metadata.len() > LARGEST {
            return Err(bad(format!("{} octets, au plus {LARGEST}", metadata.len())));
        }
        let mode = metadata.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(bad(format!("lisible par d'autres que son propriétaire (mode {:03o})", mode & 0o777)));
        }
        let sealed = fs::read(file).map_err(|e| bad(e.to_string()))?;
        let identity = age::scrypt::Identity::new(SecretString::from(phrase.expose_secret().to_owned()));
        let opened = age::decrypt(&identity, &sealed);
        let opened = Zeroizing::new(opened.map_err(|_| Failure::new("coffre.refused", Exit::Usage, file.display()))?);
        let text = std::str::from_utf8(&opened).map_err(|e| bad(e.to_string()))?;
        // What is wrong with it is not told: the message would hold a part of it.
        let values: BTreeMap<String, String> = toml::from_str(text).map_err(|_| bad("contenu inattendu".into()))?;
        let values = values.into_iter().map(|(name, value)| (name, Zeroizing::new(value))).collect();
        Ok(Self { file: file.to_path_buf(), values })
    }

    /// The value of that name.
    pub(crate) fn value(&self, nom: &str) -> Result<&str, Failure> {
        let value = self.values.get(nom).map(|value| value.as_str());
        value.ok_or_else(|| Failure::new("coffre.unknown", Exit::Usage, printable(nom)))
    }

    /// Writes it beside, then in its place: a power cut leaves the one or the other.
    fn save(&self, phrase: &Secret) -> Result<(), Failure> {
        let io = |error: std::io::Error| Failure::io("écrire", &self.file, &error);
        let plain: BTreeMap<&String, &str> = self.values.iter().map(|(name, value)| (name, value.as_str())).collect();
        let text = Zeroizing::new(toml::to_string(&plain).map_err(|e| io(std::io::Error::other(e.to_string())))?);
        let recipient = age::scrypt::Recipient::new(SecretString::from(phrase.expose_secret().to_owned()));
        let sealed = age::encrypt(&recipient, text.as_bytes()).map_err(|e| io(std::io::Error::other(e.to_string())))?;
        let folder = self.file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut beside = tempfile::NamedTempFile::new_in(folder).map_err(io)?;
        beside.write_all(&sealed).and_then(|()| beside.as_file().sync_all()).map_err(io)?;
        beside.persist(&self.file).map_err(|e| io(e.error))?;
        fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(io)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_in_comes_out_with_the_phrase_only() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(NAME);
        let phrase = Secret::from("une phrase secrète d'essai");
        let mut coffre = Coffre::empty(&file);
        coffre.values.insert("compte".into(), Zeroizing::new("mot \"de\" passe\n".into()));
        coffre.save(&phrase).unwrap();
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(!String::from_utf8_lossy(&fs::read(&file).unwrap()).contains("passe"));
        let opened = Coffre::open(&file, &phrase).unwrap();
        assert_eq!(opened.value("compte").unwrap(), "mot \"de\" passe\n");
        assert_eq!(opened.value("autre").unwrap_err().code(), "coffre.unknown");
        let refused = |phrase: &str| Coffre::open(&file, &Secret::from(phrase)).err().unwrap().code().to_owned();
        assert_eq!(refused("une autre phrase d'essai"), "coffre.refused");
        let mut bytes = fs::read(&file).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(&file, &bytes).unwrap();
        assert_eq!(refused("une phrase secrète d'essai"), "coffre.refused");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(refused("une phrase secrète d'essai"), "coffre.unreadable");
    }

    #[test]
    fn names_are_plain() {
        assert!(named("compte-essai@exemple.fr").is_ok());
        for wrong in ["", " a", "a\u{1b}[2J", "a\nb"] {
            assert!(named(wrong).is_err(), "{wrong:?}");
        }
    }
}
