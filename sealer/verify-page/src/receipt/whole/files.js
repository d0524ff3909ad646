// The files of a whole dossier: a zip told from any other file, then read in the one way it can be read.
import { octetString } from "../../base/bytes.js";
import { digests } from "../../base/hash.js";
import { Refused, failure } from "../../base/report.js";
import { ReadError } from "../../base/source.js";
import { WHOLE, audit } from "../../zip/audit.js";
import { MANIFEST } from "./form.js";

/** The longest manifest or excerpt read, in octets. */
const MAX_TEXT = 64 << 20;
/** Where the end of a directory is looked for: its longest comment, and some. */
const SEARCH = 65_557;
const [END, LOCATOR, END64, RECORD] = [22, 20, 56, 46];

/**
 * Whether a file is the zip of a whole dossier: one of its entries is a manifest of that name. Anything else about it is judged later, so
 * a crooked zip is read here as most programs would.
 */
export function isWholeDossier(source) {
  try {
    const directory = directoryOf(source);
    return directory !== null && hasManifest(directory);
  } catch (error) {
    if (!(error instanceof ReadError)) throw error;
    return false;
  }
}

const dataView = (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The octets of the directory that the last end of one announces, as far as they can be records of this format; `null` without one. */
function directoryOf(source) {
  const window = Math.min(source.length, SEARCH);
  const tail = dataView(source.exact(source.length - window, window));
  let at = window - END;
  while (at >= 0 && tail.getUint32(at, true) !== 0x06054b50) at -= 1;
  if (at < 0) return null;
  let [length, end] = [tail.getUint32(at + 12, true), source.length - window + at];
  if (at >= LOCATOR && tail.getUint32(at - LOCATOR, true) === 0x07064b50) {
    end -= LOCATOR + END64;
    length = end < 0 ? 0 : Number(dataView(source.exact(end, END64)).getBigUint64(40, true));
  }
  return length > end ? null : source.exact(end - length, Math.min(length, (WHOLE.maxEntries + 1) * 600));
}

function hasManifest(directory) {
  const fields = dataView(directory);
  for (let at = 0, count = 0; at + RECORD <= directory.length && count <= WHOLE.maxEntries; count += 1) {
    if (fields.getUint32(at, true) !== 0x02014b50) return false;
    const [name, extra, comment] = [28, 30, 32].map((place) => fields.getUint16(at + place, true));
    if (octetString(directory.subarray(at + RECORD, at + RECORD + name)) === MANIFEST) return true;
    at += RECORD + name + extra + comment;
  }
  return false;
}

/** The entries of the zip, each read once to its end. */
export class WholeFiles {
  #sources = new Map();
  #digests = new Map();
  #folders = new Map();

  /** Refused when the zip can be read two ways, or an entry has not the checksum announced. `progress` is told the octets read. */
  static async read(source, progress) {
    const files = new WholeFiles();
    for (const { name, crc, size, dataStart } of audit(source, WHOLE)) {
      const octets = source.slice(dataStart, size);
      files.#digests.set(name, await digestsOf(name, octets, crc, progress));
      files.#sources.set(name, octets);
      const end = name.lastIndexOf("/");
      const folder = name.slice(0, Math.max(end, 0));
      if (!files.#folders.has(folder)) files.#folders.set(folder, new Map());
      files.#folders.get(folder).set(name.slice(end + 1), octets);
    }
    return files;
  }

  /** Every name, sorted. */
  names() {
    return [...this.#sources.keys()].sort();
  }

  /** The file of that name, or `undefined`. */
  source(name) {
    return this.#sources.get(name);
  }

  /** The octets of a text, or `null` when it is not there or too long. */
  text(name) {
    return this.octets(name, MAX_TEXT);
  }

  /** The octets of a file, or `null` when it is not there or longer than `most`. */
  octets(name, most) {
    const source = this.#sources.get(name);
    return source === undefined || source.length > most ? null : source.all();
  }

  /** Length and digests of a file, or `null`. */
  digests(name) {
    return this.#digests.get(name) ?? null;
  }

  /** The files right below a folder, by their own names. */
  below(folder) {
    return new Map(this.#folders.get(folder) ?? []);
  }
}

async function digestsOf(name, octets, crc, progress) {
  try {
    return await digests(octets, crc, progress);
  } catch (error) {
    if (!(error instanceof ReadError)) throw error;
    throw new Refused(failure("bundle.unreadable", name));
  }
}
