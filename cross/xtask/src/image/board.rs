//! `board.toml`: what the image has to know of a board, and whether it makes sense.

use super::{failed, Trouble};
use crate::shop::Shop;
use std::fs;
use toml::{Table, Value};

/// The least room for the firmware of phones, in bytes: 16 MiB.
const PHONES_LEAST: u32 = 16 << 20;

/// The partitions that we give a meaning.
const LABELS: [&str; 5] = ["kernel", "root-a", "root-b", "phones", "state"];

/// A board.
#[derive(Debug)]
pub(super) struct Board {
    pub(super) name: String,
    pub(super) kernel: Kernel,
    pub(super) flash: Flash,
    pub(super) machine: String,
    pub(super) memory: String,
}

/// The kernel of a board and how it is started.
#[derive(Debug)]
pub(super) struct Kernel {
    /// The Debian package that depends on the newest kernel.
    pub(super) package: String,
    pub(super) device_tree: String,
    pub(super) command_line: String,
    /// Where kernel, device tree and initial file system are loaded.
    pub(super) load: [u32; 3],
    /// In the order of loading.
    pub(super) modules: Vec<String>,
    /// Nodes of the device tree that are switched off.
    pub(super) disabled: Vec<String>,
}

/// The flash chip and its map.
#[derive(Debug)]
pub(super) struct Flash {
    /// The chip's node in the device tree.
    pub(super) node: String,
    pub(super) bytes: u32,
    pub(super) erase_bytes: u32,
    pub(super) partitions: Vec<Partition>,
}

/// One partition.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Partition {
    pub(super) label: String,
    pub(super) at: u32,
    pub(super) bytes: u32,
}

impl Board {
    /// Reads `board/NAME/board.toml`.
    pub(super) fn read(shop: &Shop, name: &str) -> Result<Board, Trouble> {
        let path = format!("board/{name}/board.toml");
        let text = fs::read_to_string(shop.root.join(&path))
            .map_err(|error| failed(format_args!("{path}: {error}")))?;
        Board::parse(name, &text).map_err(|why| failed(format_args!("{path}: {why}")))
    }

    fn parse(name: &str, text: &str) -> Result<Board, String> {
        let file: Table = text.parse().map_err(|error: toml::de::Error| error.to_string())?;
        let (kernel, qemu) = (table(&file, "kernel")?, table(&file, "qemu")?);
        Ok(Board {
            name: name.to_owned(),
            kernel: Kernel::parse(kernel)?,
            flash: Flash::parse(&file)?,
            machine: text_of(qemu, "machine")?,
            memory: text_of(qemu, "memory")?,
        })
    }
}

impl Kernel {
    fn parse(kernel: &Table) -> Result<Kernel, String> {
        let load = table(kernel, "load")?;
        Ok(Kernel {
            package: text_of(kernel, "package")?,
            device_tree: text_of(kernel, "device-tree")?,
            command_line: text_of(kernel, "command-line")?,
            load: [number(load, "kernel")?, number(load, "device-tree")?, number(load, "initrd")?],
            modules: texts(kernel, "modules")?,
            disabled: texts(kernel, "disabled")?,
        })
    }
}

impl Flash {
    fn parse(file: &Table) -> Result<Flash, String> {
        let chip = table(file, "flash")?;
        let entries = file.get("partition").and_then(Value::as_array);
        let mut at = 0u32;
        let mut partitions = Vec::new();
        for entry in entries.ok_or("there is no [[partition]]")? {
            let entry = entry.as_table().ok_or("a partition is a table")?;
            let (label, bytes) = (text_of(entry, "label")?, number(entry, "bytes")?);
            let end = at.checked_add(bytes).ok_or("the partitions are larger than any chip")?;
            partitions.push(Partition { label, at, bytes });
            at = end;
        }
        let flash = Flash {
            node: text_of(chip, "node")?,
            bytes: number(chip, "bytes")?,
            erase_bytes: number(chip, "erase-bytes")?,
            partitions,
        };
        flash.check(at)?;
        Ok(flash)
    }

    fn check(&self, end: u32) -> Result<(), String> {
        if end != self.bytes {
            return Err(format!("the partitions end at {end:#x}, the chip at {:#x}", self.bytes));
        }
        let ragged = |it: &&Partition| !it.bytes.is_multiple_of(self.erase_bytes.max(1));
        if let Some(partition) = self.partitions.iter().find(ragged) {
            return Err(format!("{} is not made of whole erase blocks", partition.label));
        }
        for label in LABELS {
            self.partition(label)?;
        }
        if self.partition("phones")?.bytes < PHONES_LEAST {
            return Err("phones is smaller than 16 MiB".to_owned());
        }
        Ok(())
    }

    /// The partition of this label, of which there must be one.
    pub(super) fn partition(&self, label: &str) -> Result<&Partition, String> {
        let mut found = self.partitions.iter().filter(|it| it.label == label);
        match (found.next(), found.next()) {
            (Some(partition), None) => Ok(partition),
            _none_or_two => Err(format!("there must be one partition {label}")),
        }
    }
}

fn table<'a>(table: &'a Table, key: &str) -> Result<&'a Table, String> {
    table.get(key).and_then(Value::as_table).ok_or_else(|| format!("there is no table {key}"))
}

fn text_of(table: &Table, key: &str) -> Result<String, String> {
    let text = table.get(key).and_then(Value::as_str);
    text.map(str::to_owned).ok_or_else(|| format!("{key} must be a text"))
}

fn number(table: &Table, key: &str) -> Result<u32, String> {
    let number = table.get(key).and_then(Value::as_integer);
    number.and_then(|it| it.try_into().ok()).ok_or_else(|| format!("{key} must be a number"))
}

fn texts(table: &Table, key: &str) -> Result<Vec<String>, String> {
    let list = table.get(key).and_then(Value::as_array);
    let texts = list.and_then(|it| it.iter().map(|it| it.as_str().map(str::to_owned)).collect());
    texts.ok_or_else(|| format!("{key} must be a list of texts"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIPPED: &str = include_str!("../../../../board/ast2600-evb/board.toml");

    #[test]
    fn the_reference_board_makes_sense() {
        let board = Board::parse("ast2600-evb", SHIPPED).unwrap();
        let kernel = board.flash.partition("kernel").unwrap();
        assert_eq!((kernel.at, kernel.bytes), (0x10_0000, 0xb0_0000));
        assert_eq!(board.flash.partition("state").unwrap().at, 0x3c0_0000);
    }

    #[test]
    fn a_map_that_does_not_fill_the_chip_is_refused() {
        let why = |from, to| Board::parse("a", &SHIPPED.replace(from, to)).unwrap_err();
        assert!(why("0x2400000", "0x2401000").contains("the chip at 0x4000000"));
        assert!(why("0x2400000", "0x2400800").contains("the chip at 0x4000000"));
        assert!(why("\"root-b\"", "\"root-a\"").contains("one partition root-a"));
    }

    #[test]
    fn too_little_room_for_phones_is_refused() {
        let text = SHIPPED.replace("0x2400000", "0xf00000").replace("0x400000\n", "0x1900000\n");
        assert_eq!(Board::parse("a", &text).unwrap_err(), "phones is smaller than 16 MiB");
    }
}
