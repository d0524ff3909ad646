//! Transfers to a competent confrère (rows G02, G03): each step signed by the office that makes it, kept as a package, told to
//! the journal of both offices. Packages that are refused stay in `rebut/`, within bounds.
use std::fs;
use std::path::{Path, PathBuf};

use dossier::{Finding, Instant, Level, Sha256Digest};
use serde::Serialize;

use super::Platform;
use super::bureau::bounded;
use super::echeances::office;
use crate::config::refuse;
use crate::confrere::depot::lire_fichier;
use crate::confrere::ouverture::entete;
use crate::confrere::{Aller, Depot, Donnees, Etat, Event, Modalite, Motif, Piece, Poste, Reception, Remise, View};
use crate::consent::Actor;
use crate::fact::Fact;
use crate::projection::{Views as _, id_of};
use crate::store::Table;
use crate::territoire::OfficeId;
use crate::vault::{MAX_OBJECT, private_folder, write_private};
use crate::{Id, SignificationError};

/// Where packages are kept.
pub(super) const DEPOT: &str = "transmissions";
/// Where refused ones are.
const REBUT: &str = "rebut";
/// The rule of `rebut/`: thirty days, fifty packages, 256 MiB; the oldest go first.
const REBUT_JOURS: i64 = 30;
const REBUT_PAQUETS: usize = 50;
const REBUT_OCTETS: u64 = 256 * 1024 * 1024;

/// A step made here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Transfert {
    /// Which transfer.
    pub transmission: Id,
    /// Where it stands.
    pub etat: Etat,
    /// The package to hand over to the confrère; `None` for a preparation, which stays here.
    pub paquet: Option<PathBuf>,
    /// SHA-256 of the package.
    pub sha256: Sha256Digest,
}

/// A package was taken in.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Recu {
    /// Which transfer.
    pub transmission: Id,
    /// Where it stands.
    pub etat: Etat,
    /// Whether it told something new.
    pub nouveau: bool,
    /// What the checks could not establish.
    pub reserves: Vec<Finding>,
}

/// A refused package that is still kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rebut {
    /// The file.
    pub fichier: PathBuf,
    /// When it was refused.
    pub le: Instant,
    /// Its length.
    pub octets: u64,
}

