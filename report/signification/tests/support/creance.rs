//! One small claim for the tests: parties, letter and the road to each state.
#![allow(dead_code, missing_docs, unreachable_pub, reason = "each test takes what it needs")]

use dossier::{Digests, Instant};
use jiff::civil::{Date, date};
use signification::calendar::Zone;
use signification::civil::parse_paris;
use signification::consent::Actor;
use signification::delais::JoursChomes;
use signification::petites_creances::documents::{Affaire, EnTete, LettreInvitation, PartieNommee, TextesJoints};
use signification::petites_creances::{
    AuthMethod, Canal, Cause, Cents, Competence, DelaiMois, Echeance, Event, Modalites, ModeAccord, Montant, Ressort,
    Secret, Taux, View, controler, inviter, montant_au, premier_acces,
};
use signification::{Id, SignificationError, SystemEntropy};

pub const ZONE: Zone = Zone::Metropole;

pub fn at(text: &str) -> Instant {
    parse_paris(text).unwrap_or_else(|e| panic!("{text}: {e}"))
}

pub fn id() -> Id {
    Id::new(at("2026-11-01 09:00"), &SystemEntropy::default()).unwrap()
}

pub fn euros(text: &str) -> Cents {
    text.parse().unwrap()
}

pub fn office() -> Actor {
    Actor::office("officier-1")
}

pub fn digests(text: &str) -> Digests {
    Digests::of(text.as_bytes())
}

pub fn ressort(code: &str) -> Ressort {
    Ressort::try_from(code.to_owned()).unwrap()
}

pub fn competence() -> Competence {
    Competence { etude: ressort("lyon"), debiteur: ressort("lyon") }
}

pub fn affaire() -> Affaire {
    Affaire {
        en_tete: EnTete {
            etude: "Maître Essai, commissaire de justice".into(),
            adresse: "1 place d'Essai, 69002 Lyon".into(),
            dpo: "dpo@essai.test".into(),
            essai: true,
        },
        reference: "2026-0142".into(),
        creancier: PartieNommee { nom: "Menuiserie Exemple SARL".into(), adresse: "4 rue du Bois, 69003 Lyon".into() },
        debiteur: PartieNommee { nom: "Isaline Quatremere".into(), adresse: "12 rue des Martelots, 69001 Lyon".into() },
        fondement: "facture n° 17 du 3 mars 2026".into(),
        cause: Cause::Contractuelle,
    }
}

pub fn textes() -> TextesJoints {
    let text = |n: &str| Some(format!("(texte de l'article, joint par l'étude : {n})"));
    TextesJoints { l_111_2: text("1"), l_111_3: text("2"), l_125_1: text("3"), c_civ_2238: text("4") }
}

/// A claim under way: its facts in order, and the view they make.
pub struct Claim {
    pub creance: Id,
    pub etude: Id,
    pub creancier: Id,
    pub debiteur: Id,
    pub secret: Secret,
    pub facts: Vec<(Instant, Actor, Event)>,
    pub view: Option<View>,
}

pub type Tried = Result<(), SignificationError>;

impl Claim {
    pub fn new() -> Self {
        let secret = Secret::new(&SystemEntropy::default()).unwrap();
        let (creance, etude, creancier, debiteur) = (id(), id(), id(), id());
        Self { creance, etude, creancier, debiteur, secret, facts: Vec::new(), view: None }
    }

    pub fn asked(montant: Montant, taux: Option<Taux>, when: &str) -> Self {
        let mut claim = Self::new();
        let event = claim.request(montant, taux);
        claim.take(when, &office(), event).unwrap();
        claim
    }

    pub fn request(&self, montant: Montant, taux: Option<Taux>) -> Event {
        Event::Requested {
            creance: self.creance,
            dossier: "2026-0142".into(),
            etude: self.etude,
            creancier: self.creancier,
            debiteur: self.debiteur,
            cause: Cause::Contractuelle,
            montant,
            taux,
        }
    }

    /// Invited electronically on 25 November 2026, 1 234,56 € and 12,00 €.
    pub fn invited() -> Self {
        let montant = Montant::new(euros("1234,56"), euros("12"), date(2026, 11, 24)).unwrap();
        let mut claim = Self::asked(montant, None, "2026-11-24 10:00");
        let event = controler(claim.view(), at("2026-11-24 10:05"), &competence(), false).unwrap();
        claim.take("2026-11-24 10:05", &office(), event).unwrap();
        let event = claim.invitation(date(2026, 11, 25), Canal::MessageElectronique).unwrap();
        claim.take("2026-11-25 09:00", &office(), event).unwrap();
        claim
    }

    pub fn participating() -> Self {
        let mut claim = Self::invited();
        claim.enter("2026-12-01 18:00", claim.debiteur);
        claim.participate("2026-12-01 18:10").unwrap();
        claim
    }

    pub fn agreed() -> Self {
        let mut claim = Self::participating();
        claim.propose("2026-12-02 10:00");
        claim.accept_both("2026-12-02 10:10").unwrap();
        claim
    }

