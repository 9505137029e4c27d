//! What an image is made of besides the daemon: Debian's kernel with its modules, and busybox.

use super::userland::Userland;
use super::{failed, printed, Trouble};
use crate::debian::is_root;
use crate::shop::{say, succeeds, Shop};
use std::fs;
use std::path::{Path, PathBuf};

/// The unpacked kernel, and busybox.
pub(super) struct Parts {
    kernel: PathBuf,
    userland: Userland,
    /// The package of the kernel and its version, as in the name of its file.
    pub(super) kernel_version: String,
}

impl Parts {
    /// Fetches and unpacks what is not in the cache.
    pub(super) fn of(shop: &Shop, kernel_package: &str) -> Result<Parts, Trouble> {
        let cache = shop.root.join("target/image/cache");
        fs::create_dir_all(&cache).map_err(failed)?;
        let kernel = unpacked(shop, &cache, kernel_package)?;
        let userland = Userland::of(shop, &cache)?;
        Ok(Parts { kernel_version: version(&kernel), kernel, userland })
    }

    /// The kernel, compressed as it boots.
    pub(super) fn kernel(&self) -> Result<PathBuf, Trouble> {
        found(&self.kernel.join("boot"), &|name| name.starts_with("vmlinuz-"))
    }

    /// A device tree by its file name.
    pub(super) fn device_tree(&self, name: &str) -> Result<PathBuf, Trouble> {
        found(&self.kernel.join("usr/lib"), &|it| it == name)
    }

    /// A module by its name.
    pub(super) fn module(&self, name: &str) -> Result<PathBuf, Trouble> {
        let file = format!("{name}.ko");
        found(&self.kernel.join("lib/modules"), &|it| it == file)
    }

    /// Busybox, static.
    pub(super) fn busybox(&self) -> &Path {
        &self.userland.busybox
    }

    /// Busybox and the version of its source.
    pub(super) fn userland_version(&self) -> &str {
        &self.userland.version
    }
}

/// The folder of the unpacked package that another one depends on, from the cache or fetched now.
fn unpacked(shop: &Shop, cache: &Path, name: &str) -> Result<PathBuf, Trouble> {
    let note = cache.join(format!("{name}.is"));
    if let Ok(folder) = fs::read_to_string(&note) {
        let folder = cache.join(folder);
        if folder.is_dir() {
            return Ok(folder);
        }
    }
    knows_arm(shop)?;
    let package = depended(shop, name)?;
    let download = cache.join("download");
    let _ = fs::remove_dir_all(&download);
    fs::create_dir_all(&download).map_err(failed)?;
    say(format_args!("fetching {package} for ARM"));
    let mut apt = shop.tool("apt-get");
    apt.current_dir(&download).args(["-qq", "download", &format!("{package}:armhf")]);
    printed(&mut apt)?;
    let deb = found(&download, &|name| name.ends_with(".deb"))?;
    let folder = deb.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let target = cache.join(&folder);
    printed(shop.tool("dpkg-deb").arg("-x").args([&deb, &target]))?;
    fs::remove_dir_all(&download).map_err(failed)?;
    fs::write(note, &folder).map_err(failed)?;
    Ok(target)
}

/// Lets apt know of packages for ARM, where that may be done.
fn knows_arm(shop: &Shop) -> Result<(), Trouble> {
    let known = printed(shop.tool("dpkg").arg("--print-foreign-architectures"))?;
    if known.lines().any(|it| it == "armhf") {
        return Ok(());
    }
    if !(is_root() && succeeds(shop.tool("dpkg").args(["--add-architecture", "armhf"]))) {
        let advice = "run dpkg --add-architecture armhf and apt-get update as root.";
        return Err(Trouble::Missing(format!("apt knows no packages for ARM; {advice}")));
    }
    // Other sources of this machine may have nothing for ARM; Debian's is what counts.
    if !succeeds(shop.tool("apt-get").args(["-qq", "update"])) {
        say("not every list of packages could be renewed; trying with those there are.");
    }
    Ok(())
}

/// The first package that a package depends on.
fn depended(shop: &Shop, name: &str) -> Result<String, Trouble> {
    let list = printed(shop.tool("apt-cache").args(["depends", &format!("{name}:armhf")]))?;
    let mut packages = list.lines().filter_map(|it| it.trim().strip_prefix("Depends: "));
    let package = packages.next().ok_or_else(|| failed(format_args!("{name} depends on nothing")));
    package.map(|it| it.trim_end_matches(":armhf").to_owned())
}

/// The first file below a folder whose name is as wanted.
pub(super) fn found(folder: &Path, wanted: &dyn Fn(&str) -> bool) -> Result<PathBuf, Trouble> {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if entry.file_type().map_err(failed)?.is_dir() {
                folders.push(entry.path());
            } else if wanted(&entry.file_name().to_string_lossy()) {
                return Ok(entry.path());
            }
        }
    }
    Err(failed(format_args!("{} does not hold what is needed", folder.display())))
}

/// `linux-image 6.1` of a folder called `linux-image_6.1_armhf`.
fn version(folder: &Path) -> String {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let name = name.trim_end_matches("_armhf").replace("%3a", ":");
    name.replacen('_', " ", 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_from_the_name_of_the_file() {
        let of = |name: &str| version(Path::new(name));
        assert_eq!(of("a/linux-image-6.1_6.1.1-2_armhf"), "linux-image-6.1 6.1.1-2");
        assert_eq!(of("busybox-static_1%3a1.35_armhf"), "busybox-static 1:1.35");
    }
}
