//! Passkeys of recipients over real HTTP (row B02): added, shown beside a password or alone, taken away; and every way to be refused.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test fails by panicking")]
mod support;

use std::net::SocketAddr;

use support::cle::{Cle, b64, options};
use support::client::{Client, Reponse};
use support::{MOT, Monde, Personne};

struct Lieu {
    monde: Monde,
    adresse: SocketAddr,
}

impl Lieu {
    fn new() -> Self {
        let monde = Monde::new();
        let adresse = monde.nomme();
        Self { monde, adresse }
    }

    fn origine(&self) -> String {
        format!("http://localhost:{}", self.adresse.port())
    }

    fn client(&self) -> Client {
        Client { hote: format!("localhost:{}", self.adresse.port()), ..Client::new(self.adresse) }
    }

    fn connecte(&self, personne: &Personne) -> Client {
        let mut client = self.client();
        let done = self.monde.connecter(&mut client, personne);
        assert_eq!(done.statut, 303, "{}", done.texte());
        client
    }

    /// Adds a key to this person's account; with a PRF output or none.
    fn cle(&self, personne: &Personne, prf: &str) -> Cle {
        let mut client = self.connecte(personne);
        let (mut key, page) = (Cle::new(&self.origine()), client.get("/cles"));
        let answer = key.inscrire(&options(&page), None);
        let jeton = page.jeton("/cles").unwrap();
        let fields = [("defi", page.valeur("defi")), ("cle", answer), ("prf", prf.to_owned())];
        let done = poster(&mut client, "/cles", &jeton, &fields, &[("nom_cle", "ma clé")]);
        assert_eq!(done.statut, 303, "{}", done.texte());
        key
    }

    /// The login page answered with a key, and what was typed beside it.
    fn entrer(&self, client: &mut Client, key: &mut Cle, typed: &[(&str, &str)]) -> Reponse {
        let page = client.get("/connexion");
        let answer = key.presenter(&options(&page));
        let fields = [("defi", page.valeur("defi")), ("cle", answer)];
        poster(client, "/connexion", &page.jeton("/connexion").unwrap(), &fields, typed)
    }
}

fn poster(
    client: &mut Client,
    action: &str,
    jeton: &str,
    fields: &[(&str, String)],
    typed: &[(&str, &str)],
) -> Reponse {
    let mut all: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    all.extend_from_slice(typed);
    client.envoyer(action, jeton, &all)
}

fn refusee(answer: &Reponse) {
    assert_eq!(answer.statut, 403, "{}", answer.texte());
    let cookie = answer.entete("set-cookie").unwrap_or_default().to_owned();
    assert!(answer.texte().contains("n'a pas été reconnue"), "{} {cookie}", answer.texte());
}

#[test]
fn b02_a_key_is_a_second_proof_beside_the_password_and_opens_the_acts_alone_with_prf() {
    let lieu = Lieu::new();
    let (isaline, basile) = (lieu.monde.personne("isaline", true), lieu.monde.personne("basile", true));
    let prf = b64(&[7; 32]);
    let mut key = lieu.cle(&isaline, &prf);
    let list = lieu.connecte(&isaline).get("/cles").texte();
    assert!(list.contains("ma clé") && list.contains("sans mot de passe."), "{list}");
    let act = lieu.monde.acte(isaline.consent, "assignation", 1000);
    let open = |client: &mut Client| {
        let (page, action) = (format!("/actes/{act}"), format!("/actes/{act}/ouvrir"));
        // The first time it is opened first.
        if client.get(&page).jeton(&action).is_some() {
            assert_eq!(client.poster(&page, &action, &[]).statut, 303);
        }
        client.poster(&page, &format!("{page}/telecharger"), &[]).statut
    };
    // Alone, with PRF: everything opens, no password was typed.
    let mut alone = lieu.client();
    let done = lieu.entrer(&mut alone, &mut key, &[("prf", &prf)]);
    assert_eq!((done.statut, done.entete("location")), (303, Some("/actes?ok=autre")), "{}", done.texte());
    assert_eq!(open(&mut alone), 200);
    assert!(lieu.monde.journal().contains("\"signification.account.logged_in\""));
    // Without PRF the holder is known and his acts stay shut: he is told how to open them.
    let mut shut = lieu.client();
    let done = lieu.entrer(&mut shut, &mut key, &[]);
    assert_eq!((done.statut, done.entete("location")), (303, Some("/actes?ok=fermee")));
    assert!(shut.get("/actes?ok=fermee").texte().contains("n'ouvre pas vos actes"));
    let page = format!("/actes/{act}");
    let refused = shut.poster(&page, &format!("{page}/telecharger"), &[]);
    assert!(refused.statut == 409 && refused.texte().contains("mot de passe"), "{}", refused.texte());
    // Beside the password it takes the place of the telephone.
    let mut both = lieu.client();
    let done = lieu.entrer(&mut both, &mut key, &[("nom", "isaline"), ("mot", MOT)]);
    assert_eq!(done.statut, 303, "{}", done.texte());
    assert_eq!(open(&mut both), 200);
    // Another's password with this key, this key's holder with a wrong password: nobody enters.
    for typed in [[("nom", "basile"), ("mot", MOT)], [("nom", "isaline"), ("mot", "un autre mot de passe")]] {
        refusee(&lieu.entrer(&mut lieu.client(), &mut key, &typed));
        lieu.monde.clock.advance(3600);
    }
    // Without script, everything goes on by password and telephone.
    assert_eq!(lieu.connecte(&isaline).get("/actes").statut, 200);
    assert_eq!(lieu.connecte(&basile).get(&page).statut, 404);
}

