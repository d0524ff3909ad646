//! The whole dossier of an act in one zip (row D08): the act as deposited, notices as sent, receipts, journal, texts, and a manifest
//! that is signed and timestamped. The act is decrypted as it is written: never whole in memory, never in clear on the disk.
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use dossier::{Instant, Sha256Digest, to_canonical};
use serde::Serialize;

use super::{Handover, Platform};
use crate::civil::paris_text;
use crate::config::Escrow;
use crate::consent::{Actor, Role};
use crate::event::Event as Service;
use crate::evidence::TimeProof;
use crate::preuve_acte::{Event, Partie};
use crate::projection::Views;
use crate::receipt::Issuer;
use crate::state::ActeView;
use crate::store::PieceKind;
use crate::text::{DOSSIER_COMPLET, fill};
use crate::vault::{self, Kind, SecretKey, couler};
use crate::{Id, SignificationError};

mod archive;
mod contenu;
mod manifeste;

use archive::{Archive, Somme};
use contenu::Contenu;
use manifeste::{ActeDit, Fichier, Genre, MANIFESTE_FILE, SOMMES_FILE};

pub use manifeste::{Absent, DOSSIER_FORMAT, Fichier as FichierDuDossier, Genre as GenreDuDossier, Manifeste};

/// A dossier that was handed over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DossierComplet {
    /// The act.
    pub acte: Id,
    /// For whom.
    pub pour: Partie,
    /// When its line was written.
    pub remis_le: Instant,
    /// SHA-256 of its manifest, as journalled.
    pub manifeste: Sha256Digest,
    /// Files that the manifest lists.
    pub fichiers: usize,
    /// Whether the act is inside.
    pub acte_joint: bool,
    /// What is not, and why.
    pub absents: Vec<Absent>,
    /// Whether the manifest bears a time token.
    pub horodate: bool,
    /// What is told, in French.
    pub phrase: String,
}

/// For whom, by whom, with which key.
pub(super) struct Demandee<'k> {
    pub(super) pour: Partie,
    pub(super) actor: Actor,
    pub(super) cle: Option<&'k SecretKey>,
}

/// What is written at the end: manifest, its signature, its token, the states of its certificates.
struct Scelle {
    manifeste: Sha256Digest,
    fichiers: Vec<(String, Vec<u8>)>,
    horodate: bool,
}

/// Whether the act goes in: the key that opens it, and the checksum of its octets.
enum Joint<'k> {
    Acte(&'k SecretKey, u32),
    Sans,
}

impl<'a> Platform<'a> {
    /// With this page of verification (`verify.html`): what a portal puts into the dossiers it hands over.
    #[must_use]
    pub fn avec_verificateur(mut self, page: &'a [u8]) -> Self {
        self.verificateur = page;
        self
    }

    /// That page; empty when there is none.
    pub fn verificateur(&self) -> &'a [u8] {
        self.verificateur
    }
}

