//! Logging in: by password and telephone, or with a recovery code.
use maud::{Markup, html};

use super::cles::{Geste, bouton};
use super::{Cadre, Champ, Faute, Onglet, jeton_cache, page_avec};

/// The login. `secours` shows the field of a recovery code in the place of the telephone's.
pub fn connexion(
    cadre: &Cadre,
    jeton: &str,
    nom: &str,
    secours: bool,
    geste: Option<&Geste>,
    message: Option<&str>,
    fautes: &[Faute],
) -> Markup {
    let code = if secours {
        Champ {
            aide: "Un de ceux que vous avez notés ; il ne servira plus ensuite.",
            ..Champ::texte("secours", "Code de secours")
        }
    } else {
        Champ {
            aide: "Six chiffres. Laissez vide si vous n'avez pas encore ajouté de téléphone.",
            autocomplete: "one-time-code",
            requis: false,
            ..Champ::texte("code", "Code affiché par votre téléphone")
        }
    };
    let corps = html! {
        @if let Some(message) = message { .avis.reussite role="status" { p { (message) } } }
        form method="post" action="/connexion" data-cle=[geste.map(|g| &g.options)] data-geste="presenter" {
            (jeton_cache(jeton))
            @if let Some(geste) = geste { (geste.champs()) }
            (Champ { autocomplete: "username", valeur: nom, ..Champ::texte("nom", "Nom de connexion") }.montrer(fautes))
            (Champ { genre: "password", autocomplete: "current-password", ..Champ::texte("mot", "Mot de passe") }.montrer(fautes))
            (code.montrer(fautes))
            button .bouton type="submit" { "Se connecter" }
            @if geste.is_some() {
                (bouton("Se connecter avec une clé d'accès", Some("Sans mot de passe, si votre clé sait ouvrir vos actes ; sinon, \
                    indiquez aussi le nom et le mot de passe : la clé remplace le code du téléphone.")))
            }
        }
        ul {
            @if secours { li { a href="/connexion" { "Utiliser mon téléphone" } } }
            @else { li { a href="/connexion?secours=oui" { "Je n'ai pas mon téléphone : utiliser un code de secours" } } }
            li { a href="/invitation" { "Je n'ai pas encore d'espace" } }
            li { a href="/oubli" { "J'ai oublié mon mot de passe" } }
            li { a href="/aide" { "J'ai perdu mes accès" } }
        }
    };
    page_avec(
        cadre,
        Onglet::Aucun,
        "Se connecter",
        fautes,
        &html! { (corps) @if geste.is_some() { (super::cles::script()) } },
    )
}

/// A forgotten password: a recovery code, one more proof, a new password.
pub fn oubli(cadre: &Cadre, jeton: &str, nom: &str, fautes: &[Faute]) -> Markup {
    let corps = html! {
        p { "Il vous faut un code de secours, et en plus le code de votre téléphone ou un second code de secours." }
        form method="post" action="/oubli" {
            (jeton_cache(jeton))
            (Champ { autocomplete: "username", valeur: nom, ..Champ::texte("nom", "Nom de connexion") }.montrer(fautes))
            (Champ::texte("secours", "Code de secours").montrer(fautes))
            (Champ {
                aide: "Six chiffres, ou un autre code de secours.", autocomplete: "one-time-code",
                ..Champ::texte("code", "Code du téléphone, ou second code de secours")
            }.montrer(fautes))
            (Champ {
                aide: &format!("{} caractères au moins.", cadre.longueur_mot), genre: "password", autocomplete: "new-password",
                ..Champ::texte("mot", "Nouveau mot de passe")
            }.montrer(fautes))
            (Champ {
                genre: "password", autocomplete: "new-password",
                ..Champ::texte("mot_bis", "Le même, une seconde fois")
            }.montrer(fautes))
            button .bouton type="submit" { "Changer mon mot de passe" }
        }
    };
    page_avec(cadre, Onglet::Aucun, "Mot de passe oublié", fautes, &corps)
}
