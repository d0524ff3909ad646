//! Rude visitors: fixed sessions, forged forms, odd methods, paths and sizes, slow bodies; and who sees what, route by route.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test fails by panicking")]
use std::io::{Read as _, Write as _};
use std::time::Duration;

mod support;

use support::client::{FORM, encode, lire};
use support::{Client, Limites, MOT, Monde, Personne, larges};

/// Every page that is read, with A's act in the place of `{id}`.
const LECTURES: [&str; 25] = [
    "/",
    "/aide",
    "/accessibilite",
    "/cgu",
    "/cgu.txt",
    "/style.css",
    "/robots.txt",
    "/favicon.ico",
    "/invitation",
    "/connexion",
    "/oubli",
    "/conditions",
    "/secours",
    "/telephone",
    "/actes",
    "/actes/{id}",
    "/actes/{id}/recepisses",
    "/actes/{id}/probleme",
    "/recepisses/{recepisse}.zip",
    "/recepisses/{recepisse}.pdf",
    "/consultations",
    "/securite",
    "/consentement",
    "/donnees",
    "/droits",
];

/// Every form.
const FORMULAIRES: [&str; 17] = [
    "/invitation",
    "/invitation/refus",
    "/ouverture",
    "/conditions",
    "/secours",
    "/telephone",
    "/connexion",
    "/deconnexion",
    "/oubli",
    "/actes/{id}/ouvrir",
    "/actes/{id}/telecharger",
    "/actes/{id}/probleme",
    "/securite/fermer/{id}",
    "/securite/signaler",
    "/consentement/retirer",
    "/consentement/quitter",
    "/droits",
];

const LIBRES: usize = 11;

fn a_et_b() -> (Monde, Personne, Personne, String, String) {
    let monde = Monde::new();
    let (a, b) = (monde.personne("alpha", true), monde.personne("beta", true));
    let act = monde.acte(a.consent, "assignation", 1000);
    monde.acte(b.consent, "conge", 1000);
    let receipt = monde.platform.recepisses(act).unwrap()[0];
    (monde, a, b, act.to_string(), receipt.to_string())
}

fn place(chemin: &str, act: &str, receipt: &str) -> String {
    chemin.replace("{id}", act).replace("{recepisse}", receipt)
}

#[test]
fn every_route_by_an_anonymous_its_owner_and_another() {
    let (monde, a, b, act, receipt) = a_et_b();
    let (mut nobody, mut owner, mut other) = (monde.client(), monde.connecte(&a), monde.connecte(&b));
    for (rank, route) in LECTURES.iter().enumerate() {
        let chemin = place(route, &act, &receipt);
        let expected = |who: &str| match (who, rank < LIBRES, route.contains('{'), *route) {
            (_, _, _, "/favicon.ico") => 204,
            ("owner" | "other", _, _, "/connexion" | "/conditions") => 303,
            (_, true, ..) => 200,
            ("nobody", ..) => 303,
            ("other", _, true, _) => 404,
            _ => 200,
        };
        for (who, client) in [("nobody", &mut nobody), ("owner", &mut owner), ("other", &mut other)] {
            let answer = client.get(&chemin);
            assert_eq!(answer.statut, expected(who), "{who} {chemin}: {}", answer.texte());
            if answer.statut == 404 {
                assert!(!answer.texte().contains(&act), "{chemin} tells of another's act");
            }
        }
    }
    // B's forms about A's act, with B's own good token: as if it did not exist.
    let page = other.get("/securite");
    assert!(page.jeton("/securite/signaler").is_some());
    for action in ["ouvrir", "telecharger", "probleme"] {
        let action = format!("/actes/{act}/{action}");
        let temoin = signification::comptes::session::Temoin::lire(&other.cookies["session"]).unwrap();
        let answer = other.envoyer(&action, &temoin.jeton(&action), &[("nature", "autre"), ("texte", "x")]);
        assert_eq!(answer.statut, 404, "{action}: {}", answer.texte());
    }
    let journal = monde.journal();
    assert!(!journal.contains("signification.act.consulted"));
    assert!(journal.contains("signification.forbidden"), "refusals of the gate are told (row E02)");
}

