// EXIF values as plain text, when their tag has no words of its own.
import { hexText } from "./tiff.js";

/** A number without exponent, the shortest that reads back. */
export function number(value) {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value < 0 ? "-inf" : "inf";
  if (Object.is(value, -0)) return "-0";
  return expand(String(value));
}

function expand(text) {
  const parts = /^(-?)(\d+)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (parts === null) return text;
  const [, sign, whole, fraction = "", exponent] = parts;
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  return sign + digits.padEnd(point, "0");
}

/** A single-precision number: the shortest text that reads back as it. */
function single(value) {
  if (!Number.isFinite(value) || value === 0) return number(value);
  for (let digits = 1; digits < 10; digits += 1) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return number(Number(text));
  }
  return number(value);
}

/** Octets between quotes, escaped. */
export function quoted(octets) {
  let text = '"';
  for (const octet of octets) {
    const character = String.fromCharCode(octet);
    if (character === "\\" || character === '"') text += `\\${character}`;
    else if (octet >= 0x20 && octet <= 0x7e) text += character;
    else text += `\\x${octet.toString(16).padStart(2, "0")}`;
  }
  return `${text}"`;
}

const fraction = ({ num, denom }) => `${num}/${denom}`;
const ITEMS = { ascii: quoted, rational: fraction, srational: fraction, float: single, double: number };

/** The value, item after item. */
export function defaultText(value) {
  if (value.type === "undefined") return hexText(value.octets);
  if (value.type === "unknown") {
    return `unknown value (type=${value.code}, count=${value.count}, offset=0x${value.at.toString(16)})`;
  }
  return value.list.map(ITEMS[value.type] ?? String).join(", ");
}

/** Ratios as decimal numbers. */
export function decimal(value) {
  if (value.type !== "rational" && value.type !== "srational") return defaultText(value);
  return value.list.map(({ num, denom }) => number(num / denom)).join(", ");
}
