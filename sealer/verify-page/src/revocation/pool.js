// The state of one certificate at one instant, from the CRLs and OCSP answers at hand (RFC 5280 6.3, RFC 6960 3.2).
import { equal } from "../base/bytes.js";
import { showInstant } from "../base/instant.js";
import { OID } from "../der/oid.js";
import { sameKey } from "../x509/algorithm.js";
import { HOLD } from "./reason.js";

/** How far clocks may disagree. */
const SKEW = 5 * 60_000;

/** What a piece says, or why it is not used. */
const word = (thisUpdate, revocation) => ({ thisUpdate, revocation });
const refused = (why) => ({ why });

/** Everything at hand. */
export class Pool {
  constructor() {
    Object.assign(this, { certificates: [], crls: [], answers: [] });
  }

  /** Adds what a SignedData carries. */
  add({ crls, answers }, certificates) {
    this.crls.push(...crls);
    this.answers.push(...answers);
    this.certificates.push(...certificates);
  }

  /**
   * The state of `certificate`, issued by `issuer`, judged for `at`: `{kind}` is `good`, `revoked` (with `revocation`),
   * `no_source` (none announced, nothing speaks of it) or `missing` (with `why`: one announced, nothing usable at hand).
   */
  async status(certificate, issuer, at) {
    const [words, why] = [[], []];
    const take = (piece, said) => (said.why === undefined ? words.push(said) : why.push(`${piece.label} : ${said.why}`));
    for (const crl of this.crls.filter((list) => equal(list.issuer, certificate.issuer))) {
      take(crl, await wordOfCrl(crl, certificate, issuer, at));
    }
    for (const answer of this.answers) {
      const said = await this.#wordOfAnswer(answer, certificate, issuer, at);
      if (said !== null) take(answer, said);
    }
    // A final revocation stands whoever tells it; a hold may have been lifted since.
    const final = words.filter(({ revocation }) => revocation !== null && revocation.reason !== HOLD);
    const earliest = final.reduce((found, { revocation }) => (found !== null && found.at <= revocation.at ? found : revocation), null);
    if (earliest !== null) return { kind: "revoked", revocation: earliest };
    if (words.length > 0) {
      const { revocation } = words.reduce((last, one) => (one.thisUpdate >= last.thisUpdate ? one : last));
      return revocation === null ? { kind: "good" } : { kind: "revoked", revocation };
    }
    return certificate.extensions.sources.announced || why.length > 0 ? { kind: "missing", why } : { kind: "no_source" };
  }

  async #wordOfAnswer(answer, certificate, issuer, at) {
    const said = await answer.about(certificate, issuer);
    if (said === null) return null;
    const signer = await answer.signer([issuer]);
    if (signer === null) return refused("its signature is wrong, or its signer unknown");
    const why = await this.#responderFault(signer, issuer, answer.producedAt);
    if (why !== null) return refused(why);
    if (said.state === "unknown") return refused("the responder does not know the certificate");
    if (said.revocation === null && certificate.notAfter < said.thisUpdate) return refused("made after the certificate expired");
    const old = staleness(said.thisUpdate, said.nextUpdate, at);
    return old === null ? word(said.thisUpdate, said.revocation) : refused(old);
  }

  /** Why `signer` may not sign an answer: the issuer may, or a delegate it issued for that alone (RFC 6960 4.2.2.2). */
  async #responderFault(signer, issuer, made) {
    if (equal(signer.subject, issuer.subject) && sameKey(signer.key, issuer.key)) return null;
    const { purposes, unknownCritical, keyUse, noCheck } = signer.extensions;
    const delegated = purposes?.list.includes(OID.KP_OCSP_SIGNING) ?? false;
    if (!(await signer.isSignedBy(issuer)) || !delegated || unknownCritical.length > 0) {
      return `${signer.subjectText} holds no delegation of the authority (OCSPSigning)`;
    }
    if (keyUse !== null && !keyUse.digitalSignature && !keyUse.nonRepudiation) {
      return "the delegate's key usage does not allow signatures";
    }
    if (made < signer.notBefore || made > signer.notAfter) return "made outside the validity of its signer";
    if (noCheck) return null;
    for (const crl of this.crls) {
      const said = await wordOfCrl(crl, signer, issuer, made);
      if (said.why === undefined && said.revocation === null) return null;
    }
    return "the state of the delegate is not known";
  }

  /** The first piece that nobody at hand signed (octets that could be changed unseen), or `null`. */
  async unexplained() {
    for (const crl of this.crls) if (!(await some(this.certificates, (one) => crl.isSignedBy(one)))) return crl.label;
    for (const answer of this.answers) {
      const signer = await answer.signer(this.certificates);
      const parties = signer === null ? [null] : [signer, ...answer.certificates];
      if (await some(parties, async (party) => party === null || !(await this.#isKnown(party)))) return answer.label;
    }
    return null;
  }

  async #isKnown(certificate) {
    if (this.certificates.some((known) => known.is(certificate))) return true;
    return some(this.certificates, (issuer) => certificate.isSignedBy(issuer));
  }
}

async function some(list, holds) {
  for (const item of list) if (await holds(item)) return true;
  return false;
}

async function wordOfCrl(crl, certificate, issuer, at) {
  const why = await crl.refusal(certificate, issuer);
  if (why !== null) return refused(why);
  const revocation = crl.entry(certificate);
  // An entry stays true once it was made; its absence is a word for a while only.
  const old = revocation === null || revocation.reason === HOLD ? staleness(crl.thisUpdate, crl.nextUpdate, at) : null;
  return old === null ? word(crl.thisUpdate, revocation) : refused(old);
}

/** Why what was said at `made` does not count at `at`: it must be later, or not yet replaced by then. */
function staleness(made, next, at) {
  if (next !== null && next < made) return "nextUpdate before thisUpdate";
  if (made >= at || (next ?? made) + SKEW >= at) return null;
  return `too old for ${showInstant(at)} (${showInstant(made)}, next ${next === null ? "?" : showInstant(next)})`;
}
