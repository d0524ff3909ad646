//! An act to be served, as the office describes it (`AFFAIRE.toml`): the facts its way is chosen from, what is handed over, and that way
//! opened as the configuration says (rows G01, G05, B08).
//!
//! The names stay in what is handed over; the journal has the way, its reasons and fingerprints.
use std::path::{Path, PathBuf};

use dossier::{Digests, Sha256Digest};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Platform;
use super::acts::read_act;
use super::registry::label;
use super::voies::Affaire;
use crate::acte::{Nature, Refusal};
use crate::backend::papier::{Constat, Suites, formes, modalite, suites};
use crate::backend::{Issue, Local, Partie, Remise, SignificationBackend, Voie};
use crate::calendar::Zone;
use crate::civil::paris_date;
use crate::comptes::compte::EtatCompte;
use crate::comptes::lien::{self, comptes_de};
use crate::config::refuse;
use crate::consent::Actor;
use crate::projection::Views;
use crate::state::ActeView;
use crate::store::{PieceKind, Table};
use crate::territoire::{Canal, CodeInsee, Competence, CourId, Verdict, competence, registre};
use crate::vault::{self, Kind, write_private};
use crate::voie::{self, Choix, Compte, Etat, choisir};
use crate::{Id, SignificationError};

/// An act to be served.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AffaireInput {
    /// The act: as `deposer` named it, or as the choice of its way did. Without it, one that is not in the vault.
    pub acte: Option<Id>,
    /// The office's dossier.
    pub dossier: String,
    /// Nature of the act.
    pub nature: String,
    /// The consent of the recipient, or the offer made to him.
    pub consentement: Option<Id>,
    /// INSEE code of the commune of his home, when his declaration does not say it.
    pub commune: Option<CodeInsee>,
    /// Zone of his public holidays, when he has no consent; by default the office's.
    pub zone: Option<Zone>,
    /// Reference of the check that the officer made of the office's competence, when the data do not tell.
    pub verification: Option<String>,
    /// Whether a text imposes the electronic way.
    #[serde(default)]
    pub voie_imposee: bool,
    /// Whether the recipient is a protected adult.
    #[serde(default)]
    pub majeur_protege: bool,
    /// What whoever serves must know, one sentence each.
    #[serde(default)]
    pub instructions: Vec<String>,
    /// Before which day it is to be served.
    pub avant: Option<Date>,
    /// Who asks.
    pub requerant: Partie,
    /// Who is served.
    pub destinataire: Partie,
}

/// A way that was chosen, or the reasons why a person has to decide first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VoieChoisie {
    /// The act, from now on: what the other commands are given. Nothing when no way was chosen for an act that nobody named yet.
    pub acte: Option<Id>,
    /// The way and its reasons, as codes.
    #[serde(flatten)]
    pub choix: Choix,
    /// What that way is worth, in French.
    pub portee: Option<&'static str>,
    /// The reasons, in French.
    pub motifs: Vec<&'static str>,
    /// What is known of the office's competence, in French.
    pub competence: Vec<String>,
    /// What the officer should look at, in French: the same document, already held by a way.
    pub remarques: Vec<String>,
}

/// The way of an act, for who asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VoieSuivie {
    /// What the journal knows.
    #[serde(flatten)]
    pub voie: voie::View,
    /// What the way is worth, in French.
    pub portee: &'static str,
    /// The reasons of the choice, in French.
    pub motifs: Vec<&'static str>,
}

/// The outcome of one act when all are asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Relevee {
    /// The act.
    pub acte: Id,
    /// What its way answered.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub issue: Option<Issue>,
    /// Why nothing could be learned: a stable code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub erreur: Option<&'static str>,
    /// The same, as it was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pourquoi: Option<String>,
}

/// The forms of paper, filled in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FormulesRemplies {
    /// The mode and what follows from it.
    #[serde(flatten)]
    pub suites: Suites,
    /// The files written.
    pub fichiers: Vec<PathBuf>,
}

/// What is judged of the competence.
#[derive(Default)]
struct Jugees {
    electronique: Option<Competence>,
    papier: Option<Competence>,
    paroles: Vec<String>,
}

impl Jugees {
    fn verdict(found: Option<&Competence>) -> Verdict {
        found.map_or(Verdict::AVerifier, |one| one.verdict)
    }

    fn of(&self, voie: Voie) -> Option<&Competence> {
        if voie.is_electronique() { self.electronique.as_ref() } else { self.papier.as_ref() }
    }
}

