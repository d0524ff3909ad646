// Sentences that name what a finding is about, in French and in English: one code is told of a receipt, of a manifest, of an act.

/** How each is called: alone, and as whose signature it is. */
const SUBJECTS = {
  receipt: [["Le récépissé", "du récépissé"], ["The receipt", "of the receipt"]],
  manifest: [["Le manifeste", "du manifeste"], ["The manifest", "of the manifest"]],
  act: [["L'acte", "de l'acte par l'étude"], ["The act", "of the act by the office"]],
  answer: [["L'accusé de réponse", "de l'accusé de réponse"], ["The acknowledgement", "of the acknowledgement"]],
  point: [["Le point de contrôle", "du point de contrôle"], ["The checkpoint", "of the checkpoint"]],
};

const ABOUT = {
  "receipt.unsigned": [([the]) => `${the} n'est pas signé.`, ([the]) => `${the} is not signed.`],
  "receipt.timestamp_deferred": [
    ([the]) => `${the} ne porte pas de preuve de sa date (horodatage différé) : seule l'étude l'affirme.`,
    ([the]) => `${the} bears no proof of its date (timestamp deferred): the office alone states it.`,
  ],
  "cms.malformed": [([, of]) => `La signature ${of} n'est pas un CMS admis.`, ([, of]) => `The signature ${of} is no CMS that is admitted.`],
  "cms.not_detached": [
    ([, of]) => `La signature ${of} porte un contenu en plus de ce qu'elle signe.`,
    ([, of]) => `The signature ${of} carries a content beside what it signs.`,
  ],
  "cms.message_digest": [
    ([, of]) => `La signature ${of} porte sur d'autres octets que ceux qui sont là.`,
    ([, of]) => `The signature ${of} is over other octets than those that are here.`,
  ],
  "cms.certificate": [
    ([, of]) => `La signature ${of} ne désigne pas le certificat qui l'accompagne.`,
    ([, of]) => `The signature ${of} does not name the certificate that comes with it.`,
  ],
  "cms.signature": [([, of]) => `La signature ${of} est fausse.`, ([, of]) => `The signature ${of} is wrong.`],
  "cms.attributes": [
    ([, of]) => `La signature ${of} n'a pas exactement les attributs CAdES exigés.`,
    ([, of]) => `The signature ${of} has not exactly the CAdES attributes asked for.`,
  ],
  "cms.unsigned_attribute": [
    ([, of]) => `La signature ${of} porte un attribut non signé qui n'est pas admis.`,
    ([, of]) => `The signature ${of} carries an unsigned attribute that is not admitted.`,
  ],
  "cms.certificates": [
    ([, of]) => `La signature ${of} porte un certificat que rien n'explique.`,
    ([, of]) => `The signature ${of} carries a certificate that nothing explains.`,
  ],
  "cms.readers_disagree": [
    ([, of]) => `Un second lecteur (PKI.js) n'accepte pas la signature ${of}.`,
    ([, of]) => `A second reader (PKI.js) does not accept the signature ${of}.`,
  ],
  "trust.no_chain": [
    () => "Le certificat du signataire ne mène à aucune racine choisie : l'auteur n'est pas établi.",
    () => "The signer's certificate leads to no root chosen: the author is not established.",
  ],
  "trust.chain_broken": [() => "La chaîne du certificat du signataire est fausse.", () => "The chain of the signer's certificate is wrong."],
  "trust.out_of_bounds_no_poe": [
    () => "Un certificat de la chaîne du signataire n'était pas valable à la date retenue.",
    () => "A certificate of the signer's chain was not valid at the date that counts.",
  ],
  "seal.level": [
    ([, of]) => `Niveau atteint par la signature ${of} (ETSI EN 319 122-1, clause 6).`,
    ([, of]) => `Level the signature ${of} reaches (ETSI EN 319 122-1, clause 6).`,
  ],
  "clock.order": [
    () => "Les heures ne se suivent pas : le fait, puis la signature, puis le jeton.",
    () => "The times are out of order: the fact, then the signature, then the token.",
  ],
  "revocation.malformed": [
    ([, of]) => `Une donnée de révocation jointe à la signature ${of} est illisible.`,
    ([, of]) => `A piece of revocation data given with the signature ${of} cannot be read.`,
  ],
};

const TRIALS = {
  receipt: [
    "ESSAI : ce récépissé est fait avec des clés d'essai. Il ne prouve rien.", "TRIAL: this receipt is made with test keys. It proves nothing.",
  ],
  manifest: [
    "ESSAI : ce dossier est fait avec des clés d'essai. Il ne prouve rien.", "TRIAL: this dossier is made with test keys. It proves nothing.",
  ],
};

/** The sentence of `code` about `subject`, in the language of this number (French, English); `null` when it names no subject. */
export function sentenceAbout(code, subject, language) {
  if (code === "trust.essai") return TRIALS[subject]?.[language] ?? null;
  return ABOUT[code]?.[language](SUBJECTS[subject][language]) ?? null;
}
