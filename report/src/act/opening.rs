//! Blocks 1 to 9: from the title to « j'ai constaté ce qui suit ». Everything declared is printed as declared.
use dossier::{Officier, Outcome, Qualite, Requerant, SessionState, op};

use crate::Fondement;
use crate::block::Weight;
use crate::date_words::offset;
use crate::desk::{Desk, Pen};

use super::{officer_of, requerant_of};

/// Block 1: notices that must be read before anything else. The title itself is in the document's metadata.
pub(super) fn title(pen: &mut Pen<'_, '_>) {
    let desk = pen.desk;
    let (manifest, bundle) = (desk.input.manifest, &desk.input.bundle);
    let session = &manifest.session;
    if !desk.langue.is_act() {
        pen.notice_of(Weight::Loud, super::translation(desk), "traduction.texte", &[], &[]);
    }
    if manifest.essai || bundle.seal.as_ref().is_some_and(|seal| seal.essai) {
        pen.notice(Weight::Loud, "alerte.essai", &[]);
    }
    if !session.attended {
        pen.notice(Weight::Loud, "alerte.releve", &[]);
    }
    telephone(pen);
    let counts = [("done", session.steps_done.to_string()), ("begun", session.steps_begun.to_string())];
    match session.state {
        SessionState::Complete => (),
        SessionState::Partial => pen.notice(Weight::Loud, "alerte.partial", &counts),
        SessionState::Interrupted => pen.notice(Weight::Loud, "alerte.interrupted", &counts),
    }
    if bundle.seal.is_none() {
        pen.notice(Weight::Loud, "alerte.sans_sceau", &[]);
    }
    if !bundle.timestamped() {
        let reason = manifest.seal_time.reason.as_ref();
        let reason =
            reason.map_or(String::new(), |r| desk.text("alerte.sans_horodatage.motif", &[("reason", r.clone())]));
        pen.notice(Weight::Loud, "alerte.sans_horodatage", &[("reason", reason)]);
    }
    if let Some(verdict) =
        bundle.verdict.as_ref().filter(|_| bundle.findings.iter().any(|f| f.level >= dossier::Level::Indeterminate))
    {
        pen.notice(Weight::Loud, "alerte.verdict", &[("verdict", desk.translated(verdict))]);
    }
}

/// Whoever reads the pictures must know that no telephone took them: once for each telephone, and for what is read otherwise.
fn telephone(pen: &mut Pen<'_, '_>) {
    let desk = pen.desk;
    let mut said = std::collections::BTreeSet::new();
    for entry in desk.facts.all(op::TELEPHONE) {
        let keys = [
            "designation",
            "width",
            "height",
            "density",
            "orientation",
            "touch",
            "agent",
            "engine",
            "reason",
            "declared_by",
        ];
        let fields = keys.map(|key| (key, desk.field(entry, key)));
        if said.insert(fields.clone()) {
            pen.notice_of(Weight::Loud, "alerte.telephone.titre", "alerte.telephone.texte", &fields, &[entry.seq]);
        }
        if entry.outcome != Outcome::Declared {
            let fields = [("differences", desk.field(entry, "differences"))];
            pen.notice_of(
                Weight::Loud,
                "alerte.telephone_ecart.titre",
                "alerte.telephone_ecart.texte",
                &fields,
                &[entry.seq],
            );
        }
    }
}

/// Block 2: the date in words, from the first line of the journal.
pub(super) fn date(pen: &mut Pen<'_, '_>) {
    let (session, langue) = (&pen.desk.input.manifest.session, pen.desk.langue);
    let start = session.opened_at;
    let legal = start.legal_time();
    let words = langue.instant_in_words(start).to_uppercase().replace('\'', "’");
    let line = pen.desk.facts.first(&op::SESSION_OPEN).map(|entry| entry.seq);
    let marks: Vec<u64> = line.into_iter().collect();
    pen.para("date.debut", &[("words", words), ("offset", offset(&legal))], &marks);
    pen.para("date.horloge", &[("moment", langue.moment(start))], &marks);
    if legal.date() != session.closed_at.legal_time().date() {
        pen.para("date.jours", &[], &[]);
    }
}

