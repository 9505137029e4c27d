//! Beside other DHCP servers: how they are found, whom the box answers then, and that it is said.

mod support;

use exchange::beside::Serving;
use exchange::catalog::{BoxAddresses, Elsewhere, Family};
use exchange::command::{Command, Refusal};
use exchange::limits::{ELDERS_MAX, ELDER_GONE_MS, LOOKED_FRESH_MS, LOOK_EVERY_MS, LOOK_MS};
use exchange::limits::{OTHERS_MAX, STRANGER_RECORDS_BURST};
use exchange::names::InterfaceNo;
use exchange::note::Note;
use exchange::view::{Alarm, OtherServer, Whom};
use exchange::{Arrival, Line, To};
use phones::builders::{discover, inform, request_renewing, request_selecting, DhcpDraft};
use std::net::Ipv4Addr;
use support::{
    address, boards, from, from_neighbour, own_file, Heard, Office, PC, PHONE, PHONE_2, SERVER,
};
use wire::Mac;

const OTHER: Ipv4Addr = Ipv4Addr::new(10, 1, 0, 9);
/// A router of MikroTik's, by its prefix.
const OTHER_MAC: [u8; 6] = [0x00, 0x0c, 0x42, 1, 2, 3];
/// The box's own port.
const OWN: [u8; 6] = [0x02, 0xd1, 0xa1, 0x70, 0, 1];
const SECOND_MS: u64 = 1_000;

/// An office whose box begins to look, and what it says at once.
fn begun() -> (Office, Heard) {
    let mut office = Office::new(boards::plain);
    let heard = looks(&mut office);
    (office, heard)
}

fn looks(office: &mut Office) -> Heard {
    office.exchange.look_for_others(office.now(), &[(InterfaceNo(0), Mac(OWN))]);
    office.drain()
}

/// The same once it has looked and found nobody.
fn alone() -> Office {
    let (mut office, _) = begun();
    passes(&mut office, LOOK_MS);
    office
}

/// Lets time pass second by second, and does what is due; what was said meanwhile.
fn passes(office: &mut Office, ms: u64) -> Vec<Heard> {
    let step = if ms > 10 * 60 * SECOND_MS { 5 * 60 * SECOND_MS } else { 500 };
    (0..ms.div_ceil(step)).map(|_| office.after_ms(step)).collect()
}

fn reply(kind: u8, server: Ipv4Addr) -> DhcpDraft {
    let mut reply = DhcpDraft::new(kind, OWN, 7);
    reply.op = 2;
    reply.yiaddr = address(99);
    reply.option(54, &server.octets())
}

/// A server says something that the box hears.
fn says(office: &mut Office, server: Ipv4Addr, mac: [u8; 6]) -> Heard {
    let arrival = from_neighbour(server, 67, mac);
    office.datagram(arrival, Line::DhcpClient, &reply(2, server).bytes())
}

fn whom(office: &Office) -> Whom {
    office.exchange.dhcp_view(office.now()).lans[0].whom
}

fn others(office: &Office) -> Vec<OtherServer> {
    office.exchange.dhcp_view(office.now()).others
}

fn alarms(office: &Office) -> Vec<Alarm> {
    office.exchange.view(office.now()).alarms
}

fn choose(office: &mut Office, serving: Serving) {
    assert!(office.command(Command::ChooseServing(serving)).is_ok());
}

#[test]
fn it_looks_three_times_within_seconds_and_then_every_ten_minutes() {
    let (mut office, first) = begun();
    let more = passes(&mut office, LOOK_MS);
    let sent: Vec<_> = first.sent.iter().chain(more.iter().flat_map(|it| &it.sent)).collect();
    assert_eq!(sent.len(), 3);
    for (departure, _) in &sent {
        assert_eq!((departure.line, departure.to), (Line::DhcpClient, To::Broadcast(67)));
        let bytes = &departure.bytes;
        // RFC 2131 table 5: BOOTREQUEST by Ethernet, the broadcast flag, no address, DISCOVER.
        assert_eq!((&bytes[..4], &bytes[10..12]), (&[1, 1, 6, 0][..], &[0x80, 0][..]));
        assert_eq!((&bytes[12..28], &bytes[28..34]), (&[0; 16][..], &OWN[..]));
        assert_eq!(&bytes[236..243], &[99, 130, 83, 99, 53, 1, 1]);
        assert_eq!(bytes.len(), 300);
    }
    assert!(sent.iter().all(|(departure, _)| departure.bytes == sent[0].0.bytes), "one xid");
    let later = passes(&mut office, LOOK_EVERY_MS);
    assert_eq!(later.iter().map(|heard| heard.sent.len()).sum::<usize>(), 1);
}

