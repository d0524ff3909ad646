//! Reports and bounces as the usual servers write them (texts of our own, after their documented forms), and any bytes.
use proptest::prelude::*;

use super::*;

pub(crate) const ID: &str = "01938f5a-7c00-7abc-8def-0123456789ab";
const OTHER: &str = "01938f5a-7c00-7abc-8def-0123456789ac";

pub(crate) fn nous() -> Nous {
    Nous { domaine: "etude.test".into(), retour: Some(("avis".into(), "etude.test".into())) }
}

/// A report of RFC 3464 as Postfix writes it.
pub(crate) fn rfc3464(action: &str, status: &str) -> Vec<u8> {
    let code = if action == "failed" { "Diagnostic-Code: smtp; 550 5.1.1 <isaline@essai.test>: inconnu\n" } else { "" };
    format!(
        "Return-Path: <>\nDate: Tue, 01 Dec 2026 12:00:05 +0100\nFrom: MAILER-DAEMON@mx.test (Mail Delivery System)\n\
         Subject: Undelivered Mail Returned to Sender\nTo: avis+{ID}@etude.test\nAuto-Submitted: auto-replied\n\
         MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status;\n\tboundary=\"ABC.1/mx.test\"\n\n\
         This is a MIME-encapsulated message.\n\n--ABC.1/mx.test\nContent-Description: Notification\n\
         Content-Type: text/plain; charset=us-ascii\n\nI'm sorry to have to inform you\n\n--ABC.1/mx.test\n\
         Content-Description: Delivery report\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.test\n\
         Original-Envelope-Id: {ID}\nX-Postfix-Queue-ID: 4A1\nArrival-Date: Tue, 01 Dec 2026 12:00:01 +0100 (CET)\n\n\
         Final-Recipient: rfc822; isaline@essai.test\nOriginal-Recipient: rfc822;isaline@essai.test\nAction: {action}\n\
         Status: {status}\nRemote-MTA: dns; mx.essai.test\n{code}Last-Attempt-Date: Tue, 01 Dec 2026 12:00:04 +0100\n\n\
         --ABC.1/mx.test\nContent-Description: Undelivered Message Headers\nContent-Type: text/rfc822-headers\n\n\
         Message-ID: <{ID}@etude.test>\nSubject: Un acte\n\n--ABC.1/mx.test--\n"
    )
    .into_bytes()
}

fn edited(from: &str, to: &str) -> Result<Retour, Rebut> {
    let text = String::from_utf8(rfc3464("failed", "5.1.1")).unwrap();
    assert!(text.contains(from), "{from}");
    lire(text.replace(from, to).as_bytes(), &nous())
}

fn qmail() -> String {
    format!(
        "Return-Path: <>\nFrom: MAILER-DAEMON@qmail.test\nTo: avis@etude.test\nSubject: failure notice\n\n\
         Hi. This is the qmail-send program at qmail.test.\nI'm afraid I wasn't able to deliver your message to the \
         following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n\
         <isaline@essai.test>:\n192.0.2.7 does not like recipient.\nRemote host said: 550 5.7.1 refused\n\n\
         --- Below this line is a copy of the message.\n\nReturn-Path: <avis@etude.test>\n\
         Message-ID: <{ID}@etude.test>\nSubject: 4.2.2\n"
    )
}

