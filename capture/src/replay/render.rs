//! One page: rendered from the archive in a tab of its own, pictured as the capture pictures, and measured.
use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use super::offline::{Offline, Tab};
use super::report::{Asked, PageOutcome, PageReport};
use super::watch::Hop;
use super::{ReplayPage, ReplayPlan, compare_pictures, compare_texts, videos};
use crate::cdp::text;
use crate::page::SHOWN;
use crate::recorder::on_network;
use crate::screens::{PagePicture, Scrolled};
use crate::session::merged;

/// The longest time for one page, whatever it does.
const WHOLE: Duration = Duration::from_secs(900);
/// An EXIF block without a field: a picture of the replay is no evidence of its own.
const NO_EXIF: &[u8] = b"II*\0\x08\0\0\0\0\0\0\0\0\0";
/// Runs in an isolated world before anything of the page. The engine sends a page that is not inside its frame to that
/// frame, unless its address is the frame's: the address is the frame's until the engine has looked, and then the page's
/// own again, which is the base of what the page asks. Nothing of the page is touched.
const ALONE: &str = "(() => { const there = location.href, frame = there.replace(/(\\/\\d{14})mp_\\//, '$1/'); \
    if (window !== window.top || frame === there) return; history.replaceState(history.state, '', frame); \
    const seen = new MutationObserver(() => { if (document.querySelector(\"script[src$='/static/wombat.js']\")) { \
      seen.disconnect(); history.replaceState(history.state, '', there); } }); \
    seen.observe(document, {childList: true, subtree: true}); })()";
/// Runs in the page's own world, before anything of it: stands for the frame that the engine reports to. Without a frame
/// the engine navigates to it at every change of `document.readyState`, and the browser then drops the scripts that are
/// still on their way: the page would be shown without them. The engine assigns the property; the assignment is ignored.
const LISTENER: &str = "(() => { if (window !== window.top) return; const frame = {postMessage() {}}; \
    Object.defineProperty(window, '__WB_top_frame', {get: () => frame, set() {}, configurable: true}); })()";
/// The longest text compared, in octets.
const TEXT: u64 = 64 * 1024 * 1024;

/// Renders and measures a page. What cannot be done is in the report.
pub(super) async fn render(plan: &ReplayPlan, browser: &Offline, page: &ReplayPage) -> PageReport {
    let mut report = PageReport::of(page);
    if !on_network(&page.url) {
        report.outcome = PageOutcome::NotReplayable;
        report.why = Some("L'adresse de la page n'est pas celle d'un échange du réseau.".into());
        return report;
    }
    browser.watch.begin();
    let tab = match browser.tab().await {
        Ok(tab) => tab,
        Err(error) => {
            report.why = Some(error.to_string());
            return report;
        }
    };
    let work = draw(plan, browser, &tab, page, &mut report);
    match tokio::time::timeout(WHOLE, work).await {
        Ok(Ok(())) => report.outcome = PageOutcome::Replayed,
        Ok(Err(why)) => report.why = Some(why),
        Err(_) => report.why = Some(format!("rien après {} s", WHOLE.as_secs())),
    }
    if browser.watch.crashed() {
        report.outcome = PageOutcome::Failed;
        report.why = Some("Le processus d'affichage de la page s'est arrêté brutalement.".into());
    }
    sort(plan, browser, page, &mut report);
    browser.close(tab).await;
    report
}

async fn draw(
    plan: &ReplayPlan,
    browser: &Offline,
    tab: &Tab,
    page: &ReplayPage,
    report: &mut PageReport,
) -> Result<(), String> {
    let address = format!("{}{}mp_/{}", plan.site.replay, page.ts.to_cdx(), page.url);
    let alone = json!({"source": ALONE, "worldName": "constat"});
    for script in [alone, json!({"source": LISTENER})] {
        tab.page.call("Page.addScriptToEvaluateOnNewDocument", script).await.map_err(|e| e.to_string())?;
    }
    let answer = tab.page.call("Page.navigate", json!({"url": address})).await.map_err(|e| e.to_string())?;
    if let Some(error) = text(&answer, "/errorText") {
        return Err(format!("la relecture n'a pas commencé : {error}"));
    }
    let load = tab.page.complete(plan.page).await.json();
    report.load = Some(merged(load, json!({"videos": videos::first_frames(&tab.page).await})));
    if browser.recorder.cdp.is_closed() {
        return Err("le navigateur ne répond plus".into());
    }
    let name = |what: &str| plan.output.join(format!("{:04}-{what}", page.capture));
    let window = name("ecran-rejeu.png");
    viewport(tab, &window).await?;
    report.viewport = measured(page.viewport.as_deref(), &window, name("ecran-difference.png")).await?;
    if let Some(captured) = page.page.as_deref() {
        let whole = name("page-rejeu.png");
        whole_page(plan, tab, &whole).await?;
        report.page = measured(Some(captured), &whole, name("page-difference.png")).await?;
    }
    let shown = tab.page.ask(SHOWN).await.map_err(|e| e.to_string())?;
    let shown = shown.as_str().unwrap_or("");
    fs::write(name("texte-rejeu.txt"), shown).map_err(|e| e.to_string())?;
    if let Some(captured) = page.text.as_deref() {
        report.text = Some(compare_texts(&read_text(captured)?, shown));
    }
    Ok(())
}

