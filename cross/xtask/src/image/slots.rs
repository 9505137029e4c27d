//! What goes into the slots: a FIT image with the kernel, a squashfs with everything else, and on a
//! disk an empty file system for the state.
//!
//! A root slot ends with a seal, by which the first program knows whether the slot holds what was
//! put there, before anything is started from it. Times and owners in both are set to nothing, so
//! that the same input gives the same bytes.

use super::board::{Board, Flash, Kernel, Kind, Tree};
use super::parts::Parts;
use super::{failed, printed, read, write, Trouble};
use crate::shop::Shop;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::{symlink, PermissionsExt};
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// The program of the initial file system.
const INIT: &str = include_str!("init.sh");

/// Folders of the root file system that have nothing in them in the tree.
const EMPTY: [&str; 6] = ["dev", "proc", "run", "state", "sys", "tmp"];

/// The size of a seal in bytes: it is the last thing in a slot.
pub(super) const SEAL_BYTES: usize = 512;

/// What fills the partitions of a new box.
pub(super) struct Content {
    /// A FIT image.
    pub(super) kernel: Vec<u8>,
    /// A squashfs, the same in both slots.
    pub(super) root: Vec<u8>,
    /// Nothing on a chip, which the daemon formats; an empty file system on a disk.
    pub(super) state: Vec<u8>,
}

impl Content {
    /// Makes all of it in a folder.
    pub(super) fn make(
        shop: &Shop,
        board: &Board,
        parts: &Parts,
        out: &Path,
    ) -> Result<Content, Trouble> {
        Ok(Content {
            kernel: kernel(shop, board, parts, out)?,
            root: root(shop, board, parts, out)?,
            state: state(shop, &board.flash, out)?,
        })
    }
}

fn kernel(shop: &Shop, board: &Board, parts: &Parts, out: &Path) -> Result<Vec<u8>, Trouble> {
    let kernel = &board.kernel;
    let zimage = out.join("zImage");
    fs::copy(parts.kernel()?, &zimage).map_err(failed)?;
    if let Some(tree) = &kernel.device_tree {
        device_tree(shop, board, tree, parts, &out.join("board.dtb"))?;
    }
    initrd(shop, kernel, parts, out)?;
    write(&out.join("kernel.its"), source(kernel))?;
    let mut mkimage = shop.tool("mkimage");
    mkimage.current_dir(out).env("SOURCE_DATE_EPOCH", "0");
    printed(mkimage.args(["-f", "kernel.its", "kernel.itb"]))?;
    read(&out.join("kernel.itb"))
}

fn root(shop: &Shop, board: &Board, parts: &Parts, out: &Path) -> Result<Vec<u8>, Trouble> {
    let stage = fresh(&out.join("root"))?;
    let from = shop.root.join("rootfs/.");
    printed(shop.tool("cp").arg("-a").args([&from, &stage]))?;
    fs::remove_file(stage.join("README.md")).map_err(failed)?;
    for folder in EMPTY {
        fs::create_dir_all(stage.join(folder)).map_err(failed)?;
    }
    let config = read(&shop.root.join(format!("board/{}/dialtone.toml", board.name)))?;
    let config = String::from_utf8_lossy(&config);
    write(&stage.join("etc/ports"), ports(&config).map_err(failed)?)?;
    write(&stage.join("etc/dialtone.toml"), config.as_bytes())?;
    program(parts.busybox(), &stage.join("bin/busybox"))?;
    program(&shop.root.join("target/cross/dialtone"), &stage.join("usr/sbin/dialtone"))?;
    alike(shop, &stage)?;
    let squashfs = out.join("root.squashfs");
    let mut tool = shop.tool("mksquashfs");
    tool.args([&stage, &squashfs]).args(["-noappend", "-quiet", "-no-progress", "-all-root"]);
    tool.args(["-comp", "zstd", "-Xcompression-level", "19", "-no-xattrs"]);
    printed(tool.args(["-mkfs-time", "0", "-all-time", "0"]))?;
    read(&squashfs)
}

/// The names of the network ports as the scripts of the box read them, from the daemon's own file.
fn ports(config: &str) -> Result<String, String> {
    let config: Table = config.parse().map_err(|error| format!("dialtone.toml: {error}"))?;
    let entries = config.get("interface").and_then(Value::as_array);
    let word = |entry: &Value, key: &str| entry.get(key)?.as_str().map(str::to_owned);
    let mut text = String::new();
    for side in ["lan", "wan"] {
        let mut of_side = entries.into_iter().flatten();
        let port = of_side.find(|it| word(it, "side").as_deref() == Some(side));
        let name = port.and_then(|it| word(it, "name")).unwrap_or_default();
        let _ = writeln!(text, "{side}='{name}'");
    }
    match text.starts_with("lan=''") {
        true => Err("dialtone.toml: there is no [[interface]] of the side lan".to_owned()),
        false => Ok(text),
    }
}

