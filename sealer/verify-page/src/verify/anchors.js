// The anchors of META-INF, each against the seal's digest alone: block headers and keys of logs would be the reader's, and this
// page asks for none. So an anchor is false, a promise, or not checked here; it is never proven here.
import { hex, utf8 } from "../base/bytes.js";
import { digest } from "../base/hash.js";
import { canonical } from "../base/json.js";
import { Refused, finding } from "../base/report.js";
import { LogError, includes, leafHash, readLogProof } from "../anchor/log.js";
import { MAX_PROOF, OtsError, SHA256, attested, readProof } from "../anchor/ots.js";
import * as layout from "./layout.js";
import { MAX_CMS } from "./signature.js";

/** The code and the weight of each state. */
const WEIGHTS = {
  unchecked: ["anchor.unchecked", "info"], pending: ["anchor.pending", "warn"], false: ["anchor.false", "fail"],
};

const CHECKS = {
  [layout.OPENTIMESTAMPS]:
    "ots info sur ce fichier donne la racine attendue (« Bitcoin block merkle root ») ; la comparer à celle du bloc dans un " +
    "explorateur public, ou donner --entetes à constat verifier. Le fichier ancré est META-INF/signature001.p7s.",
  [layout.OFFICE_LOG]:
    'Format c2sp.org/tlog-proof@v1, arbre RFC 9162 : la feuille est le JSON canonique {"format":"constat-sceau/1",' +
    '"reference":…,"signature001_sha256":…} ; donner --politique à constat verifier, ou un vérificateur C2SP.',
};

/** Why an anchor is false, in French. */
class FalseAnchor extends Error {}

/** Judges every anchor, in the order they stand. */
export async function checkAnchors(container, reference, { report, facts }) {
  const { anchors } = container.order;
  if (anchors.length === 0) return;
  const seal = refusable(null, () => container.small(layout.SIGNATURE_1, MAX_CMS));
  if (seal === null) return;
  const sealDigest = await digest("SHA-256", seal);
  for (const { entry, kind } of anchors) {
    const octets = refusable(report, () => container.small(entry, MAX_PROOF));
    if (octets === null) continue;
    const { why, ...told } = await judged(kind, octets, sealDigest, reference);
    const [code, level] = WEIGHTS[told.state];
    report.add(finding(code, level, { found: `${entry} : ${why ?? told.line}` }));
    facts.anchors.push({ entry, kind, existed_before: null, check: CHECKS[kind], ...told });
  }
}

function refusable(report, read) {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    report?.add(error.finding);
    return null;
  }
}

/** `state`, `line` and what goes with them; `why` when it is false. */
async function judged(kind, octets, seal, reference) {
  const isLog = kind === layout.OFFICE_LOG;
  try {
    return isLog ? await judgeLog(octets, seal, reference) : await judgeOts(octets, seal);
  } catch (error) {
    const unreadable = error instanceof OtsError || error instanceof LogError;
    if (!unreadable && !(error instanceof FalseAnchor)) throw error;
    const why = unreadable ? `preuve illisible (${error.message})` : error.message;
    return { state: "false", line: `${isLog ? "Journal des sceaux" : "OpenTimestamps"} : FAUX, ${why}`, why };
  }
}

/** A number of 63 bits for the report: as text when JavaScript has no such number. */
const reportNumber = (number) => (number <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(number) : String(number));

async function judgeOts(octets, seal) {
  const proof = readProof(octets);
  if (proof.fileHash !== SHA256 || hex(proof.digest) !== hex(seal)) {
    throw new FalseAnchor(`la preuve porte sur un autre fichier que le sceau (${hex(proof.digest)})`);
  }
  const found = await attested(proof.timestamp, proof.digest);
  const calendars = found.filter(({ uri }) => uri !== undefined).map(({ uri }) => uri);
  const blocks = found.filter(({ height }) => height !== undefined).map(({ height, message }) => {
    if (message.length !== 32) throw new FalseAnchor(`la racine annoncée du bloc ${height} n'a pas 32 octets`);
    // Written with the last octet first, as block explorers do.
    return { height, merkle_root: hex(message.slice().reverse()), hash: null, time: null, followed_by: null };
  });
  blocks.sort((a, b) => (a.height < b.height ? -1 : Number(a.height > b.height)));
  const others = found.length - calendars.length - blocks.length;
  return {
    ...toldOts(calendars, blocks, others),
    ...(calendars.length === 0 ? {} : { calendars }),
    ...(blocks.length === 0 ? {} : { blocks: blocks.map((block) => ({ ...block, height: reportNumber(block.height) })) }),
  };
}

function toldOts(calendars, [block], others) {
  if (block !== undefined) {
    const line =
      `OpenTimestamps : annonce le bloc ${block.height} de Bitcoin, non contrôlé (aucune chaîne d'en-têtes donnée) ; racine à ` +
      `comparer : ${block.merkle_root}`;
    return { state: "unchecked", line };
  }
  if (calendars.length === 0) {
    return { state: "unchecked", line: `OpenTimestamps : ${others} attestation(s) d'un genre que ce logiciel ne juge pas` };
  }
  const line =
    `OpenTimestamps : en attente, promesse de ${calendars.join(", ")} ; rien n'est encore prouvé (constat ancrer la complète)`;
  return { state: "pending", line };
}

async function judgeLog(octets, seal, reference) {
  const proof = readLogProof(octets);
  const leaf = new Map([["format", "constat-sceau/1"], ["reference", reference], ["signature001_sha256", hex(seal)]]);
  if (!(await includes(await leafHash(utf8(canonical(leaf))), proof))) {
    throw new FalseAnchor("la preuve d'inclusion ne mène pas de ce sceau à la racine annoncée");
  }
  const { index, head: { origin, size, root } } = proof;
  const line =
    `Journal des sceaux : feuille ${index} d'un arbre de ${size} (${origin}), non contrôlé (aucune politique donnée : clés du ` +
    "journal et des témoins)";
  return { state: "unchecked", line, log: { origin, size: reportNumber(size), index: reportNumber(index), root: hex(root), witnesses: [] } };
}
