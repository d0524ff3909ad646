//! The sections of a scenario: dossier, parties, browser, limits.
use std::collections::BTreeMap;
use std::time::Duration;

use dossier::{Officier, Personne, Qualite, Reference, Requerant};
use toml::de::DeTable;

use super::read::{Item, Section, Source};
use super::{
    Acces, Action, Etape, Limites, MIO, Navigateur, Presence, Rejeu, Reseau, Scenario, ScenarioError, access, presence,
    steps, telephone,
};

const NAVIGATEUR: &[&str] = &["largeur", "hauteur", "echelle", "langue", "fuseau", "reseau", "telephone"];
const SECTIONS: &[&str] = &[
    "dossier",
    "requerant",
    "officier",
    "presents",
    "acces",
    "navigateur",
    "limites",
    "rejeu",
    "presence",
    "justifications",
    "variables",
    "etape",
];

pub(super) fn scenario(name: &str, text: &str) -> Result<Scenario, ScenarioError> {
    let source = Source { name, text };
    let parsed = DeTable::parse(text).map_err(|e| {
        let at = e.span().map_or(0, |s| s.start);
        source.error(at, "").values("un document TOML 1.0", e.message())
    })?;
    let root = Section::new(source, "", 0, parsed.get_ref(), SECTIONS)?;
    let dossier = match root.get("dossier") {
        Some(item) => item.table(&["reference", "objet", "lieu"])?,
        None => return Err(root.error("la section [dossier]", "rien")),
    };
    let etapes = match root.get("etape") {
        Some(item) => item.items()?.iter().map(steps::step).collect::<Result<Vec<_>, _>>()?,
        None => Vec::new(),
    };
    if etapes.is_empty() {
        return Err(root.error("au moins une étape [[etape]]", "aucune"));
    }
    without_secret(&root, &etapes)?;
    let presents = match root.get("presents") {
        Some(item) => item.items()?.iter().map(personne).collect::<Result<Vec<_>, _>>()?,
        None => Vec::new(),
    };
    let acces = root.get("acces").map(|item| access::access(item, &presents)).transpose()?;
    public_without_secret(&root, acces.as_ref(), &etapes)?;
    Ok(Scenario {
        reference: dossier.get("reference").map(reference).transpose()?,
        objet: dossier.optional("objet")?,
        lieu: dossier.optional("lieu")?,
        requerant: root.get("requerant").map(requerant).transpose()?,
        officier: root.get("officier").map(officier).transpose()?,
        presents,
        acces,
        navigateur: root.get("navigateur").map_or_else(|| Ok(Navigateur::default()), navigateur)?,
        limites: root.get("limites").map_or_else(|| Ok(Limites::default()), limites)?,
        rejeu: root.get("rejeu").map_or_else(|| Ok(Rejeu::default()), rejeu)?,
        presence: root.get("presence").map_or_else(|| Ok(Presence::default()), presence::presence)?,
        justifications: root.get("justifications").map_or_else(|| Ok(BTreeMap::new()), Item::texts)?,
        variables: root.get("variables").map_or_else(|| Ok(BTreeMap::new()), Item::texts)?,
        etapes,
    })
}

fn rejeu(item: &Item<'_, '_>) -> Result<Rejeu, ScenarioError> {
    let section = item.table(&["comparer"])?;
    Ok(Rejeu { comparer: section.get("comparer").map_or(Ok(false), Item::boolean)? })
}

fn reference(item: &Item<'_, '_>) -> Result<Reference, ScenarioError> {
    Reference::new(item.text()?).map_err(|_| {
        item.wrong("1 à 60 lettres sans accent, chiffres, tirets ou soulignés, commençant par une lettre ou un chiffre")
    })
}

