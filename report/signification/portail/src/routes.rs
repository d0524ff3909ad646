//! Which address is which page. A page asks the platform in a thread, and draws; it decides nothing.
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use maud::Markup;
use signification::comptes::connexion::Origine;
use signification::platform::Platform;

use crate::demande::Demande;
use crate::etat::Etat;
use crate::pages::{Cadre, SCRIPT, STYLE};
use crate::refus::Refus;

mod acces;
mod actes;
mod cles;
mod compte;
mod comptes;
mod droits;
mod envoi;
mod etude;
mod officier;
mod ouverture;
mod publiques;

/// What a page answers.
pub(crate) type Reponse = Result<Response, Refus>;
/// What every page is given.
pub(crate) type Partage = State<Arc<Etat>>;
/// The request, as the guard let it in.
pub(crate) type Recue = Extension<Arc<Demande>>;

/// The recipients' pages.
pub(crate) fn destinataire() -> Router<Arc<Etat>> {
    Router::new()
        .route("/", get(publiques::accueil))
        .route("/aide", get(publiques::aide))
        .route("/accessibilite", get(publiques::accessibilite))
        .route("/cgu", get(publiques::cgu))
        .route("/cgu.txt", get(publiques::cgu_texte))
        .route(STYLE, get(publiques::style))
        .route(SCRIPT, get(publiques::script))
        .route("/favicon.ico", get(publiques::sans_image))
        .route("/robots.txt", get(publiques::robots))
        .route("/invitation", get(ouverture::invitation).post(ouverture::choisir))
        .route("/invitation/refus", post(ouverture::refuser))
        .route("/ouverture", post(ouverture::ouvrir))
        .route("/conditions", get(ouverture::conditions).post(ouverture::repondre))
        .route("/secours", get(ouverture::avant_secours).post(ouverture::secours))
        .route("/telephone", get(ouverture::telephone).post(ouverture::confirmer))
        .route("/connexion", get(acces::page).post(acces::connecter))
        .route("/deconnexion", post(acces::sortir))
        .route("/oubli", get(acces::oubli).post(acces::recuperer))
        .route("/actes", get(actes::liste))
        .route("/actes/{id}", get(actes::acte))
        .route("/actes/{id}/ouvrir", post(actes::ouvrir))
        .route("/actes/{id}/telecharger", post(actes::telecharger))
        .route("/actes/{id}/recepisses", get(actes::recepisses))
        .route("/actes/{id}/dossier", get(actes::dossier))
        .route("/actes/{id}/probleme", get(actes::probleme).post(actes::signaler))
        .route("/recepisses/{fichier}", get(actes::recepisse))
        .route("/consultations", get(compte::consultations))
        .route("/securite", get(compte::securite))
        .route("/securite/fermer", post(compte::fermer_toutes))
        .route("/securite/fermer/{id}", post(compte::fermer))
        .route("/securite/signaler", post(compte::signaler))
        .route("/cles", get(cles::page).post(cles::inscrire))
        .route("/cles/{id}/retirer", post(cles::retirer))
        .route("/cles/{id}/renommer", post(cles::renommer))
        .route("/consentement", get(compte::consentement))
        .route("/consentement/retirer", post(compte::retirer))
        .route("/consentement/quitter", post(compte::quitter))
        .route("/donnees", get(compte::donnees))
        .route("/donnees/export.json", get(compte::export))
        .route("/droits", get(droits::page).post(droits::demander))
        .route("/droits/export.json", get(droits::export))
        .route("/droits/export.txt", get(droits::imprimable))
}

/// The office's pages.
pub(crate) fn etude() -> Router<Arc<Etat>> {
    Router::new()
        .route(STYLE, get(publiques::style))
        .route(SCRIPT, get(publiques::script))
        .route("/favicon.ico", get(publiques::sans_image))
        .route("/robots.txt", get(publiques::robots))
        .route("/", get(|| async { Refus::aller("/etude") }))
        .route("/etude", get(etude::liste))
        .route("/etude/actes/{id}", get(etude::suivi))
        .route("/etude/actes/{id}/dossier", get(etude::dossier))
        .route("/etude/recepisses/{fichier}", get(etude::recepisse))
        .route("/etude/actes/{id}/envoyer", get(envoi::confirmer).post(envoi::envoyer))
        .route("/etude/cle", get(officier::page).post(officier::presenter))
        .route("/etude/cle/inscrire", post(officier::inscrire))
        .route("/etude/cle/{id}/retirer", post(officier::retirer))
        .route("/etude/cle/{id}/renommer", post(officier::renommer))
        .route("/etude/comptes", get(comptes::liste))
        .route("/etude/comptes/{id}", get(comptes::page))
        .route("/etude/comptes/{id}/suspendre", post(comptes::suspendre))
        .route("/etude/comptes/{id}/reprendre", post(comptes::reprendre))
        .route("/etude/depot", get(etude::depot).post(etude::deposer))
        .route("/etude/incidents", get(etude::incidents))
        .route("/etude/incidents/{id}/accuser", post(etude::accuser))
        // The deposit is bounded by its own page, as it comes.
        .layer(axum::extract::DefaultBodyLimit::disable())
}

impl Etat {
    /// Draws a page from what the platform says.
    pub(crate) async fn page(
        self: &Arc<Self>,
        demande: &Arc<Demande>,
        draw: impl FnOnce(&Platform<'static>, &Cadre) -> Result<Markup, Refus> + Send + 'static,
    ) -> Reponse {
        let (shared, menu) = (self.clone(), demande.menu());
        let drawn = self.appeler_ou(move |platform| draw(platform, &shared.cadre(menu))).await?;
        Ok(html(StatusCode::OK, drawn))
    }

    /// Where a request comes from, as the platform counts it.
    pub(crate) fn origine_de(demande: &Demande) -> Origine {
        Origine { source: demande.source, appareil: demande.appareil }
    }
}

/// A page with its status.
pub(crate) fn html(statut: StatusCode, page: Markup) -> Response {
    let kind = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
    (statut, kind, page.into_string()).into_response()
}

/// To another page, after a form.
pub(crate) fn vers(place: &str) -> Response {
    Refus::aller(place).into_response()
}

/// A file to keep.
pub(crate) fn fichier(genre: &'static str, nom: &str, corps: Body) -> Response {
    let mut response = Response::new(corps);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(genre));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{nom}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    response
}
