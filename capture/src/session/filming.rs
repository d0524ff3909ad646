//! The film in the dossier: each segment taken in with a line that names the one before; gaps and ends are stated.
use std::fs::File;
use std::io;

use dossier::{
    ArtefactKind, ArtefactMeta, ArtefactPath, DossierError, Finding, Instant, Level, Origin, Outcome, Sha256Digest, op,
};
use serde_json::{Value, json};

use super::{Session, merged};
use crate::presence::{Closing, FFMPEG, Film, FilmEvent, FilmOrder, Schedule, Segment, find_program};
use crate::scenario::Action;
use crate::{CaptureError, Display};

const HOW: &str = "ffmpeg, prise de l'écran X11 (x11grab), WebM (VP8, Opus) ; instants de l'horloge de la machine";

/// How long the recorder may take to begin.
const BEGINS: std::time::Duration = std::time::Duration::from_secs(10);

/// What of the film is in the dossier.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    segments: u32,
    bytes: u64,
    milliseconds: i64,
    gaps: u32,
    last: Option<Sha256Digest>,
    lost_at: Option<Instant>,
    begin: Option<Value>,
}

impl Kept {
    /// Whether the film that was made has the sound; `None` when there is none.
    pub(super) fn filmed(&self) -> Option<bool> {
        let sound = self.begin.as_ref().and_then(|facts| facts.get("sound")).and_then(Value::as_bool);
        (self.segments > 0).then_some(sound.unwrap_or(false))
    }
}

