//! Receipts on paper (row D06): what people read, what is attached and how it verifies without us, and what is not drawn.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]
#[path = "common/openssl.rs"]
mod openssl;
#[path = "common/reading.rs"]
mod reading;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use dossier::Instant;
use openssl::Pki;
use reading::{flat, qpdf_check};
use report::{Presentation, ReceiptInput, ReceiptSheet, ReportError, draw_receipt};
use serde_json::{Value, json};

type Files = BTreeMap<String, Vec<u8>>;

/// As long as what the product gives.
const PORTEE: &str = "Depuis le 1er septembre 2025, seuls les dispositifs inscrits sur la liste ministérielle peuvent porter \
                      une notification par voie électronique (code de procédure civile, art. 748-6, dans sa rédaction issue \
                      du décret n° 2025-619 ; liste : arrêté du 29 août 2025). Ce logiciel n'y figure pas. Il ne peut donc \
                      pas, à lui seul, accomplir une signification valable.";

/// Every event: the end of its ETSI address, our name, its French label, whether it is negative, a few words of what is told.
const EVENTS: [(&str, &str, &str, bool, &str); 12] = [
    ("SubmissionAcceptance", "ENVOYE", "Preuve d'envoi (date de signification)", false, "a été envoyé par voie"),
    ("SubmissionRejection", "REJETE", "Rejet motivé", true, "l’envoi de l’acte a été rejeté"),
    ("ConsignmentAcceptance", "CONSENTEMENT_DONNE", "Accord", false, "le destinataire a consenti"),
    ("ConsignmentRejection", "REFUSE", "Refus", true, "le destinataire a refusé"),
    ("ContentConsignment", "DEPOSE", "Avis de mise à disposition", false, "mis à la disposition du destinataire"),
    ("ContentConsignmentFailure", "ECHEC_DEPOT", "Échec de mise à disposition", true, "n’a pas pu être mis"),
    ("ConsignmentNotification", "AVISE", "Avis d'envoi de courriel", false, "un serveur de messagerie a accepté"),
    ("ConsignmentNotificationFailure", "ECHEC_AVIS", "Échec d'envoi de courriel", true, "n’a pas été accepté"),
    (
        "NotificationDelivered",
        "AVIS_REMIS",
        "Avis de courriel remis, selon le serveur du destinataire",
        false,
        "a dit avoir remis le courriel",
    ),
    ("ContentAccessTracking", "CONSULTE", "Avis de consultation", false, "ouvert avec la clé du destinataire"),
    ("ContentHandover", "TELECHARGE", "Avis de réception", false, "le dernier octet de l’acte a été remis"),
    ("ContentHandoverFailure", "REMISE_INTERROMPUE", "Remise interrompue", true, "s’est arrêtée avant son dernier"),
];

const ID: &str = "019aa5b0-0000-7000-8000-000000000001";
const CONSENT: &str = "019aa5b0-0000-7000-8000-000000000002";
const ACTE: &str = "019aa5b0-0000-7000-8000-000000000003";

/// The record of the event of that name, as the signification module writes it.
fn record(nom: &str) -> Value {
    let (uri, nom, libelle, negative, _) = *EVENTS.iter().find(|event| event.1 == nom).unwrap();
    let at: Instant = "2026-12-01T09:00:05.045Z".parse().unwrap();
    let digest = |of: &str| dossier::Sha256Digest::of(of.as_bytes());
    let of_consent = uri.starts_with("ConsignmentAcc") || uri.starts_with("ConsignmentRej");
    let act = |value: Value| if of_consent { Value::Null } else { value };
    let content = json!([{
        "name": format!("acte-{ACTE}.pdf"), "type": "application/pdf", "size": 184_320,
        "sha256": digest("acte"), "sha512": dossier::Digests::of(b"acte").sha512,
    }]);
    json!({
        "version": "constat-preuve/1", "essai": false, "evidence_id": ID,
        "event": {"uri": format!("http://uri.etsi.org/19522/Event/{uri}"), "nom": nom, "libelle": libelle},
        "event_time_utc": at, "event_time_paris": at.legal_time().strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string(),
        "submission_time": act(json!("2026-12-01T09:00:00.000Z")),
        "reasons": if negative { json!(["AVIS_REJETE_550"]) } else { json!([]) },
        "policy": {"version": "2026-11", "sha256": digest("cgu")},
        "issuer": {"etude": "Étude Untel", "residence": "Lyon"}, "actor_role": "destinataire", "actor_id": CONSENT,
        "act_signer": act(json!(digest("certificat"))), "act_signature_level": act(json!("avancee")),
        "recipient": {"id": CONSENT, "identification": "pieces"}, "auth_method": "cle-age-x25519", "auth_time": at,
        "message_id": null, "act_id": act(json!(ACTE)), "dossier_ref": "2026-0142",
        "content": if of_consent { json!([]) } else { content },
        "nature_acte": act(json!("assignation")), "requerant": act(json!("Boulangerie du Perche")), "consent_ref": CONSENT,
        "consent_basis": "748-2", "qualification": act(json!("A_PERSONNE")),
        "journal": {"seq": 17, "entry_hash": digest("ligne"), "prev_hash": digest("avant")},
        "procedure": digest("procedure"),
    })
}

