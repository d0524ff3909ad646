//! The local network as a picture (SVG 1.1): the machine and its interfaces, the gateway and the router, other machines, the
//! resolvers, the internet. The same facts give the same octets.
use std::fmt::Write as _;
use std::net::IpAddr;

use self::blocks::{interface_blocks, internet_block, others_block, place, resolvers_block, router_block};
use super::interfaces::Interface;
use super::routes::Neighbour;

mod blocks;

/// Width of the picture.
const WIDTH: u32 = 1120;

/// What the picture shows.
pub(super) struct Picture<'a> {
    pub(super) machine: &'a str,
    pub(super) interfaces: &'a [Interface],
    /// Address and interface of each default gateway.
    pub(super) gateways: &'a [(IpAddr, String)],
    pub(super) neighbours: &'a [Neighbour],
    pub(super) resolvers: &'a [String],
    /// As the officer declares them.
    pub(super) router: Option<&'a str>,
    pub(super) provider: Option<&'a str>,
    pub(super) access: Option<&'a str>,
}

/// One line of text in a box.
struct Line {
    text: String,
    style: &'static str,
}

fn line(text: impl Into<String>, style: &'static str) -> Line {
    Line { text: text.into(), style }
}

/// A box: where it is, what is written in it.
struct Block {
    x: u32,
    y: u32,
    width: u32,
    class: &'static str,
    lines: Vec<Line>,
}

impl Block {
    fn height(&self) -> u32 {
        22 + 19 * u32::try_from(self.lines.len()).unwrap_or(0)
    }

    fn middle(&self) -> u32 {
        self.y + self.height() / 2
    }

    /// Where a wire from that height arrives: straight when it can.
    fn door(&self, from: u32) -> u32 {
        from.clamp(self.y + 14, self.y + self.height() - 14)
    }

    fn draw(&self, out: &mut String) {
        let Self { x, y, width, class, .. } = self;
        let _ = writeln!(
            out,
            "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{}\" rx=\"6\"/>",
            self.height()
        );
        let mut at = y + 26;
        for line in &self.lines {
            let room = (width - 24) / if line.style == "m" { 8 } else { 7 };
            let text = escaped(&shortened(&line.text, room as usize));
            let _ = writeln!(out, "<text class=\"{}\" x=\"{}\" y=\"{at}\">{text}</text>", line.style, x + 12);
            at += 19;
        }
    }
}

/// The picture.
pub(super) fn svg(picture: &Picture<'_>) -> String {
    let mut blocks = interface_blocks(picture);
    let own_end = blocks.last().map_or(150, |block| block.y + block.height());
    let router = router_block(picture);
    let others = others_block(picture, router.y + router.height() + 40);
    let internet = internet_block(picture);
    let resolvers = resolvers_block(picture, internet.y + internet.height() + 40);
    let ends = [own_end + 20, others.y + others.height(), resolvers.y + resolvers.height()];
    let height = ends.into_iter().max().unwrap_or(400) + 50;
    let mut out = String::from(HEAD);
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\" \
         role=\"img\" aria-label=\"Schéma du réseau local\">\n<title>Schéma du réseau local</title>\n<style>{STYLE}</style>\n\
         <rect class=\"fond\" width=\"{WIDTH}\" height=\"{height}\"/>"
    );
    let _ =
        writeln!(out, "<rect class=\"machine\" x=\"24\" y=\"60\" width=\"372\" height=\"{}\" rx=\"8\"/>", own_end - 44);
    let _ = writeln!(out, "<text class=\"titre\" x=\"24\" y=\"38\">Réseau local de la machine de capture</text>");
    let name = escaped(&shortened(picture.machine, 34));
    let _ = writeln!(out, "<text class=\"t\" x=\"42\" y=\"90\">Machine : {name}</text>");
    links(picture, &blocks, &router, &mut out);
    if !picture.gateways.is_empty() {
        let from = router.door(internet.middle());
        wire("fil", (router.x + router.width, from), (internet.x, internet.door(from)), &mut out);
        let drop = (router.x + router.width / 2, router.y + router.height());
        if !others.lines.is_empty() {
            wire("pointille", drop, (drop.0, others.y), &mut out);
        }
        let down = internet.x + internet.width / 2;
        if picture.resolvers.iter().any(|server| place(server).is_none()) {
            wire("pointille", (down, internet.y + internet.height()), (down, resolvers.y), &mut out);
        }
    }
    blocks.extend([router, internet, resolvers]);
    if !others.lines.is_empty() {
        blocks.push(others);
    }
    for block in &blocks {
        block.draw(&mut out);
    }
    let note = "Trait plein : route par défaut. En italique : déclaré par l’officier. Le reste est lu dans le système.";
    let _ = writeln!(out, "<text class=\"s\" x=\"24\" y=\"{}\">{note}</text>\n</svg>", height - 18);
    out
}

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
const STYLE: &str = "text{font-family:'DejaVu Sans',Arial,sans-serif;font-size:13px;fill:#1a1a1a}\
    .titre{font-size:18px;font-weight:bold}.t{font-weight:bold}.m{font-family:'DejaVu Sans Mono',monospace;font-size:12.5px}\
    .s{font-size:12px;fill:#555}.d{font-style:italic}.fond{fill:#fff}.machine{fill:#f4f6f9;stroke:#5a6b7d;stroke-width:1.5}\
    .boite{fill:#fff;stroke:#2f4b66;stroke-width:1.5}.arret{fill:#f0f0f0;stroke:#999}.tunnel{fill:#fdecea;stroke:#b3261e;stroke-width:2}\
    .net{fill:#e8f1fb;stroke:#2f4b66;stroke-width:1.5}.fil{stroke:#2f4b66;stroke-width:2.5;fill:none}\
    .pointille{stroke:#777;stroke-width:1.5;stroke-dasharray:5 4;fill:none}";

