// Findings as they come, in the order of the checks, and the verdict they give.

/** Findings kept at most: a hostile bundle must not make the report grow without end. */
const MAX_FINDINGS = 200;

export const LEVELS = ["info", "warn", "indeterminate", "fail"];

/** A check that ends with one finding. */
export class Refused extends Error {
  constructor(finding) {
    super(finding.code);
    this.finding = finding;
  }
}

const show = (value) => (value === undefined || value === null ? null : String(value));

/** One result of one check; `code` is stable, its sentence is in texts/. */
export function finding(code, level, { expected, found } = {}) {
  return { code, level, expected: show(expected), found: show(found) };
}

export const failure = (code, found, expected) => finding(code, "fail", { found, expected });

export class Report {
  #findings = [];
  #dropped = 0;

  add(found) {
    if (this.#findings.length < MAX_FINDINGS) this.#findings.push(found);
    else this.#dropped += 1;
  }

  fail(code, found, expected) {
    this.add(failure(code, found, expected));
  }

  findings() {
    if (this.#dropped === 0) return this.#findings;
    return [...this.#findings, failure("report.cut", this.#dropped)];
  }
}

/** FAIL when something is proven wrong, INDETERMINATE when something cannot be answered, PASS otherwise. */
export function verdictOf(findings) {
  if (findings.some((f) => f.level === "fail")) return "FAIL";
  return findings.some((f) => f.level === "indeterminate") ? "INDETERMINATE" : "PASS";
}

/** What `read` gives; `null` once its refusal is told. */
export function refusable(report, read) {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    report.add(error.finding);
    return null;
  }
}
