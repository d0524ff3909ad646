//! `constat signifier demo`: the whole road of one act, on this machine, told step by step.
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use dossier::{Clock, Instant};
use sealer::pades::{self, Means, PadesRequest};
use sealer::{HttpAuthority, Offline, SealLevel, Signer, SystemRandom, TimestampAuthority, TrustAnchors};
use signification::calendar::Zone;
use signification::civil::paris_text;
use signification::demonstration::{Etape, Moyens, Officier, Rapporteur, demonstration};
use signification::notice::SmtpMailer;
use signification::signature_acte::ActesConfig;
use signification::window::{Window, service_window};
use signification::{SignificationError, SystemEntropy, cli_help};

use super::avis::Atelier;
use super::evidence::{OfficeSealer, OfficeVerifier};
use super::messagerie::{DOMAIN, Messagerie};
use super::signature_pdf::PdfSignatures;
use super::value;
use crate::etude::Etude;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;

/// A demonstration does not begin closer to the end of the window, in milliseconds.
const ENOUGH: i64 = 600_000;

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
    let opening = next_opening(clock.now())?;
    let (clock, sealer) = match opening {
        None => (Arc::clone(clock), OfficeSealer::new(etude, Arc::clone(clock))?),
        Some(opening) => {
            let ahead: Arc<dyn Clock> = Arc::new(Ahead::new(Arc::clone(clock), opening));
            // A token of now over facts of tomorrow would be a lie: none is asked for.
            (Arc::clone(&ahead), OfficeSealer::new(etude, ahead)?.untimed())
        }
    };
    if let Some(opening) = opening.filter(|_| !json) {
        output::line(&format!(
            "Hors des heures de signification : l'horloge de la démonstration est avancée au {} ; aucun jeton \
             d'horodatage n'est demandé, et les récépissés diront que leur date n'est pas prouvée.",
            paris_text(opening)
        ));
    }
    let verifier = OfficeVerifier::new(etude.anchors()?, clock.now());
    let judge = PdfSignatures::new(etude, &ActesConfig::default(), &clock)?;
    // The only officer of the étude signs the act, or the one called « commissaire »; without one it is deposited unsigned, and
    // the record says so.
    let officer = etude.signing_officer(None).or_else(|_| etude.signing_officer(Some("commissaire")));
    let signer = officer.ok().map(|officer| officer.key.open(None)).transpose()?;
    let authorities = if opening.is_none() { etude.authorities()? } else { Vec::new() };
    let anchors = etude.anchors()?;
    let sign = signer.as_deref().map(|signer| {
        let means = (authorities.as_slice(), &anchors, clock.as_ref());
        move |pdf: &[u8]| signed(pdf, signer, means)
    });
    let officier = sign.as_ref().map(|sign| Officier { signer: sign, controle: &judge });
    let entropy = SystemEntropy::default();
    let atelier = Atelier::new()?;
    let moyens = Moyens {
        clock: clock.as_ref(),
        entropy: &entropy,
        mailer: &mailer,
        sealer: &sealer,
        verifier: &verifier,
        mise_en_page: Some(&atelier),
        smtp: &smtp,
        courriel: &format!("camille@{DOMAIN}"),
        racine_pem: &roots(etude.anchors_folder())?,
        officier,
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

/// The act signed by the officer's key, as `constat signer` does: a trial key proves nothing, and the record says that too.
fn signed(
    pdf: &[u8],
    signer: &dyn Signer,
    (authorities, anchors, clock): (&[HttpAuthority], &TrustAnchors, &dyn Clock),
) -> Result<Vec<u8>, SignificationError> {
    let authorities: Vec<&dyn TimestampAuthority> =
        authorities.iter().map(|one| one as &dyn TimestampAuthority).collect();
    let request = PadesRequest {
        role: "commissaire",
        signer,
        level: SealLevel::Timestamped,
        place: None,
        look: None,
        reserve: &[],
        name: None,
        reason: None,
        location: None,
        last: false,
        means: Means {
            authorities: &authorities,
            network: &Offline,
            clock,
            random: &SystemRandom,
            anchors,
            told: &|_, _| {},
        },
    };
    let refused = |error: pades::PadesError| SignificationError::Seal { why: error.code().to_owned() };
    pades::sign(pdf, &request).map(|done| done.octets).map_err(refused)
}

/// The next opening of the window, when it is closed or about to be.
fn next_opening(now: Instant) -> Result<Option<Instant>, Failure> {
    let soon = Instant::from_millisecond(now.as_millisecond() + ENOUGH).unwrap_or(now);
    for at in [now, soon] {
        if let Window::Closed { next_open, .. } =
            service_window(at, &[Zone::Metropole]).map_err(SignificationError::from)?
        {
            return Ok(Some(next_open));
        }
    }
    Ok(None)
}

/// A clock put forward.
struct Ahead {
    clock: Arc<dyn Clock>,
    /// Milliseconds.
    by: i64,
}

impl Ahead {
    fn new(clock: Arc<dyn Clock>, to: Instant) -> Self {
        let by = to.as_millisecond() - clock.now().as_millisecond();
        Self { clock, by }
    }
}

impl Clock for Ahead {
    fn now(&self) -> Instant {
        let now = self.clock.now();
        Instant::from_millisecond(now.as_millisecond() + self.by).unwrap_or(now)
    }

    fn monotonic(&self) -> Duration {
        self.clock.monotonic()
    }
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
