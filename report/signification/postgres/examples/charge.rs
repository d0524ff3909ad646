//! Why: loads the facts of many acts into a storage, as fast as the registrar takes them, then measures its opening and the
//! timelines of random acts. Driven by `benches/signification_pg.sh`; prints one JSON object.
#![allow(clippy::unwrap_used, reason = "a measure that cannot go on must stop")]
#![allow(clippy::print_stdout, reason = "what was measured is its answer")]

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use dossier::{Clock, Digests, Instant, Sha256Digest};
use serde_json::json;
use signification::acte::Nature;
use signification::calendar::Zone;
use signification::config::{AvisConfig, Config, SmtpConfig};
use signification::consent::{Actor, Identification, Scope};
use signification::event::Event;
use signification::greffe::Greffe;
use signification::letter::Qualification;
use signification::notice::{Accepted, Mailer, Prepared, Refused};
use signification::receipt::EvidenceKind;
use signification::store::embedded::Embedded;
use signification::store::{Found, Store};
use signification::text::{CGU, CGU_VERSION};
use signification::{Context, EvidenceSealer, Id, Platform, SealerError, SignedEvidence, SmtpSecurity, SystemEntropy};
use signification_postgres::PgStore;

/// Acts of one batch; one consent for ten acts.
const BATCH: u64 = 1000;
const ACTS_OF_A_CONSENT: u64 = 10;
/// 8:00 in Paris on a Tuesday: the window is open for fourteen hours, and every act takes one millisecond.
const OPENING: &str = "2026-12-01T07:00:00Z";
/// The tables are also made again from the journal, up to so many acts.
const REMADE_UP_TO: u64 = 20_000;
/// Further openings of the platform.
const REOPENED: usize = 5;
/// Timelines asked for.
const ASKED: usize = 200;

struct Counted(AtomicI64);

impl Clock for Counted {
    fn now(&self) -> Instant {
        Instant::from_millisecond(self.0.load(Ordering::Relaxed)).unwrap()
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

struct Nobody;

impl EvidenceSealer for Nobody {
    fn sign(&self, _: &[u8]) -> Result<SignedEvidence, SealerError> {
        Err(SealerError { code: "banc".into(), text: String::new() })
    }

    fn timestamp(&self, _: &[u8]) -> Result<Vec<u8>, SealerError> {
        Err(SealerError { code: "banc".into(), text: String::new() })
    }
}

impl Mailer for Nobody {
    fn send(&self, _: &Prepared) -> Result<Accepted, Refused> {
        Err(Refused { code: "banc".into(), permanent: true })
    }
}

/// Makes lives, and knows which line comes next: evidence names the line it attests.
struct Lives<'a> {
    greffe: &'a Greffe<'a>,
    clock: &'a Counted,
    entropy: SystemEntropy,
    next: u64,
    last: Option<signification::greffe::Ticket>,
}

impl Lives<'_> {
    fn id(&self) -> Id {
        Id::new(self.clock.now(), &self.entropy).unwrap()
    }

    fn take(&mut self, actor: &Actor, events: Vec<Event>) {
        self.next += events.len() as u64;
        self.last = Some(
            self.greffe
                .stage(actor, Default::default(), |_, _| Ok(events.into_iter().map(Into::into).collect()))
                .unwrap(),
        );
    }

    /// Evidence for a line that is `back` lines before the next.
    fn attest(&mut self, object: Id, back: u64, kind: EvidenceKind) {
        let (receipt, seq) = (self.id(), self.next - back);
        let digests = Digests::of(receipt.as_bytes());
        let event = kind.etsi().to_owned();
        let made = Event::ReceiptMade { receipt, object, event, seq, digests, timestamped: true };
        self.take(&Actor::platform(), vec![made]);
    }

    fn consent(&mut self) -> Id {
        let consent = self.id();
        let office = Actor::office("officier-1");
        let digests = Digests::of(consent.as_bytes());
        let (scope, zone, identification) = (Scope::ALL_ACTS, Zone::Metropole, Identification::Pieces);
        let filed = "2026-12-01".parse().unwrap();
        let token_sha256 = Sha256Digest::of(consent.as_bytes());
        let expires_at = "2026-12-31T23:00:00Z".parse().unwrap();
        let notice = self.id();
        self.take(
            &office,
            vec![
                Event::ConsentProposed { consent, dossier: "2026-0142".into(), channel: "étude".into() },
                Event::ConsentDeclared {
                    consent,
                    digests,
                    morale: false,
                    scope,
                    zone,
                    identification,
                    assistance: false,
                },
                Event::PiecesChecked { consent, pieces: vec![], filed },
                Event::ConsentInvited { consent, notice, token_sha256, expires_at, smtp_code: 250 },
            ],
        );
        let (cgu_version, cgu_sha256) = (CGU_VERSION.to_owned(), Sha256Digest::of(CGU.as_bytes()));
        let recipient_key = format!("age1{}", "q".repeat(58));
        let basis = "EXPRES (CPC art. 748-2)".to_owned();
        self.take(
            &Actor::recipient(consent),
            vec![
                Event::CguAccepted { consent, cgu_version, cgu_sha256, auth_method: "secret".into() },
                Event::ConsentGiven { consent, basis, recipient_key, valid_to: None },
            ],
        );
        self.attest(consent, 1, EvidenceKind::ConsentGiven);
        consent
    }

