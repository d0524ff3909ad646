//! The box, attacked: wrong means, flipped octets, wraps of another account or another place, an operator with the disk.
use super::super::essais::{Compteur, PEU};
use super::*;
use crate::SystemEntropy;
use proptest::prelude::*;

fn ident(n: u8) -> Id {
    Id::from_bytes([n; 16])
}

const MOT: Place = Place { identifiant: Id::from_bytes([1; 16]), rang: None };
const CLE: Place = Place { identifiant: Id::from_bytes([2; 16]), rang: None };
const CODE: Place = Place { identifiant: Id::from_bytes([3; 16]), rang: Some(4) };

struct Tout {
    coffret: Coffret,
    cle: SecretKey,
    mot: MotDePasse,
    prf: SortiePrf,
    code: CodeSecours,
    hacheur: Compteur,
}

fn tout(compte: Id) -> Tout {
    let (entropy, hacheur, cle) = (SystemEntropy::default(), Compteur::default(), SecretKey::generate());
    let mut coffret = Coffret::nouveau(compte, &cle);
    let (mot, prf) = (MotDePasse::saisi("agrafe cheval batterie"), SortiePrf::new([9; 32]));
    let code = CodeSecours::tirer(&entropy).unwrap();
    coffret.poser(MOT, Ouvreur::MotDePasse(&mot, PEU), &cle, &hacheur, &entropy).unwrap();
    coffret.poser(CLE, Ouvreur::Prf(&prf), &cle, &hacheur, &entropy).unwrap();
    coffret.poser(CODE, Ouvreur::Code(&code), &cle, &hacheur, &entropy).unwrap();
    Tout { coffret, cle, mot, prf, code, hacheur }
}

fn code_of(result: Result<SecretKey, SignificationError>) -> &'static str {
    result.unwrap_err().code()
}

#[test]
fn d01_each_of_his_means_opens_and_nothing_else_does() {
    let t = tout(ident(10));
    for (place, ouvreur) in
        [(MOT, Ouvreur::MotDePasse(&t.mot, PEU)), (CLE, Ouvreur::Prf(&t.prf)), (CODE, Ouvreur::Code(&t.code))]
    {
        assert_eq!(t.coffret.ouvrir(place, ouvreur, &t.hacheur).unwrap().public(), t.cle.public());
    }
    let wrong = MotDePasse::saisi("agrafe cheval batteries");
    let (prf, code) = (SortiePrf::new([8; 32]), CodeSecours::tirer(&SystemEntropy::default()).unwrap());
    for (place, ouvreur) in [
        (MOT, Ouvreur::MotDePasse(&wrong, PEU)),
        (CLE, Ouvreur::Prf(&prf)),
        (CODE, Ouvreur::Code(&code)),
        (MOT, Ouvreur::Prf(&t.prf)),
        (CLE, Ouvreur::MotDePasse(&t.mot, PEU)),
        (Place { rang: Some(5), ..CODE }, Ouvreur::Code(&t.code)),
        (Place { rang: None, ..CODE }, Ouvreur::Code(&t.code)),
    ] {
        assert_eq!(code_of(t.coffret.ouvrir(place, ouvreur, &t.hacheur)), "signification.coffret");
    }
    // What lies on the disk has nothing of the key nor of what opens it.
    let bytes = t.coffret.ecrire().unwrap();
    let text = String::from_utf8(bytes).unwrap();
    assert!(!text.contains("AGE-SECRET") && !text.contains("agrafe") && !text.contains(&*t.code.montrer()));
}

#[test]
fn d01_a_wrap_made_of_a_shared_derivation_opens_by_it_or_by_the_password_and_by_no_other() {
    let (t, entropy) = (tout(ident(10)), SystemEntropy::default());
    let mut box_ = t.coffret.clone();
    let derive = MotDerive::de(&t.mot, PEU, &t.hacheur, &entropy).unwrap();
    box_.poser(MOT, Ouvreur::Derive(&derive), &t.cle, &t.hacheur, &entropy).unwrap();
    let before = t.hacheur.faits();
    assert!(matches!(box_.par_mot(MOT, &t.mot, Some(&derive)), Ouvreur::Derive(_)));
    assert_eq!(box_.ouvrir(MOT, Ouvreur::Derive(&derive), &t.hacheur).unwrap().public(), t.cle.public());
    assert_eq!(t.hacheur.faits(), before, "nothing derived again");
    assert_eq!(box_.ouvrir(MOT, box_.par_mot(MOT, &t.mot, None), &t.hacheur).unwrap().public(), t.cle.public());
    let again = MotDerive::de(&t.mot, PEU, &t.hacheur, &entropy).unwrap();
    assert_eq!(code_of(box_.ouvrir(MOT, Ouvreur::Derive(&again), &t.hacheur)), "signification.coffret", "another salt");
    assert_eq!(
        code_of(t.coffret.ouvrir(MOT, Ouvreur::Derive(&derive), &t.hacheur)),
        "signification.coffret",
        "old wrap"
    );
    // The salt of the derivation is bound like the rest.
    let mut moved = box_.clone();
    let serrure = moved.serrures.iter_mut().find(|s| s.place == MOT).unwrap();
    serrure.sel_mot = None;
    assert_eq!(code_of(moved.ouvrir(MOT, Ouvreur::MotDePasse(&t.mot, PEU), &t.hacheur)), "signification.coffret");
    let bytes = box_.ecrire().unwrap();
    assert_eq!(Coffret::lire(&bytes).unwrap(), box_);
    assert!(
        Coffret::lire(&String::from_utf8(bytes).unwrap().replace("\"sel_mot\":\"", "\"sel_mot\":\"A").into_bytes())
            .is_err()
    );
}

