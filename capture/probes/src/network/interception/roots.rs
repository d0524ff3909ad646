//! Authorities added to this machine: to the system's store, to the databases a browser may read, by the browser's policies.
use std::collections::BTreeSet;

use dossier::Sha256Digest;
use serde_json::{Value, json};

use super::chain::{is_no_authority, pem_certificates, subject};
use crate::World;
use crate::network::policies;

/// Folders of authorities that an administrator adds: Debian, Red Hat.
const ADDED: &[&str] = &["/usr/local/share/ca-certificates", "/etc/pki/ca-trust/source/anchors"];
/// What the package of the system puts there, by its own list.
const PACKAGE: &str = "/var/lib/dpkg/info/ca-certificates.list";
const PACKAGED: &str = "/usr/share/ca-certificates/";
/// The store that programs read.
const BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";
const STORE: &str = "/etc/ssl/certs";
/// NSS databases below a home folder that Chromium reads, and those of the system.
const NSS: &[&str] = &[".pki/nssdb", "snap/chromium/current/.pki/nssdb", ".local/share/pki/nssdb"];
/// Policies of Chromium that add authorities.
const POLICIES: &[&str] = &["CACertificates", "CACertificatesWithConstraints"];
/// Authorities told at most, folders deep, files looked at, octets of a database looked at.
const MOST: usize = 50;
const DEEPEST: usize = 4;
const FILES: usize = 2000;
const DATABASE: usize = 8 * 1024 * 1024;

/// What was found, and the deviations.
pub(super) fn local(world: &World) -> (Value, Vec<String>) {
    let mut deviations = Vec::new();
    let (store, packaged, mut added) = system(world);
    added.truncate(MOST);
    for one in &added {
        let text = |key: &str| one.get(key).and_then(Value::as_str).unwrap_or("");
        deviations.push(format!("autorité ajoutée à la machine : {} ({})", text("subject"), text("file")));
    }
    let nss = nss(world);
    for one in nss.iter().filter(|one| one["certificates"].as_array().is_some_and(|list| !list.is_empty())) {
        let path = one["path"].as_str().unwrap_or("");
        deviations.push(format!("la base {path}, que le navigateur pourrait lire, contient des certificats"));
    }
    let mut imposed = Vec::new();
    for (path, text) in policies(world) {
        let Ok(Value::Object(keys)) = serde_json::from_str::<Value>(&text) else { continue };
        for key in
            POLICIES.iter().filter(|key| keys.get(**key).is_some_and(|v| v.as_array().is_none_or(|l| !l.is_empty())))
        {
            imposed.push(json!({"file": path, "policy": key}));
            deviations.push(format!("la stratégie {key} de {path} ajoute des autorités au navigateur"));
        }
    }
    (json!({"store": store, "package": packaged, "added": added, "nss": nss, "policies": imposed}), deviations)
}

/// How many authorities the store holds, how many the package gives (when the system has its list), those that were added.
fn system(world: &World) -> (usize, Option<usize>, Vec<Value>) {
    let (mut added, mut told) = (Vec::new(), BTreeSet::new());
    let mut tell = |file: &str, der: &[u8]| {
        let digest = Sha256Digest::of(der);
        if told.insert(digest.to_string()) {
            let subject = subject(der).unwrap_or_else(|| "certificat illisible".into());
            added.push(json!({"file": file, "subject": subject, "sha256": digest}));
        }
    };
    for folder in ADDED {
        for file in files(world, folder) {
            for der in pem_certificates(&world.text(&file).unwrap_or_default()) {
                tell(&file, &der);
            }
        }
    }
    let store: Vec<Vec<u8>> = pem_certificates(&world.text(BUNDLE).unwrap_or_default());
    let Some(list) = world.text(PACKAGE) else { return (store.len(), None, added) };
    let given = list.lines().filter(|line| line.starts_with(PACKAGED) && line.ends_with(".crt"));
    let given: BTreeSet<Vec<u8>> =
        given.flat_map(|file| pem_certificates(&world.text(file).unwrap_or_default())).collect();
    // Java keeps its own in that folder; links to what the package gives hold the same octets.
    let names = world.names(STORE).into_iter().filter(|name| name.ends_with(".pem")).take(FILES);
    let single = names.map(|name| format!("{STORE}/{name}"));
    for (file, der) in store.iter().map(|der| (BUNDLE.to_owned(), der.clone())).chain(single.flat_map(|file| {
        pem_certificates(&world.text(&file).unwrap_or_default()).into_iter().map(move |d| (file.clone(), d))
    })) {
        // A server's own certificate may lie there too (Debian's package ssl-cert).
        if !given.contains(&der) && !is_no_authority(&der) {
            tell(&file, &der);
        }
    }
    (store.len(), Some(given.len()), added)
}

