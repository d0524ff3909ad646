// The form of a receipt: strict JSON in its one form (RFC 8785), these fields and no other, and fields that agree.
import { text } from "../base/bytes.js";
import { parseInstant } from "../base/instant.js";
import { JsonError, canonical, parseStrict } from "../base/json.js";
import { failure } from "../base/report.js";
import {
  TypeMismatch, bool, instant, list, matching, nullable, oneOf, required, sha256, sha512, string, struct, u64,
} from "../base/schema.js";
import { eventOf } from "./texts.js";

const closed = { closed: true };
export const id = matching(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, "an identifier");
export const issuer = struct({ etude: required(string), residence: required(string) }, closed);
const journal = struct({ seq: required(u64), entry_hash: required(sha256), prev_hash: required(sha256) }, closed);

const proof = struct({
  version: required(string), essai: required(bool), evidence_id: required(id),
  event: required(struct({ uri: required(string), nom: required(string), libelle: required(string) }, closed)),
  event_time_utc: required(instant), event_time_paris: required(string), submission_time: nullable(instant),
  reasons: required(list(string)),
  policy: nullable(struct({ version: required(string), sha256: required(sha256) }, closed)),
  issuer: required(issuer), actor_role: required(oneOf("etude", "destinataire", "registre", "plateforme")),
  actor_id: required(string), act_signer: nullable(sha256), act_signature_level: nullable(string),
  recipient: required(struct({ id: required(id), identification: nullable(oneOf("pieces", "france_connect")) }, closed)),
  auth_method: nullable(string), auth_time: nullable(instant), message_id: nullable(id), act_id: nullable(id),
  dossier_ref: required(string),
  content: required(list(struct({
    name: required(string), type: required(string), size: required(u64), sha256: required(sha256), sha512: required(sha512),
  }, closed))),
  nature_acte: nullable(string), requerant: nullable(string), consent_ref: required(id), consent_basis: nullable(string),
  qualification: nullable(oneOf("EN_ATTENTE", "A_PERSONNE", "A_DOMICILE")), journal: required(journal),
  procedure: nullable(sha256),
}, closed);

const erasure = struct({
  version: required(string), essai: required(bool), certificate_id: required(id), pseudonym: required(id),
  motif: required(oneOf("REVOCATION", "RESILIATION")), demande_recue_le: nullable(instant), fin_le: required(instant),
  efface_le: required(instant), efface_le_paris: required(string),
  items: required(list(struct({
    nature: required(oneOf("acte", "declaration", "piece", "cle", "reponse", "jointe", "creance", "document")), id: required(id), sha256: nullable(sha256),
  }, closed))),
  methode: required(string), issuer: required(issuer), journal: required(journal), procedure: nullable(sha256),
}, closed);

export const KINDS = {
  preuve: { file: "preuve.json", version: "constat-preuve/1", type: proof, id: "evidence_id", at: "event_time_utc", paris: "event_time_paris" },
  effacement: {
    file: "effacement.json", version: "constat-effacement/1", type: erasure, id: "certificate_id", at: "efface_le", paris: "efface_le_paris",
  },
};

/** The fields of a receipt of that kind; `null` once it is told what is wrong with them. */
export function readForm(kind, bytes, report) {
  const { version, type, at, paris } = KINDS[kind];
  let value;
  try {
    value = parseStrict(bytes);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    report.fail("receipt.json", error.message);
    return null;
  }
  if (canonical(value) !== text(bytes)) {
    report.add(failure("receipt.canonical"));
    return null;
  }
  const found = value instanceof Map && typeof value.get("version") === "string" ? value.get("version") : "";
  if (found !== version) {
    report.fail("receipt.format", found, version);
    return null;
  }
  let form;
  try {
    form = type(value);
  } catch (error) {
    if (!(error instanceof TypeMismatch)) throw error;
    report.fail("receipt.field", error.message);
    return null;
  }
  if (kind === "preuve") checkEvent(form, report);
  if (parisText(parseInstant(form.get(at))) !== form.get(paris)) report.fail("receipt.time", form.get(paris), parisText(parseInstant(form.get(at))));
  return form;
}

function checkEvent(form, report) {
  const event = form.get("event");
  const known = eventOf(event.get("uri"));
  if (known === null) {
    report.fail("receipt.event", event.get("uri"));
    return;
  }
  if (known.nom !== event.get("nom") || known.libelle !== event.get("libelle")) {
    report.fail("receipt.event", event.get("nom"), known.nom);
  }
  // A negative event has a reason, a positive one has none.
  if (known.negative === (form.get("reasons").length === 0)) report.fail("receipt.reasons", form.get("reasons").join(", "));
}

const PARIS = new Intl.DateTimeFormat("en-GB", {
  timeZone: "Europe/Paris", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit",
  second: "2-digit", hourCycle: "h23", timeZoneName: "longOffset",
});

/** `2026-11-21T10:12:03.045+01:00`. */
function parisText(ms) {
  const part = Object.fromEntries(PARIS.formatToParts(ms).map(({ type, value }) => [type, value]));
  const milli = String(((ms % 1000) + 1000) % 1000).padStart(3, "0");
  return `${part.year}-${part.month}-${part.day}T${part.hour}:${part.minute}:${part.second}.${milli}${part.timeZoneName.slice(3)}`;
}
