//! Notices by e-mail: generic text, the recipient's name and nothing else about him; the exact bytes handed to the mail
//! server are what is digested and kept (encrypted, since they bear an address).
use std::time::Duration;

use dossier::Instant;
use lettre::address::Envelope;
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::SmtpTransport;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{Address, Transport};

use crate::civil::paris_text;
use crate::config::{Config, SmtpConfig, SmtpSecurity};
use crate::text::{AVIS, ESSAI, INVITATION, fill};
use crate::{Id, SignificationError};

/// A message ready to go.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// Reply code in three digits, or `connexion` (no server, no TLS), or `protocole` (not SMTP).
    pub code: String,
    /// Whether the refusal is permanent (5xx).
    pub permanent: bool,
}

/// Hands messages to a mail server.
pub trait Mailer: Sync {
    /// Hands one message over and waits for the reply to its last byte.
    fn send(&self, message: &Prepared) -> Result<Accepted, Refused>;
}

/// The real one: SMTP (RFC 5321), plain to this machine or with STARTTLS required (RFC 3207).
pub struct SmtpMailer {
    transport: SmtpTransport,
}

impl SmtpMailer {
    /// Builds the client; no connection is made before the first message. With STARTTLS, a server whose certificate
    /// does not verify (public roots, or `smtp.autorite`) is refused.
    pub fn new(config: &SmtpConfig) -> Result<Self, SignificationError> {
        let refuse = |why: String| SignificationError::Config { why };
        let tls = match config.securite {
            SmtpSecurity::Aucune => Tls::None,
            SmtpSecurity::Starttls => {
                let mut parameters = TlsParameters::builder(config.hote.clone());
                if let Some(path) = &config.autorite {
                    let pem = std::fs::read(path).map_err(|e| SignificationError::io("read", path, e))?;
                    let root = Certificate::from_pem(&pem)
                        .map_err(|_| refuse("smtp.autorite : pas un certificat PEM".into()))?;
                    parameters = parameters.add_root_certificate(root);
                }
                Tls::Required(parameters.build_rustls().map_err(|e| refuse(format!("TLS : {e}")))?)
            }
        };
        let transport = SmtpTransport::builder_dangerous(&config.hote)
            .port(config.port)
            .tls(tls)
            .timeout(Some(Duration::from_secs(u64::from(config.delai_secondes))))
            .build();
        Ok(Self { transport })
    }
}

impl Mailer for SmtpMailer {
    fn send(&self, message: &Prepared) -> Result<Accepted, Refused> {
        let address =
            |text: &str| text.parse::<Address>().map_err(|_| Refused { code: "protocole".into(), permanent: true });
        let envelope = Envelope::new(Some(address(&message.from)?), vec![address(&message.to)?])
            .map_err(|_| Refused { code: "protocole".into(), permanent: true })?;
        match self.transport.send_raw(&envelope, &message.raw) {
            Ok(response) => Ok(Accepted { code: u16::from(response.code()) }),
            Err(error) => Err(Refused {
                code: match error.status() {
                    Some(code) => u16::from(code).to_string(),
                    None if error.is_response() => "protocole".into(),
                    None => "connexion".into(),
                },
                permanent: error.is_permanent(),
            }),
        }
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
    message(config, id, invitation.to, "Recevoir vos actes par voie électronique : votre choix", &body, now)
}

fn message(
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
    let domain = from.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
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
    Ok(Prepared { id, from: from.clone(), to: to.to_owned(), raw: built.formatted() })
}
