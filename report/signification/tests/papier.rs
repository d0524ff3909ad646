//! Classical service: the ladder of the law, the dates, the forms word for word.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::path::PathBuf;

use proptest::prelude::*;
use signification::acte::Nature;
use signification::backend::papier::{
    Cadre, Constat, ETAPES, Modalite, Personne, Tiers, formes, modalite, plan_texte, suites,
};
use signification::backend::{Partie, Remise};
use signification::calendar::Zone;
use signification::delais::JoursChomes;

fn remise() -> Remise {
    let partie = |nom: &str| Partie {
        nom: nom.into(),
        adresse: vec!["12 rue des Martelots".into(), "25000 Besançon".into()],
        courriel: None,
        morale: false,
    };
    Remise {
        acte: "019a9c3b-7d00-7000-8000-000000000001".parse().unwrap(),
        dossier: "2026-0142".into(),
        nature: Nature::new("assignation").unwrap(),
        requerant: partie("Banque Requérante SA"),
        destinataire: partie("Isaline Quatremère"),
        pdf: b"%PDF-1.7\n%%EOF\n".to_vec(),
        signature: None,
        instructions: vec!["Signifier avant l'audience du 15 décembre.".into()],
        avant: Some("2026-12-10".parse().unwrap()),
        prepare_le: "2026-12-01T11:00:00Z".parse().unwrap(),
    }
}

fn cadre() -> Cadre {
    Cadre {
        etude: "Étude Essai".into(),
        adresse: "1 place Bellecour, 69002 Lyon".into(),
        officier: "Maître Essai".into(),
        horaires: "du lundi au vendredi, de 9 h à 12 h".into(),
    }
}

fn constat() -> Constat {
    Constat {
        le: "2026-12-24T09:30:00Z".parse().unwrap(),
        personne: Personne::Physique,
        remis_a_personne: false,
        recu_par: None,
        adresse_connue: true,
        travail_connu: false,
        diligences: vec!["Trois passages, les 21, 22 et 24 décembre, à des heures différentes.".into()],
        tiers: None,
        verifications: vec!["Nom sur la boîte aux lettres ; confirmation d'une voisine.".into()],
        recherches: vec![],
        permission: None,
    }
}

fn neighbour(accepte: bool) -> Tiers {
    Tiers { nom: "Martin Durand".into(), qualite: "époux ainsi déclaré".into(), accepte }
}

fn found(constat: &Constat) -> Modalite {
    modalite(constat, Zone::Metropole, &JoursChomes::default()).unwrap()
}

fn refused(constat: &Constat) -> String {
    modalite(constat, Zone::Metropole, &JoursChomes::default()).unwrap_err().to_string()
}

#[test]
fn l3_the_ladder_is_climbed_in_the_order_of_the_law() {
    let base = constat();
    assert_eq!(found(&Constat { remis_a_personne: true, ..base.clone() }), Modalite::APersonne);
    assert_eq!(found(&Constat { tiers: Some(neighbour(true)), ..base.clone() }), Modalite::TiersPresent);
    assert_eq!(found(&Constat { tiers: Some(neighbour(false)), ..base.clone() }), Modalite::DepotEtude);
    assert_eq!(found(&base), Modalite::DepotEtude);
    let nowhere = Constat { adresse_connue: false, recherches: vec!["Mairie, annuaires.".into()], ..base.clone() };
    assert_eq!(found(&nowhere), Modalite::ProcesVerbalDeRecherches);
    let articles: Vec<&str> = ETAPES.iter().map(|e| e.article).collect();
    assert_eq!(articles, ["CPC, art. 654", "CPC, art. 655, 657 et 658", "CPC, art. 656, 657 et 658", "CPC, art. 659"]);
}

#[test]
fn l3_each_step_asks_for_what_its_article_asks_for() {
    let base = constat();
    let no_effort = Constat { diligences: vec![" ".into()], verifications: vec![], ..base.clone() };
    assert_eq!(refused(&no_effort), "paper service refused: DILIGENCES_ABSENTES, DOMICILE_NON_VERIFIE");
    let nameless = Tiers { nom: String::new(), ..neighbour(true) };
    assert_eq!(
        refused(&Constat { tiers: Some(nameless), ..base.clone() }),
        "paper service refused: TIERS_NON_IDENTIFIE"
    );
    let lost = Constat { adresse_connue: false, travail_connu: true, ..base.clone() };
    assert_eq!(refused(&lost), "paper service refused: LIEU_DE_TRAVAIL_A_TENTER, RECHERCHES_ABSENTES");
    let company = Constat { personne: Personne::Morale, remis_a_personne: true, ..base.clone() };
    assert_eq!(refused(&company), "paper service refused: RECEVEUR_NON_IDENTIFIE");
    assert_eq!(found(&Constat { recu_par: Some("Mme X, gérante".into()), ..company }), Modalite::APersonne);
    // Art. 664: Christmas, and 21:00:01.
    for late in ["2026-12-25T10:00:00Z", "2026-12-24T20:00:01Z", "2026-12-24T04:59:59Z"] {
        let hour = Constat { le: late.parse().unwrap(), ..base.clone() };
        assert_eq!(refused(&hour), "paper service refused: HORS_HEURES", "{late}");
        let permitted = Constat { permission: Some("ordonnance du 23 décembre 2026, TJ de Lyon".into()), ..hour };
        assert_eq!(found(&permitted), Modalite::DepotEtude);
    }
}

