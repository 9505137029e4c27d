//! Being found by name: who asks is told, who has the name already keeps it, and nothing of it
//! leaves the LAN.

mod support;

use exchange::names::{InterfaceNo, Side};
use exchange::{Arrival, Line, Neighbour, To};
use std::net::{Ipv4Addr, SocketAddrV4};
use support::{address, boards, Heard, Office, SERVER};
use wire::mdns::{write_answer, write_probe, Manner, Message, A, GROUP, WRITTEN_MAX};

const HOST: &str = "dialtone";

/// An office whose box has been told to be found, and what it said at once.
/// The name under which the box is found, as the System page says it.
fn name(office: &Office) -> Option<String> {
    office.exchange.box_view(office.now()).name
}

fn office() -> Office {
    let mut office = Office::new(boards::probing);
    let now = office.now();
    office.exchange.be_found(now, HOST);
    office
}

/// The same after its name has become known.
fn known() -> Office {
    let mut office = office();
    for _ in 0..8 {
        office.after_ms(500);
    }
    assert_eq!(name(&office).as_deref(), Some(HOST));
    office
}

fn at(last: u8, port: u16) -> Arrival {
    support::from(address(last), port)
}

/// What was said by multicast DNS: to whom, whether it answers, and which host it names.
fn said(heard: &Heard) -> Vec<(SocketAddrV4, bool, &'static str)> {
    let ours = heard.sent.iter().filter(|(departure, _)| departure.line == Line::Mdns);
    let read = ours.map(|(departure, _)| {
        let To::Address(to) = departure.to else { panic!("sent to {:?}", departure.to) };
        let Ok(message) = Message::parse(&departure.bytes) else { panic!("malformed") };
        let named = ["dialtone", "dialtone-2", "dialtone-3"]
            .into_iter()
            .find(|host| message.records().any(|it| it.kind == A && it.name.is_host(host)));
        assert!(message.records().all(|it| it.kind != A || it.data == SERVER.octets()));
        (to, message.response, named.unwrap_or("nothing"))
    });
    read.collect()
}

fn everybody() -> SocketAddrV4 {
    SocketAddrV4::new(GROUP, 5353)
}

fn query(host: &str, class: u16) -> Vec<u8> {
    let mut bytes = vec![0, 9, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, host.len() as u8];
    bytes.extend_from_slice(host.as_bytes());
    bytes.extend_from_slice(b"\x05local\x00\x00\x01");
    bytes.extend_from_slice(&class.to_be_bytes());
    bytes
}

fn answer(host: &str, from: Ipv4Addr) -> Vec<u8> {
    let mut buffer = [0; WRITTEN_MAX];
    let written = write_answer(&mut buffer, Manner::Multicast, host, from);
    written.map_or_else(|| panic!("{host} is too long"), <[u8]>::to_vec)
}

#[test]
fn a_name_is_asked_for_three_times_then_told_twice() {
    let mut office = office();
    let probe = (everybody(), false, "dialtone");
    assert_eq!(said(&office.tick()), [probe]);
    assert_eq!(said(&office.after_ms(249)), []);
    assert_eq!(said(&office.after_ms(1)), [probe]);
    assert_eq!(said(&office.after_ms(250)), [probe]);
    assert_eq!(name(&office), None);
    let told = (everybody(), true, "dialtone");
    assert_eq!(said(&office.after_ms(250)), [told]);
    assert_eq!(said(&office.after_ms(1_000)), [told]);
    assert_eq!(said(&office.after_ms(60_000)), []);
}

#[test]
fn who_asks_is_told_and_who_knows_is_not() {
    let mut office = known();
    let told = (everybody(), true, "dialtone");
    let ask =
        |office: &mut Office, bytes: &[u8]| said(&office.datagram(at(50, 5353), Line::Mdns, bytes));
    assert_eq!(ask(&mut office, &query(HOST, 1)), [told]);
    assert_eq!(ask(&mut office, &query(HOST, 1)), [], "once a second");
    office.wait_ms(1_000);
    assert_eq!(ask(&mut office, &query("DialTone", 1)), [told]);
    office.wait_ms(1_000);
    assert_eq!(ask(&mut office, &query("printer", 1)), []);
    let mut knows = query(HOST, 1);
    knows[7] = 1;
    knows.extend_from_slice(&[0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4]);
    knows.extend_from_slice(&SERVER.octets());
    assert_eq!(ask(&mut office, &knows), [], "half of its time is left");
    let to = SocketAddrV4::new(address(50), 5353);
    assert_eq!(ask(&mut office, &query(HOST, 0x8001)), [(to, true, "dialtone")], "by unicast");
    let old = said(&office.datagram(at(50, 40_000), Line::Mdns, &query(HOST, 1)));
    assert_eq!(old, [(SocketAddrV4::new(address(50), 40_000), true, "dialtone")]);
}