/// From each interface that a default route uses to the router.
fn links(picture: &Picture<'_>, blocks: &[Block], router: &Block, out: &mut String) {
    for block in blocks {
        let name = block.lines.first().and_then(|line| line.text.split(" — ").next()).unwrap_or("");
        if picture.gateways.iter().any(|(_, device)| device == name) {
            let from = block.middle();
            wire("fil", (block.x + block.width, from), (router.x, router.door(from)), out);
        }
    }
}

/// A wire with square corners.
fn wire(class: &str, (x1, y1): (u32, u32), (x2, y2): (u32, u32), out: &mut String) {
    let half = x2.saturating_sub((x2.saturating_sub(x1)) / 3);
    let path = if x1 == x2 { format!("M{x1} {y1}V{y2}") } else { format!("M{x1} {y1}H{half}V{y2}H{x2}") };
    let _ = writeln!(out, "<path class=\"{class}\" d=\"{path}\"/>");
}

/// At most `room` characters.
fn shortened(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    text.chars().take(room.saturating_sub(1)).chain(['…']).collect()
}

/// Text of an XML document: no mark, no character that XML 1.0 refuses.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{FFFE}' | '\u{FFFF}' => out.push('\u{FFFD}'),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn interface(name: &str, kind: &'static str, addresses: &[&str]) -> Interface {
        let addresses = addresses.iter().map(|a| a.parse().unwrap()).collect();
        Interface { name: name.into(), kind, addresses, on: true, ..Interface::default() }
    }

    fn drawn(name: &str, router: Option<&str>) -> String {
        let mut wired = interface(name, "wired", &["192.0.2.2", "fd00::2", "fe80::fc:ff:fe00:1", "fd00::3"]);
        wired.speed_mbits = Some(1000);
        let interfaces = [interface("lo", "loopback", &["127.0.0.1"]), interface("vide", "virtual", &[]), wired];
        svg(&Picture {
            machine: name,
            interfaces: &interfaces,
            gateways: &[("192.0.2.1".parse().unwrap(), name.to_owned())],
            neighbours: &[],
            resolvers: &["9.9.9.9".into()],
            router,
            provider: None,
            access: None,
        })
    }

    #[test]
    fn the_same_facts_give_the_same_octets_and_every_fact_is_there() {
        let text = drawn("eth0", Some("Boîte & fils <v2>"));
        assert_eq!(text, drawn("eth0", Some("Boîte & fils <v2>")));
        for expected in [
            "eth0 — filaire",
            "192.0.2.2",
            "1000 Mbit/s",
            "et 1 autre adresse",
            "Boîte &amp; fils &lt;v2&gt;",
            "9.9.9.9",
        ] {
            assert!(text.contains(expected), "{expected}: {text}");
        }
        assert!(!text.contains("127.0.0.1"));
        assert!(drawn("eth0", None).contains("modèle non déclaré"));
    }

    proptest! {
        #[test]
        fn no_name_breaks_the_document(name in ".{0,60}", router in ".{0,60}") {
            let text = drawn(&name, Some(&router));
            let document = roxmltree::Document::parse(&text);
            prop_assert!(document.is_ok(), "{:?}", document.err());
        }
    }
}
