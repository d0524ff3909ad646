// The two JSON files at the root of a package against the members that are there, and its anonymous signature
// (wacz-auth 0.1.0).
import { fromBase64, fromOctetString } from "../base/bytes.js";
import { sha256 } from "../base/hash.js";
import { JsonError, parseStrict } from "../base/json.js";
import { finding } from "../base/report.js";
import { TypeMismatch, list, nullable, optional, required, string, struct, u64, withDefault } from "../base/schema.js";
import { labelled } from "../warc/forms.js";
import { Der, DerError, TAG } from "../der/read.js";
import { readPublicKey } from "../x509/algorithm.js";
import { DATAPACKAGE, DIGEST, PAGES, isArchive, isIndex } from "./layout.js";

const resource = struct({
  name: required(string), path: required(string), hash: required(string), bytes: required(u64),
});
const dataPackage = struct({
  profile: required(string), wacz_version: required(string), title: optional(string), description: optional(string),
  created: withDefault(string, ""), software: optional(string), mainPageUrl: nullable(string),
  mainPageDate: optional(string), resources: required(list(resource)),
});
const closed = { closed: true };
const SIGNED_FIELDS = ["hash", "created", "software", "version", "signature", "publicKey"];
const signedData = struct(Object.fromEntries(SIGNED_FIELDS.map((name) => [name, required(string)])), closed);
const packageDigest = struct(
  { path: required(string), hash: required(string), signedData: nullable(signedData) }, closed);

/** Checks presence, descriptor, digest file and signature; whether the signature verifies. */
export async function checkPackage(state) {
  const fail = (code, values) => state.list.push(finding(code, "fail", values));
  presence(state.members.map(({ path }) => path), fail);
  if (state.datapackage === null) return false;
  const described = typed(dataPackage, state.datapackage, "wacz.datapackage", fail);
  if (described !== null) {
    descriptor(described, state, fail);
    resources(described.get("resources"), state.members, fail);
  }
  if (state.digest === null) return false;
  return checkDigestFile(state, described?.get("created") ?? null, fail);
}

function presence(paths, fail) {
  const wanted = [
    [DATAPACKAGE, (path) => path === DATAPACKAGE], [DIGEST, (path) => path === DIGEST],
    ["archive/*.warc.gz", isArchive], ["indexes/*.cdxj", isIndex], [PAGES, (path) => path === PAGES],
  ];
  for (const [name, test] of wanted) if (!paths.some(test)) fail("wacz.presence", { expected: name });
}

function typed(type, bytes, code, fail) {
  try {
    return type(parseStrict(bytes));
  } catch (error) {
    if (!(error instanceof JsonError) && !(error instanceof TypeMismatch)) throw error;
    fail(code, { found: error.message });
    return null;
  }
}

function descriptor(described, state, fail) {
  for (const [name, expected] of [["profile", "data-package"], ["wacz_version", "1.1.1"]]) {
    if (described.get(name) !== expected) fail("wacz.version", { expected, found: described.get(name).slice(0, 200) });
  }
  const main = described.get("mainPageUrl");
  if (main !== null && !state.pages.some((page) => page.url === main)) {
    state.list.push(finding("wacz.main_page", "warn", { found: main.slice(0, 200) }));
  }
}

function resources(listed, all, fail) {
  const members = new Map(all.map((member) => [member.path, member]));
  members.delete(DATAPACKAGE);
  members.delete(DIGEST);
  const [paths, names] = [new Set(), new Set()];
  for (const item of listed) {
    const [path, name] = [item.get("path"), item.get("name")];
    const fresh = !paths.has(path) && !names.has(name);
    paths.add(path);
    names.add(name);
    if (!fresh) {
      fail("wacz.resource_duplicate", { found: path });
      continue;
    }
    const member = members.get(path);
    members.delete(path);
    if (member === undefined) {
      fail("wacz.resource_missing", { found: path });
      continue;
    }
    // A member that could not be read with its checksum has a finding already, and no digest to compare.
    if (member.digests === null) continue;
    const { bytes, sha256: actual } = member.digests;
    if (item.get("bytes") !== bytes) fail("wacz.resource_bytes", { expected: item.get("bytes"), found: `${path}: ${bytes}` });
    const stated = labelled(item.get("hash"));
    if (stated.kind !== "sha256" || stated.value !== actual) {
      fail("wacz.resource_hash", { expected: item.get("hash").slice(0, 200), found: `${path}: ${actual}` });
    }
  }
  for (const path of [...members.keys()].sort()) fail("wacz.resource_unlisted", { found: path });
}

async function checkDigestFile(state, created, fail) {
  if (isDomainForm(state.digest)) {
    state.list.push(finding("wacz.signature_form", "indeterminate"));
    return false;
  }
  const parsed = typed(packageDigest, state.digest, "wacz.digest", fail);
  if (parsed === null) return false;
  const actual = `sha256:${await sha256(state.datapackage)}`;
  if (parsed.get("path") !== DATAPACKAGE || parsed.get("hash") !== actual) {
    fail("wacz.digest_hash", { expected: actual, found: parsed.get("hash").slice(0, 200) });
  }
  const signed = parsed.get("signedData");
  if (signed === null) {
    state.list.push(finding("wacz.unsigned", "warn"));
    return false;
  }
  const why = await anonymousFault(signed, actual);
  if (why !== null) {
    fail("wacz.signature", { found: why });
    return false;
  }
  if (created !== null && created !== signed.get("created")) {
    fail("wacz.signature_created", { expected: created.slice(0, 200), found: signed.get("created").slice(0, 200) });
    return false;
  }
  return true;
}

/** The domain form of wacz-auth has other members: it is recognised before the strict form is asked for. */
function isDomainForm(bytes) {
  try {
    const value = parseStrict(bytes);
    const signed = value instanceof Map ? value.get("signedData") : null;
    return signed instanceof Map && signed.has("domain");
  } catch (error) {
    if (error instanceof JsonError) return false;
    throw error;
  }
}

/** Why the anonymous signature does not hold: ECDSA P-384 over SHA-256 of the text `sha256:HEX`, r and s as they are. */
async function anonymousFault(signed, actual) {
  if (signed.get("hash") !== actual) return "the hash signed is not that of datapackage.json";
  if (signed.get("version") !== "0.1.0") return "the version of wacz-auth is not 0.1.0";
  const spki = fromBase64(signed.get("publicKey"));
  const signature = fromBase64(signed.get("signature"));
  if (spki === null || signature === null) return "the public key or the signature is not base64";
  try {
    const key = readPublicKey(Der.one(spki, TAG.SEQUENCE, "SubjectPublicKeyInfo"));
    if (key.curve?.name !== "P-384" || signature.length !== 96) return "the key is not of P-384";
    const options = { name: "ECDSA", namedCurve: "P-384" };
    const imported = await crypto.subtle.importKey("raw", key.octets, options, false, ["verify"]);
    const message = fromOctetString(actual);
    const holds = await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, imported, signature, message);
    return holds ? null : "the signature does not match";
  } catch (error) {
    if (error instanceof DerError || error instanceof DOMException) return "the public key is not of P-384";
    throw error;
  }
}
