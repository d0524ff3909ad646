//! What the officer adds to the text: French keys, read from TOML. Everything is optional, and what is absent
//! is printed as a marked gap.
use std::collections::BTreeMap;

use dossier::{Officier, Personne, Requerant};
use serde::{Deserialize, Serialize};

use crate::ReportError;

/// The officer's additions. Nothing here is measured: the text prints it as the officer's own words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DraftInput {
    /// The look: after the arrêté, or the office's own letterhead.
    pub profil: Profil,
    /// Lines of the office's stamp, top of the left column.
    pub cachet: Vec<String>,
    /// Code of the act, printed in the left column.
    pub code_acte: Option<String>,
    /// Initials of the handler, printed in the left column.
    pub initiales: Option<String>,
    /// `ORIGINAL`, `EXPÉDITION`, `COPIE`…
    pub exemplaire: Option<String>,
    /// The requérant, when the sealed case does not name one.
    pub requerant: Option<Requerant>,
    /// The officer, when the sealed case does not name one.
    pub officier: Option<Officier>,
    /// Lawyer or agent: one paragraph.
    pub representation: Option<String>,
    /// The object of the mission, when the sealed case does not say it.
    pub objet: Option<String>,
    /// What the requérant exposed: one paragraph. Printed as declarations of the requérant.
    pub expose: Option<String>,
    /// On what legal basis the officer acts.
    pub fondement: Option<Fondement>,
    /// Place of the operations, when the sealed case does not say it.
    pub lieu: Option<String>,
    /// Persons present, beside those of the sealed case.
    pub presents: Vec<Personne>,
    /// What the officer declares of the internet access (provider, contract, router).
    pub acces_internet: Option<String>,
    /// What kind of constat it is; it gives the act its title.
    pub nature: Nature,
    /// Which captures are printed, and in what order.
    pub captures: Choix,
    /// Neutral description of each capture, by its number.
    pub descriptions: BTreeMap<String, String>,
    /// How the officer accounts for a deviation, by the mark of the requirement, or decides over a check (`CHK-10`).
    pub justifications: BTreeMap<String, String>,
    /// The purchase made by a third party, for an achat-test.
    pub achat: Option<Achat>,
    /// Spontaneous declarations of persons present, verbatim. An empty list says that there was none.
    pub declarations: Option<Vec<Declaration>>,
    /// The medium the bundle is kept on, and its number.
    pub support: Option<String>,
    /// The cost.
    pub cout: Option<Cout>,
}

/// The look of the act.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Profil {
    /// After the arrêté of 21 March 2023: left column, frame, foot.
    #[default]
    #[serde(rename = "arrete-2023")]
    Arrete2023,
    /// The office's letterhead over the whole width, reference and page at the head of each sheet.
    Libre,
}

impl Profil {
    /// As written in a draft.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Arrete2023 => "arrete-2023",
            Self::Libre => "libre",
        }
    }
}

/// What kind of constat an act is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Nature {
    /// Pages of the web.
    #[default]
    Internet,
    /// A social network.
    ReseauSocial,
    /// Pages as an archive keeps them.
    Archive,
    /// Pages as a telephone is shown them.
    Mobile,
    /// A purchase by a third party, under the officer's eyes.
    AchatTest,
}

impl Nature {
    /// As written in a draft.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Internet => "internet",
            Self::ReseauSocial => "reseau-social",
            Self::Archive => "archive",
            Self::Mobile => "mobile",
            Self::AchatTest => "achat-test",
        }
    }
}

/// The officer's choice among the captures. What is not printed stays sealed, annexed and listed, and the act says so.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Choix {
    /// Numbers of captures that are printed at the end of the chapter, in this order.
    pub ordre: Vec<u32>,
    /// Numbers of captures that are not printed.
    pub non_imprimees: Vec<u32>,
}

/// A purchase made by a third party: the officer watches and buys nothing himself (Cass. 1re civ., 20 March 2014).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Achat {
    /// Who bought.
    pub acheteur: String,
    /// What he declares of himself: profession, and his tie with the requérant or the requérant's lawyer.
    pub qualite: String,
    /// Whether he declares to be independent of the requérant and of his counsel (Cass. ch. mixte, 12 May 2025: to be stated).
    pub independant: bool,
    /// What was bought, and for how much, as declared.
    pub objet: String,
    /// Number of the order, when there is one.
    #[serde(default)]
    pub commande: Option<String>,
    /// What became of the thing: delivered, opened, sealed; in the officer's words.
    #[serde(default)]
    pub suite: Option<String>,
}

