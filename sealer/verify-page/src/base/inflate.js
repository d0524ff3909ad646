// One gzip member after the other (RFC 1952), inflated as it is asked for: the browser's own DecompressionStream does not
// tell where a member ends, and an archive holds one record a member.
import { Z_BUF_ERROR, Z_NO_FLUSH, Z_OK, Z_STREAM_END } from "pako/lib/zlib/constants.js";
import GzipHeader from "pako/lib/zlib/gzheader.js";
import { inflate, inflateGetHeader, inflateInit2 } from "pako/lib/zlib/inflate.js";
import ZStream from "pako/lib/zlib/zstream.js";

/** Octets that are not what they should be. */
export class InflateError extends Error {}

const INPUT = 1 << 18;
const OUTPUT = 1 << 16;
const GZIP = 31;
const ZLIB = 15;

export class GzipMembers {
  #source;
  #stream = null;
  #input = new Uint8Array(0);
  #at = 0;
  #ended = true;

  /** `hash` is a running SHA-256 (hash-wasm) of the member's own octets; `progress` is told of octets taken. */
  constructor(source, hash, progress) {
    this.#source = source;
    this.hash = hash;
    this.progress = progress;
    /** Octets of the file taken so far. */
    this.position = 0;
  }

  #fill() {
    if (this.#at < this.#input.length) return true;
    const left = this.#source.length - this.position;
    if (left === 0) return false;
    this.#source.release(this.#input);
    this.#input = this.#source.exact(this.position, Math.min(INPUT, left));
    this.#at = 0;
    return true;
  }

  get atEnd() {
    return !this.#fill();
  }

  startMember() {
    this.#stream = new ZStream();
    inflateInit2(this.#stream, GZIP);
    this.header = new GzipHeader();
    inflateGetHeader(this.#stream, this.header);
    this.#ended = false;
    this.hash.init();
    this.memberStart = this.position;
  }

  /** The next octets of the member, at least one; `null` at its end. */
  read() {
    const stream = this.#stream;
    stream.output = new Uint8Array(OUTPUT);
    stream.next_out = 0;
    stream.avail_out = OUTPUT;
    while (!this.#ended && stream.next_out === 0) {
      if (!this.#fill()) throw new InflateError("the member is cut");
      stream.input = this.#input;
      stream.next_in = this.#at;
      stream.avail_in = this.#input.length - this.#at;
      const status = inflate(stream, Z_NO_FLUSH);
      this.#take(stream.next_in);
      if (status === Z_STREAM_END) this.#ended = true;
      else if (status !== Z_OK && status !== Z_BUF_ERROR) throw new InflateError(stream.msg || `zlib ${status}`);
    }
    return stream.next_out === 0 ? null : stream.output.subarray(0, stream.next_out);
  }

  #take(upTo) {
    const taken = this.#input.subarray(this.#at, upTo);
    this.hash.update(taken);
    this.position += taken.length;
    this.#at = upTo;
    this.progress(taken.length);
  }
}

/** Inflates zlib octets (RFC 1950) given piece by piece; `sink` takes what comes out and says whether it wants more. */
export function inflateZlib(pieces, sink) {
  const stream = new ZStream();
  inflateInit2(stream, ZLIB);
  for (const piece of pieces) {
    stream.input = piece;
    stream.next_in = 0;
    stream.avail_in = piece.length;
    for (;;) {
      stream.output = new Uint8Array(OUTPUT);
      stream.next_out = 0;
      stream.avail_out = OUTPUT;
      const status = inflate(stream, Z_NO_FLUSH);
      if (stream.next_out > 0 && !sink(stream.output.subarray(0, stream.next_out))) return;
      if (status === Z_STREAM_END) return;
      if (status !== Z_OK && status !== Z_BUF_ERROR) throw new InflateError(stream.msg || `zlib ${status}`);
      if (stream.avail_in === 0 && stream.avail_out > 0) break;
      if (status === Z_BUF_ERROR) break;
    }
  }
  throw new InflateError("cut");
}
