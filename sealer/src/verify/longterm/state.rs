//! What the state of the certificates means for a token, and for the seal: revoked before or after, and why.
use dossier::{Finding, Instant, Level};

use crate::revocation::{Pool, Reason, Revocation, Status};
use crate::verify::Report;
use crate::verify::stamps::Stamp;
use crate::x509::{Certificate, SignatureAlgorithm, Strength, strength};

/// A signature to judge, with its path.
pub(in crate::verify) struct Part<'a> {
    pub(in crate::verify) entry: &'a str,
    pub(in crate::verify) path: &'a [Certificate],
    pub(in crate::verify) algorithm: SignatureAlgorithm,
}

/// What is known of all the certificates together.
#[derive(Debug, Default)]
pub(in crate::verify) struct Known {
    /// Certificates that announce nothing.
    silent: Vec<String>,
    /// Certificates that announce a source of which nothing usable is here.
    missing: Vec<(String, String)>,
}

impl Known {
    /// Whether the state of every certificate is known.
    pub(in crate::verify) fn is_complete(&self) -> bool {
        self.silent.is_empty() && self.missing.is_empty()
    }

    /// Tells the gaps, one finding each kind of gap and certificate.
    pub(in crate::verify) fn tell(&self, report: &mut Report) {
        for (subject, why) in &self.missing {
            let what = "L'état (révoqué ou non) d'un certificat n'est pas établi : il annonce où le demander, et rien \
                        d'utilisable n'est joint (RFC 5280, 6.3 ; ETSI EN 319 102-1, 5.2.5).";
            report.add(Finding::new("revocation.missing", Level::Indeterminate, what).values(subject, why));
        }
        if !self.silent.is_empty() {
            let what = "Des certificats n'annoncent aucun moyen de savoir s'ils ont été révoqués : leur état n'est pas \
                        contrôlé.";
            report.add(Finding::new("revocation.no_source", Level::Warn, what).found(self.silent.join(" ; ")));
        }
    }

    fn note(&mut self, certificate: &Certificate, status: &Status, entry: &str) {
        let subject = certificate.subject_text();
        match status {
            Status::NoSource if !self.silent.contains(&subject) => self.silent.push(subject),
            Status::Missing(why) => {
                let why = if why.is_empty() { "aucune donnée jointe".to_owned() } else { why.join(" ; ") };
                let line = (subject, format!("{entry} : {why}"));
                if !self.missing.contains(&line) {
                    self.missing.push(line);
                }
            }
            _ => {}
        }
    }
}

/// The certificates of a path with their issuers; the anchor's own state is not asked.
fn pairs(path: &[Certificate]) -> impl Iterator<Item = (&Certificate, &Certificate)> {
    path.iter().zip(path.iter().skip(1))
}

/// Judges a token: whether it still counts. `shield` is the time of a later token over it, which counts.
pub(in crate::verify) fn check_token(
    token: &Stamp,
    pool: &Pool,
    shield: Option<Instant>,
    at: Instant,
    known: &mut Known,
    report: &mut Report,
) -> bool {
    let (facts, entry) = (&token.facts, token.entry.as_str());
    let mut counts = true;
    for (certificate, issuer) in pairs(&facts.path) {
        let status = pool.status(certificate, issuer, facts.gen_time);
        known.note(certificate, &status, entry);
        if let Status::Revoked(revocation) = status {
            counts &= token_stands(entry, facts.gen_time, shield, certificate, &revocation, report);
        }
    }
    let part = Part { entry, path: &facts.path, algorithm: facts.algorithm };
    check_strength(&part, shield.unwrap_or(at), Level::Indeterminate, report);
    counts
}

/// RFC 3161 4: after a revocation for another reason than the key, older tokens stay good; else only those that something
/// else proves older.
fn token_stands(
    entry: &str,
    made: Instant,
    shield: Option<Instant>,
    certificate: &Certificate,
    revocation: &Revocation,
    report: &mut Report,
) -> bool {
    let told = told(entry, certificate, revocation);
    if revocation.at <= made {
        let what = "Le certificat d'une autorité d'horodatage était révoqué quand le jeton a été fait.";
        report.fail("revocation.revoked", what, format!("après {made}"), told);
        return false;
    }
    let harmless = matches!(
        revocation.reason,
        Reason::Unspecified | Reason::AffiliationChanged | Reason::Superseded | Reason::CessationOfOperation
    );
    let suspected = revocation.invalid_since.map_or(revocation.at, |since| since.min(revocation.at));
    if harmless || shield.is_some_and(|shield| shield < suspected) {
        tell_later(told, report);
        return true;
    }
    let what = "Le certificat d'une autorité d'horodatage a été révoqué depuis, pour un motif qui met en doute ses jetons \
                antérieurs (RFC 3161, 4) : son heure n'est plus établie.";
    report.add(Finding::new("revocation.doubt", Level::Indeterminate, what).found(told));
    false
}

