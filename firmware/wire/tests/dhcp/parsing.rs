//! Each rule of reading, and each fault other codecs were found with.

use std::net::Ipv4Addr;

use wire::dhcp::{code, enterprises, Malformed, Message, MessageType, Op};
use wire::Mac;

use crate::datagrams::{discover_with, option, overloaded, request, DISCOVER, MAC};

fn fault(datagram: &[u8]) -> Malformed {
    Message::parse(datagram).unwrap_err()
}

#[test]
fn every_field_of_the_header_is_read() {
    let mut datagram = request(&[53, 1, 3, 255]);
    datagram[3] = 2;
    for (at, last) in [(12, 1), (16, 2), (20, 3), (24, 4)] {
        datagram[at..at + 4].copy_from_slice(&[10, 0, 0, last]);
    }
    datagram[44..48].copy_from_slice(b"box\0");
    datagram[108..113].copy_from_slice(b"file\0");
    let message = Message::parse(&datagram).unwrap();
    assert_eq!((message.op, message.kind), (Op::BootRequest, MessageType::Request));
    assert_eq!((message.hops, message.xid, message.secs), (2, 0xdead_beef, 7));
    assert!(message.broadcast());
    assert_eq!(message.ciaddr, Ipv4Addr::new(10, 0, 0, 1));
    assert_eq!(message.yiaddr, Ipv4Addr::new(10, 0, 0, 2));
    assert_eq!(message.siaddr, Ipv4Addr::new(10, 0, 0, 3));
    assert_eq!(message.giaddr, Ipv4Addr::new(10, 0, 0, 4));
    assert_eq!(message.chaddr, Mac(MAC));
    assert_eq!((message.sname(), message.file()), (&b"box"[..], &b"file"[..]));
}

#[test]
fn only_the_highest_bit_of_the_flags_asks_for_a_broadcast() {
    let mut datagram = request(&[53, 1, 1, 255]);
    datagram[10..12].copy_from_slice(&[0x7f, 0xff]);
    assert!(!Message::parse(&datagram).unwrap().broadcast());
}

#[test]
fn a_wrong_header_is_named() {
    let good = request(&[53, 1, 1, 255]);
    let with = |at: usize, value: u8| {
        let mut datagram = good.clone();
        datagram[at] = value;
        datagram
    };
    assert_eq!(fault(&[]), Malformed::Short { need: 240, have: 0 });
    assert_eq!(fault(&good[..239]), Malformed::Short { need: 240, have: 239 });
    assert_eq!(fault(&good[..240]), Malformed::NoMessageType);
    assert_eq!(fault(&[0; 4097]), Malformed::TooLong { have: 4097 });
    assert_eq!(fault(&with(0, 3)), Malformed::Op(3));
    assert_eq!(fault(&with(1, 6)), Malformed::HardwareType(6));
    assert_eq!(fault(&with(2, 0)), Malformed::HardwareLength(0));
    assert_eq!(fault(&with(2, 17)), Malformed::HardwareLength(17));
    assert_eq!(fault(&with(28, 0x01)), Malformed::NotADevice);
    assert_eq!(fault(&with(239, 98)), Malformed::Cookie);
}

#[test]
fn a_message_type_is_there_once_and_travels_its_own_way() {
    assert_eq!(fault(&request(&[255])), Malformed::NoMessageType);
    assert_eq!(fault(&request(&[255, 53, 1, 1])), Malformed::NoMessageType);
    assert_eq!(fault(&request(&[53, 1, 1, 53, 1, 1, 255])), Malformed::TwoMessageTypes);
    assert_eq!(fault(&request(&[53, 1, 0, 255])), Malformed::MessageType(0));
    assert_eq!(fault(&request(&[53, 1, 10, 255])), Malformed::MessageType(10));
    assert_eq!(fault(&request(&[53, 1, 5, 255])), Malformed::Direction(MessageType::Ack));
    let mut reply = request(&[53, 1, 5, 255]);
    reply[0] = 2;
    assert_eq!(Message::parse(&reply).unwrap().op, Op::BootReply);
    reply[242] = 8;
    assert_eq!(fault(&reply), Malformed::Direction(MessageType::Inform));
}

