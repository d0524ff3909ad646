// A certificate revocation list (RFC 5280 5), read once; what it says of one certificate.
import { equal } from "../base/bytes.js";
import { showInstant } from "../base/instant.js";
import { Der, DerError, TAG, context, contextPrimitive } from "../der/read.js";
import { OID } from "../der/oid.js";
import { readTime } from "../der/time.js";
import { verifySignature } from "../x509/algorithm.js";
import { algorithmOrNull } from "../x509/certificate.js";
import { addresses, extensionList } from "../x509/extensions.js";
import { nameText } from "../x509/name.js";
import { ABSENT, readReason } from "./reason.js";

/** Entries read at most. */
const MAX_ENTRIES = 200_000;

export class Crl {
  /** Parses exactly one DER `CertificateList`. */
  static parse(octets) {
    const outer = Der.one(octets, TAG.SEQUENCE, "CertificateList").inside();
    const tbs = outer.expect(TAG.SEQUENCE, "TBSCertList");
    const algorithm = outer.expect(TAG.SEQUENCE, "signatureAlgorithm");
    const signature = outer.expect(TAG.BIT_STRING, "signatureValue").content;
    outer.end("CertificateList");
    if (signature[0] !== 0) throw new DerError("signature: unused bits");
    const crl = new Crl();
    Object.assign(crl, {
      tbs: tbs.whole, signature: signature.subarray(1), keepsExpiredSince: null, unusable: null,
      scope: { points: [], onlyUsers: false, onlyAuthorities: false, partial: false },
    });
    crl.#readFields(tbs.inside(), algorithm);
    crl.algorithm = algorithmOrNull(algorithm);
    return crl;
  }

  #readFields(fields, algorithm) {
    if (!equal(fields.expect(TAG.INTEGER, "version (v2)").content, [1])) throw new DerError("CRL version other than v2");
    if (!equal(fields.expect(TAG.SEQUENCE, "signature").whole, algorithm.whole)) {
      throw new DerError("the two signature algorithms of the CRL differ");
    }
    this.issuer = fields.expect(TAG.SEQUENCE, "issuer").whole;
    this.thisUpdate = readTime(fields.next("thisUpdate"));
    const dated = [TAG.UTC_TIME, TAG.GENERALIZED_TIME].includes(fields.peek());
    this.nextUpdate = dated ? readTime(fields.next("nextUpdate")) : null;
    const listed = fields.optional(TAG.SEQUENCE, "revokedCertificates");
    const extensions = fields.optional(context(0), "crlExtensions");
    fields.end("TBSCertList");
    this.entries = (listed?.inside().all(MAX_ENTRIES, "revokedCertificates") ?? []).map((entry) => this.#readEntry(entry));
    if (extensions === null) return;
    for (const extension of extensionList(extensions.content)) this.#readExtension(extension);
  }

