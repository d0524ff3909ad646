// The key of a request other than GET: method and body appended to the address as arguments (IIPC guideline "CDX for
// non-GET requests").
import { base64, find, fromOctetString, lossy, octetString, text, utf8 } from "../base/bytes.js";
import { jsonPairs } from "./post-json.js";

/** How much of a body is looked at when its request gives no length, and how long the appended query may be. */
const NO_LENGTH = 8192;
const MAX_QUERY = 4096;

/** `{url, method, body}` of a request, or `null` for a GET. */
export function requestKey(url, head, body) {
  const method = head.method;
  if (method === null || method.toUpperCase() === "GET") return null;
  const upper = method.toUpperCase();
  const query = upper === "POST" || upper === "PUT" ? bodyQuery(head, body) : null;
  const key = `${url}${url.includes("?") ? "&" : "?"}__wb_method=${method}${query ? `&${query}` : ""}`;
  return { url: key, method: upper, body: query };
}

function bodyQuery(head, whole) {
  const stated = (head.get("Content-Length") ?? "").trim();
  const length = /^\+?\d+$/.test(stated) && Number(stated) < 2 ** 64 ? Number(stated) : NO_LENGTH;
  const body = length <= whole.length ? whole.subarray(0, length) : whole;
  return [...queryOf(head.get("Content-Type") ?? "", body)].slice(0, MAX_QUERY).join("");
}

function queryOf(mime, body) {
  const binary = () => `__wb_post_data=${base64(body)}`;
  if (mime.startsWith("application/x-www-form-urlencoded")) return text(body) === null ? binary() : unquotePlus(body);
  if (mime.startsWith("multipart/")) return multipart(mime, body) ?? binary();
  if (mime.startsWith("application/json")) return jsonQuery(body) ?? "";
  if (mime.startsWith("text/plain")) return jsonQuery(body) ?? binary();
  return binary();
}

/** `+` is a space, percent-escapes are UTF-8. */
function unquotePlus(body) {
  const octets = octetString(body).replace(/%([0-9A-Fa-f]{2})|\+/g, (_, digits) =>
    digits === undefined ? " " : String.fromCharCode(Number.parseInt(digits, 16)));
  return lossy(fromOctetString(octets));
}

/** The guideline's "percent plus encoding" of octets. */
function quotePlus(octets) {
  return octets.replace(/[^0-9A-Za-z\-._~]/g, (octet) =>
    octet === " " ? "+" : `%${octet.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`);
}

const urlencode = (pairs) => pairs.map(([name, value]) => `${quotePlus(name)}=${quotePlus(value)}`).join("&");

function jsonQuery(body) {
  const pairs = jsonPairs(body);
  return pairs && urlencode(pairs.map((pair) => pair.map((part) => octetString(utf8(part)))));
}

/** A `multipart/form-data` body (RFC 7578) as arguments, or `null` when it is not one. */
function multipart(mime, body) {
  const at = mime.indexOf("boundary=");
  if (at < 0) return null;
  const rest = mime.slice(at + 9);
  const boundary = rest.startsWith('"') ? rest.slice(1).split('"')[0] : rest.split(";")[0].trim();
  if (boundary === "") return null;
  const first = utf8(`--${boundary}`);
  const delimiter = utf8(`\r\n--${boundary}`);
  let from = find(body, first);
  if (from < 0) return null;
  from += first.length;
  const pairs = [];
  const starts = (text) => octetString(body.subarray(from, from + 2)) === text;
  while (!starts("--")) {
    if (!starts("\r\n")) return null;
    const end = find(body, delimiter, from + 2);
    if (end < 0) return null;
    const content = body.subarray(from + 2, end);
    const headEnd = find(content, [13, 10, 13, 10]);
    const name = headEnd < 0 ? null : nameOf(lossy(content.subarray(0, headEnd)));
    if (name === null) return null;
    pairs.push([octetString(utf8(name)), octetString(content.subarray(headEnd + 4))]);
    from = end + delimiter.length;
  }
  return urlencode(pairs);
}

/** The `name` of a part, from its `Content-Disposition`. */
function nameOf(head) {
  const line = head.split("\r\n").find((candidate) => /^\s*content-disposition\s*:/i.test(candidate));
  const value = line?.split(";").map((part) => part.trim()).find((part) => part.startsWith("name="))?.slice(5);
  if (value === undefined) return null;
  return value.length >= 2 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
}
