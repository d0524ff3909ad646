//! The tokens: over the seal's signature, and over the second manifest; and whether the times tell one story.
use dossier::{Finding, Instant, Level, Manifest};

use super::container::Container;
use super::signature::{MAX_CMS, Seal, read_manifest};
use super::{Report, SealFacts, TimestampFacts};
use crate::tsp::{TokenFacts, check_token_with};
use crate::x509::Certificate;
use crate::{TimestampError, TrustAnchors, asic, layout};

/// How far the office's clock and an authority's may disagree before the signing time is held false.
const TOLERANCE_MS: i64 = 5 * 60_000;

/// A token that is right in itself and leads to an anchor; whether its authority was revoked is judged later.
#[derive(Debug)]
pub(super) struct Stamp {
    pub(super) entry: String,
    pub(super) facts: TokenFacts,
}

/// Checks every token over the seal and the files, in the order they stand.
pub(super) fn check<'a>(
    container: &Container,
    seal: &'a Seal,
    anchors: &'a TrustAnchors,
    report: &mut Report,
) -> Stamps<'a> {
    let mut stamps = Stamps { anchors, more: &seal.carried, found: Vec::new(), sound: true };
    if let Some(token) = &seal.token {
        stamps.add(token, &seal.signature, layout::SIGNATURE_1, report);
    }
    if container.contents.contains_key(layout::MANIFEST_2) {
        second(container, seal, &mut stamps, report);
    }
    stamps
}

fn second(container: &Container, seal: &Seal, stamps: &mut Stamps<'_>, report: &mut Report) -> Option<()> {
    let mut small = |name: &str| container.small(name, MAX_CMS).map_err(|finding| report.add(finding)).ok();
    let (octets, token) = (small(layout::MANIFEST_2)?, small(layout::TOKEN_2)?);
    let manifest = read_manifest(&octets, layout::MANIFEST_2, report)?;
    if manifest.protector != layout::TOKEN_2 || manifest.protector_type != asic::TYPE_TOKEN {
        let what = "Le second manifeste désigne un autre jeton que celui qui le protège.";
        report.fail("manifest.protector", what, layout::TOKEN_2, &manifest.protector);
    }
    if manifest.files != seal.manifest.files {
        let what = "Les deux manifestes ne couvrent pas les mêmes fichiers avec les mêmes empreintes.";
        report.fail_found("manifest.second_differs", what, layout::MANIFEST_2);
    }
    stamps.add(&token, &octets, layout::TOKEN_2, report);
    Some(())
}

/// The tokens as they are checked.
pub(super) struct Stamps<'a> {
    pub(super) anchors: &'a TrustAnchors,
    pub(super) more: &'a [Certificate],
    pub(super) found: Vec<Stamp>,
    /// False once a token could not be led to an anchor, or is wrong.
    pub(super) sound: bool,
}

impl Stamps<'_> {
    /// Checks one token over `data`.
    pub(super) fn add(&mut self, token: &[u8], data: &[u8], entry: &str, report: &mut Report) {
        match check_token_with(token, data, self.anchors, self.more) {
            Ok(facts) => self.found.push(Stamp { entry: entry.to_owned(), facts }),
            Err(TimestampError::Chain { why }) => {
                self.sound = false;
                let what =
                    "Un jeton d'horodatage ne mène à aucune racine de confiance fournie : son heure n'est pas établie.";
                report.add(Finding::new("time.no_chain", Level::Indeterminate, what).found(format!("{entry} : {why}")));
            }
            Err(error) => {
                self.sound = false;
                let what = "Un jeton d'horodatage est faux.";
                report.fail_found(error.code(), what, format!("{entry} : {error}"));
            }
        }
    }
}

/// What a token that counts says.
pub(super) fn facts_of(stamp: &Stamp) -> TimestampFacts {
    let token = &stamp.facts;
    TimestampFacts {
        entry: stamp.entry.clone(),
        authority: token.authority.clone(),
        gen_time: token.gen_time,
        serial: token.serial.clone(),
        policy: token.policy.clone(),
        accuracy_us: token.accuracy_us,
        valid_to: token.valid_to,
    }
}

