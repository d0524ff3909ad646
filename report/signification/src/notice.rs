//! Notices by e-mail: generic text, the recipient's name and nothing else about him; the exact bytes handed to the mail
//! server are what is digested and kept (encrypted, since they bear an address).
use dossier::Instant;
use lettre::Address;
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};

use crate::civil::paris_text;
use crate::config::Config;
use crate::text::{AVIS, ESSAI, INVITATION, fill};
use crate::{Id, SignificationError};

pub mod certificat;
pub mod dsn;
mod gsm7;
pub(crate) mod mime;
pub mod parcours;
pub mod rappel;
pub mod retours;
pub mod sms;
mod smtp;
pub mod suivi;
pub mod suivi_sms;

pub mod autres;

pub use smtp::SmtpMailer;

crate::discret::discret!(Prepared);

/// A message ready to go.
#[derive(Clone, PartialEq, Eq)]
pub struct Prepared {
    /// Identifier, also in the `Message-ID`.
    pub id: Id,
    /// Envelope sender (RFC 5321).
    pub from: String,
    /// Envelope recipient.
    pub to: String,
    /// The RFC 5322 message, exactly as handed over.
    pub raw: Vec<u8>,
}

/// The mail server took the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Reply code, such as 250.
    pub code: u16,
}

/// The mail server did not take the message. The text of its reply is left out: it may repeat the address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Reply code in three digits, or `connexion` (no server, no TLS), `protocole` (not SMTP), or
    /// `interrompu` (no reply to the last byte: it may have been taken).
    pub code: String,
    /// Whether the refusal is permanent (5xx).
    pub permanent: bool,
}

/// The mail server took the message, and whether it will say what becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handed {
    /// Reply code, such as 250.
    pub code: u16,
    /// Whether delivery status notifications were offered, hence asked for (RFC 3461): without, silence says nothing.
    pub dsn: bool,
}

/// Hands messages to a mail server.
pub trait Mailer: Sync {
    /// Hands one message over and waits for the reply to its last byte.
    fn send(&self, message: &Prepared) -> Result<Accepted, Refused>;

    /// Like [`Mailer::send`]; tells also whether news of the delivery may be expected.
    fn hand_over(&self, message: &Prepared) -> Result<Handed, Refused> {
        self.send(message).map(|accepted| Handed { code: accepted.code, dsn: false })
    }
}

/// The notice that an act is available.
pub fn availability(
    config: &Config,
    id: Id,
    act: Id,
    name: &str,
    to: &str,
    deposited: Instant,
    now: Instant,
) -> Result<Prepared, SignificationError> {
    let body = fill(
        AVIS,
        &[
            ("nom", name),
            ("etude", &config.etude),
            ("residence", &config.residence),
            ("date", &paris_text(deposited)),
            ("acte", &act.to_string()),
            ("dpo", &config.contact_dpo),
        ],
    )?;
    message(config, id, to, "Un acte est à votre disposition", &body, now)
}

/// What an invitation says.
pub struct Invitation<'a> {
    /// The consent.
    pub consent: Id,
    /// The recipient's name.
    pub name: &'a str,
    /// The recipient's address.
    pub to: &'a str,
    /// The single-use secret.
    pub secret: &'a str,
    /// Its end.
    pub expires_at: Instant,
    /// Version of the terms of use.
    pub cgu_version: &'a str,
    /// Their digest.
    pub cgu_sha256: &'a str,
}

/// The invitation to accept the terms of use.
pub fn invitation(
    config: &Config,
    id: Id,
    invitation: &Invitation<'_>,
    now: Instant,
) -> Result<Prepared, SignificationError> {
    let body = fill(
        INVITATION,
        &[
            ("nom", invitation.name),
            ("etude", &config.etude),
            ("residence", &config.residence),
            ("cgu_version", invitation.cgu_version),
            ("cgu_sha256", invitation.cgu_sha256),
            ("consentement", &invitation.consent.to_string()),
            ("expire", &paris_text(invitation.expires_at)),
            ("jeton", invitation.secret),
            ("dpo", &config.contact_dpo),
        ],
    )?;
    let body = config.exploitation.avec_portail(body);
    message(config, id, invitation.to, "Recevoir vos actes par voie électronique : votre choix", &body, now)
}

pub(crate) fn message(
    config: &Config,
    id: Id,
    to: &str,
    subject: &str,
    body: &str,
    now: Instant,
) -> Result<Prepared, SignificationError> {
    let refuse = |why: String| SignificationError::Message { why };
    let mailbox = |name: Option<String>, address: &str| {
        address.parse::<Address>().map(|a| Mailbox::new(name, a)).map_err(|e| refuse(e.to_string()))
    };
    let from = &config.smtp.expediteur;
    let domain = message_domain(config);
    let subject = if config.essai { format!("[ESSAI] {subject}") } else { subject.to_owned() };
    let body = if config.essai { format!("{ESSAI}{body}") } else { body.to_owned() };
    let built = Message::builder()
        .from(mailbox(Some(config.etude.clone()), from)?)
        .to(mailbox(None, to)?)
        .subject(subject)
        .date(std::time::SystemTime::from(now.timestamp()))
        .message_id(Some(format!("<{id}@{domain}>")))
        .header(ContentType::TEXT_PLAIN)
        .body(body)
        .map_err(|e| refuse(e.to_string()))?;
    Ok(Prepared { id, from: envelope_sender(config, id), to: to.to_owned(), raw: built.formatted() })
}

/// A notice that was kept, as it is to be handed over again.
pub fn again(config: &Config, id: Id, to: &str, raw: Vec<u8>) -> Prepared {
    Prepared { id, from: envelope_sender(config, id), to: to.to_owned(), raw }
}

/// What follows `@` in our `Message-ID`s.
pub fn message_domain(config: &Config) -> &str {
    config.smtp.expediteur.rsplit_once('@').map_or("localhost", |(_, domain)| domain)
}

/// The envelope sender of the notice `id`: with `avis.retour`, one address for each notice, so that what comes back
/// names it whatever the server that writes the return.
fn envelope_sender(config: &Config, id: Id) -> String {
    match config.avis.retour.as_deref().and_then(|address| address.rsplit_once('@')) {
        Some((local, domain)) => format!("{local}+{id}@{domain}"),
        None => config.smtp.expediteur.clone(),
    }
}
