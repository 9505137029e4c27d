//! The pages of the box itself, in every state worth looking at.

use crate::office::{NOW, VIEWER};
use exchange::command::{DnsServers, Domain, Flaw, Refusal};
use exchange::names::{Mac, Side};
use exchange::time::{Instant, Now, MINUTE_MS, SECOND_MS};
use exchange::view::{
    AdminPassword, BackupRefused, BadLine, BadLines, BoxView, Changes, Lan, Profile, Summary, Wan,
    WanView, Wrong,
};
use pages::backup::{self, NotRestored};
use pages::form::{self, Fields, LanForm, WanForm};
use pages::system::{Link, Machine, Port, Wear};
use pages::{Html, Leaving, OnTrial, Viewer};
use std::net::Ipv4Addr;

const TRIAL: OnTrial =
    OnTrial { now: NOW, until: Instant(NOW.mono.0 + 4 * MINUTE_MS + 12 * SECOND_MS) };

fn ip(last: u8) -> Ipv4Addr {
    Ipv4Addr::new(192, 168, 10, last)
}

const TRIAL_MS: u64 = 5 * MINUTE_MS;

pub(crate) fn the_box() -> BoxView {
    let dns: DnsServers = [ip(254), Ipv4Addr::new(9, 9, 9, 9)].into_iter().collect();
    BoxView {
        now: NOW,
        lan: Some(Lan {
            address: ip(1),
            prefix: 24,
            first: ip(50),
            last: ip(250),
            router: Some(ip(254)),
            dns,
            domain: Domain::try_from("office.example").unwrap(),
        }),
        wan: Some(WanView { set: None, address: Some((Ipv4Addr::new(203, 0, 113, 2), 30)) }),
        trial: None,
        hindrance: None,
        trial_ms: TRIAL_MS,
        name: Some("dialtone".to_string()),
        http_port: 80,
        state_bytes: 39_117,
        flash_bytes: Some(1_048_512),
        read_only: false,
        seals_backups: true,
        profile: Some(Profile::Guarded),
    }
}

fn fixed() -> BoxView {
    let address = Ipv4Addr::new(198, 51, 100, 7);
    let gateway = Some(Ipv4Addr::new(198, 51, 100, 1));
    let dns = Some(Ipv4Addr::new(9, 9, 9, 9));
    let set = Some(Wan::Fixed { address, prefix: 24, gateway, dns });
    BoxView { wan: Some(WanView { set, address: Some((address, 24)) }), ..the_box() }
}

fn by_dhcp() -> BoxView {
    BoxView { wan: Some(WanView { set: Some(Wan::Dhcp), address: None }), ..the_box() }
}

/// A demonstration: one port, and nothing to set.
fn demonstration() -> BoxView {
    BoxView { wan: None, hindrance: Some(Refusal::Demonstration), flash_bytes: None, ..the_box() }
}

pub(crate) fn machine() -> Machine {
    let port = |no: u8, side, address, link| Port {
        name: format!("eth{no}"),
        side,
        address,
        mac: Some(Mac([0x52, 0x54, 0, 0x12, 0x34, no])),
        link,
    };
    Machine {
        build: Some("2026-11-24.1".to_owned()),
        board: Some("ast2600-evb".to_owned()),
        slot: Some("root-a".to_owned()),
        on_s: Some(40 * 3_600),
        synchronised: true,
        memory_bytes: Some(2_713_600),
        flash: Wear {
            used_bytes: 61_440,
            today_bytes: Some(512),
            since_start_bytes: 8_204,
            written_bytes: 230_404,
            erases: 14,
            counted: true,
            erases_of_one: 1,
            retired: 0,
        },
        ports: vec![
            port(0, Side::Lan, Some((ip(1), 24)), Link::Up(Some(1_000))),
            port(1, Side::Wan, Some((Ipv4Addr::new(203, 0, 113, 2), 30)), Link::Up(None)),
            port(2, Side::Lan, None, Link::Down),
            port(3, Side::Wan, None, Link::Unknown),
        ],
    }
}

fn fields(body: &str) -> Fields {
    Fields::parse(body.as_bytes()).unwrap()
}

pub(crate) fn all() -> Vec<(&'static str, Html)> {
    let mut pages = networks();
    pages.extend(systems());
    pages.extend(backups());
    pages
}

/// A backup of a larger office, on a box that takes its place.
pub(crate) fn changes() -> Changes {
    let was = Summary { handsets: 0, lines: 0, addresses: 1, lan: None, on_trial: false };
    let will = Summary {
        handsets: 48,
        lines: 61,
        addresses: 57,
        lan: Some((Ipv4Addr::new(10, 1, 7, 1), 24)),
        on_trial: false,
    };
    let admin = AdminPassword::FromBackup;
    Changes { was, will, drawn: 0, admin, passphrase: true, network_stays: false }
}

