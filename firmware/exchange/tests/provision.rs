//! Who is given which file: secrets go to the proven holder only, and nobody else learns anything.

mod support;

use exchange::command::Command;
use exchange::names::{InterfaceNo, Side};
use exchange::note::Note;
use exchange::state::Event;
use exchange::{Arrival, Line};
use phones::builders::{discover, release, request, request_selecting};
use std::net::Ipv4Addr;
use support::tftp::says;
use support::{address, boards, files, from, from_neighbour, own_file, sip};
use support::{Office, PC, PHONE, PHONE_2, SERVER};

const RELAY: Ipv4Addr = Ipv4Addr::new(10, 2, 0, 1);
const OWN: &str = "file text/plain; charset=utf-8";

/// PHONE has .10 and is a handset; PHONE_2 has .11 and is not yet; the relayed one has 10.2.0.10.
fn campus() -> Office {
    let mut office = Office::new(boards::campus);
    assert_eq!((office.boots(PHONE), office.boots(PHONE_2)), (address(10), address(11)));
    assert_eq!(office.fetch(from(address(10), 1), &own_file(PHONE)).0, OWN);
    let relayed = |draft: phones::builders::DhcpDraft| draft.relayed_by(RELAY);
    office.boots_as(REMOTE, relayed);
    office
}

const REMOTE: [u8; 6] = [0x00, 0x15, 0x65, 0x00, 0x00, 0x77];
const UNHEARD: [u8; 6] = [0x00, 0x15, 0x65, 0xff, 0xff, 0xff];

/// Somebody who asks, and the device that he is proven to be.
fn askers() -> Vec<(&'static str, Arrival, Option<[u8; 6]>)> {
    let behind = Ipv4Addr::new(10, 2, 0, 10);
    let wan = Arrival { side: Side::Wan, interface: InterfaceNo(1), ..from(address(10), 1) };
    let port_2 = Arrival { interface: InterfaceNo(2), ..from(address(10), 1) };
    vec![
        ("its own lease", from(address(10), 1), Some(PHONE)),
        ("its own lease, and ARP agrees", from_neighbour(address(10), 1, PHONE), Some(PHONE)),
        ("another's lease", from(address(11), 1), Some(PHONE_2)),
        ("its lease, but ARP found another there", from_neighbour(address(10), 1, PC), None),
        ("a free address of the pool", from(address(40), 1), None),
        ("the same, and ARP found it there", from_neighbour(address(40), 1, PHONE), None),
        ("an address that is not leased out", from(address(200), 1), None),
        ("the same, and ARP found it there", from_neighbour(address(200), 1, PHONE), Some(PHONE)),
        (
            "the same, and ARP found a newcomer",
            from_neighbour(address(201), 1, UNHEARD),
            Some(UNHEARD),
        ),
        ("the same, and ARP found a computer", from_neighbour(address(202), 1, PC), Some(PC)),
        ("behind its relay", from(behind, 1), Some(REMOTE)),
        ("behind a relay, not leased", from(Ipv4Addr::new(10, 2, 0, 99), 1), None),
        ("another port than its lease's", port_2, None),
        ("the WAN with the address of a lease", wan, None),
        ("another network", from(Ipv4Addr::new(172, 16, 0, 5), 1), None),
    ]
}

#[test]
fn secrets_go_to_the_proven_holder_only() {
    for (who, arrival, proven) in askers() {
        for named in [PHONE, PHONE_2, REMOTE, UNHEARD] {
            let mut office = campus();
            let (answer, file) = office.fetch(arrival, &own_file(named));
            let expected = if proven == Some(named) { OWN } else { "forbidden" };
            assert_eq!(answer, expected, "{who} asks for {}", own_file(named));
            let holds = files::value(&file, "mac").map(str::to_string);
            let own = wire::Mac(named).bare().to_string();
            assert_eq!(holds, (proven == Some(named)).then_some(own), "{who}");
        }
    }
}

