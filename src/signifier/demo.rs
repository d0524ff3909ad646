//! `constat signifier demo`: the whole road of one act, on this machine, told step by step.
use std::path::Path;
use std::sync::Arc;

use dossier::Clock;
use signification::demonstration::{Etape, Moyens, Rapporteur, demonstration};
use signification::notice::SmtpMailer;
use signification::{SystemEntropy, cli_help};

use super::evidence::{OfficeSealer, OfficeVerifier};
use super::messagerie::{DOMAIN, Messagerie};
use super::value;
use crate::etude::Etude;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;

/// Tells each step on the terminal once it is done.
struct Terminal {
    silent: bool,
}

impl Rapporteur for Terminal {
    fn etape(&mut self, etape: &Etape) {
        if self.silent {
            return;
        }
        output::line(&format!("{:>2}. {} — {}", etape.numero, etape.titre, etape.recit));
        for made in &etape.produits {
            output::line(&format!("      {}", made.display()));
        }
        for command in &etape.verifier {
            output::line(&format!("      à revérifier : {command}"));
        }
    }
}

/// Plays it in `folder`, which must be empty or not exist.
pub(super) fn run(folder: &Path, etude: &Etude, json: bool, clock: &Arc<dyn Clock>) -> Result<Exit, Failure> {
    let server = Messagerie::start()?;
    let smtp = server.smtp();
    let mailer = SmtpMailer::new(&smtp)?;
    let sealer = OfficeSealer::new(etude, Arc::clone(clock))?;
    let verifier = OfficeVerifier::new(etude.anchors()?, clock.now());
    let entropy = SystemEntropy::default();
    let moyens = Moyens {
        clock: clock.as_ref(),
        entropy: &entropy,
        mailer: &mailer,
        sealer: &sealer,
        verifier: &verifier,
        smtp: &smtp,
        courriel: &format!("camille@{DOMAIN}"),
        racine_pem: &roots(etude.anchors_folder())?,
    };
    let bilan = demonstration(folder, &moyens, &mut Terminal { silent: json })?;
    if json {
        output::json(&value(&bilan)?);
    } else {
        let summary = format!(
            "{} récépissés et {} lignes de journal vérifiés ; tout est dans {}, à lire à partir de LISEZ-MOI.txt.",
            bilan.recepisses,
            bilan.lignes,
            folder.display()
        );
        output::line(&summary);
        output::line(cli_help::PORTEE_COURTE);
    }
    Ok(Exit::Done)
}

/// The roots of the étude, one after the other, for whoever checks with OpenSSL.
fn roots(folder: &Path) -> Result<Vec<u8>, Failure> {
    let list = std::fs::read_dir(folder).map_err(|e| Failure::io("lire", folder, &e))?;
    let mut files: Vec<_> = list.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "pem" || e == "crt"));
    files.sort();
    let mut all = Vec::new();
    for file in files {
        all.extend(std::fs::read(&file).map_err(|e| Failure::io("lire", &file, &e))?);
        all.push(b'\n');
    }
    Ok(all)
}
