//! Logs as Chromium writes them, cut anywhere, and logs that are none.
use proptest::prelude::*;

use super::*;

const HEAD: &str = concat!(
    r#"{"constants":{"logEventTypes":{"REQUEST_ALIVE":1,"URL_REQUEST_START_JOB":2,"#,
    r#""HTTP_TRANSACTION_SEND_REQUEST_HEADERS":3,"HTTP_TRANSACTION_READ_RESPONSE_HEADERS":4,"#,
    r#""URL_REQUEST_JOB_FILTERED_BYTES_READ":5},"logSourceType":{"URL_REQUEST":1},"netError":{"ERR_FAILED":-2}},"#,
    "\n\"events\": [\n"
);

fn event(id: u64, kind: u64, phase: u64, params: &str) -> String {
    format!(
        r#"{{"params":{params},"phase":{phase},"source":{{"id":{id},"start_time":"1","type":1}},"time":"2","type":{kind}}}"#
    )
}

fn events() -> Vec<String> {
    vec![
        event(7, 1, 1, r#"{"url":"http://a.test/"}"#),
        event(7, 2, 1, r#"{"url":"http://a.test/","method":"GET","initiator":"not an origin"}"#),
        event(7, 3, 0, r#"{"headers":["Host: a.test"],"line":"GET / HTTP/1.1\r\n"}"#),
        event(7, 4, 0, r#"{"headers":["HTTP/1.1 302 Found","Location: /b"]}"#),
        event(7, 2, 2, "null"),
        event(7, 2, 1, r#"{"url":"http://a.test/b","method":"GET"}"#),
        event(7, 3, 0, r#"{"headers":{"other":"form"}}"#),
        event(7, 4, 0, r#"{"headers":["HTTP/1.1 200 OK"]}"#),
        event(7, 5, 0, r#"{"byte_count":30}"#),
        event(7, 5, 0, r#"{"byte_count":12}"#),
        event(7, 1, 2, "null"),
        event(8, 2, 1, r#"{"url":"https://b.test/","method":"POST"}"#),
        event(8, 2, 2, r#"{"net_error":-2}"#),
        event(8, 1, 2, r#"{"net_error":-2}"#),
        event(9, 2, 1, r#"{"url":"chrome://x/","method":"GET"}"#),
    ]
}

fn whole() -> String {
    format!("{HEAD}{}],\n\"polledData\": [{{}}]}}\n", events().join(",\n"))
}

fn hops(bytes: &[u8]) -> (NetLog, Vec<NetHop>) {
    let (mut hops, mut copy) = (Vec::new(), Vec::new());
    let log = read(
        bytes,
        |line| {
            copy.extend_from_slice(line);
            Ok(())
        },
        |hop| hops.push(hop),
    );
    assert_eq!(copy, bytes);
    (log.unwrap(), hops)
}

#[test]
fn each_hop_of_a_redirect_is_a_hop_with_its_own_status() {
    let (log, hops) = hops(whole().as_bytes());
    let seen: Vec<_> = hops.iter().map(|h| (h.url.as_str(), h.sent, h.status, h.octets, h.error.as_deref())).collect();
    assert_eq!(
        seen,
        [
            ("http://a.test/", true, Some(302), 0, None),
            ("http://a.test/b", true, Some(200), 42, None),
            ("https://b.test/", false, None, 0, Some("ERR_FAILED")),
        ]
    );
    assert_eq!(hops[0].initiator, "not an origin");
    let counted =
        NetLog { bytes: whole().len() as u64, events: 15, finished: true, hops: 3, sent: 2, ..NetLog::default() };
    assert_eq!(log, counted);
}

#[test]
fn a_log_without_its_end_gives_what_it_holds() {
    let text = whole();
    let cut = text.find(r#"{"params":{"byte_count":12}"#).unwrap() + 9;
    let (log, hops) = hops(&text.as_bytes()[..cut]);
    assert!(!log.finished);
    assert_eq!(log.unread, 1, "the torn line");
    let seen: Vec<_> = hops.iter().map(|h| (h.url.as_str(), h.status, h.octets)).collect();
    assert_eq!(seen, [("http://a.test/", Some(302), 0), ("http://a.test/b", Some(200), 30)]);
}

proptest! {
    #[test]
    fn foreign_bytes_are_read_to_their_end_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..3000)) {
        prop_assert_eq!(hops(&bytes).0.bytes, bytes.len() as u64);
    }

    #[test]
    fn a_log_cut_and_spoilt_anywhere_never_gives_more_hops_than_it_begins(
        cut in 0_usize..3000, at in 0_usize..3000, byte in any::<u8>(),
    ) {
        let mut bytes = whole().into_bytes();
        bytes.truncate(cut);
        if let Some(place) = bytes.get_mut(at) {
            *place = byte;
        }
        let (log, hops) = hops(&bytes);
        prop_assert!(hops.len() <= 3 && log.hops == hops.len() as u64);
    }

    #[test]
    fn events_of_any_shape_are_read(id in any::<u64>(), kind in 0_u64..8, phase in 0_u64..4, params in ".{0,60}") {
        let params = serde_json::json!({"url": params, "headers": params, "method": [params], "byte_count": -1});
        let text = format!("{HEAD}{}\n", event(id, kind, phase, &params.to_string()));
        prop_assert!(hops(text.as_bytes()).1.len() <= 1);
    }
}