/// Judges the seal at the best time known: `best` when a token proves it, else the time of the verification.
pub(in crate::verify) fn check_seal(
    part: &Part<'_>,
    signed: Option<Instant>,
    pool: &Pool,
    best: Option<Instant>,
    at: Instant,
    known: &mut Known,
    report: &mut Report,
) {
    let time = best.unwrap_or(at);
    for (certificate, issuer) in pairs(part.path) {
        let status = pool.status(certificate, issuer, time);
        known.note(certificate, &status, part.entry);
        if let Status::Revoked(revocation) = status {
            seal_revoked(part.entry, signed, best, certificate, &revocation, report);
        }
    }
    check_strength(part, time, Level::Fail, report);
}

fn seal_revoked(
    entry: &str,
    signed: Option<Instant>,
    best: Option<Instant>,
    certificate: &Certificate,
    revocation: &Revocation,
    report: &mut Report,
) {
    let told = told(entry, certificate, revocation);
    let Some(best) = best else {
        // Without a token, only a signature that dates itself after the revocation is proven wrong.
        let after = signed.is_some_and(|s| s >= revocation.at) && revocation.reason != Reason::Hold;
        let level = if after { Level::Fail } else { Level::Indeterminate };
        let what = "Un certificat de la chaîne du sceau est révoqué, et rien ne prouve que le sceau est antérieur.";
        report.add(Finding::new("revocation.revoked", level, what).found(told));
        return;
    };
    if revocation.at <= best && revocation.reason == Reason::Hold {
        let what = "Un certificat de la chaîne du sceau était suspendu : la suspension a pu être levée depuis.";
        report.add(Finding::new("revocation.doubt", Level::Indeterminate, what).values(best, told));
    } else if revocation.at <= best {
        let what = "Un certificat de la chaîne du sceau était révoqué à l'heure prouvée du sceau.";
        report.fail("revocation.revoked", what, format!("après {best}"), told);
    } else if revocation.reason == Reason::Compromise && revocation.invalid_since.is_none_or(|since| since <= best) {
        let what = "Un certificat de la chaîne du sceau a été révoqué ensuite parce que sa clé est compromise, sans qu'il \
                    soit établi qu'elle ne l'était pas à l'heure du sceau.";
        report.add(Finding::new("revocation.doubt", Level::Indeterminate, what).values(best, told));
    } else {
        tell_later(told, report);
    }
}

fn tell_later(told: String, report: &mut Report) {
    let what = "Un certificat a été révoqué depuis, sans effet sur ce qui a été fait avant.";
    report.add(Finding::new("revocation.later", Level::Info, what).found(told));
}

fn told(entry: &str, certificate: &Certificate, revocation: &Revocation) -> String {
    format!("{entry} : {} révoqué le {} ({})", certificate.subject_text(), revocation.at, revocation.reason.text())
}

/// The dated table over the signature and every certificate of the path but the anchor.
fn check_strength(part: &Part<'_>, at: Instant, over: Level, report: &mut Report) {
    let own = part.path.first().map(|leaf| (leaf, leaf, Some(part.algorithm)));
    let chain = pairs(part.path).map(|(certificate, issuer)| (certificate, issuer, certificate.signature_algorithm()));
    for (what_of, signer, algorithm) in own.into_iter().chain(chain) {
        let Some(algorithm) = algorithm else { continue };
        let (code, level, what, why) = match strength(&signer.key, algorithm, at) {
            Strength::Enough => continue,
            Strength::Weak(why) => {
                ("crypto.weak", Level::Warn, "Un algorithme est en fin de vie à l'heure retenue.", why)
            }
            Strength::Over(why) => ("crypto.over", over, "Un algorithme n'est plus admis à l'heure retenue.", why),
        };
        let found = format!("{} : {}, {why}", part.entry, what_of.subject_text());
        report.add(Finding::new(code, level, what).values(at, found));
    }
}
