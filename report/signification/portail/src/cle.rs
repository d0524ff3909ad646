//! The ceremonies of passkeys (WebAuthn level 3) by `webauthn-rs`, bound to the portal's own address. Users are always verified;
//! a counter that goes back is refused.
//!
//! The library knows nothing of the PRF extension: what it asks of the browser is completed here. Nothing signs a PRF output, and
//! nothing needs to: it proves nobody, it opens a wrap that it made.
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dossier::Sha256Digest;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use signification::comptes::passkey::{Assertion, CleAcces, Defi, Inscription, PasskeyCeremony, RefusDeCle, SortiePrf};
use signification::{Id, SignificationError};
use url::Url;
use webauthn_rs::prelude::{
    AttestationCaList, AttestedPasskeyRegistration, DiscoverableAuthentication, DiscoverableKey, Passkey,
    PasskeyRegistration, PublicKeyCredential, RegisterPublicKeyCredential, Uuid, WebauthnError,
};
use webauthn_rs::{Webauthn, WebauthnBuilder};
use zeroize::Zeroizing;

use crate::config::PortailError;

/// What the PRF extension is asked for at this portal: each passkey answers with octets of its own, so one question serves all, and
/// a login that names nobody can ask it.
const QUESTION_PRF: &[u8] = b"constat-coffret/1 prf";

/// The ceremonies at one address.
pub(crate) struct Ceremonies {
    webauthn: Webauthn,
    /// Roots of the makers of officers' keys; none: the model is what the key says, checked against its own statement only.
    fabricants: Option<AttestationCaList>,
}

/// What the server remembers of a registration.
#[derive(Serialize, Deserialize)]
enum EnCours {
    Simple(PasskeyRegistration),
    Attestee(AttestedPasskeyRegistration),
}

fn panne(_: impl std::fmt::Debug) -> SignificationError {
    SignificationError::Config { why: "cérémonie de clé d'accès impossible".into() }
}

impl Ceremonies {
    /// For pages at `origine`; none when no passkey is possible there: a numeric address, or HTTP elsewhere than on this machine.
    pub(crate) fn new(origine: &str, nom: &str, fabricants: &[PathBuf]) -> Result<Option<Self>, PortailError> {
        let refused = |why: String| PortailError::Tls { what: "fabricants", why };
        let Ok(url) = Url::parse(origine) else { return Ok(None) };
        let Some(domain) = url.domain() else { return Ok(None) };
        if url.scheme() != "https" && domain != "localhost" {
            return Ok(None);
        }
        let Ok(builder) = WebauthnBuilder::new(domain, &url) else { return Ok(None) };
        let webauthn = builder.rp_name(nom).build().map_err(|e| refused(e.to_string()))?;
        let mut roots: Option<AttestationCaList> = None;
        for path in fabricants {
            let bytes = std::fs::read(path).map_err(|e| refused(e.to_string()))?;
            let one = AttestationCaList::try_from(&bytes[..]).map_err(|e| refused(e.to_string()))?;
            match &mut roots {
                Some(all) => all.union(&one),
                None => roots = Some(one),
            }
        }
        Ok(Some(Self { webauthn, fabricants: roots }))
    }

    fn connues(connues: &[CleAcces]) -> Vec<(Id, Passkey)> {
        let read = |one: &CleAcces| Some((one.identifiant, serde_json::from_str(one.donnees.as_str()?).ok()?));
        connues.iter().filter_map(read).collect()
    }

    /// What is kept of a new key. `verifiee`: its attestation led to a maker that the configuration trusts.
    fn cle(identifiant: Id, passkey: &Passkey, verifiee: bool) -> Result<CleAcces, SignificationError> {
        let text = serde_json::to_string(passkey).map_err(panne)?;
        // The model is read where the library put what it verified of the attestation.
        let kept: Value = serde_json::from_str(&text).map_err(panne)?;
        let metadata = kept.pointer("/cred/attestation/metadata");
        let model = ["Packed", "Tpm"].iter().find_map(|kind| metadata?.get(kind)?.get("aaguid")?.as_str());
        let modele = model.map(|model| if verifiee { model.to_owned() } else { format!("{model} (déclaré)") });
        Ok(CleAcces { identifiant, modele, donnees: Value::String(text), nom: None })
    }
}

fn question() -> Value {
    json!({ "eval": { "first": URL_SAFE_NO_PAD.encode(Sha256Digest::of(QUESTION_PRF).as_bytes()) } })
}

