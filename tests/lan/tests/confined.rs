//! The daemon after it has given up root: an ordinary user without any power, that serves phones by
//! every door all the same; and what it writes into the system's log.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

use lan::admin::{Admin, PASSWORD};
use lan::daemon::Daemon;
use lan::dhcp::{udhcpc, YEALINK};
use lan::files::{get, tftp, yealink_account, Account, Tftp};
use lan::net::{Host, Lan};
use lan::sip::{register, Transport};
use lan::{between, can_run, until};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{channel, Receiver};
use std::thread;
use std::time::Duration;

const CLIENTS: [&str; 6] = ["ip", "busybox", "curl", "tftp", "atftp", "sipp"];
const USER: &str = "nobody";
const DOORS: [Tftp; 3] = [Tftp::Hpa, Tftp::Atftp, Tftp::Curl];

#[test]
fn a_daemon_that_gave_up_root_serves_a_phone_by_every_door() {
    if !can_run("a_daemon_that_gave_up_root_serves_a_phone", &CLIENTS) {
        return;
    }
    let lan = Lan::new();
    let mut daemon = Daemon::start_with(&lan, &format!("\n[board]\nuser = \"{USER}\"\n"));
    assert_powerless(&daemon);
    let (phone, ip, account) = boots(&lan);
    registers(&phone, &ip, &account, Transport::Udp);
    registers(&phone, &ip, &account, Transport::Tcp);
    let admin = Admin::log_in_first(&lan, &daemon);
    let row = admin.handsets().row(&phone.mac12()).to_owned();
    assert!(row.contains(">Registered<"), "{row}");
    // The password was hashed on a thread of its own, and the phone is on flash by another.
    assert_powerless(&daemon);
    assert!(daemon.log().contains("runs as nobody"), "{}", daemon.log());
    changes_a_template(&admin, &phone);
    daemon.restart();
    assert_powerless(&daemon);
    registers(&phone, &ip, &account, Transport::Udp);
    assert_eq!(daemon.stop(), Some(true), "{}", daemon.log());
}

#[test]
fn the_log_tells_what_happened_and_no_secret_and_the_console_keeps_quiet() {
    if !can_run("the_log_tells_what_happened_and_no_secret", &CLIENTS) {
        return;
    }
    let lan = Lan::new();
    // The daemon starts first, as on a box, where init starts both.
    let place = lan.plug("log", "02:00:00:00:00:01").dir().join("log");
    let board = format!("\n[board]\nuser = \"{USER}\"\nlog = \"{}\"\n", place.display());
    let daemon = Daemon::start_with(&lan, &board);
    let log = log_at(&place);
    let first = daemon.first_password().expect("a first password was printed").to_owned();
    let (phone, ip, account) = boots(&lan);
    registers(&phone, &ip, &account, Transport::Udp);
    let wrong = Account { password: "not-this-one".to_owned(), ..account.clone() };
    let _ = register(&phone, &ip, &wrong, Transport::Tcp, 401);
    let admin = Admin::log_in_first(&lan, &daemon);
    admin.forget();
    admin.log_in("wrong and not to be written down");
    admin.log_in(PASSWORD);
    let token = fs::read_to_string(admin.host().dir().join("jar")).unwrap();
    let token = token.split_whitespace().last().unwrap();
    let mut lines: Vec<String> = Vec::new();
    let told = |lines: &[String], words: &str| lines.iter().any(|line| line.contains(words));
    until(Duration::from_secs(5), || {
        lines.extend(log.try_iter());
        told(&lines, "egistered").then_some(())
    });
    let all = lines.join("\n");
    assert!(told(&lines, "runs as nobody") && told(&lines, "egistered"), "{all}");
    assert!(
        lines.iter().all(|line| line.starts_with("<") && line.contains(">dialtone: ")),
        "{all}"
    );
    for secret in [&first, &account.password, PASSWORD, "not-this-one", "written down", token] {
        assert!(!secret.is_empty() && !all.contains(secret), "{secret:?} is in the log:\n{all}");
    }
    let console = daemon.log();
    assert!(console.contains(&first), "{console}");
    assert!(lines.iter().all(|line| !console.contains(text_of(line))), "{console}\n--\n{all}");
}

/// A Yealink that boots, and finds one and the same file by every door.
fn boots(lan: &Lan) -> (Host, String, Account) {
    let phone = lan.plug("yealink", "00:15:65:11:22:33");
    let lease = udhcpc(&phone, &YEALINK).expect("an address");
    let name = format!("{}.cfg", phone.mac12());
    let by_http = get(&phone, &format!("/prov/{name}"));
    assert_eq!(by_http.status, 200, "{by_http:?}");
    for client in DOORS {
        let by_tftp = tftp(&phone, client, &name).unwrap_or_else(|why| panic!("{client:?}: {why}"));
        assert_eq!(by_tftp, by_http.body, "{client:?}");
    }
    (phone, lease.ip().to_owned(), yealink_account(&by_http.body))
}

