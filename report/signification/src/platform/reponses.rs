//! The recipient answers an act (rows C12, C11): text and files, each searched for malware, encrypted for the office and for
//! him, acknowledged by a signed receipt that both may take out: its date, and the digests of what came.
use std::path::{Path, PathBuf};

use dossier::{Digests, Instant, Sha256Digest, parse_strict, to_canonical};
use serde::{Deserialize, Serialize};

use super::Platform;
use super::bureau::bounded;
use super::echeances::office;
use super::entrants::{Entrant, file_refused};
use crate::calendar::Zone;
use crate::civil::paris_rfc3339;
use crate::consent::{Actor, ConsentState};
use crate::delais::{self, JoursChomes, ReponseAttendue, ReponseState};
use crate::evidence::TimeProof;
use crate::fact::Fact;
use crate::greffe::With;
use crate::notice::autres::reponse_recue;
use crate::projection::Views as _;
use crate::receipt::JournalRef;
use crate::reponse::{Etat, Event, Jointe, MAX_JOINTES, Recue, View};
use crate::state::ActeView;
use crate::store::{NewPiece, PieceKind, Table};
use crate::vault::{self, Kind, PublicKey, SecretKey, write_private};
use crate::{Id, SignificationError};

crate::discret::discret!(ReponseInput, Lue);

/// Format of the acknowledgement.
pub const ACCUSE_FORMAT: &str = "constat-accuse-reponse/1";
/// Format of the record of an answer.
const REPONSE_FORMAT: &str = "constat-reponse/1";
/// The longest text, in octets.
const MAX_TEXTE: usize = 64 * 1024;
/// The one nature of act whose answer has a term by itself (CPCE art. R. 211-4).
const SAISIE: &str = "saisie-attribution";

/// What a recipient answers.
#[derive(Clone)]
pub struct ReponseInput {
    /// The act.
    pub acte: Id,
    /// His words; may be empty when there are files.
    pub texte: String,
    /// His files.
    pub jointes: Vec<PathBuf>,
}

/// An answer was received and acknowledged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Repondue {
    /// The act.
    pub acte: Id,
    /// The answer.
    pub reponse: Id,
    /// Where it stands.
    pub etat: Etat,
    /// Its date.
    pub recue_le: Instant,
    /// The same, Paris time with its offset.
    pub recue_le_paris: String,
    /// SHA-256 of what is kept of it: the one its acknowledgement bears.
    pub sha256: Sha256Digest,
    /// How many files.
    pub jointes: usize,
    /// Its acknowledgement.
    pub accuse: Option<Id>,
    /// Where it stands in its term, when there is one.
    pub terme: Option<ReponseState>,
}

/// Where the answers to an act stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SuiviReponse {
    /// The act.
    pub acte: Id,
    /// `None` when none is owed and none came.
    pub etat: Option<Etat>,
    /// The term, when one is owed.
    pub attendue: Option<ReponseAttendue>,
    /// The same, in a French sentence.
    pub phrase: Option<String>,
    /// Where it stands in its term.
    pub terme: Option<ReponseState>,
    /// What came.
    pub recues: Vec<Recue>,
}

/// An answer, opened.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Lue {
    /// The answer.
    pub reponse: Id,
    /// Its date.
    pub recue_le: Instant,
    /// Its words.
    pub texte: String,
    /// Files written.
    pub fichiers: Vec<PathBuf>,
}

/// The acknowledgement: what is signed, and bears the time token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccuseReponse {
    /// [`ACCUSE_FORMAT`].
    pub version: String,
    /// Whether it comes from a trial installation.
    pub essai: bool,
    /// Its identifier.
    pub accuse: Id,
    /// Who acknowledges.
    pub etude: String,
    /// The act answered.
    pub acte: Id,
    /// The answer.
    pub reponse: Id,
    /// The consent of who answered.
    pub consent: Id,
    /// When it came, in UTC.
    pub recue_le_utc: Instant,
    /// When it came, in Paris, with offset.
    pub recue_le_paris: String,
    /// Digests of its record (`reponse.json`).
    pub contenu: Digests,
    /// Digests of each file, salted as the record says.
    pub jointes: Vec<Jointe>,
    /// Its line in the journal.
    pub journal: JournalRef,
}

