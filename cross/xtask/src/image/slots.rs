//! What goes into the slots: a FIT image with the kernel, and a squashfs with everything else.
//!
//! Times and owners in both are set to nothing, so that the same input gives the same bytes.

use super::board::{Board, Flash, Kernel};
use super::parts::Parts;
use super::{failed, printed, read, write, Trouble};
use crate::shop::Shop;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::{symlink, PermissionsExt};
use std::path::{Path, PathBuf};

/// The program of the initial file system.
const INIT: &str = include_str!("init.sh");

/// What that program calls.
const APPLETS: [&str; 8] =
    ["echo", "insmod", "mount", "reboot", "sed", "sh", "sleep", "switch_root"];

/// Folders of the root file system that have nothing in them in the tree.
const EMPTY: [&str; 6] = ["dev", "proc", "run", "sys", "tmp", "usr/sbin"];

/// Makes the content of the kernel slot.
pub(super) fn kernel(
    shop: &Shop,
    board: &Board,
    parts: &Parts,
    out: &Path,
) -> Result<Vec<u8>, Trouble> {
    let kernel = &board.kernel;
    let zimage = out.join("zImage");
    fs::copy(parts.kernel()?, &zimage).map_err(failed)?;
    device_tree(shop, kernel, &board.flash, parts, &out.join("board.dtb"))?;
    initrd(shop, kernel, parts, out)?;
    write(&out.join("kernel.its"), source(kernel))?;
    let mut mkimage = shop.tool("mkimage");
    mkimage.current_dir(out).env("SOURCE_DATE_EPOCH", "0");
    printed(mkimage.args(["-f", "kernel.its", "kernel.itb"]))?;
    read(&out.join("kernel.itb"))
}

/// Makes the content of a root slot.
pub(super) fn root(shop: &Shop, parts: &Parts, out: &Path) -> Result<Vec<u8>, Trouble> {
    let stage = fresh(&out.join("root"))?;
    let from = shop.root.join("rootfs/.");
    printed(shop.tool("cp").arg("-a").args([&from, &stage]))?;
    fs::remove_file(stage.join("README.md")).map_err(failed)?;
    for folder in EMPTY {
        fs::create_dir_all(stage.join(folder)).map_err(failed)?;
    }
    program(&parts.busybox(), &stage.join("bin/busybox"))?;
    program(&shop.root.join("target/cross/dialtone"), &stage.join("usr/sbin/dialtone"))?;
    let squashfs = out.join("root.squashfs");
    let mut tool = shop.tool("mksquashfs");
    tool.args([&stage, &squashfs]).args(["-noappend", "-quiet", "-no-progress", "-all-root"]);
    tool.args(["-comp", "zstd", "-Xcompression-level", "19", "-no-xattrs"]);
    printed(tool.args(["-mkfs-time", "0", "-all-time", "0"]))?;
    read(&squashfs)
}

/// Debian's device tree with our partitions and our command line.
fn device_tree(
    shop: &Shop,
    kernel: &Kernel,
    flash: &Flash,
    parts: &Parts,
    target: &Path,
) -> Result<(), Trouble> {
    fs::copy(parts.device_tree(&kernel.device_tree)?, target).map_err(failed)?;
    let put = |arguments: &[&str]| {
        let (options, rest) = arguments.split_at(1);
        printed(shop.tool("fdtput").args(options).arg(target).args(rest)).map(|_| ())
    };
    let map = format!("{}/partitions", flash.node);
    put(&["-r", &map])?;
    put(&["-c", &map])?;
    put(&["-ts", &map, "compatible", "fixed-partitions"])?;
    put(&["-tx", &map, "#address-cells", "1"])?;
    put(&["-tx", &map, "#size-cells", "1"])?;
    // fdtput puts a new node first, and the kernel numbers them as they come.
    for partition in flash.partitions.iter().rev() {
        let node = format!("{map}/partition@{:x}", partition.at);
        let (at, bytes) = (format!("{:x}", partition.at), format!("{:x}", partition.bytes));
        put(&["-c", &node])?;
        put(&["-tx", &node, "reg", &at, &bytes])?;
        put(&["-ts", &node, "label", &partition.label])?;
    }
    for node in &kernel.disabled {
        put(&["-ts", node, "status", "disabled"])?;
    }
    put(&["-ts", "/chosen", "bootargs", &kernel.command_line])
}

