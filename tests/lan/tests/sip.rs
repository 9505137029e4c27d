//! SIP beside the usual registration: what is answered to everything else that phones say.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

use lan::daemon::{Daemon, BOX};
use lan::net::{script, Host, Lan};
use lan::{can_run, PYTHON};

const IP: &str = "192.168.10.200";

/// What the box answers to a request, sent as many times.
fn answers(host: &Host, method: &str, more: &str, times: usize) -> Vec<String> {
    let request = format!(
        "{method} sip:{BOX} SIP/2.0\nVia: SIP/2.0/UDP {IP}:5062;branch=z9hG4bK{method};rport\n\
         From: <sip:a@{BOX}>;tag=1\nTo: <sip:a@{BOX}>\nCall-ID: {method}@{IP}\n\
         CSeq: 7 {method}\nMax-Forwards: 70\n{more}Content-Length: 0\n\n"
    );
    host.write("request", &request);
    let say = script("say.py");
    let call = format!("{PYTHON} {} {IP} 5062 {BOX} < request", say.display());
    let ask = || host.run("sh", &["-c", &call]).out.replace('\r', "");
    (0..times).map(|_| ask()).collect()
}

fn line<'a>(answer: &'a str, name: &str) -> &'a str {
    let found = answer.lines().find(|line| line.to_lowercase().starts_with(&name.to_lowercase()));
    found.unwrap_or_else(|| panic!("no {name} in {answer}"))
}

#[test]
fn every_request_gets_the_answer_of_the_protocol_and_the_same_one_when_repeated() {
    if !can_run("every_request_gets_the_answer", &["ip", PYTHON]) {
        return;
    }
    let lan = Lan::new();
    let mut daemon = Daemon::start(&lan);
    let host = lan.plug_at("phone", "02:00:00:00:00:66", "192.168.10.200/24");
    let contact = format!("Contact: <sip:a@{IP}:5062>\n");
    let wanted = [
        ("OPTIONS", "", "200"),
        ("REGISTER", contact.as_str(), "401"),
        ("PUBLISH", "Event: presence\n", "405"),
        ("MESSAGE", "", "405"),
        ("GIBBERISH", "", "501"),
    ];
    for (method, more, status) in wanted {
        let said = answers(&host, method, more, 2);
        let first = said[0].lines().next().unwrap_or_default();
        assert!(first.starts_with(&format!("SIP/2.0 {status} ")), "{method}: {}", said[0]);
        assert_eq!(said[0], said[1], "{method} was repeated");
        assert!(line(&said[0], "To:").contains(";tag="), "{}", said[0]);
        assert!(line(&said[0], "Via:").contains("rport=5062"), "{}", said[0]);
        assert_eq!(line(&said[0], "CSeq:"), format!("CSeq: 7 {method}"));
    }
    assert!(line(&answers(&host, "PUBLISH", "", 1)[0], "Allow:").contains("REGISTER"));
    let invite = &answers(&host, "INVITE", &contact, 1)[0];
    assert!(invite.contains("SIP/2.0 4") || invite.contains("SIP/2.0 5"), "{invite}");
    assert_eq!(answers(&host, "ACK", "", 1), [""], "an ACK was answered");
    assert!(daemon.is_up());
}

#[test]
fn a_name_that_does_not_exist_is_challenged_like_one_that_does() {
    if !can_run("a_name_that_does_not_exist", &["ip", PYTHON]) {
        return;
    }
    let lan = Lan::new();
    let _daemon = Daemon::start(&lan);
    let host = lan.plug_at("phone", "02:00:00:00:00:66", "192.168.10.200/24");
    let contact = format!("Contact: <sip:a@{IP}:5062>\n");
    let made_up = "Authorization: Digest username=\"nobody\", realm=\"dialtone\", nonce=\"00\", \
                   uri=\"sip:192.168.10.1\", response=\"00000000000000000000000000000000\"\n";
    for more in [contact.clone(), format!("{contact}{made_up}")] {
        let said = &answers(&host, "REGISTER", &more, 1)[0];
        assert!(said.starts_with("SIP/2.0 401 "), "{said}");
        assert!(line(said, "WWW-Authenticate:").contains("realm=\"dialtone\""), "{said}");
    }
}
