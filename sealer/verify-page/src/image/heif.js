// The EXIF block of a HEIF or AVIF picture (ISO/IEC 14496-12 boxes, ISO/IEC 23008-12 annex A).
import { concat, octetString } from "../base/bytes.js";
import { ExifError } from "./tiff.js";

const BRANDS = ["mif1", "msf1"];
const MAX_EXIF = 131_070;

/** A cursor over the octets of a box. */
class Box {
  constructor(octets) {
    this.octets = octets;
  }

  get isEmpty() {
    return this.octets.length === 0;
  }

  take(length) {
    if (!(length <= this.octets.length)) throw new ExifError("box too small");
    const taken = this.octets.subarray(0, length);
    this.octets = this.octets.subarray(length);
    return taken;
  }

  uint(size) {
    return this.take(size).reduce((value, octet) => value * 256 + octet, 0);
  }

  text(length) {
    return octetString(this.take(length));
  }

  /** A number of 0, 4 or 8 octets. */
  sized(size) {
    if (![0, 4, 8].includes(size)) throw new ExifError("size");
    return this.uint(size);
  }

  child() {
    const size = this.uint(4);
    const type = this.text(4);
    const length = size === 0 ? this.octets.length : size === 1 ? this.uint(8) - 16 : size - 8;
    if (length < 0) throw new ExifError("box size");
    return { type, body: new Box(this.take(length)) };
  }

  /** Version of a full box. */
  version() {
    return this.uint(4) >>> 24;
  }
}

function hasBrand(body) {
  body.take(8);
  while (body.octets.length >= 4) if (BRANDS.includes(body.text(4))) return true;
  return false;
}

/** Whether the beginning of a file is that of a HEIF picture. */
export function isHeif(head) {
  const box = new Box(head);
  try {
    for (;;) {
      const { type, body } = box.child();
      if (type === "ftyp") return hasBrand(body);
    }
  } catch (error) {
    if (error instanceof ExifError) return false;
    throw error;
  }
}

/** The TIFF octets of the EXIF item. */
export function heifExif(octets) {
  const file = new Box(octets);
  let checked = false;
  while (!file.isEmpty) {
    const { type, body } = file.child();
    if (type === "ftyp") {
      if (!hasBrand(body)) throw new ExifError("brand");
      checked = true;
    }
    if (type === "meta") {
      if (!checked) throw new ExifError("meta before ftyp");
      return headless(readMeta(body, octets));
    }
  }
  throw new ExifError("none");
}

/** ExifDataBlock: the offset of the TIFF header, then the octets. */
function headless(block) {
  const box = new Box(block);
  const offset = box.uint(4);
  box.take(offset);
  return box.octets;
}

function readMeta(box, file) {
  if (box.version() !== 0) throw new ExifError("meta");
  let [data, locations, item] = [null, null, null];
  while (!box.isEmpty) {
    const { type, body } = box.child();
    if (type === "idat") data = body.octets;
    if (type === "iinf") item = exifItem(body) ?? item;
    if (type === "iloc") locations = body;
  }
  if (item === null || locations === null) throw new ExifError("none");
  const { method, base, extents } = locate(locations, item);
  const from = [file, data][method] ?? null;
  if (from === null) throw new ExifError("construction method");
  const parts = extents.map(({ offset, length }) => {
    const start = base + offset;
    const end = length === 0 ? from.length : start + length;
    if (end > from.length || start > from.length) throw new ExifError("cut");
    return from.subarray(start, end);
  });
  const block = concat(parts);
  if (block.length > MAX_EXIF) throw new ExifError("too large");
  return block;
}

function exifItem(box) {
  const count = box.uint(box.version() === 0 ? 2 : 4);
  let found = null;
  for (let i = 0; i < count; i += 1) {
    const { type, body } = box.child();
    if (type !== "infe") continue;
    const version = body.version();
    if (version !== 2 && version !== 3) throw new ExifError("infe");
    const item = body.uint(version === 2 ? 2 : 4);
    body.take(2);
    if (body.text(4) === "Exif") found = item;
  }
  return found;
}

function locate(box, wanted) {
  const version = box.version();
  if (version > 2) throw new ExifError("iloc");
  const sizes = box.uint(2);
  const [offsetSize, lengthSize, baseSize] = [sizes >> 12, (sizes >> 8) & 15, (sizes >> 4) & 15];
  const indexSize = version === 0 ? 0 : sizes & 15;
  const count = box.uint(version === 2 ? 4 : 2);
  let found = null;
  for (let i = 0; i < count; i += 1) {
    const item = box.uint(version === 2 ? 4 : 2);
    const method = version === 0 ? 0 : box.uint(2) & 15;
    const reference = box.uint(2);
    if (method === 0 && reference !== 0) throw new ExifError("external data");
    const base = box.sized(baseSize);
    const extentCount = box.uint(2);
    if (item !== wanted) {
      box.take((indexSize + offsetSize + lengthSize) * extentCount);
      continue;
    }
    const extents = Array.from({ length: extentCount }, () => {
      box.sized(indexSize);
      return { offset: box.sized(offsetSize), length: box.sized(lengthSize) };
    });
    found = { method, base, extents };
  }
  if (found === null) throw new ExifError("no location");
  return found;
}
