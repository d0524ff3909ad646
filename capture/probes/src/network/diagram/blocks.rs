//! What each box of the diagram says.
use std::net::IpAddr;

use super::{Block, Picture, line};
use crate::network::interfaces::Interface;
use crate::network::routes::Neighbour;

/// Boxes shown of each kind; what is more is counted.
const INTERFACES: usize = 6;
const ADDRESSES: usize = 3;
const OTHERS: usize = 5;
const RESOLVERS: usize = 4;

pub(super) fn interface_blocks(picture: &Picture<'_>) -> Vec<Block> {
    // Those in use first; a machine of its own keeps its order.
    let mut shown: Vec<&Interface> = picture.interfaces.iter().filter(|i| i.kind != "loopback").collect();
    shown.sort_by_key(|i| i.addresses.is_empty());
    let (mut blocks, mut y) = (Vec::new(), 104);
    for interface in shown.iter().take(INTERFACES) {
        let what = match interface.kind {
            "wifi" => "sans fil",
            "wired" => "filaire",
            "tunnel" => "TUNNEL",
            _ => "virtuelle",
        };
        let mut lines = vec![line(format!("{} — {what}", interface.name), "t")];
        let shown = interface.addresses.iter().take(ADDRESSES);
        lines.extend(shown.map(|address| line(address.to_string(), "m")));
        if let Some(more) = interface.addresses.len().checked_sub(ADDRESSES).filter(|more| *more > 0) {
            lines.push(line(format!("et {}", counted(more, "autre adresse", "autres adresses")), "s"));
        }
        if interface.addresses.is_empty() {
            lines.push(line("sans adresse", "s"));
        }
        let details = details(interface);
        if !details.is_empty() {
            lines.push(line(details, "s"));
        }
        let class = match (interface.kind, interface.addresses.is_empty()) {
            ("tunnel", _) => "tunnel",
            (_, true) => "arret",
            _ => "boite",
        };
        let block = Block { x: 42, y, width: 336, class, lines };
        y += block.height() + 12;
        blocks.push(block);
    }
    if let Some(more) = shown.len().checked_sub(INTERFACES).filter(|more| *more > 0) {
        let lines = vec![line(format!("et {}", counted(more, "autre interface", "autres interfaces")), "s")];
        blocks.push(Block { x: 42, y, width: 336, class: "arret", lines });
    }
    blocks
}

fn details(interface: &Interface) -> String {
    let speed = interface.speed_mbits.map(|speed| format!("{speed} Mbit/s"));
    let ssid = interface.ssid.as_ref().map(|ssid| format!("réseau « {ssid} »"));
    let driver = interface.driver.as_ref().map(|driver| format!("pilote {driver}"));
    [ssid, speed, driver, interface.mac.clone()].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

pub(super) fn router_block(picture: &Picture<'_>) -> Block {
    let mut lines = vec![line("Passerelle, routeur", "t")];
    lines.extend(picture.gateways.iter().take(4).map(|(address, _)| line(address.to_string(), "m")));
    if picture.gateways.is_empty() {
        lines.push(line("aucune passerelle", "s"));
    }
    match picture.router {
        Some(router) => lines.push(line(router, "d")),
        None => lines.push(line("modèle non déclaré", "s")),
    }
    Block { x: 470, y: 104, width: 260, class: "boite", lines }
}

pub(super) fn others_block(picture: &Picture<'_>, y: u32) -> Block {
    let is_gateway = |neighbour: &&Neighbour| picture.gateways.iter().all(|(address, _)| *address != neighbour.address);
    let others: Vec<&Neighbour> = picture.neighbours.iter().filter(is_gateway).collect();
    let mut lines = Vec::new();
    if !others.is_empty() {
        lines.push(line("Autres machines vues", "t"));
        lines.extend(others.iter().take(OTHERS).map(|other| line(other.address.to_string(), "m")));
    }
    if let Some(more) = others.len().checked_sub(OTHERS).filter(|more| *more > 0) {
        lines.push(line(format!("et {}", counted(more, "autre", "autres")), "s"));
    }
    Block { x: 470, y, width: 260, class: "arret", lines }
}

pub(super) fn internet_block(picture: &Picture<'_>) -> Block {
    let mut lines = vec![line("Internet", "t")];
    match picture.provider {
        Some(provider) => lines.push(line(format!("par {provider}"), "d")),
        None => lines.push(line("fournisseur non déclaré", "s")),
    }
    lines.extend(picture.access.map(|access| line(access, "d")));
    Block { x: 820, y: 104, width: 260, class: "net", lines }
}

pub(super) fn resolvers_block(picture: &Picture<'_>, y: u32) -> Block {
    let mut lines = vec![line("Serveurs de noms (DNS)", "t")];
    for server in picture.resolvers.iter().take(RESOLVERS) {
        lines.push(line(server, "m"));
        lines.extend(place(server).map(|place| line(place, "s")));
    }
    if picture.resolvers.is_empty() {
        lines.push(line("aucun", "s"));
    }
    Block { x: 820, y, width: 260, class: "boite", lines }
}

/// Where a resolver is when it is not on the internet.
pub(super) fn place(server: &str) -> Option<&'static str> {
    let address: IpAddr = server.split('%').next()?.parse().ok()?;
    let private = match address {
        IpAddr::V4(address) => address.is_private() || address.is_link_local(),
        IpAddr::V6(address) => address.is_unique_local() || address.is_unicast_link_local(),
    };
    if address.is_loopback() { Some("cette machine") } else { private.then_some("adresse privée") }
}

fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number > 1 { many } else { one })
}
