//! What stands before every page and behind every answer: limits, origin, form tokens, who is logged in; headers, refusals.
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use dossier::Sha256Digest;
use signification::comptes::session::Temoin;
use zeroize::Zeroizing;

use crate::demande::{Champs, Demande, champs, cookie};
use crate::etat::Etat;
use crate::pages::{SCRIPT, STYLE};
use crate::refus::Refus;
use crate::serveur::Pair;

/// Whose pages these are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cote {
    Destinataire,
    Etude,
}

/// What the guard needs.
#[derive(Clone)]
pub(crate) struct Garde {
    pub(crate) etat: Arc<Etat>,
    pub(crate) cote: Cote,
}

/// Pages that ask for a passkey: the one script is let in there, and nowhere else.
const PAGES_A_SCRIPT: [&str; 4] = ["/connexion", "/cles", "/etude/cle", "/etude/cle/inscrire"];

/// Their policy.
const POLITIQUE_A_SCRIPT: &str = "default-src 'none'; script-src 'self'; style-src 'self'; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'";

/// What is the same for everybody, and is no page.
fn statique(chemin: &str) -> bool {
    chemin == STYLE || chemin == SCRIPT
}

/// Said with every answer.
const EN_TETES: [(HeaderName, &str); 9] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    (HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
];

/// The middleware.
pub(crate) async fn garder(State(garde): State<Garde>, request: Request, next: Next) -> Response {
    let etat = garde.etat.clone();
    let pair = request.extensions().get::<Pair>().cloned();
    let Some(pair) = pair else { return Refus::panne().into_response() };
    let source = etat.platform.source_de(pair.adresse);
    let static_file = statique(request.uri().path());
    let mut shown = None;
    let mut response = match examiner(&garde, &pair, source, request).await {
        Ok((demande, request)) => {
            shown = Some(demande);
            next.run(request).await
        }
        Err(refus) => refus.into_response(),
    };
    if response.status() == StatusCode::METHOD_NOT_ALLOWED && response.extensions().get::<Refus>().is_none() {
        let allow = response.headers().get(header::ALLOW).cloned();
        response = Refus::methode().into_response();
        if let Some(allow) = allow {
            response.headers_mut().insert(header::ALLOW, allow);
        }
    }
    if let Some(refus) = response.extensions_mut().remove::<Refus>() {
        response = refuser(&etat, shown.as_deref(), source, refus, response).await;
    }
    habiller(&etat, &garde, shown.as_deref(), static_file, &mut response);
    response
}

/// Everything that is asked of a request before a page sees it.
async fn examiner(
    garde: &Garde,
    pair: &Pair,
    source: signification::comptes::source::Source,
    request: Request,
) -> Result<(Arc<Demande>, Request), Refus> {
    let etat = &garde.etat;
    etat.compter(source)?;
    let (mut parts, body) = request.into_parts();
    let post = match parts.method {
        Method::GET | Method::HEAD => false,
        Method::POST => true,
        _ => return Err(Refus::methode()),
    };
    hote(etat, &parts.headers, &parts.uri)?;
    let officier = match garde.cote {
        Cote::Destinataire => None,
        Cote::Etude => Some(officier(etat, pair)?),
    };
    let (fields, rest, stream) = if post { corps(garde, &parts.headers, body).await? } else { Default::default() };
    let known = cookie(&parts.headers, nom_session(etat)).filter(|value| Temoin::lire(value).is_ok());
    let (fresh, value) = match known {
        Some(value) => (false, value),
        None => (true, Temoin::tirer(etat.config.hasard)?.valeur()),
    };
    let acces = match (fresh || statique(parts.uri.path()), &officier) {
        (true, _) => None,
        (false, None) => session(etat, value.clone()).await?,
        (false, Some(shown)) => session_d_officier(etat, value.clone(), shown.clone()).await?,
    };
    if let Some(acces) = &acces {
        etat.compter_compte(acces.compte().id)?;
    }
    let mark = cookie(&parts.headers, nom_appareil(etat)).filter(|mark| mark.len() == 64);
    let demande = Demande {
        chemin: parts.uri.path().to_owned(),
        requete: champs(parts.uri.query().unwrap_or_default().as_bytes())?,
        champs: fields,
        cookie: value,
        acces,
        source,
        adresse: pair.adresse,
        appareil: mark.map(|mark| Sha256Digest::of(mark.as_bytes())),
        certificat: officier.as_ref().map(|(_, sha256)| *sha256),
        officier: officier.map(|(nom, _)| nom),
    };
    if post && !stream {
        let token = demande.champ("jeton");
        demande
            .temoin()?
            .verifier_jeton(&demande.chemin, token)
            .map_err(|_| Refus { sonde: true, ..Refus::formulaire() })?;
    }
    let demande = Arc::new(demande);
    parts.extensions.insert(demande.clone());
    Ok((demande, Request::from_parts(parts, rest)))
}