#[test]
fn c08_a_standard_report_is_read_whole() {
    let retour = lire(&rfc3464("failed", "5.1.1"), &nous()).unwrap();
    assert_eq!((retour.notice.to_string().as_str(), retour.lien, retour.forme), (ID, Lien::Enveloppe, Forme::Rfc3464));
    assert_eq!((retour.action, retour.statut.unwrap().to_string().as_str()), (Some(Action::Failed), "5.1.1"));
    assert_eq!(retour.smtp, Some(550));
    assert_eq!(retour.arrivee, Some("2026-12-01T11:00:01Z".parse().unwrap()));
    assert_eq!(retour.tentative, Some("2026-12-01T11:00:04Z".parse().unwrap()));
    assert_eq!(retour.emis, Some("2026-12-01T11:00:05Z".parse().unwrap()));
    let text = serde_json::to_string(&retour).unwrap();
    assert!(!text.contains("isaline") && !text.contains("mx.test"), "{text}");
    assert_eq!(serde_json::from_str::<Retour>(&text).unwrap(), retour);
    let mut crlf = Vec::new();
    for byte in rfc3464("failed", "5.1.1") {
        crlf.extend((byte == b'\n').then_some(b'\r'));
        crlf.push(byte);
    }
    assert_eq!(lire(&crlf, &nous()).unwrap(), retour);
}

#[test]
fn c08_each_action_has_its_statuses() {
    for (action, status, wanted) in [
        ("delivered", "2.0.0", Ok(Action::Delivered)),
        ("Relayed (to non-DSN-aware mailer)", "2.0.0", Ok(Action::Relayed)),
        ("expanded", "2.1.5", Ok(Action::Expanded)),
        ("DELAYED", "4.4.1 (no answer)", Ok(Action::Delayed)),
        ("failed", "4.4.7", Ok(Action::Failed)),
        ("delivered", "5.1.1", Err(Rebut::Incoherent)),
        ("failed", "2.0.0", Err(Rebut::Incoherent)),
        ("perdu", "5.1.1", Err(Rebut::Incoherent)),
    ] {
        assert_eq!(lire(&rfc3464(action, status), &nous()).map(|r| r.action.unwrap()), wanted, "{action} {status}");
    }
}

#[test]
fn c08_the_notice_is_found_three_ways_and_never_by_an_address() {
    let no_envid = edited(&format!("Original-Envelope-Id: {ID}\n"), "").unwrap();
    assert_eq!((no_envid.notice.to_string().as_str(), no_envid.lien), (ID, Lien::AdresseDeRetour));
    let text = String::from_utf8(rfc3464("failed", "5.1.1")).unwrap();
    let bare = text.replace(&format!("Original-Envelope-Id: {ID}\n"), "").replace(&format!("avis+{ID}@"), "avis@");
    assert_eq!(lire(bare.as_bytes(), &nous()).unwrap().lien, Lien::MessageId);
    // Only the recipient's address is left: it names nobody.
    let none = bare.replace(&format!("<{ID}@etude.test>"), "<x@etude.test>");
    assert!(none.contains("isaline@essai.test"));
    assert_eq!(lire(none.as_bytes(), &nous()), Err(Rebut::SansReference));
    // An identifier at another's domain is not ours.
    assert_eq!(lire(bare.replace("etude.test>", "autre.test>").as_bytes(), &nous()), Err(Rebut::SansReference));
    // Two places, two notices.
    assert_eq!(edited(&format!("avis+{ID}@"), &format!("avis+{OTHER}@")), Err(Rebut::ReferencesContraires));
    assert_eq!(edited(&format!("<{ID}@"), &format!("<{OTHER}@")), Err(Rebut::ReferencesContraires));
}

#[test]
fn c08_reports_that_are_a_little_wrong_are_read_all_the_same() {
    // The empty line after the first group is forgotten; the last boundary too; the fields are in base64.
    let joined = edited("(CET)\n\nFinal-Recipient", "(CET)\nFinal-Recipient").unwrap();
    assert_eq!((joined.action, joined.statut.map(Statut::class)), (Some(Action::Failed), Some(5)));
    assert!(edited("--ABC.1/mx.test--", "").is_ok());
    assert_eq!(edited("Status: 5.1.1", "Status: inconnu").unwrap().statut, None);
    assert_eq!(edited("Date: Tue, 01 Dec 2026 12:00:05 +0100", "Date: hier").unwrap().emis, None);
    // Several recipients behind one address: the worst is told.
    let two = edited(
        "Final-Recipient",
        "Final-Recipient: rfc822; a@b.test\nAction: delivered\nStatus: 2.0.0\n\nFinal-Recipient",
    );
    assert_eq!(two.unwrap().action, Some(Action::Failed));
    // A reader's own notification is no matter of a server.
    assert_eq!(edited("report-type=delivery-status", "report-type=disposition-notification"), Err(Rebut::PasUnRetour));
}

