// The receipts of a whole dossier: each judged in full, held against the act and the journal, and its zip against its folder.
import { digestsOf, sameDigests } from "../../base/hash.js";
import { JsonError, parseStrict } from "../../base/json.js";
import { Refused, Report, finding } from "../../base/report.js";
import { Pieces } from "../pieces.js";
import { announces } from "../point.js";
import { verifyReceipt } from "../verify.js";
import { rowsOf } from "./form.js";

/** The field that names a receipt in the journal, by its kind. */
const NAMED = { preuve: "evidence_id", effacement: "certificate_id" };
/** Receipts of the consent are announced by the lines of the consent, not by those of the act. */
const ELSEWHERE = "recepisses/consentement/";

/** Judges every receipt; gives them, each as `verifyReceipt` does with the `name` of its folder. `lines` are those of the excerpt. */
export async function checkReceipts(files, form, lines, context) {
  const { report, progress } = context;
  const folders = foldersOf(rowsOf(form, "recepisse"));
  const receipts = [];
  for (const name of folders) {
    progress("receipts", 0);
    const [pieces, own] = [new Pieces(files.below(name)), new Report()];
    const signed = pieces.signed();
    if (signed !== null) await checkHeld(name, signed, form, lines, own);
    receipts.push({ name, ...(await verifyReceipt(pieces, { ...context, report: own })) });
  }
  for (const row of rowsOf(form, "recepisse_zip")) await checkZip(files, row.get("nom"), folders, report);
  if (folders.length === 0 && lines.some((line) => line.get("op") === "signification.receipt.made")) {
    report.add(finding("whole.receipt_missing", "warn"));
  }
  return receipts;
}

/** The folders that hold these files, sorted. */
function foldersOf(rows) {
  const names = rows.map((row) => row.get("nom")).filter((name) => name.includes("/"));
  return [...new Set(names.map((name) => name.slice(0, name.lastIndexOf("/"))))].sort();
}

/** A receipt is about the act of the dossier; one about the act is announced by the journal with these very octets. */
async function checkHeld(name, { kind, bytes }, form, lines, report) {
  const value = objectIn(bytes);
  if (value === null) return;
  const text = (field) => (typeof value.get(field) === "string" ? value.get(field) : null);
  const act = form.get("acte");
  const documents = Array.isArray(value.get("content")) ? value.get("content") : [];
  const isOther = (document) => !(document instanceof Map) || document.get("sha256") !== act.get("sha256");
  if ((text("act_id") ?? act.get("id")) !== act.get("id") || documents.some(isOther)) {
    report.fail("whole.receipt_other", text("act_id") ?? "", act.get("id"));
  }
  if (name.startsWith(ELSEWHERE) || lines.length === 0) return;
  const [id, digests] = [text(NAMED[kind]) ?? "", await digestsOf(bytes)];
  if (!lines.some((line) => announces(line, id, digests))) report.fail("whole.receipt_unannounced", name);
}

/** The value in these octets, an object without fields when it is another; `null` when they are no strict JSON, which is told elsewhere. */
function objectIn(bytes) {
  try {
    const value = parseStrict(bytes);
    return value instanceof Map ? value : new Map();
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    return null;
  }
}

/** The zip of a receipt holds the files of its folder, and no other. */
async function checkZip(files, name, folders, report) {
  const folder = name.endsWith(".zip") ? name.slice(0, -4) : "";
  const source = files.source(name);
  if (source === undefined || !folders.includes(folder)) {
    report.fail("whole.receipt_zip", name);
    return;
  }
  try {
    const zipped = Pieces.entries(source);
    zipped.check();
    if (!(await isSame(zipped, files, folder))) report.fail("whole.receipt_zip", name);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    report.fail("whole.receipt_zip", error.finding.code, name);
  }
}

async function isSame(zipped, files, folder) {
  const own = [...files.below(folder).keys()].sort();
  if (own.join("\n") !== zipped.names().join("\n")) return false;
  for (const name of own) {
    if (!sameDigests(files.digests(`${folder}/${name}`), await zipped.digests(name))) return false;
  }
  return true;
}
