//! Asks every resolver for every name, side by side, within one limit of time, and puts what they say into two accounts.
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use hickory_net::proto::rr::{Name, RecordType};

use super::anchors::Anchors;
use super::compare::{Comparison, Side, compare, in_question};
use super::found::Found;
use super::programs;
use super::transcript::Transcript;
use super::validate::{Signatures, State, Validated, signatures};
use super::wire::{Asker, Want};
use crate::World;

/// How long the whole may take.
const WHOLE: Duration = Duration::from_secs(7);
/// Names asked at the same time of one server.
const BESIDE: usize = 8;
/// The most servers asked of each side: more would prove nothing more.
const SERVERS: usize = 4;

/// The servers of both sides.
#[derive(Clone, Debug, Default)]
pub(crate) struct Servers {
    /// Those the system uses.
    pub(crate) system: Vec<SocketAddr>,
    /// Those of the étude.
    pub(crate) independent: Vec<SocketAddr>,
    /// Whether the system itself is asked too, as its programs do.
    pub(crate) programs: bool,
}

/// What one server says of one name.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    /// Its address, or who it is.
    pub(crate) who: String,
    /// Its answers for both kinds of address together; why there is none is a French sentence.
    pub(crate) said: Result<Found, String>,
    /// What the signatures say, when they were looked at.
    pub(crate) state: Option<State>,
    /// Why the state is not better, or what is missing.
    pub(crate) why: Option<String>,
}

/// What all say of one name.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) system: Vec<Account>,
    pub(crate) independent: Vec<Account>,
    pub(crate) comparison: Comparison,
}

/// What was learned of a server itself.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) independent: bool,
    /// The word of [`Signatures`]; `None` when they were not asked for.
    pub(crate) signatures: Option<&'static str>,
    pub(crate) why: Option<String>,
}

/// Everything that came back.
pub(crate) struct Round {
    /// In the order of the names.
    pub(crate) told: Vec<Told>,
    pub(crate) servers: Vec<Server>,
    pub(crate) transcript: Arc<Transcript>,
}

/// A server that is asked, and what its signatures are worth, tried once.
struct Line {
    asker: Arc<Asker>,
    independent: bool,
    signatures: OnceLock<Signatures>,
}

/// An address of a server, without the port that all servers have.
pub(crate) fn shown(server: SocketAddr) -> String {
    if server.port() == 53 { server.ip().to_string() } else { server.to_string() }
}

/// Asks `servers` for `names`. Never longer than a fixed time, whoever answers.
pub(crate) fn ask_all(world: &World, servers: &Servers, anchors: &Anchors, names: &[Name]) -> Round {
    let until = Instant::now() + WHOLE;
    let transcript = Arc::new(Transcript::default());
    let line = |server: &SocketAddr, independent| Line {
        asker: Arc::new(Asker::new(world, *server, until, &transcript)),
        independent,
        signatures: OnceLock::new(),
    };
    let system = servers.system.iter().take(SERVERS).map(|s| line(s, false));
    let lines: Vec<Line> = system.chain(servers.independent.iter().take(SERVERS).map(|s| line(s, true))).collect();
    let (mut accounts, programs) = thread::scope(|scope| {
        let asked = |_, name: &Name| servers.programs.then(|| programs::ask(name, until));
        let programs = scope.spawn(move || beside(names, asked));
        let all = by_server(&lines, names, &|line, (_, name)| match line.independent {
            true => Some(line.signed(name, anchors)),
            false => Some(line.plain(name)),
        });
        (all, programs.join().unwrap_or_default())
    });
    let sides = |accounts: &[Vec<Option<Account>>], name: usize| {
        let of = |independent: bool| {
            let pairs = lines.iter().zip(accounts).filter(move |(line, _)| line.independent == independent);
            pairs.filter_map(|(_, all)| all.get(name).cloned().flatten()).collect::<Vec<Account>>()
        };
        let (mut system, independent) = (of(false), of(true));
        system.extend(programs.get(name).cloned().flatten());
        (system, independent)
    };
    // The system's answers are asked again with their signatures, where that decides.
    let in_doubt = |name: &usize| {
        let (system, independent) = sides(&accounts, *name);
        in_question(&side(&system), &side(&independent))
    };
    let doubtful: BTreeSet<usize> = (0..names.len()).filter(in_doubt).collect();
    let again = by_server(&lines, names, &|line, (at, name)| {
        (!line.independent && doubtful.contains(&at)).then(|| line.signed(name, anchors))
    });
    for (all, again) in accounts.iter_mut().zip(again) {
        all.iter_mut().zip(again).for_each(|(account, signed)| signed_too(account, signed));
    }
    let told = (0..names.len()).map(|name| {
        let (system, independent) = sides(&accounts, name);
        let comparison = compare(&side(&system), &side(&independent));
        Told { system, independent, comparison }
    });
    Round { told: told.collect(), servers: lines.iter().map(Line::told).collect(), transcript }
}

/// Gives an account of the system what its signatures say. What is proved is what came with them: it must be what any
/// program gets.
fn signed_too(account: &mut Option<Account>, signed: Option<Account>) {
    let (Some(account), Some(signed)) = (account.as_mut(), signed) else { return };
    account.state = signed.state;
    account.why = account.why.take().or(signed.why);
    let same = matches!((&account.said, &signed.said), (Ok(a), Ok(b)) if a.addresses == b.addresses);
    if account.state == Some(State::Secure) && !same {
        account.state = Some(State::Indeterminate);
        account.why = Some("avec ses signatures, ce serveur donne une autre réponse".into());
    }
}

