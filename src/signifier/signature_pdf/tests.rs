//! Row C04 on both storages: PDFs signed by the product's own signer with certificates that OpenSSL made, good and bad in each way, go
//! through the gate of the deposit.
#[path = "../../../sealer/tests/support/pdfs.rs"]
mod pdfs;
#[path = "../../../report/signification/tests/support/world.rs"]
mod world;

use std::fs;
use std::io::Read as _;
use std::sync::OnceLock;
use std::time::Duration;

use dossier::{Clock as _, FixedClock, Instant, Outcome, Sha256Digest};
use fixtures::lists::{ListKey, ListSigner, MadeList, MadeService, usage};
use fixtures::{Credential, Published};
use sealer::lists::import;
use sealer::pades::{PadesRequest, SignedPdf, sign};
use sealer::{HttpNetwork, Offline, SoftwareSigner};
use signification::acte::ActeState;
use signification::platform::{Manifeste, Platform};
use signification::projection::Views as _;
use signification::signature_acte::{Jugee, SIGNATURE_FILE, SIGNATURE_FORMAT, SignaturePdf};
use signification::{Id, Outils, SignificationError};
use world::{ACT, DigestSealer, Storage, World, officer};

use super::*;

crate::on_both_storages!(
    c04_a_qualified_signature_is_noted_and_the_act_goes_from_draft_to_sealed,
    c04_each_fault_is_refused_with_its_own_code_and_nothing_is_kept,
    c04_where_nothing_is_asked_the_same_faults_are_noted_and_told,
    c04_a_countersignature_and_what_checks_it_later_are_no_change,
    c04_without_a_judge_nothing_is_noted_and_what_is_asked_is_refused,
);

/// A PKI that answers, another one, and the trusted list that grants the officers of the first.
struct Bench {
    _folders: [tempfile::TempDir; 3],
    pki: Published,
    other: Published,
    anchors: TrustAnchors,
    now: Instant,
}

fn bench() -> &'static Bench {
    static BENCH: OnceLock<Bench> = OnceLock::new();
    BENCH.get_or_init(|| {
        let folders = [(); 3].map(|()| tempfile::tempdir().unwrap());
        let (pki, other) = (Published::start(folders[0].path()).unwrap(), Published::start(folders[1].path()).unwrap());
        let now = crate::clock::SystemClock::new().now();
        let signer = ListSigner::create(folders[2].path(), "nation", ListKey::P256).unwrap();
        let granted = MadeService::new("CA/QC", &pki.issuing_pem(), "granted", &usage("ForeSignatures"));
        let list = MadeList { services: vec![granted], ..MadeList::new("XA", 56) }.signed(&signer).unwrap();
        let pem = fs::read(&signer.certificate).unwrap();
        let kept = folders[2].path().join("listes");
        let made = import(&[("liste".into(), list)], &pem, &kept, false, now).unwrap();
        let anchors = TrustAnchors::from_folder(&pki.anchors_dir()).unwrap();
        let anchors = anchors.with_lists(Arc::new(KnownServices::of(made.snapshot)));
        Bench { _folders: folders, pki, other, anchors, now }
    })
}

impl Bench {
    fn judge(&self) -> PdfSignatures {
        let network = Box::new(HttpNetwork::with_deadline(Duration::from_secs(10)));
        PdfSignatures { anchors: self.anchors.clone(), network }
    }

    fn officer(&self) -> Credential {
        self.pki.officer("commissaire")
    }

    fn signed(&self, by: &Credential) -> Vec<u8> {
        self.signed_at(&plain(), "commissaire", by, self.now).octets
    }

    /// Signed at level B-B, by a clock that says `at`, trusting only what signs.
    fn signed_at(&self, pdf: &[u8], role: &str, by: &Credential, at: Instant) -> SignedPdf {
        let read = |path: &std::path::Path| fs::read_to_string(path).unwrap();
        let signer = SoftwareSigner::from_pem(&read(&by.key), read(&by.chain).as_bytes()).unwrap();
        let clock = FixedClock::new(at, Duration::ZERO);
        let means = Means {
            authorities: &[],
            network: &Offline,
            clock: &clock,
            random: &SystemRandom,
            anchors: &TrustAnchors::default(),
            told: &|_, _| {},
        };
        let request = PadesRequest {
            role,
            signer: &signer,
            level: SealLevel::BasicSignature,
            place: None,
            look: None,
            reserve: &[],
            name: None,
            reason: None,
            location: None,
            last: false,
            means,
        };
        sign(pdf, &request).unwrap()
    }