    fn act(&mut self, consent: Id) -> Id {
        let (act, notice) = (self.id(), self.id());
        let office = Actor::office("officier-1");
        let content = Digests::of(act.as_bytes());
        let nature: Nature = serde_json::from_value(json!("assignation")).unwrap();
        let (dossier, media_type) = ("2026-0142".to_owned(), "application/pdf".to_owned());
        let signer = Sha256Digest::of(b"etude");
        let keys = vec![format!("age1{}", "q".repeat(58)), format!("age1{}", "p".repeat(58))];
        let zones = vec![Zone::Metropole];
        let (consent_basis, cgu_version) = ("EXPRES (CPC art. 748-2)".to_owned(), CGU_VERSION.to_owned());
        self.take(
            &office,
            vec![
                Event::ActDrafted { act, consent, dossier, nature, content, media_type, record: content },
                Event::ActSigned { act, signature: content, signer, level: "essai".into() },
                Event::ActSealed { act, cipher: content, recipients: keys },
                Event::ActSent { act, zones, consent_basis, cgu_version, scheduled: false },
            ],
        );
        self.attest(act, 1, EvidenceKind::Sent);
        let platform = Actor::platform();
        self.take(&platform, vec![Event::ActDeposited { act }]);
        self.attest(act, 1, EvidenceKind::Available);
        let begun = Event::NoticeBegin { act, notice, digests: content };
        self.take(&platform, vec![begun, Event::NoticeAccepted { act, notice, smtp_code: 250 }]);
        self.attest(act, 1, EvidenceKind::Notified);
        let recipient = Actor::recipient(consent);
        self.take(&recipient, vec![Event::ActConsulted { act, auth_method: "cle".into() }]);
        self.attest(act, 1, EvidenceKind::Consulted);
        let qualified = Event::ActQualified { act, qualification: Qualification::APersonne, letter: None };
        self.take(&platform, vec![qualified]);
        let (bytes, sha256) = (content.bytes, content.sha256);
        self.take(&recipient, vec![Event::ActDownloaded { act, auth_method: "cle".into(), bytes, sha256 }]);
        self.attest(act, 1, EvidenceKind::Downloaded);
        act
    }
}

/// Loads `wanted` acts; gives them, and how many lines there are.
fn load(store: Box<dyn Store>, clock: &Counted, wanted: u64) -> (Vec<Id>, u64) {
    let greffe = Greffe::new(store, clock);
    let mut acts = Vec::with_capacity(usize::try_from(wanted).unwrap());
    // One batch is written while the next is taken.
    let (hand, taken) = sync_channel::<signification::greffe::Ticket>(0);
    let next = std::thread::scope(|scope| {
        let writer = scope.spawn(|| taken.into_iter().for_each(|ticket| drop(greffe.wait(ticket).unwrap())));
        let entropy = SystemEntropy::default();
        let mut lives = Lives { greffe: &greffe, clock, entropy, next: greffe.head().next, last: None };
        let mut consent = None;
        for n in 0..wanted {
            let consent = match consent.filter(|_| n % ACTS_OF_A_CONSENT != 0) {
                Some(consent) => consent,
                None => *consent.insert(lives.consent()),
            };
            acts.push(lives.act(consent));
            clock.0.fetch_add(1, Ordering::Relaxed);
            if n % BATCH == BATCH - 1 || n + 1 == wanted {
                hand.send(lives.last.take().unwrap()).unwrap();
            }
        }
        drop(hand);
        writer.join().unwrap();
        lives.next
    });
    (acts, next)
}

fn millis(since: std::time::Instant) -> f64 {
    (since.elapsed().as_secs_f64() * 1e6).round() / 1e3
}

/// A number of a file of `/proc/self`.
fn own(file: &str, name: &str) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/self/{file}")).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim_start_matches(':').trim().trim_end_matches(" kB").parse().unwrap()
}

/// Times of the timelines of random acts, in milliseconds.
fn timelines(platform: &Platform<'_>, acts: &[Id], seed: u64) -> serde_json::Value {
    let (mut times, mut at) = (Vec::new(), seed);
    for _ in 0..ASKED {
        at = at.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let act = acts[usize::try_from(at >> 33).unwrap() % acts.len()];
        let begin = std::time::Instant::now();
        let timeline = platform.suivi(act).unwrap();
        times.push(millis(begin));
        assert_eq!(timeline.lignes.len(), 15);
    }
    times.sort_by(f64::total_cmp);
    json!({ "p50_ms": times[ASKED / 2], "p99_ms": times[ASKED * 99 / 100 - 1], "max_ms": times[ASKED - 1] })
}

