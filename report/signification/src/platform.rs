//! One store, one facade: what the command line calls. Every operation is a line of the journal before it is acknowledged.
//!
//! Store: `journal.jsonl` and `pieces.jsonl` (truth) and `tables/` (their projection), or a database in their place; always
//! files: `plateforme.toml`, `cles/` (0600), `registre/` (identities, encrypted), `coffre/` (acts, encrypted), `cgu/` (texts).
//! Commands may come from many threads.
use std::path::{Path, PathBuf};

use dossier::{Clock, Instant, Sha256Digest};

use crate::agenda::Task;
use crate::calendar::after;
use crate::cgu::CguVersion;
use crate::config::Config;
use crate::consent::Actor;
use crate::event::{Event, STORE_FORMAT};
use crate::evidence::EvidenceSealer;
use crate::greffe::{Greffe, Link};
use crate::id::Entropy;
use crate::letter::{Qualification, letter_due_with, qualify};
use crate::notice::Mailer;
use crate::projection::Views;
use crate::state::State;
use crate::store::embedded::Embedded;
use crate::store::{Found, Reader, Store};
use crate::text::{CGU, CGU_VERSION};
use crate::vault::{SecretKey, private_folder, write_private};
use crate::{Id, SignificationError};

mod acts;
mod avis;
mod droits;
mod effacement;
mod erasure;
mod holds;
mod input;
mod notices;
mod outcome;
mod people;
mod points;
mod portabilite;
mod portail;
mod reading;
mod receipts;
mod registry;
mod sending;
mod tracking;
mod voies;

pub mod affaires;
pub mod comptes;

mod bureau;
mod cadence;
mod conditions;
mod creances;
mod echeances;
mod entrants;
mod exploitation;
mod reponses;
mod textos;
mod transferts;
mod verification;

mod ancres;
mod complet;
mod conservation;
mod fichiers;
mod fil;
mod quarantaine;

pub use droits::SuiviDroit;
pub use effacement::{CertificatInfo, Resiliee};
pub use input::{AcceptInput, DeclarationInput, Demande, DepositInput, Handover};
pub use outcome::{
    Accepted, Consultation, Consulted, Declared, Deposited, Downloaded, Initialised, Invited, JournalReport, Lookup,
    Moved, NoticeOutcome, Processed, Proposed, Refused, Releves, Sent, SignatureDite, Stamped, Timeline, TimelineLine,
};
pub(crate) use points::announced;
pub use voies::{Affaire, DossierClos, Tache};

pub use bureau::{Destination, Jugement};
pub use conditions::{CguPresentee, EtatCgu, Publiee};
pub use creances::{
    Acces, Auteur, BilanCreance, CreanceInput, CreanceOuverte, InvitationInput, Invitee, PartieInput, SuiviCreance,
};
pub use echeances::{DelaiSuivi, Echue};
pub use exploitation::{
    AccesLu, Audit, ECART_MAX_MS, EtatHorloge, FORMAT_AUDIT, FORMAT_LISTE, FileCourriers, GenreGarde,
    JournalConnexions, LigneViolation, ListeSignee, ListeViolation, LitigeSuivi, MesureHorloge, Purge, Reparation,
    Ronde, Sante, Signalee,
};
pub use portabilite::Portable;
pub use reponses::{ACCUSE_FORMAT, AccuseReponse, Lue, Repondue, ReponseInput, SuiviReponse};
pub use textos::CodeEnvoye;
pub use transferts::{Rebut, Recu, Transfert};
pub use verification::EnvoiPrepare;

pub use complet::{Absent, DOSSIER_FORMAT, DossierComplet, FichierDuDossier, GenreDuDossier, Manifeste};
pub use conservation::{Conservation, Montree};
pub use creances::{GarantieTenue, GarantiesCreance, LigneProbante};
pub use fil::{Couverture, Etape, Fil, Officier, Phase};
pub use quarantaine::Purgee;

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

