//! What is not done: a status for the machine, French words for the person, and whether the journal is told here.
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use signification::SignificationError as E;

use crate::pages::publiques;

/// A refusal, drawn by the guard, which knows the frame of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refus {
    pub(crate) statut: StatusCode,
    pub(crate) titre: &'static str,
    pub(crate) quoi: Box<str>,
    pub(crate) faire: Box<str>,
    /// Seconds to wait.
    pub(crate) attendre: Option<u64>,
    /// Why, for the journal; none when the platform wrote it, or when nothing was refused to anybody.
    pub(crate) journal: Option<&'static str>,
    /// Whether nobody comes to it by a mistake of his own: counted against the source.
    pub(crate) sonde: bool,
    /// Where to go instead of a page.
    pub(crate) vers: Option<Box<str>>,
}

const ACCUEIL: (&str, &str) = ("/", "Revenir à l'accueil");

impl Refus {
    fn new(statut: StatusCode, titre: &'static str, quoi: &str, faire: &str) -> Self {
        let (quoi, faire) = (quoi.into(), faire.into());
        Self { statut, titre, quoi, faire, attendre: None, journal: None, sonde: false, vers: None }
    }

    fn note(self, why: &'static str) -> Self {
        Self { journal: Some(why), ..self }
    }

    /// Not a refusal: go there.
    pub(crate) fn aller(vers: impl Into<Box<str>>) -> Self {
        Self { vers: Some(vers.into()), ..Self::new(StatusCode::SEE_OTHER, "", "", "") }
    }

    pub(crate) fn introuvable() -> Self {
        let faire = "Vérifiez l'adresse. Si vous cherchez un acte, ouvrez la liste de vos actes.";
        Self::new(StatusCode::NOT_FOUND, "Page introuvable", "Il n'y a rien à cette adresse.", faire)
            .note("adresse inconnue")
    }

    pub(crate) fn formulaire() -> Self {
        let quoi = "Ce formulaire a expiré, ou n'a pas été rempli sur cette page.";
        Self::new(StatusCode::FORBIDDEN, "Formulaire expiré", quoi, "Revenez à la page et remplissez-le de nouveau.")
            .note("formulaire d'ailleurs ou expiré")
    }

    pub(crate) fn illisible() -> Self {
        let quoi = "Votre navigateur a envoyé une demande que nous ne comprenons pas.";
        Self::new(StatusCode::BAD_REQUEST, "Demande illisible", quoi, "Revenez à l'accueil et recommencez.")
            .note("demande illisible")
    }

    pub(crate) fn methode() -> Self {
        Self { statut: StatusCode::METHOD_NOT_ALLOWED, sonde: true, ..Self::illisible().note("méthode refusée") }
    }

    pub(crate) fn hote() -> Self {
        Self { statut: StatusCode::MISDIRECTED_REQUEST, sonde: true, ..Self::illisible().note("autre nom de serveur") }
    }

    pub(crate) fn genre() -> Self {
        Self { statut: StatusCode::UNSUPPORTED_MEDIA_TYPE, ..Self::illisible().note("genre de contenu refusé") }
    }

    pub(crate) fn trop_gros() -> Self {
        let quoi = "Ce que vous avez envoyé dépasse la taille permise.";
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "Envoi trop volumineux",
            quoi,
            "Envoyez un texte plus court ou un fichier plus petit.",
        )
        .note("demande trop grande")
    }

    pub(crate) fn trop_lent() -> Self {
        let quoi = "Votre demande n'est pas arrivée à temps.";
        Self::new(
            StatusCode::REQUEST_TIMEOUT,
            "Demande interrompue",
            quoi,
            "Vérifiez votre connexion, puis recommencez.",
        )
        .note("demande trop lente")
    }

    pub(crate) fn trop_souvent(secondes: u64, first: bool) -> Self {
        let quoi = "Trop de demandes ont été faites en peu de temps.";
        let faire = match secondes {
            0..=90 => "Attendez une minute, puis recommencez.".to_owned(),
            _ => format!("Attendez {} minutes, puis recommencez.", secondes.div_ceil(60)),
        };
        let refus = Self::new(StatusCode::TOO_MANY_REQUESTS, "Trop de demandes", quoi, &faire);
        Self { attendre: Some(secondes.max(1)), journal: first.then_some("trop de demandes"), ..refus }
    }

    pub(crate) fn occupe() -> Self {
        let quoi = "Le service traite trop de demandes en ce moment.";
        let refus = Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "Service occupé",
            quoi,
            "Attendez un instant, puis recommencez.",
        );
        Self { attendre: Some(5), ..refus }
    }

    pub(crate) fn panne() -> Self {
        let quoi = "Le service n'a pas pu faire ce que vous demandez. Rien n'a été changé à vos actes.";
        let faire = "Recommencez dans quelques minutes. Si cela dure, écrivez à l'étude ou demandez l'acte sur papier.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Une erreur est survenue", quoi, faire)
    }

    pub(crate) fn sans_officier() -> Self {
        let faire = "Présentez le certificat d'officier que la configuration de l'étude connaît.";
        Self::new(
            StatusCode::FORBIDDEN,
            "Accès réservé à l'étude",
            "Votre certificat n'est pas celui d'un officier.",
            faire,
        )
        .note("certificat inconnu")
    }

    pub(crate) fn sans_cle() -> Self {
        let quoi = "Pour déposer, signifier ou suspendre, votre certificat ne suffit pas.";
        let faire = "Ouvrez « Ma clé », présentez votre clé d'accès, puis recommencez.";
        Self::new(StatusCode::FORBIDDEN, "Clé d'accès exigée", quoi, faire).note("clé d'accès de l'officier exigée")
    }

    /// As a page.
    pub(crate) fn montrer(&self, cadre: &crate::pages::Cadre) -> String {
        let refus = publiques::Refus { titre: self.titre, quoi: &self.quoi, faire: &self.faire, suite: ACCUEIL };
        publiques::erreur(cadre, &refus).into_string()
    }
}

