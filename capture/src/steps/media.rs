//! `lire`: a film or a sound of the page, played at its own speed while it is watched: how it went, and views of it on plates.
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use dossier::{Finding, Level, Outcome, op};
use serde_json::{Value, json};
use tokio::time::Instant as Tick;

use super::click::press;
use super::locate::Found;
use super::{Cut, Failure, StepResult};
use crate::cdp::{text, whole};
use crate::feed::{Frame, Plates};
use crate::page::Page;
use crate::scenario::Lecture;
use crate::session::{Pictured, Running, Session, merged};
use crate::{Event, StopReason};

/// How often the player is looked at, and how often a view is taken: at first, and at most apart.
const LOOK: Duration = Duration::from_millis(250);
const VIEW: Duration = Duration::from_secs(2);
/// Views taken at most; a long film has them farther apart.
const VIEWS: u32 = 120;
/// How long a player may take to begin after it was asked to, and to have something to play.
const BEGIN: Duration = Duration::from_secs(3);
const READY: Duration = Duration::from_secs(15);
/// How far from its own speed a film may go, in thousandths.
const PACE: u64 = 30;

/// Finds the player and brings it to the middle of the window; it is kept for [`STATE`].
const FIND: &str = "selecteur => { \
    const shown = e => e.localName === 'audio' || (e.checkVisibility({opacityProperty: true, visibilityProperty: true}) && e.getClientRects().length > 0); \
    const all = []; const gather = root => { for (const e of root.querySelectorAll('*')) { all.push(e); if (e.shadowRoot) gather(e.shadowRoot); } }; gather(document); \
    const players = all.filter(e => e instanceof HTMLMediaElement && (!selecteur || e.matches(selecteur) || e.closest(selecteur)) && shown(e)); \
    const e = players.find(p => !p.paused && !p.muted) ?? players.find(p => p.localName === 'video') ?? players[0]; if (!e) return null; \
    globalThis.constatPlayer = e; globalThis.constatStalls = 0; e.addEventListener('waiting', () => { globalThis.constatStalls++; }); \
    e.scrollIntoView({block: 'center', inline: 'center', behavior: 'instant'}); \
    const r = e.getBoundingClientRect(); \
    return {x: Math.round(r.left + r.width / 2), y: Math.round(r.top + r.height / 2), width: Math.round(r.width), height: Math.round(r.height), tag: e.localName, others: players.length - 1}; }";

/// How the player stands: times in milliseconds, its speed and volume in thousandths.
const STATE: &str = "(() => { const e = globalThis.constatPlayer; if (!e || !e.isConnected) return null; \
    const ms = s => Math.round(s * 1000); \
    const spans = []; for (let i = 0; i < e.played.length && i < 100; i++) spans.push([ms(e.played.start(i)), ms(e.played.end(i))]); \
    const drawn = e.getVideoPlaybackQuality ? e.getVideoPlaybackQuality() : null; \
    return {at_ms: ms(e.currentTime), duration_ms: Number.isFinite(e.duration) ? ms(e.duration) : null, live: e.duration === Infinity, paused: e.paused, ended: e.ended, \
      rate_permille: ms(e.playbackRate), muted: e.muted || e.volume === 0, volume_permille: ms(e.volume), ready: e.readyState, error: e.error ? e.error.message || String(e.error.code) : null, \
      source: (e.currentSrc || '').slice(0, 2000), width: e.videoWidth || null, height: e.videoHeight || null, loop: e.loop, \
      stalls: globalThis.constatStalls, played_ms: spans, frames: drawn ? drawn.totalVideoFrames : null, dropped: drawn ? drawn.droppedVideoFrames : null}; })()";

/// Brings a player that plays to its beginning, and its sound back, as its own buttons would: a film that a page plays by itself
/// began before it was watched, and without sound. What was changed.
const WHOLE: &str = "(() => { const e = globalThis.constatPlayer, did = {rewound_ms: null, unmuted: false}; if (!e) return did; \
    if (Number.isFinite(e.duration) && e.currentTime > 0.3 && e.seekable.length > 0 && e.seekable.start(0) < 0.1) { did.rewound_ms = Math.round(e.currentTime * 1000); e.currentTime = 0; } \
    if (e.muted || e.volume === 0) { e.muted = false; if (e.volume === 0) e.volume = 1; did.unmuted = true; } \
    return did; })()";
/// Begins to play, as a press on the player would.
const PLAY: &str = "(async () => { const e = globalThis.constatPlayer; try { await Promise.race([e.play(), new Promise(r => setTimeout(r, 2000))]); return ''; } catch (x) { return String(x); } })()";

