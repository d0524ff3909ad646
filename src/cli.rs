//! The arguments of each verb, in the order of a constat, with their French help.
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub(crate) mod french;

/// Constat internet : capture, scellement, vérification, procès-verbal, signification.
#[derive(Parser)]
#[command(
    name = "constat",
    version,
    disable_help_subcommand = true,
    arg_required_else_help = true,
    max_term_width = 110
)]
#[command(after_help = "Exemples :\n  \
  constat capturer https://exemple.fr/page --dossiers ~/constats\n  \
  constat capturer scenario.toml --dossiers ~/constats --etude etude.toml\n  \
  constat verifier ~/constats/2026-0142.asice --ancres ancres/\n  \
  constat rediger ~/constats/2026-0142.asice --sortie pv.pdf\n\n\
Codes de sortie : 0 fait ou PASS ; 1 verdict négatif, capture partielle ou refus ; 2 saisie incorrecte ;\n\
3 environnement défaillant (navigateur, disque, autorité) ; 4 INDETERMINATE.")]
pub(crate) struct Cli {
    /// Écrit un objet JSON sur la sortie standard ; les messages vont sur la sortie d'erreur
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Ce qu'il faut faire
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// The verbs.
#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Capture les pages d'un scénario ou d'une adresse dans un dossier, le clôt et le scelle
    #[command(visible_alias = "capture", after_help = CAPTURER_HELP)]
    Capturer(Capturer),
    /// Refait la même capture à intervalles, sans officier, et dit ce qui a changé depuis la précédente
    #[command(visible_alias = "watch", after_help = crate::veille::VEILLE_HELP)]
    Veille(crate::veille::Veille),
    /// Compare deux captures du même scénario : pages, textes, publications et images qui ont changé
    #[command(visible_alias = "compare", after_help = crate::comparer::COMPARER_HELP)]
    Comparer(crate::comparer::Comparer),
    /// Scelle un dossier clos ou interrompu, ou ajoute l'horodatage qui manque à un scellé
    #[command(visible_alias = "seal", after_help = SCELLER_HELP)]
    Sceller(Sceller),
    /// Montre les scellés qui attendent encore une date, et redemande celle-ci aux autorités
    #[command(visible_alias = "timestamps", after_help = HORODATAGE_HELP)]
    Horodatage(Horodatage),
    /// Ancre des scellés datés (OpenTimestamps, journal des sceaux), ou complète leurs ancres
    #[command(visible_alias = "anchor", after_help = ANCRER_HELP)]
    Ancrer(Ancrer),
    /// Journal des sceaux de l'étude : le créer, le montrer, ou servir de témoin à ceux d'autres études
    #[command(visible_alias = "log", after_help = crate::registre::JOURNAL_HELP)]
    Journal(crate::registre::JournalArguments),
    /// Vérifie un scellé hors ligne : verdict PASS, FAIL ou INDETERMINATE, avec chaque constatation
    #[command(visible_alias = "verify", after_help = VERIFIER_HELP)]
    Verifier(Verifier),
    /// Fait une copie d'un scellé où des pièces ou des échanges sont retirés, et dont le sceau se vérifie encore
    #[command(visible_alias = "redact", after_help = crate::caviarder::CAVIARDER_HELP)]
    Caviarder(crate::caviarder::Caviarder),
    /// Copie un scellé sur un support, relit et compare la copie, et tient le journal de ce qui est fait du scellé
    #[command(visible_alias = "copy", after_help = crate::copier::COPIER_HELP)]
    Copier(crate::copier::Copier),
    /// Rejoue hors ligne les pages d'un scellé, ou les compare à ce qui a été capturé
    #[command(visible_alias = "replay", after_help = REJOUER_HELP)]
    Rejouer(Rejouer),
    /// Établit le procès-verbal (PDF/A-3) d'un scellé vérifié
    #[command(visible_alias = "report", after_help = REDIGER_HELP)]
    Rediger(Rediger),
    /// Remet un scellé et son procès-verbal en un dossier, ou un zip, qui se lit et se contrôle sans constat
    #[command(visible_alias = "deliver", after_help = crate::remettre::REMETTRE_HELP)]
    Remettre(crate::remettre::Remettre),
    /// Minutier central : préparer le dossier de dépôt d'un acte, et suivre le délai de quatre mois
    #[command(visible_alias = "deposit", after_help = crate::minutier::MINUTIER_HELP)]
    Minutier(crate::minutier::Minutier),
    /// Signe le procès-verbal (PDF) avec la clé de l'officier, ou complète une signature (PAdES)
    #[command(visible_alias = "sign", after_help = crate::signer::SIGNER_HELP)]
    Signer(crate::signer::Signer),
    /// Signification par voie électronique d'un acte à un destinataire consentant
    #[command(visible_alias = "serve-act", after_help = signification::cli_help::PORTEE_JURIDIQUE)]
    Signifier(crate::signifier::Signifier),
    /// Scénario : le contrôler et l'expliquer en phrases avant de le lancer
    #[command(visible_alias = "script", after_help = crate::script::SCENARIO_HELP)]
    Scenario(crate::script::ScenarioArguments),
    /// Mesure l'état de cette machine au regard des opérations préalables, sans rien capturer
    #[command(visible_alias = "doctor", after_help = CONTROLER_HELP)]
    Controler(Controler),
    /// Clé du sceau : la montrer, l'essayer, la protéger par une phrase secrète
    #[command(visible_alias = "office", after_help = crate::cle::ETUDE_HELP)]
    Etude(crate::cle::EtudeArguments),
    /// Coffre : les valeurs confidentielles des scénarios, chiffrées sous une phrase secrète
    #[command(visible_alias = "vault", after_help = crate::coffre::COFFRE_HELP)]
    Coffre(crate::coffre::CoffreArguments),
    /// Listes de confiance (eIDAS) : les ranger dans un instantané contrôlé, le montrer
    #[command(visible_alias = "trust", after_help = crate::confiance::CONFIANCE_HELP)]
    Confiance(crate::confiance::Confiance),
    /// Affiche les exigences retenues d'après la norme ; avec un scellé : satisfaites ou non, avec la preuve
    #[command(visible_alias = "norm", after_help = NORME_HELP)]
    Norme(Norme),
    /// Index des dossiers : le lister, ou le reconstruire à partir des journaux
    Index(Index),
}

