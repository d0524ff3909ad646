//! The machine of a small claim under any order of facts: it never skips the month, makes no title without agreement, never
//! passes the cap, and replays to the same view.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

#[path = "support/creance.rs"]
mod creance;

use creance::{Claim, ZONE, at, competence, digests, id, office};
use jiff::ToSpan;
use jiff::civil::date;
use proptest::prelude::*;
use signification::civil::paris_date;
use signification::consent::Actor;
use signification::deadline::elapsed;
use signification::delais::JoursChomes;
use signification::petites_creances::{
    Canal, Cents, Cote, DelaiMois, Echeance, Etat, Event, Fin, Modalites, ModeAccord, ModeRefus, Montant,
    MotifDesaccord, Niveau, PLAFOND, Taux, View, controler, montant_au,
};

/// One thing somebody tries; a number picks who or what.
#[derive(Clone, Copy, Debug)]
enum Try {
    Check,
    Invite(Canal),
    Enter(u8),
    Mandate,
    Participate(ModeAccord, u8, i8),
    Note,
    Refuse(ModeRefus, i8),
    Silence,
    Propose(u16),
    Accept(ModeAccord, u8, i8),
    AcceptBoth,
    Disagree(MotifDesaccord),
    End(Fin),
    Title(Niveau),
    Enforce(bool),
    Wait(u16),
}

fn accept_mode() -> impl Strategy<Value = ModeAccord> {
    prop::sample::select(vec![ModeAccord::FormulaireElectronique, ModeAccord::FormulairePostal, ModeAccord::Emargement])
}

fn any_try() -> impl Strategy<Value = Try> {
    use MotifDesaccord as D;
    let refuse = vec![ModeRefus::FormulaireElectronique, ModeRefus::FormulairePapier, ModeRefus::AutreMoyen];
    let canal = vec![Canal::LettreRecommandee, Canal::MessageElectronique];
    // Mostly today: a day at random is mostly refused, and nothing far is met.
    let back = prop_oneof![4 => Just(0_i8), 1 => -40_i8..3].boxed();
    prop_oneof![
        2 => Just(Try::Check),
        3 => prop::sample::select(canal).prop_map(Try::Invite),
        3 => (0_u8..3).prop_map(Try::Enter),
        1 => Just(Try::Mandate),
        3 => (accept_mode(), 0_u8..3, back.clone()).prop_map(|(m, w, d)| Try::Participate(m, w, d)),
        1 => Just(Try::Note),
        1 => (prop::sample::select(refuse), back.clone()).prop_map(|(m, d)| Try::Refuse(m, d)),
        2 => Just(Try::Silence),
        2 => (1_u16..6000).prop_map(Try::Propose),
        8 => (accept_mode(), 0_u8..3, back).prop_map(|(m, w, d)| Try::Accept(m, w, d)),
        2 => Just(Try::AcceptBoth),
        1 => prop::sample::select(vec![D::Montant, D::Modalites, D::DelaiExpire]).prop_map(Try::Disagree),
        3 => prop::sample::select(Fin::ALL.to_vec()).prop_map(Try::End),
        3 => prop::sample::select(vec![Niveau::Essai, Niveau::Avancee, Niveau::Qualifiee]).prop_map(Try::Title),
        1 => any::<bool>().prop_map(Try::Enforce),
        2 => prop_oneof![3 => 1_u16..48, 1 => 1_u16..800].prop_map(Try::Wait),
    ]
}

struct Life {
    claim: Claim,
    mandataire: signification::Id,
    now: dossier::Instant,
}

impl Life {
    fn who(&self, n: u8) -> signification::Id {
        [self.claim.debiteur, self.claim.creancier, self.mandataire][usize::from(n)]
    }

