//! A browser without a script: cookies, forms as the page gave them, and raw octets when a test wants to be rude.
use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// An answer.
#[derive(Clone, Debug)]
pub struct Reponse {
    pub statut: u16,
    pub entetes: Vec<(String, String)>,
    pub corps: Vec<u8>,
}

impl Reponse {
    pub fn entete(&self, nom: &str) -> Option<&str> {
        self.entetes.iter().find(|(name, _)| name == nom).map(|(_, value)| value.as_str())
    }

    pub fn tous(&self, nom: &str) -> Vec<&str> {
        self.entetes.iter().filter(|(name, _)| name == nom).map(|(_, value)| value.as_str()).collect()
    }

    pub fn texte(&self) -> String {
        String::from_utf8_lossy(&self.corps).into_owned()
    }

    /// The value of the first field of this name.
    pub fn valeur(&self, nom: &str) -> String {
        let text = self.texte();
        let (_, after) =
            text.split_once(&format!("name=\"{nom}\" value=\"")).unwrap_or_else(|| panic!("{nom} in {text}"));
        after.split_once('"').unwrap().0.to_owned()
    }

    /// The token of the form posted to `action`.
    pub fn jeton(&self, action: &str) -> Option<String> {
        let text = self.texte();
        let (_, after) = text.split_once(&format!("action=\"{action}\""))?;
        let (_, after) = after.split_once("name=\"jeton\" value=\"")?;
        Some(after.split_once('"')?.0.to_owned())
    }
}

/// A browser.
#[derive(Clone, Debug)]
pub struct Client {
    pub adresse: SocketAddr,
    pub cookies: BTreeMap<String, String>,
    /// The name it asks for.
    pub hote: String,
}

pub fn encode(fields: &[(&str, &str)]) -> String {
    let mut out = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields {
        out.append_pair(name, value);
    }
    out.finish()
}

impl Client {
    pub fn new(adresse: SocketAddr) -> Self {
        Self { adresse, cookies: BTreeMap::new(), hote: adresse.to_string() }
    }

    pub fn origine(&self) -> String {
        format!("http://{}", self.hote)
    }

    pub fn get(&mut self, chemin: &str) -> Reponse {
        self.demander("GET", chemin, &[], b"")
    }

    /// Posts a form whose token is on the page `depuis`.
    pub fn poster(&mut self, depuis: &str, action: &str, champs: &[(&str, &str)]) -> Reponse {
        let page = self.get(depuis);
        let jeton = page.jeton(action).unwrap_or_else(|| panic!("no form {action} on {depuis}: {}", page.texte()));
        self.envoyer(action, &jeton, champs)
    }

    /// Posts a form with this token, as a browser does.
    pub fn envoyer(&mut self, action: &str, jeton: &str, champs: &[(&str, &str)]) -> Reponse {
        let mut all = vec![("jeton", jeton)];
        all.extend_from_slice(champs);
        let origin = self.origine();
        self.demander("POST", action, &[("Origin", &origin), ("Content-Type", FORM)], encode(&all).as_bytes())
    }

    pub fn demander(&mut self, methode: &str, chemin: &str, entetes: &[(&str, &str)], corps: &[u8]) -> Reponse {
        let mut request = format!("{methode} {chemin} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.hote);
        if !self.cookies.is_empty() {
            let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request += &format!("Cookie: {}\r\n", pairs.join("; "));
        }
        for (name, value) in entetes {
            request += &format!("{name}: {value}\r\n");
        }
        if methode != "GET" && methode != "HEAD" {
            request += &format!("Content-Length: {}\r\n", corps.len());
        }
        request += "\r\n";
        let answer = self.brut(&[request.as_bytes(), corps].concat());
        for cookie in answer.tous("set-cookie") {
            let (pair, rest) = cookie.split_once(';').unwrap_or((cookie, ""));
            let (name, value) = pair.split_once('=').unwrap();
            if rest.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    /// Sends these octets, and reads until the server closes.
    pub fn brut(&self, octets: &[u8]) -> Reponse {
        let mut stream = self.ouvrir();
        // The server may answer and close before it took everything.
        let _ = stream.write_all(octets);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        lire(&answer)
    }

    pub fn ouvrir(&self) -> TcpStream {
        let stream = TcpStream::connect(self.adresse).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream
    }
}

pub const FORM: &str = "application/x-www-form-urlencoded";

/// Reads an answer; no answer at all is status 0.
pub fn lire(octets: &[u8]) -> Reponse {
    let Some(end) = octets.windows(4).position(|w| w == b"\r\n\r\n") else {
        return Reponse { statut: 0, entetes: Vec::new(), corps: octets.to_vec() };
    };
    let head = String::from_utf8_lossy(&octets[..end]).into_owned();
    let mut lines = head.lines();
    let statut = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let entetes: Vec<(String, String)> = lines
        .map(|line| line.split_once(':').unwrap())
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let rest = &octets[end + 4..];
    let chunked = entetes.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked");
    Reponse { statut, entetes, corps: if chunked { assembler(rest) } else { rest.to_vec() } }
}

fn assembler(mut rest: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(end) = rest.windows(2).position(|w| w == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..end]).unwrap(), 16).unwrap();
        if size == 0 {
            break;
        }
        whole.extend_from_slice(&rest[end + 2..end + 2 + size]);
        rest = &rest[end + 4 + size..];
    }
    whole
}
