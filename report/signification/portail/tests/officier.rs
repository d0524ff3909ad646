//! The officer's key beside his certificate (row B04), sending from the office's pages, and the suspension of accounts (row B08).
#![allow(clippy::unwrap_used, missing_docs, reason = "a test fails by panicking")]
mod support;

use signification::comptes::facteurs::Politique;
use support::cle::{Cle, Fabricant};
use support::client::{FORM, encode};
use support::etude::{Etude, MULTI, biscuit, ouvrir, ouvrir_avec, ouvrir_pour, parties};
use support::{Monde, larges, pdf};

fn depose(etude: &Etude, nom: &str) -> (support::Personne, String) {
    let personne = etude.monde.personne(nom, true);
    let act = etude.monde.depose(personne.consent, "assignation", 2000);
    (personne, act.to_string())
}

#[test]
fn b04_without_the_assertion_of_his_key_an_officer_reaches_neither_sceller_nor_signifier_nor_suspendre() {
    let etude = ouvrir(larges());
    let (personne, act) = depose(&etude, "isaline");
    let (send, suspend) =
        (format!("/etude/actes/{act}/envoyer"), format!("/etude/comptes/{}/suspendre", personne.compte));
    // The pages lead to the key; the forms are refused, with a good token too, and it is told.
    for page in [send.as_str(), "/etude/depot"] {
        let led = etude.get(Some(&etude.bon), page).unwrap();
        assert_eq!((led.statut, led.entete("location")), (303, Some(&*format!("/etude/cle?suite={page}"))));
    }
    let about = format!("/etude/comptes/{}", personne.compte);
    let (cookie, jeton) = etude.formulaire(&about, &suspend);
    let fields = [("jeton", jeton.as_str()), ("cause", "averee"), ("revue", "2026-12-10")];
    let refused = etude.post(&suspend, &cookie, FORM, encode(&fields).as_bytes());
    assert!(refused.statut == 403 && refused.texte().contains("Clé d'accès exigée"), "{}", refused.texte());
    let consent = personne.consent.to_string();
    let deposit = [("jeton", "x"), ("consentement", &consent)];
    assert_eq!(etude.post("/etude/depot", &cookie, MULTI, &parties(&deposit, Some(&pdf(10)))).statut, 403);
    // The key enrolled but not shown in this session: no more.
    let mut key = etude.inscrire(&etude.bon);
    assert_eq!(etude.get(Some(&etude.bon), &send).unwrap().statut, 303);
    let refused = etude.post(&suspend, &cookie, FORM, encode(&fields).as_bytes());
    assert_eq!(refused.statut, 403);
    assert!(etude.monde.journal().contains("clé d'accès de l'officier exigée"));
    assert!(!etude.monde.journal().contains("\"signification.account.suspended\""));
    // Shown: each opens.
    let strong = etude.presenter(&etude.bon, &mut key);
    for page in [send.as_str(), "/etude/depot"] {
        assert_eq!(etude.lire(Some(&etude.bon), page, &strong).unwrap().statut, 200, "{page}");
    }
    // The session is that of this certificate: with another officer's, or on the recipients' side, it is worth nothing.
    assert_eq!(etude.lire(Some(&etude.second), &send, &strong).unwrap().statut, 303);
    // Stale: idle for longer than a session lasts.
    etude.monde.clock.advance(1801);
    assert_eq!(etude.lire(Some(&etude.bon), &send, &strong).unwrap().statut, 303);
    let refused = etude.post(&send, &strong, FORM, encode(&[("jeton", "x"), ("confirme", "oui")]).as_bytes());
    assert_eq!(refused.statut, 403);
}

