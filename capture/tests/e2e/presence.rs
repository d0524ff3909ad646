//! The officer's presence on a real screen (Xvfb): its picture, its film with sound, and what the officer asks for.
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use capture::{Answer, Attendant, Away, Between, Gap, Opinion, Question, Statement, Wish};
use dossier::{ArtefactKind, JournalEntry, Outcome, SessionState, op};
use fixtures::{Screen, Sites};
use serde_json::Value;

use crate::harness::{Run, play_attended, play_shown};

/// Answers by a script; « yes » once it is played.
#[derive(Default)]
struct Officer {
    answers: Mutex<Vec<Answer>>,
    wishes: Mutex<Vec<Wish>>,
    heard: Mutex<Vec<String>>,
    away: Duration,
}

fn yes() -> Answer {
    Answer::Acknowledged { by: "Camille Essai".into(), statement: None }
}

impl Officer {
    fn answering(answers: &[Answer]) -> Arc<Self> {
        Arc::new(Self { answers: Mutex::new(answers.iter().rev().cloned().collect()), ..Self::default() })
    }
}

impl Attendant for Officer {
    fn acknowledge(&self, question: &Question) -> Answer {
        self.heard.lock().unwrap().push(format!("capture {}", question.capture));
        self.answers.lock().unwrap().pop().unwrap_or_else(yes)
    }

    fn justify(&self, gap: &Gap) -> Option<String> {
        panic!("nothing judges the preliminaries here: {gap:?}")
    }

    fn called(&self) -> bool {
        !self.wishes.lock().unwrap().is_empty()
    }

    fn between(&self, between: &Between) -> Wish {
        self.heard.lock().unwrap().push(format!("{:?}", between.next));
        self.wishes.lock().unwrap().pop().unwrap_or(Wish::GoOn)
    }

    fn come_back(&self, away: &Away) -> bool {
        self.heard.lock().unwrap().push(format!("{away:?}"));
        std::thread::sleep(self.away);
        true
    }
}

/// The screen's picture of a capture, decoded: width and rows of red, green, blue.
fn decoded(png: &[u8]) -> (usize, Vec<Vec<[u8; 3]>>) {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(png));
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    let channels = info.color_type.samples();
    let row = |row: &[u8]| row.chunks(channels).map(|p| [p[0], p[1], p[2]]).collect();
    (info.width as usize, pixels[..info.buffer_size()].chunks(info.line_size).map(row).collect())
}

fn colours(rows: &[Vec<[u8; 3]>], place: &Value) -> usize {
    let at = |key: &str| usize::try_from(place[key].as_u64().unwrap()).unwrap();
    let (x, y, width, height) = (at("x"), at("y"), at("width"), at("height"));
    let inside = rows[y..y + height].iter().flat_map(|row| &row[x..x + width]);
    inside.collect::<std::collections::BTreeSet<_>>().len()
}

/// Whether the picture of the page stands somewhere in the picture of the screen: where its first rows are found.
fn found_at(screen: &[Vec<[u8; 3]>], page: &[Vec<[u8; 3]>], rows: usize) -> Option<(usize, usize)> {
    let width = page[0].len();
    (0..screen.len() - rows).find_map(|y| {
        (0..=screen[0].len() - width).find_map(|x| {
            let same = (0..rows).all(|row| screen[y + row][x..x + width] == page[row][..]);
            same.then_some((x, y))
        })
    })
}

