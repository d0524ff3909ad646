//! The index is only a projection: thrown away or damaged, it comes back the same from the journals.
use std::fs;

use super::support::{Bench, text, world};

#[test]
fn the_index_comes_back_from_the_journals() {
    let bench = Bench::new();
    let url = world().sites.base();
    bench.capture(&url, "UN").expect(0);
    let dossiers = bench.dossiers();
    let list = |verb: &str| {
        bench.run(&["--json", "index", verb, "--dossiers", text(&dossiers)]).expect(0).json()["dossiers"].clone()
    };
    let listed = list("lister");
    assert_eq!(listed[0]["reference"], "UN");
    assert_eq!(listed[0]["state"], "complete");
    assert_eq!(listed[0]["bundle"], "UN.asice");
    assert_eq!(list("reconstruire"), listed);
    fs::remove_dir_all(dossiers.join(".index")).unwrap();
    assert_eq!(list("lister"), listed);
    for entry in fs::read_dir(dossiers.join(".index")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            fs::write(path, b"damaged").unwrap();
        }
    }
    assert_eq!(list("reconstruire"), listed);
}
