//! What a form is for, before anything is typed or sent: an officer opens no account and buys nothing (Z67-NAV-07).
use serde_json::{Value, json};

use super::Failure;
use super::locate::Found;
use crate::cdp::text;
use crate::page::Page;

/// A form that opens an account.
pub(crate) const SIGN_UP: &str = "capture.signup_form";
/// A form that orders or pays.
pub(crate) const CHECKOUT: &str = "capture.checkout_form";

/// What the buttons and headings of such forms say, without accents.
const OPENS: &[&str] = &[
    "s'inscrire",
    "je m'inscris",
    "creer un compte",
    "creer mon compte",
    "creer votre compte",
    "inscription",
    "ouvrir un compte",
    "sign up",
    "signup",
    "register",
    "registration",
    "create account",
    "create an account",
    "create your account",
    "create new account",
    "join now",
    "registrieren",
    "konto erstellen",
    "crear cuenta",
    "registrarse",
    "iscriviti",
    "crea account",
    "criar conta",
];
const PAYS: &[&str] = &[
    "payer",
    "paiement",
    "passer la commande",
    "passer commande",
    "valider la commande",
    "valider ma commande",
    "commander",
    "acheter",
    "acheter maintenant",
    "place order",
    "place your order",
    "pay now",
    "buy now",
    "complete purchase",
    "checkout",
    "zahlungspflichtig bestellen",
    "jetzt kaufen",
    "bezahlen",
    "pagar",
    "comprar ahora",
    "paga ora",
    "acquista ora",
];

/// `{kind, why, sends}` of what stands at a point: `none` outside every form, else `search`, `login`, `signup`, `checkout` or
/// `other`; `sends`: it is a button that sends it.
const KIND: &str = "({x, y, opens, pays}) => { \
    let e = document.elementFromPoint(x, y); if (!e) return {kind: 'none', why: '', sends: false}; \
    for (let px = x, py = y; ;) { const inner = e.shadowRoot?.elementFromPoint(px, py); if (inner && inner !== e) { e = inner; continue; } \
      if (e.tagName !== 'IFRAME' || !e.contentDocument) break; \
      const box = e.getBoundingClientRect(); px -= box.left + e.clientLeft; py -= box.top + e.clientTop; \
      const under = e.contentDocument.elementFromPoint(px, py); if (!under) break; e = under; } \
    const plain = t => (t ?? '').normalize('NFD').replace(/[\\u0300-\\u036f]/g, '').replace(/[\\u2019]/g, \"'\").replace(/\\s+/g, ' ').trim().toLowerCase(); \
    const says = e => plain(e instanceof HTMLInputElement ? e.value : (e.innerText || e.getAttribute('aria-label'))); \
    const one = (list, t) => list.find(w => t === w || (t.length < 60 && (t.startsWith(w + ' ') || t.endsWith(' ' + w)))) ?? null; \
    const button = e.closest('button, [role=button], input[type=submit], input[type=image], input[type=button]'); \
    const form = e.closest('form, [role=form]'); \
    const sends = !!button && (!form || !button.matches('button[type=button], input[type=button]') || !form.querySelector('button[type=submit], button:not([type]), input[type=submit]')); \
    const said = button ? one(pays, says(button)) : null; \
    if (!form) return said ? {kind: 'checkout', why: said, sends} : {kind: 'none', why: '', sends: false}; \
    const fields = Array.from(form.querySelectorAll('input, select, textarea')); \
    const hint = f => plain([f.autocomplete, f.name, f.id].join(' ')); \
    const card = fields.find(f => /(^| )cc-|card.?number|numero.?carte|cvv|cvc|(^| |_)iban/.test(hint(f))); \
    const secrets = fields.filter(f => f.type === 'password'); \
    const buttons = Array.from(form.querySelectorAll('button, [role=button], input[type=submit]')).map(says); \
    const head = Array.from(form.querySelectorAll('legend, h1, h2, h3')).map(says); \
    const paying = buttons.map(t => one(pays, t)).find(Boolean); \
    const opening = buttons.concat(head).map(t => one(opens, t)).find(Boolean); \
    if (card) return {kind: 'checkout', why: hint(card), sends}; \
    if (paying) return {kind: 'checkout', why: paying, sends}; \
    if (fields.some(f => f.autocomplete === 'new-password')) return {kind: 'signup', why: 'autocomplete=new-password', sends}; \
    if (secrets.length > 1) return {kind: 'signup', why: secrets.length + ' mots de passe', sends}; \
    if (opening && (secrets.length > 0 || fields.some(f => f.type === 'email'))) return {kind: 'signup', why: opening, sends}; \
    if (secrets.length === 1) return {kind: 'login', why: '', sends}; \
    const texts = fields.filter(f => !['hidden', 'submit', 'button', 'checkbox', 'radio', 'image'].includes(f.type)); \
    const search = form.matches('[role=search]') || form.closest('[role=search], search') || fields.some(f => f.type === 'search') || (texts.length === 1 && form.method === 'get'); \
    return {kind: search ? 'search' : 'other', why: '', sends}; }";

/// A text without accents or capitals, its spaces single, as buttons are compared.
pub(super) fn plain(text: &str) -> String {
    let lower = text.to_lowercase();
    let mut out = String::with_capacity(lower.len());
    for character in lower.chars() {
        out.push_str(match character {
            'à' | 'â' | 'ä' | 'á' | 'ã' => "a",
            'é' | 'è' | 'ê' | 'ë' => "e",
            'î' | 'ï' | 'í' | 'ì' => "i",
            'ô' | 'ö' | 'ó' | 'ò' | 'õ' => "o",
            'ù' | 'û' | 'ü' | 'ú' => "u",
            'ç' => "c",
            'ñ' => "n",
            '’' => "'",
            other => {
                out.push(other);
                continue;
            }
        });
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What the form at an element is for, for the journal. One that opens an account or orders refuses the step: a field of it is
/// not typed in, and it is not sent.
pub(super) async fn judge(page: &Page, found: &Found, typing: bool) -> Result<Value, Failure> {
    let argument = json!({"x": found.x, "y": found.y, "opens": OPENS, "pays": PAYS});
    let answer = page.ask_with(KIND, &argument).await?;
    let kind = text(&answer, "/kind").unwrap_or("none");
    let form = json!({"kind": kind, "why": answer.get("why")});
    let acts = typing || answer.get("sends").and_then(Value::as_bool).unwrap_or(false);
    let (code, why) = match kind {
        "signup" if acts => (
            SIGN_UP,
            "Ce formulaire ouvre un compte : l'officier n'en ouvre pas. Rien n'y a été saisi ni envoyé par cette étape.",
        ),
        "checkout" if acts => (
            CHECKOUT,
            "Ce formulaire commande ou paie : l'officier n'achète pas. Rien n'y a été saisi ni envoyé par cette étape.",
        ),
        _ => return Ok(form),
    };
    Err(Failure::Step { code, why: why.into(), facts: json!({"form": form}) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_compared_has_neither_accents_nor_capitals() {
        assert_eq!(plain("  Créer  un\u{a0}COMPTE "), "creer un compte");
        assert!(OPENS.iter().chain(PAYS).all(|word| plain(word) == **word));
    }
}
