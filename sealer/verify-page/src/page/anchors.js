// The anchors of a seal, each on a line of its own: none is added to another.
import { OPENTIMESTAMPS } from "../verify/layout.js";
import { el, visible } from "./dom.js";

const CLASSES = { false: "fail", pending: "warn", unchecked: "info" };

/** One line for each anchor: how far it is proven, what it says and how to check it, both in French as the report says them. */
export function anchorLines(anchors, texts) {
  return anchors.map(({ entry, state, line, check }) => el("p", { class: `why ${CLASSES[state]}` },
    el("strong", {}, texts.anchorStates[state]), " · ", el("code", {}, entry),
    el("span", { class: "line", lang: "fr" }, visible(line)),
    el("span", { class: "hint", lang: "fr" }, check)));
}

/** The leaf and the root of a log's proof, computed as RFC 9162 (2.1) says. */
const LOG_ROOT = [
  "import base64,hashlib,json,sys",
  "h=lambda b: hashlib.sha256(b).digest()",
  "t,n=open(sys.argv[1]).read().split('\\n\\n',1); t=t.split('\\n'); i=int(t[1][6:]); l=int(n.split('\\n')[1])-1",
  "s=hashlib.sha256(open('META-INF/signature001.p7s','rb').read()).hexdigest()",
  "r=json.load(open('constat.json'))['case']['reference']",
  "d={'format':'constat-sceau/1','reference':r,'signature001_sha256':s}",
  "x=h(b'\\0'+json.dumps(d,separators=(',',':')).encode())",
  "for p in map(base64.b64decode,t[2:]):",
  "    g=i&1 or i==l",
  "    x=h(b'\\1'+(p+x if g else x+p))",
  "    while g and i and not i&1: i,l=i>>1,l>>1",
  "    i,l=i>>1,l>>1",
  "sys.exit(l!=0 or base64.b64encode(x).decode()!=n.split('\\n')[2])",
].join("\n");

/** That an anchor is about this seal: of a proof of OpenTimestamps, the digest stands at the octets 33 to 64. */
export const anchorCommands = ({ entry, kind }) =>
  kind === OPENTIMESTAMPS
    ? [
      `[ "$(head -c 65 ${entry} | tail -c 32 | base64)" = "$(openssl dgst -sha256 -binary META-INF/signature001.p7s | base64)" ]`,
      `ots info ${entry}`,
    ]
    : [`python3 -c "${LOG_ROOT}" \\`, `  ${entry} && echo "racine retrouvée"`];
