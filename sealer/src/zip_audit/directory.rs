//! The end of central directory, at the very end of the file, and the central directory's records (APPNOTE 4.3.12-16).
use std::collections::BTreeSet;

use dossier::{ArtefactPath, Finding};

use super::{DEFLATED, Entry, Policy, STORED, fail, u16_at, u32_at, u64_at, unreadable};
use crate::source::Source;

const EOCD_LEN: u64 = 22;
const LOCATOR_LEN: u64 = 20;
const EOCD64_LEN: u64 = 56;
const RECORD_LEN: usize = 46;
/// Expanded octets under which no ratio is asked for, and the ratio refused beyond.
const SMALL: u64 = 1 << 20;
const MAX_RATIO: u64 = 100;

/// Where the central directory is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Directory {
    pub(super) start: u64,
    len: u64,
    entries: u64,
}

/// The fields that stand in both headers of an entry, compared octet by octet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Raw {
    /// Version needed, flags, method, time, date, CRC: offsets 6 to 20 of the central record, 4 to 18 of the local one.
    pub(super) common: Vec<u8>,
    pub(super) name: Vec<u8>,
}

/// Finds the end of central directory. It must end the file, with no comment; nothing is searched for.
pub(super) fn locate(source: &Source) -> Result<Directory, Finding> {
    let len = source.len();
    let head = source.exact(0, 4.min(usize::try_from(len).unwrap_or(4))).map_err(unreadable)?;
    if head != b"PK\x03\x04" {
        let what = "Le fichier n'est pas une archive zip : il ne commence pas par une entrée.";
        return Err(fail("zip.not_a_zip", what).values("504b0304", hex::encode(head)));
    }
    let at = len.checked_sub(EOCD_LEN).ok_or_else(|| unreadable(std::io::ErrorKind::UnexpectedEof.into()))?;
    let end = source.exact(at, EOCD_LEN as usize).map_err(unreadable)?;
    if u32_at(&end, 0) != 0x0605_4b50 {
        return Err(no_end(source));
    }
    let (disk, start_disk, here, total) = (u16_at(&end, 4), u16_at(&end, 6), u16_at(&end, 8), u16_at(&end, 10));
    let (size, offset, comment) = (u32_at(&end, 12), u32_at(&end, 16), u16_at(&end, 20));
    if comment != 0 || disk != 0 || start_disk != 0 || here != total {
        let what = "La fin du répertoire central annonce un commentaire, un autre volume ou deux nombres d'entrées.";
        return Err(fail("zip.end", what).found(hex::encode(&end)));
    }
    let wide = total == u16::MAX || size == u32::MAX || offset == u32::MAX;
    let narrow = Directory { start: offset.into(), len: size.into(), entries: total.into() };
    let (directory, records_end) = if wide { locate_wide(source, at, narrow)? } else { (narrow, at) };
    if directory.start.checked_add(directory.len) != Some(records_end) {
        let what =
            "Le répertoire central ne touche pas sa propre fin : octets en trop, en moins, ou second répertoire.";
        return Err(
            fail("zip.layout", what).values(records_end, u128::from(directory.start) + u128::from(directory.len))
        );
    }
    Ok(directory)
}

/// Why no end of central directory ends the file.
fn no_end(source: &Source) -> Finding {
    let window = source.len().min(EOCD_LEN + 65_535);
    let tail = source.exact(source.len() - window, window as usize).unwrap_or_default();
    if tail.windows(4).any(|w| w == b"PK\x05\x06") {
        let what = "Des octets suivent la fin de l'archive, ou elle porte un commentaire.";
        return fail("zip.layout", what).found("fin du répertoire central avant la fin du fichier");
    }
    fail("zip.truncated", "L'archive est tronquée : la fin du répertoire central manque.").found(source.len())
}