#[test]
fn d01_a_wrap_of_another_account_or_place_is_refused() {
    let (one, two) = (tout(ident(10)), tout(ident(11)));
    // The same password, the other's wrap.
    let mut swapped = one.coffret.clone();
    swapped.serrures.clone_from(&two.coffret.serrures);
    assert_eq!(code_of(swapped.ouvrir(MOT, Ouvreur::MotDePasse(&one.mot, PEU), &one.hacheur)), "signification.coffret");
    let mut renamed = one.coffret.clone();
    renamed.compte = ident(11);
    assert_eq!(code_of(renamed.ouvrir(MOT, Ouvreur::MotDePasse(&one.mot, PEU), &one.hacheur)), "signification.coffret");
    let mut other_key = one.coffret.clone();
    other_key.cle_publique.clone_from(&two.coffret.cle_publique);
    assert_eq!(code_of(other_key.ouvrir(CLE, Ouvreur::Prf(&one.prf), &one.hacheur)), "signification.coffret");
    let mut moved = one.coffret.clone();
    moved.serrures[1].place = CODE;
    moved.serrures.remove(2);
    assert_eq!(code_of(moved.ouvrir(CODE, Ouvreur::Prf(&one.prf), &one.hacheur)), "signification.coffret");
    let mut cheaper = one.coffret.clone();
    cheaper.serrures[0].parametres = Some(Parametres { passes: 1, ..PEU });
    assert_eq!(code_of(cheaper.ouvrir(MOT, Ouvreur::MotDePasse(&one.mot, PEU), &one.hacheur)), "signification.coffret");
    let entropy = SystemEntropy::default();
    let mut box_ = one.coffret.clone();
    assert!(box_.poser(MOT, Ouvreur::MotDePasse(&one.mot, PEU), &two.cle, &one.hacheur, &entropy).is_err());
}

#[test]
fn d01_a_changed_password_opens_and_the_old_one_does_not() {
    let mut t = tout(ident(10));
    let (new, place) = (MotDePasse::saisi("pluie de tournesols mauves"), Place { identifiant: ident(20), rang: None });
    let entropy = SystemEntropy::default();
    let (old, by) = (Ouvreur::MotDePasse(&t.mot, PEU), Ouvreur::MotDePasse(&new, PEU));
    t.coffret.rehabiller((MOT, old), (place, by), &t.hacheur, &entropy).unwrap();
    t.coffret.garder(|p| p != MOT);
    assert_eq!(t.coffret.ouvrir(place, by, &t.hacheur).unwrap().public(), t.cle.public());
    assert!(t.coffret.ouvrir(MOT, old, &t.hacheur).is_err() && t.coffret.ouvrir(place, old, &t.hacheur).is_err());
    assert!(t.coffret.ouvre_par(ident(2)) && !t.coffret.ouvre_par(ident(1)));
    let wrong = MotDePasse::saisi("autre chose encore");
    let before = t.coffret.clone();
    let wrong = Ouvreur::MotDePasse(&wrong, PEU);
    assert!(t.coffret.rehabiller((place, wrong), (place, by), &t.hacheur, &entropy).is_err());
    assert_eq!(t.coffret, before, "a failed change changes nothing");
}

#[test]
fn d01_every_flipped_or_missing_octet_is_refused() {
    let t = tout(ident(10));
    let bytes = t.coffret.ecrire().unwrap();
    assert_eq!(Coffret::lire(&bytes).unwrap(), t.coffret);
    let opens = |bytes: &[u8]| {
        let Ok(read) = Coffret::lire(bytes) else { return [false; 3] };
        [(MOT, Ouvreur::MotDePasse(&t.mot, PEU)), (CLE, Ouvreur::Prf(&t.prf)), (CODE, Ouvreur::Code(&t.code))]
            .map(|(place, by)| read.ouvrir(place, by, &t.hacheur).is_ok())
    };
    assert_eq!(opens(&bytes), [true; 3]);
    for position in 0..bytes.len() {
        for bit in [1, 0x20] {
            let mut bad = bytes.clone();
            bad[position] ^= bit;
            // A flip in one wrap leaves the others sound; no flip leaves all three.
            assert_ne!(opens(&bad), [true; 3], "octet {position}, {bit:#x}");
        }
        assert_eq!(opens(&bytes[..position]), [false; 3]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn foreign_octets_are_no_box(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Coffret::lire(&bytes).is_err());
    }
}
