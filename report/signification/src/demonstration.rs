//! The whole road of one act, told as it goes: from the offer to the receipts, with a mail server, a signing key and a time
//! authority that are given. What it leaves is a folder that anybody checks again with OpenSSL.
//!
//! It plays both parts, the office's and the recipient's, and says so. Outside the hours of service it puts its own clock
//! forward to the next opening, and says so too: nothing is sent at a forbidden hour, not even here.
mod decor;
mod index;

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dossier::{Clock, Digests, Sha256Digest, to_canonical};
use serde::Serialize;

use self::decor::{Horloge, Temoin, acte_pdf, declaration, secret};
use crate::acte::Nature;
use crate::backend::{Local, Partie, Remise, Resultat, Voie};
use crate::bureau::Outils;
use crate::calendar::Zone;
use crate::civil::paris_text;
use crate::config::{AvisConfig, Config, Escrow, SmtpConfig};
use crate::consent::Actor;
use crate::notice::Mailer;
use crate::person::PersonInput;
use crate::platform::{AcceptInput, Affaire, Context, DepositInput, Platform};
use crate::proposition::Issue as Reponse;
use crate::receipt::check_receipt;
use crate::scan::ScanConfig;
use crate::signature_acte::ControleSignature;
use crate::territoire::Verdict;
use crate::text::CGU;
use crate::vault::{private_folder, write_private};
use crate::voie::{Compte, Preferences};
use crate::{Entropy, EvidenceSealer, EvidenceVerifier, Id, SignificationError};

/// What the demonstration is given.
#[derive(Clone, Copy)]
pub struct Moyens<'a> {
    /// Time.
    pub clock: &'a dyn Clock,
    /// Randomness.
    pub entropy: &'a dyn Entropy,
    /// Hands messages to a real mail server.
    pub mailer: &'a dyn Mailer,
    /// Signs and stamps.
    pub sealer: &'a dyn EvidenceSealer,
    /// Checks what was signed and stamped.
    pub verifier: &'a dyn EvidenceVerifier,
    /// The mail server, as the configuration names it.
    pub smtp: &'a SmtpConfig,
    /// Address of the recipient, which that server takes.
    pub courriel: &'a str,
    /// The roots of signatures and tokens (PEM): left in the folder for OpenSSL.
    pub racine_pem: &'a [u8],
    /// The officer's signature inside the PDF of the act; without it the act is deposited unsigned, as its record says.
    pub officier: Option<Officier<'a>>,
}

/// Gives a PDF back signed.
pub type Signeur<'a> = dyn Fn(&[u8]) -> Result<Vec<u8>, SignificationError> + 'a;

/// Signs the PDF of the act, and judges what was signed.
#[derive(Clone, Copy)]
pub struct Officier<'a> {
    /// Gives a PDF back signed.
    pub signer: &'a Signeur<'a>,
    /// Judges it at the deposit.
    pub controle: &'a (dyn ControleSignature + Sync),
}

/// One step, done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Etape {
    /// From 1.
    pub numero: usize,
    /// What it is, in French.
    pub titre: &'static str,
    /// What happened, in French.
    pub recit: String,
    /// What was made, relative to the folder.
    pub produits: Vec<PathBuf>,
    /// Commands that check it again, run from the folder; each ends with status 0.
    pub verifier: Vec<String>,
}

/// Is told of each step once it is done.
pub trait Rapporteur {
    /// A step.
    fn etape(&mut self, etape: &Etape);
}

/// What the demonstration came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Bilan {
    /// The consent.
    pub consentement: Id,
    /// The act.
    pub acte: Id,
    /// Receipts taken out and verified.
    pub recepisses: usize,
    /// Lines of the journal, verified.
    pub lignes: u64,
    /// Whether the demonstration's clock was put forward to the next opening.
    pub horloge_avancee: bool,
    /// The steps.
    pub etapes: Vec<Etape>,
    /// What all this is worth, in French.
    pub portee: &'static str,
}

const OFFICE_DOSSIER: &str = "DEMO-0001";
const REQUERANT: &str = "Requérant de démonstration";
const NATURE: &str = "assignation";

