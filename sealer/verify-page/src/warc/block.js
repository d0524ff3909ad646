// What one pass over a record's block tells: its digest, its HTTP head, the digest of its payload.
import { concat, find } from "../base/bytes.js";
import { HttpHead, MAX_HEAD } from "./http.js";

/** How much of a request's body is read to make a key: more would not fit into it. */
const BODY_LIMIT = 1 << 20;
const END_OF_HEAD = [13, 10, 13, 10];
const NO_PAYLOAD = ["warcinfo", "metadata", "continuation"];

/**
 * Reads the block of the record `reader` stands at. `hashes` holds two running SHA-256, `block` and `payload`; `watch` is
 * shown the block as it passes. Gives `{block, head, payload, payloadBytes, requestBody}`; digests in hexadecimal.
 */
export function readFacts(reader, header, hashes, watch) {
  hashes.block.init();
  hashes.payload.init();
  const body = [];
  let [bodyLength, payloadBytes] = [0, 0];
  let headBytes = new Uint8Array(0);
  let inHead = header.isHttp;
  for (let chunk = reader.readBlock(); chunk !== null; chunk = reader.readBlock()) {
    hashes.block.update(chunk);
    watch(chunk);
    if (inHead) {
      if (headBytes.length > MAX_HEAD) continue;
      const had = headBytes.length;
      headBytes = concat([headBytes, chunk]);
      const end = find(headBytes, END_OF_HEAD, Math.max(had - 3, 0));
      if (end < 0) continue;
      chunk = chunk.subarray(end + 4 - had);
      headBytes = headBytes.subarray(0, end + 4);
      inHead = false;
    }
    hashes.payload.update(chunk);
    payloadBytes += chunk.length;
    if (header.type === "request" && bodyLength < BODY_LIMIT) {
      body.push(chunk.slice());
      bodyLength += chunk.length;
    }
  }
  const hasPayload = !NO_PAYLOAD.includes(header.type) && !inHead;
  return {
    block: hashes.block.digest(),
    head: header.isHttp && !inHead ? HttpHead.parse(headBytes) : null,
    payload: hasPayload ? hashes.payload.digest() : null,
    payloadBytes,
    requestBody: concat(body),
  };
}
