//! Daemons that answer anything, and the policy.
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};

use proptest::prelude::*;

use super::*;
use crate::SystemEntropy;

fn config(listener: &TcpListener) -> ScanConfig {
    ScanConfig { adresse: Some(listener.local_addr().unwrap()), ..ScanConfig::default() }
}

/// What is said of `content` by a daemon that reads all of it and answers this.
fn answered(answer: &'static [u8], content: &'static [u8]) -> Verdict {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let clamd = Clamd::new(&config(&listener)).unwrap();
    let daemon = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut wanted = b"zINSTREAM\0".to_vec();
        for chunk in content.chunks(64 * 1024) {
            wanted.extend(u32::try_from(chunk.len()).unwrap().to_be_bytes());
            wanted.extend(chunk);
        }
        wanted.extend([0; 4]);
        let mut seen = vec![0; wanted.len()];
        stream.read_exact(&mut seen).unwrap();
        assert_eq!(seen, wanted, "the protocol");
        let _ = stream.write_all(answer);
    });
    let (verdict, digests) = clamd.analyser(&mut &content[..]).unwrap();
    assert_eq!(digests, Digests::of(content));
    daemon.join().unwrap();
    verdict
}

fn not(motif: Motif) -> Verdict {
    Verdict::NonAnalyse { motif }
}

#[test]
fn c11_only_the_exact_words_of_the_daemon_are_a_verdict() {
    assert_eq!(answered(b"stream: OK\0", b"contenu"), Verdict::Sain);
    assert_eq!(answered(b"stream: OK\0", &[7; 200_000]), Verdict::Sain);
    let found = Verdict::Infecte { signature: "Win.Test.EICAR_HDB-1".into() };
    assert_eq!(answered(b"stream: Win.Test.EICAR_HDB-1 FOUND\0", b""), found);
    let odd = Verdict::Infecte { signature: "a_b__".into() };
    assert_eq!(answered(b"stream: a\x1bb\n\n FOUND\0", b"x"), odd);
    for (answer, motif) in [
        (&b""[..], Motif::Injoignable),
        (b"stream: OK, peut-etre\0", Motif::ReponseInconnue),
        (b"OK\0", Motif::ReponseInconnue),
        (b"INSTREAM size limit exceeded. ERROR\0", Motif::TropLong),
        (b"Can't allocate memory ERROR\0", Motif::RefusDuMoteur),
        (&[b'x'; 100_000], Motif::ReponseInconnue),
    ] {
        assert_eq!(answered(answer, b"contenu"), not(motif), "{}", String::from_utf8_lossy(answer));
    }
}

#[test]
fn c11_a_daemon_that_hangs_or_is_absent_makes_no_verdict() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let hung = Clamd::new(&ScanConfig { delai_secondes: 1, ..config(&listener) }).unwrap();
    assert_eq!(hung.analyser(&mut &b"x"[..]).unwrap().0, not(Motif::Delai));
    let closed = config(&listener);
    drop(listener);
    assert_eq!(Clamd::new(&closed).unwrap().analyser(&mut &b"x"[..]).unwrap().0, not(Motif::Injoignable));
    let nowhere = ScanConfig { socket: Some("/nulle/part".into()), ..ScanConfig::default() };
    assert_eq!(Clamd::new(&nowhere).unwrap().analyser(&mut &b"x"[..]).unwrap().0, not(Motif::Injoignable));
}

#[test]
fn c11_without_an_engine_uploads_are_refused_unless_the_policy_says_otherwise() {
    let none = Clamd::new(&ScanConfig::default()).unwrap();
    let (verdict, digests) = none.analyser(&mut &b"x"[..]).unwrap();
    assert_eq!((&verdict, digests), (&not(Motif::SansAnalyseur), Digests::of(b"x")));
    let refus = Refus::NonAnalyse { motif: Motif::SansAnalyseur };
    assert!(refus.phrase().contains("non analysé"));
    assert_eq!(decider(&verdict, Politique::default()), Decision::Refuse(refus));
    assert_eq!(decider(&verdict, Politique::Admettre), Decision::Admis { analyse: false });
    let infected = Verdict::Infecte { signature: "E".into() };
    for politique in [Politique::Refuser, Politique::Admettre] {
        assert_eq!(decider(&Verdict::Sain, politique), Decision::Admis { analyse: true });
        let kept = Decision::Quarantaine(Refus::Infecte { signature: "E".into() });
        assert_eq!(decider(&infected, politique), kept, "no policy admits it");
    }
}

#[test]
fn c11_what_is_too_long_is_not_read_further() {
    struct Endless(u64);
    impl Read for Endless {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            self.0 += buf.len() as u64;
            buf.fill(b'x');
            Ok(buf.len())
        }
    }
    let clamd = Clamd::new(&ScanConfig { taille_max: 1_000_000, ..ScanConfig::default() }).unwrap();
    let mut endless = Endless(0);
    assert_eq!(clamd.analyser(&mut endless).unwrap().0, not(Motif::TropLong));
    assert!(endless.0 < 1_100_000);
}

#[test]
fn c11_a_verdict_stands_and_what_was_not_searched_may_be_later() {
    let at: Instant = "2026-12-01T11:00:00Z".parse().unwrap();
    let id = Id::new(at, &SystemEntropy::default()).unwrap();
    let me = Actor::platform();
    let event = |verdict: &Verdict, bytes: &[u8]| Event::of(id, id, (verdict, Digests::of(bytes)), Politique::Refuser);
    let not_done = event(&not(Motif::Delai), b"x");
    let view = View::next(None, at, &me, &not_done).unwrap();
    assert!(!view.admis);
    assert!(View::next(Some(&view), at, &me, &event(&Verdict::Sain, b"autre")).is_err(), "other octets");
    let clean = View::next(Some(&view), at, &me, &event(&Verdict::Sain, b"x")).unwrap();
    assert!(clean.admis && View::next(Some(&clean), at, &me, &not_done).is_err());
    let infected = event(&Verdict::Infecte { signature: "E".into() }, b"x");
    let view = View::next(None, at, &me, &infected).unwrap();
    assert!(!view.admis && View::next(Some(&view), at, &me, &event(&Verdict::Sain, b"x")).is_err());
    assert!(View::next(None, at, &Actor::office("x"), &infected).is_err());
    assert_eq!(serde_json::from_str::<Event>(&serde_json::to_string(&infected).unwrap()).unwrap(), infected);
    assert_eq!(serde_json::from_str::<View>(&serde_json::to_string(&view).unwrap()).unwrap(), view);
}

proptest! {
    #[test]
    fn c11_any_answer_is_read_without_panic(text in "(stream: )?.{0,60}( FOUND| ERROR)?") {
        let verdict = clamd::read(&text);
        prop_assert!(verdict != Verdict::Sain || text == "stream: OK");
        if let Verdict::Infecte { signature } = verdict {
            prop_assert!(signature.bytes().all(|b| b.is_ascii_graphic()) && signature.len() <= 128);
        }
    }
}
