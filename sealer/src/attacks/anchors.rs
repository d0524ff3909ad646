//! Rows A01 to A06: anchors that are false, borrowed, forked, replayed or short of witnesses, each fault alone. The forger
//! holds the log's key where the attack needs it.
mod odd;

use std::sync::Arc;

use dossier::{Reference, Sha256Digest};

use super::forge::{Entry, bytes_of, entry, pack, with};
use super::{good, sample};
use crate::anchor::ots::{Attestation, Detached, Op, Timestamp};
use crate::anchor::{AnchorState, AnchorTrust, BlockNetwork, HeaderChain};
use crate::tlog::{Checkpoint, KeyKind, LogPolicy, Note, SigningKey, TlogProof, leaf, merkle};
use crate::{SystemRandom, Verdict, Verification, layout, verify_bytes};

const OTS: &str = "META-INF/anchor-ots-001.ots";
const LOG: &str = "META-INF/anchor-journal-001.tlog-proof";
const ORIGIN: &str = "etude.example/journal";
const AT: u64 = 1_795_000_000;

fn seal() -> Sha256Digest {
    Sha256Digest::of(&bytes_of(&good().entries, layout::SIGNATURE_1))
}

fn anchored(name: &str, octets: &[u8]) -> Vec<Entry> {
    let mut entries = good().entries.clone();
    entries.push(entry(name, octets));
    entries
}

/// The anchor must have this state; a false one makes the bundle FAIL, another never does. It is judged once more, and written
/// down, as by a reader who brings nothing: what cannot be seen without his files must not be told false.
#[track_caller]
fn judged(entries: &[Entry], trust: AnchorTrust, state: AnchorState, word: &str) -> Verification {
    let bare = super::judge(pack(entries));
    assert!(bare.verdict != Verdict::Fail || state == AnchorState::False, "{:#?}", bare.findings);
    let anchors = good().etude.anchors.clone().checking_anchors_with(trust);
    let checked = verify_bytes(pack(entries), &anchors, good().etude.clock.now());
    let told = checked.facts.anchors.last().unwrap_or_else(|| panic!("{:#?}", checked.findings));
    assert!(told.state == state && told.line.contains(word), "{state:?} {word}: {told:#?}");
    let fails = checked.verdict == Verdict::Fail;
    assert_eq!(fails, state == AnchorState::False, "{:#?}", checked.findings);
    assert_eq!(sample::codes(&checked.findings).contains(&"anchor.false"), fails);
    checked
}

fn proof(digest: &Sha256Digest, attestation: Attestation) -> Vec<u8> {
    let end = Timestamp { attestations: [attestation].into(), ..Timestamp::default() };
    let timestamp = Timestamp::after([Op::Append(vec![1; 16]), Op::Sha256], end);
    let detached = Detached { file_hash: Op::Sha256, digest: digest.as_bytes().to_vec(), timestamp };
    detached.to_bytes().unwrap()
}

/// A header of trivial work with this root.
fn header(before: [u8; 32], root: [u8; 32]) -> Vec<u8> {
    let parts =
        [&[0, 0, 0, 0x20][..], &before, &root, &1_795_000_000_u32.to_le_bytes(), &0x207f_ffff_u32.to_le_bytes()];
    let parts = parts.concat();
    let tried = (0_u32..).map(|nonce| [parts.as_slice(), &nonce.to_le_bytes()].concat());
    let good = |octets: &Vec<u8>| HeaderChain::read(octets.clone(), 0, BlockNetwork::TRIAL).is_ok();
    tried.take(1000).find(good).unwrap()
}

fn headers(root: [u8; 32], start: u64, network: BlockNetwork) -> AnchorTrust {
    let chain = HeaderChain::read(header([0; 32], root), start, network).unwrap();
    AnchorTrust { headers: Some(Arc::new(chain)), policy: None }
}

/// What the proof above leads to.
fn root_of(digest: &Sha256Digest) -> [u8; 32] {
    *Sha256Digest::of(&[digest.as_bytes().as_slice(), &[1; 16]].concat()).as_bytes()
}

