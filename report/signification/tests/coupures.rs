//! Why: the whole platform is killed at random moments while an office deposits and sends, recipients open, take and keep
//! receipts, others open accounts, and the clockwork turns. After each opening again: what was answered is there, once.
//!
//! `CONSTAT_COUPURES` sets how many kills; `benches/signification_coupures.sh` asks for two hundred.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

#[path = "support/comptes.rs"]
mod comptes;
#[path = "support/world.rs"]
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::time::Duration;

use comptes::{Compteur, MOT, SEED, W, avec, cgu, code, entrer, ici};
use serde_json::Value;
use signification::consent::ConsentState;
use signification::notice::Prepared;
use signification::platform::comptes::OuvertureCompte;
use signification::projection::Views as _;
use signification::store::embedded::Embedded;
use signification::store::memory::MemoryTables;
use signification::store::{Found, Head, Pair, Reader, Store, Table};
use signification::{Id, Platform};
use signification_postgres::PgStore;
use world::{DigestSealer, Storage, World, officer};

on_both_storages!(a_platform_killed_at_any_moment_loses_and_doubles_nothing);

/// 6:30 in Paris, on a Tuesday; each life of the platform begins so many seconds later than the one before.
const DAWN: &str = "2026-12-01T05:30:00Z";
const LIFE: u64 = 240;
/// Logins of one life: each waits for a new code of the telephone.
const LOGINS: u64 = 6;
/// Says something to who reads the child's output, at once.
fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).unwrap();
}

fn to(message: &Prepared, courriel: &str) -> bool {
    world::contains(&message.raw, courriel)
}

/// The office, and a recipient who proves himself by his key.
fn serve_acts(world: &W, platform: &Platform<'_>, consent: Id) {
    loop {
        let act = platform.deposer(&officer(), &world.deposit(consent, "assignation")).unwrap().acte;
        say(&format!("depose {act}"));
        platform.envoyer(&officer(), act, false).unwrap();
        say(&format!("envoye {act}"));
        platform.consulter(act, &world.key(consent)).unwrap();
        say(&format!("consulte {act}"));
        platform.remettre(act, &world.key(consent), &mut Vec::new()).unwrap();
        say(&format!("recu {act}"));
        sort_out(world, platform, act);
    }
}

/// Whoever was handed an act takes its receipts.
fn sort_out(world: &W, platform: &Platform<'_>, act: Id) {
    for receipt in platform.recepisses(act).unwrap() {
        let folder = world.path(&format!("sortie-{receipt}"));
        platform.sortir_recepisse(receipt, &folder).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        say(&format!("recepisse {receipt}"));
    }
}

/// People who are invited, open an account, accept, and take an act with their session.
fn serve_people(world: &W, platform: &Platform<'_>, round: u64) {
    for number in 0..LOGINS {
        let nom = format!("personne{round}x{number}");
        let courriel = format!("{nom}@essai.test");
        let consent = platform.proposer(&officer(), "2026-0142", "téléphone").unwrap().consent;
        platform.declarer(&officer(), consent, &world.declaration(&courriel)).unwrap();
        platform.inviter_avec_compte(&officer(), consent, None).unwrap();
        let invitation = world.outbox.sent.lock().unwrap().iter().find(|m| to(m, &courriel)).unwrap().raw.clone();
        let (secret, code) = (world::token(&invitation), code(world));
        let (origine, telephone) = (ici(platform, 1), Some((&SEED, code.as_str())));
        let opening = OuvertureCompte { reference: consent, secret: &secret, nom: &nom, mot: MOT, telephone, origine };
        let account = platform.ouvrir_compte(&opening).unwrap().compte;
        say(&format!("compte {account}"));
        let acces = entrer(world, platform, &nom, 1);
        platform.accepter_cgu(&acces, &cgu()).unwrap();
        say(&format!("accord {consent}"));
        let act = comptes::acte(world, platform, consent);
        say(&format!("envoye {act}"));
        platform.consulter_en_session(&acces, act).unwrap();
        say(&format!("consulte {act}"));
        platform.remettre_en_session(&acces, act, &mut Vec::new()).unwrap();
        say(&format!("recu {act}"));
        sort_out(world, platform, act);
    }
}

