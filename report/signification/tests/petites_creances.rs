//! Rows H01 to H09, A20 and section 3.3: the simplified recovery, step by step, and everything it refuses.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

#[path = "support/creance.rs"]
mod creance;

use creance::{Claim, ZONE, at, codes, competence, digests, euros, id, office, ressort, two_payments};
use dossier::{Operation, Outcome};
use jiff::civil::date;
use signification::acte::Nature;
use signification::consent::Actor;
use signification::delais::JoursChomes;
use signification::petites_creances::{
    AuthMethod, Base, Bilan, Canal, Cents, Competence, Cote, DelaiMois, Etat, Event, Fin, Garantie, ModeAccord,
    ModeRefus, Montant, Motif, MotifDesaccord, Mouvement, Niveau, Secret, Taux, TypeDossier, View, confier_execution,
    controler, delivrer_titre, inviter, montant_au, plafond, premier_acces,
};
use signification::{SignificationError, SystemEntropy};

fn refused(result: Result<(), SignificationError>) -> Vec<&'static str> {
    codes(&result.unwrap_err())
}

#[test]
fn h01_every_communication_is_of_this_kind_of_dossier_and_passes_through_the_officer() {
    let mut claim = Claim::participating();
    assert_eq!(claim.view().type_dossier, TypeDossier::PetiteCreance);
    assert_eq!(serde_json::to_value(claim.view()).unwrap()["type_dossier"], "PETITE_CREANCE");
    let (creance, debiteur, creancier) = (claim.creance, claim.debiteur, claim.creancier);
    let deposit = |de, pour| Event::MessageDeposited { creance, message: id(), de, pour, contenu: digests("texte") };
    claim.take("2026-12-02 09:00", &office(), deposit(None, Some(debiteur))).unwrap();
    claim.take("2026-12-02 09:01", &Actor::recipient(debiteur), deposit(Some(debiteur), None)).unwrap();
    let across = claim.take("2026-12-02 09:02", &Actor::recipient(debiteur), deposit(Some(debiteur), Some(creancier)));
    assert_eq!(refused(across), ["PARTIES_CONFONDUES"]);
    assert_eq!(refused(claim.take("2026-12-02 09:02", &office(), deposit(None, Some(id())))), ["MANDAT_ABSENT"]);
    assert_eq!(claim.view().messages.len(), 2);
}

/// Each guarantee of art. 2 has its checks; the report counts what was kept.
#[test]
fn h02_the_report_prints_six_guarantees_of_six() {
    let mut bilan = Bilan::default();
    let mut claim = Claim::invited();
    let wrong = premier_acces(claim.view(), claim.debiteur, "autre", AuthMethod::FranceConnect);
    bilan.note(Garantie::Identification, wrong.is_err() && claim.participate("2026-11-26 10:00").is_err());
    let mut letter = claim.letter(date(2026, 11, 25), Canal::MessageElectronique);
    let kept = claim.view().invitation.as_ref().unwrap().lettre;
    let same = digests(&letter.texte().unwrap()) == kept;
    letter.affaire.fondement.push('.');
    bilan.note(Garantie::Integrite, same && digests(&letter.texte().unwrap()) != kept);
    let stranger = Event::Participated {
        creance: claim.creance,
        personne: claim.debiteur,
        mode: ModeAccord::FormulaireElectronique,
        donne_le: date(2026, 11, 26),
        piece: digests("f"),
    };
    bilan.note(Garantie::Securite, claim.take("2026-11-26 10:00", &Actor::recipient(id()), stranger).is_err());
    let journal: String = claim.facts.iter().map(|f| serde_json::to_string(&f.2).unwrap()).collect();
    let hidden = [claim.secret.expose(), "Quatremere", "Martelots", "Menuiserie", "facture"];
    bilan.note(Garantie::Confidentialite, hidden.iter().all(|word| !journal.contains(word)));
    bilan.note(Garantie::Conservation, claim.replay() == *claim.view());
    let moved = DelaiMois { envoi: date(2026, 11, 25), strict: date(2026, 12, 24), art_642: date(2026, 12, 28) };
    let mut event = claim.facts.last().unwrap().2.clone();
    if let Event::Invited { delai, .. } = &mut event {
        *delai = moved;
    }
    let before = claim.facts[..2]
        .iter()
        .fold(None, |v: Option<View>, (when, actor, event)| Some(View::next(v.as_ref(), *when, actor, event).unwrap()));
    let next = View::next(before.as_ref(), at("2026-11-25 09:00"), &office(), &event);
    bilan.note(Garantie::DatesCertaines, codes(&next.unwrap_err()) == ["DELAI_INCORRECT"]);
    assert!(bilan.to_string().starts_with("Garanties tenues : 6/6\n"), "{bilan}");
    bilan.note(Garantie::Integrite, false);
    bilan.note(Garantie::Integrite, true);
    assert_eq!(bilan.tenues(), 5, "a check that failed once is not made good by another");
    assert!(Bilan::default().to_string().contains("0/6") && Bilan::default().to_string().contains("non vérifiée"));
}

