//! The tables as plain French text, for a terminal and for golden tests: what the requirements are, and how they stand.
use std::fmt::Write as _;

use crate::conformity::{Conformity, ManifestLink, Row, Status};
use crate::{Exigence, Norm, NormSource, PhaseId};

/// Narrower than this, nothing stays aligned.
const LEAST: usize = 60;
/// Width of « ✗ non satisfaite ».
const STATE: usize = 17;
/// Width of « Z67-POST-05 ».
const ID: usize = 12;

/// What the signs and the numbers of the table mean.
const LEGEND: &str = "✓ satisfaite : mesuré et prouvé ; ○ déclaré : dit par l’officier, non mesuré ; ! écart : mesuré, autre que \
                      demandé ou incomplet ; ✗ non satisfaite : rien ne le prouve ; – sans objet. « ligne N » désigne la ligne \
                      du journal dont le numéro « seq » est N.";
/// The sources, each with what it means; a requirement is counted under the first it names.
const SOURCE_WORDS: [(NormSource, &str); 5] = [
    (NormSource::S, "attribuées à la norme par une source publique"),
    (NormSource::J, "demandées par une décision, telle que rapportée"),
    (NormSource::L, "demandées par un texte légal"),
    (NormSource::P, "pratique décrite par des professionnels"),
    (NormSource::I, "déduites par nous, sans source trouvée"),
];

/// What the letters of the sources mean.
const SOURCES: &str = "Sources : S, attribuée à la norme par une source publique ; J, décision rapportée ; L, texte légal ; \
                       P, pratique décrite par des professionnels ; I, déduite par nous, sans source.";

impl Conformity {
    /// The table in French, `width` columns wide (at least 60): requirements by phase, each with its state in a sign
    /// and in words, its proofs or its reason indented below. Ends with a line feed.
    pub fn render_text(&self, width: usize) -> String {
        let width = width.max(LEAST);
        let mut out = String::new();
        let title = format!("Recommandations de la norme {} ({})", self.norm.id, self.norm.edition);
        paragraph(&mut out, &title, width, 0);
        paragraph(&mut out, &self.headline(), width, 0);
        if let ManifestLink::Disagrees { why } = &self.manifest {
            paragraph(&mut out, why, width, 0);
        }
        paragraph(&mut out, LEGEND, width, 0);
        for (phase, titre) in &self.phases {
            heading(&mut out, titre);
            for row in self.rows.iter().filter(|row| row.phase == *phase) {
                render_row(&mut out, row, width);
            }
        }
        out
    }
}

fn render_row(out: &mut String, row: &Row, width: usize) {
    let kind = row.status.kind();
    let state = pad(&format!("{} {}", kind.mark(), kind.as_french()), STATE);
    let lead = format!("{state}{}", pad(row.id.as_str(), ID));
    hanging(out, &lead, &row.titre, width);
    let indent = STATE + 2;
    if let Some(reason) = row.status.reason() {
        let label = match row.status {
            Status::Deviation { .. } => "écart : ",
            Status::NotApplicable { .. } => "motif : ",
            _ => "manque : ",
        };
        hanging(out, &format!("{}{label}", " ".repeat(indent)), reason, width);
    }
    for proof in row.status.proofs() {
        let evidence = proof.evidence.as_ref().map(|path| format!(" [{path}]")).unwrap_or_default();
        let lead = format!("{}preuve : ", " ".repeat(indent));
        hanging(out, &lead, &format!("{}{evidence}", proof.sentence), width);
    }
}

impl Norm {
    /// The requirements in French, without any dossier: title, weight, what is asked, the proof expected.
    pub fn render_text(&self, width: usize) -> String {
        let width = width.max(LEAST);
        let mut out = String::new();
        paragraph(&mut out, &format!("Norme {} — {} ({})", self.id, self.titre, self.edition), width, 0);
        paragraph(&mut out, &self.statut, width, 0);
        for reservation in &self.reservations {
            hanging(&mut out, "- ", &reservation.texte, width);
        }
        paragraph(&mut out, SOURCES, width, 0);
        for phase in self.phases() {
            heading(&mut out, &phase.titre);
            for exigence in self.exigences().iter().filter(|e| e.phase == phase.id) {
                render_exigence(&mut out, exigence, width);
            }
        }
        out
    }

