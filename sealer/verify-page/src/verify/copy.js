// A copy with files or records withheld (FORMAT.md, 10.3): judged as the bundle that was sealed, of which what is withheld has the
// digests that were sealed, never those of the list alone.
import { finding, refusable } from "../base/report.js";
import { DeriveError, announced, isPacked } from "../dossier/derive.js";
import { reasonsOf, withheldRecords } from "../disclosure/list.js";
import { checkAnchors } from "./anchors.js";
import { checkCoverage, checkLists, fileDigests, isCovered } from "./contents.js";
import { checkDates } from "./clock.js";
import { asSealed, putBack, readWithholding } from "./copy/view.js";
import { checkNoRecords, checkRecords } from "./copy/records.js";
import { checkEssai, tellManifest } from "./inventory.js";
import {
  checkFiles, checkForms, checkMeasured, checkPacked, checkWithoutJournal, digestFields, pictures, readChain,
} from "./journal.js";
import * as layout from "./layout.js";
import { checkLongTerm } from "./longterm.js";
import { checkSessionTime } from "./session-time.js";
import { checkSeal } from "./signature.js";
import { checkStory } from "./stamps.js";
import { checkPackage } from "./wacz.js";

/** Runs every check on a copy; gives what was read, with `list`, `null` when it is none. */
export async function checkCopy(container, context) {
  const { report, facts, done, progress, withheld } = context;
  const list = refusable(report, () => readWithholding(container));
  if (list === null) return { list };
  tell(list, report);
  const present = await fileDigests(container, report, (octets) => progress("files", octets));
  progress("seal", 0);
  const seal = await checkSeal(container, report, facts);
  if (seal === null) return { list };
  const put = await putBack(container, seal, present, list, report);
  if (put === null) return { list };
  const { manifest, files } = put;
  const whole = asSealed(container, files, put.withheld);
  const read = { list, manifest, covered: seal.manifest.files.length };
  checkCoverage(seal, files, report);
  const best = await checkLongTerm(whole, seal, files, context);
  done.push("coverage", "signature", "chain", "state");
  await checkLists(whole, files, report);
  done.push("files");
  tellManifest(manifest, files, context);
  // A package that is not the one sealed is refused already: nothing is read in it.
  if (!isCovered(seal, layout.WACZ, files)) return read;
  const inner = await checkContents(container, whole, { files, manifest, list }, context);
  if (inner === null) return read;
  checkStory(manifest, seal, best, context);
  await checkAnchors(container, manifest.get("case").get("reference"), context);
  if (inner.journal === null) withheld.add("session");
  else await checkSessionTime(whole, inner.journal, best, context);
  done.push("time", "anchors", "session");
  checkEssai(manifest, context);
  return { ...read, ...inner, finished: true };
}

/** Said before anything else, whatever follows: this is not the original. */
function tell(list, report) {
  const [files, records] = [list.get("files").length, list.get("records").length];
  const found = `${files} ; ${withheldRecords(list)} / ${records} : ${reasonsOf(list).join(" ; ")}`;
  report.add(finding("disclosure.redacted", "warn", { found: found.length > 1000 ? `${found.slice(0, 1000)}…` : found }));
}

/** Journal, archive and inventory; `{journal, members}`, the journal `null` when it is withheld, or `null` when they do not hold. */
async function checkContents(container, whole, { files, manifest, list }, context) {
  const { report, done, progress, withheld } = context;
  progress("journal", 0);
  const isWithheld = whole.withheld.has(layout.JOURNAL);
  const journal = isWithheld ? null : await readChain(container, report);
  if (journal === null && !isWithheld) return null;
  done.push("journal");
  checkSecret(whole, manifest, report);
  const archive = await (whole.withheld.has(layout.WACZ) ? checkRecords : checkWhole)(container, manifest, { list, journal }, context);
  if (archive === null) return null;
  done.push("archive");
  const measured = {
    wacz: digestFields(files.get(layout.WACZ)), journal: digestFields(files.get(layout.JOURNAL)), members: archive.members,
    traffic: archive.pictures, disclosure: archive.disclosure, pictures: await measuredPictures(whole, manifest, progress),
  };
  if (journal === null) {
    checkWithoutJournal(manifest, measured, report);
    // What remains of the inventory's check is told by the pieces and the archive.
    withheld.add("journal").add("inventory");
  } else {
    checkAnnounced(journal, manifest, report);
    checkMeasured(manifest, journal, measured, report);
  }
  checkForms(whole, manifest, report);
  checkFiles(manifest, files, report);
  if (journal !== null) checkDates(journal, manifest, archive.span, report);
  done.push("inventory", "gaps");
  return { journal, members: archive.count };
}

/** With the package there: it is judged as in an original, and no record stands apart. */
async function checkWhole(container, manifest, { list, journal }, { report, progress }) {
  checkNoRecords(container, list, report);
  const wacz = await checkPackage(container, report, (octets) => progress("wacz", octets));
  if (wacz === null) return null;
  if (journal !== null) checkPacked(journal, wacz.members, report);
  const members = new Map([...wacz.members].map(([name, digest]) => [name, digest.sha256]));
  return { members, count: members.size, pictures: wacz.pictures, disclosure: wacz.disclosure, span: wacz.span };
}

/** With the secret, a guess of a withheld record could be confirmed; without it, the package could not be led to the root. */
function checkSecret({ withheld }, manifest, report) {
  const [wacz, secret] = [layout.WACZ, layout.SECRET].map((name) => withheld.has(name));
  if (manifest.has("disclosure") && wacz && !secret) report.fail("disclosure.secret_left", layout.SECRET);
  if (secret && !wacz) report.fail("disclosure.secret_absent", layout.SECRET);
}

/** Facts of the pictures that are there; those of the others are as sealed. */
async function measuredPictures(whole, manifest, progress) {
  const found = await pictures(whole, manifest, (octets) => progress("pictures", octets));
  for (const artefact of manifest.get("artefacts")) {
    const path = artefact.get("path");
    if (whole.withheld.has(path) && artefact.has("image")) found.set(path, artefact.get("image"));
  }
  return found;
}

/** The members of the package as the journal and the inventory say them, both sealed. */
function checkAnnounced(journal, manifest, report) {
  let packed;
  try {
    packed = announced(journal).filter(isPacked);
  } catch (error) {
    if (error instanceof DeriveError) return;
    throw error;
  }
  const members = manifest.get("wacz").get("members");
  for (const artefact of packed) {
    const path = artefact.get("path");
    if (members.get(path) !== artefact.get("sha256")) report.fail("wacz.member_differs", path);
  }
}