#[test]
fn a_refusal_is_the_same_whether_the_phone_exists_or_not() {
    for (who, arrival, proven) in askers() {
        let mut answers = Vec::new();
        for named in [PHONE, UNHEARD, [2, 0, 0, 0, 0, 9]] {
            if proven == Some(named) {
                continue;
            }
            let mut office = campus();
            let heard =
                office.datagram(arrival, Line::Tftp, &request(1, &own_file(named), "octet", &[]));
            let said = says(&heard);
            if arrival.side == Side::Lan && arrival.from.ip().octets()[0] == 10 {
                assert_eq!(said, ["ERROR 2 not for you", "closed"], "{who}");
            }
            let bytes: Vec<_> =
                heard.sent.iter().map(|(departure, _)| departure.bytes.clone()).collect();
            let after: Vec<_> = heard.sent.iter().map(|(_, after)| *after).collect();
            answers.push((said, bytes, after, heard.notes.len(), heard.records.len()));
        }
        assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{who}: {answers:?}");
    }
}

#[test]
fn nobody_is_made_known_by_being_named() {
    let mut office = campus();
    for (_, arrival, proven) in askers() {
        for named in [PHONE_2, UNHEARD, [2, 0, 0, 0, 0, 9]] {
            if proven != Some(named) {
                office.fetch(arrival, &own_file(named));
            }
        }
    }
    assert!(!office.knows(PHONE_2) && !office.knows(UNHEARD));
    assert!(office.exchange.device(office.now(), wire::Mac([2, 0, 0, 0, 0, 9])).is_none());
}

#[test]
fn a_new_handset_is_taken_in_once_and_keeps_its_secrets() {
    let mut office = Office::new(boards::plain);
    office.boots(PHONE);
    let at = from(address(10), 1);
    assert!(!office.knows(PHONE));
    let (_, first) = office.fetch(at, &own_file(PHONE));
    assert!(office.knows(PHONE));
    let records = office.facts.len();
    for name in
        [own_file(PHONE), format!("/{}", own_file(PHONE)), format!("prov/{}", own_file(PHONE))]
    {
        let (answer, again) = office.fetch(at, &name);
        assert_eq!(answer, OWN);
        assert!(sip::account(&first, 1) == sip::account(&again, 1), "{name}");
        assert_eq!(files::value(&first, "web"), files::value(&again, "web"));
    }
    assert_eq!(office.facts.len(), records, "a file fetched again writes nothing");
    office.restart();
    let (_, after) = office.fetch(at, &own_file(PHONE));
    assert!(sip::account(&first, 1) == sip::account(&after, 1));
    assert_eq!(office.exchange.view(office.now()).handsets.len(), 1);
}

#[test]
fn a_file_that_relies_on_a_new_handset_waits_for_its_record() {
    let mut office = Office::new(boards::plain);
    office.boots(PHONE);
    let asking = request(1, &own_file(PHONE), "octet", &[]);
    let heard = office.datagram(from(address(10), 9), Line::Tftp, &asking);
    assert_eq!(heard.facts(), ["HandsetCreated"]);
    let after: Vec<_> = heard.sent.iter().map(|(_, after)| after.0).collect();
    assert_eq!(after, [2]);
}

#[test]
fn while_new_handsets_are_not_taken_in_only_known_ones_are_served() {
    let mut office = campus();
    office.command(Command::AllowCreation { side: Side::Lan, open: false }).unwrap();
    assert_eq!(office.fetch(from(address(11), 1), &own_file(PHONE_2)).0, "forbidden");
    assert!(!office.knows(PHONE_2));
    assert_eq!(office.fetch(from(address(10), 1), &own_file(PHONE)).0, OWN);
    office.command(Command::AllowCreation { side: Side::Lan, open: true }).unwrap();
    assert_eq!(office.fetch(from(address(11), 1), &own_file(PHONE_2)).0, OWN);
}