/// Reads the ZIP64 end and its locator; both must stand right before the end, and agree with it (APPNOTE 4.3.14-15).
fn locate_wide(source: &Source, eocd: u64, narrow: Directory) -> Result<(Directory, u64), Finding> {
    let what = "Les champs ZIP64 manquent ou contredisent les champs ordinaires.";
    let bad = |found: String| fail("zip.zip64", what).found(found);
    let at = eocd.checked_sub(LOCATOR_LEN + EOCD64_LEN).ok_or_else(|| bad("absents".into()))?;
    let bytes = source.exact(at, (EOCD64_LEN + LOCATOR_LEN) as usize).map_err(unreadable)?;
    let (record, locator) = bytes.split_at(EOCD64_LEN as usize);
    let directory = Directory { start: u64_at(record, 48), len: u64_at(record, 40), entries: u64_at(record, 32) };
    let fixed = u32_at(record, 0) == 0x0606_4b50
        && u64_at(record, 4) == EOCD64_LEN - 12
        // Writers that need ZIP64 for a place alone say the version of their entries.
        && matches!(u16_at(record, 14), 10 | 20 | 45)
        && u32_at(record, 16) == 0
        && u32_at(record, 20) == 0
        && u64_at(record, 24) == directory.entries
        && u32_at(locator, 0) == 0x0706_4b50
        && u32_at(locator, 4) == 0
        && u64_at(locator, 8) == at
        && u32_at(locator, 16) == 1
        && matches!(u16_at(record, 12), 10 | 20 | 45 | 0x032d);
    // A field at its limit means « see ZIP64 », whatever stands there; any other value must be the same (APPNOTE 4.4.1.4).
    let agrees = |wide: u64, narrow: u64, limit: u64| narrow == limit || wide == narrow;
    if fixed
        && agrees(directory.entries, narrow.entries, u16::MAX.into())
        && agrees(directory.len, narrow.len, u32::MAX.into())
        && agrees(directory.start, narrow.start, u32::MAX.into())
    {
        return Ok((directory, at));
    }
    Err(bad(hex::encode(bytes)))
}

/// Reads every record of the central directory.
pub(super) fn read(source: &Source, directory: &Directory, policy: &Policy) -> Result<Vec<Entry>, Finding> {
    let limit = policy.max_entries as u64;
    if directory.entries > limit || directory.len > limit * 600 {
        let what = "L'archive annonce plus d'entrées que la limite.";
        return Err(fail("zip.limits", what).values(limit, directory.entries));
    }
    let bytes = source.exact(directory.start, directory.len as usize).map_err(unreadable)?;
    let mut rest = bytes.as_slice();
    let mut entries = Vec::new();
    let mut seen = BTreeSet::new();
    while !rest.is_empty() {
        let (entry, after) = record(rest, policy)?;
        if !seen.insert(entry.name.to_ascii_lowercase()) {
            let what = "Deux entrées portent le même nom (sans distinguer majuscules et minuscules).";
            return Err(fail("zip.duplicate", what).found(&entry.name));
        }
        entries.push(entry);
        rest = after;
    }
    if entries.len() as u64 != directory.entries {
        let what = "Le répertoire central ne contient pas le nombre d'entrées annoncé.";
        return Err(fail("zip.layout", what).values(directory.entries, entries.len()));
    }
    Ok(entries)
}

fn record<'a>(bytes: &'a [u8], policy: &Policy) -> Result<(Entry, &'a [u8]), Finding> {
    let bad = |found: String| fail("zip.layout", "Le répertoire central est mal formé.").found(found);
    let fixed = bytes.get(..RECORD_LEN).ok_or_else(|| bad(format!("{} octets", bytes.len())))?;
    if u32_at(fixed, 0) != 0x0201_4b50 {
        return Err(bad(hex::encode(&fixed[..4])));
    }
    let (name_len, extra_len) = (usize::from(u16_at(fixed, 28)), usize::from(u16_at(fixed, 30)));
    let end = RECORD_LEN + name_len + extra_len + usize::from(u16_at(fixed, 32));
    let whole = bytes.get(..end).ok_or_else(|| bad(format!("fiche de {end} octets")))?;
    let name = &whole[RECORD_LEN..RECORD_LEN + name_len];
    let extra = &whole[RECORD_LEN + name_len..RECORD_LEN + name_len + extra_len];
    let name = checked_name(name)?;
    check_fixed(fixed, &name, policy)?;
    let (size, compressed, header_start) = sizes(fixed, extra, &name)?;
    let method = u16_at(fixed, 10);
    if (method == STORED && size != compressed)
        || size > policy.max_expanded
        || (size > SMALL && size / MAX_RATIO > compressed)
    {
        let what = "Une entrée annonce une taille que ses octets ne peuvent pas donner sans excès.";
        return Err(fail("zip.limits", what).values(compressed, format!("{name} : {size}")));
    }
    let raw = Raw { common: fixed[6..20].to_vec(), name: name.clone().into_bytes() };
    let entry = Entry {
        name,
        method,
        crc32: u32_at(fixed, 16),
        size,
        compressed,
        data_start: 0,
        local_extra: 0,
        header_start,
        raw,
    };
    Ok((entry, &bytes[end..]))
}

