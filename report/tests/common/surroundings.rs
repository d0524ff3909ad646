//! What surrounds the journal in the made-up dossier: parties, missing things, seal, conformity.
use dossier::{
    ArtefactPath, Case, IncompletePage, Incompleteness, Missing, MissingReason, Officier, Operation, Outcome, Qualite,
    Reconciliation, Reference, Requerant, Sha256Digest, Unmatched, UnmatchedClass, op,
};
use norms::{
    AixState, Conformity, Counts, Duty, ExigenceId, ManifestLink, NormRef, PhaseId, Proof, Row, Status, StatusKind,
};
use report::{BundleFacts, SealFacts, TimestampFact};
use serde_json::{Value, json};

use super::{Plan, at};

pub(super) fn case(parties: bool) -> Case {
    let officier = Officier {
        nom: "Martin-Delorme".into(),
        prenoms: "Hélène".into(),
        qualite: Qualite::CommissaireDeJustice,
        etude: "SELARL Martin-Delorme & Associés".into(),
        residence: "Lyon".into(),
        adresse: "12 rue de la République, 69002 Lyon".into(),
    };
    let requerant = Requerant::Morale {
        denomination: "Atelier Lumière".into(),
        forme: "société par actions simplifiée au capital de 40 000 euros".into(),
        siege: "3 quai Saint-Antoine, 69002 Lyon".into(),
        representant: "son président, M. Paul Renaud".into(),
        siren: Some("732 829 320".into()),
    };
    Case {
        reference: Reference::new("2026-0142").unwrap(),
        objet: parties.then(|| "constater l'offre en vente d'une lampe sur un site internet".to_owned()),
        requerant: parties.then_some(requerant),
        officier: parties.then_some(officier),
        lieu: parties.then(|| "en l'étude, 12 rue de la République, 69002 Lyon".to_owned()),
        presents: Vec::new(),
    }
}

pub(super) fn incompleteness(plan: &Plan) -> Incompleteness {
    let missing = |i: usize| Missing {
        url: format!("https://cdn.example/medias/{i:03}/video.mp4?jeton=4f2a"),
        reason: if i.is_multiple_of(2) { MissingReason::Truncated } else { MissingReason::Pending },
        detail: None,
        bytes_received: Some(104_857_600),
        bytes_stored: 52_428_800,
    };
    let missing: Vec<Missing> = (0..plan.missing).map(missing).collect();
    Incompleteness {
        requests_seen: 84,
        exchanges_stored: 81,
        messages_unparsed: 0,
        pages: vec![IncompletePage { step: Some(2), page: Some(plan.url.clone()), missing }],
        never_recorded: vec!["Le contenu des échanges WebSocket n'est pas enregistré.".into()],
        reconciliations: if plan.missing > 0 { vec![apart()] } else { Vec::new() },
    }
}

/// The accounts of a browser, which agree on all requests but two.
fn apart() -> Reconciliation {
    let unmatched = |class, url: &str, why: &str| Unmatched {
        class,
        method: "GET".into(),
        url: url.into(),
        count: 1,
        why: why.into(),
        status: None,
        error: None,
        bytes: None,
    };
    let alone = "demandée par le navigateur lui-même, hors de toute page ; envoyée";
    let cached = "réponse du navigateur lui-même, sans le réseau (memory cache)";
    Reconciliation {
        browser: 1,
        requests_cdp: 84,
        requests_netlog: Some(84),
        exchanges_stored: 81,
        matched: 83,
        only_netlog: 1,
        only_netlog_sent: 1,
        only_cdp: 1,
        unmatched: vec![
            unmatched(UnmatchedClass::OnlyNetlog, "https://www.example/favicon.ico", alone),
            unmatched(UnmatchedClass::OnlyCdp, "https://www.example/logo.png", cached),
        ],
        report: Some(ArtefactPath::new("net/rapprochement.json").unwrap()),
        ..Reconciliation::default()
    }
}

pub(super) fn bundle(plan: &Plan) -> BundleFacts {
    let token = TimestampFact {
        authority: "Autorité d'horodatage d'essai 1".into(),
        gen_time: at("2026-11-21T09:13:30Z"),
        serial: "04a1".into(),
        policy: "1.2.3.4.1".into(),
    };
    BundleFacts {
        file_name: "2026-0142.asice".into(),
        bytes: 1_234_567,
        sha256: Sha256Digest::of(b"the bundle"),
        seal: Some(SealFacts {
            signer: "CN=SELARL Martin-Delorme & Associés, O=Étude, C=FR".into(),
            certificate_serial: Some("5e31".into()),
            timestamps: if plan.timestamped { vec![token] } else { Vec::new() },
            essai: plan.essai,
        }),
        verdict: Some("PASS : toutes les empreintes, la signature et le jeton ont été vérifiés".into()),
        findings: Vec::new(),
    }
}