#[test]
fn b04_a_key_that_is_not_his_or_verifies_nobody_does_not_sign() {
    let etude = ouvrir(larges());
    let (mut first, mut other) = (etude.inscrire(&etude.bon), etude.inscrire(&etude.second));
    let try_ = |key: &mut Cle| etude.repondre((&etude.bon, ""), "/etude/cle", &[], |o| key.presenter(o)).0.statut;
    assert_eq!(try_(&mut other), 403, "another officer's");
    first.verifie = false;
    assert_eq!(try_(&mut first), 403, "present, not verified");
    first.verifie = true;
    first.origine = etude.monde.client().origine();
    assert_eq!(try_(&mut first), 403, "shown elsewhere");
    first.origine = etude.origine.clone();
    assert_eq!(try_(&mut first), 303);
    first.compteur -= 1;
    assert_eq!(try_(&mut first), 403, "the counter went back");
    assert!(etude.monde.journal().contains("compteur_recule"));
    // At the recipients' door it opens nothing, wherever it believes it is.
    let port = etude.monde.nomme();
    let mut client = support::Client { hote: format!("localhost:{}", port.port()), ..support::Client::new(port) };
    first.compteur += 10;
    first.origine = client.origine();
    let page = client.get("/connexion");
    let (defi, answer) = (page.valeur("defi"), first.presenter(&support::cle::options(&page)));
    let jeton = page.jeton("/connexion").unwrap();
    assert_eq!(client.envoyer("/connexion", &jeton, &[("defi", &defi), ("cle", &answer)]).statut, 403);
    // A second first key by the certificate alone: refused, the one that is there is asked for.
    let (cookie, _) = etude.formulaire("/etude/cle", "/etude/cle");
    let page = etude.lire(Some(&etude.bon), "/etude/cle", &cookie).unwrap();
    assert!(page.jeton("/etude/cle/inscrire").is_none());
}

#[test]
fn b04_the_model_is_attested_kept_and_told_and_another_maker_is_refused() {
    let etude = ouvrir_avec(larges(), true);
    // None, then another maker's: refused.
    let stranger = Fabricant::new("autre fabricant");
    for maker in [None, Some(&stranger)] {
        let mut key = Cle::new(&etude.origine);
        let fields = [("nom_cle", "clé")];
        let (refused, _) = etude.repondre((&etude.bon, ""), "/etude/cle/inscrire", &fields, |o| key.inscrire(o, maker));
        assert_eq!(refused.statut, 422, "{}", refused.texte());
    }
    let mut key = etude.inscrire(&etude.bon);
    let strong = etude.presenter(&etude.bon, &mut key);
    let page = etude.lire(Some(&etude.bon), "/etude/cle", &strong).unwrap().texte();
    assert!(page.contains("2fc0579f-8113-47ea-b116-bb5a8db9202a") && page.contains("clé du bureau"), "{page}");
    // The last one stays; with another one, the first goes, and every session with it.
    assert!(!page.contains("/retirer\""));
    let mut second = Cle::new(&etude.origine);
    let fields = [("nom_cle", "clé de réserve")];
    let (done, _) = etude.repondre((&etude.bon, &strong), "/etude/cle/inscrire", &fields, |o| {
        second.inscrire(o, Some(&etude.fabricant))
    });
    assert_eq!(done.entete("location"), Some("/etude/cle?ok=ajoutee"), "{}", done.texte());
    let page = etude.lire(Some(&etude.bon), "/etude/cle", &strong).unwrap().texte();
    let at = page.split_once("action=\"/etude/cle/").unwrap().1;
    let at = at.split_once('/').unwrap().0.to_owned();
    let fields = [("nom_cle", "clé du coffre")];
    let named = etude.poster(&strong, "/etude/cle", &format!("/etude/cle/{at}/renommer"), &fields);
    assert_eq!(named.entete("location"), Some("/etude/cle?ok=renommee"), "{}", named.texte());
    let page = etude.lire(Some(&etude.bon), "/etude/cle?ok=renommee", &strong).unwrap().texte();
    assert!(page.contains("clé du coffre") && page.contains("a son nouveau nom"), "{page}");
    let done = etude.poster(&strong, "/etude/cle", &format!("/etude/cle/{at}/retirer"), &[]);
    assert_eq!(done.statut, 303, "{}", done.texte());
    assert_eq!(etude.lire(Some(&etude.bon), "/etude/depot", &strong).unwrap().statut, 303);
    let (refused, _) = etude.repondre((&etude.bon, ""), "/etude/cle", &[], |o| key.presenter(o));
    assert_eq!(refused.statut, 403);
    etude.presenter(&etude.bon, &mut second);
    for fact in ["credential_added", "credential_revoked", "logged_in"] {
        assert!(etude.monde.journal().contains(&format!("signification.account.{fact}")), "{fact}");
    }
}

