//! One store, one facade: what the command line calls. Every operation is a line of the journal before it is acknowledged.
//!
//! Store: `journal.jsonl` (truth), `plateforme.toml`, `cles/` (0600), `registre/` (identities, encrypted), `coffre/` (acts,
//! encrypted; `attente/` until sent), `avis/` (raw messages, encrypted), `recepisses/` (evidence), `cgu/` (texts).
use std::path::{Path, PathBuf};

use dossier::{Clock, Instant, JournalEntry, Sha256Digest};

use crate::calendar::{Zone, after};
use crate::cgu::CguVersion;
use crate::config::Config;
use crate::consent::Actor;
use crate::event::{Event, STORE_FORMAT};
use crate::evidence::EvidenceSealer;
use crate::id::Entropy;
use crate::journal::{Link, OperationJournal, links};
use crate::letter::{Qualification, letter_due, qualify};
use crate::notice::Mailer;
use crate::state::State;
use crate::text::{CGU, CGU_VERSION};
use crate::vault::{SecretKey, private_folder, write_private};
use crate::{Id, SignificationError};

mod acts;
mod input;
mod outcome;
mod reading;
mod receipts;
mod registry;
mod sending;
mod tracking;

pub use input::{AcceptInput, DeclarationInput, Demande, DepositInput, Handover};
pub use outcome::{
    Accepted, Consulted, Declared, Deposited, Downloaded, Initialised, Invited, JournalReport, Lookup, Moved,
    NoticeOutcome, Processed, Proposed, Refused, Sent, Stamped, Timeline, TimelineLine,
};

/// What a platform is given: nothing is read from the environment.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// Time.
    pub clock: &'a dyn Clock,
    /// Randomness (identifiers, single-use secrets). Keys are made by the `age` crate.
    pub entropy: &'a dyn Entropy,
    /// Signs and timestamps evidence.
    pub sealer: &'a dyn EvidenceSealer,
    /// Hands notices to a mail server.
    pub mailer: &'a dyn Mailer,
}

/// An open store. Holds an exclusive lock on its journal.
pub struct Platform<'a> {
    root: PathBuf,
    ctx: Context<'a>,
    config: Config,
    journal: OperationJournal,
    lines: Vec<(JournalEntry, Link)>,
    state: State,
    office: SecretKey,
    registry: SecretKey,
    poisoned: bool,
}

const FOLDERS: [&str; 10] = [
    "cles",
    "registre",
    "registre/pieces",
    "coffre",
    "coffre/attente",
    "coffre/fiches",
    "coffre/signatures",
    "avis",
    "recepisses",
    "cgu",
];

impl<'a> Platform<'a> {
    /// Makes a store in the folder `root` (which must not hold one): keys, folders, configuration, terms of use.
    pub fn initialiser(root: &Path, config: &Config, ctx: Context<'a>) -> Result<Initialised, SignificationError> {
        config.check()?;
        std::fs::create_dir_all(root).map_err(|e| SignificationError::io("create", root, e))?;
        if root.join(crate::journal::JOURNAL).exists() || root.join("cles").exists() {
            return Err(SignificationError::StoreExists { path: root.to_path_buf() });
        }
        for folder in FOLDERS {
            private_folder(&root.join(folder))?;
        }
        let (office, registry) = (SecretKey::generate(), SecretKey::generate());
        office.write(&root.join("cles/etude.cle"))?;
        registry.write(&root.join("cles/registre.cle"))?;
        let mut index = [0; 32];
        ctx.entropy.fill(&mut index)?;
        write_private(&root.join("cles/index.cle"), hex::encode(index).as_bytes())?;
        let text = config.to_text()?;
        write_private(&root.join("plateforme.toml"), text.as_bytes())?;
        write_private(&root.join(format!("cgu/{CGU_VERSION}.txt")), CGU.as_bytes())?;
        let journal = OperationJournal::create(root, ctx.clock)?;
        let (office_key, registry_key) = (office.public().to_string(), registry.public().to_string());
        let state = State::default();
        let config = config.clone();
        let mut platform =
            Self { root: root.into(), ctx, config, journal, lines: vec![], state, office, registry, poisoned: false };
        let now = ctx.clock.now();
        let (format, essai) = (STORE_FORMAT.to_owned(), platform.config.essai);
        let config_sha256 = Sha256Digest::of(text.as_bytes());
        let created = Event::StoreCreated { format, config_sha256, office_key, registry_key, essai };
        platform.record_at(now, &Actor::platform(), &created)?;
        let sha256 = Sha256Digest::of(CGU.as_bytes());
        let cgu = CguVersion { version: CGU_VERSION.into(), sha256, published_at: now, effective_at: now };
        platform.record_at(now, &Actor::platform(), &Event::CguPublished(cgu))?;
        Ok(Initialised { store: root.to_path_buf(), essai, cgu_version: CGU_VERSION.into(), cgu_sha256: sha256 })
    }