#[test]
fn newcomers_wait_while_it_looks_and_known_handsets_do_not() {
    let mut office = Office::new(boards::plain);
    let mac = Mac(PHONE);
    let name = exchange::names::Text::new();
    office.command(Command::AddHandset { mac, extension: None, name }).unwrap();
    looks(&mut office);
    assert_eq!(whom(&office), Whom::Known);
    office.discovers(PHONE_2).answers([]);
    office.discovers(PC).answers([]);
    assert_eq!(office.discovers(PHONE).reply().kind, "OFFER");
    passes(&mut office, LOOK_MS);
    assert_eq!(whom(&office), Whom::Everybody);
    assert_eq!(office.discovers(PHONE_2).reply().kind, "OFFER");
    assert_eq!(office.discovers(PC).reply().kind, "OFFER");
}

#[test]
fn a_box_that_has_given_leases_before_lets_nobody_wait_after_a_restart() {
    let mut office = alone();
    office.boots(PC);
    office.restart();
    looks(&mut office);
    assert_eq!(whom(&office), Whom::Everybody);
    assert_eq!(office.discovers(PHONE).reply().kind, "OFFER");
}

#[test]
fn a_look_through_a_port_that_was_shut_does_not_count_for_long() {
    let mut office = alone();
    passes(&mut office, LOOKED_FRESH_MS);
    // A switch may open its port half a minute after the box's start.
    office.discovers(PHONE).answers([]);
    assert_eq!(office.tick().sent[0].0.line, Line::DhcpClient);
    passes(&mut office, LOOK_MS);
    assert_eq!(office.discovers(PHONE).reply().kind, "OFFER");
}

#[test]
fn who_was_there_before_serves_the_others_on_and_phones_come_up_here() {
    let (mut office, _) = begun();
    let heard = says(&mut office, OTHER, OTHER_MAC);
    assert_eq!(heard.facts(), ["ElderMet"]);
    let notes = [Note::OtherDhcpFirst(OTHER), Note::OtherDhcpServer(OTHER)];
    assert_eq!(heard.notes, notes);
    assert_eq!(whom(&office), Whom::Phones);
    office.discovers(PC).answers([]);
    office.hears(&inform(PC, 3, address(77))).answers([]);
    office.boots(PHONE);
    assert_eq!(alarms(&office), [], "what is expected is no alarm");
    let [other] = others(&office)[..] else { panic!("one server was heard") };
    assert_eq!((other.server, other.mac), (OTHER, Some(Mac(OTHER_MAC))));
    assert_eq!((other.maker, other.elder), (Some("MikroTik"), true));
    // It is so after a power cut, whether the other one is faster or not.
    office.restart();
    looks(&mut office);
    assert_eq!(whom(&office), Whom::Phones);
    office.discovers(PC).answers([]);
    office.discovers(PHONE_2).answers(["OFFER 10.1.0.11 to 00:15:65:00:00:02 as 10.1.0.11:68"]);
}

#[test]
fn who_comes_later_raises_the_alarm_and_all_are_still_served() {
    let mut office = alone();
    office.boots(PHONE);
    let heard = says(&mut office, OTHER, OTHER_MAC);
    assert_eq!(
        (heard.facts().len(), heard.notes.as_slice()),
        (0, &[Note::OtherDhcpServer(OTHER)][..])
    );
    assert_eq!(whom(&office), Whom::Everybody);
    let now = office.now().mono;
    let expected = OtherServer {
        server: OTHER,
        mac: Some(Mac(OTHER_MAC)),
        maker: Some("MikroTik"),
        elder: false,
        since: now,
        last: now,
    };
    assert_eq!(alarms(&office), [Alarm::OtherDhcpServer(expected)]);
    assert_eq!(office.discovers(PC).reply().kind, "OFFER");
    office.boots(PHONE_2);
    // It says so again and again, and is told once.
    assert_eq!(says(&mut office, OTHER, OTHER_MAC).notes, []);
    // By hand phones can be served alone: then it is known, and no alarm.
    choose(&mut office, Serving::PhonesOnly);
    assert_eq!(alarms(&office), []);
    office.discovers(PC).answers([]);
}

