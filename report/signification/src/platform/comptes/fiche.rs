//! The name and the address of an account, encrypted to its person's key; and the index that finds an account by its name.
use dossier::{Instant, JournalEntry, Sha256Digest, parse_strict, to_canonical};
use serde::{Deserialize, Serialize};

use super::{Platform, lien};
use crate::comptes::compte::{self, EtatCompte};
use crate::comptes::connexion::{Fait, Greffier, empreinte_du_nom};
use crate::consent::Actor;
use crate::event::Event;
use crate::fact::Fact;
use crate::greffe::With;
use crate::projection::id_of;
use crate::store::{Changes, Reader, Table};
use crate::vault::{self, Kind, SecretKey};
use crate::{Id, SignificationError};

/// How many of the last lines are looked at again at each opening, for the index.
const RELUES: u64 = 1024;
/// How many of them are asked for at a time.
const RELUIRE: usize = 1024;

/// Format of the record.
const FICHE_FORMAT: &str = "constat-fiche-compte/1";

/// What is known of a holder beside the journal.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fiche {
    format: String,
    /// What he types to log in, once he took his account.
    pub(super) nom: Option<String>,
    /// His address, when no consent has it.
    pub(super) courriel: Option<String>,
}

impl Fiche {
    pub(super) fn new(courriel: Option<String>) -> Self {
        Self { format: FICHE_FORMAT.into(), nom: None, courriel }
    }
}

/// The account that took this name.
pub(super) fn par_nom(reader: &dyn Reader, nom: &Sha256Digest) -> Result<Option<Id>, SignificationError> {
    let found = reader.scan(Table::Identite, nom.as_bytes(), None, 1)?;
    found.first().map(|(key, _)| id_of(key.get(32..).unwrap_or_default())).transpose()
}

fn entree(nom: &Sha256Digest, compte: Id) -> (Table, Vec<u8>) {
    (Table::Identite, [&nom.as_bytes()[..], compte.as_bytes()].concat())
}

/// Writes the facts of an opening with the name it takes: both or none.
pub(super) struct Nommant<'p, 'a> {
    pub(super) platform: &'p Platform<'a>,
    pub(super) compte: Id,
    pub(super) nom: Sha256Digest,
}

impl Greffier for Nommant<'_, '_> {
    fn par_nom(&self, nom: &Sha256Digest) -> Result<Option<Id>, SignificationError> {
        self.platform.par_nom(nom)
    }

    fn compte(&self, id: Id) -> Result<Option<compte::View>, SignificationError> {
        self.platform.compte(id)
    }

    fn noter(&self, actor: &Actor, faits: &[Fait]) -> Result<(), SignificationError> {
        let mut with = With::default();
        with.changes.0.insert(entree(&self.nom, self.compte), Some(Vec::new()));
        let greffe = &self.platform.greffe;
        let ticket = greffe.stage(actor, with, |_, taken| match par_nom(taken, &self.nom)? {
            Some(other) if other != self.compte => Err(SignificationError::NameTaken),
            _ => Ok(faits.iter().map(super::atelier::fait).collect()),
        })?;
        greffe.wait(ticket).map(|_| ())
    }
}

