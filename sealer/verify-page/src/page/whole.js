// The result on the whole dossier of an act as its reader sees it, and as a file for machines.
import { parseInstant } from "../base/instant.js";
import { el, visible } from "./dom.js";
import { findings } from "./findings-table.js";
import { dateText, instantText } from "./format.js";
import { factsReport, findingsReport, plain, when } from "./machine.js";
import { actions, factsSection, judgedReport, judgingRows, said, signatureRows, verdictBox } from "./receipt.js";
import { sentence } from "./sentence.js";

/** Reasons of the verdict told one by one; the others are counted. */
const REASONS = 5;

/** What the command-line verifier prints with `--json`, as far as both say the same. */
export function wholeReport({ verdict, findings: found, facts, whole, at, name, roots }, texts) {
  return {
    object: "dossier_complet", verdict, findings: findingsReport(found, texts, "manifest"), sha256: whole.sha256,
    manifest: plain(whole.manifest), facts: factsReport(facts), files: whole.files,
    receipts: whole.receipts.map((one) => ({ name: one.name, ...judgedReport(one, texts) })),
    parts: whole.parts.map((one) => ({
      name: one.name, verdict: one.verdict, findings: findingsReport(one.findings, texts, one.subject),
      ...(one.lines === null ? {} : { lines: one.lines }), facts: factsReport(one.facts),
    })),
    attests: whole.attests, limits: whole.limits, at: when(at), file: name, roots: roots.map(({ subject }) => subject),
  };
}

/** The elements of the result. */
export function showWhole(result, texts, { again, save }) {
  const { whole } = result;
  return [
    verdict(result, texts),
    actions(texts, { again, save }),
    ...said(whole, texts.whole),
    receipts(whole.receipts, texts),
    parts(whole.parts, texts),
    manifest(result, texts),
    ...missing(result, texts),
    findings(result, texts, { subject: "manifest", title: texts.whole.findings }),
  ];
}

function verdict(result, texts) {
  const why = ["fail", "indeterminate"].flatMap((weight) => reasonsOf(result, weight, texts));
  const reasons = why.length > REASONS ? [...why.slice(0, REASONS), texts.whole.more(why.length - REASONS)] : why;
  return verdictBox(result, texts.whole.verdicts[result.verdict], { reasons, trial: texts.whole.essai }, texts);
}

/** What is found of this weight: of the dossier itself, then of its parts by their names, said once of those that share it. */
function reasonsOf({ findings: own, whole }, weight, texts) {
  const places = [
    { findings: own, subject: "manifest", name: null }, ...whole.receipts.map((one) => ({ ...one, subject: "receipt" })), ...whole.parts,
  ];
  const told = new Map();
  for (const { findings: found, subject, name } of places) {
    for (const code of new Set(found.filter(({ level }) => level === weight).map((one) => one.code))) {
      const text = sentence(code, texts, subject);
      const key = JSON.stringify([name === null, text]);
      if (!told.has(key)) told.set(key, { text, names: [] });
      if (name !== null) told.get(key).names.push(visible(name));
    }
  }
  return [...told.values()].map(({ text, names }) => texts.whole.about(names, text));
}

/**
 * A table that a keyboard can scroll; the first cell of a row is its head. A narrow window shows each row as a card, cells under the names
 * of their columns: the roles are written out, for they would be lost with the layout of a table.
 */
function table(id, columns, rows) {
  const cells = ([first, ...others]) => el("tr", { role: "row" },
    el("th", { scope: "row", role: "rowheader" }, ...first),
    ...others.map((cell, index) => el("td", { role: "cell", "data-column": columns[index + 1] }, el("div", {}, ...cell))));
  return el("div", { class: "wide", tabindex: "0", role: "region", "aria-labelledby": id },
    el("table", { class: "parts", role: "table", "aria-labelledby": id },
      el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, ...columns.map((name) => el("th", { scope: "col", role: "columnheader" }, name)))),
      el("tbody", { role: "rowgroup" }, ...rows.map(cells))));
}

/** The answer on a part, in words and as machines have it. */
const answer = (word, texts) => el("span", { class: `answer ${word.toLowerCase()}` }, texts.whole.answers[word], " ", el("code", {}, word));

/** Of what was found of a part, what weighs. */
function heavy({ name, findings: found }, subject, texts) {
  const weighty = found.filter(({ level }) => level !== "info");
  if (weighty.length === 0) return [texts.whole.nothing];
  return weighty.map(({ code, level, found: value }) => el("p", { class: `why ${level}` },
    el("strong", {}, texts.levels[level]), " · ", sentence(code, texts, subject), " ", el("code", {}, code),
    value && value !== name ? el("span", { class: "hint" }, visible(value).slice(0, 300)) : null));
}