/// The form of a POST, or what is left to read of an act in deposit: that comes in a stream, to a page that checks its token
/// itself.
async fn corps(garde: &Garde, headers: &HeaderMap, body: Body) -> Result<(Champs, Body, bool), Refus> {
    origine(&garde.etat, headers)?;
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match kind.as_str() {
        "multipart/form-data" if garde.cote == Cote::Etude => Ok((Champs::new(), body, true)),
        "application/x-www-form-urlencoded" => {
            Ok((champs(&lire(&garde.etat, headers, body).await?)?, Body::empty(), false))
        }
        _ => Err(Refus::genre()),
    }
}

/// Our own name only: a page elsewhere whose name leads to our address is not ours.
fn hote(etat: &Etat, headers: &HeaderMap, uri: &axum::http::Uri) -> Result<(), Refus> {
    let ours = etat.origine.split_once("://").map_or("", |(_, host)| host);
    let mut hosts = headers.get_all(header::HOST).iter();
    let (first, second) = (hosts.next(), hosts.next());
    let named = first.and_then(|v| v.to_str().ok()).is_some_and(|host| host.eq_ignore_ascii_case(ours));
    let relative = uri.authority().is_none();
    if named && second.is_none() && relative { Ok(()) } else { Err(Refus::hote()) }
}

/// A form comes from a page of ours. Our pages send no referrer, so browsers say « null »; they then say where from in words
/// that no page can forge (Fetch Metadata).
fn origine(etat: &Etat, headers: &HeaderMap) -> Result<(), Refus> {
    let text = |name: HeaderName| headers.get(name).map(|v| v.to_str().unwrap_or("?").to_owned());
    let site = text(HeaderName::from_static("sec-fetch-site"));
    let good = match text(header::ORIGIN).as_deref() {
        Some("null") | None => site.as_deref() == Some("same-origin"),
        Some(origin) => origin == etat.origine && site.as_deref().is_none_or(|site| site == "same-origin"),
    };
    if good { Ok(()) } else { Err(Refus { sonde: true, ..Refus::formulaire() }) }
}

fn officier(etat: &Etat, pair: &Pair) -> Result<(String, Sha256Digest), Refus> {
    let known = etat.config.etude.as_ref().zip(pair.certificat);
    let found = known.and_then(|(etude, shown)| etude.officiers.iter().find(|(digest, _)| *digest == shown).cloned());
    found.map(|(sha256, nom)| (nom, sha256)).ok_or_else(Refus::sans_officier)
}

async fn lire(etat: &Etat, headers: &HeaderMap, body: Body) -> Result<Zeroizing<Vec<u8>>, Refus> {
    let limites = etat.config.limites;
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limites.formulaire) {
        return Err(Refus::trop_gros());
    }
    match tokio::time::timeout(limites.corps, to_bytes(body, limites.formulaire)).await {
        Ok(Ok(bytes)) => Ok(Zeroizing::new(bytes.to_vec())),
        Ok(Err(_)) => Err(Refus::trop_gros()),
        Err(_) => Err(Refus::trop_lent()),
    }
}

async fn session(
    etat: &Etat,
    value: Zeroizing<String>,
) -> Result<Option<Arc<signification::platform::comptes::Acces>>, Refus> {
    etat.appeler(move |platform| match platform.session(Temoin::lire(&value)?) {
        Ok(acces) => Ok(Some(Arc::new(acces))),
        Err(signification::SignificationError::Session { .. }) => Ok(None),
        Err(other) => Err(other),
    })
    .await
}

