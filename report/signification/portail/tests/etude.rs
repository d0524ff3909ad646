//! The office's side, over TLS: whose certificate enters, deposit in a stream, follow-up, reports; and cookies of a secure portal.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test fails by panicking")]
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use dossier::Sha256Digest;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, ExtendedKeyUsagePurpose,
    IsCa, KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams, SerialNumber, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use signification_portail::{AccesEtude, ConfigPortail, Limites, Portail, PortailError, Tls};

mod support;

use support::client::{Reponse, lire};
use support::{Monde, larges, pdf};

/// An authority, the server's certificate and those it gave.
struct Autorite {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: PathBuf,
}

/// A certificate and its key.
type Paire = (Vec<u8>, Vec<u8>);

impl Autorite {
    fn new(folder: &Path, name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let folder = folder.join(name);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("ca.pem"), issuer.pem()).unwrap();
        Self { issuer, folder }
    }

    fn server(&self) -> Tls {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let cert = params.signed_by(&key, &self.issuer).unwrap();
        let (certificat, cle) = (self.folder.join("serveur.pem"), self.folder.join("serveur.cle"));
        std::fs::write(&certificat, cert.pem()).unwrap();
        std::fs::write(&cle, key.serialize_pem()).unwrap();
        Tls { certificat, cle }
    }

    fn client(&self, serial: u64) -> Paire {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.serial_number = Some(SerialNumber::from(serial));
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let cert = params.signed_by(&key, &self.issuer).unwrap();
        (cert.der().to_vec(), key.serialize_der())
    }

    fn revoked(&self, serial: u64) -> PathBuf {
        let crl = CertificateRevocationListParams {
            this_update: date_time_ymd(2020, 1, 1),
            next_update: date_time_ymd(2090, 1, 1),
            crl_number: SerialNumber::from(1_u64),
            issuing_distribution_point: None,
            revoked_certs: vec![RevokedCertParams {
                serial_number: SerialNumber::from(serial),
                revocation_time: date_time_ymd(2021, 1, 1),
                reason_code: None,
                invalidity_date: None,
            }],
            key_identifier_method: KeyIdMethod::Sha256,
        };
        let path = self.folder.join("revocations.pem");
        std::fs::write(&path, crl.signed_by(&self.issuer).unwrap().pem().unwrap()).unwrap();
        path
    }
}