/// Its octets, and what stands beside it.
fn files(value: &Value, beside: &[&str]) -> Files {
    let mut files = Files::from([("preuve.json".to_owned(), dossier::canonical_bytes(value).unwrap())]);
    for name in beside {
        files.insert((*name).to_owned(), format!("octets de {name}\n").into_bytes());
    }
    files
}

const STAMPED: [&str; 4] = ["preuve.json.p7s", "preuve.json.tst", "preuve.json.etats", "procedure.json"];

fn draw(files: &Files) -> Result<ReceiptSheet, ReportError> {
    draw_receipt(&ReceiptInput { files, portee: PORTEE }, &Presentation::shipped().unwrap())
}

/// The text of a receipt with a field changed before it is written.
fn bent(nom: &str, bend: impl Fn(&mut Value)) -> ReceiptSheet {
    let mut value = record(nom);
    bend(&mut value);
    draw(&files(&value, &STAMPED)).unwrap()
}

/// `CONSTAT_LOOK=FOLDER` keeps the documents, for the eye and for other judges.
fn keep(name: &str, pdf: &[u8]) {
    if let Some(folder) = std::env::var_os("CONSTAT_LOOK") {
        std::fs::write(Path::new(&folder).join(name), pdf).unwrap();
    }
}

fn compare(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("CONSTAT_BLESS").is_some() {
        std::fs::write(&path, found).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), found, "{name}; CONSTAT_BLESS=1 rewrites it");
}

/// A change made to a record.
type Bend = fn(&mut Value);

#[test]
fn d06_every_kind_of_receipt_has_its_document_of_two_pages_at_most() {
    let mut all = BTreeSet::new();
    for (_, nom, libelle, negative, told) in EVENTS {
        let drawn = draw(&files(&record(nom), &STAMPED)).unwrap();
        keep(&format!("recepisse-{}.pdf", nom.to_lowercase()), &drawn.pdf);
        qpdf_check(&drawn.pdf);
        assert!(drawn.pages <= 2, "{nom}: {} pages", drawn.pages);
        let text = flat(&drawn.pdf);
        assert!(text.contains(&libelle.to_uppercase()) && text.contains(told), "{nom}: {text}");
        assert_eq!(text.contains("Motif consigné"), negative, "{nom}: {text}");
        assert!(text.contains("n’est pas signé") && text.contains("748-6"), "{nom}: {text}");
        assert!(all.insert(drawn.pdf), "{nom}: as another");
    }
    assert_eq!(all.len(), 12);
}

#[test]
fn d06_the_documents_read_as_accepted() {
    let point = ["preuve.json.p7s", "preuve.json.point", "procedure.json", "imputabilite.json"];
    let mut trial = record("REFUSE");
    trial["essai"] = json!(true);
    trial["policy"] = Value::Null;
    for (name, files) in [
        ("depose", files(&record("DEPOSE"), &STAMPED)),
        ("consulte", files(&record("CONSULTE"), &STAMPED)),
        ("echec-avis", files(&record("ECHEC_AVIS"), &point)),
        ("refuse-essai", files(&trial, &["preuve.json.p7s"])),
    ] {
        let drawn = draw(&files).unwrap();
        keep(&format!("accepte-{name}.pdf"), &drawn.pdf);
        compare(&format!("recepisse-{name}.txt"), &reading::text(&drawn.pdf));
    }
}

