// Octets read by range from a file that is never held in memory whole: a Blob, in a worker, read synchronously.

/** Octets were announced that are not there, or the file can no longer be read. */
export class ReadError extends Error {}

const CHUNK = 1 << 20;

/**
 * Gives memory back at once. The collector counts a view, not its octets, and would let a hundred mebibytes of read ones
 * stand; what is transferred to a port that nobody listens to is gone.
 */
function releaser() {
  const { port1, port2 } = new MessageChannel();
  port2.close();
  return (bytes) => port1.postMessage(null, [bytes.buffer]);
}

export class Source {
  #read;
  #release;

  /**
   * `read(start, end)` gives the octets of that range, or fewer when the file became shorter. `release(bytes)` takes back
   * octets that it gave.
   */
  constructor(read, release, start, length) {
    this.#read = read;
    this.#release = release;
    this.start = start;
    this.length = length;
  }

  /** The octets of a File or Blob. Only in a worker: a window has no synchronous reader. */
  static blob(blob) {
    const reader = new FileReaderSync();
    const read = (start, end) => new Uint8Array(reader.readAsArrayBuffer(blob.slice(start, end)));
    return new Source(read, releaser(), 0, blob.size);
  }

  static memory(bytes) {
    return new Source((start, end) => bytes.subarray(start, end), () => {}, 0, bytes.length);
  }

  /** A range of this source, or `null` when it is not all there. */
  slice(start, length) {
    if (!Number.isSafeInteger(start) || !Number.isSafeInteger(length) || start + length > this.length) return null;
    return new Source(this.#read, this.#release, this.start + start, length);
  }

  /** Exactly `length` octets from `offset`. */
  exact(offset, length) {
    const part = this.slice(offset, length);
    if (part === null) throw new ReadError("unexpected end of file");
    if (length === 0) return new Uint8Array(0);
    let bytes;
    try {
      bytes = this.#read(part.start, part.start + length);
    } catch (error) {
      throw new ReadError(String(error?.message ?? error));
    }
    if (bytes.length !== length) throw new ReadError("unexpected end of file");
    return bytes;
  }

  all() {
    return this.exact(0, this.length);
  }

  /** Octets that `exact` gave and that nobody reads any more: their memory need not wait for the collector. */
  release(bytes) {
    if (bytes.length > 0) this.#release(bytes);
  }

  /** The octets in order, piece by piece; a piece is gone when the next is asked for. */
  *chunks(size = CHUNK) {
    for (let at = 0; at < this.length; at += size) {
      const chunk = this.exact(at, Math.min(size, this.length - at));
      yield chunk;
      this.release(chunk);
    }
  }
}
