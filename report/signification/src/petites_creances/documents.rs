//! The documents of the procedure: one struct says the fields of each, one French text under `text/fr/petites_creances/` the
//! words. They are the office's texts: CPCE art. R. 125-2, IV, refers to models set by arrêté, to be compared with.
use jiff::civil::Date;

use super::{Canal, Cause, DelaiMois, Modalites, ModeRefus, Montant, MotifDesaccord, Prescription};
use crate::civil::paris_text;
use crate::deadline::french;
use crate::text::{ESSAI, fill};
use crate::{Id, SignificationError};

mod ends;
mod texts;

pub use ends::{FinAccord, FinDesaccord, FinRefusExpres, FinRefusImplicite};
pub use texts::TEXTES;

crate::discret::discret!(PartieNommee);

/// What stands where a text of law is not joined yet.
pub const A_JOINDRE: &str = "[Texte à joindre par l'étude.]";

/// Who writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnTete {
    /// Name of the officer and of the office.
    pub etude: String,
    /// Address.
    pub adresse: String,
    /// Contact for personal data.
    pub dpo: String,
    /// Whether it comes from a trial installation: every document says so.
    pub essai: bool,
}

/// A party, by name: in documents only, never in the journal.
#[derive(Clone, PartialEq, Eq)]
pub struct PartieNommee {
    /// Name or denomination.
    pub nom: String,
    /// Address or seat.
    pub adresse: String,
}

/// What every document of a claim bears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Affaire {
    /// The office.
    pub en_tete: EnTete,
    /// Its reference.
    pub reference: String,
    /// The creditor.
    pub creancier: PartieNommee,
    /// The debtor.
    pub debiteur: PartieNommee,
    /// What the debt comes from: the contract and its date, or the obligation.
    pub fondement: String,
    /// Its kind.
    pub cause: Cause,
}

/// The texts the letter reproduces (CPCE art. R. 125-2, II), each as the office joins it.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextesJoints {
    /// CPCE art. L. 111-2.
    pub l_111_2: Option<String>,
    /// CPCE art. L. 111-3.
    pub l_111_3: Option<String>,
    /// CPCE art. L. 125-1.
    pub l_125_1: Option<String>,
    /// C. civ. art. 2238.
    pub c_civ_2238: Option<String>,
}

impl TextesJoints {
    fn blocks(&self) -> [(&'static str, &Option<String>); 4] {
        [
            ("Code des procédures civiles d'exécution, art. L. 111-2", &self.l_111_2),
            ("Code des procédures civiles d'exécution, art. L. 111-3", &self.l_111_3),
            ("Code des procédures civiles d'exécution, art. L. 125-1", &self.l_125_1),
            ("Code civil, art. 2238", &self.c_civ_2238),
        ]
    }

    /// Whether none is missing.
    pub fn complets(&self) -> bool {
        self.blocks().iter().all(|(_, text)| text.as_ref().is_some_and(|t| !t.trim().is_empty()))
    }

    fn render(&self) -> Result<String, SignificationError> {
        let mut out = Vec::new();
        for (title, text) in self.blocks() {
            out.push(format!("{title}\n{}", joined("texte", text)?));
        }
        Ok(out.join("\n\n"))
    }
}

/// The invitation to take part, on paper or as an electronic message.
#[derive(Clone, PartialEq, Eq)]
pub struct LettreInvitation {
    /// The claim.
    pub affaire: Affaire,
    /// How it goes.
    pub canal: Canal,
    /// The month; its first day is that of sending.
    pub delai: DelaiMois,
    /// The amount.
    pub montant: Montant,
    /// Address of the platform.
    pub plateforme: String,
    /// The provisional credentials, in clear: this struct is never printed by `Debug`.
    pub identifiants: String,
    /// The texts reproduced.
    pub textes: TextesJoints,
}

impl std::fmt::Debug for LettreInvitation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LettreInvitation").field("reference", &self.affaire.reference).finish_non_exhaustive()
    }
}

