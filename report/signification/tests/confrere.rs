//! Transfer between two offices (G02, G03): two instances in two folders, real keys, real signatures, packages over files.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

#[path = "support/offices.rs"]
mod offices;
#[path = "support/pki.rs"]
mod pki;
#[path = "support/world.rs"]
mod world;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use dossier::{Clock, Digests, Instant, Reference, parse_strict, to_canonical};
use offices::{bornes, code, office, publish, releve, signer, trust_each_other};
use pki::OpensslSealer;
use signification::acte::Nature;
use signification::confrere::depot::lire_fichier;
use signification::confrere::donnees::DONNEES_FORMAT;
use signification::confrere::ouverture::{depaqueter, entete};
use signification::confrere::{
    Aller, Depot, Destinataire, Donnees, Etat, Event, Modalite, Motif, Ouvert, Piece, Poste, Reception, Remise, Suivi,
    View,
};
use signification::consent::Actor;
use signification::territoire::{Annuaire, Canal, OfficeId};
use signification::vault::{self, Kind, PublicKey, SecretKey};
use signification::{EvidenceSealer, Id, SystemEntropy};
use world::SetClock;

const PDF: &[u8] = b"%PDF-1.7\nassignation d'essai\n%%EOF\n";

type Pieces = BTreeMap<String, Vec<u8>>;

/// Two offices (Paris, Lyon), a third one (Rouen), a directory, a clock.
struct Scene {
    pkis: [OpensslSealer; 3],
    keys: [SecretKey; 3],
    ids: [OfficeId; 3],
    annuaire: Annuaire,
    clock: SetClock,
    alea: SystemEntropy,
    folder: tempfile::TempDir,
    depots: [Depot; 3],
}

impl Scene {
    fn new() -> Self {
        let chamber = OpensslSealer::new();
        let pkis = [OpensslSealer::new(), OpensslSealer::new(), OpensslSealer::new()];
        trust_each_other(&[&chamber, &pkis[0], &pkis[1], &pkis[2]]);
        let keys = [SecretKey::generate(), SecretKey::generate(), SecretKey::generate()];
        let mut list = Vec::new();
        for (i, siege) in ["75056", "69123", "76540"].into_iter().enumerate() {
            let mut office = office(20_000_000 + u32::try_from(i).unwrap(), siege, &[], signer(&pkis[i]));
            office.cle = keys[i].public().to_string();
            list.push(office);
        }
        let ids = [list[0].id, list[1].id, list[2].id];
        let clock = SetClock::new("2026-11-23T09:00:00Z");
        let releve = releve(1, "2026-11-20T08:00:00Z", list);
        let (annuaire, _) = publish(&releve, &chamber, &chamber, &bornes(clock.now())).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let depots = ["paris", "lyon", "rouen"].map(|name| Depot::ouvrir(folder.path().join(name)).unwrap());
        Self { pkis, keys, ids, annuaire, clock, alea: SystemEntropy::default(), folder, depots }
    }

    fn poste(&self, i: usize) -> Poste<'_> {
        Poste {
            moi: self.ids[i],
            cle: &self.keys[i],
            sealer: &self.pkis[i],
            verifier: &self.pkis[i],
            annuaire: &self.annuaire,
            horloge: &self.clock,
            alea: &self.alea,
            depot: &self.depots[i],
        }
    }

    fn aller(&self, commune: &str) -> Aller {
        Aller {
            format: DONNEES_FORMAT.into(),
            dossier: Reference::new("2026-117").unwrap(),
            nature: Nature::new("assignation").unwrap(),
            requerant: "Société d'Essai & Cie".into(),
            destinataires: vec![Destinataire {
                nom: "Isaline Essai".into(),
                adresse: "1, rue de l'Étang, 69001 Lyon".into(),
                commune: code(commune),
            }],
            canal: Canal::Papier,
            instructions: "Avant le 30.".into(),
            echeance: "2026-11-30T18:00:00Z".parse().unwrap(),
        }
    }

    /// The package as a file that somebody carries.
    fn carry(&self, remise: &Remise) -> Vec<u8> {
        let path = self.folder.path().join("cle-usb.paquet");
        fs::write(&path, &remise.octets).unwrap();
        lire_fichier(&path).unwrap()
    }

    fn transmitted(&self) -> (Id, Vec<u8>) {
        let prepared = self.poste(0).preparer(self.ids[1], self.aller("69123"), PDF.to_vec()).unwrap();
        let sent = self.poste(0).transmettre(prepared.transmission).unwrap();
        (sent.transmission, self.carry(&sent))
    }

    fn later(&self) {
        self.clock.advance(Duration::from_secs(60));
    }
}

