//! The data that travel beside the PDF: read by the confrère's software, in JSON and in an XML that says the same thing.
use dossier::{Instant, Reference, to_canonical};
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event as Xml};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::SignificationError;
use crate::acte::Nature;
use crate::territoire::{Canal, CodeInsee};

/// Format of the data.
pub const DONNEES_FORMAT: &str = "constat-confrere-donnees/1";
/// The most addressees of one act.
const MAX_DESTINATAIRES: usize = 100;
const MAX_LIGNE: usize = 300;
const MAX_TEXTE: usize = 4000;

/// Somebody the act is to be served on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Destinataire {
    /// Name or denomination.
    pub nom: String,
    /// Address, one line.
    pub adresse: String,
    /// Commune of the address.
    pub commune: CodeInsee,
}

/// What the confrère is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Aller {
    /// [`DONNEES_FORMAT`].
    pub format: String,
    /// The asking office's reference of the dossier.
    pub dossier: Reference,
    /// Nature of the act.
    pub nature: Nature,
    /// On whose request (name of the requérant).
    pub requerant: String,
    /// On whom.
    pub destinataires: Vec<Destinataire>,
    /// By what channel.
    pub canal: Canal,
    /// Instructions, free text.
    pub instructions: String,
    /// Before when an answer is asked.
    pub echeance: Instant,
}

/// How the act was served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Modalite {
    /// To the person (CPC 654), or read on the day of sending (CPC 662-1).
    APersonne,
    /// At home (CPC 655, 656), or not read on the day of sending (CPC 662-1).
    ADomicile,
    /// At the residence (CPC 655).
    AResidence,
    /// Minutes of searches (CPC 659).
    ProcesVerbalDeRecherches,
}

/// What the confrère sends back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retour {
    /// [`DONNEES_FORMAT`].
    pub format: String,
    /// Date and hour of service.
    pub signifie_le: Instant,
    /// How.
    pub modalite: Modalite,
    /// Remarks, free text.
    pub observations: String,
}

/// Either.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "sens", content = "contenu", rename_all = "lowercase", deny_unknown_fields)]
pub enum Donnees {
    /// To the confrère.
    Aller(Aller),
    /// Back.
    Retour(Retour),
}

impl Donnees {
    /// Checks every field.
    pub fn check(&self) -> Result<(), SignificationError> {
        let format = match self {
            Self::Aller(aller) => {
                ligne("requerant", &aller.requerant)?;
                texte("instructions", &aller.instructions)?;
                if aller.destinataires.is_empty() || aller.destinataires.len() > MAX_DESTINATAIRES {
                    let found = aller.destinataires.len().to_string();
                    return Err(field("destinataires", &found, "un au moins, cent au plus"));
                }
                for destinataire in &aller.destinataires {
                    ligne("nom", &destinataire.nom)?;
                    ligne("adresse", &destinataire.adresse)?;
                }
                &aller.format
            }
            Self::Retour(retour) => {
                texte("observations", &retour.observations)?;
                &retour.format
            }
        };
        if format == DONNEES_FORMAT { Ok(()) } else { Err(field("format", format, DONNEES_FORMAT)) }
    }

    /// Canonical JSON.
    pub fn json(&self) -> Result<Vec<u8>, SignificationError> {
        Ok(to_canonical(self)?)
    }

    /// The same data in XML: an element for each field, in the order of their names; an array is its element repeated.
    pub fn xml(&self) -> Result<Vec<u8>, SignificationError> {
        let broken = |why: String| SignificationError::PackageRefused { why };
        let value = serde_json::to_value(self).map_err(|e| broken(e.to_string()))?;
        let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
        let declaration = Xml::Decl(BytesDecl::new("1.0", Some("UTF-8"), None));
        writer.write_event(declaration).map_err(|e| broken(e.to_string()))?;
        element(&mut writer, "transmission", &value).map_err(|e| broken(e.to_string()))?;
        let mut bytes = writer.into_inner();
        bytes.push(b'\n');
        Ok(bytes)
    }
}

fn element(writer: &mut Writer<Vec<u8>>, name: &str, value: &Value) -> std::io::Result<()> {
    match value {
        Value::Array(items) => return items.iter().try_for_each(|item| element(writer, name, item)),
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| key.as_str());
            writer
                .create_element(name)
                .write_inner_content(|w| entries.into_iter().try_for_each(|(key, item)| element(w, key, item)))?;
        }
        Value::String(text) => {
            writer.create_element(name).write_text_content(BytesText::new(text))?;
        }
        Value::Null => {}
        Value::Bool(_) | Value::Number(_) => {
            writer.create_element(name).write_text_content(BytesText::new(&value.to_string()))?;
        }
    }
    Ok(())
}

fn field(field: &'static str, found: &str, why: &'static str) -> SignificationError {
    SignificationError::Field { field, found: found.chars().take(40).collect(), why }
}

fn ligne(name: &'static str, value: &str) -> Result<(), SignificationError> {
    let bad = |c: char| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}');
    if value.trim().is_empty() || value.len() > MAX_LIGNE || value.chars().any(bad) {
        return Err(field(name, value, "une ligne de texte, 300 octets au plus"));
    }
    Ok(())
}

/// Free text: line ends allowed, nothing else that XML 1.0 cannot hold.
pub(super) fn texte(name: &'static str, value: &str) -> Result<(), SignificationError> {
    let bad = |c: char| c.is_control() && c != '\n' || matches!(c, '\u{fffe}' | '\u{ffff}');
    if value.len() > MAX_TEXTE || value.chars().any(bad) {
        return Err(field(name, value, "un texte sans caractère de commande, 4000 octets au plus"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aller() -> Aller {
        Aller {
            format: DONNEES_FORMAT.into(),
            dossier: Reference::new("2026-117").unwrap(),
            nature: Nature::new("assignation").unwrap(),
            requerant: "Dupont & Fils <SARL>".into(),
            destinataires: vec![Destinataire {
                nom: "Isaline Essai".into(),
                adresse: "1, rue de l'Étang".into(),
                commune: "69123".parse().unwrap(),
            }],
            canal: Canal::Papier,
            instructions: "Avant midi.\nMerci.".into(),
            echeance: "2026-12-01T12:00:00Z".parse().unwrap(),
        }
    }

    #[test]
    fn g03_json_and_xml_say_the_same() {
        let donnees = Donnees::Aller(aller());
        donnees.check().unwrap();
        let xml = String::from_utf8(donnees.xml().unwrap()).unwrap();
        assert!(xml.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<transmission>"), "{xml}");
        assert!(xml.contains("<requerant>Dupont &amp; Fils &lt;SARL&gt;</requerant>"), "{xml}");
        assert!(xml.contains("<commune>69123</commune>") && xml.contains("<sens>aller</sens>"), "{xml}");
        let back: Donnees = serde_json::from_slice(&donnees.json().unwrap()).unwrap();
        assert_eq!(back, donnees);
    }

    #[test]
    fn each_field_is_checked() {
        let refused = |change: fn(&mut Aller)| {
            let mut input = aller();
            change(&mut input);
            Donnees::Aller(input).check().unwrap_err().code() == "signification.field"
        };
        assert!(refused(|a| a.requerant.clear()));
        assert!(refused(|a| a.destinataires.clear()));
        assert!(refused(|a| a.destinataires[0].nom = "a\u{0}b".into()));
        assert!(refused(|a| a.destinataires[0].adresse = "x".repeat(301)));
        assert!(refused(|a| a.instructions = "\u{7}".into()));
        assert!(refused(|a| a.format = "autre".into()));
    }
}
