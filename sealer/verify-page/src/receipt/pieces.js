// The files of a receipt: from a zip that only reads one way, or given one by one.
import { crc32 } from "../base/crc32.js";
import { digest } from "../base/hash.js";
import { hex } from "../base/bytes.js";
import { Refused, failure } from "../base/report.js";
import { INNER, audit } from "../zip/audit.js";
import { KINDS } from "./form.js";

const MAX_PIECE = 8 << 20;
const MAX_DOCUMENT = 512 << 20;

export class Pieces {
  #sources;

  /** `sources`: a Map of names to sources. */
  constructor(sources) {
    this.#sources = sources;
  }

  /** Those of a zip; `null` when it is none, or holds no receipt. */
  static zip(source) {
    let entries;
    try {
      entries = audit(source, INNER);
    } catch (error) {
      if (error instanceof Refused) return null;
      throw error;
    }
    if (!entries.some(({ name }) => Object.values(KINDS).some(({ file }) => file === name))) return null;
    const pieces = new Pieces(new Map(entries.map((entry) => [entry.name, source.slice(entry.dataStart, entry.size)])));
    pieces.wrong = entries.find(({ name, crc, size }) => size > MAX_DOCUMENT || crc32(pieces.#sources.get(name).all()) !== crc)?.name ?? null;
    return pieces;
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

  async digests(name) {
    const bytes = this.#sources.get(name).all();
    const [short, long] = await Promise.all([digest("SHA-256", bytes), digest("SHA-512", bytes)]);
    return { bytes: bytes.length, sha256: hex(short), sha512: hex(long) };
  }

  /** Refuses what could not be read as announced. */
  check() {
    if (this.wrong) throw new Refused(failure("bundle.unreadable", this.wrong));
  }
}
