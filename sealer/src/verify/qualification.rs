//! What the reader's trusted lists say of the signer and of each timestamp authority. Told beside the verdict: nothing
//! here can fail a bundle, and a list is an anchor only if the reader asked for it.
use std::collections::BTreeSet;

use dossier::{Finding, Instant, Level, Sha256Digest};
use serde::Serialize;

use super::signature::Seal;
use super::{Report, SealFacts};
use crate::TrustAnchors;
use crate::lists::{self, Judged, ListRecord, Outcome, Qscd};
use crate::tsp::TokenFacts;
use crate::x509::Certificate;

/// What the lists say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Qualifications {
    /// SHA-256 of the snapshot's index.
    pub snapshot_sha256: Sha256Digest,
    /// When the lists were brought into the snapshot.
    pub imported_at: Instant,
    /// The lists consulted.
    pub lists: Vec<ListRecord>,
    /// The instant of the check, against which a list is late or not.
    pub judged_at: Instant,
    /// The signer, at the best time known of the seal.
    pub signer: Option<Judged>,
    /// Each token that counts, at its own time.
    pub authorities: Vec<AuthorityQualification>,
    /// What was told already: one finding is enough for an authority asked every quarter of an hour.
    #[serde(skip)]
    told: BTreeSet<(Sha256Digest, Outcome)>,
}

/// The authority of one token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuthorityQualification {
    /// The entry of the bundle the token is in.
    pub entry: String,
    /// What the lists say of its certificate.
    #[serde(flatten)]
    pub judged: Judged,
}

/// Judges the signer and the tokens over the seal. Without lists nothing is judged.
pub(super) fn check<'a>(
    seal: &Seal,
    tokens: impl Iterator<Item = (&'a str, &'a TokenFacts)>,
    (anchors, best, now): (&TrustAnchors, Option<Instant>, Instant),
    report: &mut Report,
    facts: &mut SealFacts,
) {
    let leaf = &seal.checked.certificate;
    let Some(known) = anchors.lists() else { return };
    let pool: Vec<Certificate> = seal.carried.iter().chain(anchors.certificates()).cloned().collect();
    let signer = lists::judge_signer(known, leaf, &pool, best.unwrap_or(now), now);
    let snapshot = known.snapshot();
    let mut told = Qualifications {
        snapshot_sha256: snapshot.sha256,
        imported_at: snapshot.imported_at,
        lists: snapshot.lists.iter().map(|checked| checked.record.clone()).collect(),
        judged_at: now,
        signer: None,
        authorities: Vec::new(),
        told: BTreeSet::new(),
    };
    told.late(report);
    told.tell("Le certificat du sceau", &signer, report);
    told.signer = Some(signer);
    facts.qualification = Some(told);
    for (entry, token) in tokens {
        authority(facts, anchors, entry, token, report);
    }
}

/// Judges the authority of one token that counts.
pub(super) fn authority(
    facts: &mut SealFacts,
    anchors: &TrustAnchors,
    entry: &str,
    token: &TokenFacts,
    report: &mut Report,
) {
    let (Some(known), Some(told), Some(leaf)) = (anchors.lists(), &mut facts.qualification, token.path.first()) else {
        return;
    };
    let pool: Vec<Certificate> = token.path.iter().chain(&token.certificates).cloned().collect();
    let judged = lists::judge_authority(known, leaf, &pool, token.gen_time, told.judged_at);
    told.tell("Une autorité d'horodatage", &judged, report);
    told.authorities.push(AuthorityQualification { entry: entry.to_owned(), judged });
}

impl Qualifications {
    /// A list that should have been replaced tells an old state: said once, whatever it is used for.
    fn late(&self, report: &mut Report) {
        let late = self.lists.iter().filter(|list| list.next_update.is_none_or(|next| next < self.judged_at));
        let late: Vec<String> = late.map(|list| format!("{} du {}", list.name(), list.issued)).collect();
        if !late.is_empty() {
            let what = "Des listes de confiance auraient dû être remplacées avant la date du contrôle : elles disent un état \
                        ancien.";
            report.add(Finding::new("trust.list_late", Level::Warn, what).values(self.judged_at, late.join(", ")));
        }
    }

    fn tell(&mut self, who: &str, judged: &Judged, report: &mut Report) {
        if !self.told.insert((judged.certificate_sha256, judged.outcome)) {
            return;
        }
        let (code, level) = match judged.outcome {
            Outcome::Qualified => ("trust.qualified", Level::Info),
            Outcome::NotQualified => ("trust.not_qualified", Level::Warn),
            Outcome::Withdrawn => ("trust.withdrawn", Level::Warn),
            Outcome::NotFound => ("trust.not_listed", Level::Warn),
            Outcome::Undetermined => ("trust.not_judged", Level::Warn),
        };
        let what = format!("{who}, d'après les listes de confiance : {}.", judged.sentence());
        report.add(Finding::new(code, level, what).found(judged.source()));
    }
}

impl Judged {
    /// The answer in French, with what it is for and why, without a final stop.
    pub fn sentence(&self) -> String {
        let mut text = self.outcome.word().to_owned();
        if let Some(usage) = self.usage {
            text.push_str(&format!(" ({}", usage.word()));
            text.push_str(match self.qscd {
                Some(Qscd::Yes) => ", clé dans un dispositif qualifié)",
                Some(Qscd::No) => ", clé hors d'un dispositif qualifié)",
                _ => ", dispositif non établi)",
            });
        }
        if let Some(why) = &self.why {
            text.push_str(&format!(" — {}", why.trim_end_matches('.')));
        }
        text
    }

    /// The service and the list the answer comes from, and for whom at what time.
    pub fn source(&self) -> String {
        let who = format!("{}, au {}", self.subject, self.at);
        match &self.service {
            None => who,
            Some(service) => format!(
                "{who} : {} « {} » de {}, « {} » depuis le {}, liste {} n° {} du {}{}",
                service.kind,
                service.service,
                service.provider,
                service.status,
                service.since,
                service.territory,
                service.sequence,
                service.issued,
                if service.late { ", dépassée" } else { "" }
            ),
        }
    }
}