const CAPTURER_HELP: &str = "Exemples :\n  \
  constat capturer https://exemple.fr/ --dossiers ~/constats\n  \
  constat capturer scenario.toml --dossiers ~/constats --etude etude.toml\n  \
  constat --json capturer scenario.toml --dossiers ~/constats --sans-sceau\n  \
  constat capturer scenario.toml --dossiers ~/constats --variable adresse=https://exemple.fr/ --variable mot=lampe\n  \
  constat capturer --reprendre ~/constats/2026-0142\n\n\
Une page sans fin ou sans mesure est arrêtée à une limite, et cela est constaté. Section [limites] du scénario, avec ses valeurs \
par défaut : page_secondes 30, observation_ms 2500, duree_secondes 3600, hauteur_pixels 2000000, corps_mio 64, requetes 20000, volume_mio 4096, \
telechargement_mio 4096, memoire_mio (la moitié de la machine), captures 100, attente_reseau_secondes 120.\n\n\
Ctrl-C arrête proprement : ce qui est enregistré est clos et scellé comme partiel ; avec --sans-sceau, le dossier reste ouvert.\n\
Une session interrompue (panne, coupure, réseau perdu) se reprend par --reprendre, dans un navigateur neuf, chaque interruption\n\
étant dite ; « constat sceller DOSSIER » la clôt en l'état. Un dossier clos ne se reprend pas.";
const SCELLER_HELP: &str = "Exemples :\n  \
  constat sceller ~/constats/2026-0142\n  \
  constat sceller --horodater ~/constats/2026-0142.asice\n  \
  constat sceller --prolonger ~/constats/2026-0142.asice\n\n\
Un dossier interrompu est d'abord clos ; l'interruption est constatée dans le journal et dans le scellé.";
const HORODATAGE_HELP: &str = "Exemples :\n  \
  constat horodatage --dossiers ~/constats\n  \
  constat horodatage --dossiers ~/constats --envoyer --etude etude.toml\n\n\
Une autorité injoignable n'empêche ni la capture ni le sceau : le scellé attend sa date. Un jeton obtenu plus tard prouve que le\n\
scellé existait à l'heure du jeton, pas avant : le verdict dit l'écart. Sans --envoyer, rien n'est demandé à personne. Code de\n\
sortie 3 quand des scellés attendent encore après un envoi.";
const ANCRER_HELP: &str = "Exemples :\n  \
  constat ancrer ~/constats/2026-0142.asice\n  \
  constat ancrer ~/constats --etude etude.toml\n\n\
Une ancre porte sur l'empreinte du sceau (META-INF/signature001.p7s) : le scellé doit être daté. Ce qu'un horodatage d'archive\n\
couvre n'est plus changé : la preuve complétée se range à côté. Une promesse OpenTimestamps se complète quelques heures après.\n\
Code de sortie 3 quand un calendrier ou un témoin n'a pas répondu ; le sceau n'en dépend jamais.";
const VERIFIER_HELP: &str = "Exemples :\n  \
  constat verifier 2026-0142.asice --ancres ancres/\n  \
  constat verifier 2026-0142.asice --ancres ancres/ --rapport verdict.pdf\n  \
  constat verifier ~/constats --ancres ancres/\n  \
  constat verifier 2026-0142.asice --ancres ancres/ --confiance confiance/\n  \
  constat --json verifier 2026-0142.asice pv.pdf --a-la-date 2027-03-01T10:00:00Z\n  \
  constat verifier recepisses/01/ --ancres ancres/\n  \
  constat verifier dossier-complet.zip --ancres ancres/\n  \
  constat verifier --page /media/cle\n\n\
La confiance ne vient que des certificats racines du dossier d'ancres ; le réseau n'est jamais utilisé. Avec --confiance, le verdict\n\
dit en outre si le signataire et chaque autorité étaient qualifiés ; cela ne change jamais PASS en FAIL.\n\
Les autres ancres sont dites chacune sur sa ligne. Pour les contrôler : --entetes (chaîne d'en-têtes de Bitcoin, 80 octets\n\
chacun) et --politique (clés du journal et de ses témoins, format c2sp.org/tlog-policy) ; à défaut, ceux de l'étude.\n\
Le dossier complet d'un acte (« signifier preuve dossier ») est jugé en entier : zip, manifeste, chaque fichier, chaque récépissé,\n\
extrait du journal ; le verdict est le pire de tous.";
const REJOUER_HELP: &str = "Exemples :\n  \
  constat rejouer 2026-0142.asice --ancres ancres/\n  \
  constat rejouer 2026-0142.asice --sans-navigateur\n  \
  constat rejouer --comparer 2026-0142.asice --sortie comparaison/\n  \
  constat --json rejouer --comparer 2026-0142.asice --seuil-pixels 0,5 --seuil-texte 99,5 --seuil-manques 0\n\n\
Le scellé est d'abord vérifié. Le moteur (ReplayWeb.page, AGPL) n'est pas livré avec constat : « make install » l'installe ;\n\
il est cherché dans --moteur, CONSTAT_MOTEUR_REJEU, [rejeu] moteur de l'étude, puis /usr/share/constat/replaywebpage et\n\
~/.cache/constat/npm. Le navigateur ouvert n'atteint que le serveur local du rejeu. Sans seuil, --comparer finit par 0.";
const REDIGER_HELP: &str = "Exemples :\n  \
  constat rediger 2026-0142.asice --sortie pv.pdf\n  \
  constat rediger 2026-0142.asice --sortie pv.pdf --ancres ancres/\n  \
  constat rediger 2026-0142.asice --brouillon officier.toml\n  \
  constat rediger 2026-0142.asice --complements officier.toml\n  \
  constat rediger 2026-0142.asice --complements officier.toml --sortie pv.pdf --definitif\n  \
  constat rediger 2026-0142.asice --complements officier.toml --sortie translation.pdf --langue en\n\n\
Trente-six contrôles (CHK-01 à CHK-36) précèdent l'acte. Quand l'un d'eux le refuse, le document est un PROJET, marqué à chaque page ;\n\
l'officier complète le brouillon, ou décide par écrit, et sa décision est imprimée. Chaque brouillon employé est conservé (FICHIER.versions/).\n\
Une session sans officier présent (sans --assiste) donne un « relevé technique », non un procès-verbal de constat.\n\
Avec --langue en, les mêmes faits donnent une traduction de courtoisie en anglais : elle n'est pas l'acte et ne se signe pas.";
const CONTROLER_HELP: &str = "Exemples :\n  \
  constat controler\n  \
  constat --json controler --etude etude.toml\n\n\
La clé du sceau est regardée (fichier, jeton ou service joignable, certificat valable) ; rien n'est signé, aucun code n'est demandé.";
const NORME_HELP: &str =
    "Exemples :\n  constat norme\n  constat norme 2026-0142.asice\n  constat --json norme 2026-0142.asice";

