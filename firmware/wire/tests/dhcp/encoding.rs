//! Each rule of writing, read back octet by octet.

use std::net::Ipv4Addr;

use wire::dhcp::{code, Encoded, Message, MessageType, NoRoom, Reply, REPLY_BYTES_MIN};
use wire::Mac;

use crate::chance::Chance;
use crate::datagrams::MAC;

const NOBODY: Ipv4Addr = Ipv4Addr::UNSPECIFIED;
const SERVER: &[u8] = &[10, 0, 0, 1];
const WEEK: &[u8] = &[0, 9, 0x3a, 0x80];

fn offer<'a>(options: &'a [(u8, &'a [u8])]) -> Reply<'a> {
    Reply {
        kind: MessageType::Offer,
        xid: 0xdead_beef,
        flags: 0x8000,
        ciaddr: NOBODY,
        yiaddr: Ipv4Addr::new(10, 0, 0, 50),
        siaddr: Ipv4Addr::new(10, 0, 0, 1),
        giaddr: NOBODY,
        chaddr: Mac(MAC),
        options,
        relay_agent: None,
        sname: b"",
        file: b"",
        max_size: 576,
    }
}

/// Encodes into a buffer of another reply's bytes, and checks what holds for every reply.
fn encode(reply: &Reply<'_>) -> (Encoded, Vec<u8>) {
    let mut out = [0xaa; 1472];
    let encoded = reply.encode(&mut out).unwrap();
    let datagram = out[..encoded.len].to_vec();
    assert!(datagram.len() >= 300);
    assert!(datagram.len() + 28 <= reply.max_size.max(576));
    assert!(Message::parse(&datagram).is_ok(), "{datagram:?}");
    (encoded, datagram)
}

#[test]
fn an_offer_is_these_octets() {
    let options = [(54, SERVER), (51, WEEK), (80, &[][..])];
    let (encoded, datagram) = encode(&offer(&options));
    let mut expected = vec![2, 1, 6, 0, 0xde, 0xad, 0xbe, 0xef, 0, 0, 0x80, 0];
    expected.extend([0, 0, 0, 0, 10, 0, 0, 50, 10, 0, 0, 1, 0, 0, 0, 0]);
    expected.extend(MAC);
    expected.extend([0; 10 + 64 + 128]);
    expected.extend([99, 130, 83, 99, 53, 1, 2, 54, 4, 10, 0, 0, 1, 51, 4, 0, 9, 0x3a, 0x80]);
    expected.extend([80, 0, 255]);
    expected.resize(300, 0);
    assert_eq!(datagram, expected);
    assert!(encoded.dropped.is_empty() && !encoded.relay_agent_dropped);
}

#[test]
fn a_server_name_and_a_boot_file_stand_in_their_fields() {
    let reply = Reply { sname: &[b's'; 63], file: &[b'f'; 127], ..offer(&[]) };
    let (_, datagram) = encode(&reply);
    let message = Message::parse(&datagram).unwrap();
    assert_eq!((message.sname(), message.file()), (&[b's'; 63][..], &[b'f'; 127][..]));
    assert_eq!((datagram[107], datagram[235]), (0, 0));
}

#[test]
fn a_name_without_room_for_its_nul_is_refused() {
    let mut out = [0; 1472];
    let reply = Reply { sname: &[b's'; 64], ..offer(&[]) };
    assert_eq!(reply.encode(&mut out), Err(NoRoom::Sname));
    let reply = Reply { file: &[b'f'; 128], ..offer(&[]) };
    assert_eq!(reply.encode(&mut out), Err(NoRoom::File));
    assert_eq!(offer(&[]).encode(&mut out[..REPLY_BYTES_MIN - 1]), Err(NoRoom::Buffer));
    assert!(offer(&[]).encode(&mut out[..REPLY_BYTES_MIN]).is_ok());
}

#[test]
fn a_client_that_takes_less_than_every_client_must_is_not_believed() {
    let text = [b'x'; 250];
    let options = [(66, &text[..])];
    for max_size in [0, 100, 575, 576] {
        let (encoded, _) = encode(&Reply { max_size, ..offer(&options) });
        assert!(encoded.dropped.is_empty());
    }
}

#[test]
fn a_long_value_is_split_and_read_back_whole() {
    let long: Vec<u8> = (0..600).map(|i| i as u8).collect();
    let options = [(43, &long[..])];
    let (encoded, datagram) = encode(&Reply { max_size: 1500, ..offer(&options) });
    assert!(encoded.dropped.is_empty());
    let message = Message::parse(&datagram).unwrap();
    let parts: Vec<usize> =
        message.parts().filter(|(code, _)| *code == 43).map(|(_, part)| part.len()).collect();
    assert_eq!(parts, [255, 255, 90]);
    assert_eq!(message.option(43).as_deref(), Some(&long[..]));
}

#[test]
fn options_that_do_not_fit_go_to_file_and_then_to_sname() {
    let (big, mid, small) = ([1; 250], [2; 100], [3; 50]);
    let options = [(54, SERVER), (43, &big[..]), (66, &mid[..]), (67, &small[..])];
    let (encoded, datagram) = encode(&offer(&options));
    assert!(encoded.dropped.is_empty());
    assert_eq!(datagram[108..110], [66, 100]);
    assert_eq!(datagram[210], 255);
    assert_eq!(datagram[44..46], [67, 50]);
    assert_eq!(datagram[96], 255);
    let message = Message::parse(&datagram).unwrap();
    assert_eq!(message.option(code::OVERLOAD).as_deref(), Some(&[3][..]));
    assert_eq!(message.option(66).as_deref(), Some(&mid[..]));
    assert_eq!(message.option(67).as_deref(), Some(&small[..]));
}

#[test]
fn a_field_in_use_is_not_overloaded() {
    let (big, mid, small) = ([1; 250], [2; 100], [3; 51]);
    let options = [(43, &big[..]), (66, &mid[..]), (67, &small[..])];
    let (encoded, datagram) = encode(&Reply { file: b"boot", ..offer(&options) });
    let message = Message::parse(&datagram).unwrap();
    assert_eq!(message.file(), b"boot");
    assert_eq!(message.option(code::OVERLOAD).as_deref(), Some(&[2][..]));
    assert_eq!(encoded.dropped.iter().collect::<Vec<_>>(), [66]);
    assert_eq!(message.option(67).as_deref(), Some(&small[..]));
}

#[test]
fn a_refusal_overloads_nothing() {
    let (big, mid) = ([1; 250], [2; 100]);
    let options = [(61, &big[..]), (56, &mid[..])];
    let (encoded, datagram) = encode(&Reply { kind: MessageType::Nak, ..offer(&options) });
    assert!(encoded.dropped.contains(56));
    assert!(datagram[44..236].iter().all(|byte| *byte == 0));
}

#[test]
fn what_is_left_out_is_the_least_important() {
    let text = [b'x'; 100];
    let codes = [6u8, 66, 67, 160, 43, 12, 15];
    let options: Vec<(u8, &[u8])> = codes.iter().map(|code| (*code, &text[..])).collect();
    let (encoded, _) = encode(&offer(&options));
    assert_eq!(encoded.dropped.iter().collect::<Vec<_>>(), [12, 15, 43, 160]);
}

#[test]
fn overload_is_not_said_when_it_would_push_out_the_more_important() {
    // The first two fill the options field to its last byte, which leaves none for option 52.
    let (first, second, third) = ([1; 150], [2; 150], [3; 60]);
    let options = [(43, &first[..]), (66, &second[..]), (67, &third[..])];
    let (encoded, datagram) = encode(&offer(&options));
    assert_eq!(encoded.dropped.iter().collect::<Vec<_>>(), [67]);
    assert_eq!(Message::parse(&datagram).unwrap().option(code::OVERLOAD), None);
}

#[test]
fn an_option_too_big_for_any_field_does_not_keep_the_others_out() {
    let (first, huge, third) = ([1; 200], [2; 900], [3; 120]);
    let options = [(43, &first[..]), (66, &huge[..]), (67, &third[..])];
    let (encoded, datagram) = encode(&offer(&options));
    assert_eq!(encoded.dropped.iter().collect::<Vec<_>>(), [66]);
    assert_eq!(datagram[108..110], [67, 120]);
}

#[test]
fn the_relay_agent_is_echoed_last_byte_for_byte() {
    let agent: Vec<u8> = [&[1, 4, 0, 255, 82, 52][..], &[2, 0]].concat();
    let options = [(54, SERVER), (51, WEEK)];
    let (encoded, datagram) = encode(&Reply { relay_agent: Some(&agent), ..offer(&options) });
    assert!(!encoded.relay_agent_dropped);
    let message = Message::parse(&datagram).unwrap();
    assert_eq!(message.relay_agent().unwrap().bytes(), agent);
    assert_eq!(message.parts().last(), Some((82, &agent[..])));
    let last = datagram.iter().rposition(|byte| *byte != 0).unwrap();
    assert_eq!(datagram[last], 255);
    assert_eq!(&datagram[last - agent.len()..last], &agent);
}

#[test]
fn the_longest_relay_agent_leaves_the_others_to_file_and_sname() {
    let agent = [7; 255];
    let options = [(54, SERVER), (51, WEEK), (66, &[b'x'; 60][..])];
    let (encoded, datagram) = encode(&Reply { relay_agent: Some(&agent), ..offer(&options) });
    assert!(encoded.dropped.is_empty() && !encoded.relay_agent_dropped);
    let message = Message::parse(&datagram).unwrap();
    assert_eq!(message.relay_agent().unwrap().bytes(), agent);
    assert_eq!(message.option(code::OVERLOAD).as_deref(), Some(&[1][..]));
    assert_eq!(message.option(66).unwrap().len(), 60);
}

#[test]
fn a_relay_agent_that_no_single_option_holds_is_left_out_and_counted() {
    let agent = [7; 256];
    let (encoded, datagram) = encode(&Reply { relay_agent: Some(&agent), ..offer(&[]) });
    assert!(encoded.relay_agent_dropped);
    assert_eq!(Message::parse(&datagram).unwrap().relay_agent(), None);
}

#[test]
fn codes_of_the_encoder_and_second_values_are_left_out() {
    let options = [
        (0, SERVER),
        (52, &[3][..]),
        (53, &[5]),
        (82, SERVER),
        (255, SERVER),
        (6, SERVER),
        (6, WEEK),
    ];
    let (encoded, datagram) = encode(&offer(&options));
    assert_eq!(encoded.dropped.iter().collect::<Vec<_>>(), [0, 6, 52, 53, 82, 255]);
    let message = Message::parse(&datagram).unwrap();
    assert_eq!(message.parts().collect::<Vec<_>>(), [(53, &[2][..]), (6, SERVER)]);
}

#[test]
fn whatever_is_asked_for_is_written_whole_or_named_as_left_out() {
    let mut chance = Chance::new(5);
    let text = [b'x'; 700];
    for _ in 0..20_000 {
        let options: Vec<(u8, &[u8])> = (0..chance.below(20))
            .map(|_| {
                let magnitude = 1 << chance.below(10);
                (chance.next() as u8, &text[..chance.below(magnitude)])
            })
            .filter(|(code, _)| !(50..=61).contains(code) && ![1, 118].contains(code))
            .collect();
        let relay_agent = &text[..2 + chance.below(300)];
        let reply = Reply {
            kind: [MessageType::Offer, MessageType::Ack, MessageType::Nak][chance.below(3)],
            sname: &text[..chance.below(3) * 31],
            file: &text[..chance.below(3) * 63],
            max_size: chance.below(2000),
            relay_agent: (chance.below(2) == 0).then_some(relay_agent),
            ..offer(&options)
        };
        let (encoded, datagram) = encode(&reply);
        let message = Message::parse(&datagram).unwrap();
        for (at, (code, value)) in options.iter().enumerate() {
            let first = options.iter().position(|(other, _)| other == code) == Some(at);
            let whole = message.option(*code).as_deref() == Some(value);
            assert!(whole && first || encoded.dropped.contains(*code), "option {code}");
        }
        let echoed = message.relay_agent().map(|relay| relay.bytes());
        assert_eq!(echoed, reply.relay_agent.filter(|_| !encoded.relay_agent_dropped));
        assert_eq!(encoded.relay_agent_dropped, reply.relay_agent.is_some_and(|a| a.len() > 255));
    }
}
