//! The report of a comparison as a table for people.
use capture::replay::{Counted, PageOutcome, PageReport, PictureMeasure, ReplayReport};

use crate::output::{line, printable};

/// Addresses printed at most, of each list; the report holds more.
const PRINTED: usize = 5;

/// Prints the report.
pub(super) fn print(report: &ReplayReport) {
    let engine = &report.engine;
    line(&format!("Rejeu par {} {}", engine.name, engine.version.as_deref().unwrap_or("(version inconnue)")));
    line("capture  fenêtre    page       texte      manques  sorties  page rejouée");
    for page in &report.pages {
        row(page);
    }
    let summary = &report.summary;
    line(&format!(
        "{} page(s) rejouée(s) sur {}, {} ressource(s) manquante(s), {} requête(s) abandonnée(s), {} \
         requête(s) sortante(s).",
        summary.replayed, summary.pages, summary.missing, summary.aborted, summary.left
    ));
    line(&format!(
        "fenêtre, page : part des pixels dont une composante diffère de plus de {} sur 255 ; texte : mots communs, dans l'ordre.",
        report.tolerance
    ));
}

fn row(page: &PageReport) {
    let pixels = |measure: &Option<PictureMeasure>| {
        measure.as_ref().map_or_else(|| "—".to_owned(), |measure| percent(measure.visible_ppm))
    };
    let text = page.text.as_ref().map_or_else(
        || "—".to_owned(),
        |text| format!("{}{}", if text.at_most { "<" } else { "" }, percent(text.similarity_ppm)),
    );
    line(&format!(
        "{:>7}  {:<9}  {:<9}  {text:<9}  {:>7}  {:>7}  {}",
        page.capture,
        pixels(&page.viewport),
        pixels(&page.page),
        page.missing.count,
        page.left.count,
        printable(&page.url)
    ));
    if page.outcome != PageOutcome::Replayed {
        let why = page.why.as_deref().unwrap_or("sans motif");
        line(&format!("         NON REJOUÉE : {}", printable(why)));
    } else if page.interactions > 0 {
        line(&format!(
            "         la page avait été manipulée ({} action(s)) avant sa capture : le rejeu la montre à son arrivée",
            page.interactions
        ));
    }
    list("manque", &page.missing);
    list("abandon", &page.aborted);
    list("sortie", &page.left);
}

fn list(what: &str, counted: &Counted) {
    for asked in counted.list.iter().take(PRINTED) {
        line(&format!("         {what} : {} ({})", printable(&asked.url), printable(&asked.why)));
    }
    let more = counted.count.saturating_sub(PRINTED as u64);
    if more > 0 {
        line(&format!("         {what} : et {more} autre(s)"));
    }
}

/// Millionths as a percentage with four decimals, French comma.
fn percent(ppm: u32) -> String {
    format!("{},{:04} %", ppm / 10_000, ppm % 10_000)
}

#[cfg(test)]
mod tests {
    #[test]
    fn millionths_are_read_as_a_percentage() {
        assert_eq!(super::percent(0), "0,0000 %");
        assert_eq!(super::percent(12_345), "1,2345 %");
        assert_eq!(super::percent(1_000_000), "100,0000 %");
    }
}
