//! `affirmations.jsonld`, attached to every procès-verbal: files, operations and claims as a graph of the CASE ontology
//! (caseontology.org, with UCO), so that tools of other laboratories read them without us.
use dossier::{Artefact, Instant, JournalEntry, Manifest, op};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::claims::{Claim, Claims, Origin};
use crate::{Langue, ReportInput};

/// Name of the attachment.
pub(crate) const NAME: &str = "affirmations.jsonld";

/// The graph. The same input gives the same octets: names of nodes are made from what they name.
pub(crate) fn graph(input: &ReportInput<'_>, claims: &Claims) -> Value {
    let names = Names { manifest: input.manifest, langue: input.langue };
    let mut nodes = vec![investigation(&names), tool(&names)];
    nodes.extend(input.manifest.artefacts.iter().map(|artefact| file(&names, artefact)));
    nodes.extend(actions(&names, input.journal.entries()));
    nodes.extend(claims.affirmations.iter().filter(|c| c.origine != Origin::Formule).map(|c| assertion(&names, c)));
    json!({"@context": context(), "@graph": nodes})
}

fn context() -> Value {
    let of = |path: &str| format!("https://ontology.unifiedcyberontology.org/uco/{path}/");
    json!({
        "kb": "urn:constat:",
        "case-investigation": "https://ontology.caseontology.org/case/investigation/",
        "uco-action": of("action"),
        "uco-core": of("core"),
        "uco-observable": of("observable"),
        "uco-tool": of("tool"),
        "uco-types": of("types"),
        "xsd": "http://www.w3.org/2001/XMLSchema#",
    })
}

struct Names<'a> {
    manifest: &'a Manifest,
    langue: Langue,
}

impl Names<'_> {
    /// `kb:` with what it names and a UUID made of it (RFC 9562, version 5).
    fn id(&self, kind: &str, what: &str) -> String {
        let name = format!("{}\n{}\n{kind}\n{what}", self.manifest.case.reference, self.manifest.journal.head);
        format!("kb:{kind}-{}", Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes()))
    }

    fn reference(&self, kind: &str, what: &str) -> Value {
        json!({"@id": self.id(kind, what)})
    }
}

fn typed(kind: &str, value: impl ToString) -> Value {
    json!({"@type": format!("xsd:{kind}"), "@value": value.to_string()})
}

fn instant(at: Instant) -> Value {
    typed("dateTime", at)
}

fn investigation(names: &Names<'_>) -> Value {
    let manifest = names.manifest;
    let objects: Vec<Value> = manifest.artefacts.iter().map(|a| names.reference("file", a.path.as_str())).collect();
    json!({
        "@id": names.id("investigation", ""),
        "@type": "case-investigation:Investigation",
        "uco-core:name": manifest.case.reference.to_string(),
        "case-investigation:investigationStatus": "Closed",
        "uco-core:objectCreatedTime": instant(manifest.session.opened_at),
        "uco-core:object": objects,
    })
}

fn tool(names: &Names<'_>) -> Value {
    let software = &names.manifest.software;
    json!({
        "@id": names.id("tool", ""),
        "@type": "uco-tool:Tool",
        "uco-core:name": software.name,
        "uco-tool:version": software.version,
    })
}

fn file(names: &Names<'_>, artefact: &Artefact) -> Value {
    let path = artefact.path.as_str();
    let hash = |name: &str, hex: String| {
        json!({
            "@id": names.id("hash", &format!("{name} {path}")),
            "@type": "uco-types:Hash",
            "uco-types:hashMethod": name,
            "uco-types:hashValue": typed("hexBinary", hex.to_uppercase()),
        })
    };
    let digests = &artefact.digests;
    json!({
        "@id": names.id("file", path),
        "@type": "uco-observable:File",
        "uco-core:hasFacet": [
            {
                "@id": names.id("file-facet", path),
                "@type": "uco-observable:FileFacet",
                "uco-observable:fileName": path.rsplit('/').next().unwrap_or(path),
                "uco-observable:filePath": path,
                "uco-observable:sizeInBytes": typed("integer", digests.bytes),
            },
            {
                "@id": names.id("content-data-facet", path),
                "@type": "uco-observable:ContentDataFacet",
                "uco-observable:mimeType": artefact.meta.media_type,
                "uco-observable:sizeInBytes": typed("integer", digests.bytes),
                "uco-observable:hash": [hash("SHA256", digests.sha256.to_hex()), hash("SHA512", digests.sha512.to_hex())],
            },
        ],
    })
}

/// One action a step, with the files it made.
fn actions(names: &Names<'_>, journal: &[JournalEntry]) -> Vec<Value> {
    let begins = journal.iter().filter(|entry| entry.op == op::STEP_BEGIN);
    begins.filter_map(|begin| Some(action(names, journal, begin, begin.integer("step")?))).collect()
}

fn action(names: &Names<'_>, journal: &[JournalEntry], begin: &JournalEntry, step: i64) -> Value {
    let of_step = |entry: &&JournalEntry| entry.seq > begin.seq && entry.integer("step") == Some(step);
    let end = journal.iter().filter(of_step).find(|entry| entry.op == op::STEP_END);
    let made = names.manifest.artefacts.iter().filter(|a| a.meta.step.map(i64::from) == Some(step));
    let results: Vec<Value> = made.map(|a| names.reference("file", a.path.as_str())).collect();
    let mut node = Map::new();
    node.insert("@id".into(), names.id("action", &begin.seq.to_string()).into());
    node.insert("@type".into(), "case-investigation:InvestigativeAction".into());
    node.insert("uco-core:name".into(), format!("{step}").into());
    let what = begin.text("what").or_else(|| begin.text("kind")).unwrap_or("");
    node.insert("uco-core:description".into(), what.into());
    node.insert("uco-action:startTime".into(), instant(begin.at));
    if let Some(end) = end {
        node.insert("uco-action:endTime".into(), instant(end.at));
    }
    node.insert("uco-action:instrument".into(), names.reference("tool", ""));
    node.insert("uco-action:result".into(), results.into());
    Value::Object(node)
}

fn assertion(names: &Names<'_>, claim: &Claim) -> Value {
    let files = claim.pieces.iter().map(|piece| names.reference("file", &piece.fichier));
    let lines = (!claim.journal.is_empty()).then(|| names.reference("file", "journal.jsonl"));
    let objects: Vec<Value> = files.chain(lines).collect();
    let statement = match claim.intitule.as_str() {
        "" => claim.texte.clone(),
        title => format!("{title}{}{}", names.langue.colon(), claim.texte),
    };
    let described: Vec<&str> = claim.refuter.iter().map(String::as_str).collect();
    json!({
        "@id": names.id("assertion", &claim.id),
        "@type": "uco-core:Assertion",
        "uco-core:name": claim.id,
        "uco-core:statement": statement,
        "uco-core:description": described,
        "uco-core:object": objects,
    })
}
