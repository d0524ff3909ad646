//! A client for an operator of the electronic way. No public specification of SECURACT is known to us: the contract spoken
//! here is our own (`CONTRAT.md`, beside this file), no connection to SECURACT exists, and every outcome says so.
//!
//! The client claims what a receipt says whose signature is the operator's, over this act, and nothing more: a cut answer, a
//! server error, a clock that is off or a receipt signed by another leave the act « en cours », to be asked again with the
//! same idempotency key, which is the act's identifier.
mod config;
mod recu;
mod reponse;

use std::io::Read as _;
use std::time::Duration;

use age::secrecy::ExposeSecret as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dossier::{Clock, Digests, Instant, Sha256Digest, to_canonical};
use serde::Serialize;

use self::reponse::{Erreur, Etat};
use super::{Capacites, Issue, Partie, Remise, Resultat, SignificationBackend, Voie};
use crate::civil::paris_text;
use crate::consent::Actor;
use crate::notice::sms::secret;
use crate::voie::ECART_MS;
use crate::window::service_window;
use crate::{EvidenceVerifier, Id, SignificationError};

pub use config::SecuractConfig;
pub use recu::{Evenement, RECU_FORMAT, Recu, RecuSigne};
pub use reponse::{ERREUR_FORMAT, ETAT_FORMAT, Phase};

/// What help says of this way, in French.
pub const AIDE: &str = "\
La voie « securact » parle à un opérateur selon notre propre contrat d'échange (CONTRAT.md) : aucune spécification publique de
SECURACT ne nous est connue, et aucun raccordement à SECURACT n'existe ici tant que l'opérateur n'a pas publié le sien. Elle
n'affirme que ce que dit un reçu signé par l'opérateur pour l'acte remis. L'effet juridique suppose un dispositif inscrit sur
la liste ministérielle (CPC, art. 748-6).";
/// Format of a deposit.
pub const DEPOT_FORMAT: &str = "constat-operateur-depot/1";
/// The longest answer read, in octets.
pub const MAX_REPONSE: u64 = 256 * 1024;
/// Refusals that are final: the act will not be served by this way.
pub const REFUS: [&str; 8] = [
    "CGU_NON_ACCEPTEES",
    "COMPTE_SUSPENDU",
    "CONSENTEMENT_REVOQUE",
    "DESTINATAIRE_INCONNU",
    "EMPREINTE_DIFFERENTE",
    "FICHIER_INFECTE",
    "FICHIER_TROP_GROS",
    "HORS_PERIMETRE",
];

/// A deposit: canonical JSON.
#[derive(Serialize)]
struct Depot<'a> {
    format: &'static str,
    acte: Id,
    dossier: &'a str,
    nature: &'a str,
    requerant: &'a Partie,
    destinataire: &'a Partie,
    instructions: &'a [String],
    contenu: Digests,
    pdf: String,
    signature: Option<String>,
}

/// The client.
pub struct Securact<'a> {
    config: SecuractConfig,
    client: ureq::Agent,
    clock: &'a dyn Clock,
    verifier: &'a dyn EvidenceVerifier,
}

