//! Words of opinion in an officer's own text: whole words of a list that is data, without accents nor case, in their forms.
use serde::Deserialize;

use crate::ReportError;

const LIST: &str = include_str!("../text/fr/avis.toml");

/// The list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    avis: Vec<Group>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    motif: String,
    mots: Vec<String>,
}

/// A word of opinion that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpinionFound {
    /// As it stands in the text.
    pub word: String,
    /// The word of the list.
    pub listed: String,
    /// Why it is one, in French.
    pub why: String,
}

/// The words of opinion of `text`, in its order.
pub fn opinions(text: &str) -> Result<Vec<OpinionFound>, ReportError> {
    let wrong = |e: toml::de::Error| ReportError::Presentation { path: "avis.toml".into(), why: e.to_string() };
    let list: Listed = toml::from_str(LIST).map_err(wrong)?;
    let words = words_of(text);
    let mut found: Vec<(usize, OpinionFound)> = Vec::new();
    for group in &list.avis {
        for listed in &group.mots {
            let wanted: Vec<String> = words_of(listed).into_iter().map(|(folded, _)| folded).collect();
            let at = words.windows(wanted.len().max(1)).position(|window| {
                window.len() == wanted.len()
                    && window.iter().zip(&wanted).all(|((word, _), wanted)| is_form(word, wanted))
            });
            let Some(at) = at else { continue };
            let word = words.iter().skip(at).take(wanted.len()).map(|(_, word)| *word).collect::<Vec<_>>().join(" ");
            // « manifeste » and « manifestement » are one word of the text: it is told once.
            if !found.iter().any(|(place, _)| *place == at) {
                found.push((at, OpinionFound { word, listed: listed.clone(), why: group.motif.clone() }));
            }
        }
    }
    found.sort_by_key(|(place, _)| *place);
    Ok(found.into_iter().map(|(_, found)| found).collect())
}

/// The words of a text, folded, with what they are in it.
fn words_of(text: &str) -> Vec<(String, &str)> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| (folded(word), word))
        .collect()
}

/// Without case nor the accents of French; ligatures apart.
fn folded(word: &str) -> String {
    let mut out = String::new();
    for c in word.to_lowercase().chars() {
        match c {
            'à' | 'â' | 'ä' | 'á' => out.push('a'),
            'é' | 'è' | 'ê' | 'ë' => out.push('e'),
            'î' | 'ï' => out.push('i'),
            'ô' | 'ö' => out.push('o'),
            'ù' | 'û' | 'ü' => out.push('u'),
            'ç' => out.push('c'),
            'œ' => out.push_str("oe"),
            'æ' => out.push_str("ae"),
            // A combining accent (decomposed text) is left out.
            '\u{300}'..='\u{36f}' => {}
            other => out.push(other),
        }
    }
    out
}

/// Whether a word is `listed`, or its feminine or plural. Short words (« de », « à ») have no forms.
fn is_form(word: &str, listed: &str) -> bool {
    if word == listed {
        return true;
    }
    if listed.len() < 4 {
        return false;
    }
    // Ending of the masculine, endings of its other forms.
    const FORMS: &[(&str, &[&str])] = &[
        ("eux", &["euse", "euses"]),
        ("if", &["ifs", "ive", "ives"]),
        ("teur", &["teurs", "trice", "trices", "teuse", "teuses"]),
        ("eur", &["eurs", "euse", "euses"]),
        ("al", &["ale", "ales", "aux"]),
        ("el", &["els", "elle", "elles"]),
        ("er", &["ers", "ere", "eres"]),
        ("", &["s", "e", "es"]),
    ];
    FORMS.iter().any(|(ending, others)| {
        let Some(stem) = listed.strip_suffix(ending) else { return false };
        word.strip_prefix(stem).is_some_and(|rest| others.contains(&rest))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        opinions(text).unwrap().into_iter().map(|found| found.word).collect()
    }

    #[test]
    fn words_are_found_in_their_forms_without_accents_nor_case() {
        for (text, word) in [
            ("Un commentaire DIFFAMATOIRE", "DIFFAMATOIRE"),
            ("des propos injurieux", "injurieux"),
            ("une phrase injurieuse", "injurieuse"),
            ("des affirmations mensongeres", "mensongeres"),
            ("c'est une contrefacon", "contrefacon"),
            ("des pages illicites", "illicites"),
            ("des mentions illégales", "illégales"),
            ("procédés déloyaux", "déloyaux"),
            ("une image choquante", "choquante"),
            ("il est évident que", "évident"),
            ("Bien sûr, la page", "Bien sûr"),
            ("à l’évidence vide", "à l évidence"),
            ("publicité trompeuse", "trompeuse"),
        ] {
            assert_eq!(found(text), [word], "{text}");
        }
    }

    #[test]
    fn what_is_seen_is_no_opinion() {
        for text in [
            "La page affiche un bandeau rouge en haut, et le mot « Promotion » sous la photographie.",
            "Le compteur mentionne 37 commentaires ; le dernier est daté du 21 novembre 2026.",
            "Le bouton est grisé. La vidéo est lue jusqu'à la fin, avec un son.",
            "Gravure sur bois ; abside ; graveleux ; pirates-éditions",
        ] {
            let words = found(text);
            assert!(words.iter().all(|word| word == "pirates"), "{text} : {words:?}");
        }
    }

    #[test]
    fn each_is_told_once_in_the_order_of_the_text_with_its_reason() {
        let all = opinions("Manifestement une page scandaleuse, manifestement fausse").unwrap();
        let words: Vec<_> = all.iter().map(|found| (found.word.as_str(), found.listed.as_str())).collect();
        assert_eq!(words, [("Manifestement", "manifestement"), ("scandaleuse", "scandaleux")]);
        assert!(all.iter().all(|found| !found.why.is_empty()));
    }
}
