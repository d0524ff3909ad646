//! The steps of a scenario: exactly one action each.
use std::time::Duration;

use url::Url;

use super::read::{Item, Section};
use super::{
    Action, Attendu, Attente, Cible, Combien, Consultation, Defilement, Depliage, Detail, Etape, Exigence, Feuilletage,
    Lecture, Recueil, ScenarioError, Telechargement, Venue,
};

const ACTIONS: &[&str] = &[
    "aller",
    "attendre",
    "cliquer",
    "saisir",
    "defiler",
    "capturer",
    "telecharger",
    "exiger",
    "deplier",
    "revenir",
    "recueillir",
    "repondre",
    "feuilleter",
    "lire",
    "archive",
];

pub(super) fn step(item: &Item<'_, '_>) -> Result<Etape, ScenarioError> {
    let allowed: Vec<&str> = ACTIONS.iter().copied().chain(["note"]).collect();
    let section = item.table(&allowed)?;
    let present = section.present(ACTIONS);
    let one = format!("exactement une clé parmi {}", ACTIONS.join(", "));
    let [kind] = present[..] else {
        let found = if present.is_empty() { "aucune".into() } else { present.join(", ") };
        return Err(section.error(one, found));
    };
    let Some(value) = section.get(kind) else { return Err(section.error(one, "aucune")) };
    let action = match kind {
        "aller" => Action::Aller(url(value)?),
        "attendre" => Action::Attendre(wait(value)?),
        "cliquer" => Action::Cliquer(clicked(value)?),
        "saisir" => typing(value)?,
        "defiler" => Action::Defiler(scroll(value)?),
        "capturer" if value.is_text() => Action::Capturer(value.text()?.to_owned()),
        "capturer" => Action::Detail(detail(value)?),
        "lire" => Action::Lire(playing(value)?),
        "archive" => Action::Archive(consulted(value)?),
        "exiger" => Action::Exiger(requirement(value)?),
        "deplier" => Action::Deplier(unfolding(value)?),
        "recueillir" => Action::Recueillir(Box::new(gathering(value)?)),
        "feuilleter" => Action::Feuilleter(leafing(value)?),
        "repondre" => Action::Repondre(value.text()?.to_owned()),
        "revenir" if value.boolean()? => Action::Revenir,
        "revenir" => return Err(value.wrong("true")),
        _ => Action::Telecharger(download(value)?),
    };
    Ok(Etape { action, note: section.optional("note")? })
}

/// An absolute `http` or `https` address without credentials; the error says what was expected.
pub(super) fn address(text: &str) -> Result<Url, &'static str> {
    const EXPECTED: &str = "une adresse complète commençant par http:// ou https://";
    let url = Url::parse(text.trim()).map_err(|_| EXPECTED)?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(EXPECTED);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("une adresse sans nom d'utilisateur ni mot de passe");
    }
    Ok(url)
}

fn url(item: &Item<'_, '_>) -> Result<Url, ScenarioError> {
    address(item.text()?).map_err(|expected| item.wrong(expected))
}

/// The keys that name an element.
const TARGET: [&str; 4] = ["selecteur", "texte", "role", "nom"];

fn target(section: &Section<'_, '_>) -> Result<Cible, ScenarioError> {
    match (section.optional("selecteur")?, section.optional("texte")?, section.get("role")) {
        (Some(selecteur), None, None) => Ok(Cible::Selecteur(selecteur)),
        (None, Some(texte), None) => Ok(Cible::Texte(texte)),
        (None, None, Some(role)) => Ok(Cible::Role { role: role_of(role)?, nom: section.required("nom")? }),
        (None, None, None) => {
            Err(section.error("« selecteur », « texte » ou « role » avec « nom »", "aucun des trois"))
        }
        _ => Err(section.error("une seule des clés « selecteur », « texte », « role »", "plusieurs")),
    }
}

/// A role of WAI-ARIA 1.2, or its French name.
fn role_of(item: &Item<'_, '_>) -> Result<String, ScenarioError> {
    const FRENCH: &[(&str, &str)] = &[
        ("bouton", "button"),
        ("lien", "link"),
        ("onglet", "tab"),
        ("case", "checkbox"),
        ("choix", "radio"),
        ("interrupteur", "switch"),
        ("menu", "menuitem"),
        ("champ", "textbox"),
        ("recherche", "searchbox"),
        ("liste", "combobox"),
        ("titre", "heading"),
        ("image", "img"),
    ];
    let given = item.text()?.trim();
    if !given.bytes().all(|b| b.is_ascii_lowercase()) {
        return Err(item.wrong("un rôle WAI-ARIA (button, link, tab…) ou son nom français (bouton, lien, onglet…)"));
    }
    Ok(FRENCH.iter().find(|(french, _)| *french == given).map_or(given, |(_, role)| role).to_owned())
}

/// `capturer` of one element.
fn detail(item: &Item<'_, '_>) -> Result<Detail, ScenarioError> {
    let section = item.table(&["titre", "selecteur", "texte", "role", "nom"])?;
    Ok(Detail { titre: section.required("titre")?, cible: target(&section)? })
}

