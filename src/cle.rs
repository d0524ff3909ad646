//! `constat etude`: look at the key of the seal, try it, protect a key file. Nothing of a dossier is touched.
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand};
use dossier::{Clock, Instant};
use sealer::{Encryption, KeyError, NoSecrets, Secret, SecretRequest, Secrets, SystemRandom, protect_key, try_key};
use serde_json::{Value, json};

use crate::etude::secrets::{Office, Source};
use crate::etude::{Etude, Looked};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;
use crate::progress::Terminal;

/// `etude`
#[derive(Args)]
pub(crate) struct EtudeArguments {
    /// Ce qu'il faut faire
    #[command(subcommand)]
    pub(crate) operation: Operation,
}

/// What is done with the keys.
#[derive(Subcommand)]
pub(crate) enum Operation {
    /// Dit quelle clé scelle, si elle est joignable et ce que vaut son certificat ; ne signe que sur demande
    #[command(visible_alias = "check-key", after_help = VERIFIER_HELP)]
    VerifierCle {
        /// Configuration de l'étude
        #[arg(long, value_name = "FICHIER")]
        etude: Option<PathBuf>,
        /// Signe un texte d'essai, en demandant le secret de la clé, et contrôle la signature ; rien n'est conservé
        #[arg(long)]
        essayer: bool,
    },
    /// Chiffre une clé privée (PKCS#8, scrypt et AES-256) sous une phrase secrète, ou en change la phrase
    #[command(visible_alias = "protect-key", after_help = PROTEGER_HELP)]
    ProtegerCle {
        /// La clé privée (PKCS#8, PEM), en clair ou déjà chiffrée
        #[arg(value_name = "CLE.pem")]
        cle: PathBuf,
        /// Le fichier à écrire ; il ne doit pas exister
        #[arg(long, value_name = "FICHIER")]
        sortie: PathBuf,
        /// Lit les phrases sur ce descripteur, une par ligne (l'ancienne d'abord s'il y en a une), au lieu du terminal
        #[arg(long, value_name = "N")]
        descripteur: Option<u32>,
    },
}

/// Help shown after the verb `etude`.
pub(crate) const ETUDE_HELP: &str = "Exemples :\n  \
  constat etude verifier-cle --etude etude.toml\n  \
  constat etude verifier-cle --etude etude.toml --essayer\n  \
  constat etude proteger-cle sceau.pem --sortie sceau.chiffre.pem\n\n\
La clé du sceau se déclare dans la section [sceau] de la configuration ; une seule des trois formes est admise :\n\n  \
  [sceau]                                  # une clé dans un fichier (P-256 ou P-384)\n  \
  cle = \"sceau.chiffre.pem\"\n  certificats = \"sceau.chaine.pem\"         # le signataire d'abord\n\n  \
  [sceau.jeton]                            # une carte ou un module PKCS#11 (P-256, P-384, RSA 3072 et plus)\n  \
  module = \"/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so\"\n  nom = \"Carte de l'étude\"                 # ou serie = \"…\"\n  \
  etiquette = \"Signature\"                  # ou identifiant = \"02\" (CKA_ID)\n\n  \
  [sceau.distant]                          # un service de signature (Cloud Signature Consortium, version 2)\n  \
  adresse = \"https://service.exemple/csc/v2\"\n  identifiant = \"GX0112348\"\n  \
  acces = { fichier = \"acces.jeton\" }      # le jeton OAuth 2 ; demandé au terminal à défaut\n\n\
Le secret (phrase, code PIN, code à usage unique) est demandé au terminal. Un service sans terminal le lit ailleurs, jamais sur\n\
la ligne de commande : dans [sceau], secret = { fichier = \"…\" }, { descripteur = 3 } ou { systemd = \"nom\" }.";
const VERIFIER_HELP: &str = "Exemples :\n  \
  constat etude verifier-cle --etude etude.toml\n  \
  constat --json etude verifier-cle --etude etude.toml --essayer\n\n\
Code de sortie 1 quand la clé ne peut pas servir (certificat échu, chaîne rompue, clé trop courte, refus) ; 3 quand elle n'est\n\
pas joignable. Un code PIN faux est dit et jamais retenté : une carte se bloque après quelques essais.";
const PROTEGER_HELP: &str = "Exemples :\n  \
  constat etude proteger-cle sceau.pem --sortie sceau.chiffre.pem\n  \
  constat etude proteger-cle sceau.pem --sortie sceau.chiffre.pem --descripteur 3 3<phrase.txt\n\n\
OpenSSL relit le fichier : openssl pkey -in sceau.chiffre.pem -noout. La clé d'origine n'est pas effacée : détruisez-la.";

/// Does one operation.
pub(crate) fn run(arguments: &EtudeArguments, json: bool, clock: &dyn Clock) -> Result<Exit, Failure> {
    match &arguments.operation {
        Operation::VerifierCle { etude, essayer } => {
            let etude = Etude::find(etude.as_deref(), clock)?;
            check(&etude, *essayer, json, clock.now())
        }
        Operation::ProtegerCle { cle, sortie, descripteur } => protect(cle, sortie, *descripteur, json),
    }
}

