//! Pages that anybody reads, the style sheet, and the script of passkeys.
use axum::Extension;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::{Partage, Recue, Reponse};
use crate::pages::publiques;

pub(crate) async fn accueil(State(etat): Partage, Extension(demande): Recue) -> Reponse {
    etat.page(&demande, |_, cadre| Ok(publiques::accueil(cadre))).await
}

pub(crate) async fn aide(State(etat): Partage, Extension(demande): Recue) -> Reponse {
    etat.page(&demande, |_, cadre| Ok(publiques::aide(cadre))).await
}

pub(crate) async fn accessibilite(State(etat): Partage, Extension(demande): Recue) -> Reponse {
    etat.page(&demande, |_, cadre| Ok(publiques::accessibilite(cadre))).await
}

pub(crate) async fn cgu(State(etat): Partage, Extension(demande): Recue) -> Reponse {
    etat.page(&demande, |platform, cadre| {
        let (version, texte) = platform.cgu_en_vigueur()?;
        Ok(publiques::cgu(cadre, &version.version, &version.sha256.to_hex(), &texte))
    })
    .await
}

pub(crate) async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("../style.css")).into_response()
}

pub(crate) async fn script() -> Response {
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], include_str!("../cle.js")).into_response()
}

/// Browsers ask for it unasked: it is no probe.
pub(crate) async fn sans_image() -> StatusCode {
    StatusCode::NO_CONTENT
}

pub(crate) async fn robots() -> Response {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], "User-agent: *\nDisallow: /\n").into_response()
}

/// The terms, octet for octet: what their fingerprint is of.
pub(crate) async fn cgu_texte(State(etat): Partage) -> Reponse {
    let text = etat.appeler(|platform| platform.cgu_en_vigueur().map(|(_, text)| text)).await?;
    Ok(super::fichier("text/plain; charset=utf-8", "conditions.txt", text.into()))
}
