// What a receipt attests and what it does not, in plain French: « selon le journal », never a certainty.
import { parseInstant, showInstant } from "../base/instant.js";

const NOT_READ = "Que le destinataire a reçu, ouvert ou lu l'acte.";
const NOT_SEEN = "Que le destinataire a lu ce courriel.";
const KEY_ONLY = "Que la personne présente était le destinataire : le journal sait que sa clé a servi, non qui la tenait.";

const event = (uri, nom, libelle, negative, phrase, limite) => ({ uri, nom, libelle, negative, phrase, limite });
const BASE = "http://uri.etsi.org/19522/Event/";
const EVENTS = [
  event(
    "SubmissionAcceptance", "ENVOYE", "Preuve d'envoi (date de signification)", false,
    "l'acte a été envoyé par voie électronique ; c'est la date et l'heure que l'article 664-1 du code de procédure civile retient", NOT_READ),
  event(
    "SubmissionRejection", "REJETE", "Rejet motivé", true,
    "l'envoi de l'acte a été rejeté", null),
  event(
    "ConsignmentAcceptance", "CONSENTEMENT_DONNE", "Accord", false,
    "le destinataire a consenti à recevoir des actes par voie électronique", KEY_ONLY),
  event(
    "ConsignmentRejection", "REFUSE", "Refus", true,
    "le destinataire a refusé de recevoir des actes par voie électronique", null),
  event(
    "ContentConsignment", "DEPOSE", "Avis de mise à disposition", false,
    "l'acte a été mis à la disposition du destinataire", NOT_READ),
  event(
    "ContentConsignmentFailure", "ECHEC_DEPOT", "Échec de mise à disposition", true,
    "l'acte n'a pas pu être mis à la disposition du destinataire", null),
  event(
    "ConsignmentNotification", "AVISE", "Avis d'envoi de courriel", false,
    "un serveur de messagerie a accepté le courriel qui avertit le destinataire", NOT_SEEN),
  event(
    "ConsignmentNotificationFailure", "ECHEC_AVIS", "Échec d'envoi de courriel", true,
    "le courriel qui devait avertir le destinataire n'a pas été accepté", null),
  event(
    "NotificationDelivered", "AVIS_REMIS", "Avis de courriel remis, selon le serveur du destinataire", false,
    "le serveur du destinataire a dit avoir remis le courriel qui l'avertit", NOT_SEEN),
  event(
    "ContentAccessTracking", "CONSULTE", "Avis de consultation", false,
    "l'acte a été ouvert avec la clé du destinataire", KEY_ONLY),
  event(
    "ContentHandover", "TELECHARGE", "Avis de réception", false,
    "le dernier octet de l'acte a été remis à qui l'ouvrait avec la clé du destinataire", KEY_ONLY),
  event(
    "ContentHandoverFailure", "REMISE_INTERROMPUE", "Remise interrompue", true,
    "la remise de l'acte s'est arrêtée avant son dernier octet", null),
];

/** The event of an ETSI URI, or `null`. */
export const eventOf = (uri) => EVENTS.find((one) => BASE + one.uri === uri) ?? null;

/** What is attested. */
export const attests = (kind, form) => (kind === "preuve" ? proofAttests(form) : erasureAttests(form));

const QUALIFICATIONS = {
  A_PERSONNE: "Au moment du fait, la signification était faite à personne.",
  A_DOMICILE: "Au moment du fait, la signification était faite à domicile.",
  EN_ATTENTE: "Au moment du fait, il n'était pas encore décidé si elle serait à personne ou à domicile.",
};

function proofAttests(form) {
  const issuer = form.get("issuer");
  const known = eventOf(form.get("event").get("uri"));
  const by = `Selon le journal que tient ${issuer.get("etude")} (${issuer.get("residence")})`;
  const told = [`${by}, le ${form.get("event_time_paris")} (heure de Paris) : ${known.phrase}.`];
  if (form.get("reasons").length > 0) told.push(`Motifs consignés : ${form.get("reasons").join(", ")}.`);
  for (const document of form.get("content")) {
    const digest = `${document.get("name")}, ${document.get("size")} octets, SHA-256 ${document.get("sha256")}`;
    told.push(`L'acte concerné est celui dont voici l'empreinte : ${digest}.`);
  }
  const sent = form.get("submission_time");
  if (sent !== null && sent !== form.get("event_time_utc")) told.push(`L'acte avait été envoyé le ${at(sent)} (temps universel).`);
  if (form.get("qualification") !== null) told.push(QUALIFICATIONS[form.get("qualification")]);
  return told;
}

const at = (text) => showInstant(parseInstant(text));

const MOTIFS = { REVOCATION: "cinq ans après la révocation du consentement", RESILIATION: "deux mois après la résiliation" };

function erasureAttests(form) {
  const issuer = form.get("issuer");
  const count = (nature) => form.get("items").filter((item) => item.get("nature") === nature).length;
  const files = ["reponse", "jointe", "creance", "document"].map(count);
  const others = files.every((many) => many === 0) ? [] : [
    `Détruit aussi : ${files[0]} réponse(s) à des actes, ${files[1]} fichier(s) de ces réponses, ${files[2]} petite(s) créance(s), ${files[3]} ` +
      `document(s) de petites créances.`,
  ];
  return [
    `Selon le journal que tient ${issuer.get("etude")} (${issuer.get("residence")}), le ${form.get("efface_le_paris")} (heure de Paris) : ce qui suit a ` +
      `été détruit, ${MOTIFS[form.get("motif")]} du ${at(form.get("fin_le"))} (temps universel).`,
    `Détruit : ${count("acte")} acte(s), ${count("declaration")} déclaration(s), ${count("piece")} pièce(s) justificative(s), ${count("cle")} ` +
      `clé(s), sous le pseudonyme ${form.get("pseudonym")}.`,
    ...others,
    `Méthode déclarée : ${form.get("methode")}`,
  ];
}

/** What is not attested. */
export function limits(kind, form, document, dated) {
  const told = kind === "preuve" ? proofLimits(form, document) : [
    "Qu'il n'en reste aucune copie ailleurs : sauvegardes anciennes, copies que la personne ou des tiers ont gardées.",
    "Le contenu de ce qui a été détruit : seules des empreintes figurent ici.",
  ];
  if (!dated) told.push("Sa date par un tiers : seule l'horloge de l'étude l'affirme.");
  if (form.get("essai")) told.push("Quoi que ce soit : l'installation est d'essai.");
  told.push("La preuve contraire reste libre : ce récépissé dit ce que le journal indique.");
  return told;
}

function proofLimits(form, document) {
  const { limite } = eventOf(form.get("event").get("uri"));
  const told = limite === null ? [] : [limite];
  told.push(
    "Que la signification est valable : seul le juge en décide, et l'article 748-6 du code de procédure civile réserve cette voie aux dispositifs de la liste ministérielle.",
    "L'identité du destinataire : le récépissé ne porte qu'un identifiant.",
  );
  if (document === "absent") told.push("Qu'un document donné est l'acte : il n'est pas joint ; comparez son empreinte.");
  return told;
}
