//! The recipient's road over real HTTP: invitation, choice, account, terms, act opened, downloaded, receipts.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test fails by panicking")]
use std::io::{Read as _, Write as _};

mod support;

use support::{Client, MOT, Monde, Personne, pdf};

fn ouvert(client: &mut Client, act: signification::Id) {
    let page = format!("/actes/{act}");
    let done = client.poster(&page, &format!("{page}/ouvrir"), &[]);
    assert_eq!(done.statut, 303, "{}", done.texte());
}

#[test]
fn a19_the_choice_says_paper_first_and_its_buttons_are_the_same() {
    let monde = Monde::new();
    let (consent, _, secret) = monde.invite("a@essai.test");
    let mut client = monde.client();
    let champs = [("reference", consent.to_string()), ("code", secret)];
    let champs: Vec<(&str, &str)> = champs.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let page = client.poster("/invitation", "/invitation", &champs);
    assert_eq!(page.statut, 200, "{}", page.texte());
    let text = page.texte();
    let paper = text.find("Vous pouvez refuser, l'acte sera remis sur papier").unwrap();
    let accept = text.find("J'accepte").unwrap();
    assert!(paper < accept);
    let button = |words: &str| {
        let at = text.find(words).unwrap();
        text[..at].rsplit_once("<button").unwrap().1.to_owned()
    };
    assert_eq!(button("Je refuse"), button("J'accepte"));
    // Refused: no account is needed for it, and the registry knows (row A12).
    let jeton = page.jeton("/invitation/refus").unwrap();
    let done = client.envoyer("/invitation/refus", &jeton, &champs);
    assert_eq!(done.statut, 200);
    assert!(done.texte().contains("Votre refus est enregistré"));
    assert!(monde.journal().contains("signification.consent.refused"), "{}", monde.journal());
    let again = client.poster("/invitation", "/invitation", &champs);
    assert_eq!(again.statut, 422);
}

#[test]
fn a10_a_whole_road_from_the_invitation_to_the_receipt() {
    let monde = Monde::new();
    let (consent, _, secret) = monde.invite("b@essai.test");
    let mut client = monde.client();
    let reference = consent.to_string();
    let invited = [("reference", reference.as_str()), ("code", secret.as_str())];
    let choice = client.poster("/invitation", "/invitation", &invited);
    let form = client.envoyer("/ouverture", &choice.jeton("/ouverture").unwrap(), &invited);
    assert_eq!(form.statut, 200, "{}", form.texte());
    let text = form.texte();
    assert!(text.contains("<svg"));
    let shown = text.split_once("Clé à recopier").unwrap().1.split_once("<code>").unwrap().1;
    let secret32 = shown.split_once("</code>").unwrap().0.replace(' ', "");
    let graine: [u8; 20] = base32(&secret32).try_into().unwrap();
    let jeton = form.jeton("/ouverture").unwrap();
    let typed = |code: &str, mot: &str, bis: &str, client: &mut Client| {
        let nom = "Isaline.Q";
        let mut all = invited.to_vec();
        all.extend([("etape", "compte"), ("nom", nom), ("mot", mot), ("mot_bis", bis), ("code_telephone", code)]);
        client.envoyer("/ouverture", &jeton, &all)
    };
    let code = monde.code(&graine);
    for (code, mot, bis, champ) in [
        ("000000", MOT, MOT, "code_telephone"),
        (code.as_str(), "court", "court", "mot"),
        (code.as_str(), MOT, "autre", "mot_bis"),
    ] {
        let refused = typed(code, mot, bis, &mut client);
        assert_eq!(refused.statut, 422, "{champ}");
        assert!(refused.texte().contains(&format!("href=\"#{champ}\"")), "{champ}: {}", refused.texte());
        assert!(!refused.texte().contains(MOT));
    }
    let done = typed(&code, MOT, MOT, &mut client);
    assert_eq!((done.statut, done.entete("location")), (303, Some("/connexion?ok=ouvert")), "{}", done.texte());

    let personne = Personne { consent, compte: consent, nom: "isaline.q".into(), graine };
    let mut client = monde.connecte(&personne);
    for chemin in ["/actes", "/consultations", "/securite", "/consentement", "/donnees"] {
        assert_eq!(client.get(chemin).entete("location"), Some("/conditions"), "{chemin}");
    }
    let sha256 = client.get("/conditions").valeur("sha256");
    let odd = client.poster("/conditions", "/conditions", &[("choix", "peut-être"), ("sha256", &sha256)]);
    assert_eq!(odd.statut, 400);
    let done = client.poster("/conditions", "/conditions", &[("choix", "accepter"), ("sha256", &sha256)]);
    assert_eq!(done.entete("location"), Some("/secours"), "{}", done.texte());
    let codes = client.poster("/secours", "/secours", &[]);
    assert_eq!(codes.texte().matches("<li><code>").count(), 10, "{}", codes.texte());
    assert!(client.get("/actes").texte().contains("Vous n'avez aucun acte"));

    ouvrir_et_telecharger(&monde, &mut client, consent);
}

