//! Signed notes (C2SP `signed-note` v1): a text and lines of signatures; Ed25519 keys of logs (type 01) and of witnesses
//! (type 04, `tlog-cosignature`: the signature is over the time and the text).
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use sha2::{Digest as _, Sha256};

use super::LogError;
use crate::Random;

/// The longest note read, and the most signatures in it.
pub(super) const MAX_NOTE: usize = 32 * 1024;
const MAX_SIGNATURES: usize = 100;

/// What a key is for, with its type octet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// A log: signs the text.
    Log,
    /// A witness: signs the time and the text.
    Witness,
}

impl KeyKind {
    fn octet(self) -> u8 {
        match self {
            Self::Log => 1,
            Self::Witness => 4,
        }
    }

    fn of(octet: u8) -> Option<Self> {
        [Self::Log, Self::Witness].into_iter().find(|kind| kind.octet() == octet)
    }
}

/// A public key with its name: `NAME+ID+BASE64`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub kind: KeyKind,
    public: [u8; 32],
}

/// The first four octets of SHA-256 over name, newline, type and key.
fn key_id(name: &str, kind: KeyKind, public: &[u8]) -> [u8; 4] {
    let hash = Sha256::new().chain_update(name).chain_update([b'\n', kind.octet()]).chain_update(public).finalize();
    hash.first_chunk().copied().unwrap_or_default()
}

/// Names without spaces, plus signs and control characters, and short.
fn checked_name(name: &str) -> Result<(), LogError> {
    let bad = |c: char| c == '+' || c.is_whitespace() || c.is_control();
    if name.is_empty() || name.len() > 200 || name.contains(bad) {
        return Err(LogError::Key { why: format!("nom de clé {name:?}") });
    }
    Ok(())
}

impl VerifierKey {
    /// Reads a key; its identifier must be the one its name and octets give.
    pub fn parse(text: &str) -> Result<Self, LogError> {
        let bad = |why: &str| LogError::Key { why: format!("{why} : {}", text.chars().take(120).collect::<String>()) };
        let mut parts = text.trim().splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(bad("attendu NOM+IDENTIFIANT+CLE"));
        };
        checked_name(name)?;
        let octets = STANDARD.decode(key).map_err(|_| bad("base64"))?;
        let (kind, public) = octets.split_first().ok_or_else(|| bad("vide"))?;
        let kind = KeyKind::of(*kind).ok_or_else(|| bad("type de clé inconnu"))?;
        let public: [u8; 32] = public.try_into().map_err(|_| bad("longueur"))?;
        if hex::encode(key_id(name, kind, &public)) != id {
            return Err(bad("l'identifiant n'est pas celui de la clé"));
        }
        Ok(Self { name: name.to_owned(), kind, public })
    }

    /// Whether both wrap the same octets.
    pub(super) fn same_key(&self, other: &Self) -> bool {
        self.public == other.public
    }

    /// The signatures of this key in `note`: name and identifier agree.
    fn own<'a>(&'a self, note: &'a Note) -> impl Iterator<Item = &'a [u8]> {
        let id = key_id(&self.name, self.kind, &self.public);
        note.signatures.iter().filter(move |s| s.name == self.name && s.id == id).map(|s| s.octets.as_slice())
    }

    /// Checks this log's signature. `None` when the note bears none of it.
    pub fn signed(&self, note: &Note) -> Option<Result<(), LogError>> {
        let octets = self.own(note).next()?;
        let verified = UnparsedPublicKey::new(&ED25519, &self.public).verify(note.text.as_bytes(), octets);
        Some(verified.map_err(|_| LogError::Signature { name: self.name.clone() }))
    }

    /// Checks this witness's cosignature and gives its time, in seconds since 1970. `None` when the note bears none of it.
    pub fn cosigned(&self, note: &Note) -> Option<Result<u64, LogError>> {
        let octets = self.own(note).next()?;
        let wrong = || LogError::Signature { name: self.name.clone() };
        let Some((time, signature)) = octets.split_first_chunk::<8>() else { return Some(Err(wrong())) };
        let time = u64::from_be_bytes(*time);
        let verified =
            UnparsedPublicKey::new(&ED25519, &self.public).verify(&cosigned_text(time, &note.text), signature);
        Some(if verified.is_ok() && time < 1 << 63 { Ok(time) } else { Err(wrong()) })
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = hex::encode(key_id(&self.name, self.kind, &self.public));
        let octets = [&[self.kind.octet()][..], &self.public].concat();
        write!(f, "{}+{id}+{}", self.name, STANDARD.encode(octets))
    }
}

