// Proofs of the office's log (C2SP `tlog-proof` v1 over `signed-note` v1 and `tlog-checkpoint`): read in their one form, then the
// way from a leaf to the root (RFC 9162, 2.1.3.2). Signatures are read, not verified: the keys would be the reader's.
import { base64, concat, equal, fromBase64, text, utf8 } from "../base/bytes.js";
import { digest } from "../base/hash.js";

const HEADER = "c2sp.org/tlog-proof@v1";
const MAX_NOTE = 32 * 1024;
const MAX_SIGNATURES = 100;
/** Hashes at most: a tree of 2^63 leaves. */
const MAX_WAY = 63;

/** Why a proof cannot be read. */
export class LogError extends Error {}

const proofError = (why) => new LogError(`preuve du journal : ${why}`);
const noteError = (why) => new LogError(`note : ${why}`);
const headError = (why) => new LogError(`tête de journal : ${why}`);

/** A decimal number without leading zeroes, below 2^63; else `null`. */
function decimal(digits) {
  if (!/^(?:0|[1-9][0-9]{0,18})$/.test(digits)) return null;
  const number = BigInt(digits);
  return number < 1n << 63n ? number : null;
}

/** 32 octets in base64; else `null`. */
function hashOf(string) {
  const octets = fromBase64(string);
  return octets?.length === 32 ? octets : null;
}

/** What stands before and after the first (or the last) empty line. */
function halves(string, at, error) {
  if (at < 0) throw error;
  return [string.slice(0, at), string.slice(at + 2)];
}

/** Reads a proof to its last octet: `{index, way, head: {origin, size, root}}`. */
export function readLogProof(octets) {
  if (octets.length > 2 * MAX_NOTE) throw proofError("trop longue");
  const whole = text(octets);
  if (whole === null) throw proofError("pas de l'UTF-8");
  const [first, note] = halves(whole, whole.indexOf("\n\n"), proofError("sans tête"));
  const [header, second, ...lines] = first.split("\n");
  if (header !== HEADER) throw proofError("autre format");
  const index = second?.startsWith("index ") ? decimal(second.slice(6)) : null;
  if (index === null) throw proofError("index");
  const way = lines.map(hashOf);
  if (way.includes(null)) throw proofError("empreinte");
  if (way.length > MAX_WAY) throw proofError("trop d'empreintes");
  const { told, signatures } = readNote(note);
  const head = readHead(told);
  const again = `${HEADER}\nindex ${index}\n${way.map((one) => `${base64(one)}\n`).join("")}\n${told}\n${signatures.join("")}`;
  if (again !== whole) throw proofError("pas sous sa forme unique");
  return { index, way, head };
}

/** The text of a note, its last line feed included, and its lines of signature. */
function readNote(note) {
  if (utf8(note).length > MAX_NOTE || /[^\P{Cc}\n]/u.test(note)) throw noteError("trop longue, ou caractère de contrôle");
  const [told, lines] = halves(note, note.lastIndexOf("\n\n"), noteError("sans signature"));
  const signatures = lines.endsWith("\n") ? lines.slice(0, -1).split("\n").map(signatureLine) : [null];
  if (signatures.includes(null) || signatures.length > MAX_SIGNATURES) throw noteError("ligne de signature");
  return { told: `${told}\n`, signatures };
}

/** `— NAME BASE64`, written again; `null` when it is none. The name has neither space nor plus sign, and 200 octets at most. */
function signatureLine(line) {
  const found = /^\u2014 ([^\p{White_Space}\p{Cc}+]+) (.*)$/u.exec(line);
  const octets = found === null || utf8(found[1]).length > 200 ? null : fromBase64(found[2]);
  return octets === null || octets.length < 4 ? null : `\u2014 ${found[1]} ${base64(octets)}\n`;
}

/** The head of a log: three lines, then extension lines that are not judged. */
function readHead(told) {
  const [origin, size, root, ...others] = told.slice(0, -1).split("\n");
  if (root === undefined) throw headError("moins de trois lignes");
  if (origin === "" || others.includes("")) throw headError("ligne vide");
  const head = { origin, root: hashOf(root), size: decimal(size) };
  if (head.root === null) throw headError("racine");
  if (head.size === null) throw headError("taille");
  return head;
}

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);
const parent = (left, right) => digest("SHA-256", concat([NODE, left, right]));

/** The hash of a leaf: its prefix keeps it from being taken for a node. */
export const leafHash = (octets) => digest("SHA-256", concat([LEAF, octets]));

/** Whether the way of `proof` leads from the leaf to the root of its head. */
export async function includes(leaf, { index, way, head }) {
  if (index >= head.size) return false;
  let [number, last, reached] = [index, head.size - 1n, leaf];
  for (const other of way) {
    if (last === 0n) return false;
    if ((number & 1n) === 1n || number === last) {
      reached = await parent(other, reached);
      while ((number & 1n) === 0n && number !== 0n) [number, last] = [number >> 1n, last >> 1n];
    } else {
      reached = await parent(reached, other);
    }
    [number, last] = [number >> 1n, last >> 1n];
  }
  return last === 0n && equal(reached, head.root);
}