#[test]
fn every_form_without_its_token_or_with_anothers_is_refused_and_told() {
    let (monde, a, b, act, _) = a_et_b();
    let (mut nobody, mut owner, other) = (monde.client(), monde.connecte(&a), monde.connecte(&b));
    nobody.get("/");
    let token_of = |client: &Client, action: &str| {
        signification::comptes::session::Temoin::lire(&client.cookies["session"]).unwrap().jeton(action)
    };
    for route in FORMULAIRES {
        let action = place(route, &act, "");
        for client in [&mut nobody, &mut owner] {
            let wrong_form = token_of(client, "/ailleurs");
            let foreign = token_of(&other, &action);
            for token in ["", "x", &foreign, &wrong_form] {
                let answer = client.envoyer(&action, token, &[]);
                // Too many forged forms lock the source for a time (row B11): refused all the same.
                assert!([403, 429].contains(&answer.statut), "{action} {token}: {}", answer.statut);
                monde.clock.advance(0);
            }
        }
    }
    let journal = monde.journal();
    assert!(journal.contains("formulaire d'ailleurs ou expir"), "told to the journal");
    assert!(journal.contains("signification.source.locked"), "a source that probes is locked (row B11)");
    for fact in ["consulted", "consent.revoked", "account.reported", "termination_asked"] {
        assert!(!journal.contains(fact), "{fact}");
    }
}

#[test]
fn a_form_from_elsewhere_is_refused_by_its_origin() {
    let monde = Monde::new();
    let personne = monde.personne("origine", true);
    let mut client = monde.connecte(&personne);
    let jeton = client.get("/securite").jeton("/securite/fermer").unwrap();
    let body = encode(&[("jeton", &jeton)]);
    let ours = client.origine();
    for headers in [
        vec![("Origin", "https://ailleurs.test")],
        vec![("Origin", "null")],
        vec![("Origin", "null"), ("Sec-Fetch-Site", "cross-site")],
        vec![("Origin", ours.as_str()), ("Sec-Fetch-Site", "same-site")],
        vec![],
    ] {
        let mut all = vec![("Content-Type", FORM)];
        all.extend(headers.clone());
        let answer = client.demander("POST", "/securite/fermer", &all, body.as_bytes());
        assert_eq!(answer.statut, 403, "{headers:?}");
    }
    assert_eq!(client.get("/actes").statut, 200, "nothing was closed");
    // What browsers send from our pages, which say no referrer.
    let good = [("Content-Type", FORM), ("Origin", "null"), ("Sec-Fetch-Site", "same-origin")];
    assert_eq!(client.demander("POST", "/securite/fermer", &good, body.as_bytes()).statut, 303);
    assert_eq!(client.get("/actes").entete("location"), Some("/connexion"));
}

#[test]
fn b11_a_session_is_never_one_that_was_given_before_the_login() {
    let monde = Monde::new();
    let personne = monde.personne("fixe", true);
    let mut attacker = monde.client();
    attacker.get("/connexion");
    // The victim's browser was given the attacker's cookie.
    let mut victim = monde.client();
    victim.cookies.clone_from(&attacker.cookies);
    let done = monde.connecter(&mut victim, &personne);
    assert_eq!(done.statut, 303, "{}", done.texte());
    assert_ne!(victim.cookies["session"], attacker.cookies["session"]);
    assert_eq!(victim.get("/actes").statut, 200);
    assert_eq!(attacker.get("/actes").entete("location"), Some("/connexion"));
    // Logged out, the cookie that was good is worth nothing.
    let kept = victim.clone();
    let done = victim.poster("/actes", "/deconnexion", &[]);
    assert_eq!(done.statut, 303);
    assert_eq!(kept.clone().get("/actes").entete("location"), Some("/connexion"));
}

#[test]
fn an_unknown_name_and_a_wrong_password_get_the_same_answer() {
    let monde = Monde::new();
    let personne = monde.personne("connu", true);
    monde.clock.advance(30);
    let code = monde.code(&personne.graine);
    let mut pages = Vec::new();
    for (nom, mot, code) in
        [("connu", "un autre mot de passe", code.as_str()), ("nulle", MOT, "123456"), ("connu", MOT, "000000")]
    {
        let mut client = monde.client();
        let answer = client.poster("/connexion", "/connexion", &[("nom", nom), ("mot", mot), ("code", code)]);
        assert_eq!(answer.statut, 403);
        let token = answer.jeton("/connexion").unwrap();
        let names: Vec<String> = answer.entetes.iter().map(|(name, _)| name.clone()).collect();
        let text = answer.texte().replace(&token, "JETON").replace(&format!("value=\"{nom}\""), "NOM");
        assert!(!text.contains(mot));
        pages.push((names, text));
        // Tries of before do not slow this one down.
        monde.clock.advance(600);
    }
    assert_eq!(pages[0], pages[1]);
    assert_eq!(pages[0], pages[2]);
}

