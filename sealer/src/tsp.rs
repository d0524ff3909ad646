//! Timestamps (RFC 3161, RFC 5816, EN 319 422): ask an authority, and decide whether its token counts.
mod ask;
mod authority;
mod http;
#[cfg(test)]
mod real;
mod request;
mod session;
mod token;

pub use authority::TimestampAuthority;
pub use http::HttpAuthority;
pub use session::{LineToken, line_token};

pub(crate) use ask::{Attempt, obtain};
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use request::token_of;
pub(crate) use token::{TokenFacts, TstInfo, check_token, check_token_with};
