//! What survives: power cuts at the worst moment, and a flash chip that has gone bad.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

use lan::admin::{Admin, PASSWORD};
use lan::can_run;
use lan::daemon::Daemon;
use lan::dhcp::{udhcpc, YEALINK};
use lan::files::{get, yealink_account};
use lan::net::Lan;
use lan::sip::{register, Transport};

const CLIENTS: [&str; 4] = ["ip", "busybox", "curl", "sipp"];

#[test]
fn what_a_phone_was_given_in_the_moment_of_a_power_cut_still_holds() {
    if !can_run("what_a_phone_was_given_in_the_moment", &CLIENTS) {
        return;
    }
    let lan = Lan::new();
    let mut daemon = Daemon::start(&lan);
    let mut given = Vec::new();
    for number in 0..4 {
        let phone = lan.plug(&format!("phone{number}"), &format!("00:15:65:11:22:{number:02x}"));
        let lease = udhcpc(&phone, &YEALINK).unwrap();
        daemon.cut();
        daemon.restart();
        // The lease is still the phone's; it does not ask again.
        let path = format!("/prov/{}.cfg", phone.mac12());
        let file = get(&phone, &path);
        daemon.cut();
        daemon.restart();
        assert_eq!(file.status, 200, "phone {number}: {file:?}");
        given.push((phone, lease, path, yealink_account(&file.body)));
    }
    for (phone, lease, path, account) in &given {
        let said = register(phone, lease.ip(), account, Transport::Udp, 200);
        assert!(said.good, "{path}: {}\n{}", said.out, said.err);
        assert_eq!(&yealink_account(&get(phone, path).body), account);
        phone.forget_address();
        assert_eq!(udhcpc(phone, &YEALINK).unwrap().ip(), lease.ip());
    }
}

#[test]
fn a_damaged_flash_is_shown_in_red_and_what_is_proven_good_is_served() {
    if !can_run("a_damaged_flash_is_shown_in_red", &CLIENTS) {
        return;
    }
    let lan = Lan::new();
    let mut daemon = Daemon::start(&lan);
    drop(Admin::log_in_first(&lan, &daemon));
    let flash = daemon.host().dir().join("flash");
    let known = lan.plug("known", "00:15:65:11:22:33");
    let lease = udhcpc(&known, &YEALINK).unwrap();
    let account = yealink_account(&get(&known, "/prov/001565112233.cfg").body);
    let good = std::fs::read(&flash).unwrap();
    let end = good.iter().rposition(|byte| *byte != 0xff).unwrap();
    for number in 0..4 {
        let later = lan.plug(&format!("later{number}"), &format!("00:15:65:44:55:{number:02x}"));
        udhcpc(&later, &YEALINK).unwrap();
        get(&later, &format!("/prov/{}.cfg", later.mac12()));
    }
    daemon.cut();
    let mut bad = std::fs::read(&flash).unwrap();
    assert_ne!(bad, good);
    // In the record that came next; good ones come after it.
    bad[end + 40] ^= 0x10;
    std::fs::write(&flash, &bad).unwrap();
    daemon.restart();

    let said = register(&known, lease.ip(), &account, Transport::Udp, 200);
    assert!(said.good, "{}\n{}", said.out, said.err);
    assert_eq!(yealink_account(&get(&known, "/prov/001565112233.cfg").body), account);
    let admin = Admin::at(&lan, "second", "192.168.10.10");
    let page = admin.log_in(PASSWORD);
    let alarm = "The flash memory is damaged: nothing new is stored.";
    assert!(page.text().contains(alarm), "{}", page.text());
    let new = lan.plug("new", "00:15:65:77:88:99");
    udhcpc(&new, &YEALINK);
    assert_ne!(get(&new, "/prov/001565778899.cfg").status, 200);
    assert_eq!(std::fs::read(&flash).unwrap(), bad, "a damaged flash was written to");
}

#[test]
fn a_flash_that_must_not_be_written_is_left_alone_and_known_phones_are_served_from_it() {
    if !can_run("a_flash_that_must_not_be_written", &CLIENTS) {
        return;
    }
    let lan = Lan::new();
    let mut daemon = Daemon::start(&lan);
    let known = lan.plug("known", "00:15:65:11:22:33");
    let lease = udhcpc(&known, &YEALINK).unwrap();
    let account = yealink_account(&get(&known, "/prov/001565112233.cfg").body);
    let flash = daemon.host().dir().join("flash");
    daemon.cut();
    // A torn last write, which any other start would seal.
    let mut torn = std::fs::read(&flash).unwrap();
    let end = torn.iter().rposition(|byte| *byte != 0xff).unwrap();
    torn[end + 5] = 0;
    std::fs::write(&flash, &torn).unwrap();
    daemon.restart_read_only();

    known.forget_address();
    assert_eq!(udhcpc(&known, &YEALINK).unwrap().ip(), lease.ip());
    assert_eq!(yealink_account(&get(&known, "/prov/001565112233.cfg").body), account);
    let said = register(&known, lease.ip(), &account, Transport::Udp, 200);
    assert!(said.good, "{}\n{}", said.out, said.err);
    let new = lan.plug("new", "00:15:65:77:88:99");
    udhcpc(&new, &YEALINK);
    assert_ne!(get(&new, "/prov/001565778899.cfg").status, 200);
    let log = daemon.log();
    let why =
        "writing to the flash failed again and again: known phones are served, nothing new is";
    assert!(log.contains(why), "{log}");
    assert_eq!(std::fs::read(&flash).unwrap(), torn, "the flash was written to");
}
