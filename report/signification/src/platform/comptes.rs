//! Accounts on the platform: what a portal and a command line call. Who asks is a session ([`Acces`]) or the command line of
//! the machine ([`Demandeur::Local`]); what he may do is decided in one place, [`Platform::autoriser`].
use serde::Serialize;

use super::Platform;
use crate::comptes::compte::{self, EtatCompte, acteur};
use crate::comptes::droits::{Operation, Relation, RoleCompte, etat_permet, exiger, relation};
use crate::comptes::facteurs::Politique;
use crate::comptes::frein::{Frein, ReglagesFrein};
use crate::comptes::hacheur::{Argon2id, Hacheur, Parametres};
use crate::comptes::mot_de_passe::LONGUEUR_MIN;
use crate::comptes::secrets::Verrous;
use crate::comptes::session::{Durees, EnMemoire, Session, Temoin};
use crate::comptes::{incident, lien, mandat};
use crate::config::ComptesConfig;
use crate::consent::{Actor, Role};
use crate::event::Event;
use crate::projection::Views;
use crate::store::Table;
use crate::{Id, SignificationError};

mod actes;
mod atelier;
mod cles;
mod droits;
mod entree;
mod fiche;
mod incidents;
mod interruptions;
mod mandats;
mod moyens;
mod suspension;
mod vie;

pub use actes::CguAcceptees;
pub use cles::{CleVue, OfficierConnu};
pub use entree::{CompteInvite, CompteOuvert, OuvertureCompte};
pub use incidents::{CIBLE_HEURES, IncidentVu};
pub use interruptions::AttestationSignee;
pub use suspension::{CompteVu, REVUE_AU_PLUS_JOURS};
pub use vie::{Alerte, Courriel, LigneImputee, Resilie};

/// How the recipient proved who he is, when he was logged in: the login's own fact names the means.
pub(crate) const AUTH_METHOD: &str = "compte";

/// Written beside an evidence file when what it attests is not its holder's doing: a [`LigneImputee`] in canonical JSON.
pub const IMPUTABILITE_FILE: &str = "imputabilite.json";

/// What the operator decides about accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reglages {
    /// Cost of new derivations.
    pub parametres: Parametres,
    /// When sessions end by themselves.
    pub durees: Durees,
    /// What a login must be worth.
    pub politique: Politique,
    /// Characters of a new password, at least.
    pub longueur_mot: usize,
    /// How tries are slowed down.
    pub frein: ReglagesFrein,
    /// Who is told by e-mail of a compromise, beside the holder; without it, the data protection contact when it is an
    /// address, else the sender of the notices.
    pub alerte: Option<String>,
}

impl Default for Reglages {
    fn default() -> Self {
        let (parametres, durees, politique) = (Parametres::default(), Durees::default(), Politique::default());
        let frein = ReglagesFrein::default();
        Self { parametres, durees, politique, longueur_mot: LONGUEUR_MIN, frein, alerte: None }
    }
}

impl From<&ComptesConfig> for Reglages {
    /// What `[comptes]` says, in the units of what acts.
    fn from(config: &ComptesConfig) -> Self {
        Self {
            parametres: Parametres {
                memoire_kio: config.argon2_memoire_mio.get() * 1024,
                passes: config.argon2_passes.get(),
                ..Parametres::default()
            },
            durees: Durees {
                inactivite: config.session_inactivite_minutes.get() * 60,
                absolue: config.session_heures.get() * 3600,
            },
            politique: Politique {
                destinataire_deux_preuves: config.destinataire_deux_preuves,
                officier_certificat_et_cle: config.officier_mfa,
            },
            longueur_mot: config.mot_de_passe_longueur.get() as usize,
            frein: ReglagesFrein {
                sans_delai: config.essais_sans_delai.get(),
                max_source: config.delai_max_secondes.get(),
                seuil_sonde: config.sondes_avant_verrou.get(),
                premier_verrou: config.verrou_secondes.get(),
            },
            alerte: config.alerte.clone(),
        }
    }
}

/// What accounts need while the platform is open. Sessions and delays are lost when it closes; locks of sources are not.
pub struct Comptes<'a> {
    hacheur: Box<dyn Hacheur + 'a>,
    reglages: Reglages,
    verrous: Verrous,
    frein: Frein,
    sessions: EnMemoire,
}

