// The end of central directory, at the very end of the file, and the records of the directory (APPNOTE 4.3.12 to 4.3.16).
import { find, hex, octetString } from "../base/bytes.js";
import { Refused, failure } from "../base/report.js";
import { ReadError } from "../base/source.js";
import { isArtefactPath } from "../dossier/path.js";

const END = 22;
const LOCATOR = 20;
const END64 = 56;
const RECORD = 46;
const NONE16 = 0xffff;
const NONE32 = 0xffff_ffff;
/** Expanded octets under which no ratio is asked for, and the ratio refused beyond. */
const SMALL = 1 << 20;
const MAX_RATIO = 100;

export function view(bytes) {
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    u16: (at) => data.getUint16(at, true),
    u32: (at) => data.getUint32(at, true),
    /** 64 bits; beyond 2^53 the value is rounded, and no range of a file can have it. */
    u64: (at) => Number(data.getBigUint64(at, true)),
  };
}

function refuse(code, found, expected) {
  throw new Refused(failure(code, found, expected));
}

/** Where the directory is. Its end must end the file, with no comment; nothing is searched for. */
export function locate(source) {
  const head = source.exact(0, Math.min(4, source.length));
  if (hex(head) !== "504b0304") refuse("zip.not_a_zip", hex(head), "504b0304");
  if (source.length < END) throw new ReadError("unexpected end of file");
  const at = source.length - END;
  const bytes = source.exact(at, END);
  const end = view(bytes);
  if (end.u32(0) !== 0x06054b50) noEnd(source);
  const total = end.u16(10);
  if (end.u16(20) !== 0 || end.u16(4) !== 0 || end.u16(6) !== 0 || end.u16(8) !== total) refuse("zip.end", hex(bytes));
  const narrow = { start: end.u32(16), length: end.u32(12), entries: total };
  const isWide = total === NONE16 || narrow.length === NONE32 || narrow.start === NONE32;
  const { directory, recordsEnd } = isWide ? locateWide(source, at, narrow) : { directory: narrow, recordsEnd: at };
  if (directory.start + directory.length !== recordsEnd) {
    refuse("zip.layout", directory.start + directory.length, recordsEnd);
  }
  return directory;
}

function noEnd(source) {
  const window = Math.min(source.length, END + 65_535);
  const tail = source.exact(source.length - window, window);
  if (find(tail, [0x50, 0x4b, 5, 6]) >= 0) refuse("zip.layout", "end of central directory before the end of the file");
  refuse("zip.truncated", source.length);
}

/** The ZIP64 end and its locator stand right before the end, and agree with it (APPNOTE 4.3.14 and 4.3.15). */
function locateWide(source, end, narrow) {
  const at = end - LOCATOR - END64;
  if (at < 0) refuse("zip.zip64", "absent");
  const bytes = source.exact(at, END64 + LOCATOR);
  const record = view(bytes);
  const locator = view(bytes.subarray(END64));
  const directory = { start: record.u64(48), length: record.u64(40), entries: record.u64(32) };
  const fixed =
    record.u32(0) === 0x06064b50 && record.u64(4) === END64 - 12 && [10, 20, 45].includes(record.u16(14)) && record.u32(16) === 0 &&
    record.u32(20) === 0 && record.u64(24) === directory.entries && locator.u32(0) === 0x07064b50 &&
    locator.u32(4) === 0 && locator.u64(8) === at && locator.u32(16) === 1 && [10, 20, 45, 0x032d].includes(record.u16(12));
  // A field at its limit means "see ZIP64", whatever stands there; any other value must be the same (APPNOTE 4.4.1.4).
  const agrees = (wide, own, limit) => own === limit || own === wide;
  const agreed =
    agrees(directory.entries, narrow.entries, NONE16) && agrees(directory.length, narrow.length, NONE32) &&
    agrees(directory.start, narrow.start, NONE32);
  if (!fixed || !agreed) refuse("zip.zip64", hex(bytes));
  return { directory, recordsEnd: at };
}