#[test]
fn cookies_and_headers_on_every_route() {
    let (monde, a, _, act, receipt) = a_et_b();
    let (mut nobody, mut owner) = (monde.client(), monde.connecte(&a));
    let missing = ["/rien", "/actes/../cgu", "/actes/%2e%2e"];
    for route in LECTURES.iter().chain(&missing) {
        for client in [&mut nobody, &mut owner] {
            let answer = client.get(&place(route, &act, &receipt));
            let csp = answer.entete("content-security-policy").unwrap_or_else(|| panic!("{route}: no policy"));
            for part in ["default-src 'none'", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"] {
                assert!(csp.contains(part), "{route}: {csp}");
            }
            assert!(!csp.contains("unsafe") && !csp.contains("script-src"), "{csp}");
            assert_eq!(answer.entete("x-content-type-options"), Some("nosniff"), "{route}");
            assert_eq!(answer.entete("referrer-policy"), Some("no-referrer"), "{route}");
            assert_eq!(answer.entete("cache-control"), Some("no-store"), "{route}");
            assert_eq!(answer.tous("content-security-policy").len(), 1);
            for cookie in answer.tous("set-cookie") {
                for part in ["HttpOnly", "SameSite=Strict", "Path=/"] {
                    assert!(cookie.contains(part), "{route}: {cookie}");
                }
                assert!(!cookie.contains("Domain"));
            }
            let text = answer.texte();
            assert!(!text.contains("<script") && !text.contains(" style=") && !text.contains("onclick"), "{route}");
        }
    }
}

#[test]
fn odd_methods_hosts_paths_and_kinds_are_refused() {
    let monde = Monde::new();
    let mut client = monde.client();
    client.get("/");
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECTE"] {
        assert_eq!(client.demander(method, "/", &[], b"").statut, 405, "{method}");
    }
    assert_eq!(client.demander("HEAD", "/", &[], b"").statut, 200);
    // A form where there is none.
    let origin = client.origine();
    let temoin = signification::comptes::session::Temoin::lire(&client.cookies["session"]).unwrap();
    let body = encode(&[("jeton", &temoin.jeton("/aide"))]);
    let head = [("Origin", origin.as_str()), ("Content-Type", FORM)];
    assert_eq!(client.demander("POST", "/aide", &head, body.as_bytes()).statut, 405);
    let host = monde.adresse;
    for (request, statut) in [
        ("GET / HTTP/1.1\r\nHost: ailleurs.test\r\nConnection: close\r\n\r\n".to_owned(), 421),
        ("GET / HTTP/1.1\r\nConnection: close\r\n\r\n".to_owned(), 421),
        (format!("GET / HTTP/1.1\r\nHost: {host}\r\nHost: ailleurs.test\r\nConnection: close\r\n\r\n"), 421),
        (format!("GET http://ailleurs.test/ HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"), 421),
        (format!("GET /\r\nX HTTP/1.1\r\nHost: {host}\r\n\r\n"), 400),
        (format!("GET / HTTP/1.1\r\nHost: {host}\r\nX: {}\r\n\r\n", "a".repeat(200_000)), 431),
    ] {
        assert_eq!(client.brut(request.as_bytes()).statut, statut, "{}", &request[..request.len().min(80)]);
    }
    for kind in ["application/json", "text/plain", "multipart/form-data; boundary=x"] {
        let head = [("Origin", origin.as_str()), ("Content-Type", kind)];
        assert_eq!(client.demander("POST", "/connexion", &head, b"{}").statut, 415, "{kind}");
    }
}

#[test]
fn paths_and_parameters_that_are_no_identifier_find_nothing() {
    let monde = Monde::new();
    let personne = monde.personne("chemins", true);
    let act = monde.acte(personne.consent, "conge", 10).to_string();
    for bad in [
        act.to_uppercase(),
        act.replace('-', ""),
        format!("{act}%00"),
        "%2e%2e%2f%2e%2e%2fetc%2fpasswd".to_owned(),
        format!("{act}%0d%0aSet-Cookie:%20x=y"),
        "a".repeat(3000),
    ] {
        let mut client = monde.connecte(&personne);
        for chemin in [format!("/actes/{bad}"), format!("/recepisses/{bad}.zip")] {
            let answer = client.get(&chemin);
            assert!([404, 400, 429].contains(&answer.statut), "{chemin}: {}", answer.statut);
            assert!(answer.entete("x").is_none() && !answer.tous("set-cookie").iter().any(|c| c.starts_with("x=")));
        }
    }
    let mut client = monde.client();
    let page = client.get("/connexion?ok=%3Cscript%3E&secours=%22%3E%3Cscript%3E");
    assert!(page.statut == 200 && !page.texte().contains("<script"));
    assert_eq!(client.get("/connexion?ok=a&ok=b").statut, 400);
}

