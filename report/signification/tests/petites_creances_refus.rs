//! Lines that somebody might forge, or write too early, too late or twice: each is refused for what it is (section 3.3).
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

#[path = "support/creance.rs"]
mod creance;

use creance::{Claim, at, codes, competence, digests, euros, id, office, two_payments};
use jiff::civil::date;
use signification::SignificationError;
use signification::consent::Actor;
use signification::petites_creances::{
    AuthMethod, Base, Canal, Cote, Event, Fin, ModeAccord, ModeRefus, Montant, Motif, MotifDesaccord, Niveau, Taux,
    View, controler, delivrer_titre, premier_acces,
};

fn refused(result: Result<(), SignificationError>) -> Vec<&'static str> {
    codes(&result.unwrap_err())
}

fn one_euro(day: jiff::civil::Date) -> Montant {
    Montant::new(euros("1"), euros("0"), day).unwrap()
}

#[test]
fn h09_a_request_between_one_person_or_of_tomorrow_is_refused() {
    let claim = Claim::new();
    let take = |event: &Event| View::next(None, at("2026-11-24 10:00"), &office(), event).map(|_| ());
    let same = |event: Event| match event {
        Event::Requested { creance, dossier, etude, creancier, cause, montant, taux, .. } => {
            Event::Requested { creance, dossier, etude, creancier, debiteur: creancier, cause, montant, taux }
        }
        other => other,
    };
    let request = claim.request(one_euro(date(2026, 11, 24)), None);
    assert!(take(&request).is_ok());
    assert_eq!(refused(take(&same(request.clone()))), ["PARTIES_CONFONDUES"]);
    assert_eq!(refused(take(&claim.request(one_euro(date(2026, 11, 25)), None))), ["DATE_INCORRECTE"]);
    assert!(View::next(None, at("2026-11-24 10:00"), &Actor::platform(), &request).is_err());
    let silence = Event::RefusedImplicitly { creance: claim.creance };
    assert_eq!(take(&silence).unwrap_err().code(), "signification.unknown", "nothing before the request");
}

#[test]
fn h09_amounts_of_each_step_are_those_of_the_claim_on_that_day() {
    let taux = Some(Taux::try_from(365).unwrap());
    let montant = Montant::new(euros("1000"), euros("0"), date(2026, 11, 20)).unwrap();
    let mut claim = Claim::asked(montant, taux, "2026-11-20 10:00");
    let forge = |event: Event, to: Montant| match event {
        Event::Checked { creance, ressort_etude, ressort_debiteur, .. } => {
            Event::Checked { creance, montant: to, ressort_etude, ressort_debiteur }
        }
        Event::Invited { creance, canal, zone, delai, lettre, secret_sha256, .. } => {
            Event::Invited { creance, canal, zone, delai, montant: to, lettre, secret_sha256 }
        }
        other => other,
    };
    // 3,65 % of 1 000 € is ten cents a day.
    let check = controler(claim.view(), at("2026-11-24 10:00"), &competence(), false).unwrap();
    let Event::Checked { montant: due, .. } = &check else { panic!("{check:?}") };
    assert_eq!((due.interets(), due.arrete_au()), (euros("0,40"), date(2026, 11, 24)));
    let bad = forge(check.clone(), montant);
    assert_eq!(refused(claim.take("2026-11-24 10:00", &office(), bad)), ["MONTANT_DIFFERENT"]);
    claim.take("2026-11-24 10:00", &office(), check).unwrap();
    let invite = claim.invitation(date(2026, 11, 25), Canal::MessageElectronique).unwrap();
    let bad = forge(invite.clone(), one_euro(date(2026, 11, 25)));
    assert_eq!(refused(claim.take("2026-11-25 09:00", &office(), bad)), ["MONTANT_DIFFERENT"]);
    claim.take("2026-11-25 09:00", &office(), invite).unwrap();
    assert_eq!(claim.view().invitation.as_ref().unwrap().montant.interets(), euros("0,50"));
}

