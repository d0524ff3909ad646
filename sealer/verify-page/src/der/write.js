// Writing DER (X.690): one element around octets that were read.
import { concat } from "../base/bytes.js";

/** The element of tag `tag` that holds `parts`, one after the other. */
export function tlv(tag, ...parts) {
  const content = concat(parts);
  const length = [];
  for (let rest = content.length; rest > 0; rest = Math.floor(rest / 256)) length.unshift(rest % 256);
  const header = content.length < 0x80 ? [tag, content.length] : [tag, 0x80 | length.length, ...length];
  return concat([header, content]);
}
