//! The SMTP client of the notices (RFC 5321), which asks for delivery status notifications (RFC 3461) when they are
//! offered; lettre's own sending cannot, so its commands are sent one by one.
use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::client::{Certificate, SmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Ehlo, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, MailBodyParameter, MailParameter, RcptParameter};

use super::{Accepted, Handed, Mailer, Prepared, Refused};
use crate::SignificationError;
use crate::config::{SmtpConfig, SmtpSecurity};

/// The real mail server: plain to this machine or with STARTTLS required (RFC 3207).
pub struct SmtpMailer {
    host: String,
    port: u16,
    deadline: Duration,
    tls: Option<TlsParameters>,
}

/// What the server said it can do.
#[derive(Clone, Copy, Default)]
struct Offered {
    dsn: bool,
    eight_bit: bool,
    utf8: bool,
}

impl SmtpMailer {
    /// Builds the client; no connection is made before the first message. With STARTTLS, a server whose certificate
    /// does not verify (public roots, or `smtp.autorite`) is refused.
    pub fn new(config: &SmtpConfig) -> Result<Self, SignificationError> {
        let refuse = |why: String| SignificationError::Config { why };
        let tls = match config.securite {
            SmtpSecurity::Aucune => None,
            SmtpSecurity::Starttls => {
                let mut parameters = TlsParameters::builder(config.hote.clone());
                if let Some(path) = &config.autorite {
                    let pem = std::fs::read(path).map_err(|e| SignificationError::io("read", path, e))?;
                    let root = Certificate::from_pem(&pem)
                        .map_err(|_| refuse("smtp.autorite : pas un certificat PEM".into()))?;
                    parameters = parameters.add_root_certificate(root);
                }
                Some(parameters.build_rustls().map_err(|e| refuse(format!("TLS : {e}")))?)
            }
        };
        let deadline = Duration::from_secs(u64::from(config.delai_secondes));
        Ok(Self { host: config.hote.clone(), port: config.port, deadline, tls })
    }

    fn connect(&self) -> Result<(SmtpConnection, Offered), Error> {
        let me = ClientId::default();
        let server = (self.host.as_str(), self.port);
        let mut connection = SmtpConnection::connect(server, Some(self.deadline), &me, None, None)?;
        if let Some(tls) = &self.tls {
            connection.starttls(tls, &me)?;
        }
        // lettre keeps of the first answer only the extensions it knows, and DSN is not one of them: it is asked again.
        let answer = connection.command(Ehlo::new(me))?;
        let mut offered = Offered::default();
        for line in answer.message().skip(1) {
            match line.split_whitespace().next().unwrap_or("").to_ascii_uppercase().as_str() {
                "DSN" => offered.dsn = true,
                "8BITMIME" => offered.eight_bit = true,
                "SMTPUTF8" => offered.utf8 = true,
                _ => {}
            }
        }
        Ok((connection, offered))
    }
}

impl Mailer for SmtpMailer {
    fn send(&self, message: &Prepared) -> Result<Accepted, Refused> {
        self.hand_over(message).map(|handed| Accepted { code: handed.code })
    }

    fn hand_over(&self, message: &Prepared) -> Result<Handed, Refused> {
        let never = || Refused { code: "protocole".into(), permanent: true };
        let address = |text: &str| text.parse::<Address>().map_err(|_| never());
        let (from, to) = (address(&message.from)?, address(&message.to)?);
        let (mut connection, offered) = self.connect().map_err(|e| refused(&e, "connexion"))?;
        let mut parameters = Vec::new();
        let addresses_ascii = message.from.is_ascii() && message.to.is_ascii();
        if (!addresses_ascii && !offered.utf8) || (!message.raw.is_ascii() && !offered.eight_bit) {
            connection.abort();
            return Err(never());
        }
        if !addresses_ascii {
            parameters.push(MailParameter::SmtpUtfEight);
        }
        if !message.raw.is_ascii() {
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        let mut recipient = Vec::new();
        if offered.dsn {
            let other =
                |keyword: &str, value: String| MailParameter::Other { keyword: keyword.into(), value: Some(value) };
            parameters.push(other("RET", "HDRS".into()));
            parameters.push(other("ENVID", message.id.to_string()));
            let notify = Some("SUCCESS,FAILURE,DELAY".to_owned());
            recipient.push(RcptParameter::Other { keyword: "NOTIFY".into(), value: notify });
        }
        let opened = connection
            .command(Mail::new(Some(from), parameters))
            .and_then(|_| connection.command(Rcpt::new(to, recipient)))
            .and_then(|_| connection.command(Data));
        if let Err(error) = opened {
            connection.abort();
            return Err(refused(&error, "connexion"));
        }
        match connection.message(&message.raw) {
            Ok(answer) => {
                // The message is theirs from this reply on, whatever becomes of the farewell.
                let _ = connection.quit();
                Ok(Handed { code: u16::from(answer.code()), dsn: offered.dsn })
            }
            Err(error) => {
                connection.abort();
                // The bytes are gone and no reply came: nobody knows whether the server took them.
                Err(refused(&error, "interrompu"))
            }
        }
    }
}

fn refused(error: &Error, otherwise: &str) -> Refused {
    let code = match error.status() {
        Some(code) => u16::from(code).to_string(),
        None if error.is_response() => "protocole".into(),
        None => otherwise.into(),
    };
    Refused { code, permanent: error.is_permanent() }
}
