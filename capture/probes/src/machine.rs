//! The machine, its system, what stands between it and the hardware, this program, and the place.
use dossier::{Outcome, op};
use serde_json::json;

use crate::{Asked, Fact, Owner, World};

mod edid;
mod hardware;
mod pci;
mod screens;
mod software;
mod system;
mod updates;
mod virtualisation;

/// The machine, its system, this program, the place.
pub(crate) fn facts(world: &World, asked: &Asked<'_>) -> Vec<Fact> {
    let operator = asked.sources.declared.operator.as_deref();
    let place = match asked.place {
        Some(place) => Fact::new(op::MEASURE_PLACE, Outcome::Declared, json!({"place": place})),
        None => Fact::not_done(op::MEASURE_PLACE, "Le lieu des opérations n'a pas été déclaré dans le scénario."),
    };
    vec![
        hardware::fact(world),
        system::fact(world),
        virtualisation::fact(world, operator),
        software::fact(world, asked.software),
        place,
        owner(asked.sources.declared.owner.as_ref()),
    ]
}

/// Whose machine it is: no machine can tell.
fn owner(declared: Option<&Owner>) -> Fact {
    let data = match declared {
        None => {
            let why = "L'appartenance de la machine n'a pas été déclarée par l'étude.";
            return Fact::not_done(op::MEASURE_OWNER, why);
        }
        Some(Owner::Office) => json!({"owner": "office"}),
        Some(Owner::Client) => json!({"owner": "client"}),
        Some(Owner::ThirdParty(whose)) => json!({"owner": "third_party", "precision": whose}),
    };
    Fact::new(op::MEASURE_OWNER, Outcome::Declared, data)
}

#[cfg(test)]
mod tests;
