//! What is handed over: every file checks, every link leads somewhere, what a page says stays text, what does not agree is refused.
use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use fixtures::Screen;

use super::attended::{Desk, justifications};
use super::support::{Answer, Bench, small_bundle, text, world};

const NOON: &str = "2099-01-01T12:00:00Z";

const SCENARIO: &str = r##"
[dossier]
reference = "REMISE"
objet = "Constater <b>une page</b> & une offre"

[requerant]
type = "morale"
denomination = "Menuiserie Tournebois (ESSAI)"
forme = "SAS"
siege = "3 quai des Copeaux, 99999 Valbrune"
representant = "Solène Arbrefin"

[acces]
mode = "public"

[[etape]]
aller = "{base}/remise/page.html?q=<b>&r='x"

[[etape]]
capturer = "<script>alert('titre')</script> \u202Egpj"

[[etape]]
aller = "{base}/reseau/virtuel?n=60"

[[etape]]
recueillir = { titre = "Le fil", maximum = 20 }

[[etape]]
aller = "{base}/telechargements/"

[[etape]]
telecharger = { selecteur = "#f-devis-joint-pdf" }
"##;

/// A bundle of a page that tries to be more than text, of a feed and of a download; and its document.
struct Captured {
    bench: Bench,
    bundle: PathBuf,
    pv: PathBuf,
}

fn captured() -> &'static Captured {
    static CAPTURED: OnceLock<Captured> = OnceLock::new();
    CAPTURED.get_or_init(|| {
        let bench = Bench::new();
        let folder = bench.path("site");
        fs::create_dir(&folder).unwrap();
        let title = format!("&lt;script&gt;alert(1)&lt;/script&gt;\u{202e}exe.fdp{}", "x".repeat(10_000));
        let links = "<a href='http://127.0.0.1:9/piege'>un lien</a><img src='/absente.png'>";
        let page = format!("<!doctype html><html lang=fr><meta charset=utf-8><title>{title}</title><p style='height:3000px'>Bonjour {links}");
        fs::write(folder.join("page.html"), page).unwrap();
        world().sites.mount("/remise/", &folder).unwrap();
        let (scenario, dossiers) = (bench.scenario("remise.toml", SCENARIO), bench.dossiers());
        bench.run(&["--json", "capturer", text(&scenario), "--dossiers", text(&dossiers)]).expect(0);
        let (bundle, pv) = (bench.bundle("REMISE"), bench.path("pv.pdf"));
        draw_up(&bench, &bundle, &pv);
        Captured { bench, bundle, pv }
    })
}

fn draw_up(bench: &Bench, bundle: &Path, pv: &Path) {
    let anchors = world().pki.anchors_dir();
    bench.run(&["rediger", text(bundle), "--sortie", text(pv), "--ancres", text(&anchors)]).expect(0);
}

fn hand_over(bench: &Bench, bundle: &Path, pv: &Path, to: &Path, more: &[&str]) -> Answer {
    let anchors = world().pki.anchors_dir();
    let base = ["--json", "remettre", text(bundle), text(pv), "--sortie", text(to), "--ancres", text(&anchors)];
    bench.run(&[&base[..], more].concat())
}

/// Every file of a folder, by its name from there.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(here) = folders.pop() {
        for entry in fs::read_dir(&here).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = text(path.strip_prefix(folder).unwrap()).to_owned();
                all.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    all
}

/// The values of an attribute, as the page writes it.
fn attributes<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let mark = format!(" {name}=\"");
    page.split(&mark).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

