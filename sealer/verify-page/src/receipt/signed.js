// Who signed a receipt, and when it existed at the latest: the signature, the token or the checkpoint that dates it, and the
// state of the certificates, judged at the time proven (ETSI EN 319 102-1, 5.6).
import { concat, fromBase64, hex, text, utf8 } from "../base/bytes.js";
import { digest, digestsOf } from "../base/hash.js";
import { showInstant } from "../base/instant.js";
import { canonical, parseStrict } from "../base/json.js";
import { failure, finding } from "../base/report.js";
import { TypeMismatch, list, required, string, struct } from "../base/schema.js";
import { CmsFault, checkSigner, unexplained } from "../cms/check.js";
import { parseCms } from "../cms/parse.js";
import { Der, DerError } from "../der/read.js";
import { OID } from "../der/oid.js";
import { readCarried } from "../revocation/carried.js";
import { Pool } from "../revocation/pool.js";
import { Stamps, factsOf, weaknesses } from "../verify/stamps.js";
import { Known, checkSealState, checkTokenState } from "../verify/longterm/state.js";
import { Certificate } from "../x509/certificate.js";
import { PathFault, SEAL, validate } from "../x509/path.js";
import { announces, isFormFault, readOneLine } from "./point.js";

/** How far the office's clock and an authority's may disagree before a time is held false. */
const TOLERANCE = 5 * 60_000;

/** The facts that a signature and a time give, before any is known. */
export const noFacts = () => ({
  signer: null, certificate_sha256: null, signing_time: null, qc_statements: null, timestamp: null, level: null, essai: null,
});

/**
 * Checks signature and time of the octets of `file`, and fills the facts; `told` is what they say of themselves (`{id, at}`), or `null`.
 * Gives the token that is over them, whether or not it counts; `null` without one.
 */
export async function checkSigned(file, { pieces, bytes, told }, context) {
  const { report, facts, anchors } = context;
  const name = (suffix) => `${file}.${suffix}`;
  const signatures = [];
  const add = (one) => one !== null && signatures.push(one);
  const own = pieces.small(name("p7s"));
  if (own === null) report.fail("receipt.unsigned", name("p7s"));
  else add(await readSignature(bytes, own, name("p7s"), report));
  await tellSigner(signatures, facts);
  const stamps = new Stamps(anchors, []);
  const [token, point] = [pieces.small(name("tst")), pieces.small(name("point"))];
  if (token !== null) await stamps.add(token, bytes, name("tst"), report);
  else if (point !== null) add(await readPoint(point, name("point"), { told, bytes, stamps }, report));
  else report.add(finding("receipt.timestamp_deferred", "indeterminate"));
  const stamp = stamps.found[0] ?? null;
  await judge(signatures, stamp, readStates(pieces.small(name("etats")), report), context);
  if (told !== null) checkOrder(told.at, facts, report);
  return stamp;
}

/**
 * Checks a signature that something dated binds, with the token it has of its own or, without one, the token of what binds it
 * (`stamp`), and states of certificates that stand elsewhere. Gives the facts.
 */
export async function checkBound(file, { bytes, signed, token }, { stamp, states }, { report, anchors, at }) {
  const facts = noFacts();
  const signature = await readSignature(bytes, signed, file, report);
  const signatures = signature === null ? [] : [signature];
  await tellSigner(signatures, facts);
  const stamps = new Stamps(anchors, []);
  if (token !== null) await stamps.add(token, bytes, file, report);
  await judge(signatures, stamps.found[0] ?? stamp, states, { report, facts, anchors, at });
  return facts;
}

async function tellSigner([own], facts) {
  if (own === undefined) return;
  const { certificate, signingTime } = own.checked;
  facts.signer = certificate.subjectText;
  facts.certificate_sha256 = hex(await digest("SHA-256", certificate.der));
  facts.signing_time = signingTime;
  facts.qc_statements = certificate.extensions.qc;
}

/** What is told took place before the signature, and the signature before its token. */
export function checkOrder(at, facts, report) {
  if (facts.signing_time !== null) checkTimes(at, facts.signing_time, facts.timestamp?.gen_time ?? null, report);
}

const CODES = {
  structure: "cms.malformed", digest: "cms.message_digest", certificate: "cms.certificate", signature: "cms.signature",
  readers: "cms.readers_disagree",
};

/** Reads a detached signature and checks it over the octets; `null` when nothing more can be said of it. */
async function readSignature(bytes, octets, entry, report) {
  const fail = (code, why) => report.fail(code, `${entry} : ${why}`);
  try {
    const parsed = parseCms(octets);
    if (parsed.content !== null) fail("cms.not_detached", "eContent");
    const checked = await checkSigner(parsed, bytes, OID.ID_DATA);
    if (checked.boundBySha1 || checked.signingTime === null) fail("cms.attributes", "signing-certificate-v2, signing-time");
    const { unsigned, algorithm } = parsed.signer;
    if (unsigned.length > 0) fail("cms.unsigned_attribute", unsigned.map(({ id }) => id).join(", "));
    const revocation = carriedOf(parsed, fail);
    return revocation === null ? null : { entry, checked, carried: parsed.certificates, revocation, algorithm };
  } catch (error) {
    if (error instanceof DerError) fail("cms.malformed", error.message);
    else if (error instanceof CmsFault) fail(CODES[error.kind], error.found ?? error.why);
    else throw error;
    return null;
  }
}

