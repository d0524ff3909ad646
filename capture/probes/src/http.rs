//! HTTP as the probes need it: a deadline, a limit of size, no proxy whatever the environment says.
use std::io::Read as _;
use std::time::Duration;

use ureq::config::IpFamily;
use url::Url;

/// An answer, as it came.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    /// Its status.
    pub(crate) status: u16,
    /// Its header fields, in order, names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// Its body.
    pub(crate) body: Vec<u8>,
    /// The address that answered after the redirects that were followed.
    pub(crate) url: String,
}

impl Reply {
    /// The answer as text for the evidence: status, header fields, body.
    pub(crate) fn raw(&self) -> Vec<u8> {
        let mut text = format!("{}\n{}\n", self.url, self.status).into_bytes();
        for (name, value) in &self.headers {
            text.extend_from_slice(format!("{name}: {value}\n").as_bytes());
        }
        text.push(b'\n');
        text.extend_from_slice(&self.body);
        text
    }
}

/// How a request is made.
#[derive(Clone, Debug)]
pub(crate) struct Question<'a> {
    /// The field `accept`.
    pub(crate) accept: &'a str,
    /// Redirects followed at most; the next is the answer.
    pub(crate) redirects: u32,
    /// The whole exchange ends within it.
    pub(crate) deadline: Duration,
    /// Octets of body read at most.
    pub(crate) limit: u64,
    /// What to do with a longer body: cut it, or fail.
    pub(crate) cut: bool,
    /// Only over IPv4 (`true`) or IPv6 (`false`).
    pub(crate) family: Option<bool>,
    /// `HEAD` instead of `GET`.
    pub(crate) head: bool,
    /// Through this proxy: only to see where it leads.
    pub(crate) proxy: Option<&'a str>,
    /// Roots that count instead of Mozilla's, DER.
    pub(crate) roots: Option<&'a [Vec<u8>]>,
}

impl Default for Question<'_> {
    fn default() -> Self {
        Self {
            accept: "*/*",
            redirects: 0,
            deadline: Duration::from_secs(3),
            limit: 64 * 1024,
            cut: false,
            family: None,
            head: false,
            proxy: None,
            roots: None,
        }
    }
}

/// Asks for `url`; the whole exchange ends within `deadline`, the body has `limit` octets at most.
pub(crate) fn get(url: &Url, accept: &str, redirects: u32, deadline: Duration, limit: u64) -> Result<Reply, String> {
    ask(url, &Question { accept, redirects, deadline, limit, ..Question::default() })
}

/// Asks for `url` in the way said.
pub(crate) fn ask(url: &Url, question: &Question<'_>) -> Result<Reply, String> {
    let agent = agent(question)?;
    let request = if question.head { agent.head(url.as_str()) } else { agent.get(url.as_str()) };
    let mut response = request.header("accept", question.accept).call().map_err(|e| said(&e))?;
    let (mut body, limit) = (Vec::new(), question.limit);
    let room = if question.cut { limit } else { limit + 1 };
    let read = response.body_mut().as_reader().take(room).read_to_end(&mut body);
    read.map_err(|e| said(&ureq::Error::from(e)))?;
    if body.len() as u64 > limit {
        return Err(format!("réponse de plus de {limit} octets"));
    }
    let field = |(name, value): (&ureq::http::HeaderName, &ureq::http::HeaderValue)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let url = ureq::ResponseExt::get_uri(&response).to_string();
    Ok(Reply { status: response.status().as_u16(), headers: response.headers().iter().map(field).collect(), body, url })
}

/// Why there is no answer, in French where the case is usual.
fn said(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Timeout(_) => "pas de réponse dans le délai".into(),
        ureq::Error::HostNotFound => "le nom n'a pas d'adresse connue".into(),
        ureq::Error::Io(e) if e.kind() == std::io::ErrorKind::TimedOut => "pas de réponse dans le délai".into(),
        ureq::Error::Io(e) if e.kind() == std::io::ErrorKind::ConnectionRefused => "connexion refusée".into(),
        ureq::Error::Io(e) if e.to_string().contains("lookup") => "le nom n'a pas d'adresse connue".into(),
        ureq::Error::Io(e) => match e.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            Some(refused) => format!("certificat ou poignée de main refusés ({refused})"),
            None => e.to_string(),
        },
        other => other.to_string(),
    }
}

fn agent(question: &Question<'_>) -> Result<ureq::Agent, String> {
    let family = match question.family {
        None => IpFamily::Any,
        Some(true) => IpFamily::Ipv4Only,
        Some(false) => IpFamily::Ipv6Only,
    };
    let proxy = question.proxy.map(ureq::Proxy::new).transpose().map_err(|e| e.to_string())?;
    let mut config = ureq::Agent::config_builder()
        .timeout_global(Some(question.deadline))
        .max_redirects(question.redirects)
        .http_status_as_error(false)
        .ip_family(family)
        .proxy(proxy)
        .user_agent(concat!("constat/", env!("CARGO_PKG_VERSION")));
    if let Some(roots) = question.roots {
        let roots: Vec<_> = roots.iter().map(|der| ureq::tls::Certificate::from_der(der).to_owned()).collect();
        config = config.tls_config(ureq::tls::TlsConfig::builder().root_certs(roots.into()).build());
    }
    Ok(config.build().new_agent())
}