/// What ffprobe says of a segment.
fn probed(file: &Path) -> Value {
    let mut command = Command::new("ffprobe");
    command.args(["-v", "error", "-of", "json", "-show_streams", "-show_format", "-count_frames"]).arg(file);
    let output = command.output().expect("ffmpeg is missing");
    assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What a filter of ffmpeg says of a segment.
fn filtered(file: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("ffmpeg");
    command.args(["-nostdin", "-hide_banner", "-i"]).arg(file).args(arguments).args(["-f", "null", "-"]);
    String::from_utf8_lossy(&command.output().unwrap().stderr).into_owned()
}

fn on_disk(run: &Run, path: &str) -> std::path::PathBuf {
    run.file(path);
    run.captured.dossier.root().join(path)
}

/// The segments' lines: each names a file of the dossier, its digest, and the segment before.
fn segments(run: &Run) -> Vec<&JournalEntry> {
    let lines = run.lines(&op::FILM_SEGMENT);
    let mut previous = None;
    for (index, line) in lines.iter().enumerate() {
        let path = format!("film/{:04}.webm", index + 1);
        assert_eq!((line.integer("n"), line.text("path")), (Some(index as i64 + 1), Some(path.as_str())));
        let bytes = run.file(&path);
        assert_eq!(line.text("sha256"), Some(dossier::Sha256Digest::of(&bytes).to_string().as_str()));
        assert_eq!(line.text("previous"), previous, "the segment before");
        previous = line.text("sha256");
    }
    lines
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_in_a_password_field_of_a_window_is_masked_though_no_scenario_says_so() {
    let (sites, screen) = (Sites::start().unwrap(), Screen::start().unwrap());
    let steps = |secret: &str| {
        format!(
            "[presence]\nfilm = false\n[acces]\nmode = \"compte-officier\"\ncompte = \"essai\"\nqualite_affichee = true\n\
             [[etape]]\naller = \"{}/formulaire/\"\n[[etape]]\nsaisir = {{ selecteur = \"#code\", texte = \"{secret}\" }}\n\
             [[etape]]\ncliquer = {{ texte = \"Envoyer la demande\" }}\n[[etape]]\nattendre = {{ page = true }}\n",
            sites.base()
        )
    };
    // The scenario types it as a person would, and does not call it confidential.
    let run = play_shown(screen.name(), &steps("Ouvre-toi-77"), None).await;
    let archive = run.warc_text();
    assert!(archive.contains("code=************"), "the value is masked in what was sent");
    assert!(run.codes().contains(&"capture.secret_by_hand"), "{:?}", run.codes());
    // Without a window nobody can type, and nothing is watched.
    let run = crate::harness::play(&steps("Ouvre-toi-77")).await;
    assert!(run.warc_text().contains("code=Ouvre-toi-77"));
}

#[tokio::test(flavor = "multi_thread")]
async fn screen_clock_and_film_show_that_the_officer_watched() {
    let (sites, screen, officer) = (Sites::start().unwrap(), Screen::start().unwrap(), Officer::answering(&[]));
    let steps = format!(
        "[[etape]]\naller = \"{}/son/\"\n[[etape]]\ncliquer = {{ texte = \"Jouer le son\" }}\n[[etape]]\n\
         attendre = {{ secondes = 12 }}\n[[etape]]\ncapturer = \"La page qui joue\"\n",
        sites.base()
    );
    let run = play_shown(screen.name(), &steps, Some(officer)).await;
    assert_eq!(run.captured.state, SessionState::Complete, "{:?}", run.captured.findings);
    for absent in ["capture.headless_attended", "presence.no_film", "presence.no_sound", "presence.clock_hidden"] {
        assert!(!run.codes().contains(&absent), "{:?}", run.captured.findings);
    }
    let shown = run.only(&op::PRESENCE_DISPLAY);
    assert_eq!((&shown["sound"], &shown["page_whole"]), (&true.into(), &true.into()), "{shown}");

    screen_shows_page_bars_and_clock(&run, &sites.base());
    film_shows_and_sounds(&run);
}

/// The picture of the screen, against that of the page and the journal.
fn screen_shows_page_bars_and_clock(run: &Run, base: &str) {
    // The screen: the page stands whole inside the browser's window, its bars above, the clock below, nothing of it over it.
    let taken = run.only(&op::PICTURE_DESKTOP);
    assert_eq!(taken["clock_shown"], true, "{taken}");
    let desktop = run.file("captures/0001-bureau.png");
    let (_, pixels) = decoded(&desktop);
    let (_, page) = decoded(&run.file("screens/0001-ecran.png"));
    assert_ne!(desktop, run.file("screens/0001-ecran.png"));
    let (_, top) = found_at(&pixels, &page, page.len()).expect("the page is on the screen as it was pictured");
    assert!(top > 60, "there are bars above the page: {top}");
    let bars = serde_json::json!({"x": 0, "y": 0, "width": page[0].len(), "height": top});
    assert!(colours(&pixels, &bars) > 20, "tabs and address");
    assert_eq!(colours(&pixels, &taken["clock"]), 2, "the clock, and nothing over it");
    assert!(taken["clock"]["y"].as_u64().unwrap() as usize >= top + page.len(), "below the page");
    let artefact = run.captured.dossier.artefacts().iter().find(|a| a.meta.kind == ArtefactKind::ScreenshotDesktop);
    let meta = &artefact.unwrap().meta;
    assert_eq!((meta.capture, meta.url.as_deref()), (Some(1), Some(format!("{}/son/", base).as_str())));
    let exif = exif::Reader::new().read_from_container(&mut std::io::Cursor::new(&desktop)).unwrap();
    assert!(exif.get_field(exif::Tag::DateTimeOriginal, exif::In::PRIMARY).is_some());
    let answer = run.only(&op::STEP_ACKNOWLEDGED);
    assert!(answer["files"].as_array().unwrap().iter().any(|f| f["path"] == "captures/0001-bureau.png"), "{answer}");
    // Taken between the pictures of the page.
    let order: Vec<&str> = run.captured.dossier.artefacts().iter().map(|a| a.path.as_str()).collect();
    let at = |path: &str| order.iter().position(|found| *found == path).unwrap();
    let between = at("captures/0001-bureau.png");
    assert!(at("screens/0001-ecran.png") < between && between < at("screens/0001-page.png"));
}

/// The segments of the film, against the journal and what ffmpeg makes of them.
fn film_shows_and_sounds(run: &Run) {
    // The film: every segment can be decoded, has the sound, and is not black; the tone is heard.
    let lines = segments(run);
    assert!(lines.len() >= 2, "{lines:?}");
    let mut loud = false;
    for line in &lines {
        let file = on_disk(run, line.text("path").unwrap());
        let told = probed(&file);
        let codecs: Vec<&str> =
            told["streams"].as_array().unwrap().iter().filter_map(|s| s["codec_name"].as_str()).collect();
        assert_eq!(codecs, ["vp8", "opus"], "{told}");
        let seconds: f64 = told["format"]["duration"].as_str().unwrap().parse().unwrap();
        let journalled = line.integer("milliseconds").unwrap() as f64 / 1000.0;
        assert!((seconds - journalled).abs() < 5.0, "{seconds} s in the file, {journalled} s in the journal");
        assert!(told["streams"][0]["nb_read_frames"].as_str().unwrap().parse::<u32>().unwrap() > 1);
        let black = filtered(&file, &["-vf", "blackdetect=d=1:pix_th=0.05"]);
        assert!(!black.contains("black_start:0 "), "{black}");
        let volume = filtered(&file, &["-af", "volumedetect"]);
        let mean = volume.split("mean_volume: ").nth(1).and_then(|v| v.split(' ').next()?.parse::<f64>().ok());
        loud |= mean.unwrap() > -30.0;
    }
    assert!(loud, "the tone of the page is in the film");
    let reached = run.lines(&op::PAGE_REACHED)[0];
    assert!(
        lines[0].text("begin").unwrap() < reached.at.to_string().as_str(),
        "filmed before the first page: {reached:?}"
    );
    let film = run.lines(&op::FILM_RECORDING);
    assert_eq!(film.iter().map(|l| l.outcome).collect::<Vec<_>>(), [Outcome::Begin, Outcome::Ok]);
    assert_eq!(film[1].integer("segments"), Some(lines.len() as i64));
    assert_eq!(film[1].text("last"), lines.last().unwrap().text("sha256"));
    assert!(run.lines(&op::FILM_GAP).is_empty());
    assert!(!run.captured.dossier.artefacts().iter().any(|a| a.meta.kind == ArtefactKind::Remains));
}

/// The processes of that display that film.
fn recorders(display: &str) -> Vec<i32> {
    let mine = |pid: &str| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let words: Vec<&[u8]> = line.split(|b| *b == 0).collect();
        words.first().is_some_and(|w| w.ends_with(b"ffmpeg"))
            && words.iter().any(|w| w.starts_with(format!("{display}+").as_bytes()))
    };
    let all = std::fs::read_dir("/proc").unwrap().flatten().map(|p| p.file_name().to_string_lossy().into_owned());
    all.filter(|pid| pid.bytes().all(|b| b.is_ascii_digit()) && mine(pid)).map(|pid| pid.parse().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recorder_that_is_killed_is_replaced_and_the_gap_is_told() {
    let (sites, screen) = (Sites::start().unwrap(), Screen::start().unwrap());
    let steps = format!(
        "[presence]\nfilm = true\nson = false\n[[etape]]\naller = \"{}/\"\n[[etape]]\nattendre = {{ secondes = 12 }}\n",
        sites.base()
    );
    let display = screen.name().to_owned();
    let killer = std::thread::spawn(move || {
        for _ in 0..600 {
            if let [pid] = recorders(&display)[..] {
                // Long enough for something to be filmed.
                std::thread::sleep(Duration::from_secs(5));
                assert!(Command::new("kill").args(["-KILL", &pid.to_string()]).status().unwrap().success());
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("nothing filmed");
    });
    // Nobody attends: the scenario asks for the film.
    let run = play_shown(screen.name(), &steps, None).await;
    killer.join().unwrap();
    assert_eq!(run.captured.state, SessionState::Complete, "the session goes on");
    let lines = segments(&run);
    assert!(lines.len() >= 2, "{lines:?}");
    assert_eq!(lines[0].outcome, Outcome::Deviation, "cut: {:?}", lines[0]);
    assert!(lines[1..].iter().all(|line| line.outcome == Outcome::Ok), "{lines:?}");
    // The file that was cut shows what it holds.
    let cut = on_disk(&run, "film/0001.webm");
    assert!(filtered(&cut, &[]).contains("frame="), "the cut segment can be played");
    let gap = run.only(&op::FILM_GAP);
    assert_eq!((&gap["resumed"], &gap["after"]), (&true.into(), &1.into()));
    assert_eq!(gap["begin"].as_str(), lines[0].text("end"), "{gap} {lines:?}");
    assert!(gap["milliseconds"].as_i64().unwrap() > 0);
    for code in ["presence.film_lost", "presence.film_gap"] {
        assert!(run.codes().contains(&code), "{:?}", run.codes());
    }
    assert_eq!(run.lines(&op::FILM_RECORDING).last().unwrap().outcome, Outcome::Deviation);
    assert!(recorders(screen.name()).is_empty(), "nothing films any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_shown_or_filmed_is_stated() {
    let sites = Sites::start().unwrap();
    let steps = format!(
        "[presence]\nfilm = true\n[[etape]]\naller = \"{}/\"\n[[etape]]\ncapturer = \"La page\"\n",
        sites.base()
    );
    let run = play_attended(&steps, capture::Stop::new(), Officer::answering(&[])).await;
    assert_eq!(run.captured.state, SessionState::Complete);
    for operation in [op::PRESENCE_DISPLAY, op::PICTURE_DESKTOP, op::FILM_RECORDING] {
        let line = run.lines(&operation);
        assert_eq!(line.iter().map(|l| l.outcome).collect::<Vec<_>>(), [Outcome::NotDone], "{operation}");
        assert!(line[0].text("why").unwrap().contains("affichage"), "{line:?}");
    }
    for code in ["presence.no_desktop", "presence.no_film", "capture.headless_attended"] {
        assert!(run.codes().contains(&code), "{code}: {:?}", run.codes());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_officers_own_words_are_kept_with_his_answer() {
    let sites = Sites::start().unwrap();
    let steps = format!("[[etape]]\naller = \"{}/\"\n[[etape]]\ncapturer = \"La page\"\n", sites.base());
    let opinion = Opinion { word: "manifestement".into(), why: "tournure d'appréciation".into() };
    let words = "La page est manifestement vide.".to_owned();
    let statement = Some(Statement { words: words.clone(), opinions: vec![opinion] });
    let officer = Officer::answering(&[Answer::Acknowledged { by: "Camille Essai".into(), statement }]);
    let run = play_attended(&steps, capture::Stop::new(), officer).await;
    let answer = run.only(&op::STEP_ACKNOWLEDGED);
    assert_eq!(answer["words"], words.as_str());
    assert_eq!(answer["opinions"][0]["word"], "manifestement");
    let told: Vec<_> = run.captured.findings.iter().filter(|f| f.code == "presence.opinion").collect();
    assert!(told.len() == 1 && told[0].found.as_deref().unwrap().contains("« manifestement »"), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_a_typed_step_and_a_step_left_out_are_journalled() {
    let sites = Sites::start().unwrap();
    let base = sites.base();
    let steps = format!(
        "[limites]\nduree_secondes = 30\n[[etape]]\naller = \"{base}/\"\n[[etape]]\ncapturer = \"La page\"\n[[etape]]\n\
         aller = \"{base}/son/\"\n[[etape]]\ncapturer = \"La fin\"\n"
    );
    let typed = format!("aller = \"{base}/commande/\"");
    let officer = Arc::new(Officer {
        answers: Mutex::new(vec![
            yes(),
            Answer::First(Wish::LeaveOut),
            Answer::First(Wish::Step("cliquer = {".into())),
            Answer::First(Wish::Step(typed.clone())),
            Answer::First(Wish::Pause),
        ]),
        away: Duration::from_millis(1500),
        ..Officer::default()
    });
    let run = play_attended(&steps, capture::Stop::new(), officer.clone()).await;
    let begun: Vec<(Option<&str>, bool, Outcome)> = run
        .lines(&op::STEP_BEGIN)
        .iter()
        .zip(run.lines(&op::STEP_END))
        .map(|(begin, end)| (begin.text("kind"), begin.data.contains_key("scripted"), end.outcome))
        .collect();
    let expected = [
        (Some("aller"), false, Outcome::Ok),
        (Some("capturer"), false, Outcome::Ok),
        (Some("aller"), true, Outcome::Ok),
        (Some("aller"), false, Outcome::NotDone),
        (Some("capturer"), false, Outcome::Ok),
    ];
    assert_eq!(begun, expected);
    let reached: Vec<_> =
        run.lines(&op::PAGE_REACHED).iter().filter_map(|l| l.text("url")).map(str::to_owned).collect();
    assert_eq!(
        reached,
        [format!("{base}/"), format!("{base}/commande/")],
        "played before the next, which was left out"
    );
    let requests = run.lines(&op::PRESENCE_REQUEST);
    let told: Vec<_> = requests.iter().map(|l| (l.text("request"), l.outcome)).collect();
    assert_eq!(
        told,
        [(Some("etape"), Outcome::Note), (Some("etape"), Outcome::Failed), (Some("passer"), Outcome::Note)]
    );
    assert_eq!(requests[0].text("line"), Some(typed.as_str()));
    let pause = run.lines(&op::PRESENCE_PAUSE);
    assert_eq!(pause.iter().map(|l| l.outcome).collect::<Vec<_>>(), [Outcome::Begin, Outcome::Ok]);
    assert!(pause[1].text("begin") < pause[1].text("end") && pause[1].integer("seconds") == Some(1), "{pause:?}");
    let end = &run.lines(&op::STEP_END)[3];
    assert_eq!(end.text("code"), Some("capture.abandoned"));
    assert!(run.codes().contains(&"presence.unscripted"));
    assert_eq!(run.captured.state, SessionState::Partial);
    // The question was asked again after each wish.
    assert_eq!(officer.heard.lock().unwrap().iter().filter(|h| *h == "capture 1").count(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_officer_is_heard_between_any_two_steps() {
    let sites = Sites::start().unwrap();
    let steps = format!("[[etape]]\naller = \"{}/\"\n[[etape]]\ndefiler = \"bas\"\n", sites.base());
    let officer = Arc::new(Officer { wishes: Mutex::new(vec![Wish::GoOn, Wish::Pause]), ..Officer::default() });
    let run = play_attended(&steps, capture::Stop::new(), officer.clone()).await;
    assert_eq!(run.captured.state, SessionState::Complete);
    assert_eq!(run.lines(&op::PRESENCE_PAUSE).len(), 2);
    let first = run.lines(&op::STEP_BEGIN)[0].seq;
    assert!(run.lines(&op::PRESENCE_PAUSE)[1].seq < first, "before the first step");
    let heard = officer.heard.lock().unwrap();
    let next = run.lines(&op::STEP_BEGIN)[0].text("what").map(str::to_owned);
    assert_eq!(heard[0], format!("{next:?}"), "the next step is told: {heard:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_who_gives_no_sign_is_waited_for_and_it_is_told() {
    let sites = Sites::start().unwrap();
    let steps = format!(
        "[presence]\nabsence_secondes = 2\n[limites]\nduree_secondes = 10\n[[etape]]\naller = \"{}/\"\n[[etape]]\n\
         attendre = {{ secondes = 4 }}\n[[etape]]\ndefiler = \"bas\"\n",
        sites.base()
    );
    let officer = Arc::new(Officer { away: Duration::from_secs(8), ..Officer::default() });
    let run = play_attended(&steps, capture::Stop::new(), officer.clone()).await;
    assert_eq!(run.captured.state, SessionState::Complete, "the time he was waited for is not counted");
    let gaps = run.lines(&op::PRESENCE_GAP);
    assert!(!gaps.is_empty());
    for gap in &gaps {
        assert!(gap.integer("seconds") >= Some(2) && gap.text("begin") < gap.text("end"), "{gap:?}");
        assert_eq!(gap.data["measured_by"], serde_json::json!(["terminal"]));
    }
    let pauses = run.lines(&op::PRESENCE_PAUSE);
    assert!(pauses.iter().all(|line| line.text("why") == Some("absence")), "{pauses:?}");
    assert!(run.codes().contains(&"presence.gap"));
    assert!(officer.heard.lock().unwrap().iter().any(|h| h.starts_with("Absent")));
}
