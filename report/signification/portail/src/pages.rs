//! The pages, in French: one function each, from plain data to HTML. Nothing here asks the platform anything.
use maud::{DOCTYPE, Markup, html};

pub mod acces;
pub mod actes;
pub mod cles;
pub mod compte;
pub mod comptes;
pub mod droits;
pub mod envoi;
pub mod etude;
pub mod ouverture;
pub mod publiques;

/// Fingerprint-named path of the style sheet, so that a browser may keep nothing and still never mix two releases.
pub const STYLE: &str = "/style.css";

/// Path of the one script, that of passkeys.
pub const SCRIPT: &str = "/cle.js";

/// Which entry of the menu a page is under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Onglet {
    /// None.
    Aucun,
    /// Acts.
    Actes,
    /// Who asked the registry.
    Consultations,
    /// Sessions, means.
    Securite,
    /// Consent, termination.
    Consentement,
    /// Personal data.
    Donnees,
    /// Office: follow-up.
    Suivi,
    /// Office: deposit.
    Depot,
    /// Office: incidents.
    Incidents,
    /// Office: recipients' accounts.
    Comptes,
    /// Office: the officer's keys.
    Cles,
}

/// Whose menu is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Menu {
    /// Nobody is logged in.
    Visiteur,
    /// A recipient; the token of the form that logs him out.
    Destinataire {
        /// Token of that form.
        jeton: String,
    },
    /// The office, by its certificate.
    Etude,
}

/// What surrounds a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cadre {
    /// The office.
    pub etude: String,
    /// Where it is.
    pub residence: String,
    /// Contact about personal data.
    pub contact: String,
    /// Whether it is a trial.
    pub essai: bool,
    /// Interruptions announced or under way (row I01), in French.
    pub interruptions: Vec<String>,
    /// Whether the support desk answers (row I02), in French.
    pub assistance: String,
    /// Characters of a new password, at least.
    pub longueur_mot: u32,
    /// The menu.
    pub menu: Menu,
}

/// A field and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faute {
    /// The field's name; empty when it is about none.
    pub champ: &'static str,
    /// French.
    pub texte: String,
}

impl Faute {
    /// A fault of a field.
    pub fn de(champ: &'static str, texte: impl Into<String>) -> Self {
        Self { champ, texte: texte.into() }
    }
}

/// A whole page.
pub fn page(cadre: &Cadre, onglet: Onglet, titre: &str, corps: &Markup) -> Markup {
    page_avec(cadre, onglet, titre, &[], corps)
}

/// A page with a form that was refused: the faults come first, each leading to its field, and the title says so.
pub fn page_avec(cadre: &Cadre, onglet: Onglet, titre: &str, fautes: &[Faute], corps: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="fr" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex, nofollow";
                title {
                    @if !fautes.is_empty() { "Erreur : " }
                    (titre) " – " (cadre.etude)
                }
                link rel="stylesheet" href=(STYLE);
            }
            body {
                a .evitement href="#contenu" { "Aller au contenu" }
                (entete(cadre, onglet))
                main #contenu tabindex="-1" {
                    .large {
                        h1 { (titre) }
                        (sommaire(fautes))
                        (corps)
                    }
                }
                (pied(cadre))
            }
        }
    }
}

fn entete(cadre: &Cadre, onglet: Onglet) -> Markup {
    let accueil = match cadre.menu {
        Menu::Visiteur => "/",
        Menu::Destinataire { .. } => "/actes",
        Menu::Etude => "/etude",
    };
    html! {
        header {
            .tete {
                .large {
                    a .marque href=(accueil) {
                        strong { "Réception d'actes par voie électronique" }
                        span { (cadre.etude) ", commissaire de justice à " (cadre.residence) }
                    }
                    @match &cadre.menu {
                        Menu::Visiteur => a href="/connexion" { "Se connecter" },
                        Menu::Destinataire { jeton } => form method="post" action="/deconnexion" {
                            (jeton_cache(jeton))
                            button .bouton.second type="submit" { "Se déconnecter" }
                        },
                        Menu::Etude => span .discret { "Espace de l'étude" },
                    }
                }
            }
            (menu(cadre, onglet))
            @if cadre.essai {
                .bande { .large { p { strong { "Installation d'essai." } " Rien de ce qui s'y trouve n'a de valeur juridique." } } }
            }
            @for phrase in &cadre.interruptions {
                .bande { .large { p { strong { "Interruption du service." } " " (phrase) } } }
            }
        }
    }
}