fn bash(folder: &Path, command: &str) -> (bool, String) {
    let output = Command::new("bash").args(["-c", command]).current_dir(folder).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn every_file_checks_and_every_link_leads_to_one() {
    let Captured { bench, bundle, pv } = captured();
    let to = bench.path("remise");
    let told = hand_over(bench, bundle, pv, &to, &[]).expect(0).json();
    assert_eq!(told["verdict"], "PASS", "{told}");
    let (good, said) = bash(&to, "sha256sum --strict -c SHA256SUMS");
    assert!(good, "{said}");
    let all = files(&to);
    assert_eq!(said.lines().count() + 1, all.len(), "the list names every file but itself: {said}");
    assert_eq!(told["files"], all.len());
    assert!(all["REMISE.asice"] == fs::read(bundle).unwrap(), "the bundle is as it was");
    assert!(all["releve-technique.pdf"] == fs::read(pv).unwrap(), "the document is as it was");
    for part in [
        "A-LIRE.txt",
        "verify.html",
        "rejeu/LISEZMOI.txt",
        "captures/0001-page.png",
        "captures/0001-texte.txt",
        "telechargements/0001.pdf",
    ] {
        assert!(all.contains_key(part), "{part} is missing");
    }
    let page = std::str::from_utf8(&all["index.html"]).unwrap();
    let links: Vec<&str> = [attributes(page, "href"), attributes(page, "src")].concat();
    assert!(links.len() > 20, "{links:?}");
    for link in links {
        match link.strip_prefix('#') {
            Some(id) => assert!(page.contains(&format!("id=\"{id}\"")), "no place {link}"),
            None => assert!(all.contains_key(link), "no file {link}"),
        }
    }
    assert!(page.contains("default-src 'none'; img-src 'self'; style-src 'sha256-"), "{page}");
    for alive in ["<script", "<iframe", "<form", "javascript:", "onload="] {
        assert!(!page.contains(alive), "{alive} is in the page");
    }
    verify_delivered(bench, &to);
}

/// The commands that the guide gives, as it gives them, in the folder that is handed over.
fn verify_delivered(bench: &Bench, to: &Path) {
    let guide = fs::read_to_string(to.join("A-LIRE.txt")).unwrap();
    let (guide, _) = guide.split_once("CE QUE CELA PROUVE").unwrap();
    let commands: Vec<&str> =
        guide.lines().filter_map(|line| line.strip_prefix("    ")).filter(|line| !line.starts_with(' ')).collect();
    let ours = commands.iter().find(|line| line.starts_with("constat verifier ")).expect("the verifier is named");
    let words: Vec<&str> = ours.split(' ').skip(1).collect();
    let verdict = bench.command(&[&["--json"], &words[..]].concat()).current_dir(to).output().unwrap();
    let verdict = Answer::from(verdict).expect(0).json();
    assert_eq!(verdict["verdict"], "PASS", "{verdict}");
    assert!(verdict["findings"].to_string().contains("pv.agrees"), "{verdict}");
    // `wacz` is a tool of its own, `certutil` is another system's.
    let public = |line: &&&str| !["constat", "wacz", "certutil"].iter().any(|start| line.starts_with(start));
    let script: Vec<&str> = commands.iter().filter(public).copied().collect();
    assert!(script.iter().any(|line| line.starts_with("openssl cms -verify")), "{script:?}");
    assert!(script.iter().any(|line| line.starts_with("openssl ts -verify")), "{script:?}");
    let (good, said) = bash(to, &format!("set -e\n{}", script.join("\n")));
    assert!(good, "{said}");
}

#[test]
fn what_a_page_says_is_shown_as_text() {
    let Captured { bench, bundle, pv } = captured();
    let to = bench.path("texte");
    hand_over(bench, bundle, pv, &to, &[]).expect(0);
    let page = fs::read_to_string(to.join("index.html")).unwrap();
    for shown in [
        "&lt;script&gt;alert(1)&lt;/script&gt;<span class=\"signe\">U+202E</span>exe.fdp",
        "&lt;script&gt;alert(&#39;titre&#39;)&lt;/script&gt; <span class=\"signe\">U+202E</span>gpj",
        "Constater &lt;b&gt;une page&lt;/b&gt; &amp; une offre",
        "caractères en tout",
        "/remise/page.html",
        "/absente.png",
        "Menuiserie Tournebois (ESSAI), SAS",
        "suite dans l'image",
        "devis-joint.pdf",
        "Nombre de pages",
        "Planche 1.",
        "Publications lues dans la page : 20",
    ] {
        assert!(page.contains(shown), "{shown} is not in the page");
    }
    assert!(!page.contains(&"x".repeat(1000)), "a title is bounded");
    let hidden = |c: char| ('\u{202a}'..='\u{202e}').contains(&c) || ('\u{2066}'..='\u{2069}').contains(&c);
    for name in ["index.html", "A-LIRE.txt", "rejeu/LISEZMOI.txt"] {
        let told = fs::read_to_string(to.join(name)).unwrap();
        assert!(!told.contains(hidden), "{name} holds signs that turn the text");
    }
    let names: String = files(&to).into_keys().collect();
    assert!(names.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./".contains(&b)), "{names}");
}

#[test]
fn a_zip_holds_the_same_octets_and_the_same_inputs_give_the_same() {
    let Captured { bench, bundle, pv } = captured();
    let at = ["--a-la-date", NOON, "--malgre-tout", "essai d'une date à venir"];
    let (folder, again) = (bench.path("un"), bench.path("deux"));
    let (zip, zip_again) = (bench.path("un.zip"), bench.path("deux.zip"));
    for to in [&folder, &again, &zip, &zip_again] {
        hand_over(bench, bundle, pv, to, &at).expect(0);
    }
    let all = files(&folder);
    assert!(all == files(&again), "two deliveries differ");
    let octets = fs::read(&zip).unwrap();
    assert!(octets == fs::read(&zip_again).unwrap(), "two zips differ");
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(octets)).unwrap();
    let mut inside = BTreeMap::new();
    let mut names = Vec::new();
    for i in 0..archive.len() {
        let mut entry = archive.by_index(i).unwrap();
        let name = entry.name().unwrap().strip_prefix("remise-REMISE/").expect("one folder at the top").to_owned();
        let stored = entry.compression() == zip::CompressionMethod::Stored;
        assert_eq!(stored, [".png", ".asice", ".pdf"].iter().any(|end| name.ends_with(end)), "{name}");
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        names.push(name.clone());
        inside.insert(name, content);
    }
    assert!(names.is_sorted(), "{names:?}");
    assert!(inside == all, "the zip and the folder differ");
}

#[test]
fn what_does_not_agree_is_refused_and_nothing_is_overwritten() {
    let Captured { bench, bundle, pv } = captured();
    let to = bench.path("refus");
    let altered = bench.path("altere.pdf");
    let mut octets = fs::read(pv).unwrap();
    // The manifest that is attached to it, in the first file embedded.
    let file = octets.windows(13).position(|w| w == b"/EmbeddedFile").unwrap();
    let at = file + octets[file..].windows(7).position(|w| w == b"stream\n").unwrap() + 60;
    octets[at] ^= 0xff;
    fs::write(&altered, octets).unwrap();
    hand_over(bench, bundle, &altered, &to, &[]).expect_error(1, "remettre.pv");
    let other = bench.path("autre.pdf");
    draw_up(bench, small_bundle(), &other);
    hand_over(bench, bundle, &other, &to, &[]).expect_error(1, "remettre.pv");
    fs::write(&other, "pas un PDF").unwrap();
    hand_over(bench, bundle, &other, &to, &["--malgre-tout", "tant pis"]).expect_error(1, "remettre.pv");
    hand_over(bench, bundle, &bench.path("absent.pdf"), &to, &[]).expect_error(2, "cli.no_file");
    let broken = bench.path("rompu.asice");
    let mut octets = fs::read(bundle).unwrap();
    let middle = octets.len() / 2;
    octets[middle] ^= 1;
    fs::write(&broken, octets).unwrap();
    hand_over(bench, &broken, pv, &to, &["--malgre-tout", "tant pis"]).expect_error(1, "remettre.not_valid");
    hand_over(bench, bundle, pv, &bench.path("absent/x"), &[]).expect_error(2, "remettre.folder");
    assert!(!to.exists(), "nothing was left");

    let empty = bench.path("sans-racines");
    fs::create_dir(&empty).unwrap();
    let run = |more: &[&str]| {
        let base = ["--json", "remettre", text(bundle), text(pv), "--sortie", text(&to), "--ancres", text(&empty)];
        bench.run(&[&base[..], more].concat())
    };
    run(&[]).expect_error(4, "remettre.indeterminate");
    let told = run(&["--malgre-tout", "<b>racine attendue</b>"]).expect(0).json();
    assert_eq!(told["verdict"], "INDETERMINATE", "{told}");
    for name in ["index.html", "A-LIRE.txt"] {
        let shown = fs::read_to_string(to.join(name)).unwrap();
        assert!(
            shown.contains("racine attendue") && !shown.to_lowercase().contains("est valable :"),
            "{name}: {shown}"
        );
    }
    hand_over(bench, bundle, pv, &to, &[]).expect_error(2, "remettre.exists");
    fs::write(to.join("notes.txt"), "les miennes").unwrap();
    hand_over(bench, bundle, pv, &to, &["--remplacer"]).expect_error(2, "remettre.foreign");
    fs::remove_file(to.join("notes.txt")).unwrap();
    hand_over(bench, bundle, pv, &to, &["--remplacer"]).expect(0);
    assert!(!fs::read_to_string(to.join("index.html")).unwrap().contains("racine attendue"), "it was replaced");
    let mine = bench.path("mes-notes.zip");
    fs::write(&mine, "les miennes").unwrap();
    hand_over(bench, bundle, pv, &mine, &["--remplacer"]).expect_error(2, "remettre.foreign");
    assert_eq!(fs::read(&mine).unwrap(), b"les miennes");
    let zip = bench.path("remise.zip");
    hand_over(bench, bundle, pv, &zip, &[]).expect(0);
    hand_over(bench, bundle, pv, &zip, &["--remplacer"]).expect(0);
    let left: Vec<_> = fs::read_dir(to.parent().unwrap()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().starts_with('.')), "{left:?}");
}