/// How a film ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// It came to its end, or began again.
    Ended,
    /// The scenario's limit was reached.
    Maximum,
    /// It stopped by itself before.
    Paused,
    /// It was taken away, or could not be played on.
    Broken,
    /// The session had to end.
    Stopped(StopReason),
}

/// What was met while it played.
struct Playing {
    capture: u32,
    plates: Plates,
    /// How it was when it began, and at the last look.
    first: Value,
    last: Value,
    since: Tick,
    /// How long it took by the clock of this machine, in milliseconds.
    wall_ms: u64,
    /// Looks at which its speed was not 1, or its sound was cut.
    other_rate: u32,
    muted: u32,
    looks: u32,
    /// Views that the browser did not give.
    missed: u32,
}

impl Session<'_> {
    /// Ends by itself when the session must end: what was seen until then is kept and told.
    pub(crate) async fn play_media(&mut self, running: &Running, lecture: &Lecture, cut: &Cut) -> StepResult {
        let capture = self.next_capture()?;
        let page = &running.page;
        page.complete(self.plan.scenario.limites.page).await;
        let (url, title, _) = page.where_am_i().await;
        let Some(player) = find(page, lecture.selecteur.as_deref()).await? else {
            return Err(Failure::step("capture.element_missing", "La page ne montre ni film ni son."));
        };
        self.pictured = Some(Pictured { titre: lecture.titre.clone(), title: title.clone(), url: url.clone() });
        let picture = self.viewport_picture(running, capture).await?;
        self.desktop_picture(running, capture, &url).await?;
        let facts = json!({"capture": capture, "titre": lecture.titre, "url": url, "title": title, "picture": picture});
        let Begun { how, changed, first } = match cut.before(begin(page, &player)).await {
            Ok(begun) => begun.map_err(|failure| failure.knowing(facts.clone()))?,
            Err(reason) => return Err(Failure::Stopped { reason, facts }),
        };
        let mut playing = Playing::new(capture, first);
        let ended = self.watch(page, &url, lecture, &mut playing, cut).await;
        let plates = self.plates_of(&url, capture, &mut playing.plates, true).await;
        let ending = *ended.as_ref().unwrap_or(&Ending::Broken);
        let facts = merged(merged(facts, changed), playing.json(how, ending));
        let outcome = if ending == Ending::Ended { Outcome::Ok } else { Outcome::Deviation };
        let filmed = self.is_filmed();
        let told = merged(json!({"step": self.step, "filmed": filmed}), facts.clone());
        self.dossier.record(op::MEDIA_PLAYED, outcome, told)?;
        self.tell_media(&playing, ending, filmed)?;
        plates?;
        match ended {
            Ok(Ending::Stopped(reason)) => Err(Failure::Stopped { reason, facts }),
            Ok(_) => Ok(facts),
            Err(failure) => Err(failure.knowing(facts)),
        }
    }

    /// Watches until it ends.
    async fn watch(
        &mut self,
        page: &Page,
        url: &str,
        lecture: &Lecture,
        playing: &mut Playing,
        cut: &Cut,
    ) -> Result<Ending, Failure> {
        let length = playing.length().map_or(lecture.maximum, |length| length.min(lecture.maximum));
        let apart = VIEW.max(length / VIEWS);
        let mut next = playing.since;
        loop {
            if Tick::now() >= next && playing.plates.taken() < VIEWS {
                next += apart;
                match cut.before(self.media_view(page, playing)).await {
                    Ok(Ok(())) => {}
                    Ok(Err(Failure::Capture(error))) => return Err(Failure::Capture(error)),
                    Ok(Err(_)) => playing.missed += 1,
                    Err(reason) => return Ok(Ending::Stopped(reason)),
                }
                self.plates_of(url, playing.capture, &mut playing.plates, false).await?;
                self.progress.event(&Event::Items { n: playing.plates.taken() });
            }
            let state = match cut.before(state(page)).await {
                Ok(state) => state?,
                Err(reason) => return Ok(Ending::Stopped(reason)),
            };
            if let Some(ending) = playing.look(state, lecture.maximum) {
                // The last thing shown.
                playing.missed += u32::from(self.media_view(page, playing).await.is_err());
                return Ok(ending);
            }
            self.keep_film()?;
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn media_view(&mut self, page: &Page, playing: &mut Playing) -> Result<(), Failure> {
        let at = self.clock.now();
        let answer = page.call("Page.captureScreenshot", json!({"format": "png", "optimizeForSpeed": true})).await?;
        let png = text(&answer, "/data").and_then(|data| BASE64_STANDARD.decode(data).ok());
        let Some(png) = png else {
            return Err(Failure::step("capture.picture", "Le navigateur n'a pas rendu d'image de la fenêtre."));
        };
        let scroll = time(&playing.last, "/at_ms").map_or(0, |at| i64::try_from(at.as_millis()).unwrap_or(0));
        playing.plates.add(Frame { png, at, scroll, still: false });
        Ok(())
    }

    fn tell_media(&mut self, playing: &Playing, ending: Ending, filmed: bool) -> Result<(), Failure> {
        let found = |what: &Value| format!("{} ms lues en {} ms", playing.media_ms(what), playing.wall_ms);
        let lengths = found(&playing.last);
        if !filmed {
            let what = "Un film ou un son a été lu sans que la session soit filmée : n'en restent que des vues, et ce que le réseau \
                        en a apporté.";
            self.find(Finding::new("capture.media_not_filmed", Level::Warn, what).found(&lengths))?;
        }
        if playing.other_rate > 0 || playing.off_pace() {
            let what = "Le film ou le son n'a pas été lu tout entier à sa vitesse.";
            self.warn("capture.media_pace", what, &lengths)?;
        }
        if playing.muted > 0 {
            let what = "Le son du lecteur était coupé pendant la lecture, ou une partie de celle-ci.";
            self.warn("capture.media_muted", what, &format!("{} relevés sur {}", playing.muted, playing.looks))?;
        }
        if playing.missed > 0 {
            let what = "Des vues de la fenêtre manquent pendant la lecture : le navigateur ne les a pas rendues.";
            self.warn("capture.media_views", what, &playing.missed.to_string())?;
        }
        let whole = ending == Ending::Ended;
        if !whole {
            let what = "Le film ou le son n'a pas été lu jusqu'à sa fin.";
            self.warn("capture.media_unfinished", what, &format!("{} : {lengths}", ending.as_str()))?;
        }
        Ok(())
    }
}

/// The player, and where it stands.
async fn find(page: &Page, selecteur: Option<&str>) -> Result<Option<Found>, Failure> {
    let answer = page.ask_with(FIND, &json!(selecteur)).await?;
    let (Some(x), Some(y)) = (whole(&answer, "/x"), whole(&answer, "/y")) else { return Ok(None) };
    let tag = text(&answer, "/tag").unwrap_or_default().to_owned();
    // What is not drawn, as a sound without its bar, is not pressed.
    let covered = whole(&answer, "/width").unwrap_or(0) == 0;
    Ok(Some(Found { x, y, covered, tag, text: String::new(), href: None, visible: true }))
}

async fn state(page: &Page) -> Result<Value, Failure> {
    Ok(page.ask(STATE).await?)
}

/// How a film was begun.
struct Begun {
    how: &'static str,
    /// What was changed for it to be seen from its beginning and heard.
    changed: Value,
    first: Value,
}

/// Makes it play, from its beginning and with its sound where that can be.
async fn begin(page: &Page, player: &Found) -> Result<Begun, Failure> {
    let how = set_going(page, player).await?;
    let changed = page.ask_by_hand(WHOLE).await?;
    // A page may stop what is given its sound without a press: then it is asked to go on.
    let moves = |state: &Value| flag(state, "/paused") == Some(false);
    if until(page, Duration::from_millis(500), moves).await?.is_none() {
        page.ask_by_hand(PLAY).await?;
    }
    Ok(Begun { how, changed, first: until(page, BEGIN, moves).await?.unwrap_or(state(page).await?) })
}

/// Makes it play: it does already, or it is pressed, or it is asked. How.
async fn set_going(page: &Page, player: &Found) -> Result<&'static str, Failure> {
    let moves = |state: &Value| flag(state, "/paused") == Some(false) && flag(state, "/ended") == Some(false);
    let now = state(page).await?;
    if moves(&now) {
        return Ok("already");
    }
    if !player.covered {
        press(page, player).await?;
        if until(page, BEGIN, moves).await?.is_some() {
            return Ok("click");
        }
    }
    let refused = page.ask_by_hand(PLAY).await?;
    match until(page, READY, moves).await? {
        Some(_) => Ok("play"),
        None => {
            let why = format!("La lecture n'a pas commencé : {}.", refused.as_str().unwrap_or("aucune réponse"));
            Err(Failure::Step { code: "capture.media", why, facts: json!({"player": state(page).await?}) })
        }
    }
}

