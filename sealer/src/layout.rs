//! The names of the bundle's entries, and their order: what `seal` writes is exactly what `verify` accepts.

/// First entry (ETSI EN 319 162-1 A.1).
pub(crate) const MIMETYPE: &str = "mimetype";
/// Its whole content.
pub(crate) const MEDIA_TYPE: &str = "application/vnd.etsi.asic-e+zip";
/// The manifest the seal is about.
pub(crate) const CONSTAT: &str = "constat.json";
/// Multi-WACZ descriptor, so that a replay tool opens the outer file.
pub(crate) const DATAPACKAGE: &str = "datapackage.json";
/// For `sha256sum -c`. It lists every content file of the bundle but itself; META-INF is made after it and covers it.
pub(crate) const SUMS: &str = "SHA256SUMS";
/// What this is and how to check it.
pub(crate) const README: &str = "LISEZMOI.txt";
/// The inner package.
pub(crate) const WACZ: &str = "capture.wacz";
/// The archive, inside the inner package.
pub(crate) const ARCHIVE: &str = "archive/data.warc.gz";
/// The journal.
pub(crate) const JOURNAL: &str = "journal.jsonl";
/// The secret the salts of the records come from; among the artefacts, in their order.
pub(crate) const SECRET: &str = "disclosure/secret.hex";
/// In a copy: what it withholds, and why; its second entry.
pub(crate) const LIST: &str = "caviardage/liste.json";
/// In a copy that withholds some records: the members of the others, after the list.
pub(crate) const COPY_ARCHIVE: &str = "caviardage/archive.warc.gz";
/// Folder of seals and tokens.
pub(crate) const META_INF: &str = "META-INF/";
/// What the office's seal covers.
pub(crate) const MANIFEST_1: &str = "META-INF/ASiCManifest001.xml";
/// The office's seal.
pub(crate) const SIGNATURE_1: &str = "META-INF/signature001.p7s";
/// What the independent token covers.
pub(crate) const MANIFEST_2: &str = "META-INF/ASiCManifest002.xml";
/// The independent token.
pub(crate) const TOKEN_2: &str = "META-INF/timestamp002.tst";

/// Entries at most: the reference validator refuses more.
pub(crate) const MAX_ENTRIES: usize = 1000;

/// The entries that come first, in order.
pub(crate) const HEAD: [&str; 6] = [MIMETYPE, CONSTAT, DATAPACKAGE, SUMS, README, WACZ];

/// The entries that come first in a copy, in order, of those that are `there`.
pub(crate) fn copy_head(there: impl Fn(&str) -> bool) -> Vec<&'static str> {
    let optional = |name: &'static str| Some(name).filter(|name| there(name));
    let first = [Some(MIMETYPE), Some(LIST), optional(COPY_ARCHIVE)];
    let always = [CONSTAT, DATAPACKAGE, SUMS, README].map(Some);
    first.into_iter().chain(always).chain([optional(WACZ)]).flatten().collect()
}

/// Entries `constat.json` cannot list because they are made from it, or come before everything.
pub(crate) const NOT_ARTEFACTS: [&str; 5] = [MIMETYPE, CONSTAT, DATAPACKAGE, SUMS, README];

/// Whether the name is in META-INF.
pub(crate) fn is_meta(name: &str) -> bool {
    name.starts_with(META_INF)
}

/// Entries of META-INF this version knows, in the order they stand.
pub(crate) const KNOWN_META: [&str; 4] = [MANIFEST_1, SIGNATURE_1, MANIFEST_2, TOKEN_2];

/// The archive manifest in force; those it prolongs are numbered (EN 319 162-1 A.7).
pub(crate) const ARCHIVE_MANIFEST: &str = "META-INF/ASiCArchiveManifest.xml";
/// Archive timestamps at most: a renewal every few years leaves room for centuries.
pub(crate) const MAX_ARCHIVES: usize = 100;

/// The entries of the archive manifest number `index` (from 0, oldest first) of `count`, and of its token.
pub(crate) fn archive_names(index: usize, count: usize) -> (String, String) {
    let manifest = if index + 1 == count {
        ARCHIVE_MANIFEST.to_owned()
    } else {
        format!("META-INF/ASiCArchiveManifest{:03}.xml", index + 1)
    };
    (manifest, format!("META-INF/timestamp{:03}.tst", index + 3))
}

/// Anchors at most in a bundle: a few proofs, each completed or renewed a few times.
pub(crate) const MAX_ANCHORS: usize = 99;

/// The kinds of anchors, by their name and the end of their file's name.
pub(crate) const ANCHOR_OTS: (&str, &str) = ("ots", "ots");
/// The office's log, as a C2SP tlog-proof.
pub(crate) const ANCHOR_LOG: (&str, &str) = ("journal", "tlog-proof");