impl Platform<'_> {
    /// Prepares the transfer of an act (a PDF) to `pour`, which must be competent for it. Nothing leaves the office.
    pub fn preparer_transfert(
        &self,
        actor: &Actor,
        pour: OfficeId,
        aller: Aller,
        pdf: &Path,
    ) -> Result<Transfert, SignificationError> {
        office(actor)?;
        let octets = bounded(pdf, MAX_OBJECT)?;
        let depot = self.depot()?;
        let remise = self.poste(&depot)?.preparer(pour, aller, octets)?;
        self.inscrire_remise(actor, remise, None)
    }

    /// Hands a prepared transfer over: its package is written into the folder `vers`.
    pub fn transmettre(&self, actor: &Actor, id: Id, vers: &Path) -> Result<Transfert, SignificationError> {
        self.etape(actor, id, vers, |poste| poste.transmettre(id))
    }

    /// Takes a received act in charge.
    pub fn accepter_transfert(&self, actor: &Actor, id: Id, vers: &Path) -> Result<Transfert, SignificationError> {
        self.etape(actor, id, vers, |poste| poste.accepter(id))
    }

    /// Refuses a received act, or gives back one that was accepted.
    pub fn refuser_transfert(
        &self,
        actor: &Actor,
        id: Id,
        (motif, precision): (Motif, &str),
        vers: &Path,
    ) -> Result<Transfert, SignificationError> {
        self.etape(actor, id, vers, |poste| poste.refuser(id, motif, precision))
    }

    /// Notes the date and hour at which the act was served.
    pub fn signifier_transfert(
        &self,
        actor: &Actor,
        id: Id,
        signifie_le: Instant,
        vers: &Path,
    ) -> Result<Transfert, SignificationError> {
        self.etape(actor, id, vers, |poste| poste.signifier(id, signifie_le))
    }

    /// Sends back how the act was served, and the receipts.
    pub fn retourner_transfert(
        &self,
        actor: &Actor,
        id: Id,
        (modalite, observations, pieces): (Modalite, &str, Vec<Piece>),
        vers: &Path,
    ) -> Result<Transfert, SignificationError> {
        self.etape(actor, id, vers, |poste| poste.retourner(id, modalite, observations, pieces))
    }

    /// Closes a transfer whose return was received.
    pub fn clore_transfert(&self, actor: &Actor, id: Id, vers: &Path) -> Result<Transfert, SignificationError> {
        self.etape(actor, id, vers, |poste| poste.clore(id))
    }

    /// Takes in the package of a confrère. The same one twice changes nothing; one that cannot be relied on is refused, told to
    /// the journal when it says which transfer it is of, and set aside in `rebut/`.
    pub fn recevoir_transfert(&self, actor: &Actor, paquet: &Path) -> Result<Recu, SignificationError> {
        office(actor)?;
        let octets = lire_fichier(paquet)?;
        let depot = self.depot()?;
        let poste = self.poste(&depot)?;
        let which = entete(&octets).map(|(line, _)| line.transmission);
        let _hold = which.as_ref().ok().map(|id| self.holds.take(*id));
        match poste.recevoir(&octets) {
            Ok(Reception::DejaRecu { transmission, etat }) => {
                Ok(Recu { transmission, etat, nouveau: false, reserves: Vec::new() })
            }
            Ok(Reception::Nouveau { transmission, etat, evenements, reserves }) => {
                let facts = evenements.into_iter().map(Fact::from).collect();
                self.greffe.record_at(actor, |_, _| Ok(facts))?;
                Ok(Recu { transmission, etat, nouveau: true, reserves })
            }
            Err(error) => {
                if let Ok(transmission) = which {
                    let (code, paquet) = (error.code().to_owned(), Sha256Digest::of(&octets));
                    let refused = Event::ImportRefused { transmission, code, paquet };
                    self.greffe.record_at(actor, |_, _| Ok(vec![refused.into()]))?;
                }
                self.ecarter(&octets)?;
                Err(error)
            }
        }
    }

    /// Writes the act and the data of a transfer into `vers`, checked again: `acte.pdf`, `donnees.json`, and what came back.
    pub fn sortir_transfert(&self, actor: &Actor, id: Id, vers: &Path) -> Result<Vec<PathBuf>, SignificationError> {
        office(actor)?;
        let depot = self.depot()?;
        let poste = self.poste(&depot)?;
        let (there, back) = (poste.dossier(id)?, poste.relire(id)?);
        fs::create_dir_all(vers).map_err(|e| SignificationError::io("create", vers, e))?;
        let mut files: Vec<(String, Vec<u8>)> =
            there.acte.map(|pdf| ("acte.pdf".to_owned(), pdf)).into_iter().collect();
        let data = |name: &str, donnees: &Option<Donnees>| {
            donnees.as_ref().map(|donnees| donnees.json().map(|json| (name.to_owned(), json))).transpose()
        };
        files.extend(data("donnees.json", &there.donnees)?);
        if back.suivi.etat() == Etat::Retourne {
            files.extend(data("retour.json", &back.donnees)?);
            files.extend(back.pieces.into_iter().map(|piece| (piece.nom, piece.octets)));
        }
        let mut written = Vec::new();
        for (name, octets) in files {
            write_private(&vers.join(&name), &octets)?;
            written.push(vers.join(name));
        }
        Ok(written)
    }

    /// What the journal knows of a transfer.
    pub fn transfert(&self, id: Id) -> Result<View, SignificationError> {
        let unknown = || SignificationError::Unknown { kind: "transmission", id: id.to_string() };
        self.views().view(Table::Transmission, id.as_bytes())?.ok_or_else(unknown)
    }

    /// Every transfer, in the order of their making.
    pub fn transferts(&self) -> Result<Vec<View>, SignificationError> {
        let pairs = self.views().scan(Table::Transmission, &[], None, usize::MAX)?;
        pairs.iter().map(|(key, _)| self.transfert(id_of(key)?)).collect()
    }

    /// No answer came before the deadline: a signed step says so.
    pub(super) fn expirer_transfert(&self, id: Id) -> Result<Option<String>, SignificationError> {
        if self.annuaire().is_none() || self.outils.verifier.is_none() {
            return Ok(None);
        }
        let _hold = self.holds.take(id);
        if self.transfert(id)?.suivi.is_none_or(|known| known.etat != Etat::Transmis) {
            return Ok(None);
        }
        let depot = self.depot()?;
        let remise = self.poste(&depot)?.expirer(id)?;
        self.greffe.record_at(&Actor::platform(), |_, _| Ok(vec![remise.evenement.into()]))?;
        Ok(Some("Transmission expirée : le confrère n'a pas répondu avant l'échéance.".into()))
    }

    /// Tells the journal the steps that a crash left in the folder only, and empties `rebut/` of what is too old.
    pub(super) fn reconcilier_transferts(&mut self) -> Result<(), SignificationError> {
        let depot = self.depot()?;
        let mut doubts = Vec::new();
        for id in depot.transmissions()? {
            let told = match self.poste(&depot)?.evenements(id) {
                Ok(told) => told,
                Err(error) => {
                    let what = format!("La transmission {id} ne se relit pas ({}).", error.code());
                    doubts.push(Finding::new("transmission.illisible", Level::Warn, what));
                    continue;
                }
            };
            let view: Option<View> = self.views().view(Table::Transmission, id.as_bytes())?;
            let last = view.and_then(|view| view.suivi).map(|known| known.derniere);
            let at = |event: &Event| event.trace().map(|(trace, _)| trace.etape);
            let known = last.and_then(|last| told.iter().position(|event| at(event) == Some(last)));
            let missing: Vec<Fact> = told.into_iter().skip(known.map_or(0, |n| n + 1)).map(Fact::from).collect();
            if !missing.is_empty() {
                // Made by the office before the crash, and signed: the line says that it is told late.
                let actor = Actor::office("reprise-apres-coupure");
                self.greffe.record_at(&actor, |_, _| Ok(missing))?;
            }
        }
        self.referentiel_reserves(doubts);
        self.nettoyer_rebut().map(|_| ())
    }

    fn etape(
        &self,
        actor: &Actor,
        id: Id,
        vers: &Path,
        make: impl FnOnce(&Poste<'_>) -> Result<Remise, SignificationError>,
    ) -> Result<Transfert, SignificationError> {
        office(actor)?;
        let _hold = self.holds.take(id);
        let depot = self.depot()?;
        let remise = make(&self.poste(&depot)?)?;
        self.inscrire_remise(actor, remise, Some(vers))
    }

    fn inscrire_remise(
        &self,
        actor: &Actor,
        remise: Remise,
        vers: Option<&Path>,
    ) -> Result<Transfert, SignificationError> {
        let Remise { transmission, etat, octets, evenement } = remise;
        self.greffe.record_at(actor, |_, _| Ok(vec![evenement.into()]))?;
        let paquet = match vers {
            Some(vers) => {
                fs::create_dir_all(vers).map_err(|e| SignificationError::io("create", vers, e))?;
                let path =
                    vers.join(format!("transmission-{transmission}-{}.paquet", etat.name().to_ascii_lowercase()));
                write_private(&path, &octets)?;
                Some(path)
            }
            None => None,
        };
        Ok(Transfert { transmission, etat, paquet, sha256: Sha256Digest::of(&octets) })
    }

    fn depot(&self) -> Result<Depot, SignificationError> {
        Depot::ouvrir(self.root.join(DEPOT))
    }

    fn poste<'p>(&'p self, depot: &'p Depot) -> Result<Poste<'p>, SignificationError> {
        let missing =
            || refuse("transmissions : [bureau.annuaire] et de quoi vérifier ses signatures sont nécessaires".into());
        Ok(Poste {
            moi: self.config.bureau.as_ref().ok_or_else(missing)?.office,
            cle: &self.office,
            sealer: self.ctx.sealer,
            verifier: self.outils.verifier.ok_or_else(missing)?,
            annuaire: self.annuaire().ok_or_else(missing)?,
            horloge: self.ctx.clock,
            alea: self.ctx.entropy,
            depot,
        })
    }

    /// Sets a refused package aside, once.
    fn ecarter(&self, octets: &[u8]) -> Result<(), SignificationError> {
        let folder = self.root.join(REBUT);
        if !folder.is_dir() {
            private_folder(&folder)?;
        }
        let hash = Sha256Digest::of(octets).to_hex();
        let known = self.rebut()?.iter().any(|kept| kept.fichier.to_string_lossy().contains(&hash));
        if !known {
            let ms = u64::try_from(self.ctx.clock.now().as_millisecond()).unwrap_or(0);
            write_private(&folder.join(format!("{ms:016}-{hash}.paquet")), octets)?;
        }
        self.nettoyer_rebut().map(|_| ())
    }

    /// The refused packages still kept, oldest first.
    pub fn rebut(&self) -> Result<Vec<Rebut>, SignificationError> {
        let folder = self.root.join(REBUT);
        if !folder.is_dir() {
            return Ok(Vec::new());
        }
        let io = |e| SignificationError::io("read", &folder, e);
        let mut list = Vec::new();
        for entry in fs::read_dir(&folder).map_err(io)? {
            let path = entry.map_err(io)?.path();
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let ms = name.split_once('-').and_then(|(ms, _)| ms.parse::<i64>().ok());
            let octets = fs::metadata(&path).map_err(io)?.len();
            let le = ms.and_then(Instant::from_millisecond);
            list.extend(le.map(|le| Rebut { fichier: path, le, octets }));
        }
        list.sort_by(|a, b| (a.le, &a.fichier).cmp(&(b.le, &b.fichier)));
        Ok(list)
    }

    /// Applies the rule of `rebut/`: what is older than thirty days goes, then the oldest until fifty packages and 256 MiB are
    /// left. Gives how many went. The journal keeps their digests.
    pub fn nettoyer_rebut(&self) -> Result<usize, SignificationError> {
        let list = self.rebut()?;
        let oldest = self.ctx.clock.now().as_millisecond() - REBUT_JOURS * 86_400_000;
        let (mut left, mut bytes) = (list.len(), list.iter().map(|kept| kept.octets).sum::<u64>());
        let mut gone = 0;
        for kept in &list {
            let over = left > REBUT_PAQUETS || bytes > REBUT_OCTETS;
            if kept.le.as_millisecond() >= oldest && !over {
                break;
            }
            fs::remove_file(&kept.fichier).map_err(|e| SignificationError::io("remove", &kept.fichier, e))?;
            (left, bytes, gone) = (left - 1, bytes - kept.octets, gone + 1);
        }
        Ok(gone)
    }
}
