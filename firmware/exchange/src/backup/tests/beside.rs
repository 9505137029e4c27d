//! How DHCP is served beside others, in backups.

use super::below;
use crate::backup::{Refused, Wrong};
use crate::beside::Serving;
use crate::chance::Chance;
use crate::limits::ELDERS_MAX;
use crate::state::Event;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// A server that was there before the box.
fn elder(no: u8) -> Event {
    let (network, server) = ([10, 1, no, 0], [10, 1, no, 254]);
    Event::ElderMet { network, server, mac: [0x00, 0x0c, 0x42, 0, 0, no] }
}

pub(super) fn any(chance: &mut Chance) -> Vec<Event> {
    let serving = Serving::ALL[below(chance, 4)];
    let elders = (0..below(chance, 3) as u8).map(elder);
    [Event::ServingChosen { serving }].into_iter().chain(elders).collect()
}

pub(super) fn some() -> [Event; 2] {
    [Event::ServingChosen { serving: Serving::PhonesOnly }, elder(7)]
}

/// The first bad line of a text with these lines, and what is wrong with it.
fn wrong(lines: &str) -> Option<(usize, Wrong)> {
    let text = format!("dialtone-state 1\n{lines}");
    match read_onto_nothing(&text) {
        Some(Refused::Lines(bad)) => {
            bad.lines.first().map(|line| (line.number, line.wrong.clone()))
        }
        Some(_) | None => None,
    }
}

fn read_onto_nothing(text: &str) -> Option<Refused> {
    super::read_onto(text, None, &crate::state::Durable::default()).err()
}

#[test]
fn what_is_wrong_with_a_line_is_said() {
    let good = "dhcp serve=off\nelder network=10.1.0.0 ip=10.1.0.9 mac=00:0c:42:01:02:03\n";
    assert!(read_onto_nothing(&format!("dialtone-state 1\n{good}")).is_none());
    let value = |key| Some((2, Wrong::Value(key, "an IP address such as 192.168.10.50")));
    assert_eq!(wrong("elder network=10.1 ip=10.1.0.9 mac=00:0c:42:01:02:03"), value("network"));
    assert_eq!(wrong("elder network=10.1.0.0 ip=x mac=00:0c:42:01:02:03"), value("ip"));
    let words = "automatic, all, phones-only or off";
    assert_eq!(wrong("dhcp serve=never"), Some((2, Wrong::Value("serve", words))));
    assert_eq!(wrong("dhcp"), Some((2, Wrong::Missing("serve"))));
    assert!(matches!(wrong(&format!("{good}dhcp serve=all")), Some((4, Wrong::Again { .. }))));
    assert!(matches!(wrong(&format!("{good}{good}")), Some((4, Wrong::Again { .. }))));
    let many: String = (0..=ELDERS_MAX as u8)
        .map(|no| format!("elder network=10.1.{no}.0 ip=10.1.{no}.9 mac=00:0c:42:01:02:03\n"))
        .collect();
    assert_eq!(wrong(&many), Some((2 + ELDERS_MAX, Wrong::EldersFull)));
}
