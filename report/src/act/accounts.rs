//! Chapter VII: the independent accounts of the requests, and every request on which they do not agree.
use dossier::{Reconciliation, Unmatched};

use crate::block::{Node, Span, SpanKind};
use crate::desk::{Desk, Pen, cell};

use super::ending::shortened;

/// The longest list printed of one browser.
const PRINTED: usize = 12;

/// Prints the accounts, browser by browser.
pub(super) fn accounts(pen: &mut Pen<'_, '_>, all: &[Reconciliation]) {
    pen.heading(2, "fin.comptes", &[]);
    if all.is_empty() {
        pen.para("fin.comptes_absents", &[], &[]);
    }
    for one in all {
        browser(pen, one);
    }
}

fn browser(pen: &mut Pen<'_, '_>, one: &Reconciliation) {
    let desk = pen.desk;
    let (absent, count) = (|| desk.text("fin.comptes_non_releve", &[]), |n| desk.count(n));
    let counts = [
        ("browser", one.browser.to_string()),
        ("cdp", count(one.requests_cdp)),
        ("netlog", one.requests_netlog.map_or_else(absent, count)),
        ("packets", one.packet_flows.map_or_else(absent, count)),
        ("stored", count(one.exchanges_stored)),
    ];
    pen.para("fin.comptes_navigateur", &counts, &[]);
    let flows = (one.flows_unseen.unwrap_or(0), one.flows_untold.unwrap_or(0));
    if flows != (0, 0) {
        let counts = [("unseen", count(flows.0)), ("untold", count(flows.1))];
        pen.para("fin.comptes_flux", &counts, &[]);
    }
    if let Some(why) = &one.why {
        pen.para("fin.comptes_reserve", &[("why", why.clone())], &[]);
    }
    if one.agrees() {
        pen.para("fin.comptes_accord", &[], &[]);
        return;
    }
    if one.requests_netlog.is_none() {
        return;
    }
    let apart = [
        ("matched", count(one.matched)),
        ("only_netlog", count(one.only_netlog)),
        ("sent", count(one.only_netlog_sent)),
        ("only_cdp", count(one.only_cdp)),
        ("lost", count(one.answered_not_stored)),
        ("uncompared", count(one.uncompared)),
    ];
    pen.para("fin.comptes_ecarts", &apart, &[]);
    if !one.unmatched.is_empty() {
        list(pen, &one.unmatched);
    }
    if let Some(report) = &one.report {
        pen.para("fin.comptes_suite", &[("report", report.to_string())], &[]);
    }
}

fn list(pen: &mut Pen<'_, '_>, unmatched: &[Unmatched]) {
    let desk = pen.desk;
    pen.nodes.push(Node::Table {
        caption: desk.text("fin.comptes_legende", &[]),
        widths: ["25mm", "1.6fr", "16mm", "1.2fr"].map(str::to_owned).to_vec(),
        kinds: ["text", "mono", "number", "text"].map(str::to_owned).to_vec(),
        head: ["ecart", "adresse", "nombre", "raison"].map(|key| desk.text(&format!("fin.col_{key}"), &[])).to_vec(),
        rows: unmatched.iter().take(PRINTED).map(|one| row(desk, one)).collect(),
    });
}

fn row(desk: &Desk<'_>, one: &Unmatched) -> Vec<Vec<Span>> {
    let address = format!("{} {}", one.method, shortened(desk, &one.url));
    let mut why = one.why.clone();
    if let Some(error) = &one.error {
        why.push_str(&format!(" ({error})"));
    }
    vec![
        cell(desk, SpanKind::Plain, &desk.text(&format!("ecart.{}", one.class.as_str()), &[])),
        cell(desk, SpanKind::Plain, &address),
        cell(desk, SpanKind::Plain, &desk.count(one.count)),
        cell(desk, SpanKind::Plain, &why),
    ]
}
