// Octets and their texts: hexadecimal, strict base64, strict UTF-8, and strings that stand for octets one by one.

export const EMPTY = new Uint8Array(0);

export function hex(bytes) {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

/** The octets of hexadecimal digits, which must be some. */
export function fromHex(digits) {
  return Uint8Array.from(digits.match(/../g), (pair) => parseInt(pair, 16));
}

/** Less than, equal to or more than 0, octet after octet, the shorter first. */
export function compareOctets(a, b) {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i += 1) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}

export function equal(a, b) {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return false;
  return true;
}

export function concat(parts) {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Where `needle` stands in `bytes` from `from` on, or -1. */
export function find(bytes, needle, from = 0) {
  const last = bytes.length - needle.length;
  for (let at = bytes.indexOf(needle[0], from); at >= 0 && at <= last; at = bytes.indexOf(needle[0], at + 1)) {
    let i = 1;
    while (i < needle.length && bytes[at + i] === needle[i]) i += 1;
    if (i === needle.length) return at;
  }
  return -1;
}

const encoder = new TextEncoder();

export function utf8(text) {
  return encoder.encode(text);
}

/** The text of UTF-8 octets; `null` when they are not UTF-8. A byte order mark is kept as a character. */
export function text(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** The text of octets that may not be UTF-8, for showing. */
export function lossy(bytes) {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

/** A string of which each character is one octet. */
export function octetString(bytes) {
  let out = "";
  for (let at = 0; at < bytes.length; at += 8192) out += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return out;
}

/** The octets such a string stands for. */
export function fromOctetString(string) {
  const bytes = new Uint8Array(string.length);
  for (let i = 0; i < string.length; i += 1) bytes[i] = string.charCodeAt(i);
  return bytes;
}

export function base64(bytes) {
  return btoa(octetString(bytes));
}

/** Octets of canonical base64 (RFC 4648 4: padding, no space, no bits left over); `null` otherwise. */
export function fromBase64(string) {
  if (string.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(string)) return null;
  const bytes = fromOctetString(atob(string));
  return base64(bytes) === string ? bytes : null;
}

/** Compares two texts as their UTF-8 octets would compare. */
export function compareUtf8(a, b) {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i += 1) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    const surrogate = (unit) => (unit >= 0xd800 && unit <= 0xdfff ? 1 : 0);
    return surrogate(x) - surrogate(y) || x - y;
  }
  return a.length - b.length;
}
