//! Signing from file to file: what is written has its name only once it was verified, and lasts.
use std::fs;
use std::io::Write as _;
use std::path::Path;

use super::{Means, PadesError, PadesRequest, SignedPdf, extend, sign};
use crate::SealError;
use crate::seal::Unfinished;
use crate::{SealLevel, pades::pdf::MAX_FILE};

/// Signs `input` into `output`, which may be the same file only when `output` says so: it is then replaced in one step.
///
/// # Errors
/// Those of [`sign()`], and of the disk; `output` is then as it was.
pub fn sign_file(input: &Path, output: &Path, request: &PadesRequest<'_>) -> Result<SignedPdf, PadesError> {
    let signed = sign(&read(input)?, request)?;
    write(output, &signed.octets)?;
    Ok(signed)
}

/// Completes `input` into `output`, as [`extend`] does.
///
/// # Errors
/// Those of [`extend`], and of the disk; `output` is then as it was.
pub fn extend_file(input: &Path, output: &Path, level: SealLevel, means: &Means<'_>) -> Result<SignedPdf, PadesError> {
    let signed = extend(&read(input)?, level, means)?;
    write(output, &signed.octets)?;
    Ok(signed)
}

fn read(input: &Path) -> Result<Vec<u8>, PadesError> {
    let unread = |e| SealError::io("read", input, e);
    let length = fs::metadata(input).map_err(unread)?.len();
    if length > MAX_FILE as u64 {
        return Err(PadesError::Broken { why: format!("plus de {MAX_FILE} octets") });
    }
    Ok(fs::read(input).map_err(unread)?)
}

fn write(output: &Path, octets: &[u8]) -> Result<(), SealError> {
    let (unfinished, mut file) = Unfinished::beside(output, ".part")?;
    let failed = |e| SealError::io("write", output, e);
    file.write_all(octets).map_err(failed)?;
    file.sync_all().map_err(failed)?;
    unfinished.keep(output)
}
