// Findings and facts as both verifiers write them for machines.
import { showInstant } from "../base/instant.js";
import { sentence } from "./sentence.js";

/** An instant in milliseconds as it is written; `null` for none. */
export const when = (ms) => (ms === null || ms === undefined ? null : showInstant(ms));

/** The findings; `subject` as for `sentence`. */
export const findingsReport = (findings, texts, subject = null) => findings.map(({ code, level, expected, found }) => ({
  code, level, what: sentence(code, texts, subject), ...(expected === null ? {} : { expected }), ...(found === null ? {} : { found }),
}));

/** What a signature and its time say. */
export function factsReport(facts) {
  const { anchor: _, ...token } = facts.timestamp ?? {};
  return {
    signer: facts.signer, certificate_sha256: facts.certificate_sha256, signing_time: when(facts.signing_time), level: facts.level,
    ...(facts.qc_statements === null ? {} : { qc_statements: facts.qc_statements }),
    timestamp: facts.timestamp === null ? null : { ...token, gen_time: when(token.gen_time), valid_to: when(token.valid_to) },
    essai: facts.essai,
  };
}

/** A JSON value, whose objects are Maps, as a plain one. */
export function plain(value) {
  if (Array.isArray(value)) return value.map(plain);
  return value instanceof Map ? Object.fromEntries([...value].map(([key, item]) => [key, plain(item)])) : value;
}