/// What came back over the wire.
enum Retour {
    Reponse(u16, Vec<u8>),
    /// Nothing, or not whole: what the operator did is not known.
    Rien(&'static str),
}

impl<'a> Securact<'a> {
    /// Builds the client: one deadline for the whole exchange, no redirect, no proxy, no connection kept.
    pub fn new(
        config: &SecuractConfig,
        clock: &'a dyn Clock,
        verifier: &'a dyn EvidenceVerifier,
    ) -> Result<Self, SignificationError> {
        config.check()?;
        let client = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(u64::from(config.delai_secondes))))
            .max_redirects(0)
            .max_idle_connections(0)
            .http_status_as_error(false)
            .proxy(None)
            .tls_config(config.tls()?)
            .build()
            .new_agent();
        Ok(Self { config: config.clone(), client, clock, verifier })
    }

    fn exchange(&self, acte: Id, body: Option<&[u8]>) -> Result<Retour, SignificationError> {
        let base = self.config.url.trim_end_matches('/');
        let bearer = match &self.config.jeton {
            Some(path) => Some(secret(path)?),
            None => None,
        };
        let sent = match body {
            Some(body) => {
                let mut request = self.client.post(format!("{base}/v1/depots"));
                request =
                    request.header("content-type", "application/json").header("idempotency-key", acte.to_string());
                if let Some(token) = &bearer {
                    request = request.header("authorization", format!("Bearer {}", token.expose_secret()));
                }
                request.send(body)
            }
            None => {
                let mut request = self.client.get(format!("{base}/v1/depots/{acte}"));
                if let Some(token) = &bearer {
                    request = request.header("authorization", format!("Bearer {}", token.expose_secret()));
                }
                request.call()
            }
        };
        let mut response = match sent {
            Ok(response) => response,
            Err(ureq::Error::Timeout(_)) => return Ok(Retour::Rien("DELAI_DEPASSE")),
            Err(_) => return Ok(Retour::Rien("SANS_REPONSE")),
        };
        let status = response.status().as_u16();
        let announced = response.body().content_length();
        let mut bytes = Vec::new();
        let read = response.body_mut().as_reader().take(MAX_REPONSE + 1).read_to_end(&mut bytes);
        let whole = announced.is_none_or(|length| length == bytes.len() as u64);
        if read.is_err() || !whole || bytes.len() as u64 > MAX_REPONSE {
            return Ok(Retour::Rien("REPONSE_COUPEE"));
        }
        Ok(Retour::Reponse(status, bytes))
    }

    /// What an answer allows to say.
    fn juger(&self, acte: Id, contenu: &Sha256Digest, retour: Retour) -> Result<Issue, SignificationError> {
        let (status, bytes) = match retour {
            Retour::Rien(code) => return Ok(en_cours(acte, code)),
            Retour::Reponse(status, bytes) => (status, bytes),
        };
        if matches!(status, 200 | 201) {
            let Some(etat) = Etat::lire(&bytes).filter(|e| e.acte == acte) else {
                return Ok(en_cours(acte, "REPONSE_ILLISIBLE"));
            };
            return Ok(if self.loin(etat.maintenant) { en_cours(acte, "HORLOGE") } else { self.dire(contenu, &etat) });
        }
        let Some(erreur) = Erreur::lire(&bytes) else { return Ok(en_cours(acte, code_of(status))) };
        match (status, erreur.code.as_str()) {
            (409, "CLE_DEJA_EMPLOYEE") => Err(SignificationError::HandoverConflict { acte: acte.to_string() }),
            (409, "FENETRE_FERMEE") => {
                let next = erreur
                    .prochaine
                    .map_or(String::new(), |at| format!(" ; prochaine ouverture le {}", paris_text(at)));
                let resultat = Resultat::EnCours { code: erreur.code };
                let message = format!("L'opérateur refuse l'heure{next} : redemandez alors, sous la même clé.");
                Ok(Issue::new(acte, Voie::Securact, resultat, message))
            }
            (400..=499, code) if REFUS.contains(&code) => {
                let message = format!("L'opérateur refuse l'acte : {code}. Signifiez par une autre voie.");
                Ok(Issue::new(acte, Voie::Securact, Resultat::Refusee { code: erreur.code }, message))
            }
            _ => Ok(en_cours(acte, code_of(status))),
        }
    }

    /// What a state and its receipts say: only those count that the operator signed over this act.
    fn dire(&self, contenu: &Sha256Digest, etat: &Etat) -> Issue {
        let (acte, mut faux) = (etat.acte, None);
        for signe in &etat.recus {
            let (recu, preuve) = match signe.verifier(acte, contenu, &self.config.signataire, self.verifier) {
                Ok(read) => read,
                Err(why) => {
                    faux = Some(why);
                    continue;
                }
            };
            if self.loin_devant(recu.le) {
                return en_cours(acte, "RECU_DU_FUTUR");
            }
            match (&recu.evenement, etat.etat) {
                (Evenement::Signifie, Phase::Signifie) => {
                    // A service outside the hours of CPC art. 664 is for the officer to judge.
                    if !service_window(recu.le, &[]).is_ok_and(|w| w.is_open()) {
                        return en_cours(acte, "RECU_HORS_FENETRE");
                    }
                    let message =
                        format!("Le reçu signé de l'opérateur dit l'acte signifié le {}.", paris_text(recu.le));
                    let resultat = Resultat::Faite { le: recu.le, preuve: Some(preuve) };
                    return Issue::new(acte, Voie::Securact, resultat, message);
                }
                (Evenement::Refuse { code }, Phase::Refuse) => {
                    let message = format!("Le reçu signé de l'opérateur dit l'acte refusé : {code}.");
                    return Issue::new(acte, Voie::Securact, Resultat::Refusee { code: code.clone() }, message);
                }
                _ => {}
            }
        }
        match (etat.etat, faux) {
            (Phase::Signifie | Phase::Refuse, Some(_)) => en_cours(acte, "RECU_REFUSE"),
            (Phase::Signifie | Phase::Refuse, None) => en_cours(acte, "RECU_ABSENT"),
            (Phase::Depose, _) => en_cours(acte, "DEPOSE"),
            (Phase::Programme, _) => en_cours(acte, "PROGRAMME"),
        }
    }

    fn loin(&self, other: Instant) -> bool {
        (other.as_millisecond() - self.clock.now().as_millisecond()).abs() > ECART_MS
    }

    fn loin_devant(&self, other: Instant) -> bool {
        other.as_millisecond() > self.clock.now().as_millisecond() + ECART_MS
    }
}

