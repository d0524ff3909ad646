//! `constat veille`: the same unattended capture made again and again, each compared with the one before. Never a constat.
mod pace;
mod series;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use capture::Stop;
use capture::scenario::{Acces, Scenario};
use clap::Args;
use dossier::{Clock, Instant, Standing, standing};
use sealer::TrustAnchors;
use serde_json::{Value, json};

use crate::cli::Capturer;
use crate::comparer::{self, Comparison, Run, SHORT};
use crate::etude::Etude;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress::Terminal;
use crate::{capturer, output, rejouer};

use series::Series;

/// What every output of a watch says.
const NATURE: &str = "veille : relevé technique, non un constat";
/// The name of a watch whose scenario gives none.
const NAMELESS: &str = "VEILLE";

/// Why the first run is compared with nothing.
const FIRST: &str = "Aucun passage antérieur auquel le comparer.";

/// Examples, and what is written where.
pub(crate) const VEILLE_HELP: &str = "Exemples :\n  \
  constat veille scenario.toml --dossiers ~/veille --toutes-les 6h\n  \
  constat veille scenario.toml --dossiers ~/veille --toutes-les 30min --fois 10 --jusqu-a 2026-12-31T18:00:00+01:00\n  \
  constat veille scenario.toml --dossiers ~/veille --une-fois --etude etude.toml\n\n\
Chaque passage est une capture sans officier, scellée si la clé de l'étude est joignable, sous le nom REF-AAAAMMJJ-HHMMSSZ (heure\n\
UTC). Il est comparé au dernier passage complet (voir « constat comparer ») ; la comparaison est écrite à côté du scellé, dans\n\
REF-AAAAMMJJ-HHMMSSZ-comparaison. Un passage qui échoue est dit, et le suivant a lieu. Ctrl-C arrête proprement. --une-fois convient\n\
à cron et aux minuteries de systemd. Avec --json : un objet par ligne et par passage.\n\n\
C'est un relevé technique, non un constat : un scénario qui déclare une personne présente, le compte du requérant ou une\n\
justification de l'officier est refusé.\n\n\
Codes de sortie : 0 rien n'a changé ; 1 quelque chose a changé, ou un passage est partiel ; 2 saisie incorrecte ;\n\
3 un passage a échoué ou reste sans date ; 4 une comparaison n'a pas pu être faite en entier.";

/// `veille`
#[derive(Args)]
pub(crate) struct Veille {
    /// Scénario (.toml), parcours enregistré dans Chrome (.json) ou adresse à capturer
    #[arg(value_name = "SCENARIO.toml|PARCOURS.json|URL")]
    source: String,
    /// Dossier où ranger chaque passage, son scellé et sa comparaison
    #[arg(long, value_name = "DIR")]
    dossiers: PathBuf,
    /// Intervalle d'un passage au suivant : 30min, 6h, 1j
    #[arg(long, value_name = "DURÉE", value_parser = pace::interval, required_unless_present = "une_fois")]
    toutes_les: Option<Duration>,
    /// Un seul passage, comparé au précédent
    #[arg(long, conflicts_with_all = ["toutes_les", "fois"])]
    une_fois: bool,
    /// Aucun passage ne commence après cet instant (RFC 3339)
    #[arg(long = "jusqu-a", value_name = "RFC3339")]
    jusqu_a: Option<String>,
    /// Nombre de passages ; à défaut, jusqu'à Ctrl-C ou --jusqu-a
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    fois: Option<u32>,
    /// Début du nom de chaque passage ; sinon la référence du scénario, sinon VEILLE
    #[arg(long, value_name = "REF")]
    reference: Option<String>,
    /// Configuration de l'étude (clés, autorités d'horodatage, racines)
    #[arg(long, value_name = "FICHIER")]
    etude: Option<PathBuf>,
    /// Ne pas sceller : « constat sceller » le fera plus tard
    #[arg(long)]
    sans_sceau: bool,
    /// Programme Chromium à utiliser
    #[arg(long, value_name = "CHEMIN")]
    navigateur: Option<PathBuf>,
    /// Dossier du moteur de relecture, quand le scénario demande une comparaison (section « rejeu »)
    #[arg(long, value_name = "DIR")]
    moteur: Option<PathBuf>,
    /// Valeur d'une variable du scénario (section « variables ») ; à répéter
    #[arg(long, value_name = "NOM=VALEUR", value_parser = crate::cli::variable)]
    variable: Vec<(String, String)>,
    /// Fichier (mode 600) des valeurs confidentielles que le scénario demande, une par ligne, au lieu du terminal
    #[arg(long, value_name = "FICHIER")]
    valeurs: Option<PathBuf>,
}

/// A run that took place.
struct Passage {
    reference: String,
    dossier: PathBuf,
    bundle: Option<PathBuf>,
    state: String,
    /// The comparison, and where it is.
    compared: Option<(Comparison, PathBuf)>,
    /// Why there is none.
    alone: &'static str,
    exit: Exit,
    /// What went wrong after the capture: a seal that could not be made, a comparison that could not be written.
    failures: Vec<Failure>,
}

