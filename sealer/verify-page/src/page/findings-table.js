// Every finding, in the order of the checks, as a table.
import { el, visible } from "./dom.js";
import { sentence } from "./sentence.js";

/** The section of the findings; `subject` is what they are about, as for `sentence`. */
export function findings(result, texts, { subject = null, title = texts.findings } = {}) {
  const cell = (text) => el("td", {}, text === null ? "" : visible(text).slice(0, 400));
  const rows = result.findings.map(({ code, level, expected, found }) => el("tr", { class: level },
    el("td", {}, el("code", {}, code)), el("td", { class: "weight" }, texts.levels[level]), el("td", {}, sentence(code, texts, subject)),
    cell(expected), cell(found)));
  const table = el("div", { class: "wide", tabindex: "0", role: "region", "aria-labelledby": "t-constatations" },
    el("table", {},
      el("thead", {}, el("tr", {}, ...texts.columns.map((name) => el("th", { scope: "col" }, name)))),
      el("tbody", {}, ...rows)));
  return el("section", { "aria-labelledby": "t-constatations" },
    el("h2", { id: "t-constatations" }, title),
    rows.length === 0 ? el("p", {}, texts.noFindings) : table);
}
