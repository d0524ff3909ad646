//! Automatic configuration offered by the network: option 252 of DHCP, and the name `wpad` of the search domains.
use std::thread;
use std::time::Duration;

use url::Url;

use super::Setting;
use crate::http::{self, Question};
use crate::network::reach;
use crate::{Evidence, World};

/// Where leases are, and how each writes the option.
const LEASES: &[&str] = &[
    "/var/lib/dhcp",
    "/run/systemd/netif/leases",
    "/var/lib/NetworkManager",
    "/var/lib/dhclient",
    "/run/NetworkManager/devices",
];
/// Search domains tried at most.
const MOST: usize = 3;
const LOOKUP: Duration = Duration::from_millis(2000);
const FETCH: Duration = Duration::from_millis(2000);
/// The most that is kept of a configuration script.
const LONGEST: u64 = 64 * 1024;

/// What the network offers, and the scripts found.
pub(super) fn automatic(world: &World, suffix: &str) -> (Vec<Setting>, Vec<Evidence>) {
    let mut found = leases(world);
    let mut evidence = Vec::new();
    // Names are asked of this machine's resolver only.
    if world.is_this_machine() {
        let names: Vec<String> = search_domains(world).into_iter().map(|domain| format!("wpad.{domain}")).collect();
        let asked: Vec<_> = thread::scope(|scope| {
            let running: Vec<_> = names.iter().map(|name| scope.spawn(move || wpad(name))).collect();
            running.into_iter().filter_map(|task| task.join().ok().flatten()).collect()
        });
        for (at, (setting, script)) in asked.into_iter().enumerate() {
            found.push(setting);
            evidence.extend(script.map(|bytes| Evidence {
                name: format!("wpad-{}{suffix}.txt", at + 1),
                media_type: "text/plain",
                bytes,
            }));
        }
    }
    (found, evidence)
}

fn leases(world: &World) -> Vec<Setting> {
    let files =
        LEASES.iter().flat_map(|folder| world.names(folder).into_iter().map(move |name| format!("{folder}/{name}")));
    let mut found: Vec<Setting> = files
        .flat_map(|file| {
            let text = world.text(&file).unwrap_or_default();
            let values: Vec<Setting> =
                text.lines().filter_map(offered).map(|value| Setting::new(&file, "option 252", &value)).collect();
            values
        })
        .collect();
    found.sort();
    found.dedup();
    found
}

/// The option as dhclient, systemd-networkd and NetworkManager write it.
fn offered(line: &str) -> Option<String> {
    let line = line.trim().trim_end_matches(';');
    for key in ["option wpad ", "option wpad-url ", "option option-252 ", "option unknown-252 ", "wpad="] {
        if let Some(value) = line.strip_prefix(key) {
            return Some(value.trim().trim_matches('"').replace("\\n", "")).filter(|value| !value.is_empty());
        }
    }
    let hex = line.strip_prefix("OPTION_252=")?;
    let digits: Vec<u32> = hex.chars().map_while(|c| c.to_digit(16)).collect();
    let octets = digits.chunks_exact(2).filter_map(|pair| char::from_u32(pair.first()? * 16 + pair.get(1)?));
    Some(octets.filter(|c| !c.is_control()).collect::<String>()).filter(|value| !value.is_empty())
}

fn search_domains(world: &World) -> Vec<String> {
    let text = world.text("/etc/resolv.conf").unwrap_or_default();
    let lines =
        text.lines().filter_map(|l| l.trim().strip_prefix("search ").or_else(|| l.trim().strip_prefix("domain ")));
    let named = lines.flat_map(str::split_whitespace).map(|name| name.trim_matches('.').to_ascii_lowercase());
    let mut domains: Vec<String> = named.filter(|name| !name.is_empty()).collect();
    domains.dedup();
    domains.truncate(MOST);
    domains
}

/// A name that resolves is a deviation by itself; the script is fetched to be kept.
fn wpad(name: &str) -> Option<(Setting, Option<Vec<u8>>)> {
    let addresses = reach::lookup(&format!("{name}."), 80, LOOKUP).ok()?;
    let list: Vec<String> = addresses.iter().map(|address| address.ip().to_string()).collect();
    let url = Url::parse(&format!("http://{name}/wpad.dat")).ok()?;
    let reply = http::ask(&url, &Question { deadline: FETCH, limit: LONGEST, cut: true, ..Question::default() });
    let said = match &reply {
        Ok(reply) => format!("réponse {}, {} octets", reply.status, reply.body.len()),
        Err(why) => why.clone(),
    };
    let value = format!("{} ; {url} : {said}", list.join(", "));
    Some((Setting::new("DNS", name, &value), reply.ok().map(|reply| reply.raw())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_option_as_each_program_writes_it() {
        assert_eq!(offered("  option wpad \"http://w/\\n\";").as_deref(), Some("http://w/"));
        assert_eq!(offered("OPTION_252=687474703a2f2f772f").as_deref(), Some("http://w/"));
        assert_eq!(offered("OPTION_252=6é"), None);
        assert_eq!(offered("option routers 192.0.2.1;"), None);
    }
}
