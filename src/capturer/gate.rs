//! The preliminaries of a capture judged by the norm: what blocks a constat, what the officer may justify, what is only told.
use capture::scenario::Scenario;
use capture::{Gap, Gate, Ruling, Weight};
use dossier::Journal;
use norms::{Duty, Norm, Row, StatusKind};

use crate::exit::Exit;
use crate::failure::{Failure, chain};

/// The rules of a norm, applied before the first page.
#[derive(Debug)]
pub(crate) struct Preliminaries {
    norm: Norm,
}

impl Preliminaries {
    /// The rules for a scenario, whose justifications must each be of a requirement of the norm.
    pub(crate) fn of(scenario: &Scenario) -> Result<Self, Failure> {
        let preliminaries = Self::new()?;
        let unknown = scenario.justifications.keys().find(|id| preliminaries.norm.exigence(id).is_none());
        match unknown {
            None => Ok(preliminaries),
            Some(id) => Err(Failure::new(
                "scenario.justification",
                Exit::Usage,
                format!("[justifications] « {id} » n'est pas une exigence de la table ; « constat norme » les liste"),
            )),
        }
    }

    /// The rules of the norm that this product applies.
    pub(crate) fn new() -> Result<Self, Failure> {
        let norm = Norm::nf_z67_147().map_err(|e| Failure::new(e.code(), Exit::Environment, chain(&e)))?;
        Ok(Self { norm })
    }

    pub(crate) fn norm(&self) -> &Norm {
        &self.norm
    }

    /// Every requirement that can be judged before the first page.
    pub(crate) fn rows(&self, journal: &Journal) -> Vec<Row> {
        norms::before_first_page(&self.norm, journal)
    }

    /// What a requirement weighs for a constat. The six statements of Aix-en-Provence and what concerns identity,
    /// integrity and order block; every other one that weighs can be justified.
    pub(crate) fn weight(&self, row: &Row) -> Weight {
        let absolute = self.norm.exigence(row.id.as_str()).is_some_and(|exigence| self.norm.is_absolute(exigence));
        let aix = self.norm.aix.iter().any(|item| item.exigence == row.id);
        match row.duty {
            _ if absolute || aix => Weight::Block,
            Duty::Bloquant | Duty::Justifier => Weight::Justify,
            Duty::Recommande => Weight::Inform,
        }
    }

    /// What to do about a requirement that does not stand.
    pub(crate) fn todo(&self, row: &Row) -> &str {
        self.norm.exigence(row.id.as_str()).map_or("", |exigence| &exigence.que_faire)
    }

    fn gap(&self, row: &Row) -> Option<Gap> {
        let kind = row.status.kind();
        matches!(kind, StatusKind::Deviation | StatusKind::NotMet).then(|| Gap {
            requirement: row.id.to_string(),
            title: row.titre.clone(),
            weight: self.weight(row),
            state: kind.as_french().to_owned(),
            why: row.status.reason().unwrap_or_default().to_owned(),
            todo: self.todo(row).to_owned(),
        })
    }
}

impl Gate for Preliminaries {
    fn judge(&self, journal: &Journal) -> Ruling {
        let rows = self.rows(journal);
        Ruling {
            norm: self.norm.id.clone(),
            edition: self.norm.edition.clone(),
            data_sha256: self.norm.data_sha256().to_hex(),
            judged: rows.len(),
            gaps: rows.iter().filter_map(|row| self.gap(row)).collect(),
        }
    }
}
