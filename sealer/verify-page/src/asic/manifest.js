// `ASiCManifest*.xml` (ETSI EN 319 162-1 A.4). One form of octets only is accepted, the one our writer gives, so that no
// second reading of a manifest exists: it is read line by line, and anything else is refused.
import { fromBase64, hex, text } from "../base/bytes.js";
import { isArtefactPath } from "../dossier/path.js";

const MAX_LENGTH = 1 << 20;
export const TYPE_SIGNATURE = "application/x-pkcs7-signature";
export const TYPE_TOKEN = "application/vnd.etsi.timestamp-token";

const HEAD = [
  '<?xml version="1.0" encoding="UTF-8"?>',
  '<asic:ASiCManifest xmlns:asic="http://uri.etsi.org/02918/v1.2.1#" xmlns:ds="http://www.w3.org/2000/09/xmldsig#">',
];
const PROTECTOR = /^<asic:SigReference URI="([^"<>&']*)" MimeType="([^"<>&']*)"\/>$/;
const REFERENCE = /^<asic:DataObjectReference URI="([^"<>&']*)"(?: MimeType="([^"<>&']*)")?( Rootfile="true")?>$/;
const METHOD = '<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>';
const VALUE = /^<ds:DigestValue>([A-Za-z0-9+/=]*)<\/ds:DigestValue>$/;
const END = "</asic:DataObjectReference>";

/** Why a manifest is refused. */
export class ManifestError extends Error {}

/** `{protector, protectorType, files}`; `rootFile` marks the manifest that an archive manifest prolongs (A.7). */
export function readAsicManifest(octets) {
  if (octets.length > MAX_LENGTH) throw new ManifestError(`longer than ${MAX_LENGTH} octets`);
  const whole = text(octets);
  if (whole === null) throw new ManifestError("not UTF-8");
  const lines = whole.split("\n");
  if (lines.length < 9 || lines.pop() !== "" || lines.pop() !== "</asic:ASiCManifest>") throw new ManifestError("not whole");
  for (const [i, line] of HEAD.entries()) if (lines[i] !== line) throw new ManifestError(`line ${i + 1}`);
  const [, protector, protectorType] = PROTECTOR.exec(lines[2]) ?? refuse(3);
  if (!isArtefactPath(protector)) refuse(3);
  const body = lines.slice(3);
  if (body.length % 4 !== 0) throw new ManifestError("not whole");
  const files = [];
  const names = new Set();
  for (let at = 0; at < body.length; at += 4) {
    const file = readReference(body.slice(at, at + 4), at + 4);
    if (names.has(file.name)) throw new ManifestError(`two references to ${file.name}`);
    names.add(file.name);
    files.push(file);
  }
  return { protector, protectorType, files };
}

function refuse(line) {
  throw new ManifestError(`line ${line} has not the one form accepted`);
}

function readReference([opening, method, value, end], line) {
  const [, name, mediaType = null, rootFile] = REFERENCE.exec(opening) ?? refuse(line);
  if (!isArtefactPath(name)) refuse(line);
  if (method !== METHOD) refuse(line + 1);
  const [, base64] = VALUE.exec(value) ?? refuse(line + 2);
  const digest = fromBase64(base64);
  if (digest === null || digest.length !== 32) refuse(line + 2);
  if (end !== END) refuse(line + 3);
  return { name, mediaType, sha256: hex(digest), rootFile: rootFile !== undefined };
}

/** Whether two manifests cover the same files, media types and digests, in the same order. */
export function sameFiles(a, b) {
  const text = ({ files }) => JSON.stringify(files.map((f) => [f.name, f.mediaType, f.sha256, f.rootFile]));
  return text(a) === text(b);
}
