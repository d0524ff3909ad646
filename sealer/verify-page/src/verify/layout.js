// The names of the bundle's entries and their order: exactly what a seal of this format writes.

export const MIMETYPE = "mimetype";
export const MEDIA_TYPE = "application/vnd.etsi.asic-e+zip";
export const CONSTAT = "constat.json";
export const DATAPACKAGE = "datapackage.json";
export const SUMS = "SHA256SUMS";
export const README = "LISEZMOI.txt";
export const WACZ = "capture.wacz";
export const ARCHIVE = "archive/data.warc.gz";
export const JOURNAL = "journal.jsonl";
export const MANIFEST_1 = "META-INF/ASiCManifest001.xml";
export const SIGNATURE_1 = "META-INF/signature001.p7s";
export const MANIFEST_2 = "META-INF/ASiCManifest002.xml";
export const TOKEN_2 = "META-INF/timestamp002.tst";

/** The entries that come first, in order. */
export const HEAD = [MIMETYPE, CONSTAT, DATAPACKAGE, SUMS, README, WACZ];
/** Entries the inventory cannot list: they are made from it, or come before everything. */
export const NOT_ARTEFACTS = [MIMETYPE, CONSTAT, DATAPACKAGE, SUMS, README];
/** Entries of META-INF this version knows, in the order they stand. */
export const KNOWN_META = [MANIFEST_1, SIGNATURE_1, MANIFEST_2, TOKEN_2];

export const isMeta = (name) => name.startsWith("META-INF/");
