//! What a certificate says of its own qualification: QCStatements (RFC 3739, 3.2.6; ETSI EN 319 412-5). A claim only:
//! whether it is true, the trusted lists say.
use serde::Serialize;

use crate::asn1::{Der, DerError, Tag};
use crate::oid;

/// Statements and values read at most.
const MAX: usize = 32;

/// The statements that matter here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct QcStatements {
    /// QcCompliance: issued as a qualified certificate under Regulation (EU) No 910/2014 (Directive 1999/93/EC before).
    pub compliance: bool,
    /// QcSSCD: the key is in a qualified device.
    pub device: bool,
    /// QcType: `esign`, `eseal` or `web`, or the identifier of another.
    pub types: Vec<String>,
    /// QcCClegislation: the countries whose law the statement is made under, when it is not the Union's.
    pub legislation: Vec<String>,
    /// Other statements, by their identifiers.
    pub others: Vec<String>,
}

impl QcStatements {
    /// Reads the extension.
    pub(crate) fn read(value: &[u8]) -> Result<Self, DerError> {
        let mut found = Self::default();
        for statement in Der::one(value, Tag::SEQUENCE, "QCStatements")?.inside().all(MAX, "QCStatements")? {
            let mut parts = Der::one(statement.whole, Tag::SEQUENCE, "QCStatement")?.inside();
            let id = parts.expect(Tag::OID, "statementId")?.oid()?;
            match id {
                oid::QC_COMPLIANCE => found.compliance = true,
                oid::QC_SSCD => found.device = true,
                oid::QC_TYPE => {
                    for kind in parts.expect(Tag::SEQUENCE, "QcType")?.inside().all(MAX, "QcType")? {
                        found.types.push(match kind.oid()? {
                            oid::QC_TYPE_ESIGN => "esign".into(),
                            oid::QC_TYPE_ESEAL => "eseal".into(),
                            oid::QC_TYPE_WEB => "web".into(),
                            other => other.to_string(),
                        });
                    }
                }
                oid::QC_LEGISLATION => {
                    for country in parts.expect(Tag::SEQUENCE, "QcCClegislation")?.inside().all(MAX, "country")? {
                        found.legislation.push(String::from_utf8_lossy(country.content).chars().take(8).collect());
                    }
                }
                other => found.others.push(other.to_string()),
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asn1::{oid as oid_der, sequence};

    #[test]
    fn the_statements_of_a_qualified_seal() {
        let statement = |id, more: &[u8]| sequence(&[&oid_der(id), more]);
        let kinds = sequence(&[&oid_der(oid::QC_TYPE_ESEAL)]);
        let value = sequence(&[
            &statement(oid::QC_COMPLIANCE, &[]),
            &statement(oid::QC_SSCD, &[]),
            &statement(oid::QC_TYPE, &kinds),
        ]);
        let read = QcStatements::read(&value).unwrap();
        assert!(read.compliance && read.device && read.legislation.is_empty());
        assert_eq!(read.types, ["eseal"]);
        assert!(QcStatements::read(&value[..value.len() - 1]).is_err());
        assert!(QcStatements::read(&sequence(&[&kinds])).unwrap().others == ["0.4.0.1862.1.6.2"]);
    }
}
