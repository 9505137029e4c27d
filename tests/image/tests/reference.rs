//! Stories of the reference board.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

use image::appliance::{Appliance, STARTS};
use image::can_run;
use image::phone::Phone;
use lan::admin::{Admin, PASSWORD};
use lan::files::{get, tftp, Tftp};
use lan::{between, until};
use std::collections::BTreeSet;

const BOARD: &str = "ast2600-evb";
/// Firmware of the phone.
const ROM: &str = "T46S-66.86.0.160.rom";
/// How the phone's file begins that an own template makes.
const OWN_LINE: &str = "#!version:1.0.0.1\n# of our own\n";

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
    let rom = puts_firmware_there(&admin);
    changes_a_template(&admin, &phone);
    assert_eq!(appliance.unclean(), [""; 0]);

    appliance.power_cut();
    appliance.start();
    assert_eq!(appliance.first_password(), None, "the chosen password was forgotten");
    // Before anything else: what it was told before the cut still opens the door.
    phone.registers(lease.ip(), &account);
    assert_eq!(phone.boots().ip(), lease.ip());
    assert_eq!(phone.fetches(), account);
    let file = get(&phone.host, &format!("/prov/{}.cfg", phone.host.mac12()));
    assert!(file.body.starts_with(OWN_LINE) && file.body.contains(ROM), "{}", file.body);
    let got = tftp(&phone.host, Tftp::Hpa, ROM);
    assert!(got.as_ref() == Ok(&rom), "{:?}", got.map(|got| got.len()));
    admin.forget();
    let page = admin.log_in(PASSWORD);
    assert_eq!(page.rows(), 1, "{}", page.text());
    assert!(page.row(&phone.host.mac12()).contains(">Registered<"), "{}", page.text());
    assert_eq!(appliance.unclean(), [""; 0]);
}

#[test]
fn the_box_is_what_it_says_and_its_programs_may_do_no_more_than_they_need() {
    if !can_run("the_box_is_what_it_says", BOARD) {
        return;
    }
    let mut appliance = Appliance::new(BOARD);
    appliance.start();
    let console = appliance.console();
    let version = console.shell("dialtone --version");
    for wanted in [BOARD, "root-a", "of 2048 KiB of flash used"] {
        assert!(version.contains(wanted), "{version}");
    }

    // The daemon is nobody special, and can never become more.
    let status =
        console.shell("for it in $(busybox pidof dialtone); do cat /proc/$it/status; done");
    for wanted in ["Uid:\t100\t100\t100\t100", "CapEff:\t0000000000000000", "NoNewPrivs:\t1"] {
        assert!(status.contains(wanted), "{wanted} is not in\n{status}");
    }
    assert!(status.contains("CapBnd:\t0000000000000000"), "{status}");
    let log = console.shell("logread | grep -i landlock");
    assert!(log.contains("Landlock"), "the log does not say what became of Landlock: {log}");

    // Nothing can be written but what is in memory, and the state's own device.
    let each = "while read -r _ place kind how _; do echo $kind ${how%%,*} $place; done";
    let mounts = console.shell(&format!("{each} < /proc/mounts"));
    let kinds = mounts.lines().filter_map(|line| line.split_once(" rw ")).map(|it| it.0);
    let kinds: Vec<&str> = kinds.collect();
    assert!(kinds.contains(&"tmpfs"), "{mounts}");
    let in_memory = ["tmpfs", "devtmpfs", "proc", "sysfs", "rootfs", "devpts"];
    assert!(kinds.iter().all(|kind| in_memory.contains(kind)), "{mounts}");
    assert!(console.shell("touch /etc/x; echo $?").contains("Read-only"), "/etc can be written");

    // The log has a bound, whatever is said.
    let lines = "i=0; while [ $i -lt 3000 ]; do echo a line of some length; i=$((i+1)); done";
    console.shell(&format!("({lines}) | logger -t flood"));
    let bytes: u64 = console.shell("logread | wc -c").trim().parse().expect("a number");
    assert!((10_000..=64 * 1024).contains(&bytes), "{bytes} bytes of log");

    // Whoever listens is known, and none of them gives a shell.
    let open = console.shell("netstat -lntu");
    let ports = open.lines().filter_map(|line| {
        let local = line.split_whitespace().nth(3)?;
        let port = local.rsplit_once(':')?.1.parse::<u16>().ok()?;
        // A question of the box itself, such as for the address of a time server.
        let asks = line.starts_with("udp") && port >= 32_768;
        (!asks).then_some(port)
    });
    let ports: BTreeSet<u16> = ports.collect();
    assert_eq!(ports, BTreeSet::from([67, 69, 80, 123, 443, 5_060, 5_061, 5_353]), "{open}");

    let desk = appliance.lan().plug_at("desk", "02:00:00:00:09:09", "192.168.10.9/24");
    let asks = ["+tries=2", "+time=3", "+short", "-p", "5353", "@192.168.10.1", "dialtone.local"];
    let found = until(STARTS, || {
        let said = desk.run("dig", &asks).out;
        said.contains("192.168.10.1").then_some(())
    });
    assert!(found.is_some(), "the box is not found by its name");
    let named = ["-sk", "-m", "10", "-H", "Host: dialtone.local", "https://192.168.10.1/login"];
    assert!(desk.run("curl", &named).out.contains("Log in"));
    assert_eq!(appliance.unclean(), [""; 0]);
}

