//! Trust anchors: only what the étude (or the court) put in a folder, never what a bundle carries.
use std::fs;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dossier::Sha256Digest;

use super::Certificate;
use super::certificate::pem_certificates;
use crate::SealError;
use crate::anchor::AnchorTrust;
use crate::lists::KnownServices;

/// Certificates trusted as ends of a chain. Read from PEM only; an empty set trusts nobody.
#[derive(Clone, Debug, Default)]
pub struct TrustAnchors {
    certificates: Vec<Certificate>,
    others: AnchorTrust,
    lists: Option<Arc<KnownServices>>,
}

impl TrustAnchors {
    /// No anchor: every chain is then without end, and every verdict at best INDETERMINATE.
    pub fn none() -> Self {
        Self::default()
    }

    /// The certificates of one PEM text.
    pub fn from_pem(pem: &[u8]) -> Result<Self, SealError> {
        let certificates =
            pem_certificates(pem).map_err(|e| SealError::Key { what: "trust anchor".into(), why: e.to_string() })?;
        Ok(Self::of(certificates))
    }

    /// The certificates of every `.pem` and `.crt` file of a folder (not of its subfolders), in the order of names.
    pub fn from_folder(folder: &Path) -> Result<Self, SealError> {
        let mut files = Vec::new();
        for entry in fs::read_dir(folder).map_err(|e| SealError::io("list", folder, e))? {
            let path = entry.map_err(|e| SealError::io("list", folder, e))?.path();
            if path.extension().is_some_and(|e| e == "pem" || e == "crt") {
                files.push(path);
            }
        }
        files.sort();
        let mut anchors = Self::default();
        for path in files {
            let pem = fs::read(&path).map_err(|e| SealError::io("read", &path, e))?;
            let certificates = pem_certificates(&pem)
                .map_err(|e| SealError::Key { what: path.display().to_string(), why: e.to_string() })?;
            anchors.add(certificates);
        }
        Ok(anchors)
    }

    /// These anchors and those of `other`.
    #[must_use]
    pub fn with(mut self, other: &Self) -> Self {
        self.add(other.certificates.clone());
        self.others.complete(&other.others);
        self.lists = self.lists.or_else(|| other.lists.clone());
        self
    }

    /// These anchors, with the trusted lists the reader consults: who is qualified is then told beside the verdict. The
    /// lists make nobody an anchor.
    #[must_use]
    pub fn with_lists(mut self, lists: Arc<KnownServices>) -> Self {
        self.lists = Some(lists);
        self
    }

    /// The same, with the certificates of the qualified services of these lists as anchors: only when the reader asks.
    #[must_use]
    pub fn with_services_as_anchors(mut self) -> Self {
        if let Some(lists) = self.lists.clone() {
            self.add(lists.qualified_certificates());
        }
        self
    }

    pub(crate) fn lists(&self) -> Option<&KnownServices> {
        self.lists.as_deref()
    }

    /// These roots, and what the reader brings to check the other anchors of a bundle.
    #[must_use]
    pub fn checking_anchors_with(mut self, others: AnchorTrust) -> Self {
        self.others = others;
        self
    }

    /// What the reader brought to check the other anchors.
    pub(crate) fn anchor_trust(&self) -> &AnchorTrust {
        &self.others
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.certificates.len()
    }

    /// Each certificate, in order: its subject (RFC 4514), the SHA-256 of its octets, and its PEM text.
    pub fn published(&self) -> Vec<(String, Sha256Digest, String)> {
        let pem = |der: &[u8]| {
            let text = STANDARD.encode(der);
            let lines: Vec<&str> =
                text.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
            format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
        };
        self.certificates.iter().map(|one| (one.subject_text(), one.sha256(), pem(one.der()))).collect()
    }

    /// Whether nobody is trusted.
    pub fn is_empty(&self) -> bool {
        self.certificates.is_empty()
    }

    pub(crate) fn of(certificates: Vec<Certificate>) -> Self {
        Self { certificates, others: AnchorTrust::default(), lists: None }
    }

    pub(crate) fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    fn add(&mut self, certificates: Vec<Certificate>) {
        for certificate in certificates {
            if !self.certificates.contains(&certificate) {
                self.certificates.push(certificate);
            }
        }
    }
}
