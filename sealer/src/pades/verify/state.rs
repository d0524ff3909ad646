//! What the state of a certificate means for a token and for a signature, and how strong what made them is.
use dossier::{Instant, Level};

use super::value::Signed;
use crate::pades::report::{CertificateState, Sink};
use crate::revocation::{Reason, Revocation, Status};
use crate::x509::{Certificate, SignatureAlgorithm, Strength, strength};

/// A path with the issuers; the anchor's own state is not asked.
pub(super) fn pairs(path: &[Certificate]) -> impl Iterator<Item = (&Certificate, &Certificate)> {
    path.iter().zip(path.iter().skip(1))
}

/// The state, as the report says it.
pub(super) fn state(status: &Status) -> CertificateState {
    match status {
        Status::Good { .. } => CertificateState::Good,
        Status::Revoked(_) => CertificateState::Revoked,
        Status::NoSource => CertificateState::NotPublished,
        Status::Missing(_) => CertificateState::Unknown,
    }
}

/// Whether the state is known; what is missing is told.
pub(super) fn tell_gap(certificate: &Certificate, status: &Status, entry: &str, sink: &mut Sink) -> bool {
    let subject = certificate.subject_text();
    match status {
        Status::NoSource => {
            let what =
                "Un certificat n'annonce aucun moyen de savoir s'il a été révoqué : son état n'est pas contrôlé.";
            sink.add("pv.sig.no_source", Level::Warn, what, subject);
            false
        }
        Status::Missing(why) => {
            let why = if why.is_empty() { "aucune donnée jointe".to_owned() } else { why.join(" ; ") };
            let what = "L'état (révoqué ou non) d'un certificat n'est pas établi.";
            sink.add("pv.sig.state_missing", Level::Indeterminate, what, format!("{entry} : {subject} : {why}"));
            false
        }
        Status::Good { .. } | Status::Revoked(_) => true,
    }
}

fn revocation_text(entry: &str, certificate: &Certificate, revocation: &Revocation) -> String {
    format!("{entry} : {} révoqué le {} ({})", certificate.subject_text(), revocation.at, revocation.reason.text())
}

/// RFC 3161 4: after a revocation for another reason than the key, older tokens stay good; else only those that something
/// else proves older.
pub(super) fn token_stands(
    entry: &str,
    made: Instant,
    shield: Option<Instant>,
    certificate: &Certificate,
    revocation: &Revocation,
    sink: &mut Sink,
) -> bool {
    let text = revocation_text(entry, certificate, revocation);
    if revocation.at <= made {
        let what = "Le certificat d'une autorité d'horodatage était révoqué quand le jeton a été fait.";
        sink.fail("pv.sig.time_revoked", what, text);
        return false;
    }
    let harmless = matches!(
        revocation.reason,
        Reason::Unspecified | Reason::AffiliationChanged | Reason::Superseded | Reason::CessationOfOperation
    );
    let suspected = revocation.invalid_since.map_or(revocation.at, |since| since.min(revocation.at));
    if harmless || shield.is_some_and(|shield| shield < suspected) {
        sink.add(
            "pv.sig.revoked_later",
            Level::Info,
            "Un certificat a été révoqué depuis, sans effet sur ce qui précède.",
            text,
        );
        return true;
    }
    let what = "Le certificat d'une autorité d'horodatage a été révoqué depuis, pour un motif qui met en doute ses jetons antérieurs.";
    sink.add("pv.sig.time_doubt", Level::Indeterminate, what, text);
    false
}

pub(super) fn revoked(
    one: &Signed,
    best: Option<Instant>,
    certificate: &Certificate,
    revocation: &Revocation,
    sink: &mut Sink,
) {
    let text = revocation_text(&one.field, certificate, revocation);
    let Some(best) = best else {
        let after = one.claimed.is_some_and(|claimed| claimed >= revocation.at) && revocation.reason != Reason::Hold;
        let level = if after { Level::Fail } else { Level::Indeterminate };
        let what =
            "Un certificat de la chaîne du signataire est révoqué, et rien ne prouve que la signature est antérieure.";
        return sink.add("pv.sig.revoked", level, what, text);
    };
    if revocation.at <= best && revocation.reason == Reason::Hold {
        let what = "Un certificat de la chaîne du signataire était suspendu : la suspension a pu être levée depuis.";
        sink.add("pv.sig.doubt", Level::Indeterminate, what, text);
    } else if revocation.at <= best {
        let what = "Un certificat de la chaîne du signataire était révoqué à l'heure prouvée de la signature.";
        sink.fail("pv.sig.revoked", what, text);
    } else if revocation.reason == Reason::Compromise && revocation.invalid_since.is_none_or(|since| since <= best) {
        let what = "Un certificat de la chaîne du signataire a été révoqué ensuite parce que sa clé est compromise, sans qu'il soit \
                    établi qu'elle ne l'était pas à l'heure de la signature.";
        sink.add("pv.sig.doubt", Level::Indeterminate, what, text);
    } else {
        sink.add(
            "pv.sig.revoked_later",
            Level::Info,
            "Un certificat a été révoqué depuis, sans effet sur ce qui précède.",
            text,
        );
    }
}

/// The dated table over a signature and every certificate of its path but the anchor.
pub(super) fn check_strength(
    path: &[Certificate],
    algorithm: SignatureAlgorithm,
    at: Instant,
    over: Level,
    entry: &str,
    sink: &mut Sink,
) {
    let own = path.first().map(|leaf| (leaf, leaf, Some(algorithm)));
    let chain = pairs(path).map(|(certificate, issuer)| (certificate, issuer, certificate.signature_algorithm()));
    for (of, signer, algorithm) in own.into_iter().chain(chain) {
        let Some(algorithm) = algorithm else { continue };
        let (code, level, what, why) = match strength(&signer.key, algorithm, at) {
            Strength::Enough => continue,
            Strength::Weak(why) => {
                ("pv.sig.weak", Level::Warn, "Un algorithme est en fin de vie à l'heure retenue.", why)
            }
            Strength::Over(why) => ("pv.sig.over", over, "Un algorithme n'est plus admis à l'heure retenue.", why),
        };
        sink.add(code, level, what, format!("{entry} : {}, {why}", of.subject_text()));
    }
}
