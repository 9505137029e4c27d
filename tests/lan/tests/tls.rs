//! TLS with clients of others, from both sides: who is shown what, which ports are open from the
//! WAN, and what the story of a phone says where it does not trust the box. The side far away is a
//! network of its own behind a router that translates addresses, as at somebody's home.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

use lan::admin::Admin;
use lan::daemon::{Daemon, BOX, BOX_ON_WAN};
use lan::dhcp::{udhcpc, YEALINK};
use lan::files::{curl, curl_over_tls, get};
use lan::home::{box_between, Home};
use lan::net::{Host, Lan};
use lan::{can_run, until};
use std::time::Duration;

const CLIENTS: [&str; 7] = ["ip", "nft", "busybox", "bash", "curl", "openssl", lan::PYTHON];
/// All that is open from the WAN.
const OPEN: &str = include_str!("../wan-ports.txt");
const PATIENCE: Duration = Duration::from_secs(10);

/// What openssl's client says of a handshake, with nothing sent behind it.
fn handshake(host: &Host, at: &str, more: &[&str]) -> String {
    let words = [&["s_client", "-connect", at], more].concat();
    let said = host.run("openssl", &words);
    format!("{}{}", said.out, said.err)
}

#[test]
fn the_ports_that_are_open_from_the_wan_are_those_of_the_list() {
    if !can_run("the_ports_that_are_open_from_the_wan", &CLIENTS) {
        return;
    }
    let (lan, wan) = (Lan::new(), Lan::new());
    let daemon = box_between(&lan, &wan);
    let home = Home::on(&wan);
    let scan = |at: &str| home.phone.script("scan.py", &[at]).out;
    let listed = OPEN.lines().filter(|line| !line.starts_with('#'));
    let listed: Vec<&str> = listed.map(|line| line.split('#').next().unwrap().trim()).collect();
    let open = scan(BOX_ON_WAN);
    assert_eq!(open.lines().collect::<Vec<_>>(), listed, "{}", daemon.log());
    drop(daemon);
}

#[test]
fn from_the_wan_there_is_no_page_of_the_admin_and_a_phone_is_asked_who_it_is() {
    if !can_run("from_the_wan_there_is_no_page", &CLIENTS) {
        return;
    }
    let (lan, wan) = (Lan::new(), Lan::new());
    let _daemon = box_between(&lan, &wan);
    let home = Home::on(&wan);
    let pages = [
        "/",
        "/login",
        "/login/claim",
        "/handsets",
        "/system",
        "/system/backup",
        "/certificates",
        "/dialtone-ca.crt",
        "/assets/style.css",
        "/network",
        "/settings",
    ];
    for more in [&[][..], &["-u", "phone:wrong"], &["-H", "Host: dialtone.local"]] {
        let nothing = home.https(more, "/nothing");
        assert_eq!(nothing.status, 401, "{nothing:?}");
        for page in pages {
            let got = home.https(more, page);
            assert_eq!((got.status, &got.body), (nothing.status, &nothing.body), "{page}");
            assert_eq!(got.head, nothing.head, "{page}");
        }
    }
    let head = home.https(&[], "/prov/001565aabbcc.cfg").head;
    assert!(head.contains("www-authenticate: basic realm="), "{head}");
    let plain = home.phone.run("curl", &["-s", "-m", "2", &format!("http://{BOX_ON_WAN}/")]);
    assert!(!plain.good && plain.out.is_empty());
    // On the LAN nobody is asked for a password.
    let phone = lan.plug("phone", "00:15:65:11:22:33");
    udhcpc(&phone, &YEALINK).unwrap();
    let other = "/prov/001565aabbcc.cfg";
    for got in [curl(&phone, &[], other), curl_over_tls(&phone, &[], other)] {
        assert!(got.status == 403 && !got.head.contains("www-authenticate"), "{got:?}");
    }
    let own = "/prov/001565112233.cfg";
    let (plain, secure) = (get(&phone, own), curl_over_tls(&phone, &[], own));
    assert_eq!((plain.status, secure.status), (200, 200));
    assert!(secure.body.contains("account.1"), "{}", secure.body);
}

