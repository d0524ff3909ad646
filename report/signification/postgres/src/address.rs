//! Where the server is: an address read from a file that only its owner may read, and that no error nor log repeats.
use std::net::IpAddr;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use signification::SignificationError;
use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use url::{Host, Url};

/// The longest address read, in bytes.
const LONGEST: u64 = 4096;

/// What every session of ours is set to, whatever the server's configuration says.
const SETTINGS: [(&str, &str); 10] = [
    // A statement that waits longer than that, in milliseconds, fails.
    ("statement_timeout", "30000"),
    // A client that went away without a word is noticed, so that its lock is free for the next.
    ("tcp_keepalives_idle", "10"),
    ("tcp_keepalives_interval", "5"),
    ("tcp_keepalives_count", "3"),
    ("client_connection_check_interval", "2000"),
    // Everything is looked for by its key: statistics that are late must never choose to read a whole table.
    ("enable_seqscan", "off"),
    ("enable_bitmapscan", "off"),
    ("jit", "off"),
    ("search_path", "signification"),
    ("client_min_messages", "warning"),
];

/// Reads `postgresql://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=…&sslrootcert=…` (for a local socket,
/// `@localhost/DATABASE?host=/folder`) from the first line of a file of mode 0600 that belongs to whoever runs this.
pub(crate) fn read(file: &Path) -> Result<PgConnectOptions, SignificationError> {
    let io = |error| SignificationError::io("read", file, error);
    let about = std::fs::symlink_metadata(file).map_err(io)?;
    let own = about.uid() == rustix::process::geteuid().as_raw();
    if !about.is_file() || !own || about.mode() & 0o077 != 0 || about.len() > LONGEST {
        let why = "doit être un fichier ordinaire que seul son propriétaire peut lire (chmod 600)";
        return Err(refused(file, why));
    }
    let text = std::fs::read_to_string(file).map_err(io)?;
    parse(text.lines().next().unwrap_or_default().trim()).map_err(|why| refused(file, why))
}

/// The host that the address names; `localhost` for a local socket.
///
/// # Errors
/// `Config` when the file is not fit.
pub fn hote(file: &Path) -> Result<String, SignificationError> {
    read(file)
        .map(|options| if options.get_socket().is_some() { "localhost".into() } else { options.get_host().into() })
}

fn refused(file: &Path, why: &str) -> SignificationError {
    SignificationError::Config { why: format!("adresse PostgreSQL, {} : {why}", file.display()) }
}

fn parse(text: &str) -> Result<PgConnectOptions, &'static str> {
    let url = Url::parse(text).map_err(|_| "pas une adresse « postgresql://… »")?;
    if !["postgresql", "postgres"].contains(&url.scheme()) || url.fragment().is_some() {
        return Err("pas une adresse « postgresql://… »");
    }
    let (mut socket, mut mode, mut root) = (None, None, None);
    for (key, value) in url.query_pairs() {
        let place = match &*key {
            "host" if value.starts_with('/') => &mut socket,
            "sslmode" => &mut mode,
            "sslrootcert" => &mut root,
            _ => return Err("« ? » n'est suivi que de « host=/dossier », « sslmode » et « sslrootcert »"),
        };
        if place.replace(value.into_owned()).is_some() {
            return Err("un paramètre est donné deux fois");
        }
    }
    let (user, base) = (decoded(url.username())?, decoded(url.path().trim_start_matches('/'))?);
    if user.is_empty() || base.is_empty() {
        return Err("l'utilisateur ou la base manque");
    }
    let password = decoded(url.password().unwrap_or_default())?;
    let options = PgConnectOptions::new_without_pgpass()
        .username(&user)
        .password(&password)
        .database(&base)
        .port(url.port().unwrap_or(5432))
        .application_name("constat")
        .options(SETTINGS)
        .disable_statement_logging();
    match (url.host_str(), socket) {
        (Some("localhost"), Some(folder)) => Ok(options.socket(folder).ssl_mode(PgSslMode::Disable)),
        (Some(host), None) => {
            let mode = ssl_mode(mode.as_deref(), is_local(&url))?;
            let options = options.host(host.trim_matches(['[', ']'])).ssl_mode(mode);
            Ok(if let Some(root) = root { options.ssl_root_cert(root) } else { options })
        }
        _ => Err("il faut un serveur, ou « localhost » et le dossier de sa prise (« ?host=/… »)"),
    }
}

