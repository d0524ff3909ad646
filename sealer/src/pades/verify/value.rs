//! One signature over its octets: ByteRange leaves out Contents and nothing else, and the signature holds.
use std::ops::Range;

use dossier::Instant;

use crate::cms::{self, Checked, CmsFault};
use crate::oid;
use crate::pades::fields::{self, Field, date, der};
use crate::pades::pdf::{Dict, Object, PdfFile};
use crate::pades::report::Sink;
use crate::revocation::Carried;
use crate::x509::{Certificate, SignatureAlgorithm};

/// A signature or a document timestamp, read.
pub(super) struct Signed {
    pub(super) field: String,
    pub(super) dict: Dict,
    pub(super) value: u32,
    pub(super) revision: usize,
    pub(super) covers: usize,
    /// What is covered.
    pub(super) octets: Vec<u8>,
    pub(super) claimed: Option<Instant>,
    pub(super) what: What,
}

/// Which of both.
pub(super) enum What {
    /// A document timestamp: its token, judged later.
    Stamp(Vec<u8>),
    /// A signature that holds.
    Signature(Box<Held>),
    /// A signature that does not.
    Wrong,
}

/// A signature that holds over its octets.
pub(super) struct Held {
    pub(super) checked: Checked,
    pub(super) signature: Vec<u8>,
    pub(super) algorithm: SignatureAlgorithm,
    pub(super) token: Option<Vec<u8>>,
    pub(super) carried: Vec<Certificate>,
    pub(super) revocation: Carried,
}

/// Reads the value of a field; what is wrong is told.
pub(super) fn read(file: &PdfFile<'_>, field: &Field, number: u32, sink: &mut Sink) -> Option<Signed> {
    let last = file.last();
    let name = &field.name;
    let Some(value) = fields::value(file, number, last) else {
        let what = "Une signature est absente, vide ou mal écrite.";
        sink.fail("pv.sig.contents", what, name);
        return None;
    };
    let (revision, _) = file.entry(number, last)?;
    let covers = match ranges(file, &value.dict, &value.gap, revision) {
        Ok(covers) => covers,
        Err(why) => {
            let what =
                "La signature ne couvre pas toute sa révision, ou laisse hors d'elle autre chose que sa propre valeur.";
            sink.fail("pv.sig.byte_range", what, format!("{name} : {why}"));
            return None;
        }
    };
    let octets = [file.octets.get(..value.gap.start)?, file.octets.get(value.gap.end..covers)?].concat();
    let claimed = file.value(&value.dict, "M", last).and_then(|m| m.text()).and_then(|text| date(&text));
    let what = match der(&value.contents) {
        None => {
            sink.fail("pv.sig.contents", "La valeur d'une signature est suivie d'autre chose que de zéros.", name);
            What::Wrong
        }
        Some(der) => match value.dict.name("SubFilter") {
            Some(b"ETSI.RFC3161") => What::Stamp(der.to_vec()),
            Some(b"ETSI.CAdES.detached" | b"adbe.pkcs7.detached") => signature(der, &octets, name, claimed, sink),
            other => {
                let found = other.map(String::from_utf8_lossy).unwrap_or_default();
                sink.fail(
                    "pv.sig.sub_filter",
                    "Une signature est d'une forme qui n'est pas admise.",
                    format!("{name} : {found}"),
                );
                What::Wrong
            }
        },
    };
    let stamp = matches!(what, What::Stamp(_));
    if stamp && !matches!(value.dict.name("Type"), Some(b"DocTimeStamp"))
        || !stamp && !matches!(value.dict.name("Type"), None | Some(b"Sig"))
    {
        sink.fail("pv.sig.sub_filter", "Une signature se dit d'un autre type qu'elle n'est.", name);
    }
    if value.dict.is("SubFilter", "adbe.pkcs7.detached") {
        let what = "Une signature n'est pas de la forme PAdES (ETSI.CAdES.detached).";
        sink.add("pv.sig.not_pades", dossier::Level::Warn, what, name);
    }
    Some(Signed { field: name.clone(), dict: value.dict, value: number, revision, covers, octets, claimed, what })
}

