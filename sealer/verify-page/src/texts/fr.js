// What the page says, in French: the language it opens in.

import { commonName } from "../page/format.js";

/** In French, zero and one are singular. */
const several = (count, one, many) => `${count} ${count < 2 ? one : many}`;

export const FR = {
  octets: (count) => `${count} octets`,
  locale: "fr-FR",
  skip: "Aller au contenu",
  brand: "constat · contrôle indépendant",
  title: "Contrôler un constat scellé, un récépissé ou un dossier",
  lead:
    "Cette page contrôle sur cet ordinateur un scellé (.asice), un récépissé de signification ou le dossier complet d'un acte. " +
    "Elle ne s'installe pas, n'utilise pas le réseau et n'envoie rien : le fichier n'est que lu.",
  bundle: "Le fichier à contrôler",
  pickBundle: "Choisir le fichier…",
  bundleHint:
    "Déposez ici le fichier dont le nom finit par .asice, ou choisissez-le. Il peut peser plusieurs gigaoctets. Pour une " +
    "signification : le .zip du dossier complet de l'acte, le .zip d'un récépissé, ou les fichiers d'un récépissé (preuve.json et les " +
    "autres) ensemble.",
  roots: "Les racines auxquelles vous vous fiez",
  pickRoots: "Choisir les certificats racine…",
  rootsHint:
    "Certificats (.pem, .crt, .cer, .der) de l'autorité de certification et des autorités d'horodatage, obtenus d'elles et non " +
    "avec le fichier contrôlé. Sans eux, l'auteur et la date ne peuvent pas être établis.",
  noRoots: "Aucune racine choisie.",
  rootTo: (date) => `valable jusqu'au ${date}`,
  rootRemove: (name) => `Retirer ${name}`,
  rootBad: (name) => `${name} : aucun certificat lisible dans ce fichier.`,
  run: "Le contrôle",
  advanced: "Contrôler comme à une date passée",
  date: "Date et heure (RFC 3339)",
  dateHint: "Laissez vide pour contrôler à la date d'aujourd'hui. Exemple : 2026-11-21T09:12:03Z.",
  dateBad: "Cette date n'a pas la forme attendue, par exemple 2026-11-21T09:12:03Z.",
  go: "Contrôler",
  needFile: "Choisissez d'abord le fichier à contrôler.",
  noSupport:
    "Ce navigateur ne permet pas le contrôle (WebCrypto ou les tâches de fond manquent). Ouvrez la page avec une version récente " +
    "de Firefox, Chrome ou Edge.",
  failed: "Le contrôle s'est arrêté sur une erreur de cette page, et ne dit rien du fichier :",
  working: "Contrôle en cours",
  stop: "Arrêter",
  stages: {
    whole: "Empreinte du fichier entier", files: "Empreintes de chaque pièce", seal: "Signature, certificats et horodatages",
    journal: "Journal des opérations", wacz: "Archive des échanges", pictures: "Images de l'inventaire",
    receipts: "Récépissés et autres pièces signées",
  },
  of: (done, all) => `${done} sur ${all}`,
  footer:
    "Cette page a été écrite à part du logiciel qui scelle ; tout ce qu'elle affirme peut être refait à la main avec les commandes " +
    "indiquées (coreutils, unzip, openssl 3, python3).",
  verdicts: {
    PASS: {
      title: "Contrôle réussi",
      text: "Le fichier est intact : chaque pièce est celle qui a été scellée, le signataire et la date sont rattachés aux racines choisies.",
    },
    FAIL: {
      title: "Contrôle négatif",
      text: "Au moins un point est démontré faux. Ce fichier ne doit pas être tenu pour le constat scellé d'origine.",
    },
    INDETERMINATE: {
      title: "Contrôle incomplet",
      text: "Rien n'est démontré faux, mais au moins un point ne peut pas être établi avec ce qui a été fourni.",
    },
  },
  essai: "ESSAI : ce fichier est scellé avec des clés d'essai. Il ne prouve rien et ne doit pas être produit en justice.",
  again: "Contrôler un autre fichier",
  print: "Imprimer",
  save: "Enregistrer le résultat (JSON)",
  identity: "Ce qui a été contrôlé",
  facts: {
    file: "Fichier", size: "Taille", sha256: "Empreinte SHA-256 du fichier", reference: "Dossier", object: "Objet déclaré",
    signer: "Signataire", certificate: "Empreinte du certificat", signed: "Heure de signature (affirmée par l'étude)",
    token: "Heure prouvée par un jeton", level: "Niveau atteint", at: "Contrôlé à la date du", session: "Session", state: "État de la session",
    anchors: "Racines choisies", declared: "Ce que le certificat déclare", attended: "Présence de l'officier",
  },
  declared: (qc) => {
    const types = { esign: "de signature électronique", eseal: "de cachet électronique", web: "de site internet" };
    const said = [
      ...(qc.compliance ? ["certificat qualifié"] : []), ...qc.types.map((type) => types[type] ?? `de type ${type}`),
      ...(qc.device ? ["clé dans un dispositif qualifié"] : []),
    ];
    return said.length === 0 ? "rien sur sa qualification" : said.join(", ");
  },
  noLists: "Déclaration seule : cette page ne consulte pas les listes de confiance. Commande : constat verifier --confiance.",
  levelNames: {
    "B-B": "CAdES B-B : une signature et son certificat, sans heure établie par un tiers",
    "B-T": "CAdES B-T : une signature horodatée, sans l'état de tous ses certificats",
    "B-LT": "CAdES B-LT : une signature horodatée, avec l'état de chaque certificat",
    "B-LTA": "CAdES B-LTA : une signature horodatée, l'état de chaque certificat, et un horodatage de l'ensemble, renouvelable",
  },
  attended: { true: "officier présent", false: "sans officier présent (relevé technique)" },
  sessionStates: {
    complete: "complète", partial: "partielle : une étape au moins a manqué", interrupted: "interrompue, close plus tard",
  },
  accuracy: (text) => `précision ${text}`,
  accuracyUnknown: "précision non dite",
  local: (date) => `${date} (heure de Paris)`,
  none: "aucun",
  unknown: "non établi",
  claims: "Point par point",
  counts: (counts, all) =>
    [
      `${several(counts.get("ok") ?? 0, "point vérifié", "points vérifiés")} sur ${all}`,
      ...(counts.has("fail") ? [`${counts.get("fail")} faux`] : []),
      ...(counts.has("indeterminate") ? [several(counts.get("indeterminate"), "non établi", "non établis")] : []),
      ...(counts.has("warn") ? [`${counts.get("warn")} avec réserve`] : []),
      ...(counts.has("absent") ? [several(counts.get("absent"), "non affirmé", "non affirmés")] : []),
      ...(counts.has("withheld") ? [several(counts.get("withheld"), "retiré de cette copie", "retirés de cette copie")] : []),
      ...(counts.has("elsewhere") ? [`${counts.get("elsewhere")} à contrôler ailleurs`] : []),
      ...(counts.has("unreached") ? [several(counts.get("unreached"), "non contrôlé", "non contrôlés")] : []),
    ].join(", "),
  anchorStates: { unchecked: "Non contrôlé ici", pending: "En attente", false: "Faux" },
  receipt: {
    verdicts: {
      PASS: { title: "Le document tient", text: "Sa forme, sa signature et sa date sont établies avec les racines choisies." },
      FAIL: { title: "Le document ne tient pas", text: "Au moins un point est démontré faux : ce document n'atteste rien." },
      INDETERMINATE: {
        title: "Contrôle incomplet", text: "Rien n'est démontré faux, mais au moins un point n'est pas établi avec ce qui a été fourni.",
      },
    },
    attests: "Ce que ce document atteste", limits: "Ce qu'il n'atteste pas", kind: "Nature", document: "Document joint",
    kinds: { preuve: "Récépissé de signification électronique", effacement: "Certificat d'effacement" },
    documents: { aucun: "aucun", absent: "non joint", identique: "identique, octet pour octet", autre: "un autre document" },
  },
  whole: {
    verdicts: {
      PASS: {
        title: "Le dossier tient, en entier",
        text: "Le manifeste signé, ses fichiers, chaque récépissé et l'extrait du journal s'accordent ; signataires et dates sont rattachés aux racines choisies.",
      },
      FAIL: { title: "Le dossier ne tient pas", text: "Au moins un point est démontré faux : ce dossier n'atteste rien." },
      INDETERMINATE: {
        title: "Contrôle incomplet", text: "Rien n'est démontré faux, mais au moins un point n'est pas établi avec ce qui a été fourni.",
      },
    },
    essai: "ESSAI : ce dossier est fait avec des clés d'essai. Il ne prouve rien et ne doit pas être produit en justice.",
    attests: "Ce que ce dossier atteste", limits: "Ce qu'il n'atteste pas",
    more: (count) => `et ${several(count, "autre point", "autres points")}, plus bas.`,
    about: ([first, ...others], sentence) =>
      first === undefined ? sentence : `${first}${others.length === 0 ? "" : ` et ${several(others.length, "autre", "autres")}`} : ${sentence}`,
    receipts: "Les récépissés", receiptColumns: ["Récépissé", "Heure prouvée par un jeton", "Réponse", "Ce qui pèse"],
    findings: "Constatations sur le zip, le manifeste et ses fichiers",
    held: (held, all) => (all === 0 ? "Le dossier ne porte aucun récépissé." : `${held} sur ${all} ${held < 2 ? "tient" : "tiennent"} entièrement.`),
    parts: "Les autres pièces signées", partColumns: ["Pièce", "Heure prouvée par un jeton", "Réponse", "Ce qui pèse"],
    subjects: {
      act: () => "Signature de l'acte par l'étude", answer: () => "Accusé de réponse",
      point: (lines) => `Extrait du journal, ${several(lines, "ligne", "lignes")}`,
    },
    answers: { PASS: "tient", FAIL: "ne tient pas", INDETERMINATE: "non établi" }, nothing: "Rien",
    untold: "Le dossier ne tient pas : ce que dit son manifeste n'est pas établi, et n'est repris que pour le reconnaître.",
    manifest: {
      title: "Ce que dit le manifeste, et qui l'a signé", sha256: "Empreinte SHA-256 du manifeste", act: "Acte", nature: "Nature de l'acte",
      dossier: "Dossier de l'étude", sent: "Acte envoyé le", made: "Dossier complet établi le", whom: "Établi pour", issuer: "Étude",
      files: "Fichiers", vault: "Acte au coffre jusqu'au", office: "Conservé par l'étude jusqu'au",
    },
    notSent: "pas envoyé", whom: { destinataire: "son destinataire", etude: "l'étude" },
    same: (same, all) => `${same} sur ${all} ${same < 2 ? "identique" : "identiques"}, octet pour octet`,
    missing: "Ce que le manifeste dit ne pas y être", missingColumns: ["Pièce", "Raison donnée par l'étude"],
  },
  trial: (title) => `${title} — ESSAI`,
  states: {
    ok: "Vérifié", warn: "Avec réserve", indeterminate: "Non établi", fail: "Faux", absent: "Non affirmé", unreached: "Non contrôlé",
    withheld: "Retiré de cette copie", elsewhere: "À contrôler ailleurs",
  },
  unreached: "Un contrôle précédent a échoué : ce point n'a pas été examiné.",
  withheld: "Ce qui permettrait de le contrôler est retiré de cette copie : seul l'original permet de répondre.",
  standard: "Référence",
  redo: "À refaire à la main",
  claimTitles: {
    container: "Le fichier est un conteneur bien formé, que tout logiciel lit de la même façon",
    files: "Chaque pièce est, octet pour octet, celle qui a été scellée",
    coverage: "Le sceau couvre tous les fichiers, sans ajout ni retrait",
    signature: "La signature électronique est exacte",
    chain: "Le certificat du signataire mène à une racine que vous avez choisie",
    time: "La date du sceau est prouvée par horodatage",
    state: "L'état des certificats est connu, et la preuve peut être prolongée",
    anchors: "Rien ne contredit les autres preuves du sceau (ancres)",
    session: "L'heure de la session est rapportée à des autorités, l'horloge de la machine aussi",
    inventory: "L'inventaire dit ce que disent le journal, les pièces et les images",
    journal: "Le journal des opérations n'a ni trou ni retouche",
    archive: "L'archive des échanges (capture.wacz) est entière et cohérente",
  },
  claimDone: {
    container: (r) => `${r.entries.length} entrées, sans octet caché ; ordre et noms conformes.`,
    files: () => "Empreintes SHA-256 et SHA-512 recalculées ; SHA256SUMS dit la même chose.",
    coverage: (r) => `${several(r.covered, "fichier couvert", "fichiers couverts")} par le manifeste signé.`,
    signature: (r) => `Signature CAdES de « ${commonName(r.facts.signer)} », vérifiée par deux lecteurs indépendants.`,
    chain: (r) => `Chaîne : ${r.facts.chain.map(commonName).join(" ← ")}.`,
    time: (r) => `Jetons valables : ${r.facts.timestamps.map((t) => commonName(t.authority)).join(" ; ")}.`,
    state: (r) =>
      r.facts.level === null
        ? "Sans chaîne jusqu'à une racine choisie, aucun niveau n'est établi."
        : `Niveau atteint : CAdES ${r.facts.level} (ETSI EN 319 122-1, 6).`,
    anchors: (r) =>
      r.facts.anchors.length === 0
        ? "Le fichier ne porte aucune ancre."
        : `${several(r.facts.anchors.length, "ancre lue et rejouée", "ancres lues et rejouées")} sur l'empreinte du sceau ; ce que chacune ` +
          "prouve dépend de blocs, ou de clés, que cette page n'a pas.",
    session: (r) =>
      r.facts.session.length === 0
        ? "Aucun jeton valable n'a été pris pendant la session : seul celui du sceau la date."
        : `${several(r.facts.session.length, "jeton valable", "jetons valables")}, chacun sur la ligne du journal qu'il annonce.`,
    inventory: () => "L'inventaire recalculé depuis le journal est identique, pixels et EXIF compris.",
    journal: (r) => `${r.lines} lignes, chacune liée à la précédente par son empreinte.`,
    archive: (r) => `${r.members} fichiers ; index refait, empreintes de chaque enregistrement recalculées.`,
  },
  copy: {
    banner: "COPIE CAVIARDÉE : ce fichier n'est pas le scellé d'origine", otherLang: "en",
    other: "REDACTED COPY: this file is not the original sealed bundle",
    of: (title) => `${title} — COPIE CAVIARDÉE`,
    unread: "Le contrôle n'établit pas ce qui en a été retiré.",
    verdicts: {
      PASS: {
        title: "Contrôle réussi",
        text:
          "Ce qui reste dans cette copie est exactement ce qui a été scellé, et tout ce qui en est retiré est dit. Le signataire et la " +
          "date sont rattachés aux racines choisies. Seul l'original est le constat.",
      },
      FAIL: { title: "Contrôle négatif", text: "Au moins un point est démontré faux. Ce fichier ne doit pas être tenu pour une copie du constat scellé." },
      INDETERMINATE: {
        title: "Contrôle incomplet",
        text: "Rien n'est démontré faux dans ce qui reste, mais au moins un point ne peut pas être établi avec ce qui a été fourni.",
      },
    },
    section: "Ce qui est retiré de cette copie",
    notTold: "La copie n'est pas valable : ce que dit sa liste n'est pas repris ici.",
    intro:
      "Longueur et empreinte de chaque fichier retiré sont celles du sceau, comme le nombre et le genre des enregistrements. Les " +
      "motifs, les adresses, la date de la copie et l'empreinte de l'original sont déclarés par qui a fait la copie, et ne sont pas prouvés.",
    madeAt: "Copie faite le (déclaré)", askedBy: "À la demande de (déclaré)", original: "SHA-256 de l'original (déclaré)",
    originalSize: "Taille de l'original (déclarée)",
    files: (count) => several(count, "fichier retiré", "fichiers retirés"), fileColumns: ["Fichier", "Taille", "Motif déclaré"],
    records: (count, all) => `${several(count, "enregistrement retiré", "enregistrements retirés")} de l'archive, sur ${all}`,
    allRecords: "archive (capture.wacz) retirée en entier", noRecord: "aucun enregistrement de l'archive retiré",
    recordColumns: ["Nombre", "Genre", "Motif déclaré"], addresses: "Adresses que l'auteur de la copie laisse connaître",
    more: (count) => `et ${several(count, "autre", "autres")}, dans caviardage/liste.json.`,
    claimTitles: {
      files: "Chaque pièce présente est, octet pour octet, celle qui a été scellée",
      coverage: "Le sceau couvre tout ce qui est là, sans ajout ; tout ce qui en est retiré est dit",
      archive: "Ce qui reste de l'archive des échanges est lié au sceau, entier et cohérent",
    },
    claimDone: {
      files: () => "Empreintes SHA-256 et SHA-512 de ce qui reste recalculées ; SHA256SUMS dit la même chose de tout l'original.",
      coverage: (r) =>
        `${several(r.covered, "fichier couvert", "fichiers couverts")} par le manifeste signé, dont ${r.copy.list.get("files").length} ` +
        "à leur place dans la liste de ce qui est retiré.",
      inventory: () => "L'inventaire recalculé est identique ; ce qui serait mesuré sur ce qui est retiré y est pris tel que scellé.",
      archive: (r) =>
        r.copy.list.get("records").length === 0
          ? `${r.members} fichiers ; index refait, empreintes de chaque enregistrement recalculées.`
          : `${several(r.members, "enregistrement présent", "enregistrements présents")} sur ${r.copy.list.get("records").length}, ` +
            "dans leur ordre, liés à la racine scellée ; l'index et la liste des pages sont retirés avec capture.wacz.",
    },
  },
  gaps: "Ce que le constat ne contient pas",
  gapsIntro: "Déclaration d'incomplétude scellée dans le fichier : ce qui a été demandé par les pages et n'est pas, ou pas entièrement, conservé.",
  gapsNone: "L'inventaire ne déclare aucun manque page par page.",
  gapsUnread: "L'inventaire n'a pas pu être lu : les manques ne sont pas connus.",
  gapsTotals: (seen, stored, unparsed) =>
    `${several(seen, "requête vue", "requêtes vues")}, ${several(stored, "échange conservé", "échanges conservés")}, ` +
    `${several(unparsed, "message du navigateur non compris", "messages du navigateur non compris")}.`,
  gapsNever: "Jamais enregistré par cette version :",
  gapsPage: (page, step) => `${page ?? "Entre deux pages"}${step === null ? "" : ` (étape ${step})`}`,
  gapsMore: (count) => `et ${several(count, "autre", "autres")}, dans constat.json (incompleteness).`,
  gapsColumns: ["Adresse", "Pourquoi", "Détail"],
  gapsFindings: "Constatations de la capture, scellées dans l'inventaire",
  gapsAccounts: "Comptes de ce qui a été demandé",
  account: (a) =>
    `Navigateur ${a.get("browser")} : ${several(a.get("requests_cdp"), "requête annoncée", "requêtes annoncées")}, ` +
    `${a.get("requests_netlog") ?? "nombre inconnu"} au journal du réseau, ` +
    `${several(a.get("exchanges_stored"), "échange conservé", "échanges conservés")} ; ` +
    `${several(a.get("only_netlog"), "requête du réseau n'avait pas été annoncée", "requêtes du réseau n'avaient pas été annoncées")}.`,
  reasons: {
    failed: "échec", blocked: "bloqué par le navigateur", not_on_the_wire: "répondu sans le réseau",
    evicted: "perdu par le navigateur", truncated: "coupé à une limite", pending: "encore en cours",
    unparsed: "message non compris", not_recorded: "genre non enregistré",
  },
  levels: { info: "information", warn: "réserve", indeterminate: "non établi", fail: "faux" },
  findings: "Constatations",
  noFindings: "Aucune constatation.",
  columns: ["Code", "Portée", "Constatation", "Attendu", "Trouvé"],
};
