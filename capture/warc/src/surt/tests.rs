//! Keys that the Internet Archive's own library gave for the same addresses, and properties.
use super::*;
use proptest::prelude::*;

/// Address and key, computed with `surt` 0.3.1 (Python).
const KNOWN: &[(&str, &str)] = &[
    ("http://www.example.org/", "org,example)/"),
    ("https://example.org:443/A/b?b=2&a=1", "org,example)/a/b?a=1&b=2"),
    ("http://example.org:8080/", "org,example:8080)/"),
    ("https://www.www.aa/", "aa,www)/"),
    ("https://www.aa/", "aa)/"),
    ("HTTP://WWW2.Example.ORG/Path/?Q=X#frag", "org,example)/path?q=x"),
    ("http://user:pw@example.org/a/", "org,example)/a"),
    ("http://example.org/a//b/../c/./d", "org,example)/a/c/d"),
    ("http://example.org/../../x", "org,example)/x"),
    ("http://example.org/%7Ea/%2525", "org,example)/~a/%25"),
    ("http://example.org/é?à=ü", "org,example)/%c3%a9?%c3%a0=%c3%bc"),
    ("http://example.org/a b", "org,example)/a%20b"),
    ("http://example.org/?", "org,example)/"),
    ("http://example.org?x", "org,example)/?x"),
    ("http://example.org", "org,example)/"),
    ("urn:constat:screen:0001-page.png", "urn:constat:screen:0001-page.png"),
    ("dns:www.example.org", "dns:www.example.org"),
    ("http://[2001:db8::1]:8080/x", "2001:db8::1:8080)/x"),
    ("http://127.0.0.1:45123/index.html", "1,0,0,127:45123)/index.html"),
    ("http://2130706433/", "1,0,0,127)/"),
    ("http://010.0.0.1/", "1,0,0,8)/"),
    ("ftp://0177.19/", "19,0177)/"),
    ("http://0177.17/", "17,0,0,127)/"),
    ("http://a%0Ab.org/", "org,a%0ab)/"),
    ("http://10.1/", "1,0,0,10)/"),
    ("http://example..org./a", "org,example)/a"),
    ("http://example.org/(S(4hqa0555fwsecu455xqckv45))/a.aspx", "org,example)/a.aspx"),
    ("http://example.org/(4hqa0555fwsecu455xqckv45)/a.aspx?x", "org,example)/a.aspx?x"),
    ("http://example.org/a?jsessionid=0123456789abcdefghijklemopqrstuv", "org,example)/a"),
    ("http://example.org/a?jsessionid=0123456789abcdefghijklemopqrstuv&b=1", "org,example)/a?b=1"),
    ("http://example.org/a?x=1&PHPSESSID=9682993c8daa2c5497996114facdc805", "org,example)/a?&x=1"),
    ("http://example.org/a?sid=9682993c8daa2c5497996114facdc805&z=3", "org,example)/a?z=3"),
    ("http://example.org/a?ASPSESSIONIDAQBSDSRT=EOHBLBDDPFCLHKPGGKLILNAM&c=d", "org,example)/a?c=d"),
    ("http://example.org/a?CFID=12412453&CFTOKEN=15501799&dt=19", "org,example)/a?dt=19"),
    ("http://example.org/a?x=1&&y=2&", "org,example)/a?&&x=1&y=2"),
    ("http://example.org/a?a&a=&a=1", "org,example)/a?a&a=&a=1"),
    ("http://example.org/x?u=http%3A%2F%2Fb.org%2F%3Fq%26r", "org,example)/x?r&u=http://b.org/?q"),
    ("example.org/no-scheme", "org,example)/no-scheme"),
    ("http://https://order.example.org/", "org,example,order)/"),
    ("http:////example.org/x", "org,example)/x"),
    ("http://example.org:/x", "org,example)/x"),
    ("http://xn--bcher-kva.example/", "example,xn--bcher-kva)/"),
    ("http://bücher.example/", "example,xn--bcher-kva)/"),
    ("http://www.www.example.org/", "org,example,www)/"),
    ("http://www1x.example.org/", "org,example,www1x)/"),
    ("ftp://example.org/A", "org,example)/a"),
    ("http://example.org/a?b#c", "org,example)/a?b"),
    ("data:text/plain,Hello", "data:text/plain,hello"),
    ("http://example.org/a?__wb_method=POST&a=b c&x=<y>", "org,example)/a?__wb_method=post&a=b%20c&x=<y>"),
    ("  http://example.org/sp  ", "org,example)/sp"),
    ("http://example.org/a\tb", "org,example)/ab"),
    ("mailto:A@b.org", "mailto:a@b.org"),
    ("http://example.org/%", "org,example)/%25"),
    ("http://example.org/%zz?%E9", "org,example)/%25zz?%e9"),
    ("http://1.2.3.4.5/", "5,4,3,2,1)/"),
    ("http://300.1.1.1x/", "1x,1,1,300)/"),
    ("http://exa_mple.org/_{}|\\^`", "org,exa_mple)/_{}|\\^`"),
    ("about:blank", "about:blank"),
    ("screenshot:http://example.org/a", "screenshot:http://example.org/a"),
    ("urn:pageinfo:http://example.org/?a=B", "urn:pageinfo:http://example.org?a=b"),
    ("http://example.org/a?\\x", "org,example)/a?\\x"),
    ("http://a.b/?=", "b,a)/?="),
    ("http://a.b/?1", "b,a)/?1"),
    ("https://example.org:80/", "org,example:80)/"),
    ("http://0x7f.1/", "1,0x7f)/"),
    ("http://example.org/;a=1;b?c;d", "org,example)/;a=1;b?c;d"),
    ("http://example.org//", "org,example)/"),
    ("http://example.org/a/?b=c", "org,example)/a?b=c"),
    ("text:http://example.org:8080/a", "text:http://example.org:8080/a"),
];

