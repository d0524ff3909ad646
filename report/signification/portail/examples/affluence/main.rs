//! Why: a platform with its portal under a crowd: acts deposited, sent and noticed, then opened and taken over HTTP by many
//! recipients at once. Driven by `benches/signification_affluence.sh`; prints one JSON object. What it counts is what it did:
//! the script counts again from the journal and from the stored receipts.
//!
//! `affluence FOLDER ACTS RECIPIENTS PKI [ADDRESS]`: with a file that says where a database is, PostgreSQL.
#![allow(clippy::unwrap_used, reason = "a measure that cannot go on must stop")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "what was measured is its answer")]
mod courrier;
mod decor;
mod mesure;
mod navigateur;
mod parcours;
mod sceau;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use dossier::{Clock, Sha256Digest};
use serde_json::{Value, json};
use signification::comptes::hacheur::Argon2id;
use signification::consent::Actor;
use signification::notice::SmtpMailer;
use signification::platform::comptes::Reglages;
use signification::platform::{Context, DepositInput, Platform};
use signification::{Id, SystemEntropy};
use signification_portail::{ConfigPortail, Limites, Portail};
use signification_postgres::PgStore;

use courrier::Courrier;
use decor::Horloge;
use mesure::Mesures;
use navigateur::Client;
use parcours::Personne;
use sceau::Sceau;

/// Threads of the office that deposits and sends.
const ETUDE: usize = 8;
/// Seconds between two looks at the memory.
const REGARD: u64 = 5;

pub(crate) fn officier() -> Actor {
    Actor::office("officier-1")
}

/// Everything that runs.
pub(crate) struct Banc {
    pub(crate) platform: Arc<Platform<'static>>,
    pub(crate) clock: &'static dyn Clock,
    pub(crate) courrier: Courrier,
    pub(crate) mesures: Arc<Mesures>,
    pub(crate) folder: PathBuf,
}

/// An act that was sent: whose, and the digest of what was deposited.
type Envoye = (usize, Id, Sha256Digest);

fn monter(folder: PathBuf, pki: PathBuf, address: Option<&PathBuf>) -> Banc {
    let (courrier, mesures) = (Courrier::ouvrir(), Arc::new(Mesures::default()));
    let config = decor::config(courrier.port);
    let clock: &'static dyn Clock = Box::leak(Box::new(Horloge::new()));
    let entropy: &'static SystemEntropy = Box::leak(Box::default());
    let sealer = Box::leak(Box::new(Sceau::new(pki, mesures.clone())));
    let mailer = Box::leak(Box::new(SmtpMailer::new(&config.smtp).unwrap()));
    let ctx = Context { clock, entropy, sealer, mailer };
    std::fs::create_dir_all(&folder).unwrap();
    let store = folder.join("plateforme");
    let platform = match address {
        None => {
            Platform::initialiser(&store, &config, ctx).unwrap();
            Platform::ouvrir(&store, ctx).unwrap()
        }
        Some(address) => {
            let base = Box::new(PgStore::create(address).unwrap());
            Platform::initialiser_avec(&store, &config, base, ctx).unwrap();
            let (base, found) = PgStore::open(address, false).unwrap();
            Platform::ouvrir_avec(&store, Box::new(base), found, ctx).unwrap()
        }
    };
    // Passwords at the product's own cost, two derivations at once: as many as there are processors here.
    let platform = Arc::new(platform.avec_comptes(Reglages::default(), Box::new(Argon2id::new(2))));
    Banc { platform, clock, courrier, mesures, folder }
}

/// Opens the accounts, two at a time.
fn inscrire(banc: &Banc, recipients: usize) -> Vec<Personne> {
    let half = recipients / 2;
    let open = |from: usize, to: usize| (from..to).map(|number| parcours::ouvrir(banc, number)).collect::<Vec<_>>();
    std::thread::scope(|scope| {
        let first = scope.spawn(|| open(0, half));
        let second = open(half, recipients);
        let mut all = first.join().unwrap();
        all.extend(second);
        all
    })
}

/// Deposits and sends so many acts, each recipient in turn.
fn deposer(banc: &Banc, people: &[Personne], wanted: u64) -> Vec<Envoye> {
    let (next, sent) = (AtomicU64::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for thread in 0..ETUDE {
            let (next, sent) = (&next, &sent);
            scope.spawn(move || {
                let fichier = banc.folder.join(format!("acte-{thread}.pdf"));
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= wanted {
                        return;
                    }
                    let whose = usize::try_from(number).unwrap() % people.len();
                    let pdf = decor::acte_pdf(number);
                    std::fs::write(&fichier, &pdf).unwrap();
                    let input = DepositInput {
                        consent: people[whose].consent,
                        dossier: format!("2026-{number}"),
                        nature: "assignation".into(),
                        requerant: "Banque Requerante SA".into(),
                        fichier: fichier.clone(),
                    };
                    let put = || banc.platform.deposer(&officier(), &input).unwrap();
                    let act = banc.mesures.prendre("dépôt", put).acte;
                    let send = || banc.platform.envoyer(&officier(), act, false).unwrap();
                    let done = banc.mesures.prendre("envoi et avis", send);
                    assert!(done.avis.is_some_and(|avis| avis.accepted));
                    sent.lock().unwrap().push((whose, act, Sha256Digest::of(&pdf)));
                }
            });
        }
    });
    sent.into_inner().unwrap()
}

