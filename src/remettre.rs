//! `constat remettre`: one folder, or one zip, for a reader who has nothing but a browser: bundle, document, guide, visit of the captures.
mod extract;
pub(crate) mod folder;
mod gather;
mod guide;
mod items;
mod page;
mod text;
mod thumbnail;
pub(crate) mod words;

use std::fs::File;
use std::path::{Path, PathBuf};

use clap::Args;
use dossier::{ArtefactKind, Clock, Digests, Instant, Journal, Level, Manifest, Sha256Digest};
use sealer::{RawEntries, RedactedCopy, TrustAnchors, Verdict, Verification, VerifiedBundle, WithholdingList};
use serde_json::json;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress::Terminal;
use crate::{output, verifier};
use extract::Extraction;
use folder::Folder;
use gather::Gathered;
use page::{Beside, Root, Shown};

/// Examples, and what is refused.
pub(crate) const REMETTRE_HELP: &str = "Exemples :\n  \
  constat remettre 2026-0142.asice pv.pdf --sortie remise/\n  \
  constat remettre 2026-0142.asice pv.pdf --sortie remise-2026-0142.zip --ancres ancres/\n  \
  constat remettre copie.asice pv.pdf --sortie remise.zip --remplacer\n  \
  constat remettre 2026-0142.asice pv.pdf --sortie remise/ --malgre-tout \"l'autorité n'a pas encore publié sa liste de révocation\"\n\n\
Le dossier se lit sans constat : index.html (visite des captures, sans script ni réseau), A-LIRE.txt (ce qu'est chaque fichier,\n\
comment le contrôler, ce que cela prouve et ne prouve pas), verify.html (second vérificateur), captures/, SHA256SUMS.\n\
Un scellé qui n'est pas PASS est refusé ; INDETERMINATE est remis avec --malgre-tout, dont le motif est imprimé. Un document qui ne\n\
s'accorde pas avec le scellé est refusé. Une copie caviardée est admise, et dite. Mêmes entrées et même --a-la-date : mêmes octets.";

/// `remettre`
#[derive(Args)]
pub(crate) struct Remettre {
    /// Le scellé, ou une copie caviardée
    #[arg(value_name = "SCELLE.asice")]
    bundle: PathBuf,
    /// Le procès-verbal, ou le relevé technique
    #[arg(value_name = "PV.pdf")]
    pv: PathBuf,
    /// Le dossier à créer, ou le zip quand le nom finit par .zip
    #[arg(long, value_name = "DIR|FICHIER.zip")]
    sortie: PathBuf,
    /// Remplace une remise antérieure
    #[arg(long)]
    remplacer: bool,
    /// Remet un scellé INDETERMINATE, avec ce motif, imprimé au guide et sur la page
    #[arg(long, value_name = "MOTIF")]
    malgre_tout: Option<String>,
    /// Instant auquel juger la validité (RFC 3339) ; à défaut maintenant
    #[arg(long = "a-la-date", value_name = "RFC3339")]
    a_la_date: Option<String>,
    /// Dossier des certificats racines de confiance (PEM) ; à défaut celui de l'étude
    #[arg(long, value_name = "DIR")]
    ancres: Option<PathBuf>,
    /// Configuration de l'étude
    #[arg(long, value_name = "FICHIER")]
    etude: Option<PathBuf>,
}

/// Verifies, confronts the document, then writes.
pub(crate) fn run(arguments: &Remettre, json: bool, clock: &dyn Clock) -> Result<Exit, Failure> {
    let live = Terminal::new();
    let done = hand_over(arguments, json, clock, &live);
    // A failure is told on a line of its own.
    live.finish();
    done
}

