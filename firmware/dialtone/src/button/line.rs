//! One line of a GPIO chip, by the second version of the kernel's character device.
//!
//! The structures and numbers are those of `linux/gpio.h`; their sizes are checked when this is
//! compiled, for each kind of CPU, since the kernel takes them apart by their size.

#![allow(unsafe_code, reason = "ioctls have no safe form")]

use super::press::Edge;
use nix::fcntl::{fcntl, FcntlArg, OFlag};
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::path::Path;

const FLAG_ACTIVE_LOW: u64 = 1 << 1;
const FLAG_INPUT: u64 = 1 << 2;
const FLAG_EDGE_RISING: u64 = 1 << 4;
const FLAG_EDGE_FALLING: u64 = 1 << 5;
const ATTRIBUTE_DEBOUNCE: u32 = 3;
const EVENT_RISING: u32 = 1;
const EVENT_FALLING: u32 = 2;

/// Contacts of a cheap button bounce for some milliseconds.
const DEBOUNCE_US: u32 = 20_000;
/// What the kernel says when asked who uses the line.
const CONSUMER: &[u8] = b"dialtone";

/// `struct gpio_v2_line_attribute`.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Attribute {
    id: u32,
    padding: u32,
    value: Value,
}

/// The union of an attribute: 32 bits of a debounce period stand in the first four bytes.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Value {
    debounce_us: u32,
    rest: u32,
}

/// `struct gpio_v2_line_config_attribute`.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct ConfigAttribute {
    attribute: Attribute,
    mask: u64,
}

/// `struct gpio_v2_line_config`.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Config {
    flags: u64,
    attribute_count: u32,
    padding: [u32; 5],
    attributes: [ConfigAttribute; 10],
}

/// `struct gpio_v2_line_request`.
#[repr(C)]
struct LineRequest {
    offsets: [u32; 64],
    consumer: [u8; 32],
    config: Config,
    line_count: u32,
    event_buffer_size: u32,
    padding: [u32; 5],
    fd: i32,
}

/// `struct gpio_v2_line_values`.
#[repr(C)]
struct LineValues {
    bits: u64,
    mask: u64,
}

/// Bytes of `struct gpio_v2_line_event`, which begins with a timestamp of eight bytes.
const EVENT_BYTES: usize = 48;
/// Events read at once.
const EVENTS: usize = 16;

const _: () = assert!(size_of::<Attribute>() == 16 && size_of::<ConfigAttribute>() == 24);
const _: () = assert!(size_of::<Config>() == 272 && size_of::<LineRequest>() == 592);
const _: () = assert!(size_of::<LineValues>() == 16);

nix::ioctl_readwrite!(get_line, 0xB4, 0x07, LineRequest);
nix::ioctl_readwrite!(get_values, 0xB4, 0x0E, LineValues);

/// What is wanted of a line.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Watch {
    /// Its level now.
    Level,
    /// Word of each change, too, without bounces.
    Edges,
}

