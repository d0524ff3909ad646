//! Which logs and witnesses a reader trusts, and how many witnesses he wants (C2SP `tlog-policy`).
use std::collections::{BTreeMap, BTreeSet};

use super::LogError;
use super::note::{KeyKind, VerifierKey};

/// The longest policy read, and the most lines that count.
const MAX_LENGTH: usize = 256 * 1024;
const MAX_NAMES: usize = 500;

/// A witness of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyWitness {
    /// How the policy calls it.
    pub name: String,
    /// Its key.
    pub key: VerifierKey,
    /// Where it answers (`add-checkpoint` is added to it).
    pub url: Option<String>,
}

/// A policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogPolicy {
    /// The logs, by their keys; the name of a key is the origin of the log.
    pub logs: Vec<VerifierKey>,
    /// The witnesses.
    pub witnesses: Vec<PolicyWitness>,
    groups: BTreeMap<String, (usize, Vec<String>)>,
    quorum: String,
}

impl LogPolicy {
    /// Reads a policy. A key may stand once only, whatever its role: a witness that is the log, or twice the same, proves
    /// nothing more.
    pub fn parse(text: &str) -> Result<Self, LogError> {
        if text.len() > MAX_LENGTH {
            return Err(LogError::Policy { line: 1, why: "trop longue".into() });
        }
        let mut policy =
            Self { logs: Vec::new(), witnesses: Vec::new(), groups: BTreeMap::new(), quorum: String::new() };
        for (number, line) in text.lines().enumerate() {
            let words: Vec<&str> = line.split([' ', '\t']).filter(|w| !w.is_empty()).collect();
            if words.first().is_some_and(|w| !w.starts_with('#')) {
                policy.line(&words).map_err(|why| LogError::Policy { line: number + 1, why })?;
            }
        }
        if policy.quorum.is_empty() {
            return Err(LogError::Policy { line: text.lines().count(), why: "aucune ligne quorum".into() });
        }
        Ok(policy)
    }

    fn line(&mut self, words: &[&str]) -> Result<(), String> {
        if self.logs.len() + self.witnesses.len() + self.groups.len() >= MAX_NAMES {
            return Err("trop de noms".into());
        }
        match words {
            ["log", key] | ["log", key, _] => {
                let key = self.new_key(key, KeyKind::Log)?;
                self.logs.push(key);
            }
            ["witness", name, key, url @ ..] if url.len() < 2 => {
                self.new_name(name)?;
                let key = self.new_key(key, KeyKind::Witness)?;
                let url = url.first().map(|u| (*u).to_owned());
                self.witnesses.push(PolicyWitness { name: (*name).to_owned(), key, url });
            }
            ["group", name, wanted, members @ ..] => {
                self.new_name(name)?;
                let distinct: BTreeSet<&str> = members.iter().copied().collect();
                if members.is_empty() || distinct.len() != members.len() {
                    return Err("membres absents ou répétés".into());
                }
                if let Some(unknown) = members.iter().find(|m| !self.knows(m)) {
                    return Err(format!("membre inconnu : {unknown}"));
                }
                // A name may be in one group only: a witness counts once.
                if let Some(twice) =
                    members.iter().find(|m| self.groups.values().any(|(_, of)| of.iter().any(|n| n == *m)))
                {
                    return Err(format!("{twice} est déjà membre d'un groupe"));
                }
                let wanted = match *wanted {
                    "all" => members.len(),
                    "any" => 1,
                    number => number.parse().map_err(|_| format!("nombre attendu : {number}"))?,
                };
                if wanted == 0 || wanted > members.len() {
                    return Err(format!("{wanted} sur {}", members.len()));
                }
                let members = members.iter().map(|m| (*m).to_owned()).collect();
                self.groups.insert((*name).to_owned(), (wanted, members));
            }
            ["quorum", name] if self.quorum.is_empty() && (*name == "none" || self.knows(name)) => {
                self.quorum = (*name).to_owned();
            }
            _ => return Err(format!("ligne incomprise : {}", words.join(" ").chars().take(80).collect::<String>())),
        }
        Ok(())
    }

