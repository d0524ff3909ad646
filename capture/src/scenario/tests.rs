//! A scenario that is right is read whole; one that is wrong names the place.
use super::*;
use proptest::prelude::*;

const GOOD: &str = r##"[dossier]
reference = "2026-0142"
objet = "Constater la page"

[requerant]
type = "morale"
denomination = "Exemple"
forme = "SAS"
siege = "1 rue de la Paix, Paris"
representant = "sa présidente"

[[presents]]
nom = "Jean Témoin"
qualite = "témoin"

[[etape]]
aller = "http://127.0.0.1:8080/"
note = "page d'accueil"

[[etape]]
saisir = { selecteur = "#q", texte = "mot", secret = true }

[[etape]]
defiler = "bas"

[[etape]]
capturer = "Accueil"
"##;

#[test]
fn a_good_scenario_is_read_whole() {
    let scenario = Scenario::parse("s.toml", GOOD).unwrap();
    assert_eq!(scenario.etapes.len(), 4);
    assert_eq!(scenario.etapes[0].note.as_deref(), Some("page d'accueil"));
    assert_eq!(scenario.presents[0].nom, "Jean Témoin");
    let secret = &scenario.etapes[1];
    assert!(!secret.sentence().contains("mot") && !secret.parameters().to_string().contains("mot\""));
    let (annexed, replaced) = scenario.without_secrets(GOOD.as_bytes());
    let annexed = String::from_utf8(annexed).unwrap();
    assert_eq!(replaced, 1);
    assert!(!annexed.contains("\"mot\""), "{annexed}");
    assert_eq!(Scenario::parse("s.toml", &annexed).unwrap().etapes.len(), 4);
    assert_eq!(scenario.case(Reference::new("X").unwrap()).objet.as_deref(), Some("Constater la page"));
}

fn fault(text: &str) -> ScenarioError {
    Scenario::parse("s.toml", text).unwrap_err()
}

#[test]
fn an_unknown_key_is_named_with_its_line() {
    let error = fault(&GOOD.replace("capturer = ", "capture = "));
    assert_eq!((error.line, error.column, error.key.as_str()), (27, 1, "etape[4].capture"));
    assert!(error.expected.contains("capturer"), "{error}");
}

#[test]
fn each_mistake_names_key_and_expectation() {
    let cases = [
        ("[dossier]\nreference = 3\n[[etape]]\naller = \"http://a/\"", "dossier.reference", 2),
        ("[dossier]\nreference = \"a/b\"\n[[etape]]\naller = \"http://a/\"", "dossier.reference", 2),
        ("[dossier]\n[[etape]]\naller = \"ftp://a/\"", "etape[1].aller", 3),
        ("[dossier]\n[[etape]]\naller = \"http://u:p@a/\"", "etape[1].aller", 3),
        ("[dossier]\n[[etape]]\ncliquer = { }", "etape[1].cliquer", 3),
        ("[dossier]\n[[etape]]\naller = \"http://a/\"\ncapturer = \"x\"", "etape[1]", 2),
        ("[dossier]\n[navigateur]\nlargeur = 100000\n[[etape]]\naller = \"http://a/\"", "navigateur.largeur", 3),
        ("[dossier]\n[requerant]\ntype = \"autre\"\n[[etape]]\naller = \"http://a/\"", "requerant.type", 2),
    ];
    for (text, key, line) in cases {
        let error = fault(text);
        assert_eq!((error.key.as_str(), error.line), (key, line), "{error}");
    }
    assert_eq!(fault("[dossier]").expected, "au moins une étape [[etape]]");
    assert!(fault("[dossier\n").expected.contains("TOML"));
}

