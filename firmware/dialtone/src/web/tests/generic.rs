//! What has no hardware address is added, set up, and deleted; its password is shown once.

use super::browser::Browser;
use super::{handset, NEW_PASSWORD};
use crate::http::tests::stand::{header, phone, phone_mac, status, Stand};

/// The value of one field of the page Setup.
fn typed(page: &str, name: &str) -> String {
    let (_, rest) = page.split_once(&format!("<dt>{name} ")).unwrap_or_else(|| panic!("{page}"));
    let (_, rest) = rest.split_once("<code>").unwrap();
    rest.split_once("</code>").unwrap().0.to_owned()
}

/// The path of the only handset without a hardware address.
fn path(page: &str) -> String {
    let (_, rest) = page.split_once("href=\"/handsets/0353").unwrap_or_else(|| panic!("{page}"));
    format!("/handsets/0353{}", rest.split_once('"').unwrap().0)
}

#[tokio::test]
async fn its_password_is_in_the_answer_that_made_it_and_in_no_other() {
    let stand = Stand::up();
    let mut browser = Browser::new(&stand);
    browser.log_in_for_good().await;
    browser.get("/handsets").await;
    let form = "what=Front+door&extension=204&name=Zo%C3%AB";
    let made = browser.send("/handsets/generic", form).await;
    assert_eq!(status(&made), 200, "{made}");
    assert_eq!(header(&made, "cache-control"), Some("no-store"), "{made}");
    let (login, password) = (typed(&made, "User name"), typed(&made, "Password"));
    assert!(login.len() == 8 && password.len() == 24 && made.contains("<svg "), "{made}");
    let list = browser.get("/handsets").await;
    let path = path(&list);
    let (page, setup) = (browser.get(&path).await, browser.get(&format!("{path}/setup")).await);
    assert!(setup.contains(&login) && page.contains("Generic SIP Front door"), "{page}");
    assert!([&list, &page, &setup].iter().all(|page| !page.contains(&password)));

    let again = browser.send("/handsets/generic", form).await;
    assert!(status(&again) == 422 && again.contains("assigned to another line"), "{again}");
    let draw = format!("{path}/setup/draw");
    browser.get(&format!("{path}/setup")).await;
    for (form, expected) in [("", 403), ("password=wrong+words", 403)] {
        let sent = browser.send(&draw, form).await;
        assert!(status(&sent) == expected && !sent.contains("<svg "), "{form}: {sent}");
    }
    let drawn = browser.send(&draw, &format!("password={NEW_PASSWORD}")).await;
    assert_eq!((status(&drawn), typed(&drawn, "User name")), (200, login), "{drawn}");
    assert_ne!(typed(&drawn, "Password"), password);
    let log = browser.get("/handsets").await;
    assert!(log.contains("was shown the new password of 03:53"), "{log}");
    let gone = browser.send(&format!("{path}/delete"), "").await;
    assert_eq!(header(&gone, "location"), Some("/handsets?done=deleted"), "{gone}");
    assert!(status(&browser.get(&format!("{path}/setup")).await) == 404);
}

#[tokio::test]
async fn a_phone_has_no_such_page_and_is_banned_with_its_deletion() {
    let stand = Stand::up();
    let mut browser = Browser::new(&stand);
    browser.log_in_for_good().await;
    stand.fetch(phone(1), &format!("/prov/{}.cfg", phone_mac(1).bare())).await;
    let page = browser.get(&handset(1, "")).await;
    assert!(page.contains("Delete and ban it"), "{page}");
    assert_eq!(status(&browser.get(&handset(1, "/setup")).await), 404);
    browser.get(&handset(1, "")).await;
    let form = format!("password={NEW_PASSWORD}");
    let sent = browser.send(&handset(1, "/setup/draw"), &form).await;
    assert!(!sent.contains("<svg "), "{sent}");
    browser.get(&handset(1, "")).await;
    let sent = browser.send(&handset(1, "/ban"), "").await;
    assert_eq!(header(&sent, "location"), Some("/handsets?done=deleted-banned"), "{sent}");
    let page = browser.get("/handsets?done=deleted-banned").await;
    assert!(page.contains("The handset was deleted, and is banned."), "{page}");
    let mac = phone_mac(1).to_string();
    assert!(browser.get("/strangers").await.contains(&mac));
    let again = stand.fetch(phone(1), &format!("/prov/{}.cfg", phone_mac(1).bare())).await;
    assert!(status(&again) == 403, "{again}");
}