fn menu(cadre: &Cadre, onglet: Onglet) -> Markup {
    let entrees: &[(Onglet, &str, &str)] = match cadre.menu {
        Menu::Visiteur => return html! {},
        Menu::Destinataire { .. } => &[
            (Onglet::Actes, "/actes", "Mes actes"),
            (Onglet::Consultations, "/consultations", "Qui m'a cherché"),
            (Onglet::Securite, "/securite", "Sécurité"),
            (Onglet::Consentement, "/consentement", "Mon consentement"),
            (Onglet::Donnees, "/donnees", "Mes données"),
        ],
        Menu::Etude => &[
            (Onglet::Suivi, "/etude", "Actes et alertes"),
            (Onglet::Depot, "/etude/depot", "Déposer un acte"),
            (Onglet::Incidents, "/etude/incidents", "Signalements"),
            (Onglet::Comptes, "/etude/comptes", "Comptes"),
            (Onglet::Cles, "/etude/cle", "Ma clé"),
        ],
    };
    html! {
        nav .menu aria-label="Menu principal" {
            ul .large {
                @for (which, href, texte) in entrees {
                    li { a href=(href) aria-current=[(*which == onglet).then_some("page")] { (texte) } }
                }
            }
        }
    }
}

fn pied(cadre: &Cadre) -> Markup {
    html! {
        footer .pied {
            .large {
                p { strong { "Assistance. " } (cadre.assistance) }
                ul {
                    @if cadre.menu != Menu::Etude {
                        li { a href="/aide" { "Aide et matériel nécessaire" } }
                        li { a href="/cgu" { "Conditions d'utilisation" } }
                        li { a href="/accessibilite" { "Accessibilité" } }
                    }
                    li { "Données personnelles : " (cadre.contact) }
                }
            }
        }
    }
}

fn sommaire(fautes: &[Faute]) -> Markup {
    if fautes.is_empty() {
        return html! {};
    }
    html! {
        .avis.erreur role="alert" aria-labelledby="fautes" {
            h2 #fautes { "Votre demande n'a pas été prise en compte" }
            ul {
                @for faute in fautes {
                    li {
                        @if faute.champ.is_empty() { (faute.texte) }
                        @else { a href={ "#" (faute.champ) } { (faute.texte) } }
                    }
                }
            }
        }
    }
}

/// The token that proves that a form was ours.
pub fn jeton_cache(jeton: &str) -> Markup {
    html! { input type="hidden" name="jeton" value=(jeton); }
}

/// A field of a form.
#[derive(Clone, Copy, Debug)]
pub struct Champ<'a> {
    /// Its name, which is also its anchor.
    pub nom: &'static str,
    /// Its label.
    pub libelle: &'a str,
    /// What helps to fill it in; may be empty.
    pub aide: &'a str,
    /// `type` of the input.
    pub genre: &'static str,
    /// `autocomplete`.
    pub autocomplete: &'static str,
    /// What was typed, but for secrets.
    pub valeur: &'a str,
    /// Whether it must be given.
    pub requis: bool,
}

impl<'a> Champ<'a> {
    /// A required text.
    pub fn texte(nom: &'static str, libelle: &'a str) -> Self {
        Self { nom, libelle, aide: "", genre: "text", autocomplete: "off", valeur: "", requis: true }
    }

    /// Draws it, with its fault.
    pub fn montrer(&self, fautes: &[Faute]) -> Markup {
        let faute = fautes.iter().find(|f| f.champ == self.nom);
        let (aide, erreur) = (format!("{}-aide", self.nom), format!("{}-faute", self.nom));
        let mut lies = Vec::new();
        if !self.aide.is_empty() {
            lies.push(aide.clone());
        }
        if faute.is_some() {
            lies.push(erreur.clone());
        }
        let lies = (!lies.is_empty()).then(|| lies.join(" "));
        let code = matches!(self.nom, "code" | "reference").then_some("code");
        html! {
            .champ {
                label for=(self.nom) { (self.libelle) @if !self.requis { " (facultatif)" } }
                @if !self.aide.is_empty() { p .aide id=(aide) { (self.aide) } }
                @if let Some(faute) = faute { p .faute id=(erreur) { (faute.texte) } }
                input class=[code] id=(self.nom) name=(self.nom) type=(self.genre) value=(self.valeur)
                    autocomplete=(self.autocomplete) autocapitalize="none" spellcheck="false" required[self.requis]
                    aria-describedby=[lies] aria-invalid=[faute.map(|_| "true")];
            }
        }
    }
}

/// The same, for a longer text.
pub fn zone(nom: &'static str, libelle: &str, aide: &str, valeur: &str, fautes: &[Faute]) -> Markup {
    let faute = fautes.iter().find(|f| f.champ == nom);
    let lies = if faute.is_some() { format!("{nom}-aide {nom}-faute") } else { format!("{nom}-aide") };
    html! {
        .champ {
            label for=(nom) { (libelle) }
            p .aide id={ (nom) "-aide" } { (aide) }
            @if let Some(faute) = faute { p .faute id={ (nom) "-faute" } { (faute.texte) } }
            textarea id=(nom) name=(nom) required maxlength="4000" aria-describedby=(lies)
                aria-invalid=[faute.map(|_| "true")] { (valeur) }
        }
    }
}
