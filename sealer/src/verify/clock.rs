//! The machine's clock by its own evidence: its wall clock against its monotonic one, line by line, and what time servers said
//! of it against what the authorities' tokens say.
use std::fmt::Display;

use dossier::{Artefact, Finding, Instant, Journal, JournalEntry, Level, Manifest, Outcome, op};

use super::{Report, SessionTokenFacts};
use crate::image_form;

/// How much the wall clock may gain or lose on the monotonic one between two lines, in milliseconds: a step larger than what
/// a time service slews.
const STEP_MS: i64 = 2_000;
/// How far two measures of the same error may be apart, in milliseconds.
const AGREE_MS: i64 = 3_000;

/// Interruptions that are told, each with its bounds.
const INTERRUPTIONS: usize = 20;

/// The interruptions of the session, as the journal states them; a dossier may have gone on after each.
pub(super) fn check_interruptions(journal: &Journal, report: &mut Report) {
    let cuts: Vec<&JournalEntry> = journal.of(&op::SESSION_INTERRUPTED).collect();
    for (n, cut) in (1..).zip(cuts.iter().take(INTERRUPTIONS)) {
        let what = "La session a été interrompue : rien n'a été enregistré entre ces deux instants.";
        let bounds = format!("{n}/{} : {} – {}", cuts.len(), cut.text("last_at").unwrap_or("?"), cut.at);
        report.add(Finding::new("session.interrupted", Level::Warn, what).found(bounds));
    }
}

/// Steps of the wall clock inside the session.
pub(super) fn check_steps(journal: &Journal, report: &mut Report) {
    let (mut steps, mut worst, mut at) = (0_u32, 0_i64, 0_u64);
    for pair in journal.entries().windows(2) {
        let [before, after] = pair else { continue };
        // Another process begins its monotonic clock anew.
        if after.op == op::SESSION_RESUME {
            continue;
        }
        let wall = after.at.as_millisecond().saturating_sub(before.at.as_millisecond());
        let ran = i64::try_from(after.mono_us.saturating_sub(before.mono_us) / 1000).unwrap_or(i64::MAX);
        let step = wall.saturating_sub(ran);
        if step.abs() > STEP_MS {
            steps += 1;
            if step.abs() > worst.abs() {
                (worst, at) = (step, after.seq);
            }
        }
    }
    if steps > 0 {
        let what = "L'horloge de la machine a été changée pendant la session : elle ne suit pas son compteur monotone.";
        let found = format!("{steps} fois, au plus {worst} ms (ligne {at})");
        report.add(Finding::new("clock.step", Level::Warn, what).values(format!("au plus {STEP_MS} ms"), found));
    }
}

/// What the time servers measured, before and after, against what the tokens give for the same time.
pub(super) fn check_sources(journal: &Journal, tokens: &[SessionTokenFacts], report: &mut Report) {
    for (phase, other) in [("start", "opening"), ("end", "closing")] {
        let told = |entry: &&JournalEntry| entry.text("phase") == Some(phase) && entry.outcome != Outcome::NotDone;
        let measured = journal.of(&op::MEASURE_CLOCK).find(told).and_then(|entry| entry.integer("offset_us"));
        let token = tokens.iter().find(|token| token.phase == other);
        let (Some(measured), Some(token)) = (measured, token) else { continue };
        let Some(offset) = token.offset_ms else { continue };
        let accuracy = token.accuracy_us.map_or(1000, |us| i64::try_from(us / 1000).unwrap_or(AGREE_MS));
        let apart = (measured / 1000).saturating_sub(offset).saturating_abs();
        if apart > AGREE_MS.saturating_add(accuracy.clamp(0, 60_000)) {
            let what = "L'écart de l'horloge que les serveurs de temps ont mesuré n'est pas celui que montre le jeton d'une autorité.";
            let found = format!("{} ms selon les serveurs, {offset} ms selon {}", measured / 1000, token.entry);
            report.add(Finding::new("clock.sources_differ", Level::Warn, what).found(found));
        }
    }
}

/// The dates that pictures of the screen and records of the archive bear lie within the session, as the journal has it.
pub(super) fn check_dates(
    journal: &Journal,
    manifest: &Manifest,
    span: Option<&(String, String)>,
    report: &mut Report,
) {
    let lines = || journal.entries().iter().map(|entry| entry.at);
    let (Some(first), Some(last)) = (lines().min(), lines().max()) else { return };
    let outside = |date: &Instant| {
        let date = date.as_millisecond();
        date < first.as_millisecond().saturating_sub(STEP_MS) || date > last.as_millisecond().saturating_add(STEP_MS)
    };
    let window = format!("{first} – {last}");
    let tell = |code: &str, what: &str, found: String| Finding::new(code, Level::Warn, what).values(&window, found);
    for (at, said) in span.into_iter().flat_map(|(first, last)| [first, last]).filter_map(|d| Some((indexed(d)?, d))) {
        if outside(&at) {
            let what = "Des enregistrements de l'archive portent une date hors de la session.";
            report.add(tell("clock.record", what, said.clone()));
        }
    }
    for artefact in manifest.artefacts.iter().filter(|a| image_form::applies(a.meta.kind)) {
        if let Some(at) = taken(artefact).filter(outside) {
            let what = "Une image d'écran porte dans son EXIF une date hors de la session.";
            report.add(tell("clock.picture", what, format!("{} : {at}", artefact.path)));
        }
    }
}

/// The instant of fourteen digits.
fn indexed(digits: &str) -> Option<Instant> {
    let part = |from: usize, to: usize| digits.get(from..to);
    let (date, time) = ([part(0, 4)?, part(4, 6)?, part(6, 8)?], [part(8, 10)?, part(10, 12)?, part(12, 14)?]);
    instant(&date, &time, "Z")
}

/// What the EXIF says (Exif 2.32, 4.6.5.F: `YYYY:MM:DD HH:MM:SS`, and `±HH:MM`).
fn taken(artefact: &Artefact) -> Option<Instant> {
    let exif = &artefact.image.as_ref()?.exif;
    let (date, time) = exif.get("DateTimeOriginal")?.split_once(' ')?;
    let parts =
        |text: &str| -> Option<[String; 3]> { text.split(':').map(str::to_owned).collect::<Vec<_>>().try_into().ok() };
    instant(&parts(date)?, &parts(time)?, exif.get("OffsetTimeOriginal")?)
}

fn instant(
    [year, month, day]: &[impl Display; 3],
    [hour, minute, second]: &[impl Display; 3],
    zone: &str,
) -> Option<Instant> {
    format!("{year}-{month}-{day}T{hour}:{minute}:{second}{zone}").parse().ok()
}