/// What is weak in a token; `renewed` when a later token covers it.
pub(super) fn weaknesses(stamp: &Stamp, renewed: bool, at: Instant, report: &mut Report) {
    let (token, entry) = (&stamp.facts, &stamp.entry);
    if token.bound_by_sha1 {
        let what = "Un jeton d'horodatage ne désigne son certificat que par SHA-1.";
        report.add(Finding::new("time.bound_by_sha1", Level::Warn, what).found(entry));
    }
    if token.accuracy_us.is_none() {
        let what = "Un jeton d'horodatage ne dit pas sa précision : elle est inconnue, et non nulle.";
        report.add(Finding::new("time.no_accuracy", Level::Info, what).found(entry));
    }
    if token.valid_to < at && !renewed {
        let what = "Le certificat d'une autorité d'horodatage a expiré, et rien ne prolonge son jeton : son heure n'est plus \
                    établie (ETSI EN 319 102-1, 5.6.2.4).";
        report.add(Finding::new("time.authority_expired", Level::Indeterminate, what).values(token.valid_to, at));
    }
}

/// What `constat.json` says of time against what is there, and the order of the times.
pub(super) fn check_story(
    manifest: &Manifest,
    seal: &Seal,
    gen_time: Option<Instant>,
    at: Instant,
    report: &mut Report,
    facts: &SealFacts,
) {
    if seal.token.is_none() {
        if manifest.seal_time.timestamped {
            let what = "L'inventaire annonce un jeton d'horodatage qui n'est plus là.";
            report.fail("time.removed", what, "un jeton", "aucun");
        } else {
            let what = "Le sceau ne porte aucun jeton d'horodatage : sa date n'est pas établie.";
            let reason = manifest.seal_time.reason.clone().unwrap_or_default();
            report.add(Finding::new("time.absent", Level::Indeterminate, what).found(reason));
        }
    } else if !manifest.seal_time.timestamped {
        let what = "Le jeton d'horodatage a été ajouté après le scellement : il prouve l'existence du sceau à son heure, pas avant.";
        let found = gen_time.map(|t| t.to_string()).unwrap_or_default();
        report.add(Finding::new("time.added_later", Level::Info, what).found(found));
    }
    let second = facts.timestamps.iter().any(|t| t.entry == layout::TOKEN_2);
    if manifest.seal_time.authorities.len() > 1 && seal.token.is_some() && !second {
        let what = "Une seule autorité a horodaté ce sceau, plusieurs étaient prévues.";
        report.add(
            Finding::new("time.second_missing", Level::Warn, what).found(manifest.seal_time.authorities.join(", ")),
        );
    }
    check_order(manifest, gen_time, at, report, facts);
}

/// Closing of the session, then signature, then token, then verification (the office's clock within its tolerance).
fn check_order(manifest: &Manifest, gen_time: Option<Instant>, at: Instant, report: &mut Report, facts: &SealFacts) {
    let closed = manifest.session.closed_at;
    let Some(signed) = facts.signing_time else { return };
    // The signing time has no fraction of a second.
    if closed.as_millisecond() > signed.as_millisecond() + 999 {
        let what = "L'heure de signature précède la clôture de la session : l'horloge a été reculée entre les deux.";
        report.add(Finding::new("clock.order", Level::Warn, what).values(closed, signed));
    }
    for (name, instant) in [("signature", signed), ("clôture", closed)] {
        if let Some(token) = gen_time.filter(|t| instant.as_millisecond() > t.as_millisecond() + TOLERANCE_MS) {
            let what = "Une heure affirmée par l'étude est postérieure au jeton d'horodatage.";
            report.fail("clock.order", what, token, format!("{name} : {instant}"));
        }
    }
    if signed.as_millisecond() > at.as_millisecond() + TOLERANCE_MS {
        let what = "La signature est datée après le moment du contrôle.";
        report.add(Finding::new("clock.future", Level::Indeterminate, what).values(at, signed));
    }
}
