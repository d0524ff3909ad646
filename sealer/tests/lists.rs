//! Trusted lists signed by xmlsec1: what is accepted, what is refused and why, and what they say of a bundle.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up is a failed test")]

#[path = "lists/bundles.rs"]
mod bundles;
#[path = "support/sample.rs"]
mod sample;

use std::fs;
use std::path::{Path, PathBuf};

use dossier::Instant;
use fixtures::lists::{ListKey, ListSigner, MadeList, MadeService, usage};
use sealer::lists::{Imported, ListError, Snapshot, import};
use tempfile::TempDir;

fn at() -> Instant {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

/// A place with the signer of a list of lists and that of a national list.
struct Place {
    dir: TempDir,
    root: ListSigner,
    national: ListSigner,
}

fn place_of(kind: ListKey) -> Place {
    let dir = tempfile::tempdir().unwrap();
    let make = |name: &str, kind| ListSigner::create(dir.path(), name, kind).unwrap();
    let (root, national) = (make("europe", kind), make("nation", ListKey::P256));
    Place { root, national, dir }
}

fn place() -> Place {
    place_of(ListKey::P256)
}

impl Place {
    fn target(&self) -> PathBuf {
        self.dir.path().join("confiance")
    }

    fn lists(&self, sequence: u32) -> MadeList {
        let pointers = vec![("XA".to_owned(), vec![self.root.certificate.clone(), self.national.certificate.clone()])];
        MadeList { of_lists: true, pointers, ..MadeList::new("XZ", sequence) }
    }

    fn list(&self, sequence: u32) -> MadeList {
        let service = MadeService::new("CA/QC", &self.root.certificate, "granted", &usage("ForeSeals"));
        MadeList { services: vec![service], ..MadeList::new("XA", sequence) }
    }

    fn import(&self, files: &[Vec<u8>], pinned: &Path, replace: bool) -> Result<Imported, ListError> {
        let named: Vec<_> = files.iter().enumerate().map(|(n, octets)| (format!("{n}.xml"), octets.clone())).collect();
        import(&named, &fs::read(pinned).unwrap(), &self.target(), replace, at())
    }

    /// Imports one list signed by the national signer, pinned.
    fn alone(&self, octets: Vec<u8>) -> Result<Imported, ListError> {
        self.import(&[octets], &self.national.certificate, false)
    }
}

fn code<T>(result: Result<T, ListError>) -> (&'static str, String) {
    match result {
        Ok(_) => ("accepted", String::new()),
        Err(error) => (error.code(), error.to_string()),
    }
}

fn replaced(octets: &[u8], from: &str, to: &str) -> Vec<u8> {
    let text = String::from_utf8(octets.to_vec()).unwrap();
    assert!(text.contains(from), "{from}");
    text.replacen(from, to, 1).into_bytes()
}

#[test]
fn a_list_of_lists_pins_the_others_whatever_its_key() {
    for kind in [ListKey::Rsa256, ListKey::Rsa512, ListKey::P256, ListKey::P384] {
        let place = place_of(kind);
        let files = [place.lists(7).signed(&place.root).unwrap(), place.list(3).signed(&place.national).unwrap()];
        let made = place.import(&files, &place.root.certificate, false).unwrap_or_else(|e| panic!("{kind:?}: {e}"));
        let [lists, list] = made.snapshot.lists.as_slice() else { panic!("{:#?}", made.snapshot) };
        assert_eq!((lists.record.pinned_by.as_str(), list.record.pinned_by.as_str()), ("operator", "XZ-7"));
        assert_eq!(list.list.operator, "Essai & <cie>");
        assert_eq!((list.list.territory.as_str(), list.list.sequence, list.list.version), ("XA", 3, 6));
        assert_eq!(list.list.providers.len(), 1);
        let again = Snapshot::open(&place.target()).unwrap();
        assert_eq!((again.sha256, again.imported_at), (made.snapshot.sha256, at()));
        // Without the list of lists, nobody pinned the national signer; nor did another territory's pointer.
        assert_eq!(code(place.import(&files[1..], &place.root.certificate, true)).0, "list.signer");
        let other = MadeList { territory: "XB".into(), ..place.list(3) }.signed(&place.national).unwrap();
        assert_eq!(code(place.import(&[files[0].clone(), other], &place.root.certificate, true)).0, "list.signer");
    }
}

#[test]
fn xmlsec1_agrees() {
    let place = place();
    let file = place.dir.path().join("liste.xml");
    fs::write(&file, place.list(1).signed(&place.national).unwrap()).unwrap();
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let (pem, file) = (text(&place.national.certificate), text(&file));
    let identifier = "http://uri.etsi.org/01903/v1.3.2#:SignedProperties";
    sample::run("xmlsec1", &["--verify", "--id-attr:Id", identifier, "--trusted-pem", &pem, &file], place.dir.path());
}

#[test]
fn every_octet_of_what_is_signed_counts() {
    let place = place();
    let good = place.list(3).signed(&place.national).unwrap();
    for (from, to) in [
        ("granted", "Granted"),
        ("<TSLSequenceNumber>3", "<TSLSequenceNumber>4"),
        ("ForeSeals", "ForeSigns"),
        ("TSLTag=\"http", "TSLTag=\"Http"),
        ("<?essai un deux?>", "<?essai un trois?>"),
        ("<?fin?>", ""),
        ("2026-01-01T00:00:00Z</xades", "2026-01-02T00:00:00Z</xades"),
        ("xmlns:vide=\"urn:inutile\"", "xmlns:vide=\"urn:utile\""),
        ("\n<?fin?>", "\n<!-- x --><?fin ?>x"),
    ] {
        let refused = code(place.alone(replaced(&good, from, to)));
        assert!(["list.signature", "list.xml"].contains(&refused.0), "{from}: {refused:?}");
    }
    // What canonicalization makes equal is equal: a comment, the quotes, the order of attributes.
    let tag = "http://uri.etsi.org/19612/TSLTag";
    for (from, to) in [
        ("<!-- ESSAI -->", String::new()),
        (&format!("TSLTag=\"{tag}\""), format!("TSLTag = '{tag}'")),
        ("<SchemeOperatorName>\n", "<SchemeOperatorName>\r\n".into()),
    ] {
        assert_eq!(code(place.alone(replaced(&good, from, &to))).0, "accepted", "{from}");
        fs::remove_dir_all(place.target()).unwrap();
    }
}

#[test]
fn a_comment_hides_nothing_from_the_reader() {
    let place = place();
    let good = place.list(3).signed(&place.national).unwrap();
    // Inside a value a comment changes no signature: it must not change what is read either.
    let cut = replaced(&good, "Svcstatus/granted<", "Svcstatus/gran<!-- x -->ted<");
    let made = place.alone(cut).unwrap();
    let service = &made.snapshot.lists[0].list.providers[0].services[0];
    assert_eq!(service.periods[0].status.as_str(), "granted");
}

#[test]
fn a_signature_of_another_form_is_refused() {
    let place = place();
    let sign = |from: &str, to: &str| {
        let unsigned = place.list(3).unsigned().unwrap();
        assert!(unsigned.contains(from), "{from}");
        place.national.sign(&unsigned.replacen(from, to, 1)).unwrap()
    };
    let exclusive = "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>";
    let inclusive = "<ds:Transform Algorithm=\"http://www.w3.org/TR/2001/REC-xml-c14n-20010315\"/>";
    let some = "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\"><ds:XPath>not(\
                ancestor-or-self::*[local-name()='ServiceStatus'])</ds:XPath></ds:Transform><ds:Transform \
                Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>";
    let prefixes = "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"><ec:InclusiveNamespaces \
                    xmlns:ec=\"http://www.w3.org/2001/10/xml-exc-c14n#\" PrefixList=\"sie\"/></ds:Transform>";
    for to in [inclusive, some, prefixes] {
        assert_eq!(code(place.alone(sign(exclusive, to))).0, "list.signature", "{to}");
    }
    for (from, to) in [
        ("xml-exc-c14n#\"/><ds:SignatureMethod", "xml-exc-c14n#WithComments\"/><ds:SignatureMethod"),
        (
            "http://www.w3.org/2001/04/xmlenc#sha256\"/><ds:DigestValue/>",
            "http://www.w3.org/2000/09/xmldsig#sha1\"/><ds:DigestValue/>",
        ),
        ("Type=\"http://uri.etsi.org/01903#SignedProperties\"", "Type=\"urn:autre\""),
        ("URI=\"\"", "URI=\"#sp\""),
    ] {
        let refused = code(place.alone(sign(from, to)));
        assert_eq!(refused.0, "list.signature", "{from}: {refused:?}");
    }
    let good = place.list(3).signed(&place.national).unwrap();
    let text = String::from_utf8(good.clone()).unwrap();
    let (start, end) = (text.find("<ds:Signature ").unwrap(), text.find("</ds:Signature>").unwrap() + 15);
    let twice = format!("{}{}{}", &text[..end], &text[start..end], &text[end..]);
    assert!(code(place.alone(twice.into_bytes())).1.contains("more than one"));
    let none = format!("{}{}", &text[..start], &text[end..]);
    assert!(code(place.alone(none.into_bytes())).1.contains("not signed"));
    // A good list carried whole inside another one, whose own contents nobody signed.
    let inside = text[text.find("<TrustServiceStatusList").unwrap()..].replace("<?fin?>", "");
    let outer = place.list(9).unsigned().unwrap();
    let outer = outer.split_once("<ds:Signature ").unwrap().0.to_owned();
    let wrapped = format!("{outer}<x:y xmlns:x=\"urn:x\">{inside}</x:y></TrustServiceStatusList>");
    assert_eq!(code(place.alone(wrapped.into_bytes())).0, "list.signature");
}

#[test]
fn a_list_signed_by_another_or_naming_another_is_refused() {
    let place = place();
    let by_other = place.list(3).signed(&place.root).unwrap();
    let (found, why) = code(place.alone(by_other));
    assert_eq!(found, "list.signer");
    assert!(why.contains("ESSAI liste europe"), "{why}");
    // The pinned certificate put in the place of the true signer's.
    let der = |path: &Path| {
        let pem = fs::read_to_string(path).unwrap();
        pem.lines().filter(|line| !line.starts_with("-----")).collect::<String>()
    };
    let text = String::from_utf8(place.list(3).signed(&place.root).unwrap()).unwrap();
    let (before, after) = text.rsplit_once("<ds:X509Certificate>").unwrap();
    let after = after.split_once("</ds:X509Certificate>").unwrap().1;
    let forged =
        format!("{before}<ds:X509Certificate>{}</ds:X509Certificate>{after}", der(&place.national.certificate));
    assert_eq!(code(place.alone(forged.into_bytes())).0, "list.signature");
    // Signed by the right key, naming another certificate in its properties.
    let unsigned = place.list(3).unsigned().unwrap().replace("@CERTIFICAT@", &"A".repeat(43));
    let refused = code(place.alone(place.national.sign(&unsigned).unwrap()));
    assert!(refused.0 == "list.signature" && refused.1.contains("another certificate"), "{refused:?}");
}

#[test]
fn hostile_xml_is_refused_fast() {
    let place = place();
    let bomb = "<!DOCTYPE a [<!ENTITY b \"bbbbbbbbbb\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">]><a>&c;</a>";
    let external = "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>";
    let deep = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
    let latin = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a/>";
    for text in [bomb, external, &deep, latin, "<a>&nbsp;</a>", "<a", "", "<a/><b/>", "<a b='1' b='2'/>", "<p:a/>"] {
        let refused = code(place.alone(text.as_bytes().to_vec()));
        assert_eq!(refused.0, "list.xml", "{refused:?}");
    }
    assert_eq!(code(place.alone(vec![0xff, 0xfe, 0x3c])).0, "list.xml");
    let many = format!("<a>{}</a>", "<b/>".repeat(2_100_000));
    assert_eq!(code(place.alone(many.into_bytes())).0, "list.xml");
}

