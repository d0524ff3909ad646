//! What prepares a fact: here come in what other parts know (competence of the office, level of a signature, the letter as
//! written), and every reason to refuse is told at once where several apply.
use dossier::{Digests, Instant};
use jiff::civil::Date;

use super::code::exiger;
use super::documents::LettreInvitation;
use super::{AuthMethod, Base, Canal, Competence, DelaiMois, Etat, Event, Motif, Niveau, Secret, View, montant_au};
use crate::calendar::Zone;
use crate::civil::paris_date;
use crate::delais::JoursChomes;
use crate::{Id, SignificationError};

/// Checks a request: amount as it stands now, competence of the office, and a conflict of interest the office declares. Gives
/// the fact to write: `Checked`, or `Rejected` with every reason.
pub fn controler(
    view: &View,
    now: Instant,
    competence: &Competence,
    conflit: bool,
) -> Result<Event, SignificationError> {
    let creance = view.creance;
    let montant = montant_au(&view.montant, view.taux, paris_date(now));
    let mut codes = Vec::new();
    if montant.is_err() {
        codes.push(Motif::HorsPlafond);
    }
    if competence.check().is_err() {
        codes.push(Motif::Incompetent);
    }
    if conflit {
        codes.push(Motif::ConflitInterets);
    }
    if !codes.is_empty() {
        return Ok(Event::Rejected { creance, codes });
    }
    let (ressort_etude, ressort_debiteur) = (competence.etude.clone(), competence.debiteur.clone());
    Ok(Event::Checked { creance, montant: montant?, ressort_etude, ressort_debiteur })
}

/// Prepares the invitation: the letter must be whole (texts joined), say this amount and these days, and bear these
/// credentials. `zone` is where the debtor lives. Everything wrong is told at once.
pub fn inviter(
    view: &View,
    lettre: &LettreInvitation,
    secret: &Secret,
    zone: Zone,
    closed: &JoursChomes,
) -> Result<Event, SignificationError> {
    let envoi: Date = lettre.delai.envoi;
    let (delai, _) = DelaiMois::new(envoi, zone, closed)?;
    let montant = montant_au(&view.montant, view.taux, envoi)?;
    let affaire = &lettre.affaire;
    let checks = [
        (lettre.textes.complets(), Motif::TextesAJoindre),
        (lettre.montant == montant, Motif::MontantDifferent),
        (lettre.delai == delai, Motif::DelaiIncorrect),
        (affaire.reference == view.dossier && affaire.cause == view.cause, Motif::LettreDifferente),
        (lettre.identifiants == secret.expose(), Motif::IdentifiantsRefuses),
    ];
    let codes: Vec<_> = checks.iter().filter(|(ok, _)| !ok).map(|(_, motif)| motif.code()).collect();
    if !codes.is_empty() {
        return Err(SignificationError::PetiteCreance { codes });
    }
    let canal: Canal = lettre.canal;
    let text = Digests::of(lettre.texte()?.as_bytes());
    let secret_sha256 = secret.sha256();
    Ok(Event::Invited { creance: view.creance, canal, zone, delai, montant, lettre: text, secret_sha256 })
}

/// Prepares a first access with what the person typed; `IDENTIFIANTS_REFUSES` when it is wrong, spent, or not his.
pub fn premier_acces(
    view: &View,
    personne: Id,
    typed: &str,
    auth_method: AuthMethod,
) -> Result<Event, SignificationError> {
    let secret_sha256 = Secret::digest(typed);
    let acces = view.acces.get(&personne).filter(|a| a.ouvre(&secret_sha256));
    exiger(acces.is_some(), Motif::IdentifiantsRefuses)?;
    let base = Base::PremierAcces;
    Ok(Event::FirstAccess { creance: view.creance, personne, secret_sha256, auth_method, base })
}

/// Prepares the delivery of the title: an agreement recorded in writing, and a qualified signature (arrêté du 3 juin 2016,
/// art. 4). `niveau` is what the check of the signature found, not what it says of itself.
pub fn delivrer_titre(
    view: &View,
    titre: Digests,
    signature: Digests,
    niveau: Niveau,
) -> Result<Event, SignificationError> {
    let accord = view.proposition.as_ref().filter(|_| view.etat == Etat::Accord && view.constat.is_some());
    let mut codes = Vec::new();
    if accord.is_none() {
        codes.push(Motif::AccordNonConstate.code());
    }
    if niveau != Niveau::Qualifiee {
        codes.push(Motif::CertificatNonQualifie.code());
    }
    match accord {
        Some(accord) if codes.is_empty() => {
            Ok(Event::TitleDelivered { creance: view.creance, montant: accord.montant, titre, signature, niveau })
        }
        _ => Err(SignificationError::PetiteCreance { codes }),
    }
}

/// Prepares the enforcement: never by the office that delivered the title (CPCE art. R. 125-8).
pub fn confier_execution(view: &View, etude: Id) -> Result<Event, SignificationError> {
    exiger(view.etat == Etat::Titre, Motif::AccordNonConstate)?;
    exiger(etude != view.etude, Motif::ConflitInterets)?;
    Ok(Event::EnforcementEntrusted { creance: view.creance, etude })
}
