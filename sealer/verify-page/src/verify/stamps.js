// The tokens: over the seal's signature, and over the second manifest; and whether the times tell one story.
import { showInstant } from "../base/instant.js";
import { Refused, finding } from "../base/report.js";
import { TYPE_TOKEN, sameFiles } from "../asic/manifest.js";
import { TokenFault, checkToken } from "../tsp/token.js";
import * as layout from "./layout.js";
import { MAX_CMS, readManifestEntry } from "./signature.js";

/** How far the office's clock and an authority's may disagree before a stated time is held false. */
const TOLERANCE = 5 * 60_000;

/** The tokens as they are checked: those that are right in themselves, and whether all of them were. */
export class Stamps {
  constructor(anchors, more) {
    Object.assign(this, { anchors, more, found: [], sound: true });
  }

  /** Checks one token over `data`; whether its authority was revoked is judged later. */
  async add(octets, data, entry, report) {
    try {
      this.found.push({ entry, ...(await checkToken(octets, data, this.anchors, this.more)) });
    } catch (error) {
      if (!(error instanceof TokenFault)) throw error;
      this.sound = false;
      const level = error.code === "time.no_chain" ? "indeterminate" : "fail";
      report.add(finding(error.code, level, { found: `${entry}: ${error.why}` }));
    }
  }
}

/** Checks every token over the seal and the files, in the order they stand. */
export async function checkTokens(container, seal, { report, anchors }) {
  const stamps = new Stamps(anchors, seal.carried);
  if (seal.token !== null) await stamps.add(seal.token, seal.signature, layout.SIGNATURE_1, report);
  if (container.contents.has(layout.MANIFEST_2)) await second(container, seal, stamps, report);
  return stamps;
}

async function second(container, seal, stamps, report) {
  try {
    const octets = container.small(layout.MANIFEST_2, MAX_CMS);
    const token = container.small(layout.TOKEN_2, MAX_CMS);
    const manifest = readManifestEntry(octets, layout.MANIFEST_2);
    if (manifest.protector !== layout.TOKEN_2 || manifest.protectorType !== TYPE_TOKEN) {
      report.fail("manifest.protector", manifest.protector, layout.TOKEN_2);
    }
    if (!sameFiles(manifest, seal.manifest)) report.fail("manifest.second_differs", layout.MANIFEST_2);
    await stamps.add(token, octets, layout.TOKEN_2, report);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    report.add(error.finding);
  }
}

/** What a token that counts says. */
export function factsOf({ entry, authority, genTime, serial, policy, accuracy, anchor, validTo }) {
  return { entry, authority, gen_time: genTime, serial, policy, accuracy_us: accuracy, valid_to: validTo, anchor };
}

/** What is weak in a token; `renewed` when a later token covers it. */
export function weaknesses({ entry, boundBySha1, accuracy, validTo }, renewed, at, report) {
  if (boundBySha1) report.add(finding("time.bound_by_sha1", "warn", { found: entry }));
  if (accuracy === null) report.add(finding("time.no_accuracy", "info", { found: entry }));
  if (validTo < at && !renewed) {
    report.add(finding("time.authority_expired", "indeterminate", { expected: showInstant(validTo), found: showInstant(at) }));
  }
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