/// An officer's session: good with the certificate it was opened with, on this very connection.
async fn session_d_officier(
    etat: &Etat,
    value: Zeroizing<String>,
    (nom, sha256): (String, Sha256Digest),
) -> Result<Option<Arc<signification::platform::comptes::Acces>>, Refus> {
    let found = etat.appeler(move |platform| platform.session_d_officier(Temoin::lire(&value)?, &nom, sha256));
    Ok(found.await?.map(Arc::new))
}

/// Draws a refusal, and tells the journal.
async fn refuser(
    etat: &Arc<Etat>,
    demande: Option<&Demande>,
    source: signification::comptes::source::Source,
    refus: Refus,
    mut response: Response,
) -> Response {
    let menu = demande.map_or(crate::pages::Menu::Visiteur, Demande::menu);
    let compte = demande.and_then(|d| d.acces.as_ref()).map(|acces| acces.compte().id);
    let (shared, told) = (etat.clone(), refus.clone());
    let drawn = etat.appeler(move |platform| {
        if let Some(why) = told.journal {
            platform.noter_refus(source, compte, why)?;
        }
        let lock = if told.sonde { platform.sonder(source)? } else { None };
        Ok((told.montrer(&shared.cadre(menu)), lock))
    });
    match drawn.await {
        Ok((page, lock)) => {
            if let Some(until) = lock {
                etat.verrouiller(source, until);
            }
            *response.body_mut() = Body::from(page);
        }
        Err(_) => *response.body_mut() = Body::from("Le service est occupé. Recommencez dans un instant."),
    }
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, html);
    // A body that was not read to its end would be taken for the next request.
    if refus.statut == StatusCode::PAYLOAD_TOO_LARGE || refus.statut == StatusCode::REQUEST_TIMEOUT {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

pub(crate) fn nom_session(etat: &Etat) -> &'static str {
    if etat.securise { "__Host-session" } else { "session" }
}

fn nom_appareil(etat: &Etat) -> &'static str {
    if etat.securise { "__Host-appareil" } else { "appareil" }
}

/// A cookie that no script reads and no other site sends; without TLS (this machine only) it cannot be `Secure`.
pub(crate) fn poser(etat: &Etat, nom: &str, valeur: &str, age: Option<u32>) -> Option<HeaderValue> {
    let secure = if etat.securise { "; Secure" } else { "" };
    let age = age.map_or(String::new(), |seconds| format!("; Max-Age={seconds}"));
    let mut value =
        HeaderValue::from_str(&format!("{nom}={valeur}; Path=/; HttpOnly; SameSite=Strict{secure}{age}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// The cookies of a login: the session's, and the mark of a device that had none.
pub(crate) fn cookies_de_connexion(etat: &Etat, session: &str, mark: Option<&Zeroizing<String>>) -> Vec<HeaderValue> {
    let mark = mark.and_then(|mark| poser(etat, nom_appareil(etat), mark, Some(31_536_000)));
    poser(etat, nom_session(etat), session, None).into_iter().chain(mark).collect()
}

fn habiller(etat: &Etat, garde: &Garde, demande: Option<&Demande>, static_file: bool, response: &mut Response) {
    let headers = response.headers_mut();
    for (name, value) in EN_TETES {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if demande.is_some_and(|d| PAGES_A_SCRIPT.contains(&d.chemin.as_str())) && etat.ceremonies.is_some() {
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLITIQUE_A_SCRIPT));
    }
    if etat.securise {
        let year = HeaderValue::from_static("max-age=31536000; includeSubDomains");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    // A visitor's cookie guards his forms; whoever logs in gets another one from the login itself.
    let visitor = demande.filter(|d| d.acces.is_none());
    let already = headers.contains_key(header::SET_COOKIE);
    if let Some(visitor) = visitor.filter(|_| !already && !static_file)
        && let Some(value) = poser(etat, nom_session(etat), &visitor.cookie, None)
    {
        headers.insert(header::SET_COOKIE, value);
    }
    if garde.cote == Cote::Etude {
        // Whoever's session just ended shows his key again; there is no password here.
        if headers.get(header::LOCATION).is_some_and(|place| place == "/connexion") {
            headers.insert(header::LOCATION, HeaderValue::from_static("/etude/cle"));
        }
        headers.insert(HeaderName::from_static("vary"), HeaderValue::from_static("Cookie"));
    }
}
