//! Classical service: what the officer has to do, in the order of the law (CPC art. 654 to 659), with its forms and dates.
//! Nothing is served here: the plan is for hands, and what the officer found decides the mode.
mod formes;
mod modalite;

use std::fs;
use std::path::{Path, PathBuf};

use dossier::{Clock, Sha256Digest};
use jiff::civil::Date;
use serde::Serialize;

pub use formes::{Cadre, Formes, formes, plan_texte};
pub use modalite::{Constat, Modalite, Personne, Suites, Tiers, modalite, suites};

use super::ecriture::{ecrire, nettoyer, preparer};
use super::{Capacites, Issue, Remise, Resultat, SignificationBackend, Voie};
use crate::calendar::{Mode, Zone, next_ouvrable_with};
use crate::civil::paris_date;
use crate::consent::Actor;
use crate::deadline::french;
use crate::delais::JoursChomes;
use crate::vault::MAX_OBJECT;
use crate::{Id, SignificationError};

/// One step of the plan, in the order of the law.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Etape {
    /// The article.
    pub article: &'static str,
    /// What is done.
    pub titre: &'static str,
    /// When it is to be tried, and what it asks for.
    pub condition: &'static str,
    /// The form.
    pub forme: &'static str,
}

/// The ladder: each step only when the one before is impossible.
pub const ETAPES: [Etape; 4] = [
    Etape {
        article: "CPC, art. 654",
        titre: "Remise à personne",
        condition: "Toujours tentée d'abord ; pour une personne morale, à son représentant légal, à un fondé de pouvoir ou \
                    à toute personne habilitée.",
        forme: "proces-verbal-remise.md",
    },
    Etape {
        article: "CPC, art. 655, 657 et 658",
        titre: "Remise au domicile, à défaut à la résidence, à une personne présente",
        condition: "Si la remise à personne est impossible : relater les diligences. La personne présente doit accepter la \
                    copie et déclarer ses nom, prénoms et qualité ; enveloppe fermée, avis de passage, lettre simple.",
        forme: "avis-de-passage.md",
    },
    Etape {
        article: "CPC, art. 656, 657 et 658",
        titre: "Dépôt à l'étude",
        condition: "Si personne ne peut ou ne veut recevoir la copie, et si les vérifications établissent que le \
                    destinataire demeure bien à l'adresse : avis de passage, lettre simple, copie gardée trois mois.",
        forme: "lettre-658.md",
    },
    Etape {
        article: "CPC, art. 659",
        titre: "Procès-verbal de recherches",
        condition: "S'il n'a ni domicile, ni résidence, ni lieu de travail connus : relater précisément les recherches ; \
                    lettre recommandée avec copie le jour même ou le premier jour ouvrable, lettre simple le jour même.",
        forme: "proces-verbal-659.md",
    },
];

/// The officer's own way: a folder with the plan and the forms to fill in.
pub struct Papier<'a> {
    racine: PathBuf,
    cadre: Cadre,
    zone: Zone,
    chomes: JoursChomes,
    clock: &'a dyn Clock,
}

impl<'a> Papier<'a> {
    /// Over the folder `racine`, made if need be. `chomes` are the local closed days.
    pub fn ouvrir(
        racine: &Path,
        cadre: Cadre,
        zone: Zone,
        chomes: JoursChomes,
        clock: &'a dyn Clock,
    ) -> Result<Self, SignificationError> {
        preparer(racine)?;
        nettoyer(racine)?;
        Ok(Self { racine: racine.to_path_buf(), cadre, zone, chomes, clock })
    }

    /// By when a first attempt is to be made: the day asked for, or the first *jour ouvrable* after today.
    pub fn echeance(&self, avant: Option<Date>) -> Result<Date, SignificationError> {
        let today = paris_date(self.clock.now());
        match avant {
            Some(day) => Ok(day.max(today)),
            None => Ok(next_ouvrable_with(today, self.zone, Mode::LundiVendredi, &self.chomes)?),
        }
    }
}

impl SignificationBackend for Papier<'_> {
    fn voie(&self) -> Voie {
        Voie::Papier
    }

    fn capacites(&self) -> Capacites {
        Capacites { issue_immediate: false, recepisses: false, a_la_main: true, taille_max: MAX_OBJECT }
    }

    fn remettre(&self, _: &Actor, remise: &Remise) -> Result<Issue, SignificationError> {
        remise.check()?;
        let plan = plan_texte(remise, &self.cadre)?;
        let mut files = vec![("acte.pdf", remise.pdf.clone()), ("PLAN.md", plan.into_bytes())];
        for (name, text) in formes(remise, &self.cadre, None)?.textes {
            files.push((name, text.into_bytes()));
        }
        let (folder, _) = ecrire(&self.racine, remise.acte, &files)?;
        let echeance = self.echeance(remise.avant)?;
        let message = format!(
            "À signifier sur papier, première tentative au plus tard le {} ; le plan et les formules sont prêts.",
            french(echeance)
        );
        let resultat = Resultat::ALaMain { echeance: Some(echeance) };
        Ok(Issue::new(remise.acte, Voie::Papier, resultat, message).avec(vec![folder]))
    }

    fn relever(&self, acte: Id, contenu: &Sha256Digest) -> Result<Issue, SignificationError> {
        let path = self.racine.join(acte.to_string()).join("acte.pdf");
        let there = fs::read(&path).is_ok_and(|bytes| Sha256Digest::of(&bytes) == *contenu);
        let (resultat, message) = if there {
            (Resultat::ALaMain { echeance: None }, "Le plan est prêt ; l'officier consigne lui-même ce qu'il a fait.")
        } else {
            (Resultat::EnCours { code: "NON_REMIS".into() }, "Aucun plan n'a été écrit pour cet acte.")
        };
        Ok(Issue::new(acte, Voie::Papier, resultat, message))
    }
}
