//! Every cause a phone can be stuck for, made with real packets: the sentence, the next step, and
//! that it goes away once what the next step says was done.

#[path = "causes/beside.rs"]
mod beside;
#[path = "causes/elsewhere.rs"]
mod elsewhere;
#[path = "causes/remote.rs"]
mod remote;
#[path = "causes/secured.rs"]
mod secured;
mod support;

use exchange::cause::Cause;
use exchange::command::Command;
use exchange::limits::{HANDSETS_MAX, STRANGER_RECORDS_BURST};
use exchange::names::{InterfaceNo, Side, Text};
use exchange::Line;
use phones::builders::{decline, discover, request, request_init_reboot, request_selecting};
use std::net::Ipv4Addr;
use support::files::{Broken, Plain};
use support::sip::{account, subscribe, Account, Wish};
use support::{
    address, boards, from, from_neighbour, own_file, Office, PC, PHONE, PHONE_2, SERVER,
};

const MINUTE_MS: u64 = 60_000;

/// What a page prints about the phone.
#[track_caller]
fn stuck(office: &Office, sentence: &str, next: &str) {
    let Some(cause) = office.cause(PHONE) else {
        panic!("it is not stuck; its story: {:#?}", office.story(PHONE));
    };
    assert_eq!((cause.to_string().as_str(), cause.next_step()), (sentence, next));
}

#[track_caller]
fn going(office: &Office) {
    assert_eq!(office.cause(PHONE), None, "{:#?}", office.story(PHONE));
}

fn office() -> Office {
    Office::new(boards::plain)
}

fn at() -> exchange::Arrival {
    from(address(10), 5060)
}

/// The phone has its lease and its file.
fn provisioned() -> (Office, Account) {
    let mut office = office();
    office.boots(PHONE);
    let (answer, file) = office.fetch(at(), &own_file(PHONE));
    assert!(answer.starts_with("file"), "{answer}");
    (office, account(&file, 1))
}

fn fetches(office: &mut Office) {
    let (answer, _) = office.fetch(at(), &own_file(PHONE));
    assert!(answer.starts_with("file"), "{answer}");
    going(office);
}

#[test]
fn creation_closed_on_the_lan() {
    let mut office = office();
    office.command(Command::AllowCreation { side: Side::Lan, open: false }).unwrap();
    office.boots(PHONE);
    office.fetch(at(), &own_file(PHONE));
    let sentence = "New phones on the LAN are not taken in at present.";
    let next = "Add it as a handset here, or let new phones in on the page Servers > VoIP.";
    stuck(&office, sentence, next);
    let added = Command::AddHandset { mac: wire::Mac(PHONE), extension: None, name: Text::new() };
    office.command(added).unwrap();
    fetches(&mut office);
}

#[test]
fn creation_closed_and_the_phone_was_not_even_told_where_to_ask() {
    let mut office = office();
    office.command(Command::AllowCreation { side: Side::Lan, open: false }).unwrap();
    office.boots(PHONE);
    office.after_ms(2 * MINUTE_MS);
    let sentence = "New phones on the LAN are not taken in at present.";
    let next = "Add it as a handset here, or let new phones in on the page Servers > VoIP.";
    stuck(&office, sentence, next);
    let asks = subscribe(at(), PHONE);
    office.datagram(at(), Line::SipMulticast, asks.as_bytes());
    stuck(&office, sentence, next);
    office.command(Command::AllowCreation { side: Side::Lan, open: true }).unwrap();
    fetches(&mut office);
}

#[test]
fn the_offer_is_not_taken() {
    let mut office = office();
    office.discovers(PHONE);
    office.wait_ms(29_999);
    going(&office);
    office.wait_ms(1);
    let sentence = "It asks for an address, is offered one, and does not take it.";
    let next =
        "Check that the switch port lets answers through: VLAN, port security, DHCP snooping.";
    stuck(&office, sentence, next);
    office.boots(PHONE);
    going(&office);
}