/// Makes the runs, one after the other.
pub(crate) fn run(arguments: &Veille, json: bool, clock: &Arc<dyn Clock>) -> Result<Exit, Failure> {
    let until = arguments
        .jusqu_a
        .as_deref()
        .map(|text| text.parse::<Instant>().map_err(|e| Failure::new("cli.date", Exit::Usage, e)));
    let until = until.transpose()?;
    let series = Series::new(&arguments.dossiers, &name(arguments)?)?;
    Etude::find(arguments.etude.as_deref(), clock.as_ref())?;
    let (runtime, stop, terminal) = (capturer::runtime()?, Stop::new(), Terminal::new());
    runtime.spawn(rejouer::stop_on_signal(stop.clone()));
    terminal.line(NATURE);
    let most = if arguments.une_fois { 1 } else { arguments.fois.unwrap_or(u32::MAX) };
    let (mut worst, mut made) = (Exit::Done, 0);
    loop {
        let start = clock.now();
        if until.is_some_and(|until| start > until) {
            terminal.line("Le terme donné par --jusqu-a est passé : plus aucun passage.");
            break;
        }
        terminal.finish();
        worst = worse(worst, passage(arguments, &series, start, clock, &stop, json));
        made += 1;
        let Some(interval) = arguments.toutes_les.filter(|_| made < most && stop.requested().is_none()) else { break };
        let terminal = Terminal::new();
        let next = pace::after(start, interval);
        if until.is_some_and(|until| next > until) {
            terminal.line("Le passage suivant viendrait après le terme donné par --jusqu-a : plus aucun passage.");
            break;
        }
        terminal.line(&told_next(next, clock.now()));
        let goes_on = pace::wait(&runtime, clock.as_ref(), (next, interval), &stop, &terminal);
        terminal.finish();
        if !goes_on {
            break;
        }
    }
    let terminal = Terminal::new();
    if stop.requested().is_some() {
        terminal.line("Arrêt demandé : la veille est finie.");
    }
    terminal.line(&format!("{made} passage(s). {NATURE}"));
    terminal.finish();
    runtime.shutdown_timeout(Duration::from_secs(1));
    Ok(worst)
}

fn told_next(next: Instant, now: Instant) -> String {
    if next <= now {
        return format!("Le passage prévu le {} est en retard : il commence maintenant.", pace::legal(next));
    }
    format!("Prochain passage : le {} ; Ctrl-C pour finir.", pace::legal(next))
}

/// The exit code that tells more of what went wrong; a failure before everything else.
fn worse(a: Exit, b: Exit) -> Exit {
    let weight = |exit: Exit| match exit {
        Exit::Done => 0,
        Exit::Indeterminate => 1,
        Exit::Negative => 2,
        Exit::Usage => 3,
        Exit::Environment => 4,
    };
    if weight(b) > weight(a) { b } else { a }
}

/// The name of the watch; a scenario that cannot be run unattended is refused.
fn name(arguments: &Veille) -> Result<String, Failure> {
    let mut name = arguments.reference.clone();
    if !arguments.source.contains("://") {
        let (scenario, _) = capturer::read_scenario(Path::new(&arguments.source), &arguments.variable)?;
        unattended(&scenario)?;
        name = name.or_else(|| scenario.reference.map(|reference| reference.to_string()));
    }
    Ok(name.unwrap_or_else(|| NAMELESS.to_owned()))
}

/// What is only true while somebody is there.
fn unattended(scenario: &Scenario) -> Result<(), Failure> {
    let refused = |what: &str| Err(Failure::new("veille.attended", Exit::Usage, what));
    match &scenario.acces {
        Some(Acces::CompteRequerant { .. }) => refused("[acces] mode = \"compte-requerant\""),
        _ if !scenario.presents.is_empty() => refused("[[presents]]"),
        _ if !scenario.justifications.is_empty() => refused("[justifications]"),
        _ => Ok(()),
    }
}

/// One run, told; how it ended. Nothing that goes wrong here ends the watch.
fn passage(
    arguments: &Veille,
    series: &Series,
    start: Instant,
    clock: &Arc<dyn Clock>,
    stop: &Stop,
    json: bool,
) -> Exit {
    let reference = series.reference(start);
    match made(arguments, series, reference.clone(), clock, stop) {
        Ok(passage) => {
            passage.failures.iter().for_each(|failure| failure.print(false));
            passage.tell(json, start);
            passage.exit
        }
        Err(failure) => {
            failure.print(false);
            let error = told(&failure);
            if json {
                output::json(&json!({"nature": NATURE, "reference": reference, "started_at": start, "error": error}));
            } else {
                output::line(&format!("Passage {reference} du {} : échec. {NATURE}", pace::legal(start)));
            }
            failure.exit()
        }
    }
}

