// The algorithms accepted, and nothing else: SHA-2, ECDSA on P-256 and P-384, RSA PKCS#1 v1.5 from 2048 bits,
// RSASSA-PSS from 3072 bits; the signatures themselves are checked by the browser (WebCrypto).
import { base64, equal, hex } from "../base/bytes.js";
import { Der, DerError, TAG, context } from "../der/read.js";
import { OID } from "../der/oid.js";

const DIGESTS = { [OID.SHA256]: "SHA-256", [OID.SHA384]: "SHA-384", [OID.SHA512]: "SHA-512" };
const SIGNATURES = {
  [OID.ECDSA_SHA256]: { kind: "ECDSA", digest: "SHA-256" },
  [OID.ECDSA_SHA384]: { kind: "ECDSA", digest: "SHA-384" },
  [OID.RSA_SHA256]: { kind: "RSA", digest: "SHA-256" },
  [OID.RSA_SHA384]: { kind: "RSA", digest: "SHA-384" },
  [OID.RSA_SHA512]: { kind: "RSA", digest: "SHA-512" },
};
const SALTS = { "SHA-256": 32, "SHA-384": 48, "SHA-512": 64 };
/** The shortest RSA key that RSASSA-PSS is accepted with, in bits. */
const SHORTEST_PSS = 3072;
const CURVES = { [OID.P256]: { name: "P-256", octets: 32 }, [OID.P384]: { name: "P-384", octets: 48 } };

/** OID and whole parameters (`null` when absent) of an AlgorithmIdentifier. */
function split(element) {
  if (element.tag !== TAG.SEQUENCE) throw new DerError("AlgorithmIdentifier: not a SEQUENCE");
  const inside = element.inside();
  const oid = inside.expect(TAG.OID, "algorithm").oid();
  const parameters = inside.isEmpty ? null : inside.next("algorithm parameters").whole;
  inside.end("AlgorithmIdentifier");
  return { oid, parameters };
}

const isNull = (parameters) => parameters !== null && hex(parameters) === "0500";

/** The WebCrypto name of a digest algorithm: parameters absent or NULL (RFC 5754 2). */
export function readDigest(element) {
  const { oid, parameters } = split(element);
  if (parameters !== null && !isNull(parameters)) throw new DerError(`parameters of the digest algorithm ${oid}`);
  if (!Object.hasOwn(DIGESTS, oid)) throw new DerError(`digest algorithm ${oid} not accepted`);
  return DIGESTS[oid];
}

function readSignature(element, digest) {
  const { oid, parameters } = split(element);
  if (oid === OID.RSA_PSS) return { kind: "PSS", digest: pssDigest(parameters) };
  if (oid === OID.RSA_ENCRYPTION && digest !== null && isNull(parameters)) return { kind: "RSA", digest };
  const algorithm = Object.hasOwn(SIGNATURES, oid) ? SIGNATURES[oid] : null;
  if (algorithm === null) throw new DerError(`signature algorithm ${oid} not accepted`);
  const sound = parameters === null || (algorithm.kind === "RSA" && isNull(parameters));
  if (!sound) throw new DerError(`parameters of the signature algorithm ${oid}`);
  return algorithm;
}

/** The digest of RSASSA-PSS parameters (RFC 4055 3.1): no default, one digest throughout, its length as salt. */
function pssDigest(parameters) {
  const what = "RSASSA-PSS-params";
  const parts = Der.one(parameters ?? new Uint8Array(0), TAG.SEQUENCE, what).inside();
  const sequence = (octets) => Der.one(octets, TAG.SEQUENCE, "AlgorithmIdentifier");
  const digest = readDigest(sequence(parts.expect(context(0), "hashAlgorithm").content));
  const mask = split(sequence(parts.expect(context(1), "maskGenAlgorithm").content));
  const maskDigest = readDigest(sequence(mask.parameters ?? new Uint8Array(0)));
  const salt = Der.one(parts.expect(context(2), "saltLength").content, TAG.INTEGER, "saltLength").small();
  parts.end(what);
  if (mask.oid !== OID.MGF1 || maskDigest !== digest || salt !== SALTS[digest]) throw new DerError(what);
  return digest;
}

/** The algorithm of a certificate. */
export const readCertificateAlgorithm = (element) => readSignature(element, null);

/** The algorithm of a SignerInfo: `rsaEncryption` takes its digest (RFC 3370 3.2), every other must agree with it. */
export function readSignerAlgorithm(element, digest) {
  const algorithm = readSignature(element, digest);
  if (algorithm.digest !== digest) throw new DerError(`signature algorithm with ${algorithm.digest}, not ${digest}`);
  return algorithm;
}