#[test]
fn another_dhcp_server_was_quicker() {
    let mut office = office();
    office.discovers(PHONE);
    office.hears(&request_selecting(PHONE, 2, address(9), address(90)));
    let sentence = "It took its address from another DHCP server, 10.1.0.9.";
    let next =
        "Switch the other server off, or let it hand out the address of this box in option 66.";
    stuck(&office, sentence, next);
    office.boots(PHONE);
    going(&office);
}

#[test]
fn the_pool_is_full() {
    let mut office = Office::new(boards::small);
    for no in 0..4 {
        office.boots([2, 0, 0, 0, 0, no]);
    }
    office.discovers(PHONE).answers([]);
    let sentence = "There is no free address left for it.";
    let next =
        "Give this network a larger pool in the configuration file, or remove devices from it.";
    stuck(&office, sentence, next);
    office.after_ms(8 * 60 * MINUTE_MS);
    office.boots(PHONE);
    going(&office);
}

#[test]
fn the_address_is_in_use() {
    let mut office = office();
    office.boots(PHONE);
    office.hears(&decline(PHONE, 3, SERVER, address(10)));
    let sentence = "Another device uses the address 10.1.0.10 it was given.";
    let next = "Find the device with this fixed address and move it out of the pool; the phone gets another one.";
    stuck(&office, sentence, next);
    assert_eq!(office.boots(PHONE), address(11));
    going(&office);
}

#[test]
fn it_comes_from_another_network() {
    let mut office = office();
    let former = Ipv4Addr::new(192, 168, 1, 20);
    office.hears(&request_init_reboot(PHONE, 2, former)).answers(["NAK to all"]);
    let sentence = "It asked to keep 192.168.1.20, which is not its own here.";
    let next =
        "Restart the phone; it comes from another network or another server and will ask anew.";
    stuck(&office, sentence, next);
    office.boots(PHONE);
    going(&office);
}

#[test]
fn it_asks_for_nothing() {
    let mut office = office();
    office.boots(PHONE);
    office.wait_ms(2 * MINUTE_MS - 1);
    going(&office);
    office.wait_ms(1);
    let sentence = "It has an address but has not asked for its configuration.";
    let next =
        "Reset the phone to factory settings: provisioning by DHCP is probably switched off in it.";
    stuck(&office, sentence, next);
    fetches(&mut office);
    office.boots(PC);
    office.wait_ms(60 * MINUTE_MS);
    assert_eq!(office.cause(PC), None, "a computer has no reason to ask");
}

#[test]
fn it_was_told_by_plug_and_play_and_does_not_come() {
    let mut office = office();
    let told = office.datagram(at(), Line::SipMulticast, subscribe(at(), PHONE).as_bytes());
    assert_eq!(told.sent.len(), 2, "200 and NOTIFY");
    going(&office);
    office.wait_ms(2 * MINUTE_MS);
    let sentence =
        "It was told by Plug-and-Play where its configuration is, and has not fetched it.";
    let next = "Check that the phone can reach this box by HTTP, then restart it.";
    stuck(&office, sentence, next);
    office.boots(PHONE);
    fetches(&mut office);
}

#[test]
fn it_asks_for_files_that_nobody_knows() {
    let mut office = office();
    office.boots(PHONE);
    office.fetch(at(), "some/thing.else");
    office.wait_ms(MINUTE_MS);
    let sentence = "It asks for files that no phone in the catalogue uses.";
    let next = "Look at the names it asks for in the steps below; the maker or model is not in the catalogue yet.";
    stuck(&office, sentence, next);
    fetches(&mut office);
}

#[test]
fn it_asks_from_an_address_that_is_not_its_lease() {
    let mut office = office();
    office.boots(PHONE);
    office.fetch(from(address(40), 1), &own_file(PHONE));
    let sentence = "It asked for its configuration from an address that is not its own lease.";
    let next = "Set the phone to DHCP, or plug it into the office network itself, and restart it.";
    stuck(&office, sentence, next);
    office.boots(PHONE);
    fetches(&mut office);
}

#[test]
fn it_asks_for_the_file_of_another() {
    let mut office = office();
    office.boots(PHONE);
    office.fetch(at(), &own_file(PHONE_2));
    let sentence = "It asked for the configuration of another phone.";
    let next =
        "Check the provisioning address typed into this phone; it names another phone's file.";
    stuck(&office, sentence, next);
    fetches(&mut office);
}

