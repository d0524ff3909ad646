//! The thirty-six checks before an act is final: each holds, does not apply, stands apart, or was decided over in writing by
//! the officer. None is passed by accident: what stands apart without a decision refuses the final act.
mod act;
mod captures;
mod machine;
mod order;
mod parties;
mod words;

use dossier::{Finding, Level};
use serde::Serialize;

use crate::ReportInput;
use crate::block::{Document, Node};
use crate::facts::Facts;

/// What a check weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// A reminder: refuses nothing.
    Rappel,
    /// Asks for the officer's written justification.
    Justifier,
    /// Refuses the act; the officer may decide over it in writing, and his decision is printed.
    Bloquer,
    /// Refuses the act, and no decision passes over it: identity, integrity, order.
    Interdire,
}

/// How a check stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "etat")]
pub enum Standing {
    /// It holds.
    Satisfait,
    /// It asks nothing of this dossier, and why.
    SansObjet {
        /// In French.
        motif: String,
    },
    /// It stands apart.
    Ecart,
    /// It stands apart, and the officer decided in writing.
    Decide {
        /// His words.
        decision: String,
    },
}

/// One check and its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// `CHK-01` to `CHK-36`.
    pub id: &'static str,
    /// What is asked, in French.
    pub titre: &'static str,
    /// Its weight.
    pub poids: Weight,
    /// The answer.
    #[serde(flatten)]
    pub standing: Standing,
    /// What stands apart.
    pub constats: Vec<Finding>,
}

impl Check {
    /// Whether this check alone refuses a final act.
    pub fn refuses(&self) -> bool {
        self.standing == Standing::Ecart && self.poids > Weight::Rappel
    }
}

/// What the checks look at.
pub(crate) struct Looked<'a> {
    pub(crate) input: &'a ReportInput<'a>,
    pub(crate) facts: &'a Facts<'a>,
    /// The text, its pictures aside.
    pub(crate) document: &'a Document,
    /// Gaps left in it.
    pub(crate) gaps: u32,
}

impl Looked<'_> {
    /// How many rows the table of that many columns has in a block; 0 without such a table.
    fn rows_of(&self, block: u8, columns: usize) -> usize {
        let nodes = self.document.blocks.iter().filter(|b| b.n == block).flat_map(|b| &b.nodes);
        let tables = nodes.filter_map(|node| match node {
            Node::Table { head, rows, .. } if head.len() == columns => Some(rows.len()),
            _ => None,
        });
        tables.max().unwrap_or(0)
    }

    /// How many headings of a further day the findings have.
    fn day_headings(&self) -> usize {
        let nodes = self.document.blocks.iter().filter(|b| b.n == 14).flat_map(|b| &b.nodes);
        nodes
            .filter(
                |node| matches!(node, Node::Para(line) if line.spans.first().is_some_and(|s| s.t.starts_with("L’AN "))),
            )
            .count()
    }
}