    /// Every fault: its name, the file, the motives wanted, the worst first.
    fn faults(&self) -> Vec<(&'static str, Vec<u8>, Vec<Refusal>)> {
        let good = self.signed(&self.officer());
        let mut altered = good.clone();
        let at = pdfs::find(&altered, b"page une");
        altered[at] = b'P';
        let drawn = "BT /F1 12 Tf 72 760 Td (Tout autre chose, ici) Tj ET";
        let redrawn = format!("<</Length {}>>\nstream\n{drawn}\nendstream", drawn.len());
        let appended = pdfs::appended(&good, &[(5, redrawn)]);
        let in_2024: Instant = "2024-06-01T10:00:00Z".parse().unwrap();
        let tomorrow = Instant::from_millisecond(self.now.as_millisecond() + 86_400_000).unwrap();
        let by = |credential: &Credential, at| self.signed_at(&plain(), "commissaire", credential, at).octets;
        use Refusal as R;
        vec![
            ("no PDF that can be followed", ACT.to_vec(), vec![R::PdfIllisible]),
            ("unsigned", plain(), vec![R::SignatureAbsente]),
            ("one octet changed", altered, vec![R::SignatureFausse]),
            ("a revision appended", appended, vec![R::ModifieApresSignature]),
            ("octets appended", [&good[..], b"x\n%%EOF\n"].concat(), vec![R::ModifieApresSignature]),
            ("revoked", self.signed(&self.pki.revoked_signer()), vec![R::CertificatRevoque, R::SignatureNonQualifiee]),
            ("expired", by(&self.pki.expired_signer(), in_2024), vec![R::CertificatExpire, R::SignatureNonQualifiee]),
            (
                "another root",
                self.signed(&self.other.officer("commissaire")),
                vec![R::ChaineInconnue, R::SignatureNonQualifiee],
            ),
            ("signed tomorrow", by(&self.officer(), tomorrow), vec![R::HeureDeSignature]),
            ("not qualified", self.signed(&self.pki.signer()), vec![R::SignatureNonQualifiee]),
        ]
    }
}

/// Two pages that say to be PDF/A, unsigned.
fn plain() -> Vec<u8> {
    let xmp = "<?xpacket begin=\"\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?><x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><pdfaid:part>3</pdfaid:part>\
               <pdfaid:conformance>B</pdfaid:conformance></x:xmpmeta><?xpacket end=\"w\"?>";
    let mut objects = pdfs::objects();
    objects[0].1 = objects[0].1.replace("/Lang", "/Metadata 16 0 R /Lang");
    objects.push((16, format!("<</Type /Metadata /Subtype /XML /Length {}>>\nstream\n{xmp}\nendstream", xmp.len())));
    pdfs::classic(&objects)
}

fn world(storage: Storage, asked: SignaturePdf) -> World<DigestSealer> {
    let mut world = World::on(storage, DigestSealer { deferred: false }, &bench().now.to_string());
    world.config.actes.signature_pdf = asked;
    world
}

fn with<'a>(platform: Platform<'a>, judge: &'a PdfSignatures) -> Platform<'a> {
    platform.avec(Outils { signature: Some(judge), ..Outils::default() }).unwrap()
}

fn consent(world: &World<DigestSealer>, platform: &Platform<'_>) -> Id {
    world.consent(platform, &world.declaration("isaline@essai.test"))
}

fn deposit(
    world: &World<DigestSealer>,
    platform: &Platform<'_>,
    consent: Id,
    pdf: &[u8],
) -> Result<Id, SignificationError> {
    fs::write(world.path("acte.pdf"), pdf).unwrap();
    platform.deposer(&officer(), &world.deposit(consent, "assignation")).map(|done| done.acte)
}

/// The only line of an operation, as its data and its outcome.
fn line(world: &World<DigestSealer>, op: &str) -> (serde_json::Value, Outcome) {
    let lines = world.lines();
    let mut found =
        lines.iter().map(|line| dossier::JournalEntry::from_line(line).unwrap()).filter(|e| e.op.as_str() == op);
    let entry = found.next().unwrap_or_else(|| panic!("no line {op}"));
    assert!(found.next().is_none(), "one line {op}");
    (entry.data.into(), entry.outcome)
}