#[test]
fn what_was_typed_comes_back_as_text() {
    let monde = Monde::new();
    let mut client = monde.client();
    let evil = "\"><script>alert(1)</script><img src=x onerror=y>";
    let answer = client.poster("/connexion", "/connexion", &[("nom", evil), ("mot", "x"), ("code", "1")]);
    assert!(answer.texte().contains("&quot;&gt;&lt;script&gt;"), "{}", answer.texte());
    assert!(!answer.texte().contains("<script") && !answer.texte().contains("<img"));
}

#[test]
fn bodies_too_big_or_too_slow_are_cut_off() {
    let limites = Limites { corps: Duration::from_millis(400), entetes: Duration::from_millis(600), ..larges() };
    let monde = Monde::avec(limites);
    let client = monde.client();
    let host = monde.adresse;
    let head = format!("POST /connexion HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nContent-Type: {FORM}\r\n");
    let announced = format!("{head}Content-Length: 10000000\r\n\r\njeton=");
    assert_eq!(client.brut(announced.as_bytes()).statut, 413);
    let mut chunks = format!("{head}Transfer-Encoding: chunked\r\n\r\n");
    for _ in 0..20 {
        chunks += &format!("1000\r\n{}\r\n", "a".repeat(4096));
    }
    chunks += "0\r\n\r\n";
    assert_eq!(client.brut(chunks.as_bytes()).statut, 413);
    // A body that never comes, and headers that never end: the server does not wait for ever.
    assert_eq!(client.brut(format!("{head}Content-Length: 100\r\n\r\njeton=").as_bytes()).statut, 408);
    let mut stream = client.ouvrir();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ").unwrap();
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest);
    assert!([0, 408].contains(&lire(&rest).statut));
    assert!(monde.journal().contains("demande trop grande"));
    assert!(monde.journal().contains("demande trop lente"));
}

#[test]
fn b11_too_many_requests_wait_and_one_account_does_not_slow_another() {
    let monde = Monde::avec(Limites { par_compte: (8, 1), ..larges() });
    let (a, b) = (monde.personne("vite", true), monde.personne("calme", true));
    let (mut fast, mut calm) = (monde.connecte(&a), monde.connecte(&b));
    let last = (0..12).map(|_| fast.get("/actes")).last().unwrap();
    assert_eq!(last.statut, 429);
    assert!(last.entete("retry-after").unwrap().parse::<u32>().unwrap() >= 1);
    assert!(last.texte().contains("Trop de demandes"));
    assert_eq!(calm.get("/actes").statut, 200);
    monde.clock.advance(120);
    assert_eq!(fast.get("/actes").statut, 200);

    let monde = Monde::avec(Limites { par_source: (5, 1), ..larges() });
    let mut client = monde.client();
    let all: Vec<u16> = (0..8).map(|_| client.get("/").statut).collect();
    assert_eq!(all, [200, 200, 200, 200, 200, 429, 429, 429]);
    assert_eq!(monde.journal().matches("trop de demandes").count(), 1, "told once, not at each request");
}

#[test]
fn e02_what_is_refused_is_told_and_an_address_that_is_nothing_of_ours_counts_as_a_probe() {
    let monde = Monde::new();
    let mut client = monde.client();
    let all: Vec<u16> = (0..200).map(|i| client.get(&format!("/wp-admin/{i}.php")).statut).collect();
    assert_eq!(all[0], 404);
    assert_eq!(*all.last().unwrap(), 429, "a source that probes is locked");
    let journal = monde.journal();
    assert!(journal.contains("portail : adresse inconnue"));
    assert!(journal.contains("signification.source.locked"));
    assert!(!journal.contains("wp-admin") && !journal.contains("127.0.0.1"));
    monde.clock.advance(25 * 3600);
    assert_eq!(client.get("/").statut, 200);
}