#[test]
fn h03_a_party_is_identified_by_credentials_used_once_and_changed() {
    let mut claim = Claim::invited();
    let (creance, personne) = (claim.creance, claim.debiteur);
    let me = Actor::recipient(personne);
    assert_eq!(refused(claim.participate("2026-11-26 10:00")), ["IDENTIFIANTS_A_CHANGER"]);
    let typed = format!("  {}\n", claim.secret.expose());
    let event = premier_acces(claim.view(), personne, &typed, AuthMethod::IdentifiantsProvisoires).unwrap();
    assert!(claim.take("2026-11-26 10:00", &office(), event.clone()).is_err(), "the office cannot be the debtor");
    claim.take("2026-11-26 10:00", &me, event.clone()).unwrap();
    assert_eq!(refused(claim.participate("2026-11-26 10:01")), ["IDENTIFIANTS_A_CHANGER"]);
    assert_eq!(refused(claim.take("2026-11-26 10:01", &me, event)), ["IDENTIFIANTS_REFUSES"], "single use");
    let change = |authentifiant_sha256| Event::CredentialsChanged { creance, personne, authentifiant_sha256 };
    let same = change(claim.secret.sha256());
    assert_eq!(refused(claim.take("2026-11-26 10:02", &me, same)), ["IDENTIFIANTS_REFUSES"], "changed means changed");
    claim.take("2026-11-26 10:02", &me, change(digests("autre").sha256)).unwrap();
    claim.participate("2026-11-26 10:03").unwrap();
    assert_eq!(claim.etat(), "PARTICIPE");
    assert_eq!(format!("{:?}", claim.secret), "Secret(…)");
}

#[test]
fn h04_a_letter_is_bound_to_its_claim() {
    let claim = Claim::invited();
    let other = Claim::invited();
    let letter = claim.letter(date(2026, 11, 25), Canal::MessageElectronique);
    let crossed = inviter(claim.view(), &letter, &other.secret, ZONE, &JoursChomes::default()).unwrap_err();
    assert_eq!(codes(&crossed), ["IDENTIFIANTS_REFUSES"]);
    let event = claim.facts.last().unwrap().2.clone();
    let foreign = View::next(Some(other.view()), at("2026-11-26 09:00"), &office(), &event).unwrap_err();
    assert_eq!(foreign.code(), "signification.unknown");
}

