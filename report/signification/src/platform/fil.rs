//! The thread of an act (rows D12, E14): from the officer's authentication to the last fact, each step with its line of the journal
//! and the digest of that line. Nothing here but what the journal tells.
use dossier::{Instant, Sha256Digest};
use serde::Serialize;

use super::Platform;
use super::tracking::timeline_line;
use crate::comptes::facteurs::Moyen;
use crate::comptes::{compte, lien};
use crate::consent::{Actor, Role};
use crate::event::Event;
use crate::fact::Fact;
use crate::greffe::Link;
use crate::projection::Views;
use crate::signature_acte::Notee;
use crate::{Id, SignificationError};

/// What a step belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Phase {
    /// The officer is recognised: certificate, passkey, session.
    Authentification,
    /// The act is taken in.
    Depot,
    /// The office signs it.
    Signature,
    /// It is encrypted into the vault.
    Scellement,
    /// It is sent, or put off, or refused.
    Envoi,
    /// It is made available.
    MiseADisposition,
    /// The recipient is told.
    Avis,
    /// He opens it, and what is shown beside it.
    Consultation,
    /// He has it whole.
    Remise,
    /// À personne, à domicile.
    Qualification,
    /// Evidence is issued or dated.
    Recepisse,
    /// He answers.
    Reponse,
    /// Anything else about it.
    Autre,
}

/// Who deposited it, as the journal knows him.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "par", rename_all = "snake_case")]
pub enum Officier {
    /// By an account: its session, and the means that opened it.
    Compte {
        /// The account.
        compte: Id,
        /// The session, of the last login before the deposit.
        session: Option<Id>,
        /// What that login is worth.
        niveau: Option<&'static str>,
        /// Its means, in French.
        moyens: Vec<&'static str>,
    },
    /// Named on the command line, or by the client certificate that the office's portal knows.
    Nomme {
        /// The name.
        agent: String,
    },
}

/// A step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Etape {
    /// What it belongs to.
    pub phase: Phase,
    /// Number of its line.
    pub ligne: u64,
    /// SHA-256 of the line.
    pub empreinte: Sha256Digest,
    /// When.
    pub le: Instant,
    /// In Paris.
    pub le_paris: String,
    /// The operation.
    pub op: String,
    /// The role of who did it.
    pub role: &'static str,
    /// Who, as the journal names him.
    pub acteur: String,
    /// What it is, in French.
    pub libelle: &'static str,
}

/// The checkpoint that covers the last step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Couverture {
    /// Lines it covers.
    pub taille: u64,
    /// Root over them.
    pub racine: Sha256Digest,
    /// Whether it bears a time token.
    pub horodate: bool,
    /// Further anchors, by name.
    pub ancres: Vec<String>,
}

/// The thread.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fil {
    /// The act.
    pub acte: Id,
    /// Who deposited it: the same identifier at login, signature and deposit.
    pub officier_id: String,
    /// How he was recognised.
    pub officier: Officier,
    /// SHA-256 of the certificate that signed the act.
    pub certificat: Option<Sha256Digest>,
    /// Level of that signature.
    pub niveau_signature: Option<String>,
    /// What was found of the signature inside the PDF, as the journal has it.
    pub signature_pdf: Option<Notee>,
    /// Lines of the office that bear another identifier than the depositor's.
    pub autres_auteurs: Vec<u64>,
    /// Every step, in the order of the journal.
    pub etapes: Vec<Etape>,
    /// The checkpoint that covers them all, once there is one.
    pub point: Option<Couverture>,
    /// In French.
    pub phrase: String,
}

impl Platform<'_> {
    /// The thread of an act, from the officer's authentication to its last fact.
    pub fn fil(&self, acte: Id) -> Result<Fil, SignificationError> {
        let view = self.views().act(acte)?;
        let (mut etapes, mut depot, mut autres) = (Vec::new(), None::<(u64, Actor)>, Vec::new());
        for seq in self.views().lines_about(acte)? {
            let (entry, link) = self.line(seq)?;
            let (fact, actor) = Fact::from_entry(&entry)?;
            if depot.is_none() && matches!(fact, Fact::Service(Event::ActDrafted { .. })) {
                depot = Some((seq, actor.clone()));
            }
            if actor.role == Role::Etude && depot.as_ref().is_some_and(|(_, first)| first.id != actor.id) {
                autres.push(seq);
            }
            etapes.push(etape(phase(&fact), &entry, link, actor)?);
        }
        let missing = || SignificationError::Unknown { kind: "dépôt de l'acte", id: acte.to_string() };
        let (first, actor) = depot.ok_or_else(missing)?;
        let officier = self.authentifie(&actor, first, &mut etapes)?;
        etapes.sort_by_key(|one| one.ligne);
        let last = etapes.last().map_or(first, |one| one.ligne);
        let point = match self.views().point_covering(last)? {
            Some(point) => {
                let ancres = self.ancrage(point.id)?.map(|view| view.posees).unwrap_or_default();
                let ancres = ancres.into_iter().map(|one| one.nom).collect();
                Some(Couverture { taille: point.size, racine: point.root, horodate: point.timestamped, ancres })
            }
            None => None,
        };
        let (certificat, niveau_signature) = view.signature.map_or((None, None), |s| (Some(s.1), Some(s.2)));
        let signature_pdf = self.preuve_acte(acte)?.and_then(|view| view.signature);
        let phrase = phrase(&officier, (signature_pdf.as_ref(), certificat), etapes.len(), &autres);
        let officier_id = actor.id;
        Ok(Fil {
            acte,
            officier_id,
            officier,
            certificat,
            niveau_signature,
            signature_pdf,
            autres_auteurs: autres,
            etapes,
            point,
            phrase,
        })
    }

    /// Adds the steps by which the author of the deposit was recognised: his certificate, his passkey, the session he was in.
    fn authentifie(&self, actor: &Actor, depot: u64, etapes: &mut Vec<Etape>) -> Result<Officier, SignificationError> {
        let account = lien::compte_de(actor).filter(|id| self.compte_vu(*id).is_ok());
        let Some(account) = account else { return Ok(Officier::Nomme { agent: actor.id.clone() }) };
        let (mut added, mut login) = (Vec::new(), None);
        for seq in self.views().lines_about(account)?.into_iter().take_while(|seq| *seq < depot) {
            let (entry, link) = self.line(seq)?;
            let (fact, actor) = Fact::from_entry(&entry)?;
            match fact {
                Fact::Compte(compte::Event::CredentialAdded { credential, moyen, .. }) => {
                    added.push((credential, moyen, etape(Phase::Authentification, &entry, link, actor)?));
                }
                Fact::Compte(compte::Event::LoggedIn { session, credentials, niveau, .. }) => {
                    login = Some((session, credentials, niveau, etape(Phase::Authentification, &entry, link, actor)?));
                }
                _ => {}
            }
        }
        let used = login.as_ref().map(|(_, credentials, ..)| credentials.clone()).unwrap_or_default();
        let mut moyens: Vec<Moyen> = Vec::new();
        for (credential, moyen, step) in added {
            if used.contains(&credential) {
                moyens.push(moyen);
                etapes.push(step);
            }
        }
        moyens.sort_unstable();
        let moyens = moyens.into_iter().map(Moyen::nom).collect();
        let (session, niveau) = match login {
            Some((session, _, niveau, step)) => {
                etapes.push(step);
                (Some(session), Some(niveau.nom()))
            }
            None => (None, None),
        };
        Ok(Officier::Compte { compte: account, session, niveau, moyens })
    }
}

