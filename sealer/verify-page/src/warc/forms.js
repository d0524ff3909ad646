// The forms a field's value may take (ISO 28500:2017, clause 5).
import { parseInstant } from "../base/instant.js";

export const RECORD_TYPES = [
  "warcinfo", "response", "resource", "request", "metadata", "revisit", "conversion", "continuation",
];

/** Whether the block of such a record may hold an HTTP message. */
export const mayHoldHttp = (type) => ["response", "request", "revisit"].includes(type);

/** `token` of RFC 9110 5.6.2. */
export const isToken = (text) => /^[A-Za-z0-9!#$%&'*+\-.^_`|~]+$/.test(text);

/** What a labelled digest (5.8) says: `sha256` with its value, `other`, or `bad`. */
export function labelled(text) {
  const at = text.indexOf(":");
  if (at < 0) return { kind: "bad" };
  const [label, value] = [text.slice(0, at), text.slice(at + 1)];
  if (label === "sha256" && /^[0-9a-f]{64}$/.test(value)) return { kind: "sha256", value };
  // The community recommends accepting `/`, `=` and `+` of base32 and base64 values.
  return { kind: isToken(label) && /^[A-Za-z0-9!#$%&'*+\-.^_`|~/=]+$/.test(value) ? "other" : "bad" };
}

const isAbsoluteUri = (text) => /^[A-Za-z][A-Za-z0-9+.-]*:[!#-;=?-~]+$/.test(text);

function isDate(text) {
  if (/^\d{4}$/.test(text)) return true;
  if (/^\d{4}-\d{2}$/.test(text)) return parseInstant(`${text}-01T00:00:00Z`) !== null;
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return parseInstant(`${text}T00:00:00Z`) !== null;
  return /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?Z$/.test(text) && parseInstant(text) !== null;
}

/** Text on one line: no control character but the tab. */
export const isText = (text) => !/[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/.test(text);

function isMediaType(text) {
  const [essence, ...parameters] = text.split(";");
  const [kind, ...rest] = essence.replace(/[ \t]+$/, "").split("/");
  return rest.length > 0 && isToken(kind) && isToken(rest.join("/")) && parameters.every(isText);
}

/** An address as it is written canonically (RFC 5952 for IPv6). */
function isCanonicalIp(text) {
  const byte = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
  if (new RegExp(`^${byte}(?:\\.${byte}){3}$`).test(text)) return true;
  if (!/^[0-9a-f:.]*:[0-9a-f:.]*$/.test(text)) return false;
  const mapped = new RegExp(`^::ffff:(${byte}(?:\\.${byte}){3})$`).exec(text);
  if (mapped !== null) return true;
  // A browser writes an IPv6 host in its canonical form.
  return URL.canParse(`http://[${text}]/`) && new URL(`http://[${text}]/`).hostname === `[${text}]`;
}

const PROFILES = [
  "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest",
  "http://netpreserve.org/warc/1.1/revisit/server-not-modified",
];

/** By name of a form: whether a value has it. */
export const FORMS = {
  bracketedUri: (text) => text.startsWith("<") && text.endsWith(">") && isAbsoluteUri(text.slice(1, -1)),
  uri: isAbsoluteUri,
  labelledDigest: (text) => labelled(text).kind !== "bad",
  number: (text) => /^\d+$/.test(text),
  date: isDate,
  mediaType: isMediaType,
  ip: isCanonicalIp,
  profile: (text) => PROFILES.includes(text),
  truncation: (text) => ["length", "time", "disconnect", "unspecified"].includes(text),
  type: (text) => RECORD_TYPES.includes(text),
  text: isText,
};
