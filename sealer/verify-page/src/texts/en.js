// What the page says, in English.

import { commonName } from "../page/format.js";

const several = (count, one, many) => `${count} ${count === 1 ? one : many}`;

export const EN = {
  octets: (count) => `${count} bytes`,
  locale: "en-GB",
  skip: "Skip to content",
  brand: "constat · independent check",
  title: "Check a sealed constat, a receipt or a dossier",
  lead:
    "This page checks on this computer a sealed bundle (.asice), a receipt of electronic service or the whole dossier of an act. It installs " +
    "nothing, uses no network and sends nothing: the file is only read.",
  bundle: "The file to check",
  pickBundle: "Choose the file…",
  bundleHint:
    "Drop the file whose name ends in .asice here, or choose it. It may be several gigabytes long. For electronic service: " +
    "the .zip of the whole dossier of the act, the .zip of a receipt, or the files of a receipt (preuve.json and the others) together.",
  roots: "The roots you trust",
  pickRoots: "Choose root certificates…",
  rootsHint:
    "Certificates (.pem, .crt, .cer, .der) of the certification authority and of the timestamp authorities, obtained from them and " +
    "not with the file checked. Without them, author and date cannot be established.",
  noRoots: "No root chosen.",
  rootTo: (date) => `valid until ${date}`,
  rootRemove: (name) => `Remove ${name}`,
  rootBad: (name) => `${name}: no readable certificate in this file.`,
  run: "The check",
  advanced: "Check as at a past date",
  date: "Date and time (RFC 3339)",
  dateHint: "Leave empty to check as at today. Example: 2026-11-21T09:12:03Z.",
  dateBad: "This date has not the form expected, for example 2026-11-21T09:12:03Z.",
  go: "Check",
  needFile: "Choose the file to check first.",
  noSupport:
    "This browser cannot do the check (WebCrypto or background tasks are missing). Open the page with a recent Firefox, Chrome or Edge.",
  failed: "The check stopped on an error of this page, and says nothing about the file:",
  working: "Check under way",
  stop: "Stop",
  stages: {
    whole: "Digest of the whole file", files: "Digests of each piece", seal: "Signature, certificates and timestamps",
    journal: "Journal of the operations", wacz: "Archive of the exchanges", pictures: "Pictures of the inventory",
    receipts: "Receipts and other signed parts",
  },
  of: (done, all) => `${done} of ${all}`,
  footer:
    "This page was written apart from the software that seals; everything it states can be redone by hand with the commands given " +
    "(coreutils, unzip, openssl 3, python3).",
  verdicts: {
    PASS: {
      title: "Check passed",
      text: "The file is intact: every piece is the one that was sealed, and signer and date lead to the roots chosen.",
    },
    FAIL: {
      title: "Check failed",
      text: "At least one point is proven wrong. This file must not be taken for the sealed constat as it was made.",
    },
    INDETERMINATE: {
      title: "Check incomplete",
      text: "Nothing is proven wrong, but at least one point cannot be established with what was given.",
    },
  },
  essai: "TRIAL (ESSAI): this file is sealed with test keys. It proves nothing and must not be produced in court.",
  again: "Check another file",
  print: "Print",
  save: "Save the result (JSON)",
  identity: "What was checked",
  facts: {
    file: "File", size: "Size", sha256: "SHA-256 of the file", reference: "Case", object: "Object, as declared",
    signer: "Signer", certificate: "Digest of the certificate", signed: "Time of signature (as the office states)",
    token: "Time proven by a token", level: "Level reached", at: "Checked as at", session: "Session", state: "State of the session",
    anchors: "Roots chosen", declared: "What the certificate claims", attended: "Attendance of the officer",
  },
  declared: (qc) => {
    const types = { esign: "for electronic signatures", eseal: "for electronic seals", web: "for web sites" };
    const said = [
      ...(qc.compliance ? ["a qualified certificate"] : []), ...qc.types.map((type) => types[type] ?? `of type ${type}`),
      ...(qc.device ? ["a key in a qualified device"] : []),
    ];
    return said.length === 0 ? "nothing of its qualification" : said.join(", ");
  },
  noLists: "A claim only: this page consults no trusted list. Command: constat verifier --confiance.",
  levelNames: {
    "B-B": "CAdES B-B: a signature and its certificate, without a time established by a third party",
    "B-T": "CAdES B-T: a stamped signature, without the state of all its certificates",
    "B-LT": "CAdES B-LT: a stamped signature, with the state of every certificate",
    "B-LTA": "CAdES B-LTA: a stamped signature, the state of every certificate, and a timestamp over all of it that can be renewed",
  },
  attended: { true: "officer present", false: "no officer present (technical record)" },
  sessionStates: {
    complete: "complete", partial: "partial: one step at least is missing", interrupted: "interrupted, closed later",
  },
  accuracy: (text) => `accuracy ${text}`,
  accuracyUnknown: "accuracy not stated",
  local: (date) => `${date} (Paris time)`,
  none: "none",
  unknown: "not established",
  claims: "Point by point",
  counts: (counts, all) =>
    [
      `${several(counts.get("ok") ?? 0, "point verified", "points verified")} of ${all}`,
      ...(counts.has("fail") ? [`${counts.get("fail")} wrong`] : []),
      ...(counts.has("indeterminate") ? [`${counts.get("indeterminate")} not established`] : []),
      ...(counts.has("warn") ? [`${counts.get("warn")} with a reservation`] : []),
      ...(counts.has("absent") ? [`${counts.get("absent")} not claimed`] : []),
      ...(counts.has("withheld") ? [`${counts.get("withheld")} withheld from this copy`] : []),
      ...(counts.has("elsewhere") ? [`${counts.get("elsewhere")} to be checked elsewhere`] : []),
      ...(counts.has("unreached") ? [`${counts.get("unreached")} not checked`] : []),
    ].join(", "),
  anchorStates: { unchecked: "Not checked here", pending: "Waiting", false: "Wrong" },
  receipt: {
    verdicts: {
      PASS: { title: "The document holds", text: "Its form, its signature and its date are established with the roots chosen." },
      FAIL: { title: "The document does not hold", text: "At least one point is proven wrong: this document attests nothing." },
      INDETERMINATE: {
        title: "Check incomplete", text: "Nothing is proven wrong, but at least one point is not established with what was given.",
      },
    },
    attests: "What this document attests", limits: "What it does not attest", kind: "Kind", document: "Document beside it",
    kinds: { preuve: "Receipt of electronic service", effacement: "Certificate of erasure" },
    documents: { aucun: "none", absent: "not given", identique: "the same, octet for octet", autre: "another document" },
  },
  whole: {
    verdicts: {
      PASS: {
        title: "The dossier holds, as a whole",
        text: "The signed manifest, its files, every receipt and the excerpt of the journal agree; signers and dates lead to the roots chosen.",
      },
      FAIL: { title: "The dossier does not hold", text: "At least one point is proven wrong: this dossier attests nothing." },
      INDETERMINATE: {
        title: "Check incomplete", text: "Nothing is proven wrong, but at least one point is not established with what was given.",
      },
    },
    essai: "TRIAL (ESSAI): this dossier is made with test keys. It proves nothing and must not be produced in court.",
    attests: "What this dossier attests", limits: "What it does not attest",
    more: (count) => `and ${several(count, "other point", "other points")}, below.`,
    about: ([first, ...others], sentence) =>
      first === undefined ? sentence : `${first}${others.length === 0 ? "" : ` and ${several(others.length, "other", "others")}`}: ${sentence}`,
    receipts: "The receipts", receiptColumns: ["Receipt", "Time proven by a token", "Answer", "What weighs"],
    findings: "Findings about the zip, the manifest and its files",
    held: (held, all) => (all === 0 ? "The dossier bears no receipt." : `${held} of ${all} ${held === 1 ? "holds" : "hold"} entirely.`),
    parts: "The other signed parts", partColumns: ["Part", "Time proven by a token", "Answer", "What weighs"],
    subjects: {
      act: () => "Signature of the act by the office", answer: () => "Acknowledgement of an answer",
      point: (lines) => `Excerpt of the journal, ${several(lines, "line", "lines")}`,
    },
    answers: { PASS: "holds", FAIL: "does not hold", INDETERMINATE: "not established" }, nothing: "Nothing",
    untold: "The dossier does not hold: what its manifest says is not established, and is repeated only to recognise it.",
    manifest: {
      title: "What the manifest says, and who signed it", sha256: "SHA-256 of the manifest", act: "Act", nature: "Nature of the act",
      dossier: "Case of the office", sent: "Act sent at", made: "Dossier made at", whom: "Made for", issuer: "Office",
      files: "Files", vault: "Act in the vault until", office: "Kept by the office until",
    },
    notSent: "not sent", whom: { destinataire: "its recipient", etude: "the office" },
    same: (same, all) => `${same} of ${all} the same, octet for octet`,
    missing: "What the manifest says is not there", missingColumns: ["Part", "Reason given by the office"],
  },
  trial: (title) => `${title} — TRIAL`,
  states: {
    ok: "Verified", warn: "With a reservation", indeterminate: "Not established", fail: "Wrong", absent: "Not claimed",
    unreached: "Not checked", withheld: "Withheld from this copy", elsewhere: "To be checked elsewhere",
  },
  unreached: "An earlier check failed: this point was not examined.",
  withheld: "What it would be checked with is withheld from this copy: only the original can tell.",
  standard: "Reference",
  redo: "To redo by hand",
  claimTitles: {
    container: "The file is a well-formed container, which every program reads alike",
    files: "Every piece is, octet for octet, the one that was sealed",
    coverage: "The seal covers every file, nothing added, nothing removed",
    signature: "The electronic signature is right",
    chain: "The signer's certificate leads to a root you chose",
    time: "The date of the seal is proven by a timestamp",
    state: "The state of the certificates is known, and the proof can be prolonged",
    anchors: "Nothing contradicts the other proofs of the seal (anchors)",
    session: "The time of the session is tied to authorities, and so is the machine's clock",
    inventory: "The inventory says what the journal, the pieces and the pictures say",
    journal: "The journal of the operations has no gap and no retouch",
    archive: "The archive of the exchanges (capture.wacz) is whole and consistent",
  },
  claimDone: {
    container: (r) => `${r.entries.length} entries, no hidden octet; order and names as they must be.`,
    files: () => "SHA-256 and SHA-512 computed again; SHA256SUMS says the same.",
    coverage: (r) => `${several(r.covered, "file", "files")} covered by the signed manifest.`,
    signature: (r) => `CAdES signature of “${commonName(r.facts.signer)}”, verified by two independent readers.`,
    chain: (r) => `Chain: ${r.facts.chain.map(commonName).join(" ← ")}.`,
    time: (r) => `Valid tokens: ${r.facts.timestamps.map((t) => commonName(t.authority)).join("; ")}.`,
    state: (r) =>
      r.facts.level === null
        ? "Without a chain to a root chosen, no level is established."
        : `Level reached: CAdES ${r.facts.level} (ETSI EN 319 122-1, 6).`,
    anchors: (r) =>
      r.facts.anchors.length === 0
        ? "The file bears no anchor."
        : `${several(r.facts.anchors.length, "anchor", "anchors")} read and replayed over the digest of the seal; what each proves ` +
          "depends on blocks, or on keys, that this page does not have.",
    session: (r) =>
      r.facts.session.length === 0
        ? "No valid token was taken during the session: only that of the seal dates it."
        : `${several(r.facts.session.length, "valid token", "valid tokens")}, each over the line of the journal it announces.`,
    inventory: () => "The inventory computed again from the journal is the same, pixels and EXIF included.",
    journal: (r) => `${r.lines} lines, each bound to the one before by its digest.`,
    archive: (r) => `${r.members} files; index rebuilt, digests of every record computed again.`,
  },
  copy: {
    banner: "REDACTED COPY: this file is not the original sealed bundle", otherLang: "fr",
    other: "COPIE CAVIARDÉE : ce fichier n'est pas le scellé d'origine",
    of: (title) => `${title} — REDACTED COPY`,
    unread: "The check does not establish what was withheld from it.",
    verdicts: {
      PASS: {
        title: "Check passed",
        text:
          "What remains in this copy is exactly what was sealed, and everything withheld from it is told. Signer and date lead to the " +
          "roots chosen. The original alone is the constat.",
      },
      FAIL: { title: "Check failed", text: "At least one point is proven wrong. This file must not be taken for a copy of the sealed constat." },
      INDETERMINATE: {
        title: "Check incomplete",
        text: "Nothing is proven wrong in what remains, but at least one point cannot be established with what was given.",
      },
    },
    section: "What is withheld from this copy",
    notTold: "The copy is not valid: what its list says is not repeated here.",
    intro:
      "Length and digest of each file withheld are those of the seal, and so are number and kind of the records. Reasons, addresses, " +
      "the date of the copy and the digest of the original are declared by whoever made the copy, and are not proven.",
    madeAt: "Copy made at (declared)", askedBy: "Asked for by (declared)", original: "SHA-256 of the original (declared)",
    originalSize: "Size of the original (declared)",
    files: (count) => several(count, "file withheld", "files withheld"), fileColumns: ["File", "Size", "Reason declared"],
    records: (count, all) => `${several(count, "record withheld", "records withheld")} from the archive, of ${all}`,
    allRecords: "the whole archive (capture.wacz) withheld", noRecord: "no record of the archive withheld",
    recordColumns: ["Number", "Kind", "Reason declared"], addresses: "Addresses that the maker of the copy lets be known",
    more: (count) => `and ${count} more, in caviardage/liste.json.`,
    claimTitles: {
      files: "Every piece that is there is, octet for octet, the one that was sealed",
      coverage: "The seal covers all that is there, nothing added; all that is withheld is told",
      archive: "What remains of the archive of the exchanges is bound to the seal, whole and consistent",
    },
    claimDone: {
      files: () => "SHA-256 and SHA-512 of what remains computed again; SHA256SUMS says the same of the whole original.",
      coverage: (r) =>
        `${several(r.covered, "file", "files")} covered by the signed manifest, of which ${r.copy.list.get("files").length} stand in ` +
        "the list of what is withheld.",
      inventory: () => "The inventory computed again is the same; what would be measured on what is withheld is taken as sealed.",
      archive: (r) =>
        r.copy.list.get("records").length === 0
          ? `${r.members} files; index rebuilt, digests of every record computed again.`
          : `${several(r.members, "record present", "records present")} of ${r.copy.list.get("records").length}, in their order, bound ` +
            "to the sealed root; the index and the list of pages are withheld with capture.wacz.",
    },
  },
  gaps: "What the constat does not hold",
  gapsIntro: "Statement of incompleteness sealed in the file: what the pages asked for and is not, or not wholly, kept.",
  gapsNone: "The inventory declares nothing missing page by page.",
  gapsUnread: "The inventory could not be read: what is missing is not known.",
  gapsTotals: (seen, stored, unparsed) =>
    `${several(seen, "request seen", "requests seen")}, ${several(stored, "exchange kept", "exchanges kept")}, ` +
    `${several(unparsed, "message of the browser not understood", "messages of the browser not understood")}.`,
  gapsNever: "Never recorded by this version (sealed text, in French):",
  gapsPage: (page, step) => `${page ?? "Between two pages"}${step === null ? "" : ` (step ${step})`}`,
  gapsMore: (count) => `and ${count} more, in constat.json (incompleteness).`,
  gapsColumns: ["Address", "Why", "Detail"],
  gapsFindings: "Findings of the capture, sealed in the inventory (in French)",
  gapsAccounts: "Accounts of what was asked for",
  account: (a) =>
    `Browser ${a.get("browser")}: ${several(a.get("requests_cdp"), "request announced", "requests announced")}, ` +
    `${a.get("requests_netlog") ?? "an unknown number"} in the network's log, ` +
    `${several(a.get("exchanges_stored"), "exchange kept", "exchanges kept")}; ` +
    `${several(a.get("only_netlog"), "request", "requests")} of the network had not been announced.`,
  reasons: {
    failed: "failed", blocked: "blocked by the browser", not_on_the_wire: "answered without the network",
    evicted: "lost by the browser", truncated: "cut at a limit", pending: "still under way",
    unparsed: "message not understood", not_recorded: "kind not recorded",
  },
  levels: { info: "information", warn: "reservation", indeterminate: "not established", fail: "wrong" },
  findings: "Findings",
  noFindings: "No finding.",
  columns: ["Code", "Weight", "Finding", "Expected", "Found"],
};