/// The end of a root slot: how much of it is filled, and with what.
pub(super) fn seal(content: &[u8]) -> Vec<u8> {
    let sum: String = Sha256::digest(content).iter().map(|it| format!("{it:02x}")).collect();
    let mut seal = format!("dialtone {} {sum}\n", content.len()).into_bytes();
    seal.resize(SEAL_BYTES, 0xff);
    seal
}

fn state(shop: &Shop, flash: &Flash, out: &Path) -> Result<Vec<u8>, Trouble> {
    if flash.kind != Kind::Disk {
        return Ok(Vec::new());
    }
    let file = out.join("state.ext4");
    let _ = fs::remove_file(&file);
    let kib = flash.partition("state").map_err(failed)?.bytes / 1024;
    let mut mke2fs = shop.tool("mke2fs");
    mke2fs.env("E2FSPROGS_FAKE_TIME", "1").args(["-q", "-t", "ext4", "-m", "0"]);
    mke2fs.args(["-U", STATE_ID, "-E", &format!("hash_seed={STATE_ID},lazy_itable_init=0")]);
    printed(mke2fs.arg(&file).arg(kib.to_string()))?;
    read(&file)
}

/// The identity of an empty state's file system; fixed, so that two images are alike.
const STATE_ID: &str = "d1a17017-0000-4000-8000-000000000001";

/// Debian's device tree with our partitions and our command line.
fn device_tree(
    shop: &Shop,
    board: &Board,
    tree: &Tree,
    parts: &Parts,
    target: &Path,
) -> Result<(), Trouble> {
    fs::copy(parts.device_tree(&tree.file)?, target).map_err(failed)?;
    let put = |arguments: &[&str]| {
        let (options, rest) = arguments.split_at(1);
        printed(shop.tool("fdtput").args(options).arg(target).args(rest)).map(|_| ())
    };
    if let Kind::Chip { node } = &board.flash.kind {
        let map = format!("{node}/partitions");
        put(&["-r", &map])?;
        put(&["-c", &map])?;
        put(&["-ts", &map, "compatible", "fixed-partitions"])?;
        put(&["-tx", &map, "#address-cells", "1"])?;
        put(&["-tx", &map, "#size-cells", "1"])?;
        // fdtput puts a new node first, and the kernel numbers them as they come.
        for partition in board.flash.partitions.iter().rev() {
            let node = format!("{map}/partition@{:x}", partition.at);
            let (at, bytes) = (format!("{:x}", partition.at), format!("{:x}", partition.bytes));
            put(&["-c", &node])?;
            put(&["-tx", &node, "reg", &at, &bytes])?;
            put(&["-ts", &node, "label", &partition.label])?;
        }
    }
    for node in &tree.disabled {
        put(&["-ts", node, "status", "disabled"])?;
    }
    put(&["-ts", "/chosen", "bootargs", &board.kernel.command_line])
}

/// The initial file system: busybox, the modules, and a program that mounts the root slot.
fn initrd(shop: &Shop, kernel: &Kernel, parts: &Parts, out: &Path) -> Result<(), Trouble> {
    let stage = fresh(&out.join("initrd"))?;
    for folder in ["bin", "dev", "modules", "new", "proc", "sys"] {
        fs::create_dir_all(stage.join(folder)).map_err(failed)?;
    }
    program(parts.busybox(), &stage.join("bin/busybox"))?;
    symlink("busybox", stage.join("bin/sh")).map_err(failed)?;
    for (place, list) in kernel.modules.iter().enumerate() {
        for module in list {
            // What follows its name is for the module itself.
            let name = module.split(' ').next().unwrap_or(module);
            let target = stage.join(format!("modules/{name}.ko"));
            fs::copy(parts.module(name)?, target).map_err(failed)?;
        }
        write(&stage.join(format!("modules/order-{place}")), list.join("\n") + "\n")?;
    }
    write(&stage.join("init"), INIT)?;
    executable(&stage.join("init"))?;
    alike(shop, &stage)?;
    let pack = "find . -exec touch --no-dereference --date=@0 {} + && find . | LC_ALL=C sort | \
        cpio --quiet --create --format=newc --owner=0:0 --reproducible | gzip -9n > ../initrd.gz";
    printed(shop.tool("sh").current_dir(&stage).args(["-c", pack])).map(|_| ())
}