#[test]
fn a_fixed_length_is_checked_for_every_length_it_may_be_given() {
    for (code, right) in
        [(1u8, 4u16), (50, 4), (51, 4), (54, 4), (57, 2), (58, 4), (59, 4), (118, 4)]
    {
        for len in 0..=9u16 {
            let datagram = discover_with(code, &[1; 9][..usize::from(len)]);
            let parsed = Message::parse(&datagram).map(|message| message.kind);
            let expected = match len == right {
                true => Ok(MessageType::Discover),
                false => Err(Malformed::OptionLength { code, len }),
            };
            assert_eq!(parsed, expected, "option {code} with {len} bytes");
        }
    }
}

#[test]
fn what_needs_bytes_is_refused_without_them() {
    for (code, len) in [(53, 0), (55, 0), (60, 0), (61, 0), (61, 1), (82, 0), (82, 1)] {
        let mut options = option(code, &[1; 1][..len]);
        if code != 53 {
            options.extend(DISCOVER);
        }
        let expected = Malformed::OptionLength { code, len: len as u16 };
        assert_eq!(fault(&request(&options)), expected);
    }
}

#[test]
fn an_option_may_not_reach_beyond_its_area() {
    assert_eq!(fault(&request(&[53, 1, 1, 60, 5, b'a'])), Malformed::Truncated);
    assert_eq!(fault(&request(&[53, 1, 1, 60])), Malformed::Truncated);
    let mut file = vec![0u8; 128];
    file[126..].copy_from_slice(&[60, 1]);
    let datagram = overloaded(&[53, 1, 1, 52, 1, 1, 255], &file, &[]);
    assert_eq!(fault(&datagram), Malformed::Truncated, "it does not run on into the cookie");
}

#[test]
fn a_missing_end_is_tolerated_where_the_last_option_ends_with_the_area() {
    assert!(Message::parse(&request(&[53, 1, 1])).is_ok());
    assert!(Message::parse(&request(&[53, 1, 1, 0, 0, 0])).is_ok());
}

#[test]
fn padding_is_legal_anywhere() {
    let datagram = request(&[0, 0, 53, 1, 1, 0, 57, 2, 5, 220, 0, 0, 0, 12, 1, b'a', 0, 255, 7]);
    let message = Message::parse(&datagram).unwrap();
    assert_eq!(message.max_size(), Some(1500));
    assert_eq!(message.host_name().as_deref(), Some(&b"a"[..]));
}

#[test]
fn a_host_name_that_is_not_utf_8_hides_nothing_behind_it() {
    let datagram = request(&[&option(12, b"caf\xe9")[..], &DISCOVER, &[255]].concat());
    let message = Message::parse(&datagram).unwrap();
    assert_eq!(message.kind, MessageType::Discover);
    assert_eq!(message.host_name().as_deref(), Some(&b"caf\xe9"[..]));
}

#[test]
fn an_empty_host_name_is_none() {
    assert_eq!(Message::parse(&discover_with(12, b"")).unwrap().host_name(), None);
}

#[test]
fn two_tftp_addresses_are_as_good_as_one() {
    let addresses = [10, 0, 0, 1, 10, 0, 0, 2];
    let datagram = discover_with(code::TFTP_ADDRESSES, &addresses);
    let message = Message::parse(&datagram).unwrap();
    assert_eq!(message.option(150).as_deref(), Some(&addresses[..]));
}

#[test]
fn parts_of_an_option_are_joined_though_others_stand_between() {
    let datagram = request(
        &[&option(60, b"yea")[..], &DISCOVER, &option(60, b"li"), &option(60, b"nk"), &[255]]
            .concat(),
    );
    let message = Message::parse(&datagram).unwrap();
    assert_eq!(message.vendor_class().as_deref(), Some(&b"yealink"[..]));
}

#[test]
fn parts_are_joined_over_options_then_file_then_sname() {
    let datagram = overloaded(
        &[52, 1, 3, 60, 1, b'a', 255],
        &[0, 60, 1, b'b', 53, 1, 1, 255, 60, 9],
        &[60, 1, b'c', 255],
    );
    let message = Message::parse(&datagram).unwrap();
    assert_eq!(message.vendor_class().as_deref(), Some(&b"abc"[..]));
    assert_eq!((message.file(), message.sname()), (&[][..], &[][..]));
}

