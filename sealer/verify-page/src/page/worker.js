// The work, in a thread of its own: only here can a file be read synchronously, and the window stays answering.
import { Source } from "../base/source.js";
import { mergeAnchors, readAnchors } from "../x509/anchors.js";
import { receiptIn, receiptOf, verifyReceipt } from "../receipt/verify.js";
import { isWholeDossier } from "../receipt/whole/files.js";
import { verifyWhole } from "../receipt/whole/verify.js";
import { verify } from "../verify/bundle.js";

/** Told this often at most, in milliseconds. */
const PERIOD = 120;

/** `passes` is how many times the octets of a file are read, roughly. */
function progressTeller(passes) {
  let [last, octets, stage] = [0, 0, ""];
  return (now, more) => {
    octets += more;
    const time = performance.now();
    if (now === stage && time - last < PERIOD) return;
    [stage, last] = [now, time];
    postMessage({ kind: "progress", stage, octets, passes });
  };
}

/** What judges the file: a receipt, the whole dossier of an act, else a sealed bundle (the file, its entries, its package, its records). */
function judgeOf(source, receipt) {
  if (receipt !== null) return { judge: (options) => verifyReceipt(receipt, options), passes: 1 };
  if (isWholeDossier(source)) return { judge: (options) => verifyWhole(source, options), passes: 1 };
  return { judge: (options) => verify(source, options), passes: 4 };
}

self.onmessage = async ({ data: { file, parts, roots, at } }) => {
  try {
    const anchors = mergeAnchors(roots.map((bytes) => readAnchors(bytes)));
    const source = Source.blob(file);
    const given = parts?.map((part) => [part.name, Source.blob(part)]) ?? null;
    const receipt = given === null ? receiptIn(source) : receiptOf(new Map(given));
    const { judge, passes } = judgeOf(source, receipt);
    const result = await judge({ anchors, at, progress: progressTeller(passes) });
    postMessage({ kind: "result", result });
  } catch (error) {
    postMessage({ kind: "error", message: String(error?.stack ?? error) });
  }
};
