// The excerpt of the journal in a whole dossier (`constat-extrait/1`): each line under the root of a checkpoint (RFC 9162, 2.1.3), the
// checkpoint signed, and what the lines say against what the manifest says.
import { utf8 } from "../../base/bytes.js";
import { sameValue } from "../../base/json.js";
import { Report, finding } from "../../base/report.js";
import { isFormFault, isIncluded, lineOf, readExcerpt } from "../point.js";
import { checkBound, noFacts } from "../signed.js";
import { rowsOf } from "./form.js";
import { part } from "./part.js";

/** Lines at most. */
const MAX_LINES = 100_000;

/** Judges the excerpt `name`: `{part, lines}`, the lines as far as they are in the journal. `bound` is what binds it to the dossier. */
export async function checkExcerpt(name, octets, bound, context) {
  const report = new Report();
  let [lines, facts] = [[], noFacts()];
  const read = readLines(octets, report);
  if (read !== null) {
    lines = await included(read, report);
    const signed = { bytes: utf8(read.text), signed: read.signature, token: read.token };
    facts = await checkBound("point", signed, bound, { ...context, report });
    if (read.token === null) report.add(finding("extract.timestamp_deferred", bound.stamp === null ? "indeterminate" : "warn"));
  }
  return { part: part(name, "point", report, facts, lines.length), lines };
}

function readLines(octets, report) {
  try {
    return readExcerpt(octets, MAX_LINES);
  } catch (error) {
    if (!isFormFault(error)) throw error;
    report.fail("extract.format", error.message);
    return null;
  }
}

/** Every line is the one of its number under the root, and they follow each other. */
async function included({ lines, head }, report) {
  const found = [];
  let last = null;
  for (const told of lines) {
    const line = lineIn(told);
    if (line !== null && (await isIncluded(line, told, head))) found.push(line);
    else report.fail("extract.inclusion", told.rank);
    if (last !== null && last >= told.rank) report.fail("extract.order", told.rank);
    last = told.rank;
  }
  return found;
}

function lineIn({ told }) {
  try {
    return lineOf(told);
  } catch (error) {
    if (!isFormFault(error)) throw error;
    return null;
  }
}

/** What the journal says of the act against what the manifest says: its octets, its sending, the check of its signature. */
export function checkAgreement(lines, form, report) {
  const act = form.get("acte");
  const about = (op, field) => lines.find((line) => line.get("op") === op && line.get("data").get(field) === act.get("id")) ?? null;
  const expected = new Map([["bytes", act.get("octets")], ["sha256", act.get("sha256")], ["sha512", act.get("sha512")]]);
  const drafted = about("signification.act.drafted", "act")?.get("data").get("content");
  if (drafted === undefined || !sameValue(drafted, expected)) {
    report.fail("extract.act", drafted instanceof Map ? (drafted.get("sha256") ?? "") : "", act.get("sha256"));
  }
  const sent = about("signification.act.sent", "act")?.get("at") ?? null;
  if (sent !== act.get("envoye_le")) report.fail("extract.sent", act.get("envoye_le") ?? "aucun envoi", sent ?? "aucun envoi");
  const judged = about("signification.preuve.signature", "acte")?.get("data").get("constat");
  const told = typeof judged === "string" ? judged : null;
  const shown = rowsOf(form, "controle_signature")[0]?.get("sha256") ?? null;
  if (told !== shown) report.fail("extract.signature", shown ?? "", told ?? "aucun");
}
