//! Everything about a person in one zip (RGPD, art. 15 and 20; row F07): identity, consent, acts opened with his own key,
//! receipts, certificates, journal, who looked him up; nothing about anybody else.
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};

use dossier::{Digests, Sha256Digest};
use serde::Serialize;
use serde_json::{Value, json};
use zip::write::SimpleFileOptions;

use super::Platform;
use crate::civil::paris_text;
use crate::consent::Actor;
use crate::journal::owner_only;
use crate::projection::{Kin, Views};
use crate::receipt::{EVIDENCE_FILE, POINT_FILE, SIGNATURE_FILE, STATES_FILE, TOKEN_FILE, parse};
use crate::state::ConsentView;
use crate::store::PieceKind;
use crate::text::fill;
use crate::vault::{self, Kind, SecretKey};
use crate::{Id, SignificationError};

/// What the file is and holds.
const PORTABILITE: &str = include_str!("../../text/fr/portabilite.txt");

/// An export that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Portable {
    /// The consent.
    pub consent: Id,
    /// The file.
    pub fichier: PathBuf,
    /// Files inside.
    pub fichiers: usize,
    /// Acts inside, in clear.
    pub actes: usize,
    /// Acts that are not inside: deleted, not available to him, or no key was given.
    pub actes_absents: Vec<Id>,
    /// Receipts inside.
    pub recepisses: usize,
}

/// A zip being written, with the digests of what is in it.
struct Out<W: Write + Seek> {
    zip: zip::ZipWriter<W>,
    sums: BTreeMap<String, Sha256Digest>,
    path: PathBuf,
}

impl<W: Write + Seek> Out<W> {
    fn put(&mut self, name: &str, octets: &[u8]) -> Result<(), SignificationError> {
        let options = SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Stored)
            .last_modified_time(zip::DateTime::default())
            .unix_permissions(0o600);
        let told = self.zip.start_file(name, options).map_err(std::io::Error::other);
        told.and_then(|()| self.zip.write_all(octets)).map_err(|e| SignificationError::io("write", &self.path, e))?;
        self.sums.insert(name.to_owned(), Sha256Digest::of(octets));
        Ok(())
    }

    fn json(&mut self, name: &str, value: &impl Serialize) -> Result<(), SignificationError> {
        let mut octets = dossier::to_canonical(value)?;
        octets.push(b'\n');
        self.put(name, &octets)
    }

    fn end(mut self) -> Result<(W, usize), SignificationError> {
        let sums: String = self.sums.iter().map(|(name, sha256)| format!("{sha256}  {name}\n")).collect();
        let path = self.path.clone();
        self.put("SHA256SUMS", sums.as_bytes())?;
        let count = self.sums.len();
        let inner = self.zip.finish().map_err(|e| SignificationError::io("write", path, std::io::Error::other(e)))?;
        Ok((inner, count))
    }
}

