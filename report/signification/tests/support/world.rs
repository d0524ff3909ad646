//! What the tests share: a clock that is set, a store and its actors, a mailer that keeps what it is given.
#![allow(dead_code, missing_docs, unreachable_pub, reason = "each test takes what it needs")]
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use dossier::{Clock, Instant, Sha256Digest};
use signification::config::{Config, SmtpConfig, SmtpSecurity};
use signification::consent::{Actor, Identification};
use signification::notice::{Accepted, Mailer, Prepared, Refused};
use signification::person::PersonInput;
use signification::platform::{AcceptInput, Context, DeclarationInput, DepositInput, JournalReport, Platform};
use signification::store::embedded::Embedded;
use signification::text::CGU;
use signification::{EvidenceSealer, Id, SealerError, SignedEvidence, SignificationError, SystemEntropy};
use signification_postgres::PgStore;

#[path = "storage.rs"]
mod storage;

pub use storage::{Base, Server, Storage};

/// A clock that only moves when told.
pub struct SetClock(Mutex<(i64, u64)>);

impl SetClock {
    pub fn new(text: &str) -> Self {
        let at: Instant = text.parse().unwrap();
        Self(Mutex::new((at.as_millisecond(), 0)))
    }

    pub fn set(&self, text: &str) {
        let at: Instant = text.parse().unwrap();
        self.0.lock().unwrap().0 = at.as_millisecond();
    }

    pub fn advance(&self, by: Duration) {
        self.0.lock().unwrap().0 += i64::try_from(by.as_millis()).unwrap();
    }
}

impl Clock for SetClock {
    fn now(&self) -> Instant {
        Instant::from_millisecond(self.0.lock().unwrap().0).unwrap()
    }

    fn monotonic(&self) -> Duration {
        let mut state = self.0.lock().unwrap();
        state.1 += 1;
        Duration::from_micros(state.1)
    }
}

/// Keeps the messages, or refuses them all with one code.
#[derive(Default)]
pub struct Outbox {
    pub sent: Mutex<Vec<Prepared>>,
    pub refuse: Mutex<Option<(&'static str, bool)>>,
}

impl Outbox {
    pub fn last(&self) -> Vec<u8> {
        self.sent.lock().unwrap().last().unwrap().raw.clone()
    }
}

impl Mailer for Outbox {
    fn send(&self, message: &Prepared) -> Result<Accepted, Refused> {
        if let Some((code, permanent)) = *self.refuse.lock().unwrap() {
            return Err(Refused { code: code.to_owned(), permanent });
        }
        self.sent.lock().unwrap().push(message.clone());
        Ok(Accepted { code: 250 })
    }
}

/// Signs with a digest: for tests of states, where the signature itself is not the matter.
pub struct DigestSealer {
    pub deferred: bool,
}

impl EvidenceSealer for DigestSealer {
    fn sign(&self, bytes: &[u8]) -> Result<SignedEvidence, SealerError> {
        let signature = Sha256Digest::of(bytes).to_hex().into_bytes();
        Ok(SignedEvidence { signature, signer: Sha256Digest::of(b"cert"), level: "essai".into() })
    }

    fn timestamp(&self, bytes: &[u8]) -> Result<Vec<u8>, SealerError> {
        if self.deferred {
            return Err(SealerError { code: "test.no_authority".into(), text: String::new() });
        }
        Ok(Sha256Digest::of(bytes).to_hex().into_bytes())
    }
}

/// A folder that goes away with its owner, or stays.
pub enum Folder {
    Own(tempfile::TempDir),
    Of(PathBuf),
}

impl Folder {
    pub fn path(&self) -> &Path {
        match self {
            Self::Own(folder) => folder.path(),
            Self::Of(path) => path,
        }
    }
}

/// Everything a platform borrows.
pub struct World<S> {
    pub folder: Folder,
    pub clock: SetClock,
    pub entropy: SystemEntropy,
    pub sealer: S,
    pub outbox: Outbox,
    pub config: Config,
    pub storage: Storage,
    pub base: Option<Base>,
}

pub const ACT: &[u8] = b"%PDF-1.7\nPhrase unique de l'acte a signifier, 3f1c9\n%%EOF\n";

impl<S: EvidenceSealer> World<S> {
    pub fn new(sealer: S, now: &str) -> Self {
        Self::on(Storage::Embarque, sealer, now)
    }

    /// A world whose platform keeps what it keeps there.
    pub fn on(storage: Storage, sealer: S, now: &str) -> Self {
        let base = (storage == Storage::Postgres).then(|| Base::new(&Server::shared()));
        Self::over(base, sealer, now)
    }

    /// Over a database, or over files.
    pub fn over(base: Option<Base>, sealer: S, now: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("acte.pdf"), ACT).unwrap();
        std::fs::write(folder.path().join("identite.png"), b"copie d'une piece").unwrap();
        std::fs::write(folder.path().join("domicile.png"), b"copie d'un justificatif").unwrap();
        if let Some(base) = &base {
            base.write_address(&folder.path().join("base.url"));
        }
        Self::with(Folder::Own(folder), base, sealer, now)
    }

