//! `constat signifier`: consent, deposit, sending, notice, consultation and receipt of an act, for one recipient.
mod arguments;
mod avis;
mod bureau;
mod comptes;
mod creance;
mod demo;
mod donnees;
mod evidence;
mod exploitation;
mod horloge;
mod messagerie;
mod servir;
mod signature_pdf;
mod stockage;
mod voies;

use std::path::Path;
use std::sync::Arc;

use dossier::{Clock, Journal};
use serde::Serialize;
use serde_json::Value;
use signification::bureau::Outils;
use signification::consent::Actor;
use signification::mise_en_page::AVIS_FILE;
use signification::notice::SmtpMailer;
use signification::notice::sms::{PasserelleHttp, PasserelleSms};
use signification::platform::{DeclarationInput, Demande, DepositInput};
use signification::point::Extrait;
use signification::projection::Views as _;
use signification::receipt::check_receipt;
use signification::signature_acte::ControleSignature;
use signification::{Config, Context, Id, Platform, SignificationError, SystemEntropy, cli_help};

pub(crate) use arguments::Signifier;

use crate::etude::Etude;
use crate::exit::Exit;
use crate::failure::{Failure, chain};
use crate::output;
use arguments::{Operation, Recipient};
use evidence::{OfficeSealer, OfficeVerifier};
use signature_pdf::PdfSignatures;

/// Runs one operation on the store and prints what it answered.
pub(crate) fn run(arguments: &Signifier, json: bool, clock: &Arc<dyn Clock>) -> Result<Exit, Failure> {
    let etude = Etude::find(arguments.etude.as_deref(), clock.as_ref())?;
    let store = arguments.plateforme.as_path();
    match &arguments.operation {
        Operation::VerifierJournal => {
            let report = stockage::check(store)?;
            let exit = if report.intact { Exit::Done } else { Exit::Negative };
            show(&report, json)?;
            return Ok(exit);
        }
        Operation::VerifierRecepisse { dossier } => return verify_receipt(store, dossier, &etude, clock, json),
        Operation::Demo { dossier } => return demo::run(dossier, &etude, json, clock),
        Operation::VerifierExtrait { extrait } => return verify_extract(extrait, &etude, clock, json),
        _ => {}
    }
    let config = match &arguments.operation {
        Operation::Initialiser { configuration } => Config::read(configuration)?,
        _ => Config::read(&store.join("plateforme.toml")).map_err(|error| missing_store(store, error))?,
    };
    let verifier = OfficeVerifier::new(etude.anchors()?, clock.now());
    // The declaration of sites stands beside the configuration, once there is a platform.
    if !matches!(arguments.operation, Operation::Initialiser { .. }) {
        stockage::hosted(store, &config, &etude, &verifier)?;
    }
    if let Operation::Servir(servir) = &arguments.operation {
        return servir::run(arguments, servir, (&etude, &config), clock);
    }
    let mailer = SmtpMailer::new(&config.smtp)?;
    let sealer = OfficeSealer::new(&etude, Arc::clone(clock))?.anchored(&config)?;
    let entropy = SystemEntropy::default();
    let context = Context { clock: clock.as_ref(), entropy: &entropy, sealer: &sealer, mailer: &mailer };
    let answer = if matches!(arguments.operation, Operation::Initialiser { .. }) {
        value(&stockage::create(store, &config, context)?)?
    } else {
        let sms = config.sms.as_ref().map(PasserelleHttp::new).transpose()?;
        let sms = sms.as_ref().map(|gateway| gateway as &(dyn PasserelleSms + Sync));
        let atelier = avis::Atelier::new()?;
        // Roots and lists are read for the operation that needs them.
        let deposit = matches!(arguments.operation, Operation::Deposer { .. });
        let signature = deposit.then(|| PdfSignatures::new(&etude, &config.actes, clock)).transpose()?;
        let signature = signature.as_ref().map(|judge| judge as &(dyn ControleSignature + Sync));
        let outils =
            Outils { verifier: Some(&verifier), analyseur: None, sms, mise_en_page: Some(&atelier), signature };
        let platform = stockage::open(store, &config, context)?.avec(outils)?;
        if let Operation::Exploitation(what) = &arguments.operation {
            exploitation::mesurer_avant(&platform, &arguments.agent, what, clock)?;
        }
        operate(&platform, &arguments.operation, &Actor::office(arguments.agent.clone()))?
    };
    let exit = exit_of(&answer);
    print(&answer, json);
    Ok(exit)
}

