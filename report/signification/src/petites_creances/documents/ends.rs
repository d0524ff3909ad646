//! The officer's statements of the four ends (CPCE art. R. 125-5), in writing, electronic allowed.
use dossier::Instant;
use jiff::civil::Date;

use super::{AccordPaiement, Affaire, amount, french, how, texts, why};
use crate::SignificationError;
use crate::civil::paris_text;
use crate::deadline::calendar_months;
use crate::petites_creances::{DelaiMois, ModeRefus, Montant, MotifDesaccord, Prescription};

const NAMES: [&str; 6] = ["etude", "adresse_etude", "signature", "reference", "creancier", "debiteur"];

/// The debtor refused to take part (1°).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinRefusExpres {
    /// The claim.
    pub affaire: Affaire,
    /// What was asked.
    pub montant: Montant,
    /// Day of sending of the invitation.
    pub envoi: Date,
    /// How he refused.
    pub mode: ModeRefus,
    /// The day retained for it.
    pub date_refus: Date,
    /// When it is recorded.
    pub constat: Instant,
}

impl FinRefusExpres {
    /// The text.
    pub fn texte(&self) -> Result<String, SignificationError> {
        let mut values = self.affaire.values(&NAMES)?;
        values.extend(amount(&self.montant));
        values.extend([
            ("envoi", french(self.envoi)),
            ("mode", how(self.mode).to_owned()),
            ("date_refus", french(self.date_refus)),
            ("constat", paris_text(self.constat)),
        ]);
        self.affaire.write(texts::FIN_REFUS_EXPRES, &values)
    }
}

/// The debtor said nothing in the month (2°); both readings of the month are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinRefusImplicite {
    /// The claim.
    pub affaire: Affaire,
    /// What was asked.
    pub montant: Montant,
    /// The month.
    pub delai: DelaiMois,
    /// When it is recorded.
    pub constat: Instant,
}

impl FinRefusImplicite {
    /// The text; none before the month is over in both readings.
    pub fn texte(&self) -> Result<String, SignificationError> {
        if self.constat < self.delai.fin() {
            return Err(crate::petites_creances::Motif::DelaiEnCours.into());
        }
        let mut values = self.affaire.values(&NAMES)?;
        values.extend(amount(&self.montant));
        values.extend([
            ("envoi", french(self.delai.envoi)),
            ("strict", french(self.delai.strict)),
            ("art_642", french(self.delai.art_642)),
            ("constat", paris_text(self.constat)),
        ]);
        self.affaire.write(texts::FIN_REFUS_IMPLICITE, &values)
    }
}

/// No agreement on amount and terms (2° or 3°).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinDesaccord {
    /// The claim.
    pub affaire: Affaire,
    /// What was asked.
    pub montant: Montant,
    /// Day of sending of the invitation.
    pub envoi: Date,
    /// Why.
    pub motif: MotifDesaccord,
    /// The day of it: the prescription runs again from this day.
    pub le: Date,
    /// Since when the prescription is suspended; `None` when the debtor's agreement to take part was not recorded.
    pub suspendue: Option<Instant>,
    /// When it is recorded.
    pub constat: Instant,
}

impl FinDesaccord {
    /// The text.
    pub fn texte(&self) -> Result<String, SignificationError> {
        let (alinea, motif) = why(self.motif);
        let mut values = self.affaire.values(&NAMES)?;
        values.extend(amount(&self.montant));
        values.extend([
            ("envoi", french(self.envoi)),
            ("alinea", alinea.to_owned()),
            ("motif", motif.to_owned()),
            ("prescription", self.prescription()),
            ("constat", paris_text(self.constat)),
        ]);
        self.affaire.write(texts::FIN_DESACCORD, &values)
    }

    fn prescription(&self) -> String {
        let source = Prescription::FONDEMENT;
        match self.suspendue {
            None => format!(
                "L'accord du débiteur pour participer n'a pas été constaté : la prescription n'a pas été suspendue\n({source})."
            ),
            Some(since) => format!(
                "La prescription, suspendue depuis le {}, recommence à courir à compter du {},\npour une durée qui ne peut être \
                 inférieure à six mois, soit au moins jusqu'au {}\n({source}).",
                paris_text(since),
                french(self.le),
                french(calendar_months(self.le, 6))
            ),
        }
    }
}

/// Both sides agree (4°).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinAccord {
    /// The agreement.
    pub accord: AccordPaiement,
    /// Since when the prescription is suspended; `None` when the debtor's agreement to take part was not recorded.
    pub suspendue: Option<Instant>,
    /// When it is recorded.
    pub constat: Instant,
}

impl FinAccord {
    /// The text.
    pub fn texte(&self) -> Result<String, SignificationError> {
        let mut values = self.accord.affaire.values(&NAMES)?;
        values.extend(self.accord.agreed());
        values.extend([("prescription", self.prescription()), ("constat", paris_text(self.constat))]);
        self.accord.affaire.write(texts::FIN_ACCORD, &values)
    }

    fn prescription(&self) -> String {
        let source = Prescription::FONDEMENT;
        match self.suspendue {
            None => format!(
                "La prescription n'est pas suspendue : l'accord pour participer n'a pas été constaté\n({source})."
            ),
            Some(since) => format!("La prescription est suspendue depuis le {}\n({source}).", paris_text(since)),
        }
    }
}