/// An open store.
pub struct Platform<'a> {
    root: PathBuf,
    ctx: Context<'a>,
    config: Config,
    greffe: Greffe<'a>,
    office: SecretKey,
    registry: SecretKey,
    index_key: ring::hmac::Key,
    holds: holds::Holds,
    cadence: cadence::Cadence,
    horloge: exploitation::Horloge,
    comptes: comptes::Comptes<'a>,
    outils: crate::bureau::Outils<'a>,
    referentiel: bureau::Referentiel,
    verificateur: &'a [u8],
}

const FOLDERS: [&str; 7] =
    ["cles", "cles/personnes", "registre", "registre/declarations", "registre/pieces", "coffre", "cgu"];

impl<'a> Platform<'a> {
    /// Makes a store in the folder `root` (which must not hold one), with the embedded storage: keys, folders,
    /// configuration, terms of use.
    pub fn initialiser(root: &Path, config: &Config, ctx: Context<'a>) -> Result<Initialised, SignificationError> {
        let keys = Self::prepare(root, config, ctx)?;
        Self::begin(root, config, ctx, Box::new(Embedded::create(root)?), &keys)
    }

    /// Like [`Platform::initialiser`], with another storage, just made and empty. Acts, keys, registry, texts and
    /// configuration are files of `root` all the same.
    pub fn initialiser_avec(
        root: &Path,
        config: &Config,
        store: Box<dyn Store + 'a>,
        ctx: Context<'a>,
    ) -> Result<Initialised, SignificationError> {
        if store.head().next > 0 {
            return Err(SignificationError::StoreExists { path: root.to_path_buf() });
        }
        let keys = Self::prepare(root, config, ctx)?;
        Self::begin(root, config, ctx, store, &keys)
    }

    /// The folder: what is a file whatever the storage. Gives the public keys of the office and of the registry.
    fn prepare(root: &Path, config: &Config, ctx: Context<'a>) -> Result<(String, String), SignificationError> {
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
        write_private(&root.join("plateforme.toml"), config.to_text()?.as_bytes())?;
        write_private(&root.join(format!("cgu/{CGU_VERSION}.txt")), CGU.as_bytes())?;
        Ok((office.public().to_string(), registry.public().to_string()))
    }

    /// The first lines of the journal.
    fn begin(
        root: &Path,
        config: &Config,
        ctx: Context<'a>,
        store: Box<dyn Store + 'a>,
        keys: &(String, String),
    ) -> Result<Initialised, SignificationError> {
        let platform = Self::assemble(root, config.clone(), ctx, store)?;
        let (office_key, registry_key) = keys.clone();
        let (format, essai) = (STORE_FORMAT.to_owned(), config.essai);
        let config_sha256 = Sha256Digest::of(config.to_text()?.as_bytes());
        let sha256 = Sha256Digest::of(CGU.as_bytes());
        platform.greffe.record_at(&Actor::platform(), |now, _| {
            let created = Event::StoreCreated { format, config_sha256, office_key, registry_key, essai };
            let version = CGU_VERSION.into();
            let cgu = CguVersion { version, sha256, published_at: now, effective_at: now };
            Ok(vec![created.into(), Event::CguPublished(cgu).into()])
        })?;
        Ok(Initialised { store: root.to_path_buf(), essai, cgu_version: CGU_VERSION.into(), cgu_sha256: sha256 })
    }

