//! The simplified recovery of small claims, carried on by the platform (rows H01 to H09, A20; CPCE art. L. 125-1, R. 125-1 to
//! R. 125-8; arrêté du 3 juin 2016): what the officer does. What the parties do is in [`parties`], the check of the six
//! guarantees in [`bilan`]. Names and documents are encrypted for the office; the journal knows pseudonyms and digests.
use dossier::{Digests, Instant, Sha256Digest, parse_strict, to_canonical};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Platform;
use super::echeances::office;
use crate::bureau::BureauConfig;
use crate::calendar::Zone;
use crate::civil::paris_date;
use crate::config::refuse;
use crate::consent::Actor;
use crate::delais::JoursChomes;
use crate::fact::Fact;
use crate::notice::autres::invitation_creance;
use crate::person::email;
use crate::petites_creances::documents::{
    AccordPaiement, Affaire, EnTete, FinAccord, FinDesaccord, FinRefusExpres, FinRefusImplicite, LettreInvitation,
    PartieNommee, TextesJoints, TitreExecutoire,
};
use crate::petites_creances::{
    Canal, Cause, Cents, Competence, Cote, DelaiMois, Etat, Event, Fin, Montant, Motif, MotifDesaccord, Niveau,
    Ressort, Secret, Taux, View, confier_execution, controler, delivrer_titre, inviter, montant_au,
};
use crate::projection::Views as _;
use crate::store::Table;
use crate::territoire::{CodeInsee, OfficeId, ressort, zones_feriees};
use crate::vault::{self, Kind};
use crate::{Id, SignificationError};

mod bilan;
mod garanties;
mod parties;

pub use bilan::BilanCreance;
pub(super) use bilan::documents;
pub use garanties::{GarantieTenue, GarantiesCreance, LigneProbante};
pub use parties::{Acces, Auteur};

crate::discret::discret!(PartieInput);

/// A party, as the office enters it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartieInput {
    /// Name or denomination.
    pub nom: String,
    /// Address or seat, one line.
    pub adresse: String,
    /// Commune of that address.
    pub commune: CodeInsee,
    /// E-mail address, for an invitation by electronic message.
    #[serde(default)]
    pub courriel: Option<String>,
}

/// A claim, as the creditor asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreanceInput {
    /// The office's reference.
    pub dossier: String,
    /// Where the debt comes from.
    pub cause: Cause,
    /// The contract and its date, or the obligation.
    pub fondement: String,
    /// Principal.
    pub principal: Cents,
    /// Interest at `arrete_au`.
    pub interets: Cents,
    /// The day the interest stands on.
    pub arrete_au: Date,
    /// Its yearly rate, if it runs.
    pub taux: Option<Taux>,
    /// The creditor.
    pub creancier: PartieInput,
    /// The debtor.
    pub debiteur: PartieInput,
    /// Address of the office, one line.
    pub adresse_etude: String,
}

/// A procedure was opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CreanceOuverte {
    /// The claim.
    pub creance: Id,
    /// Pseudonym of the creditor.
    pub creancier: Id,
    /// Pseudonym of the debtor.
    pub debiteur: Id,
    /// Where it stands.
    pub etat: Etat,
}

/// How the debtor is invited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvitationInput {
    /// By what way.
    pub canal: Canal,
    /// The day the post took the letter; a message is sent today.
    pub envoi: Option<Date>,
    /// Address of the platform, as the letter gives it.
    pub plateforme: String,
    /// The texts the letter reproduces (CPCE art. R. 125-2, II).
    pub textes: TextesJoints,
}

/// The invitation, as it went.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Invitee {
    /// The claim.
    pub creance: Id,
    /// Where it stands.
    pub etat: Etat,
    /// The month, in both readings.
    pub delai: DelaiMois,
    /// The letter, with the provisional credentials: to be printed and posted, when it did not go by e-mail.
    pub lettre: Option<String>,
}

impl std::fmt::Debug for Invitee {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Invitee").field("creance", &self.creance).field("etat", &self.etat).finish_non_exhaustive()
    }
}

/// Where a procedure stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SuiviCreance {
    /// Everything the journal knows of it.
    #[serde(flatten)]
    pub vue: View,
    /// Who bears the costs, whatever the end: the creditor (CPCE art. L. 125-1).
    pub frais_a_la_charge_de: Id,
    /// The document made by this step, if any: to be printed.
    pub document: Option<String>,
}

