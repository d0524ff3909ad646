//! `constat signer`: the officer's own signature on the procès-verbal (PAdES), and its completion later.
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use dossier::Clock;
use report::DrawnAs;
use sealer::lists::KnownServices;
use sealer::pades::{self, Look, Means, PadesError, PadesRequest, Place, SignedPdf};
use sealer::{HttpAuthority, HttpNetwork, SealLevel, SystemRandom, TrustAnchors};
use serde_json::json;

use crate::etude::{Etude, OfficerKey};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::printable;
use crate::progress::Terminal;
use crate::sceller::as_trait;
use crate::{confiance, output};

/// Examples, and what a signature says.
pub(crate) const SIGNER_HELP: &str = "Exemples :\n  \
  constat signer pv.pdf --etude etude.toml\n  \
  constat signer pv.pdf --sortie pv-signe.pdf --cle martin --role clerc --visible fin,20,240,80,25 --reserver commissaire=fin,110,240,80,25\n  \
  constat signer pv-signe.pdf --sortie pv-contresigne.pdf --cle durand --role commissaire --niveau B-LTA\n  \
  constat signer --completer pv-contresigne.pdf --niveau B-LTA\n\n\
La clé est celle de l'officier, non celle du sceau de l'étude : section [signature.NOM] de sa configuration (cle et certificats,\n\
jeton, ou distant, comme [sceau]). Le PDF n'est jamais réécrit : la signature s'ajoute à sa suite, et ce qui a été signé reste lisible\n\
tel quel. La première signature certifie le document : d'autres signatures peuvent suivre, rien d'autre ; avec --definitif, plus rien.\n\
--visible PAGE,x,y,largeur,hauteur place en millimètres, depuis le coin supérieur gauche (PAGE : un numéro, ou fin), un cadre où le nom, la qualité, la date et\n\
le motif se lisent ; sans lui rien ne se voit sur la page. --reserver garde à la première signature la place d'une contresignature visible. Le PDF signé est contrôlé avant de recevoir son nom.\n\n\
Une signature n'est « qualifiée » que si les listes de confiance le disent : sans listes, c'est « non établi ».\n\
Code de sortie 1 quand le PDF ne peut pas être signé, 3 quand le niveau demandé n'a pas pu être atteint.";

/// Where the DejaVu glyphs of a visible signature come from; its licence is beside it.
const FONT: &[u8] = include_bytes!("../report/assets/fonts/DejaVuSans.ttf");

/// The level asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Niveau {
    /// Signature et horodatage
    #[value(name = "B-T")]
    Timestamped,
    /// Avec les certificats et leur état
    #[value(name = "B-LT")]
    LongTerm,
    /// Avec un horodatage du document entier, renouvelable
    #[value(name = "B-LTA")]
    Archived,
}

impl From<Niveau> for SealLevel {
    fn from(niveau: Niveau) -> Self {
        match niveau {
            Niveau::Timestamped => Self::Timestamped,
            Niveau::LongTerm => Self::LongTerm,
            Niveau::Archived => Self::Archived,
        }
    }
}

/// `signer`
#[derive(Args)]
pub(crate) struct Signer {
    /// Le procès-verbal
    #[arg(value_name = "PV.pdf")]
    pv: PathBuf,
    /// Le PDF signé à écrire ; à défaut, à côté, le même nom suivi du rôle
    #[arg(long, value_name = "FICHIER")]
    sortie: Option<PathBuf>,
    /// Configuration de l'étude
    #[arg(long, value_name = "FICHIER")]
    etude: Option<PathBuf>,
    /// L'officier qui signe : le NOM d'une section [signature.NOM]
    #[arg(long, value_name = "NOM")]
    cle: Option<String>,
    /// Le rôle de la signature : clerc, commissaire ; à défaut celui de l'officier
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,
    /// Le niveau demandé
    #[arg(long, value_enum, ignore_case = true, default_value = "B-LT")]
    niveau: Niveau,
    /// La place de la signature sur une page, en millimètres depuis le coin supérieur gauche
    #[arg(long, value_name = "PAGE,x,y,l,h", conflicts_with = "completer")]
    visible: Option<String>,
    /// Garde une place sur une page pour une signature à venir ; à répéter, à la première signature seulement
    #[arg(long, value_name = "ROLE=PAGE,x,y,l,h", conflicts_with = "completer")]
    reserver: Vec<String>,
    /// N'admet plus rien après cette signature ; la première seulement
    #[arg(long, conflicts_with = "completer")]
    definitif: bool,
    /// Pourquoi il est signé
    #[arg(long, value_name = "TEXTE", conflicts_with = "completer")]
    motif: Option<String>,
    /// Où il est signé
    #[arg(long, value_name = "TEXTE", conflicts_with = "completer")]
    lieu: Option<String>,
    /// Complète les signatures présentes, sans signer : états des certificats, horodatage du document (B-LTA)
    #[arg(long, conflicts_with_all = ["cle", "role"])]
    completer: bool,
}