/// `capturer`
#[derive(Args)]
pub(crate) struct Capturer {
    /// Scénario (.toml), parcours enregistré dans Chrome (.json) ou adresse à capturer
    #[arg(value_name = "SCENARIO.toml|PARCOURS.json|URL", required_unless_present = "reprendre")]
    pub(crate) source: Option<String>,
    /// Dossier où ranger le dossier du constat et le scellé
    #[arg(long, value_name = "DIR", required_unless_present = "reprendre")]
    pub(crate) dossiers: Option<PathBuf>,
    /// Reprend une session interrompue, non scellée, après la dernière étape terminée ; le scénario n'est à redonner que s'il a
    /// des valeurs confidentielles
    #[arg(long, visible_alias = "resume", value_name = "DOSSIER", conflicts_with_all = ["dossiers", "reference"])]
    pub(crate) reprendre: Option<PathBuf>,
    /// Configuration de l'étude (clés, autorités d'horodatage, racines)
    #[arg(long, value_name = "FICHIER")]
    pub(crate) etude: Option<PathBuf>,
    /// Référence du dossier ; sinon celle du scénario, sinon la date et l'heure
    #[arg(long, value_name = "REF")]
    pub(crate) reference: Option<String>,
    /// L'officier est présent : chaque capture est soumise à sa constatation au terminal
    #[arg(long)]
    pub(crate) assiste: bool,
    /// Ne pas sceller : « constat sceller » le fera plus tard ; un arrêt laisse alors le dossier ouvert, à reprendre
    #[arg(long)]
    pub(crate) sans_sceau: bool,
    /// Programme Chromium à utiliser
    #[arg(long, value_name = "CHEMIN")]
    pub(crate) navigateur: Option<PathBuf>,
    /// Dossier du moteur de relecture, quand le scénario demande une comparaison (section « rejeu »)
    #[arg(long, value_name = "DIR")]
    pub(crate) moteur: Option<PathBuf>,
    /// Valeur d'une variable du scénario (section « variables ») ; à répéter
    #[arg(long, value_name = "NOM=VALEUR", value_parser = variable)]
    pub(crate) variable: Vec<(String, String)>,
    /// Fichier (mode 600) des valeurs confidentielles que le scénario demande, une par ligne, au lieu du terminal
    #[arg(long, value_name = "FICHIER")]
    pub(crate) valeurs: Option<PathBuf>,
}

