//! What shows that the officer watched: his screen with a clock, its picture beside those of the page, his signs of presence.
use std::collections::VecDeque;

use dossier::{ArtefactKind, ArtefactMeta, ArtefactPath, Finding, Level, Origin, Outcome, op};
use serde_json::{Value, json};

use super::{Running, Session, filming, merged};
use crate::cdp::text;
use crate::presence::{BAR, ClockWindow, Film, PULSEAUDIO, Place, Screen, Sound, Watch, find_program};
use crate::scenario::Etape;
use crate::screens::{PictureFacts, with_exif};
use crate::{CaptureError, Display};

/// What the browser's own bars may take of the height of its window, a warning of its own included, until it is measured.
const BARS: u32 = 170;
/// What they take: how much higher the window is than its content.
const MEASURED: &str = "outerHeight - innerHeight";
/// Beyond this many files no picture of the screen is taken: a sealed bundle holds a thousand, and pages come first.
const FILES: usize = 900;
/// How long a window that was put in front may take to be drawn.
const DRAWN: std::time::Duration = std::time::Duration::from_millis(300);
const HOW: &str = "écran X11 lu en une requête (GetImage de la fenêtre racine)";

/// Codes of what is told of the officer's presence; they stand in the journal, not in [`CaptureError`].
pub const PRESENCE_CODES: &[&str] = &[
    "presence.no_desktop",
    "presence.clock_hidden",
    "presence.no_film",
    "presence.no_sound",
    "presence.film_lost",
    "presence.film_gap",
    "presence.film_limit",
    "presence.film_stopped",
    "presence.segment_changed",
    "presence.opinion",
    "presence.unscripted",
    "presence.gap",
];

/// The presence in one session.
#[derive(Default)]
pub(crate) struct Presence {
    /// The clock shown on the screen.
    clock: Option<ClockWindow>,
    /// The sound server of the session.
    pub(super) sound: Option<Sound>,
    /// The film under way.
    pub(super) film: Option<Film>,
    /// What of the film is in the dossier.
    pub(super) kept: filming::Kept,
    /// The signs of the officer.
    pub(super) watch: Option<Watch>,
    /// Where the browser's window is on the screen.
    window: Option<Place>,
    /// The steps the officer typed, to be played next.
    pub(super) unscripted: VecDeque<Etape>,
    /// How many he typed so far.
    pub(super) typed: u32,
    /// Whether the officer leaves the next step out.
    pub(super) leave_out: bool,
    /// Whether the step under way is in the plan.
    pub(super) scripted: Scripted,
    /// Whether the lack of a screen to picture was told.
    told: bool,
}

/// Whether a step is in the plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Scripted {
    /// It is.
    #[default]
    Yes,
    /// The officer typed it.
    No,
}

