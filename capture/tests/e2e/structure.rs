//! Text and structure: what the page hides in shadow trees and frames, what it says of its dates, what it plays.
use dossier::{Outcome, op};
use fixtures::Sites;
use serde_json::Value;

use crate::harness::play;
use crate::whole_page::{captured, pixels};

/// One second of silence: PCM, 8,000 samples a second.
fn wav() -> Vec<u8> {
    let mut out = b"RIFF".to_vec();
    out.extend(8036_u32.to_le_bytes());
    out.extend(b"WAVEfmt ");
    out.extend(16_u32.to_le_bytes());
    for half in [1_u16, 1] {
        out.extend(half.to_le_bytes());
    }
    out.extend(8000_u32.to_le_bytes());
    out.extend(8000_u32.to_le_bytes());
    for half in [1_u16, 8] {
        out.extend(half.to_le_bytes());
    }
    out.extend(b"data");
    out.extend(8000_u32.to_le_bytes());
    out.extend([128; 8000]);
    out
}

const PAGE: &str = r##"<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>Étude de structure</title>
<meta property="article:published_time" content="2026-03-04T05:06:07+01:00"><meta name="viewport" content="width=1200">
<script type="application/ld+json">{"@type":"NewsArticle","datePublished":"2025-12-24","headline":"x"}</script></head>
<body style="margin:0"><h1>Titre visible</h1><p>Mis en ligne le <time datetime="2024-02-29">29 février 2024</time></p>
<a href="/essai/suite.html#ancre">La suite</a><ferme-a></ferme-a><ouvert-a></ouvert-a>
<canvas id="toile" width="200" height="100" style="position:absolute;left:300px;top:2500px"></canvas>
<audio controls preload="auto" src="son.wav"></audio>
<iframe src="dedans.html"></iframe><iframe src="{{AUTRE}}/essai/dehors.html"></iframe><div style="height:4000px"></div>
<script>for (const [nom, mode] of [['ferme-a', 'closed'], ['ouvert-a', 'open']]) customElements.define(nom, class extends HTMLElement {
 connectedCallback() { this.attachShadow({mode}).innerHTML = `<p>Texte d’un arbre ${mode}</p><a href="/essai/${mode}.html">lien ${mode}</a>`; } });
const t = toile.getContext('2d'); t.fillStyle = 'rgb(12,200,34)'; t.fillRect(0, 0, 200, 100);</script></body></html>"##;