/// A variable and its value.
pub(crate) fn variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        _ => Err("NOM=VALEUR est attendu".to_owned()),
    }
}

/// A language of a document.
fn langue(text: &str) -> Result<report::Langue, String> {
    let known = report::Langue::ALL.into_iter().find(|langue| langue.as_str() == text);
    known.ok_or_else(|| "fr ou en est attendu".to_owned())
}

/// `sceller`
#[derive(Args)]
pub(crate) struct Sceller {
    /// Dossier du constat ; avec --horodater ou --prolonger, le scellé (.asice) ; avec --prolonger-lot, le dossier des scellés
    #[arg(value_name = "DOSSIER|SCELLE.asice")]
    pub(crate) what: PathBuf,
    /// Ajoute l'horodatage manquant à un scellé existant
    #[arg(long)]
    pub(crate) horodater: bool,
    /// Ajoute un horodatage d'archive sur tout le scellé ; à refaire avant la fin du dernier jeton
    #[arg(long, conflicts_with = "horodater")]
    pub(crate) prolonger: bool,
    /// Prolonge d'un seul jeton tous les scellés d'un dossier : une preuve d'archivage (RFC 4998, .ers) est écrite ou
    /// renouvelée à côté de chacun ; à refaire chaque année
    #[arg(long = "prolonger-lot", conflicts_with_all = ["horodater", "prolonger"])]
    pub(crate) prolonger_lot: bool,
    /// Configuration de l'étude
    #[arg(long, value_name = "FICHIER")]
    pub(crate) etude: Option<PathBuf>,
}