#[test]
fn a_copy_says_what_it_lacks() {
    let Captured { bench, bundle, pv } = captured();
    let (copy, to, anchors) = (bench.path("copie.asice"), bench.path("copie"), world().pki.anchors_dir());
    let withheld = [
        "--retirer",
        "screens/0001-page.png=visage d'un tiers",
        "--retirer",
        "captures/0001-texte.txt=propos de tiers",
    ];
    let base = ["caviarder", text(bundle), "--sortie", text(&copy), "--ancres", text(&anchors)];
    bench.run(&[&base[..], &withheld].concat()).expect(0);
    let told = hand_over(bench, &copy, pv, &to, &[]).expect(0).json();
    assert_eq!(told["copy"], true, "{told}");
    let (page, guide) =
        (fs::read_to_string(to.join("index.html")).unwrap(), fs::read_to_string(to.join("A-LIRE.txt")).unwrap());
    assert!(page.contains("Copie caviardée") && page.contains("visage d&#39;un tiers"), "{page}");
    assert!(guide.contains("COPIE CAVIARDÉE") && guide.contains("REMISE-copie-caviardee.asice"), "{guide}");
    assert!(!to.join("captures/0001-page.png").exists() && to.join("captures/0001-fenetre.png").exists());
    let (good, said) = bash(&to, "sha256sum --strict --quiet -c SHA256SUMS");
    assert!(good, "{said}");
    verify_delivered(bench, &to);
}

