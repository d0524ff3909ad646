//! What the tests of the ways share: a situation without a fault, an act to hand over, an office.
#![allow(dead_code, missing_docs, unreachable_pub, reason = "each test takes what it needs")]
use dossier::Sha256Digest;
use signification::acte::Nature;
use signification::backend::papier::{Cadre, Constat, Papier, Personne};
use signification::backend::{Partie, Remise, Voie};
use signification::calendar::Zone;
use signification::delais::JoursChomes;
use signification::platform::Affaire;
use signification::territoire::Verdict;
use signification::voie::{Compte, Fenetre, Offre, Preferences, Situation};
use signification::{Id, SystemEntropy};

use super::world::{ACT, DigestSealer, World};

pub const NOON: &str = "2026-12-01T11:00:00Z";

pub fn good() -> Situation {
    Situation {
        consentement: vec![],
        compte: Compte::Actif,
        offre: Offre::Acceptee,
        fenetre: Fenetre::Ouverte,
        competence_electronique: Verdict::Competent,
        competence_papier: Verdict::Competent,
        competence_confirmee: false,
        voie_imposee: false,
        majeur_protege: false,
        ecartees: vec![],
    }
}

pub fn all_ways() -> Preferences {
    Preferences { electroniques: vec![Voie::Securact, Voie::Dossier, Voie::Local], bac_a_sable: true }
}

pub fn id(at: &str) -> Id {
    Id::new(at.parse().unwrap(), &SystemEntropy::default()).unwrap()
}

pub fn affaire(acte: Id, consentement: Option<Id>) -> Affaire {
    Affaire {
        acte,
        contenu: Sha256Digest::of(ACT),
        dossier: "2026-0142".into(),
        nature: Nature::new("assignation").unwrap(),
        consentement,
        zone: Zone::Metropole,
        compte: Compte::SansObjet,
        competence_electronique: Verdict::Competent,
        competence_papier: Verdict::Competent,
        competence_confirmee: false,
        voie_imposee: false,
        majeur_protege: false,
    }
}

pub fn remise(acte: Id) -> Remise {
    let partie = |nom: &str| Partie {
        nom: nom.into(),
        adresse: vec!["12 rue des Martelots".into(), "25000 Besançon".into()],
        courriel: None,
        morale: false,
    };
    Remise {
        acte,
        dossier: "2026-0142".into(),
        nature: Nature::new("assignation").unwrap(),
        requerant: partie("Banque Requerante SA"),
        destinataire: partie("Isaline Quatremere"),
        pdf: ACT.to_vec(),
        signature: None,
        instructions: vec!["Signifier avant l'audience.".into()],
        avant: None,
        prepare_le: NOON.parse().unwrap(),
    }
}

pub fn cadre() -> Cadre {
    Cadre {
        etude: "Étude Essai".into(),
        adresse: "1 place Bellecour, 69002 Lyon".into(),
        officier: "Maître Essai".into(),
        horaires: "du lundi au vendredi, 9 h à 12 h".into(),
    }
}

pub fn papier<'a>(world: &'a World<DigestSealer>) -> Papier<'a> {
    Papier::ouvrir(&world.path("papier"), cadre(), Zone::Metropole, JoursChomes::default(), &world.clock).unwrap()
}

pub fn constat(le: &str) -> Constat {
    Constat {
        le: le.parse().unwrap(),
        personne: Personne::Physique,
        remis_a_personne: true,
        recu_par: None,
        adresse_connue: true,
        travail_connu: false,
        diligences: vec![],
        tiers: None,
        verifications: vec![],
        recherches: vec![],
        permission: None,
    }
}