/// `horodatage`
#[derive(Args)]
pub(crate) struct Horodatage {
    /// Dossier des constats
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) dossiers: PathBuf,
    /// Demande aux autorités les jetons qui manquent
    #[arg(long)]
    pub(crate) envoyer: bool,
    /// Configuration de l'étude
    #[arg(long, value_name = "FICHIER")]
    pub(crate) etude: Option<PathBuf>,
}

/// `ancrer`
#[derive(Args)]
pub(crate) struct Ancrer {
    /// Le scellé, le dossier d'un constat, ou un dossier de scellés
    #[arg(value_name = "SCELLE.asice|DOSSIER")]
    pub(crate) what: PathBuf,
    /// Configuration de l'étude
    #[arg(long, value_name = "FICHIER")]
    pub(crate) etude: Option<PathBuf>,
}

/// `verifier`
#[derive(Args)]
pub(crate) struct Verifier {
    /// Le scellé, ou un dossier : chaque scellé qu'il contient est vérifié
    #[arg(value_name = "SCELLE.asice|DIR", required_unless_present = "page")]
    pub(crate) bundle: Option<PathBuf>,
    /// Le procès-verbal à confronter au scellé
    #[arg(value_name = "PV.pdf")]
    pub(crate) pv: Option<PathBuf>,
    /// Modèles de l'étude (*.typ) que le lecteur tient d'elle : ceux qu'un procès-verbal emploie ne sont suivis que s'ils y sont
    #[arg(long, value_name = "DIR", requires = "pv")]
    pub(crate) presentation: Option<PathBuf>,
    /// Dossier des certificats racines de confiance (PEM) ; à défaut celui de l'étude
    #[arg(long, value_name = "DIR")]
    pub(crate) ancres: Option<PathBuf>,
    /// Instantané des listes de confiance (« constat confiance importer ») : dit si signataire et autorités sont qualifiés
    #[arg(long, value_name = "DIR")]
    pub(crate) confiance: Option<PathBuf>,
    /// Prend aussi pour racines les certificats des services qualifiés de ces listes
    #[arg(long)]
    pub(crate) ancres_des_listes: bool,
    /// En-têtes de blocs de Bitcoin, et la hauteur du premier (0 à défaut), pour les ancres OpenTimestamps
    #[arg(long, value_name = "FICHIER@HAUTEUR")]
    pub(crate) entetes: Option<String>,
    /// Politique (journal, témoins, quorum) pour l'ancre du journal des sceaux
    #[arg(long, value_name = "FICHIER")]
    pub(crate) politique: Option<PathBuf>,
    /// Instant auquel juger la validité (RFC 3339) ; à défaut maintenant
    #[arg(long = "a-la-date", value_name = "RFC3339")]
    pub(crate) a_la_date: Option<String>,
    /// Copier dans ce dossier la page verify.html, qui contrôle un scellé dans un navigateur, sans installation
    #[arg(long, value_name = "DIR", conflicts_with_all = ["bundle", "pv", "rapport"])]
    pub(crate) page: Option<PathBuf>,
    /// Écrit le rapport de vérification (PDF/A-3) : chaque affirmation, sa réponse, sa source et les commandes qui la refont
    #[arg(long, value_name = "VERDICT.pdf")]
    pub(crate) rapport: Option<PathBuf>,
    /// Nombre de scellés vérifiés à la fois, pour un dossier ; à défaut autant que de processeurs
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) taches: Option<u16>,
    /// Configuration de l'étude
    #[arg(long, value_name = "FICHIER")]
    pub(crate) etude: Option<PathBuf>,
}

