// OpenTimestamps proofs (python-opentimestamps 0.4, `core/timestamp.py`, `core/op.py`, `core/notary.py`), version 1: read strictly
// and within bounds, in their one sorted form, then replayed from the seal's digest to each attestation.
import { keccak, ripemd160 } from "hash-wasm";
import { EMPTY, compareOctets, concat, equal, fromHex, hex, octetString, utf8 } from "../base/bytes.js";
import { digest } from "../base/hash.js";

/** The longest proof read, in octets. */
export const MAX_PROOF = 64 * 1024;
const MAX_MESSAGE = 4096;
const MAX_ATTESTATION = 8192;
const MAX_URI = 1000;
const MAX_NODES = 2000;
const MAX_DEPTH = 256;

const MAGIC = concat([utf8("\0OpenTimestamps\0\0Proof\0"), fromHex("bf89e2e884e89294")]);
const PENDING = "83dfe30d2ef90c8e";
const BITCOIN = "0588960d73d71901";

/** Why a proof cannot be read or followed. */
export class OtsError extends Error {}

const malformed = (what) => new OtsError(`malformed proof: ${what}`);
const tooLarge = (what) => new OtsError(`too large: ${what}`);

/** SHA-256, the only hash of a file that a seal's proof may use. */
export const SHA256 = 0x08;

/** Operations by their tag: what they make of a message, and the length of what a hash gives. */
const OPERATIONS = new Map([
  [0x02, { apply: (message) => digest("SHA-1", message), length: 20 }],
  [0x03, { apply: async (message) => fromHex(await ripemd160(message)), length: 20 }],
  [SHA256, { apply: (message) => digest("SHA-256", message), length: 32 }],
  [0x67, { apply: async (message) => fromHex(await keccak(message, 256)), length: 32 }],
  [0xf0, { apply: (message, argument) => concat([message, argument]), takes: true }],
  [0xf1, { apply: (message, argument) => concat([argument, message]), takes: true }],
  [0xf2, { apply: (message) => message.slice().reverse() }],
  [0xf3, { apply: (message) => utf8(hex(message)) }],
]);

class Reader {
  #bytes;
  #at = 0;
  nodes = 0;
  /** Whether every attestation and operation read stood where the sorted form has it. */
  sorted = true;

  constructor(bytes) {
    this.#bytes = bytes;
  }

  take(length) {
    if (length > this.#bytes.length - this.#at) throw malformed("cut");
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  octet() {
    return this.take(1)[0];
  }

  /** An unsigned LEB128 number of at most 63 bits, without useless octets. */
  number() {
    let value = 0n;
    for (let shift = 0n; shift < 63n; shift += 7n) {
      const octet = this.octet();
      value |= BigInt(octet & 0x7f) << shift;
      if (octet & 0x80) continue;
      if (octet === 0 && shift > 0n) throw malformed("number");
      return value;
    }
    throw tooLarge("number");
  }

  octets(limit) {
    const length = this.number();
    if (length > BigInt(limit)) throw tooLarge("octets");
    return this.take(Number(length));
  }

  operation(tag) {
    const operation = OPERATIONS.get(tag);
    if (operation === undefined) throw malformed("unknown operation");
    const argument = operation.takes ? this.octets(MAX_MESSAGE) : EMPTY;
    if (operation.takes && argument.length === 0) throw malformed("empty argument");
    return { ...operation, tag, argument };
  }

  timestamp(depth) {
    if (depth > MAX_DEPTH) throw tooLarge("operations one after the other");
    const [found, known] = [{ attestations: [], branches: [] }, new Set()];
    for (let more = true; more; ) {
      let tag = this.octet();
      more = tag === 0xff;
      if (more) tag = this.octet();
      this.nodes += 1;
      if (this.nodes > MAX_NODES) throw tooLarge("operations");
      if (tag === 0) this.#attest(found);
      else this.#branch(found, known, this.operation(tag), depth);
    }
    return found;
  }

  /** Attestations stand first, sorted and single. */
  #attest(found) {
    const attestation = this.#attestation();
    const before = found.attestations.at(-1);
    if (found.branches.length > 0 || (before !== undefined && compareAttestations(before, attestation) >= 0)) this.sorted = false;
    found.attestations.push(attestation);
  }

  #branch(found, known, operation, depth) {
    const branch = { operation, timestamp: this.timestamp(depth + 1) };
    const key = `${operation.tag} ${hex(operation.argument)}`;
    if (known.has(key)) throw malformed("the same operation twice");
    known.add(key);
    const before = found.branches.at(-1)?.operation;
    const order = before && (before.tag - operation.tag || compareOctets(before.argument, operation.argument));
    if (order > 0) this.sorted = false;
    found.branches.push(branch);
  }

  #attestation() {
    const tag = hex(this.take(8));
    const payload = this.octets(MAX_ATTESTATION);
    const inner = new Reader(payload);
    if (tag === PENDING) {
      const uri = octetString(inner.octets(MAX_URI));
      if (!/^[A-Za-z0-9._/:-]*$/.test(uri)) throw malformed("address of a calendar");
      inner.end();
      return { tag, uri, key: utf8(uri) };
    }
    if (tag !== BITCOIN) return { tag, key: payload };
    const height = inner.number();
    inner.end();
    return { tag, height, key: EMPTY };
  }

  end() {
    if (this.#at !== this.#bytes.length) throw malformed("octets after the end");
  }
}

/** By tag, then by height, then by address or octets. */
function compareAttestations(a, b) {
  if (a.tag !== b.tag) return a.tag < b.tag ? -1 : 1;
  if (a.height !== b.height) return a.height < b.height ? -1 : 1;
  return compareOctets(a.key, b.key);
}

/** Reads a detached proof to its last octet: `{fileHash, digest, timestamp}`, the tag of the file's hash first. */
export function readProof(octets) {
  const reader = new Reader(octets);
  if (!equal(reader.take(MAGIC.length), MAGIC)) throw malformed("not an OpenTimestamps proof");
  if (reader.number() !== 1n) throw malformed("version other than 1");
  const operation = reader.operation(reader.octet());
  if (operation.length === undefined) throw malformed("the file is not hashed");
  const fileDigest = reader.take(operation.length);
  const timestamp = reader.timestamp(0);
  reader.end();
  if (!reader.sorted) throw malformed("not in its sorted form");
  return { fileHash: operation.tag, digest: fileDigest, timestamp };
}

/** Every attestation with the message it is about, as the operations give it from `message` on. */
export async function attested(timestamp, message) {
  const found = timestamp.attestations.map((attestation) => ({ message, ...attestation }));
  for (const { operation, timestamp: next } of timestamp.branches) {
    found.push(...(await attested(next, await applied(operation, message))));
  }
  return found;
}

async function applied({ apply, argument }, message) {
  if (message.length === 0 || message.length > MAX_MESSAGE) throw tooLarge("message");
  const result = await apply(message, argument);
  if (result.length > MAX_MESSAGE) throw tooLarge("message");
  return result;
}
