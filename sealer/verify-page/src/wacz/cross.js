// The index as written against the index rebuilt from the archives, and the pages against the index.
import { cdxInstant, showInstant } from "../base/instant.js";
import { finding } from "../base/report.js";
import { sameEntry } from "../warc/cdxj.js";

/** Compares; skipped for the index when one of the two could not be read whole, which is a finding already. */
export function crossCheck(state) {
  if (state.comparable) compareIndex(state);
  const captured = new Set(state.rebuilt.map((entry) => `${entry.timestamp} ${entry.url}`));
  for (const page of state.pages) {
    // The fragment of a page's address is not part of what was asked for.
    const [url] = page.url.split("#");
    if (!captured.has(`${cdxInstant(page.ts)} ${url}`)) {
      state.list.push(finding("wacz.page_unarchived", "warn", { found: `${showInstant(page.ts)} ${page.url}` }));
    }
  }
}

const place = (entry) => `${entry.offset} ${entry.filename}`;
const show = (entry) => `${entry.key} ${entry.timestamp} ${entry.offset}`.slice(0, 200);

function compareIndex(state) {
  const expected = new Map(state.rebuilt.map((entry) => [place(entry), entry]));
  const seen = new Set();
  for (const entry of state.index) {
    const right = expected.get(place(entry));
    if (seen.has(place(entry)) || right === undefined) {
      state.list.push(finding("wacz.index_extra", "fail", { found: show(entry) }));
    } else if (!sameEntry(right, entry)) {
      state.list.push(finding("wacz.index_wrong", "fail", { expected: show(right), found: show(entry) }));
    }
    seen.add(place(entry));
    expected.delete(place(entry));
  }
  for (const entry of expected.values()) state.list.push(finding("wacz.index_missing", "fail", { expected: show(entry) }));
}
