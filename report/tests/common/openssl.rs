//! A root, a signer and an authority of time made by OpenSSL for one test: a missing tool is a failed test.
#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test takes what it needs of this module")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The keys, in a folder of their own.
pub struct Pki(tempfile::TempDir);

/// Runs a command line; whether it succeeded.
pub fn shell(folder: &Path, line: &str) -> bool {
    Command::new("sh").args(["-c", line]).current_dir(folder).output().unwrap().status.success()
}

impl Pki {
    pub fn new() -> Self {
        let pki = Self(tempfile::tempdir().unwrap());
        pki.run(
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj '/CN=Racine ESSAI' \
             -keyout root.key -out root.pem",
        );
        for (name, usage) in [
            ("signer", "keyUsage=critical,digitalSignature,nonRepudiation"),
            ("tsa", "keyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping"),
        ] {
            fs::write(pki.path("ext.cnf"), format!("basicConstraints=CA:FALSE\n{usage}\n")).unwrap();
            pki.run(&format!(
                "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN={name} ESSAI' \
                 -keyout {name}.key -out {name}.csr"
            ));
            pki.run(&format!(
                "openssl x509 -req -in {name}.csr -CA root.pem -CAkey root.key -CAcreateserial -days 3650 \
                 -extfile ext.cnf -out {name}.pem"
            ));
        }
        let conf = "[tsa]\ndefault_tsa = t\n[t]\nserial = serial\ndefault_policy = 1.2.3.4.1\ndigests = sha256\n\
                    signer_digest = sha256\ness_cert_id_alg = sha256\n";
        fs::write(pki.path("tsa.cnf"), conf).unwrap();
        fs::write(pki.path("serial"), "01\n").unwrap();
        pki
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn root(&self) -> PathBuf {
        self.path("root.pem")
    }

    fn run(&self, line: &str) {
        let output = Command::new("sh").args(["-c", line]).current_dir(self.0.path()).output().unwrap();
        assert!(output.status.success(), "{line}\n{}", String::from_utf8_lossy(&output.stderr));
    }

    /// A detached CAdES signature, DER.
    pub fn sign(&self, octets: &[u8]) -> Vec<u8> {
        fs::write(self.path("data"), octets).unwrap();
        self.run("openssl cms -sign -cades -binary -md sha256 -in data -signer signer.pem -inkey signer.key -outform DER -out sig");
        fs::read(self.path("sig")).unwrap()
    }

    /// An RFC 3161 token, DER.
    pub fn stamp(&self, octets: &[u8]) -> Vec<u8> {
        fs::write(self.path("data"), octets).unwrap();
        self.run("openssl ts -query -data data -sha256 -cert -out query");
        self.run("openssl ts -reply -config tsa.cnf -section t -queryfile query -signer tsa.pem -inkey tsa.key -token_out -out token");
        fs::read(self.path("token")).unwrap()
    }
}