#[test]
fn h09_a_rejection_says_why_and_only_what_is_true() {
    let mut claim = Claim::asked(one_euro(date(2026, 11, 24)), None, "2026-11-24 10:00");
    let creance = claim.creance;
    let reject = |codes: &[Motif]| Event::Rejected { creance, codes: codes.to_vec() };
    for false_reason in [reject(&[]), reject(&[Motif::HorsPlafond]), reject(&[Motif::Incompetent, Motif::HorsPlafond])]
    {
        assert!(claim.take("2026-11-24 10:01", &office(), false_reason).is_err());
    }
    claim.take("2026-11-24 10:02", &office(), reject(&[Motif::ConflitInterets])).unwrap();
    assert_eq!(claim.etat(), "IRRECEVABLE");
}

#[test]
fn h03_mandates_and_credentials_have_their_time() {
    let mut claim = Claim::asked(one_euro(date(2026, 11, 24)), None, "2026-11-24 10:00");
    let (creance, debiteur, mandataire) = (claim.creance, claim.debiteur, id());
    let secret_sha256 = claim.secret.sha256();
    let hand_out = |personne| Event::CredentialsIssued { creance, personne, secret_sha256 };
    let early = claim.take("2026-11-24 10:01", &office(), hand_out(debiteur));
    assert_eq!(refused(early), ["DATE_INCORRECTE"], "the debtor knows nothing before the invitation");
    claim.take("2026-11-24 10:01", &office(), hand_out(claim.creancier)).unwrap();
    assert_eq!(refused(claim.take("2026-11-24 10:01", &office(), hand_out(mandataire))), ["MANDAT_ABSENT"]);
    let mandate = |du, au| Event::MandateFiled {
        creance,
        mandataire,
        pour: Cote::Creancier,
        ecrit: digests("mandat"),
        du,
        au: Some(au),
    };
    let reversed = mandate(date(2026, 11, 24), date(2026, 11, 23));
    assert_eq!(refused(claim.take("2026-11-24 10:02", &office(), reversed)), ["DATE_INCORRECTE"]);
    claim.take("2026-11-24 10:02", &office(), mandate(date(2026, 11, 24), date(2026, 11, 25))).unwrap();
    claim.take("2026-11-24 10:03", &office(), hand_out(mandataire)).unwrap();
    let typed = claim.secret.expose().to_owned();
    let enter = premier_acces(claim.view(), mandataire, &typed, AuthMethod::FranceConnect).unwrap();
    let late = claim.take("2026-11-26 10:00", &Actor::recipient(mandataire), enter);
    assert_eq!(refused(late), ["MANDAT_ABSENT"], "the mandate ended the day before");
    let stranger = id();
    let base = Base::PremierAcces;
    let auth_method = AuthMethod::FranceConnect;
    let event = Event::FirstAccess { creance, personne: stranger, secret_sha256, auth_method, base };
    assert_eq!(refused(claim.take("2026-11-26 10:00", &Actor::recipient(stranger), event)), ["MANDAT_ABSENT"]);
}

#[test]
fn h09_nothing_is_agreed_or_noted_out_of_turn() {
    let mut claim = Claim::invited();
    let noted = Event::ParticipationNoted { creance: claim.creance, constat: digests("c") };
    assert_eq!(refused(claim.take("2026-11-26 09:00", &office(), noted)), ["FIN_DIFFERENTE"]);

    let mut claim = Claim::participating();
    claim.propose("2026-12-02 10:00");
    let (creancier, day) = (claim.creancier, date(2026, 12, 1));
    let before = claim.accept("2026-12-02 10:05", creancier, ModeAccord::FormulairePostal, day);
    assert_eq!(refused(before), ["DATE_INCORRECTE"], "accepted before it was proposed");
    let creance = claim.creance;
    let disagree = |motif, personne| Event::Disagreed { creance, motif, personne, texte: None };
    let other_side = disagree(MotifDesaccord::Montant, Some(creancier));
    assert_eq!(refused(claim.take("2026-12-02 11:00", &office(), other_side)), ["MANDAT_ABSENT"]);
    for mixed in [disagree(MotifDesaccord::Montant, None), disagree(MotifDesaccord::DelaiExpire, Some(claim.debiteur))]
    {
        assert_eq!(refused(claim.take("2026-12-02 11:00", &office(), mixed)), ["FIN_DIFFERENTE"]);
    }
    let mut refusing = Claim { view: claim.view.clone(), ..Claim::new() };
    refusing.creance = creance;
    let terms = disagree(MotifDesaccord::Modalites, Some(claim.debiteur));
    refusing.take("2026-12-02 11:00", &office(), terms.clone()).unwrap();
    let after = refusing.accept("2026-12-02 11:05", creancier, ModeAccord::FormulairePostal, date(2026, 12, 2));
    assert_eq!(refused(after), ["FIN_DIFFERENTE"], "no acceptance after a refusal");
    // After the month only its end is told.
    assert_eq!(refused(claim.take("2026-12-29 00:00", &office(), terms)), ["DELAI_EXPIRE"]);
    let montant = Montant::new(euros("1000"), euros("0"), date(2026, 12, 29)).unwrap();
    let late = Event::ProposalMade { creance, proposition: id(), personne: None, montant, modalites: two_payments() };
    assert_eq!(refused(claim.take("2026-12-29 00:00", &office(), late)), ["DELAI_EXPIRE"]);
}

