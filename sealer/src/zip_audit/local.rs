//! The local header of an entry: it must stand right after the entry before, and say what the central record says.
use dossier::Finding;

use super::{Entry, fail, u16_at, u32_at, u64_at, unreadable};
use crate::source::Source;

const LOCAL_LEN: usize = 30;

/// Checks the local header of `entry`, expected at `at`; fills in where its octets start; gives where the next entry
/// must start.
pub(super) fn check(source: &Source, entry: &mut Entry, at: u64) -> Result<u64, Finding> {
    if entry.header_start != at {
        let what = "Les entrées ne se suivent pas : octets cachés, recouvrement ou ordre différent du répertoire.";
        return Err(fail("zip.layout", what).values(at, format!("{} : {}", entry.name, entry.header_start)));
    }
    let fixed = source.exact(at, LOCAL_LEN).map_err(unreadable)?;
    let name_len = usize::from(u16_at(&fixed, 26));
    entry.local_extra = u16_at(&fixed, 28);
    let variable =
        source.exact(at + LOCAL_LEN as u64, name_len + usize::from(entry.local_extra)).map_err(unreadable)?;
    let (name, extra) = variable.split_at(name_len.min(variable.len()));
    let mismatch = |field: &str| {
        let what = "L'en-tête local d'une entrée contredit le répertoire central.";
        fail("zip.header_mismatch", what).found(format!("{} : {field}", entry.name))
    };
    if u32_at(&fixed, 0) != 0x0403_4b50 {
        return Err(mismatch("signature"));
    }
    if fixed[4..18] != entry.raw.common[..] {
        return Err(mismatch("version, drapeaux, méthode, date ou CRC"));
    }
    if name != entry.raw.name {
        return Err(mismatch("nom"));
    }
    let (compressed, size) = (u32_at(&fixed, 18), u32_at(&fixed, 22));
    let wide = entry.size >= u64::from(u32::MAX) || entry.compressed >= u64::from(u32::MAX);
    let agrees = if wide {
        // ZIP64: both sizes are in the extra field, and nothing else (APPNOTE 4.5.3).
        compressed == u32::MAX
            && size == u32::MAX
            && extra.len() == 20
            && extra[..4] == [1, 0, 16, 0]
            && u64_at(extra, 4) == entry.size
            && u64_at(extra, 12) == entry.compressed
    } else {
        extra.is_empty() && u64::from(compressed) == entry.compressed && u64::from(size) == entry.size
    };
    if !agrees {
        return Err(mismatch("tailles ou champ supplémentaire"));
    }
    entry.data_start = at + (LOCAL_LEN + variable.len()) as u64;
    let end = entry.data_start.checked_add(entry.compressed).filter(|end| *end <= source.len());
    end.ok_or_else(|| unreadable(std::io::ErrorKind::UnexpectedEof.into()))
}