/// An act that came: listed, looked at, opened, downloaded whole, its receipts and the export taken.
fn ouvrir_et_telecharger(monde: &Monde, client: &mut Client, consent: signification::Id) {
    let act = monde.acte(consent, "assignation", 300_000);
    let list = client.get("/actes").texte();
    assert!(list.contains("À ouvrir") && list.contains("Assignation"), "{list}");
    let page = client.get(&format!("/actes/{act}")).texte();
    assert!(page.contains("Ouvrir l'acte") && !page.contains("Télécharger l'acte"));
    assert!(
        !monde.journal().contains("signification.act.consulted"),
        "a page looked at is not an act opened (row D03)"
    );
    ouvert(client, act);
    assert!(monde.journal().contains("signification.act.consulted"));
    let page = client.get(&format!("/actes/{act}"));
    let jeton = page.jeton(&format!("/actes/{act}/telecharger")).unwrap();
    let file = client.envoyer(&format!("/actes/{act}/telecharger"), &jeton, &[]);
    assert_eq!((file.statut, file.entete("content-type")), (200, Some("application/pdf")));
    assert_eq!(file.entete("content-disposition").unwrap(), format!("attachment; filename=\"acte-{act}.pdf\""));
    assert!(file.corps == pdf(300_000), "the act as deposited, octet for octet (row D07)");
    let receipts = attendre(client, &format!("/actes/{act}/recepisses"));
    let last = receipts.rsplit_once("/recepisses/").unwrap().1.split_once(".zip").unwrap().0.to_owned();
    let zip = client.get(&format!("/recepisses/{last}.zip"));
    assert_eq!((zip.statut, zip.entete("content-type")), (200, Some("application/zip")));
    assert!(zip.corps.starts_with(b"PK"));
    let avis = client.get(&format!("/recepisses/{last}.pdf"));
    assert_eq!((avis.statut, avis.entete("content-type")), (200, Some("application/pdf")));
    assert_eq!(avis.entete("content-disposition").unwrap(), format!("attachment; filename=\"avis-{last}.pdf\""));
    assert!(receipts.contains("Télécharger l'avis (PDF)") && receipts.contains(&format!("/recepisses/{last}.pdf")));
    same_record(&zip.corps, &avis.corps);
    for odd in ["", ".zip", ".pdf", ".json", ".pdf.zip"] {
        assert_eq!(client.get(&format!("/recepisses/x{odd}")).statut, 404, "{odd}");
    }
    assert_eq!(client.get(&format!("/recepisses/{last}.json")).statut, 404);
    let export: serde_json::Value = serde_json::from_slice(&client.get("/donnees/export.json").corps).unwrap();
    assert_eq!(export["actes"][0]["id"], act.to_string());
    assert!(!export.to_string().contains("AGE-SECRET"));
}

/// The document, alone and in the zip, is made of the record of that zip (row D06).
fn same_record(zip: &[u8], avis: &[u8]) {
    let mut files = zip::ZipArchive::new(std::io::Cursor::new(zip)).unwrap();
    let mut file = |name: &str| {
        let mut octets = Vec::new();
        files.by_name(name).unwrap().read_to_end(&mut octets).unwrap();
        octets
    };
    let digest = dossier::Sha256Digest::of(&file("preuve.json")).to_hex();
    assert!(String::from_utf8_lossy(avis).contains(&digest));
    assert_eq!(file("avis.pdf"), avis);
}

