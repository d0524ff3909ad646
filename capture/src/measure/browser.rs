//! The browser, by its own answers, before the first page: version, settings, emptiness.
use dossier::{Outcome, op};
use serde_json::{Value, json};

use super::Fact;
use super::network::policies;
use crate::browser::{FoundBrowser, Switch};
use crate::cdp::{text, whole};
use crate::page::Page;
use crate::scenario::Navigateur;

/// What the page reads of its own surroundings.
const SURROUNDINGS: &str = "({agent: navigator.userAgent, languages: Array.from(navigator.languages), \
    zone: Intl.DateTimeFormat().resolvedOptions().timeZone, width: innerWidth, height: innerHeight, \
    scale: Math.round(devicePixelRatio * 100), depth: screen.colorDepth, online: navigator.onLine, \
    webdriver: navigator.webdriver === true, dark: matchMedia('(prefers-color-scheme: dark)').matches})";

pub(crate) async fn browser_facts(
    page: &Page,
    found: &FoundBrowser,
    version: &Value,
    settings: &Navigateur,
    table: &[Switch],
) -> Vec<Fact> {
    let mut facts = vec![browser(found, version), extensions(page, table).await];
    facts.extend(surroundings(page, settings, table).await);
    facts.extend(cleanness(page, table).await);
    facts
}

fn browser(found: &FoundBrowser, version: &Value) -> Fact {
    let product = text(version, "/product").unwrap_or("");
    let (name, number) = product.split_once('/').unwrap_or((product, ""));
    let data = json!({
        "name": name, "version": number, "binary": found.binary.display().to_string(),
        "binary_sha256": found.sha256, "protocol": text(version, "/protocolVersion"),
        "revision": text(version, "/revision"), "elf": found.is_elf,
        "how": "Browser.getVersion ; SHA-256 du binaire exécuté",
    });
    // A wrapper may add switches that are not in our table.
    Fact::judged(op::MEASURE_BROWSER, found.is_elf && !number.is_empty(), data)
}

async fn extensions(page: &Page, table: &[Switch]) -> Fact {
    let targets = page.recorder.cdp.call(None, "Target.getTargets", json!({"filter": [{}]})).await.unwrap_or(Value::Null);
    let all = targets.pointer("/targetInfos").and_then(Value::as_array);
    let urls = all.into_iter().flatten().filter_map(|t| text(t, "/url"));
    let extensions: Vec<&str> = urls.filter(|u| u.starts_with("chrome-extension://")).collect();
    let policies: Vec<String> = policies().into_iter().map(|(path, _)| path).collect();
    let good = extensions.is_empty() && policies.is_empty();
    let data = json!({
        "extensions": extensions, "policies": policies,
        "how": "commutateur --disable-extensions, cibles du navigateur (Target.getTargets), dossiers de stratégies",
        "switches": table.len(),
    });
    Fact::judged(op::MEASURE_EXTENSIONS, good, data)
}

async fn surroundings(page: &Page, settings: &Navigateur, table: &[Switch]) -> Vec<Fact> {
    let read = page.ask(SURROUNDINGS).await.unwrap_or(Value::Null);
    let how = "lu dans la page vierge, en monde isolé";
    let (width, height) = (whole(&read, "/width"), whole(&read, "/height"));
    let headless = table.iter().any(|s| s.name == "headless");
    let display = json!({
        "viewport_width": width, "viewport_height": height, "scale_percent": whole(&read, "/scale"),
        "colour_depth": whole(&read, "/depth"), "headless": headless, "how": how,
    });
    let asked = width == Some(i64::from(settings.largeur)) && height == Some(i64::from(settings.hauteur));
    let languages = read.get("languages").cloned().unwrap_or(Value::Null);
    let language = languages.get(0).and_then(Value::as_str) == Some(&settings.langue);
    let zone = text(&read, "/zone") == Some(&settings.fuseau);
    let effective = json!({
        "user_agent": text(&read, "/agent"), "languages": languages, "time_zone": text(&read, "/zone"),
        "javascript": read.is_object(), "dark_mode": read.get("dark"), "webdriver": read.get("webdriver"),
        "service_workers": "contournés (Network.setBypassServiceWorker)",
        "asked": {"language": settings.langue, "time_zone": settings.fuseau}, "how": how,
    });
    vec![
        Fact::judged(op::MEASURE_DISPLAY, asked && whole(&read, "/scale") == Some(100), display),
        Fact::judged(op::MEASURE_SETTINGS, language && zone, effective),
    ]
}

async fn cleanness(page: &Page, table: &[Switch]) -> Vec<Fact> {
    let cookies = page.recorder.cdp.call(None, "Storage.getCookies", json!({})).await;
    let count = cookies.ok().and_then(|c| c.get("cookies").and_then(Value::as_array).map(Vec::len));
    let cookies = match count {
        Some(count) => {
            let data = json!({"cookies": count, "how": "Storage.getCookies"});
            Fact::judged(op::CLEAN_COOKIES, count == 0, data)
        }
        None => Fact::new(op::CLEAN_COOKIES, Outcome::Deviation, json!({"how": "Storage.getCookies sans réponse"})),
    };
    let disabled = page.call("Network.setCacheDisabled", json!({"cacheDisabled": true})).await.is_ok();
    let cache = json!({
        "disabled": disabled, "entries": 0,
        "how": "Network.setCacheDisabled accepté par le navigateur ; profil neuf, listé vide avant le lancement",
    });
    let history = page.call("Page.getNavigationHistory", json!({})).await.unwrap_or(Value::Null);
    let visited = history.get("entries").and_then(Value::as_array).map(|entries| {
        entries.iter().filter(|e| text(e, "/url").is_some_and(|u| u != "about:blank")).count()
    });
    let history = json!({
        "entries": visited, "how": "Page.getNavigationHistory, hors about:blank ; profil neuf",
    });
    let basic = table.iter().any(|s| s.name == "password-store");
    let passwords = json!({
        "password_manager": "profil neuf, sans mot de passe ; --password-store=basic, sans trousseau du système",
        "autofill": "profil neuf, sans donnée de formulaire", "how": "commutateurs du navigateur, dossier du profil listé vide",
    });
    let targets = page.recorder.cdp.call(None, "Target.getTargets", json!({"filter": [{}]})).await.unwrap_or(Value::Null);
    let workers = targets.pointer("/targetInfos").and_then(Value::as_array).map(|all| {
        all.iter().filter(|t| text(t, "/type") == Some("service_worker")).count()
    });
    let storage = json!({
        "usage_bytes": 0, "service_workers": workers,
        "how": "profil neuf, listé vide avant le lancement ; cibles du navigateur (Target.getTargets)",
    });
    vec![
        cookies,
        Fact::judged(op::CLEAN_CACHE, disabled, cache),
        Fact::judged(op::CLEAN_HISTORY, visited == Some(0), history),
        Fact::judged(op::CLEAN_PASSWORDS, basic, passwords),
        Fact::judged(op::CLEAN_STORAGE, workers == Some(0), storage),
    ]
}
