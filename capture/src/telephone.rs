//! A declared telephone, put before every part of the browser that runs, and what pages then read of it.
//!
//! The agent is a switch too: no command reaches the script of a service worker before it is asked for. Frames of other sites
//! stay in the process of their page, as on a telephone: measured on Chromium 156, one in a process of its own keeps the
//! workstation's screen. Brands and versions are the engine's own, read from it: only what the device adds is said instead.
use std::time::Duration;

use dossier::{Outcome, Sha256Digest};
use serde_json::{Value, json};
use tokio::process::Command;
use url::Url;

use crate::CaptureError;
use crate::browser::{FoundBrowser, Switch, Workspace};
use crate::cdp::{Cdp, CdpError, text, whole};
use crate::page::Page;
use crate::scenario::{Navigateur, Telephone};
use crate::session::opening::lost;

mod hints;

/// How many fingers a telephone tells apart.
const FINGERS: u32 = 5;
/// What Chrome says on Android whatever the processor is.
const PLATFORM: &str = "Linux armv81";
/// How long the browser's binary has to say its version, and a blank page to be read.
const VERSION: Duration = Duration::from_secs(20);
const READING: Duration = Duration::from_secs(5);
/// A page that is as wide as the screen, with nothing on it.
const BLANK: &str = "<!doctype html><html><head><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"></head><body></body></html>";
/// What a page reads.
const READ: &str = "({inner_width: innerWidth, inner_height: innerHeight, density: devicePixelRatio, agent: navigator.userAgent, \
    platform: navigator.platform, touch_points: navigator.maxTouchPoints, coarse_pointer: matchMedia('(pointer: coarse)').matches, \
    screen_width: screen.width, screen_height: screen.height, orientation: screen.orientation ? screen.orientation.type : null})";
const HINTS: &str = "(async () => document.readyState === 'complete' && navigator.userAgentData ? \
    {...navigator.userAgentData.toJSON(), ...await navigator.userAgentData.getHighEntropyValues(['model', 'platformVersion', 'fullVersionList', 'formFactors'])} : null)()";
const HOW: &str = "relu dans la page vierge, en monde isolé ; indications du navigateur (userAgentData) relues dans une page locale vide, \
    dans un autre onglet, fermé ensuite ; marques et versions : celles du moteur, non changées ; la première demande d'une fenêtre \
    ouverte par une page attend de les porter";

