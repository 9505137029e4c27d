//! The pages of settings: what is changed there, and what is refused.

use super::browser::{value, Browser};
use super::handset;
use crate::http::tests::stand::{header, phone_mac, status, Stand};

async fn change(browser: &mut Browser<'_>, page: &str, form: &str) -> String {
    let before = browser.get(page).await;
    let seen = value(&before, "seen").unwrap();
    browser.send("/settings/change", &format!("seen={seen}&{form}")).await
}

#[tokio::test]
async fn a_setting_is_changed_in_each_layer_and_set_back() {
    let stand = Stand::up();
    let mut browser = Browser::new(&stand);
    browser.log_in_for_good().await;
    browser.get("/handsets").await;
    let added = browser.send("/handsets/add", &format!("mac={}", phone_mac(1).bare())).await;
    assert_eq!(status(&added), 303, "{added}");
    let (phone, own) = (handset(1, ""), format!("mac={}&", phone_mac(1).bare()));
    for (page, place) in [
        ("/settings", ""),
        ("/settings/family/yealink", "maker=yealink&"),
        (
            "/settings/model?maker=yealink&model=T46U&from=84",
            "maker=yealink&model=T46U&from=84&to=&",
        ),
        (&phone, &own),
    ] {
        let form = format!("{place}setting=syslog_server&value=log.example");
        let sent = change(&mut browser, page, &form).await;
        let location = header(&sent, "location").unwrap_or_default().to_owned();
        assert!(status(&sent) == 303 && location.starts_with(page), "{page}: {sent}");
        let shown = browser.get(location.split('#').next().unwrap()).await;
        assert!(status(&shown) == 200 && shown.contains("The setting was saved."), "{shown}");
        assert!(shown.contains("log.example") && shown.contains(">set here<"));
        let form = format!("{place}setting=syslog_server&value=log.example&back=yes");
        let sent = change(&mut browser, page, &form).await;
        assert_eq!(status(&sent), 303, "{page}: {sent}");
        assert!(!browser.get(page).await.contains(">set here<"), "{page}");
    }
}

#[tokio::test]
async fn what_makes_no_sense_comes_back_beside_its_field() {
    let stand = Stand::up();
    let mut browser = Browser::new(&stand);
    browser.log_in_for_good().await;
    for (form, said) in [
        ("setting=vlan_id&value=5000", "This has to be a number from 0 to 4094."),
        ("setting=keys&value=call+%3Cscript%3E", "A key begins with line, blf, speed or park."),
        ("setting=web_user_password&value=hunter2", "A password has 8 to 31 letters"),
        ("setting=vlan_id&back=yes", "nothing was changed"),
        ("setting=nonsense&value=1", "This form came incomplete."),
    ] {
        let sent = change(&mut browser, "/settings", form).await;
        assert!(status(&sent) == 422 && sent.contains(said), "{form}: {sent}");
        assert!(!sent.contains("<script>") && !sent.contains("hunter2"), "{sent}");
    }
    let late = browser.send("/settings/change", "seen=999&setting=vlan_id&value=1").await;
    assert!(status(&late) == 422 && late.contains("changed meanwhile"), "{late}");
    for (path, form) in [
        ("/settings/change", "maker=atlantis&setting=vlan_id&value=1"),
        ("/settings/open", "maker=yealink&from=84"),
    ] {
        assert_eq!(status(&browser.send(path, form).await), 422, "{form}");
    }
    for path in ["/settings/family/atlantis", "/settings/model?maker=yealink", "/settings/model?%"]
    {
        assert_eq!(status(&browser.get(path).await), 404, "{path}");
    }
    let nobody = format!("mac={}&setting=vlan_id&value=1", phone_mac(9).bare());
    assert_eq!(status(&browser.send("/settings/change", &nobody).await), 404);
}

#[tokio::test]
async fn a_model_is_opened_by_its_name() {
    let stand = Stand::up();
    let mut browser = Browser::new(&stand);
    browser.log_in_for_good().await;
    browser.get("/settings").await;
    let sent =
        browser.send("/settings/open", "maker=Gigaset&model=Maxwell+3&from=&to=2.%C3%A4").await;
    let location = header(&sent, "location").unwrap().to_owned();
    assert_eq!(location, "/settings/model?maker=gigaset&model=Maxwell%203&to=2.%C3%A4");
    let page = browser.get(&location).await;
    assert!(page.contains("Settings of Gigaset Maxwell 3"), "{page}");
    assert!(page.contains("firmware up to 2.\u{e4}"));
}