fn c04_a_qualified_signature_is_noted_and_the_act_goes_from_draft_to_sealed(storage: Storage) {
    let (bench, world) = (bench(), world(storage, SignaturePdf::Exigee));
    let (judge, pdf) = (bench.judge(), bench.signed(&bench.officer()));
    let platform = with(world.make(), &judge);
    let consent = consent(&world, &platform);
    fs::write(world.path("acte.pdf"), &pdf).unwrap();
    let done = platform.deposer(&officer(), &world.deposit(consent, "assignation")).unwrap();
    let told = done.signature_pdf.unwrap();
    assert!(told.phrase.starts_with("Signature électronique qualifiée"), "{told:?}");
    let found = &told.constat;
    assert_eq!((found.signatures, &found.motifs[..], found.qualifiee), (1, &[][..], Some(true)), "{found:#?}");
    assert!(found.signataire.as_ref().unwrap().contains("Dominique Essai"), "{found:?}");
    assert_eq!((found.niveau.as_deref(), found.pdf_a.as_deref()), (Some("B-B"), Some("PDF/A-3b")));
    assert_eq!(found.declaree_le.unwrap().as_millisecond() / 1000, bench.now.as_millisecond() / 1000);

    let states: Vec<ActeState> =
        platform.suivi(done.acte).unwrap().lignes.iter().filter_map(|line| line.etat).collect();
    assert_eq!(states, [ActeState::Brouillon, ActeState::Signe, ActeState::Scelle]);
    let fil = platform.fil(done.acte).unwrap();
    assert!(fil.phrase.contains("Signature électronique qualifiée") && fil.signature_pdf.is_some(), "{}", fil.phrase);

    // The journal names nobody, and binds what the office's record keeps.
    let (data, outcome) = line(&world, "signification.preuve.signature");
    assert_eq!((outcome, &data["qualifiee"], &data["exigee"]), (Outcome::Ok, &true.into(), &true.into()));
    assert!(!world::contains(&world.journal(), "Dominique") && !world::contains(&world.journal(), "CN="));
    drop(platform);
    world.lose_tables();
    let platform = with(world.open(), &judge);
    let kept = platform.signature_pdf(done.acte).unwrap().unwrap();
    assert_eq!((&kept.constat, kept.format.as_str()), (&told.constat, SIGNATURE_FORMAT));
    assert_eq!((kept.pdf_sha256, kept.juge_le), (Sha256Digest::of(&pdf), bench.now));
    let octets = dossier::to_canonical(&kept).unwrap();
    assert_eq!(data["constat"], Sha256Digest::of(&octets).to_hex());

    // And the whole dossier shows it.
    let mut zip = Vec::new();
    platform.dossier_complet(&officer(), done.acte, b"", &mut zip).unwrap();
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(zip)).unwrap();
    let mut entry = |name: &str| {
        let mut octets = Vec::new();
        zip.by_name(name).unwrap().read_to_end(&mut octets).unwrap();
        octets
    };
    let shown = entry(SIGNATURE_FILE);
    assert_eq!(shown, octets);
    Manifeste::read(&entry("manifeste.json")).unwrap().controler(SIGNATURE_FILE, &shown).unwrap();
    assert_eq!(serde_json::from_slice::<Jugee>(&shown).unwrap(), kept);
}

fn c04_each_fault_is_refused_with_its_own_code_and_nothing_is_kept(storage: Storage) {
    let (bench, world) = (bench(), world(storage, SignaturePdf::Exigee));
    let judge = bench.judge();
    let platform = with(world.make(), &judge);
    let consent = consent(&world, &platform);
    for (what, pdf, wanted) in bench.faults() {
        let before = world.lines().len();
        let error = deposit(&world, &platform, consent, &pdf).unwrap_err();
        let wanted: Vec<&str> = wanted.iter().map(|motive| motive.code()).collect();
        let SignificationError::ActSignature { codes, .. } = &error else { panic!("{what}: {error}") };
        assert_eq!(*codes, wanted, "{what}: {error}");
        assert_eq!(error.code(), format!("signification.{}", wanted[0].to_lowercase()), "{what}");
        let message = crate::message::of(error.code());
        assert!(message.what.contains("PDF") || message.what.contains("signat"), "{what}: {}", message.what);
        let lines = world.lines();
        let last = dossier::JournalEntry::from_line(lines.last().unwrap()).unwrap();
        assert_eq!((lines.len(), last.op.as_str()), (before + 1, "signification.act.deposit_refused"), "{what}");
        assert_eq!(last.data["codes"], serde_json::json!(wanted), "{what}");
        assert!(
            platform.state().unwrap().acts.is_empty() && world::files(&world.store().join("coffre")).is_empty(),
            "{what}"
        );
    }
    // Without a list nothing says that it is qualified; without the authority nothing says that it is not revoked.
    let good = bench.signed(&bench.officer());
    let bare = PdfSignatures { anchors: TrustAnchors::from_folder(&bench.pki.anchors_dir()).unwrap(), ..bench.judge() };
    let alone = PdfSignatures { network: Box::new(Offline), ..bench.judge() };
    drop(platform);
    for (judge, code) in [(bare, "signification.qualification_inconnue"), (alone, "signification.revocation_inconnue")]
    {
        let platform = with(world.open(), &judge);
        assert_eq!(deposit(&world, &platform, consent, &good).unwrap_err().code(), code);
    }
}

