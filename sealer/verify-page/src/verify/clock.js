// The machine's clock by its own evidence: its wall clock against its monotonic one, line by line, and what time servers said
// of it against what the authorities' tokens say.
import { finding } from "../base/report.js";
import { parseInstant, showInstant } from "../base/instant.js";
import { integerOf, textOf } from "../dossier/journal.js";
import { hasForm } from "../image/form.js";

/** How much the wall clock may gain or lose on the monotonic one between two lines, in milliseconds. */
const STEP = 2_000;
/** How far two measures of the same error may be apart, in milliseconds. */
const AGREE = 3_000;

/** Interruptions that are told, each with its bounds. */
const INTERRUPTIONS = 20;

/** The interruptions of the session, as the journal states them; a dossier may have gone on after each. */
export function checkInterruptions(journal, report) {
  const cuts = journal.of("session.interrupted");
  for (const [index, cut] of cuts.slice(0, INTERRUPTIONS).entries()) {
    const bounds = `${index + 1}/${cuts.length} : ${textOf(cut, "last_at") ?? "?"} – ${cut.at}`;
    report.add(finding("session.interrupted", "warn", { found: bounds }));
  }
}

/** Steps of the wall clock inside the session. */
export function checkSteps(journal, report) {
  let [steps, worst, at] = [0, 0, 0];
  for (const [index, after] of journal.entries.entries()) {
    const before = journal.entries[index - 1];
    // Another process begins its monotonic clock anew.
    if (before === undefined || after.op === "session.resume") continue;
    const ran = Math.floor(Math.max(after.mono_us - before.mono_us, 0) / 1000);
    const step = Date.parse(after.at) - Date.parse(before.at) - ran;
    if (Math.abs(step) <= STEP) continue;
    steps += 1;
    if (Math.abs(step) > Math.abs(worst)) [worst, at] = [step, after.seq];
  }
  if (steps > 0) report.add(finding("clock.step", "warn", { expected: `<= ${STEP} ms`, found: `${steps} × ; ${worst} ms (${at})` }));
}

/** What the time servers measured, before and after, against what the tokens give for the same time. */
export function checkSources(journal, tokens, report) {
  for (const [phase, other] of [["start", "opening"], ["end", "closing"]]) {
    const told = journal.of("measure.clock").find((entry) => textOf(entry, "phase") === phase && entry.outcome !== "not_done");
    const measured = told === undefined ? null : integerOf(told, "offset_us");
    const token = tokens.find((one) => one.phase === other);
    const offset = token?.offset_ms ?? null;
    if (measured === null || offset === null) continue;
    const accuracy = token.accuracy_us === null ? 1000 : Math.min(Math.floor(token.accuracy_us / 1000), 60_000);
    const servers = Math.trunc(measured / 1000);
    if (Math.abs(servers - offset) > AGREE + accuracy) {
      report.add(finding("clock.sources_differ", "warn", { found: `${servers} ms ; ${offset} ms (${token.entry})` }));
    }
  }
}

/** The dates that pictures of the screen and records of the archive bear lie within the session, as the journal has it. */
export function checkDates(journal, manifest, span, report) {
  const lines = journal.entries.map((entry) => Date.parse(entry.at));
  const first = lines.reduce((least, at) => Math.min(least, at), Infinity);
  const last = lines.reduce((most, at) => Math.max(most, at), -Infinity);
  const outside = (at) => at !== null && (at < first - STEP || at > last + STEP);
  const expected = `${showInstant(first)} – ${showInstant(last)}`;
  const tell = (code, found) => report.add(finding(code, "warn", { expected, found }));
  for (const digits of span) if (outside(indexed(digits))) tell("clock.record", digits);
  for (const artefact of manifest.get("artefacts").filter((value) => hasForm(value.get("kind")))) {
    const at = taken(artefact.get("image")?.get("exif"));
    if (outside(at)) tell("clock.picture", `${artefact.get("path")}: ${showInstant(at)}`);
  }
}

/** The instant of fourteen digits, or `null`. */
function indexed(digits) {
  return parseInstant(digits.replace(/^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})$/, "$1-$2-$3T$4:$5:$6Z"));
}

/** What the EXIF says (Exif 2.32, 4.6.5.F: `YYYY:MM:DD HH:MM:SS`, and `±HH:MM`), or `null`. */
function taken(exif) {
  const parts = /^([^ :]+):([^ :]+):([^ :]+) ([^:]+):([^:]+):([^:]+)$/.exec(exif?.get("DateTimeOriginal") ?? "");
  if (parts === null || !exif.has("OffsetTimeOriginal")) return null;
  const [year, month, day, hour, minute, second] = parts.slice(1);
  return parseInstant(`${year}-${month}-${day}T${hour}:${minute}:${second}${exif.get("OffsetTimeOriginal")}`);
}
