//! The French sentence and the journalled parameters of a step: what the procès-verbal will tell.
use serde_json::{Value, json};

use super::{Action, Attendu, Cible, Combien, Depliage, Etape, Exigence, Telechargement};

impl Cible {
    fn words(&self) -> String {
        match self {
            Self::Selecteur(selecteur) => format!("l'élément désigné par « {selecteur} »"),
            Self::Texte(texte) => format!("l'élément portant le texte « {texte} »"),
            Self::MentionsLegales => "le lien de la page vers les mentions légales du site".into(),
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Selecteur(selecteur) => json!({"selecteur": selecteur}),
            Self::Texte(texte) => json!({"texte": texte}),
            Self::MentionsLegales => json!({"mentions_legales": true}),
        }
    }
}

impl Exigence {
    fn sentence(&self) -> String {
        let what = self.cible.words();
        match self.combien {
            Combien::AuMoins(1) => format!("Je vérifie que la page montre {what}."),
            Combien::AuMoins(n) => format!("Je vérifie que la page montre au moins {n} fois {what}."),
            Combien::Exactement(0) => format!("Je vérifie que la page ne montre pas {what}."),
            Combien::Exactement(n) => format!("Je vérifie que la page montre exactement {n} fois {what}."),
        }
    }

    fn json(&self) -> Value {
        let mut value = self.cible.json();
        match self.combien {
            Combien::AuMoins(n) => value["au_moins"] = json!(n),
            Combien::Exactement(n) => value["nombre"] = json!(n),
        }
        value["maximum"] = json!(self.maximum.as_secs());
        value
    }
}

impl Etape {
    /// What the step does, in the first person, in French.
    pub fn sentence(&self) -> String {
        match &self.action {
            Action::Aller(url) => format!("Je saisis dans la barre d'adresse « {url} » et je valide."),
            Action::Attendre(attente) => match &attente.quoi {
                Attendu::Element(cible) => format!("J'attends que s'affiche {}.", cible.words()),
                Attendu::Duree(duree) => format!("J'attends {} s.", duree.as_secs()),
                Attendu::Page => "J'attends que la page soit complètement chargée.".into(),
            },
            Action::Cliquer(cible) => format!("Je clique sur {}.", cible.words()),
            Action::Saisir { selecteur, secret: true, .. } => {
                format!(
                    "Je saisis dans le champ désigné par « {selecteur} » une valeur confidentielle, non reproduite."
                )
            }
            Action::Saisir { selecteur, texte, .. } => {
                format!("Je saisis « {texte} » dans le champ désigné par « {selecteur} ».")
            }
            Action::Defiler(defilement) => match &defilement.jusqu_a {
                None => "Je fais défiler la page jusqu'en bas.".into(),
                Some(cible) => format!("Je fais défiler la page jusqu'à {}.", cible.words()),
            },
            Action::Capturer(titre) => format!("Je capture la page affichée : « {titre} »."),
            Action::Exiger(exigence) => exigence.sentence(),
            Action::Deplier(Depliage { texte: None, .. }) => {
                "J'actionne un à un les boutons de la page qui en montrent davantage (« voir plus », « autres commentaires » et leurs \
                 équivalents), jusqu'à ce qu'il n'en reste pas."
                    .into()
            }
            Action::Deplier(Depliage { texte: Some(texte), .. }) => {
                format!("J'actionne un à un les boutons portant « {texte} », jusqu'à ce qu'il n'en reste pas.")
            }
            Action::Revenir => "Je reviens à la page précédente.".into(),
            Action::Telecharger(Telechargement::Adresse(url)) => {
                format!("Je télécharge le fichier à l'adresse « {url} ».")
            }
            Action::Telecharger(Telechargement::Clic(cible)) => {
                format!("Je télécharge un fichier en cliquant sur {}.", cible.words())
            }
        }
    }

    /// The parameters for the journal; secrets are replaced.
    pub fn parameters(&self) -> Value {
        let mut parameters = match &self.action {
            Action::Aller(url) => json!({"url": url.as_str()}),
            Action::Attendre(attente) => {
                let mut value = match &attente.quoi {
                    Attendu::Element(cible) => cible.json(),
                    Attendu::Duree(duree) => json!({"secondes": duree.as_secs()}),
                    Attendu::Page => json!({"page": true}),
                };
                if let Some(maximum) = attente.maximum {
                    value["maximum"] = json!(maximum.as_secs());
                }
                value
            }
            Action::Cliquer(cible) => cible.json(),
            Action::Saisir { selecteur, secret: true, .. } => {
                json!({"selecteur": selecteur, "secret": true, "texte": "(valeur confidentielle non journalisée)"})
            }
            Action::Saisir { selecteur, texte, .. } => json!({"selecteur": selecteur, "texte": texte}),
            Action::Defiler(defilement) => json!({
                "jusqu_a": defilement.jusqu_a.as_ref().map_or_else(|| json!("bas"), Cible::json),
                "maximum": defilement.maximum,
            }),
            Action::Capturer(titre) => json!({"titre": titre}),
            Action::Exiger(exigence) => exigence.json(),
            Action::Deplier(Depliage { texte, maximum }) => json!({"texte": texte, "maximum": maximum}),
            Action::Revenir => json!({}),
            Action::Telecharger(Telechargement::Adresse(url)) => json!({"url": url.as_str()}),
            Action::Telecharger(Telechargement::Clic(cible)) => cible.json(),
        };
        if let Some(note) = &self.note {
            parameters["note"] = json!(note);
        }
        parameters
    }
}
