//! Communes of the Code officiel géographique: codes parsed once, and a search by name that never hides a namesake.
use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;
use std::str::FromStr;
use std::sync::LazyLock;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::SignificationError;

/// Edition of the table, as the sources name it.
pub const MILLESIME: u16 = 2026;
/// The most communes a search by the beginning of a name gives.
const MAX_DEBUT: usize = 50;

const DATA: &[u8] = include_bytes!("../../data/communes.tsv.gz");
/// The table is about 1 MB; a corrupted file must not fill the memory.
const MAX_TEXT: u64 = 4 * 1024 * 1024;

/// An INSEE code: five characters, `2A` and `2B` for Corsica.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CodeInsee([u8; 5]);

impl CodeInsee {
    /// The code as text.
    pub fn as_str(&self) -> &str {
        // Only ASCII ever enters (see `from_str`).
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The département or overseas territory: two characters, three overseas.
    pub fn departement(&self) -> &str {
        let length = if matches!(&self.0[..2], b"97" | b"98") { 3 } else { 2 };
        self.as_str().get(..length).unwrap_or_default()
    }

    /// The commune of the table, the present one rather than a former one of the same code.
    pub fn commune(self) -> Option<&'static Commune> {
        let start = COMMUNES.partition_point(|c| c.code < self);
        let same = || COMMUNES.iter().skip(start).take_while(|c| c.code == self);
        same().find(|c| c.nature == Nature::Actuelle).or_else(|| same().next())
    }
}

impl fmt::Display for CodeInsee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for CodeInsee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CodeInsee({self})")
    }
}

impl FromStr for CodeInsee {
    type Err = SignificationError;

    fn from_str(text: &str) -> Result<Self, SignificationError> {
        let refused = || SignificationError::Field {
            field: "commune",
            found: text.chars().take(20).collect(),
            why: "un code INSEE à cinq caractères (exemple 75056, 2A004)",
        };
        let code: [u8; 5] = text.as_bytes().try_into().map_err(|_| refused())?;
        let corsica = code[0] == b'2' && matches!(code[1], b'A' | b'B');
        let digits = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
        let valid = digits(&code) || corsica && digits(&code[2..]);
        if valid { Ok(Self(code)) } else { Err(refused()) }
    }
}

impl Serialize for CodeInsee {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for CodeInsee {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// What a line of the table is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Nature {
    /// A commune of today.
    Actuelle,
    /// A commune déléguée.
    Deleguee,
    /// A commune associée.
    Associee,
    /// A municipal arrondissement (Paris, Lyon, Marseille).
    Arrondissement,
}

/// A line of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commune {
    /// INSEE code.
    pub code: CodeInsee,
    /// Name with its article.
    pub nom: &'static str,
    /// What it is.
    pub nature: Nature,
    /// For a part of a commune, the commune it belongs to.
    pub rattachement: Option<CodeInsee>,
    postaux: &'static str,
}

impl Commune {
    /// The postal codes; a part of a commune without its own takes those of its commune.
    pub fn codes_postaux(&self) -> impl Iterator<Item = &'static str> {
        let whole = || self.rattachement.and_then(CodeInsee::commune).map_or("", |c| c.postaux);
        let list = if self.postaux.is_empty() { whole() } else { self.postaux };
        list.split(',').filter(|code| !code.is_empty())
    }
}

static TEXT: LazyLock<String> = LazyLock::new(|| {
    let mut text = String::new();
    let read = flate2::read::GzDecoder::new(DATA).take(MAX_TEXT).read_to_string(&mut text);
    // The tests count the communes: an unreadable table cannot be built unnoticed.
    if read.is_ok() { text } else { String::new() }
});

/// Every line, in the order of the codes.
static COMMUNES: LazyLock<Vec<Commune>> = LazyLock::new(|| {
    let mut list: Vec<Commune> = TEXT.lines().filter_map(row).collect();
    list.sort_by_key(|c| (c.code, c.nature));
    list
});

static BY_NAME: LazyLock<BTreeMap<String, Vec<&'static Commune>>> = LazyLock::new(|| {
    let mut map: BTreeMap<String, Vec<&'static Commune>> = BTreeMap::new();
    for commune in COMMUNES.iter() {
        map.entry(cle(commune.nom)).or_default().push(commune);
    }
    map
});

fn row(line: &'static str) -> Option<Commune> {
    let mut fields = line.split('\t');
    let code = fields.next()?.parse().ok()?;
    let nom = fields.next()?;
    let postaux = fields.next().unwrap_or("");
    let nature = match fields.next() {
        Some("d") => Nature::Deleguee,
        Some("a") => Nature::Associee,
        Some("m") => Nature::Arrondissement,
        _ => Nature::Actuelle,
    };
    let rattachement = fields.next().and_then(|code| code.parse().ok());
    Some(Commune { code, nom, nature, rattachement, postaux })
}

/// Every line of the table, in the order of the codes.
pub fn toutes() -> &'static [Commune] {
    &COMMUNES
}

