//! What goes with a person's data beside the registry (row F02): the answers he gave, their files, the documents of the small claims
//! that ended, what he sent that is in quarantine. The journal lists it before anything goes: a cut in the middle is ended.
use std::collections::BTreeSet;

use dossier::{Digests, Instant};

use super::Platform;
use crate::civil::paris_date;
use crate::consent::Actor;
use crate::deadline::calendar_months;
use crate::effacement::{Event, Fichier, GenreFichier};
use crate::fact::Fact;
use crate::person::Person;
use crate::petites_creances::{Etat, View as Creance};
use crate::projection::{Kin, Views, id_of};
use crate::reponse;
use crate::store::Table;
use crate::{Id, SignificationError};

impl Platform<'_> {
    /// Destroys his files: lists them first, unless a run that was cut did.
    pub(super) fn detruire_fichiers(&self, consent: Id) -> Result<(), SignificationError> {
        self.vider_quarantaine_de(consent)?;
        let known = self.effacement(consent)?.and_then(|view| view.fichiers);
        let planned = match known {
            Some(known) => known,
            None => {
                let fichiers = self.fichiers_de(consent)?;
                if fichiers.is_empty() {
                    return Ok(());
                }
                let planned = Event::FichiersPrevus { consent, fichiers };
                self.greffe.record_at(&Actor::platform(), |_, _| Ok(vec![planned.into()]))?;
                let lost = || SignificationError::Storage { why: "fichiers à détruire".into() };
                self.effacement(consent)?.and_then(|view| view.fichiers).ok_or_else(lost)?
            }
        };
        for one in &planned.prevus {
            self.detruire_partout(&self.path(one.genre.dossier(), one.id))?;
        }
        if planned.detruits_le.is_some() {
            return Ok(());
        }
        let done = Event::FichiersDetruits { consent };
        self.greffe.record_at(&Actor::platform(), |_, _| Ok(vec![done.into()])).map(|_| ())
    }

    fn fichiers_de(&self, consent: Id) -> Result<Vec<Fichier>, SignificationError> {
        let mut list = BTreeSet::new();
        for act in self.views().children(consent, Kin::ActeDeConsentement)? {
            let Some(view) = self.views().view::<reponse::View>(Table::Reponse, act.as_bytes())? else { continue };
            for kept in &view.recues {
                let sha256 = Some(kept.contenu.sha256);
                list.insert(Fichier { genre: GenreFichier::Reponse, id: kept.reponse, sha256 });
                list.extend(kept.jointes.iter().map(|file| Fichier {
                    genre: GenreFichier::Jointe,
                    id: file.fichier,
                    sha256: Some(file.contenu.sha256),
                }));
            }
        }
        if let Ok(person) = self.person(consent) {
            list.extend(self.creances_de(&person)?);
        }
        Ok(list.into_iter().collect())
    }

    /// The documents of the small claims he was a party to and that ended long enough ago, but those another claim shares.
    fn creances_de(&self, person: &Person) -> Result<Vec<Fichier>, SignificationError> {
        let (mut own, mut others) = (BTreeSet::new(), BTreeSet::new());
        for (key, _) in self.views().scan(Table::Creance, &[], None, usize::MAX)? {
            let creance = id_of(&key)?;
            let documents = self.documents_de(creance)?;
            if self.finie_pour(creance, person)? {
                own.insert(Fichier { genre: GenreFichier::Creance, id: creance, sha256: None });
                own.extend(documents.iter().map(|digests| Fichier {
                    genre: GenreFichier::Document,
                    id: super::creances::id_of_digest(&digests.sha256),
                    sha256: Some(digests.sha256),
                }));
            } else {
                others.extend(documents.iter().map(|digests| digests.sha256));
            }
        }
        own.retain(|file| file.sha256.is_none_or(|sha256| !others.contains(&sha256)));
        Ok(own.into_iter().collect())
    }

    fn finie_pour(&self, creance: Id, person: &Person) -> Result<bool, SignificationError> {
        let unknown = || SignificationError::Unknown { kind: "petite créance", id: creance.to_string() };
        let view: Creance = self.views().view(Table::Creance, creance.as_bytes())?.ok_or_else(unknown)?;
        if !est_finie(&view, self.ctx.clock.now()) || !self.path("creances", creance).exists() {
            return Ok(false);
        }
        let parties = self.parties_de(creance)?;
        Ok(parties.iter().any(|party| person.est(&party.nom, party.courriel.as_deref())))
    }

    /// The documents that the facts of a claim announce.
    pub(super) fn documents_de(&self, creance: Id) -> Result<Vec<Digests>, SignificationError> {
        let mut facts = Vec::new();
        for seq in self.views().lines_about(creance)? {
            let (entry, _) = self.line(seq)?;
            if let (Fact::Creance(event), actor) = Fact::from_entry(&entry)? {
                facts.push((entry.at, actor, event));
            }
        }
        Ok(super::creances::documents(&facts))
    }

    /// Refuses what was destroyed with his data, by its own code.
    pub(super) fn refuse_destroyed(&self, consent: Id, file: Id) -> Result<(), SignificationError> {
        let gone = self.effacement(consent)?.and_then(|view| view.fichiers);
        match gone.filter(|gone| gone.prevus.iter().any(|one| one.id == file)) {
            Some(gone) => {
                let at = gone.detruits_le.unwrap_or_else(|| self.ctx.clock.now());
                Err(SignificationError::Erased { object: file.to_string(), at })
            }
            None => Ok(()),
        }
    }
}

/// Whether a claim ended five years ago; ten when it gave a title, which is enforced that long (CPCE art. L. 111-4). One that goes on
/// is its other party's too.
fn est_finie(view: &Creance, now: Instant) -> bool {
    let months = match view.etat {
        Etat::Demande | Etat::Controle | Etat::Invite | Etat::Participe | Etat::Accord => return false,
        _ if view.titre.is_some() => 120,
        _ => 60,
    };
    paris_date(now) >= calendar_months(paris_date(view.last_at), months)
}
