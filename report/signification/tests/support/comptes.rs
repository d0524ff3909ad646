//! What the tests of accounts share: a derivation that counts instead of costing, and people who come in.
#![allow(dead_code, missing_docs, unreachable_pub, reason = "each test takes what it needs")]
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use dossier::{Clock as _, Sha256Digest};
use ring::hmac;
use signification::comptes::Titulaire;
use signification::comptes::connexion::{Entree, Origine, Second, Tentative};
use signification::comptes::hacheur::{Hacheur, Parametres};
use signification::comptes::mot_de_passe::MotDePasse;
use signification::comptes::totp;
use signification::consent::Actor;
use signification::platform::DeclarationInput;
use signification::platform::comptes::{Acces, OuvertureCompte, Reglages};
use signification::text::CGU;
use signification::{Id, Platform, SignificationError};

use crate::world::{self, DigestSealer, Storage, World, officer};

pub const NOON: &str = "2026-12-01T11:00:00Z";
pub const MOT: &str = "agrafe cheval batterie pluie";
pub const SEED: [u8; 20] = *b"vingt octets secrets";

/// Derives cheaply, and counts.
#[derive(Clone, Default)]
pub struct Compteur(Arc<AtomicUsize>);

impl Compteur {
    pub fn faits(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Hacheur for Compteur {
    fn deriver(
        &self,
        parametres: &Parametres,
        sel: &[u8; 16],
        secret: &[u8],
        sortie: &mut [u8; 32],
    ) -> Result<(), SignificationError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        let cost = [parametres.memoire_kio, parametres.passes, parametres.voies].map(u32::to_be_bytes).concat();
        let key = hmac::Key::new(hmac::HMAC_SHA256, &[&sel[..], &cost].concat());
        sortie.copy_from_slice(hmac::sign(&key, secret).as_ref());
        Ok(())
    }
}

pub type W = World<DigestSealer>;

pub fn monde(storage: Storage) -> W {
    World::on(storage, DigestSealer { deferred: false }, NOON)
}

/// With accounts that cost little.
pub fn avec<'a>(platform: Platform<'a>, compteur: &Compteur) -> Platform<'a> {
    let parametres = Parametres { memoire_kio: 8, passes: 2, voies: 1 };
    let alerte = Some("registre@essai.test".to_owned());
    platform.avec_comptes(Reglages { parametres, alerte, ..Reglages::default() }, Box::new(compteur.clone()))
}

pub fn faire(world: &W) -> Platform<'_> {
    avec(world.make(), &Compteur::default())
}

pub fn rouvrir(world: &W) -> Platform<'_> {
    avec(world.open(), &Compteur::default())
}

pub fn registre() -> Actor {
    Actor::registry("registre-1")
}

pub fn ici(platform: &Platform<'_>, octet: u8) -> Origine {
    let source = platform.source_de(std::net::IpAddr::from([192, 0, octet, 1]));
    Origine { source, appareil: Some(Sha256Digest::of(&[octet])) }
}

/// The code that a telephone shows now.
pub fn code(world: &W) -> String {
    format!("{:06}", totp::code(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &SEED, totp::pas(world.clock.now()), 6))
}

/// Invited with the secret of the last message, he takes his account, with a telephone.
pub fn ouvrir(world: &W, platform: &Platform<'_>, reference: Id, nom: &str) -> Id {
    let (secret, code) = (world::token(&world.outbox.last()), code(world));
    let origine = ici(platform, 1);
    let telephone = Some((&SEED, code.as_str()));
    let opened = OuvertureCompte { reference, secret: &secret, nom, mot: MOT, telephone, origine };
    platform.ouvrir_compte(&opened).unwrap().compte
}

/// A recipient whose account is open and who read no terms yet: consent and account.
pub fn invite(world: &W, platform: &Platform<'_>, declaration: &DeclarationInput, nom: &str) -> (Id, Id) {
    let consent = platform.proposer(&officer(), "2026-0142", "téléphone").unwrap().consent;
    platform.declarer(&officer(), consent, declaration).unwrap();
    let (_, account) = platform.inviter_avec_compte(&officer(), consent, None).unwrap();
    assert_eq!(ouvrir(world, platform, consent, nom), account);
    (consent, account)
}

/// One who accepted them.
pub fn destinataire(world: &W, platform: &Platform<'_>, nom: &str) -> (Id, Id) {
    let declaration = world.declaration(&format!("{nom}@essai.test"));
    let (consent, account) = invite(world, platform, &declaration, nom);
    let acces = entrer(world, platform, nom, 1);
    platform.accepter_cgu(&acces, &cgu()).unwrap();
    (consent, account)
}

/// Somebody else: an aidant, a clerk, staff.
pub fn autre(world: &W, platform: &Platform<'_>, titulaire: &Titulaire, nom: &str) -> Id {
    let by = match titulaire {
        Titulaire::Registre | Titulaire::Operateur => Actor::platform(),
        _ => registre(),
    };
    let invited = platform.inviter_compte(&by, titulaire, &format!("{nom}@essai.test")).unwrap();
    ouvrir(world, platform, invited.compte, nom)
}

pub fn cgu() -> String {
    Sha256Digest::of(CGU.as_bytes()).to_hex()
}

pub fn essayer(
    platform: &Platform<'_>,
    (nom, mot, second): (&str, &str, Second<'_>),
    octet: u8,
) -> Result<Entree, SignificationError> {
    let mot = MotDePasse::saisi(mot);
    let t = Tentative { nom, mot: &mot, second, certificat: None, origine: ici(platform, octet) };
    platform.connecter(&t, None)
}

/// Logs in with both proofs, half a minute later: a code serves once.
pub fn entrer(world: &W, platform: &Platform<'_>, nom: &str, octet: u8) -> Acces {
    world.clock.advance(Duration::from_secs(31));
    let code = code(world);
    let entree = essayer(platform, (nom, MOT, Second::Totp(&code)), octet).unwrap();
    platform.session(entree.temoin).unwrap()
}

/// An act sent to this consent.
pub fn acte(world: &W, platform: &Platform<'_>, consent: Id) -> Id {
    let act = platform.deposer(&officer(), &world.deposit(consent, "assignation")).unwrap().acte;
    platform.envoyer(&officer(), act, false).unwrap();
    act
}

pub fn refus<T: std::fmt::Debug>(result: Result<T, SignificationError>) -> &'static str {
    result.unwrap_err().code()
}

pub fn lignes(world: &W, op: &str) -> usize {
    world.lines().iter().filter(|line| world::contains(line, &format!("\"{op}\""))).count()
}

pub fn codes(error: SignificationError) -> Vec<&'static str> {
    match error {
        SignificationError::ActRefused { codes } => codes,
        other => panic!("{other}"),
    }
}

pub fn depot(world: &W, platform: &Platform<'_>, consent: Id) -> Result<Id, SignificationError> {
    platform.deposer(&officer(), &world.deposit(consent, "assignation")).map(|done| done.acte)
}
