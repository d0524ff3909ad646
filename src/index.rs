//! The index of dossiers, in sled: a projection of the journals, never the only copy of anything.
//!
//! It lives in `DIR/.index` and can be deleted at any time: `constat index reconstruire` makes it again from the
//! journals. sled 0.34 may lose it when the process is killed; a damaged or locked index never stops a capture.
use std::fs;
use std::path::{Path, PathBuf};

use dossier::{ClosedDossier, Instant, Standing, standing};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::horodatage::Tried;

/// Name of the index's folder inside the folder of dossiers.
const FOLDER: &str = ".index";

/// One line of the index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Row {
    /// Reference of the dossier.
    pub(crate) reference: String,
    /// `open`, `complete`, `partial`, `interrupted` or `broken`.
    pub(crate) state: String,
    /// First journal line.
    pub(crate) opened_at: Option<Instant>,
    /// Last journal line.
    pub(crate) closed_at: Option<Instant>,
    /// Object of the mission, as declared.
    pub(crate) objet: Option<String>,
    /// Number of artefacts.
    pub(crate) artefacts: usize,
    /// Name of the sealed bundle, when there is one beside the dossier.
    pub(crate) bundle: Option<String>,
    /// What is wrong with the journal, when it does not hold together.
    pub(crate) fault: Option<String>,
}

/// The row of one dossier, read from its journal; `None` when the folder is not a dossier.
pub(crate) fn row_of(root: &Path) -> Option<Row> {
    let reference = root.file_name()?.to_str()?.to_owned();
    let bundle_name = format!("{reference}.asice");
    let bundle = root.with_file_name(&bundle_name).is_file().then_some(bundle_name);
    let mut row = Row {
        reference,
        state: "open".into(),
        opened_at: None,
        closed_at: None,
        objet: None,
        artefacts: 0,
        bundle,
        fault: None,
    };
    match standing(root) {
        Standing::Absent => return None,
        Standing::Broken(fault) => {
            row.state = "broken".into();
            row.fault = Some(fault);
        }
        Standing::Open => {}
        Standing::Closed => match ClosedDossier::open(root) {
            Ok(dossier) => fill(&mut row, &dossier),
            Err(error) => {
                row.state = "broken".into();
                row.fault = Some(error.to_string());
            }
        },
    }
    Some(row)
}

fn fill(row: &mut Row, dossier: &ClosedDossier) {
    let entries = dossier.journal().entries();
    row.opened_at = entries.first().map(|e| e.at);
    if let Some(last) = entries.last() {
        row.closed_at = Some(last.at);
        row.state = last.text("state").unwrap_or("complete").to_owned();
    }
    row.objet = dossier.case().objet.clone();
    row.artefacts = dossier.artefacts().len();
}

/// Puts one dossier into the index. An index that cannot be opened is told in the log and left alone.
pub(crate) fn remember(dossiers: &Path, root: &Path) {
    let Some(row) = row_of(root) else { return };
    let written =
        open(dossiers).and_then(|db| put(&db, &row).and_then(|()| db.flush().map(|_| ()).map_err(sled_error)));
    if let Err(error) = written {
        tracing::warn!(code = error.code(), "index non mis à jour : « constat index reconstruire » le refera");
    }
}

/// Every row of the index, sorted by reference. An absent index gives none.
pub(crate) fn list(dossiers: &Path) -> Result<Vec<Row>, Failure> {
    if !dossiers.join(FOLDER).is_dir() {
        return rebuild(dossiers);
    }
    let db = open(dossiers)?;
    let mut rows = Vec::new();
    for pair in db.iter() {
        let (_, value) = pair.map_err(sled_error)?;
        rows.push(serde_json::from_slice(&value).map_err(|e| Failure::index(e.to_string()))?);
    }
    Ok(rows)
}

/// Throws the index away and makes it again from the journals. Returns its rows, sorted by reference.
pub(crate) fn rebuild(dossiers: &Path) -> Result<Vec<Row>, Failure> {
    let folder = dossiers.join(FOLDER);
    if folder.is_dir() {
        fs::remove_dir_all(&folder).map_err(|e| Failure::io("supprimer", &folder, &e))?;
    }
    let mut roots: Vec<PathBuf> = fs::read_dir(dossiers)
        .map_err(|e| Failure::io("lire", dossiers, &e))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.is_dir())
        .collect();
    roots.sort();
    let rows: Vec<Row> = roots.iter().filter_map(|root| row_of(root)).collect();
    let db = open(dossiers)?;
    for row in &rows {
        put(&db, row)?;
    }
    db.flush().map_err(sled_error)?;
    Ok(rows)
}

/// What was tried to date a bundle, when the index knows.
pub(crate) fn tried(dossiers: &Path, bundle: &Path) -> Option<Tried> {
    let bytes = attempts(dossiers).ok()?.get(name_of(bundle)).ok()??;
    serde_json::from_slice(&bytes).ok()
}

/// Keeps what was tried to date a bundle. The bundle itself says what it lacks: an index that fails costs only this.
pub(crate) fn keep_tried(dossiers: &Path, bundle: &Path, tried: &Tried) {
    let bytes = serde_json::to_vec(tried).map_err(|e| Failure::index(e.to_string()));
    let put = |tree: sled::Tree, bytes: Vec<u8>| {
        tree.insert(name_of(bundle), bytes).and_then(|_| tree.flush()).map(|_| ()).map_err(sled_error)
    };
    if let Err(error) = bytes.and_then(|bytes| put(attempts(dossiers)?, bytes)) {
        tracing::warn!(code = error.code(), "what was tried to date a bundle is not in the index");
    }
}

/// Forgets what was tried: the bundle has its time.
pub(crate) fn forget_tried(dossiers: &Path, bundle: &Path) {
    if let Ok(tree) = attempts(dossiers) {
        let _ = tree.remove(name_of(bundle)).and_then(|_| tree.flush());
    }
}

fn attempts(dossiers: &Path) -> Result<sled::Tree, Failure> {
    open(dossiers)?.open_tree("horodatage").map_err(sled_error)
}

fn name_of(bundle: &Path) -> Vec<u8> {
    bundle.file_name().map(|name| name.as_encoded_bytes().to_vec()).unwrap_or_default()
}

fn open(dossiers: &Path) -> Result<sled::Db, Failure> {
    sled::Config::new().path(dossiers.join(FOLDER)).cache_capacity(4 * 1024 * 1024).open().map_err(sled_error)
}

fn put(db: &sled::Db, row: &Row) -> Result<(), Failure> {
    let bytes = serde_json::to_vec(row).map_err(|e| Failure::index(e.to_string()))?;
    db.insert(row.reference.as_bytes(), bytes).map(|_| ()).map_err(sled_error)
}

#[expect(clippy::needless_pass_by_value, reason = "used as a function value by map_err")]
fn sled_error(error: sled::Error) -> Failure {
    Failure::index(error.to_string())
}
