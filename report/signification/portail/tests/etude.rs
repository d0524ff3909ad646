//! The office's side, over TLS: whose certificate enters, deposit in a stream, follow-up, reports; and cookies of a secure portal.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test fails by panicking")]
use dossier::{Instant, Sha256Digest};
use signification::acte::Refusal;
use signification::signature_acte::{Constat, ControleSignature};
use signification_portail::{Limites, Portail, PortailError};
use std::io::Read as _;

mod support;

use support::etude::{Autorite, MULTI, ouvrir, ouvrir_pour, parties};
use support::{Monde, larges, pdf};

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
    let cookie = etude.pret();
    let form = etude.lire(Some(&etude.bon), "/etude/depot", &cookie).unwrap();
    let jeton = form.jeton("/etude/depot").unwrap();
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
    assert!(page.contains("/envoyer"), "served from its own page, confirmed");
    let list = etude.get(Some(&etude.bon), "/etude").unwrap().texte();
    assert!(list.contains("2026-0300") && list.contains("Déposé, pas encore signifié"), "{list}");
    // Not sent: for its recipient it does not exist.
    let id = place.split_once("/actes/").unwrap().1.split_once('?').unwrap().0.to_owned();
    assert_eq!(etude.monde.connecte(&personne).get(&format!("/actes/{id}")).statut, 404);
}

/// Takes for signed what says so: here the gate and its words are the matter, signatures are judged elsewhere.
struct Juge;

impl ControleSignature for Juge {
    fn juger(&self, pdf: &[u8], le: Instant) -> Constat {
        let signed = pdf.windows(7).any(|word| word == b"xyzabcd");
        let motifs = if signed { Vec::new() } else { vec![Refusal::CertificatExpire, Refusal::SignatureNonQualifiee] };
        Constat {
            signatures: 1,
            motifs,
            signataire: Some("CN=Dominique <Essai>,C=FR".into()),
            niveau: Some("B-LT".into()),
            qualifiee: Some(signed),
            prouvee_le: Some(le),
            pdf_a: Some("PDF/A-3b".into()),
            ..Constat::default()
        }
    }
}

#[test]
fn c04_a_deposit_is_refused_in_words_or_its_signature_is_told_on_the_page() {
    let etude = ouvrir_pour(Monde::exigeant(larges(), &Juge), false, None);
    let consent = etude.monde.personne("servi", true).consent.to_string();
    let cookie = etude.pret();
    let form = etude.lire(Some(&etude.bon), "/etude/depot", &cookie).unwrap();
    assert!(form.texte().contains("Une signature électronique qualifiée"), "{}", form.texte());
    let jeton = form.jeton("/etude/depot").unwrap();
    let fields = [
        ("jeton", jeton.as_str()),
        ("consentement", consent.as_str()),
        ("dossier", "2026-0300"),
        ("nature", "assignation"),
        ("requerant", "Banque Requérante"),
    ];
    let refused = etude.post("/etude/depot", &cookie, MULTI, &parties(&fields, Some(&pdf(10))));
    assert_eq!(refused.statut, 422, "{}", refused.texte());
    let words = refused.texte();
    assert!(
        words.contains("Rien ne prouve que le certificat du signataire") && words.contains("Rien n'est déposé"),
        "{words}"
    );
    assert!(
        words.contains("CERTIFICAT_EXPIRE, SIGNATURE_NON_QUALIFIEE") && words.contains("Banque Requérante"),
        "{words}"
    );
    assert!(etude.monde.journal().contains("CERTIFICAT_EXPIRE") && !etude.monde.journal().contains("act.drafted"));
    let done = etude.post("/etude/depot", &cookie, MULTI, &parties(&fields, Some(&pdf(100))));
    assert_eq!(done.statut, 303, "{}", done.texte());
    let page = etude.get(Some(&etude.bon), done.entete("location").unwrap()).unwrap().texte();
    for told in [
        "Signature électronique qualifiée de l'officier, valable à l'heure du dépôt (exigée).",
        "CN=Dominique &lt;Essai&gt;,C=FR, niveau PAdES B-LT",
        "(horodatage)",
        "PDF/A-3b, selon le fichier",
        "Brouillon",
        "Signé",
        "Scellé, au coffre",
    ] {
        assert!(page.contains(told), "{told}: {page}");
    }
    assert!(!etude.monde.journal().contains("Dominique"), "the journal names nobody");
}

#[test]
fn a_deposit_too_big_is_cut_off() {
    let etude = ouvrir(Limites { depot: 100_000, ..larges() });
    let cookie = etude.pret();
    let jeton = etude.lire(Some(&etude.bon), "/etude/depot", &cookie).unwrap().jeton("/etude/depot").unwrap();
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

#[test]
fn d08_the_office_takes_the_whole_dossier_of_an_act() {
    let etude = ouvrir(larges());
    let (consent, ..) = {
        let personne = etude.monde.personne("dossier", true);
        (personne.consent, personne)
    };
    let act = etude.monde.acte(consent, "assignation", 200_000);
    let page = etude.get(Some(&etude.bon), &format!("/etude/actes/{act}")).unwrap();
    assert!(page.texte().contains(&format!("/etude/actes/{act}/dossier")), "{}", page.texte());
    let zip = etude.get(Some(&etude.bon), &format!("/etude/actes/{act}/dossier")).unwrap();
    assert_eq!((zip.statut, zip.entete("content-type")), (200, Some("application/zip")), "{}", zip.texte());
    let mut files = zip::ZipArchive::new(std::io::Cursor::new(zip.corps)).unwrap();
    let mut kept = Vec::new();
    files.by_name(&format!("acte/acte-{act}.pdf")).unwrap().read_to_end(&mut kept).unwrap();
    assert!(kept == pdf(200_000), "by the office's own key");
    assert!(files.by_name("journal/extrait-consentement.json").is_err(), "the person's own lines are not the office's");
    assert!(etude.monde.journal().contains("signification.preuve.dossier"));
    let none = etude.get(Some(&etude.bon), &format!("/etude/actes/{consent}/dossier")).unwrap();
    assert_eq!(none.statut, 404, "{}", none.texte());
    assert!(etude.get(None, &format!("/etude/actes/{act}/dossier")).is_none(), "no certificate");
}