impl LettreInvitation {
    /// The text. A missing text of law shows as such.
    pub fn texte(&self) -> Result<String, SignificationError> {
        let template = match self.canal {
            Canal::LettreRecommandee => texts::INVITATION_PAPIER,
            Canal::MessageElectronique => texts::INVITATION_ELECTRONIQUE,
        };
        let mut values = self.affaire.values(&[
            "etude",
            "adresse_etude",
            "dpo",
            "signature",
            "reference",
            "creancier",
            "adresse_creancier",
            "debiteur",
            "adresse_debiteur",
            "fondement",
            "cause",
        ])?;
        values.extend(amount(&self.montant));
        values.extend([("envoi", french(self.delai.envoi)), ("annonce", french(self.delai.annonce()))]);
        values.extend([("plateforme", one_line("plateforme", &self.plateforme)?)]);
        values.extend([("identifiants", one_line("identifiants", &self.identifiants)?)]);
        values.extend([("textes", self.textes.render()?)]);
        self.affaire.write(template, &values)
    }
}

/// The acceptance form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormulaireAcceptation {
    /// The claim.
    pub affaire: Affaire,
    /// The month.
    pub delai: DelaiMois,
    /// The amount.
    pub montant: Montant,
}

impl FormulaireAcceptation {
    /// The text.
    pub fn texte(&self) -> Result<String, SignificationError> {
        let mut values = self.affaire.values(&["etude", "adresse_etude", "reference", "creancier", "debiteur"])?;
        values.extend(asked(&self.montant));
        values
            .extend([("annonce", french(self.delai.annonce())), ("prescription", Prescription::FONDEMENT.to_owned())]);
        self.affaire.write(texts::ACCEPTATION, &values)
    }
}

/// The refusal form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormulaireRefus {
    /// The claim.
    pub affaire: Affaire,
    /// The amount.
    pub montant: Montant,
}

impl FormulaireRefus {
    /// The text.
    pub fn texte(&self) -> Result<String, SignificationError> {
        let mut values = self.affaire.values(&["etude", "adresse_etude", "reference", "creancier", "debiteur"])?;
        values.extend(asked(&self.montant));
        self.affaire.write(texts::REFUS, &values)
    }
}

/// The agreement on amount and terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccordPaiement {
    /// The claim.
    pub affaire: Affaire,
    /// Day of sending of the invitation.
    pub envoi: Date,
    /// What is agreed.
    pub montant: Montant,
    /// How it is paid.
    pub modalites: Modalites,
    /// The day retained for the creditor's agreement.
    pub accord_creancier: Date,
    /// The day retained for the debtor's.
    pub accord_debiteur: Date,
}

const WHOLE: [&str; 9] = [
    "etude",
    "adresse_etude",
    "reference",
    "creancier",
    "adresse_creancier",
    "debiteur",
    "adresse_debiteur",
    "fondement",
    "cause",
];

impl AccordPaiement {
    fn agreed(&self) -> Vec<(&'static str, String)> {
        let mut values = amount(&self.montant);
        values.extend([
            ("envoi", french(self.envoi)),
            ("modalites", payments(&self.modalites)),
            ("accord_creancier", french(self.accord_creancier)),
            ("accord_debiteur", french(self.accord_debiteur)),
        ]);
        values
    }

    /// The text.
    pub fn texte(&self) -> Result<String, SignificationError> {
        let mut values = self.affaire.values(&WHOLE)?;
        values.extend(self.agreed());
        self.affaire.write(texts::ACCORD, &values)
    }
}

/// The title. Signing it is another matter: see [`super::delivrer_titre`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TitreExecutoire {
    /// The agreement.
    pub accord: AccordPaiement,
    /// The day the agreement was recorded.
    pub constat: Date,
    /// The day of delivery.
    pub delivre: Date,
    /// The formule exécutoire, as the office joins it (décret n° 47-1047 du 12 juin 1947).
    pub formule: Option<String>,
}

impl TitreExecutoire {
    /// Whether the formule exécutoire is there: without it this is no title yet.
    pub fn complet(&self) -> bool {
        self.formule.as_ref().is_some_and(|text| !text.trim().is_empty())
    }

    /// The text.
    pub fn texte(&self) -> Result<String, SignificationError> {
        let mut values = self.accord.affaire.values(&WHOLE)?;
        values.extend(self.accord.affaire.values(&["signature"])?);
        values.extend(self.accord.agreed());
        values.extend([
            ("constat", french(self.constat)),
            ("delivre", french(self.delivre)),
            ("formule", joined("formule", &self.formule)?),
        ]);
        self.accord.affaire.write(texts::TITRE, &values)
    }
}

/// The notices of availability and of consultation of a communication (arrêté du 3 juin 2016, art. 8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Avis {
    /// The claim.
    pub affaire: Affaire,
    /// The communication.
    pub id: Id,
    /// What the journal knows of it.
    pub message: super::Message,
}

