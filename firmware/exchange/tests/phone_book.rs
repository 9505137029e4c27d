//! The phone book over the wire: who gets it, in whose form, and that it follows what is assigned.
//! `UPDATE_GOLDEN=1 cargo test -p exchange --test phone_book` writes the files anew; read the diff.

#![allow(clippy::unwrap_used, reason = "a test stops where it is wrong")]

mod support;

use exchange::catalog::Family;
use exchange::command::{Command, Rule};
use exchange::layer::Layer;
use exchange::limits::BOOK_BYTES_MAX;
use exchange::names::{text, Extension, InterfaceNo, Side};
use exchange::settings::Setting;
use exchange::state::Event;
use exchange::Arrival;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command as Program, Stdio};
use support::files::Plain;
use support::tftp::{block, client};
use support::{address, boards, from, line, own_file, Office, PC, PHONE, PHONE_2};
use wire::Mac;

/// How a phone of each maker names itself when it asks.
const MAKERS: [(Family, &str); 13] = [
    (Family::Yealink, "yealink SIP-T18 18.0.0.80 00:15:65:27:3e:05"),
    (Family::Grandstream, "Grandstream Model HW GXP1405 SW 1.0.4.23 DevId 000b8240d55c"),
    (Family::Snom, "Mozilla/4.0 (compatible; snom lid 3605)"),
    (Family::Polycom, "FileTransport PolycomSoundPointIP-SPIP_335-UA/3.2.1.0078"),
    (Family::CiscoSpa, "Cisco/SPA508G-7.4.4 (0002FDFF2103)(CBT141400UK)"),
    (Family::CiscoEnterprise, "Cisco-CP3905/9.4.1"),
    (Family::CiscoMpp, "Cisco-CP-8841-3PCC/11.0 (00562b043615)"),
    (Family::Fanvil, "Fanvil V65 2.12.2.4 0c383e38e123"),
    (Family::AastraMitel, "Aastra6731i MAC:00-08-5D-23-74-29 V:3.2.0.70-SIP"),
    (Family::Gigaset, "Gigaset N720 DM PRO/70.089.00.000.000;7C2F80CA21E4"),
    (Family::Htek, "Htek UC903 2.0.4.2 00:1f:c1:1c:22:a9"),
    (Family::Akuvox, "Akuvox R20B 220.30.2.28"),
    (Family::Generic, ""),
];
/// No maker's prefix.
const SOMEBODY: [u8; 6] = [0x02, 0, 0, 0, 0, 0x11];
const BOOK: &str = "prov/book.xml";

fn named(family: Family) -> &'static str {
    let own = [
        (Family::Polycom, "prov/000000000000-directory.xml"),
        (Family::Grandstream, "prov/phonebook.xml"),
    ];
    own.iter().find(|(known, _)| *known == family).map_or(BOOK, |(_, name)| name)
}

fn at(last: u8) -> Arrival {
    from(address(last), 5060)
}

/// An office of four people and one phone that nobody has.
fn office() -> Office {
    let mut office = Office::new(boards::plain);
    let people = [("203", "Ölmez & Söhne <Lift>"), ("201", "bert"), ("202", "Anna \"A\" Schmidt")];
    for (at, (extension, name)) in (1u8..).zip(people) {
        add(&mut office, [2, 0, 0, 0, 1, at], Some(extension), name);
    }
    add(&mut office, [2, 0, 0, 0, 1, 9], Some("2040"), "");
    add(&mut office, [2, 0, 0, 0, 1, 10], None, "Nobody");
    office
}

fn add(office: &mut Office, mac: [u8; 6], extension: Option<&str>, name: &str) {
    let extension = extension.and_then(Extension::parse);
    let added = Command::AddHandset { mac: Mac(mac), extension, name: text(name) };
    office.command(added).unwrap();
}

fn golden(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/books").join(name)
}

#[test]
fn each_maker_gets_the_book_of_its_golden_file() {
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    for (family, agent) in MAKERS {
        let mut office = office();
        let given = office.boots(SOMEBODY);
        add(&mut office, SOMEBODY, None, "");
        let (answer, bytes) = office.fetch_as(from(given, 5060), named(family), agent);
        assert!(answer.starts_with("book ") && answer.contains("xml"), "{family:?} {answer}");
        let path = golden(&format!("{}.xml", family.id()));
        if update {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &bytes).unwrap();
        }
        let kept = std::fs::read(&path).unwrap_or_default();
        assert!(kept == bytes, "{} differs; set UPDATE_GOLDEN=1, read it", path.display());
        is_xml(&bytes);
    }
    let read: BTreeSet<Family> =
        Family::ALL.into_iter().filter(|family| family.book().is_some()).collect();
    assert_eq!(read, MAKERS.map(|(family, _)| family).into());
}