    fn assemble(
        root: &Path,
        config: Config,
        ctx: Context<'a>,
        store: Box<dyn Store + 'a>,
    ) -> Result<Self, SignificationError> {
        let path = root.join("cles/index.cle");
        let bad = || SignificationError::Key { name: "index", why: "illisible" };
        let text = std::fs::read_to_string(&path).map_err(|e| SignificationError::io("read", &path, e))?;
        let config = Config { etude: config.exploitation.nom_montre(&config.etude), ..config };
        let index = hex::decode(text.trim()).map_err(|_| bad())?;
        let comptes = comptes::Comptes::selon(&config.comptes);
        Ok(Self {
            root: root.to_path_buf(),
            config,
            greffe: Greffe::new(store, ctx.clock),
            ctx,
            office: SecretKey::read(&root.join("cles/etude.cle"), "étude")?,
            registry: SecretKey::read(&root.join("cles/registre.cle"), "registre")?,
            index_key: ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &index),
            holds: holds::Holds::default(),
            cadence: cadence::Cadence::default(),
            horloge: exploitation::Horloge::default(),
            comptes,
            outils: crate::bureau::Outils::default(),
            referentiel: bureau::Referentiel::default(),
            verificateur: &[],
        })
    }

    /// Opens a store with the embedded storage: brings its tables up to its journal, ends what a crash left open, and
    /// notes the facts that time alone made (qualification, consents that ended).
    pub fn ouvrir(root: &Path, ctx: Context<'a>) -> Result<Self, SignificationError> {
        let (store, found) = Embedded::open(root, false)?;
        Self::ouvrir_avec(root, Box::new(store), found, ctx)
    }

    /// Like [`Platform::ouvrir`], with another storage that was just opened; `found` is what its opening found.
    pub fn ouvrir_avec(
        root: &Path,
        store: Box<dyn Store + 'a>,
        found: Found,
        ctx: Context<'a>,
    ) -> Result<Self, SignificationError> {
        let config_path = root.join("plateforme.toml");
        let text =
            std::fs::read_to_string(&config_path).map_err(|e| SignificationError::io("read", &config_path, e))?;
        let platform = Self::assemble(root, Config::parse(&text)?, ctx, store)?;
        platform.recover(found.torn, Sha256Digest::of(text.as_bytes()))?;
        if found.rebuilt.is_some() || !platform.people_indexed()? {
            platform.index_people()?;
        } else {
            platform.reprendre_l_index(found.caught_up)?;
        }
        platform.reprendre_les_verrous()?;
        platform.tick()?;
        Ok(platform)
    }

    fn recover(&self, torn: Option<Vec<u8>>, config_sha256: Sha256Digest) -> Result<(), SignificationError> {
        let me = Actor::platform();
        if let Some(torn) = torn {
            let torn_sha256 = Sha256Digest::of(&torn);
            self.greffe.record(&me, &Event::StoreRepaired { torn_bytes: torn.len() as u64, torn_sha256 })?;
        }
        let known = self.views().platform()?;
        if (self.office.public().to_string(), self.registry.public().to_string())
            != (known.office_key, known.registry_key)
        {
            return Err(SignificationError::Key { name: "étude", why: "n'est pas celle que le journal annonce" });
        }
        if known.config != Some(config_sha256) {
            self.greffe.record(&me, &Event::ConfigChanged { config_sha256 })?;
        }
        for due in self.views().due(self.ctx.clock.now(), usize::MAX)? {
            if due.task != Task::Reprise {
                continue;
            }
            let act = due.object;
            if let Some(notice) = self.views().act(act)?.pending_notice {
                // Nobody knows whether the server took it: it is not claimed, and will be tried again.
                let unknown = Err(crate::notice::Refused { code: "interrompu".to_owned(), permanent: false });
                self.note_try(act, notice, self.ctx.clock.now(), &unknown)?;
            }
        }
        Ok(())
    }

    /// Notes what time alone decides: à domicile at midnight, consents whose term is over.
    fn tick(&self) -> Result<(), SignificationError> {
        let now = self.ctx.clock.now();
        for due in self.views().due(now, usize::MAX)? {
            match due.task {
                Task::Expiration => self.expire(due.object)?,
                Task::Qualification => self.qualify_act(due.object)?,
                Task::Destruction => self.destroy_person(due.object)?,
                Task::Resiliation => self.finir_resiliation(due.object)?,
                Task::Effacement => self.erase_acts(due.object)?,
                Task::Certificat => self.certify(due.object)?,
                Task::Droit => self.alert_right(due.object)?,
                Task::Envoi | Task::Reprise | Task::Avis => {}
                // These are done by `traiter`.
                Task::Delai | Task::Creance | Task::Transfert | Task::Accuse | Task::Sms | Task::PreavisCgu => {}
                Task::Courrier => {}
            }
        }
        Ok(())
    }

    fn expire(&self, consent: Id) -> Result<(), SignificationError> {
        let _hold = self.holds.take(consent);
        if self.views().consent(consent)?.destroy_on.is_some() {
            return Ok(());
        }
        self.greffe.record(&Actor::platform(), &Event::ConsentExpired { consent }).map(|_| ())
    }

    /// Writes the qualification of a sent act once the dates decide it.
    fn qualify_act(&self, act: Id) -> Result<(), SignificationError> {
        let zone = self.config.zone;
        // The letter's date rests on the local closed days: without them it waits.
        let Ok(chomes) = self.jours_chomes() else { return Ok(()) };
        let undecided = |now: Instant, view: &crate::state::ActeView| match (view.sent_at, view.qualification) {
            (Some(sent), None) => match qualify(sent, view.consulted_at, now) {
                Qualification::EnAttente => None,
                decided => Some((sent, decided)),
            },
            _ => None,
        };
        if undecided(self.ctx.clock.now(), &self.views().act(act)?).is_none() {
            return Ok(());
        }
        let ticket = self.greffe.stage(&Actor::platform(), Default::default(), |now, taken| {
            let Some((sent, qualification)) = undecided(now, &taken.act(act)?) else { return Ok(vec![]) };
            let letter = match qualification {
                Qualification::ADomicile => Some(letter_due_with(sent, zone, chomes)?),
                _ => None,
            };
            Ok(vec![Event::ActQualified { act, qualification, letter }.into()])
        })?;
        self.greffe.wait(ticket).map(|_| ())
    }

    /// The views, as they are on the disk.
    pub fn views(&self) -> &(dyn Reader + '_) {
        self.greffe.store()
    }

    /// Place of one line in the chain.
    pub(crate) fn line(&self, seq: u64) -> Result<(dossier::JournalEntry, Link), SignificationError> {
        let unknown = || SignificationError::Unknown { kind: "ligne", id: seq.to_string() };
        let line = self.greffe.store().line(seq)?.ok_or_else(unknown)?;
        let entry = dossier::JournalEntry::from_line(&line)?;
        let link = Link { seq, hash: Sha256Digest::of(&line), prev: entry.prev, at: entry.at };
        Ok((entry, link))
    }

    fn new_id(&self) -> Result<Id, SignificationError> {
        Id::new(self.ctx.clock.now(), self.ctx.entropy)
    }

    /// A file of an object. Files are spread over 256 folders by the last octet of their identifier, which is random.
    fn path(&self, folder: &str, id: Id) -> PathBuf {
        let [.., last] = *id.as_bytes();
        self.root.join(folder).join(format!("{last:02x}")).join(format!("{id}.age"))
    }

    /// The whole state, as the journal tells it: for small stores.
    pub fn state(&self) -> Result<State, SignificationError> {
        State::load(self.views())
    }

    /// The configuration in use.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where the journal ends, on the disk.
    pub fn greffe_head(&self) -> crate::store::Head {
        self.greffe.head()
    }

    /// SHA-256 of the journal's last line: it names the whole journal.
    pub fn head(&self) -> Sha256Digest {
        self.greffe.head().hash
    }
}

/// When an invitation made now ends.
fn invitation_end(now: Instant, days: u16) -> Instant {
    let last = after(crate::civil::paris_date(now), i32::from(days));
    crate::civil::paris_midnight(after(last, 1))
}
