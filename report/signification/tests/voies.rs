//! The ways of service: the choice and its reasons, the machine, the folder, the offers and the closing of a dossier.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

#[path = "support/voies.rs"]
mod aides;
#[path = "support/world.rs"]
mod world;

use std::fs;
use std::path::Path;

use aides::*;
use dossier::{Instant, Sha256Digest};
use proptest::prelude::*;
use signification::Id;
use signification::acte::Refusal;
use signification::backend::dossier::DossierOffice;
use signification::backend::{Local, Remise, Resultat, SignificationBackend, Standing, Voie};
use signification::consent::Actor;
use signification::delais::JoursChomes;
use signification::platform::{Demande, Platform};
use signification::projection::Views as _;
use signification::proposition::{Issue as Reponse, Plan};
use signification::state::State;
use signification::territoire::Verdict;
use signification::voie::{Compte, Etat, Event, Fenetre, Offre, Preferences, Raison, Situation, View, choisir};
use world::{ACT, DigestSealer, World, contains, officer};

#[test]
fn c07_b08_g01_g05_each_reason_leads_to_its_way() {
    use Raison as R;
    type Case = (fn(&mut Situation), Option<Voie>, Raison);
    let cases: &[Case] = &[
        (|_| {}, Some(Voie::Securact), R::OperateurConfigure),
        (|s| s.ecartees = vec![Voie::Securact], Some(Voie::Dossier), R::VoieEcartee),
        (|s| s.ecartees = vec![Voie::Securact, Voie::Dossier], Some(Voie::Local), R::BacASable),
        (|s| s.ecartees = Voie::ALL[..3].to_vec(), Some(Voie::Papier), R::AucuneVoieElectronique),
        (|s| s.ecartees = Voie::ALL.to_vec(), None, R::PapierEcarte),
        (|s| s.consentement = vec![Refusal::SansConsentement], Some(Voie::Papier), R::SansConsentement),
        (|s| s.consentement = vec![Refusal::HorsPerimetre], Some(Voie::Papier), R::HorsPerimetre),
        (|s| s.consentement = vec![Refusal::ConsentementExpire], Some(Voie::Papier), R::ConsentementExpire),
        (|s| s.consentement = vec![Refusal::CoffreAltere], Some(Voie::Papier), R::EmpechementTechnique),
        (|s| s.compte = Compte::Suspendu, Some(Voie::Papier), R::CompteSuspendu),
        (|s| s.compte = Compte::Resilie, Some(Voie::Papier), R::CompteResilie),
        (|s| s.offre = Offre::Papier, Some(Voie::Papier), R::RefusDestinataire),
        (|s| s.offre = Offre::Report, None, R::Report),
        (|s| s.offre = Offre::RefuseeSansPlan, None, R::PlanAbsent),
        (|s| s.offre = Offre::SansReponse, None, R::PlanAbsent),
        (|s| s.offre = Offre::SansIssue, None, R::PropositionSansIssue),
        (|s| s.offre = Offre::Aucune, Some(Voie::Papier), R::SansConsentement),
        (|s| s.fenetre = Fenetre::Fermee, Some(Voie::Securact), R::FenetreFermee),
        (|s| s.fenetre = Fenetre::Inconnue, Some(Voie::Papier), R::CalendrierIncomplet),
        (|s| s.competence_electronique = Verdict::Incompetent, None, R::Incompetent),
        (|s| s.competence_electronique = Verdict::AVerifier, None, R::CompetenceAVerifier),
        (|s| s.majeur_protege = true, Some(Voie::Papier), R::MajeurProtege),
    ];
    for (change, voie, raison) in cases {
        let mut situation = good();
        change(&mut situation);
        let choix = choisir(&situation, &all_ways());
        assert_eq!(choix.voie, *voie, "{situation:?}");
        assert!(choix.raisons.contains(raison), "{situation:?} {:?}", choix.raisons);
        assert!(choix.phrase().contains(raison.code()));
        assert_eq!(choix.programmee, situation.fenetre == Fenetre::Fermee);
    }
    let forced = Situation { voie_imposee: true, compte: Compte::Suspendu, ..good() };
    assert_eq!(choisir(&forced, &all_ways()).voie, None, "a text imposes the electronic way: paper is no fallback");
    let outside = Situation { competence_papier: Verdict::Incompetent, majeur_protege: true, ..good() };
    assert!(choisir(&outside, &all_ways()).raisons.contains(&R::Incompetent));
    // The sandbox is never chosen by default.
    let local = Preferences { electroniques: vec![Voie::Local], bac_a_sable: false };
    assert_eq!(choisir(&good(), &local).voie, Some(Voie::Papier));
    assert_eq!(choisir(&good(), &Preferences::default()).voie, Some(Voie::Papier));
}

