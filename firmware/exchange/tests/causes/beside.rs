//! Causes that come of whom the box answers by DHCP.

use super::support::{Office, PHONE};
use super::{boards, going, stuck};
use exchange::beside::Serving;
use exchange::command::Command;
use exchange::names::Text;
use phones::builders::discover;
use wire::Mac;

fn choose(office: &mut Office, serving: Serving) {
    assert!(office.command(Command::ChooseServing(serving)).is_ok());
}

/// A device of which nothing tells that it is a phone.
const STRANGE: [u8; 6] = [0x02, 0, 0, 0, 0, 7];

#[test]
pub(super) fn it_is_not_taken_for_a_phone() {
    let mut office = Office::new(boards::plain);
    choose(&mut office, Serving::PhonesOnly);
    office.hears(&discover(STRANGE, 1)).answers([]);
    let device = office.exchange.device(office.now(), Mac(STRANGE)).unwrap();
    let step = device.story.last().unwrap().1.to_string();
    let said = "Got no offer: It is not recognised as a phone, and only phones get addresses from \
        this box.";
    assert_eq!(step, said);
    // In the list it is one of many computers, with which nothing is wrong.
    assert_eq!(device.stranger.unwrap().cause, None);
    let mac = Mac(STRANGE);
    let added = Command::AddHandset { mac, extension: None, name: Text::new() };
    assert!(office.command(added).is_ok());
    office.boots(STRANGE);
}

#[test]
pub(super) fn dhcp_is_off() {
    let mut office = Office::new(boards::plain);
    choose(&mut office, Serving::Off);
    office.discovers(PHONE).answers([]);
    let next = "See that the other DHCP server answers it, with the options that the page DHCP \
        names.";
    stuck(&office, "It asks for an address, and DHCP is off on this box.", next);
    choose(&mut office, Serving::Automatic);
    office.boots(PHONE);
    going(&office);
}
