//! A clock on the officer's screen: a small window of our own with the legal time, so that pictures and film show it.
//!
//! It is drawn from dots of our own (the display may have no font) and put above other windows without asking the window
//! manager, which does not manage it.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use dossier::Clock;
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{
    ConfigureWindowAux, ConnectionExt as _, CreateGCAux, CreateWindowAux, Gcontext, ImageFormat, StackMode, Window,
    WindowClass,
};
use x11rb::wrapper::ConnectionExt as _;
use x11rb::{COPY_DEPTH_FROM_PARENT, COPY_FROM_PARENT};

use super::glyphs::{ADVANCE, HEIGHT, dot};
use super::screen::{Screen, narrow};

/// The height of the window.
pub(crate) const BAR: u32 = 33;
/// How many characters are shown.
const CHARACTERS: usize = 44;
/// Pixels of one dot, where the screen is wide enough.
const SCALE: usize = 3;
/// Pixels around the text.
const MARGIN: usize = 6;
/// How often the time is looked at.
const TICK: Duration = Duration::from_millis(100);

/// Where it stands on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) x: u32,
    pub(crate) y: u32,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// The window, while it stands.
pub(crate) struct ClockWindow {
    pub(crate) place: Place,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// The line that is shown: French legal time, to the second, with its offset.
fn line(clock: &dyn Clock) -> String {
    clock.now().legal_time().strftime("Heure de Paris %d/%m/%Y %H:%M:%S UTC%:z").to_string()
}

/// Pixels of one dot on a screen that wide.
fn scale(screen: u32) -> usize {
    let wanted = CHARACTERS * ADVANCE * SCALE + 2 * MARGIN;
    if screen as usize >= wanted { SCALE } else { SCALE - 1 }
}

impl ClockWindow {
    /// How wide it is on a screen of that width.
    pub(crate) fn width(screen: u32) -> u32 {
        u32::try_from(CHARACTERS * ADVANCE * scale(screen) + 2 * MARGIN).unwrap_or(screen).min(screen)
    }

    /// Shows it on the display of that name.
    pub(crate) fn show(name: &str, x: u32, y: u32, clock: Arc<dyn Clock>) -> Result<Self, String> {
        let screen = Screen::open(name)?;
        let place = Place { x, y, width: Self::width(screen.width), height: BAR };
        let face = Face::create(screen, place).map_err(|e| e.to_string())?;
        face.draw(&line(clock.as_ref())).map_err(|e| e.to_string())?;
        let stop = Arc::new(AtomicBool::new(false));
        let asked = Arc::clone(&stop);
        let run = move || {
            let mut shown = String::new();
            while !asked.load(Ordering::SeqCst) {
                let now = line(clock.as_ref());
                // A display that went away ends the clock; pictures then say that it is not to be seen.
                if now != shown && face.draw(&now).is_err() {
                    return;
                }
                shown = now;
                std::thread::sleep(TICK);
            }
        };
        let thread =
            std::thread::Builder::new().name("constat-horloge".into()).spawn(run).map_err(|e| e.to_string())?;
        Ok(Self { place, stop, thread: Some(thread) })
    }
}

impl Drop for ClockWindow {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What it is drawn with.
struct Face {
    screen: Screen,
    window: Window,
    context: Gcontext,
    place: Place,
}

impl Face {
    fn create(screen: Screen, place: Place) -> Result<Self, x11rb::errors::ReplyOrIdError> {
        let connection = &screen.connection;
        let (window, context) = (connection.generate_id()?, connection.generate_id()?);
        let apart = CreateWindowAux::new().override_redirect(1).background_pixel(0);
        let (x, y) = (i16::try_from(place.x).unwrap_or(0), i16::try_from(place.y).unwrap_or(0));
        let (width, height) = (narrow(place.width), narrow(place.height));
        let class = WindowClass::INPUT_OUTPUT;
        connection.create_window(
            COPY_DEPTH_FROM_PARENT,
            window,
            screen.root,
            x,
            y,
            width,
            height,
            0,
            class,
            COPY_FROM_PARENT,
            &apart,
        )?;
        connection.create_gc(context, window, &CreateGCAux::new())?;
        connection.map_window(window)?;
        connection.sync()?;
        Ok(Self { screen, window, context, place })
    }

    /// Draws the line in one request, so that no picture shows half of it; above what was put over it meanwhile.
    fn draw(&self, line: &str) -> Result<(), x11rb::errors::ReplyError> {
        let (text, scale): (Vec<char>, usize) = (line.chars().collect(), scale(self.screen.width));
        let mut pixels = Vec::with_capacity((self.place.width * self.place.height * 4) as usize);
        let top = (self.place.height as usize).saturating_sub(HEIGHT * scale) / 2;
        for y in 0..self.place.height as usize {
            for x in 0..self.place.width as usize {
                let inside = x >= MARGIN && y >= top;
                let set = inside && dot(&text, (x - MARGIN) / scale, (y - top) / scale);
                // The same in any order of octets.
                pixels.extend([if set { 0xFF } else { 0x10 }; 4]);
            }
        }
        let connection = &self.screen.connection;
        let (width, height) = (narrow(self.place.width), narrow(self.place.height));
        let (format, depth) = (ImageFormat::Z_PIXMAP, self.screen.depth);
        connection.configure_window(self.window, &ConfigureWindowAux::new().stack_mode(StackMode::ABOVE))?;
        connection.put_image(format, self.window, self.context, width, height, 0, 0, 0, depth, &pixels)?;
        connection.sync()
    }
}