/// What is kept of an answer, encrypted.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    format: String,
    texte: String,
    jointes: Vec<Nommee>,
    sel: String,
}

/// A file, as its sender named it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nommee {
    nom: String,
    fichier: Id,
    empreintes: Digests,
}

/// The answer that an act calls for by its nature, once sent.
pub(super) fn awaited(
    view: &ActeView,
    envoi: Instant,
    zone: Zone,
    closed: &JoursChomes,
) -> Result<Option<Fact>, SignificationError> {
    if view.nature.as_str() != SAISIE {
        return Ok(None);
    }
    let reponse = ReponseAttendue::new(envoi, zone, closed)?;
    Ok(Some(delais::Event::AnswerAwaited { objet: view.id, reponse }.into()))
}

impl Platform<'_> {
    /// Says that an answer to an act already sent is awaited, in the term of CPCE art. R. 211-4. A seizure needs no such word:
    /// its answer is awaited since its sending.
    pub fn attendre_reponse(&self, actor: &Actor, acte: Id) -> Result<SuiviReponse, SignificationError> {
        office(actor)?;
        let chomes = self.jours_chomes()?;
        self.greffe.record_at(actor, |_, taken| {
            let view = taken.act(acte)?;
            let state = view.state.name();
            let unsent = SignificationError::Transition { machine: "acte", state, requested: "attendre une réponse" };
            let reponse = ReponseAttendue::new(view.sent_at.ok_or(unsent)?, taken.consent(view.consent)?.zone, chomes)?;
            Ok(vec![delais::Event::AnswerAwaited { objet: acte, reponse }.into()])
        })?;
        self.suivi_reponse(acte)
    }

    /// The recipient answers. Every file is searched first: one that is refused refuses the whole answer, and he is told by
    /// e-mail too. The date is that of the journal's line; the acknowledgement is signed at once.
    pub fn repondre(&self, input: &ReponseInput, cle: &Path) -> Result<Repondue, SignificationError> {
        let acte = input.acte;
        let _hold = self.holds.take(acte);
        let view = self.views().act(acte)?;
        let (state, requested) = (view.state.name(), "repondre");
        if !view.state.is_available() {
            return Err(SignificationError::Transition { machine: "acte", state, requested });
        }
        let key = self.recipient_key(view.consent, cle, acte)?;
        let consent = self.views().consent(view.consent)?;
        // A consent that ended by its own term still lets answer what was served before; a suspended or revoked one does not.
        if !matches!(consent.state, ConsentState::Actif | ConsentState::Expire) {
            let state = consent.state.name();
            return Err(SignificationError::Transition { machine: "consentement", state, requested });
        }
        self.conditions_acceptees(view.consent)?;
        let (texte, noms) = check(input)?;
        let entrants = self.recevoir_fichiers(view.consent, &input.jointes)?;
        let reponse = self.new_id()?;
        let keys = [key.public(), self.office.public()];
        let (contenu, jointes) = self.garder_reponse(reponse, texte, noms, entrants, &keys)?;
        let link = self.greffe.record_at(&Actor::recipient(view.consent), |_, taken| {
            let consent = view.consent;
            let mut facts: Vec<Fact> = vec![Event::Received { acte, reponse, consent, contenu, jointes }.into()];
            let terms: Option<delais::View> = taken.view(Table::Delai, acte.as_bytes())?;
            if terms.and_then(|terms| terms.reponse).is_some_and(|term| term.recue.is_none()) {
                facts.push(delais::Event::AnswerReceived { objet: acte }.into());
            }
            Ok(facts)
        })?;
        self.accuser(acte)?;
        let suivi = self.suivi_reponse(acte)?;
        let kept = suivi.recues.iter().find(|kept| kept.reponse == reponse);
        Ok(Repondue {
            acte,
            reponse,
            etat: kept.map_or(Etat::Recue, Recue::etat),
            recue_le: link.at,
            recue_le_paris: paris_rfc3339(link.at),
            sha256: contenu.sha256,
            jointes: kept.map_or(0, |kept| kept.jointes.len()),
            accuse: kept.and_then(|kept| kept.accuse).map(|(id, _)| id),
            terme: suivi.terme,
        })
    }

    /// Searches every file before any is kept.
    fn recevoir_fichiers(&self, consent: Id, paths: &[PathBuf]) -> Result<Vec<(Entrant, Digests)>, SignificationError> {
        let mut taken = Vec::with_capacity(paths.len());
        for path in paths {
            let bytes = bounded(path, self.config.analyse.taille_max)?;
            match self.analyser(consent, &bytes)? {
                Ok(entrant) => taken.push((entrant, Digests::of(&bytes))),
                Err((fichier, refus)) => {
                    self.avertir_refus(consent, fichier, (&refus, self.ctx.clock.now()))?;
                    return Err(file_refused(&refus));
                }
            }
        }
        Ok(taken)
    }

    fn garder_reponse(
        &self,
        reponse: Id,
        texte: String,
        noms: Vec<String>,
        entrants: Vec<(Entrant, Digests)>,
        keys: &[PublicKey],
    ) -> Result<(Digests, Vec<Jointe>), SignificationError> {
        let (mut nommees, mut jointes) = (Vec::new(), Vec::new());
        for (nom, (entrant, empreintes)) in noms.into_iter().zip(entrants) {
            let Entrant { fichier, octets, contenu, analyse } = entrant;
            vault::put(&self.dans("jointes", fichier)?, Kind::Jointe, fichier, &octets, keys)?;
            nommees.push(Nommee { nom, fichier, empreintes });
            jointes.push(Jointe { fichier, contenu, analyse });
        }
        let record = Record { format: REPONSE_FORMAT.into(), texte, jointes: nommees, sel: self.secret()? };
        let record = to_canonical(&record)?;
        vault::put(&self.dans("reponses", reponse)?, Kind::Reponse, reponse, &record, keys)?;
        Ok((Digests::of(&record), jointes))
    }

    /// Acknowledges every answer to an act that is not yet, and tells the office.
    fn accuser(&self, acte: Id) -> Result<usize, SignificationError> {
        let Some(view) = self.views().view::<View>(Table::Reponse, acte.as_bytes())? else { return Ok(0) };
        let open: Vec<&Recue> = view.recues.iter().filter(|kept| kept.accuse.is_none()).collect();
        for kept in &open {
            let (accuse, reponse) = (self.new_id()?, kept.reponse);
            let bytes = to_canonical(&AccuseReponse {
                version: ACCUSE_FORMAT.into(),
                essai: self.views().platform()?.essai,
                accuse,
                etude: self.config.etude.clone(),
                acte,
                reponse,
                consent: view.consent,
                recue_le_utc: kept.recue_le,
                recue_le_paris: paris_rfc3339(kept.recue_le),
                contenu: kept.contenu,
                jointes: kept.jointes.clone(),
                journal: self.line_of(acte, reponse)?,
            })?;
            let sealed = self.ctx.sealer.seal(&bytes).map_err(|e| SignificationError::Seal { why: e.code })?;
            let digests = Digests::of(&bytes);
            let mut pieces = vec![
                NewPiece { kind: PieceKind::Preuve, id: accuse, bytes },
                NewPiece { kind: PieceKind::Signature, id: accuse, bytes: sealed.signature },
            ];
            let timestamped = matches!(sealed.time, TimeProof::Token(_));
            if let TimeProof::Token(bytes) = sealed.time {
                pieces.push(NewPiece { kind: PieceKind::Jeton, id: accuse, bytes });
            }
            let done = Event::Acknowledged { acte, reponse, accuse, digests, timestamped };
            let with = With { pieces, ..With::default() };
            let ticket = self.greffe.stage(&Actor::platform(), with, |_, _| Ok(vec![done.into()]))?;
            self.greffe.wait(ticket)?;
            self.aviser_etude(acte, reponse, kept.recue_le)?;
        }
        Ok(open.len())
    }

    fn line_of(&self, acte: Id, reponse: Id) -> Result<JournalRef, SignificationError> {
        for seq in self.views().lines_about(acte)?.into_iter().rev() {
            let (entry, link) = self.line(seq)?;
            let (fact, _) = Fact::from_entry(&entry)?;
            if matches!(fact, Fact::Reponse(Event::Received { reponse: of, .. }) if of == reponse) {
                return Ok(JournalRef { seq: link.seq, entry_hash: link.hash, prev_hash: link.prev });
            }
        }
        Err(SignificationError::Unknown { kind: "réponse", id: reponse.to_string() })
    }

    fn aviser_etude(&self, acte: Id, reponse: Id, at: Instant) -> Result<(), SignificationError> {
        let Some(to) = self.config.bureau.as_ref().and_then(|bureau| bureau.courriel.as_deref()) else {
            return Ok(());
        };
        let (avis, now) = (self.new_id()?, self.ctx.clock.now());
        let message = reponse_recue(&self.config, avis, to, (acte, reponse, at), now)?;
        let (code, accepted) = match self.ctx.mailer.send(&message) {
            Ok(taken) => (taken.code.to_string(), true),
            Err(refused) => (refused.code, false),
        };
        let told = Event::OfficeTold { acte, reponse, avis, code, accepted };
        self.greffe.record_at(&Actor::platform(), |_, _| Ok(vec![told.into()])).map(|_| ())
    }

    pub(super) fn accuser_restes(&self, acte: Id) -> Result<Option<String>, SignificationError> {
        let _hold = self.holds.take(acte);
        let done = self.accuser(acte)?;
        Ok((done > 0).then(|| format!("Réponses accusées : {done}.")))
    }

    /// Where the answers to an act stand. The date of the answer is that of its own line.
    pub fn suivi_reponse(&self, acte: Id) -> Result<SuiviReponse, SignificationError> {
        self.views().act(acte)?;
        let view: Option<View> = self.views().view(Table::Reponse, acte.as_bytes())?;
        let terms: Option<delais::View> = self.views().view(Table::Delai, acte.as_bytes())?;
        let attendue = terms.and_then(|terms| terms.reponse).map(|term| term.attendue);
        let recues = view.map(|view| view.recues).unwrap_or_default();
        let first = recues.first().map(|kept| kept.recue_le);
        let owed = attendue.map(|_| Etat::Attendue);
        Ok(SuiviReponse {
            acte,
            etat: recues.last().map(Recue::etat).or(owed),
            phrase: attendue.map(|term| term.phrase()),
            terme: attendue.map(|term| term.state(self.ctx.clock.now(), first)),
            attendue,
            recues,
        })
    }

    /// The office opens an answer and writes its files into `vers`: `reponse.json` (whose SHA-256 its acknowledgement bears)
    /// and `jointe-N` with the ending its sender gave.
    pub fn lire_reponse(&self, actor: &Actor, acte: Id, reponse: Id, vers: &Path) -> Result<Lue, SignificationError> {
        office(actor)?;
        let lue = self.ouvrir_reponse(acte, reponse, &self.office, vers)?;
        self.greffe.record_at(actor, |_, _| Ok(vec![Event::Read { acte, reponse }.into()]))?;
        Ok(lue)
    }

    /// Who answered opens his own answer.
    pub fn relire_reponse(&self, acte: Id, reponse: Id, cle: &Path, vers: &Path) -> Result<Lue, SignificationError> {
        let key = self.recipient_key(self.views().act(acte)?.consent, cle, acte)?;
        self.ouvrir_reponse(acte, reponse, &key, vers)
    }

    fn ouvrir_reponse(&self, acte: Id, reponse: Id, key: &SecretKey, vers: &Path) -> Result<Lue, SignificationError> {
        let unknown = || SignificationError::Unknown { kind: "réponse", id: reponse.to_string() };
        let view: View = self.views().view(Table::Reponse, acte.as_bytes())?.ok_or_else(unknown)?;
        let kept = view.recue(reponse)?;
        self.refuse_destroyed(view.consent, reponse)?;
        let octets = vault::get(&self.path("reponses", reponse), Kind::Reponse, reponse, &kept.contenu, key)?;
        let record: Record = serde_json::from_value(parse_strict(&octets)?).map_err(|_| unknown())?;
        std::fs::create_dir_all(vers).map_err(|e| SignificationError::io("create", vers, e))?;
        let mut fichiers = vec![vers.join("reponse.json")];
        write_private(&vers.join("reponse.json"), &octets)?;
        for (n, (nommee, jointe)) in record.jointes.iter().zip(&kept.jointes).enumerate() {
            let (id, expected) = (jointe.fichier, &jointe.contenu);
            let salted = vault::get(&self.path("jointes", id), Kind::Jointe, id, expected, key)?;
            let cut = salted.iter().position(|b| *b == b'\n').ok_or_else(unknown)?;
            let target = vers.join(format!("jointe-{}{}", n + 1, ending(&nommee.nom)));
            write_private(&target, salted.get(cut + 1..).unwrap_or_default())?;
            fichiers.push(target);
        }
        Ok(Lue { reponse, recue_le: kept.recue_le, texte: record.texte, fichiers })
    }

    /// Writes the acknowledgement of an answer into `vers`, the same octets for the office and for who answered:
    /// `accuse.json`, its signature, and its time token when it has one.
    pub fn sortir_accuse(&self, acte: Id, reponse: Id, vers: &Path) -> Result<Vec<PathBuf>, SignificationError> {
        let unknown = || SignificationError::Unknown { kind: "accusé de réponse", id: reponse.to_string() };
        let view: View = self.views().view(Table::Reponse, acte.as_bytes())?.ok_or_else(unknown)?;
        let (accuse, digests) = view.recue(reponse)?.accuse.ok_or_else(unknown)?;
        let bytes = self.greffe.store().piece(PieceKind::Preuve, accuse)?.ok_or_else(unknown)?;
        if Digests::of(&bytes) != digests {
            let (expected, found) = (digests.sha256.to_hex(), Sha256Digest::of(&bytes).to_hex());
            return Err(SignificationError::VaultAltered { object: format!("accusé {accuse}"), expected, found });
        }
        std::fs::create_dir_all(vers).map_err(|e| SignificationError::io("create", vers, e))?;
        let mut written = vec![vers.join("accuse.json")];
        write_private(&vers.join("accuse.json"), &bytes)?;
        for (kind, name) in [(PieceKind::Signature, "accuse.json.p7s"), (PieceKind::Jeton, "accuse.json.tst")] {
            if let Some(bytes) = self.greffe.store().piece(kind, accuse)? {
                write_private(&vers.join(name), &bytes)?;
                written.push(vers.join(name));
            }
        }
        Ok(written)
    }
}

/// The words and the names of the files, within their bounds.
fn check(input: &ReponseInput) -> Result<(String, Vec<String>), SignificationError> {
    let field = |found: &str, why| SignificationError::Field { field: "reponse", found: found.into(), why };
    let texte = input.texte.trim();
    if texte.is_empty() && input.jointes.is_empty() {
        return Err(field("", "ni texte ni fichier"));
    }
    if texte.len() > MAX_TEXTE || texte.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        return Err(field("", "plus de 64 Kio, ou caractère de contrôle"));
    }
    if input.jointes.len() > MAX_JOINTES {
        return Err(field(&input.jointes.len().to_string(), "dix fichiers au plus"));
    }
    let name = |path: &PathBuf| path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    Ok((texte.to_owned(), input.jointes.iter().map(name).collect()))
}

/// The ending of a name, when it is a short plain word: names are written by others.
fn ending(nom: &str) -> String {
    match nom.rsplit_once('.') {
        Some((_, end)) if (1..=5).contains(&end.len()) && end.bytes().all(|b| b.is_ascii_alphanumeric()) => {
            format!(".{}", end.to_ascii_lowercase())
        }
        _ => String::new(),
    }
}
