//! From a commune to the zones of public holidays it may be in: two in Alsace-Moselle when nobody told whether it has a
//! temple, because a window that is closed in either must stay closed.
use serde::Serialize;

use crate::calendar::Zone;
use crate::territoire::commune::CodeInsee;
use crate::territoire::cour::droit_local;

/// The zones of a commune.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ZonesFeriees {
    /// One zone, or two when the local law leaves a doubt; never empty. Give them all to the service window.
    pub zones: Vec<Zone>,
    /// The doubt, in French.
    pub a_verifier: Option<&'static str>,
}

const TEMPLE: &str = "à vérifier : présence d'un temple protestant ou d'une église mixte dans la commune (le Vendredi \
                      saint n'y est férié que dans ce cas, ordonnance du 16 août 1892)";
const CLIPPERTON: &str = "à vérifier : jours fériés de l'île de Clipperton";

/// The zones of public holidays of a commune, from its INSEE code. A zone whose calendar is incomplete is given as it is:
/// the calendar itself refuses to answer for it.
pub fn zones_feriees(commune: CodeInsee) -> ZonesFeriees {
    let one = |zone| ZonesFeriees { zones: vec![zone], a_verifier: None };
    match commune.departement() {
        "971" => one(Zone::Guadeloupe),
        "972" => one(Zone::Martinique),
        "973" => one(Zone::Guyane),
        "974" => one(Zone::Reunion),
        "975" => one(Zone::SaintPierreEtMiquelon),
        "976" => one(Zone::Mayotte),
        "977" => one(Zone::SaintBarthelemy),
        "978" => one(Zone::SaintMartin),
        "984" => one(Zone::Taaf),
        "986" => one(Zone::WallisEtFutuna),
        "987" => one(Zone::Polynesie),
        "988" => one(Zone::NouvelleCaledonie),
        "989" => ZonesFeriees { zones: vec![Zone::Metropole], a_verifier: Some(CLIPPERTON) },
        departement if droit_local().departements.iter().any(|d| d == departement) => {
            if droit_local().temple.contains(&commune) {
                one(Zone::AlsaceMoselleTemple)
            } else {
                ZonesFeriees { zones: vec![Zone::AlsaceMoselle, Zone::AlsaceMoselleTemple], a_verifier: Some(TEMPLE) }
            }
        }
        _ => one(Zone::Metropole),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::window::service_window;

    fn of(code: &str) -> ZonesFeriees {
        zones_feriees(code.parse().unwrap())
    }

    #[test]
    fn a_commune_leads_to_its_holidays() {
        assert_eq!(of("75056").zones, [Zone::Metropole]);
        assert_eq!(of("67482").zones, [Zone::AlsaceMoselleTemple]);
        assert_eq!(of("97801").zones, [Zone::SaintMartin]);
        assert_eq!(of("97701").zones, [Zone::SaintBarthelemy]);
        assert_eq!(of("98818").zones, [Zone::NouvelleCaledonie]);
        assert!(of("75056").a_verifier.is_none() && of("98901").a_verifier.is_some());
    }

    #[test]
    fn a_doubt_in_alsace_moselle_keeps_the_window_closed() {
        let niederhausbergen = of("67326");
        assert_eq!(niederhausbergen.zones.len(), 2);
        assert!(niederhausbergen.a_verifier.is_some());
        let good_friday = "2027-03-26T09:00:00Z".parse().unwrap();
        assert!(!service_window(good_friday, &niederhausbergen.zones).unwrap().is_open());
        assert!(service_window(good_friday, &[Zone::AlsaceMoselle]).unwrap().is_open());
    }
}