    fn knows(&self, name: &str) -> bool {
        self.groups.contains_key(name) || self.witnesses.iter().any(|w| w.name == name)
    }

    fn new_name(&self, name: &str) -> Result<(), String> {
        if name == "none" || self.knows(name) { Err(format!("nom déjà pris : {name}")) } else { Ok(()) }
    }

    fn new_key(&self, text: &str, kind: KeyKind) -> Result<VerifierKey, String> {
        let key = VerifierKey::parse(text).map_err(|e| e.to_string())?;
        if key.kind != kind {
            return Err("clé d'un autre usage".into());
        }
        let mut known = self.logs.iter().chain(self.witnesses.iter().map(|w| &w.key));
        if known.any(|other| other.same_key(&key)) { Err("clé déjà présente".into()) } else { Ok(key) }
    }

    /// Whether these witnesses, by the names of the policy, are enough.
    pub fn is_met_by(&self, cosigned: &BTreeSet<&str>) -> bool {
        self.quorum == "none" || self.met(&self.quorum, cosigned)
    }

    fn met(&self, name: &str, cosigned: &BTreeSet<&str>) -> bool {
        match self.groups.get(name) {
            // Groups only name what stands before them: this ends.
            Some((wanted, members)) => members.iter().filter(|m| self.met(m, cosigned)).count() >= *wanted,
            None => cosigned.contains(name),
        }
    }

    /// The quorum in words.
    pub fn wanted(&self) -> String {
        match self.groups.get(&self.quorum) {
            Some((wanted, members)) => format!("{wanted} sur {} ({})", members.len(), members.join(", ")),
            None if self.quorum == "none" => "aucun témoin".to_owned(),
            None => self.quorum.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::note::SigningKey;
    use super::*;

    fn key(name: &str, kind: KeyKind) -> String {
        SigningKey::generate(name, kind, &crate::SystemRandom).unwrap().verifier().to_string()
    }

    #[test]
    fn a_quorum_of_groups() {
        let (log, a, b, c) = (
            key("j", KeyKind::Log),
            key("a", KeyKind::Witness),
            key("b", KeyKind::Witness),
            key("c", KeyKind::Witness),
        );
        let text = format!(
            "# politique\nlog {log}\nwitness A {a} http://127.0.0.1:1\nwitness B {b}\n\twitness C {c}\n\ngroup deux 2 A B\n\
             group tous all deux C\nquorum tous\n"
        );
        let policy = LogPolicy::parse(&text).unwrap();
        let met = |names: &[&str]| policy.is_met_by(&names.iter().copied().collect());
        assert!(met(&["A", "B", "C"]) && !met(&["A", "B"]) && !met(&["A", "C"]) && !met(&[]));
        assert_eq!(policy.witnesses[0].url.as_deref(), Some("http://127.0.0.1:1"));
        for (wrong, why) in [
            (format!("log {log}\n"), "aucune ligne quorum"),
            (format!("log {log}\nlog {log}\nquorum none\n"), "clé déjà présente"),
            (format!("log {a}\nquorum none\n"), "autre usage"),
            (format!("witness A {a}\nwitness B {a}\nquorum A\n"), "clé déjà présente"),
            (format!("witness A {a}\nquorum B\n"), "ligne incomprise"),
            (format!("witness A {a}\ngroup g 2 A\nquorum g\n"), "2 sur 1"),
            (format!("witness A {a}\ngroup g 2 A A\nquorum g\n"), "répétés"),
            (format!("witness A {a}\ngroup g any h\nquorum g\n"), "membre inconnu"),
            ("quorum none\nquorum none\n".to_owned(), "ligne incomprise"),
        ] {
            let error = LogPolicy::parse(&wrong).unwrap_err().to_string();
            assert!(error.contains(why), "{error} / {why}");
        }
        assert!(LogPolicy::parse("quorum none").unwrap().is_met_by(&BTreeSet::new()));
    }
}
