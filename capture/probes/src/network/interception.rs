//! Signs that something stands between this machine and the sites: certificates that no public root signed, roots added to
//! this machine, header fields that relays add.
use std::net::IpAddr;
use std::thread;
use std::time::Duration;

use dossier::{Instant, op};
use serde_json::{Value, json};
use url::Url;

use super::reach;
use crate::http::{self, Question};
use crate::{Asked, Evidence, Fact, World};

mod chain;
mod handshake;
mod headers;
mod roots;

pub use chain::{NotPublic, Verified, pem_certificates, public_root};
pub use headers::relay_signs;

/// Hosts asked at most, the witness first.
const MOST: usize = 6;
const HEAD: Duration = Duration::from_millis(3500);
const HOW: &str = "poignée de main TLS faite par nous-mêmes avec chaque hôte https, chaîne présentée gardée et confrontée aux racines de \
                   Mozilla ; demande HEAD au témoin et, hors d'une capture, aux hôtes http ; autorités ajoutées : /usr/local/share/ca-certificates, \
                   /etc/ssl/certs confronté à la liste du paquet ca-certificates, bases NSS, stratégies du navigateur";

/// What one host showed.
#[derive(Default)]
struct Shown {
    chain: Option<Value>,
    headers: Option<Value>,
    deviations: Vec<String>,
    evidence: Vec<Evidence>,
}

/// Looks at the machine's own roots, then at each host.
pub(super) fn interception(world: &World, asked: &Asked<'_>) -> Fact {
    let now = world.clock.now();
    let urls = urls(asked);
    let shown: Vec<Shown> = thread::scope(|scope| {
        let each = urls.iter().enumerate();
        let running: Vec<_> = each.map(|(at, url)| scope.spawn(move || show(at + 1, url, asked, now))).collect();
        running.into_iter().filter_map(|task| task.join().ok()).collect()
    });
    let (local, mut deviations) = roots::local(world);
    let (mut chains, mut headers, mut evidence) = (Vec::new(), Vec::new(), Vec::new());
    for one in shown {
        chains.extend(one.chain);
        headers.extend(one.headers);
        deviations.extend(one.deviations);
        evidence.extend(one.evidence);
    }
    let mut data = json!({
        "hosts": chains, "headers": headers, "roots": local, "deviations": deviations, "how": HOW,
        "reference": match &asked.sources.roots {
            None => "racines de Mozilla (crate webpki-roots)",
            Some(_) => "racines données par l'étude",
        },
    });
    if urls.is_empty()
        && let Some(object) = data.as_object_mut()
    {
        let remark =
            "Ni hôte témoin ([mesures] temoin) ni hôte au plan : seules les autorités de la machine sont examinées.";
        object.insert("remark".into(), remark.into());
    }
    let bytes = serde_json::to_vec_pretty(&data).unwrap_or_default();
    let mut fact = Fact::judged(op::MEASURE_INTERCEPTION, deviations.is_empty(), data);
    fact = fact.with("interception.json", "application/json", bytes);
    fact.evidence.extend(evidence);
    fact
}

/// The witness and the origins of the plan, each once.
fn urls(asked: &Asked<'_>) -> Vec<Url> {
    let mut urls: Vec<Url> = Vec::new();
    for url in asked.sources.witness.iter().chain(asked.origins) {
        let known = urls.iter().any(|u| u.origin() == url.origin());
        if urls.len() < MOST && !known && matches!(url.scheme(), "http" | "https") {
            urls.push(url.clone());
        }
    }
    urls
}

fn show(number: usize, url: &Url, asked: &Asked<'_>, now: Instant) -> Shown {
    let mut shown = Shown::default();
    let Some((host, port)) = reach::end(url) else { return shown };
    let roots = asked.sources.roots.as_deref();
    let mut trusted = true;
    if url.scheme() == "https" {
        trusted = look_at_chain(number, (&host, port), roots, now, &mut shown);
    }
    // A site that TLS authenticates writes its own fields: only the witness, whom we know, is asked besides.
    let witness = asked.sources.witness.as_ref().is_some_and(|witness| witness.origin() == url.origin());
    if trusted && (url.scheme() == "http" || witness) {
        look_at_headers(number, url, roots, &mut shown);
    }
    shown
}

