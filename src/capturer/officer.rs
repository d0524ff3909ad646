//! The officer at the terminal: shown each capture, asked in words whether he or she observed it, answered by a line.
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{BufRead as _, IsTerminal as _, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use capture::scenario::Scenario;
use capture::{Answer, AtWall, Attendant, Away, Between, Gap, Question, Wall, Wish};
use dossier::{ArtefactKind, Case};
use rustix::fs::OFlags;

use super::dialogue;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::printable;
use crate::progress::Terminal;

/// The longest answer kept, in octets.
const LONGEST: u64 = 2000;
/// Pictures of one capture that are named; a gathering may have hundreds.
const SHOWN: usize = 8;

/// The officer of the case, at the terminal of this process.
pub(super) struct Officer {
    name: String,
    terminal: Arc<Terminal>,
    /// By which a step that is typed is judged.
    plan: Scenario,
    /// Whether keys of the officer call for the dialogue: from the first step on.
    listening: AtomicBool,
}

impl Officer {
    /// An answer is a person's: without a terminal to read it from, nothing can be attended.
    pub(super) fn needs_terminal() -> Result<(), Failure> {
        let missing: Vec<&str> = [
            (std::io::stdin().is_terminal(), "l'entrée standard n'est pas un terminal"),
            (std::io::stderr().is_terminal(), "la sortie d'erreur n'est pas un terminal"),
        ]
        .into_iter()
        .filter_map(|(there, what)| (!there).then_some(what))
        .collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(Failure::new("cli.no_terminal", Exit::Usage, missing.join(", ")))
    }

    /// The officer the case names; a case that names nobody cannot be attended.
    pub(super) fn of(case: &Case, plan: &Scenario, terminal: &Arc<Terminal>) -> Result<Self, Failure> {
        let name = case.officier.as_ref().map(|o| format!("{} {}", o.prenoms.trim(), o.nom.trim()));
        match name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()) {
            Some(name) => {
                let (terminal, plan) = (Arc::clone(terminal), plan.clone());
                Ok(Self { name, terminal, plan, listening: AtomicBool::new(false) })
            }
            None => Err(Failure::new(
                "cli.no_officer",
                Exit::Usage,
                "ni le scénario ni l'étude n'ont de section [officier]",
            )),
        }
    }
}

impl Officer {
    /// The officer's written answer for a requirement that stands apart.
    fn written(&self, gap: &Gap) -> Option<String> {
        let mut text = format!("\nAvant la première page : {} ({}), {}.\n", gap.title, gap.requirement, gap.state);
        for (label, value) in
            [("Constaté", &gap.why), ("À faire", &gap.todo)].into_iter().filter(|(_, v)| !v.is_empty())
        {
            let _ = writeln!(text, "  {label:<9}{}", printable(value));
        }
        eprint!("{text}");
        discard_typed_ahead();
        eprint!("Votre justification, portée à l'acte (ligne vide : ne pas continuer) : ");
        answer().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty())
    }
}

impl Attendant for Officer {
    fn justify(&self, gap: &Gap) -> Option<String> {
        self.terminal.asking(|| self.written(gap))
    }

    fn at_wall(&self, wall: &Wall) -> AtWall {
        self.terminal.asking(|| {
            let said = printable(&wall.text);
            eprint!("\nLa page est arrêtée par {} :\n  « {said} »\nLe constat attend.\n", wall.kind.words());
            discard_typed_ahead();
            choice(&mut |prompt| {
                eprint!("{prompt} ");
                answer()
            })
        })
    }

    fn acknowledge(&self, question: &Question) -> Answer {
        self.terminal.asking(|| {
            eprint!("{}", shown(question, &self.name));
            discard_typed_ahead();
            dialogue::acknowledge(&self.name, &self.plan, &mut asked)
        })
    }

    fn called(&self) -> bool {
        let typed = discard_typed_ahead();
        // What was typed before the first step answers nothing, and calls for nothing.
        self.listening.swap(true, Ordering::SeqCst) && typed
    }

    fn between(&self, between: &Between) -> Wish {
        self.terminal.asking(|| {
            let next = between.next.as_deref().map_or_else(|| "aucune".to_owned(), printable);
            eprintln!("\nEntre deux étapes. Étape suivante : {next}");
            discard_typed_ahead();
            dialogue::between(&self.plan, &mut asked)
        })
    }