/** Every record of the directory. */
export function readDirectory(source, directory, { maxEntries }) {
  if (directory.entries > maxEntries || directory.length > maxEntries * 600) {
    refuse("zip.limits", directory.entries, maxEntries);
  }
  const bytes = source.exact(directory.start, directory.length);
  const entries = [];
  const seen = new Set();
  for (let at = 0; at < bytes.length; ) {
    const { entry, length } = readRecord(bytes.subarray(at));
    const folded = entry.name.toLowerCase();
    if (seen.has(folded)) refuse("zip.duplicate", entry.name);
    seen.add(folded);
    entries.push(entry);
    at += length;
  }
  if (entries.length !== directory.entries) refuse("zip.layout", entries.length, directory.entries);
  return entries;
}

function readRecord(bytes) {
  if (bytes.length < RECORD) refuse("zip.layout", `${bytes.length} octets`);
  const fixed = bytes.subarray(0, RECORD);
  const fields = view(fixed);
  if (fields.u32(0) !== 0x02014b50) refuse("zip.layout", hex(fixed.subarray(0, 4)));
  const nameEnd = RECORD + fields.u16(28);
  const extraEnd = nameEnd + fields.u16(30);
  const length = extraEnd + fields.u16(32);
  if (length > bytes.length) refuse("zip.layout", `a record of ${length} octets`);
  const name = octetString(bytes.subarray(RECORD, nameEnd));
  if (!isArtefactPath(name)) refuse("zip.name", JSON.stringify(name));
  checkFixed(fixed, fields, name);
  const { size, compressed, headerStart } = sizes(fields, bytes.subarray(nameEnd, extraEnd), name);
  if (size !== compressed || (size > SMALL && Math.floor(size / MAX_RATIO) > compressed)) {
    refuse("zip.limits", `${name}: ${size}`, compressed);
  }
  return { length, entry: { name, crc: fields.u32(16), size, headerStart, common: fixed.slice(6, 20) } };
}

/** The fields that no digest covers must each have the one value a writer of this profile gives. */
function checkFixed(fixed, fields, name) {
  const [madeBy, needed, flags, method] = [4, 6, 8, 10].map(fields.u16);
  if (flags !== 0) refuse("zip.flags", `${name}: ${flags}`, 0);
  if (method !== 0) refuse("zip.method", `${name}: ${method}`, 0);
  if (hex(fixed.subarray(12, 16)) !== "00002100") refuse("zip.attributes", `${name}: ${hex(fixed.subarray(12, 16))}`);
  // Made by Unix, a regular file 0644, no comment, first volume, internal attributes zero.
  const sound =
    madeBy === (0x0300 | needed) && [10, 20, 45].includes(needed) && fields.u32(38) === 0x81a40000 &&
    hex(fixed.subarray(32, 38)) === "000000000000";
  if (!sound) refuse("zip.attributes", `${name}: ${hex(fixed)}`);
}

/** Sizes and offset, from the ZIP64 field where the ordinary ones say so (APPNOTE 4.5.3). No other extra field. */
function sizes(fields, extra, name) {
  const values = [fields.u32(24), fields.u32(20), fields.u32(42)];
  const wide = values.filter((value) => value === NONE32).length;
  const bad = () => refuse("zip.extra", `${name}: ${hex(extra)}`);
  if (wide === 0 && extra.length !== 0) bad();
  if (wide > 0) {
    if (extra.length !== 4 + wide * 8) bad();
    const field = view(extra);
    if (field.u16(0) !== 1 || field.u16(2) !== wide * 8) bad();
    let at = 4;
    for (const place of [0, 1, 2].filter((i) => values[i] === NONE32)) {
      values[place] = field.u64(at);
      at += 8;
      if (values[place] < NONE32) bad();
    }
  }
  return { size: values[0], compressed: values[1], headerStart: values[2] };
}
