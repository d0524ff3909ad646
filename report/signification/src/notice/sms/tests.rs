//! A gateway of our own on loopback: it takes, refuses, hangs, talks without end, sends elsewhere.
use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::mpsc;
use std::thread::JoinHandle;

use super::*;
use crate::SystemEntropy;

const NUMBER: &str = "+33612345678";

fn now() -> Instant {
    "2026-12-01T11:00:00Z".parse().unwrap()
}

fn config(port: u16) -> SmsConfig {
    SmsConfig {
        url: format!("http://127.0.0.1:{port}/v1/messages"),
        methode: Methode::Post,
        format: FormatCorps::Json,
        corps: r#"{"messages":[{"to":"{numero}","text":"{texte}"}]}"#.into(),
        succes: success(),
        identifiant: Some("/messages/0/id".into()),
        delai_secondes: 2,
        entetes: Vec::new(),
    }
}

fn ready(config: &SmsConfig) -> SmsPret {
    let mobile = MobileVerifie::new(NUMBER, Some(now()), now()).unwrap();
    sms(Some(config), false, Id::new(now(), &SystemEntropy::default()).unwrap(), Some(&mobile)).unwrap().unwrap()
}

/// A gateway that answers one request with these octets; gives the request.
fn gateway(answer: Vec<u8>) -> (u16, JoinHandle<(String, Vec<u8>)>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let thread = std::thread::spawn(move || {
        let mut stream = BufReader::new(listener.accept().unwrap().0);
        let (mut head, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).unwrap();
            let lower = line.to_ascii_lowercase();
            if let Some(value) = lower.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if line == "\r\n" {
                break;
            }
            head.push_str(&line);
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).unwrap();
        let _ = stream.get_mut().write_all(&answer);
        (head, body)
    });
    (port, thread)
}

fn http(status: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len()).into_bytes()
}

fn sent(answer: Vec<u8>) -> Result<SmsPris, Refused> {
    let (port, thread) = gateway(answer);
    let config = config(port);
    let outcome = PasserelleHttp::new(&config).unwrap().envoyer(&ready(&config));
    thread.join().unwrap();
    outcome
}

