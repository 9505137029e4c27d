//! From the file to the dial tone: SIPp and sipsak register with what the file says, and the pages
//! tell it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

use lan::admin::{Admin, PASSWORD};
use lan::can_run;
use lan::daemon::Daemon;
use lan::dhcp::{udhcpc, Asks, YEALINK};
use lan::files::{get, grandstream_account, yealink_account, Account};
use lan::net::{Host, Lan};
use lan::sip::{register, sipsak, Transport};

const CLIENTS: [&str; 4] = ["ip", "busybox", "curl", "sipp"];

/// A Yealink that has booted as far as its file.
fn yealink(lan: &Lan) -> (Host, String, Account) {
    let phone = lan.plug("yealink", "00:15:65:11:22:33");
    let lease = udhcpc(&phone, &YEALINK).expect("an address");
    let file = get(&phone, &format!("/prov/{}.cfg", phone.mac12()));
    assert_eq!(file.status, 200, "{file:?}");
    (phone, lease.ip().to_owned(), yealink_account(&file.body))
}

fn registers(phone: &Host, ip: &str, account: &Account, by: Transport, wanted: u16) {
    let said = register(phone, ip, account, by, wanted);
    assert!(said.good, "{by:?}: {}\n{}", said.out, said.err);
}

#[test]
fn a_yealink_boots_registers_and_the_admin_sees_it() {
    if !can_run("a_yealink_boots_registers", &CLIENTS) {
        return;
    }
    let lan = Lan::new();
    let daemon = Daemon::start(&lan);
    let (phone, ip, account) = yealink(&lan);
    registers(&phone, &ip, &account, Transport::Udp, 200);
    registers(&phone, &ip, &account, Transport::Tcp, 200);
    let admin = Admin::log_in_first(&lan, &daemon);
    let page = admin.handsets();
    let row = page.row(&phone.mac12());
    assert!(row.contains(">Registered<") && row.contains("Yealink"), "{row}");
    assert!(row.contains("00:15:65:11:22:33") && row.contains(&ip), "{row}");
    assert!(!page.html.contains(&account.password));
    let device = admin.device(&phone.mac12());
    let text = device.text();
    for step in [
        "Looked for an address (DISCOVER)",
        &format!("Was offered {ip}"),
        &format!("Was given {ip}"),
        "Became a handset by Plug-and-Play on the LAN",
        "Asked for 001565112233.cfg by HTTP: its own configuration",
        "Asked to register and was asked for its password",
        "Registered line 1 for 600 s",
    ] {
        assert!(text.contains(step), "no {step:?} in\n{text}");
    }
    assert!(!device.html.contains(&account.password));
}

#[test]
fn a_grandstream_boots_and_registers_by_sipsak() {
    if !can_run("a_grandstream_boots_and_registers", &["ip", "busybox", "curl", "sipsak"]) {
        return;
    }
    let lan = Lan::new();
    let daemon = Daemon::start(&lan);
    let phone = lan.plug("grandstream", "00:0b:82:11:22:33");
    let options = &[1, 2, 3, 6, 12, 15, 28, 42, 43, 66, 120, 125];
    let asks = Asks { vendor: "Grandstream GXP2130 dslforum.org", options };
    let lease = udhcpc(&phone, &asks).unwrap();
    let binary = get(&phone, &format!("/prov/cfg{}", phone.mac12()));
    assert_eq!(binary.status, 404, "{binary:?}");
    let file = get(&phone, &format!("/prov/cfg{}.xml", phone.mac12()));
    assert_eq!(file.status, 200, "{file:?}");
    let said = sipsak(&phone, lease.ip(), &grandstream_account(&file.body));
    assert!(said.good, "{}{}", said.out, said.err);
    let admin = Admin::log_in_first(&lan, &daemon);
    let page = admin.handsets();
    let row = page.row(&phone.mac12());
    assert!(row.contains(">Registered<") && row.contains("Grandstream GXP2130"), "{row}");
}

#[test]
fn a_wrong_password_is_refused_and_the_page_says_what_to_do() {
    if !can_run("a_wrong_password_is_refused", &CLIENTS) {
        return;
    }
    let lan = Lan::new();
    let daemon = Daemon::start(&lan);
    let (phone, ip, account) = yealink(&lan);
    let wrong = Account { password: "not-this-one".to_owned(), ..account.clone() };
    registers(&phone, &ip, &wrong, Transport::Udp, 401);
    let admin = Admin::log_in_first(&lan, &daemon);
    let text = admin.device(&phone.mac12()).text();
    assert!(text.contains("It registers with a wrong password."), "{text}");
    let next = "Restart the phone so that it fetches its file again; if that does not help, \
                reset it to factory settings.";
    assert!(text.contains(next), "{text}");
    assert!(admin.handsets().row(&phone.mac12()).contains("It registers with a wrong password."));
    registers(&phone, &ip, &account, Transport::Udp, 200);
    let text = admin.device(&phone.mac12()).text();
    assert!(!text.contains("What to do:"), "{text}");
}

