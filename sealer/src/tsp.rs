//! Timestamps (RFC 3161, RFC 5816, EN 319 422): ask an authority, and decide whether its token counts.
mod authority;
mod http;

pub use authority::TimestampAuthority;
pub use http::HttpAuthority;

