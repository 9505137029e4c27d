//! Causes that are read off what a phone goes on doing: it is up, and not here.

use super::support::boards;
use super::support::sip::{account, Account, Wish};
use super::support::{from, own_file, Office, PC, PHONE};
use super::{address, at, fetches, going, office, provisioned, stuck, MINUTE_MS};
use exchange::board::Board;
use exchange::cause::Cause;
use exchange::names::InterfaceNo;
use phones::builders::{discover, request_renewing, request_selecting, DhcpDraft};

const NO_FILE: &str = "It has an address but has not asked for its configuration.";
const RESET: &str =
    "Reset the phone to factory settings: provisioning by DHCP is probably switched off in it.";

#[test]
pub(super) fn it_is_up_and_asks_for_nothing() {
    let mut office = office();
    for mac in [PHONE, PC] {
        office.boots(mac);
    }
    office.wait_ms(2 * MINUTE_MS);
    stuck(&office, NO_FILE, RESET);
    office.hears(&request_renewing(PHONE, 9, address(10)));
    office.hears(&request_renewing(PC, 9, address(11)));
    let sentence = "It is up and asks this box for nothing: most likely it is still sent to its \
        maker's redirection service or to another system.";
    let next = "Have it taken off its maker's redirection service and off the other system, then \
        reset it to factory settings.";
    stuck(&office, sentence, next);
    assert_eq!(office.cause(PC), None, "a computer has no reason to ask");
    fetches(&mut office);
}

#[test]
fn a_lease_that_is_renewed_at_once_proves_nothing_yet() {
    let mut office = office();
    office.boots(PHONE);
    office.wait_ms(MINUTE_MS);
    office.hears(&request_renewing(PHONE, 9, address(10)));
    office.wait_ms(2 * MINUTE_MS);
    stuck(&office, NO_FILE, RESET);
}

const ELSEWHERE: &str = "It fetches its configuration here and does not register here: most \
    likely it registers elsewhere.";
const LOOK: &str =
    "Look at the phone's account for the server of another system, then reset it to \
    factory settings.";

#[test]
pub(super) fn it_registers_elsewhere() {
    // It polls for its file, as it is told to, and renews its lease.
    for renews in [true, false] {
        let (mut office, account) = provisioned();
        office.wait_ms(60 * MINUTE_MS);
        match renews {
            true => drop(office.hears(&request_renewing(PHONE, 9, address(10)))),
            false => fetches(&mut office),
        }
        office.wait_ms(3 * MINUTE_MS);
        stuck(&office, ELSEWHERE, LOOK);
        assert_eq!(office.registers(at(), &account, Wish::default()), 200);
        going(&office);
    }
}

#[test]
fn a_phone_that_tries_to_register_here_does_not_register_elsewhere() {
    let (mut office, account) = provisioned();
    office.register(at(), &account, Wish::default(), None);
    office.wait_ms(60 * MINUTE_MS);
    let next = "Restart the phone; if that does not help, reset it to factory settings.";
    stuck(&office, "It has fetched its configuration but has not registered.", next);
    fetches(&mut office);
    office.wait_ms(3 * MINUTE_MS);
    stuck(&office, "It has fetched its configuration but has not registered.", next);
}

#[test]
pub(super) fn it_registers_for_another_domain() {
    let (mut office, account) = provisioned();
    let foreign = Account { login: "4711".into(), password: "x".into() };
    let elsewhere = Wish { domain: "pbx.example", ..Wish::default() };
    assert_eq!(office.registers(at(), &foreign, elsewhere), 404);
    let sentence = "It registers for the domain of another system, not of this box.";
    let next =
        "Reset the phone to factory settings; it still carries the server of another system.";
    stuck(&office, sentence, next);
    assert_eq!(office.registers(at(), &account, Wish::default()), 200);
    going(&office);
}

fn with_voice_vlan() -> Board {
    let mut board = boards::campus();
    for subnet in board.subnets.iter_mut().filter(|subnet| subnet.interface == InterfaceNo(0)) {
        subnet.options = vec![(132, b"20".to_vec())];
    }
    board
}

