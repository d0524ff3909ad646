//! What an office does with transfers: prepares, hands over, receives, answers, sends back, closes. Each of them makes one
//! signed step and one package, keeps it in the folder, and gives the facts to write in the journal.
//!
//! The package is kept before the fact is journalled: after a crash between the two, [`Poste::evenements`] tells the facts
//! again from the folder, and those that the view does not hold yet are written.
use dossier::{Clock, Digests, Finding, Instant, Sha256Digest};

use super::depot::Depot;
use super::donnees::{Aller, DONNEES_FORMAT, Donnees, Modalite, Retour};
use super::etape::{ETAPE_FORMAT, Etape, Fait, Motif, Suivi};
use super::event::Event;
use super::machine::Etat;
use super::ouverture::{Lecteur, Ouvert, lire, ouvrir};
use super::paquet::{ACTE, DONNEES, DONNEES_XML, Envoi, Piece, check_pdf, sceller};
use crate::civil::paris_date;
use crate::territoire::{Annuaire, CodeInsee, OfficeId, Verdict, competence};
use crate::vault::SecretKey;
use crate::{Entropy, EvidenceSealer, EvidenceVerifier, Id, SignificationError};

/// An office at work. Everything it needs comes in.
pub struct Poste<'a> {
    /// This office.
    pub moi: OfficeId,
    /// Its private age key.
    pub cle: &'a SecretKey,
    /// Signs with the certificate the directory gives for it.
    pub sealer: &'a dyn EvidenceSealer,
    /// Checks the signatures of all.
    pub verifier: &'a dyn EvidenceVerifier,
    /// The directory.
    pub annuaire: &'a Annuaire,
    /// The time.
    pub horloge: &'a dyn Clock,
    /// Randomness for identifiers.
    pub alea: &'a dyn Entropy,
    /// Where packages are kept.
    pub depot: &'a Depot,
}

/// A step that this office made.
#[derive(Clone, Debug, PartialEq)]
pub struct Remise {
    /// Which transfer.
    pub transmission: Id,
    /// Where it stands now.
    pub etat: Etat,
    /// The package to hand over to the other office; for a preparation, a package that stays here.
    pub octets: Vec<u8>,
    /// The fact to journal.
    pub evenement: Event,
}

/// A package that came in.
#[derive(Clone, Debug, PartialEq)]
pub enum Reception {
    /// It told something new: facts to journal, in order.
    Nouveau {
        /// Which transfer.
        transmission: Id,
        /// Where it stands now.
        etat: Etat,
        /// One fact for each step that was not known.
        evenements: Vec<Event>,
        /// What the checks could not establish.
        reserves: Vec<Finding>,
    },
    /// Everything in it was known: nothing changes.
    DejaRecu {
        /// Which transfer.
        transmission: Id,
        /// Where it stands.
        etat: Etat,
    },
}