/// The initial file system: busybox, the modules, and a program that mounts the root slot.
fn initrd(shop: &Shop, kernel: &Kernel, parts: &Parts, out: &Path) -> Result<(), Trouble> {
    let stage = fresh(&out.join("initrd"))?;
    for folder in ["bin", "dev", "modules", "new", "proc", "sys"] {
        fs::create_dir_all(stage.join(folder)).map_err(failed)?;
    }
    program(&parts.busybox(), &stage.join("bin/busybox"))?;
    for applet in APPLETS {
        symlink("busybox", stage.join("bin").join(applet)).map_err(failed)?;
    }
    for module in &kernel.modules {
        let target = stage.join(format!("modules/{module}.ko"));
        fs::copy(parts.module(module)?, target).map_err(failed)?;
    }
    write(&stage.join("modules/order"), kernel.modules.join("\n") + "\n")?;
    write(&stage.join("init"), INIT)?;
    executable(&stage.join("init"))?;
    let pack = "find . -exec touch --no-dereference --date=@0 {} + && find . | LC_ALL=C sort | \
        cpio --quiet --create --format=newc --owner=0:0 --reproducible | gzip -9n > ../initrd.gz";
    printed(shop.tool("sh").current_dir(&stage).args(["-c", pack])).map(|_| ())
}

/// The description of the kernel slot, as mkimage reads it.
fn source(kernel: &Kernel) -> String {
    let [kernel_at, tree_at, initrd_at] = kernel.load.map(|it| format!("<{it:#x}>"));
    let mut text = "/dts-v1/;\n/ {\n  description = \"Dialtone\";\n  #address-cells = <1>;\n  \
        images {\n"
        .to_owned();
    let images = [
        ("kernel", "zImage", "kernel", &kernel_at),
        ("fdt", "board.dtb", "flat_dt", &tree_at),
        ("ramdisk", "initrd.gz", "ramdisk", &initrd_at),
    ];
    for (name, file, kind, at) in images {
        let entry = if kind == "kernel" { format!("entry = {at}; ") } else { String::new() };
        let _ = writeln!(
            text,
            "    {name} {{ data = /incbin/(\"{file}\"); type = \"{kind}\"; arch = \"arm\"; \
             os = \"linux\"; compression = \"none\"; load = {at}; {entry}\
             hash {{ algo = \"sha256\"; }}; }};"
        );
    }
    text + "  };\n  configurations { default = \"board\"; board { kernel = \"kernel\"; \
        fdt = \"fdt\"; ramdisk = \"ramdisk\"; }; };\n};\n"
}

/// An empty folder.
fn fresh(folder: &Path) -> Result<PathBuf, Trouble> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(failed)?;
    }
    fs::create_dir_all(folder).map_err(failed)?;
    Ok(folder.to_owned())
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

    #[test]
    fn the_kernel_slot_is_described_with_its_three_files_and_where_they_go() {
        let kernel = Kernel {
            package: String::new(),
            device_tree: String::new(),
            command_line: String::new(),
            load: [0x8000, 0x9000, 0xa000],
            modules: Vec::new(),
            disabled: Vec::new(),
        };
        let text = source(&kernel);
        let places = ["(\"zImage\")", "(\"board.dtb\")", "(\"initrd.gz\")"].map(|it| text.find(it));
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{text}");
        assert!(text.contains("load = <0x8000>; entry = <0x8000>;"), "{text}");
        assert_eq!(text.matches('{').count(), text.matches('}').count());
    }

    #[test]
    fn nothing_is_linked_that_the_first_program_does_not_call() {
        let words = INIT.split(|it: char| !it.is_alphanumeric() && it != '_');
        let called: Vec<&str> = words.filter(|it| APPLETS.contains(it)).collect();
        assert!(APPLETS.iter().all(|it| called.contains(it)), "one of {APPLETS:?} is not used");
    }
}