/// The legal basis of the mission.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
pub enum Fondement {
    /// At the request of a person (ordonnance n° 2016-728, art. 1er, II, 2°).
    Requete,
    /// On a court's order.
    Ordonnance {
        /// The court.
        juridiction: String,
        /// Date of the order, as it is written.
        date: String,
        /// Its number.
        numero: String,
        /// The terms of the mission, verbatim.
        termes: String,
        /// Last day on which the mission may be carried out, `AAAA-MM-JJ`, when the order says it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        echeance: Option<String>,
        /// Hosts within the scope of the order; empty: it names none.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        perimetre: Vec<String>,
    },
}

/// What a person present said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// Who.
    pub nom: String,
    /// The words.
    pub propos: String,
    /// Whether this person signed; `false` prints the refusal.
    pub signe: bool,
}

/// The cost, in euro cents. The tariff does not apply to constats (C. com. L. 444-1): fees are agreed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cout {
    /// Fees without tax.
    pub honoraires_ht_centimes: u64,
    /// Travel and other expenses without tax.
    #[serde(default)]
    pub frais_ht_centimes: u64,
    /// Disbursements, outside the base of the tax.
    #[serde(default)]
    pub debours_centimes: u64,
    /// What the disbursements and expenses are, line by line, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub detail: Vec<String>,
}

impl DraftInput {
    /// Reads the additions from TOML. A mistake names the line, the key and what was expected.
    pub fn from_toml(text: &str) -> Result<Self, ReportError> {
        let read: Self = toml::from_str(text).map_err(|e| ReportError::Draft { why: e.to_string() })?;
        Ok(read.without_blanks())
    }

    /// A draft waits to be filled in: what is still empty is absent.
    fn without_blanks(mut self) -> Self {
        let texts = [
            &mut self.code_acte,
            &mut self.initiales,
            &mut self.exemplaire,
            &mut self.representation,
            &mut self.objet,
            &mut self.expose,
            &mut self.lieu,
            &mut self.acces_internet,
            &mut self.support,
        ];
        for text in texts {
            *text = text.take().filter(|text| !text.trim().is_empty());
        }
        self.cachet.retain(|line| !line.trim().is_empty());
        self.descriptions.retain(|_, text| !text.trim().is_empty());
        self.justifications.retain(|_, text| !text.trim().is_empty());
        self
    }
}

impl Cout {
    /// The base of the tax, the tax at 20 % rounded half up, and the total: all in cents. `None` beyond 2^53.
    pub fn totals(&self) -> Option<Totals> {
        let ht = self.honoraires_ht_centimes.checked_add(self.frais_ht_centimes)?;
        let tva = ht.checked_mul(20)?.checked_add(50)? / 100;
        let ttc = ht.checked_add(tva)?.checked_add(self.debours_centimes)?;
        (ttc < 1 << 53).then_some(Totals { ht, tva, ttc })
    }
}

/// Totals of a cost, in cents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Totals {
    /// Base of the tax.
    pub ht: u64,
    /// Tax at 20 %.
    pub tva: u64,
    /// Everything, disbursements included.
    pub ttc: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_refused_with_its_name() {
        let error = DraftInput::from_toml("code_acte = \"PVC\"\nrequrant = 1\n").unwrap_err();
        assert_eq!(error.code(), "report.draft");
        assert!(error.to_string().contains("requrant"), "{error}");
    }

    #[test]
    fn totals_add_up_and_round_half_up() {
        let of = |honoraires: u64, frais, debours| Cout {
            honoraires_ht_centimes: honoraires,
            frais_ht_centimes: frais,
            debours_centimes: debours,
            detail: Vec::new(),
        };
        let cout = of(30_001, 1, 640);
        assert_eq!(cout.totals(), Some(Totals { ht: 30_002, tva: 6_000, ttc: 36_642 }));
        let odd = of(103, 0, 0);
        assert_eq!(odd.totals().map(|t| t.tva), Some(21));
        assert_eq!(of(u64::MAX, 1, 0).totals(), None);
    }
}
