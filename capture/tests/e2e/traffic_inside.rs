//! What never is on the network and is shown all the same, and what identifies a person.
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use dossier::{SessionState, op};
use fixtures::Sites;
use fixtures::sites::protocole::ACCOUNT;

use crate::harness::{play, play_with};
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
    let data =
        octets("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==");
    let blob =
        octets("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==");
    let name = format!("urn:data:sha256:{}", dossier::Sha256Digest::of(&data));
    let from_address = one(&all, "resource", &name);
    assert_eq!(
        (from_address.body.as_slice(), from_address.field("Content-Type")),
        (data.as_slice(), Some("image/png"))
    );
    let made = all.iter().find(|r| r.kind == "resource" && r.url.starts_with("blob:http://127.0.0.1")).unwrap();
    assert_eq!(made.body, blob);
    let told = about(&all, made);
    assert!(told.contains("resourceType: Image") && told.contains("/protocole/page/dedans"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_and_cookies_are_kept_and_marked() {
    let sites = Sites::start().unwrap();
    let run = play(&format!(
        "[[etape]]\naller = \"{}/protocole/page/acces\"\n[[etape]]\nattendre = {{ texte = \"200 puis 200\" }}\n",
        sites.base()
    ))
    .await;
    assert_eq!(run.captured.state, SessionState::Complete, "{:#?}", run.lines(&op::STEP_END));
    let all = records(&run);
    let (user, password) = ACCOUNT;
    let right = format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}")));
    assert_eq!(one(&all, "request", "/protocole/auth?entete").header("authorization"), Some(right.as_str()));
    let granted = one(&all, "response", "/protocole/auth?entete");
    assert_eq!(granted.header("set-cookie"), Some("acces=accorde; HttpOnly"));
    let told = about(&all, granted);
    assert!(told.contains("sensitive: request authorization, response set-cookie"), "{told}");
    // In the address: the browser sends it by itself, and the archive is not indexed by a password.
    let given = one(&all, "response", "/protocole/auth");
    assert!(given.url.starts_with("http://127.0.0.1:"), "{}", given.url);
    let told = about(&all, given);
    assert!(told.contains("sensitive: address") && told.contains("valbrune:essai@"), "{told}");
    let lines = run.lines(&op::INCOMPLETE);
    assert!(lines.iter().any(|l| l.text("detail").is_some_and(|d| d.contains("mot de passe"))), "{lines:#?}");
    let journal = serde_json::to_string(&lines.iter().map(|l| &l.data).collect::<Vec<_>>()).unwrap();
    assert!(!journal.contains("valbrune:essai"), "the journal repeats a password: {journal}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_the_browser_sends_by_itself_is_recorded() {
    let sites = Sites::start().unwrap();
    let run = play(&format!(
        "[[etape]]\naller = \"{}/protocole/page/rapport\"\n[[etape]]\nattendre = {{ texte = \"refus signalé\" }}\n\
         [[etape]]\nattendre = {{ secondes = 2 }}\n",
        sites.base()
    ))
    .await;
    let all = records(&run);
    let received = sites.received();
    assert_eq!(received.len(), 2, "{received:#?}");
    let stored: Vec<_> = all.iter().filter(|r| r.kind == "request" && r.url.ends_with("/recoit?rapport")).collect();
    for report in &received {
        assert!(stored.iter().any(|r| r.body == report.body), "{} {stored:#?}", String::from_utf8_lossy(&report.body));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chain_of_a_refused_connection_is_in_the_archive_with_the_refusal() {
    let sites = Sites::start().unwrap();
    let run = play(&format!("[[etape]]\naller = \"{}/\"\n", sites.tls_self_signed())).await;
    let all = records(&run);
    let chain = one(&all, "resource", &format!("urn:certificate:{}", sites.tls_self_signed()));
    assert!(chain.text().starts_with("-----BEGIN CERTIFICATE-----\n"));
    assert!(about(&all, chain).contains("validation: refused by the browser: net::ERR_CERT_AUTHORITY_INVALID"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_connection_of_a_secure_page_is_told_and_its_chain_kept() {
    let sites = Sites::start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let run = play_with(
        browser_that_trusts(&sites.tls_good(), folder.path()),
        &format!("[[etape]]\naller = \"{}/types/texte-fige\"\n", sites.tls_good()),
    )
    .await;
    assert_eq!(run.captured.state, SessionState::Complete, "{:#?}", run.lines(&op::STEP_END));
    let all = records(&run);
    let page = one(&all, "response", "/types/texte-fige");
    assert_eq!(page.field("WARC-IP-Address"), Some("127.0.0.1"));
    let suite = page.field("WARC-Cipher-Suite").unwrap();
    assert!(suite.starts_with("TLS_AES_") || suite.starts_with("TLS_CHACHA20_"), "{suite}");
    let protocols: Vec<&str> =
        page.fields.iter().filter(|(n, _)| n == "WARC-Protocol").map(|(_, v)| v.as_str()).collect();
    assert_eq!(protocols, ["http/1.1", "tls/1.3"]);
    assert!(about(&all, page).contains("tlsKeyExchangeGroup: "));
    let chain = one(&all, "resource", &format!("urn:certificate:{}", sites.tls_good()));
    let kept = String::from_utf8(run.file("net/certificats.json")).unwrap();
    let leaf = chain.text().lines().nth(1).unwrap().to_owned();
    assert!(kept.contains(&leaf), "{kept}");
    assert!(about(&all, chain).contains("validation: accepted by the browser"));
}

/// A launcher of the real browser that trusts one key more: the test's own authority is in no list of roots.
pub(crate) fn browser_that_trusts(origin: &str, folder: &std::path::Path) -> std::path::PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let host = origin.trim_start_matches("https://");
    let script = format!(
        "openssl s_client -connect {host} </dev/null 2>/dev/null | openssl x509 -pubkey -noout | openssl pkey -pubin -outform der"
    );
    let key = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
    assert!(key.status.success() && !key.stdout.is_empty(), "{key:?}");
    let pin = BASE64_STANDARD.encode(dossier::Sha256Digest::of(&key.stdout).as_bytes());
    let path = folder.join("chromium");
    std::fs::write(
        &path,
        format!("#!/bin/sh\nexec /usr/bin/chromium --ignore-certificate-errors-spki-list={pin} \"$@\"\n"),
    )
    .unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_download_is_in_the_archive_and_in_the_dossier() {
    let sites = Sites::start().unwrap();
    let run = play(&format!(
        "[limites]\ncorps_mio = 1\n[[etape]]\naller = \"{0}/\"\n[[etape]]\ntelecharger = {{ url = \"{0}/gros/?octets=9000000\" }}\n",
        sites.base()
    ))
    .await;
    assert_eq!(run.captured.state, SessionState::Complete, "{:#?}", run.lines(&op::STEP_END));
    let whole: Vec<u8> = (0..9_000_000_u32).map(|i| (i % 251) as u8).collect();
    let all = records(&run);
    let answer = one(&all, "response", "/gros/?octets=9000000");
    assert_eq!(answer.field("WARC-Truncated"), None);
    assert!(answer.body == whole, "{} octets; {:#?}", answer.body.len(), run.lines(&op::INCOMPLETE));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_browser_s_interface_is_compared_with_what_is_relied_on() {
    let sites = Sites::start().unwrap();
    let run = play(&format!("[[etape]]\naller = \"{}/\"\n", sites.base())).await;
    let told = run.only(&op::MEASURE_PROTOCOL);
    assert_eq!(told["absent"], serde_json::json!([]), "{told:#}");
    assert_eq!(told["unread_events"], serde_json::json!([]), "{told:#}");
    assert_eq!(told["unread_issues"], serde_json::json!([]), "{told:#}");
    let kept: serde_json::Value = serde_json::from_slice(&run.file("net/protocole.json")).unwrap();
    assert!(kept["domains"]["events"]["Network.requestWillBeSent"].is_array());
    assert!(!run.codes().contains(&"capture.protocol"), "{:?}", run.codes());
}
