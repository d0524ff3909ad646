// The EXIF of a picture, found in its container (JPEG, PNG, WebP, HEIF, TIFF), as texts by field name.
import { lossy, octetString } from "../base/bytes.js";
import { displayText } from "./exif-display.js";
import { heifExif, isHeif } from "./heif.js";
import { ExifError, readTiff } from "./tiff.js";

/** EXIF fields kept at most, and the longest text of one. */
const MAX_FIELDS = 256;
const MAX_TEXT = 2000;

/** The fields by name, sorted as the inventory has them; empty when there is none or it cannot be read. */
export function exifFields(octets) {
  let fields;
  try {
    fields = readTiff(blockOf(octets));
  } catch (error) {
    if (error instanceof ExifError || error instanceof RangeError) return new Map();
    throw error;
  }
  const texts = fields.slice(0, MAX_FIELDS).map(({ name, display, value }) => {
    const text = value.type === "ascii" ? value.list.map(lossy).join(" ") : displayText(display, value);
    return [name, [...text.replace(/\p{Cc}/gu, "")].slice(0, MAX_TEXT).join("")];
  });
  return new Map(texts);
}

const starts = (octets, text, at = 0) => octetString(octets.subarray(at, at + text.length)) === text;

function blockOf(octets) {
  if (starts(octets, "MM\0*") || starts(octets, "II*\0")) return octets;
  if (starts(octets, "\xff\xd8")) return jpegExif(octets);
  if (starts(octets, "\x89PNG\r\n\x1a\n")) return pngExif(octets);
  if (isHeif(octets.subarray(0, 4096))) return heifExif(octets);
  if (starts(octets, "RIFF") && starts(octets, "WEBP", 8)) return webpExif(octets);
  throw new ExifError("no picture");
}

const view = (octets) => new DataView(octets.buffer, octets.byteOffset, octets.byteLength);

function exact(octets, from, length) {
  if (from + length > octets.length) throw new ExifError("cut");
  return octets.subarray(from, from + length);
}

function jpegExif(octets) {
  const data = view(octets);
  for (let at = 2; ; ) {
    const marker = octets.indexOf(0xff, at);
    if (marker < 0) throw new ExifError("cut");
    at = marker + 1;
    while (octets[at] === 0xff) at += 1;
    const code = data.getUint8(at);
    at += 1;
    if (code === 0 || code === 1 || (code >= 0xd0 && code <= 0xd7)) continue;
    if (code === 0xd8 || code === 0xd9) throw new ExifError("none");
    const length = data.getUint16(at) - 2;
    if (length < 0) throw new ExifError("segment");
    const segment = exact(octets, at + 2, length);
    if (code === 0xe1 && starts(segment, "Exif\0\0")) return segment.subarray(6);
    at += 2 + length;
  }
}

function pngExif(octets) {
  const data = view(octets);
  for (let at = 8; at < octets.length; ) {
    const length = data.getUint32(at);
    exact(octets, at, 8);
    if (starts(octets, "eXIf", at + 4)) return exact(octets, at + 8, length);
    exact(octets, at + 8, length + 4);
    at += 12 + length;
  }
  throw new ExifError("none");
}

function webpExif(octets) {
  const data = view(octets);
  let left = data.getUint32(4, true) - 4;
  for (let at = 12; left > 0; ) {
    left -= 8;
    const size = data.getUint32(at + 4, true);
    left -= size;
    if (left < 0) throw new ExifError("chunk");
    if (starts(octets, "EXIF", at)) return exact(octets, at + 8, size);
    const padding = size % 2 !== 0 && left > 0 ? 1 : 0;
    left -= padding;
    exact(octets, at + 8, size + padding);
    at += 8 + size + padding;
  }
  throw new ExifError("none");
}