#[test]
fn every_reason_and_every_way_says_what_it_is_worth() {
    for raison in Raison::ALL {
        assert!(raison.phrase().ends_with('.') && raison.phrase().chars().count() > 20, "{raison:?}");
        let json = serde_json::to_string(raison).unwrap();
        assert_eq!(json, format!("\"{}\"", raison.code()), "journalled as it is shown");
    }
    for voie in Voie::ALL {
        assert!(voie.standing().phrase().starts_with("Portée : "));
        assert_ne!(voie.standing(), Standing::DispositifInscrit, "no way of ours is on the list");
    }
    assert!(Standing::ContratPropre.phrase().contains("aucun raccordement à SECURACT n'existe"));
}

fn verdicts() -> impl Strategy<Value = Verdict> {
    prop_oneof![Just(Verdict::Competent), Just(Verdict::Incompetent), Just(Verdict::AVerifier)]
}

fn situations() -> impl Strategy<Value = Situation> {
    let offre = prop::sample::select(vec![
        Offre::Acceptee,
        Offre::RefuseeSansPlan,
        Offre::Papier,
        Offre::Report,
        Offre::SansReponse,
        Offre::SansIssue,
        Offre::Aucune,
    ]);
    let compte = prop::sample::select(vec![Compte::Actif, Compte::Suspendu, Compte::Resilie, Compte::SansObjet]);
    let fenetre = prop::sample::select(vec![Fenetre::Ouverte, Fenetre::Fermee, Fenetre::Inconnue]);
    let refus = prop::sample::subsequence(
        vec![Refusal::SansConsentement, Refusal::CompteSuspendu, Refusal::ConsentementExpire, Refusal::HorsPerimetre],
        0..=2,
    );
    let ways = prop::sample::subsequence(Voie::ALL.to_vec(), 0..=4);
    (refus, compte, offre, fenetre, verdicts(), verdicts(), any::<[bool; 3]>(), ways).prop_map(
        |(consentement, compte, offre, fenetre, electronic, paper, [a, b, c], ecartees)| Situation {
            consentement,
            compte,
            offre,
            fenetre,
            competence_electronique: electronic,
            competence_papier: paper,
            competence_confirmee: a,
            voie_imposee: b,
            majeur_protege: c,
            ecartees,
        },
    )
}