/// What the child does until it is killed. A fault is said: the parent fails on it.
fn serve_until_killed(folder: &std::path::Path) {
    std::panic::set_hook(Box::new(|fault| {
        say(&format!("panne {}", fault.to_string().replace('\n', " ")));
        std::process::exit(9);
    }));
    let round: u64 = std::fs::read_to_string(folder.join("tour")).unwrap().parse().unwrap();
    let consent: Id = std::fs::read_to_string(folder.join("consentement")).unwrap().parse().unwrap();
    let world = World::at(folder, DigestSealer { deferred: false }, DAWN);
    world.clock.advance(Duration::from_secs(round * LIFE));
    let platform = avec(world.open(), &Compteur::default());
    platform.traiter().unwrap();
    say("ouvert");
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| serve_acts(&world, &platform, consent));
        }
        scope.spawn(|| serve_people(&world, &platform, round));
        loop {
            platform.traiter().unwrap();
            platform.pointer().unwrap();
            std::thread::sleep(Duration::from_millis(3));
        }
    });
}

/// What the lines say, read once each: the chain, and how often each thing was done.
struct Read {
    head: Head,
    done: BTreeMap<(String, String), u32>,
    attested: BTreeSet<u64>,
}

/// What is done once to its object, whatever happens.
const ONCE: [&str; 10] = [
    "signification.act.drafted",
    "signification.act.sealed",
    "signification.act.sent",
    "signification.act.deposited",
    "signification.notice.accepted",
    "signification.act.downloaded",
    "signification.act.qualified",
    "signification.consent.given",
    "signification.receipt.made",
    "signification.account.activated",
];

impl Read {
    /// Takes the lines written since the last look.
    fn follow(&mut self, store: &dyn Store) {
        let from = self.head.next;
        store
            .lines(from, &mut |line| {
                // Refuses a line that does not follow the one before.
                self.head = self.head.read(line)?.1;
                self.count(&serde_json::from_slice(line).unwrap());
                Ok(())
            })
            .unwrap();
        assert_eq!(self.head, store.head());
    }

    fn count(&mut self, line: &Value) {
        let (op, data) = (line["op"].as_str().unwrap(), &line["data"]);
        if !ONCE.contains(&op) {
            return;
        }
        let object = ["receipt", "act", "account", "consent"].into_iter().find_map(|name| data[name].as_str());
        let object = object.unwrap_or_else(|| panic!("no object: {line}")).to_owned();
        if op == "signification.receipt.made" {
            assert!(self.attested.insert(data["seq"].as_u64().unwrap()), "attested twice: {line}");
        }
        let times = self.done.entry((op.to_owned(), object)).or_default();
        *times += 1;
        assert_eq!(*times, 1, "done twice: {line}");
    }

    fn has(&self, op: &str, object: Id) -> bool {
        self.done.contains_key(&(format!("signification.{op}"), object.to_string()))
    }
}

/// Opens the storage as the next life of the platform will, and looks at what is new.
fn look_again(world: &W, read: &mut Read) {
    let opened = match world.storage {
        Storage::Embarque => Embedded::open(&world.store(), false).map(|(s, f)| (Box::new(s) as Box<dyn Store>, f)),
        Storage::Postgres => PgStore::open(&world.address(), false).map(|(s, f)| (Box::new(s) as Box<dyn Store>, f)),
    };
    let (store, found): (Box<dyn Store>, Found) = opened.unwrap();
    read.follow(&*store);
    let platform =
        avec(Platform::ouvrir_avec(&world.store(), store, found, world.ctx()).unwrap(), &Compteur::default());
    platform.traiter().unwrap();
    assert!(platform.views().unattested(1).unwrap().is_empty(), "what calls for evidence has it");
}

/// What was answered is there.
fn kept(world: &W, read: &Read, answered: &[(String, Id)]) {
    let platform = world.open();
    let views = platform.views();
    for (what, id) in answered {
        let there = match what.as_str() {
            "depose" => views.act(*id).unwrap().cipher.is_some() && world.vaulted(*id).exists(),
            "envoye" => views.act(*id).unwrap().sent_at.is_some() && read.has("act.sent", *id),
            "consulte" => views.act(*id).unwrap().consulted_at.is_some(),
            "recu" => read.has("act.downloaded", *id),
            "recepisse" => platform.evidence_bytes(*id).is_ok() && read.has("receipt.made", *id),
            "compte" => read.has("account.activated", *id),
            _ => views.consent(*id).unwrap().state == ConsentState::Actif && read.has("consent.given", *id),
        };
        assert!(there, "{what} {id} was answered and is not there");
    }
}