#[test]
fn b04_an_act_is_read_confirmed_and_served_from_its_page_in_the_name_of_the_officer() {
    let etude = ouvrir(larges());
    let (personne, act) = depose(&etude, "isaline");
    let cookie = etude.pret();
    let (page, send) = (format!("/etude/actes/{act}"), format!("/etude/actes/{act}/envoyer"));
    let shown = etude.lire(Some(&etude.bon), &send, &cookie).unwrap().texte();
    for word in ["Isaline Quatremere", "Assignation", "1er décembre 2026", "de 6 h à 21 h", "officier-1", "2026-0142"]
    {
        assert!(shown.contains(word), "{word}: {shown}");
    }
    assert_eq!(etude.poster(&cookie, &send, &send, &[]).statut, 422, "not confirmed");
    assert_eq!(etude.post(&send, &cookie, FORM, b"jeton=x&confirme=oui").statut, 403, "a forged form");
    assert!(!etude.monde.journal().contains("\"signification.act.sent\""));
    let jeton = etude.lire(Some(&etude.bon), &send, &cookie).unwrap().jeton(&send).unwrap();
    let body = encode(&[("jeton", &jeton), ("confirme", "oui")]);
    let done = etude.post(&send, &cookie, FORM, body.as_bytes());
    assert_eq!(done.entete("location"), Some(&*format!("{page}?signifie=oui")), "{}", done.texte());
    let again = etude.post(&send, &cookie, FORM, body.as_bytes());
    assert_eq!(again.statut, 409, "an act is served once");
    let after = etude.lire(Some(&etude.bon), &format!("{page}?signifie=oui"), &cookie).unwrap().texte();
    assert!(after.contains("L'acte est signifié") && !after.contains("/envoyer\""), "{after}");
    assert_eq!(etude.monde.connecte(&personne).get(&format!("/actes/{act}")).statut, 200);
    // The journal names the officer's account and the means of his session.
    let sent = etude.monde.journal().lines().find(|l| l.contains("\"signification.act.sent\"")).unwrap().to_owned();
    assert!(sent.contains("\"etude\"") && !sent.contains("officier-1"), "{sent}");
}

#[test]
fn b04_out_of_hours_an_act_is_scheduled_and_a_suspended_addressee_is_served_on_paper() {
    let etude = ouvrir(larges());
    let (_, act) = depose(&etude, "isaline");
    let (personne, other) = depose(&etude, "basile");
    // 1 December, 10 o'clock in Paris; eleven hours and a half later the window is closed.
    etude.monde.clock.advance(11 * 3600 + 1800);
    let cookie = etude.pret();
    let send = format!("/etude/actes/{act}/envoyer");
    let shown = etude.lire(Some(&etude.bon), &send, &cookie).unwrap().texte();
    assert!(shown.contains("Programmer la signification") && shown.contains("FENETRE_FERMEE"), "{shown}");
    let done = etude.poster(&cookie, &send, &send, &[("confirme", "oui"), ("programmer", "oui")]);
    assert_eq!(done.statut, 303, "{}", done.texte());
    let page = etude.lire(Some(&etude.bon), &format!("/etude/actes/{act}"), &cookie).unwrap().texte();
    assert!(page.contains("Envoi programmé") && page.contains("2 décembre 2026 à 6 h"), "{page}");
    // Suspended: the confirmation says so, and offers nothing.
    let about = format!("/etude/comptes/{}", personne.compte);
    let fields = [("cause", "soupconnee"), ("revue", "2026-12-20")];
    assert_eq!(etude.poster(&cookie, &about, &format!("{about}/suspendre"), &fields).statut, 303);
    let send = format!("/etude/actes/{other}/envoyer");
    let shown = etude.lire(Some(&etude.bon), &send, &cookie).unwrap();
    assert!(shown.texte().contains("COMPTE_SUSPENDU") && shown.jeton(&send).is_none(), "{}", shown.texte());
}