fn hand_over(arguments: &Remettre, json: bool, clock: &dyn Clock, live: &Terminal) -> Result<Exit, Failure> {
    let at = match &arguments.a_la_date {
        None => clock.now(),
        Some(text) => text.parse::<Instant>().map_err(|e| Failure::new("cli.date", Exit::Usage, e))?,
    };
    if !arguments.pv.is_file() {
        return Err(Failure::new("cli.no_file", Exit::Usage, arguments.pv.display()));
    }
    folder::may_write(&arguments.sortie, arguments.remplacer)?;
    let (anchors, _) = verifier::anchors(arguments.ancres.as_deref(), arguments.etude.as_deref(), clock)?;
    live.live("vérification du scellé");
    let mut verification = verifier::verified(&arguments.bundle, &anchors, at)?;
    let document = digest(&arguments.pv)?;
    let signed = verifier::pv::add(&mut verification, (&arguments.bundle, &arguments.pv), None, (&anchors, at))?;
    let signatures = signed.as_ref().map_or_else(Vec::new, verifier::pv::lines);
    let motive = admitted(&verification, arguments.malgre_tout.as_deref())?;
    let opened = Opened::of(&arguments.bundle, &verification)?;
    let mut folder = Folder::beside(&arguments.sortie)?;
    let given = Given { arguments, anchors: &anchors, at, motive, document, signatures };
    write(&given, &opened, &verification, &mut folder, live)?;
    let files = folder.written().len();
    let sha256 = if is_zip(&arguments.sortie) {
        live.live("compression");
        let top = format!("remise-{}", opened.manifest.case.reference);
        Some(folder.keep_zip(&arguments.sortie, &top, arguments.remplacer)?)
    } else {
        folder.keep(&arguments.sortie, arguments.remplacer)?;
        None
    };
    live.finish();
    if json {
        output::json(&json!({
            "delivery": arguments.sortie, "files": files, "zip_sha256": sha256, "verdict": verification.verdict, "at": at,
            "bundle_sha256": verification.bundle_sha256, "copy": opened.withheld.is_some(), "motive": motive,
            "findings": verification.findings,
        }));
    } else {
        output::line(&format!("Remise : {} ({files} fichiers)", arguments.sortie.display()));
        if let Some(sha256) = sha256 {
            output::line(&format!("SHA-256 : {sha256}"));
        }
        output::line(&format!("Verdict du scellé : {} (au {at})", verification.verdict.as_str()));
    }
    Ok(Exit::Done)
}

/// What is asked.
struct Given<'a> {
    arguments: &'a Remettre,
    anchors: &'a TrustAnchors,
    at: Instant,
    motive: Option<&'a str>,
    /// SHA-256 of the document that was confronted.
    document: Sha256Digest,
    /// What its signatures are, a line each.
    signatures: Vec<String>,
}

/// Whether it may be handed over; gives the motive when one is needed.
fn admitted<'a>(verification: &Verification, motive: Option<&'a str>) -> Result<Option<&'a str>, Failure> {
    let codes = |least: Level| {
        let codes: Vec<&str> =
            verification.findings.iter().filter(|f| f.level >= least).map(|f| f.code.as_str()).collect();
        codes.join(", ")
    };
    let confronted = verification.findings.iter().any(|finding| finding.code == "pv.agrees");
    let document_fails = verification.findings.iter().any(|f| f.level == Level::Fail && f.code.starts_with("pv."));
    match verification.verdict {
        Verdict::Fail if document_fails => Err(Failure::new("remettre.pv", Exit::Negative, codes(Level::Fail))),
        Verdict::Fail => Err(Failure::new("remettre.not_valid", Exit::Negative, codes(Level::Fail))),
        _ if !confronted => Err(Failure::new("remettre.pv", Exit::Negative, codes(Level::Warn))),
        Verdict::Pass => Ok(None),
        Verdict::Indeterminate => match motive.map(str::trim).filter(|motive| !motive.is_empty()) {
            Some(motive) => Ok(Some(motive)),
            None => Err(Failure::new("remettre.indeterminate", Exit::Indeterminate, codes(Level::Indeterminate))),
        },
    }
}

fn is_zip(path: &Path) -> bool {
    path.extension().is_some_and(|end| end.eq_ignore_ascii_case("zip"))
}

/// What is read of the bundle, be it the original or a copy.
struct Opened<'a> {
    manifest: &'a Manifest,
    journal: Option<Journal>,
    withheld: Option<&'a WithholdingList>,
    entries: RawEntries,
}

impl<'a> Opened<'a> {
    fn of(path: &Path, verification: &'a Verification) -> Result<Self, Failure> {
        let unread = |why: String| Failure::new("remettre.changed", Exit::Negative, why);
        if let Some(bundle) = &verification.bundle {
            let (manifest, journal) = (VerifiedBundle::manifest(bundle), bundle.journal().clone());
            return Ok(Self { manifest, journal: Some(journal), withheld: None, entries: bundle.entries() });
        }
        let copy: &RedactedCopy = verification.copy.as_ref().ok_or_else(|| unread(path.display().to_string()))?;
        let entries = RawEntries::open(path).map_err(|finding| unread(finding.what))?;
        let journal = match entries.reader("journal.jsonl") {
            Some(reader) => Some(Journal::read(reader).map_err(|fault| unread(fault.why))?.0),
            None => None,
        };
        // What a copy tells is what was verified, not what stands under its name now.
        if journal.as_ref().is_some_and(|journal| journal.head() != copy.manifest().journal.head) {
            return Err(unread("journal.jsonl".into()));
        }
        Ok(Self { manifest: copy.manifest(), journal, withheld: Some(copy.list()), entries })
    }
}

