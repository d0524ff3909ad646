//! Secrets, identities and acts at rest: after a whole life no marker of theirs is found in clear in what a disk image or a log
//! would hold, on both storages; nor in what the public types print.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

#[path = "support/comptes.rs"]
mod comptes;
#[path = "support/world.rs"]
mod world;

use std::io::Read as _;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use comptes::*;
use signification::Platform;
use signification::comptes::connexion::{Origine, Second, Tentative};
use signification::comptes::incident::Nature;
use signification::comptes::mot_de_passe::MotDePasse;
use signification::comptes::totp;
use signification::platform::comptes::OuvertureCompte;
use signification::platform::{AcceptInput, ReponseInput};
use signification::store::Table;
use world::{ACT, Server, Storage, files, officer};

on_both_storages!(secrets_and_identities_are_nowhere_in_clear_after_a_whole_life);

const COURRIEL: &str = "isaline.marque-unique@essai.test";
const PIECE: &[u8] = b"MARQUE-DE-LA-PIECE-D-IDENTITE-7f31c2a9";
const INCIDENT: &str = "marque de l'incident : la page deux manque";
const REPONSE: &str = "marque de la réponse : je conteste la somme";

/// What must not be found, and how it is told.
type Marks = Vec<(String, Vec<u8>)>;

/// What loggers write, at their most verbose.
#[derive(Clone, Default)]
struct Lignes(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Lignes {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Every event of every crate, from the first call on.
fn ecouter() -> &'static Lignes {
    static LIGNES: OnceLock<Lignes> = OnceLock::new();
    LIGNES.get_or_init(|| {
        let lines = Lignes::default();
        let into = lines.clone();
        let trace = tracing_subscriber::fmt().with_max_level(tracing_subscriber::filter::LevelFilter::TRACE);
        trace.with_ansi(false).with_writer(move || into.clone()).init();
        lines
    })
}

/// What is known before anything happens.
fn marques() -> Marks {
    let mut marks: Marks = Vec::new();
    let mut mark = |name: &str, bytes: &[u8]| marks.push((name.to_owned(), bytes.to_vec()));
    for (name, text) in [
        ("nom", "Quatremere"),
        ("prenom", "Isaline"),
        ("naissance", "Besancon"),
        ("domicile", "rue des Martelots"),
        ("courriel", COURRIEL),
        ("telephone", "06 12 34 56 78"),
        ("telephone E.164", "+33612345678"),
        ("mot de passe", MOT),
        ("requerant", "Banque Requerante SA"),
        ("nom de connexion", "isaline-connexion-marque"),
        ("incident", INCIDENT),
        ("réponse", REPONSE),
    ] {
        mark(name, text.as_bytes());
    }
    mark("pièce", PIECE);
    mark("acte", &ACT[10..40]);
    mark("téléphone TOTP", &SEED);
    mark("téléphone TOTP, base32", totp::base32(&SEED).as_bytes());
    marks
}

/// A whole life; gives the marks, and what the public types printed.
fn vivre<'w>(world: &'w W, platform: &Platform<'w>) -> (Marks, String) {
    let mut marks = marques();
    let mut printed = String::new();
    let mut mark = |name: &str, bytes: &[u8]| marks.push((name.to_owned(), bytes.to_vec()));
    std::fs::write(world.path("identite.png"), PIECE).unwrap();
    let mut declaration = world.declaration(COURRIEL);
    declaration.pieces.insert("identite".into(), world.path("identite.png"));
    printed += &format!("{declaration:?}{:?}", declaration.personne);

    let consent = platform.proposer(&officer(), "2026-0142", "téléphone").unwrap().consent;
    printed += &format!("{:?}", platform.declarer(&officer(), consent, &declaration).unwrap());
    let (invited, _) = platform.inviter_avec_compte(&officer(), consent, None).unwrap();
    let raw = world.outbox.last();
    printed += &format!("{invited:?}{:?}", world.outbox.sent.lock().unwrap());
    let secret = world::token(&raw);
    mark("secret d'invitation", secret.as_bytes());
    let (code, origine) = (code(world), ici(platform, 1));
    let telephone = Some((&SEED, code.as_str()));
    let nom = "isaline-connexion-marque";
    let opened = OuvertureCompte { reference: consent, secret: &secret, nom, mot: MOT, telephone, origine };
    printed += &format!("{opened:?}{:?}", platform.ouvrir_compte(&opened).unwrap());
    let input = AcceptInput { consent, jeton: secret.clone(), cgu_sha256: cgu(), cle: world.path("cle") };
    printed += &format!("{input:?}");

    world.clock.advance(std::time::Duration::from_secs(31));
    printed += &rater(platform, nom, ici(platform, 9));
    let (typed, mot) = (comptes::code(world), MotDePasse::saisi(MOT));
    let second = Second::Totp(&typed);
    let t = Tentative { nom, mot: &mot, second, certificat: None, origine: ici(platform, 1) };
    printed += &format!("{t:?}{mot:?}");
    let entree = platform.connecter(&t, None).unwrap();
    printed += &format!("{entree:?}");
    let value = entree.temoin.valeur();
    mark("témoin", value.as_bytes());
    let halves = URL_SAFE_NO_PAD.decode(value.as_bytes()).unwrap();
    mark("témoin, nom", &halves[..32]);
    mark("témoin, moitié", &halves[32..]);
    let acces = platform.session(entree.temoin).unwrap();
    platform.accepter_cgu(&acces, &cgu()).unwrap();
    for code in platform.tirer_codes(&acces).unwrap() {
        printed += &format!("{code:?}");
        let shown = code.montrer();
        mark("code de secours", shown.as_bytes());
        mark("code de secours, nu", shown.replace('-', "").as_bytes());
    }
    let act = acte(world, platform, consent);
    printed += &format!("{:?}{acces:?}", world.deposit(consent, "assignation"));
    printed += &format!("{:?}", platform.consulter_en_session(&acces, act).unwrap());
    let mut read = std::fs::File::create(world.path("acte-lu.pdf")).unwrap();
    platform.remettre_en_session(&acces, act, &mut read).unwrap();
    platform.ouvrir_incident(&acces, act, Nature::Irregularite, INCIDENT).unwrap();
    let answer = ReponseInput { acte: act, texte: REPONSE.into(), jointes: vec![world.path("identite.png")] };
    printed += &format!("{answer:?}");
    platform.traiter().unwrap();
    (marks, printed)
}

