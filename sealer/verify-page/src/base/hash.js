// Digests: the browser's own for what is short, an incremental one (hash-wasm) for what streams, since WebCrypto has none.
import { createSHA256, createSHA512 } from "hash-wasm";
import { hex } from "./bytes.js";
import { crc32 } from "./crc32.js";
import { ReadError } from "./source.js";

/** Up to this length a range is read whole and given to WebCrypto. */
const WHOLE = 8 << 20;

/** Digests of octets in memory, hexadecimal. */
export async function sha256(bytes) {
  return hex(await digest("SHA-256", bytes));
}

/** Length, SHA-256 and SHA-512 of octets in memory, as objects write them. */
export async function digestsOf(bytes) {
  const [short, long] = await Promise.all([digest("SHA-256", bytes), digest("SHA-512", bytes)]);
  return { bytes: bytes.length, sha256: hex(short), sha512: hex(long) };
}

export async function digest(name, bytes) {
  return new Uint8Array(await crypto.subtle.digest(name, bytes));
}

/** A running SHA-256; `init()` before use and again for the next one. */
export const newSha256 = createSHA256;

/** SHA-256 of a whole source, told to `progress` as octets pass. */
export async function sourceSha256(source, progress) {
  const hash = (await createSHA256()).init();
  for (const chunk of source.chunks()) {
    hash.update(chunk);
    progress(chunk.length);
  }
  return hash.digest();
}

/** Length, SHA-256 and SHA-512 of a source. A CRC-32 that is not the one of the headers makes it unreadable. */
export async function digests(source, crc, progress) {
  const { crc: found, ...told } = await sourceDigests(source, progress);
  if (found !== crc) throw new ReadError("CRC-32");
  return told;
}

/** The same of a source without headers, and its CRC-32. */
export async function sourceDigests(source, progress = () => {}) {
  const found = source.length <= WHOLE ? await atOnce(source, progress) : await streamed(source, progress);
  return { bytes: source.length, ...found };
}

async function atOnce(source, progress) {
  const bytes = source.all();
  const [sha256, sha512] = await Promise.all([digest("SHA-256", bytes), digest("SHA-512", bytes)]);
  const crc = crc32(bytes);
  progress(bytes.length);
  source.release(bytes);
  return { crc, sha256: hex(sha256), sha512: hex(sha512) };
}

async function streamed(source, progress) {
  const [short, long] = [(await createSHA256()).init(), (await createSHA512()).init()];
  let crc = 0;
  for (const chunk of source.chunks()) {
    crc = crc32(chunk, crc);
    short.update(chunk);
    long.update(chunk);
    progress(chunk.length);
  }
  return { crc, sha256: short.digest(), sha512: long.digest() };
}

export const sameDigests = (a, b) => a.bytes === b.bytes && a.sha256 === b.sha256 && a.sha512 === b.sha512;
