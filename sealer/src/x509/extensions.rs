//! The extensions of a certificate (RFC 5280 4.2) that this code processes; any other critical one is remembered, and
//! makes the certificate useless for a path.
use const_oid::ObjectIdentifier;

use super::QcStatements;
use super::names::{GeneralName, NameConstraints};
use crate::asn1::{Der, DerError, Element, Tag};
use crate::oid;

/// Values read at most in one extension.
const MAX_VALUES: usize = 64;

/// Bits of the key usage extension (RFC 5280 4.2.1.3) that matter here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct KeyUse {
    pub(crate) digital_signature: bool,
    pub(crate) non_repudiation: bool,
    pub(crate) key_cert_sign: bool,
    pub(crate) crl_sign: bool,
    /// Any bit set but `digitalSignature` and `nonRepudiation`.
    pub(crate) other: bool,
    /// Every bit as it stands: `digitalSignature` (0) is the highest.
    pub(crate) bits: u16,
}

/// Basic constraints (RFC 5280 4.2.1.9).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Constraints {
    pub(crate) ca: bool,
    pub(crate) path_length: Option<u64>,
}

/// Policy constraints (RFC 5280 4.2.1.11) and inhibit anyPolicy (4.2.1.14): certificates that may still follow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PolicyLimits {
    pub(crate) require_explicit: Option<u64>,
    pub(crate) inhibit_any: Option<u64>,
}

/// Where a certificate says that its issuer and its state can be had: `http` and `https` addresses only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sources {
    /// CRL distribution points (4.2.1.13).
    pub(crate) crls: Vec<String>,
    /// OCSP responders (authority information access, 4.2.2.1).
    pub(crate) ocsp: Vec<String>,
    /// Certificates of the issuer (authority information access, 4.2.2.1).
    pub(crate) issuers: Vec<String>,
    /// Whether a CRL or an OCSP responder is announced, by any kind of address.
    pub(crate) announced: bool,
}

/// Everything read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Extensions {
    pub(crate) constraints: Constraints,
    pub(crate) key_use: Option<KeyUse>,
    /// The purposes of the extended key usage, and whether the extension is critical.
    pub(crate) purposes: Option<(Vec<ObjectIdentifier>, bool)>,
    pub(crate) subject_key: Option<Vec<u8>>,
    pub(crate) authority_key: Option<Vec<u8>>,
    pub(crate) policies: Option<Vec<ObjectIdentifier>>,
    pub(crate) policy_limits: PolicyLimits,
    pub(crate) names: Option<NameConstraints>,
    pub(crate) alternative_names: Vec<GeneralName>,
    pub(crate) sources: Sources,
    /// id-pkix-ocsp-nocheck (RFC 6960 4.2.2.2.1): this responder's own state is not to be asked.
    pub(crate) no_check: bool,
    /// QCStatements; `Err` when they cannot be read, which refuses nothing: they are a claim.
    pub(crate) qc: Option<Result<QcStatements, DerError>>,
    /// Critical extensions this code does not process: such a certificate is refused (RFC 5280 4.2).
    pub(crate) unknown_critical: Vec<ObjectIdentifier>,
}

impl Extensions {
    /// Reads the `[3]` field of a TBSCertificate.
    pub(crate) fn read(explicit: &Element<'_>) -> Result<Self, DerError> {
        let mut found = Self::default();
        for (id, critical, value) in list(explicit.content)? {
            found.read_one(id, critical, value)?;
        }
        Ok(found)
    }

    fn read_one(&mut self, id: ObjectIdentifier, critical: bool, value: &[u8]) -> Result<(), DerError> {
        match id {
            oid::CE_BASIC_CONSTRAINTS => self.constraints = read_constraints(value)?,
            oid::CE_KEY_USAGE => self.key_use = Some(read_key_use(value)?),
            oid::CE_EXT_KEY_USAGE => {
                let list = Der::one(value, Tag::SEQUENCE, "ExtKeyUsage")?.inside().all(32, "ExtKeyUsage")?;
                let purposes = list.iter().map(Element::oid).collect::<Result<_, _>>()?;
                self.purposes = Some((purposes, critical));
            }
            oid::CE_SUBJECT_KEY_IDENTIFIER => {
                self.subject_key = Some(Der::one(value, Tag::OCTET_STRING, "SubjectKeyIdentifier")?.content.to_vec());
            }
            oid::CE_AUTHORITY_KEY_IDENTIFIER => self.authority_key = read_authority_key(value)?,
            oid::CE_SUBJECT_ALT_NAME => self.alternative_names = GeneralName::list(value, MAX_VALUES)?,
            oid::CE_NAME_CONSTRAINTS => self.names = Some(NameConstraints::read(value)?),
            oid::CE_CERTIFICATE_POLICIES => self.policies = Some(read_policies(value)?),
            oid::CE_POLICY_CONSTRAINTS => {
                let mut parts = Der::one(value, Tag::SEQUENCE, "PolicyConstraints")?.inside();
                let explicit = parts.optional(Tag::context_primitive(0), "requireExplicitPolicy")?;
                self.policy_limits.require_explicit = explicit.map(|e| e.small()).transpose()?;
                // Mappings are never applied here, so that their inhibition asks nothing.
                parts.optional(Tag::context_primitive(1), "inhibitPolicyMapping")?;
                parts.end("PolicyConstraints")?;
            }
            oid::CE_INHIBIT_ANY_POLICY => {
                self.policy_limits.inhibit_any = Some(Der::one(value, Tag::INTEGER, "InhibitAnyPolicy")?.small()?);
            }
            oid::CE_CRL_DISTRIBUTION_POINTS => self.read_distribution_points(value)?,
            oid::PE_AUTHORITY_INFO_ACCESS => self.read_access(value)?,
            oid::OCSP_NO_CHECK => self.no_check = true,
            oid::PE_QC_STATEMENTS => {
                self.qc = Some(QcStatements::read(value));
                if critical {
                    self.unknown_critical.push(id);
                }
            }
            _ if critical => self.unknown_critical.push(id),
            _ => {}
        }
        Ok(())
    }

