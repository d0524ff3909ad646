//! A certificate revocation list (RFC 5280 5), read once; what it says of one certificate.
use std::ops::Range;

use const_oid::ObjectIdentifier;
use dossier::Instant;

use crate::asn1::{Der, DerError, Element, Tag};
use crate::oid;
use crate::time_text::read_time;
use crate::x509::{Certificate, SignatureAlgorithm, add_addresses, extension_list, name_text, read_authority_key};

/// Entries read at most: lists of large authorities hold some ten thousands.
const MAX_ENTRIES: usize = 200_000;

/// Why a certificate was revoked (CRLReason, RFC 5280 5.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// No reason is given.
    Absent,
    Unspecified,
    /// Of the key itself, of its authority or of its attribute authority.
    Compromise,
    AffiliationChanged,
    Superseded,
    CessationOfOperation,
    /// May be lifted.
    Hold,
    /// `removeFromCRL`, `privilegeWithdrawn` or a number that means nothing here.
    Other(u64),
}

impl Reason {
    /// From the number of a CRLReason.
    pub(crate) fn of(number: u64) -> Self {
        match number {
            0 => Self::Unspecified,
            1 | 2 | 10 => Self::Compromise,
            3 => Self::AffiliationChanged,
            4 => Self::Superseded,
            5 => Self::CessationOfOperation,
            6 => Self::Hold,
            other => Self::Other(other),
        }
    }

    /// The reason as RFC 5280 writes it.
    pub(crate) fn text(self) -> String {
        match self {
            Self::Absent => "sans motif".into(),
            Self::Unspecified => "unspecified".into(),
            Self::Compromise => "keyCompromise".into(),
            Self::AffiliationChanged => "affiliationChanged".into(),
            Self::Superseded => "superseded".into(),
            Self::CessationOfOperation => "cessationOfOperation".into(),
            Self::Hold => "certificateHold".into(),
            Self::Other(number) => format!("CRLReason {number}"),
        }
    }
}

/// A revocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Revocation {
    pub(crate) at: Instant,
    pub(crate) reason: Reason,
    /// Since when the key is suspected (RFC 5280 5.3.2).
    pub(crate) invalid_since: Option<Instant>,
}

/// What the issuing distribution point (RFC 5280 5.2.5) restricts the list to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Scope {
    points: Vec<String>,
    only_users: bool,
    only_authorities: bool,
    /// Some reasons only, attributes only, or certificates of other issuers: such lists are not used.
    partial: bool,
}

/// A parsed CRL.
#[derive(Clone, Debug)]
pub(crate) struct Crl {
    der: Vec<u8>,
    tbs: Range<usize>,
    pub(crate) issuer: Vec<u8>,
    pub(crate) this_update: Instant,
    pub(crate) next_update: Option<Instant>,
    entries: Vec<(Vec<u8>, Revocation)>,
    pub(crate) authority_key: Option<Vec<u8>>,
    scope: Scope,
    /// Certificates that expired since that date stay on the list (X.509 9.5.2.8).
    keeps_expired_since: Option<Instant>,
    /// A delta list, a critical extension that is not processed, in the list or in an entry.
    unusable: Option<String>,
    algorithm: Option<SignatureAlgorithm>,
    signature: Vec<u8>,
}

