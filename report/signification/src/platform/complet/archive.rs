//! A zip written as it goes that only reads one way, as `constat verifier` asks: entries stored, length and checksum before the octets,
//! one fixed date, no extra field, no description after the fact, the directory at the end (APPNOTE 6.3.10, 4.3).
use std::io::{self, Write};

/// Version needed (1.0), no flag, stored, 1980-01-01 at midnight.
const COMMON: [u8; 10] = [10, 0, 0, 0, 0, 0, 0, 0, 0x21, 0];
/// Made on Unix; a regular file, 0644.
const MADE_BY: [u8; 2] = [10, 3];
const ATTRIBUTES: u32 = 0x81a4_0000;

/// The checksum of octets as they pass.
#[derive(Default)]
pub(super) struct Somme(flate2::Crc);

impl Somme {
    /// That of octets at hand.
    pub(super) fn de(octets: &[u8]) -> u32 {
        let mut crc = flate2::Crc::new();
        crc.update(octets);
        crc.sum()
    }

    pub(super) fn valeur(&self) -> u32 {
        self.0.sum()
    }
}

impl Write for Somme {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.0.update(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The zip being written. Dropped before [`Archive::finir`], it has no directory of its own: the verifier refuses it, and a lenient
/// tool finds at most the directory of one receipt's zip.
pub(super) struct Archive<W> {
    vers: W,
    place: u64,
    repertoire: Vec<u8>,
    entrees: u16,
    reste: u64,
    ouverte: Option<flate2::Crc>,
    annoncee: u32,
}

impl<W: Write> Archive<W> {
    pub(super) fn new(vers: W) -> Self {
        Self { vers, place: 0, repertoire: Vec::new(), entrees: 0, reste: 0, ouverte: None, annoncee: 0 }
    }

    /// A whole entry.
    pub(super) fn ajouter(&mut self, nom: &str, octets: &[u8]) -> io::Result<()> {
        self.ouvrir(nom, octets.len() as u64, Somme::de(octets))?;
        self.write_all(octets)
    }

    /// Begins an entry of that length and checksum; its octets are written next.
    pub(super) fn ouvrir(&mut self, nom: &str, longueur: u64, somme: u32) -> io::Result<()> {
        self.fermer()?;
        let too_big = || io::Error::new(io::ErrorKind::FileTooLarge, "plus de 4 Gio, ou trop de fichiers");
        let (size, at) = (u32::try_from(longueur), u32::try_from(self.place));
        let (size, at) = (size.map_err(|_| too_big())?, at.map_err(|_| too_big())?);
        let name_len = u16::try_from(nom.len()).map_err(|_| too_big())?;
        // The last two values mean « see ZIP64 ».
        if size == u32::MAX || at == u32::MAX || self.entrees >= u16::MAX - 1 {
            return Err(too_big());
        }
        let sizes = [somme.to_le_bytes(), size.to_le_bytes(), size.to_le_bytes()].concat();
        let names = [name_len.to_le_bytes(), [0; 2]].concat();
        let head = [&b"PK\x03\x04"[..], &COMMON, &sizes, &names, nom.as_bytes()].concat();
        let record = [
            &b"PK\x01\x02"[..],
            &MADE_BY,
            &COMMON,
            &sizes,
            &names,
            &[0; 6],
            &ATTRIBUTES.to_le_bytes(),
            &at.to_le_bytes(),
        ];
        self.vers.write_all(&head)?;
        self.place += head.len() as u64;
        record.iter().for_each(|part| self.repertoire.extend_from_slice(part));
        self.repertoire.extend_from_slice(nom.as_bytes());
        (self.entrees, self.reste, self.annoncee) = (self.entrees + 1, longueur, somme);
        self.ouverte = Some(flate2::Crc::new());
        Ok(())
    }

    /// What was announced came, and nothing else.
    fn fermer(&mut self) -> io::Result<()> {
        match self.ouverte.take() {
            Some(crc) if self.reste > 0 || crc.sum() != self.annoncee => {
                Err(io::Error::new(io::ErrorKind::InvalidData, "une entrée n'est pas celle annoncée"))
            }
            _ => Ok(()),
        }
    }

    /// The directory; gives back what it was written to.
    pub(super) fn finir(mut self) -> io::Result<W> {
        self.fermer()?;
        let too_big = |_| io::Error::new(io::ErrorKind::FileTooLarge, "plus de 4 Gio");
        let (at, len) = (u32::try_from(self.place), u32::try_from(self.repertoire.len()));
        let (at, len) = (at.map_err(too_big)?.to_le_bytes(), len.map_err(too_big)?.to_le_bytes());
        let count = self.entrees.to_le_bytes();
        self.vers.write_all(&self.repertoire)?;
        self.vers.write_all(&[&b"PK\x05\x06"[..], &[0; 4], &count, &count, &len, &at, &[0; 2]].concat())?;
        Ok(self.vers)
    }
}

impl<W: Write> Write for Archive<W> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let Some(crc) = &mut self.ouverte else { return Err(io::ErrorKind::InvalidInput.into()) };
        if octets.len() as u64 > self.reste {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "une entrée est plus longue qu'annoncée"));
        }
        let written = self.vers.write(octets)?;
        crc.update(octets.get(..written).unwrap_or_default());
        self.reste -= written as u64;
        self.place += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.vers.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn d08_what_is_written_is_read_back_by_others() {
        let mut archive = Archive::new(Vec::new());
        archive.ajouter("a.txt", b"premier").unwrap();
        archive.ajouter("b/vide", b"").unwrap();
        archive.ouvrir("c.bin", 300_000, Somme::de(&[7; 300_000])).unwrap();
        for _ in 0..300 {
            archive.write_all(&[7; 1000]).unwrap();
        }
        let octets = archive.finir().unwrap();
        let mut read = zip::ZipArchive::new(io::Cursor::new(octets)).unwrap();
        assert_eq!(read.len(), 3);
        for (name, expected) in [("a.txt", b"premier".to_vec()), ("b/vide", Vec::new()), ("c.bin", vec![7; 300_000])] {
            let (mut entry, mut found) = (read.by_name(name).unwrap(), Vec::new());
            entry.read_to_end(&mut found).unwrap();
            assert!(found == expected && entry.compression() == zip::CompressionMethod::Stored, "{name}");
        }
    }

    #[test]
    fn d08_what_is_not_as_announced_ends_the_archive() {
        let mut short = Archive::new(Vec::new());
        short.ouvrir("a", 5, Somme::de(b"abcde")).unwrap();
        short.write_all(b"abc").unwrap();
        assert!(short.finir().is_err());
        let mut other = Archive::new(Vec::new());
        other.ouvrir("a", 3, Somme::de(b"abc")).unwrap();
        other.write_all(b"abd").unwrap();
        assert!(other.ajouter("b", b"").is_err());
        let mut long = Archive::new(Vec::new());
        long.ouvrir("a", 2, Somme::de(b"ab")).unwrap();
        assert!(long.write_all(b"abc").is_err());
        assert!(Archive::new(Vec::new()).ouvrir("a", 1 << 32, 0).is_err());
    }
}
