//! Deposit of an act: form checked, signed by the office, encrypted for its recipient; nothing is sent.
use std::fs::{self, File};
use std::io::Read;

use dossier::{Digests, Instant, parse_strict, to_canonical};
use serde::{Deserialize, Serialize};

use super::registry::label;
use super::{DepositInput, Deposited, Destination, Jugement, Platform, SignatureDite};
use crate::acte::{Nature, Refusal};
use crate::comptes::lien;
use crate::config::{Escrow, refuse};
use crate::consent::{Actor, ConsentState, Role};
use crate::event::Event;
use crate::fact::Fact;
use crate::greffe::With;
use crate::preuve_acte;
use crate::projection::Views;
use crate::signature_acte::{Jugee, SignaturePdf, refus};
use crate::state::ConsentView;
use crate::store::{NewPiece, PieceKind};
use crate::vault::{self, Kind, MAX_OBJECT, PublicKey};
use crate::{Id, SignificationError};

/// The office's record of an act: what its letter and its evidence need, apart from the act.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fiche {
    requerant: String,
    fichier: String,
    sel: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signature_pdf: Option<Jugee>,
}

impl Platform<'_> {
    /// Takes an act in, has the office sign it, and seals it in the vault. The content is not judged (CGU: form only).
    pub fn deposer(&self, actor: &Actor, input: &DepositInput) -> Result<Deposited, SignificationError> {
        self.deposer_pour(actor, input, &Destination::default())
    }

    /// Like [`Platform::deposer`], for an act that has other addressees too, or whose competence somebody checked: when the
    /// office's seat is configured, its competence is judged first (decree n° 2021-1625, art. 1).
    pub fn deposer_pour(
        &self,
        actor: &Actor,
        input: &DepositInput,
        destination: &Destination,
    ) -> Result<Deposited, SignificationError> {
        if actor.role != Role::Etude {
            return Err(SignificationError::Actor { role: actor.role.name(), requested: "deposit" });
        }
        let nature = Nature::new(&input.nature)?;
        let (dossier, requerant) = (label("dossier", &input.dossier)?, label("requerant", &input.requerant)?);
        let now = self.ctx.clock.now();
        let consent = self.views().consent(input.consent)?;
        let (juge, keys) = self.admettre(actor, (&consent, &nature), destination, now)?;
        let bytes = read_act(&input.fichier)?;
        let content = Digests::of(&bytes);
        let act = self.new_id()?;
        let signature_pdf = self.juger_signature(actor, consent.id, (act, now), &bytes)?;
        // Signed before anything is kept: sign or fail. No token: what dates an act is the evidence of its sending.
        let sealed = self.ctx.sealer.sign(&bytes).map_err(|e| SignificationError::Seal { why: e.code })?;
        let fichier = input.fichier.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let sel = self.new_id()?.to_string();
        let record = to_canonical(&Fiche { requerant, fichier, sel, signature_pdf: signature_pdf.clone() })?;
        let judged = signature_pdf.as_ref().map(noter).transpose()?;
        let fiche = vault::encrypt(Kind::Fiche, act, &record, &[self.office.public()])?;
        let signed = vault::encrypt(Kind::Signature, act, &sealed.signature, &keys)?;
        let cipher = vault::put(&self.path_made("coffre", act)?, Kind::Acte, act, &bytes, &keys)?;
        let (record, signature) = (Digests::of(&record), Digests::of(&sealed.signature));
        let (signer, level, consent) = (sealed.signer, sealed.level.clone(), consent.id);
        let (recipients, media_type) = (keys.iter().map(ToString::to_string).collect(), "application/pdf".to_owned());
        let pieces = vec![
            NewPiece { kind: PieceKind::Fiche, id: act, bytes: fiche },
            NewPiece { kind: PieceKind::SignatureActe, id: act, bytes: signed },
        ];
        let ticket = self.greffe.stage(actor, With { pieces, ..With::default() }, |_, _| {
            let mut facts: Vec<Fact> =
                vec![Event::ActDrafted { act, consent, dossier, nature, content, media_type, record }.into()];
            facts.extend(judged.map(Fact::PreuveActe));
            facts.push(Event::ActSigned { act, signature, signer, level }.into());
            facts.push(Event::ActSealed { act, cipher, recipients }.into());
            facts.extend(juge.map(|juge| juge.fait(act)));
            Ok(facts)
        })?;
        self.greffe.wait(ticket)?;
        Ok(Deposited {
            acte: act,
            state: self.views().act(act)?.state,
            bytes: content.bytes,
            sha256: content.sha256,
            sha512: content.sha512,
            signature: sealed.level,
            signature_pdf: signature_pdf.map(|judged| SignatureDite::de(judged.constat)),
            contenu_verifie: false,
        })
    }

    /// Whether an act of this nature may be deposited on this consent now, whatever its octets: the competence of the office and the keys
    /// it is encrypted to; else a line says why not.
    fn admettre(
        &self,
        actor: &Actor,
        (consent, nature): (&ConsentView, &Nature),
        destination: &Destination,
        now: Instant,
    ) -> Result<(Option<Jugement>, Vec<PublicKey>), SignificationError> {
        let mut codes = consent_refusals(consent, nature, now);
        codes.extend(lien::refus(self.views(), consent.id, now)?.filter(|code| !codes.contains(code)));
        codes.extend(self.offer_refusal(consent)?);
        let juge = self.juger(consent, destination, &mut codes)?;
        let keys = self.keys_for(consent, now)?;
        if codes.is_empty() {
            return Ok((juge, keys));
        }
        let list = codes.iter().map(|c| c.code()).collect();
        self.greffe.record(actor, &Event::DepositRefused { consent: consent.id, codes })?;
        Err(SignificationError::ActRefused { codes: list })
    }

    /// Judges the signature of the PDF that is about to be kept, of these very octets, at the hour of the deposit. When a qualified
    /// one is asked for and this is none, a line says so and nothing else is written.
    fn juger_signature(
        &self,
        actor: &Actor,
        consent: Id,
        (act, now): (Id, Instant),
        pdf: &[u8],
    ) -> Result<Option<Jugee>, SignificationError> {
        let exigee = self.config.actes.signature_pdf == SignaturePdf::Exigee;
        let Some(controle) = self.outils.signature else {
            if exigee {
                return Err(refuse("actes.signature_pdf = \"exigee\", mais rien pour juger une signature".into()));
            }
            return Ok(None);
        };
        let judged = Jugee::de(controle, pdf, (act, self.new_id()?), (exigee, now));
        if exigee && !judged.constat.motifs.is_empty() {
            let codes = judged.constat.motifs.clone();
            self.greffe.record(actor, &Event::DepositRefused { consent, codes })?;
            return Err(refus(&judged.constat));
        }
        Ok(Some(judged))
    }

    /// What was found of the signature of an act's PDF, from the office's record, as the journal announces it.
    pub fn signature_pdf(&self, act: Id) -> Result<Option<Jugee>, SignificationError> {
        let Some(noted) = self.preuve_acte(act)?.and_then(|view| view.signature) else { return Ok(None) };
        let judged = self.fiche_de_l_acte(act)?.signature_pdf;
        let found = judged.as_ref().map(to_canonical).transpose()?.map(|octets| Digests::of(&octets).sha256);
        if found == Some(noted.constat) {
            return Ok(judged);
        }
        let (expected, found) = (noted.constat.to_hex(), found.map(|f| f.to_hex()).unwrap_or_default());
        Err(SignificationError::VaultAltered { object: format!("fiche {act}"), expected, found })
    }

    fn keys_for(&self, consent: &ConsentView, now: Instant) -> Result<Vec<PublicKey>, SignificationError> {
        let mut texts = lien::cles(self.views(), consent.id, now)?;
        if texts.is_empty() {
            texts.extend(consent.recipient_key.clone());
        }
        let mut keys = texts.iter().map(|text| PublicKey::parse(text)).collect::<Result<Vec<_>, _>>()?;
        if self.config.sequestre == Escrow::Etude {
            keys.push(self.office.public());
        }
        Ok(keys)
    }

    /// On whose request the act is served, from the office's record.
    pub(super) fn requerant(&self, act: Id) -> Result<String, SignificationError> {
        Ok(self.fiche_de_l_acte(act)?.requerant)
    }

    fn fiche_de_l_acte(&self, act: Id) -> Result<Fiche, SignificationError> {
        let digests = self.views().act(act)?.record;
        let missing = || SignificationError::Unknown { kind: "fiche", id: act.to_string() };
        let cipher = self.greffe.store().piece(PieceKind::Fiche, act)?.ok_or_else(missing)?;
        let bytes = vault::decrypt(&cipher, Kind::Fiche, act, &digests, &self.office)?;
        serde_json::from_value(parse_strict(&bytes)?).map_err(|_| missing())
    }

    /// Gives an act up before it is sent.
    pub fn rejeter(&self, actor: &Actor, act: Id) -> Result<Id, SignificationError> {
        if actor.role != Role::Etude {
            return Err(SignificationError::Actor { role: actor.role.name(), requested: "reject" });
        }
        let _hold = self.holds.take(act);
        let link = self.greffe.record_at(actor, |now, taken| {
            let view = taken.act(act)?;
            let codes = consent_refusals(&taken.consent(view.consent)?, &view.nature, now);
            Ok(vec![Event::ActRejected { act, codes }.into()])
        })?;
        self.attest_line(link.seq)
    }
}

