//! The territory at work (rows G01, G04, G05): the directory and the list of closed days are opened with the tools a platform
//! is lent, the competence of the office is judged at each deposit, and the zones of holidays follow the communes.
use std::io::Read as _;
use std::path::Path;

use dossier::{Digests, Finding, Sha256Digest};
use serde::Serialize;

use super::Platform;
use crate::acte::Refusal;
use crate::bureau::{BureauConfig, Outils, SIGNATURE};
use crate::calendar::Zone;
use crate::civil::paris_date;
use crate::config::refuse;
use crate::consent::Actor;
use crate::delais::{self, JoursChomes};
use crate::evidence::EvidenceVerifier;
use crate::fact::Fact;
use crate::projection::Views as _;
use crate::state::ConsentView;
use crate::store::Table;
use crate::territoire::registre::{self, ANNUAIRE};
use crate::territoire::{
    Annuaire, Bornes, Canal, CodeInsee, Competence, Office, Verdict, competence, ressort, zones_feriees,
};
use crate::{Id, SignificationError};

/// What the list of closed days is called: there is one.
const JOURS_CHOMES: Id = Id::from_bytes(*b"constat-jourscho");
/// The largest signed file read, in octets.
const MAX_FILE: u64 = 16 * 1024 * 1024;

/// What was opened with the tools.
#[derive(Default)]
pub(super) struct Referentiel {
    chomes: Option<JoursChomes>,
    none: JoursChomes,
    annuaire: Option<Annuaire>,
    reserves: Vec<Finding>,
}

/// The other addressees of an act, and what the officer answers for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Destination {
    /// Communes of the other addressees of the same act.
    pub autres: Vec<CodeInsee>,
    /// Reference of the check that the officer made himself, where the data do not tell ([`Verdict::AVerifier`]).
    pub verification: Option<String>,
}

/// The competence of the office, as judged now.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Jugement {
    /// The answer, its reasons in French, the offices proposed.
    #[serde(flatten)]
    pub competence: Competence,
    /// How many addressees.
    pub destinataires: usize,
    /// Number of the snapshot relied on.
    pub annuaire: Option<u64>,
    /// What is to be said of that snapshot (too old).
    pub reserves: Vec<Finding>,
    /// Reference of the officer's own check.
    pub verification: Option<String>,
}

impl Jugement {
    pub(super) fn fait(self, acte: Id) -> Fact {
        let event = registre::Event::Judged {
            acte,
            verdict: self.competence.verdict,
            cours: self.competence.cours,
            destinataires: u32::try_from(self.destinataires).unwrap_or(u32::MAX),
            annuaire: self.annuaire,
            verification: self.verification,
        };
        event.into()
    }
}

impl<'a> Platform<'a> {
    /// The same platform with tools: opens the directory and the list of closed days that the configuration names (both
    /// signed; a forged, older or unreadable one is refused), tells the journal of new ones, and of the packages that a crash
    /// left in the folder of transfers.
    pub fn avec(mut self, outils: Outils<'a>) -> Result<Self, SignificationError> {
        self.outils = outils;
        if let Some(bureau) = self.config.bureau.clone() {
            let verifier: Option<&dyn EvidenceVerifier> = outils.verifier.map(|v| v as &dyn EvidenceVerifier);
            if let Some(path) = &bureau.jours_chomes {
                self.referentiel.chomes = Some(self.ouvrir_chomes(path, verifier)?);
            }
            self.ouvrir_annuaire(&bureau, verifier)?;
        }
        if self.referentiel.annuaire.is_some() && outils.verifier.is_some() {
            self.reconcilier_transferts()?;
        }
        self.tick()?;
        Ok(self)
    }

    fn ouvrir_chomes(
        &self,
        path: &Path,
        verifier: Option<&dyn EvidenceVerifier>,
    ) -> Result<JoursChomes, SignificationError> {
        let (octets, signature) = signed(path)?;
        let list = JoursChomes::open(&octets, &signature, verifier.ok_or_else(no_verifier)?)?;
        let (Some(publie_le), liste) = (list.published(), Digests::of(&octets)) else { return Ok(list) };
        let known: Option<delais::View> = self.views().view(Table::Delai, JOURS_CHOMES.as_bytes())?;
        if known.and_then(|view| view.jours_chomes) != Some((publie_le, liste)) {
            let signature = Digests::of(&signature);
            let loaded = delais::Event::ClosedDaysLoaded { objet: JOURS_CHOMES, publie_le, liste, signature };
            self.greffe.record_at(&Actor::platform(), |_, _| Ok(vec![loaded.into()]))?;
        }
        Ok(list)
    }

