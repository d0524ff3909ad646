//! What each fact needs and changes. `View::next` checks role, state and law before it changes anything: an impossible line
//! can neither be written nor replayed.
use std::collections::BTreeMap;

use dossier::Instant;
use jiff::civil::Date;

use super::code::exiger;
use super::vue::{Constat, Invitation, Message, Prescription, Proposition, Reponse, Titre};
use super::{
    Acces, Canal, Cote, Etat, Event, Mandat, ModeAccord, ModeRefus, Motif, MotifDesaccord, Mouvement, Niveau,
    TypeDossier, View, montant_au,
};
use crate::civil::paris_date;
use crate::consent::{Actor, Role};
use crate::deadline::calendar_months;
use crate::{Id, SignificationError};

type Done = Result<(), SignificationError>;

impl View {
    /// The view after `event`, written at `at` by `actor`; `current` is `None` before the first fact.
    pub fn next(current: Option<&Self>, at: Instant, actor: &Actor, event: &Event) -> Result<Self, SignificationError> {
        let Some(view) = current else { return open(at, actor, event) };
        if matches!(event, Event::Requested { .. }) {
            return Err(Motif::DejaFait.into());
        }
        if event.object() != view.creance {
            return Err(SignificationError::Unknown { kind: "petite créance", id: event.object().to_string() });
        }
        if at < view.last_at {
            return Err(SignificationError::ClockBack { now: at, last: view.last_at });
        }
        let mut next = view.clone();
        next.last_at = at;
        match event {
            Event::Checked { .. } | Event::Rejected { .. } | Event::Invited { .. } => next.ouvrir(at, actor, event)?,
            Event::MandateFiled { .. }
            | Event::CredentialsIssued { .. }
            | Event::FirstAccess { .. }
            | Event::CredentialsChanged { .. } => next.donner_acces(at, actor, event)?,
            Event::Participated { .. }
            | Event::ParticipationNoted { .. }
            | Event::RefusedExpressly { .. }
            | Event::RefusedImplicitly { .. } => next.repondre(at, actor, event)?,
            Event::ProposalMade { .. } | Event::ProposalAccepted { .. } | Event::Disagreed { .. } => {
                next.negocier(at, actor, event)?;
            }
            Event::MessageDeposited { .. } | Event::MessageConsulted { .. } => next.communiquer(at, actor, event)?,
            Event::EndRecorded { .. } | Event::TitleDelivered { .. } | Event::EnforcementEntrusted { .. } => {
                next.clore(at, actor, event)?;
            }
            Event::Requested { .. } | Event::StepRefused { .. } => {}
        }
        Ok(next)
    }

