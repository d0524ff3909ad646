// The fields of an EXIF block (TIFF 6.0), in the order they stand; one fault anywhere and there are none.
import { hex, octetString } from "../base/bytes.js";
import { TAGS } from "./exif-tags.js";

/** The block is not one. */
export class ExifError extends Error {}

const MAX_IFDS = 8;
const POINTERS = { tiff: { 0x8769: "exif", 0x8825: "gps" }, exif: { 0xa005: "interop" } };
/** By type code: name and octets of one value. */
const TYPES = {
  1: ["byte", 1], 2: ["ascii", 1], 3: ["short", 2], 4: ["long", 4], 5: ["rational", 8], 6: ["sbyte", 1],
  7: ["undefined", 1], 8: ["sshort", 2], 9: ["slong", 4], 10: ["srational", 8], 11: ["float", 4], 12: ["double", 8],
};

/** The fields `{name, display, value}`; a value is `{type, list}`, `{type: "undefined", octets}` or an unknown one. */
export function readTiff(octets) {
  if (octets.length < 8) throw new ExifError("cut");
  const order = octetString(octets.subarray(0, 2));
  if (order !== "MM" && order !== "II") throw new ExifError("byte order");
  const data = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  const little = order === "II";
  const state = { octets, data, little, seen: new Set(), fields: [] };
  if (data.getUint16(2, little) !== 42) throw new ExifError("forty-two");
  let offset = data.getUint32(4, little);
  for (let number = 0; offset !== 0; number += 1) {
    if (number >= MAX_IFDS) throw new ExifError("too many IFDs");
    offset = readIfd(state, offset, "tiff");
  }
  return state.fields;
}

function readIfd(state, start, context) {
  const { data, little, octets, seen } = state;
  if (octets.length - start < 2) throw new ExifError("cut");
  const count = data.getUint16(start, little);
  if (seen.has(start)) throw new ExifError("an IFD twice");
  seen.add(start);
  let offset = start + 2;
  for (let i = 0; i < count; i += 1, offset += 12) {
    if (octets.length - offset < 12) throw new ExifError("cut");
    const tag = data.getUint16(offset, little);
    const value = readValue(state, offset);
    const child = POINTERS[context]?.[tag];
    if (child === undefined) {
      state.fields.push(fieldOf(context, tag, value));
      continue;
    }
    const unsigned = ["byte", "short", "long"].includes(value.type) ? value.list[0] : undefined;
    if (unsigned === undefined || readIfd(state, unsigned, child) !== 0) throw new ExifError("pointer");
  }
  if (octets.length - offset < 4) throw new ExifError("cut");
  return data.getUint32(offset, little);
}

function fieldOf(context, tag, value) {
  const known = TAGS[context][tag];
  const title = { tiff: "Tiff", exif: "Exif", gps: "Gps", interop: "Interop" }[context];
  return { name: known?.[0] ?? `Tag(${title}, ${tag})`, display: known?.[1] ?? "default", value };
}

function readValue({ octets, data, little }, entry) {
  const code = data.getUint16(entry + 2, little);
  const count = data.getUint32(entry + 4, little);
  const [type, size] = TYPES[code] ?? ["unknown", 0];
  const length = size * count;
  let at = entry + 8;
  if (length > 4) at = data.getUint32(at, little);
  if (octets.length - at < length) throw new ExifError("cut");
  if (type === "unknown") return { type, code, count, at };
  const range = octets.subarray(at, at + length);
  if (type === "undefined") return { type, octets: range };
  if (type === "ascii") return { type, list: asciiParts(range) };
  const read = (i) => NUMBERS[type](data, at + i * size, little);
  return { type, list: Array.from({ length: count }, (_, i) => read(i)) };
}

/** The texts of an ASCII value, each ended by a zero octet. */
function asciiParts(range) {
  const parts = octetString(range).split("\0");
  if (parts.at(-1) === "") parts.pop();
  return parts.map((part) => Uint8Array.from(part, (octet) => octet.charCodeAt(0)));
}

const NUMBERS = {
  byte: (data, at) => data.getUint8(at),
  short: (data, at, little) => data.getUint16(at, little),
  long: (data, at, little) => data.getUint32(at, little),
  rational: (data, at, little) => ({ num: data.getUint32(at, little), denom: data.getUint32(at + 4, little) }),
  sbyte: (data, at) => data.getInt8(at),
  sshort: (data, at, little) => data.getInt16(at, little),
  slong: (data, at, little) => data.getInt32(at, little),
  srational: (data, at, little) => ({ num: data.getInt32(at, little), denom: data.getInt32(at + 4, little) }),
  float: (data, at, little) => data.getFloat32(at, little),
  double: (data, at, little) => data.getFloat64(at, little),
};

export const hexText = (octets) => `0x${hex(octets)}`;
