//! An act to be served as the office describes it: its way chosen by `[voies]`, handed over, asked after; paper from the plan to the
//! minutes (rows G01, G05, B08, C07). On both storages.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

#[path = "support/operateur.rs"]
mod operateur;
#[path = "support/pki.rs"]
mod pki;
#[path = "support/world.rs"]
mod world;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use dossier::Sha256Digest;
use operateur::{Compte, Operateur, Panne};
use pki::OpensslSealer;
use signification::backend::papier::{Constat, Modalite};
use signification::backend::securact::SecuractConfig;
use signification::backend::{Resultat, Voie};
use signification::config::PapierConfig;
use signification::consent::Actor;
use signification::delais::JoursChomes;
use signification::platform::affaires::{
    AffaireInput, VoieChoisie, choisir_affaire, relever_affaire, relever_affaires, remplir_formules, servir_affaire,
    suivre_affaire,
};
use signification::platform::{Demande, Platform};
use signification::projection::Views as _;
use signification::store::Table;
use signification::territoire::{Verdict, registre};
use signification::voie::{Etat, Raison};
use signification::{EvidenceSealer as _, Id, Outils, SignificationError};
use world::{ACT, DigestSealer, Storage, World, contains, officer};

const NOON: &str = "2026-12-01T11:00:00Z";

on_both_storages!(
    y01_the_settings_choose_the_way_and_a_cut_hand_over_is_asked_again,
    y02_a_competence_that_is_not_settled_waits_for_the_officer_and_is_written,
    y03_paper_goes_from_the_plan_to_the_signed_minutes,
    y05_an_operator_who_refuses_leaves_the_act_to_paper,
    y04_the_platform_serves_what_its_vault_holds_only,
    b08_a_suspended_recipient_is_served_on_paper,
);

fn world(storage: Storage) -> World<DigestSealer> {
    let mut world = World::on(storage, DigestSealer { deferred: false }, NOON);
    world.config.voies.electroniques = vec![Voie::Dossier];
    world.config.voies.dossier = Some(world.path("logiciel"));
    world.config.voies.papier = Some(PapierConfig {
        dossier: world.path("papier"),
        adresse: "1 place Bellecour, 69002 Lyon".into(),
        officier: "Maître Essai".into(),
        horaires: "du lundi au vendredi, 9 h à 12 h".into(),
    });
    seat(&mut world, "69123");
    world
}

fn seat(world: &mut World<DigestSealer>, commune: &str) {
    world.config.bureau = Some(toml::from_str(&format!("office = \"732829320\"\nsiege = \"{commune}\"\n")).unwrap());
}

/// What the office writes; `more` before its tables.
fn case(acte: Option<Id>, consent: Option<Id>, more: &str) -> AffaireInput {
    let line = |name: &str, id: Option<Id>| id.map_or_else(String::new, |id| format!("{name} = \"{id}\"\n"));
    let party = |name: &str, nom: &str| {
        format!("[{name}]\nnom = \"{nom}\"\nadresse = [\"12 rue des Martelots\", \"69003 Lyon\"]\n")
    };
    let text = format!(
        "{}{}dossier = \"2026-0142\"\nnature = \"assignation\"\ninstructions = [\"Signifier avant l'audience.\"]\n{more}\n{}{}",
        line("acte", acte),
        line("consentement", consent),
        party("requerant", "Banque Requerante SA"),
        party("destinataire", "Isaline Quatremere"),
    );
    toml::from_str(&text).unwrap()
}

fn living(world: &World<DigestSealer>, platform: &Platform<'_>, commune: Option<&str>) -> Id {
    let mut declaration = world.declaration("isaline@essai.test");
    declaration.personne.commune = commune.map(Into::into);
    world.consent(platform, &declaration)
}

fn choose(world: &World<DigestSealer>, platform: &Platform<'_>, input: &AffaireInput) -> VoieChoisie {
    choisir_affaire(platform, &officer(), input, &world.path("acte.pdf")).unwrap()
}

