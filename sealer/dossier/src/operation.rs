//! The names of what a journal line can say: one constant for each operation of `FORMAT.md`.
use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A dotted operation name, such as `step.begin`. A journal written by a later version may hold names unknown here.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Operation(Cow<'static, str>);

impl Operation {
    /// Parses lower-case words of letters, digits and `_`, joined by dots: 1 to 64 characters.
    pub fn parse(text: &str) -> Option<Self> {
        let word = |w: &str| {
            w.starts_with(|c: char| c.is_ascii_lowercase())
                && w.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        };
        (text.len() <= 64 && text.split('.').all(word)).then(|| Self(Cow::Owned(text.to_owned())))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Operation({})", self.0)
    }
}

impl Serialize for Operation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Operation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom(format!("not an operation name: {text:?}")))
    }
}

macro_rules! operations {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        /// The operations this version writes; the data of each is described in `FORMAT.md`.
        pub mod op {
            use super::{Cow, Operation};
            $($(#[$doc])* pub const $name: Operation = Operation(Cow::Borrowed($text));)*
            /// Every operation this version writes.
            pub const ALL: &[Operation] = &[$($name),*];
        }
    };
}

operations! {
    /// First line of every journal.
    SESSION_OPEN = "session.open";
    /// Parties and object of the constat.
    SESSION_CASE = "session.case";
    /// The plan: file name and digest of the scenario as given.
    SESSION_SCENARIO = "session.scenario";
    /// By what right the pages are reached, as declared.
    SESSION_ACCESS = "session.access";
    /// An interrupted dossier was opened again, to be closed or gone on with.
    SESSION_RESUME = "session.resume";
    /// The steps go on after an interruption: where from, with what lost.
    SESSION_RESUMED = "session.resumed";
    /// The page an interruption lost was gone back to.
    SESSION_RETURNED = "session.returned";
    /// The machine has no network: the session waits.
    NETWORK_LOST = "network.lost";
    /// The network is back, or was no longer awaited.
    NETWORK_BACK = "network.back";
    /// The session before this line ended without closing.
    SESSION_INTERRUPTED = "session.interrupted";
    /// The officer (or Ctrl-C) asked to stop.
    SESSION_STOP = "session.stop";
    /// Last line of every closed journal.
    SESSION_CLOSE = "session.close";
    /// Hardware: DMI, processor, memory.
    MEASURE_MACHINE = "measure.machine";
    /// Operating system and its last updates.
    MEASURE_SYSTEM = "measure.system";
    /// Browser binary: path, version, digest.
    MEASURE_BROWSER = "measure.browser";
    /// Extensions and policies of the browser.
    MEASURE_EXTENSIONS = "measure.extensions";
    /// Viewport, scale, colour depth, as read back from the page.
    MEASURE_DISPLAY = "measure.display";
    /// Language, time zone, user agent and other settings, as read back.
    MEASURE_SETTINGS = "measure.settings";
    /// A simulated telephone: what was declared, and what a page reads of it.
    TELEPHONE = "telephone.declared";
    /// Interfaces, addresses, routes, neighbours.
    MEASURE_NETWORK = "measure.network";
    /// Public address, by independent sources.
    MEASURE_PUBLIC_ADDRESS = "measure.public_address";
    /// Name servers in use.
    MEASURE_RESOLVERS = "measure.resolvers";
    /// Proxy state at every level.
    MEASURE_PROXY = "measure.proxy";
    /// VPN and tunnel scan.
    MEASURE_TUNNEL = "measure.tunnel";
    /// The hosts file.
    MEASURE_HOSTS = "measure.hosts";
    /// The names of the plan, as the system's resolvers and independent ones answer, with DNSSEC.
    MEASURE_NAMES = "measure.names";
    /// Who provides the internet access, by the registration of the public address and as declared.
    MEASURE_PROVIDER = "measure.provider";
    /// Firewall rules.
    MEASURE_FIREWALL = "measure.firewall";
    /// How well the machine reaches a neutral host.
    MEASURE_QUALITY = "measure.quality";
    /// Hosts reached, and the routers on the way.
    MEASURE_ROUTE = "measure.route";
    /// Signs of an interception on the way.
    MEASURE_INTERCEPTION = "measure.interception";
    /// Clock offset against references.
    MEASURE_CLOCK = "measure.clock";
    /// Antivirus engine and result.
    MEASURE_ANTIVIRUS = "measure.antivirus";
    /// One file searched for malware, such as a download.
    MEASURE_SCAN = "measure.scan";
    /// Removable media, shares, recycle bin.
    MEASURE_MEDIA = "measure.media";
    /// Processes, sessions, remote control.
    MEASURE_PROCESSES = "measure.processes";
    /// Hypervisor or container.
    MEASURE_VIRTUALISATION = "measure.virtualisation";
    /// Our own binary: version, digest.
    MEASURE_SOFTWARE = "measure.software";
    /// The browser's description of its own debugging interface against what we rely on.
    MEASURE_PROTOCOL = "measure.protocol";
    /// Place of the operations, as declared.
    MEASURE_PLACE = "measure.place";
    /// Whose machine it is, as declared.
    MEASURE_OWNER = "measure.owner";
    /// The profile folder listed before the browser starts: it must be empty.
    CLEAN_PROFILE = "clean.profile";
    /// The temporary folder of the session listed before the browser starts: it must be empty.
    CLEAN_TEMP = "clean.temp";
    /// Cookies counted by the browser itself before the first navigation.
    CLEAN_COOKIES = "clean.cookies";
    /// Cache disabled, and empty, by the browser's own answer.
    CLEAN_CACHE = "clean.cache";
    /// Navigation history of the page before the first navigation.
    CLEAN_HISTORY = "clean.history";
    /// Passwords and form data disabled.
    CLEAN_PASSWORDS = "clean.passwords";
    /// Storage and service workers before the first navigation.
    CLEAN_STORAGE = "clean.storage";
    /// The machine's memory of names, and whether it was emptied.
    CLEAN_DNS = "clean.dns";
    /// The browser was started, with these switches.
    BROWSER_START = "browser.start";
    /// The browser was stopped, and its profile removed.
    BROWSER_STOP = "browser.stop";
    /// A step of the scenario begins.
    STEP_BEGIN = "step.begin";
    /// A step ended, with its outcome.
    STEP_END = "step.end";
    /// The officer acknowledged a step.
    STEP_ACKNOWLEDGED = "step.acknowledged";
    /// A page was reached: address asked, redirects, final address, status.
    PAGE_REACHED = "page.reached";
    /// A page was scrolled through before its picture, so that what is lazy comes.
    PAGE_SCROLLED = "page.scrolled";
    /// The picture of a whole page was taken, by tiles.
    PICTURE_PAGE = "picture.page";
    /// The picture of the whole content of an area that scrolls inside the page was taken.
    PICTURE_AREA = "picture.area";
    /// A wall (consent, age, log in, robot, too many requests) stands before a page.
    PAGE_WALL = "page.wall";
    /// The scenario made a choice at a wall.
    PAGE_WALL_CHOICE = "page.wall_choice";
    /// The officer was asked at a wall, and answered.
    PAGE_WALL_ANSWER = "page.wall_answer";
    /// Pictures of the window taken on the way down a feed were put on a plate.
    PICTURE_FEED = "picture.feed";
    /// The picture of one element of a page was taken.
    PICTURE_ELEMENT = "picture.element";
    /// A film or a sound of a page was played.
    MEDIA_PLAYED = "media.played";
    /// A web archive showed a page: the snapshot, its date, and what it is made of.
    ARCHIVE_SNAPSHOT = "archive.snapshot";
    /// The picture of the whole screen was taken.
    PICTURE_DESKTOP = "picture.desktop";
    /// Text and structure of a page were read.
    PAGE_STRUCTURE = "page.structure";
    /// Information on the target: addresses used, certificate, protocol.
    TARGET_FACTS = "target.facts";
    /// The names of the pages at the end, against the addresses the browser used.
    TARGET_NAMES = "target.names";
    /// Who registered the domain and the addresses of a page's host.
    TARGET_REGISTRATION = "target.registration";
    /// An artefact was written, with its digests.
    ARTEFACT = "artefact";
    /// The archive was flushed: length and digest of everything before this point.
    ARCHIVE_CHECKPOINT = "archive.checkpoint";
    /// The hours that servers gave with their answers, and the answers that came from caches.
    ARCHIVE_ANSWERS = "archive.answers";
    /// The packets of the browser are taken from the network (`reseau = "paquets"`).
    PACKETS = "packets.capture";
    /// Where the officer sees the session: screen, browser window, clock.
    PRESENCE_DISPLAY = "presence.display";
    /// The officer asked for something that the plan does not say: a step, to leave one out, the dialogue.
    PRESENCE_REQUEST = "presence.request";
    /// The session was paused, and went on.
    PRESENCE_PAUSE = "presence.pause";
    /// A stretch of the session without a sign of the officer.
    PRESENCE_GAP = "presence.gap";
    /// The film of the session began, or ended.
    FILM_RECORDING = "film.recording";
    /// One segment of the film was closed.
    FILM_SEGMENT = "film.segment";
    /// The film lacks a stretch of the session.
    FILM_GAP = "film.gap";
    /// Something requested that is not, or not wholly, stored.
    INCOMPLETE = "incomplete";
    /// The independent accounts of a browser's requests were compared.
    ACCOUNT_RECONCILE = "account.reconcile";
    /// An unpredictable public value: the lines after it are not older than it.
    TIME_NOT_BEFORE = "time.not_before";
    /// A token of a timestamp authority over a line of the journal.
    TIME_TOKEN = "time.token";
    /// The pages were rendered again from the archive alone, and compared with what was captured.
    REPLAY_COMPARE = "replay.compare";
    /// The preliminaries were judged by the rules of a norm, before the first page.
    NORM_GATE = "norm.gate";
    /// The officer answers in writing for a requirement that stands apart.
    NORM_JUSTIFICATION = "norm.justification";
    /// A finding of the capture.
    FINDING = "finding";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_follow_the_grammar_and_are_in_the_format_document() {
        let format = include_str!("../FORMAT.md");
        for operation in op::ALL {
            assert_eq!(Operation::parse(operation.as_str()).as_ref(), Some(operation));
            assert!(format.contains(&format!("`{operation}`")), "{operation} is not described in FORMAT.md");
        }
        for bad in ["", ".", "a.", "A.b", "a b", "1a", "a..b", "é"] {
            assert!(Operation::parse(bad).is_none(), "{bad:?}");
        }
    }
}
