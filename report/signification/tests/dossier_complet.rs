//! The whole dossier of an act (D08, D13, E09), checked by others' tools; the two terms (D09); further anchors (E06).
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

#[path = "support/pki.rs"]
mod pki;
#[path = "support/world.rs"]
mod world;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use dossier::{Finding, Level, Sha256Digest};
use pki::OpensslSealer;
use signification::ancrage::{self, Ancres, Genre, JETON, Tenue};
use signification::explication;
use signification::platform::{DossierComplet, GenreDuDossier, Handover, Manifeste};
use signification::point::Extrait;
use signification::preuve_acte::Partie;
use signification::projection::Views as _;
use signification::receipt::check_receipt;
use signification::{
    Escrow, EvidenceSealer, EvidenceVerifier, Id, Platform, SealerError, SignedEvidence, SignificationError,
};
use world::{ACT, Storage, World, contains, officer};

const NOON: &str = "2026-12-01T11:00:00Z";
const PAGE: &[u8] = b"<!doctype html><title>verification</title>";

on_both_storages!(
    d08_d13_e09_the_whole_dossier_holds_under_other_tools_and_tells_a_changed_byte,
    d08_the_office_has_the_same_without_what_is_the_recipient_s,
    d09_an_act_gone_from_the_vault_still_verifies_from_the_office_s_store,
);

/// Somebody, and an act of his that he downloaded.
fn served<S: EvidenceSealer>(world: &World<S>, platform: &Platform<'_>) -> (Id, Id) {
    let consent = world.consent(platform, &world.declaration("isaline@essai.test"));
    let act = platform.deposer(&officer(), &world.deposit(consent, "saisie-attribution")).unwrap().acte;
    platform.envoyer(&officer(), act, false).unwrap();
    platform.remettre(act, &world.key(consent), &mut Vec::new()).unwrap();
    (consent, act)
}

fn his(world: &World<OpensslSealer>, platform: &Platform<'_>, (consent, act): (Id, Id)) -> (Vec<u8>, DossierComplet) {
    let mut zip = Vec::new();
    let done = platform.dossier_complet_par_cle(act, &world.key(consent), PAGE, &mut zip).unwrap();
    (zip, done)
}

/// The files of a zip, as `unzip` writes them into a folder.
fn unpack(folder: &Path, zip: &[u8]) -> BTreeMap<String, Vec<u8>> {
    std::fs::create_dir_all(folder).unwrap();
    let path = folder.with_extension("zip");
    std::fs::write(&path, zip).unwrap();
    let done = Command::new("unzip").args(["-q", "-o"]).arg(&path).arg("-d").arg(folder).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let name = |path: PathBuf| path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
    world::files(folder).into_iter().map(|(path, octets)| (name(path), octets)).collect()
}

fn command(folder: &Path, line: &[&str]) -> bool {
    Command::new(line[0]).args(&line[1..]).current_dir(folder).output().unwrap().status.success()
}

fn signed(folder: &Path, file: &str) -> bool {
    let signature = format!("{file}.p7s");
    let line =
        ["openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", &signature, "-content", file];
    command(folder, &[&line[..], &["-CAfile", "racine.pem", "-purpose", "any", "-out", "/dev/null"]].concat())
}

fn stamped(folder: &Path, file: &str) -> bool {
    let token = format!("{file}.tst");
    command(folder, &["openssl", "ts", "-verify", "-data", file, "-in", &token, "-token_in", "-CAfile", "racine.pem"])
}

/// A return of a server about the notice, as it would come to the mailbox.
fn returned(world: &World<OpensslSealer>, notice: Id) -> Vec<u8> {
    let text = format!(
        "From: MAILER-DAEMON@mx.essai.test\r\nTo: avis@essai.test\r\nSubject: Delivery Status\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"b1\"\r\n\r\n\
         --b1\r\nContent-Type: text/plain\r\n\r\nAbout your message.\r\n\
         --b1\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.essai.test\r\n\
         Original-Envelope-Id: {notice}\r\n\r\nFinal-Recipient: rfc822; isaline@essai.test\r\nAction: delivered\r\n\
         Status: 2.0.0\r\n\r\n--b1\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{notice}@essai.test>\r\n\r\n--b1--\r\n"
    );
    for name in ["new", "cur", "tmp"] {
        std::fs::create_dir_all(world.path("retours").join(name)).unwrap();
    }
    std::fs::write(world.path("retours/new/un"), &text).unwrap();
    text.into_bytes()
}

