//! Recipients' accounts, for the office: where they stand; suspended with a cause and a day of review, opened again (row B08).
use maud::{Markup, html};

use super::{Cadre, Champ, Faute, Onglet, jeton_cache, page, page_avec};

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LigneCompte {
    /// Identifier.
    pub id: String,
    /// Who holds it.
    pub titulaire: String,
    /// Where it stands, in words.
    pub etat: String,
    /// Whether it is suspended.
    pub suspendu: bool,
    /// Last login, in words.
    pub dernier: Option<String>,
}

/// The accounts, suspended ones first on their page.
pub fn liste(cadre: &Cadre, comptes: &[LigneCompte], suite: Option<&str>) -> Markup {
    let corps = html! {
        @if comptes.is_empty() { p .chapeau { "Aucun compte de destinataire ici." } }
        @else {
            ul .actes {
                @for compte in comptes {
                    li {
                        div {
                            h2 { a href={ "/etude/comptes/" (compte.id) } { (compte.titulaire) } }
                            p { @match &compte.dernier { Some(le) => { "Dernière connexion le " (le) } None => "Jamais connecté" } }
                        }
                        span .etat.alerte[compte.suspendu] { (compte.etat) }
                    }
                }
            }
        }
        @if let Some(suite) = suite { p { a href={ "/etude/comptes?apres=" (suite) } { "Comptes suivants" } } }
    };
    page(cadre, Onglet::Comptes, "Comptes des destinataires", &corps)
}

/// A suspension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspendu {
    /// Why, in words.
    pub cause: String,
    /// Since when, in words.
    pub depuis: String,
    /// When it is looked at again, in words.
    pub revue: String,
    /// Who decided, in words.
    pub par: String,
    /// Whether the office may end it.
    pub levable: bool,
}

/// What was typed to suspend.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Saisie {
    /// The cause.
    pub cause: String,
    /// The day of review.
    pub revue: String,
}

/// The causes that the office may give.
pub const CAUSES: [(&str, &str); 3] = [
    ("averee", "Compromission avérée : quelqu'un d'autre est entré dans cet espace"),
    ("soupconnee", "Compromission soupçonnée"),
    ("attaque", "Tentative d'attaque contre cet espace"),
];

/// One account, and what the office may do with it.
pub fn fiche(
    cadre: &Cadre,
    (compte, suspension): (&LigneCompte, Option<&Suspendu>),
    (message, jeton): (Option<&str>, &str),
    saisie: &Saisie,
    fautes: &[Faute],
) -> Markup {
    let corps = html! {
        @if let Some(message) = message { .avis.reussite role="status" { p { (message) } } }
        dl .fiche {
            dt { "Titulaire" } dd { (compte.titulaire) }
            dt { "État" } dd { (compte.etat) }
            dt { "Dernière connexion" } dd { (compte.dernier.as_deref().unwrap_or("jamais")) }
            dt { "Identifiant" } dd { code { (compte.id) } }
            @if let Some(suspension) = suspension {
                dt { "Suspendu le" } dd { (suspension.depuis) }
                dt { "Cause" } dd { (suspension.cause) }
                dt { "Décidé par" } dd { (suspension.par) }
                dt { "À revoir le" } dd { (suspension.revue) }
            }
        }
        @match suspension {
            Some(suspension) if suspension.levable => {
                h2 { "Lever la suspension" }
                .cadre {
                    p { "Le titulaire pourra de nouveau se connecter, et des actes pourront lui être adressés ici." }
                    form method="post" action={ "/etude/comptes/" (compte.id) "/reprendre" } {
                        (jeton_cache(jeton))
                        .option { input #confirme type="checkbox" name="confirme" value="oui" required; label for="confirme" { "J'ai vérifié que cet espace est de nouveau entre les mains de son titulaire" } }
                        button .bouton type="submit" { "Lever la suspension" }
                    }
                }
            }
            Some(_) => p { "Cette suspension vient d'un signalement ou du registre : c'est au registre de la lever." },
            None => {
                h2 { "Suspendre ce compte" }
                .cadre {
                    p { "Toutes ses sessions sont fermées, personne ne s'y connecte, et ses prochains actes sont servis sur papier. Les actes déjà signifiés gardent leurs dates. Le titulaire et le registre sont prévenus." }
                    form method="post" action={ "/etude/comptes/" (compte.id) "/suspendre" } {
                        (jeton_cache(jeton))
                        fieldset aria-describedby=[fautes.iter().any(|f| f.champ == "c0").then_some("c0-faute")] {
                            legend { "Cause" }
                            @if let Some(faute) = fautes.iter().find(|f| f.champ == "c0") { p #c0-faute .faute { (faute.texte) } }
                            @for (rang, (valeur, texte)) in CAUSES.iter().enumerate() {
                                .option {
                                    input id={ "c" (rang) } type="radio" name="cause" value=(valeur) required checked[saisie.cause == *valeur];
                                    label for={ "c" (rang) } { (texte) }
                                }
                            }
                        }
                        (Champ { genre: "date", aide: "Le jour où cette décision sera réexaminée, dans les trois mois.", valeur: &saisie.revue, ..Champ::texte("revue", "À revoir le") }.montrer(fautes))
                        button .bouton.grave type="submit" { "Suspendre le compte" }
                    }
                }
            }
        }
        p { a href="/etude/comptes" { "Revenir aux comptes" } }
    };
    page_avec(cadre, Onglet::Comptes, "Compte d'un destinataire", fautes, &corps)
}
