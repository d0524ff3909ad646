// The records of a copy whose package is withheld: each that is there is led to the root that was sealed, and judged by the rules
// of an archive.
import { fromHex } from "../../base/bytes.js";
import { sameValue } from "../../base/json.js";
import { finding } from "../../base/report.js";
import { isShown, withheldRecords } from "../../disclosure/list.js";
import { Tree, disclosureOf } from "../../disclosure/tree.js";
import { TrafficPictures } from "../../image/traffic.js";
import { checkArchive } from "../../warc/check.js";
import { spanOf } from "../../wacz/check.js";
import * as layout from "../layout.js";
import { watching } from "../wacz.js";

/** Checks the records that are there; gives what is then known of the archive, the rest as sealed, or `null`. */
export async function checkRecords(container, manifest, { list }, { report, progress, withheld }) {
  const source = container.contents.get(layout.COPY_ARCHIVE);
  const fates = list.get("records");
  const shown = fates.length - withheldRecords(list);
  if ((source !== undefined) !== shown > 0) {
    report.fail("disclosure.archive", layout.COPY_ARCHIVE, shown);
    return null;
  }
  const sealed = manifest.get("traffic_pictures");
  const archive = {
    members: manifest.get("wacz").get("members"), count: shown, pictures: sealed, disclosure: manifest.get("disclosure") ?? null,
    span: [],
  };
  if (shown === 0) withheld.add("archive");
  if (fates.length === 0) return archive;
  const leaves = new Walk(fates, await Tree.empty());
  const pictures = new TrafficPictures();
  if (source !== undefined) {
    archive.span = await read(source, watching(pictures, (...record) => leaves.push(...record)), { report, progress });
  }
  const found = leaves.finish();
  const led = sameValue(found, archive.disclosure);
  if (!led) {
    const text = (value) => (value === null ? "-" : `${value.get("root")} (${value.get("records")})`);
    report.fail("disclosure.root", text(found), text(archive.disclosure));
  }
  if (shown > 0) report.add(finding("disclosure.records", "warn", { found: `${shown} / ${fates.length}` }));
  // Of records that are not those sealed, nothing is compared.
  if (led && !areListed(pictures.value(), sealed)) archive.pictures = pictures.value();
  return archive;
}

/** Judges the records that are there; gives the first and the last of their dates. */
async function read(source, watch, { report, progress }) {
  const told = (octets) => progress("wacz", octets);
  const { findings, bytes, entries } = await checkArchive(source, "archive.warc.gz", { pictures: watch, progress: told, unreadable: false });
  for (const found of findings) report.add(found);
  if (bytes !== source.length) report.fail("disclosure.archive", source.length, bytes);
  return spanOf(entries);
}

/** With the package there, no record stands apart and none is told of. */
export function checkNoRecords(container, list, report) {
  if (container.contents.has(layout.COPY_ARCHIVE) || list.get("records").length > 0) {
    report.fail("disclosure.archive", layout.COPY_ARCHIVE);
  }
}

/** The leaves in their order: of the records that are there, computed; of the others, from what stands for them. */
class Walk {
  #fates;
  #at = 0;
  #tree;
  /** Records beyond those the list says are there. */
  #beyond = 0;

  constructor(fates, tree) {
    [this.#fates, this.#tree] = [fates, tree];
  }

  push(type, member) {
    this.#skip();
    const fate = this.#fates[this.#at];
    if (fate === undefined) {
      this.#beyond += 1;
      return;
    }
    this.#tree.push(type, this.#tree.blind(fromHex(fate.get("salt")), member));
    this.#at += 1;
  }

  /** The leaves of the withheld records before the next that is there. */
  #skip() {
    for (; this.#at < this.#fates.length && !isShown(this.#fates[this.#at]); this.#at += 1) {
      const fate = this.#fates[this.#at];
      this.#tree.push(fate.get("type"), fromHex(fate.get("blind")));
    }
  }

  /** Count and root: with records missing or beyond, the count is another than the one sealed. */
  finish() {
    this.#skip();
    return disclosureOf(this.#tree, this.#beyond);
  }
}

/** Whether every picture of the records that are there is in the inventory as it is, in the same order. */
function areListed(shown, sealed) {
  const listed = sealed.get("listed");
  if (sealed.get("found") !== listed.length) return true;
  let at = 0;
  return shown.get("listed").every((picture) => {
    while (at < listed.length && !sameValue(listed[at], picture)) at += 1;
    at += 1;
    return at <= listed.length;
  });
}
