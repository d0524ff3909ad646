//! New terms of use (rows A14, A15): published a month before they apply, told to every recipient, accepted or not by each.
//! Silence is no acceptance and no end: at the effect date the text comes first, and every act stays readable.
use std::path::Path;

use dossier::{Instant, Sha256Digest};
use serde::Serialize;

use super::Platform;
use super::reading::AUTH_METHOD;
use crate::adhesion::{Event, Suivi, View};
use crate::cgu::{CguVersion, check_notice};
use crate::consent::{Actor, ConsentState, Role};
use crate::event::Event as Service;
use crate::fact::Fact;
use crate::greffe::With;
use crate::notice::autres::preavis;
use crate::projection::{Views as _, id_of};
use crate::state::ConsentView;
use crate::store::{Reader, Table};
use crate::vault::write_private;
use crate::{Id, SignificationError};

/// Held while a version is published.
const CONDITIONS: Id = Id::from_bytes(*b"constat-cgu-vers");
/// Consents looked at in one go.
const PAGE: usize = 500;
/// The longest text, in octets.
const MAX_TEXTE: usize = 1024 * 1024;

/// A version was published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Publiee {
    /// The version.
    pub version: CguVersion,
    /// Recipients who are to be told now; the agenda sends the notices.
    pub a_prevenir: usize,
}

/// Where a recipient stands with the terms of use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "etat", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EtatCgu {
    /// He accepted what applies, and nothing else is coming.
    AJour,
    /// A new text is coming: he accepts it, terminates, or waits.
    Preavis {
        /// The version.
        version: String,
        /// From when it applies.
        effective_at: Instant,
    },
    /// A new text applies that he did not accept: it comes first.
    APresenter {
        /// The version.
        version: String,
        /// Whether it was shown to him already.
        presentee: bool,
    },
}

/// The text, as shown to a recipient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CguPresentee {
    /// The version.
    pub version: String,
    /// SHA-256 of the text: what its acceptance names.
    pub sha256: Sha256Digest,
    /// From when it applies.
    pub effective_at: Instant,
    /// The exact text.
    pub texte: String,
}

/// The terms that bind a recipient at `at`: the last ones in force that he accepted.
pub(super) fn cgu_of(
    reader: &(impl Reader + ?Sized),
    consent: &ConsentView,
    at: Instant,
) -> Result<Option<(String, Sha256Digest)>, SignificationError> {
    let seen: Option<View> = reader.view(Table::Adhesion, consent.id.as_bytes())?;
    let Some(seen) = seen else { return Ok(consent.cgu.clone()) };
    let versions = reader.platform()?.cgu;
    let accepted = |v: &&CguVersion| {
        let own = consent.cgu.as_ref().is_some_and(|(name, _)| *name == v.version);
        let later = seen.versions.get(&v.version).and_then(|kept| kept.acceptee);
        own || (v.effective_at <= at && later.is_some_and(|(when, _)| when <= at))
    };
    let found = versions.iter().rev().find(accepted).map(|v| (v.version.clone(), v.sha256));
    Ok(found.or_else(|| consent.cgu.clone()))
}

