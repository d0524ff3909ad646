//! What a bundle claims, one proposition after the other, each with its own answer, its source and how to redo it.
//!
//! Every finding belongs to exactly one claim, so that the worst answer of the claims is the verdict.
mod redo;

use std::collections::BTreeSet;

use dossier::{Finding, Level as Severity};
use serde::Serialize;

pub use redo::PREPARE;
pub(super) use redo::Places;

use super::{SealFacts, SealLevel};

/// A proposition about a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Claim {
    /// One way only to read the container.
    Container,
    /// Every file is the one the seal covers.
    Contents,
    /// The holder of the certificate signed this list.
    Signature,
    /// Every certificate leads to an anchor of the reader, and was not revoked.
    Certificates,
    /// The seal existed at the time an authority says.
    Time,
    /// The bundle was prolonged by archive timestamps.
    LongTerm,
    /// Nothing contradicts the other anchors.
    Anchors,
    /// Nothing was added to the journal, taken from it, or changed; the manifest says what it says.
    Journal,
    /// Tokens bracket the session and the machine's clock agrees with them.
    Session,
    /// The web archive is the one recorded.
    WebArchive,
    /// What is missing is told.
    Gaps,
}

impl Claim {
    /// Every claim, in the order they are told.
    pub const ALL: [Self; 11] = [
        Self::Container,
        Self::Contents,
        Self::Signature,
        Self::Certificates,
        Self::Time,
        Self::LongTerm,
        Self::Anchors,
        Self::Journal,
        Self::Session,
        Self::WebArchive,
        Self::Gaps,
    ];

    /// The claim a finding belongs to: that of the stage that made it, unless its code says another.
    pub(super) fn of(stage: Self, code: &str) -> Self {
        match code.split('.').next().unwrap_or_default() {
            "trust" | "revocation" | "crypto" => Self::Certificates,
            "archive" | "record" => Self::LongTerm,
            "anchor" => Self::Anchors,
            "seal" if code == "seal.level" => Self::LongTerm,
            _ => stage,
        }
    }

    /// The proposition, in French.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Container => {
                "Le fichier est un conteneur ASiC-E qui ne se lit que d'une façon : rien n'y est doublé, caché ou ajouté."
            }
            Self::Contents => {
                "Chaque fichier est, octet pour octet, celui que le sceau couvre ; aucun n'est hors du sceau."
            }
            Self::Signature => "Le titulaire du certificat a signé exactement cette liste de fichiers.",
            Self::Certificates => {
                "Les certificats mènent à une racine que le lecteur a choisie, et n'étaient ni expirés ni révoqués à \
                 l'heure prouvée."
            }
            Self::Time => "Le sceau existait à l'heure que certifient les autorités d'horodatage.",
            Self::LongTerm => {
                "Le scellé reste vérifiable après l'expiration de ses certificats : un horodatage d'archive, ou une preuve \
                 d'archivage, le prolonge."
            }
            Self::Anchors => {
                "Rien ne contredit les autres preuves du scellé (ancres) ; ce que chacune prouve est dit à part, sur sa \
                 ligne."
            }
            Self::Journal => {
                "Aucune ligne du journal n'a été ajoutée, ôtée ni changée, et l'inventaire dit ce que dit le journal."
            }
            Self::Session => {
                "La session elle-même est encadrée par des jetons d'horodatage, et l'horloge de la machine s'accorde \
                 avec eux."
            }
            Self::WebArchive => "L'archive des pages (capture.wacz) est celle que le journal a enregistrée.",
            Self::Gaps => "Ce qui manque à la capture est dit par le scellé lui-même.",
        }
    }

    /// The standard the answer rests on.
    pub fn reference(self) -> &'static str {
        match self {
            Self::Container => "ETSI EN 319 162-1, 4.2, 4.4 et A.1 ; PKWARE APPNOTE 6.3",
            Self::Contents => "ETSI EN 319 162-1, A.4 ; FIPS 180-4 (SHA-256)",
            Self::Signature => "RFC 5652, 5.4 et 5.6 ; ETSI EN 319 122-1, clause 5",
            Self::Certificates => "RFC 5280, 6 ; RFC 6960 ; ETSI EN 319 102-1, 5.6",
            Self::Time => "RFC 3161, 2.4.2 ; ETSI EN 319 422",
            Self::LongTerm => "ETSI EN 319 162-1, 4.4.5 et A.7 ; RFC 4998",
            Self::Anchors => "OpenTimestamps, version 1 ; RFC 9162, 2.1 ; C2SP tlog-proof, tlog-cosignature",
            Self::Journal => "FIPS 180-4 ; RFC 8785 (forme canonique de chaque ligne)",
            Self::Session => "RFC 3161, 2.4.2 ; RFC 5905 (écart des horloges)",
            Self::WebArchive => "ISO 28500:2017 (WARC 1.1) ; WACZ 1.1.1",
            Self::Gaps => "constat.json, champ incompleteness",
        }
    }
}

