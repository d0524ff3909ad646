// Until when each algorithm is strong enough: a dated table, judged at the best time known of a signature. The dates are
// those of the reference validator's default policy (after ETSI TS 119 312) and of the SOG-IS agreed mechanisms.
import { rsaBits } from "./algorithm.js";

/** RSA under 3000 bits is legacy (SOG-IS agreed cryptographic mechanisms 1.3). */
const SHORT_RSA_WEAK = Date.UTC(2026, 0, 1);
/** End of RSASSA-PKCS1-v1_5, whatever the key, and of RSA under 3000 bits. */
const PKCS1_END = Date.UTC(2029, 0, 1);
const SHORT_RSA = 3000;

/** `null` when strong enough at `at`, else `{code, why}`: `crypto.weak` (to be left) or `crypto.over` (no longer accepted). */
export function weakness(key, algorithm, at) {
  const bits = rsaBits(key);
  if (bits === null) return null;
  const short = bits < SHORT_RSA;
  if (algorithm.kind === "PSS") return short ? { code: "crypto.over", why: `RSASSA-PSS, ${bits} bits` } : null;
  if (at >= PKCS1_END) return { code: "crypto.over", why: `RSASSA-PKCS1-v1_5, ${bits} bits, 2029-01-01` };
  return short && at >= SHORT_RSA_WEAK ? { code: "crypto.weak", why: `RSA ${bits} bits, 2026-01-01` } : null;
}