/// A changed template is tried in a process of its own, although no program can be started any
/// more; a bad one is refused, a good one makes the phone's file.
fn changes_a_template(admin: &Admin, phone: &Host) {
    let place =
        [("template", "yealink/mac.cfg"), ("layer", "family"), ("maker", "yealink"), ("seen", "0")];
    let page = admin.get("/templates/edit?template=yealink/mac.cfg&layer=family&maker=yealink");
    let try_out = |source: &str| {
        let fields = [&place[..], &[("source", source)]].concat();
        admin.post("/templates/preview", &fields, &page)
    };
    let bad = try_out("a\n  {{ site.servr }}\n");
    let said = "Line 2, column 6: There is no such value";
    assert!(bad.status == 422 && bad.text().contains(said), "{} {}", bad.status, bad.text());
    let good = try_out("#!version:1.0.0.1\nx = {{ handset.mac }}\n");
    assert!(good.status == 200 && good.text().contains("1 file changes."), "{}", good.text());
    let token = between(&good.html, "name=\"change\" value=\"", "\"").unwrap().to_owned();
    let done = admin.post("/templates/apply", &[("change", &token)], &good);
    assert!(done.text().contains("The template is in force."), "{}", done.text());
    let file = get(phone, &format!("/prov/{}.cfg", phone.mac12()));
    assert_eq!(file.body, format!("#!version:1.0.0.1\nx = {}\n", phone.mac12()));
    let back = admin.post("/templates/return", &place[..3], &done);
    assert!(back.text().contains("The version before is in force again."), "{}", back.text());
}

fn registers(phone: &Host, ip: &str, account: &Account, by: Transport) {
    let said = register(phone, ip, account, by, 200);
    assert!(said.good, "{by:?}: {}\n{}", said.out, said.err);
}

/// Each thread of the daemon is nobody's, in no group, without a capability and without a way to
/// one.
fn assert_powerless(daemon: &Daemon) {
    let process = running_in(daemon.host().dir());
    let own = said_by_id(USER);
    let mut threads = 0;
    for thread in fs::read_dir(process.join("task")).unwrap() {
        let status = fs::read_to_string(thread.unwrap().path().join("status")).unwrap();
        let value = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap_or_else(|| panic!("no {name} in {status}")).trim().to_owned()
        };
        let ids = |id: &str| [id; 4].join("\t");
        assert_eq!((value("Uid:"), value("Gid:")), (ids(&own.0), ids(&own.1)), "{status}");
        assert_eq!(value("Groups:"), "", "{status}");
        assert_eq!(value("NoNewPrivs:"), "1", "{status}");
        for set in ["CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:"] {
            assert_eq!(value(set), "0000000000000000", "{set} {status}");
        }
        threads += 1;
    }
    assert!(threads > 0);
    // Its files in /proc are root's: nobody else of that user may look into its memory.
    let environment = fs::metadata(process.join("environ")).unwrap();
    assert_eq!(std::os::unix::fs::MetadataExt::uid(&environment), 0);
}

/// The process that runs in a folder.
fn running_in(folder: &Path) -> PathBuf {
    let folder = folder.canonicalize().unwrap();
    let processes = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
    let mut here =
        processes.filter(|it| fs::read_link(it.join("cwd")).is_ok_and(|at| at == folder));
    here.next().expect("the daemon does not run")
}

/// User and group of a name.
fn said_by_id(user: &str) -> (String, String) {
    let number = |what: &str| {
        let output = std::process::Command::new("id").args([what, user]).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    (number("-u"), number("-g"))
}

/// A log daemon that begins to listen now; it ends with the test.
fn log_at(place: &Path) -> Receiver<String> {
    let socket = UnixDatagram::bind(place).unwrap();
    fs::set_permissions(place, Permissions::from_mode(0o666)).unwrap();
    let (lines, log) = channel();
    thread::spawn(move || {
        let mut bytes = [0; 4_096];
        while let Ok(len) = socket.recv(&mut bytes) {
            let line = String::from_utf8_lossy(&bytes[..len]).into_owned();
            if lines.send(line).is_err() {
                return;
            }
        }
    });
    log
}

/// A line without its head.
fn text_of(line: &str) -> &str {
    line.split_once(">dialtone: ").map_or(line, |(_, text)| text)
}
