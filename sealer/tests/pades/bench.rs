//! A PKI, an authority, officers: what signs and judges in these tests.
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use dossier::Clock;
use fixtures::{Credential, Manners, Published};
use sealer::pades::{Look, Means, PadesError, PadesReport, PadesRequest, Place, SignedPdf, extend, sign, verify};
use sealer::{
    HttpNetwork, Network, Offline, SealLevel, Signer, SoftwareSigner, SystemRandom, TimestampAuthority, TrustAnchors,
};
use tempfile::TempDir;

use crate::sample::{self, Tsa, tsa};

/// The font the product shows signatures with.
pub(crate) const FONT: &[u8] = include_bytes!("../../../report/assets/fonts/DejaVuSans.ttf");

/// Everything that is needed to sign.
pub(crate) struct Bench {
    _dir: TempDir,
    pub(crate) pki: Published,
    pub(crate) one: Tsa,
    pub(crate) two: Tsa,
    pub(crate) anchors: TrustAnchors,
    pub(crate) clock: Arc<dyn Clock>,
}

/// One for all tests that change nothing of it.
pub(crate) fn shared() -> &'static Bench {
    static BENCH: OnceLock<Bench> = OnceLock::new();
    BENCH.get_or_init(Bench::new)
}

/// How to sign; the fields that tests change.
pub(crate) struct How<'a> {
    pub(crate) role: &'a str,
    pub(crate) level: SealLevel,
    pub(crate) visible: Option<[f64; 4]>,
    pub(crate) last: bool,
    pub(crate) online: bool,
    pub(crate) reserve: Vec<(String, Place)>,
}

impl Default for How<'_> {
    fn default() -> Self {
        Self {
            role: "clerc",
            level: SealLevel::Timestamped,
            visible: None,
            last: false,
            online: true,
            reserve: Vec::new(),
        }
    }
}

impl Bench {
    pub(crate) fn new() -> Self {
        let (dir, pki) = sample::pki();
        let (one, two) = (tsa(&pki, Manners::Good, "une"), tsa(&pki, Manners::Second, "deux"));
        let anchors = TrustAnchors::from_folder(&pki.anchors_dir()).unwrap();
        Self { _dir: dir, pki, one, two, anchors, clock: sample::clock() }
    }

    pub(crate) fn signer(&self) -> SoftwareSigner {
        software(&self.pki.signer())
    }

    pub(crate) fn means<'a>(
        &'a self,
        authorities: &'a [&'a dyn TimestampAuthority],
        network: &'a dyn Network,
    ) -> Means<'a> {
        Means {
            authorities,
            network,
            clock: self.clock.as_ref(),
            random: &SystemRandom,
            anchors: &self.anchors,
            told: &|_, _| {},
        }
    }

    pub(crate) fn sign(&self, input: &[u8], how: &How<'_>) -> Result<SignedPdf, PadesError> {
        self.sign_by(input, how, &self.signer())
    }

    pub(crate) fn sign_by(&self, input: &[u8], how: &How<'_>, signer: &dyn Signer) -> Result<SignedPdf, PadesError> {
        let authorities: [&dyn TimestampAuthority; 2] = [&self.one.client, &self.two.client];
        let http = HttpNetwork::with_deadline(Duration::from_secs(3));
        let network: &dyn Network = if how.online { &http } else { &Offline };
        let place = how.visible.map(|rect_mm| Place { page: 2, rect_mm });
        let lines = vec!["Signé par Camille Essai".into(), "clerc habilité — à Évreux".into()];
        sign(
            input,
            &PadesRequest {
                role: how.role,
                signer,
                level: how.level,
                place,
                look: Some(Look { lines, font: FONT }),
                reserve: &how.reserve,
                name: Some("Camille Essai".into()),
                reason: Some("Procès-verbal de constat".into()),
                location: Some("Évreux".into()),
                last: how.last,
                means: self.means(&authorities, network),
            },
        )
    }

    pub(crate) fn extend(&self, input: &[u8], level: SealLevel) -> Result<SignedPdf, PadesError> {
        let authorities: [&dyn TimestampAuthority; 1] = [&self.two.client];
        let http = HttpNetwork::with_deadline(Duration::from_secs(3));
        extend(input, level, &self.means(&authorities, &http))
    }

    pub(crate) fn verify(&self, octets: &[u8]) -> PadesReport {
        verify(octets, &self.anchors, self.clock.now())
    }
}

/// A key in a file.
pub(crate) fn software(credential: &Credential) -> SoftwareSigner {
    let read = |path: &std::path::Path| std::fs::read_to_string(path).unwrap();
    SoftwareSigner::from_pem(&read(&credential.key), read(&credential.chain).as_bytes()).unwrap()
}