#[test]
fn h05_the_title_asks_for_a_qualified_certificate() {
    let mut claim = Claim::agreed();
    let (titre, signature) = (digests("titre"), digests("signature"));
    let both = delivrer_titre(claim.view(), titre, signature, Niveau::Avancee).unwrap_err();
    assert_eq!(codes(&both), ["ACCORD_NON_CONSTATE", "CERTIFICAT_NON_QUALIFIE"]);
    let end = Event::EndRecorded { creance: claim.creance, fin: Fin::Accord, ecrit: digests("constat") };
    claim.take("2026-12-02 11:00", &office(), end).unwrap();
    for niveau in [Niveau::Essai, Niveau::Avancee] {
        let error = delivrer_titre(claim.view(), titre, signature, niveau).unwrap_err();
        assert_eq!(codes(&error), ["CERTIFICAT_NON_QUALIFIE"]);
        let montant = claim.view().proposition.as_ref().unwrap().montant;
        let forged = Event::TitleDelivered { creance: claim.creance, montant, titre, signature, niveau };
        assert_eq!(refused(claim.take("2026-12-02 11:05", &office(), forged)), ["CERTIFICAT_NON_QUALIFIE"]);
    }
    let event = delivrer_titre(claim.view(), titre, signature, Niveau::Qualifiee).unwrap();
    claim.take("2026-12-02 11:10", &office(), event).unwrap();
    assert_eq!(claim.etat(), "TITRE");
    // R. 125-8: the office that delivered the title does not enforce it.
    assert_eq!(codes(&confier_execution(claim.view(), claim.etude).unwrap_err()), ["CONFLIT_INTERETS"]);
    let same = Event::EnforcementEntrusted { creance: claim.creance, etude: claim.etude };
    assert_eq!(refused(claim.take("2026-12-03 09:00", &office(), same)), ["CONFLIT_INTERETS"]);
    let event = confier_execution(claim.view(), id()).unwrap();
    claim.take("2026-12-03 09:00", &office(), event).unwrap();
    assert_eq!(claim.replay(), *claim.view());
}

#[test]
fn h06_every_fact_has_its_journal_name_and_reads_back() {
    let claim = Claim::agreed();
    for (_, _, event) in &claim.facts {
        let value = serde_json::to_value(event).unwrap();
        let op = value["op"].as_str().unwrap();
        assert!(op.starts_with("signification.petite_creance.") && Operation::parse(op).is_some(), "{op}");
        assert_eq!(serde_json::from_value::<Event>(value).unwrap(), *event);
        assert_eq!(event.object(), claim.creance);
    }
    let refusal = Event::StepRefused { creance: claim.creance, codes: vec![Motif::HorsPlafond] };
    assert_eq!(refusal.outcome(), Outcome::Failed);
    let mut after = claim.view().clone();
    after.last_at = at("2026-12-02 12:00");
    let refused = View::next(Some(claim.view()), at("2026-12-02 12:00"), &office(), &refusal).unwrap();
    assert_eq!(refused, after, "a refusal leaves a line and changes nothing");
    let mut value = serde_json::to_value(&claim.facts[0].2).unwrap();
    value["data"]["nom"] = "Quatremere".into();
    assert!(serde_json::from_value::<Event>(value).is_err(), "no room for a name");
}

#[test]
fn h07_availability_and_consultation_are_two_dates() {
    let mut claim = Claim::participating();
    let (creance, message, debiteur) = (claim.creance, id(), claim.debiteur);
    let event =
        Event::MessageDeposited { creance, message, de: None, pour: Some(debiteur), contenu: digests("proposition") };
    claim.take("2026-12-02 09:00", &office(), event).unwrap();
    assert_eq!(claim.view().messages[&message].consulte, None);
    let open = Event::MessageConsulted { creance, message };
    assert!(claim.take("2026-12-02 09:01", &office(), open.clone()).is_err(), "its addressee opens it, nobody else");
    claim.take("2026-12-03 20:30", &Actor::recipient(debiteur), open.clone()).unwrap();
    claim.take("2026-12-04 08:00", &Actor::recipient(debiteur), open).unwrap();
    let kept = &claim.view().messages[&message];
    assert_eq!(kept.mis_a_disposition, at("2026-12-02 09:00"));
    assert_eq!(kept.consulte, Some(at("2026-12-03 20:30")), "the first opening stays");
}

