// Where files may stand in a package: the rules of WACZ 1.1.1, and those its validators add.
import { isArtefactPath } from "../dossier/path.js";

export const DATAPACKAGE = "datapackage.json";
export const DIGEST = "datapackage-digest.json";
export const PAGES = "pages/pages.jsonl";

export const isArchive = (path) => /^archive\/.*\.warc(\.gz)?$/s.test(path);
export const isIndex = (path) => /^indexes\/.*\.cdxj?(\.gz)?$/s.test(path);

/** Whether `path` may name a member: one folder deep, a dot in the file's name, none in the folder's. */
export function isPlaced(path) {
  if (path === DATAPACKAGE || path === DIGEST) return true;
  const [folder, file, ...deeper] = path.split("/");
  if (!isArtefactPath(path) || file === undefined || deeper.length > 0) return false;
  if (folder.includes(".") || !file.includes(".")) return false;
  if (folder === "archive") return isArchive(path);
  if (folder === "indexes") return isIndex(path) || path.endsWith(".idx");
  return folder !== "pages" || path.endsWith(".jsonl");
}
