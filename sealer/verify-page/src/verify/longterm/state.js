// What the state of the certificates means for a token, and for the seal: revoked before or after, and why.
import { showInstant } from "../../base/instant.js";
import { finding } from "../../base/report.js";
import { COMPROMISE, HARMLESS, HOLD } from "../../revocation/reason.js";
import { weakness } from "../../x509/strength.js";

/** What is known of all the certificates together: those that announce no source, and those of which nothing usable is here. */
export class Known {
  #silent = [];
  #missing = new Map();

  get isComplete() {
    return this.#silent.length === 0 && this.#missing.size === 0;
  }

  note(certificate, status, entry) {
    const subject = certificate.subjectText;
    if (status.kind === "no_source" && !this.#silent.includes(subject)) this.#silent.push(subject);
    if (status.kind !== "missing") return;
    const found = `${entry} : ${status.why.join(" ; ")}`;
    this.#missing.set(JSON.stringify([subject, found]), { expected: subject, found });
  }

  /** Tells the gaps, one finding each kind of gap and certificate. */
  tell(report) {
    for (const values of this.#missing.values()) report.add(finding("revocation.missing", "indeterminate", values));
    if (this.#silent.length > 0) report.add(finding("revocation.no_source", "warn", { found: this.#silent.join(" ; ") }));
  }
}

/** The certificates of a path with their issuers; the anchor's own state is not asked. */
const pairs = (path) => path.slice(0, -1).map((certificate, index) => [certificate, path[index + 1]]);

/** Judges a token: whether it still counts. `shield` is the time of a later token over it that counts, or `null`. */
export async function checkTokenState(token, shield, { pool, known, report, at }) {
  let counts = true;
  for (const [certificate, issuer] of pairs(token.path)) {
    const status = await pool.status(certificate, issuer, token.genTime);
    known.note(certificate, status, token.entry);
    if (status.kind === "revoked") {
      const text = told(token.entry, certificate, status.revocation);
      counts = tokenStands(token.genTime, shield, status.revocation, text, report) && counts;
    }
  }
  checkStrength(token, shield ?? at, "indeterminate", report);
  return counts;
}

/** RFC 3161 4: after a revocation for another reason than the key, older tokens stay good; else only those proven older. */
function tokenStands(made, shield, { at, reason, invalidSince }, found, report) {
  if (at <= made) {
    report.fail("revocation.revoked", found, `> ${showInstant(made)}`);
    return false;
  }
  const suspected = Math.min(at, invalidSince ?? at);
  const stands = HARMLESS.includes(reason) || (shield !== null && shield < suspected);
  report.add(stands ? finding("revocation.later", "info", { found }) : finding("revocation.doubt", "indeterminate", { found }));
  return stands;
}

/** Judges the seal at the best time known: `best` when a token proves it, else the time of the verification. */
export async function checkSealState(part, { signed, best, at }, { pool, known, report }) {
  const time = best ?? at;
  for (const [certificate, issuer] of pairs(part.path)) {
    const status = await pool.status(certificate, issuer, time);
    known.note(certificate, status, part.entry);
    if (status.kind !== "revoked") continue;
    const { code, level } = judgeSeal(signed, best, status.revocation);
    report.add(finding(code, level, { found: told(part.entry, certificate, status.revocation) }));
  }
  checkStrength(part, time, "fail", report);
}

function judgeSeal(signed, best, { at, reason, invalidSince }) {
  if (best === null) {
    // Without a token, only a signature that dates itself after the revocation is proven wrong.
    const after = signed !== null && signed >= at && reason !== HOLD;
    return { code: "revocation.revoked", level: after ? "fail" : "indeterminate" };
  }
  if (at <= best) {
    return reason === HOLD
      ? { code: "revocation.doubt", level: "indeterminate" }
      : { code: "revocation.revoked", level: "fail" };
  }
  const doubted = reason === COMPROMISE && (invalidSince === null || invalidSince <= best);
  return doubted ? { code: "revocation.doubt", level: "indeterminate" } : { code: "revocation.later", level: "info" };
}

const told = (entry, certificate, { at, reason }) => `${entry} : ${certificate.subjectText}, ${showInstant(at)} (${reason})`;

/** The dated table over the signature and every certificate of the path but the anchor. */
function checkStrength({ entry, path, algorithm }, at, over, report) {
  const chain = pairs(path).map(([certificate, issuer]) => [certificate, issuer.key, certificate.algorithm]);
  for (const [certificate, key, used] of [[path[0], path[0].key, algorithm], ...chain]) {
    const weak = used === null ? null : weakness(key, used, at);
    if (weak === null) continue;
    const found = `${entry} : ${certificate.subjectText}, ${weak.why}`;
    report.add(finding(weak.code, weak.code === "crypto.over" ? over : "warn", { expected: showInstant(at), found }));
  }
}