fn requerant(item: &Item<'_, '_>) -> Result<Requerant, ScenarioError> {
    const PHYSIQUE: &[&str] =
        &["type", "nom", "prenoms", "profession", "domicile", "nationalite", "date_naissance", "lieu_naissance"];
    const MORALE: &[&str] = &["type", "denomination", "forme", "siege", "representant", "siren"];
    let both: Vec<&str> = PHYSIQUE.iter().chain(MORALE).copied().collect();
    let kind = item.table(&both)?.required("type")?;
    match kind.as_str() {
        "physique" => {
            let section = item.table(PHYSIQUE)?;
            if let Some(date) = section.get("date_naissance")
                && date.text()?.parse::<jiff::civil::Date>().is_err()
            {
                return Err(date.wrong("une date AAAA-MM-JJ"));
            }
            Ok(Requerant::Physique {
                nom: section.required("nom")?,
                prenoms: section.required("prenoms")?,
                profession: section.required("profession")?,
                domicile: section.required("domicile")?,
                nationalite: section.required("nationalite")?,
                date_naissance: section.required("date_naissance")?,
                lieu_naissance: section.required("lieu_naissance")?,
            })
        }
        "morale" => {
            let section = item.table(MORALE)?;
            if let Some(siren) = section.get("siren") {
                let text = siren.text()?;
                if text.len() != 9 || !text.bytes().all(|b| b.is_ascii_digit()) {
                    return Err(siren.wrong("un numéro SIREN de neuf chiffres, sans espace"));
                }
            }
            Ok(Requerant::Morale {
                denomination: section.required("denomination")?,
                forme: section.required("forme")?,
                siege: section.required("siege")?,
                representant: section.required("representant")?,
                siren: section.optional("siren")?,
            })
        }
        other => Err(item
            .source
            .error(item.offset, format!("{}.type", item.key))
            .values("« physique » ou « morale »", format!("« {other} »"))),
    }
}

fn officier(item: &Item<'_, '_>) -> Result<Officier, ScenarioError> {
    let section = item.table(&["nom", "prenoms", "qualite", "etude", "residence", "adresse"])?;
    let qualite = match section.required("qualite")?.as_str() {
        "commissaire de justice" => Qualite::CommissaireDeJustice,
        "clerc habilité aux constats" => Qualite::ClercHabilite,
        _ => {
            let fault = section.get("qualite").unwrap_or(item);
            return Err(fault.wrong("« commissaire de justice » ou « clerc habilité aux constats »"));
        }
    };
    Ok(Officier {
        nom: section.required("nom")?,
        prenoms: section.required("prenoms")?,
        qualite,
        etude: section.required("etude")?,
        residence: section.required("residence")?,
        adresse: section.required("adresse")?,
    })
}

fn personne(item: &Item<'_, '_>) -> Result<Personne, ScenarioError> {
    let section = item.table(&["nom", "qualite"])?;
    Ok(Personne { nom: section.required("nom")?, qualite: section.required("qualite")? })
}

fn navigateur(item: &Item<'_, '_>) -> Result<Navigateur, ScenarioError> {
    let section = item.table(NAVIGATEUR)?;
    let default = Navigateur::default();
    if let Some(langue) = section.get("langue") {
        let text = langue.text()?;
        if text.len() > 35 || !text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            return Err(langue.wrong("une langue comme « fr-FR »"));
        }
    }
    if let Some(fuseau) = section.get("fuseau")
        && jiff::tz::TimeZone::get(fuseau.text()?).is_err()
    {
        return Err(fuseau.wrong("un fuseau horaire comme « Europe/Paris »"));
    }
    let mut made = Navigateur {
        largeur: small(section.number("largeur", 320, 3840)?, default.largeur),
        hauteur: small(section.number("hauteur", 240, 2160)?, default.hauteur),
        echelle: small(section.number("echelle", 1, 3)?, default.echelle),
        langue: section.optional("langue")?.unwrap_or(default.langue),
        fuseau: section.optional("fuseau")?.unwrap_or(default.fuseau),
        reseau: section.get("reseau").map_or(Ok(default.reseau), reseau)?,
        telephone: None,
    };
    if let Some(item) = section.get("telephone") {
        let telephone = telephone::telephone(item)?;
        if let Some(window) =
            section.present(&["largeur", "hauteur", "echelle"]).first().and_then(|key| section.get(key))
        {
            let expected = format!(
                "rien : la fenêtre est l'écran du téléphone déclaré, {} × {} points à la densité {}",
                telephone.largeur, telephone.hauteur, telephone.densite
            );
            return Err(window.wrong(expected));
        }
        made.simulate(telephone);
    }
    Ok(made)
}