/// Names and addresses, encrypted for the office.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Dossier {
    reference: String,
    fondement: String,
    adresse_etude: String,
    creancier: PartieInput,
    debiteur: PartieInput,
    sel: String,
}

impl Platform<'_> {
    /// Opens a procedure at the creditor's request.
    pub fn ouvrir_creance(&self, actor: &Actor, input: &CreanceInput) -> Result<CreanceOuverte, SignificationError> {
        office(actor)?;
        let etude = self.pseudonyme(self.bureau()?.office);
        let montant = Montant::new(input.principal, input.interets, input.arrete_au)?;
        if let Some(address) = &input.debiteur.courriel {
            email(address)?;
        }
        let (creance, creancier, debiteur) = (self.new_id()?, self.new_id()?, self.new_id()?);
        let record = Dossier {
            reference: input.dossier.clone(),
            fondement: input.fondement.clone(),
            adresse_etude: input.adresse_etude.clone(),
            creancier: input.creancier.clone(),
            debiteur: input.debiteur.clone(),
            sel: self.secret()?,
        };
        let path = self.dans("creances", creance)?;
        vault::put(&path, Kind::Creance, creance, &to_canonical(&record)?, &[self.office.public()])?;
        let (dossier, cause, taux) = (input.dossier.clone(), input.cause, input.taux);
        let asked = Event::Requested { creance, dossier, etude, creancier, debiteur, cause, montant, taux };
        self.greffe.record_at(actor, |_, _| Ok(vec![asked.into()]))?;
        Ok(CreanceOuverte { creance, creancier, debiteur, etat: self.creance(creance)?.etat })
    }

    /// Checks amount (5 000 € at most), competence by the courts of the office's seat and of the debtor's home, and a conflict
    /// of interest that the office declares. A claim that cannot go on is closed as such, and every reason is the error.
    pub fn controler_creance(
        &self,
        actor: &Actor,
        creance: Id,
        conflit: bool,
    ) -> Result<SuiviCreance, SignificationError> {
        self.officier_certifie(actor)?;
        let _hold = self.holds.take(creance);
        let view = self.creance(creance)?;
        let home = self.dossier_creance(creance)?.debiteur.commune;
        let competence = Competence { etude: cour(self.bureau()?.siege)?, debiteur: cour(home)? };
        let now = self.ctx.clock.now();
        let event = controler(&view, now, &competence, conflit)?;
        let codes = match &event {
            Event::Rejected { codes, .. } => codes.iter().map(|motif| motif.code()).collect(),
            _ => Vec::new(),
        };
        self.inscrire(actor, creance, |_| Ok(vec![event]))?;
        if codes.is_empty() { self.suivi_creance(creance) } else { Err(SignificationError::PetiteCreance { codes }) }
    }

    /// Invites the debtor: by electronic message, taken by his mail server, or by a registered letter already posted. The month
    /// runs from that day (CPCE art. L. 125-1, R. 125-2).
    pub fn inviter_debiteur(
        &self,
        actor: &Actor,
        creance: Id,
        input: &InvitationInput,
    ) -> Result<Invitee, SignificationError> {
        self.officier_certifie(actor)?;
        let _hold = self.holds.take(creance);
        let (view, now) = (self.creance(creance)?, self.ctx.clock.now());
        let (affaire, debtor) = self.affaire(&view)?;
        let envoi = input.envoi.unwrap_or(paris_date(now));
        let chomes = self.jours_chomes()?;
        let (zone, delai) = mois(envoi, debtor.commune, chomes)?;
        let secret = Secret::new(self.ctx.entropy)?;
        let letter = LettreInvitation {
            affaire,
            canal: input.canal,
            delai,
            montant: montant_au(&view.montant, view.taux, envoi)?,
            plateforme: input.plateforme.clone(),
            identifiants: secret.expose().to_owned(),
            textes: input.textes.clone(),
        };
        let prepared = inviter(&view, &letter, &secret, zone, chomes);
        let event = self.ou_refus(actor, creance, prepared)?;
        let text = letter.texte()?;
        self.garder_document(text.as_bytes())?;
        // Every check of the machine, before anything leaves.
        View::next(Some(&view), now, actor, &event)?;
        if input.canal == Canal::MessageElectronique {
            let why = "adresse électronique du débiteur inconnue";
            let missing = SignificationError::Field { field: "courriel", found: String::new(), why };
            let to = debtor.courriel.ok_or(missing)?;
            let message = invitation_creance(&self.config, self.new_id()?, &to, &text, now)?;
            self.ctx
                .mailer
                .send(&message)
                .map_err(|refused| SignificationError::Smtp { code: refused.code, permanent: refused.permanent })?;
        }
        self.inscrire(actor, creance, |_| Ok(vec![event]))?;
        let lettre = (input.canal == Canal::LettreRecommandee).then_some(text);
        Ok(Invitee { creance, etat: self.creance(creance)?.etat, delai, lettre })
    }

    /// Records that the debtor takes part: the prescription is suspended from now on (C. civ. art. 2238).
    pub fn constater_participation(&self, actor: &Actor, creance: Id) -> Result<SuiviCreance, SignificationError> {
        self.officier_certifie(actor)?;
        let view = self.creance(creance)?;
        let said = format!("Participation du débiteur à la procédure {} constatée.", view.dossier);
        let constat = self.garder_document(said.as_bytes())?;
        self.inscrire(actor, creance, |_| Ok(vec![Event::ParticipationNoted { creance, constat }]))?;
        self.suivi_creance(creance)
    }

    /// Records the end in writing, whichever it is (CPCE art. R. 125-5); gives the document.
    pub fn constater_fin(&self, actor: &Actor, creance: Id) -> Result<SuiviCreance, SignificationError> {
        self.officier_certifie(actor)?;
        let _hold = self.holds.take(creance);
        let (view, now) = (self.creance(creance)?, self.ctx.clock.now());
        let fin = self.ou_refus(actor, creance, view.etat.fin().ok_or_else(|| Motif::FinDifferente.into()))?;
        let text = self.ecrit_de_fin(&view, fin, now)?;
        let ecrit = self.garder_document(text.as_bytes())?;
        self.inscrire(actor, creance, |_| Ok(vec![Event::EndRecorded { creance, fin, ecrit }]))?;
        Ok(SuiviCreance { document: Some(text), ..self.suivi_creance(creance)? })
    }

    /// Delivers the title, signed: only an agreement recorded in writing, and only with a qualified signature (arrêté du 3 juin
    /// 2016, art. 4). `formule` is the formule exécutoire as the office joins it.
    pub fn delivrer_titre_creance(
        &self,
        actor: &Actor,
        creance: Id,
        formule: &str,
    ) -> Result<SuiviCreance, SignificationError> {
        self.officier_certifie(actor)?;
        let _hold = self.holds.take(creance);
        let (view, today) = (self.creance(creance)?, paris_date(self.ctx.clock.now()));
        let recorded = view.constat.as_ref().ok_or_else(|| Motif::AccordNonConstate.into());
        let constat = paris_date(self.ou_refus(actor, creance, recorded)?.le);
        let accord = self.accord(&view)?;
        let title = TitreExecutoire { accord, constat, delivre: today, formule: Some(formule.to_owned()) };
        let text = title.texte()?;
        let sealed = self.ctx.sealer.seal(text.as_bytes()).map_err(|e| SignificationError::Seal { why: e.code })?;
        let niveau = match sealed.level.as_str() {
            "qualifiee" => Niveau::Qualifiee,
            "avancee" => Niveau::Avancee,
            _ => Niveau::Essai,
        };
        let digests = (Digests::of(text.as_bytes()), Digests::of(&sealed.signature));
        let event = self.ou_refus(actor, creance, delivrer_titre(&view, digests.0, digests.1, niveau))?;
        self.garder_document(text.as_bytes())?;
        self.garder_document(&sealed.signature)?;
        self.inscrire(actor, creance, |_| Ok(vec![event]))?;
        Ok(SuiviCreance { document: Some(text), ..self.suivi_creance(creance)? })
    }

    /// Entrusts the enforcement to another office: never to the one that delivered the title (CPCE art. R. 125-8).
    pub fn confier_execution_creance(
        &self,
        actor: &Actor,
        creance: Id,
        a: OfficeId,
    ) -> Result<SuiviCreance, SignificationError> {
        self.officier_certifie(actor)?;
        let prepared = confier_execution(&self.creance(creance)?, self.pseudonyme(a));
        let event = self.ou_refus(actor, creance, prepared)?;
        self.inscrire(actor, creance, |_| Ok(vec![event]))?;
        self.suivi_creance(creance)
    }

    /// The month is over: silence is a refusal, and taking part without agreeing is a disagreement (CPCE art. R. 125-5, 2°).
    pub(super) fn echoir_creance(&self, creance: Id) -> Result<Option<String>, SignificationError> {
        let mut done = None;
        let ticket = self.greffe.stage(&Actor::platform(), Default::default(), |now, taken| {
            let view: Option<View> = taken.view(Table::Creance, creance.as_bytes())?;
            let Some(view) = view.filter(|view| view.delai_expire(now)) else { return Ok(Vec::new()) };
            let event = match view.etat {
                Etat::Invite => Event::RefusedImplicitly { creance },
                Etat::Participe => {
                    let motif = MotifDesaccord::DelaiExpire;
                    Event::Disagreed { creance, motif, personne: None, texte: None }
                }
                _ => return Ok(Vec::new()),
            };
            done = Some(match view.etat {
                Etat::Invite => "Délai d'un mois expiré sans réponse : refus implicite, à constater par écrit.",
                _ => "Délai d'un mois expiré sans accord : désaccord, à constater par écrit.",
            });
            Ok(vec![event.into()])
        })?;
        self.greffe.wait(ticket)?;
        Ok(done.map(Into::into))
    }

    /// Everything known of a procedure.
    pub fn suivi_creance(&self, creance: Id) -> Result<SuiviCreance, SignificationError> {
        let vue = self.creance(creance)?;
        let payer = vue.frais_a_la_charge_de();
        Ok(SuiviCreance { vue, frais_a_la_charge_de: payer, document: None })
    }

    fn creance(&self, creance: Id) -> Result<View, SignificationError> {
        let unknown = || SignificationError::Unknown { kind: "petite créance", id: creance.to_string() };
        self.views().view(Table::Creance, creance.as_bytes())?.ok_or_else(unknown)
    }

    fn bureau(&self) -> Result<&BureauConfig, SignificationError> {
        self.config.bureau.as_ref().ok_or_else(|| refuse("petites créances : [bureau] est nécessaire".into()))
    }

    /// What an office is called in the journal of claims.
    fn pseudonyme(&self, office: OfficeId) -> Id {
        let digest = self.query_digest(&format!("office\n{office}"));
        id_of_digest(&digest)
    }

    /// Writes facts of a claim; a refusal by the rules leaves its line.
    fn inscrire(
        &self,
        actor: &Actor,
        creance: Id,
        make: impl FnOnce(&View) -> Result<Vec<Event>, SignificationError>,
    ) -> Result<Instant, SignificationError> {
        let done = self.greffe.record_at(actor, |_, taken| {
            let unknown = || SignificationError::Unknown { kind: "petite créance", id: creance.to_string() };
            let view: View = taken.view(Table::Creance, creance.as_bytes())?.ok_or_else(unknown)?;
            Ok(make(&view)?.into_iter().map(Fact::from).collect())
        });
        self.ou_refus(actor, creance, done).map(|link| link.at)
    }

    /// Gives the value; a refusal by the rules is journalled first.
    fn ou_refus<T>(
        &self,
        actor: &Actor,
        creance: Id,
        value: Result<T, SignificationError>,
    ) -> Result<T, SignificationError> {
        if let Err(SignificationError::PetiteCreance { codes: found }) = &value {
            let read = |code: &&'static str| serde_json::from_value((*code).into()).ok();
            let codes: Vec<Motif> = found.iter().filter_map(read).collect();
            let refused = Event::StepRefused { creance, codes };
            self.greffe.record_at(actor, |_, _| Ok(vec![refused.into()]))?;
        }
        value
    }

    /// Keeps a document, encrypted for the office, under a name made of its own digest: the journal's digests find it again.
    fn garder_document(&self, octets: &[u8]) -> Result<Digests, SignificationError> {
        let digests = Digests::of(octets);
        let id = id_of_digest(&digests.sha256);
        vault::put(&self.dans("creances", id)?, Kind::Creance, id, octets, &[self.office.public()])?;
        Ok(digests)
    }

    fn document(&self, digests: &Digests) -> Result<Vec<u8>, SignificationError> {
        let id = id_of_digest(&digests.sha256);
        vault::get(&self.path("creances", id), Kind::Creance, id, digests, &self.office)
    }

    /// The parties, as the office entered them.
    pub(super) fn parties_de(&self, creance: Id) -> Result<[PartieInput; 2], SignificationError> {
        let Dossier { creancier, debiteur, .. } = self.dossier_creance(creance)?;
        Ok([creancier, debiteur])
    }

    fn dossier_creance(&self, creance: Id) -> Result<Dossier, SignificationError> {
        if !self.path("creances", creance).exists() {
            let kind = "dossier de petite créance (détruit avec les données d'une partie)";
            return Err(SignificationError::Unknown { kind, id: creance.to_string() });
        }
        let octets = vault::open(&self.path("creances", creance), Kind::Creance, creance, &self.office)?;
        let bad = |_| SignificationError::Unknown { kind: "petite créance", id: creance.to_string() };
        serde_json::from_value(parse_strict(&octets)?).map_err(bad)
    }

    /// The names that a document bears, and the debtor as entered.
    fn affaire(&self, view: &View) -> Result<(Affaire, PartieInput), SignificationError> {
        let kept = self.dossier_creance(view.creance)?;
        let named = |p: &PartieInput| PartieNommee { nom: p.nom.clone(), adresse: p.adresse.clone() };
        let affaire = Affaire {
            en_tete: EnTete {
                etude: self.config.etude.clone(),
                adresse: kept.adresse_etude,
                dpo: self.config.contact_dpo.clone(),
                essai: self.config.essai,
            },
            reference: kept.reference,
            creancier: named(&kept.creancier),
            debiteur: named(&kept.debiteur),
            fondement: kept.fondement,
            cause: view.cause,
        };
        Ok((affaire, kept.debiteur))
    }

    fn accord(&self, view: &View) -> Result<AccordPaiement, SignificationError> {
        let missing = || SignificationError::from(Motif::FinDifferente);
        let invitation = view.invitation.as_ref().ok_or_else(missing)?;
        let agreed = view.proposition.as_ref().ok_or_else(missing)?;
        let day = |cote: Cote| agreed.accords.get(&cote).copied().ok_or_else(missing);
        Ok(AccordPaiement {
            affaire: self.affaire(view)?.0,
            envoi: invitation.delai.envoi,
            montant: agreed.montant,
            modalites: agreed.modalites.clone(),
            accord_creancier: day(Cote::Creancier)?,
            accord_debiteur: day(Cote::Debiteur)?,
        })
    }

    fn ecrit_de_fin(&self, view: &View, fin: Fin, constat: Instant) -> Result<String, SignificationError> {
        let missing = || SignificationError::from(Motif::FinDifferente);
        let invitation = view.invitation.as_ref().ok_or_else(missing)?;
        let (affaire, montant, delai) = (self.affaire(view)?.0, invitation.montant, invitation.delai);
        let envoi = delai.envoi;
        let suspendue = view.prescription.map(|kept| kept.suspendue_depuis);
        match fin {
            Fin::RefusExpres => {
                let date_refus = view.reponse.as_ref().ok_or_else(missing)?.donnee_le;
                let mode = self.mode_du_refus(view.creance)?;
                FinRefusExpres { affaire, montant, envoi, mode, date_refus, constat }.texte()
            }
            Fin::RefusImplicite => FinRefusImplicite { affaire, montant, delai, constat }.texte(),
            Fin::Desaccord => {
                let (motif, le) = view.desaccord.zip(view.desaccord_le).ok_or_else(missing)?;
                FinDesaccord { affaire, montant, envoi, motif, le, suspendue, constat }.texte()
            }
            Fin::Accord => FinAccord { accord: self.accord(view)?, suspendue, constat }.texte(),
        }
    }
}

/// The court of appeal of a commune, as the rules of the procedure name it.
fn cour(commune: CodeInsee) -> Result<Ressort, SignificationError> {
    let unknown = || SignificationError::Unknown { kind: "ressort de la commune", id: commune.to_string() };
    Ressort::try_from(ressort(commune).cour.ok_or_else(unknown)?.as_str().to_owned())
}

/// The month, in the zone of the debtor; where his commune leaves a doubt, the one that ends later: nothing closes before it.
fn mois(envoi: Date, commune: CodeInsee, closed: &JoursChomes) -> Result<(Zone, DelaiMois), SignificationError> {
    let mut found: Option<(Zone, DelaiMois)> = None;
    for zone in zones_feriees(commune).zones {
        let (delai, _) = DelaiMois::new(envoi, zone, closed)?;
        if found.is_none_or(|(_, kept)| delai.retenu() > kept.retenu()) {
            found = Some((zone, delai));
        }
    }
    found.ok_or_else(|| SignificationError::Unknown { kind: "zone de la commune", id: commune.to_string() })
}

pub(super) fn id_of_digest(digest: &Sha256Digest) -> Id {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(digest.as_bytes().get(..16).unwrap_or(&[0; 16]));
    Id::from_bytes(bytes)
}
