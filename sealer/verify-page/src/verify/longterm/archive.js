// The chain of archive manifests (ETSI EN 319 162-1 4.4.5 and A.7): each covers everything that stood before it, its token
// came before the end of the tokens it covers, and `Rootfile` names the manifest it prolongs.
import { sha256 } from "../../base/hash.js";
import { showInstant } from "../../base/instant.js";
import { Refused } from "../../base/report.js";
import { TYPE_TOKEN } from "../../asic/manifest.js";
import * as layout from "../layout.js";
import { MAX_CMS, readManifestEntry } from "../signature.js";

/** Walks the chain, oldest first, and adds its tokens to `stamps`. */
export async function checkArchives(container, files, stamps, report) {
  const covered = new Map([...files].filter(([name]) => name !== layout.MIMETYPE).map(([name, found]) => [name, found.sha256]));
  for (const name of layout.KNOWN_META.filter((known) => container.contents.has(known))) {
    const octets = told(report, () => container.small(name, MAX_CMS));
    if (octets === null) return;
    covered.set(name, await sha256(octets));
  }
  const { archives: count, anchors } = container.order;
  let prolonged = null;
  for (let index = 0; index < count; index += 1) {
    for (const { entry } of anchors.filter(({ after }) => after === index)) {
      const octets = told(report, () => container.small(entry, MAX_CMS));
      if (octets === null) return;
      covered.set(entry, await sha256(octets));
    }
    const [name, tokenName] = layout.archiveNames(index, count);
    const [octets, token] = [name, tokenName].map((entry) => told(report, () => container.small(entry, MAX_CMS)));
    const manifest = octets === null || token === null ? null : told(report, () => readManifestEntry(octets, name));
    if (manifest === null) return;
    if (manifest.protector !== tokenName || manifest.protectorType !== TYPE_TOKEN) {
      report.fail("manifest.protector", manifest.protector, tokenName);
    }
    checkCoverage(manifest, name, covered, prolonged, report);
    const before = stamps.found.length;
    await stamps.add(token, octets, tokenName, report);
    checkOrder(stamps.found, before, report);
    covered.set(name, await sha256(octets)).set(tokenName, await sha256(token));
    prolonged = name;
  }
}

/** What `read` gives; `null` once its refusal is told. */
function told(report, read) {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    report.add(error.finding);
    return null;
  }
}

/** Exactly what stood before, with its digests, and the predecessor alone as Rootfile. */
function checkCoverage(manifest, name, covered, prolonged, report) {
  const fail = (code, found) => report.fail(code, `${name} : ${found}`);
  const listed = new Map(manifest.files.map((file) => [file.name, file.sha256]));
  for (const file of [...covered.keys()].sort()) {
    if (!listed.has(file)) fail("archive.uncovered", file);
    else if (listed.get(file) !== covered.get(file)) fail("archive.digest", file);
  }
  const absent = [...listed.keys()].sort().find((file) => !covered.has(file));
  if (absent !== undefined) fail("archive.absent", absent);
  const roots = manifest.files.filter((file) => file.rootFile).map((file) => file.name);
  if (roots.length !== (prolonged === null ? 0 : 1) || roots.some((root) => root !== prolonged)) {
    fail("archive.rootfile", roots.join(", "));
  }
}

const accuracyMs = ({ accuracy }) => Math.floor((accuracy ?? 0) / 1000);
const isArchive = ({ entry }) => entry !== layout.SIGNATURE_1 && entry !== layout.TOKEN_2;

/** The token just checked, if it was added, against every one before it: made later, and before their end. */
function checkOrder(found, before, report) {
  const made = found[before];
  if (made === undefined) return;
  const text = `${made.entry} : ${showInstant(made.genTime)}`;
  for (const [index, old] of found.slice(0, before).entries()) {
    if (made.genTime + accuracyMs(made) + accuracyMs(old) < old.genTime) {
      report.fail("archive.order", text, `${old.entry} : ${showInstant(old.genTime)}`);
    }
    // What an earlier archive token covered needs no other renewal.
    const renewed = found.slice(index + 1, before).some(isArchive);
    if (!renewed && made.genTime > old.validTo) {
      report.fail("archive.late", text, `${old.entry} : ${showInstant(old.validTo)}`);
    }
  }
}