#[test]
fn a20_h08_a_first_access_is_consent_for_that_procedure_only() {
    let mut claim = Claim::invited();
    let (debiteur, creancier) = (claim.debiteur, claim.creancier);
    assert_eq!(claim.view().consentement(debiteur), None);
    claim.enter("2026-12-01 18:00", debiteur);
    let consent = claim.view().consentement(debiteur).unwrap();
    assert_eq!((consent.base, consent.depuis), (Base::PremierAcces, at("2026-12-01 18:00")));
    assert_eq!(serde_json::to_value(consent).unwrap()["base"], "PREMIER_ACCES");
    assert!(consent.couvre(claim.creance) && !consent.couvre(id()));
    for nature in ["assignation", "saisie-attribution", "petite-creance"] {
        assert!(!consent.couvre_acte(&Nature::new(nature).unwrap()));
    }
    assert_eq!(claim.view().consentement(creancier), None, "each party for himself");
    assert_eq!(claim.etat(), "INVITE", "getting in is not taking part");
    // New credentials do not move the date of the consent.
    claim.enter("2026-12-05 18:00", debiteur);
    assert_eq!(claim.view().consentement(debiteur).unwrap().depuis, at("2026-12-01 18:00"));
}

#[test]
fn h09_the_cap_is_on_the_sum_and_on_the_day() {
    let day = date(2026, 11, 25);
    assert!(Montant::new(euros("4 999,99"), euros("0"), day).is_ok());
    assert!(Montant::new(euros("5 000,00"), euros("0"), day).is_ok());
    assert!(Montant::new(euros("4 900,00"), euros("100,00"), day).is_ok());
    for (principal, interets) in [("5 000,01", "0"), ("4 900,00", "100,01"), ("0,01", "5 000,00")] {
        assert_eq!(codes(&Montant::new(euros(principal), euros(interets), day).unwrap_err()), ["HORS_PLAFOND"]);
    }
    assert_eq!(codes(&Montant::new(Cents::new(u64::MAX), Cents::new(1), day).unwrap_err()), ["HORS_PLAFOND"]);
    assert_eq!(codes(&Montant::new(Cents::new(0), euros("10"), day).unwrap_err()), ["MONTANT_NUL"]);
    assert_eq!((plafond(date(2019, 12, 31)), plafond(date(2020, 1, 1))), (euros("4000"), euros("5000")));
    // What is read back from a journal goes through the same gate.
    let over = r#"{"principal":500001,"interets":0,"arrete_au":"2026-11-25"}"#;
    assert!(serde_json::from_str::<Montant>(over).is_err());
    assert_eq!(euros("5000,5").to_string(), "5\u{a0}000,50\u{a0}€");
    for bad in ["", "5.000,00", "12,345", "-1", "1 2", "12,", "1e3", "１"] {
        assert!(bad.parse::<Cents>().is_err(), "{bad}");
    }
}

#[test]
fn h09_interest_that_runs_beyond_the_cap_is_seen_at_each_dated_step() {
    // 4 990,00 € at 7,30 % is 99,8 cents a day: ten days stay under the cap, eleven do not.
    let taux = Some(Taux::try_from(730).unwrap());
    let claim = Montant::new(euros("4990"), euros("0"), date(2026, 11, 1)).unwrap();
    assert_eq!(montant_au(&claim, taux, date(2026, 11, 11)).unwrap().total(), euros("4999,98"));
    assert_eq!(codes(&montant_au(&claim, taux, date(2026, 11, 12)).unwrap_err()), ["HORS_PLAFOND"]);
    let mut asked = Claim::asked(claim, taux, "2026-11-02 10:00");
    let event = controler(asked.view(), at("2026-11-11 10:00"), &competence(), false).unwrap();
    asked.take("2026-11-11 10:00", &office(), event).unwrap();
    assert_eq!(codes(&asked.invitation_on(date(2026, 11, 12))), ["HORS_PLAFOND"]);
    let late = controler(
        Claim::asked(claim, taux, "2026-11-02 10:00").view(),
        at("2026-11-12 10:00"),
        &Competence { etude: ressort("lyon"), debiteur: ressort("paris") },
        true,
    );
    let Event::Rejected { codes: all, .. } = late.unwrap() else { panic!("not rejected") };
    assert_eq!(all, [Motif::HorsPlafond, Motif::Incompetent, Motif::ConflitInterets], "every reason at once");
}

