//! The pages of the box itself: what is set of its network, and the way to start it anew.

use super::browser::Browser;
use crate::http::tests::stand::{header, status, Stand};
use exchange::network::{Domain, Lan, Settings};
use std::net::Ipv4Addr;
use std::sync::atomic::Ordering;

const LAN: &str = "address=10.7.0.1%2F24&first=10.7.0.50&last=10.7.0.99&router=&dns=&domain=";

fn elsewhere() -> Settings {
    let at = |last| Ipv4Addr::new(10, 7, 0, last);
    let (address, first, last) = (at(1), at(50), at(99));
    let lan = Lan {
        address,
        prefix: 24,
        first,
        last,
        router: None,
        dns: Default::default(),
        domain: Domain::new(),
    };
    Settings { lan: Some(lan), wan: None }
}

#[tokio::test]
async fn a_new_address_is_answered_with_where_to_go_on() {
    let stand = Stand::appliance(None);
    let mut browser = Browser::new(&stand);
    browser.log_in_for_good().await;
    let page = browser.get("/network").await;
    assert!(status(&page) == 200 && page.contains("127.0.0.1/16") && !page.contains("/keep"));
    let sent = browser.send("/network/lan", LAN).await;
    assert_eq!(status(&sent), 200, "{sent}");
    assert!(sent.contains("href=\"//10.7.0.1/network\"") && sent.contains("Keep this address"));
    // Nothing to go on to, and nothing to go wrong, where the address stays.
    let sent = browser.send("/network/lan", &LAN.replace("10.7.0.", "127.0.0.")).await;
    assert!(status(&sent) == 422 && sent.contains("A box cannot have this address."), "{sent}");
}

#[tokio::test]
async fn a_form_that_makes_no_sense_comes_back_with_what_was_typed() {
    let stand = Stand::appliance(None);
    let mut browser = Browser::new(&stand);
    browser.log_in_for_good().await;
    let steps = [
        ("/network/lan", LAN.replace("%2F24", ""), "such as 192.168.10.1/24"),
        ("/network/lan", LAN.replace("0.50", "1.50"), "This address is outside the network."),
        ("/network/lan", LAN.replace("dns=", "dns=%3Cscript%3E"), "up to three IP addresses"),
    ];
    for (path, form, said) in steps {
        let sent = browser.send(path, &form).await;
        assert!(status(&sent) == 422 && !sent.contains("<script>"), "{sent}");
        assert!(sent.contains(said), "{form}: {sent}");
        assert!(sent.contains("Nothing was changed"));
        let typed = form.contains("10.7.0.99") == sent.contains("value=\"10.7.0.99\"");
        assert!(typed, "{sent}");
    }
    // This box has no WAN port, so there is no such form.
    assert_eq!(status(&browser.send("/network/wan", "address=").await), 404);
}

#[tokio::test]
async fn what_is_on_trial_is_said_on_every_page_and_kept_by_a_button() {
    let stand = Stand::appliance(Some(Settings::default()));
    let mut browser = Browser::new(&stand);
    browser.log_in_for_good().await;
    for path in ["/handsets", "/network", "/system"] {
        let page = browser.get(path).await;
        assert!(page.contains("action=\"/network/keep\"") && page.contains("in 4 min"), "{path}");
    }
    assert!(!browser.get("/handsets?fragment=table").await.contains("/network/keep"));
    let kept = browser.send("/network/keep", "").await;
    assert_eq!(header(&kept, "location"), Some("/network?done=kept"), "{kept}");
    let page = browser.get("/network?done=kept").await;
    assert!(page.contains("The settings of the network are kept.") && !page.contains("/keep"));
    let again = browser.send("/network/keep", "").await;
    assert!(status(&again) == 422 && again.contains("Not kept"), "{again}");
}

#[tokio::test]
async fn a_trial_of_another_address_cannot_be_kept_from_here() {
    let stand = Stand::appliance(Some(elsewhere()));
    let mut browser = Browser::new(&stand);
    browser.log_in_for_good().await;
    assert!(browser.get("/network").await.contains("10.7.0.1/24"));
    let refused = browser.send("/network/keep", "").await;
    assert!(status(&refused) == 422 && refused.contains("the new LAN address itself"), "{refused}");
    assert!(browser.get("/handsets").await.contains("/network/keep"), "and goes on");
    stand.now.store(301_000, Ordering::Relaxed);
    assert_eq!(status(&browser.get("/network").await), 200);
}

#[tokio::test]
async fn a_restart_is_asked_back_once() {
    let stand = Stand::appliance(None);
    let mut browser = Browser::new(&stand);
    browser.log_in_for_good().await;
    let page = browser.get("/system").await;
    assert!(status(&page) == 200 && page.contains("This box") && page.contains("Memory in use"));
    let asked = browser.send("/system/restart", "").await;
    assert!(status(&asked) == 200 && asked.contains("Restart Dialtone?"), "{asked}");
    let unsure = browser.send("/system/restart", "sure=no").await;
    assert!(unsure.contains("Restart Dialtone?"));
    let sure = browser.send("/system/restart", "sure=yes").await;
    assert!(status(&sure) == 200 && sure.contains("Dialtone restarts"), "{sure}");
    assert_eq!(status(&browser.post("/system/restart", "csrf=x&sure=yes").await), 403);
}

#[tokio::test]
async fn a_demonstration_shows_its_settings_and_changes_none() {
    let stand = Stand::up();
    let mut browser = Browser::new(&stand);
    browser.log_in_for_good().await;
    let page = browser.get("/network").await;
    assert!(page.contains("127.0.0.1/16") && page.contains("This is a demonstration"));
    let sent = browser.send("/network/lan", LAN).await;
    assert!(status(&sent) == 422 && sent.contains("This is a demonstration"), "{sent}");
    assert!(sent.contains("value=\"10.7.0.1/24\""));
    let page = browser.get("/system").await;
    assert!(page.contains("This is a demonstration") && !page.contains("/system/restart"));
    let sent = browser.send("/system/restart", "sure=yes").await;
    assert!(status(&sent) == 422 && sent.contains("Not restarted"), "{sent}");
}
