//! The ways of service, in the journal: what was chosen and why, what was handed over, what came of it; and the offers, their
//! plans and the closing of a dossier (rows A03, A21).
use dossier::{Instant, Sha256Digest, to_canonical};
use jiff::civil::Date;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Platform;
use super::acts::consent_refusals;
use crate::acte::{ActeState, Nature, Refusal};
use crate::backend::papier::{Constat, Suites, modalite, suites};
use crate::backend::{Issue, Remise, Resultat, SignificationBackend, Voie};
use crate::calendar::{Mode, Zone, next_ouvrable};
use crate::civil::paris_date;
use crate::consent::{Actor, ConsentState};
use crate::delais::JoursChomes;
use crate::fact::Fact;
use crate::projection::{Views, held_elsewhere, id_of};
use crate::proposition::{self, Issue as Reponse, Plan};
use crate::state::{ActeView, ConsentView};
use crate::store::{Reader, Table};
use crate::territoire::{Verdict, registre};
use crate::voie::{self, Choix, Compte, Etat, Fenetre, Preferences, Situation, choisir};
use crate::window::{Window, service_window};
use crate::{Id, SignificationError};

/// An act whose way is to be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Affaire {
    /// The act.
    pub acte: Id,
    /// SHA-256 of the act.
    pub contenu: Sha256Digest,
    /// The office's dossier.
    pub dossier: String,
    /// Nature of the act.
    pub nature: Nature,
    /// The consent of its recipient, or the offer made to him.
    pub consentement: Option<Id>,
    /// Zone of the recipient, when he has no consent.
    pub zone: Zone,
    /// His account.
    pub compte: Compte,
    /// Competence of the office by electronic means.
    pub competence_electronique: Verdict,
    /// Competence of the office on paper.
    pub competence_papier: Verdict,
    /// Whether the officer confirmed what the table does not settle.
    pub competence_confirmee: bool,
    /// Whether a text imposes the electronic way.
    pub voie_imposee: bool,
    /// Whether the recipient is a protected adult.
    pub majeur_protege: bool,
}

/// Something to be done by a person, by a day.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Tache {
    /// By when.
    pub echeance: Date,
    /// What, in French.
    pub quoi: &'static str,
    /// The act or the proposition.
    pub objet: Id,
    /// The office's dossier.
    pub dossier: String,
}

/// A dossier was closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DossierClos {
    /// Which.
    pub dossier: String,
    /// Its propositions.
    pub propositions: Vec<Id>,
}

