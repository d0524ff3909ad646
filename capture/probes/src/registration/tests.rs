//! A registry on loopback, with good and ill manners; nothing else is asked.
use fixtures::{Registry, RegistryManners};

use super::provider::agree;
use super::*;
use crate::Declared;
use crate::test_support::world;

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn rdap(registry: &Registry) -> Sources {
    Sources { rdap: Some(registry.rdap().parse().unwrap()), ..Sources::default() }
}

fn whois(registry: &Registry) -> Sources {
    Sources { whois: Some(registry.whois()), ..Sources::default() }
}

fn host(sources: &Sources) -> Fact {
    let addresses = [address("9.9.9.9"), address("127.0.0.1"), address("9.9.9.9")];
    registration_of_host(&world(), sources, "www.essai.example", &addresses).remove(0)
}

#[test]
fn the_domain_that_was_registered() {
    for (host, domain) in [
        ("www.example.co.uk", Some("example.co.uk")),
        ("WWW.Exemple.FR.", Some("exemple.fr")),
        ("exemple.fr", Some("exemple.fr")),
        ("a.b.github.io", Some("b.github.io")),
        ("co.uk", None),
        ("localhost", None),
        ("192.0.2.1", None),
        ("[2001:db8::1]", None),
        ("a/../b.fr", None),
        ("x\r\ny.fr", None),
        ("..", None),
        ("", None),
    ] {
        assert_eq!(registrable(host).as_deref(), domain, "{host}");
    }
}

#[test]
fn a_domain_and_its_network_are_told_by_rdap_through_redirects() {
    for manners in [RegistryManners::Good, RegistryManners::Refers(3)] {
        let registry = Registry::start(manners).unwrap();
        let fact = host(&rdap(&registry));
        assert_eq!(fact.outcome, Outcome::Ok, "{:#}", fact.data);
        let (domain, network) = (&fact.data["registration"], &fact.data["networks"][0]);
        assert_eq!(
            (&fact.data["domain"], &domain["registrar"]),
            (&json!("essai.example"), &json!("Bureau d'essai SAS"))
        );
        assert_eq!(domain["registered"], "2011-03-04T05:06:07Z");
        assert_eq!(domain["expires"], "2031-03-04T05:06:07Z");
        assert_eq!(domain["name_servers"], json!(["ns1.essai.example", "ns2.essai.example"]));
        assert_eq!((&domain["registrant"], &domain["signed"]), (&json!("Société d'essai"), &json!("oui")));
        assert_eq!((&network["holder"], &network["asn"]), (&json!("Opérateur d'essai SA"), &json!(["AS64500"])));
        assert_eq!((&network["country"], &network["range"]), (&json!("FR"), &json!("9.9.9.9 - 9.9.9.9")));
        assert_eq!(fact.data["not_public"], json!(["127.0.0.1"]));
        let names: Vec<&str> = fact.evidence.iter().map(|e| e.name.as_str()).collect();
        assert_eq!(names, ["rdap-www-essai-example-essai-example.txt", "rdap-www-essai-example-9-9-9-9.txt"]);
        assert!(String::from_utf8_lossy(&fact.evidence[0].bytes).contains("objectClassName"));
        // Nothing was asked about what is not of the internet, and nothing twice.
        let mut asked = registry.asked();
        asked.sort();
        assert_eq!(asked, ["rdap domain essai.example", "rdap ip 9.9.9.9"]);
    }
}

#[test]
fn whois_is_followed_to_the_registry_that_knows() {
    for manners in [RegistryManners::Good, RegistryManners::Refers(1)] {
        let registry = Registry::start(manners).unwrap();
        let fact = host(&whois(&registry));
        assert_eq!(fact.outcome, Outcome::Ok, "{:#}", fact.data);
        let (domain, network) = (&fact.data["registration"], &fact.data["networks"][0]);
        assert_eq!((&domain["protocol"], &domain["registrar"]), (&json!("WHOIS"), &json!("Bureau d'essai SAS")));
        assert_eq!(domain["name_servers"], json!(["ns1.essai.example", "ns2.essai.example"]));
        assert_eq!((&domain["expires"], &domain["statuses"]), (&json!("2031-03-04T05:06:07Z"), &json!(["ACTIVE"])));
        assert_eq!((&network["holder"], &network["asn"]), (&json!("Opérateur d'essai SA"), &json!(["AS64500"])));
        assert_eq!((&network["network"], &network["country"]), (&json!("RESEAU-ESSAI"), &json!("FR")));
    }
}

#[test]
fn a_registry_that_names_no_holder_is_read_as_far_as_it_goes() {
    let object = Object::Address(address("9.9.9.9"));
    let named = |text: &str| {
        let record = whois::read(text, &object);
        let raw = Vec::new();
        told(&object, &Registered { record, protocol: "WHOIS", server: String::new(), media_type: "text/plain", raw })
    };
    let told = named("inetnum: 9.9.9.0 - 9.9.9.255\nnetname: UN-RESEAU\ndescr: Un opérateur\n");
    assert_eq!((&told["holder"], &told["holder_from"]), (&json!("Un opérateur"), &json!("description")));
    let told = named("NetRange: 9.9.9.0 - 9.9.9.255\nNetName: UN-RESEAU\nOrgName: Une société\n");
    assert_eq!((&told["holder"], &told["holder_from"]), (&json!("Une société"), &Value::Null));
}

