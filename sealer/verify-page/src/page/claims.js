// The claims a reader is told about, one line each: which findings bear on it, the standard, the commands to redo it by hand.

import { anchorCommands } from "./anchors.js";
import { COPY_ARCHIVE, archiveNames, archives, isMeta } from "../verify/layout.js";

const CONTAINED = /^capture\.wacz/;
/** An anchor's entry is no piece of the inventory. */
const ANCHOR = /^META-INF\/anchor-/;

/** What a copy tells of the files it withholds; of records, the archive's claim tells. */
const WITHHELD = /^disclosure\.(redacted|list|list_digest|not_withheld|other_bundle)$/;

/** Shell quoting of a file name. */
const quote = (name) => (/^[A-Za-z0-9._/-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`);

const CANONICAL =
  "import json,sys; d=open('constat.json','rb').read(); " +
  "sys.exit(json.dumps(json.loads(d),sort_keys=True,separators=(',',':'),ensure_ascii=False).encode()!=d)";
/** The check of the records a copy shows, as FORMAT.md (10.3) publishes it. */
const RECORDS_ROOT = [
  "import hashlib,json,zlib",
  "H=lambda b: hashlib.sha256(b).digest()",
  "records=json.load(open('caviardage/liste.json'))['records']",
  "sealed=json.load(open('constat.json'))['disclosure']",
  "rest,leaves=open('caviardage/archive.warc.gz','rb').read(),[]",
  "for r in records:",
  "    if 'salt' in r:",
  "        z=zlib.decompressobj(31); text=z.decompress(rest)",
  "        member,rest=rest[:len(rest)-len(z.unused_data)],z.unused_data",
  "        kind=text.split(b'\\r\\nWARC-Type:',1)[1].split(b'\\r\\n',1)[0].strip()",
  "        blind=H(b'\\2'+bytes.fromhex(r['salt'])+H(member))",
  "    else: kind,blind=r['type'].encode(),bytes.fromhex(r['blind'])",
  "    leaves.append(H(b'\\0'+blind+kind))",
  "def root(p):",
  "    if len(p)==1: return p[0]",
  "    s=1<<(len(p)-1).bit_length()-1",
  "    return H(b'\\1'+root(p[:s])+root(p[s:]))",
  "assert not rest and len(leaves)==sealed['records'] and root(leaves).hex()==sealed['root']",
].join("\n");

const LISTED =
  "import json; [print(a['sha256']+'  '+a['path']) for a in json.load(open('constat.json'))['artefacts']]";

const JOURNAL_LOOP = [
  "prev=$(printf '0%.0s' $(seq 64))",
  "while IFS= read -r ligne; do",
  String.raw`  case "$ligne" in *"\"prev\":\"$prev\""*) ;; *) echo "chaîne rompue : $ligne"; break;; esac`,
  "  prev=$(printf %s \"$ligne\" | sha256sum | cut -d' ' -f1)",
  "done < journal.jsonl",
  String.raw`grep -c "\"head\":\"$prev\"" constat.json` + "   # 1 : la tête du journal est celle de l'inventaire",
];

/** The file of the root that ends a chain, among those the user gave. */
const rootFile = (subject, result, otherwise) =>
  quote(result.roots.find((root) => root.subject === subject)?.name ?? otherwise);

const TOKEN_2 = "META-INF/timestamp002.tst";

const secondToken = (result) => [
  `openssl ts -verify -token_in -in ${TOKEN_2} -data META-INF/ASiCManifest002.xml \\`,
  `  -CAfile ${rootFile(result.facts.timestamps.find(({ entry }) => entry === TOKEN_2)?.anchor, result, "tsa.pem")}`,
];

/** What bears on the time of the session, not on that of the seal. */
const IN_SESSION = /^(time\.(session|not_before|gap)|clock\.(offset|step|sources_differ))/;

function archiveTokens(result) {
  const count = archives(result.entries.filter(isMeta)) ?? 0;
  return Array.from({ length: count }, (_, index) => archiveNames(index, count)).flatMap(([manifest, token]) => [
    `openssl ts -verify -token_in -in ${token} -data ${manifest} \\`,
    `  -CAfile ${rootFile(result.facts.timestamps.find(({ entry }) => entry === token)?.anchor, result, "tsa.pem")}`,
  ]);
}

/** A token is over its line without the line feed. */
const sessionToken = ({ entry, line, anchor }, result) => [
  `sed -n ${line + 1}p journal.jsonl | tr -d '\\n' > ../ligne`,
  `openssl ts -verify -token_in -in ${quote(entry)} -data ../ligne -CAfile ${rootFile(anchor, result, "tsa.pem")}`,
];

/** In the order of the page: `matches` says whether a finding bears on the claim. */
export const CLAIMS = [
  {
    id: "container", standard: "ETSI EN 319 162-1 (4.2, A.1) ; ISO/IEC 21320-1",
    matches: ({ code, found }) =>
      (/^(zip|file|verify|report)\./.test(code) || ["bundle.order", "bundle.meta_inf", "bundle.missing"].includes(code)) &&
      !CONTAINED.test(found ?? ""),
    commands: ({ name }) => [
      `unzip -t ${quote(name)}`, `zipinfo ${quote(name)}`, `unzip -q ${quote(name)} -d dossier && cd dossier`,
    ],
  },
  {
    id: "files", standard: "FIPS 180-4 (SHA-256)",
    matches: ({ code, found }) =>
      (["digest.mismatch", "bundle.list", "bundle.unreadable", "bundle.too_large"].includes(code) || WITHHELD.test(code)) && !CONTAINED.test(found ?? "") &&
      !ANCHOR.test(found ?? ""),
    commands: ({ copy }) => [copy === null ? "sha256sum -c SHA256SUMS" : "sha256sum --ignore-missing -c SHA256SUMS"],
  },
  {
    id: "coverage", standard: "ETSI EN 319 162-1 (4.4, A.4)",
    matches: ({ code }) =>
      ["manifest.uncovered", "manifest.absent", "manifest.xml", "manifest.protector", "manifest.second_differs"].includes(code),
    commands: ({ copy }) => [
      "grep -oP '(?<=DataObjectReference URI=\")[^\"]+|(?<=DigestValue>)[^<]+' META-INF/ASiCManifest001.xml | paste - - |",
      "while read -r nom valeur; do",
      ...(copy === null ? [] : ['  [ -e "$nom" ] || { echo "$nom : retiré de cette copie"; continue; }']),
      '  [ "$(openssl dgst -sha256 -binary "$nom" | base64)" = "$valeur" ] && echo "$nom : OK" || echo "$nom : DIFFÉRENT"',
      "done",
    ],
  },
  {
    id: "signature", standard: "RFC 5652 (CMS) ; ETSI EN 319 122-1 (CAdES)",
    matches: ({ code }) => code.startsWith("cms."),
    commands: () => [
      "openssl cms -verify -binary -inform DER -in META-INF/signature001.p7s \\",
      "  -content META-INF/ASiCManifest001.xml -noverify -out /dev/null",
    ],
  },
  {
    id: "chain", standard: "RFC 5280 (6)",
    matches: ({ code }) => code.startsWith("trust.") && code !== "trust.essai",
    commands: (result) => [
      "openssl cms -verify -cades -binary -inform DER -in META-INF/signature001.p7s \\",
      "  -content META-INF/ASiCManifest001.xml -purpose any -out /dev/null \\",
      `  -CAfile ${rootFile(result.facts.chain?.at(-1), result, "racine.pem")}`,
    ],
  },
  {
    id: "time", standard: "RFC 3161 ; ETSI EN 319 422",
    matches: ({ code }) => (/^time\./.test(code) || code === "clock.order" || code === "clock.future") && !IN_SESSION.test(code),
    commands: (result) => [
      "openssl cms -cmsout -print -noout -inform DER -in META-INF/signature001.p7s   # jeton : 1.2.840.113549.1.9.16.2.14",
      ...(result.entries.includes(TOKEN_2) ? secondToken(result) : []),
    ],
  },
  {
    id: "state", standard: "RFC 5280 (6.3) ; RFC 6960 ; ETSI EN 319 102-1 (5.6) ; ETSI EN 319 162-1 (A.7)",
    matches: ({ code }) => /^(revocation|crypto|archive|seal)\./.test(code), isOpen: ({ facts }) => facts.level === null,
    commands: (result) => [
      "openssl cms -cmsout -print -noout -inform DER -in META-INF/signature001.p7s | sed -n '/crls:/,/signerInfos:/p'",
      ...archiveTokens(result),
    ],
  },
  {
    id: "anchors", standard: "OpenTimestamps, version 1 ; RFC 9162 (2.1) ; C2SP tlog-proof",
    matches: ({ code, found }) => code.startsWith("anchor.") || (code === "bundle.too_large" && ANCHOR.test(found ?? "")),
    isAbsent: ({ facts }) => facts.anchors.length === 0,
    isElsewhere: ({ facts }) => facts.anchors.some(({ state }) => state === "unchecked"), isToldApart: ({ code }) => code.startsWith("anchor."),
    commands: ({ facts }) =>
      facts.anchors.length === 0 ? [`ls META-INF | grep -c '^anchor-' || true   # 0`] : facts.anchors.flatMap(anchorCommands),
  },
  {
    id: "session", standard: "RFC 3161 ; ETSI EN 319 421",
    matches: ({ code }) => IN_SESSION.test(code), isAbsent: ({ facts }) => facts.session.length === 0,
    commands: (result) =>
      result.facts.session.length === 0
        ? [`grep -c '"op":"time.token"' journal.jsonl || true   # 0`]
        : result.facts.session.slice(0, 4).flatMap((token) => sessionToken(token, result)),
  },
  {
    id: "inventory", standard: "RFC 8785 (JSON canonique)",
    matches: ({ code }) =>
      /^(json|image)\./.test(code) || code === "journal.not_announced" || code === "journal.artefact_differs" ||
      code === "journal.content" || code === "journal.head" ||
      ["manifest.not_journal", "manifest.order", "manifest.essai", "manifest.format", "manifest.artefact_missing"].includes(code),
    commands: ({ copy }) => [
      `python3 -c "${CANONICAL}" && echo "forme canonique"`,
      `python3 -c "${LISTED}" | sha256sum ${copy === null ? "" : "--ignore-missing "}-c`,
    ],
  },
  {
    id: "journal", standard: "FIPS 180-4 (SHA-256)",
    matches: ({ code }) => code === "journal.chain" || code === "journal.not_closed",
    commands: () => JOURNAL_LOOP,
  },
  {
    id: "archive", standard: "ISO 28500:2017 (WARC 1.1) ; WACZ 1.1.1",
    matches: ({ code, found }) =>
      /^(wacz|warc)\./.test(code) || (code.startsWith("disclosure.") && !WITHHELD.test(code)) || CONTAINED.test(found ?? ""),
    commands: ({ entries }) =>
      entries.includes(COPY_ARCHIVE)
        ? ["warcio check caviardage/archive.warc.gz", `python3 -c "${RECORDS_ROOT}" && echo "racine retrouvée"`]
        : ["wacz validate -f capture.wacz", "unzip capture.wacz -d archive && warcio check archive/archive/data.warc.gz"],
  },
];

const RANK = ["info", "warn", "indeterminate", "fail"];

/**
 * The state of a claim: its worst finding; `unreached` when it was not checked; else `withheld` when a copy lacks what it would be
 * checked with, `indeterminate` when what it says is not known (its `isOpen`), `absent` when there is nothing it could be said of (its `isAbsent`), `ok` otherwise.
 */
export function stateOf(claim, result) {
  const found = result.findings.filter(claim.matches);
  const worst = Math.max(-1, ...found.map((finding) => RANK.indexOf(finding.level)));
  if (worst >= 2) return { state: RANK[worst], found };
  if (!result.done.includes(claim.id)) return { state: "unreached", found };
  if (result.withheld.includes(claim.id)) return { state: "withheld", found };
  if (worst === 1) return { state: "warn", found };
  if (claim.isOpen?.(result)) return { state: "indeterminate", found };
  if (claim.isElsewhere?.(result)) return { state: "elsewhere", found };
  return { state: claim.isAbsent?.(result) ? "absent" : "ok", found };
}