    /// Builds the fact without asking whether it is possible: that is the machine's matter.
    fn fact(&self, step: Try) -> Option<(Actor, Event)> {
        let (creance, view, today) = (self.claim.creance, self.claim.view(), paris_date(self.now));
        let day = |back: i8| today.saturating_add(i32::from(back).days());
        let speaker = |mode, personne| {
            if mode == ModeAccord::FormulaireElectronique { Actor::recipient(personne) } else { office() }
        };
        let piece = digests("pièce");
        Some(match step {
            Try::Check => (office(), controler(view, self.now, &competence(), false).ok()?),
            Try::Invite(canal) => {
                let delai = DelaiMois::new(today, ZONE, &JoursChomes::default()).ok()?.0;
                let montant = montant_au(&view.montant, view.taux, today).ok()?;
                let (lettre, secret_sha256) = (piece, self.claim.secret.sha256());
                (office(), Event::Invited { creance, canal, zone: ZONE, delai, montant, lettre, secret_sha256 })
            }
            Try::Mandate => {
                let (mandataire, du) = (self.mandataire, today);
                let (pour, ecrit, au) = (Cote::Debiteur, piece, None);
                (office(), Event::MandateFiled { creance, mandataire, pour, ecrit, du, au })
            }
            Try::Participate(mode, who, back) => {
                let (personne, donne_le) = (self.who(who), day(back));
                (speaker(mode, personne), Event::Participated { creance, personne, mode, donne_le, piece })
            }
            Try::Note => (office(), Event::ParticipationNoted { creance, constat: piece }),
            Try::Refuse(mode, back) => {
                let (personne, donne_le) = (self.claim.debiteur, day(back));
                let actor = match mode {
                    ModeRefus::FormulaireElectronique => Actor::recipient(personne),
                    _ => office(),
                };
                (actor, Event::RefusedExpressly { creance, personne, mode, donne_le, texte: None })
            }
            Try::Silence => (Actor::platform(), Event::RefusedImplicitly { creance }),
            Try::Propose(amount) => {
                let montant = Montant::new(Cents::new(u64::from(amount) * 100), Cents::new(0), today).ok()?;
                let modalites = Modalites::try_from(vec![Echeance { le: today, montant: montant.total() }]).ok()?;
                (office(), Event::ProposalMade { creance, proposition: id(), personne: None, montant, modalites })
            }
            Try::Accept(mode, who, back) => {
                let (personne, donne_le) = (self.who(who), day(back));
                let proposition = view.proposition.as_ref()?.id;
                let event = Event::ProposalAccepted { creance, proposition, personne, mode, donne_le, piece };
                (speaker(mode, personne), event)
            }
            Try::Disagree(motif) => {
                let personne = (motif != MotifDesaccord::DelaiExpire).then_some(self.claim.debiteur);
                (office(), Event::Disagreed { creance, motif, personne, texte: None })
            }
            Try::End(fin) => (office(), Event::EndRecorded { creance, fin, ecrit: piece }),
            Try::Title(niveau) => {
                let montant = view.proposition.as_ref()?.montant;
                (office(), Event::TitleDelivered { creance, montant, titre: piece, signature: piece, niveau })
            }
            Try::Enforce(same) => {
                let etude = if same { self.claim.etude } else { id() };
                (office(), Event::EnforcementEntrusted { creance, etude })
            }
            Try::Enter(_) | Try::Wait(_) | Try::AcceptBoth => return None,
        })
    }

    fn step(&mut self, step: Try) {
        match step {
            Try::Wait(hours) => self.now = elapsed(self.now, u32::from(hours)),
            Try::Enter(who) => {
                let (creance, personne) = (self.claim.creance, self.who(who));
                let secret_sha256 = self.claim.secret.sha256();
                let authentifiant_sha256 = digests("autre").sha256;
                let (base, auth_method) = (
                    signification::petites_creances::Base::PremierAcces,
                    signification::petites_creances::AuthMethod::IdentifiantsProvisoires,
                );
                let facts = [
                    (office(), Event::CredentialsIssued { creance, personne, secret_sha256 }),
                    (
                        Actor::recipient(personne),
                        Event::FirstAccess { creance, personne, secret_sha256, auth_method, base },
                    ),
                    (Actor::recipient(personne), Event::CredentialsChanged { creance, personne, authentifiant_sha256 }),
                ];
                for (actor, event) in facts {
                    let _ = self.claim.take_at(self.now, &actor, event);
                }
            }
            Try::AcceptBoth => {
                self.step(Try::Accept(ModeAccord::FormulairePostal, 0, 0));
                self.step(Try::Accept(ModeAccord::Emargement, 1, 0));
            }
            other => {
                if let Some((actor, event)) = self.fact(other) {
                    let before = self.claim.view.clone();
                    if self.claim.take_at(self.now, &actor, event).is_err() {
                        assert_eq!(self.claim.view, before, "a refusal changes nothing");
                    }
                }
            }
        }
    }
}

