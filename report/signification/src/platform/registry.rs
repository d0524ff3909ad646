//! Commands of the consent registry: its records are encrypted to its own key, apart from the acts.
use std::fs;
use std::path::{Path, PathBuf};

use dossier::{Instant, Sha256Digest};

use super::{
    AcceptInput, Accepted, Consultation, DeclarationInput, Declared, Demande, Invited, Lookup, Moved, Platform,
    Proposed, Refused, invitation_end,
};
use crate::civil::paris_date;
use crate::comptes::{EtatCompte, lien};
use crate::consent::{Actor, ConsentMove, PieceKind, Role, missing_pieces};
use crate::deadline::calendar_months;
use crate::event::Event;
use crate::fact::Fact;
use crate::greffe::With;
use crate::notice::{Invitation, invitation};
use crate::person::{Person, PersonInput};
use crate::projection::Views;
use crate::store::Reader;
use crate::vault::SecretKey;
use crate::{Id, SignificationError};

impl Platform<'_> {
    /// Notes that the channel was offered to somebody for `dossier`, by `channel` (courrier, téléphone, étude).
    pub fn proposer(&self, actor: &Actor, dossier: &str, channel: &str) -> Result<Proposed, SignificationError> {
        let consent = self.new_id()?;
        let (dossier, channel) = (label("dossier", dossier)?, label("canal", channel)?);
        self.greffe.record(actor, &Event::ConsentProposed { consent, dossier, channel })?;
        Ok(Proposed { consent, state: self.views().consent(consent)?.state })
    }

    /// Files the declaration and its supporting documents, checked by the office; both are kept encrypted.
    pub fn declarer(
        &self,
        actor: &Actor,
        consent: Id,
        input: &DeclarationInput,
    ) -> Result<Declared, SignificationError> {
        let now = self.ctx.clock.now();
        // Both moves are checked before anything is written, and the offer.
        self.offer_open(consent)?;
        let declared = self.views().consent(consent)?.state.step(ConsentMove::Declare, actor.role)?;
        declared.step(ConsentMove::CheckPieces, actor.role)?;
        let person = Person::parse(&input.personne, paris_date(now))?;
        let scope = input.scope()?;
        scope.check(now)?;
        if !input.zone.complete() {
            return Err(crate::calendar::CalendarGap::Zone(input.zone).into());
        }
        let given = parse_pieces(input)?;
        let morale = matches!(person, Person::Morale { .. });
        let kinds: Vec<PieceKind> = given.iter().map(|(kind, _)| *kind).collect();
        let missing = missing_pieces(morale, input.identification, paris_date(now), &kinds);
        if !missing.is_empty() {
            return Err(SignificationError::PiecesMissing { missing });
        }
        self.analyser_pieces(consent, &given)?;
        let (digests, changes) = self.write_record(consent, person)?;
        let pieces = self.write_pieces(consent, &given)?;
        let (zone, identification, assistance) = (input.zone, input.identification, input.assistance);
        let count = pieces.len();
        let declared = Event::ConsentDeclared { consent, digests, morale, scope, zone, identification, assistance };
        let ticket = self.greffe.stage(actor, With { changes, ..With::default() }, |now, _| {
            Ok(vec![declared.into(), Event::PiecesChecked { consent, pieces, filed: paris_date(now) }.into()])
        })?;
        self.greffe.wait(ticket)?;
        Ok(Declared { consent, state: self.views().consent(consent)?.state, pieces: count })
    }

    /// Invites the recipient to read and accept the terms of use: an e-mail with a single-use secret. The state moves only
    /// when his mail server took it.
    pub fn inviter(&self, actor: &Actor, consent: Id) -> Result<Invited, SignificationError> {
        self.inviter_avec(actor, consent, |_, _| Vec::new())
    }

    /// Like [`Platform::inviter`]; `more` gives the facts written with the invitation, from the digest of its secret and its end.
    pub(super) fn inviter_avec(
        &self,
        actor: &Actor,
        consent: Id,
        more: impl FnOnce(Sha256Digest, Instant) -> Vec<Fact>,
    ) -> Result<Invited, SignificationError> {
        self.views().consent(consent)?.state.step(ConsentMove::Invite, actor.role)?;
        let now = self.ctx.clock.now();
        let cgu = self.views().platform()?.cgu_in_force(now).cloned();
        let cgu = cgu.ok_or(SignificationError::Config { why: "aucune version des conditions en vigueur".into() })?;
        let (person, secret, notice) = (self.person(consent)?, self.secret()?, self.new_id()?);
        let expires_at = invitation_end(now, self.config.invitation_jours);
        let message = invitation(
            &self.config,
            notice,
            &Invitation {
                consent,
                name: &person.display_name(),
                to: person.courriel(),
                secret: &secret,
                expires_at,
                cgu_version: &cgu.version,
                cgu_sha256: &cgu.sha256.to_hex(),
            },
            now,
        )?;
        let with = With { pieces: vec![self.kept_message(consent, &message)?], ..With::default() };
        match self.ctx.mailer.send(&message) {
            Ok(taken) => {
                let token_sha256 = Sha256Digest::of(secret.as_bytes());
                let smtp_code = taken.code;
                let invited = Event::ConsentInvited { consent, notice, token_sha256, expires_at, smtp_code };
                let facts = std::iter::once(invited.into()).chain(more(token_sha256, expires_at)).collect();
                let ticket = self.greffe.stage(actor, with, |_, _| Ok(facts))?;
                self.greffe.wait(ticket)?;
                let state = self.views().consent(consent)?.state;
                Ok(Invited { consent, state, notice, smtp_code, expires_at })
            }
            Err(refused) => {
                let (code, permanent) = (refused.code, refused.permanent);
                let failed = Event::InvitationFailed { consent, notice, code: code.clone(), permanent };
                let ticket = self.greffe.stage(actor, with, |_, _| Ok(vec![failed.into()]))?;
                self.greffe.wait(ticket)?;
                Err(SignificationError::Smtp { code, permanent })
            }
        }
    }

    /// The recipient accepts the terms of use at his first connection: this is the express consent of CPC 748-2. His key
    /// is made outside the store when he has none; the store only ever knows its public half.
    pub fn accepter(&self, input: &AcceptInput) -> Result<Accepted, SignificationError> {
        let (consent, actor) = (input.consent, Actor::recipient(input.consent));
        let now = self.ctx.clock.now();
        self.check_invitation(input, now)?;
        self.views().consent(consent)?.state.step(ConsentMove::Accept, actor.role)?;
        let cgu = self.cgu_as_read(&input.cgu_sha256, now)?;
        let created = !input.cle.exists();
        if created && inside(&input.cle, &self.root) {
            return Err(SignificationError::Key {
                name: "destinataire",
                why: "ne doit pas être gardée dans le coffre",
            });
        }
        let key = if created { SecretKey::generate() } else { SecretKey::read(&input.cle, "destinataire")? };
        if created {
            key.write(&input.cle)?;
        }
        let (cgu_version, cgu_sha256) = (cgu.version, cgu.sha256);
        let auth_method = "invitation".to_owned();
        let (basis, recipient_key) = ("EXPRES (CPC art. 748-2)".to_owned(), key.public().to_string());
        let jeton = input.jeton.clone();
        let link = self.greffe.record_at(&actor, |now, taken| {
            let view = taken.consent(consent)?;
            // Asked again under the registrar: the secret serves once, however many present it at the same time.
            let fault = deja_employe(taken, consent)?.or(invitation_fault(&view, &jeton, now));
            fault.map_or(Ok(()), |why| Err(SignificationError::Invitation { why }))?;
            let valid_to = view.scope.until;
            Ok(vec![
                Event::CguAccepted { consent, cgu_version, cgu_sha256, auth_method }.into(),
                Event::ConsentGiven { consent, basis, recipient_key, valid_to }.into(),
            ])
        })?;
        self.annoncer_prochaine(consent)?;
        let recepisse = self.attest_line(link.seq)?;
        let state = self.views().consent(consent)?.state;
        Ok(Accepted { consent, state, at: link.at, cle: input.cle.clone(), cle_creee: created, recepisse })
    }

    /// The recipient refuses the terms of use: no consent, acts go on paper.
    pub fn refuser(&self, input: &AcceptInput) -> Result<Refused, SignificationError> {
        let now = self.ctx.clock.now();
        self.check_invitation(input, now)?;
        let cgu_sha256 = self.cgu_as_read(&input.cgu_sha256, now)?.sha256;
        let (consent, actor) = (input.consent, Actor::recipient(input.consent));
        let link = self.greffe.record(&actor, &Event::ConsentRefused { consent, cgu_sha256 })?;
        let recepisse = self.attest_line(link.seq)?;
        Ok(Refused { consent, state: self.views().consent(consent)?.state, recepisse })
    }

    fn check_invitation(&self, input: &AcceptInput, now: Instant) -> Result<(), SignificationError> {
        let view = self.views().consent(input.consent)?;
        let spent = deja_employe(self.views(), input.consent)?;
        let Some(why) = spent.or(invitation_fault(&view, &input.jeton, now)) else { return Ok(()) };
        let actor = Actor::recipient(input.consent);
        self.greffe.record(&actor, &Event::AuthFailed { object: input.consent, why: why.to_owned() })?;
        Err(SignificationError::Invitation { why })
    }

    pub(super) fn cgu_as_read(&self, read: &str, now: Instant) -> Result<crate::cgu::CguVersion, SignificationError> {
        let cgu = self.views().platform()?.cgu_in_force(now).cloned();
        let cgu = cgu.ok_or(SignificationError::Config { why: "aucune version des conditions en vigueur".into() })?;
        if cgu.sha256.to_hex() != read.trim() {
            let found = read.chars().take(80).collect();
            return Err(SignificationError::CguMismatch { expected: cgu.sha256.to_hex(), found });
        }
        Ok(cgu)
    }

    /// Suspends a consent: no new act until it is resumed; what was sent stays readable.
    pub fn suspendre(&self, consent: Id, demande: &Demande, cause: &str) -> Result<Moved, SignificationError> {
        let (actor, _) = self.who_asks(consent, demande)?;
        self.greffe.record(&actor, &Event::ConsentSuspended { consent, cause: label("cause", cause)? })?;
        self.moved(consent)
    }

    /// Ends a suspension.
    pub fn reprendre(&self, consent: Id, registre: &Actor) -> Result<Moved, SignificationError> {
        self.greffe.record(registre, &Event::ConsentResumed { consent })?;
        self.moved(consent)
    }

    /// Revokes a consent, at once: no new act; past ones keep their dates. Personal data are due for destruction five
    /// years later.
    pub fn revoquer(&self, consent: Id, demande: &Demande) -> Result<Moved, SignificationError> {
        let (actor, request) = self.who_asks(consent, demande)?;
        self.greffe.record_at(&actor, |now, _| {
            let destroy_on = calendar_months(paris_date(now), 60);
            Ok(vec![Event::ConsentRevoked { consent, request, destroy_on }.into()])
        })?;
        self.moved(consent)
    }

    pub(super) fn moved(&self, consent: Id) -> Result<Moved, SignificationError> {
        let view = self.views().consent(consent)?;
        let at = view.ended_at.or(self.greffe.head().last_at).unwrap_or(self.ctx.clock.now());
        Ok(Moved { consent, state: view.state, at, destroy_on: view.destroy_on })
    }

    pub(super) fn who_asks(&self, consent: Id, demande: &Demande) -> Result<(Actor, String), SignificationError> {
        match demande {
            Demande::Destinataire { cle } => {
                self.recipient_key(consent, cle, consent)?;
                Ok((Actor::recipient(consent), "clé du destinataire".into()))
            }
            Demande::Ecrit { registre, reference } if registre.role == Role::Registre => {
                Ok((registre.clone(), label("reference", reference)?))
            }
            Demande::Ecrit { registre, .. } => {
                Err(SignificationError::Actor { role: registre.role.name(), requested: "revoke" })
            }
        }
    }

    /// Reads the recipient's key and checks it is the one the consent bears; a failure is journalled about `object`.
    pub(super) fn recipient_key(&self, consent: Id, path: &Path, object: Id) -> Result<SecretKey, SignificationError> {
        let expected = self.views().consent(consent)?.recipient_key.clone();
        match SecretKey::read(path, "destinataire") {
            Ok(key) if expected.as_deref() == Some(key.public().to_string().as_str()) => Ok(key),
            other => {
                let why = "clé absente, illisible, ou d'un autre".to_owned();
                self.greffe.record(&Actor::recipient(consent), &Event::AuthFailed { object, why })?;
                Err(other.err().unwrap_or(SignificationError::KeyRefused { object: object.to_string() }))
            }
        }
    }

    /// Asks the registry whether exactly this person has an active consent. Only with the reference of a dossier; the
    /// question and who asked it stay in the journal. Refused to the recipients.
    pub fn consulter_registre(
        &self,
        actor: &Actor,
        dossier: &str,
        input: &PersonInput,
    ) -> Result<Lookup, SignificationError> {
        if dossier.trim().is_empty() {
            self.greffe.record(actor, &Event::LookupRefused { why: "sans référence de dossier".into() })?;
            return Err(SignificationError::LookupWithoutDossier);
        }
        if !matches!(actor.role, Role::Etude | Role::Registre) {
            return Err(SignificationError::Actor { role: actor.role.name(), requested: "lookup" });
        }
        let now = self.ctx.clock.now();
        // The address is no part of the match: it is asked for by the person's type only, so a neutral one is lent.
        let mut input = input.clone();
        if input.courriel.trim().is_empty() {
            input.courriel = "registre@invalid.invalid".into();
        }
        let key = Person::parse(&input, paris_date(now))?.match_key();
        let (dossier, query) = (label("dossier", dossier)?, self.query_digest(&key));
        let mut found = None;
        for consent in self.consents_of(query)? {
            if self.views().consent(consent)?.is_active(now) {
                found = Some(consent);
            }
        }
        self.greffe.record(actor, &Event::RegistryLookedUp { dossier, query, found })?;
        Ok(Lookup { consent_actif: found.is_some(), consent: found })
    }
}

