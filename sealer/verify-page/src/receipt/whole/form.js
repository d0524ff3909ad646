// The form of the manifest of a whole dossier (`constat-dossier-complet/1`): strict JSON in its one form (RFC 8785), these fields and
// no other.
import { text } from "../../base/bytes.js";
import { JsonError, canonical, parseStrict } from "../../base/json.js";
import { Refused, failure } from "../../base/report.js";
import { TypeMismatch, bool, instant, list, nullable, oneOf, required, sha256, sha512, string, struct, u64 } from "../../base/schema.js";
import { isArtefactPath } from "../../dossier/path.js";
import { id, issuer } from "../form.js";

const FORMAT = "constat-dossier-complet/1";

/** The manifest. */
export const MANIFEST = "manifeste.json";
/** The states of certificates beside it. */
export const STATES = `${MANIFEST}.etats`;
/** The manifest and what proves it: what it does not list of itself. */
export const OWN = [MANIFEST, `${MANIFEST}.p7s`, `${MANIFEST}.tst`, STATES];

const KINDS = [
  "acte", "signature_acte", "controle_signature", "avis", "suivi_avis", "retour", "recepisse", "recepisse_avis", "recepisse_zip", "accuse",
  "journal", "ancres", "explication", "procedure", "conditions", "verificateur", "lisezmoi", "sommes",
];

const closed = { closed: true };
const manifest = struct({
  format: required(string), essai: required(bool), pour: required(oneOf("destinataire", "etude")), etabli_le: required(instant),
  issuer: required(issuer),
  acte: required(struct({
    id: required(id), dossier: required(string), nature: required(string), envoye_le: nullable(instant), octets: required(u64),
    sha256: required(sha256), sha512: required(sha512),
  }, closed)),
  coffre_jusqu_au: nullable(instant), etude_jusqu_au: nullable(string),
  fichiers: required(list(struct({
    nom: required(string), genre: required(oneOf(...KINDS)), octets: required(u64), sha256: required(sha256),
  }, closed))),
  absents: required(list(struct({ quoi: required(string), pourquoi: required(string) }, closed))),
}, closed);

/** `{form, value}`: the fields of the manifest in these octets, and the manifest as it stands; refused when it has another form. */
export function readManifest(bytes) {
  const value = strict(bytes);
  if (canonical(value) !== text(bytes)) throw new Refused(failure("whole.canonical"));
  const format = value instanceof Map && typeof value.get("format") === "string" ? value.get("format") : "";
  if (format !== FORMAT) throw new Refused(failure("whole.format", format, FORMAT));
  const form = fields(value);
  const seen = new Set();
  for (const row of form.get("fichiers")) {
    const name = row.get("nom");
    const folded = name.toLowerCase();
    if (!isArtefactPath(name) || OWN.includes(name) || seen.has(folded)) throw new Refused(failure("whole.names", name));
    seen.add(folded);
  }
  return { form, value };
}

function strict(bytes) {
  try {
    return parseStrict(bytes);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw new Refused(failure("whole.json", error.message));
  }
}

function fields(value) {
  try {
    return manifest(value);
  } catch (error) {
    if (!(error instanceof TypeMismatch)) throw error;
    throw new Refused(failure("whole.field", error.message));
  }
}

/** The rows of a kind, in the order of the manifest. */
export const rowsOf = (form, kind) => form.get("fichiers").filter((row) => row.get("genre") === kind);
