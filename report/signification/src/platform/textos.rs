//! The SMS beside the e-mail notice (row A17): off without a gateway; only to a mobile its owner gave and proved by the code he
//! received on it; one for each notice, followed, never sent again by itself.
use std::path::Path;

use dossier::{Instant, Sha256Digest};
use serde::Serialize;

use super::Platform;
use crate::consent::Actor;
use crate::fact::Fact;
use crate::greffe::With;
use crate::mobile::{Event, VALIDITE_MS, View};
use crate::notice::Refused;
use crate::notice::sms::{MobileVerifie, PasserelleSms, SmsConfig, SmsPret, sms, sms_code};
use crate::notice::suivi_sms::{self, EtatSms};
use crate::projection::Views as _;
use crate::store::{NewPiece, PieceKind, Table};
use crate::vault::{self, Kind};
use crate::{Id, SignificationError};

/// A code left for a mobile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CodeEnvoye {
    /// The consent.
    pub consent: Id,
    /// The SMS.
    pub sms: Id,
    /// Until when the code is valid.
    pub valable_jusqu_au: Option<Instant>,
    /// Tries left.
    pub essais: u8,
}

impl Platform<'_> {
    /// Sends the code by which a recipient, proven by his key, proves the mobile of his declaration.
    pub fn envoyer_code(&self, consent: Id, cle: &Path) -> Result<CodeEnvoye, SignificationError> {
        self.recipient_key(consent, cle, consent)?;
        let _hold = self.holds.take(consent);
        let none = || SignificationError::SmsNotSent { code: "sans_passerelle".into() };
        let (config, gateway) = self.passerelle().ok_or_else(none)?;
        let person = self.person(consent)?;
        let why = "aucun mobile dans la déclaration";
        let missing = SignificationError::Field { field: "telephone", found: String::new(), why };
        let numero = person.telephone().ok_or(missing)?;
        let (typed, id) = (self.six_digits()?, self.new_id()?);
        let ready = sms_code(config, self.config.essai, id, numero, &typed)?;
        let (numero, code) = (self.numero_digest(numero), self.code_digest(consent, &typed));
        let sent = Event::CodeSent { consent, sms: id, numero, code };
        self.partir(consent, consent, &ready, gateway, vec![sent.into()])?;
        let state: Option<suivi_sms::View> = self.views().view(Table::Sms, id.as_bytes())?;
        match state {
            Some(view) if view.etat == EtatSms::Echec => {
                Err(SignificationError::SmsNotSent { code: view.code.unwrap_or_default() })
            }
            _ => {
                let kept = self.mobile(consent)?.and_then(|view| view.code);
                let end = kept.and_then(|c| Instant::from_millisecond(c.envoye_le.as_millisecond() + VALIDITE_MS));
                Ok(CodeEnvoye { consent, sms: id, valable_jusqu_au: end, essais: crate::mobile::ESSAIS })
            }
        }
    }

    /// The recipient types the code. A wrong one is counted before it is told; gives since when the mobile is verified.
    pub fn verifier_mobile(&self, consent: Id, cle: &Path, code: &str) -> Result<Instant, SignificationError> {
        self.recipient_key(consent, cle, consent)?;
        let actor = Actor::recipient(consent);
        let typed = self.code_digest(consent, code.trim());
        let mut wrong = false;
        // The code is compared under the registrar: whoever tries at the same time is counted too.
        let link = self.greffe.record_at(&actor, |now, taken| {
            let view: Option<View> = taken.view(Table::Mobile, consent.as_bytes())?;
            let none = SignificationError::MobileCode { why: "aucun code attendu" };
            let view = view.ok_or(none)?;
            if let Some(why) = view.faute(now) {
                return Err(SignificationError::MobileCode { why });
            }
            wrong = view.code.is_none_or(|kept| kept.code != typed);
            let fact = if wrong { Event::Tried { consent } } else { Event::Verified { consent, code: typed } };
            Ok(vec![fact.into()])
        })?;
        if wrong { Err(SignificationError::MobileCode { why: "code inconnu" }) } else { Ok(link.at) }
    }

    /// The recipient wants no SMS any more.
    pub fn retirer_mobile(&self, consent: Id, cle: &Path) -> Result<(), SignificationError> {
        self.recipient_key(consent, cle, consent)?;
        self.greffe.record_at(&Actor::recipient(consent), |_, _| Ok(vec![Event::Removed { consent }.into()]))?;
        Ok(())
    }

    /// What is known of a recipient's mobile: digests and dates.
    pub fn mobile(&self, consent: Id) -> Result<Option<View>, SignificationError> {
        self.views().view(Table::Mobile, consent.as_bytes())
    }

    /// The SMS that were sent about an act or a consent, in order.
    pub fn textos(&self, object: Id) -> Result<Vec<suivi_sms::View>, SignificationError> {
        let mut list = Vec::new();
        for seq in self.views().lines_about(object)? {
            if let (Fact::Sms(suivi_sms::Event::Begin { sms, .. }), _) = Fact::from_entry(&self.line(seq)?.0)? {
                list.extend(self.views().view::<suivi_sms::View>(Table::Sms, sms.as_bytes())?);
            }
        }
        Ok(list)
    }

    /// The SMS that goes with a new notice of an act, when its recipient has a verified mobile. Whatever becomes of it, the
    /// notice stands.
    pub(super) fn texter(&self, act: Id) -> Result<(), SignificationError> {
        let Some((config, gateway)) = self.passerelle() else { return Ok(()) };
        let consent = self.views().act(act)?.consent;
        let Some((since, digest)) = self.mobile(consent)?.and_then(|view| view.verifie) else { return Ok(()) };
        let person = self.person(consent)?;
        // Another number since: it was not proved.
        let Some(numero) = person.telephone().filter(|numero| self.numero_digest(numero) == digest) else {
            return Ok(());
        };
        let mobile = MobileVerifie::new(numero, Some(since), self.ctx.clock.now())?;
        match sms(Some(config), self.config.essai, self.new_id()?, Some(&mobile))? {
            Some(ready) => self.partir(consent, act, &ready, gateway, Vec::new()),
            None => Ok(()),
        }
    }

    /// Tells the journal, keeps the request, hands it over, tells the outcome.
    fn partir(
        &self,
        consent: Id,
        object: Id,
        ready: &SmsPret,
        gateway: &(dyn PasserelleSms + Sync),
        mut facts: Vec<Fact>,
    ) -> Result<(), SignificationError> {
        let me = Actor::platform();
        let bytes = vault::encrypt(Kind::Message, ready.id, &ready.corps, &[self.person_key(consent)?.public()])?;
        let with = With { pieces: vec![NewPiece { kind: PieceKind::Avis, id: ready.id, bytes }], ..With::default() };
        facts.push(suivi_sms::Event::Begin { sms: ready.id, object, digests: ready.digests }.into());
        let ticket = self.greffe.stage(&me, with, |_, _| Ok(facts))?;
        self.greffe.wait(ticket)?;
        let ended = suivi_sms::Event::of(ready.id, &gateway.envoyer(ready));
        self.greffe.record_at(&me, |_, _| Ok(vec![ended.into()])).map(|_| ())
    }

    /// An SMS that a crash left without its end: it may have gone, and is not sent again.
    pub(super) fn sms_interrompu(&self, id: Id) -> Result<Option<String>, SignificationError> {
        let read = || self.views().view::<suivi_sms::View>(Table::Sms, id.as_bytes());
        let Some(view) = read()? else { return Ok(None) };
        let _hold = self.holds.take(view.object);
        if read()?.is_none_or(|view| view.etat != EtatSms::EnCours) {
            return Ok(None);
        }
        let unknown = Err(Refused { code: "interrompu".to_owned(), permanent: false });
        let ended = suivi_sms::Event::of(id, &unknown);
        self.greffe.record_at(&Actor::platform(), |_, _| Ok(vec![ended.into()]))?;
        Ok(Some("SMS dont la fin n'est pas connue : il n'est pas envoyé de nouveau.".into()))
    }

    fn passerelle(&self) -> Option<(&SmsConfig, &(dyn PasserelleSms + Sync))> {
        self.config.sms.as_ref().zip(self.outils.sms)
    }

    fn numero_digest(&self, numero: &str) -> Sha256Digest {
        self.query_digest(&format!("mobile\n{numero}"))
    }

    fn code_digest(&self, consent: Id, code: &str) -> Sha256Digest {
        self.query_digest(&format!("code-mobile\n{consent}\n{code}"))
    }

    /// Six digits, each of the million as likely as the others.
    fn six_digits(&self) -> Result<String, SignificationError> {
        loop {
            let mut bytes = [0; 4];
            self.ctx.entropy.fill(&mut bytes)?;
            let number = u32::from_be_bytes(bytes);
            // The largest multiple of a million: what is beyond would favour the first codes.
            if number < 4_294_000_000 {
                return Ok(format!("{:06}", number % 1_000_000));
            }
        }
    }
}