impl Crl {
    /// Parses exactly one DER `CertificateList`.
    pub(crate) fn parse(octets: &[u8]) -> Result<Self, DerError> {
        let mut outer = Der::one(octets, Tag::SEQUENCE, "CertificateList")?.inside();
        let tbs = outer.expect(Tag::SEQUENCE, "TBSCertList")?;
        let algorithm = outer.expect(Tag::SEQUENCE, "signatureAlgorithm")?;
        let signature = outer.expect(Tag::BIT_STRING, "signatureValue")?;
        outer.end("CertificateList")?;
        let [0, signature @ ..] = signature.content else { return Err(DerError("signature: unused bits".into())) };
        let mut fields = tbs.inside();
        if fields.expect(Tag::INTEGER, "version (v2)")?.content != [1] {
            return Err(DerError("CRL version other than v2".into()));
        }
        if fields.expect(Tag::SEQUENCE, "signature")?.whole != algorithm.whole {
            return Err(DerError("the two signature algorithms of the CRL differ".into()));
        }
        let issuer = fields.expect(Tag::SEQUENCE, "issuer")?.whole.to_vec();
        let this_update = read_time(&fields.next("thisUpdate")?)?;
        let dated = matches!(fields.peek(), Some(Tag::UTC_TIME | Tag::GENERALIZED_TIME));
        let next_update = if dated { Some(read_time(&fields.next("nextUpdate")?)?) } else { None };
        let listed = fields.optional(Tag::SEQUENCE, "revokedCertificates")?;
        let extensions = fields.optional(Tag::context(0), "crlExtensions")?;
        fields.end("TBSCertList")?;
        let start = tbs.whole.as_ptr() as usize - octets.as_ptr() as usize;
        let mut crl = Self {
            der: octets.to_vec(),
            tbs: start..start + tbs.whole.len(),
            issuer,
            this_update,
            next_update,
            entries: Vec::new(),
            authority_key: None,
            scope: Scope::default(),
            keeps_expired_since: None,
            unusable: None,
            algorithm: SignatureAlgorithm::of_certificate(&algorithm).ok(),
            signature: signature.to_vec(),
        };
        for element in
            listed.map(|e| e.inside().all(MAX_ENTRIES, "revokedCertificates")).transpose()?.into_iter().flatten()
        {
            crl.read_entry(&element)?;
        }
        if let Some(extensions) = extensions {
            for (id, critical, value) in extension_list(extensions.content)? {
                crl.read_extension(id, critical, value)?;
            }
        }
        Ok(crl)
    }

    fn read_entry(&mut self, element: &Element<'_>) -> Result<(), DerError> {
        let mut parts = Der::one(element.whole, Tag::SEQUENCE, "revoked certificate")?.inside();
        let serial = parts.expect(Tag::INTEGER, "userCertificate")?.content.to_vec();
        let mut revocation =
            Revocation { at: read_time(&parts.next("revocationDate")?)?, reason: Reason::Absent, invalid_since: None };
        if let Some(extensions) = parts.optional(Tag::SEQUENCE, "crlEntryExtensions")? {
            for (id, critical, value) in extension_list(extensions.whole)? {
                match id {
                    oid::CE_CRL_REASON => revocation.reason = read_reason(value)?,
                    oid::CE_INVALIDITY_DATE => {
                        let time = Der::one(value, Tag::GENERALIZED_TIME, "invalidityDate")?;
                        revocation.invalid_since = Some(read_time(&time)?);
                    }
                    _ if critical => self.refuse(format!("critical extension {id} in an entry")),
                    _ => {}
                }
            }
        }
        parts.end("revoked certificate")?;
        self.entries.push((serial, revocation));
        Ok(())
    }

    fn read_extension(&mut self, id: ObjectIdentifier, critical: bool, value: &[u8]) -> Result<(), DerError> {
        match id {
            oid::CE_AUTHORITY_KEY_IDENTIFIER => self.authority_key = read_authority_key(value)?,
            oid::CE_ISSUING_DISTRIBUTION_POINT => self.scope = read_scope(value)?,
            oid::CE_DELTA_CRL_INDICATOR => self.refuse("a delta CRL".into()),
            oid::CE_EXPIRED_CERTS_ON_CRL => {
                let time = Der::one(value, Tag::GENERALIZED_TIME, "ExpiredCertsOnCRL")?;
                self.keeps_expired_since = Some(read_time(&time)?);
            }
            _ if critical => self.refuse(format!("critical extension {id}")),
            _ => {}
        }
        Ok(())
    }

    fn refuse(&mut self, why: String) {
        self.unusable.get_or_insert(why);
    }

    /// The original octets.
    pub(crate) fn der(&self) -> &[u8] {
        &self.der
    }

    /// What it is, for people.
    pub(crate) fn label(&self) -> String {
        format!("CRL de {} du {}", name_text(&self.issuer), self.this_update)
    }

