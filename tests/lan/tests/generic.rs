//! An app without a hardware address is added, its QR code read by a program of others, and what
//! stands in it registers.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

use lan::admin::{Admin, Page, PASSWORD};
use lan::daemon::{Daemon, BOX};
use lan::files::Account;
use lan::net::Lan;
use lan::sip::{register, Transport};
use lan::{between, can_run};

const CLIENTS: [&str; 5] = ["ip", "busybox", "curl", "sipp", "zbarimg"];
/// Pixels of a module.
const SCALE: usize = 6;

/// The drawing of a page's QR code as a bitmap in text (PBM).
fn bitmap(page: &Page) -> String {
    let svg = between(&page.html, "<svg viewBox=\"0 0 ", "</svg>").expect("a drawing");
    let side: usize = svg.split(' ').next().unwrap().parse().unwrap();
    let path = between(svg, "<path d=\"", "\"").expect("a path");
    let mut dark = vec![vec!['0'; side]; side];
    // Each stroke is `Mx yhNv1h-Nz`.
    for stroke in path.split('M').skip(1) {
        let (column, rest) = stroke.split_once(' ').unwrap();
        let (row, rest) = rest.split_once('h').unwrap();
        let run = rest.split_once('v').unwrap().0;
        let [column, row, run] = [column, row, run].map(|it| it.parse::<usize>().unwrap());
        dark[row][column..column + run].fill('1');
    }
    let mut text = format!("P1\n{0} {0}\n", side * SCALE);
    for row in dark {
        let wide = row.iter().flat_map(|module| std::iter::repeat_n(*module, SCALE));
        let line: String = wide.collect::<String>() + "\n";
        text.push_str(&line.repeat(SCALE));
    }
    text
}

/// What a reader of others finds in the QR code of a page.
fn scanned(admin: &Admin, page: &Page) -> String {
    admin.host().write("code.pbm", &bitmap(page));
    let said = admin.host().run("zbarimg", &["-q", "--raw", "code.pbm"]);
    said.out.trim().to_owned()
}

fn account(uri: &str) -> Account {
    let rest = uri.strip_prefix("sip:").unwrap_or_else(|| panic!("{uri:?} is no SIP URI"));
    let (login, rest) = rest.split_once(':').unwrap();
    let (password, host) = rest.split_once('@').unwrap();
    assert_eq!(host, format!("{BOX}:5060;transport=udp"));
    let [login, password, server] = [login, password, BOX].map(str::to_owned);
    Account { login, password, server }
}

#[test]
fn an_app_that_reads_the_code_registers() {
    if !can_run("an_app_that_reads_the_code_registers", &CLIENTS) {
        return;
    }
    let lan = Lan::new();
    let daemon = Daemon::start(&lan);
    let admin = Admin::log_in_first(&lan, &daemon);
    let fields = [("what", "Anna's mobile"), ("extension", "204"), ("name", "Anna")];
    let page = admin.post("/handsets/generic", &fields, &admin.handsets());
    assert_eq!(page.status, 200, "{}", page.text());
    let read = account(&scanned(&admin, &page));
    assert!(page.html.contains(&read.login) && page.html.contains(&read.password));
    let mobile = lan.plug_at("mobile", "02:00:00:00:07:07", "192.168.10.77/24");
    register(&mobile, "192.168.10.77", &read, Transport::Udp, 200);
    let handsets = admin.handsets();
    assert_eq!(handsets.rows(), 1);
    assert!(handsets.html.contains("Registered") && handsets.html.contains("Generic SIP"));
    assert!(!handsets.html.contains(&read.password), "it is shown once");

    // It is drawn anew for whoever gives his own password, and nobody else.
    let own = between(&handsets.html, "<a href=\"/handsets/0353", "\"").unwrap();
    let path = format!("/handsets/0353{own}/setup");
    let setup = admin.get(&path);
    assert!(setup.html.contains(&read.login) && !setup.html.contains(&read.password));
    assert!(!setup.html.contains("<svg"));
    let seen = between(&setup.html, "name=\"seen\" value=\"", "\"").unwrap().to_owned();
    let draw = |password: &str| {
        admin.post(&format!("{path}/draw"), &[("seen", &seen), ("password", password)], &setup)
    };
    let wrong = draw("a wrong one");
    assert!(wrong.status == 403 && !wrong.html.contains("<svg"), "{}", wrong.text());
    register(&mobile, "192.168.10.77", &read, Transport::Udp, 200);
    let drawn = account(&scanned(&admin, &draw(PASSWORD)));
    assert!(drawn.login == read.login && drawn.password != read.password);
    register(&mobile, "192.168.10.77", &read, Transport::Udp, 401);
    register(&mobile, "192.168.10.77", &drawn, Transport::Udp, 200);
}