/// The communes of that name, whatever the case, the accents, the article, the hyphens or « St » for « Saint »; with a
/// postal code, those it serves. An empty name gives every commune of the postal code. When no name is equal, the
/// communes whose name begins so (fifty at most). Namesakes are all given: the choice is the reader's.
pub fn chercher(nom: &str, code_postal: Option<&str>) -> Vec<&'static Commune> {
    let key = cle(nom);
    let code_postal = code_postal.map(str::trim).filter(|code| !code.is_empty());
    let served = |c: &&'static Commune| code_postal.is_none_or(|code| c.codes_postaux().any(|p| p == code));
    if key.is_empty() {
        return match code_postal {
            Some(_) => COMMUNES.iter().filter(served).collect(),
            None => Vec::new(),
        };
    }
    if let Some(exact) = BY_NAME.get(&key) {
        return exact.iter().copied().filter(served).collect();
    }
    let begins = BY_NAME.range(key.clone()..).take_while(|(name, _)| name.starts_with(&key));
    begins.flat_map(|(_, list)| list.iter().copied()).filter(served).take(MAX_DEBUT).collect()
}

/// The key two spellings of one name share.
fn cle(nom: &str) -> String {
    let mut plain = String::with_capacity(nom.len());
    for c in nom.trim().chars().flat_map(char::to_lowercase) {
        match c {
            'à' | 'â' | 'ä' | 'á' | 'ã' => plain.push('a'),
            'ç' => plain.push('c'),
            'é' | 'è' | 'ê' | 'ë' => plain.push('e'),
            'î' | 'ï' | 'í' | 'ì' => plain.push('i'),
            'ô' | 'ö' | 'ó' | 'õ' | 'ò' => plain.push('o'),
            'ù' | 'û' | 'ü' | 'ú' => plain.push('u'),
            'ÿ' => plain.push('y'),
            'ñ' => plain.push('n'),
            'œ' => plain.push_str("oe"),
            'æ' => plain.push_str("ae"),
            c if c.is_alphanumeric() => plain.push(c),
            _ => plain.push(' '),
        }
    }
    let words = plain.split_whitespace().map(|word| match word {
        "st" => "saint",
        "ste" => "sainte",
        other => other,
    });
    let mut words: Vec<&str> = words.collect();
    if words.len() > 1 && matches!(words.first(), Some(&("le" | "la" | "les" | "l"))) {
        words.remove(0);
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(nom: &str, postal: Option<&str>) -> Vec<String> {
        chercher(nom, postal).iter().map(|c| c.code.to_string()).collect()
    }

    #[test]
    fn the_table_is_whole() {
        let count = |nature| toutes().iter().filter(|c| c.nature == nature).count();
        assert_eq!(count(Nature::Actuelle), 34_969);
        assert_eq!(count(Nature::Deleguee), 2105);
        assert_eq!(count(Nature::Associee), 471);
        assert_eq!(count(Nature::Arrondissement), 45);
        assert!(toutes().iter().all(|c| c.nature == Nature::Actuelle || c.rattachement.is_some()));
    }

    #[test]
    fn namesakes_are_all_given_and_spellings_meet() {
        let saint_denis = codes("saint denis", None);
        for code in ["11339", "30247", "93066", "97411"] {
            assert!(saint_denis.iter().any(|c| c == code), "{code} in {saint_denis:?}");
        }
        assert_eq!(codes("ST-DENIS", Some("97400")), ["97411"]);
        assert_eq!(codes("Havre", None), codes("Le Havre", None));
        assert_eq!(codes("abergement clemenciat", None), ["01001"]);
        assert_eq!(codes("L’Haÿ-les-Roses", None), ["94038"]);
        assert_eq!(codes("paris", Some("75012")), ["75056"]);
        assert!(codes("", Some("01400")).len() > 1);
        assert!(codes("", None).is_empty());
        assert!(codes("Nullepart-sur-Rien", None).is_empty());
        assert!(codes("Ambérieu", None).contains(&"01004".to_owned()), "the beginning of a name");
    }

    #[test]
    fn a_former_commune_keeps_the_postal_codes_of_its_commune() {
        let freigne = chercher("Freigné", Some("44540"));
        assert!(freigne.iter().any(|c| c.code.to_string() == "44225" && c.nature == Nature::Deleguee), "{freigne:?}");
        assert_eq!("01015".parse::<CodeInsee>().unwrap().commune().unwrap().nom, "Arboys en Bugey");
    }

    #[test]
    fn only_codes_of_five_characters_are_codes() {
        for bad in ["", "7505", "750566", "2C004", "A2004", "2a004", "75 56", "é5056"] {
            assert!(bad.parse::<CodeInsee>().is_err(), "{bad}");
        }
        assert_eq!("97801".parse::<CodeInsee>().unwrap().departement(), "978");
        assert_eq!("2B033".parse::<CodeInsee>().unwrap().departement(), "2B");
    }
}
