//! The choice itself: a pure function from what is known to a way and its reasons, each a code and a French sentence.
use serde::{Deserialize, Serialize};

use crate::acte::Refusal;
use crate::backend::{Standing, Voie};
use crate::territoire::Verdict;

/// What became of the offer made to the recipient (rows A03, A21).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Offre {
    /// He accepted, or declared his consent.
    Acceptee,
    /// He refused and nothing was planned.
    RefuseeSansPlan,
    /// He refused, or never answered: on paper.
    Papier,
    /// He refused, or never answered: postponed.
    Report,
    /// He never answered and nothing was planned.
    SansReponse,
    /// Nobody noted what he said.
    SansIssue,
    /// No offer was made to him.
    Aucune,
}

/// The recipient's account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Compte {
    /// Open.
    Actif,
    /// Suspended (row B08).
    Suspendu,
    /// Ended.
    Resilie,
    /// Without account: he opens his acts with his key.
    SansObjet,
}

/// The service window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Fenetre {
    /// Open.
    Ouverte,
    /// Closed: an act waits, it does not change its way (CPC art. 664 binds paper too).
    Fermee,
    /// The holidays of a zone are not known in full.
    Inconnue,
}

/// What is known of the act and of its recipient at the time of the choice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Situation {
    /// What the consent says against the act; empty when it is active and covers it.
    pub consentement: Vec<Refusal>,
    /// The account.
    pub compte: Compte,
    /// The offer.
    pub offre: Offre,
    /// The window.
    pub fenetre: Fenetre,
    /// Competence of the office by electronic means (row G05).
    pub competence_electronique: Verdict,
    /// Competence of the office on paper (row G01).
    pub competence_papier: Verdict,
    /// Whether the officer confirmed a competence that the table does not settle.
    pub competence_confirmee: bool,
    /// Whether a text imposes the electronic way on this act (seizures on accounts, since 1 April 2021).
    pub voie_imposee: bool,
    /// Whether the recipient is a protected adult: on paper.
    pub majeur_protege: bool,
    /// Ways that refused this act before.
    pub ecartees: Vec<Voie>,
}

/// What the office set; by default nothing but paper: a way is used only once it was configured.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preferences {
    /// Electronic ways at hand, the preferred first.
    pub electroniques: Vec<Voie>,
    /// Whether this platform may be chosen though it is a sandbox: trials only.
    pub bac_a_sable: bool,
}

macro_rules! raisons {
    ($($name:ident $code:literal $phrase:literal;)*) => {
        /// Why a way was chosen, or none.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Raison {
            $(#[doc = $phrase] #[serde(rename = $code)] $name,)*
        }

        impl Raison {
            /// Every reason.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable code.
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// One French sentence.
            pub fn phrase(self) -> &'static str {
                match self { $(Self::$name => $phrase,)* }
            }
        }
    };
}

