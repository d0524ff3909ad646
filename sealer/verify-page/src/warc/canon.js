// The lenient parsing and the escaping beneath a sort key; strings stand for octets.
import { fromOctetString, lossy } from "../base/bytes.js";

/** ASCII letters in lower case. */
export const lower = (octets) => octets.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

/** What stands before the first of `stops`, and the rest from it on. */
function before(octets, stops) {
  let at = 0;
  while (at < octets.length && !stops.includes(octets[at])) at += 1;
  return [octets.slice(0, at), octets.slice(at)];
}

function schemeLength(url) {
  const found = /^[A-Za-z][A-Za-z0-9+.-]*(?=:)/.exec(url);
  return found === null ? null : found[0].length;
}

/** An address cut into parts (RFC 2396, annex B), nothing decoded yet; `null` when it cannot be. */
export function split(given) {
  let url = given.replace(/^[ \t-\r]+|[ \t-\r]+$/g, "").replace(/[\n\r\t]/g, "");
  if (schemeLength(url) === null) url = `http://${url}`;
  // `http://https://host` is `https://host`.
  while (/^https?:\/\/https?:\/\//.test(url)) url = url.replace(/^https?:\/\//, "");
  const length = schemeLength(url);
  if (length === null) return null;
  const scheme = url.slice(0, length);
  let [rest] = before(url.slice(length + 1), "#");
  let authority = "";
  if (rest.startsWith("//")) [authority, rest] = before(rest.slice(2), "/?");
  let [path, query] = before(rest, "?");
  const parsed = splitAuthority(authority);
  if (parsed === null) return null;
  let { host } = parsed;
  // `http:////host/path`
  if (host === "" && scheme.startsWith("http") && path !== "") {
    const [first, tail] = before(path.replace(/^\/+/, ""), "/");
    host = first;
    path = `/${tail.slice(1)}`;
  }
  return { scheme, host: host === "" ? null : host, port: parsed.port, path, query: query.slice(1) };
}

/** Host in lower case and port, the user dropped; `null` when the port is not one. */
function splitAuthority(given) {
  const authority = given.replace(/:+$/, "");
  const info = authority.slice(authority.lastIndexOf("@") + 1);
  const open = info.indexOf("[");
  let host;
  let port;
  if (open >= 0) {
    let rest;
    [host, rest] = before(info.slice(open + 1), "]");
    [, port] = before(rest, ":");
  } else {
    [host, port] = before(info, ":");
  }
  const digits = port.slice(1);
  if (digits !== "" && (!/^[0-9]+$/.test(digits) || Number(digits) > 0xffff)) return null;
  const [name, zone] = before(host, "%");
  return { host: lower(name) + zone, port: Number(digits) || null };
}

/** The host in canonical form: A-labels (RFC 5890), IPv4 in dotted quads, no empty label at either end. */
export function hostOf(given) {
  let host = unescapeRepeatedly(given);
  if (/[^\0-\x7f]/.test(host)) {
    const shown = lossy(fromOctetString(host)).replaceAll("\ufffd", "");
    const name = `http://${shown}/`;
    // The browser's own address parser writes A-labels (UTS 46).
    if (!/[/?#@:\\]/.test(shown) && URL.canParse(name) && !/^[[\d]/.test(new URL(name).hostname)) host = new URL(name).hostname;
  }
  host = host.replace(/\.\.?/g, ".").replace(/^\.+|\.+$/g, "");
  host = ipv4(host) ?? lower(escapeOnce(host));
  return host === "" ? null : host;
}

/** The address that `inet_aton` reads: one to four numbers, octal with a leading zero; a single one is cut to 32 bits. */
function ipv4(host) {
  const dotted = (value) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff).join(".");
  if (/^[0-9]+$/.test(host)) return dotted(Number(BigInt(host) & 0xffff_ffffn));
  const parts = host.split(".");
  // The reference takes what starts with a zero for an address only when every part could be octal.
  const form = host.startsWith("0") ? /^[0-7]+$/ : /^[0-9]+$/;
  if (parts.length > 4 || !parts.every((part) => form.test(part))) return null;
  const numbers = parts.map((part) => {
    const octal = part.length > 1 && part.startsWith("0");
    return octal && /[89]/.test(part) ? NaN : Number.parseInt(part, octal ? 8 : 10);
  });
  if (numbers.some((number) => !(number <= 0xffff_ffff))) return null;
  const last = numbers.pop();
  if (numbers.some((number) => number > 0xff) || last >= 2 ** (8 * (4 - numbers.length))) return null;
  return dotted(numbers.reduce((value, number, i) => value + number * 2 ** (24 - 8 * i), last));
}

/** Dots and empty parts removed, as a browser would; `..` above the root stays. */
export function normalPath(path) {
  const kept = [];
  for (const part of path.split("/").slice(1)) {
    if (part === ".") continue;
    if (part === ".." && kept.length > 0) kept.pop();
    else kept.push(part);
  }
  const last = kept.pop() ?? "";
  return `/${kept.filter((folder) => folder !== "").map((folder) => `${folder}/`).join("")}${last}`;
}

const unescape = (octets) =>
  octets.replace(/%([0-9A-Fa-f]{2})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 16)));

/** Percent-decodes until nothing changes. */
export function unescapeRepeatedly(octets) {
  for (let current = octets; ; ) {
    const next = unescape(current);
    if (next.length === current.length) return next;
    current = next;
  }
}

/** Percent-encodes what is not visible ASCII, and `#` and `%`. */
export function escapeOnce(octets) {
  const escape = (octet) => `%${octet.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
  return octets.replace(/[^!-~]|[#%]/g, escape);
}
