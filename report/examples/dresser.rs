//! Draws up an act of a made-up dossier with real pictures, and says what it took: for `benches/pv.sh`.
//!
//! `dresser TILES_FOLDER OUT.pdf`: every PNG of the folder is a capture, in the order of the names.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measuring program ends at its first fault"
)]
#[path = "../tests/common/synthetic.rs"]
mod synthetic;

use std::fs::File;
use std::io::BufWriter;
use std::time::Instant;

use synthetic::{Plan, draft, synthetic};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, out] = &arguments[..] else { panic!("usage: dresser TILES_FOLDER OUT.pdf") };
    let mut names: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.retain(|path| path.extension().is_some_and(|kind| kind == "png"));
    names.sort();
    let count = names.len();
    let pictures = names.iter().map(|path| std::fs::read(path).unwrap()).collect();
    let mut made = synthetic(&Plan { pictures, ..Plan::default() });
    // From here on a picture is read when it is asked for, as from a bundle, and the peak of memory is counted anew.
    made.files.retain(|path, _| !path.as_str().starts_with("screens/"));
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let begun = Instant::now();
    let act = made.with_input(Some(&draft()), |input| {
        let read = |path: &dossier::ArtefactPath| {
            let number =
                path.as_str().strip_prefix("screens/").and_then(|name| name.split('-').next()?.parse::<usize>().ok());
            match number {
                Some(n) => std::fs::read(&names[n - 1]),
                None => (input.read)(path),
            }
        };
        let input = report::ReportInput { read: &read, bundle: input.bundle.clone(), ..*input };
        let mut file = BufWriter::new(File::create(out).unwrap());
        report::draw_up(&input, &mut file).unwrap()
    });
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap().trim().to_owned();
    println!(
        "{{\"captures\": {count}, \"pages\": {}, \"bytes\": {}, \"milliseconds\": {}, \"peak\": \"{peak}\"}}",
        act.pages,
        act.bytes,
        begun.elapsed().as_millis()
    );
}