/// The end of what is covered, when ByteRange is `[0 a b c]`: Contents alone between a and b, and b + c the end of the
/// revision that holds the signature.
fn ranges(file: &PdfFile<'_>, dict: &Dict, gap: &Range<usize>, revision: usize) -> Result<usize, String> {
    let items = dict.get("ByteRange").and_then(Object::array).ok_or("ByteRange absent")?;
    let number = |item: &Object| match item {
        Object::Int(number) => usize::try_from(*number).map_err(|_| format!("nombre {number}")),
        _ => Err("ByteRange mal écrit".to_owned()),
    };
    let numbers = items.iter().take(8).map(number).collect::<Result<Vec<_>, _>>()?;
    let [from, before, after, rest] = *numbers.as_slice() else { return Err(format!("{} nombres", items.len())) };
    if from != 0 || before != gap.start || after != gap.end {
        return Err(format!("[{from} {before} {after} {rest}], Contents de {} à {}", gap.start, gap.end));
    }
    let end = after.checked_add(rest).filter(|end| *end <= file.octets.len()).ok_or("au-delà de la fin")?;
    let expected = file.revisions.get(revision).map_or(0, |r| r.section.end);
    if end == expected { Ok(end) } else { Err(format!("jusqu'à {end}, révision jusqu'à {expected}")) }
}

fn signature(der: &[u8], octets: &[u8], name: &str, claimed: Option<Instant>, sink: &mut Sink) -> What {
    let parsed = match cms::parse(der) {
        Ok(parsed) => parsed,
        Err(error) => {
            sink.fail("pv.sig.cms", "La valeur d'une signature n'est pas un CMS admis.", format!("{name} : {error}"));
            return What::Wrong;
        }
    };
    if parsed.content.is_some() {
        sink.fail("pv.sig.cms", "La signature porte un contenu en plus du document.", name);
    }
    let checked = match cms::check_signer(&parsed, octets, oid::ID_DATA) {
        Ok(checked) => checked,
        Err(fault) => {
            told(fault, name, sink);
            return What::Wrong;
        }
    };
    let revocation = match Carried::read(&parsed.revocation) {
        Ok(revocation) => revocation,
        Err(error) => {
            sink.fail(
                "pv.sig.cms",
                "Une donnée de révocation de la signature est illisible.",
                format!("{name} : {error}"),
            );
            return What::Wrong;
        }
    };
    if checked.bound_by_sha1 {
        sink.fail("pv.sig.cms", "La signature ne désigne son certificat que par SHA-1.", name);
    }
    let far = |(a, b): (Instant, Instant)| (a.as_millisecond() - b.as_millisecond()).abs() > super::trust::TOLERANCE_MS;
    if checked.signing_time.zip(claimed).is_some_and(far) {
        sink.fail("pv.sig.time_order", "La signature et sa valeur se disent d'heures différentes.", name);
    }
    let mut token = None;
    for attribute in &parsed.signer.unsigned {
        match attribute.values.as_slice() {
            [only] if attribute.id == oid::SIGNATURE_TIME_STAMP => token = Some(only.whole.to_vec()),
            _ => {
                // As in the seal: anything else would be a place to change octets unseen.
                let what = "La signature porte un attribut non signé que ce contrôle n'admet pas.";
                sink.fail("pv.sig.attribute", what, format!("{name} : {}", attribute.id));
            }
        }
    }
    What::Signature(Box::new(Held {
        checked,
        signature: parsed.signer.signature.to_vec(),
        algorithm: parsed.signer.algorithm,
        token,
        carried: parsed.certificates.clone(),
        revocation,
    }))
}

fn told(fault: CmsFault, name: &str, sink: &mut Sink) {
    match fault {
        CmsFault::Structure(why) => {
            sink.fail("pv.sig.cms", "La valeur d'une signature n'est pas un CMS admis.", format!("{name} : {why}"));
        }
        CmsFault::Digest { expected, found } => {
            let found = format!("{name} : attendue {expected}, trouvée {found}");
            sink.fail(
                "pv.sig.digest",
                "Le document a été modifié : son empreinte n'est pas celle qui a été signée.",
                found,
            );
        }
        CmsFault::Certificate(why) => {
            let what = "La signature ne désigne pas le certificat qui l'accompagne.";
            sink.fail("pv.sig.certificate", what, format!("{name} : {why}"));
        }
        CmsFault::Signature(why) => sink.fail("pv.sig.value", "La signature est fausse.", format!("{name} : {why}")),
    }
}
