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

/// How many archive manifests the names of META-INF hold, when they are exactly those of this format, in its order: the
/// seal, perhaps the second token, perhaps archive manifests with their tokens.
pub(crate) fn archives(meta: &[&str]) -> Option<usize> {
    [2, 4].into_iter().filter(|base| meta.starts_with(&KNOWN_META[..*base])).find_map(|base| {
        let rest = meta.get(base..)?;
        let count = rest.len() / 2;
        let expected = (0..count).map(|index| archive_names(index, count));
        let same = expected.zip(rest.chunks(2)).all(|((manifest, token), found)| found == [manifest, token]);
        (rest.len() == count * 2 && count <= MAX_ARCHIVES && same).then_some(count)
    })
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
}
