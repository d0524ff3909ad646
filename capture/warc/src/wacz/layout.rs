//! Where files may stand in a package: the rules of WACZ 1.1.1, and those its validators add.
//!
//! py-wacz compares the last two parts of a path only, and only names with a dot; it takes a folder with a dot for
//! a file. Hence: every file exactly one folder deep, a dot in the file's name, none in the folder's.
use dossier::ArtefactPath;

pub(super) const DATAPACKAGE: &str = "datapackage.json";
pub(super) const DIGEST: &str = "datapackage-digest.json";
pub(super) const PAGES: &str = "pages/pages.jsonl";

pub(super) fn is_archive(path: &str) -> bool {
    path.starts_with("archive/") && (path.ends_with(".warc") || path.ends_with(".warc.gz"))
}

pub(super) fn is_index(path: &str) -> bool {
    let known = [".cdxj", ".cdx", ".cdxj.gz", ".cdx.gz"];
    path.starts_with("indexes/") && known.iter().any(|end| path.ends_with(end))
}

/// Why `path` may not name a member other than the two JSON files at the root.
pub(super) fn refusal(path: &str) -> Option<&'static str> {
    if ArtefactPath::new(path).is_err() {
        return Some("not ASCII letters, digits, '.', '_' and '-' in parts");
    }
    let Some((folder, file)) = path.split_once('/') else { return Some("not in a folder") };
    if file.contains('/') {
        return Some("more than one folder deep");
    }
    if folder.contains('.') {
        return Some("a dot in the name of its folder");
    }
    if !file.contains('.') {
        return Some("no dot in its name");
    }
    let at_home = match folder {
        "archive" => is_archive(path),
        "indexes" => is_index(path) || path.ends_with(".idx"),
        "pages" => path.ends_with(".jsonl"),
        _ => true,
    };
    (!at_home).then_some("not a file of this folder")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        for good in ["archive/data.warc.gz", "indexes/index.cdxj", PAGES, "screens/0001-page.png", "logs/a.txt"] {
            assert_eq!(refusal(good), None, "{good}");
        }
        for bad in [
            "a.txt",
            "a/b/c.txt",
            "a.b/c.txt",
            "a/b",
            "../a.txt",
            "/a/b.txt",
            "archive/a.txt",
            "indexes/a.warc",
            "pages/a.json",
            "é/a.txt",
            "",
        ] {
            assert!(refusal(bad).is_some(), "{bad}");
        }
    }
}
