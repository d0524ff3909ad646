//! The office's seal: what it covers, and whether it holds over the original octets.
use dossier::{Finding, Instant, Level};

use super::{Report, SealFacts};
use crate::asic::{self, AsicManifest};
use crate::cms::{self, Checked, CmsFault};
use crate::revocation::Carried;
use crate::x509::{Certificate, PathFault, Purpose, SignatureAlgorithm, validate};
use crate::{TrustAnchors, layout, oid};

/// The longest seal or token read.
pub(super) const MAX_CMS: u64 = 8 << 20;

/// A seal whose signature holds; its chain is judged later, at the best time known.
#[derive(Debug)]
pub(super) struct Seal {
    pub(super) manifest: AsicManifest,
    pub(super) signature: Vec<u8>,
    /// The signature-time-stamp, whole.
    pub(super) token: Option<Vec<u8>>,
    pub(super) checked: Checked,
    /// The certificates and the revocation data it carries, for its own chain and for that of its token.
    pub(super) carried: Vec<Certificate>,
    pub(super) revocation: Carried,
    pub(super) algorithm: SignatureAlgorithm,
}

/// Reads the manifest and the seal over it, and checks the signature.
pub(super) fn check(
    container: &super::container::Container,
    report: &mut Report,
    facts: &mut SealFacts,
) -> Option<Seal> {
    let small = |name: &str, report: &mut Report| match container.small(name, MAX_CMS) {
        Ok(octets) => Some(octets),
        Err(finding) => {
            report.add(finding);
            None
        }
    };
    let manifest_octets = small(layout::MANIFEST_1, report)?;
    let seal_octets = small(layout::SIGNATURE_1, report)?;
    let manifest = read_manifest(&manifest_octets, layout::MANIFEST_1, report)?;
    if manifest.protector != layout::SIGNATURE_1 || manifest.protector_type != asic::TYPE_SIGNATURE {
        let what = "Le manifeste désigne une autre signature que celle qui le protège.";
        report.fail("manifest.protector", what, layout::SIGNATURE_1, &manifest.protector);
    }
    let malformed = "La signature n'est pas un CMS admis.";
    let parsed = match cms::parse(&seal_octets) {
        Ok(parsed) => parsed,
        Err(error) => {
            report.fail_found("cms.malformed", malformed, error);
            return None;
        }
    };
    if parsed.content.is_some() {
        report.fail_found("cms.not_detached", "La signature porte un contenu en plus du manifeste.", "eContent");
    }
    let checked = match cms::check_signer(&parsed, &manifest_octets, oid::ID_DATA) {
        Ok(checked) => checked,
        Err(fault) => {
            report.add(finding_of(fault));
            return None;
        }
    };
    let unreadable = "Une donnée de révocation du sceau est illisible.";
    let read = Carried::read(&parsed.revocation);
    let revocation = read.map_err(|error| report.fail_found("revocation.malformed", unreadable, error)).ok()?;
    let token = unsigned(&parsed, report);
    check_attributes(&parsed, &checked, report);
    facts.signer = Some(checked.certificate.subject_text());
    facts.certificate_sha256 = Some(checked.certificate.sha256());
    facts.signing_time = checked.signing_time;
    let declared = checked.certificate.extensions.qc.as_ref();
    facts.qc_statements = declared.and_then(|read| read.as_ref().ok()).cloned();
    Some(Seal {
        manifest,
        signature: parsed.signer.signature.to_vec(),
        token,
        checked,
        carried: parsed.certificates.clone(),
        revocation,
        algorithm: parsed.signer.algorithm,
    })
}

/// The four signed attributes of this format, and no other.
fn check_attributes(parsed: &cms::SignedData<'_>, checked: &Checked, report: &mut Report) {
    if checked.bound_by_sha1 || checked.signing_time.is_none() {
        report.fail_found(
            "cms.attributes",
            "La signature n'a pas les attributs CAdES exigés.",
            "signing-certificate-v2, signing-time",
        );
    }
    if parsed.signer.signed.len() != 4 {
        let what = "La signature porte d'autres attributs signés que ceux de ce format.";
        report.fail("cms.attributes", what, 4, parsed.signer.signed.len());
    }
}

