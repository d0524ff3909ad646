//! The way down a feed: look, unfold, picture, move; then the next page, until nothing more comes.
use std::time::Duration;

use serde_json::json;
use tokio::time::Instant as Tick;

use super::{Gathering, look, settled};
use crate::feed::{Look, Seen};
use crate::page::Page;
use crate::scenario::Cible;
use crate::session::{Running, Session};
use crate::steps::click::Press;
use crate::steps::locate::locate;
use crate::steps::unfold::{known_words, unfold_within};
use crate::steps::{Cut, Failure};
use crate::{Event, StopReason};

/// How long what comes at the bottom is looked for before the page is called at rest, and how often.
const GROWTH: Duration = Duration::from_millis(1500);
const EVERY: Duration = Duration::from_millis(100);
/// How long a page may take to come to rest at the bottom.
const ROUND: Duration = Duration::from_secs(8);
/// How many rests at the bottom without anything new make the end.
const RESTS: u32 = 2;
/// Buttons pressed at one stop.
const PRESSES: u32 = 200;

/// Moves the feed down; two frames let it draw what came.
const MOVE: &str = "(async by => { const box = globalThis.constatFeed?.box ?? document.scrollingElement; const was = box.scrollTop; \
    box.scrollBy({top: by, behavior: 'instant'}); const frame = () => new Promise(r => requestAnimationFrame(r)); \
    await Promise.race([frame().then(frame), new Promise(r => setTimeout(r, 150))]); return Math.round(box.scrollTop - was); })";
/// Moves it back to its top.
const TOP: &str = "(() => { const box = globalThis.constatFeed?.box ?? document.scrollingElement; box.scrollTo({top: 0, behavior: 'instant'}); return true; })()";

/// How the way down ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// Nothing more came.
    Bottom,
    /// The scenario's limit was reached.
    Maximum,
    /// The session had to end.
    Stopped(StopReason),
}

impl Ending {
    /// As the journal says it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Bottom => "bottom",
            Self::Maximum => "maximum",
            Self::Stopped(_) => "stopped",
        }
    }
}

impl Session<'_> {
    /// Goes down the feed and through its pages; why it ended.
    pub(super) async fn descend(
        &mut self,
        running: &Running,
        gathering: &mut Gathering,
        cut: &Cut,
    ) -> Result<Ending, Failure> {
        let words = known_words(&gathering.sheet.deplier.textes);
        running.page.ask(TOP).await?;
        loop {
            let ended = self.down(running, gathering, &words, cut).await?;
            if ended != Ending::Bottom {
                return Ok(ended);
            }
            let next = match cut.before(self.next_page(running, gathering)).await {
                Ok(next) => next?,
                Err(reason) => return Ok(Ending::Stopped(reason)),
            };
            if !next {
                return Ok(Ending::Bottom);
            }
        }
    }

    /// Goes down one page.
    async fn down(
        &mut self,
        running: &Running,
        gathering: &mut Gathering,
        words: &[String],
        cut: &Cut,
    ) -> Result<Ending, Failure> {
        let page = &running.page;
        let (url, _, _) = page.where_am_i().await;
        loop {
            gathering.stops += 1;
            let now = match cut.before(self.halt(page, gathering, words)).await {
                Ok(now) => now?,
                Err(reason) => return Ok(Ending::Stopped(reason)),
            };
            self.make_plates(&url, gathering, false).await?;
            self.close_items(&url, gathering, false)?;
            self.keep_film()?;
            self.progress.event(&Event::Items { n: gathering.collected() });
            if gathering.collected() >= gathering.maximum {
                return Ok(Ending::Maximum);
            }
            let further = match cut.before(self.further(page, gathering, &now)).await {
                Ok(further) => further?,
                Err(reason) => return Ok(Ending::Stopped(reason)),
            };
            if !further {
                return Ok(Ending::Bottom);
            }
        }
    }

    /// One stop on the way: what is in sight is read, unfolded and pictured.
    async fn halt(&mut self, page: &Page, gathering: &mut Gathering, words: &[String]) -> Result<Look, Failure> {
        let mut now = self.see(page, gathering).await?;
        if gathering.unfold && unfold_within(page, words, now.band, PRESSES, &mut gathering.buttons).await? > 0 {
            now = self.see(page, gathering).await?;
        }
        self.view(page, gathering, now).await
    }

    /// Looks at the window and takes note of every item.
    async fn see(&mut self, page: &Page, gathering: &mut Gathering) -> Result<Look, Failure> {
        let (now, before) = settled(page, &gathering.rules).await?;
        for look in &before {
            self.note(gathering, look);
        }
        self.note(gathering, &now);
        gathering.untold = gathering.untold.max(now.untold);
        Ok(now)
    }

    /// Takes note of the items of a look: what a look told is not told again.
    pub(super) fn note(&self, gathering: &mut Gathering, look: &Look) {
        let at = json!(self.clock.now());
        gathering.most_nodes = gathering.most_nodes.max(look.nodes);
        gathering.most_items = gathering.most_items.max(look.dom);
        for item in &look.items {
            let stop = gathering.stops;
            if let Some((seen, last)) = gathering.open.get_mut(&item.key) {
                *last = stop;
                if let Some(data) = &item.data {
                    seen.changed(data.clone(), &at);
                }
                continue;
            }
            // One that comes back in sight was told already.
            if gathering.known.contains_key(&item.key) {
                continue;
            }
            if let Some(data) = &item.data {
                let n = gathering.collected() + 1;
                gathering.known.insert(item.key.clone(), n);
                gathering.open.insert(item.key.clone(), (Seen::new(n, data.clone(), at.clone()), stop));
            }
        }
    }

    /// Moves down; at the bottom, waits for what is still to come. False when nothing comes any more.
    async fn further(&mut self, page: &Page, gathering: &mut Gathering, now: &Look) -> Result<bool, Failure> {
        if !now.at_end() {
            let moved = page.ask_with(MOVE, &json!(now.stride())).await?;
            if moved.as_i64().unwrap_or(0) > 0 {
                return Ok(true);
            }
        }
        for _ in 0..RESTS {
            let end = Tick::now() + GROWTH;
            while Tick::now() < end {
                let size = look(page, &gathering.rules, false, false).await?;
                let known = gathering.collected();
                self.note(gathering, &size);
                if size.height > now.height || gathering.collected() > known {
                    page.ask_with(MOVE, &json!(now.stride())).await?;
                    return Ok(true);
                }
                tokio::time::sleep(EVERY).await;
            }
            page.complete(ROUND.min(self.plan.scenario.limites.page)).await;
        }
        Ok(false)
    }

    /// Follows the link to the next page, when the sheet knows one and it is shown.
    async fn next_page(&mut self, running: &Running, gathering: &mut Gathering) -> Result<bool, Failure> {
        for selector in gathering.sheet.suite.clone() {
            let cible = Cible::Selecteur(selector);
            let Some(found) = locate(&running.page, &cible, true).await? else { continue };
            let before = running.page.where_am_i().await;
            if found.covered || found.href.as_deref() == Some(before.0.as_str()) {
                continue;
            }
            self.close_items(&before.0, gathering, true)?;
            self.act_on(running, found, Press::LEFT).await?;
            let after = running.page.where_am_i().await;
            if after.2 == before.2 && after.0 == before.0 {
                return Ok(false);
            }
            gathering.pages += 1;
            let first = look(&running.page, &gathering.rules, true, true).await?;
            self.note(gathering, &first);
            return Ok(first.dom > 0);
        }
        Ok(false)
    }
}
