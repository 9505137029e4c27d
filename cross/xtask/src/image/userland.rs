//! The userland: busybox, from Debian's source, with what the box needs and nothing else.
//!
//! Debian's own static busybox has no time server, does have a log-in over the network, and is four
//! times as large. So its source is fetched with apt, into a list of its own that changes nothing
//! of the machine's, and built by the same compiler and C library that the daemon is linked with.
//! What was built is kept for as long as `busybox.config`, `compiler.sh` and zig stay the same.
//!
//! Nothing of the environment reaches the build, and no time: the same source gives the same bytes.

use super::parts::found;
use super::slots::fresh;
use super::{failed, have, printed, printed_from, read, write, Trouble};
use crate::debian::{package, Package};
use crate::shop::{say, Shop};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::available_parallelism;

/// What busybox is to have.
const CONFIG: &str = include_str!("userland/busybox.config");

/// The compiler as busybox calls it.
const COMPILER: &str = include_str!("userland/compiler.sh");

/// What unpacks a source package of Debian's, and what busybox is built with besides zig.
const TOOLS: &[Package] = &[package("dpkg-dev", "dpkg-source"), package("make", "make")];

/// Whose signature the list of sources bears.
const KEYS: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// More questions than busybox has.
const QUESTIONS: usize = 4_000;

/// Busybox, and the version of its source.
pub(super) struct Userland {
    pub(super) busybox: PathBuf,
    pub(super) version: String,
}

impl Userland {
    /// Builds it, or finds what was built before. The daemon must have been built: zig came with
    /// it.
    pub(super) fn of(shop: &Shop, cache: &Path) -> Result<Userland, Trouble> {
        let zig = Zig::of(shop)?;
        let folder = cache.join(format!("busybox-{}", zig.stamp()));
        let (busybox, note) = (folder.join("busybox"), folder.join("version"));
        if !busybox.is_file() || !note.is_file() {
            have(shop, TOOLS)?;
            let source = source(shop, &fresh(&cache.join("source"))?)?;
            configure(&zig, &source.folder)?;
            fresh(&folder)?;
            fs::copy(zig.build(&source.folder)?, &busybox).map_err(failed)?;
            write(&note, source.version)?;
        }
        let version = String::from_utf8_lossy(&read(&note)?).into_owned();
        Ok(Userland { busybox, version })
    }
}

/// An unpacked source with Debian's changes, and its version.
struct Source {
    folder: PathBuf,
    version: String,
}

/// Fetches and unpacks the newest source of busybox.
fn source(shop: &Shop, folder: &Path) -> Result<Source, Trouble> {
    say("fetching the source of busybox");
    for name in ["sources", "lists/partial", "apt/archives/partial"] {
        fs::create_dir_all(folder.join(name)).map_err(failed)?;
    }
    let format = "$(ORIGIN) $(SITE) $(RELEASE) $(COMPONENT)";
    let mut targets = shop.tool("apt-get");
    targets.args(["indextargets", "--format", format, "Created-By: Packages"]);
    write(&folder.join("sources/debian.list"), sources(&printed(&mut targets)?)?)?;
    printed(apt(shop, folder).arg("update"))?;
    printed(apt(shop, folder).args(["source", "--download-only", "busybox"]))?;
    let description = found(folder, &|name| name.ends_with(".dsc"))?;
    let name = description.file_stem().unwrap_or_default().to_string_lossy().replace('_', " ");
    let target = folder.join("busybox");
    let mut unpack = shop.tool("dpkg-source");
    printed(unpack.args(["--no-check", "--extract"]).args([&description, &target]))?;
    Ok(Source { folder: target, version: name })
}

/// The lists of sources that stand beside the lists of packages that apt reads.
fn sources(targets: &str) -> Result<String, Trouble> {
    let mut lines: Vec<String> = targets
        .lines()
        .filter_map(|line| line.strip_prefix("Debian "))
        .map(|place| format!("deb-src [signed-by={KEYS}] {place}\n"))
        .collect();
    lines.sort();
    lines.dedup();
    if lines.is_empty() {
        return Err(Trouble::Missing("apt knows no source of Debian's packages.".to_owned()));
    }
    Ok(lines.concat())
}

/// An apt that keeps everything in one folder, so that it needs no root and changes nothing.
fn apt(shop: &Shop, folder: &Path) -> Command {
    let mut apt = shop.tool("apt-get");
    apt.current_dir(folder).arg("-qq");
    let places = [
        ("Dir::Etc::SourceList", "/dev/null".into()),
        ("Dir::Etc::SourceParts", folder.join("sources")),
        ("Dir::State::Lists", folder.join("lists")),
        ("Dir::Cache", folder.join("apt")),
        ("APT::Sandbox::User", "root".into()),
    ];
    for (key, place) in places {
        apt.arg("-o").arg(format!("{key}={}", place.display()));
    }
    apt
}