#[test]
fn d06_what_is_attached_leaves_as_it_came_in_and_verifies_with_openssl() {
    let pki = Pki::new();
    let mut files = files(&record("DEPOSE"), &["preuve.json.etats", "procedure.json"]);
    let proof = files["preuve.json"].clone();
    files.insert("preuve.json.p7s".into(), pki.sign(&proof));
    files.insert("preuve.json.tst".into(), pki.stamp(&proof));
    let drawn = draw(&files).unwrap();
    let out = tempfile::tempdir().unwrap();
    std::fs::write(out.path().join("avis.pdf"), &drawn.pdf).unwrap();
    // The very commands that the document prints.
    let printed = flat(&drawn.pdf);
    std::fs::copy(pki.root(), out.path().join("racine.pem")).unwrap();
    for command in [
        "pdfdetach -saveall avis.pdf",
        "openssl cms -verify -cades -binary -inform DER -in preuve.json.p7s -content preuve.json -CAfile racine.pem \
         -purpose any -out /dev/null",
        "openssl ts -verify -data preuve.json -in preuve.json.tst -token_in -CAfile racine.pem",
    ] {
        assert!(printed.contains(command), "{command}: {printed}");
        assert!(openssl::shell(out.path(), command), "{command}");
    }
    for (name, octets) in &files {
        assert_eq!(&std::fs::read(out.path().join(name)).unwrap(), octets, "{name} by pdfdetach");
        assert_eq!(&reading::attachment(&drawn.pdf, name), octets, "{name} by qpdf");
        assert!(printed.replace(' ', "").contains(&dossier::Sha256Digest::of(octets).to_hex()), "digest of {name}");
    }
    // What was touched once it was out is told by the same command.
    std::fs::write(out.path().join("preuve.json"), [&proof[..], b" "].concat()).unwrap();
    assert!(!openssl::shell(
        out.path(),
        "openssl cms -verify -cades -binary -inform DER -in preuve.json.p7s -content preuve.json -CAfile racine.pem \
         -purpose any -out /dev/null",
    ));
}

#[test]
fn d06_the_same_record_gives_the_same_octets_and_another_gives_others() {
    let one = |files: &Files| draw(files).unwrap().pdf;
    let made = files(&record("DEPOSE"), &STAMPED);
    assert_eq!(one(&made), one(&made));
    let mut other = made.clone();
    other.insert("preuve.json.p7s".into(), b"une autre signature".to_vec());
    assert_ne!(one(&made), one(&other));
}

/// Every free text of the record, and every digest, is printed as it is there: nothing comes from elsewhere.
#[test]
fn d06_what_is_printed_is_what_the_record_says() {
    let places = [
        "/issuer/etude",
        "/issuer/residence",
        "/actor_id",
        "/act_signature_level",
        "/auth_method",
        "/dossier_ref",
        "/nature_acte",
        "/requerant",
        "/consent_basis",
        "/policy/version",
        "/content/0/name",
        "/content/0/type",
    ];
    let drawn = bent("CONSULTE", |value| {
        for (n, place) in places.iter().enumerate() {
            *value.pointer_mut(place).unwrap() = json!(format!("repère{n}x"));
        }
        value["journal"]["seq"] = json!(987_654);
        value["content"][0]["size"] = json!(1_234_567);
    });
    let text = flat(&drawn.pdf);
    for (n, place) in places.iter().enumerate() {
        assert!(text.contains(&format!("repère{n}x")), "{place}: {text}");
    }
    assert!(text.contains("987654") && text.replace('\u{a0}', " ").contains("1 234 567 octets"), "{text}");
    let whole = text.replace(' ', "");
    let value = record("CONSULTE");
    for place in [
        "/evidence_id",
        "/event/uri",
        "/event_time_utc",
        "/event_time_paris",
        "/submission_time",
        "/recipient/id",
        "/act_id",
        "/content/0/sha256",
        "/content/0/sha512",
        "/act_signer",
        "/policy/sha256",
        "/consent_ref",
        "/journal/entry_hash",
        "/journal/prev_hash",
        "/procedure",
    ] {
        let said = value.pointer(place).unwrap().as_str().unwrap();
        assert!(whole.contains(said), "{place}: {text}");
    }
    assert!(text.contains("1er décembre 2026 à 10 h 00 min 05 s (UTC+1)"), "{text}");
}

