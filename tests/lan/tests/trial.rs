//! A box that minds its own network ports is given another address: it goes back by itself unless
//! somebody says at the new one that it works.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

use lan::admin::{Admin, PASSWORD};
use lan::daemon::{Daemon, BOX};
use lan::dhcp::{udhcpc, YEALINK};
use lan::net::Lan;
use lan::{can_run, until};
use std::time::Duration;

/// A shorter trial than anybody would want, in seconds.
const SHORT: &str = "trial-seconds = 15\n";
const TRIAL: Duration = Duration::from_secs(15);

/// Where the box is to go.
const OTHER: &str = "192.168.30.1";

/// What the form of the LAN port is filled in with.
const FORM: [(&str, &str); 6] = [
    ("address", "192.168.30.1/24"),
    ("first", "192.168.30.50"),
    ("last", "192.168.30.90"),
    ("router", ""),
    ("dns", ""),
    ("domain", ""),
];

/// Proposes the other address, and starts the daemon anew once it has ended for it.
fn propose(admin: &Admin, daemon: &mut Daemon) {
    let page = admin.get("/network");
    let page = admin.post("/network/lan", &FORM, &page);
    assert!(page.status == 200 && page.html.contains("http://192.168.30.1/"), "{}", page.text());
    assert!(page.html.contains("within 15 s"), "{}", page.text());
    ends(daemon, Duration::from_secs(5));
    daemon.restart();
}

/// Waits until the daemon has ended by itself.
fn ends(daemon: &mut Daemon, within: Duration) {
    let ended = until(within, || (!daemon.is_up()).then_some(()));
    assert!(ended.is_some(), "the daemon goes on:\n{}", daemon.log());
}

#[test]
fn a_new_address_is_left_again_unless_somebody_keeps_it_there() {
    if !can_run("a_new_address_is_left_again", &["ip", "nft", "busybox", "curl"]) {
        return;
    }
    let lan = Lan::new();
    let mut daemon = Daemon::start_own(&lan, SHORT);
    let mut admin = Admin::log_in_first(&lan, &daemon);
    propose(&admin, &mut daemon);
    assert_eq!(admin.get("/login").status, 0, "the box is still at its old address");

    // Somebody looks at the log-in page there and does no more.
    admin.moves("192.168.30.9", OTHER);
    assert_eq!(admin.get("/login").status, 200);
    ends(&mut daemon, TRIAL + Duration::from_secs(5));
    daemon.restart();
    assert_eq!(admin.get("/login").status, 0, "the box is still at its new address");
    admin.moves("192.168.10.9", BOX);
    assert!(admin.log_in(PASSWORD).url.contains("/handsets"));
    let phone = lan.plug("phone", "00:15:65:11:22:33");
    assert!(udhcpc(&phone, &YEALINK).unwrap().ip().starts_with("192.168.10."));

    propose(&admin, &mut daemon);
    admin.moves("192.168.30.9", OTHER);
    let page = admin.log_in(PASSWORD);
    assert!(page.html.contains("Keep this address"), "{}", page.text());
    let page = admin.post("/network/keep", &[], &page);
    assert!(page.url.contains("/network?done=kept"), "{} {}", page.status, page.url);
    std::thread::sleep(TRIAL);
    assert!(daemon.is_up(), "{}", daemon.log());
    daemon.restart();
    assert_eq!(admin.get("/login").status, 200, "the address that was kept is forgotten");
    phone.forget_address();
    assert!(udhcpc(&phone, &YEALINK).unwrap().ip().starts_with("192.168.30."));
}
