//! Who signed a receipt, and when it existed at the latest: the signature, the token or the checkpoint that dates it, and the
//! state of the certificates, judged at the time proven (ETSI EN 319 102-1, 5.6).
use dossier::{Finding, Instant, Level};

use super::form::Form;
use super::pieces::Pieces;
use super::point::{self, Excerpt};
use super::{ReceiptFacts, ReceiptKind, SealLevel};
use crate::cms::{self, Checked, CmsFault};
use crate::revocation::{Carried, Pool};
use crate::tsp::check_token;
use crate::verify::Report;
use crate::verify::longterm::state::{self, Known, Part};
use crate::verify::stamps::{self, Stamp, facts_of};
use crate::x509::{Certificate, PathFault, Purpose, SignatureAlgorithm, validate};
use crate::{TimestampError, TrustAnchors, evidence, oid};

/// How far the office's clock and an authority's may disagree before a time is held false.
const TOLERANCE_MS: i64 = 5 * 60_000;

/// What is signed: its file, and how it is called in what is told.
pub(super) struct Subject {
    pub(super) file: &'static str,
    pub(super) the: &'static str,
    pub(super) of_the: &'static str,
}

impl Subject {
    pub(super) fn receipt(kind: ReceiptKind) -> Self {
        Self { file: kind.file(), the: "Le récépissé", of_the: "du récépissé" }
    }
}

/// A signature that holds over its octets; its chain is judged at the best time known.
struct Signature {
    entry: String,
    checked: Checked,
    carried: Vec<Certificate>,
    revocation: Carried,
    algorithm: SignatureAlgorithm,
}

/// Checks signature and time of the signed octets, and fills the facts. Gives what dates them, right or not yet known to count.
pub(super) fn check(
    subject: &Subject,
    (pieces, bytes): (&Pieces, &[u8]),
    form: Option<&Form>,
    (anchors, at): (&TrustAnchors, Instant),
    report: &mut Report,
    facts: &mut ReceiptFacts,
) -> Option<Stamp> {
    let name = |suffix: &str| format!("{}.{suffix}", subject.file);
    let mut signatures = Vec::new();
    match pieces.small(&name("p7s")) {
        None => report.fail_found("receipt.unsigned", &format!("{} n'est pas signé.", subject.the), name("p7s")),
        Some(octets) => signatures.extend(signature(subject, bytes, &octets, &name("p7s"), report)),
    }
    if let Some(own) = signatures.first() {
        tell_signer(own, facts);
    }
    let stamp = match (pieces.small(&name("tst")), pieces.small(&name("point"))) {
        (Some(token), _) => stamp(subject, bytes, &token, &name("tst"), anchors, report),
        (None, Some(octets)) => dated_by(subject, (&octets, &name("point")), (form, bytes), anchors, report).and_then(
            |(stamp, signature)| {
                signatures.push(signature);
                stamp
            },
        ),
        (None, None) => {
            let what = format!(
                "{} ne porte pas de preuve de sa date (horodatage différé) : seule l'étude l'affirme.",
                subject.the
            );
            report.add(Finding::new("receipt.timestamp_deferred", Level::Indeterminate, what));
            None
        }
    };
    let states = evidence::read_states(pieces.small(&name("etats")).as_deref()).unwrap_or_else(|why| {
        report.fail_found("receipt.states", "Les états de certificats joints sont illisibles.", why);
        (Vec::new(), Carried::default())
    });
    judge(&signatures, stamp.as_ref(), &states, (anchors, at), report, facts);
    if let Some(form) = form {
        in_order(form.at(), facts, report);
    }
    stamp
}

/// Checks a signature that something dated binds, with the token it has of its own or, without one, the token of what binds it, and
/// states of certificates that stand elsewhere.
pub(super) fn check_bound(
    subject: &Subject,
    (bytes, signed, token): (&[u8], &[u8], Option<&[u8]>),
    (binding, states): (Option<&Stamp>, &States),
    (anchors, at): (&TrustAnchors, Instant),
    report: &mut Report,
) -> ReceiptFacts {
    let mut facts = ReceiptFacts::default();
    let signatures: Vec<Signature> = signature(subject, bytes, signed, subject.file, report).into_iter().collect();
    if let Some(own) = signatures.first() {
        tell_signer(own, &mut facts);
    }
    let own = token.and_then(|token| stamp(subject, bytes, token, subject.file, anchors, report));
    judge(&signatures, own.as_ref().or(binding), states, (anchors, at), report, &mut facts);
    facts
}

/// Certificates and their states, as they stand beside a signature.
pub(super) type States = (Vec<Certificate>, Carried);

