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
/** The secret of the salted leaves: among the artefacts in their order, and none of them. */
export const SECRET = "disclosure/secret.hex";
/** What makes a file a copy, and the records it shows. */
export const LIST = "caviardage/liste.json";
export const COPY_ARCHIVE = "caviardage/archive.warc.gz";
export const MANIFEST_1 = "META-INF/ASiCManifest001.xml";
export const SIGNATURE_1 = "META-INF/signature001.p7s";
export const MANIFEST_2 = "META-INF/ASiCManifest002.xml";
export const TOKEN_2 = "META-INF/timestamp002.tst";

/** The entries that come first, in order. */
export const HEAD = [MIMETYPE, CONSTAT, DATAPACKAGE, SUMS, README, WACZ];
/** The same in a copy, where the records shown and the package may be absent; `names` are those that are there. */
export function copyHead(names) {
  const optional = [COPY_ARCHIVE, WACZ];
  const head = [MIMETYPE, LIST, COPY_ARCHIVE, ...HEAD.slice(1)];
  return head.filter((name) => !optional.includes(name) || names.includes(name));
}

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

/** Anchors at most in a bundle: a few proofs, each completed or renewed a few times. */
const MAX_ANCHORS = 99;
export const OPENTIMESTAMPS = "opentimestamps";
export const OFFICE_LOG = "office-log";
/** The kinds of anchors, by their name and the end of their file's name. */
const ANCHORS = [{ kind: OPENTIMESTAMPS, name: "ots", end: "ots" }, { kind: OFFICE_LOG, name: "journal", end: "tlog-proof" }];

/** The kind of the anchor number `number` (from 1, whatever the kinds before it), when the name is exactly its own. */
function anchorKind(entry, number) {
  const digits = String(number).padStart(3, "0");
  return ANCHORS.find(({ name, end }) => entry === `META-INF/anchor-${name}-${digits}.${end}`)?.kind ?? null;
}

/** What a bundle without any has. */
export const NO_ORDER = { archives: 0, anchors: [] };

/**
 * The names of META-INF read in their order: the seal, perhaps the second token, then archive manifests with their tokens, and
 * anchors before, between or after them. `{archives, anchors}`: how many archive manifests, and each anchor with its `entry`, its
 * `kind` and how many manifests stand before it (`after`); `null` when the names are not exactly those of this format.
 */
export function metaOrder(meta) {
  for (const base of [2, 4]) {
    const found = KNOWN_META.slice(0, base).every((name, i) => name === meta[i]) ? orderAfter(meta.slice(base)) : null;
    if (found !== null) return found;
  }
  return null;
}

function orderAfter(names) {
  const count = Math.floor(names.filter((name) => !name.startsWith("META-INF/anchor-")).length / 2);
  if (count > MAX_ARCHIVES) return null;
  const order = { archives: 0, anchors: [] };
  for (let at = 0; at < names.length; at += 1) {
    const kind = anchorKind(names[at], order.anchors.length + 1);
    if (kind === null) {
      const [manifest, token] = archiveNames(order.archives, count);
      if (names[at] !== manifest || names[at + 1] !== token) return null;
      order.archives += 1;
      at += 1;
    } else {
      order.anchors.push({ entry: names[at], kind, after: order.archives });
    }
  }
  return order.archives === count && order.anchors.length <= MAX_ANCHORS ? order : null;
}

/** How many archive manifests the names of META-INF hold; `null` when they are not exactly those of this format, in its order. */
export const archives = (meta) => metaOrder(meta)?.archives ?? null;

export const isMeta = (name) => name.startsWith("META-INF/");
