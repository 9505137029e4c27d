//! A box breaks, and another one takes its place with nothing but a backup and its passphrase.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

use lan::admin::{Admin, PASSWORD};
use lan::daemon::{program, Daemon, BOX};
use lan::dhcp::{udhcpc, YEALINK};
use lan::files::{yealink_account, YEALINK_AGENT};
use lan::net::Lan;
use lan::sip::{register, Transport};
use lan::{between, can_run, until};
use std::time::Duration;

const PASSPHRASE: &str = "six green frogs under one leaf";
/// Where the box was moved to before it broke.
const MOVED: &str = "192.168.30.1";
const MAC12: &str = "001565112233";

fn ends(daemon: &mut Daemon) {
    let ended = until(Duration::from_secs(10), || (!daemon.is_up()).then_some(()));
    assert!(ended.is_some(), "the daemon goes on:\n{}", daemon.log());
}

/// Gives a box another LAN address, and keeps it.
fn move_box(admin: &mut Admin, daemon: &mut Daemon) {
    let page = admin.get("/network");
    let form = [
        ("address", "192.168.30.1/24"),
        ("first", "192.168.30.50"),
        ("last", "192.168.30.90"),
        ("router", ""),
        ("dns", ""),
        ("domain", ""),
    ];
    admin.post("/network/lan", &form, &page);
    ends(daemon);
    daemon.restart();
    admin.moves("192.168.30.9", MOVED);
    let page = admin.log_in(PASSWORD);
    let page = admin.post("/network/keep", &[], &page);
    assert!(page.url.contains("/network?done=kept"), "{} {}", page.status, page.url);
}

/// Chooses a passphrase and downloads a backup.
fn back_up(admin: &Admin) -> String {
    let page = admin.get("/system/backup");
    let twice = [("new", PASSPHRASE), ("again", PASSPHRASE)];
    let page = admin.post("/system/backup/passphrase", &twice, &page);
    assert!(page.html.contains("The backup passphrase is set."), "{}", page.text());
    admin.post("/system/backup/file", &[], &page).html
}

/// Another box as it comes from the factory, at the same cable; its admin has chosen a password.
fn replace_box(admin: &mut Admin, daemon: &mut Daemon) {
    daemon.cut();
    std::fs::remove_file(daemon.host().dir().join("flash")).unwrap();
    daemon.restart();
    admin.moves("192.168.10.9", BOX);
    let page = admin.log_in(daemon.first_password().expect("a first password"));
    let other = "another one for this box";
    let page = admin.post("/password", &[("new", other), ("again", other)], &page);
    assert!(page.url.contains("/handsets") && page.rows() == 0, "{}", page.text());
}

/// A wrong passphrase or a line that was tampered with is named and changes nothing.
fn is_refused(admin: &Admin, daemon: &Daemon, text: &str) {
    let flash = daemon.host().dir().join("flash");
    let before = std::fs::read(&flash).unwrap();
    let form = admin.get("/system/backup");
    let wrong = admin.restore(text, "six green frogs", &form);
    assert!(wrong.text().contains("It was made with another passphrase."), "{}", wrong.text());
    let tampered = text.replace("mac=00:15:65:11:22:33 maker", "mac=00:15:65:66:66:66 maker");
    let number = 1 + text.lines().position(|line| line.starts_with("handset ")).unwrap();
    let refused = admin.restore(&tampered, PASSPHRASE, &form);
    let said = format!("Line {number}: What is sealed here was changed");
    assert!(refused.text().contains(&said), "{}", refused.text());
    assert!(std::fs::read(&flash).unwrap() == before, "something was written");
}

fn restore(admin: &Admin, daemon: &mut Daemon, text: &str) {
    let looked = admin.restore(text, PASSPHRASE, &admin.get("/system/backup"));
    assert!(looked.text().contains("192.168.30.1/24"), "{}", looked.text());
    assert!(looked.text().contains("in force at once, without a trial"), "{}", looked.text());
    let token = between(&looked.html, "name=\"restore\" value=\"", "\"").unwrap();
    let left = admin.post("/system/backup/confirm", &[("restore", token)], &looked);
    assert!(left.html.contains("http://192.168.30.1/"), "{} {}", left.status, left.text());
    ends(daemon);
    assert!(daemon.log().contains("The state was restored from a backup"), "{}", daemon.log());
}

