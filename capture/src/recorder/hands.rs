//! What the officer types by his own hand into a password field of a visible window: it is not in the scenario, and is masked all the same.
//!
//! A listener of our isolated world tells the value when the field is left, sent by Enter or by its form; only what a person typed
//! (`isTrusted`) counts, so that a page can have nothing masked by itself. The value stays in memory.
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::Recorder;
use super::secrets::forms;
use crate::cdp::{lock, text};
use crate::steps::SHORTEST;

/// The values typed so far, shared by the browsers of a session.
pub(crate) type Hands = Arc<Mutex<BTreeSet<String>>>;

/// The most values of a session, and the longest, in octets.
const MOST: usize = 200;
const LONGEST: usize = 1000;
/// The function that the listener calls; of our world alone.
const BINDING: &str = "constatSaisie";
/// The listener.
const LISTEN: &str = "(() => { if (globalThis.constatHands) return; globalThis.constatHands = new WeakSet(); \
    const field = e => { const f = e.composedPath ? e.composedPath()[0] : e.target; return f instanceof HTMLInputElement ? f : null; }; \
    const tell = f => { if (f && (f.type === 'password' || globalThis.constatHands.has(f)) && f.value && typeof constatSaisie === 'function') constatSaisie(f.value.slice(0, 1000)); }; \
    const on = (kind, act) => addEventListener(kind, e => { if (e.isTrusted) act(e); }, true); \
    on('focusin', e => { const f = field(e); if (f && f.type === 'password') globalThis.constatHands.add(f); }); \
    on('change', e => tell(field(e))); on('focusout', e => tell(field(e))); \
    on('keydown', e => { if (e.key === 'Enter') tell(field(e)); }); \
    on('pointerdown', () => { let a = document.activeElement; while (a && a.shadowRoot && a.shadowRoot.activeElement) a = a.shadowRoot.activeElement; if (a instanceof HTMLInputElement) tell(a); }); \
    on('submit', e => { for (const f of e.target.elements ?? []) if (f instanceof HTMLInputElement) tell(f); }); })()";

impl Recorder {
    /// From now on the values typed in password fields are masked, and noted in `hands`.
    pub(crate) fn watch_hands(&self, hands: Hands) {
        let known: Vec<String> = lock(&hands).iter().cloned().collect();
        lock(&self.secrets).extend(forms(&known));
        let _ = self.hands.set(hands);
    }

    /// What a page or a frame is asked so that they are told.
    pub(super) fn hand_commands(&self) -> Vec<(&'static str, Value, bool)> {
        if self.hands.get().is_none() {
            return Vec::new();
        }
        let script = json!({"source": LISTEN, "worldName": "constat", "runImmediately": true});
        vec![
            // A binding of a world that has a name is only given to contexts that are told.
            ("Runtime.enable", json!({}), false),
            ("Runtime.addBinding", json!({"name": BINDING, "executionContextName": "constat"}), false),
            ("Page.addScriptToEvaluateOnNewDocument", script, false),
        ]
    }

    pub(super) fn hand(&self, params: &Value) {
        let (Some(BINDING), Some(value)) = (text(params, "/name"), text(params, "/payload")) else { return };
        let Some(hands) = self.hands.get().filter(|_| (SHORTEST..=LONGEST).contains(&value.len())) else { return };
        let mut known = lock(hands);
        if known.len() < MOST && known.insert(value.to_owned()) {
            let mut secrets = lock(&self.secrets);
            secrets.extend(forms(&[value.to_owned()]));
            secrets.sort_by_key(|form| std::cmp::Reverse(form.len()));
        }
    }
}