    pub fn view(&self) -> &View {
        self.view.as_ref().unwrap()
    }

    pub fn etat(&self) -> &'static str {
        self.view().etat.name()
    }

    pub fn letter(&self, envoi: Date, canal: Canal) -> LettreInvitation {
        let (delai, _) = DelaiMois::new(envoi, ZONE, &JoursChomes::default()).unwrap();
        let view = self.view();
        LettreInvitation {
            affaire: affaire(),
            canal,
            delai,
            montant: montant_au(&view.montant, view.taux, envoi).unwrap(),
            plateforme: "https://creances.essai.test".into(),
            identifiants: self.secret.expose().into(),
            textes: textes(),
        }
    }

    pub fn invitation(&self, envoi: Date, canal: Canal) -> Result<Event, SignificationError> {
        inviter(self.view(), &self.letter(envoi, canal), &self.secret, ZONE, &JoursChomes::default())
    }

    /// Writes a fact, or changes nothing.
    pub fn take(&mut self, when: &str, actor: &Actor, event: Event) -> Tried {
        self.take_at(at(when), actor, event)
    }

    pub fn take_at(&mut self, when: Instant, actor: &Actor, event: Event) -> Tried {
        self.view = Some(View::next(self.view.as_ref(), when, actor, &event)?);
        self.facts.push((when, actor.clone(), event));
        Ok(())
    }

    /// First access and change of the credentials, with the secret of this claim (issued again when need be).
    pub fn enter(&mut self, when: &str, personne: Id) {
        let creance = self.creance;
        if personne != self.debiteur || self.view().acces.get(&personne).is_none_or(|a| a.utilise_le.is_some()) {
            let secret_sha256 = self.secret.sha256();
            self.take(when, &office(), Event::CredentialsIssued { creance, personne, secret_sha256 }).unwrap();
        }
        let typed = self.secret.expose().to_owned();
        let event = premier_acces(self.view(), personne, &typed, AuthMethod::IdentifiantsProvisoires).unwrap();
        self.take(when, &Actor::recipient(personne), event).unwrap();
        let authentifiant_sha256 = digests("nouvel authentifiant").sha256;
        let event = Event::CredentialsChanged { creance, personne, authentifiant_sha256 };
        self.take(when, &Actor::recipient(personne), event).unwrap();
    }

    pub fn participate(&mut self, when: &str) -> Tried {
        let (creance, personne) = (self.creance, self.debiteur);
        let (mode, donne_le) = (ModeAccord::FormulaireElectronique, signification::civil::paris_date(at(when)));
        let event = Event::Participated { creance, personne, mode, donne_le, piece: digests("formulaire") };
        self.take(when, &Actor::recipient(personne), event)
    }

    /// The office proposes 1 000 € in two payments.
    pub fn propose(&mut self, when: &str) -> Id {
        let (creance, proposition) = (self.creance, id());
        let day = signification::civil::paris_date(at(when));
        let montant = Montant::new(euros("1000"), euros("0"), day).unwrap();
        let modalites = two_payments();
        let event = Event::ProposalMade { creance, proposition, personne: None, montant, modalites };
        self.take(when, &office(), event).unwrap();
        proposition
    }

    pub fn accept(&mut self, when: &str, personne: Id, mode: ModeAccord, donne_le: Date) -> Tried {
        let proposition = self.view().proposition.as_ref().unwrap().id;
        let actor = match mode {
            ModeAccord::FormulaireElectronique => Actor::recipient(personne),
            _ => office(),
        };
        let piece = digests("accord");
        let creance = self.creance;
        self.take(when, &actor, Event::ProposalAccepted { creance, proposition, personne, mode, donne_le, piece })
    }

    /// The creditor by post, the debtor on the platform.
    pub fn accept_both(&mut self, when: &str) -> Tried {
        let day = signification::civil::paris_date(at(when));
        self.accept(when, self.creancier, ModeAccord::FormulairePostal, day)?;
        self.accept(when, self.debiteur, ModeAccord::FormulaireElectronique, day)
    }

    pub fn replay(&self) -> View {
        let mut view = None;
        for (when, actor, event) in &self.facts {
            let text = serde_json::to_string(event).unwrap();
            let read: Event = serde_json::from_str(&text).unwrap();
            view = Some(View::next(view.as_ref(), *when, actor, &read).unwrap());
        }
        view.unwrap()
    }
}

pub fn two_payments() -> Modalites {
    let of = |le, montant| Echeance { le, montant: euros(montant) };
    Modalites::try_from(vec![of(date(2027, 1, 5), "400"), of(date(2027, 2, 5), "600")]).unwrap()
}

/// The codes of a refusal.
pub fn codes(error: &SignificationError) -> Vec<&'static str> {
    match error {
        SignificationError::PetiteCreance { codes } => codes.clone(),
        other => panic!("{other}"),
    }
}
