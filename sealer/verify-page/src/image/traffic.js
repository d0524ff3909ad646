// Pictures found in the recorded traffic: digest of the octets received and the EXIF they carry, gathered while the archive
// is checked.
import { concat, find, octetString } from "../base/bytes.js";
import { HttpHead } from "../warc/http.js";
import { exifFields } from "./exif.js";

const LISTED = 20_000;
/** The longest picture whose EXIF is read. */
const LONGEST = 64 << 20;
/** The longest head of an answer. */
const MAX_HEAD = 256 << 10;
const END_OF_HEAD = [13, 10, 13, 10];

export class TrafficPictures {
  #header = null;
  #head = [];
  #inHead = false;
  #kept = [];
  #keptLength = 0;
  #prefix = new Uint8Array(0);
  #bytes = 0;
  #found = 0;
  #listed = [];

  /** A record begins. */
  begin(header) {
    const http = header.type === "response" && header.isHttp;
    this.#header = http || header.type === "resource" ? header : null;
    [this.#inHead, this.#kept, this.#keptLength, this.#bytes] = [http, [], 0, 0];
    [this.#head, this.#prefix] = [new Uint8Array(0), new Uint8Array(0)];
  }

  /** Octets of its block pass. */
  push(chunk) {
    if (this.#header === null) return;
    let rest = chunk;
    if (this.#inHead) {
      const had = this.#head.length;
      this.#head = concat([this.#head, chunk]);
      const end = find(this.#head, END_OF_HEAD, Math.max(had - 3, 0));
      if (end < 0 || end + 4 > MAX_HEAD) return this.#tooLong();
      rest = chunk.subarray(end + 4 - had);
      this.#head = this.#head.subarray(0, end + 4);
      this.#inHead = false;
    }
    this.#bytes += rest.length;
    // What is no picture by its first octets and grows is not kept: a film is not held in memory.
    if (this.#bytes <= LONGEST && (this.#keptLength < 16 || isPicture(this.#prefix))) {
      if (this.#prefix.length < 16) this.#prefix = concat([this.#prefix, rest.subarray(0, 16)]);
      this.#kept.push(rest.slice());
      this.#keptLength += rest.length;
    }
  }

  /** A head longer than the limit is none: the record has no payload that is looked at. */
  #tooLong() {
    if (this.#head.length > MAX_HEAD) this.#header = null;
  }

  /** The record ends; `facts` tells the digest of its payload. */
  end(facts) {
    if (this.#header === null || this.#inHead || this.#bytes === 0) return;
    const http = this.#head.length > 0;
    const head = http ? HttpHead.parse(this.#head) : null;
    const told = (head === null ? this.#header.get("Content-Type") : head.get("content-type")) ?? "";
    const mediaType = told.split(";")[0].trim().replace(/[A-Z]/g, (letter) => letter.toLowerCase());
    const octets = concat(this.#kept);
    const picture = isPicture(octets);
    if (!mediaType.startsWith("image/") && !picture) return;
    this.#found += 1;
    if (this.#listed.length >= LISTED) return;
    const whole = picture && octets.length === this.#bytes;
    const entry = new Map(Object.entries({
      record: this.#header.id, url: this.#header.targetUri, media_type: mediaType, bytes: this.#bytes,
      sha256: facts.payload ?? facts.block, exif_read: whole,
    }));
    const exif = whole ? exifFields(octets) : new Map();
    if (exif.size > 0) entry.set("exif", exif);
    this.#listed.push(entry);
  }

  /** As the inventory writes them. */
  value() {
    return new Map(Object.entries({ found: this.#found, listed: this.#listed }));
  }
}

/** Whether the first octets are those of a format that carries EXIF: JPEG, PNG, TIFF, WebP, HEIF and AVIF. */
function isPicture(octets) {
  const at = (from, text) => octetString(octets.subarray(from, from + text.length)) === text;
  return (
    at(0, "\xff\xd8\xff") || at(0, "\x89PNG\r\n\x1a\n") || at(0, "II*\0") || at(0, "MM\0*") ||
    (at(0, "RIFF") && at(8, "WEBP")) ||
    (at(4, "ftyp") && ["avif", "heic", "mif1", "heix"].some((brand) => at(8, brand)))
  );
}