/// Plays the whole road in the folder `dossier`, which must not hold anything yet.
pub fn demonstration(
    dossier: &Path,
    moyens: &Moyens<'_>,
    rapporteur: &mut dyn Rapporteur,
) -> Result<Bilan, SignificationError> {
    if dossier.exists() && fs::read_dir(dossier).is_ok_and(|mut list| list.next().is_some()) {
        return Err(SignificationError::StoreExists { path: dossier.to_path_buf() });
    }
    fs::create_dir_all(dossier).map_err(|e| SignificationError::io("create", dossier, e))?;
    for name in ["entree", "courriels", "destinataire", "recepisses", "journal"] {
        private_folder(&dossier.join(name))?;
    }
    write_private(&dossier.join("racine.pem"), moyens.racine_pem)?;
    let (clock, mailer) = (Horloge::new(moyens.clock), Temoin::new(moyens.mailer));
    let ctx = Context { clock: &clock, entropy: moyens.entropy, sealer: moyens.sealer, mailer: &mailer };
    let store = dossier.join("plateforme");
    Platform::initialiser(&store, &config(moyens.smtp), ctx)?;
    let signature = moyens.officier.map(|officier| officier.controle);
    let platform = Platform::ouvrir(&store, ctx)?.avec(Outils { signature, ..Outils::default() })?;
    let mut play = Play { dossier, moyens, clock: &clock, mailer: &mailer, platform, etapes: Vec::new(), rapporteur };
    let consentement = play.consentir()?;
    let acte = play.signifier(consentement)?;
    play.recevoir(acte)?;
    let recepisses = play.recepisses(consentement, acte)?;
    let lignes = play.journal(acte)?;
    let horloge_avancee = clock.avancee();
    let etapes = std::mem::take(&mut play.etapes);
    let bilan = Bilan {
        consentement,
        acte,
        recepisses,
        lignes,
        horloge_avancee,
        etapes,
        portee: Voie::Local.standing().phrase(),
    };
    write_private(&dossier.join("LISEZ-MOI.txt"), index::texte(&bilan).as_bytes())?;
    Ok(bilan)
}

/// The configuration: always a trial.
fn config(smtp: &SmtpConfig) -> Config {
    Config {
        etude: "Étude de démonstration".into(),
        residence: "Lyon".into(),
        contact_dpo: "dpo@demonstration.invalid".into(),
        zone: Zone::Metropole,
        sequestre: Escrow::Etude,
        exploitation: crate::exploitation::Exploitation::default(),
        dernier_envoi: "20:55".into(),
        invitation_jours: 30,
        jetons_propres: 16,
        essai: true,
        smtp: smtp.clone(),
        avis: AvisConfig::default(),
        sms: None,
        // The demonstration brings its own documents, and no scanner.
        analyse: ScanConfig { politique: crate::scan::Politique::Admettre, ..ScanConfig::default() },
        actes: crate::signature_acte::ActesConfig::default(),
        delai_interne: crate::delais::DelaiConfig::default(),
        preuves: crate::config::PreuvesConfig::default(),
        bureau: None,
        base: None,
    }
}

/// The demonstration while it is played.
struct Play<'p, 'a> {
    dossier: &'p Path,
    moyens: &'p Moyens<'p>,
    clock: &'p Horloge<'p>,
    mailer: &'p Temoin<'p>,
    platform: Platform<'a>,
    etapes: Vec<Etape>,
    rapporteur: &'p mut dyn Rapporteur,
}

impl Play<'_, '_> {
    fn dire(&mut self, titre: &'static str, recit: String, produits: Vec<PathBuf>, verifier: Vec<String>) {
        let etape = Etape { numero: self.etapes.len() + 1, titre, recit, produits, verifier };
        self.rapporteur.etape(&etape);
        self.etapes.push(etape);
    }

    fn officier(&self) -> Actor {
        Actor::office("officier-demonstration")
    }

    /// Keeps a message as it was handed over.
    fn garder_courriel(&self, name: &str) -> Result<Vec<PathBuf>, SignificationError> {
        let relative = Path::new("courriels").join(name);
        write_private(&self.dossier.join(&relative), &self.mailer.dernier()?)?;
        Ok(vec![relative])
    }

