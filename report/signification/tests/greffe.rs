//! Many at once, and the power going off: nothing acknowledged is lost, nothing is done twice, the tables are the journal's.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

#[path = "support/world.rs"]
mod world;

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use signification::acte::ActeState;
use signification::store::memory::MemoryTables;
use signification::store::{Head, Pair, Reader, Table};
use signification::{Id, Platform};
use world::{DigestSealer, Storage, World, officer};

const NOON: &str = "2026-12-01T11:00:00Z";

on_both_storages!(
    sixteen_at_once_lose_and_double_nothing,
    one_act_asked_for_by_many_is_sent_once,
    a_secret_presented_by_many_gives_one_consent,
    tables_that_are_lost_or_rotten_are_made_again_the_same,
    an_index_of_the_registry_that_was_never_made_again_is_made_at_the_next_opening,
    opening_reads_only_what_the_tables_lack,
    killed_two_hundred_times_it_loses_and_doubles_nothing,
);

fn tables_of(reader: &dyn Reader) -> Vec<(Table, Vec<Pair>)> {
    // The registry's index is not the journal's.
    let all = Table::ALL.into_iter().filter(|table| *table != Table::Identite);
    all.map(|table| (table, reader.scan(table, &[], None, usize::MAX).unwrap())).collect()
}

fn replayed(lines: &[Vec<u8>]) -> MemoryTables {
    let (mut tables, mut head) = (MemoryTables::default(), Head::EMPTY);
    for line in lines {
        head = tables.take(&head, line).unwrap();
    }
    tables
}

/// Every fact that calls for evidence has exactly one; an act was received once by each who received it.
fn sound(world: &World<DigestSealer>, platform: &Platform<'_>) {
    let state = platform.state().unwrap();
    assert_eq!(state.unattested, []);
    let attested: BTreeSet<u64> = state.receipts.values().map(|r| r.seq).collect();
    assert_eq!(attested.len(), state.receipts.len());
    let lines = world.lines();
    let count = |op: &str| lines.iter().filter(|line| world::contains(line, op)).count();
    let handed = state.receipts.values().filter(|r| r.event == "ContentHandover").count();
    assert_eq!(count("\"signification.act.downloaded\""), handed);
    assert_eq!(count("\"signification.act.sent\""), state.acts.values().filter(|a| a.sent_at.is_some()).count());
    assert_eq!(tables_of(platform.views()), tables_of(&replayed(&lines)), "the tables are the journal's");
}

fn sixteen_at_once_lose_and_double_nothing(storage: Storage) {
    let world = World::on(storage, DigestSealer { deferred: false }, NOON);
    let platform = world.make();
    let consent = world.consent(&platform, &world.declaration("isaline@essai.test"));
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                while next.fetch_add(1, Ordering::Relaxed) < 64 {
                    let act = platform.deposer(&officer(), &world.deposit(consent, "assignation")).unwrap().acte;
                    platform.envoyer(&officer(), act, false).unwrap();
                    platform.remettre(act, &world.key(consent), &mut Vec::new()).unwrap();
                }
            });
        }
    });
    let state = platform.state().unwrap();
    assert_eq!(state.acts.len(), 64);
    assert!(state.acts.values().all(|a| a.state == ActeState::Telecharge && a.qualification.is_some()));
    sound(&world, &platform);
    assert!(world.verify().intact);
}

fn one_act_asked_for_by_many_is_sent_once(storage: Storage) {
    let world = World::on(storage, DigestSealer { deferred: false }, NOON);
    let platform = world.make();
    let consent = world.consent(&platform, &world.declaration("isaline@essai.test"));
    let act = platform.deposer(&officer(), &world.deposit(consent, "assignation")).unwrap().acte;
    let done = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| match platform.envoyer(&officer(), act, false) {
                Ok(_) => drop(done.fetch_add(1, Ordering::Relaxed)),
                Err(error) => assert_eq!(error.code(), "signification.transition"),
            });
        }
    });
    assert_eq!(done.into_inner(), 1);
    assert_eq!(world.outbox.sent.lock().unwrap().len(), 2, "the invitation, and one notice");
    sound(&world, &platform);
}

fn a_secret_presented_by_many_gives_one_consent(storage: Storage) {
    let world = World::on(storage, DigestSealer { deferred: false }, NOON);
    let platform = world.make();
    let consent = platform.proposer(&officer(), "2026-0142", "téléphone").unwrap().consent;
    platform.declarer(&officer(), consent, &world.declaration("isaline@essai.test")).unwrap();
    platform.inviter(&officer(), consent).unwrap();
    let secret = world::token(&world.outbox.last());
    signification::vault::SecretKey::generate().write(&world.key(consent)).unwrap();
    let done = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| match platform.accepter(&world.accept_input(consent, &secret)) {
                Ok(_) => drop(done.fetch_add(1, Ordering::Relaxed)),
                Err(error) => {
                    assert!(["signification.invitation", "signification.transition"].contains(&error.code()), "{error}")
                }
            });
        }
    });
    assert_eq!(done.into_inner(), 1);
    sound(&world, &platform);
}