type Work<'a> = dyn Fn(&Line, (usize, &Name)) -> Option<Account> + Sync + 'a;

/// For each server, what `work` makes of each name.
fn by_server(lines: &[Line], names: &[Name], work: &Work<'_>) -> Vec<Vec<Option<Account>>> {
    thread::scope(|scope| {
        let start = |line| scope.spawn(move || beside(names, |at, name| work(line, (at, name))));
        let running: Vec<_> = lines.iter().map(start).collect();
        running.into_iter().map(|server| server.join().unwrap_or_default()).collect()
    })
}

/// Runs `work` for each name, a few at the same time; the results are in the order of the names.
fn beside<T: Send + Sync>(names: &[Name], work: impl Fn(usize, &Name) -> Option<T> + Sync) -> Vec<Option<T>> {
    let next = AtomicUsize::new(0);
    let done: Vec<OnceLock<Option<T>>> = names.iter().map(|_| OnceLock::new()).collect();
    thread::scope(|scope| {
        for _ in 0..BESIDE.min(names.len()) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let (Some(name), Some(place)) = (names.get(at), done.get(at)) else { break };
                    place.get_or_init(|| work(at, name));
                }
            });
        }
    });
    done.into_iter().map(|place| place.into_inner().flatten()).collect()
}

impl Line {
    fn plain(&self, name: &Name) -> Account {
        let one = |kind| {
            let answer = self.asker.ask(name, kind, Want::Plain);
            answer.map(|message| Validated {
                state: State::Indeterminate,
                why: None,
                answer: Some(Found::read(&message, name)),
            })
        };
        let account = self.merged(one(RecordType::A), one(RecordType::AAAA));
        Account { state: None, ..account }
    }

    fn signed(&self, name: &Name, anchors: &Anchors) -> Account {
        let one = |kind| match self.signatures.get_or_init(|| signatures(&self.asker, anchors)) {
            Signatures::Ready(validator) => Ok(validator.validated(name, kind)),
            Signatures::Silent(why) => Err(why.clone()),
            other => {
                let state = if matches!(other, Signatures::OtherRoot) { State::Bogus } else { State::Indeterminate };
                let message = self.asker.ask(name, kind, Want::Signatures)?;
                Ok(Validated { state, why: other.why(), answer: Some(Found::read(&message, name)) })
            }
        };
        self.merged(one(RecordType::A), one(RecordType::AAAA))
    }

    /// IPv4 and IPv6 together. A failure of the server is no answer; that of one half only is told.
    fn merged(&self, v4: Result<Validated, String>, v6: Result<Validated, String>) -> Account {
        let mut account = Account { who: shown(self.asker.server), said: Err(String::new()), state: None, why: None };
        let mut missing = None;
        for half in [v4, v6] {
            let Validated { state, why, answer } = match half {
                Ok(validated) => validated,
                Err(why) => Validated { state: State::Indeterminate, why: Some(why), answer: None },
            };
            let refused = |f: &Found| f.code == "REFUSED" && !self.independent;
            match answer.filter(|f| matches!(f.code.as_str(), "NOERROR" | "NXDOMAIN") || refused(f)) {
                None => missing = why.or_else(|| Some("le serveur n'a pas su répondre".into())),
                Some(found) => {
                    account.state = Some(account.state.map_or(state, |s| s.min(state)));
                    account.why = account.why.take().or(why);
                    account.said = Ok(match account.said {
                        Ok(before) => together(before, found),
                        Err(_) => found,
                    });
                }
            }
        }
        match (&account.said, missing) {
            (Err(_), why) => account.said = Err(why.unwrap_or_default()),
            (Ok(_), Some(why)) => account.why = Some(format!("IPv4 ou IPv6 : {why}")),
            // A chain of aliases that leads nowhere is signed link by link; that nothing follows is not.
            (Ok(found), None) if found.addresses.is_empty() && !found.aliases.is_empty() => {
                account.state = account.state.map(|s| s.min(State::Indeterminate));
            }
            (Ok(_), None) => {}
        }
        account
    }

    fn told(&self) -> Server {
        let signatures = self.signatures.get();
        Server {
            address: self.asker.server,
            independent: self.independent,
            signatures: signatures.map(Signatures::word),
            why: signatures.and_then(Signatures::why),
        }
    }
}

fn together(mut one: Found, other: Found) -> Found {
    one.addresses.extend(other.addresses);
    for alias in other.aliases {
        if !one.aliases.contains(&alias) {
            one.aliases.push(alias);
        }
    }
    if other.code == "NOERROR" {
        one.code = other.code;
    }
    one.ttl = one.ttl.into_iter().chain(other.ttl).min();
    one
}

/// The accounts of one side together.
pub(crate) fn side(accounts: &[Account]) -> Side {
    let mut side = Side::default();
    for account in accounts {
        let Ok(found) = &account.said else { continue };
        side.answered = true;
        side.addresses.extend(&found.addresses);
        side.sets.push(found.addresses.clone());
        if let Some(state) = account.state {
            let (best, worst) = side.states.unwrap_or((state, state));
            side.states = Some((best.max(state), worst.min(state)));
            if state == State::Secure {
                side.proved.extend(&found.addresses);
            }
        }
    }
    side
}
