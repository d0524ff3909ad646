//! Exit codes: scripts rely on them, so they stand in one place.
use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done, or verdict PASS.
    Done,
    /// Negative verdict, refused by a check, or a capture that is only partial.
    Negative,
    /// Bad input or usage.
    Usage,
    /// The environment failed: no browser, no disk, authority unreachable.
    Environment,
    /// Verdict INDETERMINATE.
    Indeterminate,
}

impl Exit {
    /// The number the shell sees.
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Negative => 1,
            Self::Usage => 2,
            Self::Environment => 3,
            Self::Indeterminate => 4,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.number())
    }
}
