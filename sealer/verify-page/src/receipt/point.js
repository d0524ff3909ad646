// `constat-extrait/1`: lines of the journal, the way of each to the root of a checkpoint (RFC 9162, 2.1.3), and that checkpoint,
// signed and timestamped. Of one line, it dates the receipt that the line announces.
import { fromBase64, fromHex, text, utf8 } from "../base/bytes.js";
import { JsonError, canonical, parseStrict, sameValue } from "../base/json.js";
import { TypeMismatch, list, nullable, required, sha256, string, struct, u64 } from "../base/schema.js";
import { includes, leafHash } from "../anchor/log.js";
import { journalEntry } from "../dossier/types.js";

/** The lines that announce signed octets, and the field that names them. */
const ANNOUNCING = { "signification.receipt.made": "receipt", "signification.effacement.certificat": "certificate" };
/** Hashes at most in a way: a tree of 2^63 leaves. */
const MAX_WAY = 63;

const closed = { closed: true };
const base64 = (value) => fromBase64(string(value)) ?? refuse("base64");
const excerpt = struct({
  format: required(string),
  lignes: required(list(struct({ ligne: required(string), rang: required(u64), chemin: required(list(sha256)) }, closed))),
  point: required(struct({ texte: required(string), signature: required(base64), jeton: nullable(base64) }, closed)),
}, closed);

function refuse(why) {
  throw new TypeMismatch(why);
}

/**
 * Reads an excerpt: `{lines, head, text, signature, token}`, each line as `{told, rank, way}`, of which nothing is checked yet; throws a
 * TypeMismatch or a JsonError when it has another form, or more lines than `most`.
 */
export function readExcerpt(octets, most) {
  const value = parseStrict(octets);
  if (canonical(value) !== text(octets)) refuse("not canonical");
  const file = excerpt(value);
  const [format, lines, point] = ["format", "lignes", "point"].map((field) => file.get(field));
  if (format !== "constat-extrait/1") refuse(format);
  if (lines.length > most) refuse(`${lines.length} lines`);
  return {
    lines: lines.map((line) => ({ told: line.get("ligne"), rank: line.get("rang"), way: line.get("chemin") })),
    head: headOf(point.get("texte")), text: point.get("texte"), signature: point.get("signature"), token: point.get("jeton"),
  };
}

/** The excerpt of one line: `{line, included, text, signature, token}`; throws as `readExcerpt` does. */
export async function readOneLine(octets) {
  const { lines, head, ...point } = readExcerpt(octets, 1);
  if (lines.length === 0) refuse("no line");
  const line = lineOf(lines[0].told);
  return { line, included: await isIncluded(line, lines[0], head), ...point };
}

/** A line of the journal, in its one form; throws when it is none. */
export function lineOf(told) {
  const value = parseStrict(utf8(told));
  if (canonical(value) !== told) refuse("the line is not canonical");
  return journalEntry(value);
}

/** Whether the line, read from `told`, is the one of its number under the root of `head`. */
export async function isIncluded(line, { told, rank, way }, head) {
  if (line.get("seq") !== rank || way.length > MAX_WAY) return false;
  return includes(await leafHash(utf8(told)), { index: BigInt(rank), way: way.map(fromHex), head });
}

/** The text of a checkpoint: origin, number of lines, root in base64, a line each. */
function headOf(told) {
  const parts = told.endsWith("\n") ? told.slice(0, -1).split("\n") : [];
  if (parts.length !== 3 || parts[0] === "" || !/^(?:0|[1-9][0-9]{0,19})$/.test(parts[1])) refuse("the text of the checkpoint");
  const size = BigInt(parts[1]);
  if (size >= 1n << 64n) refuse("the text of the checkpoint");
  const root = fromBase64(parts[2]);
  if (root?.length !== 32) refuse("the root");
  return { size, root };
}

/** Whether the line announces the object of this identifier with these digests (`{bytes, sha256, sha512}`). */
export function announces(line, id, digests) {
  const field = Object.hasOwn(ANNOUNCING, line.get("op")) ? ANNOUNCING[line.get("op")] : null;
  const data = line.get("data");
  return field !== null && data.get(field) === id && data.has("digests") && sameValue(data.get("digests"), new Map(Object.entries(digests)));
}

export const isFormFault = (error) => error instanceof TypeMismatch || error instanceof JsonError;
