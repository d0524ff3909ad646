//! What two accounts of one name say together: those of the system's resolvers, and those of independent ones.
//!
//! Different addresses are not a lie: a large site gives each network the addresses nearest to it, and changes them by the
//! minute. What is told as a deviation is what such a site never does:
//!
//! | comparison | what is seen | deviation |
//! |---|---|---|
//! | `same` | the same addresses | no |
//! | `overlapping` | addresses in common, the others not contradicted | no |
//! | `different` | none in common, nothing signed contradicts the system's | no, both sets are told with their networks |
//! | `proved` | no independent answer, but the system's own is signed from the root on | no |
//! | `absent` | both say that the name has no address | no |
//! | `contradicted` | the domain is signed, and the system's resolver gives an address that the signed answer does not hold and that it cannot show signed | yes |
//! | `denied` | the system's resolver gives no address for a name that has some | yes |
//! | `local_only` | the system's resolver gives addresses to a name that nobody else knows | yes |
//! | `private` | it gives an address of a private or special network (RFC 6890) for a name that is elsewhere | yes |
//! | `bogus` | the signatures of the domain are false, or missing where they must be | yes |
//! | `system_only`, `independent_only`, `unanswered` | one side, or both, did not answer | not compared |
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::validate::State;

/// One side's account of a name: the answers of its servers together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Side {
    /// Whether at least one server answered.
    pub(crate) answered: bool,
    /// Every address.
    pub(crate) addresses: BTreeSet<IpAddr>,
    /// The addresses of each server that answered.
    pub(crate) sets: Vec<BTreeSet<IpAddr>>,
    /// Addresses in answers that are signed from the root on.
    pub(crate) proved: BTreeSet<IpAddr>,
    /// The best that the signatures say, and the worst; `None` when they were not looked at.
    pub(crate) states: Option<(State, State)>,
}

impl Side {
    fn best(&self) -> Option<State> {
        self.states.map(|(best, _)| best)
    }

    fn bogus(&self) -> bool {
        self.states.is_some_and(|(_, worst)| worst == State::Bogus)
    }
}

/// What was found; the words of the table above.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Same,
    Overlapping,
    Different,
    Proved,
    Absent,
    Contradicted,
    Denied,
    LocalOnly,
    Private,
    Bogus,
    SystemOnly,
    IndependentOnly,
    Unanswered,
}

impl Comparison {
    /// For the journal.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Overlapping => "overlapping",
            Self::Different => "different",
            Self::Proved => "proved",
            Self::Absent => "absent",
            Self::Contradicted => "contradicted",
            Self::Denied => "denied",
            Self::LocalOnly => "local_only",
            Self::Private => "private",
            Self::Bogus => "bogus",
            Self::SystemOnly => "system_only",
            Self::IndependentOnly => "independent_only",
            Self::Unanswered => "unanswered",
        }
    }

    /// The same for a person.
    pub(crate) fn says(self) -> &'static str {
        match self {
            Self::Same => "mêmes adresses selon le système et selon un résolveur indépendant",
            Self::Overlapping => "des adresses communes au système et à un résolveur indépendant",
            Self::Different => {
                "adresses différentes selon le système et selon les résolveurs indépendants, ce qu'un grand site fait couramment ; rien de signé ne contredit celles du système"
            }
            Self::Proved => "l'adresse donnée par le système est signée par le domaine depuis la racine",
            Self::Absent => "ce nom n'a d'adresse selon personne",
            Self::Contradicted => {
                "le résolveur du système donne une adresse que la réponse signée par le domaine ne contient pas"
            }
            Self::Denied => {
                "le résolveur du système refuse ou ignore un nom qui a une adresse selon un résolveur indépendant"
            }
            Self::LocalOnly => "seul le résolveur du système donne une adresse à ce nom",
            Self::Private => {
                "le résolveur du système donne une adresse privée ou spéciale à un nom qui est ailleurs sur l'internet"
            }
            Self::Bogus => "les signatures du domaine ne se vérifient pas",
            Self::SystemOnly => "aucun résolveur indépendant n'a répondu : rien à comparer",
            Self::IndependentOnly => "aucun résolveur du système n'a répondu : rien à comparer",
            Self::Unanswered => "aucun résolveur n'a répondu",
        }
    }

    /// Whether the officer must know and justify.
    pub(crate) fn deviates(self) -> bool {
        matches!(self, Self::Contradicted | Self::Denied | Self::LocalOnly | Self::Private | Self::Bogus)
    }

    /// Whether the name was compared, or proved.
    pub(crate) fn concludes(self) -> bool {
        !matches!(self, Self::SystemOnly | Self::IndependentOnly | Self::Unanswered)
    }
}

/// Whether the system's account must be shown signed before it is judged: a signed answer does not hold all of it.
pub(crate) fn in_question(system: &Side, independent: &Side) -> bool {
    let alone = !independent.answered && system.answered;
    alone || (independent.best() == Some(State::Secure) && !system.addresses.is_subset(&independent.proved))
}