fn d08_d13_e09_the_whole_dossier_holds_under_other_tools_and_tells_a_changed_byte(storage: Storage) {
    let mut world = World::on(storage, OpensslSealer::new(), NOON);
    world.config.avis.retours = Some(world.path("retours"));
    let platform = world.make();
    let consent = world.consent(&platform, &world.declaration("isaline@essai.test"));
    let act = platform.deposer(&officer(), &world.deposit(consent, "saisie-attribution")).unwrap().acte;
    platform.envoyer(&officer(), act, false).unwrap();
    let sent = world.outbox.last();
    let back = returned(&world, platform.views().act(act).unwrap().last_notice.unwrap());
    assert_eq!(platform.relever().unwrap().pris, 1);
    let early = platform.dossier_complet_par_cle(act, &world.key(consent), PAGE, &mut Vec::new()).unwrap_err();
    assert_eq!(early.code(), "signification.transition", "the act is handed over first, with its receipt");
    platform.remettre(act, &world.key(consent), &mut Vec::new()).unwrap();
    let (zip, done) = his(&world, &platform, (consent, act));
    assert!(done.acte_joint && done.horodate && done.phrase.contains("l'acte est joint"), "{done:?}");

    let folder = world.path("dossier");
    let files = unpack(&folder, &zip);
    std::fs::copy(world.sealer.path("root.pem"), folder.join("racine.pem")).unwrap();
    assert_eq!(files[&format!("acte/acte-{act}.pdf")], ACT, "bit for bit");
    assert!(files.values().any(|octets| *octets == sent), "the notice exactly as sent");
    assert!(files.values().any(|octets| *octets == back), "what the server sent back");
    assert_eq!(files["verify.html"], PAGE);
    assert_eq!(files["explication.txt"], explication::page("saisie-attribution").into_bytes());
    assert!(files.keys().any(|name| name.starts_with("conditions-")) && files.contains_key("procedure.json"));
    let readme = String::from_utf8(files["LISEZMOI.txt"].clone()).unwrap();
    // Five years after the sending: the day is told.
    for told in ["Ce service n'est pas un archivage", "2 décembre 2031", "1er décembre 2051", "sha256sum -c"] {
        assert!(readme.contains(told), "{told}: {readme}");
    }

    let manifest = listed(&world, act, &files, &done);
    tools(&world, &platform, (act, &folder), &files);
    changed((act, &folder), &manifest, &files);
    cut_is_no_dossier(&world.path("coupe.zip"), &zip);
    drop(platform);
    assert!(world.verify().intact);
}

type Files = BTreeMap<String, Vec<u8>>;

/// A dossier that was cut is never taken for one, by a tool that looks for a directory wherever it can: at its worst, where one of
/// the receipts' own zips ends, that receipt alone opens.
fn cut_is_no_dossier(path: &Path, zip: &[u8]) {
    let ends = zip.windows(4).enumerate().filter(|(_, four)| *four == b"PK\x05\x06").map(|(at, _)| at + 22);
    let inner: Vec<usize> = ends.filter(|end| *end < zip.len()).collect();
    assert!(!inner.is_empty(), "receipts have their own zips");
    for cut in inner.into_iter().chain([zip.len() / 4, zip.len() / 2, zip.len() - 40, zip.len() - 1]) {
        std::fs::write(path, &zip[..cut]).unwrap();
        let read = Command::new("unzip").arg("-Z1").arg(path).output().unwrap();
        assert!(!String::from_utf8_lossy(&read.stdout).contains("manifeste.json"), "cut at {cut} of {}", zip.len());
    }
}

/// E09: the manifest lists everything but itself, by kind, and its digest is in the journal.
fn listed(world: &World<OpensslSealer>, act: Id, files: &Files, done: &DossierComplet) -> Manifeste {
    let manifest = Manifeste::read(&files["manifeste.json"]).unwrap();
    assert_eq!(Sha256Digest::of(&files["manifeste.json"]), done.manifeste);
    assert_eq!((manifest.pour, manifest.acte.id), (Partie::Destinataire, act));
    let mut a: Vec<&str> = manifest.fichiers.iter().map(|one| one.nom.as_str()).collect();
    let mut b: Vec<&str> =
        files.keys().map(String::as_str).filter(|name| !name.starts_with("manifeste.json")).collect();
    a.sort_unstable();
    b.sort_unstable();
    assert_eq!(a, b);
    for kind in [GenreDuDossier::Acte, GenreDuDossier::Avis, GenreDuDossier::Retour, GenreDuDossier::Recepisse] {
        assert!(manifest.fichiers.iter().any(|one| one.genre == kind), "{kind:?}");
    }
    for one in &manifest.fichiers {
        manifest.controler(&one.nom, &files[&one.nom]).unwrap();
    }
    let line = world.lines().into_iter().find(|line| contains(line, "signification.preuve.dossier")).unwrap();
    assert!(contains(&line, &done.manifeste.to_hex()));
    manifest
}