#[test]
fn the_officer_s_own_words_his_screen_and_the_film_stand_beside_the_capture() {
    let (bench, screen) = (Bench::measuring(), Screen::start().unwrap());
    let plan = format!(
        "[dossier]\nreference = \"OFFICIER\"\n{}[presence]\nfilm = true\n[[etape]]\naller = \"{{base}}/son/\"\n\
         [[etape]]\ncapturer = \"La page\"\n[[etape]]\nattendre = {{ secondes = 3 }}\n",
        justifications()
    );
    let (scenario, dossiers) = (bench.scenario("officier.toml", &plan), bench.dossiers());
    let arguments = ["capturer", text(&scenario), "--dossiers", text(&dossiers), "--assiste"];
    let mut desk = Desk::open(&bench, &arguments, Some(screen.name()));
    desk.until("[o = oui, n = non, pause, passer, étape, arrêter]");
    desk.type_line("o\n");
    desk.until("Votre constatation");
    desk.type_line("Je lis « Son » <ici>.\n");
    let (code, said) = desk.end();
    assert_eq!(code, 0, "{said}");
    let (bundle, pv, to) = (bench.bundle("OFFICIER"), bench.path("pv.pdf"), bench.path("remise"));
    draw_up(&bench, &bundle, &pv);
    hand_over(&bench, &bundle, &pv, &to, &[]).expect(0);
    let page = fs::read_to_string(to.join("index.html")).unwrap();
    for part in [
        "Constatation de l'officier",
        "Je lis « Son » &lt;ici&gt;.",
        "href=\"films/0001.webm\"",
        "href=\"captures/0001-bureau.png\"",
    ] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
    let (good, said) =
        bash(&to, "unzip -p OFFICIER.asice film/0001.webm | cmp - films/0001.webm && test -s proces-verbal.pdf");
    assert!(good, "{said}");
    let guide = fs::read_to_string(to.join("A-LIRE.txt")).unwrap();
    assert!(!guide.contains("relevé technique"), "an officer attended: {guide}");
}
