//! `ASiCManifest*.xml` (ETSI EN 319 162-1 A.4): written by hand, so that its octets are known; read strictly.
mod read;
mod write;

pub(crate) use read::parse;
pub(crate) use write::write;

/// Namespace of the manifest.
pub(crate) const NS_ASIC: &str = "http://uri.etsi.org/02918/v1.2.1#";
/// Namespace of its digests.
pub(crate) const NS_DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";
/// The only digest algorithm: SHA-256.
pub(crate) const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
/// Media type of a seal.
pub(crate) const TYPE_SIGNATURE: &str = "application/x-pkcs7-signature";
/// Media type of a token.
pub(crate) const TYPE_TOKEN: &str = "application/vnd.etsi.timestamp-token";

/// What a manifest says: the file that protects it, and the files it covers, each with its SHA-256.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AsicManifest {
    /// Entry of the seal or token over this manifest.
    pub(crate) protector: String,
    /// Media type of that entry.
    pub(crate) protector_type: String,
    /// Entry, media type when stated, SHA-256.
    pub(crate) files: Vec<AsicReference>,
}

/// One covered file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AsicReference {
    pub(crate) name: String,
    pub(crate) media_type: Option<String>,
    pub(crate) sha256: dossier::Sha256Digest,
    /// `Rootfile="true"`: in an archive manifest, the manifest it prolongs (EN 319 162-1 A.7).
    pub(crate) root_file: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use dossier::Sha256Digest;
    use proptest::prelude::*;

    fn sample() -> AsicManifest {
        let file = |name: &str, media_type: Option<&str>| AsicReference {
            name: name.into(),
            media_type: media_type.map(str::to_owned),
            sha256: Sha256Digest::of(name.as_bytes()),
            root_file: name.ends_with(".xml"),
        };
        AsicManifest {
            protector: "META-INF/signature001.p7s".into(),
            protector_type: TYPE_SIGNATURE.into(),
            files: vec![
                file("constat.json", Some("application/json")),
                file("screens/a.png", None),
                file("META-INF/a.xml", Some("text/xml")),
            ],
        }
    }

    #[test]
    fn round_trip_and_tricks() {
        let xml = String::from_utf8(write(&sample())).unwrap();
        assert_eq!(parse(xml.as_bytes()).unwrap(), sample());
        let tricks = [
            xml.replace("?>\n<", "?>\n<!DOCTYPE x [<!ENTITY e \"x\">]>\n<"),
            xml.replace("constat.json", "constat.js&#111;n"),
            xml.replace("constat.json", "constat.js%6fn"),
            xml.replace("constat.json", "../constat.json"),
            xml.replace("constat.json", "constat.json#x"),
            xml.replace("constat.json", "file:///constat.json"),
            xml.replace("screens/a.png", "constat.json"),
            xml.replace("xmldsig#", "xmldsig#x"),
            xml.replace("v1.2.1#", "v1.2.2#"),
            xml.replace("xmlenc#sha256", "xmldsig#sha1"),
            xml.replacen("<ds:DigestValue>", "<ds:DigestValue><!-- x -->", 1),
            xml.replacen("<ds:DigestValue>", "<ds:DigestValue> ", 1),
            xml.replacen("<asic:DataObjectReference", "<asic:DataObjectReference Rootfile=\"true\"", 1),
            xml.replacen("<asic:DataObjectReference", "<x/><asic:DataObjectReference", 1),
            xml.replace("</asic:ASiCManifest>", "</asic:ASiCManifest><x/>"),
            xml.replace("</asic:ASiCManifest>", ""),
            format!("\u{feff}{xml}"),
            format!("{xml} "),
        ];
        for trick in tricks {
            assert!(parse(trick.as_bytes()).is_err(), "{trick}");
        }
    }

    proptest! {
        #[test]
        fn parse_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = parse(&bytes);
        }

        #[test]
        fn only_its_own_octets_are_accepted(at in 0_usize..900, bit in 0_u8..8) {
            let mut bytes = write(&sample());
            let at = at % bytes.len();
            bytes[at] ^= 1 << bit;
            if let Ok(read) = parse(&bytes) {
                prop_assert_ne!(read, sample());
            }
        }
    }
}