#[test]
fn the_later_one_is_not_the_elder_after_a_restart_either() {
    let mut office = alone();
    office.boots(PC);
    office.restart();
    looks(&mut office);
    assert_eq!(says(&mut office, OTHER, OTHER_MAC).facts(), [] as [&str; 0]);
    assert_eq!(whom(&office), Whom::Everybody);
}

#[test]
fn an_elder_that_is_silent_for_a_day_is_gone() {
    let (mut office, _) = begun();
    says(&mut office, OTHER, OTHER_MAC);
    office.boots(PHONE);
    passes(&mut office, ELDER_GONE_MS - LOOK_EVERY_MS);
    says(&mut office, OTHER, OTHER_MAC);
    let heard = passes(&mut office, ELDER_GONE_MS - LOOK_EVERY_MS);
    assert!(heard.iter().all(|heard| heard.facts().is_empty()), "it was heard of meanwhile");
    assert_eq!(whom(&office), Whom::Phones);
    let heard = passes(&mut office, 2 * LOOK_EVERY_MS);
    let facts: Vec<_> = heard.iter().flat_map(Heard::facts).collect();
    assert_eq!((facts.as_slice(), whom(&office)), (&["ElderGone"][..], Whom::Everybody));
    assert_eq!(office.discovers(PC).reply().kind, "OFFER");
    // Should it come back, it comes after the box.
    says(&mut office, OTHER, OTHER_MAC);
    assert_eq!(whom(&office), Whom::Everybody);
    assert_eq!(alarms(&office).len(), 1);
}

#[test]
fn servers_that_somebody_makes_up_have_no_elder_forgotten() {
    let (mut office, _) = begun();
    says(&mut office, OTHER, OTHER_MAC);
    passes(&mut office, ELDER_GONE_MS - LOOK_EVERY_MS);
    says(&mut office, OTHER, OTHER_MAC);
    passes(&mut office, 2 * LOOK_EVERY_MS);
    let mut facts = 0;
    for no in 1..=2 * OTHERS_MAX as u8 {
        let invented = Ipv4Addr::new(10, 9, 0, no);
        facts += office.hears(&request_selecting(PC, 4, invented, address(88))).facts().len();
        facts += office.after_ms(SECOND_MS).facts().len();
    }
    assert_eq!((facts, whom(&office)), (0, Whom::Phones), "it was heard a few minutes ago");
    assert_eq!(others(&office).len(), OTHERS_MAX);
    office.discovers(PC).answers([]);
    // The real one is still heard, and is gone a day after that.
    says(&mut office, OTHER, OTHER_MAC);
    let heard = passes(&mut office, ELDER_GONE_MS - LOOK_EVERY_MS);
    assert!(heard.iter().all(|heard| heard.facts().is_empty()));
    let heard = passes(&mut office, 2 * LOOK_EVERY_MS);
    assert_eq!(heard.iter().flat_map(Heard::facts).collect::<Vec<_>>(), ["ElderGone"]);
}

#[test]
fn servers_made_up_on_two_lans_push_each_other_out_of_flash_once() {
    let mut office = Office::new(boards::campus);
    let ports = [(InterfaceNo(0), Mac(OWN)), (InterfaceNo(2), Mac([2, 0xd1, 0xa1, 0x70, 0, 2]))];
    office.exchange.look_for_others(office.now(), &ports);
    let mut facts = office.drain().facts().len();
    for no in 1..=100 {
        for interface in [InterfaceNo(0), InterfaceNo(2)] {
            let server = Ipv4Addr::new(10, 9, 0, no);
            let arrival = Arrival { interface, ..from_neighbour(server, 67, OTHER_MAC) };
            let heard = office.datagram(arrival, Line::DhcpClient, &reply(2, server).bytes());
            facts += heard.facts().len();
        }
    }
    assert_eq!(facts, ELDERS_MAX);
    let lans = office.exchange.dhcp_view(office.now()).lans;
    let yields = lans.iter().filter(|lan| lan.elder.is_some() && lan.whom == Whom::Phones);
    assert_eq!(yields.count(), 2);
}

