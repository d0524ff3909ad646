//! `[acces]`: by what right the pages are reached, as the officer declares it; what a court set aside is refused here.
use dossier::Personne;
use serde_json::{Value, json};

use super::ScenarioError;
use super::read::{Item, Section};

/// The right by which pages are reached (Z67-NAV-06).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Acces {
    /// What anybody sees, without an account.
    Public,
    /// With an account of the officer, whose name and quality it shows.
    CompteOfficier {
        /// Its name on the site.
        compte: String,
    },
    /// With an account of who asks, who is there and entitled.
    CompteRequerant {
        /// Its name on the site.
        compte: String,
        /// Whose it is; among those present.
        titulaire: String,
        /// Why its holder may see the pages: a friend, a member since.
        droit: String,
    },
    /// By a decision of a court.
    Decision {
        /// Court, date, number.
        decision: String,
        /// The account that is used, if any.
        compte: Option<String>,
    },
}

const KEYS: &[&str] = &["mode", "compte", "qualite_affichee", "titulaire", "present", "droit", "decision"];
const MODES: &str = "« public », « compte-officier », « compte-requerant » ou « decision »";

/// Reads the section; `presents` are the persons the scenario names.
pub(super) fn access(item: &Item<'_, '_>, presents: &[Personne]) -> Result<Acces, ScenarioError> {
    let mode = item.table(KEYS)?.required("mode")?;
    match mode.as_str() {
        "public" => item.table(&["mode"]).map(|_| Acces::Public),
        "compte-officier" => {
            let section = item.table(&["mode", "compte", "qualite_affichee"])?;
            let hidden = "qualite_affichee = true : le compte montre le nom et la qualité de l'officier ; un compte sous pseudonyme, \
                          ou qui cache cette qualité, fait écarter le constat (CA Paris, 7 octobre 2015)";
            affirmed(item, &section, "qualite_affichee", hidden)?;
            Ok(Acces::CompteOfficier { compte: section.required("compte")? })
        }
        "compte-requerant" => claimant(item, presents),
        "decision" => {
            let section = item.table(&["mode", "decision", "compte"])?;
            Ok(Acces::Decision { decision: section.required("decision")?, compte: section.optional("compte")? })
        }
        _ => Err(refused(item, MODES, format!("« {mode} »"))),
    }
}

fn claimant(item: &Item<'_, '_>, presents: &[Personne]) -> Result<Acces, ScenarioError> {
    let section = item.table(&["mode", "compte", "titulaire", "present", "droit"])?;
    let absent = "present = true : le compte d'un autre ne s'emploie que devant lui, qui l'ouvre lui-même";
    affirmed(item, &section, "present", absent)?;
    let titulaire = section.required("titulaire")?;
    if !presents.iter().any(|person| person.nom.trim() == titulaire.trim()) {
        let expected = "le titulaire du compte parmi les personnes présentes, [[presents]] nom";
        return Err(refused(item, expected, format!("« {titulaire} »")));
    }
    Ok(Acces::CompteRequerant { compte: section.required("compte")?, titulaire, droit: section.required("droit")? })
}

fn affirmed(item: &Item<'_, '_>, section: &Section<'_, '_>, key: &str, why: &str) -> Result<(), ScenarioError> {
    match section.get(key).map(Item::boolean).transpose()? {
        Some(true) => Ok(()),
        Some(false) => Err(refused(item, why, "false")),
        None => Err(refused(item, why, "rien")),
    }
}

fn refused(item: &Item<'_, '_>, expected: impl Into<String>, found: impl Into<String>) -> ScenarioError {
    item.source.error(item.offset, item.key.as_str()).values(expected, found).of_access()
}

impl Acces {
    /// What is declared, in French, without a full stop.
    pub fn words(&self) -> String {
        match self {
            Self::Public => "accès public, sans compte".into(),
            Self::CompteOfficier { compte } => {
                format!("compte « {compte} » de l'officier, qui affiche son nom et sa qualité")
            }
            Self::CompteRequerant { compte, titulaire, droit } => {
                format!("compte « {compte} » de {titulaire}, présent, à ce titre : {droit}")
            }
            Self::Decision { decision, compte: None } => format!("accès autorisé par décision de justice : {decision}"),
            Self::Decision { decision, compte: Some(compte) } => {
                format!("accès autorisé par décision de justice : {decision} ; compte « {compte} »")
            }
        }
    }

    /// For the journal: `mode` (`public`, `officer_account`, `client_account`, `court_order`) and what is declared with it.
    pub(crate) fn json(&self) -> Value {
        let said = self.words();
        match self {
            Self::Public => json!({"mode": "public", "said": said}),
            Self::CompteOfficier { compte } => {
                json!({"mode": "officer_account", "account": compte, "quality_shown": true, "said": said})
            }
            Self::CompteRequerant { compte, titulaire, droit } => json!({
                "mode": "client_account", "account": compte, "holder": titulaire, "holder_present": true, "right": droit,
                "said": said,
            }),
            Self::Decision { decision, compte } => {
                json!({"mode": "court_order", "decision": decision, "account": compte, "said": said})
            }
        }
    }
}