#[test]
fn only_the_overloaded_field_is_scanned() {
    let (file, sname) = ([60, 1, b'f', 255], [60, 1, b's', 255]);
    for (overload, expected) in [(1, &b"f"[..]), (2, b"s"), (3, b"fs")] {
        let datagram = overloaded(&[52, 1, overload, 53, 1, 1, 255], &file, &sname);
        let message = Message::parse(&datagram).unwrap();
        assert_eq!(message.vendor_class().as_deref(), Some(expected));
    }
    let datagram = overloaded(&[53, 1, 1, 255], &file, &sname);
    assert_eq!(Message::parse(&datagram).unwrap().vendor_class(), None);
}

#[test]
fn overload_is_1_2_or_3_and_said_once() {
    assert_eq!(fault(&discover_with(52, &[0])), Malformed::Overload(0));
    assert_eq!(fault(&discover_with(52, &[4])), Malformed::Overload(4));
    assert_eq!(fault(&discover_with(52, &[])), Malformed::OptionLength { code: 52, len: 0 });
    let again = overloaded(&[52, 1, 1, 53, 1, 1, 255], &[52, 1, 2, 255], &[]);
    assert_eq!(fault(&again), Malformed::OptionLength { code: 52, len: 2 });
}

#[test]
fn a_joined_value_is_bounded() {
    let part = option(43, &[7; 255]);
    let fits = [&DISCOVER[..], &part, &part, &part, &part, &option(43, &[7; 4])].concat();
    let datagram = request(&fits);
    assert_eq!(Message::parse(&datagram).unwrap().option(43).unwrap().len(), 1024);
    let over = request(&[&fits[..], &option(43, &[7])].concat());
    assert_eq!(fault(&over), Malformed::OptionLength { code: 43, len: 1025 });
}

#[test]
fn a_relay_agent_is_read_as_it_stands() {
    let agent = [1, 2, 0, 9, 2, 3, b'a', b'b', b'c', 5, 4, 10, 1, 0, 0, 11, 4, 10, 1, 0, 1];
    let datagram = discover_with(82, &agent);
    let relay = Message::parse(&datagram).unwrap().relay_agent().unwrap();
    assert_eq!(relay.bytes(), agent);
    assert_eq!(relay.circuit_id(), Some(&[0, 9][..]));
    assert_eq!(relay.remote_id(), Some(&b"abc"[..]));
    assert_eq!(relay.link_selection(), Some(Ipv4Addr::new(10, 1, 0, 0)));
    assert_eq!(relay.server_override(), Some(Ipv4Addr::new(10, 1, 0, 1)));
}

#[test]
fn a_relay_agent_with_a_wrong_inside_is_kept_but_not_believed() {
    let datagram = discover_with(82, &[1, 1, 7, 5, 3, 10, 1, 0, 2, 9, 1]);
    let relay = Message::parse(&datagram).unwrap().relay_agent().unwrap();
    assert_eq!(relay.circuit_id(), Some(&[7][..]));
    assert_eq!(relay.link_selection(), None);
    assert_eq!(relay.remote_id(), None);
}

#[test]
fn two_relay_agent_options_are_one_too_many() {
    let agent = option(82, &[1, 0]);
    let datagram = request(&[&DISCOVER[..], &agent, &agent, &[255]].concat());
    assert_eq!(fault(&datagram), Malformed::TwoRelayAgents);
}

#[test]
fn several_enterprises_in_several_parts_are_told_apart() {
    let first = [0, 0, 0x0d, 0xe9, 5, 1, 1, b'x', 2];
    let rest = [0, 0, 0, 0, 9, 3, 2, 1, b'y', 0, 0, 0, 7, 9, 1];
    let datagram =
        request(&[&option(125, &first)[..], &DISCOVER, &option(125, &rest), &[255]].concat());
    let value = Message::parse(&datagram).unwrap().enterprise_options().unwrap();
    let seen: Vec<_> = enterprises(&value).collect();
    assert_eq!(seen.iter().map(|one| one.number).collect::<Vec<_>>(), [3561, 9]);
    let options: Vec<_> = seen[0].options().collect();
    assert_eq!(options, [(1, &b"x"[..]), (2, &[][..])]);
}

#[test]
fn a_vendor_class_of_an_enterprise_is_a_list_of_items() {
    let datagram = discover_with(124, &[0, 0, 0, 9, 6, 2, b'a', b'b', 1, b'c', 8]);
    let value = Message::parse(&datagram).unwrap().enterprise_classes().unwrap();
    let cisco = enterprises(&value).find(|one| one.number == 9).unwrap();
    assert_eq!(cisco.items().collect::<Vec<_>>(), [&b"ab"[..], b"c"]);
}
