// A distinguished name as text (RFC 4514), for people and for the word ESSAI; it decides nothing else.
import { hex, lossy, octetString } from "../base/bytes.js";
import { Der, DerError, TAG } from "../der/read.js";
import { NAME_PARTS } from "../der/oid.js";

/** The name, last part first; hexadecimal when it cannot be read. */
export function nameText(octets) {
  try {
    const parts = Der.one(octets, TAG.SEQUENCE, "Name").inside().all(64, "Name");
    return parts.map(relativeText).reverse().join(",");
  } catch (error) {
    if (error instanceof DerError) return hex(octets);
    throw error;
  }
}

function relativeText(set) {
  const pairs = set.inside().all(16, "RelativeDistinguishedName").map((pair) => {
    const inside = pair.inside();
    const oid = inside.expect(TAG.OID, "type").oid();
    return `${NAME_PARTS[oid] ?? oid}=${valueText(inside.next("value"))}`;
  });
  return pairs.join("+");
}

function valueText(element) {
  switch (element.tag) {
    case TAG.UTF8_STRING:
      return escape(lossy(element.content));
    case TAG.PRINTABLE_STRING:
    case TAG.IA5_STRING:
    case TAG.T61_STRING:
      return escape(octetString(element.content));
    case TAG.BMP_STRING:
      return escape(new TextDecoder("utf-16be").decode(element.content));
    default:
      return `#${hex(element.whole)}`;
  }
}

function escape(text) {
  return text.replace(/[",+<>;\\]|^[# ]| $/g, "\\$&");
}
