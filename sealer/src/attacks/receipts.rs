//! Receipts and certificates of erasure, good and false: each vector with its verdict and its codes (rows D06, E04, E08, F05).
mod judged;

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dossier::merkle::{inclusion, leaf_hash, root};
use dossier::{Digests, Instant, JournalEntry, Operation, Outcome, Sha256Digest};
use serde_json::{Value, json};

use super::ca::{Identity, Plan, authority, certify, later, seal, unit};
use super::past::World;
use crate::cms::{self, SealParts};
use crate::{
    DocumentFate, ReceiptVerification, TrustAnchors, Verdict, is_receipt, pack_receipt, receipt_lines, verify_receipt,
};

pub(super) const ACT: &[u8] = b"%PDF-1.7\nacte a signifier\n%%EOF\n";
pub(super) const PREUVE: &str = "preuve.json";
pub(super) const ID: &str = "019aa5b0-0000-7000-8000-000000000001";
const CONSENT: &str = "019aa5b0-0000-7000-8000-000000000002";
pub(super) const ACTE: &str = "019aa5b0-0000-7000-8000-000000000003";

/// When all this takes place: one instant, so that the texts are the same on every run.
pub(super) fn now() -> Instant {
    "2026-11-21T09:12:03.045Z".parse().unwrap()
}

pub(super) fn plan(name: &'static str, serial: u64, extensions: Vec<Vec<u8>>) -> Plan {
    Plan { name, serial, from: later(now(), -400), to: later(now(), 400), extensions }
}

pub(super) type Files = BTreeMap<String, Vec<u8>>;

/// A vector: its files, when and with which roots it is judged, and what must come out.
pub(super) struct Vector {
    pub(super) name: &'static str,
    pub(super) files: Files,
    pub(super) at: Instant,
    pub(super) roots: Vec<Vec<u8>>,
    pub(super) verdict: Verdict,
    pub(super) codes: Vec<&'static str>,
}

impl Vector {
    pub(super) fn judged(&self) -> ReceiptVerification {
        let folder = tempfile::tempdir().unwrap();
        let zip = folder.path().join("recepisse.zip");
        std::fs::write(&zip, pack_receipt(&self.files).unwrap()).unwrap();
        let told = verify_receipt(&zip, &self.anchors(), self.at);
        // A folder of the same files is judged alike.
        let open = folder.path().join("recepisse");
        std::fs::create_dir(&open).unwrap();
        for (name, octets) in &self.files {
            std::fs::write(open.join(name), octets).unwrap();
        }
        assert_eq!(verify_receipt(&open, &self.anchors(), self.at), told, "{}", self.name);
        told
    }

    fn anchors(&self) -> TrustAnchors {
        TrustAnchors::of(self.roots.iter().map(|der| crate::x509::Certificate::parse(der).unwrap()).collect())
    }
}

pub(super) fn bytes(value: &Value) -> Vec<u8> {
    dossier::canonical_bytes(value).unwrap()
}

/// A receipt of downloading, as the signification module writes it.
pub(super) fn receipt(at: Instant) -> Value {
    let act = Digests::of(ACT);
    let zeros = "0".repeat(64);
    json!({
        "version": "constat-preuve/1", "essai": false, "evidence_id": ID,
        "event": {"uri": "http://uri.etsi.org/19522/Event/ContentHandover", "nom": "TELECHARGE", "libelle": "Avis de réception"},
        "event_time_utc": at, "event_time_paris": at.legal_time().strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string(),
        "submission_time": later(at, -1), "reasons": [], "policy": {"version": "2026-11", "sha256": zeros},
        "issuer": {"etude": "Étude Untel", "residence": "Paris"}, "actor_role": "destinataire", "actor_id": CONSENT,
        "act_signer": zeros, "act_signature_level": "avancee",
        "recipient": {"id": CONSENT, "identification": "france_connect"}, "auth_method": "cle-age-x25519", "auth_time": at,
        "message_id": null, "act_id": ACTE, "dossier_ref": "2026-0142",
        "content": [{"name": format!("acte-{ACTE}.pdf"), "type": "application/pdf", "size": act.bytes, "sha256": act.sha256, "sha512": act.sha512}],
        "nature_acte": "assignation", "requerant": "Banque Requérante", "consent_ref": CONSENT, "consent_basis": "748-2",
        "qualification": "A_DOMICILE", "journal": {"seq": 12, "entry_hash": zeros, "prev_hash": zeros},
    })
}

