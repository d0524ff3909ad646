// The local header of an entry: right after the entry before, and saying what the directory says.
import { equal, octetString } from "../base/bytes.js";
import { Refused, failure } from "../base/report.js";
import { ReadError } from "../base/source.js";
import { view } from "./directory.js";

const LOCAL = 30;
const NONE32 = 0xffff_ffff;

/** Checks the local header of `entry`, expected at `at`; fills in where its octets start; gives where the next must be. */
export function checkLocal(source, entry, at) {
  if (entry.headerStart !== at) throw new Refused(failure("zip.layout", `${entry.name}: ${entry.headerStart}`, at));
  const fixed = source.exact(at, LOCAL);
  const fields = view(fixed);
  const [nameLength, extraLength] = [fields.u16(26), fields.u16(28)];
  const variable = source.exact(at + LOCAL, nameLength + extraLength);
  const mismatch = (field) => {
    throw new Refused(failure("zip.header_mismatch", `${entry.name}: ${field}`));
  };
  if (fields.u32(0) !== 0x04034b50) mismatch("signature");
  if (!equal(fixed.subarray(4, 18), entry.common)) mismatch("version, flags, method, date, CRC");
  if (octetString(variable.subarray(0, nameLength)) !== entry.name) mismatch("name");
  if (!sizesAgree(fields, variable.subarray(nameLength), entry)) mismatch("sizes or extra field");
  entry.localExtra = extraLength;
  entry.dataStart = at + LOCAL + variable.length;
  const end = entry.dataStart + entry.size;
  if (!(end <= source.length)) throw new ReadError("unexpected end of file");
  return end;
}

function sizesAgree(fields, extra, entry) {
  const [compressed, size] = [fields.u32(18), fields.u32(22)];
  if (entry.size < NONE32) return extra.length === 0 && compressed === entry.size && size === entry.size;
  // ZIP64: both sizes are in the extra field, and nothing else (APPNOTE 4.5.3).
  if (compressed !== NONE32 || size !== NONE32 || extra.length !== 20) return false;
  const field = view(extra);
  return field.u16(0) === 1 && field.u16(2) === 16 && field.u64(4) === entry.size && field.u64(12) === entry.size;
}
