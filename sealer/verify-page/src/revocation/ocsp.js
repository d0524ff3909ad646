// An OCSP answer (RFC 6960), read once; what it says of one certificate.
import { equal, hex } from "../base/bytes.js";
import { digest } from "../base/hash.js";
import { showInstant } from "../base/instant.js";
import { Der, DerError, TAG, context, contextPrimitive } from "../der/read.js";
import { OID } from "../der/oid.js";
import { readTime } from "../der/time.js";
import { readDigest, verifySignature } from "../x509/algorithm.js";
import { Certificate, algorithmOrNull } from "../x509/certificate.js";
import { extensionList } from "../x509/extensions.js";
import { nameText } from "../x509/name.js";
import { ABSENT, readReason } from "./reason.js";

const MAX_SINGLES = 64;
const MAX_CERTIFICATES = 8;

export class OcspAnswer {
  /** Parses exactly one DER `OCSPResponse` that is successful and basic; any other is refused. */
  static parse(octets) {
    const outer = Der.one(octets, TAG.SEQUENCE, "OCSPResponse").inside();
    const status = outer.expect(TAG.ENUMERATED, "responseStatus").small();
    if (status !== 0) throw new DerError(`OCSP responseStatus ${status}`);
    const explicit = outer.expect(context(0), "responseBytes");
    outer.end("OCSPResponse");
    const bytes = Der.one(explicit.content, TAG.SEQUENCE, "ResponseBytes").inside();
    if (bytes.expect(TAG.OID, "responseType").oid() !== OID.OCSP_BASIC) throw new DerError("OCSP answer other than basic");
    const response = bytes.expect(TAG.OCTET_STRING, "response");
    bytes.end("ResponseBytes");
    const answer = new OcspAnswer();
    answer.#readBasic(response.content);
    return answer;
  }

  #readBasic(basic) {
    const parts = Der.one(basic, TAG.SEQUENCE, "BasicOCSPResponse").inside();
    const tbs = parts.expect(TAG.SEQUENCE, "tbsResponseData");
    const algorithm = parts.expect(TAG.SEQUENCE, "signatureAlgorithm");
    const signature = parts.expect(TAG.BIT_STRING, "signature").content;
    if (signature[0] !== 0) throw new DerError("signature: unused bits");
    const explicit = parts.optional(context(0), "certs");
    const list = explicit === null ? [] : Der.one(explicit.content, TAG.SEQUENCE, "certs").inside().all(MAX_CERTIFICATES, "certs");
    this.certificates = list.map((element) => Certificate.parse(element.whole));
    parts.end("BasicOCSPResponse");
    this.#readData(tbs.inside());
    Object.assign(this, { tbs: tbs.whole, signature: signature.subarray(1), algorithm: algorithmOrNull(algorithm) });
  }

  #readData(fields) {
    // v1 is the default, which DER leaves out.
    if (fields.optional(context(0), "version") !== null) throw new DerError("OCSP version");
    const name = fields.optional(context(1), "byName");
    this.byName = name === null ? null : Der.one(name.content, TAG.SEQUENCE, "byName").whole;
    this.byKey =
      name === null ? Der.one(fields.expect(context(2), "byKey").content, TAG.OCTET_STRING, "KeyHash").content : null;
    this.producedAt = readTime(fields.expect(TAG.GENERALIZED_TIME, "producedAt"));
    this.singles = fields.expect(TAG.SEQUENCE, "responses").inside().all(MAX_SINGLES, "responses").map(readSingle);
    const extensions = fields.optional(context(1), "responseExtensions");
    const list = extensions === null ? [] : extensionList(extensions.content);
    this.critical = list.some(({ id, critical }) => critical && id !== OID.OCSP_NONCE);
    fields.end("ResponseData");
  }

  get label() {
    return `OCSP ${this.byName === null ? hex(this.byKey) : nameText(this.byName)} ${showInstant(this.producedAt)}`;
  }

  /** Who signed it, among the certificates it carries and `others`; `null` when nobody at hand did. */
  async signer(others) {
    if (this.algorithm === null) return null;
    for (const certificate of [...this.certificates, ...others]) {
      const named =
        this.byName === null
          ? equal(this.byKey, await digest("SHA-1", certificate.key.octets))
          : equal(this.byName, certificate.subject);
      if (named && (await verifySignature(certificate.key, this.algorithm, this.tbs, this.signature))) return certificate;
    }
    return null;
  }

  /** What it says of `certificate`, issued by `issuer`: `{state, thisUpdate, nextUpdate}`, or `null`. */
  async about(certificate, issuer) {
    if (this.critical) return null;
    for (const single of this.singles) {
      if (!single.critical && (await names(single, certificate, issuer))) return single;
    }
    return null;
  }
}

async function names(single, certificate, issuer) {
  return (
    equal(single.serial, certificate.serial) &&
    equal(single.issuerName, await digest(single.digest, certificate.issuer)) &&
    equal(single.issuerKey, await digest(single.digest, issuer.key.octets))
  );
}

function readSingle(element) {
  const parts = Der.one(element.whole, TAG.SEQUENCE, "SingleResponse").inside();
  const id = parts.expect(TAG.SEQUENCE, "certID").inside();
  const algorithm = id.expect(TAG.SEQUENCE, "hashAlgorithm");
  // SHA-1 only names here, and protects nothing.
  const isSha1 = algorithm.inside().expect(TAG.OID, "algorithm").oid() === OID.SHA1;
  const single = { digest: isSha1 ? "SHA-1" : readDigest(algorithm) };
  single.issuerName = id.expect(TAG.OCTET_STRING, "issuerNameHash").content;
  single.issuerKey = id.expect(TAG.OCTET_STRING, "issuerKeyHash").content;
  single.serial = id.expect(TAG.INTEGER, "serialNumber").content;
  id.end("certID");
  Object.assign(single, readState(parts.next("certStatus")));
  single.thisUpdate = readTime(parts.expect(TAG.GENERALIZED_TIME, "thisUpdate"));
  const next = parts.optional(context(0), "nextUpdate");
  single.nextUpdate = next === null ? null : readTime(Der.one(next.content, TAG.GENERALIZED_TIME, "nextUpdate"));
  const extensions = parts.optional(context(1), "singleExtensions");
  single.critical = extensions !== null && extensionList(extensions.content).some(({ critical }) => critical);
  parts.end("SingleResponse");
  return single;
}

/** `{state, revocation}`: `good`, `revoked` or `unknown`. */
function readState(status) {
  switch (status.tag) {
    case contextPrimitive(0):
      return { state: "good", revocation: null };
    case contextPrimitive(2):
      return { state: "unknown", revocation: null };
    case context(1): {
      const info = status.inside();
      const at = readTime(info.expect(TAG.GENERALIZED_TIME, "revocationTime"));
      const reason = info.optional(context(0), "revocationReason");
      info.end("RevokedInfo");
      const read = reason === null ? ABSENT : readReason(reason.content);
      return { state: "revoked", revocation: { at, reason: read, invalidSince: null } };
    }
    default:
      throw new DerError(`certStatus of tag ${status.tag}`);
  }
}
