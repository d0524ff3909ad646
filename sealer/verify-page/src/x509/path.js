// Path validation at a past instant (RFC 5280 section 6), on the strict side.
//
// Two answers must not be confused: a chain that leads nowhere (the root is not at hand: nobody can tell), and a chain that
// is broken (a candidate issuer is there and did not sign: proven wrong).
import { equal } from "../base/bytes.js";
import { OID } from "../der/oid.js";
import { pathFault } from "./rules.js";

/** Certificates tried at most over all branches, and in a path at most. */
const MAX_STEPS = 64;
const MAX_DEPTH = 8;

const sameOctets = (a, b) => a !== null && b !== null && equal(a, b);

export const SEAL = "seal";
export const TIMESTAMP = "timestamp";

/** Why there is no valid path: `kind` is `no_chain`, `broken` or `out_of_date`. */
export class PathFault extends Error {
  constructor(kind, why, dates = null) {
    super(why);
    Object.assign(this, { kind, why, dates });
  }
}

/** The path of `leaf` valid at `at`, anchor last; `pool` holds the intermediates. */
export async function validate(leaf, pool, anchors, at, purpose) {
  checkLeaf(leaf, purpose);
  const search = { pool, anchors, steps: 0, broken: null };
  const path = [leaf];
  if (!(await climb(search, path))) throw search.broken ?? new PathFault("no_chain", leaf.subjectText);
  for (const certificate of path) {
    if (at < certificate.notBefore || at > certificate.notAfter) {
      const dates = { from: certificate.notBefore, to: certificate.notAfter };
      throw new PathFault("out_of_date", certificate.subjectText, dates);
    }
  }
  return path;
}

/** Extends the path up to an anchor; leaves it as it was when that cannot be done. */
async function climb(search, path) {
  const last = path.at(-1);
  if (search.anchors.some((anchor) => anchor.is(last))) {
    const why = pathFault(path);
    if (why !== null) search.broken ??= new PathFault("broken", why);
    return why === null;
  }
  if (path.length >= MAX_DEPTH) return false;
  for (const issuer of [...search.anchors, ...search.pool]) {
    const byName = equal(issuer.subject, last.issuer);
    const byKey = sameOctets(last.extensions.authorityKey, issuer.extensions.subjectKey);
    if (!(byName || byKey) || path.some((certificate) => certificate.is(issuer))) continue;
    search.steps += 1;
    if (search.steps > MAX_STEPS) {
      search.broken ??= new PathFault("broken", "too many candidate certificates");
      return false;
    }
    const why = await issuerFault(last, issuer, byName, path);
    if (why !== null) {
      search.broken ??= new PathFault("broken", why);
      continue;
    }
    path.push(issuer);
    if (await climb(search, path)) return true;
    path.pop();
  }
  return false;
}

function checkLeaf(leaf, purpose) {
  const broken = (why) => new PathFault("broken", `${leaf.subjectText}: ${why}`);
  if (leaf.extensions.unknownCritical.length > 0) throw broken(`critical extension ${leaf.extensions.unknownCritical[0]} unknown`);
  if (leaf.extensions.constraints.ca) throw broken("a certification authority, not a signer");
  const usage = leaf.extensions.keyUse;
  if (usage !== null && !usage.digitalSignature && !usage.nonRepudiation) {
    throw broken("key usage without digitalSignature or nonRepudiation");
  }
  if (purpose === SEAL) {
    if (usage === null) throw broken("no key usage");
    return;
  }
  const { list = [], critical = false } = leaf.extensions.purposes ?? {};
  const sole = critical && list.length === 1 && list[0] === OID.KP_TIME_STAMPING;
  if (!sole || usage?.other) throw broken("extended key usage is not timeStamping, alone and critical");
}

async function issuerFault(subject, issuer, byName, path) {
  const name = issuer.subjectText;
  if (!byName) return `${name} has the key named by ${subject.subjectText}, not the name`;
  if (!(await subject.isSignedBy(issuer))) return `${name} did not sign ${subject.subjectText}`;
  if (!issuer.extensions.constraints.ca) return `${name} is not a certification authority`;
  if (!issuer.extensions.keyUse?.keyCertSign) return `${name} has no key usage keyCertSign`;
  if (issuer.extensions.unknownCritical.length > 0) return `${name}: critical extension ${issuer.extensions.unknownCritical[0]} unknown`;
  // Self-issued certificates do not count against the length (RFC 5280 4.2.1.9); the leaf never does.
  const below = path.slice(1).filter((certificate) => !certificate.isSelfIssued).length;
  const limit = issuer.extensions.constraints.pathLength;
  return limit !== null && below > limit ? `${name} allows ${limit} intermediate(s), ${below} found` : null;
}
