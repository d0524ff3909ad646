//! What leaves, read back as a recipient's mail program does; and the templates themselves.
use jiff::civil::date;

use super::*;
use crate::SystemEntropy;
use crate::notice::{Invitation, availability, invitation, mime};
use crate::text::{AVIS, ESSAI, INVITATION};

const NOW: &str = "2026-12-01T11:00:00Z";
/// What is known of a recipient; only the name may leave.
const NAME: &str = "Isaline Quatremère";
const TO: &str = "isaline@essai.test";
const PERSONAL: [&str; 7] =
    ["isaline@", "Martelots", "1971", "Besançon", "0612345678", "assignation", "Banque Requérante"];

fn config() -> Config {
    Config::parse(
        "etude = \"Étude Essai\"\nresidence = \"Lyon\"\ncontact_dpo = \"dpo@etude.test\"\n[smtp]\nhote = \"127.0.0.1\"\n\
         port = 25\nsecurite = \"aucune\"\nexpediteur = \"avis@etude.test\"\n[avis]\nretour = \"retours@etude.test\"\n",
    )
    .unwrap()
}

fn id() -> Id {
    Id::new(NOW.parse().unwrap(), &SystemEntropy::default()).unwrap()
}

fn body(message: &Prepared) -> String {
    let parsed = mime::parse(&message.raw);
    String::from_utf8(parsed.leaves[0].body.to_vec()).unwrap().replace("\r\n", "\n")
}

/// Every mail that this crate writes, for the same person.
fn every_mail() -> Vec<(&'static str, Prepared)> {
    let (config, now, to) = (config(), NOW.parse().unwrap(), (NAME, TO));
    let breach = Violation {
        constatee: now,
        nature: NatureViolation::Confidentialite,
        mesures: BTreeSet::from([MesureViolation::AccesSuspendu, MesureViolation::CnilSaisie]),
    };
    let proposed = Invitation {
        consent: id(),
        name: NAME,
        to: TO,
        secret: "Jsecret",
        expires_at: now,
        cgu_version: "1",
        cgu_sha256: "00",
    };
    let refus = Refus::Infecte { signature: "Eicar-Test-Signature".into() };
    vec![
        ("avis", availability(&config, id(), id(), NAME, TO, now, now).unwrap()),
        ("invitation", invitation(&config, id(), &proposed, now).unwrap()),
        ("rappel", rappel(&config, id(), to, (date(2026, 12, 31), date(2026, 12, 1)), now).unwrap()),
        ("violation", violation(&config, id(), to, &breach, now).unwrap()),
        ("fichier", fichier_refuse(&config, id(), to, (&refus, now), now).unwrap()),
    ]
}

#[test]
fn d13_no_template_has_a_place_for_personal_data_but_the_name() {
    // Written out: a new blank is a decision to be taken here too.
    let allowed = [
        "nom",
        "etude",
        "residence",
        "date",
        "acte",
        "dpo",
        "cgu_version",
        "cgu_sha256",
        "consentement",
        "expire",
        "jeton",
        "effacement",
        "jours",
        "nature",
        "consequences",
        "mesures",
        "motif",
    ];
    for template in [AVIS, INVITATION, RAPPEL, VIOLATION, FICHIER_REFUSE, SMS, ESSAI] {
        let blanks: Vec<&str> = template.split('{').skip(1).map(|t| t.split_once('}').unwrap().0).collect();
        assert!(blanks.iter().all(|b| allowed.contains(b)), "{blanks:?}");
        for link in ["http://", "https://", "www."] {
            assert!(!template.contains(link), "a notice bears no link: it would teach to follow those of others");
        }
    }
    assert!(!SMS.contains('{'), "the SMS is the same for everybody");
}

#[test]
fn d13_a_mail_that_leaves_bears_the_name_the_contact_and_nothing_else_of_the_person() {
    for (which, mail) in every_mail() {
        let text = body(&mail);
        assert!(text.contains(NAME) && text.contains("dpo@etude.test"), "{which}: {text}");
        assert!(!text.contains('{') && !text.contains('}'), "{which}");
        for word in PERSONAL {
            assert!(!text.contains(word), "{word} in {which}");
        }
        assert_eq!((mail.from.as_str(), mail.to.as_str()), (format!("retours+{}@etude.test", mail.id).as_str(), TO));
        let raw = String::from_utf8_lossy(&mail.raw);
        assert!(raw.contains(&format!("Message-ID: <{}@etude.test>", mail.id)), "{which}");
        assert_eq!(raw.matches(TO).count(), 1, "the address is in one header: To");
    }
}

#[test]
fn a17_the_sms_is_one_segment_and_names_nobody() {
    for essai in [false, true] {
        let text = texte_sms(essai).unwrap();
        assert!(gsm7::septets(&text).unwrap() <= 160, "{text}");
        assert_eq!(text.starts_with("ESSAI"), essai);
        assert!(!text.contains("http") && !text.contains('\n'));
    }
}

#[test]
fn f06_the_reminder_says_the_days_that_are_left() {
    let (end, now) = (date(2027, 3, 31), NOW.parse().unwrap());
    for (today, left) in
        [(date(2027, 3, 1), "30 jours"), (date(2027, 3, 24), "7 jours"), (date(2027, 3, 30), "un jour")]
    {
        let text = body(&rappel(&config(), id(), (NAME, TO), (end, today), now).unwrap());
        assert!(text.contains(left) && text.contains("31 mars 2027"), "{text}");
    }
}

#[test]
fn f10_a_breach_is_told_to_each_person_with_what_art_34_asks() {
    let breach = Violation {
        constatee: NOW.parse().unwrap(),
        nature: NatureViolation::Integrite,
        mesures: BTreeSet::from([MesureViolation::DonneesRestaurees]),
    };
    let people = [("Anne", "a@essai.test"), ("Bruno", "b@essai.test"), ("Chloé", "c@essai.test")];
    let sink: Vec<_> =
        people.iter().map(|p| violation(&config(), id(), *p, &breach, NOW.parse().unwrap()).unwrap()).collect();
    for ((name, to), mail) in people.iter().zip(&sink) {
        let text = body(mail);
        assert!(mail.to == *to && text.starts_with(&format!("Bonjour {name},")));
        for part in
            ["modifiées sans droit", "information inexacte", "restaurées", "dpo@etude.test", "CNIL", "12:00:00 +01:00"]
        {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
    let silent = Violation { mesures: BTreeSet::new(), ..breach };
    assert!(violation(&config(), id(), people[0], &silent, NOW.parse().unwrap()).is_err());
}
