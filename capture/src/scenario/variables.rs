//! `[variables]`: a scenario written once and played for other addresses or words. The values are put into the text before it is
//! read: what is annexed to the dossier is what was played.
use std::collections::BTreeMap;
use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::ScenarioError;
use super::read::Source;

/// A scenario's text with the values of its variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filled {
    /// The text.
    pub text: String,
    /// Every variable with its value.
    pub values: BTreeMap<String, String>,
}

/// Puts the values in place of `${name}` in every text of a TOML scenario, `given` before those that `[variables]` has.
///
/// A text that names an unknown variable, a variable without a value, a value given to a variable that the scenario does not
/// declare, and a confidential text made of variables are refused. A scenario without `[variables]` is left as it is.
pub fn fill(name: &str, text: &str, given: &BTreeMap<String, String>) -> Result<Filled, ScenarioError> {
    let source = Source { name, text };
    let same = || Filled { text: text.to_owned(), values: BTreeMap::new() };
    // What is no TOML is told by the reading that follows.
    let Ok(parsed) = DeTable::parse(text) else { return Ok(same()) };
    let declared = parsed.get_ref().get("variables");
    let mut filling = Filling { source, values: BTreeMap::new(), places: Vec::new() };
    let Some(declared) = declared else {
        return match given.keys().next() {
            Some(unknown) => Err(filling.unknown(unknown, 0)),
            None => Ok(same()),
        };
    };
    filling.declare(declared.get_ref(), declared.span().start, given)?;
    for (key, value) in parsed.get_ref() {
        if key.get_ref() != "variables" {
            filling.walk(value.get_ref(), &value.span(), false, key.get_ref())?;
        }
    }
    Ok(filling.end(text))
}

struct Filling<'a> {
    source: Source<'a>,
    values: BTreeMap<String, String>,
    /// Where the text changes, and into what.
    places: Vec<(Range<usize>, String)>,
}

impl Filling<'_> {
    fn unknown(&self, name: &str, at: usize) -> ScenarioError {
        let known = self.values.keys().cloned().collect::<Vec<_>>().join(", ");
        let known = if known.is_empty() { "aucune variable : la section [variables] manque".into() } else { known };
        self.source.error(at, "variables").values(format!("une variable déclarée ({known})"), format!("« {name} »"))
    }

    fn declare(
        &mut self,
        declared: &DeValue<'_>,
        at: usize,
        given: &BTreeMap<String, String>,
    ) -> Result<(), ScenarioError> {
        let expected = "une table de textes, un nom (lettres sans accent, chiffres, soulignés) par variable";
        let DeValue::Table(table) = declared else {
            return Err(self.source.error(at, "variables").values(expected, "autre chose"));
        };
        for (name, value) in table {
            let (key, place) = (name.get_ref().as_ref(), value.span());
            let wrong =
                |found: &str| self.source.error(name.span().start, format!("variables.{key}")).values(expected, found);
            if key.is_empty() || !key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
                return Err(wrong(key));
            }
            let DeValue::String(own) = value.get_ref() else { return Err(wrong("autre chose qu'un texte")) };
            let value = given.get(key).map_or(own.as_ref(), String::as_str);
            if value.trim().is_empty() {
                let wanted = format!("une valeur : --variable {key}=…");
                return Err(self.source.error(place.start, format!("variables.{key}")).values(wanted, "rien"));
            }
            self.places.push((place, quoted(value)));
            self.values.insert(key.to_owned(), value.to_owned());
        }
        match given.keys().find(|name| !self.values.contains_key(*name)) {
            Some(name) => Err(self.unknown(name, at)),
            None => Ok(()),
        }
    }

    /// Looks at every text under a value. The depth is that of the TOML reader, which bounds it.
    fn walk(
        &mut self,
        value: &DeValue<'_>,
        place: &Range<usize>,
        secret: bool,
        key: &str,
    ) -> Result<(), ScenarioError> {
        match value {
            DeValue::String(text) => self.put(text, place, secret, key),
            DeValue::Array(items) => {
                items.iter().try_for_each(|item| self.walk(item.get_ref(), &item.span(), secret, key))
            }
            DeValue::Table(table) => {
                let confidential = table.get("secret").is_some_and(|value| value.get_ref().as_bool() == Some(true));
                table.iter().try_for_each(|(name, item)| {
                    let name = name.get_ref().as_ref();
                    self.walk(item.get_ref(), &item.span(), confidential && name == "texte", name)
                })
            }
            _ => Ok(()),
        }
    }

    fn put(&mut self, text: &str, place: &Range<usize>, secret: bool, key: &str) -> Result<(), ScenarioError> {
        let (mut out, mut rest, mut found) = (String::new(), text, false);
        while let Some((before, after)) = rest.split_once("${") {
            let Some((name, after)) = after.split_once('}') else { break };
            let Some(value) = self.values.get(name) else { return Err(self.unknown(name, place.start)) };
            if secret {
                let expected =
                    "une valeur confidentielle sans variable : la demander (demander) ou la ranger au coffre (coffre)";
                return Err(self.source.error(place.start, key).values(expected, format!("${{{name}}}")));
            }
            out.push_str(before);
            out.push_str(value);
            (rest, found) = (after, true);
        }
        if found {
            out.push_str(rest);
            self.places.push((place.clone(), quoted(&out)));
        }
        Ok(())
    }

    fn end(mut self, text: &str) -> Filled {
        let mut out = text.to_owned();
        // From the end, so that earlier places stay right.
        self.places.sort_by_key(|(place, _)| std::cmp::Reverse(place.start));
        for (place, value) in self.places {
            out.replace_range(place, &value);
        }
        Filled { text: out, values: self.values }
    }
}

