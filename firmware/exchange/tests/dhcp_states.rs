//! What a client in each state of RFC 2131 is told, and where the telling goes.
//!
//! Requests are built by `phones`, replies read by `dhcproto`. Nothing here is probed first; that
//! is `dhcp_probe.rs`.

mod support;

use exchange::names::{InterfaceNo, Side};
use exchange::note::Note;
use exchange::{Line, Neighbour};
use phones::builders::{
    decline, discover, inform, release, request_init_reboot, request_renewing, request_selecting,
    DhcpDraft,
};
use std::net::Ipv4Addr;
use support::{address, boards, Office, PC, PHONE, PHONE_2, SERVER};

const OTHER_SERVER: Ipv4Addr = Ipv4Addr::new(10, 1, 0, 9);
const RELAY: Ipv4Addr = Ipv4Addr::new(10, 2, 0, 1);
const DAY_S: u32 = 24 * 3600;

fn office() -> Office {
    Office::new(boards::plain)
}

#[test]
fn a_newcomer_is_offered_an_address_and_given_it() {
    let mut office = office();
    let offered = office.hears(&discover(PHONE, 1));
    offered.answers(["OFFER 10.1.0.10 to 00:15:65:00:00:01 as 10.1.0.10:68"]);
    assert_eq!(offered.facts(), Vec::<&str>::new());
    let taken = office.hears(&request_selecting(PHONE, 2, SERVER, address(10)));
    taken.answers(["ACK 10.1.0.10 to 00:15:65:00:00:01 as 10.1.0.10:68"]);
    assert_eq!(taken.facts(), ["AddressGiven"]);
    let [(_, after)] = taken.sent.as_slice() else { panic!("one message") };
    assert_eq!(after.0, 1, "the ACK waits for its record");
}

#[test]
fn an_offer_repeated_is_the_same_address_and_kept_for_another_minute() {
    let mut office = office();
    office.discovers(PHONE).answers(["OFFER 10.1.0.10 to 00:15:65:00:00:01 as 10.1.0.10:68"]);
    office.discovers(PC).answers(["OFFER 10.1.0.11 to 3c:97:0e:00:00:01 as 10.1.0.11:68"]);
    office.wait_ms(55_000);
    office.discovers(PHONE).answers(["OFFER 10.1.0.10 to 00:15:65:00:00:01 as 10.1.0.10:68"]);
    office.wait_ms(55_000);
    let late = office.hears(&request_selecting(PHONE, 2, SERVER, address(10)));
    assert_eq!(late.reply().kind, "ACK");
}

#[test]
fn the_address_asked_for_is_given_if_it_is_free() {
    let mut office = office();
    let wanting = |mac, last: u8| discover(mac, 1).option(50, &address(last).octets());
    assert_eq!(office.hears(&wanting(PHONE, 33)).reply().message.yiaddr(), address(33));
    assert_eq!(office.hears(&wanting(PHONE_2, 33)).reply().message.yiaddr(), address(10));
    assert_eq!(office.hears(&wanting(PC, 200)).reply().message.yiaddr(), address(11));
    let own = discover([2, 0, 0, 0, 0, 1], 1).option(50, &SERVER.octets());
    assert_eq!(office.hears(&own).reply().message.yiaddr(), address(12));
}