raisons! {
    ConsentementActif "CONSENTEMENT_ACTIF" "Le destinataire a consenti à la voie électronique pour cet acte.";
    SansConsentement "SANS_CONSENTEMENT" "Aucun consentement de ce destinataire n'est en cours : l'acte va sur papier.";
    ConsentementExpire "CONSENTEMENT_EXPIRE" "Le consentement est arrivé à son terme : l'acte va sur papier.";
    HorsPerimetre "HORS_PERIMETRE" "Le consentement ne couvre pas cette nature d'acte : l'acte va sur papier.";
    CompteSuspendu "COMPTE_SUSPENDU" "Le compte ou le consentement est suspendu : l'acte va sur papier.";
    CompteResilie "COMPTE_RESILIE" "Le compte est résilié : l'acte va sur papier.";
    EmpechementTechnique "EMPECHEMENT_TECHNIQUE" "L'acte ou l'identité ne se relit pas ici : l'acte va sur papier.";
    RefusDestinataire "REFUS_DESTINATAIRE" "Le destinataire a écarté la voie électronique : l'acte va sur papier.";
    Report "REPORT" "Le destinataire a écarté la voie électronique et la signification est reportée.";
    PlanAbsent "PLAN_ABSENT" "Le destinataire a refusé ou n'a pas répondu : décidez d'un report ou du papier.";
    PropositionSansIssue "PROPOSITION_SANS_ISSUE" "L'issue de la proposition n'est pas consignée : notez ce que le destinataire a répondu.";
    FenetreFermee "FENETRE_FERMEE" "La fenêtre de signification est fermée : l'envoi attendra l'ouverture (CPC, art. 664).";
    CalendrierIncomplet "CALENDRIER_INCOMPLET" "Les jours fériés d'une zone ne sont pas tous connus : l'acte va sur papier, à l'heure que l'officier juge.";
    Incompetent "INCOMPETENT" "L'office n'est pas compétent : passez par un confrère.";
    CompetenceAVerifier "COMPETENCE_A_VERIFIER" "La compétence n'est pas établie par la table : confirmez-la avant de choisir.";
    CompetenceConfirmee "COMPETENCE_CONFIRMEE" "La compétence a été confirmée par l'officier.";
    VoieImposee "VOIE_IMPOSEE" "Un texte impose la voie électronique pour cet acte : le papier n'est pas proposé.";
    MajeurProtege "MAJEUR_PROTEGE" "Le destinataire est un majeur protégé : l'acte va sur papier.";
    OperateurConfigure "OPERATEUR_CONFIGURE" "L'office a configuré un opérateur, sous notre propre contrat d'échange.";
    LogicielEtude "LOGICIEL_ETUDE" "L'office a désigné son propre logiciel pour la voie électronique.";
    BacASable "BAC_A_SABLE" "La plateforme locale est un bac à sable : sans effet juridique par elle-même (CPC, art. 748-6).";
    VoieEcartee "VOIE_ECARTEE" "Une voie préférée a déjà refusé cet acte.";
    AucuneVoieElectronique "AUCUNE_VOIE_ELECTRONIQUE" "Aucune voie électronique utilisable n'est configurée : l'acte va sur papier.";
    PapierEcarte "PAPIER_ECARTE" "La voie classique a déjà échoué pour cet acte : l'officier décide de la suite.";
}

/// The way chosen, or none, with every reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Choix {
    /// The way; none when a person has to decide first.
    pub voie: Option<Voie>,
    /// What that way may claim.
    pub standing: Option<Standing>,
    /// Whether the sending waits for the window.
    pub programmee: bool,
    /// Why; never empty.
    pub raisons: Vec<Raison>,
}

impl Choix {
    fn new(voie: Option<Voie>, programmee: bool, raisons: Vec<Raison>) -> Self {
        Self { voie, standing: voie.map(Voie::standing), programmee, raisons }
    }

    /// In French: the way, what it is worth, and each reason.
    pub fn phrase(&self) -> String {
        let head = match self.voie {
            Some(voie) => format!("Voie choisie : {}. {}", voie.nom(), voie.standing().phrase()),
            None => "Aucune voie n'est choisie : une décision est attendue.".to_owned(),
        };
        let list: Vec<String> = self.raisons.iter().map(|r| format!("{} : {}", r.code(), r.phrase())).collect();
        format!("{head}\n{}", list.join("\n"))
    }
}

/// Chooses the way of an act. Paper is the fallback of the electronic way, never of a missing decision: an offer without
/// outcome, a refusal without plan or a competence that is not settled gives no way at all.
pub fn choisir(situation: &Situation, preferences: &Preferences) -> Choix {
    if let Some(stop) = attend(situation) {
        return Choix::new(None, false, vec![stop]);
    }
    let mut against = contre(situation);
    if !against.is_empty() {
        return papier(situation, against);
    }
    let mut raisons = vec![Raison::ConsentementActif];
    match (situation.competence_electronique, situation.competence_confirmee) {
        (Verdict::Competent, _) => {}
        (Verdict::AVerifier, true) => raisons.push(Raison::CompetenceConfirmee),
        (Verdict::AVerifier, false) => return Choix::new(None, false, vec![Raison::CompetenceAVerifier]),
        // Whoever may not serve electronically may not on paper either: the electronic rule is the wider one.
        (Verdict::Incompetent, _) => return Choix::new(None, false, vec![Raison::Incompetent]),
    }
    let (voie, seen) = electronique(situation, preferences);
    raisons.extend(seen);
    let Some(voie) = voie else {
        against.push(Raison::AucuneVoieElectronique);
        against.extend(raisons.into_iter().filter(|r| *r == Raison::VoieEcartee));
        return papier(situation, against);
    };
    raisons.push(match voie {
        Voie::Securact => Raison::OperateurConfigure,
        Voie::Dossier => Raison::LogicielEtude,
        Voie::Local | Voie::Papier => Raison::BacASable,
    });
    let closed = situation.fenetre == Fenetre::Fermee;
    if closed {
        raisons.push(Raison::FenetreFermee);
    }
    Choix::new(Some(voie), closed, raisons)
}

