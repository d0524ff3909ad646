// The journal, its chain, and the inventory computed from it again and compared field by field with the sealed one.
import { sameDigests } from "../base/hash.js";
import { sameValue } from "../base/json.js";
import { DeriveError, announced, deriveManifest, isEssai, isPacked } from "../dossier/derive.js";
import { JournalFault, readJournal } from "../dossier/journal.js";
import { formFault, hasForm } from "../image/form.js";
import { measurePng } from "../image/png.js";
import { ReadError } from "../base/source.js";
import * as layout from "./layout.js";

const MAX_JOURNAL = 256 << 20;
const PNG = "image/png";

/** Reads the journal and checks its chain; `null` when it does not hold. */
export async function readChain(container, report) {
  const source = container.contents.get(layout.JOURNAL);
  if (source === undefined || source.length > MAX_JOURNAL) {
    report.fail("bundle.missing", layout.JOURNAL);
    return null;
  }
  try {
    const { journal, torn } = await readJournal(source.all());
    if (!torn && journal.entries.at(-1)?.op === "session.close") return journal;
    report.fail("journal.not_closed", journal.entries.at(-1)?.op ?? "");
  } catch (error) {
    if (!(error instanceof JournalFault) && !(error instanceof ReadError)) throw error;
    report.fail("journal.chain", `${error.line ?? 1}: ${error.message}`);
  }
  return null;
}

/** Facts of the pictures of the inventory, measured on the bundle's own octets; what cannot be measured is absent. */
export async function pictures(container, manifest, progress) {
  const found = new Map();
  for (const artefact of manifest.get("artefacts").filter((value) => value.get("media_type") === PNG)) {
    const source = container.contents.get(artefact.get("path"));
    const facts = source === undefined ? null : await measurePng(source);
    if (facts !== null) found.set(artefact.get("path"), facts);
    progress(source?.length ?? 0);
  }
  return found;
}

export const digestFields = ({ bytes, sha256, sha512 }) => ({ bytes, sha256, sha512 });

/** Computes the inventory again from journal and files, and compares. */
export async function checkManifest(container, manifest, journal, files, wacz, report, progress) {
  const [package_, own] = [files.get(layout.WACZ), files.get(layout.JOURNAL)];
  if (package_ === undefined || own === undefined) return;
  const members = new Map([...wacz.members].map(([name, digest]) => [name, digest.sha256]));
  const measured = {
    wacz: digestFields(package_), members, journal: digestFields(own), traffic: wacz.pictures,
    disclosure: wacz.disclosure, pictures: await pictures(container, manifest, progress),
  };
  checkMeasured(manifest, journal, measured, report);
  checkForms(container, manifest, report);
  checkFiles(manifest, files, report);
}

/** The same with everything measured: what a copy withholds is as sealed. */
export function checkMeasured(manifest, journal, measured, report) {
  if (isEssai(journal) && !manifest.get("essai")) report.fail("manifest.essai", false, true);
  try {
    compare(manifest, deriveManifest(journal, measured, manifest.get("essai"), manifest.get("seal_time")), report);
  } catch (error) {
    if (!(error instanceof DeriveError)) throw error;
    report.fail("journal.content", error.message);
  }
}

/** Without a journal that says more: the inventory itself, with what is measured in place of what it states. */
export function checkWithoutJournal(manifest, measured, report) {
  const expected = new Map(manifest).set("traffic_pictures", measured.traffic);
  expected.set("wacz", new Map(manifest.get("wacz")).set("members", measured.members));
  expected.delete("disclosure");
  if (measured.disclosure !== null) expected.set("disclosure", measured.disclosure);
  expected.set("artefacts", manifest.get("artefacts").map((sealed) => {
    const [artefact, facts] = [new Map(sealed), measured.pictures.get(sealed.get("path"))];
    artefact.delete("image");
    return facts === undefined ? artefact : artefact.set("image", facts);
  }));
  compare(manifest, expected, report);
}

/** Pictures of the screen have the form that captures write, and no other. */
export function checkForms(container, manifest, report) {
  for (const artefact of manifest.get("artefacts").filter((value) => hasForm(value.get("kind")))) {
    const source = container.contents.get(artefact.get("path"));
    const fault = source === undefined ? null : formFault(source);
    if (fault !== null) report.fail("image.form", `${artefact.get("path")}: ${fault}`);
  }
}

