// The tokens taken while the session ran: whether each is over the journal line it says, and what they make of the clock.
import { parseInstant, showInstant } from "../base/instant.js";
import { canonical } from "../base/json.js";
import { Refused, finding } from "../base/report.js";
import { BlockError, readBlock } from "../base/block.js";
import { integerOf, textOf } from "../dossier/journal.js";
import { TokenFault, checkToken } from "../tsp/token.js";
import { checkInterruptions, checkSources, checkSteps } from "./clock.js";
import { MAX_CMS } from "./signature.js";

/** How far this machine's clock may be from an authority's, beside the accuracy stated, before it is a reserve. */
const CLOCK = 2_000;
/** Beyond which a time this machine states is held false. */
const FALSE = 5 * 60_000;
/** How much later than the closing the seal may be dated before it is a reserve. */
const GAP = 60 * 60_000;
/** How far the time of a block may be from the truth (Bitcoin developer reference, "Block headers"). */
const BLOCK = 2 * 60 * 60_000;
/** Tokens looked at. */
const MOST = 10_000;

const millis = (entry) => Date.parse(entry.at);

/** Checks every token the journal announces, but those a copy withholds, then their order and the clock. */
export async function checkSessionTime(container, journal, sealed, { report, anchors, facts, withheld }) {
  await checkBlocks(journal, report);
  const announced = journal.of("time.token").slice(0, MOST);
  for (const entry of announced.filter(({ outcome }) => outcome === "ok")) {
    if (container.withheld.has(textOf(entry, "path"))) {
      withheld.add("session");
      continue;
    }
    const token = await checkOne(container, journal, entry, anchors, report);
    if (token !== null) facts.session.push(token);
  }
  bracket(facts.session, announced.filter(({ outcome }) => outcome === "failed").length, report);
  checkOrder(facts.session, sealed, report);
  checkGap(journal, sealed, report);
  checkInterruptions(journal, report);
  checkSteps(journal, report);
  checkSources(journal, facts.session, report);
}

/** The unpredictable public value: it holds by itself, and says what the journal says of it. */
async function checkBlocks(journal, report) {
  for (const entry of journal.of("time.not_before").filter(({ outcome }) => outcome === "ok").slice(0, MOST)) {
    try {
      const block = await readBlock(textOf(entry, "header") ?? "");
      checkBlock(block, entry, report);
    } catch (error) {
      if (!(error instanceof BlockError)) throw error;
      report.fail("time.not_before", `${entry.seq} : ${error.message}`);
    }
  }
}

function checkBlock({ hash, time }, entry, report) {
  if (textOf(entry, "hash") !== hash || textOf(entry, "block_time") !== showInstant(time)) {
    report.fail("time.not_before", textOf(entry, "hash") ?? "", hash);
    return;
  }
  report.add(finding("time.not_before", "info", { found: `${showInstant(time)} (${hash})` }));
  if (time > millis(entry) + BLOCK) report.fail("clock.order", `${entry.seq} : ${entry.at}`, showInstant(time));
}

/** One token: over the line it names, and saying what the journal says it says. `null` when it does not count. */
async function checkOne(container, journal, entry, anchors, report) {
  const path = textOf(entry, "path") ?? "";
  const seq = integerOf(entry, "seq") ?? -1;
  const line = seq >= 0 && seq < entry.seq ? journal.entries[seq] : undefined;
  if (line === undefined) {
    report.fail("time.session_line", path);
    return null;
  }
  try {
    const token = await checkToken(container.small(path, MAX_CMS), line.octets, anchors);
    return agreed(entry, line, path, token, report);
  } catch (error) {
    if (error instanceof Refused) report.add(error.finding);
    else if (error instanceof TokenFault) {
      const level = error.code === "time.no_chain" ? "indeterminate" : "fail";
      report.add(finding(error.code, level, { found: `${path} : ${error.why}` }));
    } else throw error;
    return null;
  }
}

/** The token against the line that announces it, and against the clock of this machine. */
function agreed(entry, line, path, token, report) {
  const { genTime, serial, policy, accuracy, authority } = token;
  const stated = { gen_time: showInstant(genTime), serial, policy, accuracy_us: accuracy };
  for (const [key, value] of Object.entries(stated)) {
    const told = canonical(entry.data.get(key) ?? null);
    if (told !== canonical(value)) report.fail("time.session_differs", `${path} : ${told}`, `${key} : ${canonical(value)}`);
  }
  if (millis(line) - genTime > FALSE) report.fail("clock.order", `${line.seq} : ${line.at}`, showInstant(genTime));
  const offset = offsetOf(entry, genTime);
  if (offset !== null && Math.abs(offset) > CLOCK + accuracyMs(accuracy)) {
    report.add(finding("clock.offset", "warn", { expected: `<= ${CLOCK} ms`, found: `${offset} ms (${path})` }));
  }
  return {
    entry: path, phase: textOf(entry, "phase") ?? "", line: line.seq, authority, gen_time: genTime, serial, accuracy_us: accuracy,
    offset_ms: offset, anchor: token.anchor,
  };
}

/** How far this machine's clock was ahead of the authority's: zero when genTime falls inside the exchange, `null` when untold. */
function offsetOf(entry, stamped) {
  const [sent, received] = ["sent_at", "received_at"].map((key) => parseInstant(textOf(entry, key) ?? ""));
  if (sent === null || received === null) return null;
  return stamped < sent ? sent - stamped : Math.min(received, stamped) - stamped;
}

/** Unknown is not zero; a second is what EN 319 421 asks of an authority at the worst. */
const accuracyMs = (us) => (us === null ? 1000 : Math.min(Math.max(Math.floor(us / 1000), 1000), FALSE));

/** Whether tokens stand on both sides of what was done. */
function bracket(tokens, lacking, report) {
  const times = (phase) => tokens.filter((token) => token.phase === phase).map((token) => token.gen_time);
  const [opening, closing] = [times("opening"), times("closing")];
  if (opening.length > 0 && closing.length > 0) {
    const found = `${showInstant(Math.min(...opening))} – ${showInstant(Math.max(...closing))}`;
    report.add(finding("time.session", "info", { found }));
  } else if (lacking > 0) report.add(finding("time.session_open", "warn", { found: lacking }));
  else report.add(finding("time.session_open", "info"));
}

/** Later lines have later tokens, and none is later than the seal's; two tokens are in order only beyond both accuracies. */
function checkOrder(tokens, sealed, report) {
  const text = (token) => `${token.entry} : ${showInstant(token.gen_time)}`;
  let latest = null;
  // The sort keeps the order of the tokens of one line.
  for (const token of [...tokens].sort((a, b) => a.line - b.line)) {
    const margin = accuracyMs(latest?.accuracy_us ?? null) + accuracyMs(token.accuracy_us);
    if (latest !== null && latest.line < token.line && latest.gen_time > token.gen_time + margin) {
      report.fail("time.session_order", text(token), text(latest));
    }
    if (latest === null || latest.gen_time < token.gen_time) latest = token;
  }
  if (sealed === null || latest === null) return;
  const last = latest;
  if (last.gen_time > sealed + 2 * accuracyMs(last.accuracy_us) && tokens.every((token) => token.line <= last.line)) {
    report.fail("time.session_order", text(last), showInstant(sealed));
  }
}

/** How long after the closing the seal is dated. */
function checkGap(journal, sealed, report) {
  const closed = journal.entries.at(-1);
  if (sealed === null || closed === undefined) return;
  const gap = sealed - millis(closed);
  if (gap > GAP) report.add(finding("time.gap", "warn", { found: `${Math.floor(gap / 60_000)} min` }));
}
