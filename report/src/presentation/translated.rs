//! The English sentences against the French: nothing is left out, nothing is added, nothing is filled otherwise, nothing stays
//! French that has its English.
use std::collections::BTreeSet;

use super::*;

/// What only a translation says.
const OF_A_TRANSLATION: [&str; 4] = ["traduction.", "mots.", "controles.titres.", "exigences."];
/// French that stays: terms without an equivalent, and names.
const KEPT: [&str; 9] = [
    "commissaire de justice",
    "procès-verbal de constat",
    "clerc habilité",
    "relevé technique",
    "relevé",
    "requérant",
    "étude",
    "minutier central",
    "aix-en-provence",
];
/// Words that no English sentence holds.
const FRENCH_WORDS: [&str; 52] = [
    "le",
    "la",
    "les",
    "un",
    "une",
    "de",
    "du",
    "des",
    "au",
    "aux",
    "et",
    "ou",
    "où",
    "en",
    "dans",
    "par",
    "pour",
    "sur",
    "avec",
    "sans",
    "est",
    "sont",
    "été",
    "qui",
    "que",
    "dont",
    "ce",
    "cette",
    "ces",
    "il",
    "elle",
    "ils",
    "elles",
    "son",
    "sa",
    "ses",
    "ne",
    "pas",
    "n°",
    "néant",
    "oui",
    "non",
    "page suivante",
    "scellé",
    "dossier",
    "capture d",
    "heure",
    "lignes",
    "octets",
    "empreinte",
    "article 1er",
    "ordonnance n°",
];

/// Both languages, and the keys that a translation shares with the act.
fn both() -> (Wording, Wording, Vec<String>) {
    let Presentation { french, english, .. } = Presentation::shipped().unwrap();
    let mut alone = Wording::default();
    for (name, text) in FRENCH.iter().filter(|(name, _)| FRENCH_ONLY.contains(name)) {
        alone.read(name, text).unwrap();
    }
    let shared = french.keys().filter(|key| !alone.has(key)).map(str::to_owned).collect();
    (french, english, shared)
}

#[test]
fn every_french_sentence_has_its_translation_and_no_other_is_added() {
    let (_, english, shared) = both();
    let missing: Vec<&String> = shared.iter().filter(|key| !english.has(key)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(shared.len() > 700, "{}", shared.len());
    let of_a_translation = |key: &&str| OF_A_TRANSLATION.iter().any(|begin| key.starts_with(begin));
    let known: BTreeSet<&str> = shared.iter().map(String::as_str).collect();
    let added: Vec<&str> = english.keys().filter(|key| !of_a_translation(key) && !known.contains(key)).collect();
    assert!(added.is_empty(), "{added:?}");
}

#[test]
fn a_translation_is_filled_with_the_same_facts() {
    let (french, english, shared) = both();
    for key in shared {
        assert_eq!(french.places(&key), english.places(&key), "{key}");
        assert_eq!(french.choices(&key), english.choices(&key), "{key}");
    }
}

#[test]
fn no_french_is_left_in_the_english_words() {
    let (_, english, _) = both();
    for key in english.keys() {
        let words = english.words(key).to_lowercase();
        let mut words = words.split_whitespace().collect::<Vec<_>>().join(" ");
        for term in KEPT {
            words = words.replace(term, "…");
        }
        let apart = |c: char| !c.is_alphanumeric() && c != '°';
        let found = FRENCH_WORDS.iter().find(|french| match french.contains(' ') {
            true => words.contains(**french),
            false => words.split(apart).any(|word| word == **french),
        });
        assert!(found.is_none(), "{key}: {found:?} in {words:?}");
        assert!(!words.contains('«') && !words.contains(" ;") && !words.contains(" :"), "{key}: {words:?}");
        let accented: Vec<&str> =
            words.split(apart).filter(|word| !word.is_ascii() && !word.contains(['×', '°'])).collect();
        assert!(accented.is_empty(), "{key}: {accented:?}");
    }
}

#[test]
fn every_check_and_every_requirement_has_its_english_title() {
    let (_, english, _) = both();
    for n in 1..=36 {
        assert!(english.has(&format!("controles.titres.chk-{n:02}")), "{n}");
    }
    let norm = norms::Norm::nf_z67_147().unwrap();
    let wanted: BTreeSet<String> =
        norm.exigences().iter().map(|one| format!("exigences.{}", one.id.as_str().to_ascii_lowercase())).collect();
    let written: BTreeSet<String> =
        english.keys().filter(|key| key.starts_with("exigences.")).map(str::to_owned).collect();
    assert_eq!(written, wanted);
}

#[test]
fn words_that_the_program_holds_in_french_have_their_english() {
    use norms::StatusKind::{Declared, Deviation, Met, NotApplicable, NotMet};
    let (_, english, _) = both();
    let norm = norms::Norm::nf_z67_147().unwrap();
    let states = [Met, Declared, Deviation, NotMet, NotApplicable].map(|kind| kind.as_french().to_owned());
    let mut wanted: Vec<String> = states.to_vec();
    wanted.extend(["commissaire de justice", "clerc habilité aux constats"].map(str::to_owned));
    // As `constat rediger` tells a verification.
    wanted.extend(["valide (PASS)", "indéterminé (INDETERMINATE)", "non valide (FAIL)"].map(str::to_owned));
    wanted.extend(norm.aix.iter().map(|item| item.libelle.clone()));
    wanted.extend([norm.formule.clone(), norm.edition.clone()]);
    let missing: Vec<&String> = wanted.iter().filter(|words| !english.has(&format!("mots.{words}"))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn a_sentence_of_the_office_is_translated_by_the_office() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("acte.toml", "[titre]\nconstat = \"AUTRE TITRE\"\n");
    let own = Presentation::with_folder(folder.path()).unwrap();
    let refused = own.may_translate().unwrap_err();
    assert!(refused.code() == "report.presentation" && refused.to_string().contains("titre.constat"), "{refused}");
    std::fs::create_dir(folder.path().join("en")).unwrap();
    write("en/acte.toml", "[titre]\nconstat = \"ANOTHER TITLE\"\n");
    let own = Presentation::with_folder(folder.path()).unwrap();
    own.may_translate().unwrap();
    let said = |langue| own.wording(langue).spans("titre.constat", &|_| None, &str::to_owned).unwrap()[0].t.clone();
    assert_eq!([said(Langue::Fr), said(Langue::En)], ["AUTRE TITRE", "ANOTHER TITLE"]);
    // An act follows no translation, and its record names none.
    let followed = |langue| own.followed(langue).into_keys().collect::<Vec<_>>();
    assert_eq!(followed(Langue::Fr), ["acte.toml"]);
    assert_eq!(followed(Langue::En), ["acte.toml", "en/acte.toml"]);
}