fn act(world: &World<DigestSealer>) -> PathBuf {
    world.path("acte.pdf")
}

fn y01_the_settings_choose_the_way_and_a_cut_hand_over_is_asked_again(storage: Storage) {
    let world = world(storage);
    let platform = world.make();
    let consent = living(&world, &platform, Some("69123"));
    let acte = platform.deposer(&officer(), &world.deposit(consent, "assignation")).unwrap().acte;
    let chosen = choose(&world, &platform, &case(Some(acte), None, ""));
    assert_eq!((chosen.acte, chosen.choix.voie), (Some(acte), Some(Voie::Dossier)));
    assert_eq!(chosen.choix.raisons, [Raison::ConsentementActif, Raison::LogicielEtude]);
    assert_eq!(chosen.motifs.len(), 2);
    assert!(chosen.portee.unwrap().contains("liste ministérielle") && chosen.competence[0].starts_with("COMPETENT"));
    let input = case(Some(acte), Some(consent), "");
    let first = servir_affaire(&platform, &officer(), &input, &act(&world)).unwrap();
    assert_eq!(first.resultat, Resultat::EnCours { code: "REMIS".into() });
    let folder = world.path(&format!("logiciel/aller/{acte}"));
    assert_eq!(fs::read(folder.join("acte.pdf")).unwrap(), ACT);
    assert!(folder.join("acte.pdf.p7s").is_file(), "the office's own signature goes with the act of its vault");
    // As after a cut: the same call, later, on a platform opened again, writes nothing and hands nothing over twice.
    drop(platform);
    world.clock.advance(Duration::from_secs(3_600));
    let platform = world.open();
    let lines = world.lines().len();
    servir_affaire(&platform, &officer(), &input, &act(&world)).unwrap();
    assert_eq!(world.lines().len(), lines);
    // Other octets, another dossier, another consent, other instructions: never under the same identifier.
    let code = |input: &AffaireInput| servir_affaire(&platform, &officer(), input, &act(&world)).unwrap_err().code();
    fs::write(world.path("autre.pdf"), [ACT, b"\n%%EOF\n"].concat()).unwrap();
    let other = servir_affaire(&platform, &officer(), &input, &world.path("autre.pdf")).unwrap_err();
    assert_eq!(other.code(), "signification.handover_conflict");
    assert_eq!(code(&AffaireInput { dossier: "2026-0143".into(), ..input.clone() }), "signification.handover_conflict");
    assert_eq!(code(&AffaireInput { consentement: Some(acte), ..input.clone() }), "signification.handover_conflict");
    assert_eq!(code(&AffaireInput { instructions: vec![], ..input.clone() }), "signification.handover_conflict");
    assert_eq!(code(&AffaireInput { acte: None, ..input.clone() }), "signification.field");
    // What the office's software says is learned with all the others; one that cannot be read keeps nobody from being asked.
    let answer = world.path(&format!("logiciel/retour/{acte}.json"));
    fs::write(&answer, b"{").unwrap();
    let told = relever_affaires(&platform, &officer()).unwrap();
    assert_eq!((told.len(), told[0].erreur), (1, Some("signification.return_refused")));
    let sha = Sha256Digest::of(ACT).to_hex();
    let head = format!("{{\"format\":\"constat-retour/1\",\"acte\":\"{acte}\",\"contenu\":\"{sha}\"");
    fs::write(&answer, format!("{head},\"issue\":\"signifie\",\"le\":\"2026-12-01T11:30:00Z\"}}")).unwrap();
    let told = relever_affaires(&platform, &officer()).unwrap();
    assert!(matches!(told[0].issue.as_ref().unwrap().resultat, Resultat::Faite { .. }));
    assert!(relever_affaires(&platform, &officer()).unwrap().is_empty(), "nothing waits any more");
    assert_eq!(suivre_affaire(&platform, acte).unwrap().voie.etat, Etat::Servie);
    let journal = world.journal();
    assert!(["Quatremere", "Requerante", "Martelots", "audience"].iter().all(|word| !contains(&journal, word)));
    assert!(world.verify().intact);
}

