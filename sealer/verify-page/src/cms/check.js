// Checks one SignedData: the certificate its signed attributes name, the digest of the content, the signature.
import { equal, hex } from "../base/bytes.js";
import { digest } from "../base/hash.js";
import { Der, DerError, TAG, context } from "../der/read.js";
import { OID } from "../der/oid.js";
import { readTime } from "../der/time.js";
import { readDigest, sameKey, verifySignature } from "../x509/algorithm.js";
import { signedValue } from "./parse.js";
import { secondReading } from "./second.js";

/** What is wrong: `kind` is `structure`, `digest`, `certificate`, `signature` or `readers`. */
export class CmsFault extends Error {
  constructor(kind, why, values = {}) {
    super(why);
    Object.assign(this, { kind, why, ...values });
  }
}

/** Checks the signer over `content`: `{certificate, signingTime, boundBySha1}`, or a CmsFault. */
export async function checkSigner(data, content, contentType) {
  try {
    return await check(data, content, contentType);
  } catch (error) {
    if (error instanceof DerError) throw new CmsFault("structure", error.message);
    throw error;
  }
}

async function check(data, content, contentType) {
  const { signer } = data;
  if (data.contentType !== contentType) throw new DerError(`content type ${data.contentType}`);
  const stated = value(data, OID.CONTENT_TYPE, TAG.OID, "content-type").oid();
  if (stated !== contentType) throw new DerError(`signed content type ${stated}`);
  const expected = value(data, OID.MESSAGE_DIGEST, TAG.OCTET_STRING, "message-digest").content;
  const found = await digest(signer.digest, content);
  if (!equal(expected, found)) {
    throw new CmsFault("digest", "message-digest", { expected: hex(expected), found: hex(found) });
  }
  const { certificate, boundBySha1 } = await boundCertificate(data);
  if (!names(signer.id, certificate)) {
    throw new CmsFault("certificate", "the signer identifier names another certificate");
  }
  if (!(await verifySignature(certificate.key, signer.algorithm, signer.signedOctets, signer.signature))) {
    throw new CmsFault("signature", "the signature does not match");
  }
  const time = signedValue(data, OID.SIGNING_TIME);
  const signingTime = time === null ? null : readTime(time);
  if (!(await secondReading(data, certificate, content))) {
    throw new CmsFault("readers", "PKI.js does not accept this signature");
  }
  return { certificate, signingTime, boundBySha1 };
}

function names(id, certificate) {
  if (id.key !== undefined) {
    const own = certificate.extensions.subjectKey;
    return own !== null && equal(own, id.key);
  }
  return equal(certificate.issuer, id.issuer) && equal(certificate.serial, id.serial);
}

function value(data, id, tag, what) {
  const element = signedValue(data, id);
  if (element === null) throw new DerError(`${what} is missing`);
  if (element.tag !== tag) throw new DerError(`${what} is of another type`);
  return element;
}

/** The certificate whose digest is in signing-certificate-v2 (RFC 5035), or in the older signing-certificate. */
async function boundCertificate(data) {
  const second = signedValue(data, OID.SIGNING_CERTIFICATE_V2);
  const attribute = second ?? signedValue(data, OID.SIGNING_CERTIFICATE_V1);
  if (attribute === null) throw new CmsFault("certificate", "no signing-certificate-v2 attribute");
  const boundBySha1 = second === null;
  const outer = Der.one(attribute.whole, TAG.SEQUENCE, "SigningCertificate").inside();
  const id = outer.expect(TAG.SEQUENCE, "certs").inside().expect(TAG.SEQUENCE, "ESSCertID").inside();
  const algorithm = id.optional(TAG.SEQUENCE, "hashAlgorithm");
  if (algorithm !== null && boundBySha1) throw new DerError("ESSCertID with an algorithm");
  const name = boundBySha1 ? "SHA-1" : algorithm === null ? "SHA-256" : readDigest(algorithm);
  const hash = id.expect(TAG.OCTET_STRING, "certHash").content;
  let certificate = null;
  for (const candidate of data.certificates) {
    if (certificate === null && equal(await digest(name, candidate.der), hash)) certificate = candidate;
  }
  if (certificate === null) throw new CmsFault("certificate", `no certificate inside has the digest ${hex(hash)}`);
  const issuerSerial = id.optional(TAG.SEQUENCE, "issuerSerial");
  if (issuerSerial !== null) checkIssuerSerial(issuerSerial.inside(), certificate);
  return { certificate, boundBySha1 };
}

function checkIssuerSerial(parts, certificate) {
  const names = parts.expect(TAG.SEQUENCE, "issuer");
  const serial = parts.expect(TAG.INTEGER, "serialNumber").content;
  const issuer = Der.one(names.content, context(4), "directoryName").content;
  if (!equal(issuer, certificate.issuer) || !equal(serial, certificate.serial)) {
    throw new CmsFault("certificate", "issuerSerial names another certificate");
  }
}

/** A certificate carried that nothing explains, or `null`: it would be a place where octets could be changed unseen. */
export async function unexplained(carried, path, anchors) {
  for (const certificate of carried) {
    if (!(await isExplained(certificate, carried, path, anchors))) return certificate;
  }
  return null;
}

async function isExplained(certificate, carried, path, anchors) {
  if ([...path, ...anchors].some((known) => known.is(certificate))) return true;
  for (const issuer of [...carried, ...anchors]) if (await certificate.isSignedBy(issuer)) return true;
  // Above the reader's anchor, when he chose an intermediate: it did sign what he trusts.
  const end = path.at(-1);
  if (end !== undefined && !end.isSelfIssued && (await end.isSignedBy(certificate))) return true;
  // A cross-certificate of an anchor is explained by its key.
  return (
    !certificate.isSelfIssued &&
    anchors.some((anchor) => equal(anchor.subject, certificate.subject) && sameKey(anchor.key, certificate.key)) &&
    anchors.every((anchor) => !equal(anchor.signature, certificate.signature))
  );
}
