//! The French sentence and the journalled parameters of a step: what the procès-verbal will tell.
use serde_json::{Value, json};

use super::{
    Action, Attendu, Bouton, Cible, Combien, Consultation, Depliage, Enregistre, Etape, Exigence, Feuilletage, Geste,
    Lecture, Recueil, Telechargement, Venue,
};

impl Cible {
    fn words(&self) -> String {
        match self {
            Self::Selecteur(selecteur) => format!("l'élément désigné par « {selecteur} »"),
            Self::Texte(texte) => format!("l'élément portant le texte « {texte} »"),
            Self::Role { role, nom } => format!("l'élément de rôle « {role} » nommé « {nom} »"),
            Self::MentionsLegales => "le lien de la page vers les mentions légales du site".into(),
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Selecteur(selecteur) => json!({"selecteur": selecteur}),
            Self::Texte(texte) => json!({"texte": texte}),
            Self::Role { role, nom } => json!({"role": role, "nom": nom}),
            Self::MentionsLegales => json!({"mentions_legales": true}),
        }
    }
}

impl Combien {
    /// What the page shows, or has.
    fn shows(self, verb: &str, what: &str) -> String {
        match self {
            Self::AuMoins(1) => format!("{verb} {what}"),
            Self::AuMoins(n) => format!("{verb} au moins {n} fois {what}"),
            Self::Exactement(0) => format!("ne {verb} pas {what}"),
            Self::Exactement(n) => format!("{verb} exactement {n} fois {what}"),
            Self::AuPlus(n) => format!("{verb} au plus {n} fois {what}"),
        }
    }

    fn told(self) -> (&'static str, u64) {
        match self {
            Self::AuMoins(n) => ("au_moins", n),
            Self::Exactement(n) => ("nombre", n),
            Self::AuPlus(n) => ("au_plus", n),
        }
    }
}

impl Enregistre {
    fn words(&self) -> String {
        format!("l'élément enregistré sous le nom « {} »", self.name())
    }

    fn json(&self) -> Value {
        json!({"selectors": self.chemins, "frame": self.cadre, "offset": self.decalage})
    }
}

impl Geste {
    /// The kind of step it is, as the scenario's own.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Cliquer { .. } => "cliquer",
            Self::Survoler(_) => "survoler",
            Self::Changer { .. } => "saisir",
            Self::Touche { .. } => "touche",
            Self::Defiler { .. } => "defiler",
            Self::AttendreElement { .. } | Self::AttendreExpression { .. } => "attendre",
            Self::NonRepris { .. } => "non-repris",
            Self::Clore => "clore",
        }
    }

    fn sentence(&self) -> String {
        match self {
            Self::Cliquer { cible, fois: 2, .. } => format!("Je double-clique sur {}.", cible.words()),
            Self::Cliquer { cible, bouton: Bouton::Primary, .. } => format!("Je clique sur {}.", cible.words()),
            Self::Cliquer { cible, bouton, .. } => {
                format!("Je clique avec le bouton {} sur {}.", bouton.words(), cible.words())
            }
            Self::Survoler(cible) => format!("Je place le pointeur sur {}.", cible.words()),
            Self::Changer { cible, valeur } => format!("Je donne la valeur « {valeur} » à {}.", cible.words()),
            Self::Touche { touche, enfoncer: true } => format!("J'enfonce la touche « {touche} »."),
            Self::Touche { touche, enfoncer: false } => format!("Je relâche la touche « {touche} »."),
            Self::Defiler { cible: None, x, y } => format!("Je fais défiler la page jusqu'à la position {x}, {y}."),
            Self::Defiler { cible: Some(cible), x, y } => {
                format!("Je fais défiler {} jusqu'à la position {x}, {y}.", cible.words())
            }
            Self::AttendreElement { cible, combien, .. } => {
                format!("J'attends que la page {}.", combien.shows("contienne", &cible.words()))
            }
            Self::AttendreExpression { expression, .. } => {
                format!("J'attends que la page rende vraie l'expression « {expression} ».")
            }
            Self::NonRepris { quoi, pourquoi } => {
                format!("Je ne reprends pas une étape enregistrée (« {quoi} ») : {pourquoi}")
            }
            Self::Clore => "Le parcours enregistré se termine.".into(),
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Cliquer { cible, bouton, fois } => {
                json!({"recorded": cible.json(), "button": bouton.cdp(), "clicks": fois})
            }
            Self::Survoler(cible) => json!({"recorded": cible.json()}),
            Self::Changer { cible, valeur } => json!({"recorded": cible.json(), "texte": valeur}),
            Self::Touche { touche, enfoncer } => json!({"key": touche, "down": enfoncer}),
            Self::Defiler { cible, x, y } => {
                json!({"recorded": cible.as_ref().map(Enregistre::json), "x": x, "y": y})
            }
            Self::AttendreElement { cible, combien, visible, attributs } => {
                let (key, number) = combien.told();
                json!({"recorded": cible.json(), key: number, "visible": visible, "attributes": attributs})
            }
            Self::AttendreExpression { expression, .. } => json!({"expression": expression}),
            Self::NonRepris { quoi, .. } => json!({"type": quoi}),
            Self::Clore => json!({}),
        }
    }
}

