//! What goes into a whole dossier, but the act itself, which is streamed: notices, receipts, journal, texts.

use dossier::{Sha256Digest, to_canonical};

use super::archive::Archive;
use super::manifeste::{Absent, Genre};
use crate::ancrage::ANCRES_FILE;
use crate::comptes::compte::Imputabilite;
use crate::explication::{EXPLICATION_FILE, page};
use crate::fact::Fact;
use crate::platform::Platform;
use crate::preuve_acte::Partie;
use crate::procedure::PROCEDURE_FILE;
use crate::projection::Views;
use crate::reponse;
use crate::signature_acte::SIGNATURE_FILE;
use crate::state::ActeView;
use crate::store::{PieceKind, Table};
use crate::vault::{self, Kind};
use crate::{Id, SignificationError, notice};

/// A small file of the dossier.
pub(super) struct Piece {
    pub(super) nom: String,
    pub(super) genre: Genre,
    pub(super) octets: Vec<u8>,
}

/// What was gathered.
#[derive(Default)]
pub(super) struct Contenu {
    pub(super) pieces: Vec<Piece>,
    pub(super) absents: Vec<Absent>,
}

impl Contenu {
    pub(super) fn put(&mut self, nom: impl Into<String>, genre: Genre, octets: Vec<u8>) {
        self.pieces.push(Piece { nom: nom.into(), genre, octets });
    }

    pub(super) fn manque(&mut self, quoi: impl Into<String>, pourquoi: impl Into<String>) {
        self.absents.push(Absent { quoi: quoi.into(), pourquoi: pourquoi.into() });
    }
}

