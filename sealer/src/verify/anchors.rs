//! The anchors of META-INF, each against the seal's digest and what the reader brought; each told on a line of its own.
use dossier::{Reference, Sha256Digest};

use super::container::Container;
use super::{Report, SealFacts};
use crate::anchor::{self, ots::MAX_PROOF};
use crate::{TrustAnchors, layout, tlog};

/// Judges every anchor, in the order they stand.
pub(super) fn check(
    container: &Container,
    reference: &Reference,
    trust: &TrustAnchors,
    report: &mut Report,
    facts: &mut SealFacts,
) {
    let order = container.order();
    if order.anchors.is_empty() {
        return;
    }
    let Some(seal) = container.small(layout::SIGNATURE_1, super::signature::MAX_CMS).ok() else { return };
    let seal = Sha256Digest::of(&seal);
    let brought = trust.anchor_trust();
    for entry in &order.anchors {
        let octets = match container.small(&entry.name, MAX_PROOF as u64) {
            Ok(octets) => octets,
            Err(finding) => {
                report.add(finding);
                continue;
            }
        };
        let judged = if entry.kind == layout::ANCHOR_LOG {
            tlog::judge(&entry.name, &octets, &seal, reference, brought.policy.as_deref())
        } else {
            anchor::judge_ots(&entry.name, &octets, &seal, brought.headers.as_deref())
        };
        report.add(judged.finding);
        facts.anchors.push(judged.facts);
    }
}
