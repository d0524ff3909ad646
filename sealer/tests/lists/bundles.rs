//! What trusted lists say of the signer and the authorities of a bundle.
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fixtures::lists::{ListKey, ListSigner, MadeList, MadeService, qualification, usage};
use fixtures::{Manners, SealKind};
use sealer::lists::{KnownServices, Outcome, Qscd, Usage, import};
use sealer::{TimestampAuthority, TrustAnchors, Verdict, Verification, verify};

use crate::sample::*;

/// A bundle sealed with the qualified test certificate, stamped by both authorities.
struct Sealed {
    work: tempfile::TempDir,
    _dir: tempfile::TempDir,
    etude: Etude,
    bundle: PathBuf,
    issuing: PathBuf,
    unit: PathBuf,
    second_root: PathBuf,
    signer: ListSigner,
}

fn sealed(kind: Option<SealKind>) -> Sealed {
    let (dir, pki) = pki();
    let (one, two) = (tsa(&pki, Manners::Good, "une"), tsa(&pki, Manners::Second, "deux"));
    let credential = kind.map_or_else(|| pki.signer(), |kind| pki.seal(kind).unwrap());
    let etude = etude_of(&pki, &credential);
    let work = tempfile::tempdir().unwrap();
    let bundle = work.path().join("2026-0142.asice");
    let authorities: [&dyn TimestampAuthority; 2] = [&one.client, &two.client];
    let folder = tempfile::tempdir().unwrap();
    etude.seal(&closed(folder.path()), &authorities, &bundle).unwrap_or_else(|e| panic!("{e}: {e:#?}"));
    let signer = ListSigner::create(work.path(), "nation", ListKey::P256).unwrap();
    let issuing = pki.signer().root.with_file_name("emettrice.pem");
    let (unit, second_root) = (pki.tsa(1).certificate, pki.tsa(2).root);
    Sealed { work, _dir: dir, etude, bundle, issuing, unit, second_root, signer }
}

impl Sealed {
    fn known(&self, services: Vec<MadeService>, change: impl FnOnce(&mut MadeList)) -> Arc<KnownServices> {
        let mut list = MadeList { services, ..MadeList::new("XA", 56) };
        change(&mut list);
        let octets = list.signed(&self.signer).unwrap();
        let folder = tempfile::tempdir_in(self.work.path()).unwrap();
        let pem = std::fs::read(&self.signer.certificate).unwrap();
        let made = import(&[("liste".into(), octets)], &pem, &folder.path().join("c"), false, self.etude.clock.now());
        Arc::new(KnownServices::of(made.unwrap_or_else(|e| panic!("{e}")).snapshot))
    }

    fn judge(&self, services: Vec<MadeService>) -> Verification {
        let anchors = self.etude.anchors.clone().with_lists(self.known(services, |_| {}));
        verify(&self.bundle, &anchors, self.etude.clock.now())
    }

    /// The answer for the signer, under one CA/QC service with these extensions.
    fn signer(&self, extensions: &str) -> (Outcome, Option<Usage>, Option<Qscd>, String) {
        let checked = self.judge(vec![MadeService::new("CA/QC", &self.issuing, "granted", extensions)]);
        let signer = checked.facts.qualification.unwrap().signer.unwrap();
        (signer.outcome, signer.usage, signer.qscd, signer.why.unwrap_or_default())
    }
}

fn granted(kind: &str, certificate: &Path) -> MadeService {
    let extensions = if kind == "CA/QC" { usage("ForeSeals") } else { String::new() };
    MadeService::new(kind, certificate, "granted", &extensions)
}

#[test]
fn signer_and_authorities_are_told_and_the_verdict_stays() {
    let place = sealed(Some(SealKind::Qualified));
    let without = verify(&place.bundle, &place.etude.anchors, place.etude.clock.now());
    assert_eq!(without.verdict, Verdict::Pass, "{:#?}", without.findings);
    assert!(without.facts.qualification.is_none());
    let said = without.facts.qc_statements.unwrap();
    assert!(said.compliance && said.device && said.types == ["eseal"]);

    let services = vec![
        granted("CA/QC", &place.issuing),
        granted("TSA/QTST", &place.unit),
        granted("TSA/QTST", &place.second_root).then("withdrawn", "2026-02-01T00:00:00Z"),
    ];
    let checked = place.judge(services);
    assert_eq!(checked.verdict, Verdict::Pass, "{:#?}", checked.findings);
    let told = checked.facts.qualification.unwrap();
    let signer = told.signer.unwrap();
    assert_eq!((signer.outcome, signer.usage, signer.qscd), (Outcome::Qualified, Some(Usage::Seals), Some(Qscd::Yes)));
    let service = signer.service.unwrap();
    assert_eq!((service.territory.as_str(), service.sequence, service.late), ("XA", 56, false));
    let outcomes: Vec<_> = told.authorities.iter().map(|one| one.judged.outcome).collect();
    assert_eq!(outcomes, [Outcome::Qualified, Outcome::Withdrawn]);
    let found = codes(&checked.findings);
    assert_eq!(found.iter().filter(|code| **code == "trust.qualified").count(), 2, "{found:?}");
    assert!(found.contains(&"trust.withdrawn"), "{found:?}");
}