/// Reads an ASiC manifest.
pub(super) fn read_manifest(octets: &[u8], name: &str, report: &mut Report) -> Option<AsicManifest> {
    match asic::parse(octets) {
        Ok(manifest) => Some(manifest),
        Err(why) => {
            let what = "Un manifeste ASiC est mal formé.";
            report.fail_found("manifest.xml", what, format!("{name} : {why}"));
            None
        }
    }
}

fn finding_of(fault: CmsFault) -> Finding {
    let fail = |code: &str, what: &str| Finding::new(code, Level::Fail, what);
    match fault {
        CmsFault::Structure(why) => fail("cms.malformed", "La signature n'est pas un CMS admis.").found(why),
        CmsFault::Digest { expected, found } => {
            fail("cms.message_digest", "La signature porte sur un autre manifeste.").values(expected, found)
        }
        CmsFault::Certificate(why) => {
            fail("cms.certificate", "La signature ne désigne pas le certificat qui l'accompagne.").found(why)
        }
        CmsFault::Signature(why) => fail("cms.signature", "La signature est fausse.").found(why),
    }
}

/// The only unsigned attribute admitted: one signature-time-stamp. Anything else would be a place to hide octets.
fn unsigned(parsed: &cms::SignedData<'_>, report: &mut Report) -> Option<Vec<u8>> {
    let what = "La signature porte un attribut non signé que ce format n'admet pas.";
    match parsed.signer.unsigned.as_slice() {
        [] => None,
        [only] if only.id == oid::SIGNATURE_TIME_STAMP && only.values.len() == 1 => {
            only.values.first().map(|value| value.whole.to_vec())
        }
        others => {
            let ids: Vec<String> = others.iter().map(|a| a.id.to_string()).collect();
            report.fail_found("cms.unsigned_attribute", what, ids.join(", "));
            None
        }
    }
}

/// Judges the chain at `best`: the time of the first token that counts, or the instant of the verification. Gives the
/// path when there is one, anchor last.
pub(super) fn check_chain(
    seal: &Seal,
    anchors: &TrustAnchors,
    best: Instant,
    proven: bool,
    report: &mut Report,
) -> Option<Vec<Certificate>> {
    let leaf = &seal.checked.certificate;
    match validate(leaf, &seal.carried, anchors, best, Purpose::Seal) {
        Ok(path) => {
            if let Some(stray) = cms::unexplained(&seal.carried, &path, anchors.certificates()) {
                let what = "La signature porte un certificat que rien n'explique.";
                report.fail_found("cms.certificates", what, stray.subject_text());
            }
            return Some(path);
        }
        Err(PathFault::NoChain { subject }) => {
            let what =
                "Le certificat du sceau ne mène à aucune racine de confiance fournie : son auteur n'est pas établi.";
            report.add(Finding::new("trust.no_chain", Level::Indeterminate, what).found(subject));
        }
        Err(PathFault::Broken { why }) => {
            report.fail_found("trust.chain_broken", "La chaîne du certificat du sceau est fausse.", why);
        }
        Err(PathFault::OutOfDate { subject, from, to }) => {
            let (level, what) = if proven {
                (Level::Fail, "Un certificat de la chaîne du sceau n'était pas valable à l'heure du sceau.")
            } else {
                (
                    Level::Indeterminate,
                    "Un certificat de la chaîne du sceau n'est pas valable à la date du contrôle, et rien ne prouve que \
                     le sceau est antérieur.",
                )
            };
            let finding = Finding::new("trust.out_of_bounds_no_poe", level, what);
            report.add(finding.values(format!("{from} .. {to}"), format!("{best} ({subject})")));
        }
    }
    None
}
