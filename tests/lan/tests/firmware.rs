//! What phones store on the box, and firmware that an admin puts there: curl, tftp-hpa and atftp.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

use lan::admin::Admin;
use lan::can_run;
use lan::daemon::{Daemon, BOX};
use lan::dhcp::{udhcpc, YEALINK};
use lan::files::{curl, get, tftp, Tftp};
use lan::net::{Host, Lan};

const CLIENTS: [&str; 5] = ["ip", "busybox", "curl", "tftp", "atftp"];
const DOORS: [Tftp; 3] = [Tftp::Hpa, Tftp::Atftp, Tftp::Curl];

fn phone(lan: &Lan) -> Host {
    let phone = lan.plug("phone", "00:15:65:11:22:33");
    udhcpc(&phone, &YEALINK).expect("an address");
    phone
}

/// Everything that a client said to a WRQ.
fn puts(phone: &Host, file: &str, name: &str) -> String {
    let said = phone.run("tftp", &["-m", "binary", BOX, "-c", "put", file, name]);
    format!("{}{}", said.out, said.err)
}

#[test]
fn what_a_phone_stores_comes_back_to_it_by_every_client() {
    if !can_run("what_a_phone_stores_comes_back", &CLIENTS) {
        return;
    }
    let lan = Lan::new();
    let mut daemon = Daemon::start(&lan);
    let phone = phone(&lan);
    let own = phone.mac12();
    assert_eq!(get(&phone, &format!("/prov/{own}.cfg")).status, 200);
    let keys = "linekey.3.label = Zoe\naccount.1.password = a-quiet-morning\n";
    phone.write("local.cfg", keys);
    let local = format!("{own}-local.cfg");
    let path = format!("/prov/{local}");
    let stored = curl(&phone, &["-T", "local.cfg"], &path);
    assert_eq!(stored.status, 200, "{stored:?}");
    assert_eq!(get(&phone, &path).body, keys);
    let more = format!("{keys}lang.gui = German\n");
    phone.write("local.cfg", &more);
    let said = puts(&phone, "local.cfg", &local);
    assert!(!said.contains("rror"), "{said}");
    daemon.cut();
    daemon.restart();
    udhcpc(&phone, &YEALINK).expect("an address");
    for client in DOORS {
        assert_eq!(tftp(&phone, client, &local), Ok(more.clone()), "{client:?}");
    }
    phone.write("large.cfg", &"x".repeat(5_000));
    assert_eq!(curl(&phone, &["-T", "large.cfg"], &path).status, 413);
    let said = puts(&phone, "large.cfg", &local);
    assert!(said.contains("Error code 3"), "{said}");
    let neighbour = lan.plug("neighbour", "00:15:65:44:55:66");
    udhcpc(&neighbour, &YEALINK).unwrap();
    neighbour.write("local.cfg", "linekey.3.label = Mallory\n");
    assert_eq!(curl(&neighbour, &["-T", "local.cfg"], &path).status, 403);
    // As for a phone that never stored anything.
    assert_eq!(get(&neighbour, &path).status, 404);
    let said = puts(&neighbour, "local.cfg", &local);
    assert!(said.contains("Error code 2"), "{said}");
    let admin = Admin::log_in_first(&lan, &daemon);
    let page = admin.device(&own).text();
    assert!(page.contains(&local) && page.contains("linekey.3.label = Zoe"), "{page}");
    assert!(!page.contains("a-quiet-morning") && !page.contains("Mallory"), "{page}");
}

#[test]
fn firmware_is_uploaded_by_a_form_and_fetched_whole_and_in_ranges() {
    if !can_run("firmware_is_uploaded_by_a_form", &CLIENTS) {
        return;
    }
    const NAME: &str = "T46U-108.86.0.20.rom";
    const STORE: u64 = 16 << 20;
    let lan = Lan::new();
    let store = lan.plug("store", "02:00:00:00:00:77").dir().join("phones");
    std::fs::write(&store, vec![0xff; STORE as usize]).unwrap();
    let more = format!("[board]\nfirmware = \"{}\"\n", store.display());
    let mut daemon = Daemon::start_with(&lan, &more);
    let phone = phone(&lan);
    let admin = Admin::log_in_first(&lan, &daemon);
    // Blocks of 512 bytes, 6,836 of them; that their numbers begin anew is another test's.
    let rom: String = (0..500_000).map(|number| format!("{number:06}\n")).collect();
    admin.host().write(NAME, &rom);
    let fields = ["maker=yealink", "model=T46S", "name="];
    let page = admin.upload("/firmware/upload", &fields, NAME, &admin.get("/firmware"));
    assert!(page.url.contains("done=firmware"), "{} {}", page.url, page.text());
    assert!(page.text().contains("3,500,000"), "{}", page.text());
    let own = get(&phone, &format!("/prov/{}.cfg", phone.mac12()));
    let common = get(&phone, "/prov/y000000000066.cfg");
    let told = format!("http://{BOX}/prov/{NAME}");
    assert!(own.body.contains(&told) || common.body.contains(&told), "{}", common.body);
    daemon.cut();
    daemon.restart();
    udhcpc(&phone, &YEALINK).expect("an address");
    let path = format!("/prov/{NAME}");
    let whole = get(&phone, &path);
    assert_eq!((whole.status, whole.body == rom), (200, true), "{}", whole.head);
    let part = curl(&phone, &["-r", "7000-7013"], &path);
    assert_eq!((part.status, &part.body[..]), (206, "001000\n001001\n"), "{}", part.head);
    assert!(part.head.contains("content-range: bytes 7000-7013/3500000"), "{}", part.head);
    assert_eq!(curl(&phone, &["-r", "3500000-"], &path).status, 416);
    for client in DOORS {
        let got = tftp(&phone, client, NAME);
        assert!(got.as_ref() == Ok(&rom), "{client:?}: {:?}", got.err());
    }
    let stranger = lan.plug_at("stranger", "02:00:00:00:00:66", "192.168.10.50/24");
    assert_eq!(get(&stranger, &path).status, 403);
}
