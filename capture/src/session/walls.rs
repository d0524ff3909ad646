//! Walls met on the way: told once each, put before the officer when they stop the reading, and the loss of a connected session.
use std::sync::Arc;
use std::time::Duration;

use dossier::{Finding, Level, Outcome, op};
use serde_json::json;
use tokio::time::Instant as Tick;

use super::acknowledge::asked_in_person;
use super::{Running, Session, merged};
use crate::attendant::AtWall;
use crate::walls::{Wall, WallKind, walls};
use crate::{Attendant, CaptureError, StopReason};

/// How often the officer is asked again about a wall that is still there.
const AGAIN: usize = 20;
/// How long a page takes to come back once a wall is gone.
const BACK: Duration = Duration::from_secs(15);

/// What is known of the walls of a session.
#[derive(Debug, Default)]
pub(crate) struct Walls {
    /// Those told: the document's loader, and the kind.
    told: Vec<(String, WallKind)>,
    /// Whether an account was connected, as far as a form sent shows.
    pub(crate) connected: bool,
}

impl Session<'_> {
    /// Looks for walls after a step, tells new ones, and asks the officer about one that stops the reading. True when the session must
    /// end.
    pub(super) async fn meet_walls(&mut self, running: &Running) -> Result<bool, CaptureError> {
        if !self.reached || self.lost.is_some() {
            return Ok(false);
        }
        let (url, _, loader) = running.page.where_am_i().await;
        for wall in walls(&running.page).await {
            self.note_connection(&wall, &url)?;
            if self.walls.told.iter().any(|(l, kind)| *l == loader && *kind == wall.kind) {
                continue;
            }
            self.walls.told.push((loader.clone(), wall.kind));
            self.tell_wall(&wall, &url)?;
            if wall.blocking && self.ask_at_wall(running, &wall, &url).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A connected account whose page asks to log in again has lost its session.
    fn note_connection(&mut self, wall: &Wall, url: &str) -> Result<(), CaptureError> {
        if wall.kind != WallKind::Login || !self.walls.connected {
            return Ok(());
        }
        self.walls.connected = false;
        let what =
            "La session du compte connecté a pris fin pendant le constat : la page demande une nouvelle connexion.";
        self.warn("capture.session_lost", what, &format!("étape {}, {}", self.step, short(url)))
    }

    fn tell_wall(&mut self, wall: &Wall, url: &str) -> Result<(), CaptureError> {
        let data = merged(json!({"step": self.step, "url": url}), wall.json());
        self.dossier.record(op::PAGE_WALL, Outcome::Note, data)?;
        let level = if wall.blocking { Level::Warn } else { Level::Info };
        let what = match wall.blocking {
            true => format!("La page est arrêtée par {} : le constat ne le passe pas de lui-même.", wall.kind.words()),
            false => format!("La page affiche {}, sans que sa lecture en soit arrêtée.", wall.kind.words()),
        };
        self.find(Finding::new("capture.wall", level, what).found(format!("{} ; {}", wall.text, short(url))))
    }

    /// The session waits while the officer makes his choice in the window. Without anybody to ask, the page is taken as it is.
    async fn ask_at_wall(&mut self, running: &Running, wall: &Wall, url: &str) -> Result<bool, CaptureError> {
        let Some(attendant) = self.attendant.clone().filter(|_| self.plan.display.is_some()) else { return Ok(false) };
        for _ in 0..AGAIN {
            let (begun, asked_at) = (Tick::now(), self.clock.now());
            let before = self.wall_picture(running, "panneau").await?;
            let stop = self.stop.clone();
            let answer = tokio::select! {
                biased;
                reason = stop.wait() => Err(reason),
                answer = ask(Arc::clone(&attendant), wall.clone()) => Ok(answer),
            };
            let waited = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
            running.page.complete(BACK.min(self.plan.scenario.limites.page)).await;
            let there = walls(&running.page).await.into_iter().any(|now| now.kind == wall.kind && now.blocking);
            let (after, _, _) = running.page.where_am_i().await;
            let name = match &answer {
                Ok(AtWall::Resume) => "resume",
                Ok(AtWall::AsItIs) => "as_it_is",
                Ok(AtWall::Stop) | Err(_) => "stop",
            };
            let data = json!({
                "step": self.step, "kind": wall.kind.name(), "url": url, "asked_at": asked_at, "waited_ms": waited,
                "answer": name, "still_there": there, "after": after,
            });
            self.dossier.record(op::PAGE_WALL_ANSWER, Outcome::Note, data)?;
            if matches!(answer, Ok(AtWall::Resume)) && !there {
                let shown = self.wall_picture(running, "choix").await?;
                let data = json!({
                    "step": self.step, "kind": wall.kind.name(), "button": null, "by": "officer", "still_there": false,
                    "before": before, "after": shown,
                });
                self.dossier.record(op::PAGE_WALL_CHOICE, Outcome::Ok, data)?;
            }
            match answer {
                Ok(AtWall::Resume) if there => {}
                Ok(AtWall::Resume | AtWall::AsItIs) => return Ok(false),
                Ok(AtWall::Stop) => return self.stop_at_wall(StopReason::Officer),
                Err(reason) => return self.stop_at_wall(reason),
            }
        }
        Ok(false)
    }

    fn stop_at_wall(&mut self, reason: StopReason) -> Result<bool, CaptureError> {
        let data = json!({"why": reason.as_str(), "during_step": self.step});
        self.dossier.record(op::SESSION_STOP, Outcome::Note, data)?;
        Ok(true)
    }
}

async fn ask(attendant: Arc<dyn Attendant>, wall: Wall) -> AtWall {
    asked_in_person(move || Some(attendant.at_wall(&wall))).await.unwrap_or(AtWall::AsItIs)
}

fn short(url: &str) -> String {
    url.chars().take(500).collect()
}
