// The statement of incompleteness: what the sealed inventory says is missing, page by page, with the reason.
import { el, visible } from "./dom.js";

/** Gaps shown for one page; the rest are counted. */
const SHOWN = 40;

export function gapsSection(result, texts) {
  const section = el("section", { "aria-labelledby": "t-manques" }, el("h2", { id: "t-manques" }, texts.gaps));
  if (result.manifest === null) {
    section.append(el("p", {}, texts.gapsUnread));
    return section;
  }
  const stated = result.manifest.get("incompleteness");
  const totals = ["requests_seen", "exchanges_stored", "messages_unparsed"].map((key) => stated.get(key));
  section.append(el("p", {}, texts.gapsIntro), el("p", {}, texts.gapsTotals(...totals)));
  const pages = stated.get("pages");
  if (pages.length === 0) section.append(el("p", {}, texts.gapsNone));
  for (const page of pages) section.append(...pageGaps(page, texts));
  const never = stated.get("never_recorded");
  if (never.length > 0) section.append(el("h3", {}, texts.gapsNever), lines(never));
  const accounts = stated.get("reconciliations") ?? [];
  if (accounts.length > 0) section.append(el("h3", {}, texts.gapsAccounts), lines(accounts.map(texts.account)));
  const told = result.manifest.get("findings").map((finding) => `${finding.get("what")} (${finding.get("code")})`);
  if (told.length > 0) section.append(el("h3", {}, texts.gapsFindings), lines(told));
  return section;
}

const lines = (list) => el("ul", {}, ...list.map((text) => el("li", {}, visible(text))));

function pageGaps(page, texts) {
  const missing = page.get("missing");
  const rows = missing.slice(0, SHOWN).map((gap) => el("tr", {},
    el("td", { class: "address" }, visible(gap.get("url"))),
    el("td", {}, texts.reasons[gap.get("reason")]),
    el("td", {}, visible(gap.get("detail") ?? ""))));
  const more = missing.length - rows.length;
  const title = visible(texts.gapsPage(page.get("page"), page.get("step")));
  return [
    el("h3", { class: "address" }, title),
    el("div", { class: "wide", tabindex: "0", role: "region", "aria-label": title },
      el("table", {},
        el("thead", {}, el("tr", {}, ...texts.gapsColumns.map((name) => el("th", { scope: "col" }, name)))),
        el("tbody", {}, ...rows))),
    more > 0 ? el("p", { class: "hint" }, texts.gapsMore(more)) : "",
  ];
}
