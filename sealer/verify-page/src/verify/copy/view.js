// The bundle as it was sealed, seen through a copy: the names it had, and of what is withheld the digests that were sealed.
import { sha256 } from "../../base/hash.js";
import { Refused, failure, refusable } from "../../base/report.js";
import { ListError, readList } from "../../disclosure/list.js";
import { Container } from "../container.js";
import { checkCoverage, isCovered, readManifest } from "../contents.js";
import * as layout from "../layout.js";
import { MAX_CMS } from "../signature.js";

const MAX_LIST = 64 << 20;
/** The length of the file of the secret. */
const SECRET_FILE = 65;

/** Reads the list of what is withheld, or refuses. */
export function readWithholding(container) {
  const octets = container.small(layout.LIST, MAX_LIST);
  try {
    return readList(octets);
  } catch (error) {
    if (error instanceof ListError) throw new Refused(failure("disclosure.list", error.message));
    throw error;
  }
}

const isOfCopy = (name) => name === layout.LIST || name === layout.COPY_ARCHIVE;

/**
 * Puts back what the list says is withheld: `{manifest, files, withheld}`, `files` being the digests of every content file of the
 * original; `null` when the inventory cannot be relied on.
 */
export async function putBack(container, seal, present, list, report) {
  await checkOriginal(container, list, report);
  const files = new Map([...present].filter(([name]) => !isOfCopy(name)));
  // Nothing is put back on the word of an inventory that the seal does not cover.
  if (!isCovered(seal, layout.CONSTAT, files)) {
    checkCoverage(seal, files, report);
    return null;
  }
  const manifest = refusable(report, () => readManifest(container));
  if (manifest === null) return null;
  const withheld = new Set();
  for (const file of list.get("files")) {
    const path = file.get("path");
    const sealed = sealedDigests(seal, manifest, path);
    if (files.has(path)) report.fail("disclosure.not_withheld", path);
    else if (sealed?.bytes === file.get("bytes") && sealed.sha256 === file.get("sha256")) {
      files.set(path, sealed);
      withheld.add(path);
    } else report.fail("disclosure.list_digest", `${path} : ${file.get("sha256")}`, sealed?.sha256 ?? "-");
  }
  // Names of content files are ASCII: an order of characters is one of octets.
  return { manifest, withheld, files: new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1))) };
}

/** The list is for this seal. */
async function checkOriginal(container, list, report) {
  let manifest;
  try {
    manifest = container.small(layout.MANIFEST_1, MAX_CMS);
  } catch (error) {
    if (error instanceof Refused) return;
    throw error;
  }
  const [found, expected] = [await sha256(manifest), list.get("original").get("manifest_sha256")];
  if (found !== expected) report.fail("disclosure.other_bundle", found, expected);
}

/** The digests that were sealed for a file that may be withheld: an artefact, or the secret; `null` for any other. */
function sealedDigests(seal, manifest, path) {
  if (path === layout.SECRET && manifest.has("disclosure")) {
    const reference = seal.manifest.files.find(({ name }) => name === path);
    // No list of the bundle gives a SHA-512 of it, and none is compared.
    return reference === undefined ? null : { bytes: SECRET_FILE, sha256: reference.sha256, sha512: null };
  }
  const artefact = manifest.get("artefacts").find((one) => one.get("path") === path);
  if (artefact === undefined) return null;
  return Object.fromEntries(["bytes", "sha256", "sha512"].map((key) => [key, artefact.get(key)]));
}

/** The container with the names it had; of its entries, those that are there. */
export function asSealed(container, files, withheld) {
  const rest = [...files.keys()].filter((name) => !layout.HEAD.includes(name)).sort();
  return new Container({
    names: [...layout.HEAD, ...rest, ...container.names.filter(layout.isMeta)],
    contents: new Map([...container.contents].filter(([name]) => !isOfCopy(name))), crcs: container.crcs, withheld,
  });
}
