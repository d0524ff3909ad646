//! Where randomness comes from: an argument, so that a test can replay a run.
use ring::rand::SecureRandom as _;

/// A source of random octets.
pub trait Random: Send + Sync {
    /// Fills `buffer` with random octets; an error text when the system has none to give.
    fn fill(&self, buffer: &mut [u8]) -> Result<(), String>;
}

/// The system's generator (`getrandom`, through ring).
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), String> {
        ring::rand::SystemRandom::new().fill(buffer).map_err(|_| "the system gave no random octets".to_owned())
    }
}