/// Has an independent reader look at it, where there is one.
fn is_xml(bytes: &[u8]) {
    let reader = Program::new("xmllint").args(["--noout", "-"]).stdin(Stdio::piped()).spawn();
    let Ok(mut reader) = reader else {
        assert!(std::env::var_os("CI").is_none(), "xmllint is missing: install libxml2-utils");
        return eprintln!("test skipped in part: xmllint is missing: install libxml2-utils");
    };
    reader.stdin.take().unwrap().write_all(bytes).unwrap();
    assert!(reader.wait().unwrap().success(), "{}", String::from_utf8_lossy(bytes));
}

#[test]
fn the_book_is_sorted_and_follows_what_is_assigned() {
    let mut office = office();
    let given = office.boots(PHONE);
    add(&mut office, PHONE, None, "Not in the book");
    let names = |office: &mut Office| {
        let (_, bytes) = office.fetch(from(given, 5060), BOOK);
        let book = String::from_utf8(bytes).unwrap();
        let entry = |entry: &str| {
            let (name, rest) = entry.split_once("</Name><Telephone>").unwrap();
            format!("{} {name}", rest.split_once('<').unwrap().0)
        };
        book.split("<Name>").skip(1).map(entry).collect::<Vec<String>>()
    };
    let before = ["2040 2040", "202 Anna &quot;A&quot; Schmidt", "201 bert"];
    let lift = "203 Ölmez &amp; Söhne &lt;Lift&gt;";
    assert_eq!(names(&mut office), [&before[..], &[lift]].concat());
    assert_eq!(names(&mut office), [&before[..], &[lift]].concat(), "from what is kept ready");
    let handset = office.device(PHONE).handset.unwrap().handset;
    let extension = Extension::parse("205");
    office
        .command(Command::AssignLine { handset, line: line(1), extension, name: text("Cleo") })
        .unwrap();
    let mut after = before.to_vec();
    after.extend(["205 Cleo", lift]);
    assert_eq!(names(&mut office), after);
    office.command(Command::DeleteHandset { handset }).unwrap();
    add(&mut office, PHONE, None, "");
    assert_eq!(names(&mut office), [&before[..], &[lift]].concat());
}

#[test]
fn only_a_handset_at_its_own_address_gets_the_book() {
    let mut office = office();
    let given = office.boots(PHONE);
    let of_pc = office.boots(PC);
    assert_eq!(office.fetch(from(given, 5060), BOOK).0, "not found", "not a handset yet");
    assert!(office.fetch(from(given, 5060), &own_file(PHONE)).0.starts_with("file"));
    for _ in 0..3 {
        assert!(office.fetch(from(given, 5060), BOOK).0.starts_with("book"));
    }
    assert_eq!(office.fetch(from(of_pc, 5060), BOOK).0, "not found");
    assert_eq!(office.fetch(at(50), BOOK).0, "forbidden", "nobody has that address");
    let wan = Arrival { side: Side::Wan, interface: InterfaceNo(1), ..from(given, 5060) };
    assert_eq!(office.fetch(wan, BOOK).0, "forbidden");
    let story = office.story(PHONE);
    let told = story.iter().filter(|step| step.contains("the phone book, ")).count();
    assert_eq!(told, 1, "{story:#?}");
    let of_pc = office.story(PC);
    assert!(of_pc.iter().any(|step| step.contains("for handsets of this box")), "{of_pc:#?}");
}

#[test]
fn a_directory_that_is_asked_by_tftp_is_the_same() {
    let mut office = office();
    let given = office.boots(SOMEBODY);
    add(&mut office, SOMEBODY, None, "");
    let polycom = named(Family::Polycom);
    let (_, by_http) = office.fetch(from(given, 5060), polycom);
    let last = given.octets()[3];
    let asked = phones::builders::request(1, polycom, "octet", &[]);
    let heard = office.datagram(client(last, 2_000), exchange::Line::Tftp, &asked);
    let (data, _) = &heard.sent[0];
    assert_eq!(block(&data.bytes), &by_http[..512.min(by_http.len())]);
}

#[test]
fn a_page_leads_to_the_next_and_a_base_names_what_it_wants() {
    let mut office = Office::new(boards::plain);
    let given = office.boots(SOMEBODY);
    add(&mut office, SOMEBODY, None, "");
    for at in 0..40u8 {
        add(&mut office, [2, 0, 0, 0, 2, at], Some(&format!("3{at:02}")), &format!("Name {at:02}"));
    }
    let at = from(given, 5060);
    let mut asks = |name: &str, agent: &str| {
        let (_, bytes) = office.fetch_as(at, name, agent);
        assert!(bytes.len() < BOOK_BYTES_MAX);
        String::from_utf8(bytes).unwrap()
    };
    let cisco = "Cisco/SPA508G-7.4.4 (0002FDFF2103)(CBT141400UK)";
    let first = asks(BOOK, cisco);
    assert_eq!(first.matches("<DirectoryEntry>").count(), 32);
    assert!(first.contains("<URL>http://10.1.0.1/prov/book.xml?first=33</URL>"), "{first}");
    let second = asks("prov/book.xml?first=33", cisco);
    assert_eq!(second.matches("<DirectoryEntry>").count(), 8);
    assert!(second.contains("33 to 40 of 40") && !second.contains("?first="), "{second}");
    let gigaset = "prov/book.xml?command=get_list&type=pr&fn=*&ln=*&hm=*&first=5&count=2";
    let base = "Gigaset N670 IP PRO/83.00.0";
    let two = asks(gigaset, base);
    assert!(two.contains("total=\"40\" first=\"5\" last=\"6\""), "{two}");
    let caller = asks("prov/book.xml?command=get_list&hm=307&first=1&count=1", base);
    assert!(caller.contains("total=\"1\"") && caller.contains("<hm>307</hm>"), "{caller}");
    let long = format!("prov/book.xml?first=5&x={}", "x".repeat(600));
    assert!(asks(&long, base).contains("first=\"1\""), "too long a question is none");
}