#[test]
fn after_a_power_cut_the_phone_is_known_and_its_credentials_are_good() {
    if !can_run("after_a_power_cut_the_phone_is_known", &CLIENTS) {
        return;
    }
    let lan = Lan::new();
    let mut daemon = Daemon::start(&lan);
    let (phone, ip, account) = yealink(&lan);
    registers(&phone, &ip, &account, Transport::Udp, 200);
    let admin = Admin::log_in_first(&lan, &daemon);
    daemon.cut();
    daemon.restart();
    assert_eq!(daemon.first_password(), None, "the chosen password was forgotten");
    // Nothing but a refresh: no address is asked for, no file fetched.
    registers(&phone, &ip, &account, Transport::Udp, 200);
    let page = admin.log_in(PASSWORD);
    assert_eq!(page.rows(), 1, "{}", page.text());
    assert!(page.row(&phone.mac12()).contains(">Registered<"), "{}", page.row(&phone.mac12()));
    phone.forget_address();
    assert_eq!(udhcpc(&phone, &YEALINK).unwrap().ip(), ip);
    let file = get(&phone, &format!("/prov/{}.cfg", phone.mac12()));
    assert_eq!(yealink_account(&file.body), account);
}

#[test]
fn a_deleted_handset_is_out_at_once_and_comes_back_as_a_new_one() {
    if !can_run("a_deleted_handset_is_out_at_once", &CLIENTS) {
        return;
    }
    let lan = Lan::new();
    let daemon = Daemon::start(&lan);
    let (phone, ip, account) = yealink(&lan);
    let admin = Admin::log_in_first(&lan, &daemon);
    let path = format!("/handsets/{}", phone.mac12());
    let revision = |html: &str| {
        lan::between(html, "name=\"seen\" value=\"", "\"").expect("a revision").to_owned()
    };
    let page = admin.get(&path);
    let seen = revision(&page.html);
    let fields = [("seen", seen.as_str()), ("line", "1"), ("extension", "204"), ("name", "Anna Ö")];
    let page = admin.post(&format!("{path}/assign"), &fields, &page);
    assert_eq!(page.status, 200);
    assert!(page.html.contains("<h1>204 Anna Ö</h1>"), "{}", page.text());
    registers(&phone, &ip, &account, Transport::Udp, 200);
    let file = get(&phone, &format!("/prov/{}.cfg", phone.mac12()));
    assert!(file.body.contains("account.1.display_name = Anna Ö"), "{}", file.body);
    assert_eq!(yealink_account(&file.body), account);
    let page = admin.get(&path);
    let seen = revision(&page.html);
    let page = admin.post(&format!("{path}/delete"), &[("seen", &seen)], &page);
    assert_eq!(page.status, 200, "{}", page.text());
    assert_eq!(admin.handsets().rows(), 0);
    registers(&phone, &ip, &account, Transport::Udp, 401);
    let file = get(&phone, &format!("/prov/{}.cfg", phone.mac12()));
    let new = yealink_account(&file.body);
    assert_ne!(new.password, account.password);
    registers(&phone, &ip, &new, Transport::Udp, 200);
    assert_eq!(admin.handsets().rows(), 1);
}

#[test]
fn with_the_door_closed_a_new_phone_waits_until_it_is_added_by_hand() {
    if !can_run("with_the_door_closed_a_new_phone_waits", &CLIENTS) {
        return;
    }
    let lan = Lan::new();
    let daemon = Daemon::start(&lan);
    let (known, ip, account) = yealink(&lan);
    let admin = Admin::log_in_first(&lan, &daemon);
    let page = admin.handsets();
    let page = admin.post("/policy/creation", &[("side", "lan"), ("open", "no")], &page);
    assert!(page.html.contains("From the LAN: Off"), "{}", page.text());
    registers(&known, &ip, &account, Transport::Udp, 200);
    let path = format!("/prov/{}.cfg", known.mac12());
    assert_eq!(get(&known, &path).status, 200, "a known handset was shut out");

    let new = lan.plug("new", "00:15:65:44:55:66");
    let lease = udhcpc(&new, &YEALINK).expect("an address");
    let path = format!("/prov/{}.cfg", new.mac12());
    assert_eq!(get(&new, &path).status, 403);
    let page = admin.handsets();
    assert_eq!(page.rows(), 1);
    let sentence = "New phones on the LAN are not taken in at present.";
    assert!(page.text().contains(sentence), "{}", page.text());
    let device = admin.device(&new.mac12());
    assert!(device.text().contains(sentence), "{}", device.text());
    assert!(device.text().contains("Add it as a handset here, or let new phones in"));

    let fields = [("mac", new.mac()), ("extension", "205"), ("name", "Bob")];
    let page = admin.post("/handsets/add", &fields, &device);
    assert_eq!(page.status, 200, "{}", page.text());
    let file = get(&new, &path);
    assert_eq!(file.status, 200, "{file:?}");
    registers(&new, lease.ip(), &yealink_account(&file.body), Transport::Udp, 200);
    let page = admin.handsets();
    let row = page.row(&new.mac12());
    assert!(row.contains(">Registered<") && row.contains("<b>205</b> Bob"), "{row}");
}