#[test]
fn a_lease_that_ended_proves_nothing() {
    let mut office = campus();
    office.hears(&release(PHONE, 5, SERVER, address(10)));
    assert_eq!(office.fetch(from(address(10), 1), &own_file(PHONE)).0, "forbidden");
    office.after_ms(8 * 24 * 3_600_000);
    assert_eq!(office.fetch(from(address(11), 1), &own_file(PHONE_2)).0, "forbidden");
    let only_offered = Office::new(boards::plain).discovers(PHONE).reply().message.yiaddr();
    let mut office = Office::new(boards::plain);
    office.discovers(PHONE);
    assert_eq!(office.fetch(from(only_offered, 1), &own_file(PHONE)).0, "forbidden");
}

#[test]
fn a_lease_behind_another_relay_does_not_count() {
    let mut office = Office::new(boards::campus);
    let far = |draft: phones::builders::DhcpDraft| {
        draft.relayed_by(Ipv4Addr::new(10, 9, 0, 1)).option(82, &[5, 4, 10, 2, 0, 0])
    };
    office.boots_as(REMOTE, far);
    let behind = Ipv4Addr::new(10, 2, 0, 10);
    assert_eq!(
        office.fetch(from(behind, 1), &own_file(REMOTE)).0,
        OWN,
        "its relay selected this link"
    );
    let other_port = Arrival { interface: InterfaceNo(2), ..from(behind, 1) };
    assert_eq!(office.fetch(other_port, &own_file(REMOTE)).0, "forbidden");
}

#[test]
fn an_avaya_keeps_its_six_weeks_over_a_restart() {
    let avaya = [0x2, 0, 0, 0, 0, 0x42];
    let mut office = Office::new(boards::plain);
    let more = |draft: phones::builders::DhcpDraft| draft.option(60, b"ccp.avaya.com");
    let own = office.boots_as(avaya, more);
    let name = own_file(avaya);
    office.fetch(from(own, 1), &name);
    assert!(office.knows(avaya));
    office.restart();
    office.after_ms(20 * 24 * 3_600_000);
    assert_ne!(office.fetch(from(own, 1), &name).0, "forbidden");
}

#[test]
fn what_a_phone_says_of_itself_is_remembered_once_a_day() {
    let mut office = campus();
    let at = from(address(10), 1);
    let agent = "Yealink SIP-T46U 108.86.0.20 00:15:65:00:00:01";
    office.fetch_as(at, &own_file(PHONE), agent);
    let row = office.handset(PHONE);
    assert_eq!(
        (row.maker, row.model.as_str(), row.firmware.as_str()),
        ("Yealink", "T46U", "108.86.0.20")
    );
    office.fetch_as(at, &own_file(PHONE), "Yealink SIP-T46U 108.86.0.21 00:15:65:00:00:01");
    let records = office.facts.len();
    office.fetch_as(at, &own_file(PHONE), "Yealink SIP-T46U 108.86.0.23 00:15:65:00:00:01");
    assert_eq!(office.facts.len(), records, "twice a day is not worth the flash");
    office.after_ms(24 * 3_600_000);
    office.fetch_as(at, &own_file(PHONE), "Yealink SIP-T46U 108.86.0.22 00:15:65:00:00:01");
    assert_eq!(office.handset(PHONE).firmware.as_str(), "108.86.0.22");
    office.restart();
    assert_eq!(office.handset(PHONE).model.as_str(), "T46U");
}

#[test]
fn a_name_alone_tells_the_maker_of_a_device_nobody_knew() {
    let mut office = Office::new(boards::plain);
    let unknown = [2, 0, 0, 0, 0, 5];
    office.boots(unknown);
    office.fetch(from(address(10), 1), "020000000005-line.cfg");
    assert_eq!(office.handset(unknown).maker, "Polycom");
    let shared = [2, 0, 0, 0, 0, 6];
    office.boots(shared);
    office.fetch(from(address(11), 1), "020000000006.cfg");
    assert_eq!(office.handset(shared).maker, "Unknown maker", "six makers use such a name");
}

#[test]
fn a_common_file_holds_no_secret_and_is_for_everybody_on_the_lan() {
    let mut office = campus();
    for arrival in [from(address(10), 1), from(address(99), 1), from(address(200), 1)] {
        let (answer, file) = office.fetch(arrival, "y000000000000.cfg");
        assert_eq!(answer, OWN);
        assert!(files::value(&file, "line 1").is_none() && files::value(&file, "web").is_none());
    }
    let outside = Arrival { side: Side::Wan, interface: InterfaceNo(1), ..from(address(10), 1) };
    assert_eq!(office.fetch(outside, "y000000000000.cfg").0, "forbidden");
}