fn playing(item: &Item<'_, '_>) -> Result<Lecture, ScenarioError> {
    const MAXIMUM: u64 = 600;
    if item.is_text() {
        return Ok(Lecture { titre: item.text()?.to_owned(), selecteur: None, maximum: Duration::from_secs(MAXIMUM) });
    }
    let section = item.table(&["titre", "selecteur", "maximum"])?;
    Ok(Lecture {
        titre: section.required("titre")?,
        selecteur: section.optional("selecteur")?,
        maximum: Duration::from_secs(section.number("maximum", 1, 7200)?.unwrap_or(MAXIMUM)),
    })
}

fn consulted(item: &Item<'_, '_>) -> Result<Consultation, ScenarioError> {
    let section = item.table(&["adresse", "date", "service"])?;
    let one = |key: &str, expected: &str| section.get(key).ok_or_else(|| section.error(expected.to_owned(), "rien"));
    let date = one("date", "la clé « date »")?;
    let adresse = url(one("adresse", "la clé « adresse »")?)?;
    let day = date.text()?.parse().map_err(|_| date.wrong("un jour, AAAA-MM-JJ"))?;
    let service = section.optional("service")?.unwrap_or_else(|| Consultation::SERVICE.to_owned());
    let consultation = Consultation { adresse, date: day, service };
    let named = consultation.service.contains("{date}") && consultation.service.contains("{adresse}");
    let web = consultation.snapshot().is_ok_and(|url| address(url.as_str()).is_ok());
    match section.get("service") {
        Some(service) if !named || !web => {
            Err(service.wrong("l'adresse d'un service d'archives, avec {date} et {adresse} à leur place"))
        }
        _ => Ok(consultation),
    }
}

/// What is clicked: a target, or the link that leads to the legal notice, whatever it is called.
fn clicked(item: &Item<'_, '_>) -> Result<Cible, ScenarioError> {
    let section = item.table(&["selecteur", "texte", "role", "nom", "mentions_legales"])?;
    match (section.get("mentions_legales"), section.present(&TARGET).is_empty()) {
        (None, _) => target(&section),
        (Some(value), true) if value.boolean()? => Ok(Cible::MentionsLegales),
        (Some(value), true) => Err(value.wrong("true")),
        (Some(_), false) => {
            Err(section.error("exactement une clé parmi selecteur, texte, role, mentions_legales", "plusieurs"))
        }
    }
}

fn wait(item: &Item<'_, '_>) -> Result<Attente, ScenarioError> {
    let section = item.table(&["selecteur", "texte", "role", "nom", "secondes", "page", "maximum"])?;
    let maximum = section.number("maximum", 1, 600)?.map(Duration::from_secs);
    let present = section.present(&["selecteur", "texte", "role", "secondes", "page"]);
    let quoi = match present[..] {
        ["secondes"] => Attendu::Duree(Duration::from_secs(section.number("secondes", 1, 600)?.unwrap_or(1))),
        ["page"] => match section.get("page") {
            Some(value) if !value.boolean()? => return Err(value.wrong("true")),
            _ => Attendu::Page,
        },
        ["selecteur"] | ["texte"] | ["role"] => Attendu::Element(target(&section)?),
        _ => {
            let found = if present.is_empty() { "aucune".into() } else { present.join(", ") };
            return Err(section.error("exactement une clé parmi selecteur, texte, role, secondes, page", found));
        }
    };
    Ok(Attente { quoi, maximum })
}

fn typing(item: &Item<'_, '_>) -> Result<Action, ScenarioError> {
    let section = item.table(&["selecteur", "texte", "secret", "demander", "coffre"])?;
    let venue = match section.present(&["texte", "demander", "coffre"])[..] {
        ["texte"] => None,
        ["demander"] => Some(Venue::Demandee(section.required("demander")?)),
        ["coffre"] => Some(Venue::Coffre(section.required("coffre")?)),
        _ => {
            return Err(section.error("une seule des clés « texte », « demander », « coffre »", "aucune, ou plusieurs"));
        }
    };
    let secret = section.get("secret").map_or(Ok(venue.is_some()), Item::boolean)?;
    if venue.is_some() && !secret {
        return Err(section.error("une valeur confidentielle : sans « secret = false »", "secret = false"));
    }
    Ok(Action::Saisir {
        selecteur: section.required("selecteur")?,
        texte: if venue.is_some() { String::new() } else { section.required("texte")? },
        secret,
        place: section.get("texte").map_or(0..0, |item| item.span.clone()),
        venue,
    })
}

