//! Phones are asked to come again, and the pages say which of them really came.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

use lan::admin::{Admin, Page};
use lan::daemon::{Daemon, BOX};
use lan::dhcp::{udhcpc, YEALINK};
use lan::files::{get, yealink_account};
use lan::net::{script, Host, Lan, Running};
use lan::{can_run, until, PYTHON};
use std::time::Duration;

/// A Yealink that has registered by this transport and behaves in this manner when it is asked.
struct Agent {
    host: Host,
    _running: Running,
}

impl Agent {
    fn new(lan: &Lan, number: u8, way: &str, manner: &str) -> Agent {
        let host = lan.plug(&format!("agent{number}"), &format!("00:15:65:11:22:{number:02x}"));
        let lease = udhcpc(&host, &YEALINK).expect("an address");
        let file = get(&host, &format!("/prov/{}.cfg", host.mac12()));
        assert_eq!(file.status, 200, "{file:?}");
        let account = yealink_account(&file.body);
        let url = format!("http://{BOX}/prov/{}.cfg", host.mac12());
        let path = script("agent.py");
        let words = [lease.ip(), &account.login, &account.password, BOX, &url, way, manner];
        let running = host.spawn("agent", host.command(PYTHON).arg(path).args(words));
        let agent = Agent { host, _running: running };
        assert!(agent.says("SIP/2.0 200", 10), "{}", agent.host.said("agent", "err"));
        agent
    }

    /// Whether it says this within so many seconds.
    fn says(&self, what: &str, seconds: u64) -> bool {
        let said = || self.host.said("agent", "out").contains(what).then_some(());
        until(Duration::from_secs(seconds), said).is_some()
    }

    fn page(&self, admin: &Admin) -> Page {
        admin.device(&self.host.mac12())
    }

    /// Whether its page has this sentence within so many seconds.
    fn is_told(&self, admin: &Admin, sentence: &str, seconds: u64) -> bool {
        let shown = || self.page(admin).text().contains(sentence).then_some(());
        until(Duration::from_secs(seconds), shown).is_some()
    }
}

#[test]
fn one_comes_by_each_transport_one_only_nods_one_refuses_and_one_is_silent() {
    if !can_run("one_comes_by_each_transport", &["ip", "busybox", "curl", PYTHON]) {
        return;
    }
    let lan = Lan::new();
    let daemon = Daemon::start(&lan);
    let admin = Admin::log_in_first(&lan, &daemon);
    let all = [("udp", "comes"), ("tcp", "comes"), ("udp", "nods"), ("tcp", "refuses")];
    let mut agents: Vec<Agent> = (1..)
        .zip(all)
        .map(|(number, (way, manner))| Agent::new(&lan, number, way, manner))
        .collect();
    agents.push(Agent::new(&lan, 5, "udp", "silent"));
    let fields = [("extensions", ""), ("at", ""), ("errand", "resync")];
    let page = admin.post("/handsets/resync", &fields, &admin.handsets());
    assert!(page.url.contains("done=asked-many"), "{} {}", page.url, page.text());
    for agent in &agents {
        assert!(agent.says("Event: check-sync;reboot=false", 5));
    }
    for agent in &agents[..2] {
        assert!(agent.says("fetched ", 10), "{}", agent.host.said("agent", "err"));
        assert!(agent.is_told(&admin, "it came for its file.", 5));
        let text = agent.page(&admin).text();
        assert!(text.contains("Came for its file after it was asked: confirmed"), "{text}");
    }
    let nods = "Said that it will fetch its configuration again; it has not come for its file yet.";
    assert!(agents[2].is_told(&admin, nods, 5));
    assert!(agents[3].is_told(&admin, "Refused to fetch its configuration again (403 ", 5));
    let silent = "Did not answer when it was asked to fetch its configuration again.";
    assert!(agents[4].is_told(&admin, silent, 40), "{}", agents[4].page(&admin).text());
    // Ten repetitions in 32 seconds, and the first.
    assert_eq!(agents[4].host.said("agent", "out").matches("NOTIFY ").count(), 11);
    assert!(!agents[2].page(&admin).text().contains("Confirmed"), "to nod is not to come");
    let text = admin.handsets().text();
    let counts = "2 confirmed, 1 refused, 1 did not answer, 1 asked, not here yet.";
    assert!(text.contains(counts), "{text}");
    // One alone, by the button on its page.
    let path = format!("/handsets/{}/restart", agents[0].host.mac12());
    let page = admin.post(&path, &[], &agents[0].page(&admin));
    assert!(page.url.contains("done=asked"), "{} {}", page.url, page.text());
    assert!(agents[0].says("Event: check-sync;reboot=true", 5));
}
