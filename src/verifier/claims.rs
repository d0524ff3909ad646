//! The claims of a bundle for a person: the answer, the source, and the commands that redo the check.
use sealer::{Answer, Judged, PREPARE};

/// Commands printed for one claim; the rest is in `--json`.
const PRINTED: usize = 4;
/// Width of the answers.
const WIDTH: usize = 21;

/// One block of lines a claim.
pub(super) fn lines(claims: &[Judged]) -> Vec<String> {
    let mut lines = vec![
        String::new(),
        "Ce que le scellé affirme, et comment le vérifier sans ce logiciel.".to_owned(),
        format!("  Une fois pour toutes : {PREPARE}"),
    ];
    let blank = "";
    for one in claims {
        lines.push(format!("{:<WIDTH$} {}", one.answer.word(), one.sentence));
        let why = match one.answer {
            Answer::Refused | Answer::Undetermined | Answer::EstablishedWithReserve => {
                format!(" ; voir {}", one.codes.join(", "))
            }
            Answer::Established | Answer::NotClaimed | Answer::NotExamined | Answer::Withheld => String::new(),
        };
        lines.push(format!("{blank:<WIDTH$} ({}{why})", one.reference));
        lines.extend(one.redo.iter().take(PRINTED).map(|command| format!("{blank:<WIDTH$} $ {command}")));
        if one.redo.len() > PRINTED {
            let left = one.redo.len() - PRINTED;
            lines.push(format!("{blank:<WIDTH$} … et {left} autres commandes : constat --json verifier"));
        }
    }
    lines.push(String::new());
    lines
}
