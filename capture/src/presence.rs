//! The officer's presence made visible: the screen he looked at, with a clock; its film, with the sound; the signs he gave.
mod clock_window;
mod film;
mod glyphs;
mod programs;
mod schedule;
mod screen;
mod sound;
mod watch;

pub(crate) use clock_window::{BAR, ClockWindow, Place};
pub(crate) use film::{Closing, Film, FilmEvent, FilmOrder, Segment};
pub(crate) use programs::{FFMPEG, PULSEAUDIO, find_program};
pub(crate) use schedule::Schedule;
pub(crate) use screen::Screen;
pub(crate) use sound::Sound;
pub(crate) use watch::Watch;
