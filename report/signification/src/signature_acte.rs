//! Whether the PDF of an act bears its officer's qualified signature (row C04; decree n° 2017-1416): asked at the deposit, of the very
//! octets that are deposited, before anything is kept. Who judges is lent by the program: this package holds no root and no list.
use std::path::PathBuf;

use dossier::{Instant, Sha256Digest};
use serde::{Deserialize, Serialize};

use crate::acte::Refusal;
use crate::config::refuse;
use crate::{Id, SignificationError};

/// Version of what is kept of a judgement ([`Jugee`]).
pub const SIGNATURE_FORMAT: &str = "constat-signature-acte/1";
/// Its file, in the whole dossier of an act.
pub const SIGNATURE_FILE: &str = "acte/signature-pdf.json";
/// The most remarks kept, and the most characters of one.
const MAX_REMARQUES: (usize, usize) = (50, 400);

/// What the deposit asks of the signature inside the PDF.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SignaturePdf {
    /// What is found is noted; nothing is refused for it.
    #[default]
    Constatee,
    /// A qualified signature that holds, over the whole document, by a certificate neither expired nor revoked; else the deposit is
    /// refused, and nothing is kept.
    Exigee,
}

/// What is asked of the acts deposited (`[actes]`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ActesConfig {
    /// What is asked of the signature inside the PDF.
    pub signature_pdf: SignaturePdf,
    /// Folder of the root certificates (PEM) that signatures are judged by, by its whole path; without it, those of the office and the
    /// qualified services of the trusted lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ancres: Option<PathBuf>,
    /// Snapshot of trusted lists (`constat confiance importer`), by its whole path; without it, the office's. They alone say what is
    /// qualified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listes: Option<PathBuf>,
}

impl ActesConfig {
    pub(crate) fn check(&self) -> Result<(), SignificationError> {
        for (name, path) in [("ancres", &self.ancres), ("listes", &self.listes)] {
            if path.as_ref().is_some_and(|path| !path.is_absolute()) {
                return Err(refuse(format!("actes.{name} : le chemin entier du dossier est attendu (« /… »)")));
            }
        }
        Ok(())
    }

    /// Whether nothing was decided.
    pub(crate) fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

/// Judges the signatures of a PDF.
pub trait ControleSignature {
    /// What the signatures of `pdf` are worth at `le`. Never an error: what cannot be read is a finding.
    fn juger(&self, pdf: &[u8], le: Instant) -> Constat;
}

/// What was found of the signature of a PDF.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Constat {
    /// Signatures of persons in the file.
    pub signatures: u32,
    /// What is against it, worst first; empty: the qualified signature holds.
    pub motifs: Vec<Refusal>,
    /// Subject of the certificate retained (RFC 4514), once the signature itself holds.
    pub signataire: Option<String>,
    /// SHA-256 of that certificate (DER).
    pub certificat: Option<Sha256Digest>,
    /// Level reached (ETSI EN 319 142-1), as `B-LT`.
    pub niveau: Option<String>,
    /// Whether it is a qualified electronic signature, by the trusted lists; `None`: not established.
    pub qualifiee: Option<bool>,
    /// The time that the signer declares.
    pub declaree_le: Option<Instant>,
    /// The earliest time that a token proves.
    pub prouvee_le: Option<Instant>,
    /// What the file says of its own form, as `PDF/A-3b`: a claim, not checked here.
    pub pdf_a: Option<String>,
    /// What the check said, in French.
    pub remarques: Vec<String>,
}

impl Constat {
    /// In bounds, whoever judged: nothing against it only when it is qualified, motives once each, remarks few and short.
    fn borne(mut self) -> Self {
        if self.motifs.is_empty() && self.qualifiee != Some(true) {
            let why = self.qualifiee.map_or(Refusal::QualificationInconnue, |_| Refusal::SignatureNonQualifiee);
            self.motifs.push(why);
        }
        let mut once = Vec::new();
        for motif in self.motifs {
            if !once.contains(&motif) {
                once.push(motif);
            }
        }
        self.motifs = once;
        let (most, length) = MAX_REMARQUES;
        self.remarques.truncate(most);
        for text in self.remarques.iter_mut().chain(&mut self.signataire).chain(&mut self.pdf_a) {
            *text = text.chars().filter(|c| !c.is_control()).take(length).collect();
        }
        self
    }

    /// What it comes to, in French, naming nobody.
    pub fn phrase(&self) -> &'static str {
        phrase(&self.motifs)
    }
}

