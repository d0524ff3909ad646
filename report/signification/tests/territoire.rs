//! Territory (G01, G04, G05): who may serve where, and the directory that says who there is.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

#[path = "support/offices.rs"]
mod offices;
#[path = "support/pki.rs"]
mod pki;

use std::sync::LazyLock;

use dossier::Sha256Digest;
use jiff::civil::{Date, date};
use offices::{bornes, code, office, office_id, publish, releve, signer, trust_each_other};
use pki::OpensslSealer;
use proptest::prelude::*;
use signification::EvidenceSealer;
use signification::territoire::commune::toutes;
use signification::territoire::cour::cours;
use signification::territoire::{
    Annuaire, Bornes, Canal, CodeInsee, Competence, Office, Verdict, chercher, competence, ressort,
};

const PARIS: &str = "75056";
const LYON: &str = "69123";
const ROUEN: &str = "76540";
const RENNES: &str = "35238";
const TODAY: Date = date(2026, 11, 23);

fn at(siege: &str, annexes: &[&str]) -> Office {
    office(11_111_111, siege, annexes, Sha256Digest::of(b"certificat"))
}

fn judge(office: &Office, canal: Canal, communes: &[&str], day: Date) -> Competence {
    let communes: Vec<CodeInsee> = communes.iter().map(|c| code(c)).collect();
    competence(office, canal, &communes, day, None).unwrap()
}

/// A directory of four offices, in Paris, Lyon, Rouen and Rennes.
fn directory() -> Annuaire {
    let pki = OpensslSealer::new();
    trust_each_other(&[&pki]);
    let of = |n: u32, siege| office(n, siege, &[], Sha256Digest::of(siege.as_bytes()));
    let list = vec![of(10_000_001, PARIS), of(10_000_002, LYON), of(10_000_003, ROUEN), of(10_000_004, RENNES)];
    let releve = releve(1, "2026-11-20T08:00:00Z", list);
    publish(&releve, &pki, &pki, &bornes("2026-11-23T08:00:00Z".parse().unwrap())).unwrap().0
}

#[test]
fn g01_an_office_outside_the_ressort_is_incompetent_and_others_are_proposed() {
    let annuaire = directory();
    let paris = annuaire.office(office_id(10_000_001)).unwrap();
    let answer = competence(paris, Canal::Papier, &[code(LYON)], TODAY, Some(&annuaire)).unwrap();
    assert_eq!(answer.verdict, Verdict::Incompetent);
    assert_eq!(answer.cours.iter().map(|c| c.as_str()).collect::<Vec<_>>(), ["lyon"]);
    assert_eq!(answer.proposes.len(), 1);
    assert_eq!(answer.proposes[0].office, office_id(10_000_002));
    assert!(answer.explication[0].starts_with("INCOMPETENT : "), "{:?}", answer.explication);
    assert!(answer.explication.iter().any(|s| s.contains("cour d'appel de Lyon")), "{:?}", answer.explication);
    assert!(answer.explication.iter().any(|s| s.contains("2021-1625")));
    assert!(answer.a_verifier.is_empty());
    // The ressort is the court's, not the commune's: Sens and Melun are Paris's.
    assert_eq!(judge(paris, Canal::Papier, &["89387", "77288"], TODAY).verdict, Verdict::Competent);
    assert_eq!(judge(paris, Canal::Papier, &["89387", LYON], TODAY).verdict, Verdict::Incompetent, "one is outside");
}

#[test]
fn g01_an_annex_counts_and_the_day_matters() {
    let annexed = at(PARIS, &[ROUEN]);
    assert_eq!(judge(&annexed, Canal::Papier, &[ROUEN, PARIS], TODAY).verdict, Verdict::Competent);
    let paris = at(PARIS, &[]);
    let melun = ["77288"];
    assert_eq!(judge(&paris, Canal::Papier, &melun, date(2017, 1, 1)).verdict, Verdict::Competent);
    let before = judge(&paris, Canal::Papier, &melun, date(2016, 12, 31));
    assert_eq!(before.verdict, Verdict::AVerifier, "a tribunal's ressort was smaller");
    assert!(before.a_verifier[0].contains("tribunal"));
    assert_eq!(judge(&paris, Canal::Papier, &[PARIS], date(2016, 12, 31)).verdict, Verdict::Competent);
    assert_eq!(judge(&paris, Canal::Papier, &[LYON], date(2016, 12, 31)).verdict, Verdict::Incompetent);
    let old = judge(&paris, Canal::Papier, &melun, date(2020, 5, 4));
    assert!(old.explication.iter().any(|s| s.contains("56-222")) && old.verdict == Verdict::Competent);
}