/// Puts facts in a view, as the journal does: each line serialized and read again.
fn tell(view: &mut Option<View>, at: Instant, events: &[Event]) {
    for event in events {
        let line = serde_json::to_value(event).unwrap();
        assert!(line["op"].as_str().unwrap().starts_with("signification.confrere."));
        let text = line.to_string();
        for word in ["Essai", "Isaline", "rue de", "escroc"] {
            assert!(!text.contains(word), "{text}");
        }
        let again: Event = serde_json::from_value(line).unwrap();
        assert_eq!(again, *event);
        *view = Some(View::next(view.as_ref(), at, &Actor::office("clerc"), &again).unwrap());
    }
}

fn news(reception: Reception) -> (Etat, Vec<Event>) {
    match reception {
        Reception::Nouveau { etat, evenements, .. } => (etat, evenements),
        Reception::DejaRecu { .. } => panic!("nothing new"),
    }
}

/// The confrère finds the act and its data.
fn check_opened(scene: &Scene, opened: &Ouvert) {
    assert_eq!(opened.acte.as_deref(), Some(PDF));
    assert_eq!(opened.donnees, Some(Donnees::Aller(scene.aller("69123"))));
    assert!(opened.pieces.is_empty());
}

/// Each step is signed by its author and by nobody else, and none can be left out.
fn check_chain(scene: &Scene, here: &Suivi) {
    here.verifier(&scene.annuaire, &scene.pkis[2]).unwrap();
    for (rank, wrong) in [(0, 1), (2, 0), (5, 1)] {
        let mut forged = here.signees().to_vec();
        forged[rank].signature =
            BASE64.encode(scene.pkis[wrong].seal(forged[rank].etape.as_bytes()).unwrap().signature);
        let forged = Suivi::lire(forged).unwrap();
        let error = forged.verifier(&scene.annuaire, &scene.pkis[2]).unwrap_err();
        assert_eq!(error.code(), "signification.package_signer", "step {rank} signed by the other office");
    }
    let mut broken = here.signees().to_vec();
    broken.remove(3);
    assert_eq!(Suivi::lire(broken).unwrap_err().code(), "signification.package_altered", "a step left out");
}

#[test]
fn g02_an_act_goes_to_a_confrere_and_its_receipts_come_back() {
    let scene = Scene::new();
    let (paris, lyon) = (scene.poste(0), scene.poste(1));
    let (mut at_paris, mut at_lyon) = (None, None);
    let put = |view: &mut Option<View>, events: &[Event]| tell(view, scene.clock.now(), events);

    let prepared = paris.preparer(scene.ids[1], scene.aller("69123"), PDF.to_vec()).unwrap();
    assert_eq!(prepared.etat, Etat::Prepare);
    put(&mut at_paris, &[prepared.evenement]);
    let id = prepared.transmission;
    scene.later();
    let sent = paris.transmettre(id).unwrap();
    put(&mut at_paris, std::slice::from_ref(&sent.evenement));
    let (etat, events) = news(lyon.recevoir(&scene.carry(&sent)).unwrap());
    assert_eq!((etat, events.len()), (Etat::Transmis, 1));
    put(&mut at_lyon, &events);
    check_opened(&scene, &lyon.dossier(id).unwrap());

    scene.later();
    let accepted = lyon.accepter(id).unwrap();
    put(&mut at_lyon, std::slice::from_ref(&accepted.evenement));
    let (etat, events) = news(paris.recevoir(&scene.carry(&accepted)).unwrap());
    assert_eq!(etat, Etat::Accepte);
    put(&mut at_paris, &events);

    scene.later();
    let served_at = scene.clock.now();
    scene.later();
    let served = lyon.signifier(id, served_at).unwrap();
    put(&mut at_lyon, &[served.evenement]);
    let receipt = Piece { nom: "recepisse-1.json".into(), octets: b"{\"preuve\":1}".to_vec() };
    let paper = Piece { nom: "original.pdf".into(), octets: PDF.to_vec() };
    let back = lyon.retourner(id, Modalite::APersonne, "Remis en main propre.", vec![receipt.clone(), paper.clone()]);
    let back = back.unwrap();
    put(&mut at_lyon, std::slice::from_ref(&back.evenement));
    // The package of the service was not carried: the return tells both steps.
    let (etat, events) = news(paris.recevoir(&scene.carry(&back)).unwrap());
    assert_eq!((etat, events.len()), (Etat::Retourne, 2));
    put(&mut at_paris, &events);
    let opened = paris.relire(id).unwrap();
    assert_eq!(opened.pieces, [paper, receipt]);
    let Some(Donnees::Retour(retour)) = opened.donnees else { panic!("no data") };
    assert_eq!((retour.signifie_le, retour.modalite), (served_at, Modalite::APersonne));

    let closed = paris.clore(id).unwrap();
    put(&mut at_paris, std::slice::from_ref(&closed.evenement));
    let (etat, events) = news(lyon.recevoir(&scene.carry(&closed)).unwrap());
    assert_eq!(etat, Etat::Clos);
    put(&mut at_lyon, &events);

    // Both offices hold the same chain, each step signed by its author, and the same end.
    let (here, there) = (paris.relire(id).unwrap().suivi, lyon.relire(id).unwrap().suivi);
    assert_eq!(here.signees(), there.signees());
    let authors: Vec<OfficeId> = here.etapes().iter().map(|e| e.auteur).collect();
    let (a, b) = (scene.ids[0], scene.ids[1]);
    assert_eq!(authors, [a, a, b, b, b, a]);
    check_chain(&scene, &here);
    let (p, l) = (at_paris.unwrap(), at_lyon.unwrap());
    let (p, l) = (p.suivi.unwrap(), l.suivi.unwrap());
    assert_eq!((p.etat, p.signifie_le, p.derniere), (Etat::Clos, Some(served_at), l.derniere));
    assert!(l.recu && !p.recu && l.etat == Etat::Clos);
    // What was journalled can be told again from the folders.
    let mut again = None;
    tell(&mut again, scene.clock.now(), &lyon.evenements(id).unwrap());
    assert_eq!(again.unwrap().suivi.unwrap(), l);
    assert!(paris.clore(id).is_err(), "closed once");
}

