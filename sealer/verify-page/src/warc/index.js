// The index of an archive (CDXJ) rebuilt from its records alone.
import { cdxInstant, parseInstant } from "../base/instant.js";
import { requestKey } from "./post.js";
import { surt } from "./surt.js";

const MARKS = "00000101000000";

export class Indexer {
  #filename;
  #before = null;
  entries = [];

  constructor(filename) {
    this.#filename = filename;
  }

  push(header, facts, end) {
    const seen = { header, entry: null, request: requestOf(header, facts) };
    if (isIndexed(header)) {
      seen.entry = {
        ...entryOf(header, facts), length: end.length, offset: end.offset, filename: this.#filename,
        recordDigest: `sha256:${end.digest}`, requestBody: null, method: null,
      };
      this.entries.push(seen.entry);
    }
    // A record is paired once, with the record before it.
    const paired = this.#before !== null && pair(this.#before, seen);
    this.#before = paired ? null : seen;
  }
}

/** Gives method and body of a request to its response; whether the two belong together. */
function pair(first, second) {
  const types = `${first.header.type} ${second.header.type}`;
  if (types !== "request response" && types !== "response request") return false;
  const [request, response] = first.header.type === "request" ? [first, second] : [second, first];
  const together =
    first.header.targetUri === second.header.targetUri && second.header.get("WARC-Concurrent-To") === first.header.id;
  if (!together) return false;
  if (request.request !== null && response.entry !== null) {
    const { url, method, body } = request.request;
    Object.assign(response.entry, { key: surt(url), method, requestBody: body });
  }
  return true;
}

function isIndexed(header) {
  if (header.type === "response" || header.type === "revisit") return true;
  if (header.type !== "resource" && header.type !== "metadata") return false;
  return header.get("Content-Type") !== "application/warc-fields" && header.targetUri !== "";
}

function requestOf(header, facts) {
  if (header.type !== "request" || facts.head === null) return null;
  return requestKey(header.targetUri, facts.head, facts.requestBody);
}

/** The entry, but for where the record stands. */
function entryOf(header, facts) {
  const mimes = { revisit: () => "warc/revisit", response: () => facts.head?.get("Content-Type") ?? null };
  const mime = (mimes[header.type] ?? (() => header.get("Content-Type")))();
  const status = facts.head?.status ?? null;
  // The payload of a revisit is kept elsewhere: what is not stated is not known.
  const payload = header.type === "revisit" ? null : `sha256:${facts.payload ?? facts.block}`;
  return {
    key: surt(header.targetUri),
    timestamp: cdxTimestamp(header.get("WARC-Date") ?? ""),
    url: header.targetUri,
    mime: mime === null ? null : mime.split(/[; \t\n\r]/)[0],
    status: status === null ? null : String(status),
    digest: header.get("WARC-Payload-Digest") ?? payload,
  };
}

/** Fourteen digits of a date; one less precise than the second is filled up with its first instant. */
function cdxTimestamp(date) {
  const instant = parseInstant(date);
  if (instant !== null) return cdxInstant(instant);
  const digits = date.replace(/[^0-9]/g, "").slice(0, 14);
  return digits + MARKS.slice(digits.length);
}