#[test]
fn whois_is_asked_where_rdap_does_not_answer() {
    let (deaf, good) =
        (Registry::start(RegistryManners::Garbage).unwrap(), Registry::start(RegistryManners::Good).unwrap());
    let sources = Sources { rdap: rdap(&deaf).rdap, ..whois(&good) };
    let fact = host(&sources);
    assert_eq!((fact.outcome, &fact.data["registration"]["protocol"]), (Outcome::Ok, &json!("WHOIS")));
}

#[test]
fn ill_manners_are_told_and_end_in_time() {
    let ill = [
        (RegistryManners::Other, "autre domaine"),
        (RegistryManners::Garbage, "illisible"),
        (RegistryManners::Huge, "plus de"),
        (RegistryManners::Unknown, "ne connaît pas"),
        (RegistryManners::Silent, "délai"),
        (RegistryManners::Refers(9), ""),
    ];
    thread::scope(|scope| {
        for (manners, why) in ill {
            scope.spawn(move || {
                let registry = Registry::start(manners).unwrap();
                let fact = host(&rdap(&registry));
                assert_eq!(fact.outcome, Outcome::NotDone, "{manners:?} {:#}", fact.data);
                let told = fact.data["silent"][0]["why"].as_str().unwrap().to_owned();
                assert!(told.contains(why), "{manners:?}: {told}");
                assert!(fact.data["why"].as_str().unwrap().contains("rdap"));
                if !matches!(manners, RegistryManners::Refers(_)) {
                    let fact = host(&whois(&registry));
                    assert_eq!(fact.outcome, Outcome::NotDone, "{manners:?} {:#}", fact.data);
                }
            });
        }
    });
}

#[test]
fn nothing_to_ask_and_nobody_to_ask_are_told() {
    let fact = host(&Sources::default());
    assert!(fact.data["why"].as_str().unwrap().contains("[mesures]"));
    let local = registration_of_host(&world(), &Sources::default(), "localhost", &[address("::1")]).remove(0);
    assert_eq!((local.outcome, &local.data["not_public"]), (Outcome::NotDone, &json!(["::1"])));
}

#[test]
fn the_provider_registered_is_held_against_the_one_declared() {
    let registry = Registry::start(RegistryManners::Good).unwrap();
    let declaring = |provider: Option<&str>, sources: Sources| {
        let declared =
            Declared { provider: provider.map(str::to_owned), access: Some("fibre".into()), ..Declared::default() };
        provider_of(&Sources { declared, ..sources })
    };
    fn provider_of(sources: &Sources) -> Fact {
        provider(&world(), sources, &[address("9.9.9.9"), address("10.0.0.1")])
    }
    let good = declaring(Some("Opérateur d'Essai"), rdap(&registry));
    assert_eq!((good.outcome, &good.data["declared_agrees"]), (Outcome::Ok, &json!(true)), "{:#}", good.data);
    assert_eq!((good.evidence.len(), &good.data["networks"][0]["asn"]), (1, &json!(["AS64500"])));
    let other = declaring(Some("Lointain Télécom"), rdap(&registry));
    assert_eq!((other.outcome, &other.data["declared_agrees"]), (Outcome::Deviation, &json!(false)));
    let silent = declaring(None, rdap(&registry));
    assert_eq!((silent.outcome, &silent.data["declared_agrees"]), (Outcome::Ok, &Value::Null));
    let unmeasured = declaring(Some("Opérateur"), Sources::default());
    assert_eq!(unmeasured.outcome, Outcome::Declared);
    assert!(unmeasured.data["why"].is_string());
    assert_eq!(provider(&world(), &rdap(&registry), &[]).outcome, Outcome::NotDone);
}

#[test]
fn words_that_all_companies_have_prove_no_agreement() {
    assert_eq!(agree("Orange France SA", &["Free SAS France"]), Some(false));
    assert_eq!(agree("Orange", &["Orange S.A."]), Some(true));
    assert_eq!(agree("France Internet SA", &["FR-NET"]), None);
    assert_eq!(agree("SA", &["Orange"]), None);
    assert_eq!(agree("Orange", &[]), None);
}

proptest::proptest! {
    #[test]
    fn no_answer_makes_it_panic(octets in proptest::collection::vec(proptest::num::u8::ANY, 0..400), text in "\\PC{0,200}") {
        read_foreign(&octets);
        read_foreign(text.as_bytes());
    }

    #[test]
    fn no_document_makes_it_panic(
        field in "(objectClassName|ldhName|events|entities|vcardArray|status|remarks|nameservers|roles)",
        inner in "(null|1|\"x\"|\\[\\]|\\[\\[\\]\\]|\\{\\}|\\[\\{\\}\\]|\\[\\{\"roles\":\\[\"registrar\"\\],\"vcardArray\":\\[1,\\[\\[\"fn\",1,2,\\[\\]\\]\\]\\]\\}\\])",
    ) {
        let rest = if field == "objectClassName" { String::new() } else { r#""objectClassName":"ip network","#.to_owned() };
        read_foreign(format!("{{{rest}\"{field}\":{inner}}}").as_bytes());
        let rest = if field == "objectClassName" { "" } else { r#""objectClassName":"domain","ldhName":"essai.example","# };
        read_foreign(format!("{{{rest}\"{field}\":{inner}}}").as_bytes());
    }
}