fn cosigned_text(time: u64, text: &str) -> Vec<u8> {
    format!("cosignature/v1\ntime {time}\n{text}").into_bytes()
}

/// A private key with its name.
pub struct SigningKey {
    verifier: VerifierKey,
    seed: secrecy::zeroize::Zeroizing<[u8; 32]>,
    pair: Ed25519KeyPair,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.verifier)
    }
}

impl SigningKey {
    /// A new key.
    pub fn generate(name: &str, kind: KeyKind, random: &dyn Random) -> Result<Self, LogError> {
        let mut seed = secrecy::zeroize::Zeroizing::new([0; 32]);
        random.fill(seed.as_mut()).map_err(|why| LogError::Key { why })?;
        Self::of(name, kind, seed)
    }

    fn of(name: &str, kind: KeyKind, seed: secrecy::zeroize::Zeroizing<[u8; 32]>) -> Result<Self, LogError> {
        checked_name(name)?;
        let pair =
            Ed25519KeyPair::from_seed_unchecked(seed.as_ref()).map_err(|e| LogError::Key { why: e.to_string() })?;
        let public = pair.public_key().as_ref().try_into().map_err(|_| LogError::Key { why: "longueur".into() })?;
        Ok(Self { verifier: VerifierKey { name: name.to_owned(), kind, public }, seed, pair })
    }

    /// Reads `PRIVATE+KEY+NAME+ID+BASE64` (the form of Go's `sumdb/note`).
    pub fn parse(text: &str) -> Result<Self, LogError> {
        let bad = |why: &str| LogError::Key { why: why.to_owned() };
        let rest = text.trim().strip_prefix("PRIVATE+KEY+").ok_or_else(|| bad("attendu PRIVATE+KEY+…"))?;
        let mut parts = rest.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(bad("attendu PRIVATE+KEY+NOM+IDENTIFIANT+CLE"));
        };
        let octets = secrecy::zeroize::Zeroizing::new(STANDARD.decode(key).map_err(|_| bad("base64"))?);
        let (kind, seed) = octets.split_first().ok_or_else(|| bad("vide"))?;
        let kind = KeyKind::of(*kind).ok_or_else(|| bad("type de clé inconnu"))?;
        let seed: [u8; 32] = seed.try_into().map_err(|_| bad("longueur"))?;
        let read = Self::of(name, kind, secrecy::zeroize::Zeroizing::new(seed))?;
        if hex::encode(key_id(name, kind, &read.verifier.public)) == id { Ok(read) } else { Err(bad("identifiant")) }
    }

    /// The private form, to be kept where only its owner reads it.
    pub fn to_private_text(&self) -> secrecy::zeroize::Zeroizing<String> {
        let octets = secrecy::zeroize::Zeroizing::new([&[self.verifier.kind.octet()][..], self.seed.as_ref()].concat());
        let id = hex::encode(key_id(&self.verifier.name, self.verifier.kind, &self.verifier.public));
        format!("PRIVATE+KEY+{}+{id}+{}\n", self.verifier.name, STANDARD.encode(octets.as_slice())).into()
    }

    /// The public key.
    pub fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// The line of a log's signature over `text`.
    pub fn sign(&self, text: &str) -> String {
        self.line(self.pair.sign(text.as_bytes()).as_ref())
    }

    /// The line of a witness's cosignature over `text`, at `time` (seconds since 1970).
    pub fn cosign(&self, text: &str, time: u64) -> String {
        let signature = self.pair.sign(&cosigned_text(time, text));
        self.line(&[&time.to_be_bytes()[..], signature.as_ref()].concat())
    }

    fn line(&self, signature: &[u8]) -> String {
        let id = key_id(&self.verifier.name, self.verifier.kind, &self.verifier.public);
        format!("\u{2014} {} {}\n", self.verifier.name, STANDARD.encode([&id[..], signature].concat()))
    }
}

/// A text with its signatures; nothing is verified yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The text, its last newline included.
    pub text: String,
    signatures: Vec<Signature>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Signature {
    name: String,
    id: [u8; 4],
    octets: Vec<u8>,
}

impl Note {
    /// Reads a note: the text, an empty line, and at least one line of signature.
    pub fn parse(note: &str) -> Result<Self, LogError> {
        let bad = |why: &str| LogError::Malformed { why: format!("note : {why}") };
        if note.len() > MAX_NOTE || note.chars().any(|c| c.is_control() && c != '\n') {
            return Err(bad("trop longue, ou caractère de contrôle"));
        }
        let (text, signatures) = note.rsplit_once("\n\n").ok_or_else(|| bad("sans signature"))?;
        let signatures = Self::signature_lines(signatures)?;
        if signatures.is_empty() {
            return Err(bad("sans signature"));
        }
        Ok(Self { text: format!("{text}\n"), signatures })
    }