/// Puts a value where the options for the browser have none, or another.
fn poser(options: &mut Value, groupe: Option<&str>, nom: &str, valeur: Value) {
    let Some(place) = options.get_mut("publicKey") else { return };
    let place = match groupe {
        Some(groupe) => {
            if !place.get(groupe).is_some_and(Value::is_object) {
                place[groupe] = json!({});
            }
            &mut place[groupe]
        }
        None => place,
    };
    place[nom] = valeur;
}

impl PasskeyCeremony for Ceremonies {
    fn debuter_inscription(&self, pour: Inscription<'_>, connues: &[CleAcces]) -> Result<Defi, SignificationError> {
        let user = Uuid::from_bytes(*pour.compte.as_bytes());
        let known: Vec<_> = Self::connues(connues).iter().map(|(_, key)| key.cred_id().clone()).collect();
        let (options, state) = match self.fabricants.as_ref().filter(|_| pour.attestee) {
            Some(roots) => {
                let begun = self.webauthn.start_attested_passkey_registration(
                    user,
                    pour.nom,
                    pour.nom,
                    Some(known),
                    roots.clone(),
                    None,
                );
                let (options, state) = begun.map_err(panne)?;
                (options, EnCours::Attestee(state))
            }
            None => {
                let begun = self.webauthn.start_passkey_registration(user, pour.nom, pour.nom, Some(known));
                let (options, state) = begun.map_err(panne)?;
                (options, EnCours::Simple(state))
            }
        };
        let mut options = serde_json::to_value(&options).map_err(panne)?;
        // A recipient's passkey must name its account by itself: the login page asks nobody's name before it. An officer is known by
        // his certificate, and some of his keys hold little.
        let resident = if pour.attestee { "preferred" } else { "required" };
        poser(&mut options, Some("authenticatorSelection"), "residentKey", json!(resident));
        poser(&mut options, Some("authenticatorSelection"), "requireResidentKey", json!(!pour.attestee));
        if pour.attestee {
            poser(&mut options, None, "attestation", json!("direct"));
        } else {
            poser(&mut options, Some("extensions"), "prf", question());
        }
        Ok(Defi { pour_le_navigateur: options, pour_le_serveur: serde_json::to_value(&state).map_err(panne)? })
    }

    fn finir_inscription(
        &self,
        identifiant: Id,
        serveur: &Value,
        reponse: &Value,
    ) -> Result<CleAcces, SignificationError> {
        let refused = |_: WebauthnError| SignificationError::LoginRefused;
        let state = EnCours::deserialize(serveur).map_err(panne)?;
        let answer = RegisterPublicKeyCredential::deserialize(reponse).map_err(|_| SignificationError::LoginRefused)?;
        let key = match &state {
            EnCours::Simple(state) => self.webauthn.finish_passkey_registration(&answer, state).map_err(refused)?,
            EnCours::Attestee(state) => {
                Passkey::from(self.webauthn.finish_attested_passkey_registration(&answer, state).map_err(refused)?)
            }
        };
        Self::cle(identifiant, &key, matches!(state, EnCours::Attestee(_)))
    }

    fn debuter_authentification(&self, connues: &[CleAcces]) -> Result<Defi, SignificationError> {
        let (options, state) = self.webauthn.start_discoverable_authentication().map_err(panne)?;
        let mut options = serde_json::to_value(&options).map_err(panne)?;
        if let Some(all) = options.as_object_mut() {
            // Asked for by a button, not offered while a name is typed.
            all.remove("mediation");
        }
        let allowed: Vec<Value> = Self::connues(connues)
            .iter()
            .map(|(_, key)| json!({ "type": "public-key", "id": URL_SAFE_NO_PAD.encode(key.cred_id()) }))
            .collect();
        if allowed.is_empty() {
            poser(&mut options, Some("extensions"), "prf", question());
        }
        poser(&mut options, None, "allowCredentials", json!(allowed));
        Ok(Defi { pour_le_navigateur: options, pour_le_serveur: serde_json::to_value(&state).map_err(panne)? })
    }

    fn compte_annonce(&self, reponse: &Value) -> Option<Id> {
        let answer = PublicKeyCredential::deserialize(reponse).ok()?;
        Uuid::from_slice(answer.get_user_unique_id()?).ok()?.to_string().parse().ok()
    }

