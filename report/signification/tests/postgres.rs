//! What is PostgreSQL's own: the server killed under a platform that works, one writer, an address that is nobody's to read.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

#[path = "support/pki.rs"]
mod pki;
#[path = "support/world.rs"]
mod world;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use signification::platform::Platform;
use signification::store::{Batch, Reader as _, Store as _, Table};
use signification::{Id, SignificationError};
use signification_postgres::{PgStore, copier};
use world::{Base, DigestSealer, Server, Storage, World, officer};

const NOON: &str = "2026-12-01T11:00:00Z";

fn world() -> World<DigestSealer> {
    World::on(Storage::Postgres, DigestSealer { deferred: false }, NOON)
}

/// What a worker was answered, until something was refused; `taken` counts what was acknowledged.
fn work(world: &World<DigestSealer>, platform: &Platform<'_>, consent: Id, taken: &AtomicUsize) -> Worked {
    let mut worked = Worked::default();
    loop {
        let done = platform.deposer(&officer(), &world.deposit(consent, "assignation")).and_then(|deposited| {
            let act = deposited.acte;
            worked.deposited.push(act);
            taken.fetch_add(1, Ordering::Relaxed);
            platform.envoyer(&officer(), act, false)?;
            worked.sent.push(act);
            platform.remettre(act, &world.key(consent), &mut Vec::new())?;
            worked.received.push(act);
            Ok(())
        });
        if let Err(error) = done {
            worked.refused = Some(error);
            break;
        }
    }
    worked
}

#[derive(Default)]
struct Worked {
    deposited: Vec<Id>,
    sent: Vec<Id>,
    received: Vec<Id>,
    refused: Option<SignificationError>,
}

/// A platform that was told that its server is gone: it says what to do, and takes nothing more.
fn refuses_from_now_on(world: &World<DigestSealer>, platform: &Platform<'_>, consent: Id, worked: &Worked) {
    let error = worked.refused.as_ref().unwrap();
    let text = error.to_string();
    match error.code() {
        "signification.storage" => assert!(text.contains("rouvrez la plateforme"), "{text}"),
        code => assert_eq!(code, "signification.poisoned", "{text}"),
    }
    assert!(!text.contains("mot de/passe") && !text.contains("postgresql://"), "{text}");
    let again = platform.deposer(&officer(), &world.deposit(consent, "assignation")).unwrap_err();
    assert_eq!(again.code(), "signification.poisoned");
}

#[test]
fn a_server_killed_twenty_times_loses_nothing_that_was_acknowledged() {
    let server = Arc::new(Server::start());
    let world = World::over(Some(Base::new(&server)), DigestSealer { deferred: false }, NOON);
    let platform = world.make();
    let consent = world.consent(&platform, &world.declaration("isaline@essai.test"));
    drop(platform);
    let mut all = Worked::default();
    for round in 0..20_u64 {
        let platform = world.open();
        platform.traiter().unwrap();
        let taken = AtomicUsize::new(0);
        let worked: Vec<Worked> = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..2).map(|_| scope.spawn(|| work(&world, &platform, consent, &taken))).collect();
            // However slow the machine: the kill comes while they work, each time at another moment of it.
            let started = (0..30_000).any(|_| {
                std::thread::sleep(Duration::from_millis(2));
                taken.load(Ordering::Relaxed) >= 3
            });
            assert!(started, "round {round}: nothing is acknowledged");
            std::thread::sleep(Duration::from_millis(round * 37 % 100));
            server.kill();
            workers.into_iter().map(|worker| worker.join().unwrap()).collect()
        });
        for one in worked {
            refuses_from_now_on(&world, &platform, consent, &one);
            all.deposited.extend(one.deposited);
            all.sent.extend(one.sent);
            all.received.extend(one.received);
        }
        drop(platform);
        server.ready();
    }
    assert!(all.deposited.len() > 40, "the campaign reached the work: {}", all.deposited.len());
    let platform = world.open();
    platform.traiter().unwrap();
    let state = platform.state().unwrap();
    assert!(all.deposited.iter().all(|act| state.act(*act).unwrap().cipher.is_some()));
    assert!(all.sent.iter().all(|act| state.act(*act).unwrap().sent_at.is_some()));
    assert!(all.received.iter().all(|act| state.act(*act).unwrap().downloaded_at.is_some()));
    assert_eq!(state.unattested, []);
    assert!(world.verify().intact);
    assert!(!server.log().contains("mot de/passe"), "the server was never told the password in clear");
}

