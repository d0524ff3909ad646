//! For every error code: one line that says what happened, one that says what to do, in French.

mod table;

pub(crate) use table::TABLE;

/// The two lines of a code.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Message {
    /// The stable code.
    pub(crate) code: &'static str,
    /// What happened.
    pub(crate) what: &'static str,
    /// What to do.
    pub(crate) remedy: &'static str,
}

/// The message of `code`; a code without one (a test forbids it) still gets two lines.
pub(crate) fn of(code: &str) -> Message {
    TABLE.iter().copied().find(|message| message.code == code).unwrap_or(Message {
        code: "inconnu",
        what: "Une erreur sans libellé est survenue.",
        remedy: "Signalez ce code à l'éditeur en joignant la commande lancée.",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every list of codes that a package publishes.
    fn published() -> Vec<&'static str> {
        let lists = [
            dossier::DossierError::CODES,
            capture::CaptureError::CODES,
            capture::STEP_CODES,
            capture::PRESENCE_CODES,
            probes::copies::CopyError::CODES,
            capture::scenario::ScenarioError::CODES,
            sealer::SealError::CODES,
            sealer::KeyError::CODES,
            sealer::TimestampError::CODES,
            sealer::lists::ListError::CODES,
            sealer::pades::PadesError::CODES,
            sealer::pades::PadesReport::CODES,
            sealer::tlog::LogError::CODES,
            norms::NormError::CODES,
            report::ReportError::CODES,
            signification::SignificationError::CODES,
            warc::WarcError::CODES,
        ];
        lists.concat()
    }

    #[test]
    fn every_published_code_has_both_lines() {
        let missing: Vec<_> =
            published().into_iter().filter(|code| !TABLE.iter().any(|message| message.code == *code)).collect();
        assert!(missing.is_empty(), "no message for {missing:?}");
        for message in TABLE {
            for line in [message.what, message.remedy] {
                assert!(line.ends_with('.') && line.len() > 15 && !line.contains('\n'), "{}: {line:?}", message.code);
            }
        }
    }

    #[test]
    fn a_code_stands_once() {
        let mut codes: Vec<_> = TABLE.iter().map(|message| message.code).collect();
        codes.sort_unstable();
        let before = codes.len();
        codes.dedup();
        assert_eq!(before, codes.len());
    }
}
