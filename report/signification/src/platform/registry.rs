//! Commands of the consent registry: its records are encrypted to its own key, apart from the acts.
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dossier::{Digests, Instant, Sha256Digest, parse_strict, to_canonical};
use ring::hmac;
use serde::{Deserialize, Serialize};

use super::{
    AcceptInput, Accepted, DeclarationInput, Declared, Demande, Invited, Lookup, Moved, Platform, Proposed, Refused,
    invitation_end,
};
use crate::civil::paris_date;
use crate::consent::{Actor, ConsentMove, Piece, PieceKind, Role, missing_pieces};
use crate::deadline::calendar_months;
use crate::event::Event;
use crate::notice::{Invitation, invitation};
use crate::person::{Person, PersonInput};
use crate::vault::{self, Kind, SecretKey};
use crate::{Id, SignificationError};

/// An identity record: the person and a salt, so that its digest in the journal says nothing about anybody.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    person: Person,
    sel: String,
}

impl Platform<'_> {
    /// Notes that the channel was offered to somebody for `dossier`, by `channel` (courrier, téléphone, étude).
    pub fn proposer(&mut self, actor: &Actor, dossier: &str, channel: &str) -> Result<Proposed, SignificationError> {
        let consent = self.new_id()?;
        let (dossier, channel) = (label("dossier", dossier)?, label("canal", channel)?);
        self.record(actor, &Event::ConsentProposed { consent, dossier, channel })?;
        Ok(Proposed { consent, state: self.state.consent(consent)?.state })
    }

    /// Files the declaration and its supporting documents, checked by the office; both are kept encrypted.
    pub fn declarer(
        &mut self,
        actor: &Actor,
        consent: Id,
        input: &DeclarationInput,
    ) -> Result<Declared, SignificationError> {
        let now = self.ctx.clock.now();
        // Both moves are checked before anything is written.
        let declared = self.state.consent(consent)?.state.step(ConsentMove::Declare, actor.role)?;
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
        let digests = self.write_record(consent, person)?;
        let pieces = self.write_pieces(&given)?;
        let (zone, identification, assistance) = (input.zone, input.identification, input.assistance);
        let event = Event::ConsentDeclared { consent, digests, morale, scope, zone, identification, assistance };
        self.record(actor, &event)?;
        let count = pieces.len();
        self.record(actor, &Event::PiecesChecked { consent, pieces, filed: paris_date(now) })?;
        Ok(Declared { consent, state: self.state.consent(consent)?.state, pieces: count })
    }

    fn write_record(&self, consent: Id, person: Person) -> Result<Digests, SignificationError> {
        let record = to_canonical(&Record { person, sel: self.secret()? })?;
        let path = self.path("registre", consent, "age");
        vault::put(&path, Kind::Declaration, consent, &record, &[self.registry.public()])?;
        Ok(Digests::of(&record))
    }

    fn write_pieces(&self, given: &[(PieceKind, Vec<u8>)]) -> Result<Vec<Piece>, SignificationError> {
        let mut pieces = Vec::with_capacity(given.len());
        for (kind, bytes) in given {
            let record = self.new_id()?;
            // The salt comes first: the digest of a known document cannot be recognised in the journal.
            let mut salted = self.secret()?.into_bytes();
            salted.push(b'\n');
            salted.extend_from_slice(bytes);
            let path = self.path("registre/pieces", record, "age");
            vault::put(&path, Kind::Piece, record, &salted, &[self.registry.public()])?;
            pieces.push(Piece { kind: *kind, record, digests: Digests::of(&salted) });
        }
        Ok(pieces)
    }

    /// The identity of a consent, from the registry.
    pub(super) fn person(&self, consent: Id) -> Result<Person, SignificationError> {
        let view = self.state.consent(consent)?;
        let unknown = || SignificationError::Unknown { kind: "déclaration", id: consent.to_string() };
        let digests = view.record.ok_or_else(unknown)?;
        let path = self.path("registre", consent, "age");
        let bytes = vault::get(&path, Kind::Declaration, consent, &digests, &self.registry)?;
        let value = parse_strict(&bytes)?;
        let record: Record = serde_json::from_value(value).map_err(|_| unknown())?;
        Ok(record.person)
    }

    /// Invites the recipient to read and accept the terms of use: an e-mail with a single-use secret. The state moves only
    /// when his mail server took it.
    pub fn inviter(&mut self, actor: &Actor, consent: Id) -> Result<Invited, SignificationError> {
        self.state.consent(consent)?.state.step(ConsentMove::Invite, actor.role)?;
        let now = self.ctx.clock.now();
        let cgu = self.state.cgu_in_force(now).cloned();
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
        self.keep_message(&message)?;
        match self.ctx.mailer.send(&message) {
            Ok(taken) => {
                let token_sha256 = Sha256Digest::of(secret.as_bytes());
                let smtp_code = taken.code;
                self.record(actor, &Event::ConsentInvited { consent, notice, token_sha256, expires_at, smtp_code })?;
                let state = self.state.consent(consent)?.state;
                Ok(Invited { consent, state, notice, smtp_code, expires_at })
            }
            Err(refused) => {
                let (code, permanent) = (refused.code, refused.permanent);
                self.record(actor, &Event::InvitationFailed { consent, notice, code: code.clone(), permanent })?;
                Err(SignificationError::Smtp { code, permanent })
            }
        }
    }

    /// Keeps the raw bytes of a message, encrypted: they bear a name, an address, sometimes a secret.
    pub(super) fn keep_message(&self, message: &crate::notice::Prepared) -> Result<(), SignificationError> {
        let path = self.path("avis", message.id, "eml.age");
        vault::put(&path, Kind::Message, message.id, &message.raw, &[self.office.public()])?;
        Ok(())
    }

    /// The recipient accepts the terms of use at his first connection: this is the express consent of CPC 748-2. His key
    /// is made outside the store when he has none; the store only ever knows its public half.
    pub fn accepter(&mut self, input: &AcceptInput) -> Result<Accepted, SignificationError> {
        let (consent, actor) = (input.consent, Actor::recipient(input.consent));
        let now = self.ctx.clock.now();
        self.check_invitation(input, now)?;
        self.state.consent(consent)?.state.step(ConsentMove::Accept, actor.role)?;
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
        self.record_at(now, &actor, &Event::CguAccepted { consent, cgu_version, cgu_sha256, auth_method })?;
        let valid_to = self.state.consent(consent)?.scope.until;
        let (basis, recipient_key) = ("EXPRES (CPC art. 748-2)".to_owned(), key.public().to_string());
        let link = self.record_at(now, &actor, &Event::ConsentGiven { consent, basis, recipient_key, valid_to })?;
        let recepisse = self.attest_line(link.seq)?;
        let state = self.state.consent(consent)?.state;
        Ok(Accepted { consent, state, at: link.at, cle: input.cle.clone(), cle_creee: created, recepisse })
    }

    /// The recipient refuses the terms of use: no consent, acts go on paper.
    pub fn refuser(&mut self, input: &AcceptInput) -> Result<Refused, SignificationError> {
        let now = self.ctx.clock.now();
        self.check_invitation(input, now)?;
        let cgu_sha256 = self.cgu_as_read(&input.cgu_sha256, now)?.sha256;
        let (consent, actor) = (input.consent, Actor::recipient(input.consent));
        let link = self.record_at(now, &actor, &Event::ConsentRefused { consent, cgu_sha256 })?;
        let recepisse = self.attest_line(link.seq)?;
        Ok(Refused { consent, state: self.state.consent(consent)?.state, recepisse })
    }

    fn check_invitation(&mut self, input: &AcceptInput, now: Instant) -> Result<(), SignificationError> {
        let view = self.state.consent(input.consent)?;
        let why = match view.invitation {
            None => "aucune invitation en cours, ou code déjà utilisé",
            Some((expected, _)) if Sha256Digest::of(input.jeton.trim().as_bytes()) != expected => "code inconnu",
            Some((_, end)) if now >= end => "code expiré",
            Some(_) => return Ok(()),
        };
        let actor = Actor::recipient(input.consent);
        self.record_at(now, &actor, &Event::AuthFailed { object: input.consent, why: why.to_owned() })?;
        Err(SignificationError::Invitation { why })
    }

    fn cgu_as_read(&self, read: &str, now: Instant) -> Result<crate::cgu::CguVersion, SignificationError> {
        let cgu = self.state.cgu_in_force(now).cloned();
        let cgu = cgu.ok_or(SignificationError::Config { why: "aucune version des conditions en vigueur".into() })?;
        if cgu.sha256.to_hex() != read.trim() {
            let found = read.chars().take(80).collect();
            return Err(SignificationError::CguMismatch { expected: cgu.sha256.to_hex(), found });
        }
        Ok(cgu)
    }

    /// Suspends a consent: no new act until it is resumed; what was sent stays readable.
    pub fn suspendre(&mut self, consent: Id, demande: &Demande, cause: &str) -> Result<Moved, SignificationError> {
        let (actor, _) = self.who_asks(consent, demande)?;
        self.record(&actor, &Event::ConsentSuspended { consent, cause: label("cause", cause)? })?;
        self.moved(consent)
    }

    /// Ends a suspension.
    pub fn reprendre(&mut self, consent: Id, registre: &Actor) -> Result<Moved, SignificationError> {
        self.record(registre, &Event::ConsentResumed { consent })?;
        self.moved(consent)
    }

    /// Revokes a consent, at once: no new act; past ones keep their dates. Personal data are due for destruction five
    /// years later.
    pub fn revoquer(&mut self, consent: Id, demande: &Demande) -> Result<Moved, SignificationError> {
        let (actor, request) = self.who_asks(consent, demande)?;
        let now = self.ctx.clock.now();
        let destroy_on = calendar_months(paris_date(now), 60);
        self.record_at(now, &actor, &Event::ConsentRevoked { consent, request, destroy_on })?;
        self.moved(consent)
    }

    fn moved(&self, consent: Id) -> Result<Moved, SignificationError> {
        let view = self.state.consent(consent)?;
        let at = view.ended_at.or(self.journal.last_at()).unwrap_or(self.ctx.clock.now());
        Ok(Moved { consent, state: view.state, at, destroy_on: view.destroy_on })
    }

    fn who_asks(&mut self, consent: Id, demande: &Demande) -> Result<(Actor, String), SignificationError> {
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
    pub(super) fn recipient_key(
        &mut self,
        consent: Id,
        path: &Path,
        object: Id,
    ) -> Result<SecretKey, SignificationError> {
        let expected = self.state.consent(consent)?.recipient_key.clone();
        match SecretKey::read(path, "destinataire") {
            Ok(key) if expected.as_deref() == Some(key.public().to_string().as_str()) => Ok(key),
            other => {
                let why = "clé absente, illisible, ou d'un autre".to_owned();
                self.record(&Actor::recipient(consent), &Event::AuthFailed { object, why })?;
                Err(other.err().unwrap_or(SignificationError::KeyRefused { object: object.to_string() }))
            }
        }
    }

    /// Asks the registry whether exactly this person has an active consent. Only with the reference of a dossier; the
    /// question and who asked it stay in the journal. Refused to the recipients.
    pub fn consulter_registre(
        &mut self,
        actor: &Actor,
        dossier: &str,
        input: &PersonInput,
    ) -> Result<Lookup, SignificationError> {
        if dossier.trim().is_empty() {
            self.record(actor, &Event::LookupRefused { why: "sans référence de dossier".into() })?;
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
        let active: Vec<Id> = self.state.consents.values().filter(|c| c.is_active(now)).map(|c| c.id).collect();
        let mut found = None;
        for consent in active {
            if self.person(consent)?.match_key() == key {
                found = Some(consent);
            }
        }
        let (dossier, query) = (label("dossier", dossier)?, self.query_digest(&key)?);
        self.record_at(now, actor, &Event::RegistryLookedUp { dossier, query, found })?;
        Ok(Lookup { consent_actif: found.is_some(), consent: found })
    }

    fn query_digest(&self, key: &str) -> Result<Sha256Digest, SignificationError> {
        let path = self.root.join("cles/index.cle");
        let bad = || SignificationError::Key { name: "index", why: "illisible" };
        let text = fs::read_to_string(&path).map_err(|e| SignificationError::io("read", &path, e))?;
        let secret = hex::decode(text.trim()).map_err(|_| bad())?;
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), key.as_bytes());
        Ok(Sha256Digest::from_bytes(tag.as_ref().try_into().map_err(|_| bad())?))
    }

    /// A letter and 32 random bytes in base64url: a single-use secret, or a salt. Without the letter, one in 64 would begin
    /// with a hyphen and be taken for an option on a command line.
    fn secret(&self) -> Result<String, SignificationError> {
        let mut bytes = [0; 32];
        self.ctx.entropy.fill(&mut bytes)?;
        Ok(format!("J{}", URL_SAFE_NO_PAD.encode(bytes)))
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
