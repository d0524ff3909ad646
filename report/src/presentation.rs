//! The look and the words of an office: the templates and sentences shipped here, or its own in a folder.
use std::collections::BTreeMap;
use std::path::Path;

use crate::wording::Wording;
use crate::{Langue, ReportError};

const TEMPLATES: [(&str, &str); 4] = [
    ("recepisse.typ", include_str!("../templates/recepisse.typ")),
    ("verdict.typ", include_str!("../templates/verdict.typ")),
    ("proces-verbal.typ", include_str!("../templates/proces-verbal.typ")),
    ("blocs.typ", include_str!("../templates/blocs.typ")),
];
const FRENCH: [(&str, &str); 6] = [
    ("recepisse.toml", include_str!("../text/fr/recepisse.toml")),
    ("verdict.toml", include_str!("../text/fr/verdict.toml")),
    ("acte.toml", include_str!("../text/fr/acte.toml")),
    ("environnement.toml", include_str!("../text/fr/environnement.toml")),
    ("constatations.toml", include_str!("../text/fr/constatations.toml")),
    ("fin.toml", include_str!("../text/fr/fin.toml")),
];
/// What no translation holds: most of the words of a verification and of a receipt come from the verifier.
const FRENCH_ONLY: [&str; 2] = ["verdict.toml", "recepisse.toml"];
/// The courtesy translation.
const ENGLISH: [(&str, &str); 5] = [
    ("en/acte.toml", include_str!("../text/en/acte.toml")),
    ("en/environnement.toml", include_str!("../text/en/environnement.toml")),
    ("en/constatations.toml", include_str!("../text/en/constatations.toml")),
    ("en/fin.toml", include_str!("../text/en/fin.toml")),
    ("en/traduction.toml", include_str!("../text/en/traduction.toml")),
];

fn texts(langue: Langue) -> &'static [(&'static str, &'static str)] {
    match langue {
        Langue::Fr => &FRENCH,
        Langue::En => &ENGLISH,
    }
}

/// Templates, and sentences in every language. The default is what this package ships.
#[derive(Clone, Debug)]
pub struct Presentation {
    pub(crate) templates: BTreeMap<String, String>,
    french: Wording,
    english: Wording,
    /// The office's own files, by name; those of a translation begin with `en/`.
    pub(crate) own: BTreeMap<String, String>,
}

impl Presentation {
    /// What this package ships.
    pub fn shipped() -> Result<Self, ReportError> {
        let templates = TEMPLATES.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        let (french, english) = (shipped_in(Langue::Fr)?, shipped_in(Langue::En)?);
        Ok(Self { templates, french, english, own: BTreeMap::new() })
    }

    /// What this package ships, with the files of an office's folder in the place of those of the same name: `*.typ`
    /// for the look, `*.toml` for the sentences and `en/*.toml` for their translation (sentence by sentence).
    pub fn with_folder(folder: &Path) -> Result<Self, ReportError> {
        let names = TEMPLATES.iter().chain(&FRENCH).chain(&ENGLISH).map(|(name, _)| *name);
        let mut own = BTreeMap::new();
        for name in names {
            if let Some(text) = read_optional(&folder.join(name))? {
                own.insert(name.to_owned(), text);
            }
        }
        Self::with_files(own)
    }

    /// What this package ships, with files of an office in the place of those of the same name. A name that is none of
    /// them is refused.
    pub(crate) fn with_files(own: BTreeMap<String, String>) -> Result<Self, ReportError> {
        let mut presentation = Self::shipped()?;
        for (name, text) in &own {
            if presentation.templates.contains_key(name) {
                presentation.templates.insert(name.clone(), text.clone());
            } else if FRENCH.iter().any(|(known, _)| known == name) {
                presentation.french.read(name, text)?;
            } else if ENGLISH.iter().any(|(known, _)| known == name) {
                presentation.english.read(name, text)?;
            } else {
                return Err(ReportError::Presentation {
                    path: name.clone(),
                    why: "not a file of a presentation".into(),
                });
            }
        }
        presentation.own = own;
        Ok(presentation)
    }

    /// The sentences of a language.
    pub(crate) fn wording(&self, langue: Langue) -> &Wording {
        match langue {
            Langue::Fr => &self.french,
            Langue::En => &self.english,
        }
    }

    /// The office's own files that a document of that language follows: an act follows no translation.
    pub(crate) fn followed(&self, langue: Langue) -> BTreeMap<String, String> {
        let mut own = self.own.clone();
        own.retain(|name, _| !langue.is_act() || !name.starts_with("en/"));
        own
    }

