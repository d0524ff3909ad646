// The types of `constat.json` (format constat/1), field by field, as sealer/dossier/src defines them.
import {
  TypeMismatch, any, bool, instant, list, map, mapOf, matching, nullable, oneOf, optional, option, required, sha256, sha512, string,
  struct, tagged, u16, u32, u64, unless, withDefault,
} from "../base/schema.js";
import { isArtefactPath } from "./path.js";

const reference = matching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,59}$/, "a reference");

export function artefactPath(value) {
  if (isArtefactPath(string(value))) return value;
  throw new TypeMismatch("a path expected");
}

const strings = (...names) => Object.fromEntries(names.map((name) => [name, required(string)]));
const emptyList = (value) => value.length === 0;
const emptyMap = (value) => value.size === 0;

const closed = { closed: true };
const requerant = tagged("type", {
  physique: struct(
    strings("nom", "prenoms", "profession", "domicile", "nationalite", "date_naissance", "lieu_naissance"), closed),
  morale: struct(
    { ...strings("denomination", "forme", "siege", "representant"), siren: optional(string) }, closed),
});
const officier = struct(
  {
    nom: required(string), prenoms: required(string),
    qualite: required(oneOf("commissaire de justice", "clerc habilité aux constats")),
    etude: required(string), residence: required(string), adresse: required(string),
  },
  closed,
);
const personne = struct(strings("nom", "qualite"), closed);

export const caseType = struct({
  reference: required(reference), objet: nullable(string), requerant: nullable(requerant), officier: nullable(officier),
  lieu: nullable(string), presents: unless(emptyList, list(personne), []),
});

export const software = struct({
  name: required(string), version: required(string), binary_sha256: nullable(sha256),
});

export const sessionState = oneOf("complete", "partial", "interrupted");

const session = struct({
  state: required(sessionState), attended: required(bool), opened_at: required(instant), closed_at: required(instant),
  steps_begun: required(u32), steps_done: required(u32), captures: required(u32),
});

const KINDS = [
  "scenario", "screenshot-viewport", "screenshot-page", "screenshot-area", "screenshot-desktop", "screenshot-feed",
  "screenshot-element", "feed",
  "media-frame", "tile-map",
  "dom", "text", "structure", "mhtml", "print", "main-response", "download", "archive", "archive-index", "archive-pages",
  "certificate", "measure", "exchanges", "film", "packets", "time-token", "log", "remains", "journal",
];

const imageFacts = struct({
  width: required(u32), height: required(u32), pixels_sha256: required(sha256),
  exif: unless(emptyMap, mapOf(string), new Map()),
});

export const artefact = struct({
  path: required(artefactPath),
  kind: required(oneOf(...KINDS)), origin: required(oneOf("observed", "produced")), media_type: required(string),
  step: optional(u32), capture: optional(u32), url: optional(string), taken_at: optional(instant),
  bytes: required(u64), sha256: required(sha256), sha512: required(sha512),
  image: optional(imageFacts),
});

export const missing = struct({
  url: required(string),
  reason: required(oneOf(
    "failed", "blocked", "not_on_the_wire", "evicted", "truncated", "pending", "unparsed", "not_recorded")),
  detail: optional(string), bytes_received: optional(u64), bytes_stored: required(u64),
});

const incompletePage = struct({ step: nullable(u32), page: nullable(string), missing: required(list(missing)) });

const unmatched = struct({
  class: required(oneOf("only_netlog", "not_stored", "only_cdp")), method: required(string), url: required(string),
  count: required(u64), why: required(string), status: optional(u16), error: optional(string), bytes: optional(u64),
});

export const reconciliation = struct({
  browser: required(u32), requests_cdp: required(u64), requests_netlog: nullable(u64), packet_flows: nullable(u64),
  flows_unseen: withDefault(option(u64), null), flows_untold: withDefault(option(u64), null),
  exchanges_stored: required(u64), matched: withDefault(u64, 0), only_netlog: withDefault(u64, 0),
  only_netlog_sent: withDefault(u64, 0), only_cdp: withDefault(u64, 0), answered_not_stored: withDefault(u64, 0),
  uncompared: withDefault(u64, 0), unmatched: withDefault(list(unmatched), []),
  report: withDefault(option(artefactPath), null), why: optional(string),
});

const incompleteness = struct({
  requests_seen: required(u64), exchanges_stored: required(u64), messages_unparsed: required(u64),
  pages: required(list(incompletePage)), never_recorded: required(list(string)),
  reconciliations: unless(emptyList, list(reconciliation), []),
});

const trafficPicture = struct({
  record: required(string), url: required(string), media_type: required(string), bytes: required(u64),
  sha256: required(sha256), exif: unless(emptyMap, mapOf(string), new Map()), exif_read: required(bool),
});

const trafficPictures = struct({ found: required(u64), listed: required(list(trafficPicture)) });
export const NO_PICTURES = new Map([["found", 0], ["listed", []]]);

const disclosure = struct({ records: required(u64), root: required(sha256) });

export const findingType = struct({
  code: required(string), level: required(oneOf("info", "warn", "indeterminate", "fail")), what: required(string),
  expected: optional(string), found: optional(string),
});

const sealTime = struct({
  timestamped: required(bool), authorities: required(list(string)), reason: optional(string),
});

/** The whole manifest. */
export const manifestType = struct({
  format: required(string), essai: required(bool), case: required(caseType), software: required(software),
  session: required(session), environment: required(mapOf(mapOf(any))), artefacts: required(list(artefact)),
  wacz: required(struct({ path: required(artefactPath), members: required(mapOf(sha256)) })),
  journal: required(struct({ path: required(artefactPath), entries: required(u64), head: required(sha256) })),
  traffic_pictures: unless((value) => value.get("found") === 0, trafficPictures, NO_PICTURES),
  disclosure: optional(disclosure), incompleteness: required(incompleteness), findings: required(list(findingType)), seal_time: required(sealTime),
});

const operation = (value) => {
  const word = /^[a-z][a-z0-9_]*$/;
  if (string(value).length <= 64 && value.split(".").every((part) => word.test(part))) return value;
  throw new TypeMismatch("an operation expected");
};

/** One line of the journal. */
export const journalEntry = struct(
  {
    seq: required(u64), at: required(instant), mono_us: required(u64), op: required(operation),
    outcome: required(oneOf("begin", "ok", "deviation", "failed", "not_done", "declared", "note")),
    data: required(map), prev: required(sha256),
  },
  closed,
);