impl Platform<'_> {
    /// What is known of the way of an act.
    pub fn voie(&self, acte: Id) -> Result<voie::View, SignificationError> {
        let unknown = || SignificationError::Unknown { kind: "voie", id: acte.to_string() };
        self.views().view(Table::Voie, acte.as_bytes())?.ok_or_else(unknown)
    }

    /// What is known of an offer; nothing while its outcome is not noted.
    pub fn proposition(&self, id: Id) -> Result<Option<proposition::View>, SignificationError> {
        self.views().view(Table::Proposition, id.as_bytes())
    }

    /// The facts from which the way of an act is chosen, as they stand now.
    pub fn situation(&self, affaire: &Affaire) -> Result<Situation, SignificationError> {
        situation(self.views(), affaire, self.ctx.clock.now(), self.config.zone)
    }

    /// Chooses the way of an act and writes the choice with its reasons; without `preferences`, by those of `[voies]`. When a person has
    /// to decide first, nothing is written and the reasons are told. A way that holds the act already is never replaced.
    pub fn choisir_voie<'p>(
        &self,
        actor: &Actor,
        affaire: &Affaire,
        preferences: impl Into<Option<&'p Preferences>>,
    ) -> Result<Choix, SignificationError> {
        let configured = self.config.voies.preferences();
        let preferences = preferences.into().unwrap_or(&configured);
        self.choisir_et_juger(actor, affaire, preferences, |_| None)
    }

    /// Like [`Platform::choisir_voie`]; what `judged` says of the competence for the way chosen is written with the choice, unless the
    /// act was judged already.
    pub(super) fn choisir_et_juger(
        &self,
        actor: &Actor,
        affaire: &Affaire,
        preferences: &Preferences,
        judged: impl Fn(Voie) -> Option<registre::Event>,
    ) -> Result<Choix, SignificationError> {
        let first = choisir(&self.situation(affaire)?, preferences);
        if first.voie.is_none() {
            return Ok(first);
        }
        let zone = self.config.zone;
        let mut taken = first;
        self.greffe.record_at(actor, |now, reader| {
            // Asked again under the registrar: the consent may have ended meanwhile.
            taken = choisir(&situation(reader, affaire, now, zone)?, preferences);
            let (Some(voie), raisons) = (taken.voie, taken.raisons.clone()) else {
                return Err(SignificationError::ActRefused { codes: taken.raisons.iter().map(|r| r.code()).collect() });
            };
            let (acte, dossier, contenu) = (affaire.acte, affaire.dossier.clone(), affaire.contenu);
            let known = reader.get(Table::Territoire, acte.as_bytes())?.is_some();
            let mut facts: Vec<Fact> = judged(voie).filter(|_| !known).map(Fact::from).into_iter().collect();
            let chosen = voie::Event::Chosen { acte, dossier, contenu, voie, standing: voie.standing(), raisons };
            facts.push(chosen.into());
            Ok(facts)
        })?;
        Ok(taken)
    }

    /// Hands an act over by the way that was chosen for it, and writes what came of it. A hand-over cut short is asked again by
    /// the same call: the way is told of the same act once more, never of another.
    pub fn servir(
        &self,
        actor: &Actor,
        backend: &dyn SignificationBackend,
        remise: &Remise,
    ) -> Result<Issue, SignificationError> {
        remise.check()?;
        let (acte, voie) = (remise.acte, backend.voie());
        let view = self.voie(acte)?;
        let contenu = if voie == Voie::Local { view.contenu } else { remise.contenu().sha256 };
        if contenu != view.contenu || remise.dossier != view.dossier {
            return Err(SignificationError::HandoverConflict { acte: acte.to_string() });
        }
        if view.voie == voie && matches!(view.etat, Etat::ALaMain | Etat::Servie) {
            return self.relever_voie(actor, backend, acte);
        }
        let said = (acte, contenu, remise.nature.as_str(), remise.prepare_le);
        let digest = Sha256Digest::of(&to_canonical(&said)?);
        if view.etat != Etat::Remise || view.voie != voie {
            self.record_voie(actor, voie::Event::Handed { acte, voie, remise: digest })?;
        } else if view.remise != Some(digest) {
            return Err(SignificationError::HandoverConflict { acte: acte.to_string() });
        }
        let issue = backend.remettre(actor, remise)?;
        self.noter(actor, &issue)?;
        Ok(issue)
    }

    /// Asks the way of an act what came of it, and writes it.
    pub fn relever_voie(
        &self,
        actor: &Actor,
        backend: &dyn SignificationBackend,
        acte: Id,
    ) -> Result<Issue, SignificationError> {
        let view = self.voie(acte)?;
        if view.voie != backend.voie() {
            let (state, requested) = (view.voie.name(), backend.voie().name());
            return Err(SignificationError::Transition { machine: "voie", state, requested });
        }
        let issue = backend.relever(acte, &view.contenu)?;
        self.noter(actor, &issue)?;
        Ok(issue)
    }

    /// Writes an outcome, unless it says nothing new.
    fn noter(&self, actor: &Actor, issue: &Issue) -> Result<(), SignificationError> {
        let (acte, voie) = (issue.acte, issue.voie);
        let view = self.voie(acte)?;
        let event = match &issue.resultat {
            Resultat::Faite { le, .. } if view.etat == Etat::Servie && view.servie_le == Some(*le) => return Ok(()),
            Resultat::Faite { le, preuve } => voie::Event::Served { acte, voie, le: *le, preuve: *preuve },
            Resultat::Refusee { code } if view.etat == Etat::Refusee && view.code.as_ref() == Some(code) => {
                return Ok(());
            }
            Resultat::Refusee { code } => voie::Event::Refused { acte, voie, code: code.clone() },
            Resultat::ALaMain { echeance } if view.etat == Etat::Remise => {
                voie::Event::ByHand { acte, voie, echeance: *echeance }
            }
            Resultat::ALaMain { .. } | Resultat::EnCours { .. } => return Ok(()),
        };
        self.record_voie(actor, event)
    }

    fn record_voie(&self, actor: &Actor, event: voie::Event) -> Result<(), SignificationError> {
        self.greffe.record_at(actor, |_, _| Ok(vec![event.into()])).map(|_| ())
    }

    /// The officer writes what he found and did on paper: the mode, its consequences and its dates. The proof that the journal
    /// names is the fingerprint of `proces_verbal`, the minutes he signs.
    pub fn consigner_papier(
        &self,
        actor: &Actor,
        acte: Id,
        (constat, chomes): (&Constat, &JoursChomes),
        proces_verbal: &[u8],
    ) -> Result<Suites, SignificationError> {
        let zone = self.config.zone;
        let mode = modalite(constat, zone, chomes)?;
        let suites = suites(mode, constat.personne, constat.le, zone, chomes)?;
        let preuve = Some(Sha256Digest::of(proces_verbal));
        self.record_voie(actor, voie::Event::Served { acte, voie: Voie::Papier, le: constat.le, preuve })?;
        Ok(suites)
    }

    /// The officer writes that the way chosen will not serve: `code` in `A-Z 0-9 _`.
    pub fn consigner_echec(&self, actor: &Actor, acte: Id, code: &str) -> Result<(), SignificationError> {
        let voie = self.voie(acte)?.voie;
        self.record_voie(actor, voie::Event::Refused { acte, voie, code: code.to_owned() })
    }

    /// The office gives a way up before it could serve.
    pub fn abandonner_voie(&self, actor: &Actor, acte: Id) -> Result<(), SignificationError> {
        let voie = self.voie(acte)?.voie;
        self.record_voie(actor, voie::Event::Withdrawn { acte, voie })
    }
}

