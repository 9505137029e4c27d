//! The flash chip of a box as a file: what lies where, and how to spoil it.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use toml::{Table, Value};

/// The chip of one box.
pub struct Chip {
    file: PathBuf,
    manifest: Table,
}

impl Chip {
    pub(crate) fn of(board: &str, file: PathBuf) -> Chip {
        let manifest = crate::image(board).with_file_name("manifest.toml");
        let text = std::fs::read_to_string(manifest).expect("the image has a manifest");
        Chip { file, manifest: text.parse().expect("a manifest in TOML") }
    }

    /// Where a partition begins, and how many bytes it has.
    pub fn partition(&self, label: &str) -> (u64, u64) {
        let all = self.manifest.get("partition").and_then(Value::as_array).expect("partitions");
        let one = all.iter().find(|it| it.get("label").and_then(Value::as_str) == Some(label));
        let one = one.unwrap_or_else(|| panic!("no partition {label}"));
        let number = |key| one.get(key).and_then(Value::as_integer).expect("a number") as u64;
        (number("at"), number("bytes"))
    }

    /// The bytes of a partition.
    pub fn read(&self, label: &str) -> Vec<u8> {
        let (at, bytes) = self.partition(label);
        let mut content = vec![0; bytes as usize];
        let file = OpenOptions::new().read(true).open(&self.file).expect("the chip is there");
        file.read_exact_at(&mut content, at).expect("the chip is as large as its map");
        content
    }

    /// Writes over a partition from an offset in it on, as no flash could be written.
    pub fn spoil(&self, label: &str, offset: u64, bytes: &[u8]) {
        let (at, size) = self.partition(label);
        assert!(offset + bytes.len() as u64 <= size, "{label} ends before that");
        let file = OpenOptions::new().write(true).open(&self.file).expect("the chip is there");
        file.write_all_at(bytes, at + offset).expect("the chip can be written");
    }
}
