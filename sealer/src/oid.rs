//! Object identifiers by name, with the document that assigns each.
use const_oid::ObjectIdentifier;

macro_rules! oids {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        $($(#[$doc])* pub(crate) const $name: ObjectIdentifier = ObjectIdentifier::new_unwrap($text);)*
    };
}

oids! {
    // CMS (RFC 5652)
    ID_DATA = "1.2.840.113549.1.7.1";
    ID_SIGNED_DATA = "1.2.840.113549.1.7.2";
    CONTENT_TYPE = "1.2.840.113549.1.9.3";
    MESSAGE_DIGEST = "1.2.840.113549.1.9.4";
    SIGNING_TIME = "1.2.840.113549.1.9.5";
    // ESS (RFC 2634, RFC 5035)
    SIGNING_CERTIFICATE_V1 = "1.2.840.113549.1.9.16.2.12";
    SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47";
    // TSP (RFC 3161)
    SIGNATURE_TIME_STAMP = "1.2.840.113549.1.9.16.2.14";
    ID_CT_TST_INFO = "1.2.840.113549.1.9.16.1.4";
    KP_TIME_STAMPING = "1.3.6.1.5.5.7.3.8";
    // Digests (FIPS 180-4, RFC 5754)
    SHA256 = "2.16.840.1.101.3.4.2.1";
    SHA384 = "2.16.840.1.101.3.4.2.2";
    SHA512 = "2.16.840.1.101.3.4.2.3";
    // Keys and signatures (RFC 5480, RFC 5758, RFC 8017)
    EC_PUBLIC_KEY = "1.2.840.10045.2.1";
    P256 = "1.2.840.10045.3.1.7";
    P384 = "1.3.132.0.34";
    ECDSA_SHA256 = "1.2.840.10045.4.3.2";
    ECDSA_SHA384 = "1.2.840.10045.4.3.3";
    RSA_ENCRYPTION = "1.2.840.113549.1.1.1";
    RSA_SHA256 = "1.2.840.113549.1.1.11";
    RSA_SHA384 = "1.2.840.113549.1.1.12";
    RSA_PSS = "1.2.840.113549.1.1.10";
    MGF1 = "1.2.840.113549.1.1.8";
    RSA_SHA512 = "1.2.840.113549.1.1.13";
    // X.509 (RFC 5280)
    CE_SUBJECT_KEY_IDENTIFIER = "2.5.29.14";
    CE_KEY_USAGE = "2.5.29.15";
    CE_SUBJECT_ALT_NAME = "2.5.29.17";
    CE_BASIC_CONSTRAINTS = "2.5.29.19";
    CE_CERTIFICATE_POLICIES = "2.5.29.32";
    CE_CRL_REASON = "2.5.29.21";
    CE_INVALIDITY_DATE = "2.5.29.24";
    CE_DELTA_CRL_INDICATOR = "2.5.29.27";
    CE_ISSUING_DISTRIBUTION_POINT = "2.5.29.28";
    CE_NAME_CONSTRAINTS = "2.5.29.30";
    CE_CRL_DISTRIBUTION_POINTS = "2.5.29.31";
    CE_POLICY_CONSTRAINTS = "2.5.29.36";
    CE_INHIBIT_ANY_POLICY = "2.5.29.54";
    CE_EXPIRED_CERTS_ON_CRL = "2.5.29.60";
    ANY_POLICY = "2.5.29.32.0";
    PE_AUTHORITY_INFO_ACCESS = "1.3.6.1.5.5.7.1.1";
    AD_OCSP = "1.3.6.1.5.5.7.48.1";
    AD_CA_ISSUERS = "1.3.6.1.5.5.7.48.2";
    // OCSP (RFC 6960), and its answers inside CMS (RFC 5940)
    OCSP_BASIC = "1.3.6.1.5.5.7.48.1.1";
    OCSP_NONCE = "1.3.6.1.5.5.7.48.1.2";
    OCSP_NO_CHECK = "1.3.6.1.5.5.7.48.1.5";
    KP_OCSP_SIGNING = "1.3.6.1.5.5.7.3.9";
    RI_OCSP_RESPONSE = "1.3.6.1.5.5.7.16.2";
    SHA1 = "1.3.14.3.2.26";
    CE_AUTHORITY_KEY_IDENTIFIER = "2.5.29.35";
    CE_EXT_KEY_USAGE = "2.5.29.37";
    // QCStatements (RFC 3739 3.2.6, ETSI EN 319 412-5), and the policies of ETSI TS 101 456 before the regulation
    PE_QC_STATEMENTS = "1.3.6.1.5.5.7.1.3";
    QC_COMPLIANCE = "0.4.0.1862.1.1";
    QC_SSCD = "0.4.0.1862.1.4";
    QC_TYPE = "0.4.0.1862.1.6";
    QC_TYPE_ESIGN = "0.4.0.1862.1.6.1";
    QC_TYPE_ESEAL = "0.4.0.1862.1.6.2";
    QC_TYPE_WEB = "0.4.0.1862.1.6.3";
    QC_LEGISLATION = "0.4.0.1862.1.7";
    QCP_PUBLIC_WITH_SSCD = "0.4.0.1456.1.1";
    QCP_PUBLIC = "0.4.0.1456.1.2";
    AT_COMMON_NAME = "2.5.4.3";
    AT_COUNTRY = "2.5.4.6";
    AT_ORGANIZATION = "2.5.4.10";
}