/// A certificate of erasure, as the signification module writes it.
fn erasure(at: Instant) -> Value {
    let zeros = "0".repeat(64);
    json!({
        "version": "constat-effacement/1", "essai": false, "certificate_id": ID, "pseudonym": CONSENT, "motif": "RESILIATION",
        "demande_recue_le": later(at, -65), "fin_le": later(at, -61), "efface_le": at,
        "efface_le_paris": at.legal_time().strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string(),
        "items": [{"nature": "acte", "id": ACTE, "sha256": Sha256Digest::of(ACT)}, {"nature": "cle", "id": CONSENT, "sha256": null}],
        "methode": "fichiers chiffrés, réécrits de zéros, retirés du disque.", "issuer": {"etude": "Étude Untel", "residence": "Paris"},
        "journal": {"seq": 40, "entry_hash": zeros, "prev_hash": zeros},
    })
}

/// A pen: who signs, with his chain.
pub(super) struct Pen<'a> {
    pub(super) signer: &'a Identity,
    pub(super) chain: Vec<crate::x509::Certificate>,
}

impl Pen<'_> {
    pub(super) fn sign(&self, content: &[u8], at: Instant) -> Vec<u8> {
        let attributes = cms::signed_attributes(content, &self.signer.certificate, Some(at));
        let signature = self.signer.sign(&attributes);
        cms::wrap(&SealParts { chain: &self.chain, attributes: &attributes, signature: &signature }, None)
    }
}

/// What the vectors are made with.
pub(super) struct Bench {
    pub(super) world: World,
    pub(super) at: Instant,
}

impl Bench {
    pub(super) fn new() -> Self {
        let root = certify(&plan("ESSAI racine", 1, authority(None)), None);
        let issuing = certify(&plan("ESSAI émettrice", 2, authority(Some(0))), Some(&root));
        let signer = certify(&plan("ESSAI sceau", 3, seal()), Some(&issuing));
        let unit = certify(&plan("ESSAI horodatage", 4, unit(true)), Some(&root));
        let mut world = World { now: now(), root, issuing, signer, unit, states: Vec::new(), stamped: true };
        world.states = vec![world.crl_of(&world.issuing, &[]), world.crl_of(&world.root, &[])];
        Self { at: world.now, world }
    }

    pub(super) fn pen(&self) -> Pen<'_> {
        Pen { signer: &self.world.signer, chain: self.world.chain() }
    }

    pub(super) fn token(&self, data: &[u8], at: Instant) -> Vec<u8> {
        self.world.unit.token(data, at, &[&self.world.root])
    }

    pub(super) fn states(&self, states: &[Vec<u8>]) -> Vec<u8> {
        let list = |all: Vec<Vec<u8>>| all.iter().map(|octets| STANDARD.encode(octets)).collect::<Vec<_>>();
        let certificates = self.world.chain().iter().map(|c| c.der().to_vec()).collect();
        bytes(&json!({"format": "constat-etats/1", "certificats": list(certificates), "etats": list(states.to_vec())}))
    }

    /// Signed octets with a signature, a token and the states of the certificates.
    pub(super) fn files(&self, name: &str, value: &Value) -> Files {
        let octets = bytes(value);
        let p7s = self.pen().sign(&octets, self.at);
        let tst = self.token(&octets, self.at);
        let files = [("", octets), (".p7s", p7s), (".tst", tst), (".etats", self.states(&self.world.states))];
        files.into_iter().map(|(end, octets)| (format!("{name}{end}"), octets)).collect()
    }

    fn good(&self) -> Files {
        let mut files = self.files(PREUVE, &receipt(self.at));
        files.insert(format!("acte-{ACTE}.pdf"), ACT.to_vec());
        files
    }

    /// The checkpoint of a journal whose third line announces these octets under `id`.
    fn point(&self, octets: &[u8], id: &str, bend: impl Fn(&mut Value)) -> Vec<u8> {
        let mut prev = Sha256Digest::from_bytes([0; 32]);
        let mut lines = Vec::new();
        for seq in 0..5 {
            let data = json!({"receipt": id, "digests": Digests::of(octets), "seq": seq});
            let Value::Object(data) = data else { unreachable!() };
            let op = Operation::parse(if seq == 3 { "signification.receipt.made" } else { "signification.act.sealed" })
                .unwrap();
            let entry = JournalEntry { seq, at: self.at, mono_us: seq, op, outcome: Outcome::Ok, data, prev };
            let line = entry.to_line().unwrap();
            prev = Sha256Digest::of(&line);
            lines.push(line);
        }
        let leaves: Vec<_> = lines.iter().map(|line| leaf_hash(line)).collect();
        let text = format!("constat/signification/essai\n5\n{}\n", STANDARD.encode(root(&leaves)));
        let way: Vec<String> = inclusion(&leaves, 3).iter().map(hex::encode).collect();
        let mut value = json!({
            "format": "constat-extrait/1",
            "lignes": [{"ligne": String::from_utf8(lines[3].clone()).unwrap(), "rang": 3, "chemin": way}],
            "point": {
                "texte": text, "signature": STANDARD.encode(self.pen().sign(text.as_bytes(), self.at)),
                "jeton": STANDARD.encode(self.token(text.as_bytes(), self.at)),
            },
        });
        bend(&mut value);
        bytes(&value)
    }

    fn pointed(&self, id: &str, bend: impl Fn(&mut Value)) -> Files {
        let mut files = self.good();
        files.remove("preuve.json.tst");
        let point = self.point(&files[PREUVE], id, bend);
        files.insert("preuve.json.point".into(), point);
        files
    }

    /// The same receipt with something changed before it is signed.
    fn bent(&self, bend: impl Fn(&mut Value)) -> Files {
        let mut value = receipt(self.at);
        bend(&mut value);
        let mut files = self.files(PREUVE, &value);
        files.insert(format!("acte-{ACTE}.pdf"), ACT.to_vec());
        files
    }
}

