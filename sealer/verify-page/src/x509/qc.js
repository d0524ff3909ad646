// What a certificate says of its own qualification: QCStatements (RFC 3739, 3.2.6; ETSI EN 319 412-5). A claim only: no
// list of trust is consulted here.
import { Der, DerError, TAG } from "../der/read.js";
import { OID } from "../der/oid.js";

const MAX = 32;
const TYPES = { [OID.QC_TYPE_ESIGN]: "esign", [OID.QC_TYPE_ESEAL]: "eseal", [OID.QC_TYPE_WEB]: "web" };

/** The statements of the extension, or `null` when they cannot be read, which refuses nothing. */
export function readQcStatements(value) {
  try {
    return read(value);
  } catch (error) {
    if (error instanceof DerError) return null;
    throw error;
  }
}

function read(value) {
  const found = { compliance: false, device: false, types: [], legislation: [], others: [] };
  for (const statement of list(value, "QCStatements")) {
    const parts = Der.one(statement.whole, TAG.SEQUENCE, "QCStatement").inside();
    const id = parts.expect(TAG.OID, "statementId").oid();
    const values = (what) => parts.expect(TAG.SEQUENCE, what).inside().all(MAX, what);
    if (id === OID.QC_COMPLIANCE) found.compliance = true;
    else if (id === OID.QC_SSCD) found.device = true;
    else if (id === OID.QC_TYPE) found.types.push(...values("QcType").map((one) => one.oid()).map((one) => TYPES[one] ?? one));
    else if (id === OID.QC_LEGISLATION) {
      found.legislation.push(...values("QcCClegislation").map(country));
    } else found.others.push(id);
  }
  return found;
}

const country = ({ content }) => [...new TextDecoder("utf-8", { ignoreBOM: true }).decode(content)].slice(0, 8).join("");
const list = (value, what) => Der.one(value, TAG.SEQUENCE, what).inside().all(MAX, what);
