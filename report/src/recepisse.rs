//! A receipt of service on paper: one signed record drawn for people, with the record and what proves it attached (row D06).
//!
//! Every value printed is read from the signed octets of `preuve.json`, so that the page cannot say anything else than they do.
use std::collections::BTreeMap;

use dossier::{Finding, Instant, Sha256Digest};
use sealer::ReceiptWords;
use serde_json::Value;

use crate::block::{Attached, Block, Column, Document, Fact, Meta, Node, Span, SpanKind, Weight};
use crate::date_words::moment;
use crate::glyphs::Trust;
use crate::sheet::{Sheet, count, line};
use crate::{Langue, Presentation, ReportError, typeset};

/// What is signed.
const PREUVE: &str = "preuve.json";
/// The longest file attached, in bytes.
const MAX_FILE: usize = 8 << 20;
/// Documents of the act described; the record has them all.
const DOCUMENTS: usize = 3;

const TOKEN: &str = "preuve.json.tst";
const POINT: &str = "preuve.json.point";

/// A file that a receipt may have.
struct Piece {
    name: &'static str,
    media_type: &'static str,
    /// ISO 19005-3, 6.8.
    relationship: &'static str,
    /// The key of what it is.
    key: &'static str,
}

/// Every one, in the order of the table.
const PIECES: [Piece; 7] = [
    Piece { name: PREUVE, media_type: JSON, relationship: "source", key: "recepisse.piece_preuve" },
    piece("preuve.json.p7s", "application/pkcs7-signature", "recepisse.piece_signature"),
    piece(TOKEN, "application/vnd.etsi.timestamp-token", "recepisse.piece_jeton"),
    piece(POINT, JSON, "recepisse.piece_point"),
    piece("preuve.json.etats", JSON, "recepisse.piece_etats"),
    piece("procedure.json", JSON, "recepisse.piece_procedure"),
    piece("imputabilite.json", JSON, "recepisse.piece_imputabilite"),
];
const JSON: &str = "application/json";

const fn piece(name: &'static str, media_type: &'static str, key: &'static str) -> Piece {
    Piece { name, media_type, relationship: "supplement", key }
}

/// What a receipt on paper is made of.
#[derive(Clone, Copy, Debug)]
pub struct ReceiptInput<'a> {
    /// The files of the receipt by name, as they leave the store: `preuve.json` (`constat-preuve/1`) and what stands beside it.
    pub files: &'a BTreeMap<String, Vec<u8>>,
    /// What is said of the legal standing of the service, in French, one paragraph.
    pub portee: &'a str,
}

/// A finished receipt.
#[derive(Clone, Debug)]
pub struct ReceiptSheet {
    /// The file: PDF/A-3b and PDF/UA-1, with the files of the receipt attached.
    pub pdf: Vec<u8>,
    /// Number of pages.
    pub pages: u32,
}

/// Draws a receipt. The same input gives the same bytes.
///
/// # Errors
///
/// [`ReportError::Receipt`] when `preuve.json` is missing or is not of its form, or a file is unknown or too long. Signatures are
/// not looked at here: whoever reads the page is told how to.
pub fn draw_receipt(input: &ReceiptInput<'_>, presentation: &Presentation) -> Result<ReceiptSheet, ReportError> {
    let record = Record::read(input)?;
    match set(input, &record, presentation, Trust::Fonts) {
        // A mark that no font combines with its letter: set again, showing every foreign character by its number.
        Err(ReportError::Layout { .. }) => set(input, &record, presentation, Trust::LatinOnly),
        other => other,
    }
}

/// The signed octets, read.
struct Record {
    words: ReceiptWords,
    at: Instant,
    sha256: Sha256Digest,
}

