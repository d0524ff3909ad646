//! From the invitation to the consent: the choice (row A19), the account, the second proof, the terms (rows A10 to A12).
use maud::{Markup, PreEscaped, html};

use super::publiques::texte_cgu;
use super::{Cadre, Champ, Faute, Onglet, jeton_cache, page, page_avec};

/// The road in four steps; `ici` is the current one, from 0.
fn etapes(ici: usize) -> Markup {
    let noms = ["Votre choix", "Votre espace", "Conditions", "Codes de secours"];
    html! {
        ol .etapes aria-label="Étapes" {
            @for (rang, nom) in noms.iter().enumerate() {
                li aria-current=[(rang == ici).then_some("step")] { (rang + 1) ". " (nom) }
            }
        }
    }
}

/// Reference and code of the invitation.
pub fn invitation(cadre: &Cadre, jeton: &str, reference: &str, fautes: &[Faute]) -> Markup {
    let corps = html! {
        p { "Recopiez ce qui figure dans le message de l'étude. Cette page ne vous engage à rien : vous choisirez ensuite." }
        form method="post" action="/invitation" {
            (jeton_cache(jeton))
            (Champ {
                aide: "Par exemple 01930d5c-8a4e-7c21-9a63-0f2b7c1d4e55.", valeur: reference,
                ..Champ::texte("reference", "Référence")
            }.montrer(fautes))
            (Champ {
                aide: "Il commence par J et ne sert qu'une fois.",
                ..Champ::texte("code", "Code de première connexion")
            }.montrer(fautes))
            button .bouton type="submit" { "Continuer" }
        }
        p .discret {
            "Vous doutez de l'origine du message ? Ne saisissez rien : appelez l'étude au numéro de l'annuaire de la profession."
        }
    };
    page_avec(cadre, Onglet::Aucun, "Répondre à une invitation", fautes, &corps)
}

/// The choice, before anything else: refusing comes first in words, and both buttons are the same (row A19).
pub fn choix(cadre: &Cadre, jetons: (&str, &str), reference: &str, code: &str, cgu: (&str, &str, &str)) -> Markup {
    let corps = html! {
        (etapes(0))
        p .chapeau {
            (cadre.etude) " vous propose de recevoir ses actes par voie électronique. "
            strong { "Vous pouvez refuser, l'acte sera remis sur papier." }
        }
        ul {
            li { "Un acte envoyé ici produit ses effets à la date de l'envoi, même si vous ne l'ouvrez pas." }
            li { "Un acte remis sur papier vous est expliqué de vive voix par le commissaire de justice." }
            li { "Si vous acceptez, vous pourrez retirer votre accord à tout moment." }
        }
        .choix {
            section aria-labelledby="non" {
                h2 #non { "Refuser" }
                p { "L'acte sera remis sur papier. Aucun espace n'est ouvert et ce refus ne vous sera pas reproché." }
                form method="post" action="/invitation/refus" {
                    (jeton_cache(jetons.1))
                    input type="hidden" name="reference" value=(reference);
                    input type="hidden" name="code" value=(code);
                    button .bouton type="submit" { "Je refuse" }
                }
            }
            section aria-labelledby="oui" {
                h2 #oui { "Accepter" }
                p { "Vous ouvrez votre espace, puis vous acceptez les conditions. Rien n'est accepté avant la dernière étape." }
                form method="post" action="/ouverture" {
                    (jeton_cache(jetons.0))
                    input type="hidden" name="reference" value=(reference);
                    input type="hidden" name="code" value=(code);
                    button .bouton type="submit" { "J'accepte" }
                }
            }
        }
        h2 { "Les conditions que vous accepteriez" }
        (texte_cgu(cgu.0, cgu.1, cgu.2))
    };
    page(cadre, Onglet::Aucun, "Accepter ou refuser", &corps)
}

/// A telephone's secret: as a picture (SVG), and as a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Telephone {
    /// Base 32.
    pub secret: String,
    /// The picture, made here; empty when it could not be drawn.
    pub qr: String,
}

impl Telephone {
    fn montrer(&self, fautes: &[Faute]) -> Markup {
        let groups: Vec<String> =
            self.secret.as_bytes().chunks(4).map(|group| String::from_utf8_lossy(group).into_owned()).collect();
        html! {
            p { "Une seconde preuve protège vos actes si quelqu'un apprend votre mot de passe." }
            ol {
                li { "Ouvrez une application de codes à usage unique, sur un téléphone ou un ordinateur (il en existe de gratuites)." }
                li { "Visez l'image, ou recopiez la clé dans l'application." }
                li { "Saisissez ici le code de six chiffres qu'elle affiche." }
            }
            .cadre {
                (PreEscaped(&self.qr))
                p { "Clé à recopier : " code { (groups.join(" ")) } }
            }
            (Champ {
                autocomplete: "one-time-code", aide: "Six chiffres. Il change toutes les 30 secondes.",
                ..Champ::texte("code_telephone", "Code affiché par l'application")
            }.montrer(fautes))
        }
    }
}

