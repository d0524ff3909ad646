// Receipts of the signification module (`constat-preuve/1`) and certificates of erasure (`constat-effacement/1`): form,
// signature, chain, time, the document beside them, and in plain French what they attest and what they do not.
import { sha256 } from "../base/hash.js";
import { parseInstant } from "../base/instant.js";
import { parseStrict } from "../base/json.js";
import { Refused, Report, failure, finding, verdictOf } from "../base/report.js";
import { ReadError } from "../base/source.js";
import { KINDS, readForm } from "./form.js";
import { checkPaper } from "./paper.js";
import { Pieces } from "./pieces.js";
import { checkSigned, noFacts } from "./signed.js";
import { attests, limits } from "./texts.js";

/** The pieces of a receipt in a zip, or `null` when the file is none. */
export const receiptIn = (source) => Pieces.zip(source);

/** Those of files given one by one. */
export const receiptOf = (sources) => new Pieces(sources);

/**
 * Judges the receipt these pieces are; `at` in milliseconds. `report` holds what was found of it already, if anything. Gives
 * `{verdict, findings, facts, receipt}`.
 */
export async function verifyReceipt(pieces, { anchors, at, report = new Report() }) {
  const facts = noFacts();
  const receipt = { kind: null, sha256: null, content: null, document: "aucun", attests: [], limits: [] };
  let form = null;
  try {
    form = await judge(pieces, receipt, { report, facts, anchors, at });
  } catch (error) {
    if (error instanceof ReadError) report.fail("file.unreadable", error.message);
    else if (error instanceof Refused) report.add(error.finding);
    else throw error;
  }
  const findings = report.findings();
  const verdict = verdictOf(findings);
  // What is proven wrong attests nothing.
  if (form !== null && verdict !== "FAIL") {
    receipt.attests = attests(receipt.kind, form);
    receipt.limits = limits(receipt.kind, form, receipt.document, facts.timestamp !== null);
  }
  return { verdict, findings, facts, receipt };
}

/** Judges what is there; gives the fields of the signed object when its form is right, else `null`. */
async function judge(pieces, receipt, context) {
  const { report, facts } = context;
  pieces.check();
  const signed = pieces.signed();
  if (signed === null) throw new Refused(failure("receipt.absent", pieces.names().join(", ")));
  const { kind, bytes } = signed;
  [receipt.kind, receipt.sha256] = [kind, await sha256(bytes)];
  const form = readForm(kind, bytes, report);
  const told = form === null ? null : { id: form.get(KINDS[kind].id), at: parseInstant(form.get(KINDS[kind].at)) };
  await checkSigned(KINDS[kind].file, { pieces, bytes, told }, context);
  if (form !== null) {
    receipt.content = parseStrict(bytes);
    receipt.document = await checkPaper(kind, pieces, form, report);
    facts.essai = form.get("essai");
  }
  if (facts.essai === true || isTrial(facts)) report.add(finding("trust.essai", "warn", { found: facts.signer ?? "" }));
  return form;
}

/** Whether the signer or the authority calls itself a trial one. */
export const isTrial = (facts) => [facts.signer ?? "", facts.timestamp?.authority ?? ""].some((name) => name.includes("ESSAI"));
