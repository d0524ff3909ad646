//! The browser's command line: every switch, and why it is there. All of them are journalled.
use std::path::Path;

use super::Workspace;
use crate::scenario::Navigateur;

/// One switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Switch {
    pub(crate) name: &'static str,
    pub(crate) value: Option<String>,
    /// Why it is there; also the documentation of the table.
    pub(crate) why: &'static str,
}

impl Switch {
    /// As on a command line.
    pub(crate) fn argument(&self) -> String {
        match &self.value {
            Some(value) => format!("--{}={value}", self.name),
            None => format!("--{}", self.name),
        }
    }
}

/// Background features that would send requests nobody asked for, or change the address typed.
const DISABLED_FEATURES: &str = "HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,OptimizationHints,MediaRouter,Translate,\
AutofillServerCommunication,InterestFeedContentSuggestions,CertificateTransparencyComponentUpdater,BackForwardCache,\
Prerender2,AcceptCHFrame,NetworkTimeServiceQuerying";

/// `(name, value, why)`; an empty value is a bare switch.
const FIXED: &[(&str, &str, &str)] = &[
    ("no-proxy-server", "", "direct connection whatever the system says (OPS-03)"),
    ("no-first-run", "", "no welcome page before the first page of the scenario (OPS-20)"),
    ("no-startup-window", "", "no start page: the first page is the one the capture opens, and it is blank"),
    ("no-default-browser-check", "", "no dialogue of the browser's own"),
    (
        "disable-background-networking",
        "",
        "fewer requests of the browser's own; those left are in the statement of incompleteness",
    ),
    ("disable-component-update", "", "no update of its components"),
    (
        "component-updater",
        "url-source=http://127.0.0.1:9/",
        "what it asks its maker all the same ends at a port no browser opens",
    ),
    ("gaia-url", "http://127.0.0.1:9/", "its own question about accounts ends there too"),
    ("disable-sync", "", "no account"),
    ("disable-default-apps", "", "no extension"),
    ("disable-component-extensions-with-background-pages", "", "no extension"),
    ("disable-domain-reliability", "", "no report to the browser's maker"),
    ("disable-client-side-phishing-detection", "", "no classification of pages, no request for its model"),
    ("disable-pings", "", "no hyperlink auditing; Debian's own default"),
    ("no-pings", "", "no hyperlink auditing"),
    ("metrics-recording-only", "", "no report to the browser's maker"),
    ("disable-field-trial-config", "", "the same behaviour on every machine"),
    ("disable-quic", "", "TCP only, so that a packet capture can be read"),
    ("disable-breakpad", "", "no crash report leaves the machine"),
    ("disable-crash-reporter", "", "no crash report, no process outside our group"),
    (
        "disable-features",
        DISABLED_FEATURES,
        "fewer requests of the browser's own; the address typed is the address asked",
    ),
    ("disk-cache-size", "1", "no page from a cache (OPS-16); the cache is disabled by command too"),
    ("password-store", "basic", "no keyring of the machine (OPS-12)"),
    ("force-color-profile", "srgb", "the same pixels on every machine"),
    ("force-device-scale-factor", "1", "the scale is the scenario's alone (PRE-05)"),
    ("hide-scrollbars", "", "no bar of the window inside the picture of the page"),
    ("mute-audio", "", "no sound device is needed"),
    ("disable-backgrounding-occluded-windows", "", "a page is never slowed because no window shows it"),
    ("disable-renderer-backgrounding", "", "a page is never slowed because no window shows it"),
    ("disable-background-timer-throttling", "", "a page is never slowed because no window shows it"),
    ("disable-dev-shm-usage", "", "a small /dev/shm makes pages crash; the private folder is used"),
    ("disable-gpu", "", "software rendering: the same pixels without a graphics card"),
    ("remote-debugging-address", "127.0.0.1", "the debugging interface never leaves the machine"),
];

/// The whole table for one capture; `window` when the browser opens one for the officer to see.
pub(crate) fn switches(settings: &Navigateur, sandbox: bool, window: bool) -> Vec<Switch> {
    let fixed = FIXED.iter().map(|&(name, value, why)| Switch {
        name,
        value: (!value.is_empty()).then(|| value.to_owned()),
        why,
    });
    let mut all: Vec<Switch> = fixed.collect();
    let mut add = |name, value: String, why| all.push(Switch { name, value: Some(value), why });
    let size = format!("{},{}", settings.largeur, settings.hauteur);
    match window {
        true => add("ozone-platform-hint", "auto".into(), "the window of the officer's own display, X11 or Wayland"),
        false => add("headless", "new".into(), "the same browser as with a window, without a display"),
    }
    add("window-size", size, "the window the scenario asks for (PRE-05)");
    add("lang", settings.langue.clone(), "the language the scenario asks for (PRE-06)");
    add("accept-lang", accept_lang(&settings.langue), "the language the scenario asks for (PRE-06)");
    if !sandbox {
        let why = "the browser refuses its sandbox to root; told as a deviation";
        all.push(Switch { name: "no-sandbox", value: None, why });
    }
    all
}

/// What a capture of packets needs of the browser beside its network log: the secrets to decrypt them.
pub(crate) fn packet_switch(workspace: &Workspace) -> Switch {
    let (name, why) = ("ssl-key-log-file", "the packets asked by the scenario can be decrypted");
    Switch { name, value: Some(workspace.key_log().display().to_string()), why }
}

/// The switches by which the browser's network service writes its own account of a capture into `log`.
pub(crate) fn network_log(log: &Path) -> [Switch; 2] {
    let why = "a second account of the requests, by the network service itself, to hold against the recorder's";
    let mode = "without cookies, passwords and bodies: the account is of what was requested";
    [
        Switch { name: "log-net-log", value: Some(log.display().to_string()), why },
        Switch { name: "net-log-capture-mode", value: Some("Default".into()), why: mode },
    ]
}

fn accept_lang(langue: &str) -> String {
    match langue.split_once('-') {
        Some((base, _)) => format!("{langue},{base}"),
        None => langue.to_owned(),
    }
}

/// Whether this process is root, to whom Chromium refuses its sandbox.
pub(crate) fn runs_as_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_switch_stands_once_and_says_why() {
        let all = switches(&Navigateur::default(), false, false);
        let names: BTreeSet<&str> = all.iter().map(|s| s.name).collect();
        assert_eq!(names.len(), all.len());
        assert!(all.iter().all(|s| !s.why.is_empty()));
        let line: Vec<String> = all.iter().map(Switch::argument).collect();
        assert!(line.contains(&"--accept-lang=fr-FR,fr".to_owned()) && line.contains(&"--no-sandbox".to_owned()));
        let headless = |all: &[Switch]| all.iter().any(|s| s.name == "headless");
        assert!(headless(&all) && !headless(&switches(&Navigateur::default(), false, true)));
        assert!(!line.iter().any(|a| a.contains("automation") || a.contains("ignore-certificate")));
    }
}