/// What must be decided by a person before anything is chosen.
fn attend(situation: &Situation) -> Option<Raison> {
    match situation.offre {
        Offre::SansIssue => Some(Raison::PropositionSansIssue),
        Offre::RefuseeSansPlan | Offre::SansReponse => Some(Raison::PlanAbsent),
        Offre::Report => Some(Raison::Report),
        Offre::Acceptee | Offre::Papier | Offre::Aucune => None,
    }
}

/// Everything against the electronic way.
fn contre(situation: &Situation) -> Vec<Raison> {
    let mut list: Vec<Raison> = situation.consentement.iter().map(|r| of_refusal(*r)).collect();
    match situation.offre {
        Offre::Papier => list.push(Raison::RefusDestinataire),
        Offre::Aucune if list.is_empty() => list.push(Raison::SansConsentement),
        _ => {}
    }
    match situation.compte {
        Compte::Suspendu => list.push(Raison::CompteSuspendu),
        Compte::Resilie => list.push(Raison::CompteResilie),
        Compte::Actif | Compte::SansObjet => {}
    }
    if situation.majeur_protege {
        list.push(Raison::MajeurProtege);
    }
    if situation.fenetre == Fenetre::Inconnue {
        list.push(Raison::CalendrierIncomplet);
    }
    list.sort();
    list.dedup();
    list
}

fn of_refusal(refusal: Refusal) -> Raison {
    match refusal {
        Refusal::SansConsentement => Raison::SansConsentement,
        Refusal::CompteSuspendu => Raison::CompteSuspendu,
        Refusal::ConsentementExpire => Raison::ConsentementExpire,
        Refusal::HorsPerimetre => Raison::HorsPerimetre,
        Refusal::CalendrierIncomplet => Raison::CalendrierIncomplet,
        _ => Raison::EmpechementTechnique,
    }
}

/// The first way of the office that is usable.
fn electronique(situation: &Situation, preferences: &Preferences) -> (Option<Voie>, Vec<Raison>) {
    let mut seen = Vec::new();
    for voie in preferences.electroniques.iter().copied().filter(|v| v.is_electronique()) {
        if situation.ecartees.contains(&voie) {
            seen = vec![Raison::VoieEcartee];
        } else if voie != Voie::Local || preferences.bac_a_sable {
            return (Some(voie), seen);
        }
    }
    (None, seen)
}

/// Paper, unless a text, the competence or an earlier failure forbids it.
fn papier(situation: &Situation, mut raisons: Vec<Raison>) -> Choix {
    if situation.voie_imposee {
        raisons.push(Raison::VoieImposee);
        return Choix::new(None, false, raisons);
    }
    if situation.ecartees.contains(&Voie::Papier) {
        raisons.push(Raison::PapierEcarte);
        return Choix::new(None, false, raisons);
    }
    match (situation.competence_papier, situation.competence_confirmee) {
        (Verdict::Competent, _) => {}
        (Verdict::AVerifier, true) => raisons.push(Raison::CompetenceConfirmee),
        (Verdict::AVerifier, false) => {
            raisons.push(Raison::CompetenceAVerifier);
            return Choix::new(None, false, raisons);
        }
        (Verdict::Incompetent, _) => {
            raisons.push(Raison::Incompetent);
            return Choix::new(None, false, raisons);
        }
    }
    Choix::new(Some(Voie::Papier), false, raisons)
}
