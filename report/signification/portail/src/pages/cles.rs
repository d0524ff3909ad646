//! Passkeys: those of a recipient, and what every page with one shares.
use maud::{Markup, html};

use super::{Cadre, Champ, Faute, Onglet, SCRIPT, jeton_cache, page_avec};

/// A challenge, as a form carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Geste {
    /// Which challenge.
    pub defi: String,
    /// What the browser is asked (JSON).
    pub options: String,
}

impl Geste {
    /// The hidden fields that the script fills in.
    pub fn champs(&self) -> Markup {
        html! {
            input type="hidden" name="defi" value=(self.defi);
            input type="hidden" name="cle" value="";
            input type="hidden" name="prf" value="";
        }
    }
}

/// The button that the script shows; without it, nothing is promised.
pub fn bouton(texte: &str, aide: Option<&str>) -> Markup {
    html! {
        div data-bloc hidden {
            @if let Some(aide) = aide { p .aide { (aide) } }
            button .bouton.second type="button" data-bouton { (texte) }
            p .faute role="alert" data-message {}
        }
    }
}

/// The script, and what is said where there is none.
pub fn script() -> Markup {
    html! {
        script src=(SCRIPT) defer {}
    }
}

/// What is said to a browser without script, on the pages that are for passkeys only.
pub fn sans_script() -> Markup {
    html! {
        noscript { .avis.attention { p { "Les clés d'accès demandent un script de cette page, et votre navigateur n'en exécute pas. Tout le reste marche sans." } } }
    }
}

/// A passkey in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LigneCle {
    /// Identifier.
    pub id: String,
    /// Its name.
    pub nom: String,
    /// What it does, or its model, in words.
    pub detail: String,
    /// When it was added, in words.
    pub cree: String,
    /// Last use, in words.
    pub dernier: Option<String>,
    /// Token of the form that takes it away; none when it cannot be.
    pub jeton: Option<String>,
    /// Token of the form that gives it another name.
    pub jeton_nom: String,
}

/// The list; `racine` is where its forms go.
pub fn lignes(racine: &str, cles: &[LigneCle]) -> Markup {
    html! {
        ul .actes {
            @for cle in cles {
                li {
                    div {
                        h3 { (cle.nom) }
                        p { "Ajoutée le " (cle.cree) ", " @match &cle.dernier { Some(le) => { "dernier usage le " (le) } None => "jamais utilisée" } }
                        p { (cle.detail) }
                        (renommer(racine, cle))
                    }
                    @if let Some(jeton) = &cle.jeton {
                        form method="post" action={ (racine) "/" (cle.id) "/retirer" } {
                            (jeton_cache(jeton))
                            button .bouton.second type="submit" { "Retirer" span .invisible { " la clé « " (cle.nom) " »" } }
                        }
                    }
                }
            }
        }
    }
}

/// The form that gives a key another name, folded: it works without a script.
fn renommer(racine: &str, cle: &LigneCle) -> Markup {
    let champ = format!("nom-{}", cle.id);
    html! {
        details {
            summary { "Renommer" span .invisible { " la clé « " (cle.nom) " »" } }
            form method="post" action={ (racine) "/" (cle.id) "/renommer" } {
                (jeton_cache(&cle.jeton_nom))
                .champ {
                    label for=(champ) { "Nouveau nom" }
                    p .aide id={ (champ) "-aide" } { "60 caractères au plus." }
                    input id=(champ) name="nom_cle" type="text" value=(cle.nom) maxlength="60" autocomplete="off" spellcheck="false"
                        required aria-describedby={ (champ) "-aide" };
                }
                button .bouton.second type="submit" { "Enregistrer ce nom" }
            }
        }
    }
}

/// The field of a key's name.
pub fn nom_de_cle(fautes: &[Faute], valeur: &str) -> Markup {
    Champ {
        aide: "Pour la reconnaître : « mon téléphone », « clé du bureau ».",
        valeur,
        ..Champ::texte("nom_cle", "Nom de la clé")
    }
    .montrer(fautes)
}

