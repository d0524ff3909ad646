// A JSON body as arguments: every leaf under the name nearest to it, repeated names numbered, in the spelling of the
// reference tool (`True`, `None`, `44.0`).
import { find, text } from "../base/bytes.js";
import { JsonError, JsonReader } from "../base/json.js";

/** The first reader stops at this depth, and so must a second one. */
const MAX_NESTED = 127;

class Leaf {
  constructor(value) {
    this.text = value;
  }
}

/** Pairs of name and value, or `null` when neither the body nor each of its lines is JSON. */
export function jsonPairs(body) {
  const leaves = new Leaves();
  const whole = parse(body);
  if (whole !== undefined) {
    leaves.add(whole, "");
    return leaves.list;
  }
  if (!body.includes(10)) return null;
  for (let from = 0; from <= body.length; ) {
    const end = find(body, [10], from);
    const line = body.subarray(from, end < 0 ? body.length : end);
    const value = parse(line);
    if (value === undefined) return null;
    leaves.add(value, "");
    from = end < 0 ? body.length + 1 : end + 1;
  }
  return leaves.list;
}

function parse(bytes) {
  const source = text(bytes);
  if (source === null) return undefined;
  // A repeated member keeps its first place and its last value, as a Map does.
  const object = () => {
    const value = new Map();
    return { value, put: (key, item) => value.set(key, item) };
  };
  try {
    return new JsonReader(source, { number, object, maxNested: MAX_NESTED }).whole();
  } catch (error) {
    if (error instanceof JsonError) return undefined;
    throw error;
  }
}

function number(token, integer) {
  if (integer) {
    const exact = BigInt(token);
    if (exact >= -(1n << 63n) && exact < 1n << 64n) return new Leaf(exact.toString());
  }
  const value = Number(token);
  if (!Number.isFinite(value)) throw new JsonError("number out of range");
  return new Leaf(floatText(value));
}

/** The shortest text that reads back as `value`, in Python's spelling. */
function floatText(value) {
  if (Object.is(value, -0)) return "-0.0";
  const [digits, exponent] = value.toExponential().split("e");
  const power = Number(exponent);
  if (value !== 0 && (power < -4 || power >= 16)) {
    return `${digits}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
  }
  const plain = value.toString();
  return plain.includes(".") ? plain : `${plain}.0`;
}

class Leaves {
  list = [];
  #places = new Map();
  #repeats = new Map();

  /** A taken name gets a number; a numbered name that a body uses itself is overwritten, as the reference tool does. */
  #put(given, value) {
    let name = given;
    if (this.#places.has(given)) {
      const count = (this.#repeats.get(given) ?? 1) + 1;
      this.#repeats.set(given, count);
      name = `${given}.${count}_`;
    }
    const place = this.#places.get(name);
    if (place !== undefined) {
      this.list[place][1] = value;
      return;
    }
    this.#places.set(name, this.list.length);
    this.list.push([name, value]);
  }

  add(value, name) {
    if (value instanceof Map) for (const [key, item] of value) this.add(item, key);
    else if (Array.isArray(value)) for (const item of value) this.add(item, name);
    else if (name !== "") this.#put(name, leafText(value));
  }
}

function leafText(value) {
  if (value instanceof Leaf) return value.text;
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  return value;
}