#[test]
pub(super) fn it_does_not_come_in_its_voice_vlan() {
    let mut office = Office::new(with_voice_vlan);
    for mac in [PHONE, PC] {
        office.boots(mac);
    }
    office.wait_ms(2 * MINUTE_MS - 1);
    going(&office);
    office.wait_ms(1);
    let sentence = "It was told its voice VLAN and has asked for nothing since: most likely that \
        VLAN does not reach this box.";
    let next =
        "Check that the switch lets the voice VLAN through, tagged, from the phone to this box.";
    stuck(&office, sentence, next);
    assert_eq!(office.cause(PC), None, "a computer has no voice VLAN");
    comes_in(&mut office, 3);
    going(&office);
}

/// It looks for an address at the second port, and takes it.
fn comes_in(office: &mut Office, xid: u32) {
    let there = InterfaceNo(2);
    let offer = office.hears_on(there, &discover(PHONE, xid));
    let given = offer.reply().message.yiaddr();
    let server = std::net::Ipv4Addr::new(10, 3, 0, 1);
    office.hears_on(there, &request_selecting(PHONE, xid + 1, server, given));
    let there = exchange::Arrival { interface: there, ..from(given, 5060) };
    let (answer, file) = office.fetch(there, &own_file(PHONE));
    assert!(answer.starts_with("file"), "{answer}");
    assert!(!account(&file, 1).login.is_empty());
}

#[test]
fn a_phone_that_changes_to_its_voice_vlan_has_one_boot_story() {
    let mut office = Office::new(with_voice_vlan);
    office.boots(PHONE);
    office.wait_ms(3_000);
    comes_in(&mut office, 3);
    let story = office.story(PHONE);
    let changed =
        "Goes on with its boot in another network, 10.3.0.0, as phones do that change to \
        their voice VLAN";
    let at = story.iter().position(|step| step == changed);
    let at = at.unwrap_or_else(|| panic!("{story:#?}"));
    assert_eq!(story[at + 1], "Looked for an address (DISCOVER)");
    assert!(story[..at].iter().any(|step| step.starts_with("Was given 10.1.0.10")), "{story:#?}");
    assert_eq!(office.count(exchange::note::Note::TwoPlaces(wire::Mac(PHONE))), 0);
    // Heard at the former place again at once, it is two devices.
    office.hears(&discover(PHONE, 7));
    assert_eq!(office.count(exchange::note::Note::TwoPlaces(wire::Mac(PHONE))), 1);
    // A boot of another day in another network is a boot of its own.
    office.wait_ms(60 * MINUTE_MS);
    office.hears_on(InterfaceNo(2), &discover(PHONE, 9));
    assert_eq!(office.story(PHONE).iter().filter(|step| *step == changed).count(), 1);
}

#[test]
pub(super) fn it_speaks_another_protocol() {
    type More = fn(DhcpDraft) -> DhcpDraft;
    let says: [(More, &str); 4] = [
        (|draft| draft.option(60, b"alcatel.noe.0"), "Alcatel's NOE"),
        (|draft| draft.option(60, b"ipphone.mitel.com"), "Mitel's MiNET"),
        (|draft| draft.option(60, b"Nortel-i2004-A\0"), "Nortel's UNIStim"),
        (|draft| draft.option(60, b"ShoreTel IP Phone"), "ShoreTel's MGCP"),
    ];
    for (class, name) in says {
        let mut office = office();
        let at = from(office.boots_as(PC, class), 1);
        let said = || format!("Said that it speaks {name} (vendor class)");
        assert_eq!(office.story(PC).last(), Some(&said()));
        // At once, and whatever it asks for later.
        for name in ["lanpbx.cfg", "nonsense.bin"] {
            let cause = office.cause(PC).expect("a cause");
            assert!(matches!(cause, Cause::OtherProtocol(_)), "{cause}");
            assert!(cause.next_step().ends_with('.') && cause.next_step().len() > 40);
            office.fetch(at, name);
            office.wait_ms(3 * MINUTE_MS);
        }
        assert!(matches!(office.cause(PC), Some(Cause::OtherProtocol(_))));
        // With SIP firmware it says something else, and is a phone as any other.
        office.boots_as(PC, |draft| draft.option(60, b"alcatel.sip.0"));
        assert_eq!(office.cause(PC), None);
    }
}