fn check(etude: &Etude, try_it: bool, json: bool, at: Instant) -> Result<Exit, Failure> {
    let looked = etude.seal_key().look(&etude.anchors()?, at)?;
    if try_it {
        let terminal = Arc::new(Terminal::new());
        let signer = etude.signer(&terminal)?;
        terminal.finish();
        try_key(signer.as_ref())?;
    }
    let usable = is_usable(&looked, at);
    if json {
        output::json(
            &json!({"key": described(&looked, at), "essai": etude.essai(), "tried": try_it, "usable": usable}),
        );
    } else {
        lines(&looked, at).iter().for_each(|line| output::line(line));
        output::line(if try_it {
            "Essai      : une signature d'essai a été faite et contrôlée"
        } else {
            "Essai      : non demandé (--essayer)"
        });
        if etude.essai() {
            output::line("ESSAI      : ce sont des clés d'essai, sans valeur en justice");
        }
    }
    Ok(if usable { Exit::Done } else { Exit::Negative })
}

/// Whether a seal made now with this key would hold.
pub(crate) fn is_usable(looked: &Looked, at: Instant) -> bool {
    let facts = &looked.facts;
    facts.chain_fault.is_none() && facts.long_enough && at >= facts.not_before && at <= facts.not_after
}

/// The key as one JSON object.
pub(crate) fn described(looked: &Looked, at: Instant) -> Value {
    let facts = &looked.facts;
    json!({
        "kind": looked.kind, "place": looked.place, "subject": facts.subject, "issuer": facts.issuer,
        "algorithm": facts.algorithm.name(), "not_before": facts.not_before, "not_after": facts.not_after,
        "valid_now": at >= facts.not_before && at <= facts.not_after, "certificate_sha256": facts.certificate,
        "certificates": facts.certificates, "chain": facts.chain_fault.unwrap_or("ok"), "long_enough": facts.long_enough,
    })
}

fn lines(looked: &Looked, at: Instant) -> Vec<String> {
    let facts = &looked.facts;
    let date = |at: Instant| at.legal_time().strftime("%d/%m/%Y").to_string();
    let ended = if at > facts.not_after {
        " — ÉCHU"
    } else if at < facts.not_before {
        " — PAS ENCORE VALABLE"
    } else {
        ""
    };
    let chain = match facts.chain_fault {
        None => "mène à une racine de confiance de l'étude",
        Some("trust.no_chain") => "ne mène à AUCUNE racine de confiance de l'étude",
        Some("trust.out_of_bounds_no_poe") => "un certificat n'est PAS VALABLE à cette date",
        Some(_) => "ROMPUE",
    };
    let algorithm = facts.algorithm.name();
    let short = if facts.long_enough { "" } else { " — CLÉ TROP COURTE (RSA : 3072 bits au moins)" };
    vec![
        format!("Clé        : {}", output::printable(&looked.place)),
        format!("Certificat : {}", output::printable(&facts.subject)),
        format!("Émis par   : {}", output::printable(&facts.issuer)),
        format!("Algorithme : {algorithm}{short}"),
        format!("Valable    : du {} au {}{ended}", date(facts.not_before), date(facts.not_after)),
        format!("SHA-256    : {}", facts.certificate),
        format!("Chaîne     : {} certificat(s) ; {chain}", facts.certificates),
    ]
}

fn protect(key: &Path, to: &Path, descriptor: Option<u32>, json: bool) -> Result<Exit, Failure> {
    let pem = fs::read_to_string(key).map_err(|e| Failure::io("lire", key, &e))?;
    let what = key.display().to_string();
    let was_clear = Encryption::of(&pem, &what)? == Encryption::None;
    let mut given = descriptor.map(|number| Source::Descriptor(number).read()).transpose().map_err(failed)?;
    let mut next = |question: &str| match given.as_mut() {
        Some(lines) if lines.is_empty() => Err(KeyError::Secret { why: "il manque une ligne au descripteur".into() }),
        Some(lines) => Ok(lines.remove(0)),
        None => Office::new(None, None, None).ask(question),
    };
    let old: Box<dyn Secrets> = if was_clear {
        Box::new(NoSecrets)
    } else {
        Box::new(Given(next(&format!("Phrase secrète actuelle de {what} : ")).map_err(failed)?))
    };
    let new = next("Nouvelle phrase secrète (12 caractères au moins) : ").map_err(failed)?;
    if descriptor.is_none() && !same(&next("La même, une seconde fois : ").map_err(failed)?, &new) {
        return Err(Failure::new("cle.mismatch", Exit::Usage, what));
    }
    let protected = protect_key(&pem, &what, old.as_ref(), &new, &SystemRandom)?;
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to);
    let mut file = file.map_err(|e| Failure::io("créer", to, &e))?;
    file.write_all(protected.as_bytes()).and_then(|()| file.sync_all()).map_err(|e| Failure::io("écrire", to, &e))?;
    if json {
        output::json(&json!({"file": to, "encryption": "scrypt, AES-256-CBC", "was_clear": was_clear}));
    } else {
        output::line(&format!("Clé protégée : {}", to.display()));
        if was_clear {
            output::line(&format!("La clé en clair {what} existe toujours : détruisez-la (shred -u)."));
        }
    }
    Ok(Exit::Done)
}

fn same(one: &Secret, other: &Secret) -> bool {
    use sealer::ExposeSecret as _;
    one.expose_secret() == other.expose_secret()
}

/// A secret already at hand.
struct Given(Secret);

impl Secrets for Given {
    fn secret(&self, _request: &SecretRequest) -> Result<Secret, KeyError> {
        Ok(self.0.clone())
    }
}

fn failed(error: KeyError) -> Failure {
    sealer::SealError::from(error).into()
}