/// A store that is not there is told as such, not as a file that cannot be read.
fn missing_store(store: &Path, error: SignificationError) -> SignificationError {
    if store.join("journal.jsonl").is_file() { error } else { SignificationError::StoreMissing { path: store.into() } }
}

fn operate(platform: &Platform<'_>, operation: &Operation, office: &Actor) -> Result<Value, Failure> {
    match operation {
        Operation::Proposer { dossier, canal } => value(&platform.proposer(office, dossier, canal)?),
        Operation::Declarer { consentement, declaration } => {
            value(&platform.declarer(office, id(consentement)?, &DeclarationInput::read(declaration)?)?)
        }
        Operation::Inviter { consentement, portail: false } => value(&platform.inviter(office, id(consentement)?)?),
        Operation::Inviter { consentement, portail: true } => {
            let (invited, compte) = platform.inviter_avec_compte(office, id(consentement)?, None)?;
            Ok(serde_json::json!({"compte": compte, "invitation": value(&invited)?}))
        }
        Operation::Accepter(recipient) => value(&platform.accepter(&recipient.input()?)?),
        Operation::Refuser(recipient) => value(&platform.refuser(&recipient.input()?)?),
        Operation::Deposer { consentement, dossier, nature, requerant, acte } => {
            let input = DepositInput {
                consent: id(consentement)?,
                dossier: dossier.clone(),
                nature: nature.clone(),
                requerant: requerant.clone(),
                fichier: acte.clone(),
            };
            value(&platform.deposer(office, &input)?)
        }
        Operation::Envoyer { acte, programmer } => value(&platform.envoyer(office, id(acte)?, *programmer)?),
        Operation::Traiter => value(&platform.traiter()?),
        Operation::Relever => value(&platform.relever()?),
        Operation::Alertes => Ok(serde_json::json!({"alertes": value(&platform.alertes()?)?})),
        Operation::Consultations { consentement } => {
            Ok(serde_json::json!({"consultations": value(&platform.consultations(id(consentement)?)?)?}))
        }
        Operation::Renotifier { acte } => value(&platform.renotifier(office, id(acte)?)?),
        Operation::Consulter { acte, cle } => value(&platform.consulter(id(acte)?, cle)?),
        Operation::Telecharger { acte, cle, vers } => value(&platform.telecharger(id(acte)?, cle, vers)?),
        Operation::Suivi { acte } => value(&platform.suivi(id(acte)?)?),
        Operation::Recepisses { objet, vers } => receipts(platform, id(objet)?, vers),
        Operation::Pointer => value(&platform.pointer()?),
        Operation::Extrait { objet, sortie } => extract(platform, id(objet)?, sortie),
        Operation::Horodater => value(&platform.completer_horodatage()?),
        Operation::Revoquer { consentement, cle } => {
            value(&platform.revoquer(id(consentement)?, &Demande::Destinataire { cle: cle.clone() })?)
        }
        of_a_group => grouped(platform, of_a_group, office),
    }
}