    /// Refuses a translation that would say something else than the act: every sentence that the office words itself in
    /// French needs its own translation.
    pub(crate) fn may_translate(&self) -> Result<(), ReportError> {
        let mut words = (Wording::default(), Wording::default());
        for (name, text) in
            self.own.iter().filter(|(name, _)| name.ends_with(".toml") && !FRENCH_ONLY.contains(&name.as_str()))
        {
            let into = if name.starts_with("en/") { &mut words.1 } else { &mut words.0 };
            into.read(name, text)?;
        }
        let without: Vec<&str> = words.0.keys().filter(|key| !words.1.has(key)).collect();
        if without.is_empty() {
            return Ok(());
        }
        let why = format!("sentences of the office without their translation: {}", without.join(", "));
        Err(ReportError::Presentation { path: "en".into(), why })
    }
}

fn shipped_in(langue: Langue) -> Result<Wording, ReportError> {
    let mut wording = Wording::in_language(langue);
    for (name, text) in texts(langue) {
        wording.read(name, text)?;
    }
    Ok(wording)
}

fn read_optional(path: &Path) -> Result<Option<String>, ReportError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(ReportError::Presentation { path: path.display().to_string(), why: e.to_string() }),
    }
}

#[cfg(test)]
mod translated;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_replaces_single_sentences() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("acte.toml"), "[titre]\nconstat = \"AUTRE TITRE\"\n").unwrap();
        let ours = Presentation::with_folder(folder.path()).unwrap();
        let spans = ours.french.spans("titre.constat", &|_| None, &str::to_owned).unwrap();
        assert_eq!(spans[0].t, "AUTRE TITRE");
        assert!(ours.french.has("titre.releve"));
        std::fs::write(folder.path().join("fin.toml"), "= x").unwrap();
        assert_eq!(Presentation::with_folder(folder.path()).unwrap_err().code(), "report.presentation");
    }

    /// String literals of a source file: what stands between two quotes, escapes aside.
    fn literals(source: &str) -> impl Iterator<Item = &str> {
        source
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .flat_map(|line| line.split('"').skip(1).step_by(2))
    }

    #[test]
    fn every_kind_of_artefact_has_its_words() {
        let wording = Presentation::shipped().unwrap().french;
        let missing: Vec<_> =
            dossier::ArtefactKind::ALL.iter().filter(|kind| !wording.has(&format!("nature.{kind}"))).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    /// The operations that a chapter of its own tells, and a key of its sentences.
    const TOLD_ELSEWHERE: &[(&str, &str)] = &[
        ("session.case", "lieu.texte"),
        ("session.scenario", "protocole.plan"),
        ("step.begin", "constat.etape"),
        ("step.end", "constat.etape"),
        ("step.acknowledged", "constat.etape"),
        ("page.reached", "page_atteinte.echec"),
        ("artefact", "nature.dom"),
        ("target.facts", "cible.aucune"),
        ("account.reconcile", "fin.comptes"),
    ];

    /// Requirement, probe, evidence, sentence: what a rule of a norm reads, the act can say.
    #[test]
    fn every_operation_that_a_requirement_reads_has_its_sentence() {
        let wording = Presentation::shipped().unwrap().french;
        let mut missing = std::collections::BTreeSet::new();
        for norm in norms::Norm::names().map(|name| norms::Norm::embedded(name).unwrap()) {
            let rules = norm.exigences().iter().flat_map(|exigence| exigence.regle.all_conditions());
            for operation in rules.filter_map(|condition| condition.ligne.as_ref()) {
                let words = ["ok", "note", "begin", "declared"];
                let own = words.iter().any(|outcome| wording.has(&format!("ops.{operation}.{outcome}")));
                let told = TOLD_ELSEWHERE.iter().any(|(op, key)| *op == operation.as_str() && wording.has(key));
                if !own && !told && !wording.has(&format!("groupe.{operation}")) {
                    missing.insert(operation.to_string());
                }
            }
        }
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn every_key_the_writers_name_has_its_sentence() {
        let wording = Presentation::shipped().unwrap();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/act");
        let mut seen = 0;
        for file in std::fs::read_dir(folder).unwrap() {
            let source = std::fs::read_to_string(file.unwrap().path()).unwrap();
            for literal in literals(&source) {
                let dotted =
                    literal.contains('.') && literal.bytes().all(|b| b.is_ascii_lowercase() || b"._".contains(&b));
                if dotted && !literal.starts_with("measure.") {
                    // A notice is named by the key its title and its text share.
                    // What only a translation says is in its sentences alone.
                    let known = |wording: &Wording| wording.has(literal) || wording.has(&format!("{literal}.texte"));
                    assert!(
                        known(&wording.french) || literal.starts_with("traduction.") && known(&wording.english),
                        "{literal}"
                    );
                    seen += 1;
                }
            }
        }
        assert!(seen > 100, "{seen}");
    }
}