proptest! {
    #[test]
    fn whatever_is_known_the_choice_is_explained_and_lawful(
        situation in situations(),
        ways in prop::sample::subsequence(Voie::ALL.to_vec(), 0..=4),
        sandbox in any::<bool>(),
    ) {
        let preferences = Preferences { electroniques: ways.clone(), bac_a_sable: sandbox };
        let choix = choisir(&situation, &preferences);
        prop_assert!(!choix.raisons.is_empty());
        prop_assert_eq!(&choix, &choisir(&situation, &preferences), "pure");
        prop_assert_eq!(choix.standing, choix.voie.map(Voie::standing));
        let Some(voie) = choix.voie else { return Ok(()) };
        prop_assert!(!situation.ecartees.contains(&voie), "a way that refused is not asked again");
        if voie.is_electronique() {
            prop_assert!(situation.consentement.is_empty() && situation.offre == Offre::Acceptee);
            prop_assert!(matches!(situation.compte, Compte::Actif | Compte::SansObjet) && !situation.majeur_protege);
            prop_assert!(situation.competence_electronique != Verdict::Incompetent);
            prop_assert!(ways.contains(&voie) && (voie != Voie::Local || sandbox));
        } else {
            prop_assert!(!situation.voie_imposee && situation.competence_papier != Verdict::Incompetent);
            prop_assert!(!matches!(situation.offre, Offre::SansIssue | Offre::RefuseeSansPlan | Offre::Report));
        }
    }

    #[test]
    fn one_act_is_never_served_by_two_ways(steps in prop::collection::vec((0_u8..6, 0_usize..4, 0_i64..3, any::<bool>()), 1..60)) {
        let start = NOON.parse::<Instant>().unwrap().as_millisecond();
        let (acte, content) = (id(NOON), Sha256Digest::of(ACT));
        let (mut view, mut now): (Option<View>, i64) = (None, start);
        let (mut served, mut open): (Vec<Voie>, Option<Voie>) = (vec![], None);
        for (kind, way, wait, office) in steps {
            now += wait * 60_000;
            let (at, voie) = (Instant::from_millisecond(now).unwrap(), Voie::ALL[way]);
            let event = match kind {
                0 => Event::Chosen {
                    acte,
                    dossier: "2026-0142".into(),
                    contenu: content,
                    voie,
                    standing: voie.standing(),
                    raisons: vec![Raison::ConsentementActif],
                },
                1 => Event::Handed { acte, voie, remise: content },
                2 => Event::ByHand { acte, voie, echeance: None },
                3 => Event::Served { acte, voie, le: at, preuve: None },
                4 => Event::Refused { acte, voie, code: "REFUS".into() },
                _ => Event::Withdrawn { acte, voie },
            };
            let actor = if office { officer() } else { Actor::platform() };
            let Ok(next) = View::next(view.as_ref(), at, &actor, &event) else { continue };
            // Kept apart from the machine: which way may still serve.
            match &event {
                Event::Handed { .. } => {
                    prop_assert!(open.is_none() && served.is_empty(), "handed to a second way");
                    open = Some(voie);
                }
                Event::Served { .. } => {
                    prop_assert_eq!(open.take(), Some(voie));
                    served.push(voie);
                }
                Event::Refused { .. } => prop_assert_eq!(open.take(), Some(voie)),
                Event::Withdrawn { .. } => open = None,
                _ => {}
            }
            prop_assert!(served.len() <= 1);
            let kept = serde_json::to_string(&next).unwrap();
            prop_assert_eq!(&serde_json::from_str::<View>(&kept).unwrap(), &next);
            view = Some(next);
        }
    }
}

/// An active consent and an act in the vault.
fn deposited(world: &World<DigestSealer>, platform: &Platform<'_>) -> (Id, Id) {
    let consent = world.consent(platform, &world.declaration("isaline@essai.test"));
    (consent, platform.deposer(&officer(), &world.deposit(consent, "assignation")).unwrap().acte)
}

