//! `rejouer --comparer`: what was captured is taken out of the bundle, its pages are rendered again, the report is told.
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use capture::BrowserChoice;
use capture::replay::{ReplayPage, ReplayPlan, compare, replay_pages, replay_settings};
use capture::scenario::Limites;
use dossier::{ArtefactPath, Clock};
use serde_json::json;

use super::server::Server;
use super::thresholds::Thresholds;
use super::{Engine, Opened, WACZ, server_failure, table};
use crate::cli::Rejouer;
use crate::exit::Exit;
use crate::failure::{Failure, chain};
use crate::progress::Terminal;
use crate::{capturer, output};

/// The list of pages and the index of the package.
const PAGES: &str = "pages/pages.jsonl";
const INDEX: &str = "indexes/index.cdxj";
/// The longest of the two read.
const LONGEST: u64 = 256 * 1024 * 1024;

/// Compares, writes `rapport.json` beside the pictures when a folder was named, and tells.
pub(super) fn run(
    arguments: &Rejouer,
    opened: &Opened,
    engine: &Arc<Engine>,
    thresholds: &Thresholds,
    json: bool,
    clock: &Arc<dyn Clock>,
) -> Result<Exit, Failure> {
    let temporary = tempfile::Builder::new().prefix("constat-rejeu-").tempdir();
    let temporary = temporary.map_err(|e| Failure::io("créer", Path::new("constat-rejeu"), &e))?;
    let output = output_folder(arguments, temporary.path())?;
    let captured = temporary.path().join("captures");
    let listed = listed(opened)?;
    let mut pages = replay_pages(opened.journal.entries(), &listed, &captured);
    for page in &mut pages {
        take_out(opened, &captured, page)?;
    }
    if pages.is_empty() {
        return Err(Failure::new("rejouer.no_page", Exit::Negative, arguments.bundle.display()));
    }
    let server = Server::start(Arc::clone(engine), opened.package(), String::new()).map_err(server_failure)?;
    let limits = Limites::default();
    let plan = ReplayPlan {
        site: server.site().clone(),
        browser: BrowserChoice { path: arguments.navigateur.clone() },
        settings: replay_settings(opened.journal.entries()),
        page: limits.page,
        height: limits.hauteur,
        pages,
        archived_404: archived_404(opened)?,
        output: output.clone(),
    };
    let terminal = Terminal::new();
    let told = |n: usize, total: usize| terminal.live(&format!("rejeu de la page {n} sur {total}"));
    let report = capturer::runtime()?.block_on(compare(&plan, clock, &told));
    terminal.finish();
    let report = report.map_err(Failure::from)?;
    let exceeded = thresholds.exceeded(&report);
    let whole = json!({
        "bundle_sha256": opened.sha256, "verdict": opened.verdict, "report": report, "exceeded": exceeded,
        "sortie": arguments.sortie,
    });
    if arguments.sortie.is_some() {
        let path = output.join("rapport.json");
        let text = serde_json::to_string_pretty(&whole).unwrap_or_default();
        fs::write(&path, text + "\n").map_err(|e| Failure::io("écrire", &path, &e))?;
    }
    if json {
        output::json(&whole);
    } else {
        table::print(&report);
        exceeded.iter().for_each(|sentence| output::line(&format!("SEUIL DÉPASSÉ : {sentence}")));
        if let Some(folder) = &arguments.sortie {
            output::line(&format!("Images et rapport : {}", folder.display()));
        }
    }
    Ok(if exceeded.is_empty() { Exit::Done } else { Exit::Negative })
}

/// The folder named, which must be new or empty: nothing there is ever overwritten; else one that goes away.
fn output_folder(arguments: &Rejouer, temporary: &Path) -> Result<PathBuf, Failure> {
    let folder = arguments.sortie.clone().unwrap_or_else(|| temporary.join("sortie"));
    fs::create_dir_all(&folder).map_err(|e| Failure::io("créer", &folder, &e))?;
    let mut there = fs::read_dir(&folder).map_err(|e| Failure::io("lire", &folder, &e))?;
    match there.next() {
        None => Ok(folder),
        Some(_) => Err(Failure::new("rejouer.not_empty", Exit::Usage, folder.display())),
    }
}

fn unreadable(what: &str, why: impl std::fmt::Display) -> Failure {
    Failure::new("rejouer.unreadable", Exit::Negative, format!("{what} : {why}"))
}

/// A text of the package.
fn text(opened: &Opened, name: &str) -> Result<String, Failure> {
    let inside = opened.entries.inside(WACZ).map_err(|f| unreadable(WACZ, f.what))?;
    let length = inside.len(name).ok_or_else(|| unreadable(name, "absent"))?;
    if length > LONGEST {
        return Err(unreadable(name, format!("{length} octets")));
    }
    let mut reader = inside.reader(name).ok_or_else(|| unreadable(name, "absent"))?;
    io::read_to_string(&mut reader).map_err(|e| unreadable(name, e))
}

fn listed(opened: &Opened) -> Result<Vec<warc::Page>, Failure> {
    warc::read_pages(&text(opened, PAGES)?).map_err(|e| unreadable(PAGES, chain(&e)))
}

/// The addresses the site itself answered with 404.
fn archived_404(opened: &Opened) -> Result<std::collections::BTreeSet<String>, Failure> {
    let entries = warc::read_cdxj(&text(opened, INDEX)?).map_err(|e| unreadable(INDEX, chain(&e)))?;
    Ok(capture::replay::archived_404(&entries))
}

/// Takes what was kept of a page out of the bundle; what the bundle does not have is not compared.
fn take_out(opened: &Opened, folder: &Path, page: &mut ReplayPage) -> Result<(), Failure> {
    for file in [&mut page.viewport, &mut page.page, &mut page.text] {
        let Some(path) = file.clone() else { continue };
        let name = path.strip_prefix(folder).ok().and_then(Path::to_str).unwrap_or_default().to_owned();
        if opened.entries.len(&name).is_none() {
            *file = None;
            continue;
        }
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|e| Failure::io("créer", parent, &e))?;
        }
        let mut out = File::create(&path).map_err(|e| Failure::io("créer", &path, &e))?;
        let copied = match &opened.verified {
            // Checked again on the way: the file may have changed since its verification.
            Some(bundle) => io::copy(&mut bundle.open(&ArtefactPath::new(name.clone())?)?, &mut out),
            None => match opened.entries.reader(&name) {
                Some(mut reader) => io::copy(&mut reader, &mut out),
                None => continue,
            },
        };
        copied.map_err(|e| unreadable(&name, e))?;
    }
    Ok(())
}