/// The description of the kernel slot, as mkimage reads it.
fn source(kernel: &Kernel) -> String {
    let tree = kernel.device_tree.as_ref();
    let images = [
        Some(("kernel", "zImage", "kernel", kernel.kernel_at)),
        tree.map(|tree| ("fdt", "board.dtb", "flat_dt", tree.at)),
        Some(("ramdisk", "initrd.gz", "ramdisk", kernel.initrd_at)),
    ];
    let mut text = "/dts-v1/;\n/ {\n  description = \"Dialtone\";\n  #address-cells = <1>;\n  \
        images {\n"
        .to_owned();
    let mut together = String::new();
    for (name, file, kind, at) in images.into_iter().flatten() {
        let entry = if name == "kernel" { format!("entry = <{at:#x}>; ") } else { String::new() };
        let _ = writeln!(
            text,
            "    {name} {{ data = /incbin/(\"{file}\"); type = \"{kind}\"; arch = \"arm\"; \
             os = \"linux\"; compression = \"none\"; load = <{at:#x}>; {entry}\
             hash {{ algo = \"sha256\"; }}; }};"
        );
        let _ = write!(together, " {name} = \"{name}\";");
    }
    format!(
        "{text}  }};\n  configurations {{ default = \"board\"; board {{{together} }}; }};\n}};\n"
    )
}

/// An empty folder.
pub(super) fn fresh(folder: &Path) -> Result<PathBuf, Trouble> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(failed)?;
    }
    fs::create_dir_all(folder).map_err(failed)?;
    Ok(folder.to_owned())
}

/// Gives everything the same rights, whatever those of a new file are where the tree was cloned.
fn alike(shop: &Shop, stage: &Path) -> Result<(), Trouble> {
    printed(shop.tool("chmod").args(["-R", "u=rwX,go=rX"]).arg(stage)).map(|_| ())
}

fn program(from: &Path, to: &Path) -> Result<(), Trouble> {
    write(to, read(from)?)?;
    executable(to)
}

fn executable(path: &Path) -> Result<(), Trouble> {
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kernel() -> Kernel {
        Kernel {
            package: String::new(),
            device_tree: None,
            command_line: String::new(),
            kernel_at: 0x8000,
            initrd_at: 0xa000,
            modules: Vec::new(),
        }
    }

    #[test]
    fn the_kernel_slot_is_described_with_its_files_and_where_they_go() {
        let tree = Tree { file: String::new(), at: 0x9000, disabled: Vec::new() };
        let text = source(&Kernel { device_tree: Some(tree), ..kernel() });
        let places = ["(\"zImage\")", "(\"board.dtb\")", "(\"initrd.gz\")"].map(|it| text.find(it));
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{text}");
        assert!(text.contains("load = <0x8000>; entry = <0x8000>;"), "{text}");
        assert!(text.contains("{ kernel = \"kernel\"; fdt = \"fdt\"; ramdisk"), "{text}");
        assert_eq!(text.matches('{').count(), text.matches('}').count());
        let text = source(&kernel());
        assert!(text.contains("{ kernel = \"kernel\"; ramdisk"), "{text}");
        assert!(!text.contains("fdt"), "{text}");
    }

    #[test]
    fn the_scripts_are_told_the_ports_by_their_sides() {
        let port = |name: &str, side: &str| {
            format!("[[interface]]\nname = \"{name}\"\nside = \"{side}\"\n")
        };
        let both = [port("eth1", "wan"), port("eth0", "lan"), port("eth2", "lan")].concat();
        assert_eq!(ports(&both).unwrap(), "lan='eth0'\nwan='eth1'\n");
        assert_eq!(ports(&port("a", "lan")).unwrap(), "lan='a'\nwan=''\n");
        assert!(ports(&port("a", "wan")).unwrap_err().contains("side lan"));
    }

    #[test]
    fn a_seal_is_a_line_in_blank_flash() {
        let seal = seal(b"abc");
        let line = "dialtone 3 ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n";
        assert_eq!(seal.len(), SEAL_BYTES);
        assert_eq!(seal.strip_prefix(line.as_bytes()).unwrap().iter().max(), Some(&0xff));
    }
}
