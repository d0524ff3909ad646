//! The verification report: the verdict of one bundle, claim by claim, on paper, with the same verdict attached as JSON.
use std::collections::BTreeMap;

use dossier::{Finding, Incompleteness, Instant, Level, Sha256Digest};

use crate::block::{Attached, Block, Column, Document, Fact, Meta, Node, Span, SpanKind, Weight};
use crate::date_words::moment;
use crate::glyphs::Trust;
use crate::sheet::{Sheet, count, line};
use crate::{Presentation, ReportError, TimestampFact, typeset};

/// Findings printed; all are in the attached verdict.
const FINDINGS: usize = 60;
/// Commands printed for one claim.
const COMMANDS: usize = 8;

/// A claim as printed.
#[derive(Clone, Debug)]
pub struct ClaimLine {
    /// The proposition, in French.
    pub sentence: String,
    /// The answer, in French.
    pub answer: String,
    /// Whether the answer must be seen: false, undetermined, or with a reserve.
    pub apart: bool,
    /// The standard it rests on.
    pub reference: String,
    /// Commands that redo the check.
    pub redo: Vec<String>,
}

/// Everything the report is made of.
pub struct VerdictInput<'a> {
    /// Name of the file, without folder.
    pub file_name: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// SHA-256 of the whole file, when it could be read.
    pub sha256: Option<Sha256Digest>,
    /// `PASS`, `FAIL` or `INDETERMINATE`.
    pub verdict: &'a str,
    /// When the bundle is judged.
    pub at: Instant,
    /// Where the anchors come from.
    pub anchors: String,
    /// Whether the keys are test keys.
    pub essai: bool,
    /// Subject of the signer's certificate.
    pub signer: Option<String>,
    /// Level of the seal, with its standard.
    pub level: Option<String>,
    /// Tokens over the seal that count.
    pub timestamps: Vec<TimestampFact>,
    /// Instants of the tokens of the session that count, in order.
    pub session: Vec<Instant>,
    /// What trusted lists say, one line for the signer and for each authority; empty when no list was consulted.
    pub qualification: Vec<String>,
    /// Every claim.
    pub claims: Vec<ClaimLine>,
    /// What comes before the commands.
    pub prepare: &'a str,
    /// Every finding.
    pub findings: &'a [Finding],
    /// The statement of incompleteness, when the manifest could be read.
    pub incompleteness: Option<&'a Incompleteness>,
    /// The verdict for a machine, attached.
    pub json: Vec<u8>,
}

/// A finished report.
#[derive(Clone, Debug)]
pub struct VerdictReport {
    /// The file: PDF/A-3b and PDF/UA-1, with `verdict.json` attached.
    pub pdf: Vec<u8>,
    /// Number of pages.
    pub pages: u32,
}

/// Draws up the report. The same input gives the same bytes.
pub fn draw_verdict(input: &VerdictInput<'_>, presentation: &Presentation) -> Result<VerdictReport, ReportError> {
    match set(input, presentation, Trust::Fonts) {
        // A mark that no font combines with its letter: set again, showing every foreign character by its number.
        Err(ReportError::Layout { .. }) => set(input, presentation, Trust::LatinOnly),
        other => other,
    }
}

