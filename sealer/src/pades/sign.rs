//! Sign or fail: the officer's signature, its token, what makes it checkable later, and a document timestamp, each as a new
//! revision; the result goes through our own verification before anybody gets it.
use dossier::{Clock, Instant};

use super::field::{FieldPlan, Prepared, prepare};
use super::pdf::{Dict, Object, PdfFault, PdfFile, literal};
use super::verify::verify;
use super::{Look, PadesError, PadesReport, Place, active, dss, fields};
use crate::cms::{self, SealParts};
use crate::keys::sign_checked;
use crate::revocation::{Gathered, Gatherer, Pool, Status, Wanted};
use crate::tsp::{Attempt, TstInfo, obtain};
use crate::x509::Certificate;
use crate::{Network, Random, SealError, SealLevel, Signer, TimestampAuthority, TimestampError, TrustAnchors};

/// Told of an attempt: the authority, then code and text of the error when it failed.
pub type Told<'a> = dyn Fn(&str, Option<(&str, String)>) + 'a;

/// What everything needs: whom to ask, and by which clock.
pub struct Means<'a> {
    /// The authorities, in order: the first that answers stamps.
    pub authorities: &'a [&'a dyn TimestampAuthority],
    /// Where certificates and their states are fetched.
    pub network: &'a dyn Network,
    /// The clock.
    pub clock: &'a dyn Clock,
    /// Randomness.
    pub random: &'a dyn Random,
    /// The roots, and the trusted lists, of the office: what the result is checked with, beside the signer's own root.
    pub anchors: &'a TrustAnchors,
    /// Told of every attempt.
    pub told: &'a Told<'a>,
}

/// What to sign, and how.
pub struct PadesRequest<'a> {
    /// The field's name: `clerc`, `commissaire`, …
    pub role: &'a str,
    /// The officer's key.
    pub signer: &'a dyn Signer,
    /// The level asked for.
    pub level: SealLevel,
    /// Where the signature is shown; `None` shows nothing, unless an earlier signature kept a place for this role.
    pub place: Option<Place>,
    /// What is shown there.
    pub look: Option<Look<'a>>,
    /// The places this signature, the first, keeps for those to come, by their roles.
    pub reserve: &'a [(String, Place)],
    /// The officer's name, as it is to be read.
    pub name: Option<String>,
    /// Why he signs.
    pub reason: Option<String>,
    /// Where he signs.
    pub location: Option<String>,
    /// The first signature certifies the document: further signatures are allowed, or, when this is `true`, nothing is.
    pub last: bool,
    /// The rest.
    pub means: Means<'a>,
}

/// A signed PDF that passed our verification.
#[derive(Debug)]
pub struct SignedPdf {
    /// The whole file; what was given is its beginning.
    pub octets: Vec<u8>,
    /// What our verification says of it.
    pub report: PadesReport,
    /// The level of the last signature; lower than asked when something could not be had.
    pub level: SealLevel,
    /// What could not be had, and why, in French.
    pub missing: Vec<String>,
}

/// Room for a token and for what a signature holds beside its certificates.
const ROOM: usize = 20 * 1024;

/// Signs `input`. The file at hand is never changed: what is given back begins with its octets.
///
/// # Errors
/// [`PadesError`], when the file is not one that is signed, when the key refuses, or when the result does not pass.
pub fn sign(input: &[u8], request: &PadesRequest<'_>) -> Result<SignedPdf, PadesError> {
    check_role(request.role)?;
    let chain = chain_of(request.signer, request.means.clock.now())?;
    let file = admitted(input, &request.means)?;
    let (present, _) = fields::list(&file, file.last());
    let first = present.iter().all(|field| field.value.is_none());
    check_places(request, &present, first)?;
    let before = verify(input, request.means.anchors, request.means.clock.now());
    if let Some(last) = before.signatures.iter().find(|s| s.certification == Some(1)) {
        return Err(PadesError::Final { field: last.field.clone() });
    }
    let mut missing = Vec::new();
    let (signed, token) = signature(&file, request, &chain, first, &mut missing)?;
    let mut octets = signed;
    if token && request.level >= SealLevel::LongTerm {
        octets = long_term(octets, &request.means, request.level, &mut missing)?;
    }
    concluded(octets, &chain, request.role, &request.means, missing)
}