impl Comptes<'_> {
    /// As the configuration says.
    pub(super) fn selon(config: &ComptesConfig) -> Self {
        let reglages = Reglages::from(config);
        let mut frein = Frein::default();
        frein.regler(reglages.frein);
        let (hacheur, verrous, sessions) = (Box::new(Argon2id::new(2)), Verrous::default(), EnMemoire::default());
        Self { hacheur, reglages, verrous, frein, sessions }
    }
}

/// A session that lives, and its account as the journal has it now. Made by [`Platform::session`] alone.
#[derive(Debug)]
pub struct Acces {
    temoin: Temoin,
    session: Session,
    compte: compte::View,
}

impl Acces {
    /// The account.
    pub fn compte(&self) -> &compte::View {
        &self.compte
    }

    /// The session.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// The cookie: for its form tokens.
    pub fn temoin(&self) -> &Temoin {
        &self.temoin
    }
}

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub enum Demandeur<'d> {
    /// Somebody logged in.
    Session(&'d Acces),
    /// Whoever has the machine's command line, in the role he declares. Never for a portal.
    Local(&'d Actor),
}

impl<'d> From<&'d Acces> for Demandeur<'d> {
    fn from(acces: &'d Acces) -> Self {
        Self::Session(acces)
    }
}

impl<'d> From<&'d Actor> for Demandeur<'d> {
    fn from(actor: &'d Actor) -> Self {
        Self::Local(actor)
    }
}

/// What it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "genre", content = "id")]
pub enum Objet {
    /// An act.
    Acte(Id),
    /// A consent.
    Consentement(Id),
    /// An account.
    Compte(Id),
    /// A mandate.
    Mandat(Id),
    /// An incident.
    Incident(Id),
    /// Nobody's in particular, or everybody's.
    Tous,
}

impl Objet {
    /// Its identifier.
    pub fn id(self) -> Option<Id> {
        match self {
            Self::Acte(id) | Self::Consentement(id) | Self::Compte(id) | Self::Mandat(id) | Self::Incident(id) => {
                Some(id)
            }
            Self::Tous => None,
        }
    }
}

/// Somebody who was allowed one operation: the author of its facts. Made by [`Platform::autoriser`] and
/// [`Platform::autoriser_sur`] alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Auteur {
    acteur: Actor,
    compte: Option<Id>,
    mandat: Option<Id>,
    operation: Operation,
}

impl Auteur {
    /// As the journal names him; under a mandate, with the mandate.
    pub fn acteur(&self) -> &Actor {
        &self.acteur
    }

    /// His account; none for the command line.
    pub fn compte(&self) -> Option<Id> {
        self.compte
    }

    /// The mandate he acts under.
    pub fn mandat(&self) -> Option<Id> {
        self.mandat
    }

    /// What he was allowed.
    pub fn operation(&self) -> Operation {
        self.operation
    }
}

/// Whether this needs no accepted terms: to accept or refuse them, and to leave or report, which nobody is kept from.
fn avant_cgu(operation: Operation) -> bool {
    use Operation as O;
    let free = [O::Accepter, O::Refuser, O::FermerSessions, O::Signaler, O::Origine, O::AttestationInterruption];
    free.contains(&operation)
}

impl<'a> Platform<'a> {
    /// With these settings instead of those of the configuration, and this derivation of passwords instead of Argon2id.
    #[must_use]
    pub fn avec_comptes(mut self, reglages: Reglages, hacheur: Box<dyn Hacheur + 'a>) -> Self {
        self.comptes.frein.regler(reglages.frein);
        (self.comptes.reglages, self.comptes.hacheur) = (reglages, hacheur);
        self
    }
}

