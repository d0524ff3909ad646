// The result on a receipt as its reader sees it, and as a file for machines.
import { showInstant } from "../base/instant.js";
import { KINDS } from "../receipt/form.js";
import { el, visible } from "./dom.js";
import { findings } from "./findings-table.js";
import { commonName, instantText } from "./format.js";
import { sentence } from "./sentence.js";

/** Whether a file of this name is what a receipt's signature is over. */
export const isReceiptName = (name) => Object.values(KINDS).some(({ file }) => file === name);

const when = (ms) => (ms === null ? null : showInstant(ms));

/** What the command-line verifier prints with `--json`, as far as both say the same. */
export function receiptReport({ verdict, findings: found, facts, receipt, at, name, roots }, texts) {
  const { anchor: _, ...token } = facts.timestamp ?? {};
  return {
    verdict,
    findings: found.map(({ code, level, expected, found: value }) => ({
      code, level, what: sentence(code, texts), ...(expected === null ? {} : { expected }), ...(value === null ? {} : { found: value }),
    })),
    kind: receipt.kind, sha256: receipt.sha256, document: receipt.document, attests: receipt.attests, limits: receipt.limits,
    facts: {
      signer: facts.signer, certificate_sha256: facts.certificate_sha256, signing_time: when(facts.signing_time), level: facts.level,
      ...(facts.qc_statements === null ? {} : { qc_statements: facts.qc_statements }),
      timestamp: facts.timestamp === null ? null : { ...token, gen_time: when(token.gen_time), valid_to: when(token.valid_to) },
      essai: facts.essai,
    },
    at: showInstant(at), file: name, roots: roots.map(({ subject }) => subject),
  };
}

const MARKS = { PASS: "✓", FAIL: "✕", INDETERMINATE: "?" };

/** The elements of the result. */
export function showReceipt(result, texts, { again, save }) {
  const { receipt } = result;
  return [
    verdict(result, texts),
    el("p", { class: "actions" },
      el("button", { type: "button", class: "go", click: () => print() }, texts.print),
      el("button", { type: "button", click: save }, texts.save),
      el("button", { type: "button", click: again }, texts.again)),
    ...(receipt.attests.length === 0 ? [] : [
      said("t-atteste", texts.receipt.attests, receipt.attests), said("t-limites", texts.receipt.limits, receipt.limits),
    ]),
    identity(result, texts),
    findings(result, texts),
  ];
}

/** What is said of the law stays in French. */
const said = (id, title, lines) => el("section", { "aria-labelledby": id },
  el("h2", { id }, title), el("ul", { lang: "fr" }, ...lines.map((line) => el("li", {}, visible(line)))));

function verdict(result, texts) {
  const { title, text } = texts.receipt.verdicts[result.verdict];
  const essai = result.findings.some(({ code }) => code === "trust.essai");
  const weighty = ["fail", "indeterminate"].flatMap((weight) => result.findings.filter(({ level }) => level === weight));
  const codes = [...new Set(weighty.map(({ code }) => code))].slice(0, 5);
  return el("div", { class: `verdict ${result.verdict.toLowerCase()}` },
    el("span", { class: "mark", "aria-hidden": "true" }, MARKS[result.verdict]),
    el("div", {},
      el("h2", { id: "verdict", tabindex: "-1" }, essai ? texts.trial(title) : title, " ", el("span", { class: "word" }, result.verdict)),
      el("p", {}, text),
      codes.length === 0 ? null : el("ul", {}, ...codes.map((code) => el("li", {}, sentence(code, texts)))),
      essai ? el("p", { class: "essai" }, texts.essai) : null));
}

function identity({ facts, receipt, name, at, roots }, texts) {
  const { timestamp } = facts;
  const rows = [
    [texts.facts.file, visible(name)],
    [texts.receipt.kind, texts.receipt.kinds[receipt.kind] ?? texts.unknown],
    ["SHA-256", receipt.sha256 ?? texts.unknown],
    [texts.facts.signer, facts.signer === null ? texts.unknown : visible(commonName(facts.signer))],
    [texts.facts.certificate, facts.certificate_sha256 ?? texts.unknown],
    [texts.facts.signed, facts.signing_time === null ? texts.unknown : instantText(facts.signing_time, texts)],
    [texts.facts.token, timestamp === null ? texts.unknown : `${instantText(timestamp.gen_time, texts)} · ${visible(timestamp.authority)}`],
    [texts.facts.level, facts.level === null ? texts.unknown : texts.levelNames[facts.level]],
    [texts.receipt.document, texts.receipt.documents[receipt.document]],
    [texts.facts.at, instantText(at, texts)],
    [texts.facts.anchors, roots.length === 0 ? texts.none : roots.map(({ subject }) => visible(commonName(subject))).join(" ; ")],
  ];
  return el("section", { "aria-labelledby": "t-identite" },
    el("h2", { id: "t-identite" }, texts.identity),
    el("dl", {}, ...rows.flatMap(([title, value]) => [el("dt", {}, title), el("dd", {}, value)])));
}