/// The hour that comes twice: the two instants are told apart.
#[test]
fn d06_the_hour_that_comes_twice_is_told_with_its_offset() {
    let at = |text: &str| {
        let at: Instant = text.parse().unwrap();
        flat(
            &bent("DEPOSE", |value| {
                value["event_time_utc"] = json!(at);
                value["event_time_paris"] = json!(at.legal_time().strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string());
            })
            .pdf,
        )
    };
    assert!(at("2026-10-25T00:30:00.000Z").contains("2 h 30 min 00 s (UTC+2)"));
    assert!(at("2026-10-25T01:30:00.000Z").contains("2 h 30 min 00 s (UTC+1)"));
}

#[test]
fn d06_foreign_text_is_bounded_and_comes_out_as_text() {
    let hostile = r##"#pagebreak() *x* $x^2$ #image("a.png") <lab> @ref `c` {phrase} §p §n"##;
    let text = flat(&bent("DEPOSE", |value| value["requerant"] = json!(hostile)).pdf);
    assert!(text.contains(hostile), "{text}");
    let hidden = "facture\u{202e}fdp\u{0}\u{200b}fin";
    let text = flat(&bent("DEPOSE", |value| value["dossier_ref"] = json!(hidden)).pdf);
    assert!(text.contains("facture⟨U+202E⟩fdp⟨U+0000⟩⟨U+200B⟩fin"), "{text}");
    for odd in ["مصباح", "โคมไฟ", "Z̷̢͎a̵͓l̴g̸o", "நிலா", "👨‍👩‍👧", "日本語", ""]
    {
        bent("DEPOSE", |value| value["issuer"]["etude"] = json!(odd));
    }
    let long = bent("DEPOSE", |value| {
        for place in ["/issuer/etude", "/requerant", "/dossier_ref", "/auth_method", "/actor_id", "/content/0/name"] {
            *value.pointer_mut(place).unwrap() = json!("A".repeat(100_000));
        }
    });
    let text = flat(&long.pdf);
    assert!(text.contains("coupé : 100000 caractères en tout"), "{text}");
    assert!(long.pages < 12, "{}", long.pages);
    qpdf_check(&long.pdf);
    let many = bent("DEPOSE", |value| {
        let one = value["content"][0].clone();
        value["content"] = json!(vec![one; 400]);
        value["reasons"] = json!([]);
    });
    assert!(many.pages <= 3 && flat(&many.pdf).contains("397 autres fichiers sont décrits"), "{}", many.pages);
}

#[test]
fn d06_what_does_not_hold_is_not_drawn() {
    let refused = |files: &Files| {
        let error = draw(files).unwrap_err();
        assert_eq!(error.code(), "report.receipt", "{error}");
        error.to_string()
    };
    let good = files(&record("DEPOSE"), &STAMPED);
    assert!(refused(&Files::new()).contains("preuve.json"));
    let with = |name: &str, octets: Vec<u8>| {
        let mut files = good.clone();
        files.insert(name.into(), octets);
        files
    };
    assert!(refused(&with("notes.txt", vec![])).contains("notes.txt"));
    assert!(refused(&with("donnees.json", vec![])).contains("donnees.json"));
    assert!(refused(&with("preuve.json.p7s", vec![0; (8 << 20) + 1])).contains("preuve.json.p7s"));
    let spaced = [b" ", &good["preuve.json"][..]].concat();
    assert!(refused(&with("preuve.json", spaced)).contains("receipt.canonical"));
    assert!(refused(&with("preuve.json", b"{}".to_vec())).contains("receipt."));
    let wrong: [(&str, Bend); 5] = [
        ("receipt.event", |value| value["event"]["uri"] = json!("http://uri.etsi.org/19522/Event/X")),
        // What would be the title is the record's own, and its event's.
        ("receipt.event", |value| value["event"]["libelle"] = json!("Jugement")),
        ("receipt.reasons", |value| value["reasons"] = json!(["AVIS_550"])),
        ("receipt.time", |value| value["event_time_paris"] = json!("2026-12-01T12:00:00.000+01:00")),
        ("receipt.field", |value| value["note"] = json!("de plus")),
    ];
    for (code, bend) in wrong {
        let mut value = record("DEPOSE");
        bend(&mut value);
        let told = refused(&files(&value, &STAMPED));
        assert!(told.contains(code), "{code}: {told}");
    }
}
