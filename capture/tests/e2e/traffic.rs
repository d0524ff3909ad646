//! What pages and servers say to each other, compared octet for octet with what the server sent and received.
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use dossier::{SessionState, op};
use fixtures::Sites;
use fixtures::sites::protocole::{GREETING, OCTETS, STREAM};

use crate::harness::{Run, play};
use crate::records::{Record, about, one, records};

/// Opens a page of `/protocole/` and waits for a text.
async fn open(sites: &Sites, page: &str, text: &str) -> Run {
    let base = sites.base();
    let run = play(&format!(
        "[[etape]]\naller = \"{base}/protocole/page/{page}\"\n[[etape]]\nattendre = {{ texte = \"{text}\" }}\n"
    ))
    .await;
    assert_eq!(run.captured.state, SessionState::Complete, "{:#?}", run.lines(&op::STEP_END));
    run
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_is_stored_from_its_opening_to_its_last_message() {
    let sites = Sites::start().unwrap();
    let run = open(&sites, "canal", "canal fermé").await;
    let all = records(&run);
    let asked = one(&all, "request", "/protocole/canal?q=1");
    assert!(asked.head.starts_with("GET /protocole/canal?q=1 HTTP/1.1\r\n"), "{}", asked.head);
    assert_eq!(asked.header("Sec-WebSocket-Version"), Some("13"));
    assert_eq!(asked.header("Sec-WebSocket-Protocol"), Some("valbrune.v1"));
    let answered = one(&all, "response", "/protocole/canal?q=1");
    assert!(answered.head.starts_with("HTTP/1.1 101 Switching Protocols\r\n"), "{}", answered.head);
    assert_eq!(answered.header("sec-websocket-protocol"), Some("valbrune.v1"));
    assert!(about(&all, answered).contains("webSocketAddress: ws://127.0.0.1:"));
    let messages = one(&all, "resource", "/protocole/canal?q=1");
    assert_eq!(messages.field("WARC-Concurrent-To"), Some(answered.id.as_str()));
    let payload = |line: &serde_json::Value| match line["encoding"].as_str().unwrap() {
        "base64" => BASE64_STANDARD.decode(line["payload"].as_str().unwrap()).unwrap(),
        _ => line["payload"].as_str().unwrap().as_bytes().to_vec(),
    };
    let of = |direction: &str| -> Vec<Vec<u8>> {
        messages.lines().iter().filter(|l| l["direction"] == direction).map(payload).collect()
    };
    let received_by_server: Vec<Vec<u8>> =
        sites.received().into_iter().filter(|r| r.method == "WS").map(|r| r.body).collect();
    assert_eq!(received_by_server.len(), 3);
    assert_eq!(of("sent"), received_by_server);
    let echoed = &received_by_server[..2];
    let mut sent_by_server = vec![GREETING.0.as_bytes().to_vec(), GREETING.1.to_vec()];
    sent_by_server.extend_from_slice(echoed);
    assert_eq!(of("received"), sent_by_server);
    for line in messages.lines() {
        assert_eq!(line["masked"], line["direction"] == "sent", "a client masks and a server does not: {line}");
        assert!(line["at"].as_str().unwrap().ends_with('Z') && line["browser_us"].is_i64());
    }
    assert!(about(&all, messages).contains("end: closed"));
    // The one that was refused: what was asked is there, and why it failed.
    assert!(!one(&all, "request", "/protocole/statut/404").head.is_empty());
    let told = run.lines(&op::INCOMPLETE);
    assert!(
        told.iter().any(|l| l.text("url").is_some_and(|u| u.starts_with("ws://") && u.ends_with("/404"))),
        "{told:#?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_stream_is_stored_as_octets_and_as_messages() {
    let sites = Sites::start().unwrap();
    let run = open(&sites, "flux", "deux messages").await;
    let all = records(&run);
    let stream = one(&all, "response", "/protocole/flux");
    assert_eq!(stream.text(), STREAM);
    let messages = one(&all, "resource", "/protocole/flux").lines();
    assert_eq!(messages.len(), 2, "{messages:#?}");
    assert_eq!((&messages[0]["event"], &messages[0]["id"]), (&"cote".into(), &"1".into()));
    assert_eq!(messages[0]["data"], "première\nligne");
    assert_eq!(messages[1]["data"], "deuxième");
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_sent_are_stored_octet_for_octet() {
    let sites = Sites::start().unwrap();
    let run = open(&sites, "envois", "tout est envoyé").await;
    let all = records(&run);
    let received = sites.received();
    let bodies: Vec<_> = received.iter().filter(|r| r.method != "OPTIONS").collect();
    assert_eq!(bodies.len(), 8, "{received:#?}");
    for sent in &bodies {
        let stored = all.iter().find(|r| {
            r.kind == "request" && r.url.ends_with(&sent.target) && r.head.starts_with(&format!("{} ", sent.method))
        });
        let stored = stored.unwrap_or_else(|| panic!("{} is not in the archive", sent.target));
        assert_eq!(stored.body, sent.body, "{}: {:?}", sent.target, run.lines(&op::INCOMPLETE));
        let kind = sent.headers.iter().find(|(n, _)| n == "content-type").map(|(_, v)| v.as_str());
        assert_eq!(stored.header("content-type"), kind, "{}", sent.target);
        let answer = one(&all, "response", &sent.target_and_method(&all));
        assert!(answer.head.starts_with("HTTP/1.1 200 "), "{}", answer.head);
    }
    let preflight = all.iter().find(|r| r.kind == "request" && r.head.starts_with("OPTIONS ")).unwrap();
    assert_eq!(preflight.header("access-control-request-method"), Some("PUT"));
    let answers = all.iter().filter(|r| r.kind == "response" && r.url == preflight.url).count();
    assert_eq!(answers, 2, "the preflight and the request have one answer each");
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_without_body_parts_and_redirects_are_stored_as_they_came() {
    let sites = Sites::start().unwrap();
    let run = open(&sites, "statuts", "tout est demandé").await;
    let all = records(&run);
    for code in ["204", "205", "304"] {
        let answer = one(&all, "response", &format!("/protocole/statut/{code}"));
        assert!(answer.head.starts_with(&format!("HTTP/1.1 {code} ")), "{}", answer.head);
        assert!(answer.body.is_empty());
    }
    let head = one(&all, "response", "/protocole/statut/200");
    assert_eq!((head.header("content-length"), head.body.len()), (Some("4321"), 0));
    assert!(one(&all, "request", "/protocole/statut/200").head.starts_with("HEAD "));
    assert_eq!(one(&all, "request", "/protocole/statut/304").header("if-none-match"), Some("\"valbrune\""));
    let whole: Vec<u8> = (0..OCTETS).map(|i| (i % 251) as u8).collect();
    for (name, range, part) in
        [("debut", "bytes=0-9", 0..10), ("milieu", "bytes=500-749", 500..750), ("fin", "bytes=-10", 990..1000)]
    {
        let end = format!("/protocole/octets?{name}");
        assert_eq!(one(&all, "request", &end).header("range"), Some(range));
        let answer = one(&all, "response", &end);
        assert!(answer.head.starts_with("HTTP/1.1 206 "), "{}", answer.head);
        assert_eq!(answer.body, &whole[part.clone()]);
        let place = format!("bytes {}-{}/{OCTETS}", part.start, part.end - 1);
        assert_eq!(answer.header("content-range"), Some(place.as_str()));
    }
    for left in [2_u32, 1, 0] {
        let answer = one(&all, "response", &format!("/protocole/saut/{left}"));
        assert_eq!(answer.header("x-saut"), Some(left.to_string().as_str()));
        let cookie = format!("saut{left}=oui; Path=/protocole/saut");
        assert_eq!(answer.header("set-cookie"), Some(cookie.as_str()));
        let asked = one(&all, "request", &format!("/protocole/saut/{left}"));
        // Each hop sends the cookies of those before it, and no other.
        assert_eq!(asked.header("cookie").map_or(0, |c| c.split("; ").count()), (2 - left) as usize, "{}", asked.head);
    }
    let told = |end: &str, reason: &str| {
        let lines = run.lines(&op::INCOMPLETE);
        let found = lines.iter().any(|l| l.text("url").is_some_and(|u| u.ends_with(end)) && l.data["reason"] == reason);
        assert!(found, "{end} is not told as {reason}: {lines:#?}");
    };
    told("/protocole/octets?refuse", "blocked");
    told("/types/bloque.png", "blocked");
    told("http://127.0.0.1:9/", "failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_record_says_in_which_form_its_body_is_and_how_long_it_was() {
    let sites = Sites::start().unwrap();
    let base = sites.base();
    let run = play(&format!(
        "[[etape]]\naller = \"{base}/types/gzip\"\n[[etape]]\naller = \"{base}/types/morceaux\"\n\
         [[etape]]\naller = \"{base}/types/texte-fige\"\n"
    ))
    .await;
    let all = records(&run);
    let told = |end: &str| about(&all, one(&all, "response", end));
    let field = |text: &str, name: &str| -> u64 {
        let line = text.lines().find_map(|l| l.strip_prefix(&format!("{name}: ")));
        line.unwrap_or_else(|| panic!("{name} in {text}")).trim().parse().unwrap()
    };
    let coded = one(&all, "response", "/types/gzip");
    let wire: u64 = coded.header("x-orig-content-length").unwrap().parse().unwrap();
    let gzip = told("/types/gzip");
    assert!(gzip.contains("bodyForm: content-decoded\r\n") && gzip.contains("contentEncoding: gzip\r\n"), "{gzip}");
    assert_eq!(field(&gzip, "bodyLength"), coded.body.len() as u64);
    assert_eq!(field(&gzip, "encodedBodyLength"), wire);
    let chunked = told("/types/morceaux");
    assert!(chunked.contains("bodyForm: as-sent\r\n") && chunked.contains("transferEncoding: chunked"), "{chunked}");
    assert!(field(&chunked, "encodedBodyLength") > field(&chunked, "bodyLength"), "chunks have a framing: {chunked}");
    let plain = told("/types/texte-fige");
    assert_eq!(field(&plain, "encodedBodyLength"), field(&plain, "bodyLength"), "{plain}");
    assert!(plain.contains("remotePort: ") && plain.contains("initiator: "), "{plain}");
}

/// The answer of a request: the preflight shares its address.
trait Answered {
    fn target_and_method(&self, all: &[Record]) -> String;
}

impl Answered for fixtures::sites::protocole::Received {
    fn target_and_method(&self, all: &[Record]) -> String {
        let twice = all.iter().filter(|r| r.kind == "response" && r.url.ends_with(&self.target)).count() == 2;
        assert_eq!(twice, self.method == "PUT", "{}", self.target);
        // The answers of a preflighted address are compared apart.
        if twice { "/protocole/recoit?texte".into() } else { self.target.clone() }
    }
}
