//! What ties accounts and mandates to consents and acts, read from the tables: who may act for a consent, whose keys open its
//! acts, and whether anybody could open one.
use dossier::Instant;

use super::compte::{self, EtatCompte};
use super::droits::Operation;
use super::mandat;
use crate::acte::Refusal;
use crate::civil::paris_date;
use crate::consent::{Actor, Role};
use crate::projection::{Kin, Views};
use crate::store::{Reader, Table};
use crate::{Id, SignificationError};

/// The accounts of a consent, in order of their invitations.
pub fn comptes_de(reader: &dyn Reader, consent: Id) -> Result<Vec<compte::View>, SignificationError> {
    let mut found = Vec::new();
    for id in reader.children(consent, Kin::CompteDeConsentement)? {
        found.extend(reader.view::<compte::View>(Table::Compte, id.as_bytes())?);
    }
    Ok(found)
}

/// The mandates over the acts of a consent, or of an account.
pub fn mandats_de(reader: &dyn Reader, of: Id) -> Result<Vec<mandat::View>, SignificationError> {
    let mut found = Vec::new();
    for id in reader.children(of, Kin::MandatDeCompte)? {
        found.extend(reader.view::<mandat::View>(Table::Mandat, id.as_bytes())?);
    }
    Ok(found)
}

/// What the accounts of a consent say against serving it an act at `at` (row B08). Nothing while none was opened: its holder
/// then proves himself by his key.
pub fn refus(reader: &dyn Reader, consent: Id, at: Instant) -> Result<Option<Refusal>, SignificationError> {
    let mut against = None;
    for account in comptes_de(reader, consent)?.iter().filter(|a| a.etat != EtatCompte::Invite) {
        match account.recoit() {
            Ok(()) if account.titulaire.en_fonction(paris_date(at)) => return Ok(None),
            // A representative whose mandate is over opens nothing: the legal person cannot be reached this way.
            Ok(()) | Err(Refusal::CompteSuspendu) => against = Some(Refusal::CompteSuspendu),
            Err(other) => against = against.or(Some(other)),
        }
    }
    Ok(against)
}

/// Public keys to which an act served on this consent at `at` is encrypted: those of its accounts, and of the aidants whose
/// mandate is in force. None while no account has a key: the consent's own then serves.
pub fn cles(reader: &dyn Reader, consent: Id, at: Instant) -> Result<Vec<String>, SignificationError> {
    let day = paris_date(at);
    let mut accounts: Vec<compte::View> = comptes_de(reader, consent)?;
    accounts.retain(|a| matches!(a.etat, EtatCompte::Actif | EtatCompte::Suspendu) && a.titulaire.en_fonction(day));
    if accounts.iter().all(|a| a.cle_publique.is_none()) {
        return Ok(Vec::new());
    }
    for given in mandats_de(reader, consent)? {
        if given.couvre(given.aidant, consent, Operation::Consulter, at) {
            let aidant: Option<compte::View> = reader.view(Table::Compte, given.aidant.as_bytes())?;
            accounts.extend(aidant.filter(compte::View::est_ouvert));
        }
    }
    let mut keys: Vec<String> = accounts.into_iter().filter_map(|a| a.cle_publique).collect();
    keys.sort();
    keys.dedup();
    Ok(keys)
}

/// Whether `actor` is the recipient of this consent: by the consent's own name, by an account of his, or, for an operation that
/// it covers, by an aidant under a mandate in force. What was begun in time is still his when it ends (`en_cours`).
pub fn agit_pour(
    reader: &dyn Reader,
    actor: &Actor,
    consent: Id,
    operation: Operation,
    (at, en_cours): (Instant, bool),
) -> Result<bool, SignificationError> {
    if actor.role != Role::Destinataire {
        return Ok(false);
    }
    if actor.id == consent.to_string() {
        return Ok(true);
    }
    let (name, under) = match actor.id.split_once("/mandat/") {
        Some((name, mandate)) => (name, Some(mandate)),
        None => (actor.id.as_str(), None),
    };
    let Ok(account) = name.parse::<Id>() else { return Ok(false) };
    let Some(view) = reader.view::<compte::View>(Table::Compte, account.as_bytes())? else { return Ok(false) };
    let present = en_cours || view.admet_connexion(at);
    let Some(mandate) = under else { return Ok(view.titulaire.consent() == Some(consent) && present) };
    let Ok(mandate) = mandate.parse::<Id>() else { return Ok(false) };
    let Some(given) = reader.view::<mandat::View>(Table::Mandat, mandate.as_bytes())? else { return Ok(false) };
    let covered = if en_cours {
        given.aidant == account && given.consent == consent && given.accepte.is_some()
    } else {
        given.couvre(account, consent, operation, at)
    };
    Ok(covered && present)
}

/// The account that this actor of the journal is, with or without a mandate.
pub fn compte_de(actor: &Actor) -> Option<Id> {
    actor.id.split_once("/mandat/").map_or(actor.id.as_str(), |(name, _)| name).parse().ok()
}
