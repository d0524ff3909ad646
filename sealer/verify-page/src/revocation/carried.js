// Revocation data inside a CMS SignedData: CRLs as they are, OCSP answers as `OtherRevocationInfoFormat` (RFC 5940).
import { DerError, TAG, context } from "../der/read.js";
import { OID } from "../der/oid.js";
import { Crl } from "./crl.js";
import { OcspAnswer } from "./ocsp.js";

/** Whether the element is an `OtherRevocationInfoFormat`, which asks for version 5 of the SignedData (RFC 5652 5.1). */
export const isOther = (element) => element.tag === context(1);

/** `{crls, answers}` of the elements of the field; one that is neither is refused. */
export function readCarried(elements) {
  const found = { crls: [], answers: [] };
  for (const element of elements) {
    if (element.tag === TAG.SEQUENCE) found.crls.push(Crl.parse(element.whole));
    else found.answers.push(readOther(element));
  }
  return found;
}

function readOther(element) {
  if (!isOther(element)) throw new DerError("RevocationInfoChoice of an unknown kind");
  const parts = element.inside();
  const format = parts.expect(TAG.OID, "otherRevInfoFormat").oid();
  if (format !== OID.RI_OCSP_RESPONSE) throw new DerError(`revocation information of format ${format}`);
  const answer = parts.next("otherRevInfo");
  parts.end("OtherRevocationInfoFormat");
  return OcspAnswer.parse(answer.whole);
}
