//! The page shown to a person above the engine's own window: what is replayed, and what its verification said.
use sealer::Verdict;

use super::{Engine, Opened};

const PAGE: &str = include_str!("accueil.html");

/// The page, foreign text escaped.
pub(super) fn page(opened: &Opened, engine: &Engine) -> String {
    let (reference, objet) = opened.case();
    let (verdict, colour) = match opened.verdict {
        Verdict::Pass if opened.wrong.is_empty() => ("Scellé vérifié : PASS.".to_owned(), "#1d5c34"),
        Verdict::Pass => (format!("PASS, avec réserve. {}", opened.wrong.join(" ")), "#8a5a00"),
        Verdict::Indeterminate => (format!("Scellé : INDETERMINATE. {}", opened.wrong.join(" ")), "#8a5a00"),
        Verdict::Fail => (
            format!(
                "Scellé NON VALABLE (FAIL), montré à la demande : ce qui suit ne prouve rien. {}",
                opened.wrong.join(" ")
            ),
            "#b00020",
        ),
    };
    let version = engine.facts.version.as_deref().unwrap_or("version inconnue");
    let engine = format!("{} {version}", engine.facts.name);
    let values = [
        ("{reference}", escaped(&reference)),
        ("{objet}", escaped(&objet)),
        ("{verdict}", escaped(&verdict)),
        ("{couleur}", colour.to_owned()),
        ("{moteur}", escaped(&engine)),
        ("{sha256}", escaped(&opened.sha256)),
    ];
    filled(PAGE, &values)
}

/// The template with its places filled, in one pass: a value that looks like a place stays as it is.
fn filled(template: &str, values: &[(&str, String)]) -> String {
    let mut out = String::with_capacity(template.len() + 512);
    let mut rest = template;
    while let Some(at) = rest.find('{') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        match values.iter().find(|(name, _)| from.starts_with(name)) {
            Some((name, value)) => {
                out.push_str(value);
                rest = from.get(name.len()..).unwrap_or("");
            }
            None => {
                out.push('{');
                rest = from.get(1..).unwrap_or("");
            }
        }
    }
    out + rest
}

fn escaped(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '&' => "&amp;".to_owned(),
            '<' => "&lt;".to_owned(),
            '>' => "&gt;".to_owned(),
            '"' => "&quot;".to_owned(),
            c if c.is_control() => " ".to_owned(),
            c => c.to_string(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_stays_text() {
        let values = [("{objet}", escaped("<script>\"{sha256}\"&")), ("{sha256}", "00".to_owned())];
        let page = filled("a{objet}b{ c}{sha256}", &values);
        assert_eq!(page, "a&lt;script&gt;&quot;{sha256}&quot;&amp;b{ c}00");
    }
}