/// The browser's own version, asked of its binary before it is started: nothing else is ever said to a site.
async fn version_of(found: &FoundBrowser) -> Result<String, CaptureError> {
    let wrong = |why: String| CaptureError::BrowserStart { binary: found.binary.clone(), why };
    let mut asking = Command::new(&found.binary);
    asking.arg("--product-version").env_clear().kill_on_drop(true);
    let answer = tokio::time::timeout(VERSION, asking.output()).await;
    let answer = answer.map_err(|_| wrong("no version".into()))?.map_err(|e| wrong(e.to_string()))?;
    let said = String::from_utf8_lossy(&answer.stdout).trim().to_owned();
    let numbers: Vec<&str> = said.split('.').collect();
    let good = numbers.len() == 4 && numbers.iter().all(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    good.then_some(said.clone()).ok_or_else(|| wrong(format!("version « {said} »")))
}

/// Adds the switches of a declared telephone to a table; nothing without one.
pub(crate) async fn switch_on(
    table: &mut Vec<Switch>,
    found: &FoundBrowser,
    settings: &Navigateur,
) -> Result<(), CaptureError> {
    let Some(telephone) = &settings.telephone else { return Ok(()) };
    let agent = agent(telephone, &version_of(found).await?);
    // The place of accounts has a process of its own whatever is said: it is not that of a page on this machine.
    table.retain(|switch| switch.name != "gaia-url");
    let mut add = |name, value: Option<&str>, why| table.push(Switch { name, value: value.map(str::to_owned), why });
    add("gaia-url", Some("http://127.0.0.9:9/"), "its own question about accounts ends at a port no browser opens");
    add("user-agent", Some(&agent), "the telephone that the scenario declares, in every part of the browser");
    let why = "a frame of another site has the screen of the telephone only in the process of its page";
    add("disable-site-isolation-trials", None, why);
    Ok(())
}

/// The agent with the version as Chrome says it: its first number alone.
fn agent(telephone: &Telephone, version: &str) -> String {
    let major = version.split('.').next().unwrap_or("");
    telephone.agent.replace(crate::scenario::VERSION, &format!("{major}.0.0.0"))
}

/// A telephone, and the browser that stands for it.
pub(crate) struct Imitation {
    telephone: Telephone,
    /// The version that the browser gives of itself.
    version: String,
    /// Names and first numbers, as the engine says them.
    brands: Vec<(String, String)>,
    /// What a page of a secure address reads of the browser.
    hints: Value,
}

impl Imitation {
    /// Reads the engine's own brands in a tab of its own, over a connection of its own, and then what a page reads.
    pub(crate) async fn prepare(
        websocket: &str,
        version: &Value,
        telephone: &Telephone,
        workspace: &Workspace,
    ) -> Result<Self, CaptureError> {
        let product = text(version, "/product").unwrap_or("").rsplit('/').next().unwrap_or("").to_owned();
        let mut made = Self { telephone: telephone.clone(), version: product, brands: Vec::new(), hints: Value::Null };

        let file = workspace.spool().join("telephone.html");
        let unwritten = |e: std::io::Error| CaptureError::Workspace { path: file.clone(), why: e.to_string() };
        std::fs::write(&file, BLANK).map_err(unwritten)?;
        let address = Url::from_file_path(&file).map(String::from).unwrap_or_default();
        let (cdp, _events) = Cdp::connect(websocket).await.map_err(lost)?;
        let created = cdp.call(None, "Target.createTarget", json!({"url": "about:blank"})).await.map_err(lost)?;
        let target = json!({"targetId": text(&created, "/targetId"), "flatten": true});
        let attached = cdp.call(None, "Target.attachToTarget", target.clone()).await.map_err(lost)?;
        let session = text(&attached, "/sessionId");
        // Twice: brands that are not said are the engine's own; then they are said to those that do not get them by themselves.
        for _ in 0..2 {
            made.hints = made.read_hints(&cdp, session, &address).await.map_err(lost)?;
            made.brands = brands(&made.hints);
        }
        close(&cdp, &target["targetId"]).await.map_err(lost)?;
        std::fs::remove_file(&file).map_err(unwritten)?;
        Ok(made)
    }

    async fn read_hints(&self, cdp: &Cdp, session: Option<&str>, address: &str) -> Result<Value, CdpError> {
        for (method, params, _) in self.commands("page") {
            cdp.call(session, method, params).await?;
        }
        cdp.call(session, "Page.navigate", json!({"url": address})).await?;
        let asked = json!({"expression": HINTS, "returnByValue": true, "awaitPromise": true});
        let end = tokio::time::Instant::now() + READING;
        loop {
            // The blank page that is left has no hints: it is not a secure one.
            let answer = cdp.call(session, "Runtime.evaluate", asked.clone()).await;
            match answer.ok().and_then(|answer| answer.pointer("/result/value").cloned()) {
                Some(hints) if hints.is_object() => return Ok(hints),
                _ if tokio::time::Instant::now() >= end => return Ok(Value::Null),
                _ => tokio::time::sleep(Duration::from_millis(30)).await,
            }
        }
    }

    /// What is asked of a part of the browser before it runs: name, parameters, whether it must be accepted.
    pub(crate) fn commands(&self, kind: &str) -> Vec<(&'static str, Value, bool)> {
        let known = matches!(kind, "page" | "iframe" | "worker" | "shared_worker" | "service_worker");
        let mut all = vec![("Emulation.setUserAgentOverride", self.agent(), known)];
        if matches!(kind, "page" | "iframe") {
            let fingers = if self.telephone.tactile { FINGERS } else { 1 };
            let touch = json!({"enabled": self.telephone.tactile, "maxTouchPoints": fingers});
            all.push(("Emulation.setTouchEmulationEnabled", touch, true));
        }
        if kind == "page" {
            all.push(("Emulation.setDeviceMetricsOverride", metrics(&self.telephone), true));
        }
        all
    }

    fn agent(&self) -> Value {
        let mut hints = json!({
            "platform": "Android", "platformVersion": self.telephone.systeme, "architecture": "",
            "model": self.telephone.modele, "mobile": true, "bitness": "", "wow64": false, "formFactors": ["Mobile"],
        });
        if !self.brands.is_empty() {
            let major = self.version.split('.').next();
            let full = |version: &str| match Some(version) == major {
                true => self.version.clone(),
                false => format!("{version}.0.0.0"),
            };
            let list = |of: &dyn Fn(&str) -> String| -> Vec<Value> {
                self.brands.iter().map(|(brand, version)| json!({"brand": brand, "version": of(version)})).collect()
            };
            hints["brands"] = json!(list(&str::to_owned));
            hints["fullVersionList"] = json!(list(&full));
        }
        json!({
            "userAgent": agent(&self.telephone, &self.version), "platform": PLATFORM, "userAgentMetadata": hints,
        })
    }

    /// The headers of a request that waits to be sent, with the hints of the telephone; `None` when it has them.
    pub(crate) fn corrected(&self, headers: &Value) -> Option<Vec<Value>> {
        hints::corrected(headers, self.agent().get("userAgentMetadata")?, &self.version)
    }

    /// Whether a press on a page is a finger's.
    pub(crate) fn touched(&self) -> bool {
        self.telephone.tactile
    }

    /// Gives the blank page the width of the screen, and says what was declared and what is read: a line of the journal.
    pub(crate) async fn effect(&self, page: &Page) -> (Outcome, Value, Vec<(String, String, String)>) {
        let width = i64::from(self.telephone.largeur);
        // Until it says how wide it wants to be, a page is laid out as wide as an old site for workstations.
        let written = page.call("Page.setDocumentContent", json!({"frameId": page.frame, "html": BLANK})).await;
        let end = tokio::time::Instant::now() + READING;
        let read = loop {
            let read = page.ask(READ).await.unwrap_or(Value::Null);
            if written.is_err() || whole(&read, "/inner_width") == Some(width) || tokio::time::Instant::now() >= end {
                break read;
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
        };
        let differences = self.differences(&read);
        let outcome = if differences.is_empty() { Outcome::Declared } else { Outcome::Deviation };
        let told: Vec<Value> = differences
            .iter()
            .map(|(field, expected, found)| json!({"field": field, "expected": expected, "found": found}))
            .collect();
        let mut data = self.telephone.json();
        data["agent"] = json!(agent(&self.telephone, &self.version));
        data["engine"] = json!(self.version);
        data["read"] = read;
        data["hints"] = self.hints.clone();
        data["differences"] = json!(told);
        data["page_sha256"] = json!(Sha256Digest::of(BLANK.as_bytes()));
        data["how"] = json!(HOW);
        (outcome, data, differences)
    }

    /// What is not read as it was declared: name, expected, found.
    fn differences(&self, read: &Value) -> Vec<(String, String, String)> {
        let one = &self.telephone;
        let orientation = if one.paysage { "landscape-primary" } else { "portrait-primary" };
        let major = self.version.split('.').next().unwrap_or("");
        let mut wanted = vec![
            ("inner_width", json!(one.largeur)),
            ("inner_height", json!(one.hauteur)),
            ("screen_width", json!(one.largeur)),
            ("screen_height", json!(one.hauteur)),
            ("density", json!(one.densite)),
            ("agent", json!(agent(one, &self.version))),
            ("platform", json!(PLATFORM)),
            ("orientation", json!(orientation)),
            ("touch_points", json!(if one.tactile { FINGERS } else { 0 })),
        ];
        if one.tactile {
            wanted.push(("coarse_pointer", json!(true)));
        }
        let hinted = [
            ("mobile", json!(true)),
            ("platform", json!("Android")),
            ("model", json!(one.modele)),
            ("platformVersion", json!(one.systeme)),
        ];
        let engine = brands(&self.hints).iter().any(|(brand, version)| brand == "Chromium" && version == major);
        let engine =
            (!engine).then(|| ("brands".to_owned(), format!("Chromium {major}"), self.hints["brands"].to_string()));
        differing("", &wanted, read).chain(differing("userAgentData.", &hinted, &self.hints)).chain(engine).collect()
    }
}

/// Closes a tab and waits until it is gone: what observes every tab must not meet one that ends.
async fn close(cdp: &Cdp, target: &Value) -> Result<(), CdpError> {
    cdp.call(None, "Target.closeTarget", json!({"targetId": target})).await?;
    let end = tokio::time::Instant::now() + READING;
    loop {
        let targets = cdp.call(None, "Target.getTargets", json!({"filter": [{}]})).await?;
        let all = targets.get("targetInfos").and_then(Value::as_array);
        let there = all.is_some_and(|all| all.iter().any(|one| one.get("targetId") == Some(target)));
        if !there || tokio::time::Instant::now() >= end {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn differing<'a>(
    prefix: &'a str,
    wanted: &'a [(&'a str, Value)],
    read: &'a Value,
) -> impl Iterator<Item = (String, String, String)> + 'a {
    let same = |a: &Value, b: &Value| a == b || a.as_f64().is_some_and(|a| Some(a) == b.as_f64());
    let found = |key: &str| read.get(key).cloned().unwrap_or(Value::Null);
    wanted
        .iter()
        .filter(move |(key, value)| !same(value, &found(key)))
        .map(move |(key, value)| (format!("{prefix}{key}"), plain(value), plain(&found(key))))
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn brands(hints: &Value) -> Vec<(String, String)> {
    let list = hints.get("brands").and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|one| Some((text(one, "/brand")?.to_owned(), text(one, "/version")?.to_owned()))).collect()
}

/// The screen of a telephone, for `Emulation.setDeviceMetricsOverride`.
pub(crate) fn metrics(telephone: &Telephone) -> Value {
    let (kind, angle) = if telephone.paysage { ("landscapePrimary", 90) } else { ("portraitPrimary", 0) };
    json!({
        "width": telephone.largeur, "height": telephone.hauteur, "screenWidth": telephone.largeur,
        "screenHeight": telephone.hauteur, "deviceScaleFactor": telephone.densite, "mobile": true,
        "screenOrientation": {"type": kind, "angle": angle},
    })
}