function carriedOf(parsed, fail) {
  try {
    return readCarried(parsed.revocation);
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    fail("revocation.malformed", error.message);
    return null;
  }
}

/** The checkpoint of the journal that dates the line which announces these octets; gives its own signature. */
async function readPoint(octets, entry, { told, bytes, stamps }, report) {
  let excerpt;
  try {
    excerpt = await readOneLine(octets);
  } catch (error) {
    if (!isFormFault(error)) throw error;
    report.fail("point.format", error.message);
    return null;
  }
  if (!excerpt.included) report.add(failure("point.inclusion"));
  if (told === null || !announces(excerpt.line, told.id, await digestsOf(bytes))) report.fail("receipt.point", excerpt.line.get("op"));
  const signed = utf8(excerpt.text);
  const signature = await readSignature(signed, excerpt.signature, entry, report);
  if (signature === null) return null;
  if (excerpt.token === null) report.add(finding("receipt.timestamp_deferred", "indeterminate"));
  else await stamps.add(excerpt.token, signed, entry, report);
  return signature;
}

const MAX_STATES = 64;
const statesFile = struct({
  format: required(string), certificats: required(list(octetsOf)), etats: required(list(octetsOf)),
}, { closed: true });

function octetsOf(value) {
  const octets = fromBase64(string(value));
  if (octets === null) throw new TypeMismatch("base64");
  return octets;
}

/** What a file of states holds: `{certificates, revocation}`; nothing when it is not there or cannot be read, which is told. */
export function readStates(octets, report) {
  const nothing = { certificates: [], revocation: { crls: [], answers: [] } };
  if (octets === null) return nothing;
  try {
    const value = parseStrict(octets);
    if (canonical(value) !== text(octets)) throw new TypeMismatch("not canonical");
    const file = statesFile(value);
    const [certificates, states] = [file.get("certificats"), file.get("etats")];
    if (file.get("format") !== "constat-etats/1" || Math.max(certificates.length, states.length) > MAX_STATES) {
      throw new TypeMismatch(file.get("format"));
    }
    const elements = new Der(concat(states)).all(MAX_STATES, "states");
    return { certificates: certificates.map((der) => Certificate.parse(der)), revocation: readCarried(elements) };
  } catch (error) {
    if (!isFormFault(error) && !(error instanceof DerError)) throw error;
    report.fail("receipt.states", error.message);
    return nothing;
  }
}

/** The token first, then each chain at the time it proves. */
async function judge(signatures, token, states, { report, facts, anchors, at }) {
  const pool = new Pool();
  pool.add(states.revocation, states.certificates);
  for (const one of signatures) pool.add(one.revocation, one.carried);
  if (token !== null) pool.add(token.revocation, token.certificates);
  pool.certificates.push(...anchors);
  const known = new Known();
  if (token !== null) {
    weaknesses(token, false, at, report);
    if (await checkTokenState(token, null, { pool, known, report, at })) facts.timestamp = factsOf(token);
  }
  const best = facts.timestamp?.gen_time ?? null;
  let whole = signatures.length > 0;
  for (const one of signatures) {
    const path = await pathOf(one, states.certificates, anchors, best, at, report);
    if (path === null) whole = false;
    else {
      const part = { entry: one.entry, path, algorithm: one.algorithm };
      await checkSealState(part, { signed: one.checked.signingTime, best, at }, { pool, known, report });
    }
  }
  known.tell(report);
  if (!whole) return;
  if (best === null) facts.level = "B-B";
  else facts.level = known.isComplete ? "B-LT" : "B-T";
  report.add(finding("seal.level", "info", { found: facts.level }));
}

/** The path of a signer at the best time, anchor last; `null` once it is told why there is none. */
async function pathOf(one, more, anchors, best, at, report) {
  const time = best ?? at;
  try {
    const path = await validate(one.checked.certificate, [...one.carried, ...more], anchors, time, SEAL);
    const stray = await unexplained(one.carried, path, anchors);
    if (stray !== null) report.fail("cms.certificates", stray.subjectText);
    return path;
  } catch (error) {
    if (!(error instanceof PathFault)) throw error;
    if (error.kind === "no_chain") report.add(finding("trust.no_chain", "indeterminate", { found: error.why }));
    else if (error.kind === "broken") report.fail("trust.chain_broken", error.why);
    else {
      const expected = `${showInstant(error.dates.from)} .. ${showInstant(error.dates.to)}`;
      const values = { expected, found: `${showInstant(time)} (${error.why})` };
      report.add(finding("trust.out_of_bounds_no_poe", best === null ? "indeterminate" : "fail", values));
    }
    return null;
  }
}

/** The fact, then the signature, then the token: any other order is false, clocks allowed for. */
function checkTimes(event, signed, proven, report) {
  if (event > signed + TOLERANCE) report.fail("clock.order", showInstant(event), showInstant(signed));
  else if (proven !== null && signed > proven + TOLERANCE) report.fail("clock.order", showInstant(signed), showInstant(proven));
}