#[test]
fn l3_l4_the_dates_are_those_of_the_deadline_engine() {
    let none = JoursChomes::default();
    let le = constat().le;
    let of = |mode, personne| suites(mode, personne, le, Zone::Metropole, &none).unwrap();
    // 24 December 2026 is a Thursday: the letter goes that day, or on the first jour ouvrable, by either reading (WX-11).
    let kept = of(Modalite::DepotEtude, Personne::Physique);
    let letter = kept.lettre_simple.unwrap();
    assert_eq!(
        (letter.lundi_samedi.to_string().as_str(), letter.lundi_vendredi.to_string().as_str()),
        ("2026-12-26", "2026-12-28")
    );
    assert_eq!(letter.earliest().to_string(), "2026-12-26");
    // Three months: 24 March 2027, a Wednesday.
    assert_eq!(kept.garde.unwrap().due.to_string(), "2027-03-24");
    assert!(kept.avis_de_passage && kept.lettre_recommandee.is_none());
    let third = of(Modalite::TiersPresent, Personne::Physique);
    assert!(third.avis_de_passage && third.garde.is_none() && third.lettre_simple.is_some());
    let person = of(Modalite::APersonne, Personne::Physique);
    assert!(!person.avis_de_passage && person.lettre_simple.is_none());
    assert!(of(Modalite::APersonne, Personne::Morale).lettre_simple.is_some(), "a legal person is told by letter too");
    let search = of(Modalite::ProcesVerbalDeRecherches, Personne::Physique);
    assert_eq!(search.lettre_recommandee.unwrap().earliest().to_string(), "2026-12-26");
    assert!(search.lettre_du_jour && search.lettre_simple.is_none());
    let alsace = suites(Modalite::DepotEtude, Personne::Physique, le, Zone::AlsaceMoselle, &none).unwrap();
    assert_eq!(alsace.lettre_simple.unwrap().earliest().to_string(), "2026-12-28");
}

/// Compares with the text kept in the repository. `CONSTAT_GOLDEN=1` writes it anew, to be read and committed by a person.
fn golden(name: &str, text: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/papier").join(name);
    if std::env::var_os("CONSTAT_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(&path).unwrap(), "{name}");
}

#[test]
fn the_forms_are_word_for_word_those_kept() {
    golden("plan.md", &plan_texte(&remise(), &cadre()).unwrap());
    for (name, text) in formes(&remise(), &cadre(), None).unwrap().textes {
        golden(&format!("vierge-{name}"), &text);
    }
    let base = constat();
    let cases = [
        ("personne", Constat { remis_a_personne: true, ..base.clone() }),
        ("tiers", Constat { tiers: Some(neighbour(true)), ..base.clone() }),
        ("etude", base.clone()),
        ("659", Constat { adresse_connue: false, recherches: vec!["Mairie.".into(), "Annuaires.".into()], ..base }),
    ];
    for (case, constat) in cases {
        let none = JoursChomes::default();
        let mode = modalite(&constat, Zone::Metropole, &none).unwrap();
        let suites = suites(mode, constat.personne, constat.le, Zone::Metropole, &none).unwrap();
        for (name, text) in formes(&remise(), &cadre(), Some((&constat, &suites))).unwrap().textes {
            assert!(!text.contains('{') && !text.contains("………"), "{case} {name}: a blank is left");
            golden(&format!("{case}-{name}"), &text);
        }
    }
}

proptest! {
    #[test]
    fn whatever_was_found_the_mode_is_the_first_that_the_law_allows(
        flags in any::<[bool; 6]>(),
        tiers in prop::option::of(any::<bool>()),
        hour in 0_i64..400,
    ) {
        let [person, known, work, efforts, checks, searches] = flags;
        let list = |on: bool| if on { vec!["fait".to_owned()] } else { vec![] };
        let start: dossier::Instant = "2026-12-01T00:00:00Z".parse().unwrap();
        let le = dossier::Instant::from_millisecond(start.as_millisecond() + hour * 3_600_000).unwrap();
        let constat = Constat {
            le,
            personne: Personne::Physique,
            remis_a_personne: person,
            recu_par: None,
            adresse_connue: known,
            travail_connu: work,
            diligences: list(efforts),
            tiers: tiers.map(neighbour),
            verifications: list(checks),
            recherches: list(searches),
            permission: None,
        };
        let none = JoursChomes::default();
        let open = signification::window::service_window(le, &[Zone::Metropole]).unwrap().is_open();
        match modalite(&constat, Zone::Metropole, &none) {
            Ok(mode) => {
                prop_assert!(open, "never outside the hours");
                prop_assert_eq!(mode == Modalite::APersonne, person);
                prop_assert!(person || efforts);
                prop_assert_eq!(mode == Modalite::ProcesVerbalDeRecherches, !person && !known);
                prop_assert!(mode != Modalite::DepotEtude || (checks && tiers != Some(true)));
                let suites = suites(mode, Personne::Physique, le, Zone::Metropole, &none).unwrap();
                prop_assert!(formes(&remise(), &cadre(), Some((&constat, &suites))).is_ok());
            }
            Err(error) => prop_assert_eq!(error.code(), "signification.paper_refused"),
        }
    }

    #[test]
    fn what_is_typed_never_becomes_markup(text in "[ -~éà]{1,60}") {
        prop_assume!(!text.trim().is_empty());
        let mut remise = remise();
        remise.destinataire.nom = text.clone();
        let forms = formes(&remise, &cadre(), None).unwrap();
        for (_, form) in forms.textes {
            prop_assert!(form.lines().filter(|l| l.starts_with('#')).count() <= 4);
        }
    }
}