#[test]
fn versions_and_ciphers_are_the_same_on_both_sides_and_by_both_ports() {
    if !can_run("versions_and_ciphers", &CLIENTS) {
        return;
    }
    let (lan, wan) = (Lan::new(), Lan::new());
    let _daemon = box_between(&lan, &wan);
    let home = Home::on(&wan);
    let desk = lan.plug_at("desk", "02:00:00:00:00:09", "192.168.10.9/24");
    for (host, address) in [(&home.phone, BOX_ON_WAN), (&desk, BOX)] {
        for port in [443, 5061] {
            let at = format!("{address}:{port}");
            for version in ["-tls1_2", "-tls1_3"] {
                let said = handshake(host, &at, &[version]);
                assert!(
                    said.contains("Cipher is TLS") || said.contains("Cipher is ECDHE"),
                    "{said}"
                );
            }
            for old in ["-tls1", "-tls1_1"] {
                let said = handshake(host, &at, &[old, "-cipher", "ALL:@SECLEVEL=0"]);
                assert!(said.contains("SSL alert number"), "{at} {old}: {said}");
            }
            for weak in ["AES128-SHA", "AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-SHA", "aNULL"] {
                let cipher = format!("{weak}:@SECLEVEL=0");
                let said = handshake(host, &at, &["-tls1_2", "-cipher", &cipher]);
                assert!(said.contains("handshake failure"), "{at} {weak}: {said}");
            }
        }
    }
}

#[test]
fn a_browser_that_trusts_the_authority_is_at_home_and_one_without_tls_is_sent_there() {
    if !can_run("a_browser_that_trusts_the_authority", &CLIENTS) {
        return;
    }
    let lan = Lan::new();
    let mut daemon = Daemon::start(&lan);
    let admin = Admin::log_in_first(&lan, &daemon);
    let desk = admin.host();
    let sent = curl(desk, &[], "/handsets?fragment=table");
    assert_eq!(sent.status, 308, "{sent:?}");
    let place = format!("location: https://{BOX}/handsets?fragment=table");
    assert!(sent.head.contains(&place), "{}", sent.head);
    let sent = curl(desk, &["-d", "password=x"], "/login");
    assert!(sent.status == 303 && sent.head.contains("https://"), "{sent:?}");
    let named = curl(desk, &["-H", "Host: dialtone.local"], "/login").head;
    assert!(named.contains("location: https://dialtone.local/login"), "{named}");
    let named = curl(desk, &["-H", "Host: evil.example"], "/login").head;
    assert!(named.contains(&format!("location: https://{BOX}/login")), "{named}");
    let cookie = curl_over_tls(desk, &[], "/login").head;
    assert!(cookie.contains("; secure") && cookie.contains("httponly"), "{cookie}");

    let authority = curl(desk, &[], "/dialtone-ca.crt");
    assert_eq!(authority.status, 200);
    desk.write("ca.pem", &authority.body);
    let trusts = |url: &str| {
        let resolve = format!("dialtone.local:443:{BOX}");
        let words = ["-sS", "--cacert", "ca.pem", "--resolve", &resolve, "-o", "/dev/null", url];
        let said = desk.run("curl", &words);
        assert!(said.good, "{url}: {}", said.err);
    };
    for url in [&format!("https://{BOX}/login")[..], "https://dialtone.local/login"] {
        trusts(url);
    }
    // The authority is the same after a power cut.
    daemon.cut();
    daemon.restart();
    trusts(&format!("https://{BOX}/login"));
    assert_eq!(curl(desk, &[], "/dialtone-ca.crt").body, authority.body);
}