fn y02_a_competence_that_is_not_settled_waits_for_the_officer_and_is_written(storage: Storage) {
    let mut world = world(storage);
    world.config.voies.electroniques.clear();
    let platform = world.make();
    // Nobody knows where he lives: nothing is chosen, nothing is written.
    let lines = world.lines().len();
    let waiting = choose(&world, &platform, &case(None, None, ""));
    assert_eq!((waiting.choix.voie, waiting.acte), (None, None));
    assert!(waiting.choix.raisons.contains(&Raison::CompetenceAVerifier), "{waiting:?}");
    assert!(waiting.competence[0].contains("commune du destinataire"));
    // Out of the ressort: no reference makes the office competent.
    let outside = choose(&world, &platform, &case(None, None, "commune = \"75056\"\nverification = \"note 12\"\n"));
    assert_eq!((outside.choix.voie, outside.choix.raisons.last()), (None, Some(&Raison::Incompetent)));
    assert_eq!(world.lines().len(), lines);
    // Checked by the officer: chosen, and the journal keeps the reference.
    let checked = choose(&world, &platform, &case(None, None, "verification = \"note 12\"\n"));
    assert_eq!(checked.choix.voie, Some(Voie::Papier));
    let judged = |acte: Id| {
        let view: Option<registre::View> = platform.views().view(Table::Territoire, acte.as_bytes()).unwrap();
        view.unwrap().competence.unwrap()
    };
    let kept = judged(checked.acte.unwrap());
    assert!(checked.remarques.is_empty());
    assert_eq!((kept.verdict, kept.verification.as_deref()), (Verdict::AVerifier, Some("note 12")));
    // Known and inside: the table settles it, and a reference that was not needed is not kept as if it had been.
    let inside = choose(&world, &platform, &case(None, None, "commune = \"69123\"\nverification = \"note 13\"\n"));
    let inside_act = inside.acte.unwrap();
    let kept = judged(inside_act);
    assert!(inside.remarques[0].contains(&checked.acte.unwrap().to_string()), "the same document, asked for twice");
    assert_eq!((kept.verdict, kept.verification, kept.cours.len()), (Verdict::Competent, None, 1));
    // Chosen again after it was given up: judged once.
    platform.abandonner_voie(&officer(), inside_act).unwrap();
    let again = case(Some(inside_act), None, "commune = \"69123\"\n");
    assert_eq!(choose(&world, &platform, &again).choix.voie, Some(Voie::Papier));
    drop(platform);
    world.lose_tables();
    world.remake_tables();
    assert_eq!(suivre_affaire(&world.open(), inside_act).unwrap().voie.etat, Etat::Choisie);
    assert!(world.verify().intact);
}

fn constat(le: &str, text: &str) -> Constat {
    let head = format!("le = \"{le}\"\npersonne = \"physique\"\nadresse_connue = true\ntravail_connu = false\n");
    toml::from_str(&(head + text)).unwrap()
}