/// Memory every few seconds, and the clockwork of the service, until told to stop.
fn veiller(banc: &Banc, stop: &AtomicBool, begin: Instant, seen: &Mutex<Vec<Value>>) {
    let mut turns = 0_u64;
    while !stop.load(Ordering::Relaxed) {
        let told = json!([begin.elapsed().as_secs(), mesure::soi("status", "VmRSS") / 1024]);
        seen.lock().unwrap().push(told);
        if turns.is_multiple_of(4) {
            banc.mesures.prendre("tour d'horloge (traiter)", || banc.platform.traiter()).unwrap();
        }
        turns += 1;
        for _ in 0..REGARD * 10 {
            if !stop.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(100));
            }
        }
    }
}

async fn servir(banc: &Banc, limites: Limites) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let adresse = listener.local_addr().unwrap();
    let hasard = Box::leak(Box::new(SystemEntropy::default()));
    let config = ConfigPortail { origine: None, tls: None, etude: None, limites, horloge: banc.clock, hasard };
    tokio::spawn(Portail::servir(banc.platform.clone(), listener, config, std::future::pending()));
    adresse
}

/// Every recipient at once comes in, and accepts the terms.
async fn entrer(banc: &Banc, adresse: SocketAddr, people: &[Personne]) -> Vec<(usize, Client)> {
    let mut tasks = tokio::task::JoinSet::new();
    for (whose, personne) in people.iter().cloned().enumerate() {
        let (clock, mesures) = (banc.clock, banc.mesures.clone());
        tasks.spawn(async move {
            let mut client = parcours::connecter(&personne, (adresse, clock), &mesures).await;
            parcours::accepter(&mut client).await;
            (whose, client)
        });
    }
    tasks.join_all().await
}

/// Every recipient at once, each with his own acts, one after the other.
async fn telecharger(banc: &Banc, clients: Vec<(usize, Client)>, sent: &[Envoye]) {
    let mut tasks = tokio::task::JoinSet::new();
    for (whose, mut client) in clients {
        let mine: Vec<(Id, Sha256Digest)> = sent.iter().filter(|s| s.0 == whose).map(|s| (s.1, s.2)).collect();
        let mesures = banc.mesures.clone();
        tasks.spawn(async move {
            client.get("liste des actes", "/actes").await;
            for (act, content) in mine {
                parcours::lire(&mut client, act, content, &mesures).await;
            }
            client.get("liste des actes", "/actes").await;
        });
    }
    tasks.join_all().await;
}

fn secondes(since: Instant) -> f64 {
    (since.elapsed().as_secs_f64() * 10.0).round() / 10.0
}

fn courir(banc: &Banc, wanted: u64, recipients: usize) -> Value {
    let (server, clients) = (runtime(), runtime());
    let adresse = server.block_on(servir(banc, Limites::default()));
    let begin = Instant::now();
    let people = inscrire(banc, recipients);
    let accounts = secondes(begin);
    let browsers = clients.block_on(entrer(banc, adresse, &people));
    let entered = secondes(begin);
    eprintln!("{recipients} comptes : {accounts} s, accords : {entered} s");
    let begin = Instant::now();
    let sent = deposer(banc, &people, wanted);
    let deposits = secondes(begin);
    eprintln!("{wanted} actes déposés, envoyés, avisés : {deposits} s");
    let begin = Instant::now();
    clients.block_on(telecharger(banc, browsers, &sent));
    let downloads = secondes(begin);
    eprintln!("{wanted} actes ouverts et remis : {downloads} s");
    let rate = |seconds: f64| ((wanted as f64 / seconds) * 10.0).round() / 10.0;
    let recus = banc.courrier.recus();
    let avis =
        json!({ "distincts": recus.par_avis.len(), "doublés": recus.par_avis.values().filter(|n| **n > 1).count() });
    json!({
        "actes": wanted,
        "destinataires": recipients,
        "comptes_s": accounts,
        "comptes_et_accords_s": entered,
        "depots_envois_avis_s": deposits,
        "depots_par_s": rate(deposits),
        "remises_s": downloads,
        "remises_par_s": rate(downloads),
        "messages_pris_par_le_serveur": avis,
        "operations": banc.mesures.bilan(),
        "demandes_remises_a_plus_tard": banc.mesures.refus(),
        "lignes": banc.platform.greffe_head().next,
    })
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let (folder, pki) = (PathBuf::from(&args[1]), PathBuf::from(&args[4]));
    let (wanted, recipients) = (args[2].parse().unwrap(), args[3].parse().unwrap());
    let address = args.get(5).map(PathBuf::from);
    let synced = mesure::synchronisations(&pki);
    let banc = monter(folder, pki, address.as_ref());
    let (stop, seen, begin) = (AtomicBool::new(false), Mutex::default(), Instant::now());
    let mut told = std::thread::scope(|scope| {
        scope.spawn(|| veiller(&banc, &stop, begin, &seen));
        let told = courir(&banc, wanted, recipients);
        stop.store(true, Ordering::Relaxed);
        told
    });
    told["stockage"] = json!(if address.is_some() { "postgresql" } else { "embarque" });
    told["synchronisations_par_s"] = json!(synced);
    told["memoire_mio"] = json!(seen.into_inner().unwrap());
    told["memoire_maximum_mio"] = json!(mesure::soi("status", "VmHWM") / 1024);
    told["octets_ecrits"] = json!(mesure::soi("io", "write_bytes"));
    println!("{told}");
}