    /// Where the table comes from, in French: what was read and what was not, the decisions as they are known, and for
    /// each source what rests on it.
    pub fn render_sources(&self, width: usize) -> String {
        let width = width.max(LEAST);
        let mut out = String::new();
        paragraph(&mut out, &format!("Norme {} — {} ({})", self.id, self.titre, self.edition), width, 0);
        paragraph(&mut out, &format!("Auteur : {}", self.auteur), width, 0);
        paragraph(&mut out, &self.statut, width, 0);
        heading(&mut out, "Réserves");
        for reservation in &self.reservations {
            hanging(&mut out, "- ", &reservation.texte, width);
        }
        heading(&mut out, "Sources des exigences");
        for (source, meaning) in SOURCE_WORDS {
            let of_it = self.exigences().iter().filter(|e| e.source.first() == Some(&source));
            let ids: Vec<&str> = of_it.map(|e| e.id.as_str()).collect();
            let list = if ids.is_empty() { "aucune".to_owned() } else { ids.join(", ") };
            hanging(&mut out, &format!("{source:?}  "), &format!("{meaning} ({}) : {list}", ids.len()), width);
        }
        if !self.decisions().is_empty() {
            heading(&mut out, "Décisions rapportées");
        }
        for decision in self.decisions() {
            hanging(
                &mut out,
                &format!("{}  ", decision.id),
                &format!("{} (connue par un commentaire ou un extrait)", decision.reference),
                width,
            );
            hanging(&mut out, "     a jugé : ", &decision.resume, width);
            hanging(&mut out, "     suite : ", &decision.regle, width);
        }
        out
    }

    /// The French title of a phase; its code when the data has none.
    pub fn phase_title(&self, id: &PhaseId) -> String {
        let phase = self.phases().iter().find(|p| p.id == *id);
        phase.map_or_else(|| id.as_str().to_owned(), |p| p.titre.clone())
    }
}

fn render_exigence(out: &mut String, exigence: &Exigence, width: usize) {
    let lead = format!("{}{}", pad(exigence.id.as_str(), ID), pad(exigence.duty.as_french(), 13));
    hanging(out, &lead, &exigence.titre, width);
    let indent = " ".repeat(ID);
    hanging(out, &format!("{indent}demande : "), &exigence.resume, width);
    hanging(out, &format!("{indent}preuve attendue : "), &exigence.preuve_attendue, width);
    let codes: Vec<String> = exigence.source.iter().map(|s| format!("{s:?}")).collect();
    let decisions: Vec<&str> = exigence.decisions.iter().map(|d| d.as_str()).collect();
    let mut sources = codes.join(", ");
    if !decisions.is_empty() {
        let _ = write!(sources, " ; {}", decisions.join(", "));
    }
    if !exigence.citation.is_empty() {
        let _ = write!(sources, " ; {}", exigence.citation);
    }
    hanging(out, &format!("{indent}source : "), &sources, width);
}

fn heading(out: &mut String, titre: &str) {
    let _ = write!(out, "\n{titre}\n{}\n", "─".repeat(titre.chars().count()));
}

fn pad(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(text.chars().count());
    // A text as wide as its column still needs a space after it.
    format!("{text}{}", " ".repeat(missing.max(1)))
}

fn paragraph(out: &mut String, text: &str, width: usize, indent: usize) {
    hanging(out, &" ".repeat(indent), text, width);
}

/// Writes `lead` then `text`, wrapped at `width`; following lines start under the text, at most half way across.
fn hanging(out: &mut String, lead: &str, text: &str, width: usize) {
    let indent = lead.chars().count().min(width / 2);
    let mut line = lead.to_owned();
    let mut used = lead.chars().count();
    let mut empty = true;
    for word in words(text) {
        let length = word.chars().count();
        if !empty && used + 1 + length > width {
            let _ = writeln!(out, "{}", line.trim_end());
            line = " ".repeat(indent);
            used = indent;
            empty = true;
        }
        if !empty {
            line.push(' ');
            used += 1;
        }
        line.push_str(&word);
        used += length;
        empty = false;
    }
    let _ = writeln!(out, "{}", line.trim_end());
}

/// The words of a text; French signs stay with the word they belong to (« mot », mot :, ligne 12).
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut glue = false;
    for word in text.split(' ').filter(|w| !w.is_empty()) {
        let closes = matches!(word.trim_end_matches([')', ',', '.']), ":" | ";" | "»" | "!" | "?" | "%");
        match words.last_mut() {
            Some(last) if glue || closes => {
                last.push(' ');
                last.push_str(word);
            }
            _ => words.push(word.to_owned()),
        }
        glue = word.ends_with('«') || matches!(word, "(ligne" | "(lignes" | "n°");
    }
    words
}
