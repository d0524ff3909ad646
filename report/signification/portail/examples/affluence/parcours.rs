//! Why: what a recipient does, over HTTP: comes in with a password and a telephone, opens his acts, takes them and their receipts.
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use dossier::{Clock, Sha256Digest};
use ring::hmac;
use signification::Id;
use signification::comptes::connexion::Origine;
use signification::comptes::totp;
use signification::platform::Platform;
use signification::platform::comptes::OuvertureCompte;

use crate::mesure::Mesures;
use crate::navigateur::Client;
use crate::{Banc, officier};

const MOT: &str = "sept hiboux violets sous la pluie";

/// A recipient.
#[derive(Clone)]
pub(crate) struct Personne {
    pub(crate) consent: Id,
    nom: String,
    graine: [u8; 20],
    depuis: IpAddr,
    /// The step of the last code that served.
    servi: Arc<AtomicU64>,
}

fn code(graine: &[u8; 20], clock: &dyn Clock) -> String {
    format!("{:06}", totp::code(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, graine, totp::pas(clock.now()), 6))
}

/// Somebody who was invited by e-mail and opened an account.
pub(crate) fn ouvrir(banc: &Banc, number: usize) -> Personne {
    let platform: &Platform<'_> = &banc.platform;
    let courriel = format!("personne{number}@essai.test");
    let declaration = crate::decor::declaration(&banc.folder, &courriel, number);
    let consent = platform.proposer(&officier(), "2026-0142", "téléphone").unwrap().consent;
    platform.declarer(&officier(), consent, &declaration).unwrap();
    platform.inviter_avec_compte(&officier(), consent, None).unwrap();
    let secret = banc.courrier.secret(&courriel);
    let graine = *platform.nouveau_telephone().unwrap();
    // A network of his own: the platform takes the addresses of a /24 for one source.
    let [.., high, low] = u32::try_from(number).unwrap().to_be_bytes();
    let depuis = IpAddr::V4(Ipv4Addr::new(127, high + 1, low, 1));
    let nom = format!("personne{number}");
    let opening = OuvertureCompte {
        reference: consent,
        secret: &secret,
        nom: &nom,
        mot: MOT,
        telephone: Some((&graine, &code(&graine, banc.clock))),
        origine: Origine { source: platform.source_de(depuis), appareil: None },
    };
    banc.mesures.prendre("ouverture de compte", || platform.ouvrir_compte(&opening)).unwrap();
    Personne { consent, nom, graine, depuis, servi: Arc::new(AtomicU64::new(totp::pas(banc.clock.now()))) }
}

/// Logs in; a code serves once, hence the wait for another.
pub(crate) async fn connecter(
    personne: &Personne,
    (adresse, clock): (SocketAddr, &'static dyn Clock),
    mesures: &Arc<Mesures>,
) -> Client {
    let mut client = Client::new(adresse, personne.depuis, mesures.clone());
    while totp::pas(clock.now()) <= personne.servi.load(Ordering::Relaxed) + 1 {
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    loop {
        let page = client.get("page de connexion", "/connexion").await;
        let jeton = page.jeton("/connexion").expect("the form");
        let code = code(&personne.graine, clock);
        let champs = [("nom", personne.nom.as_str()), ("mot", MOT), ("code", &code)];
        let done = client.poster("connexion", "/connexion", &jeton, &champs).await;
        if done.statut == 303 {
            personne.servi.store(totp::pas(clock.now()), Ordering::Relaxed);
            return client;
        }
        assert_eq!(done.statut, 403, "{}", done.texte());
        mesures.compter("connexion : code déjà servi".to_owned());
        tokio::time::sleep(Duration::from_secs(30)).await;
    }
}

pub(crate) async fn accepter(client: &mut Client) {
    let page = client.get("conditions", "/conditions").await;
    let (jeton, sha256) = (page.jeton("/conditions").expect("the form"), page.valeur("sha256").expect("the digest"));
    let champs = [("choix", "accepter"), ("sha256", sha256.as_str())];
    let done = client.poster("accord", "/conditions", &jeton, &champs).await;
    assert_eq!(done.statut, 303, "{}", done.texte());
}

/// One act: its page, its opening, the whole of it, its receipts. The digest is that of what was deposited.
pub(crate) async fn lire(client: &mut Client, act: Id, content: Sha256Digest, mesures: &Mesures) {
    let chemin = format!("/actes/{act}");
    let ouvrir = format!("{chemin}/ouvrir");
    let page = client.get("page d'un acte", &chemin).await;
    let jeton = page.jeton(&ouvrir).unwrap_or_else(|| panic!("{} {}", page.statut, page.texte()));
    let opened = client.poster("ouverture d'un acte", &ouvrir, &jeton, &[]).await;
    assert_eq!(opened.statut, 303, "{}", opened.texte());
    let page = client.get("page d'un acte", &format!("{chemin}?ok=ouvert")).await;
    let telecharger = format!("{chemin}/telecharger");
    let jeton = page.jeton(&telecharger).unwrap_or_else(|| panic!("{} {}", page.statut, page.texte()));
    let file = client.poster("téléchargement", &telecharger, &jeton, &[]).await;
    assert_eq!(file.statut, 200, "{}", file.texte());
    assert_eq!(Sha256Digest::of(&file.corps), content, "the act as deposited");
    let ended = Instant::now();
    let text = loop {
        let page = client.get("page des récépissés", &format!("{chemin}/recepisses")).await;
        let text = page.texte();
        if text.contains("Avis de réception") {
            break text;
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    };
    mesures.noter("récépissé, depuis le dernier octet", ended.elapsed());
    let (_, last) = text.rsplit_once("/recepisses/").expect("a receipt");
    let (last, _) = last.split_once(".zip").expect("a receipt");
    let zip = client.get("récépissé (zip)", &format!("/recepisses/{last}.zip")).await;
    assert!(zip.statut == 200 && zip.corps.starts_with(b"PK"), "{}", zip.texte());
}