#[test]
fn b02_wrong_origin_replay_other_account_no_verification_and_an_old_counter_are_one_refusal() {
    let lieu = Lieu::new();
    let (isaline, basile) = (lieu.monde.personne("isaline", true), lieu.monde.personne("basile", true));
    let mut key = lieu.cle(&isaline, "");
    let bad = |change: &dyn Fn(&mut Cle), key: &mut Cle| {
        let kept = (key.origine.clone(), key.porteur.clone(), key.verifie, key.compteur, key.id);
        change(key);
        refusee(&lieu.entrer(&mut lieu.client(), key, &[]));
        let moved = key.compteur.max(kept.3);
        (key.origine, key.porteur, key.verifie, key.id) = (kept.0, kept.1, kept.2, kept.4);
        key.compteur = moved;
    };
    bad(&|key| key.origine = "https://localhost.example".into(), &mut key);
    bad(&|key| key.origine = "http://localhost:1".into(), &mut key);
    bad(&|key| key.porteur = basile.compte.as_bytes().to_vec(), &mut key);
    bad(&|key| key.porteur = vec![9; 16], &mut key);
    bad(&|key| key.porteur = vec![9; 3], &mut key);
    bad(&|key| key.verifie = false, &mut key);
    bad(&|key| key.id = [1; 32], &mut key);
    // A good one, then the same answer again: a challenge serves once.
    let mut client = lieu.client();
    let page = client.get("/connexion");
    let (defi, answer) = (page.valeur("defi"), key.presenter(&options(&page)));
    let fields = [("defi", defi.clone()), ("cle", answer.clone())];
    let jeton = page.jeton("/connexion").unwrap();
    assert_eq!(poster(&mut client.clone(), "/connexion", &jeton, &fields, &[]).statut, 303);
    refusee(&poster(&mut client, "/connexion", &jeton, &fields, &[]));
    // The challenge of another browser.
    let (mut mine, mut other) = (lieu.client(), lieu.client());
    let (page, theirs) = (mine.get("/connexion"), other.get("/connexion"));
    let fields = [("defi", theirs.valeur("defi")), ("cle", key.presenter(&options(&theirs)))];
    refusee(&poster(&mut mine, "/connexion", &page.jeton("/connexion").unwrap(), &fields, &[]));
    // Too late.
    let mut late = lieu.client();
    let page = late.get("/connexion");
    let fields = [("defi", page.valeur("defi")), ("cle", key.presenter(&options(&page)))];
    lieu.monde.clock.advance(601);
    refusee(&poster(&mut late, "/connexion", &page.jeton("/connexion").unwrap(), &fields, &[]));
    // A form without its token (CSRF).
    let page = late.get("/connexion");
    let fields = [("defi", page.valeur("defi")), ("cle", key.presenter(&options(&page)))];
    assert_eq!(poster(&mut late, "/connexion", "x", &fields, &[]).statut, 403);
    assert!(!lieu.monde.journal().contains("compteur_recule"));
    // The counter goes back: a copy of the key may be about. Refused, and told.
    let before = key.compteur;
    assert_eq!(lieu.entrer(&mut lieu.client(), &mut key, &[]).statut, 303);
    key.compteur = before;
    refusee(&lieu.entrer(&mut lieu.client(), &mut key, &[]));
    let journal = lieu.monde.journal();
    assert!(journal.contains("compteur_recule") && journal.contains("\"ceremonie\""));
}

