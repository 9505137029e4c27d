//! An initial file system with a file replaced: the kernel unpacks one archive after another, and
//! the last one wins.

use crate::cpio;
use std::fs;
use std::path::{Path, PathBuf};

/// Copies an initial file system into a folder, with this content for one of its files, and gives
/// the path of the copy.
pub(crate) fn initrd(original: &Path, folder: &Path, name: &str, content: &[u8]) -> PathBuf {
    let mut bytes = fs::read(original).expect("the initial file system can be read");
    cpio::aligned(&mut bytes);
    bytes.extend(cpio::archive(&[cpio::Entry::file(name, 0o100_644, content)]));
    let path = folder.join("spoilt.initrd");
    fs::write(&path, bytes).expect("the folder can be written");
    path
}