#[test]
fn files_that_are_not_kept_are_not_found_and_the_story_says_why() {
    let mut office = campus();
    let at = from(address(10), 1);
    let table = [
        ("001565000001.boot", "asks for a list of files first"),
        ("T46U-108.86.0.20.rom", "None is kept here"),
        ("who.knows", "no phone in the catalogue uses it"),
    ];
    for (name, why) in table {
        assert_eq!(office.fetch(at, name).0, "not found", "{name}");
        let last = office.story(PHONE).pop().unwrap_or_default();
        assert!(last.contains(name) && last.contains(why), "{last}");
    }
}

#[test]
fn a_name_that_is_none_is_told_apart_from_a_file_that_is_not_there() {
    let mut office = campus();
    let at = from(address(10), 1);
    let climbing =
        ["../x", "a/../../b", "./x", "a\\b", "%2e%2e", "a%00", "x\r\ny", "", "/", "prov/"];
    for name in climbing {
        assert_eq!(office.fetch(at, name).0, "bad name", "{name:?}");
    }
    assert_eq!(office.fetch(at, &"x".repeat(129)).0, "bad name");
    assert_eq!(office.fetch(at, &"x".repeat(128)).0, "not found");
}

#[test]
fn an_upload_is_refused_and_told() {
    let mut office = campus();
    assert_eq!(office.puts(from(address(10), 1), "a.log", b"x"), "forbidden");
    let last = office.story(PHONE).pop().unwrap_or_default();
    assert_eq!(last, "Asked for a.log by HTTP: storing a file here is not allowed");
}

#[test]
fn a_device_that_takes_over_an_address_raises_the_alarm() {
    let (holder, by) = (wire::Mac(PHONE), wire::Mac(PC));
    let mut office = campus();
    office.fetch(from_neighbour(address(10), 1, PC), &own_file(PHONE));
    let alarms = office.exchange.view(office.now()).alarms;
    let expected = exchange::view::Alarm::AddressTaken {
        address: address(10),
        holder,
        by,
        at: office.now().mono,
    };
    assert_eq!(alarms, [expected]);
    let alarm = Note::Conflict(address(10), by);
    assert_eq!(office.count(alarm), 1);
    office.fetch(from_neighbour(address(10), 1, PC), &own_file(PHONE));
    assert_eq!(office.count(alarm), 1, "once a minute");
}

#[test]
fn a_refused_stranger_cannot_wash_out_a_phones_story() {
    let mut office = campus();
    let before = office.story(PHONE).len();
    let names = [own_file(PHONE), "001565000001-other.cfg".into(), "cfg001565000001.xml".into()];
    for round in 0..100 {
        let name = names.get(round % names.len()).map(String::as_str).unwrap_or_default();
        office.fetch(from(address(40), 1), name);
    }
    let story = office.story(PHONE);
    assert!(story.len() <= before + names.len(), "{} steps", story.len());
}

#[test]
fn in_read_only_known_phones_are_served_and_new_ones_are_not() {
    let mut office = campus();
    office.exchange.set_read_only();
    assert_eq!(office.fetch(from(address(10), 1), &own_file(PHONE)).0, OWN);
    assert_eq!(office.fetch(from(address(11), 1), &own_file(PHONE_2)).0, "forbidden");
    let heard = office.hears(&request_selecting([2, 0, 0, 0, 0, 1], 1, SERVER, address(12)));
    assert!(heard.records.is_empty());
    let offer = office.hears(&discover(PC, 1));
    assert!(offer.records.is_empty() && offer.reply().kind == "OFFER");
    assert!(!office
        .facts
        .iter()
        .skip(4)
        .any(|bytes| matches!(Event::decode(bytes), Some(Event::HandsetCreated { .. }))));
}