/// Others' tools: digests, signatures, tokens; each receipt; the excerpt.
fn tools(world: &World<OpensslSealer>, platform: &Platform<'_>, (act, folder): (Id, &Path), files: &Files) {
    assert!(command(folder, &["sha256sum", "-c", "--quiet", "SHA256SUMS"]));
    assert!(signed(folder, "manifeste.json") && stamped(folder, "manifeste.json"));
    assert!(signed(folder, &format!("acte/acte-{act}.pdf")));
    let folders = files.keys().filter_map(|name| name.strip_suffix("/preuve.json"));
    let receipts: Vec<&str> = folders.filter(|name| name.starts_with("recepisses/")).collect();
    assert!(receipts.len() > platform.recepisses(act).unwrap().len(), "the consent's too: {receipts:?}");
    for receipt in receipts {
        let file = format!("{receipt}/preuve.json");
        assert!(signed(folder, &file) && stamped(folder, &file));
        let report = check_receipt(&folder.join(receipt), &world.sealer, None).unwrap();
        assert!(report.findings.is_empty(), "{:?}", report.findings);
        assert!(files[&format!("{receipt}.zip")].starts_with(b"PK"));
    }
    let extrait = Extrait::read(&files["journal/extrait.json"]).unwrap();
    assert!(extrait.check(&world.sealer).unwrap().holds());
}

/// One byte changed, in any file: told by the tools and by ours.
fn changed((act, folder): (Id, &Path), manifest: &Manifeste, files: &Files) {
    for one in &manifest.fichiers {
        let mut bad = files[&one.nom].clone();
        let at = bad.len() / 2;
        bad[at] ^= 1;
        let code = |octets: &[u8]| manifest.controler(&one.nom, octets).unwrap_err().code();
        assert_eq!(code(&bad), "signification.vault_altered", "{}", one.nom);
        assert_eq!(code(&bad[..at]), "signification.vault_truncated", "{}", one.nom);
    }
    let mut bad = ACT.to_vec();
    bad[20] ^= 1;
    std::fs::write(folder.join(format!("acte/acte-{act}.pdf")), bad).unwrap();
    assert!(!command(folder, &["sha256sum", "-c", "--quiet", "SHA256SUMS"]));
    std::fs::write(folder.join("manifeste.json"), [&files["manifeste.json"][..], b" "].concat()).unwrap();
    assert!(!signed(folder, "manifeste.json") && !stamped(folder, "manifeste.json"));
}

fn d08_the_office_has_the_same_without_what_is_the_recipient_s(storage: Storage) {
    for sequestre in [Escrow::Etude, Escrow::Aucun] {
        let mut world = World::on(storage, OpensslSealer::new(), NOON);
        world.config.sequestre = sequestre;
        let platform = world.make();
        let (consent, act) = served(&world, &platform);
        let mut zip = Vec::new();
        let done = platform.dossier_complet(&officer(), act, b"", &mut zip).unwrap();
        assert_eq!(done.acte_joint, sequestre == Escrow::Etude);
        let files = unpack(&world.path("etude"), &zip);
        let manifest = Manifeste::read(&files["manifeste.json"]).unwrap();
        assert_eq!(files.contains_key(&format!("acte/acte-{act}.pdf")), done.acte_joint);
        let missing: Vec<&str> = manifest.absents.iter().map(|one| one.quoi.as_str()).collect();
        assert!(
            missing.contains(&"journal/extrait-consentement.json") && missing.contains(&"verify.html"),
            "{missing:?}"
        );
        let no_key = manifest.absents.iter().any(|one| one.pourquoi.contains("séquestre : aucun"));
        assert_eq!(no_key, sequestre == Escrow::Aucun);
        let (whole, _) = his(&world, &platform, (consent, act));
        let own = unpack(&world.path("destinataire"), &whole);
        assert!(
            own.contains_key("journal/extrait-consentement.json") && own.contains_key(&format!("acte/acte-{act}.pdf"))
        );
        // Whoever is neither gets nothing, and no line says he did.
        let before = world.lines().len();
        for actor in [signification::consent::Actor::registry("r"), signification::consent::Actor::platform()] {
            let refused = platform.dossier_complet(&actor, act, b"", &mut Vec::new()).unwrap_err();
            assert_eq!(refused.code(), "signification.actor");
        }
        assert_eq!(world.lines().len(), before);
    }
}