#[test]
fn b08_an_account_is_suspended_with_cause_and_review_and_opened_again_by_who_decided() {
    let etude = ouvrir(larges());
    let personne = etude.monde.personne("isaline", true);
    let mut client = etude.monde.connecte(&personne);
    let cookie = etude.pret();
    let about = format!("/etude/comptes/{}", personne.compte);
    let (suspend, resume) = (format!("{about}/suspendre"), format!("{about}/reprendre"));
    let list = etude.lire(Some(&etude.bon), "/etude/comptes", &cookie).unwrap().texte();
    assert!(list.contains(&about) && list.contains("En service") && !list.contains("officier"), "{list}");
    for bad in [
        [("cause", ""), ("revue", "2026-12-20")],
        [("cause", "averee"), ("revue", "")],
        [("cause", "averee"), ("revue", "2026-12-01")],
        [("cause", "averee"), ("revue", "2027-12-01")],
    ] {
        assert_eq!(etude.poster(&cookie, &about, &suspend, &bad).statut, 422, "{bad:?}");
    }
    assert_eq!(client.get("/actes").statut, 200);
    let fields = [("cause", "attaque"), ("revue", "2026-12-20")];
    let done = etude.poster(&cookie, &about, &suspend, &fields);
    assert_eq!(done.statut, 303, "{}", done.texte());
    let page = etude.lire(Some(&etude.bon), &about, &cookie).unwrap().texte();
    for word in ["tentative d'attaque", "20 décembre 2026", "l'étude"] {
        assert!(page.contains(word), "{word}: {page}");
    }
    assert_eq!(client.get("/actes").statut, 303, "his sessions are over");
    assert_eq!(etude.monde.connecter(&mut client, &personne).statut, 403);
    let done = etude.poster(&cookie, &about, &resume, &[("confirme", "oui")]);
    assert_eq!(done.statut, 303, "{}", done.texte());
    etude.monde.clock.advance(600);
    let mut client = etude.monde.connecte(&personne);
    // What the holder reported is the registry's to end.
    let told = client.poster("/securite", "/securite/signaler", &[("genre", "anomalie")]);
    assert_eq!(told.statut, 200);
    let page = etude.lire(Some(&etude.bon), &about, &cookie).unwrap();
    assert!(page.texte().contains("au registre de la lever") && page.jeton(&resume).is_none());
    let account = personne.compte;
    let acces = etude.monde.platform.session(temoin(&cookie)).unwrap();
    assert!(etude.monde.platform.reprendre_compte(&acces, account).is_err());
    let registry = signification::consent::Actor::registry("registre");
    assert!(etude.monde.platform.reprendre_compte(&registry, account).is_ok());
    // An officer's account is not the office's to suspend.
    let mine = acces.compte().id;
    let cause = signification::comptes::compte::CauseSuspension::TentativeAttaque;
    assert!(etude.monde.platform.suspendre_compte(&acces, mine, cause).is_err());
    assert_eq!(etude.lire(Some(&etude.bon), &format!("/etude/comptes/{mine}"), &cookie).unwrap().statut, 404);
}

fn temoin(cookie: &str) -> signification::comptes::session::Temoin {
    signification::comptes::session::Temoin::lire(cookie.split_once('=').unwrap().1).unwrap()
}

#[test]
fn b03_the_page_of_keys_is_for_who_has_a_certificate() {
    let etude = ouvrir(larges());
    assert!(etude.get(None, "/etude/cle").is_none());
    let unknown = etude.ca.client(9);
    assert_eq!(etude.get(Some(&unknown), "/etude/cle").unwrap().statut, 403);
    let page = etude.get(Some(&etude.bon), "/etude/cle").unwrap();
    assert!(page.texte().contains("officier-1") && page.texte().contains("Inscrire votre clé"));
    assert!(biscuit(&page).starts_with("__Host-session="));
    // Where he was going is a page of ours, or the list.
    let mut key = etude.inscrire(&etude.bon);
    let suite = [("suite", "//ailleurs.example/etude/")];
    let (done, _) = etude.repondre((&etude.bon, ""), "/etude/cle", &suite, |o| key.presenter(o));
    assert_eq!(done.entete("location"), Some("/etude"));
}

#[test]
fn b04_the_policy_of_the_platform_says_whether_the_certificate_is_enough() {
    assert!(Politique::default().officier_certificat_et_cle, "required, unless somebody decides otherwise");
    let politique = Politique { officier_certificat_et_cle: false, ..Politique::default() };
    let etude = ouvrir_pour(Monde::avec_politique(larges(), politique), false, None);
    let (_, act) = depose(&etude, "isaline");
    let send = format!("/etude/actes/{act}/envoyer");
    let (cookie, jeton) = etude.formulaire(&send, &send);
    let done = etude.post(&send, &cookie, FORM, encode(&[("jeton", &jeton), ("confirme", "oui")]).as_bytes());
    assert_eq!(done.statut, 303, "{}", done.texte());
    let sent = etude.monde.journal().lines().find(|l| l.contains("\"signification.act.sent\"")).unwrap().to_owned();
    assert!(sent.contains("officier-1"), "{sent}");
}
