//! The judgement of a log proof: the leaf of this bundle, the way to a head, the signatures on it, the reader's policy.
use std::collections::BTreeSet;

use dossier::{Instant, Reference, Sha256Digest};

use super::{LogPolicy, TlogProof, VerifierKey, leaf, merkle};
use crate::anchor::{AnchorFacts, AnchorState, Judged, LogClaim, WitnessClaim, weighed};

const KIND: &str = "office-log";
const CHECK: &str = "Format c2sp.org/tlog-proof@v1, arbre RFC 9162 : la feuille est le JSON canonique \
    {\"format\":\"constat-sceau/1\",\"reference\":…,\"signature001_sha256\":…} ; donner --politique à constat verifier, ou un \
    vérificateur C2SP.";

/// Judges a proof of the office's log.
pub(crate) fn judge(
    entry: &str,
    octets: &[u8],
    seal: &Sha256Digest,
    reference: &Reference,
    policy: Option<&LogPolicy>,
) -> Judged {
    match checked(octets, seal, reference, policy) {
        Ok((state, log)) => {
            let times = log.witnesses.iter().map(|w| w.at);
            let existed_before = times.max().filter(|_| state == AnchorState::Proven);
            let line = line(state, &log, policy);
            weighed(facts(entry, state, existed_before, line, Some(log)), None)
        }
        Err(why) => {
            let line = format!("Journal des sceaux : FAUX, {why}");
            weighed(facts(entry, AnchorState::False, None, line, None), Some(why))
        }
    }
}

fn facts(
    entry: &str,
    state: AnchorState,
    existed_before: Option<Instant>,
    line: String,
    log: Option<LogClaim>,
) -> AnchorFacts {
    AnchorFacts {
        entry: entry.to_owned(),
        kind: KIND,
        state,
        existed_before,
        line,
        check: CHECK.to_owned(),
        calendars: Vec::new(),
        blocks: Vec::new(),
        log,
    }
}

fn checked(
    octets: &[u8],
    seal: &Sha256Digest,
    reference: &Reference,
    policy: Option<&LogPolicy>,
) -> Result<(AnchorState, LogClaim), String> {
    let proof = TlogProof::parse(octets).map_err(|e| format!("preuve illisible ({e})"))?;
    let leaf = leaf(reference, seal).map_err(|e| e.to_string())?;
    let head = &proof.checkpoint;
    if !merkle::includes(&merkle::leaf_hash(&leaf), proof.index, head.size, &proof.way, &head.root) {
        return Err("la preuve d'inclusion ne mène pas de ce sceau à la racine annoncée".into());
    }
    let mut log = LogClaim {
        origin: head.origin.clone(),
        size: head.size,
        index: proof.index,
        root: hex::encode(head.root),
        witnesses: Vec::new(),
    };
    let Some(policy) = policy else { return Ok((AnchorState::Unchecked, log)) };
    let known: Vec<&VerifierKey> = policy.logs.iter().filter(|key| key.name == head.origin).collect();
    if known.is_empty() {
        return Ok((AnchorState::Unchecked, log));
    }
    let signed = known.iter().find_map(|key| key.signed(&proof.note));
    signed
        .ok_or_else(|| format!("la tête n'est pas signée par le journal {}", head.origin))?
        .map_err(|e| e.to_string())?;
    for witness in &policy.witnesses {
        if let Some(cosigned) = witness.key.cosigned(&proof.note) {
            let seconds = cosigned.map_err(|e| e.to_string())?;
            let at = i64::try_from(seconds).ok().and_then(|s| Instant::from_millisecond(s.checked_mul(1000)?));
            let at = at.ok_or_else(|| format!("l'heure de {} est hors limites", witness.name))?;
            log.witnesses.push(WitnessClaim { name: witness.name.clone(), at });
        }
    }
    let cosigned: BTreeSet<&str> = log.witnesses.iter().map(|w| w.name.as_str()).collect();
    let state = if policy.is_met_by(&cosigned) { AnchorState::Proven } else { AnchorState::Insufficient };
    Ok((state, log))
}

fn line(state: AnchorState, log: &LogClaim, policy: Option<&LogPolicy>) -> String {
    let place = format!("feuille {} d'un arbre de {} ({})", log.index, log.size, log.origin);
    let names: Vec<String> = log.witnesses.iter().map(|w| format!("{} le {}", w.name, w.at)).collect();
    let names = if names.is_empty() { "aucun".to_owned() } else { names.join(", ") };
    let wanted = policy.map(LogPolicy::wanted).unwrap_or_default();
    match (state, policy) {
        (AnchorState::Proven, _) => {
            format!("Journal des sceaux : {place} ; témoins : {names} ; politique remplie ({wanted})")
        }
        (AnchorState::Insufficient, _) => {
            format!("Journal des sceaux : {place} ; témoins : {names} ; la politique demande {wanted}")
        }
        (_, Some(_)) => format!("Journal des sceaux : {place}, non contrôlé (journal absent de la politique donnée)"),
        _ => format!(
            "Journal des sceaux : {place}, non contrôlé (aucune politique donnée : clés du journal et des témoins)"
        ),
    }
}
