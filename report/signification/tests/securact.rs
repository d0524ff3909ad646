//! The client of an operator against the simulator: what it claims, what it refuses to claim, and that nothing is served twice.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

#[path = "support/operateur.rs"]
mod operateur;
#[path = "support/pki.rs"]
mod pki;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dossier::{Clock, Instant};
use operateur::{Compte, Operateur, Panne};
use pki::OpensslSealer;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use signification::acte::Nature;
use signification::backend::securact::{Securact, SecuractConfig};
use signification::backend::{Issue, Partie, Remise, Resultat, SignificationBackend, Standing};
use signification::consent::Actor;
use signification::{EvidenceSealer as _, Id};

const NOON: &str = "2026-12-01T11:00:00Z";

struct SetClock(Mutex<Instant>);

impl Clock for SetClock {
    fn now(&self) -> Instant {
        *self.0.lock().unwrap()
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

struct Scene {
    folder: tempfile::TempDir,
    sealer: Arc<OpensslSealer>,
    clock: SetClock,
    operateur: Operateur,
}

impl Scene {
    fn new() -> Self {
        let (sealer, autre) = (Arc::new(OpensslSealer::new()), Arc::new(OpensslSealer::new()));
        let operateur = Operateur::start(Arc::clone(&sealer), autre, NOON);
        let accounts = [
            ("Isaline Quatremère", Compte::Actif),
            ("Personne Révoquée", Compte::Revoque),
            ("Personne Suspendue", Compte::Suspendu),
            ("Personne Sans Conditions", Compte::CguNonAcceptees),
        ];
        operateur.state.lock().unwrap().comptes = accounts.map(|(n, c)| (n.to_owned(), c)).into();
        let folder = tempfile::tempdir().unwrap();
        private(&folder.path().join("jeton"), b"jeton-de-l-office\n");
        Self { folder, sealer, clock: SetClock(Mutex::new(NOON.parse().unwrap())), operateur }
    }

    fn config(&self) -> SecuractConfig {
        SecuractConfig {
            url: format!("http://127.0.0.1:{}", self.operateur.port),
            jeton: Some(self.folder.path().join("jeton")),
            certificat: None,
            cle: None,
            autorite: None,
            signataire: self.sealer.sign(b"x").unwrap().signer,
            delai_secondes: 60,
            taille_max: 64 * 1024,
        }
    }

    fn client(&self) -> Securact<'_> {
        Securact::new(&self.config(), &self.clock, &*self.sealer).unwrap()
    }

    fn at(&self, now: &str) {
        *self.clock.0.lock().unwrap() = now.parse().unwrap();
        self.operateur.at(now);
    }
}

fn private(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

fn act(n: u8) -> Id {
    format!("019a9c3b-7d00-7000-8000-0000000000{n:02x}").parse().unwrap()
}

fn remise(n: u8, who: &str) -> Remise {
    let partie = |nom: &str| Partie { nom: nom.into(), adresse: vec![], courriel: None, morale: false };
    Remise {
        acte: act(n),
        dossier: "2026-0142".into(),
        nature: Nature::new("assignation").unwrap(),
        requerant: partie("Banque Requérante SA"),
        destinataire: partie(who),
        pdf: b"%PDF-1.7\nacte\n%%EOF\n".to_vec(),
        signature: None,
        instructions: vec![],
        avant: None,
        prepare_le: NOON.parse().unwrap(),
    }
}

const WHO: &str = "Isaline Quatremère";

fn officer() -> Actor {
    Actor::office("officier-1")
}

fn code(issue: &Issue) -> &str {
    match &issue.resultat {
        Resultat::Faite { .. } => "FAITE",
        Resultat::ALaMain { .. } => "A_LA_MAIN",
        Resultat::Refusee { code } | Resultat::EnCours { code } => code,
    }
}

fn is_open(issue: &Issue) -> bool {
    matches!(issue.resultat, Resultat::EnCours { .. })
}

#[test]
fn c09_an_act_is_served_once_as_the_signed_receipt_says() {
    let scene = Scene::new();
    let client = scene.client();
    let sent = remise(1, WHO);
    let unknown = client.relever(sent.acte, &sent.contenu().sha256).unwrap();
    assert_eq!((code(&unknown), is_open(&unknown)), ("INCONNU_DE_L_OPERATEUR", true));
    let issue = client.remettre(&officer(), &sent).unwrap();
    let Resultat::Faite { le, preuve: Some(_) } = issue.resultat else { panic!("{issue:?}") };
    assert_eq!(le, NOON.parse().unwrap());
    assert_eq!(issue.standing, Standing::ContratPropre);
    assert!(issue.phrase().contains("aucun raccordement à SECURACT n'existe"));
    // Under the same key: the same service, not another.
    for _ in 0..3 {
        assert_eq!(code(&client.remettre(&officer(), &sent).unwrap()), "FAITE");
    }
    assert_eq!(code(&client.relever(sent.acte, &sent.contenu().sha256).unwrap()), "FAITE");
    assert_eq!(scene.operateur.services(), 1);
    let other = Remise { pdf: b"%PDF-1.7\nautre\n%%EOF\n".to_vec(), ..sent };
    let conflict = client.remettre(&officer(), &other).unwrap_err();
    assert_eq!(conflict.code(), "signification.handover_conflict");
    assert_eq!(code(&client.relever(other.acte, &other.contenu().sha256).unwrap()), "RECU_REFUSE", "another content");
}

#[test]
fn c07_a10_a16_b08_c11_each_refusal_keeps_its_code_and_serves_nothing() {
    let scene = Scene::new();
    let client = scene.client();
    let cases = [
        ("Personne Inconnue", "DESTINATAIRE_INCONNU"),
        ("Personne Révoquée", "CONSENTEMENT_REVOQUE"),
        ("Personne Suspendue", "COMPTE_SUSPENDU"),
        ("Personne Sans Conditions", "CGU_NON_ACCEPTEES"),
    ];
    for (n, (who, expected)) in cases.into_iter().enumerate() {
        let issue = client.remettre(&officer(), &remise(10 + n as u8, who)).unwrap();
        assert_eq!(issue.resultat, Resultat::Refusee { code: expected.into() });
        assert!(issue.message.contains("autre voie"));
    }
    let virus =
        Remise { pdf: b"%PDF-1.7\nX5O EICAR-STANDARD-ANTIVIRUS-TEST-FILE\n%%EOF\n".to_vec(), ..remise(20, WHO) };
    assert_eq!(code(&client.remettre(&officer(), &virus).unwrap()), "FICHIER_INFECTE");
    let calls = scene.operateur.calls.load(Ordering::SeqCst);
    let large = Remise { pdf: vec![b' '; 64 * 1024 + 1], ..remise(21, WHO) };
    let refused = client.remettre(&officer(), &large).unwrap();
    assert_eq!(refused.resultat, Resultat::Refusee { code: "FICHIER_TROP_GROS".into() });
    assert_eq!(scene.operateur.calls.load(Ordering::SeqCst), calls, "told without sending anything");
    scene.operateur.state.lock().unwrap().taille_max = 10;
    assert_eq!(code(&client.remettre(&officer(), &remise(22, WHO)).unwrap()), "FICHIER_TROP_GROS");
    assert_eq!(scene.operateur.services(), 0);
}

#[test]
fn c01_outside_the_hours_nothing_is_served_and_the_next_opening_is_told() {
    let scene = Scene::new();
    let client = scene.client();
    // Saturday 21:00:01, Sunday, Christmas, 5:59:59.
    for (n, night) in ["2026-11-21T20:00:01Z", "2026-11-22T11:00:00Z", "2026-12-25T11:00:00Z", "2026-12-01T04:59:59Z"]
        .iter()
        .enumerate()
    {
        scene.at(night);
        let issue = client.remettre(&officer(), &remise(30 + n as u8, WHO)).unwrap();
        assert_eq!((code(&issue), is_open(&issue)), ("FENETRE_FERMEE", true), "{night}");
        assert!(issue.message.contains("06:00:00"), "{}", issue.message);
    }
    assert_eq!(scene.operateur.services(), 0);
    scene.at("2026-12-01T05:00:00Z");
    assert_eq!(code(&client.remettre(&officer(), &remise(33, WHO)).unwrap()), "FAITE");
    scene.operateur.set(Panne::Programme);
    assert_eq!(code(&client.remettre(&officer(), &remise(34, WHO)).unwrap()), "PROGRAMME");
}

#[test]
fn e09_what_is_not_proven_is_not_claimed() {
    let scene = Scene::new();
    let client = scene.client();
    let short = SecuractConfig { delai_secondes: 1, ..scene.config() };
    let hasty = Securact::new(&short, &scene.clock, &*scene.sealer).unwrap();
    let cases = [
        (Panne::Erreur, "INDISPONIBLE"),
        (Panne::ErreurApres, "INDISPONIBLE"),
        (Panne::Coupe, "REPONSE_COUPEE"),
        (Panne::Muet, "DELAI_DEPASSE"),
        (Panne::Enorme, "REPONSE_COUPEE"),
        (Panne::Redirection, "REPONSE_INCONNUE"),
        (Panne::Horloge(6), "HORLOGE"),
        (Panne::Horloge(-6), "HORLOGE"),
        (Panne::FauxSignataire, "RECU_REFUSE"),
        (Panne::TexteModifie, "RECU_REFUSE"),
        (Panne::AutreActe, "RECU_REFUSE"),
        (Panne::AutreContenu, "RECU_REFUSE"),
        (Panne::SansRecu, "RECU_ABSENT"),
        (Panne::RecuDeDepot, "RECU_ABSENT"),
        (Panne::Nuit, "RECU_HORS_FENETRE"),
    ];
    for (n, (panne, expected)) in cases.into_iter().enumerate() {
        scene.operateur.set(panne);
        let (sent, before) = (remise(40 + n as u8, WHO), scene.operateur.services());
        let by = if panne == Panne::Muet { &hasty } else { &client };
        let issue = by.remettre(&officer(), &sent).unwrap();
        assert_eq!((code(&issue), is_open(&issue)), (expected, true), "{panne:?}");
        // When all is well again the same key tells the outcome, and the act was served once.
        scene.operateur.set(Panne::Aucune);
        assert_eq!(code(&client.remettre(&officer(), &sent).unwrap()), "FAITE", "{panne:?}");
        assert_eq!(scene.operateur.services(), before + 1, "{panne:?}");
    }
    // Five minutes of difference are allowed; no server at all is told too.
    scene.operateur.set(Panne::Horloge(5));
    assert_eq!(code(&client.remettre(&officer(), &remise(60, WHO)).unwrap()), "FAITE");
    let config = scene.config();
    drop((client, hasty));
    drop(scene.operateur);
    let gone = Securact::new(&config, &scene.clock, &*scene.sealer).unwrap();
    assert_eq!(code(&gone.remettre(&officer(), &remise(61, WHO)).unwrap()), "SANS_REPONSE");
}

#[test]
fn b03_the_token_is_read_from_a_private_file_and_never_shown() {
    let scene = Scene::new();
    let client = scene.client();
    private(&scene.folder.path().join("jeton"), b"un-autre-jeton\n");
    let issue = client.remettre(&officer(), &remise(1, WHO)).unwrap();
    assert_eq!((code(&issue), is_open(&issue)), ("NON_AUTHENTIFIE", true));
    assert!(
        !format!("{issue:?}").contains("un-autre-jeton") && !format!("{:?}", scene.config()).contains("un-autre-jeton")
    );
    private(&scene.folder.path().join("jeton"), b"jeton-de-l-office\n");
    assert_eq!(code(&client.remettre(&officer(), &remise(1, WHO)).unwrap()), "FAITE", "read at each exchange");
    fs::set_permissions(scene.folder.path().join("jeton"), fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(client.remettre(&officer(), &remise(2, WHO)).unwrap_err().code(), "signification.config");
}

/// OpenSSL's own server, which asks for a client certificate of its root and serves the answers that are files.
struct Tls(Child);

impl Drop for Tls {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn tls_server(sealer: &OpensslSealer, folder: &Path) -> (Tls, u16) {
    for _ in 0..20 {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new("openssl");
        command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.args([
            "s_server",
            "-HTTP",
            "-Verify",
            "1",
            "-verify_return_error",
            "-accept",
            &format!("127.0.0.1:{port}"),
        ]);
        command.arg("-cert").arg(sealer.path("smtp.pem")).arg("-key").arg(sealer.path("smtp.key"));
        command.arg("-CAfile").arg(sealer.path("root.pem"));
        let mut child = command.spawn().unwrap();
        for _ in 0..100 {
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return (Tls(child), port);
            }
            if child.try_wait().unwrap().is_some() {
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let _ = child.kill();
        let _ = child.wait();
    }
    panic!("openssl s_server n'a pas démarré");
}

#[test]
fn b03_mutual_tls_is_spoken_and_a_server_of_another_root_refused() {
    let scene = Scene::new();
    let (sealer, folder) = (&*scene.sealer, scene.folder.path());
    let sent = remise(1, WHO);
    let state = format!(
        "{{\"acte\":\"{}\",\"etat\":\"DEPOSE\",\"format\":\"constat-operateur-etat/1\",\"maintenant\":\"{NOON}\",\"recus\":[]}}",
        sent.acte
    );
    let response = format!("HTTP/1.0 200 ok\r\ncontent-length: {}\r\n\r\n{state}", state.len());
    fs::create_dir_all(folder.join("v1/depots")).unwrap();
    fs::write(folder.join(format!("v1/depots/{}", sent.acte)), response).unwrap();
    let (_server, port) = tls_server(sealer, folder);
    private(&folder.join("office.key"), &sealer.read("signer.key"));
    let good = SecuractConfig {
        url: format!("https://127.0.0.1:{port}"),
        jeton: None,
        certificat: Some(sealer.path("signer.pem")),
        cle: Some(folder.join("office.key")),
        autorite: Some(sealer.path("root.pem")),
        delai_secondes: 10,
        ..scene.config()
    };
    let ask = |config: &SecuractConfig| {
        let client = Securact::new(config, &scene.clock, sealer).unwrap();
        let issue = client.relever(sent.acte, &sent.contenu().sha256).unwrap();
        code(&issue).to_owned()
    };
    assert_eq!(ask(&good), "DEPOSE");
    let stranger = OpensslSealer::new();
    private(&folder.join("stranger.key"), &stranger.read("signer.key"));
    let unknown = SecuractConfig {
        certificat: Some(stranger.path("signer.pem")),
        cle: Some(folder.join("stranger.key")),
        ..good.clone()
    };
    assert_eq!(ask(&unknown), "SANS_REPONSE", "a certificate of another root");
    let mistaken = SecuractConfig { autorite: Some(stranger.path("root.pem")), ..good.clone() };
    assert_eq!(ask(&mistaken), "SANS_REPONSE", "a server of another root");
    fs::set_permissions(folder.join("office.key"), fs::Permissions::from_mode(0o640)).unwrap();
    assert!(Securact::new(&good, &scene.clock, sealer).is_err(), "a key that others may read");
}

#[test]
fn whatever_fails_in_whatever_order_an_act_is_served_once_at_most() {
    let scene = Scene::new();
    let client = scene.client();
    let faults = prop::sample::select(vec![
        Panne::Aucune,
        Panne::Erreur,
        Panne::ErreurApres,
        Panne::Coupe,
        Panne::Horloge(9),
        Panne::TexteModifie,
        Panne::SansRecu,
        Panne::AutreActe,
        Panne::Nuit,
    ]);
    let mut runner = TestRunner::new(Config { cases: 12, failure_persistence: None, ..Config::default() });
    let number = std::cell::Cell::new(0_u8);
    let steps = prop::collection::vec((faults, any::<bool>()), 1..6);
    runner
        .run(&steps, |steps| {
            number.set(number.get().wrapping_add(1));
            let sent = Remise { acte: act(0x80 | (number.get() & 0x7f)), ..remise(0, WHO) };
            let before = scene.operateur.services();
            for (panne, ask) in steps {
                scene.operateur.set(panne);
                let issue = match ask {
                    true => client.relever(sent.acte, &sent.contenu().sha256).unwrap(),
                    false => client.remettre(&officer(), &sent).unwrap(),
                };
                prop_assert!(!matches!(issue.resultat, Resultat::Refusee { .. }), "a fault is no refusal");
                if let Resultat::Faite { preuve, .. } = issue.resultat {
                    prop_assert!(panne == Panne::Aucune && preuve.is_some(), "claimed under {panne:?}");
                }
                prop_assert!(scene.operateur.services() <= before + 1);
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn the_contract_names_every_refusal_and_claims_no_connection() {
    let text = include_str!("../src/backend/securact/CONTRAT.md");
    for code in signification::backend::securact::REFUS {
        assert!(text.contains(&format!("`{code}`")), "{code}");
    }
    for code in ["NON_AUTHENTIFIE", "CLE_DEJA_EMPLOYEE", "FENETRE_FERMEE", "INDISPONIBLE"] {
        assert!(text.contains(code), "{code}");
    }
    let help = signification::backend::securact::AIDE;
    assert!(help.contains("aucun raccordement à SECURACT n'existe"));
    assert!(text.contains("Ce contrat est le nôtre") && text.contains("n'y est pas raccordé"));
}