    fn ouvrir_annuaire(
        &mut self,
        bureau: &BureauConfig,
        verifier: Option<&dyn EvidenceVerifier>,
    ) -> Result<(), SignificationError> {
        let Some(config) = &bureau.annuaire else { return Ok(()) };
        let (octets, signature) = signed(&config.fichier)?;
        let known: Option<registre::View> = self.views().view(Table::Territoire, ANNUAIRE.as_bytes())?;
        let last = known.and_then(|view| view.annuaire);
        let bornes = Bornes {
            maintenant: self.ctx.clock.now(),
            jours_max: config.jours_max,
            dernier_numero: last.map(|last| last.numero),
        };
        let verifier = verifier.ok_or_else(no_verifier)?;
        let (annuaire, reserves) = Annuaire::ouvrir(&octets, &signature, &config.signataire, verifier, &bornes)?;
        let office = annuaire.exiger(bureau.office)?;
        if office.siege != bureau.siege {
            return Err(refuse(format!("bureau.siege : {}, mais l'annuaire dit {}", bureau.siege, office.siege)));
        }
        if last.is_none_or(|last| last.empreinte != annuaire.empreinte()) {
            let taken = registre::Event::DirectoryTaken {
                annuaire: ANNUAIRE,
                numero: annuaire.numero(),
                etabli_le: annuaire.etabli_le(),
                empreinte: annuaire.empreinte(),
            };
            self.greffe.record_at(&Actor::platform(), |_, _| Ok(vec![taken.into()]))?;
        }
        (self.referentiel.annuaire, self.referentiel.reserves) = (Some(annuaire), reserves);
        Ok(())
    }

    /// The directory, once opened.
    pub fn annuaire(&self) -> Option<&Annuaire> {
        self.referentiel.annuaire.as_ref()
    }

    /// What is to be said of what was opened: a directory too old.
    pub fn reserves(&self) -> &[Finding] {
        &self.referentiel.reserves
    }

    pub(super) fn referentiel_reserves(&mut self, more: Vec<Finding>) {
        self.referentiel.reserves.extend(more);
    }

    /// The local closed days: those of the signed list, or none when no list is configured. A list that is configured and was
    /// not opened is an error, never an empty list.
    pub fn jours_chomes(&self) -> Result<&JoursChomes, SignificationError> {
        let asked = self.config.bureau.as_ref().is_some_and(|bureau| bureau.jours_chomes.is_some());
        match &self.referentiel.chomes {
            Some(list) => Ok(list),
            None if asked => Err(refuse("bureau.jours_chomes : liste configurée, mais non ouverte".into())),
            None => Ok(&self.referentiel.none),
        }
    }

    /// Zones whose holidays close the window for this recipient: those of the office (its own, and its seat's) and his (the
    /// one declared, and those of his commune). A commune of Alsace-Moselle may bring two.
    pub(super) fn zones_of(&self, consent: &ConsentView) -> Vec<Zone> {
        let mut zones = vec![self.config.zone, consent.zone];
        let seat = self.config.bureau.as_ref().map(|bureau| bureau.siege);
        let home = seat.and_then(|_| self.person(consent.id).ok()).and_then(|person| person.commune());
        for commune in seat.into_iter().chain(home) {
            zones.extend(zones_feriees(commune).zones);
        }
        let mut kept: Vec<Zone> = Vec::new();
        zones.retain(|zone| {
            !kept.contains(zone) && {
                kept.push(*zone);
                true
            }
        });
        zones
    }

