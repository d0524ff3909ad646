//! What the tests share: a real platform on a folder of its own, the real server on a free port, a plain HTTP client.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, missing_docs, reason = "each test takes what it needs")]
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dossier::{Clock, Instant, Sha256Digest};
use ring::hmac;
use signification::comptes::connexion::Origine;
use signification::comptes::facteurs::Politique;
use signification::comptes::hacheur::{Argon2id, Parametres};
use signification::comptes::totp;
use signification::consent::{Actor, Identification};
use signification::notice::{Accepted, Mailer, Prepared, Refused};
use signification::person::PersonInput;
use signification::platform::comptes::{OuvertureCompte, Reglages};
use signification::platform::{Context, DeclarationInput, DepositInput, Platform};
use signification::signature_acte::{ControleSignature, SignaturePdf};
use signification::{
    Config, EvidenceSealer, Id, Outils, SealerError, SignedEvidence, SmtpConfig, SmtpSecurity, SystemEntropy,
};
pub use signification_portail::Limites;
use signification_portail::{ConfigPortail, Portail};

pub mod cle;
pub mod client;
pub mod etude;
pub mod navigateur;

pub use client::{Client, Reponse};

/// A clock that only moves when told; its monotonic side is the real one's order, so limits count.
pub struct SetClock(Mutex<(i64, u64)>);

impl SetClock {
    pub fn advance(&self, seconds: i64) {
        let mut state = self.0.lock().unwrap();
        state.0 += seconds * 1000;
        state.1 += u64::try_from(seconds).unwrap() * 1_000_000;
    }
}

impl Clock for SetClock {
    fn now(&self) -> Instant {
        Instant::from_millisecond(self.0.lock().unwrap().0).unwrap()
    }

    fn monotonic(&self) -> Duration {
        let mut state = self.0.lock().unwrap();
        state.1 += 1;
        Duration::from_micros(state.1)
    }
}

/// Keeps the messages.
#[derive(Default)]
pub struct Outbox(pub Mutex<Vec<Prepared>>);

impl Mailer for Outbox {
    fn send(&self, message: &Prepared) -> Result<Accepted, Refused> {
        self.0.lock().unwrap().push(message.clone());
        Ok(Accepted { code: 250 })
    }
}

/// Signs with a digest: here signatures are not the matter.
pub struct DigestSealer;

impl EvidenceSealer for DigestSealer {
    fn sign(&self, bytes: &[u8]) -> Result<SignedEvidence, SealerError> {
        let signature = Sha256Digest::of(bytes).to_hex().into_bytes();
        Ok(SignedEvidence { signature, signer: Sha256Digest::of(b"cert"), level: "essai".into() })
    }

    fn timestamp(&self, bytes: &[u8]) -> Result<Vec<u8>, SealerError> {
        Ok(Sha256Digest::of(bytes).to_hex().into_bytes())
    }
}

/// A platform and its portal.
pub struct Monde {
    pub platform: Arc<Platform<'static>>,
    pub clock: &'static SetClock,
    pub outbox: &'static Outbox,
    pub config: ConfigPortail,
    pub adresse: SocketAddr,
    pub folder: tempfile::TempDir,
    runtime: tokio::runtime::Runtime,
}

/// A recipient with an open account.
pub struct Personne {
    pub consent: Id,
    pub compte: Id,
    pub nom: String,
    pub graine: [u8; 20],
}

pub const MOT: &str = "sept hiboux violets sous la pluie";

/// Limits under which a test is not slowed down.
pub fn larges() -> Limites {
    Limites { par_source: (100_000, 100_000), par_compte: (100_000, 100_000), ..Limites::default() }
}

impl Monde {
    pub fn new() -> Self {
        Self::avec(larges())
    }

    pub fn avec(limites: Limites) -> Self {
        Self::avec_politique(limites, Politique::default())
    }

    pub fn avec_politique(limites: Limites, politique: Politique) -> Self {
        Self::fait(limites, politique, &config(), Outils::default())
    }

    /// Where acts must bear a qualified signature, as this judge says.
    pub fn exigeant(limites: Limites, juge: &'static (dyn ControleSignature + Sync)) -> Self {
        let mut config = config();
        config.actes.signature_pdf = SignaturePdf::Exigee;
        Self::fait(limites, Politique::default(), &config, Outils { signature: Some(juge), ..Outils::default() })
    }