#[test]
fn g05_any_addressee_s_court_is_enough_electronically_and_a_fourth_fails() {
    let three = [PARIS, ROUEN, LYON];
    for siege in three {
        let answer = judge(&at(siege, &[]), Canal::Electronique, &three, TODAY);
        assert_eq!(answer.verdict, Verdict::Competent, "{siege}");
        let text = answer.explication.join(" ");
        assert!(text.contains("l'un des destinataires") && text.contains("numéro de l'article en vigueur à vérifier"));
        assert_eq!(judge(&at(siege, &[]), Canal::Papier, &three, TODAY).verdict, Verdict::Incompetent, "{siege}");
    }
    let annuaire = directory();
    let rennes = annuaire.office(office_id(10_000_004)).unwrap();
    let places: Vec<CodeInsee> = three.iter().map(|c| code(c)).collect();
    let answer = competence(rennes, Canal::Electronique, &places, TODAY, Some(&annuaire)).unwrap();
    assert_eq!(answer.verdict, Verdict::Incompetent);
    assert_eq!(answer.proposes.len(), 3, "an office for each of the three courts");
    // An annex is not a residence: it opens its own ressort only.
    let annexed = at(RENNES, &[PARIS]);
    assert_eq!(judge(&annexed, Canal::Electronique, &three, TODAY).verdict, Verdict::Incompetent);
    assert_eq!(judge(&annexed, Canal::Electronique, &[PARIS], TODAY).verdict, Verdict::Competent);
}

#[test]
fn what_is_not_known_is_not_answered() {
    let paris = at(PARIS, &[]);
    assert_eq!(judge(&paris, Canal::Papier, &["98901"], TODAY).verdict, Verdict::AVerifier, "Clipperton");
    assert_eq!(judge(&paris, Canal::Papier, &["98901", LYON], TODAY).verdict, Verdict::Incompetent);
    let airport = judge(&at("78646", &[]), Canal::Papier, &["95527"], TODAY);
    assert_eq!(airport.verdict, Verdict::Competent);
    assert!(airport.a_verifier[0].contains("Roissy"), "{:?}", airport.a_verifier);
    assert_eq!(judge(&paris, Canal::Papier, &["95527"], TODAY).verdict, Verdict::AVerifier, "the aerodrome is Paris's");
    assert_eq!(judge(&at(LYON, &[]), Canal::Papier, &["95527"], TODAY).verdict, Verdict::Incompetent);
    assert!(competence(&paris, Canal::Papier, &[], TODAY, None).is_err());
}

