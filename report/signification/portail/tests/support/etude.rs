//! The office's side for the tests: an authority, certificates, a key, and requests over TLS.
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
use signification_portail::{AccesEtude, ConfigPortail, Limites, Portail, Tls};

use super::Monde;
use super::cle::{Cle, Fabricant, options};
use super::client::{FORM, Reponse, encode, lire};

/// An authority, the server's certificate and those it gave.
pub struct Autorite {
    pub issuer: CertifiedIssuer<'static, KeyPair>,
    pub folder: PathBuf,
}

/// A certificate and its key.
pub type Paire = (Vec<u8>, Vec<u8>);

impl Autorite {
    pub fn new(folder: &Path, name: &str) -> Self {
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

    pub fn server(&self) -> Tls {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let cert = params.signed_by(&key, &self.issuer).unwrap();
        let (certificat, cle) = (self.folder.join("serveur.pem"), self.folder.join("serveur.cle"));
        std::fs::write(&certificat, cert.pem()).unwrap();
        std::fs::write(&cle, key.serialize_pem()).unwrap();
        Tls { certificat, cle }
    }

    pub fn client(&self, serial: u64) -> Paire {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.serial_number = Some(SerialNumber::from(serial));
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let cert = params.signed_by(&key, &self.issuer).unwrap();
        (cert.der().to_vec(), key.serialize_der())
    }

    pub fn revoked(&self, serial: u64) -> PathBuf {
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

fn client_tls(ca: &Autorite, paire: Option<&Paire>) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(ca.issuer.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let builder = builder.with_root_certificates(roots);
    match paire {
        None => builder.with_no_client_auth(),
        Some((cert, key)) => {
            let key = PrivateKeyDer::try_from(key.clone()).unwrap();
            builder.with_client_auth_cert(vec![CertificateDer::from(cert.clone())], key).unwrap()
        }
    }
}

/// Carries a browser's plain connections to the office's side with this certificate: a browser has no way to be given one here.
pub async fn relayer(relais: tokio::net::TcpListener, adresse: SocketAddr, tls: Arc<ClientConfig>) {
    loop {
        let (mut browser, _) = relais.accept().await.unwrap();
        let (connector, name) = (tokio_rustls::TlsConnector::from(tls.clone()), ServerName::try_from("localhost"));
        tokio::spawn(async move {
            let tcp = tokio::net::TcpStream::connect(adresse).await.unwrap();
            if let Ok(mut office) = connector.connect(name.unwrap(), tcp).await {
                let _ = tokio::io::copy_bidirectional(&mut browser, &mut office).await;
            }
        });
    }
}

/// One request over TLS; none when the handshake or the server refuses.
pub fn demander(adresse: SocketAddr, ca: &Autorite, paire: Option<&Paire>, request: &[u8]) -> Option<Reponse> {
    let name = ServerName::try_from("localhost").unwrap();
    let connection = ClientConnection::new(Arc::new(client_tls(ca, paire)), name).unwrap();
    let tcp = TcpStream::connect(adresse).unwrap();
    tcp.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut stream = StreamOwned::new(connection, tcp);
    stream.write_all(request).ok()?;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    Some(lire(&answer)).filter(|answer| answer.statut != 0)
}

pub struct Etude {
    pub monde: Monde,
    pub ca: Autorite,
    pub bon: Paire,
    /// Another officer's certificate.
    pub second: Paire,
    pub adresse: SocketAddr,
    pub origine: String,
    pub fabricant: Fabricant,
}

pub fn ouvrir(limites: Limites) -> Etude {
    ouvrir_avec(limites, false)
}

/// With `attestee`, keys must be of our maker.
pub fn ouvrir_avec(limites: Limites, attestee: bool) -> Etude {
    ouvrir_a(limites, attestee, None)
}

/// Under this name, when a relay carries it.
pub fn ouvrir_a(limites: Limites, attestee: bool, origine: Option<String>) -> Etude {
    ouvrir_pour(Monde::avec(limites), attestee, origine)
}

/// Of this platform.
pub fn ouvrir_pour(monde: Monde, attestee: bool, origine: Option<String>) -> Etude {
    let ca = Autorite::new(monde.folder.path(), "etude");
    let (bon, revoque, second) = (ca.client(7), ca.client(8), ca.client(10));
    let fabricant = Fabricant::new("fabricant");
    let root = ca.folder.join("fabricant.pem");
    std::fs::write(&root, &fabricant.autorite).unwrap();
    let etude = AccesEtude {
        autorite: ca.folder.join("ca.pem"),
        revocations: vec![ca.revoked(8)],
        officiers: vec![
            (Sha256Digest::of(&bon.0), "officier-1".to_owned()),
            (Sha256Digest::of(&revoque.0), "officier-2".to_owned()),
            (Sha256Digest::of(&second.0), "officier-3".to_owned()),
        ],
        fabricants: attestee.then_some(root).into_iter().collect(),
    };
    let listener = monde.bind();
    let adresse = listener.local_addr().unwrap();
    let origine = origine.unwrap_or_else(|| format!("https://localhost:{}", adresse.port()));
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
    let made = Etude { monde, ca, bon, second, adresse, origine, fabricant };
    // Same serial as the revoked one; and one that no officer has; and one of another authority.
    assert!(made.get(Some(&revoque), "/etude").is_none());
    assert!(made.get(Some(&refused), "/etude").is_none());
    made
}

impl Etude {
    /// The connection of the officer's own machine.
    pub fn tls(&self) -> Arc<ClientConfig> {
        Arc::new(client_tls(&self.ca, Some(&self.bon)))
    }

    fn hote(&self) -> &str {
        self.origine.split_once("://").unwrap().1
    }

    pub fn get(&self, paire: Option<&Paire>, chemin: &str) -> Option<Reponse> {
        self.lire(paire, chemin, "")
    }

    pub fn lire(&self, paire: Option<&Paire>, chemin: &str, cookie: &str) -> Option<Reponse> {
        let cookie = if cookie.is_empty() { String::new() } else { format!("Cookie: {cookie}\r\n") };
        let request = format!("GET {chemin} HTTP/1.1\r\nHost: {}\r\n{cookie}Connection: close\r\n\r\n", self.hote());
        demander(self.adresse, &self.ca, paire, request.as_bytes())
    }

    pub fn post(&self, chemin: &str, cookie: &str, kind: &str, body: &[u8]) -> Reponse {
        self.post_par(&self.bon, chemin, cookie, (kind, body))
    }

    pub fn post_par(&self, paire: &Paire, chemin: &str, cookie: &str, (kind, body): (&str, &[u8])) -> Reponse {
        let head = format!(
            "POST {chemin} HTTP/1.1\r\nHost: {}\r\nOrigin: {}\r\nCookie: {cookie}\r\nContent-Type: {kind}\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n",
            self.hote(),
            self.origine,
            body.len()
        );
        demander(self.adresse, &self.ca, Some(paire), &[head.as_bytes(), body].concat()).unwrap()
    }

    /// The form's page without a session: its cookie and its token.
    pub fn formulaire(&self, chemin: &str, action: &str) -> (String, String) {
        let page = self.get(Some(&self.bon), chemin).unwrap();
        (biscuit(&page), page.jeton(action).unwrap_or_else(|| panic!("no {action}: {}", page.texte())))
    }

    /// Posts a form of a page in this session.
    pub fn poster(&self, cookie: &str, depuis: &str, action: &str, fields: &[(&str, &str)]) -> Reponse {
        let page = self.lire(Some(&self.bon), depuis, cookie).unwrap();
        let jeton = page.jeton(action).unwrap_or_else(|| panic!("no {action}: {}", page.texte()));
        let mut all = vec![("jeton", jeton.as_str())];
        all.extend_from_slice(fields);
        self.post(action, cookie, FORM, encode(&all).as_bytes())
    }

    /// Answers the challenge of the page of keys.
    pub fn repondre(
        &self,
        (paire, cookie): (&Paire, &str),
        action: &str,
        fields: &[(&str, &str)],
        answer: impl FnOnce(&serde_json::Value) -> String,
    ) -> (Reponse, String) {
        let page = self.lire(Some(paire), "/etude/cle", cookie).unwrap();
        let cookie = if page.entete("set-cookie").is_some() { biscuit(&page) } else { cookie.to_owned() };
        let jeton = page.jeton(action).unwrap_or_else(|| panic!("no {action}: {}", page.texte()));
        let (defi, answer) = (page.valeur("defi"), answer(&options(&page)));
        let mut all = vec![("jeton", jeton.as_str()), ("defi", &defi), ("cle", &answer)];
        all.extend_from_slice(fields);
        (self.post_par(paire, action, &cookie, (FORM, encode(&all).as_bytes())), cookie)
    }

    /// Enrols a first key for the officer of this certificate.
    pub fn inscrire(&self, paire: &Paire) -> Cle {
        let mut key = Cle::new(&self.origine);
        let maker = Some(&self.fabricant);
        let named = [("nom_cle", "clé du bureau")];
        let (done, _) = self.repondre((paire, ""), "/etude/cle/inscrire", &named, |o| key.inscrire(o, maker));
        assert_eq!(done.entete("location"), Some("/etude/cle?ok=inscrite"), "{}", done.texte());
        key
    }

    /// Shows it: the cookie of a session that signs.
    pub fn presenter(&self, paire: &Paire, key: &mut Cle) -> String {
        let suite = [("suite", "/etude/depot")];
        let (done, _) = self.repondre((paire, ""), "/etude/cle", &suite, |o| key.presenter(o));
        assert_eq!(done.entete("location"), Some("/etude/depot"), "{}", done.texte());
        biscuit(&done)
    }

    /// An officer with his key, ready to sign.
    pub fn pret(&self) -> String {
        let mut key = self.inscrire(&self.bon);
        self.presenter(&self.bon, &mut key)
    }
}

/// The cookie that an answer sets.
pub fn biscuit(page: &Reponse) -> String {
    page.entete("set-cookie").unwrap().split_once(';').unwrap().0.to_owned()
}

pub fn parties(fields: &[(&str, &str)], file: Option<&[u8]>) -> Vec<u8> {
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

pub const MULTI: &str = "multipart/form-data; boundary=lim";
