//! What the kernel knows of a network device: its address, its index, its hardware address.

use crate::config::{Device, Found};
use nix::ifaddrs::getifaddrs;
use nix::net::if_::if_nametoindex;
use std::net::Ipv4Addr;
use wire::Mac;

/// Finds a device by its name.
pub(crate) fn find(name: &str) -> Result<Found, String> {
    let index = if_nametoindex(name).map_err(|_| format!("there is no network port {name}"))?;
    let entries =
        getifaddrs().map_err(|error| format!("network ports cannot be listed: {error}"))?;
    let (mut mac, mut address) = (None, None);
    for entry in entries.filter(|entry| entry.interface_name == name) {
        let hardware = entry.address.as_ref().and_then(|at| at.as_link_addr()?.addr());
        mac = mac.or(hardware.map(Mac));
        let ip = entry.address.as_ref().and_then(|at| Some(at.as_sockaddr_in()?.ip()));
        let mask = entry.netmask.as_ref().and_then(|at| Some(at.as_sockaddr_in()?.ip()));
        let prefix = mask.map(|mask: Ipv4Addr| u32::from(mask).count_ones() as u8);
        address = address.or(ip.zip(prefix));
    }
    let mac = mac.ok_or(format!("network port {name} has no hardware address"))?;
    Ok(Found { address, device: Device { name: name.into(), index, mac } })
}

/// Lets the process open as many descriptors as it may: a thousand phones that fetch at once have a
/// connection each.
pub(crate) fn open_many_descriptors() {
    use nix::sys::resource::{getrlimit, setrlimit, Resource};
    if let Ok((_, most)) = getrlimit(Resource::RLIMIT_NOFILE) {
        // What is not granted shows as connections that wait their turn.
        let _ = setrlimit(Resource::RLIMIT_NOFILE, most, most);
    }
}

/// Makes room in the kernel's neighbour table for a thousand phones; its default of 1,024 entries
/// does not hold them. Without the right to do so it stays as it is.
pub(crate) fn widen_neighbour_table() {
    for (name, entries) in [("gc_thresh3", "8192"), ("gc_thresh2", "4096"), ("gc_thresh1", "2048")]
    {
        let path = format!("/proc/sys/net/ipv4/neigh/default/{name}");
        let _ = std::fs::write(path, entries);
    }
}
