// The inner package: the same audit of raw records as outside, then the package's and the archive's own rules.
import { digests } from "../base/hash.js";
import { Refused, failure } from "../base/report.js";
import { ReadError } from "../base/source.js";
import { TrafficPictures } from "../image/traffic.js";
import { checkWacz } from "../wacz/check.js";
import { INNER, audit } from "../zip/audit.js";
import * as layout from "./layout.js";

/** Audits the inner zip, hashes its members, checks package and archive: `{members, pictures}`, or `null`. */
export async function checkPackage(container, report, progress) {
  const inner = container.contents.get(layout.WACZ);
  if (inner === undefined) {
    report.fail("bundle.missing", layout.WACZ);
    return null;
  }
  let entries;
  try {
    entries = audit(inner, INNER);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    report.add(failure(error.finding.code, `${layout.WACZ}: ${error.finding.found}`, error.finding.expected));
    return null;
  }
  const members = [];
  for (const entry of entries) {
    const source = inner.slice(entry.dataStart, entry.size);
    const found = await readMember(source, entry.crc, progress);
    if (found === null) report.fail("bundle.unreadable", `${layout.WACZ}: ${entry.name}`);
    members.push({ path: entry.name, source, digests: found });
  }
  const pictures = new TrafficPictures();
  const watched = { path: layout.ARCHIVE, watch: pictures };
  const { findings, signed } = await checkWacz(members, { pictures: watched, progress });
  for (const found of findings) report.add(found);
  if (!signed) report.fail("wacz.signature", layout.WACZ);
  const readable = members.filter((member) => member.digests !== null);
  return { members: new Map(readable.map((member) => [member.path, member.digests])), pictures: pictures.value() };
}

async function readMember(source, crc, progress) {
  try {
    return await digests(source, crc, progress);
  } catch (error) {
    if (error instanceof ReadError) return null;
    throw error;
  }
}
