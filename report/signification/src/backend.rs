//! The wall behind which acts are served: this platform (`local`) is one way, a listed device would be another.
use serde::Serialize;

use crate::consent::Actor;
use crate::platform::{DepositInput, Deposited, Platform, Sent, Timeline};
use crate::{Id, SignificationError};

/// What a backend may claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// A sandbox and an evidence layer: no valid service by itself.
    BacASable,
    /// A device on the ministerial list (CPC 748-6), operated by somebody else.
    DispositifInscrit,
}

/// A way to serve acts on a recipient who consented.
pub trait SignificationBackend {
    /// Its name in the configuration.
    fn name(&self) -> &'static str;

    /// What it may claim.
    fn standing(&self) -> Standing;

    /// Takes an act in, signs it and keeps it sealed; nothing is sent.
    fn deposit(&mut self, actor: &Actor, input: &DepositInput) -> Result<Deposited, SignificationError>;

    /// Sends it now, or schedules it when the window is closed and `schedule` is set.
    fn send(&mut self, actor: &Actor, act: Id, schedule: bool) -> Result<Sent, SignificationError>;

    /// Where it stands.
    fn timeline(&self, act: Id) -> Result<Timeline, SignificationError>;

    /// The evidence issued for it.
    fn evidence(&self, act: Id) -> Result<Vec<Id>, SignificationError>;
}

impl SignificationBackend for Platform<'_> {
    fn name(&self) -> &'static str {
        "local"
    }

    fn standing(&self) -> Standing {
        Standing::BacASable
    }

    fn deposit(&mut self, actor: &Actor, input: &DepositInput) -> Result<Deposited, SignificationError> {
        self.deposer(actor, input)
    }

    fn send(&mut self, actor: &Actor, act: Id, schedule: bool) -> Result<Sent, SignificationError> {
        self.envoyer(actor, act, schedule)
    }

    fn timeline(&self, act: Id) -> Result<Timeline, SignificationError> {
        self.suivi(act)
    }

    fn evidence(&self, act: Id) -> Result<Vec<Id>, SignificationError> {
        self.recepisses(act)
    }
}
