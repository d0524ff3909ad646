//! Time first, from the last document timestamp back; then each signature at the best time that is proven, with the state
//! of every certificate then (ETSI EN 319 102-1, 5.6).
use dossier::{Instant, Level};

use super::state::{check_strength, pairs, revoked, state, tell_gap, token_stands};
use super::value::{Held, Signed, What};
use crate::lists::{self, Judged, Outcome, Qscd, Usage};
use crate::pades::dss::Store;
use crate::pades::pdf::PdfFile;
use crate::pades::report::{CertificateState, DocumentStamp, PathRefusal, SignatureFacts, Sink};
use crate::revocation::{Pool, Status};
use crate::tsp::{TokenFacts, check_token_with};
use crate::x509::{Certificate, PathFault, Purpose, validate};
use crate::{SealLevel, TimestampError, TimestampFacts, TrustAnchors, cms};

/// How far clocks may disagree.
pub(super) const TOLERANCE_MS: i64 = 5 * 60_000;

/// A token that is right in itself, of a signature or over the document.
struct Token {
    entry: String,
    /// Of which signature; `None`: over the document.
    of: Option<usize>,
    revision: usize,
    covers: usize,
    facts: TokenFacts,
    counts: bool,
    known: bool,
}

/// What everything is judged with.
struct Judge<'a> {
    anchors: &'a TrustAnchors,
    at: Instant,
    pool: Pool,
    /// Certificates of the store, to build paths from.
    more: Vec<Certificate>,
}

/// Judges every signature and every timestamp.
pub(super) fn judge(
    file: &PdfFile<'_>,
    signed: &[Signed],
    store: &Store,
    anchors: &TrustAnchors,
    at: Instant,
    sink: &mut Sink,
) -> (Vec<SignatureFacts>, Vec<DocumentStamp>) {
    let mut pool =
        Pool { certificates: store.certificates.clone(), crls: store.crls.clone(), answers: store.answers.clone() };
    pool.certificates.extend(anchors.certificates().iter().cloned());
    let mut judge = Judge { anchors, at, pool, more: store.certificates.clone() };
    let mut tokens = judge.tokens(signed, sink);
    for held in signed.iter().filter_map(Signed::held) {
        judge.pool.add(&held.revocation, &held.carried);
    }
    for token in &tokens {
        judge.pool.add(&token.facts.revocation, &token.facts.certificates);
    }
    judge.count(&mut tokens, sink);
    let last = signed.last().map(|last| last.revision);
    let mut signatures = Vec::new();
    for (index, one) in signed.iter().enumerate().filter(|(_, one)| !matches!(one.what, What::Stamp(_))) {
        let mut facts = declared(file, one);
        if let What::Signature(held) = &one.what {
            judge.signature(index, one, held, &tokens, &mut facts, sink);
        }
        facts.covers_whole = one.covers == file.octets.len();
        if !facts.covers_whole && last == Some(one.revision) {
            let what = "Ce qui suit la dernière signature n'est couvert par rien ; ce qui a été ajouté est dit à part.";
            sink.add("pv.sig.not_whole", Level::Info, what, &one.field);
        }
        signatures.push(facts);
    }
    let stamps = tokens.iter().filter(|token| token.of.is_none() && token.counts).map(|token| DocumentStamp {
        revision: token.revision,
        covers: token.covers as u64,
        facts: told(token),
    });
    (signatures, stamps.collect())
}

impl Signed {
    fn held(&self) -> Option<&Held> {
        if let What::Signature(held) = &self.what { Some(held) } else { None }
    }
}

/// What a signature says of itself.
fn declared(file: &PdfFile<'_>, one: &Signed) -> SignatureFacts {
    let text = |key| file.value(&one.dict, key, file.last()).and_then(|value| value.text());
    SignatureFacts {
        field: one.field.clone(),
        signer: None,
        certificate_sha256: None,
        holds: false,
        level: SealLevel::BasicSignature,
        claimed: one.claimed,
        proven: None,
        certificate: CertificateState::NotEstablished,
        path_refusal: None,
        revision: one.revision,
        covers: one.covers as u64,
        covers_whole: false,
        certification: None,
        name: text("Name"),
        reason: text("Reason"),
        location: text("Location"),
        timestamps: Vec::new(),
        qc_statements: None,
        qualification: None,
    }
}

fn told(token: &Token) -> TimestampFacts {
    TimestampFacts {
        entry: token.entry.clone(),
        authority: token.facts.authority.clone(),
        gen_time: token.facts.gen_time,
        serial: token.facts.serial.clone(),
        policy: token.facts.policy.clone(),
        accuracy_us: token.facts.accuracy_us,
        valid_to: token.facts.valid_to,
    }
}