#[test]
fn keys_are_those_of_the_reference_library() {
    for (url, key) in KNOWN {
        assert_eq!(surt(url), *key, "{url}");
    }
}

#[test]
fn what_cannot_be_parsed_is_its_own_key() {
    assert_eq!(surt("http://example.org:port/"), "http://example.org:port/");
    assert_eq!(surt("http://example.org:99999/"), "http://example.org:99999/");
    assert_eq!(surt(""), "-");
}

proptest! {
    #[test]
    fn any_text_has_a_key(url in "\\PC{0,80}") {
        let _ = surt(&url);
    }

    /// The key depends neither on the case, nor on the order of the arguments, nor on `www.` and the default port.
    /// Only one `www.` is taken away: a host that has one of its own keeps it behind a second, so none is drawn here.
    #[test]
    fn equivalent_addresses_share_their_key(
        host in "[a-v][a-z]{0,7}\\.[a-z]{2,3}",
        path in "(/[a-z0-9]{1,6}){0,3}",
        mut arguments in prop::collection::vec("[a-z]{1,4}=[a-z0-9]{0,4}", 0..4),
    ) {
        let url = |host: &str, arguments: &[String]| match arguments {
            [] => format!("https://{host}{path}"),
            _ => format!("https://{host}{path}?{}", arguments.join("&")),
        };
        let key = surt(&url(&host, &arguments));
        prop_assert_eq!(&surt(&url(&format!("WWW3.{host}:443"), &arguments)), &key);
        prop_assert_eq!(&surt(&url(&host.to_uppercase(), &arguments)), &key);
        arguments.reverse();
        prop_assert_eq!(&surt(&url(&host, &arguments)), &key);
    }

    /// Path and query are canonical: putting them through again changes nothing. (The host is reversed, so a key is
    /// not an address, and the key of a key means nothing.)
    #[test]
    fn canonical_paths_stay(path in "(/[ -~]{0,8}){1,4}") {
        let key = surt(&format!("http://example.org{path}"));
        let again = surt(&format!("http://example.org{}", key.strip_prefix("org,example)").unwrap()));
        // One exception: each pass drops one trailing slash only.
        if !key.ends_with('/') {
            prop_assert_eq!(again, key);
        }
    }
}