async fn viewport(tab: &Tab, path: &Path) -> Result<(), String> {
    let answer = tab.page.call("Page.captureScreenshot", json!({"format": "png"})).await.map_err(|e| e.to_string())?;
    let png = text(&answer, "/data").and_then(|data| BASE64_STANDARD.decode(data).ok());
    let png = png.ok_or("le navigateur n'a pas rendu d'image de la fenêtre")?;
    fs::write(path, png).map_err(|e| e.to_string())
}

async fn whole_page(plan: &ReplayPlan, tab: &Tab, path: &Path) -> Result<(), String> {
    // As at the capture: scrolled through first, so that what is lazy comes.
    let scrolled = Scrolled::through(&tab.page, plan.page, plan.height).await?;
    let clock = Arc::clone(&tab.page.recorder.clock);
    let mut picture = PagePicture::prepare(&tab.page, plan.height, &plan.settings, clock).await?;
    let file = File::create(path).map_err(|e| e.to_string())?;
    let writer = picture.take(&tab.page, BufWriter::new(file), NO_EXIF, &|_, _| {}).await?;
    writer.into_inner().map_err(|e| e.to_string())?;
    scrolled.restore(&tab.page).await.map(|_| ())
}

async fn measured(
    captured: Option<&Path>,
    replayed: &Path,
    difference: PathBuf,
) -> Result<Option<super::PictureMeasure>, String> {
    let Some(captured) = captured.map(Path::to_path_buf) else { return Ok(None) };
    let replayed = replayed.to_path_buf();
    let compared = tokio::task::spawn_blocking(move || compare_pictures(&captured, &replayed, &difference));
    compared.await.map_err(|e| e.to_string())?.map(Some)
}

fn read_text(path: &Path) -> Result<String, String> {
    let length = fs::metadata(path).map_err(|e| e.to_string())?.len();
    if length > TEXT {
        return Err(format!("texte de {length} octets : trop long pour être comparé"));
    }
    fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).map_err(|e| e.to_string())
}

/// Sorts what was asked: answered, missing, or on its way out.
fn sort(plan: &ReplayPlan, browser: &Offline, page: &ReplayPage, report: &mut PageReport) {
    let (hops, uncounted) = browser.watch.asked();
    for hop in &hops {
        match judge(plan, hop) {
            Judged::Engine => {}
            Judged::Answered => report.requests += 1,
            Judged::Missing(url, why) => {
                report.requests += 1;
                if hop.kind == "Document" && without_fragment(&url) == without_fragment(&page.url) {
                    report.outcome = PageOutcome::DocumentMissing;
                    report.why = Some("L'archive ne contient pas la réponse qui a donné cette page.".into());
                }
                report.missing.push(Asked { url, kind: hop.kind.clone(), why });
            }
            Judged::Aborted(url, why) => {
                report.requests += 1;
                if !browser.watch.was_left(hop) {
                    report.aborted.push(Asked { url, kind: hop.kind.clone(), why });
                }
            }
            Judged::Left(why) => {
                report.requests += 1;
                report.left.push(Asked { url: hop.url.clone(), kind: hop.kind.clone(), why });
            }
        }
    }
    report.requests += uncounted;
}

fn without_fragment(url: &str) -> &str {
    url.split('#').next().unwrap_or(url)
}

enum Judged {
    /// The engine's own: its scripts, the package, its frame.
    Engine,
    Answered,
    Missing(String, String),
    /// Asked, and not received to its end.
    Aborted(String, String),
    Left(String),
}

