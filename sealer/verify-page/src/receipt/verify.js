// Receipts of the signification module (`constat-preuve/1`) and certificates of erasure (`constat-effacement/1`): form,
// signature, chain, time, the document beside them, and in plain French what they attest and what they do not.
import { sha256 } from "../base/hash.js";
import { Refused, Report, failure, finding, verdictOf } from "../base/report.js";
import { readForm } from "./form.js";
import { checkPaper } from "./paper.js";
import { Pieces } from "./pieces.js";
import { checkSigned } from "./signed.js";
import { attests, limits } from "./texts.js";

/** The pieces of a receipt in a zip, or `null` when the file is none. */
export const receiptIn = (source) => Pieces.zip(source);

/** Those of files given one by one. */
export const receiptOf = (sources) => new Pieces(sources);

/** Judges the receipt these pieces are; `at` in milliseconds. */
export async function verifyReceipt(pieces, { anchors, at }) {
  const facts = {
    signer: null, certificate_sha256: null, signing_time: null, qc_statements: null, timestamp: null, level: null, essai: null,
  };
  const report = new Report();
  const receipt = { kind: null, sha256: null, document: "aucun", attests: [], limits: [] };
  let form = null;
  try {
    pieces.check();
    const signed = pieces.signed();
    if (signed === null) throw new Refused(failure("receipt.absent", pieces.names().join(", ")));
    [receipt.kind, receipt.sha256] = [signed.kind, await sha256(signed.bytes)];
    form = readForm(signed.kind, signed.bytes, report);
    await checkSigned(signed.kind, { pieces, bytes: signed.bytes, form }, { report, facts, anchors, at });
    if (form !== null) receipt.document = await checkPaper(signed.kind, pieces, form, report);
    facts.essai = form?.get("essai") ?? null;
    const names = [facts.signer ?? "", facts.timestamp?.authority ?? ""];
    if (facts.essai === true || names.some((name) => name.includes("ESSAI"))) {
      report.add(finding("trust.essai", "warn", { found: facts.signer ?? "" }));
    }
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    report.add(error.finding);
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