/// Signs, or completes.
pub(crate) fn run(arguments: &Signer, json: bool, clock: &dyn Clock) -> Result<Exit, Failure> {
    if !arguments.pv.is_file() {
        return Err(Failure::new("cli.no_file", Exit::Usage, arguments.pv.display()));
    }
    let etude = Etude::find(arguments.etude.as_deref(), clock)?;
    let terminal = Arc::new(Terminal::new());
    let office = Office { authorities: etude.authorities()?, anchors: anchors(&etude)?, network: HttpNetwork::new() };
    let asked = SealLevel::from(arguments.niveau);
    let (signed, output) = if arguments.completer {
        complete(arguments, asked, &office, clock, &terminal)?
    } else {
        sign(arguments, asked, &etude, &office, clock, &terminal)?
    };
    terminal.finish();
    tell(&signed, asked, etude.essai(), &terminal);
    report(&signed, &output, etude.essai(), json);
    Ok(if signed.level >= asked || !etude.has_authorities() { Exit::Done } else { Exit::Environment })
}

/// What the étude brings beside the key.
struct Office {
    authorities: Vec<HttpAuthority>,
    anchors: TrustAnchors,
    network: HttpNetwork,
}

fn anchors(etude: &Etude) -> Result<TrustAnchors, Failure> {
    let anchors = etude.anchors()?;
    Ok(match etude.lists_folder() {
        Some(folder) => anchors.with_lists(Arc::new(KnownServices::of(confiance::open(folder)?))),
        None => anchors,
    })
}

fn complete(
    arguments: &Signer,
    asked: SealLevel,
    office: &Office,
    clock: &dyn Clock,
    terminal: &Arc<Terminal>,
) -> Result<(SignedPdf, PathBuf), Failure> {
    let output = target(arguments, "complete")?;
    let authorities = as_trait(&office.authorities);
    let told = told(terminal);
    let means = Means {
        authorities: &authorities,
        network: &office.network,
        clock,
        random: &SystemRandom,
        anchors: &office.anchors,
        told: &told,
    };
    terminal.line(&format!("Complément de {}…", arguments.pv.display()));
    Ok((pades::extend_file(&arguments.pv, &output, asked, &means)?, output))
}

/// Why a document is not to be signed. A relevé says of itself that no officer signs it: only a trial office may, to try its
/// keys; a file that says nothing of what it is was drawn up elsewhere.
fn refusal(drawn: Option<DrawnAs>, essai: bool) -> Option<&'static str> {
    match drawn? {
        DrawnAs::Project => Some("signer.project"),
        DrawnAs::Translation => Some("signer.translation"),
        DrawnAs::Releve if !essai => Some("signer.releve"),
        DrawnAs::Releve | DrawnAs::Act => None,
    }
}

