//! Evidence sealed and judged by OpenSSL: a root, a signer, a timestamp authority and a mail server's certificate, made
//! for one test.
#![allow(dead_code, missing_docs, unreachable_pub, reason = "each test takes what it needs")]
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicBool, Ordering};

use dossier::{Finding, Level, Sha256Digest};
use signification::{EvidenceSealer, EvidenceVerifier, SealerError, SignedEvidence};

pub struct OpensslSealer {
    folder: tempfile::TempDir,
    /// Whether the authority answers.
    pub authority: AtomicBool,
}

const CONF: &str = "[tsa]\ndefault_tsa = t\n[t]\nserial = DIR/serial\ndefault_policy = 1.2.3.4.1\ndigests = sha256\n\
                    signer_digest = sha256\ness_cert_id_alg = sha256\n";

impl OpensslSealer {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let pki = Self { folder, authority: AtomicBool::new(true) };
        pki.openssl(&[
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "3650",
            "-subj",
            "/CN=Racine ESSAI",
            "-keyout",
            "root.key",
            "-out",
            "root.pem",
        ]);
        pki.issue("signer", "Etude ESSAI", "keyUsage=critical,digitalSignature,nonRepudiation");
        pki.issue(
            "tsa",
            "Horodatage ESSAI",
            "keyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping",
        );
        pki.issue(
            "smtp",
            "127.0.0.1",
            "keyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\nsubjectAltName=IP:127.0.0.1",
        );
        fs::write(pki.path("tsa.cnf"), CONF.replace("DIR", &pki.folder.path().display().to_string())).unwrap();
        fs::write(pki.path("serial"), "01\n").unwrap();
        pki
    }

    fn issue(&self, name: &str, cn: &str, extensions: &str) {
        fs::write(self.path("ext.cnf"), format!("basicConstraints=CA:FALSE\n{extensions}\n")).unwrap();
        let file = |ext: &str| format!("{name}.{ext}");
        self.openssl(&[
            "req",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-subj",
            &format!("/CN={cn}"),
            "-keyout",
            &file("key"),
            "-out",
            &file("csr"),
        ]);
        self.openssl(&[
            "x509",
            "-req",
            "-in",
            &file("csr"),
            "-CA",
            "root.pem",
            "-CAkey",
            "root.key",
            "-CAcreateserial",
            "-days",
            "3650",
            "-extfile",
            "ext.cnf",
            "-out",
            &file("pem"),
        ]);
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new("openssl").args(arguments).current_dir(self.folder.path()).output().expect("openssl absent")
    }

    fn openssl(&self, arguments: &[&str]) -> Vec<u8> {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    fn judge(&self, code: &str, arguments: &[&str]) -> Vec<Finding> {
        let output = self.run(arguments);
        if output.status.success() {
            return Vec::new();
        }
        vec![Finding::new(code, Level::Fail, "OpenSSL refuse.").found(String::from_utf8_lossy(&output.stderr))]
    }
}

impl EvidenceSealer for OpensslSealer {
    fn sign(&self, bytes: &[u8]) -> Result<SignedEvidence, SealerError> {
        fs::write(self.path("data"), bytes).unwrap();
        let signature = self.openssl(&[
            "cms",
            "-sign",
            "-cades",
            "-binary",
            "-md",
            "sha256",
            "-in",
            "data",
            "-signer",
            "signer.pem",
            "-inkey",
            "signer.key",
            "-outform",
            "DER",
        ]);
        let signer = Sha256Digest::of(&self.openssl(&["x509", "-in", "signer.pem", "-outform", "DER"]));
        Ok(SignedEvidence { signature, signer, level: "essai".into() })
    }

    fn timestamp(&self, bytes: &[u8]) -> Result<Vec<u8>, SealerError> {
        if !self.authority.load(Ordering::Relaxed) {
            return Err(SealerError { code: "tsp.unreachable".into(), text: String::new() });
        }
        fs::write(self.path("data"), bytes).unwrap();
        self.openssl(&["ts", "-query", "-data", "data", "-sha256", "-cert", "-out", "q.tsq"]);
        self.openssl(&[
            "ts",
            "-reply",
            "-config",
            "tsa.cnf",
            "-section",
            "t",
            "-queryfile",
            "q.tsq",
            "-signer",
            "tsa.pem",
            "-inkey",
            "tsa.key",
            "-token_out",
            "-out",
            "t.tst",
        ]);
        Ok(self.read("t.tst"))
    }
}

impl EvidenceVerifier for OpensslSealer {
    fn check_signature(&self, bytes: &[u8], signature: &[u8]) -> Vec<Finding> {
        fs::write(self.path("v.data"), bytes).unwrap();
        fs::write(self.path("v.p7s"), signature).unwrap();
        self.judge(
            "test.signature",
            &[
                "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", "v.p7s", "-content", "v.data",
                "-CAfile", "root.pem", "-purpose", "any", "-out", "v.out",
            ],
        )
    }

    fn check_token(&self, bytes: &[u8], token: &[u8]) -> Vec<Finding> {
        fs::write(self.path("v.data"), bytes).unwrap();
        fs::write(self.path("v.tst"), token).unwrap();
        self.judge(
            "test.token",
            &["ts", "-verify", "-data", "v.data", "-in", "v.tst", "-token_in", "-CAfile", "root.pem"],
        )
    }
}
