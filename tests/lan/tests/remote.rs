//! Phones far away, from their first fetch by the key to the day on which one is lost, with clients
//! of others behind a router that translates addresses.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

use lan::admin::{Admin, Page, PASSWORD};
use lan::daemon::{Daemon, BOX_ON_WAN};
use lan::files::{yealink_account, Account, YEALINK_AGENT};
use lan::home::{box_between, Home, ADDRESS, MAC12};
use lan::net::Lan;
use lan::sip::{register, Transport};
use lan::{between, can_run};

const CLIENTS: [&str; 6] = ["ip", "nft", "busybox", "bash", "curl", "sipp"];
/// A Polycom, whose first file only names those in which everything stands.
const POLYCOM: &str = "0004f2aabbcc";
const POLYCOM_AGENT: &str = "FileTransport PolycomVVX-VVX_450-UA/6.4.0.1000";

/// Has the box take phones of the WAN in by the key; gives the key.
fn opens_the_wan(admin: &Admin) -> String {
    let page = admin.get("/voip");
    let fields = [("name", "wan-creates"), ("disabled", "no")];
    let page = admin.post("/voip/switch", &fields, &page);
    assert_eq!(page.status, 200, "{}", page.text());
    key(admin)
}

fn key(admin: &Admin) -> String {
    let page = admin.get("/voip");
    let page = admin.post("/voip/key/show", &[("password", PASSWORD)], &page);
    let key = between(&page.html, "The key is <code>", "</code>");
    key.unwrap_or_else(|| panic!("no key in {}", page.text())).to_owned()
}

fn registers(home: &Home, account: &Account, wanted: u16) {
    let said = register(&home.phone, ADDRESS, account, Transport::Udp, wanted);
    assert!(said.good, "{}\n{}", said.out, said.err);
}

fn on_its_page(admin: &Admin, mac12: &str, action: &str, fields: &[(&str, &str)]) -> Page {
    let page = admin.device(mac12);
    admin.post(&format!("/handsets/{mac12}/{action}"), fields, &page)
}

#[test]
fn a_phone_far_away_comes_by_the_key_stays_by_its_token_and_is_lost() {
    if !can_run("a_phone_far_away_comes_by_the_key", &CLIENTS) {
        return;
    }
    let (lan, wan) = (Lan::new(), Lan::new());
    let daemon: Daemon = box_between(&lan, &wan);
    let admin = Admin::log_in_first(&lan, &daemon);
    let home = Home::on(&wan);
    let own = format!("/prov/{MAC12}.cfg");
    let by = |password: &str, path: &str| {
        home.https(&["-A", YEALINK_AGENT, "-u", &format!("phone:{password}")], path)
    };
    let plain = |path: &str| home.https(&["-A", YEALINK_AGENT], path);
    let key = opens_the_wan(&admin);
    assert_eq!(plain(&own).status, 401);
    assert_eq!(by("wrong-wrong-wrong", &own).status, 401);
    // To ask for what is there is no fetch.
    let head = home.https(&["-I", "-A", YEALINK_AGENT, "-u", &format!("phone:{key}")], &own);
    assert!([200, 401].contains(&head.status), "{head:?}");

    let file = by(&key, &own);
    assert_eq!(file.status, 200, "{file:?}");
    assert!(!file.body.contains(&key), "the file tells the key");
    let places = format!("https://{BOX_ON_WAN}/prov/");
    let token = between(&file.body, &places, "/").expect("a place with a token").to_owned();
    let place = format!("/prov/{token}");
    let told = yealink_account(&file.body);
    assert_eq!(told.server, format!("{BOX_ON_WAN}:5061"), "SIP over TLS");
    assert!(file.body.contains("account.1.sip_server.1.transport_type = 2"), "{}", file.body);
    // SIPp as Debian has it speaks no TLS; a phone whose admin chose UDP goes by the other port.
    let account = Account { server: format!("{BOX_ON_WAN}:5060"), ..told.clone() };
    registers(&home, &account, 200);

    let again = plain(&format!("{place}/{MAC12}.cfg"));
    assert_eq!((again.status, yealink_account(&again.body)), (200, told));
    for none in [format!("{place}/{MAC12}.boot"), format!("{place}/{MAC12}-local.cfg")] {
        let answer = plain(&none);
        assert_eq!(answer.status, 404, "{none}: {answer:?}");
    }
    // Once it has shown its token, the key is worth nothing to it; a new one changes nothing.
    assert_eq!(by(&key, &own).status, 401);
    let page = admin.get("/voip");
    admin.post("/voip/key/draw", &[], &page);
    assert_eq!(by(&key, "/prov/001565aabbcd.cfg").status, 401);
    assert_eq!(plain(&format!("{place}/{MAC12}.cfg")).status, 200);

    let page = on_its_page(&admin, MAC12, "lost", &[]);
    assert_eq!(page.status, 200, "{}", page.text());
    assert_eq!(plain(&format!("{place}/{MAC12}.cfg")).status, 401);
    assert_eq!(by(&self::key(&admin), &own).status, 401);
    registers(&home, &account, 401);
    assert!(!daemon.log().contains(&token) && !daemon.log().contains(&key), "{}", daemon.log());
}

#[test]
fn a_phone_with_several_files_gets_them_all_by_the_key() {
    if !can_run("a_phone_with_several_files", &CLIENTS) {
        return;
    }
    let (lan, wan) = (Lan::new(), Lan::new());
    let daemon = box_between(&lan, &wan);
    let admin = Admin::log_in_first(&lan, &daemon);
    let home = Home::on(&wan);
    let page = admin.get("/handsets");
    let fields = [("mac", POLYCOM), ("maker", "polycom"), ("model", "VVX 450"), ("remote", "yes")];
    let page = admin.post("/handsets/add", &fields, &page);
    assert_eq!(page.status, 200, "{}", page.text());
    let key = opens_the_wan(&admin);
    let login = format!("PlcmSpIp:{key}");
    let by_key = |name: &str| {
        home.https(&["-A", POLYCOM_AGENT, "-u", &login], &format!("/prov/{POLYCOM}{name}"))
    };
    let first = by_key(".cfg");
    assert!(first.status == 200 && first.body.contains("-line.cfg"), "{first:?}");
    let lines = by_key("-line.cfg");
    assert!(lines.status == 200 && lines.body.contains("reg.1.auth.password"), "{lines:?}");
    // The same at a second boot, as long as the phone has not used what it was given.
    assert_eq!(by_key("-line.cfg").status, 200);
}