    fn finir_authentification(
        &self,
        connues: &[CleAcces],
        serveur: &Value,
        reponse: &Value,
    ) -> Result<Assertion, RefusDeCle> {
        let bad = |_| RefusDeCle::Ceremonie;
        let state = DiscoverableAuthentication::deserialize(serveur).map_err(bad)?;
        let answer = PublicKeyCredential::deserialize(reponse).map_err(bad)?;
        let mut known = Self::connues(connues);
        let keys: Vec<DiscoverableKey> = known.iter().map(|(_, key)| DiscoverableKey::from(key)).collect();
        let proven = self.webauthn.finish_discoverable_authentication(&answer, state, &keys).map_err(|e| match e {
            WebauthnError::CredentialPossibleCompromise => RefusDeCle::Compteur,
            _ => RefusDeCle::Ceremonie,
        })?;
        let found = known.iter_mut().find(|(_, key)| key.cred_id() == proven.cred_id());
        let (identifiant, key) = found.ok_or(RefusDeCle::Ceremonie)?;
        key.update_credential(&proven);
        let before = connues.iter().find(|one| one.identifiant == *identifiant).ok_or(RefusDeCle::Ceremonie)?;
        let text = serde_json::to_string(key).map_err(|_| RefusDeCle::Ceremonie)?;
        let cle = CleAcces { donnees: Value::String(text), ..before.clone() };
        Ok(Assertion { cle, utilisateur_verifie: proven.user_verified(), prf: None })
    }
}

/// The PRF output that a form brought beside its answer: 32 octets or nothing.
pub(crate) fn prf(texte: &str) -> Option<SortiePrf> {
    let octets = Zeroizing::new(URL_SAFE_NO_PAD.decode(texte).ok()?);
    Some(SortiePrf::new(octets.as_slice().try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b02_passkeys_are_bound_to_a_name_that_browsers_can_trust() {
        for (origine, possible) in [
            ("https://actes.example", true),
            ("http://localhost:8443", true),
            ("https://localhost:9", true),
            ("http://127.0.0.1:8443", false),
            ("https://192.0.2.1", false),
            ("http://actes.example", false),
            ("", false),
        ] {
            assert_eq!(Ceremonies::new(origine, "Étude", &[]).unwrap().is_some(), possible, "{origine}");
        }
        assert!(Ceremonies::new("https://a.example", "x", &[PathBuf::from("/rien")]).is_err());
    }

    #[test]
    fn b02_a_challenge_that_names_nobody_is_the_same_for_all() {
        let all = Ceremonies::new("https://actes.example", "Étude", &[]).unwrap().unwrap();
        let defi = all.debuter_authentification(&[]).unwrap().pour_le_navigateur;
        assert_eq!(defi.pointer("/publicKey/allowCredentials"), Some(&json!([])));
        assert_eq!(defi.pointer("/publicKey/userVerification"), Some(&json!("required")));
        assert!(defi.pointer("/publicKey/extensions/prf/eval/first").is_some() && defi.get("mediation").is_none());
        let pour = Inscription {
            compte: Uuid::from_bytes([7; 16]).to_string().parse().unwrap(),
            nom: "isaline",
            attestee: false,
        };
        let made = all.debuter_inscription(pour, &[]).unwrap().pour_le_navigateur;
        assert_eq!(made.pointer("/publicKey/authenticatorSelection/residentKey"), Some(&json!("required")));
        assert_eq!(made.pointer("/publicKey/rp/id"), Some(&json!("actes.example")));
        let officer = all.debuter_inscription(Inscription { attestee: true, ..pour }, &[]).unwrap().pour_le_navigateur;
        assert_eq!(officer.pointer("/publicKey/attestation"), Some(&json!("direct")));
    }

    use proptest::prelude::*;

    proptest! {
        #[test]
        fn whatever_comes_as_an_answer_is_refused_or_read(text in "[ -~]{0,300}") {
            let all = Ceremonies::new("https://actes.example", "Étude", &[]).unwrap().unwrap();
            let defi = all.debuter_authentification(&[]).unwrap();
            let answer: Value = serde_json::from_str(&text).unwrap_or(Value::String(text.clone()));
            prop_assert!(all.finir_authentification(&[], &defi.pour_le_serveur, &answer).is_err());
            prop_assert!(prf(&text).is_none() || text.len() == 43);
        }
    }
}