/// The files below a folder.
fn files(world: &World, folder: &str) -> Vec<String> {
    let (mut found, mut folders) = (Vec::new(), vec![(folder.to_owned(), 0)]);
    while let Some((folder, depth)) = folders.pop() {
        for name in world.names(&folder) {
            let path = format!("{folder}/{name}");
            if world.path(&path).is_dir() {
                if depth < DEEPEST {
                    folders.push((path, depth + 1));
                }
            } else if found.len() < FILES {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Databases that a browser of this account could read, and the certificates that lie in them.
fn nss(world: &World) -> Vec<Value> {
    let home = world.variable("HOME").map(str::to_owned);
    let own = home.into_iter().flat_map(|home| NSS.iter().map(move |folder| format!("{home}/{folder}")));
    let all = own.chain(["/etc/pki/nssdb".to_owned(), "/etc/chromium/nssdb".to_owned()]);
    let one = |folder: String| {
        let path =
            ["cert9.db", "cert8.db"].map(|name| format!("{folder}/{name}")).into_iter().find(|p| world.exists(p))?;
        let Some(bytes) = world.bytes(&path) else {
            return Some(json!({"path": path, "certificates": [], "why": "illisible"}));
        };
        Some(json!({"path": path, "certificates": carved(bytes.get(..DATABASE).unwrap_or(&bytes))}))
    };
    all.filter_map(one).collect()
}

/// The certificates that lie whole in a database, whatever its format: DER sequences that are certificates (RFC 5280).
fn carved(bytes: &[u8]) -> Vec<String> {
    let mut found = BTreeSet::new();
    for (at, window) in bytes.windows(4).enumerate() {
        let [0x30, 0x82, high, low] = window else { continue };
        let length = 4 + usize::from(u16::from_be_bytes([*high, *low]));
        if let Some(subject) = bytes.get(at..at + length).filter(|_| length < 16 * 1024).and_then(subject) {
            found.insert(subject);
        }
        if found.len() == MOST {
            break;
        }
    }
    found.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::super::chain::pem;
    use super::*;
    use crate::test_support::world_with;

    fn authority(name: &str) -> Vec<u8> {
        let mut params = rcgen::CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    fn put(root: &Path, path: &str, bytes: impl AsRef<[u8]>) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// A system whose package gives one authority.
    fn system_with(given: &[u8], bundle: &[Vec<u8>]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let file = "usr/share/ca-certificates/mozilla/A.crt";
        put(folder.path(), file, pem(&[given.to_vec()]));
        put(folder.path(), "var/lib/dpkg/info/ca-certificates.list", format!("/usr\n/{file}\n"));
        put(folder.path(), "etc/ssl/certs/ca-certificates.crt", pem(bundle));
        folder
    }

    #[test]
    fn a_store_that_is_the_package_s_has_nothing_added() {
        let given = authority("A");
        let folder = system_with(&given, std::slice::from_ref(&given));
        let (data, deviations) = local(&world_with(folder.path(), &[("HOME", "/root")]));
        assert_eq!(deviations, [""; 0]);
        assert_eq!((&data["store"], &data["package"]), (&json!(1), &json!(1)));
    }

    #[test]
    fn an_authority_added_anywhere_is_told_once() {
        let (given, other) = (authority("A"), authority("Relais"));
        let folder = system_with(&given, &[given.clone(), other.clone()]);
        put(folder.path(), "etc/ssl/certs/relais.pem", pem(std::slice::from_ref(&other)));
        let (data, deviations) = local(&world_with(folder.path(), &[]));
        assert_eq!(data["added"].as_array().unwrap().len(), 1, "{data}");
        assert!(deviations[0].contains("CN=Relais"), "{deviations:?}");
        put(folder.path(), "usr/local/share/ca-certificates/sub/relais.crt", pem(&[other]));
        let (data, _) = local(&world_with(folder.path(), &[]));
        assert_eq!(data["added"][0]["file"], "/usr/local/share/ca-certificates/sub/relais.crt");
    }

    #[test]
    fn a_server_s_own_certificate_is_no_authority() {
        let given = authority("A");
        let folder = system_with(&given, std::slice::from_ref(&given));
        let mut params = rcgen::CertificateParams::default();
        params.is_ca = rcgen::IsCa::ExplicitNoCa;
        let own = params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().der().to_vec();
        put(folder.path(), "etc/ssl/certs/ssl-cert-snakeoil.pem", pem(&[own]));
        assert_eq!(local(&world_with(folder.path(), &[])).1, [""; 0]);
    }

    #[test]
    fn a_database_and_a_policy_that_add_one() {
        let (given, other) = (authority("A"), authority("Relais"));
        let folder = system_with(&given, std::slice::from_ref(&given));
        put(
            folder.path(),
            "home/o/.pki/nssdb/cert9.db",
            [b"SQLite format 3\0\x30\x82\xff\xff".to_vec(), other].concat(),
        );
        put(folder.path(), "etc/chromium/policies/managed/p.json", r#"{"CACertificates": ["MIIB"]}"#);
        let (data, deviations) = local(&world_with(folder.path(), &[("HOME", "/home/o")]));
        assert_eq!(data["nss"][0]["certificates"], json!(["CN=Relais"]));
        assert_eq!(deviations.len(), 2, "{deviations:?}");
    }
}
