// Reading DER (X.690): every element knows its content and the whole of its original octets; BER is refused.

export const TAG = {
  BOOLEAN: 0x01, INTEGER: 0x02, BIT_STRING: 0x03, OCTET_STRING: 0x04, NULL: 0x05, OID: 0x06, UTF8_STRING: 0x0c,
  PRINTABLE_STRING: 0x13, T61_STRING: 0x14, IA5_STRING: 0x16, UTC_TIME: 0x17, GENERALIZED_TIME: 0x18, BMP_STRING: 0x1e,
  ENUMERATED: 0x0a, SEQUENCE: 0x30, SET: 0x31,
};

/** `[n]` constructed, and `[n]` primitive. */
export const context = (number) => 0xa0 | number;
export const contextPrimitive = (number) => 0x80 | number;

/** Why octets are not the DER expected. */
export class DerError extends Error {}

const MAX_OID = 39;

/** One element: its tag, its content and its whole encoding, as views of the input. */
export class Element {
  constructor(tag, content, whole) {
    Object.assign(this, { tag, content, whole });
  }

  inside() {
    return new Der(this.content);
  }

  /** A non-negative INTEGER, as big-endian octets without the octet of its sign. */
  unsigned() {
    const [first, second] = this.content;
    if (first === undefined) throw new DerError("empty INTEGER");
    if (this.content.length === 1 && first === 0) return this.content;
    if (first >= 0x80) throw new DerError("negative INTEGER");
    if (first !== 0) return this.content;
    if (second < 0x80) throw new DerError("INTEGER with a superfluous zero");
    return this.content.subarray(1);
  }

  /** The same as a number; beyond 2^53 it is rounded. */
  small() {
    const octets = this.unsigned();
    if (octets.length > 8) throw new DerError("INTEGER too large");
    return octets.reduce((number, octet) => number * 256 + octet, 0);
  }

  /** An OBJECT IDENTIFIER in dotted form. */
  oid() {
    const arcs = [];
    let arc = 0;
    let fresh = true;
    for (const octet of this.content) {
      if (fresh && octet === 0x80) throw new DerError("OBJECT IDENTIFIER not in its shortest form");
      arc = arc * 128 + (octet & 0x7f);
      if (arc > 0xffff_ffff) throw new DerError("OBJECT IDENTIFIER too large");
      fresh = octet < 0x80;
      if (!fresh) continue;
      arcs.push(arc);
      arc = 0;
    }
    if (!fresh || arcs.length === 0 || this.content.length > MAX_OID) throw new DerError("OBJECT IDENTIFIER cut");
    // The format reads no identifier beyond 2.39: none that seals, tokens and certificates use is there.
    if (arcs[0] >= 120) throw new DerError("OBJECT IDENTIFIER out of range");
    const root = Math.min(Math.floor(arcs[0] / 40), 2);
    return [root, arcs[0] - root * 40, ...arcs.slice(1)].join(".");
  }
}

/** A cursor over DER octets. */
export class Der {
  #rest;

  constructor(octets) {
    this.#rest = octets;
  }

  /** `octets` as exactly one element of tag `tag`. */
  static one(octets, tag, what) {
    const der = new Der(octets);
    const element = der.expect(tag, what);
    der.end(what);
    return element;
  }

  get isEmpty() {
    return this.#rest.length === 0;
  }

  peek() {
    return this.#rest[0];
  }

  end(what) {
    if (!this.isEmpty) throw new DerError(`${what}: ${this.#rest.length} octets too many`);
  }

  next(what) {
    const input = this.#rest;
    if (input.length < 2) throw new DerError(`${what}: cut`);
    if ((input[0] & 0x1f) === 0x1f) throw new DerError(`${what}: tag of several octets`);
    const { header, length } = lengthOf(input, what);
    if (header + length > input.length) throw new DerError(`${what}: ${length} octets announced, fewer there`);
    const whole = input.subarray(0, header + length);
    this.#rest = input.subarray(whole.length);
    return new Element(input[0], whole.subarray(header), whole);
  }

  expect(tag, what) {
    if (this.peek() === tag) return this.next(what);
    throw new DerError(`${what}: tag ${tag} expected, ${this.peek() ?? "nothing"} found`);
  }

  /** The next element if it has tag `tag`, or `null`. */
  optional(tag, what) {
    return this.peek() === tag ? this.next(what) : null;
  }

  /** A BOOLEAN that is absent or TRUE. */
  flag(what) {
    const element = this.optional(TAG.BOOLEAN, what);
    if (element === null) return false;
    if (element.content.length !== 1 || element.content[0] !== 0xff) throw new DerError(`${what}: not DER`);
    return true;
  }

  /** The elements left, at most `limit` of them. */
  all(limit, what) {
    const elements = [];
    while (!this.isEmpty) {
      if (elements.length === limit) throw new DerError(`${what}: more than ${limit} elements`);
      elements.push(this.next(what));
    }
    return elements;
  }
}

function lengthOf(input, what) {
  const first = input[1];
  if (first < 0x80) return { header: 2, length: first };
  if (first === 0x80) throw new DerError(`${what}: indefinite length (BER)`);
  const count = first & 0x7f;
  if (count > 4 || input.length < 2 + count) throw new DerError(`${what}: length of ${count} octets`);
  const length = input.subarray(2, 2 + count).reduce((number, octet) => number * 256 + octet, 0);
  if (length < 0x80 || input[2] === 0) throw new DerError(`${what}: length not in its shortest form`);
  return { header: 2 + count, length };
}