    fn read_distribution_points(&mut self, value: &[u8]) -> Result<(), DerError> {
        let what = "CRLDistributionPoints";
        for point in Der::one(value, Tag::SEQUENCE, what)?.inside().all(MAX_VALUES, what)? {
            let mut parts = Der::one(point.whole, Tag::SEQUENCE, "DistributionPoint")?.inside();
            self.sources.announced = true;
            if let Some(name) = parts.optional(Tag::context(0), "distributionPoint")?
                && let Some(full) = name.inside().optional(Tag::context(0), "fullName")?
            {
                add_addresses(&mut self.sources.crls, full.content)?;
            }
        }
        Ok(())
    }

    fn read_access(&mut self, value: &[u8]) -> Result<(), DerError> {
        let what = "AuthorityInfoAccess";
        for access in Der::one(value, Tag::SEQUENCE, what)?.inside().all(MAX_VALUES, what)? {
            let mut parts = Der::one(access.whole, Tag::SEQUENCE, "AccessDescription")?.inside();
            let method = parts.expect(Tag::OID, "accessMethod")?.oid()?;
            let location = parts.next("accessLocation")?;
            match method {
                oid::AD_OCSP => {
                    self.sources.announced = true;
                    add_addresses(&mut self.sources.ocsp, location.whole)?;
                }
                oid::AD_CA_ISSUERS => add_addresses(&mut self.sources.issuers, location.whole)?,
                _ => {}
            }
        }
        Ok(())
    }
}

/// One extension: identifier, whether it is critical, value.
type Entry<'a> = (ObjectIdentifier, bool, &'a [u8]);

/// The entries of an `Extensions` SEQUENCE; each identifier once.
pub(crate) fn list(octets: &[u8]) -> Result<Vec<Entry<'_>>, DerError> {
    let mut found: Vec<Entry<'_>> = Vec::new();
    for element in Der::one(octets, Tag::SEQUENCE, "Extensions")?.inside().all(MAX_VALUES, "Extensions")? {
        let mut parts = Der::one(element.whole, Tag::SEQUENCE, "Extension")?.inside();
        let id = parts.expect(Tag::OID, "extnID")?.oid()?;
        let critical = parts.flag("critical")?;
        let value = parts.expect(Tag::OCTET_STRING, "extnValue")?.content;
        parts.end("Extension")?;
        if found.iter().any(|(known, ..)| *known == id) {
            return Err(DerError(format!("extension {id} twice")));
        }
        found.push((id, critical, value));
    }
    Ok(found)
}

/// The `keyIdentifier` of an AuthorityKeyIdentifier.
pub(crate) fn read_authority_key(value: &[u8]) -> Result<Option<Vec<u8>>, DerError> {
    let mut parts = Der::one(value, Tag::SEQUENCE, "AuthorityKeyIdentifier")?.inside();
    Ok(parts.optional(Tag::context_primitive(0), "keyIdentifier")?.map(|k| k.content.to_vec()))
}

/// The `http` and `https` addresses among general names.
pub(crate) fn add_addresses(to: &mut Vec<String>, names: &[u8]) -> Result<(), DerError> {
    for name in Der::new(names).all(MAX_VALUES, "GeneralNames")? {
        // uniformResourceIdentifier, an IA5String.
        let text = std::str::from_utf8(name.content).unwrap_or_default();
        let web = text.starts_with("http://") || text.starts_with("https://");
        if name.tag == Tag::context_primitive(6) && web && text.bytes().all(|b| b.is_ascii_graphic()) {
            to.push(text.to_owned());
        }
    }
    Ok(())
}

fn read_policies(value: &[u8]) -> Result<Vec<ObjectIdentifier>, DerError> {
    let what = "CertificatePolicies";
    let list = Der::one(value, Tag::SEQUENCE, what)?.inside().all(MAX_VALUES, what)?;
    list.iter().map(|policy| policy.inside().expect(Tag::OID, "policyIdentifier")?.oid()).collect()
}

fn read_constraints(value: &[u8]) -> Result<Constraints, DerError> {
    let mut parts = Der::one(value, Tag::SEQUENCE, "BasicConstraints")?.inside();
    let ca = parts.flag("cA")?;
    let path_length = parts.optional(Tag::INTEGER, "pathLenConstraint")?.map(|e| e.small()).transpose()?;
    parts.end("BasicConstraints")?;
    Ok(Constraints { ca, path_length })
}

fn read_key_use(value: &[u8]) -> Result<KeyUse, DerError> {
    let bits = Der::one(value, Tag::BIT_STRING, "KeyUsage")?.content;
    let (first, rest) = match bits {
        [0..=7, first, rest @ ..] => (*first, rest),
        _ => return Err(DerError("KeyUsage: empty".into())),
    };
    Ok(KeyUse {
        digital_signature: first & 0x80 != 0,
        non_repudiation: first & 0x40 != 0,
        key_cert_sign: first & 0x04 != 0,
        crl_sign: first & 0x02 != 0,
        other: first & 0x3f != 0 || rest.iter().any(|b| *b != 0),
        bits: u16::from_be_bytes([first, rest.first().copied().unwrap_or_default()]),
    })
}