fn tell_signer(own: &Signature, facts: &mut ReceiptFacts) {
    facts.signer = Some(own.checked.certificate.subject_text());
    facts.certificate_sha256 = Some(own.checked.certificate.sha256());
    facts.signing_time = own.checked.signing_time;
    let declared = own.checked.certificate.extensions.qc.as_ref();
    facts.qc_statements = declared.and_then(|read| read.as_ref().ok()).cloned();
}

/// The fact that is told took place before the signature, and the signature before its token.
pub(super) fn in_order(event: Instant, facts: &ReceiptFacts, report: &mut Report) {
    if let Some(own) = facts.signing_time {
        times(event, own, facts.timestamp.as_ref().map(|token| token.gen_time), report);
    }
}

/// Reads a detached signature and checks it over the octets.
fn signature(subject: &Subject, bytes: &[u8], octets: &[u8], entry: &str, report: &mut Report) -> Option<Signature> {
    let mut fail = |code: &str, found: String| {
        let what = format!("La signature {} n'est pas valable.", subject.of_the);
        report.fail_found(code, &what, format!("{entry} : {found}"));
    };
    let parsed = match cms::parse(octets) {
        Ok(parsed) => parsed,
        Err(error) => {
            fail("cms.malformed", error.to_string());
            return None;
        }
    };
    if parsed.content.is_some() {
        fail("cms.not_detached", "eContent".into());
    }
    let checked = match cms::check_signer(&parsed, bytes, oid::ID_DATA) {
        Ok(checked) => checked,
        Err(fault) => {
            match fault {
                CmsFault::Structure(why) => fail("cms.malformed", why),
                CmsFault::Digest { found, .. } => fail("cms.message_digest", found),
                CmsFault::Certificate(why) => fail("cms.certificate", why),
                CmsFault::Signature(why) => fail("cms.signature", why),
            }
            return None;
        }
    };
    if checked.bound_by_sha1 || checked.signing_time.is_none() {
        fail("cms.attributes", "signing-certificate-v2, signing-time".into());
    }
    if !parsed.signer.unsigned.is_empty() {
        let ids: Vec<String> = parsed.signer.unsigned.iter().map(|a| a.id.to_string()).collect();
        fail("cms.unsigned_attribute", ids.join(", "));
    }
    let revocation = Carried::read(&parsed.revocation).map_err(|e| fail("revocation.malformed", e.to_string())).ok()?;
    let (carried, algorithm) = (parsed.certificates.clone(), parsed.signer.algorithm);
    Some(Signature { entry: entry.to_owned(), checked, carried, revocation, algorithm })
}

/// Checks a token over the octets.
fn stamp(
    subject: &Subject,
    data: &[u8],
    token: &[u8],
    entry: &str,
    anchors: &TrustAnchors,
    report: &mut Report,
) -> Option<Stamp> {
    match check_token(token, data, anchors) {
        Ok(facts) => Some(Stamp { entry: entry.to_owned(), facts }),
        Err(TimestampError::Chain { why }) => {
            let what =
                "Le jeton d'horodatage ne mène à aucune racine de confiance fournie : son heure n'est pas établie.";
            report.add(Finding::new("time.no_chain", Level::Indeterminate, what).found(format!("{entry} : {why}")));
            None
        }
        Err(error) => {
            let what = format!("Le jeton d'horodatage {} n'est pas valable.", subject.of_the);
            report.fail_found(error.code(), &what, format!("{entry} : {error}"));
            None
        }
    }
}

/// The checkpoint of the journal that dates the line which announces these octets.
fn dated_by(
    subject: &Subject,
    (octets, entry): (&[u8], &str),
    (form, bytes): (Option<&Form>, &[u8]),
    anchors: &TrustAnchors,
    report: &mut Report,
) -> Option<(Option<Stamp>, Signature)> {
    let excerpt = match Excerpt::read(octets) {
        Ok(excerpt) => excerpt,
        Err(why) => {
            report.fail_found("point.format", "Le point de contrôle joint n'a pas la forme attendue.", why);
            return None;
        }
    };
    if !excerpt.is_included() {
        let what = "La ligne jointe n'est pas dans le journal que le point de contrôle désigne.";
        report.fail_found("point.inclusion", what, excerpt.size);
    }
    if !form.is_some_and(|form| point::announces(&excerpt.line, &form.id().0, bytes)) {
        let what = "La ligne de journal que le point de contrôle date n'est pas celle de ce récépissé.";
        report.fail_found("receipt.point", what, excerpt.line.op.as_str());
    }
    let text = excerpt.text.as_bytes();
    let signature = signature(subject, text, &excerpt.signature, entry, report)?;
    let stamp = match &excerpt.token {
        Some(token) => stamp(subject, text, token, entry, anchors, report),
        None => {
            let what = "Le point de contrôle n'a pas encore de jeton d'horodatage : la date n'est pas établie.";
            report.add(Finding::new("receipt.timestamp_deferred", Level::Indeterminate, what));
            None
        }
    };
    Some((stamp, signature))
}