#[test]
fn who_is_in_no_list_or_in_a_late_one_is_told_so() {
    let place = sealed(None);
    let checked = place.judge(Vec::new());
    assert_eq!(checked.verdict, Verdict::Pass);
    let found = codes(&checked.findings);
    assert_eq!(found.iter().filter(|code| **code == "trust.not_listed").count(), 3, "{found:?}");
    let known = place.known(vec![granted("CA/QC", &place.issuing)], |list| {
        list.next_update = "2026-07-01T00:00:00Z".into();
    });
    let anchors = place.etude.anchors.clone().with_lists(known);
    let checked = verify(&place.bundle, &anchors, place.etude.clock.now());
    assert_eq!(checked.verdict, Verdict::Pass);
    assert!(codes(&checked.findings).contains(&"trust.list_late"));
    // The seal of this test says nothing of its qualification, nor does the list.
    let signer = checked.facts.qualification.unwrap().signer.unwrap();
    assert_eq!(signer.outcome, Outcome::NotQualified);
    assert!(signer.service.unwrap().late);
}

#[test]
fn statuses_count_at_the_time_of_the_seal_and_of_the_issue() {
    let place = sealed(Some(SealKind::Qualified));
    let outcome = |service: MadeService| {
        let checked = place.judge(vec![service]);
        let signer = checked.facts.qualification.unwrap().signer.unwrap();
        (signer.outcome, signer.why.unwrap_or_default())
    };
    let base = || granted("CA/QC", &place.issuing);
    assert_eq!(outcome(base().then("withdrawn", "2026-03-01T00:00:00Z")).0, Outcome::Withdrawn);
    // Withdrawn only after the seal.
    assert_eq!(outcome(base().then("withdrawn", "2034-03-01T00:00:00Z")).0, Outcome::Qualified);
    // Granted again; but not when the certificate was issued, on 1 January 2024.
    let again = base().then("withdrawn", "2023-06-01T00:00:00Z").then("granted", "2025-01-01T00:00:00Z");
    let (found, why) = outcome(again);
    assert!(found == Outcome::NotQualified && why.contains("quand il a délivré"), "{found:?} {why}");
    let (found, why) = outcome(MadeService {
        periods: vec![("granted".into(), "2033-01-01T00:00:00Z".into(), usage("ForeSeals"))],
        ..base()
    });
    assert!(found == Outcome::NotQualified && why.contains("pas encore"), "{found:?} {why}");
    // The words of before the regulation count for nothing after it.
    let old = MadeService::new("CA/QC", &place.issuing, "undersupervision", &usage("ForeSeals"));
    assert_eq!(outcome(old).0, Outcome::NotQualified);
    let national = MadeService::new("CA/QC", &place.issuing, "recognisedatnationallevel", &usage("ForeSeals"));
    assert_eq!(outcome(national).0, Outcome::NotQualified);
    let other_kind = MadeService::new("CA/PKC", &place.issuing, "granted", "");
    assert_eq!(outcome(other_kind).0, Outcome::NotQualified);
}

#[test]
fn two_entries_for_one_key_agree_or_nothing_is_told() {
    let place = sealed(Some(SealKind::Qualified));
    let outcome =
        |services: Vec<MadeService>| place.judge(services).facts.qualification.unwrap().signer.unwrap().outcome;
    let seals = || granted("CA/QC", &place.issuing);
    let withdrawn = || seals().then("withdrawn", "2026-03-01T00:00:00Z");
    let signatures = MadeService::new("CA/QC", &place.issuing, "withdrawn", &usage("ForeSignatures"));
    assert_eq!(outcome(vec![seals(), seals()]), Outcome::Qualified);
    assert_eq!(outcome(vec![seals(), withdrawn()]), Outcome::Undetermined);
    assert_eq!(outcome(vec![signatures, seals()]), Outcome::Qualified, "the entry for another use gives way");
}