fn invariants(view: &View, now: dossier::Instant) {
    let over = view.delai_expire(now);
    if view.etat == Etat::RefusImplicite || view.desaccord == Some(MotifDesaccord::DelaiExpire) {
        assert!(over, "the month was skipped");
    }
    let delai = view.invitation.as_ref().map(|i| i.delai);
    if let Some(delai) = delai {
        assert!(delai.annonce() <= delai.retenu() && delai.annonce() > delai.envoi);
    }
    if let Some(answer) = &view.reponse {
        let delai = delai.expect("an answer without invitation");
        assert!(answer.donnee_le >= delai.envoi && answer.donnee_le <= delai.retenu());
    }
    let agreed = view.proposition.as_ref().is_some_and(|p| p.accords.len() == 2);
    if matches!(view.etat, Etat::Accord | Etat::Titre) {
        let delai = delai.expect("an agreement without invitation");
        assert!(agreed && view.proposition.as_ref().unwrap().accords.values().all(|day| *day <= delai.retenu()));
    }
    assert_eq!(view.titre.is_some(), view.etat == Etat::Titre);
    if let Some(title) = &view.titre {
        assert!(agreed && title.niveau == Niveau::Qualifiee, "a title without agreement or qualified signature");
        assert_eq!(view.constat.as_ref().unwrap().fin, Fin::Accord);
        assert!(title.montant.principal() <= view.montant.principal());
    }
    assert_ne!(view.execution, Some(view.etude), "the office enforces its own title");
    let proposed = view.proposition.as_ref().map(|p| p.montant);
    let invited = view.invitation.as_ref().map(|i| i.montant);
    for montant in [Some(view.montant), proposed, invited, view.titre.as_ref().map(|t| t.montant)].into_iter().flatten()
    {
        assert!(montant.total() <= PLAFOND, "beyond the cap");
    }
    if view.etat == Etat::ConstatFin {
        assert!(view.constat.is_some());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]
    #[test]
    fn no_order_of_facts_breaks_the_procedure(
        steps in prop::collection::vec(any_try(), 1..60), principal in 1_u64..=500_000, rate in 0_u16..2_000,
        road in any::<bool>(),
    ) {
        let day = date(2026, 11, 24);
        let montant = Montant::new(Cents::new(principal), Cents::new(0), day).unwrap();
        let taux = Some(Taux::try_from(rate).unwrap());
        let now = at("2026-11-24 10:00");
        let mut life = Life { claim: Claim::asked(montant, taux, "2026-11-24 10:00"), mandataire: id(), now };
        // Half the lives begin invited, so that the far states are met often.
        if road {
            life.step(Try::Check);
            life.step(Try::Invite(Canal::MessageElectronique));
        }
        for step in steps {
            life.step(step);
            invariants(life.claim.view(), life.now);
        }
        prop_assert_eq!(&life.claim.replay(), life.claim.view());
        let text = serde_json::to_string(life.claim.view()).unwrap();
        prop_assert_eq!(&serde_json::from_str::<View>(&text).unwrap(), life.claim.view());
    }

    #[test]
    fn an_amount_reads_back_as_it_is_written(cents in 0_u64..1_000_000_000_000) {
        let amount = Cents::new(cents);
        prop_assert_eq!(amount.to_string().parse::<Cents>().unwrap(), amount);
    }

    #[test]
    fn no_text_makes_the_amount_parser_panic(text in "\\PC{0,20}|[0-9 ,€]{0,12}") {
        if let Ok(amount) = text.parse::<Cents>() {
            prop_assert_eq!(amount.to_string().parse::<Cents>().unwrap(), amount);
        }
    }

    #[test]
    fn interest_never_goes_down_and_never_passes_the_cap(
        principal in 1_u64..=500_000, rate in 0_u16..=10_000, a in 0_i32..2_000, b in 0_i32..2_000,
    ) {
        let day = date(2026, 11, 24);
        let base = Montant::new(Cents::new(principal), Cents::new(0), day).unwrap();
        let taux = Some(Taux::try_from(rate).unwrap());
        let on = |days: i32| montant_au(&base, taux, day.saturating_add(days.days()));
        if let (Ok(early), Ok(late)) = (on(a.min(b)), on(a.max(b))) {
            prop_assert!(early.interets() <= late.interets() && late.total() <= PLAFOND);
        } else {
            prop_assert!(on(a.max(b)).is_err(), "once beyond, always beyond");
        }
    }
}

/// The random lives are worth something only if they reach the far states.
#[test]
fn random_lives_reach_every_state() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let steps = prop::collection::vec(any_try(), 30..60);
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..1500 {
        let montant = Montant::new(Cents::new(450_000), Cents::new(0), date(2026, 11, 24)).unwrap();
        let claim = Claim::asked(montant, None, "2026-11-24 10:00");
        let mut life = Life { claim, mandataire: id(), now: at("2026-11-24 10:00") };
        for step in steps.new_tree(&mut runner).unwrap().current() {
            life.step(step);
            seen.insert(life.claim.view().etat);
        }
    }
    let missing: Vec<_> =
        Etat::ALL.into_iter().filter(|etat| !seen.contains(etat) && *etat != Etat::Irrecevable).collect();
    assert!(missing.is_empty(), "never reached: {missing:?}");
}