impl Bouton {
    fn words(self) -> &'static str {
        match self {
            Self::Primary => "gauche",
            Self::Auxiliary => "du milieu",
            Self::Secondary => "droit",
            Self::Back => "de retour",
            Self::Forward => "d'avance",
        }
    }

    /// The name of `Input.dispatchMouseEvent`.
    pub(crate) fn cdp(self) -> &'static str {
        match self {
            Self::Primary => "left",
            Self::Auxiliary => "middle",
            Self::Secondary => "right",
            Self::Back => "back",
            Self::Forward => "forward",
        }
    }
}

impl Exigence {
    fn sentence(&self) -> String {
        format!("Je vérifie que la page {}.", self.combien.shows("montre", &self.cible.words()))
    }

    fn json(&self) -> Value {
        let mut value = self.cible.json();
        let (key, number) = self.combien.told();
        value[key] = json!(number);
        value["maximum"] = json!(self.maximum.as_secs());
        value
    }
}

impl Recueil {
    fn sentence(&self) -> String {
        let unfold = if self.deplier { " J'actionne en chemin les boutons qui en montrent davantage." } else { "" };
        format!(
            "Je recueille une à une, en faisant défiler la page, les publications qu'elle affiche : « {} » ; {} au plus.{unfold}",
            self.titre, self.maximum
        )
    }

    fn json(&self) -> Value {
        json!({
            "titre": self.titre, "fiche": self.fiche, "selecteur": self.selecteur, "zone": self.zone,
            "maximum": self.maximum, "deplier": self.deplier,
        })
    }
}

impl Venue {
    fn words(&self) -> String {
        match self {
            Self::Demandee(_) => "demandée au terminal avant la session".into(),
            Self::Coffre(nom) => format!("rangée au coffre de l'étude sous « {nom} »"),
        }
    }
}

impl Lecture {
    fn sentence(&self) -> String {
        let what = self.selecteur.as_ref().map_or_else(
            || "le premier film ou son que la page montre".into(),
            |selecteur| format!("le film ou le son désigné par « {selecteur} »"),
        );
        format!("Je lis à sa vitesse {what} : « {} » ; {} s au plus.", self.titre, self.maximum.as_secs())
    }
}

impl Consultation {
    fn sentence(&self) -> String {
        format!(
            "Je consulte d'abord la page « {} » telle qu'elle est, puis ce qu'en montre, au {}, le service d'archives « {} ».",
            self.adresse,
            self.date.strftime("%d/%m/%Y"),
            self.service
        )
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
            Action::Saisir { selecteur, venue: Some(venue), .. } => format!(
                "Je saisis dans le champ désigné par « {selecteur} » une valeur confidentielle, {}, non reproduite.",
                venue.words()
            ),
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
            Action::Detail(detail) => format!("Je capture {} : « {} ».", detail.cible.words(), detail.titre),
            Action::Lire(lecture) => lecture.sentence(),
            Action::Archive(consultation) => consultation.sentence(),
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
            Action::Recueillir(recueil) => recueil.sentence(),
            Action::Feuilleter(Feuilletage { titre, suivant, maximum }) => {
                let button = suivant.as_ref().map_or_else(|| "le bouton qui montre la suivante".into(), |s| format!("« {s} »"));
                format!("Je feuillette vue par vue « {titre} », en actionnant {button} ; {maximum} vues au plus.")
            }
            Action::Repondre(bouton) => format!("Au panneau qui recouvre la page, je choisis « {bouton} »."),
            Action::Geste(geste) => geste.sentence(),
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
            Action::Saisir { selecteur, venue: Some(venue), .. } => {
                let (key, from) = match venue {
                    Venue::Demandee(question) => ("demander", question),
                    Venue::Coffre(nom) => ("coffre", nom),
                };
                json!({"selecteur": selecteur, "secret": true, key: from})
            }
            Action::Saisir { selecteur, secret: true, .. } => {
                json!({"selecteur": selecteur, "secret": true, "texte": "(valeur confidentielle non journalisée)"})
            }
            Action::Saisir { selecteur, texte, .. } => json!({"selecteur": selecteur, "texte": texte}),
            Action::Defiler(defilement) => json!({
                "jusqu_a": defilement.jusqu_a.as_ref().map_or_else(|| json!("bas"), Cible::json),
                "maximum": defilement.maximum,
            }),
            Action::Capturer(titre) => json!({"titre": titre}),
            Action::Detail(detail) => {
                let mut value = detail.cible.json();
                value["titre"] = json!(detail.titre);
                value
            }
            Action::Lire(Lecture { titre, selecteur, maximum }) => {
                json!({"titre": titre, "selecteur": selecteur, "maximum": maximum.as_secs()})
            }
            Action::Archive(Consultation { adresse, date, service }) => {
                json!({"adresse": adresse.as_str(), "date": date.to_string(), "service": service})
            }
            Action::Exiger(exigence) => exigence.json(),
            Action::Deplier(Depliage { texte, maximum }) => json!({"texte": texte, "maximum": maximum}),
            Action::Revenir => json!({}),
            Action::Recueillir(recueil) => recueil.json(),
            Action::Feuilleter(Feuilletage { titre, suivant, maximum }) => {
                json!({"titre": titre, "suivant": suivant, "maximum": maximum})
            }
            Action::Repondre(bouton) => json!({"bouton": bouton}),
            Action::Geste(geste) => geste.json(),
            Action::Telecharger(Telechargement::Adresse(url)) => json!({"url": url.as_str()}),
            Action::Telecharger(Telechargement::Clic(cible)) => cible.json(),
        };
        if let Some(note) = &self.note {
            parameters["note"] = json!(note);
        }
        parameters
    }
}
