// Reads a SignedData (RFC 5652) into views of its own octets: one signer, DER, nothing left over.
import { compareOctets } from "./order.js";
import { Der, DerError, TAG, context, contextPrimitive } from "../der/read.js";
import { OID } from "../der/oid.js";
import { readDigest, readSignerAlgorithm } from "../x509/algorithm.js";
import { isOther } from "../revocation/carried.js";
import { Certificate } from "../x509/certificate.js";

const MAX_CERTIFICATES = 32;
/** CRLs and OCSP answers read at most. */
const MAX_REVOCATION = 64;
const MAX_ATTRIBUTES = 16;

/** A ContentInfo that holds a SignedData: `{contentType, content, certificates, revocation, signer, parts}`. */
export function parseCms(octets) {
  const info = Der.one(octets, TAG.SEQUENCE, "ContentInfo").inside();
  if (info.expect(TAG.OID, "contentType").oid() !== OID.ID_SIGNED_DATA) {
    throw new DerError("content type other than SignedData");
  }
  const explicit = info.expect(context(0), "content");
  info.end("ContentInfo");
  const data = Der.one(explicit.content, TAG.SEQUENCE, "SignedData").inside();
  const versionElement = data.expect(TAG.INTEGER, "version");
  const version = versionElement.small();
  const digestSet = data.expect(TAG.SET, "digestAlgorithms");
  const digests = digestSet.inside().all(4, "digestAlgorithms").map(readDigest);
  const encapsulated = data.expect(TAG.SEQUENCE, "encapContentInfo");
  const { contentType, content } = readContent(encapsulated.inside());
  const certificates = readCertificates(data.optional(context(0), "certificates"));
  const revocation = readRevocation(data.optional(context(1), "crls"), contentType);
  const signers = data.expect(TAG.SET, "signerInfos").inside().all(2, "signerInfos");
  data.end("SignedData");
  if (signers.length !== 1) throw new DerError(`${signers.length} signers, exactly one expected`);
  const signer = readSigner(signers[0]);
  if (digests.length !== 1 || digests[0] !== signer.digest) {
    throw new DerError("digestAlgorithms is not exactly the signer's");
  }
  const expected = versionOf(contentType, signer.version, revocation.some(isOther));
  if (version !== expected) throw new DerError(`SignedData version ${version}, expected ${expected}`);
  const parts = {
    version: versionElement.whole, digests: digestSet.whole, encapsulated: encapsulated.whole, signer: signer.octets,
  };
  return { contentType, content, certificates, revocation, signer, parts };
}

/** RFC 5652 5.1: version 5 with other revocation information than CRLs, 3 for a content other than id-data or a signer named by key. */
function versionOf(contentType, signerVersion, other) {
  if (other) return 5;
  return contentType !== OID.ID_DATA || signerVersion === 3 ? 3 : 1;
}

/** The CRLs and OCSP answers carried; those of a seal in the order of DER, those of an authority as they come. */
function readRevocation(set, contentType) {
  if (set === null) return [];
  const elements = set.inside().all(MAX_REVOCATION, "crls");
  if (contentType === OID.ID_DATA && !inOrder(elements)) throw new DerError("crls not in the order of DER");
  return elements;
}

/** Whether elements are those of a non-empty SET OF in the order of DER (X.690 11.6), none twice. */
const inOrder = (elements) =>
  elements.length > 0 && elements.every((element, i) => i === 0 || compareOctets(elements[i - 1].whole, element.whole) < 0);

function readContent(encapsulated) {
  const contentType = encapsulated.expect(TAG.OID, "eContentType").oid();
  const explicit = encapsulated.optional(context(0), "eContent");
  encapsulated.end("encapContentInfo");
  const content = explicit && Der.one(explicit.content, TAG.OCTET_STRING, "eContent").content;
  return { contentType, content };
}

function readCertificates(set) {
  const found = [];
  for (const element of set?.inside().all(MAX_CERTIFICATES, "certificates") ?? []) {
    const certificate = Certificate.parse(element.whole);
    // OpenSSL's authority carries its own certificate twice when its chain file starts with it.
    if (!found.some((known) => known.is(certificate))) found.push(certificate);
  }
  return found;
}

function readSigner(element) {
  const parts = Der.one(element.whole, TAG.SEQUENCE, "SignerInfo").inside();
  const version = parts.expect(TAG.INTEGER, "version").small();
  const id = readSignerId(parts);
  if (version !== (id.key === undefined ? 1 : 3)) throw new DerError(`SignerInfo version ${version}`);
  const digest = readDigest(parts.expect(TAG.SEQUENCE, "digestAlgorithm"));
  const signedElement = parts.expect(context(0), "signedAttrs");
  const algorithm = readSignerAlgorithm(parts.expect(TAG.SEQUENCE, "signatureAlgorithm"), digest);
  const signature = parts.expect(TAG.OCTET_STRING, "signature").content;
  const unsignedElement = parts.optional(context(1), "unsignedAttrs");
  parts.end("SignerInfo");
  // What was signed is the SET: the original octets with the tag of a SET (RFC 5652 5.4).
  const signedOctets = signedElement.whole.slice();
  signedOctets[0] = TAG.SET;
  const signed = readAttributes(signedElement);
  if (signed.some((attribute) => attribute.values.length !== 1)) {
    throw new DerError("a signed attribute without exactly one value");
  }
  const unsigned = unsignedElement === null ? [] : readAttributes(unsignedElement);
  // The unsigned attributes stand last.
  const octets = element.content.subarray(0, element.content.length - (unsignedElement?.whole.length ?? 0));
  return { version, id, digest, algorithm, signedOctets, signed, unsigned, signature, octets };
}

function readSignerId(parts) {
  if (parts.peek() !== TAG.SEQUENCE) return { key: parts.expect(contextPrimitive(0), "sid").content };
  const name = parts.next("sid").inside();
  const issuer = name.expect(TAG.SEQUENCE, "issuer").whole;
  const serial = name.expect(TAG.INTEGER, "serialNumber").content;
  name.end("sid");
  return { issuer, serial };
}

/** Attributes in the order of DER (X.690 11.6), each type once: `{id, values}`. */
function readAttributes(set) {
  const elements = set.inside().all(MAX_ATTRIBUTES, "attributes");
  if (!inOrder(elements)) throw new DerError("attributes not in the order of DER");
  const found = [];
  for (const element of elements) {
    const parts = Der.one(element.whole, TAG.SEQUENCE, "Attribute").inside();
    const id = parts.expect(TAG.OID, "attrType").oid();
    const values = parts.expect(TAG.SET, "attrValues").inside().all(4, "attrValues");
    parts.end("Attribute");
    if (found.some((attribute) => attribute.id === id)) throw new DerError(`attribute ${id} twice`);
    found.push({ id, values });
  }
  return found;
}

/** The value of a signed attribute, or `null`. */
export function signedValue(data, id) {
  return data.signer.signed.find((attribute) => attribute.id === id)?.values[0] ?? null;
}
