//! What never is on the network and is shown all the same, and what identifies a person.
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use dossier::{SessionState, op};
use fixtures::Sites;
use fixtures::sites::protocole::ACCOUNT;

use crate::harness::play;
use crate::records::{about, one, records};

#[tokio::test(flavor = "multi_thread")]
async fn contents_of_data_and_blob_addresses_are_kept() {
    let sites = Sites::start().unwrap();
    let run = play(&format!(
        "[[etape]]\naller = \"{}/protocole/page/dedans\"\n[[etape]]\nattendre = {{ texte = \"images prêtes\" }}\n",
        sites.base()
    ))
    .await;
    assert_eq!(run.captured.state, SessionState::Complete, "{:#?}", run.lines(&op::STEP_END));
    let all = records(&run);
    let octets = |coded: &str| BASE64_STANDARD.decode(coded).unwrap();
    let data = octets("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==");
    let blob = octets("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==");
    let name = format!("urn:data:sha256:{}", dossier::Sha256Digest::of(&data));
    let from_address = one(&all, "resource", &name);
    assert_eq!((from_address.body.as_slice(), from_address.field("Content-Type")), (data.as_slice(), Some("image/png")));
    let made = all.iter().find(|r| r.kind == "resource" && r.url.starts_with("blob:http://127.0.0.1")).unwrap();
    assert_eq!(made.body, blob);
    let told = about(&all, made);
    assert!(told.contains("resourceType: Image") && told.contains("/protocole/page/dedans"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_and_cookies_are_kept_and_marked() {
    let sites = Sites::start().unwrap();
    let (user, password) = ACCOUNT;
    let address = sites.base().replace("http://", &format!("http://{user}:{password}@"));
    let run = play(&format!("[[etape]]\naller = \"{address}/protocole/auth\"\n")).await;
    assert_eq!(run.captured.state, SessionState::Complete, "{:#?}", run.lines(&op::STEP_END));
    let all = records(&run);
    let answers: Vec<_> = all.iter().filter(|r| r.kind == "response" && r.url.ends_with("/protocole/auth")).collect();
    let granted = answers.iter().find(|r| r.head.starts_with("HTTP/1.1 200 ")).expect("access was granted");
    let right = format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}")));
    let asked = all.iter().find(|r| r.kind == "request" && r.header("authorization") == Some(right.as_str()));
    assert!(asked.is_some(), "the header that opened the page is not in the archive");
    assert_eq!(granted.header("set-cookie"), Some("acces=accorde; HttpOnly"));
    let told = about(&all, granted);
    assert!(told.contains("sensitive: request authorization, response set-cookie"), "{told}");
}
