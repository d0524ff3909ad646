//! What must hold whatever octets come from outside. The same bodies run under cargo-fuzz (`fuzz_targets/`) and as a test over
//! changed copies of good files (`tests/octets_etrangers.rs`).
use signification::backend::dossier::retour::{IssueRetour, MAX_RETOUR};
use signification::backend::securact::RecuSigne;
use signification::confrere::ouverture::{depaqueter, entete};
use signification::confrere::paquet::{MAX_CLAIR, MAX_PIECES, nom_admis};
use signification::notice::dsn::{self, Nous, Retour};
use signification::point::Extrait;
use signification::{Config, EvidenceVerifier, Id, receipt};

const CONFIG: &str = "etude = \"Essai\"\nresidence = \"Lyon\"\ncontact_dpo = \"dpo@etude.test\"\n[smtp]\nhote = \"127.0.0.1\"\n\
                      port = 25\nsecurite = \"aucune\"\nexpediteur = \"avis@etude.test\"\n[avis]\nretour = \"avis@etude.test\"\n";

/// Believes every signature: what is tried here is the reading of what comes after it.
pub struct Credule;

impl EvidenceVerifier for Credule {
    fn check_signature(&self, _: &[u8], _: &[u8]) -> Vec<dossier::Finding> {
        Vec::new()
    }

    fn check_token(&self, _: &[u8], _: &[u8]) -> Vec<dossier::Finding> {
        Vec::new()
    }
}

/// A foreign return of mail never makes its reader panic, and what is read of it survives its journal form.
pub fn retour_de_courrier(data: &[u8]) -> bool {
    let config = Config::parse(CONFIG).expect("a configuration of ours");
    let Ok(retour) = dsn::lire(data, &Nous::new(&config)) else { return false };
    let text = serde_json::to_string(&retour).expect("a return is serializable");
    let read: Retour = serde_json::from_str(&text).expect("and reads back");
    assert_eq!(read, retour);
    true
}

/// An outcome file written by software that is not ours is read within its schema.
pub fn retour_de_dossier(data: &[u8]) -> bool {
    let Ok(retour) = signification::backend::dossier::retour::lire(data) else { return false };
    assert!(data.len() <= MAX_RETOUR);
    if let IssueRetour::Refuse { code } | IssueRetour::EnCours { code } = retour.issue {
        assert!(!code.is_empty() && code.len() <= 60 && code.is_ascii());
    }
    true
}

/// Evidence that is read is of one meaning: written again, it reads the same.
pub fn recepisse(data: &[u8]) -> bool {
    let Ok(evidence) = receipt::parse(data) else { return false };
    let again = dossier::to_canonical(&evidence).expect("evidence is serializable");
    let read = receipt::parse(&again).expect("what we write, we read");
    assert_eq!(dossier::to_canonical(&read).expect("and write the same"), again);
    true
}

/// An excerpt is judged without harm, however long its ways and whatever its numbers.
pub fn extrait(data: &[u8]) -> bool {
    let Ok(extrait) = Extrait::read(data) else { return false };
    if let Ok(report) = extrait.check(&Credule) {
        assert_eq!(report.lignes, extrait.lignes.len());
    }
    true
}

/// A package of another office: its first line, then its pieces, bounded, under names that are no paths.
pub fn paquet_de_confrere(data: &[u8]) -> bool {
    if let Ok((line, rest)) = entete(data) {
        assert!(rest.len() < data.len() && line.contenu.bytes <= MAX_CLAIR + (1 << 20));
    }
    let Ok(pieces) = depaqueter(data) else { return false };
    assert!(pieces.len() <= MAX_PIECES && pieces.keys().all(|nom| nom_admis(nom)));
    assert!(pieces.values().map(|octets| octets.len() as u64).sum::<u64>() <= MAX_CLAIR);
    true
}

/// An operator's receipt, its signature believed: what is taken of it is canonical and about this act.
pub fn recu_d_operateur(data: &[u8]) -> bool {
    let Ok(recu) = serde_json::from_slice::<RecuSigne>(data) else { return false };
    let act: Id = "01890a5d-ac96-774b-bcce-b302099a8057".parse().expect("an identifier");
    let content = dossier::Sha256Digest::of(b"acte");
    if let Ok((read, _)) = recu.verifier(act, &content, &content, &Credule) {
        assert!(read.acte == act && read.contenu == content);
        assert_eq!(dossier::to_canonical(&read).expect("serializable"), recu.texte.as_bytes());
    }
    true
}
