//! The table of messages: code, what happened, what to do. Reviewable without reading Rust.
use super::Message;

macro_rules! messages {
    ($($code:literal | $what:literal | $remedy:literal)*) => {
        &[$(Message { code: $code, what: $what, remedy: $remedy }),*]
    };
}

/// Every message, grouped by the part of the product that gives the code.
pub(crate) const TABLE: &[Message] = messages! {
    // The command line itself
    "cli.io" | "Un fichier n'a pas pu être lu ou écrit." | "Vérifiez le chemin, les droits et l'espace libre, puis relancez."
    "cli.no_file" | "Ce fichier n'existe pas ou n'est pas lisible." | "Donnez le chemin d'un fichier existant."
    "cli.no_folder" | "Ce dossier n'existe pas." | "Donnez le chemin d'un dossier existant avec --dossiers."
    "cli.date" | "La date donnée n'est pas lisible." | "Écrivez-la en RFC 3339, par exemple 2027-03-01T10:00:00Z."
    "cli.index" | "L'index des dossiers n'a pas pu être ouvert ou écrit." | "Relancez plus tard, ou refaites-le par « constat index reconstruire » ; les dossiers eux-mêmes sont intacts."
    "cli.runtime" | "Le moteur d'exécution n'a pas pu démarrer." | "Vérifiez la mémoire et les limites de processus de la machine, puis relancez."
    "cli.no_terminal" | "L'option --assiste demande un terminal où l'officier puisse répondre." | "Lancez la commande dans un terminal, ou sans --assiste pour un relevé technique."
    "rediger.not_valid" | "Le scellé n'est pas valide : aucun procès-verbal ne peut en être tiré." | "Lancez « constat verifier » pour le détail, et repartez du scellé d'origine."
    // The étude
    "etude.unreadable" | "Le fichier de configuration de l'étude n'a pas pu être lu." | "Donnez le chemin d'un fichier existant avec --etude ou la variable CONSTAT_ETUDE."
    "etude.invalid" | "Le fichier de configuration de l'étude est incorrect." | "Corrigez la ligne indiquée ; les sections attendues sont [etude], [officier], [sceau], [[horodatage]], [confiance]."
    "etude.file_missing" | "Un fichier nommé par la configuration de l'étude n'a pas pu être lu." | "Remettez ce fichier en place ou corrigez son chemin dans la configuration."
    "etude.no_authority" | "Aucune autorité d'horodatage n'est configurée." | "Ajoutez une section [[horodatage]] à la configuration de l'étude, puis relancez."
    // The dossier
    "dossier.digest" | "Une empreinte n'a pas la forme attendue." | "Le fichier a été modifié ou n'est pas un dossier de constat : repartez de l'original."
    "dossier.instant" | "Une date n'a pas la forme attendue (RFC 3339)." | "Écrivez-la comme 2026-11-21T10:12:00Z."
    "dossier.path" | "Un nom de fichier n'est pas admis dans un dossier." | "N'employez que lettres sans accent, chiffres, point, tiret et souligné."
    "dossier.reference" | "La référence ne peut pas nommer un dossier." | "Employez 1 à 60 lettres sans accent, chiffres, tirets ou soulignés, en commençant par une lettre ou un chiffre."
    "dossier.json" | "Des données ne peuvent pas être écrites ou lues sous forme canonique." | "Le fichier a été modifié ou vient d'une autre version : repartez de l'original."
    "dossier.exists" | "Un dossier portant cette référence existe déjà." | "Choisissez une autre référence avec --reference ; un dossier n'est jamais repris ni écrasé."
    "dossier.missing" | "Aucun dossier de constat à cet endroit." | "Donnez le chemin du dossier qui contient journal.jsonl."
    "dossier.nothing_recorded" | "La session a été coupée avant que rien ne soit enregistré." | "Il n'y a rien à clore : supprimez ce dossier vide et recommencez la capture."
    "dossier.in_use" | "Un autre processus écrit dans ce dossier." | "Attendez la fin de la capture en cours, puis relancez."
    "dossier.not_closed" | "Ce dossier n'est pas clos." | "Lancez « constat sceller » : le dossier sera clos, puis scellé."
    "dossier.closed" | "Ce dossier est déjà clos." | "Plus rien ne peut y être ajouté ; ouvrez un nouveau dossier."
    "dossier.journal" | "Le journal ne tient pas : sa chaîne est rompue." | "Le journal a été modifié après coup ; repartez d'une copie intacte du dossier."
    "dossier.artefact_exists" | "Un fichier de preuve porte déjà ce nom." | "Signalez ce cas à l'éditeur en joignant le journal."
    "dossier.disk_full" | "Le disque est plein." | "Libérez de l'espace, puis lancez « constat sceller » : ce qui est journalisé est conservé."
    "dossier.io" | "Un fichier du dossier n'a pas pu être lu ou écrit." | "Vérifiez que le dossier existe et que vous avez le droit d'y écrire, puis relancez."
    // The scenario
    "scenario.unreadable" | "Le scénario n'a pas pu être lu." | "Donnez le chemin d'un fichier TOML en UTF-8 d'au plus 1 Mio, ou une adresse complète (https://…)."
    "scenario.invalid" | "Le scénario est incorrect." | "Corrigez la clé indiquée, puis relancez : rien n'a été capturé."
    // The capture
    "capture.no_browser" | "Aucun navigateur Chromium n'a été trouvé." | "Installez le paquet « chromium », ou donnez son chemin avec --navigateur."
    "capture.browser_start" | "Le navigateur n'a pas démarré." | "Lancez-le seul pour voir son message ; vérifiez la mémoire et le dossier temporaire."
    "capture.browser_lost" | "Le navigateur ne répond plus." | "Ce qui est journalisé est conservé : lancez « constat sceller » sur le dossier."
    "capture.protocol" | "Le navigateur a refusé une commande indispensable." | "Vérifiez la version de Chromium, puis recommencez la capture."
    "capture.workspace" | "Le dossier privé du navigateur n'a pas pu être créé vide." | "Vérifiez les droits et l'espace du dossier temporaire (TMPDIR), puis relancez."
    "capture.archive" | "L'archive des échanges n'a pas pu être écrite." | "Vérifiez l'espace disque, puis lancez « constat sceller » : ce qui est journalisé est conservé."
    // A step of the capture
    "capture.dns" | "Le nom du site n'a pas pu être résolu." | "Vérifiez l'adresse et la connexion ; l'échec est constaté dans le dossier."
    "capture.refused" | "Le serveur a refusé la connexion." | "Vérifiez l'adresse et le port ; l'échec est constaté dans le dossier."
    "capture.certificate" | "Le certificat du site n'est pas valable : la page n'a pas été ouverte." | "Rien n'est contourné ; le certificat présenté est conservé dans le dossier."
    "capture.tls" | "La connexion chiffrée au site n'a pas pu être établie." | "Rien n'est contourné ; l'échec est constaté dans le dossier."
    "capture.timeout" | "La page n'a pas répondu dans le délai du scénario." | "Augmentez « page_secondes » dans [limites], ou recommencez plus tard."
    "capture.navigation" | "La page n'a pas pu être atteinte." | "Lisez le motif du navigateur ; l'échec est constaté dans le dossier."
    "capture.no_page" | "Aucune page n'est ouverte pour cette étape." | "Une étape précédente a échoué ; corrigez le scénario ou recommencez."
    "capture.stopped" | "L'étape a été arrêtée à la demande." | "Ce qui était enregistré est clos ; recommencez une capture pour la suite."
    "capture.element_missing" | "L'élément nommé par le scénario n'a pas été trouvé dans la page." | "Vérifiez le sélecteur ou le texte, ou ajoutez une étape « attendre »."
    "capture.element_covered" | "L'élément est recouvert par un autre : le clic n'aurait pas porté sur lui." | "Fermez d'abord le bandeau ou la fenêtre qui le recouvre, par une étape « cliquer »."
    "capture.wait" | "Ce qui était attendu n'est pas apparu dans le délai." | "Augmentez « maximum » dans l'étape, ou vérifiez le sélecteur."
    "capture.download" | "Le téléchargement n'a pas abouti." | "Lisez le motif ; ce qui a été reçu est conservé."
    "capture.picture" | "L'image de la page n'a pas pu être faite entièrement." | "Recommencez ; si l'échec persiste, réduisez la hauteur à capturer dans [limites]."
    // The seal
    "seal.nothing_recorded" | "La session a été coupée avant que rien ne soit enregistré." | "Il n'y a rien à sceller : supprimez ce dossier vide et recommencez la capture."
    "seal.no_archive" | "Le dossier n'annonce pas d'archive des échanges." | "Le dossier est incomplet ; recommencez la capture."
    "seal.archive" | "L'archive des échanges n'a pas pu être mise en paquet." | "Vérifiez que archive/, indexes/ et pages/ sont intacts, ou repartez d'une copie du dossier."
    "seal.artefact_altered" | "Un fichier du dossier a changé depuis sa capture : le scellement est refusé." | "Rétablissez le fichier d'origine ; un dossier altéré ne peut pas être scellé."
    "seal.too_many_entries" | "Le dossier compte trop de fichiers pour un scellé (1000 au plus)." | "Répartissez le scénario en plusieurs dossiers."
    "seal.key" | "Une clé ou un certificat de l'étude n'est pas lisible." | "Vérifiez la section [sceau] : clé PKCS#8 en PEM (P-256) et chaîne PEM, signataire en tête."
    "seal.key_mismatch" | "La clé privée ne correspond pas au certificat du signataire." | "Corrigez la section [sceau] : la clé et le premier certificat doivent aller ensemble."
    "seal.certificate_out_of_date" | "Le certificat du signataire n'est pas valable à cette date." | "Renouvelez le certificat de l'étude, ou vérifiez l'horloge de la machine."
    "seal.sign" | "La signature n'a pas pu être faite." | "Rien n'a été scellé ; vérifiez la clé de l'étude, puis relancez."
    "seal.target_exists" | "Un scellé portant cette référence existe déjà." | "Un scellé n'est jamais écrasé : rangez-le ailleurs avant de sceller de nouveau."
    "seal.self_check" | "Le scellé produit ne passe pas sa propre vérification : il n'a pas été conservé." | "Signalez ce cas à l'éditeur ; le dossier reste intact."
    "seal.bad_bundle" | "Ce scellé ne passe pas la vérification : il ne peut pas être horodaté." | "Lancez « constat verifier » pour le détail, et repartez du scellé d'origine."
    "seal.already_stamped" | "Ce scellé porte déjà ses jetons d'horodatage." | "Il n'y a rien à ajouter."
    "seal.no_timestamp" | "Aucune autorité n'a donné de jeton d'horodatage valable." | "Vérifiez la connexion et la section [[horodatage]], puis relancez « constat sceller --horodater »."
    "seal.disk_full" | "Le disque est plein." | "Libérez de l'espace, puis relancez « constat sceller » : le dossier est intact."
    "seal.io" | "Un fichier n'a pas pu être lu ou écrit pendant le scellement." | "Vérifiez les droits et l'espace libre, puis relancez ; le dossier est intact."
    // The authorities
    "time.unreachable" | "L'autorité d'horodatage n'a pas pu être jointe." | "Vérifiez la connexion et l'adresse de l'autorité, puis « constat sceller --horodater »."
    "time.http" | "L'autorité d'horodatage a répondu par une erreur." | "Réessayez plus tard, ou vérifiez son adresse."
    "time.too_long" | "La réponse de l'autorité est trop longue pour être un jeton." | "Vérifiez l'adresse de l'autorité."
    "time.malformed" | "La réponse de l'autorité n'est pas un jeton d'horodatage." | "Vérifiez l'adresse de l'autorité."
    "time.refused" | "L'autorité a refusé la demande." | "Lisez son motif ; vérifiez la politique demandée et vos droits auprès d'elle."
    "time.imprint" | "Le jeton porte sur d'autres données." | "Ne vous fiez pas à cette autorité ; changez-en."
    "time.nonce" | "Le jeton répond à une autre demande." | "Ne vous fiez pas à cette autorité ; changez-en."
    "time.policy" | "Le jeton relève d'une autre politique que celle configurée." | "Corrigez « politique » dans [[horodatage]] si ce changement est voulu."
    "time.window" | "La date du jeton est hors de l'intervalle de la demande." | "Vérifiez l'horloge de cette machine, puis celle de l'autorité."
    "time.certificate" | "Le certificat de l'autorité ne convient pas à l'horodatage." | "Ne vous fiez pas à cette autorité ; changez-en."
    "time.signature" | "La signature du jeton est fausse." | "Ne vous fiez pas à cette autorité ; changez-en."
    "time.chain" | "Le jeton ne remonte pas à la racine configurée pour cette autorité." | "Vérifiez « ancres » dans [[horodatage]]."
    // The norm's data
    "norms.toml" | "Un fichier de données de la norme est illisible ou porte une clé inconnue." | "Rétablissez le fichier livré avec cette version, ou corrigez la ligne indiquée."
    "norms.duplicate" | "Un identifiant est employé deux fois dans les données de la norme." | "Donnez un identifiant distinct à l'une des deux entrées."
    "norms.dangling" | "Les données de la norme renvoient à une entrée qui n'existe pas." | "Corrigez le renvoi, ou ajoutez l'entrée manquante."
    "norms.rule" | "Une règle de preuve est contradictoire ou ne pourrait jamais être prouvée." | "Corrigez la règle indiquée d'après le README de la norme."
    // The archive
    "warc.rule" | "Un enregistrement de l'archive enfreint une règle de la norme WARC 1.1 : il n'a pas été écrit." | "Signalez ce cas avec le journal : l'échange concerné doit figurer parmi les manques."
    "warc.http" | "Un échange HTTP ne peut pas être archivé tel quel (caractère interdit ou en-tête impropre)." | "Signalez ce cas avec le journal : l'échange concerné doit figurer parmi les manques."
    "warc.body_changed" | "Un fichier a changé entre sa réception et son archivage." | "Vérifiez qu'aucun autre programme n'écrit dans le dossier, puis recommencez la capture."
    "warc.torn" | "L'archive se termine par un enregistrement incomplet : plus rien ne peut y être ajouté." | "Lancez « constat sceller » : la partie déchirée sera mise à part et l'interruption constatée."
    "warc.malformed" | "L'archive n'est pas un fichier WARC 1.1 strict à l'endroit indiqué." | "Comparez son empreinte à celle du manifeste ; repartez de l'original."
    "warc.limit" | "La lecture de l'archive dépasse une limite de sécurité." | "Vérifiez la provenance du fichier : il peut avoir été fabriqué pour saturer la machine."
    "warc.cdxj" | "L'index de l'archive est illisible à la ligne indiquée." | "Reconstruisez l'index à partir de l'archive."
    "warc.wacz" | "Le paquet WACZ ne peut pas être écrit ou lu : un fichier manque ou n'est pas à sa place." | "Vérifiez le fichier nommé dans le message, puis recommencez."
    "warc.signature" | "La signature du paquet WACZ n'a pas pu être faite ou n'est pas valable." | "Vérifiez la clé de relecture (P-384) de l'étude."
    "warc.disk_full" | "Le disque est plein : l'écriture de l'archive s'est arrêtée." | "Libérez de la place, puis lancez « constat sceller » : ce qui était journalisé est conservé."
    "warc.io" | "Un fichier de l'archive n'a pas pu être lu ou écrit." | "Vérifiez le support et les droits d'accès, puis recommencez."
};
