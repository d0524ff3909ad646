//! The confidential values that a scenario does not hold: asked at the terminal, read from a file, or taken from the étude's store.
use std::path::PathBuf;
use std::sync::Arc;

use capture::scenario::{Scenario, Venue};
use sealer::{ExposeSecret as _, Secret};

use crate::coffre::Coffre;
use crate::etude::Etude;
use crate::etude::secrets::{Office, Source};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::printable;
use crate::progress::Terminal;

/// Gives the scenario every value it wants, before anything is captured. `file`: one line for each value that is asked for, in the
/// order of the steps, in place of the terminal.
pub(super) fn supply(
    scenario: &mut Scenario,
    etude: &Etude,
    file: Option<&PathBuf>,
    terminal: &Arc<Terminal>,
) -> Result<(), Failure> {
    let wanted = scenario.wanted();
    if wanted.is_empty() {
        return Ok(());
    }
    let failed = |error: sealer::KeyError| Failure::from(sealer::SealError::from(error));
    let mut lines = file.map(|path| Source::File(path.clone()).read()).transpose().map_err(failed)?;
    let office = Office::new(None, None, Some(Arc::clone(terminal)));
    let mut coffre: Option<Coffre> = None;
    for venue in &wanted {
        match venue {
            Venue::Coffre(nom) => {
                let opened = match coffre.take() {
                    Some(opened) => opened,
                    None => open(etude, &office)?,
                };
                scenario.supply(venue, opened.value(nom)?);
                coffre = Some(opened);
            }
            Venue::Demandee(question) => {
                let given = match lines.as_mut() {
                    Some(lines) => next(lines, question)?,
                    None => office.ask(&format!("{} : ", printable(question))).map_err(failed)?,
                };
                scenario.supply(venue, given.expose_secret());
            }
        }
    }
    Ok(())
}

fn open(etude: &Etude, office: &Office) -> Result<Coffre, Failure> {
    let file = etude.vault();
    let failed = |error: sealer::KeyError| Failure::from(sealer::SealError::from(error));
    let phrase = match etude.vault_secret() {
        Some(source) => {
            let first = source.read().map_err(failed)?.into_iter().next();
            first.ok_or_else(|| Failure::new("coffre.phrase", Exit::Usage, "la source est vide"))?
        }
        None => office.ask(&format!("Phrase secrète du coffre {} : ", file.display())).map_err(failed)?,
    };
    Coffre::open(&file, &phrase)
}

fn next(lines: &mut Vec<Secret>, question: &str) -> Result<Secret, Failure> {
    let given = if lines.is_empty() { None } else { Some(lines.remove(0)) };
    given
        .filter(|given| !given.expose_secret().is_empty())
        .ok_or_else(|| Failure::new("capture.values", Exit::Usage, printable(question)))
}