#[test]
fn two_devices_use_its_hardware_address() {
    let sentence = "Two devices use its hardware address at once.";
    let next = "Unplug one of the two devices; if both stay, somebody may be copying this phone.";
    let mut office = Office::new(boards::campus);
    office.discovers(PHONE);
    office.wait_ms(1_000);
    // Once elsewhere is a phone that changes to its voice VLAN; and back again is not.
    let heard = office.hears_on(InterfaceNo(2), &discover(PHONE, 9));
    assert_eq!(heard.notes, []);
    office.wait_ms(1_000);
    let heard = office.discovers(PHONE);
    assert!(heard.notes.contains(&exchange::note::Note::TwoPlaces(wire::Mac(PHONE))));
    assert!(office.story(PHONE).contains(&"Its hardware address was heard from two places".into()));
    // By Plug-and-Play a phone says itself which one it is.
    let mut office = Office::new(boards::plain);
    office.boots(PHONE);
    let somebody = from_neighbour(address(10), 5_060, PC);
    office.datagram(somebody, Line::SipMulticast, subscribe(somebody, PHONE).as_bytes());
    stuck(&office, sentence, next);
    fetches(&mut office);
}

#[test]
fn another_device_uses_its_address() {
    let sentence = "Another device uses the address 10.1.0.10 it was given.";
    let next =
        "Find the device with this fixed address and move it out of the pool; the phone gets \
        another one.";
    let mut office = office();
    office.boots(PHONE);
    office.fetch(from_neighbour(address(10), 1, PC), "y000000000000.cfg");
    stuck(&office, sentence, next);
    fetches(&mut office);
}

#[test]
fn the_transfer_stopped_half_way() {
    let mut office = office();
    office.boots(PHONE);
    office.datagram(at(), Line::Tftp, &request(1, &own_file(PHONE), "octet", &[]));
    for _ in 0..30 {
        office.after_ms(1_000);
    }
    let sentence = "It stopped answering in the middle of fetching its configuration.";
    let next =
        "Check the cable and any firewall between the phone and this box, then restart the phone.";
    stuck(&office, sentence, next);
    fetches(&mut office);
}

#[test]
fn its_file_cannot_be_made() {
    let mut office = Office::with_render(boards::plain, || Box::new(Broken));
    office.boots(PHONE);
    assert_eq!(office.fetch(at(), &own_file(PHONE)).0, "unavailable");
    let sentence = "Its configuration could not be made.";
    stuck(&office, sentence, "Tell whoever looks after this box; the log names the template.");
    let facts: Vec<_> = office.facts.clone();
    let mut mended = Office::with_render(boards::plain, || Box::new(Plain));
    mended.facts = facts;
    mended.restart();
    mended.boots(PHONE);
    fetches(&mut mended);
}

#[test]
fn it_has_its_file_and_does_not_register() {
    let (mut office, account) = provisioned();
    office.wait_ms(3 * MINUTE_MS - 1);
    going(&office);
    office.wait_ms(1);
    let sentence = "It has fetched its configuration but has not registered.";
    let next = "Restart the phone; if that does not help, reset it to factory settings.";
    stuck(&office, sentence, next);
    office.fetch(at(), "y000000000000.cfg");
    office.wait_ms(MINUTE_MS);
    stuck(&office, sentence, next);
    assert_eq!(office.registers(at(), &account, Wish::default()), 200);
    going(&office);
}

#[test]
fn it_was_challenged_and_does_not_answer() {
    let (mut office, account) = provisioned();
    office.register(at(), &account, Wish::default(), None);
    office.wait_ms(MINUTE_MS);
    let sentence = "It has fetched its configuration but has not registered.";
    let next = "Restart the phone; if that does not help, reset it to factory settings.";
    stuck(&office, sentence, next);
    assert_eq!(office.registers(at(), &account, Wish::default()), 200);
    going(&office);
}