impl Avis {
    fn values(&self) -> Result<Vec<(&'static str, String)>, SignificationError> {
        let mut values = self.affaire.values(&["etude", "adresse_etude", "reference"])?;
        values.extend([
            ("message", self.id.to_string()),
            ("sha256", self.message.contenu.sha256.to_hex()),
            ("mis_a_disposition", paris_text(self.message.mis_a_disposition)),
        ]);
        Ok(values)
    }

    /// The notice of availability.
    pub fn mise_a_disposition(&self) -> Result<String, SignificationError> {
        self.affaire.write(texts::AVIS_MISE_A_DISPOSITION, &self.values()?)
    }

    /// The notice of consultation; none before it.
    pub fn consultation(&self) -> Result<Option<String>, SignificationError> {
        let Some(at) = self.message.consulte else { return Ok(None) };
        let mut values = self.values()?;
        values.push(("consulte", paris_text(at)));
        self.affaire.write(texts::AVIS_CONSULTATION, &values).map(Some)
    }
}

impl Affaire {
    fn values(&self, keys: &[&'static str]) -> Result<Vec<(&'static str, String)>, SignificationError> {
        keys.iter()
            .map(|key| {
                let value = match *key {
                    "etude" | "signature" => &self.en_tete.etude,
                    "adresse_etude" => &self.en_tete.adresse,
                    "dpo" => &self.en_tete.dpo,
                    "reference" => &self.reference,
                    "creancier" => &self.creancier.nom,
                    "adresse_creancier" => &self.creancier.adresse,
                    "debiteur" => &self.debiteur.nom,
                    "adresse_debiteur" => &self.debiteur.adresse,
                    "fondement" => &self.fondement,
                    _ => return Ok((*key, self.cause.nom().to_owned())),
                };
                Ok((*key, one_line(key, value)?))
            })
            .collect()
    }

    fn write(&self, template: &str, values: &[(&'static str, String)]) -> Result<String, SignificationError> {
        let values: Vec<(&str, &str)> = values.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let text = fill(template, &values)?;
        Ok(if self.en_tete.essai { format!("{ESSAI}{text}") } else { text })
    }
}

/// A value on one line: a line break in a name could pass for another line of the document.
fn one_line(field: &str, value: &str) -> Result<String, SignificationError> {
    if value.trim().is_empty() || value.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
        return Err(SignificationError::Message { why: format!("{field} : vide, ou caractère de contrôle") });
    }
    Ok(value.to_owned())
}

fn joined(field: &str, text: &Option<String>) -> Result<String, SignificationError> {
    match text {
        None => Ok(A_JOINDRE.to_owned()),
        Some(text) if text.trim().is_empty() || text.chars().any(|c| c.is_control() && c != '\n') => {
            Err(SignificationError::Message { why: format!("{field} : vide, ou caractère de contrôle") })
        }
        Some(text) => Ok(text.trim_end().to_owned()),
    }
}

fn asked(montant: &Montant) -> Vec<(&'static str, String)> {
    vec![
        ("principal", montant.principal().to_string()),
        ("interets", montant.interets().to_string()),
        ("total", montant.total().to_string()),
    ]
}

fn amount(montant: &Montant) -> Vec<(&'static str, String)> {
    let mut values = asked(montant);
    values.push(("arrete_au", french(montant.arrete_au())));
    values
}

fn payments(modalites: &Modalites) -> String {
    let lines = modalites.echeances().iter().map(|e| format!(" - le {} : {}", french(e.le), e.montant));
    lines.collect::<Vec<_>>().join("\n")
}

fn how(mode: ModeRefus) -> &'static str {
    match mode {
        ModeRefus::FormulaireElectronique => "par le formulaire de la plateforme",
        ModeRefus::FormulairePapier => "par le formulaire sur papier",
        ModeRefus::AutreMoyen => "par un autre moyen dont l'étude garde la trace",
    }
}

fn why(motif: MotifDesaccord) -> (&'static str, &'static str) {
    match motif {
        MotifDesaccord::Montant => ("3°", "Le débiteur a refusé le montant proposé."),
        MotifDesaccord::Modalites => ("3°", "Le débiteur a refusé les modalités de paiement proposées."),
        MotifDesaccord::DelaiExpire => {
            ("2°", "Le délai d'un mois a pris fin sans accord sur le montant et les modalités de paiement.")
        }
    }
}