/// Writes every file of the folder.
fn write(
    given: &Given<'_>,
    opened: &Opened<'_>,
    verification: &Verification,
    folder: &mut Folder,
    live: &Terminal,
) -> Result<(), Failure> {
    let beside = put_beside(given, opened, verification, folder, live)?;
    let gathered = Gathered::of(opened.manifest, opened.journal.as_ref());
    let extraction = Extraction { entries: &opened.entries, withheld: opened.withheld, folder: &mut *folder, live };
    let extracted = extraction.all(&gathered)?;
    let lists = opened.manifest.artefacts.iter().filter(|a| a.meta.kind == ArtefactKind::Feed);
    let items = lists.filter_map(|list| {
        let path = list.path.as_str();
        Some((path.to_owned(), items::read(opened.entries.reader(path)?)))
    });
    let shown = Shown {
        manifest: opened.manifest,
        gathered: &gathered,
        verification,
        at: given.at,
        withheld: opened.withheld,
        motive: given.motive,
        beside,
        items: items.collect(),
    };
    folder.octets("index.html", page::page(&shown, &extracted).as_bytes())?;
    folder.octets("A-LIRE.txt", guide::guide(&shown).as_bytes())?;
    folder.octets("rejeu/LISEZMOI.txt", guide::replay(&shown).as_bytes())?;
    folder.octets("verify.html", verifier::PAGE)?;
    folder.sums()
}

/// The bundle and the document as they are, and the roots.
fn put_beside(
    given: &Given<'_>,
    opened: &Opened<'_>,
    verification: &Verification,
    folder: &mut Folder,
    live: &Terminal,
) -> Result<Beside, Failure> {
    let reference = &opened.manifest.case.reference;
    let bundle = match opened.withheld {
        Some(_) => format!("{reference}-copie-caviardee.asice"),
        None => format!("{reference}.asice"),
    };
    live.live(&format!("copie du scellé {bundle}"));
    let source = &given.arguments.bundle;
    let digests = copied(folder, &bundle, source)?;
    if Some(digests.sha256) != verification.bundle_sha256 {
        return Err(Failure::new("remettre.changed", Exit::Negative, source.display()));
    }
    let record = sealer::ers::record_path(source);
    let record = match record.is_file() && verification.facts.record.is_some() {
        true => {
            let name = format!("{bundle}.ers");
            copied(folder, &name, &record)?;
            Some(name)
        }
        false => None,
    };
    let (pv, pv_title) = match opened.manifest.session.attended {
        true => ("proces-verbal.pdf", "Procès-verbal"),
        false => ("releve-technique.pdf", "Relevé technique"),
    };
    let pv_digests = copied(folder, pv, &given.arguments.pv)?;
    if pv_digests.sha256 != given.document {
        return Err(Failure::new("remettre.changed", Exit::Negative, given.arguments.pv.display()));
    }
    let mut roots = Vec::new();
    for (rank, (subject, sha256, pem)) in (1..).zip(given.anchors.published()) {
        let name = format!("racine-{rank:02}.pem");
        folder.octets(&format!("racines/{name}"), pem.as_bytes())?;
        roots.push(Root { name, subject, sha256 });
    }
    Ok(Beside {
        bundle: (bundle, digests),
        pv: (pv.to_owned(), pv_digests),
        pv_title,
        signatures: given.signatures.clone(),
        record,
        roots,
    })
}

fn digest(path: &Path) -> Result<Sha256Digest, Failure> {
    File::open(path).and_then(Sha256Digest::of_reader).map_err(|e| Failure::io("lire", path, &e))
}

fn copied(folder: &mut Folder, name: &str, source: &Path) -> Result<Digests, Failure> {
    let file = File::open(source)
        .map_err(|e| Failure::new("cli.no_file", Exit::Usage, format!("{} : {e}", source.display())))?;
    folder.copy(name, file)
}