/// A TOML basic string (TOML 1.0) of one line.
fn quoted(text: &str) -> String {
    toml::Value::String(text.replace(['\n', '\r'], " ")).to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Scenario;
    use super::*;

    const SCRIPT: &str = "[dossier]\nobjet = \"Recherche de ${mot}\"\n[variables]\nadresse = \"http://a/\" # par défaut\nmot = \"\"\n\
        [[etape]]\naller = \"${adresse}?q=${mot}\"\n[[etape]]\nsaisir = { selecteur = \"#q\", texte = 'le ${mot}' }\n";

    fn given(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn values_stand_where_their_names_stood() {
        let filled = fill("s.toml", SCRIPT, &given(&[("mot", "chat")])).unwrap();
        assert!(
            filled.text.contains("aller = \"http://a/?q=chat\"") && filled.text.contains("# par défaut"),
            "{}",
            filled.text
        );
        let scenario = Scenario::parse("s.toml", &filled.text).unwrap();
        assert_eq!(scenario.objet.as_deref(), Some("Recherche de chat"));
        assert_eq!(scenario.variables, filled.values);
        assert_eq!(fill("s.toml", &filled.text, &BTreeMap::new()).unwrap().text, filled.text, "twice is once");
    }

    #[test]
    fn mistakes_are_named() {
        let fault = |text: &str, pairs: &[(&str, &str)]| fill("s.toml", text, &given(pairs)).unwrap_err();
        let absent = fault(SCRIPT, &[]);
        assert_eq!((absent.key.as_str(), absent.line), ("variables.mot", 5));
        assert!(absent.expected.contains("--variable mot="), "{absent}");
        assert!(fault(SCRIPT, &[("mot", "a"), ("autre", "b")]).found.contains("autre"));
        assert!(fault(&SCRIPT.replace("${mot}'", "${mots}'"), &[("mot", "a")]).found.contains("mots"));
        let secret = SCRIPT.replace("'le ${mot}'", "'le ${mot}', secret = true");
        assert!(fault(&secret, &[("mot", "a")]).expected.contains("coffre"));
        assert!(
            fault("[dossier]\n[[etape]]\naller = \"http://a/\"\n", &[("mot", "a")]).expected.contains("[variables]")
        );
    }

    proptest! {
        /// Whatever a value holds, it stays a value: no key is added, no text is cut.
        #[test]
        fn a_value_never_becomes_something_else(value in "\\PC{1,40}") {
            prop_assume!(!value.trim().is_empty());
            let filled = fill("s.toml", SCRIPT, &given(&[("mot", &value)])).unwrap();
            prop_assert_eq!(filled.values.get("mot"), Some(&value));
            let parsed: toml::Table = filled.text.parse().unwrap();
            let object = parsed["dossier"]["objet"].as_str().unwrap().to_owned();
            prop_assert_eq!(object, format!("Recherche de {value}"));
            prop_assert_eq!(parsed.len(), 3);
        }
    }
}