/// Whether the chain leads to a public root and names the host.
fn look_at_chain(
    number: usize,
    (host, port): (&str, u16),
    roots: Option<&[Vec<u8>]>,
    now: Instant,
    shown: &mut Shown,
) -> bool {
    let mut told = json!({"host": host, "port": port});
    let mut put = |key: &str, value: Value| {
        if let Some(object) = told.as_object_mut() {
            object.insert(key.into(), value);
        }
    };
    let own = host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    put("loopback", own.into());
    let mut good = false;
    match handshake::present(host, port, roots, now) {
        Err(why) => put("why", why.into()),
        Ok(presented) => {
            put("address", presented.address.to_string().into());
            put("version", presented.version.clone().into());
            put("certificates", presented.chain.len().into());
            put("signed_timestamps", presented.chain.first().is_some_and(|der| chain::has_timestamps(der)).into());
            match &presented.verified {
                Ok(verified) => {
                    good = presented.complete;
                    put("public", true.into());
                    put("subject", verified.subject.clone().into());
                    put("issuer", verified.issuer.clone().into());
                    put("in_time", verified.in_time.into());
                    if let Some(why) = &presented.why {
                        put("why", why.clone().into());
                        shown.deviations.push(format!("{host} : {why}"));
                    }
                }
                Err(not) => {
                    let (subject, issuer) = not.names();
                    put("public", false.into());
                    put("subject", subject.into());
                    put("issuer", issuer.into());
                    put("why", not.to_string().into());
                    shown.deviations.push(format!("{host} : {not}"));
                }
            }
            let name = format!("chaine-{number}.pem");
            put("chain", name.clone().into());
            let bytes = chain::pem(&presented.chain).into_bytes();
            shown.evidence.push(Evidence { name, media_type: "application/x-pem-file", bytes });
        }
    }
    shown.chain = Some(told);
    good
}

fn look_at_headers(number: usize, url: &Url, roots: Option<&[Vec<u8>]>, shown: &mut Shown) {
    let mut root = url.clone();
    root.set_path("/");
    root.set_query(None);
    // A redirect is not followed: it may lead to any other site.
    let question = Question { deadline: HEAD, head: true, cut: true, roots, ..Question::default() };
    match http::ask(&root, &question) {
        Err(why) => shown.headers = Some(json!({"url": root.as_str(), "why": why})),
        Ok(reply) => {
            let signs = relay_signs(&reply.headers);
            if !signs.is_empty() {
                let list = signs.join(" ; ");
                shown.deviations.push(format!("{root} : la réponse porte des champs de relais ({list})"));
            }
            let name = format!("entetes-{number}.txt");
            let server = reply.headers.iter().find(|(name, _)| name == "server").map(|(_, value)| value.clone());
            shown.headers = Some(json!({
                "url": root.as_str(), "status": reply.status, "signs": signs, "server": server,
                "authenticated": url.scheme() == "https", "reply": name,
            }));
            shown.evidence.push(Evidence { name, media_type: "text/plain", bytes: reply.raw() });
        }
    }
}

#[cfg(test)]
mod tests {
    use dossier::Outcome;

    use super::*;
    use crate::test_support::{Etude, world_at};

    #[test]
    fn a_machine_without_added_root_and_without_host_is_as_asked() {
        let folder = tempfile::tempdir().unwrap();
        let fact = interception(&world_at(folder.path()), &Etude::default().asked());
        assert_eq!(fact.outcome, Outcome::Ok, "{}", fact.data);
        assert!(fact.data["remark"].is_string());
    }

    #[test]
    fn a_host_that_does_not_answer_is_told_and_is_no_interception() {
        let folder = tempfile::tempdir().unwrap();
        // A port that was free a moment ago.
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let etude = Etude::default().at(&format!("https://127.0.0.1:{port}/")).at(&format!("http://127.0.0.1:{port}/"));
        let fact = interception(&world_at(folder.path()), &etude.asked());
        assert_eq!(fact.outcome, Outcome::Ok);
        assert!(fact.data["hosts"][0]["why"].is_string() && fact.data["headers"][0]["why"].is_string());
    }
}
