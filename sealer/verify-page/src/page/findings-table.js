// Every finding, in the order of the checks, as a table.
import { el, visible } from "./dom.js";
import { sentence } from "./sentence.js";

export function findings(result, texts) {
  const cell = (text) => el("td", {}, text === null ? "" : visible(text).slice(0, 400));
  const rows = result.findings.map(({ code, level, expected, found }) => el("tr", { class: level },
    el("td", {}, el("code", {}, code)), el("td", { class: "weight" }, texts.levels[level]), el("td", {}, sentence(code, texts)),
    cell(expected), cell(found)));
  const table = el("div", { class: "wide", tabindex: "0", role: "region", "aria-labelledby": "t-constatations" },
    el("table", {},
      el("thead", {}, el("tr", {}, ...texts.columns.map((name) => el("th", { scope: "col" }, name)))),
      el("tbody", {}, ...rows)));
  return el("section", { "aria-labelledby": "t-constatations" },
    el("h2", { id: "t-constatations" }, texts.findings),
    rows.length === 0 ? el("p", {}, texts.noFindings) : table);
}