#[test]
fn one_writes_and_who_lost_its_lock_writes_no_more() {
    let world = world();
    let platform = world.make();
    let consent = world.consent(&platform, &world.declaration("isaline@essai.test"));
    assert_eq!(world.try_open(world.ctx()).err().unwrap().code(), "signification.store_in_use");
    // The session that holds the lock is ended by somebody, and another writer comes at once.
    let ended = world.base.as_ref().unwrap().sql(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory' AND granted \
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database());",
    );
    assert_eq!(ended, "1");
    let other = world.open();
    let error = platform.deposer(&officer(), &world.deposit(consent, "assignation")).unwrap_err();
    assert!(["signification.storage", "signification.poisoned"].contains(&error.code()), "{error}");
    let error = platform.deposer(&officer(), &world.deposit(consent, "assignation")).unwrap_err();
    assert_eq!(error.code(), "signification.poisoned");
    other.deposer(&officer(), &world.deposit(consent, "assignation")).unwrap();
    assert!(world.verify().intact);
}

#[test]
fn a_writer_that_does_nothing_hears_that_its_lock_is_gone() {
    let world = world();
    let platform = world.make();
    assert!(platform.views().get(Table::Plateforme, &[]).is_ok());
    world.base.as_ref().unwrap().sql(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory' AND granted \
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database());",
    );
    let heard = (0..300).any(|_| {
        std::thread::sleep(Duration::from_millis(100));
        platform.views().get(Table::Plateforme, &[]).is_err()
    });
    assert!(heard, "even reading stops");
}

#[test]
fn another_format_another_server_and_another_hand_are_refused() {
    let world = world();
    let base = world.base.as_ref().unwrap();
    assert_eq!(PgStore::open(&world.address(), false).err().unwrap().code(), "signification.store_missing");
    drop(world.make());
    assert_eq!(PgStore::create(&world.address()).err().unwrap().code(), "signification.store_exists");
    // A batch is taken only where the journal ends.
    let (store, _) = PgStore::open(&world.address(), false).unwrap();
    base.sql("UPDATE signification.constat_meta SET prochaine = prochaine + 1;");
    assert!(store.commit(&Batch::default()).unwrap_err().to_string().contains("une autre main"));
    drop(store);
    base.sql("UPDATE signification.constat_meta SET prochaine = prochaine - 1;");
    // A line that lacks, the last one or another. A copy that ends sooner is a whole journal: only the tables know better.
    base.sql(
        "CREATE TABLE ailleurs AS SELECT * FROM signification.ligne; DELETE FROM signification.ligne WHERE seq = 1;",
    );
    assert_eq!(PgStore::open(&world.address(), false).err().unwrap().code(), "signification.journal");
    assert_eq!((world.verify().intact, world.verify().lignes), (true, 1));
    let (store, found) = PgStore::open(&world.address(), true).unwrap();
    assert_eq!((store.head().next, found.caught_up, found.rebuilt.is_some()), (1, 1, true));
    drop(store);
    base.sql(
        "TRUNCATE signification.ligne; INSERT INTO signification.ligne SELECT * FROM ailleurs WHERE seq > 0; \
         UPDATE signification.constat_meta SET prochaine = NULL;",
    );
    assert_eq!(PgStore::open(&world.address(), false).err().unwrap().code(), "signification.journal");
    assert!(!world.verify().intact);
    base.sql("UPDATE signification.constat_meta SET format = 'constat-signification-postgresql/0';");
    let error = PgStore::open(&world.address(), false).err().unwrap();
    assert!(error.code() == "signification.config" && error.to_string().contains("postgresql/0"), "{error}");
    assert_eq!(copier(&world.address(), world.folder.path()).unwrap_err().code(), "signification.config");
}

#[test]
fn a_making_again_that_was_cut_is_carried_on() {
    let world = world();
    let platform = world.make();
    let consent = world.consent(&platform, &world.declaration("isaline@essai.test"));
    let act = platform.deposer(&officer(), &world.deposit(consent, "assignation")).unwrap().acte;
    drop(platform);
    let base = world.base.as_ref().unwrap();
    let all = base.sql("SELECT count(*) FROM signification.ligne;");
    // As if the power had gone off when the first lines had been taken again.
    base.sql("CREATE TABLE suite AS SELECT * FROM signification.ligne WHERE seq >= 5; DELETE FROM signification.ligne WHERE seq >= 5;");
    base.lose_tables();
    drop(PgStore::open(&world.address(), false).unwrap());
    base.sql("INSERT INTO signification.ligne SELECT * FROM suite;");
    let (store, found) = PgStore::open(&world.address(), false).unwrap();
    assert_eq!((found.caught_up + 5).to_string(), all);
    assert!(found.rebuilt.is_some(), "so that the registry's index is made again too");
    let platform = Platform::ouvrir_avec(&world.store(), Box::new(store), found, world.ctx()).unwrap();
    assert!(platform.state().unwrap().acts.contains_key(&act));
    drop(platform);
    // Once more from the beginning, while it is open: the index that no journal makes stays.
    let (store, _) = PgStore::open(&world.address(), false).unwrap();
    let before = store.scan(Table::Identite, &[], None, usize::MAX).unwrap();
    store.rebuild().unwrap();
    assert_eq!(store.scan(Table::Identite, &[], None, usize::MAX).unwrap(), before);
    // The person, and the mark of an index made whole.
    assert_eq!((store.head().next.to_string(), before.len()), (all, 2));
}

