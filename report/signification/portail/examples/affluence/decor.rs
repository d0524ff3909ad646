//! Why: what is around the platform: a clock that begins in an open window, people, a configuration, acts.
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use dossier::{Clock, Instant};
use signification::calendar::Zone;
use signification::config::{AvisConfig, Config, SmtpConfig};
use signification::consent::Identification;
use signification::person::PersonInput;
use signification::platform::DeclarationInput;
use signification::{Escrow, SmtpSecurity};

/// 8:00 in Paris on a Tuesday: the window is open for thirteen hours.
const OPENING: &str = "2026-12-01T07:00:00Z";

/// Begins at [`OPENING`] and goes as time goes.
pub(crate) struct Horloge {
    start: Instant,
    since: std::time::Instant,
}

impl Horloge {
    pub(crate) fn new() -> Self {
        Self { start: OPENING.parse().unwrap(), since: std::time::Instant::now() }
    }
}

impl Clock for Horloge {
    fn now(&self) -> Instant {
        let spent = i64::try_from(self.since.elapsed().as_millis()).unwrap();
        Instant::from_millisecond(self.start.as_millisecond() + spent).unwrap()
    }

    fn monotonic(&self) -> Duration {
        self.since.elapsed()
    }
}

pub(crate) fn config(port: u16) -> Config {
    let smtp = SmtpConfig {
        hote: "127.0.0.1".into(),
        port,
        securite: SmtpSecurity::Aucune,
        autorite: None,
        expediteur: "avis@essai.test".into(),
        delai_secondes: 20,
    };
    Config {
        etude: "Étude Essai".into(),
        residence: "Lyon".into(),
        contact_dpo: "dpo@essai.test".into(),
        zone: Zone::Metropole,
        sequestre: Escrow::Etude,
        dernier_envoi: "20:55".into(),
        invitation_jours: 30,
        jetons_propres: 4,
        essai: true,
        smtp,
        avis: AvisConfig::default(),
        sms: None,
        analyse: signification::scan::ScanConfig {
            politique: signification::scan::Politique::Admettre,
            ..signification::scan::ScanConfig::default()
        },
        actes: signification::signature_acte::ActesConfig::default(),
        delai_interne: signification::delais::DelaiConfig::default(),
        bureau: None,
        base: None,
        exploitation: signification::exploitation::Exploitation::default(),
        preuves: signification::config::PreuvesConfig::default(),
    }
}

pub(crate) fn declaration(folder: &Path, courriel: &str, number: usize) -> DeclarationInput {
    let piece = folder.join("piece.png");
    if !piece.exists() {
        std::fs::write(&piece, b"copie d'une piece").unwrap();
    }
    DeclarationInput {
        personne: PersonInput {
            kind: "physique".into(),
            nom: format!("Essai{}", alphabet(number)),
            prenoms: "Camille".into(),
            date_naissance: "1971-07-14".into(),
            lieu_naissance: "Besancon".into(),
            domicile: "12 rue des Martelots".into(),
            courriel: courriel.into(),
            telephone: None,
            ..PersonInput::default()
        },
        natures: None,
        jusqu_au: None,
        zone: Zone::Metropole,
        identification: Identification::Pieces,
        assistance: false,
        pieces: BTreeMap::from([("identite".to_owned(), piece.clone()), ("domicile".to_owned(), piece)]),
    }
}

/// A number in letters: names have no digit.
fn alphabet(mut number: usize) -> String {
    let mut text = String::new();
    for _ in 0..3 {
        text.push(char::from(b'a' + u8::try_from(number % 26).unwrap_or(0)));
        number /= 26;
    }
    text
}

/// A PDF of one page and about thirty thousand octets; no two are the same.
pub(crate) fn acte_pdf(number: u64) -> Vec<u8> {
    let mut page = format!("BT /F1 9 Tf 40 800 Td (Acte d'essai numero {number}, sans effet juridique) Tj\n");
    let mut seed = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    while page.len() < 29_000 {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        page += &format!("0 -11 Td ({seed:016x} lequel acte a ete signifie par voie electronique) Tj\n");
    }
    page += "ET";
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{page}\nendstream", page.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let (mut out, mut places) = (String::from("%PDF-1.7\n"), Vec::new());
    for (i, object) in objects.iter().enumerate() {
        places.push(out.len());
        out.push_str(&format!("{} 0 obj\n{object}\nendobj\n", i + 1));
    }
    let table = out.len();
    out.push_str(&format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1));
    for place in places {
        out.push_str(&format!("{place:010} 00000 n \n"));
    }
    let size = objects.len() + 1;
    out.push_str(&format!("trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n"));
    out.into_bytes()
}