#[test]
fn qualifiers_and_criteria() {
    let place = sealed(Some(SealKind::Qualified));
    let bit = |name: &str, value: bool| {
        format!("<sie:KeyUsage><sie:KeyUsageBit name=\"{name}\">{value}</sie:KeyUsageBit></sie:KeyUsage>")
    };
    let policy = |id: &str| {
        format!(
            "<sie:PolicySet><sie:PolicyIdentifier><Identifier>urn:oid:{id}</Identifier></sie:PolicyIdentifier></sie:PolicySet>"
        )
    };
    let ours = policy("1.3.6.1.4.1.32473.1.1");
    let seals = usage("ForeSeals");
    let with = |qualifier: &str, assertion: &str, criteria: &str| {
        let (outcome, _, qscd, why) =
            place.signer(&format!("{seals}{}", qualification(qualifier, assertion, criteria)));
        (outcome, qscd, why)
    };
    assert_eq!(with("NotQualified", "all", &ours).0, Outcome::NotQualified);
    assert_eq!(with("NotQualified", "none", &ours).0, Outcome::Qualified);
    assert_eq!(with("NotQualified", "all", &policy("1.2.3")).0, Outcome::Qualified);
    assert_eq!(with("NotQualified", "atLeastOne", &format!("{}{ours}", policy("1.2.3"))).0, Outcome::NotQualified);
    assert_eq!(with("QCNoQSCD", "all", &bit("nonRepudiation", true)).1, Some(Qscd::No));
    assert_eq!(with("QCNoQSCD", "all", &bit("nonRepudiation", false)).1, Some(Qscd::Yes));
    assert_eq!(with("QCNoQSCD", "all", &bit("digitalSignature", false)).1, Some(Qscd::No));
    assert_eq!(with("QCQSCDStatusAsInCert", "all", &ours).1, Some(Qscd::Yes));
    // For signatures by the list, though the certificate says seals: the service is for seals only.
    assert_eq!(with("QCForESig", "all", &ours).0, Outcome::NotQualified);
    assert_eq!(with("QCForESeal", "all", &ours).0, Outcome::Qualified);
    // An identifier that is none, as published lists hold some: the list is read, this criterion is not judged.
    assert_eq!(with("NotQualified", "all", &policy("1.3.6.")).0, Outcome::Undetermined);
    // A criterion or a qualifier nobody knows leaves open only what depends on it.
    let unknown = "<sie:otherCriteriaList><vide:x/></sie:otherCriteriaList>";
    assert_eq!(with("NotQualified", "all", unknown).0, Outcome::Undetermined);
    assert_eq!(with("NotQualified", "all", &format!("{unknown}{}", policy("1.2.3"))).0, Outcome::Qualified);
    assert_eq!(with("QCNoQSCD", "all", unknown).1, Some(Qscd::Unknown));
    assert_eq!(with("Inconnu", "all", &ours).0, Outcome::Undetermined);
    let critical = "<Extension Critical=\"true\"><vide:x/></Extension>";
    assert_eq!(place.signer(&format!("{seals}{critical}")).0, Outcome::Undetermined);
    let nested = format!("<sie:CriteriaList assert=\"atLeastOne\">{}{ours}</sie:CriteriaList>", policy("1.2.3"));
    assert_eq!(with("NotQualified", "all", &nested).0, Outcome::NotQualified);
    assert_eq!(place.signer(&usage("ForeSignatures")).0, Outcome::NotQualified);
    assert_eq!(place.signer("").0, Outcome::Undetermined);
}

#[test]
fn a_list_qualifies_a_certificate_that_says_nothing() {
    let place = sealed(None);
    let policy = "<sie:PolicySet><sie:PolicyIdentifier><Identifier>1.3.6.1.4.1.32473.1.1</Identifier></sie:PolicyIdentifier></sie:PolicySet>";
    let two = format!("{}{}", qualification("QCStatement", "all", policy), qualification("QCForESeal", "all", policy));
    let (outcome, use_, qscd, why) = place.signer(&format!("{}{two}", usage("ForeSeals")));
    assert_eq!((outcome, use_, qscd), (Outcome::Qualified, Some(Usage::Seals), Some(Qscd::No)), "{why}");
}

#[test]
fn a_list_is_an_anchor_only_on_demand() {
    let place = sealed(Some(SealKind::Qualified));
    let services = || {
        let units = [granted("TSA/QTST", &place.unit), granted("TSA/QTST", &place.second_root)];
        [granted("CA/QC", &place.issuing)].into_iter().chain(units).collect::<Vec<_>>()
    };
    let none = TrustAnchors::none().with_lists(place.known(services(), |_| {}));
    let checked = verify(&place.bundle, &none, place.etude.clock.now());
    assert_eq!(checked.verdict, Verdict::Indeterminate);
    // Who is qualified is told all the same, from what the bundle carries.
    assert_eq!(checked.facts.qualification.unwrap().signer.unwrap().outcome, Outcome::Qualified);
    let asked = none.with_services_as_anchors();
    assert_eq!(asked.len(), 3);
    let checked = verify(&place.bundle, &asked, place.etude.clock.now());
    assert!(!codes(&checked.findings).contains(&"trust.no_chain"), "{:#?}", checked.findings);
    assert!(checked.facts.level.is_some());
}