    fn come_back(&self, away: &Away) -> bool {
        self.terminal.asking(|| {
            match away {
                Away::Paused => eprintln!("\nSession en pause."),
                Away::Absent { since } => {
                    let since = since.legal_time().strftime("%H:%M:%S").to_string();
                    eprintln!("\nAucun signe de votre présence depuis {since} : la session vous attend.");
                }
            }
            discard_typed_ahead();
            dialogue::come_back(&mut asked)
        })
    }
}

/// Asks until an answer is one of the three; the end of the input ends the session.
fn choice(read: &mut dyn FnMut(&str) -> Option<String>) -> AtWall {
    loop {
        let prompt =
            "Faites votre choix dans la fenêtre, puis : [r = reprendre, c = constater la page telle quelle, arrêter]";
        let Some(line) = read(prompt) else { return AtWall::Stop };
        match line.trim().to_lowercase().as_str() {
            "r" | "reprendre" => return AtWall::Resume,
            "c" | "constater" => return AtWall::AsItIs,
            "arrêter" | "arreter" => return AtWall::Stop,
            _ => {}
        }
    }
}

/// What the officer is shown; what comes from the page cannot write on the terminal.
fn shown(question: &Question, name: &str) -> String {
    let mut text =
        format!("\nCapture n° {}, étape {} : {}\n", question.capture, question.step, printable(&question.titre));
    let mut row = |label: &str, value: &str| {
        let _ = writeln!(text, "  {label:<9}{value}");
    };
    row("Titre", &printable(if question.title.is_empty() { "(aucun)" } else { &question.title }));
    row("Adresse", &printable(&question.url));
    row("Heure", &question.taken_at.legal_time().strftime("%d/%m/%Y à %H:%M:%S (%Z, UTC%:z)").to_string());
    if let Some(failure) = &question.failure {
        row("Échec", &printable(failure));
    }
    for file in question.files.iter().take(SHOWN) {
        let what = match file.kind {
            ArtefactKind::ScreenshotPage => "page entière",
            ArtefactKind::ScreenshotArea => "zone qui défile",
            ArtefactKind::ScreenshotFeed => "planche du recueil",
            ArtefactKind::ScreenshotElement => "élément entier",
            ArtefactKind::ScreenshotDesktop => "écran entier",
            ArtefactKind::MediaFrame => "média",
            _ => "fenêtre",
        };
        row("Image", &format!("{} ({what})", file.path));
        row("", &format!("SHA-256 {}", file.sha256));
        row("", &file.on_disk.display().to_string());
    }
    if let Some(more) = question.files.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        row("", &format!("et {more} autres images, dans le même dossier ; leurs empreintes sont au journal"));
    }
    if !question.window {
        row("Note", "le navigateur n'a pas de fenêtre sur cette machine : ouvrez les images pour constater.");
    }
    row("Officier", &printable(name));
    text
}

/// Shows a prompt and gives a line; `None` at the end of the input.
fn asked(prompt: &str) -> Option<String> {
    eprint!("{prompt} ");
    answer()
}

fn answer() -> Option<String> {
    let mut line = Vec::new();
    let read = std::io::stdin().lock().take(LONGEST).read_until(b'\n', &mut line);
    match read {
        Ok(1..) => Some(String::from_utf8_lossy(&line).into_owned()),
        Ok(0) | Err(_) => None,
    }
}

/// Lines typed before the question was shown answer nothing. Read through a description of the terminal of its own, so
/// that nothing changes for other users of it. Whether there were any.
fn discard_typed_ahead() -> bool {
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
    let Ok(mut typed) = OpenOptions::new().read(true).custom_flags(flags).open("/proc/self/fd/0") else { return false };
    let (mut line, mut some) = ([0_u8; 4096], false);
    while matches!(typed.read(&mut line), Ok(1..)) {
        some = true;
    }
    some
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wall_is_answered_in_words() {
        let choose = |lines: &[&str]| {
            let mut lines = lines.iter();
            choice(&mut |_| lines.next().map(|line| (*line).to_owned()))
        };
        assert_eq!(choose(&["\n", "oui\n", "R\n"]), AtWall::Resume);
        assert_eq!(choose(&["constater\n"]), AtWall::AsItIs);
        assert_eq!((choose(&["arrêter\n"]), choose(&[])), (AtWall::Stop, AtWall::Stop));
    }
}
