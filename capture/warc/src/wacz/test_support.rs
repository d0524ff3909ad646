//! A sample package and a signer, shared by the tests of this folder.
use std::io::Cursor;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use p384::SecretKey;
use p384::ecdsa::signature::hazmat::PrehashSigner;
use p384::ecdsa::{Signature, SigningKey};
use p384::pkcs8::EncodePublicKey;

use super::*;
use crate::{
    Body, Budget, Page, RecordId, RecordType, WarcRecord, WarcWriter, http, index_reader, write_cdxj, write_pages,
};
use dossier::{Instant, Sha256Digest};

pub(super) fn date() -> Instant {
    "2026-11-21T09:12:03.045Z".parse().unwrap()
}

pub(super) fn meta() -> WaczMeta {
    WaczMeta {
        title: "Constat d'essai".into(),
        description: None,
        created: "2026-11-21T10:00:00Z".parse().unwrap(),
        software: "constat/0.1.0".into(),
        main_page: Some(("http://example.org/".into(), date())),
    }
}

/// The three files of a small capture: archive, index, pages.
pub(super) fn parts() -> [(&'static str, Vec<u8>); 3] {
    let headers = [("Content-Type".into(), "text/html".into()), ("Content-Length".into(), "3".into())];
    let head = http::response_head("HTTP/1.1", 200, "OK", &headers).unwrap();
    let mut writer = WarcWriter::new(Vec::new());
    let info = WarcRecord::warcinfo(RecordId::v5(&["info"]), date(), "data.warc.gz", b"software: x\r\n");
    writer.write(&info).unwrap();
    for url in ["http://example.org/", "http://example.org/b"] {
        let id = RecordId::v5(&["response", url]);
        writer.write(&WarcRecord::http(RecordType::Response, id, date(), url, &head, Body::Bytes(b"<p>"))).unwrap();
    }
    let archive = writer.into_inner();
    let index = write_cdxj(&index_reader(&archive[..], "data.warc.gz", Budget::default()).unwrap());
    let page = Page { id: "1".into(), url: "http://example.org/".into(), ts: date(), title: None, text: None };
    [
        ("archive/data.warc.gz", archive),
        ("indexes/index.cdxj", index.into_bytes()),
        ("pages/pages.jsonl", write_pages("Pages", &[page]).into_bytes()),
    ]
}

pub(super) fn sample(signer: Option<&dyn DigestSigner>) -> (Vec<u8>, WaczSummary) {
    let mut writer = WaczWriter::new(Cursor::new(Vec::new()));
    for (path, bytes) in parts() {
        writer.add_bytes(path, &bytes).unwrap();
    }
    let (inner, summary) = writer.finish(&meta(), signer).unwrap();
    (inner.into_inner(), summary)
}

pub(super) struct TestSigner {
    key: SigningKey,
    spoil: Option<fn(&mut SignedData)>,
}

/// Signs with a fixed key of the tests, then spoils what it signed.
pub(super) fn signer(spoil: Option<fn(&mut SignedData)>) -> TestSigner {
    let key = SecretKey::from_slice(&[7; 48]).unwrap();
    TestSigner { key: SigningKey::from(&key), spoil }
}

impl DigestSigner for TestSigner {
    fn sign(&self, hash_text: &str, created: &str) -> Result<SignedData, SignerError> {
        let signature: Signature = self.key.sign_prehash(Sha256Digest::of(hash_text.as_bytes()).as_bytes())?;
        let public = self.key.verifying_key().to_public_key_der()?;
        let mut signed = SignedData {
            hash: hash_text.into(),
            created: created.into(),
            software: "test".into(),
            version: "0.1.0".into(),
            signature: STANDARD.encode(signature.to_bytes()),
            public_key: STANDARD.encode(public.as_bytes()),
        };
        if let Some(spoil) = self.spoil {
            spoil(&mut signed);
        }
        Ok(signed)
    }
}