/// A wrong password and an unknown name: what is refused is not repeated.
fn rater(platform: &Platform<'_>, nom: &str, origine: Origine) -> String {
    let wrong = format!("{MOT} faux");
    let mot = MotDePasse::saisi(&wrong);
    let t = Tentative { nom, mot: &mot, second: Second::Aucune, certificat: None, origine };
    let error = platform.connecter(&t, None).unwrap_err();
    format!("{error} {error:?}")
}

/// The forms under which a mark could lie in octets.
fn forms(mark: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let mut forms = vec![("clair", mark.to_vec())];
    let lower: String = mark.iter().map(|b| format!("{b:02x}")).collect();
    forms.push(("hex", lower.to_uppercase().into_bytes()));
    forms.push(("hex", lower.into_bytes()));
    if let Ok(text) = std::str::from_utf8(mark) {
        forms.push(("UTF-16LE", text.encode_utf16().flat_map(u16::to_le_bytes).collect()));
        forms.push(("UTF-16BE", text.encode_utf16().flat_map(u16::to_be_bytes).collect()));
    }
    for (shift, skip) in [(0, 0), (1, 2), (2, 3)] {
        let padded = [vec![0; shift], mark.to_vec()].concat();
        // The last character also depends on what follows.
        let whole = padded.len() * 8 / 6;
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            let text = engine.encode(&padded);
            forms.push(("base64", text.as_bytes()[skip..whole].to_vec()));
        }
    }
    forms
}

fn inside(bytes: &[u8], word: &[u8]) -> bool {
    let Some(first) = word.first() else { return false };
    let mut at = 0;
    while let Some(found) = bytes[at..].iter().position(|b| b == first) {
        at += found;
        if bytes[at..].starts_with(word) {
            return true;
        }
        at += 1;
    }
    false
}