#[test]
fn g02_refusal_return_unserved_and_expiry() {
    let scene = Scene::new();
    let (paris, lyon) = (scene.poste(0), scene.poste(1));
    // Refused at once.
    let (id, package) = scene.transmitted();
    lyon.recevoir(&package).unwrap();
    let refused = lyon.refuser(id, Motif::Empechement, "Lien de parenté.").unwrap();
    assert_eq!(news(paris.recevoir(&refused.octets).unwrap()).0, Etat::Refuse);
    assert_eq!(lyon.accepter(id).unwrap_err().code(), "signification.transition");
    // Accepted, then given back.
    let (id, package) = scene.transmitted();
    lyon.recevoir(&package).unwrap();
    lyon.accepter(id).unwrap();
    let given_back = lyon.refuser(id, Motif::DestinataireIntrouvable, "Parti sans adresse.").unwrap();
    let (etat, events) = news(paris.recevoir(&given_back.octets).unwrap());
    assert_eq!((etat, events.len()), (Etat::Refuse, 2));
    // No answer: not expired before the deadline, expired after, and no answer then.
    let (id, package) = scene.transmitted();
    lyon.recevoir(&package).unwrap();
    assert_eq!(paris.expirer(id).unwrap_err().code(), "signification.package");
    assert_eq!(paris.accepter(id).unwrap_err().code(), "signification.actor", "not the asking office's to accept");
    assert_eq!(lyon.clore(id).unwrap_err().code(), "signification.actor");
    scene.clock.set("2026-11-30T18:00:01Z");
    assert_eq!(lyon.accepter(id).unwrap_err().code(), "signification.package", "too late");
    let expired = paris.expirer(id).unwrap();
    assert_eq!(news(lyon.recevoir(&expired.octets).unwrap()).0, Etat::Expire);
}

#[test]
fn g02_only_a_competent_confrere_is_asked() {
    let scene = Scene::new();
    let error = scene.poste(0).preparer(scene.ids[1], scene.aller("76540"), PDF.to_vec()).unwrap_err();
    assert_eq!(error.code(), "signification.incompetent");
    assert!(error.to_string().contains("cour d'appel de Rouen"), "{error}");
    assert_eq!(
        scene.poste(0).preparer(scene.ids[0], scene.aller("75056"), PDF.to_vec()).unwrap_err().code(),
        "signification.package"
    );
    let cut = PDF[..PDF.len() - 7].to_vec();
    assert_eq!(
        scene.poste(0).preparer(scene.ids[1], scene.aller("69123"), cut).unwrap_err().code(),
        "signification.act_file"
    );
    let late = Aller { echeance: scene.clock.now(), ..scene.aller("69123") };
    assert_eq!(scene.poste(0).preparer(scene.ids[1], late, PDF.to_vec()).unwrap_err().code(), "signification.field");
    assert!(scene.depots[0].transmissions().unwrap().is_empty());
}

