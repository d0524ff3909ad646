// A signed part of a whole dossier that is no receipt, as it is told.
import { verdictOf } from "../../base/report.js";

/**
 * `{name, subject, verdict, findings, lines, facts}`: the part in the file `name`, which is an act's signature (`act`), an acknowledgement
 * (`answer`) or the checkpoint of an excerpt (`point`, of so many `lines`).
 */
export function part(name, subject, report, facts, lines = null) {
  const findings = report.findings();
  return { name, subject, verdict: verdictOf(findings), findings, lines, facts };
}
