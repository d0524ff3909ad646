// The two ASN.1 times read exactly: UTCTime (RFC 5280 4.1.2.5.1) and GeneralizedTime with fractions (RFC 3161 2.4.2).
import { octetString } from "../base/bytes.js";
import { civil } from "../base/instant.js";
import { DerError, TAG } from "./read.js";

const UTC = /^(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/;
const GENERALIZED = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(?:\.(\d*[1-9]))?Z$/;

/** Milliseconds since 1970, cut down to the millisecond. */
export function readTime(element) {
  const text = octetString(element.content);
  const form = { [TAG.UTC_TIME]: UTC, [TAG.GENERALIZED_TIME]: GENERALIZED }[element.tag];
  const parts = form?.exec(text) ?? null;
  if (parts === null) throw new DerError(`time ${JSON.stringify(text)}`);
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number);
  const century = element.tag === TAG.UTC_TIME ? (year >= 50 ? 1900 : 2000) : 0;
  // A leap second (60) is the last second of its minute, one second later.
  const leap = second === 60;
  const base = civil(century + year, month, day, hour, minute, leap ? 59 : second);
  if (base === null) throw new DerError(`time ${JSON.stringify(text)}`);
  return base + (leap ? 1000 : 0) + Number((parts[7] ?? "").padEnd(3, "0").slice(0, 3));
}
