//! Progress of long work on stderr: a live line on a terminal, plain lines otherwise.
use std::io::IsTerminal as _;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use capture::{Event, Progress, Ruling};
use indicatif::{HumanBytes, HumanDuration, ProgressBar, ProgressStyle};

use crate::output::printable;

/// Shows the events of a capture.
pub(crate) struct Terminal {
    bar: Mutex<Option<ProgressBar>>,
    start: Instant,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    step: String,
    recorded: String,
    tile: String,
}

impl Terminal {
    /// A live line when stderr is a terminal, plain lines otherwise.
    pub(crate) fn new() -> Self {
        let start = Instant::now();
        let bar = std::io::stderr().is_terminal().then(|| live_line(start));
        Self { bar: Mutex::new(bar), start, state: Mutex::default() }
    }

    fn bar(&self) -> Option<ProgressBar> {
        self.bar.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// One line that stays.
    pub(crate) fn line(&self, text: &str) {
        match self.bar() {
            Some(bar) => bar.println(text),
            None => eprintln!("{text}"),
        }
    }

    /// One line of the answer, on stdout; the live line moves below it.
    pub(crate) fn said(&self, text: &str) {
        match self.bar() {
            Some(bar) => bar.suspend(|| crate::output::line(text)),
            None => crate::output::line(text),
        }
    }

    /// The live line; nothing without a terminal.
    pub(crate) fn live(&self, text: &str) {
        if let Some(bar) = self.bar() {
            bar.set_message(text.to_owned());
        }
    }

    /// Removes the live line.
    pub(crate) fn finish(&self) {
        if let Some(bar) = self.bar() {
            bar.finish_and_clear();
        }
    }

    /// Removes the live line while `question` talks to the officer, and puts it back. No lock is held meanwhile: a
    /// question may last for hours, and Ctrl-C must still be told and obeyed.
    pub(crate) fn asking<T>(&self, question: impl FnOnce() -> T) -> T {
        self.finish();
        let answer = question();
        let mut bar = self.bar.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(hidden) = bar.take() {
            *bar = Some(live_line(self.start).with_message(hidden.message()));
        }
        answer
    }

    /// What the preliminaries are worth, one line for each that stands apart.
    fn ruling(&self, ruling: &Ruling) {
        let (judged, apart) = (ruling.judged, ruling.gaps.len());
        self.line(&format!("Opérations préalables : {judged} exigences jugées ({}), {apart} à l'écart.", ruling.norm));
        for gap in &ruling.gaps {
            let todo = if gap.todo.is_empty() { String::new() } else { format!(" → {}", gap.todo) };
            let line =
                format!("  [{}] {} ({}) : {}{todo}", gap.weight.as_french(), gap.title, gap.requirement, gap.why);
            self.line(&printable(&line));
        }
    }

    fn elapsed(&self) -> String {
        HumanDuration(self.start.elapsed()).to_string()
    }

    fn refresh(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut state);
        self.live(&format!("{}  {}{}", state.step, state.recorded, state.tile));
    }
}

/// The live line of work that began at `start`.
fn live_line(start: Instant) -> ProgressBar {
    let bar = ProgressBar::new_spinner().with_elapsed(start.elapsed());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed_precise}  {wide_msg}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

impl Progress for Terminal {
    fn event(&self, event: &Event) {
        match event {
            Event::Preliminaries => self.line("Opérations préalables…"),
            Event::Gate(ruling) => self.ruling(ruling),
            Event::BrowserReady { version } => self.line(&format!("Navigateur : {}", printable(version))),
            Event::StepBegin { n, total, what } => {
                self.line(&format!("[{n}/{total}] {}", printable(what)));
                self.refresh(|state| {
                    state.step = format!("étape {n}/{total}");
                    state.tile.clear();
                });
            }
            Event::StepEnd { n, total, ok: false, code } => {
                let code = code.as_deref().unwrap_or("sans code");
                self.line(&format!("[{n}/{total}] échec [{code}]"));
            }
            Event::Recorded { requests, exchanges, bytes } => self.refresh(|state| {
                state.recorded = format!("{requests} requêtes, {exchanges} échanges, {}", HumanBytes(*bytes));
            }),
            Event::Tile { n, total } => self.refresh(|state| state.tile = format!(", tuile {n}/{total}")),
            Event::Items { n } => self.refresh(|state| state.tile = format!(", {n} publications")),
            Event::Finding(finding) => {
                let found = finding.found.as_deref().map(|f| format!(" — {}", printable(f))).unwrap_or_default();
                self.line(&format!("  constatation [{}] {}{found}", finding.code, printable(&finding.what)));
            }
            Event::Resumed { next, total } => self.line(&format!("Reprise de la session à l'étape {next}/{total}.")),
            Event::Returned { url } => self.line(&format!("Retour à la page, étapes rejouées : {}", printable(url))),
            Event::NetworkLost { seconds } => self.line(&format!("Réseau perdu : attente, {seconds} s au plus")),
            Event::NetworkBack { back: true } => self.line("Réseau revenu : l'étape est essayée une fois encore."),
            Event::NetworkBack { back: false } => self.line("Le réseau n'est pas revenu : la session s'arrête là."),
            Event::Replay => self.line(&format!("Rejeu des pages à partir de l'archive ({})…", self.elapsed())),
            Event::Time => self.live("horodatage de la clôture"),
            Event::Closing => self.line(&format!("Clôture du dossier ({})…", self.elapsed())),
            _ => {}
        }
    }
}