fn etape(phase: Phase, entry: &dossier::JournalEntry, link: Link, actor: Actor) -> Result<Etape, SignificationError> {
    let line = timeline_line(entry)?;
    Ok(Etape {
        phase,
        ligne: link.seq,
        empreinte: link.hash,
        le: line.at,
        le_paris: line.at_paris,
        op: line.op,
        role: line.role,
        acteur: actor.id,
        libelle: line.libelle,
    })
}

fn phase(fact: &Fact) -> Phase {
    match fact {
        Fact::Service(event) => match event {
            Event::ActDrafted { .. } | Event::DepositRefused { .. } => Phase::Depot,
            Event::ActSigned { .. } => Phase::Signature,
            Event::ActSealed { .. } => Phase::Scellement,
            Event::ActSent { .. }
            | Event::ActScheduled { .. }
            | Event::ActRefused { .. }
            | Event::ActRejected { .. } => Phase::Envoi,
            Event::ActDeposited { .. } | Event::DepositFailed { .. } => Phase::MiseADisposition,
            Event::NoticeBegin { .. }
            | Event::NoticeAccepted { .. }
            | Event::NoticeFailed { .. }
            | Event::NoticeReturned { .. }
            | Event::NoticeDelivered { .. } => Phase::Avis,
            Event::ActConsulted { .. } => Phase::Consultation,
            Event::ActDownloaded { .. } | Event::HandoverInterrupted { .. } => Phase::Remise,
            Event::ActQualified { .. } => Phase::Qualification,
            Event::ReceiptMade { .. } | Event::ReceiptTimestamped { .. } => Phase::Recepisse,
            _ => Phase::Autre,
        },
        Fact::Avis(_) | Fact::Sms(_) => Phase::Avis,
        Fact::Reponse(_) => Phase::Reponse,
        Fact::PreuveActe(crate::preuve_acte::Event::Signature { .. }) => Phase::Depot,
        Fact::PreuveActe(crate::preuve_acte::Event::Explication { .. }) => Phase::Consultation,
        Fact::PreuveActe(crate::preuve_acte::Event::Dossier { .. }) => Phase::Remise,
        Fact::PreuveActe(crate::preuve_acte::Event::Retour { .. }) => Phase::Avis,
        _ => Phase::Autre,
    }
}

fn phrase(
    officier: &Officier,
    (signature, certificat): (Option<&Notee>, Option<Sha256Digest>),
    steps: usize,
    others: &[u64],
) -> String {
    let who = match officier {
        Officier::Compte { compte, session: Some(session), niveau, moyens } => format!(
            "Selon le journal, déposé par le compte {compte}, session {session} (niveau {}), ouverte par : {}.",
            niveau.unwrap_or("inconnu"),
            moyens.join(", ")
        ),
        Officier::Compte { compte, .. } => {
            format!("Selon le journal, déposé par le compte {compte}, sans session connue.")
        }
        Officier::Nomme { agent } => format!(
            "Selon le journal, déposé par l'agent « {agent} », nommé sur la ligne de commande ou par son certificat au portail de l'étude."
        ),
    };
    let pdf = signature.map(|noted| format!(" {}.", noted.phrase())).unwrap_or_default();
    let seal = match certificat {
        Some(sha256) => format!(" Sceau de l'étude : certificat {sha256}."),
        None => " L'acte n'est pas signé.".to_owned(),
    };
    let other = match others.len() {
        0 => String::new(),
        n => format!(" {n} étape(s) de l'étude sont d'un autre auteur."),
    };
    format!("{who}{pdf}{seal} {steps} étapes.{other}")
}