    fn fait(limites: Limites, politique: Politique, asked: &Config, outils: Outils<'static>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let start: Instant = "2026-12-01T09:00:00Z".parse().unwrap();
        let clock: &'static SetClock = Box::leak(Box::new(SetClock(Mutex::new((start.as_millisecond(), 0)))));
        let entropy: &'static SystemEntropy = Box::leak(Box::default());
        let outbox: &'static Outbox = Box::leak(Box::default());
        let ctx = Context { clock, entropy, sealer: Box::leak(Box::new(DigestSealer)), mailer: outbox };
        let store = folder.path().join("store");
        Platform::initialiser(&store, asked, ctx).unwrap();
        let reglages = Reglages { parametres: Parametres::MINIMUM, politique, ..Reglages::default() };
        let platform = Platform::ouvrir(&store, ctx).unwrap().avec(outils).unwrap();
        let platform = Arc::new(platform.avec_comptes(reglages, Box::new(Argon2id::new(2))));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let adresse = listener.local_addr().unwrap();
        let config = ConfigPortail { origine: None, tls: None, etude: None, limites, horloge: clock, hasard: entropy };
        runtime.spawn(Portail::servir(platform.clone(), listener, config.clone(), std::future::pending()));
        Self { platform, clock, outbox, config, adresse, folder, runtime }
    }

    /// The same portal under a name that passkeys can be bound to; its address.
    pub fn nomme(&self) -> SocketAddr {
        let listener = self.bind();
        let adresse = listener.local_addr().unwrap();
        let config =
            ConfigPortail { origine: Some(format!("http://localhost:{}", adresse.port())), ..self.config.clone() };
        let platform = self.platform.clone();
        self.spawn(async move { Portail::servir(platform, listener, config, std::future::pending()).await.unwrap() });
        adresse
    }

    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.runtime.spawn(task);
    }

    pub fn bind(&self) -> tokio::net::TcpListener {
        self.runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap()
    }

    /// Somebody who was invited, and the secret of his invitation.
    pub fn invite(&self, courriel: &str) -> (Id, Id, String) {
        let office = officier();
        let consent = self.platform.proposer(&office, "2026-0142", "téléphone").unwrap().consent;
        self.platform.declarer(&office, consent, &self.declaration(courriel)).unwrap();
        let (_, compte) = self.platform.inviter_avec_compte(&office, consent, None).unwrap();
        (consent, compte, self.secret())
    }

    /// The single-use secret of the last invitation.
    pub fn secret(&self) -> String {
        let raw = self.outbox.0.lock().unwrap().last().unwrap().raw.clone();
        let text = String::from_utf8_lossy(&raw).into_owned();
        let found = text.lines().map(str::trim_end).find(|line| line.len() == 44 && line.starts_with('J'));
        found.expect("a secret in the invitation").to_owned()
    }

    /// Somebody with an open account, who accepted the terms or not.
    pub fn personne(&self, nom: &str, accepte: bool) -> Personne {
        let (consent, compte, secret) = self.invite(&format!("{nom}@essai.test"));
        let graine = *self.platform.nouveau_telephone().unwrap();
        let code = self.code(&graine);
        let adresse = "127.0.0.9".parse().unwrap();
        let origine = Origine { source: self.platform.source_de(adresse), appareil: None };
        let opening = OuvertureCompte {
            reference: consent,
            secret: &secret,
            nom,
            mot: MOT,
            telephone: Some((&graine, &code)),
            origine,
        };
        self.platform.ouvrir_compte(&opening).unwrap();
        let personne = Personne { consent, compte, nom: nom.to_owned(), graine };
        if accepte {
            let mut client = self.connecte(&personne);
            let page = client.get("/conditions");
            let sha256 = page.valeur("sha256");
            let done = client.poster("/conditions", "/conditions", &[("choix", "accepter"), ("sha256", &sha256)]);
            assert_eq!(done.statut, 303, "{}", done.texte());
        }
        personne
    }

    /// The telephone's code now.
    pub fn code(&self, graine: &[u8; 20]) -> String {
        let code = totp::code(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, graine, totp::pas(self.clock.now()), 6);
        format!("{code:06}")
    }

    pub fn client(&self) -> Client {
        Client::new(self.adresse)
    }

    /// A browser where this person is logged in; the clock moves on, since a code serves once.
    pub fn connecte(&self, personne: &Personne) -> Client {
        let mut client = self.client();
        let done = self.connecter(&mut client, personne);
        assert_eq!(done.statut, 303, "{}", done.texte());
        client
    }

    pub fn connecter(&self, client: &mut Client, personne: &Personne) -> Reponse {
        self.clock.advance(30);
        client.get("/connexion");
        let code = self.code(&personne.graine);
        client.poster("/connexion", "/connexion", &[("nom", &personne.nom), ("mot", MOT), ("code", &code)])
    }

    /// An act of so many octets, served.
    pub fn acte(&self, consent: Id, nature: &str, octets: usize) -> Id {
        let act = self.depose(consent, nature, octets);
        self.platform.envoyer(&officier(), act, false).unwrap();
        act
    }

    pub fn depose(&self, consent: Id, nature: &str, octets: usize) -> Id {
        let fichier = self.folder.path().join("acte.pdf");
        std::fs::write(&fichier, pdf(octets)).unwrap();
        let (dossier, requerant) = ("2026-0142".to_owned(), "Banque Requerante SA".to_owned());
        let input = DepositInput { consent, dossier, nature: nature.into(), requerant, fichier };
        self.platform.deposer(&officier(), &input).unwrap().acte
    }

    /// Every line of the journal.
    pub fn journal(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("store/journal.jsonl")).unwrap()
    }

    fn declaration(&self, courriel: &str) -> DeclarationInput {
        let piece = |name: &str| -> PathBuf {
            let path = self.folder.path().join(name);
            std::fs::write(&path, b"copie d'une piece").unwrap();
            path
        };
        DeclarationInput {
            personne: PersonInput {
                kind: "physique".into(),
                nom: "Quatremere".into(),
                prenoms: "Isaline".into(),
                date_naissance: "1971-07-14".into(),
                lieu_naissance: "Besancon".into(),
                domicile: "12 rue des Martelots".into(),
                courriel: courriel.into(),
                telephone: None,
                ..PersonInput::default()
            },
            natures: None,
            jusqu_au: None,
            zone: signification::calendar::Zone::Metropole,
            identification: Identification::Pieces,
            assistance: false,
            pieces: BTreeMap::from([
                ("identite".to_owned(), piece("identite.png")),
                ("domicile".to_owned(), piece("domicile.png")),
            ]),
        }
    }
}