impl Session<'_> {
    /// Whether a film is made: the scenario's word, else that of a session that is attended on a screen.
    pub(super) fn film_wanted(&self) -> bool {
        let attended = self.attendant.is_some() && self.plan.display.is_some();
        self.plan.scenario.presence.film.unwrap_or(attended)
    }

    /// Begins the film. That it cannot be made is told; the session goes on.
    pub(super) async fn start_film(&mut self) -> Result<(), CaptureError> {
        if !self.film_wanted() {
            if self.attendant.is_some() {
                let why = match self.plan.scenario.presence.film {
                    Some(false) => "le scénario ne demande pas de film",
                    _ => "cette session n'a pas d'affichage",
                };
                self.dossier.record(op::FILM_RECORDING, Outcome::NotDone, json!({"why": why}))?;
            }
            return Ok(());
        }
        let order = match self.film_order() {
            Ok(order) => order,
            Err(why) => return self.no_film(&why),
        };
        let data = json!({
            "program": order.program.display().to_string(), "arguments": order.arguments(1),
            "area": {"x": order.area.x, "y": order.area.y, "width": order.area.width & !1, "height": order.area.height & !1},
            "sound": order.sound.is_some(), "budget": order.budget, "segments_most": order.schedule.most(),
            "seconds_most": order.schedule.whole().as_secs(), "how": HOW,
        });
        let (area, sound, program) = (data["area"].clone(), data["sound"].clone(), data["program"].clone());
        self.dossier.record(op::FILM_RECORDING, Outcome::Begin, data)?;
        match Film::start(order, std::sync::Arc::clone(&self.clock)) {
            Ok(film) => {
                // The first page is not asked for before something is filmed; a recorder that does not begin is told by its
                // first segment, or by the lack of any.
                let deadline = tokio::time::Instant::now() + BEGINS;
                while !film.begun() && tokio::time::Instant::now() < deadline {
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                }
                let facts = json!({"program": program, "area": area, "sound": sound, "how": HOW});
                self.presence.kept.begin = Some(facts);
                self.presence.film = Some(film);
                Ok(())
            }
            Err(why) => self.no_film(&why),
        }
    }

    fn film_order(&self) -> Result<FilmOrder, String> {
        let display = self.plan.display.as_ref().ok_or("cette session n'a pas d'affichage")?;
        let name =
            display.x11_name().ok_or("l'affichage n'est pas X11 : sous Wayland, l'écran ne peut pas être filmé")?;
        let area = self.filmed().ok_or("la place de la fenêtre du navigateur n'est pas connue")?;
        let program = find_program(FFMPEG).ok_or_else(|| format!("programme absent : {}", FFMPEG.join(", ")))?;
        let captures = self.plan.scenario.etapes.iter().filter(|e| matches!(e.action, Action::Capturer(_))).count();
        Ok(FilmOrder {
            program,
            display: name.to_owned(),
            cookie: Display::cookie(display).map(str::to_owned),
            area,
            sound: self.presence.sound.as_ref().map(|sound| sound.server()),
            folder: self.dossier.root().join("film"),
            log: self.workspace.spool().join("film.txt"),
            budget: self.plan.scenario.presence.film_octets,
            schedule: Schedule::beside(captures),
        })
    }

    fn no_film(&mut self, why: &str) -> Result<(), CaptureError> {
        self.dossier.record(op::FILM_RECORDING, Outcome::NotDone, json!({"why": why, "how": HOW}))?;
        self.warn("presence.no_film", "La session n'est pas filmée.", why)
    }

    /// Whether the session is filmed now.
    pub(crate) fn is_filmed(&self) -> bool {
        self.presence.film.is_some()
    }

    /// Takes in what happened to the film since the last time.
    pub(crate) fn keep_film(&mut self) -> Result<(), CaptureError> {
        let events: Vec<FilmEvent> = self.presence.film.iter().flat_map(|film| film.events.try_iter()).collect();
        for event in events {
            match event {
                FilmEvent::Closed(segment) => self.keep_segment(&segment)?,
                FilmEvent::Lost { at, why } => {
                    self.presence.kept.lost_at.get_or_insert(at);
                    let what = "L'enregistrement du film s'est arrêté de lui-même.";
                    self.warn("presence.film_lost", what, &format!("{at} ; {why}"))?;
                }
                FilmEvent::Resumed { at } => self.film_gap(at, true)?,
                FilmEvent::Ended { at, how } => self.film_ended(at, how)?,
            }
        }
        Ok(())
    }

    fn keep_segment(&mut self, segment: &Segment) -> Result<(), CaptureError> {
        let path = ArtefactPath::new(format!("film/{:04}.webm", segment.number))?;
        let meta = ArtefactMeta { taken_at: Some(segment.begin), ..meta() };
        let mut writer = self.dossier.begin(path, meta)?;
        let copied = File::open(&segment.file).and_then(|mut file| io::copy(&mut file, &mut writer));
        copied.map_err(|e| DossierError::io("copy", &segment.file, e))?;
        let kept = self.dossier.keep(writer)?;
        let same = kept.digests.sha256 == segment.sha256;
        let milliseconds = segment.end.as_millisecond() - segment.begin.as_millisecond();
        let data = json!({
            "n": segment.number, "path": kept.path, "bytes": segment.bytes, "sha256": segment.sha256,
            "begin": segment.begin, "end": segment.end, "milliseconds": milliseconds,
            "previous": self.presence.kept.last, "cut": segment.cut,
        });
        let outcome = if segment.cut || !same { Outcome::Deviation } else { Outcome::Ok };
        self.dossier.record(op::FILM_SEGMENT, outcome, data)?;
        let state = &mut self.presence.kept;
        state.segments += 1;
        state.bytes += kept.digests.bytes;
        state.milliseconds += milliseconds;
        state.last = Some(kept.digests.sha256);
        if !same {
            let what = "Un segment du film a changé entre sa clôture et son entrée au dossier.";
            let finding = Finding::new("presence.segment_changed", Level::Warn, what);
            self.find(finding.values(segment.sha256, kept.digests.sha256))?;
        }
        // Its bytes are in the dossier under their name; one that stays is told as remains.
        let _ = std::fs::remove_file(&segment.file);
        Ok(())
    }

    /// The film lacks what was between the loss and now.
    fn film_gap(&mut self, end: Instant, resumed: bool) -> Result<(), CaptureError> {
        let Some(begin) = self.presence.kept.lost_at.take() else { return Ok(()) };
        self.presence.kept.gaps += 1;
        let milliseconds = end.as_millisecond() - begin.as_millisecond();
        let data = json!({
            "begin": begin, "end": end, "milliseconds": milliseconds, "resumed": resumed,
            "after": self.presence.kept.segments,
        });
        self.dossier.record(op::FILM_GAP, Outcome::Deviation, data)?;
        let what = "Le film ne couvre pas une partie de la session.";
        self.warn("presence.film_gap", what, &format!("de {begin} à {end}"))
    }

    fn film_ended(&mut self, at: Instant, how: Closing) -> Result<(), CaptureError> {
        let (why, code) = match how {
            Closing::Asked => return Ok(()),
            Closing::Budget => ("le film a atteint la limite du scénario (film_mio)", "presence.film_limit"),
            Closing::Segments => ("le film a autant de segments qu'un scellé peut en contenir", "presence.film_limit"),
            Closing::Failed => ("l'enregistrement s'est arrêté trop souvent", "presence.film_stopped"),
        };
        self.presence.kept.lost_at.get_or_insert(at);
        self.warn(code, "Le film s'arrête avant la fin de la session.", why)
    }

    /// Ends the film: its last segment, and what it is in all.
    pub(super) fn end_film(&mut self) -> Result<(), CaptureError> {
        let Some(film) = self.presence.film.as_mut() else { return Ok(()) };
        film.stop();
        self.keep_film()?;
        self.presence.film = None;
        // A film that ended before the session lacks its end.
        self.film_gap(self.clock.now(), false)?;
        // Empty when every segment was taken in.
        let _ = std::fs::remove_dir(self.dossier.root().join("film"));
        let state = &self.presence.kept;
        let data = json!({
            "segments": state.segments, "bytes": state.bytes, "milliseconds": state.milliseconds,
            "seconds": state.milliseconds / 1000, "gaps": state.gaps, "last": state.last,
        });
        let data = merged(state.begin.clone().unwrap_or_else(|| json!({})), data);
        let outcome = match (state.segments, state.gaps) {
            (0, _) => Outcome::Failed,
            (_, 0) => Outcome::Ok,
            _ => Outcome::Deviation,
        };
        self.dossier.record(op::FILM_RECORDING, outcome, data)?;
        Ok(())
    }
}

fn meta() -> ArtefactMeta {
    ArtefactMeta::new(ArtefactKind::Film, Origin::Produced, "video/webm")
}