/// The line of the journal about a judgement: digests and codes, nobody.
fn noter(judged: &Jugee) -> Result<preuve_acte::Event, SignificationError> {
    let constat = Digests::of(&to_canonical(judged)?).sha256;
    let (acte, exigee, found) = (judged.acte, judged.exigee, judged.constat.clone());
    let (motifs, certificat, niveau) = (found.motifs, found.certificat, found.niveau);
    let (qualifiee, pdf_a) = (found.qualifiee, found.pdf_a);
    Ok(preuve_acte::Event::Signature { acte, exigee, constat, motifs, certificat, niveau, qualifiee, pdf_a })
}

/// What a consent says against an act of this nature at `now`.
pub(super) fn consent_refusals(consent: &ConsentView, nature: &Nature, now: Instant) -> Vec<Refusal> {
    let mut codes = Vec::new();
    match consent.state {
        ConsentState::Actif if consent.scope.is_over(now) => codes.push(Refusal::ConsentementExpire),
        ConsentState::Actif => {}
        ConsentState::Expire => codes.push(Refusal::ConsentementExpire),
        ConsentState::Suspendu => codes.push(Refusal::CompteSuspendu),
        _ => codes.push(Refusal::SansConsentement),
    }
    if !consent.scope.covers(nature) {
        codes.push(Refusal::HorsPerimetre);
    }
    codes
}

/// Reads a PDF act; only its form is checked: signature of the format at both ends, and size.
pub(super) fn read_act(path: &std::path::Path) -> Result<Vec<u8>, SignificationError> {
    let file = File::open(path).map_err(|e| SignificationError::io("open", path, e))?;
    let meta = fs::metadata(path).map_err(|e| SignificationError::io("read", path, e))?;
    if !meta.is_file() {
        return Err(SignificationError::ActFile { why: "ce n'est pas un fichier" });
    }
    let mut bytes = Vec::new();
    file.take(MAX_OBJECT + 1).read_to_end(&mut bytes).map_err(|e| SignificationError::io("read", path, e))?;
    if bytes.len() as u64 > MAX_OBJECT {
        return Err(SignificationError::ActFile { why: "plus de 256 Mio" });
    }
    if !bytes.starts_with(b"%PDF-") {
        return Err(SignificationError::ActFile { why: "ne commence pas par %PDF-" });
    }
    let tail = bytes.get(bytes.len().saturating_sub(1024)..).unwrap_or(&bytes);
    if !tail.windows(5).any(|w| w == b"%%EOF") {
        return Err(SignificationError::ActFile { why: "tronqué : pas de %%EOF à la fin" });
    }
    Ok(bytes)
}
