//! A dossier, a PKI, an authority and a key: sealed, verified, and judged by OpenSSL.
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use dossier::{Clock, ClosedDossier};
use fixtures::Manners;
use sealer::{
    HttpNetwork, KeyError, SealError, SealRequest, SealedBundle, Secret, SecretRequest, Secrets, Signer, SystemRandom,
    TrustAnchors, Verdict, WaczKey, seal, verify,
};
use tempfile::TempDir;

use super::sample;

/// The PKI, made once.
pub(crate) fn pki() -> &'static fixtures::Pki {
    static PKI: OnceLock<(TempDir, fixtures::Published)> = OnceLock::new();
    &PKI.get_or_init(sample::pki).1
}

/// A source that answers the same to everything.
pub(crate) struct Says(pub(crate) &'static str);

impl Secrets for Says {
    fn secret(&self, _request: &SecretRequest) -> Result<Secret, KeyError> {
        Ok(Secret::from(self.0))
    }
}

/// A closed dossier in its folder.
pub(crate) struct Bench {
    pub(crate) work: TempDir,
    dossier: ClosedDossier,
    clock: Arc<dyn Clock>,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let work = tempfile::tempdir().unwrap();
        let dossier = sample::closed(work.path());
        Self { work, dossier, clock: sample::clock() }
    }

    pub(crate) fn target(&self) -> PathBuf {
        self.work.path().join("2026-0142.asice")
    }

    pub(crate) fn seal(&self, signer: &dyn Signer) -> Result<SealedBundle, SealError> {
        let authority = sample::tsa(pki(), Manners::Good, "une");
        let wacz = WaczKey::from_pem(&std::fs::read_to_string(pki().wacz_key_pem()).unwrap()).unwrap();
        seal(&SealRequest {
            dossier: &self.dossier,
            signer,
            wacz_key: &wacz,
            authorities: &[&authority.client],
            network: &HttpNetwork::new(),
            anchoring: None,
            clock: self.clock.as_ref(),
            random: &SystemRandom,
            essai: true,
            target: &self.target(),
            progress: &|_| {},
        })
    }

    /// Seals; our verifier passes it with the pinned roots, and OpenSSL with the root of the seal.
    pub(crate) fn seals_and_is_judged(&self, signer: &dyn Signer) {
        self.seal(signer).unwrap_or_else(|e| panic!("{e}: {e:?}"));
        let anchors = TrustAnchors::from_folder(&pki().anchors_dir()).unwrap();
        let checked = verify(&self.target(), &anchors, self.clock.now());
        assert_eq!(checked.verdict, Verdict::Pass, "{:#?}", checked.findings);
        openssl_passes(&self.target(), &pki().root_pem(), self.work.path());
    }

    /// Sealing fails with that code, and nothing that looks sealed is left; the dossier can be sealed afterwards.
    pub(crate) fn fails_and_can_be_sealed_later(&self, signer: &dyn Signer, code: &str) {
        let error = self.seal(signer).unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        self.nothing_sealed();
        let good = pki().signer();
        let (key, chain) = (std::fs::read_to_string(good.key).unwrap(), std::fs::read(good.chain).unwrap());
        self.seals_and_is_judged(&sealer::SoftwareSigner::from_pem(&key, &chain).unwrap());
    }

    /// Only the dossier is in the folder.
    pub(crate) fn nothing_sealed(&self) {
        let names: Vec<_> = std::fs::read_dir(self.work.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names, ["2026-0142"], "something is left beside the dossier");
    }
}

/// The command of LISEZMOI.txt.
pub(crate) fn openssl_passes(bundle: &Path, root: &Path, work: &Path) {
    let out = work.join("deplie");
    sample::run("unzip", &["-q", bundle.to_str().unwrap(), "-d", out.to_str().unwrap()], work);
    let arguments = [
        "cms",
        "-verify",
        "-cades",
        "-binary",
        "-inform",
        "DER",
        "-in",
        "META-INF/signature001.p7s",
        "-content",
        "META-INF/ASiCManifest001.xml",
        "-CAfile",
        root.to_str().unwrap(),
        "-purpose",
        "any",
        "-out",
        "/dev/null",
    ];
    sample::run("openssl", &arguments, &out);
}
