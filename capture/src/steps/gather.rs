//! `recueillir`: every item of a feed, read and pictured on the way down, then counted against what the site says there is.
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::time::Duration;

use dossier::{ArtefactKind, ArtefactPath, ArtefactWriter, DossierError};
use serde_json::{Value, json};

use super::{Cut, Failure, StepResult};
use crate::feed::{Fiche, LOOK, Look, Plates, Seen, choose};
use crate::page::Page;
use crate::scenario::Recueil;
use crate::session::{Pictured, Running, Session, merged};

mod descent;
mod reconcile;
mod views;

use descent::Ending;

/// The code of a sheet that does not fit the page, or no longer.
pub(crate) const MISMATCH: &str = "capture.sheet_mismatch";

/// Audiences that are told apart.
const AUDIENCES: usize = 50;
/// Items of one list; a list that is long is cut into several, so that little is lost when the session is cut.
const LIST: u32 = 1000;

/// A gathering under way.
pub(super) struct Gathering {
    pub(super) capture: u32,
    pub(super) sheet: Fiche,
    pub(super) rules: Value,
    pub(super) maximum: u32,
    pub(super) unfold: bool,
    /// Items in sight, or lately: key to what was seen, and the stop at which it was last in sight.
    pub(super) open: BTreeMap<String, (Seen, u32)>,
    /// Every item met, by the digest of its key.
    pub(super) known: BTreeMap<String, u32>,
    pub(super) plates: Plates,
    list: Option<ArtefactWriter>,
    lists: u32,
    listed: u32,
    pub(super) stops: u32,
    pub(super) pages: u32,
    pub(super) buttons: BTreeMap<String, u32>,
    /// Items that have each field.
    fields: BTreeMap<&'static str, u32>,
    pub(super) whole: u32,
    /// The first items that are not whole on the pictures, by number.
    pub(super) cut: Vec<u32>,
    pub(super) by_content: u32,
    /// Who may read the items, as the page says, and how many items say so; a few values.
    pub(super) audiences: BTreeMap<String, u32>,
    /// Items of the document that were never in sight.
    pub(super) hidden: u64,
    pub(super) most_nodes: u64,
    pub(super) most_items: u64,
    /// Views taken while the items moved.
    pub(super) moving: u32,
    /// The most items of one window that could not be told.
    pub(super) untold: u64,
    pub(super) counters: Vec<Value>,
}