fn reseau(item: &Item<'_, '_>) -> Result<Reseau, ScenarioError> {
    match item.text()? {
        "navigateur" => Ok(Reseau::Navigateur),
        "paquets" => Ok(Reseau::Paquets),
        _ => Err(item.wrong("« navigateur » ou « paquets »")),
    }
}

/// Packets decrypt to everything that was sent: what the scenario keeps from the court must not be in them.
/// A confidential value opens something that is not public.
fn public_without_secret(root: &Section<'_, '_>, acces: Option<&Acces>, etapes: &[Etape]) -> Result<(), ScenarioError> {
    let secret = |etape: &Etape| matches!(etape.action, Action::Saisir { secret: true, .. });
    if acces != Some(&Acces::Public) || !etapes.iter().any(secret) {
        return Ok(());
    }
    let expected = "[acces] mode « compte-officier », « compte-requerant » ou « decision », car une étape saisit une valeur confidentielle";
    Err(root.error(expected, "« public »").of_access())
}

fn without_secret(root: &Section<'_, '_>, etapes: &[Etape]) -> Result<(), ScenarioError> {
    let secret = |etape: &Etape| matches!(etape.action, Action::Saisir { secret: true, .. });
    let Some(navigateur) = root.get("navigateur").filter(|_| etapes.iter().any(secret)) else { return Ok(()) };
    match navigateur.table(NAVIGATEUR)?.get("reseau") {
        Some(item) if reseau(item)? == Reseau::Paquets => Err(item.wrong(
            "« navigateur », car une étape saisit une valeur confidentielle (secret = true) que les paquets rendraient lisible",
        )),
        _ => Ok(()),
    }
}

fn limites(item: &Item<'_, '_>) -> Result<Limites, ScenarioError> {
    let section = item.table(&[
        "page_secondes",
        "observation_ms",
        "duree_secondes",
        "corps_mio",
        "hauteur_pixels",
        "requetes",
        "volume_mio",
        "telechargement_mio",
        "memoire_mio",
        "captures",
        "paquets_mio",
        "attente_reseau_secondes",
    ])?;
    let default = Limites::default();
    Ok(Limites {
        page: section.number("page_secondes", 1, 600)?.map_or(default.page, Duration::from_secs),
        observation: section.number("observation_ms", 0, 600_000)?.map_or(default.observation, Duration::from_millis),
        duree: section.number("duree_secondes", 10, 86_400)?.map_or(default.duree, Duration::from_secs),
        corps: section.number("corps_mio", 1, 1024)?.map_or(default.corps, |mio| mio * MIO),
        hauteur: small(section.number("hauteur_pixels", 1000, 10_000_000)?, default.hauteur),
        requetes: section.number("requetes", 1, 1_000_000)?.unwrap_or(default.requetes),
        volume: section.number("volume_mio", 1, 1_048_576)?.map_or(default.volume, |mio| mio * MIO),
        telechargement: section
            .number("telechargement_mio", 1, 1_048_576)?
            .map_or(default.telechargement, |mio| mio * MIO),
        memoire: section.number("memoire_mio", 512, 1_048_576)?.map(|mio| mio * MIO),
        captures: small(section.number("captures", 1, 140)?, default.captures),
        paquets: section.number("paquets_mio", 1, 1_048_576)?.map_or(default.paquets, |mio| mio * MIO),
        reseau: section.number("attente_reseau_secondes", 0, 86_400)?.map_or(default.reseau, Duration::from_secs),
    })
}

fn small(value: Option<u64>, default: u32) -> u32 {
    value.and_then(|v| u32::try_from(v).ok()).unwrap_or(default)
}