impl Platform<'_> {
    /// Who asked the registry about this person and found this consent: what he is shown.
    pub fn consultations(&self, consent: Id) -> Result<Vec<Consultation>, SignificationError> {
        let mut list = Vec::new();
        for seq in self.views().lines_about(consent)? {
            let (entry, _) = self.line(seq)?;
            let (fact, actor) = Fact::from_entry(&entry)?;
            if let Fact::Service(Event::RegistryLookedUp { dossier, .. }) = fact {
                list.push(Consultation { at: entry.at, actor: actor.id, dossier });
            }
        }
        Ok(list)
    }
}

/// A secret that opened an account is spent: its holder accepts or refuses there.
fn deja_employe(reader: &dyn Reader, consent: Id) -> Result<Option<&'static str>, SignificationError> {
    let opened = lien::comptes_de(reader, consent)?.iter().any(|account| account.etat != EtatCompte::Invite);
    Ok(opened.then_some("ce code a déjà ouvert un compte : connectez-vous"))
}

/// What is wrong with a secret presented at `now`; nothing, when it opens the invitation.
fn invitation_fault(view: &crate::state::ConsentView, secret: &str, now: Instant) -> Option<&'static str> {
    match view.invitation {
        None => Some("aucune invitation en cours, ou code déjà utilisé"),
        Some((expected, _)) if Sha256Digest::of(secret.trim().as_bytes()) != expected => Some("code inconnu"),
        Some((_, end)) if now >= end => Some("code expiré"),
        Some(_) => None,
    }
}