/** A public key: `{kind, curve, octets}`, the octets of an uncompressed point or of an RSAPublicKey. */
export function readPublicKey(spki) {
  const inside = spki.inside();
  const { oid, parameters } = split(inside.expect(TAG.SEQUENCE, "key algorithm"));
  const bits = inside.expect(TAG.BIT_STRING, "public key").content;
  inside.end("SubjectPublicKeyInfo");
  if (bits[0] !== 0) throw new DerError("public key: unused bits");
  const octets = bits.subarray(1);
  const key = { spki: spki.whole, octets };
  if (oid === OID.EC_PUBLIC_KEY) {
    const name = Der.one(parameters ?? new Uint8Array(0), TAG.OID, "curve").oid();
    const curve = Object.hasOwn(CURVES, name) ? CURVES[name] : null;
    if (curve === null || octets.length !== 1 + 2 * curve.octets) throw new DerError(`curve ${name}`);
    return { ...key, kind: "ECDSA", curve };
  }
  if (oid === OID.RSA_ENCRYPTION && isNull(parameters)) return { ...key, kind: "RSA", curve: null };
  // RFC 4055 1.2: a key for RSASSA-PSS alone; without parameters it restricts nothing further.
  if (oid === OID.RSA_PSS && parameters === null) return { ...key, kind: "RSA", curve: null };
  throw new DerError(`key algorithm ${oid} not accepted`);
}

export const sameKey = (a, b) => a.kind === b.kind && a.curve === b.curve && equal(a.octets, b.octets);

/** Whether `signature` over `message` was made by `key`. */
export async function verifySignature(key, algorithm, message, signature) {
  if (key.kind !== (algorithm.kind === "PSS" ? "RSA" : algorithm.kind)) return false;
  try {
    return key.kind === "ECDSA"
      ? await verifyEcdsa(key, algorithm, message, signature)
      : await verifyRsa(key, algorithm, message, signature);
  } catch {
    // Not a point of the curve, not DER, a modulus that is none: nobody signed with it.
    return false;
  }
}

async function verifyEcdsa(key, algorithm, message, signature) {
  const pair = Der.one(signature, TAG.SEQUENCE, "ECDSA-Sig-Value").inside();
  const raw = new Uint8Array(2 * key.curve.octets);
  for (const end of [key.curve.octets, raw.length]) {
    const number = pair.expect(TAG.INTEGER, "r, s").unsigned();
    if (number.length > key.curve.octets) return false;
    raw.set(number, end - number.length);
  }
  pair.end("ECDSA-Sig-Value");
  const options = { name: "ECDSA", namedCurve: key.curve.name };
  const imported = await crypto.subtle.importKey("raw", key.octets, options, false, ["verify"]);
  return crypto.subtle.verify({ name: "ECDSA", hash: algorithm.digest }, imported, raw, message);
}

const base64url = (octets) => base64(octets).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

/** Bits of the modulus of an RSA key; `null` for an elliptic curve, or for a modulus that cannot be read. */
export function rsaBits(key) {
  if (key.kind !== "RSA") return null;
  try {
    const modulus = Der.one(key.octets, TAG.SEQUENCE, "RSAPublicKey").inside().expect(TAG.INTEGER, "modulus").unsigned();
    return modulus.length * 8 - Math.clz32(modulus[0]) + 24;
  } catch (error) {
    if (error instanceof DerError) return null;
    throw error;
  }
}

async function verifyRsa(key, algorithm, message, signature) {
  const parts = Der.one(key.octets, TAG.SEQUENCE, "RSAPublicKey").inside();
  const modulus = parts.expect(TAG.INTEGER, "modulus").unsigned();
  const publicExponent = parts.expect(TAG.INTEGER, "publicExponent");
  const exponent = publicExponent.small();
  parts.end("RSAPublicKey");
  const bits = modulus.length * 8 - Math.clz32(modulus[0]) + 24;
  if (bits < 2048 || bits > 8192 || exponent < 3 || exponent % 2 === 0 || exponent >= 2 ** 33) return false;
  const pss = algorithm.kind === "PSS";
  if (pss && bits < SHORTEST_PSS) return false;
  const name = pss ? "RSA-PSS" : "RSASSA-PKCS1-v1_5";
  const whole = { kty: "RSA", n: base64url(modulus), e: base64url(publicExponent.unsigned()) };
  const imported = await crypto.subtle.importKey("jwk", whole, { name, hash: algorithm.digest }, false, ["verify"]);
  return crypto.subtle.verify({ name, ...(pss && { saltLength: SALTS[algorithm.digest] }) }, imported, signature, message);
}
