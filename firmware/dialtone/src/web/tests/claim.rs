//! Conversations of whoever has his hands on the box, and of others who wait for him to.

use super::browser::Browser;
use super::NEW_PASSWORD;
use crate::http::tests::stand::{header, status, Stand, FIRST_PASSWORD};
use std::net::Ipv4Addr;
use std::sync::atomic::Ordering;

const OFFER: &str = "Set a new password</a>, without the old one";
const CLAIM: &str = "/login/claim";

fn form(password: &str) -> String {
    format!("new={password}&again={password}")
}

#[tokio::test]
async fn without_the_button_the_page_says_how_and_takes_nothing() {
    let stand = Stand::up();
    let mut browser = Browser::new(&stand);
    let login = browser.get("/login").await;
    assert!(!login.contains(OFFER) && login.contains("href=\"/login/claim\""));
    let page = browser.get(CLAIM).await;
    assert!(page.contains("Hold its button for 3 seconds") && !page.contains("<form"));
    for expected in [403, 403, 403, 429] {
        let late = browser.send(CLAIM, &form(NEW_PASSWORD)).await;
        assert_eq!(status(&late), expected);
    }
    // Trying in vain slows this address, as wrong passwords do.
    let slowed = browser.log_in(FIRST_PASSWORD).await;
    assert_eq!((status(&slowed), header(&slowed, "retry-after")), (429, Some("1")));
    stand.now.fetch_add(1_000, Ordering::Relaxed);
    assert_eq!(status(&Browser::new(&stand).log_in(FIRST_PASSWORD).await), 303);
}

#[tokio::test]
async fn whoever_held_the_button_sets_a_password_once() {
    let stand = Stand::up();
    let mut old = Browser::new(&stand);
    old.log_in_for_good().await;
    let mut browser = Browser::new(&stand);
    for _ in 0..4 {
        browser.log_in("what was it again").await;
    }
    stand.claim().await;
    assert!(browser.get("/login").await.contains(OFFER), "wrong passwords are forgiven");
    let page = browser.get(CLAIM).await;
    assert!(page.contains("action=\"/login/claim\"") && page.contains("logged out"));
    assert_eq!(status(&browser.send(CLAIM, &form("short")).await), 422);
    let set = browser.send(CLAIM, &form("another+way+in")).await;
    assert_eq!(header(&set, "location"), Some("/handsets?done=password"), "{set}");
    assert_eq!(status(&browser.get("/handsets?done=password").await), 200);
    // Everybody else is out, the old password is none, and the way is closed.
    assert_eq!(header(&old.get("/handsets").await, "location"), Some("/login"));
    assert_eq!(status(&Browser::new(&stand).log_in("three odd words").await), 403);
    assert!(!Browser::new(&stand).get("/login").await.contains(OFFER));
    let mut late = Browser::new(&stand);
    late.source = Ipv4Addr::new(127, 0, 0, 7);
    late.get("/login").await;
    let late = late.send(CLAIM, &form("too+late+for+this")).await;
    assert!(status(&late) == 403 && late.contains("somebody was faster"), "{late}");
    assert_eq!(status(&Browser::new(&stand).log_in("another way in").await), 303);
}

#[tokio::test]
async fn before_the_first_log_in_a_claim_needs_no_printed_password_and_does_not_take_it() {
    let stand = Stand::up();
    stand.claim().await;
    let mut browser = Browser::new(&stand);
    browser.get(CLAIM).await;
    let again = browser.send(CLAIM, &form(FIRST_PASSWORD)).await;
    assert!(status(&again) == 422 && again.contains("that the console printed"), "{again}");
    assert_eq!(status(&browser.send(CLAIM, &form(NEW_PASSWORD)).await), 303);
    assert_eq!(status(&browser.get("/handsets").await), 200, "nothing more to change");
    assert_eq!(status(&Browser::new(&stand).log_in(FIRST_PASSWORD).await), 403);
}

#[tokio::test]
async fn a_claim_ends_after_two_minutes() {
    let stand = Stand::up();
    stand.claim().await;
    let mut browser = Browser::new(&stand);
    browser.get(CLAIM).await;
    stand.now.fetch_add(120_000, Ordering::Relaxed);
    let late = browser.send(CLAIM, &form(NEW_PASSWORD)).await;
    assert!(status(&late) == 403 && late.contains("came too late"), "{late}");
    assert!(!browser.get(CLAIM).await.contains("<form"));
}

#[tokio::test]
async fn a_page_of_elsewhere_cannot_use_a_claim() {
    let stand = Stand::up();
    stand.claim().await;
    let mut browser = Browser::new(&stand);
    browser.get(CLAIM).await;
    for csrf in ["", "x", "0123456789abcdef0123456789abcdef"] {
        let sent = browser.post(CLAIM, &format!("csrf={csrf}&{}", form(NEW_PASSWORD))).await;
        assert_eq!(status(&sent), 403, "{csrf}");
    }
    browser.extra = "Origin: http://evil.example\r\n".to_owned();
    assert_eq!(status(&browser.send(CLAIM, &form(NEW_PASSWORD)).await), 403);
    browser.extra.clear();
    assert_eq!(status(&browser.send(CLAIM, &form(NEW_PASSWORD)).await), 303, "still open");
}
