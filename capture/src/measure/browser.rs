//! The browser, by its own answers, before the first page: version, settings, emptiness.
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use dossier::{Outcome, Sha256Digest, op};
use probes::{Fact, World, policies};
use serde_json::{Value, json};

use crate::browser::{BinaryDigest, FoundBrowser, Switch, Workspace};
use crate::cdp::{text, whole};
use crate::page::Page;
use crate::scenario::{Navigateur, Scenario};

/// What the page reads of its own surroundings.
const SURROUNDINGS: &str = "({agent: navigator.userAgent, languages: Array.from(navigator.languages), \
    zone: Intl.DateTimeFormat().resolvedOptions().timeZone, width: innerWidth, height: innerHeight, \
    scale: Math.round(devicePixelRatio * 100), depth: screen.colorDepth, online: navigator.onLine, \
    webdriver: navigator.webdriver === true, zoom: Math.round(visualViewport.scale * 100), dark: matchMedia('(prefers-color-scheme: dark)').matches})";

pub(crate) async fn browser_facts(
    page: &Page,
    (found, digest): (&FoundBrowser, BinaryDigest),
    version: &Value,
    scenario: &Scenario,
    table: &[Switch],
    workspace: &Workspace,
) -> Vec<Fact> {
    let (settings, origins) = (&scenario.navigateur, scenario.origins());
    let mut facts = vec![browser(found, digest.await, version), extensions(page, table).await];
    facts.extend(surroundings(page, settings, table).await);
    facts.extend(cleanness(page, workspace, &origins).await);
    facts
}

fn browser(found: &FoundBrowser, digest: Option<Sha256Digest>, version: &Value) -> Fact {
    let product = text(version, "/product").unwrap_or("");
    let (name, number) = product.split_once('/').unwrap_or((product, ""));
    let data = json!({
        "name": name, "version": number, "binary": found.binary.display().to_string(),
        "binary_sha256": digest, "protocol": text(version, "/protocolVersion"),
        "revision": text(version, "/revision"), "elf": found.is_elf,
        "how": "Browser.getVersion ; SHA-256 du binaire exécuté",
    });
    // A wrapper may add switches that are not in our table.
    Fact::judged(op::MEASURE_BROWSER, found.is_elf && digest.is_some() && !number.is_empty(), data)
}

async fn extensions(page: &Page, table: &[Switch]) -> Fact {
    let world = World::this_machine(std::sync::Arc::clone(&page.recorder.clock));
    let targets =
        page.recorder.cdp.call(None, "Target.getTargets", json!({"filter": [{}]})).await.unwrap_or(Value::Null);
    let all = targets.pointer("/targetInfos").and_then(Value::as_array);
    let urls = all.into_iter().flatten().filter_map(|t| text(t, "/url"));
    let extensions: Vec<&str> = urls.filter(|u| u.starts_with("chrome-extension://")).collect();
    let policies: Vec<String> = policies(&world).into_iter().map(|(path, _)| path).collect();
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
    let automation = automation(&read);
    // Chromium blocks popups and shows pictures unless a switch or a policy says otherwise.
    let world = World::this_machine(std::sync::Arc::clone(&page.recorder.clock));
    let policies = policies(&world);
    let imposed = |word: &str| policies.iter().any(|(_, text)| text.contains(word));
    let popups_blocked = !table.iter().any(|s| s.name == "disable-popup-blocking") && !imposed("Popups");
    let images = !table.iter().any(|s| s.name == "blink-settings") && !imposed("Images");
    let effective = json!({
        "user_agent": text(&read, "/agent"), "languages": languages, "time_zone": text(&read, "/zone"),
        "javascript": read.is_object(), "dark_mode": read.get("dark"), "webdriver": read.get("webdriver"),
        "automation_visible": automation, "images": images, "zoom_percent": whole(&read, "/zoom"),
        "popups": if popups_blocked { "blocked" } else { "allowed" },
        "service_workers": "actifs, comme pour un visiteur ; leurs échanges sont enregistrés, leurs réponses à la page sont signalées",
        "asked": {"language": settings.langue, "time_zone": settings.fuseau}, "how": how,
    });
    vec![
        Fact::judged(
            op::MEASURE_DISPLAY,
            asked && whole(&read, "/scale") == Some(i64::from(settings.echelle) * 100),
            display,
        ),
        Fact::judged(op::MEASURE_SETTINGS, language && zone, effective),
    ]
}

