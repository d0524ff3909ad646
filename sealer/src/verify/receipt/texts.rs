//! What a receipt attests and what it does not, in plain French: « selon le journal », never a certainty.
use super::DocumentFate;
use super::form::{Erasure, Form, ItemKind, Motif, Proof, Qualification, Read};

/// One attested event.
pub(super) struct Event {
    /// Last part of the ETSI URI.
    uri: &'static str,
    pub(super) nom: &'static str,
    pub(super) libelle: &'static str,
    pub(super) negative: bool,
    /// What the journal tells.
    phrase: &'static str,
    /// What it does not mean.
    limite: Option<&'static str>,
}

const BASE: &str = "http://uri.etsi.org/19522/Event/";
const NOT_READ: Option<&str> = Some("Que le destinataire a reçu, ouvert ou lu l'acte.");
const NOT_SEEN: Option<&str> = Some("Que le destinataire a lu ce courriel.");
const KEY_ONLY: Option<&str> =
    Some("Que la personne présente était le destinataire : le journal sait que sa clé a servi, non qui la tenait.");

/// Every event, in the order of the format.
const EVENTS: [Event; 12] = [
    Event {
        uri: "SubmissionAcceptance",
        nom: "ENVOYE",
        libelle: "Preuve d'envoi (date de signification)",
        negative: false,
        phrase: "l'acte a été envoyé par voie électronique ; c'est la date et l'heure que l'article 664-1 du code de procédure civile retient",
        limite: NOT_READ,
    },
    Event {
        uri: "SubmissionRejection",
        nom: "REJETE",
        libelle: "Rejet motivé",
        negative: true,
        phrase: "l'envoi de l'acte a été rejeté",
        limite: None,
    },
    Event {
        uri: "ConsignmentAcceptance",
        nom: "CONSENTEMENT_DONNE",
        libelle: "Accord",
        negative: false,
        phrase: "le destinataire a consenti à recevoir des actes par voie électronique",
        limite: KEY_ONLY,
    },
    Event {
        uri: "ConsignmentRejection",
        nom: "REFUSE",
        libelle: "Refus",
        negative: true,
        phrase: "le destinataire a refusé de recevoir des actes par voie électronique",
        limite: None,
    },
    Event {
        uri: "ContentConsignment",
        nom: "DEPOSE",
        libelle: "Avis de mise à disposition",
        negative: false,
        phrase: "l'acte a été mis à la disposition du destinataire",
        limite: NOT_READ,
    },
    Event {
        uri: "ContentConsignmentFailure",
        nom: "ECHEC_DEPOT",
        libelle: "Échec de mise à disposition",
        negative: true,
        phrase: "l'acte n'a pas pu être mis à la disposition du destinataire",
        limite: None,
    },
    Event {
        uri: "ConsignmentNotification",
        nom: "AVISE",
        libelle: "Avis d'envoi de courriel",
        negative: false,
        phrase: "un serveur de messagerie a accepté le courriel qui avertit le destinataire",
        limite: NOT_SEEN,
    },
    Event {
        uri: "ConsignmentNotificationFailure",
        nom: "ECHEC_AVIS",
        libelle: "Échec d'envoi de courriel",
        negative: true,
        phrase: "le courriel qui devait avertir le destinataire n'a pas été accepté",
        limite: None,
    },
    Event {
        uri: "NotificationDelivered",
        nom: "AVIS_REMIS",
        libelle: "Avis de courriel remis, selon le serveur du destinataire",
        negative: false,
        phrase: "le serveur du destinataire a dit avoir remis le courriel qui l'avertit",
        limite: NOT_SEEN,
    },
    Event {
        uri: "ContentAccessTracking",
        nom: "CONSULTE",
        libelle: "Avis de consultation",
        negative: false,
        phrase: "l'acte a été ouvert avec la clé du destinataire",
        limite: KEY_ONLY,
    },
    Event {
        uri: "ContentHandover",
        nom: "TELECHARGE",
        libelle: "Avis de réception",
        negative: false,
        phrase: "le dernier octet de l'acte a été remis à qui l'ouvrait avec la clé du destinataire",
        limite: KEY_ONLY,
    },
    Event {
        uri: "ContentHandoverFailure",
        nom: "REMISE_INTERROMPUE",
        libelle: "Remise interrompue",
        negative: true,
        phrase: "la remise de l'acte s'est arrêtée avant son dernier octet",
        limite: None,
    },
];

/// The event of an ETSI URI.
pub(super) fn event(uri: &str) -> Option<&'static Event> {
    let name = uri.strip_prefix(BASE)?;
    EVENTS.iter().find(|event| event.uri == name)
}

