//! Hand-over to the office's own software: `aller/ACTE/` holds the act, `dossier.json` and `LISEZ-MOI.txt`, whole or not at
//! all; `retour/ACTE.json` is what that software writes when it is done ([`retour`]). Everything is private to its owner.
pub mod retour;

use std::fs;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use dossier::{Digests, Instant, Sha256Digest, to_canonical};
use jiff::civil::Date;
use serde::Serialize;

use self::retour::{IssueRetour, MAX_RETOUR, RETOUR_FORMAT};
use super::ecriture::{ecrire, nettoyer, preparer};
use super::{Capacites, Issue, Partie, Remise, Resultat, SignificationBackend, Voie};
use crate::civil::{paris_rfc3339, paris_text};
use crate::consent::Actor;
use crate::deadline::french;
use crate::text::fill;
use crate::vault::MAX_OBJECT;
use crate::{Id, SignificationError};

/// Format of `dossier.json`.
pub const REMISE_FORMAT: &str = "constat-remise/1";

const LISEZ_MOI: &str = include_str!("../../text/fr/voies/remise.txt");

/// `dossier.json`: canonical JSON.
#[derive(Serialize)]
struct Fiche<'a> {
    format: &'static str,
    acte: Id,
    dossier: &'a str,
    nature: &'a str,
    requerant: &'a Partie,
    destinataire: &'a Partie,
    instructions: &'a [String],
    avant: Option<Date>,
    prepare_le: Instant,
    prepare_le_paris: String,
    contenu: Digests,
    signature: Option<Digests>,
    lisez_moi: Digests,
    retour: String,
}

/// The two folders shared with the office's software.
#[derive(Clone, Debug)]
pub struct DossierOffice {
    aller: PathBuf,
    retour: PathBuf,
}

impl DossierOffice {
    /// Over the folder `racine`, made if need be; what a crash left half written is taken away.
    pub fn ouvrir(racine: &Path) -> Result<Self, SignificationError> {
        let (aller, retour) = (racine.join("aller"), racine.join("retour"));
        preparer(racine)?;
        preparer(&aller)?;
        preparer(&retour)?;
        nettoyer(&aller)?;
        Ok(Self { aller, retour })
    }

    /// The acts for which the other software wrote something, in order; names that are not ours are left alone.
    pub fn scruter(&self) -> Result<Vec<Id>, SignificationError> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.retour).map_err(|e| SignificationError::io("read", &self.retour, e))? {
            let entry = entry.map_err(|e| SignificationError::io("read", &self.retour, e))?;
            let name = entry.file_name();
            if let Some(Ok(id)) = name.to_str().and_then(|n| n.strip_suffix(".json")).map(str::parse) {
                found.push(id);
            }
        }
        found.sort();
        Ok(found)
    }

    /// What the other software wrote about the act: a regular file, bounded. `None` when there is none yet.
    fn lire(&self, acte: Id) -> Result<Option<Vec<u8>>, SignificationError> {
        let path = self.retour.join(format!("{acte}.json"));
        let meta = match fs::symlink_metadata(&path) {
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            other => other.map_err(|e| SignificationError::io("read", &path, e))?,
        };
        if !meta.is_file() {
            return Err(SignificationError::ReturnRefused { why: "ce n'est pas un fichier".into() });
        }
        let file = fs::File::open(&path).map_err(|e| SignificationError::io("open", &path, e))?;
        let mut bytes = Vec::new();
        let mut limited = file.take(MAX_RETOUR as u64 + 1);
        limited.read_to_end(&mut bytes).map_err(|e| SignificationError::io("read", &path, e))?;
        Ok(Some(bytes))
    }
}

impl SignificationBackend for DossierOffice {
    fn voie(&self) -> Voie {
        Voie::Dossier
    }

    fn capacites(&self) -> Capacites {
        Capacites { issue_immediate: false, recepisses: false, a_la_main: true, taille_max: MAX_OBJECT }
    }

    fn remettre(&self, _: &Actor, remise: &Remise) -> Result<Issue, SignificationError> {
        remise.check()?;
        let files = fichiers(remise)?;
        let list: Vec<(&str, Vec<u8>)> = files.into_iter().collect();
        let (folder, _) = ecrire(&self.aller, remise.acte, &list)?;
        let contenu = remise.contenu().sha256;
        let issue = self.relever(remise.acte, &contenu)?;
        Ok(issue.avec(vec![folder]))
    }