/// A file for the phone's model on the partition for such files.
fn puts_firmware_there(admin: &Admin) -> String {
    let rom: String = (0..40_000).map(|number| format!("{number:06}\n")).collect();
    admin.host().write(ROM, &rom);
    let page = admin.get("/firmware");
    let page = admin.upload("/firmware/upload", &["maker=yealink", "model=T46S"], ROM, &page);
    assert!(page.url.contains("done=firmware"), "{} {}", page.url, page.text());
    rom
}

/// A template of the admin's own, which is tried in the process that was split off at the start.
fn changes_a_template(admin: &Admin, phone: &Phone) {
    let page = admin.get("/templates/edit?template=yealink/mac.cfg&layer=family&maker=yealink");
    let place =
        [("template", "yealink/mac.cfg"), ("layer", "family"), ("maker", "yealink"), ("seen", "0")];
    let try_out = |source: &str| {
        admin.post("/templates/preview", &[&place[..], &[("source", source)]].concat(), &page)
    };
    // It doubles a text until the memory that it may have has come to its end.
    let greedy = "{% set ns = namespace(x='0123456789abcdef') %}\
        {% for _ in range(40) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}{{ ns.x }}";
    let refused = try_out(greedy);
    assert_eq!(refused.status, 422, "{}", refused.text());
    let source = between(&page.html, "<textarea", "</textarea>").expect("the shipped one");
    let source = source.split_once('>').expect("its content").1.trim_start();
    let source = source.replace("&#34;", "\"").replace("&#39;", "'").replace("&lt;", "<");
    let source = source.replace("&gt;", ">").replace("&#60;", "<").replace("&#62;", ">");
    let source = source.replace("&#38;", "&").replace("&amp;", "&");
    let good = try_out(&source.replacen("#!version:1.0.0.1\n", OWN_LINE, 1));
    assert!(good.status == 200 && good.text().contains("1 file changes."), "{}", good.text());
    let token = between(&good.html, "name=\"change\" value=\"", "\"").expect("a change");
    let done = admin.post("/templates/apply", &[("change", token)], &good);
    assert!(done.text().contains("The template is in force."), "{}", done.text());
    let file = get(&phone.host, &format!("/prov/{}.cfg", phone.host.mac12()));
    assert!(file.body.starts_with(OWN_LINE), "{}", file.body);
}

/// An option as udhcpc tells one that it does not know.
fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}