fn tables_that_are_lost_or_rotten_are_made_again_the_same(storage: Storage) {
    let world = World::on(storage, DigestSealer { deferred: false }, NOON);
    let platform = world.make();
    let consent = world.consent(&platform, &world.declaration("isaline@essai.test"));
    let act = platform.deposer(&officer(), &world.deposit(consent, "assignation")).unwrap().acte;
    platform.envoyer(&officer(), act, false).unwrap();
    let before = tables_of(platform.views());
    drop(platform);
    world.lose_tables();
    let platform = world.open();
    assert_eq!(tables_of(platform.views()), before);
    // Whoever is asked for is found again, though the index of the registry is nobody's journal.
    let found = platform.consulter_registre(&officer(), "2026-0200", &world::person("")).unwrap();
    assert_eq!(found.consent, Some(consent));
    let before = tables_of(platform.views());
    drop(platform);
    if storage == Storage::Postgres {
        return;
    }
    // What a database file may become when a disk fails.
    for entry in std::fs::read_dir(world.store().join("tables")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            std::fs::write(&path, vec![0x5a; bytes.len()]).unwrap();
        }
    }
    assert_eq!(tables_of(world.open().views()), before);
}

/// An opening must not last as long as the journal is long: what the tables have taken is not read again. The check is there
/// for whoever doubts.
fn opening_reads_only_what_the_tables_lack(storage: Storage) {
    let world = World::on(storage, DigestSealer { deferred: false }, NOON);
    let platform = world.make();
    let consent = world.consent(&platform, &world.declaration("isaline@essai.test"));
    let act = platform.deposer(&officer(), &world.deposit(consent, "assignation")).unwrap().acte;
    let head = platform.head();
    drop(platform);
    let mut journal = world.journal();
    let half = journal.len() / 2;
    let middle = half + journal[half..].iter().position(|b| *b != b'\n').unwrap();
    journal[middle] = if journal[middle] == b'x' { b'y' } else { b'x' };
    world.replace_journal(&journal);
    let platform = world.open();
    assert_eq!(platform.head(), head);
    platform.envoyer(&officer(), act, false).unwrap();
    assert!(!world.verify().intact);
}

fn an_index_of_the_registry_that_was_never_made_again_is_made_at_the_next_opening(storage: Storage) {
    let world = World::on(storage, DigestSealer { deferred: false }, NOON);
    let platform = world.make();
    let consent = world.consent(&platform, &world.declaration("isaline@essai.test"));
    drop(platform);
    // The tables are made again, and the power goes off before the index, which no journal makes, is.
    world.lose_tables();
    world.remake_tables();
    let platform = world.open();
    let found = platform.consulter_registre(&officer(), "2026-0200", &world::person("")).unwrap();
    assert_eq!(found.consent, Some(consent));
}

/// Says something to who reads the child's output, at once.
fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).unwrap();
}

/// What the child of the next test does until it is killed: it says each act it was answered for.
fn serve_until_killed(folder: &std::path::Path) {
    let world = World::at(folder, DigestSealer { deferred: false }, NOON);
    let platform = world.open();
    platform.traiter().unwrap();
    say("ouvert");
    let consent: Id = std::fs::read_to_string(folder.join("consentement")).unwrap().parse().unwrap();
    loop {
        let act = platform.deposer(&officer(), &world.deposit(consent, "assignation")).unwrap().acte;
        say(&format!("depose {act}"));
        platform.envoyer(&officer(), act, false).unwrap();
        say(&format!("envoye {act}"));
        platform.remettre(act, &world.key(consent), &mut Vec::new()).unwrap();
        say(&format!("recu {act}"));
    }
}

fn killed_two_hundred_times_it_loses_and_doubles_nothing(storage: Storage) {
    if let Some(folder) = std::env::var_os("CONSTAT_SERVE_UNTIL_KILLED") {
        return serve_until_killed(std::path::Path::new(&folder));
    }
    let world = World::on(storage, DigestSealer { deferred: false }, NOON);
    let platform = world.make();
    let consent = world.consent(&platform, &world.declaration("isaline@essai.test"));
    drop(platform);
    std::fs::write(world.path("consentement"), consent.to_string()).unwrap();
    // The moments of the kills are spread over the work of an act: a database takes longer for it.
    let (name, late) = match storage {
        Storage::Embarque => ("embarque::killed_two_hundred_times_it_loses_and_doubles_nothing", 3_000),
        Storage::Postgres => ("postgres::killed_two_hundred_times_it_loses_and_doubles_nothing", 20_000),
    };
    let mut answered: Vec<(String, Id)> = Vec::new();
    for round in 0..200_u64 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name, "--nocapture"])
            .env("CONSTAT_SERVE_UNTIL_KILLED", world.folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut next = || lines.next().and_then(Result::ok);
        let opened = std::iter::from_fn(&mut next).any(|line| line == "ouvert");
        assert!(opened, "round {round}: the store opens after a kill");
        let mut heard = Vec::new();
        // A different moment each time: after so many answers, and a little later within the next work.
        for _ in 0..round % 6 {
            heard.extend(next());
        }
        std::thread::sleep(Duration::from_micros(round * 371 % late));
        child.kill().unwrap();
        heard.extend(std::iter::from_fn(&mut next));
        for line in heard {
            if let Some((what, act)) = line.split_once(' ')
                && let Ok(act) = act.parse()
            {
                answered.push((what.to_owned(), act));
            }
        }
        child.wait().unwrap();
    }
    let platform = world.open();
    platform.traiter().unwrap();
    sound(&world, &platform);
    let state = platform.state().unwrap();
    for (what, act) in &answered {
        let view = state.act(*act).unwrap();
        let kept = match what.as_str() {
            "depose" => view.cipher.is_some(),
            "envoye" => view.sent_at.is_some(),
            _ => view.downloaded_at.is_some(),
        };
        assert!(kept, "{what} {act} was answered and is not there");
    }
    assert!(answered.len() > 200, "the campaign reached the work: {}", answered.len());
    assert!(world.verify().intact);
}
