// Why a certificate was revoked (CRLReason, RFC 5280 5.3.1), as far as it changes what is judged.
import { Der, TAG } from "../der/read.js";

/** No reason is given. */
export const ABSENT = "absent";
export const HOLD = "certificateHold";
export const COMPROMISE = "keyCompromise";

const NAMES = {
  0: "unspecified", 1: COMPROMISE, 2: COMPROMISE, 3: "affiliationChanged", 4: "superseded", 5: "cessationOfOperation", 6: HOLD,
  10: COMPROMISE,
};

/** Reasons that put no doubt on what was done before (RFC 3161 4). */
export const HARMLESS = ["unspecified", "affiliationChanged", "superseded", "cessationOfOperation"];

/** A CRLReason, ENUMERATED. */
export function readReason(value) {
  const number = Der.one(value, TAG.ENUMERATED, "CRLReason").small();
  return NAMES[number] ?? `CRLReason ${number}`;
}