impl Claim {
    fn invitation_on(&self, day: jiff::civil::Date) -> SignificationError {
        let mut letter = self.letter(date(2026, 11, 11), Canal::MessageElectronique);
        letter.delai = DelaiMois::new(day, ZONE, &JoursChomes::default()).unwrap().0;
        inviter(self.view(), &letter, &self.secret, ZONE, &JoursChomes::default()).unwrap_err()
    }
}

#[test]
fn h09_competence_and_rejection() {
    let montant = Montant::new(euros("100"), euros("0"), date(2026, 11, 24)).unwrap();
    let mut claim = Claim::asked(montant, None, "2026-11-24 10:00");
    let forged = Event::Checked {
        creance: claim.creance,
        montant,
        ressort_etude: ressort("paris"),
        ressort_debiteur: ressort("lyon"),
    };
    assert_eq!(refused(claim.take("2026-11-24 10:01", &office(), forged)), ["INCOMPETENT"]);
    let foreign = Competence { etude: ressort("paris"), debiteur: ressort("lyon") };
    let event = controler(claim.view(), at("2026-11-24 10:02"), &foreign, false).unwrap();
    claim.take("2026-11-24 10:02", &office(), event).unwrap();
    assert_eq!(claim.etat(), "IRRECEVABLE");
}

/// WX-23, through the machine: silence is told on the 25th, and acted upon after the 28th.
#[test]
fn h09_wx_23_silence_is_a_refusal_after_the_later_reading() {
    let mut claim = Claim::invited();
    let delai = claim.view().invitation.as_ref().unwrap().delai;
    assert_eq!((delai.strict, delai.art_642), (date(2026, 12, 25), date(2026, 12, 28)));
    assert_eq!((delai.annonce(), delai.retenu()), (date(2026, 12, 25), date(2026, 12, 28)));
    let silence = Event::RefusedImplicitly { creance: claim.creance };
    for early in ["2026-12-26 00:00", "2026-12-28 23:59:59"] {
        assert_eq!(refused(claim.take(early, &Actor::platform(), silence.clone())), ["DELAI_EN_COURS"]);
    }
    claim.take("2026-12-29 00:00", &Actor::platform(), silence).unwrap();
    assert_eq!(claim.etat(), "REFUS_IMPLICITE");
    let other = Event::EndRecorded { creance: claim.creance, fin: Fin::Desaccord, ecrit: digests("c") };
    assert_eq!(refused(claim.take("2026-12-29 09:00", &office(), other)), ["FIN_DIFFERENTE"]);
    let end = Event::EndRecorded { creance: claim.creance, fin: Fin::RefusImplicite, ecrit: digests("c") };
    claim.take("2026-12-29 09:00", &office(), end).unwrap();
    assert_eq!((claim.etat(), claim.view().frais_a_la_charge_de()), ("CONSTAT_FIN", claim.creancier));
}

#[test]
fn h09_an_agreement_at_23_59_of_the_last_day_holds_and_a_minute_later_does_not() {
    for (when, ok) in [("2026-12-28 23:59", true), ("2026-12-29 00:00", false)] {
        let mut claim = Claim::participating();
        claim.propose("2026-12-28 20:00");
        let result = claim.accept_both(when);
        if ok {
            result.unwrap();
            assert_eq!(claim.etat(), "ACCORD");
        } else {
            assert_eq!(refused(result), ["DELAI_EXPIRE"]);
            let over = Event::Disagreed {
                creance: claim.creance,
                motif: MotifDesaccord::DelaiExpire,
                personne: None,
                texte: None,
            };
            claim.take("2026-12-29 00:01", &Actor::platform(), over).unwrap();
            assert_eq!(claim.etat(), "DESACCORD");
        }
    }
}

