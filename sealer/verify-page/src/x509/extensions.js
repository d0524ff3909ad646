// The extensions of a certificate (RFC 5280 4.2) that are processed; any other critical one is remembered, and makes the
// certificate useless for a path.
import { octetString } from "../base/bytes.js";
import { Der, DerError, TAG, context, contextPrimitive } from "../der/read.js";
import { OID } from "../der/oid.js";
import { readConstraintsOnNames, readGeneralNames } from "./names.js";
import { readQcStatements } from "./qc.js";

/** Values read at most in one extension. */
const MAX_VALUES = 64;

/** Everything the `[3]` field of a TBSCertificate says; `null` stands for no such field. */
export function readExtensions(explicit) {
  const found = {
    constraints: { ca: false, pathLength: null }, keyUse: null, purposes: null, subjectKey: null, authorityKey: null,
    policies: null, requireExplicit: null, inhibitAny: null, names: null, alternativeNames: [],
    // `crls` are web addresses; `announced` counts a CRL or a responder at any kind of address.
    sources: { crls: [], announced: false }, noCheck: false, qc: null, unknownCritical: [],
  };
  if (explicit === null) return found;
  for (const { id, critical, value } of extensionList(explicit.content)) {
    if (Object.hasOwn(READERS, id)) READERS[id](found, value, critical);
    else if (critical) found.unknownCritical.push(id);
  }
  return found;
}

/** The entries of an `Extensions` SEQUENCE: `{id, critical, value}`, each identifier once. */
export function extensionList(octets) {
  const found = [];
  for (const element of Der.one(octets, TAG.SEQUENCE, "Extensions").inside().all(MAX_VALUES, "Extensions")) {
    const parts = Der.one(element.whole, TAG.SEQUENCE, "Extension").inside();
    const id = parts.expect(TAG.OID, "extnID").oid();
    const critical = parts.flag("critical");
    const value = parts.expect(TAG.OCTET_STRING, "extnValue").content;
    parts.end("Extension");
    if (found.some((known) => known.id === id)) throw new DerError(`extension ${id} twice`);
    found.push({ id, critical, value });
  }
  return found;
}

const items = (value, what, limit = MAX_VALUES) => Der.one(value, TAG.SEQUENCE, what).inside().all(limit, what);

const READERS = {
  [OID.CE_BASIC_CONSTRAINTS]: (found, value) => {
    const parts = Der.one(value, TAG.SEQUENCE, "BasicConstraints").inside();
    const ca = parts.flag("cA");
    const pathLength = parts.optional(TAG.INTEGER, "pathLenConstraint")?.small() ?? null;
    parts.end("BasicConstraints");
    found.constraints = { ca, pathLength };
  },
  [OID.CE_KEY_USAGE]: (found, value) => (found.keyUse = readKeyUse(value)),
  [OID.CE_EXT_KEY_USAGE]: (found, value, critical) => {
    found.purposes = { list: items(value, "ExtKeyUsage", 32).map((element) => element.oid()), critical };
  },
  [OID.CE_SUBJECT_KEY_IDENTIFIER]: (found, value) => {
    found.subjectKey = Der.one(value, TAG.OCTET_STRING, "SubjectKeyIdentifier").content;
  },
  [OID.CE_AUTHORITY_KEY_IDENTIFIER]: (found, value) => (found.authorityKey = readAuthorityKey(value)),
  [OID.CE_SUBJECT_ALT_NAME]: (found, value) => (found.alternativeNames = readGeneralNames(value)),
  [OID.CE_NAME_CONSTRAINTS]: (found, value) => (found.names = readConstraintsOnNames(value)),
  [OID.CE_CERTIFICATE_POLICIES]: (found, value) => {
    found.policies = items(value, "CertificatePolicies").map((one) => one.inside().expect(TAG.OID, "policyIdentifier").oid());
  },
  [OID.CE_POLICY_CONSTRAINTS]: (found, value) => {
    const parts = Der.one(value, TAG.SEQUENCE, "PolicyConstraints").inside();
    found.requireExplicit = parts.optional(contextPrimitive(0), "requireExplicitPolicy")?.small() ?? null;
    // Mappings are never applied here, so that their inhibition asks nothing.
    parts.optional(contextPrimitive(1), "inhibitPolicyMapping");
    parts.end("PolicyConstraints");
  },
  [OID.CE_INHIBIT_ANY_POLICY]: (found, value) => (found.inhibitAny = Der.one(value, TAG.INTEGER, "InhibitAnyPolicy").small()),
  [OID.CE_CRL_DISTRIBUTION_POINTS]: (found, value) => readDistributionPoints(found.sources, value),
  [OID.PE_AUTHORITY_INFO_ACCESS]: (found, value) => readAccess(found.sources, value),
  [OID.OCSP_NO_CHECK]: (found) => (found.noCheck = true),
  [OID.PE_QC_STATEMENTS]: (found, value, critical) => {
    found.qc = readQcStatements(value);
    if (critical) found.unknownCritical.push(OID.PE_QC_STATEMENTS);
  },
};

function readDistributionPoints(sources, value) {
  for (const point of items(value, "CRLDistributionPoints")) {
    const parts = Der.one(point.whole, TAG.SEQUENCE, "DistributionPoint").inside();
    sources.announced = true;
    const full = parts.optional(context(0), "distributionPoint")?.inside().optional(context(0), "fullName") ?? null;
    if (full !== null) sources.crls.push(...addresses(full.content));
  }
}

function readAccess(sources, value) {
  for (const access of items(value, "AuthorityInfoAccess")) {
    const parts = Der.one(access.whole, TAG.SEQUENCE, "AccessDescription").inside();
    const method = parts.expect(TAG.OID, "accessMethod").oid();
    parts.next("accessLocation");
    if (method === OID.AD_OCSP) sources.announced = true;
  }
}

/** The `keyIdentifier` of an AuthorityKeyIdentifier, or `null`. */
export function readAuthorityKey(value) {
  const parts = Der.one(value, TAG.SEQUENCE, "AuthorityKeyIdentifier").inside();
  return parts.optional(contextPrimitive(0), "keyIdentifier")?.content ?? null;
}

/** The `http` and `https` addresses among general names. */
export function addresses(names) {
  const web = /^https?:\/\/[!-~]*$/;
  return new Der(names).all(MAX_VALUES, "GeneralNames")
    .filter((name) => name.tag === contextPrimitive(6) && web.test(octetString(name.content)))
    .map((name) => octetString(name.content));
}

/** The bits of the key usage (RFC 5280 4.2.1.3) that matter here; `other` is any bit but the first two. */
function readKeyUse(value) {
  const [unused, first, ...rest] = Der.one(value, TAG.BIT_STRING, "KeyUsage").content;
  if (unused === undefined || unused > 7 || first === undefined) throw new DerError("KeyUsage: empty");
  return {
    digitalSignature: (first & 0x80) !== 0,
    nonRepudiation: (first & 0x40) !== 0,
    keyCertSign: (first & 0x04) !== 0,
    crlSign: (first & 0x02) !== 0,
    other: (first & 0x3f) !== 0 || rest.some((octet) => octet !== 0),
  };
}