fn judge(plan: &ReplayPlan, hop: &Hop) -> Judged {
    let site = &plan.site;
    if let Some(url) = hop.url.strip_prefix(&site.replay).and_then(replayed) {
        return asked_of_the_site(url, hop, plan.archived_404.contains(without_fragment(url)));
    }
    if hop.url.starts_with(&site.base) {
        return Judged::Engine;
    }
    if !on_network(&hop.url) && !hop.url.starts_with("ws") {
        // `data:`, `blob:`, `about:` stay in the browser.
        return Judged::Answered;
    }
    let stopped = match (&hop.failed, hop.from_engine) {
        (_, true) => format!("arrêtée par le moteur ({})", hop.status.unwrap_or(0)),
        (Some(error), _) => format!("arrêtée par le navigateur ({error})"),
        (None, _) => format!("sans réponse connue ({})", hop.status.unwrap_or(0)),
    };
    Judged::Left(stopped)
}

/// How a request for an address of the real site came out; `gone` when the archive holds its 404.
fn asked_of_the_site(url: &str, hop: &Hop, gone: bool) -> Judged {
    let aborted = |why: String| Judged::Aborted(url.to_owned(), why);
    match (hop.status, &hop.failed) {
        (Some(404), _) if !gone => Judged::Missing(url.to_owned(), "absente de l'archive (404 du moteur)".into()),
        (None, Some(error)) if !hop.given_up => Judged::Missing(url.to_owned(), error.clone()),
        (Some(status), Some(error)) => aborted(format!("réponse {status}, puis {error}")),
        (None, Some(error)) => aborted(format!("abandonnée sans réponse ({error})")),
        (None, None) => aborted("encore sans réponse à la fin de la relecture".into()),
        // The browser keeps the exchange of a medium open after its last octet; an event stream has no end.
        (Some(status), None) if !hop.ended && !hop.redirected && !matches!(&*hop.kind, "Media" | "EventSource") => {
            aborted(format!("réponse {status}, pas encore reçue jusqu'au bout"))
        }
        _ => Judged::Answered,
    }
}

/// The address of the real site in `TIMESTAMPmp_/URL`, or in `:PAGE/TIMESTAMPmp_/URL` once the engine knows the page; `None`
/// for what is the engine's own.
fn replayed(path: &str) -> Option<&str> {
    let path = match path.strip_prefix(':') {
        Some(paged) => paged.split_once('/')?.1,
        None => path,
    };
    let (stamp, url) = path.split_once('/')?;
    let digits = stamp.bytes().take_while(u8::is_ascii_digit).count();
    let modifier = stamp.get(digits..)?;
    let known = modifier.ends_with('_') && modifier.len() <= 5;
    // `mp_` is a page or a part of it; no modifier is the engine's own frame.
    (known && (url.starts_with("http") || url.starts_with("//"))).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_was_not_received_to_its_end_is_not_called_answered() {
        let base = "http://a.test/20261121091203mp_/http://b.test/x";
        let told = |status: Option<i64>, failed: Option<&str>, given_up: bool, kind: &str| {
            let ended = failed.is_some() || status.is_none();
            let hop = Hop { status, failed: failed.map(str::to_owned), given_up, ended, ..Hop::of(base, kind) };
            match asked_of_the_site("http://b.test/x", &hop, false) {
                Judged::Answered => "answered".to_owned(),
                Judged::Missing(_, why) => format!("missing: {why}"),
                Judged::Aborted(_, why) => format!("aborted: {why}"),
                Judged::Engine | Judged::Left(_) => "other".to_owned(),
            }
        };
        let aborted = Some("net::ERR_ABORTED");
        assert_eq!(told(Some(200), aborted, true, "Script"), "aborted: réponse 200, puis net::ERR_ABORTED");
        assert_eq!(told(Some(200), aborted, false, "Script"), "aborted: réponse 200, puis net::ERR_ABORTED");
        assert_eq!(told(None, aborted, true, "Fetch"), "aborted: abandonnée sans réponse (net::ERR_ABORTED)");
        assert_eq!(told(None, Some("net::ERR_FAILED"), false, "Fetch"), "missing: net::ERR_FAILED");
        assert!(told(Some(200), None, false, "Image").starts_with("aborted: réponse 200, pas encore"));
        assert_eq!(told(Some(206), None, false, "Media"), "answered");
        assert!(told(Some(404), aborted, true, "Image").starts_with("missing: absente"));
    }

    #[test]
    fn addresses_of_the_real_site_are_found_in_those_of_the_replay() {
        assert_eq!(replayed("20261121091203mp_/http://a/b?c#d"), Some("http://a/b?c#d"));
        assert_eq!(replayed("20261121091203im_///a/b"), Some("//a/b"));
        assert_eq!(replayed("mp_/https://a/"), Some("https://a/"));
        assert_eq!(replayed(":37a8/20261121091203oe_/https://a/"), Some("https://a/"));
        for engine in ["20261121091203/http://a/", "api/coll", "20261121091203mp_/about:blank", ""] {
            assert_eq!(replayed(engine), None, "{engine}");
        }
    }
}