#[test]
fn in_phones_only_whoever_is_no_phone_gets_no_word_not_even_a_nak() {
    let mut office = alone();
    let held = office.boots(PC);
    choose(&mut office, Serving::PhonesOnly);
    office.discovers(PC).answers([]);
    office.hears(&request_renewing(PC, 3, held)).answers([]);
    office.hears(&request_selecting(PC, 4, SERVER, held)).answers([]);
    office.hears(&inform(PC, 5, held)).answers([]);
    let named = office.hears(&request_selecting(PC, 6, OTHER, address(88)));
    assert_eq!(named.notes, [Note::OtherDhcpServer(OTHER)], "whom it chose is heard all the same");
    office.boots(PHONE);
    let class = |draft: DhcpDraft| draft.option(60, b"Polycom-VVX410");
    office.boots_as([2, 0, 0, 0, 0, 9], class);
}

#[test]
fn a_handset_added_by_hand_is_answered_in_phones_only_whoever_made_it() {
    let mut office = alone();
    choose(&mut office, Serving::PhonesOnly);
    let name = exchange::names::Text::new();
    office.command(Command::AddHandset { mac: Mac(PC), extension: None, name }).unwrap();
    office.boots(PC);
}

#[test]
fn off_answers_nobody_and_plug_and_play_goes_on() {
    let mut office = alone();
    let held = office.boots(PHONE);
    choose(&mut office, Serving::Off);
    office.discovers(PHONE).answers([]);
    office.hears(&request_renewing(PHONE, 3, held)).answers([]);
    // Another server gives it an address out of the very pool of the box: ARP says whose it is.
    office.after_ms(8 * 24 * 3_600 * SECOND_MS);
    let elsewhere = address(41);
    let asked = from_neighbour(elsewhere, 5060, PHONE);
    let told = office.fetch(asked, &own_file(PHONE)).0;
    assert!(told.starts_with("file "), "{told}");
    // Without ARP nobody knows who that is.
    assert_eq!(office.fetch(from(address(42), 5060), &own_file(PHONE)).0, "forbidden");
}

#[test]
fn the_choice_is_on_flash_and_the_same_again_changes_nothing() {
    let mut office = alone();
    for serving in [Serving::Off, Serving::PhonesOnly, Serving::All, Serving::Automatic] {
        choose(&mut office, serving);
        let again = office.command(Command::ChooseServing(serving));
        assert_eq!(again.err(), Some(Refusal::Unchanged));
        office.restart();
        assert_eq!(office.exchange.dhcp_view(office.now()).serving, serving);
    }
}

#[test]
fn its_own_question_that_a_relay_brings_back_is_nobody() {
    let mut office = alone();
    office.hears(&discover(OWN, 1).relayed_by(address(2))).answers([]);
    assert_eq!(office.exchange.view(office.now()).strangers.len(), 0);
}

#[test]
fn what_the_box_says_itself_and_what_is_no_answer_counts_for_nothing() {
    let (mut office, _) = begun();
    says(&mut office, SERVER, OTHER_MAC);
    says(&mut office, Ipv4Addr::UNSPECIFIED, OTHER_MAC);
    says(&mut office, Ipv4Addr::BROADCAST, OTHER_MAC);
    let arrival: Arrival = from_neighbour(OTHER, 67, OTHER_MAC);
    office.datagram(arrival, Line::DhcpClient, &discover(PC, 1).bytes());
    let heard = office.datagram(arrival, Line::DhcpClient, b"no DHCP");
    assert_eq!(heard.notes.len(), 1, "a malformed one is noted");
    assert_eq!((others(&office).len(), whom(&office)), (0, Whom::Known));
    // A client's word alone makes the box yield to nobody.
    office.hears(&request_selecting(PC, 4, OTHER, address(88)));
    passes(&mut office, LOOK_MS);
    assert_eq!((others(&office).len(), whom(&office)), (1, Whom::Everybody));
}