#[test]
fn its_password_is_wrong() {
    let (mut office, account) = provisioned();
    let wrong = Account { password: "guessed".into(), ..account.clone() };
    assert_eq!(office.registers(at(), &wrong, Wish::default()), 401);
    let next = "Restart the phone so that it fetches its file again; if that does not help, reset it to factory settings.";
    stuck(&office, "It registers with a wrong password.", next);
    fetches(&mut office);
    assert_eq!(office.registers(at(), &account, Wish::default()), 200);
    going(&office);
}

#[test]
fn its_account_is_of_another_system() {
    let (mut office, account) = provisioned();
    let sentence = "It registers with an account that this box did not give it.";
    let next = "Reset the phone to factory settings; it still carries accounts of another system.";
    let foreign = Account { login: "4711".into(), password: "x".into() };
    assert_eq!(office.registers(at(), &foreign, Wish::default()), 401);
    stuck(&office, sentence, next);
    fetches(&mut office);
    assert_eq!(office.registers(at(), &account, Wish::default()), 200);
    going(&office);
}

#[test]
fn it_insists_on_registering_too_often() {
    let (mut office, account) = provisioned();
    let brief = Wish { expires_s: 30, ..Wish::default() };
    assert_eq!(office.registers(at(), &account, brief), 423);
    let sentence = "It insists on registering more often than this box allows.";
    let next = "Set the phone's registration interval to at least 60 seconds, or let it fetch its file again.";
    stuck(&office, sentence, next);
    let longer = Wish { expires_s: 60, ..Wish::default() };
    assert_eq!(office.registers(at(), &account, longer), 200);
    going(&office);
}

#[test]
fn its_registration_ran_out() {
    let (mut office, account) = provisioned();
    office.registers(at(), &account, Wish { expires_s: 60, ..Wish::default() });
    office.after_ms(61_000);
    let sentence = "It was registered and has stopped renewing its registration.";
    let next = "Check the phone's power and cable; it has not been heard of.";
    stuck(&office, sentence, next);
    office.hears(&phones::builders::request_renewing(PHONE, 9, address(10)));
    office.wait_ms(10 * MINUTE_MS);
    stuck(&office, sentence, next);
    assert_eq!(office.registers(at(), &account, Wish::default()), 200);
    going(&office);
}

#[test]
fn it_gave_up_its_registration_by_itself() {
    let (mut office, account) = provisioned();
    office.registers(at(), &account, Wish::default());
    office.registers(at(), &account, Wish { expires_s: 0, ..Wish::default() });
    let sentence = "It has ended its registration by itself.";
    stuck(&office, sentence, "Switch the account on again at the phone, or restart it.");
    assert_eq!(office.registers(at(), &account, Wish::default()), 200);
    going(&office);
}

#[test]
fn there_is_no_room_for_another_handset() {
    let mut office = office();
    for no in 0..HANDSETS_MAX as u32 {
        let [_, a, b, c] = no.to_be_bytes();
        let mac = wire::Mac([2, 0, 0, a, b, c]);
        office.command(Command::AddHandset { mac, extension: None, name: Text::new() }).unwrap();
    }
    office.boots(PHONE);
    assert_eq!(office.fetch(at(), &own_file(PHONE)).0, "forbidden");
    let sentence = "There is no room for another handset.";
    stuck(&office, sentence, "Delete handsets that are no longer used.");
    let first = office.handset([2, 0, 0, 0, 0, 0]).handset;
    office.command(Command::DeleteHandset { handset: first }).unwrap();
    fetches(&mut office);
}

#[test]
fn nothing_new_can_be_stored() {
    let mut office = office();
    office.boots(PHONE);
    office.exchange.set_read_only();
    assert_eq!(office.fetch(at(), &own_file(PHONE)).0, "forbidden");
    let sentence = "It cannot be taken in because nothing new can be stored.";
    stuck(&office, sentence, "Tell whoever looks after this box; its flash memory is damaged.");
    office.restart();
    office.boots(PHONE);
    fetches(&mut office);
}