#[test]
fn a_bare_address_makes_two_steps() {
    let scenario = Scenario::for_url("http://exemple.fr", None).unwrap();
    assert_eq!(scenario.etapes.iter().map(|e| e.action.kind()).collect::<Vec<_>>(), ["aller", "capturer"]);
    for bad in ["exemple.fr", "file:///etc/passwd", "javascript:alert(1)", ""] {
        assert!(Scenario::for_url(bad, None).is_err(), "{bad}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,200}", cut in 0_usize..400) {
        let _ = Scenario::parse("s.toml", &text);
        let cut = GOOD.char_indices().map(|(i, _)| i).nth(cut % GOOD.chars().count()).unwrap_or(0);
        let _ = Scenario::parse("s.toml", &GOOD[..cut]);
    }
}

#[test]
fn packets_are_asked_for_by_name_and_never_with_a_confidential_value() {
    let with = |line: &str, text: &str| text.replace("[[presents]]", &format!("[navigateur]\n{line}\n\n[[presents]]"));
    let plain = GOOD.replace(", secret = true", "");
    let reseau = |line: &str| Scenario::parse("s.toml", &with(line, &plain)).unwrap().navigateur.reseau;
    assert_eq!(reseau("reseau = \"paquets\""), Reseau::Paquets);
    assert_eq!((reseau("reseau = \"navigateur\""), reseau("")), (Reseau::Navigateur, Reseau::Navigateur));
    let error = fault(&with("reseau = \"mandataire\"", &plain));
    assert_eq!((error.line, error.key.as_str()), (13, "navigateur.reseau"));
    assert!(error.expected.contains("« paquets »"), "{error}");
    let error = fault(&with("reseau = \"paquets\"", GOOD));
    assert_eq!((error.line, error.key.as_str()), (13, "navigateur.reseau"));
    assert!(error.expected.contains("secret = true"), "{error}");
    assert!(Scenario::parse("s.toml", &with("reseau = \"navigateur\"", GOOD)).is_ok());
}

#[test]
fn what_a_court_set_aside_is_refused_with_its_reason() {
    let with = |access: &str| {
        format!(
            "[dossier]\nobjet = \"x\"\n[[presents]]\nnom = \"Jean Témoin\"\nqualite = \"gérant\"\n[acces]\n{access}\n[[etape]]\naller = \"https://a.example/\"\n"
        )
    };
    let read = |access: &str| Scenario::parse("s.toml", &with(access));
    for (access, reason) in [
        ("mode = \"compte-officier\"\ncompte = \"@x\"", "qualite_affichee = true"),
        ("mode = \"compte-officier\"\ncompte = \"@x\"\nqualite_affichee = false", "7 octobre 2015"),
        (
            "mode = \"compte-requerant\"\ncompte = \"@x\"\ntitulaire = \"Jean Témoin\"\npresent = false\ndroit = \"ami\"",
            "present = true",
        ),
        (
            "mode = \"compte-requerant\"\ncompte = \"@x\"\ntitulaire = \"Un Autre\"\npresent = true\ndroit = \"ami\"",
            "personnes présentes",
        ),
        ("mode = \"pseudonyme\"", "compte-officier"),
    ] {
        let error = read(access).unwrap_err();
        assert_eq!(error.code(), "scenario.access", "{error}");
        assert!(error.to_string().contains(reason), "{error}");
    }
    assert_eq!(read("mode = \"decision\"").unwrap_err().code(), "scenario.invalid");
    assert_eq!(read("mode = \"public\"\ncompte = \"@x\"").unwrap_err().code(), "scenario.invalid");
    let good = read(
        "mode = \"compte-requerant\"\ncompte = \"@x\"\ntitulaire = \"Jean Témoin\"\npresent = true\ndroit = \"ami du groupe\"",
    );
    let words = good.unwrap().acces.unwrap().words();
    assert!(words.contains("Jean Témoin, présent") && words.contains("ami du groupe"), "{words}");
    let secret =
        with("mode = \"public\"") + "[[etape]]\nsaisir = { selecteur = \"#a\", texte = \"b\", secret = true }\n";
    assert_eq!(Scenario::parse("s.toml", &secret).unwrap_err().code(), "scenario.access");
}

#[test]
fn requirements_and_unfoldings_read_as_sentences() {
    let steps = "[dossier]\n[[etape]]\nexiger = { texte = \"Bonjour\" }\n[[etape]]\nexiger = { selecteur = \".c\", nombre = 3 }\n\
                 [[etape]]\nexiger = { texte = \"Erreur\", absent = true }\n[[etape]]\ndeplier = \"tout\"\n[[etape]]\n\
                 deplier = { texte = \"Autres avis\", maximum = 9 }\n[[etape]]\nrevenir = true\n[[etape]]\n\
                 cliquer = { mentions_legales = true }\n";
    let scenario = Scenario::parse("s.toml", steps).unwrap();
    let said: Vec<String> = scenario.etapes.iter().map(Etape::sentence).collect();
    assert!(said[0].contains("montre l'élément portant le texte « Bonjour »"), "{said:#?}");
    assert!(
        said[1].contains("exactement 3 fois")
            && said[2].contains("ne montre pas")
            && said[4].contains("« Autres avis »")
    );
    assert!(said[6].contains("mentions légales"));
    for wrong in [
        "exiger = { texte = \"a\", nombre = 1, absent = true }",
        "deplier = \"bas\"",
        "revenir = false",
        "exiger = { nombre = 1 }",
    ] {
        assert!(Scenario::parse("s.toml", &format!("[dossier]\n[[etape]]\n{wrong}\n")).is_err(), "{wrong}");
    }
}

#[test]
fn a_recorded_flow_is_read_and_a_password_in_it_is_refused() {
    let flow = |steps: &str| format!("{{\"title\": \"T\", \"steps\": [{steps}]}}");
    let read = |steps: &str| Scenario::from_recording("p.json", &flow(steps));
    let go = "{\"type\": \"navigate\", \"url\": \"https://a.example/\"}";
    let scenario = read(&format!("{go},{{\"type\": \"keyDown\", \"key\": \"Tab\"}},{go}")).unwrap();
    let kinds: Vec<_> = scenario.etapes.iter().map(|etape| etape.action.kind()).collect();
    assert_eq!(kinds, ["aller", "touche", "capturer", "aller", "capturer"]);
    let secret =
        read(&format!("{go},{{\"type\": \"change\", \"selectors\": [\"#password\"], \"value\": \"x\"}}")).unwrap_err();
    assert_eq!((secret.code(), secret.key.as_str()), ("scenario.access", "steps[2]"));
    for wrong in [
        "",
        "{\"type\": \"fly\"}",
        "{\"type\": \"click\"}",
        "{\"type\": \"navigate\", \"url\": \"file:///etc/passwd\"}",
        "12",
    ] {
        assert_eq!(read(wrong).unwrap_err().code(), "scenario.invalid", "{wrong}");
    }
    assert!(Scenario::from_recording("p.json", "[]").is_err());
    let small = "{\"type\": \"setViewport\", \"width\": 10, \"height\": 10}";
    assert!(read(small).unwrap_err().expected.contains("320"));
}

proptest! {
    #[test]
    fn no_recording_makes_it_panic(text in "\\PC{0,200}") {
        let _ = Scenario::from_recording("p.json", &text);
        let _ = Scenario::from_recording("p.json", &format!("{{\"title\": \"t\", \"steps\": [{{\"type\": \"click\", \"selectors\": [\"{}\"]}}]}}", text.escape_default()));
    }
}

fn telephone(lines: &str) -> Result<Scenario, ScenarioError> {
    let text = format!("[dossier]\n[navigateur.telephone]\n{lines}\n[[etape]]\naller = \"http://a/\"\n");
    Scenario::parse("s.toml", &text)
}

#[test]
fn a_telephone_of_the_table_becomes_the_window() {
    for (name, size) in [
        ("galaxy-s24", (360, 780, 3)),
        ("galaxy-s21", (360, 800, 3)),
        ("pixel-8-pro", (448, 998, 3)),
        ("android", (360, 800, 2)),
    ] {
        let browser = telephone(&format!("nom = \"{name}\"\nmotif = \"Prix.\"")).unwrap().navigateur;
        assert_eq!((browser.largeur, browser.hauteur, browser.echelle), size, "{name}");
        let one = browser.telephone.unwrap();
        assert!(
            one.tactile
                && !one.paysage
                && one.declarant == Declarant::Officier
                && one.agent.contains("Chrome/{version}")
        );
    }
    let turned = telephone("nom = \"galaxy-s24\"\nmotif = \"Prix.\"\norientation = \"paysage\"\ntactile = false")
        .unwrap()
        .navigateur;
    assert_eq!((turned.largeur, turned.hauteur), (780, 360));
    assert!(turned.telephone.is_some_and(|one| one.paysage && !one.tactile));
    let own = "designation = \"Le mien\"\nlargeur = 412\nhauteur = 915\ndensite = 3\nmodele = \"X-1\"\nsysteme = \"13\"\nmotif = \"Prix.\"\n\
        agent = \"Mozilla/5.0 (Linux; Android 13; X-1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version} Mobile Safari/537.36 Magasin/3\"";
    let one = telephone(own).unwrap().navigateur.telephone.unwrap();
    assert_eq!((one.systeme.as_str(), one.modele.as_str(), one.densite), ("13.0.0", "X-1", 3));
    assert!(one.words().contains("Le mien, 412 × 915 points, densité 3"), "{}", one.words());
}

#[test]
fn what_no_telephone_is_is_refused_with_its_reason() {
    let own = |more: &str| {
        format!("designation = \"Le mien\"\nlargeur = 412\nhauteur = 915\ndensite = 3\nmotif = \"Prix.\"\n{more}")
    };
    let agent = |text: &str| own(&format!("agent = \"{text}\""));
    let long = "x".repeat(301);
    for (lines, key, said) in [
        ("nom = \"galaxy-s24\"".to_owned(), "navigateur.telephone", "motif"),
        ("nom = \"galaxy-s24\"\nmotif = \"a\\u0007b\"".into(), "navigateur.telephone.motif", "une ligne"),
        ("nom = \"iphone-15\"\nmotif = \"Prix.\"".into(), "navigateur.telephone.nom", "WebKit"),
        ("nom = \"nokia\"\nmotif = \"Prix.\"".into(), "navigateur.telephone.nom", "« galaxy-s24 »"),
        (
            "nom = \"galaxy-s24\"\nlargeur = 400\nmotif = \"Prix.\"".into(),
            "navigateur.telephone.largeur",
            "propres valeurs",
        ),
        (own("").replace("412", "1280"), "navigateur.telephone.largeur", "plus large"),
        (own("").replace("915", "400"), "navigateur.telephone.hauteur", "480"),
        (own("").replace("412", "600").replace("915", "500"), "navigateur.telephone.hauteur", "au moins 600"),
        (own("").replace("densite = 3", "densite = 12"), "navigateur.telephone.densite", "de 1 à 4"),
        (own("").replace("densite = 3", "densite = 2.625"), "navigateur.telephone.densite", "nombre entier de pixels"),
        (own("").replace("designation = \"Le mien\"\n", ""), "navigateur.telephone", "designation"),
        (own("orientation = \"oblique\""), "navigateur.telephone.orientation", "« paysage »"),
        (own("systeme = \"quatorze\""), "navigateur.telephone.systeme", "Android"),
        (own("modele = \"é\""), "navigateur.telephone.modele", "sans accent"),
        (agent("a\\u0001b"), "navigateur.telephone.agent", "caractère de commande"),
        (agent(&long), "navigateur.telephone.agent", "300"),
        (agent("Mozilla/5.0 (Linux; Android 14) Chrome/120.0.0.0 Mobile"), "navigateur.telephone.agent", "version"),
        (agent("Mozilla/5.0 (iPhone; Android) Chrome/{version} Mobile"), "navigateur.telephone.agent", "iPhone"),
        (agent("Mozilla/5.0 (Linux) Chrome/{version} Chrome/1 Mobile"), "navigateur.telephone.agent", "version"),
        (agent("Mozilla/5.0 (Linux) Chrome/{version}"), "navigateur.telephone.agent", "« Mobile »"),
        (own("couleur = \"noir\""), "navigateur.telephone.couleur", "motif"),
    ] {
        let error = telephone(&lines).expect_err(&lines);
        assert_eq!(error.key, key, "{lines}: {error}");
        assert!(error.expected.contains(said), "{lines}: {error}");
    }
    let both = "[dossier]\n[navigateur]\nlargeur = 1280\n[navigateur.telephone]\nnom = \"android\"\nmotif = \"Prix.\"\n[[etape]]\naller = \"http://a/\"\n";
    let error = Scenario::parse("s.toml", both).unwrap_err();
    assert_eq!((error.key.as_str(), error.line), ("navigateur.largeur", 3));
    assert!(error.expected.contains("360 × 800"), "{error}");
}
