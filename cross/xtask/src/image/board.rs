//! `board.toml`: what the image has to know of a board, and whether it makes sense.

use super::{failed, Trouble};
use crate::shop::Shop;
use std::collections::BTreeSet;
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
    pub(super) emulator: Emulator,
}

/// The kernel of a board and how it is started.
#[derive(Debug)]
pub(super) struct Kernel {
    /// The Debian package that depends on the newest kernel.
    pub(super) package: String,
    /// None where the machine brings its own.
    pub(super) device_tree: Option<Tree>,
    pub(super) command_line: String,
    /// Where the kernel is loaded.
    pub(super) kernel_at: u32,
    /// Where the initial file system is loaded.
    pub(super) initrd_at: u32,
    /// Lists that are loaded side by side, each in its order.
    pub(super) modules: Vec<Vec<String>>,
}

/// A device tree of the kernel's package, and what is changed in it.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) file: String,
    /// Where it is loaded.
    pub(super) at: u32,
    /// Nodes that are switched off.
    pub(super) disabled: Vec<String>,
}

/// The flash and its map.
#[derive(Debug)]
pub(super) struct Flash {
    pub(super) kind: Kind,
    pub(super) bytes: u32,
    pub(super) erase_bytes: u32,
    pub(super) partitions: Vec<Partition>,
}

/// What the flash is to the kernel.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A raw chip; its node in the device tree, which has the map.
    Chip { node: String },
    /// A disk with a partition table, such as a memory card; the state is a file there.
    Disk,
}

/// How the emulator becomes this board.
#[derive(Debug)]
pub(super) struct Emulator {
    pub(super) machine: String,
    pub(super) memory: String,
    /// Further words of the call.
    pub(super) options: Vec<String>,
    /// How the flash is attached, as a part of `-drive`.
    pub(super) drive: String,
    /// The devices that are the LAN and the WAN port, as the value of `-device`; none where the
    /// machine has ports of its own.
    pub(super) nics: Vec<String>,
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
        let board = Board {
            name: name.to_owned(),
            kernel: Kernel::parse(table(&file, "kernel")?)?,
            flash: Flash::parse(&file)?,
            emulator: Emulator::parse(table(&file, "qemu")?)?,
        };
        let is_chip = matches!(board.flash.kind, Kind::Chip { .. });
        if is_chip && board.kernel.device_tree.is_none() {
            return Err("the map of a chip lies in a device-tree, and there is none".to_owned());
        }
        Ok(board)
    }
}

impl Kernel {
    fn parse(kernel: &Table) -> Result<Kernel, String> {
        let load = table(kernel, "load")?;
        let tree = kernel.contains_key("device-tree").then(|| {
            Ok::<_, String>(Tree {
                file: text_of(kernel, "device-tree")?,
                at: number(load, "device-tree")?,
                disabled: texts(kernel, "disabled")?,
            })
        });
        Ok(Kernel {
            package: text_of(kernel, "package")?,
            device_tree: tree.transpose()?,
            command_line: text_of(kernel, "command-line")?,
            kernel_at: number(load, "kernel")?,
            initrd_at: number(load, "initrd")?,
            modules: lists(kernel, "modules")?,
        })
    }
}

impl Emulator {
    fn parse(qemu: &Table) -> Result<Emulator, String> {
        Ok(Emulator {
            machine: text_of(qemu, "machine")?,
            memory: text_of(qemu, "memory")?,
            options: texts(qemu, "options")?,
            drive: text_of(qemu, "drive")?,
            nics: texts(qemu, "nics")?,
        })
    }
}

impl Flash {
    fn parse(file: &Table) -> Result<Flash, String> {
        let flash = table(file, "flash")?;
        let kind = match flash.get("node") {
            Some(_) => Kind::Chip { node: text_of(flash, "node")? },
            None => Kind::Disk,
        };
        let entries = file.get("partition").and_then(Value::as_array);
        let mut at = kind.edge_bytes();
        let mut partitions = Vec::new();
        for entry in entries.ok_or("there is no [[partition]]")? {
            let entry = entry.as_table().ok_or("a partition is a table")?;
            let (label, bytes) = (text_of(entry, "label")?, number(entry, "bytes")?);
            let end = at.checked_add(bytes).ok_or("the partitions are larger than any chip")?;
            partitions.push(Partition { label, at, bytes });
            at = end;
        }
        let flash = Flash {
            bytes: number(flash, "bytes")?,
            erase_bytes: number(flash, "erase-bytes")?,
            kind,
            partitions,
        };
        flash.check(at.saturating_add(flash.kind.edge_bytes()))?;
        Ok(flash)
    }

    fn check(&self, end: u32) -> Result<(), String> {
        if end != self.bytes {
            return Err(format!("the partitions need {end:#x}, the flash has {:#x}", self.bytes));
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

impl Kind {
    /// What is kept free at the start and at the end, in bytes: 1 MiB for each copy of a partition
    /// table, more than one needs.
    fn edge_bytes(&self) -> u32 {
        match self {
            Kind::Chip { .. } => 0,
            Kind::Disk => 1 << 20,
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

/// Lists of texts, no text in two of them.
fn lists(table: &Table, key: &str) -> Result<Vec<Vec<String>>, String> {
    let lists = table.get(key).and_then(Value::as_array);
    let of_texts = |list: &Value| {
        let texts = list.as_array()?.iter().map(|it| it.as_str().map(str::to_owned));
        texts.collect::<Option<Vec<String>>>()
    };
    let lists = lists.and_then(|it| it.iter().map(of_texts).collect::<Option<Vec<_>>>());
    let lists = lists.ok_or_else(|| format!("{key} must be a list of lists of texts"))?;
    let mut seen = BTreeSet::new();
    match lists.iter().flatten().find(|text| !seen.insert(text.as_str())) {
        Some(twice) => Err(format!("{twice} stands in {key} twice")),
        None => Ok(lists),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIPPED: &str = include_str!("../../../../board/ast2600-evb/board.toml");
    const GENERIC: &str = include_str!("../../../../board/generic-armv7/board.toml");

    #[test]
    fn the_boards_make_sense() {
        let board = Board::parse("ast2600-evb", SHIPPED).unwrap();
        let kernel = board.flash.partition("kernel").unwrap();
        assert_eq!((kernel.at, kernel.bytes), (0x10_0000, 0xb0_0000));
        assert_eq!(board.flash.partition("state").unwrap().at, 0x3c0_0000);
        let board = Board::parse("generic-armv7", GENERIC).unwrap();
        assert_eq!(board.flash.kind, Kind::Disk);
        let first = board.flash.partitions.first().unwrap();
        assert_eq!(first.at, 1 << 20, "behind the partition table");
    }

    #[test]
    fn a_map_that_does_not_fill_the_chip_is_refused() {
        let why = |from, to| Board::parse("a", &SHIPPED.replace(from, to)).unwrap_err();
        assert!(why("0x2400000", "0x2401000").contains("the flash has 0x4000000"));
        assert!(why("0x2400000", "0x2400800").contains("the flash has 0x4000000"));
        assert!(why("\"root-b\"", "\"root-a\"").contains("one partition root-a"));
        assert!(why("device-tree = \"asp", "tree = \"asp").contains("there is none"));
    }

    #[test]
    fn too_little_room_for_phones_is_refused() {
        let text = SHIPPED.replace("0x2400000", "0xf00000").replace("0x400000\n", "0x1900000\n");
        assert_eq!(Board::parse("a", &text).unwrap_err(), "phones is smaller than 16 MiB");
    }
}