/// What a judgement comes to, in French, naming nobody: its worst motive.
pub fn phrase(motifs: &[Refusal]) -> &'static str {
    let Some(worst) = motifs.first() else {
        return "Signature électronique qualifiée de l'officier, valable à l'heure du dépôt";
    };
    match worst {
        Refusal::PdfIllisible => "La signature du PDF ne peut pas être jugée : sa structure ne se suit pas",
        Refusal::SignatureAbsente => "Le PDF ne porte aucune signature électronique",
        Refusal::SignatureFausse => "La signature du PDF est rompue : ce qu'elle couvre a été modifié",
        Refusal::ModifieApresSignature => "Le PDF a été modifié après sa signature, qui ne le couvre pas en entier",
        Refusal::CertificatRevoque => "Le certificat du signataire du PDF est révoqué",
        Refusal::CertificatExpire => "Rien ne prouve que le certificat du signataire du PDF était en cours de validité",
        Refusal::ChaineInconnue => "Le certificat du signataire du PDF ne mène à aucune autorité reconnue",
        Refusal::HeureDeSignature => "L'heure de la signature du PDF ne tient pas",
        Refusal::AlgorithmeDepasse => "La signature du PDF emploie un algorithme qui n'est plus admis",
        Refusal::RevocationInconnue => "Il n'est pas établi que le certificat du signataire du PDF n'est pas révoqué",
        Refusal::SignatureNonQualifiee => {
            "Signature électronique valable, mais non qualifiée selon les listes de confiance"
        }
        _ => "Signature électronique valable, dont la qualification n'est pas établie",
    }
}

/// A judgement as it is kept: in the office's record of the act, encrypted, and in the whole dossier. The journal has its digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Jugee {
    /// [`SIGNATURE_FORMAT`].
    pub format: String,
    /// The act.
    pub acte: Id,
    /// SHA-256 of the octets that were judged.
    pub pdf_sha256: Sha256Digest,
    /// When: the clock of the deposit.
    pub juge_le: Instant,
    /// Whether a qualified signature was asked for.
    pub exigee: bool,
    /// Random, so that the digest in the journal tells nobody who signed.
    pub sel: Id,
    /// What was found.
    pub constat: Constat,
}

impl Jugee {
    /// Judges `pdf`, which is about to be deposited as `acte`.
    pub(crate) fn de(
        controle: &dyn ControleSignature,
        pdf: &[u8],
        (acte, sel): (Id, Id),
        (exigee, juge_le): (bool, Instant),
    ) -> Self {
        let (pdf_sha256, constat) = (Sha256Digest::of(pdf), controle.juger(pdf, juge_le).borne());
        Self { format: SIGNATURE_FORMAT.to_owned(), acte, pdf_sha256, juge_le, exigee, sel, constat }
    }
}

/// A judgement as the journal knows it: nobody is named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notee {
    /// When.
    pub le: Instant,
    /// Whether a qualified signature was asked for.
    pub exigee: bool,
    /// SHA-256 of the judgement as it is kept.
    pub constat: Sha256Digest,
    /// What was against it.
    pub motifs: Vec<Refusal>,
    /// SHA-256 of the certificate.
    pub certificat: Option<Sha256Digest>,
    /// Level.
    pub niveau: Option<String>,
    /// Whether it is qualified.
    pub qualifiee: Option<bool>,
    /// What the file says of its own form.
    pub pdf_a: Option<String>,
}

impl Notee {
    /// What it comes to, in French.
    pub fn phrase(&self) -> &'static str {
        phrase(&self.motifs)
    }
}

/// Tells why a deposit is refused for its signature: every motive, then what the check said.
pub(crate) fn refus(constat: &Constat) -> SignificationError {
    let codes: Vec<&'static str> = constat.motifs.iter().map(|motif| motif.code()).collect();
    let motif = constat.motifs.first().copied().unwrap_or(Refusal::QualificationInconnue);
    let detail = constat.remarques.first().cloned().unwrap_or_default();
    SignificationError::ActSignature { motif, codes, detail }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c04_a_setting_is_read_and_its_faults_are_told() {
        let read = |text: &str| {
            toml::from_str::<ActesConfig>(text).map_err(drop).and_then(|c| c.check().map(|()| c).map_err(drop))
        };
        assert_eq!(read("").unwrap(), ActesConfig::default());
        assert_eq!(read("").unwrap().signature_pdf, SignaturePdf::Constatee, "a sandbox notes, and refuses nothing");
        assert_eq!(read("signature_pdf = \"exigee\"").unwrap().signature_pdf, SignaturePdf::Exigee);
        assert!(read("ancres = \"/racines\"\nlistes = \"/listes\"").is_ok());
        for bad in ["signature_pdf = \"oui\"", "ancres = \"racines\"", "listes = \"listes\"", "autre = 1"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn c04_what_is_kept_is_bounded_whoever_judged() {
        let told = Constat {
            motifs: vec![Refusal::SignatureFausse, Refusal::SignatureFausse],
            signataire: Some("CN=\u{1b}[2J".to_owned() + &"x".repeat(5000)),
            remarques: vec!["\n".repeat(10); 500],
            ..Constat::default()
        };
        let kept = told.borne();
        assert_eq!(kept.motifs, [Refusal::SignatureFausse]);
        assert_eq!(Constat::default().borne().motifs, [Refusal::QualificationInconnue], "unknown is never enough");
        assert_eq!(Constat { qualifiee: Some(true), ..Constat::default() }.borne().motifs, []);
        assert_eq!((kept.remarques.len(), kept.remarques[0].len()), (50, 0));
        let name = kept.signataire.unwrap();
        assert!(name.len() == 400 && name.starts_with("CN=[2J"), "{name}");
    }
}
