//! Bounces in a server's own words: what they say is believed only where it cannot be read otherwise; the rest is told to
//! the office as it came.
use super::{Action, Forme, Lien, Nous, Rebut, Retour, Statut, arrived_at, date, one};
use crate::notice::mime::{Headers, Parsed};

/// Octets of text searched.
const MAX_TEXT: usize = 256 * 1024;
/// First words of a bounce of qmail, which only ever tells of failures.
const QMAIL: &str = "this is the qmail-send program";

/// Reads a bounce that is not a report of RFC 3464.
pub(super) fn lire(message: &Parsed<'_>, nous: &Nous) -> Result<Retour, Rebut> {
    let mut text = String::new();
    for leaf in &message.leaves {
        let room = MAX_TEXT.saturating_sub(text.len());
        text.push_str(&String::from_utf8_lossy(leaf.body.get(..room.min(leaf.body.len())).unwrap_or_default()));
        text.push('\n');
    }
    let failed_header = message.headers.get("x-failed-recipients").is_some();
    let qmail = text.to_ascii_lowercase().contains(QMAIL);
    if !from_a_server(&message.headers) && !failed_header {
        return Err(Rebut::PasUnRetour);
    }
    let mut found: Vec<_> = arrived_at(&message.headers, nous).map(|id| (id, Lien::AdresseDeRetour)).collect();
    found.extend(nous.message_ids(&text).into_iter().map(|id| (id, Lien::Texte)));
    let (notice, lien) = one(&found)?;
    // What was sent back may hold numbers of its own: only the words before it are searched.
    let words = own_words(&text);
    let statut = statuses(words).next();
    let smtp = codes(words).next();
    let permanent = failed_header || qmail || statut.is_some_and(|s| s.class() == 5) || smtp.is_some_and(|c| c >= 500);
    // A 4.x.x alone may be a delay or the last of many: the words would have to be understood.
    let action = permanent.then_some(Action::Failed);
    Ok(Retour {
        notice,
        lien,
        forme: Forme::Libre,
        action,
        statut: statut.filter(|s| s.class() != 2),
        smtp,
        arrivee: None,
        tentative: None,
        jusqu_a: None,
        emis: message.headers.get("date").and_then(date),
    })
}

/// Whether the sender is a server: people on holiday also answer with an empty return path.
fn from_a_server(headers: &Headers) -> bool {
    let from = headers.get("from").unwrap_or("").to_ascii_lowercase();
    let address = from.rsplit_once('<').map_or(from.as_str(), |(_, rest)| rest);
    let local = address.split('@').next().unwrap_or("").trim().trim_matches(['"', '>', ' ']);
    matches!(local, "mailer-daemon" | "mail-daemon" | "postmaster" | "mdaemon")
}

fn own_words(text: &str) -> &str {
    const MARKS: [&str; 4] = ["\nReceived: ", "\nReturn-path: ", "\nReturn-Path: ", "\nMessage-ID: "];
    let end = MARKS.iter().filter_map(|mark| text.find(mark)).min().unwrap_or(text.len());
    text.get(..end).unwrap_or(text)
}

/// Words that are a status code, of a subject that RFC 3463 defines.
fn statuses(text: &str) -> impl Iterator<Item = Statut> + '_ {
    text.split(|c: char| !c.is_ascii_digit() && c != '.')
        .filter_map(|word| word.trim_end_matches('.').parse::<Statut>().ok())
        .filter(|status| status.subject <= 7)
}

/// Reply codes as servers quote them: three digits, then a space or a dash, after a colon or at the head of a line.
fn codes(text: &str) -> impl Iterator<Item = u16> + '_ {
    text.lines()
        .flat_map(|line| {
            let starts = std::iter::once(line).chain(line.split(": ").skip(1));
            starts.filter_map(|part| {
                let part = part.trim_start();
                let digits = part.get(..3)?;
                let marked = part.get(3..4).is_none_or(|next| next == " " || next == "-");
                (marked && digits.bytes().all(|b| b.is_ascii_digit())).then(|| digits.parse().ok())?
            })
        })
        .filter(|code: &u16| (400..=559).contains(code))
}