#[test]
fn a01_a_promise_is_told_as_one() {
    let pending = Attestation::Pending("https://a.example".into());
    let entries = anchored(OTS, &proof(&seal(), pending));
    let checked = judged(&entries, AnchorTrust::default(), AnchorState::Pending, "en attente");
    assert_eq!(checked.facts.anchors[0].existed_before, None);
    let unknown = Attestation::Other(*b"unknown!", vec![1, 2, 3]);
    let entries = anchored(OTS, &proof(&seal(), unknown));
    judged(&entries, AnchorTrust::default(), AnchorState::Unchecked, "ne juge pas");
}

#[test]
fn a02_a_block_that_is_not_in_the_chain() {
    let entries = anchored(OTS, &proof(&seal(), Attestation::Bitcoin(900_000)));
    let root = root_of(&seal());
    judged(&entries, AnchorTrust::default(), AnchorState::Unchecked, "aucune chaîne");
    let trial = BlockNetwork::TRIAL;
    judged(&entries, headers(root, 900_000, trial), AnchorState::Proven, "existait avant le bloc 900000");
    judged(&entries, headers(root, 899_999, trial), AnchorState::Unchecked, "vont de 899999 à 899999");
    judged(&entries, headers([5; 32], 900_000, trial), AnchorState::False, "ne porte pas la racine");
    // A chain without work, held against the rules of the real one.
    judged(&entries, headers(root, 900_000, BlockNetwork::MAIN), AnchorState::False, "difficulté trop faible");
}

#[test]
fn a02_a_proof_of_something_else() {
    let other = Sha256Digest::of(b"another seal");
    let borrowed = proof(&other, Attestation::Bitcoin(900_000));
    judged(&anchored(OTS, &borrowed), AnchorTrust::default(), AnchorState::False, "autre fichier");
    let good = proof(&seal(), Attestation::Bitcoin(900_000));
    let mut longer = good.clone();
    longer.push(0);
    for octets in [&good[..40], &longer, b"", &[0; 70_000][..]] {
        let checked = super::judge(pack(&anchored(OTS, octets)));
        assert_eq!(checked.verdict, Verdict::Fail, "{:#?}", checked.findings);
    }
    // A root of another length than a block's.
    let end = Timestamp { attestations: [Attestation::Bitcoin(900_000)].into(), ..Timestamp::default() };
    let short = Detached {
        file_hash: Op::Sha256,
        digest: seal().as_bytes().to_vec(),
        timestamp: Timestamp::after([Op::Sha1], end),
    };
    judged(&anchored(OTS, &short.to_bytes().unwrap()), AnchorTrust::default(), AnchorState::False, "32 octets");
}

#[test]
fn names_that_are_not_anchors_are_refused() {
    let octets = proof(&seal(), Attestation::Bitcoin(900_000));
    for name in ["META-INF/anchor-ots-002.ots", "META-INF/anchor-autre-001.ots", "META-INF/anchor-ots-001.txt"] {
        super::refused(pack(&anchored(name, &octets)), "bundle.meta_inf");
    }
    let mut entries = anchored(OTS, &octets);
    let last = entries.len() - 1;
    entries.swap(last, last - 1);
    super::refused(pack(&entries), "bundle.meta_inf");
}

/// An office's log of five seals, ours the fourth, and two witnesses.
struct World {
    log: SigningKey,
    witnesses: [SigningKey; 2],
    leaves: Vec<merkle::Hash>,
}

impl World {
    fn new() -> Self {
        let key = |name, kind| SigningKey::generate(name, kind, &SystemRandom).unwrap();
        let ours = leaf(&Reference::new("2026-0142").unwrap(), &seal()).unwrap();
        let others = [&b"a"[..], b"b", b"c", &ours, b"d"];
        let witnesses = [key("a.example", KeyKind::Witness), key("b.example", KeyKind::Witness)];
        Self {
            log: key(ORIGIN, KeyKind::Log),
            witnesses,
            leaves: others.iter().map(|data| merkle::leaf_hash(data)).collect(),
        }
    }

