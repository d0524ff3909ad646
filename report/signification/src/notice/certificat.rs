//! The message that brings a certificate of erasure: no name, no act, the files of the certificate attached.
use std::collections::BTreeMap;

use dossier::Instant;
use lettre::Address;
use lettre::message::header::ContentType;
use lettre::message::{Attachment, Mailbox, Message, MultiPart, SinglePart};

use super::{Prepared, envelope_sender, message_domain};
use crate::civil::paris_text;
use crate::config::Config;
use crate::text::{ESSAI, fill};
use crate::{Id, SignificationError};

/// The text of the message.
pub const EFFACEMENT: &str = include_str!("../../text/fr/effacement.txt");

/// The message to `to`, about what was destroyed of `pseudonym` at `erased`.
pub fn erased(
    config: &Config,
    id: Id,
    to: &str,
    (pseudonym, erased): (Id, Instant),
    files: &BTreeMap<String, Vec<u8>>,
    now: Instant,
) -> Result<Prepared, SignificationError> {
    let refuse = |why: String| SignificationError::Message { why };
    let mailbox = |name: Option<String>, address: &str| {
        address.parse::<Address>().map(|a| Mailbox::new(name, a)).map_err(|e| refuse(e.to_string()))
    };
    let body = fill(
        EFFACEMENT,
        &[
            ("etude", &config.etude),
            ("residence", &config.residence),
            ("date", &paris_text(erased)),
            ("pseudonyme", &pseudonym.to_string()),
            ("dpo", &config.contact_dpo),
        ],
    )?;
    let (subject, body) = match config.essai {
        true => ("[ESSAI] Certificat d'effacement de vos données", format!("{ESSAI}{body}")),
        false => ("Certificat d'effacement de vos données", body),
    };
    let mut parts = MultiPart::mixed().singlepart(SinglePart::builder().header(ContentType::TEXT_PLAIN).body(body));
    for (name, octets) in files {
        let kind = if name.ends_with(".json") { "application/json" } else { "application/octet-stream" };
        let kind = ContentType::parse(kind).map_err(|e| refuse(e.to_string()))?;
        parts = parts.singlepart(Attachment::new(name.clone()).body(octets.clone(), kind));
    }
    let domain = message_domain(config);
    let built = Message::builder()
        .from(mailbox(Some(config.etude.clone()), &config.smtp.expediteur)?)
        .to(mailbox(None, to)?)
        .subject(subject)
        .date(std::time::SystemTime::from(now.timestamp()))
        .message_id(Some(format!("<{id}@{domain}>")))
        .multipart(parts)
        .map_err(|e| refuse(e.to_string()))?;
    Ok(Prepared { id, from: envelope_sender(config, id), to: to.to_owned(), raw: built.formatted() })
}
