// The tokens: over the seal's signature, and over the second manifest; and whether the times tell one story.
import { showInstant } from "../base/instant.js";
import { Refused, finding } from "../base/report.js";
import { TYPE_TOKEN, sameFiles } from "../asic/manifest.js";
import { TokenFault, checkToken } from "../tsp/token.js";
import * as layout from "./layout.js";
import { MAX_CMS, readManifestEntry } from "./signature.js";

/** How far the office's clock and an authority's may disagree before a stated time is held false. */
const TOLERANCE = 5 * 60_000;

/** Checks every token present; gives the time of the one over the signature when it counts, or `null`. */
export async function checkTokens(container, seal, context) {
  const best =
    seal.token === null ? null : await one(seal.token, seal.signature, layout.SIGNATURE_1, context);
  if (container.contents.has(layout.MANIFEST_2)) await second(container, seal, context);
  return best;
}

async function second(container, seal, context) {
  const { report } = context;
  try {
    const octets = container.small(layout.MANIFEST_2, MAX_CMS);
    const token = container.small(layout.TOKEN_2, MAX_CMS);
    const manifest = readManifestEntry(octets, layout.MANIFEST_2);
    if (manifest.protector !== layout.TOKEN_2 || manifest.protectorType !== TYPE_TOKEN) {
      report.fail("manifest.protector", manifest.protector, layout.TOKEN_2);
    }
    if (!sameFiles(manifest, seal.manifest)) report.fail("manifest.second_differs", layout.MANIFEST_2);
    await one(token, octets, layout.TOKEN_2, context);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    report.add(error.finding);
  }
}

async function one(octets, data, entry, { report, facts, anchors, at }) {
  let token;
  try {
    token = await checkToken(octets, data, anchors);
  } catch (error) {
    if (!(error instanceof TokenFault)) throw error;
    const level = error.code === "time.no_chain" ? "indeterminate" : "fail";
    report.add(finding(error.code, level, { found: `${entry}: ${error.why}` }));
    return null;
  }
  if (token.boundBySha1) report.add(finding("time.bound_by_sha1", "warn", { found: entry }));
  if (token.accuracy === null) report.add(finding("time.no_accuracy", "info", { found: entry }));
  if (token.validTo < at) {
    const values = { expected: showInstant(token.validTo), found: showInstant(at) };
    report.add(finding("time.authority_expired", "warn", values));
  }
  const { authority, genTime, serial, policy, accuracy, anchor } = token;
  facts.timestamps.push({ entry, authority, gen_time: genTime, serial, policy, accuracy_us: accuracy, anchor });
  return token.genTime;
}

/** What the inventory says of time against what is there, and the order of the times. */
export function checkStory(manifest, seal, best, { report, facts, at }) {
  const stated = manifest.get("seal_time");
  if (seal.token === null) {
    if (stated.get("timestamped")) report.fail("time.removed", "0", "1");
    else report.add(finding("time.absent", "indeterminate", { found: stated.get("reason") ?? "" }));
  } else if (!stated.get("timestamped")) {
    report.add(finding("time.added_later", "info", { found: best === null ? "" : showInstant(best) }));
  }
  const hasSecond = facts.timestamps.some((token) => token.entry === layout.TOKEN_2);
  const authorities = stated.get("authorities");
  if (authorities.length > 1 && seal.token !== null && !hasSecond) {
    report.add(finding("time.second_missing", "warn", { found: authorities.join(", ") }));
  }
  checkOrder(Date.parse(manifest.get("session").get("closed_at")), best, { report, facts, at });
}

/** Closing of the session, then signature, then token, then verification (the office's clock within its tolerance). */
function checkOrder(closed, best, { report, facts, at }) {
  const signed = facts.signing_time;
  if (signed === null) return;
  // The signing time has no fraction of a second.
  if (closed > signed + 999) {
    report.add(finding("clock.order", "warn", { expected: showInstant(closed), found: showInstant(signed) }));
  }
  for (const [name, instant] of [["signature", signed], ["session.close", closed]]) {
    if (best !== null && instant > best + TOLERANCE) {
      report.fail("clock.order", `${name}: ${showInstant(instant)}`, showInstant(best));
    }
  }
  if (signed > at + TOLERANCE) {
    report.add(finding("clock.future", "indeterminate", { expected: showInstant(at), found: showInstant(signed) }));
  }
}