#[test]
fn b02_the_login_page_and_its_refusals_tell_nothing_of_who_has_a_key() {
    let lieu = Lieu::new();
    let (isaline, _) = (lieu.monde.personne("isaline", true), lieu.monde.personne("basile", true));
    lieu.cle(&isaline, "");
    let strip = |text: String| {
        let lines = text.replace('<', "\n<");
        let changing = ["name=\"jeton\"", "name=\"defi\"", "data-cle", "name=\"nom\""];
        lines.lines().filter(|l| !changing.iter().any(|c| l.contains(c))).collect::<String>()
    };
    let mut seen = Vec::new();
    for nom in ["isaline", "basile", "personne"] {
        let mut client = lieu.client();
        let page = client.get("/connexion");
        let asked = options(&page);
        assert_eq!(asked.pointer("/publicKey/allowCredentials").unwrap().as_array().unwrap().len(), 0);
        let mut stranger = Cle::new(&lieu.origine());
        stranger.porteur = vec![3; 16];
        let refused = lieu.entrer(&mut client, &mut stranger, &[("nom", nom), ("mot", MOT)]);
        seen.push((strip(page.texte()), refused.statut, strip(refused.texte())));
    }
    assert!(seen.iter().all(|one| *one == seen[0]), "{seen:#?}");
    // A password alone, for who has a key and no telephone's code: the same refusal as a wrong one.
    let mut client = lieu.client();
    let bare = client.poster("/connexion", "/connexion", &[("nom", "isaline"), ("mot", MOT)]);
    assert!(bare.statut == 403 && bare.texte().contains("n'est pas le bon"));
}

#[test]
fn b02_a_key_is_named_and_taken_away_and_opens_nothing_after() {
    let lieu = Lieu::new();
    let isaline = lieu.monde.personne("isaline", true);
    let mut client = lieu.connecte(&isaline);
    // Without a name, or with an answer that is none: nothing is added.
    let (mut key, page) = (Cle::new(&lieu.origine()), client.get("/cles"));
    let fields = [("defi", page.valeur("defi")), ("cle", key.inscrire(&options(&page), None))];
    let jeton = page.jeton("/cles").unwrap();
    assert_eq!(poster(&mut client, "/cles", &jeton, &fields, &[("nom_cle", "")]).statut, 422);
    let page = client.get("/cles");
    let fields = [("defi", page.valeur("defi")), ("cle", "{}".to_owned())];
    assert_eq!(poster(&mut client, "/cles", &page.jeton("/cles").unwrap(), &fields, &[("nom_cle", "x")]).statut, 422);
    assert!(lieu.monde.journal().contains("clé d'accès non inscrite"));
    // A registration's challenge is no login's.
    let mut key = lieu.cle(&isaline, "");
    let page = client.get("/cles");
    let mut asked = options(&page);
    asked["publicKey"]["rpId"] = "localhost".into();
    let fields = [("defi", page.valeur("defi")), ("cle", key.presenter(&asked))];
    let mut crossed = lieu.client();
    let jeton = crossed.get("/connexion").jeton("/connexion").unwrap();
    refusee(&poster(&mut crossed, "/connexion", &jeton, &fields, &[]));
    assert_eq!(lieu.entrer(&mut lieu.client(), &mut key, &[]).statut, 303);
    let page = client.get("/cles").texte();
    let at = page.split_once("action=\"/cles/").unwrap().1.split_once('/').unwrap().0.to_owned();
    // Another's key is not there for him.
    let basile = lieu.monde.personne("basile", true);
    let mut other = lieu.connecte(&basile);
    let forged = other.get("/cles").jeton("/cles").unwrap();
    assert_eq!(other.envoyer(&format!("/cles/{at}/retirer"), &forged, &[]).statut, 403);
    let done = client.poster("/cles", &format!("/cles/{at}/retirer"), &[]);
    assert_eq!(done.entete("location"), Some("/connexion?ok=cle"), "{}", done.texte());
    assert_eq!(client.get("/actes").statut, 303, "every session ended");
    refusee(&lieu.entrer(&mut lieu.client(), &mut key, &[]));
    assert_eq!(lieu.connecte(&isaline).get("/actes").statut, 200);
}