    /// Whether `issuer` is named as its issuer and its key made the signature.
    pub(crate) fn is_signed_by(&self, issuer: &Certificate) -> bool {
        let tbs = self.der.get(self.tbs.clone()).unwrap_or_default();
        self.issuer == issuer.subject
            && self.algorithm.is_some_and(|algorithm| issuer.key.verify(algorithm, tbs, &self.signature).is_ok())
    }

    /// Whether this list, signed by `issuer`, speaks of `certificate` at all (RFC 5280 6.3.3), or why not.
    pub(crate) fn covers(&self, certificate: &Certificate, issuer: &Certificate) -> Result<(), String> {
        if let Some(why) = &self.unusable {
            return Err(why.clone());
        }
        if self.issuer != certificate.issuer || !self.is_signed_by(issuer) {
            return Err("of another authority, or its signature is wrong".into());
        }
        if !issuer.extensions.key_use.is_some_and(|usage| usage.crl_sign) {
            return Err("its signer has no key usage cRLSign".into());
        }
        if self.this_update < issuer.not_before || self.this_update > issuer.not_after {
            return Err("made outside the validity of its signer".into());
        }
        let authority = certificate.extensions.constraints.ca;
        let scope = &self.scope;
        if scope.partial || scope.only_users && authority || scope.only_authorities && !authority {
            return Err("restricted to other certificates or to some reasons".into());
        }
        let announced = &certificate.extensions.sources.crls;
        if !scope.points.is_empty() && !announced.is_empty() && !announced.iter().any(|p| scope.points.contains(p)) {
            return Err("of another distribution point".into());
        }
        // An authority may take expired certificates off its list.
        if certificate.not_after < self.this_update
            && self.keeps_expired_since.is_none_or(|since| since > certificate.not_after)
            && self.entry(certificate).is_none()
        {
            return Err("made after the certificate expired".into());
        }
        Ok(())
    }

    /// What it says of a certificate it covers: `None` is not revoked.
    pub(crate) fn entry(&self, certificate: &Certificate) -> Option<&Revocation> {
        self.entries.iter().find(|(serial, _)| *serial == certificate.serial).map(|(_, revocation)| revocation)
    }
}

/// A CRLReason, ENUMERATED.
pub(super) fn read_reason(value: &[u8]) -> Result<Reason, DerError> {
    Ok(Reason::of(Der::one(value, Tag::ENUMERATED, "CRLReason")?.small()?))
}

fn read_scope(value: &[u8]) -> Result<Scope, DerError> {
    let mut parts = Der::one(value, Tag::SEQUENCE, "IssuingDistributionPoint")?.inside();
    let mut scope = Scope::default();
    if let Some(name) = parts.optional(Tag::context(0), "distributionPoint")? {
        match name.inside().optional(Tag::context(0), "fullName")? {
            Some(full) => add_addresses(&mut scope.points, full.content)?,
            None => scope.partial = true,
        }
    }
    let mut flag = |number: u8, what: &str| -> Result<bool, DerError> {
        match parts.optional(Tag::context_primitive(number), what)?.map(|e| e.content) {
            None | Some([0]) => Ok(false),
            Some([0xff]) => Ok(true),
            Some(_) => Err(DerError(format!("{what}: not DER"))),
        }
    };
    scope.only_users = flag(1, "onlyContainsUserCerts")?;
    scope.only_authorities = flag(2, "onlyContainsCACerts")?;
    let reasons = parts.optional(Tag::context_primitive(3), "onlySomeReasons")?.is_some();
    let mut flag = |number: u8, what: &str| parts.optional(Tag::context_primitive(number), what);
    let indirect = flag(4, "indirectCRL")?.is_some_and(|e| e.content != [0]);
    let attributes = flag(5, "onlyContainsAttributeCerts")?.is_some_and(|e| e.content != [0]);
    parts.end("IssuingDistributionPoint")?;
    scope.partial |= reasons || indirect || attributes;
    Ok(scope)
}