/// Whose address a client asks for.
fn asked() -> [(&'static str, Ipv4Addr); 4] {
    [
        ("its own", address(10)),
        ("another's", address(11)),
        ("nobody's", address(40)),
        ("of another network", Ipv4Addr::new(192, 168, 7, 20)),
    ]
}

/// PHONE has .10 and PC has .11.
fn settled() -> Office {
    let mut office = office();
    assert_eq!((office.boots(PHONE), office.boots(PC)), (address(10), address(11)));
    office
}

#[test]
fn every_state_of_a_client_we_know_gets_its_answer() {
    let direct = "ACK 10.1.0.10 to 00:15:65:00:00:01 as 10.1.0.10:68";
    let renewed = "ACK 10.1.0.10 to 10.1.0.10:68";
    let nak = "NAK to all";
    let table: [(&str, [&str; 4]); 4] = [
        ("SELECTING", [direct, nak, nak, nak]),
        ("SELECTING another", ["", "", "", ""]),
        ("INIT-REBOOT", [direct, nak, nak, nak]),
        // RENEWING and REBINDING differ only in how the datagram came.
        ("RENEWING", [renewed, nak, nak, nak]),
    ];
    for (state, expected) in table {
        for ((whose, address), expected) in asked().into_iter().zip(expected) {
            let mut office = settled();
            let said = office.hears(&in_state(state, PHONE, address)).says().join(",");
            assert_eq!(said, expected, "{state}, {whose}");
        }
    }
}

#[test]
fn every_state_of_a_client_we_do_not_know_gets_its_answer() {
    let nak = "NAK to all";
    let table: [(&str, [&str; 4]); 4] = [
        ("SELECTING", [nak, nak, nak, nak]),
        ("SELECTING another", ["", "", "", ""]),
        // RFC 2131 4.3.2: no record of this client: silent, unless it is on the wrong network.
        ("INIT-REBOOT", ["", "", "", nak]),
        ("RENEWING", [nak, nak, "", ""]),
    ];
    for (state, expected) in table {
        for ((whose, address), expected) in asked().into_iter().zip(expected) {
            let mut office = settled();
            let said = office.hears(&in_state(state, PHONE_2, address)).says().join(",");
            assert_eq!(said, expected, "{state}, {whose}");
        }
    }
}

fn in_state(state: &str, mac: [u8; 6], address: Ipv4Addr) -> DhcpDraft {
    match state {
        "SELECTING" => request_selecting(mac, 9, SERVER, address),
        "SELECTING another" => request_selecting(mac, 9, OTHER_SERVER, address),
        "INIT-REBOOT" => request_init_reboot(mac, 9, address),
        _renewing => request_renewing(mac, 9, address),
    }
}

#[test]
fn a_request_that_names_nothing_is_not_answered() {
    let mut office = settled();
    office.hears(&DhcpDraft::new(3, PHONE, 9)).answers([]);
    office.hears(&DhcpDraft::new(3, PHONE, 9).option(54, &SERVER.octets())).answers([]);
    for kind in [2, 5, 6] {
        office.hears(&DhcpDraft::new(kind, PHONE, 9)).answers([]);
    }
}

#[test]
fn an_offer_goes_where_the_client_can_hear_it() {
    let mut office = settled();
    office.hears(&discover(PHONE, 1).broadcast()).answers(["OFFER 10.1.0.10 to all"]);
    let with_address = DhcpDraft { ciaddr: address(10), ..discover(PHONE, 1) };
    office.hears(&with_address).answers(["OFFER 10.1.0.10 to 10.1.0.10:68"]);
    let with_both = DhcpDraft { ciaddr: address(10), ..discover(PHONE, 1).broadcast() };
    office.hears(&with_both).answers(["OFFER 10.1.0.10 to 10.1.0.10:68"]);
}

#[test]
fn a_nak_is_broadcast_even_to_a_client_with_an_address() {
    let mut office = settled();
    let wrong = request_renewing(PHONE_2, 1, address(10));
    let heard = office.hears(&wrong);
    heard.answers(["NAK to all"]);
    let nak = heard.reply();
    assert_eq!(nak.codes(), [53, 54, 56], "no other option in a NAK");
    let message = &nak.message;
    let addresses = [message.ciaddr(), message.yiaddr(), message.siaddr(), message.giaddr()];
    assert_eq!(addresses, [Ipv4Addr::UNSPECIFIED; 4]);
}

#[test]
fn a_relay_is_answered_at_its_server_port_and_told_to_broadcast_a_nak() {
    let mut office = Office::new(boards::campus);
    let heard = office.hears(&discover(PHONE, 1).relayed_by(RELAY));
    heard.answers(["OFFER 10.2.0.10 to 10.2.0.1:67"]);
    assert!(!heard.reply().message.flags().broadcast());
    let wrong = request_init_reboot(PHONE, 2, address(10)).relayed_by(RELAY);
    let heard = office.hears(&wrong);
    heard.answers(["NAK to 10.2.0.1:67"]);
    assert!(heard.reply().message.flags().broadcast());
    assert_eq!(heard.reply().message.giaddr(), RELAY);
}

#[test]
fn a_reply_repeats_what_belongs_to_the_question_and_nothing_else() {
    let mut office = settled();
    let draft = DhcpDraft { secs: 7, hops: 0, ..discover(PHONE, 0xdead_beef).broadcast() };
    let draft = draft.option(50, &address(10).octets()).option(55, &[1, 3]).option(57, &[5, 220]);
    let told = office.hears(&draft).reply();
    let message = &told.message;
    assert_eq!((message.xid(), message.secs(), message.hops()), (0xdead_beef, 0, 0));
    assert_eq!(message.chaddr(), PHONE);
    assert!(message.flags().broadcast());
    assert_eq!((message.siaddr(), message.ciaddr()), (SERVER, Ipv4Addr::UNSPECIFIED));
    for code in [50, 55, 57] {
        assert_eq!(told.option(code), None, "{code} is a client's");
    }
    assert_eq!(told.option(54), Some(&SERVER.octets()[..]));
    let renewed = office.hears(&request_renewing(PHONE, 3, address(10))).reply();
    assert_eq!(renewed.message.ciaddr(), address(10));
}

#[test]
fn a_client_identifier_is_echoed_as_it_came_in_a_nak_too() {
    for id in [&[1, 0, 0x15, 0x65, 0, 0, 1][..], b"\0phone", &[0xff; 200]] {
        let mut office = settled();
        let offer = office.hears(&discover(PHONE, 1).option(61, id)).reply();
        assert_eq!(offer.option(61), Some(id));
        let nak = office.hears(&request_init_reboot(PHONE, 1, address(40)).option(61, id)).reply();
        assert_eq!((nak.kind, nak.option(61)), ("NAK", Some(id)));
    }
    assert_eq!(office().discovers(PHONE).reply().option(61), None);
}

#[test]
fn a_phone_keeps_its_address_whatever_identifier_its_boot_rom_sends() {
    let mut office = office();
    let first = office.boots_as(PHONE, |draft| draft.option(61, b"\0rom"));
    assert_eq!(office.boots_as(PHONE, |draft| draft.option(61, b"\0application")), first);
    assert_eq!(office.boots(PHONE), first);
}

#[test]
fn the_relays_option_comes_back_byte_for_byte_and_last() {
    let circuit = [1, 4, 0, 0, 0, 9, 2, 3, b'a', b'b', 0, 151, 1, 7];
    let mut office = Office::new(boards::campus);
    let draft = discover(PHONE, 1).relayed_by(RELAY).option(82, &circuit).option(55, &[1, 66]);
    let told = office.hears(&draft).reply();
    assert_eq!(told.options.last(), Some(&(82, circuit.to_vec())));
    let nak = request_init_reboot(PHONE, 1, address(9)).relayed_by(RELAY).option(82, &circuit);
    let told = office.hears(&nak).reply();
    assert_eq!((told.kind, told.options.last()), ("NAK", Some(&(82, circuit.to_vec()))));
    let direct = office.hears(&discover(PC, 1).option(82, &circuit)).reply();
    assert_eq!(direct.option(82), None, "no relay, no trust (RFC 3046 section 2.1)");
}

#[test]
fn the_clients_largest_message_is_kept_to() {
    let mut office = Office::new(boards::furnished);
    for size in [576_u16, 590, 1_500] {
        let draft = discover(PHONE, 1).option(57, &size.to_be_bytes()).option(61, &[9; 250]);
        let heard = office.hears(&draft);
        let Some((departure, _)) = heard.sent.first() else { panic!("no offer") };
        assert!(departure.bytes.len() <= usize::from(size) - 28, "{size}");
        let told = heard.reply();
        assert_eq!(
            (told.number(51), told.option(54)),
            (Some(7 * DAY_S), Some(&SERVER.octets()[..]))
        );
    }
}

#[test]
fn leases_last_as_long_as_the_device_deserves() {
    let avaya = |draft: DhcpDraft| draft.option(60, b"ccp.avaya.com");
    let mut office = office();
    let cases = [
        (discover(PHONE, 1), 7 * DAY_S),
        (discover(PC, 1), 8 * 3600),
        (avaya(discover([2, 0, 0, 0, 0, 9], 1)), 42 * DAY_S),
        (discover(PHONE, 1).option(51, &3_600_u32.to_be_bytes()), 3_600),
        (discover(PHONE, 1).option(51, &1_u32.to_be_bytes()), 600),
        (discover(PC, 1).option(51, &u32::MAX.to_be_bytes()), 8 * 3600),
    ];
    for (draft, seconds) in cases {
        let told = office.hears(&draft).reply();
        assert_eq!(told.number(51), Some(seconds));
        assert_eq!(told.number(58), Some(seconds / 2));
        assert_eq!(told.number(59), Some(seconds / 8 * 7));
    }
    office
        .command(exchange::command::Command::AddHandset {
            mac: wire::Mac(PC),
            extension: None,
            name: Default::default(),
        })
        .unwrap();
    assert_eq!(office.discovers(PC).reply().number(51), Some(7 * DAY_S), "added by hand");
}

#[test]
fn an_early_renewal_is_answered_and_writes_nothing() {
    let mut office = settled();
    office.wait_ms(1);
    let renewed = office.hears(&request_renewing(PHONE, 3, address(10)));
    renewed.answers(["ACK 10.1.0.10 to 10.1.0.10:68"]);
    assert_eq!(renewed.records.len(), 0);
    assert_eq!(renewed.reply().number(51), Some(7 * DAY_S));
}

#[test]
fn a_client_that_only_informs_gets_options_and_no_lease() {
    let mut office = Office::new(boards::furnished);
    let heard = office.hears(&inform(PC, 1, address(150)).option(55, &[1, 3, 6, 15]));
    heard.answers(["ACK to 10.1.0.150:68"]);
    let told = heard.reply();
    for code in [51, 58, 59] {
        assert_eq!(told.option(code), None, "{code} is of a lease");
    }
    assert_eq!(told.text(15).as_deref(), Some("office.example"));
    assert!(heard.records.is_empty());
    office.hears(&inform(PC, 1, Ipv4Addr::new(8, 8, 8, 8))).answers([]);
    office.hears(&inform(PC, 1, Ipv4Addr::UNSPECIFIED)).answers([]);
    assert_eq!(office.boots(PHONE), address(10));
}

#[test]
fn a_declined_address_is_left_alone_and_another_given() {
    let mut office = settled();
    let heard = office.hears(&decline(PHONE, 5, SERVER, address(10)));
    heard.answers([]);
    assert_eq!(heard.facts(), ["AddressForgotten"]);
    assert_eq!(heard.notes, [Note::Declined(address(10))]);
    assert_eq!(office.boots(PHONE), address(12));
    for day in 0..2 {
        let wanting = discover(PHONE_2, 1).option(50, &address(10).octets());
        let expected = if day == 0 { address(13) } else { address(10) };
        assert_eq!(office.hears(&wanting).reply().message.yiaddr(), expected, "day {day}");
        office.wait_ms(u64::from(DAY_S) * 1_000 + 1);
        office.tick();
    }
}

#[test]
fn only_the_holder_can_decline_an_address() {
    let mut office = settled();
    for draft in [
        decline(PC, 5, SERVER, address(10)),
        decline(PHONE_2, 5, SERVER, address(10)),
        decline(PHONE, 5, OTHER_SERVER, address(10)),
        DhcpDraft::new(4, PHONE, 5).option(54, &SERVER.octets()),
        DhcpDraft::new(4, PHONE, 5).option(50, &address(10).octets()),
    ] {
        let heard = office.hears(&draft);
        assert!(heard.sent.is_empty() && heard.records.is_empty() && heard.notes.is_empty());
    }
    assert_eq!(office.boots(PHONE), address(10));
}

#[test]
fn a_flood_of_declines_does_not_empty_the_pool() {
    let mut office = Office::new(boards::twenty);
    for _ in 0..200 {
        let offer = office.discovers(PC);
        if offer.sent.is_empty() {
            break;
        }
        let address = offer.reply().message.yiaddr();
        office.hears(&decline(PC, 5, SERVER, address));
    }
    let others = (0..10).filter(|no| !office.discovers([2, 0, 0, 0, 1, *no]).sent.is_empty());
    assert_eq!(others.count(), 10, "half the pool is left for others");
}

#[test]
fn a_released_address_waits_for_its_phone() {
    let mut office = settled();
    let heard = office.hears(&release(PHONE, 5, SERVER, address(10)));
    heard.answers([]);
    assert!(heard.records.is_empty());
    let wanting = discover(PHONE_2, 1).option(50, &address(10).octets());
    assert_eq!(office.hears(&wanting).reply().message.yiaddr(), address(12));
    assert_eq!(office.boots(PHONE), address(10));
    let not_its_own = release(PHONE_2, 5, SERVER, address(10));
    office.hears(&not_its_own).answers([]);
    assert_eq!(office.hears(&request_renewing(PHONE, 3, address(10))).reply().kind, "ACK");
}

#[test]
fn another_server_is_noticed_by_the_clients_that_choose_it() {
    let mut office = office();
    office.discovers(PHONE);
    let heard =
        office.hears(&request_selecting(PHONE, 2, OTHER_SERVER, Ipv4Addr::new(10, 1, 0, 77)));
    heard.answers([]);
    assert_eq!(heard.notes, [Note::OtherDhcpServer(OTHER_SERVER)]);
    let alarms = office.exchange.view(office.now()).alarms;
    let now = office.now().mono;
    let other = exchange::view::OtherServer {
        server: OTHER_SERVER,
        mac: None,
        maker: None,
        elder: false,
        since: now,
        last: now,
    };
    assert_eq!(alarms, [exchange::view::Alarm::OtherDhcpServer(other)]);
    assert_eq!(office.discovers(PC).reply().message.yiaddr(), address(11));
    office.after_ms(61_000);
    let wanting = discover(PHONE_2, 1).option(50, &address(10).octets());
    assert_eq!(
        office.hears(&wanting).reply().message.yiaddr(),
        address(10),
        "the offer is dropped"
    );
}

#[test]
fn the_wan_is_not_served() {
    let mut office = office();
    let arrival = exchange::Arrival {
        side: Side::Wan,
        interface: InterfaceNo(1),
        neighbour: Neighbour::Unknown,
        ..support::from(Ipv4Addr::UNSPECIFIED, 68)
    };
    let heard = office.datagram(arrival, Line::Dhcp, &discover(PHONE, 1).bytes());
    assert!(heard.sent.is_empty() && heard.notes.len() == 1);
    assert!(office.exchange.device(office.now(), wire::Mac(PHONE)).is_none());
}

#[test]
fn malformed_messages_are_counted_and_not_answered() {
    let mut office = office();
    let good = discover(PHONE, 1);
    let bad = [
        DhcpDraft { op: 2, ..good.clone() },
        DhcpDraft { htype: 6, ..good.clone() },
        DhcpDraft { hlen: 17, ..good.clone() },
        DhcpDraft { hlen: 0, ..good.clone() },
        DhcpDraft { chaddr: [0xff; 16], ..good.clone() },
        DhcpDraft { chaddr: [0; 16], ..good.clone() },
        DhcpDraft { options: Vec::new(), ..good.clone() },
        good.clone().option(53, &[1]),
        good.clone().option(50, &[1, 2, 3]),
        good.clone().option(51, &[1]),
        good.clone().option(54, &[]),
        good.option(57, &[9]),
    ];
    for draft in bad {
        office.hears(&draft).answers([]);
    }
    assert!(office.count(Note::Malformed(exchange::note::Protocol::Dhcp, SERVER)) >= 8);
}
