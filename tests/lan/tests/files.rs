//! Who gets a phone's file: tftp-hpa, atftp and curl, from the leased address and from others.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

use lan::admin::Admin;
use lan::can_run;
use lan::daemon::{Daemon, BOX};
use lan::dhcp::{udhcpc, YEALINK};
use lan::files::{curl, get, tftp, yealink_account, Tftp};
use lan::net::{Host, Lan};

const CLIENTS: [&str; 5] = ["ip", "busybox", "curl", "tftp", "atftp"];
const DOORS: [Tftp; 3] = [Tftp::Hpa, Tftp::Atftp, Tftp::Curl];

/// Who never was here.
const MADE_UP: &str = "001565abcdef";

fn phone(lan: &Lan) -> Host {
    let phone = lan.plug("phone", "00:15:65:11:22:33");
    udhcpc(&phone, &YEALINK).expect("an address");
    phone
}

#[test]
fn every_client_fetches_the_file_of_its_phone_and_finds_the_same_account_in_it() {
    if !can_run("every_client_fetches_the_file", &CLIENTS) {
        return;
    }
    let lan = Lan::new();
    let _daemon = Daemon::start(&lan);
    let phone = phone(&lan);
    let name = format!("{}.cfg", phone.mac12());
    let by_http = get(&phone, &format!("/prov/{name}"));
    assert_eq!(by_http.status, 200, "{by_http:?}");
    assert!(by_http.head.contains("cache-control: no-store"), "{}", by_http.head);
    assert!(by_http.body.starts_with("#!version:1.0.0.1\n"), "{}", by_http.body);
    let account = yealink_account(&by_http.body);
    assert_eq!(account.server, format!("{BOX}:5060"));
    assert!(account.password.len() >= 16, "{account:?}");
    for client in DOORS {
        let by_tftp = tftp(&phone, client, &name).unwrap_or_else(|why| panic!("{client:?}: {why}"));
        assert_eq!(by_tftp, by_http.body, "{client:?}");
        let in_folder = tftp(&phone, client, &format!("prov/{name}"));
        assert_eq!(in_folder.as_ref(), Ok(&by_http.body), "{client:?}");
    }
    let common = get(&phone, "/prov/y000000000066.cfg");
    assert_eq!(common.status, 200, "{common:?}");
    assert!(!common.body.contains(&account.password));
}

#[test]
fn another_address_on_the_lan_learns_nothing_not_even_which_phones_there_are() {
    if !can_run("another_address_on_the_lan_learns_nothing", &CLIENTS) {
        return;
    }
    let lan = Lan::new();
    let daemon = Daemon::start(&lan);
    let phone = phone(&lan);
    let name = format!("{}.cfg", phone.mac12());
    let own = get(&phone, &format!("/prov/{name}")).body;
    let stranger = lan.plug_at("stranger", "02:00:00:00:00:66", "192.168.10.200/24");
    let neighbour = lan.plug("neighbour", "00:15:65:44:55:66");
    udhcpc(&neighbour, &YEALINK).unwrap();
    for asks in [&stranger, &neighbour] {
        let real = get(asks, &format!("/prov/{name}"));
        assert_eq!(real.status, 403, "{real:?}");
        for made_up in [format!("{MADE_UP}.cfg"), format!("cfg{MADE_UP}.xml")] {
            assert_eq!(get(asks, &format!("/prov/{made_up}")), real, "{made_up}");
        }
        for client in DOORS {
            let real = tftp(asks, client, &name).unwrap_err();
            let made_up = tftp(asks, client, &format!("{MADE_UP}.cfg")).unwrap_err();
            assert_eq!(real.replace(&phone.mac12(), MADE_UP), made_up, "{client:?}");
        }
        let said = tftp(asks, Tftp::Hpa, &name).unwrap_err();
        assert!(said.contains("Error code 2"), "{said}");
        assert!(!own.is_empty() && !real.body.contains("account."));
    }
    let admin = Admin::log_in_first(&lan, &daemon);
    let story = admin.device(&neighbour.mac12()).text();
    assert!(story.contains("refused"), "{story}");
}

#[test]
fn a_name_that_climbs_out_of_the_folder_gets_an_error_and_no_file() {
    if !can_run("a_name_that_climbs_out", &CLIENTS) {
        return;
    }
    let lan = Lan::new();
    let mut daemon = Daemon::start(&lan);
    let phone = phone(&lan);
    let names = [
        "/prov/../etc/passwd",
        "/../../etc/passwd",
        "/prov/%2e%2e/%2e%2e/etc/passwd",
        "/prov/..%2f..%2fetc%2fpasswd",
        "/prov/..%5c..%5cetc%5cpasswd",
        "//etc/passwd",
        "/prov/%00",
        "/prov/001565112233.cfg%00.txt",
        "/%252e%252e/etc/passwd",
        "/prov/%zz",
        "/prov/%c0%ae%c0%ae/etc/passwd",
    ];
    for name in names {
        let answer = get(&phone, name);
        assert!(matches!(answer.status, 400 | 404), "{name}: {answer:?}");
        assert!(!answer.body.contains("root:"), "{name}");
    }
    let long = format!("/prov/{}", "a".repeat(20_000));
    let answer = get(&phone, &long);
    assert!(matches!(answer.status, 400 | 404 | 414 | 431), "{answer:?}");
    for name in ["../../etc/passwd", "/etc/passwd", "..\\..\\etc\\passwd", "prov/../../etc/passwd"]
    {
        for client in DOORS {
            assert!(tftp(&phone, client, name).is_err(), "{client:?} {name}");
        }
    }
    assert!(daemon.is_up());
}

#[test]
fn what_a_phone_wants_to_store_is_refused_and_it_boots_on() {
    if !can_run("what_a_phone_wants_to_store", &CLIENTS) {
        return;
    }
    let lan = Lan::new();
    let daemon = Daemon::start(&lan);
    let phone = phone(&lan);
    let log = phone.write("boot.log", &"a line of its log\n".repeat(2_000));
    let log = log.to_str().unwrap();
    let own = format!("/prov/{}-boot.log", phone.mac12());
    for name in [own.as_str(), "/prov/001565112233.cfg", "/prov/anything"] {
        for expects in ["Expect:", "Expect: 100-continue"] {
            let answer = curl(&phone, &["-T", log, "-H", expects], name);
            assert_eq!(answer.status, 403, "{name} {expects}: {answer:?}");
        }
    }
    let said = phone.run("tftp", &["-m", "binary", BOX, "-c", "put", log, "up.log"]);
    let said = format!("{}{}", said.out, said.err);
    assert!(said.contains("Error code 2"), "{said}");
    assert_eq!(get(&phone, "/prov/001565112233.cfg").status, 200);
    let admin = Admin::log_in_first(&lan, &daemon);
    let story = admin.device(&phone.mac12()).text();
    assert!(story.contains("storing a file here is not allowed"), "{story}");
}