#[test]
fn the_local_way_is_told_by_the_journal_and_rebuilt_from_it() {
    let world = World::new(DigestSealer { deferred: false }, NOON);
    let platform = world.make();
    let (consent, acte) = deposited(&world, &platform);
    let choix = platform.choisir_voie(&officer(), &affaire(acte, Some(consent)), &all_ways()).unwrap();
    assert_eq!(choix.voie, Some(Voie::Securact));
    platform.abandonner_voie(&officer(), acte).unwrap();
    let sandbox = Preferences { electroniques: vec![Voie::Local], bac_a_sable: true };
    platform.choisir_voie(&officer(), &affaire(acte, Some(consent)), &sandbox).unwrap();
    let issue = platform.servir(&officer(), &Local(&platform), &remise(acte)).unwrap();
    assert_eq!(issue.standing, Standing::BacASable);
    assert!(issue.phrase().contains("sans effet juridique"));
    let Resultat::Faite { le, preuve } = issue.resultat else { panic!("{issue:?}") };
    assert_eq!(Some(le), platform.views().act(acte).unwrap().sent_at);
    let view = platform.voie(acte).unwrap();
    assert_eq!((view.etat, view.servie_le, view.preuve), (Etat::Servie, Some(le), preuve));
    // Asked again, nothing is written; another way may no longer be chosen.
    let lines = world.lines().len();
    platform.servir(&officer(), &Local(&platform), &remise(acte)).unwrap();
    assert_eq!(world.lines().len(), lines);
    let again = platform.choisir_voie(&officer(), &affaire(acte, Some(consent)), &all_ways()).unwrap_err();
    assert_eq!(again.code(), "signification.transition");
    let ops: Vec<String> = platform.suivi(acte).unwrap().lignes.into_iter().map(|l| l.op).collect();
    for op in ["chosen", "withdrawn", "handed", "served"] {
        assert!(ops.contains(&format!("signification.voie.{op}")), "{op}");
    }
    drop(platform);
    world.lose_tables();
    world.remake_tables();
    assert_eq!(world.open().voie(acte).unwrap(), view);
    assert!(world.verify().intact);
    State::replay(world.lines().iter().map(Vec::as_slice)).unwrap();
}

#[test]
fn an_act_held_by_another_way_is_not_sent_by_the_platform() {
    let world = World::new(DigestSealer { deferred: false }, NOON);
    let platform = world.make();
    let (consent, acte) = deposited(&world, &platform);
    let only = Preferences { electroniques: vec![Voie::Dossier], bac_a_sable: false };
    platform.choisir_voie(&officer(), &affaire(acte, Some(consent)), &only).unwrap();
    let refused = platform.envoyer(&officer(), acte, true).unwrap_err();
    assert_eq!(refused.to_string(), "act refused: AUTRE_VOIE");
    let wrong = platform.servir(&officer(), &Local(&platform), &remise(acte)).unwrap_err();
    assert_eq!(wrong.code(), "signification.field", "another way than the one chosen");
    // And the reverse: what the platform sent is not handed to another way.
    let other = platform.deposer(&officer(), &world.deposit(consent, "assignation")).unwrap().acte;
    platform.envoyer(&officer(), other, false).unwrap();
    let late = platform.choisir_voie(&officer(), &affaire(other, Some(consent)), &only).unwrap_err();
    assert_eq!(late.code(), "signification.transition");
}

/// What the office's software writes when it is done.
fn answer(world: &World<DigestSealer>, acte: Id, issue: &str) {
    let sha = Sha256Digest::of(ACT).to_hex();
    let text = format!("{{\"format\":\"constat-retour/1\",\"acte\":\"{acte}\",\"contenu\":\"{sha}\",{issue}}}");
    fs::write(world.path(&format!("office/retour/{acte}.json")), text).unwrap();
}

