//! `constat sceller --prolonger-lot`: one token a year for all the bundles of a folder, by evidence records (RFC 4998).
use std::sync::Arc;

use dossier::Clock;
use sealer::{HttpNetwork, SystemRandom, prolong_batch};
use serde_json::{Value, json};

use super::as_trait;
use crate::bundles::{self, Found};
use crate::cli::Sceller;
use crate::etude::Etude;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{self, printable};
use crate::progress::Terminal;

/// Prolongs every bundle below the folder; those that are not valid are left out, told, and make the exit code negative.
pub(super) fn run(
    arguments: &Sceller,
    etude: &Etude,
    clock: &dyn Clock,
    terminal: &Arc<Terminal>,
    json: bool,
) -> Result<Exit, Failure> {
    if !arguments.what.is_dir() {
        return Err(Failure::new("cli.no_folder", Exit::Usage, arguments.what.display()));
    }
    let authorities = etude.authorities()?;
    if authorities.is_empty() {
        return Err(Failure::new("etude.no_authority", Exit::Usage, etude.file().display()));
    }
    let Found { bundles, left } = bundles::below(&arguments.what)?;
    let total = bundles.len();
    let told = |index: usize| terminal.live(&format!("{} scellés contrôlés sur {total}", index + 1));
    let network = HttpNetwork::new();
    let around = (&network as &dyn sealer::Network, clock, &SystemRandom as &dyn sealer::Random);
    let batch = prolong_batch(&bundles, &etude.anchors()?, &as_trait(&authorities), around, &told)?;
    terminal.finish();
    let refused = batch.items.iter().filter(|item| item.refused.is_some()).count();
    if json {
        let rows: Vec<Value> = batch
            .items
            .iter()
            .map(|item| json!({"bundle": item.bundle, "record": item.record, "stamps": item.stamps, "refused": item.refused}))
            .collect();
        let token = batch.token.as_ref().map(|(authority, at)| json!({"authority": authority, "gen_time": at}));
        output::json(&json!({"bundles": rows, "token": token, "renew_before": batch.renew_before, "refused": refused,
            "left_out": left}));
    } else {
        for item in &batch.items {
            let name = printable(&item.bundle.display().to_string());
            match &item.refused {
                Some(why) => output::line(&format!("LAISSÉ     {name} : {}", printable(why))),
                None => output::line(&format!("prolongé   {name} ({} jeton(s) dans sa preuve)", item.stamps)),
            }
        }
        bundles::told(&left).iter().for_each(|line| output::line(line));
        if let Some((authority, at)) = &batch.token {
            output::line(&format!("Jeton : {at} par {}", printable(authority)));
        }
        if let Some(until) = batch.renew_before {
            output::line(&format!("À renouveler avant le {until} (constat sceller --prolonger-lot)"));
        }
    }
    Ok(if refused == 0 { Exit::Done } else { Exit::Negative })
}
