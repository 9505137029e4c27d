//! The programs that test suites call, by the Debian packages they come in.
//!
//! Installs what is missing where it may (root, with apt); otherwise says what is missing, and the
//! suite that needs it is skipped aloud.

use crate::shop::{say, succeeds, Shop};
use std::env;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// A Debian package, and what is there once it is installed: a program, or a path.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Package {
    name: &'static str,
    gives: &'static str,
}

/// A package by its name, and a program or a path that it brings.
pub(crate) const fn package(name: &'static str, gives: &'static str) -> Package {
    Package { name, gives }
}

/// What the suites with real clients call.
pub(crate) const CLIENTS: &[Package] = &[
    package("iproute2", "ip"),
    package("iputils-arping", "arping"),
    package("busybox", "busybox"),
    package("udhcpc", "udhcpc"),
    package("isc-dhcp-client", "dhclient"),
    package("tftp-hpa", "tftp"),
    package("atftp", "atftp"),
    package("curl", "curl"),
    package("bind9-dnsutils", "dig"),
    package("dnsmasq-base", "dnsmasq"),
    package("sipsak", "sipsak"),
    package("sip-tester", "sipp"),
    package("tshark", "tshark"),
    package("python3-scapy", "/usr/lib/python3/dist-packages/scapy"),
    package("nftables", "nft"),
    package("chromium", "chromium"),
    package("zbar-tools", "zbarimg"),
];

/// Readers of phones' files that share nothing with us.
pub(crate) const PARSERS: &[Package] = &[package("libxml2-utils", "xmllint")];

/// Installs what is missing of `packages` if it may; gives the names of what is missing still.
pub(crate) fn missing(shop: &Shop, packages: &'static [Package]) -> Vec<&'static str> {
    let absent = absent(packages);
    if absent.is_empty() || !is_root() || !is_program("apt-get") {
        return absent;
    }
    say(format_args!("installing {}", absent.join(" ")));
    install(shop, &absent);
    self::absent(packages)
}

/// Whether this runs as root.
pub(crate) fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|it| it.uid() == 0)
}

fn absent(packages: &'static [Package]) -> Vec<&'static str> {
    packages.iter().filter(|it| !it.is_there()).map(|it| it.name).collect()
}

fn install(shop: &Shop, names: &[&str]) {
    let apt = |arguments: &[&str]| {
        let mut command = shop.tool("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive").arg("-qq").args(arguments);
        succeeds(&mut command)
    };
    // An index that cannot be renewed may still be good enough.
    if !apt(&["update"]) {
        say("apt-get update failed; trying with the index as it is.");
    }
    let install = ["install", "-y", "--no-install-recommends"];
    if !apt(&[&install[..], names].concat()) {
        say("not all of them could be installed at once; trying one by one.");
        for &name in names {
            apt(&[&install[..], &[name]].concat());
        }
    }
}

impl Package {
    fn is_there(&self) -> bool {
        if self.gives.starts_with('/') {
            Path::new(self.gives).exists()
        } else {
            is_program(self.gives)
        }
    }
}

/// Whether a program is found, in the folders of the administrator too.
fn is_program(name: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    let usual = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"].map(Into::into);
    env::split_paths(&path).chain(usual).any(|folder| folder.join(name).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_named() {
        const SOME: &[Package] = &[
            package("dash", "sh"),
            package("base-files", "/etc"),
            package("nothing", "no-such-program"),
            package("nowhere", "/no/such/path"),
        ];
        assert_eq!(absent(SOME), ["nothing", "nowhere"]);
    }
}