#[test]
fn b02_a_key_is_given_another_name_by_its_holder_and_by_nobody_else() {
    let lieu = Lieu::new();
    let (isaline, basile) = (lieu.monde.personne("isaline", true), lieu.monde.personne("basile", true));
    let mut key = lieu.cle(&isaline, "");
    let mut client = lieu.connecte(&isaline);
    let page = client.get("/cles").texte();
    let at = page.split_once("action=\"/cles/").unwrap().1.split_once('/').unwrap().0.to_owned();
    let action = format!("/cles/{at}/renommer");
    assert!(page.contains("ma clé") && page.contains("Renommer") && !page.contains("clé du coffre"), "{page}");
    let lines = lieu.monde.journal().lines().count();
    let done = client.poster("/cles", &action, &[("nom_cle", "  clé du coffre <b>  ")]);
    assert_eq!(done.entete("location"), Some("/cles?ok=renommee"), "{}", done.texte());
    let page = client.get("/cles?ok=renommee").texte();
    assert!(
        page.contains("Votre clé a son nouveau nom.") && page.contains("<h3>clé du coffre &lt;b&gt;</h3>"),
        "{page}"
    );
    assert!(!page.contains("ma clé"));
    for wrong in ["", "   ", &"x".repeat(61)] {
        let refused = client.poster("/cles", &action, &[("nom_cle", wrong)]);
        assert!(refused.statut == 422 && refused.texte().contains("60 caractères au plus"), "{}", refused.texte());
    }
    // The name is no fact: nothing of it is in the journal, and no session ended.
    assert_eq!(lieu.monde.journal().lines().count(), lines);
    assert!(!lieu.monde.journal().contains("coffre"));
    assert_eq!(client.poster("/cles", &action, &[("nom_cle", "x\u{7}")]).statut, 400, "no form sends this");
    // Another's is not found, with his own token or without one.
    let mut other = lieu.connecte(&basile);
    let own = lieu.cle(&basile, "");
    let page = other.get("/cles");
    let forged = page.jeton("/cles").unwrap();
    assert_eq!(other.envoyer(&action, &forged, &[("nom_cle", "volée")]).statut, 403);
    let mine = page.texte().split_once("action=\"/cles/").unwrap().1.split_once('/').unwrap().0.to_owned();
    assert!(mine != at && own.id != key.id);
    assert!(client.get("/cles").texte().contains("clé du coffre"));
    // It still opens.
    assert_eq!(lieu.entrer(&mut lieu.client(), &mut key, &[]).statut, 303);
}

#[test]
fn b02_the_script_is_let_in_where_a_key_is_asked_for_and_nowhere_else() {
    let lieu = Lieu::new();
    let isaline = lieu.monde.personne("isaline", true);
    let mut client = lieu.connecte(&isaline);
    let script = client.get("/cle.js");
    assert!(script.statut == 200 && script.entete("content-type").unwrap().starts_with("text/javascript"));
    for (page, wanted) in [("/cles", true), ("/securite", false), ("/actes", false), ("/", false)] {
        let answer = client.get(page);
        let csp = answer.entete("content-security-policy").unwrap();
        assert_eq!(csp.contains("script-src 'self'"), wanted, "{page}");
        assert_eq!(answer.texte().contains("<script"), wanted, "{page}");
        assert!(!csp.contains("unsafe"));
    }
    // Where no name can be trusted there is no key, and no script.
    let plain = lieu.monde.client().get("/connexion");
    assert!(!plain.texte().contains("<script") && !plain.texte().contains("data-cle"));
}
