//! Which options each maker's phone is sent, byte for byte, for the list it typically asks for.
//!
//! The lists in option 55 are those of the golden packets; the replies are walked raw, so that the
//! order and every byte count.

mod support;

use exchange::command::Command;
use exchange::names::Side;
use exchange::note::Note;
use phones::builders::discover;
use support::{address, boards, Office, PC, PHONE};

const URL: &str = "http://10.1.0.1/prov/";
const WEEK: [u8; 4] = [0, 9, 58, 128];
const HALF: [u8; 4] = [0, 4, 157, 64];
const SEVEN_EIGHTHS: [u8; 4] = [0, 8, 19, 48];
const WORKDAY: [u8; 4] = [0, 0, 112, 128];

/// What every lease of a week says, before what the maker reads.
fn of_a_week() -> Vec<(u8, Vec<u8>)> {
    vec![
        (53, vec![2]),
        (54, vec![10, 1, 0, 1]),
        (51, WEEK.to_vec()),
        (58, HALF.to_vec()),
        (59, SEVEN_EIGHTHS.to_vec()),
        (1, vec![255, 255, 255, 0]),
    ]
}

fn offered(mac: [u8; 6], class: &[u8], asked: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut office = Office::new(boards::plain);
    let draft = discover(mac, 1).option(60, class).option(55, asked);
    office.hears(&draft).reply().options
}

/// The options beyond those of any lease.
fn beyond(mac: [u8; 6], class: &[u8], asked: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut options = offered(mac, class, asked);
    let own = options.split_off(6);
    assert_eq!(options, of_a_week());
    own
}

fn text(code: u8, value: &str) -> (u8, Vec<u8>) {
    (code, value.as_bytes().to_vec())
}

/// Option 2: an hour east of UTC.
fn hour_east() -> (u8, Vec<u8>) {
    (2, vec![0, 0, 14, 16])
}

fn ntp() -> (u8, Vec<u8>) {
    (42, vec![10, 1, 0, 1])
}

fn broadcast() -> (u8, Vec<u8>) {
    (28, vec![10, 1, 0, 255])
}

#[test]
fn a_yealink_reads_66_and_43() {
    let asked = [1, 2, 3, 4, 6, 7, 12, 15, 28, 42, 66, 67, 43, 120];
    let sent = beyond(PHONE, b"yealink", &asked);
    assert_eq!(sent, [text(66, URL), text(43, URL), hour_east(), broadcast(), ntp()]);
}

#[test]
fn a_snom_reads_66_and_67_and_both_again_in_43() {
    let asked = [1, 2, 3, 6, 15, 42, 43, 66, 67, 120];
    let sent = beyond([0, 4, 0x13, 1, 2, 3], b"snomD785", &asked);
    let (host, path) = ("http://10.1.0.1", "prov/{mac}.htm");
    let mut tunnel = vec![66, 16];
    tunnel.extend_from_slice(b"http://10.1.0.1\0");
    tunnel.extend_from_slice(&[67, 15]);
    tunnel.extend_from_slice(b"prov/{mac}.htm\0");
    assert_eq!(sent, [text(66, host), text(67, path), (43, tunnel), hour_east(), ntp()]);
}

#[test]
fn a_polycom_reads_160_before_66() {
    let asked = [1, 3, 6, 15, 42, 66, 160, 2, 4, 43, 128, 144, 157, 191];
    let sent = beyond([0, 4, 0xf2, 1, 2, 3], b"Polycom-VVX450", &asked);
    assert_eq!(sent, [text(160, URL), text(66, URL), ntp(), hour_east()]);
}

#[test]
fn a_grandstream_reads_66_and_what_it_asks_for() {
    let asked = [1, 2, 3, 6, 12, 15, 28, 42, 43, 66, 120, 125];
    let sent = beyond([0, 0x0b, 0x82, 1, 2, 3], b"Grandstream GXP2135", &asked);
    assert_eq!(sent, [text(66, URL), hour_east(), broadcast(), ntp()]);
    let sent = beyond([0, 0x0b, 0x82, 1, 2, 3], b"Grandstream GXP2135", &[66, 150, 160]);
    assert_eq!(sent, [text(66, URL), text(160, URL), text(150, URL)]);
}