impl From<E> for Refus {
    /// In the words of somebody who reads no manual. What is another's and what does not exist are the same answer.
    fn from(error: E) -> Self {
        match error {
            E::Unknown { .. } | E::Id { .. } => Self::introuvable(),
            E::Session { why } if why.contains("clé de vos actes") => {
                let quoi = "Vous êtes connecté par une clé d'accès qui ne sait pas ouvrir vos actes.";
                let faire = "Déconnectez-vous, puis reconnectez-vous avec votre mot de passe : votre clé peut servir de seconde preuve.";
                Self::new(StatusCode::CONFLICT, "Acte fermé", quoi, faire)
            }
            E::Session { .. } => Self::aller("/connexion"),
            E::CguRequired => Self::aller("/conditions"),
            E::Forbidden { why, .. } if why.contains("seconde preuve") => Self::aller("/telephone"),
            E::Forbidden { .. } | E::Actor { .. } => Self { journal: None, ..Self::introuvable() },
            E::Throttled { until } => {
                let quoi =
                    format!("Trop d'essais ont été faits. Prochain essai possible le {}.", crate::dates::longue(until));
                Self { quoi: quoi.into(), ..Self::trop_souvent(1, false) }
            }
            E::HandoverInterrupted { .. } => {
                let quoi = "La remise de l'acte s'est arrêtée avant la fin.";
                Self::new(
                    StatusCode::CONFLICT,
                    "Remise interrompue",
                    quoi,
                    "Recommencez : rien n'a été compté comme reçu.",
                )
            }
            E::Coffret { .. } | E::KeyRefused { .. } => {
                let quoi = "Cet acte ne peut pas être ouvert avec vos accès actuels.";
                let faire = "Connectez-vous avec votre mot de passe. Si cela ne suffit pas, demandez l'acte à l'étude, sur papier.";
                Self::new(StatusCode::CONFLICT, "Acte fermé", quoi, faire)
            }
            E::VaultAltered { .. } | E::VaultTruncated { .. } => {
                let quoi = "L'acte conservé n'est plus celui qui a été déposé. Il ne vous est donc pas montré ; l'étude est alertée.";
                Self::new(
                    StatusCode::CONFLICT,
                    "Acte endommagé",
                    quoi,
                    "Demandez à l'étude de vous le remettre sur papier.",
                )
            }
            E::Transition { .. } => {
                let quoi = "Cela n'est pas possible maintenant, ou a déjà été fait.";
                Self::new(
                    StatusCode::CONFLICT,
                    "Déjà fait, ou impossible",
                    quoi,
                    "Revenez à la page précédente et rechargez-la.",
                )
            }
            E::Invitation { .. } => {
                let quoi = "Cette référence et ce code ne vont pas ensemble, ont déjà servi ou ont expiré.";
                Self::new(
                    StatusCode::FORBIDDEN,
                    "Invitation refusée",
                    quoi,
                    "Recopiez-les du dernier message de l'étude, ou demandez-en un autre.",
                )
            }
            _ => Self::panne(),
        }
    }
}

impl IntoResponse for Refus {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.statut;
        if let Some(seconds) = self.attendre {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(place) = self.vers.as_deref().and_then(|vers| HeaderValue::from_str(vers).ok()) {
            response.headers_mut().insert(header::LOCATION, place);
        } else {
            response.extensions_mut().insert(self);
        }
        response
    }
}
