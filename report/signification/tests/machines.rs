//! Random lives of a platform: whatever is asked, in whatever order, the invariants hold and the journal rebuilds the state.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

#[path = "support/world.rs"]
mod world;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::time::Duration;

use dossier::Instant;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use signification::acte::ActeState;
use signification::consent::{Actor, ConsentState};
use signification::letter::Qualification;
use signification::platform::{Demande, Handover, Platform};
use signification::state::State;
use signification::window::service_window;
use signification::{Id, SignificationError};
use world::{DigestSealer, Storage, World, contains, officer, token};

on_both_storages!(whatever_is_asked_the_invariants_hold,);

/// Five years and two days.
const FIVE_YEARS: Duration = Duration::from_secs((5 * 365 + 4) * 86_400);

#[derive(Clone, Debug)]
enum Step {
    Advance(u32),
    Propose,
    Declare(usize, u8),
    Invite(usize),
    Accept(usize),
    Refuse(usize),
    Suspend(usize),
    Resume(usize),
    Revoke(usize),
    Deposit(usize, bool),
    Send(usize, bool),
    Consult(usize),
    Download(usize),
    Interrupt(usize),
    Reject(usize),
    Renotify(usize),
    Process,
    Reopen,
    Mail(bool),
}

fn step() -> impl Strategy<Value = Step> {
    let n = 0_usize..3;
    prop_oneof![
        3 => prop_oneof![1_u32..120, 1_u32..40 * 60].prop_map(Step::Advance),
        1 => Just(Step::Propose),
        2 => (n.clone(), 0_u8..4).prop_map(|(i, k)| Step::Declare(i, k)),
        2 => n.clone().prop_map(Step::Invite),
        3 => n.clone().prop_map(Step::Accept),
        2 => n.clone().prop_map(Step::Refuse),
        1 => n.clone().prop_map(Step::Suspend),
        1 => n.clone().prop_map(Step::Resume),
        1 => n.clone().prop_map(Step::Revoke),
        4 => (n.clone(), any::<bool>()).prop_map(|(i, k)| Step::Deposit(i, k)),
        5 => (n.clone(), any::<bool>()).prop_map(|(i, k)| Step::Send(i, k)),
        3 => n.clone().prop_map(Step::Consult),
        3 => n.clone().prop_map(Step::Download),
        1 => n.clone().prop_map(Step::Interrupt),
        1 => n.clone().prop_map(Step::Reject),
        1 => n.prop_map(Step::Renotify),
        2 => Just(Step::Process),
        1 => Just(Step::Reopen),
        3 => any::<bool>().prop_map(Step::Mail),
    ]
}

/// Fails after half a chunk.
struct Broken;

