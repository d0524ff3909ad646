// The rules of RFC 5280 section 6 that look at a whole path: names and policies.
import { DerError } from "../der/read.js";
import { OID } from "../der/oid.js";
import { allow } from "./names.js";

/** Why a path, signer first and anchor last, breaks one of them; `null` when it breaks none. */
export const pathFault = (path) => nameFault(path) ?? policyFault(path);

/** Constraints of each authority over every certificate below it (6.1.3 b, c); a self-issued intermediate is free, the signer never. */
function nameFault(path) {
  for (const [at, authority] of path.entries()) {
    const constraints = at > 0 ? authority.extensions.names : null;
    if (constraints === null) continue;
    for (const [below, certificate] of path.slice(0, at).entries()) {
      if (below > 0 && certificate.isSelfIssued) continue;
      try {
        if (certificate.names.every((name) => allow(constraints, name))) continue;
      } catch (error) {
        if (!(error instanceof DerError)) throw error;
        return `${certificate.subjectText}: ${error.message}`;
      }
      return `${authority.subjectText} does not allow the names of ${certificate.subjectText}`;
    }
  }
  return null;
}

/** The policies left (`null` is any) once a certificate states `list`; `any` says whether anyPolicy in it counts. */
function narrowed(valid, list, any) {
  if (list === null) return new Set();
  if (any && list.includes(OID.ANY_POLICY)) return valid;
  return new Set(list.filter((policy) => policy !== OID.ANY_POLICY && (valid === null || valid.has(policy))));
}

/**
 * Policies (6.1), any being acceptable to the verifier: they matter only when an authority requires one. Mappings are not
 * applied; a critical one makes the path useless.
 */
function policyFault(path) {
  const count = path.length - 1;
  let [explicit, inhibit, valid] = [count + 1, count + 1, null];
  for (let below = count - 1; below >= 0; below -= 1) {
    const certificate = path[below];
    const { policies, requireExplicit, inhibitAny } = certificate.extensions;
    const [last, selfIssued] = [below === 0, certificate.isSelfIssued];
    valid = narrowed(valid, policies, inhibit > 0 || (!last && selfIssued));
    if (explicit === 0 && valid?.size === 0) return `no policy is left at ${certificate.subjectText}`;
    if (!selfIssued) {
      explicit = Math.max(explicit - 1, 0);
      inhibit = Math.max(inhibit - 1, 0);
    }
    if (last) explicit = requireExplicit === 0 ? 0 : explicit;
    else explicit = Math.min(explicit, requireExplicit ?? explicit);
    inhibit = Math.min(inhibit, inhibitAny ?? inhibit);
  }
  const none = explicit === 0 && valid?.size === 0;
  return none ? "an authority requires a policy, and none is valid along the path" : null;
}
