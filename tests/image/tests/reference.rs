//! Stories of the reference board.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

use image::appliance::Appliance;
use image::can_run;
use image::phone::Phone;
use lan::admin::{Admin, PASSWORD};

const BOARD: &str = "ast2600-evb";

#[test]
fn a_phone_has_its_dial_tone_and_is_known_after_a_power_cut() {
    if !can_run("a_phone_has_its_dial_tone", BOARD) {
        return;
    }
    let mut appliance = Appliance::new(BOARD);
    appliance.start();
    let first = appliance.first_password().expect("the console shows a password");

    let phone = Phone::plug(&appliance, "yealink", "00:15:65:11:22:33");
    let lease = phone.boots();
    assert!(lease.ip().starts_with("192.168.10."), "{lease:?}");
    assert_eq!(lease.get("serverid"), "192.168.10.1", "{lease:?}");
    assert_eq!(lease.get("ntpsrv"), "192.168.10.1", "{lease:?}");
    assert_eq!(lease.get("opt43"), hex("http://192.168.10.1/prov/"), "{lease:?}");
    let account = phone.fetches();
    phone.registers(lease.ip(), &account);

    let admin = Admin::at_desk(appliance.lan());
    let page = admin.log_in(&first);
    assert!(page.html.contains("Choose a password"), "{}", page.text());
    let page = admin.post("/password", &[("new", PASSWORD), ("again", PASSWORD)], &page);
    assert!(page.url.contains("/handsets"), "{} {}\n{}", page.status, page.url, page.text());
    let page = admin.handsets();
    let row = page.row(&phone.host.mac12());
    assert!(row.contains(">Registered<") && row.contains(lease.ip()), "{row}");
    assert_eq!(appliance.unclean(), [""; 0]);

    appliance.power_cut();
    appliance.start();
    assert_eq!(appliance.first_password(), None, "the chosen password was forgotten");
    // Before anything else: what it was told before the cut still opens the door.
    phone.registers(lease.ip(), &account);
    assert_eq!(phone.boots().ip(), lease.ip());
    assert_eq!(phone.fetches(), account);
    admin.forget();
    let page = admin.log_in(PASSWORD);
    assert_eq!(page.rows(), 1, "{}", page.text());
    assert!(page.row(&phone.host.mac12()).contains(">Registered<"), "{}", page.text());
    assert_eq!(appliance.unclean(), [""; 0]);
}

/// An option as udhcpc tells one that it does not know.
fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}