#[test]
fn a_remote_phone_finds_the_next_page_where_it_found_the_first() {
    let mut office = Office::new(boards::secured);
    for at in 0..40u8 {
        add(&mut office, [2, 0, 0, 0, 2, at], Some(&format!("3{at:02}")), &format!("Name {at:02}"));
    }
    let pages = [SOMEBODY, [0x02, 0, 0, 0, 0, 0x12]].map(|mac| {
        add(&mut office, mac, None, "");
        let handset = office.handset(mac).handset;
        office.command(Command::Rule(Rule::MarkRemote { handset, remote: true })).unwrap();
        let Some(Event::RemoteMarked { mark: Some(mark), .. }) =
            Event::decode(office.facts.last().unwrap())
        else {
            panic!("it is not marked");
        };
        let token = mark.token.text();
        let wan = Arrival { side: Side::Wan, interface: InterfaceNo(1), ..at(9) };
        let way = exchange::Way { tls: true, ..exchange::Way::default() };
        let cisco = "Cisco/SPA508G-7.4.4 (0002FDFF2103)(CBT141400UK)";
        let asked = format!("prov/{token}/book.xml");
        let (_, bytes) = office.fetch_by(wan, &asked, cisco, way);
        let page = String::from_utf8(bytes).unwrap();
        let next = format!("<URL>https://203.0.113.1/prov/{token}/book.xml?first=33</URL>");
        assert!(page.contains(&next), "{page}");
        page
    });
    assert_ne!(pages[0], pages[1], "each its own");
}

/// Says where the phone book is.
struct Told;

impl exchange::render::Render for Told {
    fn render(
        &self,
        template: &str,
        values: &exchange::render::Values,
        out: &mut Vec<u8>,
    ) -> Result<(), exchange::render::Unrendered> {
        out.extend_from_slice(values.settings.phone_book_url.as_bytes());
        Plain.render(template, values, &mut Vec::new())
    }

    fn render_own(
        &self,
        template: &str,
        _: &str,
        values: &exchange::render::Values,
        out: &mut Vec<u8>,
    ) -> Result<(), exchange::render::Unrendered> {
        self.render(template, values, out)
    }
}

#[test]
fn files_name_the_book_of_the_box_until_an_admin_names_another() {
    let mut office = Office::with_render(boards::plain, || Box::new(Told));
    let (yealink, grandstream) = (office.boots(PHONE), office.boots([0, 0x0b, 0x82, 0, 0, 1]));
    let avaya = office.boots([0x00, 0x04, 0x0d, 0, 0, 1]);
    let told = |office: &mut Office, at: std::net::Ipv4Addr, name: &str| {
        let (answer, bytes) = office.fetch(from(at, 5060), name);
        assert!(answer.starts_with("file"), "{answer} {name}");
        String::from_utf8(bytes).unwrap()
    };
    let own = own_file(PHONE);
    assert_eq!(told(&mut office, yealink, &own), "http://10.1.0.1/prov/book.xml");
    // A common file too; and a phone that adds the name itself is not told it twice.
    assert_eq!(told(&mut office, yealink, "y000000000046.cfg"), "http://10.1.0.1/prov/book.xml");
    assert_eq!(told(&mut office, grandstream, "cfg000b82000001.xml"), "http://10.1.0.1/prov/");
    assert_eq!(told(&mut office, avaya, "46xxsettings.txt"), "", "no form of theirs is known");
    let row = |office: &Office, mac: [u8; 6]| {
        let rows = office.device(mac).settings;
        let row = rows.into_iter().find(|row| row.setting == Setting::PhoneBookUrl).unwrap();
        (row.value, row.unsaid.len())
    };
    assert_eq!(row(&office, PHONE).0.as_deref(), Some("the phone book of this box"));
    let value = Some("http://book.example/b.xml".to_string());
    let layer = Layer::Site;
    office
        .command(Command::ChangeSetting { layer, setting: Setting::PhoneBookUrl, value })
        .unwrap();
    assert_eq!(told(&mut office, yealink, &own), "http://book.example/b.xml");
    assert_eq!(row(&office, PHONE).0.as_deref(), Some("http://book.example/b.xml"));
    assert_eq!(office.boots(PHONE_2), address(13));
}