/// `rejouer`
#[derive(Args)]
pub(crate) struct Rejouer {
    /// Le scellé
    #[arg(value_name = "SCELLE.asice")]
    pub(crate) bundle: PathBuf,
    /// Refait chaque page dans un navigateur sans fenêtre et mesure ce qui diffère de la capture
    #[arg(long)]
    pub(crate) comparer: bool,
    /// Dossier neuf où garder rapport.json, les images du rejeu et celles des différences
    #[arg(long, value_name = "DIR", requires = "comparer")]
    pub(crate) sortie: Option<PathBuf>,
    /// Part des pixels qui peuvent différer visiblement, en pour cent ; au-delà, code de sortie 1
    #[arg(long, value_name = "%", requires = "comparer")]
    pub(crate) seuil_pixels: Option<String>,
    /// Ressemblance minimale des textes, en pour cent ; en deçà, code de sortie 1
    #[arg(long, value_name = "%", requires = "comparer")]
    pub(crate) seuil_texte: Option<String>,
    /// Ressources qui peuvent manquer ; au-delà, code de sortie 1
    #[arg(long, value_name = "N", requires = "comparer")]
    pub(crate) seuil_manques: Option<u64>,
    /// Rejoue même un scellé dont le verdict est FAIL
    #[arg(long)]
    pub(crate) malgre_tout: bool,
    /// N'ouvre pas de navigateur : écrit l'adresse à ouvrir et attend Ctrl-C
    #[arg(long, conflicts_with = "comparer")]
    pub(crate) sans_navigateur: bool,
    /// Dossier du moteur de relecture (sw.js et ui.js du paquet npm replaywebpage)
    #[arg(long, value_name = "DIR")]
    pub(crate) moteur: Option<PathBuf>,
    /// Programme Chromium à utiliser
    #[arg(long, value_name = "CHEMIN")]
    pub(crate) navigateur: Option<PathBuf>,
    /// Dossier des certificats racines de confiance (PEM) ; à défaut celui de l'étude
    #[arg(long, value_name = "DIR")]
    pub(crate) ancres: Option<PathBuf>,
    /// Configuration de l'étude
    #[arg(long, value_name = "FICHIER")]
    pub(crate) etude: Option<PathBuf>,
}