pub(super) fn conformity() -> Conformity {
    let row = |id: &str, titre: &str, duty: Duty, status: Status| Row {
        id: ExigenceId::parse(id).unwrap(),
        phase: PhaseId::parse("ops").unwrap(),
        duty,
        titre: titre.into(),
        status,
    };
    let proof = |line: u64| vec![Proof { lines: vec![line], evidence: None, sentence: "mesuré".into() }];
    let rows = vec![
        row("Z67-OPS-03", "Absence de serveur mandataire", Duty::Bloquant, Status::Met { proofs: proof(14) }),
        row(
            "Z67-OPS-05",
            "Absence de réseau privé virtuel",
            Duty::Justifier,
            Status::Deviation { proofs: proof(15), why: "une interface de tunnel est présente : tun0".into() },
        ),
        row(
            "Z67-PRE-10",
            "Adresses IP locale et publique",
            Duty::Bloquant,
            Status::NotMet { why: "l'adresse publique n'a pas été relevée".into() },
        ),
        row("Z67-PRE-16", "Lieu des opérations", Duty::Justifier, Status::Declared { proofs: proof(20) }),
    ];
    let aix = |libelle: &str, id: &str, status| AixState {
        libelle: libelle.into(),
        exigence: ExigenceId::parse(id).unwrap(),
        status,
    };
    Conformity {
        norm: NormRef {
            id: "NF Z67-147".into(),
            titre: "Mode opératoire de procès-verbal de constat sur internet".into(),
            formule: "selon les recommandations de la norme NF Z67-147".into(),
            edition: "septembre 2010".into(),
            data_sha256: Sha256Digest::of(b"rules").to_hex(),
        },
        manifest: ManifestLink::Agrees,
        counts: Counts::of(&rows),
        aix: vec![
            aix("adresse IP", "Z67-PRE-10", StatusKind::NotMet),
            aix("serveur mandataire", "Z67-OPS-03", StatusKind::Met),
        ],
        phases: vec![(PhaseId::parse("ops").unwrap(), "Opérations préalables".into())],
        rows,
    }
}

/// What is measured of the machine and of the browser; a telephone changes what the browser says and shows.
pub(super) fn machine_measures(telephone: bool) -> Vec<(Operation, Outcome, Value)> {
    let sha = Sha256Digest::of(b"x");
    let (mut width, mut height, mut scale) = (1280, 800, 100);
    let mut agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36";
    if telephone {
        (width, height, scale) = (390, 844, 300);
        agent = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/156.0.0.0 Mobile Safari/537.36";
    }
    let mut measures = vec![
        (
            op::MEASURE_CLOCK,
            Outcome::Ok,
            json!({"phase": "start", "offset_us": 12_000, "synchronised": true, "how": "NTP",
            "sources": [{"name": "ntp.example", "offset_us": 12_000, "delay_us": 8_000}]}),
        ),
        (
            op::MEASURE_MACHINE,
            Outcome::Ok,
            json!({"maker": "Dell Inc.", "model": "Latitude 7440", "serial": "7XK2M44",
            "processor": "Intel Core i7-1365U", "memory_bytes": 33_554_432_000_i64, "how": "/sys/class/dmi/id"}),
        ),
        (
            op::MEASURE_SYSTEM,
            Outcome::Ok,
            json!({"name": "Debian GNU/Linux", "version": "12 (bookworm)", "kernel": "6.1.0-26-amd64",
            "last_update": "2026-11-20", "how": "/etc/os-release"}),
        ),
        (
            op::MEASURE_BROWSER,
            Outcome::Ok,
            json!({"name": "Chromium", "version": "156.0.7204.99", "binary": "/usr/bin/chromium",
            "binary_sha256": sha, "protocol": "1.3"}),
        ),
        (op::MEASURE_EXTENSIONS, Outcome::Ok, json!({"extensions": [], "policies": [], "how": "Target.getTargets"})),
        (
            op::MEASURE_DISPLAY,
            Outcome::Ok,
            json!({"viewport_width": width, "viewport_height": height, "scale_percent": scale,
            "colour_depth": 24, "headless": true, "how": "screen, window"}),
        ),
        (
            op::MEASURE_SETTINGS,
            Outcome::Ok,
            json!({"user_agent": agent,
            "languages": ["fr-FR", "fr"], "time_zone": "Europe/Paris", "javascript": true, "how": "navigator"}),
        ),
    ];
    if telephone {
        let declared = json!({
            "designation": "Téléphone de l'étude", "width": width, "height": height, "density": 3, "orientation": "portrait",
            "touch": true, "model": "ETUDE-1", "platform": "Android", "platform_version": "14.0.0", "agent": agent,
            "engine": "156.0.7204.99", "reason": "Le prix affiché sur téléphone serait autre.", "declared_by": "officer",
            "differences": [], "how": "relu dans la page vierge",
        });
        measures.push((op::TELEPHONE, Outcome::Declared, declared));
    }
    measures
}