/// The operations that stand in a group of their own.
fn grouped(platform: &Platform<'_>, operation: &Operation, office: &Actor) -> Result<Value, Failure> {
    match operation {
        Operation::Proposition(what) => bureau::propositions(platform, office, what),
        Operation::Voie(what) => voies::voies(platform, office, what),
        Operation::Transfert(what) => bureau::transferts(platform, office, what),
        Operation::Reponse(what) => bureau::reponses(platform, office, what),
        Operation::Conditions(what) => bureau::conditions(platform, &office.id, what),
        Operation::Interruption(what) => bureau::interruptions(platform, &office.id, what),
        Operation::Creance(what) => creance::creances(platform, office, what),
        Operation::Compte { titre, quoi } => comptes::comptes(platform, &titre.actor(&office.id), quoi),
        Operation::Incident { titre, quoi } => comptes::incidents(platform, &titre.actor(&office.id), quoi),
        Operation::Droit(what) => donnees::droits(platform, &office.id, what),
        Operation::Donnees(what) => donnees::donnees(platform, office, what),
        Operation::Mobile(what) => donnees::mobiles(platform, what),
        Operation::Preuve(what) => exploitation::preuves(platform, office, what),
        Operation::Exploitation(what) => exploitation::exploitation(platform, &office.id, what),
        Operation::Delai(what) => donnees::delais(platform, office, what),
        _ => unreachable!("handled before, or before the store is opened"),
    }
}

/// Writes the evidence of an act or of a consent, signed files and document for people, each in a folder named after its place in the journal and its event.
fn receipts(platform: &Platform<'_>, object: Id, folder: &Path) -> Result<Value, Failure> {
    let mut list = Vec::new();
    for receipt in platform.recepisses(object)? {
        let view = platform.views().receipt(receipt)?;
        let own = folder.join(format!("{:08}-{}", view.seq, view.event));
        let mut told = serde_json::json!({"recepisse": receipt, "dossier": own, "horodate": view.timestamped});
        match platform.sortir_recepisse(receipt, &own) {
            Ok(_) => told["avis"] = value(&own.join(AVIS_FILE))?,
            // The signed files are there: the others do not wait for the document of one.
            Err(SignificationError::Avis { why }) => told["avis_refuse"] = why.into(),
            Err(error) => return Err(error.into()),
        }
        list.push(told);
    }
    Ok(serde_json::json!({"objet": object, "recepisses": list}))
}

/// Writes the lines about an object, proven to be in the journal.
fn extract(platform: &Platform<'_>, object: Id, target: &Path) -> Result<Value, Failure> {
    let extrait = platform.extrait(object)?;
    let bytes = dossier::to_canonical(&extrait).map_err(|e| Failure::new("cli.io", Exit::Environment, e))?;
    std::fs::write(target, bytes).map_err(|e| Failure::io("écrire", target, &e))?;
    Ok(
        serde_json::json!({"extrait": target, "lignes": extrait.lignes.len(), "horodate": extrait.point.jeton.is_some()}),
    )
}

fn verify_extract(path: &Path, etude: &Etude, clock: &Arc<dyn Clock>, json: bool) -> Result<Exit, Failure> {
    let bytes = std::fs::read(path).map_err(|e| Failure::io("lire", path, &e))?;
    let report = Extrait::read(&bytes)?.check(&OfficeVerifier::new(etude.anchors()?, clock.now()))?;
    let exit = if report.holds() { Exit::Done } else { Exit::Negative };
    show(&report, json)?;
    Ok(exit)
}

fn verify_receipt(
    store: &Path,
    folder: &Path,
    etude: &Etude,
    clock: &Arc<dyn Clock>,
    json: bool,
) -> Result<Exit, Failure> {
    let journal = std::fs::File::open(store.join("journal.jsonl")).ok().and_then(|file| Journal::read(file).ok());
    let verifier = OfficeVerifier::new(etude.anchors()?, clock.now());
    let report = check_receipt(folder, &verifier, journal.as_ref().map(|(journal, _)| journal))?;
    let exit = if report.holds() { Exit::Done } else { Exit::Negative };
    show(&report, json)?;
    Ok(exit)
}

