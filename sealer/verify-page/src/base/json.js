// Strict JSON with its canonical form (RFC 8785): integers within 2^53 only, no duplicate key, nothing two parsers could
// read differently. Objects are Maps: a key of the bundle never meets a property of ours.
import { text } from "./bytes.js";

const MAX_DEPTH = 64;

export class JsonError extends Error {}

/** Reads the grammar of RFC 8259; what a number and an object become is the caller's. */
export class JsonReader {
  /** `maxDepth` bounds where any value may stand, `maxNested` how many lists and objects may stand in each other. */
  constructor(source, { number, object, maxDepth = Infinity, maxNested = Infinity }) {
    Object.assign(this, { source, at: 0, number, object, maxDepth, maxNested });
  }

  /** The one value of the text: nothing may follow. */
  whole() {
    const value = this.#value(0);
    this.#space();
    if (this.at !== this.source.length) throw new JsonError(`trailing characters at ${this.at}`);
    return value;
  }

  #space() {
    while (" \t\n\r".includes(this.source[this.at] ?? "x")) this.at += 1;
  }

  #value(depth) {
    if (depth > this.maxDepth) throw new JsonError(`nested deeper than ${this.maxDepth}`);
    this.#space();
    const first = this.source[this.at];
    if (depth >= this.maxNested && (first === "{" || first === "[")) throw new JsonError("nested too deep");
    if (first === "{") return this.#members(depth);
    if (first === "[") return this.#items(depth);
    if (first === '"') return this.#string();
    for (const [word, value] of [["null", null], ["true", true], ["false", false]]) {
      if (this.source.startsWith(word, this.at)) {
        this.at += word.length;
        return value;
      }
    }
    const form = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
    form.lastIndex = this.at;
    const found = form.exec(this.source);
    if (found === null) throw new JsonError(`expected a value at ${this.at}`);
    this.at += found[0].length;
    return this.number(found[0], found[1] === undefined && found[2] === undefined && found[0] !== "-0");
  }

  #items(depth) {
    const items = [];
    this.at += 1;
    this.#space();
    if (this.source[this.at] === "]") {
      this.at += 1;
      return items;
    }
    for (;;) {
      items.push(this.#value(depth + 1));
      if (this.#separator("]")) return items;
    }
  }

  #members(depth) {
    const members = this.object();
    this.at += 1;
    this.#space();
    if (this.source[this.at] === "}") {
      this.at += 1;
      return members.value;
    }
    for (;;) {
      this.#space();
      if (this.source[this.at] !== '"') throw new JsonError(`expected a key at ${this.at}`);
      const key = this.#string();
      this.#space();
      if (this.source[this.at] !== ":") throw new JsonError(`expected ':' at ${this.at}`);
      this.at += 1;
      members.put(key, this.#value(depth + 1));
      if (this.#separator("}")) return members.value;
    }
  }

  #separator(end) {
    this.#space();
    const found = this.source[this.at];
    this.at += 1;
    if (found === end) return true;
    if (found !== ",") throw new JsonError(`expected ',' or '${end}' at ${this.at - 1}`);
    return false;
  }

  #string() {
    const start = this.at;
    let end = start + 1;
    for (let unit = 0; (unit = this.source.charCodeAt(end)) !== 0x22; end += unit === 0x5c ? 2 : 1) {
      if (!(unit >= 0x20)) throw new JsonError(`a string without end, or a control character, at ${end}`);
    }
    this.at = end + 1;
    let value;
    try {
      value = JSON.parse(this.source.slice(start, end + 1));
    } catch {
      throw new JsonError(`an escape that is none in the string at ${start}`);
    }
    if (/\p{Surrogate}/u.test(value)) throw new JsonError(`a lone surrogate at ${start}`);
    return value;
  }
}

/** Parses octets strictly. */
export function parseStrict(bytes) {
  const source = text(bytes);
  if (source === null) throw new JsonError("not UTF-8");
  const number = (token, integer) => {
    const value = Number(token);
    if (!integer) throw new JsonError(`number ${token} is not an integer`);
    if (!Number.isSafeInteger(value)) throw new JsonError(`integer ${token} beyond 2^53`);
    return value;
  };
  const object = () => {
    const value = new Map();
    const put = (key, item) => {
      if (value.has(key)) throw new JsonError(`duplicate key ${JSON.stringify(key)}`);
      value.set(key, item);
    };
    return { value, put };
  };
  return new JsonReader(source, { number, object, maxDepth: MAX_DEPTH }).whole();
}

/** The canonical text of a value: keys sorted by UTF-16 code unit, no space. */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (!(value instanceof Map)) return JSON.stringify(value);
  // A comparison of JavaScript strings is one of UTF-16 code units.
  const keys = [...value.keys()].sort((a, b) => (a < b ? -1 : Number(a > b)));
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value.get(key))}`).join(",")}}`;
}

export const sameValue = (a, b) => canonical(a) === canonical(b);