    /// What can be said of the competence of the office for an act served on this consent: `None` without `[bureau]`. When it
    /// is not competent, offices that are, from the directory.
    pub fn competence_pour(
        &self,
        consent: Id,
        destination: &Destination,
    ) -> Result<Option<Jugement>, SignificationError> {
        let Some(bureau) = &self.config.bureau else { return Ok(None) };
        let home = self.person(consent)?.commune();
        let unknown = SignificationError::ActRefused { codes: vec![Refusal::CommuneInconnue.code()] };
        let communes: Vec<CodeInsee> =
            std::iter::once(home.ok_or(unknown)?).chain(destination.autres.iter().copied()).collect();
        let office = self.office_config(bureau)?;
        let day = paris_date(self.ctx.clock.now());
        let competence = competence(&office, Canal::Electronique, &communes, day, self.annuaire())?;
        Ok(Some(Jugement {
            destinataires: communes.len(),
            annuaire: self.annuaire().map(Annuaire::numero),
            reserves: self.reserves().to_vec(),
            verification: destination.verification.clone().filter(|_| competence.verdict == Verdict::AVerifier),
            competence,
        }))
    }

    /// Judges an act about to be kept; adds what is against it to `codes`.
    pub(super) fn juger(
        &self,
        consent: &ConsentView,
        destination: &Destination,
        codes: &mut Vec<Refusal>,
    ) -> Result<Option<Jugement>, SignificationError> {
        // Without a declaration there is no consent either, and that was told.
        if self.config.bureau.is_none() || consent.record.is_none() {
            return Ok(None);
        }
        let verification = match &destination.verification {
            Some(text) => Some(super::registry::label("verification", text)?),
            None => None,
        };
        let destination = Destination { autres: destination.autres.clone(), verification };
        let judged = match self.competence_pour(consent.id, &destination) {
            Err(SignificationError::ActRefused { .. }) => {
                codes.push(Refusal::CommuneInconnue);
                return Ok(None);
            }
            other => other?,
        };
        match judged.as_ref().map(|judged| (judged.competence.verdict, judged.verification.is_some())) {
            Some((Verdict::Incompetent, _)) => codes.push(Refusal::Incompetent),
            Some((Verdict::AVerifier, false)) => codes.push(Refusal::CompetenceAVerifier),
            _ => {}
        }
        Ok(judged)
    }

    /// The office as the directory knows it; as its configuration says, when there is no directory.
    pub(super) fn office_config(&self, bureau: &BureauConfig) -> Result<Office, SignificationError> {
        if let Some(annuaire) = self.annuaire() {
            return annuaire.exiger(bureau.office).cloned();
        }
        if bureau.annuaire.is_some() {
            return Err(refuse("bureau.annuaire : annuaire configuré, mais non ouvert".into()));
        }
        let unknown = || refuse(format!("bureau.siege : ressort inconnu ({})", bureau.siege));
        Ok(Office {
            id: bureau.office,
            nom: self.config.etude.clone(),
            siege: bureau.siege,
            annexes: bureau.annexes.clone(),
            cour: ressort(bureau.siege).cour.ok_or_else(unknown)?,
            cle: self.office.public().to_string(),
            certificat: Sha256Digest::ZERO,
            courriel: bureau.courriel.clone().unwrap_or_default(),
        })
    }
}

fn no_verifier() -> SignificationError {
    refuse("bureau : un fichier signé est configuré, mais rien pour vérifier sa signature".into())
}

/// A signed file and the signature beside it.
fn signed(path: &Path) -> Result<(Vec<u8>, Vec<u8>), SignificationError> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{SIGNATURE}"));
    Ok((bounded(path, MAX_FILE)?, bounded(Path::new(&beside), MAX_FILE)?))
}

/// Reads a file, not beyond `most` octets.
pub(super) fn bounded(path: &Path, most: u64) -> Result<Vec<u8>, SignificationError> {
    let io = |e| SignificationError::io("read", path, e);
    let mut octets = Vec::new();
    let file = std::fs::File::open(path).map_err(io)?;
    if !file.metadata().map_err(io)?.is_file() {
        return Err(SignificationError::ActFile { why: "ce n'est pas un fichier" });
    }
    file.take(most + 1).read_to_end(&mut octets).map_err(io)?;
    if octets.len() as u64 > most {
        return Err(SignificationError::ActFile { why: "trop long" });
    }
    Ok(octets)
}