impl Platform<'_> {
    /// Notes what the recipient said of the offer. After a refusal or a silence, a plan is due by the first *jour ouvrable*.
    pub fn repondre_proposition(
        &self,
        actor: &Actor,
        proposition: Id,
        issue: Reponse,
    ) -> Result<proposition::View, SignificationError> {
        let zone = self.config.zone;
        self.greffe.record_at(actor, |now, _| {
            let echeance = match issue {
                Reponse::Acceptee => None,
                _ => Some(next_ouvrable(paris_date(now), zone, Mode::LundiVendredi)?),
            };
            Ok(vec![proposition::Event::Answered { proposition, issue, echeance }.into()])
        })?;
        self.known_proposition(proposition)
    }

    /// Decides what is done after a refusal or a silence, and by when.
    pub fn planifier(
        &self,
        actor: &Actor,
        proposition: Id,
        plan: Plan,
        echeance: Date,
    ) -> Result<proposition::View, SignificationError> {
        let event = proposition::Event::Planned { proposition, plan, echeance };
        self.greffe.record_at(actor, |_, _| Ok(vec![event.into()]))?;
        self.known_proposition(proposition)
    }

    /// Notes that what was planned is done.
    pub fn plan_fait(&self, actor: &Actor, proposition: Id) -> Result<proposition::View, SignificationError> {
        self.greffe.record_at(actor, |_, _| Ok(vec![proposition::Event::Done { proposition }.into()]))?;
        self.known_proposition(proposition)
    }

    fn known_proposition(&self, id: Id) -> Result<proposition::View, SignificationError> {
        let unknown = || SignificationError::Unknown { kind: "proposition", id: id.to_string() };
        self.proposition(id)?.ok_or_else(unknown)
    }

    /// What is open, by day: plans to decide or to carry out, acts to serve by hand.
    pub fn taches(&self) -> Result<Vec<Tache>, SignificationError> {
        let mut list = Vec::new();
        for view in all::<proposition::View>(self.views(), Table::Proposition)? {
            if let Some((quoi, echeance)) = view.tache() {
                let dossier = self.views().consent(view.proposition)?.dossier;
                list.push(Tache { echeance, quoi, objet: view.proposition, dossier });
            }
        }
        for view in all::<voie::View>(self.views(), Table::Voie)? {
            if let (Etat::ALaMain, Some(echeance)) = (view.etat, view.echeance) {
                list.push(Tache { echeance, quoi: "Signifier sur papier", objet: view.acte, dossier: view.dossier });
            }
        }
        list.sort();
        Ok(list)
    }

    /// Closes a dossier: every offer has an outcome, every refusal its plan, every failure its sequel. Otherwise what stands
    /// open is told, and nothing is written.
    pub fn clore_dossier(&self, actor: &Actor, dossier: &str) -> Result<DossierClos, SignificationError> {
        let mut closed = Vec::new();
        self.greffe.record_at(actor, |_, reader| {
            let consents: Vec<ConsentView> =
                all(reader, Table::Consentement)?.into_iter().filter(|c: &ConsentView| c.dossier == dossier).collect();
            let mut codes = ways_open(reader, dossier)?;
            let mut facts: Vec<Fact> = Vec::new();
            for consent in consents {
                let proposition = consent.id;
                let view: Option<proposition::View> = reader.view(Table::Proposition, proposition.as_bytes())?;
                match &view {
                    None if consent.state == ConsentState::Propose => codes.push("PROPOSITION_SANS_ISSUE"),
                    None => {
                        let (issue, echeance) = (Reponse::Acceptee, None);
                        facts.push(proposition::Event::Answered { proposition, issue, echeance }.into());
                    }
                    Some(view) => codes.extend(view.bloque()),
                }
                if view.is_none_or(|v| v.clos_le.is_none()) {
                    facts.push(proposition::Event::Closed { proposition }.into());
                    closed.push(proposition);
                }
            }
            codes.sort_unstable();
            codes.dedup();
            if !codes.is_empty() {
                return Err(SignificationError::DossierOpen { codes });
            }
            if facts.is_empty() {
                return Err(SignificationError::Unknown {
                    kind: "dossier à clore",
                    id: dossier.chars().take(80).collect(),
                });
            }
            Ok(facts)
        })?;
        Ok(DossierClos { dossier: dossier.to_owned(), propositions: closed })
    }

    /// Refuses a declaration on an offer that was refused, or left unanswered: its answer comes first.
    pub(super) fn offer_open(&self, consent: Id) -> Result<(), SignificationError> {
        match self.proposition(consent)?.map(|view| view.issue) {
            None | Some(Reponse::Acceptee) => Ok(()),
            Some(_) => {
                Err(SignificationError::Transition { machine: "proposition", state: "REFUSEE", requested: "declare" })
            }
        }
    }

    /// What the offer says against a deposit on this consent.
    pub(super) fn offer_refusal(&self, consent: &ConsentView) -> Result<Option<Refusal>, SignificationError> {
        let silent = match self.proposition(consent.id)? {
            Some(view) => view.issue != Reponse::Acceptee,
            None => consent.state == ConsentState::Propose,
        };
        Ok(silent.then_some(Refusal::PropositionSansIssue))
    }

    /// Whether another way than this platform holds the act.
    pub(super) fn held_elsewhere(&self, act: Id) -> Result<bool, SignificationError> {
        held_elsewhere(self.views(), act)
    }
}

