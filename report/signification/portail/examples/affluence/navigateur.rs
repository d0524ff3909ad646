//! Why: a browser without a script, from an address of its own on loopback; it waits when it is asked to, and says so.
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpSocket;

use crate::mesure::Mesures;

/// An answer.
pub(crate) struct Reponse {
    pub(crate) statut: u16,
    entetes: Vec<(String, String)>,
    pub(crate) corps: Vec<u8>,
}

impl Reponse {
    pub(crate) fn entete(&self, nom: &str) -> Option<&str> {
        self.entetes.iter().find(|(name, _)| name == nom).map(|(_, value)| value.as_str())
    }

    pub(crate) fn texte(&self) -> String {
        String::from_utf8_lossy(&self.corps).into_owned()
    }

    /// The token of the form posted to `action`.
    pub(crate) fn jeton(&self, action: &str) -> Option<String> {
        let text = self.texte();
        let (_, after) = text.split_once(&format!("action=\"{action}\""))?;
        let (_, after) = after.split_once("name=\"jeton\" value=\"")?;
        Some(after.split_once('"')?.0.to_owned())
    }

    pub(crate) fn valeur(&self, nom: &str) -> Option<String> {
        let text = self.texte();
        let (_, after) = text.split_once(&format!("name=\"{nom}\" value=\""))?;
        Some(after.split_once('"')?.0.to_owned())
    }
}

/// A browser.
pub(crate) struct Client {
    adresse: SocketAddr,
    depuis: IpAddr,
    cookies: BTreeMap<String, String>,
    mesures: Arc<Mesures>,
}

impl Client {
    pub(crate) fn new(adresse: SocketAddr, depuis: IpAddr, mesures: Arc<Mesures>) -> Self {
        Self { adresse, depuis, cookies: BTreeMap::new(), mesures }
    }

    pub(crate) async fn get(&mut self, quoi: &'static str, chemin: &str) -> Reponse {
        self.demander(quoi, "GET", chemin, &[]).await
    }

    pub(crate) async fn poster(
        &mut self,
        quoi: &'static str,
        action: &str,
        jeton: &str,
        champs: &[(&str, &str)],
    ) -> Reponse {
        let body = {
            let mut out = url::form_urlencoded::Serializer::new(String::new());
            out.append_pair("jeton", jeton).extend_pairs(champs).finish()
        };
        self.demander(quoi, "POST", action, body.as_bytes()).await
    }

    /// Asks until it is let in: 429 and 503 say how long to wait. The time kept is that of the try that was let in.
    async fn demander(&mut self, quoi: &'static str, methode: &str, chemin: &str, corps: &[u8]) -> Reponse {
        let request = self.ecrire(methode, chemin, corps);
        loop {
            let begin = Instant::now();
            let Some(answer) = self.echanger(&request).await else {
                self.mesures.compter(format!("{quoi} : connexion perdue"));
                tokio::time::sleep(Duration::from_millis(500)).await;
                continue;
            };
            if answer.statut == 429 || answer.statut == 503 {
                self.mesures.compter(format!("{quoi} : {}", answer.statut));
                let wait = answer.entete("retry-after").and_then(|text| text.parse().ok()).unwrap_or(1);
                tokio::time::sleep(Duration::from_secs(wait)).await;
                continue;
            }
            self.mesures.noter(quoi, begin.elapsed());
            self.garder(&answer);
            return answer;
        }
    }

    fn ecrire(&self, methode: &str, chemin: &str, corps: &[u8]) -> Vec<u8> {
        let host = self.adresse;
        let mut head = format!("{methode} {chemin} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
        if !self.cookies.is_empty() {
            let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            head += &format!("Cookie: {}\r\n", pairs.join("; "));
        }
        if methode == "POST" {
            let length = corps.len();
            head += &format!(
                "Origin: http://{host}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n"
            );
        }
        head += "\r\n";
        [head.as_bytes(), corps].concat()
    }

    async fn echanger(&self, request: &[u8]) -> Option<Reponse> {
        let socket = TcpSocket::new_v4().ok()?;
        socket.bind(SocketAddr::new(self.depuis, 0)).ok()?;
        let mut stream = socket.connect(self.adresse).await.ok()?;
        stream.write_all(request).await.ok()?;
        let mut octets = Vec::new();
        stream.read_to_end(&mut octets).await.ok()?;
        lire(&octets)
    }

    fn garder(&mut self, answer: &Reponse) {
        for (name, cookie) in &answer.entetes {
            if name == "set-cookie"
                && let Some((name, value)) = cookie.split(';').next().unwrap_or_default().split_once('=')
            {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

/// Reads an answer; one that is shorter than it says is lost.
fn lire(octets: &[u8]) -> Option<Reponse> {
    let end = octets.windows(4).position(|w| w == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(octets.get(..end)?).into_owned();
    let mut lines = head.lines();
    let statut = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let pairs = lines.filter_map(|line| line.split_once(':'));
    let entetes: Vec<(String, String)> =
        pairs.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect();
    let corps = octets.get(end + 4..)?.to_vec();
    let answer = Reponse { statut, entetes, corps };
    let told = answer.entete("content-length").and_then(|text| text.parse::<usize>().ok());
    told.is_none_or(|length| length == answer.corps.len()).then_some(answer)
}
