//! Sessions: fixation, theft of what is kept, ends, compromise, the list, forms.
use super::super::compte;
use super::super::connexion::{Fait, Greffier as _};
use super::super::essais::{MOT, Monde, ident, t};
use super::*;
use crate::consent::Actor;
use proptest::prelude::*;

fn device(n: u8) -> Option<Sha256Digest> {
    Some(Sha256Digest::of(&[n]))
}

fn opening<'a>(view: &'a View, appareil: u8, cle: Option<&'a SecretKey>) -> Ouverture<'a> {
    let identifiants = view.identifiants.iter().map(|i| i.id).collect();
    Ouverture { compte: view, niveau: Niveau::Simple, identifiants, appareil: device(appareil), cle }
}

fn world() -> Monde {
    let world = Monde::default();
    world.destinataire(ident(1), "chloe");
    world
}

#[test]
fn b05_a_name_that_a_browser_had_before_the_login_is_worth_nothing_after() {
    let world = world();
    let (sessions, view) = (world.sessions(), world.registre.vue(ident(1)));
    let before = Temoin::tirer(&world.entropy).unwrap();
    let compte = |id| world.registre.compte(id);
    let after = sessions.ouvrir(ident(50), opening(&view, 1, None), Some(&before), t(1)).unwrap();
    assert_ne!(*before.valeur(), *after.valeur());
    assert!(sessions.reconnaitre(&before, &compte, t(2)).is_err());
    let known = sessions.reconnaitre(&after, &compte, t(2)).unwrap();
    assert_eq!((known.id, known.compte), (ident(50), ident(1)));
    // A rise of privilege changes the name too; a fall is none.
    let raised = sessions.elever(&after, &known, (Niveau::Double, vec![ident(60)]), None, t(3)).unwrap();
    assert!(sessions.reconnaitre(&after, &compte, t(4)).is_err());
    let known = sessions.reconnaitre(&raised, &compte, t(4)).unwrap();
    assert_eq!((known.niveau, known.ouverte, known.id), (Niveau::Double, t(1), ident(50)));
    assert!(sessions.elever(&raised, &known, (Niveau::Simple, vec![]), None, t(4)).is_err());
    assert!(sessions.elever(&after, &known, (Niveau::Fort, vec![]), None, t(4)).is_err(), "another's cookie");
    // One that was closed meanwhile does not come back by a rise.
    assert!(sessions.fermer(ident(1), ident(50)).unwrap() && !sessions.fermer(ident(1), ident(50)).unwrap());
    assert!(sessions.elever(&raised, &known, (Niveau::Fort, vec![]), None, t(5)).is_err());
    assert!(sessions.reconnaitre(&raised, &compte, t(5)).is_err());
}

#[test]
fn d01_the_act_key_of_a_session_is_opened_by_its_cookie_alone() {
    let world = world();
    let (sessions, view, key) = (world.sessions(), world.registre.vue(ident(1)), SecretKey::generate());
    let compte = |id| world.registre.compte(id);
    let one = sessions.ouvrir(ident(50), opening(&view, 1, Some(&key)), None, t(1)).unwrap();
    let two = sessions.ouvrir(ident(51), opening(&view, 2, Some(&SecretKey::generate())), None, t(1)).unwrap();
    let session = sessions.reconnaitre(&one, &compte, t(2)).unwrap();
    assert_eq!(sessions.cle(&one, &session).unwrap().public(), key.public());
    let other = sessions.reconnaitre(&two, &compte, t(2)).unwrap();
    for (temoin, session) in [(&two, &session), (&one, &other)] {
        assert_eq!(sessions.cle(temoin, session).unwrap_err().code(), "signification.session");
    }
    // What the server keeps has neither the cookie nor the key.
    let kept = format!("{session:?}");
    let (cookie, secret) = (one.valeur(), age::secrecy::ExposeSecret::expose_secret(&key.secret_text()).to_owned());
    assert!(!kept.contains(&*cookie) && !kept.contains(&secret));
    assert_eq!((cookie.len(), format!("{one:?}")), (86, "Temoin(…)".to_owned()));
    // Moved into another session, or into another account's: refused.
    let moved = Session { cle: session.cle.clone(), ..other.clone() };
    assert!(sessions.cle(&two, &moved).is_err() && sessions.cle(&one, &moved).is_err());
    let stolen = Session { compte: ident(2), ..session.clone() };
    assert!(sessions.cle(&one, &stolen).is_err());
    // It survives a rise of privilege, and a proof may bring another.
    let raised = sessions.elever(&one, &session, (Niveau::Double, vec![]), None, t(3)).unwrap();
    let session = sessions.reconnaitre(&raised, &compte, t(3)).unwrap();
    assert_eq!(sessions.cle(&raised, &session).unwrap().public(), key.public());
    assert!(sessions.cle(&one, &session).is_err());
    let bare = sessions.ouvrir(ident(52), opening(&view, 3, None), None, t(3)).unwrap();
    let session = sessions.reconnaitre(&bare, &compte, t(3)).unwrap();
    assert!(sessions.cle(&bare, &session).is_err());
    let raised = sessions.elever(&bare, &session, (Niveau::Double, vec![]), Some(&key), t(3)).unwrap();
    let session = sessions.reconnaitre(&raised, &compte, t(3)).unwrap();
    assert_eq!(sessions.cle(&raised, &session).unwrap().public(), key.public());
}