#[test]
fn g04_a_forged_directory_is_refused_and_an_old_one_warns() {
    let (chamber, forger) = (OpensslSealer::new(), OpensslSealer::new());
    trust_each_other(&[&chamber, &forger]);
    let list = vec![office(10_000_001, PARIS, &[], signer(&forger))];
    let releve = releve(7, "2026-10-01T08:00:00Z", list);
    let fresh = bornes("2026-10-20T08:00:00Z".parse().unwrap());
    let (annuaire, findings) = publish(&releve, &chamber, &chamber, &fresh).unwrap();
    assert!(findings.is_empty(), "{findings:?}");
    assert_eq!((annuaire.numero(), annuaire.offices().len()), (7, 1));
    assert_eq!(annuaire.par_commune(code(PARIS)).len(), 1);
    assert_eq!(annuaire.par_cour(ressort(code("77288")).cour.unwrap()).len(), 1);

    let (octets, open) = (releve.octets().unwrap(), signer(&chamber));
    let signature = chamber.seal(&octets).unwrap().signature;
    let refuse = |octets: &[u8], signature: &[u8], bornes| {
        let error = Annuaire::ouvrir(octets, signature, &open, &chamber, bornes).unwrap_err();
        error.code()
    };
    // Old: used, with a warning; of the future, or older than the last accepted: refused.
    let old = bornes("2026-11-23T08:00:00Z".parse().unwrap());
    let (_, findings) = Annuaire::ouvrir(&octets, &signature, &open, &chamber, &old).unwrap();
    assert_eq!(findings.iter().map(|f| f.code.as_str()).collect::<Vec<_>>(), ["annuaire.perime"]);
    let early = bornes("2026-09-30T08:00:00Z".parse().unwrap());
    assert_eq!(refuse(&octets, &signature, &early), "signification.directory");
    let rolled = Bornes { dernier_numero: Some(8), ..fresh };
    assert_eq!(refuse(&octets, &signature, &rolled), "signification.directory");
    // Forged: one byte changed; signed by somebody else whom the roots trust too; not signed.
    let changed = String::from_utf8(octets.clone()).unwrap().replace("essai.test", "escroc.tst").into_bytes();
    assert_eq!(refuse(&changed, &signature, &fresh), "signification.directory_forged");
    let other = forger.seal(&octets).unwrap().signature;
    assert_eq!(refuse(&octets, &other, &fresh), "signification.directory_forged");
    assert_eq!(refuse(&octets, b"", &fresh), "signification.directory_forged");
    // Signed, but not canonical, or at odds with the table of ressorts.
    let spaced = String::from_utf8(octets).unwrap().replacen("{", "{ ", 1).into_bytes();
    let signature = chamber.seal(&spaced).unwrap().signature;
    assert_eq!(refuse(&spaced, &signature, &fresh), "signification.directory");
    let mut wrong = releve.clone();
    wrong.offices[0].cour = "lyon".parse().unwrap();
    assert_eq!(wrong.octets().unwrap_err().code(), "signification.directory");
    let mut twice = releve;
    twice.offices.push(twice.offices[0].clone());
    assert_eq!(twice.octets().unwrap_err().code(), "signification.directory");
}

static CODES: LazyLock<Vec<CodeInsee>> = LazyLock::new(|| toutes().iter().map(|c| c.code).collect());

proptest! {
    #[test]
    fn g05_the_court_of_any_addressee_passes_and_any_other_fails(
        picks in proptest::collection::vec(any::<prop::sample::Index>(), 1..6), seat in any::<prop::sample::Index>()
    ) {
        let places: Vec<CodeInsee> = picks.iter().map(|i| CODES[i.index(CODES.len())]).collect();
        let courts: Vec<_> = places.iter().map(|c| ressort(*c).cour).collect();
        let seat = &cours()[seat.index(cours().len())];
        let office = at(&seat.siege.to_string(), &[]);
        let of = |canal| competence(&office, canal, &places, TODAY, None).unwrap().verdict;
        let inside = |c: &Option<_>| *c == Some(office.cour);
        prop_assert_eq!(of(Canal::Electronique) == Verdict::Competent, courts.iter().any(inside));
        prop_assert_eq!(of(Canal::Papier) == Verdict::Competent, courts.iter().all(inside));
        let sure = places.iter().map(|c| ressort(*c)).all(|r| r.cour.is_some() && r.reserves.is_empty());
        prop_assert!(!sure || of(Canal::Electronique) != Verdict::AVerifier);
        // The order of the addressees changes nothing.
        let mut turned = places.clone();
        turned.reverse();
        prop_assert_eq!(competence(&office, Canal::Electronique, &turned, TODAY, None).unwrap().verdict, of(Canal::Electronique));
    }

    #[test]
    fn any_commune_is_found_by_its_name_and_postal_code(pick in any::<prop::sample::Index>(), junk in ".{0,20}") {
        let commune = &toutes()[pick.index(toutes().len())];
        for nom in [commune.nom.to_owned(), commune.nom.to_uppercase(), commune.nom.replace('-', " ")] {
            prop_assert!(chercher(&nom, None).contains(&commune), "{}", nom);
            for postal in commune.codes_postaux() {
                prop_assert!(chercher(&nom, Some(postal)).contains(&commune), "{} {}", nom, postal);
            }
        }
        prop_assert!(chercher(&junk, None).len() < 1000);
    }
}