fn set(input: &VerdictInput<'_>, presentation: &Presentation, trust: Trust) -> Result<VerdictReport, ReportError> {
    let sheet = Sheet::new(presentation, trust);
    let writers: [(&'static str, Write); 6] = [
        ("verdict", file),
        ("affirmations", claims),
        ("constatations", findings),
        ("manques", missing),
        ("refaire", redo),
        ("limites", limits),
    ];
    let mut blocks = Vec::new();
    for (n, (id, write)) in (0_u8..).zip(writers) {
        blocks.push(Block { n, id, nodes: write(&sheet, input)? });
    }
    let verdict = Attached {
        name: "verdict.json".to_owned(),
        media_type: "application/json".to_owned(),
        relationship: "data",
        description: sheet.text("verdict.piece_jointe", &[])?,
    };
    let document =
        Document { meta: meta(&sheet, input)?, column: Column::default(), blocks, attachments: vec![verdict] };
    let job = typeset::Job {
        main: "verdict.typ",
        document: &document,
        templates: &presentation.templates,
        ident: format!("{} {}", input.file_name, Sha256Digest::of(&input.json)),
        files: BTreeMap::from([("verdict.json".to_owned(), input.json.clone())]),
        at: input.at,
    };
    let (pdf, pages) = typeset::set(job)?;
    Ok(VerdictReport { pdf, pages })
}

type Write = fn(&Sheet<'_>, &VerdictInput<'_>) -> Result<Vec<Node>, ReportError>;

fn meta(sheet: &Sheet<'_>, input: &VerdictInput<'_>) -> Result<Meta, ReportError> {
    let file = [("file", input.file_name.clone())];
    Ok(Meta {
        title: sheet.text("verdict.titre", &[])?,
        subtitle: sheet.text("verdict.sous_titre", &file)?,
        pdf_title: sheet.text("verdict.pdf", &file)?,
        author: format!("constat {}", env!("CARGO_PKG_VERSION")),
        description: sheet.text("verdict.description", &file)?,
        running: sheet.text("verdict.pied", &[("file", input.file_name.clone()), ("at", moment(input.at))])?,
        trial_mark: if input.essai { Some(sheet.text("page.essai", &[])?) } else { None },
        page_of: sheet.text("page.numero", &[("page", "§p".into()), ("total", "§n".into())])?,
        apart: sheet.text("page.a_noter", &[])?,
        ..Meta::default()
    })
}

fn file(sheet: &Sheet<'_>, input: &VerdictInput<'_>) -> Result<Vec<Node>, ReportError> {
    let (weight, key) = match input.verdict {
        "PASS" => (Weight::Firm, "verdict.pass"),
        "INDETERMINATE" => (Weight::Loud, "verdict.indeterminate"),
        _ => (Weight::Loud, "verdict.fail"),
    };
    let title = sheet.text(&format!("{key}.titre"), &[])?;
    let notice = Node::Notice { weight, title, line: line(sheet.say(&format!("{key}.texte"), &[])?) };
    let mono = |value: &str| sheet.span(SpanKind::Mono, value);
    let value = |value: &str| sheet.span(SpanKind::Value, value);
    let or = |known: Option<Vec<Span>>, key: &str| match known {
        Some(spans) => Ok((spans, false)),
        None => sheet.say(key, &[]).map(|spans| (spans, true)),
    };
    let mut rows = vec![
        sheet.fact("rapport.fichier", mono(&input.file_name), false)?,
        sheet.fact("rapport.octets", sheet.say("rapport.octets_texte", &[("n", count(input.bytes))])?, false)?,
    ];
    let (spans, apart) = or(input.sha256.map(|sha256| mono(&sha256.to_hex())), "rapport.sha256_absent")?;
    rows.push(sheet.fact("rapport.sha256", spans, apart)?);
    let (spans, apart) = or(input.signer.as_deref().map(value), "rapport.signataire_absent")?;
    rows.push(sheet.fact("rapport.signataire", spans, apart)?);
    let (spans, apart) = or(input.level.as_deref().map(value), "rapport.niveau_absent")?;
    rows.push(sheet.fact("rapport.niveau", spans, apart)?);
    rows.extend(times(sheet, input)?);
    for told in &input.qualification {
        rows.push(sheet.fact("rapport.qualification", value(told), false)?);
    }
    rows.push(sheet.fact("rapport.instant", value(&moment(input.at)), false)?);
    let anchors = sheet.say("rapport.racines_texte", &[("anchors", input.anchors.clone())])?;
    rows.push(sheet.fact("rapport.racines", anchors, false)?);
    rows.push(sheet.fact("rapport.logiciel", value(&format!("constat {}", env!("CARGO_PKG_VERSION"))), false)?);
    Ok(vec![notice, sheet.heading("rapport.objet")?, Node::Facts { rows }])
}

fn times(sheet: &Sheet<'_>, input: &VerdictInput<'_>) -> Result<Vec<Fact>, ReportError> {
    let mut rows = Vec::new();
    for token in &input.timestamps {
        let fields = [
            ("time", moment(token.gen_time)),
            ("authority", token.authority.clone()),
            ("serial", token.serial.clone()),
        ];
        rows.push(sheet.fact("rapport.jeton", sheet.say("rapport.jeton_texte", &fields)?, false)?);
    }
    if rows.is_empty() {
        rows.push(sheet.fact("rapport.jeton", sheet.say("rapport.jeton_absent", &[])?, true)?);
    }
    if let (Some(first), Some(last)) = (input.session.first(), input.session.last()) {
        let n = count(input.session.len() as u64);
        let fields = [("n", n), ("first", moment(*first)), ("last", moment(*last))];
        rows.push(sheet.fact("rapport.session", sheet.say("rapport.session_texte", &fields)?, false)?);
    }
    Ok(rows)
}

fn claims(sheet: &Sheet<'_>, input: &VerdictInput<'_>) -> Result<Vec<Node>, ReportError> {
    let head = ["affirmation", "reponse", "source"].map(|key| sheet.text(&format!("rapport.col_{key}"), &[]));
    let row = |claim: &ClaimLine| {
        let kind = if claim.apart { SpanKind::Strong } else { SpanKind::Plain };
        vec![
            sheet.span(SpanKind::Plain, &claim.sentence),
            sheet.span(kind, &claim.answer),
            sheet.span(SpanKind::Plain, &claim.reference),
        ]
    };
    let table = Node::Table {
        caption: sheet.text("rapport.legende", &[])?,
        widths: ["2.3fr", "26mm", "1.2fr"].map(str::to_owned).to_vec(),
        kinds: ["text", "text", "text"].map(str::to_owned).to_vec(),
        head: head.into_iter().collect::<Result<_, _>>()?,
        rows: input.claims.iter().map(row).collect(),
    };
    Ok(vec![sheet.heading("rapport.affirmations")?, sheet.para("rapport.affirmations_intro", &[])?, table])
}

fn findings(sheet: &Sheet<'_>, input: &VerdictInput<'_>) -> Result<Vec<Node>, ReportError> {
    let mut nodes = vec![sheet.heading("rapport.constatations")?];
    if input.findings.is_empty() {
        nodes.push(sheet.para("rapport.constatations_aucune", &[])?);
        return Ok(nodes);
    }
    let mut sorted: Vec<&Finding> = input.findings.iter().collect();
    sorted.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    let items = sorted.iter().take(FINDINGS).map(|finding| said(sheet, finding)).collect::<Result<_, _>>()?;
    nodes.push(Node::Bullets { items });
    if let Some(left) = sorted.len().checked_sub(FINDINGS).filter(|left| *left > 0) {
        nodes.push(sheet.para("rapport.suite", &[("left", count(left as u64))])?);
    }
    Ok(nodes)
}

fn said(sheet: &Sheet<'_>, finding: &Finding) -> Result<Vec<Span>, ReportError> {
    let level = match finding.level {
        Level::Info => "information",
        Level::Warn => "réserve",
        Level::Indeterminate => "indéterminé",
        Level::Fail => "ÉCHEC",
    };
    let mut values = String::new();
    if let Some(expected) = &finding.expected {
        values.push_str(&sheet.text("fin.attendu", &[("expected", expected.clone())])?);
    }
    if let Some(found) = &finding.found {
        values.push_str(&sheet.text("fin.trouve", &[("found", found.clone())])?);
    }
    let what = [("level", level.to_owned()), ("what", finding.what.clone())];
    let rest = [("values", values), ("code", finding.code.clone())];
    sheet.say("rapport.constatation", &[what, rest].concat())
}

fn missing(sheet: &Sheet<'_>, input: &VerdictInput<'_>) -> Result<Vec<Node>, ReportError> {
    let mut nodes = vec![sheet.heading("rapport.manques")?];
    let Some(stated) = input.incompleteness else {
        nodes.push(sheet.para("rapport.manques_inconnus", &[])?);
        return Ok(nodes);
    };
    let fields = [
        ("seen", count(stated.requests_seen)),
        ("stored", count(stated.exchanges_stored)),
        ("missing", count(stated.pages.iter().map(|page| page.missing.len() as u64).sum())),
        ("unparsed", count(stated.messages_unparsed)),
    ];
    nodes.push(sheet.para("rapport.manques_compte", &fields)?);
    let agree = stated.reconciliations.iter().filter(|one| one.agrees()).count() as u64;
    let differ = stated.reconciliations.len() as u64 - agree;
    nodes.push(sheet.para("rapport.manques_comptes", &[("agree", count(agree)), ("differ", count(differ))])?);
    nodes.push(sheet.para("rapport.manques_liste", &[])?);
    Ok(nodes)
}

fn redo(sheet: &Sheet<'_>, input: &VerdictInput<'_>) -> Result<Vec<Node>, ReportError> {
    let command = |text: &str| Node::Verbatim(line(sheet.span(SpanKind::Command, text)));
    let mut nodes = vec![sheet.heading("rapport.refaire")?, sheet.para("rapport.refaire_intro", &[])?];
    nodes.push(command(input.prepare));
    for claim in input.claims.iter().filter(|claim| !claim.redo.is_empty()) {
        nodes.push(Node::Para(line(sheet.span(SpanKind::Plain, &claim.sentence))));
        nodes.extend(claim.redo.iter().take(COMMANDS).map(|text| command(text)));
        if let Some(left) = claim.redo.len().checked_sub(COMMANDS).filter(|left| *left > 0) {
            nodes.push(sheet.para("rapport.refaire_suite", &[("left", count(left as u64))])?);
        }
    }
    Ok(nodes)
}

fn limits(sheet: &Sheet<'_>, input: &VerdictInput<'_>) -> Result<Vec<Node>, ReportError> {
    let qualified = if input.qualification.is_empty() { "qualifie" } else { "listes" };
    let said = ["verite", qualified, "machine"].map(|key| sheet.say(&format!("rapport.limite_{key}"), &[]));
    let items = said.into_iter().collect::<Result<_, _>>()?;
    Ok(vec![sheet.heading("rapport.limites")?, Node::Bullets { items }])
}
