//! The named fields of a record: their rules as one table (ISO 28500:2017, clauses 5 and 6), and their parsing.
mod form;
mod parse;
mod rules;

pub use form::Form;
pub use parse::RecordHeader;
pub use rules::{Breach, FIELD_RULES, FieldRule, breaches};

pub(crate) use form::{is_token, is_token_byte};
pub(crate) use parse::{HeaderFault, parse_header};
