//! The table walked whole, and compared with the matrix kept beside it; every command of the platform has its row.
use super::*;

const MATRICE: &str = include_str!("matrice.txt");

fn name<T: Serialize>(value: &T) -> String {
    serde_json::to_value(value).unwrap().as_str().unwrap().to_owned()
}

fn matrix() -> String {
    let mut out = String::new();
    for operation in Operation::ALL {
        let pairs = RoleCompte::ALL.iter().flat_map(|role| Relation::ALL.iter().map(move |relation| (role, relation)));
        let allowed = pairs.filter(|(role, relation)| droits(**role, **relation, *operation));
        let allowed: Vec<String> =
            allowed.map(|(role, relation)| format!("{}:{}", name(role), name(relation))).collect();
        out.push_str(&format!("{} = {}\n", operation.nom(), allowed.join(" ")));
    }
    out
}

#[test]
fn b03_every_role_relation_and_operation_is_as_the_matrix_says() {
    let found = matrix();
    for (found, wanted) in found.lines().zip(MATRICE.lines()) {
        assert_eq!(found, wanted);
    }
    assert_eq!(found, MATRICE);
    assert_eq!(found.lines().count(), Operation::ALL.len());
}

/// The public functions of a source text, each with what follows up to the next one.
fn commands(text: &str) -> Vec<(String, String)> {
    let parts = text.split("\n    pub fn ").skip(1);
    parts.map(|part| (part.split(['(', '<']).next().unwrap_or_default().to_owned(), part.to_owned())).collect()
}

fn sources(folder: &std::path::Path) -> Vec<(std::path::PathBuf, String)> {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let code = files.filter(|path| path.extension().is_some_and(|e| e == "rs"));
    code.map(|path| (path.clone(), std::fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn b03_every_command_of_the_service_has_its_row() {
    // Accessors, not commands; and the clockwork of the notices, which is the operator's as `traiter` is.
    const OTHERS: [&str; 9] =
        ["read", "views", "state", "config", "root", "greffe_head", "head", "initialiser_avec", "ouvrir_avec"];
    let src = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let parts = [
        "acts",
        "reading",
        "receipts",
        "registry",
        "sending",
        "tracking",
        "points",
        "voies",
        "transferts",
        "reponses",
        "creances",
        "conditions",
        "textos",
        "echeances",
    ];
    let mut files = vec![src.join("platform.rs")];
    files.extend(parts.map(|part| src.join(format!("platform/{part}.rs"))));
    let texts: Vec<String> = files.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let found: Vec<_> = texts.iter().flat_map(|text| commands(text)).collect();
    assert!(found.len() > 25, "{found:?}");
    for (command, _) in found {
        let known = Operation::ALL.iter().any(|o| o.nom() == command) || OTHERS.contains(&command.as_str());
        assert!(known, "the command {command} has no row in the table of rights");
    }
}

#[test]
fn b03_every_command_of_accounts_asks_at_the_gate() {
    // The doors themselves, and what shows nothing of anybody's: no session is needed.
    const DOORS: [&str; 28] = [
        "source_de",
        "ouvrir_compte",
        "revenir",
        "connecter",
        "connecter_par_cle",
        "cles_de",
        "cles_du_compte",
        "connecter_par_cle_de",
        "refuser_la_ceremonie",
        "connecter_officier",
        "session_d_officier",
        "cles_d_officier",
        "politique",
        "inscrire_cle_officier",
        "recuperer",
        "session",
        "renouveler_session",
        "balayer_sessions",
        "nouveau_telephone",
        "nouvel_identifiant",
        "mandats",
        "interruptions",
        "attester_indisponibilite",
        "ecrire",
        "imputabilites",
        "imputation",
        "id",
        "sonder",
    ];
    // Small helpers that ask for their callers.
    const ASKS: [&str; 5] = ["autoriser_sur(", "sienne(", "consentement_de(", "noter_interruption(", "Atelier("];
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/platform/comptes");
    let mut seen = 0;
    for (path, text) in sources(&folder) {
        for (command, body) in commands(&text) {
            seen += 1;
            let asks = ASKS.iter().any(|ask| body.contains(ask)) || DOORS.contains(&command.as_str());
            assert!(asks, "{}: {command} does not ask whether it may", path.display());
        }
    }
    assert!(seen > 40, "{seen}");
}

#[test]
fn d01_the_operator_and_the_registry_never_open_an_act() {
    for operation in [Operation::Consulter, Operation::Remettre, Operation::Telecharger, Operation::Repondre] {
        for role in
            [RoleCompte::Visiteur, RoleCompte::Clerc, RoleCompte::Officier, RoleCompte::Registre, RoleCompte::Operateur]
        {
            assert!(Relation::ALL.iter().all(|relation| !droits(role, *relation, operation)), "{role:?} {operation:?}");
        }
        assert!(!droits(RoleCompte::Destinataire, Relation::Autrui, operation));
        assert!(!droits(RoleCompte::Mandataire, Relation::Autrui, operation));
    }
    // A01: only he consents.
    for role in RoleCompte::ALL.iter().filter(|role| !matches!(role, RoleCompte::Destinataire | RoleCompte::Visiteur)) {
        assert!(Relation::ALL.iter().all(|relation| !droits(*role, *relation, Operation::Accepter)));
    }
}

#[test]
fn f04_a_terminated_account_reads_and_does_nothing_else() {
    for operation in [Operation::Consulter, Operation::Telecharger, Operation::Suivi, Operation::SortirRecepisse] {
        assert!(etat_permet(EtatCompte::LectureSeule, operation));
    }
    for operation in [Operation::Repondre, Operation::DonnerMandat, Operation::Deposer, Operation::Accepter] {
        assert!(!etat_permet(EtatCompte::LectureSeule, operation), "{operation:?}");
    }
    for etat in [EtatCompte::Suspendu, EtatCompte::Resilie, EtatCompte::Efface] {
        assert!(Operation::ALL.iter().all(|operation| !etat_permet(etat, *operation)));
    }
}

#[test]
fn b01_two_accounts_of_one_company_and_nobody_else_have_its_acts() {
    let (company, other) = (Id::from_bytes([1; 16]), Id::from_bytes([2; 16]));
    let of = |own, consent| relation(RoleCompte::Destinataire, own, consent, false, false);
    assert_eq!(of(Some(company), company), Relation::Sien);
    assert_eq!(of(Some(company), other), Relation::Autrui);
    assert_eq!(of(None, company), Relation::Autrui);
    assert_eq!(relation(RoleCompte::Mandataire, None, company, true, false), Relation::SousMandat);
    assert_eq!(relation(RoleCompte::Mandataire, None, company, false, true), Relation::Autrui);
    assert_eq!(relation(RoleCompte::Officier, None, company, true, true), Relation::SonEtude);
    assert_eq!(
        exiger(RoleCompte::Clerc, Relation::SonEtude, Operation::Envoyer).unwrap_err().code(),
        "signification.forbidden"
    );
}
