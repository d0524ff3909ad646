//! Requests for rights: the page, its forms, what is taken away of it.
use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use signification::droit::Droit;
use signification::platform::SuiviDroit;

use super::{Partage, Recue, Reponse, fichier, vers};
use crate::dates::longue;
use crate::pages::droits::{Formulaire, LigneDroit, droits};
use crate::refus::Refus;

fn code(droit: Droit) -> String {
    serde_json::to_value(droit).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

fn effet(droit: Droit) -> &'static str {
    match droit {
        Droit::Acces => "Recevoir une copie de ce que le service sait de vous.",
        Droit::Rectification => "Faire corriger une donnée inexacte.",
        Droit::Effacement => "Faire effacer ce qui n'a plus à être gardé.",
        Droit::Limitation => "Faire geler l'usage de vos données pendant une contestation.",
        Droit::Portabilite => "Recevoir vos données dans un format que d'autres logiciels lisent.",
        Droit::Opposition => "Vous opposer, pour une raison qui vous est propre, à un usage de vos données.",
        Droit::DirectivesPostMortem => {
            "Dire ce que deviendront vos données après votre décès ; l'étude vous contactera."
        }
    }
}

fn etat_dit(etat: &str) -> &'static str {
    match etat {
        "RECUE" => "reçue",
        "IDENTITE_OK" => "identité vérifiée",
        "EN_COURS" => "prolongée, en cours",
        "SATISFAITE" => "satisfaite",
        "REFUSEE" => "refusée",
        _ => "inconnu",
    }
}

fn ligne(one: &SuiviDroit) -> LigneDroit {
    let (recue, terme) = (longue(one.vue.recue_le), longue(one.vue.terme));
    LigneDroit { nom: one.libelle, recue, terme, etat: etat_dit(one.etat), reserve: one.reserve }
}

pub(crate) async fn page(State(etat): Partage, Extension(demande): Recue) -> Reponse {
    let (acces, jeton) = (demande.acces()?, demande.jeton("/droits"));
    etat.page(&demande, move |platform, cadre| {
        let asked: Vec<LigneDroit> = platform.droits_en_session(&acces)?.iter().map(ligne).collect();
        let form = |droit: Droit| Formulaire { code: code(droit), nom: droit.libelle(), effet: effet(droit) };
        Ok(droits(cadre, &asked, &Droit::ALL.map(form), &jeton))
    })
    .await
}

pub(crate) async fn demander(State(etat): Partage, Extension(demande): Recue) -> Reponse {
    let acces = demande.acces()?;
    let asked = Droit::ALL.into_iter().find(|droit| code(*droit) == demande.champ("droit"));
    let droit = asked.ok_or_else(Refus::illisible)?;
    etat.appeler(move |platform| platform.demander_droit_en_session(&acces, droit)).await?;
    Ok(vers("/droits?ok=demande"))
}

pub(crate) async fn export(State(etat): Partage, Extension(demande): Recue) -> Reponse {
    let acces = demande.acces()?;
    let list = etat.appeler(move |platform| platform.droits_en_session(&acces)).await?;
    let text = serde_json::to_vec_pretty(&list).map_err(|_| Refus::panne())?;
    Ok(fichier("application/json", "mes-demandes.json", Body::from(text)))
}

pub(crate) async fn imprimable(State(etat): Partage, Extension(demande): Recue) -> Reponse {
    let acces = demande.acces()?;
    let list = etat.appeler(move |platform| platform.droits_en_session(&acces)).await?;
    let mut text = String::from("Demandes d'exercice de droits\n");
    for one in list.iter().map(ligne) {
        let LigneDroit { nom, recue, terme, etat, reserve } = one;
        text.push_str(&format!("\n{nom}\n  reçue le {recue}\n  réponse avant le {terme}\n  état : {etat}\n"));
        text.extend(reserve.map(|reserve| format!("  {reserve}\n")));
    }
    Ok(fichier("text/plain; charset=utf-8", "mes-demandes.txt", Body::from(text)))
}
