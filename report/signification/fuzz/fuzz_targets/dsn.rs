//! A foreign return of mail never makes its reader panic, and what is read of it survives its journal form.
#![no_main]

use signification::Config;
use signification::notice::dsn::{Nous, Retour, lire};

const CONFIG: &str = "etude = \"Essai\"\nresidence = \"Lyon\"\ncontact_dpo = \"dpo@etude.test\"\n[smtp]\nhote = \"127.0.0.1\"\n\
                      port = 25\nsecurite = \"aucune\"\nexpediteur = \"avis@etude.test\"\n[avis]\nretour = \"avis@etude.test\"\n";

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let config = Config::parse(CONFIG).expect("a configuration of ours");
    if let Ok(retour) = lire(data, &Nous::new(&config)) {
        let text = serde_json::to_string(&retour).expect("a return is serializable");
        let read: Retour = serde_json::from_str(&text).expect("and reads back");
        assert_eq!(read, retour);
    }
});