#[test]
fn h09_a_refusal_by_free_words_keeps_them_apart() {
    let mut claim = Claim::invited();
    let words = "Je ne veux pas de votre procédure, voyez mon avocat.";
    let (creance, personne) = (claim.creance, claim.debiteur);
    let refuse = |mode| Event::RefusedExpressly {
        creance,
        personne,
        mode,
        donne_le: date(2026, 12, 3),
        texte: Some(digests(words)),
    };
    let me = Actor::recipient(personne);
    assert!(claim.take("2026-12-03 10:00", &me, refuse(ModeRefus::AutreMoyen)).is_err(), "an e-mail is entered");
    claim.take("2026-12-03 10:00", &office(), refuse(ModeRefus::AutreMoyen)).unwrap();
    assert_eq!(claim.etat(), "REFUS_EXPRES");
    assert_eq!(claim.facts.last().unwrap().2.outcome(), Outcome::Declared);
    let journal: String = claim.facts.iter().map(|f| serde_json::to_string(&f.2).unwrap()).collect();
    assert!(!journal.contains("avocat"));
    let end = Event::EndRecorded { creance, fin: Fin::RefusExpres, ecrit: digests("c") };
    claim.take("2026-12-03 11:00", &office(), end).unwrap();
    assert_eq!(claim.etat(), "CONSTAT_FIN");
}

#[test]
fn h09_a_mandataire_accepts_within_his_mandate() {
    let mut claim = Claim::invited();
    let (creance, mandataire) = (claim.creance, id());
    let sign = |donne_le| Event::Participated {
        creance,
        personne: mandataire,
        mode: ModeAccord::Emargement,
        donne_le,
        piece: digests("lettre signée"),
    };
    assert_eq!(refused(claim.take("2026-12-10 10:00", &office(), sign(date(2026, 12, 10)))), ["MANDAT_ABSENT"]);
    let file = |mandataire, pour| Event::MandateFiled {
        creance,
        mandataire,
        pour,
        ecrit: digests("mandat"),
        du: date(2026, 12, 1),
        au: Some(date(2026, 12, 9)),
    };
    claim.take("2026-12-10 10:00", &office(), file(mandataire, Cote::Debiteur)).unwrap();
    let both = claim.take("2026-12-10 10:00", &office(), file(mandataire, Cote::Creancier));
    assert_eq!(refused(both), ["PARTIES_CONFONDUES"]);
    let party = file(claim.creancier, Cote::Debiteur);
    assert_eq!(refused(claim.take("2026-12-10 10:00", &office(), party)), ["PARTIES_CONFONDUES"]);
    assert_eq!(refused(claim.take("2026-12-10 10:00", &office(), sign(date(2026, 12, 10)))), ["MANDAT_ABSENT"]);
    claim.take("2026-12-10 10:00", &office(), sign(date(2026, 12, 9))).unwrap();
    assert_eq!(claim.etat(), "PARTICIPE");
    // Entered by the office, it is recorded by it: the prescription is suspended from there (C. civ. art. 2238).
    assert_eq!(claim.view().prescription.unwrap().suspendue_depuis, at("2026-12-10 10:00"));
}

