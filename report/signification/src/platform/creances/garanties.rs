//! The six guarantees of the arrêté du 3 juin 2016, art. 2, as a typed answer (row H02): each with what shows it, line by line of the
//! journal. And who may engage the office in a small claim (row H03): an officer, whose certificate stands.
use dossier::{Instant, Sha256Digest};
use serde::Serialize;

use super::super::Platform;
use super::super::echeances::office;
use super::bilan::Examen;
use crate::comptes::compte::EtatCompte;
use crate::comptes::droits::RoleCompte;
use crate::comptes::facteurs::Moyen;
use crate::comptes::{compte, lien};
use crate::consent::{Actor, Role};
use crate::event::Event as Service;
use crate::petites_creances::{Event, Garantie};
use crate::projection::Views as _;
use crate::store::Table;
use crate::{Id, SignificationError};

/// A line of the journal that shows something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LigneProbante {
    /// Its number.
    pub ligne: u64,
    /// SHA-256 of the line.
    pub empreinte: Sha256Digest,
    /// Its time.
    pub le: Instant,
    /// What it tells, in French.
    pub libelle: &'static str,
    /// SHA-256 of what was exchanged, when something was.
    pub contenu: Option<Sha256Digest>,
}

/// One guarantee.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GarantieTenue {
    /// Its French name.
    pub garantie: &'static str,
    /// Whether it is kept.
    pub tenue: bool,
    /// How it was checked, in French.
    pub controle: String,
    /// The lines that show it.
    pub lignes: Vec<LigneProbante>,
}

/// The six.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GarantiesCreance {
    /// The claim.
    pub creance: Id,
    /// The office's reference.
    pub dossier: String,
    /// How many are kept.
    pub tenues: usize,
    /// Of how many: six.
    pub sur: usize,
    /// Each, in the order of the arrêté.
    pub garanties: Vec<GarantieTenue>,
    /// In French.
    pub phrase: String,
}

impl Platform<'_> {
    /// The six guarantees of one small claim, computed from its facts and its documents.
    pub fn garanties(&self, creance: Id) -> Result<GarantiesCreance, SignificationError> {
        let examen = self.examiner(creance)?;
        let garanties: Vec<GarantieTenue> = Garantie::ALL
            .into_iter()
            .map(|garantie| GarantieTenue {
                garantie: garantie.nom(),
                tenue: examen.bilan.etat(garantie) == Some(true),
                controle: controle(garantie, &examen),
                lignes: lignes(garantie, &examen),
            })
            .collect();
        let (tenues, sur) = (examen.bilan.tenues(), Garantie::ALL.len());
        let phrase = format!("Selon le journal et les documents conservés, garanties tenues : {tenues}/{sur}.");
        Ok(GarantiesCreance { creance, dossier: examen.vue.dossier, tenues, sur, garanties, phrase })
    }

    /// The officer who engages the office: when he acts by his account, it is an officer's, in use, and his certificate stands. A
    /// refusal leaves its line.
    pub(super) fn officier_certifie(&self, actor: &Actor) -> Result<(), SignificationError> {
        office(actor)?;
        let Some(account) = lien::compte_de(actor) else { return Ok(()) };
        let Some(view) = self.views().view::<compte::View>(Table::Compte, account.as_bytes())? else { return Ok(()) };
        let why = if view.titulaire.role_compte() != RoleCompte::Officier {
            "elle revient à un commissaire de justice"
        } else if view.etat != EtatCompte::Actif {
            "l'état du compte ne le permet pas"
        } else if !view.identifiants.iter().any(|one| one.moyen == Moyen::Certificat && one.est_actif()) {
            "le certificat d'authentification de l'officier est absent ou révoqué"
        } else {
            return Ok(());
        };
        self.greffe.record(actor, &Service::AuthFailed { object: account, why: format!("petite créance : {why}") })?;
        Err(SignificationError::Forbidden { operation: "petite_creance", why })
    }
}