#[test]
fn e03_an_opening_makes_no_index_again_that_was_made_whole() {
    let world = world();
    let platform = world.make();
    let index = |platform: &Platform<'_>| platform.views().scan(Table::Identite, &[], None, usize::MAX).unwrap();
    // Nobody to find yet: the index is whole all the same, and the next opening knows.
    assert_eq!(index(&platform).len(), 1);
    drop(platform);
    let base = world.base.as_ref().unwrap();
    // A consent that nobody can read stops whoever goes through them all.
    base.sql("INSERT INTO signification.consentement VALUES ('\\x00', '\\x00')");
    drop(world.open());
    base.sql("DELETE FROM signification.identite");
    let refused = world.try_open(world.ctx()).err().map(|error| error.code());
    assert_eq!(refused, Some("signification.storage"), "without its mark it is made again");
    base.sql("DELETE FROM signification.consentement WHERE cle = '\\x00'");
    let platform = world.open();
    assert_eq!(index(&platform).len(), 1);
    world.consent(&platform, &world.declaration("isaline@essai.test"));
    assert_eq!(index(&platform).len(), 2);
}

#[test]
fn a_wrong_password_and_a_silent_server_are_told_without_the_address() {
    let world = world();
    let good = std::fs::read_to_string(world.address()).unwrap();
    std::fs::write(world.address(), good.replace("passe%20", "motdepassefaux%20")).unwrap();
    let error = PgStore::create(&world.address()).err().unwrap().to_string();
    assert!(
        error.contains("28P01") && !error.contains("motdepassefaux") && !error.contains("postgresql://"),
        "{error}"
    );
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    std::fs::write(world.address(), format!("postgresql://constat:motdepasse@127.0.0.1:{closed}/base")).unwrap();
    let error = PgStore::create(&world.address()).err().unwrap().to_string();
    assert!(error.contains("ne répond plus") && !error.contains("motdepasse"), "{error}");
}

#[test]
fn people_read_the_acts_and_consents_as_json() {
    let world = world();
    let platform = world.make();
    let consent = world.consent(&platform, &world.declaration("isaline@essai.test"));
    let act = platform.deposer(&officer(), &world.deposit(consent, "assignation")).unwrap().acte;
    let base = world.base.as_ref().unwrap();
    let told = base.sql("SELECT acte || ' ' || (vue ->> 'state') FROM signification.actes;");
    assert_eq!(told, format!("{act} SCELLE"));
    assert_eq!(base.sql("SELECT vue ->> 'state' FROM signification.consentements;"), "ACTIF");
    assert_eq!(
        base.sql("SELECT ligne ->> 'op' FROM signification.journal WHERE seq = 0;"),
        "signification.store.created"
    );
}

#[test]
fn over_the_network_the_server_proves_who_it_is() {
    let (ours, other) = (pki::OpensslSealer::new(), pki::OpensslSealer::new());
    let text = |name: &str| String::from_utf8(ours.read(name)).unwrap();
    let server = Arc::new(Server::start_tls(&text("smtp.pem"), &text("smtp.key")));
    let world = World::over(Some(Base::new(&server)), DigestSealer { deferred: false }, NOON);
    let base = world.base.as_ref().unwrap();
    let root = |pki: &pki::OpensslSealer| format!("sslmode=verify-full&sslrootcert={}", pki.path("root.pem").display());
    base.write_network_address(&world.address(), &root(&other));
    let error = PgStore::create(&world.address()).err().unwrap().to_string();
    assert!(!error.contains("mot%20de"), "{error}");
    assert_eq!(base.sql("SELECT to_regclass('signification.ligne');"), "", "nothing was written");
    base.write_network_address(&world.address(), &root(&ours));
    drop(world.make());
    assert!(world.verify().intact);
}