    fn signature_lines(text: &str) -> Result<Vec<Signature>, LogError> {
        let bad = || LogError::Malformed { why: "note : ligne de signature".into() };
        let lines = text.strip_suffix('\n').ok_or_else(bad)?;
        let read = lines.split('\n').map(|line| {
            let (name, signature) = line.strip_prefix("\u{2014} ").and_then(|l| l.split_once(' ')).ok_or_else(bad)?;
            checked_name(name).map_err(|_| bad())?;
            let octets = STANDARD.decode(signature).map_err(|_| bad())?;
            let (id, octets) = octets.split_first_chunk::<4>().ok_or_else(bad)?;
            Ok(Signature { name: name.to_owned(), id: *id, octets: octets.to_vec() })
        });
        let found = read.collect::<Result<Vec<_>, _>>()?;
        if found.len() > MAX_SIGNATURES { Err(bad()) } else { Ok(found) }
    }

    /// Adds lines of signatures that a witness gave; nothing is verified.
    pub fn with_lines(&self, lines: &str) -> Result<Self, LogError> {
        let mut signatures = self.signatures.clone();
        for signature in Self::signature_lines(lines)? {
            // One signature a key: the newest.
            signatures.retain(|s| (&s.name, s.id) != (&signature.name, signature.id));
            signatures.push(signature);
        }
        Ok(Self { text: self.text.clone(), signatures })
    }

    /// The same note with the signatures of these keys only.
    pub(super) fn only(&self, keys: &[&VerifierKey]) -> Self {
        let known = |s: &Signature| keys.iter().any(|k| k.name == s.name && key_id(&k.name, k.kind, &k.public) == s.id);
        Self { text: self.text.clone(), signatures: self.signatures.iter().filter(|s| known(s)).cloned().collect() }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|s| {
            let octets = [&s.id[..], &s.octets].concat();
            writeln!(f, "\u{2014} {} {}", s.name, STANDARD.encode(octets))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of C2SP `signed-note`: text, signature and name; its key is that of Go's `sumdb/note` documentation.
    #[test]
    fn a_published_note_verifies() {
        let key = VerifierKey::parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW").unwrap();
        let note = Note::parse(
            "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n\
             \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n",
        )
        .unwrap();
        assert_eq!(key.signed(&note), Some(Ok(())));
        assert_eq!(key.to_string(), "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW");
        let other = Note { text: note.text.replace("answer", "Answer"), ..note };
        assert!(key.signed(&other).unwrap().is_err());
    }

    #[test]
    fn keys_and_notes_round_trip() {
        let random = crate::SystemRandom;
        let log = SigningKey::generate("etude.example/journal", KeyKind::Log, &random).unwrap();
        let witness = SigningKey::generate("temoin.example", KeyKind::Witness, &random).unwrap();
        let again = SigningKey::parse(&log.to_private_text()).unwrap();
        assert_eq!(again.verifier(), log.verifier());
        assert_eq!(&VerifierKey::parse(&log.verifier().to_string()).unwrap(), log.verifier());
        let text = "etude.example/journal\n1\nAAAA\n";
        let note = Note::parse(&format!("{text}\n{}", log.sign(text))).unwrap();
        let note = note.with_lines(&witness.cosign(text, 1_795_000_000)).unwrap();
        assert_eq!(Note::parse(&note.to_string()).unwrap(), note);
        assert_eq!(log.verifier().signed(&note), Some(Ok(())));
        assert_eq!(witness.verifier().cosigned(&note), Some(Ok(1_795_000_000)));
        // The cosignature of another text does not count.
        let other = "etude.example/journal\n2\nAAAA\n";
        let replayed = Note::parse(&format!("{other}\n{}", witness.cosign(text, 1_795_000_000))).unwrap();
        assert!(witness.verifier().cosigned(&replayed).unwrap().is_err());
        assert!(log.verifier().signed(&replayed).is_none());
    }

    #[test]
    fn what_is_not_a_note_or_a_key_is_refused() {
        for text in [
            "",
            "a\n",
            "a\n\n",
            "a\n\n- x AAAAAAAA\n",
            "a\n\n\u{2014} x\n",
            "a\n\n\u{2014} x AA==\n",
            "a\r\n\n\u{2014} x AAAAAAAA\n",
        ] {
            assert!(Note::parse(text).is_err(), "{text:?}");
        }
        for text in [
            "",
            "a+b",
            "a b+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "Peter+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        ] {
            assert!(VerifierKey::parse(text).is_err(), "{text:?}");
        }
    }
}