impl Record {
    fn read(input: &ReceiptInput<'_>) -> Result<Self, ReportError> {
        for (name, octets) in input.files {
            if !PIECES.iter().any(|piece| piece.name == name) {
                return Err(refuse(format!("{name}: not a file of a receipt")));
            }
            if octets.len() > MAX_FILE {
                return Err(refuse(format!("{name}: {} bytes, at most {MAX_FILE}", octets.len())));
            }
        }
        let octets = input.files.get(PREUVE).ok_or_else(|| refuse(format!("{PREUVE} is missing")))?;
        let dated = input.files.contains_key(TOKEN) || input.files.contains_key(POINT);
        let told = |found: Vec<Finding>| {
            let one = |f: &Finding| format!("[{}] {}", f.code, f.found.as_deref().unwrap_or(&f.what));
            refuse(found.iter().map(one).collect::<Vec<_>>().join(", "))
        };
        let words = sealer::receipt_words(octets, dated).map_err(told)?;
        let at = words.value.get("event_time_utc").and_then(Value::as_str).and_then(|text| text.parse().ok());
        let at = at.ok_or_else(|| refuse(format!("{PREUVE}: event_time_utc")))?;
        Ok(Self { words, at, sha256: Sha256Digest::of(octets) })
    }

    /// A field, by its JSON pointer; `None` when the record has none.
    fn get(&self, pointer: &str) -> Option<String> {
        self.words.value.pointer(pointer).and_then(text_of)
    }

    /// A field that the form requires.
    fn field(&self, pointer: &str) -> String {
        self.get(pointer).unwrap_or_default()
    }