    /// The world another process made.
    pub fn at(folder: &Path, sealer: S, now: &str) -> Self {
        Self::with(Folder::Of(folder.to_path_buf()), None, sealer, now)
    }

    fn with(folder: Folder, base: Option<Base>, sealer: S, now: &str) -> Self {
        let clock = SetClock::new(now);
        let config = config("127.0.0.1", 25);
        let (entropy, outbox) = (SystemEntropy::default(), Outbox::default());
        let here = folder.path().join("base.url").exists();
        let storage = if here { Storage::Postgres } else { Storage::Embarque };
        Self { folder, clock, entropy, sealer, outbox, config, storage, base }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn store(&self) -> PathBuf {
        self.path("store")
    }

    pub fn ctx(&self) -> Context<'_> {
        self.ctx_with(&self.outbox)
    }

    pub fn ctx_with<'a>(&'a self, mailer: &'a dyn Mailer) -> Context<'a> {
        Context { clock: &self.clock, entropy: &self.entropy, sealer: &self.sealer, mailer }
    }

    pub fn make(&self) -> Platform<'_> {
        self.make_with(self.ctx())
    }

    pub fn make_with<'a>(&'a self, ctx: Context<'a>) -> Platform<'a> {
        self.try_make(ctx).unwrap();
        self.try_open(ctx).unwrap()
    }

    pub fn try_make<'a>(&'a self, ctx: Context<'a>) -> Result<(), SignificationError> {
        match self.storage {
            Storage::Embarque => Platform::initialiser(&self.store(), &self.config, ctx)?,
            Storage::Postgres => {
                let store = PgStore::create(&self.address())?;
                Platform::initialiser_avec(&self.store(), &self.config, Box::new(store), ctx)?
            }
        };
        Ok(())
    }

    pub fn open(&self) -> Platform<'_> {
        self.try_open(self.ctx()).unwrap()
    }

    pub fn try_open<'a>(&'a self, ctx: Context<'a>) -> Result<Platform<'a>, SignificationError> {
        match self.storage {
            Storage::Embarque => Platform::ouvrir(&self.store(), ctx),
            Storage::Postgres => {
                let (store, found) = PgStore::open(&self.address(), false)?;
                Platform::ouvrir_avec(&self.store(), Box::new(store), found, ctx)
            }
        }
    }

    /// The file that says where the database is.
    pub fn address(&self) -> PathBuf {
        self.path("base.url")
    }

    pub fn declaration(&self, courriel: &str) -> DeclarationInput {
        let pieces = BTreeMap::from([
            ("identite".to_owned(), self.path("identite.png")),
            ("domicile".to_owned(), self.path("domicile.png")),
        ]);
        DeclarationInput {
            personne: person(courriel),
            natures: None,
            jusqu_au: None,
            zone: signification::calendar::Zone::Metropole,
            identification: Identification::Pieces,
            assistance: false,
            pieces,
        }
    }

    pub fn deposit(&self, consent: Id, nature: &str) -> DepositInput {
        DepositInput {
            consent,
            dossier: "2026-0142".into(),
            nature: nature.into(),
            requerant: "Banque Requerante SA".into(),
            fichier: self.path("acte.pdf"),
        }
    }

    pub fn accept_input(&self, consent: Id, jeton: &str) -> AcceptInput {
        AcceptInput {
            consent,
            jeton: jeton.into(),
            cgu_sha256: Sha256Digest::of(CGU.as_bytes()).to_hex(),
            cle: self.key(consent),
        }
    }

    pub fn key(&self, consent: Id) -> PathBuf {
        self.path(&format!("{consent}.cle"))
    }

    /// The evidence of an object, each in a folder of its own.
    pub fn evidence(&self, platform: &Platform<'_>, object: Id) -> Vec<PathBuf> {
        let receipts = platform.recepisses(object).unwrap();
        receipts.into_iter().map(|receipt| self.evidence_of(platform, receipt)).collect()
    }

    pub fn evidence_of(&self, platform: &Platform<'_>, receipt: Id) -> PathBuf {
        let folder = self.path(&format!("recepisse-{receipt}"));
        platform.sortir_recepisse(receipt, &folder).unwrap();
        folder
    }

    /// As if the tables had been lost with all they knew.
    pub fn lose_tables(&self) {
        match &self.base {
            None => std::fs::remove_dir_all(self.store().join("tables")).unwrap(),
            Some(base) => base.lose_tables(),
        }
    }

    /// Makes the tables from the journal, without the platform.
    pub fn remake_tables(&self) {
        match self.storage {
            Storage::Embarque => drop(Embedded::open(&self.store(), false).unwrap()),
            Storage::Postgres => drop(PgStore::open(&self.address(), false).unwrap()),
        }
    }

    /// The folder where the journal and the pieces are files: the store itself, or a copy of the database.
    pub fn kept(&self) -> Folder {
        match self.storage {
            Storage::Embarque => Folder::Of(self.store()),
            Storage::Postgres => {
                let folder = tempfile::tempdir().unwrap();
                signification_postgres::copier(&self.address(), folder.path()).unwrap();
                Folder::Own(folder)
            }
        }
    }

    /// What the check of the whole store says.
    pub fn verify(&self) -> JournalReport {
        Platform::verifier_journal(self.kept().path()).unwrap()
    }

    /// Puts other lines in the place of the journal's; a database keeps whole lines only.
    pub fn replace_journal(&self, octets: &[u8]) {
        match &self.base {
            None => std::fs::write(self.store().join("journal.jsonl"), octets).unwrap(),
            Some(base) => base.replace_lines(octets),
        }
    }

    /// Changes one octet of the oldest evidence; gives what puts it back.
    pub fn touch_first_evidence(&self) -> Vec<u8> {
        let Some(base) = &self.base else {
            let pieces = self.store().join("pieces.jsonl");
            let whole = std::fs::read(&pieces).unwrap();
            let first = whole.windows(15).position(|w| w == b"\"kind\":\"preuve\"").unwrap();
            let mut touched = whole.clone();
            touched[first + 40] ^= 1;
            std::fs::write(&pieces, &touched).unwrap();
            return whole;
        };
        base.touch_first_evidence().into_bytes()
    }

    /// Puts back what [`World::touch_first_evidence`] gave.
    pub fn put_back(&self, good: &[u8]) {
        match &self.base {
            None => std::fs::write(self.store().join("pieces.jsonl"), good).unwrap(),
            Some(base) => drop(base.sql(&String::from_utf8_lossy(good))),
        }
    }

    /// The octets of the whole journal.
    pub fn journal(&self) -> Vec<u8> {
        std::fs::read(self.kept().path().join("journal.jsonl")).unwrap()
    }

    /// Where an act lies in the vault.
    pub fn vaulted(&self, act: Id) -> PathBuf {
        let name = act.to_string();
        let last = name.get(name.len() - 2..).unwrap();
        self.store().join(format!("coffre/{last}/{act}.age"))
    }

    /// Every line of the store's journal.
    pub fn lines(&self) -> Vec<Vec<u8>> {
        let bytes = self.journal();
        bytes.split(|b| *b == b'\n').filter(|line| !line.is_empty()).map(<[u8]>::to_vec).collect()
    }

    /// Goes from nothing to an active consent.
    pub fn consent(&self, platform: &Platform<'_>, declaration: &DeclarationInput) -> Id {
        let consent = platform.proposer(&officer(), "2026-0142", "téléphone").unwrap().consent;
        platform.declarer(&officer(), consent, declaration).unwrap();
        platform.inviter(&officer(), consent).unwrap();
        let raw = self.outbox.last();
        platform.accepter(&self.accept_input(consent, &token(&raw))).unwrap();
        consent
    }
}