/// What a good receipt with its act gives, beside its own codes.
const GOOD: [&str; 2] = ["seal.level", "receipt.document_same"];

/// Every vector.
pub(super) fn vectors() -> Vec<Vector> {
    let bench = Bench::new();
    let mut all = good_ones(&bench);
    all.extend(forged(&bench));
    all.extend(forged_points(&bench));
    all.extend(bad_forms(&bench));
    all.extend(dated(&bench));
    all
}

fn vector(bench: &Bench, name: &'static str, files: Files, verdict: Verdict, codes: &[&'static str]) -> Vector {
    let roots = vec![bench.world.root.certificate.der().to_vec()];
    let codes = codes.iter().copied().chain(["trust.essai"]).collect();
    Vector { name, files, at: later(bench.at, 1), roots, verdict, codes }
}

fn good_ones(bench: &Bench) -> Vec<Vector> {
    let pass = |name, files, codes: &[&'static str]| vector(bench, name, files, Verdict::Pass, codes);
    let mut absent = bench.good();
    absent.remove(&format!("acte-{ACTE}.pdf"));
    let mut renamed = bench.good();
    let act = renamed.remove(&format!("acte-{ACTE}.pdf")).unwrap();
    renamed.insert("recu.pdf".into(), act);
    renamed.insert("recu.pdf.p7s".into(), b"signature de l'acte".to_vec());
    let mut stray = bench.good();
    stray.insert("notes.txt".into(), b"lu par moi".to_vec());
    let sheet = b"{}".to_vec();
    let mut told = bench.bent(|value| value["procedure"] = json!(Sha256Digest::of(b"{}")));
    let lone = told.clone();
    told.insert("procedure.json".into(), sheet);
    vec![
        pass("jeton", bench.good(), &GOOD),
        pass("point", bench.pointed(ID, |_| {}), &GOOD),
        pass("sans-document", absent, &["seal.level", "receipt.document_absent"]),
        pass("document-renomme", renamed, &GOOD),
        pass("fichier-de-plus", stray, &["seal.level", "receipt.document_same", "receipt.stray"]),
        pass("effacement", bench.files("effacement.json", &erasure(bench.at)), &["seal.level"]),
        pass("procedure", told, &GOOD),
        pass("procedure-absente", lone, &["seal.level", "receipt.document_same", "receipt.procedure_absent"]),
    ]
}

fn forged(bench: &Bench) -> Vec<Vector> {
    let fail = |name, files, codes: &[&'static str]| vector(bench, name, files, Verdict::Fail, codes);
    let swap = |name: &str, octets: Vec<u8>| {
        let mut files = bench.good();
        files.insert(name.into(), octets);
        files
    };
    let mut other = receipt(bench.at);
    other["dossier_ref"] = json!("2026-9999");
    let octets = bytes(&other);
    let mut another = bench.good();
    another.insert(format!("acte-{ACTE}.pdf"), b"%PDF-1.7\nautre\n%%EOF\n".to_vec());
    let mut changed = fail(
        "empreinte-changee",
        swap(PREUVE, octets.clone()),
        &["cms.message_digest", "time.imprint", "receipt.document_same"],
    );
    // Neither a signer nor an authority is known of it.
    changed.codes.pop();
    let signature = swap("preuve.json.p7s", bench.pen().sign(&octets, bench.at));
    let stranger = certify(&plan("ESSAI inconnu", 9, seal()), None);
    let by_stranger = Pen { signer: &stranger, chain: vec![stranger.certificate.clone()] };
    let by_stranger = swap("preuve.json.p7s", by_stranger.sign(&bytes(&receipt(bench.at)), bench.at));
    vec![
        changed,
        fail("signature-d-un-autre-recepisse", signature, &["cms.message_digest", "receipt.document_same"]),
        vector(
            bench,
            "signataire-inconnu",
            by_stranger,
            Verdict::Indeterminate,
            &["trust.no_chain", "receipt.document_same"],
        ),
        fail(
            "jeton-d-un-autre",
            swap("preuve.json.tst", bench.token(&octets, bench.at)),
            &["time.imprint", "seal.level", "receipt.document_same"],
        ),
        fail("autre-document", another, &["seal.level", "receipt.document"]),
        fail(
            "etats-illisibles",
            swap("preuve.json.etats", b"{}".to_vec()),
            &[
                "receipt.states",
                "revocation.missing",
                "revocation.missing",
                "revocation.no_source",
                "seal.level",
                "receipt.document_same",
            ],
        ),
    ]
}

/// Checkpoints that do not date the receipt they are with.
fn forged_points(bench: &Bench) -> Vec<Vector> {
    let fail = |name, files, codes: &[&'static str]| vector(bench, name, files, Verdict::Fail, codes);
    let bent_way = bench.pointed(ID, |value| value["lignes"][0]["chemin"][0] = json!("1".repeat(64)));
    let bent_text = bench.pointed(ID, |value| {
        let text = value["point"]["texte"].as_str().unwrap().replace("\n5\n", "\n6\n");
        value["point"]["texte"] = json!(text);
    });
    let no_way = bench.pointed(ID, |value| value["lignes"] = json!([]));
    vec![
        fail("point-sans-inclusion", bent_way, &["point.inclusion", "seal.level", "receipt.document_same"]),
        // The way of that line is the same under five lines and under six: the signature is what tells.
        fail("point-d-une-autre-tete", bent_text, &["cms.message_digest", "seal.level", "receipt.document_same"]),
        fail("point-sans-ligne", no_way, &["point.format", "seal.level", "receipt.document_same"]),
        fail(
            "point-d-un-autre",
            bench.pointed(CONSENT, |_| {}),
            &["receipt.point", "seal.level", "receipt.document_same"],
        ),
    ]
}

fn bad_forms(bench: &Bench) -> Vec<Vector> {
    let fail = |name, files, codes: &[&'static str]| vector(bench, name, files, Verdict::Fail, codes);
    let mut spaced = bench.good();
    let octets = [b" ", &spaced[PREUVE][..]].concat();
    spaced.insert(PREUVE.into(), octets.clone());
    spaced.insert("preuve.json.p7s".into(), bench.pen().sign(&octets, bench.at));
    spaced.insert("preuve.json.tst".into(), bench.token(&octets, bench.at));
    let mut both = bench.good();
    both.extend(bench.files("effacement.json", &erasure(bench.at)));
    let mut both = fail("les-deux", both, &["receipt.absent"]);
    both.codes.pop();
    let bent = |name, code, bend: &dyn Fn(&mut Value)| fail(name, bench.bent(bend), &[code, "seal.level"]);
    let read = |name, code, bend: &dyn Fn(&mut Value)| {
        fail(name, bench.bent(bend), &[code, "seal.level", "receipt.document_same"])
    };
    vec![
        fail("forme-non-canonique", spaced, &["receipt.canonical", "seal.level"]),
        both,
        bent("champ-inconnu", "receipt.field", &|value| value["note"] = json!("de plus")),
        bent("champ-manquant", "receipt.field", &|value| drop(value.as_object_mut().unwrap().remove("journal"))),
        bent("identifiant-faux", "receipt.field", &|value| value["consent_ref"] = json!("jean-dupont")),
        bent("autre-version", "receipt.format", &|value| value["version"] = json!("constat-preuve/2")),
        read("evenement-inconnu", "receipt.event", &|value| {
            value["event"]["uri"] = json!("http://uri.etsi.org/19522/Event/X")
        }),
        read("nom-d-un-autre-evenement", "receipt.event", &|value| value["event"]["nom"] = json!("ENVOYE")),
        read("motif-de-trop", "receipt.reasons", &|value| value["reasons"] = json!(["AVIS_550"])),
        read("deux-heures", "receipt.time", &|value| {
            value["event_time_paris"] = json!("2026-11-21T12:00:00.000+01:00")
        }),
        read("fait-apres-la-signature", "clock.order", &|value| {
            let at = later(bench.at, 2);
            value["event_time_utc"] = json!(at);
            value["event_time_paris"] = json!(at.legal_time().strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string());
        }),
    ]
    .into_iter()
    .map(|mut vector| {
        // The order of the hours is told last of all that the signature says.
        if vector.name == "fait-apres-la-signature" {
            vector.codes = vec!["seal.level", "clock.order", "receipt.document_same", "trust.essai"];
        }
        vector
    })
    .collect()
}

fn dated(bench: &Bench) -> Vec<Vector> {
    let at = bench.at;
    let without = |names: &[&str]| {
        let mut files = bench.good();
        names.iter().for_each(|name| drop(files.remove(*name)));
        files
    };
    let revoked = bench.world.crl_of(&bench.world.issuing, &[(&bench.world.signer, later(at, -5), None)]);
    let mut ended = bench.good();
    ended.insert("preuve.json.etats".into(), bench.states(&[revoked, bench.world.crl_of(&bench.world.root, &[])]));
    let missing = ["revocation.missing", "revocation.missing", "revocation.no_source"];
    let no_states: Vec<&str> = missing.into_iter().chain(GOOD).collect();
    let deferred = ["receipt.timestamp_deferred", "seal.level", "receipt.document_same"];
    let mut all = vec![
        vector(
            bench,
            "sans-signature",
            without(&["preuve.json.p7s"]),
            Verdict::Fail,
            &["receipt.unsigned", "receipt.document_same"],
        ),
        vector(bench, "sans-date", without(&["preuve.json.tst"]), Verdict::Indeterminate, &deferred),
        vector(bench, "sans-etats", without(&["preuve.json.etats"]), Verdict::Indeterminate, &no_states),
        vector(
            bench,
            "revoque-avant",
            ended,
            Verdict::Fail,
            &["revocation.revoked", "seal.level", "receipt.document_same"],
        ),
    ];
    let mut no_root = vector(
        bench,
        "sans-racine",
        bench.good(),
        Verdict::Indeterminate,
        &["time.no_chain", "trust.no_chain", "receipt.document_same"],
    );
    no_root.roots.clear();
    all.push(no_root);
    let jumped = |name, files, verdict, codes: &[&'static str]| Vector {
        at: later(at, 730),
        ..vector(bench, name, files, verdict, codes)
    };
    let expired = ["receipt.timestamp_deferred", "trust.out_of_bounds_no_poe", "receipt.document_same"];
    all.push(jumped("expire-sans-date", without(&["preuve.json.tst"]), Verdict::Indeterminate, &expired));
    let authority_over = ["time.authority_expired", "seal.level", "receipt.document_same"];
    all.push(jumped("autorite-expiree", bench.good(), Verdict::Indeterminate, &authority_over));
    let long = long_lived();
    all.push(Vector { at: later(at, 730), ..vector(&long, "expire-mais-date", long.good(), Verdict::Pass, &GOOD) });
    all
}

/// The certificate of the signer expires in four hundred days, those of the authority of time and of the root do not.
fn long_lived() -> Bench {
    let mut world = Bench::new().world;
    let lasting = |name, serial, extensions| Plan { to: later(world.now, 4000), ..plan(name, serial, extensions) };
    let root = certify(&lasting("ESSAI racine", 1, authority(None)), None);
    world.unit = certify(&lasting("ESSAI horodatage", 4, unit(true)), Some(&root));
    world.root = root;
    world.states = vec![world.crl_of(&world.issuing, &[]), world.crl_of(&world.root, &[])];
    Bench { at: world.now, world }
}
