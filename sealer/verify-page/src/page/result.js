// The result as its reader sees it: the verdict, what was checked, point by point, the gaps; and as a file for machines.
import { showInstant } from "../base/instant.js";
import { anchorLines } from "./anchors.js";
import { CLAIMS, stateOf } from "./claims.js";
import { el, visible } from "./dom.js";
import { accuracyText, commonName, instantText, sizeText } from "./format.js";
import { copyBanner, copyReport, copySection } from "./copy.js";
import { findings } from "./findings-table.js";
import { gapsSection } from "./gaps.js";
import { receiptReport, showReceipt } from "./receipt.js";
import { findingsReport, when } from "./machine.js";
import { sentence } from "./sentence.js";
import { showWhole, wholeReport } from "./whole.js";

/** What the command-line verifier prints with `--json`, as far as both say the same. */
export function reportOf(result, texts) {
  if (result.receipt !== undefined) return receiptReport(result, texts);
  if (result.whole !== undefined) return wholeReport(result, texts);
  return {
    verdict: result.verdict,
    findings: findingsReport(result.findings, texts),
    bundle_sha256: result.bundle_sha256,
    seal: {
      signer: result.facts.signer, certificate_sha256: result.facts.certificate_sha256,
      signing_time: when(result.facts.signing_time), essai: result.facts.essai,
      manifest_sha256: result.facts.manifest_sha256 ?? null,
      level: result.facts.level,
      ...(result.facts.qc_statements === null ? {} : { qc_statements: result.facts.qc_statements }),
      timestamps: result.facts.timestamps.map(({ anchor: _, ...token }) => ({
        ...token, gen_time: when(token.gen_time), valid_to: when(token.valid_to),
      })),
      session: result.facts.session.map(({ anchor: _, ...token }) => ({ ...token, gen_time: when(token.gen_time) })),
      ...(result.facts.anchors.length === 0 ? {} : { anchors: result.facts.anchors }),
    },
    points: CLAIMS.map((claim) => ({ point: claim.id, state: stateOf(claim, result).state })),
    copy: copyReport(result),
    at: showInstant(result.at),
    file: result.name,
    roots: result.roots.map(({ subject }) => subject),
  };
}

/** Fills `place` with the result. */
export function showResult(place, result, texts, { again }) {
  const others = [[result.receipt, showReceipt], [result.whole, showWhole]].find(([told]) => told !== undefined);
  if (others !== undefined) {
    place.replaceChildren(...others[1](result, texts, { again, save: () => save(result, texts) }));
    return;
  }
  const isCopy = result.copy !== null;
  place.replaceChildren(
    ...(isCopy ? [copyBanner(result, texts)] : []),
    verdict(result, texts),
    el("p", { class: "actions" },
      el("button", { type: "button", class: "go", click: () => print() }, texts.print),
      el("button", { type: "button", click: () => save(result, texts) }, texts.save),
      el("button", { type: "button", click: again }, texts.again)),
    ...(isCopy ? [copySection(result, texts)] : []),
    identity(result, texts),
    claims(result, texts),
    gapsSection(result, texts),
    findings(result, texts),
  );
}

const MARKS = { PASS: "✓", FAIL: "✕", INDETERMINATE: "?" };

function verdict(result, texts) {
  const { title: plain, text } = (result.copy === null ? texts : texts.copy).verdicts[result.verdict];
  const title = result.copy === null ? plain : texts.copy.of(plain);
  const essai = result.findings.some(({ code }) => code === "trust.essai");
  // What is wrong first, then what is not known.
  const weighty = ["fail", "indeterminate"].flatMap((weight) => result.findings.filter(({ level }) => level === weight));
  const unique = [...new Map(weighty.map((finding) => [finding.code, finding])).values()].slice(0, 5);
  return el("div", { class: `verdict ${result.verdict.toLowerCase()}` },
    el("span", { class: "mark", "aria-hidden": "true" }, MARKS[result.verdict]),
    el("div", {},
      el("h2", { id: "verdict", tabindex: "-1" }, essai ? texts.trial(title) : title, " ", el("span", { class: "word" }, result.verdict)),
      el("p", {}, text),
      unique.length === 0 ? null : el("ul", {}, ...unique.map(({ code }) => el("li", {}, sentence(code, texts)))),
      essai ? el("p", { class: "essai" }, texts.essai) : null));
}

/** Gives the result as a file. */
function save(result, texts) {
  const blob = new Blob([`${JSON.stringify(reportOf(result, texts), null, 2)}\n`], { type: "application/json" });
  const link = el("a", { href: URL.createObjectURL(blob), download: `${result.name}.verdict.json` });
  link.click();
  URL.revokeObjectURL(link.href);
}

/** Instant in legal time and in UTC. */
const both = (ms, texts) => [instantText(ms, texts), el("span", { class: "hint" }, showInstant(ms))];

