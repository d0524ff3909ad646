// Which field may, must or must not stand in which record: clauses 5 and 6 of ISO 28500:2017 as one table.
import { FORMS, RECORD_TYPES, isText, isToken, mayHoldHttp } from "./forms.js";

const but = (...left) => RECORD_TYPES.filter((type) => !left.includes(type));
const rule = (name, form, required = [], forbidden = [], repeatable = false) =>
  ({ name, form, required, forbidden, repeatable });

const NO_PAYLOAD = ["warcinfo", "metadata"];
const NOT_CAPTURED = ["warcinfo", "conversion", "continuation"];

const RULES = [
  rule("WARC-Record-ID", "bracketedUri", RECORD_TYPES),
  rule("Content-Length", "number", RECORD_TYPES),
  rule("WARC-Date", "date", RECORD_TYPES),
  rule("WARC-Type", "type", RECORD_TYPES),
  rule("Content-Type", "mediaType"),
  rule("WARC-Concurrent-To", "bracketedUri", [], NOT_CAPTURED, true),
  rule("WARC-Block-Digest", "labelledDigest"),
  rule("WARC-Payload-Digest", "labelledDigest", [], NO_PAYLOAD),
  rule("WARC-IP-Address", "ip", [], NOT_CAPTURED),
  rule("WARC-Refers-To", "bracketedUri", [], ["warcinfo", "response", "resource", "request", "continuation"]),
  rule("WARC-Refers-To-Target-URI", "uri", [], but("revisit")),
  rule("WARC-Refers-To-Date", "date", [], but("revisit")),
  rule("WARC-Target-URI", "uri", but("warcinfo", "metadata"), ["warcinfo"]),
  rule("WARC-Truncated", "truncation"),
  rule("WARC-Warcinfo-ID", "bracketedUri", [], ["warcinfo"]),
  rule("WARC-Filename", "text", [], but("warcinfo")),
  rule("WARC-Profile", "profile", ["revisit"], but("revisit")),
  rule("WARC-Identified-Payload-Type", "mediaType", [], NO_PAYLOAD),
  rule("WARC-Segment-Number", "number", ["continuation"]),
  rule("WARC-Segment-Origin-ID", "bracketedUri", ["continuation"], but("continuation")),
  rule("WARC-Segment-Total-Length", "number", [], but("continuation")),
  rule("WARC-Protocol", "text", [], [], true),
];

const KNOWN = new Set(RULES.map(({ name }) => name.toLowerCase()));

/** Every rule that the fields of a record break: `{field, shall}`, in the order of the table. */
export function breaches(type, fields) {
  const found = [];
  const breach = (field, shall = true) => found.push({ field, shall });
  for (const [name, value] of fields) {
    if (!isToken(name)) breach(name);
    if (!isText(value)) breach(name);
  }
  const valuesOf = (name) => fields.filter(([n]) => n.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
  for (const { name, form, required, forbidden, repeatable } of RULES) {
    const values = valuesOf(name);
    if (values.length === 0 && required.includes(type)) breach(name);
    if (values.length > 0 && forbidden.includes(type)) breach(name);
    if (values.length > 1 && !repeatable) breach(name);
    for (const value of values) if (!FORMS[form](value)) breach(name);
  }
  for (const name of repeated(fields)) breach(name);
  combinations(type, (name) => valuesOf(name)[0] ?? null, breach);
  return found;
}

/** 5.1: no field may be repeated, but where the standard says so; that binds extension fields too. */
function repeated(fields) {
  const counts = new Map();
  for (const [name] of fields) counts.set(name.toLowerCase(), (counts.get(name.toLowerCase()) ?? 0) + 1);
  return [...counts].filter(([name, count]) => count > 1 && !KNOWN.has(name)).map(([name]) => name);
}

function combinations(type, get, breach) {
  const empty = /^0*$/.test(get("Content-Length") ?? "");
  if (!empty && type !== "continuation" && get("Content-Type") === null) breach("Content-Type", false);
  const identical = get("WARC-Profile")?.endsWith("/identical-payload-digest");
  if (identical && get("WARC-Payload-Digest") === null) breach("WARC-Payload-Digest");
  const segment = get("WARC-Segment-Number")?.replace(/^0+/, "") ?? null;
  if (segment !== null) {
    const right = type === "continuation" ? !["", "1"].includes(segment) : segment === "1";
    if (!right) breach("WARC-Segment-Number");
  }
  const target = get("WARC-Target-URI") ?? "";
  if (!mayHoldHttp(type)) return;
  if (target.startsWith("http") && target.includes("#")) breach("WARC-Target-URI", false);
  if (target.startsWith("about:") || target.startsWith("blob:")) breach("WARC-Target-URI", false);
}