    /// From the offer to the consent.
    fn consentir(&mut self) -> Result<Id, SignificationError> {
        let (officier, dossier) = (self.officier(), self.dossier);
        let offer = self.platform.proposer(&officier, OFFICE_DOSSIER, "téléphone")?;
        let consent = offer.consent;
        self.platform.repondre_proposition(&officier, consent, Reponse::Acceptee)?;
        let recit = format!(
            "L'étude propose la voie électronique ; l'accord de principe est consigné. Consentement {consent}."
        );
        self.dire("Proposition", recit, vec![], vec![]);
        let input = declaration(dossier, self.moyens.courriel)?;
        let declared = self.platform.declarer(&officier, consent, &input)?;
        let recit = format!(
            "La déclaration est déposée avec {} pièces, chiffrées pour la clé de cette personne ; état {}.",
            declared.pieces,
            declared.state.name()
        );
        self.dire("Déclaration", recit, vec!["plateforme/registre".into()], vec![]);
        let invited = self.platform.inviter(&officier, consent)?;
        let recit = format!(
            "L'invitation, avec un code à usage unique, est prise par le serveur de messagerie (réponse {}).",
            invited.smtp_code
        );
        let produits = self.garder_courriel("invitation.eml")?;
        self.dire("Invitation", recit, produits, vec!["grep -c '^From:' courriels/invitation.eml".into()]);
        let input = AcceptInput {
            consent,
            jeton: secret(&self.mailer.dernier()?)?,
            cgu_sha256: Sha256Digest::of(CGU.as_bytes()).to_hex(),
            cle: dossier.join("destinataire/cle-destinataire.cle"),
        };
        let accepted = self.platform.accepter(&input)?;
        let recit = format!(
            "Le destinataire, joué ici, lit les conditions et les accepte : c'est le consentement exprès (CPC, art. 748-2), \
             le {}. Sa clé privée reste chez lui, hors de la plateforme.",
            paris_text(accepted.at)
        );
        self.dire("Acceptation", recit, vec!["destinataire/cle-destinataire.cle".into()], vec![]);
        Ok(consent)
    }

    /// From the deposit to the notice.
    fn signifier(&mut self, consent: Id) -> Result<Id, SignificationError> {
        let officier = self.officier();
        if let Some(recit) = self.clock.ouvrir_fenetre()? {
            self.dire("Heures de signification", recit, vec![], vec![]);
        }
        let fichier = self.dossier.join("entree/acte.pdf");
        let pdf = match self.moyens.officier {
            Some(officier) => (officier.signer)(&acte_pdf())?,
            None => acte_pdf(),
        };
        write_private(&fichier, &pdf)?;
        let deposit = DepositInput {
            consent,
            dossier: OFFICE_DOSSIER.into(),
            nature: NATURE.into(),
            requerant: REQUERANT.into(),
            fichier: fichier.clone(),
        };
        let done = self.platform.deposer(&officier, &deposit)?;
        let (acte, sha256) = (done.acte, done.sha256);
        let inside = match &done.signature_pdf {
            Some(found) => format!("Signature de l'officier dans le PDF : {}. ", found.phrase),
            None => "Le PDF n'est pas signé par l'officier. ".to_owned(),
        };
        let recit = format!(
            "{inside}L'acte {acte} ({} octets) est signé par l'étude (niveau {}), chiffré pour le destinataire et mis au coffre. \
             Son contenu n'est pas jugé.",
            done.bytes, done.signature
        );
        let check = vec![format!("echo '{sha256}  entree/acte.pdf' | sha256sum -c")];
        self.dire("Dépôt", recit, vec!["entree/acte.pdf".into(), "plateforme/coffre".into()], check);
        let preferences = Preferences { electroniques: vec![Voie::Local], bac_a_sable: true };
        let choix = self.platform.choisir_voie(&officier, &affaire(acte, sha256, consent)?, &preferences)?;
        self.dire("Choix de la voie", choix.phrase(), vec![], vec![]);
        let issue = self.platform.servir(&officier, &Local(&self.platform), &self.remise(acte)?)?;
        let Resultat::Faite { le, .. } = issue.resultat else {
            return Err(SignificationError::Transition {
                machine: "demonstration",
                state: "ENVOI",
                requested: "served",
            });
        };
        let recit = format!(
            "Envoyé le {} : date et heure de la signification (CPC, art. 664-1). L'avis, générique, est pris par le serveur de \
             messagerie. {}",
            paris_text(le),
            issue.portee
        );
        let produits = self.garder_courriel("avis.eml")?;
        let clear = vec![format!("! grep -q -e '{NATURE}' -e '{OFFICE_DOSSIER}' courriels/avis.eml")];
        self.dire("Envoi et avis de mise à disposition", recit, produits, clear);
        Ok(acte)
    }