#[test]
fn the_office_s_software_gets_a_whole_folder_and_its_outcome_is_read() {
    let world = World::new(DigestSealer { deferred: false }, NOON);
    let platform = world.make();
    let (consent, acte) = deposited(&world, &platform);
    let only = Preferences { electroniques: vec![Voie::Dossier], bac_a_sable: false };
    platform.choisir_voie(&officer(), &affaire(acte, Some(consent)), &only).unwrap();
    let office = DossierOffice::ouvrir(&world.path("office")).unwrap();
    let issue = platform.servir(&officer(), &office, &remise(acte)).unwrap();
    assert_eq!(issue.resultat, Resultat::EnCours { code: "REMIS".into() });
    let folder = world.path(&format!("office/aller/{acte}"));
    assert_eq!(issue.fichiers.first(), Some(&folder));
    assert_eq!(fs::read(folder.join("acte.pdf")).unwrap(), ACT);
    let record = fs::read(folder.join("dossier.json")).unwrap();
    let value = dossier::parse_strict(&record).unwrap();
    assert_eq!(dossier::canonical_bytes(&value).unwrap(), record, "canonical");
    assert_eq!(value["contenu"]["sha256"], Sha256Digest::of(ACT).to_hex());
    assert_eq!(value["prepare_le_paris"], "2026-12-01T12:00:00.000+01:00");
    let read_me = fs::read_to_string(folder.join("LISEZ-MOI.txt")).unwrap();
    assert!(read_me.contains("liste ministérielle") && read_me.contains(&acte.to_string()));
    assert_eq!(value["lisez_moi"]["sha256"], Sha256Digest::of(read_me.as_bytes()).to_hex());
    // The same again changes nothing; another content is refused.
    platform.servir(&officer(), &office, &remise(acte)).unwrap();
    let other = Remise { instructions: vec!["Autre.".into()], ..remise(acte) };
    assert_eq!(platform.servir(&officer(), &office, &other).unwrap_err().code(), "signification.handover_conflict");
    // An outcome of another act, then one that is not readable: nothing is kept of it.
    answer(&world, acte, r#""issue":"signifie""#);
    assert_eq!(office.scruter().unwrap(), [acte]);
    let bad = platform.relever_voie(&officer(), &office, acte).unwrap_err();
    assert_eq!(bad.code(), "signification.return_refused");
    answer(&world, acte, r#""issue":"signifie","le":"2026-12-01T10:59:00Z""#);
    let done = platform.relever_voie(&officer(), &office, acte).unwrap();
    let proof = Sha256Digest::of(&fs::read(world.path(&format!("office/retour/{acte}.json"))).unwrap());
    let le = "2026-12-01T10:59:00Z".parse().unwrap();
    assert_eq!(done.resultat, Resultat::Faite { le, preuve: Some(proof) });
    assert_eq!(platform.voie(acte).unwrap().etat, Etat::Servie);
    // The software changes its mind: the service stands.
    answer(&world, acte, r#""issue":"refuse","code":"ERREUR""#);
    assert!(platform.relever_voie(&officer(), &office, acte).is_err());
    assert_eq!(platform.voie(acte).unwrap().etat, Etat::Servie);
    let journal = world.journal();
    for word in ["Quatremere", "Requerante", "Martelots", "audience"] {
        assert!(!contains(&journal, word), "{word}");
    }
}

#[test]
fn a_folder_left_half_written_is_taken_away_and_written_again() {
    let world = World::new(DigestSealer { deferred: false }, NOON);
    let acte = id(NOON);
    let aller = world.path("office/aller");
    let office = DossierOffice::ouvrir(&world.path("office")).unwrap();
    let whole = office.remettre(&officer(), &remise(acte)).unwrap().fichiers.remove(0);
    let names: Vec<_> = fs::read_dir(&whole).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names.len(), 3);
    // As a crash would leave it: any beginning of the files, the last one cut.
    for count in 0..=names.len() {
        let part = aller.join(format!(".{acte}.part"));
        fs::create_dir(&part).unwrap();
        for name in &names[..count] {
            fs::write(part.join(name), b"coup").unwrap();
        }
        let kept = aller.join(acte.to_string());
        let before = tree(&kept);
        fs::remove_dir_all(&kept).unwrap();
        if count % 2 == 0 {
            DossierOffice::ouvrir(&world.path("office")).unwrap();
            assert!(!part.exists() && !kept.exists(), "removed at opening");
        }
        office.remettre(&officer(), &remise(acte)).unwrap();
        assert!(!part.exists());
        assert_eq!(tree(&kept), before);
    }
    // What is not ours is left alone.
    fs::create_dir(aller.join(".autre.part")).unwrap();
    DossierOffice::ouvrir(&world.path("office")).unwrap();
    assert!(aller.join(".autre.part").exists());
    let link = world.path(&format!("office/retour/{acte}.json"));
    std::os::unix::fs::symlink(world.path("acte.pdf"), link).unwrap();
    assert!(office.relever(acte, &Sha256Digest::of(ACT)).is_err(), "a link is not followed");
}

fn tree(folder: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut files = world::files(folder);
    files.sort();
    files
}

#[test]
fn a03_a21_an_offer_has_an_outcome_a_refusal_a_plan_and_a_dossier_its_end() {
    let world = World::new(DigestSealer { deferred: false }, NOON);
    let platform = world.make();
    let offer = platform.proposer(&officer(), "2026-0142", "téléphone").unwrap().consent;
    let refused = platform.deposer(&officer(), &world.deposit(offer, "assignation")).unwrap_err();
    assert_eq!(refused.to_string(), "act refused: SANS_CONSENTEMENT, PROPOSITION_SANS_ISSUE");
    let codes = |error: signification::SignificationError| error.to_string();
    let close = || platform.clore_dossier(&officer(), "2026-0142");
    assert_eq!(codes(close().unwrap_err()), "dossier not closed: PROPOSITION_SANS_ISSUE");
    let acte = id(NOON);
    let asked = || platform.choisir_voie(&officer(), &affaire(acte, Some(offer)), &all_ways()).unwrap();
    assert_eq!(asked().raisons, [Raison::PropositionSansIssue]);
    let recipient = Actor::recipient(offer);
    assert_eq!(
        platform.repondre_proposition(&recipient, offer, Reponse::Refusee).unwrap_err().code(),
        "signification.actor"
    );
    platform.repondre_proposition(&officer(), offer, Reponse::SansReponse).unwrap();
    let view = platform.repondre_proposition(&officer(), offer, Reponse::Refusee).unwrap();
    assert_eq!(view.a_planifier.unwrap().to_string(), "2026-12-02", "the task has a day");
    assert_eq!(platform.taches().unwrap()[0].quoi, "Décider : report ou papier");
    assert_eq!(codes(close().unwrap_err()), "dossier not closed: PLAN_ABSENT");
    assert_eq!(asked().raisons, [Raison::PlanAbsent]);
    let declared = platform.declarer(&officer(), offer, &world.declaration("isaline@essai.test"));
    assert_eq!(declared.unwrap_err().code(), "signification.transition", "a refusal stands");
    let past = "2026-11-30".parse().unwrap();
    assert_eq!(platform.planifier(&officer(), offer, Plan::Papier, past).unwrap_err().code(), "signification.field");
    platform.planifier(&officer(), offer, Plan::Report, "2026-12-10".parse().unwrap()).unwrap();
    assert_eq!((asked().voie, asked().raisons), (None, vec![Raison::Report]));
    platform.planifier(&officer(), offer, Plan::Papier, "2026-12-04".parse().unwrap()).unwrap();
    let choix = asked();
    assert_eq!(choix.voie, Some(Voie::Papier));
    assert!(choix.raisons.contains(&Raison::RefusDestinataire));
    assert_eq!(codes(close().unwrap_err()), "dossier not closed: VOIE_SANS_ISSUE");
    let paper = papier(&world);
    let issue = platform.servir(&officer(), &paper, &remise(acte)).unwrap();
    assert_eq!(issue.resultat, Resultat::ALaMain { echeance: Some("2026-12-02".parse().unwrap()) });
    assert_eq!(platform.taches().unwrap().len(), 2);
    world.clock.set("2026-12-02T10:00:00Z");
    let minutes = b"proces-verbal signe".as_slice();
    let none = JoursChomes::default();
    let suites =
        platform.consigner_papier(&officer(), acte, (&constat("2026-12-02T09:30:00Z"), &none), minutes).unwrap();
    assert_eq!(suites.signifie_le.to_string(), "2026-12-02");
    assert_eq!(platform.voie(acte).unwrap().preuve, Some(Sha256Digest::of(minutes)));
    platform.plan_fait(&officer(), offer).unwrap();
    assert_eq!(close().unwrap().propositions, [offer]);
    assert!(platform.taches().unwrap().is_empty());
    assert!(
        close().is_err() && platform.planifier(&officer(), offer, Plan::Report, "2026-12-10".parse().unwrap()).is_err()
    );
    assert!(world.verify().intact);
}

#[test]
fn a21_a_failure_without_sequel_keeps_the_dossier_open() {
    let world = World::new(DigestSealer { deferred: false }, NOON);
    let platform = world.make();
    let (consent, acte) = deposited(&world, &platform);
    platform.choisir_voie(&officer(), &affaire(acte, Some(consent)), &all_ways()).unwrap();
    platform.abandonner_voie(&officer(), acte).unwrap();
    let open = platform.clore_dossier(&officer(), "2026-0142").unwrap_err();
    assert_eq!(open.to_string(), "dossier not closed: ECHEC_SANS_SUITE");
    // Suspended meanwhile: the next way is paper (B08).
    let writ = Demande::Ecrit { registre: Actor::registry("registre"), reference: "lettre 1".into() };
    platform.suspendre(consent, &writ, "clé perdue").unwrap();
    let choix = platform.choisir_voie(&officer(), &affaire(acte, Some(consent)), &all_ways()).unwrap();
    assert_eq!((choix.voie, choix.raisons), (Some(Voie::Papier), vec![Raison::CompteSuspendu]));
    let paper = papier(&world);
    platform.servir(&officer(), &paper, &remise(acte)).unwrap();
    platform.consigner_echec(&officer(), acte, "ADRESSE_INEXACTE").unwrap();
    assert!(platform.clore_dossier(&officer(), "2026-0142").is_err());
    let last = platform.choisir_voie(&officer(), &affaire(acte, Some(consent)), &all_ways()).unwrap();
    assert_eq!(last.voie, None, "no way is left: the officer decides");
    assert!(last.raisons.contains(&Raison::PapierEcarte));
    let view = platform.voie(acte).unwrap();
    assert_eq!((view.etat, view.ecartees), (Etat::Refusee, vec![Voie::Papier]));
}

#[test]
fn a_hand_over_that_a_crash_cut_is_asked_again_and_journalled_once() {
    let world = World::new(DigestSealer { deferred: false }, NOON);
    let platform = world.make();
    let (consent, acte) = deposited(&world, &platform);
    let only = Preferences { electroniques: vec![Voie::Dossier], bac_a_sable: false };
    platform.choisir_voie(&officer(), &affaire(acte, Some(consent)), &only).unwrap();
    let office = DossierOffice::ouvrir(&world.path("office")).unwrap();
    // The disk refuses: the hand-over is journalled, its outcome is not known.
    fs::remove_dir_all(world.path("office/aller")).unwrap();
    assert!(platform.servir(&officer(), &office, &remise(acte)).is_err());
    assert_eq!(platform.voie(acte).unwrap().etat, Etat::Remise);
    drop(platform);
    let platform = world.open();
    assert!(platform.abandonner_voie(&officer(), acte).is_err(), "what may have left is not given up");
    let office_again = DossierOffice::ouvrir(&world.path("office")).unwrap();
    let lines = world.lines().len();
    let issue = platform.servir(&officer(), &office_again, &remise(acte)).unwrap();
    assert_eq!((issue.voie, issue.resultat), (Voie::Dossier, Resultat::EnCours { code: "REMIS".into() }));
    assert_eq!(world.lines().len(), lines, "the hand-over is journalled once");
}
