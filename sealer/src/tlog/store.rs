//! The log on disk: a key, one line a leaf, and the last head signed. A leaf is on disk before a head speaks of it; a torn
//! end is put aside; leaves that no longer give the head that was signed stop everything.
use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::checkpoint::{decimal, hash_text};
use super::merkle::{self, Hash};
use super::note::{KeyKind, MAX_NOTE, Note, SigningKey, VerifierKey};
use super::policy::PolicyWitness;
use super::{Checkpoint, LogError, LogPolicy, TlogProof};
use crate::Random;
use crate::anchor::{Exchange, Reply, persistent};

/// The private key, in the form of C2SP notes, readable by its owner only.
const KEY: &str = "cle.secrete";
/// One leaf a line.
const LEAVES: &str = "feuilles.jsonl";
/// What a cut write left.
const TORN: &str = "feuilles-dechirees.bin";
/// The last head, with its signatures.
const HEAD: &str = "tete.note";
/// Held while the log is read or written.
const LOCK: &str = "verrou";

/// The log of an office.
#[derive(Debug)]
pub struct OfficeLog {
    folder: PathBuf,
    key: SigningKey,
    policy: Option<LogPolicy>,
}

/// A leaf in the log: its proof, and which witnesses did not cosign.
#[derive(Debug)]
pub struct Entered {
    /// The proof, in the form of C2SP `tlog-proof`.
    pub proof: TlogProof,
    /// Whether the policy is met; true when there is none.
    pub is_met: bool,
    /// Witness by witness, why there is no cosignature.
    pub failures: Vec<String>,
}

impl OfficeLog {
    /// Makes a new log named `origin` in `folder`, which is made; refused when a log is there already.
    pub fn create(folder: &Path, origin: &str, random: &dyn Random) -> Result<Self, LogError> {
        fs::create_dir_all(folder).map_err(LogError::file(folder))?;
        let key = create_key(&folder.join(KEY), origin, KeyKind::Log, random)?;
        Ok(Self { folder: folder.to_path_buf(), key, policy: None })
    }

    /// Opens the log of `folder`; `policy` names the witnesses to be asked.
    pub fn open(folder: &Path, policy: Option<LogPolicy>) -> Result<Self, LogError> {
        let key = read_key(&folder.join(KEY), KeyKind::Log)?;
        Ok(Self { folder: folder.to_path_buf(), key, policy })
    }

    /// Its public key; the name is the origin of the log.
    pub fn verifier(&self) -> &VerifierKey {
        self.key.verifier()
    }

    /// The last head signed, with its signatures, if any.
    pub fn head(&self) -> Result<Option<Note>, LogError> {
        let path = self.folder.join(HEAD);
        match read_some(&path, MAX_NOTE as u64) {
            Ok(text) => Note::parse(&String::from_utf8_lossy(&text)).map(Some),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(LogError::file(&path)(error)),
        }
    }

    /// Puts `leaf` in the log unless it is there, signs a head that holds it, and asks the witnesses that have not
    /// cosigned this head yet.
    pub fn enter(&self, leaf: &[u8], exchange: &dyn Exchange) -> Result<Entered, LogError> {
        if leaf.contains(&b'\n') || leaf.is_empty() {
            return Err(LogError::Malformed { why: "une feuille tient sur une ligne".into() });
        }
        let _lock = lock(&self.folder)?;
        let mut leaves = self.leaves()?;
        let wanted = merkle::leaf_hash(leaf);
        let index = match leaves.iter().position(|known| *known == wanted) {
            Some(index) => index,
            None => {
                self.append(leaf)?;
                leaves.push(wanted);
                leaves.len() - 1
            }
        };
        let before = self.head()?;
        let (mut note, head) = self.signed(&leaves, before.as_ref())?;
        let mut failures = Vec::new();
        for witness in self.policy.iter().flat_map(|policy| &policy.witnesses) {
            if matches!(witness.key.cosigned(&note), Some(Ok(_))) {
                continue;
            }
            let from = before.as_ref().filter(|b| witness.key.cosigned(b).is_some());
            let from = from.and_then(|b| Checkpoint::parse(&b.text).ok()).map_or(0, |c| c.size);
            match self.ask(witness, &note, &leaves, from, exchange) {
                Ok(cosigned) => note = cosigned,
                Err(why) => failures.push(format!("{} : {why}", witness.name)),
            }
        }
        replace(&self.folder.join(HEAD), note.to_string().as_bytes())?;
        let is_met = self.met(&note);
        let way = merkle::inclusion(&leaves, index);
        Ok(Entered { proof: TlogProof { index: index as u64, way, note, checkpoint: head }, is_met, failures })
    }