    fn remise(&self, acte: Id) -> Result<Remise, SignificationError> {
        let partie = |nom: &str| Partie { nom: nom.into(), adresse: vec![], courriel: None, morale: false };
        Ok(Remise {
            acte,
            dossier: OFFICE_DOSSIER.into(),
            nature: Nature::new(NATURE)?,
            requerant: partie(REQUERANT),
            destinataire: partie("Destinataire de démonstration"),
            pdf: Vec::new(),
            signature: None,
            instructions: Vec::new(),
            avant: None,
            prepare_le: self.clock.now(),
        })
    }

    /// The recipient opens the act and takes it, to the last octet.
    fn recevoir(&mut self, acte: Id) -> Result<(), SignificationError> {
        let cle = self.dossier.join("destinataire/cle-destinataire.cle");
        let seen = self.platform.consulter(acte, &cle)?;
        let way = seen.qualification.map_or("en attente", |q| match q {
            crate::letter::Qualification::APersonne => "à personne : lu le jour de l'envoi",
            crate::letter::Qualification::ADomicile => "à domicile",
            crate::letter::Qualification::EnAttente => "en attente",
        });
        let recit = format!("Le destinataire ouvre l'acte avec sa clé. Qualification (CPC, art. 662-1) : {way}.");
        self.dire("Ouverture", recit, vec![], vec![]);
        let relative = Path::new("destinataire").join("recu");
        let got = self.platform.telecharger(acte, &cle, &self.dossier.join(&relative))?;
        let name = format!("destinataire/recu/acte-{acte}.pdf");
        let recit = format!(
            "Remis jusqu'au dernier octet ({} octets) le {} : c'est l'heure de réception. Les octets sont ceux du dépôt.",
            got.bytes,
            paris_text(got.recu_le)
        );
        let verifier = vec![format!("cmp entree/acte.pdf {name}"), cms(&format!("{name}.p7s"), &name)];
        let produits = got.fichiers.iter().filter_map(|f| f.strip_prefix(self.dossier).ok().map(Path::to_path_buf));
        let produits = produits.collect();
        self.dire("Téléchargement", recit, produits, verifier);
        Ok(())
    }

    /// Takes every receipt out and verifies it.
    fn recepisses(&mut self, consent: Id, acte: Id) -> Result<usize, SignificationError> {
        let (mut produits, mut verifier, mut names) = (Vec::new(), Vec::new(), Vec::new());
        let (lines, _) = crate::journal::read(self.platform.root())?;
        let mut receipts = self.platform.recepisses(consent)?;
        receipts.extend(self.platform.recepisses(acte)?);
        for (rank, receipt) in receipts.iter().enumerate() {
            let relative = Path::new("recepisses").join(format!("{:02}", rank + 1));
            let folder = self.dossier.join(&relative);
            self.platform.sortir_recepisse(*receipt, &folder)?;
            let report = check_receipt(&folder, self.moyens.verifier, Some(&lines))?;
            if !report.holds() {
                let why = report.findings.iter().map(|f| f.code.to_string()).collect::<Vec<_>>().join(", ");
                return Err(SignificationError::Receipt { why });
            }
            let proof = format!("{}/preuve.json", relative.display());
            verifier.push(cms(&format!("{proof}.p7s"), &proof));
            if folder.join("preuve.json.tst").exists() {
                verifier.push(ts(&format!("{proof}.tst"), &proof));
            }
            let dated = if report.timestamped { "horodaté" } else { "horodatage différé" };
            names.push(format!("{:02} {} ({dated})", rank + 1, report.evidence.event.nom));
            produits.push(relative);
        }
        let recit = format!("Chaque récépissé est sorti et vérifié, signature et date : {}.", names.join(", "));
        self.dire("Récépissés", recit, produits, verifier);
        Ok(receipts.len())
    }