impl Session<'_> {
    /// The name of the screen that can be pictured.
    fn screen_name(&self) -> Option<String> {
        self.plan.display.as_ref().and_then(Display::x11_name).map(str::to_owned)
    }

    /// Before the browser: the sound server it will play into, when there will be a film.
    pub(super) async fn start_sound(&mut self) -> Result<(), CaptureError> {
        if !self.film_wanted() || !self.plan.scenario.presence.son || self.screen_name().is_none() {
            return Ok(());
        }
        let started = match find_program(PULSEAUDIO) {
            Some(program) => Sound::start(&program).await,
            None => Err(format!("programme absent : {}", PULSEAUDIO.join(", "))),
        };
        match started {
            Ok(sound) => {
                self.presence.sound = Some(sound);
                Ok(())
            }
            Err(why) => {
                let what = "Le film de la session n'a pas de son : aucun serveur de son n'a pu être lancé.";
                self.warn("presence.no_sound", what, &why)
            }
        }
    }

    /// The display as the browser gets it.
    pub(super) fn browser_display(&self) -> Option<Display> {
        let display = self.plan.display.as_ref()?;
        Some(match &self.presence.sound {
            Some(sound) => display.with_sound(&sound.server()),
            None => display.clone(),
        })
    }

    /// Once the browser has its window: where it stands, the clock beside it, the film. Nothing of it stops a session.
    pub(super) async fn start_presence(&mut self, running: &Running) -> Result<(), CaptureError> {
        let attended = self.attendant.is_some();
        if attended {
            let (name, absence) = (self.screen_name(), self.plan.scenario.presence.absence);
            let watch = Watch::start(absence, name.as_deref(), std::sync::Arc::clone(&self.clock));
            self.presence.watch = Some(watch);
        }
        if attended || self.plan.display.is_some() || self.film_wanted() {
            self.show_screen(running).await?;
        }
        self.start_film().await
    }

    /// Another browser took the place of the one that was lost: its window goes where the other was.
    pub(super) async fn place_again(&mut self, running: &Running) -> Result<(), CaptureError> {
        let Some(name) = self.screen_name() else { return Ok(()) };
        if let Ok(screen) = Screen::open(&name) {
            let placed = self.place_window(running, &screen).await;
            self.presence.window = placed.ok().map(|(window, _)| window);
        }
        Ok(())
    }

    async fn show_screen(&mut self, running: &Running) -> Result<(), CaptureError> {
        let by = self.presence.watch.as_ref().map(|watch| watch.by.clone()).unwrap_or_default();
        let shown = match self.screen_name() {
            None => Err(no_screen(self.plan.display.is_some()).to_owned()),
            Some(name) => self.shown_on(running, &name).await,
        };
        match shown {
            Ok(facts) => {
                let facts = merged(facts, json!({"signs": by}));
                self.dossier.record(op::PRESENCE_DISPLAY, Outcome::Ok, facts)?;
                Ok(())
            }
            Err(why) => {
                self.dossier.record(op::PRESENCE_DISPLAY, Outcome::NotDone, json!({"why": why, "signs": by}))?;
                Ok(())
            }
        }
    }

    async fn shown_on(&mut self, running: &Running, name: &str) -> Result<Value, String> {
        let screen = Screen::open(name)?;
        let (window, bars) = self.place_window(running, &screen).await?;
        let width = ClockWindow::width(screen.width);
        let below = window.y + window.height;
        // Below the window, else above it, else over its title: never over the page.
        let y = match (below + BAR <= screen.height, window.y >= BAR) {
            (true, _) => below,
            (false, true) => window.y - BAR,
            (false, false) => 0,
        };
        let x = window.x.min(screen.width.saturating_sub(width));
        let clock = ClockWindow::show(name, x, y, std::sync::Arc::clone(&self.clock))?;
        let page = self.plan.scenario.navigateur.hauteur;
        let facts = json!({
            "display": name, "screen": format!("{} x {} pixels", screen.width, screen.height),
            "window": json_of(window), "clock": json_of(clock.place), "sound": self.presence.sound.is_some(),
            "bars_height": bars, "page_whole": window.height >= page + bars, "how": HOW,
        });
        self.presence.window = Some(window);
        self.presence.clock = Some(clock);
        Ok(facts)
    }

    /// Puts the browser's window at the corner of the screen, as high as the page and the browser's bars ask for, the clock
    /// below left out. Where it stands then, and how high the bars are.
    async fn place_window(&self, running: &Running, screen: &Screen) -> Result<(Place, u32), String> {
        let settings = &self.plan.scenario.navigateur;
        let cdp = &running.recorder.cdp;
        let of = json!({"targetId": running.page.frame});
        let found = cdp.call(None, "Browser.getWindowForTarget", of).await.map_err(|e| e.to_string())?;
        let id = found.get("windowId").cloned().unwrap_or(Value::Null);
        let width = settings.largeur.max(500).min(screen.width);
        let (mut bars, mut last) = (BARS, None);
        for _ in 0..2 {
            let height = (settings.hauteur + bars).min(screen.height.saturating_sub(BAR));
            let bounds = json!({"left": 0, "top": 0, "width": width, "height": height});
            let asked = json!({"windowId": id, "bounds": bounds});
            cdp.call(None, "Browser.setWindowBounds", asked).await.map_err(|e| e.to_string())?;
            tokio::time::sleep(DRAWN).await;
            let asked = json!({"windowId": id});
            last = Some(cdp.call(None, "Browser.getWindowBounds", asked).await.map_err(|e| e.to_string())?);
            bars = self.bars(running).await.unwrap_or(bars);
        }
        window_of(&last.unwrap_or_default(), screen).map(|window| (window, bars))
    }

    /// How high the browser's bars are: asked on the blank page, whose size is then its own for a moment.
    async fn bars(&self, running: &Running) -> Option<u32> {
        let page = &running.page;
        page.call("Emulation.clearDeviceMetricsOverride", json!({})).await.ok()?;
        let measured = page.ask(MEASURED).await;
        let settings = crate::screens::metrics(&self.plan.scenario.navigateur);
        page.call("Emulation.setDeviceMetricsOverride", settings).await.ok()?;
        let bars = measured.ok()?.as_u64().and_then(|n| u32::try_from(n).ok())?;
        (20..400).contains(&bars).then_some(bars)
    }

    /// The part of the screen that is filmed: the window and the clock.
    pub(super) fn filmed(&self) -> Option<Place> {
        let (window, clock) = (self.presence.window?, self.presence.clock.as_ref()?.place);
        let (x, y) = (window.x.min(clock.x), window.y.min(clock.y));
        let right = (window.x + window.width).max(clock.x + clock.width);
        let bottom = (window.y + window.height).max(clock.y + clock.height);
        Some(Place { x, y, width: right - x, height: bottom - y })
    }

    /// The whole screen, for a capture that is attended or has a window. That it cannot be had is told, once.
    pub(crate) async fn desktop_picture(
        &mut self,
        running: &Running,
        capture: u32,
        url: &str,
    ) -> Result<(), CaptureError> {
        if self.attendant.is_none() && self.plan.display.is_none() {
            return Ok(());
        }
        // The officer's terminal may be over the window: it is the page that is looked at now.
        let _ = running.page.call("Page.bringToFront", json!({})).await;
        tokio::time::sleep(DRAWN).await;
        let taken = match self.screen_name() {
            _ if self.dossier.artefacts().len() >= FILES => Err("le dossier a trop de fichiers".to_owned()),
            None => Err(no_screen(self.plan.display.is_some()).to_owned()),
            Some(name) => self.take_screen(&name, capture, url),
        };
        let place = json!({"step": self.step, "capture": capture});
        match taken {
            Ok(facts) => {
                let hidden = facts.get("clock_shown") == Some(&Value::Bool(false));
                let outcome = if hidden { Outcome::Deviation } else { Outcome::Ok };
                self.dossier.record(op::PICTURE_DESKTOP, outcome, merged(place, facts))?;
                if hidden {
                    let what = "L'horloge n'est pas sur l'image de l'écran.";
                    self.warn("presence.clock_hidden", what, &format!("capture n° {capture}"))?;
                }
                Ok(())
            }
            Err(why) => {
                self.dossier.record(op::PICTURE_DESKTOP, Outcome::NotDone, merged(place, json!({"why": why})))?;
                if std::mem::replace(&mut self.presence.told, true) {
                    return Ok(());
                }
                let what = "L'écran n'a pas pu être pris en image : la barre d'adresse et l'horloge ne sont sur aucune image \
                            de cette capture.";
                self.find(Finding::new("presence.no_desktop", Level::Warn, what).found(why))
            }
        }
    }

    fn take_screen(&mut self, name: &str, capture: u32, url: &str) -> Result<Value, String> {
        let screen = Screen::open(name)?;
        let taken_at = self.clock.now();
        let picture = screen.picture()?;
        let read_at = self.clock.now();
        let facts = PictureFacts { taken_at, url: url.to_owned(), software: self.software.clone(), density: 1 };
        let exif = facts.exif().map_err(|e| e.to_string())?;
        let png = with_exif(&picture.png()?, &exif).ok_or("image illisible")?;
        let path = ArtefactPath::new(format!("captures/{capture:04}-bureau.png")).map_err(|e| e.to_string())?;
        let meta = ArtefactMeta::new(ArtefactKind::ScreenshotDesktop, Origin::Produced, "image/png");
        let meta = meta.of_step(self.step, Some(capture)).from_page(url.to_owned(), taken_at);
        let kept = self.dossier.keep_bytes(path, meta, &png).map_err(|e| e.to_string())?;
        let clock = self.presence.clock.as_ref().map(|clock| clock.place);
        // Two colours, and two only: the clock is there and nothing is over it.
        let shown = clock.is_some_and(|at| picture.colours(at.x, at.y, at.width, at.height) == 2);
        Ok(json!({
            "path": kept.path, "sha256": kept.digests.sha256, "taken_at": taken_at, "read_at": read_at,
            "width": picture.width, "height": picture.height, "window": self.presence.window.map(json_of),
            "clock": clock.map(json_of), "clock_shown": shown, "how": HOW,
        }))
    }

    /// Ends what shows the presence: film first, then the clock that is on it.
    pub(super) fn end_presence(&mut self) -> Result<(), CaptureError> {
        self.end_film()?;
        self.presence.clock = None;
        self.presence.sound = None;
        self.tell_absences()?;
        self.presence.watch = None;
        Ok(())
    }

    /// The stretches without a sign that ended, one line each.
    pub(super) fn tell_absences(&mut self) -> Result<(), CaptureError> {
        let Some(watch) = &self.presence.watch else { return Ok(()) };
        let (absences, by) = (watch.take(), watch.by.clone());
        let allowed = self.plan.scenario.presence.absence.as_secs();
        for absence in absences {
            let seconds = absence.lasted.as_secs();
            let data = json!({
                "begin": absence.begin, "end": absence.end, "seconds": seconds, "allowed_seconds": allowed,
                "measured_by": by, "step": self.step,
            });
            self.dossier.record(op::PRESENCE_GAP, Outcome::Deviation, data)?;
            let what =
                "L'officier n'a donné aucun signe de présence pendant plus longtemps que ne l'admet le scénario.";
            let found = format!("{seconds} s, de {} à {}", absence.begin, absence.end);
            self.find(Finding::new("presence.gap", Level::Warn, what).values(format!("{allowed} s"), found))?;
        }
        Ok(())
    }
}

/// Where a window is, as the browser tells its bounds.
fn window_of(told: &Value, screen: &Screen) -> Result<Place, String> {
    let state = text(told, "/bounds/windowState").unwrap_or("");
    if !matches!(state, "normal" | "maximized") {
        return Err(format!("la fenêtre du navigateur est dans l'état « {state} »"));
    }
    let at = |key: &str| {
        told.pointer(&format!("/bounds/{key}")).and_then(Value::as_i64).and_then(|n| u32::try_from(n.max(0)).ok())
    };
    let [Some(x), Some(y), Some(width), Some(height)] = ["left", "top", "width", "height"].map(at) else {
        return Err("la place de la fenêtre du navigateur n'est pas connue".into());
    };
    let (width, height) = (width.min(screen.width), height.min(screen.height));
    Ok(Place { x: x.min(screen.width - width), y: y.min(screen.height - height), width, height })
}

fn no_screen(window: bool) -> &'static str {
    match window {
        true => "l'affichage n'est pas X11 : sous Wayland, l'écran entier ne peut pas être lu",
        false => "cette session n'a pas d'affichage",
    }
}

fn json_of(place: Place) -> Value {
    json!({"x": place.x, "y": place.y, "width": place.width, "height": place.height})
}