/// One request over TLS; none when the handshake or the server refuses.
fn demander(adresse: SocketAddr, ca: &Autorite, paire: Option<&Paire>, request: &[u8]) -> Option<Reponse> {
    let mut roots = RootCertStore::empty();
    roots.add(ca.issuer.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let builder = builder.with_root_certificates(roots);
    let config = match paire {
        None => builder.with_no_client_auth(),
        Some((cert, key)) => {
            let key = PrivateKeyDer::try_from(key.clone()).unwrap();
            builder.with_client_auth_cert(vec![CertificateDer::from(cert.clone())], key).unwrap()
        }
    };
    let name = ServerName::try_from("localhost").unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let tcp = TcpStream::connect(adresse).unwrap();
    tcp.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut stream = StreamOwned::new(connection, tcp);
    stream.write_all(request).ok()?;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    Some(lire(&answer)).filter(|answer| answer.statut != 0)
}

struct Etude {
    monde: Monde,
    ca: Autorite,
    bon: Paire,
    adresse: SocketAddr,
    origine: String,
}

fn ouvrir(limites: Limites) -> Etude {
    let monde = Monde::avec(limites);
    let ca = Autorite::new(monde.folder.path(), "etude");
    let (bon, revoque) = (ca.client(7), ca.client(8));
    let etude = AccesEtude {
        autorite: ca.folder.join("ca.pem"),
        revocations: vec![ca.revoked(8)],
        officiers: vec![
            (Sha256Digest::of(&bon.0), "officier-1".to_owned()),
            (Sha256Digest::of(&revoque.0), "officier-2".to_owned()),
        ],
    };
    let listener = monde.bind();
    let adresse = listener.local_addr().unwrap();
    let origine = format!("https://localhost:{}", adresse.port());
    let config = ConfigPortail {
        origine: Some(origine.clone()),
        tls: Some(ca.server()),
        etude: Some(etude),
        ..monde.config.clone()
    };
    let platform = monde.platform.clone();
    monde
        .spawn(async move { Portail::servir_etude(platform, listener, config, std::future::pending()).await.unwrap() });
    let refused = ca.client(8);
    let made = Etude { monde, ca, bon, adresse, origine };
    // Same serial as the revoked one; and one that no officer has; and one of another authority.
    assert!(made.get(Some(&revoque), "/etude").is_none());
    assert!(made.get(Some(&refused), "/etude").is_none());
    made
}

impl Etude {
    fn hote(&self) -> &str {
        self.origine.strip_prefix("https://").unwrap()
    }

    fn get(&self, paire: Option<&Paire>, chemin: &str) -> Option<Reponse> {
        let request = format!("GET {chemin} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.hote());
        demander(self.adresse, &self.ca, paire, request.as_bytes())
    }

    fn post(&self, chemin: &str, cookie: &str, kind: &str, body: &[u8]) -> Reponse {
        let head = format!(
            "POST {chemin} HTTP/1.1\r\nHost: {}\r\nOrigin: {}\r\nCookie: {cookie}\r\nContent-Type: {kind}\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n",
            self.hote(),
            self.origine,
            body.len()
        );
        demander(self.adresse, &self.ca, Some(&self.bon), &[head.as_bytes(), body].concat()).unwrap()
    }

    /// The form's page: its cookie and its token.
    fn formulaire(&self, chemin: &str, action: &str) -> (String, String) {
        let page = self.get(Some(&self.bon), chemin).unwrap();
        let cookie = page.entete("set-cookie").unwrap().split_once(';').unwrap().0.to_owned();
        (cookie, page.jeton(action).unwrap_or_else(|| panic!("no {action}: {}", page.texte())))
    }
}

fn parties(fields: &[(&str, &str)], file: Option<&[u8]>) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        body.extend(format!("--lim\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").as_bytes());
    }
    if let Some(file) = file {
        let head = "--lim\r\nContent-Disposition: form-data; name=\"fichier\"; filename=\"../../acte.pdf\"\r\n\
                    Content-Type: application/pdf\r\n\r\n";
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(file);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--lim--\r\n");
    body
}

const MULTI: &str = "multipart/form-data; boundary=lim";

#[test]
fn b03_only_the_certificate_of_an_officer_enters_the_office() {
    let etude = ouvrir(larges());
    assert!(etude.get(None, "/etude").is_none(), "no certificate");
    let unknown = etude.ca.client(9);
    let refused = etude.get(Some(&unknown), "/etude").unwrap();
    assert_eq!(refused.statut, 403, "{}", refused.texte());
    assert!(etude.monde.journal().contains("certificat inconnu"));
    let other = Autorite::new(etude.monde.folder.path(), "autre");
    assert!(etude.get(Some(&other.client(7)), "/etude").is_none(), "another authority");
    let page = etude.get(Some(&etude.bon), "/etude").unwrap();
    assert_eq!(page.statut, 200, "{}", page.texte());
    let cookie = page.entete("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-session=") && cookie.contains("; Secure"), "{cookie}");
    assert!(page.entete("strict-transport-security").is_some());
    // The recipients' pages are not here, nor the office's there.
    assert_eq!(etude.get(Some(&etude.bon), "/connexion").unwrap().statut, 404);
    assert_eq!(etude.monde.client().get("/etude").statut, 404);
}

