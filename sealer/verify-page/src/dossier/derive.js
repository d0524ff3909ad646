// `constat.json` as a function of the journal and of what is measured on the files: computed again, then compared.
import { TypeMismatch, list, string } from "../base/schema.js";
import { artefact, caseType, findingType, missing, reconciliation, sessionState, software } from "./types.js";
import { JOURNAL, WACZ } from "../verify/layout.js";

/** Something the journal should say and does not, with its line. */
export class DeriveError extends Error {
  constructor(line, why) {
    super(`line ${line}: ${why}`);
  }
}

const PACKED = new Set(["archive", "archive-index", "archive-pages"]);

/** Whether an artefact lives inside `capture.wacz` only. */
export const isPacked = (value) => PACKED.has(value.get("kind"));

function typed(type, value, line) {
  try {
    return type(value);
  } catch (error) {
    if (error instanceof TypeMismatch) throw new DeriveError(line, error.message);
    throw error;
  }
}

const data = (type) => (entry) => typed(type, entry.data, entry.seq + 1);

function field(type, entry, key) {
  if (!entry.data.has(key)) throw new DeriveError(entry.seq + 1, `no ${key}`);
  return typed(type, entry.data.get(key), entry.seq + 1);
}

const flag = (entry, key) => entry.data.get(key) === true;
const integer = (entry, key) => (typeof entry.data.get(key) === "number" ? entry.data.get(key) : null);
const words = (entry, key) => (typeof entry.data.get(key) === "string" ? entry.data.get(key) : null);

/** The artefacts the journal announces, in its order. */
export const announced = (journal) => journal.of("artefact").map(data(artefact));

/** Whether the session says its keys are test keys. */
export const isEssai = (journal) => journal.entries.length > 0 && flag(journal.entries[0], "essai");

/** The manifest; `measured` holds `wacz`, `members`, `journal`, `pictures`, `traffic` and `disclosure` (`null`: sealed without). */
export function deriveManifest(journal, measured, essai, sealTime) {
  const open = journal.entries[0];
  if (open === undefined) throw new DeriveError(1, "no line");
  const [first] = journal.of("session.case");
  if (first === undefined) throw new DeriveError(2, "no session.case");
  const caseValue = data(caseType)(first);
  const program = field(software, open, "software");
  const findings = journal.of("finding").map(data(findingType));
  if (!sealTime.get("timestamped")) findings.push(absentTime(sealTime));
  const derived = new Map(Object.entries({
    format: "constat/1", essai, case: caseValue, software: program, session: session(journal, open),
    environment: environment(journal), artefacts: artefacts(journal, measured),
    wacz: new Map([["path", WACZ], ["members", measured.members]]),
    journal: new Map(Object.entries({ path: JOURNAL, entries: journal.entries.length, head: journal.head })),
    traffic_pictures: measured.traffic, incompleteness: incompleteness(journal), findings, seal_time: sealTime,
  }));
  if (measured.disclosure !== null) derived.set("disclosure", measured.disclosure);
  return derived;
}

function absentTime(sealTime) {
  const what = "Le sceau ne porte pas de date certaine : aucun jeton d'horodatage n'a été obtenu au scellement.";
  const value = new Map(Object.entries({ code: "time.absent", level: "indeterminate", what }));
  if (sealTime.has("reason")) value.set("found", sealTime.get("reason"));
  return value;
}

function artefacts(journal, measured) {
  const all = announced(journal).filter((value) => !isPacked(value));
  for (const value of all) {
    value.delete("image");
    const facts = measured.pictures.get(value.get("path"));
    if (facts !== undefined) value.set("image", facts);
  }
  const made = (path, kind, mediaType, digests) =>
    new Map(Object.entries({ path, kind, origin: "produced", media_type: mediaType, ...digests }));
  all.push(made(WACZ, "archive", "application/wacz", measured.wacz));
  all.push(made(JOURNAL, "journal", "application/jsonl", measured.journal));
  // Names are ASCII: an order of characters is one of octets. Sorting is stable.
  return all.sort((a, b) => (a.get("path") < b.get("path") ? -1 : Number(a.get("path") > b.get("path"))));
}

function session(journal, open) {
  const close = journal.entries.at(-1);
  if (close.op !== "session.close") throw new DeriveError(journal.entries.length, "the last line is not session.close");
  const state = field(sessionState, close, "state");
  const captures = journal.of("artefact").map((entry) => integer(entry, "capture")).filter((n) => n !== null);
  return new Map(Object.entries({
    state, attended: flag(open, "attended"), opened_at: open.at, closed_at: close.at,
    steps_begun: journal.of("step.begin").length,
    steps_done: journal.of("step.end").filter((entry) => entry.outcome === "ok").length,
    captures: new Set(captures).size,
  }));
}

/** For each measure and each cleaning, the outcome and the data of its last line. */
function environment(journal) {
  const found = new Map();
  for (const { op, data: facts, outcome } of journal.entries) {
    if (/^(measure|clean)\./.test(op)) found.set(op, new Map([...facts, ["outcome", outcome]]));
  }
  return found;
}

/** Lines with a `url` are gaps, in order, page by page; the last line with `requests_seen` gives the totals. */
function incompleteness(journal) {
  const totals = { requests_seen: 0, exchanges_stored: 0, messages_unparsed: 0 };
  let neverRecorded = [];
  const pages = [];
  for (const entry of journal.of("incomplete")) {
    if (entry.data.has("requests_seen")) {
      for (const key of Object.keys(totals)) totals[key] = Math.max(integer(entry, key) ?? 0, 0);
      if (entry.data.has("never_recorded")) neverRecorded = field(list(string), entry, "never_recorded");
    }
    if (entry.data.has("url")) addGap(pages, entry);
  }
  const stated = new Map(Object.entries({ ...totals, pages, never_recorded: neverRecorded }));
  const accounts = journal.of("account.reconcile").map(data(reconciliation));
  if (accounts.length > 0) stated.set("reconciliations", accounts);
  return stated;
}

function addGap(pages, entry) {
  const step = integer(entry, "step");
  const place = { step: step !== null && step >= 0 && step <= 0xffff_ffff ? step : null, page: words(entry, "page") };
  const gap = new Map([["bytes_stored", 0], ...entry.data]);
  const lost = typed(missing, gap, entry.seq + 1);
  const last = pages.at(-1);
  if (last && last.get("step") === place.step && last.get("page") === place.page) last.get("missing").push(lost);
  else pages.push(new Map(Object.entries({ ...place, missing: [lost] })));
}

