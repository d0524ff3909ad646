// One certificate (RFC 5280), read once; the octets signed are a view of the original.
import { equal } from "../base/bytes.js";
import { Der, DerError, TAG, context, contextPrimitive } from "../der/read.js";
import { OID } from "../der/oid.js";
import { readTime } from "../der/time.js";
import { readCertificateAlgorithm, readPublicKey, verifySignature } from "./algorithm.js";
import { nameText } from "./name.js";

const TRUE = 0xff;

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
    // An algorithm that is not accepted proves nothing, but the certificate can still be an anchor.
    try {
      certificate.algorithm = readCertificateAlgorithm(algorithm);
    } catch (error) {
      if (!(error instanceof DerError)) throw error;
      certificate.algorithm = null;
    }
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
    Object.assign(this, {
      constraints: { ca: false, pathLength: null }, keyUse: null, purposes: null, subjectKey: null, authorityKey: null,
      unknownCritical: [],
    });
    if (extensions !== null) this.#readExtensions(extensions);
  }

  #readExtensions(explicit) {
    const seen = new Set();
    for (const element of Der.one(explicit.content, TAG.SEQUENCE, "Extensions").inside().all(64, "Extensions")) {
      const parts = Der.one(element.whole, TAG.SEQUENCE, "Extension").inside();
      const id = parts.expect(TAG.OID, "extnID").oid();
      const critical = isTrue(parts, "critical");
      const value = parts.expect(TAG.OCTET_STRING, "extnValue").content;
      parts.end("Extension");
      if (seen.has(id)) throw new DerError(`extension ${id} twice`);
      seen.add(id);
      this.#readExtension(id, critical, value);
    }
  }

  #readExtension(id, critical, value) {
    switch (id) {
      case OID.CE_BASIC_CONSTRAINTS:
        this.constraints = readConstraints(value);
        break;
      case OID.CE_KEY_USAGE:
        this.keyUse = readKeyUse(value);
        break;
      case OID.CE_EXT_KEY_USAGE: {
        const list = Der.one(value, TAG.SEQUENCE, "ExtKeyUsage").inside().all(32, "ExtKeyUsage");
        this.purposes = { list: list.map((element) => element.oid()), critical };
        break;
      }
      case OID.CE_SUBJECT_KEY_IDENTIFIER:
        this.subjectKey = Der.one(value, TAG.OCTET_STRING, "SubjectKeyIdentifier").content;
        break;
      case OID.CE_AUTHORITY_KEY_IDENTIFIER: {
        const parts = Der.one(value, TAG.SEQUENCE, "AuthorityKeyIdentifier").inside();
        this.authorityKey = parts.optional(contextPrimitive(0), "keyIdentifier")?.content ?? null;
        break;
      }
      // Names and policies restrict nothing here: they are read by people, and no constraint extension is accepted.
      case OID.CE_SUBJECT_ALT_NAME:
      case OID.CE_CERTIFICATE_POLICIES:
        break;
      default:
        if (critical) this.unknownCritical.push(id);
    }
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

/** A BOOLEAN that is absent or TRUE. */
function isTrue(parts, what) {
  const element = parts.optional(TAG.BOOLEAN, what);
  if (element === null) return false;
  if (element.content.length !== 1 || element.content[0] !== TRUE) throw new DerError(`${what}: not DER`);
  return true;
}

function readConstraints(value) {
  const parts = Der.one(value, TAG.SEQUENCE, "BasicConstraints").inside();
  const ca = isTrue(parts, "cA");
  const pathLength = parts.optional(TAG.INTEGER, "pathLenConstraint")?.small() ?? null;
  parts.end("BasicConstraints");
  return { ca, pathLength };
}

/** The bits of the key usage (RFC 5280 4.2.1.3) that matter here; `other` is any other bit. */
function readKeyUse(value) {
  const [unused, first, ...rest] = Der.one(value, TAG.BIT_STRING, "KeyUsage").content;
  if (unused === undefined || unused > 7 || first === undefined) throw new DerError("KeyUsage: empty");
  return {
    digitalSignature: (first & 0x80) !== 0,
    nonRepudiation: (first & 0x40) !== 0,
    keyCertSign: (first & 0x04) !== 0,
    other: (first & 0x3b) !== 0 || rest.some((octet) => octet !== 0),
  };
}