#[test]
fn b06_a_fact_that_ends_sessions_ends_them_at_their_next_step() {
    let world = world();
    let (sessions, view) = (world.sessions(), world.registre.vue(ident(1)));
    let compte = |id| world.registre.compte(id);
    let cookies: Vec<Temoin> =
        (0..3).map(|n| sessions.ouvrir(ident(50 + n), opening(&view, n, None), None, t(1)).unwrap()).collect();
    assert!(cookies.iter().all(|c| sessions.reconnaitre(c, &compte, t(2)).is_ok()));
    // The fact alone does it, without anybody sweeping the store: a crash between the two changes nothing.
    world.registre.a(t(3));
    let cause = compte::CauseSuspension::TentativeAttaque;
    let fact = compte::Event::Suspended { account: ident(1), cause, review_at: t(1000) };
    world.registre.noter(&Actor::platform(), &[Fait::Compte(fact)]).unwrap();
    for cookie in &cookies {
        assert_eq!(sessions.reconnaitre(cookie, &compte, t(3)).unwrap_err().code(), "signification.session");
    }
    let suspended = world.registre.vue(ident(1));
    assert!(sessions.ouvrir(ident(60), opening(&suspended, 1, None), None, t(4)).is_err());
    // Resumed, the old ones stay over.
    let resumed = compte::Event::Resumed { account: ident(1) };
    world.registre.noter(&Actor::registry("r"), &[Fait::Compte(resumed)]).unwrap();
    assert!(cookies.iter().all(|c| sessions.reconnaitre(c, &compte, t(4)).is_err()));
}

#[test]
fn b05_a_session_ends_idle_old_or_before_its_time() {
    let world = world();
    let (sessions, view) = (world.sessions(), world.registre.vue(ident(1)));
    let compte = |id| world.registre.compte(id);
    let open = |n: u8, at: i64| sessions.ouvrir(ident(n), opening(&view, 1, None), None, t(at)).unwrap();
    let idle = open(50, 0);
    assert!(sessions.reconnaitre(&idle, &compte, t(1799)).is_ok(), "used");
    assert!(sessions.reconnaitre(&idle, &compte, t(1799 + 1799)).is_ok(), "used again");
    assert!(sessions.reconnaitre(&idle, &compte, t(3598 + 1800)).is_err(), "idle");
    assert!(sessions.reconnaitre(&idle, &compte, t(3600)).is_err(), "and gone");
    let old = open(51, 0);
    let uses = (0..28_800).step_by(1000).all(|at| sessions.reconnaitre(&old, &compte, t(at)).is_ok());
    assert!(uses && sessions.reconnaitre(&old, &compte, t(28_800)).is_err(), "eight hours in all");
    let back = open(52, 1000);
    assert!(sessions.reconnaitre(&back, &compte, t(900)).is_err(), "a clock that went back");
    open(53, 0);
    open(54, 1700);
    assert_eq!(sessions.balayer(t(1800)).unwrap(), 1);
    assert_eq!(sessions.fermer_toutes(ident(1)).unwrap(), 1);
}