#[test]
fn g03_imported_twice_it_is_one_dossier() {
    let scene = Scene::new();
    let (id, package) = scene.transmitted();
    let lyon = scene.poste(1);
    lyon.recevoir(&package).unwrap();
    let same = |etat| Reception::DejaRecu { transmission: id, etat };
    assert_eq!(lyon.recevoir(&package).unwrap(), same(Etat::Transmis));
    lyon.accepter(id).unwrap();
    assert_eq!(lyon.recevoir(&package).unwrap(), same(Etat::Accepte), "an older package changes nothing");
    assert_eq!(scene.depots[1].transmissions().unwrap(), [id]);
    assert_eq!(lyon.evenements(id).unwrap().len(), 2);
}

#[test]
fn g03_a_package_for_another_office_is_refused() {
    let scene = Scene::new();
    let (_, package) = scene.transmitted();
    let rouen = scene.poste(2);
    assert_eq!(rouen.recevoir(&package).unwrap_err().code(), "signification.package_other_office");
    // The line in clear made to say otherwise: the key still does not open it.
    let (mut line, cipher) = entete(&package).unwrap();
    line.pour = scene.ids[2];
    let lied = [to_canonical(&line).unwrap(), b"\n".to_vec(), cipher.to_vec()].concat();
    assert_eq!(rouen.recevoir(&lied).unwrap_err().code(), "signification.package_altered");
    assert!(scene.depots[2].transmissions().unwrap().is_empty());
    // What an office prepared for itself is not a package for anybody.
    let prepared = scene.poste(0).preparer(scene.ids[1], scene.aller("69123"), PDF.to_vec()).unwrap();
    assert_eq!(scene.poste(1).recevoir(&prepared.octets).unwrap_err().code(), "signification.package_other_office");
}