fn y03_paper_goes_from_the_plan_to_the_signed_minutes(storage: Storage) {
    let world = world(storage);
    let platform = world.make();
    let chosen = choose(&world, &platform, &case(None, None, "commune = \"69123\"\n"));
    assert_eq!(chosen.choix.raisons, [Raison::SansConsentement]);
    let acte = chosen.acte.unwrap();
    let input = case(Some(acte), None, "commune = \"69123\"\n");
    let issue = servir_affaire(&platform, &officer(), &input, &act(&world)).unwrap();
    assert_eq!(issue.resultat, Resultat::ALaMain { echeance: Some("2026-12-02".parse().unwrap()) });
    let plan = fs::read_to_string(world.path(&format!("papier/{acte}/PLAN.md"))).unwrap();
    assert!(plan.contains("Isaline Quatremere") && plan.contains("audience"));
    assert!(relever_affaires(&platform, &officer()).unwrap().is_empty(), "paper answers nothing");
    world.clock.set("2026-12-02T10:00:00Z");
    let at = "2026-12-02T10:30:00+01:00";
    let (pdf, out) = (act(&world), world.path("formules"));
    let absent = constat(at, "remis_a_personne = false\n");
    let refused = remplir_formules(&platform, &input, &absent, (&pdf, &out)).unwrap_err();
    let SignificationError::PaperRefused { codes } = refused else { panic!("{refused}") };
    assert_eq!(codes, ["DILIGENCES_ABSENTES", "DOMICILE_NON_VERIFIE"]);
    assert!(!out.exists());
    let third = "remis_a_personne = false\ndiligences = [\"Sonné deux fois.\"]\n[tiers]\nnom = \"Camille Voisin\"\nqualite = \"concierge\"\naccepte = true\n";
    let found = constat(at, third);
    let filled = remplir_formules(&platform, &input, &found, (&pdf, &out)).unwrap();
    assert_eq!((filled.suites.modalite, filled.suites.avis_de_passage), (Modalite::TiersPresent, true));
    let names: Vec<_> = filled.fichiers.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(names, ["avis-de-passage.md", "lettre-658.md", "proces-verbal-remise.md"]);
    let minutes = fs::read(&filled.fichiers[2]).unwrap();
    assert!(contains(&minutes, "Camille Voisin") && contains(&minutes, "concierge"));
    let none = JoursChomes::default();
    platform.consigner_papier(&officer(), acte, (&found, &none), &minutes).unwrap();
    let view = suivre_affaire(&platform, acte).unwrap();
    assert_eq!((view.voie.etat, view.voie.preuve), (Etat::Servie, Some(Sha256Digest::of(&minutes))));
    assert!(!contains(&world.journal(), "Camille"));
}

fn y04_the_platform_serves_what_its_vault_holds_only(storage: Storage) {
    let mut world = world(storage);
    world.config.essai = true;
    (world.config.voies.electroniques, world.config.voies.bac_a_sable) = (vec![Voie::Local], true);
    let platform = world.make();
    let consent = living(&world, &platform, Some("69123"));
    let lines = world.lines().len();
    let loose = choisir_affaire(&platform, &officer(), &case(None, Some(consent), ""), &act(&world)).unwrap_err();
    assert_eq!((loose.code(), world.lines().len()), ("signification.field", lines));
    let acte = platform.deposer(&officer(), &world.deposit(consent, "assignation")).unwrap().acte;
    let input = case(Some(acte), None, "");
    assert_eq!(choose(&world, &platform, &input).choix.voie, Some(Voie::Local));
    let issue = servir_affaire(&platform, &officer(), &input, &act(&world)).unwrap();
    assert!(matches!(issue.resultat, Resultat::Faite { .. }) && issue.portee.contains("bac à sable"));
    assert_eq!(relever_affaire(&platform, &officer(), acte).unwrap().resultat, issue.resultat);
    // An identifier that nobody gave, and a way whose setting was taken away meanwhile.
    let unknown = case(Some(consent), None, "");
    assert_eq!(
        choisir_affaire(&platform, &officer(), &unknown, &act(&world)).unwrap_err().code(),
        "signification.unknown"
    );
    let paper = choose(&world, &platform, &case(None, None, "commune = \"69123\"\n")).acte.unwrap();
    drop(platform);
    world.config.voies.papier = None;
    fs::write(world.store().join("plateforme.toml"), world.config.to_text().unwrap()).unwrap();
    let platform = world.open();
    let unset = servir_affaire(&platform, &officer(), &case(Some(paper), None, ""), &act(&world)).unwrap_err();
    assert_eq!(unset.code(), "signification.config");
    assert!(unset.to_string().contains("[voies.papier]"), "{unset}");
    assert_eq!(platform.voie(paper).unwrap().etat, Etat::Choisie, "nothing was handed over");
}