/// One life: it is opened, works, and is killed; gives what it answered before.
fn live_and_die(world: &W, name: &str, round: u64, late: u64) -> Vec<(String, Id)> {
    std::fs::write(world.path("tour"), round.to_string()).unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env("CONSTAT_SERVE_UNTIL_KILLED", world.folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || lines.next().and_then(Result::ok);
    let opened = std::iter::from_fn(&mut next).find(|line| line == "ouvert" || line.starts_with("panne"));
    assert_eq!(opened.as_deref(), Some("ouvert"), "round {round}: the store opens after a kill");
    let mut heard = Vec::new();
    // A different moment each time: after so many answers, and a little later within the next work.
    for _ in 0..round % 23 {
        heard.extend(next());
    }
    std::thread::sleep(Duration::from_micros(round * 7919 % late));
    child.kill().unwrap();
    heard.extend(std::iter::from_fn(&mut next));
    child.wait().unwrap();
    let fault = heard.iter().find(|line| line.starts_with("panne"));
    assert_eq!(fault, None, "round {round}");
    let pair = |line: &String| line.split_once(' ').and_then(|(what, id)| Some((what.to_owned(), id.parse().ok()?)));
    heard.iter().filter_map(pair).collect()
}

fn a_platform_killed_at_any_moment_loses_and_doubles_nothing(storage: Storage) {
    if let Some(folder) = std::env::var_os("CONSTAT_SERVE_UNTIL_KILLED") {
        return serve_until_killed(std::path::Path::new(&folder));
    }
    // The kills unless told otherwise, and how late they come at most: a database takes longer for the same work.
    let (name, kills, late) = match storage {
        Storage::Embarque => ("embarque::a_platform_killed_at_any_moment_loses_and_doubles_nothing", 200, 9_000),
        Storage::Postgres => ("postgres::a_platform_killed_at_any_moment_loses_and_doubles_nothing", 40, 40_000),
    };
    let kills = std::env::var("CONSTAT_COUPURES").map_or(kills, |text| text.parse().unwrap());
    let world = World::on(storage, DigestSealer { deferred: false }, DAWN);
    let platform = world.make();
    let consent = world.consent(&platform, &world.declaration("isaline@essai.test"));
    drop(platform);
    std::fs::write(world.path("consentement"), consent.to_string()).unwrap();
    let mut read = Read { head: Head::EMPTY, done: BTreeMap::new(), attested: BTreeSet::new() };
    let mut told: BTreeMap<String, u32> = BTreeMap::new();
    for round in 0..kills {
        let answered = live_and_die(&world, name, round, late);
        world.clock.advance(Duration::from_secs(LIFE));
        look_again(&world, &mut read);
        kept(&world, &read, &answered);
        for (what, _) in answered {
            *told.entry(what).or_default() += 1;
        }
    }
    eprintln!("{storage:?}: {kills} kills, {} lines, answered before them: {told:?}", read.head.next);
    for what in ["depose", "envoye", "consulte", "recu", "recepisse", "compte", "accord"] {
        assert!(told.contains_key(what), "the campaign reached each work: {told:?}");
    }
    sound(&world);
}

/// At the end, the whole: tables are the journal's, each receipt is what the journal announces.
fn sound(world: &W) {
    let platform = world.open();
    let state = platform.state().unwrap();
    assert_eq!(state.unattested, []);
    let seqs: BTreeSet<u64> = state.receipts.values().map(|r| r.seq).collect();
    assert_eq!(seqs.len(), state.receipts.len(), "one receipt of each fact");
    let (mut tables, mut head) = (MemoryTables::default(), Head::EMPTY);
    for line in world.lines() {
        head = tables.take(&head, &line).unwrap();
    }
    assert_eq!(head.hash, platform.head());
    for table in Table::ALL.into_iter().filter(|table| *table != Table::Identite) {
        let all = |reader: &dyn Reader| -> Vec<Pair> { reader.scan(table, &[], None, usize::MAX).unwrap() };
        assert!(all(platform.views()) == all(&tables), "{table:?} is the journal's");
    }
    drop(platform);
    assert!(world.verify().intact);
}