/// The page once the journal tells the whole handing over: the receipt comes after the connection ended.
fn attendre(client: &mut Client, chemin: &str) -> String {
    for _ in 0..200 {
        let text = client.get(chemin).texte();
        if text.contains("Avis de réception") {
            return text;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("no receipt: {}", client.get(chemin).texte())
}

#[test]
fn d05_a_download_cut_half_way_is_no_receipt_and_one_begun_again_is_one() {
    let monde = Monde::new();
    let personne = monde.personne("coupe", true);
    let octets = 40_000_000;
    let act = monde.acte(personne.consent, "assignation", octets);
    let mut client = monde.connecte(&personne);
    ouvert(&mut client, act);
    let page = format!("/actes/{act}");
    let jeton = client.get(&page).jeton(&format!("{page}/telecharger")).unwrap();
    let body = support::client::encode(&[("jeton", &jeton)]);
    let cookies: Vec<String> = client.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
    let request = format!(
        "POST {page}/telecharger HTTP/1.1\r\nHost: {0}\r\nOrigin: http://{0}\r\nContent-Type: {1}\r\nCookie: {2}\r\n\
         Content-Length: {3}\r\n\r\n{body}",
        monde.adresse,
        support::client::FORM,
        cookies.join("; "),
        body.len()
    );
    let mut stream = client.ouvrir();
    stream.write_all(request.as_bytes()).unwrap();
    let mut half = vec![0; octets / 2];
    stream.read_exact(&mut half).unwrap();
    drop(stream);
    for _ in 0..200 {
        if monde.journal().contains("signification.act.handover_interrupted") {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let journal = monde.journal();
    assert!(journal.contains("signification.act.handover_interrupted"), "no interruption told");
    assert!(!journal.contains("signification.act.downloaded"));
    let whole = client.envoyer(&format!("{page}/telecharger"), &jeton, &[]);
    assert_eq!(whole.corps.len(), pdf(octets).len());
    attendre(&mut client, &format!("{page}/recepisses"));
    assert_eq!(monde.journal().matches("\"signification.act.downloaded\"").count(), 1);
}

#[test]
fn b10_a_problem_is_told_from_the_act_and_b06_one_click_suspends() {
    let monde = Monde::new();
    let personne = monde.personne("souci", true);
    let act = monde.acte(personne.consent, "conge", 100);
    let mut client = monde.connecte(&personne);
    let page = format!("/actes/{act}/probleme");
    let empty = client.poster(&page, &page, &[("nature", "autre"), ("texte", " ")]);
    assert_eq!(empty.statut, 422);
    let done = client.poster(&page, &page, &[("nature", "illisible"), ("texte", "La page 3 est <b>blanche</b>.")]);
    assert_eq!(done.statut, 303, "{}", done.texte());
    assert!(monde.journal().contains("signification.incident.opened"));
    assert!(!monde.journal().contains("blanche"));

    let mut other = monde.connecte(&personne);
    assert_eq!(other.get("/actes").statut, 200);
    let done = client.poster("/securite", "/securite/signaler", &[("genre", "compromission")]);
    assert_eq!(done.statut, 200, "{}", done.texte());
    for dead in [&mut client, &mut other] {
        assert_eq!(dead.get("/actes").entete("location"), Some("/connexion"));
    }
    assert_eq!(monde.connecter(&mut monde.client(), &personne).statut, 403);
}

#[test]
fn a16_a_consent_is_revoked_and_f03_a_termination_asked_for() {
    let monde = Monde::new();
    let personne = monde.personne("depart", true);
    let mut client = monde.connecte(&personne);
    let bare = client.poster("/consentement", "/consentement/retirer", &[]);
    assert_eq!(bare.statut, 400);
    let done = client.poster("/consentement", "/consentement/quitter", &[("confirme", "oui")]);
    assert_eq!(done.entete("location"), Some("/consentement?ok=quitte"), "{}", done.texte());
    let done = client.poster("/consentement", "/consentement/retirer", &[("confirme", "oui")]);
    assert_eq!(done.entete("location"), Some("/consentement?ok=retire"), "{}", done.texte());
    let page = client.get("/consentement?ok=retire").texte();
    assert!(page.contains("Vous avez retiré votre accord"), "{page}");
    assert!(!page.contains("action=\"/consentement/retirer\""));
}

#[test]
fn i01_an_announced_interruption_shows_before_it_starts_and_i02_support_hours_are_said() {
    let monde = Monde::new();
    let mut client = monde.client();
    assert!(!client.get("/connexion").texte().contains("Interruption du service"));
    let (from, to) = ("2026-12-02T02:00:00Z".parse().unwrap(), "2026-12-02T03:00:00Z".parse().unwrap());
    let operator = signification::consent::Actor::platform();
    let cause = signification::comptes::interruption::Cause::Maintenance;
    monde.platform.annoncer_interruption(&operator, cause, (from, to)).unwrap();
    let page = client.get("/connexion").texte();
    assert!(page.contains("Prévue du 2 décembre 2026 à 3 h 00"), "{page}");
    assert!(page.contains("L'assistance répond"));
    // A Saturday.
    monde.clock.advance(4 * 24 * 3600);
    assert!(client.get("/").texte().contains("L'assistance est fermée"));
}

#[test]
fn a18_the_recipient_sees_who_asked_about_him() {
    let monde = Monde::new();
    let personne = monde.personne("curieux", true);
    let mut client = monde.connecte(&personne);
    assert!(client.get("/consultations").texte().contains("Personne ne vous a cherché"));
    let input = signification::person::PersonInput {
        kind: "physique".into(),
        nom: "Quatremere".into(),
        prenoms: "Isaline".into(),
        date_naissance: "1971-07-14".into(),
        lieu_naissance: "Besancon".into(),
        domicile: "12 rue des Martelots".into(),
        ..signification::person::PersonInput::default()
    };
    monde.platform.consulter_registre(&support::officier(), "2026-<7>", &input).unwrap();
    let page = client.get("/consultations").texte();
    assert!(page.contains("officier-1") && page.contains("2026-&lt;7&gt;"), "{page}");
}

/// RFC 4648, base 32.
fn base32(text: &str) -> Vec<u8> {
    let (mut out, mut held, mut bits) = (Vec::new(), 0_u32, 0_u32);
    for c in text.bytes() {
        let value = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".iter().position(|b| *b == c).unwrap();
        held = (held << 5) | u32::try_from(value).unwrap();
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            out.push(u8::try_from((held >> bits) & 0xff).unwrap());
        }
    }
    out
}
