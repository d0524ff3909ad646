//! What the browser's words for a failed navigation mean.

/// A stable code and a French sentence for a `net::ERR_…`.
pub(super) fn meaning(error: &str) -> (&'static str, String) {
    let (code, words) = match error.trim_start_matches("net::") {
        "ERR_NAME_NOT_RESOLVED" | "ERR_NAME_RESOLUTION_FAILED" | "ERR_ICANN_NAME_COLLISION" => {
            ("capture.dns", "Le nom du site n'a pas d'adresse connue des serveurs de noms")
        }
        "ERR_INTERNET_DISCONNECTED" | "ERR_NETWORK_CHANGED" => {
            ("capture.network_lost", "La machine a perdu le réseau, ou en a changé")
        }
        "ERR_CONNECTION_REFUSED" => ("capture.refused", "Le site refuse la connexion"),
        "ERR_CONNECTION_TIMED_OUT" | "ERR_TIMED_OUT" => ("capture.timeout", "Le site n'a pas répondu à temps"),
        "ERR_TOO_MANY_REDIRECTS" => ("capture.redirect_loop", "Le site redirige sans fin d'une adresse à l'autre"),
        other if other.starts_with("ERR_CERT") => {
            ("capture.certificate", "Le certificat du site n'est pas valable ; il n'a pas été contourné")
        }
        other if other.starts_with("ERR_SSL") || other.starts_with("ERR_TLS") || other.contains("ERR_BAD_SSL") => {
            ("capture.tls", "La liaison chiffrée avec le site n'a pas pu être établie")
        }
        _ => ("capture.navigation", "La page n'a pas pu être atteinte"),
    };
    (code, format!("{words} ({error})."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::steps::STEP_CODES;

    #[test]
    fn each_family_has_its_code() {
        let cases = [
            ("net::ERR_NAME_NOT_RESOLVED", "capture.dns"),
            ("net::ERR_INTERNET_DISCONNECTED", "capture.network_lost"),
            ("net::ERR_CONNECTION_REFUSED", "capture.refused"),
            ("net::ERR_CERT_DATE_INVALID", "capture.certificate"),
            ("net::ERR_CERT_AUTHORITY_INVALID", "capture.certificate"),
            ("net::ERR_SSL_PROTOCOL_ERROR", "capture.tls"),
            ("net::ERR_TOO_MANY_REDIRECTS", "capture.redirect_loop"),
            ("net::ERR_EMPTY_RESPONSE", "capture.navigation"),
        ];
        for (error, code) in cases {
            assert_eq!(meaning(error).0, code);
            assert!(STEP_CODES.contains(&code));
        }
    }
}