    fn trust(&self) -> AnchorTrust {
        let [a, b] = &self.witnesses;
        let (log, a, b) = (self.log.verifier(), a.verifier(), b.verifier());
        let text = format!("log {log}\nwitness A {a}\nwitness B {b}\ngroup tous all A B\nquorum tous\n");
        AnchorTrust { headers: None, policy: Some(Arc::new(LogPolicy::parse(&text).unwrap())) }
    }

    fn text(&self, leaves: &[merkle::Hash]) -> String {
        let head = Checkpoint { origin: ORIGIN.into(), size: leaves.len() as u64, root: merkle::root(leaves) };
        head.to_text()
    }

    /// Our leaf in the tree of `leaves`, under a head that says `text`, with these lines of signatures.
    fn proof(&self, leaves: &[merkle::Hash], index: usize, text: &str, lines: &str) -> Vec<u8> {
        let note = Note::parse(&format!("{text}\n{lines}")).unwrap();
        let checkpoint = Checkpoint::parse(text).unwrap();
        let proof = TlogProof { index: index as u64, way: merkle::inclusion(leaves, index), note, checkpoint };
        proof.to_text().into_bytes()
    }

    fn lines(&self, text: &str) -> String {
        let [a, b] = &self.witnesses;
        self.log.sign(text) + &a.cosign(text, AT) + &b.cosign(text, AT + 60)
    }

    #[track_caller]
    fn is(&self, octets: &[u8], state: AnchorState, word: &str) -> Verification {
        judged(&anchored(LOG, octets), self.trust(), state, word)
    }
}

#[test]
fn a_log_with_its_witnesses_is_proven() {
    let world = World::new();
    let text = world.text(&world.leaves);
    let octets = world.proof(&world.leaves, 3, &text, &world.lines(&text));
    let checked = world.is(&octets, AnchorState::Proven, "politique remplie");
    let told = &checked.facts.anchors[0];
    // The last of the witnesses: all of them had seen it by then.
    assert_eq!(told.existed_before.unwrap().as_millisecond(), (AT as i64 + 60) * 1000);
    judged(&anchored(LOG, &octets), AnchorTrust::default(), AnchorState::Unchecked, "aucune politique");
    let elsewhere = AnchorTrust { policy: World::new().trust().policy, headers: None };
    judged(&anchored(LOG, &octets), elsewhere, AnchorState::False, "n'est pas signée");
}

#[test]
fn a04_a05_short_of_witnesses_or_of_signatures() {
    let world = World::new();
    let text = world.text(&world.leaves);
    let [a, b] = &world.witnesses;
    let bare = world.log.sign(&text);
    let of = |lines: &str| world.proof(&world.leaves, 3, &text, lines);
    world.is(&of(&bare), AnchorState::Insufficient, "témoins : aucun");
    world.is(&of(&(bare.clone() + &a.cosign(&text, AT))), AnchorState::Insufficient, "la politique demande 2 sur 2");
    // A stranger's cosignature under the name of a witness is another key: it counts for nothing.
    let stranger = SigningKey::generate("b.example", KeyKind::Witness, &SystemRandom).unwrap();
    let lines = bare.clone() + &a.cosign(&text, AT) + &stranger.cosign(&text, AT);
    world.is(&of(&lines), AnchorState::Insufficient, "demande 2 sur 2");
    // Without the log's own signature, cosignatures say nothing.
    world.is(&of(&(a.cosign(&text, AT) + &b.cosign(&text, AT))), AnchorState::False, "n'est pas signée");
}