impl Write for Broken {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::Error::other("coupure"))
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Handover for Broken {
    fn complete(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Life<'a> {
    world: &'a World<DigestSealer>,
    platform: Platform<'a>,
    consents: Vec<Id>,
    acts: Vec<Id>,
    tokens: std::collections::BTreeMap<Id, String>,
}

impl Life<'_> {
    fn consent_step(&mut self, consent: Id, step: &Step) -> Result<(), SignificationError> {
        let registry = Actor::registry("registre");
        let writ = Demande::Ecrit { registre: registry.clone(), reference: "lettre 1".into() };
        match step {
            Step::Declare(_, kind) => {
                let mut input = self.world.declaration("isaline@essai.test");
                if *kind == 1 {
                    input.natures = Some(vec!["assignation".into()]);
                }
                if *kind == 2 {
                    input.jusqu_au = Some("2026-12-26".into());
                }
                self.platform.declarer(&officer(), consent, &input).map(|_| ())
            }
            Step::Invite(_) => {
                self.platform.inviter(&officer(), consent)?;
                let raw = self.world.outbox.last();
                self.tokens.insert(consent, token(&raw));
                Ok(())
            }
            Step::Accept(_) | Step::Refuse(_) => {
                let secret = self.tokens.get(&consent).cloned().unwrap_or_default();
                let input = self.world.accept_input(consent, &secret);
                if matches!(step, Step::Accept(_)) {
                    self.platform.accepter(&input).map(|_| ())
                } else {
                    self.platform.refuser(&input).map(|_| ())
                }
            }
            Step::Suspend(_) => self.platform.suspendre(consent, &writ, "compromission").map(|_| ()),
            Step::Resume(_) => self.platform.reprendre(consent, &registry).map(|_| ()),
            Step::Revoke(_) => self.platform.revoquer(consent, &writ).map(|_| ()),
            Step::Deposit(_, covered) => {
                let nature = if *covered { "assignation" } else { "saisie-attribution" };
                let done = self.platform.deposer(&officer(), &self.world.deposit(consent, nature))?;
                self.acts.push(done.acte);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn act_step(&mut self, act: Id, step: &Step) -> Result<(), SignificationError> {
        let key = self.world.key(self.platform.state().unwrap().act(act)?.consent);
        match step {
            Step::Send(_, later) => self.platform.envoyer(&officer(), act, *later).map(|_| ()),
            Step::Consult(_) => self.platform.consulter(act, &key).map(|_| ()),
            Step::Download(_) => self.platform.remettre(act, &key, &mut Vec::new()).map(|_| ()),
            Step::Interrupt(_) => self.platform.remettre(act, &key, &mut Broken).map(|_| ()),
            Step::Reject(_) => self.platform.rejeter(&officer(), act).map(|_| ()),
            Step::Renotify(_) => self.platform.renotifier(&officer(), act).map(|_| ()),
            _ => Ok(()),
        }
    }

    fn run(&mut self, step: &Step) -> Result<(), SignificationError> {
        match step {
            Step::Advance(minutes) => self.world.clock.advance(Duration::from_secs(u64::from(*minutes) * 60)),
            Step::Propose => {
                let done = self.platform.proposer(&officer(), "2026-0142", "étude")?;
                self.consents.push(done.consent);
            }
            Step::Process => drop(self.platform.traiter()?),
            Step::Mail(works) => *self.world.outbox.refuse.lock().unwrap() = (!works).then_some(("550", true)),
            Step::Declare(i, _)
            | Step::Deposit(i, _)
            | Step::Invite(i)
            | Step::Accept(i)
            | Step::Refuse(i)
            | Step::Suspend(i)
            | Step::Resume(i)
            | Step::Revoke(i) => {
                if let Some(consent) = self.consents.get(*i % self.consents.len().max(1)).copied() {
                    return self.consent_step(consent, step);
                }
            }
            Step::Send(i, _)
            | Step::Consult(i)
            | Step::Download(i)
            | Step::Interrupt(i)
            | Step::Reject(i)
            | Step::Renotify(i) => {
                if let Some(act) = self.acts.get(*i % self.acts.len().max(1)).copied() {
                    return self.act_step(act, step);
                }
            }
            Step::Reopen => {}
        }
        Ok(())
    }
}

/// Errors that a refusal may give; anything else is a defect.
fn expected(error: &SignificationError) -> bool {
    [
        "signification.transition",
        "signification.invitation",
        "signification.act_refused",
        "signification.window_closed",
        "signification.smtp",
        "signification.handover_interrupted",
        "signification.field",
        "signification.unknown",
    ]
    .contains(&error.code())
}

fn invariants(state: &State, lines: &[Vec<u8>], now: Instant) {
    for act in state.acts.values() {
        let consent = &state.consents[&act.consent];
        if let Some(sent) = act.sent_at {
            // (1) an active consent at that very instant, (2) inside the window of every zone.
            assert!(consent.given_at.is_some_and(|given| given <= sent));
            assert!(consent.ended_at.is_none_or(|ended| sent <= ended));
            assert!(consent.scope.covers(&act.nature) && !consent.scope.is_over(sent));
            assert!(service_window(sent, &act.zones).unwrap().is_open());
            assert!(act.zones.contains(&consent.zone));
            // (3) decided once the day is over, (4) à domicile has its letter.
            let over = now >= signification::letter::day_over(sent);
            assert!(!over || act.qualification.is_some());
            assert_eq!(act.qualification == Some(Qualification::ADomicile), act.letter.is_some());
            assert_ne!(act.qualification, Some(Qualification::EnAttente));
        }
        // (5) events in order.
        let order = [act.sent_at, act.deposited_at, act.consulted_at, act.downloaded_at];
        let known: Vec<Instant> = order.into_iter().flatten().collect();
        assert!(known.windows(2).all(|w| w[0] <= w[1]), "{order:?}");
        assert_eq!(act.state.is_sent(), act.sent_at.is_some());
    }
    // (6) the journal rebuilds the state.
    assert_eq!(&State::replay(lines.iter().map(Vec::as_slice)).unwrap(), state);
    // Every fact that calls for evidence has exactly one.
    assert_eq!(state.unattested, []);
    let attested: BTreeSet<u64> = state.receipts.values().map(|r| r.seq).collect();
    assert_eq!(attested.len(), state.receipts.len());
}

/// Forty-eight lives from a fixed seed: the same every time, so that what they reach can be asserted too.
fn whatever_is_asked_the_invariants_hold(storage: Storage) {
    let config = Config { cases: 48, max_shrink_iters: 200, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let reached = RefCell::new(BTreeSet::new());
    let lives = prop::collection::vec(step(), 10..60);
    runner.run(&lives, |steps| live(storage, &steps, &reached)).unwrap();
    let reached = reached.into_inner();
    // States that one command enters and leaves are never seen after it; a failed deposit is in `refusals.rs`.
    let passing = ["BROUILLON", "SIGNE", "ENVOYE", "DEPOSE", "ECHEC_DEPOT", "DECLARE"];
    let all =
        ActeState::ALL.into_iter().map(ActeState::name).chain(ConsentState::ALL.into_iter().map(ConsentState::name));
    let missed: Vec<&str> = all.filter(|name| !passing.contains(name) && !reached.contains(name)).collect();
    assert!(missed.is_empty(), "no life reached {missed:?}");
}

fn live(storage: Storage, steps: &[Step], reached: &RefCell<BTreeSet<&'static str>>) -> Result<(), TestCaseError> {
    let world = World::on(storage, DigestSealer { deferred: false }, "2026-12-23T09:00:00Z");
    let mut life =
        Life { platform: world.make(), world: &world, consents: vec![], acts: vec![], tokens: Default::default() };
    // One consent is active from the start (with a term in every other life) and one is invited: most lives get somewhere.
    let mut declaration = world.declaration("isaline@essai.test");
    declaration.jusqu_au = steps.len().is_multiple_of(2).then(|| "2026-12-24".to_owned());
    let first = world.consent(&life.platform, &declaration);
    life.consents.push(first);
    for step in [Step::Propose, Step::Declare(1, 1), Step::Invite(1)] {
        life.run(&step).unwrap();
    }
    for step in steps {
        let before = life.platform.state().unwrap().clone();
        if let Err(error) = life.run(step) {
            prop_assert!(expected(&error), "{step:?}: {error}");
            let after = life.platform.state().unwrap();
            prop_assert!(before.acts.keys().eq(after.acts.keys()));
            if error.code() == "signification.act_refused" {
                prop_assert_eq!(&before.consents, &after.consents);
            }
        }
        let state = life.platform.state().unwrap();
        reached.borrow_mut().extend(state.acts.values().map(|a| a.state.name()));
        reached.borrow_mut().extend(state.consents.values().map(|c| c.state.name()));
        if matches!(step, Step::Reopen) {
            let Life { platform, consents, acts, tokens, .. } = life;
            drop(platform);
            life = Life { platform: world.open(), world: &world, consents, acts, tokens };
        }
    }
    life.platform.traiter().unwrap();
    invariants(&life.platform.state().unwrap(), &world.lines(), dossier::Clock::now(&world.clock));
    // Whoever revoked is destroyed five years later; nobody else is.
    world.clock.advance(FIVE_YEARS);
    life.platform.traiter().unwrap();
    let state = life.platform.state().unwrap();
    for consent in state.consents.values() {
        prop_assert_eq!(
            consent.state == ConsentState::Detruit,
            consent.destroy_on.is_some(),
            "{}",
            consent.state.name()
        );
        reached.borrow_mut().insert(consent.state.name());
    }
    invariants(&state, &world.lines(), dossier::Clock::now(&world.clock));
    // (7) nothing about anybody in the journal.
    let bytes = world.journal();
    for word in ["Quatremere", "Isaline", "isaline", "Martelots", "Besancon", "Requerante", "AGE-SECRET"] {
        prop_assert!(!contains(&bytes, word), "{word}");
    }
    prop_assert!(world.verify().intact);
    Ok(())
}