/// A package made again around other pieces: what somebody who knows the public keys, and no private one, can do.
fn repack(scene: &Scene, package: &[u8], change: impl Fn(&mut Pieces)) -> Vec<u8> {
    let (line, cipher) = entete(package).unwrap();
    let clear = vault::decrypt(cipher, Kind::Transmission, line.paquet, &line.contenu, &scene.keys[1]).unwrap();
    let mut pieces = depaqueter(&clear).unwrap();
    change(&mut pieces);
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in &pieces {
        zip.start_file(name.as_str(), zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    let clear = zip.finish().unwrap().into_inner();
    let keys = [scene.keys[1].public(), PublicKey::parse(&scene.keys[0].public().to_string()).unwrap()];
    let cipher = vault::encrypt(Kind::Transmission, line.paquet, &clear, &keys).unwrap();
    let line = signification::confrere::Entete { contenu: Digests::of(&clear), ..line };
    [to_canonical(&line).unwrap(), b"\n".to_vec(), cipher].concat()
}

/// Puts another PDF.
fn swap(p: &mut Pieces) {
    p.insert("acte.pdf".into(), PDF.to_ascii_uppercase());
}

/// Makes the manifest fit the pieces; gives its bytes.
fn refit(p: &mut Pieces) -> Vec<u8> {
    let mut value = parse_strict(&p["manifeste.json"]).unwrap();
    for line in value["pieces"].as_array_mut().unwrap() {
        let name = line["nom"].as_str().unwrap().to_owned();
        line["empreintes"] = serde_json::to_value(Digests::of(&p[&name])).unwrap();
    }
    let bytes = to_canonical(&value).unwrap();
    p.insert("manifeste.json".into(), bytes.clone());
    bytes
}

fn edit(p: &mut Pieces, name: &str, from: &str, to: &str) {
    let text = String::from_utf8(p[name].clone()).unwrap();
    assert!(text.contains(from), "{name}: {text}");
    p.insert(name.into(), text.replace(from, to).into_bytes());
}

#[test]
fn g03_a_signature_over_a_tampered_package_does_not_save_it() {
    let scene = Scene::new();
    let (_, package) = scene.transmitted();
    let refuse = |who: usize, change: &dyn Fn(&mut Pieces)| {
        let bytes = repack(&scene, &package, |p| {
            change(p);
            let manifest = refit(p);
            p.insert("manifeste.json.p7s".into(), scene.pkis[who].seal(&manifest).unwrap().signature);
        });
        scene.poste(1).recevoir(&bytes).unwrap_err().code()
    };
    assert_eq!(refuse(2, &swap), "signification.package_signer", "signed by another office");
    assert_eq!(refuse(0, &swap), "signification.package_altered", "its own steps name another PDF");
    let xml = |p: &mut Pieces| edit(p, "donnees.xml", "2026-117", "2026-118");
    assert_eq!(refuse(0, &xml), "signification.package_altered", "XML at odds with the JSON");
    let json = |p: &mut Pieces| edit(p, "donnees.json", "2026-117", "2026-118");
    assert_eq!(refuse(0, &json), "signification.package_altered", "data at odds with the step");
    let step = |p: &mut Pieces| edit(p, "suivi.json", "preparer", "transmettre");
    assert_eq!(refuse(0, &step), "signification.package", "a step that is none");
    assert!(scene.depots[1].transmissions().unwrap().is_empty(), "nothing was kept");
}

#[test]
fn g03_a_tampered_package_is_refused_with_its_own_code() {
    let scene = Scene::new();
    let (id, package) = scene.transmitted();
    let lyon = scene.poste(1);
    let refuse = |bytes: &[u8]| lyon.recevoir(bytes).unwrap_err().code();
    let with = |change: &dyn Fn(&mut Pieces)| refuse(&repack(&scene, &package, change));
    assert_eq!(with(&swap), "signification.package_altered", "another PDF");
    let rewritten = |p: &mut Pieces| {
        swap(p);
        refit(p);
    };
    assert_eq!(with(&rewritten), "signification.package_signer", "a manifest made to fit");
    let drop_xml = |p: &mut Pieces| {
        p.remove("donnees.xml");
    };
    assert_eq!(with(&drop_xml), "signification.package_altered", "a piece removed");
    let add = |p: &mut Pieces| {
        p.insert("autre.pdf".into(), PDF.to_vec());
    };
    assert_eq!(with(&add), "signification.package_altered", "a piece added");
    let unsign = |p: &mut Pieces| {
        p.remove("manifeste.json.p7s");
    };
    assert_eq!(with(&unsign), "signification.package", "no signature");
    let hostile = |p: &mut Pieces| {
        p.insert("../../acte.pdf".into(), PDF.to_vec());
    };
    assert_eq!(with(&hostile), "signification.package", "a hostile name");
    assert!(scene.depots[1].transmissions().unwrap().is_empty(), "nothing was kept");
    // Untouched, it is taken; a chain that tells another story is then refused.
    lyon.recevoir(&repack(&scene, &package, |_| {})).unwrap();
    lyon.accepter(id).unwrap();
    scene.clock.set("2026-11-30T19:00:00Z");
    let expired = scene.poste(0).expirer(id).unwrap();
    assert_eq!(refuse(&expired.octets), "signification.package_conflict", "both answered: a person must decide");
}

#[test]
fn g03_every_flip_and_cut_is_refused() {
    let scene = Scene::new();
    let (_, package) = scene.transmitted();
    let lyon = scene.poste(1);
    let line = package.iter().position(|b| *b == b'\n').unwrap();
    let positions = (0..line + 1).step_by(7).chain((line + 1..package.len()).step_by(61));
    for at in positions {
        let mut bad = package.clone();
        bad[at] ^= 1;
        assert!(lyon.recevoir(&bad).is_err(), "byte {at}");
        assert!(lyon.recevoir(&package[..at]).is_err(), "cut at {at}");
    }
    let long = [package.clone(), b"\0".to_vec()].concat();
    assert!(lyon.recevoir(&long).is_err(), "something after");
    let huge = vec![b'{'; 64 * 1024 * 1024 + 1];
    assert_eq!(lyon.recevoir(&huge).unwrap_err().code(), "signification.package_too_large");
    assert!(scene.depots[1].transmissions().unwrap().is_empty());
}

#[test]
fn g02_a_certificate_that_is_not_the_directory_s_signs_nothing() {
    let scene = Scene::new();
    let poste = Poste { sealer: &scene.pkis[2], ..scene.poste(0) };
    let error = poste.preparer(scene.ids[1], scene.aller("69123"), PDF.to_vec()).unwrap_err();
    assert_eq!(error.code(), "signification.package_signer");
    assert!(scene.depots[0].transmissions().unwrap().is_empty());
}
