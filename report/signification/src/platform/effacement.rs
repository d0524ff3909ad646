//! Termination, deletion of the acts two months later, and the certificate of every destruction: signed, timestamped, kept,
//! sent (CGU, art. 12; rows F03 to F05).
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use dossier::{Digests, Instant, Sha256Digest, to_canonical};
use serde::Serialize;

use super::erasure::destroy;
use super::registry::label as short;
use super::{Demande, Platform};
use crate::civil::{paris_date, paris_rfc3339};
use crate::consent::{Actor, ConsentState};
use crate::deadline::calendar_months;
use crate::effacement::{
    CERTIFICATE_FORMAT, Certificat, Destruction, Event, Item, ItemKind, METHODE, Motif, View, certificate_files,
    end_of_reading,
};
use crate::evidence::TimeProof;
use crate::exploitation::A;
use crate::fact::Fact;
use crate::greffe::With;
use crate::procedure::Procedure;
use crate::projection::{Kin, Views};
use crate::receipt::{Issuer, JournalRef};
use crate::store::{NewPiece, PieceKind, Table};
use crate::vault::{private_folder, write_private};
use crate::{Id, SignificationError, hebergement, notice};

/// A termination, as it was processed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Resiliee {
    /// The consent.
    pub consent: Id,
    /// When the request was received.
    pub recue_le: Instant,
    /// When it was processed: it takes effect then.
    pub effective_le: Instant,
    /// End of the reading.
    pub lecture_seule_jusqu_au: Instant,
    /// What the person is told.
    pub phrase: String,
}

/// A certificate that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CertificatInfo {
    /// The certificate.
    pub certificat: Id,
    /// Why.
    pub motif: Motif,
    /// When it was done.
    pub efface_le: Instant,
    /// Things destroyed.
    pub elements: usize,
    /// Whether it bears a time token.
    pub horodate: bool,
    /// Whether the mail server took it.
    pub envoye: bool,
}