#[test]
fn too_many_strangers_came() {
    let mut office = Office::new(boards::wide);
    for no in 0..STRANGER_RECORDS_BURST {
        let [_, _, high, low] = no.to_be_bytes();
        office.boots([2, 0, 0, 1, high, low]);
    }
    let address = office.boots(PHONE);
    assert_eq!(office.fetch(from(address, 1), &own_file(PHONE)).0, "forbidden");
    let sentence = "So many unknown devices came that new phones are taken in slowly.";
    stuck(&office, sentence, "Add it as a handset here, or restart it in an hour.");
}

#[test]
fn a_box_that_was_restarted_does_not_accuse_a_phone_that_renews() {
    let (mut office, account) = provisioned();
    office.registers(at(), &account, Wish::default());
    office.restart();
    office.hears(&phones::builders::request_renewing(PHONE, 9, address(10)));
    office.wait_ms(10 * MINUTE_MS);
    going(&office);
}

/// Which test makes each cause. A cause without one does not compile.
fn made_by(cause: Cause) -> fn() {
    match cause {
        Cause::CreationClosed(Side::Lan | Side::Wan) => creation_closed_on_the_lan,
        Cause::OfferNotTaken => the_offer_is_not_taken,
        Cause::OtherDhcpServer(_) => another_dhcp_server_was_quicker,
        Cause::PoolFull => the_pool_is_full,
        Cause::AddressInUse(_) => the_address_is_in_use,
        Cause::NotItsAddress(_) => it_comes_from_another_network,
        Cause::AsksNothing => it_asks_for_nothing,
        Cause::PnpNotFetched => it_was_told_by_plug_and_play_and_does_not_come,
        Cause::UnknownFile => it_asks_for_files_that_nobody_knows,
        Cause::NotItsLease => it_asks_from_an_address_that_is_not_its_lease,
        Cause::FileOfAnother => it_asks_for_the_file_of_another,
        Cause::TwoPlaces => two_devices_use_its_hardware_address,
        Cause::WanFetch => remote::it_asks_from_the_wan,
        Cause::TransferLost => the_transfer_stopped_half_way,
        Cause::FileNotMade => its_file_cannot_be_made,
        Cause::NeverRegistered => it_has_its_file_and_does_not_register,
        Cause::WrongPassword => its_password_is_wrong,
        Cause::UnknownAccount => its_account_is_of_another_system,
        Cause::TooBrief => it_insists_on_registering_too_often,
        Cause::RegistrationLost => its_registration_ran_out,
        Cause::Unregistered => it_gave_up_its_registration_by_itself,
        Cause::HandsetsFull => there_is_no_room_for_another_handset,
        Cause::StrangersCapped => too_many_strangers_came,
        Cause::NotStored => nothing_new_can_be_stored,
        Cause::GoesElsewhere => elsewhere::it_is_up_and_asks_for_nothing,
        Cause::RegistersElsewhere => elsewhere::it_registers_elsewhere,
        Cause::OtherDomain => elsewhere::it_registers_for_another_domain,
        Cause::NotInVoiceVlan => elsewhere::it_does_not_come_in_its_voice_vlan,
        Cause::OtherProtocol(_) => elsewhere::it_speaks_another_protocol,
        Cause::SpeaksTls => secured::it_speaks_tls_to_a_port_that_has_none,
        Cause::TooOldForTls(_) => secured::its_tls_is_too_old,
        Cause::TlsTooWeak => secured::its_ciphers_are_too_weak,
        Cause::CertificateRefused => secured::it_refuses_a_certificate,
        Cause::TimeUnset => secured::it_has_not_got_the_time,
        Cause::WrongPhonePassword => secured::it_wants_a_password_to_obey,
        Cause::NoPhoneForDhcp => beside::it_is_not_taken_for_a_phone,
        Cause::DhcpOff => beside::dhcp_is_off,
        Cause::Banned => remote::it_is_banned,
        Cause::NotRemote => remote::it_is_a_handset_of_the_lan,
        Cause::WrongKey => remote::it_has_not_the_right_key,
        Cause::ClaimedAlready => remote::it_has_had_its_file_already,
    }
}

#[test]
fn a_cause_is_made_by_the_test_that_is_named_for_it() {
    made_by(Cause::PoolFull)();
}