    /// Opens a store: reads and checks the whole journal, rebuilds the state from it, ends what a crash left open, and
    /// notes the facts that time alone made (qualification, consents that ended).
    pub fn ouvrir(root: &Path, ctx: Context<'a>) -> Result<Self, SignificationError> {
        let opened = OperationJournal::open(root, ctx.clock)?;
        let state = State::replay(&opened.read)?;
        let config_path = root.join("plateforme.toml");
        let text =
            std::fs::read_to_string(&config_path).map_err(|e| SignificationError::io("read", &config_path, e))?;
        let config = Config::parse(&text)?;
        let office = SecretKey::read(&root.join("cles/etude.cle"), "étude")?;
        let registry = SecretKey::read(&root.join("cles/registre.cle"), "registre")?;
        let lines = opened.read.entries().iter().cloned().zip(links(&opened.read)?).collect();
        let journal = opened.journal;
        let mut platform =
            Self { root: root.into(), ctx, config, journal, lines, state, office, registry, poisoned: false };
        platform.recover(opened.torn, Sha256Digest::of(text.as_bytes()))?;
        platform.tick()?;
        Ok(platform)
    }

    fn recover(&mut self, torn: Option<Vec<u8>>, config_sha256: Sha256Digest) -> Result<(), SignificationError> {
        let me = Actor::platform();
        if let Some(torn) = torn {
            let torn_sha256 = Sha256Digest::of(&torn);
            self.record(&me, &Event::StoreRepaired { torn_bytes: torn.len() as u64, torn_sha256 })?;
        }
        let keys = (self.office.public().to_string(), self.registry.public().to_string());
        if keys != (self.state.office_key.clone(), self.state.registry_key.clone()) {
            return Err(SignificationError::Key { name: "étude", why: "n'est pas celle que le journal annonce" });
        }
        if self.state.config != Some(config_sha256) {
            self.record(&me, &Event::ConfigChanged { config_sha256 })?;
        }
        let pending: Vec<(Id, Id)> =
            self.state.acts.values().filter_map(|a| a.pending_notice.map(|n| (a.id, n))).collect();
        for (act, notice) in pending {
            // Nobody knows whether the server took it: it is not claimed, and can be sent again.
            let code = "interrompu".to_owned();
            self.record(&me, &Event::NoticeFailed { act, notice, code, permanent: false })?;
        }
        Ok(())
    }

    /// Notes what time alone decides: à domicile at midnight, consents whose term is over.
    fn tick(&mut self) -> Result<(), SignificationError> {
        let now = self.ctx.clock.now();
        let over: Vec<Id> = self
            .state
            .consents
            .values()
            .filter(|c| {
                use crate::consent::ConsentState::{Actif, Suspendu};
                matches!(c.state, Actif | Suspendu) && c.scope.is_over(now)
            })
            .map(|c| c.id)
            .collect();
        for consent in over {
            self.record_at(now, &Actor::platform(), &Event::ConsentExpired { consent })?;
        }
        let due: Vec<Id> = self.state.acts.values().filter(|a| a.qualification.is_none()).map(|a| a.id).collect();
        for act in due {
            self.qualify_act(act, now)?;
        }
        Ok(())
    }

    /// Writes the qualification of a sent act once the dates decide it.
    fn qualify_act(&mut self, act: Id, now: Instant) -> Result<(), SignificationError> {
        let view = self.state.act(act)?;
        let (Some(sent), None) = (view.sent_at, view.qualification) else { return Ok(()) };
        let qualification = qualify(sent, view.consulted_at, now);
        let letter = match qualification {
            Qualification::EnAttente => return Ok(()),
            Qualification::APersonne => None,
            Qualification::ADomicile => Some(letter_due(sent, self.config.zone)?),
        };
        self.record_at(now, &Actor::platform(), &Event::ActQualified { act, qualification, letter })?;
        Ok(())
    }

    fn record(&mut self, actor: &Actor, event: &Event) -> Result<Link, SignificationError> {
        self.record_at(self.ctx.clock.now(), actor, event)
    }

    /// The one way a fact enters: checked against the state, then written and synced.
    fn record_at(&mut self, at: Instant, actor: &Actor, event: &Event) -> Result<Link, SignificationError> {
        if self.poisoned {
            return Err(SignificationError::Poisoned);
        }
        let entry = self.journal.prepare(at, self.ctx.clock, actor, event)?;
        self.state.apply(&entry)?;
        // From here a failure leaves the memory ahead of the disk: only a new opening tells the truth.
        self.poisoned = true;
        let link = self.journal.commit(&entry)?;
        self.poisoned = false;
        self.lines.push((entry, link));
        Ok(link)
    }

    fn new_id(&self) -> Result<Id, SignificationError> {
        Id::new(self.ctx.clock.now(), self.ctx.entropy)
    }

    fn path(&self, folder: &str, id: Id, ext: &str) -> PathBuf {
        self.root.join(folder).join(format!("{id}.{ext}"))
    }

    /// Zones whose holidays close the window for this recipient: the office's and his.
    fn zones(&self, recipient: Zone) -> Vec<Zone> {
        let mut zones = vec![self.config.zone];
        if recipient != self.config.zone {
            zones.push(recipient);
        }
        zones
    }

    /// The state, as the journal tells it.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The configuration in use.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// SHA-256 of the journal's last line: it names the whole journal.
    pub fn head(&self) -> Sha256Digest {
        self.journal.head()
    }
}

/// When an invitation made now ends.
fn invitation_end(now: Instant, days: u16) -> Instant {
    let last = after(crate::civil::paris_date(now), i32::from(days));
    crate::civil::paris_midnight(after(last, 1))
}
