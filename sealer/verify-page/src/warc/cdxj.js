// An index as written in a package: its lines read, and their order.
import { compareUtf8 } from "../base/bytes.js";
import { JsonReader, JsonError } from "../base/json.js";

/** A line that is none, or lines out of order. */
export class CdxjError extends Error {}

const TEXTS = ["url", "filename"];
const OPTIONAL = ["mime", "digest", "recordDigest", "requestBody", "method"];
/** The fields two entries are compared by. */
export const FIELDS = [
  "key", "timestamp", "url", "mime", "status", "digest", "length", "offset", "filename", "recordDigest", "requestBody",
  "method",
];

/** Reads a whole index; an empty line, or lines that are not sorted, are errors. */
export function readCdxj(whole) {
  const entries = [];
  let before = "";
  for (const [i, line] of linesOf(whole).entries()) {
    if (compareUtf8(line, before) < 0) throw new CdxjError(`line ${i + 1}: the lines are not sorted`);
    entries.push(parseLine(line, i + 1));
    before = line;
  }
  return entries;
}

/** The lines of a text, each without its end. */
export function linesOf(whole) {
  const lines = whole.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line, i) => (line.endsWith("\r") && (i < lines.length - 1 || whole.endsWith("\n")) ? line.slice(0, -1) : line));
}

function parseLine(line, number) {
  const bad = (why) => new CdxjError(`line ${number}: ${why}`);
  const parts = /^([^ ]*) ([^ ]*) (.*)$/s.exec(line);
  if (parts === null) throw bad("not key, timestamp and object");
  const [, key, timestamp, json] = parts;
  if (key === "" || !/^(\d{14}|\d{17})$/.test(timestamp)) throw bad("the timestamp is not 14 or 17 digits");
  const members = readObject(json, bad);
  const entry = { key, timestamp };
  for (const name of TEXTS) {
    if (typeof members.get(name) !== "string") throw bad(`${name} is not a text`);
    entry[name] = members.get(name);
  }
  for (const name of OPTIONAL) {
    entry[name] = members.get(name) ?? null;
    if (entry[name] !== null && typeof entry[name] !== "string") throw bad(`${name} is not a text`);
  }
  const status = members.get("status") ?? null;
  if (status !== null && typeof status !== "string" && !(status instanceof Numeral)) throw bad("status is not a text");
  entry.status = status === null ? null : String(status);
  for (const name of ["length", "offset"]) {
    const value = String(members.get(name) ?? "x");
    if (!/^\d+$/.test(value) || BigInt(value) >= 1n << 64n) throw bad(`${name} is not a number`);
    entry[name] = Number(value);
  }
  entry.recordDigest ??= "";
  return entry;
}

/** A number, as its text. */
class Numeral extends String {}

function readObject(json, bad) {
  const number = (token) => new Numeral(token);
  const object = () => {
    const value = new Map();
    const put = (key, item) => {
      if (value.has(key) && FIELDS.includes(key)) throw new JsonError(`duplicate field ${key}`);
      value.set(key, item);
    };
    return { value, put };
  };
  try {
    const value = new JsonReader(json, { number, object, maxNested: 127 }).whole();
    if (value instanceof Map) return value;
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw bad(error.message);
  }
  throw bad("not an object");
}

/** Two entries that say the same. */
export const sameEntry = (a, b) => FIELDS.every((field) => a[field] === b[field]);