/** What a receipt attests, to be unfolded; what is said of the law stays in French. */
const attested = ({ receipt }, texts) => (receipt.attests.length === 0 ? [] : [
  el("details", {}, el("summary", {}, texts.receipt.attests), el("ul", { lang: "fr" }, ...receipt.attests.map((line) => el("li", {}, visible(line))))),
]);

const stamped = ({ timestamp }, texts) => (timestamp === null ? texts.unknown : instantText(timestamp.gen_time, texts));

/** What a receipt calls its event, in the French of the office. */
function label({ receipt }, texts) {
  const told = receipt.content?.get("event")?.get("libelle");
  return told === undefined ? el("span", {}, texts.receipt.kinds[receipt.kind] ?? texts.unknown) : el("span", { lang: "fr" }, visible(told));
}

function receipts(all, texts) {
  const held = all.filter(({ verdict: word }) => word === "PASS").length;
  const rows = all.map((one) => [
    [label(one, texts), el("code", { class: "digest" }, visible(one.name))],
    [stamped(one.facts, texts)], [answer(one.verdict, texts)], [...heavy(one, "receipt", texts), ...attested(one, texts)],
  ]);
  return el("section", { "aria-labelledby": "t-recepisses" },
    el("h2", { id: "t-recepisses" }, texts.whole.receipts),
    el("p", {}, texts.whole.held(held, all.length)),
    rows.length === 0 ? null : table("t-recepisses", texts.whole.receiptColumns, rows));
}

function parts(all, texts) {
  const rows = all.map((one) => [
    [texts.whole.subjects[one.subject](one.lines), el("code", { class: "digest" }, visible(one.name))],
    [stamped(one.facts, texts)], [answer(one.verdict, texts)], heavy(one, one.subject, texts),
  ]);
  return el("section", { "aria-labelledby": "t-parties" },
    el("h2", { id: "t-parties" }, texts.whole.parts),
    rows.length === 0 ? el("p", {}, texts.none) : table("t-parties", texts.whole.partColumns, rows));
}

/** What the manifest says, and who signed it. */
function manifest(result, texts) {
  const { whole, facts } = result;
  const names = texts.whole.manifest;
  const before = result.verdict === "FAIL" ? [el("p", {}, texts.whole.untold)] : [];
  const rows = [
    [texts.facts.file, visible(result.name)],
    [names.sha256, whole.sha256 ?? texts.unknown],
    ...(whole.manifest === null ? [] : told(whole, texts)),
    ...signatureRows(facts, texts),
    ...judgingRows(result, texts),
  ];
  return factsSection("t-manifeste", names.title, rows, ...before);
}

function told({ manifest: value, files }, texts) {
  const names = texts.whole.manifest;
  const [act, issuer] = [value.get("acte"), value.get("issuer")];
  const at = (field) => instantText(parseInstant(field), texts);
  const isTold = (object, field) => typeof object.get(field) === "string";
  return [
    [names.act, act.get("id")], [names.nature, french(act.get("nature"))], [names.dossier, visible(act.get("dossier"))],
    [names.sent, isTold(act, "envoye_le") ? at(act.get("envoye_le")) : texts.whole.notSent], [names.made, at(value.get("etabli_le"))],
    [names.whom, texts.whole.whom[value.get("pour")]],
    [names.issuer, visible(`${issuer.get("etude")} (${issuer.get("residence")})`)],
    [names.files, texts.whole.same(files, value.get("fichiers").length)],
    ...(isTold(value, "coffre_jusqu_au") ? [[names.vault, at(value.get("coffre_jusqu_au"))]] : []),
    ...(isTold(value, "etude_jusqu_au") ? [[names.office, dayText(value.get("etude_jusqu_au"), texts)]] : []),
  ];
}

/** A day as the reader writes it, or the text as it stands when it is none. */
function dayText(text, texts) {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(text) ? parseInstant(`${text}T12:00:00Z`) : null;
  return at === null ? visible(text) : dateText(at, texts);
}

const french = (text) => el("span", { lang: "fr" }, visible(text));

/** What the manifest says is not there, and why. */
function missing({ whole }, texts) {
  const absent = whole.manifest?.get("absents") ?? [];
  if (absent.length === 0) return [];
  const rows = absent.map((one) => [[visible(one.get("quoi"))], [french(one.get("pourquoi"))]]);
  return [el("section", { "aria-labelledby": "t-absents" },
    el("h2", { id: "t-absents" }, texts.whole.missing),
    table("t-absents", texts.whole.missingColumns, rows))];
}
