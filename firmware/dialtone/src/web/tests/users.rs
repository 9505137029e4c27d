//! Users are made, changed and assigned; a secret is shown only to whoever knows the password.

use super::browser::Browser;
use super::{handset, NEW_PASSWORD};
use crate::http::tests::stand::{header, phone, phone_mac, status, Stand};

#[tokio::test]
async fn a_user_is_added_assigned_changed_and_deleted() {
    let stand = Stand::up();
    let mut browser = Browser::new(&stand);
    browser.log_in_for_good().await;
    assert!(browser.get("/handsets").await.contains("href=\"/users\""));
    assert!(browser.get("/users").await.contains("0 of 1000"));
    let sent = browser.send("/users/add", "name=Zo%C3%AB&extension=204").await;
    assert_eq!(header(&sent, "location"), Some("/users?done=user-added"), "{sent}");
    let page = browser.get("/users?done=user-added").await;
    assert!(page.contains("The user was added.") && page.contains("Zoë, 204"), "{page}");
    let again = browser.send("/users/add", "name=Ann&extension=204").await;
    assert!(status(&again) == 422 && again.contains("belongs to another user already"), "{again}");
    stand.fetch(phone(1), &format!("/prov/{}.cfg", phone_mac(1).bare())).await;
    browser.get(&handset(1, "")).await;
    let sent = browser.send(&handset(1, "/own"), "line=1&user=1").await;
    assert_eq!(header(&sent, "location"), Some(&*handset(1, "?done=assigned")), "{sent}");
    let row = stand.handset(1).await;
    assert_eq!(row.lines.first().map(|line| line.name.as_str()), Some("Zoë"));
    browser.get("/users").await;
    let sent = browser.send("/users/change", "user=1&name=Zo&extension=205").await;
    assert_eq!(header(&sent, "location"), Some("/users?done=user-changed"), "{sent}");
    let row = stand.handset(1).await;
    assert_eq!(row.lines.first().map(|line| line.name.as_str()), Some("Zo"));
    let sent = browser.send("/users/code", "user=1").await;
    assert_eq!(header(&sent, "location"), Some("/users?done=code"), "{sent}");
    assert!(browser.get("/users?done=code").await.contains("<code>*44"));
    let sent = browser.send(&handset(1, "/clear"), "").await;
    assert_eq!(header(&sent, "location"), Some(&*handset(1, "?done=cleared")), "{sent}");
    browser.get("/users").await;
    let sent = browser.send("/users/delete", "user=1").await;
    assert_eq!(header(&sent, "location"), Some("/users?done=user-deleted"), "{sent}");
    assert_eq!(status(&browser.send("/users/delete", "user=1").await), 422);
    assert_eq!(status(&browser.send("/users/delete", "").await), 422);
}

#[tokio::test]
async fn a_pin_is_shown_after_the_password_and_to_nobody_who_guesses() {
    let stand = Stand::up();
    let mut browser = Browser::new(&stand);
    browser.log_in_for_good().await;
    browser.get("/users").await;
    browser.send("/users/add", "name=Ann&extension=").await;
    browser.get("/users").await;
    browser.send("/users/change", "user=1&name=Ann&new-pin=yes&pin=47110815").await;
    let page = browser.get("/users").await;
    assert!(!page.contains("47110815"));
    for (form, expected) in [("user=1", 403), ("user=1&password=wrong+words", 403), ("user=x", 404)]
    {
        let sent = browser.send("/users/reveal", form).await;
        assert!(status(&sent) == expected && !sent.contains("47110815"), "{form}: {sent}");
    }
    let right = format!("user=1&password={NEW_PASSWORD}");
    let shown = browser.send("/users/reveal", &right).await;
    assert!(status(&shown) == 200 && shown.contains("47110815"), "{shown}");
    assert_eq!(header(&shown, "cache-control"), Some("no-store"), "{shown}");
    let show = "/voip/install-pin/show";
    let none = browser.send(show, &format!("password={NEW_PASSWORD}")).await;
    assert!(status(&none) == 404 && none.contains("There is none."), "{none}");
    browser.get("/voip").await;
    let bad = browser.send("/voip/install-pin", "pin=12").await;
    assert!(status(&bad) == 422 && bad.contains("4 to 8 digits"), "{bad}");
    let set = browser.send("/voip/install-pin", "pin=90817263").await;
    assert_eq!(header(&set, "location"), Some("/voip?done=install-pin"), "{set}");
    let shown = browser.send(show, &format!("password={NEW_PASSWORD}")).await;
    assert!(shown.contains("90817263"), "{shown}");
    assert!(!browser.get("/voip?done=install-pin").await.contains("90817263"));
    // Guessing here is slowed as at the log-in.
    let mut last = String::new();
    for _ in 0..6 {
        last = browser.send("/users/reveal", "user=1&password=wrong+words").await;
    }
    assert!(status(&last) == 429 && header(&last, "retry-after").is_some(), "{last}");
    let slowed = browser.send("/users/reveal", &right).await;
    assert!(status(&slowed) == 429 && !slowed.contains("47110815"), "{slowed}");
}

#[tokio::test]
async fn a_phone_that_is_away_is_not_rung_and_one_that_is_gone_not_replaced() {
    let stand = Stand::up();
    let mut browser = Browser::new(&stand);
    browser.log_in_for_good().await;
    stand.fetch(phone(1), &format!("/prov/{}.cfg", phone_mac(1).bare())).await;
    browser.get(&handset(1, "")).await;
    let sent = browser.send(&handset(1, "/ring"), "").await;
    assert!(status(&sent) == 422 && sent.contains("is not registered"), "{sent}");
    let sent = browser.send(&handset(1, "/replace"), "old=99").await;
    assert!(status(&sent) == 422 && sent.contains("does not exist any more"), "{sent}");
}