fn backups() -> Vec<(&'static str, Html)> {
    let bare = BoxView { seals_backups: false, ..the_box() };
    let unlike = fields("new=a+quiet+morning&again=a+quite+morning");
    let unlike = form::new_password(&unlike).unwrap_err();
    let line = |number, wrong| BadLine { number, wrong };
    let bad = BadLines {
        lines: vec![line(12, Wrong::Missing("mac")), line(13, Wrong::NoHandset)],
        more: 3,
    };
    let bad = NotRestored::Refused(BackupRefused::Lines(bad));
    let wrong = NotRestored::Refused(BackupRefused::WrongPassphrase);
    let template = NotRestored::Template {
        which: "yealink/mac.cfg for the site".into(),
        sentence: "Line 2, column 4: There is no such value: `site.servr` is undefined.".into(),
    };
    let certificate =
        NotRestored::Certificate("The private key belongs to another certificate.".into());
    let poor = Changes {
        was: Summary { lan: Some((ip(1), 24)), ..changes().was },
        will: Summary { lan: None, on_trial: true, ..changes().will },
        drawn: 1,
        admin: AdminPassword::Stays,
        passphrase: false,
        ..changes()
    };
    let elsewhere = Changes { network_stays: true, admin: AdminPassword::First, drawn: 9, ..poor };
    let page = |view: &BoxView, why| backup::backup(view, &VIEWER, None, why);
    let left = |moved, by_itself| pages::leaving(Leaving::Restored { moved, by_itself }, TRIAL_MS);
    vec![
        ("backup", page(&the_box(), None)),
        ("backup-bare", page(&bare, None)),
        ("backup-bad-lines", page(&the_box(), Some(&bad))),
        ("backup-wrong", page(&bare, Some(&wrong))),
        ("backup-bad-template", page(&the_box(), Some(&template))),
        ("backup-bad-certificate", page(&the_box(), Some(&certificate))),
        ("backup-unlike", backup::backup(&bare, &VIEWER, Some(&unlike), None)),
        ("backup-read-only", page(&BoxView { read_only: true, ..the_box() }, None)),
        ("restore", backup::restore(&changes(), &the_box(), &VIEWER, "00ff")),
        ("restore-poor", backup::restore(&poor, &the_box(), &VIEWER, "00ff")),
        ("restore-elsewhere", backup::restore(&elsewhere, &demonstration(), &VIEWER, "00ff")),
        ("leaving-restored", left(None, true)),
        ("leaving-restored-moved", left(Some((Ipv4Addr::new(10, 1, 7, 1), 80)), true)),
        ("leaving-restored-elsewhere", left(None, false)),
    ]
}

fn networks() -> Vec<(&'static str, Html)> {
    let trial = Viewer { trial: Some(TRIAL), ..VIEWER };
    let typed = "address=192.168.20.1&first=x&last=192.168.20.250&dns=9.9.9.9&domain=";
    let bad = *form::lan(&fields(typed)).err().unwrap();
    let typed = fields("address=203.0.113.1%2F30&first=203.0.113.2&last=203.0.113.2");
    let refused = LanForm::refused(&typed, Refusal::Network(Flaw::LanMeetsWan));
    let demo = LanForm::refused(&typed, Refusal::Demonstration);
    let wan = *form::wan(&fields("address=&gateway=203.0.113.1")).err().unwrap();
    let in_file = BoxView { lan: None, ..the_box() };
    let page = |view: &BoxView| pages::network(view, &VIEWER, None, None);
    vec![
        ("network", page(&the_box())),
        ("network-fixed", page(&fixed())),
        ("network-dhcp", page(&by_dhcp())),
        ("network-in-file", page(&in_file)),
        ("network-demo", page(&demonstration())),
        ("network-trial", pages::network(&the_box(), &trial, None, None)),
        ("network-bad-lan", pages::network(&the_box(), &VIEWER, Some(bad), None)),
        ("network-bad-wan", pages::network(&the_box(), &VIEWER, None, Some(wan))),
        ("network-refused", pages::network(&the_box(), &VIEWER, Some(refused), None)),
        ("network-demo-refused", pages::network(&demonstration(), &VIEWER, Some(demo), None)),
        ("leaving-moved", pages::leaving(Leaving::Moved { to: ip(2), http_port: 80 }, TRIAL_MS)),
        (
            "leaving-moved-port",
            pages::leaving(Leaving::Moved { to: ip(2), http_port: 8_080 }, TRIAL_MS),
        ),
        ("leaving-network", pages::leaving(Leaving::Network, TRIAL_MS)),
        ("leaving-restart", pages::leaving(Leaving::Restart, TRIAL_MS)),
    ]
}

fn systems() -> Vec<(&'static str, Html)> {
    let bare = BoxView {
        now: Now { mono: Instant(95 * SECOND_MS), wall: None },
        read_only: true,
        ..demonstration()
    };
    vec![
        ("system", pages::system(&the_box(), &machine(), &VIEWER)),
        ("system-bare", pages::system(&bare, &Machine::default(), &VIEWER)),
        ("system-restart", pages::restart(&VIEWER)),
    ]
}

#[test]
fn what_is_on_trial_is_said_on_every_page_of_whoever_is_logged_in() {
    let trial = Viewer { trial: Some(TRIAL), ..VIEWER };
    let pages = [
        pages::handsets(&crate::office::office(), &trial, None),
        pages::device(&crate::office::stuck_device(), &trial, None),
        pages::network(&the_box(), &trial, None, None),
        pages::system(&the_box(), &machine(), &trial),
        pages::restart(&trial),
        backup::backup(&the_box(), &trial, None, None),
        backup::restore(&changes(), &the_box(), &trial, ""),
    ];
    for page in pages {
        assert!(page.contains("action=\"/network/keep\"") && page.contains("Keep this address"));
        assert!(page.contains("in 4 min"), "{page}");
    }
    assert!(!pages::handsets(&crate::office::office(), &VIEWER, None).contains("/network/keep"));
}

#[test]
fn what_was_typed_into_one_form_does_not_show_in_the_other() {
    let form = WanForm::refused(&fields("address=1.1.1.1%2F24"), Refusal::Unchanged);
    let page = pages::network(&the_box(), &VIEWER, None, Some(form));
    assert_eq!(page.matches("1.1.1.1/24").count(), 1);
    assert!(page.contains("192.168.10.1/24"));
}