fn parse_pieces(input: &DeclarationInput) -> Result<Vec<(PieceKind, Vec<u8>)>, SignificationError> {
    let mut given = Vec::new();
    for (kind, path) in &input.pieces {
        let kind = PieceKind::parse(kind)?;
        let size = fs::metadata(path).map_err(|e| SignificationError::io("read", path, e))?.len();
        if size == 0 || size > 32 * 1024 * 1024 {
            let why = "vide, ou plus de 32 Mio";
            return Err(SignificationError::Field { field: "pieces", found: kind.nom().into(), why });
        }
        given.push((kind, fs::read(path).map_err(|e| SignificationError::io("read", path, e))?));
    }
    Ok(given)
}

/// A short text that goes to the journal: one line, 1 to 120 characters.
pub(super) fn label(field: &'static str, text: &str) -> Result<String, SignificationError> {
    let text = text.trim();
    let why = match text.chars().count() {
        0 => "obligatoire",
        1..=120 if !text.chars().any(char::is_control) => return Ok(text.to_owned()),
        _ => "plus de 120 caractères, ou caractère de contrôle",
    };
    Err(SignificationError::Field { field, found: text.chars().take(40).collect(), why })
}

/// Whether a file to be made would be inside `root`.
fn inside(path: &Path, root: &Path) -> bool {
    let parent =
        path.parent().filter(|p| !p.as_os_str().is_empty()).map_or_else(|| PathBuf::from("."), Path::to_path_buf);
    match (parent.canonicalize(), root.canonicalize()) {
        (Ok(parent), Ok(root)) => parent.starts_with(root),
        _ => false,
    }
}