#[test]
fn another_certificate_is_installed_and_taken_back() {
    if !can_run("another_certificate_is_installed", &CLIENTS) {
        return;
    }
    let lan = Lan::new();
    let daemon = Daemon::start(&lan);
    let admin = Admin::log_in_first(&lan, &daemon);
    let desk = admin.host();
    let make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 9 \
        -subj /CN=pbx.example.org -keyout site.key -out site.pem 2> /dev/null; \
        openssl req -x509 -newkey rsa:2048 -nodes -days 9 -subj /CN=Acme -keyout acme.key -out \
        acme.pem 2> /dev/null; cat site.pem site.key > both.pem; cat site.pem acme.key > wrong.pem";
    assert!(desk.run("bash", &["-c", make]).good);
    let shows = |name: &str| {
        let shown = until(PATIENCE, || {
            handshake(desk, &format!("{BOX}:443"), &[]).contains(name).then_some(())
        });
        assert!(shown.is_some(), "{name} is not shown");
    };
    shows("CN = dialtone.local");
    let page = admin.get("/certificates");
    assert!(page.html.contains("dialtone.local"), "{}", page.text());
    let said = admin.upload("/certificates/install", &[], "wrong.pem", &page);
    assert!(said.status == 422 && said.text().contains("belongs to another certificate"));
    let said = admin.upload("/certificates/install", &[], "both.pem", &page);
    assert!(said.url.contains("done=certificate"), "{} {}", said.url, said.text());
    shows("CN = pbx.example.org");
    let said = admin.upload("/certificates/trust", &[], "acme.pem", &page);
    assert!(said.url.contains("done=certificate-authority"), "{} {}", said.url, said.text());
    let asks = until(PATIENCE, || {
        let said = handshake(desk, &format!("{BOX}:443"), &[]);
        said.contains("Acceptable client certificate CA names\nCN = Acme").then_some(())
    });
    assert!(asks.is_some(), "no phone is asked for a certificate of Acme");
    let page = admin.get("/certificates");
    let said = admin.post("/certificates/remove", &[("place", "installed")], &page);
    assert!(said.url.contains("done=certificate-removed"), "{} {}", said.url, said.text());
    shows("CN = dialtone.local");
}

#[test]
fn a_phone_that_does_not_trust_the_box_or_is_too_old_is_told_of_on_its_page() {
    if !can_run("a_phone_that_does_not_trust_the_box", &CLIENTS) {
        return;
    }
    let lan = Lan::new();
    let daemon = Daemon::start(&lan);
    let admin = Admin::log_in_first(&lan, &daemon);
    let phone = lan.plug("phone", "00:15:65:11:22:33");
    udhcpc(&phone, &YEALINK).unwrap();
    let said = |sentence: &str| {
        let text = admin.device("001565112233").text();
        assert!(text.contains(sentence), "no {sentence:?} in {text}");
    };
    let at = format!("{BOX}:443");
    for version in ["-tls1_2", "-tls1_3"] {
        handshake(&phone, &at, &[version, "-verify_return_error"]);
        said("It refuses the certificate that it was shown.");
        assert_eq!(get(&phone, "/prov/001565112233.cfg").status, 200);
    }
    said("Gave up TLS on the port of HTTPS by alert 48 (unknown CA)");
    handshake(&phone, &at, &["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"]);
    said("It speaks TLS to this box, at the highest TLS 1.1, which is too old.");
}

#[test]
fn sip_goes_over_tls_from_both_sides() {
    if !can_run("sip_goes_over_tls", &CLIENTS) {
        return;
    }
    let (lan, wan) = (Lan::new(), Lan::new());
    let _daemon = box_between(&lan, &wan);
    let home = Home::on(&wan);
    let desk = lan.plug_at("desk", "02:00:00:00:00:09", "192.168.10.9/24");
    for (host, address) in [(&home.phone, BOX_ON_WAN), (&desk, BOX)] {
        for scheme in ["sip", "sips"] {
            let ask = format!(
                "OPTIONS {scheme}:{address} SIP/2.0\\r\\nVia: SIP/2.0/TLS phone;branch=z9hG4bK1;\
                 rport\\r\\nFrom: <sip:a@phone>;tag=1\\r\\nTo: <sip:{address}>\\r\\nCall-ID: a\\r\\n\
                 CSeq: 1 OPTIONS\\r\\nMax-Forwards: 70\\r\\nContent-Length: 0\\r\\n\\r\\n"
            );
            let call = format!(
                "(printf '{ask}'; sleep 1) | timeout 3 openssl s_client -quiet -connect {address}:5061"
            );
            let said = host.run("bash", &["-c", &call]);
            assert!(said.out.starts_with("SIP/2.0 200 OK"), "{scheme} {}{}", said.out, said.err);
        }
    }
}