fn checked_name(octets: &[u8]) -> Result<String, Finding> {
    let what = "Le nom d'une entrée sort de la grammaire admise.";
    let text = std::str::from_utf8(octets).ok().and_then(|t| ArtefactPath::new(t).ok());
    let shown = octets.escape_ascii().to_string();
    text.map(|path| path.as_str().to_owned()).ok_or_else(|| fail("zip.name", what).found(shown))
}

/// The fields of a central record that no digest covers must each have the one value a writer of this profile gives.
fn check_fixed(fixed: &[u8], name: &str, policy: &Policy) -> Result<(), Finding> {
    let (made_by, needed) = (u16_at(fixed, 4), u16_at(fixed, 6));
    let (flags, method) = (u16_at(fixed, 8), u16_at(fixed, 10));
    if flags != 0 {
        let what = "Une entrée est chiffrée, ou décrite après ses octets.";
        return Err(fail("zip.flags", what).values(0, format!("{name} : {flags:#06x}")));
    }
    if method != STORED && (policy.stored_only || method != DEFLATED) {
        let what = "Une entrée est compressée par une méthode que ce format n'admet pas.";
        return Err(fail("zip.method", what).values(STORED, format!("{name} : {method}")));
    }
    if fixed[12..16] != [0, 0, 0x21, 0] {
        let what = "Une entrée porte une autre date que la date fixe (1980-01-01).";
        return Err(fail("zip.attributes", what).found(format!("{name} : {}", hex::encode(&fixed[12..16]))));
    }
    // Made by Unix, a regular file 0644, no comment, first volume, internal attributes zero.
    let external = u32_at(fixed, 38);
    let attributes_ok = made_by == 0x0300 | needed
        && matches!(needed, 10 | 20 | 45)
        && external == 0x81a4_0000
        && fixed[32..38] == [0; 6];
    if !attributes_ok {
        let what = "Une entrée porte des attributs que ce format n'admet pas (lien, dossier, commentaire, volume…).";
        return Err(fail("zip.attributes", what).found(format!("{name} : {}", hex::encode(fixed))));
    }
    Ok(())
}

/// Sizes and offset, from the ZIP64 extra field where the ordinary ones say so (APPNOTE 4.5.3). Any other extra field is
/// refused.
fn sizes(fixed: &[u8], extra: &[u8], name: &str) -> Result<(u64, u64, u64), Finding> {
    let bad = || {
        let what = "Une entrée porte un champ supplémentaire que ce format n'admet pas.";
        fail("zip.extra", what).found(format!("{name} : {}", hex::encode(extra)))
    };
    let narrow = [u32_at(fixed, 24), u32_at(fixed, 20), u32_at(fixed, 42)];
    let mut values = narrow.map(u64::from);
    let wide = narrow.iter().filter(|n| **n == u32::MAX).count();
    if wide == 0 {
        return if extra.is_empty() { Ok((values[0], values[1], values[2])) } else { Err(bad()) };
    }
    if extra.len() != 4 + wide * 8 || u16_at(extra, 0) != 1 || usize::from(u16_at(extra, 2)) != wide * 8 {
        return Err(bad());
    }
    let mut at = 4;
    for (value, narrow) in values.iter_mut().zip(narrow) {
        if narrow == u32::MAX {
            *value = u64_at(extra, at);
            at += 8;
            if *value < u64::from(u32::MAX) {
                return Err(bad());
            }
        }
    }
    Ok((values[0], values[1], values[2]))
}
