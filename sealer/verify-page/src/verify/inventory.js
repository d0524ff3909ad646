// What the inventory says of itself: its format, and whether the keys are test keys.
import { finding } from "../base/report.js";
import * as layout from "./layout.js";

const FORMAT = "constat/1";

/** What the inventory says of itself. */
export function tellManifest(manifest, files, { report, facts }) {
  facts.manifest_sha256 = files.get(layout.CONSTAT)?.sha256 ?? null;
  facts.essai = manifest.get("essai");
  if (manifest.get("format") !== FORMAT) report.fail("manifest.format", manifest.get("format"), FORMAT);
}

/** Test keys are told in every verdict, whatever else is right. */
export function checkEssai(manifest, { report, facts }) {
  const names = [facts.signer ?? "", ...facts.timestamps.map((token) => token.authority)];
  if (manifest.get("essai") || names.some((name) => name.includes("ESSAI"))) {
    report.add(finding("trust.essai", "warn", { found: facts.signer ?? "" }));
  }
}