#[test]
fn what_is_no_list_is_refused_before_its_signature_is_looked_at() {
    let place = place();
    let good = place.list(3).unsigned().unwrap();
    for (from, to) in [
        ("http://uri.etsi.org/02231/v2#", "http://uri.etsi.org/02231/v3#"),
        ("<TSLVersionIdentifier>6", "<TSLVersionIdentifier>4"),
        ("<TSLSequenceNumber>3", "<TSLSequenceNumber>-3"),
        ("<TSLSequenceNumber>3</TSLSequenceNumber>", ""),
        ("<TSLSequenceNumber>3", "<TSLSequenceNumber>4</TSLSequenceNumber><TSLSequenceNumber>3"),
        ("<SchemeTerritory>XA", "<SchemeTerritory>../../XA"),
        ("<ListIssueDateTime>2026-01-01T", "<ListIssueDateTime>2026-13-01T"),
        ("Svctype/CA/QC<", "Svctype/<b/>CA/QC<"),
        ("<DigitalId><X509Certificate>", "<DigitalId><X509Certificate>*"),
    ] {
        let refused = code(place.alone(replaced(good.as_bytes(), from, to)));
        assert_eq!(refused.0, "list.structure", "{from}: {refused:?}");
    }
}

#[test]
fn a_snapshot_is_checked_each_time_and_never_goes_back() {
    let place = place();
    let signed = |sequence| place.list(sequence).signed(&place.national).unwrap();
    let first = place.alone(signed(5)).unwrap().snapshot;
    // It is not overwritten, nor replaced by something older; the one before is kept.
    assert_eq!(code(place.alone(signed(6))).0, "list.order");
    assert_eq!(code(place.import(&[signed(4)], &place.national.certificate, true)).0, "list.order");
    assert_eq!(Snapshot::open(&place.target()).unwrap().sha256, first.sha256);
    let made = place.import(&[signed(6)], &place.national.certificate, true).unwrap();
    assert_eq!(Snapshot::open(&made.previous.unwrap()).unwrap().sha256, first.sha256);
    assert_eq!(code(place.import(&[signed(6), signed(7)], &place.national.certificate, true)).0, "list.order");
    // Anything changed in the folder is found.
    let list = place.target().join("listes/XA-6.xml");
    let octets = fs::read(&list).unwrap();
    fs::write(&list, replaced(&octets, "granted", "grantee")).unwrap();
    assert_eq!(code(Snapshot::open(&place.target())).0, "list.snapshot");
    fs::write(&list, &octets).unwrap();
    let index = place.target().join("index.json");
    let good = fs::read_to_string(&index).unwrap();
    for (from, to) in [
        ("\"sequence\":6", "\"sequence\":5"),
        ("\"pinned_by\":\"operator\"", "\"pinned_by\":\"EU-1\""),
        ("constat-confiance/1", "constat-confiance/2"),
        ("{\"format\"", "{ \"format\""),
        ("\"territory\":\"XA\"", "\"territory\":\"../x\""),
        ("\"issued\":\"2026", "\"issued\":\"2027"),
    ] {
        fs::write(&index, replaced(good.as_bytes(), from, to)).unwrap();
        let refused = code(Snapshot::open(&place.target())).0;
        assert!(["list.snapshot", "list.io"].contains(&refused), "{from}: {refused}");
    }
    fs::write(&index, &good).unwrap();
    let signer = fs::read_dir(place.target().join("signataires")).unwrap().next().unwrap().unwrap().path();
    fs::copy(&place.root.certificate, &signer).unwrap();
    assert_eq!(code(Snapshot::open(&place.target())).0, "list.snapshot");
}