impl Platform<'_> {
    /// Everything but the act.
    pub(super) fn reunir(
        &self,
        act: &ActeView,
        pour: Partie,
        verificateur: &[u8],
    ) -> Result<Contenu, SignificationError> {
        let mut out = Contenu::default();
        match self.signature_pdf(act.id)? {
            Some(judged) => out.put(SIGNATURE_FILE, Genre::ControleSignature, to_canonical(&judged)?),
            None => out.manque(SIGNATURE_FILE, "la signature du PDF n'a pas été contrôlée au dépôt"),
        }
        self.reunir_avis(act, &mut out)?;
        self.reunir_recepisses(act.id, "recepisses", &mut out)?;
        self.reunir_recepisses(act.consent, "recepisses/consentement", &mut out)?;
        self.reunir_accuses(act.id, &mut out)?;
        self.reunir_journal(act, pour, &mut out)?;
        self.reunir_textes(act, &mut out)?;
        if verificateur.is_empty() {
            out.manque("verify.html", "la page de vérification n'a pas été fournie par cette installation");
        } else {
            out.put("verify.html", Genre::Verificateur, verificateur.to_vec());
        }
        Ok(out)
    }

    /// Notices exactly as sent, what became of them, what servers sent back.
    fn reunir_avis(&self, act: &ActeView, out: &mut Contenu) -> Result<(), SignificationError> {
        let mut ids: Vec<Id> = Vec::new();
        for seq in self.views().lines_about(act.id)? {
            if let Fact::Avis(notice::suivi::Event::Queued { notice, .. }) = Fact::from_entry(&self.line(seq)?.0)?.0 {
                ids.push(notice);
            }
        }
        let key = self.person_key(act.consent);
        for (n, id) in ids.iter().enumerate() {
            let (view, name) = (self.avis(*id)?, format!("avis/{:02}-{id}", n + 1));
            out.put(format!("{name}-suivi.json"), Genre::SuiviAvis, to_canonical(&view)?);
            let cipher = self.greffe.store().piece(PieceKind::Avis, *id)?;
            match (&key, cipher) {
                (Ok(key), Some(cipher)) => {
                    let raw = vault::decrypt(&cipher, Kind::Message, *id, &view.digests, key)?;
                    out.put(format!("{name}.eml"), Genre::Avis, raw);
                }
                _ => out.manque(format!("{name}.eml"), "illisible : les données de la personne ont été détruites"),
            }
        }
        let kept = self.preuve_acte(act.id)?.map(|view| view.retours).unwrap_or_default();
        for (n, retour) in kept.iter().enumerate() {
            let name = format!("avis/retour-{:02}-{}.eml", n + 1, retour.avis);
            match (&key, self.greffe.store().piece(PieceKind::Avis, retour.piece)?) {
                (Ok(key), Some(cipher)) => {
                    let raw = vault::decrypt_unannounced(&cipher, Kind::Message, retour.piece, key)?;
                    if Sha256Digest::of(&raw) != retour.sha256 {
                        let (expected, found) = (retour.sha256.to_hex(), Sha256Digest::of(&raw).to_hex());
                        return Err(SignificationError::VaultAltered { object: name, expected, found });
                    }
                    out.put(name, Genre::Retour, raw);
                }
                _ => out.manque(name, "illisible : les données de la personne ont été détruites"),
            }
        }
        Ok(())
    }

    /// Each receipt: its folder, and the same in one zip for the page of verification.
    fn reunir_recepisses(&self, object: Id, folder: &str, out: &mut Contenu) -> Result<(), SignificationError> {
        for (n, receipt) in self.recepisses(object)?.into_iter().enumerate() {
            let view = self.views().receipt(receipt)?;
            let mut files = self.receipt_files(receipt)?;
            // What was learnt since the evidence was signed: it was not its holder's doing (row B07).
            let imputed = self.imputation(view.seq)?;
            if let Some(line) = imputed.filter(|line| line.imputabilite != Imputabilite::Imputable) {
                files.insert(crate::platform::comptes::IMPUTABILITE_FILE.to_owned(), to_canonical(&line)?);
            }
            let name = format!("{folder}/{:02}-{}", n + 1, view.event);
            let written = |e| SignificationError::io("write", &name, e);
            let mut whole = Archive::new(Vec::new());
            for (file, octets) in files {
                whole.ajouter(&file, &octets).map_err(written)?;
                out.put(format!("{name}/{file}"), Genre::Recepisse, octets);
            }
            out.put(format!("{name}.zip"), Genre::RecepisseZip, whole.finir().map_err(written)?);
        }
        Ok(())
    }

    /// The acknowledgements of the answers; what the answers say is read apart.
    fn reunir_accuses(&self, act: Id, out: &mut Contenu) -> Result<(), SignificationError> {
        let Some(view) = self.views().view::<reponse::View>(Table::Reponse, act.as_bytes())? else { return Ok(()) };
        for (n, kept) in view.recues.iter().enumerate() {
            let name = format!("reponses/{:02}", n + 1);
            out.manque(&name, "le texte et les pièces de la réponse se lisent à part ; seul l'accusé est joint");
            let Some((id, digests)) = kept.accuse else { continue };
            for (kind, end) in [(PieceKind::Preuve, ""), (PieceKind::Signature, ".p7s"), (PieceKind::Jeton, ".tst")] {
                let Some(octets) = self.greffe.store().piece(kind, id)? else { continue };
                if kind == PieceKind::Preuve && Sha256Digest::of(&octets) != digests.sha256 {
                    let (expected, found) = (digests.sha256.to_hex(), Sha256Digest::of(&octets).to_hex());
                    return Err(SignificationError::VaultAltered { object: format!("accusé {id}"), expected, found });
                }
                out.put(format!("{name}/accuse.json{end}"), Genre::Accuse, octets);
            }
        }
        Ok(())
    }

    /// The lines about the act, proven; for its recipient, those about his consent too: who looked him up is not the office's.
    fn reunir_journal(&self, act: &ActeView, pour: Partie, out: &mut Contenu) -> Result<(), SignificationError> {
        let extrait = self.extrait(act.id)?;
        out.put("journal/extrait.json", Genre::Journal, to_canonical(&extrait)?);
        match self.ancres_de(&extrait)? {
            Some(ancres) => out.put(format!("journal/{ANCRES_FILE}"), Genre::Ancres, to_canonical(&ancres)?),
            None => {
                out.manque(format!("journal/{ANCRES_FILE}"), "aucune autre ancre que le jeton du point de contrôle")
            }
        }
        if extrait.point.jeton.is_none() {
            out.manque("jeton du point de contrôle", "horodatage différé : l'autorité n'a pas encore répondu");
        }
        match pour {
            Partie::Destinataire => {
                let own = self.extrait(act.consent)?;
                out.put("journal/extrait-consentement.json", Genre::Journal, to_canonical(&own)?);
            }
            Partie::Etude => {
                out.manque("journal/extrait-consentement.json", "les lignes sur la personne sont pour elle seule");
            }
        }
        Ok(())
    }

    /// Explanation, procedure sheet, terms of use in force for this act.
    fn reunir_textes(&self, act: &ActeView, out: &mut Contenu) -> Result<(), SignificationError> {
        out.put(EXPLICATION_FILE, Genre::Explication, page(act.nature.as_str()).into_bytes());
        match self.sheet_of(self.sheet_digest()?)? {
            Some(sheet) => out.put(PROCEDURE_FILE, Genre::Procedure, sheet),
            None => out.manque(PROCEDURE_FILE, "la fiche conservée n'est plus celle que les récépissés citent"),
        }
        let consent = self.views().consent(act.consent)?;
        let at = act.sent_at.unwrap_or(act.last_at);
        let Some((version, sha256)) = crate::platform::conditions::cgu_of(self.views(), &consent, at)? else {
            out.manque("conditions", "aucune version n'était acceptée");
            return Ok(());
        };
        let path = self.root.join(format!("cgu/{version}.txt"));
        match std::fs::read(&path) {
            Ok(text) if Sha256Digest::of(&text) == sha256 => {
                out.put(format!("conditions-{version}.txt"), Genre::Conditions, text);
            }
            _ => out
                .manque(format!("conditions-{version}.txt"), "le texte conservé n'est plus celui que le journal cite"),
        }
        Ok(())
    }
}