#[test]
fn b05_two_devices_at_once_are_told_and_listed() {
    let world = world();
    let (sessions, view) = (world.sessions(), world.registre.vue(ident(1)));
    let compte = |id| world.registre.compte(id);
    assert!(!sessions.autre_appareil(&view, device(1).as_ref(), t(0)).unwrap());
    let one = sessions.ouvrir(ident(50), opening(&view, 1, None), None, t(0)).unwrap();
    assert!(!sessions.autre_appareil(&view, device(1).as_ref(), t(1)).unwrap(), "the same device");
    assert!(sessions.autre_appareil(&view, device(2).as_ref(), t(1)).unwrap());
    assert!(sessions.autre_appareil(&view, None, t(1)).unwrap(), "nobody knows which device");
    sessions.ouvrir(ident(51), opening(&view, 2, None), None, t(10)).unwrap();
    let session = sessions.reconnaitre(&one, &compte, t(20)).unwrap();
    let lines = sessions.lister(&view, &session, t(20)).unwrap();
    let shown: Vec<_> = lines.iter().map(|l| (l.id, l.derniere, l.celle_ci, l.autre_appareil)).collect();
    assert_eq!(shown, [(ident(50), t(20), true, false), (ident(51), t(10), false, true)]);
    assert!(!sessions.autre_appareil(&view, device(2).as_ref(), t(5000)).unwrap(), "both are over");
}

#[test]
fn b11_a_form_of_another_session_is_refused() {
    let entropy = crate::SystemEntropy::default();
    let (one, two) = (Temoin::tirer(&entropy).unwrap(), Temoin::tirer(&entropy).unwrap());
    let token = one.jeton("signaler");
    assert!(one.verifier_jeton("signaler", &token).is_ok());
    assert!(Temoin::lire(&one.valeur()).unwrap().verifier_jeton("signaler", &token).is_ok());
    assert!(two.verifier_jeton("signaler", &token).is_err() && one.verifier_jeton("resilier", &token).is_err());
    for bad in ["", "x", &token[1..], &format!("{token}A")] {
        assert_eq!(one.verifier_jeton("signaler", bad).unwrap_err().code(), "signification.session");
    }
    assert!(!one.valeur().contains(&token));
    assert_eq!(MOT.len(), 28);
}

proptest! {
    #[test]
    fn foreign_cookies_are_no_session(text in "[A-Za-z0-9_=-]{0,100}") {
        if let Ok(read) = Temoin::lire(&text) {
            prop_assert_eq!(&**read.valeur(), text.as_str());
            let world = Monde::default();
            prop_assert!(world.sessions().reconnaitre(&read, &|id| world.registre.compte(id), t(0)).is_err());
        }
    }

    /// Opened, used, raised, closed, reported in any order: what a cookie of before says is never more than the last fact allows.
    #[test]
    fn b06_no_order_keeps_a_session_alive_after_a_fact_that_ends_it(steps in proptest::collection::vec((0_u8..6, 0_usize..4, 0_i64..900), 1..40)) {
        let world = world();
        let sessions = world.sessions();
        let compte = |id| world.registre.compte(id);
        let (mut cookies, mut now) = (Vec::<(Temoin, u32, i64)>::new(), 1);
        for (what, which, later) in steps {
            now += later;
            world.registre.a(t(now));
            let view = world.registre.vue(ident(1));
            let pick = which.min(cookies.len().saturating_sub(1));
            match what {
                0 => {
                    let id = Id::new(t(now), &world.entropy).unwrap();
                    if let Ok(cookie) = sessions.ouvrir(id, opening(&view, 1, None), None, t(now)) {
                        cookies.push((cookie, view.generation, now));
                    }
                }
                1 if !cookies.is_empty() => {
                    let (cookie, generation, since) = &cookies[pick];
                    if let Ok(session) = sessions.reconnaitre(cookie, &compte, t(now)) {
                        prop_assert!(*generation == view.generation && now - since < 28_800 && view.est_ouvert());
                        let raised = sessions.elever(cookie, &session, (Niveau::Fort, vec![]), None, t(now)).unwrap();
                        let (generation, since) = (*generation, *since);
                        let (dead, _, _) = std::mem::replace(&mut cookies[pick], (raised, generation, since));
                        prop_assert!(sessions.reconnaitre(&dead, &compte, t(now)).is_err());
                    }
                }
                2 => {
                    let cause = compte::CauseSuspension::CompromissionAveree;
                    let fact = compte::Event::Suspended { account: ident(1), cause, review_at: t(now + 1000) };
                    let _ = world.registre.noter(&Actor::platform(), &[Fait::Compte(fact)]);
                }
                3 => {
                    let fact = compte::Event::Resumed { account: ident(1) };
                    let _ = world.registre.noter(&Actor::registry("r"), &[Fait::Compte(fact)]);
                }
                4 => {
                    let fact = compte::Event::SessionsClosed { account: ident(1) };
                    world.registre.noter(&Actor::recipient(ident(1)), &[Fait::Compte(fact)]).unwrap();
                }
                _ => {
                    sessions.balayer(t(now)).unwrap();
                }
            }
        }
    }
}