/// What is asked to open an account: a name, a password, a telephone.
pub fn ouverture(
    cadre: &Cadre,
    jeton: &str,
    secret: (&str, &str),
    identifiant: &str,
    telephone: &Telephone,
    fautes: &[Faute],
) -> Markup {
    let corps = html! {
        (etapes(1))
        p { "Choisissez de quoi vous reconnaître. Personne d'autre ne connaîtra votre mot de passe, pas même l'étude." }
        form method="post" action="/ouverture" {
            (jeton_cache(jeton))
            input type="hidden" name="reference" value=(secret.0);
            input type="hidden" name="code" value=(secret.1);
            input type="hidden" name="etape" value="compte";
            h2 { "Votre nom et votre mot de passe" }
            (Champ {
                aide: "Par exemple votre adresse électronique. Majuscules et minuscules ne comptent pas.",
                autocomplete: "username", valeur: identifiant,
                ..Champ::texte("nom", "Nom de connexion")
            }.montrer(fautes))
            (Champ {
                aide: &format!("{} caractères au moins. Une phrase que vous retenez vaut mieux qu'un mot compliqué.", cadre.longueur_mot),
                genre: "password", autocomplete: "new-password",
                ..Champ::texte("mot", "Mot de passe")
            }.montrer(fautes))
            (Champ {
                genre: "password", autocomplete: "new-password",
                ..Champ::texte("mot_bis", "Le même mot de passe, une seconde fois")
            }.montrer(fautes))
            .avis.attention {
                p { strong { "Gardez-le bien. " } "Il ouvre vos actes, qui sont chiffrés : sans lui ni code de secours, vous ne pourrez plus les relire ici." }
            }
            h2 { "Votre téléphone" }
            (telephone.montrer(fautes))
            button .bouton type="submit" { "Ouvrir mon espace" }
        }
    };
    page_avec(cadre, Onglet::Aucun, "Ouvrir votre espace", fautes, &corps)
}

/// A telephone added later.
pub fn telephone(cadre: &Cadre, jeton: &str, telephone: &Telephone, fautes: &[Faute]) -> Markup {
    let corps = html! {
        form method="post" action="/telephone" {
            (jeton_cache(jeton))
            (telephone.montrer(fautes))
            button .bouton type="submit" { "Confirmer" }
        }
    };
    page_avec(cadre, Onglet::Securite, "Ajouter un téléphone", fautes, &corps)
}

/// Before the codes are drawn: those of before, if any, are worth nothing after.
pub fn avant_secours(cadre: &Cadre, jeton: &str) -> Markup {
    let corps = html! {
        (etapes(3))
        p {
            "Dix codes, à noter sur papier : chacun remplace une fois votre téléphone, et permet de rouvrir vos actes si vous oubliez "
            "votre mot de passe. Si vous en aviez déjà, ils ne vaudront plus rien et vous devrez vous connecter de nouveau."
        }
        form method="post" action="/secours" {
            (jeton_cache(jeton))
            button .bouton type="submit" { "Afficher mes codes de secours" }
        }
        p { a href="/actes" { "Plus tard : aller à mes actes" } }
    };
    page(cadre, Onglet::Securite, "Codes de secours", &corps)
}

/// Recovery codes, shown once.
pub fn secours(cadre: &Cadre, codes: &[String]) -> Markup {
    let corps = html! {
        (etapes(3))
        p .chapeau { "Notez ces codes maintenant : ils ne seront plus jamais affichés." }
        p { "Chacun remplace une fois votre téléphone, et permet de rouvrir vos actes si vous oubliez votre mot de passe. " "Gardez-les sur papier, ailleurs que votre téléphone." }
        .cadre { ol .codes { @for code in codes { li { code { (code) } } } } }
        p { a .bouton href="/actes" { "Je les ai notés, continuer" } }
    };
    page(cadre, Onglet::Aucun, "Vos codes de secours", &corps)
}

/// The terms, to accept or refuse from the account: nothing else opens before (row A10).
pub fn conditions(cadre: &Cadre, jeton: &str, cgu: (&str, &str, &str)) -> Markup {
    let corps = html! {
        (etapes(2))
        p .chapeau { strong { "Vous pouvez refuser, l'acte sera remis sur papier." } }
        p {
            "Accepter ces conditions vaut consentement exprès à recevoir des actes par voie électronique (code de procédure "
            "civile, art. 748-2). Lisez-les ; vous pouvez quitter cette page et y revenir."
        }
        (texte_cgu(cgu.0, cgu.1, cgu.2))
        .choix {
            section aria-labelledby="non" {
                h2 #non { "Refuser" }
                p { "L'acte sera remis sur papier. Votre espace ne s'ouvrira pas." }
                form method="post" action="/conditions" {
                    (jeton_cache(jeton))
                    input type="hidden" name="sha256" value=(cgu.1);
                    button .bouton type="submit" name="choix" value="refuser" { "Je refuse" }
                }
            }
            section aria-labelledby="oui" {
                h2 #oui { "Accepter" }
                p { "Les actes de l'étude vous seront adressés ici. Vous pourrez retirer cet accord à tout moment." }
                form method="post" action="/conditions" {
                    (jeton_cache(jeton))
                    input type="hidden" name="sha256" value=(cgu.1);
                    button .bouton type="submit" name="choix" value="accepter" { "J'accepte" }
                }
            }
        }
    };
    page(cadre, Onglet::Aucun, "Les conditions d'utilisation", &corps)
}

/// The refusal was taken (row A12).
pub fn refusee(cadre: &Cadre) -> Markup {
    let corps = html! {
        .avis.reussite { p { "Votre refus est enregistré. Il ne vaut aucun consentement et ne vous sera pas reproché." } }
        p { "L'étude vous remettra ses actes sur papier. Vous n'avez rien d'autre à faire." }
    };
    page(cadre, Onglet::Aucun, "Vous avez refusé", &corps)
}