    fn relever(&self, acte: Id, contenu: &Sha256Digest) -> Result<Issue, SignificationError> {
        let Some(bytes) = self.lire(acte)? else {
            let known = self.aller.join(acte.to_string()).is_dir();
            let (code, message) = if known {
                ("REMIS", "Le dossier est remis au logiciel de l'office ; son retour est attendu.")
            } else {
                ("NON_REMIS", "Rien n'a été remis pour cet acte.")
            };
            return Ok(Issue::new(acte, Voie::Dossier, Resultat::EnCours { code: code.into() }, message));
        };
        let read = retour::lire(&bytes)?;
        if (read.acte, &read.contenu) != (acte, contenu) {
            return Err(SignificationError::ReturnRefused {
                why: "retour d'un autre acte, ou d'un autre contenu".into(),
            });
        }
        let (resultat, message) = match read.issue {
            IssueRetour::Signifie { le } => {
                let preuve = Some(Sha256Digest::of(&bytes));
                (
                    Resultat::Faite { le, preuve },
                    format!("Le logiciel de l'office dit l'acte signifié le {}.", paris_text(le)),
                )
            }
            IssueRetour::Refuse { code } => {
                let message = format!("Le logiciel de l'office dit l'acte refusé : {code}.");
                (Resultat::Refusee { code }, message)
            }
            IssueRetour::EnCours { code } => {
                let message = format!("Le logiciel de l'office dit l'acte en cours : {code}.");
                (Resultat::EnCours { code }, message)
            }
        };
        Ok(Issue::new(acte, Voie::Dossier, resultat, message))
    }
}

/// One line for each outcome, ready to be copied.
fn exemples(acte: &str, sha256: &str) -> String {
    let line = |issue: &str| {
        format!("{{\"format\":\"{RETOUR_FORMAT}\",\"acte\":\"{acte}\",\"contenu\":\"{sha256}\",{issue}}}")
    };
    [
        line(r#""issue":"signifie","le":"AAAA-MM-JJTHH:MM:SS+01:00""#),
        line(r#""issue":"refuse","code":"DESTINATAIRE_INCONNU""#),
        line(r#""issue":"en_cours","code":"PROGRAMME""#),
    ]
    .join("\n")
}

/// The files of a hand-over, the record last: it names the others by their digests.
fn fichiers(remise: &Remise) -> Result<Vec<(&'static str, Vec<u8>)>, SignificationError> {
    let contenu = remise.contenu();
    let instructions: Vec<String> = remise.instructions.iter().map(|i| format!(" - {i}")).collect();
    let (acte, sha256, taille) = (remise.acte.to_string(), contenu.sha256.to_hex(), contenu.bytes.to_string());
    let read_me = fill(
        LISEZ_MOI,
        &[
            ("acte", &acte),
            ("dossier", &remise.dossier),
            ("nature", remise.nature.as_str()),
            ("sha256", &sha256),
            ("taille", &taille),
            ("avant", &remise.avant.map_or_else(|| "sans date imposée".into(), french)),
            ("instructions", &if instructions.is_empty() { " - aucune".into() } else { instructions.join("\n") }),
            ("format", RETOUR_FORMAT),
            ("exemples", &exemples(&acte, &sha256)),
            ("portee", Voie::Dossier.standing().phrase()),
        ],
    )?;
    let read_me = read_me.into_bytes();
    let fiche = to_canonical(&Fiche {
        format: REMISE_FORMAT,
        acte: remise.acte,
        dossier: &remise.dossier,
        nature: remise.nature.as_str(),
        requerant: &remise.requerant,
        destinataire: &remise.destinataire,
        instructions: &remise.instructions,
        avant: remise.avant,
        prepare_le: remise.prepare_le,
        prepare_le_paris: paris_rfc3339(remise.prepare_le),
        contenu,
        signature: remise.signature.as_deref().map(Digests::of),
        lisez_moi: Digests::of(&read_me),
        retour: format!("retour/{}.json", remise.acte),
    })?;
    let mut files = vec![("acte.pdf", remise.pdf.clone()), ("LISEZ-MOI.txt", read_me)];
    if let Some(signature) = &remise.signature {
        files.push(("acte.pdf.p7s", signature.clone()));
    }
    files.push(("dossier.json", fiche));
    Ok(files)
}