fn b08_a_suspended_recipient_is_served_on_paper(storage: Storage) {
    let world = world(storage);
    let platform = world.make();
    let consent = living(&world, &platform, Some("69123"));
    let writ = Demande::Ecrit { registre: Actor::registry("registre"), reference: "lettre 1".into() };
    platform.suspendre(consent, &writ, "clé perdue").unwrap();
    let chosen = choose(&world, &platform, &case(None, Some(consent), ""));
    assert_eq!((chosen.choix.voie, chosen.choix.raisons), (Some(Voie::Papier), vec![Raison::CompteSuspendu]));
}

fn y05_an_operator_who_refuses_leaves_the_act_to_paper(storage: Storage) {
    let mut world = world(storage);
    let (sealer, other) = (Arc::new(OpensslSealer::new()), Arc::new(OpensslSealer::new()));
    let operator = Operateur::start(Arc::clone(&sealer), other, NOON);
    operator.state.lock().unwrap().comptes = [("Isaline Quatremere".to_owned(), Compte::Actif)].into();
    let token = world.path("jeton");
    fs::write(&token, "jeton-de-l-office\n").unwrap();
    fs::set_permissions(&token, fs::Permissions::from_mode(0o600)).unwrap();
    world.config.voies.electroniques = vec![Voie::Securact];
    world.config.voies.securact = Some(SecuractConfig {
        url: format!("http://127.0.0.1:{}", operator.port),
        jeton: Some(token),
        certificat: None,
        cle: None,
        autorite: None,
        signataire: sealer.sign(b"x").unwrap().signer,
        delai_secondes: 60,
        taille_max: 64 * 1024,
    });
    let consent = living(&world, &world.make(), Some("69123"));
    let bare = world.open();
    let input = case(None, Some(consent), "");
    let chosen = choose(&world, &bare, &input);
    assert_eq!((chosen.choix.voie, chosen.choix.raisons[1]), (Some(Voie::Securact), Raison::OperateurConfigure));
    let input = AffaireInput { acte: chosen.acte, ..input };
    // Nobody to check his receipts: nothing is handed over.
    let unchecked = servir_affaire(&bare, &officer(), &input, &act(&world)).unwrap_err();
    assert_eq!((unchecked.code(), operator.services()), ("signification.config", 0));
    drop(bare);
    let platform = world.open().avec(Outils { verifier: Some(&*sealer), ..Outils::default() }).unwrap();
    operator.set(Panne::ErreurApres);
    let lost = servir_affaire(&platform, &officer(), &input, &act(&world)).unwrap();
    assert!(matches!(lost.resultat, Resultat::EnCours { .. }), "{lost:?}");
    operator.set(Panne::Aucune);
    let told = relever_affaires(&platform, &officer()).unwrap();
    assert!(matches!(told[0].issue.as_ref().unwrap().resultat, Resultat::Faite { .. }), "{told:?}");
    servir_affaire(&platform, &officer(), &input, &act(&world)).unwrap();
    assert_eq!(operator.services(), 1, "served once, however often it is asked");
    // Another act, refused: the next choice is paper, and says why.
    operator.state.lock().unwrap().comptes.clear();
    let second = case(None, Some(consent), "avant = \"2026-12-10\"\n");
    let acte = choose(&world, &platform, &second).acte.unwrap();
    let second = AffaireInput { acte: Some(acte), ..second };
    let refused = servir_affaire(&platform, &officer(), &second, &act(&world)).unwrap();
    assert_eq!(refused.resultat, Resultat::Refusee { code: "DESTINATAIRE_INCONNU".into() });
    let next = choose(&world, &platform, &second).choix;
    assert_eq!((next.voie, next.raisons.contains(&Raison::VoieEcartee)), (Some(Voie::Papier), true), "{next:?}");
    servir_affaire(&platform, &officer(), &second, &act(&world)).unwrap();
    assert_eq!(platform.taches().unwrap()[0].echeance.to_string(), "2026-12-10");
}