#[test]
fn d01_an_act_is_deposited_in_a_stream_and_followed() {
    let etude = ouvrir(larges());
    let personne = etude.monde.personne("servi", true);
    let consent = personne.consent.to_string();
    let (cookie, jeton) = etude.formulaire("/etude/depot", "/etude/depot");
    let fields = [
        ("jeton", jeton.as_str()),
        ("consentement", consent.as_str()),
        ("dossier", "2026-0300"),
        ("nature", "assignation"),
        ("requerant", "Banque <Requérante>"),
    ];
    let act = pdf(3_000_000);
    // Without the token, with another's, with the token last: refused before the act is kept.
    let forged = [("jeton", "x"), fields[1], fields[2], fields[3], fields[4]];
    assert_eq!(etude.post("/etude/depot", &cookie, MULTI, &parties(&forged, Some(&act))).statut, 403);
    assert_eq!(etude.post("/etude/depot", &cookie, MULTI, &parties(&fields[1..], Some(&act))).statut, 403);
    let none = etude.post("/etude/depot", &cookie, MULTI, &parties(&fields, None));
    assert_eq!(none.statut, 422);
    assert!(none.texte().contains("Choisissez le fichier") && none.texte().contains("Banque &lt;Requérante&gt;"));
    let not_pdf = etude.post("/etude/depot", &cookie, MULTI, &parties(&fields, Some(b"MZ")));
    assert_eq!(not_pdf.statut, 422);
    let done = etude.post("/etude/depot", &cookie, MULTI, &parties(&fields, Some(&act)));
    assert_eq!(done.statut, 303, "{}", done.texte());
    let place = done.entete("location").unwrap().to_owned();
    let page = etude.get(Some(&etude.bon), &place).unwrap().texte();
    assert!(page.contains("L'acte est déposé") && page.contains(&Sha256Digest::of(&act).to_hex()), "{page}");
    assert!(!page.contains("/envoyer"), "nothing is sent from here (row B04)");
    let list = etude.get(Some(&etude.bon), "/etude").unwrap().texte();
    assert!(list.contains("2026-0300") && list.contains("Déposé, pas encore signifié"), "{list}");
    // Not sent: for its recipient it does not exist.
    let id = place.split_once("/actes/").unwrap().1.split_once('?').unwrap().0.to_owned();
    assert_eq!(etude.monde.connecte(&personne).get(&format!("/actes/{id}")).statut, 404);
}

#[test]
fn a_deposit_too_big_is_cut_off() {
    let etude = ouvrir(Limites { depot: 100_000, ..larges() });
    let (cookie, jeton) = etude.formulaire("/etude/depot", "/etude/depot");
    let fields = [("jeton", jeton.as_str())];
    let refused = etude.post("/etude/depot", &cookie, MULTI, &parties(&fields, Some(&pdf(150_000))));
    assert_eq!(refused.statut, 413);
}

#[test]
fn b10_a_report_is_read_and_acknowledged_by_the_office() {
    let etude = ouvrir(larges());
    let personne = etude.monde.personne("signale", true);
    let act = etude.monde.acte(personne.consent, "conge", 100);
    let mut client = etude.monde.connecte(&personne);
    let page = format!("/actes/{act}/probleme");
    let told = client.poster(&page, &page, &[("nature", "destinataire"), ("texte", "Ce n'est pas <moi>.")]);
    assert_eq!(told.statut, 303);
    let list = etude.get(Some(&etude.bon), "/etude/incidents").unwrap().texte();
    assert!(list.contains("Ce n'est pas &lt;moi&gt;.") && list.contains("cible interne"), "{list}");
    let at = list.split_once("action=\"/etude/incidents/").unwrap().1.split_once('"').unwrap().0.to_owned();
    let action = format!("/etude/incidents/{at}");
    let (cookie, jeton) = etude.formulaire("/etude/incidents", &action);
    let body = support::client::encode(&[("jeton", &jeton)]);
    let done = etude.post(&action, &cookie, support::client::FORM, body.as_bytes());
    assert_eq!(done.statut, 303, "{}", done.texte());
    assert!(etude.get(Some(&etude.bon), "/etude/incidents").unwrap().texte().contains("accusé après"));
}

#[test]
fn a_portal_without_tls_listens_to_this_machine_only() {
    let monde = Monde::new();
    let outside = std::net::TcpListener::bind("0.0.0.0:0").unwrap();
    outside.set_nonblocking(true).unwrap();
    let (sender, answer) = std::sync::mpsc::channel();
    let (platform, config) = (monde.platform.clone(), monde.config.clone());
    let (again, second) = (platform.clone(), config.clone());
    monde.spawn(async move {
        let outside = tokio::net::TcpListener::from_std(outside).unwrap();
        let refused = Portail::servir(platform, outside, config, std::future::pending()).await;
        let inside = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let office = Portail::servir_etude(again, inside, second, std::future::pending()).await;
        sender.send((refused, office)).unwrap();
    });
    let (refused, office) = answer.recv().unwrap();
    assert!(matches!(refused, Err(PortailError::HttpOuvert)));
    assert!(matches!(office, Err(PortailError::EtudeSansCertificat)));
}