impl Platform<'_> {
    /// Hands the whole dossier of an act over to the office. The act is inside when the office has a key to it (`sequestre = "etude"`)
    /// and it is still in the vault. `verificateur` is the page of verification (`verify.html`), empty when there is none.
    pub fn dossier_complet(
        &self,
        actor: &Actor,
        acte: Id,
        verificateur: &[u8],
        sink: &mut dyn Handover,
    ) -> Result<DossierComplet, SignificationError> {
        if actor.role != Role::Etude {
            return Err(SignificationError::Actor { role: actor.role.name(), requested: "dossier_complet" });
        }
        let cle = (self.config.sequestre == Escrow::Etude).then_some(&self.office);
        let asked = Demandee { pour: Partie::Etude, actor: actor.clone(), cle };
        self.dossier_pour(acte, asked, verificateur, sink)
    }

    /// Hands it over to the recipient, by his key. He downloaded the act before: the dossier is no receipt of it.
    pub fn dossier_complet_par_cle(
        &self,
        acte: Id,
        cle: &Path,
        verificateur: &[u8],
        sink: &mut dyn Handover,
    ) -> Result<DossierComplet, SignificationError> {
        let consent = self.views().act(acte)?.consent;
        let key = self.recipient_key(consent, cle, acte)?;
        let asked = Demandee { pour: Partie::Destinataire, actor: Actor::recipient(consent), cle: Some(&key) };
        self.dossier_pour(acte, asked, verificateur, sink)
    }

    pub(super) fn dossier_pour(
        &self,
        acte: Id,
        asked: Demandee<'_>,
        verificateur: &[u8],
        sink: &mut dyn Handover,
    ) -> Result<DossierComplet, SignificationError> {
        let view = self.views().act(acte)?;
        if asked.pour == Partie::Destinataire && view.downloaded_at.is_none() {
            // Handing the act over is a fact of its own, with its receipt: not a side of another.
            let (state, requested) = (view.state.name(), "dossier_complet");
            return Err(SignificationError::Transition { machine: "acte", state, requested });
        }
        let mut contenu = self.reunir(&view, asked.pour, verificateur)?;
        let joint = self.joindre(&view, &asked, &mut contenu)?;
        let scelle = self.sceller(&view, asked.pour, &joint, &mut contenu)?;
        let count = contenu.pieces.len() + usize::from(matches!(joint, Joint::Acte(..)));
        self.ecrire(&view, &contenu, &joint, &scelle, sink)?;
        let manifeste = scelle.manifeste;
        let (pour, acte_joint) = (asked.pour, matches!(joint, Joint::Acte(..)));
        let fichiers = u32::try_from(count).unwrap_or(u32::MAX);
        let done = Event::Dossier { acte, pour, manifeste, fichiers, acte_joint };
        let link = self.greffe.record_at(&asked.actor, |_, _| Ok(vec![done.into()]))?;
        let phrase = phrase(acte, count, acte_joint, scelle.horodate);
        let (remis_le, fichiers, absents, horodate) = (link.at, count, contenu.absents, scelle.horodate);
        Ok(DossierComplet { acte, pour, remis_le, manifeste, fichiers, acte_joint, absents, horodate, phrase })
    }

    /// Whether the act can go in: it is read once through, and compared with what was deposited, before anything is written.
    fn joindre<'k>(
        &self,
        view: &ActeView,
        asked: &Demandee<'k>,
        out: &mut Contenu,
    ) -> Result<Joint<'k>, SignificationError> {
        let name = nom_de(view.id);
        if let Err(SignificationError::Erased { at, .. }) = self.refuse_erased(view.consent, view.id) {
            out.manque(name, format!("effacé du coffre le {} ; ses preuves restent", paris_text(at)));
            return Ok(Joint::Sans);
        }
        let Some(key) = asked.cle else {
            out.manque(name, "l'étude n'en a pas la clé (séquestre : aucun)");
            return Ok(Joint::Sans);
        };
        let (what, mut somme) = ((Kind::Acte, view.id), Somme::default());
        match couler(&self.path("coffre", view.id), what, &view.content, key, &mut somme) {
            Ok(()) => {}
            Err(SignificationError::KeyRefused { .. }) => {
                out.manque(name, "cet acte n'a pas été chiffré pour cette clé");
                return Ok(Joint::Sans);
            }
            Err(error) => {
                let code = error.code().to_owned();
                self.greffe.record(&Actor::platform(), &Service::VaultAlarm { object: view.id, code })?;
                return Err(error);
            }
        }
        if let Some((digests, ..)) = &view.signature
            && let Some(cipher) = self.greffe.store().piece(PieceKind::SignatureActe, view.id)?
        {
            let signature = vault::decrypt(&cipher, Kind::Signature, view.id, digests, key)?;
            out.put(format!("{name}.p7s"), Genre::SignatureActe, signature);
        }
        Ok(Joint::Acte(key, somme.valeur()))
    }

    /// Writes the text for people, the digests and the manifest, and signs the manifest.
    fn sceller(
        &self,
        view: &ActeView,
        pour: Partie,
        joint: &Joint<'_>,
        out: &mut Contenu,
    ) -> Result<Scelle, SignificationError> {
        let term = self.conservation(view.id)?;
        out.put("LISEZMOI.txt", Genre::Lisezmoi, self.lisezmoi(view, pour, &term.phrase, (joint, out))?.into_bytes());
        let told = |piece: &contenu::Piece| Fichier {
            nom: piece.nom.clone(),
            genre: piece.genre,
            octets: piece.octets.len() as u64,
            sha256: Sha256Digest::of(&piece.octets),
        };
        let mut fichiers: Vec<Fichier> = out.pieces.iter().map(told).collect();
        if matches!(joint, Joint::Acte(..)) {
            let (octets, sha256) = (view.content.bytes, view.content.sha256);
            fichiers.push(Fichier { nom: nom_de(view.id), genre: Genre::Acte, octets, sha256 });
        }
        fichiers.sort_by(|a, b| a.nom.cmp(&b.nom));
        let sommes: String = fichiers.iter().map(|one| format!("{}  {}\n", one.sha256, one.nom)).collect();
        out.put(SOMMES_FILE, Genre::Sommes, sommes.into_bytes());
        fichiers.extend(out.pieces.last().map(told));
        let dossier::Digests { bytes: octets, sha256, sha512 } = view.content;
        let manifeste = Manifeste {
            format: DOSSIER_FORMAT.to_owned(),
            essai: self.views().platform()?.essai,
            pour,
            etabli_le: self.ctx.clock.now(),
            issuer: Issuer { etude: self.config.etude.clone(), residence: self.config.residence.clone() },
            acte: ActeDit {
                id: view.id,
                dossier: view.dossier.clone(),
                nature: view.nature.to_string(),
                envoye_le: view.sent_at,
                octets,
                sha256,
                sha512,
            },
            coffre_jusqu_au: term.coffre_jusqu_au,
            etude_jusqu_au: term.etude_jusqu_au,
            fichiers,
            absents: out.absents.clone(),
        };
        self.signer(&to_canonical(&manifeste)?)
    }

    fn signer(&self, octets: &[u8]) -> Result<Scelle, SignificationError> {
        let sealed = self.ctx.sealer.seal(octets).map_err(|e| SignificationError::Seal { why: e.code })?;
        let token = match sealed.time {
            TimeProof::Token(token) => Some(token),
            TimeProof::Deferred { .. } => None,
        };
        let states = self.ctx.sealer.states(&sealed.signature, token.as_deref());
        let horodate = token.is_some();
        let name = |end: &str| format!("{MANIFESTE_FILE}{end}");
        let mut fichiers = vec![(name(""), octets.to_vec()), (name(".p7s"), sealed.signature)];
        fichiers.extend(token.map(|token| (name(".tst"), token)));
        fichiers.extend(states.map(|states| (name(".etats"), states)));
        Ok(Scelle { manifeste: Sha256Digest::of(octets), fichiers, horodate })
    }

    fn lisezmoi(
        &self,
        view: &ActeView,
        pour: Partie,
        conservation: &str,
        (joint, out): (&Joint<'_>, &Contenu),
    ) -> Result<String, SignificationError> {
        let mut counts: BTreeMap<Genre, usize> = BTreeMap::new();
        for piece in &out.pieces {
            *counts.entry(piece.genre).or_default() += 1;
        }
        if matches!(joint, Joint::Acte(..)) {
            counts.insert(Genre::Acte, 1);
        }
        let contenu: String = counts.iter().map(|(genre, n)| format!("- {} : {n} fichier(s)\n", genre.nom())).collect();
        let mut absents: String =
            out.absents.iter().map(|one| format!("- {} : {}\n", one.quoi, one.pourquoi)).collect();
        if absents.is_empty() {
            absents.push_str("- rien ne manque\n");
        }
        fill(
            DOSSIER_COMPLET,
            &[
                (
                    "essai",
                    if self.views().platform()?.essai { "ESSAI : clés d'essai, sans valeur juridique.\n" } else { "" },
                ),
                ("acte", &view.id.to_string()),
                ("nature", view.nature.as_str()),
                ("dossier", &view.dossier),
                ("etude", &self.config.etude),
                ("residence", &self.config.residence),
                ("date", &paris_text(self.ctx.clock.now())),
                ("pour", pour.nom()),
                ("conservation", conservation),
                ("contenu", contenu.trim_end()),
                ("absents", absents.trim_end()),
                ("jeton", " (sans « manifeste.json.tst », l'horodatage est différé)"),
            ],
        )
    }

    /// Writes the zip, the act last but the manifest: what was cut has no directory, and opens nowhere.
    fn ecrire(
        &self,
        view: &ActeView,
        contenu: &Contenu,
        joint: &Joint<'_>,
        scelle: &Scelle,
        sink: &mut dyn Handover,
    ) -> Result<(), SignificationError> {
        let io_error = |e| SignificationError::io("write", "dossier.zip", e);
        // Dropped before its end it has no directory: what was cut never passes for whole.
        let mut out = Archive::new(Sortie(&mut *sink));
        for piece in &contenu.pieces {
            out.ajouter(&piece.nom, &piece.octets).map_err(io_error)?;
        }
        if let Joint::Acte(key, somme) = joint {
            out.ouvrir(&nom_de(view.id), view.content.bytes, *somme).map_err(io_error)?;
            couler(&self.path("coffre", view.id), (Kind::Acte, view.id), &view.content, key, &mut out)?;
        }
        for (name, octets) in &scelle.fichiers {
            out.ajouter(name, octets).map_err(io_error)?;
        }
        out.finir().map_err(io_error)?;
        sink.flush().and_then(|()| sink.complete()).map_err(io_error)
    }
}

/// The sink, as a plain writer.
struct Sortie<'s>(&'s mut dyn Handover);

impl Write for Sortie<'_> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.0.write(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn nom_de(acte: Id) -> String {
    format!("acte/acte-{acte}.pdf")
}

fn phrase(acte: Id, count: usize, joint: bool, horodate: bool) -> String {
    let with = if joint { "l'acte est joint" } else { "l'acte n'est pas joint, le manifeste dit pourquoi" };
    let time = if horodate { "horodaté" } else { "horodatage différé" };
    format!("Dossier complet de l'acte {acte} : {count} fichiers, {with} ; manifeste signé, {time}.")
}
