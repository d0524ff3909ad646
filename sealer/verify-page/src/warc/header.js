// A record's header as octets, parsed once into fields whose framing can be relied on.
import { text } from "../base/bytes.js";
import { RECORD_TYPES, isToken, mayHoldHttp } from "./forms.js";

const VERSION = "WARC/1.1\r\n";

/** Removes spaces and tabs at both ends. */
export const trimBlank = (value) => value.replace(/^[ \t]+|[ \t]+$/g, "");

export class RecordHeader {
  constructor(type, contentLength, fields) {
    Object.assign(this, { type, contentLength, fields });
  }

  /** The first value of a field, its name compared without case, or `null`. */
  get(name) {
    return this.all(name)[0] ?? null;
  }

  all(name) {
    return this.fields.filter(([n]) => n.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
  }

  get id() {
    return this.get("WARC-Record-ID") ?? "";
  }

  get targetUri() {
    return this.get("WARC-Target-URI") ?? "";
  }

  /** Whether the block is an HTTP message. */
  get isHttp() {
    const [essence] = (this.get("Content-Type") ?? "").split(";");
    return essence.trim().toLowerCase() === "application/http" && mayHoldHttp(this.type);
  }
}

/** The header, from `WARC/1.1` to the empty line included; `null` when it is none. */
export function parseHeader(bytes) {
  const whole = text(bytes);
  if (whole === null || !whole.startsWith(VERSION) || !whole.endsWith("\r\n\r\n")) return null;
  if (whole.length < VERSION.length + 4) return null;
  const fields = [];
  for (const line of whole.slice(VERSION.length, -4).split("\r\n")) {
    if (/[\r\n\0]/.test(line)) return null;
    if (/^[ \t]/.test(line)) {
      if (fields.length === 0) return null;
      fields.at(-1)[1] += ` ${trimBlank(line)}`;
      continue;
    }
    const at = line.indexOf(":");
    if (at < 0 || !isToken(line.slice(0, at))) return null;
    fields.push([line.slice(0, at), trimBlank(line.slice(at + 1))]);
  }
  const header = new RecordHeader(null, 0, fields);
  const [lengths, types] = [header.all("Content-Length"), header.all("WARC-Type")];
  if (lengths.length !== 1 || types.length !== 1) return null;
  if (!/^\d+$/.test(lengths[0]) || BigInt(lengths[0]) >= 1n << 64n || !RECORD_TYPES.includes(types[0])) return null;
  return new RecordHeader(types[0], Number(lengths[0]), fields);
}
