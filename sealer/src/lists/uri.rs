//! The addresses TS 119 612 names things by. Only the European ones are known: another scheme's are kept as they are.

/// Types of lists (5.3.3, annex D).
pub(super) const LIST_OF_LISTS: &str = "http://uri.etsi.org/TrstSvc/TrustedList/TSLType/EUlistofthelists";

/// Types of services (5.5.1).
pub(super) const SERVICE: &str = "http://uri.etsi.org/TrstSvc/Svctype/";

/// Statuses (5.5.4), in the words of the present standard, of its first version, and of the one before.
pub(super) const STATUSES: [&str; 3] = [
    "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/",
    "http://uri.etsi.org/TrstSvc/eSigDir-1999-93-EC-TrustedList/Svcstatus/",
    "http://uri.etsi.org/TrstSvc/Svcstatus/",
];

/// Additional service information and qualifiers (5.5.9.2, 5.5.9.4).
pub(super) const INFORMATION: [&str; 2] = [
    "http://uri.etsi.org/TrstSvc/TrustedList/SvcInfoExt/",
    "http://uri.etsi.org/TrstSvc/eSigDir-1999-93-EC-TrustedList/SvcInfoExt/",
];

/// What follows one of `prefixes` in `uri`.
pub(super) fn after<'a>(uri: &'a str, prefixes: &[&str]) -> Option<&'a str> {
    prefixes.iter().find_map(|prefix| uri.strip_prefix(prefix))
}