fn told(failure: &Failure) -> Value {
    json!({"code": failure.code(), "what": failure.what(), "remedy": failure.remedy(), "exit": failure.exit().number()})
}

fn made(
    arguments: &Veille,
    series: &Series,
    reference: String,
    clock: &Arc<dyn Clock>,
    stop: &Stop,
) -> Result<Passage, Failure> {
    if !arguments.source.contains("://") {
        // The file may have changed since the last run.
        unattended(&capturer::read_scenario(Path::new(&arguments.source), &arguments.variable)?.0)?;
    }
    let mut failures = Vec::new();
    let etude = Etude::find(arguments.etude.as_deref(), clock.as_ref())?;
    let mut sans_sceau = arguments.sans_sceau;
    if !sans_sceau && let Err(failure) = etude.seal_key().ready(clock.now()).and_then(|()| etude.wacz_key().map(drop)) {
        // What can be seen now is not lost for a card that is not in its reader.
        failures.push(failure);
        sans_sceau = true;
    }
    let dossier = arguments.dossiers.join(&reference);
    let asked = Capturer {
        source: Some(arguments.source.clone()),
        dossiers: Some(arguments.dossiers.clone()),
        reprendre: None,
        etude: arguments.etude.clone(),
        reference: Some(reference.clone()),
        assiste: false,
        sans_sceau,
        navigateur: arguments.navigateur.clone(),
        moteur: arguments.moteur.clone(),
        variable: arguments.variable.clone(),
        valeurs: arguments.valeurs.clone(),
    };
    let (bundle, exit) = match capturer::make(&asked, clock) {
        Ok(made) => (made.bundle, made.exit),
        // Captured and closed, but not sealed.
        Err(failure) if failure.code() != "dossier.exists" && matches!(standing(&dossier), Standing::Closed) => {
            let exit = failure.exit();
            failures.push(failure);
            (None, exit)
        }
        Err(failure) => return Err(failure),
    };
    let exit = failures.iter().fold(exit, |exit, failure| worse(exit, failure.exit()));
    let mut passage =
        Passage { reference, dossier, bundle, state: String::new(), compared: None, alone: FIRST, exit, failures };
    passage.compare(series, &etude, clock.as_ref(), stop);
    Ok(passage)
}

impl Passage {
    /// Compares with the run before, beside the evidence; a run that was stopped half-way is compared with nothing.
    fn compare(&mut self, series: &Series, etude: &Etude, clock: &dyn Clock, stop: &Stop) {
        let mut anchors = || -> Result<TrustAnchors, Failure> { etude.anchors() };
        let compared = Run::open(&self.dossier, &mut anchors, clock.now()).and_then(|now| {
            now.state().clone_into(&mut self.state);
            if stop.requested().is_some() {
                self.alone = "Passage arrêté : il n'est comparé à aucun autre.";
                return Ok(None);
            }
            let Some(before) = series.before(&self.reference, &mut anchors, clock.now()) else { return Ok(None) };
            let folder = self.dossier.with_file_name(format!("{}-comparaison", self.reference));
            Ok(Some((comparer::made(NATURE, &before, &now, Some(&folder))?, folder)))
        });
        match compared {
            Ok(compared) => {
                let exit = compared.as_ref().map_or(Exit::Done, |(comparison, _)| comparison.exit());
                self.exit = worse(self.exit, exit);
                self.compared = compared;
            }
            Err(failure) => {
                self.alone = "La comparaison n'a pas pu être faite.";
                self.exit = worse(self.exit, failure.exit());
                self.failures.push(failure);
            }
        }
    }

    fn tell(&self, json: bool, start: Instant) {
        if json {
            output::json(&self.json(start));
            return;
        }
        output::line(&format!("Passage {} du {}", self.reference, pace::legal(start)));
        output::line(&format!("Dossier : {}", self.dossier.display()));
        match &self.bundle {
            Some(path) => output::line(&format!("Scellé  : {}", path.display())),
            None => output::line("Non scellé : « constat sceller » le fera."),
        }
        match &self.compared {
            Some((comparison, folder)) => {
                comparer::lines(comparison, &SHORT).iter().for_each(|line| output::line(line));
                output::line(&format!("Comparaison : {}", folder.display()));
            }
            None => {
                output::line(NATURE);
                output::line(self.alone);
            }
        }
    }

    fn json(&self, start: Instant) -> Value {
        let comparison = self.compared.as_ref().and_then(|(comparison, _)| comparer::as_json(comparison).ok());
        json!({
            "nature": NATURE, "reference": self.reference, "started_at": start, "state": self.state, "dossier": self.dossier,
            "bundle": self.bundle, "comparison": comparison, "failures": self.failures.iter().map(told).collect::<Vec<_>>(),
            "comparison_folder": self.compared.as_ref().map(|(_, folder)| folder), "exit": self.exit.number(),
        })
    }
}