#[test]
fn a04_a_replayed_cosignature_and_a_forked_tree() {
    let world = World::new();
    let [a, b] = &world.witnesses;
    let text = world.text(&world.leaves);
    // The witnesses saw a smaller tree, without ours; their lines are put under the head that has it.
    let smaller = world.text(&world.leaves[..3]);
    let lines = world.log.sign(&text) + &a.cosign(&smaller, AT) + &b.cosign(&text, AT);
    world.is(&world.proof(&world.leaves, 3, &text, &lines), AnchorState::False, "a.example est fausse");
    // A tree forked for this reader: signed by the log, cosigned by nobody; then with lines of the tree they saw.
    let mut forked = world.leaves.clone();
    forked[1] = merkle::leaf_hash(b"rewritten");
    let other = world.text(&forked);
    let signed = world.log.sign(&other);
    world.is(&world.proof(&forked, 3, &other, &signed), AnchorState::Insufficient, "témoins : aucun");
    let lines = signed + &a.cosign(&text, AT) + &b.cosign(&text, AT);
    world.is(&world.proof(&forked, 3, &other, &lines), AnchorState::False, "est fausse");
}

#[test]
fn a06_a_wrong_root_index_size_or_leaf() {
    let world = World::new();
    let text = world.text(&world.leaves);
    let lines = world.lines(&text);
    let mut forked = world.leaves.clone();
    forked[1] = merkle::leaf_hash(b"rewritten");
    let word = "ne mène pas";
    world.is(&world.proof(&forked, 3, &text, &lines), AnchorState::False, word);
    world.is(&world.proof(&world.leaves, 2, &text, &lines), AnchorState::False, word);
    world.is(&world.proof(&world.leaves[..4], 3, &text, &lines), AnchorState::False, word);
    // The leaf of another bundle, and the same seal under another reference.
    let stranger = leaf(&Reference::new("2026-0142").unwrap(), &Sha256Digest::of(b"x")).unwrap();
    let renamed = leaf(&Reference::new("2026-0143").unwrap(), &seal()).unwrap();
    for data in [stranger, renamed] {
        let leaves = [merkle::leaf_hash(b"a"), merkle::leaf_hash(&data)];
        let text = world.text(&leaves);
        world.is(&world.proof(&leaves, 1, &text, &world.lines(&text)), AnchorState::False, word);
    }
    let mut octets = world.proof(&world.leaves, 3, &text, &lines);
    octets.extend(b"\n");
    world.is(&octets, AnchorState::False, "illisible");
}

#[test]
fn a_tampered_anchor_is_never_proven() {
    let world = World::new();
    let text = world.text(&world.leaves);
    let octets = world.proof(&world.leaves, 3, &text, &world.lines(&text));
    let trust = good().etude.anchors.clone().checking_anchors_with(world.trust());
    let entries = anchored(LOG, &octets);
    for at in (0..octets.len()).step_by(7) {
        let checked = verify_bytes(pack(&with(&entries, LOG, &flip(&octets, at))), &trust, good().etude.clock.now());
        assert!(
            checked.facts.anchors.iter().all(|a| a.state != AnchorState::Proven),
            "{at}: {:#?}",
            checked.facts.anchors
        );
    }
    // As by a reader who brings nothing: many of them in one bundle, each judged by itself.
    let flipped: Vec<Vec<u8>> = (0..octets.len()).map(|at| flip(&octets, at)).collect();
    for crowd in flipped.chunks(layout::MAX_ANCHORS) {
        let checked = super::judge(pack(&crowded(crowd.iter().map(|octets| (layout::ANCHOR_LOG, octets.as_slice())))));
        assert_eq!(checked.facts.anchors.len(), crowd.len());
    }
}

fn flip(octets: &[u8], at: usize) -> Vec<u8> {
    let mut changed = octets.to_vec();
    changed[at] ^= 1 << (at % 7);
    changed
}

/// The good bundle with all these anchors.
fn crowded<'a>(anchors: impl Iterator<Item = ((&'static str, &'static str), &'a [u8])>) -> Vec<Entry> {
    let named = anchors.enumerate().map(|(n, (kind, octets))| entry(&layout::anchor_name(kind, n + 1), octets));
    good().entries.iter().cloned().chain(named).collect()
}
