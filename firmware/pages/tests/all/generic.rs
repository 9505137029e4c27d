//! What has no hardware address: its pages, and QR codes against those of another program.

use crate::office::{handset, line, registered_device, NOW, VIEWER};
use exchange::command::Refusal;
use exchange::names::{text, Extension, Mac};
use exchange::view::{DeviceView, HandsetRow, Origin, PeopleView, Remote, Seat, SetupView, Status};
use pages::form::{self, Fields, GenericForm};
use pages::{Html, Qr, QR_BYTES_MAX};

const APP: Mac = Mac([0x03, 0x53, 0x11, 0x22, 0x33, 0x44]);
const PASSWORD: &str = "abcdefghijkmnpqrstuvwxyz";
/// Made by another program, which shares nothing with us.
const CODES: &str = include_str!("../../../../tests/golden/qr.txt");

pub(crate) fn view() -> SetupView {
    SetupView {
        now: NOW,
        revision: 7,
        mac: APP,
        what: text("Mobile"),
        extension: Extension::parse("204"),
        name: text("Ann <b> Bee"),
        login: "aebagbaf".to_string(),
        lan: Some("192.168.10.1".to_string()),
        wan: Some("phones.example.com".to_string()),
        sip_port: 5060,
        sips_port: Some(5061),
        is_remote: true,
        is_registered: false,
        read_only: false,
    }
}

fn of_the_lan() -> SetupView {
    let (what, name, extension) = (text(""), text(""), None);
    let (wan, sips_port, is_remote, is_registered) = (None, None, false, true);
    let sip_port = 5070;
    SetupView {
        what,
        name,
        extension,
        wan,
        sips_port,
        is_remote,
        is_registered,
        sip_port,
        ..view()
    }
}

fn row(status: Status) -> HandsetRow {
    let row = handset(9, "Generic SIP", "Front door", vec![line(1, "209", "Door")]);
    HandsetRow { mac: APP, status, firmware: text(""), address: None, ..row }
}

fn device(status: Status, remote: Remote) -> DeviceView {
    let mut row = row(status);
    if status == Status::Away {
        row.lines[0].registered_until = None;
        row.last_seen = None;
    }
    DeviceView {
        mac: APP,
        handset: Some(row),
        signs: Vec::new(),
        files_proof: None,
        files_unproven: "",
        origin: Some(Origin::ByHand),
        lines_max: 1,
        story: Vec::new(),
        settings: Vec::new(),
        stored: Vec::new(),
        people: PeopleView { seat: Seat::Assigned, ..PeopleView::default() },
        remote,
        ..registered_device()
    }
}

pub(crate) fn all() -> Vec<(&'static str, Html)> {
    let page = |view: &SetupView, wrong| pages::setup(view, &VIEWER, wrong);
    let nowhere = SetupView { wan: None, lan: None, ..view() };
    let fixed = SetupView { read_only: true, ..view() };
    let typed = Fields::parse(b"what=Door&extension=203&name=Zoe&remote=yes").unwrap();
    let taken = Refusal::ExtensionTaken(Extension::parse("203").unwrap());
    let taken = GenericForm::refused(&typed, taken);
    let bad = Fields::parse(format!("what={}&extension=2x", "x".repeat(41)).as_bytes()).unwrap();
    let bad = *form::add_generic(&bad).err().unwrap();
    let mut office = crate::office::quiet_office();
    office.handsets.push(row(Status::Registered));
    let add = |form: &GenericForm| pages::handsets_generic(&office, &VIEWER, form);
    vec![
        ("setup", page(&view(), None)),
        ("setup-lan", page(&of_the_lan(), None)),
        ("setup-nowhere", page(&nowhere, None)),
        ("setup-wrong", page(&view(), Some("This is not your password."))),
        ("setup-read-only", page(&fixed, None)),
        ("setup-shown", pages::setup_shown(&view(), &VIEWER, PASSWORD)),
        ("handsets-generic", add(&taken)),
        ("handsets-generic-bad", add(&bad)),
        ("device-generic", pages::device(&device(Status::Away, Remote::No), &VIEWER, None)),
        (
            "device-generic-remote",
            pages::device(&device(Status::Registered, Remote::Claimed), &VIEWER, None),
        ),
    ]
}

#[test]
fn a_password_is_on_the_page_that_follows_its_drawing_and_nowhere_else() {
    for (name, html) in all() {
        let shown = name == "setup-shown";
        assert_eq!(html.contains(PASSWORD), shown, "{name}");
        assert_eq!(html.contains("<svg "), shown, "{name}");
    }
}

#[test]
fn what_has_no_file_is_not_asked_to_fetch_one() {
    let page = pages::device(&device(Status::Registered, Remote::No), &VIEWER, None);
    for path in ["/resync", "/restart", "/files", "/lost", "/password", "/ban", "/replace"] {
        assert!(!page.contains(&format!("{}{path}\"", pages::device_path(APP))), "{path}");
    }
    assert!(page.contains("/setup\"") && page.contains("/ring\"") && page.contains("/delete\""));
}

/// A code as a text: `#` is dark.
fn drawn(code: &Qr) -> String {
    let row = |row| {
        let module = |column| if code.is_dark(row, column) { '#' } else { '.' };
        (0..code.size()).map(module).chain(['\n']).collect::<String>()
    };
    (0..code.size()).map(row).collect()
}

#[test]
fn codes_are_those_that_another_program_makes_module_by_module() {
    let mut versions = Vec::new();
    for block in CODES.split("\n\n").filter(|block| !block.starts_with('#')) {
        let (bytes, modules) = block.split_once('\n').unwrap();
        let code = Qr::of(bytes.as_bytes()).unwrap();
        assert_eq!(drawn(&code).trim_end(), modules.trim_end(), "{bytes}");
        versions.push((code.size() - 17) / 4);
    }
    versions.sort_unstable();
    versions.dedup();
    assert_eq!(versions, [1, 2, 3, 4, 5, 6, 7], "every version is compared");
}

#[test]
fn a_code_holds_as_much_as_it_says_and_no_more() {
    for (len, size) in [(0, 21), (14, 21), (15, 25), (62, 33), (106, 41), (107, 45)] {
        assert_eq!(Qr::of(&vec![b'a'; len]).map(|code| code.size()), Some(size), "{len}");
    }
    assert!(Qr::of(&[0xff; QR_BYTES_MAX]).is_some());
    assert!(Qr::of(&[0xff; QR_BYTES_MAX + 1]).is_none());
    let code = Qr::of(b"a").unwrap();
    assert!(!code.is_dark(0, 21) && !code.is_dark(21, 0) && !code.is_dark(usize::MAX / 64, 0));
}
