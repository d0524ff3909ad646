//! The state of the proxy, established at every level: environment, system, automatic configuration, browser, connection.
//!
//! The browser is started with a direct connection forced and an environment emptied: what the machine says besides could
//! not take effect, and is a deviation all the same, because it must be explained.
use std::collections::BTreeMap;
use std::time::Duration;

use dossier::op;
use serde_json::{Value, json};

use super::address::address_in;
use crate::http::{self, Question};
use crate::sources::AddressSource;
use crate::{Asked, Fact, World};

mod browser;
mod pac;
mod system;

pub use browser::policies;

/// Environment variables that name a proxy.
const VARIABLES: &[&str] = &[
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "ftp_proxy",
    "no_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "FTP_PROXY",
    "NO_PROXY",
    "auto_proxy",
    "AUTO_PROXY",
    "SOCKS_SERVER",
];
const WAIT: Duration = Duration::from_millis(2500);
const HOW: &str = "variables d'environnement (retirées au lancement du navigateur), fichiers du système et réglages des bureaux, baux \
                   DHCP et nom « wpad » des domaines de recherche, stratégies et options du navigateur, commutateur du navigateur, \
                   demandes directes de nos mesures";

/// One setting that names a proxy, and where it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Setting {
    pub(super) source: String,
    pub(super) key: String,
    pub(super) value: String,
}

impl Setting {
    fn new(source: &str, key: &str, value: &str) -> Self {
        let value: String = without_login(value).chars().filter(|c| !c.is_control()).take(300).collect();
        Self { source: source.into(), key: key.into(), value }
    }

    fn told(&self) -> Value {
        json!({"source": self.source, "key": self.key, "value": self.value})
    }

    fn text(&self) -> String {
        format!("{} : {} = {}", self.source, self.key, self.value)
    }
}

/// Every level, each told as « aucun » or with what it holds.
pub(super) fn proxy(world: &World, asked: &Asked<'_>, suffix: &str) -> Fact {
    let environment: BTreeMap<&str, String> =
        VARIABLES.iter().filter_map(|name| world.variable(name).map(|value| (*name, without_login(value)))).collect();
    let system = system::settings(world);
    let (pac, found) = pac::automatic(world, suffix);
    let browser = browser::read(world);
    let measured = measured(world, asked);
    let direct = browser.imposed.is_empty() && browser.unreadable.is_empty() && browser.flags.is_empty();
    let texts = |list: &[Setting]| -> Vec<String> { list.iter().map(Setting::text).collect() };
    let level = |name: &str, held: Vec<String>| json!({"level": name, "state": if held.is_empty() { "aucun".to_owned() } else { held.join(" ; ") }});
    let unreadable = browser.unreadable.iter().map(|path| format!("{path} : illisible"));
    let levels = [
        level("environnement", environment.iter().map(|(name, value)| format!("{name} = {value}")).collect()),
        level("système", texts(&system)),
        level("configuration automatique (PAC, WPAD)", texts(&pac)),
        level("stratégies du navigateur", texts(&browser.imposed).into_iter().chain(unreadable).collect()),
        level("options du navigateur", texts(&browser.flags)),
    ];
    let good = environment.is_empty() && system.is_empty() && pac.is_empty() && direct;
    let told = |list: &[Setting]| -> Vec<Value> { list.iter().map(Setting::told).collect() };
    let mut policy: Vec<String> = browser.imposed.iter().map(|setting| setting.source.clone()).collect();
    policy.extend(browser.unreadable.iter().cloned());
    policy.dedup();
    let data = json!({
        "environment": environment, "system": told(&system), "browser_flag": "--no-proxy-server",
        "policy": policy, "policies": told(&browser.imposed), "policies_direct": told(&browser.direct),
        "browser_options": told(&browser.flags),
        "pac": if pac.is_empty() { Value::Null } else { Value::Array(told(&pac)) },
        "levels": levels, "measured": measured, "environment_passed": false,
        "effective": if direct { "direct" } else { "stratégie imposée" }, "how": HOW,
    });
    let mut fact = Fact::judged(op::MEASURE_PROXY, good, data);
    fact.evidence = found;
    fact
}

/// What an HTTP service sees of a direct connection of ours, and of one through the environment's proxy when it names one.
fn measured(world: &World, asked: &Asked<'_>) -> Value {
    let urls = asked.sources.address.iter().filter_map(|source| match source {
        AddressSource::Http(url) => Some(url),
        AddressSource::Stun { .. } => None,
    });
    let Some(url) = urls.into_iter().next() else { return Value::Null };
    let names = if url.scheme() == "https" { ["https_proxy", "HTTPS_PROXY"] } else { ["http_proxy", "HTTP_PROXY"] };
    let named = names.iter().chain(&["all_proxy", "ALL_PROXY"]).find_map(|name| world.variable(name));
    let Some(proxy) = named else { return Value::Null };
    let see = |proxy: Option<&str>| {
        let question = Question { deadline: WAIT, proxy, ..Question::default() };
        match http::ask(url, &question) {
            Ok(reply) => match address_in(&reply.body) {
                Some(address) => json!({"address": address.to_string()}),
                None => json!({"why": format!("réponse {} sans adresse", reply.status)}),
            },
            // The error may name the proxy with its login.
            Err(why) => {
                json!({"why": if proxy.is_some() { "le proxy n'a pas donné de réponse".to_owned() } else { why }})
            }
        }
    };
    std::thread::scope(|scope| {
        let through = scope.spawn(move || see(Some(proxy)));
        let direct = see(None);
        json!({
            "service": url.as_str(), "direct": direct, "through_environment": through.join().unwrap_or(Value::Null),
        })
    })
}