/// Chooses the way of the act in the file `pdf`, by `[voies]`; writes it with its reasons and the competence found.
///
/// # Errors
/// Another dossier, content or consent than what is known of that act (`signification.handover_conflict`); the local way for an act that
/// is not in the vault (`signification.field`).
pub fn choisir_affaire(
    platform: &Platform<'_>,
    actor: &Actor,
    input: &AffaireInput,
    pdf: &Path,
) -> Result<VoieChoisie, SignificationError> {
    let contenu = Digests::of(&read_act(pdf)?).sha256;
    let known = known(platform, input, &contenu)?;
    let acte = input.acte.map_or_else(|| platform.new_id(), Ok)?;
    let consentement = known.as_ref().map(|act| act.consent).or(input.consentement);
    let verification = input.verification.as_deref().map(|text| label("verification", text)).transpose()?;
    let judged = judge(platform, input, consentement)?;
    let before: Option<registre::View> = platform.views().view(Table::Territoire, acte.as_bytes())?;
    let before = before.and_then(|view| view.competence);
    let affaire = Affaire {
        acte,
        contenu,
        dossier: label("dossier", &input.dossier)?,
        nature: Nature::new(&input.nature)?,
        consentement,
        zone: input.zone.unwrap_or(platform.config.zone),
        compte: account(platform, consentement)?,
        competence_electronique: Jugees::verdict(judged.electronique.as_ref()),
        competence_papier: Jugees::verdict(judged.papier.as_ref()),
        competence_confirmee: verification.is_some() || before.is_some_and(|one| one.verification.is_some()),
        voie_imposee: input.voie_imposee,
        majeur_protege: input.majeur_protege,
    };
    let preferences = platform.config.voies.preferences();
    if known.is_none() && choisir(&platform.situation(&affaire)?, &preferences).voie == Some(Voie::Local) {
        let why = "la plateforme locale sert un acte de son coffre : « signifier deposer », puis son identifiant ici";
        return Err(SignificationError::Field { field: "acte", found: "aucun".into(), why });
    }
    let remarques = if input.acte.is_none() { alike(platform, &affaire)? } else { Vec::new() };
    let annuaire = platform.annuaire().map(crate::territoire::Annuaire::numero);
    let choix = platform.choisir_et_juger(actor, &affaire, &preferences, |voie| {
        let found = judged.of(voie);
        let verdict = Jugees::verdict(found);
        let cours: Vec<CourId> = found.map(|one| one.cours.clone()).unwrap_or_default();
        let verification = verification.clone().filter(|_| verdict == Verdict::AVerifier);
        Some(registre::Event::Judged { acte, verdict, cours, destinataires: 1, annuaire, verification })
    })?;
    let motifs = choix.raisons.iter().map(|reason| reason.phrase()).collect();
    Ok(VoieChoisie {
        acte: input.acte.or(choix.voie.map(|_| acte)),
        portee: choix.standing.map(crate::backend::Standing::phrase),
        motifs,
        choix,
        competence: judged.paroles,
        remarques,
    })
}

/// Hands the act over by the way that was chosen for it. The same call again asks an outcome that was cut short.
pub fn servir_affaire(
    platform: &Platform<'_>,
    actor: &Actor,
    input: &AffaireInput,
    pdf: &Path,
) -> Result<Issue, SignificationError> {
    let remise = remise(platform, input, read_act(pdf)?)?;
    by_its_way(platform, remise.acte, |way| platform.servir(actor, way, &remise))
}

/// Asks the way of an act what came of it.
pub fn relever_affaire(platform: &Platform<'_>, actor: &Actor, acte: Id) -> Result<Issue, SignificationError> {
    by_its_way(platform, acte, |way| platform.relever_voie(actor, way, acte))
}

/// Asks every way that holds an act without outcome, except paper, which answers nothing; one that cannot be asked does not keep the
/// others from being.
pub fn relever_affaires(platform: &Platform<'_>, actor: &Actor) -> Result<Vec<Relevee>, SignificationError> {
    let mut list = Vec::new();
    for view in super::voies::all::<voie::View>(platform.views(), Table::Voie)? {
        let waits = matches!(view.etat, Etat::Remise | Etat::ALaMain) && view.voie != Voie::Papier;
        if waits {
            let (issue, error) = match relever_affaire(platform, actor, view.acte) {
                Ok(issue) => (Some(issue), None),
                Err(error) => (None, Some(error)),
            };
            let (erreur, pourquoi) = (error.as_ref().map(SignificationError::code), error.map(|e| e.to_string()));
            list.push(Relevee { acte: view.acte, issue, erreur, pourquoi });
        }
    }
    Ok(list)
}

