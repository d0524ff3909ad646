// Every rule of an archive, checked record by record in constant memory: framing, fields, digests, references.
import { finding } from "../base/report.js";
import { newSha256 } from "../base/hash.js";
import { ReadError } from "../base/source.js";
import { readFacts } from "./block.js";
import { Indexer } from "./index.js";
import { FindingList } from "./findings.js";
import { labelled } from "./forms.js";
import { WarcFault, WarcReader } from "./reader.js";
import { breaches } from "./rules.js";

const fault = (code, level, header, values = {}) => {
  const found = `${header.type} ${header.id.slice(0, 200)}${values.found === undefined ? "" : ` : ${values.found}`}`;
  return finding(code, level, { expected: values.expected, found });
};

/**
 * Checks an archive; `pictures` is shown every record. Gives `{findings, records, bytes, entries}`: the octets up
 * to the end of the last whole record, and the index rebuilt, in the order of the records. `unreadable` says that the file's end cannot be trusted to be read.
 */
export async function checkArchive(source, name, { pictures, progress, unreadable }) {
  const [member, block, payload] = await Promise.all([newSha256(), newSha256(), newSha256()]);
  const state = { list: new FindingList(), ids: new Set(), references: new Map(), records: 0, bytes: 0 };
  const indexer = new Indexer(name);
  const reader = new WarcReader(source, member, progress);
  try {
    while (checkNext(reader, { block, payload }, indexer, pictures, state)) state.records += 1;
    if (unreadable) throw new ReadError("CRC-32");
  } catch (error) {
    state.list.push(stopped(error));
  }
  if (state.records === 0) state.list.push(finding("warc.empty", "fail", { found: name }));
  for (const [target, from] of [...state.references].sort()) {
    if (!state.ids.has(target)) state.list.push(finding("warc.reference", "warn", { expected: target, found: from }));
  }
  return { findings: state.list.finish(), records: state.records, bytes: state.bytes, entries: indexer.entries };
}

function stopped(error) {
  if (error instanceof ReadError) return finding("warc.io", "indeterminate", { found: error.message });
  if (!(error instanceof WarcFault)) throw error;
  return finding(`warc.${error.kind}`, "fail", { expected: error.why, found: `octet ${error.offset}` });
}

function checkNext(reader, hashes, indexer, pictures, state) {
  const record = reader.next();
  if (record === null) return false;
  const { header, extras } = record;
  pictures.begin(header);
  const facts = readFacts(reader, header, hashes, (chunk) => pictures.push(chunk));
  pictures.end(facts);
  const end = reader.finish();
  pictures.ended(header.type, end.digest);
  state.bytes = end.offset + end.length;
  const add = (...parts) => state.list.push(fault(...parts));
  if (extras) add("warc.gzip_header", "warn", header);
  if (state.records === 0 && header.type !== "warcinfo") add("warc.warcinfo", "warn", header);
  checkHeader(header, add, state);
  checkDigests(header, facts, add);
  checkHttp(header, facts, add);
  indexer.push(header, facts, end);
  return true;
}

function checkHeader(header, add, state) {
  for (const { field, shall } of breaches(header.type, header.fields)) {
    add("warc.rule", shall ? "fail" : "warn", header, { found: field });
  }
  if (state.ids.has(header.id)) add("warc.record_id", "fail", header);
  state.ids.add(header.id);
  for (const target of [...header.all("WARC-Concurrent-To"), ...header.all("WARC-Warcinfo-ID")]) {
    if (!state.references.has(target)) state.references.set(target, header.id);
  }
}

function checkDigests(header, facts, add) {
  checkDigest("WARC-Block-Digest", "warc.block_digest", header, facts.block, true, add);
  // A segment's payload digest covers the whole record; a revisit's names bytes kept elsewhere.
  if (facts.payload === null || header.get("WARC-Segment-Number") !== null || header.type === "revisit") return;
  const coding = facts.head?.get("Transfer-Encoding") ?? null;
  if (coding !== null && header.get("WARC-Payload-Digest") !== `sha256:${facts.payload}`) {
    return add("warc.transfer_coding", "indeterminate", header, { found: coding.slice(0, 200) });
  }
  const due = header.type === "response" || header.type === "resource";
  checkDigest("WARC-Payload-Digest", "warc.payload_digest", header, facts.payload, due, add);
}

function checkDigest(field, code, header, actual, due, add) {
  const stated = header.get(field);
  if (stated === null) {
    if (due) add("warc.digest_missing", "warn", header, { found: field });
    return;
  }
  const { kind, value } = labelled(stated);
  if (kind === "sha256" && value !== actual) add(code, "fail", header, { expected: value, found: actual });
  // A value that is no digest breaks the rule of its field: said there.
  if (kind === "other") add("warc.digest_algorithm", "indeterminate", header, { found: stated.slice(0, 200) });
}

function checkHttp(header, facts, add) {
  if (!header.isHttp || (header.type === "revisit" && header.contentLength === 0)) return;
  if (facts.head === null) return add("warc.http_head", "warn", header);
  const whole = header.get("WARC-Truncated") === null && header.type !== "revisit";
  if (!whole || facts.head.get("Transfer-Encoding") !== null) return;
  const length = facts.head.get("Content-Length");
  if (length === null || length.trim() === String(facts.payloadBytes)) return;
  // An answer to HEAD, or "304 Not Modified", states the length of what it does not carry (RFC 9110, 8.6).
  const level = facts.payloadBytes === 0 ? "info" : "warn";
  add("warc.http_length", level, header, { expected: length.slice(0, 200), found: facts.payloadBytes });
}
