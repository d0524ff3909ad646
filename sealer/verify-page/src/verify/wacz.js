// The inner package: the same audit of raw records as outside, then the package's and the archive's own rules.
import { digests } from "../base/hash.js";
import { octetString } from "../base/bytes.js";
import { Refused, failure } from "../base/report.js";
import { ReadError } from "../base/source.js";
import { ArchiveLeaves, secretOf } from "../disclosure/tree.js";
import { TrafficPictures } from "../image/traffic.js";
import { checkWacz } from "../wacz/check.js";
import { INNER, audit } from "../zip/audit.js";
import * as layout from "./layout.js";

/** Audits the inner zip, hashes its members, checks package and archive: `{members, pictures, disclosure, span}`, or `null`. */
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
  const secret = readSecret(container, report);
  const members = [];
  for (const entry of entries) {
    const source = inner.slice(entry.dataStart, entry.size);
    const found = await readMember(source, entry.crc, progress);
    if (found === null) report.fail("bundle.unreadable", `${layout.WACZ}: ${entry.name}`);
    members.push({ path: entry.name, source, digests: found });
  }
  const pictures = new TrafficPictures();
  const leaves = secret === null ? null : await ArchiveLeaves.of(secret);
  const watched = { path: layout.ARCHIVE, watch: watching(pictures, (type, member) => leaves?.push(type, member)) };
  const { findings, signed, span } = await checkWacz(members, { pictures: watched, progress });
  for (const found of findings) report.add(found);
  if (!signed) report.fail("wacz.signature", layout.WACZ);
  const readable = members.filter((member) => member.digests !== null);
  return {
    members: new Map(readable.map((member) => [member.path, member.digests])), pictures: pictures.value(), span,
    disclosure: members.some(({ path }) => path === layout.ARCHIVE) ? (leaves?.value() ?? null) : null,
  };
}

/** What is shown every record of an archive: the pictures, and its type with the digest of its gzip member once it is whole. */
export const watching = (pictures, ended) => ({
  begin: (header) => pictures.begin(header), push: (chunk) => pictures.push(chunk), end: (facts) => pictures.end(facts), ended,
});

/** The secret of the leaves; `null` without it, which the inventory then says too, or when it is not in its one form. */
function readSecret(container, report) {
  const source = container.contents.get(layout.SECRET);
  if (source === undefined) return null;
  let secret = null;
  try {
    secret = source.length === 65 ? secretOf(octetString(source.all())) : null;
  } catch (error) {
    if (!(error instanceof ReadError)) throw error;
  }
  if (secret === null) report.fail("disclosure.secret", layout.SECRET);
  return secret;
}

async function readMember(source, crc, progress) {
  try {
    return await digests(source, crc, progress);
  } catch (error) {
    if (error instanceof ReadError) return null;
    throw error;
  }
}
