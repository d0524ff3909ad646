// Types of the evidence as functions: each takes a JSON value and gives the value its type would write again, or refuses.
//
// A field that nobody reads is thereby lost: comparing what was read with what is written again shows it.
import { parseInstant, showInstant } from "./instant.js";

export class TypeMismatch extends Error {}

function refuse(what) {
  throw new TypeMismatch(what);
}

export const any = (value) => value;
export const string = (value) => (typeof value === "string" ? value : refuse("a string expected"));
export const bool = (value) => (typeof value === "boolean" ? value : refuse("a boolean expected"));
export const map = (value) => (value instanceof Map ? value : refuse("an object expected"));

const unsigned = (limit) => (value) =>
  typeof value === "number" && value >= 0 && value <= limit ? value : refuse("an unsigned integer expected");
export const u16 = unsigned(0xffff);
export const u32 = unsigned(0xffff_ffff);
export const u64 = unsigned(Number.MAX_SAFE_INTEGER);

export const matching = (form, what) => (value) => (form.test(string(value)) ? value : refuse(`${what} expected`));
export const sha256 = matching(/^[0-9a-f]{64}$/, "a SHA-256");
export const sha512 = matching(/^[0-9a-f]{128}$/, "a SHA-512");

export function instant(value) {
  const ms = parseInstant(string(value));
  return ms === null ? refuse("an RFC 3339 instant expected") : showInstant(ms);
}

export const oneOf = (...names) => (value) => (names.includes(value) ? value : refuse(`one of ${names} expected`));
export const list = (of) => (value) => (Array.isArray(value) ? value.map(of) : refuse("a list expected"));
export const mapOf = (of) => (value) => new Map([...map(value)].map(([key, item]) => [key, of(item)]));
export const option = (of) => (value) => (value === null ? null : of(value));

/** A field that must be there. */
export const required = (type) => ({ type, absent: () => refuse("a field is missing"), skip: () => false });
/** A field that may be missing or null, and is then written as null. */
export const nullable = (type) => ({ type: option(type), absent: () => null, skip: () => false });
/** A field that may be missing or null, and is then not written. */
export const optional = (type) => ({ type: option(type), absent: () => null, skip: (value) => value === null });
/** A field that may be missing, and is then written as this value. */
export const withDefault = (type, value) => ({ type, absent: () => value, skip: () => false });
/** The same, not written when `empty` says so of its value. */
export const unless = (empty, type, value) => ({ type, absent: () => value, skip: empty });

/** An object with these fields; others are lost, or refused when it is closed. */
export const struct = (fields, { closed = false } = {}) => (value) => {
  const given = map(value);
  if (closed && [...given.keys()].some((key) => !Object.hasOwn(fields, key))) refuse("an unknown field");
  const written = new Map();
  for (const [name, field] of Object.entries(fields)) {
    const item = given.has(name) ? field.type(given.get(name)) : field.absent();
    if (!field.skip(item)) written.set(name, item);
  }
  return written;
};

/** An object whose field `tag` says which of several it is. */
export const tagged = (tag, types) => (value) => {
  const name = map(value).get(tag);
  const type = Object.hasOwn(types, name) ? types[name] : refuse(`unknown ${tag}`);
  const rest = new Map(value);
  rest.delete(tag);
  return new Map([[tag, name], ...type(rest)]);
};