#[tokio::test(flavor = "multi_thread")]
async fn shadow_trees_frames_dates_links_and_media_are_kept() {
    let sites = Sites::start().unwrap();
    let page = PAGE.replace("{{AUTRE}}", &sites.other());
    let dedans = "<!doctype html><meta charset=utf-8><p>Cadre du même site</p><a href='/essai/fond.html'>fond</a>";
    let dehors = "<!doctype html><meta charset=utf-8><p>Cadre d’un autre site</p>";
    let (sound, files) = (
        wav(),
        [("page.html", page.as_bytes()), ("dedans.html", dedans.as_bytes()), ("dehors.html", dehors.as_bytes())],
    );
    let files: Vec<(&str, &[u8])> = files.into_iter().chain([("son.wav", sound.as_slice())]).collect();
    let run = captured(&sites, &files, "").await;
    let told = run.lines(&op::PAGE_STRUCTURE)[0];
    assert_eq!(told.outcome, Outcome::Ok, "{told:#?}");
    let read = |path: &str| {
        let bytes = if path.ends_with(".gz") { run.unpacked(path) } else { run.file(path) };
        String::from_utf8(bytes).unwrap()
    };
    let json = |path: &str| serde_json::from_str::<Value>(&read(path)).unwrap();
    let structure = json("captures/0001-structure.json");
    let frames: Vec<&str> =
        structure["frames"].as_array().unwrap().iter().filter_map(|f| f["read"]["text"].as_str()).collect();
    assert_eq!(frames.len(), 3);
    assert!(frames[0].contains("Titre visible") && frames[1..].iter().any(|t| t.contains("Cadre du même site")));
    assert!(frames[1..].iter().any(|t| t.contains("Cadre d’un autre site")), "{frames:?}");
    let base = sites.base();
    let links: Vec<&str> = structure["links"].as_array().unwrap().iter().filter_map(|l| l["href"].as_str()).collect();
    for end in ["/essai/suite.html#ancre", "/essai/open.html", "/essai/closed.html", "/essai/fond.html"] {
        assert!(links.contains(&format!("{base}{end}").as_str()), "{end}: {links:?}");
    }
    let closed = structure["links"].as_array().unwrap().iter().filter(|l| l["shadow"] == "closed").collect::<Vec<_>>();
    assert_eq!(closed.len(), 1, "{closed:#?}");
    assert_eq!(
        (&closed[0]["text"], &closed[0]["frame"], &closed[0]["shown"]),
        (&"lien closed".into(), &0.into(), &true.into())
    );
    assert!(closed[0]["width"].as_f64().unwrap() > 10.0 && closed[0]["y"].as_f64().unwrap() > 10.0, "{closed:#?}");
    let trees = &structure["closed_trees"]["found"];
    assert_eq!((&trees[0]["host"], trees.as_array().unwrap().len()), (&"ferme-a".into(), 1), "{trees:#}");
    assert!(trees[0]["text"].as_str().unwrap().contains("Texte d’un arbre closed"), "{trees:#}");
    dates(&structure["dates"]);
    let media = structure["media"].as_array().unwrap();
    let audio = media.iter().find(|m| m["tag"] == "audio").unwrap();
    assert_eq!(audio["duration_ms"], 1000, "{audio:#}");
    let canvas = media.iter().find(|m| m["tag"] == "canvas").unwrap();
    let (width, height, all) = pixels(&run.file(canvas["picture"].as_str().unwrap()));
    assert_eq!((width, height), (200, 100));
    assert!(all.chunks_exact(4).all(|p| p == [12, 200, 34, 255]));
    // Both shadow trees are in the document, in the snapshot and in what is read aloud.
    for path in ["captures/0001-dom.html", "captures/0001-instantane.json.gz"] {
        let text = read(path);
        assert!(text.contains("Texte d’un arbre open") && text.contains("Texte d’un arbre closed"), "{path}");
    }
    let aloud = structure["accessibility"].to_string();
    for part in ["Texte d’un arbre open", "Texte d’un arbre closed"] {
        assert!(aloud.contains(part), "{part}");
    }
    let saved: String = structure["frames"].as_array().unwrap().iter().filter_map(|f| f["html"].as_str()).collect();
    for text in [aloud, saved, read("captures/0001-instantane.json.gz")] {
        assert!(text.contains("Cadre du même site") && text.contains("Cadre d’un autre site"), "{text}");
    }
    let mhtml = read("captures/0001-page.mhtml");
    assert!(mhtml.contains("multipart/related") && mhtml.contains("Titre visible"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_date_the_server_gives_is_kept_as_its_word_and_none_is_made_up() {
    let sites = Sites::start().unwrap();
    for (path, expected) in [("/datee/", vec![fixtures::sites::oddities::DATED]), ("/forum/", vec![])] {
        let run =
            play(&format!("[[etape]]\naller = \"{}{path}\"\n[[etape]]\ncapturer = \"Date\"\n", sites.base())).await;
        let structure: Value = serde_json::from_slice(&run.file("captures/0001-structure.json")).unwrap();
        let found = structure["dates"]["found"].as_array().unwrap();
        let given: Vec<&str> =
            found.iter().filter(|d| d["source"] == "http").filter_map(|d| d["value"].as_str()).collect();
        assert_eq!(given, expected, "{path}");
        assert!(found.iter().all(|d| d["source"] != "document"));
    }
}

/// Every date stands as written, and is said to be displayed by the page.
fn dates(dates: &Value) {
    assert_eq!(dates["label"], "affiché par la page");
    let found = dates["found"].as_array().unwrap();
    for (source, name, value) in [
        ("meta", "article:published_time", "2026-03-04T05:06:07+01:00"),
        ("json-ld", "NewsArticle.datePublished", "2025-12-24"),
        ("time", "time", "2024-02-29"),
    ] {
        let one = found.iter().find(|d| d["source"] == source).unwrap_or_else(|| panic!("{source}: {found:#?}"));
        assert_eq!((&one["name"], &one["value"]), (&Value::from(name), &Value::from(value)));
        assert_eq!(one["label"], "affiché par la page");
    }
}
