//! Service of an act for one recipient, through the command line: a real mail server, legal hours, receipt, journal.
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;

use super::mta::Mta;
use super::support::{Answer, Bench, text};

/// The binary at a chosen wall time (legal time of Paris): the service window depends on it.
pub(super) struct At<'a> {
    pub(super) bench: &'a Bench,
    pub(super) when: String,
    /// Seconds since `when`: each command runs a little later than the one before.
    pub(super) later: AtomicU32,
}

impl At<'_> {
    pub(super) fn run(&self, arguments: &[&str]) -> Answer {
        let store = self.bench.path("plateforme");
        let mut all = vec!["--json", "signifier", "--plateforme", text(&store)];
        all.extend_from_slice(arguments);
        let mut command = Command::new("faketime");
        let seconds = self.later.fetch_add(5, Ordering::Relaxed);
        let when = self.when.replace(":00:00", &format!(":{:02}:{:02}", seconds / 60, seconds % 60));
        command.args(["--exclude-monotonic", &when, env!("CARGO_BIN_EXE_constat")]).args(&all);
        command.env("CONSTAT_ETUDE", self.bench.path("etude.toml")).env("TZ", "Europe/Paris");
        Answer::from(command.output().expect("faketime is missing: run « make install »"))
    }

    pub(super) fn ok(&self, arguments: &[&str]) -> Value {
        self.run(arguments).expect(0).json()
    }
}

/// The Tuesday after next, so that no certificate made today is not yet valid, at `hour`.
pub(super) fn tuesday(hour: &str) -> String {
    let today = jiff::Zoned::now();
    let mut day = today.date().checked_add(jiff::Span::new().days(2)).unwrap();
    let closed =
        |d: jiff::civil::Date| ["01-01", "05-01", "07-14", "11-11"].contains(&d.strftime("%m-%d").to_string().as_str());
    while day.weekday() != jiff::civil::Weekday::Tuesday || closed(day) {
        day = day.tomorrow().unwrap();
    }
    format!("{day} {hour}")
}

pub(super) fn prepare(bench: &Bench, mta: &Mta, mail: &str) {
    let configuration = format!(
        "etude = \"Étude d'ESSAI\"\nresidence = \"Paris\"\ncontact_dpo = \"dpo@essai.test\"\nessai = true\n\
         [smtp]\nhote = \"127.0.0.1\"\nport = {}\nsecurite = \"aucune\"\nexpediteur = \"avis@essai.test\"\n\
         [analyse]\npolitique = \"admettre\"\n",
        mta.port
    );
    fs::write(bench.path("configuration.toml"), configuration).unwrap();
    let declaration = format!(
        "zone = \"metropole\"\n[personne]\ntype = \"physique\"\nnom = \"Martin\"\nprenoms = \"Chloé\"\n\
         date_naissance = \"1980-02-29\"\nlieu_naissance = \"Tours\"\ndomicile = \"4 rue des Lilas, 37000 Tours\"\n\
         courriel = \"{mail}\"\n[pieces]\nidentite = \"identite.pdf\"\ndomicile = \"domicile.pdf\"\n"
    );
    fs::write(bench.path("declaration.toml"), declaration).unwrap();
    for name in ["identite.pdf", "domicile.pdf", "acte.pdf"] {
        fs::write(bench.path(name), pdf(name)).unwrap();
    }
}

/// The smallest PDF that readers open, with `text` on its page.
fn pdf(text: &str) -> Vec<u8> {
    let content = format!("BT /F1 12 Tf 72 720 Td ({text} PROPOS CONFIDENTIELS) Tj ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>".to_owned(),
        format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut out = b"%PDF-1.4\n".to_vec();
    let mut offsets = Vec::new();
    for (i, object) in objects.iter().enumerate() {
        offsets.push(out.len());
        out.extend(format!("{} 0 obj\n{object}\nendobj\n", i + 1).into_bytes());
    }
    let start = out.len();
    out.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).into_bytes());
    for offset in offsets {
        out.extend(format!("{offset:010} 00000 n \n").into_bytes());
    }
    out.extend(
        format!("trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n", objects.len() + 1).into_bytes(),
    );
    out
}

fn secret_of(message: &[u8]) -> String {
    let message = String::from_utf8_lossy(message).replace("=\r\n", "").replace("=\n", "");
    let mut words = message.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_');
    words.rfind(|w| w.len() >= 32 && w.len() <= 64).expect("the invitation holds a secret").to_owned()
}

pub(super) fn consent(at: &At<'_>, mta: &Mta) -> String {
    let bench = at.bench;
    let created = at.ok(&["initialiser", text(&bench.path("configuration.toml"))]);
    let proposed = at.ok(&["proposer", "--dossier", "2026-0142"]);
    let id = proposed["consent"].as_str().unwrap().to_owned();
    at.ok(&["declarer", &id, text(&bench.path("declaration.toml"))]);
    at.ok(&["inviter", &id]);
    let secret = secret_of(&mta.delivered(1)[0]);
    let cgu = created["cgu_sha256"].as_str().unwrap().to_owned();
    let key = bench.path("destinataire.cle");
    at.ok(&["accepter", &id, "--jeton", &secret, "--cgu", &cgu, "--cle", text(&key)]);
    id
}

