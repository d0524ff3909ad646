//! What the demonstration needs around the platform: a clock that may be put forward, a witness of the messages handed over,
//! an act and a declaration.
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use dossier::{Clock, Instant};

use crate::SignificationError;
use crate::calendar::Zone;
use crate::civil::paris_text;
use crate::consent::Identification;
use crate::notice::{Accepted, Handed, Mailer, Prepared, Refused};
use crate::platform::DeclarationInput;
use crate::vault::write_private;
use crate::window::{Window, service_window};

/// Minutes left before the closing below which the demonstration waits for the next opening.
const MARGE_MS: i64 = 20 * 60 * 1000;

/// A clock put forward by so many milliseconds: only ever forward.
pub(super) struct Horloge<'a> {
    base: &'a dyn Clock,
    plus: AtomicI64,
}

impl<'a> Horloge<'a> {
    pub(super) fn new(base: &'a dyn Clock) -> Self {
        Self { base, plus: AtomicI64::new(0) }
    }

    pub(super) fn avancee(&self) -> bool {
        self.plus.load(Ordering::SeqCst) > 0
    }

    /// Puts the clock forward to the next opening when the window is closed, or about to close; says so.
    pub(super) fn ouvrir_fenetre(&self) -> Result<Option<String>, SignificationError> {
        let now = self.now();
        let soon = Instant::from_millisecond(now.as_millisecond() + MARGE_MS).unwrap_or(now);
        let zones = [Zone::Metropole];
        let next = match (service_window(now, &zones)?, service_window(soon, &zones)?) {
            (Window::Open, Window::Open) => return Ok(None),
            (Window::Closed { next_open, .. }, _) | (Window::Open, Window::Closed { next_open, .. }) => next_open,
        };
        self.plus.fetch_add(next.as_millisecond() - now.as_millisecond(), Ordering::SeqCst);
        Ok(Some(format!(
            "Il est {} : la fenêtre de signification est fermée, ou va l'être. L'horloge de la démonstration est avancée au {} ; \
             les jetons d'horodatage, eux, portent l'heure réelle de l'autorité.",
            paris_text(now),
            paris_text(next)
        )))
    }
}

impl Clock for Horloge<'_> {
    fn now(&self) -> Instant {
        let base = self.base.now();
        Instant::from_millisecond(base.as_millisecond() + self.plus.load(Ordering::SeqCst)).unwrap_or(base)
    }

    fn monotonic(&self) -> Duration {
        self.base.monotonic()
    }
}

/// Hands messages on and remembers the last: the recipient's mailbox, played.
pub(super) struct Temoin<'a> {
    inner: &'a dyn Mailer,
    last: Mutex<Option<Vec<u8>>>,
}

impl<'a> Temoin<'a> {
    pub(super) fn new(inner: &'a dyn Mailer) -> Self {
        Self { inner, last: Mutex::new(None) }
    }

    /// The last message that the server took.
    pub(super) fn dernier(&self) -> Result<Vec<u8>, SignificationError> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.clone().ok_or_else(|| SignificationError::Smtp { code: "connexion".into(), permanent: false })
    }

    fn keep<T>(&self, message: &Prepared, taken: Result<T, Refused>) -> Result<T, Refused> {
        if taken.is_ok() {
            *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(message.raw.clone());
        }
        taken
    }
}

impl Mailer for Temoin<'_> {
    fn send(&self, message: &Prepared) -> Result<Accepted, Refused> {
        self.keep(message, self.inner.send(message))
    }

    fn hand_over(&self, message: &Prepared) -> Result<Handed, Refused> {
        self.keep(message, self.inner.hand_over(message))
    }
}

/// The single-use secret of an invitation, as its recipient reads it: the one line of a J and 43 base64url characters.
pub(super) fn secret(raw: &[u8]) -> Result<String, SignificationError> {
    let text = String::from_utf8_lossy(raw);
    let word = |line: &str| line.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    let found = text.lines().map(str::trim_end).find(|l| l.len() == 44 && l.starts_with('J') && word(l));
    found.map(str::to_owned).ok_or(SignificationError::Invitation { why: "code absent du message" })
}

/// The declaration, with two documents of the decor.
pub(super) fn declaration(folder: &Path, courriel: &str) -> Result<DeclarationInput, SignificationError> {
    let (identity, home) = (folder.join("entree/identite.txt"), folder.join("entree/domicile.txt"));
    write_private(&identity, "Pièce d'identité de démonstration\n".as_bytes())?;
    write_private(&home, "Justificatif de domicile de démonstration\n".as_bytes())?;
    Ok(DeclarationInput {
        personne: super::personne(courriel),
        natures: None,
        jusqu_au: None,
        zone: Zone::Metropole,
        identification: Identification::Pieces,
        assistance: false,
        pieces: BTreeMap::from([("identite".to_owned(), identity), ("domicile".to_owned(), home)]),
    })
}

/// A PDF of one page that says what it is.
pub(super) fn acte_pdf() -> Vec<u8> {
    let page = "BT /F1 18 Tf 72 720 Td (Acte de d\\351monstration, sans effet juridique) Tj ET";
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{page}\nendstream", page.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_owned(),
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