function identity(result, texts) {
  const { facts, manifest } = result;
  const session = manifest?.get("session") ?? null;
  const rows = [
    ["file", [visible(result.name)]],
    ["size", [sizeText(result.size, texts), el("span", { class: "hint" }, texts.octets(result.size.toLocaleString(texts.locale)))]],
    ["sha256", [el("code", {}, result.bundle_sha256 ?? texts.unknown)]],
    ["reference", manifest && [manifest.get("case").get("reference")]],
    ["object", manifest?.get("case").get("objet") && [visible(manifest.get("case").get("objet"))]],
    ["session", session && [instantText(session.get("opened_at"), texts), " → ", instantText(session.get("closed_at"), texts)]],
    ["state", session && [texts.sessionStates[session.get("state")]]],
    ["attended", session && [texts.attended[session.get("attended")]]],
    ["signer", facts.signer === null ? [texts.unknown] : named(facts.signer)],
    ["certificate", facts.certificate_sha256 && [el("code", {}, facts.certificate_sha256)]],
    ["declared", facts.qc_statements && [texts.declared(facts.qc_statements), el("span", { class: "hint" }, texts.noLists)]],
    ["signed", facts.signing_time !== null && both(facts.signing_time, texts)],
    ...(facts.timestamps.length === 0 ? [["token", [texts.unknown]]] : facts.timestamps.map((token) => tokenRow(token, texts))),
    ["level", facts.level && [facts.level, " ", el("span", { class: "hint" }, texts.levelNames[facts.level])]],
    ["at", both(result.at, texts)],
    ["anchors", result.roots.length === 0 ? [texts.none] : result.roots.map(rootLine)],
  ];
  return el("section", { "aria-labelledby": "t-identite" },
    el("h2", { id: "t-identite" }, texts.identity),
    el("dl", {}, ...rows.filter(([, value]) => value).flatMap(([name, value]) => [
      el("dt", {}, texts.facts[name]), el("dd", {}, ...value.filter((part) => part !== null)),
    ])));
}

/** The common name, which is read, then the whole name, which is compared. */
const named = (name) => [visible(commonName(name)), commonName(name) === name ? null : el("span", { class: "hint" }, visible(name))];

const rootLine = ({ subject }) => el("span", { class: "line" }, ...named(subject));

function tokenRow(token, texts) {
  const accuracy = token.accuracy_us === null ? texts.accuracyUnknown : texts.accuracy(accuracyText(token.accuracy_us));
  const hint = el("span", { class: "hint" }, `${visible(token.authority)} · ${accuracy} · ${token.entry}`);
  return ["token", [...both(token.gen_time, texts), hint]];
}

function claims(result, texts) {
  const counts = new Map();
  const items = CLAIMS.map((claim) => {
    const { state, found } = stateOf(claim, result);
    counts.set(state, (counts.get(state) ?? 0) + 1);
    const done = ["unreached", "withheld"].includes(state) ? texts[state] : claimText(claim, state, result, texts);
    return el("li", { class: `claim ${state}` },
      el("p", { class: "state" }, texts.states[state]),
      el("div", {},
        el("h3", {}, (result.copy && texts.copy.claimTitles[claim.id]) || texts.claimTitles[claim.id]),
        done === null ? null : el("p", {}, visible(done)),
        ...(claim.id === "anchors" ? anchorLines(result.facts.anchors, texts) : []),
        ...distinct(found).filter((finding) => isTold(finding, claim)).slice(0, 6).map((finding) => el("p", { class: `why ${finding.level}` },
          sentence(finding.code, texts), " ", el("code", {}, finding.code),
          finding.found ? el("span", { class: "hint" }, visible(finding.found).slice(0, 300)) : null)),
        state === "withheld" ? null : redo(claim, result, texts)));
  });
  return el("section", { "aria-labelledby": "t-points" },
    el("h2", { id: "t-points" }, texts.claims),
    el("p", {}, texts.counts(counts, CLAIMS.length)),
    el("ol", { class: "claims" }, ...items));
}

const redo = (claim, result, texts) => el("details", {},
  el("summary", {}, texts.redo),
  el("p", { class: "hint" }, `${texts.standard} : ${claim.standard}`),
  el("pre", { tabindex: "0" }, el("code", {}, claim.commands(result).join("\n"))));

/** The level is what the claim itself says; each anchor has its own line. */
const isTold = (finding, claim) => finding.code !== "seal.level" && !claim.isToldApart?.(finding);

/** Two checks may find the same: it is told once here, and counted in the table. */
const distinct = (list) => [...new Map(list.map((finding) => [`${finding.code} ${finding.found}`, finding])).values()];

function claimText(claim, state, result, texts) {
  const isDone = ["ok", "warn", "absent", "elsewhere"].includes(state) || claim.isOpen?.(result);
  return isDone && result.done.includes(claim.id) ? ((result.copy && texts.copy.claimDone[claim.id]) || texts.claimDone[claim.id])(result) : null;
}