/// What a check answers before the officer's decisions are looked at.
enum Answer {
    Met,
    Without(&'static str),
    Apart(Vec<Finding>),
}

impl Answer {
    /// Met when nothing was found.
    fn of(found: Vec<Finding>) -> Self {
        if found.is_empty() { Self::Met } else { Self::Apart(found) }
    }
}

/// A finding of a check; its level follows from the weight of the check.
fn found(code: &str, what: impl Into<String>) -> Finding {
    Finding::new(code, Level::Warn, what)
}

type Look = fn(&Looked<'_>) -> Answer;

/// A check of the list: mark, what is asked, weight, whether it is asked of a relevé technique too, and how it looks.
type Row = (&'static str, &'static str, Weight, bool, Look);

use Weight::{Bloquer, Interdire, Justifier, Rappel};

#[rustfmt::skip]
const LIST: [Row; 36] = [
    ("CHK-01", "Mentions de l'article 648 du code de procédure civile", Interdire, false, parties::mentions),
    ("CHK-02", "Personne morale : organe qui la représente, numéro SIREN", Bloquer, false, parties::company),
    ("CHK-03", "L'officier de l'acte est celui qui a ouvert la session et reconnu les captures", Interdire, false, parties::officer),
    ("CHK-04", "Clerc habilité : requérant autre qu'une juridiction, contreseing prévu", Bloquer, false, parties::clerk),
    ("CHK-05", "Mission ordonnée : références, périmètre et délai de la décision", Bloquer, false, parties::order),
    ("CHK-06", "Date en toutes lettres : celle du journal ; un titre par jour", Bloquer, true, order::dates),
    ("CHK-07", "Journal : chaîne entière, sans trou, horloge interne sans recul", Interdire, true, order::chain),
    ("CHK-08", "Heures des opérations : croissantes, dans la session", Interdire, true, order::hours),
    ("CHK-09", "Horloge comparée au début et à la fin, dans la tolérance", Bloquer, false, machine::clock),
    ("CHK-10", "Les six mentions de la cour d'appel d'Aix-en-Provence (2016)", Bloquer, false, machine::aix),
    ("CHK-11", "La liste de la cour d'appel de Paris (2016) est mesurée en entier", Justifier, false, machine::paris),
    ("CHK-12", "Préparation achevée avant la première page", Bloquer, true, order::preparation),
    ("CHK-13", "Adresse publique, résolveurs et mandataire inchangés à la fin", Justifier, false, machine::changes),
    ("CHK-14", "Chaque capture imprimée existe et a l'empreinte scellée", Interdire, true, captures::whole),
    ("CHK-15", "Chaque capture appartient à une opération et est reconnue, imprimée ou dite non imprimée", Justifier, false, captures::cited),
    ("CHK-16", "Numérotation continue des opérations et des captures", Bloquer, true, order::numbers),
    ("CHK-17", "Dimensions des images accordées à l'affichage mesuré", Justifier, false, captures::sizes),
    ("CHK-18", "Adresses des captures : celles des pages atteintes", Bloquer, false, captures::addresses),
    ("CHK-19", "Dates données par les serveurs dans la tolérance de notre horloge", Justifier, false, machine::server_dates),
    ("CHK-20", "Réponses tirées d'un cache ou d'un agent de service signalées", Justifier, false, machine::caches),
    ("CHK-21", "Navigateur, système et affichage du texte : ceux qui furent mesurés", Bloquer, false, machine::browser),
    ("CHK-22", "Citations de l'officier : présentes dans le texte capturé", Justifier, false, captures::quotations),
    ("CHK-23", "Aucun mot d'appréciation dans le texte de l'officier", Justifier, false, words::opinions),
    ("CHK-24", "Mode d'accès déclaré compatible avec ce qui fut fait", Bloquer, false, parties::access),
    ("CHK-25", "Ni inscription ni commande hors du mode qui les permet", Bloquer, false, parties::purchase),
    ("CHK-26", "Pages consultées : celles du plan", Justifier, false, captures::pages),
    ("CHK-27", "Archive : page actuelle, date de l'instantané et avertissement", Justifier, false, captures::archives),
    ("CHK-28", "Table des annexes : celle du manifeste ; empreintes au journal", Interdire, true, act::annexes),
    ("CHK-29", "Jetons d'horodatage vérifiés, dans l'ordre de la session", Bloquer, false, act::tokens),
    ("CHK-30", "Empreinte du logiciel : la même à l'ouverture et au manifeste", Interdire, true, machine::software),
    ("CHK-31", "Antivirus : signatures récentes, résultat présent", Justifier, false, machine::antivirus),
    ("CHK-32", "Rien de déclaré n'est imprimé comme constaté", Bloquer, true, words::declared),
    ("CHK-33", "Décompte du coût : sommes exactes, aucune taxe abolie", Justifier, false, act::cost),
    ("CHK-34", "Aucune mention laissée en blanc", Bloquer, false, act::blanks),
    ("CHK-35", "Données de tiers : à occulter dans les copies, jamais dans l'original", Rappel, false, words::third_parties),
    ("CHK-36", "Chaque écart à la norme est imprimé au chapitre I, et justifié s'il doit l'être", Bloquer, false, act::deviations),
];

/// The answer of every check, in the order of the list.
pub(crate) fn all(looked: &Looked<'_>) -> Vec<Check> {
    LIST.iter().map(|row| one(looked, row)).collect()
}

fn one(looked: &Looked<'_>, (id, titre, poids, of_releve, look): &Row) -> Check {
    let attended = looked.input.manifest.session.attended;
    let answer =
        if attended || *of_releve { look(looked) } else { Answer::Without("relevé technique : ce n'est pas un acte") };
    let decision =
        looked.input.draft.and_then(|draft| draft.justifications.get(*id)).filter(|text| !text.trim().is_empty());
    let (standing, mut constats) = match (answer, decision) {
        (Answer::Met, _) => (Standing::Satisfait, Vec::new()),
        (Answer::Without(why), _) => (Standing::SansObjet { motif: why.to_owned() }, Vec::new()),
        (Answer::Apart(found), Some(words)) if *poids < Interdire => {
            (Standing::Decide { decision: words.clone() }, found)
        }
        (Answer::Apart(found), _) => (Standing::Ecart, found),
    };
    for constat in &mut constats {
        constat.level = match poids {
            Interdire => Level::Fail,
            Rappel => Level::Info,
            Bloquer | Justifier => Level::Warn,
        };
    }
    Check { id, titre, poids: *poids, standing, constats }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_whole_and_in_order() {
        for (n, row) in LIST.iter().enumerate() {
            assert_eq!(row.0, format!("CHK-{:02}", n + 1));
        }
        let never: Vec<&str> = LIST.iter().filter(|row| row.2 == Interdire).map(|row| row.0).collect();
        assert_eq!(never, ["CHK-01", "CHK-03", "CHK-07", "CHK-08", "CHK-14", "CHK-28", "CHK-30"]);
    }
}
