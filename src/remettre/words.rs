//! French words for what the seal says in codes: kinds of files, levels, parties, dates.
use dossier::{ArtefactKind, Case, Instant, Level, MissingReason, Qualite, Requerant, SessionState};
use report::date_words;

/// A kind of file, for a reader.
pub(super) fn kind(kind: ArtefactKind) -> &'static str {
    use ArtefactKind as K;
    match kind {
        K::Scenario => "scénario joué",
        K::ScreenshotViewport => "image de la fenêtre",
        K::ScreenshotPage => "image de la page entière",
        K::ScreenshotArea => "image d'une zone défilante",
        K::ScreenshotFeed => "planche de vues",
        K::ScreenshotElement => "image d'un élément",
        K::Feed => "liste de publications ou de vues",
        K::ScreenshotDesktop => "image de l'écran entier",
        K::MediaFrame => "image d'un média",
        K::TileMap => "plan des tuiles d'une image",
        K::Dom => "document de la page",
        K::Text => "texte affiché",
        K::Structure => "structure de la page",
        K::Mhtml => "page en un fichier (MHTML)",
        K::Print => "impression PDF (dérivée)",
        K::MainResponse => "réponse du serveur",
        K::Download => "fichier téléchargé",
        K::Archive => "échanges du réseau",
        K::ArchiveIndex => "index de l'archive",
        K::ArchivePages => "pages de l'archive",
        K::Certificate => "certificat d'un serveur",
        K::Measure => "mesure",
        K::Exchanges => "liste d'échanges",
        K::Film => "film de la session",
        K::Packets => "paquets du réseau",
        K::TimeToken => "jeton d'horodatage",
        K::Log => "journal d'un programme",
        K::Remains => "reste d'une interruption",
        K::Journal => "journal des opérations",
    }
}

/// How much a finding weighs, with the class of its mark.
pub(super) fn level(level: Level) -> (&'static str, &'static str) {
    match level {
        Level::Fail => ("Échec", "echec"),
        Level::Indeterminate => ("Indéterminé", "indetermine"),
        Level::Warn => ("Réserve", "reserve"),
        Level::Info => ("Information", "information"),
    }
}

/// Why something was not kept.
pub(super) fn reason(reason: MissingReason) -> &'static str {
    match reason {
        MissingReason::Failed => "échec de la requête",
        MissingReason::Blocked => "bloqué par le navigateur",
        MissingReason::NotOnTheWire => "servi sans passer par le réseau",
        MissingReason::Evicted => "contenu que le navigateur n'avait plus",
        MissingReason::Truncated => "coupé à une limite",
        MissingReason::Pending => "encore en cours",
        MissingReason::Unparsed => "message illisible du navigateur",
        MissingReason::NotRecorded => "non enregistré par cette version",
    }
}

/// How the session ended.
pub(super) fn state(state: SessionState) -> &'static str {
    match state {
        SessionState::Complete => "complète : chaque étape a été faite",
        SessionState::Partial => {
            "partielle : arrêtée, ou une étape au moins n'a pas été faite ; ce qui est enregistré demeure"
        }
        SessionState::Interrupted => "interrompue, puis close en l'état",
    }
}

/// Who asks, with every field that is sealed.
pub(crate) fn requerant(case: &Case) -> Option<String> {
    Some(match case.requerant.as_ref()? {
        Requerant::Physique { nom, prenoms, profession, domicile, nationalite, date_naissance, lieu_naissance } => {
            format!(
                "{prenoms} {nom}, né(e) le {date_naissance} à {lieu_naissance}, de nationalité {nationalite}, {profession}, demeurant {domicile}"
            )
        }
        Requerant::Morale { denomination, forme, siege, representant, siren } => {
            let siren = siren.as_ref().map_or_else(String::new, |siren| format!(", SIREN {siren}"));
            format!("{denomination}, {forme}{siren}, dont le siège est {siege}, représentée par {representant}")
        }
    })
}

/// In what quality the officer acts.
pub(crate) fn quality(quality: Qualite) -> &'static str {
    match quality {
        Qualite::CommissaireDeJustice => "commissaire de justice",
        Qualite::ClercHabilite => "clerc habilité aux constats",
    }
}

/// Who acts.
pub(super) fn officer(case: &Case) -> Option<String> {
    let officer = case.officier.as_ref()?;
    let quality = quality(officer.qualite);
    let (given, name) = (&officer.prenoms, &officer.nom);
    Some(format!(
        "{given} {name}, {quality}, {}, {} (résidence de {})",
        officer.etude, officer.adresse, officer.residence
    ))
}

/// Legal time in words, and UTC.
pub(super) fn moment(at: Instant) -> (String, String) {
    (date_words::moment(at), at.to_string())
}

/// Octets for a person: `8,9 Mo`.
pub(super) fn octets(bytes: u64) -> String {
    let units = [(1_000_000_000, "Go"), (1_000_000, "Mo"), (1_000, "ko")];
    match units.iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => {
            let tenths = bytes.saturating_mul(10) / unit;
            format!("{},{}\u{a0}{name}", tenths / 10, tenths % 10)
        }
        None => format!("{bytes}\u{a0}octets"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_are_told_in_the_unit_that_suits_them() {
        for (bytes, told) in
            [(0, "0 octets"), (999, "999 octets"), (1_000, "1,0 ko"), (8_975_064, "8,9 Mo"), (2_500_000_000, "2,5 Go")]
        {
            assert_eq!(octets(bytes).replace('\u{a0}', " "), told);
        }
    }

    #[test]
    fn every_kind_has_words_of_its_own() {
        let mut words: Vec<&str> = ArtefactKind::ALL.iter().map(|k| kind(*k)).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), ArtefactKind::ALL.len());
    }
}