/// Writes `.config`: ours, and no to everything that ours does not speak of.
fn configure(zig: &Zig, source: &Path) -> Result<(), Trouble> {
    write(&source.join("compiler.sh"), COMPILER)?;
    changing(&source.join("include/libbb.h"))?;
    printed(zig.make(source).arg("allnoconfig"))?;
    let ours = settings(CONFIG);
    let spoken_of = |line: &str| {
        let key = line.trim_start_matches("# ").split([' ', '=']).next();
        key.is_some_and(|key| ours.contains_key(key))
    };
    let path = source.join(".config");
    let theirs = String::from_utf8_lossy(&read(&path)?).into_owned();
    let mut lines: Vec<&str> = theirs.lines().filter(|line| !spoken_of(line)).collect();
    lines.extend(CONFIG.lines());
    write(&path, lines.join("\n") + "\n")?;
    // What only our settings bring up is asked for, and the answer is no.
    let answers = source.join("answers");
    write(&answers, "n\n".repeat(QUESTIONS))?;
    let mut make = zig.make(source);
    make.arg("oldconfig");
    printed_from(&mut make, File::open(&answers).map_err(failed)?.into())?;
    let written = String::from_utf8_lossy(&read(&path)?).into_owned();
    let became = settings(&written);
    match ours.iter().find(|(key, value)| became.get(*key) != Some(value)) {
        Some((key, value)) => Err(failed(format_args!("busybox does not take {key}={value}"))),
        None => Ok(()),
    }
}

/// Lets a pointer that busybox sets once, and calls constant to save some loads, be what it is: the
/// compiler that we use may read a constant before it is set. Newer sources have a word for that.
fn changing(header: &Path) -> Result<(), Trouble> {
    let text = String::from_utf8_lossy(&read(header)?).into_owned();
    write(header, text.replace("*const ptr_to_globals;", "*BB_GLOBAL_CONST ptr_to_globals;"))
}

/// The settings of a `.config`.
fn settings(config: &str) -> BTreeMap<&str, &str> {
    let lines = config.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once('=')).collect()
}

/// The compiler that came with the daemon's linker.
struct Zig {
    python: PathBuf,
    builds: PathBuf,
    version: String,
}

impl Zig {
    fn of(shop: &Shop) -> Result<Zig, Trouble> {
        let cross = shop.root.join("target/cross");
        let python = cross.join("venv/bin/python");
        let version = printed(Command::new(&python).args(["-m", "ziglang", "version"]))?;
        Ok(Zig { python, builds: cross.join("build/zig"), version })
    }

    /// What a build depends on, as a part of a name.
    fn stamp(&self) -> String {
        let all = [CONFIG, COMPILER, &self.version].concat();
        Sha256::digest(all).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }

    /// Builds what was configured.
    fn build(&self, source: &Path) -> Result<PathBuf, Trouble> {
        say("building busybox; it takes a minute or two, once");
        let jobs = available_parallelism().map_or(1, usize::from);
        printed(self.make(source).arg(format!("-j{jobs}")))?;
        let busybox = source.join("busybox");
        // The cores of some boards have no NEON, and a compiler may take it for granted.
        let mut trial = Command::new("qemu-arm-static");
        trial.args(["-cpu", "cortex-a7,neon=off"]).arg(&busybox);
        printed(trial.args(["sh", "-c", "netstat -lt && echo $((6 * 7)) | sha256sum"]))?;
        Ok(busybox)
    }

    fn make(&self, source: &Path) -> Command {
        let (folder, python) = (source.display(), self.python.display());
        let mut make = Command::new("make");
        make.arg("--silent").arg("-C").arg(source);
        make.arg(format!("CC=sh {folder}/compiler.sh")).arg("SKIP_STRIP=y");
        for (word, tool) in [("HOSTCC", "cc -w"), ("LD", "ld.lld"), ("AR", "ar")] {
            make.arg(format!("{word}={python} -m ziglang {tool}"));
        }
        make.env_clear().env("PATH", env::var_os("PATH").unwrap_or_default());
        make.env("LC_ALL", "C").env("SOURCE_DATE_EPOCH", "0").env("PYTHON", &self.python);
        make.env("ZIG_GLOBAL_CACHE_DIR", &self.builds).env("ZIG_LOCAL_CACHE_DIR", &self.builds);
        make
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sources_lie_where_debians_packages_lie() {
        let told = "Debian http://deb.example bookworm main\nnodesource http://node.example n m\n\
            Debian http://deb.example bookworm main\n";
        let wanted = format!("deb-src [signed-by={KEYS}] http://deb.example bookworm main\n");
        assert_eq!(sources(told).unwrap(), wanted);
        assert!(matches!(sources("Ubuntu http://a b c\n"), Err(Trouble::Missing(_))));
    }

    #[test]
    fn a_comment_is_no_setting() {
        let all = settings("# CONFIG_A is not set\n# CONFIG_B=y\n\nCONFIG_C=y\nCONFIG_D=\"-s\"\n");
        assert_eq!(
            all.into_iter().collect::<Vec<_>>(),
            [("CONFIG_C", "y"), ("CONFIG_D", "\"-s\"")]
        );
    }

    #[test]
    fn nothing_in_the_userland_lets_anybody_in_over_the_network() {
        let ours = settings(CONFIG);
        for server in ["TELNETD", "HTTPD", "FTPD", "TFTPD", "INETD", "LOGIN", "NC", "SU"] {
            assert!(!ours.contains_key(format!("CONFIG_{server}").as_str()), "{server}");
        }
    }
}