/// Brings the signatures of `input` to B-LT or B-LTA: what is missing of certificates and states, then, for B-LTA, a
/// document timestamp over the whole.
///
/// # Errors
/// [`PadesError`], when nothing is signed, when nothing could be added, or when the result does not pass.
pub fn extend(input: &[u8], level: SealLevel, means: &Means<'_>) -> Result<SignedPdf, PadesError> {
    let file = admitted(input, means)?;
    let report = verify(input, means.anchors, means.clock.now());
    let Some(last) = report.signatures.last() else { return Err(PadesError::NotSigned) };
    let mut missing = Vec::new();
    let octets = long_term(file.octets.to_vec(), means, level, &mut missing)?;
    if octets.len() == input.len() {
        return Err(PadesError::NothingAdded { why: missing });
    }
    concluded(octets, &[], &last.field.clone(), means, missing)
}

/// The chain of a key, signer first, valid now.
fn chain_of(signer: &dyn Signer, now: Instant) -> Result<Vec<Certificate>, SealError> {
    let bad = |why: String| SealError::Key { what: "certificat de l'officier".into(), why };
    let parse = |der: &Vec<u8>| Certificate::parse(der).map_err(|e| bad(e.to_string()));
    let chain = signer.certificate_chain().iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    let leaf = chain.first().ok_or_else(|| bad("aucun certificat".into()))?;
    if now < leaf.not_before || now > leaf.not_after {
        return Err(SealError::CertificateOutOfDate {
            subject: leaf.subject_text(),
            from: leaf.not_before.to_string(),
            to: leaf.not_after.to_string(),
            at: now.to_string(),
        });
    }
    Ok(chain)
}

fn check_role(role: &str) -> Result<(), PadesError> {
    let plain = role.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if plain && !role.is_empty() && role.len() <= 40 { Ok(()) } else { Err(PadesError::Role { role: role.into() }) }
}

/// Whether the role, and those a place is kept for, are free.
fn check_places(request: &PadesRequest<'_>, present: &[fields::Field], first: bool) -> Result<(), PadesError> {
    let taken = |field: &str| PadesError::Taken { field: field.to_owned() };
    let kept = present.iter().find(|field| field.name == request.role);
    if kept.is_some_and(|field| field.value.is_some() || request.place.is_some()) {
        return Err(taken(request.role));
    }
    for (index, (role, _)) in request.reserve.iter().enumerate() {
        check_role(role)?;
        let again = request.reserve.iter().skip(index + 1).any(|(other, _)| other == role);
        if role == request.role || again || present.iter().any(|field| field.name == *role) {
            return Err(taken(role));
        }
    }
    if !request.reserve.is_empty() && (!first || request.last) {
        let why =
            "une place n'est gardée que par la première signature, et non par une signature définitive".to_owned();
        return Err(PadesError::Rectangle { why });
    }
    Ok(())
}

/// The file, when it is one that may be signed: a whole PDF in clear that does nothing by itself, and whose signatures, if
/// any, hold.
fn admitted<'a>(input: &'a [u8], means: &Means<'_>) -> Result<PdfFile<'a>, PadesError> {
    let file = PdfFile::read(input).map_err(|fault| match fault {
        PdfFault::NotPdf => PadesError::NotPdf,
        other => PadesError::Broken { why: other.to_string() },
    })?;
    if file.trailer(file.last()).is_some_and(|trailer| trailer.get("Encrypt").is_some()) {
        return Err(PadesError::Encrypted);
    }
    if let Some(what) = active::found(&file, file.last()) {
        return Err(PadesError::Active { what });
    }
    let report = verify(input, means.anchors, means.clock.now());
    if report.has_failed() {
        return Err(PadesError::Refused { findings: report.findings });
    }
    Ok(file)
}