fn sign(
    arguments: &Signer,
    asked: SealLevel,
    etude: &Etude,
    office: &Office,
    clock: &dyn Clock,
    terminal: &Arc<Terminal>,
) -> Result<(SignedPdf, PathBuf), Failure> {
    let octets = std::fs::read(&arguments.pv).map_err(|e| Failure::io("lire", &arguments.pv, &e))?;
    let drawn = report::drawn_as(&octets);
    drop(octets);
    if let Some(code) = refusal(drawn, etude.essai()) {
        return Err(Failure::new(code, Exit::Negative, arguments.pv.display()));
    }
    if drawn == Some(DrawnAs::Releve) {
        terminal.line(
            "Relevé technique, signé parce que l'étude est d'essai : aucune signature n'en fait un procès-verbal.",
        );
    }
    let officer = etude.signing_officer(arguments.cle.as_deref())?;
    let role = arguments.role.as_deref().or(officer.role.as_deref()).unwrap_or("commissaire");
    let output = target(arguments, role)?;
    let place = arguments.visible.as_deref().map(place).transpose()?;
    let reserve = arguments.reserver.iter().map(|text| reserved(text)).collect::<Result<Vec<_>, _>>()?;
    let name = officer.nom.clone().or_else(|| etude.officier().map(|o| format!("{} {}", o.prenoms, o.nom)));
    let lines = lines(arguments, officer, name.as_deref(), clock, etude.essai());
    let signer = officer.key.open(Some(terminal))?;
    let authorities = as_trait(&office.authorities);
    let told = told(terminal);
    terminal.line(&format!("Signature de {} ({})…", arguments.pv.display(), signer.place()));
    let request = PadesRequest {
        role,
        signer: signer.as_ref(),
        level: asked,
        place,
        look: Some(Look { lines, font: FONT }),
        reserve: &reserve,
        name,
        reason: arguments.motif.clone(),
        location: arguments.lieu.clone(),
        last: arguments.definitif,
        means: Means {
            authorities: &authorities,
            network: &office.network,
            clock,
            random: &SystemRandom,
            anchors: &office.anchors,
            told: &told,
        },
    };
    Ok((pades::sign_file(&arguments.pv, &output, &request)?, output))
}

/// What a visible signature says.
fn lines(arguments: &Signer, officer: &OfficerKey, name: Option<&str>, clock: &dyn Clock, essai: bool) -> Vec<String> {
    let date = clock.now().legal_time().strftime("le %d/%m/%Y à %H:%M (heure légale)").to_string();
    let place = arguments.lieu.as_ref().map(|place| format!("À {place}, {date}"));
    let trial = essai.then(|| "ESSAI, sans valeur juridique".to_owned());
    let signed = format!("Signé électroniquement par {}", name.unwrap_or("l'officier"));
    let reason = arguments.motif.as_ref().map(|reason| format!("Motif : {reason}"));
    [Some(signed), officer.qualite.clone(), Some(place.unwrap_or(date)), reason, trial].into_iter().flatten().collect()
}

/// Where it is written: never over another file than the one that is signed, and over that one only when asked.
fn target(arguments: &Signer, suffix: &str) -> Result<PathBuf, Failure> {
    let named = arguments.sortie.clone().unwrap_or_else(|| {
        let stem = arguments.pv.file_stem().unwrap_or_default().to_string_lossy();
        arguments.pv.with_file_name(format!("{stem}-{suffix}.pdf"))
    });
    let same = |a: &Path, b: &Path| a.canonicalize().is_ok_and(|a| b.canonicalize().is_ok_and(|b| a == b));
    if named.exists() && !same(&named, &arguments.pv) {
        return Err(Failure::new("signer.exists", Exit::Usage, named.display()));
    }
    Ok(named)
}

/// `PAGE,x,y,l,h`
fn place(text: &str) -> Result<Place, Failure> {
    let bad = || Failure::new("signer.visible", Exit::Usage, text);
    let parts: Vec<&str> = text.split(',').map(str::trim).collect();
    let [page, rect @ ..] = parts.as_slice() else { return Err(bad()) };
    let numbers: Vec<f64> = rect.iter().filter_map(|n| n.parse().ok()).collect();
    let rect_mm = <[f64; 4]>::try_from(numbers).map_err(|_| bad())?;
    let page = match *page {
        "fin" => Place::LAST_PAGE,
        number => number.parse().ok().filter(|page| *page > 0).ok_or_else(bad)?,
    };
    if parts.len() == 5 { Ok(Place { page, rect_mm }) } else { Err(bad()) }
}

