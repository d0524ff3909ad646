// `constat-extrait/1` of one line: the line of the journal that announces a receipt, its way to the root of a checkpoint
// (RFC 9162, 2.1.3), and that checkpoint, signed and timestamped.
import { fromBase64, fromHex, text, utf8 } from "../base/bytes.js";
import { digest } from "../base/hash.js";
import { hex } from "../base/bytes.js";
import { JsonError, canonical, parseStrict, sameValue } from "../base/json.js";
import { TypeMismatch, list, nullable, required, sha256, string, struct, u64 } from "../base/schema.js";
import { includes, leafHash } from "../anchor/log.js";
import { journalEntry } from "../dossier/types.js";

/** The lines that announce signed octets, and the field that names them. */
const ANNOUNCING = { "signification.receipt.made": "receipt", "signification.effacement.certificat": "certificate" };

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

/** `{line, included, text, signature, token}`; throws a TypeMismatch or a JsonError when it has another form. */
export async function readExcerpt(octets) {
  const value = parseStrict(octets);
  if (canonical(value) !== text(octets)) refuse("not canonical");
  const file = excerpt(value);
  if (file.get("format") !== "constat-extrait/1") refuse(file.get("format"));
  if (file.get("lignes").length !== 1) refuse(`${file.get("lignes").length} lines`);
  const [proven] = file.get("lignes");
  const line = lineOf(proven.get("ligne"));
  const point = file.get("point");
  const head = headOf(point.get("texte"));
  const index = proven.get("rang");
  const way = proven.get("chemin").map(fromHex);
  const leaf = await leafHash(utf8(proven.get("ligne")));
  const included = line.get("seq") === index && way.length <= 63 && (await includes(leaf, { index: BigInt(index), way, head }));
  return { line, included, text: point.get("texte"), signature: point.get("signature"), token: point.get("jeton") };
}

/** A line of the journal, in its one form. */
function lineOf(string) {
  const value = parseStrict(utf8(string));
  if (canonical(value) !== string) refuse("the line is not canonical");
  return journalEntry(value);
}

function headOf(told) {
  const parts = told.endsWith("\n") ? told.slice(0, -1).split("\n") : [];
  if (parts.length !== 3 || parts[0] === "" || !/^(?:0|[1-9][0-9]{0,18})$/.test(parts[1])) refuse("the text of the checkpoint");
  const root = fromBase64(parts[2]);
  if (root?.length !== 32) refuse("the root");
  return { size: BigInt(parts[1]), root };
}

/** Whether the line announces the object of this identifier with these octets. */
export async function announces(line, id, bytes) {
  const field = Object.hasOwn(ANNOUNCING, line.get("op")) ? ANNOUNCING[line.get("op")] : null;
  const data = line.get("data");
  if (field === null || data.get(field) !== id || !(data.get("digests") instanceof Map)) return false;
  const [short, long] = await Promise.all([digest("SHA-256", bytes), digest("SHA-512", bytes)]);
  return sameValue(data.get("digests"), new Map([["bytes", bytes.length], ["sha256", hex(short)], ["sha512", hex(long)]]));
}

export const isFormFault = (error) => error instanceof TypeMismatch || error instanceof JsonError;
