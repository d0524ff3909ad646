// Names in certificates, and constraints on them (RFC 5280 4.2.1.6, 4.2.1.10).
//
// A constraint on a kind of name that is not compared here refuses every name of that kind: on the strict side.
import { concat, hex, lossy, text, utf8 } from "../base/bytes.js";
import { Der, TAG, context, contextPrimitive } from "../der/read.js";

/** Names or subtrees read at most. */
const MAX = 64;

/** The names of a GeneralNames SEQUENCE: `{kind, rdns | text}`. */
export function readGeneralNames(value) {
  return Der.one(value, TAG.SEQUENCE, "GeneralNames").inside().all(MAX, "GeneralNames").map(generalName);
}

function generalName(element) {
  const lower = () => lossy(element.content).replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  switch (element.tag) {
    case contextPrimitive(1):
      return { kind: "mail", text: lower() };
    case contextPrimitive(2):
      return { kind: "dns", text: lower() };
    case context(4):
      return { kind: "directory", rdns: directory(element.content) };
    default:
      return { kind: `other ${element.tag}` };
  }
}

/** Whether `name` is inside the subtree of `base`, a name of the same kind; `null` when this kind is not compared. */
function isInside(name, base) {
  switch (name.kind) {
    case "directory":
      return base.rdns.every((rdn, i) => name.rdns[i] === rdn);
    case "dns":
      return base.text === "" || name.text === base.text || name.text.endsWith(`.${base.text}`);
    case "mail": {
      if (base.text.includes("@")) return name.text === base.text;
      const at = name.text.lastIndexOf("@");
      const host = at < 0 ? "" : name.text.slice(at + 1);
      return base.text.startsWith(".") ? host.endsWith(base.text) : host === base.text;
    }
    default:
      return null;
  }
}

/** The RDNs of a Name, each as a text to compare: string values in lower case, with single inner spaces, whatever their string type. */
export function directory(name) {
  return Der.one(name, TAG.SEQUENCE, "Name").inside().all(MAX, "Name").map(normalised);
}

const TEXTS = [TAG.UTF8_STRING, TAG.PRINTABLE_STRING, TAG.IA5_STRING];

function normalised(rdn) {
  const parts = rdn.inside().all(MAX, "RelativeDistinguishedName").map((attribute) => {
    const inside = attribute.inside();
    const id = inside.expect(TAG.OID, "attribute type");
    const value = inside.next("attribute value");
    const isText = TEXTS.includes(value.tag);
    const read = isText ? text(value.content) : null;
    const words = read?.split(/\p{White_Space}+/u).filter((word) => word !== "");
    const content = words === undefined ? value.whole : utf8(words.join(" ").toLowerCase());
    return hex(concat([id.whole, [0, Number(isText)], content]));
  });
  return parts.sort().join("");
}

/** The name constraints of an authority: `{permitted, excluded}`. */
export function readConstraintsOnNames(value) {
  const parts = Der.one(value, TAG.SEQUENCE, "NameConstraints").inside();
  const permitted = parts.optional(context(0), "permittedSubtrees");
  const read = { permitted: permitted === null ? [] : subtrees(permitted), excluded: [] };
  const excluded = parts.optional(context(1), "excludedSubtrees");
  if (excluded !== null) read.excluded = subtrees(excluded);
  parts.end("NameConstraints");
  return read;
}

function subtrees(list) {
  return list.inside().all(MAX, "GeneralSubtrees").map((subtree) => {
    const parts = Der.one(subtree.whole, TAG.SEQUENCE, "GeneralSubtree").inside();
    const base = generalName(parts.next("base"));
    // RFC 5280 4.2.1.10: minimum is 0 (left out) and maximum is absent.
    parts.end("GeneralSubtree");
    return base;
  });
}

/** Whether `name` respects the constraints. */
export function allow({ permitted, excluded }, name) {
  const same = (base) => base.kind === name.kind;
  const bases = permitted.filter(same);
  if (excluded.filter(same).some((base) => isInside(name, base) !== false)) return false;
  return bases.length === 0 || bases.some((base) => isInside(name, base) === true);
}