/// What the journal tells, when the event is known.
pub(super) fn happened(form: &Form) -> Option<&'static str> {
    match &form.read {
        Read::Proof(proof) => event(&proof.event.uri).map(|event| event.phrase),
        Read::Erasure(_) => None,
    }
}

/// What is attested.
pub(super) fn attests(form: &Form) -> Vec<String> {
    match &form.read {
        Read::Proof(proof) => proof_attests(proof),
        Read::Erasure(erasure) => erasure_attests(erasure),
    }
}

fn proof_attests(proof: &Proof) -> Vec<String> {
    let Some(event) = event(&proof.event.uri) else { return Vec::new() };
    let by = format!("Selon le journal que tient {} ({})", proof.issuer.etude, proof.issuer.residence);
    let mut told = vec![format!("{by}, le {} (heure de Paris) : {}.", proof.event_time_paris, event.phrase)];
    if !proof.reasons.is_empty() {
        told.push(format!("Motifs consignés : {}.", proof.reasons.join(", ")));
    }
    for document in &proof.content {
        let (name, size, sha256) = (&document.name, document.size, document.sha256);
        told.push(format!(
            "L'acte concerné est celui dont voici l'empreinte : {name}, {size} octets, SHA-256 {sha256}."
        ));
    }
    if let Some(sent) = proof.submission_time.filter(|sent| *sent != proof.event_time_utc) {
        told.push(format!("L'acte avait été envoyé le {sent} (temps universel)."));
    }
    match proof.qualification {
        Some(Qualification::APersonne) => {
            told.push("Au moment du fait, la signification était faite à personne.".into())
        }
        Some(Qualification::ADomicile) => {
            told.push("Au moment du fait, la signification était faite à domicile.".into())
        }
        Some(Qualification::EnAttente) => {
            told.push(
                "Au moment du fait, il n'était pas encore décidé si elle serait à personne ou à domicile.".into(),
            );
        }
        None => {}
    }
    told
}

fn erasure_attests(erasure: &Erasure) -> Vec<String> {
    let count = |kind| erasure.items.iter().filter(|item| item.nature == kind).count();
    let (etude, residence) = (&erasure.issuer.etude, &erasure.issuer.residence);
    let why = match erasure.motif {
        Motif::Revocation => "cinq ans après la révocation du consentement",
        Motif::Resiliation => "deux mois après la résiliation",
    };
    let mut told = vec![
        format!(
            "Selon le journal que tient {etude} ({residence}), le {} (heure de Paris) : ce qui suit a été détruit, {why} du {} \
             (temps universel).",
            erasure.efface_le_paris, erasure.fin_le
        ),
        format!(
            "Détruit : {} acte(s), {} déclaration(s), {} pièce(s) justificative(s), {} clé(s), sous le pseudonyme {}.",
            count(ItemKind::Acte),
            count(ItemKind::Declaration),
            count(ItemKind::Piece),
            count(ItemKind::Cle),
            erasure.pseudonym.0
        ),
    ];
    let files = [ItemKind::Reponse, ItemKind::Jointe, ItemKind::Creance, ItemKind::Document].map(count);
    if files != [0; 4] {
        let [answers, attached, claims, documents] = files;
        told.push(format!(
            "Détruit aussi : {answers} réponse(s) à des actes, {attached} fichier(s) de ces réponses, {claims} petite(s) créance(s), \
             {documents} document(s) de petites créances."
        ));
    }
    told.push(format!("Méthode déclarée : {}", erasure.methode));
    told
}

/// What is not attested.
pub(super) fn limits(form: &Form, document: DocumentFate, dated: bool) -> Vec<String> {
    let mut told: Vec<&str> = Vec::new();
    match &form.read {
        Read::Proof(proof) => {
            told.extend(event(&proof.event.uri).and_then(|event| event.limite));
            told.push("Que la signification est valable : seul le juge en décide, et l'article 748-6 du code de procédure civile réserve cette voie aux dispositifs de la liste ministérielle.");
            told.push("L'identité du destinataire : le récépissé ne porte qu'un identifiant.");
            if document == DocumentFate::Absent {
                told.push("Qu'un document donné est l'acte : il n'est pas joint ; comparez son empreinte.");
            }
        }
        Read::Erasure(_) => {
            told.push("Qu'il n'en reste aucune copie ailleurs : sauvegardes anciennes, copies que la personne ou des tiers ont gardées.");
            told.push("Le contenu de ce qui a été détruit : seules des empreintes figurent ici.");
        }
    }
    if !dated {
        told.push("Sa date par un tiers : seule l'horloge de l'étude l'affirme.");
    }
    if form.essai() {
        told.push("Quoi que ce soit : l'installation est d'essai.");
    }
    told.push("La preuve contraire reste libre : ce récépissé dit ce que le journal indique.");
    told.into_iter().map(str::to_owned).collect()
}
