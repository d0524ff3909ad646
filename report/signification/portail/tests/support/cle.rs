//! An authenticator in software (WebAuthn level 3): what a passkey does, and what a bad one would.
use dossier::Sha256Digest;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CustomExtension, DistinguishedName, DnType, IsCa, KeyPair,
};
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};

use super::Reponse;

/// The model this authenticator says it is.
pub const MODELE: [u8; 16] =
    [0x2f, 0xc0, 0x57, 0x9f, 0x81, 0x13, 0x47, 0xea, 0xb1, 0x16, 0xbb, 0x5a, 0x8d, 0xb9, 0x20, 0x2a];

/// Base64url, without padding.
pub fn b64(octets: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(octets)
}

/// A maker: the authority and the certificate of a batch of its keys.
pub struct Fabricant {
    pub autorite: String,
    cert: Vec<u8>,
    cle: EcdsaKeyPair,
}

impl Fabricant {
    pub fn new(nom: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, nom);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::ExplicitNoCa;
        params.distinguished_name = DistinguishedName::new();
        for (kind, text) in [
            (DnType::CountryName, "FR"),
            (DnType::OrganizationName, nom),
            (DnType::OrganizationalUnitName, "Authenticator Attestation"),
            (DnType::CommonName, "lot 1"),
        ] {
            params.distinguished_name.push(kind, text);
        }
        // id-fido-gen-ce-aaguid
        let model = [&[0x04, 0x10][..], &MODELE].concat();
        params.custom_extensions.push(CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 45724, 1, 1, 4], model));
        let cert = params.signed_by(&key, &issuer).unwrap().der().to_vec();
        let cle = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &key.serialize_der(), &SystemRandom::new());
        Self { autorite: issuer.pem(), cert, cle: cle.unwrap() }
    }
}

/// A passkey.
pub struct Cle {
    cle: EcdsaKeyPair,
    pub id: [u8; 32],
    pub compteur: u32,
    /// Whom it says it is for: the account it was made for, or another.
    pub porteur: Vec<u8>,
    /// Where it believes it is.
    pub origine: String,
    /// Whether it verifies its user.
    pub verifie: bool,
}

fn cbor_octets(octets: &[u8]) -> Vec<u8> {
    let length = u16::try_from(octets.len()).unwrap().to_be_bytes();
    [&[0x59][..], &length, octets].concat()
}

fn cbor_texte(texte: &str) -> Vec<u8> {
    let length = u8::try_from(texte.len()).unwrap();
    assert!(length < 24);
    [&[0x60 | length][..], texte.as_bytes()].concat()
}

/// The options that a page's form carries.
pub fn options(page: &Reponse) -> Value {
    let text = page.texte();
    let (_, after) = text.split_once("data-cle=\"").unwrap_or_else(|| panic!("no challenge in {text}"));
    let json = after.split_once('"').unwrap().0.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">");
    serde_json::from_str(&json.replace("&amp;", "&")).unwrap()
}

impl Cle {
    pub fn new(origine: &str) -> Self {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
        let cle = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref(), &random).unwrap();
        let mut id = [0; 32];
        random.fill(&mut id).unwrap();
        Self { cle, id, compteur: 0, porteur: Vec::new(), origine: origine.into(), verifie: true }
    }

    fn client(&self, kind: &str, options: &Value) -> Vec<u8> {
        let challenge = options.pointer("/publicKey/challenge").unwrap();
        let data = json!({ "type": kind, "challenge": challenge, "origin": self.origine, "crossOrigin": false });
        data.to_string().into_bytes()
    }

    fn entete(&mut self, rp: &str, flags: u8) -> Vec<u8> {
        self.compteur += 1;
        let flags = flags | 1 | if self.verifie { 4 } else { 0 };
        [&Sha256Digest::of(rp.as_bytes()).as_bytes()[..], &[flags], &self.compteur.to_be_bytes()].concat()
    }

    fn signer(cle: &EcdsaKeyPair, auth: &[u8], client: &[u8]) -> Vec<u8> {
        let signed = [auth, Sha256Digest::of(client).as_bytes()].concat();
        cle.sign(&SystemRandom::new(), &signed).unwrap().as_ref().to_vec()
    }

    /// Answers a registration, with its maker's attestation or none.
    pub fn inscrire(&mut self, options: &Value, fabricant: Option<&Fabricant>) -> String {
        use base64::Engine as _;
        let text = |path: &str| options.pointer(path).unwrap().as_str().unwrap().to_owned();
        let user = text("/publicKey/user/id");
        self.porteur = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(user).unwrap();
        let client = self.client("webauthn.create", options);
        let mut auth = self.entete(&text("/publicKey/rp/id"), 0x40);
        let model = if fabricant.is_some() { MODELE } else { [0; 16] };
        let point = self.cle.public_key().as_ref().to_vec();
        auth.extend([&model[..], &[0, 32], &self.id].concat());
        auth.extend([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20]);
        auth.extend_from_slice(&point[1..33]);
        auth.extend([0x22, 0x58, 0x20]);
        auth.extend_from_slice(&point[33..65]);
        let mut object = vec![0xa3];
        object.extend(cbor_texte("fmt"));
        match fabricant {
            None => object.extend([cbor_texte("none"), cbor_texte("attStmt"), vec![0xa0]].concat()),
            Some(maker) => {
                object.extend([cbor_texte("packed"), cbor_texte("attStmt"), vec![0xa3]].concat());
                object.extend([cbor_texte("alg"), vec![0x26], cbor_texte("sig")].concat());
                object.extend(cbor_octets(&Self::signer(&maker.cle, &auth, &client)));
                object.extend([cbor_texte("x5c"), vec![0x81], cbor_octets(&maker.cert)].concat());
            }
        }
        object.extend([cbor_texte("authData"), cbor_octets(&auth)].concat());
        let response =
            json!({ "clientDataJSON": b64(&client), "attestationObject": b64(&object), "transports": ["usb"] });
        json!({ "id": b64(&self.id), "rawId": b64(&self.id), "type": "public-key", "response": response }).to_string()
    }

    /// Answers an authentication.
    pub fn presenter(&mut self, options: &Value) -> String {
        let client = self.client("webauthn.get", options);
        let rp = options.pointer("/publicKey/rpId").unwrap().as_str().unwrap().to_owned();
        let auth = self.entete(&rp, 0);
        let response = json!({
            "clientDataJSON": b64(&client),
            "authenticatorData": b64(&auth),
            "signature": b64(&Self::signer(&self.cle, &auth, &client)),
            "userHandle": b64(&self.porteur),
        });
        json!({ "id": b64(&self.id), "rawId": b64(&self.id), "type": "public-key", "response": response }).to_string()
    }
}
