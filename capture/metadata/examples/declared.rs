//! Prints what files say of themselves, one JSON object a line: `cargo run -p metadata --example declared -- FILE...`.
use std::fs::File;
use std::io::{BufReader, Write as _};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for path in std::env::args_os().skip(1) {
        let file = File::open(&path)?;
        let length = file.metadata()?.len();
        let declared = metadata::read(&mut BufReader::new(file), length);
        writeln!(std::io::stdout(), "{}", serde_json::to_string(&declared)?)?;
    }
    Ok(())
}
