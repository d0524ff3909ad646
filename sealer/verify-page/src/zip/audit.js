// A strict audit of a zip's raw records: an archive about which two readers could disagree is refused before anything in it
// is read.
//
// ETSI EN 319 162-1 4.2 and A.1, ISO/IEC 21320-1, and a narrower profile: entries stored, ASCII names, no comment, no data
// descriptor, no extra field but ZIP64 where needed, one date, and entries, directory and end tile the file exactly.
import { ReadError } from "../base/source.js";
import { Refused, failure } from "../base/report.js";
import { locate, readDirectory } from "./directory.js";
import { checkLocal } from "./local.js";

/** Entries at most: in the outer container, in the inner package, and in the whole dossier of an act. */
export const OUTER = { maxEntries: 1000 };
export const INNER = { maxEntries: 64 };
export const WHOLE = { maxEntries: 20_000 };

/** The entries in the order they stand: `{name, crc, size, dataStart, localExtra}`. The first fault ends the audit. */
export function audit(source, policy) {
  try {
    const directory = locate(source);
    const entries = readDirectory(source, directory, policy);
    let at = 0;
    for (const entry of entries) at = checkLocal(source, entry, at);
    if (at !== directory.start) throw new Refused(failure("zip.layout", at, directory.start));
    return entries;
  } catch (error) {
    if (error instanceof ReadError) throw new Refused(failure("zip.truncated", error.message));
    throw error;
  }
}
