//! What a snapshot says, as lines for a person and as JSON for a program.
use dossier::Instant;
use sealer::lists::{Checked, Period, Provider, Service, ServiceKind, Snapshot, Usage};
use serde_json::{Value, json};

use crate::output::printable;

/// One line a list: territory, number, dates, whether it is late, who pinned its signer.
pub(super) fn heads(snapshot: &Snapshot, at: Instant) -> Vec<String> {
    snapshot.lists.iter().map(|one| head(one, at)).collect()
}

fn head(one: &Checked, at: Instant) -> String {
    let (record, list) = (&one.record, &one.list);
    let next = match record.next_update {
        None => "liste close".to_owned(),
        Some(next) if list.is_late(at) => format!("à remplacer avant le {next} : EN RETARD"),
        Some(next) => format!("à remplacer avant le {next}"),
    };
    let services: usize = list.providers.iter().map(|provider| provider.services.len()).sum();
    let holds = if record.of_lists {
        format!("liste des listes, {} renvois", list.pointers.len())
    } else {
        format!("{} prestataires, {services} services", list.providers.len())
    };
    let pinned = match record.pinned_by.as_str() {
        "operator" => "signataire donné à l'import".to_owned(),
        other => format!("signataire nommé par {other}"),
    };
    format!("{} n° {} du {}, {next} ; {holds} ; {pinned}", record.territory, record.sequence, record.issued)
}

/// The services told without `all`: those that issue certificates for seals, and qualified time stamps, as they are at
/// the instant.
fn is_told(period: &Period) -> bool {
    match period.kind {
        ServiceKind::QualifiedTimestamps => true,
        ServiceKind::QualifiedCertificates => period.usages.is_empty() || period.usages.contains(&Usage::Seals),
        _ => false,
    }
}

fn each(snapshot: &Snapshot) -> impl Iterator<Item = (&Checked, &Provider, &Service)> {
    let providers = snapshot.lists.iter().flat_map(|one| one.list.providers.iter().map(move |p| (one, p)));
    providers.flat_map(|(one, provider)| provider.services.iter().map(move |service| (one, provider, service)))
}

/// One line a service; with `all`, every service and one more line for each status it had.
pub(super) fn services(snapshot: &Snapshot, at: Instant, all: bool) -> Vec<String> {
    let mut lines = Vec::new();
    for (one, provider, service) in each(snapshot) {
        let now = service.at(at);
        if !all && !now.is_some_and(is_told) {
            continue;
        }
        let told = now.or(service.periods.last()).map_or_else(String::new, said);
        let not_yet = if now.is_none() { " (pas encore à cette date)" } else { "" };
        let (who, what) = (printable(&provider.name), printable(&service.name));
        lines.push(format!("{:<3} {told}{not_yet}  {who} — {what}", one.record.territory));
        if all {
            lines.extend(service.periods.iter().map(|period| format!("      {}", said(period))));
        }
    }
    lines
}

fn said(period: &Period) -> String {
    let usages: Vec<&str> = period.usages.iter().map(|usage| usage.word()).collect();
    let usages = if usages.is_empty() { String::new() } else { format!(" [{}]", usages.join(", ")) };
    let status = printable(period.status.as_str());
    format!("{:<9} {status:<12} depuis le {}{usages}", printable(&period.kind.to_string()), period.since)
}

/// The same for a program.
pub(super) fn json(snapshot: &Snapshot, at: Instant, all: bool) -> Value {
    let head = |one: &Checked| {
        let mut value = json!(one.record);
        if let Value::Object(fields) = &mut value {
            fields.insert("late".into(), one.list.is_late(at).into());
            fields.insert("operator".into(), one.list.operator.clone().into());
            fields.insert("providers".into(), one.list.providers.len().into());
        }
        value
    };
    let lists: Vec<Value> = snapshot.lists.iter().map(head).collect();
    let services: Vec<Value> = each(snapshot)
        .filter(|(_, _, service)| all || service.at(at).is_some_and(is_told))
        .map(|(one, provider, service)| service_json(one, provider, service, at, all))
        .collect();
    json!({
        "sha256": snapshot.sha256, "imported_at": snapshot.imported_at, "at": at,
        "lists": lists, "services": services,
    })
}

fn service_json(one: &Checked, provider: &Provider, service: &Service, at: Instant, all: bool) -> Value {
    let period = |period: &Period| {
        json!({"kind": period.kind, "status": period.status, "since": period.since, "usages": period.usages,
               "qualified": period.status.is_qualified(at)})
    };
    let mut value = json!({
        "territory": one.record.territory, "provider": provider.name, "service": service.name,
        "now": service.at(at).map(period),
    });
    if let Value::Object(fields) = &mut value
        && all
    {
        fields.insert("history".into(), service.periods.iter().map(period).collect());
    }
    value
}
