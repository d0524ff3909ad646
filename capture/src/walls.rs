//! Walls: what stands between a reader and a page (consent, age, log in, robot, too many requests). They are recognised and told,
//! never passed by the product itself: what is answered there is the officer's choice.
use serde_json::{Value, json};

use crate::cdp::text;
use crate::frames::frames;
use crate::page::Page;

/// What reads a document; see the file.
const DETECT: &str = include_str!("walls/detect.js");
/// What tells a button of a check against robots; see the file.
const ROBOT_AT: &str = include_str!("walls/robot.js");
/// How long a frame may take to be read.
const LOOK: std::time::Duration = std::time::Duration::from_secs(5);

/// What a wall asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WallKind {
    /// A choice on cookies and other trackers.
    Cookies,
    /// The reader's age.
    Age,
    /// To log in.
    Login,
    /// To prove that one is no robot.
    Robot,
    /// To come back later: too many requests.
    Rate,
}

/// A wall that a page shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wall {
    /// What it asks.
    pub kind: WallKind,
    /// Its first words: foreign text.
    pub text: String,
    /// What its buttons say, without accents: foreign text.
    pub buttons: Vec<String>,
    /// Whether it covers the page, or is all of it.
    pub blocking: bool,
    /// The address of the frame it stands in, when it is not the page's own.
    pub frame: Option<String>,
}

impl WallKind {
    const ALL: [Self; 5] = [Self::Cookies, Self::Age, Self::Login, Self::Robot, Self::Rate];

    /// As the journal says it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cookies => "cookies",
            Self::Age => "age",
            Self::Login => "login",
            Self::Robot => "robot",
            Self::Rate => "rate",
        }
    }

    /// What it is, in French, with its article.
    pub fn words(self) -> &'static str {
        match self {
            Self::Cookies => "un choix sur les cookies et autres traceurs",
            Self::Age => "une déclaration d'âge",
            Self::Login => "une demande de connexion",
            Self::Robot => "un contrôle destiné à écarter les robots",
            Self::Rate => "un refus pour trop grand nombre de requêtes",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl Wall {
    /// What the journal says of it.
    pub(crate) fn json(&self) -> Value {
        json!({
            "kind": self.kind.name(), "text": self.text, "buttons": self.buttons, "blocking": self.blocking,
            "frame": self.frame,
        })
    }
}

/// The walls of a page, in every frame of it; each kind once.
pub(crate) async fn walls(page: &Page) -> Vec<Wall> {
    let (frames, _) = frames(page).await;
    let mut found: Vec<Wall> = Vec::new();
    let mut over: Option<Value> = None;
    let mut width = 0.0;
    for frame in &frames {
        let main = frame.is_main();
        let asked = format!("({})({})", DETECT.trim(), json!({"inFrame": !main}));
        let Ok(answer) = frame.page.ask_within(&asked, LOOK).await else { continue };
        if main {
            over = answer.get("over").filter(|over| !over.is_null()).cloned();
            width = number(&answer, "/width") * number(&answer, "/height");
        }
        let size = number(&answer, "/width") * number(&answer, "/height");
        // A frame that covers the middle of the page is one the reader cannot go round.
        let covers = main || over.as_ref().is_some_and(|over| near(over, &answer));
        for one in answer.get("walls").and_then(Value::as_array).into_iter().flatten() {
            // A small frame is a part of the page, not a panel over it.
            let Some(wall) = read(one, (!main).then(|| frame.url.clone()), covers) else { continue };
            if !main && size < width * 0.02 {
                continue;
            }
            // What a frame says itself is better than what its page says of it.
            match found.iter_mut().find(|known| known.kind == wall.kind) {
                Some(known) if known.frame.is_none() && wall.frame.is_some() => {
                    *known = Wall { blocking: known.blocking || wall.blocking, ..wall };
                }
                Some(_) => {}
                None => found.push(wall),
            }
        }
    }
    found
}

/// Whether a click there would answer a check against robots. A page that does not say is taken not to be one.
pub(crate) async fn robot_at(page: &Page, x: i64, y: i64) -> bool {
    let asked = format!("({})({})", ROBOT_AT.trim(), json!({"x": x, "y": y}));
    page.ask_within(&asked, LOOK).await.ok().and_then(|answer| answer.as_bool()).unwrap_or(false)
}

fn read(one: &Value, frame: Option<String>, covers: bool) -> Option<Wall> {
    let kind = WallKind::named(text(one, "/kind")?)?;
    let said = text(one, "/text").unwrap_or("").to_owned();
    let buttons = one.get("buttons").and_then(Value::as_array).into_iter().flatten();
    let buttons = buttons.filter_map(Value::as_str).map(str::to_owned).collect();
    let blocking = covers && one.get("blocking").and_then(Value::as_bool).unwrap_or(false);
    Some(Wall { kind, text: said, buttons, blocking, frame })
}

/// Whether a frame of the size of `answer` may be the one that stands at `over`.
fn near(over: &Value, answer: &Value) -> bool {
    let side = |name: &str| (number(over, name) - number(answer, name)).abs() < 8.0;
    side("/width") && side("/height")
}

fn number(value: &Value, pointer: &str) -> f64 {
    value.pointer(pointer).and_then(Value::as_f64).unwrap_or(0.0)
}
