// The office's seal: what it covers, and whether it holds over the original octets; its chain, judged at the best time.
import { hex } from "../base/bytes.js";
import { digest } from "../base/hash.js";
import { showInstant } from "../base/instant.js";
import { Refused, failure, finding } from "../base/report.js";
import { ManifestError, TYPE_SIGNATURE, readAsicManifest } from "../asic/manifest.js";
import { CmsFault, checkSigner, unexplained } from "../cms/check.js";
import { parseCms } from "../cms/parse.js";
import { DerError } from "../der/read.js";
import { OID } from "../der/oid.js";
import { readCarried } from "../revocation/carried.js";
import { PathFault, SEAL, validate } from "../x509/path.js";
import * as layout from "./layout.js";

/** The longest seal or token read. */
export const MAX_CMS = 8 << 20;

/** Reads manifest and seal and checks the signature; `null` when nothing more can be said of them. */
export async function checkSeal(container, report, facts) {
  try {
    return await check(container, report, facts);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    report.add(error.finding);
    return null;
  }
}

async function check(container, report, facts) {
  const manifestOctets = container.small(layout.MANIFEST_1, MAX_CMS);
  const sealOctets = container.small(layout.SIGNATURE_1, MAX_CMS);
  const manifest = readManifestEntry(manifestOctets, layout.MANIFEST_1);
  if (manifest.protector !== layout.SIGNATURE_1 || manifest.protectorType !== TYPE_SIGNATURE) {
    report.fail("manifest.protector", manifest.protector, layout.SIGNATURE_1);
  }
  const parsed = parseSeal(sealOctets);
  if (parsed.content !== null) report.fail("cms.not_detached", "eContent");
  const checked = await checkSigned(parsed, manifestOctets);
  const revocation = readRevocation(parsed);
  const token = unsignedToken(parsed, report);
  if (checked.boundBySha1 || checked.signingTime === null) {
    report.fail("cms.attributes", "signing-certificate-v2, signing-time");
  }
  if (parsed.signer.signed.length !== 4) report.fail("cms.attributes", parsed.signer.signed.length, 4);
  facts.signer = checked.certificate.subjectText;
  facts.certificate_sha256 = hex(await digest("SHA-256", checked.certificate.der));
  facts.signing_time = checked.signingTime;
  facts.qc_statements = checked.certificate.extensions.qc;
  const { signature, algorithm } = parsed.signer;
  return { manifest, signature, algorithm, token, checked, carried: parsed.certificates, revocation };
}

/** Reads an ASiC manifest, or refuses. */
export function readManifestEntry(octets, name) {
  try {
    return readAsicManifest(octets);
  } catch (error) {
    if (error instanceof ManifestError) throw new Refused(failure("manifest.xml", `${name}: ${error.message}`));
    throw error;
  }
}

function parseSeal(octets) {
  try {
    return parseCms(octets);
  } catch (error) {
    if (error instanceof DerError) throw new Refused(failure("cms.malformed", error.message));
    throw error;
  }
}

function readRevocation(parsed) {
  try {
    return readCarried(parsed.revocation);
  } catch (error) {
    if (error instanceof DerError) throw new Refused(failure("revocation.malformed", error.message));
    throw error;
  }
}

const CODES = {
  structure: "cms.malformed", digest: "cms.message_digest", certificate: "cms.certificate", signature: "cms.signature",
  readers: "cms.readers_disagree",
};

async function checkSigned(parsed, manifestOctets) {
  try {
    return await checkSigner(parsed, manifestOctets, OID.ID_DATA);
  } catch (error) {
    if (!(error instanceof CmsFault)) throw error;
    throw new Refused(failure(CODES[error.kind], error.found ?? error.why, error.expected));
  }
}

/** The only unsigned attribute admitted: one signature-time-stamp. Anything else would be a place to hide octets. */
function unsignedToken(parsed, report) {
  const attributes = parsed.signer.unsigned;
  if (attributes.length === 0) return null;
  const [only] = attributes;
  if (attributes.length === 1 && only.id === OID.SIGNATURE_TIME_STAMP && only.values.length === 1) {
    return only.values[0].whole;
  }
  report.fail("cms.unsigned_attribute", attributes.map((attribute) => attribute.id).join(", "));
  return null;
}

/** Judges the chain at `best`: the time of the first token that counts, or that of the verification. Gives the path, or `null`. */
export async function checkChain(seal, anchors, best, proven, report, facts) {
  try {
    const path = await validate(seal.checked.certificate, seal.carried, anchors, best, SEAL);
    facts.chain = path.map((certificate) => certificate.subjectText);
    const stray = await unexplained(seal.carried, path, anchors);
    if (stray !== null) report.fail("cms.certificates", stray.subjectText);
    return path;
  } catch (error) {
    if (!(error instanceof PathFault)) throw error;
    report.add(chainFinding(error, best, proven));
    return null;
  }
}

function chainFinding(fault, best, proven) {
  if (fault.kind === "no_chain") return finding("trust.no_chain", "indeterminate", { found: fault.why });
  if (fault.kind === "broken") return failure("trust.chain_broken", fault.why);
  const expected = `${showInstant(fault.dates.from)} .. ${showInstant(fault.dates.to)}`;
  const values = { expected, found: `${showInstant(best)} (${fault.why})` };
  return finding("trust.out_of_bounds_no_poe", proven ? "fail" : "indeterminate", values);
}
