//! What a portal reads and tells beside the accounts: the terms in force, an invitation before it is taken, refusals of its own.
use dossier::Sha256Digest;

use super::Platform;
use crate::cgu::CguVersion;
use crate::comptes::compte::{self, EtatCompte};
use crate::comptes::lien;
use crate::comptes::source::Source;
use crate::consent::{Actor, ConsentState};
use crate::event::Event;
use crate::projection::Views;
use crate::store::Table;
use crate::{Id, SignificationError};

impl Platform<'_> {
    /// The terms of use in force, and their exact text: refused when the file is not the one that was published.
    pub fn cgu_en_vigueur(&self) -> Result<(CguVersion, String), SignificationError> {
        let none = || SignificationError::Config { why: "aucune version des conditions en vigueur".into() };
        let version = self.views().platform()?.cgu_in_force(self.ctx.clock.now()).cloned().ok_or_else(none)?;
        let path = self.root().join("cgu").join(format!("{}.txt", version.version));
        let text = std::fs::read_to_string(&path).map_err(|e| SignificationError::io("read", &path, e))?;
        let found = Sha256Digest::of(text.as_bytes());
        if found != version.sha256 {
            let (expected, found) = (version.sha256.to_hex(), found.to_hex());
            return Err(SignificationError::CguMismatch { expected, found });
        }
        Ok((version, text))
    }

    /// Notes that a portal refused a request before it reached any operation (row E02): a forged form, an address that is
    /// nothing of ours, too many requests. `why` is one of the portal's own phrases, never what was sent.
    pub fn noter_refus(&self, source: Source, compte: Option<Id>, why: &'static str) -> Result<(), SignificationError> {
        let fact = Event::AuthFailed { object: compte.unwrap_or(source.0), why: format!("portail : {why}") };
        self.greffe.record(&Actor::platform(), &fact).map(|_| ())
    }

    /// Whether an invitation would open, before anything is asked of its holder. A wrong one is a fact and a probe.
    pub fn invitation_vaut(&self, reference: Id, secret: &str, source: Source) -> Result<(), SignificationError> {
        let direct: Option<compte::View> = self.views().view(Table::Compte, reference.as_bytes())?;
        let of = match direct {
            Some(view) => vec![view],
            None => lien::comptes_de(self.views(), reference)?,
        };
        let (digest, now) = (Sha256Digest::of(secret.trim().as_bytes()), self.ctx.clock.now());
        for view in &of {
            let is = view.invitation.is_some_and(|(is, end)| is == digest && now <= end);
            if view.etat != EtatCompte::Invite || !is {
                continue;
            }
            // Refused on paper terms: the secret that refused opens nothing after.
            let refused = match view.titulaire.consent() {
                Some(consent) => self.views().consent(consent)?.state == ConsentState::Refuse,
                None => false,
            };
            if !refused {
                return Ok(());
            }
        }
        self.sonder(source)?;
        let why = "ce n'est pas la dernière envoyée, ou elle a servi";
        let fact = Event::AuthFailed { object: reference, why: format!("invitation : {why}") };
        self.greffe.record(&Actor::platform(), &fact)?;
        Err(SignificationError::Invitation { why })
    }
}
