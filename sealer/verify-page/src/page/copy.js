// A copy as its reader sees it: said loudly, in both languages, with what it withholds and why, as declared.
import { isShown, withheldRecords } from "../disclosure/list.js";
import { WACZ } from "../verify/layout.js";
import { el, visible } from "./dom.js";
import { sizeText } from "./format.js";

/** Files and addresses named one by one; the others are counted. */
const NAMED = 200;

/** The list, when what it says was checked: of a copy that is false, nothing is told on its word. */
const provenList = ({ verdict, copy }) => (verdict === "FAIL" ? null : (copy?.list ?? null));

/** That this is not the original, above everything. */
export function copyBanner(result, texts) {
  const list = provenList(result);
  const counts = list === null
    ? texts.copy.unread
    : [texts.copy.files(list.get("files").length), recordsText(list, texts)].join(", ");
  return el("div", { class: "copy-banner", role: "note" },
    el("p", { class: "title" }, texts.copy.banner),
    el("p", { class: "other", lang: texts.copy.otherLang }, texts.copy.other),
    el("p", {}, el("strong", {}, counts)));
}

/** How much of the archive is withheld: records of it, all of it, or nothing. */
function recordsText(list, texts) {
  const records = list.get("records").length;
  if (records > 0) return texts.copy.records(withheldRecords(list), records);
  return list.get("files").some((file) => file.get("path") === WACZ) ? texts.copy.allRecords : texts.copy.noRecord;
}

/** What is withheld: file after file, records by reason and type. */
export function copySection(result, texts) {
  const list = provenList(result);
  const section = el("section", { "aria-labelledby": "t-copie" }, el("h2", { id: "t-copie" }, texts.copy.section));
  if (list === null) {
    section.append(el("p", {}, texts.copy.notTold));
    return section;
  }
  const records = byReason(list);
  section.append(
    el("p", {}, texts.copy.intro),
    el("dl", {}, ...facts(list, texts).flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)])),
    el("h3", {}, texts.copy.files(list.get("files").length)), files(list, texts),
    el("h3", {}, recordsText(list, texts)),
    ...(records.length === 0 ? [] : [table(texts.copy.recordColumns, records.map(({ count, type, reason }) => [count, type, reason]))]),
    ...addresses(list, texts));
  return section;
}

const facts = (list, texts) => [
  [texts.copy.madeAt, `${list.get("made_at")} (${visible(list.get("made_by"))})`],
  ...(list.has("asked_by") ? [[texts.copy.askedBy, visible(list.get("asked_by"))]] : []),
  [texts.copy.original, el("code", {}, list.get("original").get("sha256"))],
  [texts.copy.originalSize, sizeText(list.get("original").get("bytes"), texts)],
];

function table(columns, rows) {
  const cell = (value) => el("td", {}, value instanceof Node ? value : visible(value));
  return el("div", { class: "wide" },
    el("table", {},
      el("thead", {}, el("tr", {}, ...columns.map((name) => el("th", { scope: "col" }, name)))),
      el("tbody", {}, ...rows.map((row) => el("tr", {}, ...row.map(cell))))));
}

function files(list, texts) {
  const all = list.get("files");
  const rows = all.slice(0, NAMED).map((file) => [
    el("span", {}, visible(file.get("path")), el("span", { class: "digest" }, `SHA-256 ${file.get("sha256")}`)),
    sizeText(file.get("bytes"), texts), file.get("reason"),
  ]);
  const more = all.length - rows.length;
  return el("div", {}, table(texts.copy.fileColumns, rows), more > 0 ? el("p", { class: "hint" }, texts.copy.more(more)) : null);
}

/** The withheld records counted by reason and type, in their order. */
function byReason(list) {
  const counts = new Map();
  for (const fate of list.get("records").filter((one) => !isShown(one))) {
    const [reason, type] = [fate.get("reason"), fate.get("type")];
    const key = JSON.stringify([reason, type]);
    counts.set(key, { reason, type, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
}

const urlsOf = (list) => list.get("records").filter((fate) => fate.has("url")).map((fate) => fate.get("url"));

function addresses(list, texts) {
  const urls = [...new Set(urlsOf(list))];
  if (urls.length === 0) return [];
  const items = urls.slice(0, NAMED).map((url) => el("li", { class: "address" }, visible(url)));
  const more = urls.length - items.length;
  return [
    el("h3", {}, texts.copy.addresses), el("ul", {}, ...items),
    ...(more > 0 ? [el("p", { class: "hint" }, texts.copy.more(more))] : []),
  ];
}

/** What the command-line verifier prints of a copy with `--json`. */
export function copyReport(result) {
  const list = provenList(result);
  if (list === null) return null;
  const plain = (map) => Object.fromEntries(map);
  return {
    original: plain(list.get("original")), made_at: list.get("made_at"), made_by: list.get("made_by"),
    asked_by: list.get("asked_by") ?? null, files: list.get("files").map(plain), records: list.get("records").length,
    records_withheld: withheldRecords(list), by_reason: byReason(list), urls: urlsOf(list),
  };
}