/// A proxy's address may hold a login: it is not journalled.
fn without_login(value: &str) -> String {
    let start = value.find("://").map_or(0, |scheme| scheme + 3);
    match value.rfind('@') {
        Some(at) if at >= start => format!("{}(identifiants)@{}", &value[..start], &value[at + 1..]),
        _ => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use dossier::Outcome;

    use super::*;
    use crate::test_support::{Etude, world_with};

    fn told(files: &[(&str, &str)], environment: &[(&str, &str)]) -> Fact {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        proxy(&world_with(folder.path(), environment), &Etude::default().asked(), "")
    }

    #[test]
    fn a_login_of_a_proxy_is_not_told() {
        assert_eq!(without_login("http://u:secret@p:3128"), "http://(identifiants)@p:3128");
        assert_eq!(without_login("http://p:3128"), "http://p:3128");
        assert_eq!(without_login("u:secret@p:3128"), "(identifiants)@p:3128");
    }

    #[test]
    fn nothing_anywhere_is_told_level_by_level() {
        let fact = told(&[("etc/environment", "PATH=/bin\n")], &[("HOME", "/root")]);
        assert_eq!(fact.outcome, Outcome::Ok);
        let levels = fact.data["levels"].as_array().unwrap();
        assert_eq!(levels.len(), 5);
        assert!(levels.iter().all(|level| level["state"] == "aucun"), "{levels:?}");
        assert_eq!((&fact.data["effective"], &fact.data["pac"]), (&json!("direct"), &Value::Null));
    }

    #[test]
    fn a_proxy_at_any_level_is_a_deviation() {
        let kde = "[Proxy Settings]\nProxyType=1\nhttpProxy=http://p 3128\n";
        let policy = "etc/chromium/policies/managed/a.json";
        let cases: &[(usize, &str, &str)] = &[
            (1, "etc/environment", "https_proxy=\"http://u:secret@p:3128\"\n"),
            (1, "etc/profile.d/proxy.sh", "export http_proxy=http://p:3128\n"),
            (1, "etc/systemd/system.conf.d/p.conf", "[Manager]\nDefaultEnvironment=\"http_proxy=http://p:3128\"\n"),
            (1, "home/o/.config/kioslaverc", kde),
            (1, "etc/dconf/db/local.d/p", "[system/proxy]\nmode='manual'\n"),
            (2, "var/lib/dhcp/dhclient.eth0.leases", "lease {\n  option wpad \"http://w/wpad.dat\";\n}\n"),
            (2, "run/systemd/netif/leases/2", "OPTION_252=687474703a2f2f772f\n"),
            (3, policy, r#"{"ProxyMode": "fixed_servers", "ProxyServer": "p:3128"}"#),
            (3, policy, r#"{"ProxySettings": {"ProxyMode": "pac_script", "ProxyPacUrl": "http://w/"}}"#),
            (3, policy, "{ /* not JSON */ }"),
            (4, "etc/chromium.d/flags", "export CHROMIUM_FLAGS=\"$CHROMIUM_FLAGS --proxy-server=p:3128\"\n"),
        ];
        for (level, path, text) in cases {
            let fact = told(&[(path, text)], &[("HOME", "/home/o")]);
            assert_eq!(fact.outcome, Outcome::Deviation, "{path}: {}", fact.data);
            for (at, state) in fact.data["levels"].as_array().unwrap().iter().enumerate() {
                assert_eq!(state["state"] == "aucun", at != *level, "{path}: {state}");
            }
            assert!(!fact.data.to_string().contains("secret"), "{path}");
        }
        let fact = told(&[], &[("https_proxy", "http://u:secret@p:3128")]);
        assert_eq!((fact.outcome, &fact.data["effective"]), (Outcome::Deviation, &json!("direct")));
    }

    #[test]
    fn a_policy_that_forces_the_direct_connection_is_no_proxy() {
        let policy = r#"{"ProxyMode": "direct", "ProxySettings": {"ProxyMode": "direct"}, "Other": "ProxyServer"}"#;
        let fact = told(&[("etc/chromium/policies/managed/a.json", policy)], &[]);
        assert_eq!((fact.outcome, fact.data["policies_direct"].as_array().unwrap().len()), (Outcome::Ok, 2));
    }

    #[test]
    fn policies_are_found_with_their_text() {
        let folder = tempfile::tempdir().unwrap();
        let managed = folder.path().join("etc/opt/chrome/policies/managed");
        fs::create_dir_all(&managed).unwrap();
        fs::write(managed.join("a.json"), "{}").unwrap();
        fs::write(managed.join("readme"), "{}").unwrap();
        let found = policies(&world_with(Path::new(folder.path()), &[]));
        assert_eq!(found, [("/etc/opt/chrome/policies/managed/a.json".to_owned(), "{}".to_owned())]);
    }
}