/// `ROLE=PAGE,x,y,l,h`
fn reserved(text: &str) -> Result<(String, Place), Failure> {
    let bad = || Failure::new("signer.visible", Exit::Usage, text);
    let (role, rest) = text.split_once('=').ok_or_else(bad)?;
    Ok((role.trim().to_owned(), place(rest)?))
}

fn told(terminal: &Arc<Terminal>) -> impl Fn(&str, Option<(&str, String)>) {
    let terminal = Arc::clone(terminal);
    move |authority, error| match error {
        None => terminal.line(&format!("Horodatage obtenu de « {authority} ».")),
        Some((code, text)) => {
            terminal.line(&format!("Horodatage refusé par « {authority} » [{code}] : {}", printable(&text)));
        }
    }
}

/// What is lower than asked, loudly.
fn tell(signed: &SignedPdf, asked: SealLevel, essai: bool, terminal: &Terminal) {
    for why in &signed.missing {
        terminal.line(&format!("Non obtenu : {}", printable(why)));
    }
    if signed.level == SealLevel::BasicSignature {
        terminal
            .line("ATTENTION : cette signature ne porte AUCUNE DATE opposable (aucun jeton d'horodatage), niveau B-B.");
    } else if signed.level < asked {
        terminal.line(&format!("ATTENTION : niveau {}, au lieu de {}.", signed.level.as_str(), asked.as_str()));
    }
    if signed.level < asked {
        terminal.line("  À compléter dès que possible : constat signer --completer PV.pdf");
    }
    if essai {
        terminal.line("ESSAI : signé avec une clé d'essai, sans valeur en justice.");
    }
}

fn report(signed: &SignedPdf, output: &Path, essai: bool, json: bool) {
    if json {
        output::json(&json!({
            "pdf": output,
            "bytes": signed.octets.len(),
            "essai": essai,
            "level": signed.level,
            "missing": signed.missing,
            "report": signed.report,
        }));
        return;
    }
    output::line(&format!("PDF signé : {} ({} octets)", output.display(), signed.octets.len()));
    for facts in &signed.report.signatures {
        let proven = facts.proven.map_or("heure non établie".to_owned(), |at| format!("horodatée le {at}"));
        let who = printable(facts.signer.as_deref().unwrap_or("inconnu"));
        output::line(&format!("{:<10}: {who}, PAdES {}, {proven}", printable(&facts.field), facts.level.as_str()));
        let said = facts.qualification.as_ref().map(|judged| format!(" ({})", judged.sentence())).unwrap_or_default();
        let qualified = match facts.is_qualified() {
            None => "non établie",
            Some(true) => "signature électronique qualifiée d'après les listes de confiance",
            Some(false) => "non qualifiée d'après les listes de confiance",
        };
        output::line(&format!("            qualification : {qualified}{}", printable(&said)));
    }
}

impl From<PadesError> for Failure {
    fn from(error: PadesError) -> Self {
        let exit = match error {
            PadesError::Seal(error) => return error.into(),
            PadesError::NothingAdded { .. } => Exit::Environment,
            PadesError::Page { .. } | PadesError::Rectangle { .. } | PadesError::Role { .. } | PadesError::NotPdf => {
                Exit::Usage
            }
            _ => Exit::Negative,
        };
        Self::new(error.code(), exit, &error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_act_is_signed_and_a_releve_for_a_trial() {
        for essai in [false, true] {
            assert_eq!(refusal(Some(DrawnAs::Act), essai), None);
            assert_eq!(refusal(Some(DrawnAs::Project), essai), Some("signer.project"));
            assert_eq!(refusal(Some(DrawnAs::Translation), essai), Some("signer.translation"));
        }
        assert_eq!(refusal(Some(DrawnAs::Releve), false), Some("signer.releve"));
        assert_eq!(refusal(Some(DrawnAs::Releve), true), None);
    }
}
