// Checks a package without trusting it: presence, digests at every level, the index rebuilt, the signature.
import { text } from "../base/bytes.js";
import { parseInstant } from "../base/instant.js";
import { JsonError, JsonReader } from "../base/json.js";
import { finding } from "../base/report.js";
import { checkArchive } from "../warc/check.js";
import { CdxjError, linesOf, readCdxj } from "../warc/cdxj.js";
import { FindingList } from "../warc/findings.js";
import { crossCheck } from "./cross.js";
import { DATAPACKAGE, DIGEST, isArchive, isPlaced } from "./layout.js";
import { checkPackage } from "./package.js";

/** Members that are parsed as text may be this long. */
const MAX_TEXT = 512 << 20;

/**
 * `members` are `{path, source, digests}`, the digests `null` when the member could not be read with its checksum.
 * Gives `{findings, signed}`.
 */
export async function checkWacz(members, { pictures, progress }) {
  const state = {
    list: new FindingList(), members, index: [], rebuilt: [], pages: [], comparable: true, datapackage: null, digest: null,
  };
  for (const member of members) await readMember(member, state, { pictures, progress });
  const signed = await checkPackage(state);
  crossCheck(state);
  return { findings: state.list.finish(), signed, span: spanOf(state.rebuilt) };
}

/** The first and the last date of an index, fourteen digits each; nothing when it is empty. */
export function spanOf(entries) {
  const dates = entries.map((entry) => entry.timestamp).sort();
  return dates.length === 0 ? [] : [dates[0], dates.at(-1)];
}

async function readMember(member, state, { pictures, progress }) {
  const { path, source } = member;
  const unreadable = member.digests === null;
  if (!isPlaced(path)) state.list.push(finding("wacz.place", "fail", { found: path }));
  if (isArchive(path)) {
    const watch = path === pictures.path ? pictures.watch : NOBODY;
    const name = path.slice("archive/".length);
    const { findings, entries } = await checkArchive(source, name, { pictures: watch, progress, unreadable });
    const broken = ["warc.malformed", "warc.limit", "warc.io", "warc.empty"];
    if (findings.some(({ code }) => broken.includes(code))) state.comparable = false;
    state.list.pushAll(findings);
    state.rebuilt.push(...entries);
  } else if (!unreadable) {
    readText(path, source, state);
  }
  if (unreadable) {
    state.list.push(finding("wacz.zip", "fail", { found: path }));
    state.comparable = false;
  }
}

const NOBODY = { begin() {}, push() {}, end() {}, ended() {} };

function readText(path, source, state) {
  const pages = path.startsWith("pages/");
  const index = path.startsWith("indexes/");
  if (!pages && !index && path !== DATAPACKAGE && path !== DIGEST) return;
  if (source.length > MAX_TEXT) {
    state.comparable = false;
    state.list.push(finding("wacz.limit", "fail", { found: path }));
    return;
  }
  const bytes = source.all();
  if (path === DATAPACKAGE) state.datapackage = bytes;
  else if (path === DIGEST) state.digest = bytes;
  else if (pages) readPages(path, bytes, state);
  else readIndex(path, bytes, state);
}

function readIndex(path, bytes, state) {
  if (path.endsWith(".gz") || path.endsWith(".idx")) {
    state.comparable = false;
    state.list.push(finding("wacz.index_form", "indeterminate", { found: path }));
    return;
  }
  try {
    const whole = text(bytes);
    if (whole === null) throw new CdxjError("not UTF-8");
    state.index.push(...readCdxj(whole));
  } catch (error) {
    if (!(error instanceof CdxjError)) throw error;
    state.comparable = false;
    state.list.push(finding("wacz.index", "fail", { found: `${path}: ${error.message}` }));
  }
}

/** A header line, then one object a page. */
function readPages(path, bytes, state) {
  const whole = text(bytes);
  const lines = whole === null ? [] : linesOf(whole);
  const header = lines.length === 0 ? null : readObject(lines[0]);
  const pages = lines.slice(1).filter((line) => line !== "").map(readPage);
  const sound =
    header !== null && header.get("format") === "json-pages-1.0" && isText(header, "id") && isText(header, "title", true);
  if (!sound || pages.includes(null)) {
    state.list.push(finding("wacz.pages", "fail", { found: path }));
  } else {
    state.pages.push(...pages);
  }
}

const isText = (object, name, mayBeAbsent = false) =>
  object.has(name) ? typeof object.get(name) === "string" : mayBeAbsent;

function readPage(line) {
  const page = readObject(line);
  if (page === null || !isText(page, "url") || !isText(page, "ts") || !isText(page, "id", true)) return null;
  const optional = ["title", "text"].every((name) => (page.get(name) ?? null) === null || isText(page, name));
  const ts = parseInstant(page.get("ts"));
  return optional && ts !== null ? { url: page.get("url"), ts } : null;
}

const KNOWN = ["format", "id", "title", "url", "ts", "text"];

/** An object of which no field that is read stands twice, or `null`. */
function readObject(line) {
  const object = () => {
    const value = new Map();
    const put = (key, item) => {
      if (value.has(key) && KNOWN.includes(key)) throw new JsonError(`duplicate field ${key}`);
      value.set(key, item);
    };
    return { value, put };
  };
  try {
    const value = new JsonReader(line, { number: Number, object, maxNested: 127 }).whole();
    return value instanceof Map ? value : null;
  } catch (error) {
    if (error instanceof JsonError) return null;
    throw error;
  }
}