    fn ouvrir(&mut self, at: Instant, actor: &Actor, event: &Event) -> Done {
        etude(actor, "ouvrir")?;
        match event {
            Event::Checked { montant, ressort_etude, ressort_debiteur, .. } => {
                self.etat = self.etat.step(Mouvement::Controler)?;
                exiger(ressort_etude == ressort_debiteur, Motif::Incompetent)?;
                exiger(*montant == montant_au(&self.montant, self.taux, paris_date(at))?, Motif::MontantDifferent)
            }
            Event::Rejected { codes, .. } => {
                self.etat = self.etat.step(Mouvement::Rejeter)?;
                let over = montant_au(&self.montant, self.taux, paris_date(at)).is_err();
                exiger(!codes.is_empty() && (over || !codes.contains(&Motif::HorsPlafond)), Motif::MontantDifferent)
            }
            Event::Invited { canal, zone, delai, montant, lettre, secret_sha256, .. } => {
                self.etat = self.etat.step(Mouvement::Inviter)?;
                let (envoi, today) = (delai.envoi, paris_date(at));
                // A letter is entered once posted; a message is sent when its line is written.
                let dated = match canal {
                    Canal::LettreRecommandee => envoi <= today && envoi >= self.montant.arrete_au(),
                    Canal::MessageElectronique => envoi == today,
                };
                exiger(dated, Motif::DateIncorrecte)?;
                exiger(delai.tient(envoi, *zone)?, Motif::DelaiIncorrect)?;
                exiger(*montant == montant_au(&self.montant, self.taux, envoi)?, Motif::MontantDifferent)?;
                self.acces.insert(self.debiteur, Acces::new(*secret_sha256, None));
                let (canal, delai, montant, lettre) = (*canal, *delai, *montant, *lettre);
                self.invitation = Some(Invitation { canal, delai, montant, lettre, inscrite_le: at });
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn donner_acces(&mut self, at: Instant, actor: &Actor, event: &Event) -> Done {
        match event {
            Event::MandateFiled { mandataire, pour, ecrit, du, au, .. } => {
                etude(actor, "mandater")?;
                exiger(au.is_none_or(|last| *du <= last), Motif::DateIncorrecte)?;
                let known = self.mandats.iter().any(|m| m.mandataire == *mandataire && m.pour != *pour);
                let party = [self.creancier, self.debiteur].contains(mandataire);
                exiger(!known && !party, Motif::PartiesConfondues)?;
                self.mandats.push(Mandat { mandataire: *mandataire, pour: *pour, ecrit: *ecrit, du: *du, au: *au });
            }
            Event::CredentialsIssued { personne, secret_sha256, .. } => {
                etude(actor, "donner des identifiants")?;
                let cote = self.cote(*personne, paris_date(at)).ok_or(Motif::MandatAbsent)?;
                // Before the invitation the debtor side knows nothing of the claim.
                exiger(cote == Cote::Creancier || self.invitation.is_some(), Motif::DateIncorrecte)?;
                let premier = self.acces.get(personne).and_then(|a| a.premier);
                self.acces.insert(*personne, Acces::new(*secret_sha256, premier));
            }
            Event::FirstAccess { personne, secret_sha256, .. } => {
                soi(actor, *personne, "acceder")?;
                exiger(self.cote(*personne, paris_date(at)).is_some(), Motif::MandatAbsent)?;
                let acces = self.acces.get_mut(personne).ok_or(Motif::IdentifiantsRefuses)?;
                exiger(acces.ouvre(secret_sha256), Motif::IdentifiantsRefuses)?;
                acces.utilise_le = Some(at);
                acces.premier = acces.premier.or(Some(at));
            }
            Event::CredentialsChanged { personne, authentifiant_sha256, .. } => {
                soi(actor, *personne, "changer ses identifiants")?;
                let acces = self.acces.get_mut(personne).ok_or(Motif::IdentifiantsRefuses)?;
                let used = acces.utilise_le.is_some();
                exiger(used && *authentifiant_sha256 != acces.secret_sha256, Motif::IdentifiantsRefuses)?;
                acces.authentifiant_sha256 = Some(*authentifiant_sha256);
            }
            _ => {}
        }
        Ok(())
    }

    fn repondre(&mut self, at: Instant, actor: &Actor, event: &Event) -> Done {
        match event {
            Event::Participated { personne, mode, donne_le, .. } => {
                self.etat = self.etat.step(Mouvement::Participer)?;
                self.debiteur_dit(at, actor, *personne, Voie::de_accord(*mode), *donne_le)?;
                self.reponse = Some(Reponse { personne: *personne, donnee_le: *donne_le, inscrite_le: at });
                // What the office enters itself, it has recorded.
                if actor.role == Role::Etude {
                    self.prescription = Some(suspendue(at));
                }
            }
            Event::ParticipationNoted { .. } => {
                etude(actor, "constater")?;
                exiger(matches!(self.etat, Etat::Participe | Etat::Accord), Motif::FinDifferente)?;
                exiger(self.prescription.is_none(), Motif::DejaFait)?;
                self.prescription = Some(suspendue(at));
            }
            Event::RefusedExpressly { personne, mode, donne_le, .. } => {
                self.etat = self.etat.step(Mouvement::Refuser)?;
                self.debiteur_dit(at, actor, *personne, Voie::de_refus(*mode), *donne_le)?;
                self.reponse = Some(Reponse { personne: *personne, donnee_le: *donne_le, inscrite_le: at });
            }
            Event::RefusedImplicitly { .. } => {
                horloge(actor, "constater le silence")?;
                self.etat = self.etat.step(Mouvement::Taire)?;
                exiger(self.delai_expire(at), Motif::DelaiEnCours)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn negocier(&mut self, at: Instant, actor: &Actor, event: &Event) -> Done {
        let today = paris_date(at);
        match event {
            Event::ProposalMade { proposition, personne, montant, modalites, .. } => {
                exiger(self.etat == Etat::Participe, Motif::FinDifferente)?;
                match personne {
                    Some(personne) => {
                        self.parle(actor, *personne, Voie::Plateforme, today)?;
                    }
                    None => etude(actor, "proposer")?,
                }
                exiger(!self.delai_expire(at), Motif::DelaiExpire)?;
                let within = montant.principal() <= self.montant.principal() && montant.arrete_au() == today;
                exiger(within, Motif::MontantDifferent)?;
                let paid = modalites.total() == montant.total() && modalites.premiere() >= today;
                exiger(paid, Motif::ModalitesIncorrectes)?;
                let (montant, modalites) = (*montant, modalites.clone());
                self.proposition = Some(Proposition { id: *proposition, montant, modalites, accords: BTreeMap::new() });
            }
            Event::ProposalAccepted { proposition, personne, mode, donne_le, .. } => {
                exiger(self.etat == Etat::Participe, Motif::FinDifferente)?;
                let cote = self.parle(actor, *personne, Voie::de_accord(*mode), *donne_le)?;
                self.dans_le_delai(at, Voie::de_accord(*mode), *donne_le)?;
                let current = self.proposition.as_mut().filter(|p| p.id == *proposition);
                let current = current.ok_or(Motif::PropositionDepassee)?;
                exiger(*donne_le >= current.montant.arrete_au(), Motif::DateIncorrecte)?;
                exiger(current.accords.insert(cote, *donne_le).is_none(), Motif::DejaFait)?;
                if current.accords.len() == 2 {
                    self.etat = self.etat.step(Mouvement::Accorder)?;
                }
            }
            Event::Disagreed { motif, personne, .. } => {
                self.etat = self.etat.step(Mouvement::Desaccorder)?;
                match (motif, personne) {
                    (MotifDesaccord::DelaiExpire, None) => {
                        horloge(actor, "constater l'expiration")?;
                        exiger(self.delai_expire(at), Motif::DelaiEnCours)?;
                    }
                    (MotifDesaccord::Montant | MotifDesaccord::Modalites, Some(personne)) => {
                        let voie = if actor.role == Role::Etude { Voie::Papier } else { Voie::Plateforme };
                        exiger(self.parle(actor, *personne, voie, today)? == Cote::Debiteur, Motif::MandatAbsent)?;
                        exiger(!self.delai_expire(at), Motif::DelaiExpire)?;
                    }
                    _ => return Err(Motif::FinDifferente.into()),
                }
                self.desaccord = Some(*motif);
                self.desaccord_le = Some(today);
            }
            _ => {}
        }
        Ok(())
    }

    fn communiquer(&mut self, at: Instant, actor: &Actor, event: &Event) -> Done {
        let today = paris_date(at);
        match event {
            Event::MessageDeposited { message, de, pour, contenu, .. } => {
                exiger(!self.messages.contains_key(message), Motif::DejaFait)?;
                // Everything passes between the officer and a party: never from one party to the other.
                exiger(de.is_none() != pour.is_none(), Motif::PartiesConfondues)?;
                match de {
                    Some(de) => {
                        self.parle(actor, *de, Voie::Plateforme, today)?;
                    }
                    None => etude(actor, "communiquer")?,
                }
                exiger(pour.is_none_or(|id| self.cote(id, today).is_some()), Motif::MandatAbsent)?;
                let (de, pour, contenu) = (*de, *pour, *contenu);
                self.messages.insert(*message, Message { de, pour, contenu, mis_a_disposition: at, consulte: None });
            }
            Event::MessageConsulted { message, .. } => {
                let pour = self.messages.get(message).map(|m| m.pour);
                let pour =
                    pour.ok_or_else(|| SignificationError::Unknown { kind: "message", id: message.to_string() })?;
                match pour {
                    Some(pour) => {
                        self.parle(actor, pour, Voie::Plateforme, today)?;
                    }
                    None => etude(actor, "consulter")?,
                }
                if let Some(kept) = self.messages.get_mut(message) {
                    kept.consulte = kept.consulte.or(Some(at));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn clore(&mut self, at: Instant, actor: &Actor, event: &Event) -> Done {
        etude(actor, "clore")?;
        match event {
            Event::EndRecorded { fin, ecrit, .. } => {
                exiger(self.constat.is_none(), Motif::DejaFait)?;
                let ended = self.etat;
                self.etat = ended.step(Mouvement::Constater)?;
                exiger(ended.fin() == Some(*fin), Motif::FinDifferente)?;
                self.constat = Some(Constat { fin: *fin, le: at, ecrit: *ecrit });
                if let (Some(kept), Some(day)) = (self.prescription.as_mut(), self.desaccord_le) {
                    kept.reprise_le = Some(day);
                    kept.pas_avant = Some(calendar_months(day, 6));
                }
            }
            Event::TitleDelivered { montant, titre, signature, niveau, .. } => {
                self.etat = self.etat.step(Mouvement::Delivrer)?;
                exiger(self.constat.is_some(), Motif::AccordNonConstate)?;
                exiger(*niveau == Niveau::Qualifiee, Motif::CertificatNonQualifie)?;
                let agreed = self.proposition.as_ref().is_some_and(|p| p.montant == *montant && p.accords.len() == 2);
                exiger(agreed, Motif::MontantDifferent)?;
                let (montant, document, signature, niveau) = (*montant, *titre, *signature, *niveau);
                self.titre = Some(Titre { montant, document, signature, niveau, le: at });
            }
            Event::EnforcementEntrusted { etude, .. } => {
                exiger(self.etat == Etat::Titre, Motif::AccordNonConstate)?;
                exiger(*etude != self.etude, Motif::ConflitInterets)?;
                exiger(self.execution.is_none(), Motif::DejaFait)?;
                self.execution = Some(*etude);
            }
            _ => {}
        }
        Ok(())
    }

    /// Checks that the debtor's side says something by `voie` on `donne_le`, within the month.
    fn debiteur_dit(&self, at: Instant, actor: &Actor, personne: Id, voie: Voie, donne_le: Date) -> Done {
        exiger(self.parle(actor, personne, voie, donne_le)? == Cote::Debiteur, Motif::MandatAbsent)?;
        self.dans_le_delai(at, voie, donne_le)
    }

    /// The day retained lies between the sending and the later end of the month; on the platform it is today's.
    fn dans_le_delai(&self, at: Instant, voie: Voie, donne_le: Date) -> Done {
        let delai = self.invitation.as_ref().map(|i| i.delai).ok_or(Motif::DateIncorrecte)?;
        let today = paris_date(at);
        let dated = match voie {
            Voie::Plateforme => donne_le == today,
            Voie::Papier => donne_le <= today,
        };
        exiger(dated && donne_le >= delai.envoi, Motif::DateIncorrecte)?;
        exiger(donne_le <= delai.retenu(), Motif::DelaiExpire)
    }

    /// The side `personne` speaks for: himself on the platform with changed credentials, or the office for what is on paper.
    fn parle(&self, actor: &Actor, personne: Id, voie: Voie, day: Date) -> Result<Cote, SignificationError> {
        match voie {
            Voie::Papier => etude(actor, "inscrire une reponse")?,
            Voie::Plateforme => {
                soi(actor, personne, "repondre")?;
                let open = self.acces.get(&personne).is_some_and(Acces::ouvert);
                exiger(open, Motif::IdentifiantsAChanger)?;
            }
        }
        self.cote(personne, day).ok_or_else(|| Motif::MandatAbsent.into())
    }
}

/// The way something is said.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Voie {
    Plateforme,
    Papier,
}

impl Voie {
    fn de_accord(mode: ModeAccord) -> Self {
        match mode {
            ModeAccord::FormulaireElectronique => Self::Plateforme,
            ModeAccord::FormulairePostal | ModeAccord::Emargement => Self::Papier,
        }
    }

    fn de_refus(mode: ModeRefus) -> Self {
        match mode {
            ModeRefus::FormulaireElectronique => Self::Plateforme,
            ModeRefus::FormulairePapier | ModeRefus::AutreMoyen => Self::Papier,
        }
    }
}

fn open(at: Instant, actor: &Actor, event: &Event) -> Result<View, SignificationError> {
    let Event::Requested { creance, dossier, etude: office, creancier, debiteur, cause, montant, taux } = event else {
        return Err(SignificationError::Unknown { kind: "petite créance", id: event.object().to_string() });
    };
    etude(actor, "demander")?;
    exiger(creancier != debiteur, Motif::PartiesConfondues)?;
    exiger(montant.arrete_au() <= paris_date(at), Motif::DateIncorrecte)?;
    if dossier.trim().is_empty() || dossier.len() > 80 || dossier.chars().any(char::is_control) {
        let why = "référence vide, trop longue, ou caractère de contrôle";
        return Err(SignificationError::Field { field: "dossier", found: dossier.chars().take(80).collect(), why });
    }
    Ok(View {
        type_dossier: TypeDossier::PetiteCreance,
        creance: *creance,
        dossier: dossier.clone(),
        etude: *office,
        creancier: *creancier,
        debiteur: *debiteur,
        cause: *cause,
        montant: *montant,
        taux: *taux,
        etat: Etat::Demande,
        mandats: Vec::new(),
        acces: BTreeMap::new(),
        invitation: None,
        reponse: None,
        prescription: None,
        proposition: None,
        desaccord: None,
        desaccord_le: None,
        constat: None,
        titre: None,
        execution: None,
        messages: BTreeMap::new(),
        last_at: at,
    })
}

fn suspendue(at: Instant) -> Prescription {
    Prescription { suspendue_depuis: at, reprise_le: None, pas_avant: None }
}

fn etude(actor: &Actor, requested: &'static str) -> Done {
    if actor.role == Role::Etude {
        return Ok(());
    }
    Err(SignificationError::Actor { role: actor.role.name(), requested })
}

/// The person himself: the journal knows parties as recipients, by their identifier.
fn soi(actor: &Actor, personne: Id, requested: &'static str) -> Done {
    if actor.role == Role::Destinataire && actor.id == personne.to_string() {
        return Ok(());
    }
    Err(SignificationError::Actor { role: actor.role.name(), requested })
}

fn horloge(actor: &Actor, requested: &'static str) -> Done {
    if matches!(actor.role, Role::Etude | Role::Plateforme) {
        return Ok(());
    }
    Err(SignificationError::Actor { role: actor.role.name(), requested })
}