    /// Whether this proof of the log bears the cosignatures the policy asks; true when there is no policy.
    pub fn is_met_by(&self, proof: &[u8]) -> bool {
        TlogProof::parse(proof).is_ok_and(|proof| self.met(&proof.note))
    }

    fn met(&self, note: &Note) -> bool {
        self.policy.as_ref().is_none_or(|policy| {
            let cosigned = policy.witnesses.iter().filter(|w| matches!(w.key.cosigned(note), Some(Ok(_))));
            policy.is_met_by(&cosigned.map(|w| w.name.as_str()).collect())
        })
    }

    /// The proof that the log of `old` leaves is continued by the present one.
    pub fn consistency(&self, old: u64) -> Result<Vec<Hash>, LogError> {
        let _lock = lock(&self.folder)?;
        let leaves = self.leaves()?;
        let old = usize::try_from(old).ok().filter(|old| *old <= leaves.len());
        let old = old.ok_or_else(|| LogError::Malformed { why: "taille plus grande que le journal".into() })?;
        Ok(merkle::consistency(&leaves, old))
    }

    /// The hashes of the leaves, once what a cut write left is put aside.
    fn leaves(&self) -> Result<Vec<Hash>, LogError> {
        let path = self.folder.join(LEAVES);
        let error = LogError::file(&path);
        let octets = match fs::read(&path) {
            Ok(octets) => octets,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(error(e)),
        };
        let whole = octets.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
        let (kept, torn) = octets.split_at(whole);
        if !torn.is_empty() {
            let mut aside =
                OpenOptions::new().create(true).append(true).open(self.folder.join(TORN)).map_err(&error)?;
            aside.write_all(torn).and_then(|()| aside.sync_all()).map_err(&error)?;
            let file = OpenOptions::new().write(true).open(&path).map_err(&error)?;
            file.set_len(whole as u64).and_then(|()| file.sync_all()).map_err(&error)?;
        }
        Ok(kept.split_inclusive(|b| *b == b'\n').map(|line| merkle::leaf_hash(line.trim_ascii_end())).collect())
    }

    fn append(&self, leaf: &[u8]) -> Result<(), LogError> {
        let path = self.folder.join(LEAVES);
        let error = LogError::file(&path);
        let mut file = OpenOptions::new().create(true).append(true).open(&path).map_err(&error)?;
        file.write_all(&[leaf, b"\n"].concat()).and_then(|()| file.sync_all()).map_err(&error)?;
        sync_folder(&self.folder)
    }

    /// A head over these leaves: the last one when it is, else a new one once the last is known to be continued.
    fn signed(&self, leaves: &[Hash], before: Option<&Note>) -> Result<(Note, Checkpoint), LogError> {
        if let Some(before) = before {
            let head = Checkpoint::parse(&before.text)?;
            let same = usize::try_from(head.size).ok().and_then(|size| leaves.get(..size)).map(merkle::root);
            let ours = matches!(self.verifier().signed(before), Some(Ok(())));
            if !ours || same != Some(head.root) || head.origin != self.verifier().name {
                return Err(LogError::Altered { size: head.size });
            }
            if head.size == leaves.len() as u64 {
                return Ok((before.clone(), head));
            }
        }
        let origin = self.verifier().name.clone();
        let head = Checkpoint { origin, size: leaves.len() as u64, root: merkle::root(leaves) };
        let text = head.to_text();
        let note = Note::parse(&format!("{text}\n{}", self.key.sign(&text)))?;
        // What was signed is on disk before anybody sees it.
        replace(&self.folder.join(HEAD), note.to_string().as_bytes())?;
        Ok((note, head))
    }