/// The revision with the officer's signature, and whether it bears a token.
fn signature(
    file: &PdfFile<'_>,
    request: &PadesRequest<'_>,
    chain: &[Certificate],
    first: bool,
    missing: &mut Vec<String>,
) -> Result<(Vec<u8>, bool), PadesError> {
    let means = &request.means;
    let mut value = Dict::default();
    value.set("Type", Object::name("Sig"));
    value.set("Filter", Object::name("Adobe.PPKLite"));
    value.set("SubFilter", Object::name("ETSI.CAdES.detached"));
    value.set("M", literal(&fields::date_text(means.clock.now())));
    for (key, text) in [("Name", &request.name), ("Reason", &request.reason), ("Location", &request.location)] {
        if let Some(text) = text {
            value.set(key, literal(text));
        }
    }
    let certificates: usize = chain.iter().map(|c| c.der().len()).sum();
    let who = request.name.as_deref().unwrap_or(request.role);
    let read = request.look.as_ref().filter(|_| request.place.is_some()).map(|look| look.lines.join(", "));
    let plan = FieldPlan {
        name: request.role.to_owned(),
        tooltip: read.unwrap_or_else(|| format!("Signature électronique : {who}")),
        value,
        room: certificates + ROOM,
        place: request.place,
        look: request.look.as_ref(),
        reserve: request.reserve,
        certify: first.then_some(if request.last { 1 } else { 2 }),
    };
    let prepared = prepare(file, &plan, &identifier(means)?)?;
    let leaf = chain.first().ok_or_else(|| SealError::Sign { why: "no certificate".into() })?;
    let attributes = cms::signed_attributes(&prepared.covered(), leaf, None);
    let signature = sign_checked(request.signer, leaf, &attributes)?;
    let token = if request.level >= SealLevel::Timestamped { stamp(&signature, means, missing) } else { None };
    let parts = SealParts { chain, attributes: &attributes, signature: &signature };
    let signed = prepared.filled(&cms::wrap(&parts, token.as_deref()))?;
    Ok((signed, token.is_some()))
}

/// A token of the first authority that gives one.
fn stamp(data: &[u8], means: &Means<'_>, missing: &mut Vec<String>) -> Option<Vec<u8>> {
    let told = |attempt: Attempt<'_>| {
        let error = attempt.error.map(|e: &TimestampError| (e.code(), e.to_string()));
        (means.told)(attempt.authority, error);
    };
    for authority in means.authorities {
        match obtain(*authority, data, means.clock, means.random, &told) {
            Ok((token, _)) => return Some(token),
            Err(error) => missing.push(format!("horodatage de « {} » : {error} [{}]", authority.name(), error.code())),
        }
    }
    if means.authorities.is_empty() {
        missing.push("horodatage : aucune autorité n'est configurée".into());
    }
    None
}

/// Certificates and states in a store, then, for B-LTA, a document timestamp, then what its own authority lacks.
fn long_term(
    octets: Vec<u8>,
    means: &Means<'_>,
    level: SealLevel,
    missing: &mut Vec<String>,
) -> Result<Vec<u8>, PadesError> {
    let mut gatherer = Gatherer::new(means.network, means.clock, means.random);
    let mut octets = stored(octets, means, &mut gatherer)?;
    if level >= SealLevel::Archived {
        let file = PdfFile::read(&octets).map_err(|e| PadesError::Broken { why: e.to_string() })?;
        if let Some(stamped) = document_stamp(&file, means, missing)? {
            octets = stored(stamped, means, &mut gatherer)?;
        }
    }
    missing.extend(gatherer.failures.iter().cloned());
    missing.dedup();
    Ok(octets)
}

/// The file with the states of every chain of every signature and token in its store.
fn stored(octets: Vec<u8>, means: &Means<'_>, gatherer: &mut Gatherer<'_>) -> Result<Vec<u8>, PadesError> {
    let file = PdfFile::read(&octets).map_err(|e| PadesError::Broken { why: e.to_string() })?;
    let last = file.last();
    let mut pool: Vec<Certificate> = means.anchors.certificates().to_vec();
    means.authorities.iter().for_each(|a| pool.extend(a.anchors().certificates().iter().cloned()));
    let store = dss::Store::read(&file, last);
    pool.extend(store.certificates.iter().cloned());
    let states_at_hand = Pool { certificates: pool.clone(), crls: store.crls.clone(), answers: store.answers.clone() };
    let mut gathered = Vec::new();
    for field in fields::list(&file, last).0 {
        let Some(value) = field.value.and_then(|number| fields::value(&file, number, last)) else { continue };
        let Some(der) = fields::der(&value.contents) else { continue };
        // A signature of which the store says something already, and enough, is left alone.
        let key = dss::key(&value.contents);
        let stamp = value.dict.is("SubFilter", "ETSI.RFC3161");
        if (stamp || store.named.contains(&key)) && is_known(der, &states_at_hand, means.clock.now()) {
            continue;
        }
        let mut had = Gathered::default();
        states(der, &pool, gatherer, &mut had);
        if !had.revocation.is_empty() {
            gathered.push((key, had));
        }
    }
    let more = dss::add(&file, &gathered, &identifier(means)?)?;
    Ok(more.unwrap_or(octets))
}

