//! The chain of Bitcoin's block headers as the reader pins it: a file of 80 octets a header, the first at a known height.
//! Each header's own work is checked, and that it follows the one before.
use dossier::Instant;

use crate::block::{LEAST_ZEROS, LENGTH, RawHeader, shown};

/// Headers at most: twenty years more than Bitcoin has.
const MOST: usize = 2_000_000;

/// Which chain, and the least work a block of it must show to prove anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockNetwork {
    /// How it is called in a verdict.
    pub name: &'static str,
    /// Leading zero bits that the target of an attesting block must have.
    pub least_zeros: u32,
}

impl BlockNetwork {
    /// Bitcoin. Every block since 2023 has the work asked.
    pub const MAIN: Self = Self { name: "Bitcoin", least_zeros: LEAST_ZEROS };
    /// A chain of tests, which proves nothing: anybody makes its blocks.
    pub const TRIAL: Self = Self { name: "chaîne d'ESSAI", least_zeros: 0 };
}

/// A block of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainBlock {
    /// Its hash as block explorers write it.
    pub hash: String,
    /// The root of its transactions, in the order of the protocol.
    pub merkle_root: [u8; 32],
    /// The time its miner states, true within two hours.
    pub time: Instant,
    /// Headers of the file after it.
    pub followed_by: u64,
}

/// Headers one after the other, checked.
#[derive(Clone, Debug)]
pub struct HeaderChain {
    network: BlockNetwork,
    start: u64,
    octets: Vec<u8>,
    tip: String,
}

impl HeaderChain {
    /// The longest file read, in octets.
    pub const MAX_LENGTH: u64 = (MOST * LENGTH) as u64;

    /// Checks `octets`, whose first header has the height `start`. The error says which header is wrong, in French.
    pub fn read(octets: Vec<u8>, start: u64, network: BlockNetwork) -> Result<Self, String> {
        let (headers, rest) = octets.as_chunks::<LENGTH>();
        if headers.is_empty() || !rest.is_empty() || headers.len() > MOST {
            return Err(format!("{} octets : attendu un multiple de {LENGTH}, {MOST} en-têtes au plus", octets.len()));
        }
        let mut before: Option<[u8; 32]> = None;
        for (height, header) in (start..).zip(headers) {
            let header = RawHeader::read(header).map_err(|why| format!("en-tête {height} : {why}"))?;
            if before.is_some_and(|hash| hash != header.previous) {
                return Err(format!("en-tête {height} : il ne suit pas le précédent"));
            }
            before = Some(header.hash);
        }
        let tip = before.map(|hash| shown(&hash)).unwrap_or_default();
        Ok(Self { network, start, octets, tip })
    }

    /// Which chain it is held to be.
    pub fn network(&self) -> BlockNetwork {
        self.network
    }

    /// The first and the last height.
    pub fn heights(&self) -> (u64, u64) {
        (self.start, self.start + (self.octets.len() / LENGTH) as u64 - 1)
    }

    /// The hash of the last header, to be compared with a public source.
    pub fn tip(&self) -> &str {
        &self.tip
    }

    /// The block at `height`; `None` when the file does not hold it; an error when it shows too little work.
    pub fn block(&self, height: u64) -> Option<Result<ChainBlock, String>> {
        let index = usize::try_from(height.checked_sub(self.start)?).ok()?;
        let header = RawHeader::read(self.octets.as_chunks::<LENGTH>().0.get(index)?).ok()?;
        if header.zeros < self.network.least_zeros {
            return Some(Err(format!(
                "bloc {height} : difficulté trop faible ({} bits nuls, {} attendus)",
                header.zeros, self.network.least_zeros
            )));
        }
        Some(Ok(ChainBlock {
            hash: shown(&header.hash),
            merkle_root: header.merkle_root,
            time: header.time,
            followed_by: self.heights().1 - height,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Blocks 0 to 2 of Bitcoin.
    const FIRST: [&str; 3] = [
        "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c",
        "010000006fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000982051fd1e4ba744bbbe680e1fee14677ba1a3c3540bf7b1cdb606e857233e0e61bc6649ffff001d01e36299",
        "010000004860eb18bf1b1620e37e9490fc8a427514416fd75159ab86688e9a8300000000d5fdcc541e25de1c7a5addedf24858b8bb665c9f36ef744ee42c316022c90f9bb0bc6649ffff001d08d2bd61",
    ];

    fn octets(headers: &[&str]) -> Vec<u8> {
        headers.iter().flat_map(|h| hex::decode(h).unwrap()).collect()
    }

    #[test]
    fn a_chain_holds_together() {
        let chain = HeaderChain::read(octets(&FIRST), 0, BlockNetwork::TRIAL).unwrap();
        assert_eq!(chain.heights(), (0, 2));
        assert_eq!(chain.tip(), "000000006a625f06636b8bb6ac7b960a8d03705d1ace08b1a19da3fdcc99ddbd");
        let block = chain.block(1).unwrap().unwrap();
        assert_eq!(block.hash, "00000000839a8e6886ab5951d76f411475428afc90947ee320161bbf18eb6048");
        assert_eq!((block.time.to_string().as_str(), block.followed_by), ("2009-01-09T02:54:25.000Z", 1));
        assert!(chain.block(3).is_none());
    }

    #[test]
    fn what_is_not_a_chain_is_refused() {
        let read = |octets| HeaderChain::read(octets, 0, BlockNetwork::TRIAL);
        assert!(read(octets(&[FIRST[0], FIRST[2]])).unwrap_err().contains("ne suit pas"));
        assert!(read(octets(&[FIRST[1], FIRST[0]])).is_err());
        assert!(read(Vec::new()).is_err() && read(vec![0; 81]).is_err());
        let mut changed = octets(&FIRST);
        changed[100] ^= 1;
        assert!(read(changed).unwrap_err().contains("en-tête 1"));
    }

    #[test]
    fn little_work_proves_nothing_on_the_main_network() {
        let chain = HeaderChain::read(octets(&FIRST), 0, BlockNetwork::MAIN).unwrap();
        assert!(chain.block(1).unwrap().unwrap_err().contains("difficulté trop faible"));
    }
}
