//! Where returns arrive: a Maildir folder. Each message of `new/` is read, handed to the journal, then moved; what cannot
//! be used is set aside in `rebut/` and told. A crash at any point loses nothing: what was already journalled is known by
//! its digest and only moved.
use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use dossier::Digests;
use rustix::fs::{CWD, OFlags, RenameFlags, renameat_with};
use rustix::io::Errno;

use super::dsn::{self, MAX_RETOUR, Nous, Rebut, Retour};
use crate::SignificationError;

/// Messages taken in one round; the others wait for the next.
const MAX_ROUND: usize = 1000;

/// A return that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recu {
    /// The message, octet for octet: it is evidence, to be kept encrypted (it bears an address).
    pub brut: Vec<u8>,
    /// Its digests, for the journal.
    pub digests: Digests,
    /// What it says.
    pub retour: Retour,
}

/// What became of a return.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prise {
    /// Journalled.
    Pris,
    /// The journal had it already.
    DejaPris,
    /// It says nothing that can be journalled: the notice is unknown, or never left.
    Ecarte(Rebut),
}

/// A message set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MisDeCote {
    /// Where it is now.
    pub fichier: PathBuf,
    /// Why.
    pub motif: Rebut,
}

/// What one round did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Releve {
    /// Returns journalled.
    pub pris: usize,
    /// Returns known already.
    pub deja_pris: usize,
    /// Messages set aside, in the order of their names.
    pub rebuts: Vec<MisDeCote>,
    /// Messages left for the next round.
    pub restent: usize,
}

/// Reads `new/` of `maildir` once. `take` journals one return; when it fails, the message stays where it is and the error
/// ends the round.
pub fn relever(
    maildir: &Path,
    nous: &Nous,
    mut take: impl FnMut(Recu) -> Result<Prise, SignificationError>,
) -> Result<Releve, SignificationError> {
    let new = maildir.join("new");
    let mut names = Vec::new();
    for entry in fs::read_dir(&new).map_err(|e| SignificationError::io("read", &new, e))? {
        names.push(entry.map_err(|e| SignificationError::io("read", &new, e))?.file_name());
    }
    // Names begin with a time (Maildir): the oldest first.
    names.sort();
    let mut done = Releve { restent: names.len().saturating_sub(MAX_ROUND), ..Releve::default() };
    for name in names.into_iter().take(MAX_ROUND) {
        let path = new.join(&name);
        let name = name.to_string_lossy().into_owned();
        let motif = match read(&path)? {
            None => continue,
            Some(Err(motif)) => motif,
            Some(Ok(brut)) => match dsn::lire(&brut, nous) {
                Err(motif) => motif,
                Ok(retour) => match take(Recu { digests: Digests::of(&brut), brut, retour })? {
                    Prise::Ecarte(motif) => motif,
                    prise => {
                        let seen = if name.contains(":2,") { name } else { format!("{name}:2,S") };
                        move_to(&path, &maildir.join("cur"), &seen)?;
                        match prise {
                            Prise::Pris => done.pris += 1,
                            _ => done.deja_pris += 1,
                        }
                        continue;
                    }
                },
            },
        };
        let fichier = move_to(&path, &maildir.join("rebut"), &name)?;
        done.rebuts.push(MisDeCote { fichier, motif });
    }
    Ok(done)
}

/// The octets of an ordinary file; a link, a folder or a pipe is none. `None` when somebody else moved it meanwhile.
fn read(path: &Path) -> Result<Option<Result<Vec<u8>, Rebut>>, SignificationError> {
    match octets(path) {
        Ok(found) => Ok(Some(found)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) if e.kind() == io::ErrorKind::PermissionDenied => Ok(Some(Err(Rebut::Illisible))),
        Err(e) => Err(SignificationError::io("read", path, e)),
    }
}