impl Platform<'_> {
    /// Processes a termination received at `recue_le`: effective now. An active consent is revoked by the same request; for two
    /// months the acts can be fetched, and nothing else can be done.
    pub fn resilier(&self, consent: Id, demande: &Demande, recue_le: Instant) -> Result<Resiliee, SignificationError> {
        let (actor, reference) = self.who_asks(consent, demande)?;
        let reference = short("reference", &reference)?;
        let _hold = self.holds.take(consent);
        let link = self.greffe.record_at(&actor, |now, taken| {
            let mut facts = Vec::new();
            if matches!(taken.consent(consent)?.state, ConsentState::Actif | ConsentState::Suspendu) {
                let (destroy_on, request) = (calendar_months(paris_date(now), 60), reference.clone());
                facts.push(Fact::from(crate::event::Event::ConsentRevoked { consent, request, destroy_on }));
            }
            let jusqu_au = end_of_reading(now);
            facts.push(Event::Resiliation { consent, recue_le, reference, jusqu_au }.into());
            facts.extend(super::exploitation::rappels(A::Destinataire(consent), paris_date(jusqu_au))?);
            Ok(facts)
        })?;
        let until = end_of_reading(link.at);
        let phrase = format!(
            "Résiliation reçue le {} et traitée le {} : elle prend effet à cette seconde date. Vos actes restent à votre disposition \
             jusqu'au {} ; ils seront ensuite effacés, et un certificat d'effacement vous sera adressé.",
            crate::civil::paris_text(recue_le),
            crate::civil::paris_text(link.at),
            crate::civil::paris_text(until),
        );
        Ok(Resiliee { consent, recue_le, effective_le: link.at, lecture_seule_jusqu_au: until, phrase })
    }

    /// What is known of the end of a consent.
    pub fn effacement(&self, consent: Id) -> Result<Option<View>, SignificationError> {
        self.views().view(Table::Effacement, consent.as_bytes())
    }

    /// Refuses what was deleted, by its own code.
    pub(super) fn refuse_erased(&self, consent: Id, act: Id) -> Result<(), SignificationError> {
        match self.effacement(consent)?.and_then(|view| view.actes_effaces_le()) {
            Some(at) => Err(SignificationError::Erased { object: act.to_string(), at }),
            None => self.refuse_out_of_vault(act),
        }
    }

    /// Deletes the acts of a person whose two months are over, then says so. Cut in the middle, it is done again.
    pub(super) fn erase_acts(&self, consent: Id) -> Result<(), SignificationError> {
        let _hold = self.holds.take(consent);
        let Some(view) = self.effacement(consent)? else { return Ok(()) };
        let (Some(fin_le), None) = (view.resiliee_le, view.actes_effaces_le()) else { return Ok(()) };
        let mut items = Vec::new();
        for act in self.views().children(consent, Kin::ActeDeConsentement)? {
            destroy(&self.path("coffre", act))?;
            self.detruire_copies(act)?;
            let sha256 = Some(self.views().act(act)?.content.sha256);
            items.push(Item { nature: ItemKind::Acte, id: act, sha256 });
        }
        let done = Event::Detruit { consent, motif: Motif::Resiliation, fin_le, items };
        self.greffe.record_at(&Actor::platform(), |_, _| Ok(vec![done.into()]))?;
        self.certify_held(consent, None)
    }

    /// Makes the certificates that are missing, and sends those that are owed.
    pub(super) fn certify(&self, consent: Id) -> Result<(), SignificationError> {
        let _hold = self.holds.take(consent);
        self.certify_held(consent, None)
    }

    /// The same for who holds the consent; `to` is the address, when the registry no longer has it.
    pub(super) fn certify_held(&self, consent: Id, to: Option<&str>) -> Result<(), SignificationError> {
        let now = self.ctx.clock.now();
        loop {
            let Some(view) = self.effacement(consent)? else { return Ok(()) };
            if let Some(one) = view.destructions.iter().find(|one| one.certificat.is_none()) {
                match self.make_certificate(&view, one) {
                    // Without the office's key it is made later: a store opens all the same.
                    Err(SignificationError::Seal { .. }) => return Ok(()),
                    other => other?,
                }
                continue;
            }
            for one in view.destructions.iter().filter(|one| !one.envoi_clos) {
                let waits = one.envois > 0 && now < crate::deadline::elapsed(one.dernier, 1);
                if let (false, Some((certificate, digests))) = (waits, one.certificat) {
                    self.send_certificate(consent, one, (certificate, digests), to)?;
                }
            }
            return Ok(());
        }
    }

    fn make_certificate(&self, view: &View, one: &Destruction) -> Result<(), SignificationError> {
        let (consent, certificate) = (view.consent, self.new_id()?);
        let link = self.destruction_line(consent, one.motif)?;
        let told = Certificat {
            version: CERTIFICATE_FORMAT.to_owned(),
            essai: self.views().platform()?.essai,
            certificate_id: certificate,
            pseudonym: consent,
            motif: one.motif,
            demande_recue_le: view.recue_le.filter(|_| one.motif == Motif::Resiliation),
            fin_le: one.fin_le,
            efface_le: one.efface_le,
            efface_le_paris: paris_rfc3339(one.efface_le),
            items: one.items.clone(),
            methode: METHODE.to_owned(),
            issuer: Issuer { etude: self.config.etude.clone(), residence: self.config.residence.clone() },
            journal: JournalRef { seq: link.seq, entry_hash: link.hash, prev_hash: link.prev },
            procedure: self.sheet_digest()?,
        };
        let bytes = to_canonical(&told)?;
        let sealed = self.ctx.sealer.seal(&bytes).map_err(|e| SignificationError::Seal { why: e.code })?;
        let digests = Digests::of(&bytes);
        let token = if let TimeProof::Token(token) = &sealed.time { Some(token.as_slice()) } else { None };
        let states = self.ctx.sealer.states(&sealed.signature, token);
        let mut pieces = vec![
            NewPiece { kind: PieceKind::Preuve, id: certificate, bytes },
            NewPiece { kind: PieceKind::Signature, id: certificate, bytes: sealed.signature },
        ];
        pieces.extend(states.map(|bytes| NewPiece { kind: PieceKind::Etats, id: certificate, bytes }));
        let timestamped = matches!(sealed.time, TimeProof::Token(_));
        if let TimeProof::Token(bytes) = sealed.time {
            pieces.push(NewPiece { kind: PieceKind::Jeton, id: certificate, bytes });
        }
        let made = Event::Certificat { consent, certificate, digests, timestamped };
        let with = With { pieces, ..With::default() };
        let ticket = self.greffe.stage(&Actor::platform(), with, |_, _| Ok(vec![made.into()]))?;
        self.greffe.wait(ticket).map(|_| ())
    }

    /// Where the journal says that it was done.
    fn destruction_line(&self, consent: Id, wanted: Motif) -> Result<crate::greffe::Link, SignificationError> {
        for seq in self.views().lines_about(consent)?.into_iter().rev() {
            let (entry, link) = self.line(seq)?;
            if let Fact::Effacement(Event::Detruit { motif, .. }) = Fact::from_entry(&entry)?.0
                && motif == wanted
            {
                return Ok(link);
            }
        }
        Err(SignificationError::Unknown { kind: "ligne", id: consent.to_string() })
    }

    fn send_certificate(
        &self,
        consent: Id,
        one: &Destruction,
        (certificate, digests): (Id, Digests),
        to: Option<&str>,
    ) -> Result<(), SignificationError> {
        let known = || self.person(consent).ok().map(|person| person.courriel().to_owned());
        let message = self.new_id()?;
        let outcome = match to.map(str::to_owned).or_else(known) {
            // The address went with the rest, and a crash with the one in memory.
            None => Err(notice::Refused { code: "adresse_detruite".into(), permanent: true }),
            Some(to) => {
                let files = self.certificate_pieces(certificate, digests)?;
                let efface_le = one.efface_le;
                let letter = notice::certificat::erased(
                    &self.config,
                    message,
                    &to,
                    (consent, efface_le),
                    &files,
                    self.ctx.clock.now(),
                )?;
                self.ctx.mailer.hand_over(&letter).map(|handed| handed.code)
            }
        };
        let (code, pris, definitif) = match outcome {
            Ok(code) => (code.to_string(), true, true),
            Err(refused) => (refused.code, false, refused.permanent),
        };
        let sent = Event::Envoi { consent, certificate, message, code, pris, definitif };
        self.greffe.record_at(&Actor::platform(), |_, _| Ok(vec![sent.into()])).map(|_| ())
    }

    /// The files of a certificate, by name.
    fn certificate_pieces(&self, id: Id, expected: Digests) -> Result<BTreeMap<String, Vec<u8>>, SignificationError> {
        let missing = || SignificationError::Unknown { kind: "certificat", id: id.to_string() };
        let store = self.greffe.store();
        let bytes = store.piece(PieceKind::Preuve, id)?.ok_or_else(missing)?;
        if Digests::of(&bytes) != expected {
            let (expected, found) = (expected.sha256.to_hex(), Sha256Digest::of(&bytes).to_hex());
            return Err(SignificationError::VaultAltered { object: format!("certificat {id}"), expected, found });
        }
        let sheet = self.sheet_of(crate::effacement::parse_certificate(&bytes)?.procedure)?;
        let signature = store.piece(PieceKind::Signature, id)?.ok_or_else(missing)?;
        let proofs = (store.piece(PieceKind::Jeton, id)?, store.piece(PieceKind::Etats, id)?);
        Ok(certificate_files(bytes, signature, proofs, sheet))
    }

    /// The files of one certificate of a consent.
    pub(super) fn certificate_of(
        &self,
        consent: Id,
        certificat: Id,
    ) -> Result<BTreeMap<String, Vec<u8>>, SignificationError> {
        let missing = || SignificationError::Unknown { kind: "certificat", id: certificat.to_string() };
        let view = self.effacement(consent)?.ok_or_else(missing)?;
        let mut known = view.destructions.iter().filter_map(|one| one.certificat);
        let (id, digests) = known.find(|(id, _)| *id == certificat).ok_or_else(missing)?;
        self.certificate_pieces(id, digests)
    }

    /// The certificates of a consent.
    pub fn certificats(&self, consent: Id) -> Result<Vec<CertificatInfo>, SignificationError> {
        let view = self.effacement(consent)?;
        let info = |one: Destruction| {
            one.certificat.map(|(certificat, _)| CertificatInfo {
                certificat,
                motif: one.motif,
                efface_le: one.efface_le,
                elements: one.items.len(),
                horodate: one.horodate,
                envoye: one.envoye,
            })
        };
        Ok(view.map(|view| view.destructions.into_iter().filter_map(info).collect()).unwrap_or_default())
    }

    /// Writes a certificate of erasure into the folder `vers` (made if need be): the octets, their signature, their token, the
    /// procedure sheet.
    pub fn sortir_certificat(
        &self,
        consent: Id,
        certificat: Id,
        vers: &Path,
    ) -> Result<Vec<PathBuf>, SignificationError> {
        let files = self.certificate_of(consent, certificat)?;
        std::fs::create_dir_all(vers).map_err(|e| SignificationError::io("create", vers, e))?;
        let mut written = Vec::new();
        for (name, octets) in files {
            let target = vers.join(name);
            write_private(&target, &octets)?;
            written.push(target);
        }
        Ok(written)
    }

    /// Asks for the tokens that certificates still lack. Gives how many came.
    pub fn horodater_certificats(&self) -> Result<usize, SignificationError> {
        let mut done = 0;
        for (key, _) in self.views().scan(Table::Effacement, &[], None, usize::MAX)? {
            let consent = crate::projection::id_of(&key)?;
            let Some(view) = self.effacement(consent)? else { continue };
            for (certificate, _) in
                view.destructions.iter().filter(|one| !one.horodate).filter_map(|one| one.certificat)
            {
                let Some(bytes) = self.greffe.store().piece(PieceKind::Preuve, certificate)? else { continue };
                // Without an authority it stays deferred, which whoever checks it is told.
                let Ok(token) = self.ctx.sealer.timestamp(&bytes) else { continue };
                let event = Event::Horodate { consent, certificate, token_sha256: Sha256Digest::of(&token) };
                let pieces = vec![NewPiece { kind: PieceKind::Jeton, id: certificate, bytes: token }];
                let with = With { pieces, ..With::default() };
                let ticket = self.greffe.stage(&Actor::platform(), with, |_, _| Ok(vec![event.into()]))?;
                self.greffe.wait(ticket)?;
                done += 1;
            }
        }
        Ok(done)
    }

    /// The procedure sheet of this version, kept under its digest.
    pub(super) fn sheet_digest(&self) -> Result<Option<Sha256Digest>, SignificationError> {
        let (octets, digest) = Procedure::of(&hebergement::clock_of(&self.root)?).octets()?;
        let folder = self.root.join("procedure");
        let path = folder.join(format!("{digest}.json"));
        if !path.exists() {
            private_folder(&folder)?;
            write_private(&path, &octets)?;
        }
        Ok(Some(digest))
    }

    /// The sheet of that digest, as it was when the evidence was made.
    pub(super) fn sheet_of(&self, digest: Option<Sha256Digest>) -> Result<Option<Vec<u8>>, SignificationError> {
        let Some(digest) = digest else { return Ok(None) };
        let path = self.root.join(format!("procedure/{digest}.json"));
        match std::fs::read(&path) {
            Ok(octets) if Sha256Digest::of(&octets) == digest => Ok(Some(octets)),
            Ok(_) => Ok(None),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(SignificationError::io("read", path, e)),
        }
    }
}

/// How a line reads.
pub(super) fn label(event: &Event) -> &'static str {
    match event {
        Event::Resiliation { .. } => "Résiliation traitée : lecture seule pendant deux mois",
        Event::Detruit { motif: Motif::Resiliation, .. } => "Actes effacés, deux mois après la résiliation",
        Event::Detruit { motif: Motif::Revocation, .. } => {
            "Données personnelles détruites, cinq ans après la révocation"
        }
        Event::Certificat { .. } => "Certificat d'effacement émis",
        Event::Horodate { .. } => "Certificat d'effacement horodaté",
        Event::Envoi { pris: true, .. } => "Certificat d'effacement remis au serveur de messagerie",
        Event::Envoi { .. } => "Certificat d'effacement non pris par le serveur de messagerie",
        Event::FichiersPrevus { .. } => "Réponses et documents de la personne, à détruire",
        Event::FichiersDetruits { .. } => "Réponses et documents de la personne, détruits",
    }
}