pub(super) fn deposit(at: &At<'_>, consent: &str) -> String {
    let act = at.bench.path("acte.pdf");
    let deposited = at.ok(&[
        "deposer",
        consent,
        text(&act),
        "--dossier",
        "2026-0142",
        "--nature",
        "assignation",
        "--requerant",
        "Boulangerie du Perche",
    ]);
    deposited["acte"].as_str().unwrap().to_owned()
}

#[test]
fn an_act_is_served_and_every_step_leaves_its_proof() {
    let bench = Bench::with_authorities(&[]);
    let mta = Mta::start(None);
    prepare(&bench, &mta, "chloe@essai.test");
    let at = At { bench: &bench, when: tuesday("10:00:00"), later: AtomicU32::new(0) };
    let consent = consent(&at, &mta);
    let act = deposit(&at, &consent);
    let sent = at.ok(&["envoyer", &act]);
    assert!(sent["envoye_le"].is_string() && sent["avis"]["accepted"] == true, "{sent}");
    let notice = String::from_utf8_lossy(&mta.delivered(2)[1]).into_owned();
    assert!(!notice.contains("CONFIDENTIELS") && !notice.contains("Boulangerie"), "{notice}");

    let key = bench.path("destinataire.cle");
    at.ok(&["consulter", &act, "--cle", text(&key)]);
    let out = bench.path("recu");
    let received = at.ok(&["telecharger", &act, "--cle", text(&key), "--vers", text(&out)]);
    assert_eq!(fs::read(out.join(format!("acte-{act}.pdf"))).unwrap(), pdf("acte.pdf"), "bit for bit");
    let folder = bench.path("recepisses");
    let listed = at.ok(&["recepisses", &act, "--vers", text(&folder)]);
    let all = listed["recepisses"].as_array().unwrap();
    assert!(all.iter().any(|one| one["recepisse"] == received["recepisse"]), "{listed}");
    for one in all {
        at.run(&["verifier-recepisse", one["dossier"].as_str().unwrap()]).expect(0);
    }
    let receipt = all[0]["dossier"].as_str().unwrap();
    assert_eq!(at.ok(&["verifier-journal"])["intact"], true);
    let timeline = at.ok(&["suivi", &act]);
    assert!(timeline["lignes"].as_array().unwrap().len() >= 6, "{timeline}");
    nothing_in_clear(&bench.path("plateforme"));

    // One bit of the receipt, and it no longer verifies.
    let evidence = Path::new(receipt).join("preuve.json");
    let mut bytes = fs::read(&evidence).unwrap();
    let at_bit = bytes.len() / 2;
    bytes[at_bit] ^= 1;
    fs::write(&evidence, bytes).unwrap();
    assert_ne!(at.run(&["verifier-recepisse", receipt]).code, 0);
}

/// Neither the act nor the person stands in clear anywhere in the store.
fn nothing_in_clear(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            nothing_in_clear(&path);
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        for secret in [&b"CONFIDENTIELS"[..], b"Martin", b"rue des Lilas", b"chloe@essai.test"] {
            assert!(
                !bytes.windows(secret.len()).any(|w| w == secret),
                "{} in {}",
                String::from_utf8_lossy(secret),
                path.display()
            );
        }
    }
}

#[test]
fn outside_legal_hours_a_sending_is_refused_or_scheduled() {
    let bench = Bench::with_authorities(&[]);
    let mta = Mta::start(None);
    prepare(&bench, &mta, "chloe@essai.test");
    let day = At { bench: &bench, when: tuesday("10:00:00"), later: AtomicU32::new(0) };
    let consent = consent(&day, &mta);
    let act = deposit(&day, &consent);
    let night = At { bench: &bench, when: tuesday("22:00:00"), later: AtomicU32::new(0) };
    night.run(&["envoyer", &act]).expect_error(1, "signification.window_closed");
    let scheduled = night.ok(&["envoyer", &act, "--programmer"]);
    assert!(scheduled["programme_pour"].is_string(), "{scheduled}");
    assert_eq!(mta.delivered(1).len(), 1, "no notice leaves at night");
}

#[test]
fn a_refused_mailbox_is_told_and_the_help_states_the_legal_standing() {
    let bench = Bench::with_authorities(&[]);
    let mta = Mta::start(None);
    prepare(&bench, &mta, "refus@essai.test");
    let at = At { bench: &bench, when: tuesday("10:00:00"), later: AtomicU32::new(0) };
    at.ok(&["initialiser", text(&bench.path("configuration.toml"))]);
    let id = at.ok(&["proposer", "--dossier", "2026-0142"])["consent"].as_str().unwrap().to_owned();
    at.ok(&["declarer", &id, text(&bench.path("declaration.toml"))]);
    let answer = at.run(&["inviter", &id]);
    assert_ne!(answer.code, 0);
    assert!(answer.stderr.contains("erreur [signification."), "{}", answer.stderr);
    let help = bench.run(&["signifier", "--help"]).expect(0);
    assert!(help.stdout.contains("748-6"), "{}", help.stdout);
}