impl Platform<'_> {
    /// The digest under which a name is looked up.
    pub(super) fn digest_du_nom(&self, nom: &str) -> Sha256Digest {
        empreinte_du_nom(&self.cle_derivee(b"constat noms/1"), nom)
    }

    /// The key of the person an account belongs to.
    pub(in crate::platform) fn cle_de_compte(&self, account: Id) -> Result<SecretKey, SignificationError> {
        let consent = self.compte_vu(account)?.titulaire.consent();
        self.person_key(consent.unwrap_or(account))
    }

    pub(super) fn ecrire_fiche(&self, account: Id, key: &SecretKey, fiche: &Fiche) -> Result<(), SignificationError> {
        self.made(&self.root.join("comptes"))?;
        self.made(&self.root.join("comptes/fiches"))?;
        let path = self.path_made("comptes/fiches", account)?;
        vault::put(&path, Kind::FicheCompte, account, &to_canonical(fiche)?, &[key.public()]).map(|_| ())
    }

    pub(super) fn fiche(&self, account: Id) -> Result<Fiche, SignificationError> {
        let path = self.path("comptes/fiches", account);
        if !path.exists() {
            return Ok(Fiche::new(None));
        }
        let bytes = vault::open(&path, Kind::FicheCompte, account, &self.cle_de_compte(account)?)?;
        let bad = |_| SignificationError::Storage { why: "fiche d'un compte illisible".into() };
        serde_json::from_value(parse_strict(&bytes)?).map_err(bad)
    }

    /// Where the holder is written to.
    pub(in crate::platform) fn courriel_de(&self, view: &compte::View) -> Result<Option<String>, SignificationError> {
        if let Some(own) = self.fiche(view.id)?.courriel {
            return Ok(Some(own));
        }
        match view.titulaire.consent() {
            Some(consent) => Ok(Some(self.person(consent)?.courriel().to_owned())),
            None => Ok(None),
        }
    }

    /// The names of accounts, put back into the index after the tables were lost.
    pub(in crate::platform) fn index_account_names(&self, changes: &mut Changes) -> Result<(), SignificationError> {
        let mut after: Option<Vec<u8>> = None;
        loop {
            let pairs = self.views().scan(Table::Compte, &[], after.as_deref(), 500)?;
            let Some((last, _)) = pairs.last() else { return Ok(()) };
            after = Some(last.clone());
            for (key, _) in &pairs {
                let view = self.compte_vu(id_of(key)?)?;
                // An invited one may have a name written down that it never took; an erased one has none any more.
                let named = !matches!(view.etat, EtatCompte::Invite | EtatCompte::Efface);
                let key = self.path("cles/personnes", view.titulaire.consent().unwrap_or(view.id));
                if named
                    && key.exists()
                    && let Some(nom) = self.fiche(view.id)?.nom
                {
                    let (table, key) = entree(&self.digest_du_nom(&nom), view.id);
                    changes.0.insert((table, key), Some(Vec::new()));
                }
            }
        }
    }

    /// Puts back into the index what a power cut kept from it: it is written after the lines it is about, and no journal makes
    /// it. The last lines are looked at, and those that the tables had not taken; a line that cannot be read is for the check
    /// of the journal.
    pub(in crate::platform) fn reprendre_l_index(&self, caught_up: u64) -> Result<(), SignificationError> {
        let (store, end) = (self.greffe.store(), self.greffe.head().next);
        let seqs: Vec<u64> = (end.saturating_sub(caught_up.max(RELUES))..end).collect();
        let mut changes = Changes::default();
        for some in seqs.chunks(RELUIRE) {
            // A database is asked once for all of them; when one of them stands in the way, each by itself.
            let each = |_| some.iter().map(|seq| store.line(*seq).ok().flatten()).collect();
            for line in store.lines_at(some).unwrap_or_else(each).into_iter().flatten() {
                let Some((table, key)) = self.entree_d_une_ligne(&line) else { continue };
                if self.views().get(table, &key)?.is_none() {
                    changes.0.insert((table, key), Some(Vec::new()));
                }
            }
        }
        if changes.0.is_empty() { Ok(()) } else { self.greffe.write_tables(changes) }
    }

    /// What a line says that the index must hold; nothing when it says nothing of it, or cannot be read.
    fn entree_d_une_ligne(&self, line: &[u8]) -> Option<(Table, Vec<u8>)> {
        let entry = JournalEntry::from_line(line).ok()?;
        match Fact::from_entry(&entry).ok()?.0 {
            Fact::Compte(compte::Event::Activated { account }) => {
                let nom = self.fiche(account).ok()?.nom?;
                Some(entree(&self.digest_du_nom(&nom), account))
            }
            Fact::Service(Event::ConsentDeclared { consent, .. }) => {
                Some(self.index_entry(&self.person(consent).ok()?, consent))
            }
            _ => None,
        }
    }

    /// Makes a private folder unless it is there.
    pub(super) fn made(&self, folder: &std::path::Path) -> Result<(), SignificationError> {
        match (!folder.exists()).then(|| vault::private_folder(folder)) {
            Some(Err(SignificationError::Io { source, .. })) if source.kind() == std::io::ErrorKind::AlreadyExists => {
                Ok(())
            }
            Some(Err(other)) => Err(other),
            Some(Ok(())) | None => Ok(()),
        }
    }

    /// Whether an account of this consent is in use, or was.
    pub(super) fn deja_ouvert(&self, consent: Id, now: Instant) -> Result<bool, SignificationError> {
        let accounts = lien::comptes_de(self.views(), consent)?;
        Ok(accounts
            .iter()
            .any(|a| a.etat != EtatCompte::Invite && a.titulaire.en_fonction(crate::civil::paris_date(now))))
    }
}
