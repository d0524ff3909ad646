//! What the tests of the recipient's side share: a search for malware that knows one word, an act that was served.
#![allow(dead_code, missing_docs, unreachable_pub, reason = "each test takes what it needs")]
use std::fs;
use std::io::{self, Read};

use dossier::Digests;
use signification::platform::ReponseInput;
use signification::scan::{Analyseur, Politique, Verdict};
use signification::state::State;
use signification::store::Table;
use signification::{Id, Outils, Platform};

use crate::world::{DigestSealer, Storage, World, officer};

pub const NOON: &str = "2026-12-01T11:00:00Z";

/// Finds the word EICAR; what it cannot read it says.
pub struct Moteur;

impl Analyseur for Moteur {
    fn analyser(&self, content: &mut dyn Read) -> io::Result<(Verdict, Digests)> {
        let mut octets = Vec::new();
        content.read_to_end(&mut octets)?;
        let bad = octets.windows(5).any(|w| w == b"EICAR");
        let verdict = if bad { Verdict::Infecte { signature: "Eicar-Test".into() } } else { Verdict::Sain };
        Ok((verdict, Digests::of(&octets)))
    }
}

pub fn world(storage: Storage) -> World<DigestSealer> {
    let mut world = World::on(storage, DigestSealer { deferred: false }, NOON);
    world.config.analyse.politique = Politique::Refuser;
    world
}

pub fn searched() -> Outils<'static> {
    Outils { analyseur: Some(&Moteur), ..Outils::default() }
}

pub fn served(world: &World<DigestSealer>, platform: &Platform<'_>, nature: &str) -> (Id, Id) {
    let consent = world.consent(platform, &world.declaration("isaline@essai.test"));
    let act = platform.deposer(&officer(), &world.deposit(consent, nature)).unwrap().acte;
    platform.envoyer(&officer(), act, false).unwrap();
    (consent, act)
}

pub fn answer(world: &World<DigestSealer>, acte: Id, file: Option<(&str, &[u8])>) -> ReponseInput {
    let jointes = file.map(|(name, bytes)| {
        fs::write(world.path(name), bytes).unwrap();
        world.path(name)
    });
    ReponseInput {
        acte,
        texte: "Je dois 1 200 euros au debiteur saisi.".into(),
        jointes: jointes.into_iter().collect(),
    }
}

/// The tables are what the journal alone makes of them.
pub fn sound(world: &World<DigestSealer>, platform: &Platform<'_>) {
    assert!(world.verify().intact);
    let replayed = State::replay(world.lines().iter().map(Vec::as_slice)).unwrap();
    assert_eq!(replayed, platform.state().unwrap());
    for table in [Table::Reponse, Table::Adhesion, Table::Mobile, Table::Delai, Table::Fichier, Table::Agenda] {
        let mut tables = signification::store::memory::MemoryTables::default();
        let mut head = signification::store::Head::EMPTY;
        for line in world.lines() {
            head = tables.take(&head, &line).unwrap();
        }
        let of = |r: &dyn signification::store::Reader| r.scan(table, &[], None, usize::MAX).unwrap();
        assert_eq!(of(&tables), of(platform.views()), "{table:?}");
    }
}

pub fn code<T: std::fmt::Debug>(result: Result<T, signification::SignificationError>) -> &'static str {
    result.unwrap_err().code()
}