    fn list(&self, pointer: &str) -> &[Value] {
        self.words.value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    fn motifs(&self) -> String {
        self.list("/reasons").iter().filter_map(text_of).collect::<Vec<_>>().join(", ")
    }

    fn id(&self) -> (&'static str, String) {
        ("id", self.field("/evidence_id"))
    }

    fn essai(&self) -> bool {
        self.words.value.get("essai") == Some(&Value::Bool(true))
    }
}

fn refuse(why: String) -> ReportError {
    ReportError::Receipt { why }
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn set(
    input: &ReceiptInput<'_>,
    record: &Record,
    presentation: &Presentation,
    trust: Trust,
) -> Result<ReceiptSheet, ReportError> {
    let page = Page { sheet: Sheet::new(presentation, trust), input, record };
    let writers: [(&'static str, Write); 7] = [
        ("fait", fact),
        ("acte", act),
        ("parties", parties),
        ("journal", journal),
        ("foi", evidence),
        ("verifier", checks),
        ("limites", limits),
    ];
    let mut blocks = Vec::new();
    for (n, (id, write)) in (0_u8..).zip(writers) {
        blocks.push(Block { n, id, nodes: write(&page)? });
    }
    let document = Document { meta: page.meta()?, column: Column::default(), blocks, attachments: page.attachments()? };
    let digests: Vec<String> =
        input.files.iter().map(|(name, octets)| format!("{name} {}", Sha256Digest::of(octets))).collect();
    let job = typeset::Job {
        main: "recepisse.typ",
        document: &document,
        templates: &presentation.templates,
        ident: format!("{} {}", record.sha256, digests.join(" ")),
        files: input.files.clone(),
        at: record.at,
    };
    let (pdf, pages) = typeset::set(job)?;
    Ok(ReceiptSheet { pdf, pages })
}

type Write = fn(&Page<'_>) -> Result<Vec<Node>, ReportError>;

/// What each part is written from.
struct Page<'a> {
    sheet: Sheet<'a>,
    input: &'a ReceiptInput<'a>,
    record: &'a Record,
}

impl Page<'_> {
    fn meta(&self) -> Result<Meta, ReportError> {
        let (sheet, record) = (&self.sheet, self.record);
        let titre = record.field("/event/libelle");
        Ok(Meta {
            title: sheet.clean(&titre).to_uppercase(),
            subtitle: sheet.text("recepisse.sous_titre", &[record.id()])?,
            pdf_title: sheet.text("recepisse.pdf", &[("titre", titre), record.id()])?,
            author: format!("constat {}", env!("CARGO_PKG_VERSION")),
            description: sheet.text("recepisse.description", &[])?,
            running: sheet.text("recepisse.pied", &[record.id()])?,
            trial_mark: if record.essai() { Some(sheet.text("page.essai", &[])?) } else { None },
            page_of: sheet.text("page.numero", &[("page", "§p".into()), ("total", "§n".into())])?,
            apart: sheet.text("page.a_noter", &[])?,
            ..Meta::default()
        })
    }

    /// The files there are, in the order of the table.
    fn pieces(&self) -> impl Iterator<Item = (&'static Piece, &[u8])> {
        PIECES.iter().filter_map(|piece| Some((piece, self.input.files.get(piece.name)?.as_slice())))
    }

    fn attachments(&self) -> Result<Vec<Attached>, ReportError> {
        let attached = |(piece, _): (&Piece, &[u8])| {
            let (name, media_type) = (piece.name.to_owned(), piece.media_type.to_owned());
            let description = self.sheet.text(piece.key, &[])?;
            Ok(Attached { name, media_type, relationship: piece.relationship, description })
        };
        self.pieces().map(attached).collect()
    }

    /// A row that a sentence fills.
    fn told(&self, label: &str, key: &str, args: &[(&str, String)]) -> Result<Fact, ReportError> {
        self.sheet.fact(&key_of(label), self.sheet.say(&key_of(key), args)?, false)
    }

    /// A row that a field of the record fills, when it is there.
    fn row(&self, rows: &mut Vec<Fact>, label: &str, kind: SpanKind, pointer: &str) -> Result<(), ReportError> {
        if let Some(value) = self.record.get(pointer) {
            rows.push(self.sheet.fact(&key_of(label), self.sheet.span(kind, &value), false)?);
        }
        Ok(())
    }

    /// The sentence of a word of the format: `recepisse.PREFIX_word`, in lower case.
    fn word(&self, prefix: &str, word: &str) -> Result<String, ReportError> {
        self.sheet.text(&key_of(&format!("{prefix}_{}", word.to_lowercase())), &[])
    }

    /// An instant of the record as an act writes it, then exactly as the record has it.
    fn instant(&self, pointer: &str) -> Option<[(&'static str, String); 2]> {
        let exact = self.record.get(pointer)?;
        let at: Instant = exact.parse().ok()?;
        Some([("moment", moment(at)), ("exact", exact)])
    }
}

fn key_of(name: &str) -> String {
    format!("recepisse.{name}")
}

/// What happened, when, by whom.
fn fact(page: &Page<'_>) -> Result<Vec<Node>, ReportError> {
    let (sheet, record) = (&page.sheet, page.record);
    let phrase = Langue::Fr.typography(record.words.happened);
    let said = [("etude", record.field("/issuer/etude")), ("residence", record.field("/issuer/residence"))];
    let mut spans = sheet.say("recepisse.selon", &[&said[..], &[("phrase", phrase)]].concat())?;
    if !record.list("/reasons").is_empty() {
        spans.extend(sheet.say("recepisse.attendu_motif", &[("motifs", record.motifs())])?);
    }
    let title = sheet.text("recepisse.quand", &[("moment", moment(record.at))])?;
    let notice = Node::Notice { weight: Weight::Firm, title, line: line(spans) };
    let mut rows = Vec::new();
    page.row(&mut rows, "objet", SpanKind::Value, "/event/libelle")?;
    page.row(&mut rows, "evenement", SpanKind::Mono, "/event/nom")?;
    page.row(&mut rows, "etsi", SpanKind::Mono, "/event/uri")?;
    let paris = [("moment", moment(record.at)), ("exact", record.field("/event_time_paris"))];
    rows.push(page.told("paris", "instant", &paris)?);
    page.row(&mut rows, "utc", SpanKind::Mono, "/event_time_utc")?;
    if !record.list("/reasons").is_empty() {
        rows.push(sheet.fact("recepisse.motifs", sheet.span(SpanKind::Mono, &record.motifs()), true)?);
    }
    let role = page.word("role", &record.field("/actor_role"))?;
    rows.push(page.told("auteur", "auteur_texte", &[("role", role), ("id", record.field("/actor_id"))])?);
    if let Some(moyen) = record.get("/auth_method") {
        let exact = record.get("/auth_time");
        let key = if exact.is_some() { "auth_texte" } else { "auth_sans_date" };
        rows.push(page.told("auth", key, &[("moyen", moyen), ("exact", exact.unwrap_or_default())])?);
    }
    page.row(&mut rows, "avis", SpanKind::Mono, "/message_id")?;
    if let Some(sent) = page.instant("/submission_time") {
        rows.push(page.told("envoi", "envoi_texte", &sent)?);
    }
    if let Some(way) = record.get("/qualification") {
        let way = page.word("qualification", &way)?;
        rows.push(sheet.fact("recepisse.qualification", sheet.span(SpanKind::Value, &way), false)?);
    }
    Ok(vec![notice, standing(page)?, sheet.heading("recepisse.fait")?, Node::Facts { rows }])
}

/// What the service is worth in law: on the first page, whoever reads no further has read it.
fn standing(page: &Page<'_>) -> Result<Node, ReportError> {
    let portee = Langue::Fr.typography(page.input.portee);
    let line = line(page.sheet.say("recepisse.portee_texte", &[("portee", portee)])?);
    Ok(Node::Notice { weight: Weight::Loud, title: page.sheet.text("recepisse.portee", &[])?, line })
}

/// The act, by its identifier and its digests.
fn act(page: &Page<'_>) -> Result<Vec<Node>, ReportError> {
    let (sheet, record) = (&page.sheet, page.record);
    let known = record.get("/act_id").is_some();
    let mut nodes = vec![sheet.heading(if known { "recepisse.acte" } else { "recepisse.accord_seul" })?];
    let mut rows = Vec::new();
    page.row(&mut rows, "acte_id", SpanKind::Mono, "/act_id")?;
    page.row(&mut rows, "nature", SpanKind::Value, "/nature_acte")?;
    page.row(&mut rows, "dossier", SpanKind::Value, "/dossier_ref")?;
    page.row(&mut rows, "requerant", SpanKind::Value, "/requerant")?;
    let documents = record.list("/content");
    for (n, document) in documents.iter().enumerate().take(DOCUMENTS) {
        let part = |name: &str| document.get(name).and_then(text_of).unwrap_or_default();
        let octets = count(document.get("size").and_then(Value::as_u64).unwrap_or(0));
        let file = [("nom", part("name")), ("genre", part("type")), ("octets", octets)];
        rows.push(page.told("fichier", "fichier_texte", &file)?);
        for digest in ["sha256", "sha512"] {
            page.row(&mut rows, digest, SpanKind::Mono, &format!("/content/{n}/{digest}"))?;
        }
    }
    if let (Some(niveau), Some(empreinte)) = (record.get("/act_signature_level"), record.get("/act_signer")) {
        rows.push(page.told("signature", "signature_texte", &[("niveau", niveau), ("empreinte", empreinte)])?);
    }
    nodes.push(Node::Facts { rows });
    if let Some(left) = documents.len().checked_sub(DOCUMENTS).filter(|left| *left > 0) {
        nodes.push(sheet.para("recepisse.fichiers_suite", &[("n", count(left as u64))])?);
    }
    if !known && documents.is_empty() {
        nodes.push(sheet.para("recepisse.acte_aucun", &[])?);
    }
    Ok(nodes)
}

/// Who issues, for whom, under which terms.
fn parties(page: &Page<'_>) -> Result<Vec<Node>, ReportError> {
    let (sheet, record) = (&page.sheet, page.record);
    let issuer = [("etude", record.field("/issuer/etude")), ("residence", record.field("/issuer/residence"))];
    let identified = match record.get("/recipient/identification") {
        Some(how) => page.word("identification", &how)?,
        None => String::new(),
    };
    let recipient = [("id", record.field("/recipient/id")), ("identification", identified)];
    let mut consent = sheet.span(SpanKind::Mono, &record.field("/consent_ref"));
    if let Some(basis) = record.get("/consent_basis") {
        consent.extend(sheet.say("recepisse.accord_fondement", &[("fondement", basis)])?);
    }
    let terms = match (record.get("/policy/version"), record.get("/policy/sha256")) {
        (Some(version), Some(empreinte)) => {
            page.told("cgu", "cgu_texte", &[("version", version), ("empreinte", empreinte)])?
        }
        _ => page.told("cgu", "cgu_aucune", &[])?,
    };
    let rows = vec![
        page.told("emetteur", "emetteur_texte", &issuer)?,
        page.told("destinataire", "destinataire_texte", &recipient)?,
        sheet.fact("recepisse.accord", consent, false)?,
        terms,
    ];
    Ok(vec![sheet.heading("recepisse.parties")?, Node::Facts { rows }])
}

/// The line of the journal that the record cites.
fn journal(page: &Page<'_>) -> Result<Vec<Node>, ReportError> {
    let record = page.record;
    let mut rows = vec![page.told("ligne", "ligne_texte", &[("seq", record.field("/journal/seq"))])?];
    page.row(&mut rows, "ligne_sha256", SpanKind::Mono, "/journal/entry_hash")?;
    page.row(&mut rows, "ligne_avant", SpanKind::Mono, "/journal/prev_hash")?;
    if let Some(empreinte) = record.get("/procedure") {
        rows.push(page.told("procedure", "procedure_texte", &[("empreinte", empreinte)])?);
    }
    Ok(vec![page.sheet.heading("recepisse.journal")?, Node::Facts { rows }])
}

/// That the signed file counts, and what is attached.
fn evidence(page: &Page<'_>) -> Result<Vec<Node>, ReportError> {
    let sheet = &page.sheet;
    let mut rows = Vec::new();
    for (piece, octets) in page.pieces() {
        rows.push(vec![
            sheet.span(SpanKind::Mono, piece.name),
            sheet.say(piece.key, &[])?,
            sheet.span(SpanKind::Plain, &count(octets.len() as u64)),
            sheet.span(SpanKind::Mono, &Sha256Digest::of(octets).to_hex()),
        ]);
    }
    let head = ["col_fichier", "col_quoi", "col_octets", "sha256"].map(|key| sheet.text(&key_of(key), &[]));
    let table = Node::Table {
        caption: sheet.text("recepisse.legende", &[])?,
        widths: ["36mm", "1fr", "16mm", "50mm"].map(str::to_owned).to_vec(),
        kinds: ["mono", "text", "number", "digest"].map(str::to_owned).to_vec(),
        head: head.into_iter().collect::<Result<_, _>>()?,
        rows,
    };
    let has = |name: &str| page.input.files.contains_key(name);
    let dated = match (has(TOKEN), has(POINT)) {
        (true, _) => "recepisse.date_jeton",
        (false, true) => "recepisse.date_point",
        (false, false) => "recepisse.date_differee",
    };
    // What happened on one sheet, what proves it on the next.
    let (heading, text) = (sheet.heading("recepisse.foi")?, sheet.para("recepisse.foi_texte", &[])?);
    Ok(vec![Node::NewSheet, heading, text, table, sheet.para(dated, &[])?])
}

/// How a stranger takes the files out and checks them.
fn checks(page: &Page<'_>) -> Result<Vec<Node>, ReportError> {
    let sheet = &page.sheet;
    let command = |text: &str| Node::Verbatim(line(vec![Span { k: SpanKind::Command, t: text.to_owned() }]));
    let mut nodes = vec![sheet.heading("recepisse.verifier")?, sheet.para("recepisse.verifier_intro", &[])?];
    nodes.push(command("pdfdetach -saveall avis.pdf"));
    nodes.push(command(
        "openssl cms -verify -cades -binary -inform DER -in preuve.json.p7s -content preuve.json -CAfile racine.pem -purpose any -out /dev/null",
    ));
    if page.input.files.contains_key(TOKEN) {
        nodes.push(command("openssl ts -verify -data preuve.json -in preuve.json.tst -token_in -CAfile racine.pem"));
    }
    nodes.push(sheet.para("recepisse.verifier_avec", &[])?);
    nodes.push(command("constat verifier preuve.json --ancres RACINES"));
    Ok(nodes)
}

/// What is not attested.
fn limits(page: &Page<'_>) -> Result<Vec<Node>, ReportError> {
    let sheet = &page.sheet;
    let plain = |text: &String| sheet.span(SpanKind::Plain, &Langue::Fr.typography(text));
    let items = page.record.words.limits.iter().map(plain).collect();
    Ok(vec![sheet.heading("recepisse.limites")?, Node::Bullets { items }])
}