/// A place that keeps nothing, and knows the largest piece it was given.
#[derive(Default)]
struct Puits {
    octets: u64,
    plus_grand: usize,
    /// After so many octets, it breaks once.
    casse: Option<u64>,
    /// Whether what came last ends a zip.
    fin: bool,
}

impl Write for Puits {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.octets += octets.len() as u64;
        self.plus_grand = self.plus_grand.max(octets.len());
        self.fin = octets.len().checked_sub(22).is_some_and(|end| octets[end..].starts_with(b"PK\x05\x06"));
        match self.casse.take_if(|most| self.octets > *most) {
            Some(_) => Err(io::ErrorKind::BrokenPipe.into()),
            None => Ok(octets.len()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Handover for Puits {
    fn complete(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn d08_a_large_act_goes_through_piece_by_piece_and_a_cut_is_no_handing_over() {
    let world = World::new(OpensslSealer::new(), NOON);
    let platform = world.make();
    let consent = world.consent(&platform, &world.declaration("isaline@essai.test"));
    // Octets that do not compress, so that what is written tells what was read.
    let mut octets = b"%PDF-1.7\n".to_vec();
    let mut seed = 1_u64;
    octets.extend(
        std::iter::repeat_with(|| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            seed.to_be_bytes()[0]
        })
        .take(24 << 20),
    );
    octets.extend_from_slice(b"\n%%EOF\n");
    std::fs::write(world.path("acte.pdf"), &octets).unwrap();
    let act = platform.deposer(&officer(), &world.deposit(consent, "assignation")).unwrap().acte;
    platform.envoyer(&officer(), act, false).unwrap();
    let mut whole = Puits::default();
    platform.dossier_complet(&officer(), act, PAGE, &mut whole).unwrap();
    assert!(whole.octets > octets.len() as u64 && whole.plus_grand < 1 << 20, "{} {}", whole.octets, whole.plus_grand);
    let told = || world.lines().iter().filter(|line| contains(line, "preuve.dossier")).count();
    let before = told();
    let mut cut = Puits { casse: Some(10 << 20), ..Puits::default() };
    assert_eq!(platform.dossier_complet(&officer(), act, PAGE, &mut cut).unwrap_err().code(), "signification.io");
    assert_eq!((before, told()), (1, 1), "what was cut was not handed over");
    assert!(!cut.fin, "no directory: what was cut opens nowhere");
    assert!(whole.fin);
    // The vault touched: nothing is written at all, and the alarm is a line.
    let mut bad = std::fs::read(world.vaulted(act)).unwrap();
    let at = bad.len() - 9;
    bad[at] ^= 1;
    std::fs::write(world.vaulted(act), bad).unwrap();
    let mut none = Puits::default();
    let refused = platform.dossier_complet(&officer(), act, PAGE, &mut none).unwrap_err();
    assert_eq!((refused.code(), none.octets), ("signification.vault_altered", 0));
    assert!(contains(world.lines().last().unwrap(), "signification.vault.alarm"));
}

fn d09_an_act_gone_from_the_vault_still_verifies_from_the_office_s_store(storage: Storage) {
    let mut world = World::on(storage, OpensslSealer::new(), NOON);
    world.config.preuves.coffre_mois = 3;
    let platform = world.make();
    let (consent, act) = served(&world, &platform);
    let shown = platform.config().to_text().unwrap();
    assert!(shown.contains("coffre_mois = 3\n") && shown.contains("etude_annees = 25\n"), "both terms: {shown}");
    let term = platform.conservation(act).unwrap();
    assert_eq!(term.coffre_jusqu_au, Some("2027-03-01T23:00:00Z".parse().unwrap()));
    assert!(term.phrase.contains("2 mars 2027") && term.phrase.contains("1er décembre 2051"), "{}", term.phrase);
    world.clock.set("2027-03-01T22:59:59Z");
    platform.traiter().unwrap();
    assert!(world.vaulted(act).exists() && platform.conservation(act).unwrap().efface_le.is_none());
    world.clock.set("2027-03-01T23:00:00Z");
    // As if a run before had been cut between the deletion and its line.
    std::fs::remove_file(world.vaulted(act)).unwrap();
    platform.traiter().unwrap();
    platform.traiter().unwrap();
    assert_eq!(world.lines().iter().filter(|line| contains(line, "preuve.coffre_efface")).count(), 1);
    let code = |r: Result<(), SignificationError>| r.unwrap_err().code();
    assert_eq!(code(platform.consulter(act, &world.key(consent)).map(|_| ())), "signification.erased");
    assert_eq!(code(platform.remettre(act, &world.key(consent), &mut Vec::new()).map(|_| ())), "signification.erased");
    assert!(platform.conservation(act).unwrap().phrase.contains("a été effacé du coffre le 2 mars 2027"));
    // From the office's store: receipts, lines, digests; and the copy the recipient kept is the act.
    for receipt in platform.recepisses(act).unwrap() {
        let report = check_receipt(&world.evidence_of(&platform, receipt), &world.sealer, None).unwrap();
        assert!(report.timestamped && report.findings.is_empty(), "{:?}", report.findings);
        assert!(report.evidence.content.iter().all(|one| one.sha256 == Sha256Digest::of(ACT)));
    }
    assert!(platform.extrait(act).unwrap().check(&world.sealer).unwrap().holds());
    let mut zip = Vec::new();
    let done = platform.dossier_complet(&officer(), act, PAGE, &mut zip).unwrap();
    assert!(!done.acte_joint && done.absents.iter().any(|one| one.pourquoi.contains("effacé du coffre")));
    let folder = world.path("apres");
    unpack(&folder, &zip);
    std::fs::copy(world.sealer.path("root.pem"), folder.join("racine.pem")).unwrap();
    assert!(command(&folder, &["sha256sum", "-c", "--quiet", "SHA256SUMS"]) && signed(&folder, "manifeste.json"));
    let before = (platform.conservation(act).unwrap(), platform.preuve_acte(act).unwrap());
    drop(platform);
    world.lose_tables();
    let platform = world.open();
    assert_eq!((platform.conservation(act).unwrap(), platform.preuve_acte(act).unwrap()), before);
    drop(platform);
    assert!(world.verify().intact);
}

/// Three anchors beside the first authority: a second one with a root of its own, a public log that this verifier knows, and a
/// proof of OpenTimestamps that it does not judge.
struct Ancreur {
    premiere: OpensslSealer,
    seconde: OpensslSealer,
    coupee: std::sync::atomic::AtomicBool,
}

const SECONDE: &str = "Horodatage second";
const LOG: &str = "Journal public";
const OTS: &str = "OpenTimestamps";

impl EvidenceSealer for Ancreur {
    fn sign(&self, bytes: &[u8]) -> Result<SignedEvidence, SealerError> {
        self.premiere.sign(bytes)
    }

    fn timestamp(&self, bytes: &[u8]) -> Result<Vec<u8>, SealerError> {
        self.premiere.timestamp(bytes)
    }

    fn anchors(&self) -> Vec<(String, Genre)> {
        vec![(SECONDE.into(), Genre::Rfc3161), (LOG.into(), Genre::JournalPublic), (OTS.into(), Genre::Opentimestamps)]
    }

    fn anchor(&self, nom: &str, bytes: &[u8]) -> Result<Vec<u8>, SealerError> {
        if self.coupee.load(std::sync::atomic::Ordering::Relaxed) && nom == SECONDE {
            return Err(SealerError { code: "tsp.unreachable".into(), text: String::new() });
        }
        match nom {
            SECONDE => self.seconde.timestamp(bytes),
            // The log's own answer: here, its signature over the text.
            LOG => Ok(self.seconde.sign(bytes)?.signature),
            _ => {
                let head = b"\x00OpenTimestamps\x00\x00Proof\x00\xbf\x89\xe2\xe8\x84\xe8\x92\x94\x01\x08";
                Ok([&head[..], Sha256Digest::of(bytes).as_bytes(), b"\x00"].concat())
            }
        }
    }
}

impl EvidenceVerifier for Ancreur {
    fn check_signature(&self, bytes: &[u8], signature: &[u8]) -> Vec<Finding> {
        self.premiere.check_signature(bytes, signature)
    }

    fn check_token(&self, bytes: &[u8], token: &[u8]) -> Vec<Finding> {
        self.premiere.check_token(bytes, token)
    }

    fn check_anchor(&self, (nom, genre): (&str, Genre), bytes: &[u8], preuve: &[u8]) -> Vec<Finding> {
        match genre {
            Genre::Rfc3161 if nom == SECONDE => self.seconde.check_token(bytes, preuve),
            Genre::JournalPublic => self.seconde.check_signature(bytes, preuve),
            _ => vec![Finding::new("test.unknown", Level::Indeterminate, "Genre non jugé.")],
        }
    }
}

#[test]
fn e06_whichever_anchor_is_taken_away_the_others_are_told_to_remain() {
    let (premiere, seconde) = (OpensslSealer::new(), OpensslSealer::new());
    let coupee = std::sync::atomic::AtomicBool::new(true);
    let world = World::new(Ancreur { premiere, seconde, coupee }, NOON);
    let platform = world.make();
    let (_, act) = served(&world, &platform);
    let point = platform.pointer().unwrap();
    let view = platform.ancrage(point.id).unwrap().unwrap();
    assert_eq!((view.posees.len(), view.manquantes.as_slice()), (2, &[SECONDE.to_owned()][..]), "one did not answer");
    platform.ancrer().unwrap();
    let missed = world.lines().iter().filter(|line| contains(line, "ancrage.manquante")).count();
    assert_eq!(missed, 1, "told once");
    world.sealer.coupee.store(false, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(platform.ancrer().unwrap(), 1);
    assert_eq!(platform.ancrer().unwrap(), 0);

    let extrait = platform.extrait(act).unwrap();
    let bytes = dossier::to_canonical(&platform.ancres_de(&extrait).unwrap().unwrap()).unwrap();
    let ancres = Ancres::read(&bytes).unwrap();
    let judge =
        |extrait: &Extrait, ancres: &Ancres| ancrage::verifier(&extrait.point, Some(ancres), &world.sealer).unwrap();
    let all = judge(&extrait, &ancres);
    assert_eq!(all.restent, [JETON, LOG, SECONDE], "in the order they answered");
    let ots = all.ancres.iter().find(|one| one.nom == OTS).unwrap();
    assert_eq!(ots.tenue, Tenue::NonJugee, "{OTS} is never called right unjudged");
    assert!(all.phrase.starts_with("3 ancres vérifiées"), "{}", all.phrase);

    // Each taken away in turn: from the file, or no longer the right one.
    for gone in [JETON, SECONDE, LOG, OTS] {
        let (mut less, mut fewer) = (extrait.clone(), ancres.clone());
        if gone == JETON {
            less.point.jeton = None;
        }
        fewer.ancres.retain(|one| one.nom != gone);
        let left: Vec<&str> = [JETON, LOG, SECONDE].into_iter().filter(|name| *name != gone).collect();
        let report = judge(&less, &fewer);
        assert_eq!(report.restent, left, "{gone}");
        assert!(left.iter().all(|name| report.phrase.contains(name)));
    }
    let other = {
        let mut other = ancres.clone();
        let [log, ots, second] = &mut other.ancres[..] else { panic!("three anchors") };
        std::mem::swap(&mut second.preuve, &mut log.preuve);
        ots.preuve = ots.preuve.replacen("AE9", "AE8", 1);
        other
    };
    let report = judge(&extrait, &other);
    assert_eq!(report.restent, [JETON]);
    assert!(report.ancres.iter().skip(1).all(|one| one.tenue == Tenue::NeTientPas), "{report:?}");
    // Anchors of another checkpoint are none of this one.
    platform.deposer(&officer(), &world.deposit(platform.views().act(act).unwrap().consent, "conge")).unwrap();
    platform.pointer().unwrap();
    let consent = platform.views().act(act).unwrap().consent;
    let later = platform.extrait(consent).unwrap();
    assert_eq!(judge(&later, &ancres).restent, [JETON]);
    // They are in the dossier, and the thread names them.
    let mut zip = Vec::new();
    platform.dossier_complet(&officer(), act, PAGE, &mut zip).unwrap();
    let files = unpack(&world.path("ancre"), &zip);
    let kept = Ancres::read(&files["journal/ancres.json"]).unwrap();
    assert!(judge(&Extrait::read(&files["journal/extrait.json"]).unwrap(), &kept).restent.len() >= 3);
    drop(platform);
    world.lose_tables();
    assert_eq!(world.open().ancrage(point.id).unwrap().unwrap().posees.len(), 3);
    assert!(Platform::verifier_journal(&world.store()).unwrap().intact);
}