/// The token first, then each chain at the time it proves.
fn judge(
    signatures: &[Signature],
    stamp: Option<&Stamp>,
    (certificates, states): &States,
    (anchors, at): (&TrustAnchors, Instant),
    report: &mut Report,
    facts: &mut ReceiptFacts,
) {
    let mut pool = Pool::default();
    pool.add(states, certificates);
    signatures.iter().for_each(|one| pool.add(&one.revocation, &one.carried));
    if let Some(stamp) = stamp {
        pool.add(&stamp.facts.revocation, &stamp.facts.certificates);
    }
    pool.add(&Carried::default(), anchors.certificates());
    let mut known = Known::default();
    if let Some(stamp) = stamp {
        stamps::weaknesses(stamp, false, at, report);
        if state::check_token(stamp, &pool, None, at, &mut known, report) {
            facts.timestamp = Some(facts_of(stamp));
        }
    }
    let best = facts.timestamp.as_ref().map(|token| token.gen_time);
    let mut whole = !signatures.is_empty();
    for one in signatures {
        let Some(path) = chain(one, certificates, anchors, best, at, report) else {
            whole = false;
            continue;
        };
        let part = Part { entry: &one.entry, path: &path, algorithm: one.algorithm };
        state::check_seal(&part, one.checked.signing_time, &pool, best, at, &mut known, report);
    }
    known.tell(report);
    if whole {
        let level = match (best, known.is_complete()) {
            (None, _) => SealLevel::BasicSignature,
            (Some(_), false) => SealLevel::Timestamped,
            (Some(_), true) => SealLevel::LongTerm,
        };
        facts.level = Some(level);
        report.add(Finding::new("seal.level", Level::Info, level.sentence()).found(level.as_str()));
    }
}

/// The path of a signer at the best time, anchor last.
fn chain(
    one: &Signature,
    more: &[Certificate],
    anchors: &TrustAnchors,
    best: Option<Instant>,
    at: Instant,
    report: &mut Report,
) -> Option<Vec<Certificate>> {
    let pool: Vec<Certificate> = one.carried.iter().chain(more).cloned().collect();
    let time = best.unwrap_or(at);
    match validate(&one.checked.certificate, &pool, anchors, time, Purpose::Seal) {
        Ok(path) => {
            if let Some(stray) = cms::unexplained(&one.carried, &path, anchors.certificates()) {
                let what = "La signature porte un certificat que rien n'explique.";
                report.fail_found("cms.certificates", what, stray.subject_text());
            }
            return Some(path);
        }
        Err(PathFault::NoChain { subject }) => {
            let what =
                "Le certificat du signataire ne mène à aucune racine de confiance fournie : l'auteur n'est pas établi.";
            report.add(Finding::new("trust.no_chain", Level::Indeterminate, what).found(subject));
        }
        Err(PathFault::Broken { why }) => {
            report.fail_found("trust.chain_broken", "La chaîne du certificat du signataire est fausse.", why);
        }
        Err(PathFault::OutOfDate { subject, from, to }) => {
            let (level, what) = if best.is_some() {
                (Level::Fail, "Un certificat de la chaîne du signataire n'était pas valable à l'heure prouvée.")
            } else {
                let what = "Un certificat de la chaîne du signataire n'est pas valable à la date du contrôle, et rien ne \
                            prouve que la signature est antérieure.";
                (Level::Indeterminate, what)
            };
            let finding = Finding::new("trust.out_of_bounds_no_poe", level, what);
            report.add(finding.values(format!("{from} .. {to}"), format!("{time} ({subject})")));
        }
    }
    None
}

/// The fact, then the signature, then the token: any other order is false, clocks allowed for.
fn times(event: Instant, signed: Instant, proven: Option<Instant>, report: &mut Report) {
    let after = |a: Instant, b: Instant| a.as_millisecond() > b.as_millisecond() + TOLERANCE_MS;
    let what = "Les heures ne se suivent pas : le fait, puis la signature, puis le jeton.";
    if after(event, signed) {
        report.fail("clock.order", what, format!("au plus tard {signed}"), event);
    } else if let Some(proven) = proven.filter(|proven| after(signed, *proven)) {
        report.fail("clock.order", what, format!("au plus tard {proven}"), signed);
    }
}
