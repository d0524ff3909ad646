// The work, in a thread of its own: only here can a file be read synchronously, and the window stays answering.
import { Source } from "../base/source.js";
import { mergeAnchors, readAnchors } from "../x509/anchors.js";
import { receiptIn, receiptOf, verifyReceipt } from "../receipt/verify.js";
import { verify } from "../verify/bundle.js";

/** Told this often at most, in milliseconds. */
const PERIOD = 120;

function progressTeller() {
  let [last, octets, stage] = [0, 0, ""];
  return (now, more) => {
    octets += more;
    const time = performance.now();
    if (now === stage && time - last < PERIOD) return;
    [stage, last] = [now, time];
    postMessage({ kind: "progress", stage, octets });
  };
}

self.onmessage = async ({ data: { file, parts, roots, at } }) => {
  try {
    const anchors = mergeAnchors(roots.map((bytes) => readAnchors(bytes)));
    const source = Source.blob(file);
    const given = parts?.map((part) => [part.name, Source.blob(part)]) ?? null;
    const receipt = given === null ? receiptIn(source) : receiptOf(new Map(given));
    const options = { anchors, at, progress: progressTeller() };
    const result = await (receipt === null ? verify(source, options) : verifyReceipt(receipt, options));
    postMessage({ kind: "result", result });
  } catch (error) {
    postMessage({ kind: "error", message: String(error?.stack ?? error) });
  }
};
