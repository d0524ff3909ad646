// The sort key of an address (SURT), the canonical form that the Internet Archive's tools compute.
//
// Addresses are handled as octets, in strings of which each character is one.
import { fromOctetString, octetString, text, utf8 } from "../base/bytes.js";
import { escapeOnce, hostOf, lower, normalPath, split, unescapeRepeatedly } from "./canon.js";
import { stripPath, stripQuery } from "./session.js";

const DEFAULT_PORTS = { http: 80, https: 443 };

/** The sort key of `url`; `url` itself when it cannot be parsed. */
export function surt(url) {
  if (url === "") return "-";
  if (url.startsWith("filedesc")) return url;
  const key = keyOf(octetString(utf8(url)));
  return (key === null ? null : text(fromOctetString(key))) ?? url;
}

function keyOf(url) {
  const parts = split(url);
  if (parts === null) return null;
  let host = parts.host === null ? null : hostOf(parts.host);
  let path = unescapeRepeatedly(parts.path);
  if (host !== null) path = normalPath(path);
  path = stripPath(lower(escapeOnce(path)));
  if (path.length > 1 && path.endsWith("/")) path = path.slice(0, -1);
  const query = canonicalQuery(parts.query);
  let out = "";
  if (host !== null) {
    if (parts.scheme !== "dns") host = host.replace(/^www[0-9]*\./, "");
    out = host.split(".").reverse().join(",");
    const port = parts.port;
    if (port !== null && port !== (DEFAULT_PORTS[lower(parts.scheme)] ?? 0)) out += `:${port}`;
    out += ")";
  } else {
    out = `${parts.scheme}:`;
  }
  if (path === "" && query !== "") out += "/";
  out += path;
  return query === "" ? out : `${out}?${query}`;
}

/** The query in lower case, its arguments sorted, session numbers removed. */
function canonicalQuery(query) {
  const clean = lower(stripQuery(escapeOnce(unescapeRepeatedly(query))));
  if (clean.length <= 1) return clean;
  const pairs = clean.split("&").map((argument) => {
    const at = argument.indexOf("=");
    return at < 0 ? [argument, null] : [argument.slice(0, at), argument.slice(at + 1)];
  });
  const order = (a, b) => (a === b ? 0 : a === null ? -1 : b === null ? 1 : a < b ? -1 : 1);
  pairs.sort(([a, x], [b, y]) => order(a, b) || order(x, y));
  return pairs.map(([name, value]) => (value === null ? name : `${name}=${value}`)).join("&");
}
