// The one form of the pictures a capture writes: a chunk that changes their look, another image beside, a thumbnail or
// octets after the end have no place in it (ISO/IEC 15948, 5.2 and 5.3).
import { octetString } from "../base/bytes.js";
import { ReadError } from "../base/source.js";

const KINDS = ["screenshot-viewport", "screenshot-page", "screenshot-area", "screenshot-desktop", "screenshot-feed", "screenshot-element"];
/** Which chunks may follow which. */
const AFTER = { "": ["IHDR"], IHDR: ["eXIf", "IDAT"], eXIf: ["IDAT"], IDAT: ["IDAT", "IEND"] };
const MAX_EXIF = 1 << 20;

/** Whether pictures of this kind are written by a capture, in this form. */
export const hasForm = (kind) => KINDS.includes(kind);

/** What stands there instead of the form, or `null`. */
export function formFault(source) {
  try {
    return fault(source);
  } catch (error) {
    if (error instanceof ReadError || error instanceof RangeError) return "cut";
    throw error;
  }
}

function fault(source) {
  if (octetString(source.exact(0, 8)) !== "\x89PNG\r\n\x1a\n") return "no PNG";
  let before = "";
  for (let at = 8; ; ) {
    const head = source.exact(at, 8);
    const length = new DataView(head.buffer, head.byteOffset).getUint32(0);
    const type = octetString(head.subarray(4));
    if (!AFTER[before].includes(type)) return `${type} after ${before}`;
    const end = at + 12 + length;
    if (end > source.length) return "cut";
    if (type === "IEND") return length === 0 && end === source.length ? null : "octets after the end";
    if (type === "eXIf") {
      if (length > MAX_EXIF) return "EXIF: too long";
      const next = nextDirectory(source.exact(at + 8, length));
      if (next !== 0) return `EXIF: a second directory (a thumbnail), at ${next}`;
    }
    [before, at] = [type, end];
  }
}

/** Where the directory after the first is; 0 for nowhere (TIFF 6.0, section 2). */
function nextDirectory(block) {
  const order = octetString(block.subarray(0, 4));
  if (order !== "MM\0*" && order !== "II*\0") return NaN;
  const [data, little] = [new DataView(block.buffer, block.byteOffset, block.byteLength), order === "II*\0"];
  const first = data.getUint32(4, little);
  return data.getUint32(first + 2 + 12 * data.getUint16(first, little), little);
}