fn decoded(text: &str) -> Result<String, &'static str> {
    percent(text).ok_or("un « %… » qui n'est pas de l'UTF-8")
}

/// Percent-decoding (RFC 3986, 2.1).
fn percent(text: &str) -> Option<String> {
    let (mut octets, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((first, after)) = rest.split_first() {
        if *first == b'%' {
            let (digits, after) = after.split_at_checked(2)?;
            octets.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
            rest = after;
        } else {
            octets.push(*first);
            rest = after;
        }
    }
    String::from_utf8(octets).ok()
}

fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        // Schemes that browsers do not know keep addresses as text.
        Some(Host::Domain(name)) => name == "localhost" || name.parse::<IpAddr>().is_ok_and(|a| a.is_loopback()),
        None => false,
    }
}

/// Towards another machine, the server must prove who it is: acts and identities go through.
fn ssl_mode(asked: Option<&str>, local: bool) -> Result<PgSslMode, &'static str> {
    match asked {
        None if local => Ok(PgSslMode::Prefer),
        None | Some("verify-full") => Ok(PgSslMode::VerifyFull),
        Some("verify-ca") => Ok(PgSslMode::VerifyCa),
        Some("require") if local => Ok(PgSslMode::Require),
        Some("disable") if local => Ok(PgSslMode::Disable),
        Some(_) => Err("vers une autre machine, « sslmode » est « verify-full » ou « verify-ca »"),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn an_address_is_whole_or_refused_and_its_password_never_told() {
        let good = parse("postgresql://constat:s%C3%A9cr%2Fet@base.essai.test:6000/signification").unwrap();
        assert_eq!((good.get_host(), good.get_port(), good.get_username()), ("base.essai.test", 6000, "constat"));
        assert_eq!(good.get_database(), Some("signification"));
        assert!(matches!(good.get_ssl_mode(), PgSslMode::VerifyFull), "another machine proves who it is");
        let local = parse("postgresql://constat:x@127.0.0.1/base?sslmode=disable").unwrap();
        assert!(matches!(local.get_ssl_mode(), PgSslMode::Disable));
        let socket = parse("postgresql://constat:x@localhost/base?host=/run/postgresql").unwrap();
        assert_eq!(socket.get_socket().unwrap().to_str(), Some("/run/postgresql"));
        for bad in [
            "",
            "base.essai.test",
            "http://constat:secret@h/base",
            "postgresql://constat:secret@h",
            "postgresql://h/base",
            "postgresql://constat:secret@/base",
            "postgresql://constat:secret@h/base?host=/run",
            "postgresql://constat:secret@h/base?host=autre",
            "postgresql://constat:secret@h/base?sslmode=disable",
            "postgresql://constat:secret@h/base?sslmode=prefer",
            "postgresql://constat:secret@h/base?options=-c%20synchronous_commit%3Doff",
            "postgresql://constat:secret@h/base?sslmode=verify-ca&sslmode=verify-ca",
            "postgresql://constat:%ff@h/base",
        ] {
            let why = parse(bad).err().unwrap_or_else(|| panic!("{bad} was taken"));
            assert!(!why.contains("secret"), "{bad}");
        }
    }

    #[test]
    fn a_file_that_others_may_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("base.url");
        std::fs::write(&file, "postgresql://constat:motdepasse@127.0.0.1/base\n").unwrap();
        for (mode, taken) in [(0o644, false), (0o640, false), (0o600, true), (0o400, true)] {
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
            match read(&file) {
                Ok(options) => {
                    assert!(taken, "{mode:o}");
                    assert_eq!(options.get_host(), "127.0.0.1");
                }
                Err(error) => assert!(!taken && !error.to_string().contains("motdepasse"), "{mode:o}: {error}"),
            }
        }
        std::os::unix::fs::symlink(&file, folder.path().join("lien")).unwrap();
        assert!(read(&folder.path().join("lien")).is_err());
    }
}