/// What is compressed in these octets, unfolded: gzip, zlib and zip members.
fn unfolded(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for at in 0..bytes.len().saturating_sub(4) {
        let mut out = Vec::new();
        if bytes[at..].starts_with(&[0x1f, 0x8b, 8]) {
            let _ = flate2::read::GzDecoder::new(&bytes[at..]).take(1 << 24).read_to_end(&mut out);
        } else if bytes[at] == 0x78 && matches!(bytes[at + 1], 0x01 | 0x5e | 0x9c | 0xda) {
            let _ = flate2::read::ZlibDecoder::new(&bytes[at..]).take(1 << 24).read_to_end(&mut out);
        } else if bytes[at..].starts_with(b"PK\x03\x04") {
            let mut rest = std::io::Cursor::new(&bytes[at..]);
            while let Ok(Some(mut member)) = zip::read::read_zipfile_from_stream(&mut rest) {
                let _ = member.read_to_end(&mut out);
            }
        }
        if out.len() > 16 {
            found.push(out);
        }
    }
    found
}

fn search(place: &str, bytes: &[u8], marks: &Marks, found: &mut Vec<String>) {
    let folded = unfolded(bytes);
    for (name, mark) in marks {
        for (form, word) in forms(mark) {
            if word.len() >= 8
                && std::iter::once(bytes).chain(folded.iter().map(Vec::as_slice)).any(|b| inside(b, &word))
            {
                found.push(format!("{name} ({form}) : {place}"));
            }
        }
    }
}

fn search_folder(root: &Path, marks: &Marks, found: &mut Vec<String>) -> usize {
    let all = files(root);
    for (path, bytes) in &all {
        search(&path.display().to_string(), bytes, marks, found);
    }
    all.len()
}

/// The name of the requérant, where evidence is kept.
fn of_a_receipt(place: &str) -> bool {
    let kept = place.ends_with("pieces.jsonl") || place.contains("/data/base/") || place.contains("/data/pg_wal/");
    place.starts_with("requerant (") && kept
}

fn secrets_and_identities_are_nowhere_in_clear_after_a_whole_life(storage: Storage) {
    let logged = ecouter();
    let world = monde(storage);
    let platform = faire(&world);
    let (marks, printed) = vivre(&world, &platform);
    let mut found = Vec::new();
    for table in Table::ALL {
        for (key, value) in platform.views().scan(table, &[], None, usize::MAX).unwrap() {
            search(&format!("table {}", table.name()), &[key, value].concat(), &marks, &mut found);
        }
    }
    drop(platform);
    // Opened again: what is written at the opening is searched too.
    drop(rouvrir(&world));
    assert!(search_folder(&world.store(), &marks, &mut found) > 10);
    // The lines and the pieces as files, whatever keeps them.
    assert!(search_folder(world.kept().path(), &marks, &mut found) > 1);
    if let Some(base) = &world.base {
        base.sql("CHECKPOINT");
        let cluster = Server::shared().folder.clone();
        assert!(search_folder(&cluster.join("data/base"), &marks, &mut found) > 100);
        assert!(search_folder(&cluster.join("data/pg_wal"), &marks, &mut found) > 0, "with what is written ahead");
        search("journal du serveur", Server::shared().log().as_bytes(), &marks, &mut found);
    }
    search("journaux, au plus bavard", &logged.0.lock().unwrap(), &marks, &mut found);
    search("Debug", printed.as_bytes(), &marks, &mut found);
    // Told, and the one exception: a receipt says on whose request an act was served, and its signed octets are read and verified
    // without any key. It is in the pieces alone: neither in the journal, nor in the tables, nor printed.
    let (receipts, found): (Vec<_>, Vec<_>) = found.into_iter().partition(|place| of_a_receipt(place));
    assert_eq!(found, Vec::<String>::new());
    assert!(!receipts.is_empty());
    // The search finds what it is made to find.
    let sent = world.outbox.sent.lock().unwrap().iter().map(|m| m.raw.clone()).collect::<Vec<_>>().concat();
    let mut control = Vec::new();
    search("courriels", &sent, &marks, &mut control);
    search("essai", &STANDARD_NO_PAD.encode([b"x", PIECE].concat()).into_bytes(), &marks, &mut control);
    assert!(control.iter().any(|f| f.starts_with("secret d'invitation")), "{control:?}");
    assert!(control.iter().any(|f| f.starts_with("pièce (base64)")), "{control:?}");
}