fn scroll(item: &Item<'_, '_>) -> Result<Defilement, ScenarioError> {
    const MAXIMUM: u32 = 200;
    if item.is_text() {
        return match item.text()? {
            "bas" => Ok(Defilement { jusqu_a: None, maximum: MAXIMUM }),
            _ => Err(item.wrong("« bas », ou une table avec jusqu_a, maximum")),
        };
    }
    let section = item.table(&["jusqu_a", "maximum"])?;
    let maximum = section.number("maximum", 1, 10_000)?.and_then(|n| u32::try_from(n).ok()).unwrap_or(MAXIMUM);
    let jusqu_a = match section.get("jusqu_a") {
        None => None,
        Some(value) if value.is_text() && value.text()? == "bas" => None,
        Some(value) if value.is_text() => Some(Cible::Texte(value.text()?.to_owned())),
        Some(value) => Some(target(&value.table(&TARGET)?)?),
    };
    Ok(Defilement { jusqu_a, maximum })
}

fn requirement(item: &Item<'_, '_>) -> Result<Exigence, ScenarioError> {
    let section = item.table(&["selecteur", "texte", "role", "nom", "nombre", "au_moins", "absent", "maximum"])?;
    let combien = match section.present(&["nombre", "au_moins", "absent"])[..] {
        [] => Combien::AuMoins(1),
        ["nombre"] => Combien::Exactement(section.number("nombre", 0, 1_000_000)?.unwrap_or(0)),
        ["au_moins"] => Combien::AuMoins(section.number("au_moins", 1, 1_000_000)?.unwrap_or(1)),
        ["absent"] if section.get("absent").map_or(Ok(false), Item::boolean)? => Combien::Exactement(0),
        ["absent"] => return Err(section.error("absent = true", "false")),
        _ => return Err(section.error("au plus une clé parmi nombre, au_moins, absent", "plusieurs")),
    };
    let maximum = Duration::from_secs(section.number("maximum", 0, 600)?.unwrap_or(5));
    Ok(Exigence { cible: target(&section)?, combien, maximum })
}

fn unfolding(item: &Item<'_, '_>) -> Result<Depliage, ScenarioError> {
    const MAXIMUM: u32 = 500;
    if item.is_text() {
        return match item.text()? {
            "tout" => Ok(Depliage { texte: None, maximum: MAXIMUM }),
            _ => Err(item.wrong("« tout », ou une table avec texte, maximum")),
        };
    }
    let section = item.table(&["texte", "maximum"])?;
    let maximum = section.number("maximum", 1, 100_000)?.and_then(|n| u32::try_from(n).ok()).unwrap_or(MAXIMUM);
    Ok(Depliage { texte: section.optional("texte")?, maximum })
}

fn leafing(item: &Item<'_, '_>) -> Result<Feuilletage, ScenarioError> {
    const MAXIMUM: u32 = 200;
    if item.is_text() {
        return Ok(Feuilletage { titre: item.text()?.to_owned(), suivant: None, maximum: MAXIMUM });
    }
    let section = item.table(&["titre", "suivant", "maximum"])?;
    Ok(Feuilletage {
        titre: section.required("titre")?,
        suivant: section.optional("suivant")?,
        maximum: section.number("maximum", 1, 5_000)?.and_then(|n| u32::try_from(n).ok()).unwrap_or(MAXIMUM),
    })
}

fn gathering(item: &Item<'_, '_>) -> Result<Recueil, ScenarioError> {
    const MAXIMUM: u32 = 10_000;
    const TITRE: &str = "Publications affichées";
    let (fiche, selecteur, zone) = (None, None, None);
    if item.is_text() {
        return match item.text()? {
            "tout" => Ok(Recueil { titre: TITRE.into(), fiche, selecteur, zone, maximum: MAXIMUM, deplier: true }),
            _ => Err(item.wrong("« tout », ou une table avec titre, fiche, selecteur, zone, maximum, deplier")),
        };
    }
    let section = item.table(&["titre", "fiche", "selecteur", "zone", "maximum", "deplier"])?;
    let fiche = section.optional("fiche")?;
    if let (Some(named), Some(value)) = (&fiche, section.get("fiche"))
        && !crate::sheet_names().any(|name| name == named)
    {
        return Err(value.wrong(format!("une fiche parmi {}", crate::sheet_names().collect::<Vec<_>>().join(", "))));
    }
    Ok(Recueil {
        titre: section.optional("titre")?.unwrap_or_else(|| TITRE.into()),
        fiche,
        selecteur: section.optional("selecteur")?,
        zone: section.optional("zone")?,
        maximum: section.number("maximum", 1, 100_000)?.and_then(|n| u32::try_from(n).ok()).unwrap_or(MAXIMUM),
        deplier: section.get("deplier").map_or(Ok(true), Item::boolean)?,
    })
}

fn download(item: &Item<'_, '_>) -> Result<Telechargement, ScenarioError> {
    let section = item.table(&["selecteur", "texte", "role", "nom", "url"])?;
    match section.present(&["selecteur", "texte", "role", "url"])[..] {
        ["url"] => match section.get("url") {
            Some(value) => Ok(Telechargement::Adresse(url(value)?)),
            None => Err(section.error("« url »", "rien")),
        },
        ["selecteur"] | ["texte"] | ["role"] => Ok(Telechargement::Clic(target(&section)?)),
        _ => Err(section.error("exactement une clé parmi selecteur, texte, role, url", "aucune ou plusieurs")),
    }
}
