//! What happened to the flash, read off the file that emulates it: the meter is outside the daemon.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::clock::Clock;

const PAGE_BYTES: usize = 256;
const BLOCK_BYTES: usize = 4_096;
/// A page takes 0.4 to 0.7 ms on the usual NOR chips; the daemon's emulation takes the same.
const PAGE_MS: f64 = 0.55;

/// The bytes of the flash at one moment; a file that is not there yet is blank flash.
pub(crate) struct Image(Vec<u8>);

/// What changed between two moments.
#[derive(Clone, Copy, Default)]
pub(crate) struct Written {
    /// Bytes that are programmed now and were not, or differ.
    pub(crate) bytes: usize,
    /// Pages with such a byte.
    pub(crate) pages: usize,
    /// Blocks in which a bit was set again, which only an erase can do. A block erased twice counts
    /// once.
    pub(crate) erases: usize,
}

impl Image {
    /// Reads the file.
    pub(crate) fn read(path: &Path) -> Image {
        Image(fs::read(path).unwrap_or_default())
    }

    /// What was written between an earlier image and this one.
    pub(crate) fn since(&self, earlier: &Image) -> Written {
        let old = |at: usize| earlier.0.get(at).copied().unwrap_or(0xff);
        let mut written = Written::default();
        for (number, block) in self.0.chunks(BLOCK_BYTES).enumerate() {
            let mut erased = false;
            for (page_number, page) in block.chunks(PAGE_BYTES).enumerate() {
                let start = number * BLOCK_BYTES + page_number * PAGE_BYTES;
                let pairs = page.iter().enumerate().map(|(at, new)| (old(start + at), *new));
                erased |= pairs.clone().any(|(old, new)| new & !old != 0);
                let programmed = pairs.filter(|(old, new)| old != new && *new != 0xff).count();
                written.bytes += programmed;
                written.pages += usize::from(programmed > 0);
            }
            written.erases += usize::from(erased);
        }
        written
    }
}

impl Written {
    /// How long a chip needs to program these pages, each once, in milliseconds.
    pub(crate) fn chip_ms(&self) -> f64 {
        self.pages as f64 * PAGE_MS
    }
}

/// The median time this directory's disk takes to sync 256 bytes written in place, in microseconds.
pub(crate) fn sync_us(directory: &Path) -> io::Result<f64> {
    let path = directory.join("sync-probe");
    let mut file = fs::File::create(&path)?;
    file.write_all(&[0; 65_536])?;
    file.sync_all()?;
    let mut times = Vec::new();
    for place in 0..64 {
        let clock = Clock::start();
        file.write_all_at(&[place as u8; PAGE_BYTES], place * PAGE_BYTES as u64)?;
        file.sync_data()?;
        times.push(clock.now_ns());
    }
    fs::remove_file(&path)?;
    times.sort_unstable();
    Ok(times.get(32).copied().unwrap_or_default() as f64 / 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_pages_and_erases_are_counted_apart() {
        let old = Image([vec![0; 4_096], vec![0xff; 4_096]].concat());
        let mut new = [vec![0xff; 4_096], vec![0xff; 4_096]].concat();
        new[4_096..4_100].fill(1);
        new[4_400] = 7;
        let written = Image(new).since(&old);
        assert_eq!((written.bytes, written.pages, written.erases), (5, 2, 1));
    }
}