pub fn officier() -> Actor {
    Actor::office("officier-1")
}

/// Octets that pass for a PDF.
pub fn pdf(octets: usize) -> Vec<u8> {
    let mut bytes = b"%PDF-1.7\n".to_vec();
    bytes.extend((0..octets).map(|i| b'a' + u8::try_from(i % 26).unwrap()));
    bytes.extend_from_slice(b"\n%%EOF\n");
    bytes
}

fn config() -> Config {
    Config {
        etude: "Étude Essai".into(),
        residence: "Lyon".into(),
        contact_dpo: "dpo@essai.test".into(),
        zone: signification::calendar::Zone::Metropole,
        sequestre: signification::Escrow::Etude,
        exploitation: signification::exploitation::Exploitation::default(),
        dernier_envoi: "20:55".into(),
        invitation_jours: 30,
        jetons_propres: 4,
        essai: true,
        smtp: SmtpConfig {
            hote: "127.0.0.1".into(),
            port: 25,
            securite: SmtpSecurity::Aucune,
            autorite: None,
            expediteur: "avis@essai.test".into(),
            delai_secondes: 20,
        },
        avis: signification::config::AvisConfig::default(),
        sms: None,
        analyse: signification::scan::ScanConfig {
            politique: signification::scan::Politique::Admettre,
            ..signification::scan::ScanConfig::default()
        },
        actes: signification::signature_acte::ActesConfig::default(),
        delai_interne: signification::delais::DelaiConfig::default(),
        preuves: signification::config::PreuvesConfig::default(),
        bureau: None,
        base: None,
    }
}