/// `rediger`
#[derive(Args)]
pub(crate) struct Rediger {
    /// Le scellé
    #[arg(value_name = "SCELLE.asice")]
    pub(crate) bundle: PathBuf,
    /// Le PDF à écrire ; sans lui, les contrôles seuls
    #[arg(long, value_name = "PV.pdf")]
    pub(crate) sortie: Option<PathBuf>,
    /// Écrit un brouillon à remplir : constatations par capture, choix des captures, déclarations, coût, justifications
    #[arg(long, value_name = "BROUILLON.toml", conflicts_with_all = ["sortie", "complements"])]
    pub(crate) brouillon: Option<PathBuf>,
    /// Un projet, marqué à chaque page, même si tous les contrôles sont satisfaits
    #[arg(long, requires = "sortie")]
    pub(crate) projet: bool,
    /// L'acte définitif ou rien : refuse (code 1) quand un contrôle s'y oppose, au lieu d'un projet
    #[arg(long, requires = "sortie", conflicts_with = "projet")]
    pub(crate) definitif: bool,
    /// Langue du document : fr (l'acte) ou en (traduction de courtoisie, marquée à chaque page, qui n'est pas l'acte)
    #[arg(long, value_name = "fr|en", default_value = "fr", value_parser = langue)]
    pub(crate) langue: report::Langue,
    /// Ce que l'officier ajoute (TOML) : fondement, exposé, descriptions, déclarations, coût, justifications
    #[arg(long, value_name = "COMPLEMENTS.toml")]
    pub(crate) complements: Option<PathBuf>,
    /// Modèles et phrases de l'étude, à la place de ceux qui sont livrés
    #[arg(long, value_name = "DIR")]
    pub(crate) presentation: Option<PathBuf>,
    /// Dossier des certificats racines de confiance (PEM) ; à défaut celui de l'étude
    #[arg(long, value_name = "DIR")]
    pub(crate) ancres: Option<PathBuf>,
    /// Configuration de l'étude
    #[arg(long, value_name = "FICHIER")]
    pub(crate) etude: Option<PathBuf>,
}

/// `controler`
#[derive(Args)]
pub(crate) struct Controler {
    /// Programme Chromium à utiliser
    #[arg(long, value_name = "CHEMIN")]
    pub(crate) navigateur: Option<PathBuf>,
    /// Configuration de l'étude : sa clé est regardée, ses serveurs et services de mesure sont interrogés
    #[arg(long, value_name = "FICHIER")]
    pub(crate) etude: Option<PathBuf>,
    /// Une adresse qui sera visitée : son nom est résolu et comparé, son trajet examiné
    #[arg(long, value_name = "URL")]
    pub(crate) adresse: Option<String>,
}

/// `norme`
#[derive(Args)]
pub(crate) struct Norme {
    /// Une autre table que NF Z67-147 : le nom d'une norme livrée, ou le dossier qui contient la vôtre
    #[arg(long, value_name = "NOM|DIR")]
    pub(crate) norme: Option<PathBuf>,
    /// Liste les normes livrées
    #[arg(long, conflicts_with_all = ["bundle", "norme", "texte"])]
    pub(crate) liste: bool,
    /// Les sources de la table et leur statut, ce qui n'a pas été consulté, les décisions rapportées
    #[arg(long, conflicts_with = "bundle")]
    pub(crate) texte: bool,
    /// Le scellé à confronter aux exigences
    #[arg(value_name = "SCELLE.asice")]
    pub(crate) bundle: Option<PathBuf>,
    /// Dossier des certificats racines de confiance (PEM)
    #[arg(long, value_name = "DIR")]
    pub(crate) ancres: Option<PathBuf>,
    /// Configuration de l'étude
    #[arg(long, value_name = "FICHIER")]
    pub(crate) etude: Option<PathBuf>,
}

/// `index`
#[derive(Args)]
pub(crate) struct Index {
    /// Dossier des constats
    #[arg(long, value_name = "DIR", global = true, default_value = ".")]
    pub(crate) dossiers: PathBuf,
    /// Ce qu'il faut faire
    #[command(subcommand)]
    pub(crate) verb: IndexVerb,
}

/// The verbs of the index.
#[derive(Clone, Copy, Subcommand)]
pub(crate) enum IndexVerb {
    /// Liste les dossiers connus
    Lister,
    /// Jette l'index et le refait à partir des journaux
    Reconstruire,
}
