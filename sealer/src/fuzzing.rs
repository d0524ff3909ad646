//! Doors for the fuzz targets of `fuzz/`: each takes foreign octets to one reader, and drops what it gives.

/// The zip audit, with both policies.
pub fn zip_audit(octets: &[u8]) {
    let source = crate::source::Source::memory(octets.to_vec());
    let _ = crate::zip_audit::audit(&source, &crate::zip_audit::Policy::OUTER);
    let _ = crate::zip_audit::audit(&source, &crate::zip_audit::Policy::INNER);
}

/// The reader of CMS, and the check of the signer.
pub fn cms(octets: &[u8]) {
    if let Ok(parsed) = crate::cms::parse(octets) {
        let _ = crate::cms::check_signer(&parsed, b"x", crate::oid::ID_DATA);
    }
}

/// The signatures of a PDF, trusting nobody.
pub fn pades(octets: &[u8]) {
    let _ =
        crate::pades::verify(octets, &crate::TrustAnchors::none(), dossier::Instant::new(jiff::Timestamp::UNIX_EPOCH));
}

/// A response of an authority, and the token inside.
pub fn token(octets: &[u8]) {
    let none = crate::TrustAnchors::none();
    let _ = crate::tsp::check_token(octets, b"x", &none);
    if let Ok(token) = crate::tsp::token_of(octets) {
        let _ = crate::tsp::check_token(token, b"x", &none);
    }
    let _ = crate::tsp::TstInfo::parse(octets);
}

/// A CRL, and what it says of a certificate.
pub fn crl(octets: &[u8]) {
    if let Ok(crl) = crate::revocation::Crl::parse(octets) {
        let _ = crl.label();
        crate::revocation::Pool { crls: vec![crl], ..Default::default() }.unexplained();
    }
}

/// An OCSP answer, and the same inside a SignedData.
pub fn ocsp(octets: &[u8]) {
    if let Ok(answer) = crate::revocation::OcspAnswer::parse(octets) {
        let _ = answer.label();
        crate::revocation::Pool { answers: vec![answer], ..Default::default() }.unexplained();
    }
    if let Ok(element) = crate::asn1::Der::new(octets).next("fuzz") {
        let _ = crate::revocation::Carried::read(&[element]);
    }
}

/// A certificate, and the names in it.
pub fn certificate(octets: &[u8]) {
    if let Ok(certificate) = crate::x509::Certificate::parse(octets) {
        let _ = (certificate.names(), certificate.subject_text(), certificate.is_signed_by(&certificate));
        let trusted = crate::TrustAnchors::of(vec![certificate.clone()]);
        let at = certificate.not_before;
        let _ = crate::x509::validate(&certificate, &[], &trusted, at, crate::x509::Purpose::Seal);
    }
}

/// The ASiC manifest.
pub fn manifest_xml(octets: &[u8]) {
    let _ = crate::asic::parse(octets);
}

/// A trusted list: its canonical form, its contents, and its signature by nobody.
pub fn trusted_list(octets: &[u8]) {
    crate::lists::fuzz(octets);
}

/// An evidence record, written again as it was read.
pub fn record(octets: &[u8]) {
    if let Ok(record) = crate::ers::EvidenceRecord::parse(octets) {
        assert!(crate::ers::EvidenceRecord::parse(&record.to_der()).is_ok_and(|again| again == record));
    }
}

/// An OpenTimestamps proof, and what it attests.
pub fn ots(octets: &[u8]) {
    if let Ok(proof) = crate::anchor::ots::Detached::parse(octets) {
        let _ = proof.timestamp.attested(&proof.digest);
        let _ = proof.to_bytes();
    }
    let digest = dossier::Sha256Digest::ZERO;
    let _ = crate::anchor::judge_ots("fuzz", octets, &digest, None);
}

/// A proof of the office's log, a note, a policy.
pub fn tlog(octets: &[u8]) {
    let _ = crate::tlog::TlogProof::parse(octets);
    let text = String::from_utf8_lossy(octets);
    let _ = crate::tlog::Note::parse(&text).map(|note| crate::tlog::Checkpoint::parse(&note.text));
    let _ = crate::tlog::LogPolicy::parse(&text);
    let _ = crate::tlog::VerifierKey::parse(&text);
}

/// `constat.json` and the journal: strict JSON, every field known.
pub fn json(octets: &[u8]) {
    if let Ok(value) = dossier::parse_strict(octets) {
        let again = dossier::canonical_bytes(&value).ok().map(|bytes| dossier::parse_strict(&bytes));
        assert!(again.is_none_or(|again| again.is_ok_and(|again| again == value)));
        let _ = serde_json::from_value::<dossier::Manifest>(value);
    }
    if let Ok((journal, _)) = dossier::Journal::read(octets) {
        let _ = crate::derive::announced(&journal);
    }
}

/// A picture: its pixels and its EXIF.
pub fn picture(octets: &[u8]) {
    let _ = crate::image_facts::measure(std::io::Cursor::new(octets));
    let _ = crate::image_form::check(std::io::Cursor::new(octets));
    let _ = crate::image_facts::exif_fields(&mut std::io::Cursor::new(octets));
}

/// A whole bundle: without anchor nor trust, no foreign octet is ever valid.
pub fn bundle(octets: &[u8]) {
    let Some(at) = dossier::Instant::from_millisecond(1_795_252_323_000) else { return };
    let checked = crate::verify_bytes(octets.to_vec(), &crate::TrustAnchors::none(), at);
    assert_ne!(checked.verdict, crate::Verdict::Pass);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_reader_panics(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            super::zip_audit(&bytes);
            super::cms(&bytes);
            super::token(&bytes);
            super::crl(&bytes);
            super::ocsp(&bytes);
            super::certificate(&bytes);
            super::manifest_xml(&bytes);
            super::trusted_list(&bytes);
            super::record(&bytes);
            super::pades(&bytes);
            super::ots(&bytes);
            super::tlog(&bytes);
            super::json(&bytes);
            super::picture(&bytes);
            super::bundle(&bytes);
        }
    }
}
