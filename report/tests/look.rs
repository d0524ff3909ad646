//! A document for the eye: written under the target folder when `CONSTAT_LOOK` names a folder.
#[path = "common/synthetic.rs"]
mod common;

use common::{Plan, draft, synthetic};

#[test]
fn documents_can_be_looked_at() {
    let attended = synthetic(&Plan::default()).draw_up(Some(&draft())).unwrap();
    let plan = Plan { attended: false, essai: true, timestamped: false, parties: false, ..Plan::default() };
    let unattended = synthetic(&plan).draw_up(None).unwrap();
    if let Some(folder) = std::env::var_os("CONSTAT_LOOK") {
        let folder = std::path::Path::new(&folder);
        std::fs::write(folder.join("constat.pdf"), &attended.pdf).unwrap();
        std::fs::write(folder.join("releve.pdf"), &unattended.pdf).unwrap();
    }
    assert!(attended.pages > 5 && unattended.gaps > attended.gaps);
}