#[test]
fn h05_the_end_the_title_and_its_enforcement_are_written_once_and_as_agreed() {
    let mut claim = Claim::agreed();
    let (creance, piece) = (claim.creance, digests("p"));
    let enforce = Event::EnforcementEntrusted { creance, etude: id() };
    assert_eq!(refused(claim.take("2026-12-02 10:30", &office(), enforce.clone())), ["ACCORD_NON_CONSTATE"]);
    let end = Event::EndRecorded { creance, fin: Fin::Accord, ecrit: piece };
    assert!(claim.take("2026-12-02 11:00", &Actor::platform(), end.clone()).is_err(), "the officer records");
    claim.take("2026-12-02 11:00", &office(), end.clone()).unwrap();
    assert_eq!(refused(claim.take("2026-12-02 11:01", &office(), end)), ["DEJA_FAIT"]);
    let montant = Montant::new(euros("999"), euros("0"), date(2026, 12, 2)).unwrap();
    let niveau = Niveau::Qualifiee;
    let other = Event::TitleDelivered { creance, montant, titre: piece, signature: piece, niveau };
    assert_eq!(refused(claim.take("2026-12-02 11:02", &office(), other)), ["MONTANT_DIFFERENT"]);
    let title = delivrer_titre(claim.view(), piece, piece, niveau).unwrap();
    claim.take("2026-12-02 11:03", &office(), title.clone()).unwrap();
    let again = claim.take("2026-12-02 11:04", &office(), title).unwrap_err();
    assert_eq!(again.code(), "signification.transition");
    claim.take("2026-12-03 09:00", &office(), enforce.clone()).unwrap();
    assert_eq!(refused(claim.take("2026-12-03 09:01", &office(), enforce)), ["DEJA_FAIT"]);
}

#[test]
fn h07_a_communication_is_deposited_once() {
    let mut claim = Claim::participating();
    let (creance, message) = (claim.creance, id());
    let pour = Some(claim.debiteur);
    let deposit = |text| Event::MessageDeposited { creance, message, de: None, pour, contenu: digests(text) };
    claim.take("2026-12-02 09:00", &office(), deposit("un")).unwrap();
    assert_eq!(refused(claim.take("2026-12-02 09:01", &office(), deposit("deux"))), ["DEJA_FAIT"]);
    let unknown = Event::MessageConsulted { creance, message: id() };
    let error = claim.take("2026-12-02 09:02", &office(), unknown).unwrap_err();
    assert_eq!(error.code(), "signification.unknown");
}

#[test]
fn h09_time_does_not_go_back_and_silence_is_not_answered_on_the_platform() {
    let mut claim = Claim::invited();
    claim.enter("2026-12-01 18:00", claim.debiteur);
    let creance = claim.creance;
    let back = claim.take("2026-12-01 17:59", &office(), Event::StepRefused { creance, codes: vec![] });
    assert_eq!(back.unwrap_err().code(), "signification.clock_back");
    claim.take("2026-12-29 00:00", &Actor::platform(), Event::RefusedImplicitly { creance }).unwrap();
    assert_eq!(refused(claim.participate("2026-12-29 00:01")), ["DELAI_EXPIRE"]);
    let (personne, mode) = (claim.debiteur, ModeRefus::FormulairePapier);
    let paper = Event::RefusedExpressly { creance, personne, mode, donne_le: date(2026, 12, 27), texte: None };
    claim.take("2026-12-29 09:00", &office(), paper).unwrap();
    assert_eq!(claim.etat(), "REFUS_EXPRES", "a refusal that was on its way is the end that is recorded");
}
