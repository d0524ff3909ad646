//! An archive whose writer was cut off in the middle of a record: it is cut to its last whole record, and what was cut is kept.
use std::fs::{self, File, OpenOptions};
use std::io::{BufReader, Read as _, Seek as _, SeekFrom};

use dossier::{ArtefactKind, ArtefactMeta, DossierError, Finding, Level, OpenDossier, Origin};

use crate::{WarcError, last_whole_member};

/// Cuts the archive `name` of an interrupted dossier to its last whole record; the torn end goes to
/// `logs/archive-torn.bin`, announced and synced before the archive is cut, with a finding. Returns the octets that stand;
/// none when there is no archive.
pub fn cut_torn(dossier: &mut OpenDossier, name: &str) -> Result<u64, DossierError> {
    let path = dossier.root().join(name);
    if !path.exists() {
        return Ok(0);
    }
    let io = |e| DossierError::io("cut", &path, e);
    let read = |e: WarcError| match e {
        WarcError::Io { source, .. } => io(source),
        other => io(std::io::Error::other(other.to_string())),
    };
    let whole = last_whole_member(BufReader::new(File::open(&path).map_err(io)?)).map_err(read)?;
    let length = fs::metadata(&path).map_err(io)?.len();
    if length <= whole {
        return Ok(whole);
    }
    let mut archive = OpenOptions::new().read(true).write(true).open(&path).map_err(io)?;
    let kept_as = dossier.free_name("logs/archive-torn", ".bin")?;
    let meta = ArtefactMeta::new(ArtefactKind::Remains, Origin::Observed, "application/octet-stream");
    let mut kept = dossier.begin(kept_as.clone(), meta)?;
    archive.seek(SeekFrom::Start(whole)).map_err(io)?;
    std::io::copy(&mut (&archive).take(length - whole), &mut kept).map_err(io)?;
    dossier.keep(kept)?;
    archive.set_len(whole).and_then(|()| archive.sync_all()).map_err(io)?;
    let what = "La fin de l'archive était coupée : elle a été mise à part, et l'archive s'arrête à son dernier \
                enregistrement entier.";
    let found = format!("{length} octets ; fin dans {kept_as}");
    dossier.finding(&Finding::new("archive.torn", Level::Warn, what).values(whole, found))?;
    Ok(whole)
}