/// The way of an act.
pub fn suivre_affaire(platform: &Platform<'_>, acte: Id) -> Result<VoieSuivie, SignificationError> {
    let voie = platform.voie(acte)?;
    let motifs = voie.raisons.iter().map(|reason| reason.phrase()).collect();
    Ok(VoieSuivie { portee: voie.standing.phrase(), motifs, voie })
}

/// Fills in the forms of paper from what the officer found, in the folder `vers`; he reads, completes and signs them. Nothing is written
/// in the journal before [`Platform::consigner_papier`].
pub fn remplir_formules(
    platform: &Platform<'_>,
    input: &AffaireInput,
    constat: &Constat,
    (pdf, vers): (&Path, &Path),
) -> Result<FormulesRemplies, SignificationError> {
    let remise = remise(platform, input, read_act(pdf)?)?;
    let view = platform.voie(remise.acte)?;
    if view.voie != Voie::Papier {
        let (state, requested) = (view.voie.name(), Voie::Papier.name());
        return Err(SignificationError::Transition { machine: "voie", state, requested });
    }
    let config = &platform.config;
    let paper = config.voies.papier.as_ref().ok_or_else(|| unset("[voies.papier]"))?;
    let (zone, closed) = (config.zone, platform.jours_chomes()?);
    let mode = modalite(constat, zone, closed)?;
    let suites = suites(mode, constat.personne, constat.le, zone, closed)?;
    std::fs::create_dir_all(vers).map_err(|e| SignificationError::io("create", vers, e))?;
    let mut fichiers = Vec::new();
    for (name, text) in formes(&remise, &paper.cadre(&config.etude), Some((constat, &suites)))?.textes {
        let path = vers.join(name);
        write_private(&path, text.as_bytes())?;
        fichiers.push(path);
    }
    Ok(FormulesRemplies { suites, fichiers })
}

/// The act of the vault that `input` names, if it names one: its dossier, nature, content and consent are those told. An act known by its
/// way only has the same dossier and content.
fn known(
    platform: &Platform<'_>,
    input: &AffaireInput,
    contenu: &Sha256Digest,
) -> Result<Option<ActeView>, SignificationError> {
    let Some(acte) = input.acte else { return Ok(None) };
    let conflict = || SignificationError::HandoverConflict { acte: acte.to_string() };
    match platform.views().act(acte) {
        Ok(view) => {
            let same = view.content.sha256 == *contenu
                && view.dossier == input.dossier.trim()
                && view.nature.as_str() == Nature::new(&input.nature)?.as_str()
                && input.consentement.is_none_or(|consent| consent == view.consent);
            if same { Ok(Some(view)) } else { Err(conflict()) }
        }
        Err(SignificationError::Unknown { .. }) => {
            let view = platform.voie(acte)?;
            let same = view.contenu == *contenu && view.dossier == input.dossier.trim();
            if same { Ok(None) } else { Err(conflict()) }
        }
        Err(other) => Err(other),
    }
}

/// The acts of the same dossier with the same octets that a way holds: for another addressee, or the same one asked for twice.
fn alike(platform: &Platform<'_>, affaire: &Affaire) -> Result<Vec<String>, SignificationError> {
    let views = super::voies::all::<voie::View>(platform.views(), Table::Voie)?;
    let same = |view: &voie::View| {
        view.contenu == affaire.contenu
            && view.dossier == affaire.dossier
            && view.etat.tient()
            && view.acte != affaire.acte
    };
    let told = |view: &voie::View| {
        format!(
            "Ce même document a déjà une voie dans ce dossier ({}) : pour le même destinataire, n'en servez qu'un.",
            view.acte
        )
    };
    Ok(views.iter().filter(|view| same(view)).map(told).collect())
}

