//! Why: octets that come from outside, many times changed: nothing panics, nothing out of bounds is taken. The bodies are those of
//! the fuzz targets; here they start from good files, changed at random with a seed of their own.
//!
//! `CONSTAT_CAS` sets how many cases of each; `benches/signification_octets.sh` asks for two hundred thousand.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

#[path = "../fuzz/corps.rs"]
#[allow(unreachable_pub, missing_docs, reason = "shared with the fuzz targets")]
mod corps;
#[path = "support/world.rs"]
mod world;

use std::io::Write as _;

use dossier::Sha256Digest;
use signification::backend::securact::{RECU_FORMAT, RecuSigne};
use world::{DigestSealer, World, officer};
use zip::write::SimpleFileOptions;

/// Cases of each, unless told otherwise.
const CASES: u64 = 3_000;

/// xorshift64*: the same cases each time.
struct Hasard(u64);

impl Hasard {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() >> 33).unwrap() % end.max(1)
    }
}

/// What breaks readers: ends, lengths, signs, numbers at their bounds.
const PIECES: [&[u8]; 16] = [
    b"",
    b"\0",
    b"\xff\xff\xff\xff",
    b"{",
    b"}",
    b"[",
    b"\"",
    b"\\u0000",
    b"-1",
    b"18446744073709551616",
    b"null",
    b"\n",
    b"1e999",
    b"..",
    b"PK\x05\x06",
    b"\xed\xa0\x80",
];

/// One to four changes: an octet, a run cut out, a run repeated, a word put in, two places exchanged.
fn change(good: &[u8], hasard: &mut Hasard) -> Vec<u8> {
    let mut octets = good.to_vec();
    for _ in 0..=hasard.below(4) {
        let (at, length) = (hasard.below(octets.len()), hasard.below(48));
        let to = (at + length).min(octets.len());
        match hasard.below(6) {
            0 if !octets.is_empty() => octets[at] = u8::try_from(hasard.next() & 0xff).unwrap(),
            1 => drop(octets.drain(at..to)),
            2 => {
                let run = octets[at..to].to_vec();
                octets.splice(at..at, run);
            }
            3 => drop(octets.splice(at..at, PIECES[hasard.below(PIECES.len())].iter().copied())),
            4 => octets.truncate(at),
            _ if !octets.is_empty() => {
                let other = hasard.below(octets.len());
                octets.swap(at, other);
            }
            _ => {}
        }
    }
    octets
}

fn essayer(name: &str, good: &[Vec<u8>], read: fn(&[u8]) -> bool) {
    let cases = std::env::var("CONSTAT_CAS").map_or(CASES, |text| text.parse().unwrap());
    assert!(good.iter().all(|octets| read(octets)), "{name}: the files it starts from are good");
    let (mut hasard, mut taken) = (Hasard(0x9E37_79B9_7F4A_7C15), 0_u64);
    for case in 0..cases {
        let from = &good[usize::try_from(case).unwrap() % good.len()];
        taken += u64::from(read(&change(from, &mut hasard)));
    }
    eprintln!("{name}: {cases} cases, {taken} of them read");
}

/// Evidence of an act from its sending to its handing over, and the excerpt that dates one.
fn evidence() -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let world = World::new(DigestSealer { deferred: false }, "2026-12-01T11:00:00Z");
    let platform = world.make();
    let consent = world.consent(&platform, &world.declaration("isaline@essai.test"));
    let act = platform.deposer(&officer(), &world.deposit(consent, "assignation")).unwrap().acte;
    platform.envoyer(&officer(), act, false).unwrap();
    platform.remettre(act, &world.key(consent), &mut Vec::new()).unwrap();
    let receipts = platform.recepisses(act).unwrap();
    let read = |id: &signification::Id| platform.evidence_bytes(*id).unwrap();
    let extract = dossier::to_canonical(&platform.extrait(act).unwrap()).unwrap();
    (receipts.iter().map(read).collect(), vec![extract])
}

#[test]
fn e04_a_changed_receipt_is_read_whole_or_refused() {
    essayer("récépissés", &evidence().0, corps::recepisse);
}

#[test]
fn e04_a_changed_excerpt_is_judged_without_harm() {
    essayer("extraits", &evidence().1, corps::extrait);
}

#[test]
fn g03_a_changed_package_is_opened_within_bounds() {
    let packed = |names: &[&str]| {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for name in names {
            zip.start_file(*name, SimpleFileOptions::default()).unwrap();
            zip.write_all(name.repeat(40).as_bytes()).unwrap();
        }
        zip.finish().unwrap().into_inner()
    };
    let good = [packed(&["manifeste.json", "manifeste.json.p7s", "suivi.json", "acte.pdf"]), packed(&["suivi.json"])];
    essayer("paquets de confrères", &good, corps::paquet_de_confrere);
}

#[test]
fn e09_a_changed_receipt_of_the_operator_is_taken_or_refused() {
    let content = Sha256Digest::of(b"acte");
    let texte = format!(
        "{{\"acte\":\"01890a5d-ac96-774b-bcce-b302099a8057\",\"contenu\":\"{content}\",\"evenement\":{{\"nom\":\"SIGNIFIE\"}},\
         \"format\":\"{RECU_FORMAT}\",\"le\":\"2026-12-01T11:00:00Z\"}}"
    );
    let recu = RecuSigne { texte, signature: "AAAA".into() };
    essayer("reçus de l'opérateur", &[serde_json::to_vec(&recu).unwrap()], corps::recu_d_operateur);
}

#[test]
fn c08_a_changed_return_of_mail_is_read_or_set_aside() {
    let good = "Return-Path: <>\r\nTo: avis@etude.test\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; \
                report-type=delivery-status; boundary=\"b\"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nfailed\r\n--b\r\n\
                Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.test\r\n\
                Original-Envelope-Id: 01890a5d-ac96-774b-bcce-b302099a8057\r\n\r\nFinal-Recipient: rfc822; a@essai.test\r\n\
                Action: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n";
    essayer("retours de courrier", &[good.as_bytes().to_vec()], corps::retour_de_courrier);
}

#[test]
fn a_changed_outcome_of_the_office_s_software_is_read_or_refused() {
    let content = Sha256Digest::of(b"acte");
    let told = |issue: &str| {
        format!(
            "{{\"format\":\"constat-retour/1\",\"acte\":\"01890a5d-ac96-774b-bcce-b302099a8057\",\"contenu\":\"{content}\",{issue}}}"
        )
        .into_bytes()
    };
    let good = [
        told("\"issue\":\"signifie\",\"le\":\"2026-12-01T09:00:00Z\""),
        told("\"issue\":\"refuse\",\"code\":\"HORS_PERIMETRE\""),
    ];
    essayer("retours du logiciel de l'office", &good, corps::retour_de_dossier);
}