#[test]
fn who_has_the_name_already_keeps_it() {
    let mut office = office();
    office.tick();
    office.datagram(at(50, 5353), Line::Mdns, &answer(HOST, address(50)));
    assert_eq!(said(&office.tick()), [(everybody(), false, "dialtone-2")]);
    for _ in 0..8 {
        office.after_ms(500);
    }
    assert_eq!(name(&office).as_deref(), Some("dialtone-2"));
    let asked = office.datagram(at(51, 40_000), Line::Mdns, &query("dialtone-2", 1));
    assert_eq!(said(&asked).len(), 1);
}

#[test]
fn a_name_that_is_known_is_given_up_only_when_its_other_owner_says_so_twice() {
    let mut office = known();
    office.datagram(at(50, 5353), Line::Mdns, &answer(HOST, address(50)));
    assert_eq!(said(&office.tick()), [(everybody(), false, "dialtone")], "it asks again");
    office.datagram(at(50, 5353), Line::Mdns, &answer(HOST, address(50)));
    assert_eq!(said(&office.tick()), [(everybody(), false, "dialtone-2")]);
}

#[test]
fn of_two_that_want_one_name_at_once_the_larger_address_wins() {
    let probe = |address: Ipv4Addr| {
        let mut buffer = [0; WRITTEN_MAX];
        write_probe(&mut buffer, HOST, address).unwrap().to_vec()
    };
    let mut office = office();
    office.tick();
    office.datagram(at(200, 5353), Line::Mdns, &probe(address(200)));
    assert_eq!(said(&office.after_ms(250)), [], "it waits a second");
    assert_eq!(said(&office.after_ms(750)), [(everybody(), false, "dialtone")]);
    office.datagram(at(200, 5353), Line::Mdns, &probe(Ipv4Addr::new(10, 0, 0, 1)));
    assert_eq!(said(&office.after_ms(250)), [(everybody(), false, "dialtone")], "it is larger");
}

#[test]
fn nobody_beyond_the_lan_is_told_and_nobody_there_can_take_the_name() {
    let mut office = known();
    let wan = Arrival {
        side: Side::Wan,
        interface: InterfaceNo(0),
        from: SocketAddrV4::new(Ipv4Addr::new(203, 0, 113, 9), 5353),
        neighbour: Neighbour::Unknown,
    };
    let routed = Arrival { side: Side::Lan, ..wan };
    for arrival in [wan, routed] {
        for bytes in [query(HOST, 1), answer(HOST, Ipv4Addr::new(203, 0, 113, 9))] {
            let heard = office.datagram(arrival, Line::Mdns, &bytes);
            assert_eq!(said(&heard), []);
            assert_eq!(said(&office.tick()), []);
        }
    }
    let high = office.datagram(at(50, 9), Line::Mdns, &answer(HOST, address(50)));
    assert_eq!(said(&high), [], "an answer from another port is nobody's");
    assert_eq!(said(&office.tick()), []);
}

#[test]
fn somebody_who_takes_every_name_silences_it_for_good() {
    let mut office = office();
    for number in 1..=30 {
        office.after_ms(100);
        let name = if number == 1 { HOST.to_owned() } else { format!("{HOST}-{number}") };
        office.datagram(at(50, 5353), Line::Mdns, &answer(&name, address(50)));
    }
    assert_eq!(name(&office), None);
    assert_eq!(said(&office.after_ms(10_000)), []);
    let now = office.now().mono;
    assert!(office.exchange.next_deadline(now) > now, "and it does not wake for it");
}