/// What a page can read that tells an automated browser from another (WebDriver section 4, `navigator.webdriver`).
/// Nothing of it is hidden: what a site shows to such a browser is what was observed.
fn automation(read: &Value) -> Vec<&'static str> {
    let mut seen = Vec::new();
    if read.get("webdriver") == Some(&Value::Bool(true)) {
        seen.push("navigator.webdriver");
    }
    if text(read, "/agent").is_some_and(|agent| agent.contains("Headless")) {
        seen.push("navigator.userAgent (Headless)");
    }
    seen
}

async fn cleanness(page: &Page, workspace: &Workspace, origins: &BTreeSet<String>) -> Vec<Fact> {
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
    let cached = cache_entries(&workspace.profile());
    let cache = json!({
        "disabled": disabled, "entries": cached,
        "how": "Network.setCacheDisabled accepté par le navigateur ; entrées du cache comptées dans le dossier du profil",
    });
    let history = page.call("Page.getNavigationHistory", json!({})).await.unwrap_or(Value::Null);
    let visited = history
        .get("entries")
        .and_then(Value::as_array)
        .map(|entries| entries.iter().filter(|e| text(e, "/url").is_some_and(|u| u != "about:blank")).count());
    let history = json!({
        "entries": visited, "how": "Page.getNavigationHistory, hors about:blank ; profil neuf",
    });
    let [password_manager, autofill] = workspace.kept_from_forms();
    let passwords = json!({
        "password_manager": password_manager, "autofill": autofill, "stores": [],
        "how": "réglages écrits dans le profil listé vide, avant le lancement, et relus ; --password-store=basic, sans trousseau du système",
    });
    let kept_nothing = [password_manager, autofill] == [Some(false); 2];
    let targets =
        page.recorder.cdp.call(None, "Target.getTargets", json!({"filter": [{}]})).await.unwrap_or(Value::Null);
    let workers = targets
        .pointer("/targetInfos")
        .and_then(Value::as_array)
        .map(|all| all.iter().filter(|t| text(t, "/type") == Some("service_worker")).count());
    let (mut usage, mut unknown) = (0, 0);
    for origin in origins {
        match page.call("Storage.getUsageAndQuota", json!({"origin": origin})).await {
            Ok(answer) => usage += whole(&answer, "/usage").unwrap_or(0),
            Err(_) => unknown += 1,
        }
    }
    let storage = json!({
        "usage_bytes": usage, "service_workers": workers, "origins": origins, "unanswered": unknown,
        "how": "Storage.getUsageAndQuota pour chaque origine du scénario ; cibles du navigateur (Target.getTargets)",
    });
    vec![
        cookies,
        Fact::judged(op::CLEAN_CACHE, disabled && cached == 0, cache),
        Fact::judged(op::CLEAN_HISTORY, visited == Some(0), history),
        Fact::judged(op::CLEAN_PASSWORDS, kept_nothing, passwords),
        Fact::judged(op::CLEAN_STORAGE, workers == Some(0) && usage == 0 && unknown == 0, storage),
    ]
}

/// Entries of the browser's HTTP cache: files named by sixteen hexadecimal digits (Chromium's simple cache).
fn cache_entries(folder: &Path) -> u64 {
    let entry_name = |name: &str| {
        name.split_once('_').is_some_and(|(hash, _)| hash.len() == 16 && hash.bytes().all(|b| b.is_ascii_hexdigit()))
    };
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let mut count = 0;
    for entry in entries.flatten() {
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            count += cache_entries(&path);
        } else if path.components().any(|c| c.as_os_str() == "Cache_Data")
            && entry_name(&entry.file_name().to_string_lossy())
        {
            count += 1;
        }
    }
    count
}
