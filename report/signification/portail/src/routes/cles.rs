//! Passkeys of a recipient: added, named, taken away (row B02); and what every page with a passkey shares.
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::Value;
use signification::comptes::RoleCompte;
use signification::comptes::compte::MotifRefus;
use signification::comptes::passkey::{Assertion, CleAcces, Defi, Inscription, PasskeyCeremony as _};
use signification::platform::Platform;
use signification::platform::comptes::{Acces, CleVue};
use signification::{Id, SignificationError as E};

use super::{Partage, Recue, Reponse, html, vers};
use crate::cle;
use crate::dates::longue;
use crate::defis::Usage;
use crate::demande::Demande;
use crate::etat::Etat;
use crate::pages::cles::{self, Geste, LigneCle};
use crate::pages::{Cadre, Faute};
use crate::refus::Refus;

/// What is said of a key that could not be taken, whatever is wrong with it.
const NON_INSCRITE: &str = "Cette clé n'a pas pu être inscrite, ou la page a attendu trop longtemps. Recommencez.";

fn garder(etat: &Etat, demande: &Demande, usage: Usage, defi: Defi) -> Result<Geste, E> {
    let (now, hasard) = (etat.config.horloge.now(), etat.config.hasard);
    let id = Id::new(now, hasard)?;
    etat.defis.garder(id, (&demande.cookie, usage), defi.pour_le_serveur, etat.config.horloge.monotonic());
    Ok(Geste { defi: id.to_string(), options: defi.pour_le_navigateur.to_string() })
}

/// A challenge for one of these passkeys, or for any; none where passkeys are not possible.
pub(super) fn defier(etat: &Etat, demande: &Demande, usage: Usage, cles: &[CleAcces]) -> Result<Option<Geste>, E> {
    let Some(all) = &etat.ceremonies else { return Ok(None) };
    garder(etat, demande, usage, all.debuter_authentification(cles)?).map(Some)
}

