// The office's signature of the act, and the acknowledgements of answers: signed parts of a whole dossier that are no receipts.
import { Report, finding } from "../../base/report.js";
import { Pieces } from "../pieces.js";
import { checkBound, checkSigned, noFacts } from "../signed.js";
import { STATES, rowsOf } from "./form.js";
import { part } from "./part.js";

/** The longest act whose own signature is checked, in octets. */
const MAX_ACT = 256 << 20;

/** Judges each; gives them as parts. `bound` is what binds the files of the dossier: its token, and its states of certificates. */
export async function checkSignatures(files, form, bound, context) {
  const parts = [];
  for (const row of rowsOf(form, "signature_acte")) parts.push(await checkAct(files, row.get("nom"), bound, context));
  for (const row of rowsOf(form, "accuse")) {
    if (row.get("nom").endsWith("/accuse.json")) parts.push(await checkAnswer(files, row.get("nom"), context));
  }
  return parts;
}

async function checkAct(files, name, bound, context) {
  const report = new Report();
  const act = name.endsWith(".p7s") ? files.octets(name.slice(0, -4), MAX_ACT) : null;
  const signed = files.text(name);
  if (act === null || signed === null) {
    report.add(finding("whole.act_signature", "indeterminate", { found: name }));
    return part(name, "act", report, noFacts());
  }
  const facts = await checkBound("acte.pdf.p7s", { bytes: act, signed, token: null }, bound, { ...context, report });
  return part(name, "act", report, facts);
}

/** The states of certificates of the dossier stand for those of the acknowledgement. */
async function checkAnswer(files, name, context) {
  const [report, facts] = [new Report(), noFacts()];
  const own = files.below(name.replace(/(?:\/accuse\.json)+$/, ""));
  if (files.source(STATES) !== undefined) own.set("accuse.json.etats", files.source(STATES));
  const bytes = files.text(name);
  if (bytes !== null) await checkSigned("accuse.json", { pieces: new Pieces(own), bytes, told: null }, { ...context, report, facts });
  return part(name, "answer", report, facts);
}