fn c04_where_nothing_is_asked_the_same_faults_are_noted_and_told(storage: Storage) {
    let (bench, world) = (bench(), world(storage, SignaturePdf::Constatee));
    let judge = bench.judge();
    let platform = with(world.make(), &judge);
    let consent = consent(&world, &platform);
    for (what, pdf, wanted) in bench.faults() {
        let act = deposit(&world, &platform, consent, &pdf).unwrap();
        let kept = platform.signature_pdf(act).unwrap().unwrap();
        assert_eq!((kept.constat.motifs.clone(), kept.exigee), (wanted.clone(), false), "{what}");
        assert!(!kept.constat.remarques.is_empty(), "{what}: {kept:?}");
        let told = platform.suivi(act).unwrap().lignes;
        let phrase = signification::signature_acte::phrase(&wanted);
        assert!(told.iter().any(|line| line.libelle == phrase), "{what}: {phrase}");
        assert_eq!(platform.views().act(act).unwrap().state, ActeState::Scelle, "{what}");
    }
    drop(platform);
    // An authority that is asked and does not answer is told; one that answers leaves nothing to tell.
    let good = bench.signed(&bench.officer());
    let alone = PdfSignatures { network: Box::new(Offline), ..bench.judge() };
    for (judge, silent) in [(&alone, true), (&judge, false)] {
        let platform = with(world.open(), judge);
        let act = deposit(&world, &platform, consent, &good).unwrap();
        let told = platform.signature_pdf(act).unwrap().unwrap().constat.remarques;
        assert_eq!(told.iter().any(|line| line.contains("n'a pas été obtenu")), silent, "{told:?}");
    }
    assert!(world.verify().intact);
}

fn c04_a_countersignature_and_what_checks_it_later_are_no_change(storage: Storage) {
    let (bench, world) = (bench(), world(storage, SignaturePdf::Exigee));
    let judge = bench.judge();
    let platform = with(world.make(), &judge);
    let consent = consent(&world, &platform);
    let clerk = bench.signed_at(&plain(), "clerc", &bench.pki.signer(), bench.now).octets;
    let both = bench.signed_at(&clerk, "commissaire", &bench.officer(), bench.now).octets;
    let clock = FixedClock::new(bench.now, Duration::ZERO);
    let means = Means {
        authorities: &[],
        network: &HttpNetwork::with_deadline(Duration::from_secs(10)),
        clock: &clock,
        random: &SystemRandom,
        anchors: &bench.anchors,
        told: &|_, _| {},
    };
    let completed = pades::extend(&both, SealLevel::LongTerm, &means).unwrap().octets;
    assert!(completed.len() > both.len() && completed.starts_with(&both));
    for pdf in [both, completed] {
        let act = deposit(&world, &platform, consent, &pdf).unwrap();
        let found = platform.signature_pdf(act).unwrap().unwrap().constat;
        assert_eq!((found.signatures, found.qualifiee), (2, Some(true)), "{found:#?}");
        assert!(found.signataire.unwrap().contains("Dominique"), "the officer's, not the clerk's seal");
    }
}

fn c04_without_a_judge_nothing_is_noted_and_what_is_asked_is_refused(storage: Storage) {
    let asked = world(storage, SignaturePdf::Exigee);
    let platform = asked.make();
    let refused = consent(&asked, &platform);
    assert_eq!(deposit(&asked, &platform, refused, &plain()).unwrap_err().code(), "signification.config");
    assert!(platform.state().unwrap().acts.is_empty());
    let world = world(storage, SignaturePdf::Constatee);
    let platform = world.make();
    let consent = consent(&world, &platform);
    let act = deposit(&world, &platform, consent, ACT).unwrap();
    assert_eq!(platform.signature_pdf(act).unwrap(), None);
    assert!(!world::contains(&world.journal(), "preuve.signature"), "what was not looked at is not told");
}