#[test]
fn h09_paper_that_was_on_its_way_gives_way_to_silence_only_once_recorded() {
    let mut claim = Claim::invited();
    let (creance, personne) = (claim.creance, claim.debiteur);
    claim.take("2026-12-29 00:00", &Actor::platform(), Event::RefusedImplicitly { creance }).unwrap();
    let post = |donne_le| Event::Participated {
        creance,
        personne,
        mode: ModeAccord::FormulairePostal,
        donne_le,
        piece: digests("formulaire"),
    };
    assert_eq!(refused(claim.take("2026-12-30 09:00", &office(), post(date(2026, 12, 29)))), ["DELAI_EXPIRE"]);
    let mut recorded = Claim { view: claim.view.clone(), facts: claim.facts.clone(), ..Claim::invited() };
    claim.take("2026-12-30 09:00", &office(), post(date(2026, 12, 28))).unwrap();
    assert_eq!(claim.etat(), "PARTICIPE");
    let end = Event::EndRecorded { creance, fin: Fin::RefusImplicite, ecrit: digests("c") };
    recorded.take("2026-12-30 08:00", &office(), end).unwrap();
    let late = recorded.take("2026-12-30 09:00", &office(), post(date(2026, 12, 28))).unwrap_err();
    assert_eq!(late.code(), "signification.transition");
}

#[test]
fn h09_the_prescription_is_suspended_by_the_recorded_agreement_and_runs_again_after_failure() {
    let mut claim = Claim::participating();
    let (creance, personne) = (claim.creance, claim.debiteur);
    assert_eq!(claim.view().prescription, None, "a form on the platform is not yet recorded by the officer");
    let noted = Event::ParticipationNoted { creance, constat: digests("constat") };
    claim.take("2026-12-02 09:00", &office(), noted.clone()).unwrap();
    assert_eq!(refused(claim.take("2026-12-02 09:01", &office(), noted)), ["DEJA_FAIT"]);
    let refuse = Event::Disagreed { creance, motif: MotifDesaccord::Montant, personne: Some(personne), texte: None };
    claim.take("2026-12-10 09:00", &Actor::recipient(personne), refuse).unwrap();
    let end = Event::EndRecorded { creance, fin: Fin::Desaccord, ecrit: digests("c") };
    claim.take("2026-12-11 09:00", &office(), end).unwrap();
    let prescription = claim.view().prescription.unwrap();
    assert_eq!(prescription.suspendue_depuis, at("2026-12-02 09:00"));
    assert_eq!(prescription.reprise_le, Some(date(2026, 12, 10)));
    assert_eq!(prescription.pas_avant, Some(date(2027, 6, 10)));
}

#[test]
fn h09_a_new_proposal_undoes_earlier_acceptances() {
    let mut claim = Claim::participating();
    let first = claim.propose("2026-12-02 10:00");
    claim.accept("2026-12-02 10:05", claim.creancier, ModeAccord::FormulairePostal, date(2026, 12, 2)).unwrap();
    let twice = claim.accept("2026-12-02 10:06", claim.creancier, ModeAccord::FormulairePostal, date(2026, 12, 2));
    assert_eq!(refused(twice), ["DEJA_FAIT"]);
    claim.propose("2026-12-02 11:00");
    let (creance, personne) = (claim.creance, claim.debiteur);
    let stale = Event::ProposalAccepted {
        creance,
        proposition: first,
        personne,
        mode: ModeAccord::FormulaireElectronique,
        donne_le: date(2026, 12, 2),
        piece: digests("a"),
    };
    let me = Actor::recipient(personne);
    assert_eq!(refused(claim.take("2026-12-02 11:05", &me, stale)), ["PROPOSITION_DEPASSEE"]);
    claim.accept("2026-12-02 11:06", personne, ModeAccord::FormulaireElectronique, date(2026, 12, 2)).unwrap();
    assert_eq!(claim.etat(), "PARTICIPE", "the creditor's acceptance was of another proposal");
    // Payments that do not make the sum, and a principal beyond the claim.
    let propose = |principal: &str, montant_day| Event::ProposalMade {
        creance,
        proposition: id(),
        personne: None,
        montant: Montant::new(euros(principal), euros("0"), montant_day).unwrap(),
        modalites: two_payments(),
    };
    let today = date(2026, 12, 2);
    let mut offer = |event| refused(claim.take("2026-12-02 12:00", &office(), event));
    assert_eq!(offer(propose("999", today)), ["MODALITES_INCORRECTES"]);
    assert_eq!(offer(propose("2000", today)), ["MONTANT_DIFFERENT"]);
    assert_eq!(offer(propose("1000", date(2026, 12, 1))), ["MONTANT_DIFFERENT"]);
}