fn config() -> Config {
    let smtp = SmtpConfig {
        hote: "127.0.0.1".into(),
        port: 25,
        securite: SmtpSecurity::Aucune,
        autorite: None,
        expediteur: "avis@essai.test".into(),
        delai_secondes: 20,
    };
    Config {
        etude: "Étude Essai".into(),
        residence: "Lyon".into(),
        contact_dpo: "dpo@essai.test".into(),
        zone: Zone::Metropole,
        sequestre: signification::Escrow::Etude,
        exploitation: signification::exploitation::Exploitation::default(),
        dernier_envoi: "20:55".into(),
        invitation_jours: 30,
        jetons_propres: 4,
        essai: true,
        smtp,
        avis: AvisConfig::default(),
        sms: None,
        analyse: signification::scan::ScanConfig {
            politique: signification::scan::Politique::Admettre,
            ..signification::scan::ScanConfig::default()
        },
        actes: signification::signature_acte::ActesConfig::default(),
        delai_interne: signification::delais::DelaiConfig::default(),
        preuves: signification::config::PreuvesConfig::default(),
        bureau: None,
        base: None,
        comptes: signification::config::ComptesConfig::default(),
        voies: signification::config::VoiesConfig::default(),
    }
}

fn open(root: &Path, address: Option<&PathBuf>) -> (Box<dyn Store>, Found) {
    match address {
        Some(address) => PgStore::open(address, false).map(|(s, f)| (Box::new(s) as Box<dyn Store>, f)).unwrap(),
        None => Embedded::open(root, false).map(|(s, f)| (Box::new(s) as Box<dyn Store>, f)).unwrap(),
    }
}

/// What further openings of the platform take, in milliseconds, the shortest first: they find made the index of people that the first
/// one made.
fn reopened(root: &Path, address: Option<&PathBuf>, ctx: Context<'_>) -> Vec<f64> {
    let once = |_| {
        let (store, found) = open(root, address);
        let begin = std::time::Instant::now();
        drop(Platform::ouvrir_avec(root, store, found, ctx).unwrap());
        millis(begin)
    };
    let mut all: Vec<f64> = (0..REOPENED).map(once).collect();
    all.sort_by(f64::total_cmp);
    all
}

/// `charge FOLDER ACTS [ADDRESS]`: with a file that says where a database is, PostgreSQL; otherwise the embedded storage.
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let (root, wanted) = (PathBuf::from(&args[1]), args[2].parse::<u64>().unwrap());
    let address = args.get(3).map(PathBuf::from);
    let start: Instant = OPENING.parse().unwrap();
    let clock = Counted(AtomicI64::new(start.as_millisecond()));
    let (entropy, nobody) = (SystemEntropy::default(), Nobody);
    let ctx = Context { clock: &clock, entropy: &entropy, sealer: &nobody, mailer: &nobody };
    match &address {
        Some(address) => {
            let store = Box::new(PgStore::create(address).unwrap());
            Platform::initialiser_avec(&root, &config(), store, ctx).unwrap();
        }
        None => drop(Platform::initialiser(&root, &config(), ctx).unwrap()),
    }
    let begin = std::time::Instant::now();
    let (acts, lines) = load(open(&root, address.as_ref()).0, &clock, wanted);
    let seconds = begin.elapsed().as_secs_f64();
    let loaded = own("status", "VmHWM");
    let (read, begin) = (own("io", "rchar"), std::time::Instant::now());
    let (store, found) = open(&root, address.as_ref());
    let (opening, read) = (millis(begin), own("io", "rchar") - read);
    assert!(found.rebuilt.is_none() && store.head().next == lines);
    let begin = std::time::Instant::now();
    let platform = Platform::ouvrir_avec(&root, store, found, ctx).unwrap();
    let platform_opening = millis(begin);
    let (first, again) = (timelines(&platform, &acts, 1), timelines(&platform, &acts, 2));
    let end = own("status", "VmRSS");
    drop(platform);
    let reopenings = reopened(&root, address.as_ref(), ctx);
    let remade = (wanted <= REMADE_UP_TO).then(|| {
        let (store, _) = open(&root, address.as_ref());
        let begin = std::time::Instant::now();
        store.rebuild().unwrap();
        begin.elapsed().as_secs_f64().round()
    });
    let told = json!({
        "stockage": if address.is_some() { "postgresql" } else { "embarque" },
        "actes": wanted,
        "lignes": lines,
        "chargement_s": seconds.round(),
        "actes_par_s": (wanted as f64 / seconds).round(),
        "ouverture_stockage_ms": opening,
        // What comes through a socket is not counted by the system.
        "ouverture_octets_lus_de_fichiers": read,
        "ouverture_plateforme_ms": platform_opening,
        "reouvertures_plateforme_ms": reopenings,
        "suivi_1": first,
        "suivi_2": again,
        "memoire_chargement_kio": loaded,
        "memoire_fin_kio": end,
        "tables_refaites_s": remade,
        "memoire_maximum_kio": own("status", "VmHWM"),
    });
    println!("{told}");
}
