// One certificate (RFC 5280), read once; the octets signed are a view of the original.
import { equal } from "../base/bytes.js";
import { Der, DerError, TAG, context, contextPrimitive } from "../der/read.js";
import { readTime } from "../der/time.js";
import { readCertificateAlgorithm, readPublicKey, verifySignature } from "./algorithm.js";
import { readExtensions } from "./extensions.js";
import { nameText } from "./name.js";
import { directory } from "./names.js";

/** The algorithm of a signature; one that is not accepted is `null` and proves nothing, but what it is on can still be read. */
export function algorithmOrNull(element) {
  try {
    return readCertificateAlgorithm(element);
  } catch (error) {
    if (error instanceof DerError) return null;
    throw error;
  }
}

export class Certificate {
  /** Parses exactly one DER certificate. */
  static parse(octets) {
    const outer = Der.one(octets, TAG.SEQUENCE, "Certificate").inside();
    const tbs = outer.expect(TAG.SEQUENCE, "TBSCertificate");
    const algorithm = outer.expect(TAG.SEQUENCE, "signatureAlgorithm");
    const signature = outer.expect(TAG.BIT_STRING, "signature").content;
    outer.end("Certificate");
    if (signature[0] !== 0) throw new DerError("signature: unused bits");
    const certificate = new Certificate();
    Object.assign(certificate, { der: octets, tbs: tbs.whole, signature: signature.subarray(1) });
    certificate.algorithm = algorithmOrNull(algorithm);
    certificate.#readFields(tbs.inside(), algorithm);
    return certificate;
  }

  #readFields(fields, algorithm) {
    const version = fields.expect(context(0), "version (v3)").content;
    if (!equal(version, [2, 1, 2])) throw new DerError("certificate version other than v3");
    this.serial = fields.expect(TAG.INTEGER, "serialNumber").content;
    if (!equal(fields.expect(TAG.SEQUENCE, "signature").whole, algorithm.whole)) {
      throw new DerError("the two signature algorithms of the certificate differ");
    }
    const issuer = fields.expect(TAG.SEQUENCE, "issuer");
    if (issuer.content.length === 0) throw new DerError("empty issuer");
    this.issuer = issuer.whole;
    const validity = fields.expect(TAG.SEQUENCE, "validity").inside();
    this.notBefore = readTime(validity.next("notBefore"));
    this.notAfter = readTime(validity.next("notAfter"));
    validity.end("validity");
    this.subject = fields.expect(TAG.SEQUENCE, "subject").whole;
    this.key = readPublicKey(fields.expect(TAG.SEQUENCE, "subjectPublicKeyInfo"));
    fields.optional(contextPrimitive(1), "issuerUniqueID");
    fields.optional(contextPrimitive(2), "subjectUniqueID");
    const extensions = fields.optional(context(3), "extensions");
    fields.end("TBSCertificate");
    this.extensions = readExtensions(extensions);
  }

  /** The names given to the subject: the directory name, unless it is empty, and the alternative names. */
  get names() {
    const own = { kind: "directory", rdns: directory(this.subject) };
    return [...(own.rdns.length === 0 ? [] : [own]), ...this.extensions.alternativeNames];
  }

  get subjectText() {
    return nameText(this.subject);
  }

  get isSelfIssued() {
    return equal(this.subject, this.issuer);
  }

  is(other) {
    return equal(this.der, other.der);
  }

  /** Whether `issuer` is named as the issuer, and its key made the signature. */
  async isSignedBy(issuer) {
    if (!equal(this.issuer, issuer.subject) || this.algorithm === null) return false;
    return verifySignature(issuer.key, this.algorithm, this.tbs, this.signature);
  }
}
