//! The draft an officer fills in: one TOML file, made from the bundle, where what was generated stands as a comment that no
//! edit can change, and what is his waits as an empty value.
use dossier::{JournalEntry, op};
use norms::{Duty, StatusKind};

use crate::checks::{Check, Standing};
use crate::facts::Facts;
use crate::{Presentation, ReportError, ReportInput};

/// The text of a new draft for this bundle. What the officer already gave, in `input.draft`, is not taken over: it is a new file.
pub fn new_draft(input: &ReportInput<'_>, presentation: &Presentation) -> Result<String, ReportError> {
    let facts = Facts::new(input.manifest, input.journal);
    let checks = crate::checks(input, presentation)?;
    let mut text = head(input);
    text += &parties(input);
    text += &captures(&facts);
    text += &justifications(input, &checks);
    text += &end();
    Ok(text)
}

/// A foreign text on one comment line.
fn quoted(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn head(input: &ReportInput<'_>) -> String {
    let manifest = input.manifest;
    format!(
        "# Brouillon de l'acte {reference}, tiré de {file} (SHA-256 {sha}).\n\
         # Ce qui est ici est de l'officier. Les phrases de fait viennent du scellé : elles sont rappelées en commentaire, et rien\n\
         # de ce fichier ne les change. Une valeur laissée vide est absente de l'acte, et les contrôles le disent.\n\
         # Projet :   constat rediger {file} --complements CE_FICHIER --projet --sortie projet.pdf\n\
         # Définitif : constat rediger {file} --complements CE_FICHIER --sortie pv.pdf\n\n\
         # Présentation : \"arrete-2023\" (arrêté du 21 mars 2023) ou \"libre\" (en-tête de l'étude).\n\
         profil = \"arrete-2023\"\n\
         # Nature : \"internet\", \"reseau-social\", \"archive\", \"mobile\" ou \"achat-test\".\n\
         nature = \"{nature}\"\n\
         # Cachet de l'étude, ligne par ligne ; code de l'acte, initiales, ORIGINAL ou EXPÉDITION.\n\
         cachet = []\ncode_acte = \"\"\ninitiales = \"\"\nexemplaire = \"ORIGINAL\"\n\n",
        reference = manifest.case.reference,
        file = quoted(&input.bundle.file_name),
        sha = input.bundle.sha256,
        nature = nature(input),
    )
}

/// What the session shows of the kind of constat.
fn nature(input: &ReportInput<'_>) -> &'static str {
    let has = |operation| input.journal.of(&operation).next().is_some();
    match () {
        () if has(op::TELEPHONE) => "mobile",
        () if has(op::ARCHIVE_SNAPSHOT) => "archive",
        () if has(op::PICTURE_FEED) => "reseau-social",
        () => "internet",
    }
}

fn parties(input: &ReportInput<'_>) -> String {
    let case = &input.manifest.case;
    let mut text = String::new();
    if case.lieu.is_none() {
        text += "# Lieu des opérations : le dossier scellé ne le dit pas.\nlieu = \"\"\n";
    }
    if case.objet.is_none() {
        text += "# Objet de la mission : le dossier scellé ne le dit pas.\nobjet = \"\"\n";
    }
    text += "# Avocat, mandataire, élection de domicile ; « néant » s'il n'y en a pas.\nrepresentation = \"\"\n\
             # Ce que le requérant a exposé, en ses termes : imprimé comme sa déclaration.\nexpose = \"\"\n\
             # Fournisseur d'accès, type d'accès, modèle du routeur : déclarés.\nacces_internet = \"\"\n\
             # Support de conservation du scellé, et son numéro.\nsupport = \"\"\n\
             # Déclarations spontanées des personnes présentes ; liste vide : il n'y en a pas eu. Une déclaration :\n\
             # declarations = [{ nom = \"\", propos = \"\", signe = true }]\ndeclarations = []\n\n";
    if case.requerant.is_none() {
        text += "# Le requérant (art. 648 CPC) : le dossier scellé ne le nomme pas.\n\
                 # [requerant]\n# type = \"morale\"\n# denomination = \"\"\n# forme = \"\"\n# siege = \"\"\n# representant = \"\"\n# siren = \"\"\n\n";
    }
    text + "# Fondement de la mission : \"requete\", ou \"ordonnance\" avec juridiction, date, numero, termes, et s'il y a lieu\n\
            # echeance = \"AAAA-MM-JJ\" et perimetre = [\"exemple.fr\"].\n[fondement]\ntype = \"requete\"\n\n"
}

fn captures(facts: &Facts<'_>) -> String {
    let mut text = String::from(
        "# Choix des captures : numéros imprimés en fin de chapitre dans l'ordre voulu, numéros non imprimés (ils restent scellés,\n\
         # annexés, et l'acte le dit).\n[captures]\nordre = []\nnon_imprimees = []\n\n\
         # Description neutre de chaque capture. Une citation entre « » doit figurer dans le texte capturé.\n[descriptions]\n",
    );
    for (number, step) in &facts.steps {
        for capture in facts.captures_of(*number) {
            let what = step.begin.and_then(|begin| begin.text("what")).unwrap_or("");
            text += &format!("# Capture n° {capture}, opération {number} : {}\n", quoted(what));
            let place = facts.printed_of(capture).first().and_then(|artefact| artefact.meta.url.as_deref());
            if let Some(url) = place {
                text += &format!("#   {}\n", quoted(url));
            }
            let said = |entry: &JournalEntry| entry.text("words").map(quoted);
            if let Some(words) = facts.acknowledgement(*number, capture).and_then(said) {
                text += &format!("#   Constaté sur place : « {words} »\n");
            }
            text += &format!("{capture} = \"\"\n");
        }
    }
    text + "\n"
}

fn justifications(input: &ReportInput<'_>, checks: &[Check]) -> String {
    let mut text = String::from(
        "# Justifications de l'officier : écarts à la norme (Z67-…), et décisions sur les contrôles (CHK-…). Elles sont imprimées.\n\
         [justifications]\n",
    );
    let during = |id: &str| input.journal.of(&op::NORM_JUSTIFICATION).any(|e| e.text("requirement") == Some(id));
    for row in &input.conformity.rows {
        let apart = matches!(row.status.kind(), StatusKind::Deviation | StatusKind::NotMet);
        if apart && row.duty != Duty::Recommande && !during(row.id.as_str()) {
            text += &format!("# {} : {} — {}\n", row.id, quoted(&row.titre), quoted(row.status.reason().unwrap_or("")));
            text += &format!("{} = \"\"\n", row.id);
        }
    }
    // What a filled-in draft settles is no decision of the officer.
    let own = ["CHK-01", "CHK-34", "CHK-36"];
    for check in checks.iter().filter(|c| c.standing == Standing::Ecart && !own.contains(&c.id)) {
        text += &format!("# {} : {}\n", check.id, check.titre);
        for finding in &check.constats {
            text += &format!("#   {}\n", quoted(&finding.what));
        }
        if check.poids == crate::Weight::Interdire {
            text += "#   Aucune décision ne passe outre.\n";
        } else if check.refuses() {
            text += &format!("{} = \"\"\n", check.id);
        }
    }
    text + "\n"
}

fn end() -> String {
    "# Coût, en centimes : honoraires convenus (C. com., art. L. 444-1), frais, débours ; TVA à 20 % calculée.\n\
     # [cout]\n# honoraires_ht_centimes = 0\n# frais_ht_centimes = 0\n# debours_centimes = 0\n# detail = []\n\n\
     # Achat-test seulement : l'officier n'achète rien lui-même.\n\
     # [achat]\n# acheteur = \"\"\n# qualite = \"\"\n# independant = true\n# objet = \"\"\n# commande = \"\"\n# suite = \"\"\n"
        .to_owned()
}