/// Asks a chip for one of its lines as an input; the line is given back when this is dropped.
pub(super) fn open(chip: &Path, line: u32, low: bool, watch: Watch) -> io::Result<OwnedFd> {
    let chip = File::open(chip)?;
    let mut request = wish(line, low, watch);
    // SAFETY: `request` is a whole, initialised `struct gpio_v2_line_request` that outlives the
    // call, and the kernel writes nothing but its `fd`.
    unsafe { get_line(chip.as_raw_fd(), &mut request) }?;
    // SAFETY: the call succeeded, so `fd` is a new descriptor that nobody else owns.
    let fd = unsafe { OwnedFd::from_raw_fd(request.fd) };
    fcntl(&fd, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
    Ok(fd)
}

/// Whether the button is down now.
pub(super) fn is_down(line: &OwnedFd) -> io::Result<bool> {
    let mut values = LineValues { bits: 0, mask: 1 };
    // SAFETY: `values` is a whole, initialised `struct gpio_v2_line_values` that outlives the call.
    unsafe { get_values(line.as_raw_fd(), &mut values) }?;
    Ok(values.bits & 1 == 1)
}

/// The changes that wait to be read; an error of the kind `WouldBlock` if none do.
pub(super) fn edges(line: &OwnedFd) -> io::Result<Vec<Edge>> {
    let mut bytes = [0; EVENT_BYTES * EVENTS];
    let len = nix::unistd::read(line, &mut bytes)?;
    Ok(read(bytes.get(..len).unwrap_or_default()))
}

/// The request for one line. The kernel turns a line around that is active when low, so that
/// rising always means pressed.
fn wish(line: u32, low: bool, watch: Watch) -> LineRequest {
    let mut offsets = [0; 64];
    offsets[0] = line;
    let mut consumer = [0; 32];
    consumer[..CONSUMER.len()].copy_from_slice(CONSUMER);
    let mut config = Config { flags: FLAG_INPUT, ..Config::default() };
    if low {
        config.flags |= FLAG_ACTIVE_LOW;
    }
    if watch == Watch::Edges {
        config.flags |= FLAG_EDGE_RISING | FLAG_EDGE_FALLING;
        let value = Value { debounce_us: DEBOUNCE_US, rest: 0 };
        let attribute = Attribute { id: ATTRIBUTE_DEBOUNCE, padding: 0, value };
        config.attributes[0] = ConfigAttribute { attribute, mask: 1 };
        config.attribute_count = 1;
    }
    LineRequest {
        offsets,
        consumer,
        config,
        line_count: 1,
        event_buffer_size: 0,
        padding: [0; 5],
        fd: -1,
    }
}

/// The edges of events as the kernel wrote them; one that is not whole or of another kind is none.
fn read(events: &[u8]) -> Vec<Edge> {
    let kinds = events.chunks_exact(EVENT_BYTES).filter_map(|event| {
        let kind = event.get(8..12)?;
        kind.try_into().ok().map(u32::from_ne_bytes)
    });
    let edges = kinds.filter_map(|kind| match kind {
        EVENT_RISING => Some(Edge::Down),
        EVENT_FALLING => Some(Edge::Up),
        _other_kind => None,
    });
    edges.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::mem::offset_of;

    #[test]
    fn the_structures_are_where_the_kernel_looks_for_them() {
        // By a C compiler from `linux/gpio.h` of Linux 6.1, for 64 bits and for ARM.
        assert_eq!(offset_of!(LineRequest, consumer), 256);
        assert_eq!(offset_of!(LineRequest, config), 288);
        assert_eq!(offset_of!(LineRequest, line_count), 560);
        assert_eq!(offset_of!(LineRequest, fd), 588);
        assert_eq!(offset_of!(Config, attributes), 32);
        assert_eq!(offset_of!(Attribute, value), 8);
        assert_eq!(nix::request_code_readwrite!(0xB4, 0x07, 592) as u32, 0xC250_B407);
        assert_eq!(nix::request_code_readwrite!(0xB4, 0x0E, 16) as u32, 0xC010_B40E);
    }

    #[test]
    fn a_watched_line_tells_both_edges_without_bounces_and_a_looked_at_one_none() {
        let watched = wish(3, true, Watch::Edges);
        assert_eq!((watched.offsets[0], watched.line_count, watched.fd), (3, 1, -1));
        assert_eq!(&watched.consumer[..9], b"dialtone\0");
        assert_eq!(watched.config.flags, 0b11_0110);
        let ConfigAttribute { attribute, mask } = watched.config.attributes[0];
        assert_eq!((watched.config.attribute_count, mask, attribute.id), (1, 1, 3));
        assert_eq!(attribute.value.debounce_us, 20_000);
        let looked_at = wish(7, false, Watch::Level);
        assert_eq!((looked_at.config.flags, looked_at.config.attribute_count), (0b100, 0));
    }

    #[test]
    fn events_are_read_in_order_and_what_is_none_is_left_out() {
        let event = |kind: u32| {
            let mut event = [0xff; EVENT_BYTES];
            event[8..12].copy_from_slice(&kind.to_ne_bytes());
            event
        };
        let mut bytes = [event(1), event(2), event(7), event(1)].concat();
        bytes.extend_from_slice(&event(2)[..47]);
        assert_eq!(read(&bytes), [Edge::Down, Edge::Up, Edge::Down]);
        assert!(read(&[]).is_empty());
    }
}
