//! What each key of the scenario does. Input is real input of the browser; questions are asked in an isolated world.
use serde_json::{Value, json};

use crate::cdp::CdpError;
use crate::session::merged;
use crate::{CaptureError, StopReason};

mod answer;
mod areas;
mod capture_page;
mod click;
mod consult;
mod cut;
mod declared;
mod detail;
mod download;
mod form_kind;
mod gather;
mod go;
mod leaf;
mod locate;
mod masking;
mod media;
mod navigation;
mod picture;
mod recorded;
mod require;
mod scroll;
mod structure;
mod typing;
mod unfold;
mod viewer;

pub(crate) use cut::Cut;
pub(crate) use download::UNASKED;
pub(crate) use form_kind::{CHECKOUT, SIGN_UP};
pub(crate) use gather::MISMATCH;
pub(crate) use masking::SHORTEST;
pub(crate) use require::UNMET;

/// Why a step gave nothing.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The step failed; the capture goes on.
    Step {
        /// Stable code, in the journal.
        code: &'static str,
        /// One French sentence.
        why: String,
        /// Facts all the same.
        facts: Value,
    },
    /// A stop, or the limit of the session, came before its end; what it had is kept, and told by these facts.
    Stopped {
        /// Why.
        reason: StopReason,
        /// What was done until then.
        facts: Value,
    },
    /// The capture cannot go on.
    Capture(CaptureError),
}

/// The facts of a step that was done, for `step.end`.
pub(crate) type StepResult = Result<Value, Failure>;

/// Codes a step can fail with; they stand in the journal, not in [`CaptureError`].
pub const STEP_CODES: &[&str] = &[
    "capture.dns",
    "capture.refused",
    "capture.network_lost",
    "capture.certificate",
    "capture.tls",
    "capture.timeout",
    "capture.navigation",
    "capture.no_page",
    "capture.stopped",
    "capture.browser_lost",
    "capture.protocol",
    "capture.element_missing",
    "capture.element_covered",
    "capture.wait",
    "capture.download",
    "capture.picture",
    "capture.redirect_loop",
    "capture.not_a_page",
    "capture.page_crash",
    "capture.page_unresponsive",
    "capture.limit_captures",
    "capture.limit_memory",
    UNMET,
    MISMATCH,
    answer::ROBOT,
    SIGN_UP,
    CHECKOUT,
    "capture.no_history",
    "capture.not_taken_up",
    "capture.recorded_secret",
    "capture.unknown_key",
    "capture.abandoned",
    "capture.media",
    "capture.value_missing",
];

impl Failure {
    pub(crate) fn step(code: &'static str, why: impl Into<String>) -> Self {
        Self::Step { code, why: why.into(), facts: json!({}) }
    }

    /// The same, with what was known before it came.
    pub(crate) fn knowing(self, known: Value) -> Self {
        match self {
            Self::Step { code, why, facts } => Self::Step { code, why, facts: merged(known, facts) },
            Self::Stopped { reason, facts } => Self::Stopped { reason, facts: merged(known, facts) },
            Self::Capture(error) => Self::Capture(error),
        }
    }
}

impl From<CaptureError> for Failure {
    fn from(error: CaptureError) -> Self {
        Self::Capture(error)
    }
}

impl From<dossier::DossierError> for Failure {
    fn from(error: dossier::DossierError) -> Self {
        Self::Capture(error.into())
    }
}

impl From<CdpError> for Failure {
    fn from(error: CdpError) -> Self {
        let code = match error {
            CdpError::Timeout { .. } => "capture.timeout",
            CdpError::Refused { .. } => "capture.protocol",
            CdpError::Closed { .. } => "capture.browser_lost",
        };
        Self::step(code, format!("Le navigateur n'a pas exécuté la commande : {error}."))
    }
}
