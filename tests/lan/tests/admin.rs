//! The admin's door: who gets in, what a form needs, and that nothing a phone says becomes code.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

use lan::admin::{Admin, PASSWORD};
use lan::can_run;
use lan::daemon::{Daemon, BOX};
use lan::files::{curl, curl_over_tls, get};
use lan::net::Lan;

const CLIENTS: [&str; 3] = ["ip", "busybox", "curl"];

#[test]
fn whoever_has_not_logged_in_sees_the_log_in_page_and_changes_nothing() {
    if !can_run("whoever_has_not_logged_in", &CLIENTS) {
        return;
    }
    let lan = Lan::new();
    let daemon = Daemon::start(&lan);
    let admin = Admin::at_desk(&lan);
    for path in
        ["/", "/handsets", "/handsets/001565112233", "/password", "/handsets?fragment=table"]
    {
        let page = admin.get(path);
        let shown = page.html.contains("<h1>Log in</h1>") || matches!(page.status, 401 | 403);
        assert!(shown && !page.html.contains("Add handset"), "{path}: {}", page.text());
    }
    let first = daemon.first_password().unwrap();
    let page = admin.log_in(first);
    assert!(page.html.contains("Choose a password"));
    // The first password opens one page only.
    let page = admin.handsets();
    assert!(page.html.contains("Choose a password"), "{}", page.text());
    let page = admin.post("/password", &[("new", "password1"), ("again", "password1")], &page);
    assert!(page.html.contains("one of the first that anybody tries"), "{}", page.text());
    let page = admin.post("/password", &[("new", PASSWORD), ("again", "other words")], &page);
    assert!(page.html.contains("This is not the same password."), "{}", page.text());
    admin.post("/password", &[("new", PASSWORD), ("again", PASSWORD)], &page);
    assert!(admin.handsets().html.contains("Add handset"));
    admin.forget();
    let page = admin.log_in(first);
    assert!(page.html.contains("This is not the password."), "{}", page.text());
}

#[test]
fn a_form_without_the_proof_of_its_page_changes_nothing() {
    if !can_run("a_form_without_the_proof", &CLIENTS) {
        return;
    }
    let lan = Lan::new();
    let daemon = Daemon::start(&lan);
    let admin = Admin::log_in_first(&lan, &daemon);
    let add = "mac=00:15:65:00:00:01&extension=204&name=Mallory";
    let jar = ["-b", "jar"];
    for proof in ["", "&csrf=", "&csrf=00000000000000000000000000000000"] {
        let body = format!("{add}{proof}");
        let answer =
            curl_over_tls(admin.host(), &[&jar[..], &["-d", &body]].concat(), "/handsets/add");
        assert!(matches!(answer.status, 400 | 403), "{proof:?}: {answer:?}");
    }
    let page = admin.handsets();
    assert_eq!(page.rows(), 0);
    // With the proof, but from the page of somebody else.
    let csrf = lan::between(&page.html, "name=\"csrf\" value=\"", "\"").unwrap();
    let body = format!("{add}&csrf={csrf}");
    let foreign = ["-H", "Origin: http://evil.example", "-d", &body];
    let answer = curl_over_tls(admin.host(), &[&jar[..], &foreign].concat(), "/handsets/add");
    assert!(matches!(answer.status, 400 | 403), "{answer:?}");
    assert_eq!(admin.handsets().rows(), 0);
    let fields = [("mac", "00:15:65:00:00:01"), ("extension", "204"), ("name", "Anna")];
    let page = admin.post("/handsets/add", &fields, &page);
    assert_eq!((page.status, admin.handsets().rows()), (200, 1), "{}", page.text());
    let cookie = curl_over_tls(admin.host(), &[], "/login").head;
    for word in ["httponly", "samesite", "content-security-policy", "nosniff"] {
        assert!(cookie.contains(word), "no {word} in\n{cookie}");
    }
}

#[test]
fn guessing_is_slowed_down_and_the_admin_gets_in_all_the_same() {
    if !can_run("guessing_is_slowed_down", &CLIENTS) {
        return;
    }
    let lan = Lan::new();
    let daemon = Daemon::start(&lan);
    let admin = Admin::log_in_first(&lan, &daemon);
    let guesser = lan.plug_at("guesser", "02:00:00:00:00:66", "192.168.10.200/24");
    let mut slowed = false;
    for guess in 0..12 {
        let form = guesser.run("curl", &["-sk", "-c", "jar", &format!("https://{BOX}/login")]).out;
        let csrf = lan::between(&form, "name=\"csrf\" value=\"", "\"").expect("a form").to_owned();
        let body = format!("csrf={csrf}&password=guess{guess}");
        let answer = curl_over_tls(&guesser, &["-b", "jar", "-d", &body], "/login");
        slowed |= answer.body.contains("Too many wrong passwords");
        assert!(matches!(answer.status, 403 | 429), "{answer:?}");
    }
    assert!(slowed, "twelve guesses in a row were all looked at");
    admin.forget();
    let page = admin.log_in(PASSWORD);
    assert!(page.html.contains("Add handset"), "{}", page.text());
}

#[test]
fn what_a_device_calls_itself_is_never_code_on_a_page() {
    if !can_run("what_a_device_calls_itself", &CLIENTS) {
        return;
    }
    let lan = Lan::new();
    let daemon = Daemon::start(&lan);
    let device = lan.plug("device", "00:15:65:11:22:33");
    device.write(
        "udhcpc.sh",
        "#!/bin/sh\n[ \"$1\" = bound ] && ip address replace $ip/24 dev $interface\ntrue\n",
    );
    device.run("chmod", &["+x", "udhcpc.sh"]);
    let evil = "<script>alert(1)</script>\"'><b>&amp;";
    let said = device.run(
        "busybox",
        &[
            "udhcpc",
            "-f",
            "-q",
            "-n",
            "-i",
            "eth0",
            "-s",
            "./udhcpc.sh",
            "-V",
            evil,
            "-F",
            evil,
            "-x",
            &format!("hostname:{evil}"),
        ],
    );
    assert!(said.good, "{}", said.err);
    for path in ["/prov/%3Cscript%3Ealert(1)%3C%2Fscript%3E", "/prov/001565112233.cfg"] {
        curl(&device, &["-A", evil], path);
    }
    get(&device, "/prov/%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E.cfg");
    let admin = Admin::log_in_first(&lan, &daemon);
    for html in [admin.handsets().html, admin.device("001565112233").html] {
        assert!(!html.contains("<script>alert") && !html.contains("<img src=x"), "{html}");
        assert!(!html.contains("<b>&amp;"), "{html}");
    }
    assert!(admin.device("001565112233").html.contains("alert(1)"), "it should be shown as text");
    assert!(!daemon.log().contains('\u{1b}'));
}