fn code_of(status: u16) -> &'static str {
    match status {
        401 | 403 => "NON_AUTHENTIFIE",
        404 => "INCONNU_DE_L_OPERATEUR",
        500..=599 => "INDISPONIBLE",
        _ => "REPONSE_INCONNUE",
    }
}

/// Nothing is claimed: where it stands, and what to do.
fn en_cours(acte: Id, code: &'static str) -> Issue {
    let message = match code {
        "DEPOSE" => "L'opérateur a pris l'acte ; aucun reçu de signification n'est encore signé.",
        "PROGRAMME" => "L'opérateur enverra l'acte à l'ouverture de sa fenêtre ; rien n'est encore signifié.",
        "RECU_REFUSE" => "Le reçu n'est pas signé par l'opérateur pour cet acte : rien n'en est retenu, alertez-le.",
        "RECU_ABSENT" => "L'opérateur annonce une issue sans reçu signé : rien n'en est retenu.",
        "RECU_DU_FUTUR" | "HORLOGE" => {
            "Les horloges diffèrent de plus de cinq minutes : rien n'est retenu, vérifiez-les."
        }
        "RECU_HORS_FENETRE" => "Le reçu est daté hors des heures de l'article 664 du CPC : à examiner par l'officier.",
        "NON_AUTHENTIFIE" => "L'opérateur ne reconnaît pas l'office : vérifiez le jeton ou le certificat.",
        "INCONNU_DE_L_OPERATEUR" => "L'opérateur ne connaît pas cet acte : remettez-le de nouveau, sous la même clé.",
        _ => "L'opérateur n'a pas répondu de façon lisible : rien n'est affirmé, redemandez sous la même clé.",
    };
    Issue::new(acte, Voie::Securact, Resultat::EnCours { code: code.into() }, message)
}

impl SignificationBackend for Securact<'_> {
    fn voie(&self) -> Voie {
        Voie::Securact
    }

    fn capacites(&self) -> Capacites {
        let taille_max = self.config.taille_max;
        Capacites { issue_immediate: false, recepisses: true, a_la_main: false, taille_max }
    }

    fn remettre(&self, _: &Actor, remise: &Remise) -> Result<Issue, SignificationError> {
        remise.check()?;
        let contenu = remise.contenu();
        if contenu.bytes > self.config.taille_max {
            let code = "FICHIER_TROP_GROS".to_owned();
            let message = "L'acte dépasse la taille que l'opérateur accepte : rien n'a été envoyé.";
            return Ok(Issue::new(remise.acte, Voie::Securact, Resultat::Refusee { code }, message));
        }
        let body = to_canonical(&Depot {
            format: DEPOT_FORMAT,
            acte: remise.acte,
            dossier: &remise.dossier,
            nature: remise.nature.as_str(),
            requerant: &remise.requerant,
            destinataire: &remise.destinataire,
            instructions: &remise.instructions,
            contenu,
            pdf: STANDARD.encode(&remise.pdf),
            signature: remise.signature.as_ref().map(|s| STANDARD.encode(s)),
        })?;
        let retour = self.exchange(remise.acte, Some(&body))?;
        self.juger(remise.acte, &contenu.sha256, retour)
    }

    fn relever(&self, acte: Id, contenu: &Sha256Digest) -> Result<Issue, SignificationError> {
        let retour = self.exchange(acte, None)?;
        self.juger(acte, contenu, retour)
    }
}