pub fn officer() -> Actor {
    Actor::office("officier-1")
}

pub fn config(host: &str, port: u16) -> Config {
    Config {
        etude: "Étude Essai".into(),
        residence: "Lyon".into(),
        contact_dpo: "dpo@essai.test".into(),
        zone: signification::calendar::Zone::Metropole,
        sequestre: signification::Escrow::Etude,
        exploitation: signification::exploitation::Exploitation::default(),
        dernier_envoi: "20:55".into(),
        invitation_jours: 30,
        jetons_propres: 4,
        essai: true,
        smtp: SmtpConfig {
            hote: host.into(),
            port,
            securite: SmtpSecurity::Aucune,
            autorite: None,
            expediteur: "avis@essai.test".into(),
            delai_secondes: 20,
        },
        avis: signification::config::AvisConfig::default(),
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
    }
}

pub fn person(courriel: &str) -> PersonInput {
    PersonInput {
        kind: "physique".into(),
        nom: "Quatremere".into(),
        prenoms: "Isaline".into(),
        date_naissance: "1971-07-14".into(),
        lieu_naissance: "Besancon".into(),
        domicile: "12 rue des Martelots".into(),
        courriel: courriel.into(),
        telephone: Some("06 12 34 56 78".into()),
        ..PersonInput::default()
    }
}

/// The single-use secret in an invitation: the one line of a J and 43 base64url characters.
pub fn token(raw: &[u8]) -> String {
    let text = String::from_utf8_lossy(raw);
    let word = |line: &str| line.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    let ok = |line: &&str| line.len() == 44 && line.starts_with('J') && word(line);
    text.lines().map(str::trim_end).find(ok).expect("a token in the invitation").to_owned()
}

/// Every file under `root`, with its bytes.
pub fn files(root: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.clone(), std::fs::read(&path).unwrap()));
        }
    }
    found
}

pub fn contains(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|w| w == word.as_bytes())
}