/// The entry of the anchor number `number` (from 1, in the order they stand, whatever their kind).
pub(crate) fn anchor_name((kind, end): (&str, &str), number: usize) -> String {
    format!("META-INF/anchor-{kind}-{number:03}.{end}")
}

/// The kind of an anchor, when the name is exactly that of the anchor number `number`.
pub(crate) fn anchor_kind(name: &str, number: usize) -> Option<(&'static str, &'static str)> {
    [ANCHOR_OTS, ANCHOR_LOG].into_iter().find(|kind| anchor_name(*kind, number) == name)
}

/// Whether the name is that of an anchor, whatever its number.
pub(crate) fn is_anchor(name: &str) -> bool {
    name.starts_with("META-INF/anchor-")
}

/// One anchor of META-INF.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AnchorEntry {
    pub(crate) name: String,
    pub(crate) kind: (&'static str, &'static str),
    /// How many archive manifests stand before it; those after it cover it.
    pub(crate) after: usize,
}

/// What META-INF holds beside the seal and the second token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct MetaOrder {
    /// Archive manifests, each with its token.
    pub(crate) archives: usize,
    /// Anchors, in the order they stand.
    pub(crate) anchors: Vec<AnchorEntry>,
}

/// Reads the names of META-INF, which must be exactly those of this format, in its order: the seal, perhaps the second
/// token, then archive manifests with their tokens, and anchors before, between or after them.
pub(crate) fn meta_order(meta: &[&str]) -> Option<MetaOrder> {
    [2, 4].into_iter().filter(|base| meta.starts_with(&KNOWN_META[..*base])).find_map(|base| {
        let mut rest = meta.get(base..)?.iter();
        let anchors = meta.iter().filter(|name| is_anchor(name)).count();
        let count = (meta.len() - base).checked_sub(anchors)? / 2;
        let mut order = MetaOrder::default();
        while let Some(name) = rest.next() {
            if let Some(kind) = anchor_kind(name, order.anchors.len() + 1) {
                order.anchors.push(AnchorEntry { name: (*name).to_owned(), kind, after: order.archives });
            } else {
                let (manifest, token) = archive_names(order.archives, count);
                if *name != manifest || *rest.next()? != token {
                    return None;
                }
                order.archives += 1;
            }
        }
        (order.archives == count && count <= MAX_ARCHIVES && order.anchors.len() <= MAX_ANCHORS).then_some(order)
    })
}

/// How many archive manifests there are, when the names of META-INF are those of this format, in its order.
pub(crate) fn archives(meta: &[&str]) -> Option<usize> {
    meta_order(meta).map(|order| order.archives)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meta_inf_has_one_order() {
        let whole = KNOWN_META.to_vec();
        assert_eq!((archives(&whole), archives(&whole[..2])), (Some(0), Some(0)));
        assert_eq!((archives(&whole[..3]), archives(&whole[1..])), (None, None));
        let (third, fourth) = ("META-INF/timestamp003.tst", "META-INF/timestamp004.tst");
        let older = "META-INF/ASiCArchiveManifest001.xml";
        let one = [&whole[..2], &[ARCHIVE_MANIFEST, third]].concat();
        let two = [&whole[..], &[older, third, ARCHIVE_MANIFEST, fourth]].concat();
        assert_eq!((archives(&one), archives(&two)), (Some(1), Some(2)));
        for wrong in [vec![older, third], vec![ARCHIVE_MANIFEST, fourth], vec![ARCHIVE_MANIFEST, third, older, fourth]]
        {
            assert_eq!(archives(&[&whole[..], &wrong].concat()), None, "{wrong:?}");
        }
    }

    #[test]
    fn anchors_have_their_place_and_their_number() {
        let whole = KNOWN_META.to_vec();
        let (ots, log, later) =
            ("META-INF/anchor-ots-001.ots", "META-INF/anchor-journal-002.tlog-proof", "META-INF/anchor-ots-003.ots");
        let archive = [ARCHIVE_MANIFEST, "META-INF/timestamp003.tst"];
        let order = meta_order(&[&whole[..], &[ots, log], &archive, &[later]].concat()).unwrap();
        assert_eq!(order.archives, 1);
        assert_eq!(order.anchors.iter().map(|a| a.after).collect::<Vec<_>>(), [0, 0, 1]);
        assert!(meta_order(&[&whole[..2], &[ots]].concat()).is_some());
        for wrong in [
            vec![log],
            vec![ots, ots],
            vec![ots, "META-INF/anchor-ots-003.ots"],
            vec!["META-INF/anchor-autre-001.ots"],
            vec!["META-INF/anchor-ots-001.tlog-proof"],
            vec!["META-INF/anchor-ots-1.ots"],
            vec![archive[0], ots, archive[1]],
        ] {
            assert_eq!(meta_order(&[&whole[..], &wrong].concat()), None, "{wrong:?}");
        }
        assert_eq!(meta_order(&[&whole[..1], &[ots], &whole[1..]].concat()), None);
    }
}
