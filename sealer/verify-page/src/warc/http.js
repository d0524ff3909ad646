// Heads of HTTP messages (RFC 9112) as archives hold them.
import { octetString, text } from "../base/bytes.js";
import { isToken } from "./forms.js";
import { trimBlank } from "./header.js";

/** The longest head looked for. */
export const MAX_HEAD = 1 << 20;

export class HttpHead {
  constructor(startLine, headers) {
    Object.assign(this, { startLine, headers });
  }

  /** Parses a head, its empty line included; `null` when it is none. */
  static parse(bytes) {
    const whole = text(bytes) ?? octetString(bytes);
    if (!whole.endsWith("\r\n\r\n")) return null;
    const [startLine, ...lines] = whole.slice(0, -4).split("\r\n");
    if (/[\r\n\0]/.test(startLine) || startLine.split(" ").length < 2) return null;
    const headers = [];
    for (const line of lines) {
      const at = line.indexOf(":");
      if (/[\r\n\0]/.test(line) || at < 0 || !isToken(line.slice(0, at))) return null;
      headers.push([line.slice(0, at), trimBlank(line.slice(at + 1))]);
    }
    return new HttpHead(startLine, headers);
  }

  /** The first value of a header, or `null`. */
  get(name) {
    return this.headers.find(([n]) => n.toLowerCase() === name.toLowerCase())?.[1] ?? null;
  }

  /** The status of an answer, or `null`. */
  get status() {
    if (!this.startLine.startsWith("HTTP/")) return null;
    const status = this.startLine.slice(5).split(" ")[1] ?? "";
    return /^(\d{3}|\+\d{2})$/.test(status) ? Number(status) : null;
  }

  /** The method of a request, or `null`. */
  get method() {
    const [method] = this.startLine.split(" ");
    return !this.startLine.startsWith("HTTP/") && isToken(method) ? method : null;
  }
}