const COMPARED = ["format", "case", "software", "session", "environment", "incompleteness", "findings"];

function compare(found, expected, report) {
  const differs = (name) => !sameValue(found.get(name) ?? null, expected.get(name) ?? null);
  if (differs("artefacts")) compareArtefacts(found.get("artefacts"), expected.get("artefacts"), report);
  if (differs("wacz")) report.fail("wacz.members", ...members(found, expected));
  if (differs("journal")) {
    report.fail("journal.head", expected.get("journal").get("head"), found.get("journal").get("head"));
  }
  if (differs("traffic_pictures")) {
    report.fail("image.traffic", ...[expected, found].map((m) => m.get("traffic_pictures").get("found")));
  }
  if (differs("disclosure")) {
    const text = (value) => (value === undefined ? "-" : `${value.get("root")} (${value.get("records")})`);
    report.fail("disclosure.root", ...[expected, found].map((manifest) => text(manifest.get("disclosure"))));
  }
  for (const name of COMPARED.filter(differs)) report.fail("manifest.not_journal", name);
}

function members(found, expected) {
  const text = (manifest) => [...manifest.get("wacz").get("members")].map(([name, sha]) => `${name} ${sha}`).join(", ");
  return [text(expected), text(found)];
}

function compareArtefacts(found, expected, report) {
  const index = (list) => new Map(list.map((artefact) => [artefact.get("path"), artefact]));
  const [sealed, computed] = [index(found), index(expected)];
  const paths = [...sealed.keys()].sort();
  for (const path of paths) compareArtefact(path, sealed.get(path), computed.get(path), report);
  for (const path of [...computed.keys()].sort()) {
    if (!sealed.has(path)) report.fail("manifest.artefact_missing", path);
  }
  const inOrder = paths.length === found.length && found.every((artefact, i) => artefact.get("path") === paths[i]);
  if (!inOrder) report.fail("manifest.order", "artefacts");
}

function compareArtefact(path, sealed, computed, report) {
  if (computed === undefined) return report.fail("journal.not_announced", path);
  const pixels = (artefact) => artefact.get("image")?.get("pixels_sha256") ?? "-";
  if (!sameValue(sealed.get("image") ?? null, computed.get("image") ?? null)) {
    report.fail("image.pixels", `${path}: ${pixels(computed)}`, pixels(sealed));
  } else if (!sameValue(sealed, computed)) {
    report.fail("journal.artefact_differs", `${path}: ${sealed.get("sha256")}`, computed.get("sha256"));
  }
}

const digestsOf = (artefact) => Object.fromEntries(["bytes", "sha256", "sha512"].map((key) => [key, artefact.get(key)]));

/** Both ways: each artefact is a file of the bundle with these digests, each file is an artefact or one of the fixed ones. */
export function checkFiles(manifest, files, report) {
  const listed = new Set(layout.NOT_ARTEFACTS);
  if (manifest.has("disclosure")) listed.add(layout.SECRET);
  for (const artefact of manifest.get("artefacts")) {
    const path = artefact.get("path");
    listed.add(path);
    const found = files.get(path);
    if (found === undefined) report.fail("manifest.absent", path);
    else if (!sameDigests(found, digestsOf(artefact))) {
      report.fail("digest.mismatch", `${path}: ${found.sha256}`, artefact.get("sha256"));
    }
  }
  for (const name of files.keys()) if (!listed.has(name)) report.fail("manifest.uncovered", name);
}

/** The packed artefacts the journal announces are the members of the WACZ, octet for octet. */
export function checkPacked(journal, members, report) {
  let packed;
  try {
    packed = announced(journal).filter(isPacked);
  } catch (error) {
    if (error instanceof DeriveError) return;
    throw error;
  }
  const known = new Set([layout.DATAPACKAGE, "datapackage-digest.json"]);
  for (const artefact of packed) {
    const path = artefact.get("path");
    known.add(path);
    const found = members.get(path);
    if (found === undefined) report.fail("wacz.member_missing", path);
    else if (!sameDigests(found, digestsOf(artefact))) {
      report.fail("wacz.member_differs", `${path}: ${found.sha256}`, artefact.get("sha256"));
    }
  }
  for (const name of [...members.keys()].sort()) if (!known.has(name)) report.fail("wacz.member_unannounced", name);
}
