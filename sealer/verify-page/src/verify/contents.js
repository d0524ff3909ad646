// Every file against every list: ASiC manifest, `constat.json`, `SHA256SUMS`, the descriptor; and none left out.
import { equal, text, utf8 } from "../base/bytes.js";
import { digests, sha256 } from "../base/hash.js";
import { JsonError, canonical, parseStrict, sameValue } from "../base/json.js";
import { Refused, failure } from "../base/report.js";
import { TypeMismatch } from "../base/schema.js";
import { ReadError } from "../base/source.js";
import { manifestType } from "../dossier/types.js";
import * as layout from "./layout.js";

const MAX_MANIFEST = 64 << 20;

/** Digests of every content file, each read once; the entries of META-INF are read for their checksum only. */
export async function fileDigests(container, report, progress) {
  const found = new Map();
  for (const name of [...container.contents.keys()].sort()) {
    try {
      const digest = await digests(container.contents.get(name), container.crcs.get(name), progress);
      if (!layout.isMeta(name)) found.set(name, digest);
    } catch (error) {
      if (!(error instanceof ReadError)) throw error;
      report.fail("bundle.unreadable", `${name}: ${error.message}`);
    }
  }
  return found;
}

/** Whether the seal covers exactly these octets under this name. */
export function isCovered(seal, name, files) {
  const reference = seal?.manifest.files.find((file) => file.name === name);
  return reference !== undefined && files.get(name)?.sha256 === reference.sha256;
}

/** The seal covers every content file but `mimetype`, and nothing that is not there. */
export function checkCoverage(seal, files, report) {
  const covered = new Set([layout.MIMETYPE]);
  for (const reference of seal.manifest.files) {
    covered.add(reference.name);
    const found = files.get(reference.name);
    if (found === undefined) report.fail("manifest.absent", reference.name);
    else if (found.sha256 !== reference.sha256) {
      report.fail("digest.mismatch", `${reference.name}: ${found.sha256}`, reference.sha256);
    }
  }
  for (const name of files.keys()) if (!covered.has(name)) report.fail("manifest.uncovered", name);
}

/** Reads `constat.json`: strict JSON, canonical form, every field known. Refuses, or gives its value. */
export function readManifest(container) {
  const octets = container.small(layout.CONSTAT, MAX_MANIFEST);
  const value = strict(octets);
  if (canonical(value) !== text(octets)) throw new Refused(failure("json.not_canonical", "RFC 8785"));
  let manifest;
  try {
    manifest = manifestType(value);
  } catch (error) {
    if (error instanceof TypeMismatch) throw new Refused(failure("json.malformed", error.message));
    throw error;
  }
  if (!sameValue(manifest, value)) throw new Refused(failure("json.unknown_field", layout.CONSTAT));
  // A type leaves out what is empty: what was read has every field.
  const whole = new Map(manifest);
  if (!whole.has("traffic_pictures")) whole.set("traffic_pictures", new Map([["found", 0], ["listed", []]]));
  return whole;
}

function strict(octets) {
  try {
    return parseStrict(octets);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    const code = error.message.startsWith("duplicate key") ? "json.duplicate" : "json.malformed";
    throw new Refused(failure(code, error.message));
  }
}

/** `SHA256SUMS` and `datapackage.json` are for people and tools: they must not be able to say anything else. */
export async function checkLists(container, files, report) {
  const listed = container.names.filter((name) => !layout.isMeta(name) && name !== layout.SUMS && files.has(name));
  await exact(container, layout.SUMS, listed.map((name) => `${files.get(name).sha256}  ${name}\n`).join(""), report);
  const wacz = files.get(layout.WACZ);
  if (wacz === undefined) return;
  const resource = { name: layout.WACZ, path: layout.WACZ, hash: `sha256:${wacz.sha256}`, bytes: wacz.bytes };
  const descriptor = new Map([
    ["profile", "multi-wacz-package"], ["resources", [new Map(Object.entries(resource))]],
  ]);
  await exact(container, layout.DATAPACKAGE, canonical(descriptor), report);
}

async function exact(container, name, expectedText, report) {
  const expected = utf8(expectedText);
  try {
    const found = container.small(name, expected.length + (1 << 20));
    if (!equal(found, expected)) report.fail("bundle.list", `${name}: ${await sha256(found)}`, await sha256(expected));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    report.add(error.finding);
  }
}
