//! The configuration: read back whole, its faults told, its defaults the documented ones (row F12).
use proptest::prelude::*;

use super::*;
use crate::backend::Voie;

const GOOD: &str = "etude = \"Étude Essai\"\nresidence = \"Lyon\"\ncontact_dpo = \"dpo@essai.test\"\n\
    [smtp]\nhote = \"127.0.0.1\"\nport = 25\nsecurite = \"aucune\"\nexpediteur = \"avis@essai.test\"\n";

#[test]
fn a_configuration_round_trips_and_its_faults_are_told() {
    let config = Config::parse(GOOD).unwrap();
    assert_eq!(Config::parse(&config.to_text().unwrap()).unwrap(), config);
    for (from, to) in [
        ("dpo@essai.test", " "),
        ("127.0.0.1", "smtp.example"),
        ("avis@essai.test", "avis"),
        ("[smtp]", "inconnu = 1\n[smtp]"),
        ("[smtp]", "zone = \"polynesie\"\n[smtp]"),
        ("[smtp]", "dernier_envoi = \"21:30\"\n[smtp]"),
        ("[smtp]", "invitation_jours = 0\n[smtp]"),
        ("[smtp]", "[avis]\nretour = \"avis\"\n[smtp]"),
        ("[smtp]", "[avis]\nretour = \"une-adresse-beaucoup-trop-longue@essai.test\"\n[smtp]"),
        ("[smtp]", "[avis]\nsans_nouvelle_heures = 0\n[smtp]"),
        ("[smtp]", "[avis.reprises]\nessais = 0\n[smtp]"),
        ("[smtp]", "[analyse]\nadresse = \"192.0.2.1:3310\"\n[smtp]"),
    ] {
        assert!(Config::parse(&GOOD.replace(from, to)).is_err(), "{to}");
    }
}

/// What a fresh installation does without being asked: nothing that leaves by another way than the notice.
#[test]
fn f12_defaults_are_the_documented_ones() {
    let config = Config::parse(GOOD).unwrap();
    assert_eq!(config.sms, None, "no SMS");
    assert_eq!(config.actes, ActesConfig::default(), "signatures of acts are noted");
    assert_eq!(config.analyse.politique, crate::scan::Politique::Refuser, "no upload without a search");
    assert_eq!((config.analyse.socket.clone(), config.analyse.adresse), (None, None));
    assert_eq!((config.avis.retour.clone(), config.avis.retours.clone()), (None, None));
    let dump = config.to_text().unwrap();
    let wanted = "[avis]\nsans_nouvelle_heures = 72\n\n[avis.reprises]\npremiere_secondes = 60\nfacteur = 2\n\
                  plafond_secondes = 3600\nessais = 12\n\n[analyse]\npolitique = \"refuser\"\n\
                  taille_max = 26214400\ndelai_secondes = 60\n\n[preuves]\ncoffre_mois = 60\netude_annees = 25\n\
                  quarantaine_jours = 30\nquarantaine_fichiers = 50\nquarantaine_mio = 256\n\n\
                  [exploitation]\nformation = false\nconnexions_jours = 365\n\n\
                  [comptes]\nmot_de_passe_longueur = 12\nargon2_memoire_mio = 64\nargon2_passes = 3\n\
                  session_inactivite_minutes = 30\nsession_heures = 8\nessais_sans_delai = 3\n\
                  delai_max_secondes = 900\nsondes_avant_verrou = 20\nverrou_secondes = 900\nofficier_mfa = true\n\
                  destinataire_deux_preuves = true\n\n[voies]\nelectroniques = []\nbac_a_sable = false\n";
    assert!(dump.ends_with(wanted), "{dump}");
}

/// The defaults of the sections are those the code had before they could be set.
#[test]
fn f12_the_defaults_of_accounts_and_ways_change_nothing() {
    use crate::platform::comptes::Reglages;
    assert_eq!(Reglages::from(&ComptesConfig::default()), Reglages::default());
    assert_eq!(VoiesConfig::default().preferences(), crate::voie::Preferences::default());
}