impl Judge<'_> {
    /// Every token that is right in itself and leads to an anchor.
    fn tokens(&self, signed: &[Signed], sink: &mut Sink) -> Vec<Token> {
        let mut found = Vec::new();
        for (index, one) in signed.iter().enumerate() {
            let (token, data, of, near) = match &one.what {
                What::Stamp(token) => (token, &one.octets, None, self.more.clone()),
                What::Signature(held) => {
                    let Some(token) = &held.token else { continue };
                    let near = self.more.iter().chain(&held.carried).cloned().collect();
                    (token, &held.signature, Some(index), near)
                }
                What::Wrong => continue,
            };
            let entry = one.field.clone();
            match check_token_with(token, data, self.anchors, &near) {
                Ok(facts) => {
                    let (revision, covers) = (one.revision, one.covers);
                    found.push(Token { entry, of, revision, covers, facts, counts: false, known: false });
                }
                Err(TimestampError::Chain { why }) => {
                    let what =
                        "Un horodatage ne mène à aucune racine de confiance fournie : son heure n'est pas établie.";
                    sink.add("pv.sig.time_no_chain", Level::Indeterminate, what, format!("{entry} : {why}"));
                }
                Err(TimestampError::Imprint { expected, found }) if of.is_none() => {
                    let what = "Le document a été modifié : son empreinte n'est pas celle qui a été horodatée.";
                    sink.fail("pv.sig.digest", what, format!("{entry} : attendue {expected}, trouvée {found}"));
                }
                Err(error) => {
                    let what = "Un horodatage est faux.";
                    sink.fail("pv.sig.time_false", what, format!("{entry} : {error} [{}]", error.code()));
                }
            }
        }
        found
    }

    /// Which tokens count, from the last back: a later document timestamp that counts proves the older ones.
    fn count(&self, tokens: &mut [Token], sink: &mut Sink) {
        tokens.sort_by_key(|token| (token.revision, token.of.is_none()));
        let mut shield: Option<(usize, Instant)> = None;
        for token in tokens.iter_mut().rev() {
            let covered = shield.filter(|(revision, _)| *revision > token.revision).map(|(_, time)| time);
            self.token(token, covered, sink);
            if token.counts && token.of.is_none() {
                shield = Some((token.revision, token.facts.gen_time));
            }
        }
    }

    fn token(&self, token: &mut Token, shield: Option<Instant>, sink: &mut Sink) {
        let (facts, entry) = (&token.facts, &token.entry);
        let (mut counts, mut known) = (true, true);
        for (certificate, issuer) in pairs(&facts.path) {
            let status = self.pool.status(certificate, issuer, facts.gen_time);
            known &= tell_gap(certificate, &status, entry, sink);
            if let Status::Revoked(revocation) = status {
                counts &= token_stands(entry, facts.gen_time, shield, certificate, &revocation, sink);
            }
        }
        if facts.valid_to < self.at && shield.is_none() {
            let what = "Le certificat d'une autorité d'horodatage a expiré, et rien ne prolonge son jeton : son heure n'est plus \
                        établie.";
            sink.add("pv.sig.time_expired", Level::Indeterminate, what, format!("{entry} : {}", facts.valid_to));
        }
        check_strength(&facts.path, facts.algorithm, shield.unwrap_or(self.at), Level::Indeterminate, entry, sink);
        token.counts = counts;
        token.known = known;
    }

    fn signature(
        &self,
        index: usize,
        one: &Signed,
        held: &Held,
        tokens: &[Token],
        facts: &mut SignatureFacts,
        sink: &mut Sink,
    ) {
        let leaf = &held.checked.certificate;
        facts.holds = true;
        facts.signer = Some(leaf.subject_text());
        facts.certificate_sha256 = Some(leaf.sha256());
        facts.qc_statements = leaf.extensions.qc.as_ref().and_then(|read| read.as_ref().ok()).cloned();
        let own: Vec<&Token> = tokens.iter().filter(|token| token.of == Some(index) && token.counts).collect();
        let over = |token: &&Token| token.of.is_none() && token.counts && token.revision > one.revision;
        let archived: Vec<&Token> = tokens.iter().filter(over).collect();
        let best = own.iter().chain(&archived).map(|token| token.facts.gen_time).min();
        facts.proven = best;
        facts.timestamps = own.iter().map(|token| told(token)).collect();
        self.order(one, best, sink);
        if best.is_none() {
            let what = "Une signature ne porte aucun horodatage qui compte : son heure n'est pas établie.";
            sink.add("pv.sig.time_absent", Level::Indeterminate, what, &one.field);
        }
        let path = self.path(one, held, best, sink).map_err(|refusal| facts.path_refusal = Some(refusal)).ok();
        let mut known =
            !own.is_empty() && own.iter().all(|token| token.known) || own.is_empty() && !archived.is_empty();
        if let Some(path) = &path {
            facts.certificate = CertificateState::Good;
            for (at, (certificate, issuer)) in pairs(path).enumerate() {
                let status = self.pool.status(certificate, issuer, best.unwrap_or(self.at));
                known &= tell_gap(certificate, &status, &one.field, sink);
                if at == 0 {
                    facts.certificate = state(&status);
                }
                if let Status::Revoked(revocation) = status {
                    revoked(one, best, certificate, &revocation, sink);
                    facts.certificate = CertificateState::Revoked;
                }
            }
            check_strength(path, held.algorithm, best.unwrap_or(self.at), Level::Fail, &one.field, sink);
        }
        facts.level = match (best, known && path.is_some(), archived.is_empty()) {
            (None, ..) => SealLevel::BasicSignature,
            (Some(_), false, _) => SealLevel::Timestamped,
            (Some(_), true, true) => SealLevel::LongTerm,
            (Some(_), true, false) => SealLevel::Archived,
        };
        let what = "Niveau atteint par une signature (ETSI EN 319 142-1).";
        sink.add("pv.sig.level", Level::Info, what, format!("{} : PAdES {}", one.field, facts.level.as_str()));
        facts.qualification = self.qualified(one, leaf, &held.carried, best, sink);
    }

    /// The time the signer declares against what is proven.
    fn order(&self, one: &Signed, best: Option<Instant>, sink: &mut Sink) {
        let Some(claimed) = one.claimed else { return };
        let after = |limit: Instant| claimed.as_millisecond() > limit.as_millisecond() + TOLERANCE_MS;
        if best.is_some_and(after) {
            let what = "L'heure que dit la signature est postérieure à son horodatage.";
            sink.fail("pv.sig.time_order", what, format!("{} : {claimed}", one.field));
        } else if after(self.at) {
            let what = "La signature se dit postérieure au moment du contrôle.";
            sink.add("pv.sig.time_order", Level::Indeterminate, what, format!("{} : {claimed}", one.field));
        }
    }

    fn path(
        &self,
        one: &Signed,
        held: &Held,
        best: Option<Instant>,
        sink: &mut Sink,
    ) -> Result<Vec<Certificate>, PathRefusal> {
        let leaf = &held.checked.certificate;
        let near: Vec<Certificate> = held.carried.iter().chain(&self.more).cloned().collect();
        match validate(leaf, &near, self.anchors, best.unwrap_or(self.at), Purpose::Seal) {
            Ok(path) => {
                if let Some(stray) = cms::unexplained(&held.carried, &path, self.anchors.certificates()) {
                    let what = "La signature porte un certificat que rien n'explique.";
                    sink.fail("pv.sig.certificate", what, format!("{} : {}", one.field, stray.subject_text()));
                }
                Ok(path)
            }
            Err(PathFault::NoChain { subject }) => {
                let what =
                    "Le certificat du signataire ne mène à aucune racine de confiance fournie : il n'est pas établi.";
                sink.add("pv.sig.no_chain", Level::Indeterminate, what, format!("{} : {subject}", one.field));
                Err(PathRefusal::NoChain)
            }
            Err(PathFault::Broken { why }) => {
                let what = "Le certificat du signataire, ou sa chaîne, ne permet pas de signer.";
                sink.fail("pv.sig.chain", what, format!("{} : {why}", one.field));
                Err(PathRefusal::Broken)
            }
            Err(PathFault::OutOfDate { subject, from, to }) => {
                let level = if best.is_some() { Level::Fail } else { Level::Indeterminate };
                let what = "Un certificat de la chaîne du signataire n'était pas valable à l'heure retenue.";
                sink.add("pv.sig.out_of_date", level, what, format!("{} : {subject}, du {from} au {to}", one.field));
                Err(PathRefusal::OutOfDate)
            }
        }
    }

    /// What the reader's lists say of the signer; nothing is ever assumed.
    fn qualified(
        &self,
        one: &Signed,
        leaf: &Certificate,
        carried: &[Certificate],
        best: Option<Instant>,
        sink: &mut Sink,
    ) -> Option<Judged> {
        let Some(known) = self.anchors.lists() else {
            let what =
                "La qualification de la signature n'est pas établie : aucune liste de confiance n'a été fournie.";
            sink.add("pv.sig.not_judged", Level::Info, what, &one.field);
            return None;
        };
        let pool: Vec<Certificate> =
            carried.iter().chain(&self.more).chain(self.anchors.certificates()).cloned().collect();
        let judged = lists::judge_signer(known, leaf, &pool, best.unwrap_or(self.at), self.at);
        let signs = judged.usage == Some(Usage::Signatures) && judged.qscd == Some(Qscd::Yes);
        let (code, level) = match judged.outcome {
            Outcome::Qualified if signs => ("pv.sig.qualified", Level::Info),
            _ => ("pv.sig.not_qualified", Level::Warn),
        };
        let what = "Qualification du certificat du signataire, d'après les listes de confiance.";
        sink.add(code, level, what, format!("{} : {} ({})", one.field, judged.sentence(), judged.source()));
        Some(judged)
    }
}