impl Platform<'_> {
    /// Writes everything about the person of `consent` into the new file `vers`. With his key (`cle`) the acts are in it, in
    /// clear; opening them so is an access to data, not a consultation of the act, and no date changes by it.
    pub fn porter(
        &self,
        actor: &Actor,
        consent: Id,
        cle: Option<&Path>,
        vers: &Path,
    ) -> Result<Portable, SignificationError> {
        let view = self.views().consent(consent)?;
        let key = cle.map(|cle| self.recipient_key(consent, cle, consent)).transpose()?;
        if actor.role == crate::consent::Role::Destinataire && (key.is_none() || actor.id != consent.to_string()) {
            return Err(SignificationError::Actor { role: actor.role.name(), requested: "porter" });
        }
        let new = owner_only().write(true).create_new(true).open(vers);
        let file = new.map_err(|e| SignificationError::io("create", vers, e))?;
        let mut out = Out { zip: zip::ZipWriter::new(file), sums: BTreeMap::new(), path: vers.to_path_buf() };
        self.put_person(&view, &mut out)?;
        let (acts, absent) = self.put_acts(consent, key.as_ref(), &mut out)?;
        let recepisses = self.put_receipts(consent, &mut out)?;
        out.json("extrait.json", &self.extrait(consent)?)?;
        let told = match absent.len() {
            0 => format!("Actes joints : {acts}."),
            missing => format!(
                "Actes joints : {acts}. Actes absents : {missing} (effacés, pas encore à votre disposition, ou clé non fournie)."
            ),
        };
        let readme = fill(
            PORTABILITE,
            &[
                ("etude", &self.config.etude),
                ("residence", &self.config.residence),
                ("pseudonyme", &consent.to_string()),
                ("date", &paris_text(self.ctx.clock.now())),
                ("actes", &told),
                ("dpo", &self.config.contact_dpo),
            ],
        )?;
        out.put("LISEZMOI.txt", readme.as_bytes())?;
        let (file, fichiers) = out.end()?;
        File::sync_all(&file).map_err(|e| SignificationError::io("sync", vers, e))?;
        Ok(Portable { consent, fichier: vers.to_path_buf(), fichiers, actes: acts, actes_absents: absent, recepisses })
    }

    fn put_person<W: Write + Seek>(&self, view: &ConsentView, out: &mut Out<W>) -> Result<(), SignificationError> {
        let consent = view.id;
        if view.record.is_some() {
            out.json("personne.json", &self.person(consent)?)?;
            for piece in &view.pieces {
                let path = self.path("registre/pieces", piece.record);
                let salted = vault::get(&path, Kind::Piece, piece.record, &piece.digests, &self.person_key(consent)?)?;
                let end = salted.iter().position(|b| *b == b'\n').map_or(0, |at| at + 1);
                out.put(
                    &format!("pieces/{}-{}", piece_name(piece.kind), piece.record),
                    salted.get(end..).unwrap_or_default(),
                )?;
            }
        }
        out.json("consentement.json", &told_consent(view))?;
        out.json("consultations.json", &self.consultations(consent)?)?;
        out.json("droits.json", &self.demandes_de_droits(Some(consent))?)?;
        let mut lines = Vec::new();
        for seq in self.views().lines_about(consent)? {
            lines.push(super::tracking::timeline_line(&self.line(seq)?.0)?);
        }
        out.json("journal.json", &lines)
    }

    fn put_acts<W: Write + Seek>(
        &self,
        consent: Id,
        key: Option<&SecretKey>,
        out: &mut Out<W>,
    ) -> Result<(usize, Vec<Id>), SignificationError> {
        let (mut count, mut absent) = (0, Vec::new());
        for act in self.views().children(consent, Kin::ActeDeConsentement)? {
            let view = self.views().act(act)?;
            let erased = self.refuse_erased(consent, act).is_err();
            match key.filter(|_| view.state.is_available() && !erased) {
                None => absent.push(act),
                Some(key) => {
                    let bytes = vault::get(&self.path("coffre", act), Kind::Acte, act, &view.content, key)?;
                    debug_assert_eq!(Digests::of(&bytes), view.content);
                    out.put(&format!("actes/acte-{act}.pdf"), &bytes)?;
                    count += 1;
                }
            }
        }
        Ok((count, absent))
    }

    /// The files of a receipt, by name.
    pub(super) fn receipt_files(&self, receipt: Id) -> Result<BTreeMap<String, Vec<u8>>, SignificationError> {
        let bytes = self.evidence_bytes(receipt)?;
        let sheet = self.sheet_of(parse(&bytes)?.procedure)?;
        let mut files = BTreeMap::from([(EVIDENCE_FILE.to_owned(), bytes)]);
        files.extend(sheet.map(|sheet| (crate::procedure::PROCEDURE_FILE.to_owned(), sheet)));
        if let Some(extrait) = self.dating_extract(receipt)? {
            files.insert(POINT_FILE.to_owned(), dossier::to_canonical(&extrait)?);
        }
        for (kind, name) in
            [(PieceKind::Signature, SIGNATURE_FILE), (PieceKind::Jeton, TOKEN_FILE), (PieceKind::Etats, STATES_FILE)]
        {
            files.extend(self.greffe.store().piece(kind, receipt)?.map(|bytes| (name.to_owned(), bytes)));
        }
        Ok(files)
    }

    fn put_receipts<W: Write + Seek>(&self, consent: Id, out: &mut Out<W>) -> Result<usize, SignificationError> {
        let mut objects = vec![consent];
        objects.extend(self.views().children(consent, Kin::ActeDeConsentement)?);
        let mut count = 0;
        for object in objects {
            for receipt in self.recepisses(object)? {
                for (name, octets) in self.receipt_files(receipt)? {
                    out.put(&format!("recepisses/{receipt}/{name}"), &octets)?;
                }
                count += 1;
            }
        }
        for one in self.certificats(consent)? {
            for (name, octets) in self.certificate_of(consent, one.certificat)? {
                out.put(&format!("certificats/{}/{name}", one.certificat), &octets)?;
            }
        }
        Ok(count)
    }
}

/// The snake-case name of a document.
fn piece_name(kind: crate::consent::PieceKind) -> String {
    serde_json::to_value(kind).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
}

/// The consent as its person reads it: no secret, no key.
fn told_consent(view: &ConsentView) -> Value {
    json!({
        "consentement": view.id, "etat": view.state, "dossier": view.dossier, "portee": view.scope, "zone": view.zone,
        "identification": view.identification, "pieces": view.pieces.iter().map(|piece| piece.kind).collect::<Vec<_>>(),
        "conditions": view.cgu.as_ref().map(|(version, sha256)| json!({"version": version, "sha256": sha256})),
        "donne_le": view.given_at, "fondement": view.basis, "fin_le": view.ended_at, "destruction_le": view.destroy_on,
        "detruit_le": view.destroyed_at,
    })
}
