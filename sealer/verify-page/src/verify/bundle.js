// The order of the checks, and what they give: the verdict, the findings, the facts of the seal, the gaps.
import { sourceSha256 } from "../base/hash.js";
import { Report, finding, refusable, verdictOf } from "../base/report.js";
import { ReadError } from "../base/source.js";
import { checkAnchors } from "./anchors.js";
import { checkDates } from "./clock.js";
import { checkCopy } from "./copy.js";
import { openContainer } from "./container.js";
import { checkCoverage, checkLists, fileDigests, isCovered, readManifest } from "./contents.js";
import { checkEssai, tellManifest } from "./inventory.js";
import { checkManifest, checkPacked, readChain } from "./journal.js";
import * as layout from "./layout.js";
import { checkLongTerm } from "./longterm.js";
import { checkSessionTime } from "./session-time.js";
import { checkSeal } from "./signature.js";
import { checkStory } from "./stamps.js";
import { checkPackage } from "./wacz.js";

/** Beyond this, a file that is not even a zip is not hashed whole: the answer must come fast. */
const HASH_ANYWAY = 64 << 20;

/**
 * Verifies the bundle in `source` as at `at` (milliseconds), trusting `anchors` only. `progress(stage, octets)` is told what
 * is done. Gives the verdict, the findings, the facts of the seal, what was checked (`done`) and the sealed inventory (`manifest`). Of a
 * copy, `copy` holds the list of what it withholds, and `withheld` the claims that only the original can answer.
 */
export async function verify(source, { anchors, at, progress }) {
  const context = {
    report: new Report(), anchors, at, progress,
    facts: {
      signer: null, certificate_sha256: null, signing_time: null, qc_statements: null, timestamps: [], session: [], anchors: [], level: null, chain: null,
      essai: null,
    },
    done: [], withheld: new Set(),
  };
  const { report, facts, done, withheld } = context;
  const container = openContainer(source, report);
  const hashed = container !== null || source.length <= HASH_ANYWAY ? wholeDigest(source, context) : null;
  done.push("container");
  const read = container === null ? null : await (container.isCopy ? checkCopy : checkAll)(container, context);
  const sha256 = await hashed;
  let findings = report.findings();
  let verdict = verdictOf(findings);
  if (verdict !== "FAIL" && read?.finished !== true) {
    findings = [...findings, finding("verify.unfinished", "fail")];
    verdict = "FAIL";
  }
  return {
    verdict, findings, facts, done, bundle_sha256: sha256, manifest: read?.manifest ?? null, entries: container?.names ?? [],
    lines: read?.journal?.entries.length ?? null, members: read?.members ?? null, covered: read?.covered ?? null,
    copy: container?.isCopy ? { list: read.list } : null, withheld: [...withheld],
  };
}

async function wholeDigest(source, { report, progress }) {
  try {
    return await sourceSha256(source, (octets) => progress("whole", octets));
  } catch (error) {
    if (!(error instanceof ReadError)) throw error;
    report.fail("file.unreadable", error.message);
    return null;
  }
}

async function checkAll(container, context) {
  const { report, facts, done, progress } = context;
  const files = await fileDigests(container, report, (octets) => progress("files", octets));
  progress("seal", 0);
  const seal = await checkSeal(container, report, facts);
  let best = null;
  if (seal !== null) {
    checkCoverage(seal, files, report);
    best = await checkLongTerm(container, seal, files, context);
    done.push("coverage", "signature", "chain", "state");
  }
  await checkLists(container, files, report);
  done.push("files");
  const covered = seal?.manifest.files.length ?? null;
  const manifest = refusable(report, () => readManifest(container));
  if (manifest === null) return { covered };
  tellManifest(manifest, files, context);
  progress("journal", 0);
  const journal = await readChain(container, report);
  if (journal === null) return { covered, manifest };
  done.push("journal");
  const members = await checkInner(container, { seal, files, manifest, journal }, context);
  if (seal === null) return { covered, manifest, members };
  checkStory(manifest, seal, best, context);
  await checkAnchors(container, manifest.get("case").get("reference"), context);
  await checkSessionTime(container, journal, best, context);
  done.push("time", "anchors", "session");
  checkEssai(manifest, context);
  return { covered, manifest, members, journal, finished: true };
}

/** A package that is not the one sealed is refused already: nothing is read in it. */
async function checkInner(container, { seal, files, manifest, journal }, { report, done, progress }) {
  if (!isCovered(seal, layout.WACZ, files)) return null;
  const wacz = await checkPackage(container, report, (octets) => progress("wacz", octets));
  if (wacz === null) return null;
  done.push("archive");
  checkPacked(journal, wacz.members, report);
  const told = (octets) => progress("pictures", octets);
  await checkManifest(container, manifest, journal, files, wacz, report, told);
  checkDates(journal, manifest, wacz.span, report);
  done.push("inventory", "gaps");
  return wacz.members.size;
}
