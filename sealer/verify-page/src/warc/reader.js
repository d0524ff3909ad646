// Reads archives record by record without trusting them: one gzip member a record, exact framing, budgets.
import { concat, octetString } from "../base/bytes.js";
import { GzipMembers, InflateError } from "../base/inflate.js";
import { parseHeader } from "./header.js";

const MAX_HEADER = 256 << 10;
const MAX_DECOMPRESSED = 64 * 2 ** 30;
/** Below this many octets the ratio is not looked at: small things compress well honestly. */
const RATIO_FLOOR = 256 << 20;
const MAX_RATIO = 500;

/** Why reading stopped: `kind` is `malformed` or `limit`. */
export class WarcFault extends Error {
  constructor(kind, offset, why) {
    super(why);
    Object.assign(this, { kind, offset, why });
  }
}

export class WarcReader {
  #gzip;
  #pending = new Uint8Array(0);
  #left = 0;
  #decompressed = 0;

  /** `hash` is a running SHA-256, used for the members. */
  constructor(source, hash, progress) {
    this.#gzip = new GzipMembers(source, hash, progress);
  }

  /** The header of the next record with `extras` (a name, a comment in its gzip header), or `null` at the end. */
  next() {
    if (this.#gzip.atEnd) return null;
    this.offset = this.#gzip.position;
    this.#gzip.startMember();
    this.#pending = new Uint8Array(0);
    const header = parseHeader(this.#readHeader());
    if (header === null) throw this.#malformed("a header");
    this.#left = header.contentLength;
    const { name, comment, extra } = this.#gzip.header;
    return { header, extras: Boolean(name || comment || extra?.length) };
  }

  #fault(error) {
    return error instanceof InflateError ? this.#malformed(`a whole gzip member: ${error.message}`) : error;
  }

  #malformed(why) {
    return new WarcFault("malformed", this.offset, why);
  }

  /** Octets of the member not given yet; empty at its end. */
  #more() {
    if (this.#pending.length > 0) return this.#pending;
    try {
      this.#pending = this.#gzip.read() ?? new Uint8Array(0);
    } catch (error) {
      throw this.#fault(error);
    }
    return this.#pending;
  }

  #take(length) {
    const taken = this.#pending.subarray(0, length);
    this.#pending = this.#pending.subarray(length);
    this.#decompressed += taken.length;
    const tooMuch = this.#decompressed > MAX_DECOMPRESSED;
    const tooDense = this.#decompressed > RATIO_FLOOR && this.#decompressed > this.#gzip.position * MAX_RATIO;
    if (tooMuch || tooDense) throw new WarcFault("limit", this.offset, tooMuch ? "length" : "ratio");
    return taken;
  }

  #readHeader() {
    const lines = [];
    let length = 0;
    for (;;) {
      const line = this.#readLine(MAX_HEADER - length);
      length += line.length;
      if (length >= MAX_HEADER) throw new WarcFault("limit", this.offset, "the header of a record");
      const shown = line.length <= 10 ? octetString(line) : "";
      if (lines.length === 0 && shown !== "WARC/1.1\r\n") throw this.#malformed("WARC/1.1");
      if (line.length === 0) throw this.#malformed("a header ended by an empty line");
      lines.push(line);
      if (shown === "\r\n") return concat(lines);
    }
  }

  /** Up to a line feed, the end of the member or `limit` octets. */
  #readLine(limit) {
    const parts = [];
    let length = 0;
    while (length < limit && this.#more().length > 0) {
      const end = this.#pending.indexOf(10);
      const part = this.#take(Math.min(end < 0 ? this.#pending.length : end + 1, limit - length));
      parts.push(part);
      length += part.length;
      if (part.at(-1) === 10) break;
    }
    return concat(parts);
  }

  /** The next octets of the block, or `null` at its end. */
  readBlock() {
    if (this.#left === 0) return null;
    if (this.#more().length === 0) throw this.#malformed("a block as long as Content-Length");
    const part = this.#take(Math.min(this.#left, this.#pending.length));
    this.#left -= part.length;
    return part;
  }

  /** Once the block is read: checks that the record ends as it must; `{offset, length, digest}` of its member. */
  finish() {
    const tail = [];
    let length = 0;
    while (length < 5 && this.#more().length > 0) {
      const part = this.#take(Math.min(5 - length, this.#pending.length));
      tail.push(part);
      length += part.length;
    }
    if (octetString(concat(tail)) !== "\r\n\r\n") throw this.#malformed("two CRLF after the block, and nothing more");
    const { position, hash } = this.#gzip;
    return { offset: this.offset, length: position - this.offset, digest: hash.digest() };
  }
}