#[test]
fn c08_bounces_of_no_standard_form() {
    let failed = lire(qmail().as_bytes(), &nous()).unwrap();
    assert_eq!((failed.forme, failed.lien, failed.action), (Forme::Libre, Lien::Texte, Some(Action::Failed)));
    assert_eq!((failed.statut.unwrap().to_string().as_str(), failed.smtp), ("5.7.1", Some(550)));
    let exim = format!(
        "From: Mail Delivery System <Mailer-Daemon@mx.test>\nTo: avis+{ID}@etude.test\nX-Failed-Recipients: a@b.test\n\n\
         A message that you sent could not be delivered to one or more of its recipients.\n\n  a@b.test\n    Unrouteable address\n"
    );
    let exim = lire(exim.as_bytes(), &nous()).unwrap();
    assert_eq!((exim.action, exim.statut, exim.lien), (Some(Action::Failed), None, Lien::AdresseDeRetour));
    // A temporary status alone is not understood: told as it came.
    let vague = format!("From: postmaster@mx.test\nTo: avis+{ID}@etude.test\n\nQuota, 4.2.2, un jour.\n");
    assert_eq!(lire(vague.as_bytes(), &nous()).unwrap().action, None);
    // A person on holiday quotes the notice and a date.
    let holiday =
        format!("Return-Path: <>\nFrom: Isaline <isaline@essai.test>\nTo: avis+{ID}@etude.test\n\nAbsente, 5.1.1\n");
    assert_eq!(lire(holiday.as_bytes(), &nous()), Err(Rebut::PasUnRetour));
    assert_eq!(lire(&vec![b'a'; MAX_RETOUR + 1], &nous()), Err(Rebut::TropLong));
    assert_eq!(lire(b"", &nous()), Err(Rebut::PasUnRetour));
}

#[test]
fn statuses_have_one_form() {
    for good in ["5.1.1", "4.4.7", "2.0.0", "5.999.999"] {
        assert_eq!(good.parse::<Statut>().unwrap().to_string(), good);
    }
    for bad in ["", "5", "5.1", "5.1.1.1", "3.1.1", "5.+1.1", "5.1000.1", "5..1", " 5.1.1"] {
        assert!(bad.parse::<Statut>().is_err(), "{bad}");
    }
}

proptest! {
    #[test]
    fn c08_random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        prop_assert!(lire(&bytes, &nous()).is_err());
    }

    /// Flips, cuts and repetitions of real samples: whatever is read names our notice, or is refused.
    #[test]
    fn c08_damaged_samples_never_panic_nor_name_another_notice(
        which in 0..3_usize,
        flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
        cut in any::<prop::sample::Index>(),
        cuts in any::<bool>(),
    ) {
        let mut sample = match which {
            0 => rfc3464("failed", "5.1.1"),
            1 => rfc3464("delivered", "2.0.0"),
            _ => qmail().into_bytes(),
        };
        for (at, byte) in flips {
            let at = at.index(sample.len());
            sample[at] = byte;
        }
        if cuts {
            sample.truncate(cut.index(sample.len()));
        }
        if let Ok(retour) = lire(&sample, &nous()) {
            let (found, ours) = (retour.notice.to_string(), ID);
            // A flip may fall in the only place left that names it: no more than those octets differ.
            let differing = found.bytes().zip(ours.bytes()).filter(|(a, b)| a != b).count();
            prop_assert!(differing <= 12, "{}", found);
            prop_assert!(retour.action.is_none_or(|a| retour.statut.is_none_or(|s| a.admits(s))));
        }
    }
}