#[test]
fn f12_a_value_out_of_its_bounds_is_told_with_what_was_expected_and_found() {
    let with = |section: &str| match Config::parse(&format!("{GOOD}{section}")) {
        Err(SignificationError::Config { why }) => why,
        other => panic!("{section}: {other:?}"),
    };
    for (section, told) in [
        ("[comptes]\nmot_de_passe_longueur = 8", "attendu un nombre entier de 12 à 64, trouvé 8"),
        ("[comptes]\nsession_heures = 25", "attendu un nombre entier de 1 à 24, trouvé 25"),
        ("[comptes]\nargon2_passes = -1", "attendu un nombre entier de 2 à 16, trouvé -1"),
        ("[comptes]\nverrou_secondes = \"900\"", "attendu un nombre entier de 60 à 86400, trouvé le texte \"900\""),
        ("[comptes]\nalerte = \"registre\"", "comptes.alerte"),
        ("[comptes]\ninconnu = 1", "inconnu"),
        ("[voies]\nelectroniques = [\"dossier\"]", "« dossier » demande voies.dossier, trouvé aucun"),
        ("[voies]\nelectroniques = [\"securact\"]", "« securact » demande [voies.securact], trouvé aucune"),
        ("[voies]\nelectroniques = [\"papier\"]", "trouvé « papier »"),
        ("[voies]\nelectroniques = [\"local\"]", "bac_a_sable = true, trouvé false"),
        ("[voies]\nbac_a_sable = true", "attendu essai = true, trouvé false"),
        ("[voies]\ndossier = \"logiciel\"", "attendu un chemin entier (« /… »), trouvé \"logiciel\""),
        (
            "[voies.papier]\ndossier = \"papier\"\nadresse = \"a\"\nofficier = \"o\"\nhoraires = \"h\"",
            "papier.dossier : attendu un chemin entier (« /… »), trouvé \"papier\"",
        ),
        ("[voies.papier]\ndossier = \"/p\"\nadresse = \"\"\nofficier = \"o\"\nhoraires = \"h\"", "une ligne chacun"),
        ("[voies]\ndossier = \"/d\"\nelectroniques = [\"dossier\", \"dossier\"]", "« dossier » deux fois"),
    ] {
        let why = with(section);
        assert!(why.contains(told), "{section}: {why}");
    }
}

fn entre<const MIN: u32, const MAX: u32>() -> impl Strategy<Value = Entre<MIN, MAX>> {
    (MIN..=MAX).prop_map(|n| Entre::nouveau(n.into()).unwrap())
}

fn comptes() -> impl Strategy<Value = ComptesConfig> {
    let numbers = (entre(), entre(), entre(), entre(), entre(), entre(), entre(), entre(), entre());
    let flags = (any::<bool>(), any::<bool>(), proptest::option::of(Just("registre@essai.test".to_owned())));
    (numbers, flags).prop_map(|(n, (officier_mfa, destinataire_deux_preuves, alerte))| ComptesConfig {
        mot_de_passe_longueur: n.0,
        argon2_memoire_mio: n.1,
        argon2_passes: n.2,
        session_inactivite_minutes: n.3,
        session_heures: n.4,
        essais_sans_delai: n.5,
        delai_max_secondes: n.6,
        sondes_avant_verrou: n.7,
        verrou_secondes: n.8,
        officier_mfa,
        destinataire_deux_preuves,
        alerte,
    })
}

fn voies() -> impl Strategy<Value = VoiesConfig> {
    let operator = "url = \"https://operateur.test/api\"\njeton = \"/jeton\"\nsignataire = \"00112233445566778899aabbccddeeff\
                    00112233445566778899aabbccddeeff\"\n";
    let ways = Just(vec![Voie::Dossier, Voie::Securact, Voie::Local]).prop_shuffle();
    (ways, 0_usize..4).prop_map(move |(ways, kept)| VoiesConfig {
        electroniques: ways.into_iter().take(kept).collect(),
        bac_a_sable: true,
        dossier: Some("/srv/logiciel".into()),
        securact: Some(toml::from_str(operator).unwrap()),
        papier: Some(PapierConfig {
            dossier: "/srv/papier".into(),
            adresse: "1 place Bellecour, 69002 Lyon".into(),
            officier: "Maître Essai".into(),
            horaires: "9 h à 12 h".into(),
        }),
    })
}

proptest! {
    /// What is written is read back, whatever is set.
    #[test]
    fn f12_every_setting_of_accounts_and_ways_round_trips(
        comptes in comptes(),
        voies in voies(),
        servers in proptest::collection::btree_set("[a-z]{1,9}(\\.[a-z]{2,5}){0,2}(:[1-9][0-9]{0,3})?", 0..8),
    ) {
        let mut config = Config::parse(&format!("essai = true\n{GOOD}")).unwrap();
        (config.comptes, config.voies) = (comptes, voies);
        config.exploitation.serveurs_temps = servers.into_iter().collect();
        let text = config.to_text().unwrap();
        prop_assert_eq!(Config::parse(&text).unwrap(), config, "{}", text);
    }

    /// Whatever number stands there, it is within the bounds or told.
    #[test]
    fn f12_no_number_out_of_its_bounds_is_taken(found: i64) {
        let read = Config::parse(&format!("{GOOD}[comptes]\nsession_inactivite_minutes = {found}\n"));
        match read {
            Ok(config) => prop_assert_eq!(i64::from(config.comptes.session_inactivite_minutes.get()), found),
            Err(e) => prop_assert!(!(1..=480).contains(&found) && e.to_string().contains("de 1 à 480"), "{}", e),
        }
    }
}

#[test]
fn waits_grow_up_to_their_limit_and_end() {
    let reprises = Reprises::default();
    let waits: Vec<_> = (1..=12).map(|tries| reprises.wait(tries)).collect();
    assert_eq!(waits[..7], [60, 120, 240, 480, 960, 1920, 3600].map(Some));
    assert_eq!((waits[10], waits[11], reprises.wait(0)), (Some(3600), None, None));
    let total: u32 = waits.iter().flatten().sum();
    assert_eq!(total, 21_780, "six hours and three minutes");
    let long = Reprises { essais: 40, facteur: 10, ..reprises };
    assert_eq!(long.wait(39), Some(3600));
}
