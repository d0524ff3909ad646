//! One request, read once and whole before any page sees it: cookies, form, who is behind.
use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::HeaderMap;
use dossier::Sha256Digest;
use signification::comptes::session::Temoin;
use signification::comptes::source::Source;
use signification::platform::comptes::Acces;
use signification::{Entropy, Id};
use zeroize::Zeroizing;

use crate::pages::{Faute, Menu};
use crate::refus::Refus;

/// Fields of a form: each name once.
pub(crate) type Champs = BTreeMap<String, Zeroizing<String>>;

/// A request.
#[derive(Debug)]
pub(crate) struct Demande {
    /// Its path.
    pub(crate) chemin: String,
    /// Its query.
    pub(crate) requete: Champs,
    /// Its form.
    pub(crate) champs: Champs,
    /// Value of the cookie: that of a session, or of a visitor; just drawn when there was none.
    pub(crate) cookie: Zeroizing<String>,
    /// Who is logged in.
    pub(crate) acces: Option<Arc<Acces>>,
    /// Where from.
    pub(crate) source: Source,
    /// The device's mark.
    pub(crate) appareil: Option<Sha256Digest>,
    /// The address itself, for the connection log alone.
    pub(crate) adresse: std::net::IpAddr,
    /// The officer, on the office's side.
    pub(crate) officier: Option<String>,
    /// Digest of his certificate.
    pub(crate) certificat: Option<Sha256Digest>,
}

impl Demande {
    /// The cookie, as the platform reads it.
    pub(crate) fn temoin(&self) -> Result<Temoin, Refus> {
        Temoin::lire(&self.cookie).map_err(|_| Refus::formulaire())
    }

    /// The token of a form posted to `action`.
    pub(crate) fn jeton(&self, action: &str) -> String {
        Temoin::lire(&self.cookie).map(|temoin| temoin.jeton(action)).unwrap_or_default()
    }

    /// Who is logged in, or to the login.
    pub(crate) fn acces(&self) -> Result<Arc<Acces>, Refus> {
        self.acces.clone().ok_or_else(|| Refus::aller("/connexion"))
    }

    /// The menu.
    pub(crate) fn menu(&self) -> Menu {
        match (&self.officier, &self.acces) {
            (Some(_), _) => Menu::Etude,
            (None, Some(_)) => Menu::Destinataire { jeton: self.jeton("/deconnexion") },
            (None, None) => Menu::Visiteur,
        }
    }

    /// A field, trimmed, empty when absent.
    pub(crate) fn champ(&self, nom: &str) -> &str {
        self.champs.get(nom).map_or("", |v| v.trim())
    }

    /// A secret field, as typed.
    pub(crate) fn secret(&self, nom: &str) -> Zeroizing<String> {
        self.champs.get(nom).cloned().unwrap_or_default()
    }

    /// A required field.
    pub(crate) fn requis(&self, nom: &'static str, quoi: &str, fautes: &mut Vec<Faute>) -> String {
        let value = self.champ(nom);
        if value.is_empty() {
            fautes.push(Faute::de(nom, format!("Indiquez {quoi}.")));
        }
        value.to_owned()
    }

    /// An identifier in a path or a field: one form only, or nothing is found.
    pub(crate) fn id(texte: &str) -> Result<Id, Refus> {
        texte.parse().map_err(|_| Refus::introuvable())
    }
}

/// Pairs of a form or of a query (WHATWG URL, application/x-www-form-urlencoded); a name given twice is refused.
pub(crate) fn champs(octets: &[u8]) -> Result<Champs, Refus> {
    let mut champs = Champs::new();
    for (nom, valeur) in url::form_urlencoded::parse(octets) {
        let controls = |c: char| c.is_control() && !matches!(c, '\r' | '\n' | '\t');
        if champs.len() >= 32 || nom.len() > 40 || valeur.chars().any(controls) {
            return Err(Refus::illisible());
        }
        if champs.insert(nom.into_owned(), Zeroizing::new(valeur.into_owned())).is_some() {
            return Err(Refus::illisible());
        }
    }
    Ok(champs)
}

/// A cookie by its name; one that is there twice is nobody's.
pub(crate) fn cookie(headers: &HeaderMap, nom: &str) -> Option<Zeroizing<String>> {
    let mut found = None;
    for header in headers.get_all(axum::http::header::COOKIE) {
        for pair in header.to_str().ok()?.split(';') {
            if let Some((name, value)) = pair.split_once('=')
                && name.trim() == nom
            {
                if found.is_some() {
                    return None;
                }
                found = Some(Zeroizing::new(value.trim().to_owned()));
            }
        }
    }
    found
}

/// A new mark for a device: says nothing but that it is the same one.
pub(crate) fn marque(hasard: &dyn Entropy) -> Option<Zeroizing<String>> {
    let mut octets = Zeroizing::new([0; 32]);
    hasard.fill(&mut *octets).ok()?;
    Some(Zeroizing::new(hex::encode(*octets)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_has_each_field_once_and_no_control() {
        assert_eq!(champs(b"a=1&b=%C3%A9+x").unwrap()["b"].as_str(), "é x");
        for bad in [&b"a=1&a=2"[..], b"a=%00", b"a=%1b[0m"] {
            assert!(champs(bad).is_err());
        }
        assert!(champs("x".repeat(50).as_bytes()).is_err());
    }

    #[test]
    fn a_cookie_twice_is_nobodys() {
        let mut headers = HeaderMap::new();
        headers.insert("cookie", "a=1; b=2; c=3".parse().unwrap());
        assert_eq!(cookie(&headers, "b").unwrap().as_str(), "2");
        headers.append("cookie", "b=4".parse().unwrap());
        assert!(cookie(&headers, "b").is_none());
    }

    use proptest::prelude::*;

    proptest! {
        #[test]
        fn whatever_comes_as_a_form_is_read_or_refused(octets in prop::collection::vec(any::<u8>(), 0..400)) {
            if let Ok(read) = champs(&octets) {
                prop_assert!(read.len() <= 32);
                prop_assert!(read.keys().all(|name| name.len() <= 40));
            }
        }

        #[test]
        fn what_a_browser_writes_is_read_back(name in "[a-z_]{1,40}", value in "[^\\p{Cc}]{0,200}") {
            let form = url::form_urlencoded::Serializer::new(String::new()).append_pair(&name, &value).finish();
            let read = champs(form.as_bytes()).unwrap();
            prop_assert_eq!(read[&name].as_str(), value);
        }

        #[test]
        fn whatever_comes_as_cookies_gives_at_most_a_value_without_semicolon(text in "[ -~]{0,200}") {
            let mut headers = HeaderMap::new();
            headers.insert("cookie", text.parse().unwrap());
            prop_assert!(cookie(&headers, "session").is_none_or(|value| !value.contains(';')));
        }
    }
}