/// Whether the states of the chain of a SignedData, and of that of the token it bears, are at hand already: for the time
/// of the token, which they are judged at.
fn is_known(der: &[u8], at_hand: &Pool, now: Instant) -> bool {
    let Ok(parsed) = cms::parse(der) else { return false };
    let token = parsed.signer.unsigned.iter().flat_map(|attribute| &attribute.values).next();
    let time = match (parsed.content, token) {
        (Some(content), _) => TstInfo::parse(content).map(|info| info.gen_time).ok(),
        (None, Some(token)) => {
            cms::parse(token.whole).ok().and_then(|token| TstInfo::parse(token.content?).map(|info| info.gen_time).ok())
        }
        _ => None,
    };
    let mut certificate = parsed.signer_certificate().cloned();
    let mut pool = at_hand.clone();
    pool.certificates.extend(parsed.certificates.iter().cloned());
    for _ in 0..8 {
        let Some(one) = certificate else { return false };
        if one.is_self_issued() {
            return token.is_none_or(|token| parsed.content.is_some() || is_known(token.whole, at_hand, now));
        }
        let Some(issuer) = pool.certificates.iter().find(|issuer| one.is_signed_by(issuer)).cloned() else {
            return false;
        };
        if matches!(pool.status(&one, &issuer, time.unwrap_or(now)), Status::Missing(_)) {
            return false;
        }
        certificate = Some(issuer);
    }
    false
}

/// The states of the chain of a SignedData, and of that of the token it bears.
fn states(der: &[u8], pool: &[Certificate], gatherer: &mut Gatherer<'_>, had: &mut Gathered) {
    let Ok(parsed) = cms::parse(der) else { return };
    let near: Vec<Certificate> = parsed.certificates.iter().chain(pool).cloned().collect();
    if let Some(leaf) = parsed.signer_certificate() {
        // Of an authority one state is enough, the same for every token of hers.
        let wanted = if parsed.content.is_some() { Wanted::CrlFirst } else { Wanted::Both };
        gatherer.chain(leaf, &near, wanted, had);
    }
    for token in parsed.signer.unsigned.iter().flat_map(|attribute| &attribute.values) {
        if parsed.content.is_none() {
            states(token.whole, pool, gatherer, had);
        }
    }
}

/// The revision with a document timestamp over everything; `None` when no authority answers.
fn document_stamp(
    file: &PdfFile<'_>,
    means: &Means<'_>,
    missing: &mut Vec<String>,
) -> Result<Option<Vec<u8>>, PadesError> {
    let (present, _) = fields::list(file, file.last());
    let name = (1..).map(|n| format!("horodatage{n}")).find(|name| present.iter().all(|f| f.name != *name));
    let mut value = Dict::default();
    value.set("Type", Object::name("DocTimeStamp"));
    value.set("Filter", Object::name("Adobe.PPKLite"));
    value.set("SubFilter", Object::name("ETSI.RFC3161"));
    let plan = FieldPlan {
        name: name.unwrap_or_default(),
        tooltip: "Horodatage électronique du document".into(),
        value,
        room: ROOM,
        place: None,
        look: None,
        reserve: &[],
        certify: None,
    };
    let prepared: Prepared = prepare(file, &plan, &identifier(means)?)?;
    match stamp(&prepared.covered(), means, missing) {
        Some(token) => prepared.filled(&token).map(Some),
        None => Ok(None),
    }
}

fn identifier(means: &Means<'_>) -> Result<[u8; 16], PadesError> {
    let mut id = [0; 16];
    means.random.fill(&mut id).map_err(|why| SealError::Sign { why })?;
    Ok(id)
}

/// The result, once our own verification finds nothing wrong in it, and finds the signature.
fn concluded(
    octets: Vec<u8>,
    chain: &[Certificate],
    field: &str,
    means: &Means<'_>,
    missing: Vec<String>,
) -> Result<SignedPdf, PadesError> {
    let own = TrustAnchors::of(chain.last().cloned().into_iter().collect());
    let anchors = means.authorities.iter().fold(means.anchors.clone().with(&own), |all, a| all.with(a.anchors()));
    let report = verify(&octets, &anchors, means.clock.now());
    let level = report.signatures.iter().find(|s| s.field == field).map(|s| s.level);
    match level {
        Some(level) if !report.has_failed() => Ok(SignedPdf { octets, report, level, missing }),
        _ => Err(PadesError::SelfCheck { findings: report.findings }),
    }
}