#[test]
fn a_replacement_box_brings_a_phone_back_without_touching_it() {
    let clients = ["ip", "nft", "busybox", "curl", "sipp"];
    if !can_run("a_replacement_box_brings_a_phone_back", &clients) {
        return;
    }
    let lan = Lan::new();
    let mut daemon = Daemon::start_own(&lan, "");
    let mut admin = Admin::log_in_first(&lan, &daemon);
    move_box(&mut admin, &mut daemon);
    let phone = lan.plug("yealink", "00:15:65:11:22:33");
    let lease = udhcpc(&phone, &YEALINK).expect("an address");
    let url = format!("http://{MOVED}/prov/{MAC12}.cfg");
    let file = phone.run("curl", &["-s", "-A", YEALINK_AGENT, &url]);
    let account = yealink_account(&file.out);
    let registers = || {
        let said = register(&phone, lease.ip(), &account, Transport::Udp, 200);
        assert!(said.good, "{}\n{}", said.out, said.err);
    };
    registers();
    let text = back_up(&admin);
    let lan_line = "\nlan address=192.168.30.1/24";
    assert!(text.starts_with("dialtone-state 1\n") && text.contains(lan_line), "{text}");
    assert!(!text.contains(&account.password) && !text.contains("argon2id"), "{text}");

    replace_box(&mut admin, &mut daemon);
    is_refused(&admin, &daemon, &text);
    restore(&admin, &mut daemon, &text);
    let export = |how: &str| {
        let program = program().to_str().unwrap();
        let said = daemon.host().run(program, &["state", "export", "flash", how]);
        assert!(said.good, "{}", said.err);
        said.out
    };
    assert_eq!(export("--sealed"), text);
    assert!(export("--with-secrets").contains(&format!("clear:{}", account.password)));

    daemon.restart();
    assert_eq!(daemon.first_password(), None, "the password of the backup is not in force");
    // No address is asked for, and no file fetched.
    registers();
    admin.moves("192.168.30.9", MOVED);
    let page = admin.log_in(PASSWORD);
    assert!(page.row(MAC12).contains(">Registered<"), "{}", page.text());
    assert!(!page.html.contains("on trial"), "{}", page.text());
}

#[test]
fn a_text_is_imported_while_no_daemon_uses_the_state() {
    if !can_run("a_text_is_imported_while_no_daemon", &["ip", "busybox", "curl", "sipp"]) {
        return;
    }
    let lan = Lan::new();
    let mut daemon = Daemon::start(&lan);
    drop(Admin::log_in_first(&lan, &daemon));
    let text = "dialtone-state 1\nhandset number=1 mac=00:15:65:11:22:33 maker=yealink\n\
        line handset=1 place=1 login=aebagbaf password=clear:aebagbafa2dsscikbnga4dsr extension=204\n";
    daemon.host().write("state.txt", text);
    let words = ["state", "import", "flash", "state.txt"];
    let import = |daemon: &Daemon| daemon.host().run(program().to_str().unwrap(), &words);
    let said = import(&daemon);
    assert!(!said.good && said.err.contains("another Dialtone uses this file"), "{}", said.err);
    assert_eq!(daemon.stop(), Some(true));
    let said = import(&daemon);
    assert!(said.good && said.out.contains("is:  handsets 1, lines 1"), "{}{}", said.out, said.err);
    daemon.restart();
    let phone = lan.plug("phone", "00:15:65:11:22:33");
    let lease = udhcpc(&phone, &YEALINK).unwrap();
    let url = format!("http://{BOX}/prov/{MAC12}.cfg");
    let account = yealink_account(&phone.run("curl", &["-s", "-A", YEALINK_AGENT, &url]).out);
    assert_eq!(account.password, "aebagbafa2dsscikbnga4dsr");
    assert!(register(&phone, lease.ip(), &account, Transport::Udp, 200).good);
}
