// The whole dossier of an act, judged at once (`constat-dossier-complet/1`): the zip, the manifest's signature and time, every file under
// its digest and no other, every receipt, the acknowledgements, and the excerpt of the journal against its checkpoint.
import { sameDigests, sha256 } from "../../base/hash.js";
import { parseInstant } from "../../base/instant.js";
import { Refused, Report, failure, finding, verdictOf } from "../../base/report.js";
import { ReadError } from "../../base/source.js";
import { Pieces } from "../pieces.js";
import { checkOrder, checkSigned, noFacts, readStates } from "../signed.js";
import { isTrial } from "../verify.js";
import { checkAgreement, checkExcerpt } from "./extract.js";
import { WholeFiles } from "./files.js";
import { MANIFEST, OWN, STATES, readManifest, rowsOf } from "./form.js";
import { checkReceipts } from "./receipts.js";
import { checkSignatures } from "./signatures.js";
import { wholeAttests, wholeLimits } from "./texts.js";

/** Where the excerpt about the act is. */
const EXTRACT = "journal/extrait.json";

/**
 * Judges the whole dossier in the zip `source` as at `at` (milliseconds), trusting `anchors` only; `progress(stage, octets)` is told what
 * is done. Gives the verdict, which is the worst of everything, the findings of the zip, the manifest and its files, what the manifest's
 * signature and time say, and `whole`: the manifest, the receipts, the other signed parts, and what all this attests and does not.
 */
export async function verifyWhole(source, { anchors, at, progress }) {
  const [report, facts] = [new Report(), noFacts()];
  const whole = { sha256: null, manifest: null, files: 0, receipts: [], parts: [], attests: [], limits: [] };
  let form = null;
  try {
    const files = await WholeFiles.read(source, (octets) => progress("files", octets));
    form = await checkInside(files, whole, { report, facts, anchors, at, progress });
  } catch (error) {
    if (error instanceof ReadError) report.fail("file.unreadable", error.message);
    else if (error instanceof Refused) report.add(error.finding);
    else throw error;
  }
  const findings = report.findings();
  const verdict = verdictOf([findings, ...[...whole.receipts, ...whole.parts].map((one) => one.findings)].flat());
  // What is proven wrong attests nothing.
  if (form !== null && verdict !== "FAIL") [whole.attests, whole.limits] = [wholeAttests(form, whole), wholeLimits(form)];
  return { verdict, findings, facts, whole };
}

/** Judges what is in the zip, into `whole`; gives the manifest's fields, its form being right. */
async function checkInside(files, whole, context) {
  const { report, facts } = context;
  const bytes = files.text(MANIFEST);
  if (bytes === null) throw new Refused(failure("whole.absent", files.names().length));
  whole.sha256 = await sha256(bytes);
  const own = new Pieces(new Map(OWN.flatMap((name) => (files.source(name) === undefined ? [] : [[name, files.source(name)]]))));
  context.progress("seal", 0);
  const stamp = await checkSigned(MANIFEST, { pieces: own, bytes, told: null }, context);
  const { form, value } = readManifest(bytes);
  whole.manifest = value;
  checkOrder(parseInstant(form.get("etabli_le")), facts, report);
  if (form.get("essai") || isTrial(facts)) report.add(finding("trust.essai", "warn", { found: facts.signer ?? "" }));
  whole.files = checkListed(files, form, report);
  checkAct(files, form, report);
  // A token that does not count dates nothing else either; states that cannot be read were told with the manifest.
  const bound = { stamp: facts.timestamp === null ? null : stamp, states: readStates(own.small(STATES), new Report()) };
  const lines = await checkExcerpts(files, form, bound, whole.parts, context);
  whole.receipts = await checkReceipts(files, form, lines, context);
  whole.parts.push(...(await checkSignatures(files, form, bound, context)));
  tellUnjudged(form, report);
  return form;
}

/** Every file of the manifest is there, octet for octet, and no other; how many are. */
function checkListed(files, form, report) {
  let same = 0;
  for (const row of form.get("fichiers")) {
    const [name, octets, digest] = ["nom", "octets", "sha256"].map((field) => row.get(field));
    const found = files.digests(name);
    if (found === null) report.fail("whole.missing", name);
    else if (found.bytes === octets && found.sha256 === digest) same += 1;
    else report.fail("whole.digest", `${name} : ${found.bytes} octets, ${found.sha256}`, `${name} : ${octets} octets, ${digest}`);
  }
  const known = new Set([...form.get("fichiers").map((row) => row.get("nom")), ...OWN]);
  for (const name of files.names()) if (!known.has(name)) report.fail("whole.unlisted", name);
  return same;
}

/** The act is the one that the manifest names, or the manifest says that it is not there. */
function checkAct(files, form, report) {
  const [act, rows] = [form.get("acte"), rowsOf(form, "acte")];
  const name = `acte/acte-${act.get("id")}.pdf`;
  if (rows.length === 0) {
    const why = form.get("absents").find((missing) => missing.get("quoi") === name)?.get("pourquoi") ?? null;
    report.add(finding("whole.act_absent", why === null ? "warn" : "info", { found: why ?? "sans raison donnée" }));
    return;
  }
  if (rows.length > 1 || rows[0].get("nom") !== name) {
    report.fail("whole.act_other", rows[0].get("nom"), name);
    return;
  }
  const found = files.digests(name);
  const expected = { bytes: act.get("octets"), sha256: act.get("sha256"), sha512: act.get("sha512") };
  if (found !== null && sameDigests(found, expected)) report.add(finding("whole.act", "info", { found: name }));
  else report.fail("whole.act_other", found?.sha512 ?? "", expected.sha512);
}

/** Judges each excerpt into `parts`; gives the lines of the one about the act. */
async function checkExcerpts(files, form, bound, parts, context) {
  let about = null;
  for (const row of rowsOf(form, "journal")) {
    const octets = files.text(row.get("nom"));
    if (octets === null) continue;
    const { part, lines } = await checkExcerpt(row.get("nom"), octets, bound, context);
    if (part.name === EXTRACT) about = lines;
    parts.push(part);
  }
  if (about === null) context.report.add(finding("extract.absent", "indeterminate", { found: EXTRACT }));
  else checkAgreement(about, form, context.report);
  return about ?? [];
}

/** What is under its digest and judged no further. */
function tellUnjudged(form, report) {
  const [anchors] = rowsOf(form, "ancres");
  if (anchors !== undefined) report.add(finding("whole.anchors", "info", { found: anchors.get("nom") }));
  const absent = form.get("absents").map((missing) => missing.get("quoi"));
  if (absent.length > 0) report.add(finding("whole.declared_missing", "info", { found: absent.join(", ") }));
}