    /// Verifies the journal, signs it, and takes out the lines of the act.
    fn journal(&mut self, acte: Id) -> Result<u64, SignificationError> {
        let report = Platform::verifier_journal(self.platform.root())?;
        if !report.intact {
            let (line, why) = (report.ligne_fautive.unwrap_or(0), report.raison.unwrap_or_default());
            return Err(SignificationError::Journal { line, why });
        }
        let lignes = report.lignes;
        let recit =
            format!("{lignes} lignes relues une à une : chaînage et transitions tiennent. Tête {}.", report.tete);
        self.dire("Journal", recit, vec!["plateforme/journal.jsonl".into()], vec![]);
        let point = self.platform.pointer()?;
        let extrait = self.platform.extrait(acte)?;
        let folder = self.dossier.join("journal");
        let decode = |text: &str| STANDARD.decode(text).map_err(|e| SignificationError::Receipt { why: e.to_string() });
        write_private(&folder.join("point.txt"), extrait.point.texte.as_bytes())?;
        write_private(&folder.join("point.txt.p7s"), &decode(&extrait.point.signature)?)?;
        let mut verifier = vec![cms("journal/point.txt.p7s", "journal/point.txt")];
        if let Some(jeton) = &extrait.point.jeton {
            write_private(&folder.join("point.txt.tst"), &decode(jeton)?)?;
            verifier.push(ts("journal/point.txt.tst", "journal/point.txt"));
        }
        let recit = format!(
            "Le journal est signé jusqu'à la ligne {} : sa racine engage toutes les lignes d'avant.",
            point.size
        );
        self.dire("Point de contrôle", recit, vec!["journal/point.txt".into()], verifier);
        let check = extrait.check(self.moyens.verifier)?;
        if !check.holds() {
            return Err(SignificationError::Receipt { why: "extrait".into() });
        }
        let bytes = to_canonical(&extrait)?;
        write_private(&folder.join("extrait.json"), &bytes)?;
        let sha256 = Digests::of(&bytes).sha256;
        let recit =
            format!("Les {} lignes de cet acte, et elles seules, prouvées contre le point de contrôle.", check.lignes);
        let verifier = vec![format!("echo '{sha256}  journal/extrait.json' | sha256sum -c")];
        self.dire("Extrait", recit, vec!["journal/extrait.json".into()], verifier);
        Ok(lignes)
    }
}

fn affaire(acte: Id, contenu: Sha256Digest, consent: Id) -> Result<Affaire, SignificationError> {
    Ok(Affaire {
        acte,
        contenu,
        dossier: OFFICE_DOSSIER.into(),
        nature: Nature::new(NATURE)?,
        consentement: Some(consent),
        zone: Zone::Metropole,
        compte: Compte::SansObjet,
        competence_electronique: Verdict::Competent,
        competence_papier: Verdict::Competent,
        competence_confirmee: false,
        voie_imposee: false,
        majeur_protege: false,
    })
}

fn cms(signature: &str, content: &str) -> String {
    format!(
        "openssl cms -verify -cades -binary -inform DER -in {signature} -content {content} -CAfile racine.pem -purpose any \
         -out /dev/null"
    )
}

fn ts(token: &str, data: &str) -> String {
    format!("openssl ts -verify -data {data} -in {token} -token_in -CAfile racine.pem")
}

/// The person of the demonstration.
fn personne(courriel: &str) -> PersonInput {
    PersonInput {
        kind: "physique".into(),
        nom: "Démonstration".into(),
        prenoms: "Camille".into(),
        date_naissance: "1980-01-01".into(),
        lieu_naissance: "Lyon".into(),
        domicile: "1 rue de l'Exemple, 69001 Lyon".into(),
        courriel: courriel.into(),
        telephone: None,
        ..PersonInput::default()
    }
}
