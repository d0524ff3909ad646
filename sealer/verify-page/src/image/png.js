// Facts of a PNG (ISO/IEC 15948): size, a digest of its decoded pixels, EXIF; rows stream, so that a very long page fits.
import { concat, octetString } from "../base/bytes.js";
import { crc32 } from "../base/crc32.js";
import { newSha256 } from "../base/hash.js";
import { InflateError, inflateZlib } from "../base/inflate.js";
import { ReadError } from "../base/source.js";
import { exifFields } from "./exif.js";
import { RowReader, interlacedRows } from "./png-rows.js";

const SIGNATURE = "\x89PNG\r\n\x1a\n";
const MAX_PIXELS = 3_200_000_000;
/** Octets of an interlaced picture, which must be held whole, in the samples it has once expanded. */
const MAX_WHOLE = 64 << 20;
const PIECE = 1 << 18;
const MAX_ANCILLARY = 16 << 20;
/** Samples of a pixel by colour type, and the depths each may have. */
const SAMPLES = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const DEPTHS = { 0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16] };

/** The picture cannot be measured. */
export class PngError extends Error {}

/** The facts as the inventory writes them, or `null` when the picture cannot be measured. */
export async function measurePng(source) {
  const hash = (await newSha256()).init();
  try {
    const { width, height } = decode(source, (rgba) => hash.update(rgba));
    const facts = new Map(Object.entries({ width, height, pixels_sha256: hash.digest() }));
    const exif = exifFields(headOf(source));
    if (exif.size > 0) facts.set("exif", exif);
    return facts;
  } catch (error) {
    if ([PngError, InflateError, ReadError, RangeError].some((kind) => error instanceof kind)) return null;
    throw error;
  }
}

/** The picture without its pixels: the chunks that are not IDAT, enough for the EXIF block wherever it stands. */
function headOf(source) {
  const parts = [source.exact(0, 8)];
  for (const chunk of chunks(source)) {
    if (chunk.type !== "IDAT" && chunk.length <= MAX_ANCILLARY) parts.push(source.exact(chunk.start - 8, chunk.length + 12));
  }
  return concat(parts);
}

/** The chunks in order, up to IEND or the end of the file. */
function* chunks(source) {
  if (octetString(source.exact(0, 8)) !== SIGNATURE) throw new PngError("signature");
  for (let at = 8; at < source.length; ) {
    const head = source.exact(at, 8);
    const length = new DataView(head.buffer, head.byteOffset).getUint32(0);
    const type = octetString(head.subarray(4));
    yield { type, length, start: at + 8 };
    if (type === "IEND") return;
    at += 12 + length;
  }
  throw new PngError("no IEND");
}

function decode(source, update) {
  const picture = { header: null, palette: null, transparency: null, done: false };
  const list = [...chunks(source)];
  for (const [i, chunk] of list.entries()) {
    const { type, length } = chunk;
    if (picture.header === null && type !== "IHDR") throw new PngError("IHDR first");
    if (type === "acTL" && !picture.done) throw new PngError("animated");
    if (type === "IDAT") {
      if (!picture.done) decodePixels(source, list, i, picture, update);
      picture.done = true;
    } else if (type === "IHDR") {
      picture.header = readHeader(checked(source, chunk));
    } else if (type === "PLTE" || type === "tRNS") {
      if (length > 1024) throw new PngError(type);
      picture[type === "PLTE" ? "palette" : "transparency"] = checked(source, chunk);
    } else if (/^[A-Z]/.test(type)) {
      // A critical chunk, IEND among them, must be whole.
      for (const _ of pieces(source, chunk)) continue;
    }
  }
  if (!picture.done) throw new PngError("no IDAT");
  return picture.header;
}

/** The content of a short chunk whose checksum holds. */
function checked(source, { length, start }) {
  const whole = source.exact(start - 4, length + 8);
  const view = new DataView(whole.buffer, whole.byteOffset);
  if (crc32(whole.subarray(0, length + 4)) !== view.getUint32(length + 4)) throw new PngError("CRC");
  return whole.slice(4, length + 4);
}

function readHeader(content) {
  if (content.length !== 13) throw new PngError("IHDR");
  const view = new DataView(content.buffer, content.byteOffset);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [depth, color, compression, filter, interlace] = content.subarray(8);
  const sound =
    width > 0 && height > 0 && DEPTHS[color]?.includes(depth) && compression === 0 && filter === 0 && interlace < 2;
  if (!sound || width * height > MAX_PIXELS) throw new PngError("IHDR");
  return { width, height, depth, color, samples: SAMPLES[color], interlaced: interlace === 1 };
}

/** Feeds the rows of consecutive IDAT chunks, from the one at `from` on, to `update`, as RGBA. */
function decodePixels(source, list, from, picture, update) {
  const { header } = picture;
  if (header.color === 3 && picture.palette === null) throw new PngError("no palette");
  const expanded = (header.color === 3 ? 3 : header.samples) + (picture.transparency === null ? 0 : 1);
  if (header.interlaced && header.width * header.height * expanded > MAX_WHOLE) throw new PngError("too large");
  const rows = header.interlaced ? interlacedRows(picture, update) : new RowReader(picture, header.width, header.height, update);
  const data = idat(source, list, from);
  // Left open when the rows are full: what they did not need is still under the checksums.
  const open = { [Symbol.iterator]: () => ({ next: () => data.next() }) };
  inflateZlib(open, (octets) => rows.push(octets));
  if (!rows.finished) throw new PngError("rows");
  for (const _ of data) continue;
}

function* idat(source, list, from) {
  for (let i = from; list[i]?.type === "IDAT"; i += 1) yield* pieces(source, list[i]);
}

/** The content of a chunk, piece by piece, its checksum verified at its end. */
function* pieces(source, chunk) {
  let crc = crc32(Uint8Array.from(chunk.type, (letter) => letter.charCodeAt(0)));
  for (let at = 0; at < chunk.length; at += PIECE) {
    const piece = source.exact(chunk.start + at, Math.min(PIECE, chunk.length - at));
    crc = crc32(piece, crc);
    yield piece;
    source.release(piece);
  }
  const stated = source.exact(chunk.start + chunk.length, 4);
  if (new DataView(stated.buffer, stated.byteOffset).getUint32(0) !== crc) throw new PngError("CRC");
}
