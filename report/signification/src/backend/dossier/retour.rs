//! The outcome file, written by software that is not ours: bounded, strict, and never more than it says.
use dossier::{Instant, Sha256Digest, parse_strict};
use serde::{Deserialize, Serialize};

use crate::voie::is_code;
use crate::{Id, SignificationError};

/// Format of the outcome file.
pub const RETOUR_FORMAT: &str = "constat-retour/1";
/// The longest outcome file, in octets.
pub const MAX_RETOUR: usize = 16 * 1024;

/// What the file says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "issue", rename_all = "snake_case", deny_unknown_fields)]
pub enum IssueRetour {
    /// Served, at that time.
    Signifie {
        /// When: RFC 3339 with offset.
        le: Instant,
    },
    /// Not served, and not to be.
    Refuse {
        /// Why: 1 to 60 of `A-Z 0-9 _`.
        code: String,
    },
    /// Not yet.
    EnCours {
        /// Where it stands, likewise.
        code: String,
    },
}

/// The outcome of an act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retour {
    /// The act.
    pub acte: Id,
    /// SHA-256 of the act that was served, as the other software computed it.
    pub contenu: Sha256Digest,
    /// What came of it.
    pub issue: IssueRetour,
}

/// Every member, as it is read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Brut {
    format: String,
    acte: Id,
    contenu: Sha256Digest,
    issue: String,
    #[serde(default)]
    le: Option<Instant>,
    #[serde(default)]
    code: Option<String>,
}

/// Reads an outcome file: JSON without duplicate members, only the members of the schema, only those its outcome calls for.
pub fn lire(bytes: &[u8]) -> Result<Retour, SignificationError> {
    let refused = |why: &str| SignificationError::ReturnRefused { why: why.to_owned() };
    if bytes.len() > MAX_RETOUR {
        return Err(refused("plus de 16 Kio"));
    }
    let value = parse_strict(bytes).map_err(|_| refused("pas un texte JSON strict"))?;
    let brut: Brut = serde_json::from_value(value).map_err(|_| refused("schéma constat-retour/1 non respecté"))?;
    if brut.format != RETOUR_FORMAT {
        return Err(refused("format attendu : constat-retour/1"));
    }
    let issue = match (brut.issue.as_str(), brut.le, brut.code) {
        ("signifie", Some(le), None) => IssueRetour::Signifie { le },
        ("refuse", None, Some(code)) if is_code(&code) => IssueRetour::Refuse { code },
        ("en_cours", None, Some(code)) if is_code(&code) => IssueRetour::EnCours { code },
        _ => return Err(refused("issue : « signifie » avec « le », « refuse » ou « en_cours » avec « code »")),
    };
    Ok(Retour { acte: brut.acte, contenu: brut.contenu, issue })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ACTE: &str = "019a9c3b-7d00-7000-8000-000000000001";

    fn text(issue: &str) -> String {
        let contenu = Sha256Digest::of(b"acte").to_hex();
        format!("{{\"format\":\"constat-retour/1\",\"acte\":\"{ACTE}\",\"contenu\":\"{contenu}\",{issue}}}")
    }

    #[test]
    fn an_outcome_says_one_thing_only() {
        let served = text(r#""issue":"signifie","le":"2026-12-01T10:00:00+01:00""#);
        let read = lire(served.as_bytes()).unwrap();
        assert_eq!(read.issue, IssueRetour::Signifie { le: "2026-12-01T09:00:00Z".parse().unwrap() });
        assert!(lire(text(r#""issue":"refuse","code":"DESTINATAIRE_INCONNU""#).as_bytes()).is_ok());
        for bad in [
            r#""issue":"signifie""#,
            r#""issue":"signifie","le":"2026-12-01T10:00:00""#,
            r#""issue":"signifie","le":"2026-12-01T10:00:00Z","code":"X""#,
            r#""issue":"refuse","code":"du texte libre""#,
            r#""issue":"refuse","le":"2026-12-01T10:00:00Z""#,
            r#""issue":"en_cours","code":"A","autre":1"#,
            r#""issue":"signifie","issue":"refuse","code":"A""#,
            r#""issue":"peut-être","code":"A""#,
        ] {
            assert_eq!(lire(text(bad).as_bytes()).unwrap_err().code(), "signification.return_refused", "{bad}");
        }
        let long = format!("{served}{}", " ".repeat(MAX_RETOUR));
        assert!(lire(long.as_bytes()).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_harm(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            prop_assert!(lire(&bytes).is_err());
        }

        #[test]
        fn a_flipped_bit_is_refused_or_read_whole(at in 0_usize..400, bit in 0_u8..8) {
            let mut bytes = text(r#""issue":"signifie","le":"2026-12-01T10:00:00Z""#).into_bytes();
            let at = at % bytes.len();
            bytes[at] ^= 1 << bit;
            if let Ok(read) = lire(&bytes) {
                let served = matches!(read.issue, IssueRetour::Signifie { .. });
                prop_assert!(served);
            }
        }
    }
}