/// A sending that was refused, a notice or a way that was, a way that could not be asked, and a choice that a person has to make first
/// are negative answers.
fn exit_of(answer: &Value) -> Exit {
    let refused = answer["refus"].as_array().is_some_and(|list| !list.is_empty())
        && answer["programme_pour"].is_null()
        && answer["envoye_le"].is_null();
    let unnotified = answer["avis"]["accepted"] == false || answer["accepted"] == false;
    let undecided = answer["voie"].is_null() && answer["raisons"].is_array();
    let unserved = answer["resultat"] == "refusee";
    let unasked = answer["voies"].as_array().is_some_and(|list| list.iter().any(|one| one["erreur"].is_string()));
    if refused || unnotified || undecided || unserved || unasked { Exit::Negative } else { Exit::Done }
}

fn id(text: &str) -> Result<Id, Failure> {
    Ok(text.parse::<Id>()?)
}

fn value<T: Serialize>(answer: &T) -> Result<Value, Failure> {
    serde_json::to_value(answer).map_err(|e| Failure::new("cli.io", Exit::Environment, e))
}

fn show<T: Serialize>(answer: &T, json: bool) -> Result<(), Failure> {
    print(&value(answer)?, json);
    Ok(())
}

fn print(answer: &Value, json: bool) {
    if json {
        output::json(answer);
        return;
    }
    if let Some((name, Value::Array(items))) = only_field(answer)
        && items.is_empty()
    {
        output::line(&format!("{} : rien", name.replace('_', " ")));
    }
    print_lines(answer, "");
    output::line(cli_help::PORTEE_COURTE);
}

fn only_field(answer: &Value) -> Option<(&String, &Value)> {
    answer.as_object().filter(|fields| fields.len() == 1).and_then(|fields| fields.iter().next())
}

/// Field after field, nested ones indented: every outcome reads the same way.
fn print_lines(answer: &Value, indent: &str) {
    let Some(fields) = answer.as_object() else { return };
    for (name, field) in fields {
        let label = name.replace('_', " ");
        match field {
            Value::Null => {}
            Value::Object(_) => {
                output::line(&format!("{indent}{label} :"));
                print_lines(field, &format!("{indent}  "));
            }
            Value::Array(items) if items.is_empty() => {}
            Value::Array(items) => {
                output::line(&format!("{indent}{label} :"));
                for item in items {
                    match item {
                        Value::Object(_) => {
                            output::line(&format!("{indent}  -"));
                            print_lines(item, &format!("{indent}    "));
                        }
                        other => output::line(&format!("{indent}  - {}", plain(other))),
                    }
                }
            }
            other => output::line(&format!("{indent}{label} : {}", plain(other))),
        }
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => output::printable(text),
        Value::Bool(true) => "oui".into(),
        Value::Bool(false) => "non".into(),
        other => other.to_string(),
    }
}

impl Recipient {
    fn input(&self) -> Result<signification::platform::AcceptInput, Failure> {
        Ok(signification::platform::AcceptInput {
            consent: id(&self.consentement)?,
            jeton: self.jeton.clone(),
            cgu_sha256: self.cgu.clone(),
            cle: self.cle.clone(),
        })
    }
}

impl From<SignificationError> for Failure {
    fn from(error: SignificationError) -> Self {
        let exit = match error.code() {
            _ if matches!(error, SignificationError::ActSignature { .. }) => Exit::Negative,
            "signification.io"
            | "signification.storage"
            | "signification.smtp"
            | "signification.entropy"
            | "signification.store_in_use" => Exit::Environment,
            "signification.window_closed"
            | "signification.act_refused"
            | "signification.vault_altered"
            | "signification.vault_truncated"
            | "signification.journal"
            | "signification.seal" => Exit::Negative,
            _ => Exit::Usage,
        };
        Self::new(error.code(), exit, chain(&error))
    }
}