/// Block 3: the requérant, with the fields of art. 648 CPC.
pub(super) fn requerant(pen: &mut Pen<'_, '_>) {
    let desk = pen.desk;
    pen.heading(1, &format!("demande.titre_{}", desk.kind()), &[]);
    let Some(requerant) = requerant_of(desk) else {
        pen.gap("demande.absent", "demande.absent_aide", &[]);
        return;
    };
    let sealed = desk.input.manifest.case.requerant.is_some();
    let marks = case_line(desk, sealed);
    match requerant.clone() {
        Requerant::Physique { nom, prenoms, profession, domicile, nationalite, date_naissance, lieu_naissance } => {
            let fields = [
                ("nom", nom),
                ("prenoms", prenoms),
                ("profession", profession),
                ("domicile", domicile),
                ("nationalite", nationalite),
                ("date_naissance", desk.langue.civil_day(&date_naissance).unwrap_or(date_naissance)),
                ("lieu_naissance", lieu_naissance),
            ];
            pen.para("demande.physique", &fields, &marks);
        }
        Requerant::Morale { denomination, forme, siege, representant, siren } => {
            let siren = siren.map_or(String::new(), |siren| desk.text("demande.siren", &[("siren", siren)]));
            let fields = [
                ("denomination", denomination),
                ("forme", forme),
                ("siege", siege),
                ("representant", representant),
                ("siren", siren),
            ];
            pen.para("demande.morale", &fields, &marks);
        }
    }
    pen.para(if sealed { "demande.declare" } else { "demande.complete" }, &[], &[]);
}

fn case_line(desk: &Desk<'_>, sealed: bool) -> Vec<u64> {
    let line = desk.facts.first(&op::SESSION_CASE).map(|entry| entry.seq);
    line.filter(|_| sealed).into_iter().collect()
}

/// Block 4: lawyer, agent, elected domicile.
pub(super) fn representation(pen: &mut Pen<'_, '_>) {
    pen.heading(1, "representation.titre", &[]);
    match pen.desk.draft.representation.clone() {
        Some(representation) => pen.para("representation.texte", &[("representation", representation)], &[]),
        None => pen.gap("representation.absent", "representation.absent_aide", &[]),
    }
}

/// Block 5: what the requérant exposed, all of it declarations; the addresses given.
pub(super) fn expose(pen: &mut Pen<'_, '_>) {
    let desk = pen.desk;
    let title = match (desk.attended(), requerant_of(desk)) {
        (false, _) => "expose.titre_releve",
        (true, Some(Requerant::Physique { .. })) => "expose.titre_physique",
        (true, Some(Requerant::Morale { .. })) => "expose.titre_morale",
        (true, None) => "expose.titre_neutre",
    };
    pen.heading(1, title, &[]);
    pen.para(if desk.attended() { "expose.avertissement" } else { "expose.avertissement_releve" }, &[], &[]);
    let case = &desk.input.manifest.case;
    let sealed = case.objet.is_some();
    match case.objet.clone().or(desk.draft.objet.clone()) {
        Some(objet) => pen.para("expose.objet", &[("objet", objet)], &case_line(desk, sealed)),
        None => pen.gap("expose.absent_objet", "expose.absent_aide", &[]),
    }
    match desk.draft.expose.clone() {
        Some(expose) => pen.verbatim("expose.texte", &[("expose", expose)], &[]),
        None => pen.gap("expose.absent_expose", "expose.absent_aide", &[]),
    }
    addresses(pen);
}

fn addresses(pen: &mut Pen<'_, '_>) {
    let asked: Vec<(String, u64)> = pen
        .desk
        .facts
        .steps
        .values()
        .filter_map(|step| step.begin)
        .filter(|begin| begin.text("kind") == Some("aller"))
        .filter_map(|begin| Some((first_address(begin.data.get("parameters")?)?, begin.seq)))
        .collect();
    if asked.is_empty() {
        return;
    }
    pen.para("expose.adresses", &[], &[]);
    for (url, seq) in asked {
        pen.para("expose.adresse", &[("url", url)], &[seq]);
    }
}

