// A bounded list of findings: a hostile archive of a million faulty records must not fill the report.
import { LEVELS, finding } from "../base/report.js";

/** How many findings of one code are kept in full. */
const KEPT = 20;

export class FindingList {
  #list = [];
  #counts = new Map();

  push(found) {
    const seen = this.#counts.get(found.code) ?? { count: 0, worst: -1 };
    seen.count += 1;
    if (seen.count <= KEPT) this.#list.push(found);
    else seen.worst = Math.max(seen.worst, LEVELS.indexOf(found.level));
    this.#counts.set(found.code, seen);
  }

  pushAll(list) {
    for (const found of list) this.push(found);
  }

  /** All that was kept, then one line for each code that was cut, at its worst level. */
  finish() {
    const cut = [...this.#counts].filter(([, { worst }]) => worst >= 0).sort(([a], [b]) => (a < b ? -1 : 1));
    return [...this.#list, ...cut.map(([code, { count, worst }]) => finding(code, LEVELS[worst], { found: `+ ${count - KEPT}` }))];
  }
}