impl Platform<'_> {
    /// The one gate: the table of rights, the state of the account, what the login is worth, the terms of use. A refusal is a
    /// line of the journal (row E02), in the history of who asked.
    pub fn autoriser(
        &self,
        acces: &Acces,
        operation: Operation,
        relation: Relation,
    ) -> Result<Auteur, SignificationError> {
        self.trancher(acces, operation, (relation, None), Objet::Tous)
    }

    /// Like [`Platform::autoriser`], the relation being found from what it is about. What does not exist and what is
    /// another's are refused in the same words.
    pub fn autoriser_sur<'d>(
        &self,
        qui: impl Into<Demandeur<'d>>,
        operation: Operation,
        objet: Objet,
    ) -> Result<Auteur, SignificationError> {
        match qui.into() {
            Demandeur::Session(acces) => {
                let link = self.relation_a(acces, operation, objet)?;
                self.trancher(acces, operation, link, objet)
            }
            Demandeur::Local(actor) => {
                let (role, relation) = match actor.role {
                    Role::Etude => (RoleCompte::Officier, etude(objet, operation)),
                    Role::Registre => (RoleCompte::Registre, Relation::Autrui),
                    Role::Plateforme => (RoleCompte::Operateur, Relation::Autrui),
                    // A recipient proves himself: by a session, or by his key.
                    Role::Destinataire => (RoleCompte::Visiteur, Relation::Autrui),
                };
                if let Err(error) = exiger(role, relation, operation) {
                    if let Some(object) = objet.id() {
                        let why = format!("{} : {}", error.code(), operation.nom());
                        self.greffe.record(actor, &Event::AuthFailed { object, why })?;
                    }
                    return Err(error);
                }
                Ok(Auteur { acteur: actor.clone(), compte: None, mandat: None, operation })
            }
        }
    }

    /// Whether this session may do that, without trying: what a portal shows or hides. The same decision, and no line.
    pub fn peut(&self, acces: &Acces, operation: Operation, objet: Objet) -> Result<bool, SignificationError> {
        let (relation, _) = self.relation_a(acces, operation, objet)?;
        Ok(self.decider(&self.compte_vu(acces.compte.id)?, acces, operation, relation).is_ok())
    }

    /// The decision: nothing here is written. What the terms of use keep shut is told before anything else.
    fn decider(
        &self,
        view: &compte::View,
        acces: &Acces,
        operation: Operation,
        relation: Relation,
    ) -> Result<(), SignificationError> {
        let role = view.titulaire.role_compte();
        self.vivante(view, acces)?;
        self.cgu_acceptees(view, operation)?;
        exiger(role, relation, operation)?;
        permise(view.etat, operation)?;
        self.personnel_admis(view, operation, relation)?;
        self.comptes.reglages.politique.exiger(role, operation, acces.session.niveau)
    }

    fn trancher(
        &self,
        acces: &Acces,
        operation: Operation,
        (relation, under): (Relation, Option<mandat::View>),
        objet: Objet,
    ) -> Result<Auteur, SignificationError> {
        let view = self.compte_vu(acces.compte.id)?;
        let own = acteur(&view.titulaire, view.id);
        if let Err(error) = self.decider(&view, acces, operation, relation) {
            let why = format!("{} : {}{}", error.code(), operation.nom(), description(objet));
            self.greffe.record(&own, &Event::AuthFailed { object: view.id, why })?;
            self.alarmer_du_refus(&error, view.id)?;
            return Err(error);
        }
        self.consigner_acces(&view, operation, relation)?;
        let mandat = under.as_ref().map(|given| given.id);
        let acteur = under.as_ref().map_or(own, mandat::acteur_sous_mandat);
        Ok(Auteur { acteur, compte: Some(view.id), mandat, operation })
    }

    /// The session may have ended since it was recognised.
    fn vivante(&self, view: &compte::View, acces: &Acces) -> Result<(), SignificationError> {
        if view.admet_session(acces.session.generation, self.ctx.clock.now()) {
            return Ok(());
        }
        Err(SignificationError::Session { why: "terminée ou inconnue" })
    }

    /// Row A10: before acceptance, everything but the terms of use is refused.
    fn cgu_acceptees(&self, view: &compte::View, operation: Operation) -> Result<(), SignificationError> {
        match view.titulaire.consent() {
            Some(consent) if !avant_cgu(operation) && self.views().consent(consent)?.cgu.is_none() => {
                Err(SignificationError::CguRequired)
            }
            _ => Ok(()),
        }
    }

    fn relation_a(
        &self,
        acces: &Acces,
        operation: Operation,
        objet: Objet,
    ) -> Result<(Relation, Option<mandat::View>), SignificationError> {
        let (views, me) = (self.views(), &acces.compte);
        let role = me.titulaire.role_compte();
        let consent = match objet {
            Objet::Acte(act) => views.view::<crate::state::ActeView>(Table::Acte, act.as_bytes())?.map(|a| a.consent),
            Objet::Consentement(consent) => Some(consent),
            Objet::Compte(account) if account == me.id => return Ok((Relation::Sien, None)),
            Objet::Mandat(mandate) => {
                let given: Option<mandat::View> = views.view(Table::Mandat, mandate.as_bytes())?;
                let mine = given.is_some_and(|given| given.mandant == me.id || given.aidant == me.id);
                return Ok((if mine { Relation::Sien } else { Relation::Autrui }, None));
            }
            Objet::Incident(incident) => {
                let told: Option<incident::View> = views.view(Table::Incident, incident.as_bytes())?;
                return match told {
                    Some(told) => self.relation_a_incident(acces, operation, told.sujet),
                    None => Ok((Relation::Autrui, None)),
                };
            }
            Objet::Compte(_) | Objet::Tous => None,
        };
        let Some(consent) = consent else {
            let office = matches!(role, RoleCompte::Clerc | RoleCompte::Officier);
            let of_office = office
                && matches!(objet, Objet::Tous | Objet::Compte(_))
                && etude(objet, operation) == Relation::SonEtude;
            return Ok((if of_office { Relation::SonEtude } else { Relation::Autrui }, None));
        };
        let now = self.ctx.clock.now();
        let mut under = lien::mandats_de(views, me.id)?;
        under.retain(|given| role == RoleCompte::Mandataire && given.couvre(me.id, consent, operation, now));
        let under = under.pop();
        // One platform serves one office: what is here is its own.
        Ok((relation(role, me.titulaire.consent(), consent, under.is_some(), true), under))
    }

    /// An incident is about an act, a consent or an account.
    fn relation_a_incident(
        &self,
        acces: &Acces,
        operation: Operation,
        sujet: Id,
    ) -> Result<(Relation, Option<mandat::View>), SignificationError> {
        let objet = self.objet_de(sujet)?;
        let office = matches!(acces.compte.titulaire.role_compte(), RoleCompte::Clerc | RoleCompte::Officier);
        match objet {
            Objet::Compte(_) if office => Ok((Relation::SonEtude, None)),
            _ => self.relation_a(acces, operation, objet),
        }
    }

    /// What an identifier is.
    fn objet_de(&self, id: Id) -> Result<Objet, SignificationError> {
        let views = self.views();
        let is = |table| views.get(table, id.as_bytes()).map(|found| found.is_some());
        if is(Table::Acte)? {
            return Ok(Objet::Acte(id));
        }
        if is(Table::Consentement)? {
            return Ok(Objet::Consentement(id));
        }
        Ok(if is(Table::Compte)? { Objet::Compte(id) } else { Objet::Tous })
    }

    /// The account `id`.
    pub fn compte_vu(&self, id: Id) -> Result<compte::View, SignificationError> {
        let unknown = || SignificationError::Unknown { kind: "compte", id: id.to_string() };
        self.views().view(Table::Compte, id.as_bytes())?.ok_or_else(unknown)
    }
}

