//! The names of the bundle's entries, and their order: what `seal` writes is exactly what `verify` accepts.

/// First entry (ETSI EN 319 162-1 A.1).
pub(crate) const MIMETYPE: &str = "mimetype";
/// Its whole content.
pub(crate) const MEDIA_TYPE: &str = "application/vnd.etsi.asic-e+zip";
/// The manifest the seal is about.
pub(crate) const CONSTAT: &str = "constat.json";
/// Multi-WACZ descriptor, so that a replay tool opens the outer file.
pub(crate) const DATAPACKAGE: &str = "datapackage.json";
/// For `sha256sum -c`. It lists every content file of the bundle but itself; META-INF is made after it and covers it.
pub(crate) const SUMS: &str = "SHA256SUMS";
/// What this is and how to check it.
pub(crate) const README: &str = "LISEZMOI.txt";
/// The inner package.
pub(crate) const WACZ: &str = "capture.wacz";
/// The archive, inside the inner package.
pub(crate) const ARCHIVE: &str = "archive/data.warc.gz";
/// The journal.
pub(crate) const JOURNAL: &str = "journal.jsonl";
/// Folder of seals and tokens.
pub(crate) const META_INF: &str = "META-INF/";
/// What the office's seal covers.
pub(crate) const MANIFEST_1: &str = "META-INF/ASiCManifest001.xml";
/// The office's seal.
pub(crate) const SIGNATURE_1: &str = "META-INF/signature001.p7s";
/// What the independent token covers.
pub(crate) const MANIFEST_2: &str = "META-INF/ASiCManifest002.xml";
/// The independent token.
pub(crate) const TOKEN_2: &str = "META-INF/timestamp002.tst";

/// Entries at most: the reference validator refuses more.
pub(crate) const MAX_ENTRIES: usize = 1000;

/// The entries that come first, in order.
pub(crate) const HEAD: [&str; 6] = [MIMETYPE, CONSTAT, DATAPACKAGE, SUMS, README, WACZ];

/// Entries `constat.json` cannot list because they are made from it, or come before everything.
pub(crate) const NOT_ARTEFACTS: [&str; 5] = [MIMETYPE, CONSTAT, DATAPACKAGE, SUMS, README];

/// Whether the name is in META-INF.
pub(crate) fn is_meta(name: &str) -> bool {
    name.starts_with(META_INF)
}

/// Entries of META-INF this version knows, in the order they stand.
pub(crate) const KNOWN_META: [&str; 4] = [MANIFEST_1, SIGNATURE_1, MANIFEST_2, TOKEN_2];