impl Session<'_> {
    /// Ends by itself when the session must end: lists, plates and counts are then kept as they stand.
    pub(crate) async fn gather(&mut self, running: &Running, recueil: &Recueil, cut: &Cut) -> StepResult {
        let capture = self.next_capture()?;
        let (facts, sheet, first) = match cut.before(self.begin_gathering(running, recueil, capture)).await {
            Ok(begun) => begun?,
            Err(reason) => return Err(Failure::Stopped { reason, facts: json!({"capture": capture}) }),
        };
        let mut gathering = Gathering::new(capture, sheet, recueil, &first);
        self.note(&mut gathering, &first);
        let ended = self.descend(running, &mut gathering, cut).await;
        // What was gathered is kept and counted, whatever happened.
        let kept = self.end_lists(running, &mut gathering).await;
        if matches!(ended, Ok(Ending::Bottom | Ending::Maximum)) {
            gathering.note_end(&look(&running.page, &gathering.rules, true, false).await?);
        }
        let word = ended.as_ref().map_or("failed", |ending| ending.as_str());
        let facts = merged(facts, self.compare_counts(running, &gathering, word).await?);
        kept?;
        match ended {
            Ok(Ending::Stopped(reason)) => Err(Failure::Stopped { reason, facts }),
            Ok(_) => match gathering.unfit() {
                Some(why) => Err(Failure::Step { code: MISMATCH, why, facts }),
                None => Ok(facts),
            },
            Err(failure) => Err(failure.knowing(facts)),
        }
    }

    /// The page as it is before anything moves, the sheet that fits it, and its first look.
    async fn begin_gathering(
        &mut self,
        running: &Running,
        recueil: &Recueil,
        capture: u32,
    ) -> Result<(Value, Fiche, Look), Failure> {
        let page = &running.page;
        page.complete(self.plan.scenario.limites.page).await;
        let (url, title, _) = page.where_am_i().await;
        self.pictured = Some(Pictured { titre: recueil.titre.clone(), title: title.clone(), url: url.clone() });
        let viewport = self.viewport_picture(running, capture).await?;
        self.desktop_picture(running, capture, &url).await?;
        let facts =
            json!({"capture": capture, "titre": recueil.titre, "url": url, "title": title, "picture": viewport});
        match fitting(page, recueil, &url).await? {
            Ok((sheet, first)) => Ok((facts, sheet, first)),
            Err(why) => Err(Failure::Step { code: MISMATCH, why, facts }),
        }
    }

    /// Writes the line of every item that left the window since a few stops, or of all of them.
    fn close_items(&mut self, url: &str, gathering: &mut Gathering, all: bool) -> Result<(), Failure> {
        const LATELY: u32 = 3;
        let gone = |last: u32| all || gathering.stops.saturating_sub(last) > LATELY;
        let mut keys: Vec<(u32, String)> =
            gathering.open.iter().filter(|(_, (_, last))| gone(*last)).map(|(k, (s, _))| (s.n, k.clone())).collect();
        keys.sort_unstable();
        for (_, key) in keys {
            let Some((seen, _)) = gathering.open.remove(&key) else { continue };
            gathering.count(&seen);
            let line = self.masked(&format!("publication {}", seen.n), seen.line())?;
            self.list(url, gathering, &line)?;
        }
        Ok(())
    }

    /// Adds a line to the list; a list that is full is kept, and another begun.
    fn list(&mut self, url: &str, gathering: &mut Gathering, line: &[u8]) -> Result<(), Failure> {
        let writer = match &mut gathering.list {
            Some(writer) => writer,
            none => {
                gathering.lists += 1;
                let path = format!("captures/{:04}-publications-{:03}.jsonl", gathering.capture, gathering.lists);
                let at = self.clock.now();
                let meta = self.meta(ArtefactKind::Feed, "application/jsonl", gathering.capture, url, at);
                none.insert(self.dossier.begin(ArtefactPath::new(path)?, meta)?)
            }
        };
        writer.write_all(line).map_err(|e| DossierError::io("write", self.dossier.root().to_path_buf(), e))?;
        gathering.listed += 1;
        if gathering.listed >= LIST {
            self.keep_list(gathering)?;
        }
        Ok(())
    }

    fn keep_list(&mut self, gathering: &mut Gathering) -> Result<(), Failure> {
        if let Some(writer) = gathering.list.take() {
            self.dossier.keep(writer)?;
            gathering.listed = 0;
        }
        Ok(())
    }

    async fn end_lists(&mut self, running: &Running, gathering: &mut Gathering) -> Result<(), Failure> {
        let (url, _, _) = running.page.where_am_i().await;
        let plates = self.make_plates(&url, gathering, true).await;
        self.close_items(&url, gathering, true)?;
        self.keep_list(gathering)?;
        plates
    }
}

/// The sheet that fits the page, with the first look; the error is why none does.
async fn fitting(page: &Page, recueil: &Recueil, url: &str) -> Result<Result<(Fiche, Look), String>, Failure> {
    let host = url::Url::parse(url).ok().and_then(|u| u.host_str().map(str::to_owned)).unwrap_or_default();
    let mut why = String::from("aucune fiche ne convient à cette page");
    for fiche in choose(recueil.fiche.as_deref(), &host) {
        let fiche = fiche.with(recueil.selecteur.as_deref(), recueil.zone.as_deref());
        let mut rules = fiche.rules();
        rules["zone"] = json!(fiche.publication.zone);
        let first = look(page, &rules, true, true).await?;
        let list = |key: &str| first.answer.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
        let refused = list("refused");
        if !refused.is_empty() {
            why = format!("la page montre ce qui, selon la fiche « {} », l'exclut : {}", fiche.titre, told(&refused));
        } else if !fiche.page.presents.is_empty() && list("present").is_empty() {
            why = format!("la page ne montre pas ce qu'attend la fiche « {} »", fiche.titre);
        } else if first.dom == 0 {
            why = format!("la page ne montre aucune publication selon la fiche « {} »", fiche.titre);
        } else {
            return Ok(Ok((fiche, first)));
        }
    }
    Ok(Err(format!("La page n'est pas celle que le recueil attend : {why}.")))
}