impl Platform<'_> {
    /// Publishes a version, to apply from `effective_at` on: a month's notice at least (CGU, art. 4), refused otherwise. Every
    /// recipient with a consent is told. Cut in the middle, the same call goes on; another text under the same name is refused.
    /// A refusal is a line.
    pub fn publier_cgu(
        &self,
        registre: &Actor,
        version: &str,
        texte: &str,
        effective_at: Instant,
    ) -> Result<Publiee, SignificationError> {
        let done = self.publier_version(registre, version, texte, effective_at);
        if let Err(error) = &done
            && !matches!(error, SignificationError::Poisoned | SignificationError::Storage { .. })
        {
            let why = format!("{} : publier_cgu", error.code());
            self.greffe.record(registre, &Service::AuthFailed { object: CONDITIONS, why })?;
        }
        done
    }

    fn publier_version(
        &self,
        registre: &Actor,
        version: &str,
        texte: &str,
        effective_at: Instant,
    ) -> Result<Publiee, SignificationError> {
        if registre.role != Role::Registre {
            return Err(SignificationError::Actor { role: registre.role.name(), requested: "publish" });
        }
        let slug = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.';
        if version.is_empty() || version.len() > 20 || !version.bytes().all(slug) || version.starts_with('.') {
            let (found, why) = (version.chars().take(40).collect(), "1 à 20 caractères parmi a-z 0-9 . -");
            return Err(SignificationError::Field { field: "version", found, why });
        }
        if texte.trim().is_empty() || texte.len() > MAX_TEXTE {
            return Err(SignificationError::Field {
                field: "texte",
                found: String::new(),
                why: "vide, ou plus de 1 Mio",
            });
        }
        let _hold = self.holds.take(CONDITIONS);
        let sha256 = Sha256Digest::of(texte.as_bytes());
        let known = self.views().platform()?.cgu;
        if let Some(same) = known.iter().find(|v| v.version == version) {
            if (same.sha256, same.effective_at) != (sha256, effective_at) {
                let (found, why) = (version.to_owned(), "déjà publiée avec un autre texte ou une autre date");
                return Err(SignificationError::Field { field: "version", found, why });
            }
        } else {
            check_notice(known.last(), self.ctx.clock.now(), effective_at)?;
            // The text first: the journal never names a text that is not there.
            write_private(&self.root.join(format!("cgu/{version}.txt")), texte.as_bytes())?;
            self.greffe.record_at(registre, |published_at, _| {
                let version = CguVersion { version: version.to_owned(), sha256, published_at, effective_at };
                Ok(vec![Service::CguPublished(version).into()])
            })?;
        }
        let a_prevenir = self.annoncer_a_tous(version)?;
        let kept = self.views().platform()?.cgu.into_iter().find(|v| v.version == version);
        let unknown = || SignificationError::Unknown { kind: "conditions", id: version.to_owned() };
        Ok(Publiee { version: kept.ok_or_else(unknown)?, a_prevenir })
    }

    /// Puts every recipient who is not yet in the list of those to be told.
    fn annoncer_a_tous(&self, version: &str) -> Result<usize, SignificationError> {
        let (mut count, mut after): (_, Option<Vec<u8>>) = (0, None);
        loop {
            let pairs = self.views().scan(Table::Consentement, &[], after.as_deref(), PAGE)?;
            let Some((last, _)) = pairs.last() else { return Ok(count) };
            after = Some(last.clone());
            let ids = pairs.iter().map(|(key, _)| id_of(key)).collect::<Result<Vec<Id>, _>>()?;
            count += self.annoncer(version, &ids)?;
        }
    }

    fn annoncer(&self, version: &str, ids: &[Id]) -> Result<usize, SignificationError> {
        let mut count = 0;
        let ticket = self.greffe.stage(&Actor::platform(), With::default(), |_, taken| {
            let mut facts: Vec<Fact> = Vec::new();
            for id in ids {
                let bound = matches!(taken.consent(*id)?.state, ConsentState::Actif | ConsentState::Suspendu);
                let seen: Option<View> = taken.view(Table::Adhesion, id.as_bytes())?;
                let kept = seen.and_then(|seen| seen.versions.get(version).cloned()).unwrap_or_default();
                if bound && kept.a_prevenir.is_none() && kept.acceptee.is_none() {
                    facts.push(Event::Queued { consent: *id, version: version.to_owned() }.into());
                }
            }
            count = facts.len();
            Ok(facts)
        })?;
        self.greffe.wait(ticket)?;
        Ok(count)
    }

    /// A recipient who consents while a new text is coming is told of it too.
    pub(super) fn annoncer_prochaine(&self, consent: Id) -> Result<(), SignificationError> {
        let now = self.ctx.clock.now();
        for coming in self.views().platform()?.cgu.iter().filter(|v| v.effective_at > now) {
            self.annoncer(&coming.version, &[consent])?;
        }
        Ok(())
    }

    /// Sends the notices of new terms that a recipient is owed.
    pub(super) fn envoyer_preavis(&self, consent: Id) -> Result<Option<String>, SignificationError> {
        let _hold = self.holds.take(consent);
        let Some(seen) = self.views().view::<View>(Table::Adhesion, consent.as_bytes())? else { return Ok(None) };
        let now = self.ctx.clock.now();
        let owed = seen.versions.iter().filter(|(_, kept)| kept.prochain.is_some_and(|next| next <= now));
        let mut told = Vec::new();
        for (version, _) in owed {
            told.extend(self.envoyer_un_preavis(consent, version, now)?.then(|| version.clone()));
        }
        Ok((!told.is_empty()).then(|| format!("Préavis des conditions {} envoyé.", told.join(", "))))
    }

    fn envoyer_un_preavis(&self, consent: Id, version: &str, now: Instant) -> Result<bool, SignificationError> {
        let (notice, owned) = (self.new_id()?, version.to_owned());
        let text = self.views().platform()?.cgu.into_iter().find(|v| v.version == version);
        let state = self.views().consent(consent)?.state;
        let bound = matches!(state, ConsentState::Actif | ConsentState::Suspendu);
        let (Some(text), true, Ok(person)) = (text, bound, self.person(consent)) else {
            let code = "consentement_termine".to_owned();
            let gone = Event::NotTold { consent, version: owned, notice, code, permanent: true };
            self.greffe.record_at(&Actor::platform(), |_, _| Ok(vec![gone.into()]))?;
            return Ok(false);
        };
        let (name, to) = (person.display_name(), person.courriel());
        let said = (version, &text.sha256, text.effective_at);
        let message = preavis(&self.config, notice, (&name, to), said, now)?;
        let with = With { pieces: vec![self.kept_message(consent, &message)?], ..With::default() };
        let outcome = self.ctx.mailer.send(&message);
        let fact = match &outcome {
            Ok(taken) => Event::Told { consent, version: owned, notice, smtp_code: taken.code },
            Err(refused) => {
                let (code, permanent) = (refused.code.clone(), refused.permanent);
                Event::NotTold { consent, version: owned, notice, code, permanent }
            }
        };
        let ticket = self.greffe.stage(&Actor::platform(), with, |_, _| Ok(vec![fact.into()]))?;
        self.greffe.wait(ticket)?;
        Ok(outcome.is_ok())
    }

    /// Where a recipient stands with the terms of use.
    pub fn etat_cgu(&self, consent: Id) -> Result<EtatCgu, SignificationError> {
        let now = self.ctx.clock.now();
        if let Some(due) = self.cgu_a_presenter(consent, now)? {
            let presentee = self.adhesion(consent, &due.version)?.presentee_le.is_some();
            return Ok(EtatCgu::APresenter { version: due.version, presentee });
        }
        for coming in self.views().platform()?.cgu.into_iter().filter(|v| v.effective_at > now) {
            if self.adhesion(consent, &coming.version)?.acceptee.is_none() {
                return Ok(EtatCgu::Preavis { version: coming.version, effective_at: coming.effective_at });
            }
        }
        Ok(EtatCgu::AJour)
    }

    /// Shows a recipient the text that he has not accepted yet: the one in force, or else the one coming; `None` when there is
    /// none. That he saw it is a fact.
    pub fn presenter_cgu(&self, consent: Id, cle: &Path) -> Result<Option<CguPresentee>, SignificationError> {
        self.recipient_key(consent, cle, consent)?;
        let Some(version) = self.cgu_attendue(consent)? else { return Ok(None) };
        let path = self.root.join(format!("cgu/{}.txt", version.version));
        let texte = std::fs::read_to_string(&path).map_err(|e| SignificationError::io("read", &path, e))?;
        let CguVersion { version, sha256, effective_at, .. } = version;
        let found = Sha256Digest::of(texte.as_bytes());
        if found != sha256 {
            let (object, expected) = (format!("conditions {version}"), sha256.to_hex());
            return Err(SignificationError::VaultAltered { object, expected, found: found.to_hex() });
        }
        let shown = Event::Shown { consent, version: version.clone(), sha256 };
        self.greffe.record_at(&Actor::recipient(consent), |_, _| Ok(vec![shown.into()]))?;
        Ok(Some(CguPresentee { version, sha256, effective_at, texte }))
    }

    /// A recipient accepts the new text whose SHA-256 (hexadecimal) he read. Terminating is [`Platform::revoquer`].
    pub fn adherer_cgu(&self, consent: Id, cle: &Path, lu: &str) -> Result<EtatCgu, SignificationError> {
        self.recipient_key(consent, cle, consent)?;
        let state = self.views().consent(consent)?.state;
        if !matches!(state, ConsentState::Actif | ConsentState::Suspendu) {
            let (state, requested) = (state.name(), "accept");
            return Err(SignificationError::Transition { machine: "consentement", state, requested });
        }
        let wanted = self.cgu_attendue(consent)?;
        let expected = wanted.as_ref().map(|v| v.sha256.to_hex()).unwrap_or_default();
        let Some(version) = wanted.filter(|_| expected == lu.trim()) else {
            return Err(SignificationError::CguMismatch { expected, found: lu.chars().take(80).collect() });
        };
        let CguVersion { version, sha256, .. } = version;
        let auth_method = AUTH_METHOD.to_owned();
        let accepted = Event::Accepted { consent, version, sha256, auth_method };
        self.greffe.record_at(&Actor::recipient(consent), |_, _| Ok(vec![accepted.into()]))?;
        self.etat_cgu(consent)
    }

    fn adhesion(&self, consent: Id, version: &str) -> Result<Suivi, SignificationError> {
        let seen: Option<View> = self.views().view(Table::Adhesion, consent.as_bytes())?;
        Ok(seen.and_then(|seen| seen.versions.get(version).cloned()).unwrap_or_default())
    }

    /// The text in force that this recipient did not accept.
    fn cgu_a_presenter(&self, consent: Id, now: Instant) -> Result<Option<CguVersion>, SignificationError> {
        let view = self.views().consent(consent)?;
        let Some(in_force) = self.views().platform()?.cgu_in_force(now).cloned() else { return Ok(None) };
        let bound = cgu_of(self.views(), &view, now)?;
        Ok(Some(in_force).filter(|v| bound.is_some_and(|(_, sha256)| sha256 != v.sha256)))
    }

    /// The text to be shown: the one in force, then the one coming.
    fn cgu_attendue(&self, consent: Id) -> Result<Option<CguVersion>, SignificationError> {
        let now = self.ctx.clock.now();
        if let Some(due) = self.cgu_a_presenter(consent, now)? {
            return Ok(Some(due));
        }
        for coming in self.views().platform()?.cgu.into_iter().filter(|v| v.effective_at > now) {
            if self.adhesion(consent, &coming.version)?.acceptee.is_none() {
                return Ok(Some(coming));
            }
        }
        Ok(None)
    }

    /// Before an act is opened: a new text in force was at least shown.
    pub(super) fn conditions_vues(&self, consent: Id) -> Result<(), SignificationError> {
        match self.cgu_a_presenter(consent, self.ctx.clock.now())? {
            Some(due) if self.adhesion(consent, &due.version)?.presentee_le.is_none() => {
                Err(SignificationError::CguRequises { version: due.version })
            }
            _ => Ok(()),
        }
    }

    /// Before anything else than reading: it was accepted.
    pub(super) fn conditions_acceptees(&self, consent: Id) -> Result<(), SignificationError> {
        match self.cgu_a_presenter(consent, self.ctx.clock.now())? {
            Some(due) => Err(SignificationError::CguRequises { version: due.version }),
            None => Ok(()),
        }
    }
}
