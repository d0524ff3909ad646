//! What can go wrong when an act is served; each error has a stable code and names no secret and no personal data
//! beyond what the caller just typed.
mod codes;

use std::io;
use std::path::PathBuf;

use dossier::{DossierError, Instant};

use crate::calendar::CalendarGap;

/// An error of the service of acts.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignificationError {
    /// The operating system gave no random bytes.
    #[error("no random bytes from the system")]
    Entropy,
    /// Text that is not an identifier of ours.
    #[error("not an identifier: {found:?}")]
    Id {
        /// What was read.
        found: String,
    },
    /// Text that is not a time.
    #[error("not a time: {found:?}")]
    Time {
        /// What was read.
        found: String,
    },
    /// A Paris wall time that the spring clock change skips.
    #[error("{found:?} does not exist in Paris: {before} or {after}")]
    TimeGap {
        /// What was read.
        found: String,
        /// The instant with the offset of after the change.
        before: String,
        /// The instant with the offset of before the change.
        after: String,
    },
    /// A Paris wall time that the autumn clock change repeats.
    #[error("{found:?} exists twice in Paris: {first} or {second}")]
    TimeFold {
        /// What was read.
        found: String,
        /// The first time.
        first: String,
        /// The second time.
        second: String,
    },
    /// The list of public holidays is not known in full.
    #[error("{0}")]
    Calendar(#[from] CalendarGap),
    /// A field of a declaration is missing or wrong.
    #[error("field {field} refused: {why} (found {found:?})")]
    Field {
        /// Its name, as in the input file.
        field: &'static str,
        /// What was read.
        found: String,
        /// The rule it breaks.
        why: &'static str,
    },
    /// The configuration is missing something or cannot be read.
    #[error("configuration refused: {why}")]
    Config {
        /// Why.
        why: String,
    },
    /// Supporting documents that the rules of the day ask for are missing.
    #[error("supporting documents missing: {}", missing.join(", "))]
    PiecesMissing {
        /// Their French names.
        missing: Vec<&'static str>,
    },
    /// A store exists there already.
    #[error("a store exists at {}", path.display())]
    StoreExists {
        /// Where.
        path: PathBuf,
    },
    /// No store there.
    #[error("no store at {}", path.display())]
    StoreMissing {
        /// Where.
        path: PathBuf,
    },
    /// Another process uses the store.
    #[error("the store {} is in use by another process", path.display())]
    StoreInUse {
        /// Which.
        path: PathBuf,
    },
    /// The journal of operations does not hold together, or tells something impossible.
    #[error("journal of operations broken at line {line}: {why}")]
    Journal {
        /// Line number, from 1.
        line: u64,
        /// Why.
        why: String,
    },
    /// The clock is before the last line of the journal: no date would be certain.
    #[error("the clock says {now}, before the journal's last line {last}")]
    ClockBack {
        /// What the clock says.
        now: Instant,
        /// Time of the last line.
        last: Instant,
    },
    /// No consent, act or receipt of that identifier.
    #[error("unknown {kind} {id}")]
    Unknown {
        /// What was looked for.
        kind: &'static str,
        /// Its identifier.
        id: String,
    },
    /// The state machine has no such move.
    #[error("{machine}: no move {requested} from state {state}")]
    Transition {
        /// Which machine.
        machine: &'static str,
        /// Where it stands.
        state: &'static str,
        /// The move asked for.
        requested: &'static str,
    },
    /// The move exists, but not for this actor.
    #[error("{requested} is not for the role {role}")]
    Actor {
        /// The role of who asked.
        role: &'static str,
        /// The move asked for.
        requested: &'static str,
    },
    /// A lookup of the registry without the dossier that justifies it.
    #[error("registry lookup without a dossier reference")]
    LookupWithoutDossier,
    /// The invitation is spent, expired or not the one that was sent.
    #[error("invitation refused: {why}")]
    Invitation {
        /// Why.
        why: &'static str,
    },
    /// Another text of the terms of use than the one shown.
    #[error("terms of use: expected {expected}, found {found}")]
    CguMismatch {
        /// Digest of the text in force.
        expected: String,
        /// Digest given.
        found: String,
    },
    /// New terms of use with less than one month's notice.
    #[error("terms of use effective too early: earliest {earliest}")]
    CguNotice {
        /// The earliest instant they may take effect.
        earliest: String,
    },
    /// The act may not be served: every check that failed.
    #[error("act refused: {}", codes.join(", "))]
    ActRefused {
        /// Codes of `acte::Refusal`, all of them.
        codes: Vec<&'static str>,
    },
    /// The signature inside the PDF is not the one asked for: every motive, the worst first.
    #[error("act refused for its signature: {}{}{detail}", codes.join(", "), if detail.is_empty() { "" } else { " — " })]
    ActSignature {
        /// The worst.
        motif: crate::acte::Refusal,
        /// Codes of `acte::Refusal`, all of them.
        codes: Vec<&'static str>,
        /// What the check said of the worst.
        detail: String,
    },
    /// The file is not an act this platform takes.
    #[error("file refused: {why}")]
    ActFile {
        /// Why.
        why: &'static str,
    },
    /// The simplified recovery of a small claim refuses this: every rule it breaks.
    #[error("small claim refused: {}", codes.join(", "))]
    PetiteCreance {
        /// Codes of `petites_creances::code`, all of them.
        codes: Vec<&'static str>,
    },
    /// The signed list of local closed days cannot be relied on.
    #[error("list of closed days refused: {why}")]
    ClosedDays {
        /// Why.
        why: String,
    },
    /// The service window is closed.
    #[error("service window closed: {reason}; next open {next_open}")]
    WindowClosed {
        /// Why, in French.
        reason: String,
        /// When it opens again.
        next_open: Instant,
    },
    /// A key file cannot be read or is not a key.
    #[error("key {name} unusable: {why}")]
    Key {
        /// Which key: never its content.
        name: &'static str,
        /// Why.
        why: &'static str,
    },
    /// The key does not open this object.
    #[error("the key does not open {object}")]
    KeyRefused {
        /// What was to be opened.
        object: String,
    },
    /// What is kept is shorter or longer than what was deposited.
    #[error("{object} truncated: expected {expected} bytes, found {found}")]
    VaultTruncated {
        /// Which object.
        object: String,
        /// Length deposited.
        expected: u64,
        /// Length found.
        found: u64,
    },
    /// What is kept is not what was deposited.
    #[error("{object} altered: expected {expected}, found {found}")]
    VaultAltered {
        /// Which object.
        object: String,
        /// Digest deposited, or binding expected.
        expected: String,
        /// Digest or binding found.
        found: String,
    },
    /// The mail server did not take the message.
    #[error("the mail server did not take the notice ({code})")]
    Smtp {
        /// The SMTP reply code in three digits, or `connexion`, `protocole`.
        code: String,
        /// Whether trying again later makes sense.
        permanent: bool,
    },
    /// The message could not be built.
    #[error("the notice could not be written: {why}")]
    Message {
        /// Why.
        why: String,
    },
    /// The evidence could not be signed: nothing is issued unsigned.
    #[error("the evidence could not be signed: {why}")]
    Seal {
        /// Why, by the sealer's code.
        why: String,
    },
    /// A receipt file does not hold together.
    #[error("receipt refused: {why}")]
    Receipt {
        /// Why.
        why: String,
    },
    /// A new password is too easy to guess.
    #[error("password refused: {why}")]
    PasswordRefused {
        /// The rule it breaks: never the password.
        why: &'static str,
    },
    /// Nobody was recognised. The same words whatever was wrong: account, password, code or state.
    #[error("login refused")]
    LoginRefused,
    /// Too many tries: nothing was looked at.
    #[error("too many tries; next at {until}")]
    Throttled {
        /// When to try again.
        until: Instant,
    },
    /// The session is over, unknown, or not what the operation asks.
    #[error("session refused: {why}")]
    Session {
        /// Why.
        why: &'static str,
    },
    /// Who asks may not do that, or not with the means he logged in with.
    #[error("{operation} not allowed: {why}")]
    Forbidden {
        /// The operation.
        operation: &'static str,
        /// Why.
        why: &'static str,
    },
    /// Staff that did not acknowledge the confidentiality text (row F11).
    #[error("confidentiality text not acknowledged")]
    Confidentiality,
    /// Staff that has no instruction in force to read personal data (row F09).
    #[error("no instruction in force")]
    Instruction,
    /// The wrapped key of a recipient cannot be opened with what was given, or was changed.
    #[error("wrapped key not opened: {why}")]
    Coffret {
        /// Why.
        why: &'static str,
    },
    /// The handing over stopped before the last byte.
    #[error("handing over interrupted after {written} of {total} bytes")]
    HandoverInterrupted {
        /// Bytes written.
        written: u64,
        /// Bytes of the act.
        total: u64,
    },
    /// What is asked for was destroyed.
    #[error("{object} was destroyed at {at}")]
    Erased {
        /// Which object.
        object: String,
        /// When.
        at: Instant,
    },
    /// An endpoint is outside the countries that are allowed.
    #[error("hosting refused: {why}")]
    Hosting {
        /// Which, and why, in French.
        why: String,
    },
    /// The directory of offices is not one this version takes.
    #[error("directory refused: {why}")]
    DirectoryRefused {
        /// Why, in French.
        why: String,
    },
    /// The directory of offices is not signed by its keeper.
    #[error("directory forged: {why}")]
    DirectoryForged {
        /// Why, in French.
        why: String,
    },
    /// The confrère chosen for a transfer is not competent for the act either.
    #[error("office {office} is not competent: {why}")]
    Incompetent {
        /// Which office.
        office: String,
        /// Why, in French.
        why: String,
    },
    /// A transfer package is not one this version takes.
    #[error("package refused: {why}")]
    PackageRefused {
        /// Why, in French.
        why: String,
    },
    /// A transfer package is not what its sender made.
    #[error("package altered: {what}")]
    PackageAltered {
        /// What was found altered, in French.
        what: String,
    },
    /// A transfer package is for another office.
    #[error("package for office {found}, not {expected}")]
    PackageForOther {
        /// This office.
        expected: String,
        /// The office it is for.
        found: String,
    },
    /// A transfer package is larger than what is taken.
    #[error("package too large: {what}, at most {max}")]
    PackageTooLarge {
        /// What is too large, in French.
        what: &'static str,
        /// The most taken.
        max: u64,
    },
    /// Another package of the same transfer was taken before.
    #[error("another package of the transfer {id} was taken before")]
    PackageConflict {
        /// Which transfer.
        id: String,
    },
    /// A step of a transfer or its package is not signed by the office it names.
    #[error("not signed by its author: {why}")]
    PackageSigner {
        /// Why, in French.
        why: String,
    },
    /// The terms of use were not accepted yet: CGU_REQUISES (row A10).
    #[error("CGU_REQUISES: the terms of use must be accepted first")]
    CguRequired,
    /// The name is another account's.
    #[error("this name is another account's")]
    NameTaken,
    /// An act was handed over before with another content.
    #[error("another content was handed over before for the act {acte}")]
    HandoverConflict {
        /// Which act.
        acte: String,
    },
    /// The file that the office's software or an operator gave back is not one this version takes.
    #[error("outcome refused: {why}")]
    ReturnRefused {
        /// Why, in French.
        why: String,
    },
    /// What the officer found does not make a service on paper: every rule it breaks.
    #[error("paper service refused: {}", codes.join(", "))]
    PaperRefused {
        /// Codes of `backend::papier`, all of them.
        codes: Vec<&'static str>,
    },
    /// The dossier cannot be closed: what stands open in it.
    #[error("dossier not closed: {}", codes.join(", "))]
    DossierOpen {
        /// Codes: `PROPOSITION_SANS_ISSUE`, `PLAN_ABSENT`, `VOIE_SANS_ISSUE`, `ECHEC_SANS_SUITE`.
        codes: Vec<&'static str>,
    },
    /// New terms of use are in force: the recipient sees them, or accepts them, first.
    #[error("terms of use {version} first")]
    CguRequises {
        /// Their version.
        version: String,
    },
    /// A file that came in is not taken.
    #[error("file refused: {code}")]
    FileRefused {
        /// `FICHIER_INFECTE` or `FICHIER_NON_ANALYSE`.
        code: &'static str,
        /// Why, in French.
        why: &'static str,
    },
    /// The code sent by SMS is not this one, is spent or too old.
    #[error("mobile code refused: {why}")]
    MobileCode {
        /// Why, in French.
        why: &'static str,
    },
    /// The gateway did not take the SMS, or there is none.
    #[error("SMS not sent: {code}")]
    SmsNotSent {
        /// Why: the code of the gateway, or `sans_passerelle`.
        code: String,
    },
    /// A write failed earlier: the state in memory is not to be trusted; open the store again.
    #[error("the store must be opened again after a failed write")]
    Poisoned,
    /// What the storage gives back is not what was put there, or cannot be read.
    #[error("storage: {why}")]
    Storage {
        /// What, and why.
        why: String,
    },
    /// A fault in the words shared with the dossier.
    #[error(transparent)]
    Dossier(#[from] DossierError),
    /// Any other failure of the file system.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was being done.
        action: &'static str,
        /// To which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl SignificationError {
    /// Wraps a file system error; a full disk keeps the dossier's own code.
    pub fn io(action: &'static str, path: impl Into<PathBuf>, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::Dossier(DossierError::DiskFull { path: path.into() })
            }
            _ => Self::Io { action, path: path.into(), source },
        }
    }
}