fn told(selectors: &[Value]) -> String {
    selectors.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
}

/// Looks at the window. `every`: the whole document is counted too, and the counters are read; `forget`: as if for the first time.
pub(super) async fn look(page: &Page, rules: &Value, every: bool, forget: bool) -> Result<Look, Failure> {
    let asked = json!({"sheet": rules, "zone": rules.get("zone"), "every": every, "forget": forget});
    let answer = page.ask_with(LOOK.trim(), &asked).await?;
    Look::read(answer).ok_or_else(|| Failure::step("capture.protocol", "La page n'a pas pu être lue."))
}

/// Looks until nothing in the window is awaited any more, for a short time.
pub(super) async fn settled(page: &Page, rules: &Value) -> Result<(Look, Vec<Look>), Failure> {
    const ROUNDS: usize = 15;
    let mut before = Vec::new();
    let mut now = look(page, rules, false, false).await?;
    for _ in 0..ROUNDS {
        if now.waiting == 0 && now.untold == 0 {
            break;
        }
        if now.untold == 0 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        before.push(now);
        now = look(page, rules, false, false).await?;
    }
    Ok((now, before))
}

impl Gathering {
    fn new(capture: u32, sheet: Fiche, recueil: &Recueil, first: &Look) -> Self {
        let mut rules = sheet.rules();
        rules["zone"] = json!(sheet.publication.zone);
        let counters = first.answer.get("counters").and_then(Value::as_array).cloned().unwrap_or_default();
        let unfold = recueil.deplier && sheet.deplier.actif;
        Self {
            capture,
            sheet,
            rules,
            maximum: recueil.maximum,
            unfold,
            open: BTreeMap::new(),
            known: BTreeMap::new(),
            plates: Plates::default(),
            list: None,
            lists: 0,
            listed: 0,
            stops: 0,
            pages: 1,
            buttons: BTreeMap::new(),
            fields: BTreeMap::new(),
            whole: 0,
            cut: Vec::new(),
            by_content: 0,
            audiences: BTreeMap::new(),
            hidden: 0,
            most_nodes: 0,
            most_items: 0,
            moving: 0,
            untold: 0,
            counters,
        }
    }

    /// Items gathered so far.
    pub(super) fn collected(&self) -> u32 {
        u32::try_from(self.known.len()).unwrap_or(u32::MAX)
    }

    fn count(&mut self, seen: &Seen) {
        for field in ["auteur", "date", "texte", "lien"] {
            *self.fields.entry(field).or_default() += u32::from(seen.has(field));
        }
        if let Some(audience) = seen.audience() {
            let room = self.audiences.len() < AUDIENCES || self.audiences.contains_key(&audience);
            *self.audiences.entry(if room { audience } else { "…".into() }).or_default() += 1;
        }
        self.by_content += u32::from(seen.is_by_content());
        if seen.is_whole() {
            self.whole += 1;
        } else {
            self.cut.push(seen.n);
        }
    }

    /// The last look: what was never in sight, and the counters if they came late.
    fn note_end(&mut self, last: &Look) {
        if self.pages == 1 {
            self.hidden = last.known.saturating_sub(u64::from(self.collected()));
        }
        let late = last.answer.get("counters").and_then(Value::as_array).cloned().unwrap_or_default();
        let known: BTreeSet<String> = self.counters.iter().map(Value::to_string).collect();
        self.counters.extend(late.into_iter().filter(|counter| !known.contains(&counter.to_string())));
    }

    /// Why the items are not those the sheet is written for: fields that they all should have are missing.
    fn unfit(&self) -> Option<String> {
        let all = self.collected();
        if all == 0 {
            return Some("Aucune publication n'a pu être recueillie.".into());
        }
        let lacking = |field: &&String| {
            let have = self.fields.get(field.as_str()).copied().unwrap_or(0);
            u64::from(have) * 10 < u64::from(all) * 9
        };
        let field = self.sheet.publication.attendus.iter().find(lacking)?;
        let have = self.fields.get(field.as_str()).copied().unwrap_or(0);
        Some(format!(
            "La fiche « {} » ne correspond plus à la page : {have} publication(s) sur {all} ont le champ « {field} ». Ce qui a été lu \
             est conservé, sans valoir recueil.",
            self.sheet.titre
        ))
    }
}