fn permise(etat: EtatCompte, operation: Operation) -> Result<(), SignificationError> {
    if etat_permet(etat, operation) {
        return Ok(());
    }
    Err(SignificationError::Forbidden { operation: operation.nom(), why: "l'état du compte ne le permet pas" })
}

/// What an office asks about is its own, but what the whole profession or the platform keeps.
fn etude(objet: Objet, operation: Operation) -> Relation {
    use Operation as O;
    let of_all = [O::ConsulterRegistre, O::Origine, O::AttestationInterruption].contains(&operation);
    match objet {
        _ if of_all => Relation::Autrui,
        Objet::Acte(_) | Objet::Consentement(_) | Objet::Incident(_) | Objet::Compte(_) | Objet::Tous => {
            Relation::SonEtude
        }
        Objet::Mandat(_) => Relation::Autrui,
    }
}

fn description(objet: Objet) -> String {
    match objet {
        Objet::Acte(id) => format!(" (acte {id})"),
        Objet::Consentement(id) => format!(" (consentement {id})"),
        Objet::Compte(id) => format!(" (compte {id})"),
        Objet::Mandat(id) => format!(" (mandat {id})"),
        Objet::Incident(id) => format!(" (incident {id})"),
        Objet::Tous => String::new(),
    }
}

/// What the session's login is worth, and which session: in the evidence of what was then done, so that whose doing it was
/// can be told by the means that opened it.
fn methode(session: &Session) -> String {
    format!("{AUTH_METHOD}-{}:{}", session.niveau.nom(), session.id)
}

/// The session that [`methode`] named.
fn session_de(methode: &str) -> Option<Id> {
    methode.strip_prefix(AUTH_METHOD)?.split_once(':')?.1.parse().ok()
}