impl Poste<'_> {
    fn lecteur(&self) -> Lecteur<'_> {
        Lecteur {
            moi: self.moi,
            cle: self.cle,
            annuaire: self.annuaire,
            verifier: self.verifier,
            maintenant: self.horloge.now(),
        }
    }

    /// Prepares the transfer of an act to `pour`, which must be competent for it. Nothing leaves the office.
    pub fn preparer(&self, pour: OfficeId, aller: Aller, pdf: Vec<u8>) -> Result<Remise, SignificationError> {
        check_pdf(&pdf)?;
        let now = self.horloge.now();
        if aller.echeance <= now {
            let found = aller.echeance.to_string();
            return Err(SignificationError::Field { field: "echeance", found, why: "une date à venir" });
        }
        let communes: Vec<CodeInsee> = aller.destinataires.iter().map(|d| d.commune).collect();
        let confrere = self.annuaire.exiger(pour)?;
        let (canal, echeance) = (aller.canal, aller.echeance);
        let donnees = Donnees::Aller(aller);
        donnees.check()?;
        let answer = competence(confrere, canal, &communes, paris_date(now), None)?;
        if answer.verdict == Verdict::Incompetent {
            let why = answer.explication.join(" ");
            return Err(SignificationError::Incompetent { office: pour.to_string(), why });
        }
        let (json, xml) = (donnees.json()?, donnees.xml()?);
        let fait = Fait::Preparer { acte: Digests::of(&pdf), donnees: Sha256Digest::of(&json), echeance };
        let etape = Etape {
            format: ETAPE_FORMAT.into(),
            transmission: Id::new(now, self.alea)?,
            rang: 0,
            precedente: Sha256Digest::ZERO,
            emetteur: self.moi,
            destinataire: pour,
            auteur: self.moi,
            le: now,
            fait,
        };
        self.poser(None, &etape, vec![piece(ACTE, pdf), piece(DONNEES, json), piece(DONNEES_XML, xml)])
    }

    /// Hands a prepared transfer over: the package is for the confrère.
    pub fn transmettre(&self, transmission: Id) -> Result<Remise, SignificationError> {
        let held = self.relire(transmission)?;
        let mut pieces: Vec<Piece> = held.acte.into_iter().map(|pdf| piece(ACTE, pdf)).collect();
        if let Some(donnees) = &held.donnees {
            pieces.extend([piece(DONNEES, donnees.json()?), piece(DONNEES_XML, donnees.xml()?)]);
        }
        self.suivre(&held.suivi, Fait::Transmettre {}, pieces)
    }

    /// Takes a received act in charge.
    pub fn accepter(&self, transmission: Id) -> Result<Remise, SignificationError> {
        self.suivre(&self.relire(transmission)?.suivi, Fait::Accepter {}, Vec::new())
    }

    /// Refuses a received act, or gives back one that was accepted.
    pub fn refuser(&self, transmission: Id, motif: Motif, precision: &str) -> Result<Remise, SignificationError> {
        let fait = Fait::Refuser { motif, precision: precision.to_owned() };
        self.suivre(&self.relire(transmission)?.suivi, fait, Vec::new())
    }

    /// Notes that the deadline passed without an answer.
    pub fn expirer(&self, transmission: Id) -> Result<Remise, SignificationError> {
        self.suivre(&self.relire(transmission)?.suivi, Fait::Expirer {}, Vec::new())
    }

    /// Notes the date and hour of service.
    pub fn signifier(&self, transmission: Id, signifie_le: Instant) -> Result<Remise, SignificationError> {
        self.suivre(&self.relire(transmission)?.suivi, Fait::Signifier { signifie_le }, Vec::new())
    }

    /// Sends back: the date of service, how, and the receipts.
    pub fn retourner(
        &self,
        transmission: Id,
        modalite: Modalite,
        observations: &str,
        mut recepisses: Vec<Piece>,
    ) -> Result<Remise, SignificationError> {
        let held = self.relire(transmission)?;
        let Fait::Signifier { signifie_le } = held.suivi.derniere().fait else {
            return Err(SignificationError::Transition {
                machine: "transmission",
                state: held.suivi.etat().name(),
                requested: "retourner",
            });
        };
        let format = DONNEES_FORMAT.into();
        let donnees = Donnees::Retour(Retour { format, signifie_le, modalite, observations: observations.to_owned() });
        donnees.check()?;
        recepisses.sort_by(|a, b| a.nom.cmp(&b.nom));
        let (json, xml) = (donnees.json()?, donnees.xml()?);
        let pieces = recepisses.iter().map(|p| Sha256Digest::of(&p.octets)).collect();
        let fait = Fait::Retourner { donnees: Sha256Digest::of(&json), pieces };
        recepisses.extend([piece(DONNEES, json), piece(DONNEES_XML, xml)]);
        self.suivre(&held.suivi, fait, recepisses)
    }

    /// Closes a transfer whose return was received.
    pub fn clore(&self, transmission: Id) -> Result<Remise, SignificationError> {
        self.suivre(&self.relire(transmission)?.suivi, Fait::Clore {}, Vec::new())
    }

    /// Takes a package in. The same one twice, or an older one, changes nothing; one that tells another story is refused.
    pub fn recevoir(&self, octets: &[u8]) -> Result<Reception, SignificationError> {
        let ouvert = ouvrir(octets, &self.lecteur())?;
        let suivi = &ouvert.suivi;
        let transmission = suivi.premiere().transmission;
        let local = match self.depot.dernier(transmission)? {
            Some((_, held)) => Some(lire(&held, &self.lecteur())?.suivi),
            None => None,
        };
        if let Some(local) = &local {
            if local.prolonge(suivi) {
                return Ok(Reception::DejaRecu { transmission, etat: local.etat() });
            }
            if !suivi.prolonge(local) {
                return Err(SignificationError::PackageConflict { id: transmission.to_string() });
            }
        } else if suivi.etat() != Etat::Transmis {
            return Err(SignificationError::Unknown { kind: "transmission", id: transmission.to_string() });
        }
        self.depot.garder(transmission, suivi.derniere().rang, octets)?;
        let paquet = Sha256Digest::of(octets);
        let known = local.as_ref().map_or(1, |l| l.etapes().len());
        let evenements =
            (known..suivi.etapes().len()).filter_map(|rang| Event::of(suivi, rang, paquet, local.is_none()));
        let evenements = evenements.collect();
        Ok(Reception::Nouveau { transmission, etat: suivi.etat(), evenements, reserves: ouvert.reserves })
    }

    /// The last package held of a transfer, opened and checked again.
    pub fn relire(&self, transmission: Id) -> Result<Ouvert, SignificationError> {
        let held = self.depot.dernier(transmission)?;
        let unknown = || SignificationError::Unknown { kind: "transmission", id: transmission.to_string() };
        lire(&held.ok_or_else(unknown)?.1, &self.lecteur())
    }

    /// The act and the data of a transfer, from the package that carries them, checked again.
    pub fn dossier(&self, transmission: Id) -> Result<Ouvert, SignificationError> {
        for rang in [1, 0] {
            if let Some(octets) = self.depot.lire(transmission, rang)? {
                return lire(&octets, &self.lecteur());
            }
        }
        Err(SignificationError::Unknown { kind: "transmission", id: transmission.to_string() })
    }

    /// Every fact of a transfer told again from the folder, in order. A step whose own package was never received is told
    /// with the package that brought it.
    pub fn evenements(&self, transmission: Id) -> Result<Vec<Event>, SignificationError> {
        let suivi = self.relire(transmission)?.suivi;
        let recu = suivi.premiere().destinataire == self.moi;
        let mut list = Vec::new();
        for rang in usize::from(recu)..suivi.etapes().len() {
            let mut carrier = None;
            for later in rang..suivi.etapes().len() {
                carrier = self.depot.lire(transmission, u32::try_from(later).unwrap_or(u32::MAX))?;
                if carrier.is_some() {
                    break;
                }
            }
            let paquet = carrier.map_or(Sha256Digest::ZERO, |octets| Sha256Digest::of(&octets));
            list.extend(Event::of(&suivi, rang, paquet, recu));
        }
        Ok(list)
    }

    fn suivre(&self, suivi: &Suivi, fait: Fait, pieces: Vec<Piece>) -> Result<Remise, SignificationError> {
        let last = suivi.derniere();
        let etape = Etape {
            rang: last.rang + 1,
            precedente: suivi.empreinte(),
            auteur: self.moi,
            // The other office's clock may be a little ahead: a chain never goes back in time.
            le: self.horloge.now().max(last.le),
            fait,
            ..last.clone()
        };
        self.poser(Some(suivi), &etape, pieces)
    }

    /// Signs a step, makes its package, opens it again as the other office will, keeps it.
    fn poser(&self, suivi: Option<&Suivi>, etape: &Etape, pieces: Vec<Piece>) -> Result<Remise, SignificationError> {
        let suivi = Suivi::avec(suivi, etape, self.sealer)?;
        let other = if etape.auteur == etape.emetteur { etape.destinataire } else { etape.emetteur };
        let pour = if etape.rang == 0 { self.moi } else { other };
        let mut cles = vec![self.cle.public()];
        if pour != self.moi {
            cles.push(self.annuaire.exiger(pour)?.cle_publique()?);
        }
        let paquet = Id::new(etape.le, self.alea)?;
        let envoi = Envoi { paquet, de: self.moi, pour, le: etape.le, cles: &cles, suivi: &suivi, pieces };
        let octets = sceller(envoi, self.sealer)?;
        // A certificate that is not the directory's would be refused there: it is found here.
        lire(&octets, &self.lecteur())?;
        self.depot.garder(etape.transmission, etape.rang, &octets)?;
        let evenement = Event::of(&suivi, etape.rang as usize, Sha256Digest::of(&octets), false)
            .ok_or_else(|| SignificationError::PackageRefused { why: "étape perdue".into() })?;
        Ok(Remise { transmission: etape.transmission, etat: suivi.etat(), octets, evenement })
    }
}

fn piece(nom: &str, octets: Vec<u8>) -> Piece {
    Piece { nom: nom.into(), octets }
}
