// What stands beside a receipt: the documents it speaks of, the procedure sheet, and what nothing binds to it.
import { finding } from "../base/report.js";
import { KINDS } from "./form.js";

const PROCEDURE = "procedure.json";
/** The receipt drawn for people. */
const VIEW = "avis.pdf";

/** Compares the documents with their digests, tells what is judged by nothing; gives `aucun`, `absent`, `identique` or `autre`. */
export async function checkPaper(kind, pieces, form, report) {
  const own = ["", ".p7s", ".tst", ".point", ".etats"].map((end) => KINDS[kind].file + end);
  let others = [];
  for (const name of pieces.names()) {
    if (!own.includes(name) && name !== PROCEDURE) others.push({ name, digests: await pieces.digests(name) });
  }
  const fates = new Set();
  for (const document of form.get("content") ?? []) {
    const { fate, left } = fateOf(document, others, report);
    fates.add(fate);
    others = left;
  }
  const sheet = pieces.has(PROCEDURE) ? (await pieces.digests(PROCEDURE)).sha256 : null;
  checkProcedure(form.get("procedure"), sheet, report);
  if (others.some(({ name }) => name === VIEW)) {
    others = others.filter(({ name }) => name !== VIEW);
    report.add(finding("receipt.view", "info"));
  }
  if (others.length > 0) {
    report.add(finding("receipt.stray", "warn", { found: others.map(({ name }) => name).join(", ") }));
  }
  return ["autre", "absent", "identique"].find((fate) => fates.has(fate)) ?? "aucun";
}

function fateOf(document, others, report) {
  const is = ({ bytes, sha256, sha512 }) =>
    bytes === document.get("size") && sha256 === document.get("sha256") && sha512 === document.get("sha512");
  const same = others.find(({ digests }) => is(digests));
  if (same !== undefined) {
    report.add(finding("receipt.document_same", "info", { found: same.name }));
    // The office's own signature of the act, beside it: of another kind, judged elsewhere.
    return { fate: "identique", left: others.filter((one) => one !== same && one.name !== `${same.name}.p7s`) };
  }
  const named = others.find(({ name }) => name === document.get("name"));
  if (named !== undefined) {
    report.fail("receipt.document", named.digests.sha256, document.get("sha256"));
    return { fate: "autre", left: others.filter((one) => one !== named) };
  }
  report.add(finding("receipt.document_absent", "info", { found: document.get("name") }));
  return { fate: "absent", left: others };
}

/** The sheet must be the one whose digest is signed; an announced one that is not there is told. */
function checkProcedure(expected, found, report) {
  if (expected === found) return;
  if (found === null) report.add(finding("receipt.procedure_absent", "warn", { found: expected }));
  else if (expected === null) report.add(finding("receipt.stray", "warn", { found }));
  else report.fail("receipt.procedure", found, expected);
}