    /// Asks one witness (C2SP `tlog-witness`), starting from the size it is thought to know, then from the one it says.
    fn ask(
        &self,
        witness: &PolicyWitness,
        note: &Note,
        leaves: &[Hash],
        from: u64,
        exchange: &dyn Exchange,
    ) -> Result<Note, String> {
        let url = witness.url.as_deref().ok_or("aucune adresse dans la politique")?;
        let url = format!("{}/add-checkpoint", url.trim_end_matches('/'));
        let signed = note.only(&[self.verifier()]);
        let mut from = from;
        for _ in 0..3 {
            let old = usize::try_from(from).ok().filter(|old| *old <= leaves.len());
            let old = old.ok_or_else(|| format!("il connaît une tête de taille {from}, plus grande que la nôtre"))?;
            let way: String = merkle::consistency(leaves, old).iter().map(|hash| hash_text(hash) + "\n").collect();
            let body = format!("old {from}\n{way}\n{signed}");
            let reply = persistent(|| exchange.post(&url, "text/plain", body.as_bytes(), MAX_NOTE as u64));
            let reply = reply.map_err(|e| e.to_string())?;
            match reply.status {
                200 => return cosigned(witness, note, &reply),
                409 => {
                    let said = String::from_utf8_lossy(&reply.body).trim_end().to_owned();
                    let known = decimal(&said).filter(|known| *known != from);
                    from = known.ok_or("il connaît une autre tête de la même taille : fourche du journal")?;
                }
                404 => return Err("il ne connaît pas ce journal".into()),
                status => return Err(format!("HTTP {status}")),
            }
        }
        Err("il change d'avis sur la tête qu'il connaît".into())
    }
}

/// The head with the witness's cosignature, once it is verified.
fn cosigned(witness: &PolicyWitness, note: &Note, reply: &Reply) -> Result<Note, String> {
    let lines = std::str::from_utf8(&reply.body).map_err(|e| e.to_string())?;
    let given = note.with_lines(lines).map_err(|e| e.to_string())?;
    witness.key.cosigned(&given).ok_or("réponse sans sa signature")?.map_err(|e| e.to_string())?;
    let own = given.only(&[&witness.key]).to_string();
    let own = own.rsplit_once("\n\n").map(|(_, lines)| lines.to_owned()).unwrap_or_default();
    note.with_lines(&own).map_err(|e| e.to_string())
}

/// Makes a key file; refused when one is there.
pub(super) fn create_key(path: &Path, name: &str, kind: KeyKind, random: &dyn Random) -> Result<SigningKey, LogError> {
    let key = SigningKey::generate(name, kind, random)?;
    let error = LogError::file(path);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(&error)?;
    file.write_all(key.to_private_text().as_bytes()).and_then(|()| file.sync_all()).map_err(&error)?;
    Ok(key)
}

/// Reads a key file of this use, which nobody but its owner may read.
pub(super) fn read_key(path: &Path, kind: KeyKind) -> Result<SigningKey, LogError> {
    let mode = fs::metadata(path).map_err(LogError::file(path))?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(LogError::Key {
            why: format!("{} : d'autres que son propriétaire y ont accès (mode 600 attendu)", path.display()),
        });
    }
    let text = secrecy::zeroize::Zeroizing::new(fs::read_to_string(path).map_err(LogError::file(path))?);
    let key = SigningKey::parse(&text)?;
    if key.verifier().kind == kind { Ok(key) } else { Err(LogError::Key { why: "clé d'un autre usage".into() }) }
}

/// Holds the folder until the value is dropped.
pub(super) fn lock(folder: &Path) -> Result<File, LogError> {
    let path = folder.join(LOCK);
    let file = lock_file(&path)?;
    file.lock().map_err(LogError::file(&path))?;
    Ok(file)
}

/// The same, refused when somebody holds it already.
pub(super) fn lock_alone(folder: &Path) -> Result<File, LogError> {
    let path = folder.join(LOCK);
    let file = lock_file(&path)?;
    file.try_lock().map_err(|why| LogError::File { path: path.display().to_string(), why: why.to_string() })?;
    Ok(file)
}

fn lock_file(path: &Path) -> Result<File, LogError> {
    OpenOptions::new().create(true).truncate(false).write(true).open(path).map_err(LogError::file(path))
}

/// Replaces a file as a whole, and makes it last.
pub(super) fn replace(path: &Path, octets: &[u8]) -> Result<(), LogError> {
    let error = LogError::file(path);
    let part = path.with_extension("part");
    let mut file = File::create(&part).map_err(&error)?;
    file.write_all(octets).and_then(|()| file.sync_all()).map_err(&error)?;
    fs::rename(&part, path).map_err(&error)?;
    sync_folder(path.parent().unwrap_or(Path::new(".")))
}

fn sync_folder(folder: &Path) -> Result<(), LogError> {
    File::open(folder).and_then(|f| f.sync_all()).map_err(LogError::file(folder))
}

/// A small file, no longer than `limit`.
pub(super) fn read_some(path: &Path, limit: u64) -> std::io::Result<Vec<u8>> {
    let mut octets = Vec::new();
    File::open(path)?.take(limit + 1).read_to_end(&mut octets)?;
    if octets.len() as u64 > limit { Err(std::io::ErrorKind::FileTooLarge.into()) } else { Ok(octets) }
}