async fn until(page: &Page, most: Duration, holds: impl Fn(&Value) -> bool) -> Result<Option<Value>, Failure> {
    let end = Tick::now() + most;
    while Tick::now() < end {
        let now = state(page).await?;
        if holds(&now) {
            return Ok(Some(now));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(None)
}

fn flag(state: &Value, pointer: &str) -> Option<bool> {
    state.pointer(pointer).and_then(Value::as_bool)
}

fn time(state: &Value, pointer: &str) -> Option<Duration> {
    whole(state, pointer).and_then(|ms| u64::try_from(ms).ok()).map(Duration::from_millis)
}

impl Playing {
    fn new(capture: u32, first: Value) -> Self {
        let (plates, last, since) = (Plates::default(), first.clone(), Tick::now());
        Self { capture, plates, first, last, since, wall_ms: 0, other_rate: 0, muted: 0, looks: 0, missed: 0 }
    }

    fn length(&self) -> Option<Duration> {
        time(&self.first, "/duration_ms")
    }

    /// Takes note of a look; whether it ended, and how.
    fn look(&mut self, now: Value, maximum: Duration) -> Option<Ending> {
        if now.is_null() || now.get("error").is_some_and(|error| !error.is_null()) {
            return Some(Ending::Broken);
        }
        let before = time(&self.last, "/at_ms").unwrap_or_default();
        let at = time(&now, "/at_ms").unwrap_or_default();
        self.looks += 1;
        self.other_rate += u32::from(whole(&now, "/rate_permille").is_some_and(|rate| rate != 1000));
        self.muted += u32::from(flag(&now, "/muted") == Some(true));
        // A film in a loop begins again: that was its end.
        let again = flag(&now, "/loop") == Some(true) && at + Duration::from_secs(1) < before;
        let (ended, paused) = (flag(&now, "/ended") == Some(true), flag(&now, "/paused") == Some(true));
        if !again {
            self.last = now;
        }
        self.wall_ms = u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        if ended || again {
            return Some(Ending::Ended);
        }
        if self.since.elapsed() >= maximum {
            return Some(Ending::Maximum);
        }
        paused.then_some(Ending::Paused)
    }

    /// How much of it was played, by its own clock, in milliseconds.
    fn media_ms(&self, last: &Value) -> u64 {
        let end = if flag(last, "/ended") == Some(true) { time(last, "/duration_ms") } else { None };
        let end = end.or_else(|| time(last, "/at_ms")).unwrap_or_default();
        let played = end.saturating_sub(time(&self.first, "/at_ms").unwrap_or_default());
        u64::try_from(played.as_millis()).unwrap_or(u64::MAX)
    }

    /// Whether its clock and this machine's went apart: by more than a look and its pace.
    fn off_pace(&self) -> bool {
        let (media, wall) = (self.media_ms(&self.last), self.wall_ms);
        media.abs_diff(wall) > 1500 + wall * PACE / 1000
    }

    fn json(&self, how: &str, ending: Ending) -> Value {
        json!({
            "begun_by": how, "reason": ending.as_str(), "player": self.last, "media_ms": self.media_ms(&self.last),
            "wall_ms": self.wall_ms, "from_ms": time(&self.first, "/at_ms").map(|at| at.as_millis() as u64),
            "looks": self.looks, "other_rate": self.other_rate, "muted": self.muted, "views": self.plates.taken(), "views_missed": self.missed,
            "plates": self.plates.made,
        })
    }
}

impl Ending {
    /// As the journal says it.
    fn as_str(self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::Maximum => "maximum",
            Self::Paused => "paused",
            Self::Broken => "broken",
            Self::Stopped(_) => "stopped",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64, more: Value) -> Value {
        merged(
            json!({"at_ms": ms, "duration_ms": 10_000, "paused": false, "ended": false, "rate_permille": 1000, "muted": false, "loop": false}),
            more,
        )
    }

    #[test]
    fn each_end_is_told() {
        let most = Duration::from_secs(3600);
        for (now, ending) in [
            (at(1000, json!({})), None),
            (at(10_000, json!({"ended": true, "paused": true})), Some(Ending::Ended)),
            (at(100, json!({"loop": true})), Some(Ending::Ended)),
            (at(2000, json!({"paused": true})), Some(Ending::Paused)),
            (at(2000, json!({"error": "decode"})), Some(Ending::Broken)),
            (Value::Null, Some(Ending::Broken)),
        ] {
            let mut playing = Playing::new(1, at(5000, json!({})));
            assert_eq!(playing.look(now.clone(), most), ending, "{now}");
        }
        let mut playing = Playing::new(1, at(0, json!({})));
        assert_eq!(
            playing.look(at(1000, json!({"rate_permille": 2000, "muted": true})), Duration::ZERO),
            Some(Ending::Maximum)
        );
        assert_eq!((playing.other_rate, playing.muted, playing.media_ms(&playing.last)), (1, 1, 1000));
    }

    #[test]
    fn a_film_that_ended_was_played_to_its_length() {
        let mut playing = Playing::new(1, at(500, json!({})));
        playing.look(at(9900, json!({"ended": true})), Duration::from_secs(60));
        assert_eq!(playing.media_ms(&playing.last), 9500);
        assert!(playing.off_pace(), "this test took no time");
    }
}