/// The answer to a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Every check of it passed.
    Established,
    /// It passed, and something is to be known beside.
    EstablishedWithReserve,
    /// What is at hand does not allow an answer.
    Undetermined,
    /// It is false.
    Refused,
    /// The bundle does not claim it.
    NotClaimed,
    /// A check before it failed, so that nothing could be said of it.
    NotExamined,
    /// What it would be checked with is withheld from this copy: only the original can tell.
    Withheld,
}

impl Answer {
    /// In French, as printed.
    pub fn word(self) -> &'static str {
        match self {
            Self::Established => "établi",
            Self::EstablishedWithReserve => "établi, avec réserve",
            Self::Undetermined => "indéterminé",
            Self::Refused => "FAUX",
            Self::NotClaimed => "non affirmé",
            Self::NotExamined => "non examiné",
            Self::Withheld => "retiré de cette copie",
        }
    }
}

/// A claim and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Judged {
    /// Which.
    pub claim: Claim,
    /// The proposition, in French.
    pub sentence: &'static str,
    /// The answer.
    pub answer: Answer,
    /// The standard it rests on.
    pub reference: &'static str,
    /// Codes of its findings, in the order of the checks.
    pub codes: Vec<String>,
    /// Shell commands that redo the check with public tools, in a folder where the bundle was unpacked, with
    /// `racines.pem` beside it; empty when there is none for this bundle.
    pub redo: Vec<String>,
}

impl Judged {
    /// With what an evidence record outside the bundle proves.
    pub(super) fn with_record(mut self, facts: &SealFacts) -> Self {
        if self.claim == Claim::LongTerm && self.answer == Answer::NotClaimed && facts.record.is_some() {
            self.answer = Answer::Established;
        }
        self
    }
}

/// Judges every claim. `claims` gives that of each finding; `examined` those whose checks ran,
/// `withheld` those whose evidence a copy withholds.
pub(super) fn judge(
    (findings, claims): (&[Finding], &[Claim]),
    (examined, withheld): (&BTreeSet<Claim>, &BTreeSet<Claim>),
    facts: &SealFacts,
    places: &Places,
) -> Vec<Judged> {
    let one = |claim: Claim| {
        let of: Vec<&Finding> = findings.iter().zip(claims).filter(|(_, c)| **c == claim).map(|(f, _)| f).collect();
        let answer = answer(claim, &of, (examined.contains(&claim), withheld.contains(&claim)), facts);
        Judged {
            claim,
            sentence: claim.sentence(),
            answer,
            reference: claim.reference(),
            codes: of.iter().map(|finding| finding.code.clone()).collect(),
            redo: if answer == Answer::Withheld { Vec::new() } else { redo::commands(claim, facts, places) },
        }
    };
    Claim::ALL.into_iter().map(one).collect()
}

fn answer(claim: Claim, of: &[&Finding], (examined, withheld): (bool, bool), facts: &SealFacts) -> Answer {
    let worst = of.iter().map(|finding| finding.level).max();
    let claimed = match claim {
        Claim::LongTerm => facts.level == Some(SealLevel::Archived) || facts.record.is_some(),
        Claim::Anchors => !facts.anchors.is_empty(),
        Claim::Session => !facts.session.is_empty(),
        _ => true,
    };
    match worst {
        Some(Severity::Fail) => Answer::Refused,
        Some(Severity::Indeterminate) => Answer::Undetermined,
        _ if !examined => Answer::NotExamined,
        _ if withheld => Answer::Withheld,
        _ if !claimed => Answer::NotClaimed,
        Some(Severity::Warn) => Answer::EstablishedWithReserve,
        _ => Answer::Established,
    }
}