fn octets(path: &Path) -> io::Result<Result<Vec<u8>, Rebut>> {
    if !fs::symlink_metadata(path)?.is_file() {
        return Ok(Err(Rebut::PasUnFichier));
    }
    let flags = i32::try_from((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits()).unwrap_or(0);
    let file = fs::OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    let mut brut = Vec::new();
    file.take(MAX_RETOUR as u64 + 1).read_to_end(&mut brut)?;
    Ok(if brut.len() > MAX_RETOUR { Err(Rebut::TropLong) } else { Ok(brut) })
}

/// Moves without ever taking the place of another message.
fn move_to(from: &Path, folder: &Path, name: &str) -> Result<PathBuf, SignificationError> {
    fs::create_dir_all(folder).map_err(|e| SignificationError::io("create", folder, e))?;
    for attempt in 0..1000_u32 {
        let target = match attempt {
            0 => folder.join(name),
            n => folder.join(format!("{n}.{name}")),
        };
        match renameat_with(CWD, from, CWD, &target, RenameFlags::NOREPLACE) {
            Ok(()) => return Ok(target),
            Err(Errno::EXIST) => {}
            Err(errno) => return Err(SignificationError::io("move", from, errno.into())),
        }
    }
    Err(SignificationError::io("move", from, Errno::EXIST.into()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::notice::dsn::Action;
    use crate::notice::dsn::tests::{ID, nous, rfc3464};

    fn maildir(messages: &[(&str, &[u8])]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("new")).unwrap();
        for (name, bytes) in messages {
            fs::write(folder.path().join("new").join(name), bytes).unwrap();
        }
        folder
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .map(|list| list.map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect())
            .unwrap_or_default();
        names.sort();
        names
    }

    #[test]
    fn c08_returns_are_taken_once_and_junk_is_set_aside_and_told() {
        let bounce = rfc3464("failed", "5.1.1");
        let long = vec![b'x'; MAX_RETOUR + 1];
        let folder =
            maildir(&[("1.a", &bounce), ("2.b", b"Subject: bonjour\n\nrien"), ("3.c", &long), ("4.d", &[0xff; 64])]);
        symlink("/etc/hostname", folder.path().join("new/5.e")).unwrap();
        fs::create_dir(folder.path().join("new/6.f")).unwrap();
        // The place in cur/ is taken: the message there is not replaced.
        fs::create_dir(folder.path().join("cur")).unwrap();
        fs::write(folder.path().join("cur/1.a:2,S"), "un autre").unwrap();
        let mut taken = Vec::new();
        let done = relever(folder.path(), &nous(), |recu| {
            taken.push((recu.retour.notice.to_string(), recu.retour.action, recu.digests == Digests::of(&bounce)));
            Ok(Prise::Pris)
        })
        .unwrap();
        assert_eq!(taken, [(ID.to_owned(), Some(Action::Failed), true)]);
        let motifs: Vec<_> = done.rebuts.iter().map(|r| r.motif).collect();
        use Rebut::{PasUnFichier, PasUnRetour, TropLong};
        assert_eq!(motifs, [PasUnRetour, TropLong, PasUnRetour, PasUnFichier, PasUnFichier]);
        assert_eq!((done.pris, done.restent), (1, 0));
        assert_eq!(names(&folder.path().join("new")), Vec::<String>::new());
        assert_eq!(names(&folder.path().join("cur")), ["1.1.a:2,S", "1.a:2,S"]);
        assert_eq!(names(&folder.path().join("rebut")), ["2.b", "3.c", "4.d", "5.e", "6.f"]);
        assert_eq!(relever(folder.path(), &nous(), |_| Ok(Prise::Pris)).unwrap(), Releve::default());
    }

    #[test]
    fn c08_a_return_that_could_not_be_journalled_stays_and_comes_again() {
        let bounce = rfc3464("failed", "5.1.1");
        let folder = maildir(&[("1.a", &bounce)]);
        let failed = relever(folder.path(), &nous(), |_| Err(SignificationError::Poisoned));
        assert_eq!(failed.unwrap_err().code(), "signification.poisoned");
        assert_eq!(names(&folder.path().join("new")), ["1.a"]);
        let again = relever(folder.path(), &nous(), |_| Ok(Prise::DejaPris)).unwrap();
        assert_eq!((again.pris, again.deja_pris), (0, 1));
        fs::write(folder.path().join("new/2.b"), &bounce).unwrap();
        let unknown = relever(folder.path(), &nous(), |_| Ok(Prise::Ecarte(Rebut::AvisInconnu))).unwrap();
        assert_eq!(unknown.rebuts[0].motif, Rebut::AvisInconnu);
        assert!(relever(&folder.path().join("absent"), &nous(), |_| Ok(Prise::Pris)).is_err());
    }
}