#[test]
fn a_cisco_spa_reads_a_rule_with_its_model_and_150_as_addresses() {
    let asked = [1, 3, 42, 6, 7, 15, 58, 59, 44, 66, 150, 151, 159, 160];
    let sent = beyond([0, 0x26, 0x99, 1, 2, 3], b"Cisco SPA504G", &asked);
    let rule = "http://10.1.0.1/prov/spa$PSN.cfg";
    let list = (150, vec![10, 1, 0, 1]);
    assert_eq!(sent, [text(66, rule), text(160, rule), text(159, rule), list, ntp()]);
    let linksys = beyond([0, 0x0e, 8, 1, 2, 3], b"LINKSYS SPA-942", &[1, 3, 66]);
    assert_eq!(linksys, [text(66, "10.1.0.1")]);
}

#[test]
fn an_aastra_reads_its_server_inside_43_and_a_fanvil_its_file_in_66() {
    let asked = [1, 3, 6, 42, 43, 2, 66, 159, 160];
    let sent = beyond([0, 8, 0x5d, 1, 2, 3], b"AastraIPPhone6731i", &asked);
    let folder = "http://10.1.0.1/prov";
    let mut inside = vec![2, 20];
    inside.extend_from_slice(folder.as_bytes());
    inside.extend_from_slice(&[3, 1, 0]);
    let more = [text(66, folder), text(160, folder), text(159, folder), ntp(), hour_east()];
    assert_eq!(sent, [&[(43, inside)], &more[..]].concat());
    let fanvil = beyond([0x0c, 0x38, 0x3e, 1, 2, 3], b"Fanvil X5U", &[1, 3, 6, 66]);
    assert_eq!(fanvil, [text(66, "http://10.1.0.1/prov/$mac.cfg")]);
}

#[test]
fn a_cisco_of_either_firmware_reads_150_as_addresses() {
    let list = (150, vec![10, 1, 0, 1]);
    let asked = [1, 66, 6, 3, 15, 150, 35];
    let old = beyond([0, 0x21, 0x55, 1, 2, 3], b"Cisco Systems, Inc. IP Phone CP-7960G\0", &asked);
    assert_eq!(old, [list.clone(), text(66, "10.1.0.1")]);
    let rule = text(66, "http://10.1.0.1/prov/$MA.xml");
    let new = beyond([0, 0x21, 0x55, 1, 2, 4], b"CP-7841-3PCC\0", &[66, 150]);
    assert_eq!(new, [rule, list]);
}

#[test]
fn an_avaya_reads_242_and_keeps_its_address_for_six_weeks() {
    let asked = [1, 28, 3, 6, 15, 42, 242];
    let mut told = offered([0x70, 0x38, 0xee, 1, 2, 3], b"ccp.avaya.com", &asked);
    let own = told.split_off(6);
    let six_weeks = 3_628_800_u32.to_be_bytes().to_vec();
    assert_eq!(told.get(2), Some(&(51, six_weeks)));
    let settings = "HTTPSRVR=10.1.0.1,HTTPPORT=80,HTTPDIR=/prov,DES_STAT=0";
    assert_eq!(own, [text(242, settings), broadcast(), ntp()]);
}

#[test]
fn the_other_makers_read_their_folder_where_they_ask_for_it() {
    let (folder, url) = ("http://10.1.0.1/prov", "http://10.1.0.1/prov/");
    let base = beyond([0x7c, 0x2f, 0x80, 1, 2, 3], b"N510_IP_PRO", &[114, 66]);
    assert_eq!(base, [text(114, folder), text(66, folder)]);
    let panasonic = beyond([0, 0x80, 0xf0, 1, 2, 3], b"Panasonic", &[66, 67, 159, 160]);
    assert_eq!(panasonic, [text(160, url), text(159, url), text(66, url)]);
    assert_eq!(beyond([0, 0x1f, 0xc1, 1, 2, 3], b"htek", &[66]), [text(66, url)]);
    assert_eq!(beyond([0x0c, 0x11, 5, 1, 2, 3], b"akuvox", &[66]), [text(66, url)]);
    let mut inside = vec![66, 20];
    inside.extend_from_slice(folder.as_bytes());
    let myriad = beyond([0x3c, 0x28, 0xa6, 1, 2, 3], b"aledevice", &[1, 3, 28, 43, 58, 59]);
    assert_eq!(myriad, [(43, inside), broadcast()]);
}

