// What a whole dossier attests and what it does not, in plain French, as the command line says it.
import { parseInstant, showInstant } from "../../base/instant.js";

const WHOM = { destinataire: "son destinataire", etude: "l'étude" };

const at = (text) => showInstant(parseInstant(text));

/** What is attested by a dossier of which nothing is proven wrong: `files` are as listed, `receipts` were judged. */
export function wholeAttests(form, { files, receipts }) {
  const [act, issuer] = [form.get("acte"), form.get("issuer")];
  const by = `${issuer.get("etude")} (${issuer.get("residence")})`;
  const about = `Selon le journal, l'acte (${act.get("nature")}, dossier ${act.get("dossier")})`;
  const held = receipts.filter(({ verdict }) => verdict === "PASS").length;
  return [
    `Selon ${by}, ce dossier de l'acte ${act.get("id")} a été établi le ${at(form.get("etabli_le"))} pour ${WHOM[form.get("pour")]}.`,
    `Ses ${files} fichiers sont, octet pour octet, ceux que le manifeste signé liste, et il n'y en a pas d'autre.`,
    act.get("envoye_le") === null ? `${about} n'avait pas été envoyé.` : `${about} a été envoyé le ${at(act.get("envoye_le"))}.`,
    `${held} récépissé(s) sur ${receipts.length} tiennent entièrement.`,
  ];
}

/** What is not. */
export const wholeLimits = (form) => [
  "Que le contenu de l'acte est exact ou régulier.",
  "Que les courriels joints ont été lus : seuls leurs octets sont liés au dossier.",
  "Que rien d'autre n'existe sur cet acte : ce qui manque est ce que l'étude en dit.",
  ...(form.get("essai") ? ["Quoi que ce soit : les clés sont d'essai."] : []),
];
