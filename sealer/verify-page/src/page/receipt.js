// The result on a receipt as its reader sees it, and as a file for machines.
import { KINDS } from "../receipt/form.js";
import { el, visible } from "./dom.js";
import { findings } from "./findings-table.js";
import { commonName, instantText } from "./format.js";
import { factsReport, findingsReport, plain, when } from "./machine.js";
import { sentence } from "./sentence.js";

/** Whether a file of this name is what a receipt's signature is over. */
export const isReceiptName = (name) => Object.values(KINDS).some(({ file }) => file === name);

/** What the command-line verifier prints with `--json`, as far as both say the same. */
export function receiptReport(result, texts) {
  return { ...judgedReport(result, texts), at: when(result.at), file: result.name, roots: result.roots.map(({ subject }) => subject) };
}

/** The same of a receipt alone, wherever it stands. */
export const judgedReport = ({ verdict, findings: found, facts, receipt }, texts) => ({
  verdict, findings: findingsReport(found, texts, "receipt"), kind: receipt.kind, sha256: receipt.sha256, content: plain(receipt.content),
  document: receipt.document, attests: receipt.attests, limits: receipt.limits, facts: factsReport(facts),
});

const MARKS = { PASS: "✓", FAIL: "✕", INDETERMINATE: "?" };

/** The elements of the result. */
export function showReceipt(result, texts, { again, save }) {
  const { receipt } = result;
  return [
    verdict(result, texts),
    actions(texts, { again, save }),
    ...said(receipt, texts.receipt),
    identity(result, texts),
    findings(result, texts, { subject: "receipt" }),
  ];
}

/** To print, to save, to check another. */
export const actions = (texts, { again, save }) => el("p", { class: "actions" },
  el("button", { type: "button", class: "go", click: () => print() }, texts.print),
  el("button", { type: "button", click: save }, texts.save),
  el("button", { type: "button", click: again }, texts.again));

/** What is attested and what is not, unless nothing is; what is said of the law stays in French. */
export const said = ({ attests, limits }, titles) => (attests.length === 0 ? [] : [
  list("t-atteste", titles.attests, attests), list("t-limites", titles.limits, limits),
]);

const list = (id, title, lines) => el("section", { "aria-labelledby": id },
  el("h2", { id }, title), el("ul", { lang: "fr" }, ...lines.map((line) => el("li", {}, visible(line)))));

function verdict(result, texts) {
  const weighty = ["fail", "indeterminate"].flatMap((weight) => result.findings.filter(({ level }) => level === weight));
  const codes = [...new Set(weighty.map(({ code }) => code))].slice(0, 5);
  const reasons = codes.map((code) => sentence(code, texts, "receipt"));
  return verdictBox(result, texts.receipt.verdicts[result.verdict], { reasons, trial: texts.essai }, texts);
}

/** The verdict, loudly: its words, why, and that the keys are of trial (`trial` says so). */
export function verdictBox({ verdict: word, findings: found }, { title, text }, { reasons, trial }, texts) {
  const essai = found.some(({ code }) => code === "trust.essai");
  return el("div", { class: `verdict ${word.toLowerCase()}` },
    el("span", { class: "mark", "aria-hidden": "true" }, MARKS[word]),
    el("div", {},
      el("h2", { id: "verdict", tabindex: "-1" }, essai ? texts.trial(title) : title, " ", el("span", { class: "word" }, word)),
      el("p", {}, text),
      reasons.length === 0 ? null : el("ul", {}, ...reasons.map((reason) => el("li", {}, reason))),
      essai ? el("p", { class: "essai" }, trial) : null));
}

/** Who signed and when, as rows of a list of facts. */
export function signatureRows(facts, texts) {
  const { timestamp } = facts;
  return [
    [texts.facts.signer, facts.signer === null ? texts.unknown : visible(commonName(facts.signer))],
    [texts.facts.certificate, facts.certificate_sha256 ?? texts.unknown],
    [texts.facts.signed, facts.signing_time === null ? texts.unknown : instantText(facts.signing_time, texts)],
    [texts.facts.token, timestamp === null ? texts.unknown : `${instantText(timestamp.gen_time, texts)} · ${visible(timestamp.authority)}`],
    [texts.facts.level, facts.level === null ? texts.unknown : texts.levelNames[facts.level]],
  ];
}

/** When, and with which roots, it was judged. */
export const judgingRows = ({ at, roots }, texts) => [
  [texts.facts.at, instantText(at, texts)],
  [texts.facts.anchors, roots.length === 0 ? texts.none : roots.map(({ subject }) => visible(commonName(subject))).join(" ; ")],
];

/** A section of facts, each a title and its value. */
export const factsSection = (id, title, rows, ...before) => el("section", { "aria-labelledby": id },
  el("h2", { id }, title), ...before,
  el("dl", {}, ...rows.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)])));

const identity = (result, texts) => factsSection("t-identite", texts.identity, [
  [texts.facts.file, visible(result.name)],
  [texts.receipt.kind, texts.receipt.kinds[result.receipt.kind] ?? texts.unknown],
  ["SHA-256", result.receipt.sha256 ?? texts.unknown],
  ...signatureRows(result.facts, texts),
  [texts.receipt.document, texts.receipt.documents[result.receipt.document]],
  ...judgingRows(result, texts),
]);