  #readEntry(element) {
    const parts = Der.one(element.whole, TAG.SEQUENCE, "revoked certificate").inside();
    const serial = parts.expect(TAG.INTEGER, "userCertificate").content;
    const revocation = { at: readTime(parts.next("revocationDate")), reason: ABSENT, invalidSince: null };
    const extensions = parts.optional(TAG.SEQUENCE, "crlEntryExtensions");
    for (const { id, critical, value } of extensions === null ? [] : extensionList(extensions.whole)) {
      if (id === OID.CE_CRL_REASON) revocation.reason = readReason(value);
      else if (id === OID.CE_INVALIDITY_DATE) {
        revocation.invalidSince = readTime(Der.one(value, TAG.GENERALIZED_TIME, "invalidityDate"));
      } else if (critical) this.unusable ??= `critical extension ${id} in an entry`;
    }
    parts.end("revoked certificate");
    return { serial, revocation };
  }

  #readExtension({ id, critical, value }) {
    switch (id) {
      case OID.CE_AUTHORITY_KEY_IDENTIFIER:
        readKeyIdentifier(value);
        break;
      case OID.CE_ISSUING_DISTRIBUTION_POINT:
        this.scope = readScope(value);
        break;
      case OID.CE_DELTA_CRL_INDICATOR:
        this.unusable ??= "a delta CRL";
        break;
      case OID.CE_EXPIRED_CERTS_ON_CRL:
        this.keepsExpiredSince = readTime(Der.one(value, TAG.GENERALIZED_TIME, "ExpiredCertsOnCRL"));
        break;
      default:
        if (critical) this.unusable ??= `critical extension ${id}`;
    }
  }

  get label() {
    return `CRL ${nameText(this.issuer)} ${showInstant(this.thisUpdate)}`;
  }

  /** Whether `issuer` is named as its issuer and its key made the signature. */
  async isSignedBy(issuer) {
    if (!equal(this.issuer, issuer.subject) || this.algorithm === null) return false;
    return verifySignature(issuer.key, this.algorithm, this.tbs, this.signature);
  }

  /** Why this list does not speak of `certificate`, issued by `issuer` (RFC 5280 6.3.3); `null` when it does. */
  async refusal(certificate, issuer) {
    if (this.unusable !== null) return this.unusable;
    if (!equal(this.issuer, certificate.issuer) || !(await this.isSignedBy(issuer))) {
      return "of another authority, or its signature is wrong";
    }
    if (!issuer.extensions.keyUse?.crlSign) return "its signer has no key usage cRLSign";
    if (this.thisUpdate < issuer.notBefore || this.thisUpdate > issuer.notAfter) {
      return "made outside the validity of its signer";
    }
    return this.#outOfScope(certificate);
  }

  #outOfScope(certificate) {
    const { partial, onlyUsers, onlyAuthorities, points } = this.scope;
    const authority = certificate.extensions.constraints.ca;
    if (partial || (onlyUsers && authority) || (onlyAuthorities && !authority)) {
      return "restricted to other certificates or to some reasons";
    }
    const announced = certificate.extensions.sources.crls;
    if (points.length > 0 && announced.length > 0 && !announced.some((point) => points.includes(point))) {
      return "of another distribution point";
    }
    // An authority may take expired certificates off its list.
    const { notAfter } = certificate;
    const kept = this.keepsExpiredSince !== null && this.keepsExpiredSince <= notAfter;
    if (notAfter < this.thisUpdate && !kept && this.entry(certificate) === null) return "made after the certificate expired";
    return null;
  }

  /** What it says of a certificate it speaks of: `null` is not revoked. */
  entry(certificate) {
    return this.entries.find(({ serial }) => equal(serial, certificate.serial))?.revocation ?? null;
  }
}

const readKeyIdentifier = (value) =>
  Der.one(value, TAG.SEQUENCE, "AuthorityKeyIdentifier").inside().optional(contextPrimitive(0), "keyIdentifier");

/** What the issuing distribution point (RFC 5280 5.2.5) restricts the list to. */
function readScope(value) {
  const parts = Der.one(value, TAG.SEQUENCE, "IssuingDistributionPoint").inside();
  const name = parts.optional(context(0), "distributionPoint");
  const full = name?.inside().optional(context(0), "fullName") ?? null;
  const points = full === null ? [] : addresses(full.content);
  const flag = (number, what) => {
    const content = parts.optional(contextPrimitive(number), what)?.content ?? [0];
    if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff)) throw new DerError(`${what}: not DER`);
    return content[0] === 0xff;
  };
  const [onlyUsers, onlyAuthorities] = [flag(1, "onlyContainsUserCerts"), flag(2, "onlyContainsCACerts")];
  const reasons = parts.optional(contextPrimitive(3), "onlySomeReasons") !== null;
  const said = (number, what) => !equal(parts.optional(contextPrimitive(number), what)?.content ?? [0], [0]);
  const [indirect, attributes] = [said(4, "indirectCRL"), said(5, "onlyContainsAttributeCerts")];
  parts.end("IssuingDistributionPoint");
  const partial = (name !== null && full === null) || reasons || indirect || attributes;
  return { points, onlyUsers, onlyAuthorities, partial };
}