#[test]
fn made_up_servers_fill_neither_flash_nor_memory() {
    let (mut office, _) = begun();
    let mut facts = 0;
    for no in 0..STRANGER_RECORDS_BURST {
        let [_, _, high, low] = no.to_be_bytes();
        let server = Ipv4Addr::new(10, 9, high, low.max(1));
        facts += says(&mut office, server, [2, 0, 0, 9, high, low]).facts().len();
        // Nor does one that changes its hardware address.
        facts += says(&mut office, OTHER, [2, 0, 0, 8, high, low]).facts().len();
    }
    assert_eq!((facts, others(&office).len()), (ELDERS_MAX, OTHERS_MAX));
    office.boots(PHONE);
}

#[test]
fn an_elder_of_another_network_says_nothing_after_the_box_has_moved() {
    let (mut office, _) = begun();
    says(&mut office, OTHER, OTHER_MAC);
    office.exchange = {
        let mut durable = exchange::state::Durable::default();
        for bytes in &office.facts {
            durable.apply(&exchange::state::Event::decode(bytes).unwrap());
        }
        let mut board = boards::plain();
        for subnet in &mut board.subnets {
            subnet.network = exchange::board::Network::new(Ipv4Addr::new(10, 2, 0, 0), 24).unwrap();
            (subnet.first, subnet.last) = (Ipv4Addr::new(10, 2, 0, 9), Ipv4Addr::new(10, 2, 0, 19));
        }
        board.interfaces[0].address = Ipv4Addr::new(10, 2, 0, 1);
        let render = Box::new(support::files::Plain);
        let (seed, hash) = (exchange::Seed([7; 32]), Default::default());
        exchange::Exchange::new(board, durable, seed, render, hash)
    };
    assert_eq!(whom(&office), Whom::Everybody);
}

const FAMILIES: [Family; 3] = [Family::Snom, Family::AastraMitel, Family::CiscoMpp];

#[test]
fn the_lines_for_another_server_are_as_their_golden_files() {
    let addresses =
        BoxAddresses { server: SERVER, http_port: 80, tftp_port: 69, directory: "prov" };
    let lines = |server: Elsewhere| server.lines(&FAMILIES, &addresses, Ipv4Addr::new(10, 1, 0, 0));
    for server in Elsewhere::ALL {
        let path = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join(format!("../../tests/golden/elsewhere/{}.txt", server.id()));
        let lines = lines(server);
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &lines).unwrap();
        }
        let golden = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(golden == lines, "{} differs; cargo xtask golden", path.display());
    }
}

#[test]
fn the_lines_of_all_makers_have_the_form_that_their_server_reads() {
    let addresses =
        BoxAddresses { server: SERVER, http_port: 8080, tftp_port: 69, directory: "prov" };
    let all = Family::ALL;
    let lines = |server: Elsewhere| server.lines(&all, &addresses, Ipv4Addr::new(10, 1, 0, 0));
    for server in Elsewhere::ALL {
        let lines = lines(server);
        assert!(lines.len() > 2_000 && lines.is_ascii(), "{}", server.id());
        assert!(!lines.contains('\0') && !lines.contains('\r'));
        assert!(lines.contains("http://10.1.0.1:8080/prov"), "{}", server.id());
    }
    let json = format!("{{{}}}", lines(Elsewhere::Kea));
    assert_eq!(json.matches('{').count(), json.matches('}').count());
    for line in lines(Elsewhere::MikroTik).lines().filter(|line| !line.starts_with('#')) {
        assert!(line.starts_with("/ip dhcp-server "), "{line}");
        assert_eq!(line.matches('"').count() % 2, 0, "{line}");
        let bare = line.replace("\\$", "");
        assert!(!bare.contains('$'), "a variable would begin: {line}");
    }
    for line in lines(Elsewhere::Windows).lines().filter(|line| !line.starts_with('#')) {
        let words = ["Add-DhcpServerv4OptionDefinition ", "Add-DhcpServerv4Policy "];
        let sets = line.starts_with("Set-DhcpServerv4OptionValue ");
        assert!(sets || words.iter().any(|word| line.starts_with(word)), "{line}");
        assert_eq!(line.matches('\'').count() % 2, 0, "{line}");
    }
}