fn controle(garantie: Garantie, examen: &Examen) -> String {
    let (faits, documents) = (examen.faits.len(), examen.documents);
    match garantie {
        Garantie::Identification => {
            "Chaque fait d'une partie vient après son premier accès par ses identifiants ; les autres nomment leur auteur.".into()
        }
        Garantie::Integrite => {
            format!("{documents} document(s) et la fiche du dossier relus : empreintes égales à celles du journal.")
        }
        Garantie::Securite => format!("{faits} faits rejoués un à un sous les règles de la procédure : même état."),
        Garantie::Confidentialite => {
            format!("{documents} document(s) et la fiche chiffrés : une clé étrangère ne les ouvre pas.")
        }
        Garantie::Conservation => format!("{documents} document(s) et la fiche présents."),
        Garantie::DatesCertaines => {
            "Lignes chaînées par leurs empreintes, dates croissantes ; les dates annoncées aux parties sont celles des lignes.".into()
        }
    }
}

fn lignes(garantie: Garantie, examen: &Examen) -> Vec<LigneProbante> {
    let shown = examen.faits.iter().zip(&examen.liens).filter(|((_, actor, event), _)| match garantie {
        Garantie::Identification => actor.role == Role::Destinataire || matches!(event, Event::Checked { .. }),
        Garantie::Securite => true,
        Garantie::Integrite | Garantie::Confidentialite | Garantie::Conservation => contenu(event).is_some(),
        Garantie::DatesCertaines => matches!(
            event,
            Event::Invited { .. }
                | Event::MessageDeposited { .. }
                | Event::MessageConsulted { .. }
                | Event::FirstAccess { .. }
                | Event::EndRecorded { .. }
                | Event::TitleDelivered { .. }
        ),
    });
    shown
        .map(|((_, _, event), link)| LigneProbante {
            ligne: link.seq,
            empreinte: link.hash,
            le: link.at,
            libelle: libelle(event),
            contenu: contenu(event),
        })
        .collect()
}

/// What was exchanged.
fn contenu(event: &Event) -> Option<Sha256Digest> {
    let digests = match event {
        Event::Invited { lettre, .. } => lettre,
        Event::Participated { piece, .. } | Event::ProposalAccepted { piece, .. } => piece,
        Event::ParticipationNoted { constat, .. } => constat,
        Event::RefusedExpressly { texte, .. } | Event::Disagreed { texte, .. } => texte.as_ref()?,
        Event::EndRecorded { ecrit, .. } => ecrit,
        Event::TitleDelivered { titre, .. } => titre,
        Event::MessageDeposited { contenu, .. } => contenu,
        _ => return None,
    };
    Some(digests.sha256)
}

fn libelle(event: &Event) -> &'static str {
    match event {
        Event::Requested { .. } => "Demande du créancier",
        Event::Checked { .. } => "Montant et compétence contrôlés",
        Event::Rejected { .. } => "Demande irrecevable",
        Event::MandateFiled { .. } => "Mandat déposé",
        Event::CredentialsIssued { .. } => "Identifiants provisoires remis",
        Event::Invited { .. } => "Débiteur invité à participer",
        Event::FirstAccess { .. } => "Premier accès d'une partie (consentement)",
        Event::CredentialsChanged { .. } => "Identifiants changés",
        Event::Participated { .. } => "Débiteur participant",
        Event::ParticipationNoted { .. } => "Participation constatée",
        Event::RefusedExpressly { .. } => "Refus exprès",
        Event::RefusedImplicitly { .. } => "Refus implicite",
        Event::ProposalMade { .. } => "Proposition",
        Event::ProposalAccepted { .. } => "Proposition acceptée",
        Event::Disagreed { .. } => "Désaccord",
        Event::EndRecorded { .. } => "Fin constatée par écrit",
        Event::TitleDelivered { .. } => "Titre exécutoire délivré",
        Event::EnforcementEntrusted { .. } => "Exécution confiée",
        Event::MessageDeposited { .. } => "Communication mise à disposition",
        Event::MessageConsulted { .. } => "Communication consultée",
        Event::StepRefused { .. } => "Opération refusée par les règles",
    }
}