#[test]
fn a17_the_request_is_the_one_configured_and_its_secret_comes_from_a_file() {
    let (port, thread) = gateway(http("202 Accepted", r#"{"messages":[{"id":"m-42"}]}"#));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jeton");
    std::fs::write(&path, "s3cret-du-test\n").unwrap();
    let entete = Entete { nom: "Authorization".into(), valeur: "Bearer ".into(), fichier: Some(path.clone()) };
    let config = SmsConfig { entetes: vec![entete], ..config(port) };
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let gate = PasserelleHttp::new(&config).unwrap();
    let pret = ready(&config);
    let refused = gate.envoyer(&pret).unwrap_err();
    assert_eq!(refused.code, "secret_illisible", "a secret that others may read is not used");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    let taken = gate.envoyer(&pret).unwrap();
    assert_eq!(taken, SmsPris { code: 202, identifiant: Some("m-42".into()) });
    let (head, body) = thread.join().unwrap();
    assert!(head.starts_with("POST /v1/messages HTTP/1.1\r\n"), "{head}");
    assert!(head.to_ascii_lowercase().contains("authorization: bearer s3cret-du-test\r\n"), "{head}");
    assert!(head.to_ascii_lowercase().contains("content-type: application/json\r\n"), "{head}");
    assert_eq!((&body, Digests::of(&body)), (&pret.corps, pret.digests));
    let value: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(value["messages"][0]["to"], NUMBER);
    assert_eq!(value["messages"][0]["text"], texte_sms(false).unwrap());
    let shown = format!("{config:?}{}", toml::to_string(&config).unwrap());
    assert!(!shown.contains("s3cret"), "the configuration names the file, not the secret");
}

#[test]
fn a17_each_answer_has_its_code_and_its_permanence() {
    let code = |answer| sent(answer).map(|p| p.code).map_err(|r| (r.code, r.permanent));
    assert_eq!(code(http("200 OK", "")), Ok(200));
    assert_eq!(code(http("400 Bad Request", "numero +33612345678")), Err(("http_400".into(), true)));
    assert_eq!(code(http("401 Unauthorized", "")), Err(("http_401".into(), true)));
    assert_eq!(code(http("429 Too Many Requests", "")), Err(("http_429".into(), false)));
    assert_eq!(code(http("500 Oops", "")), Err(("http_500".into(), false)));
    assert_eq!(code(http("204 No Content", "")), Err(("http_204".into(), false)), "not among the codes configured");
    assert_eq!(code(b"+OK pas du HTTP\r\n".to_vec()), Err(("interrompu".into(), false)));
    assert_eq!(code(Vec::new()), Err(("interrompu".into(), false)));
    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    let config = config(closed);
    let refused = PasserelleHttp::new(&config).unwrap().envoyer(&ready(&config)).unwrap_err();
    assert_eq!((refused.code.as_str(), refused.permanent), ("connexion", false));
}

#[test]
fn a17_a_redirect_is_not_followed() {
    let elsewhere = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    let to = elsewhere.local_addr().unwrap();
    for status in ["302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let answer = format!("HTTP/1.1 {status}\r\nLocation: http://{to}/\r\nContent-Length: 0\r\n\r\n");
        let refused = sent(answer.into_bytes()).unwrap_err();
        assert_eq!((refused.code, refused.permanent), (format!("http_{}", &status[..3]), true));
    }
    assert_eq!(elsewhere.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock, "nobody came");
}

#[test]
fn a17_a_gateway_that_hangs_is_given_up_and_its_end_is_unknown() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let (done, wait) = mpsc::channel::<()>();
    let port = listener.local_addr().unwrap().port();
    let thread = std::thread::spawn(move || {
        let stream = listener.accept().unwrap();
        let _ = wait.recv();
        drop(stream);
    });
    let config = SmsConfig { delai_secondes: 1, ..config(port) };
    let refused = PasserelleHttp::new(&config).unwrap().envoyer(&ready(&config)).unwrap_err();
    assert_eq!((refused.code.as_str(), refused.permanent), ("interrompu", false));
    drop(done);
    thread.join().unwrap();
}

#[test]
fn a17_a_huge_answer_is_not_read_whole() {
    let huge = format!(r#"{{"messages":[{{"id":"m-42"}}],"x":"{}"}}"#, "x".repeat(1_000_000));
    assert_eq!(sent(http("200 OK", &huge)), Ok(SmsPris { code: 200, identifiant: None }));
    let lying = b"HTTP/1.1 200 OK\r\nContent-Length: 900000000000\r\n\r\n{".to_vec();
    assert_eq!(sent(lying), Ok(SmsPris { code: 200, identifiant: None }));
}

#[test]
fn a17_an_identifier_that_could_name_somebody_is_only_kept_as_a_digest() {
    let id = |body: &str| sent(http("200 OK", body)).unwrap().identifiant;
    assert_eq!(id(r#"{"messages":[{"id":1234}]}"#).as_deref(), Some("1234"));
    for body in ["33612345678", "x0612345678", "Isaline Quatremere", ""] {
        let kept = id(&format!(r#"{{"messages":[{{"id":"{body}"}}]}}"#)).unwrap();
        assert_eq!(kept, Sha256Digest::of(body.as_bytes()).to_hex());
    }
    assert_eq!(id(r#"{"messages":[]}"#), None);
    assert_eq!(id("pas du JSON"), None);
}

#[test]
fn a17_a_form_is_percent_encoded() {
    let form = SmsConfig {
        format: FormatCorps::Formulaire,
        corps: "de=Etude&a={numero}&texte={texte}".into(),
        identifiant: None,
        ..config(1)
    };
    let body = String::from_utf8(ready(&form).corps).unwrap();
    assert!(body.starts_with("de=Etude&a=%2B33612345678&texte=Un+document+est+%C3%A0+votre"), "{body}");
    assert!(!body.contains(' ') && body.matches('&').count() == 2);
}

#[test]
fn a17_without_a_mobile_or_a_gateway_the_sink_stays_empty() {
    let id = Id::new(now(), &SystemEntropy::default()).unwrap();
    let mobile = MobileVerifie::new(NUMBER, Some(now()), now()).ok();
    let given = |gateway: Option<&SmsConfig>, mobile| sms(gateway, true, id, mobile).unwrap().map(|s| s.corps);
    assert_eq!(given(Some(&config(1)), None), None);
    assert_eq!(given(None, mobile.as_ref()), None);
    let sink: Vec<_> = given(Some(&config(1)), mobile.as_ref()).into_iter().collect();
    assert_eq!(sink.len(), 1);
    assert!(String::from_utf8_lossy(&sink[0]).contains("ESSAI. Un document"));
}

#[test]
fn a17_only_a_verified_mobile_gets_an_sms() {
    let later: Instant = "2026-12-02T11:00:00Z".parse().unwrap();
    assert!(MobileVerifie::new(NUMBER, None, now()).is_err(), "given, never verified");
    assert!(MobileVerifie::new(NUMBER, Some(later), now()).is_err());
    for bad in ["", "0612345678", "+0612345678", "+336 12 34 56 78", "+33", "+3361234567890123"] {
        assert!(MobileVerifie::new(bad, Some(now()), now()).is_err(), "{bad}");
    }
    let mobile = MobileVerifie::new(NUMBER, Some(now()), now()).unwrap();
    assert!(!format!("{mobile:?}").contains("612345678"));
}

#[test]
fn a17_what_would_show_a_secret_or_a_number_is_refused_at_the_start() {
    assert!(config(80).check().is_ok());
    let with = |edit: fn(&mut SmsConfig)| {
        let mut config = config(80);
        edit(&mut config);
        config.check().is_err()
    };
    assert!(with(|c| c.url = "http://sms.example/".into()), "in clear");
    assert!(with(|c| c.url = "https://a:b@sms.example/".into()));
    assert!(with(|c| c.url = "https://sms.example/?cle=x".into()));
    assert!(with(|c| c.url = "sms.example".into()));
    assert!(with(|c| c.corps = r#"{"to":"{numero}"}"#.into()));
    assert!(with(|c| c.corps = r#"{"{numero}":"{texte}"}"#.into()));
    assert!(with(|c| c.corps = "{numero} {texte}".into()));
    assert!(with(|c| c.succes = BTreeSet::from([200, 302])));
    assert!(with(|c| c.identifiant = Some("id".into())));
    assert!(with(|c| c.delai_secondes = 0));
    let header =
        |nom: &str, valeur: &str| Entete { nom: nom.into(), valeur: valeur.into(), fichier: None }.check().is_err();
    assert!(
        header("Authorization", "Bearer x") && header("X-Api-Key", "x") && header("a b", "x") && header("a", "b\r\nc")
    );
    assert!(!header("Accept", "application/json"));
}
