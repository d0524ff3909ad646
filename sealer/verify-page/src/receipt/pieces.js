// The files of a receipt: from a zip that only reads one way, or given one by one.
import { crc32 } from "../base/crc32.js";
import { sourceDigests } from "../base/hash.js";
import { Refused, failure } from "../base/report.js";
import { ReadError } from "../base/source.js";
import { INNER, audit } from "../zip/audit.js";
import { KINDS } from "./form.js";

const MAX_PIECE = 8 << 20;

export class Pieces {
  #sources;
  #crcs;

  /** `sources`: a Map of names to sources; `crcs`: the checksum that a zip announces of each. */
  constructor(sources, crcs = new Map()) {
    this.#sources = sources;
    this.#crcs = crcs;
  }

  /** The entries of a zip, whatever they are; refused when it can be read two ways. */
  static entries(source) {
    const entries = audit(source, INNER);
    const octets = new Map(entries.map((entry) => [entry.name, source.slice(entry.dataStart, entry.size)]));
    return new Pieces(octets, new Map(entries.map(({ name, crc }) => [name, crc])));
  }

  /** Those of a zip; `null` when it is none, or holds no receipt. */
  static zip(source) {
    try {
      const pieces = Pieces.entries(source);
      return Object.values(KINDS).some(({ file }) => pieces.has(file)) ? pieces : null;
    } catch (error) {
      if (error instanceof Refused) return null;
      throw error;
    }
  }

  has(name) {
    return this.#sources.has(name);
  }

  /** Every name, sorted. */
  names() {
    return [...this.#sources.keys()].sort();
  }

  /** The octets of a small file, or `null`. */
  small(name) {
    const source = this.#sources.get(name);
    return source === undefined || source.length > MAX_PIECE ? null : source.all();
  }

  /** Its kind and its signed octets, when there is one only; else `null`. */
  signed() {
    const found = Object.entries(KINDS).map(([kind, { file }]) => ({ kind, bytes: this.small(file) })).filter(({ bytes }) => bytes !== null);
    return found.length === 1 ? found[0] : null;
  }

  /** Length and digests of a file that is there. */
  digests(name) {
    return sourceDigests(this.#sources.get(name));
  }

  /** Refuses what could not be read as announced. */
  check() {
    for (const [name, crc] of this.#crcs) {
      if (crcOf(this.#sources.get(name)) !== crc) throw new Refused(failure("bundle.unreadable", name));
    }
  }
}

/** The checksum of a source, or `null` when it cannot be read to its end. */
function crcOf(source) {
  try {
    let crc = 0;
    for (const chunk of source.chunks()) crc = crc32(chunk, crc);
    return crc;
  } catch (error) {
    if (!(error instanceof ReadError)) throw error;
    return null;
  }
}