/// The competence of the office for the recipient's commune, by both channels; nothing is known without a seat or a commune.
fn judge(platform: &Platform<'_>, input: &AffaireInput, consent: Option<Id>) -> Result<Jugees, SignificationError> {
    let told = |text: &str| Ok(Jugees { paroles: vec![text.to_owned()], ..Jugees::default() });
    let Some(bureau) = &platform.config.bureau else {
        return told("Le siège de l'office n'est pas configuré ([bureau]) : sa compétence n'est pas jugée.");
    };
    let declared = match consent {
        Some(id) if platform.views().consent(id)?.record.is_some() => platform.person(id)?.commune(),
        _ => None,
    };
    let Some(commune) = declared.or(input.commune) else {
        return told("La commune du destinataire n'est pas connue : la compétence de l'office n'est pas jugée.");
    };
    let office = platform.office_config(bureau)?;
    let day = paris_date(platform.ctx.clock.now());
    let of = |canal| competence(&office, canal, &[commune], day, platform.annuaire());
    let (electronic, paper) = (of(Canal::Electronique)?, of(Canal::Papier)?);
    let mut paroles = Vec::new();
    for text in [&electronic, &paper].into_iter().flat_map(|one| one.explication.iter().chain(&one.a_verifier)) {
        if !paroles.contains(text) {
            paroles.push(text.clone());
        }
    }
    Ok(Jugees { electronique: Some(electronic), papier: Some(paper), paroles })
}

/// The accounts of the recipient, as the choice sees them.
fn account(platform: &Platform<'_>, consent: Option<Id>) -> Result<Compte, SignificationError> {
    let Some(consent) = consent else { return Ok(Compte::SansObjet) };
    if comptes_de(platform.views(), consent)?.iter().all(|one| one.etat == EtatCompte::Invite) {
        return Ok(Compte::SansObjet);
    }
    Ok(match lien::refus(platform.views(), consent, platform.ctx.clock.now())? {
        None => Compte::Actif,
        Some(Refusal::CompteSuspendu) => Compte::Suspendu,
        Some(_) => Compte::Resilie,
    })
}

/// What is handed over: the same octets each time, so that a hand-over that was cut short is recognised.
fn remise(platform: &Platform<'_>, input: &AffaireInput, pdf: Vec<u8>) -> Result<Remise, SignificationError> {
    let acte = input.acte.ok_or(SignificationError::Field {
        field: "acte",
        found: "aucun".into(),
        why: "l'identifiant que « voie choisir » a donné est attendu dans l'affaire",
    })?;
    let act = known(platform, input, &Digests::of(&pdf).sha256)?;
    let signature = match act {
        Some(view) => own_signature(platform, &view)?,
        None => None,
    };
    Ok(Remise {
        acte,
        dossier: label("dossier", &input.dossier)?,
        nature: Nature::new(&input.nature)?,
        requerant: input.requerant.clone(),
        destinataire: input.destinataire.clone(),
        pdf,
        signature,
        instructions: input.instructions.clone(),
        avant: input.avant,
        prepare_le: acte.made_at()?,
    })
}

/// The office's detached signature of an act of the vault, when the office can open it.
fn own_signature(platform: &Platform<'_>, view: &ActeView) -> Result<Option<Vec<u8>>, SignificationError> {
    let Some((digests, ..)) = &view.signature else { return Ok(None) };
    let Some(cipher) = platform.greffe.store().piece(PieceKind::SignatureActe, view.id)? else { return Ok(None) };
    match vault::decrypt(&cipher, Kind::Signature, view.id, digests, &platform.office) {
        Ok(signature) => Ok(Some(signature)),
        Err(SignificationError::KeyRefused { .. }) => Ok(None),
        Err(other) => Err(other),
    }
}

fn unset(what: &str) -> SignificationError {
    refuse(format!("{what} : attendu pour la voie choisie, trouvé aucun réglage"))
}

/// Opens the way of an act as the configuration says.
fn by_its_way<R>(
    platform: &Platform<'_>,
    acte: Id,
    then: impl FnOnce(&dyn SignificationBackend) -> Result<R, SignificationError>,
) -> Result<R, SignificationError> {
    let (config, clock) = (&platform.config, platform.ctx.clock);
    match platform.voie(acte)?.voie {
        Voie::Local => then(&Local(platform)),
        Voie::Dossier => then(&config.voies.ouvrir_dossier()?.ok_or_else(|| unset("voies.dossier"))?),
        Voie::Securact => {
            let nobody = || refuse("voies.securact : rien pour vérifier les récépissés de l'opérateur".into());
            let verifier = platform.outils.verifier.ok_or_else(nobody)?;
            let operator = config.voies.ouvrir_operateur(clock, verifier)?;
            then(&operator.ok_or_else(|| unset("[voies.securact]"))?)
        }
        Voie::Papier => {
            let office = (config.etude.as_str(), config.zone);
            let paper = config.voies.ouvrir_papier(office, platform.jours_chomes()?, clock)?;
            then(&paper.ok_or_else(|| unset("[voies.papier]"))?)
        }
    }
}
