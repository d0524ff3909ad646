//! `caviardage/liste.json`: what a copy withholds, and why; and for every record of the archive, the salt that shows it or what
//! stands for it.
use std::fmt;

use dossier::{Instant, Sha256Digest, canonical_bytes, parse_strict};
use serde::{Deserialize, Serialize};
use warc::RecordType;

/// The format named in the list.
pub(crate) const FORMAT: &str = "constat-caviardage/1";

/// What a copy of a sealed bundle withholds. Nothing in it is signed: what a copy proves is that the rest is the original's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WithholdingList {
    /// `constat-caviardage/1`.
    pub format: String,
    /// When the copy was made, by the clock of the machine that made it.
    pub made_at: Instant,
    /// The program that made it.
    pub made_by: String,
    /// Who asked for it, as declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_by: Option<String>,
    /// The bundle it was made from.
    pub original: Original,
    /// The files withheld, sorted by path.
    pub files: Vec<WithheldFile>,
    /// Record after record of the archive, in its order; empty when the package is there, or withheld as a whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<RecordFate>,
}

/// The bundle a copy was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Original {
    /// SHA-256 of the whole file, as declared: a copy cannot prove it.
    pub sha256: Sha256Digest,
    /// Its length in octets, as declared.
    pub bytes: u64,
    /// SHA-256 of `META-INF/ASiCManifest001.xml`, which is in the copy: the list is for this seal and no other.
    pub manifest_sha256: Sha256Digest,
}

/// A file of the original that is not in the copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WithheldFile {
    /// Its path.
    pub path: String,
    /// Its length in octets, as sealed.
    pub bytes: u64,
    /// Its SHA-256, as sealed.
    pub sha256: Sha256Digest,
    /// Why, as declared.
    pub reason: String,
}

/// What became of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum RecordFate {
    /// It is in the copy.
    Disclosed {
        /// The salt of its leaf.
        salt: Salt,
    },
    /// It is not.
    Withheld {
        /// What stands for its octets in its leaf.
        blind: Sha256Digest,
        /// Its type, which the leaf proves.
        #[serde(rename = "type")]
        kind: String,
        /// Why, as declared.
        reason: String,
        /// Its address, as declared, when whoever made the copy lets it be known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        url: Option<String>,
    },
}

/// The salt of a leaf, lower-case hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Salt(pub(crate) [u8; super::SECRET]);

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Salt({})", hex::encode(self.0))
    }
}

impl From<Salt> for String {
    fn from(salt: Salt) -> Self {
        hex::encode(salt.0)
    }
}

impl TryFrom<String> for Salt {
    type Error = hex::FromHexError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let mut octets = [0; super::SECRET];
        hex::decode_to_slice(text, &mut octets)?;
        Ok(Self(octets))
    }
}

impl WithholdingList {
    /// Reads the list: strict JSON, canonical, every field known, every type a type of record. The error says what is wrong.
    pub(crate) fn parse(octets: &[u8]) -> Result<Self, String> {
        let value = parse_strict(octets).map_err(|e| e.to_string())?;
        if canonical_bytes(&value).ok().as_deref() != Some(octets) {
            return Err("forme non canonique (RFC 8785)".into());
        }
        let list: Self = serde_json::from_value(value.clone()).map_err(|e| e.to_string())?;
        if serde_json::to_value(&list).ok().as_ref() != Some(&value) {
            return Err("un champ inconnu, ou écrit autrement".into());
        }
        let sorted = list.files.windows(2).all(|pair| matches!(pair, [one, next] if one.path < next.path));
        let typed = list.records.iter().all(|record| record.withheld().is_none_or(|(_, kind)| kind.is_some()));
        match (list.format == FORMAT, sorted, typed, list.files.is_empty()) {
            (false, ..) => Err(format!("format inconnu : {}", list.format)),
            (_, false, ..) => Err("fichiers répétés ou non triés".into()),
            (_, _, false, _) => Err("type d'enregistrement inconnu".into()),
            (.., true) => Err("rien n'est retiré".into()),
            _ => Ok(list),
        }
    }

    /// How many records it withholds.
    pub fn withheld_records(&self) -> usize {
        self.records.iter().filter(|record| record.withheld().is_some()).count()
    }

    /// Every reason, each once, in the order of the list; that of the program itself aside.
    pub fn reasons(&self) -> Vec<&str> {
        let mut reasons: Vec<&str> = Vec::new();
        let files = self.files.iter().map(|file| file.reason.as_str());
        let records = self.records.iter().filter_map(|record| match record {
            RecordFate::Withheld { reason, .. } => Some(reason.as_str()),
            RecordFate::Disclosed { .. } => None,
        });
        for reason in files.chain(records).filter(|reason| *reason != BY_RULE) {
            if !reasons.contains(&reason) && reasons.len() < 100 {
                reasons.push(reason);
            }
        }
        reasons
    }
}

/// The reason of what goes by itself when a record is withheld: the package that holds it, and the secret of the salts.
pub(crate) const BY_RULE: &str = "Retiré avec les enregistrements de l'archive.";

impl RecordFate {
    /// What stands for a withheld record, and its type (`None`: of no known name); `None` for one that is there.
    pub(crate) fn withheld(&self) -> Option<(&Sha256Digest, Option<RecordType>)> {
        match self {
            Self::Disclosed { .. } => None,
            Self::Withheld { blind, kind, .. } => Some((blind, kind.parse().ok())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list() -> WithholdingList {
        let file = |path: &str| WithheldFile {
            path: path.into(),
            bytes: 3,
            sha256: Sha256Digest::of(b"abc"),
            reason: "tiers".into(),
        };
        WithholdingList {
            format: FORMAT.into(),
            made_at: "2026-11-22T10:00:00Z".parse().unwrap(),
            made_by: "constat".into(),
            asked_by: None,
            original: Original { sha256: Sha256Digest::of(b""), bytes: 0, manifest_sha256: Sha256Digest::of(b"m") },
            files: vec![file("a"), file("b")],
            records: vec![
                RecordFate::Disclosed { salt: Salt([7; 32]) },
                RecordFate::Withheld {
                    blind: Sha256Digest::of(b"x"),
                    kind: "response".into(),
                    reason: "témoins".into(),
                    url: None,
                },
            ],
        }
    }

    fn parse(list: &WithholdingList) -> Result<WithholdingList, String> {
        WithholdingList::parse(&dossier::to_canonical(list).unwrap())
    }

    #[test]
    fn what_is_written_is_read_and_nothing_else() {
        assert_eq!(parse(&list()).unwrap(), list());
        assert_eq!((list().withheld_records(), list().reasons()), (1, vec!["tiers", "témoins"]));
        let text = String::from_utf8(dossier::to_canonical(&list()).unwrap()).unwrap();
        for (from, to) in [
            ("{\"files\"", "{ \"files\""),
            ("\"made_by\"", "\"made_bx\""),
            ("\"reason\":\"témoins\"", "\"reason\":\"témoins\",\"salt\":1"),
            ("\"type\":\"response\"", "\"type\":\"reponse\""),
            ("constat-caviardage/1", "constat-caviardage/2"),
            ("\"path\":\"b\"", "\"path\":\"a\""),
            ("0707", "0G07"),
        ] {
            assert!(text.contains(from), "{from}");
            assert!(WithholdingList::parse(text.replacen(from, to, 1).as_bytes()).is_err(), "{from}");
        }
    }

    #[test]
    fn a_list_that_withholds_nothing_is_none() {
        assert!(parse(&WithholdingList { files: Vec::new(), ..list() }).is_err());
    }
}
