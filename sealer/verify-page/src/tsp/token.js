// `TimeStampToken` and its `TSTInfo` (RFC 3161 2.4.2), and the list of checks before a token counts.
import { equal, hex } from "../base/bytes.js";
import { digest } from "../base/hash.js";
import { CmsFault, checkSigner, unexplained } from "../cms/check.js";
import { parseCms } from "../cms/parse.js";
import { Der, DerError, TAG, context, contextPrimitive } from "../der/read.js";
import { OID } from "../der/oid.js";
import { readTime } from "../der/time.js";
import { readCarried } from "../revocation/carried.js";
import { readDigest } from "../x509/algorithm.js";
import { PathFault, TIMESTAMP, validate } from "../x509/path.js";

/** Proof against a token; `code` is the finding's. `time.no_chain` alone proves nothing: no anchor at hand issued it. */
export class TokenFault extends Error {
  constructor(code, why) {
    super(why);
    Object.assign(this, { code, why });
  }
}

/** Checks everything about a token over `data`, with `more` certificates for its path; gives what it says. */
export async function checkToken(token, data, anchors, more = []) {
  try {
    return await check(token, data, anchors, more);
  } catch (error) {
    throw asTokenFault(error);
  }
}

async function check(token, data, anchors, more) {
  const signed = parseCms(token);
  if (signed.content === null) throw new TokenFault("time.malformed", "no TSTInfo inside");
  const info = readInfo(signed.content);
  const expected = await digest(info.digest, data);
  if (!equal(expected, info.imprint)) {
    throw new TokenFault("time.imprint", `expected ${hex(expected)}, found ${hex(info.imprint)}`);
  }
  const { certificate, boundBySha1 } = await checkSigner(signed, signed.content, OID.ID_CT_TST_INFO);
  if (info.tsa !== null && !equal(info.tsa, certificate.subject)) {
    throw new TokenFault("time.certificate", "the token names another authority");
  }
  if (signed.signer.unsigned.length > 0) throw new TokenFault("time.malformed", "unsigned attributes in the token");
  const revocation = readCarried(signed.revocation);
  const path = await validate(certificate, [...signed.certificates, ...more], anchors, info.genTime, TIMESTAMP);
  const stray = await unexplained(signed.certificates, path, anchors);
  if (stray !== null) {
    throw new TokenFault("time.certificate", `${stray.subjectText} is carried, and signed by nobody at hand`);
  }
  return {
    authority: certificate.subjectText,
    genTime: info.genTime,
    serial: hex(info.serial),
    policy: info.policy,
    accuracy: info.accuracy,
    boundBySha1,
    anchor: path.at(-1).subjectText,
    validTo: Math.min(...path.map((c) => c.notAfter)),
    path,
    algorithm: signed.signer.algorithm,
    certificates: signed.certificates,
    revocation,
  };
}

const CMS_CODES = {
  structure: "time.malformed", digest: "time.signature", certificate: "time.certificate", signature: "time.signature",
  readers: "time.readers_disagree",
};
const PATH_CODES = { no_chain: "time.no_chain", broken: "time.certificate", out_of_date: "time.certificate" };

function asTokenFault(error) {
  if (error instanceof DerError) return new TokenFault("time.malformed", error.message);
  if (error instanceof CmsFault) return new TokenFault(CMS_CODES[error.kind], error.why);
  if (error instanceof PathFault) return new TokenFault(PATH_CODES[error.kind], error.why);
  return error;
}

function readInfo(octets) {
  const parts = Der.one(octets, TAG.SEQUENCE, "TSTInfo").inside();
  if (parts.expect(TAG.INTEGER, "version").small() !== 1) throw new DerError("TSTInfo version other than 1");
  const policy = parts.expect(TAG.OID, "policy").oid();
  const imprint = parts.expect(TAG.SEQUENCE, "messageImprint").inside();
  const name = readDigest(imprint.expect(TAG.SEQUENCE, "hashAlgorithm"));
  const hashed = imprint.expect(TAG.OCTET_STRING, "hashedMessage").content;
  imprint.end("messageImprint");
  const serial = parts.expect(TAG.INTEGER, "serialNumber").unsigned();
  if (serial.length > 20) throw new DerError("serialNumber longer than 160 bits");
  const genTime = readTime(parts.expect(TAG.GENERALIZED_TIME, "genTime"));
  const accuracy = readAccuracy(parts.optional(TAG.SEQUENCE, "accuracy"));
  parts.optional(TAG.BOOLEAN, "ordering");
  parts.optional(TAG.INTEGER, "nonce")?.unsigned();
  const tsa = parts.optional(context(0), "tsa")?.inside().optional(context(4), "directoryName")?.content ?? null;
  parts.optional(context(1), "extensions");
  parts.end("TSTInfo");
  return { policy, digest: name, imprint: hashed, serial, genTime, accuracy, tsa };
}

/** In microseconds; `null` is unknown, not zero. */
function readAccuracy(element) {
  if (element === null) return null;
  const parts = element.inside();
  const seconds = parts.optional(TAG.INTEGER, "seconds")?.small() ?? 0;
  const [millis, micros] = [0, 1].map((number) => {
    const value = parts.optional(contextPrimitive(number), "accuracy")?.small() ?? null;
    if (value !== null && (value < 1 || value > 999)) throw new DerError("accuracy out of 1..999");
    return value ?? 0;
  });
  parts.end("accuracy");
  if (seconds >= 2 ** 64 / 1e6) throw new DerError("accuracy too large");
  return seconds * 1e6 + millis * 1000 + micros;
}