#[test]
fn h09_the_letter_must_be_whole_and_true_before_it_goes() {
    let montant = Montant::new(euros("1234,56"), euros("12"), date(2026, 11, 24)).unwrap();
    let mut claim = Claim::asked(montant, None, "2026-11-24 10:00");
    let event = controler(claim.view(), at("2026-11-24 10:05"), &competence(), false).unwrap();
    claim.take("2026-11-24 10:05", &office(), event).unwrap();
    let mut letter = claim.letter(date(2026, 11, 25), Canal::LettreRecommandee);
    letter.textes.l_111_3 = None;
    letter.montant = Montant::new(euros("1"), euros("0"), date(2026, 11, 25)).unwrap();
    letter.delai.strict = date(2026, 12, 26);
    letter.affaire.reference = "autre".into();
    let secret = Secret::new(&SystemEntropy::default()).unwrap();
    let error = inviter(claim.view(), &letter, &secret, ZONE, &JoursChomes::default()).unwrap_err();
    let all = ["TEXTES_A_JOINDRE", "MONTANT_DIFFERENT", "DELAI_INCORRECT", "LETTRE_DIFFERENTE", "IDENTIFIANTS_REFUSES"];
    assert_eq!(codes(&error), all);
    assert!(letter.texte().unwrap().contains("[Texte à joindre par l'étude.]"));
    // A posted letter is entered the next day; a message cannot be.
    let post = claim.invitation(date(2026, 11, 25), Canal::LettreRecommandee).unwrap();
    assert!(claim.take("2026-11-24 23:00", &office(), post.clone()).is_err(), "not before it is posted");
    let message = claim.invitation(date(2026, 11, 25), Canal::MessageElectronique).unwrap();
    assert_eq!(refused(claim.take("2026-11-26 09:00", &office(), message)), ["DATE_INCORRECTE"]);
    claim.take("2026-11-26 09:00", &office(), post).unwrap();
    assert_eq!(claim.view().invitation.as_ref().unwrap().delai.envoi, date(2026, 11, 25));
}

#[test]
fn h09_the_table_of_moves_is_exhaustive() {
    const TABLE: &[(&str, &str, &str)] = &[
        ("DEMANDE", "controler", "CONTROLE"),
        ("DEMANDE", "rejeter", "IRRECEVABLE"),
        ("CONTROLE", "rejeter", "IRRECEVABLE"),
        ("CONTROLE", "inviter", "INVITE"),
        ("INVITE", "participer", "PARTICIPE"),
        ("INVITE", "refuser", "REFUS_EXPRES"),
        ("INVITE", "taire", "REFUS_IMPLICITE"),
        ("REFUS_IMPLICITE", "participer", "PARTICIPE"),
        ("REFUS_IMPLICITE", "refuser", "REFUS_EXPRES"),
        ("PARTICIPE", "accorder", "ACCORD"),
        ("PARTICIPE", "desaccorder", "DESACCORD"),
        ("ACCORD", "constater", "ACCORD"),
        ("ACCORD", "delivrer", "TITRE"),
        ("REFUS_EXPRES", "constater", "CONSTAT_FIN"),
        ("REFUS_IMPLICITE", "constater", "CONSTAT_FIN"),
        ("DESACCORD", "constater", "CONSTAT_FIN"),
    ];
    for etat in Etat::ALL {
        for step in Mouvement::ALL {
            let wanted = TABLE.iter().find(|r| r.0 == etat.name() && r.1 == step.name()).map(|r| r.2);
            assert_eq!(etat.next(step).map(Etat::name), wanted, "{etat:?} {step:?}");
        }
    }
}