/// A challenge for a new passkey.
pub(super) fn proposer(
    etat: &Etat,
    demande: &Demande,
    usage: Usage,
    (pour, connues): (Inscription<'_>, &[CleAcces]),
) -> Result<Option<Geste>, E> {
    let Some(all) = &etat.ceremonies else { return Ok(None) };
    garder(etat, demande, usage, all.debuter_inscription(pour, connues)?).map(Some)
}

/// The state of the challenge that a form answers, and the answer.
fn reponse(etat: &Etat, demande: &Demande, usage: Usage) -> Option<(Value, Value)> {
    let id: Id = demande.champ("defi").parse().ok()?;
    let state = etat.defis.prendre(id, (&demande.cookie, usage), etat.config.horloge.monotonic())?;
    Some((state, serde_json::from_str(demande.champ("cle")).ok()?))
}

/// The passkey that a form brought, verified; none when it brought none. Whatever is wrong is one answer and a line of the journal.
pub(super) fn presentee(
    etat: &Etat,
    platform: &Platform<'_>,
    demande: &Demande,
    usage: Usage,
) -> Result<Option<(Id, Assertion)>, E> {
    if demande.champ("cle").is_empty() {
        return Ok(None);
    }
    let refused = |compte, motif| platform.refuser_la_ceremonie(compte, motif, Etat::origine_de(demande));
    let (Some(all), Some((state, answer))) = (&etat.ceremonies, reponse(etat, demande, usage)) else {
        return Err(refused(None, MotifRefus::Ceremonie)?);
    };
    let Some(compte) = all.compte_annonce(&answer) else { return Err(refused(None, MotifRefus::Ceremonie)?) };
    // An officer's key is good beside his certificate, at the office's side: here it opens nothing, not even the list of his keys.
    let recipient = platform
        .compte_vu(compte)
        .is_ok_and(|view| matches!(view.titulaire.role_compte(), RoleCompte::Destinataire | RoleCompte::Mandataire));
    let known = if recipient { platform.cles_du_compte(compte)? } else { Vec::new() };
    match all.finir_authentification(&known, &state, &answer) {
        Ok(proof) => Ok(Some((compte, Assertion { prf: cle::prf(demande.champ("prf")), ..proof }))),
        Err(why) => Err(refused(Some(compte), why.into())?),
    }
}

/// The same for an account that is known already: its keys may not say whose they are.
pub(super) fn presentee_par(
    etat: &Etat,
    platform: &Platform<'_>,
    demande: &Demande,
    (usage, compte, connues): (Usage, Id, &[CleAcces]),
) -> Result<Assertion, E> {
    let refused = |motif| platform.refuser_la_ceremonie(Some(compte), motif, Etat::origine_de(demande));
    let (Some(all), Some((state, answer))) = (&etat.ceremonies, reponse(etat, demande, usage)) else {
        return Err(refused(MotifRefus::Ceremonie)?);
    };
    match all.finir_authentification(connues, &state, &answer) {
        Ok(proof) => Ok(proof),
        Err(why) => Err(refused(why.into())?),
    }
}

/// The new passkey that a form brought, under the name typed; else what is wrong.
pub(super) fn nouvelle(
    etat: &Etat,
    platform: &Platform<'_>,
    demande: &Demande,
    usage: Usage,
) -> Result<Result<CleAcces, Faute>, Refus> {
    let name = demande.champ("nom_cle");
    if name.is_empty() || name.chars().count() > 60 || name.chars().any(char::is_control) {
        return Ok(Err(Faute::de("nom_cle", "Donnez à cette clé un nom de 60 caractères au plus.")));
    }
    let made = match (&etat.ceremonies, reponse(etat, demande, usage)) {
        (Some(all), Some((state, answer))) => all.finir_inscription(platform.nouvel_identifiant()?, &state, &answer),
        _ => Err(E::LoginRefused),
    };
    match made {
        Ok(key) => Ok(Ok(CleAcces { nom: Some(name.to_owned()), ..key })),
        Err(E::LoginRefused) => {
            let compte = demande.acces.as_ref().map(|acces| acces.compte().id);
            platform.noter_refus(demande.source, compte, "clé d'accès non inscrite")?;
            Ok(Err(Faute::de("", NON_INSCRITE)))
        }
        Err(other) => Err(other.into()),
    }
}

/// Lines of a list; `retirable` tells whether its forms have a token.
pub(super) fn lignes(
    demande: &Demande,
    racine: &str,
    cles: Vec<CleVue>,
    (retirable, detail): (bool, impl Fn(&CleVue) -> String),
) -> Vec<LigneCle> {
    let line = |one: CleVue| LigneCle {
        detail: detail(&one),
        jeton: retirable.then(|| demande.jeton(&format!("{racine}/{}/retirer", one.id))),
        jeton_nom: demande.jeton(&format!("{racine}/{}/renommer", one.id)),
        id: one.id.to_string(),
        nom: one.nom.unwrap_or_else(|| "Clé sans nom".to_owned()),
        cree: longue(one.cree),
        dernier: one.dernier.map(longue),
    };
    cles.into_iter().map(line).collect()
}

fn dessiner(
    etat: &Etat,
    (platform, cadre): (&Platform<'_>, &Cadre),
    demande: &Demande,
    acces: &Acces,
    fautes: &[Faute],
) -> Result<maud::Markup, Refus> {
    let (compte, shown) = (acces.compte().id, platform.ses_cles(acces)?);
    let pour = Inscription { compte, nom: "Réception d'actes", attestee: false };
    let known = platform.cles_du_compte(compte)?;
    let geste = proposer(etat, demande, Usage::Inscription, (pour, &known))?;
    let detail = |one: &CleVue| {
        let opens = "Ouvre votre espace et vos actes, sans mot de passe.";
        let shut = "Vous reconnaît ; pour lire vos actes, il faut aussi le mot de passe.";
        if one.ouvre_les_actes { opens } else { shut }.to_owned()
    };
    let lines = lignes(demande, "/cles", shown, (true, detail));
    let message = match demande.requete.get("ok").map(|v| v.as_str()) {
        Some("ajoutee") if fautes.is_empty() => Some("Votre clé d'accès est ajoutée."),
        Some("renommee") if fautes.is_empty() => Some("Votre clé a son nouveau nom."),
        _ => None,
    };
    let jeton = demande.jeton("/cles");
    Ok(cles::siennes(cadre, (&lines, geste.as_ref(), &jeton), (message, demande.champ("nom_cle")), fautes))
}

pub(crate) async fn page(State(etat): Partage, Extension(demande): Recue) -> Reponse {
    let acces = demande.acces()?;
    let (shared, asked) = (etat.clone(), demande.clone());
    etat.page(&demande, move |platform, cadre| dessiner(&shared, (platform, cadre), &asked, &acces, &[])).await
}

pub(crate) async fn inscrire(State(etat): Partage, Extension(demande): Recue) -> Reponse {
    let acces = demande.acces()?;
    let (shared, asked) = (etat.clone(), demande.clone());
    etat.appeler_ou(move |platform| {
        let faute = match nouvelle(&shared, platform, &asked, Usage::Inscription)? {
            Ok(key) => {
                platform.ajouter_cle_acces(&acces, key, cle::prf(asked.champ("prf")).as_ref())?;
                return Ok(vers("/cles?ok=ajoutee"));
            }
            Err(faute) => faute,
        };
        let cadre = shared.cadre(asked.menu());
        let page = dessiner(&shared, (platform, &cadre), &asked, &acces, &[faute])?;
        Ok(html(StatusCode::UNPROCESSABLE_ENTITY, page))
    })
    .await
}

/// Given another name by its holder; one of another's is not found.
pub(crate) async fn renommer(State(etat): Partage, Extension(demande): Recue, Path(id): Path<String>) -> Reponse {
    let (acces, id) = (demande.acces()?, Demande::id(&id)?);
    let (shared, asked) = (etat.clone(), demande.clone());
    etat.appeler_ou(move |platform| match platform.renommer_cle(&acces, id, asked.champ("nom_cle")) {
        Ok(()) => Ok(vers("/cles?ok=renommee")),
        Err(E::Field { why, .. }) => {
            let cadre = shared.cadre(asked.menu());
            let fautes = [Faute::de("", format!("Nom refusé : {why}."))];
            Ok(html(StatusCode::UNPROCESSABLE_ENTITY, dessiner(&shared, (platform, &cadre), &asked, &acces, &fautes)?))
        }
        Err(E::Unknown { .. }) => Err(Refus::introuvable()),
        Err(other) => Err(other.into()),
    })
    .await
}

/// Taken away at its holder's request: nothing done with it from now on is imputed to him (row B07), and every session ends.
pub(crate) async fn retirer(State(etat): Partage, Extension(demande): Recue, Path(id): Path<String>) -> Reponse {
    let (acces, id) = (demande.acces()?, Demande::id(&id)?);
    etat.appeler_ou(move |platform| {
        let account = acces.compte().id;
        if !platform.cles_du_compte(account)?.iter().any(|one| one.identifiant == id) {
            return Err(Refus::introuvable());
        }
        platform.revoquer_identifiant(&*acces, account, id)?;
        Ok(vers("/connexion?ok=cle"))
    })
    .await
}
