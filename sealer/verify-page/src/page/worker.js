// The work, in a thread of its own: only here can a file be read synchronously, and the window stays answering.
import { sourceSha256 } from "../base/hash.js";
import { ReadError, Source } from "../base/source.js";
import { mergeAnchors, readAnchors } from "../x509/anchors.js";
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

/** From this length on, the digest of the whole file is a second worker's: two cores are used. */
const SHARED = 64 << 20;

/** SHA-256 of the whole file, by a worker of its own when it is long; a ReadError when it cannot be read. */
function wholeDigest(file, tell) {
  if (file.size < SHARED) return null;
  const helper = new Worker(self.location.href);
  return new Promise((resolve, reject) => {
    helper.onmessage = ({ data: { kind, octets, digest, message } }) => {
      if (kind === "octets") return tell("whole", octets);
      helper.terminate();
      if (digest !== undefined) resolve(digest);
      else reject(new ReadError(message));
    };
    helper.onerror = (event) => reject(new Error(event.message));
    helper.postMessage({ whole: file });
  });
}

async function hashWhole(file) {
  let waiting = 0;
  const tell = (octets) => {
    waiting += octets;
    if (waiting < 16 << 20) return;
    postMessage({ kind: "octets", octets: waiting });
    waiting = 0;
  };
  try {
    postMessage({ digest: await sourceSha256(Source.blob(file), tell) });
  } catch (error) {
    postMessage({ message: String(error?.message ?? error) });
  }
}

self.onmessage = async ({ data: { file, roots, at, whole } }) => {
  if (whole !== undefined) return hashWhole(whole);
  try {
    const anchors = mergeAnchors(roots.map((bytes) => readAnchors(bytes)));
    const tell = progressTeller();
    const result = await verify(Source.blob(file), { anchors, at, progress: tell, whole: () => wholeDigest(file, tell) });
    postMessage({ kind: "result", result });
  } catch (error) {
    postMessage({ kind: "error", message: String(error?.stack ?? error) });
  }
};
