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

/** The archive manifest in force; those it prolongs are numbered (EN 319 162-1 A.7). */
export const ARCHIVE_MANIFEST = "META-INF/ASiCArchiveManifest.xml";
const MAX_ARCHIVES = 100;

/** The entries of the archive manifest number `index` (from 0, oldest first) of `count`, and of its token. */
export function archiveNames(index, count) {
  const number = (value) => String(value).padStart(3, "0");
  const manifest = index + 1 === count ? ARCHIVE_MANIFEST : `META-INF/ASiCArchiveManifest${number(index + 1)}.xml`;
  return [manifest, `META-INF/timestamp${number(index + 3)}.tst`];
}

/** How many archive manifests the names of META-INF hold; `null` when they are not exactly those of this format, in its order. */
export function archives(meta) {
  for (const base of [2, 4]) {
    const rest = meta.slice(base);
    const count = rest.length / 2;
    if (meta.length < base || !Number.isInteger(count) || count > MAX_ARCHIVES) continue;
    const expected = Array.from({ length: count }, (_, index) => archiveNames(index, count)).flat();
    if ([...KNOWN_META.slice(0, base), ...expected].every((name, i) => name === meta[i])) return count;
  }
  return null;
}

export const isMeta = (name) => name.startsWith("META-INF/");