/// Compares. The states of `system` are looked at only when they were asked for, see [`in_question`].
pub(crate) fn compare(system: &Side, independent: &Side) -> Comparison {
    if independent.bogus() {
        return Comparison::Bogus;
    }
    match (system.answered, independent.answered) {
        (false, false) => return Comparison::Unanswered,
        (false, true) => return Comparison::IndependentOnly,
        (true, false) if system.bogus() => return Comparison::Bogus,
        (true, false) if !system.addresses.is_empty() && system.addresses.is_subset(&system.proved) => {
            return Comparison::Proved;
        }
        (true, false) => return Comparison::SystemOnly,
        (true, true) => {}
    }
    let special = |side: &Side| side.addresses.iter().any(|a| is_special(*a));
    match (system.addresses.is_empty(), independent.addresses.is_empty()) {
        (true, true) => return Comparison::Absent,
        (true, false) => return Comparison::Denied,
        (false, true) => return Comparison::LocalOnly,
        (false, false) if special(system) && !special(independent) => return Comparison::Private,
        (false, false) => {}
    }
    let unproved = in_question(system, independent) && !system.addresses.is_subset(&system.proved);
    if unproved {
        Comparison::Contradicted
    } else if independent.sets.contains(&system.addresses) || system.addresses == independent.addresses {
        Comparison::Same
    } else if system.addresses.is_disjoint(&independent.addresses) {
        Comparison::Different
    } else {
        Comparison::Overlapping
    }
}

/// Whether an address is of a network that is not a part of the internet (the registries of RFC 6890).
pub(crate) fn is_special(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(a) => special_v4(a),
        IpAddr::V6(a) => a.to_ipv4_mapped().map_or_else(|| special_v6(a), special_v4),
    }
}

fn special_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || a == 0
        || a >= 224
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (18..20).contains(&b))
}

fn special_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    // Global unicast is 2000::/3 and the translated IPv4 of RFC 6052; documentation and the IETF's own blocks are inside.
    let global = a & 0xe000 == 0x2000 || (a == 0x64 && b == 0xff9b);
    !global || (a == 0x2001 && b < 0x200) || (a == 0x2001 && b == 0xdb8) || (a == 0x3fff && b < 0x1000)
}

/// The network of an address as routers on the internet see it at the least: its /24 or its /48.
pub(crate) fn network(address: IpAddr) -> String {
    match address {
        IpAddr::V4(a) => {
            let [a, b, c, _] = a.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        IpAddr::V6(a) => {
            let [a, b, c, ..] = a.segments();
            format!("{}/48", Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(addresses: &[&str], state: Option<State>) -> Side {
        let addresses: BTreeSet<IpAddr> = addresses.iter().map(|a| a.parse().unwrap()).collect();
        let proved = if state == Some(State::Secure) { addresses.clone() } else { BTreeSet::new() };
        let sets = vec![addresses.clone()];
        Side { answered: true, addresses, sets, proved, states: state.map(|s| (s, s)) }
    }

    #[test]
    fn what_a_large_site_does_is_no_lie_and_what_it_never_does_is_told() {
        let (secure, insecure) = (Some(State::Secure), Some(State::Insecure));
        let silent = Side::default();
        let cases = [
            (side(&["9.9.9.9"], None), side(&["9.9.9.9"], insecure), Comparison::Same),
            (side(&["9.9.9.9"], None), side(&["9.9.9.9", "8.8.8.8"], insecure), Comparison::Overlapping),
            (side(&["9.9.9.9"], None), side(&["8.8.8.8"], insecure), Comparison::Different),
            // Without its IPv6 addresses, what the system gives is all signed.
            (side(&["9.9.9.9"], None), side(&["9.9.9.9", "2620:fe::fe"], secure), Comparison::Overlapping),
            (side(&["9.9.9.9"], None), side(&["8.8.8.8"], secure), Comparison::Contradicted),
            // One good address does not carry a false one.
            (side(&["9.9.9.9", "8.8.8.8"], None), side(&["8.8.8.8"], secure), Comparison::Contradicted),
            (side(&["9.9.9.9"], secure), side(&["8.8.8.8"], secure), Comparison::Different),
            (side(&["9.9.9.9"], Some(State::Bogus)), side(&["8.8.8.8"], secure), Comparison::Contradicted),
            (side(&[], None), side(&["8.8.8.8"], insecure), Comparison::Denied),
            (side(&["8.8.8.8"], None), side(&[], insecure), Comparison::LocalOnly),
            (side(&["10.0.0.1"], None), side(&["8.8.8.8"], insecure), Comparison::Private),
            (side(&["10.0.0.1"], None), side(&["10.0.0.1"], insecure), Comparison::Same),
            (side(&[], None), side(&[], insecure), Comparison::Absent),
            (side(&["8.8.8.8"], None), side(&["8.8.8.8"], Some(State::Bogus)), Comparison::Bogus),
            (side(&["8.8.8.8"], secure), silent.clone(), Comparison::Proved),
            (side(&["8.8.8.8"], insecure), silent.clone(), Comparison::SystemOnly),
            (side(&["8.8.8.8"], Some(State::Bogus)), silent.clone(), Comparison::Bogus),
            (silent.clone(), side(&["8.8.8.8"], secure), Comparison::IndependentOnly),
            (silent.clone(), silent, Comparison::Unanswered),
        ];
        for (system, independent, expected) in cases {
            assert_eq!(compare(&system, &independent), expected, "{system:?} {independent:?}");
        }
    }

    #[test]
    fn addresses_that_are_not_of_the_internet() {
        for special in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.1.1",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "198.18.0.1",
            "192.0.2.1",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "2001:db8::1",
            "ff02::1",
            "::ffff:10.0.0.1",
        ] {
            assert!(is_special(special.parse().unwrap()), "{special}");
        }
        for global in ["9.9.9.9", "100.128.0.1", "2620:fe::fe", "2001:4860::1", "64:ff9b::909:909", "::ffff:9.9.9.9"] {
            assert!(!is_special(global.parse().unwrap()), "{global}");
        }
    }
}
