// The outer container: which entries there are, in which order and role.
import { octetString } from "../base/bytes.js";
import { Refused, failure } from "../base/report.js";
import { ReadError } from "../base/source.js";
import { OUTER, audit } from "../zip/audit.js";
import * as layout from "./layout.js";

/** An audited container: `names` in order, `contents` and `crcs` by name; in a copy, `withheld` are the original's files it lacks. */
export class Container {
  constructor({ names, contents, crcs, withheld = new Set() }) {
    Object.assign(this, { names, contents, crcs, withheld });
  }

  static read(source, entries) {
    return new Container({
      names: entries.map((entry) => entry.name),
      contents: new Map(entries.map((entry) => [entry.name, source.slice(entry.dataStart, entry.size)])),
      crcs: new Map(entries.map((entry) => [entry.name, entry.crc])),
    });
  }

  /** Whether this is a copy with files or records withheld. */
  get isCopy() {
    return this.contents.has(layout.LIST);
  }

  /** What META-INF holds beside the seal and the second token; nothing when its names are not those of this format. */
  get order() {
    return layout.metaOrder(this.names.filter(layout.isMeta)) ?? layout.NO_ORDER;
  }

  /** The octets of a small entry; refused when it is absent or longer than `limit`. */
  small(name, limit) {
    const source = this.contents.get(name);
    if (source === undefined) throw new Refused(failure("bundle.missing", name));
    if (source.length > limit) throw new Refused(failure("bundle.too_large", name));
    try {
      return source.all();
    } catch (error) {
      throw new Refused(failure("bundle.unreadable", error.message));
    }
  }
}

/** Audits the zip, then the names, their order and `mimetype`; `null` when nothing more can be trusted. */
export function openContainer(source, report) {
  let entries;
  try {
    entries = audit(source, OUTER);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    report.add(error.finding);
    return null;
  }
  checkMimetype(source, entries, report);
  const names = entries.map((entry) => entry.name);
  checkOrder(names, names.includes(layout.LIST) ? layout.copyHead(names) : layout.HEAD, report);
  return Container.read(source, entries);
}

/** ETSI EN 319 162-1 A.1: first, STORED, without extra field, the media type and nothing else. */
function checkMimetype(source, entries, report) {
  const first = entries[0];
  let content = first?.name ?? "";
  if (first?.name === layout.MIMETYPE && first.dataStart === 38 && first.localExtra === 0 && first.size < 100) {
    try {
      content = octetString(source.exact(first.dataStart, first.size));
      if (content === layout.MEDIA_TYPE) return;
    } catch (error) {
      if (!(error instanceof ReadError)) throw error;
    }
  }
  report.fail("zip.mimetype", JSON.stringify(content), layout.MEDIA_TYPE);
}

/** The head in its order, then the artefacts sorted, then META-INF: one order only, so that no entry can be moved. */
function checkOrder(names, head, report) {
  for (const [i, expected] of head.entries()) {
    if (names[i] !== expected) return report.fail("bundle.order", names[i] ?? "", expected);
  }
  const rest = names.slice(head.length);
  const from = rest.findIndex(layout.isMeta);
  const artefacts = from < 0 ? rest : rest.slice(0, from);
  const meta = from < 0 ? [] : rest.slice(from);
  const late = artefacts.findIndex((name, i) => i > 0 && artefacts[i - 1] >= name);
  if (late > 0) report.fail("bundle.order", artefacts[late - 1], artefacts[late]);
  if (layout.archives(meta) === null) report.fail("bundle.meta_inf", meta.join(", "), layout.KNOWN_META.join(", "));
}