/// A recipient's passkeys.
pub fn siennes(
    cadre: &Cadre,
    (cles, geste, jeton): (&[LigneCle], Option<&Geste>, &str),
    (message, nom): (Option<&str>, &str),
    fautes: &[Faute],
) -> Markup {
    let corps = html! {
        @if let Some(message) = message { .avis.reussite role="status" { p { (message) } } }
        p { "Une clé d'accès vous reconnaît sans mot de passe à taper : votre téléphone, votre ordinateur ou une clé matérielle vérifie que c'est vous, par un code, un doigt ou un visage. Votre mot de passe et votre téléphone continuent de servir." }
        h2 { "Vos clés" }
        @if cles.is_empty() { p { "Vous n'en avez pas encore." } } @else {
            (lignes("/cles", cles))
            p .discret { "Retirer une clé déconnecte tous vos appareils." }
        }
        h2 { "Ajouter une clé" }
        @match geste {
            None => p { "Les clés d'accès ne sont pas possibles à l'adresse de ce service." },
            Some(geste) => {
                form method="post" action="/cles" data-cle=(geste.options) data-geste="inscrire" {
                    (jeton_cache(jeton))
                    (geste.champs())
                    (nom_de_cle(fautes, nom))
                    (bouton("Ajouter une clé d'accès", None))
                }
                (sans_script())
                (script())
            }
        }
        p { a href="/securite" { "Revenir à la sécurité" } }
    };
    page_avec(cadre, Onglet::Securite, "Clés d'accès", fautes, &corps)
}

/// Where an officer stands with his key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Etape {
    /// He has none yet.
    Inscrire,
    /// He has one, and has not shown it in this session.
    Presenter,
    /// He showed it.
    Presentee,
}

/// The officer's page of keys (row B04).
#[derive(Clone, Debug)]
pub struct PageOfficier<'a> {
    /// His name in the configuration.
    pub officier: &'a str,
    /// Where he stands.
    pub etape: Etape,
    /// His keys, once he showed one.
    pub cles: &'a [LigneCle],
    /// The challenge.
    pub geste: Option<&'a Geste>,
    /// Token of its form.
    pub jeton: &'a str,
    /// Where he was going.
    pub suite: &'a str,
    /// What was done just now.
    pub message: Option<&'a str>,
    /// The name typed.
    pub nom: &'a str,
}

/// The officer's own page.
pub fn officier(cadre: &Cadre, vue: &PageOfficier<'_>, fautes: &[Faute]) -> Markup {
    let corps = html! {
        @if let Some(message) = vue.message { .avis.reussite role="status" { p { (message) } } }
        p .chapeau { "Officier : " strong { (vue.officier) } ", par son certificat." }
        p { "Déposer, signifier et suspendre demandent, en plus du certificat, une clé d'accès qui vérifie que c'est vous." }
        @match vue.etape {
            Etape::Inscrire => h2 { "Inscrire votre clé" },
            Etape::Presenter => h2 { "Présenter votre clé" },
            Etape::Presentee => {
                .avis.reussite { p { "Votre clé est présentée pour cette session." } }
                h2 { "Vos clés" }
                (lignes("/etude/cle", vue.cles))
                p .discret { "La dernière clé ne se retire pas d'ici : perdue, elle est révoquée par le registre. Retirer une clé ferme vos sessions." }
                h2 { "Inscrire une autre clé" }
            }
        }
        @match vue.geste {
            None => p { "Les clés d'accès ne sont pas possibles à l'adresse de ce service : il lui faut un nom, pas une adresse chiffrée." },
            Some(geste) if vue.etape == Etape::Presenter => {
                form method="post" action="/etude/cle" data-cle=(geste.options) data-geste="presenter" {
                    (jeton_cache(vue.jeton))
                    input type="hidden" name="suite" value=(vue.suite);
                    (geste.champs())
                    (bouton("Présenter ma clé", None))
                }
                (sans_script())
                (script())
            }
            Some(geste) => {
                p { "La clé dit son modèle, qui est noté." }
                form method="post" action="/etude/cle/inscrire" data-cle=(geste.options) data-geste="inscrire" {
                    (jeton_cache(vue.jeton))
                    (geste.champs())
                    (nom_de_cle(fautes, vue.nom))
                    (bouton("Inscrire une clé", None))
                }
                (sans_script())
                (script())
            }
        }
    };
    page_avec(cadre, Onglet::Cles, "Ma clé", fautes, &corps)
}