/// The ways of a dossier whose outcome is missing, or whose failure has no sequel.
fn ways_open(reader: &dyn Reader, dossier: &str) -> Result<Vec<&'static str>, SignificationError> {
    let mut codes = Vec::new();
    for view in all::<voie::View>(reader, Table::Voie)? {
        match view.etat {
            _ if view.dossier != dossier => {}
            Etat::Servie => {}
            Etat::Refusee | Etat::Retiree => codes.push("ECHEC_SANS_SUITE"),
            Etat::Choisie | Etat::Remise | Etat::ALaMain => codes.push("VOIE_SANS_ISSUE"),
        }
    }
    for act in all::<ActeView>(reader, Table::Acte)? {
        let failed = matches!(act.state, ActeState::Rejete | ActeState::EchecDepot);
        if act.dossier == dossier && failed && reader.get(Table::Voie, act.id.as_bytes())?.is_none() {
            codes.push("ECHEC_SANS_SUITE");
        }
    }
    Ok(codes)
}

/// Every view of a table.
pub(super) fn all<V: DeserializeOwned>(reader: &dyn Reader, table: Table) -> Result<Vec<V>, SignificationError> {
    let mut list = Vec::new();
    for (key, _) in reader.scan(table, &[], None, usize::MAX)? {
        list.extend(reader.view(table, id_of(&key)?.as_bytes())?);
    }
    Ok(list)
}

fn situation(
    reader: &dyn Reader,
    affaire: &Affaire,
    now: Instant,
    office: Zone,
) -> Result<Situation, SignificationError> {
    let consent = affaire.consentement.map(|id| reader.consent(id)).transpose()?;
    let offer: Option<proposition::View> = match affaire.consentement {
        Some(id) => reader.view(Table::Proposition, id.as_bytes())?,
        None => None,
    };
    let consentement = match &consent {
        Some(view) => consent_refusals(view, &affaire.nature, now),
        None => vec![Refusal::SansConsentement],
    };
    let zone = consent.as_ref().map_or(affaire.zone, |c| c.zone);
    let fenetre = match service_window(now, &[office, zone]) {
        Ok(Window::Open) => Fenetre::Ouverte,
        Ok(Window::Closed { .. }) => Fenetre::Fermee,
        Err(_) => Fenetre::Inconnue,
    };
    let way: Option<voie::View> = reader.view(Table::Voie, affaire.acte.as_bytes())?;
    Ok(Situation {
        consentement,
        compte: affaire.compte,
        offre: proposition::offre(offer.as_ref(), consent.map(|c| c.state)),
        fenetre,
        competence_electronique: affaire.competence_electronique,
        competence_papier: affaire.competence_papier,
        competence_confirmee: affaire.competence_confirmee,
        voie_imposee: affaire.voie_imposee,
        majeur_protege: affaire.majeur_protege,
        ecartees: way.map(|w| w.ecartees).unwrap_or_default(),
    })
}
