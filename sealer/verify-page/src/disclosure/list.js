// `caviardage/liste.json`: what a copy withholds and, for every record of the archive, the salt that shows it or what stands for it
// (FORMAT.md, 10.2). Nobody signed it.
import { compareUtf8, text } from "../base/bytes.js";
import { JsonError, canonical, parseStrict, sameValue } from "../base/json.js";
import { TypeMismatch, instant, list, map, oneOf, optional, required, sha256, string, struct, u64, unless } from "../base/schema.js";
import { RECORD_TYPES } from "../warc/forms.js";

const FORMAT = "constat-caviardage/1";

const original = struct({ sha256: required(sha256), bytes: required(u64), manifest_sha256: required(sha256) });
const withheldFile = struct({
  path: required(string), bytes: required(u64), sha256: required(sha256), reason: required(string),
});
const shownRecord = struct({ salt: required(sha256) });
const withheldRecord = struct({
  blind: required(sha256), type: required(oneOf(...RECORD_TYPES)), reason: required(string), url: optional(string),
});
const record = (value) => (map(value).has("salt") ? shownRecord : withheldRecord)(value);
const listType = struct({
  format: required(oneOf(FORMAT)), made_at: required(instant), made_by: required(string), asked_by: optional(string),
  original: required(original), files: required(list(withheldFile)), records: unless((value) => value.length === 0, list(record), []),
});

/** Why a list is none. */
export class ListError extends Error {}

/** Reads a list in its one form: canonical, every field known, the files sorted and one at least. Its `records` may be empty. */
export function readList(octets) {
  const value = typed(octets);
  const files = value.get("files").map((file) => file.get("path"));
  if (files.length === 0) throw new ListError("no file withheld");
  if (files.some((path, i) => i > 0 && compareUtf8(files[i - 1], path) >= 0)) throw new ListError("files repeated or not sorted");
  if (!value.has("records")) value.set("records", []);
  return value;
}

function typed(octets) {
  try {
    const value = parseStrict(octets);
    if (canonical(value) !== text(octets)) throw new ListError("not canonical (RFC 8785)");
    const read = listType(value);
    if (!sameValue(read, value)) throw new ListError("an unknown field, or one written otherwise");
    return read;
  } catch (error) {
    if (error instanceof JsonError || error instanceof TypeMismatch) throw new ListError(error.message);
    throw error;
  }
}

export const isShown = (fate) => fate.has("salt");

/** How many records a list withholds. */
export const withheldRecords = (value) => value.get("records").filter((fate) => !isShown(fate)).length;

/** Every reason declared, each once, in the order of the list. */
export function reasonsOf(value) {
  const withheld = [...value.get("files"), ...value.get("records").filter((fate) => !isShown(fate))];
  return [...new Set(withheld.map((one) => one.get("reason")))];
}
