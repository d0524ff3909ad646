// A Bitcoin block header as an unpredictable public value: 80 octets whose double SHA-256 is below the target they state, at
// a difficulty that only the network of all miners reaches. Checked without a chain; it is no date, it bounds from below.
import { fromHex, hex } from "./bytes.js";
import { digest } from "./hash.js";

const LENGTH = 80;
/** The least work asked: leading zero bits of the target. */
const LEAST_ZEROS = 77;

/** Why a header proves nothing. */
export class BlockError extends Error {}

/** Reads 160 hexadecimal digits and checks the work: `{hash, time}`, the hash as block explorers write it. */
export async function readBlock(text) {
  const digits = text.trim();
  if (!/^(?:[0-9A-Fa-f]{2})*$/.test(digits)) throw new BlockError("not hexadecimal");
  if (digits.length !== 2 * LENGTH) throw new BlockError(`${digits.length / 2} octets, not ${LENGTH}`);
  const header = fromHex(digits);
  // Written with the last octet first.
  const hash = hex((await digest("SHA-256", await digest("SHA-256", header))).reverse());
  const view = new DataView(header.buffer);
  const target = targetOf(view.getUint32(72, true));
  // Two numbers of as many hexadecimal digits compare as their texts do.
  if (hash > target) throw new BlockError("the hash is above the target stated");
  const zeros = 256 - BigInt(`0x${target}`).toString(2).length;
  if (zeros < LEAST_ZEROS) throw new BlockError(`${zeros} zero bits, ${LEAST_ZEROS} expected`);
  return { hash, time: view.getUint32(68, true) * 1000 };
}

/** The target of the compact form (Bitcoin developer reference, "Target nBits"), 64 hexadecimal digits. */
function targetOf(bits) {
  const [exponent, mantissa] = [bits >>> 24, bits & 0x00ff_ffff];
  if (mantissa === 0 || mantissa > 0x007f_ffff || exponent < 3 || exponent > 32) throw new BlockError("difficulty malformed");
  return `${mantissa.toString(16).padStart(6, "0")}${"00".repeat(exponent - 3)}`.padStart(64, "0");
}
