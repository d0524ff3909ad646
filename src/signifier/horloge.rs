//! The clock of the machine that serves acts, held against the time servers of `plateforme.toml` (row I07): what `signifier servir`
//! does at its start and all along, and `signifier exploitation` when it is asked.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use dossier::Clock;
use probes::{Asked, Fact, Sources, World, clock_again};
use signification::consent::Actor;
use signification::platform::{EtatHorloge, MesureHorloge};
use signification::{Platform, SignificationError};

use crate::capturer::software;

/// How often the clock is held against its servers while the platform serves.
pub(super) const EVERY: Duration = Duration::from_secs(300);

/// Asks the configured servers and notes what they gave; without a server nothing is noted, and the state says so. Ends within
/// eight seconds whatever the servers do.
pub(super) fn relever(
    platform: &Platform<'_>,
    operator: &Actor,
    clock: &Arc<dyn Clock>,
) -> Result<EtatHorloge, SignificationError> {
    let servers = &platform.config().exploitation.serveurs_temps;
    if !servers.is_empty() {
        platform.noter_horloge(operator, mesurer(servers, clock))?;
    }
    Ok(platform.etat_horloge())
}

fn mesurer(servers: &[String], clock: &Arc<dyn Clock>) -> MesureHorloge {
    let sources = Sources { time_servers: servers.to_vec(), ..Sources::default() };
    let software = software();
    let asked = Asked {
        sources: &sources,
        hosts: &[],
        origins: &[],
        place: None,
        software: &software,
        folders: &[],
        clock: None,
    };
    lire(&clock_again(&World::this_machine(Arc::clone(clock)), &asked, "interval", None))
}

/// What a measure of the clock is worth here: an offset that a majority agrees on, or nothing.
fn lire(fact: &Fact) -> MesureHorloge {
    match fact.data["offset_us"].as_i64() {
        // Away from zero: an offset a hair beyond a second is beyond a second.
        Some(us) => MesureHorloge::Ecart(us / 1000 + (us % 1000).signum()),
        None if fact.data["sources"].as_array().is_some_and(|heard| !heard.is_empty()) => {
            MesureHorloge::Muette("les serveurs de temps se contredisent".into())
        }
        None => MesureHorloge::Muette("aucun serveur de temps n'a répondu : réseau, UDP, port 123".into()),
    }
}

/// What the operator is told at the start.
pub(super) fn annonce(etat: &EtatHorloge, envois_permis: bool) -> String {
    let told = match etat {
        EtatHorloge::Mesuree { ecart_ms, .. } => format!("écart de {ecart_ms:+} ms"),
        EtatHorloge::SansSource => {
            "ATTENTION, écart inconnu : aucun serveur de temps n'est configuré (exploitation.serveurs_temps)".to_owned()
        }
        EtatHorloge::PasMesuree => "ATTENTION, écart inconnu : pas encore mesuré".to_owned(),
        EtatHorloge::Muette { pourquoi, .. } => format!("ATTENTION, écart inconnu : {pourquoi}"),
    };
    let stop = if envois_permis { "" } else { " ; plus d'une seconde au dernier relevé : AUCUN ACTE N'EST ENVOYÉ" };
    format!("Horloge                   : {told}{stop}")
}

/// Holds the clock against its servers every [`EVERY`] until the end. What the servers give is noted by a thread of its own: a
/// silent one keeps nobody waiting.
pub(super) fn suivre(platform: Arc<Platform<'static>>, stop: Arc<AtomicBool>, clock: Arc<dyn Clock>) {
    if platform.config().exploitation.serveurs_temps.is_empty() {
        return;
    }
    std::thread::spawn(move || {
        let operator = Actor::platform();
        let mut last = clock.monotonic();
        while !stop.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(200));
            if clock.monotonic().saturating_sub(last) < EVERY {
                continue;
            }
            last = clock.monotonic();
            match relever(&platform, &operator, &clock) {
                Ok(EtatHorloge::Mesuree { ecart_ms, .. }) => tracing::debug!(ecart_ms, "horloge mesurée"),
                Ok(etat) => tracing::warn!(?etat, "l'écart de l'horloge est inconnu"),
                Err(error) => tracing::warn!(code = error.code(), "l'écart de l'horloge n'a pas pu être noté"),
            }
        }
    });
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use dossier::{Outcome, op};
    use serde_json::json;

    use super::*;

    fn read(data: serde_json::Value) -> MesureHorloge {
        lire(&Fact::new(op::MEASURE_CLOCK, Outcome::Ok, data))
    }

    #[test]
    fn i07_an_offset_is_rounded_away_from_zero_and_no_majority_is_no_offset() {
        for (us, ms) in [(0, 0), (12_000, 12), (1_000_000, 1000), (1_000_001, 1001), (-1_000_001, -1001), (-3, -1)] {
            assert_eq!(read(json!({"offset_us": us})), MesureHorloge::Ecart(ms), "{us}");
        }
        let MesureHorloge::Muette(why) = read(json!({"offset_us": null, "sources": [{}, {}]})) else { panic!() };
        assert!(why.contains("contredisent"), "{why}");
        let MesureHorloge::Muette(why) = read(json!({"why": "…", "silent": [{}]})) else { panic!() };
        assert!(why.contains("répondu"), "{why}");
    }
}
