// Past-time validation (ETSI EN 319 102-1 5.6): the tokens first, then the seal at the best time they prove; the state of
// every certificate from what the bundle carries; and the level reached.
import { finding } from "../base/report.js";
import { Pool } from "../revocation/pool.js";
import * as layout from "./layout.js";
import { checkArchives } from "./longterm/archive.js";
import { Known, checkSealState, checkTokenState } from "./longterm/state.js";
import { checkChain } from "./signature.js";
import { checkTokens, factsOf, weaknesses } from "./stamps.js";

/** Judges tokens, seal and archive; gives the time of the token over the signature when it counts, or `null`. */
export async function checkLongTerm(container, seal, files, context) {
  const { report, facts, anchors, at } = context;
  const stamps = await checkTokens(container, seal, context);
  const firstArchive = stamps.found.length;
  await checkArchives(container, files, stamps, report);
  const pool = poolOf(seal, stamps.found, anchors);
  const known = new Known();
  const counting = await tokensThatCount(stamps.found, firstArchive, { pool, known, report, at });
  const valid = stamps.found.filter((_, index) => counting[index]);
  facts.timestamps.push(...valid.map(factsOf));
  const best = valid.find(({ entry }) => entry === layout.SIGNATURE_1)?.genTime ?? null;
  const path = await checkChain(seal, anchors, best ?? at, best !== null, report, facts);
  if (path !== null) {
    const part = { entry: layout.SIGNATURE_1, path, algorithm: seal.algorithm };
    await checkSealState(part, { signed: facts.signing_time, best, at }, { pool, known, report });
    facts.level = levelOf(best, known, counting.slice(firstArchive).includes(true));
  }
  known.tell(report);
  if (facts.level !== null) report.add(finding("seal.level", "info", { found: facts.level }));
  // Without every chain, a piece signed by a certificate that is not at hand cannot be told from a false one.
  const stray = path !== null && stamps.sound ? await pool.unexplained() : null;
  if (stray !== null) {
    // Where the reader's anchor is an intermediate, what is above it may well be absent.
    const open = [path, ...stamps.found.map((token) => token.path)].some((one) => one.at(-1)?.isSelfIssued === false);
    report.add(finding("revocation.unexplained", open ? "warn" : "fail", { found: stray }));
  }
  return best;
}

/** Which tokens count, each judged with the earliest later archive token that counts and covers it: from the last back. */
async function tokensThatCount(tokens, firstArchive, context) {
  let shield = null;
  const counting = [];
  for (let index = tokens.length - 1; index >= 0; index -= 1) {
    weaknesses(tokens[index], shield !== null, context.at, context.report);
    counting[index] = await checkTokenState(tokens[index], shield, context);
    // The first tokens do not cover each other.
    if (counting[index] && index >= firstArchive) shield = tokens[index].genTime;
  }
  return counting;
}

/** A level of ETSI EN 319 122-1 clause 6. */
function levelOf(best, known, archived) {
  if (best === null) return "B-B";
  if (!known.isComplete) return "B-T";
  return archived ? "B-LTA" : "B-LT";
}

/** Everything at hand to know the state of a certificate: what the seal and the tokens carry, and the anchors. */
function poolOf(seal, tokens, anchors) {
  const pool = new Pool();
  pool.add(seal.revocation, seal.carried);
  for (const token of tokens) pool.add(token.revocation, token.certificates);
  const missing = anchors.filter((anchor) => !pool.certificates.some((known) => known.is(anchor)));
  pool.certificates.push(...missing);
  return pool;
}
