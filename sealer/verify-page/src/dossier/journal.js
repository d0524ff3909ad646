// The journal: one canonical JSON object a line, each bound to the line before by its SHA-256.
import { find, text } from "../base/bytes.js";
import { sha256 } from "../base/hash.js";
import { JsonError, canonical, parseStrict } from "../base/json.js";
import { TypeMismatch } from "../base/schema.js";
import { journalEntry } from "./types.js";

const MAX_LINE = 4 << 20;
const ZERO = "0".repeat(64);

/** Something wrong with the chain, and at which line (from 1). */
export class JournalFault extends Error {
  constructor(line, why) {
    super(why);
    Object.assign(this, { line, why });
  }
}

const words = (value) => (typeof value === "string" ? value : null);

/** A journal whose chain holds: its lines as objects `{seq, at, mono_us, op, outcome, data, octets}`, and its head. */
export class Journal {
  constructor(entries, head) {
    Object.assign(this, { entries, head });
  }

  of(op) {
    return this.entries.filter((entry) => entry.op === op);
  }
}

/** A text, or a number, of the data of a line; `null` when it is none. */
export const textOf = (entry, key) => words(entry.data.get(key));
export const integerOf = (entry, key) => (typeof entry.data.get(key) === "number" ? entry.data.get(key) : null);

/** Reads and checks a whole journal; `torn` tells octets after the last line feed. The first fault ends the reading. */
export async function readJournal(bytes) {
  const entries = [];
  let head = ZERO;
  for (let at = 0; at < bytes.length; ) {
    const number = entries.length + 1;
    const end = find(bytes, [10], at);
    const length = (end < 0 ? bytes.length : end + 1) - at;
    if (length > MAX_LINE + 1 || (end < 0 && length > MAX_LINE)) {
      throw new JournalFault(number, `line longer than ${MAX_LINE} octets`);
    }
    if (end < 0) return { journal: new Journal(entries, head), torn: true };
    const line = bytes.subarray(at, end);
    entries.push(accept(line, entries, head));
    head = await sha256(line);
    at = end + 1;
  }
  return { journal: new Journal(entries, head), torn: false };
}

function accept(line, entries, head) {
  const fault = (why) => new JournalFault(entries.length + 1, why);
  const entry = readLine(line, fault);
  if (entry.seq !== entries.length) throw fault(`seq: expected ${entries.length}, found ${entry.seq}`);
  if (entry.prev !== head) throw fault(`prev: expected ${head}, found ${entry.prev}`);
  const last = entries.at(-1);
  if (last && entry.op !== "session.resume" && entry.mono_us < last.mono_us) {
    throw fault(`mono_us goes back: ${entry.mono_us} after ${last.mono_us}`);
  }
  return entry;
}

function readLine(line, fault) {
  try {
    const value = parseStrict(line);
    if (canonical(value) !== text(line)) throw fault("the line is not in canonical form");
    return { ...Object.fromEntries(journalEntry(value)), octets: line };
  } catch (error) {
    if (error instanceof JsonError || error instanceof TypeMismatch) throw fault(error.message);
    throw error;
  }
}