#[test]
fn a_device_nobody_knows_gets_what_it_asks_for_in_the_form_of_the_rfcs() {
    let mut own = offered(PC, b"MSFT 5.0", &[1, 3, 6, 15, 31, 33, 43, 44, 46, 47, 121, 249, 252]);
    let lease = own.split_off(2);
    let lease: Vec<_> = lease.iter().map(|(code, _)| *code).collect();
    assert_eq!(lease, [51, 58, 59, 1], "a computer is told nothing about phones");
    let asking = offered(PC, b"unheard of", &[66, 150]);
    assert_eq!(asking.get(2), Some(&(51, WORKDAY.to_vec())));
    assert_eq!(asking.get(6..), Some(&[text(66, "10.1.0.1"), (150, vec![10, 1, 0, 1])][..]));
}

#[test]
fn a_time_zone_is_told_in_each_form_that_is_asked_for() {
    let asked = offered(PC, b"x", &[2, 100, 101]);
    let zone = [hour_east(), text(100, "CET-1CEST,M3.5.0,M10.5.0/3"), text(101, "Europe/Berlin")];
    assert_eq!(asked.get(6..), Some(&zone[..]));
}

#[test]
fn what_the_site_sets_is_sent_and_wins_over_what_the_maker_reads() {
    let mut office = Office::new(boards::furnished);
    let draft = discover(PHONE, 1).option(60, b"yealink").option(55, &[66, 43, 42, 15, 252]);
    let mut options = office.hears(&draft).reply().options;
    let own = options.split_off(6);
    let expected = [
        (3, vec![10, 1, 0, 254]),
        (6, vec![10, 1, 0, 53, 9, 9, 9, 9]),
        text(66, "tftp.example"),
        text(252, "wpad"),
        text(43, URL),
        (42, vec![10, 1, 0, 123]),
        text(15, "office.example"),
    ];
    assert_eq!(own, expected);
}

#[test]
fn each_option_is_sent_once_however_often_it_is_asked_for() {
    let sent =
        beyond(PHONE, b"yealink", &[66, 66, 66, 42, 42, 1, 1, 51, 51, 54, 53, 61, 82, 255, 0]);
    assert_eq!(sent, [text(66, URL), ntp()]);
}

#[test]
fn a_stranger_gets_an_address_but_no_way_to_files_while_new_handsets_are_not_taken_in() {
    let mut office = Office::new(boards::plain);
    let draft = discover(PHONE, 1).option(60, b"yealink").option(55, &[1, 66, 43, 42]);
    office.boots(PHONE);
    office.fetch(support::from(address(10), 1), &support::own_file(PHONE));
    office.command(Command::AllowCreation { side: Side::Lan, open: false }).unwrap();
    let stranger =
        discover([0, 0x15, 0x65, 9, 9, 9], 1).option(60, b"yealink").option(55, &[66, 43, 42]);
    let told = office.hears(&stranger).reply();
    assert_eq!((told.option(66), told.option(43)), (None, None));
    assert_eq!(told.option(42), Some(&[10, 1, 0, 1][..]));
    let known = office.hears(&draft).reply();
    assert_eq!(known.text(66).as_deref(), Some(URL));
}

#[test]
fn what_does_not_fit_is_left_out_from_the_end_and_noted() {
    let mut office = Office::new(|| {
        let mut board = boards::plain();
        for subnet in &mut board.subnets {
            subnet.options = vec![(200, vec![1; 240]), (201, vec![2; 240]), (202, vec![3; 240])];
        }
        board
    });
    let heard = office.hears(&discover(PHONE, 1).option(55, &[66]));
    let told = heard.reply();
    assert!(told.option(200).is_some() && told.option(51).is_some());
    assert!(heard.notes.iter().any(|note| matches!(note, Note::OptionDropped(_))));
    let roomy = office.hears(&discover(PHONE, 1).option(57, &1_472_u16.to_be_bytes()));
    assert!(roomy.notes.is_empty() && roomy.reply().option(202).is_some());
}

#[test]
fn the_ack_says_what_the_offer_said() {
    let mut office = Office::new(boards::furnished);
    let list = [1, 2, 3, 4, 6, 7, 12, 15, 28, 42, 66, 67, 43, 120];
    let more = |draft: phones::builders::DhcpDraft| draft.option(60, b"yealink").option(55, &list);
    let offer = office.hears(&more(discover(PHONE, 1))).reply();
    let taking = phones::builders::request_selecting(PHONE, 1, support::SERVER, address(10));
    let ack = office.hears(&more(taking)).reply();
    assert_eq!(offer.options.get(1..), ack.options.get(1..));
}
