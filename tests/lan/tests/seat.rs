//! Who sits at a phone is dialled at it, and a phone is rung to be found: SIPp is the phone.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

use lan::admin::Admin;
use lan::daemon::{Daemon, BOX};
use lan::dhcp::{udhcpc, YEALINK};
use lan::files::{get, yealink_account, Account};
use lan::net::{Host, Lan};
use lan::sip::{register, Transport};
use lan::{can_run, until};
use std::time::Duration;

/// A phone with its account, and its address.
fn phone(lan: &Lan) -> (Host, String, Account) {
    let host = lan.plug("phone", "00:15:65:11:22:01");
    let lease = udhcpc(&host, &YEALINK).expect("an address");
    let file = get(&host, &format!("/prov/{}.cfg", host.mac12()));
    let ip = lease.ip().to_string();
    (host, ip, yealink_account(&file.body))
}

fn sipp(host: &Host, ip: &str, account: &Account, scenario: &str, more: &[&str]) -> lan::net::Said {
    host.write("scenario.xml", scenario);
    let words = ["-sf", "scenario.xml", "-m", "1", "-i", ip, "-p", "5060", "-nostdin"];
    let ends = ["-timeout", "30s", "-timeout_error", "-trace_err"];
    let words: Vec<&str> = [account.server.as_str()]
        .into_iter()
        .chain(words)
        .chain(ends)
        .chain(more.to_vec())
        .collect();
    host.run("sipp", &words)
}

fn invite(login: &str, number: &str, cseq: u8, credentials: &str) -> String {
    format!(
        "<send retrans=\"500\"><![CDATA[\n\nINVITE sip:{number}@[remote_ip] SIP/2.0\n\
         Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch];rport\nMax-Forwards: 70\n\
         From: <sip:{login}@[remote_ip]>;tag=[pid]SIPp[call_number]\n\
         To: <sip:{number}@[remote_ip]>\nCall-ID: [call_id]\nCSeq: {cseq} INVITE\n\
         Contact: <sip:{login}@[local_ip]:[local_port]>{credentials}\nContent-Length: 0\n\n]]></send>\n"
    )
}

fn ack(login: &str, number: &str, cseq: u8) -> String {
    format!(
        "<send><![CDATA[\n\nACK sip:{number}@[remote_ip] SIP/2.0\n[last_Via:]\nMax-Forwards: 70\n\
         From: <sip:{login}@[remote_ip]>;tag=[pid]SIPp[call_number]\n[last_To:]\n\
         Call-ID: [call_id]\nCSeq: {cseq} ACK\nContent-Length: 0\n\n]]></send>\n"
    )
}

/// Dials a number; the final answer has to be this one.
fn dials(host: &Host, ip: &str, account: &Account, number: &str, wanted: u16) {
    let Account { login, password, .. } = account;
    let credentials = format!("\n[authentication username={login} password={password}]");
    let scenario = format!(
        "<?xml version=\"1.0\" encoding=\"us-ascii\"?>\n<scenario name=\"dial\">\n{}\
         <recv response=\"401\" auth=\"true\"/>\n{}{}<recv response=\"{wanted}\"/>\n{}</scenario>\n",
        invite(login, number, 1, ""),
        ack(login, number, 1),
        invite(login, number, 2, &credentials),
        ack(login, number, 2),
    );
    let uri = format!("{number}@{BOX}");
    let said = sipp(host, ip, account, &scenario, &["-auth_uri", &uri]);
    assert!(said.good, "{} {}", said.out, said.err);
}

#[test]
fn a_code_is_dialled_and_the_phone_is_the_users() {
    if !can_run("a_code_is_dialled", &["ip", "busybox", "curl", "sipp"]) {
        return;
    }
    let lan = Lan::new();
    let daemon = Daemon::start(&lan);
    let admin = Admin::log_in_first(&lan, &daemon);
    let page = admin.get("/users");
    admin.post("/users/add", &[("name", "Ann"), ("extension", "204")], &page);
    let page = admin.post("/users/code", &[("user", "1")], &admin.get("/users"));
    let text = page.text();
    let (_, digits) = text.split_once("*44").expect("a code on the page");
    let code = format!("*44{}", digits.get(..6).unwrap());
    let (host, ip, account) = phone(&lan);
    let wrong = if code == "*44000000" { "*44000001" } else { "*44000000" };
    dials(&host, &ip, &account, wrong, 403);
    dials(&host, &ip, &account, &code, 480);
    assert!(admin.device(&host.mac12()).text().contains("204 Ann"));
    dials(&host, &ip, &account, &code, 403);
    let file = get(&host, &format!("/prov/{}.cfg", host.mac12()));
    assert!(file.body.contains("204 Ann"), "{file:?}");
}

#[test]
fn a_phone_is_rung_for_ten_seconds_and_ends_it_as_the_protocol_says() {
    if !can_run("a_phone_is_rung", &["ip", "busybox", "curl", "sipp"]) {
        return;
    }
    let lan = Lan::new();
    let daemon = Daemon::start(&lan);
    let admin = Admin::log_in_first(&lan, &daemon);
    let (host, ip, account) = phone(&lan);
    assert!(register(&host, &ip, &account, Transport::Udp, 200).good);
    let say = |status: &str, cseq: &str| {
        format!(
            "<send><![CDATA[\n\nSIP/2.0 {status}\n[last_Via:]\n[last_From:]\n[last_To:];tag=sipp\n\
             [last_Call-ID:]\n{cseq}\nContent-Length: 0\n\n]]></send>\n"
        )
    };
    let scenario = format!(
        "<?xml version=\"1.0\" encoding=\"us-ascii\"?>\n<scenario name=\"rung\">\n\
         <recv request=\"INVITE\"/>\n{}<recv request=\"CANCEL\"/>\n{}{}\
         <recv request=\"ACK\"/>\n</scenario>\n",
        say("180 Ringing", "[last_CSeq:]"),
        say("200 OK", "[last_CSeq:]"),
        // It answers the INVITE in the words of the CANCEL, which has the same branch.
        say("487 Request Terminated", "CSeq: 1 INVITE"),
    );
    host.write("rung.xml", &scenario);
    let words =
        ["-sf", "rung.xml", "-m", "1", "-i", &ip, "-p", "5060", "-nostdin", "-timeout", "30s"];
    let _running = host.spawn("rung", host.command("sipp").args(words));
    std::thread::sleep(Duration::from_secs(1));
    let path = format!("/handsets/{}/ring", host.mac12());
    let page = admin.post(&path, &[], &admin.device(&host.mac12()));
    assert!(page.url.contains("done=rung"), "{} {}", page.url, page.text());
    let told = |what: &str, seconds| {
        let shown = || admin.device(&host.mac12()).text().contains(what).then_some(());
        until(Duration::from_secs(seconds), shown).is_some()
    };
    assert!(told("Is rung to be found (INVITE)", 5));
    assert!(told("Was rung for ten seconds", 20), "{}", host.said("rung", "err"));
}