/// The first parameter that is an address, whatever its key.
fn first_address(parameters: &serde_json::Value) -> Option<String> {
    let is_address = |text: &&str| text.starts_with("http://") || text.starts_with("https://");
    parameters.as_object()?.values().filter_map(|value| value.as_str()).find(is_address).map(str::to_owned)
}

/// Block 6: on what basis the officer acts.
pub(super) fn fondement(pen: &mut Pen<'_, '_>) {
    pen.heading(1, "fondement.titre", &[]);
    match pen.desk.draft.fondement.clone() {
        Some(Fondement::Requete) => pen.para("fondement.requete", &[], &[]),
        Some(Fondement::Ordonnance { juridiction, date, numero, termes, .. }) => {
            let fields = [("juridiction", juridiction), ("date", date), ("numero", numero), ("termes", termes)];
            pen.para("fondement.ordonnance", &fields, &[]);
        }
        None => pen.gap("fondement.absent", "fondement.absent_aide", &[]),
    }
}

/// Block 7: the officer.
pub(super) fn officier(pen: &mut Pen<'_, '_>) {
    let desk = pen.desk;
    pen.heading(1, if desk.attended() { "officier.titre" } else { "officier.titre_releve" }, &[]);
    let Some(officier) = officer_of(desk) else {
        pen.gap("officier.absent", "officier.absent_aide", &[]);
        return;
    };
    let sealed = desk.input.manifest.case.officier.is_some();
    let key = match (desk.attended(), officier.qualite) {
        (false, _) => "officier.releve",
        (true, Qualite::CommissaireDeJustice) => "officier.commissaire",
        (true, Qualite::ClercHabilite) => "officier.clerc",
    };
    pen.para(key, &officer_fields(desk, officier), &case_line(desk, sealed));
    if !sealed {
        pen.para("officier.complete", &[], &[]);
    }
}

fn officer_fields(desk: &Desk<'_>, officier: &Officier) -> [(&'static str, String); 6] {
    let qualite = match officier.qualite {
        Qualite::CommissaireDeJustice => "commissaire de justice",
        Qualite::ClercHabilite => "clerc habilité aux constats",
    };
    [
        ("nom", officier.nom.clone()),
        ("prenoms", officier.prenoms.clone()),
        ("qualite", desk.translated(qualite)),
        ("etude", officier.etude.clone()),
        ("residence", officier.residence.clone()),
        ("adresse", officier.adresse.clone()),
    ]
}

/// Block 8: place, and persons present.
pub(super) fn lieu(pen: &mut Pen<'_, '_>) {
    let desk = pen.desk;
    let case = &desk.input.manifest.case;
    pen.heading(1, "lieu.titre", &[]);
    let marks = case_line(desk, case.lieu.is_some());
    match case.lieu.clone().or(desk.draft.lieu.clone()) {
        Some(lieu) => pen.para("lieu.texte", &[("lieu", lieu)], &marks),
        None => pen.gap("lieu.absent", "lieu.absent_aide", &[]),
    }
    let persons: Vec<_> = case.presents.iter().chain(&desk.draft.presents).collect();
    if persons.is_empty() {
        pen.para("lieu.seul", &[], &case_line(desk, true));
        return;
    }
    pen.para("lieu.presents", &[], &case_line(desk, !case.presents.is_empty()));
    for person in persons {
        let fields = [("nom", person.nom.clone()), ("qualite", person.qualite.clone())];
        pen.verbatim("lieu.present", &fields, &[]);
    }
}

/// Block 9: what follows is what was seen, by whom or by what.
pub(super) fn certifie(pen: &mut Pen<'_, '_>) {
    let kind = pen.desk.kind();
    pen.para(&format!("certifie.{kind}"), &[], &[]);
    if pen.desk.attended() {
        pen.para("certifie.constat_reserve", &[], &[]);
    }
    pen.para("certifie.marques", &[], &[]);
    pen.heading(1, &format!("certifie.titre_{kind}"), &[]);
}
