//! What a comparison must not exceed, when the command says so: without a threshold a comparison has no verdict.
use capture::replay::{PageOutcome, ReplayReport};

use crate::cli::Rejouer;
use crate::exit::Exit;
use crate::failure::Failure;

/// The thresholds asked, in millionths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Thresholds {
    /// Most visible pixels, of the window and of the whole page.
    pixels: Option<u32>,
    /// Least similarity of the texts.
    text: Option<u32>,
    /// Most missing resources.
    missing: Option<u64>,
}

impl Thresholds {
    /// Those of the command line.
    pub(super) fn of(arguments: &Rejouer) -> Result<Self, Failure> {
        let percent = |text: &Option<String>, option: &str| {
            let Some(text) = text else { return Ok(None) };
            parse(text)
                .map(Some)
                .ok_or_else(|| Failure::new("rejouer.threshold", Exit::Usage, format!("{option} {text}")))
        };
        Ok(Self {
            pixels: percent(&arguments.seuil_pixels, "--seuil-pixels")?,
            text: percent(&arguments.seuil_texte, "--seuil-texte")?,
            missing: arguments.seuil_manques,
        })
    }

    fn any(self) -> bool {
        self != Self::default()
    }

    /// What exceeds, one French sentence each. With any threshold, a page that did not come out and a request that would
    /// have left exceed too.
    pub(super) fn exceeded(self, report: &ReplayReport) -> Vec<String> {
        let mut exceeded = Vec::new();
        if !self.any() {
            return exceeded;
        }
        for page in &report.pages {
            let n = page.capture;
            if page.outcome != PageOutcome::Replayed {
                exceeded.push(format!("La capture n° {n} n'a pas été rejouée."));
            }
            for (what, measure) in [("la fenêtre", &page.viewport), ("la page entière", &page.page)] {
                if let (Some(most), Some(measure)) = (self.pixels, measure)
                    && measure.visible_ppm > most
                {
                    exceeded.push(format!("La capture n° {n} diffère au-delà du seuil sur {what}."));
                }
            }
            if let (Some(least), Some(text)) = (self.text, &page.text)
                && text.similarity_ppm < least
            {
                exceeded.push(format!("Le texte de la capture n° {n} est moins proche que le seuil."));
            }
        }
        if self.missing.is_some_and(|most| report.summary.missing > most) {
            exceeded.push("Trop de ressources manquent.".into());
        }
        if report.summary.left > 0 {
            exceeded.push("Des requêtes ont cherché à sortir.".into());
        }
        exceeded
    }
}

/// A percentage with up to four decimals, comma or point, in millionths.
fn parse(text: &str) -> Option<u32> {
    let text = text.trim().trim_end_matches('%').trim_end().replace(',', ".");
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(part) || part.len() > 4 {
        return None;
    }
    let ppm = format!("{whole}{part:0<4}").parse::<u32>().ok()?;
    (ppm <= 1_000_000).then_some(ppm)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages() {
        let cases = [("0", 0), ("0,5", 5_000), ("99.9999", 999_999), ("100 %", 1_000_000), ("1%", 10_000)];
        for (text, expected) in cases {
            assert_eq!(parse(text), Some(expected), "{text}");
        }
        for bad in ["", "-1", "101", "1.23456", ".5", "x", "1e2", "99999999999"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
